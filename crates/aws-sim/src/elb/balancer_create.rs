//! CreateLoadBalancer.

use serde_json::{Value, json};

use super::attributes::defaults;
use super::balancer::{LoadBalancer, add_interface, show};
use super::balancer_change::KNOWN;
use super::balancer_checks::{check_groups, check_subnets, subnets};
use super::{check_name, required, tags, validation};
use crate::clock::{BALANCER_CREATE, Time};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::Context;

const LIMIT: usize = 50;

/// CreateLoadBalancer: a repetition with the same settings finds the existing one.
pub fn create(context: &mut Context, p: Params) -> Outcome<Value> {
    let wanted = plan(context, p)?;
    let now = context.now;
    if let Some(existing) = context.region.load_balancers.values().find(|balancer| balancer.name == wanted.name) {
        if !same_settings(existing, &wanted) {
            let message =
                format!("A load balancer with the same name '{}' exists, but with different settings", wanted.name);
            return Err(fail("DuplicateLoadBalancerName", message));
        }
        return Ok(json!({"LoadBalancers": [show(context.region, existing, now)]}));
    }
    if context.region.load_balancers.len() >= LIMIT {
        return Err(fail("TooManyLoadBalancers", "The maximum number of load balancers has been reached"));
    }
    for (subnet, address) in &wanted.subnets {
        add_interface(context.region, &wanted, subnet, *address, now)?;
    }
    let arn = wanted.arn.clone();
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
    let address_type = one_of(p, "IpAddressType", "ipv4", &["ipv4", "dualstack", "dualstack-without-public-ipv4"])?;
    let region = &mut *context.region;
    let (subnets, groups) = (subnets(p)?, p.texts("SecurityGroups"));
    if kind == "application" && subnets.len() < 2 {
        return Err(validation("At least two subnets in two different Availability Zones must be specified"));
    }
    let vpc = check_subnets(region, &subnets)?;
    check_groups(region, &vpc, &groups)?;
    if address_type != "ipv4" {
        let message = "You must specify subnets with an associated IPv6 CIDR block.";
        return Err(fail("InvalidConfigurationRequest", message));
    }
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
        attributes: defaults(KNOWN),
        created: context.now,
        active_at: context.now + BALANCER_CREATE,
        busy_until: Time::ZERO,
        tags,
    };
    balancer.arn = region.arn("elasticloadbalancing", &format!("loadbalancer/{}", balancer.path()));
    Ok(balancer)
}

fn one_of(p: Params, key: &str, default: &str, allowed: &[&str]) -> Outcome<String> {
    let value = p.text(key).unwrap_or(default);
    if allowed.contains(&value) {
        return Ok(value.to_owned());
    }
    let allowed = allowed.join(", ");
    Err(validation(format!(
        "1 validation error detected: Value '{value}' at '{key}' failed to satisfy constraint: Member must satisfy enum value set: [{allowed}]"
    )))
}

/// Tags are not compared (unverified).
fn same_settings(existing: &LoadBalancer, wanted: &LoadBalancer) -> bool {
    let sorted = |texts: &[String]| {
        let mut texts = texts.to_vec();
        texts.sort();
        texts
    };
    let subnets =
        |balancer: &LoadBalancer| sorted(&balancer.subnets.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>());
    existing.kind == wanted.kind
        && existing.scheme == wanted.scheme
        && existing.address_type == wanted.address_type
        && subnets(existing) == subnets(wanted)
        && sorted(&existing.groups) == sorted(&wanted.groups)
}
