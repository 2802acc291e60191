//! UpdateStage: patch paths of a stage.

use serde_json::json;

use super::patch::{self, Patch};
use super::rest::RestInput;
use super::stage::{self, Stage};
use super::{RestApi, canary, method_settings, rest_api};
use crate::OperationResult;
use crate::clock::Time;
use crate::error::{Outcome, bad_request};
use crate::protocol::Answer;
use crate::state::Context;

/// As many patches as a client that has met the limit sends at once; the limit itself is unverified.
const MOST_PATCHES: usize = 80;

/// UpdateStage.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let now = context.now;
    let patches = patch::read(input, "updateStageInput")?;
    if patches.len() > MOST_PATCHES {
        // (DianaIonita/serverless-api-gateway-caching#46; the code is unverified)
        let message = "Update size too large. Try updating stage in multiple UpdateStage operations";
        return Err(bad_request(message));
    }
    let api = rest_api::find(context.region, input.label(0))?;
    let before = api.stages.get(input.label(1)).ok_or_else(stage::missing)?.clone();
    let mut changed = before.clone();
    let role = context.region.cloudwatch_role.is_some();
    for patch in &patches {
        apply(api, &mut changed, patch, role, now)?;
    }
    stage::check_count(&changed.variables)?;
    changed.updated = now;
    let shown = stage::show(&changed, now);
    let api = rest_api::find_mut(context.region, input.label(0))?;
    for left in before.deployments().filter(|id| changed.deployments().all(|kept| kept != *id)) {
        stage::release(api, left, now);
    }
    api.stages.insert(changed.name.clone(), changed);
    Ok(Answer::ok(shown))
}

fn apply(api: &RestApi, stage: &mut Stage, patch: &Patch, role: bool, now: Time) -> Outcome<()> {
    match (patch.op.as_str(), patch.path.as_str()) {
        ("copy", _) => canary::promote(stage, patch),
        // Recorded below /canarySettings only (LocalStack's AWS-validated snapshots), unverified elsewhere.
        (op @ ("add" | "move" | "test"), path) => Err(bad_request(format!("Invalid {op} operation with path: {path}"))),
        (_, path) if path.starts_with("/variables/") => variable(stage, patch),
        (_, path) if path.starts_with("/accessLogSettings") => access_log(stage, patch, role),
        (_, path) if path.starts_with("/canarySettings") => canary::apply(api, stage, patch),
        ("replace", path) => replace(api, stage, patch, path, role, now),
        // What else is removed is taken for a method setting.
        _ => method_settings::apply(stage, patch, role),
    }
}

fn replace(api: &RestApi, stage: &mut Stage, patch: &Patch, path: &str, role: bool, now: Time) -> Outcome<()> {
    match path {
        // (unverified for a stage; recorded for its canary)
        "/deploymentId" if !api.deployments.contains_key(patch.text()) => Err(stage::missing_deployment()),
        "/deploymentId" => {
            patch.text().clone_into(&mut stage.deployment);
            Ok(())
        }
        "/description" => patch.set_text(&mut stage.description),
        "/documentationVersion" => patch.set_text(&mut stage.documentation),
        "/clientCertificateId" => patch.set_text(&mut stage.certificate),
        "/tracingEnabled" => {
            stage.tracing = patch.flag()?;
            Ok(())
        }
        "/cacheClusterEnabled" => {
            match (stage.cache, patch.flag()?) {
                (false, true) => stage.start_cache(now),
                (true, false) => stage.stop_cache(now),
                _ => {}
            }
            Ok(())
        }
        "/cacheClusterSize" => {
            stage::check_cache_size(patch.text())?;
            let other = stage.cache_size.as_deref() != Some(patch.text());
            stage.cache_size = Some(patch.text().to_owned());
            // Another size is another cluster.
            if stage.cache && other {
                stage.start_cache(now);
            }
            Ok(())
        }
        _ => method_settings::apply(stage, patch, role),
    }
}

fn variable(stage: &mut Stage, patch: &Patch) -> Outcome<()> {
    let key = patch::unescape(&patch.path["/variables/".len()..]);
    if patch.op == "remove" {
        // An absent one is no error (unverified).
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
