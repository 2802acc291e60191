//! Which subnets and security groups a balancer may have.

use std::net::Ipv4Addr;

use super::{one_of, required, validation};
use crate::ec2::CONSTRAINED;
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::Region;

/// An internal network load balancer wants this many free addresses in every subnet.
const FREE_ADDRESSES: usize = 8;

/// What a balancer's addresses may be.
pub const ADDRESS_TYPES: [&str; 3] = ["ipv4", "dualstack", "dualstack-without-public-ipv4"];

/// Subnets of one VPC, each in its own zone.
pub fn check_subnets(region: &Region, subnets: &[(String, Option<Ipv4Addr>)]) -> Outcome<String> {
    let mut zones: Vec<&str> = Vec::new();
    let mut vpc: Option<&str> = None;
    for (id, _) in subnets {
        let missing = || fail("SubnetNotFound", format!("The subnet ID '{id}' does not exist"));
        let subnet = region.subnets.get(id).ok_or_else(missing)?;
        if vpc.is_some_and(|vpc| vpc != subnet.vpc) {
            return Err(fail("InvalidConfigurationRequest", "All subnets must belong to the same VPC"));
        }
        if zones.contains(&subnet.zone.as_str()) {
            let message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone";
            return Err(fail("InvalidConfigurationRequest", message));
        }
        zones.push(&subnet.zone);
        vpc = Some(&subnet.vpc);
    }
    vpc.map(str::to_owned).ok_or_else(|| validation("At least one subnet must be specified"))
}

/// Zones that have such balancers, and room in every subnet.
pub fn check_new_subnets<'a>(region: &Region, kind: &str, subnets: impl Iterator<Item = &'a String>) -> Outcome<()> {
    for id in subnets {
        let Some(subnet) = region.subnets.get(id) else {
            continue;
        };
        if kind == "network" && subnet.zone.ends_with(CONSTRAINED) {
            let message = format!("Load balancers with type 'network' are not supported in {}", subnet.zone);
            return Err(fail("InvalidConfigurationRequest", message));
        }
        let used = region.interfaces.named(id).count();
        if 2_usize.pow(32 - u32::from(subnet.cidr.prefix_len())) < 5 + used + FREE_ADDRESSES {
            let need = "ELB requires at least 8 free IP addresses in each subnet.";
            return Err(fail("InvalidSubnet", format!("Not enough IP space available in {id}. {need}")));
        }
    }
    Ok(())
}

/// Fixed private addresses are for internal balancers and lie in their subnet; Elastic IP addresses are for the others,
/// and there are none here.
pub fn check_addresses(
    region: &Region,
    scheme: &str,
    subnets: &[(String, Option<Ipv4Addr>)],
    p: Params,
) -> Outcome<()> {
    for (id, address) in subnets {
        let Some(address) = address else {
            continue;
        };
        if scheme != "internal" {
            return Err(validation("A private IPv4 address can only be specified for internal load balancers"));
        }
        if region.subnets.get(id).is_some_and(|subnet| !subnet.cidr.contains(address)) {
            return Err(validation(format!("The private IPv4 address '{address}' is not in the subnet '{id}'")));
        }
    }
    let mappings = p.list("SubnetMappings");
    let allocation = mappings.iter().find_map(|mapping| mapping.text("AllocationId"));
    if let Some(allocation) = allocation {
        if scheme == "internal" {
            return Err(validation("An Elastic IP address can only be specified for internet-facing load balancers"));
        }
        let message = format!("The allocation ID '{allocation}' does not exist");
        return Err(fail("AllocationIdNotFound", message));
    }
    Ok(())
}

/// Addresses of both families: every subnet must have IPv6. Without public IPv4 is for application load balancers.
pub fn check_dualstack(
    region: &Region,
    kind: &str,
    wanted: &str,
    subnets: &[(String, Option<Ipv4Addr>)],
) -> Outcome<()> {
    if kind == "network" && wanted != "dualstack" {
        let message = format!("The IP address type '{wanted}' is not supported on load balancers with type '{kind}'");
        return Err(fail("InvalidConfigurationRequest", message));
    }
    let lacks =
        |(id, _): &&(String, Option<Ipv4Addr>)| region.subnets.get(id).is_some_and(|subnet| subnet.ipv6.is_none());
    if subnets.iter().any(|subnet| lacks(&subnet)) {
        let message = "You must specify subnets with an associated IPv6 CIDR block.";
        return Err(fail("InvalidConfigurationRequest", message));
    }
    Ok(())
}

/// EnablePrefixForIpv6SourceNat: left out it stays, and only a dualstack balancer has it (service model of Elastic Load
/// Balancing; code and text of the refusal are unverified).
pub fn source_nat(p: Params, address_type: &str, before: bool) -> Outcome<bool> {
    let on = one_of(p, "EnablePrefixForIpv6SourceNat", if before { "on" } else { "off" }, &["on", "off"])? == "on";
    if on && address_type != "dualstack" {
        let message =
            "IPv6 source NAT prefixes can only be enabled for load balancers with IP address type 'dualstack'";
        return Err(fail("InvalidConfigurationRequest", message));
    }
    Ok(on)
}

/// Listeners of the UDP family can't be on a dualstack balancer without prefixes for source NAT.
pub fn check_dualstack_protocol(protocol: &str) -> Outcome<()> {
    if ["UDP", "TCP_UDP"].contains(&protocol) {
        let message = format!("Listener protocol '{protocol}' is not supported on dualstack load balancers");
        return Err(fail("InvalidConfigurationRequest", message));
    }
    Ok(())
}

/// Up to five groups of the balancer's VPC.
pub fn check_groups(region: &Region, vpc: &str, groups: &[String]) -> Outcome<()> {
    if groups.len() > 5 {
        return Err(fail("InvalidConfigurationRequest", "A load balancer cannot have more than 5 security groups"));
    }
    for id in groups {
        let missing = || fail("InvalidSecurityGroup", format!("The security group '{id}' does not exist"));
        let group = region.groups.get(id).ok_or_else(missing)?;
        if group.vpc != vpc {
            let message = format!("One or more security groups are invalid: '{id}' does not belong to VPC '{vpc}'");
            return Err(fail("InvalidConfigurationRequest", message));
        }
    }
    Ok(())
}

/// Subnets from `Subnets` or `SubnetMappings`.
pub fn subnets(p: Params) -> Outcome<Vec<(String, Option<Ipv4Addr>)>> {
    let (plain, mappings) = (p.texts("Subnets"), p.list("SubnetMappings"));
    if !plain.is_empty() && !mappings.is_empty() {
        return Err(validation("You must specify either subnets or subnet mappings, not both"));
    }
    let mapped = |mapping: Params| {
        let invalid = |text: &str| validation(format!("The IPv4 address '{text}' is not valid"));
        let address =
            mapping.text("PrivateIPv4Address").map(|text| text.parse().map_err(|_| invalid(text))).transpose()?;
        Ok((required(mapping, "SubnetId")?.to_owned(), address))
    };
    if mappings.is_empty() {
        return Ok(plain.into_iter().map(|id| (id, None)).collect());
    }
    mappings.into_iter().map(mapped).collect()
}
