//! Resources: the tree of paths.

use serde_json::{Map, Value, json};

use super::definition::{Definition, Resource};
use super::patch::{self, Patch};
use super::rest::RestInput;
use super::rest_api;
use crate::OperationResult;
use crate::error::{Outcome, bad_request};
use crate::protocol::Answer;
use crate::state::{Context, Region};

/// CreateResource.
pub fn create(context: &mut Context, input: &RestInput) -> OperationResult {
    rest_api::find(context.region, input.label(0))?;
    let part = input.members().text("pathPart")?.unwrap_or_default();
    let Region { ids, apis, .. } = &mut *context.region;
    let Some(api) = apis.get_mut(input.label(0)) else {
        return Ok(Answer::ok(Value::Null));
    };
    let id = api.definition.add(ids, input.label(1), part)?;
    Ok(Answer { status: 201, body: show(&api.definition, api.definition.resource(&id)?, false) })
}

/// GetResource.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    let definition = &rest_api::find(context.region, input.label(0))?.definition;
    let resource = definition.resource(input.label(1))?;
    Ok(Answer::ok(show(definition, resource, embeds_methods(input))))
}

/// GetResources.
pub fn list(context: &mut Context, input: &RestInput) -> OperationResult {
    let definition = &rest_api::find(context.region, input.label(0))?.definition;
    let embed = embeds_methods(input);
    input
        .page(definition.resources.values().map(|resource| show(definition, resource, embed)).collect())
        .map(Answer::ok)
}

/// UpdateResource: renames or moves.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let patches = patch::read(input, "updateResourceInput")?;
    let api = rest_api::find_mut(context.region, input.label(0))?;
    let mut definition = api.definition.clone();
    definition.resource(input.label(1))?;
    for patch in patches {
        apply(&mut definition, input.label(1), &patch)?;
    }
    api.definition = definition;
    Ok(Answer::ok(show(&api.definition, api.definition.resource(input.label(1))?, false)))
}

/// DeleteResource: children and methods go too.
pub fn delete(context: &mut Context, input: &RestInput) -> OperationResult {
    let definition = &mut rest_api::find_mut(context.region, input.label(0))?.definition;
    definition.resource(input.label(1))?;
    if definition.root == input.label(1) {
        // (text unverified)
        return Err(bad_request("Root resource cannot be deleted."));
    }
    definition.remove(input.label(1));
    Ok(Answer { status: 202, body: Value::Null })
}

fn apply(definition: &mut Definition, id: &str, patch: &Patch) -> Outcome<()> {
    check_patch(patch)?;
    let member = patch.path.trim_start_matches('/');
    let resource = definition.resource(id)?.clone();
    let Some(parent) = resource.parent else {
        return Err(bad_request(format!("Root resource cannot update its {member}.")));
    };
    let (parent, part) = match member {
        "pathPart" => (parent, patch.text().to_owned()),
        _ => (patch.text().to_owned(), resource.part),
    };
    let mut above = Some(definition.resource(&parent)?.id.clone());
    while let Some(ancestor) = above {
        if ancestor == id {
            return Err(bad_request("Resources cannot be cyclical."));
        }
        above = definition.resource(&ancestor)?.parent.clone();
    }
    definition.check_part(&parent, &part, Some(id))?;
    // A greedy variable stays a leaf (unverified for a change).
    let greedy = Some(&part).filter(|part| part.ends_with("+}") && definition.children(id).next().is_some());
    definition.check_leaf(greedy.map_or(definition.resource(&parent)?.part.as_str(), String::as_str))?;
    let changed = definition.resource_mut(id)?;
    (changed.parent, changed.part) = (Some(parent), part);
    Ok(())
}

/// The operation is looked at before the path.
fn check_patch(patch: &Patch) -> Outcome<()> {
    let Patch { path, op, .. } = patch;
    let problem = match (op.as_str(), path.as_str()) {
        ("replace", "/parentId" | "/pathPart") => return Ok(()),
        ("replace", _) => "Must be one of: [/parentId, /pathPart]",
        _ => "Please choose supported operations",
    };
    Err(bad_request(format!("Invalid patch path  '{path}' specified for op '{op}'. {problem}")))
}

fn embeds_methods(input: &RestInput) -> bool {
    input.queries("embed").iter().any(|embed| embed.split(',').any(|what| what == "methods"))
}

/// Without `embed=methods` each verb is an empty object.
fn show(definition: &Definition, resource: &Resource, embed: bool) -> Value {
    let mut shown = json!({"id": resource.id, "path": definition.path(&resource.id)});
    if let Some(parent) = &resource.parent {
        shown["parentId"] = json!(parent);
        shown["pathPart"] = json!(resource.part);
    }
    if !resource.methods.is_empty() {
        let methods: Map<String, Value> = resource
            .methods
            .iter()
            .map(|(verb, method)| (verb.clone(), if embed { method.show() } else { json!({}) }))
            .collect();
        shown["resourceMethods"] = Value::Object(methods);
    }
    shown
}
