//! The main route table and the default network ACL that come with every VPC.

use serde_json::{Value, json};

use super::filter::{Filters, page};
use super::vpc::Vpc;
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region, Tags};

/// DescribeRouteTables.
pub fn route_tables(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &*context.region;
    let (ids, filters) = (p.texts("RouteTableId"), Filters::read(p)?);
    let missing =
        |id: &String| fail("InvalidRouteTableID.NotFound", format!("The routeTable ID '{id}' does not exist"));
    let found = select(region, "rtb", &ids, missing, |vpc, id| {
        filters.admit(&Tags::new(), |name| match name {
            "vpc-id" => Some(vec![vpc.id.clone()]),
            "route-table-id" | "association.route-table-id" => Some(vec![id.to_owned()]),
            "association.main" => Some(vec!["true".to_owned()]),
            "association.route-table-association-id" => Some(vec![sibling(vpc, "rtbassoc")]),
            "association.subnet-id" | "association.gateway-id" => Some(Vec::new()),
            "owner-id" => Some(vec![region.account.clone()]),
            _ => None,
        })
    })?;
    page(p, "routeTableSet", found, |vpc| show_route_table(region, vpc))
}

/// DescribeNetworkAcls.
pub fn network_acls(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &*context.region;
    let (ids, filters) = (p.texts("NetworkAclId"), Filters::read(p)?);
    let missing =
        |id: &String| fail("InvalidNetworkAclID.NotFound", format!("The networkAcl ID '{id}' does not exist"));
    let found = select(region, "acl", &ids, missing, |vpc, id| {
        filters.admit(&Tags::new(), |name| match name {
            "vpc-id" => Some(vec![vpc.id.clone()]),
            "network-acl-id" | "association.network-acl-id" => Some(vec![id.to_owned()]),
            "default" => Some(vec!["true".to_owned()]),
            "association.subnet-id" => Some(subnets(region, vpc)),
            "owner-id" => Some(vec![region.account.clone()]),
            _ => None,
        })
    })?;
    page(p, "networkAclSet", found, |vpc| show_network_acl(region, vpc))
}

/// The VPCs whose own table or ACL is wanted.
fn select<'a>(
    region: &'a Region,
    prefix: &str,
    ids: &[String],
    missing: impl Fn(&String) -> crate::error::Failure,
    admit: impl Fn(&Vpc, &str) -> Outcome<bool>,
) -> Outcome<Vec<&'a Vpc>> {
    if let Some(id) = ids.iter().find(|id| !region.vpcs.values().any(|vpc| sibling(vpc, prefix) == **id)) {
        return Err(missing(id));
    }
    let mut found = Vec::new();
    for vpc in region.vpcs.values() {
        let id = sibling(vpc, prefix);
        if (ids.is_empty() || ids.contains(&id)) && admit(vpc, &id)? {
            found.push(vpc);
        }
    }
    Ok(found)
}

/// What comes with a VPC has the VPC's digits in its id.
fn sibling(vpc: &Vpc, prefix: &str) -> String {
    vpc.id.replacen("vpc", prefix, 1)
}

fn subnets(region: &Region, vpc: &Vpc) -> Vec<String> {
    region.subnets.values().filter(|subnet| subnet.vpc == vpc.id).map(|subnet| subnet.id.clone()).collect()
}

fn show_route_table(region: &Region, vpc: &Vpc) -> Value {
    let id = sibling(vpc, "rtb");
    json!({
        "routeTableId": id, "vpcId": vpc.id, "ownerId": region.account, "propagatingVgwSet": [], "tagSet": [],
        "routeSet": [{
            "destinationCidrBlock": vpc.cidr.to_string(), "gatewayId": "local", "origin": "CreateRouteTable",
            "state": "active",
        }],
        "associationSet": [{
            "routeTableAssociationId": sibling(vpc, "rtbassoc"), "routeTableId": id, "main": true,
            "associationState": {"state": "associated"},
        }],
    })
}

fn show_network_acl(region: &Region, vpc: &Vpc) -> Value {
    let id = sibling(vpc, "acl");
    let entry = |number: u32, egress: bool, action: &str| {
        json!({
            "ruleNumber": number, "egress": egress, "ruleAction": action, "protocol": "-1", "cidrBlock": "0.0.0.0/0",
        })
    };
    let association = |subnet: String| {
        let association = subnet.replacen("subnet", "aclassoc", 1);
        json!({"networkAclAssociationId": association, "networkAclId": id, "subnetId": subnet})
    };
    let associations: Vec<Value> = subnets(region, vpc).into_iter().map(association).collect();
    json!({
        "networkAclId": id, "vpcId": vpc.id, "default": true, "ownerId": region.account, "tagSet": [],
        "entrySet": [
            entry(100, false, "allow"), entry(32_767, false, "deny"),
            entry(100, true, "allow"), entry(32_767, true, "deny"),
        ],
        "associationSet": associations,
    })
}
