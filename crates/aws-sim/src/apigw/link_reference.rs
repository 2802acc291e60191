//! What holds a VPC link, so that it cannot be deleted.

use super::definition::Definition;
use super::rest::RestInput;
use super::rest_api;
use super::routes::Handler;
use crate::OperationResult;
use crate::state::{Context, Region};

/// A method that names a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub link: String,
    pub verb: String,
    pub resource: String,
}

/// DeleteMethod and DeleteResource leave a reference behind when the integration still names a link (developer guide,
/// api-gateway-known-issues; Knowledge Center, delete-vpc-link-amazon-gateway). Nothing but deleting the API takes it away
/// (unverified).
pub fn after_delete(context: &mut Context, input: &RestInput, delete: Handler) -> OperationResult {
    let uses =
        |context: &Context| context.region.apis.get(input.label(0)).map(|api| all(&api.definition)).unwrap_or_default();
    let before = uses(context);
    let answer = delete(context, input)?;
    let after = uses(context);
    let lost = before.into_iter().filter(|lost| !after.contains(lost));
    rest_api::find_mut(context.region, input.label(0))?.dangling.extend(lost);
    Ok(answer)
}

/// Why a link cannot be deleted, if it cannot.
pub fn refusal(region: &Region, link: &str) -> Option<String> {
    let mut list = deployed(region, link);
    let mut format = "[RESTApiId:Method:Resource:Stage]";
    if list.is_empty() {
        list = undeployed(region, link);
        format = "[Method:Resource]";
    }
    let list = Some(list.join(", ")).filter(|list| !list.is_empty())?;
    Some(format!("Cannot delete vpc link. Vpc link '{link}', is referenced in [{list}] in format of {format}."))
}

/// Stages whose deployment, or canary's deployment (unverified), has a method that names the link.
fn deployed(region: &Region, link: &str) -> Vec<String> {
    let mut references = Vec::new();
    for api in region.apis.values() {
        for stage in api.stages.values() {
            let deployments = stage.deployments().filter_map(|id| api.deployments.get(id));
            for (resource, verb) in deployments.flat_map(|deployment| deployment.definition.uses_of(link)) {
                references.push(format!("{}:{verb}:{resource}:{}", api.id, stage.name));
            }
        }
    }
    references
}

/// Methods of definitions, and of methods that are gone.
fn undeployed(region: &Region, link: &str) -> Vec<String> {
    let uses = region.apis.values().flat_map(|api| all(&api.definition).into_iter().chain(api.dangling.clone()));
    uses.filter(|used| used.link == link).map(|used| format!("{}:{}", used.verb, used.resource)).collect()
}

fn all(definition: &Definition) -> Vec<Use> {
    let link = |connection: &str| Some(connection.to_owned()).filter(|id| !id.is_empty() && !id.starts_with("${"));
    let named = definition.methods().filter_map(|(resource, verb, method)| {
        let link = link(method.integration.as_ref()?.text("connectionId"))?;
        Some(Use { link, verb: verb.clone(), resource: resource.id.clone() })
    });
    named.collect()
}
