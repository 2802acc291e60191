//! Interface (and, in name only, gateway) VPC endpoints: creation and reading.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::endpoint_checks::{address_type, check_groups, check_private_dns, check_subnets, policy};
use super::endpoint_service;
use super::filter::{Filters, page, tag_set};
use super::interface::{self, InterfaceKind};
use super::{security_group, tags, vpc, well_formed};
use crate::clock::{ENDPOINT_CREATE, Time, iso8601};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region, Tags};

const PER_VPC: usize = 50;

/// A VPC endpoint.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub id: String,
    pub vpc: String,
    pub service: String,
    pub kind: String,
    pub policy: Value,
    pub subnets: Vec<String>,
    pub groups: Vec<String>,
    pub address_type: String,
    pub record_type: String,
    pub private_dns: bool,
    pub suffix: String,
    pub created: Time,
    pub ready_at: Time,
    pub gone_at: Option<Time>,
    pub tags: Tags,
    /// The client token of its creation, and everything that was asked for with it.
    pub token: Option<(String, Value)>,
}

impl Endpoint {
    /// The state, in lower case as on the wire.
    pub fn state(&self, now: Time) -> &'static str {
        match self.gone_at {
            Some(_) => "deleting",
            None if now < self.ready_at => "pending",
            None => "available",
        }
    }
}

/// The endpoint of an id.
pub fn find<'a>(region: &'a Region, id: &str) -> Outcome<&'a Endpoint> {
    well_formed(id, "vpce", "InvalidVpcEndpointId.Malformed")?;
    let missing = || fail("InvalidVpcEndpointId.NotFound", format!("The Vpc Endpoint Id '{id}' does not exist"));
    region.endpoints.get(id).ok_or_else(missing)
}

/// CreateVpcEndpoint.
pub fn create(context: &mut Context, p: Params) -> Outcome<Value> {
    let token = p.text("ClientToken").filter(|token| !token.is_empty());
    if let Some(known) = token.and_then(|token| same_token(context.region, token)) {
        if known.token.as_ref().is_some_and(|(_, asked)| asked != p.0) {
            let message = "The request uses the same client token as a previous, but non-identical request.";
            return Err(fail("IdempotentParameterMismatch", message));
        }
        return Ok(json!({"vpcEndpoint": show(context.region, known, context.now), "clientToken": token}));
    }
    let endpoint = plan(context, p, token)?;
    let (id, vpc) = (endpoint.id.clone(), endpoint.vpc.clone());
    check_new(context.region, &endpoint)?;
    let now = context.now;
    for subnet in endpoint.subnets.clone() {
        add_interface(context.region, &endpoint, &subnet, fixed_address(p, &subnet)?, now)?;
    }
    context.region.endpoints.insert(id.clone(), endpoint);
    debug_assert!(context.region.vpcs.contains_key(&vpc));
    Ok(json!({"vpcEndpoint": show(context.region, &context.region.endpoints[&id], now), "clientToken": token}))
}

/// DescribeVpcEndpoints.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let (region, now) = (&*context.region, context.now);
    let (ids, filters) = (p.texts("VpcEndpointId"), Filters::read(p)?);
    ids.iter().try_for_each(|id| find(region, id).map(drop))?;
    let mut found = Vec::new();
    for endpoint in region.endpoints.values().filter(|endpoint| ids.is_empty() || ids.contains(&endpoint.id)) {
        let admitted = filters.admit(&endpoint.tags, |name| match name {
            "vpc-id" => Some(vec![endpoint.vpc.clone()]),
            "service-name" => Some(vec![endpoint.service.clone()]),
            "vpc-endpoint-id" => Some(vec![endpoint.id.clone()]),
            "vpc-endpoint-state" => Some(vec![endpoint.state(now).to_owned()]),
            "vpc-endpoint-type" => Some(vec![endpoint.kind.clone()]),
            "ip-address-type" => Some(vec![endpoint.address_type.clone()]),
            _ => None,
        })?;
        if admitted {
            found.push(show(region, endpoint, now));
        }
    }
    page(p, "vpcEndpointSet", found)
}

/// One interface per subnet.
pub fn add_interface(
    region: &mut Region,
    endpoint: &Endpoint,
    subnet: &str,
    address: Option<Ipv4Addr>,
    now: Time,
) -> Outcome<()> {
    let description = format!("VPC Endpoint Interface {}", endpoint.id);
    let owner = (endpoint.id.as_str(), description);
    let made = interface::allocate(region, InterfaceKind::Endpoint, owner, (subnet, address), &endpoint.groups, now);
    let full = || fail("InsufficientFreeAddressesInSubnet", format!("The subnet {subnet} has no free address."));
    made.map(drop).ok_or_else(full)
}

fn plan(context: &mut Context, p: Params, token: Option<&str>) -> Outcome<Endpoint> {
    let region = &mut *context.region;
    let vpc = vpc::find(region, p.required("VpcId")?)?.id.clone();
    let service = endpoint_service::find(region, p.required("ServiceName")?)?;
    let kind = p.text("VpcEndpointType").unwrap_or("Gateway");
    if !["Interface", "Gateway", "GatewayLoadBalancer"].contains(&kind) {
        return Err(fail("InvalidVpcEndpointType", format!("The VPC endpoint type '{kind}' is invalid")));
    }
    if service.kind != kind {
        let message = format!("Endpoint type ({kind}) does not match available service types ([{}]).", service.kind);
        return Err(fail("InvalidParameter", message));
    }
    let interface = kind == "Interface";
    if !interface && !p.texts("SubnetId").is_empty() {
        let message = "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.";
        return Err(fail("InvalidParameter", message));
    }
    let dns = p.structure("DnsOptions");
    if dns.has("PrivateDnsOnlyForInboundResolverEndpoint") {
        let message = "PrivateDnsOnlyForInboundResolverEndpoint not supported for this service.";
        return Err(fail("InvalidParameter", message));
    }
    let mut groups = p.texts("SecurityGroupId");
    if groups.is_empty() && interface {
        let default = region.groups.values().find(|group| group.vpc == vpc && group.name == "default");
        groups.extend(default.map(|group| group.id.clone()));
    }
    check_groups(region, &vpc, &groups)?;
    check_subnets(region, &vpc, &service, &p.texts("SubnetId"), &[])?;
    let policy = policy(p.text("PolicyDocument"))?;
    let tags = tags::on_create(p, "vpc-endpoint")?;
    Ok(Endpoint {
        id: region.ids.ec2("vpce"),
        vpc,
        service: service.name,
        kind: kind.to_owned(),
        policy,
        subnets: p.texts("SubnetId"),
        groups,
        address_type: address_type(p.text("IpAddressType"))?,
        record_type: dns.text("DnsRecordIpType").unwrap_or("ipv4").to_owned(),
        // AWS services have private DNS unless told otherwise.
        private_dns: interface && p.flag("PrivateDnsEnabled").unwrap_or(true),
        suffix: region.ids.alphanumeric("vpce-suffix", 8),
        created: context.now,
        ready_at: context.now + ENDPOINT_CREATE,
        gone_at: None,
        tags,
        token: token.map(|token| (token.to_owned(), p.0.clone())),
    })
}

fn check_new(region: &Region, endpoint: &Endpoint) -> Outcome<()> {
    if endpoint.private_dns {
        check_private_dns(region, endpoint)?;
    }
    if region.endpoints.values().filter(|other| other.vpc == endpoint.vpc).count() >= PER_VPC {
        return Err(fail("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached."));
    }
    endpoint.groups.iter().try_for_each(|id| security_group::find(region, id).map(drop))
}

fn fixed_address(p: Params, subnet: &str) -> Outcome<Option<Ipv4Addr>> {
    let of_subnet = |config: &Params| config.text("SubnetId") == Some(subnet);
    let text = p.list("SubnetConfiguration").into_iter().find(of_subnet).and_then(|config| config.text("Ipv4"));
    let invalid = |text: &str| fail("InvalidParameter", format!("Invalid IPv4 address {text}"));
    text.map(|text| text.parse().map_err(|_| invalid(text))).transpose()
}

fn same_token<'a>(region: &'a Region, token: &str) -> Option<&'a Endpoint> {
    region.endpoints.values().find(|endpoint| endpoint.token.as_ref().is_some_and(|(known, _)| known == token))
}

fn show(region: &Region, endpoint: &Endpoint, now: Time) -> Value {
    let own = region.interfaces.values().filter(|interface| interface.owner == endpoint.id);
    let interfaces: Vec<&str> = own.map(|interface| interface.id.as_str()).collect();
    json!({
        "vpcEndpointId": endpoint.id, "vpcEndpointType": endpoint.kind, "vpcId": endpoint.vpc,
        "serviceName": endpoint.service, "state": endpoint.state(now),
        "policyDocument": serde_json::to_string_pretty(&endpoint.policy).unwrap_or_default(),
        "routeTableIdSet": [], "subnetIdSet": endpoint.subnets,
        "groupSet": interface::group_set(region, &endpoint.groups), "ipAddressType": endpoint.address_type,
        "dnsOptions": {"dnsRecordIpType": endpoint.record_type}, "privateDnsEnabled": endpoint.private_dns,
        "requesterManaged": false, "networkInterfaceIdSet": interfaces, "dnsEntrySet": dns_entries(region, endpoint),
        "creationTimestamp": iso8601(endpoint.created), "tagSet": tag_set(&endpoint.tags), "ownerId": region.account,
        "serviceRegion": region.name,
    })
}

/// First the regional name, then one per zone, then the private names.
fn dns_entries(region: &Region, endpoint: &Endpoint) -> Value {
    if endpoint.kind != "Interface" {
        return json!([]);
    }
    let Endpoint { id, suffix, .. } = endpoint;
    let short = endpoint.service.rsplit('.').next().unwrap_or_default();
    let domain = format!("{short}.{}.vpce.amazonaws.com", region.name);
    let mut names = vec![format!("{id}-{suffix}.{domain}")];
    let mut zones: Vec<&str> =
        endpoint.subnets.iter().filter_map(|id| Some(region.subnets.get(id)?.zone.as_str())).collect();
    zones.sort_unstable();
    names.extend(zones.into_iter().map(|zone| format!("{id}-{suffix}-{zone}.{domain}")));
    let mut entries: Vec<Value> =
        names.into_iter().map(|name| json!({"dnsName": name, "hostedZoneId": "Z273ZU8SZ5RJPC"})).collect();
    if endpoint.private_dns {
        let private = format!("{short}.{}.amazonaws.com", region.name);
        // The pair and its order are unverified.
        for name in [private.clone(), format!("*.{private}")] {
            entries.push(json!({"dnsName": name, "hostedZoneId": "Z0SIMULATEDPRIVATE"}));
        }
    }
    json!(entries)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Caller, element, later};

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_is_pending_then_available_then_deleting_then_gone() {
        let caller = Caller::new();
        let (_, made) = caller.ec2(&caller.endpoint_form("")).await;
        assert_eq!(element(&made, "state"), "pending");
        let id = element(&made, "vpcEndpointId");
        let describe = format!("DescribeVpcEndpoints&VpcEndpointId.1={id}");
        later(90).await;
        assert_eq!(element(&caller.ec2(&describe).await.1, "state"), "available");
        caller.ec2(&format!("DeleteVpcEndpoints&VpcEndpointId.1={id}")).await;
        later(119).await;
        assert_eq!(element(&caller.ec2(&describe).await.1, "state"), "deleting");
        let interfaces =
            format!("DescribeNetworkInterfaces&Filter.1.Name=vpc-id&Filter.1.Value.1={}", caller.fresh.vpc_id);
        assert!(caller.ec2(&interfaces).await.1.contains("VPC Endpoint Interface"));
        later(1).await;
        assert_eq!(element(&caller.ec2(&describe).await.1, "Code"), "InvalidVpcEndpointId.NotFound");
        assert!(!caller.ec2(&interfaces).await.1.contains("VPC Endpoint Interface"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_token_makes_creation_idempotent() {
        let caller = Caller::new();
        let form = caller.endpoint_form("&ClientToken=once");
        let first = element(&caller.ec2(&form).await.1, "vpcEndpointId");
        assert_eq!(element(&caller.ec2(&form).await.1, "vpcEndpointId"), first);
        let other = caller.endpoint_form("&ClientToken=once&PrivateDnsEnabled=false");
        assert_eq!(element(&caller.ec2(&other).await.1, "Code"), "IdempotentParameterMismatch");
    }
}
