//! Method responses: which statuses, headers and models a method declares.

use serde_json::{Map, Value, json};

use super::definition::Definition;
use super::method::{check_models, definition, find, invalid_mapping, patch_entry};
use super::patch::{self, Patch, unescape};
use super::rest::{Members, RestInput, unconvertible, validation};
use super::violations::status_code;
use crate::OperationResult;
use crate::error::{Failure, Outcome, conflict, not_found};
use crate::protocol::Answer;
use crate::state::Context;

/// PutMethodResponse: a second one for a status is a conflict (unverified).
pub fn put(context: &mut Context, input: &RestInput) -> OperationResult {
    let status = check_status(input)?;
    find(context, input)?;
    let response = build(definition(context, input)?, status, input.members())?;
    let method = find(context, input)?;
    if method.responses.contains_key(status) {
        return Err(conflict("Response already exists for this method"));
    }
    let shown = json!(response);
    method.responses.insert(status.to_owned(), response);
    Ok(Answer { status: 201, body: shown })
}

/// GetMethodResponse.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    let status = check_status(input)?;
    find(context, input)?.responses.get(status).map(|response| Answer::ok(json!(response))).ok_or_else(unknown)
}

/// UpdateMethodResponse answers 201.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let status = input.label(3);
    let patches = patch::read_with(input, "updateMethodResponseInput", status_code(status))?;
    let mut members = find(context, input)?.responses.get(status).ok_or_else(unknown)?.clone();
    for patch in &patches {
        apply(&mut members, patch)?;
    }
    let response = build(definition(context, input)?, status, Members(&json!(members)))?;
    find(context, input)?.responses.insert(status.to_owned(), response.clone());
    Ok(Answer { status: 201, body: json!(response) })
}

/// DeleteMethodResponse.
pub fn delete(context: &mut Context, input: &RestInput) -> OperationResult {
    let status = check_status(input)?;
    find(context, input)?.responses.remove(status).ok_or_else(unknown)?;
    Ok(Answer { status: 204, body: Value::Null })
}

/// The status of a request: three digits, or the framework refuses it.
pub fn check_status(input: &RestInput) -> Outcome<&str> {
    match status_code(input.label(3)) {
        Some(problem) => Err(validation(&[problem])),
        None => Ok(input.label(3)),
    }
}

/// A status that the method or integration does not have.
pub fn unknown() -> Failure {
    not_found("Invalid Response status code specified")
}

/// Empty maps are echoed if they were given.
fn build(definition: &Definition, status: &str, members: Members) -> Outcome<Map<String, Value>> {
    let mut response = Map::new();
    response.insert("statusCode".to_owned(), json!(status));
    if let Some(parameters) = members.object("responseParameters")? {
        for (key, required) in parameters {
            if key.strip_prefix("method.response.header.").is_none_or(str::is_empty) {
                // (unverified; like the parameters of a request)
                return Err(invalid_mapping(&format!("Invalid mapping expression specified: {key}")));
            }
            if !required.is_boolean() {
                return Err(unconvertible(required, "Boolean"));
            }
        }
        response.insert("responseParameters".to_owned(), json!(parameters));
    }
    if let Some(models) = members.text_map("responseModels")? {
        check_models(definition, models.values().cloned())?;
        response.insert("responseModels".to_owned(), json!(models));
    }
    Ok(response)
}

fn apply(response: &mut Map<String, Value>, patch: &Patch) -> Outcome<()> {
    match patch.path.trim_start_matches('/').split_once('/') {
        Some((map @ "responseParameters", key)) if !key.contains('/') => {
            patch_entry(response, map, patch, &unescape(key), json!(patch.text() == "true"))
        }
        Some((map @ "responseModels", key)) if !key.contains('/') => {
            patch_entry(response, map, patch, &unescape(key), json!(patch.text()))
        }
        _ => Err(patch.invalid_path()),
    }
}
