//! What must hold before an endpoint is made or changed.

use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::endpoint_service::{self, Service};
use super::{subnet, vpc, well_formed};
use crate::error::{Outcome, fail};
use crate::state::Region;

const POLICY_LENGTH: usize = 20_480;
/// Security groups of one interface.
const PER_INTERFACE: usize = 5;

/// Subnets of the endpoint's VPC, each in a zone of its own that the service offers.
pub fn check_subnets(
    region: &Region,
    vpc: &str,
    service: &Service,
    wanted: &[String],
    present: &[String],
) -> Outcome<()> {
    let mut zones: Vec<String> = Vec::new();
    for id in present {
        zones.extend(region.subnets.get(id).map(|subnet| subnet.zone.clone()));
    }
    for id in wanted {
        let subnet = subnet::find(region, id)?;
        if subnet.vpc != vpc {
            let message = format!("The subnet ID '{id}' does not exist in the VPC {vpc}");
            return Err(fail("InvalidParameter", message));
        }
        if !service.zones.contains(&subnet.zone) {
            let name = &service.name;
            let message =
                format!("The VPC endpoint service {name} does not support the availability zone of the subnet: {id}.");
            return Err(fail("InvalidParameter", message));
        }
        if zones.contains(&subnet.zone) {
            let message = format!(
                "Found another VPC endpoint subnet in the availability zone of {id}. VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service."
            );
            return Err(fail("DuplicateSubnetsInSameZone", message));
        }
        zones.push(subnet.zone.clone());
    }
    Ok(())
}

/// Groups that exist in the endpoint's VPC.
pub fn check_groups(region: &Region, vpc: &str, groups: &[String]) -> Outcome<()> {
    if groups.len() > PER_INTERFACE {
        let message = "The maximum number of security groups per interface has been reached.";
        return Err(fail("SecurityGroupsPerInterfaceLimitExceeded", message));
    }
    for id in groups {
        well_formed(id, "sg", "InvalidGroupId.Malformed")?;
        match region.groups.get(id) {
            None => {
                // Which of the two codes applies is unverified.
                let message = format!("The security group ID '{id}' does not exist");
                return Err(fail("InvalidSecurityGroupID.NotFound", message));
            }
            Some(group) if group.vpc != vpc => {
                let message = format!("The security group {id} does not belong to the VPC {vpc}");
                return Err(fail("InvalidParameter", message));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Private DNS needs both DNS attributes of the VPC, and no other endpoint of the service that has it.
pub fn check_private_dns(region: &Region, endpoint: &Endpoint) -> Outcome<()> {
    let vpc = vpc::find(region, &endpoint.vpc)?;
    if !(vpc.dns_support && vpc.dns_hostnames) {
        let message = format!(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {}",
            vpc.id
        );
        return Err(fail("InvalidParameter", message));
    }
    let rival = |other: &&Endpoint| {
        other.id != endpoint.id && other.vpc == endpoint.vpc && other.service == endpoint.service && other.private_dns
    };
    if region.endpoints.values().any(|other| rival(&other)) {
        let domain = endpoint_service::find(region, &endpoint.service)?.private_dns_name(region);
        let message = format!(
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {domain} in the VPC {}",
            endpoint.vpc
        );
        return Err(fail("InvalidParameter", message));
    }
    Ok(())
}

/// A policy as it is kept, or full access.
pub fn policy(text: Option<&str>) -> Outcome<Value> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(json!({
            "Version": "2008-10-17",
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
        }));
    };
    let invalid = || fail("InvalidPolicyDocument", "The policy document is not a valid JSON policy.");
    let policy: Value = serde_json::from_str(text).map_err(|_| invalid())?;
    if text.chars().count() > POLICY_LENGTH || policy.get("Statement").is_none() {
        return Err(invalid());
    }
    Ok(policy)
}

/// At most 64 ASCII characters (code unverified).
pub fn check_token(token: &str) -> Outcome<()> {
    if token.is_ascii() && token.len() <= 64 {
        return Ok(());
    }
    Err(fail("InvalidClientToken", "The client token must have at most 64 ASCII characters."))
}

/// Address and record type, which need subnets of their family (codes and texts unverified).
pub fn check_addresses(
    region: &Region,
    service: &Service,
    (address_type, record_type): (&str, Option<&str>),
    subnets: &[String],
) -> Outcome<(String, String)> {
    let invalid = |message: String| Err(fail("InvalidParameter", message));
    if !["ipv4", "dualstack", "ipv6"].contains(&address_type) {
        return invalid(format!("Invalid IP address type {address_type}. It must be ipv4, dualstack or ipv6."));
    }
    if address_type != "ipv4" && !service.ipv6 {
        return invalid(format!("The VPC endpoint service {} does not support {address_type}.", service.name));
    }
    for id in subnets {
        // Every simulated subnet has IPv4, so that none is for IPv6 alone.
        let has_ipv6 = subnet::find(region, id)?.ipv6.is_some();
        if address_type == "ipv6" || (address_type == "dualstack" && !has_ipv6) {
            return invalid(format!(
                "The IP address type {address_type} does not match the CIDR blocks of subnet {id}."
            ));
        }
    }
    let record_type = record_type.unwrap_or(address_type);
    let fits = record_type == address_type || record_type == "service-defined";
    if !(fits || (address_type == "dualstack" && ["ipv4", "ipv6"].contains(&record_type))) {
        return invalid(format!(
            "The DNS record type {record_type} does not match the IP address type {address_type}."
        ));
    }
    Ok((address_type.to_owned(), record_type.to_owned()))
}
