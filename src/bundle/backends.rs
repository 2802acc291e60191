//! How the recipe reads a back end: the settings of its target group and its listener, with the defaults that the documentation names.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tfplugin::Attr;

use super::inputs::{default, or, or_empty_object, text_or};
use super::model::{Backend, HealthCheck};
use crate::child::Input;
use crate::children::{listener, target_group};

/// A health check as AWS stores it, [`target_group::HealthCheck`], with the defaults of its protocol.
pub fn health_check(check: &Attr<HealthCheck>, target_type: &Attr<String>) -> Input<Value> {
    let Attr::Known(check) = or_empty_object(check) else { return Input::Unknown };
    let usual = default(target_type, String::new()).map(|kind| default_protocol(&kind).to_string());
    let protocol = if check.protocol.is_null() { usual } else { check.protocol.clone() };
    let Attr::Known(protocol) = protocol else { return Input::Unknown };
    let over_http = protocol != "TCP";
    let timeout = if protocol == "HTTP" { 6 } else { 10 };
    let only_http = |value: Input<String>| if over_http { json!(value) } else { Value::Null };
    Input::Known(json!({
        "protocol": protocol,
        "port": text_or(&check.port, "traffic-port"),
        "path": only_http(text_or(&check.path, "/")),
        "matcher": only_http(text_or(&check.matcher, "200-399")),
        "interval": or(&check.interval, 30),
        "timeout": or(&check.timeout, timeout),
        "healthy_threshold": or(&check.healthy_threshold, 5),
        "unhealthy_threshold": or(&check.unhealthy_threshold, 2),
    }))
}

/// How health is checked if nothing is said: AWS doesn't just connect to a load balancer.
pub fn default_protocol(target_type: &str) -> &'static str {
    if target_type == target_group::ALB { "HTTP" } else { "TCP" }
}

/// Whether a back end has a pair of target groups.
pub fn is_pair(backend: &Backend) -> bool {
    backend.blue_green == Attr::Known(true)
}

/// AWS's attributes of a target group by AWS's key, with the defaults of its type of targets.
pub fn attributes(backend: &Backend) -> Input<BTreeMap<String, String>> {
    let Attr::Known(target_type) = default(&backend.target_type, "ip".to_string()) else { return Input::Unknown };
    let mut attributes = target_group::default_attributes(&target_type);
    let settings = [
        (target_group::DEREGISTRATION_DELAY, backend.deregistration_delay.map(|delay| delay.to_string())),
        (target_group::CONNECTION_TERMINATION, backend.connection_termination.map(|flag| flag.to_string())),
        (target_group::PRESERVE_CLIENT_IP, backend.preserve_client_ip.map(|flag| flag.to_string())),
    ];
    for (key, value) in settings {
        match value {
            Attr::Known(value) => drop(attributes.insert(key.into(), value)),
            Attr::Null => {}
            Attr::Unknown => return Input::Unknown,
        }
    }
    Input::Known(attributes)
}

/// Each target with its port, or nothing when something else registers them.
pub fn targets(backend: &Backend) -> Option<Input<Vec<Input<String>>>> {
    match &backend.targets {
        Attr::Null => None,
        Attr::Unknown => Some(Input::Unknown),
        Attr::Known(targets) => {
            let Attr::Known(port) = &backend.port else { return Some(Input::Unknown) };
            let complete = |target: &Attr<String>| match target {
                Attr::Known(target) if has_port(target) => Input::Known(target.clone()),
                Attr::Known(target) => Input::Known(format!("{target}:{port}")),
                _ => Input::Unknown,
            };
            Some(Input::Known(targets.iter().map(complete).collect()))
        }
    }
}

/// Whether a target has its port behind it: the ARN of a load balancer has colons, too.
fn has_port(target: &str) -> bool {
    match target.starts_with("arn:") {
        true => target.rsplit(':').next().is_some_and(|last| last.parse::<u16>().is_ok()),
        false => target.contains(':'),
    }
}

/// How API Gateway speaks to a back end: with TLS where its listener does.
pub fn scheme(backend: &Backend) -> Input<String> {
    match default(&backend.protocol, listener::TCP.to_string()) {
        Attr::Known(protocol) => text_or(&backend.url_scheme, if protocol == listener::TLS { "https" } else { "http" }),
        _ if backend.url_scheme.is_null() => Input::Unknown,
        _ => text_or(&backend.url_scheme, "http"),
    }
}

/// A setting that only listeners with TLS have.
pub fn tls_only(backend: &Backend, setting: &Attr<String>, value: &str) -> Input<Option<String>> {
    match default(&backend.protocol, listener::TCP.to_string()) {
        Attr::Known(protocol) if protocol == listener::TLS => match text_or(setting, value) {
            Input::Known(setting) => Input::Known(Some(setting)),
            _ => Input::Unknown,
        },
        Attr::Known(_) => Input::Known(None),
        _ => Input::Unknown,
    }
}
