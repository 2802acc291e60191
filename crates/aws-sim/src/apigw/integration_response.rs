//! Integration responses: how answers of the back end become method responses.

use serde_json::{Map, Value, json};

use super::definition::Integration;
use super::integration::{missing, templates};
use super::method::{definition, find, invalid_mapping, patch_entry};
use super::method_response::{check_status, unknown};
use super::patch::{self, Patch, unescape};
use super::rest::{Members, RestInput};
use super::violations::{Violations, status_code};
use crate::OperationResult;
use crate::error::{Outcome, bad_request};
use crate::protocol::Answer;
use crate::state::Context;

const HANDLING: [&str; 2] = ["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"];

/// PutIntegrationResponse: replaces; it needs a method response for its status.
pub fn put(context: &mut Context, input: &RestInput) -> OperationResult {
    let status = check_status(input)?;
    check_handling(input.members(), "putIntegrationResponseInput")?;
    let method = find(context, input)?;
    let declared = method.responses.get(status).cloned();
    let integration = method.integration.as_mut().ok_or_else(missing)?;
    let response = response(status, input.members())?;
    check_parameters(&response, declared.as_ref())?;
    let shown = json!(response);
    integration.responses.insert(status.to_owned(), response);
    Ok(Answer { status: 201, body: shown })
}

/// GetIntegrationResponse.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    let status = check_status(input)?;
    let integration = find(context, input)?.integration.as_ref().ok_or_else(missing)?;
    integration.responses.get(status).map(|response| Answer::ok(json!(response))).ok_or_else(unknown)
}

/// UpdateIntegrationResponse.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let status = input.label(3);
    let patches = patch::read_with(input, "updateIntegrationResponseInput", status_code(status))?;
    let method = find(context, input)?;
    let declared = method.responses.get(status).cloned();
    let integration = method.integration.as_mut().ok_or_else(missing)?;
    let mut members = integration.responses.get(status).ok_or_else(unknown)?.clone();
    for patch in &patches {
        apply(&mut members, patch)?;
    }
    let changed = Value::Object(members);
    check_handling(Members(&changed), "updateIntegrationResponseInput")?;
    let changed = response(status, Members(&changed))?;
    check_parameters(&changed, declared.as_ref())?;
    let shown = json!(changed);
    integration.responses.insert(status.to_owned(), changed);
    Ok(Answer::ok(shown))
}

/// DeleteIntegrationResponse: here an unknown method is an unknown integration (LocalStack's AWS-validated snapshots).
pub fn delete(context: &mut Context, input: &RestInput) -> OperationResult {
    let status = check_status(input)?;
    let resource = definition(context, input)?.resource_mut(input.label(1))?;
    let method = resource.methods.get_mut(input.label(2));
    let integration: &mut Integration = method.and_then(|method| method.integration.as_mut()).ok_or_else(missing)?;
    integration.responses.remove(status).ok_or_else(unknown)?;
    Ok(Answer { status: 204, body: Value::Null })
}

/// An integration response as it is kept and shown; an empty pattern stays, an empty template is null.
pub fn response(status: &str, members: Members) -> Outcome<Map<String, Value>> {
    let mut response = Map::new();
    response.insert("statusCode".to_owned(), json!(status));
    for key in ["selectionPattern", "contentHandling"] {
        if let Some(text) = members.text(key)? {
            response.insert(key.to_owned(), json!(text));
        }
    }
    if let Some(parameters) = members.text_map("responseParameters")? {
        response.insert("responseParameters".to_owned(), json!(parameters));
    }
    if let Some(templates) = templates(members, "responseTemplates")? {
        response.insert("responseTemplates".to_owned(), templates);
    }
    Ok(response)
}

fn apply(members: &mut Map<String, Value>, patch: &Patch) -> Outcome<()> {
    let path = patch.path.trim_start_matches('/');
    match path.split_once('/') {
        Some((map @ ("responseParameters" | "responseTemplates"), key)) if !key.contains('/') => {
            patch_entry(members, map, patch, &unescape(key), json!(patch.text()))
        }
        None if ["selectionPattern", "contentHandling"].contains(&path) => {
            patch.only(&["replace"])?;
            members.insert(path.to_owned(), json!(patch.text()));
            if path == "contentHandling" && patch.text().is_empty() {
                members.remove(path);
            }
            Ok(())
        }
        _ => Err(patch.invalid_path()),
    }
}

fn check_handling(members: Members, shape: &str) -> Outcome<()> {
    let mut violations = Violations::default();
    violations.enumeration(members.text("contentHandling")?, &format!("{shape}.contentHandling"), &HANDLING);
    violations.check()
}

/// The method must have the status, and each header that is set must be declared there
/// (amazon-archives/aws-apigateway-importer#121 and #209).
fn check_parameters(response: &Map<String, Value>, declared: Option<&Map<String, Value>>) -> Outcome<()> {
    let none = "No method response exists for method.";
    let parameters = response.get("responseParameters").and_then(Value::as_object).filter(|map| !map.is_empty());
    let (declared, parameters) = match (declared, parameters) {
        // Without parameters there is no mapping to wrap the error in (unverified).
        (None, None) => return Err(bad_request(none)),
        (None, Some(_)) => return Err(invalid_mapping(none)),
        (Some(_), None) => return Ok(()),
        (Some(declared), Some(parameters)) => (declared.get("responseParameters"), parameters),
    };
    for (target, source) in parameters {
        if declared.and_then(|declared| declared.get(target)).is_none() {
            return Err(invalid_mapping(&format!("Invalid mapping expression parameter specified: {target}")));
        }
        let source = source.as_str().unwrap_or_default();
        let literal = source.len() >= 2 && source.starts_with('\'') && source.ends_with('\'');
        let known = ["integration.response.header.", "integration.response.body", "context.", "stageVariables."];
        if !literal && !known.iter().any(|prefix| source.starts_with(prefix)) {
            return Err(invalid_mapping(&format!("Invalid mapping expression specified: {source}")));
        }
    }
    Ok(())
}
