//! Subnets.

use ipnet::{Ipv4Net, Ipv6Net};
use serde_json::{Value, json};

use super::filter::{Filters, page, tag_set};
use super::vpc::{self, ZONES, zone_id};
use super::{tags, well_formed};
use crate::error::{Failure, Outcome, fail};
use crate::index::chosen;
use crate::query::Params;
use crate::state::{Context, Region, Tags};

/// A part of a VPC in one zone.
#[derive(Debug, Clone)]
pub struct Subnet {
    pub id: String,
    pub vpc: String,
    pub cidr: Ipv4Net,
    pub ipv6: Option<Ipv6Net>,
    pub public_addresses: bool,
    pub zone: String,
    pub default_for_zone: bool,
    pub tags: Tags,
}

/// The subnet of an id.
pub fn find<'a>(region: &'a Region, id: &str) -> Outcome<&'a Subnet> {
    let malformed = |failure: Failure| Failure {
        message: format!("Invalid Subnet Id: '{id}' (expecting 'subnet-...')"),
        ..failure
    };
    well_formed(id, "subnet", "InvalidSubnetId.Malformed").map_err(malformed)?;
    let missing = || fail("InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist"));
    region.subnets.get(id).ok_or_else(missing)
}

/// CreateSubnet.
pub fn create(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &mut *context.region;
    let vpc = vpc::find(region, p.required("VpcId")?)?.clone();
    let cidr = vpc::cidr(p.required("CidrBlock")?)?;
    if !vpc.cidr.contains(&cidr) || cidr.prefix_len() > 28 {
        return Err(fail("InvalidSubnet.Range", format!("The CIDR '{cidr}' is invalid.")));
    }
    let overlaps = |subnet: &Subnet| subnet.cidr.contains(&cidr) || cidr.contains(&subnet.cidr);
    if region.subnets.values().any(|subnet| subnet.vpc == vpc.id && overlaps(subnet)) {
        return Err(fail("InvalidSubnet.Conflict", format!("The CIDR '{cidr}' conflicts with another subnet")));
    }
    let zone = zone(region, p)?;
    let tags = tags::on_create(p, "subnet")?;
    let ipv6 = ipv6_block(region, &vpc, p)?;
    let id = add(region, &vpc.id, cidr, zone, false, tags);
    if let Some(subnet) = region.subnets.get_mut(&id) {
        subnet.ipv6 = ipv6;
    }
    Ok(json!({"subnet": show(region, &region.subnets[&id])}))
}

/// DescribeSubnets.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &context.region;
    let (ids, filters) = (p.texts("SubnetId"), Filters::read(p)?);
    ids.iter().try_for_each(|id| find(region, id).map(drop))?;
    let mut found = Vec::new();
    for subnet in chosen(&region.subnets, &ids) {
        let admitted = filters.admit(&subnet.tags, |name| match name {
            "subnet-id" => Some(vec![subnet.id.clone()]),
            "vpc-id" => Some(vec![subnet.vpc.clone()]),
            "availability-zone" | "availabilityZone" => Some(vec![subnet.zone.clone()]),
            "availability-zone-id" | "availabilityZoneId" => Some(vec![zone_id(&region.name, &subnet.zone)]),
            "cidr-block" | "cidr" | "cidrBlock" => Some(vec![subnet.cidr.to_string()]),
            "default-for-az" | "defaultForAz" => Some(vec![subnet.default_for_zone.to_string()]),
            "state" => Some(vec!["available".to_owned()]),
            "owner-id" => Some(vec![region.account.clone()]),
            "subnet-arn" => Some(vec![region.arn("ec2", &format!("subnet/{}", subnet.id))]),
            "map-public-ip-on-launch" => Some(vec![subnet.public_addresses.to_string()]),
            "ipv6-cidr-block-association.ipv6-cidr-block" => Some(subnet.ipv6.iter().map(Ipv6Net::to_string).collect()),
            _ => None,
        })?;
        if admitted {
            found.push(subnet);
        }
    }
    page(p, "subnetSet", found, |subnet| show(region, subnet))
}

/// DeleteSubnet: no interface may be left in it.
pub fn delete(context: &mut Context, p: Params) -> Outcome<Value> {
    let id = find(context.region, p.required("SubnetId")?)?.id.clone();
    if context.region.interfaces.named(&id).next().is_some() {
        let message = format!("The subnet '{id}' has dependencies and cannot be deleted.");
        return Err(fail("DependencyViolation", message));
    }
    context.region.subnets.remove(&id);
    Ok(json!({"return": true}))
}

/// ModifySubnetAttribute: whether launched instances get a public address.
pub fn modify_attribute(context: &mut Context, p: Params) -> Outcome<Value> {
    let id = find(context.region, p.required("SubnetId")?)?.id.clone();
    let public = p.structure("MapPublicIpOnLaunch").flag("Value");
    let public = public.ok_or_else(|| fail("InvalidParameterCombination", "No subnet attribute was specified."))?;
    if let Some(subnet) = context.region.subnets.get_mut(&id) {
        subnet.public_addresses = public;
    }
    Ok(json!({"return": true}))
}

/// A /64 of a VPC that has IPv6, and of no other subnet.
fn ipv6_block(region: &Region, vpc: &vpc::Vpc, p: Params) -> Outcome<Option<Ipv6Net>> {
    let Some(text) = p.text("Ipv6CidrBlock").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let invalid = || fail("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid."));
    let net: Ipv6Net = text.parse().map_err(|_| invalid())?;
    if !(vpc.ipv6 && vpc::ipv6_range().contains(&net) && net.prefix_len() == 64) {
        return Err(invalid());
    }
    if region.subnets.values().any(|subnet| subnet.vpc == vpc.id && subnet.ipv6 == Some(net)) {
        return Err(fail("InvalidSubnet.Conflict", format!("The CIDR '{text}' conflicts with another subnet")));
    }
    Ok(Some(net))
}

fn zone(region: &Region, p: Params) -> Outcome<String> {
    let zones = ZONES.map(|letter| format!("{}{letter}", region.name));
    let wanted = p.text("AvailabilityZone").or(p.text("AvailabilityZoneId")).unwrap_or(&zones[0]);
    let found = zones.iter().find(|zone| *zone == wanted || zone_id(&region.name, zone) == wanted);
    let message = || format!("Value ({wanted}) for parameter availabilityZone is invalid.");
    found.cloned().ok_or_else(|| fail("InvalidParameterValue", message()))
}

/// Puts a subnet into a VPC.
pub fn add(region: &mut Region, vpc: &str, cidr: Ipv4Net, zone: String, default: bool, tags: Tags) -> String {
    let id = region.ids.ec2("subnet");
    let (vpc, default_for_zone) = (vpc.to_owned(), default);
    let subnet =
        Subnet { id: id.clone(), vpc, cidr, ipv6: None, public_addresses: default, zone, default_for_zone, tags };
    region.subnets.insert(id.clone(), subnet);
    id
}

fn show(region: &Region, subnet: &Subnet) -> Value {
    let used = region.interfaces.named(&subnet.id).count();
    let addresses = 2_usize.pow(32 - u32::from(subnet.cidr.prefix_len()));
    let association = |net: &Ipv6Net| {
        json!({
            "associationId": format!("subnet-cidr-assoc-{}", &subnet.id[7..]), "ipv6CidrBlock": net.to_string(),
            "ipv6CidrBlockState": {"state": "associated"},
        })
    };
    let ipv6: Vec<Value> = subnet.ipv6.iter().map(association).collect();
    json!({
        "subnetId": subnet.id, "subnetArn": region.arn("ec2", &format!("subnet/{}", subnet.id)), "state": "available",
        "vpcId": subnet.vpc, "ownerId": region.account, "cidrBlock": subnet.cidr.to_string(),
        "ipv6CidrBlockAssociationSet": ipv6, "assignIpv6AddressOnCreation": false, "enableDns64": false, "ipv6Native": false,
        "availableIpAddressCount": addresses - 5 - used, "availabilityZone": subnet.zone,
        "availabilityZoneId": zone_id(&region.name, &subnet.zone), "defaultForAz": subnet.default_for_zone,
        "mapPublicIpOnLaunch": subnet.public_addresses, "mapCustomerOwnedIpOnLaunch": false,
        "privateDnsNameOptionsOnLaunch": {
            "hostnameType": "ip-name", "enableResourceNameDnsARecord": false, "enableResourceNameDnsAAAARecord": false,
        },
        "tagSet": tag_set(&subnet.tags),
    })
}
