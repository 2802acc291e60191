//! EC2 tags: on create through TagSpecifications, later by resource id.

use serde_json::{Value, json};

use super::filter::{Filters, page};
use super::well_formed;
use crate::error::{Failure, Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region, Tags};

const LIMIT: usize = 50;

/// Tags of a create request for one resource type.
pub fn on_create(p: Params, kind: &str) -> Outcome<Tags> {
    let mut tags = Tags::new();
    for specification in p.list("TagSpecification") {
        let given = specification.text("ResourceType").unwrap_or_default();
        if given != kind {
            let message = format!("'{given}' is not a valid taggable resource type for this operation.");
            return Err(fail("InvalidParameterValue", message));
        }
        merge(&mut tags, specification)?;
    }
    Ok(tags)
}

/// CreateTags.
pub fn create(context: &mut Context, p: Params) -> Outcome<Value> {
    let ids = known_ids(context.region, p)?;
    if p.list("Tag").is_empty() {
        p.required("Tag")?;
    }
    let merged: Vec<(String, Tags)> = ids
        .into_iter()
        .map(|id| {
            let mut tags = tags_mut(context.region, &id).cloned().unwrap_or_default();
            merge(&mut tags, p).map(|()| (id, tags))
        })
        .collect::<Outcome<_>>()?;
    for (id, tags) in merged {
        if let Some(slot) = tags_mut(context.region, &id) {
            *slot = tags;
        }
    }
    Ok(json!({"return": true}))
}

/// DeleteTags: a key alone removes any value, a key with a value only that one; nothing at all removes everything.
pub fn delete(context: &mut Context, p: Params) -> Outcome<Value> {
    for id in known_ids(context.region, p)? {
        let Some(tags) = tags_mut(context.region, &id) else {
            continue;
        };
        if p.list("Tag").is_empty() {
            tags.clear();
        }
        for tag in p.list("Tag") {
            let (key, value) = (tag.required("Key")?, tag.text("Value"));
            if value.is_none() || tags.get(key).map(String::as_str) == value {
                tags.remove(key);
            }
        }
    }
    Ok(json!({"return": true}))
}

/// DescribeTags.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let filters = Filters::read(p)?;
    let mut found = Vec::new();
    for (kind, id, tags) in all(context.region) {
        for (key, value) in tags {
            let admitted = filters.admit(&Tags::from([(key.clone(), value.clone())]), |name| match name {
                "key" => Some(vec![key.clone()]),
                "value" => Some(vec![value.clone()]),
                "resource-id" => Some(vec![id.to_owned()]),
                "resource-type" => Some(vec![kind.to_owned()]),
                _ => None,
            })?;
            if admitted {
                found.push(json!({"key": key, "resourceId": id, "resourceType": kind, "value": value}));
            }
        }
    }
    page(p, "tagSet", found, |tag| tag)
}

fn merge(tags: &mut Tags, p: Params) -> Outcome<()> {
    let mut seen = Tags::new();
    for tag in p.list("Tag") {
        let (key, value) = (tag.text("Key").unwrap_or_default(), tag.text("Value").unwrap_or_default());
        if seen.insert(key.to_owned(), String::new()).is_some() {
            // (unverified)
            return Err(fail("InvalidParameterValue", format!("Duplicate tag key '{key}' specified.")));
        }
        if key.is_empty() || key.to_ascii_lowercase().starts_with("aws:") {
            return Err(fail("InvalidTagKey.Malformed", format!("The tag key '{key}' is malformed")));
        }
        if key.chars().count() > 128 || value.chars().count() > 256 {
            let message = format!("Tag key exceeds 128 or tag value exceeds 256 characters: '{key}'");
            return Err(fail("InvalidParameterValue", message));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    if tags.len() > LIMIT {
        return Err(fail("TagLimitExceeded", format!("The maximum number of tags per resource is {LIMIT}")));
    }
    Ok(())
}

fn known_ids(region: &mut Region, p: Params) -> Outcome<Vec<String>> {
    let ids = p.texts("ResourceId");
    if ids.is_empty() {
        p.required("ResourceId")?;
    }
    match ids.iter().find(|id| tags_mut(region, id).is_none()) {
        Some(id) => Err(unknown(id)),
        None => Ok(ids),
    }
}

/// An id of the right shape that is not found says so in the code of its kind (juju/juju#2842, guardian/amigo#545; which
/// code a kind has here is unverified). Another is no id at all (kubernetes/cloud-provider-aws#1387).
fn unknown(id: &str) -> Failure {
    let prefix = id.split('-').next().unwrap_or_default();
    let code = match prefix {
        "vpc" => "InvalidVpcID.NotFound",
        "subnet" => "InvalidSubnetID.NotFound",
        "sg" => "InvalidSecurityGroupID.NotFound",
        "vpce" => "InvalidVpcEndpointId.NotFound",
        "sgr" => "InvalidSecurityGroupRuleId.NotFound",
        "eni" => "InvalidNetworkInterfaceID.NotFound",
        "i" => "InvalidInstanceID.NotFound",
        _ => "",
    };
    match well_formed(id, prefix, "InvalidID") {
        Ok(()) if !code.is_empty() => fail(code, format!("The ID '{id}' does not exist")),
        _ => fail("InvalidID", format!("The ID '{id}' is not valid")),
    }
}

fn tags_mut<'a>(region: &'a mut Region, id: &str) -> Option<&'a mut Tags> {
    match id.split('-').next()? {
        "vpc" => region.vpcs.get_mut(id).map(|thing| &mut thing.tags),
        "subnet" => region.subnets.get_mut(id).map(|thing| &mut thing.tags),
        "sg" => region.groups.get_mut(id).map(|thing| &mut thing.tags),
        "vpce" => region.endpoints.get_mut(id).map(|thing| &mut thing.tags),
        "sgr" => region.groups.values_mut().find_map(|group| group.rules.get_mut(id)).map(|rule| &mut rule.tags),
        _ => None,
    }
}

fn all(region: &Region) -> Vec<(&'static str, &str, &Tags)> {
    let mut all: Vec<(&'static str, &str, &Tags)> = Vec::new();
    all.extend(region.groups.values().map(|group| ("security-group", group.id.as_str(), &group.tags)));
    for group in region.groups.values() {
        all.extend(group.rules.values().map(|rule| ("security-group-rule", rule.id.as_str(), &rule.tags)));
    }
    all.extend(region.subnets.values().map(|subnet| ("subnet", subnet.id.as_str(), &subnet.tags)));
    all.extend(region.vpcs.values().map(|vpc| ("vpc", vpc.id.as_str(), &vpc.tags)));
    all.extend(region.endpoints.values().map(|endpoint| ("vpc-endpoint", endpoint.id.as_str(), &endpoint.tags)));
    all
}
