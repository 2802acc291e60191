//! Targets and their health.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};

use super::target_group::{self, TargetGroup};
use super::target_group_attributes::draining_interval;
use super::{LoadBalancer, listener, required, target_checks};
use crate::clock::{TARGET_INITIAL, Time};
use crate::ec2::{Way, admits};
use crate::error::Outcome;
use crate::query::Params;
use crate::state::{Context, Region};

/// A registered target.
#[derive(Debug, Clone)]
pub struct Target {
    pub zone: Option<String>,
    pub registered: Time,
    pub drained_at: Option<Time>,
    /// What real health checks said, where there are any.
    pub checks: Option<Checks>,
}

/// The outcome of one health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It answered as it should.
    Passed,
    /// It answered otherwise, or refused the connection.
    Failed,
    /// It said nothing.
    TimedOut,
}

/// The health checks of a target so far.
#[derive(Debug, Clone)]
pub struct Checks {
    healthy: bool,
    /// The last failure.
    failure: Seen,
    /// Results in a row that contradict `healthy`.
    streak: i64,
    at: Time,
    /// When it became healthy or unhealthy.
    since: Time,
}

/// Id, port and zone of a target in a request.
type Wanted = (String, i64, Option<String>);

/// State, reason and description of a target, as DescribeTargetHealth gives them.
pub type Health = (&'static str, Option<&'static str>, Option<&'static str>);

/// RegisterTargets: repeating a target changes nothing.
pub fn register(context: &mut Context, p: Params) -> Outcome<Value> {
    let (arn, wanted) = read(context.region, p)?;
    let mut group = context.region.target_groups[&arn].clone();
    let vpc = context.region.vpcs.get(&group.vpc).map(|vpc| vpc.cidr);
    for (id, port, zone) in &wanted {
        target_checks::check(context.region, &group, vpc, (id, *port, zone.as_deref()))?;
    }
    let now = context.now;
    for (id, port, zone) in wanted {
        let target =
            group.targets.entry((id, port)).or_insert(Target { zone, registered: now, drained_at: None, checks: None });
        if target.drained_at.take().is_some() {
            (target.registered, target.checks) = (now, None);
        }
    }
    target_checks::check_quota(context.region, &group)?;
    context.region.target_groups.insert(arn, group);
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
    let shown: Vec<Value> = wanted.into_iter().map(|key| show(region, group, key, now)).collect();
    Ok(json!({"TargetHealthDescriptions": shown}))
}

/// Where a target is, for targets that are addresses.
pub fn address((id, port): &(String, i64)) -> Option<SocketAddr> {
    Some(SocketAddr::new(id.parse::<Ipv4Addr>().ok()?.into(), u16::try_from(*port).ok()?))
}

/// The health of a target: `initial` for a while, then what the checks say. Without real checks it is healthy.
pub fn state(region: &Region, group: &TargetGroup, key: &(String, i64), now: Time) -> Health {
    let Some(target) =
        group.targets.get(key).filter(|target| target.drained_at.is_none_or(|drained_at| now < drained_at))
    else {
        return ("unused", Some("Target.NotRegistered"), Some("Target is not registered to the target group"));
    };
    if target.drained_at.is_some() {
        return ("draining", Some("Target.DeregistrationInProgress"), Some("Target deregistration is in progress"));
    }
    let balancers = listener::balancers_of(region, &group.arn);
    let Some(balancer) = balancers.first().and_then(|arn| region.load_balancers.get(arn)) else {
        let description = "Target group is not configured to receive traffic from the load balancer";
        return ("unused", Some("Target.NotInUse"), Some(description));
    };
    if !in_enabled_zone(region, balancer, target, &key.0) {
        let description = "Target is in an Availability Zone that is not enabled for the load balancer";
        return ("unused", Some("Target.NotInUse"), Some(description));
    }
    if now < group.first_checks(target) {
        return ("initial", Some("Elb.InitialHealthChecking"), Some("Initial health checks in progress"));
    }
    let unhealthy = target.checks.as_ref().map_or("unhealthy", |checks| unhealthy(group, checks, now));
    let timed_out = (unhealthy, Some("Target.Timeout"), Some("Request timed out"));
    match &target.checks {
        // Health checks obey the balancer's outbound rules.
        _ if !lets_out(region, balancer, key, &group.check.port) => timed_out,
        None | Some(Checks { healthy: true, .. }) => ("healthy", None, None),
        Some(Checks { failure: Seen::TimedOut, .. }) => timed_out,
        Some(_) => (unhealthy, Some("Target.FailedHealthChecks"), Some("Health checks failed")),
    }
}

/// A target that has become unhealthy drains for a while, when its connections are not terminated.
fn unhealthy(group: &TargetGroup, checks: &Checks, now: Time) -> &'static str {
    let seconds = draining_interval(&group.attributes);
    if !checks.healthy && now < checks.since + Duration::from_secs(seconds) {
        "unhealthy.draining"
    } else {
        "unhealthy"
    }
}

/// Do the outbound rules of a balancer let traffic out to a target? Without security groups everything goes.
pub fn lets_out(region: &Region, balancer: &LoadBalancer, key: &(String, i64), port: &str) -> bool {
    let port = port.parse().unwrap_or(key.1);
    let admitted = |to| admits(region, &balancer.groups, Way::Out, port, to, None).is_some();
    balancer.groups.is_empty() || key.0.parse().map_or(true, admitted)
}

/// How many checks of a target are due: none while it is new in a group in use, or before the interval is over.
pub fn checked(group: &TargetGroup, key: &(String, i64), now: Time) -> Option<i64> {
    let target = group.targets.get(key).filter(|target| now >= group.first_checks(target))?;
    let Some(checks) = &target.checks else {
        return Some(1);
    };
    let intervals = now.saturating_sub(checks.at).as_secs() / group.check.interval.max(1).unsigned_abs();
    i64::try_from(intervals).ok().filter(|intervals| *intervals > 0)
}

impl TargetGroup {
    /// A listener forwards here now. Until then nobody has checked the targets.
    pub fn begin_use(&mut self, now: Time) {
        self.used_since = now;
        self.targets.values_mut().for_each(|target| target.checks = None);
    }

    /// When the first checks of a target are over.
    fn first_checks(&self, target: &Target) -> Time {
        self.used_since.max(target.registered) + TARGET_INITIAL
    }

    /// Notes a check, which stands for `times` of them. The first one decides alone; later ones have to reach a threshold.
    pub fn observe(&mut self, key: &(String, i64), seen: Seen, times: i64, now: Time) {
        let (to_healthy, to_unhealthy) = (self.check.healthy, self.check.unhealthy);
        let Some(target) = self.targets.get_mut(key) else {
            return;
        };
        let passed = seen == Seen::Passed;
        let first = Checks { healthy: passed, failure: seen, streak: 0, at: now, since: now };
        let checks = target.checks.get_or_insert(first);
        checks.at = now;
        if !passed {
            checks.failure = seen;
        }
        checks.streak = if passed == checks.healthy { 0 } else { checks.streak + times };
        if checks.streak >= if checks.healthy { to_unhealthy } else { to_healthy } {
            (checks.healthy, checks.streak, checks.since) = (passed, 0, now);
        }
    }
}

/// A target in a zone that the balancer does not serve gets nothing; `all` is every zone.
fn in_enabled_zone(region: &Region, balancer: &LoadBalancer, target: &Target, id: &str) -> bool {
    let Some(zone) = target.zone.clone().or_else(|| zone_of(region, id)).filter(|zone| zone != "all") else {
        return true;
    };
    balancer.subnets.iter().filter_map(|(id, _)| region.subnets.get(id)).any(|subnet| subnet.zone == zone)
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

fn show(region: &Region, group: &TargetGroup, key: (String, i64), now: Time) -> Value {
    let (state, reason, description) = state(region, group, &key, now);
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
