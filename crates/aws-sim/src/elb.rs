//! Elastic Load Balancing v2: network load balancers, target groups, listeners.

mod attributes;
mod balancer;
mod balancer_change;
mod balancer_checks;
mod balancer_create;
mod balancer_subnets;
mod certificates;
mod facts;
mod health_check;
mod listener;
mod listener_settings;
mod tags;
mod target_checks;
mod target_group;
mod target_group_attributes;
mod target_quotas;
mod targets;

use serde_json::{Value, json};

pub use balancer::LoadBalancer;
pub use health_check::HealthCheck;
pub use listener::Listener;
pub use target_group::TargetGroup;
pub use targets::{
    Seen, address as target_address, checked as target_checked, lets_out as target_admitted, state as target_state,
};

use crate::clock::Time;
use crate::error::{Failure, Outcome, fail};
use crate::query::{Operations, Params};
use crate::state::{Context, Region};

/// Runs an ELBv2 operation.
pub fn run(context: &mut Context, operation: &str, p: Params) -> Outcome<Value> {
    match OPERATIONS.iter().find(|(name, _)| *name == operation) {
        Some((_, handler)) => handler(context, p),
        None => Err(fail("InvalidAction", format!("Could not find operation {operation} for version 2015-12-01"))),
    }
}

/// Every operation and its code.
pub static OPERATIONS: Operations = &[
    ("CreateLoadBalancer", balancer_create::create),
    ("DescribeLoadBalancers", balancer::describe),
    ("DeleteLoadBalancer", balancer::delete),
    ("DescribeLoadBalancerAttributes", balancer_change::describe_attributes),
    ("ModifyLoadBalancerAttributes", balancer_change::modify_attributes),
    ("SetSecurityGroups", balancer_change::set_security_groups),
    ("SetSubnets", balancer_subnets::set_subnets),
    ("SetIpAddressType", balancer_subnets::set_ip_address_type),
    ("CreateTargetGroup", target_group::create),
    ("DescribeTargetGroups", target_group::describe),
    ("ModifyTargetGroup", target_group::modify),
    ("DeleteTargetGroup", target_group::delete),
    ("DescribeTargetGroupAttributes", target_group::describe_attributes),
    ("ModifyTargetGroupAttributes", target_group::modify_attributes),
    ("RegisterTargets", targets::register),
    ("DeregisterTargets", targets::deregister),
    ("DescribeTargetHealth", targets::health),
    ("CreateListener", listener::create),
    ("DescribeListeners", listener::describe),
    ("ModifyListener", listener::modify),
    ("DeleteListener", listener::delete),
    ("DescribeListenerAttributes", listener::describe_attributes),
    ("ModifyListenerAttributes", listener::modify_attributes),
    ("AddTags", tags::add),
    ("RemoveTags", tags::remove),
    ("DescribeTags", tags::describe),
    ("DescribeCapacityReservation", facts::capacity_reservation),
    ("DescribeAccountLimits", facts::account_limits),
    ("DescribeSSLPolicies", facts::ssl_policies),
    ("DescribeListenerCertificates", listener::describe_certificates),
];

/// What exists of balancers, target groups and listeners.
pub fn objects(region: &Region, now: Time, put: &mut impl FnMut(&str, &str, Value)) {
    for balancer in region.load_balancers.values() {
        let settings = format!("{:?}", (&balancer.subnets, &balancer.groups, &balancer.enforce, &balancer.attributes));
        let state = balancer.state(now);
        let fields = json!({"tags": balancer.tags, "name": balancer.name, "state": state, "settings": settings});
        put("load-balancer", &balancer.arn, fields);
    }
    for group in region.target_groups.values() {
        let targets = group.targets.iter().filter(|(_, target)| target.drained_at.is_none());
        let targets: Vec<String> = targets.map(|((id, port), _)| format!("{id}:{port}")).collect();
        let settings = format!("{:?}", (&group.check, &group.attributes));
        let fields = json!({"tags": group.tags, "name": group.name, "settings": settings, "targets": targets});
        put("target-group", &group.arn, fields);
    }
    for listener in region.listeners.values() {
        let settings = format!("{:?}", (&listener.forward, &listener.attributes));
        put("listener", &listener.arn, json!({"tags": listener.tags, "port": listener.port, "settings": settings}));
    }
}

/// Describe operations cut their lists by `Marker` and `PageSize`, and show what remains.
fn page<T>(p: Params, key: &str, items: Vec<T>, show: impl FnMut(T) -> Value) -> Outcome<Value> {
    let size = match p.number("PageSize")? {
        Some(size @ 1..=400) => size as usize,
        Some(size) => return Err(out_of_range("pageSize", size, (1, 400))),
        None => 400,
    };
    let start = match p.text("Marker").filter(|marker| !marker.is_empty()) {
        Some(marker) => marker.parse().map_err(|_| validation(format!("Invalid marker '{marker}'")))?,
        None => 0,
    };
    let total = items.len();
    let cut: Vec<Value> = items.into_iter().skip(start).take(size).map(show).collect();
    let next = (start + cut.len() < total).then(|| (start + cut.len()).to_string());
    Ok(json!({key: cut, "NextMarker": next}))
}

/// The framework's refusal.
fn validation(message: impl Into<String>) -> Failure {
    fail("ValidationError", message)
}

/// Describe operations name no ARN when something is missing (aws-samples/service-screener-v2#212,
/// kubernetes-sigs/aws-load-balancer-controller#1157).
fn plural(failure: Failure, what: &str) -> Failure {
    if failure.code.ends_with("NotFound") {
        return Failure { message: format!("One or more {what} not found"), ..failure };
    }
    failure
}

/// The framework's refusal of one value.
fn constraint(path: &str, value: &str, must: &str) -> Failure {
    let failed = format!("Value '{value}' at '{path}' failed to satisfy constraint: Member must {must}");
    validation(format!("1 validation error detected: {failed}"))
}

/// A number that the service model does not allow (text: aws-cloudformation/cfn-lint#807).
fn out_of_range(path: &str, value: i64, (low, high): (i64, i64)) -> Failure {
    let (what, limit) = if value < low { ("greater", low) } else { ("less", high) };
    constraint(path, &value.to_string(), &format!("have value {what} than or equal to {limit}"))
}

/// One of the values of an enumeration.
fn one_of(p: Params, key: &str, default: &str, allowed: &[&str]) -> Outcome<String> {
    let value = p.text(key).unwrap_or(default);
    if allowed.contains(&value) {
        return Ok(value.to_owned());
    }
    let path = key[..1].to_lowercase() + &key[1..];
    Err(constraint(&path, value, &format!("satisfy enum value set: [{}]", allowed.join(", "))))
}

/// A parameter that must be there, in the words of this service.
fn required<'a>(p: Params<'a>, key: &str) -> Outcome<&'a str> {
    needed(p, key, &format!("'{key}'"))
}

/// The same with another name for the parameter.
fn needed<'a>(p: Params<'a>, key: &str, name: &str) -> Outcome<&'a str> {
    p.text(key).filter(|text| !text.is_empty()).ok_or_else(|| validation(format!("{name} must be specified")))
}

/// Up to 32 letters, digits and hyphens, with no hyphen at the ends.
fn check_name(what: &str, name: &str) -> Outcome<()> {
    if name.chars().count() > 32 {
        return Err(validation(format!("{what} name '{name}' cannot be longer than '32' characters")));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        let message =
            format!("{what} name '{name}' can only contain characters that are alphanumeric characters or hyphens(-)");
        return Err(validation(message));
    }
    if name.starts_with('-') {
        return Err(validation(format!("{what} name '{name}' cannot begin with a hyphen(-)")));
    }
    if name.ends_with('-') {
        return Err(validation(format!("{what} name '{name}' cannot end with a hyphen(-)")));
    }
    Ok(())
}
