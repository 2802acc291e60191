//! The canary of a stage: a second deployment for a share of the requests. What is here was recorded in LocalStack's
//! AWS-validated snapshots, unless it says otherwise.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::patch::{Patch, unescape};
use super::rest::Members;
use super::stage::{Stage, check_variable, missing_deployment};
use super::{RestApi, method_settings};
use crate::error::{Outcome, bad_request};

const OVERRIDES: &str = "stageVariableOverrides";
const DEPLOYMENT: &str = "deploymentId";

/// The settings of a new canary; what is not given gets its default.
pub fn read(api: &RestApi, deployment: &str, given: Members) -> Outcome<Map<String, Value>> {
    let deployment = given.text(DEPLOYMENT)?.unwrap_or(deployment);
    check_deployment(api, deployment)?;
    let mut canary = fresh(deployment);
    if let Some(percent) = given.float("percentTraffic")? {
        canary.insert("percentTraffic".to_owned(), json!(check_percent(percent)?));
    }
    if let Some(flag) = given.flag("useStageCache")? {
        canary.insert("useStageCache".to_owned(), json!(flag));
    }
    let overrides = given.text_map(OVERRIDES)?.unwrap_or_default();
    overrides.iter().try_for_each(|(key, value)| check_variable(key, value))?;
    if !overrides.is_empty() {
        canary.insert(OVERRIDES.to_owned(), json!(overrides));
    }
    Ok(canary)
}

/// One patch below `/canarySettings`: a replacement makes the canary if there is none, and only the whole of it or one
/// override can be removed.
pub fn apply(api: &RestApi, stage: &mut Stage, patch: &Patch) -> Outcome<()> {
    let path = patch.path["/canarySettings".len()..].trim_start_matches('/');
    let overridden = path.strip_prefix("stageVariableOverrides/").map(unescape);
    if patch.op == "remove" {
        return remove(stage, patch, path, overridden);
    }
    let mut canary = stage.canary.clone().unwrap_or_else(|| fresh(&stage.deployment));
    match (path, overridden) {
        (_, Some(key)) => {
            check_variable(&key, patch.text())?;
            let mut overrides = overrides(&canary);
            overrides.insert(key, patch.text().to_owned());
            canary.insert(OVERRIDES.to_owned(), json!(overrides));
        }
        ("percentTraffic", _) => {
            let percent = patch.text().parse().map_err(|_| invalid_percent())?;
            canary.insert(path.to_owned(), json!(check_percent(percent)?));
        }
        ("useStageCache", _) => drop(canary.insert(path.to_owned(), json!(patch.flag()?))),
        (DEPLOYMENT, _) => {
            check_deployment(api, patch.text())?;
            canary.insert(path.to_owned(), json!(patch.text()));
        }
        _ => return Err(method_settings::invalid_path(&patch.path)),
    }
    stage.canary = Some(canary);
    Ok(())
}

/// The operation `copy` promotes the canary: its deployment becomes the stage's, its overrides become variables.
pub fn promote(stage: &mut Stage, patch: &Patch) -> Outcome<()> {
    let (path, from) = (patch.path.as_str(), patch.from.as_deref().unwrap_or("null"));
    let targets = ["/deploymentId", "/variables"];
    let sources = ["/canarySettings/deploymentId", "/canarySettings/stageVariableOverrides"];
    if !targets.iter().zip(sources).any(|pair| (*pair.0, pair.1) == (path, from)) {
        return Err(bad_request(format!(
            "Invalid copy operation with path: {path} and from {from}. Valid copy:path are [{}] and valid copy:from are [{}]",
            targets.join(", "),
            sources.join(", ")
        )));
    }
    let Some(canary) = &stage.canary else {
        return Err(bad_request("Promotion not available. Canary does not exist."));
    };
    if path == "/variables" {
        stage.variables.extend(overrides(canary));
    } else if let Some(id) = canary.get(DEPLOYMENT).and_then(Value::as_str) {
        id.clone_into(&mut stage.deployment);
    }
    Ok(())
}

/// Removing a canary that is not there is no error (unverified).
fn remove(stage: &mut Stage, patch: &Patch, path: &str, overridden: Option<String>) -> Outcome<()> {
    match (path, overridden, &mut stage.canary) {
        ("", _, canary) => {
            *canary = None;
            Ok(())
        }
        (_, Some(key), Some(canary)) => {
            let mut left = overrides(canary);
            left.remove(&key);
            canary.remove(OVERRIDES);
            if !left.is_empty() {
                canary.insert(OVERRIDES.to_owned(), json!(left));
            }
            Ok(())
        }
        _ => Err(method_settings::nothing_to_remove(patch.path.trim_start_matches('/'))),
    }
}

fn fresh(deployment: &str) -> Map<String, Value> {
    let defaults = json!({DEPLOYMENT: deployment, "percentTraffic": 0.0, "useStageCache": false});
    defaults.as_object().cloned().unwrap_or_default()
}

fn overrides(canary: &Map<String, Value>) -> BTreeMap<String, String> {
    let entries = canary.get(OVERRIDES).and_then(Value::as_object).into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

fn check_deployment(api: &RestApi, id: &str) -> Outcome<()> {
    if api.deployments.contains_key(id) { Ok(()) } else { Err(missing_deployment()) }
}

/// From 0.0 to 100.0, says the developer guide.
fn check_percent(percent: f64) -> Outcome<f64> {
    if (0.0..=100.0).contains(&percent) { Ok(percent) } else { Err(invalid_percent()) }
}

/// (text unverified)
fn invalid_percent() -> crate::error::Failure {
    bad_request("Invalid percentTraffic, must be between 0.0 and 100.0")
}
