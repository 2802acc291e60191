//! Stages: creation, reading, deletion; changes are in `stage_patch`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::rest::{Members, RestInput};
use super::{RestApi, rest_api, tags};
use crate::OperationResult;
use crate::clock::{CACHE_CREATE, Time, epoch_seconds};
use crate::error::{Failure, Outcome, bad_request, conflict, fail, not_found};
use crate::protocol::Answer;
use crate::state::{Context, Tags};

const LIMIT: usize = 10;
const CACHE_SIZES: [&str; 8] = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];

/// A stage.
#[derive(Debug, Clone, Default)]
pub struct Stage {
    pub name: String,
    pub deployment: String,
    pub description: Option<String>,
    pub variables: BTreeMap<String, String>,
    pub settings: BTreeMap<String, Map<String, Value>>,
    pub tracing: bool,
    pub cache: bool,
    pub cache_size: Option<String>,
    pub cache_ready_at: Time,
    pub access_log: Map<String, Value>,
    pub certificate: Option<String>,
    pub canary: Option<Map<String, Value>>,
    pub documentation: Option<String>,
    pub tags: Tags,
    pub created: Time,
    pub updated: Time,
}

impl Stage {
    /// The deployments it holds: its own, and its canary's.
    pub fn deployments(&self) -> impl Iterator<Item = &str> {
        let canary = self.canary.as_ref().and_then(|canary| canary.get("deploymentId")).and_then(Value::as_str);
        std::iter::once(self.deployment.as_str()).chain(canary)
    }
}

/// CreateStage. Access logs, client certificate and method settings come with UpdateStage only.
pub fn create(context: &mut Context, input: &RestInput) -> OperationResult {
    let members = input.members();
    let api = rest_api::find_mut(context.region, input.label(0))?;
    let name = members.text("stageName")?.unwrap_or_default();
    check_name(name)?;
    let deployment = members.text("deploymentId")?.unwrap_or_default();
    if !api.deployments.contains_key(deployment) {
        return Err(bad_request("Deployment id does not exist"));
    }
    let stage = fresh(api, name, deployment, members, context.now)?;
    let shown = show(&stage, context.now, false);
    api.stages.insert(name.to_owned(), stage);
    Ok(Answer { status: 201, body: shown })
}

/// GetStage.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    let api = rest_api::find(context.region, input.label(0))?;
    let stage = api.stages.get(input.label(1)).ok_or_else(missing)?;
    Ok(Answer::ok(show(stage, context.now, true)))
}

/// GetStages: not paged, items without tags.
pub fn list(context: &mut Context, input: &RestInput) -> OperationResult {
    let api = rest_api::find(context.region, input.label(0))?;
    let wanted = |stage: &&Stage| input.query("deploymentId").is_none_or(|id| stage.deployment == id);
    let plain = |stage: &Stage| {
        let mut shown = show(stage, context.now, false);
        shown.as_object_mut().map(|members| members.remove("tags"));
        shown
    };
    let items: Vec<Value> = api.stages.values().filter(wanted).map(plain).collect();
    Ok(Answer::ok(if items.is_empty() { json!({}) } else { json!({"item": items}) }))
}

/// DeleteStage frees the VPC links that its deployment refers to.
pub fn delete(context: &mut Context, input: &RestInput) -> OperationResult {
    let api = rest_api::find_mut(context.region, input.label(0))?;
    api.stages.remove(input.label(1)).ok_or_else(|| not_found("Invalid stage identifier specified"))?;
    Ok(Answer { status: 202, body: Value::Null })
}

/// What CreateDeployment does with a stage name: a new stage is made, a known one is moved, variables are merged (unverified).
pub fn deploy(api: &mut RestApi, name: &str, deployment: &str, members: Members, now: Time) -> Outcome<()> {
    if !api.stages.contains_key(name) {
        let stage = fresh(api, name, deployment, members, now)?;
        api.stages.insert(name.to_owned(), stage);
        return Ok(());
    }
    let variables = checked_variables(members)?;
    let canary = members.object("canarySettings")?.cloned();
    if let Some(stage) = api.stages.get_mut(name) {
        stage.updated = now;
        match canary {
            Some(mut canary) => {
                canary.insert("deploymentId".to_owned(), json!(deployment));
                stage.canary = Some(canary);
            }
            None => {
                stage.variables.extend(variables);
                deployment.clone_into(&mut stage.deployment);
            }
        }
    }
    Ok(())
}

/// Letters, digits, hyphens and underscores; the message leaves the hyphen out.
pub fn check_name(name: &str) -> Outcome<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (1..=128).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    Err(bad_request("Stage name only allows a-zA-Z0-9_"))
}

/// Names are word characters, values a small alphabet.
pub fn check_variable(key: &str, value: &str) -> Outcome<()> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if key.is_empty() || key.len() > 64 || !key.chars().all(word) {
        return Err(bad_request(format!(
            "Invalid stage variable name: {key}. Please use names with only word characters."
        )));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || " -._:/?&=,".contains(c);
    if value.len() > 512 || !value.chars().all(allowed) {
        return Err(bad_request(format!(
            "Invalid stage variable value of key {key}.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
        )));
    }
    Ok(())
}

/// Known sizes only.
pub fn check_cache_size(size: &str) -> Outcome<()> {
    if CACHE_SIZES.contains(&size) {
        return Ok(());
    }
    Err(bad_request(format!("Invalid cache cluster size. Must be one of: [{}]", CACHE_SIZES.join(", "))))
}

/// The stage as it is answered; creation leaves empty tags out.
pub fn show(stage: &Stage, now: Time, empty_tags: bool) -> Value {
    let cache_status = match stage.cache {
        true if now < stage.cache_ready_at => "CREATE_IN_PROGRESS",
        true => "AVAILABLE",
        false => "NOT_AVAILABLE",
    };
    let mut shown = json!({
        "deploymentId": stage.deployment, "stageName": stage.name, "cacheClusterEnabled": stage.cache,
        "cacheClusterStatus": cache_status, "methodSettings": stage.settings, "tracingEnabled": stage.tracing,
        "createdDate": epoch_seconds(stage.created), "lastUpdatedDate": epoch_seconds(stage.updated),
    });
    let texts = [
        ("description", &stage.description),
        ("cacheClusterSize", &stage.cache_size),
        ("clientCertificateId", &stage.certificate),
        ("documentationVersion", &stage.documentation),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            shown[key] = json!(text);
        }
    }
    if !stage.variables.is_empty() {
        shown["variables"] = json!(stage.variables);
    }
    if !stage.access_log.is_empty() {
        shown["accessLogSettings"] = json!(stage.access_log);
    }
    if let Some(canary) = &stage.canary {
        shown["canarySettings"] = json!(canary);
    }
    if empty_tags || !stage.tags.is_empty() {
        shown["tags"] = json!(stage.tags);
    }
    shown
}

/// An unknown stage.
pub fn missing() -> Failure {
    not_found("Invalid Stage identifier specified")
}

fn fresh(api: &RestApi, name: &str, deployment: &str, members: Members, now: Time) -> Outcome<Stage> {
    if api.stages.contains_key(name) {
        // (text unverified)
        return Err(conflict("Stage already exists"));
    }
    if api.stages.len() >= LIMIT {
        return Err(
            fail("LimitExceededException", "Maximum number of Stages for this API has been reached.").status(429)
        );
    }
    let cache_size = members.text("cacheClusterSize")?;
    cache_size.map(check_cache_size).transpose()?;
    let cache = members.flag("cacheClusterEnabled")?.unwrap_or_default();
    let text = |key: &str| members.text(key).map(|text| text.filter(|text| !text.is_empty()).map(str::to_owned));
    Ok(Stage {
        name: name.to_owned(),
        deployment: deployment.to_owned(),
        description: text("description")?.or(text("stageDescription")?),
        variables: checked_variables(members)?,
        tracing: members.flag("tracingEnabled")?.unwrap_or_default(),
        cache,
        cache_size: cache_size.map(str::to_owned).or_else(|| cache.then(|| "0.5".to_owned())),
        cache_ready_at: now + CACHE_CREATE,
        documentation: text("documentationVersion")?,
        canary: members.object("canarySettings")?.cloned(),
        tags: tags::checked(members.text_map("tags")?.unwrap_or_default())?,
        created: now,
        updated: now,
        ..Stage::default()
    })
}

fn checked_variables(members: Members) -> Outcome<BTreeMap<String, String>> {
    let variables = members.text_map("variables")?.unwrap_or_default();
    variables.iter().try_for_each(|(key, value)| check_variable(key, value))?;
    Ok(variables)
}
