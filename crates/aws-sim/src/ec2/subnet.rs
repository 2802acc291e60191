//! Subnets.

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::filter::{Filters, page, tag_set};
use super::vpc::{self, ZONES, zone_id};
use super::{tags, well_formed};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region, Tags};

/// A part of a VPC in one zone.
#[derive(Debug, Clone)]
pub struct Subnet {
    pub id: String,
    pub vpc: String,
    pub cidr: Ipv4Net,
    pub zone: String,
    pub default_for_zone: bool,
    pub tags: Tags,
}

/// The subnet of an id.
pub fn find<'a>(region: &'a Region, id: &str) -> Outcome<&'a Subnet> {
    well_formed(id, "subnet", "InvalidSubnetId.Malformed")?;
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
    let id = add(region, &vpc.id, cidr, zone, false, tags);
    Ok(json!({"subnet": show(region, &region.subnets[&id])}))
}

/// DescribeSubnets.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &context.region;
    let (ids, filters) = (p.texts("SubnetId"), Filters::read(p)?);
    ids.iter().try_for_each(|id| find(region, id).map(drop))?;
    let mut found = Vec::new();
    for subnet in region.subnets.values().filter(|subnet| ids.is_empty() || ids.contains(&subnet.id)) {
        let admitted = filters.admit(&subnet.tags, |name| match name {
            "subnet-id" => Some(vec![subnet.id.clone()]),
            "vpc-id" => Some(vec![subnet.vpc.clone()]),
            "availability-zone" | "availabilityZone" => Some(vec![subnet.zone.clone()]),
            "availability-zone-id" => Some(vec![zone_id(&region.name, &subnet.zone)]),
            "cidr-block" | "cidr" => Some(vec![subnet.cidr.to_string()]),
            "default-for-az" | "defaultForAz" => Some(vec![subnet.default_for_zone.to_string()]),
            "state" => Some(vec!["available".to_owned()]),
            _ => None,
        })?;
        if admitted {
            found.push(show(region, subnet));
        }
    }
    page(p, "subnetSet", found)
}

/// DeleteSubnet: no interface may be left in it.
pub fn delete(context: &mut Context, p: Params) -> Outcome<Value> {
    let id = find(context.region, p.required("SubnetId")?)?.id.clone();
    if context.region.interfaces.values().any(|interface| interface.subnet == id) {
        let message = format!("The subnet '{id}' has dependencies and cannot be deleted.");
        return Err(fail("DependencyViolation", message));
    }
    context.region.subnets.remove(&id);
    Ok(json!({"return": true}))
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
    let subnet = Subnet { id: id.clone(), vpc: vpc.to_owned(), cidr, zone, default_for_zone: default, tags };
    region.subnets.insert(id.clone(), subnet);
    id
}

fn show(region: &Region, subnet: &Subnet) -> Value {
    let used = region.interfaces.values().filter(|interface| interface.subnet == subnet.id).count();
    let addresses = 2_usize.pow(32 - u32::from(subnet.cidr.prefix_len()));
    json!({
        "subnetId": subnet.id, "subnetArn": region.arn("ec2", &format!("subnet/{}", subnet.id)), "state": "available",
        "vpcId": subnet.vpc, "ownerId": region.account, "cidrBlock": subnet.cidr.to_string(),
        "ipv6CidrBlockAssociationSet": [], "assignIpv6AddressOnCreation": false, "enableDns64": false, "ipv6Native": false,
        "availableIpAddressCount": addresses - 5 - used, "availabilityZone": subnet.zone,
        "availabilityZoneId": zone_id(&region.name, &subnet.zone), "defaultForAz": subnet.default_for_zone,
        "mapPublicIpOnLaunch": subnet.default_for_zone, "mapCustomerOwnedIpOnLaunch": false,
        "privateDnsNameOptionsOnLaunch": {
            "hostnameType": "ip-name", "enableResourceNameDnsARecord": false, "enableResourceNameDnsAAAARecord": false,
        },
        "tagSet": tag_set(&subnet.tags),
    })
}
