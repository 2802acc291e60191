//! Interface (and, in name only, gateway) VPC endpoints: creation and reading.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::endpoint_checks::{check_addresses, check_groups, check_private_dns, check_subnets, check_token, policy};
use super::endpoint_service;
use super::endpoint_show::show;
use super::filter::{Filters, page};
use super::interface::{self, InterfaceKind};
use super::{security_group, subnet, tags, vpc, well_formed};
use crate::clock::{ENDPOINT_CREATE, Time};
use crate::error::{Outcome, fail};
use crate::index::chosen;
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
    /// Why it could not be made: code and message.
    pub failure: Option<(String, String)>,
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
            None if self.failure.is_some() => "failed",
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
    token.map_or(Ok(()), check_token)?;
    let mut endpoint = plan(context, p, token)?;
    let (id, now) = (endpoint.id.clone(), context.now);
    check_new(context.region, &endpoint)?;
    for subnet in endpoint.subnets.clone() {
        let address = fixed_address(context.region, p, &subnet)?;
        match add_interface(context.region, &endpoint, &subnet, address, now) {
            // A taken address is found out later, when the interfaces are made (unverified).
            Err(failure) if address.is_some() => endpoint.failure = Some((failure.code, failure.message)),
            made => made?,
        }
    }
    interface::set_family(context.region, &id, endpoint.address_type != "ipv4");
    context.region.endpoints.insert(id.clone(), endpoint);
    Ok(json!({"vpcEndpoint": show(context.region, &context.region.endpoints[&id], now), "clientToken": token}))
}

/// DescribeVpcEndpoints.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let (region, now) = (&*context.region, context.now);
    let (ids, filters) = (p.texts("VpcEndpointId"), Filters::read(p)?);
    ids.iter().try_for_each(|id| find(region, id).map(drop))?;
    let mut found = Vec::new();
    for endpoint in chosen(&region.endpoints, &ids) {
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
            found.push(endpoint);
        }
    }
    let show = |endpoint| show(region, endpoint, now);
    if !ids.is_empty() {
        // A page size does not cut a list of ids (unverified).
        return Ok(json!({"vpcEndpointSet": found.into_iter().map(show).collect::<Value>()}));
    }
    page(p, "vpcEndpointSet", found, show)
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
    let refused = || match address {
        Some(address) => fail("InvalidIPAddress.InUse", format!("The IP address {address} is already in use.")),
        None => fail("InsufficientFreeAddressesInSubnet", format!("The subnet {subnet} has no free address.")),
    };
    made.map(drop).ok_or_else(refused)
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
    let families = (p.text("IpAddressType").unwrap_or("ipv4"), dns.text("DnsRecordIpType"));
    let (address_type, record_type) = check_addresses(region, &service, families, &p.texts("SubnetId"))?;
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
        address_type,
        record_type,
        // AWS services have private DNS unless told otherwise.
        private_dns: interface && p.flag("PrivateDnsEnabled").unwrap_or(true),
        suffix: region.ids.alphanumeric("vpce-suffix", 8),
        created: context.now,
        ready_at: context.now + ENDPOINT_CREATE,
        gone_at: None,
        failure: None,
        tags,
        token: token.map(|token| (token.to_owned(), p.0.clone())),
    })
}

fn check_new(region: &Region, endpoint: &Endpoint) -> Outcome<()> {
    if endpoint.private_dns {
        check_private_dns(region, endpoint)?;
    }
    let counts = |other: &&Endpoint| other.vpc == endpoint.vpc && other.kind != "Gateway";
    if endpoint.kind != "Gateway" && region.endpoints.values().filter(counts).count() >= region.quota(PER_VPC) {
        return Err(fail("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached."));
    }
    endpoint.groups.iter().try_for_each(|id| security_group::find(region, id).map(drop))
}

/// The address that a request wants in a subnet, with its shape and range checked (unverified).
pub fn fixed_address(region: &Region, p: Params, subnet: &str) -> Outcome<Option<Ipv4Addr>> {
    let of_subnet = |config: &Params| config.text("SubnetId") == Some(subnet);
    let text = p.list("SubnetConfiguration").into_iter().find(of_subnet).and_then(|config| config.text("Ipv4"));
    let Some(text) = text else {
        return Ok(None);
    };
    let invalid = || fail("InvalidParameter", format!("Invalid IPv4 address {text} for subnet {subnet}"));
    let address = text.parse().map_err(|_| invalid())?;
    let cidr = subnet::find(region, subnet)?.cidr;
    if cidr.contains(&address) { Ok(Some(address)) } else { Err(invalid()) }
}

/// DescribeVpcEndpointAssociations: only endpoints for resources and service networks have any.
pub fn associations(context: &mut Context, p: Params) -> Outcome<Value> {
    p.texts("VpcEndpointId").iter().try_for_each(|id| find(context.region, id).map(drop))?;
    page(p, "vpcEndpointAssociationSet", Vec::new(), |none| none)
}

fn same_token<'a>(region: &'a Region, token: &str) -> Option<&'a Endpoint> {
    region.endpoints.values().find(|endpoint| endpoint.token.as_ref().is_some_and(|(known, _)| known == token))
}
