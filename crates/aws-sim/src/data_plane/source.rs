//! Where a caller is: as it says, or else where somebody who calls this API most likely is.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::visit::{Name, Visit};
use crate::ec2::Endpoint;
use crate::state::{Region, Regions};

/// What a caller says about itself that cannot be.
pub fn mistake(regions: &Regions, visit: &Visit) -> Option<String> {
    let nowhere = |exists: fn(&Region, &str) -> bool, id: &str| {
        let mut here = regions.values().filter(|region| region.name == visit.region);
        !here.any(|region| exists(region, id))
    };
    let vpc = visit.source_vpc.as_deref().filter(|id| nowhere(|region, id| region.vpcs.contains_key(id), id));
    let group = visit.source_group.as_deref().filter(|id| nowhere(|region, id| region.groups.contains_key(id), id));
    let place = &visit.region;
    None.or(vpc.map(|id| format!("the caller's VPC {id} does not exist in {place}")))
        .or(group.map(|id| format!("the caller's security group {id} does not exist in {place}")))
        .or(visit.bad_address.as_ref().map(|text| format!("the caller's address '{text}' is no IPv4 address")))
}

/// The caller's VPC: as told, or that of the endpoint it names; else the one VPC of the API's vpcEndpointIds, or of the
/// endpoints with private DNS in the API's account; else the default VPC of that account.
pub fn vpc(visit: &Visit, candidates: &[(&Region, &Endpoint)], owner: Option<&Region>) -> String {
    let only = |wanted: &dyn Fn(&Region, &Endpoint) -> bool| {
        let chosen = candidates.iter().filter(|(region, endpoint)| wanted(region, endpoint));
        let mut vpcs: BTreeSet<&String> = chosen.map(|(_, endpoint)| &endpoint.vpc).collect();
        vpcs.pop_first().filter(|_| vpcs.is_empty()).cloned()
    };
    let named = visit.name.endpoint();
    let listed = owner.map(|region| region.apis[&visit.api].definition.endpoints.as_slice()).unwrap_or_default();
    let home = |region: &Region| owner.is_none_or(|owner| owner.account == region.account);
    let private = visit.name == Name::Private;
    visit
        .source_vpc
        .clone()
        .or_else(|| only(&|_, endpoint| Some(endpoint.id.as_str()) == named))
        .or_else(|| only(&|_, endpoint| private && listed.contains(&endpoint.id)))
        .or_else(|| only(&|region, endpoint| private && endpoint.private_dns && home(region)))
        .or_else(|| owner.map(|region| region.fresh().vpc_id))
        .unwrap_or_default()
}

/// An address in the endpoint's first subnet; in the caller's VPC, if that is another one.
pub fn address<'a>(
    mut here: impl Iterator<Item = &'a Region>,
    home: &Region,
    endpoint: &Endpoint,
    vpc: &str,
) -> Ipv4Addr {
    let elsewhere = here.find_map(|region| region.vpcs.get(vpc)).filter(|_| vpc != endpoint.vpc).map(|vpc| vpc.cidr);
    let subnet = || endpoint.subnets.first().and_then(|id| home.subnets.get(id)).map(|subnet| subnet.cidr);
    let net = elsewhere.or_else(subnet).or_else(|| home.vpcs.get(&endpoint.vpc).map(|vpc| vpc.cidr));
    net.map_or(Ipv4Addr::UNSPECIFIED, |net| Ipv4Addr::from(u32::from(net.network()) + 10))
}

/// Where an API is that is not in the region of the name.
pub fn whereabouts(regions: &Regions, visit: &Visit) -> String {
    let (api, region) = (&visit.api, &visit.region);
    match regions.values().find(|other| other.apis.contains_key(api)) {
        Some(other) => format!("The API {api} is in {}, not in {region}.", other.name),
        None => format!("There is no API {api}, in no account and region."),
    }
}
