//! EC2: networks, security groups, interface endpoints.

mod endpoint;
mod endpoint_change;
mod endpoint_checks;
mod endpoint_service;
mod filter;
mod interface;
mod permission;
mod rules;
mod security_group;
mod subnet;
mod tags;
mod vpc;

use serde_json::{Value, json};

pub use endpoint::Endpoint;
pub use interface::{Interface, InterfaceKind, allocate, retire};
pub use permission::Peer;
pub use security_group::SecurityGroup;
pub use subnet::Subnet;
pub use vpc::Vpc;

use crate::clock::Time;
use crate::error::{Outcome, fail};
use crate::query::Params;
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

/// Runs an EC2 operation.
pub fn run(context: &mut Context, operation: &str, p: Params) -> Outcome<Value> {
    if p.flag("DryRun") == Some(true) {
        // Status (unverified); a dry run is believed to succeed without looking.
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(fail("DryRunOperation", message).status(412));
    }
    match operation {
        "CreateVpc" => vpc::create_vpc(context, p),
        "DescribeVpcs" => vpc::describe_vpcs(context, p),
        "DeleteVpc" => vpc::delete_vpc(context, p),
        "DescribeVpcAttribute" => vpc::describe_attribute(context, p),
        "ModifyVpcAttribute" => vpc::modify_attribute(context, p),
        "CreateSubnet" => subnet::create(context, p),
        "DescribeSubnets" => subnet::describe(context, p),
        "DeleteSubnet" => subnet::delete(context, p),
        "DescribeAvailabilityZones" => vpc::describe_zones(context, p),
        "DescribeAccountAttributes" => Ok(account_attributes(context, p)),
        "CreateSecurityGroup" => security_group::create(context, p),
        "DescribeSecurityGroups" => security_group::describe(context, p),
        "DeleteSecurityGroup" => security_group::delete(context, p),
        "DescribeSecurityGroupRules" => rules::describe(context, p),
        "AuthorizeSecurityGroupIngress" => rules::authorize(context, p, false),
        "AuthorizeSecurityGroupEgress" => rules::authorize(context, p, true),
        "RevokeSecurityGroupIngress" => rules::revoke(context, p, false),
        "RevokeSecurityGroupEgress" => rules::revoke(context, p, true),
        "ModifySecurityGroupRules" => rules::modify(context, p),
        "UpdateSecurityGroupRuleDescriptionsIngress" => rules::describe_again(context, p, false),
        "UpdateSecurityGroupRuleDescriptionsEgress" => rules::describe_again(context, p, true),
        "CreateTags" => tags::create(context, p),
        "DeleteTags" => tags::delete(context, p),
        "DescribeTags" => tags::describe(context, p),
        "DescribeNetworkInterfaces" => interface::describe(context, p),
        "CreateVpcEndpoint" => endpoint::create(context, p),
        "DescribeVpcEndpoints" => endpoint::describe(context, p),
        "ModifyVpcEndpoint" => endpoint_change::modify(context, p),
        "DeleteVpcEndpoints" => endpoint_change::delete(context, p),
        "DescribeVpcEndpointServices" => endpoint_service::describe(context, p),
        "DescribeVpcEndpointServiceConfigurations" => endpoint_service::configurations(context, p),
        _ => Err(fail("InvalidAction", format!("The action {operation} is not valid for this web service."))),
    }
}

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
