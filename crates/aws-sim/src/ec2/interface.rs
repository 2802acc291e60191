//! Network interfaces that services put into subnets for their customers.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::filter::{Filters, page, tag_set};
use super::well_formed;
use crate::clock::{Time, iso8601};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region, Tags};

/// Who put the interface there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterfaceKind {
    /// An interface endpoint.
    Endpoint,
    /// A network load balancer.
    NetworkBalancer,
    /// An application load balancer.
    ApplicationBalancer,
}

/// A requester-managed network interface.
#[derive(Debug, Clone)]
pub struct Interface {
    pub id: String,
    pub kind: InterfaceKind,
    /// Id or ARN of the owner.
    pub owner: String,
    pub description: String,
    pub vpc: String,
    pub subnet: String,
    pub address: Ipv4Addr,
    pub groups: Vec<String>,
    pub visible_at: Time,
    pub gone_at: Option<Time>,
}

/// Puts an interface into a subnet; `None` when no address is free.
pub fn allocate(
    region: &mut Region,
    kind: InterfaceKind,
    (owner, description): (&str, String),
    (subnet, address): (&str, Option<Ipv4Addr>),
    groups: &[String],
    visible_at: Time,
) -> Option<String> {
    let (cidr, vpc) = region.subnets.get(subnet).map(|subnet| (subnet.cidr, subnet.vpc.clone()))?;
    let hosts = 2_u32.pow(32 - u32::from(cidr.prefix_len()));
    // AWS keeps the first four addresses and the last one of every subnet.
    let usable = hosts - 5;
    let start = region.ids.spread(&format!("{owner}/{subnet}"), usable);
    let taken = |address: &Ipv4Addr| {
        region.interfaces.values().any(|interface| interface.address == *address && interface.vpc == vpc)
    };
    let candidate = |step: u32| Ipv4Addr::from(u32::from(cidr.network()) + 4 + (start + step) % usable);
    let address = match address {
        Some(address) => Some(address).filter(|address| cidr.contains(address) && !taken(address)),
        None => (0..usable).map(candidate).find(|address| !taken(address)),
    }?;
    let id = region.ids.ec2("eni");
    let interface = Interface {
        id: id.clone(),
        kind,
        owner: owner.to_owned(),
        description,
        vpc,
        subnet: subnet.to_owned(),
        address,
        groups: groups.to_vec(),
        visible_at,
        gone_at: None,
    };
    region.interfaces.insert(id.clone(), interface);
    Some(id)
}

/// Lets the interfaces of an owner go at a later time, all of them or those in one subnet.
pub fn retire(region: &mut Region, owner: &str, subnet: Option<&str>, gone_at: Time) {
    let leaving =
        |interface: &&mut Interface| interface.owner == owner && subnet.is_none_or(|subnet| interface.subnet == subnet);
    region.interfaces.values_mut().filter(leaving).for_each(|interface| interface.gone_at = Some(gone_at));
}

/// Removes interfaces whose time has come.
pub fn settle(region: &mut Region, now: Time) {
    region.interfaces.retain(|_, interface| interface.gone_at.is_none_or(|gone_at| now < gone_at));
}

/// DescribeNetworkInterfaces.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let (region, now) = (&*context.region, context.now);
    let (ids, filters) = (p.texts("NetworkInterfaceId"), Filters::read(p)?);
    let visible = |interface: &&Interface| now >= interface.visible_at;
    for id in &ids {
        well_formed(id, "eni", "InvalidNetworkInterfaceId.Malformed")?;
        if region.interfaces.get(id).filter(visible).is_none() {
            let message = format!("The networkInterface ID '{id}' does not exist");
            return Err(fail("InvalidNetworkInterfaceID.NotFound", message));
        }
    }
    let mut found = Vec::new();
    for interface in region.interfaces.values().filter(visible) {
        let wanted = ids.is_empty() || ids.contains(&interface.id);
        if wanted && filters.admit(&Tags::new(), |name| filter_values(region, interface, name))? {
            found.push(show(region, interface));
        }
    }
    page(p, "networkInterfaceSet", found)
}

fn filter_values(region: &Region, interface: &Interface, name: &str) -> Option<Vec<String>> {
    let group_names = || interface.groups.iter().filter_map(|id| Some(region.groups.get(id)?.name.clone())).collect();
    Some(match name {
        "vpc-id" => vec![interface.vpc.clone()],
        "subnet-id" => vec![interface.subnet.clone()],
        "group-id" => interface.groups.clone(),
        "group-name" => group_names(),
        "interface-type" => vec![kind_name(interface.kind).to_owned()],
        "description" => vec![interface.description.clone()],
        "network-interface-id" => vec![interface.id.clone()],
        "attachment.instance-owner-id" => vec![attachment_owner(interface.kind).to_owned()],
        "attachment.status" => vec!["attached".to_owned()],
        "requester-managed" => vec!["true".to_owned()],
        "availability-zone" => vec![region.subnets.get(&interface.subnet)?.zone.clone()],
        "private-ip-address" | "addresses.private-ip-address" => {
            vec![interface.address.to_string()]
        }
        "owner-id" => vec![region.account.clone()],
        "status" => vec!["in-use".to_owned()],
        "requester-id" => vec![requester(interface.kind).to_owned()],
        _ => return None,
    })
}

/// The groups of a list of ids with their names.
pub fn group_set(region: &Region, ids: &[String]) -> Value {
    let name = |id: &String| region.groups.get(id).map(|group| group.name.clone());
    ids.iter().map(|id| json!({"groupId": id, "groupName": name(id)})).collect()
}

fn show(region: &Region, interface: &Interface) -> Value {
    let zone = region.subnets.get(&interface.subnet).map(|subnet| subnet.zone.clone());
    let dns = format!("ip-{}.{}.compute.internal", interface.address.to_string().replace('.', "-"), region.name);
    json!({
        "networkInterfaceId": interface.id, "subnetId": interface.subnet, "vpcId": interface.vpc,
        "availabilityZone": zone, "description": interface.description, "ownerId": region.account,
        "requesterId": requester(interface.kind), "requesterManaged": true, "status": "in-use",
        "macAddress": format!("0a:{}", mac(&interface.id)), "privateIpAddress": interface.address.to_string(),
        "privateDnsName": dns, "sourceDestCheck": true, "interfaceType": kind_name(interface.kind),
        "groupSet": group_set(region, &interface.groups),
        "attachment": {
            "attachmentId": format!("ela-attach-{}", &interface.id[4..]), "deleteOnTermination": false, "deviceIndex": 1,
            "instanceOwnerId": attachment_owner(interface.kind), "status": "attached",
            "attachTime": iso8601(interface.visible_at),
        },
        "tagSet": tag_set(&Tags::new()),
        "privateIpAddressesSet": [
            {"privateIpAddress": interface.address.to_string(), "privateDnsName": dns, "primary": true},
        ],
        "ipv6AddressesSet": [],
    })
}

fn mac(id: &str) -> String {
    let digits: Vec<char> = id.chars().rev().take(10).collect();
    digits.chunks(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(":")
}

/// Type names (unverified for balancers).
fn kind_name(kind: InterfaceKind) -> &'static str {
    match kind {
        InterfaceKind::Endpoint => "vpc_endpoint",
        InterfaceKind::NetworkBalancer => "network_load_balancer",
        InterfaceKind::ApplicationBalancer => "interface",
    }
}

fn attachment_owner(kind: InterfaceKind) -> &'static str {
    match kind {
        InterfaceKind::Endpoint | InterfaceKind::NetworkBalancer => "amazon-aws",
        InterfaceKind::ApplicationBalancer => "amazon-elb",
    }
}

fn requester(kind: InterfaceKind) -> &'static str {
    match kind {
        InterfaceKind::Endpoint => "727180483921",
        InterfaceKind::NetworkBalancer | InterfaceKind::ApplicationBalancer => "amazon-elb",
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Caller, element, later};

    #[tokio::test(start_paused = true)]
    async fn interfaces_of_a_deleted_balancer_hold_its_subnet_for_a_while() {
        let caller = Caller::new();
        let arn = caller.balancer("one").await;
        caller.elb(&format!("DeleteLoadBalancer&LoadBalancerArn={arn}")).await;
        let delete = format!("DeleteSubnet&SubnetId={}", caller.fresh.subnet_ids[0]);
        assert_eq!(element(&caller.ec2(&delete).await.1, "Code"), "DependencyViolation");
        later(60).await;
        assert_eq!(caller.ec2(&delete).await.0, 200);
    }
}
