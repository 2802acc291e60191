//! Targets and their health.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::target_group::{self, TargetGroup};
use super::{listener, required};
use crate::clock::{TARGET_INITIAL, Time};
use crate::error::{Outcome, fail};
use crate::probe::Probes;
use crate::query::Params;
use crate::state::{Context, Region};

const LIMIT: usize = 1000;

/// A registered target.
#[derive(Debug, Clone)]
pub struct Target {
    pub zone: Option<String>,
    pub registered: Time,
    pub drained_at: Option<Time>,
}

/// Id, port and zone of a target in a request.
type Wanted = (String, i64, Option<String>);

/// State, reason and description of a target, as DescribeTargetHealth gives them.
pub type Health = (&'static str, Option<&'static str>, Option<&'static str>);

/// RegisterTargets: repeating a target changes nothing.
pub fn register(context: &mut Context, p: Params) -> Outcome<Value> {
    let (arn, wanted) = read(context.region, p)?;
    let group = context.region.target_groups[&arn].clone();
    let vpc = context.region.vpcs.get(&group.vpc).map(|vpc| vpc.cidr);
    for (id, _, zone) in &wanted {
        check(&group, vpc, id, zone.as_deref())?;
    }
    let now = context.now;
    let Some(group) = context.region.target_groups.get_mut(&arn) else {
        return Ok(json!({}));
    };
    if group.targets.len() + wanted.len() > LIMIT {
        return Err(fail("TooManyTargets", "The maximum number of targets per target group has been reached"));
    }
    for (id, port, zone) in wanted {
        let target = group.targets.entry((id, port)).or_insert(Target { zone, registered: now, drained_at: None });
        if target.drained_at.take().is_some() {
            target.registered = now;
        }
    }
    Ok(json!({}))
}

/// DeregisterTargets: an unknown target is a success.
pub fn deregister(context: &mut Context, p: Params) -> Outcome<Value> {
    let (arn, wanted) = read(context.region, p)?;
    let now = context.now;
    let used = !listener::balancers_of(context.region, &arn).is_empty();
    let Some(group) = context.region.target_groups.get_mut(&arn) else {
        return Ok(json!({}));
    };
    let delay = group.attributes.get("deregistration_delay.timeout_seconds").and_then(|text| text.parse().ok());
    let drained_at = now + Duration::from_secs(delay.unwrap_or(300));
    for (id, port, _) in wanted {
        if !used {
            group.targets.remove(&(id, port));
        } else if let Some(target) = group.targets.get_mut(&(id, port)) {
            target.drained_at.get_or_insert(drained_at);
        }
    }
    Ok(json!({}))
}

/// DescribeTargetHealth.
pub fn health(context: &mut Context, p: Params) -> Outcome<Value> {
    let (region, now) = (&*context.region, context.now);
    let group = target_group::find(region, required(p, "TargetGroupArn")?)?;
    let wanted: Vec<(String, i64)> = if p.list("Targets").is_empty() {
        let present =
            |(_, target): &(&(String, i64), &Target)| target.drained_at.is_none_or(|drained_at| now < drained_at);
        group.targets.iter().filter(present).map(|(key, _)| key.clone()).collect()
    } else {
        read(region, p)?.1.into_iter().map(|(id, port, _)| (id, port)).collect()
    };
    let shown: Vec<Value> = wanted.into_iter().map(|key| show(region, group, key, now, context.probes)).collect();
    Ok(json!({"TargetHealthDescriptions": shown}))
}

/// Where a target is, for targets that are addresses.
pub fn address((id, port): &(String, i64)) -> Option<SocketAddr> {
    Some(SocketAddr::new(id.parse::<Ipv4Addr>().ok()?.into(), u16::try_from(*port).ok()?))
}

/// The health of a target: `initial` for a while, then what the probe says.
pub fn state(region: &Region, group: &TargetGroup, key: &(String, i64), now: Time, probes: &Probes) -> Health {
    let Some(target) =
        group.targets.get(key).filter(|target| target.drained_at.is_none_or(|drained_at| now < drained_at))
    else {
        return ("unused", Some("Target.NotRegistered"), Some("Target is not registered to the target group"));
    };
    if target.drained_at.is_some() {
        return ("draining", Some("Target.DeregistrationInProgress"), Some("Target deregistration is in progress"));
    }
    if listener::balancers_of(region, &group.arn).is_empty() {
        let description = "Target group is not configured to receive traffic from the load balancer";
        return ("unused", Some("Target.NotInUse"), Some(description));
    }
    if now < target.registered + TARGET_INITIAL {
        return ("initial", Some("Elb.InitialHealthChecking"), Some("Initial health checks in progress"));
    }
    if probes.healthy(address(key)) {
        return ("healthy", None, None);
    }
    ("unhealthy", Some("Target.FailedHealthChecks"), Some("Health checks failed"))
}

fn read(region: &Region, p: Params) -> Outcome<(String, Vec<Wanted>)> {
    let group = target_group::find(region, required(p, "TargetGroupArn")?)?;
    let one = |target: Params| {
        let port = target.number("Port")?.unwrap_or(group.port);
        Ok((required(target, "Id")?.to_owned(), port, target.text("AvailabilityZone").map(str::to_owned)))
    };
    let targets = p.list("Targets").into_iter().map(one).collect::<Outcome<Vec<_>>>()?;
    Ok((group.arn.clone(), targets))
}

/// Addresses of the VPC or of private ranges; those outside the VPC must say their zone.
fn check(group: &TargetGroup, vpc: Option<Ipv4Net>, id: &str, zone: Option<&str>) -> Outcome<()> {
    if group.target_type != "ip" {
        return Ok(());
    }
    let invalid = |message: String| fail("InvalidTarget", message);
    let address: Ipv4Addr =
        id.parse().map_err(|_| invalid(format!("The IP address '{id}' is not a valid IPv4 address")))?;
    let inside = vpc.is_some_and(|vpc| vpc.contains(&address));
    let shared = address.octets()[0] == 100 && (64..128).contains(&address.octets()[1]);
    if !(inside || address.is_private() || shared) {
        return Err(invalid(format!("The IP address '{id}' is not within a private range")));
    }
    if !inside && zone.is_none() {
        return Err(invalid(format!(
            "You must specify an Availability Zone or 'all' for the IP address '{id}' outside the VPC"
        )));
    }
    Ok(())
}

fn show(region: &Region, group: &TargetGroup, key: (String, i64), now: Time, probes: &Probes) -> Value {
    let (state, reason, description) = state(region, group, &key, now, probes);
    let zone = group.targets.get(&key).and_then(|target| target.zone.clone()).or_else(|| zone_of(region, &key.0));
    let check_port = if group.check.port == "traffic-port" { key.1.to_string() } else { group.check.port.clone() };
    json!({
        "Target": {"Id": key.0, "Port": key.1, "AvailabilityZone": zone},
        "HealthCheckPort": check_port,
        "TargetHealth": {"State": state, "Reason": reason, "Description": description},
    })
}

fn zone_of(region: &Region, address: &str) -> Option<String> {
    let address: Ipv4Addr = address.parse().ok()?;
    region.subnets.values().find(|subnet| subnet.cidr.contains(&address)).map(|subnet| subnet.zone.clone())
}
