//! How the recipe reads a back end: the settings of its target group and its listener, with the defaults that the documentation names.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tfplugin::Attr;

use super::inputs::{default, or, or_empty_object, text_or};
use super::model::{Backend, HealthCheck};
use crate::child::Input;
use crate::children::{listener, target_group};

/// A health check as AWS stores it, [`target_group::HealthCheck`], with the defaults of its protocol.
pub fn health_check(check: &Attr<HealthCheck>) -> Input<Value> {
    let Attr::Known(check) = or_empty_object(check) else { return Input::Unknown };
    let Attr::Known(protocol) = default(&check.protocol, "TCP".to_string()) else { return Input::Unknown };
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
                Attr::Known(target) if target.contains(':') => Input::Known(target.clone()),
                Attr::Known(target) => Input::Known(format!("{target}:{port}")),
                _ => Input::Unknown,
            };
            Some(Input::Known(targets.iter().map(complete).collect()))
        }
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
