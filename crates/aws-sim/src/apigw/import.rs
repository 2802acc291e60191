//! ImportRestApi and PutRestApi: a whole API in one document.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::definition::{Definition, Method};
use super::document::{self, BasePath, Document};
use super::operation::Operation;
use super::rest::{Members, RestInput, not_in};
use super::{Components, RestApi, integration, method, policy, rest_api};
use crate::OperationResult;
use crate::error::{Failure, Outcome, bad_request};
use crate::ids::Ids;
use crate::protocol::Answer;
use crate::state::{Context, Region};

/// ImportRestApi: a new API; its endpoint type is a query parameter, because no document can hold it.
pub fn import(context: &mut Context, input: &RestInput) -> OperationResult {
    let document = read(input)?;
    let kind = input.query("endpointConfigurationTypes").unwrap_or("EDGE");
    if !rest_api::TYPES.contains(&kind) {
        // (unverified)
        return Err(not_in(kind, "endpointConfigurationTypes", &rest_api::TYPES));
    }
    let configuration = json!({"endpointConfiguration": {"types": [kind]}});
    let mut definition = rest_api::endpoint_configuration(context.region, Members(&configuration))?;
    // The models of a new API are only those of its document.
    definition.components = Components::default();
    let api = rest_api::fresh(context, &document.title, definition);
    let shown = apply(context.region, api, document, input, false)?;
    Ok(Answer { status: 201, body: shown })
}

/// PutRestApi: `merge` adds and changes, `overwrite` also resets everything that the document does not carry.
pub fn put(context: &mut Context, input: &RestInput) -> OperationResult {
    let mut api = rest_api::find(context.region, input.label(0))?.clone();
    let document = read(input)?;
    match input.query("mode").unwrap_or("merge") {
        "merge" => {}
        "overwrite" => {
            // Endpoint type, stages, deployments and tags stay.
            let before = &api.definition;
            api.definition = Definition::new(before.root.clone(), &before.endpoint_type, &before.address_type);
            api.description = None;
        }
        other => return Err(not_in(other, "putRestApiInput.mode", &["merge", "overwrite"])),
    }
    apply(context.region, api, document, input, true).map(Answer::ok)
}

fn read(input: &RestInput) -> Outcome<Document> {
    document::read(&input.document, BasePath::parse(input.query("basepath"))?)
}

/// Puts a document into an API and keeps it, unless there are errors, or warnings that count as such.
fn apply(region: &mut Region, api: RestApi, document: Document, input: &RestInput, tags: bool) -> Outcome<Value> {
    let warnings = document.warnings.clone();
    let api = build(region, api, document)?;
    if !warnings.is_empty() && input.query("failonwarnings") == Some("true") {
        return Err(bad_request(format!("Warnings found during import:\n\t{}", warnings.join("\n\t"))));
    }
    let mut shown = rest_api::show(&api, tags);
    if !warnings.is_empty() {
        shown["warnings"] = json!(warnings);
    }
    region.apis.insert(api.id.clone(), api);
    Ok(shown)
}

fn build(region: &mut Region, mut api: RestApi, document: Document) -> Outcome<RestApi> {
    let mut errors: Vec<Failure> = Vec::new();
    api.name.clone_from(&document.title);
    api.version.clone_from(&document.version);
    api.description = document.description.clone().or(api.description);
    if let Some(wanted) = &document.policy {
        api.definition.policy = Some(policy::normalise(region, &api.id, wanted.clone())?);
    }
    settings(region, &mut api.definition, &document)?;
    api.definition.components.merge(&mut region.ids, &api.id, document.components);
    let known = region.apis.get(&api.id).map(|before| paths(&before.definition)).unwrap_or_default();
    for path in &document.paths {
        note(&mut errors, ensure_path(&mut region.ids, &known, &mut api.definition, path));
    }
    for operation in &document.operations {
        // A path that could not be made was reported already.
        if let Some(resource) = find_path(&api.definition, &operation.path) {
            note(&mut errors, put_operation(region, &mut api.definition, &resource, operation));
        }
    }
    if errors.is_empty() {
        return Ok(api);
    }
    // A quota that is used up is reported by itself (hashicorp/terraform-provider-aws#37605).
    if let Some(quota) = errors.iter().position(|failure| failure.status == 429) {
        return Err(errors.swap_remove(quota));
    }
    let messages: Vec<String> = errors.into_iter().map(|failure| failure.message).collect();
    Err(bad_request(format!("Errors found during import:\n\t{}", messages.join("\n\t"))))
}

fn settings(region: &Region, definition: &mut Definition, document: &Document) -> Outcome<()> {
    for endpoint in &document.endpoints {
        rest_api::add_endpoint(region, definition, endpoint)?;
    }
    for kind in &document.binary_types {
        if !definition.binary_types.contains(kind) {
            definition.binary_types.push(kind.clone());
        }
    }
    if let Some(size) = document.compression {
        definition.compression = Some(rest_api::check_compression(size)?);
    }
    if let Some(source) = &document.key_source {
        rest_api::check_key_source(source)?;
        definition.key_source.clone_from(source);
    }
    definition.disabled_endpoint = document.disabled_endpoint.unwrap_or(definition.disabled_endpoint);
    Ok(())
}

fn put_operation(region: &Region, definition: &mut Definition, resource: &str, operation: &Operation) -> Outcome<()> {
    let Operation { path, verb, .. } = operation;
    let at = |what: &str| {
        let prefix = format!("Unable to put {what} on '{verb}' for resource at path '{path}': ");
        move |failure: Failure| bad_request(prefix + &failure.message)
    };
    let mut built = put_method(definition, operation).map_err(|failure| {
        bad_request(format!("Unable to put method '{verb}' on resource at path '{path}': {}", failure.message))
    })?;
    for (status, members) in &operation.responses {
        let mut response = members.clone();
        response.insert("statusCode".to_owned(), json!(status));
        built.responses.insert(status.clone(), response);
    }
    if let Some(members) = &operation.integration {
        let mut made = integration::build(region, &built, resource, Members(members)).map_err(at("integration"))?;
        for (status, members) in &operation.integration_responses {
            if !built.responses.contains_key(status) && !made.text("type").ends_with("_PROXY") {
                let failure = bad_request("No method response exists for method.");
                return Err(at("integration response")(failure));
            }
            let response = integration::response(status, Members(members)).map_err(at("integration response"))?;
            made.responses.insert(status.clone(), response);
        }
        built.integration = Some(made);
    }
    definition.resource_mut(resource)?.methods.insert((*verb).to_owned(), built);
    Ok(())
}

/// The method with the authorizer and the validator that its document names.
fn put_method(definition: &Definition, operation: &Operation) -> Outcome<Method> {
    let mut method = method::build(operation.verb, Members(&operation.method))?;
    let Components { validators, authorizers, .. } = &definition.components;
    if let Some(id) = operation.validator.as_ref().and_then(|name| Components::id(validators, name)) {
        method.members.insert("requestValidatorId".to_owned(), json!(id));
    }
    let authorizer = operation.authorizer.as_ref().and_then(|name| authorizers.get(name));
    if let Some(authorizer) = authorizer {
        let pools = authorizer["type"] == "COGNITO_USER_POOLS";
        let kind = if pools { "COGNITO_USER_POOLS" } else { "CUSTOM" };
        method.members.insert("authorizationType".to_owned(), json!(kind));
        method.members.insert("authorizerId".to_owned(), authorizer["id"].clone());
    }
    Ok(method)
}

/// A path that was there before keeps its id, also when it is overwritten.
fn ensure_path(
    ids: &mut Ids,
    known: &BTreeMap<String, String>,
    definition: &mut Definition,
    path: &str,
) -> Outcome<()> {
    let mut current = definition.root.clone();
    let mut here = String::new();
    for part in parts(path) {
        here = format!("{here}/{part}");
        let existing = definition.children(&current).find(|child| child.part == part).map(|child| child.id.clone());
        let id = || known.get(&here).cloned().unwrap_or_else(|| ids.alphanumeric("resource", 6));
        current = match existing {
            Some(id) => id,
            None => definition.add_as(&current, part, id).map_err(|failure| match failure.status {
                429 => failure,
                _ => bad_request(format!("Unable to create resource at path '{path}': {}", failure.message)),
            })?,
        };
    }
    Ok(())
}

fn paths(definition: &Definition) -> BTreeMap<String, String> {
    definition.resources.keys().map(|id| (definition.path(id), id.clone())).collect()
}

fn find_path(definition: &Definition, path: &str) -> Option<String> {
    parts(path).try_fold(definition.root.clone(), |current, part| {
        definition.children(&current).find(|child| child.part == part).map(|child| child.id.clone())
    })
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

fn note(errors: &mut Vec<Failure>, result: Outcome<()>) {
    errors.extend(result.err());
}
