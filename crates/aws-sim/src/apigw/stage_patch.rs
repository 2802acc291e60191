//! UpdateStage: patch paths of a stage.

use serde_json::{Map, Value, json};

use super::patch::{self, Patch};
use super::rest::RestInput;
use super::stage::{self, Stage};
use super::{RestApi, method_settings, rest_api};
use crate::OperationResult;
use crate::clock::{CACHE_CREATE, Time};
use crate::error::{Outcome, bad_request};
use crate::protocol::Answer;
use crate::state::Context;

/// UpdateStage.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let now = context.now;
    let api = rest_api::find(context.region, input.label(0))?;
    let mut changed = api.stages.get(input.label(1)).ok_or_else(stage::missing)?.clone();
    let role = context.region.cloudwatch_role.is_some();
    for patch in patch::read(input, "updateStageInput")? {
        apply(api, &mut changed, &patch, role, now)?;
    }
    changed.updated = now;
    let shown = stage::show(&changed, now, true);
    rest_api::find_mut(context.region, input.label(0))?.stages.insert(changed.name.clone(), changed);
    Ok(Answer::ok(shown))
}

fn apply(api: &RestApi, stage: &mut Stage, patch: &Patch, role: bool, now: Time) -> Outcome<()> {
    match patch.path.as_str() {
        "/deploymentId" => {
            patch.only(&["replace", "copy"])?;
            let id = if patch.op == "copy" { promoted(stage, patch)? } else { patch.text().to_owned() };
            if !api.deployments.contains_key(&id) {
                // (status unverified)
                return Err(bad_request("Deployment id does not exist"));
            }
            stage.deployment = id;
            Ok(())
        }
        "/description" => patch.set_text(&mut stage.description),
        "/documentationVersion" => patch.set_text(&mut stage.documentation),
        "/clientCertificateId" => patch.set_text(&mut stage.certificate),
        "/tracingEnabled" => {
            patch.only(&["replace"])?;
            stage.tracing = patch.flag()?;
            Ok(())
        }
        "/cacheClusterEnabled" => {
            patch.only(&["replace"])?;
            let enabled = patch.flag()?;
            if enabled && !stage.cache {
                stage.cache_ready_at = now + CACHE_CREATE;
                stage.cache_size.get_or_insert_with(|| "0.5".to_owned());
            }
            stage.cache = enabled;
            Ok(())
        }
        "/cacheClusterSize" => {
            patch.only(&["replace"])?;
            stage::check_cache_size(patch.text())?;
            // Changing the size makes a new cluster.
            stage.cache_ready_at = now + CACHE_CREATE;
            stage.cache_size = Some(patch.text().to_owned());
            Ok(())
        }
        path if path.starts_with("/variables/") => variable(stage, patch),
        path if path.starts_with("/accessLogSettings") => access_log(stage, patch, role),
        path if path.starts_with("/canarySettings") => canary(stage, patch),
        _ => method_settings::apply(stage, patch, role),
    }
}

fn variable(stage: &mut Stage, patch: &Patch) -> Outcome<()> {
    patch.only(&["add", "replace", "remove", "copy"])?;
    let key = patch::unescape(&patch.path["/variables/".len()..]);
    if patch.op == "remove" {
        stage.variables.remove(&key);
        return Ok(());
    }
    stage::check_variable(&key, patch.text())?;
    stage.variables.insert(key, patch.text().to_owned());
    Ok(())
}

fn access_log(stage: &mut Stage, patch: &Patch, role: bool) -> Outcome<()> {
    if patch.op == "remove" {
        if patch.path != "/accessLogSettings" {
            return Err(method_settings::nothing_to_remove(patch.path.trim_start_matches('/')));
        }
        stage.access_log.clear();
        return Ok(());
    }
    let key = match patch.path.as_str() {
        "/accessLogSettings/destinationArn" => "destinationArn",
        "/accessLogSettings/format" => "format",
        _ => {
            let known = "[/accessLogSettings/destinationArn, /accessLogSettings/format]";
            return Err(bad_request(format!("Invalid accessLogSettings path. Must be one of : {known}")));
        }
    };
    let value = patch.text();
    if value.is_empty() {
        return Err(bad_request("Access Log value must not be empty"));
    }
    if key == "format" {
        if !value.contains("$context.requestId") && !value.contains("$context.extendedRequestId") {
            return Err(bad_request(
                "Access Log format must include either $context.requestId or $context.extendedRequestId",
            ));
        }
    } else {
        check_destination(value)?;
        if !role && value.contains(":log-group:") {
            return Err(method_settings::no_role());
        }
    }
    stage.access_log.insert(key.to_owned(), json!(value));
    Ok(())
}

/// A log group (without the trailing `:*`) or a Firehose stream with the right beginning.
fn check_destination(arn: &str) -> Outcome<()> {
    if arn.ends_with(":*") {
        let message =
            format!("Access log destination must only contain characters a-z, A-Z, 0-9, '_', '-', '/', '.': '{arn}'");
        return Err(bad_request(message));
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "logs", _, _, resource] if resource.starts_with("log-group:") => Ok(()),
        ["arn", _, "firehose", _, _, resource] if resource.starts_with("deliverystream/amazon-apigateway-") => Ok(()),
        _ => Err(bad_request(
            "The ARN must be a valid CloudWatch Logs log group or Kinesis Data Firehose delivery stream",
        )),
    }
}

fn canary(stage: &mut Stage, patch: &Patch) -> Outcome<()> {
    patch.only(&["add", "replace", "remove", "copy"])?;
    let path = patch.path["/canarySettings".len()..].trim_start_matches('/');
    if path.is_empty() {
        patch.only(&["remove"])?;
        stage.canary = None;
        return Ok(());
    }
    let canary = stage.canary.get_or_insert_with(Map::new);
    match path.split_once('/') {
        Some(("stageVariableOverrides", key)) => {
            let slot = canary.entry("stageVariableOverrides").or_insert_with(|| json!({}));
            match slot {
                Value::Object(map) => patch.set_entry(map, &patch::unescape(key), json!(patch.text())),
                _ => Err(patch.invalid_path()),
            }
        }
        None if path == "percentTraffic" => {
            let percent: f64 = patch.text().parse().map_err(|_| bad_request("Invalid percentTraffic"))?;
            patch.set_entry(canary, path, json!(percent))
        }
        None if path == "useStageCache" => patch.set_entry(canary, path, json!(patch.flag()?)),
        None if path == "deploymentId" => patch.set_entry(canary, path, json!(patch.text())),
        _ => Err(patch.invalid_path()),
    }
}

fn promoted(stage: &Stage, patch: &Patch) -> Outcome<String> {
    let canary = stage.canary.as_ref().filter(|_| patch.from.as_deref() == Some("/canarySettings/deploymentId"));
    let id = canary.and_then(|canary| canary.get("deploymentId")).and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| bad_request("Promotion not available. Canary does not exist."))
}
