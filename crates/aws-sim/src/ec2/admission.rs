//! Do security groups let traffic through?

use std::net::Ipv4Addr;

use super::permission::{Peer, Rule};
use crate::state::Region;

/// A direction, as seen from the member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    In,
    Out,
}

/// The first group with a rule that lets TCP traffic through, and that rule. The other side is an address, and may be a
/// member of a group.
pub fn admits<'a>(
    region: &'a Region,
    groups: &[String],
    way: Way,
    port: i64,
    other: Ipv4Addr,
    member_of: Option<&str>,
) -> Option<(&'a str, &'a Rule)> {
    let admitting = |rule: &&Rule| {
        let protocol = ["tcp", "-1"].contains(&rule.admits.protocol.as_str());
        let in_range = rule.admits.ports.is_none_or(|(from, to)| (from..=to).contains(&port));
        let peer = match &rule.admits.peer {
            Peer::V4(net) => net.contains(&other),
            // Which groups a target belongs to is unknown, so a way out to any group is a way to it.
            Peer::Group(id) => way == Way::Out || member_of == Some(id.as_str()),
            Peer::V6(_) | Peer::PrefixList(_) => false,
        };
        rule.egress == (way == Way::Out) && protocol && in_range && peer
    };
    let found = groups.iter().filter_map(|id| region.groups.get(id));
    found.into_iter().find_map(|group| Some((group.id.as_str(), group.rules.values().find(admitting)?)))
}
