//! EC2: networks, security groups, interface endpoints.

mod admission;
mod endpoint;
mod endpoint_change;
mod endpoint_checks;
mod endpoint_service;
mod endpoint_show;
mod filter;
mod interface;
mod parameters;
mod permission;
mod prefix_list;
mod routing;
mod security_group;
mod security_group_rules;
mod subnet;
mod tags;
mod vpc;
mod vpc_association;

use serde_json::{Value, json};

pub use admission::{Way, admits};
pub use endpoint::Endpoint;
pub use interface::{Interface, InterfaceKind, allocate, retire, set_family};
pub use security_group::SecurityGroup;
pub use subnet::Subnet;
pub use vpc::{CONSTRAINED, Vpc, ZONES};

use crate::clock::Time;
use crate::error::{Outcome, fail};
use crate::query::{Operations, Params};
use crate::state::{Context, Region};

/// Gives a new account its default network.
pub fn furnish(region: &mut Region) {
    vpc::furnish(region);
}

/// Lets go endpoints and interfaces whose time has come.
pub fn settle(region: &mut Region, now: Time) {
    endpoint_change::settle(region, now);
    interface::settle(region, now);
}

/// When the next of them goes.
pub fn due(region: &Region) -> Option<Time> {
    let endpoints = region.endpoints.values().filter_map(|endpoint| endpoint.gone_at);
    let interfaces = region.interfaces.values().filter_map(|interface| interface.gone_at);
    endpoints.chain(interfaces).min()
}

/// What exists, for `/_sim/objects`.
pub fn objects(region: &Region, now: Time, put: &mut impl FnMut(&str, &str, Value)) {
    for vpc in region.vpcs.values() {
        put("vpc", &vpc.id, json!({"tags": vpc.tags, "default": vpc.is_default}));
    }
    for subnet in region.subnets.values() {
        put("subnet", &subnet.id, json!({"tags": subnet.tags, "vpc": subnet.vpc}));
    }
    for group in region.groups.values() {
        let default = group.name == "default";
        let rules = format!("{:?}", group.rules);
        let fields = json!({"tags": group.tags, "name": group.name, "default": default, "rules": rules});
        put("security-group", &group.id, fields);
    }
    for interface in region.interfaces.values() {
        let fields = json!({"tags": {}, "description": interface.description, "subnet": interface.subnet});
        put("network-interface", &interface.id, fields);
    }
    for endpoint in region.endpoints.values() {
        let fields = json!({
            "tags": endpoint.tags, "state": endpoint.state(now), "policy": endpoint.policy, "subnets": endpoint.subnets,
            "groups": endpoint.groups, "privateDns": endpoint.private_dns,
        });
        put("vpc-endpoint", &endpoint.id, fields);
    }
}

/// Runs an EC2 operation.
pub fn run(context: &mut Context, operation: &str, p: Params) -> Outcome<Value> {
    if p.flag("DryRun") == Some(true) {
        // Status (unverified); a dry run is believed to succeed without looking.
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(fail("DryRunOperation", message).status(412));
    }
    parameters::check(operation, p)?;
    match OPERATIONS.iter().find(|(name, _)| *name == operation) {
        Some((_, handler)) => handler(context, p),
        None => Err(fail("InvalidAction", format!("The action {operation} is not valid for this web service."))),
    }
}

/// Every operation and its code.
pub static OPERATIONS: Operations = &[
    ("CreateVpc", vpc::create_vpc),
    ("DescribeVpcs", vpc::describe_vpcs),
    ("DeleteVpc", vpc::delete_vpc),
    ("DescribeVpcAttribute", vpc::describe_attribute),
    ("ModifyVpcAttribute", vpc::modify_attribute),
    ("CreateSubnet", subnet::create),
    ("DescribeSubnets", subnet::describe),
    ("DeleteSubnet", subnet::delete),
    ("DescribeAvailabilityZones", vpc::describe_zones),
    ("DescribeAccountAttributes", |context, p| Ok(account_attributes(context, p))),
    ("CreateSecurityGroup", security_group::create),
    ("DescribeSecurityGroups", security_group::describe),
    ("DeleteSecurityGroup", security_group::delete),
    ("DescribeSecurityGroupRules", security_group_rules::describe),
    ("AuthorizeSecurityGroupIngress", |context, p| security_group_rules::authorize(context, p, false)),
    ("AuthorizeSecurityGroupEgress", |context, p| security_group_rules::authorize(context, p, true)),
    ("RevokeSecurityGroupIngress", |context, p| security_group_rules::revoke(context, p, false)),
    ("RevokeSecurityGroupEgress", |context, p| security_group_rules::revoke(context, p, true)),
    ("ModifySecurityGroupRules", security_group_rules::modify),
    ("UpdateSecurityGroupRuleDescriptionsIngress", |context, p| {
        security_group_rules::describe_again(context, p, false)
    }),
    ("UpdateSecurityGroupRuleDescriptionsEgress", |context, p| security_group_rules::describe_again(context, p, true)),
    ("CreateTags", tags::create),
    ("DeleteTags", tags::delete),
    ("DescribeTags", tags::describe),
    ("DescribeNetworkInterfaces", interface::describe),
    ("CreateVpcEndpoint", endpoint::create),
    ("DescribeVpcEndpoints", endpoint::describe),
    ("ModifyVpcEndpoint", endpoint_change::modify),
    ("DeleteVpcEndpoints", endpoint_change::delete),
    ("DescribePrefixLists", prefix_list::describe),
    ("DescribeVpcEndpointServices", endpoint_service::describe),
    ("DescribeVpcEndpointServiceConfigurations", endpoint_service::configurations),
    ("ModifySubnetAttribute", subnet::modify_attribute),
    ("DescribeRouteTables", routing::route_tables),
    ("DescribeNetworkAcls", routing::network_acls),
    ("DescribeManagedPrefixLists", prefix_list::describe_managed),
    ("GetManagedPrefixListEntries", prefix_list::entries),
    ("AssociateSecurityGroupVpc", vpc_association::associate),
    ("DisassociateSecurityGroupVpc", vpc_association::disassociate),
    ("DescribeSecurityGroupVpcAssociations", vpc_association::describe),
    ("DescribeVpcEndpointAssociations", endpoint::associations),
];

/// Refuses an id that does not have the shape of its kind.
fn well_formed(id: &str, prefix: &str, code: &str) -> Outcome<()> {
    let shape = |digits: &str| {
        matches!(digits.len(), 8 | 17)
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
    };
    if id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-')).is_some_and(shape) {
        return Ok(());
    }
    Err(fail(code, format!("Invalid id: \"{id}\" (expecting \"{prefix}-...\")")))
}

fn account_attributes(context: &Context, p: Params) -> Value {
    let default_vpc = context.region.vpcs.values().find(|vpc| vpc.is_default);
    let default_vpc = default_vpc.map_or_else(|| "none".to_owned(), |vpc| vpc.id.clone());
    let all = [
        ("supported-platforms", "VPC".to_owned()),
        ("default-vpc", default_vpc),
        ("vpc-max-security-groups-per-interface", "5".to_owned()),
    ];
    let wanted = p.texts("AttributeName");
    let attributes: Vec<Value> = all
        .into_iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name))
        .map(|(name, value)| json!({"attributeName": name, "attributeValueSet": [{"attributeValue": value}]}))
        .collect();
    json!({"accountAttributeSet": attributes})
}
