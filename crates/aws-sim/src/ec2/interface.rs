//! Network interfaces that services put into subnets for their customers.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::filter::{Filters, page, tag_set};
use super::well_formed;
use crate::clock::{Time, iso8601};
use crate::error::{Outcome, fail};
use crate::index::Named;
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
    pub v6: Option<Ipv6Addr>,
    pub groups: Vec<String>,
    pub visible_at: Time,
    pub gone_at: Option<Time>,
}

impl Named for Interface {
    fn names(&self) -> Vec<&str> {
        vec![&self.owner, &self.description, &self.subnet]
    }
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
    // Who comes back to a subnet gets another address.
    let place = format!("{owner}/{subnet}");
    let start = match region.ids.count(&place) {
        0 => region.ids.spread(&place, usable),
        again => region.ids.spread(&format!("{place}/{again}"), usable),
    };
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
        v6: None,
        groups: groups.to_vec(),
        visible_at,
        gone_at: None,
    };
    region.interfaces.insert(id.clone(), interface);
    Some(id)
}

/// Gives the interfaces of an owner addresses of both families, or of IPv4 alone.
pub fn set_family(region: &mut Region, owner: &str, dualstack: bool) {
    region.interfaces.change(owner, |interface| {
        let network = region.subnets.get(&interface.subnet).and_then(|subnet| subnet.ipv6).filter(|_| dualstack);
        let address = |net: ipnet::Ipv6Net| u128::from(net.network()) | u128::from(u32::from(interface.address));
        interface.v6 = network.map(|net| Ipv6Addr::from(address(net)));
    });
}

/// Lets the interfaces of an owner go at a later time, all of them or those in one subnet.
pub fn retire(region: &mut Region, owner: &str, subnet: Option<&str>, gone_at: Time) {
    region.interfaces.change(owner, |interface| {
        if subnet.is_none_or(|subnet| interface.subnet == subnet) {
            interface.gone_at = Some(gone_at);
        }
    });
}

/// Removes interfaces whose time has come.
pub fn settle(region: &mut Region, now: Time) {
    let gone = |interface: &&Interface| interface.gone_at.is_some_and(|gone_at| gone_at <= now);
    let gone: Vec<String> = region.interfaces.values().filter(gone).map(|interface| interface.id.clone()).collect();
    for id in gone {
        region.interfaces.remove(&id);
    }
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
    let described = filters.only("description").filter(|_| ids.is_empty()).unwrap_or_default();
    let mut found = Vec::new();
    for interface in region.interfaces.chosen(&ids, &described).into_iter().filter(visible) {
        if filters.admit(&Tags::new(), |name| filter_values(region, interface, name))? {
            found.push(interface);
        }
    }
    page(p, "networkInterfaceSet", found, |interface| show(region, interface))
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
        "ipv6-addresses.ipv6-address" => interface.v6.iter().map(Ipv6Addr::to_string).collect(),
        "attachment.attachment-id" => vec![format!("ela-attach-{}", &interface.id[4..])],
        "attachment.instance-id" | "association.public-ip" => Vec::new(),
        "mac-address" => vec![format!("0a:{}", mac(&interface.id))],
        "source-dest-check" => vec!["true".to_owned()],
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
    let v6: Vec<Value> = interface.v6.iter().map(|address| json!({"ipv6Address": address.to_string()})).collect();
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
        "ipv6AddressesSet": v6, "ipv6Address": interface.v6.map(|address| address.to_string()),
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
