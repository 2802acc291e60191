//! What can change on a load balancer.

use serde_json::{Value, json};

use super::attributes::{self, Kind, Known};
use super::{balancer, balancer_checks, required, validation};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::Context;

/// The attributes of network load balancers.
pub const KNOWN: &[Known] = &[
    ("access_logs.s3.bucket", Kind::Text, ""),
    ("access_logs.s3.enabled", Kind::Bool, "false"),
    ("access_logs.s3.prefix", Kind::Text, ""),
    ("deletion_protection.enabled", Kind::Bool, "false"),
    (
        "dns_record.client_routing_policy",
        Kind::OneOf(&["availability_zone_affinity", "partial_availability_zone_affinity", "any_availability_zone"]),
        "any_availability_zone",
    ),
    ("ipv6.deny_all_igw_traffic", Kind::Bool, "true"),
    ("load_balancing.cross_zone.enabled", Kind::Bool, "false"),
    ("secondary_ips.auto_assigned.per_subnet", Kind::Number(0, 7), "0"),
    ("zonal_shift.config.enabled", Kind::Bool, "false"),
];

/// Attributes that exist, but for application load balancers.
const APPLICATION_ONLY: [&str; 4] = [
    "idle_timeout.timeout_seconds",
    "routing.http2.enabled",
    "routing.http.drop_invalid_header_fields.enabled",
    "waf.fail_open.enabled",
];

/// DescribeLoadBalancerAttributes.
pub fn describe_attributes(context: &mut Context, p: Params) -> Outcome<Value> {
    let balancer = balancer::find(context.region, required(p, "LoadBalancerArn")?)?;
    Ok(json!({"Attributes": attributes::show(&balancer.attributes)}))
}

/// ModifyLoadBalancerAttributes: all or none.
pub fn modify_attributes(context: &mut Context, p: Params) -> Outcome<Value> {
    let arn = balancer::find(context.region, required(p, "LoadBalancerArn")?)?.arn.clone();
    for attribute in p.list("Attributes") {
        let key = attribute.text("Key").unwrap_or_default();
        if APPLICATION_ONLY.contains(&key) {
            let message =
                format!("Load balancer attribute key '{key}' is not supported on load balancers with type 'network'");
            return Err(fail("InvalidConfigurationRequest", message));
        }
    }
    let wanted = attributes::wanted(p, "load balancer", KNOWN)?;
    let Some(balancer) = context.region.load_balancers.get_mut(&arn) else {
        return Ok(json!({}));
    };
    let secondary = |map: &attributes::Attributes| {
        map.get("secondary_ips.auto_assigned.per_subnet").and_then(|value| value.parse::<i64>().ok())
    };
    if secondary(&wanted).is_some_and(|wanted| Some(wanted) < secondary(&balancer.attributes)) {
        return Err(fail("InvalidConfigurationRequest", "The number of secondary addresses cannot be decreased"));
    }
    balancer.attributes.extend(wanted);
    Ok(json!({"Attributes": attributes::show(&balancer.attributes)}))
}

/// SetSecurityGroups: a balancer made without groups never gets one, one made with groups never loses the last.
pub fn set_security_groups(context: &mut Context, p: Params) -> Outcome<Value> {
    let balancer = balancer::find(context.region, required(p, "LoadBalancerArn")?)?.clone();
    let groups = p.texts("SecurityGroups");
    if balancer.kind == "network" && balancer.groups.is_empty() {
        // Text: kubernetes-sigs/cluster-api-provider-aws#4790.
        let message =
            "You cannot set security groups on a Network Load Balancer which was created without any security groups.";
        return Err(fail("InvalidConfigurationRequest", message));
    }
    if groups.is_empty() {
        let message = "You must specify at least one security group";
        return Err(fail("InvalidConfigurationRequest", message));
    }
    balancer_checks::check_groups(context.region, &balancer.vpc, &groups)?;
    let enforce = p.text("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic");
    if enforce.is_some_and(|value| !["on", "off"].contains(&value)) {
        return Err(validation("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic must be 'on' or 'off'"));
    }
    context.region.interfaces.change(&balancer.arn, |interface| interface.groups.clone_from(&groups));
    if let Some(balancer) = context.region.load_balancers.get_mut(&balancer.arn) {
        balancer.groups = groups.clone();
        // Left out, the flag keeps its value, and the answer leaves it out too.
        balancer.enforce = enforce.map(str::to_owned).or(balancer.enforce.take());
    }
    Ok(json!({"SecurityGroupIds": groups, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": enforce}))
}
