//! Deployments.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fixture::{Api, BAD_REQUEST, NOT_FOUND, VALIDATION, operations};
use super::{MODEL, RECORDED, Rule, proof, sourced, unverified};
use crate::testing::{Caller, document, later, open_policy, text};

const TOPIC: &str = "11 Deployments";
const PREFLIGHT: &str = "badmintoncryer/cdk-preflight";
const GUIDE: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html";
const HASHICORP: &str = "hashicorp/terraform-provider-aws, internal/service/apigateway/deployment.go";
const CANARY: &str = "Invalid deployment content specified.";
const POINTING: &str = "Active stages pointing to this deployment must be moved or deleted";

pub const RULES: &[Rule] = &[
    sourced(
        TOPIC,
        "CreateDeployment answers 201 with id (six characters) and createdDate, and a description only if it was given.",
        RECORDED,
        proof!(create),
    ),
    sourced(TOPIC, "Without a stage name only a picture is taken.", RECORDED, proof!(no_stage)),
    sourced(
        TOPIC,
        "With a new stage name the stage is made, with all that the request says of it.",
        MODEL,
        proof!(new_stage),
    ),
    sourced(
        TOPIC,
        "With the name of a stage that is there it is pointed at the deployment.",
        RECORDED,
        proof!(known_stage),
    ),
    unverified(TOPIC, "Variables are then merged into those of the stage.", proof!(merges_variables)),
    unverified(TOPIC, "So are its description, tracing and cache cluster, if they are given.", proof!(changes_stage)),
    sourced(TOPIC, "Another size of the cache cluster is a ValidationException.", MODEL, proof!(bad_size)),
    sourced(TOPIC, "Each call makes another deployment, even if nothing has changed.", GUIDE, proof!(not_idempotent)),
    sourced(TOPIC, "An API without methods cannot be deployed.", PREFLIGHT, proof!(no_methods)),
    sourced(TOPIC, "Nor one of whose methods has no integration.", PREFLIGHT, proof!(no_integration)),
    sourced(
        TOPIC,
        "Nor a private one without a resource policy.",
        "hashicorp/terraform-provider-aws#14290",
        proof!(no_policy),
    ),
    sourced(TOPIC, "The stage's name is checked.", PREFLIGHT, proof!(bad_stage)),
    sourced(TOPIC, "A canary needs a stage name.", RECORDED, proof!(canary_without_name)),
    sourced(TOPIC, "A canary needs a stage that is there.", RECORDED, proof!(canary_without_stage)),
    sourced(
        TOPIC,
        "A canary is put beside what the stage serves, with defaults for what was not given.",
        RECORDED,
        proof!(canary),
    ),
    sourced(TOPIC, "A new canary replaces the settings of the old one.", RECORDED, proof!(second_canary)),
    sourced(
        TOPIC,
        "A stage with a canary takes no other deployment.",
        "serverless/serverless#11518",
        proof!(not_beside_canary),
    ),
    sourced(TOPIC, "An unknown API is not found.", RECORDED, proof!(unknown_api)),
    sourced(
        TOPIC,
        "`embed=apisummary` adds authorization and API key of each method by path and verb.",
        MODEL,
        proof!(summary),
    ),
    sourced(TOPIC, "UpdateDeployment replaces the description.", MODEL, proof!(update)),
    unverified(TOPIC, "UpdateDeployment knows no other path.", proof!(update_paths)),
    sourced(TOPIC, "GetDeployments has pages of 25, or of as many as `limit` says, up to 500.", MODEL, proof!(pages)),
    unverified(TOPIC, "The number of deployments is not limited.", proof!(many)),
    sourced(TOPIC, "An unknown deployment is not found.", RECORDED, proof!(unknown)),
    sourced(TOPIC, "A deployment that a stage serves cannot be deleted.", RECORDED, proof!(delete_served)),
    sourced(TOPIC, "Nor can one that is a stage's canary.", HASHICORP, proof!(delete_canary)),
    unverified(TOPIC, "After its stage was moved it cannot be deleted for a moment.", proof!(delete_at_once)),
    sourced(TOPIC, "DeleteDeployment answers 202, for the last one too.", RECORDED, proof!(delete)),
    sourced(TOPIC, "Deployments have no tags.", MODEL, proof!(no_tags)),
    sourced(TOPIC, "What is changed in the API is served after the next deployment only.", GUIDE, proof!(snapshot)),
    sourced(
        TOPIC,
        "A policy counts from the next deployment on.",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html",
        proof!(policy_snapshot),
    ),
    sourced(TOPIC, "Stage variables are no part of it: they count at once.", GUIDE, proof!(variables_at_once)),
];

async fn create(aws: Caller) {
    let api = Api::deployable(aws).await;
    let made = api.made("POST", "/deployments", json!({})).await;
    let id = text(&made, "id");
    assert_eq!((id.len(), made.as_object().unwrap().len(), made["createdDate"].is_u64()), (6, 2, true), "{made}");
    assert_eq!(api.get(&format!("/deployments/{id}")).await, made);
    let described = api.made("POST", "/deployments", json!({"description": "second"})).await;
    assert_eq!(described["description"], "second");
}

async fn no_stage(aws: Caller) {
    let api = Api::deployable(aws).await;
    api.deployment().await;
    assert_eq!(api.get("/stages").await, json!({}));
}

async fn new_stage(aws: Caller) {
    let api = Api::deployable(aws).await;
    let body = json!({
        "stageName": "v1", "stageDescription": "the stage", "description": "the deployment",
        "variables": {"a": "1"}, "tracingEnabled": true, "cacheClusterEnabled": true, "cacheClusterSize": "1.6",
    });
    let made = api.made("POST", "/deployments", body).await;
    let stage = api.get("/stages/v1").await;
    assert_eq!((&stage["deploymentId"], &stage["description"]), (&made["id"], &json!("the stage")));
    assert_eq!((&stage["variables"], &stage["tracingEnabled"]), (&json!({"a": "1"}), &json!(true)));
    assert_eq!((&stage["cacheClusterEnabled"], &stage["cacheClusterSize"]), (&json!(true), &json!("1.6")));
}

async fn known_stage(aws: Caller) {
    let (api, stage, first) = Api::staged(aws).await;
    let second = api.made("POST", "/deployments", json!({"stageName": "v1"})).await;
    assert_ne!(second["id"], first);
    assert_eq!(api.get(&stage).await["deploymentId"], second["id"]);
}

async fn merges_variables(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    api.patch(&stage, &[("replace", "/variables/a", "1"), ("replace", "/variables/b", "1")]).await;
    api.made("POST", "/deployments", json!({"stageName": "v1", "variables": {"b": "2", "c": "2"}})).await;
    assert_eq!(api.get(&stage).await["variables"], json!({"a": "1", "b": "2", "c": "2"}));
}

async fn changes_stage(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let body = json!({
        "stageName": "v1", "stageDescription": "new", "tracingEnabled": true, "cacheClusterEnabled": true,
        "cacheClusterSize": "1.6",
    });
    api.made("POST", "/deployments", body).await;
    let shown = api.get(&stage).await;
    assert_eq!((&shown["description"], &shown["tracingEnabled"]), (&json!("new"), &json!(true)));
    assert_eq!((&shown["cacheClusterEnabled"], &shown["cacheClusterSize"]), (&json!(true), &json!("1.6")));
}

async fn bad_size(aws: Caller) {
    let api = Api::deployable(aws).await;
    let body = json!({"stageName": "v1", "cacheClusterSize": "1"});
    let message = "1 validation error detected: Value '1' at 'createDeploymentInput.cacheClusterSize' failed to satisfy constraint: Member must satisfy enum value set: [0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237]";
    api.refuses("POST", "/deployments", body, VALIDATION, message).await;
}

async fn not_idempotent(aws: Caller) {
    let api = Api::deployable(aws).await;
    assert_ne!(api.deployment().await, api.deployment().await);
    assert_eq!(api.get("/deployments").await["item"].as_array().unwrap().len(), 2);
}

async fn no_methods(aws: Caller) {
    let api = Api::new(aws).await;
    refuses(&api, json!({}), "The REST API doesn't contain any methods").await;
}

async fn no_integration(aws: Caller) {
    let api = Api::deployable(aws).await;
    let pets = api.resource(&api.root, "pets").await;
    api.method(&pets, json!({})).await;
    refuses(&api, json!({}), "No integration defined for method").await;
}

async fn no_policy(aws: Caller) {
    let mut api = Api::deployable(aws).await;
    later(5).await;
    api.id = api.aws.private_api(&[]).await;
    let paths = json!({"/": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}});
    let mut without = document(paths);
    without.as_object_mut().unwrap().remove("x-amazon-apigateway-policy");
    assert_eq!(api.aws.put_api(&api.id, "merge", without).await.0, 200);
    refuses(&api, json!({}), "Private REST API doesn't have a resource policy attached to it").await;
}

async fn bad_stage(aws: Caller) {
    let api = Api::deployable(aws).await;
    refuses(&api, json!({"stageName": "v.1"}), "Stage name only allows a-zA-Z0-9_").await;
    assert_eq!(api.get("/deployments").await, json!({}));
}

async fn canary_without_name(aws: Caller) {
    let api = Api::deployable(aws).await;
    for (name, shown) in [(json!(null), "null"), (json!(""), "")] {
        let message = format!(
            "{CANARY}Non null and non empty stageName must be provided for canary deployment. Provided value is {shown}"
        );
        refuses(&api, json!({"stageName": name, "canarySettings": {"percentTraffic": 50}}), &message).await;
    }
}

async fn canary_without_stage(aws: Caller) {
    let api = Api::deployable(aws).await;
    let message =
        format!("{CANARY}Stage non-existing must already be created before making a canary release deployment");
    refuses(&api, json!({"stageName": "non-existing", "canarySettings": {}}), &message).await;
}

async fn canary(aws: Caller) {
    let (api, stage, first) = Api::staged(aws).await;
    let settings = json!({"percentTraffic": 50, "stageVariableOverrides": {"a": "canary"}});
    let second = api.made("POST", "/deployments", json!({"stageName": "v1", "canarySettings": settings})).await;
    let shown = api.get(&stage).await;
    assert_eq!(shown["deploymentId"], first);
    let wanted = json!({
        "deploymentId": second["id"], "percentTraffic": 50.0, "useStageCache": false,
        "stageVariableOverrides": {"a": "canary"},
    });
    assert_eq!(shown["canarySettings"], wanted);
}

async fn second_canary(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let settings = json!({"percentTraffic": 50, "stageVariableOverrides": {"a": "canary"}});
    api.made("POST", "/deployments", json!({"stageName": "v1", "canarySettings": settings})).await;
    let second = api.made("POST", "/deployments", json!({"stageName": "v1", "canarySettings": {}})).await;
    let wanted = json!({"deploymentId": second["id"], "percentTraffic": 0.0, "useStageCache": false});
    assert_eq!(api.get(&stage).await["canarySettings"], wanted);
}

async fn not_beside_canary(aws: Caller) {
    let (api, ..) = Api::staged(aws).await;
    api.made("POST", "/deployments", json!({"stageName": "v1", "canarySettings": {}})).await;
    let message = format!(
        "{CANARY}Non canary deployment not supported on stage v1 because Canary is enabled. Provide CanarySettings in deploymentInput."
    );
    refuses(&api, json!({"stageName": "v1"}), &message).await;
    api.deployment().await;
}

async fn unknown_api(aws: Caller) {
    let mut api = Api::deployable(aws).await;
    api.id = "fakeapi123".to_owned();
    let message = "Invalid API identifier specified 111122223333:fakeapi123";
    api.refuses("POST", "/deployments", json!({}), NOT_FOUND, message).await;
}

async fn summary(aws: Caller) {
    let api = Api::deployable(aws).await;
    let id = api.deployment().await;
    assert!(api.get(&format!("/deployments/{id}")).await["apiSummary"].is_null());
    let shown = api.get(&format!("/deployments/{id}?embed=apisummary")).await;
    assert_eq!(shown["apiSummary"], json!({"/": {"GET": {"authorizationType": "NONE", "apiKeyRequired": false}}}));
}

async fn update(aws: Caller) {
    let api = Api::deployable(aws).await;
    let path = format!("/deployments/{}", api.deployment().await);
    let shown = api.patch(&path, &[("replace", "/description", "new")]).await;
    assert_eq!((shown["description"].as_str(), &api.get(&path).await), (Some("new"), &shown));
}

async fn update_paths(aws: Caller) {
    let api = Api::deployable(aws).await;
    let path = format!("/deployments/{}", api.deployment().await);
    let patches = [("replace", "/description", "new"), ("replace", "/id", "x")];
    api.refuses_patch(&path, &patches, "Invalid patch path /id").await;
    assert!(api.get(&path).await["description"].is_null());
}

async fn pages(aws: Caller) {
    let api = Api::deployable(aws).await;
    for _ in 0..26 {
        api.deployment().await;
    }
    let first = api.get("/deployments").await;
    let second = api.get(&format!("/deployments?position={}", text(&first, "position"))).await;
    let ids = |page: &Value| page["item"].as_array().unwrap().iter().map(|item| text(item, "id")).collect::<Vec<_>>();
    let all: BTreeSet<String> = ids(&first).into_iter().chain(ids(&second)).collect();
    assert_eq!((ids(&first).len(), ids(&second).len(), all.len()), (25, 1, 26));
    assert_eq!(ids(&api.get("/deployments?limit=500").await).len(), 26);
}

async fn many(aws: Caller) {
    let api = Api::deployable(aws).await;
    for _ in 0..310 {
        api.deployment().await;
    }
}

async fn unknown(aws: Caller) {
    let api = Api::deployable(aws).await;
    for verb in ["GET", "PATCH", "DELETE"] {
        let message = "Invalid Deployment identifier specified";
        api.refuses(verb, "/deployments/abc123", operations(&[]), NOT_FOUND, message).await;
    }
}

async fn delete_served(aws: Caller) {
    let (api, _, id) = Api::staged(aws).await;
    api.refuses("DELETE", &format!("/deployments/{id}"), Value::Null, BAD_REQUEST, POINTING).await;
}

async fn delete_canary(aws: Caller) {
    let (api, ..) = Api::staged(aws).await;
    let canary = api.made("POST", "/deployments", json!({"stageName": "v1", "canarySettings": {}})).await;
    let path = format!("/deployments/{}", text(&canary, "id"));
    let message = "Active stages with canary settings pointing to this deployment must be moved or deleted";
    api.refuses("DELETE", &path, Value::Null, BAD_REQUEST, message).await;
}

async fn delete_at_once(aws: Caller) {
    let (api, stage, old) = Api::staged(aws).await;
    let new = api.deployment().await;
    api.patch(&stage, &[("replace", "/deploymentId", &new)]).await;
    let path = format!("/deployments/{old}");
    api.refuses("DELETE", &path, Value::Null, BAD_REQUEST, POINTING).await;
    later(5).await;
    api.answer(202, "DELETE", &path, Value::Null).await;
}

async fn delete(aws: Caller) {
    let (api, stage, id) = Api::staged(aws).await;
    api.answer(202, "DELETE", &stage, Value::Null).await;
    api.answer(202, "DELETE", &format!("/deployments/{id}"), Value::Null).await;
    assert_eq!(api.get("/deployments").await, json!({}));
}

async fn no_tags(aws: Caller) {
    let (api, _, id) = Api::staged(aws).await;
    let tags = async |below: &str| {
        let arn = format!("arn:aws:apigateway:eu-central-1::/restapis/{}/{below}", api.id);
        api.aws.api("GET", &format!("/tags/{}", arn.replace('/', "%2F")), Value::Null).await.0
    };
    assert_eq!((tags("stages/v1").await, tags(&format!("deployments/{id}")).await / 100), (200, 4));
}

async fn snapshot(aws: Caller) {
    aws.endpoint().await;
    let (api, ..) = Api::staged(aws).await;
    let pets = api.resource(&api.root, "pets").await;
    api.mock(&pets).await;
    assert_eq!(api.aws.invoke(&api.id, "GET", "/v1/pets").await.1["message"], "Missing Authentication Token");
    api.made("POST", "/deployments", json!({"stageName": "v1"})).await;
    assert_ne!(api.aws.invoke(&api.id, "GET", "/v1/pets").await.1["message"], "Missing Authentication Token");
}

async fn policy_snapshot(aws: Caller) {
    aws.endpoint().await;
    let (api, ..) = Api::staged(aws).await;
    let before = api.aws.invoke(&api.id, "GET", "/v1").await;
    let deny =
        json!({"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    api.patch("", &[("replace", "/policy", &open_policy(Some(deny)).to_string())]).await;
    assert_eq!(api.aws.invoke(&api.id, "GET", "/v1").await, before);
    api.made("POST", "/deployments", json!({"stageName": "v1"})).await;
    assert_eq!((api.aws.invoke(&api.id, "GET", "/v1").await.0, before.0 == 403), (403, false));
}

async fn variables_at_once(aws: Caller) {
    let endpoint = aws.endpoint().await;
    let balancer = aws.balancer("one").await;
    let targets = aws.target_group("group").await;
    aws.listener(&balancer, 3001, &targets).await;
    let link = aws.link(&balancer).await;
    assert!(endpoint.starts_with("vpce-"));
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await;
    let mut body = crate::testing::integration("${stageVariables.link}", "/");
    body["type"] = json!("HTTP_PROXY");
    api.made("PUT", &format!("{path}/integration"), body).await;
    let id = api.deployment().await;
    let stage = json!({"stageName": "v1", "deploymentId": id, "variables": {"link": "abc123"}});
    api.made("POST", "/stages", stage).await;
    assert_ne!(api.aws.invoke(&api.id, "GET", "/v1").await.0, 200);
    api.patch("/stages/v1", &[("replace", "/variables/link", &link)]).await;
    assert_eq!(api.aws.invoke(&api.id, "GET", "/v1").await.0, 200);
}

async fn refuses(api: &Api, body: Value, message: &str) {
    api.refuses("POST", "/deployments", body, BAD_REQUEST, message).await;
}
