//! What may be registered with a target group.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv4Net;

use super::facts::exceeded;
use super::target_group::TargetGroup;
use super::{out_of_range, target_quotas, validation};
use crate::ec2::ZONES;
use crate::error::{Outcome, fail};
use crate::state::Region;

const PER_GROUP: usize = 1000;
/// Network load balancers that may have the same application load balancer behind them.
const PER_BALANCER_TARGET: usize = 2;

/// A target of a request: id, port and zone.
type Asked<'a> = (&'a str, i64, Option<&'a str>);

/// Checks a target against the type of its group.
pub fn check(region: &Region, group: &TargetGroup, vpc: Option<Ipv4Net>, asked: Asked) -> Outcome<()> {
    let (id, port, zone) = asked;
    if !(1..=65_535).contains(&port) {
        return Err(out_of_range("targets.1.member.port", port, (1, 65_535)));
    }
    check_zone(region, group, zone)?;
    match group.target_type.as_str() {
        "instance" => check_instance(id),
        "ip" if group.address_type == "ipv6" => check_ipv6(region, group, asked.0),
        "ip" => check_ipv4(vpc, asked),
        "alb" => check_balancer(region, group, asked),
        _ => Ok(()),
    }
}

/// Targets that are addresses name a zone of the region, or all of them; others name none (service model of Elastic Load
/// Balancing; code and texts unverified).
fn check_zone(region: &Region, group: &TargetGroup, zone: Option<&str>) -> Outcome<()> {
    let Some(zone) = zone else { return Ok(()) };
    if group.target_type != "ip" {
        let kind = &group.target_type;
        return Err(validation(format!(
            "You cannot specify an Availability Zone for target groups with target type '{kind}'"
        )));
    }
    let known = zone == "all" || ZONES.iter().any(|letter| *zone == format!("{}{letter}", region.name));
    if known { Ok(()) } else { Err(validation(format!("Availability Zone '{zone}' is not valid"))) }
}

/// Instances are not simulated: any id of the right shape is one that runs (text of the refusal:
/// kubernetes-sigs/aws-load-balancer-controller#328).
fn check_instance(id: &str) -> Outcome<()> {
    let hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if id.strip_prefix("i-").is_some_and(|digits| matches!(digits.len(), 8 | 17) && hexadecimal(digits)) {
        return Ok(());
    }
    Err(validation(format!("Instance ID '{id}' is not valid")))
}

/// Checks how many targets the group and its balancers would have with a change.
pub fn check_quota(region: &Region, changed: &TargetGroup) -> Outcome<()> {
    let limit = if changed.target_type == "alb" { 1 } else { PER_GROUP };
    if changed.targets.values().filter(|target| target.drained_at.is_none()).count() > limit {
        return Err(exceeded("TooManyTargets", "targets per target group"));
    }
    target_quotas::check_group(region, changed)
}

/// Addresses of the VPC or of private ranges; those outside the VPC must say their zone.
fn check_ipv4(vpc: Option<Ipv4Net>, (id, _, zone): Asked) -> Outcome<()> {
    let invalid = |message: String| fail("InvalidTarget", message);
    let address: Ipv4Addr =
        id.parse().map_err(|_| invalid(format!("The IP address '{id}' is not a valid IPv4 address")))?;
    let inside = vpc.is_some_and(|vpc| vpc.contains(&address));
    let shared = address.octets()[0] == 100 && (64..128).contains(&address.octets()[1]);
    if !(inside || address.is_private() || shared) {
        return Err(invalid(format!("The IP address '{id}' is not within a private range")));
    }
    if !inside && zone.is_none() {
        // Code and text: kubernetes-sigs/aws-load-balancer-controller#3714.
        let message = format!("The Availability Zone is required for IP address '{id}' because it is not in the VPC");
        return Err(validation(message));
    }
    Ok(())
}

fn check_ipv6(region: &Region, group: &TargetGroup, id: &str) -> Outcome<()> {
    let address: Option<Ipv6Addr> = id.parse().ok();
    let inside = |address: &Ipv6Addr| {
        let mut nets =
            region.subnets.values().filter(|subnet| subnet.vpc == group.vpc).filter_map(|subnet| subnet.ipv6);
        nets.any(|net| net.contains(address))
    };
    if address.as_ref().is_some_and(inside) {
        return Ok(());
    }
    Err(fail("InvalidTarget", format!("The IP address '{id}' is not a valid IPv6 address of the VPC")))
}

/// An application load balancer of the VPC with a listener on the port (text of the last:
/// ministryofjustice/modernisation-platform#5846).
fn check_balancer(region: &Region, group: &TargetGroup, (id, port, _): Asked) -> Outcome<()> {
    let found = region.load_balancers.get(id).filter(|found| found.kind == "application" && found.vpc == group.vpc);
    if found.is_none() {
        let message = format!("The target '{id}' is not an application load balancer of the VPC");
        return Err(fail("InvalidTarget", message));
    }
    if !region.listeners.named(id).any(|listener| listener.port == port) {
        let message = "If the target type is ALB, the target must have at least one listener that matches the target group port or any specified port overrides";
        return Err(validation(message));
    }
    let has = |other: &&TargetGroup| other.arn != group.arn && other.targets.keys().any(|(target, _)| target == id);
    if region.target_groups.values().filter(has).count() >= PER_BALANCER_TARGET {
        return Err(exceeded("TooManyRegistrationsForTargetId", "registrations of an application load balancer"));
    }
    Ok(())
}
