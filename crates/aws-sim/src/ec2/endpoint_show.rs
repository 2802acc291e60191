//! An endpoint as it is answered.

use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::endpoint_service;
use super::filter::tag_set;
use super::interface;
use crate::clock::{Time, iso8601};
use crate::state::Region;

/// The endpoint. Its lists are in an order of their own, not in that of the request (Terraform's AWS provider treats them
/// as sets).
pub fn show(region: &Region, endpoint: &Endpoint, now: Time) -> Value {
    let own = region.interfaces.named(&endpoint.id);
    let interfaces = shuffled(region, endpoint, own.map(|interface| &interface.id));
    let (subnets, groups) =
        (shuffled(region, endpoint, &endpoint.subnets), shuffled(region, endpoint, &endpoint.groups));
    let mut shown = json!({
        "vpcEndpointId": endpoint.id, "vpcEndpointType": endpoint.kind, "vpcId": endpoint.vpc,
        "serviceName": endpoint.service, "state": endpoint.state(now),
        "policyDocument": serde_json::to_string_pretty(&endpoint.policy).unwrap_or_default(),
        "routeTableIdSet": [], "subnetIdSet": subnets,
        "groupSet": interface::group_set(region, &groups), "ipAddressType": endpoint.address_type,
        "dnsOptions": {"dnsRecordIpType": endpoint.record_type}, "privateDnsEnabled": endpoint.private_dns,
        "requesterManaged": false, "networkInterfaceIdSet": interfaces, "dnsEntrySet": dns_entries(region, endpoint),
        "creationTimestamp": iso8601(endpoint.created), "tagSet": tag_set(&endpoint.tags), "ownerId": region.account,
        "serviceRegion": region.name,
    });
    if let Some((code, message)) = endpoint.failure.as_ref().filter(|_| endpoint.state(now) == "failed") {
        shown["lastError"] = json!({"code": code, "message": message});
        shown["failureReason"] = json!(message);
    }
    shown
}

/// The order follows from the seed, and stays.
fn shuffled<'a>(region: &Region, endpoint: &Endpoint, ids: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut ids: Vec<String> = ids.into_iter().cloned().collect();
    if ids.len() > 1 {
        ids.sort_by_cached_key(|id| region.ids.spread(&format!("{}/{id}", endpoint.id), u32::MAX));
    }
    ids
}

/// First the regional name, then one per zone, then the private names.
fn dns_entries(region: &Region, endpoint: &Endpoint) -> Value {
    if endpoint.kind != "Interface" {
        return json!([]);
    }
    let Endpoint { id, suffix, .. } = endpoint;
    let short = endpoint_service::short(&endpoint.service);
    let domain = format!("{short}.{}.vpce.{}", region.name, region.suffix());
    let mut names = vec![format!("{id}-{suffix}.{domain}")];
    let mut zones: Vec<&str> =
        endpoint.subnets.iter().filter_map(|id| Some(region.subnets.get(id)?.zone.as_str())).collect();
    zones.sort_unstable();
    names.extend(zones.into_iter().map(|zone| format!("{id}-{suffix}-{zone}.{domain}")));
    let mut entries: Vec<Value> =
        names.into_iter().map(|name| json!({"dnsName": name, "hostedZoneId": "Z273ZU8SZ5RJPC"})).collect();
    if endpoint.private_dns {
        let private = format!("{short}.{}.{}", region.name, region.suffix());
        // The pair and its order are unverified.
        for name in [private.clone(), format!("*.{private}")] {
            entries.push(json!({"dnsName": name, "hostedZoneId": "Z0SIMULATEDPRIVATE"}));
        }
    }
    json!(entries)
}
