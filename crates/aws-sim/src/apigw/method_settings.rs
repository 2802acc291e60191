//! Method settings: they live on the stage, and their paths have rules of their own.

use serde_json::{Map, Value, json};

use super::patch::Patch;
use super::stage::Stage;
use crate::error::{Failure, Outcome, bad_request};

const VERBS: [&str; 7] = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD"];

/// Path ending, member, kind of value.
const SETTINGS: [(&str, &str, Kind); 10] = [
    ("metrics/enabled", "metricsEnabled", Kind::Bool),
    ("logging/dataTrace", "dataTraceEnabled", Kind::Bool),
    ("logging/loglevel", "loggingLevel", Kind::Level),
    ("throttling/burstLimit", "throttlingBurstLimit", Kind::Whole),
    ("throttling/rateLimit", "throttlingRateLimit", Kind::Rate),
    ("caching/ttlInSeconds", "cacheTtlInSeconds", Kind::Seconds),
    ("caching/enabled", "cachingEnabled", Kind::Bool),
    ("caching/dataEncrypted", "cacheDataEncrypted", Kind::Bool),
    ("caching/requireAuthorizationForCacheControl", "requireAuthorizationForCacheControl", Kind::Bool),
    ("caching/unauthorizedCacheControlHeaderStrategy", "unauthorizedCacheControlHeaderStrategy", Kind::Strategy),
];

/// The service's own list lacks some commas and some paths (LocalStack's AWS-validated snapshots).
const KNOWN_PATHS: &str = concat!(
    "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, ",
    "/accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, ",
    "/{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, ",
    "/{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit",
    "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, ",
    "/{resourcePath}/{httpMethod}/caching/dataEncrypted, ",
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, ",
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, ",
    "/*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit ",
    "/*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, ",
    "/*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, ",
    "/variables/{variable_name}, /tracingEnabled"
);

#[derive(Clone, Copy)]
enum Kind {
    Bool,
    Whole,
    Rate,
    Seconds,
    Level,
    Strategy,
}

/// Applies one patch to the settings; every path that no other rule of UpdateStage knows ends here. The resource need not
/// exist, and its spelling is kept.
pub fn apply(stage: &mut Stage, patch: &Patch, role: bool) -> Outcome<()> {
    let path = patch.path.strip_prefix('/').unwrap_or(&patch.path);
    if patch.op == "remove" {
        // Only a whole key can be removed.
        return stage.settings.remove(path).map(drop).ok_or_else(|| nothing_to_remove(path));
    }
    let invalid = || invalid_path(&patch.path);
    let ending = SETTINGS.iter().find(|(ending, ..)| path.ends_with(&format!("/{ending}")));
    let (ending, member, kind) = ending.ok_or_else(invalid)?;
    let key = &path[..path.len() - ending.len() - 1];
    if !valid_key(key) {
        return Err(invalid());
    }
    let value = value(patch, *kind)?;
    let logs = (*member == "loggingLevel" && value != "OFF") || (*member == "dataTraceEnabled" && value == true);
    if logs && !role {
        return Err(no_role());
    }
    stage.settings.entry(key.to_owned()).or_insert_with(defaults).insert((*member).to_owned(), value);
    Ok(())
}

/// A path that UpdateStage does not know.
pub fn invalid_path(path: &str) -> Failure {
    bad_request(format!("Invalid method setting path: {path}. Must be one of: [{KNOWN_PATHS}]"))
}

/// What is not there cannot be removed; the trailing blank is the service's.
pub fn nothing_to_remove(path: &str) -> Failure {
    bad_request(format!("Cannot remove method setting {path} because there is no method setting for this method "))
}

/// Logs need a role that belongs to the account and region.
pub fn no_role() -> Failure {
    bad_request("CloudWatch Logs role ARN must be set in account settings to enable logging")
}

/// `*/*`, or a resource path and one concrete verb; neither `ANY` nor a wildcard for the verb alone.
fn valid_key(key: &str) -> bool {
    match key.rsplit_once('/') {
        Some(("*", "*")) => true,
        Some((resource, verb)) => !resource.is_empty() && resource != "*" && VERBS.contains(&verb),
        None => false,
    }
}

/// Setting one value makes all defaults appear.
fn defaults() -> Map<String, Value> {
    let block = json!({
        "cacheTtlInSeconds": 300, "cachingEnabled": true, "cacheDataEncrypted": false, "dataTraceEnabled": false,
        "metricsEnabled": false, "requireAuthorizationForCacheControl": true, "throttlingBurstLimit": 5000,
        "throttlingRateLimit": 10000.0, "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
    });
    block.as_object().cloned().unwrap_or_default()
}

fn value(patch: &Patch, kind: Kind) -> Outcome<Value> {
    let text = patch.text();
    let invalid = |what: &str| bad_request(format!("Invalid {what} '{text}' for {}", patch.path));
    let one_of = |allowed: &[&str]| {
        if allowed.contains(&text) { Ok(json!(text)) } else { Err(invalid("value")) }
    };
    match kind {
        Kind::Bool => patch.flag().map(|flag| json!(flag)),
        Kind::Whole => text
            .parse::<i64>()
            .ok()
            .filter(|number| *number >= -1)
            .map(|number| json!(number))
            .ok_or_else(|| invalid("integer")),
        Kind::Rate => text
            .parse::<f64>()
            .ok()
            .filter(|rate| *rate >= -1.0)
            .map(|rate| json!(rate))
            .ok_or_else(|| invalid("number")),
        Kind::Seconds => match text.parse::<i64>() {
            Ok(seconds @ 0..=3600) => Ok(json!(seconds)),
            _ => Err(bad_request("Invalid time-to-live setting, must be an integer no greater than 3600")),
        },
        Kind::Level => one_of(&["OFF", "ERROR", "INFO"]),
        Kind::Strategy => one_of(&["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"]),
    }
}
