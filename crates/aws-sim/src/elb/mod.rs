//! Elastic Load Balancing v2: network load balancers, target groups, listeners.

mod attributes;
mod balancer;
mod balancer_change;
mod balancer_checks;
mod balancer_create;
mod health_check;
mod listener;
mod listener_settings;
mod tags;
mod target_group;
mod targets;

use serde_json::{Value, json};

pub use balancer::LoadBalancer;
pub use listener::Listener;
pub use target_group::TargetGroup;
pub use targets::{address as target_address, state as target_state};

use crate::clock::Time;
use crate::error::{Failure, Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region};

/// Runs an ELBv2 operation.
pub fn run(context: &mut Context, operation: &str, p: Params) -> Outcome<Value> {
    match operation {
        "CreateLoadBalancer" => balancer_create::create(context, p),
        "DescribeLoadBalancers" => balancer::describe(context, p),
        "DeleteLoadBalancer" => balancer::delete(context, p),
        "DescribeLoadBalancerAttributes" => balancer_change::describe_attributes(context, p),
        "ModifyLoadBalancerAttributes" => balancer_change::modify_attributes(context, p),
        "SetSecurityGroups" => balancer_change::set_security_groups(context, p),
        "SetSubnets" => balancer_change::set_subnets(context, p),
        "SetIpAddressType" => balancer_change::set_ip_address_type(context, p),
        "CreateTargetGroup" => target_group::create(context, p),
        "DescribeTargetGroups" => target_group::describe(context, p),
        "ModifyTargetGroup" => target_group::modify(context, p),
        "DeleteTargetGroup" => target_group::delete(context, p),
        "DescribeTargetGroupAttributes" => target_group::describe_attributes(context, p),
        "ModifyTargetGroupAttributes" => target_group::modify_attributes(context, p),
        "RegisterTargets" => targets::register(context, p),
        "DeregisterTargets" => targets::deregister(context, p),
        "DescribeTargetHealth" => targets::health(context, p),
        "CreateListener" => listener::create(context, p),
        "DescribeListeners" => listener::describe(context, p),
        "ModifyListener" => listener::modify(context, p),
        "DeleteListener" => listener::delete(context, p),
        "DescribeListenerAttributes" => listener::describe_attributes(context, p),
        "ModifyListenerAttributes" => listener::modify_attributes(context, p),
        "AddTags" => tags::add(context, p),
        "RemoveTags" => tags::remove(context, p),
        "DescribeTags" => tags::describe(context, p),
        _ => Err(fail("InvalidAction", format!("Could not find operation {operation} for version 2015-12-01"))),
    }
}

/// What exists of balancers, target groups and listeners.
pub fn objects(region: &Region, now: Time, put: &mut impl FnMut(&str, &str, Value)) {
    for balancer in region.load_balancers.values() {
        let fields = json!({"tags": balancer.tags, "name": balancer.name, "state": balancer.state(now)});
        put("load-balancer", &balancer.arn, fields);
    }
    for group in region.target_groups.values() {
        put("target-group", &group.arn, json!({"tags": group.tags, "name": group.name}));
    }
    for listener in region.listeners.values() {
        put("listener", &listener.arn, json!({"tags": listener.tags, "port": listener.port}));
    }
}

/// Describe operations cut their lists by `Marker` and `PageSize`.
fn page(p: Params, key: &str, items: Vec<Value>) -> Outcome<Value> {
    let size = match p.number("PageSize")? {
        Some(size @ 1..=400) => size as usize,
        Some(size) => {
            return Err(validation(format!("Page size '{size}' is not between 1 and 400")));
        }
        None => 400,
    };
    let start = match p.text("Marker").filter(|marker| !marker.is_empty()) {
        Some(marker) => marker.parse().map_err(|_| validation(format!("Invalid marker '{marker}'")))?,
        None => 0,
    };
    let total = items.len();
    let cut: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    let next = (start + cut.len() < total).then(|| (start + cut.len()).to_string());
    Ok(json!({key: cut, "NextMarker": next}))
}

/// The framework's refusal.
fn validation(message: impl Into<String>) -> Failure {
    fail("ValidationError", message)
}

/// A parameter that must be there, in the words of this service.
fn required<'a>(p: Params<'a>, key: &str) -> Outcome<&'a str> {
    p.text(key).filter(|text| !text.is_empty()).ok_or_else(|| validation(format!("'{key}' must be specified")))
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
