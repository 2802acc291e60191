//! From the VPC link to a target: load balancer, listener, target group.

use std::net::{Ipv4Addr, SocketAddr};

use super::mapping;
use super::stage::Arrival;
use super::trip::{Refusal, Trip};
use crate::apigw::Integration;
use crate::clock::Time;
use crate::data_plane::health::Place;
use crate::ec2::{Way, admits};
use crate::elb::{Listener, LoadBalancer, TargetGroup, target_address, target_admitted, target_state};
use crate::state::Region;

/// API Gateway comes from addresses that nobody outside knows; only a rule for everybody admits this one.
const SERVICE_ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// The target group that a link and the port of a uri lead to.
pub fn find(
    arrival: &Arrival,
    integration: &Integration,
    (port, tls): (i64, bool),
    now: Time,
    trip: &mut Trip,
) -> Result<Place, Refusal> {
    let region = arrival.region;
    let balancer = link(arrival, integration, now, trip)?;
    inbound(region, balancer, port, trip)?;
    let listener = listener(region, balancer, port, tls, trip)?;
    let group = weighted(arrival, listener, trip)?;
    Ok(Place { account: region.account.clone(), region: region.name.clone(), arn: group.arn.clone() })
}

fn link<'a>(
    arrival: &Arrival<'a>,
    integration: &Integration,
    now: Time,
    trip: &mut Trip,
) -> Result<&'a LoadBalancer, Refusal> {
    let region = arrival.region;
    let written = integration.text("connectionId");
    let id = mapping::with_stage_variables(written, &arrival.variables);
    let from = if id == written { String::new() } else { format!(" (from {written})") };
    for link in region.links.values().filter(|link| link.id != id) {
        trip.reject(&link.id, "The integration names another link.");
    }
    let status = region.links.get(&id).map(|link| (link, link.status(now)));
    let Some((link, "AVAILABLE")) = status else {
        let why = status.map_or("does not exist", |(_, status)| status);
        return trip.refuse(
            "vpc-link",
            Some(&id),
            format!("The link{from} is not available: {why}."),
            Refusal::server_error(),
        );
    };
    let Some(balancer) = region.load_balancers.get(&link.target) else {
        let why = format!("Its load balancer {} is gone.", link.target);
        return trip.refuse("vpc-link", Some(&id), why, Refusal::server_error());
    };
    trip.pass("vpc-link", &link.id, format!("{}{from} leads to load balancer {}.", link.name, balancer.name));
    Ok(balancer)
}

/// Traffic of a VPC link comes through PrivateLink; a balancer with groups holds it against its inbound rules unless told not to.
fn inbound(region: &Region, balancer: &LoadBalancer, port: i64, trip: &mut Trip) -> Result<(), Refusal> {
    let hop = "load-balancer-security-group";
    if balancer.enforce.as_deref() != Some("on") {
        let why = if balancer.groups.is_empty() {
            "The load balancer has no security groups."
        } else {
            "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic is off, so inbound rules do not count."
        };
        trip.pass(hop, &balancer.arn, why);
        return Ok(());
    }
    if let Some((group, rule)) = admits(region, &balancer.groups, Way::In, port, SERVICE_ADDRESS, None) {
        trip.pass(hop, group, format!("Its rule {} admits API Gateway on port {port}.", rule.id));
        return Ok(());
    }
    for group in &balancer.groups {
        trip.reject(group, format!("It has no inbound rule for everybody on TCP port {port}."));
    }
    let why = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic is on, and no group admits the unknown addresses of API Gateway.";
    trip.refuse(hop, Some(&balancer.arn), why, Refusal::timed_out())
}

fn listener<'a>(
    region: &'a Region,
    balancer: &LoadBalancer,
    port: i64,
    tls: bool,
    trip: &mut Trip,
) -> Result<&'a Listener, Refusal> {
    let own = || region.listeners.named(&balancer.arn);
    for other in own().filter(|listener| listener.port != port) {
        trip.reject(&other.arn, format!("It listens on port {}.", other.port));
    }
    let Some(listener) = own().find(|listener| listener.port == port) else {
        let why = format!("The integration's uri names port {port}, and {} has no listener there.", balancer.name);
        return trip.refuse("listener", None, why, Refusal::no_network());
    };
    let (protocol, id) = (listener.protocol.as_str(), Some(listener.arn.as_str()));
    let speaks = match protocol {
        "TCP" | "TCP_UDP" => true,
        "TLS" => tls,
        _ => false,
    };
    if !speaks {
        let why = format!("It speaks {protocol}, and the integration's uri is {}.", if tls { "https" } else { "http" });
        return trip.refuse("listener", id, why, Refusal::no_network());
    }
    trip.pass("listener", &listener.arn, format!("It listens on {protocol} port {port}."));
    Ok(listener)
}

/// One group of the listener's action, drawn by weight.
fn weighted<'a>(arrival: &Arrival<'a>, listener: &Listener, trip: &mut Trip) -> Result<&'a TargetGroup, Refusal> {
    let region = arrival.region;
    let total: i64 = listener.forward.iter().map(|(_, weight)| *weight).sum();
    let what = format!("group/{}/{}", listener.arn, trip.number);
    let mut draw = i64::from(region.ids.spread(&what, u32::try_from(total).unwrap_or(1)));
    let mut chosen = None;
    for (arn, weight) in &listener.forward {
        if chosen.is_none() && draw < *weight {
            chosen = region.target_groups.get(arn).map(|group| (group, *weight));
        } else {
            trip.reject(arn, format!("Its weight is {weight} of {total}, and another one was drawn."));
        }
        draw -= weight;
    }
    let Some((group, weight)) = chosen else {
        return trip.refuse(
            "target-group",
            None,
            "The listener forwards to no group with a weight.",
            Refusal::no_network(),
        );
    };
    trip.pass("target-group", &group.arn, format!("{}, weight {weight} of {total}.", group.name));
    Ok(group)
}

/// One healthy target, drawn; when none is healthy, one of the unhealthy ones, because the balancer fails open.
pub fn choose(region: &Region, group: &TargetGroup, now: Time, trip: &mut Trip) -> Result<SocketAddr, Refusal> {
    let of = |wanted: &'static str| {
        group.targets.keys().filter(move |key| target_state(region, group, key, now).0 == wanted)
    };
    let mut usable: Vec<_> = of("healthy").collect();
    let open = usable.len() < minimum(group);
    if open {
        usable.extend(of("unhealthy").chain(of("unhealthy.draining")));
    }
    let draw =
        region.ids.spread(&format!("target/{}/{}", group.arn, trip.number), u32::try_from(usable.len()).unwrap_or(1));
    let chosen = usable.get(draw as usize).copied();
    for key in group.targets.keys().filter(|key| Some(*key) != chosen) {
        let (state, reason, description) = target_state(region, group, key, now);
        let description = description.map(|text| format!(": {text}")).unwrap_or_default();
        let reason = reason.map(|reason| format!(" ({reason}{description})")).unwrap_or_default();
        let why = if state == "healthy" {
            "Healthy, but another one was drawn.".to_owned()
        } else {
            format!("It is {state}{reason}.")
        };
        trip.reject(format!("{}:{}", key.0, key.1), why);
    }
    let Some((key, address)) = chosen.and_then(|key| Some((key, target_address(key)?))) else {
        let why = format!("{} has no target with an address that could take requests.", group.name);
        return trip.refuse("target", None, why, Refusal::no_network());
    };
    let id = address.to_string();
    let balancer = region.listeners.named(&group.arn).next();
    let balancer = balancer.and_then(|listener| region.load_balancers.get(&listener.balancer));
    if balancer.is_some_and(|balancer| !target_admitted(region, balancer, key, "traffic-port")) {
        let why = "No outbound rule of the load balancer's groups lets traffic out to it.";
        return trip.refuse("target", Some(&id), why, Refusal::timed_out());
    }
    let why = if open {
        "Too few targets are healthy, so the load balancer fails open to all of them."
    } else {
        "It is healthy."
    };
    trip.pass("target", id, why);
    Ok(address)
}

/// Below so many healthy targets, unhealthy ones get requests too.
fn minimum(group: &TargetGroup) -> usize {
    let setting = |unit: &str| {
        let key = format!("target_group_health.unhealthy_state_routing.minimum_healthy_targets.{unit}");
        group.attributes.get(&key).and_then(|value| value.parse::<usize>().ok())
    };
    let share = setting("percentage").map(|percentage| (group.targets.len() * percentage).div_ceil(100));
    setting("count").into_iter().chain(share).max().unwrap_or(1)
}
