//! IpPermissions: parsed, checked and cut into one rule per peer.

use ipnet::{Ipv4Net, Ipv6Net};
use serde_json::{Value, json};

use super::{prefix_list, well_formed};
use crate::error::{Failure, Outcome, fail};
use crate::query::Params;
use crate::state::{Region, Tags};

/// Whom a rule admits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// An IPv4 range.
    V4(Ipv4Net),
    /// An IPv6 range.
    V6(Ipv6Net),
    /// A managed prefix list.
    PrefixList(String),
    /// Members of a security group.
    Group(String),
}

/// Protocol and ports; the description is not part of a rule's identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    pub protocol: String,
    pub ports: Option<(i64, i64)>,
    pub peer: Peer,
}

/// A stored rule.
#[derive(Debug, Clone)]
pub struct Rule {
    pub id: String,
    pub egress: bool,
    pub admits: Match,
    pub description: Option<String>,
    pub tags: Tags,
}

/// Reads `IpPermissions`, or the older parameters of a single rule, for a rule in a group of `vpc`.
pub fn read(region: &Region, vpc: &str, p: Params) -> Outcome<Vec<(Match, Option<String>)>> {
    let permissions = p.list("IpPermissions");
    let mut rules = Vec::new();
    if permissions.is_empty() {
        let (protocol, ports) = protocol_and_ports(p)?;
        let cidr = p.required("CidrIp")?;
        return Ok(vec![(Match { protocol, ports, peer: Peer::V4(v4(cidr)?) }, None)]);
    }
    for permission in permissions {
        let (protocol, ports) = protocol_and_ports(permission)?;
        let peers = peers(region, vpc, permission)?;
        if peers.is_empty() {
            // Refused like this (unverified).
            return Err(fail(
                "InvalidParameterValue",
                "The permission must specify at least one source or destination.",
            ));
        }
        for (peer, description) in peers {
            rules.push((Match { protocol: protocol.clone(), ports, peer }, description));
        }
    }
    Ok(rules)
}

/// Protocol and ports as they are stored.
pub fn protocol_and_ports(p: Params) -> Outcome<(String, Option<(i64, i64)>)> {
    let Some(given) = p.text("IpProtocol").filter(|text| !text.is_empty()).map(str::to_ascii_lowercase) else {
        // nanovms/ops#735
        let message = "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.";
        return Err(fail("InvalidParameterValue", message));
    };
    let protocol = match given.as_str() {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        other => other,
    };
    let known = ["tcp", "udp", "icmp", "icmpv6", "-1"].contains(&protocol);
    if !known && !protocol.parse::<u8>().is_ok_and(|_| true) {
        let message = format!("Invalid value '{given}' for IP protocol. Unknown protocol.");
        return Err(fail("InvalidParameterValue", message));
    }
    let ports = (p.number("FromPort")?, p.number("ToPort")?);
    match (protocol, ports) {
        ("tcp" | "udp", (Some(from), Some(to))) => {
            if !(0..=65_535).contains(&from) || !(0..=65_535).contains(&to) || from > to {
                let message = format!("Invalid value '{from}-{to}' for portRange. Must be 0-65535, ascending.");
                return Err(fail("InvalidParameterValue", message));
            }
            Ok((protocol.to_owned(), Some((from, to))))
        }
        ("tcp" | "udp", _) => {
            let message = "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.";
            Err(fail("InvalidParameterValue", message))
        }
        ("icmp" | "icmpv6", (from, to)) => Ok((protocol.to_owned(), Some((from.unwrap_or(-1), to.unwrap_or(-1))))),
        _ => Ok((protocol.to_owned(), None)),
    }
}

/// A peer from its text in one of the four lists.
pub fn v4(text: &str) -> Outcome<Ipv4Net> {
    text.parse::<Ipv4Net>().map(|net| net.trunc()).map_err(|_| malformed(text))
}

/// The same for IPv6.
pub fn v6(text: &str) -> Outcome<Ipv6Net> {
    text.parse::<Ipv6Net>().map(|net| net.trunc()).map_err(|_| malformed(text))
}

/// A group that a rule in `vpc` may refer to (code and text for one of another VPC: philips-software/terraform-provider-hsdp#68).
pub fn group(region: &Region, vpc: &str, id: &str) -> Outcome<Peer> {
    well_formed(id, "sg", "InvalidGroupId.Malformed")?;
    let missing = || fail("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"));
    let found = region.groups.get(id).ok_or_else(missing)?;
    if found.vpc != vpc {
        let message = "You have specified two resources that belong to different networks.";
        return Err(fail("InvalidGroup.NotFound", message));
    }
    Ok(Peer::Group(found.id.clone()))
}

/// A list that a rule may refer to.
pub fn list(id: &str) -> Outcome<Peer> {
    prefix_list::weight(id).map(|_| Peer::PrefixList(id.to_owned()))
}

/// Checks a rule's description; only descriptions of address ranges may hold an ampersand.
pub fn description(p: Params, peer: &Peer) -> Outcome<Option<String>> {
    let Some(text) = p.text("Description") else {
        return Ok(None);
    };
    let ampersand = matches!(peer, Peer::V4(_) | Peer::V6(_));
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=;{}!$*".contains(c) || (ampersand && c == '&');
    if text.chars().count() > 255 || !text.chars().all(allowed) {
        let message = "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*";
        return Err(fail("InvalidParameterValue", message));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

/// How a duplicate is described.
pub fn duplicate(rule: &Match) -> Failure {
    let peer = match &rule.peer {
        Peer::V4(net) => net.to_string(),
        Peer::V6(net) => net.to_string(),
        Peer::PrefixList(id) | Peer::Group(id) => id.clone(),
    };
    let protocol = if rule.protocol == "-1" { "ALL".to_owned() } else { rule.protocol.to_uppercase() };
    let ports = rule.ports.map_or_else(String::new, |(from, to)| format!("from port: {from}, to port: {to}, "));
    let message = format!("the specified rule \"peer: {peer}, {protocol}, {ports}ALLOW\" already exists");
    fail("InvalidPermission.Duplicate", message)
}

/// Rules of one direction, grouped by protocol and ports as DescribeSecurityGroups shows them.
pub fn show(region: &Region, rules: &[&Rule]) -> Value {
    let mut groups: Vec<(&Match, Vec<&Rule>)> = Vec::new();
    for rule in rules {
        let same = |(first, _): &&mut (&Match, Vec<&Rule>)| {
            first.protocol == rule.admits.protocol && first.ports == rule.admits.ports
        };
        match groups.iter_mut().find(same) {
            Some((_, members)) => members.push(rule),
            None => groups.push((&rule.admits, vec![rule])),
        }
    }
    groups.into_iter().map(|(first, members)| show_permission(region, first, &members)).collect()
}

fn show_permission(region: &Region, first: &Match, members: &[&Rule]) -> Value {
    let (mut v4, mut v6, mut lists, mut groups) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for rule in members {
        match &rule.admits.peer {
            Peer::V4(net) => v4.push(json!({"cidrIp": net.to_string(), "description": rule.description})),
            Peer::V6(net) => v6.push(json!({"cidrIpv6": net.to_string(), "description": rule.description})),
            Peer::PrefixList(id) => lists.push(json!({"prefixListId": id, "description": rule.description})),
            Peer::Group(id) => {
                groups.push(json!({"userId": region.account, "groupId": id, "description": rule.description}));
            }
        }
    }
    json!({
        "ipProtocol": first.protocol, "fromPort": first.ports.map(|ports| ports.0), "toPort": first.ports.map(|ports| ports.1),
        "groups": groups, "ipRanges": v4, "ipv6Ranges": v6, "prefixListIds": lists,
    })
}

fn peers(region: &Region, vpc: &str, p: Params) -> Outcome<Vec<(Peer, Option<String>)>> {
    let mut peers = Vec::new();
    let mut add = |peer: Peer, item: Params| {
        let description = description(item, &peer)?;
        peers.push((peer, description));
        Ok(())
    };
    for range in p.list("IpRanges") {
        add(Peer::V4(v4(range.required("CidrIp")?)?), range)?;
    }
    for range in p.list("Ipv6Ranges") {
        add(Peer::V6(v6(range.required("CidrIpv6")?)?), range)?;
    }
    for item in p.list("PrefixListIds") {
        add(list(item.required("PrefixListId")?)?, item)?;
    }
    for pair in p.list("Groups") {
        add(group(region, vpc, pair.required("GroupId")?)?, pair)?;
    }
    Ok(peers)
}

fn malformed(text: &str) -> Failure {
    fail("InvalidPermission.Malformed", format!("CIDR block {text} is malformed"))
}
