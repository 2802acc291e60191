//! VPCs and availability zones: enough of them to build on.

use ipnet::{Ipv4Net, Ipv6Net};
use serde_json::{Value, json};

use super::filter::{Filters, page, tag_set};
use super::{security_group, subnet, tags, well_formed};
use crate::error::{Outcome, fail};
use crate::index::chosen;
use crate::query::Params;
use crate::state::{Context, Region, Tags};

/// The zones of every region; the fourth is not offered by `execute-api`, and the fifth is constrained: it has no
/// network load balancers either.
pub const ZONES: [char; 5] = ['a', 'b', 'c', 'd', 'e'];
/// Where network load balancers can't be.
pub const CONSTRAINED: char = 'e';
/// What a VPC gets when it asks Amazon for IPv6.
const IPV6: &str = "2001:db8:1234:1a00::/56";

const DHCP_OPTIONS: &str = "dopt-0123456789abcdef0";

/// A virtual network.
#[derive(Debug, Clone)]
pub struct Vpc {
    pub id: String,
    pub cidr: Ipv4Net,
    pub ipv6: bool,
    pub is_default: bool,
    pub dns_support: bool,
    pub dns_hostnames: bool,
    pub tags: Tags,
}

/// The default VPC with a subnet in each of three zones.
pub fn furnish(region: &mut Region) {
    let cidr: Ipv4Net = "172.31.0.0/16".parse().unwrap_or_default();
    let vpc = add_vpc(region, cidr, true, Tags::new());
    for (cidr, letter) in cidr.subnets(20).into_iter().flatten().zip(&ZONES[..3]) {
        let zone = format!("{}{letter}", region.name);
        subnet::add(region, &vpc, cidr, zone, true, Tags::new());
    }
}

/// The range of every VPC that has IPv6.
pub fn ipv6_range() -> Ipv6Net {
    IPV6.parse().unwrap_or_default()
}

/// The VPC of an id.
pub fn find<'a>(region: &'a Region, id: &str) -> Outcome<&'a Vpc> {
    well_formed(id, "vpc", "InvalidVpcID.Malformed")?;
    let missing = || fail("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist"));
    region.vpcs.get(id).ok_or_else(missing)
}

/// CreateVpc.
pub fn create_vpc(context: &mut Context, p: Params) -> Outcome<Value> {
    let cidr = cidr(p.required("CidrBlock")?)?;
    if !(16..=28).contains(&cidr.prefix_len()) {
        return Err(fail("InvalidVpc.Range", format!("The CIDR '{cidr}' is invalid.")));
    }
    let tags = tags::on_create(p, "vpc")?;
    let id = add_vpc(context.region, cidr, false, tags);
    if let Some(vpc) = context.region.vpcs.get_mut(&id) {
        vpc.ipv6 = p.flag("AmazonProvidedIpv6CidrBlock") == Some(true);
    }
    Ok(json!({"vpc": show_vpc(context.region, &context.region.vpcs[&id])}))
}

/// DescribeVpcs.
pub fn describe_vpcs(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &context.region;
    let (ids, filters) = (p.texts("VpcId"), Filters::read(p)?);
    ids.iter().try_for_each(|id| find(region, id).map(drop))?;
    let mut found = Vec::new();
    for vpc in chosen(&region.vpcs, &ids) {
        let admitted = filters.admit(&vpc.tags, |name| match name {
            "vpc-id" => Some(vec![vpc.id.clone()]),
            "cidr" | "cidr-block-association.cidr-block" => Some(vec![vpc.cidr.to_string()]),
            "is-default" | "isDefault" => Some(vec![vpc.is_default.to_string()]),
            "state" => Some(vec!["available".to_owned()]),
            "owner-id" => Some(vec![region.account.clone()]),
            "dhcp-options-id" => Some(vec![DHCP_OPTIONS.to_owned()]),
            "ipv6-cidr-block-association.ipv6-cidr-block" => {
                Some(vpc.ipv6.then(|| IPV6.to_owned()).into_iter().collect())
            }
            _ => None,
        })?;
        if admitted {
            found.push(vpc);
        }
    }
    page(p, "vpcSet", found, |vpc| show_vpc(region, vpc))
}

/// DeleteVpc: everything but the default security group must be gone.
pub fn delete_vpc(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &mut *context.region;
    let id = find(region, p.required("VpcId")?)?.id.clone();
    let in_use = region.subnets.values().any(|subnet| subnet.vpc == id)
        || region.endpoints.values().any(|endpoint| endpoint.vpc == id)
        || region.groups.values().any(|group| group.vpc == id && group.name != "default");
    if in_use {
        let message = format!("The vpc '{id}' has dependencies and cannot be deleted.");
        return Err(fail("DependencyViolation", message));
    }
    region.groups.retain(|_, group| group.vpc != id);
    region.vpcs.remove(&id);
    Ok(json!({"return": true}))
}

/// DescribeVpcAttribute: one attribute per call.
pub fn describe_attribute(context: &mut Context, p: Params) -> Outcome<Value> {
    let vpc = find(context.region, p.required("VpcId")?)?;
    let attribute = p.required("Attribute")?;
    let value = match attribute {
        "enableDnsSupport" => vpc.dns_support,
        "enableDnsHostnames" => vpc.dns_hostnames,
        "enableNetworkAddressUsageMetrics" => false,
        other => {
            return Err(fail("InvalidParameterValue", format!("Value ({other}) for parameter attribute is invalid.")));
        }
    };
    Ok(json!({"vpcId": vpc.id, attribute: {"value": value}}))
}

/// ModifyVpcAttribute: one attribute per call.
pub fn modify_attribute(context: &mut Context, p: Params) -> Outcome<Value> {
    let id = find(context.region, p.required("VpcId")?)?.id.clone();
    let support = p.structure("EnableDnsSupport").flag("Value");
    let hostnames = p.structure("EnableDnsHostnames").flag("Value");
    if support.is_some() && hostnames.is_some() {
        return Err(fail("InvalidParameterCombination", "Only one attribute can be modified at a time"));
    }
    if let Some(vpc) = context.region.vpcs.get_mut(&id) {
        vpc.dns_support = support.unwrap_or(vpc.dns_support);
        vpc.dns_hostnames = hostnames.unwrap_or(vpc.dns_hostnames);
    }
    Ok(json!({"return": true}))
}

/// DescribeAvailabilityZones.
pub fn describe_zones(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &context.region.name;
    let (names, filters) = (p.texts("ZoneName"), Filters::read(p)?);
    let mut found = Vec::new();
    for name in ZONES.map(|letter| format!("{region}{letter}")) {
        let admitted = filters.admit(&Tags::new(), |filter| match filter {
            "zone-name" => Some(vec![name.clone()]),
            "zone-id" => Some(vec![zone_id(region, &name)]),
            "region-name" => Some(vec![region.clone()]),
            "state" => Some(vec!["available".to_owned()]),
            "zone-type" => Some(vec!["availability-zone".to_owned()]),
            "opt-in-status" => Some(vec!["opt-in-not-required".to_owned()]),
            _ => None,
        })?;
        if admitted && (names.is_empty() || names.contains(&name)) {
            found.push(json!({
                "zoneName": name, "zoneId": zone_id(region, &name), "zoneState": "available", "regionName": region,
                "groupName": region, "networkBorderGroup": region, "zoneType": "availability-zone",
                "optInStatus": "opt-in-not-required",
            }));
        }
    }
    Ok(json!({"availabilityZoneInfo": found}))
}

/// `eu-central-1a` is `euc1-az1` (the real mapping differs by account).
pub fn zone_id(region: &str, zone: &str) -> String {
    let short = |part: &str| match part {
        "northeast" => "ne".to_owned(),
        "southeast" => "se".to_owned(),
        "northwest" => "nw".to_owned(),
        "southwest" => "sw".to_owned(),
        other => other.chars().take(1).collect(),
    };
    let parts: Vec<&str> = region.split('-').collect();
    let middle: String =
        parts.get(1..parts.len().max(2) - 1).unwrap_or_default().iter().map(|part| short(part)).collect();
    let number = zone.chars().last().map_or(1, |letter| u32::from(letter).saturating_sub(u32::from('a')) + 1);
    format!("{}{middle}{}-az{number}", parts.first().unwrap_or(&""), parts.last().unwrap_or(&""))
}

/// A network in CIDR notation.
pub fn cidr(text: &str) -> Outcome<Ipv4Net> {
    let message = || format!("Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.");
    text.parse::<Ipv4Net>().map(|net| net.trunc()).map_err(|_| fail("InvalidParameterValue", message()))
}

fn add_vpc(region: &mut Region, cidr: Ipv4Net, is_default: bool, tags: Tags) -> String {
    let id = region.ids.ec2("vpc");
    // Only the default VPC starts with DNS host names.
    let vpc = Vpc { id: id.clone(), cidr, ipv6: false, is_default, dns_support: true, dns_hostnames: is_default, tags };
    region.vpcs.insert(id.clone(), vpc);
    security_group::add_default(region, &id);
    id
}

fn show_vpc(region: &Region, vpc: &Vpc) -> Value {
    let ipv6 = json!([{
        "associationId": "vpc-cidr-assoc-0000000000000000f", "ipv6CidrBlock": IPV6,
        "ipv6CidrBlockState": {"state": "associated"}, "networkBorderGroup": region.name, "ipv6Pool": "Amazon",
    }]);
    json!({
        "vpcId": vpc.id, "ownerId": region.account, "state": "available", "cidrBlock": vpc.cidr.to_string(),
        "cidrBlockAssociationSet": [{
            "cidrBlock": vpc.cidr.to_string(), "associationId": format!("vpc-cidr-assoc-{}", &vpc.id[4..]),
            "cidrBlockState": {"state": "associated"},
        }],
        "ipv6CidrBlockAssociationSet": if vpc.ipv6 { ipv6 } else { Value::Null },
        "dhcpOptionsId": DHCP_OPTIONS, "instanceTenancy": "default", "isDefault": vpc.is_default,
        "tagSet": tag_set(&vpc.tags),
    })
}

#[cfg(test)]
mod tests {
    use super::zone_id;

    #[test]
    fn zone_ids_are_short() {
        assert_eq!(zone_id("eu-central-1", "eu-central-1a"), "euc1-az1");
        assert_eq!(zone_id("ap-southeast-2", "ap-southeast-2c"), "apse2-az3");
    }
}
