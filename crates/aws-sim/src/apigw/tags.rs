//! Tags of REST APIs, stages and VPC links, by ARN.

use serde_json::{Value, json};

use super::rest::RestInput;
use super::{rest_api, stage, vpc_link};
use crate::OperationResult;
use crate::error::{Outcome, bad_request, not_found};
use crate::protocol::Answer;
use crate::state::{Context, Region, Tags};

const LIMIT: usize = 50;

/// GetTags: not paged.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    tags_mut(context.region, input.label(0)).map(|tags| Answer::ok(json!({"tags": tags})))
}

/// TagResource merges.
pub fn tag(context: &mut Context, input: &RestInput) -> OperationResult {
    let added = input.members().text_map("tags")?.unwrap_or_default();
    let tags = tags_mut(context.region, input.label(0))?;
    let mut merged = tags.clone();
    merged.extend(checked(added)?);
    *tags = checked(merged)?;
    Ok(Answer { status: 204, body: Value::Null })
}

/// UntagResource: an absent key is a success (unverified).
pub fn untag(context: &mut Context, input: &RestInput) -> OperationResult {
    let keys = input.queries("tagKeys");
    tags_mut(context.region, input.label(0))?.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(Answer { status: 204, body: Value::Null })
}

/// Up to fifty tags with keys and values of the right size.
pub fn checked(tags: Tags) -> Outcome<Tags> {
    if tags.len() > LIMIT {
        // (text unverified)
        return Err(bad_request(format!("The maximum number of tags is {LIMIT}")));
    }
    for (key, value) in &tags {
        let size = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        let plain = key.chars().chain(value.chars()).all(is_allowed);
        if !size || !plain || key.to_ascii_lowercase().starts_with("aws:") {
            // (text unverified)
            return Err(bad_request(format!("Invalid tag key or value specified: {key}")));
        }
    }
    Ok(tags)
}

/// Letters, digits and spaces of any script, and these marks (API Gateway developer guide, apigateway-tagging).
fn is_allowed(character: char) -> bool {
    character.is_alphanumeric() || character.is_whitespace() || "+-=._:/@".contains(character)
}

fn tags_mut<'a>(region: &'a mut Region, arn: &str) -> Outcome<&'a mut Tags> {
    let prefix = format!("arn:{}:apigateway:{}::/", region.partition(), region.name);
    // An ARN of another region or service (status unverified).
    let path =
        arn.strip_prefix(&prefix).ok_or_else(|| bad_request(format!("Invalid resource ARN specified: {arn}")))?;
    match path.split('/').collect::<Vec<_>>()[..] {
        ["restapis", api] => rest_api::find_mut(region, api).map(|api| &mut api.tags),
        ["restapis", api, "stages", name] => {
            let stages = &mut rest_api::find_mut(region, api)?.stages;
            stages.get_mut(name).map(|stage| &mut stage.tags).ok_or_else(stage::missing)
        }
        ["vpclinks", link] => {
            vpc_link::find(region, link)?;
            let missing = || not_found("Invalid Vpc Link identifier specified");
            region.links.get_mut(link).map(|link| &mut link.tags).ok_or_else(missing)
        }
        _ => Err(bad_request(format!("Invalid resource ARN specified: {arn}"))),
    }
}
