//! From the method to a target: integration, VPC link, listener, target group.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;

use super::gate::{Arrival, admits};
use super::routing::Matched;
use super::visit::Visit;
use super::{Refusal, Trip, mapping};
use crate::apigw::Integration;
use crate::clock::Time;
use crate::elb::{TargetGroup, target_address, target_state};
use crate::probe::Probes;

/// API Gateway comes from addresses that nobody outside knows; only a rule for everybody admits this one.
const SERVICE_ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// A request for a back end.
#[derive(Debug)]
pub struct Delivery {
    /// Simulated addresses that may serve it.
    pub targets: Vec<SocketAddr>,
    pub verb: String,
    pub path: String,
    pub headers: HeaderMap,
    pub timeout: Duration,
    pub integration: Integration,
}

/// Finds out where a request goes.
pub fn find(
    arrival: &Arrival,
    matched: &Matched,
    visit: &Visit,
    now: Time,
    trip: &mut Trip,
) -> Result<Delivery, Refusal> {
    let broken = || Refusal::message(500, "Internal server error");
    let Some(integration) = &matched.method.integration else {
        return trip.refuse("integration", "the method has none", broken());
    };
    let kind = integration.text("type");
    if !kind.starts_with("HTTP") || integration.text("connectionType") != "VPC_LINK" {
        return trip.refuse("integration", format!("{kind} without a VPC link is not simulated"), broken());
    }
    let uri = mapping::with_stage_variables(integration.text("uri"), &arrival.stage.variables);
    let (authority, port) = authority(&uri);
    trip.pass("integration", format!("{kind} {uri}"));
    let targets = through_link(arrival, integration, port, now, trip)?;
    let verb = integration.text("httpMethod");
    let timeout = integration.members.get("timeoutInMillis").and_then(Value::as_u64).unwrap_or(29_000);
    Ok(Delivery {
        targets,
        verb: if verb == "ANY" { visit.verb.clone() } else { verb.to_owned() },
        path: mapping::path_and_query(&uri, integration, arrival, matched, visit),
        headers: mapping::headers(&authority, integration, arrival, matched, visit),
        timeout: Duration::from_millis(timeout),
        integration: integration.clone(),
    })
}

fn through_link(
    arrival: &Arrival,
    integration: &Integration,
    port: i64,
    now: Time,
    trip: &mut Trip,
) -> Result<Vec<SocketAddr>, Refusal> {
    let region = arrival.region;
    let id = mapping::with_stage_variables(integration.text("connectionId"), &arrival.stage.variables);
    let link = region.links.get(&id).filter(|link| link.status(now) == "AVAILABLE");
    let Some((link, balancer)) = link.and_then(|link| Some((link, region.load_balancers.get(&link.target)?))) else {
        return trip.refuse(
            "vpc-link",
            format!("{id} is not available"),
            Refusal::message(500, "Internal server error"),
        );
    };
    trip.pass("vpc-link", format!("{} to {}", link.id, balancer.name));
    let enforced = balancer.enforce.as_deref() == Some("on");
    if enforced && !admits(region, &balancer.groups, port, SERVICE_ADDRESS, None) {
        let detail = format!("inbound rules are enforced on PrivateLink traffic and none admits port {port}");
        return trip.refuse("load-balancer-security-group", detail, timed_out());
    }
    trip.pass(
        "load-balancer-security-group",
        if enforced { "admitted" } else { "not enforced on PrivateLink traffic" },
    );
    let listener =
        region.listeners.values().find(|listener| listener.balancer == balancer.arn && listener.port == port);
    let Some(listener) = listener else {
        return trip.refuse("listener", format!("no listener on port {port}"), no_network());
    };
    trip.pass("listener", format!("{} {port}", listener.protocol));
    let group =
        listener.forward.iter().find(|(_, weight)| *weight > 0).and_then(|(arn, _)| region.target_groups.get(arn));
    let Some(group) = group else {
        return trip.refuse("target-group", "none with a weight", no_network());
    };
    let targets = usable(arrival, group, now);
    if targets.is_empty() {
        return trip.refuse(
            "target-group",
            format!("{} has no target that could be healthy", group.name),
            no_network(),
        );
    }
    trip.pass("target-group", group.name.clone());
    Ok(targets)
}

/// Targets past their initial checks; whether they really answer shows when the request is sent.
fn usable(arrival: &Arrival, group: &TargetGroup, now: Time) -> Vec<SocketAddr> {
    let assumed = Probes::pretending();
    let healthy = |key: &&(String, i64)| target_state(arrival.region, group, key, now, &assumed).0 == "healthy";
    group.targets.keys().filter(healthy).filter_map(target_address).collect()
}

/// Host with port as written, and the port that the scheme means.
fn authority(uri: &str) -> (String, i64) {
    let (scheme, rest) = uri.split_once("://").unwrap_or(("http", uri));
    let authority = rest.split(['/', '?']).next().unwrap_or_default().to_owned();
    let default = if scheme == "https" { 443 } else { 80 };
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(default);
    (authority, port)
}

/// The back end, or the way to it, is silent.
pub fn timed_out() -> Refusal {
    Refusal::message(504, "Endpoint request timed out")
}

/// Nobody listens.
pub fn no_network() -> Refusal {
    Refusal::message(504, "Network error communicating with endpoint")
}
