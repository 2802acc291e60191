//! The API, its stage, and the deployment that answers: the stage's own, or its canary's.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::gate::Entry;
use super::trip::{Refusal, Trip};
use super::visit::Visit;
use crate::apigw::{Definition, RestApi, Stage};
use crate::state::Region;

/// A request that has reached a deployed stage.
pub struct Arrival<'a> {
    pub entry: Entry<'a>,
    pub region: &'a Region,
    pub api: &'a RestApi,
    pub stage: &'a Stage,
    pub definition: &'a Definition,
    /// The stage's variables, or those of its canary.
    pub variables: BTreeMap<String, String>,
    pub canary: bool,
}

/// Finds the stage and what it serves.
pub fn find<'a>(entry: Entry<'a>, visit: &Visit, trip: &mut Trip) -> Result<Arrival<'a>, Refusal> {
    let Some(region) = entry.owner else {
        let why = entry.elsewhere;
        return trip.refuse("api", None, why, Refusal::forbidden());
    };
    let api = &region.apis[&visit.api];
    let id = Some(api.id.as_str());
    if api.definition.endpoint_type != "PRIVATE" {
        let why = format!("The API is {}; through an endpoint only private ones answer.", api.definition.endpoint_type);
        return trip.refuse("api", id, why, Refusal::forbidden());
    }
    trip.pass("api", &api.id, format!("{} of account {}.", api.name, region.account));
    let Some(stage) = api.stages.get(&visit.stage) else {
        api.stages.keys().for_each(|name| trip.reject(name, "It has another name."));
        return trip.refuse("stage", None, format!("The API has no stage '{}'.", visit.stage), Refusal::forbidden());
    };
    let drawn = drawn(region, api, stage, trip.number);
    let deployment = drawn.map_or(stage.deployment.as_str(), |canary| text(canary, "deploymentId"));
    let Some(deployed) = api.deployments.get(deployment) else {
        let why = format!("Its deployment '{deployment}' does not exist.");
        return trip.refuse("stage", Some(&stage.name), why, Refusal::forbidden());
    };
    let definition = &deployed.definition;
    if definition.disabled_endpoint {
        let why = "The deployed API has its execute-api endpoint disabled.";
        return trip.refuse("stage", Some(&stage.name), why, Refusal::forbidden());
    }
    let share = if drawn.is_some() { ", as its canary" } else { "" };
    trip.pass("stage", &stage.name, format!("It serves deployment {deployment}{share}."));
    for other in api.deployments.keys().filter(|id| *id != deployment) {
        let why = if stage.deployments().any(|id| id == other) {
            "The canary drew the other one."
        } else {
            "The stage does not point at it."
        };
        trip.reject(other, why);
    }
    let waits = api.definition.waits_for_deployment(definition);
    let undeployed = if waits { " The API has changed since; that waits for a deployment." } else { "" };
    trip.pass("deployment", deployment, format!("The request follows this picture of the API.{undeployed}"));
    Ok(Arrival { region, api, stage, definition, variables: variables(stage, drawn), canary: drawn.is_some(), entry })
}

/// The canary, when this request is one of its share.
fn drawn<'a>(region: &Region, api: &RestApi, stage: &'a Stage, number: u64) -> Option<&'a Map<String, Value>> {
    let canary = stage.canary.as_ref().filter(|canary| !text(canary, "deploymentId").is_empty())?;
    let percent = canary.get("percentTraffic").and_then(Value::as_f64).unwrap_or_default();
    let draw = region.ids.spread(&format!("canary/{}/{}/{number}", api.id, stage.name), 10_000);
    (f64::from(draw) < percent * 100.0).then_some(canary)
}

fn variables(stage: &Stage, canary: Option<&Map<String, Value>>) -> BTreeMap<String, String> {
    let mut variables = stage.variables.clone();
    let overrides = canary.and_then(|canary| canary.get("stageVariableOverrides")).and_then(Value::as_object);
    for (key, value) in overrides.into_iter().flatten() {
        variables.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    variables
}

fn text<'a>(members: &'a Map<String, Value>, key: &str) -> &'a str {
    members.get(key).and_then(Value::as_str).unwrap_or_default()
}
