//! The canary of a stage.

use serde_json::json;

use super::fixture::{Api, BAD_REQUEST, absent, unknown};
use super::{RECORDED, Rule, proof, sourced, unverified};
use crate::testing::Caller;

const TOPIC: &str = "12.2.1 Canaries";

pub const RULES: &[Rule] = &[
    sourced(
        TOPIC,
        "A replacement below /canarySettings makes a canary of what the stage serves.",
        RECORDED,
        proof!(made),
    ),
    sourced(TOPIC, "Share, deployment, cache and overrides of a canary are replaced.", RECORDED, proof!(replaced)),
    sourced(TOPIC, "The deployment of a canary must exist.", RECORDED, proof!(deployment)),
    sourced(TOPIC, "Nothing can be added to a canary.", RECORDED, proof!(add)),
    sourced(TOPIC, "A canary is removed as a whole, or one override of it.", RECORDED, proof!(remove)),
    sourced(TOPIC, "No other path of a canary is known.", RECORDED, proof!(paths)),
    unverified(TOPIC, "A canary's share is a number from 0.0 to 100.0.", proof!(share)),
    sourced(
        TOPIC,
        "The operation copy promotes: deployment to deployment, overrides into variables.",
        RECORDED,
        proof!(promote),
    ),
    sourced(TOPIC, "It copies nothing else.", RECORDED, proof!(bad_copy)),
    sourced(TOPIC, "Without a canary there is nothing to promote.", RECORDED, proof!(no_promotion)),
];

async fn made(aws: Caller) {
    let (api, stage, id) = Api::staged(aws).await;
    let shown = api.patch(&stage, &[("replace", "/canarySettings/percentTraffic", "50")]).await;
    let wanted = json!({"deploymentId": id, "percentTraffic": 50.0, "useStageCache": false});
    assert_eq!(shown["canarySettings"], wanted);
}

async fn replaced(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let other = api.deployment().await;
    let patches = [
        ("replace", "/canarySettings/deploymentId", other.as_str()),
        ("replace", "/canarySettings/percentTraffic", "10.5"),
        ("replace", "/canarySettings/useStageCache", "true"),
        ("replace", "/canarySettings/stageVariableOverrides/a", "updated"),
    ];
    let wanted = json!({
        "deploymentId": other, "percentTraffic": 10.5, "useStageCache": true,
        "stageVariableOverrides": {"a": "updated"},
    });
    assert_eq!(api.patch(&stage, &patches).await["canarySettings"], wanted);
}

async fn deployment(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let patch = ("replace", "/canarySettings/deploymentId", "deploy");
    api.refuses_patch(&stage, &[patch], "Deployment id does not exist").await;
}

async fn add(aws: Caller) {
    let (api, stage, id) = Api::staged(aws).await;
    let message = "Invalid add operation with path: /canarySettings/deploymentId";
    api.refuses_patch(&stage, &[("add", "/canarySettings/deploymentId", &id)], message).await;
}

async fn remove(aws: Caller) {
    let (api, stage, _) = with_canary(aws).await;
    for path in ["canarySettings/stageVariableOverrides", "canarySettings/badPath"] {
        api.refuses_patch(&stage, &[("remove", &format!("/{path}"), "")], &absent(path)).await;
    }
    let shown = api.patch(&stage, &[("remove", "/canarySettings/stageVariableOverrides/a", "")]).await;
    assert!(shown["canarySettings"]["stageVariableOverrides"].is_null() && shown["canarySettings"].is_object());
    assert!(api.patch(&stage, &[("remove", "/canarySettings", "")]).await["canarySettings"].is_null());
}

async fn paths(aws: Caller) {
    let (api, stage, _) = with_canary(aws).await;
    for path in ["/canarySettings", "/canarySettings/badPath"] {
        api.refuses_patch(&stage, &[("replace", path, "test")], &unknown(path)).await;
    }
}

async fn share(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let message = "Invalid percentTraffic, must be between 0.0 and 100.0";
    for wrong in ["-1", "100.1", "half"] {
        api.refuses_patch(&stage, &[("replace", "/canarySettings/percentTraffic", wrong)], message).await;
    }
}

async fn promote(aws: Caller) {
    let (api, stage, canary) = with_canary(aws).await;
    api.patch(&stage, &[("replace", "/variables/a", "stage"), ("replace", "/variables/b", "stage")]).await;
    let copies = json!({"patchOperations": [
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
        {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
    ]});
    let shown = api.answer(200, "PATCH", &stage, copies).await;
    assert_eq!((&shown["deploymentId"], &shown["variables"]), (&json!(canary), &json!({"a": "canary", "b": "stage"})));
    assert_eq!(shown["canarySettings"]["percentTraffic"], 0.0);
}

async fn bad_copy(aws: Caller) {
    let (api, stage, _) = with_canary(aws).await;
    let (path, from) = ("/canarySettings/stageVariableOverrides", "/variables");
    let copy = json!({"patchOperations": [{"op": "copy", "from": from, "path": path}]});
    let message = format!(
        "Invalid copy operation with path: {path} and from {from}. Valid copy:path are [/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]"
    );
    api.refuses("PATCH", &stage, copy, BAD_REQUEST, &message).await;
}

async fn no_promotion(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let copy = json!({"patchOperations": [
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
    ]});
    let message = "Promotion not available. Canary does not exist.";
    api.refuses("PATCH", &stage, copy, BAD_REQUEST, message).await;
}

/// A stage whose canary overrides the variable `a`, and the canary's deployment.
async fn with_canary(aws: Caller) -> (Api, String, String) {
    let (api, stage, _) = Api::staged(aws).await;
    let id = api.deployment().await;
    let patches = [
        ("replace", "/canarySettings/deploymentId", id.as_str()),
        ("replace", "/canarySettings/stageVariableOverrides/a", "canary"),
    ];
    api.patch(&stage, &patches).await;
    (api, stage, id)
}
