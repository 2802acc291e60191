//! What must hold before an endpoint is made or changed.

use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::endpoint_service::{self, Service};
use super::{subnet, vpc, well_formed};
use crate::error::{Outcome, fail};
use crate::state::Region;

const POLICY_LENGTH: usize = 20_480;

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
        let domain = endpoint_service::find(region, &endpoint.service)?.private_dns_name(&region.name);
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

/// IPv6 is refused because no simulated subnet has it (code unverified).
pub fn address_type(wanted: Option<&str>) -> Outcome<String> {
    match wanted.unwrap_or("ipv4") {
        "ipv4" => Ok("ipv4".to_owned()),
        other => {
            let message = format!("The IP address type {other} needs subnets with IPv6 CIDR blocks.");
            Err(fail("InvalidParameter", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Caller, element};

    #[tokio::test(start_paused = true)]
    async fn private_dns_is_refused_while_another_endpoint_has_it_or_the_vpc_lacks_dns() {
        let caller = Caller::new();
        caller.ec2(&caller.endpoint_form("")).await;
        let (status, refused) = caller.ec2(&caller.endpoint_form("")).await;
        assert_eq!((status, element(&refused, "Code").as_str()), (400, "InvalidParameter"));
        assert!(refused.contains("conflicting DNS domain for *.execute-api.eu-central-1.amazonaws.com"));
        assert_eq!(caller.ec2(&caller.endpoint_form("&PrivateDnsEnabled=false")).await.0, 200);
        let vpc = element(&caller.ec2("CreateVpc&CidrBlock=10.0.0.0/16").await.1, "vpcId");
        let form = format!(
            "CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&ServiceName=com.amazonaws.eu-central-1.execute-api"
        );
        assert!(caller.ec2(&form).await.1.contains("requires both enableDnsSupport and enableDnsHostnames"));
    }

    #[tokio::test(start_paused = true)]
    async fn subnets_of_one_zone_and_zones_without_the_service_are_refused() {
        let caller = Caller::new();
        let vpc = &caller.fresh.vpc_id;
        let subnet = |cidr: &str, zone: &str| {
            format!("CreateSubnet&VpcId={vpc}&CidrBlock={cidr}&AvailabilityZone=eu-central-1{zone}")
        };
        let same = element(&caller.ec2(&subnet("172.31.128.0/20", "a")).await.1, "subnetId");
        let small = element(&caller.ec2(&subnet("172.31.144.0/20", "d")).await.1, "subnetId");
        let with = |id: &str| caller.endpoint_form(&format!("&SubnetId.2={id}"));
        assert_eq!(element(&caller.ec2(&with(&same)).await.1, "Code"), "DuplicateSubnetsInSameZone");
        assert!(caller.ec2(&with(&small)).await.1.contains("does not support the availability zone of the subnet"));
    }
}
