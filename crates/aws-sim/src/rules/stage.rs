//! Stages: made, read, deleted.

use serde_json::{Map, Value, json};

use super::fixture::{Api, BAD_REQUEST, CONFLICT, LIMIT_EXCEEDED, NOT_FOUND, SERIALIZATION, VALIDATION, operations};
use super::{MODEL, RECORDED, Rule, left_out, proof, sourced, unverified};
use crate::testing::{Caller, later, text};

const TOPIC: &str = "12.1 Stages";
const PREFLIGHT: &str = "badmintoncryer/cdk-preflight";
const QUOTAS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html";
const CACHING: &str = "hashicorp/terraform-provider-aws, internal/service/apigateway/stage.go";

pub const RULES: &[Rule] = &[
    sourced(
        TOPIC,
        "CreateStage answers 201 with the defaults, and without what was not set.",
        RECORDED,
        proof!(create),
    ),
    sourced(TOPIC, "All that a stage was given is shown.", MODEL, proof!(echo)),
    sourced(
        TOPIC,
        "CreateStage does not know access logs, client certificate and method settings: it ignores them.",
        MODEL,
        proof!(not_at_create),
    ),
    sourced(
        TOPIC,
        "A stage's name has letters, digits and underscores; a dot is refused.",
        PREFLIGHT,
        proof!(bad_names),
    ),
    sourced(
        TOPIC,
        "It may have hyphens, though the message omits them, and 128 characters.",
        MODEL,
        proof!(good_names),
    ),
    sourced(TOPIC, "The deployment must exist.", "aws/chalice#1839", proof!(no_deployment)),
    sourced(TOPIC, "The deployment of a canary must exist too.", RECORDED, proof!(no_canary_deployment)),
    sourced(TOPIC, "A second stage of a name is a conflict.", "hashicorp/terraform-provider-aws#2918", proof!(twice)),
    sourced(TOPIC, "An API has ten stages at most.", QUOTAS, proof!(ten_stages)),
    unverified(TOPIC, "One more is a LimitExceededException, 429.", proof!(quota)),
    sourced(TOPIC, "A variable's name has word characters.", PREFLIGHT, proof!(variable_names)),
    sourced(TOPIC, "A variable's value has a fixed alphabet.", PREFLIGHT, proof!(variable_values)),
    sourced(TOPIC, "Names of variables have 64 characters at most, values 512.", QUOTAS, proof!(variable_lengths)),
    unverified(TOPIC, "Longer ones are refused with the sentences about other characters.", proof!(variable_sizes)),
    sourced(TOPIC, "A stage has 100 variables at most.", QUOTAS, proof!(hundred_variables)),
    unverified(TOPIC, "One more is a LimitExceededException too.", proof!(variable_count)),
    sourced(TOPIC, "A variable that is no text is a SerializationException.", RECORDED, proof!(variable_type)),
    sourced(TOPIC, "A canary shows defaults for what was not given.", RECORDED, proof!(canary)),
    unverified(
        TOPIC,
        "A canary's share is 0.0 to 100.0, and its overrides are checked like variables.",
        proof!(bad_canary),
    ),
    sourced(TOPIC, "A cache cluster takes minutes: CREATE_IN_PROGRESS, then AVAILABLE.", CACHING, proof!(cache)),
    sourced(TOPIC, "A cluster without a size has the smallest one.", CACHING, proof!(cache_default)),
    sourced(
        TOPIC,
        "A size without a cluster makes none.",
        "hashicorp/terraform-provider-aws#22841",
        proof!(cache_size_only),
    ),
    sourced(TOPIC, "An unknown size is a ValidationException.", MODEL, proof!(bad_cache_size)),
    left_out(TOPIC, "A cluster that is flushed is FLUSH_IN_PROGRESS.", "the simulator has no FlushStageCache"),
    left_out(TOPIC, "The web ACL of a stage is shown, and its association ends with it.", "the simulator has no WAF"),
    sourced(TOPIC, "GetStage shows what CreateStage answered, tags only if there are any.", RECORDED, proof!(get)),
    sourced(TOPIC, "An unknown stage is not found.", RECORDED, proof!(unknown)),
    sourced(TOPIC, "GetStages lists under `item`, without tags and without pages.", RECORDED, proof!(list)),
    sourced(TOPIC, "GetStages can be asked for the stages of one deployment.", RECORDED, proof!(filter)),
    sourced(TOPIC, "DeleteStage answers 202; method settings go with the stage.", MODEL, proof!(delete)),
    sourced(
        TOPIC,
        "Deleting an unknown stage says so with a small s.",
        "hashicorp/terraform-provider-aws#12756",
        proof!(delete_unknown),
    ),
    sourced(TOPIC, "A stage that is gone holds no VPC link.", "hashicorp/terraform#18392", proof!(frees_links)),
];

async fn create(aws: Caller) {
    let (api, id) = deployed(aws).await;
    let made = api.made("POST", "/stages", json!({"stageName": "v1", "deploymentId": id})).await;
    let wanted = json!({
        "stageName": "v1", "deploymentId": id, "cacheClusterEnabled": false, "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {}, "tracingEnabled": false, "createdDate": made["createdDate"],
        "lastUpdatedDate": made["createdDate"],
    });
    assert!(made["createdDate"].is_u64());
    assert_eq!(made, wanted);
}

async fn echo(aws: Caller) {
    let (api, id) = deployed(aws).await;
    let given = json!({
        "stageName": "v1", "deploymentId": id, "description": "my stage", "variables": {"a": "1"},
        "tracingEnabled": true, "documentationVersion": "v123", "tags": {"team": "shop"},
    });
    let made = api.made("POST", "/stages", given.clone()).await;
    given.as_object().unwrap().iter().for_each(|(key, value)| assert_eq!(&made[key], value));
}

async fn not_at_create(aws: Caller) {
    let more = json!({
        "accessLogSettings": {"format": "$context.requestId"}, "clientCertificateId": "abc123",
        "methodSettings": {"*/*": {"metricsEnabled": true}},
    });
    let (_, made) = made_with(aws, more).await;
    assert_eq!((&made["accessLogSettings"], &made["clientCertificateId"]), (&Value::Null, &Value::Null));
    assert_eq!(made["methodSettings"], json!({}));
}

async fn bad_names(aws: Caller) {
    let (api, id) = deployed(aws).await;
    for name in ["v.1", "v 1", "", &"v".repeat(129)] {
        let body = json!({"stageName": name, "deploymentId": id});
        api.refuses("POST", "/stages", body, BAD_REQUEST, "Stage name only allows a-zA-Z0-9_").await;
    }
}

async fn good_names(aws: Caller) {
    let (api, id) = deployed(aws).await;
    for name in ["v-1_A", &"v".repeat(128)] {
        api.made("POST", "/stages", json!({"stageName": name, "deploymentId": id})).await;
    }
}

async fn no_deployment(aws: Caller) {
    let (api, _) = deployed(aws).await;
    let body = json!({"stageName": "v1", "deploymentId": "abc123"});
    api.refuses("POST", "/stages", body, BAD_REQUEST, "Deployment id does not exist").await;
}

async fn no_canary_deployment(aws: Caller) {
    refused_with(aws, json!({"canarySettings": {"deploymentId": "deploy"}}), "Deployment id does not exist").await;
}

async fn twice(aws: Caller) {
    let (api, _, id) = Api::staged(aws).await;
    let body = json!({"stageName": "v1", "deploymentId": id});
    api.refuses("POST", "/stages", body, CONFLICT, "Stage already exists").await;
}

async fn quota(aws: Caller) {
    let (api, id) = deployed(aws).await;
    for number in 0..10 {
        api.made("POST", "/stages", json!({"stageName": format!("v{number}"), "deploymentId": id})).await;
    }
    let body = json!({"stageName": "v10", "deploymentId": id});
    let message = "Maximum number of Stages for this API has been reached.";
    api.refuses("POST", "/stages", body, LIMIT_EXCEEDED, message).await;
}

/// The last of so many bodies is refused, and only that.
async fn only_the_last_fails(api: &Api, bodies: &[Value]) {
    for (number, body) in bodies.iter().enumerate() {
        let refused = api.call("POST", "/stages", body).await.0 >= 400;
        assert_eq!(refused, number + 1 == bodies.len(), "{body}");
    }
}

async fn ten_stages(aws: Caller) {
    let (api, id) = deployed(aws).await;
    let stage = |number: u8| json!({"stageName": format!("v{number}"), "deploymentId": id});
    only_the_last_fails(&api, &(0..11).map(stage).collect::<Vec<_>>()).await;
}

async fn variable_lengths(aws: Caller) {
    let (api, id) = deployed(aws).await;
    let stage = |name: &str, key: usize, value: usize| json!({"stageName": name, "deploymentId": id, "variables": {"k".repeat(key): "v".repeat(value)}});
    only_the_last_fails(&api, &[stage("a", 64, 1), stage("b", 65, 1)]).await;
    only_the_last_fails(&api, &[stage("c", 1, 512), stage("d", 1, 513)]).await;
}

async fn hundred_variables(aws: Caller) {
    let (api, id) = deployed(aws).await;
    let variables = |count: usize| (0..count).map(|n| (format!("v{n}"), json!("x"))).collect::<Map<_, _>>();
    let stage =
        |count: usize| json!({"stageName": format!("v{count}"), "deploymentId": id, "variables": variables(count)});
    only_the_last_fails(&api, &[stage(100), stage(101)]).await;
}

async fn variable_names(aws: Caller) {
    let message = "Invalid stage variable name: a-b. Please use names with only word characters.";
    refused_with(aws, json!({"variables": {"a-b": "1"}}), message).await;
}

async fn variable_values(aws: Caller) {
    let (api, id) = deployed(aws).await;
    let good = "aZ09 -._:/?&=,";
    let body = |value: &str| json!({"stageName": "v1", "deploymentId": id, "variables": {"a": value}});
    let message = "Invalid stage variable value of key a.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.";
    for bad in ["a+b", "ü", "{a}"] {
        api.refuses("POST", "/stages", body(bad), BAD_REQUEST, message).await;
    }
    assert_eq!(api.made("POST", "/stages", body(good)).await["variables"]["a"], good);
}

async fn variable_sizes(aws: Caller) {
    let (api, id) = deployed(aws).await;
    let body = |key: usize, value: usize| json!({"stageName": "v1", "deploymentId": id, "variables": {"k".repeat(key): "v".repeat(value)}});
    let name = format!("Invalid stage variable name: {}. Please use names with only word characters.", "k".repeat(65));
    let value = "Invalid stage variable value of key k.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.";
    api.refuses("POST", "/stages", body(65, 1), BAD_REQUEST, &name).await;
    api.refuses("POST", "/stages", body(1, 513), BAD_REQUEST, value).await;
    api.made("POST", "/stages", body(64, 512)).await;
}

async fn variable_count(aws: Caller) {
    let (api, id) = deployed(aws).await;
    let variables = |count: usize| (0..count).map(|n| (format!("v{n}"), json!("x"))).collect::<Map<_, _>>();
    let message = "Maximum number of stage variables has been reached: 100";
    let body = |count| json!({"stageName": "v1", "deploymentId": id, "variables": variables(count)});
    api.refuses("POST", "/stages", body(101), LIMIT_EXCEEDED, message).await;
    api.made("POST", "/stages", body(100)).await;
    let more = operations(&[("replace", "/variables/more", "x")]);
    api.refuses("PATCH", "/stages/v1", more, LIMIT_EXCEEDED, message).await;
}

async fn variable_type(aws: Caller) {
    let (api, id) = deployed(aws).await;
    let body = json!({"stageName": "v1", "deploymentId": id, "variables": {"a": true}});
    let message = "class java.lang.Boolean can not be converted to an String";
    api.refuses("POST", "/stages", body, SERIALIZATION, message).await;
}

async fn canary(aws: Caller) {
    let (api, first) = deployed(aws).await;
    let second = api.deployment().await;
    let canary = json!({"deploymentId": second, "percentTraffic": 50, "stageVariableOverrides": {"a": "canary"}});
    let body = json!({"stageName": "v1", "deploymentId": first, "canarySettings": canary});
    let wanted = json!({
        "deploymentId": second, "percentTraffic": 50.0, "stageVariableOverrides": {"a": "canary"}, "useStageCache": false,
    });
    assert_eq!(api.made("POST", "/stages", body).await["canarySettings"], wanted);
}

async fn bad_canary(aws: Caller) {
    let (api, id) = deployed(aws).await;
    let percent = "Invalid percentTraffic, must be between 0.0 and 100.0";
    let name = "Invalid stage variable name: a-b. Please use names with only word characters.";
    for (wrong, message) in [
        (json!({"percentTraffic": 100.5}), percent),
        (json!({"percentTraffic": -1}), percent),
        (json!({"stageVariableOverrides": {"a-b": "x"}}), name),
    ] {
        let body = json!({"stageName": "v1", "deploymentId": id, "canarySettings": wrong});
        api.refuses("POST", "/stages", body, BAD_REQUEST, message).await;
    }
}

async fn cache(aws: Caller) {
    let (api, made) = made_with(aws, json!({"cacheClusterEnabled": true, "cacheClusterSize": "1.6"})).await;
    let status = (made["cacheClusterStatus"].as_str(), made["cacheClusterSize"].as_str());
    assert_eq!(status, (Some("CREATE_IN_PROGRESS"), Some("1.6")));
    later(200).await;
    assert_eq!(api.get("/stages/v1").await["cacheClusterStatus"], "CREATE_IN_PROGRESS");
    later(60).await;
    assert_eq!(api.get("/stages/v1").await["cacheClusterStatus"], "AVAILABLE");
}

async fn cache_default(aws: Caller) {
    let (_, made) = made_with(aws, json!({"cacheClusterEnabled": true})).await;
    assert_eq!(made["cacheClusterSize"], "0.5");
}

async fn cache_size_only(aws: Caller) {
    let (_, made) = made_with(aws, json!({"cacheClusterSize": "0.5"})).await;
    assert_eq!((&made["cacheClusterSize"], &made["cacheClusterStatus"]), (&json!("0.5"), &json!("NOT_AVAILABLE")));
}

async fn bad_cache_size(aws: Caller) {
    let (api, id) = deployed(aws).await;
    let body = json!({"stageName": "v1", "deploymentId": id, "cacheClusterSize": "1"});
    let message = "1 validation error detected: Value '1' at 'createStageInput.cacheClusterSize' failed to satisfy constraint: Member must satisfy enum value set: [0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237]";
    api.refuses("POST", "/stages", body, VALIDATION, message).await;
}

async fn get(aws: Caller) {
    let (api, made) = made_with(aws, json!({"description": "dev stage", "tags": {"team": "shop"}})).await;
    assert_eq!(api.get("/stages/v1").await, made);
    let body = json!({"stageName": "v2", "deploymentId": made["deploymentId"]});
    api.made("POST", "/stages", body).await;
    assert!(api.get("/stages/v2").await["tags"].is_null());
}

async fn unknown(aws: Caller) {
    let (api, _) = deployed(aws).await;
    for verb in ["GET", "PATCH"] {
        api.refuses(verb, "/stages/v1", Value::Null, NOT_FOUND, "Invalid Stage identifier specified").await;
    }
}

async fn list(aws: Caller) {
    let (api, mut first) = made_with(aws, json!({"tags": {"team": "shop"}})).await;
    let body = json!({"stageName": "v2", "deploymentId": first["deploymentId"]});
    let second = api.made("POST", "/stages", body).await;
    first.as_object_mut().unwrap().remove("tags");
    assert_eq!(api.get("/stages?limit=1").await, json!({"item": [first, second]}));
}

async fn filter(aws: Caller) {
    let (api, _, first) = Api::staged(aws).await;
    let second = api.deployment().await;
    api.made("POST", "/stages", json!({"stageName": "v2", "deploymentId": second})).await;
    for (id, name) in [(first, "v1"), (second, "v2")] {
        let found = api.get(&format!("/stages?deploymentId={id}")).await;
        let names: Vec<String> =
            found["item"].as_array().unwrap().iter().map(|stage| text(stage, "stageName")).collect();
        assert_eq!(names, [name]);
    }
}

async fn delete(aws: Caller) {
    let (api, stage, id) = Api::staged(aws).await;
    api.patch(&stage, &[("replace", "/*/*/metrics/enabled", "true")]).await;
    api.answer(202, "DELETE", &stage, Value::Null).await;
    let again = api.made("POST", "/stages", json!({"stageName": "v1", "deploymentId": id})).await;
    assert_eq!(again["methodSettings"], json!({}));
}

async fn delete_unknown(aws: Caller) {
    let (api, _) = deployed(aws).await;
    api.refuses("DELETE", "/stages/v1", Value::Null, NOT_FOUND, "Invalid stage identifier specified").await;
}

async fn frees_links(aws: Caller) {
    let link = aws.link(&aws.balancer("one").await).await;
    let api = Api::new(aws).await;
    let path = format!("{}/integration", api.method(&api.root, json!({})).await);
    let mut body = crate::testing::integration(&link, "/");
    body["type"] = json!("HTTP_PROXY");
    api.made("PUT", &path, body).await;
    api.made("POST", "/deployments", json!({"stageName": "v1"})).await;
    // Only the stage holds it any more.
    api.answer(204, "DELETE", &path, Value::Null).await;
    let path = format!("/vpclinks/{link}");
    assert_eq!(api.aws.api("DELETE", &path, Value::Null).await.0, 400);
    api.answer(202, "DELETE", "/stages/v1", Value::Null).await;
    assert_eq!(api.aws.api("DELETE", &path, Value::Null).await.0, 202);
}

/// An API with a deployment.
async fn deployed(aws: Caller) -> (Api, String) {
    let api = Api::deployable(aws).await;
    let id = api.deployment().await;
    (api, id)
}

/// An API with a stage `v1` that was made with more members, and what that answered.
async fn made_with(aws: Caller, more: Value) -> (Api, Value) {
    let (api, id) = deployed(aws).await;
    let mut body = json!({"stageName": "v1", "deploymentId": id});
    more.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
    let made = api.made("POST", "/stages", body).await;
    (api, made)
}

async fn refused_with(aws: Caller, more: Value, message: &str) {
    let (api, id) = deployed(aws).await;
    let mut body = json!({"stageName": "v1", "deploymentId": id});
    more.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
    api.refuses("POST", "/stages", body, BAD_REQUEST, message).await;
}
