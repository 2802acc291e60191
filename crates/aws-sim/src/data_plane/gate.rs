//! From the caller to an endpoint: name resolution, the endpoint's state and its security groups.

use std::net::Ipv4Addr;

use super::source;
use super::trip::{Refusal, Trip};
use super::visit::{Name, Visit};
use crate::clock::{ENDPOINT_CREATE, Time};
use crate::ec2::{Endpoint, Way, admits};
use crate::state::{Region, Regions};

/// The way into AWS that a request took.
pub struct Entry<'a> {
    pub endpoint: &'a Endpoint,
    pub source: Ipv4Addr,
    /// The account that owns the API, if there is one.
    pub owner: Option<&'a Region>,
    /// Where it is, if there is none here.
    pub elsewhere: String,
}

/// The execute-api endpoints of a region, each with its home.
type Candidates<'a> = Vec<(&'a Region, &'a Endpoint)>;

/// Lets a request reach an endpoint, or says why it does not.
pub fn enter<'a>(regions: &'a Regions, visit: &Visit, now: Time, trip: &mut Trip) -> Result<Entry<'a>, Refusal> {
    let here = || regions.values().filter(|region| region.name == visit.region);
    let owner = here().find(|region| region.apis.contains_key(&visit.api));
    let candidates: Candidates = here()
        .flat_map(|region| region.endpoints.values().map(move |endpoint| (region, endpoint)))
        .filter(|(_, endpoint)| endpoint.service.ends_with(".execute-api") && endpoint.kind == "Interface")
        .collect();
    let vpc = source::vpc(visit, &candidates, owner);
    let (home, endpoint) = resolve(regions, visit, owner, &candidates, &vpc, trip)?;
    let id = Some(endpoint.id.as_str());
    let new = now < endpoint.created + ENDPOINT_CREATE && endpoint.state(now) == "pending";
    if new || endpoint.state(now) == "deleting" || endpoint.subnets.is_empty() {
        let state = if endpoint.subnets.is_empty() { "without a subnet" } else { endpoint.state(now) };
        return trip.refuse("endpoint", id, format!("The endpoint is {state}."), Refusal::unreachable());
    }
    trip.pass("endpoint", &endpoint.id, format!("The endpoint is {}.", endpoint.state(now)));
    let address = visit.source_address.unwrap_or_else(|| source::address(here(), home, endpoint, &vpc));
    admit(home, endpoint, visit, address, trip)?;
    Ok(Entry { endpoint, source: address, owner, elsewhere: source::whereabouts(regions, visit) })
}

fn resolve<'a>(
    regions: &Regions,
    visit: &Visit,
    owner: Option<&Region>,
    candidates: &Candidates<'a>,
    vpc: &str,
    trip: &mut Trip,
) -> Result<(&'a Region, &'a Endpoint), Refusal> {
    let mut found = None;
    for (region, endpoint) in candidates.iter().copied() {
        // The endpoints of accounts that have nothing to do with the request are nobody's business.
        let concerned = owner.is_some_and(|owner| owner.account == region.account) || region.vpcs.contains_key(vpc);
        match obstacle(visit, owner, region, endpoint, vpc) {
            Some(why) if concerned => trip.reject(&endpoint.id, why),
            None if !visit.is_name() => trip.reject(&endpoint.id, "The host has another domain."),
            Some(_) => {}
            None => found = found.or(Some((region, endpoint))),
        }
    }
    let from = if vpc.is_empty() { String::new() } else { format!(" from {vpc}") };
    let Some((region, endpoint)) = found else {
        let missing = match (owner, visit.api.as_str()) {
            (None, api) if !api.is_empty() => format!(" {}", source::whereabouts(regions, visit)),
            _ => String::new(),
        };
        let why = format!("{} leads to no execute-api endpoint{from}.{missing}", visit.host);
        return trip.refuse("dns", None, why, Refusal::unreachable());
    };
    let how = match &visit.name {
        Name::Private => "Private DNS of the VPC",
        Name::Alias(_) => "The alias of API and endpoint, a public name,",
        Name::Endpoint { .. } => "The endpoint's own name, a public one,",
        Name::Told(_) => "The endpoint's own name, told in x-sim-endpoint,",
    };
    let way =
        if endpoint.vpc == vpc { String::new() } else { format!(" in {}, over a peering or the like", endpoint.vpc) };
    trip.pass("dns", &endpoint.id, format!("{how} leads{from} to this endpoint{way}."));
    Ok((region, endpoint))
}

/// Why a name does not lead from the caller to an endpoint. Only the plain name is bound to the endpoint's VPC: alias and
/// endpoint names are public DNS names of private addresses, so peered networks and on-premises ones resolve them too.
fn obstacle(visit: &Visit, owner: Option<&Region>, region: &Region, endpoint: &Endpoint, vpc: &str) -> Option<String> {
    if visit.name.endpoint().is_some_and(|id| id != endpoint.id) {
        return Some("The host names another endpoint.".to_owned());
    }
    match &visit.name {
        Name::Private if endpoint.vpc != vpc => Some(format!("It is in {}, the caller is in {vpc}.", endpoint.vpc)),
        Name::Private if !endpoint.private_dns => Some("Its private DNS is off.".to_owned()),
        // A private zone is used only when both attributes of the VPC are on.
        Name::Private => {
            let network = region.vpcs.get(vpc)?;
            let off = [("enableDnsSupport", network.dns_support), ("enableDnsHostnames", network.dns_hostnames)];
            let (name, _) = off.into_iter().find(|(_, on)| !on)?;
            Some(format!("{name} of {vpc} is off, so its private DNS is not used."))
        }
        Name::Alias(id) => {
            let associated = owner.is_some_and(|region| region.apis[&visit.api].definition.endpoints.contains(id));
            (!associated).then(|| format!("The API's vpcEndpointIds do not list {id}, so the alias does not exist."))
        }
        Name::Endpoint { suffix, zone, .. } => {
            let mut zones = endpoint.subnets.iter().filter_map(|id| Some(region.subnets.get(id)?.zone.as_str()));
            let known = zone.as_deref().is_none_or(|zone| zones.any(|own| own == zone));
            (*suffix != endpoint.suffix || !known).then(|| "Its DNS names are different.".to_owned())
        }
        Name::Told(_) => None,
    }
}

/// One of the endpoint's groups must admit the caller on port 443.
fn admit(
    region: &Region,
    endpoint: &Endpoint,
    visit: &Visit,
    source: Ipv4Addr,
    trip: &mut Trip,
) -> Result<(), Refusal> {
    let hop = "endpoint-security-group";
    let member = visit.source_group.as_deref();
    if let Some((group, rule)) = admits(region, &endpoint.groups, Way::In, 443, source, member) {
        trip.pass(hop, group, format!("Its rule {} admits {source} on port 443.", rule.id));
        return Ok(());
    }
    for group in &endpoint.groups {
        trip.reject(group, "It has no inbound rule for TCP port 443 from this source.");
    }
    let of = member.map(|group| format!(", a member of {group},")).unwrap_or_default();
    trip.refuse(hop, None, format!("No group of the endpoint admits {source}{of} on port 443."), Refusal::unreachable())
}
