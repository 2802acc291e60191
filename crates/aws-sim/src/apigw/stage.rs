//! Stages: creation, reading, deletion; changes are in `stage_patch`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::rest::{Members, RestInput};
use super::violations::Violations;
use super::{RestApi, canary, rest_api, tags};
use crate::OperationResult;
use crate::clock::{CACHE_CREATE, CACHE_DELETE, DEPLOYMENT_RELEASE, Time, epoch_seconds};
use crate::error::{Failure, Outcome, bad_request, conflict, fail, not_found};
use crate::protocol::Answer;
use crate::state::{Context, Tags};

const LIMIT: usize = 10;
const VARIABLES: usize = 100;
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
    pub cache_gone_at: Time,
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

    /// A new or changed cache cluster takes a while.
    pub fn start_cache(&mut self, now: Time) {
        self.cache_ready_at = now + CACHE_CREATE;
        self.cache_size.get_or_insert_with(|| CACHE_SIZES[0].to_owned());
        self.cache = true;
    }

    /// So does the end of one.
    pub fn stop_cache(&mut self, now: Time) {
        self.cache_gone_at = now + CACHE_DELETE;
        self.cache = false;
    }

    fn cache_status(&self, now: Time) -> &'static str {
        match self.cache {
            true if now < self.cache_ready_at => "CREATE_IN_PROGRESS",
            true => "AVAILABLE",
            false if now < self.cache_gone_at => "DELETE_IN_PROGRESS",
            false => "NOT_AVAILABLE",
        }
    }
}

/// The framework refuses a size that is none (path unverified).
pub fn check_given_size(members: Members, shape: &str) -> Outcome<()> {
    let mut violations = Violations::default();
    violations.enumeration(members.text("cacheClusterSize")?, &format!("{shape}.cacheClusterSize"), &CACHE_SIZES);
    violations.check()
}

/// CreateStage. Access logs, client certificate and method settings come with UpdateStage only.
pub fn create(context: &mut Context, input: &RestInput) -> OperationResult {
    let members = input.members();
    check_given_size(members, "createStageInput")?;
    let api = rest_api::find_mut(context.region, input.label(0))?;
    let name = members.text("stageName")?.unwrap_or_default();
    check_name(name)?;
    let deployment = members.text("deploymentId")?.unwrap_or_default();
    if !api.deployments.contains_key(deployment) {
        return Err(missing_deployment());
    }
    let stage = fresh(api, name, deployment, members, context.now)?;
    let shown = show(&stage, context.now);
    api.stages.insert(name.to_owned(), stage);
    Ok(Answer { status: 201, body: shown })
}

/// GetStage.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    let api = rest_api::find(context.region, input.label(0))?;
    let stage = api.stages.get(input.label(1)).ok_or_else(missing)?;
    Ok(Answer::ok(show(stage, context.now)))
}

/// GetStages: not paged, items without tags.
pub fn list(context: &mut Context, input: &RestInput) -> OperationResult {
    let api = rest_api::find(context.region, input.label(0))?;
    let wanted = |stage: &&Stage| input.query("deploymentId").is_none_or(|id| stage.deployment == id);
    let plain = |stage: &Stage| {
        let mut shown = show(stage, context.now);
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
        let mut stage = fresh(api, name, deployment, members, now)?;
        // The description in the request is the deployment's; the stage has a member of its own.
        stage.description = members.text("stageDescription")?.filter(|text| !text.is_empty()).map(str::to_owned);
        api.stages.insert(name.to_owned(), stage);
        return Ok(());
    }
    let variables = checked_variables(members)?;
    let canary = match members.object("canarySettings")? {
        Some(given) => Some(canary::read(api, deployment, Members(&json!(given)))?),
        None => None,
    };
    let Some(stage) = api.stages.get_mut(name) else {
        return Ok(());
    };
    stage.updated = now;
    if canary.is_some() {
        stage.canary = canary;
        return Ok(());
    }
    stage.variables.extend(variables);
    check_count(&stage.variables)?;
    given(stage, members, now)?;
    let before = std::mem::replace(&mut stage.deployment, deployment.to_owned());
    release(api, &before, now);
    Ok(())
}

/// What else a deployment says of a stage that is there (unverified).
fn given(stage: &mut Stage, members: Members, now: Time) -> Outcome<()> {
    if let Some(description) = members.text("stageDescription")? {
        stage.description = Some(description.to_owned()).filter(|text| !text.is_empty());
    }
    stage.tracing = members.flag("tracingEnabled")?.unwrap_or(stage.tracing);
    if let Some(size) = members.text("cacheClusterSize")? {
        stage.cache_size = Some(size.to_owned());
    }
    match (stage.cache, members.flag("cacheClusterEnabled")?) {
        (false, Some(true)) => stage.start_cache(now),
        (true, Some(false)) => stage.stop_cache(now),
        _ => {}
    }
    Ok(())
}

/// A stage has left a deployment, which the service takes a moment to notice.
pub fn release(api: &mut RestApi, deployment: &str, now: Time) {
    if let Some(deployment) = api.deployments.get_mut(deployment) {
        deployment.held_until = now + DEPLOYMENT_RELEASE;
    }
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

/// A hundred variables (code and text unverified).
pub fn check_count(variables: &BTreeMap<String, String>) -> Outcome<()> {
    if variables.len() > VARIABLES {
        let message = format!("Maximum number of stage variables has been reached: {VARIABLES}");
        return Err(fail("LimitExceededException", message).status(429));
    }
    Ok(())
}

/// Known sizes only (text unverified).
pub fn check_cache_size(size: &str) -> Outcome<()> {
    if CACHE_SIZES.contains(&size) {
        return Ok(());
    }
    Err(bad_request(format!("Invalid cache cluster size. Must be one of: [{}]", CACHE_SIZES.join(", "))))
}

/// The stage as it is answered.
pub fn show(stage: &Stage, now: Time) -> Value {
    let mut shown = json!({
        "deploymentId": stage.deployment, "stageName": stage.name, "cacheClusterEnabled": stage.cache,
        "cacheClusterStatus": stage.cache_status(now), "methodSettings": stage.settings, "tracingEnabled": stage.tracing,
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
    if !stage.tags.is_empty() {
        shown["tags"] = json!(stage.tags);
    }
    shown
}

/// An unknown stage.
pub fn missing() -> Failure {
    not_found("Invalid Stage identifier specified")
}

/// A deployment that a stage or canary cannot point at.
pub fn missing_deployment() -> Failure {
    bad_request("Deployment id does not exist")
}

fn fresh(api: &RestApi, name: &str, deployment: &str, members: Members, now: Time) -> Outcome<Stage> {
    if api.stages.contains_key(name) {
        // (hashicorp/terraform-provider-aws#2918)
        return Err(conflict("Stage already exists"));
    }
    if api.stages.len() >= LIMIT {
        // (code and text unverified)
        return Err(
            fail("LimitExceededException", "Maximum number of Stages for this API has been reached.").status(429)
        );
    }
    let size = members.text("cacheClusterSize")?;
    let text = |key: &str| members.text(key).map(|text| text.filter(|text| !text.is_empty()).map(str::to_owned));
    let canary = match members.object("canarySettings")? {
        Some(given) => Some(canary::read(api, deployment, Members(&json!(given)))?),
        None => None,
    };
    let mut stage = Stage {
        name: name.to_owned(),
        deployment: deployment.to_owned(),
        description: text("description")?,
        variables: checked_variables(members)?,
        tracing: members.flag("tracingEnabled")?.unwrap_or_default(),
        cache_size: size.map(str::to_owned),
        documentation: text("documentationVersion")?,
        canary,
        tags: tags::checked(members.text_map("tags")?.unwrap_or_default())?,
        created: now,
        updated: now,
        ..Stage::default()
    };
    if members.flag("cacheClusterEnabled")?.unwrap_or_default() {
        stage.start_cache(now);
    }
    Ok(stage)
}

fn checked_variables(members: Members) -> Outcome<BTreeMap<String, String>> {
    let variables = members.text_map("variables")?.unwrap_or_default();
    variables.iter().try_for_each(|(key, value)| check_variable(key, value))?;
    check_count(&variables)?;
    Ok(variables)
}
