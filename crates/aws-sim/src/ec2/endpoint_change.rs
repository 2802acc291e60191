//! Endpoints change and go asynchronously.

use serde_json::{Value, json};

use super::endpoint::{self, Endpoint};
use super::{endpoint_checks, endpoint_service, interface};
use crate::clock::{ENDPOINT_DELETE, ENDPOINT_LINGER, ENDPOINT_MODIFY, Time};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region};

const CHANGES: [&str; 10] = [
    "ResetPolicy",
    "PolicyDocument",
    "AddSubnetId",
    "RemoveSubnetId",
    "AddSecurityGroupId",
    "RemoveSecurityGroupId",
    "IpAddressType",
    "DnsOptions",
    "PrivateDnsEnabled",
    "SubnetConfiguration",
];

/// ModifyVpcEndpoint.
pub fn modify(context: &mut Context, p: Params) -> Outcome<Value> {
    let now = context.now;
    let region = &mut *context.region;
    let mut changed = endpoint::find(region, p.required("VpcEndpointId")?)?.clone();
    if changed.gone_at.is_some() {
        // (unverified)
        return Err(fail("IncorrectState", format!("The VPC endpoint {} is being deleted", changed.id)));
    }
    if !CHANGES.iter().any(|change| p.has(change)) {
        // (unverified)
        return Err(fail("MissingParameter", "The request must contain at least one change."));
    }
    let before = changed.clone();
    change_groups(region, &mut changed, p)?;
    change_subnets(region, &mut changed, p)?;
    if p.has("PolicyDocument") || p.flag("ResetPolicy") == Some(true) {
        changed.policy = endpoint_checks::policy(p.text("PolicyDocument"))?;
    }
    change_addresses(region, &mut changed, p)?;
    if let Some(enabled) = p.flag("PrivateDnsEnabled") {
        if enabled && !before.private_dns {
            endpoint_checks::check_private_dns(region, &changed)?;
        }
        changed.private_dns = enabled;
    }
    changed.ready_at = now + ENDPOINT_MODIFY;
    replace_interfaces(region, &before, &changed, (p, now))?;
    refix_interfaces(region, &before, &changed, (p, now))?;
    interface::set_family(region, &changed.id, changed.address_type != "ipv4");
    region.endpoints.insert(changed.id.clone(), changed);
    Ok(json!({"return": true}))
}

/// DeleteVpcEndpoints: one failure does not stop the others, and the answer is a success.
pub fn delete(context: &mut Context, p: Params) -> Outcome<Value> {
    let ids = p.texts("VpcEndpointId");
    if ids.is_empty() {
        p.required("VpcEndpointId")?;
    }
    let mut unsuccessful = Vec::new();
    for id in ids {
        match endpoint::find(context.region, &id) {
            Err(failure) => {
                let error = json!({"code": failure.code, "message": failure.message});
                unsuccessful.push(json!({"error": error, "resourceId": id}));
            }
            Ok(_) => {
                let gone_at = context.now + ENDPOINT_DELETE;
                if let Some(endpoint) = context.region.endpoints.get_mut(&id) {
                    endpoint.gone_at.get_or_insert(gone_at);
                }
            }
        }
    }
    Ok(json!({"unsuccessful": unsuccessful}))
}

/// A deleted endpoint goes, and its interfaces a while later.
pub fn settle(region: &mut Region, now: Time) {
    let gone = |endpoint: &&Endpoint| endpoint.gone_at.is_some_and(|gone_at| gone_at <= now);
    let ids: Vec<String> = region.endpoints.values().filter(gone).map(|endpoint| endpoint.id.clone()).collect();
    for id in ids {
        let gone_at = region.endpoints.remove(&id).and_then(|endpoint| endpoint.gone_at).unwrap_or(now);
        interface::retire(region, &id, None, gone_at + ENDPOINT_LINGER);
    }
}

fn change_groups(region: &Region, changed: &mut Endpoint, p: Params) -> Outcome<()> {
    let (added, removed) = (p.texts("AddSecurityGroupId"), p.texts("RemoveSecurityGroupId"));
    endpoint_checks::check_groups(region, &changed.vpc, &added)?;
    check_membership(&changed.groups, &added, &removed, "security group")?;
    changed.groups.retain(|group| !removed.contains(group));
    changed.groups.extend(added);
    if changed.groups.is_empty() {
        // (unverified)
        return Err(fail("InvalidParameter", "An interface endpoint needs at least one security group."));
    }
    Ok(())
}

fn change_addresses(region: &Region, changed: &mut Endpoint, p: Params) -> Outcome<()> {
    let wanted = p.text("IpAddressType").unwrap_or(&changed.address_type).to_owned();
    let record = p.structure("DnsOptions").text("DnsRecordIpType");
    // The type of the records follows the addresses unless it is given (unverified).
    let record = record.or(Some(changed.record_type.as_str()).filter(|_| wanted == changed.address_type));
    let service = endpoint_service::find(region, &changed.service)?;
    let checked = endpoint_checks::check_addresses(region, &service, (&wanted, record), &changed.subnets)?;
    (changed.address_type, changed.record_type) = checked;
    Ok(())
}

fn change_subnets(region: &Region, changed: &mut Endpoint, p: Params) -> Outcome<()> {
    let (added, removed) = (p.texts("AddSubnetId"), p.texts("RemoveSubnetId"));
    check_membership(&changed.subnets, &added, &removed, "subnet")?;
    let service = endpoint_service::find(region, &changed.service)?;
    // A new subnet must be in another zone than the old ones, also than those that go with the same call (unverified).
    endpoint_checks::check_subnets(region, &changed.vpc, &service, &added, &changed.subnets)?;
    changed.subnets.retain(|subnet| !removed.contains(subnet));
    changed.subnets.extend(added);
    Ok(())
}

/// Adding what is there and removing what is not are mistakes (unverified).
fn check_membership(present: &[String], added: &[String], removed: &[String], what: &str) -> Outcome<()> {
    if let Some(id) = added.iter().find(|id| present.contains(id)) {
        return Err(fail("InvalidParameter", format!("The {what} {id} is already associated with the VPC endpoint.")));
    }
    if let Some(id) = removed.iter().find(|id| !present.contains(id)) {
        return Err(fail("InvalidParameter", format!("The {what} {id} is not associated with the VPC endpoint.")));
    }
    Ok(())
}

fn replace_interfaces(
    region: &mut Region,
    before: &Endpoint,
    changed: &Endpoint,
    (p, now): (Params, Time),
) -> Outcome<()> {
    for subnet in changed.subnets.iter().filter(|subnet| !before.subnets.contains(subnet)) {
        let address = endpoint::fixed_address(region, p, subnet)?;
        endpoint::add_interface(region, changed, subnet, address, now)?;
    }
    for subnet in before.subnets.iter().filter(|subnet| !changed.subnets.contains(subnet)) {
        interface::retire(region, &changed.id, Some(subnet), now + ENDPOINT_MODIFY);
    }
    region.interfaces.change(&changed.id, |interface| interface.groups.clone_from(&changed.groups));
    Ok(())
}

/// A subnet that stays and gets a fixed address gets a new interface (EC2's service model).
fn refix_interfaces(
    region: &mut Region,
    before: &Endpoint,
    changed: &Endpoint,
    (p, now): (Params, Time),
) -> Outcome<()> {
    for subnet in changed.subnets.iter().filter(|subnet| before.subnets.contains(subnet)) {
        let Some(address) = endpoint::fixed_address(region, p, subnet)? else {
            continue;
        };
        let old = region.interfaces.named(&changed.id).find(|old| old.subnet == *subnet).cloned();
        if old.as_ref().is_some_and(|old| old.address == address) {
            continue;
        }
        endpoint::add_interface(region, changed, subnet, Some(address), now)?;
        old.and_then(|old| region.interfaces.remove(&old.id));
    }
    Ok(())
}
