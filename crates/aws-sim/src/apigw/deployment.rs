//! Deployments: pictures of a whole definition.

use serde_json::{Value, json};

use super::definition::Definition;
use super::patch;
use super::rest::{Members, RestInput};
use super::{RestApi, rest_api, stage};
use crate::OperationResult;
use crate::clock::{DEPLOYMENT_WAIT, Time, epoch_seconds};
use crate::error::{Failure, Outcome, bad_request, not_found};
use crate::protocol::Answer;
use crate::state::{Context, Region};

/// A deployment.
#[derive(Debug, Clone)]
pub struct Deployment {
    pub id: String,
    pub description: Option<String>,
    pub created: Time,
    /// When it is known everywhere that the last stage has left it.
    pub held_until: Time,
    pub definition: Definition,
}

/// CreateDeployment: takes the picture; with a stage name it also makes or repoints the stage.
pub fn create(context: &mut Context, input: &RestInput) -> OperationResult {
    let members = input.members();
    stage::check_given_size(members, "createDeploymentInput")?;
    let api = rest_api::find(context.region, input.label(0))?;
    check(context.region, &api.definition)?;
    let stage_name = members.text("stageName")?.filter(|name| !name.is_empty());
    check_canary(api, members)?;
    if let Some(name) = stage_name {
        stage::check_name(name)?;
    }
    let mut api = api.clone();
    let deployment = Deployment {
        id: context.region.ids.alphanumeric("deployment", 6),
        description: members.text("description")?.filter(|text| !text.is_empty()).map(str::to_owned),
        created: context.now,
        held_until: context.now,
        definition: api.definition.clone(),
    };
    let (id, shown) = (deployment.id.clone(), show(&deployment));
    api.deployments.insert(id.clone(), deployment);
    if let Some(name) = stage_name {
        stage::deploy(&mut api, name, &id, members, context.now)?;
    }
    context.region.apis.insert(api.id.clone(), api);
    Ok(Answer { status: 201, body: shown })
}

/// GetDeployment.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    let api = rest_api::find(context.region, input.label(0))?;
    let deployment = api.deployments.get(input.label(1)).ok_or_else(missing)?;
    let mut shown = show(deployment);
    if input.queries("embed").iter().any(|embed| embed.eq_ignore_ascii_case("apisummary")) {
        shown["apiSummary"] = summary(&deployment.definition);
    }
    Ok(Answer::ok(shown))
}

/// GetDeployments.
pub fn list(context: &mut Context, input: &RestInput) -> OperationResult {
    let api = rest_api::find(context.region, input.label(0))?;
    input.page(api.deployments.values().map(show).collect()).map(Answer::ok)
}

/// UpdateDeployment: the description.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let patches = patch::read(input, "updateDeploymentInput")?;
    let api = rest_api::find_mut(context.region, input.label(0))?;
    let deployment = api.deployments.get_mut(input.label(1)).ok_or_else(missing)?;
    let mut description = deployment.description.clone();
    for patch in &patches {
        match patch.path.as_str() {
            "/description" => patch.set_text(&mut description)?,
            _ => return Err(patch.invalid_path()),
        }
    }
    deployment.description = description;
    Ok(Answer::ok(show(deployment)))
}

/// DeleteDeployment: not while a stage points at it.
pub fn delete(context: &mut Context, input: &RestInput) -> OperationResult {
    let api = rest_api::find_mut(context.region, input.label(0))?;
    let id = input.label(1);
    let held = context.now < api.deployments.get(id).ok_or_else(missing)?.held_until;
    if held || api.stages.values().any(|stage| stage.deployment == id) {
        return Err(bad_request("Active stages pointing to this deployment must be moved or deleted"));
    }
    if api.stages.values().any(|stage| stage.deployments().any(|deployment| deployment == id)) {
        return Err(bad_request(
            "Active stages with canary settings pointing to this deployment must be moved or deleted",
        ));
    }
    api.deployments.remove(id);
    Ok(Answer { status: 202, body: Value::Null })
}

fn check(region: &Region, definition: &Definition) -> Outcome<()> {
    if definition.methods().next().is_none() {
        return Err(bad_request("The REST API doesn't contain any methods"));
    }
    if definition.methods().any(|(.., method)| method.integration.is_none()) {
        return Err(bad_request("No integration defined for method"));
    }
    if definition.endpoint_type == "PRIVATE" && definition.policy.is_none() {
        return Err(bad_request("Private REST API doesn't have a resource policy attached to it"));
    }
    // A link that is DELETING fails the deployment (API Gateway's service model, VpcLink; code and text unverified), and so
    // does one that is gone (unverified).
    match links(definition).find(|id| region.links.get(*id).is_none_or(|link| link.gone_at.is_some())) {
        Some(id) => Err(bad_request(format!("Invalid Vpc Link identifier specified: {id}"))),
        None => Ok(()),
    }
}

/// How long the answer of a deployment is held back: until the links that its integrations name are no longer PENDING. The
/// service model of API Gateway says of VpcLink that a deployment waits for them. The deployment itself is there at once.
pub fn wait(region: &Region, input: &RestInput, now: Time) -> Time {
    let Ok(api) = rest_api::find(region, input.label(0)) else {
        return Time::ZERO;
    };
    let pending = links(&api.definition).filter_map(|id| region.links.get(id)).map(|link| link.ready_at);
    pending.map(|ready_at| ready_at.saturating_sub(now)).max().unwrap_or_default().min(DEPLOYMENT_WAIT)
}

/// The links that integrations name by id, not by a stage variable.
fn links(definition: &Definition) -> impl Iterator<Item = &str> {
    let named = definition.methods().filter_map(|(.., method)| Some(method.integration.as_ref()?.text("connectionId")));
    named.filter(|id| !id.is_empty() && !id.starts_with("${"))
}

/// A canary needs a stage that is there, and a stage with a canary takes nothing else (serverless/serverless#11518).
fn check_canary(api: &RestApi, members: Members) -> Outcome<()> {
    let name = members.text("stageName")?;
    let stage = name.and_then(|name| api.stages.get(name));
    let problem = match (members.object("canarySettings")?, name, stage) {
        (Some(_), None | Some(""), _) => format!(
            "Non null and non empty stageName must be provided for canary deployment. Provided value is {}",
            name.unwrap_or("null")
        ),
        (Some(_), Some(name), None) => {
            format!("Stage {name} must already be created before making a canary release deployment")
        }
        (None, Some(name), Some(stage)) if stage.canary.is_some() => format!(
            "Non canary deployment not supported on stage {name} because Canary is enabled. Provide CanarySettings in deploymentInput."
        ),
        _ => return Ok(()),
    };
    Err(bad_request(format!("Invalid deployment content specified.{problem}")))
}

fn summary(definition: &Definition) -> Value {
    let mut summary = json!({});
    for (resource, verb, method) in definition.methods() {
        let path = definition.path(&resource.id);
        let kind = method.members.get("authorizationType");
        summary[path.as_str()][verb.as_str()] =
            json!({"authorizationType": kind, "apiKeyRequired": method.members.get("apiKeyRequired")});
    }
    summary
}

fn show(deployment: &Deployment) -> Value {
    let mut shown = json!({"id": deployment.id, "createdDate": epoch_seconds(deployment.created)});
    if let Some(description) = &deployment.description {
        shown["description"] = json!(description);
    }
    shown
}

fn missing() -> Failure {
    not_found("Invalid Deployment identifier specified")
}
