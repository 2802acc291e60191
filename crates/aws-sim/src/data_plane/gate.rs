//! From the caller to the deployed stage: name resolution, the endpoint's security group and policy, the API's policy.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde_json::json;

use super::policy::{self, Decision, Question};
use super::visit::Visit;
use super::{Refusal, Trip};
use crate::apigw::{Definition, RestApi, Stage};
use crate::clock::Time;
use crate::ec2::{Endpoint, Peer};
use crate::state::{Region, World};

/// A request that has reached a deployed stage.
pub struct Arrival<'a> {
    pub region: &'a Region,
    pub api: &'a RestApi,
    pub stage: &'a Stage,
    pub definition: &'a Definition,
    pub source_address: Ipv4Addr,
    pub endpoint: String,
}

/// Lets a request in, or says at which station it ends.
pub fn enter<'a>(world: &'a World, visit: &Visit, now: Time, trip: &mut Trip) -> Result<Arrival<'a>, Refusal> {
    let owner =
        world.regions.values().find(|region| region.name == visit.region && region.apis.contains_key(&visit.api));
    let (home, endpoint) = find_endpoint(world, visit, owner, now, trip)?;
    let source = visit.source_address.unwrap_or_else(|| default_address(home, endpoint));
    admit(home, endpoint, visit, source, trip)?;
    let forbidden = || Refusal::message(403, "Forbidden");
    let Some(region) = owner else {
        return trip.refuse("api", format!("no API {}", visit.api), forbidden());
    };
    let api = &region.apis[&visit.api];
    let stage = api.stages.get(&visit.stage);
    let deployed = stage.and_then(|stage| Some((stage, &api.deployments.get(&stage.deployment)?.definition)));
    let Some((stage, definition)) = deployed else {
        return trip.refuse("stage", format!("no stage '{}'", visit.stage), forbidden());
    };
    if definition.disabled_endpoint {
        return trip.refuse("stage", "the execute-api endpoint is disabled", forbidden());
    }
    trip.pass("stage", format!("{} serves deployment {}", stage.name, stage.deployment));
    let arn = region.arn("execute-api", &format!("{}/{}/{}{}", api.id, stage.name, visit.verb, visit.path));
    let question = Question {
        resource: &arn,
        signer: visit.signer.as_deref(),
        values: BTreeMap::from([
            ("aws:sourcevpce", endpoint.id.clone()),
            ("aws:sourcevpc", endpoint.vpc.clone()),
            ("aws:vpcsourceip", source.to_string()),
        ]),
    };
    check("endpoint-policy", Some(&endpoint.policy), &question, region, trip)?;
    check("resource-policy", definition.policy.as_ref(), &question, region, trip)?;
    Ok(Arrival { region, api, stage, definition, source_address: source, endpoint: endpoint.id.clone() })
}

/// The endpoint that a name leads to: the one it names, or the one with private DNS in the caller's VPC.
fn find_endpoint<'a>(
    world: &'a World,
    visit: &Visit,
    owner: Option<&'a Region>,
    now: Time,
    trip: &mut Trip,
) -> Result<(&'a Region, &'a Endpoint), Refusal> {
    let here = || world.regions.values().filter(|region| region.name == visit.region);
    let all = || here().flat_map(|region| region.endpoints.values().map(move |endpoint| (region, endpoint)));
    let vpc = match (&visit.source_vpc, &visit.endpoint) {
        (Some(vpc), _) => Some(vpc.clone()),
        (None, Some(id)) => all().find(|(_, endpoint)| endpoint.id == *id).map(|(_, endpoint)| endpoint.vpc.clone()),
        (None, None) => owner.map(|region| region.fresh().vpc_id),
    }
    .unwrap_or_default();
    let wanted = |endpoint: &Endpoint| match &visit.endpoint {
        Some(id) => endpoint.id == *id,
        None => endpoint.vpc == vpc && endpoint.private_dns,
    };
    let service = |endpoint: &Endpoint| endpoint.service.ends_with(".execute-api");
    let found = all().find(|(_, endpoint)| wanted(endpoint) && service(endpoint) && now >= endpoint.created);
    let Some((region, endpoint)) = found else {
        return trip.refuse("dns", format!("no endpoint answers for this name in {vpc}"), Refusal::unreachable());
    };
    if endpoint.vpc != vpc {
        return trip.refuse("dns", format!("{} is in another VPC than {vpc}", endpoint.id), Refusal::unreachable());
    }
    if endpoint.state(now) == "deleting"
        || now < endpoint.created + crate::clock::ENDPOINT_CREATE && endpoint.state(now) == "pending"
    {
        return trip.refuse("endpoint", format!("{} is {}", endpoint.id, endpoint.state(now)), Refusal::unreachable());
    }
    trip.pass("dns", format!("{} in {vpc}", endpoint.id));
    Ok((region, endpoint))
}

/// One of the endpoint's groups must admit the caller on port 443.
fn admit(
    region: &Region,
    endpoint: &Endpoint,
    visit: &Visit,
    source: Ipv4Addr,
    trip: &mut Trip,
) -> Result<(), Refusal> {
    if admits(region, &endpoint.groups, 443, source, visit.source_group.as_deref()) {
        trip.pass("endpoint-security-group", format!("{} admits {source}", endpoint.groups.join(", ")));
        return Ok(());
    }
    let detail = format!("none of {} admits {source} on 443", endpoint.groups.join(", "));
    trip.refuse("endpoint-security-group", detail, Refusal::unreachable())
}

/// Does any group let TCP traffic from an address, or from members of a group, in on a port?
pub fn admits(region: &Region, groups: &[String], port: i64, source: Ipv4Addr, member_of: Option<&str>) -> bool {
    let rules = groups.iter().filter_map(|id| region.groups.get(id)).flat_map(|group| group.rules.values());
    rules.filter(|rule| !rule.egress).any(|rule| {
        let protocol = ["tcp", "-1"].contains(&rule.admits.protocol.as_str());
        let in_range = rule.admits.ports.is_none_or(|(from, to)| (from..=to).contains(&port));
        let peer = match &rule.admits.peer {
            Peer::V4(net) => net.contains(&source),
            Peer::Group(id) => member_of == Some(id.as_str()),
            Peer::V6(_) | Peer::PrefixList(_) => false,
        };
        protocol && in_range && peer
    })
}

fn check(
    name: &'static str,
    document: Option<&serde_json::Value>,
    question: &Question,
    region: &Region,
    trip: &mut Trip,
) -> Result<(), Refusal> {
    let decision = document.map_or(Decision::NotAllowed, |document| policy::decide(document, question));
    if decision == Decision::Allowed {
        trip.pass(name, "allowed");
        return Ok(());
    }
    let explicit = if decision == Decision::Denied { " with an explicit deny" } else { "" };
    let user =
        question.signer.map_or_else(|| "anonymous".to_owned(), |account| format!("arn:aws:iam::{account}:user/sim"));
    let masked = format!("********{}", &region.account[8..]);
    let resource = question.resource.replace(&format!(":{}:", region.account), &format!(":{masked}:"));
    let message =
        format!("User: {user} is not authorized to perform: execute-api:Invoke on resource: {resource}{explicit}");
    trip.refuse(name, format!("not allowed{explicit}"), Refusal(403, json!({"Message": message})))
}

/// An address in the endpoint's first subnet, or in its VPC.
fn default_address(region: &Region, endpoint: &Endpoint) -> Ipv4Addr {
    let subnet = endpoint.subnets.first().and_then(|id| region.subnets.get(id)).map(|subnet| subnet.cidr);
    let net = subnet.or_else(|| region.vpcs.get(&endpoint.vpc).map(|vpc| vpc.cidr));
    net.map_or(Ipv4Addr::UNSPECIFIED, |net| Ipv4Addr::from(u32::from(net.network()) + 10))
}
