//! Load balancers: reading and deletion.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::attributes::Attributes;
use super::{page, required, validation};
use crate::clock::{BALANCER_INTERFACES, BALANCER_LINGER, TARGET_GROUP_RELEASE, Time, iso8601};
use crate::ec2::{InterfaceKind, allocate, retire};
use crate::error::{Failure, Outcome, fail};
use crate::index::Named;
use crate::query::Params;
use crate::state::{Context, Region, Tags};

/// A load balancer.
#[derive(Debug, Clone)]
pub struct LoadBalancer {
    pub arn: String,
    pub name: String,
    /// The sixteen digits at the end of its ARN and in its DNS name.
    pub digits: String,
    pub kind: String,
    pub scheme: String,
    pub vpc: String,
    pub subnets: Vec<(String, Option<Ipv4Addr>)>,
    pub groups: Vec<String>,
    /// Is traffic from PrivateLink held against the inbound rules? Only balancers with groups know.
    pub enforce: Option<String>,
    pub address_type: String,
    /// Has it IPv6 prefixes for source NAT, which UDP listeners on dualstack balancers need?
    pub source_nat: bool,
    pub attributes: Attributes,
    pub created: Time,
    pub active_at: Time,
    /// Until when a vanished VPC link still counts as using it.
    pub busy_until: Time,
    /// Why it could not be provisioned.
    pub failure: Option<String>,
    pub tags: Tags,
}

impl Named for LoadBalancer {
    fn names(&self) -> Vec<&str> {
        vec![&self.name]
    }
}

impl LoadBalancer {
    /// `provisioning`, then `active` or `failed`.
    pub fn state(&self, now: Time) -> &'static str {
        match &self.failure {
            _ if now < self.active_at => "provisioning",
            Some(_) => "failed",
            None => "active",
        }
    }

    /// `TYPE/name/digits`, the part that ARNs and interface descriptions share.
    pub fn path(&self) -> String {
        let kind = match self.kind.as_str() {
            "network" => "net",
            "gateway" => "gwy",
            _ => "app",
        };
        format!("{kind}/{}/{}", self.name, self.digits)
    }
}

/// The balancer of an ARN.
pub fn find<'a>(region: &'a Region, arn: &str) -> Outcome<&'a LoadBalancer> {
    if !arn.starts_with("arn:") || !arn.contains(":loadbalancer/") {
        return Err(validation(format!("'{arn}' is not a valid load balancer ARN")));
    }
    region.load_balancers.get(arn).ok_or_else(|| missing(arn))
}

/// DescribeLoadBalancers: an unknown ARN or name is an error.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let (region, now) = (&*context.region, context.now);
    let (arns, names) = (p.texts("LoadBalancerArns"), p.texts("Names"));
    if !arns.is_empty() && !names.is_empty() {
        return Err(validation("Load balancer names and load balancer ARNs cannot be specified at the same time"));
    }
    if arns.len().max(names.len()) > 20 {
        return Err(validation("No more than 20 load balancers can be specified"));
    }
    for arn in &arns {
        // Reading many answers in the plural (unverified for balancers).
        find(region, arn).map_err(|failure| super::plural(failure, "load balancers"))?;
    }
    if let Some(name) = names.iter().find(|name| region.load_balancers.named(name).next().is_none()) {
        return Err(fail("LoadBalancerNotFound", format!("Load balancers '[{name}]' not found")));
    }
    let found = region.load_balancers.chosen(&arns, &names);
    page(p, "LoadBalancers", found, |balancer| show(region, balancer, now))
}

/// DeleteLoadBalancer: listeners go too, target groups stay, a missing balancer is a success.
pub fn delete(context: &mut Context, p: Params) -> Outcome<Value> {
    let now = context.now;
    let region = &mut *context.region;
    let arn = required(p, "LoadBalancerArn")?.to_owned();
    let balancer = match find(region, &arn) {
        Ok(balancer) => balancer.clone(),
        Err(failure) if failure.code == "LoadBalancerNotFound" => return Ok(json!({})),
        Err(failure) => return Err(failure),
    };
    if balancer.attributes.get("deletion_protection.enabled").is_some_and(|value| value == "true") {
        let message = format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled");
        return Err(fail("OperationNotPermitted", message));
    }
    if now < balancer.busy_until || linked(region, &arn) {
        let message =
            format!("Load balancer '{arn}' cannot be deleted because it is currently associated with another service");
        return Err(fail("ResourceInUse", message));
    }
    let listeners: Vec<_> = region.listeners.named(&arn).cloned().collect();
    for listener in listeners {
        listener.release(region, now + TARGET_GROUP_RELEASE);
        region.listeners.remove(&listener.arn);
    }
    retire(region, &arn, None, now + BALANCER_LINGER);
    region.load_balancers.remove(&arn);
    Ok(json!({}))
}

/// Does a VPC link that was not refused use the balancer?
pub fn linked(region: &Region, arn: &str) -> bool {
    region.links.values().any(|link| link.target == arn && link.refusal.is_none())
}

/// One interface per subnet.
pub fn add_interface(
    region: &mut Region,
    balancer: &LoadBalancer,
    subnet: &str,
    address: Option<Ipv4Addr>,
    now: Time,
) -> Outcome<()> {
    let kind =
        if balancer.kind == "network" { InterfaceKind::NetworkBalancer } else { InterfaceKind::ApplicationBalancer };
    let owner = (balancer.arn.as_str(), format!("ELB {}", balancer.path()));
    let made = allocate(region, kind, owner, (subnet, address), &balancer.groups, now + BALANCER_INTERFACES);
    let message = || match address {
        Some(address) => format!("The private IPv4 address '{address}' of subnet '{subnet}' is already in use"),
        None => format!("The subnet '{subnet}' has no free address"),
    };
    made.map(drop).ok_or_else(|| fail("InvalidSubnet", message()))
}

/// Zones as balancers list them; addresses only where they were asked for.
pub fn zones(region: &Region, balancer: &LoadBalancer) -> Value {
    let zone = |(id, address): &(String, Option<Ipv4Addr>)| {
        let addresses: Vec<Value> =
            address.iter().map(|address| json!({"PrivateIPv4Address": address.to_string()})).collect();
        let name = region.subnets.get(id).map(|subnet| subnet.zone.clone());
        json!({"ZoneName": name, "SubnetId": id, "LoadBalancerAddresses": addresses})
    };
    balancer.subnets.iter().map(zone).collect()
}

fn missing(arn: &str) -> Failure {
    fail("LoadBalancerNotFound", format!("Load balancer '{arn}' not found"))
}

/// The balancer as it is answered.
pub fn show(region: &Region, balancer: &LoadBalancer, now: Time) -> Value {
    let domain = format!("elb.{}.{}", region.name, region.suffix());
    let dns = format!("{}-{}.{domain}", balancer.name, balancer.digits);
    let network = balancer.kind == "network";
    let state = balancer.state(now);
    let reason = balancer.failure.as_ref().filter(|_| state == "failed");
    json!({
        "LoadBalancerArn": balancer.arn, "DNSName": dns, "CanonicalHostedZoneId": "Z3F0SRJ5LGBH90",
        "CreatedTime": iso8601(balancer.created), "LoadBalancerName": balancer.name, "Scheme": balancer.scheme,
        "VpcId": balancer.vpc, "State": {"Code": state, "Reason": reason}, "Type": balancer.kind,
        "AvailabilityZones": zones(region, balancer),
        "SecurityGroups": if balancer.groups.is_empty() { Value::Null } else { json!(balancer.groups) },
        "IpAddressType": balancer.address_type,
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": balancer.enforce.as_ref().filter(|_| network),
        "EnablePrefixForIpv6SourceNat": network.then_some(if balancer.source_nat { "on" } else { "off" }),
    })
}
