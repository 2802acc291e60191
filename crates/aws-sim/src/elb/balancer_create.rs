//! CreateLoadBalancer.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::attributes::defaults;
use super::balancer::{LoadBalancer, add_interface, show};
use super::balancer_change::KNOWN;
use super::balancer_checks::{
    ADDRESS_TYPES, check_addresses, check_dualstack, check_groups, check_new_subnets, check_subnets, source_nat,
    subnets,
};
use super::facts::exceeded;
use super::{check_name, one_of, required, tags, validation};
use crate::clock::{BALANCER_CREATE, Time};
use crate::ec2::set_family;
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::Context;

const LIMIT: usize = 50;

/// CreateLoadBalancer: a repetition with the same settings finds the existing one.
pub fn create(context: &mut Context, p: Params) -> Outcome<Value> {
    let mut wanted = plan(context, p)?;
    let now = context.now;
    if let Some(existing) = context.region.load_balancers.named(&wanted.name).next() {
        if !same_settings(existing, &wanted) {
            let message =
                format!("A load balancer with the same name '{}' exists, but with different settings", wanted.name);
            return Err(fail("DuplicateLoadBalancerName", message));
        }
        return Ok(json!({"LoadBalancers": [show(context.region, existing, now)]}));
    }
    let same_kind = |balancer: &&LoadBalancer| balancer.kind == wanted.kind;
    if context.region.load_balancers.values().filter(same_kind).count() >= context.region.quota(LIMIT) {
        return Err(exceeded("TooManyLoadBalancers", "load balancers"));
    }
    check_new_subnets(context.region, &wanted.kind, wanted.subnets.iter().map(|(id, _)| id))?;
    for (subnet, address) in wanted.subnets.clone() {
        match add_interface(context.region, &wanted, &subnet, address, now) {
            // The NLB guide's troubleshooting: a balancer whose address is taken is made, and fails.
            Err(failure) if address.is_some() => wanted.failure = Some(failure.message),
            made => made?,
        }
    }
    let arn = wanted.arn.clone();
    set_family(context.region, &arn, wanted.address_type != "ipv4");
    context.region.load_balancers.insert(arn.clone(), wanted);
    Ok(json!({"LoadBalancers": [show(context.region, &context.region.load_balancers[&arn], now)]}))
}

fn plan(context: &mut Context, p: Params) -> Outcome<LoadBalancer> {
    let name = required(p, "Name")?.to_owned();
    check_name("Load balancer", &name)?;
    if name.starts_with("internal-") {
        return Err(validation(format!("Load balancer name '{name}' cannot begin with 'internal-'")));
    }
    // Both defaults are traps: without them one gets a public application load balancer.
    let kind = one_of(p, "Type", "application", &["application", "network", "gateway"])?;
    let scheme = one_of(p, "Scheme", "internet-facing", &["internet-facing", "internal"])?;
    let address_type = one_of(p, "IpAddressType", "ipv4", &ADDRESS_TYPES)?;
    let region = &mut *context.region;
    let (subnets, groups) = (subnets(p)?, p.texts("SecurityGroups"));
    if kind == "application" && subnets.len() < 2 {
        return Err(validation("At least two subnets in two different Availability Zones must be specified"));
    }
    let vpc = check_subnets(region, &subnets)?;
    check_addresses(region, &scheme, &subnets, p)?;
    check_groups(region, &vpc, &groups)?;
    if address_type != "ipv4" {
        check_dualstack(region, &kind, &address_type, &subnets)?;
    }
    let source_nat = source_nat(p, &address_type, false)?;
    let tags = tags::on_create(p)?;
    let digits = region.ids.hex("load-balancer", 16);
    let mut balancer = LoadBalancer {
        arn: String::new(),
        name,
        digits,
        kind,
        scheme,
        vpc,
        subnets,
        enforce: (!groups.is_empty()).then(|| "on".to_owned()),
        groups,
        address_type,
        source_nat,
        attributes: defaults(KNOWN),
        created: context.now,
        active_at: context.now + BALANCER_CREATE,
        failure: None,
        busy_until: Time::ZERO,
        tags,
    };
    let internal = balancer.scheme == "internal";
    balancer.attributes.insert("ipv6.deny_all_igw_traffic".to_owned(), internal.to_string());
    balancer.arn = region.arn("elasticloadbalancing", &format!("loadbalancer/{}", balancer.path()));
    Ok(balancer)
}

/// Tags are not compared (unverified).
fn same_settings(existing: &LoadBalancer, wanted: &LoadBalancer) -> bool {
    let sorted = |texts: &[String]| {
        let mut texts = texts.to_vec();
        texts.sort();
        texts
    };
    let subnets = |balancer: &LoadBalancer| BTreeMap::from_iter(balancer.subnets.clone());
    existing.kind == wanted.kind
        && existing.scheme == wanted.scheme
        && existing.address_type == wanted.address_type
        && existing.source_nat == wanted.source_nat
        && subnets(existing) == subnets(wanted)
        && sorted(&existing.groups) == sorted(&wanted.groups)
}
