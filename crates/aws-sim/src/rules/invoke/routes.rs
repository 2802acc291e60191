//! Stages, deployments and routes.

use serde_json::{Value, json};

use crate::rules::{Rule, proof, sourced, unverified};
use crate::testing::shop::Shop;
use crate::testing::{Caller, document, later};

const STAGES: &str = "13.3 Stages and deployments that answer";
const ROUTES: &str = "13.4 Routes";
const DEPLOY: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html";
const VARIABLES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/stage-variables.html";
const CANARY: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html";
const DISABLE: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html";
const PROXY: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html";
const TYPES: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html";

pub const RULES: &[Rule] = &[
    sourced(STAGES, "A stage answers as its deployment was, whatever the API is now.", DEPLOY, proof!(snapshot)),
    sourced(STAGES, "A stage that points at an older deployment answers as that one.", DEPLOY, proof!(rolled_back)),
    sourced(STAGES, "Stage variables count at once, without a deployment.", VARIABLES, proof!(variables)),
    unverified(STAGES, "An unknown stage answers 403 `Forbidden`.", proof!(unknown_stage)),
    unverified(STAGES, "A deleted stage answers 403 `Forbidden`.", proof!(deleted_stage)),
    sourced(
        STAGES,
        "An API with a disabled execute-api endpoint answers 403 `Forbidden`, once it is deployed.",
        DISABLE,
        proof!(disabled),
    ),
    sourced(STAGES, "A canary of 100 % answers everything.", CANARY, proof!(whole_canary)),
    sourced(STAGES, "A canary of 0 % answers nothing.", CANARY, proof!(no_canary)),
    sourced(STAGES, "A canary answers about its share of the requests, drawn at random.", CANARY, proof!(half_canary)),
    sourced(STAGES, "A canary's stage variables override those of the stage.", CANARY, proof!(canary_variables)),
    sourced(ROUTES, "A literal path segment comes before a variable one.", PROXY, proof!(literal_first)),
    sourced(ROUTES, "A variable path segment comes before a greedy one.", PROXY, proof!(variable_before_greedy)),
    sourced(ROUTES, "A greedy variable takes all the rest of a path.", PROXY, proof!(greedy)),
    sourced(
        ROUTES,
        "A greedy variable does not stand for nothing: its parent's path is another route.",
        PROXY,
        proof!(greedy_parent),
    ),
    sourced(ROUTES, "A method for the verb comes before ANY.", PROXY, proof!(verb_before_any)),
    sourced(ROUTES, "ANY answers every verb that has no method.", PROXY, proof!(any)),
    sourced(ROUTES, "The root path is a route like others.", PROXY, proof!(root)),
    sourced(ROUTES, "An unknown path answers 403 `Missing Authentication Token`.", TYPES, proof!(unknown_path)),
    sourced(ROUTES, "A verb without a method answers 403 `Missing Authentication Token`.", TYPES, proof!(unknown_verb)),
    sourced(
        ROUTES,
        "A method that is not deployed yet answers 403 `Missing Authentication Token`.",
        DEPLOY,
        proof!(undeployed),
    ),
    unverified(ROUTES, "Paths are case-sensitive.", proof!(case)),
    unverified(ROUTES, "A literal path without methods leaves the request to a variable one.", proof!(empty_literal)),
];

async fn change(shop: &Shop, path: &str) {
    let paths = json!({"/x": {"get": shop.proxy(path, json!({}))}});
    assert_eq!(shop.aws.put_api(&shop.api, "overwrite", document(paths)).await.0, 200);
}

async fn reached(shop: &Shop) -> Value {
    shop.get("/v1/x").await.json["path"].clone()
}

async fn snapshot(aws: Caller) {
    let shop = Shop::plain(aws).await;
    change(&shop, "/new").await;
    assert_eq!(reached(&shop).await, "/x");
    shop.aws.deploy(&shop.api).await;
    assert_eq!(reached(&shop).await, "/new");
}

async fn rolled_back(aws: Caller) {
    let shop = Shop::open(aws).await;
    let first = shop.serve(json!({"/x": {"get": shop.proxy("/first", json!({}))}})).await;
    shop.serve(json!({"/x": {"get": shop.proxy("/second", json!({}))}})).await;
    assert_eq!(reached(&shop).await, "/second");
    shop.patch_stage("/deploymentId", &first).await;
    assert_eq!(reached(&shop).await, "/first");
}

async fn variables(aws: Caller) {
    let shop = Shop::open(aws).await;
    shop.serve(json!({"/x": {"get": shop.proxy("/${stageVariables.where}/x", json!({}))}})).await;
    for place in ["here", "there"] {
        shop.patch_stage("/variables/where", place).await;
        assert_eq!(reached(&shop).await, format!("/{place}/x"));
    }
}

async fn unknown_stage(aws: Caller) {
    let shop = Shop::plain(aws).await;
    shop.get("/v2/x").await.forbidden();
    shop.get("/").await.forbidden();
}

async fn deleted_stage(aws: Caller) {
    let shop = Shop::plain(aws).await;
    assert_eq!(shop.aws.api("DELETE", &format!("/restapis/{}/stages/v1", shop.api), Value::Null).await.0, 202);
    shop.get("/v1/x").await.forbidden();
}

async fn disabled(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let patch = json!({"patchOperations": [{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}]});
    assert_eq!(shop.aws.api("PATCH", &format!("/restapis/{}", shop.api), patch).await.0, 200);
    assert_eq!(shop.get("/v1/x").await.status, 200);
    shop.aws.deploy(&shop.api).await;
    shop.get("/v1/x").await.forbidden();
}

/// The stage serves `/base`, its canary `/canary`; both have the stage variable `v`.
async fn canary(aws: Caller, percent: f64) -> Shop {
    let shop = Shop::open(aws).await;
    shop.serve(json!({"/x": {"get": shop.proxy("/base/${stageVariables.v}", json!({}))}})).await;
    shop.patch_stage("/variables/v", "stage").await;
    change(&shop, "/canary/${stageVariables.v}").await;
    let settings = json!({"percentTraffic": percent, "stageVariableOverrides": {"v": "own"}});
    let body = json!({"stageName": "v1", "canarySettings": settings});
    assert_eq!(shop.aws.api("POST", &format!("/restapis/{}/deployments", shop.api), body).await.0, 201);
    shop
}

async fn whole_canary(aws: Caller) {
    let shop = canary(aws, 100.0).await;
    for _ in 0..5 {
        assert_eq!(reached(&shop).await, "/canary/own");
    }
}

async fn no_canary(aws: Caller) {
    let shop = canary(aws, 0.0).await;
    for _ in 0..5 {
        assert_eq!(reached(&shop).await, "/base/stage");
    }
}

async fn half_canary(aws: Caller) {
    let shop = canary(aws, 50.0).await;
    let mut canaries = 0;
    for _ in 0..200 {
        canaries += u32::from(reached(&shop).await == "/canary/own");
    }
    assert!((70..130).contains(&canaries), "{canaries} of 200");
}

async fn canary_variables(aws: Caller) {
    let shop = canary(aws, 100.0).await;
    assert_eq!(reached(&shop).await, "/canary/own");
    shop.patch_stage("/canarySettings/percentTraffic", "0").await;
    assert_eq!(reached(&shop).await, "/base/stage");
}

/// Routes with literal, variable and greedy segments; each back-end path says which one it was.
async fn routes(aws: Caller) -> Shop {
    let shop = Shop::open(aws).await;
    let variable = |name: &str, path: &str| {
        let mapping = json!({format!("integration.request.path.{name}"): format!("method.request.path.{name}")});
        let mut operation = shop.proxy(path, json!({"requestParameters": mapping}));
        operation["parameters"] = json!([{"name": name, "in": "path", "required": true}]);
        operation
    };
    let plain = |path: &str| shop.proxy(path, json!({}));
    shop.serve(json!({
        "/": {"get": plain("/root")},
        "/a/literal": {"get": plain("/literal")},
        "/a/{id}": {"get": variable("id", "/by-id/{id}"), "x-amazon-apigateway-any-method": plain("/any")},
        "/a/empty/deep": {"get": plain("/deep")},
        "/b/{id}": {"get": variable("id", "/one/{id}")},
        "/b/{id}/{proxy+}": {"get": variable("proxy", "/below/{proxy}")},
        "/c/{proxy+}": {"x-amazon-apigateway-any-method": variable("proxy", "/greedy/{proxy}")},
    }))
    .await;
    shop
}

async fn leads(aws: Caller, method: &str, path: &str, to: &str) {
    let reply = routes(aws).await.call(method, path, &[], "").await;
    assert_eq!((reply.status, &reply.json["path"]), (200, &json!(to)));
}

async fn literal_first(aws: Caller) {
    leads(aws, "GET", "/v1/a/literal", "/literal").await;
}

async fn variable_before_greedy(aws: Caller) {
    leads(aws, "GET", "/v1/b/7", "/one/7").await;
}

async fn greedy(aws: Caller) {
    leads(aws, "GET", "/v1/c/d/e/f", "/greedy/d/e/f").await;
}

async fn greedy_parent(aws: Caller) {
    routes(aws).await.get("/v1/c").await.missing_token();
}

async fn verb_before_any(aws: Caller) {
    leads(aws, "GET", "/v1/a/7", "/by-id/7").await;
}

async fn any(aws: Caller) {
    leads(aws, "DELETE", "/v1/a/7", "/any").await;
}

async fn root(aws: Caller) {
    leads(aws, "GET", "/v1/", "/root").await;
}

async fn unknown_path(aws: Caller) {
    routes(aws).await.get("/v1/unknown").await.missing_token();
}

async fn unknown_verb(aws: Caller) {
    routes(aws).await.call("POST", "/v1/a/literal", &[], "").await.missing_token();
}

async fn undeployed(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let more = json!({"/x": {"get": shop.proxy("/x", json!({}))}, "/y": {"get": shop.proxy("/y", json!({}))}});
    assert_eq!(shop.aws.put_api(&shop.api, "overwrite", document(more)).await.0, 200);
    shop.get("/v1/y").await.missing_token();
    shop.aws.deploy(&shop.api).await;
    later(1).await;
    assert_eq!(shop.get("/v1/y").await.status, 200);
}

async fn case(aws: Caller) {
    let shop = Shop::plain(aws).await;
    shop.get("/v1/X").await.missing_token();
}

async fn empty_literal(aws: Caller) {
    leads(aws, "GET", "/v1/a/empty", "/by-id/empty").await;
}
