//! Which subnets and security groups a balancer may have.

use std::net::Ipv4Addr;

use super::{required, validation};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::Region;

/// An internal network load balancer wants this many free addresses in every subnet.
const FREE_ADDRESSES: usize = 8;

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
        let used = region.interfaces.values().filter(|interface| interface.subnet == *id).count();
        if 2_usize.pow(32 - u32::from(subnet.cidr.prefix_len())) < 5 + used + FREE_ADDRESSES {
            return Err(fail(
                "InvalidSubnet",
                format!(
                    "Not enough IP space available in {id}. ELB requires at least 8 free IP addresses in each subnet."
                ),
            ));
        }
        zones.push(&subnet.zone);
        vpc = Some(&subnet.vpc);
    }
    vpc.map(str::to_owned).ok_or_else(|| validation("At least one subnet must be specified"))
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
