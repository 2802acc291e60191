//! How many targets a network load balancer may have.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::Listener;
use super::facts::exceeded;
use super::listener::balancers_of;
use super::target_group::TargetGroup;
use crate::error::Outcome;
use crate::state::Region;

const PER_BALANCER: usize = 3000;
const PER_ZONE: usize = 500;

/// Checks the balancers of a group for the targets that they would have with it.
pub fn check_group(region: &Region, group: &TargetGroup) -> Outcome<()> {
    balancers_of(region, &group.arn).iter().try_for_each(|balancer| check(region, balancer, &[group]))
}

/// Checks a balancer for the targets that it would have with some groups.
pub fn check(region: &Region, balancer: &str, with: &[&TargetGroup]) -> Outcome<()> {
    let arns: BTreeSet<&String> = region.listeners.named(balancer).flat_map(Listener::groups).collect();
    let stays = |arn: &&&String| !with.iter().any(|group| group.arn == ***arn);
    let others = arns.iter().filter(stays).filter_map(|arn| region.target_groups.get(*arn));
    let mut zones: BTreeMap<String, usize> = BTreeMap::new();
    for group in others.chain(with.iter().copied()) {
        for ((id, _), target) in group.targets.iter().filter(|(_, target)| target.drained_at.is_none()) {
            *zones.entry(target.zone.clone().unwrap_or_else(|| zone(region, group, id))).or_default() += 1;
        }
    }
    let cross_zone = region.load_balancers.get(balancer).is_some_and(|balancer| {
        balancer.attributes.get("load_balancing.cross_zone.enabled").is_some_and(|value| value == "true")
    });
    if zones.values().sum::<usize>() > if cross_zone { PER_ZONE } else { PER_BALANCER } {
        return Err(exceeded("TooManyTargets", "targets per load balancer"));
    }
    if zones.values().any(|count| *count > PER_ZONE) {
        return Err(exceeded("TooManyTargets", "targets per Availability Zone per load balancer"));
    }
    Ok(())
}

fn zone(region: &Region, group: &TargetGroup, id: &str) -> String {
    let Ok(address) = id.parse::<Ipv4Addr>() else {
        return String::new();
    };
    let holds = |subnet: &&crate::ec2::Subnet| subnet.vpc == group.vpc && subnet.cidr.contains(&address);
    region.subnets.values().find(holds).map(|subnet| subnet.zone.clone()).unwrap_or_default()
}
