//! Where a load balancer is: its subnets and the family of its addresses.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::balancer::{self, LoadBalancer};
use super::{balancer_checks, one_of, required};
use crate::clock::BALANCER_LINGER;
use crate::ec2::{retire, set_family};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region};

/// SetSubnets: the whole set; subnets cannot go while an endpoint service (a VPC link) uses the balancer.
pub fn set_subnets(context: &mut Context, p: Params) -> Outcome<Value> {
    let now = context.now;
    let region = &mut *context.region;
    let before = balancer::find(region, required(p, "LoadBalancerArn")?)?.clone();
    let wanted = balancer_checks::subnets(p)?;
    if balancer_checks::check_subnets(region, &wanted)? != before.vpc {
        return Err(fail("InvalidConfigurationRequest", "The subnets must be in the VPC of the load balancer"));
    }
    let kept = |id: &String| wanted.iter().any(|(wanted, _)| wanted == id);
    let removed: Vec<String> = before.subnets.iter().map(|(id, _)| id.clone()).filter(|id| !kept(id)).collect();
    if !removed.is_empty() && before.kind == "network" {
        check_removal(region, &before, &removed, &wanted)?;
    }
    let address_type = one_of(p, "IpAddressType", &before.address_type, &balancer_checks::ADDRESS_TYPES)?;
    if address_type != "ipv4" {
        balancer_checks::check_dualstack(region, &before.kind, &address_type, &wanted)?;
    }
    let source_nat = balancer_checks::source_nat(p, &address_type, before.source_nat)?;
    check_listeners(region, &before.arn, &address_type, source_nat)?;
    let new = |(id, _): &&(String, Option<Ipv4Addr>)| !before.subnets.iter().any(|(had, _)| had == id);
    balancer_checks::check_new_subnets(region, &before.kind, wanted.iter().filter(new).map(|(id, _)| id))?;
    for subnet in &removed {
        retire(region, &before.arn, Some(subnet), now + BALANCER_LINGER);
    }
    for (subnet, address) in wanted.iter().filter(new) {
        balancer::add_interface(region, &before, subnet, *address, now)?;
    }
    let after = LoadBalancer { subnets: wanted, address_type: address_type.clone(), source_nat, ..before };
    let zones = balancer::zones(region, &after);
    set_family(region, &after.arn, address_type != "ipv4");
    region.load_balancers.insert(after.arn.clone(), after);
    let source_nat = if source_nat { "on" } else { "off" };
    Ok(json!({
        "AvailabilityZones": zones, "IpAddressType": address_type, "EnablePrefixForIpv6SourceNat": source_nat,
    }))
}

/// SetIpAddressType: dualstack needs IPv6 in every subnet, and listeners that are not of the UDP family.
pub fn set_ip_address_type(context: &mut Context, p: Params) -> Outcome<Value> {
    let balancer = balancer::find(context.region, required(p, "LoadBalancerArn")?)?.clone();
    required(p, "IpAddressType")?;
    let wanted = one_of(p, "IpAddressType", "", &balancer_checks::ADDRESS_TYPES)?;
    if wanted != "ipv4" {
        balancer_checks::check_dualstack(context.region, &balancer.kind, &wanted, &balancer.subnets)?;
    }
    // Prefixes for source NAT have to be switched off before (unverified).
    balancer_checks::source_nat(p, &wanted, balancer.source_nat)?;
    check_listeners(context.region, &balancer.arn, &wanted, balancer.source_nat)?;
    set_family(context.region, &balancer.arn, wanted != "ipv4");
    if let Some(balancer) = context.region.load_balancers.get_mut(&balancer.arn) {
        balancer.address_type.clone_from(&wanted);
    }
    Ok(json!({"IpAddressType": wanted}))
}

/// Do the listeners of a balancer fit its addresses?
fn check_listeners(region: &Region, arn: &str, address_type: &str, source_nat: bool) -> Outcome<()> {
    if address_type == "ipv4" || source_nat {
        return Ok(());
    }
    let own = region.listeners.named(arn);
    own.map(|listener| listener.protocol.as_str()).try_for_each(balancer_checks::check_dualstack_protocol)
}

fn check_removal(
    region: &Region,
    before: &LoadBalancer,
    removed: &[String],
    wanted: &[(String, Option<Ipv4Addr>)],
) -> Outcome<()> {
    if balancer::linked(region, &before.arn) {
        let message =
            "You cannot remove a subnet from a network load balancer that has active VPC endpoint associations";
        return Err(fail("InvalidConfigurationRequest", message));
    }
    let zone = |id: &String| region.subnets.get(id).map(|subnet| subnet.zone.clone());
    let moved = |id: &String| wanted.iter().any(|(wanted, _)| zone(wanted) == zone(id));
    if removed.iter().any(moved) {
        let message = "The subnet of an Availability Zone cannot be changed in one operation";
        return Err(fail("InvalidConfigurationRequest", message));
    }
    Ok(())
}
