//! Methods and method responses.

use serde_json::{Map, Value, json};

use super::definition::Method;
use super::patch::{self, unescape};
use super::rest::{Members, RestInput, serialization};
use super::rest_api;
use crate::OperationResult;
use crate::error::{Outcome, bad_request, conflict, not_found};
use crate::protocol::Answer;
use crate::state::Context;

const VERBS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];
const SOURCES: [&str; 5] = ["path", "querystring", "header", "multivaluequerystring", "multivalueheader"];

/// PutMethod: creates, never replaces.
pub fn put(context: &mut Context, input: &RestInput) -> OperationResult {
    let definition = &mut rest_api::find_mut(context.region, input.label(0))?.definition;
    let resource = definition.resource_mut(input.label(1))?;
    let verb = input.label(2);
    let method = build(verb, input.members())?;
    if resource.methods.contains_key(verb) {
        return Err(conflict("Method already exists for this resource"));
    }
    let shown = method.show();
    resource.methods.insert(verb.to_owned(), method);
    Ok(Answer { status: 201, body: shown })
}

/// GetMethod.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    find(context, input).map(|method| Answer::ok(method.show()))
}

/// DeleteMethod.
pub fn delete(context: &mut Context, input: &RestInput) -> OperationResult {
    let definition = &mut rest_api::find_mut(context.region, input.label(0))?.definition;
    definition.method_mut(input.label(1), input.label(2))?;
    definition.resource_mut(input.label(1))?.methods.remove(input.label(2));
    Ok(Answer { status: 204, body: Value::Null })
}

/// UpdateMethod.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let method = find(context, input)?;
    let mut members = method.members.clone();
    for patch in patch::read(input, "updateMethodInput")? {
        let path = patch.path.trim_start_matches('/');
        match path.split_once('/') {
            None if path == "apiKeyRequired" => drop(members.insert(path.to_owned(), json!(patch.flag()?))),
            None if ["authorizationType", "authorizerId", "operationName", "requestValidatorId"].contains(&path) => {
                patch.set_entry(&mut members, path, json!(patch.text()))?;
            }
            Some(("requestParameters", key)) => {
                let value = patch.value.as_deref().is_some_and(|value| value == "true");
                set_nested(&mut members, "requestParameters", &patch, &unescape(key), json!(value))?;
            }
            Some(("requestModels", key)) => {
                set_nested(&mut members, "requestModels", &patch, &unescape(key), json!(patch.text()))?;
            }
            _ => return Err(patch.invalid_path()),
        }
    }
    check_authorization(Members(&Value::Object(members.clone())))?;
    method.members = members;
    Ok(Answer::ok(method.show()))
}

/// PutMethodResponse: a second one for a status is a conflict (unverified).
pub fn put_response(context: &mut Context, input: &RestInput) -> OperationResult {
    let method = find(context, input)?;
    let status = check_status(input.label(3))?;
    if method.responses.contains_key(status) {
        return Err(conflict("Response already exists for this method"));
    }
    let mut response = kept(input.members(), &["responseParameters", "responseModels"])?;
    response.insert("statusCode".to_owned(), json!(status));
    let shown = json!(response);
    method.responses.insert(status.to_owned(), response);
    Ok(Answer { status: 201, body: shown })
}

/// GetMethodResponse.
pub fn get_response(context: &mut Context, input: &RestInput) -> OperationResult {
    find(context, input)?
        .responses
        .get(input.label(3))
        .map(|response| Answer::ok(json!(response)))
        .ok_or_else(no_response)
}

/// UpdateMethodResponse answers 201.
pub fn update_response(context: &mut Context, input: &RestInput) -> OperationResult {
    let response = find(context, input)?.responses.get_mut(input.label(3)).ok_or_else(no_response)?;
    update_maps(response, input, &["responseParameters", "responseModels"], true)?;
    Ok(Answer { status: 201, body: json!(response) })
}

/// DeleteMethodResponse.
pub fn delete_response(context: &mut Context, input: &RestInput) -> OperationResult {
    find(context, input)?.responses.remove(input.label(3)).ok_or_else(no_response)?;
    Ok(Answer { status: 204, body: Value::Null })
}

/// The method of a request.
pub fn find<'a>(context: &'a mut Context, input: &RestInput) -> Outcome<&'a mut Method> {
    let definition = &mut rest_api::find_mut(context.region, input.label(0))?.definition;
    definition.method_mut(input.label(1), input.label(2))
}

/// A method from the members of a request or of an imported operation.
pub fn build(verb: &str, members: Members) -> Outcome<Method> {
    if !VERBS.contains(&verb) {
        return Err(bad_request(format!("Invalid HttpMethod specified. Valid options are {}", VERBS.join(","))));
    }
    check_authorization(members)?;
    let parameters = members.object("requestParameters")?.cloned().unwrap_or_default();
    check_parameters(&parameters)?;
    let mut built = Map::new();
    built.insert("httpMethod".to_owned(), json!(verb));
    built.insert("authorizationType".to_owned(), json!(members.text("authorizationType")?));
    built.insert("apiKeyRequired".to_owned(), json!(members.flag("apiKeyRequired")?.unwrap_or_default()));
    for key in ["authorizerId", "operationName", "requestValidatorId"] {
        if let Some(text) = members.text(key)? {
            built.insert(key.to_owned(), json!(text));
        }
    }
    if !parameters.is_empty() {
        built.insert("requestParameters".to_owned(), Value::Object(parameters));
    }
    if let Some(models) = members.text_map("requestModels")?.filter(|models| !models.is_empty()) {
        built.insert("requestModels".to_owned(), json!(models));
    }
    if let Some(scopes) = members.texts("authorizationScopes")?.filter(|scopes| !scopes.is_empty()) {
        built.insert("authorizationScopes".to_owned(), json!(scopes));
    }
    Ok(Method { members: built, ..Method::default() })
}

/// Keeps the named maps of a body.
pub fn kept(members: Members, keys: &[&str]) -> Outcome<Map<String, Value>> {
    let mut kept = Map::new();
    for key in keys {
        if let Some(map) = members.object(key)? {
            kept.insert((*key).to_owned(), Value::Object(map.clone()));
        }
    }
    Ok(kept)
}

/// Applies patches of the shape `/map/key` and, for the rest, `/member`.
pub fn update_maps(target: &mut Map<String, Value>, input: &RestInput, maps: &[&str], flags: bool) -> Outcome<()> {
    let mut changed = target.clone();
    for patch in patch::read(input, "updateInput")? {
        let path = patch.path.trim_start_matches('/');
        match path.split_once('/') {
            Some((map, key)) if maps.contains(&map) => {
                let flag = flags && map == "responseParameters";
                let value = if flag { json!(patch.text() == "true") } else { json!(patch.text()) };
                set_nested(&mut changed, map, &patch, &unescape(key), value)?;
            }
            None if ["selectionPattern", "contentHandling"].contains(&path) => {
                patch.set_entry(&mut changed, path, json!(patch.text()))?;
            }
            _ => return Err(patch.invalid_path()),
        }
    }
    *target = changed;
    Ok(())
}

/// Sets or removes one entry of a map that is a member.
pub fn set_nested(
    members: &mut Map<String, Value>,
    name: &str,
    patch: &patch::Patch,
    key: &str,
    value: Value,
) -> Outcome<()> {
    let slot = members.entry(name).or_insert_with(|| json!({}));
    let Value::Object(map) = slot else {
        return Err(serialization("a Map"));
    };
    patch.set_entry(map, key, value)?;
    if map.is_empty() {
        members.remove(name);
    }
    Ok(())
}

fn check_authorization(members: Members) -> Outcome<()> {
    match members.text("authorizationType")? {
        Some("NONE" | "AWS_IAM") => Ok(()),
        Some("CUSTOM" | "COGNITO_USER_POOLS") => {
            let message = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.";
            Err(bad_request(message))
        }
        _ => Err(bad_request(
            "Invalid authorization type specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS",
        )),
    }
}

fn check_parameters(parameters: &Map<String, Value>) -> Outcome<()> {
    let mut names = Vec::new();
    for (key, required) in parameters {
        let parts: Vec<&str> = key.splitn(4, '.').collect();
        let valid =
            matches!(parts[..], ["method", "request", source, name] if SOURCES.contains(&source) && !name.is_empty());
        if !valid {
            return Err(invalid_mapping(&format!("Invalid mapping expression specified: {key}")));
        }
        if !required.is_boolean() {
            return Err(serialization("a Boolean"));
        }
        names.push(parts[3]);
    }
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(bad_request("Parameter names must be unique across querystring, header and path"));
    }
    Ok(())
}

/// The wrapping that mapping errors come in.
pub fn invalid_mapping(error: &str) -> crate::error::Failure {
    bad_request(format!("Invalid mapping expression specified: Validation Result: warnings : [], errors : [{error}]"))
}

/// A status code of three digits.
pub fn check_status(status: &str) -> Outcome<&str> {
    if status.parse().is_ok_and(|code: u16| (100..=599).contains(&code)) {
        return Ok(status);
    }
    Err(bad_request("Status code must be a valid HTTP status code"))
}

fn no_response() -> crate::error::Failure {
    not_found("Invalid Response status code specified")
}
