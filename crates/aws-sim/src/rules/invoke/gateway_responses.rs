//! Gateway responses, as callers see them.

use serde_json::{Value, json};

use crate::rules::{Rule, left_out, proof, sourced, unverified};
use crate::testing::shop::{Reply, Shop, statement};
use crate::testing::{Caller, document};

const TOPIC: &str = "13.10 Gateway responses";
const TYPES: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html";
const GUIDE: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html";
const CONSOLE: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-gateway-response-using-the-console.html";

pub const RULES: &[Rule] = &[
    sourced(TOPIC, "A gateway response sets status, headers and body of its type of error.", GUIDE, proof!(changed)),
    sourced(TOPIC, "It counts from the next deployment on.", CONSOLE, proof!(deployed)),
    sourced(
        TOPIC,
        "A type that nobody has changed follows DEFAULT_4XX or DEFAULT_5XX, with its status.",
        TYPES,
        proof!(class),
    ),
    sourced(TOPIC, "A type's own response counts before its class's.", TYPES, proof!(own_first)),
    unverified(TOPIC, "Without a template of its own the body stays.", proof!(class)),
    sourced(
        TOPIC,
        "Headers come from text in quotes, and from headers, query and path of the request.",
        CONSOLE,
        proof!(headers),
    ),
    sourced(
        TOPIC,
        "Templates know `$context.error.message`, `messageString` (in quotes), `responseType`, and stage variables.",
        CONSOLE,
        proof!(templates),
    ),
    sourced(TOPIC, "An unknown route is a MISSING_AUTHENTICATION_TOKEN.", GUIDE, proof!(changed)),
    unverified(TOPIC, "A policy's denial is an ACCESS_DENIED.", proof!(denied)),
    sourced(TOPIC, "A missing API key is an INVALID_API_KEY.", TYPES, proof!(key)),
    sourced(TOPIC, "Too many requests are THROTTLED.", TYPES, proof!(throttled)),
    sourced(TOPIC, "A body that is too large is a REQUEST_TOO_LARGE.", TYPES, proof!(too_large)),
    sourced(TOPIC, "A content type without a template is an UNSUPPORTED_MEDIA_TYPE.", TYPES, proof!(media_type)),
    sourced(TOPIC, "A back end that is silent is an INTEGRATION_TIMEOUT.", TYPES, proof!(timeout)),
    sourced(TOPIC, "One that refuses is an INTEGRATION_FAILURE.", TYPES, proof!(failure)),
    sourced(TOPIC, "No integration response that fits is an API_CONFIGURATION_ERROR.", TYPES, proof!(configuration)),
    unverified(TOPIC, "A VPC link that is not there is one too.", proof!(no_link)),
    unverified(TOPIC, "What names no stage of an API gets the plain answer.", proof!(no_stage)),
    left_out(TOPIC, "Authorizers, request validators, quotas and WAF have types too.", "none of them is simulated"),
];

/// `/x` with an operation for any verb, under these responses.
async fn serve(shop: &Shop, operation: Value, responses: Value) {
    let mut document = document(json!({"/x": {"x-amazon-apigateway-any-method": operation}}));
    document["x-amazon-apigateway-gateway-responses"] = responses;
    shop.serve_document(document).await;
}

/// A type with status 418.
fn teapot(kind: &str) -> Value {
    json!({kind: {"statusCode": 418, "responseTemplates": {"application/json": "{\"type\":\"$context.error.responseType\"}"}}})
}

async fn plain(aws: Caller, responses: Value) -> Shop {
    let shop = Shop::open(aws).await;
    serve(&shop, shop.proxy("/x", json!({})), responses).await;
    shop
}

fn is_teapot(reply: &Reply, kind: &str) {
    reply.is(418, json!({"type": kind}));
}

/// An operation that always fails in the same way.
async fn fails(shop: Shop, operation: Value, kind: &str) {
    serve(&shop, operation, teapot(kind)).await;
    is_teapot(&shop.get("/v1/x").await, kind);
}

async fn changed(aws: Caller) {
    let response = json!({
        "statusCode": 404, "responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
        "responseTemplates": {"text/plain": "no such thing"},
    });
    let shop = plain(aws, json!({"MISSING_AUTHENTICATION_TOKEN": response})).await;
    let reply = shop.get("/v1/nothing").await;
    assert_eq!((reply.status, &reply.bytes[..]), (404, &b"no such thing"[..]));
    assert_eq!((reply.header("access-control-allow-origin"), reply.header("content-type")), ("*", "text/plain"));
    assert_eq!(shop.get("/v1/x").await.status, 200);
}

async fn deployed(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let mut document = document(json!({"/x": {"get": shop.proxy("/x", json!({}))}}));
    document["x-amazon-apigateway-gateway-responses"] = teapot("MISSING_AUTHENTICATION_TOKEN");
    assert_eq!(shop.aws.put_api(&shop.api, "overwrite", document).await.0, 200);
    shop.get("/v1/nothing").await.missing_token();
    shop.aws.deploy(&shop.api).await;
    is_teapot(&shop.get("/v1/nothing").await, "MISSING_AUTHENTICATION_TOKEN");
}

async fn class(aws: Caller) {
    let responses = json!({"DEFAULT_4XX": {"statusCode": 499}, "DEFAULT_5XX": {"statusCode": 599}});
    let shop = plain(aws, responses.clone()).await;
    shop.get("/v1/nothing").await.is(499, json!({"message": "Missing Authentication Token"}));
    serve(&shop, shop.proxy("", json!({"uri": "http://backend:3002/"})), responses).await;
    shop.get("/v1/x").await.is(599, json!({"message": "Network error communicating with endpoint"}));
}

async fn own_first(aws: Caller) {
    let mut responses = teapot("MISSING_AUTHENTICATION_TOKEN");
    responses["DEFAULT_4XX"] = json!({"statusCode": 499});
    is_teapot(&plain(aws, responses).await.get("/v1/nothing").await, "MISSING_AUTHENTICATION_TOKEN");
}

async fn headers(aws: Caller) {
    let parameters = json!({
        "gatewayresponse.header.a": "'text'", "gatewayresponse.header.b": "method.request.header.x-mine",
        "gatewayresponse.header.c": "method.request.querystring.q", "gatewayresponse.header.d": "context.stage",
        "gatewayresponse.header.e": "method.request.path.id",
    });
    let shop = Shop::open(aws).await;
    let mut document = document(json!({"/deep/{id}": {"get": shop.proxy("", json!({"uri": "http://backend:3002/"}))}}));
    document["x-amazon-apigateway-gateway-responses"] = json!({"DEFAULT_5XX": {"responseParameters": parameters}});
    shop.serve_document(document).await;
    let reply = shop.call("GET", "/v1/deep/7?q=two", &[("x-mine", "one")], "").await;
    let values = ["a", "b", "c", "d", "e"].map(|name| reply.header(name));
    assert_eq!((reply.status, values), (504, ["text", "one", "two", "v1", "7"]));
}

async fn templates(aws: Caller) {
    let template = "{\"a\":$context.error.messageString,\"b\":\"$context.error.message\",\"c\":\"$context.error.responseType\",\"d\":\"$stageVariables.v\"}";
    let response = json!({"responseTemplates": {"application/json": template}});
    let shop = plain(aws, json!({"MISSING_AUTHENTICATION_TOKEN": response})).await;
    shop.patch_stage("/variables/v", "here").await;
    let message = "Missing Authentication Token";
    let body = json!({"a": message, "b": message, "c": "MISSING_AUTHENTICATION_TOKEN", "d": "here"});
    shop.get("/v1/nothing").await.is(403, body);
}

async fn denied(aws: Caller) {
    let shop = Shop::open(aws).await;
    let mut document = document(json!({"/x": {"get": shop.proxy("/x", json!({}))}}));
    document["x-amazon-apigateway-policy"]["Statement"] = json!([statement("Deny", json!({}))]);
    document["x-amazon-apigateway-gateway-responses"] = teapot("ACCESS_DENIED");
    shop.serve_document(document).await;
    is_teapot(&shop.get("/v1/x").await, "ACCESS_DENIED");
}

async fn key(aws: Caller) {
    let shop = Shop::open(aws).await;
    let mut document = document(json!({"/x": {"get": shop.proxy("/x", json!({}))}}));
    document["components"]["securitySchemes"] = json!({"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}});
    document["paths"]["/x"]["get"]["security"] = json!([{"key": []}]);
    document["x-amazon-apigateway-gateway-responses"] = teapot("INVALID_API_KEY");
    shop.serve_document(document).await;
    is_teapot(&shop.get("/v1/x").await, "INVALID_API_KEY");
}

async fn throttled(aws: Caller) {
    let shop = plain(aws, teapot("THROTTLED")).await;
    for (limit, value) in [("rateLimit", "1"), ("burstLimit", "1")] {
        shop.patch_stage(&format!("/*/*/throttling/{limit}"), value).await;
    }
    assert_eq!(shop.get("/v1/x").await.status, 200);
    is_teapot(&shop.get("/v1/x").await, "THROTTLED");
}

async fn too_large(aws: Caller) {
    let shop = plain(aws, teapot("REQUEST_TOO_LARGE")).await;
    is_teapot(&shop.call("POST", "/v1/x", &[], vec![b'x'; 10_485_761]).await, "REQUEST_TOO_LARGE");
}

async fn media_type(aws: Caller) {
    let shop = Shop::open(aws).await;
    let operation = shop.proxy("/x", json!({"type": "http", "passthroughBehavior": "never"}));
    fails(shop, operation, "UNSUPPORTED_MEDIA_TYPE").await;
}

async fn timeout(aws: Caller) {
    let shop = Shop::guarded(aws).await;
    let operation = shop.proxy("/x", json!({}));
    fails(shop, operation, "INTEGRATION_TIMEOUT").await;
}

async fn failure(aws: Caller) {
    let shop = Shop::open(aws).await;
    let operation = shop.proxy("", json!({"uri": "http://backend:3002/"}));
    fails(shop, operation, "INTEGRATION_FAILURE").await;
}

async fn configuration(aws: Caller) {
    let shop = Shop::open(aws).await;
    let operation = shop.proxy("/x", json!({"type": "http"}));
    fails(shop, operation, "API_CONFIGURATION_ERROR").await;
}

async fn no_link(aws: Caller) {
    let shop = Shop::open(aws).await;
    let operation = shop.proxy("/x", json!({"connectionId": "${stageVariables.nothing}"}));
    fails(shop, operation, "API_CONFIGURATION_ERROR").await;
}

async fn no_stage(aws: Caller) {
    plain(aws, json!({"DEFAULT_4XX": {"statusCode": 499}})).await.get("/v2/x").await.forbidden();
}
