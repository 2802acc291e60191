//! Methods.

use serde_json::{Map, Value, json};

use super::definition::{Definition, Method};
use super::patch::{self, Patch, unescape};
use super::rest::{Members, RestInput, unconvertible};
use super::rest_api;
use crate::OperationResult;
use crate::error::{Failure, Outcome, bad_request, conflict, not_found};
use crate::protocol::Answer;
use crate::state::Context;

const VERBS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];
const SOURCES: [&str; 5] = ["path", "querystring", "header", "multivaluequerystring", "multivalueheader"];

/// PutMethod: creates, never replaces.
pub fn put(context: &mut Context, input: &RestInput) -> OperationResult {
    let definition = definition(context, input)?;
    definition.resource(input.label(1))?;
    let verb = input.label(2);
    let method = build(verb, input.members())?;
    check_references(definition, input.members())?;
    let resource = definition.resource_mut(input.label(1))?;
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
    find(context, input)?;
    definition(context, input)?.resource_mut(input.label(1))?.methods.remove(input.label(2));
    Ok(Answer { status: 204, body: Value::Null })
}

/// UpdateMethod.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let patches = patch::read(input, "updateMethodInput")?;
    let mut members = find(context, input)?.members.clone();
    for patch in &patches {
        apply(&mut members, patch)?;
    }
    let changed = json!(members);
    let built = build(input.label(2), Members(&changed))?;
    check_references(definition(context, input)?, Members(&changed))?;
    let method = find(context, input)?;
    method.members = built.members;
    Ok(Answer::ok(method.show()))
}

/// The definition of a request below a resource; there an unknown API is an unknown resource
/// (LocalStack's AWS-validated snapshots).
pub fn definition<'a>(context: &'a mut Context, input: &RestInput) -> Outcome<&'a mut Definition> {
    let api = rest_api::find_mut(context.region, input.label(0));
    api.map(|api| &mut api.definition).map_err(|_| not_found("Invalid Resource identifier specified"))
}

/// The method of a request.
pub fn find<'a>(context: &'a mut Context, input: &RestInput) -> Outcome<&'a mut Method> {
    definition(context, input)?.method_mut(input.label(1), input.label(2))
}

/// A method from the members of a request or of an imported operation. What it refers to isn't looked up.
pub fn build(verb: &str, members: Members) -> Outcome<Method> {
    if !VERBS.contains(&verb) {
        return Err(bad_request(format!("Invalid HttpMethod specified. Valid options are {}", VERBS.join(","))));
    }
    // An authorizer's id belongs to two types only; with the others it is ignored.
    let wants = wants_authorizer(members)?;
    let authorizer = members.text("authorizerId")?.filter(|_| wants);
    check_parameters(members.object("requestParameters")?.into_iter().flatten())?;
    let mut built = Map::new();
    built.insert("httpMethod".to_owned(), json!(verb));
    built.insert("authorizationType".to_owned(), json!(members.text("authorizationType")?));
    built.insert("apiKeyRequired".to_owned(), json!(members.flag("apiKeyRequired")?.unwrap_or_default()));
    let texts = [
        ("authorizerId", authorizer),
        ("operationName", members.text("operationName")?),
        ("requestValidatorId", members.text("requestValidatorId")?),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            built.insert(key.to_owned(), json!(text));
        }
    }
    if let Some(parameters) = members.object("requestParameters")?.filter(|parameters| !parameters.is_empty()) {
        built.insert("requestParameters".to_owned(), json!(parameters));
    }
    if let Some(models) = members.text_map("requestModels")?.filter(|models| !models.is_empty()) {
        built.insert("requestModels".to_owned(), json!(models));
    }
    if let Some(scopes) = members.texts("authorizationScopes")?.filter(|scopes| !scopes.is_empty()) {
        built.insert("authorizationScopes".to_owned(), json!(scopes));
    }
    Ok(Method { members: built, ..Method::default() })
}

/// Models must be the API's.
pub fn check_models(definition: &Definition, models: impl IntoIterator<Item = String>) -> Outcome<()> {
    match models.into_iter().find(|name| !definition.has_model(name)) {
        Some(name) => Err(bad_request(format!("Invalid model identifier specified: {name}"))),
        None => Ok(()),
    }
}

/// Changes one entry of a map that is a member: what is replaced or removed must be there.
pub fn patch_entry(members: &mut Map<String, Value>, map: &str, patch: &Patch, key: &str, value: Value) -> Outcome<()> {
    patch.only(&["add", "replace", "remove"])?;
    let slot = members.entry(map).or_insert_with(|| json!({}));
    let Value::Object(entries) = slot else {
        return Err(unconvertible(slot, "Map"));
    };
    if patch.op != "add" && !entries.contains_key(key) {
        let by_type = ["requestModels", "responseModels", "requestTemplates", "responseTemplates"].contains(&map);
        let text = if by_type { "Content-Type specified was not found" } else { "Invalid parameter name specified" };
        return Err(not_found(text));
    }
    patch.set_entry(entries, key, value)?;
    if entries.is_empty() {
        members.remove(map);
    }
    Ok(())
}

/// The wrapping that mapping errors come in.
pub fn invalid_mapping(error: &str) -> Failure {
    bad_request(format!("Invalid mapping expression specified: Validation Result: warnings : [], errors : [{error}]"))
}

fn apply(members: &mut Map<String, Value>, patch: &Patch) -> Outcome<()> {
    let path = patch.path.strip_prefix('/').unwrap_or(&patch.path);
    match path.split_once('/') {
        None if path == "apiKeyRequired" => {
            patch.only(&["replace"])?;
            // Whatever is not true is false.
            members.insert(path.to_owned(), json!(patch.text().eq_ignore_ascii_case("true")));
        }
        None if ["authorizationType", "authorizerId", "operationName", "requestValidatorId"].contains(&path) => {
            patch.only(&["replace"])?;
            members.insert(path.to_owned(), json!(patch.text()));
            // An empty text takes the member away.
            members.retain(|_, value| *value != "");
        }
        None if path == "authorizationScopes" => scopes(members, patch)?,
        Some(("requestParameters", key)) if !key.contains('/') => {
            let required = json!(patch.text().eq_ignore_ascii_case("true"));
            patch_entry(members, "requestParameters", patch, &unescape(key), required)?;
        }
        Some(("requestModels", key)) if !key.contains('/') => {
            patch_entry(members, "requestModels", patch, &unescape(key), json!(patch.text()))?;
        }
        _ => return Err(patch.invalid_path()),
    }
    Ok(())
}

/// Scopes are added and removed by value (unverified).
fn scopes(members: &mut Map<String, Value>, patch: &Patch) -> Outcome<()> {
    patch.only(&["add", "remove"])?;
    let mut scopes = Members(&json!(members)).texts("authorizationScopes")?.unwrap_or_default();
    scopes.retain(|scope| scope != patch.text());
    if patch.op == "add" {
        scopes.push(patch.text().to_owned());
    }
    members.remove("authorizationScopes");
    if !scopes.is_empty() {
        members.insert("authorizationScopes".to_owned(), json!(scopes));
    }
    Ok(())
}

/// What a method refers to must be the API's.
fn check_references(definition: &Definition, members: Members) -> Outcome<()> {
    let authorizer = members.text("authorizerId")?.unwrap_or_default();
    if wants_authorizer(members)? && !definition.has_authorizer(authorizer) {
        return Err(bad_request(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
        ));
    }
    if members.text("requestValidatorId")?.is_some_and(|id| !definition.has_validator(id)) {
        return Err(bad_request("Invalid Request Validator identifier specified"));
    }
    check_models(definition, members.text_map("requestModels")?.unwrap_or_default().into_values())
}

fn wants_authorizer(members: Members) -> Outcome<bool> {
    match members.text("authorizationType")? {
        Some("NONE" | "AWS_IAM") => Ok(false),
        Some("CUSTOM" | "COGNITO_USER_POOLS") => Ok(true),
        // (text unverified)
        _ => Err(bad_request(
            "Invalid authorization type specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS",
        )),
    }
}

fn check_parameters<'a>(parameters: impl Iterator<Item = (&'a String, &'a Value)>) -> Outcome<()> {
    let mut names = Vec::new();
    for (key, required) in parameters {
        let parts: Vec<&str> = key.splitn(4, '.').collect();
        let valid =
            matches!(parts[..], ["method", "request", source, name] if SOURCES.contains(&source) && !name.is_empty());
        if !valid {
            return Err(invalid_mapping(&format!("Invalid mapping expression specified: {key}")));
        }
        if !required.is_boolean() {
            return Err(unconvertible(required, "Boolean"));
        }
        names.push(parts[3]);
    }
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(bad_request("Parameter names must be unique across querystring, header and path"));
    }
    Ok(())
}
