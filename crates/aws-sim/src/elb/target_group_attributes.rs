//! Attributes of target groups of the network family.

use super::attributes::{self, Attributes, Kind, Known};
use super::target_group::TargetGroup;
use super::{listener, validation};
use crate::error::{Failure, Outcome, fail};
use crate::query::Params;
use crate::state::Region;

/// Key, values and default.
const KNOWN: &[Known] = &[
    ("deregistration_delay.connection_termination.enabled", Kind::Bool, "false"),
    ("deregistration_delay.timeout_seconds", Kind::Number(0, 3600), "300"),
    (
        "load_balancing.cross_zone.enabled",
        Kind::OneOf(&["true", "false", "use_load_balancer_configuration"]),
        "use_load_balancer_configuration",
    ),
    ("preserve_client_ip.enabled", Kind::Bool, "false"),
    ("proxy_protocol_v2.enabled", Kind::Bool, "false"),
    ("stickiness.enabled", Kind::Bool, "false"),
    ("stickiness.type", Kind::OneOf(&["source_ip"]), "source_ip"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", Kind::Threshold(1000), "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", Kind::Threshold(100), "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", Kind::Number(1, 1000), "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", Kind::Threshold(100), "off"),
    (TERMINATION, Kind::Bool, "true"),
    (DRAINING, Kind::Number(0, 360_000), "0"),
];

const TERMINATION: &str = "target_health_state.unhealthy.connection_termination.enabled";
const DRAINING: &str = "target_health_state.unhealthy.draining_interval_seconds";
const PRESERVE: &str = "preserve_client_ip.enabled";

/// Keys of target groups for HTTP and Lambda.
const FOREIGN: [&str; 7] = [
    "lambda.multi_value_headers.enabled",
    "load_balancing.algorithm.anomaly_mitigation",
    "load_balancing.algorithm.type",
    "slow_start.duration_seconds",
    "stickiness.app_cookie.cookie_name",
    "stickiness.app_cookie.duration_seconds",
    "stickiness.lb_cookie.duration_seconds",
];

/// The attributes of a new group.
pub fn fresh(protocol: &str, target_type: &str) -> Attributes {
    let mut attributes = attributes::defaults(KNOWN);
    let preserve = is_datagram(protocol) || target_type == "instance";
    attributes.insert(PRESERVE.to_owned(), preserve.to_string());
    let termination = is_datagram(protocol).to_string();
    attributes.insert("deregistration_delay.connection_termination.enabled".to_owned(), termination);
    if !is_stream(protocol) {
        attributes.remove(TERMINATION);
        attributes.remove(DRAINING);
    }
    attributes
}

/// What a request wants to change, checked against the group (codes and texts unverified where they are not those of
/// `attributes`).
pub fn wanted(region: &Region, group: &TargetGroup, p: Params) -> Outcome<Attributes> {
    if group.target_type == "alb" {
        return Err(refused("Attributes of target groups with target type 'alb' cannot be modified"));
    }
    let keys = p.list("Attributes").into_iter().filter_map(|attribute| attribute.text("Key"));
    if let Some(key) = keys.into_iter().find(|key| is_foreign(&group.protocol, key)) {
        return Err(validation(format!(
            "Target group attribute key '{key}' is not supported on target groups with protocol '{}'",
            group.protocol
        )));
    }
    let wanted = attributes::wanted(p, "target group", KNOWN)?;
    let gives = |key: &str, value: &str| wanted.get(key).is_some_and(|given| given == value);
    if is_datagram(&group.protocol) && gives(PRESERVE, "false") {
        return Err(refused(
            "Client IP preservation cannot be disabled for target groups with UDP or TCP_UDP protocol",
        ));
    }
    if gives("stickiness.enabled", "true") && listener::protocols_of(region, &group.arn).contains(&"TLS") {
        return Err(refused("Stickiness is not supported with TLS listeners"));
    }
    let terminates = wanted.get(TERMINATION).or(group.attributes.get(TERMINATION)).is_some_and(|value| value == "true");
    if terminates && wanted.get(DRAINING).is_some_and(|value| value != "0") {
        let message = format!("'{DRAINING}' can only be set when '{TERMINATION}' is 'false'");
        return Err(refused(&message));
    }
    Ok(wanted)
}

/// For how many seconds an unhealthy target drains: not at all when its connections are terminated.
pub fn draining_interval(attributes: &Attributes) -> u64 {
    let terminates = attributes.get(TERMINATION).is_none_or(|value| value == "true");
    let seconds = attributes.get(DRAINING).and_then(|value| value.parse().ok()).unwrap_or_default();
    if terminates { 0 } else { seconds }
}

fn is_foreign(protocol: &str, key: &str) -> bool {
    FOREIGN.contains(&key) || (!is_stream(protocol) && [TERMINATION, DRAINING].contains(&key))
}

fn is_datagram(protocol: &str) -> bool {
    ["UDP", "TCP_UDP"].contains(&protocol)
}

fn is_stream(protocol: &str) -> bool {
    ["TCP", "TLS"].contains(&protocol)
}

fn refused(message: &str) -> Failure {
    fail("InvalidConfigurationRequest", message)
}
