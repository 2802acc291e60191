//! ELBv2 tags, by ARN.

use serde_json::{Value, json};

use super::validation;
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region, Tags};

const LIMIT: usize = 50;

/// Tags of a create request.
pub fn on_create(p: Params) -> Outcome<Tags> {
    let mut tags = Tags::new();
    for tag in p.list("Tags") {
        let (key, value) = read(tag)?;
        if tags.insert(key.clone(), value).is_some() {
            return Err(fail("DuplicateTagKeys", format!("Tag key '{key}' is specified more than once")));
        }
    }
    check_count(&tags)?;
    Ok(tags)
}

/// AddTags: overwrites values.
pub fn add(context: &mut Context, p: Params) -> Outcome<Value> {
    let added = on_create(p)?;
    for arn in known(context.region, p)? {
        if let Some(tags) = tags_mut(context.region, &arn) {
            let mut merged = tags.clone();
            merged.extend(added.clone());
            check_count(&merged)?;
            *tags = merged;
        }
    }
    Ok(json!({}))
}

/// RemoveTags: an absent key is a success (unverified).
pub fn remove(context: &mut Context, p: Params) -> Outcome<Value> {
    let keys = p.texts("TagKeys");
    for arn in known(context.region, p)? {
        if let Some(tags) = tags_mut(context.region, &arn) {
            tags.retain(|key, _| !keys.contains(key));
        }
    }
    Ok(json!({}))
}

/// DescribeTags.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let mut descriptions = Vec::new();
    for arn in known(context.region, p)? {
        let tags = tags_mut(context.region, &arn).cloned().unwrap_or_default();
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        descriptions.push(json!({"ResourceArn": arn, "Tags": tags}));
    }
    Ok(json!({"TagDescriptions": descriptions}))
}

fn read(tag: Params) -> Outcome<(String, String)> {
    let (key, value) = (tag.text("Key").unwrap_or_default(), tag.text("Value").unwrap_or_default());
    let allowed = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " +-=._:/@".contains(c));
    let valid = !key.is_empty()
        && !key.to_ascii_lowercase().starts_with("aws:")
        && key.chars().count() <= 128
        && value.chars().count() <= 256
        && allowed(key)
        && allowed(value);
    if valid {
        Ok((key.to_owned(), value.to_owned()))
    } else {
        Err(validation(format!("The tag '{key}' is not valid")))
    }
}

fn check_count(tags: &Tags) -> Outcome<()> {
    if tags.len() > LIMIT {
        return Err(fail("TooManyTags", format!("No more than {LIMIT} tags are allowed")));
    }
    Ok(())
}

fn known(region: &mut Region, p: Params) -> Outcome<Vec<String>> {
    let arns = p.texts("ResourceArns");
    if arns.is_empty() || arns.len() > 20 {
        return Err(validation("Between 1 and 20 resource ARNs must be specified"));
    }
    for arn in &arns {
        if tags_mut(region, arn).is_none() {
            let (code, what) = match arn {
                arn if arn.contains(":targetgroup/") => ("TargetGroupNotFound", "Target groups"),
                arn if arn.contains(":listener/") => ("ListenerNotFound", "Listeners"),
                _ => ("LoadBalancerNotFound", "Load balancers"),
            };
            return Err(fail(code, format!("{what} '{arn}' not found")));
        }
    }
    Ok(arns)
}

fn tags_mut<'a>(region: &'a mut Region, arn: &str) -> Option<&'a mut Tags> {
    if let Some(balancer) = region.load_balancers.get_mut(arn) {
        return Some(&mut balancer.tags);
    }
    if let Some(group) = region.target_groups.get_mut(arn) {
        return Some(&mut group.tags);
    }
    region.listeners.get_mut(arn).map(|listener| &mut listener.tags)
}
