//! Sizes, throttling, and how errors look.

use serde_json::json;

use crate::rules::{Rule, proof, sourced, unverified};
use crate::testing::shop::{Reply, Shop};
use crate::testing::{Caller, later};

const SIZES: &str = "13.8 Sizes and throttling of requests";
const ERRORS: &str = "13.9 How errors look";
const LIMITS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html";
const THROTTLING: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html";
const ACCOUNT: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html";
const SPELLING: &str = "hashicorp/terraform-provider-aws#9738";
const FORBIDDEN: &str = "https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden";
const UNKNOWN: &str = "aws/chalice#12";

pub const RULES: &[Rule] = &[
    sourced(
        SIZES,
        "A body of more than 10 MB is 413, in plain text `HTTP content length exceeded 10485760 bytes.`.",
        "koki-develop/lgtm-generator#10",
        proof!(body),
    ),
    sourced(
        SIZES,
        "Headers of more than 10240 bytes in all are refused: `HTTP header is larger than 10240 bytes.`.",
        LIMITS,
        proof!(headers),
    ),
    unverified(SIZES, "That refusal has status 431.", proof!(headers_status)),
    sourced(SIZES, "A path that makes the method's ARN longer than 1600 bytes is 414.", LIMITS, proof!(uri)),
    sourced(SIZES, "Requests above a method's burst are 429 `Too Many Requests`.", THROTTLING, proof!(burst)),
    sourced(SIZES, "Tokens come back at the method's rate.", THROTTLING, proof!(rate)),
    sourced(SIZES, "The setting `*/*` limits every method, each by itself.", THROTTLING, proof!(wildcard)),
    sourced(SIZES, "A method's own setting counts instead of `*/*`.", THROTTLING, proof!(own_setting)),
    sourced(SIZES, "A setting under a key with a doubled slash has no effect.", SPELLING, proof!(doubled_slash)),
    unverified(
        SIZES,
        "A setting counts whichever way its path is spelled, with `~1` or with slashes.",
        proof!(spellings),
    ),
    unverified(SIZES, "A rate and burst of -1 are no limit.", proof!(no_limit)),
    unverified(SIZES, "A burst of 0 lets nothing through.", proof!(zero)),
    sourced(SIZES, "An account has a burst of 5000 requests in a region.", ACCOUNT, proof!(account)),
    sourced(
        ERRORS,
        "An error names its type in `x-amzn-ErrorType`: `ForbiddenException`.",
        FORBIDDEN,
        proof!(forbidden),
    ),
    sourced(ERRORS, "An unknown route is a `MissingAuthenticationTokenException`.", UNKNOWN, proof!(missing_token)),
    sourced(
        ERRORS,
        "A failed integration is an `InternalServerErrorException`.",
        "RhinoSecurityLabs/IPRotate_Burp_Extension#17",
        proof!(failed),
    ),
    unverified(ERRORS, "A throttled request is a `TooManyRequestsException`.", proof!(throttled)),
    sourced(
        ERRORS,
        "Every answer has an id of its own in `x-amzn-RequestId`, which `$context.requestId` is too.",
        UNKNOWN,
        proof!(request_id),
    ),
    sourced(ERRORS, "Errors are JSON with a `message`.", UNKNOWN, proof!(json_errors)),
];

async fn body(aws: Caller) {
    let shop = Shop::plain(aws).await;
    shop.serve(json!({"/x": {"post": shop.proxy("/x", json!({}))}})).await;
    let reply = shop.call("POST", "/v1/x", &[], vec![b'x'; 10_485_761]).await;
    assert_eq!((reply.status, &reply.bytes[..]), (413, &b"HTTP content length exceeded 10485760 bytes."[..]));
    assert_eq!(reply.header("content-type"), "text/plain");
    assert_eq!(shop.call("POST", "/v1/x", &[], vec![b'x'; 10_485_760]).await.status, 200);
}

async fn with_header(aws: Caller, length: usize) -> Reply {
    let shop = Shop::plain(aws).await;
    shop.call("GET", "/v1/x", &[("x-long", &"x".repeat(length))], "").await
}

async fn headers(aws: Caller) {
    assert_eq!(&with_header(aws, 10_240).await.bytes[..], b"HTTP header is larger than 10240 bytes.");
    assert_eq!(with_header(Caller::new(), 9_000).await.status, 200);
}

async fn headers_status(aws: Caller) {
    assert_eq!(with_header(aws, 10_240).await.status, 431);
}

async fn uri(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let path = |length: usize| format!("/v1/{}", "x".repeat(length));
    assert_eq!(shop.get(&path(1600)).await.status, 414);
    shop.get(&path(1500)).await.missing_token();
}

/// `/x` and `/deep/{id}`, and a throttle.
async fn limited(aws: Caller, key: &str, rate: &str, burst: &str) -> Shop {
    let shop = Shop::open(aws).await;
    let get = || json!({"get": shop.proxy("/x", json!({}))});
    shop.serve(json!({"/x": get(), "/deep/{id}": get()})).await;
    limit(&shop, key, rate, burst).await;
    shop
}

async fn limit(shop: &Shop, key: &str, rate: &str, burst: &str) {
    shop.patch_stage(&format!("/{key}/throttling/rateLimit"), rate).await;
    shop.patch_stage(&format!("/{key}/throttling/burstLimit"), burst).await;
}

/// How many of ten requests at once are answered.
async fn answered(shop: &Shop, path: &str) -> u32 {
    let mut answered = 0;
    for _ in 0..10 {
        let reply = shop.get(path).await;
        if reply.status == 200 {
            answered += 1;
        } else {
            reply.is(429, json!({"message": "Too Many Requests"}));
        }
    }
    answered
}

async fn burst(aws: Caller) {
    let shop = limited(aws, "x/GET", "1", "3").await;
    assert_eq!(answered(&shop, "/v1/x").await, 3);
}

async fn rate(aws: Caller) {
    let shop = limited(aws, "x/GET", "2", "3").await;
    assert_eq!(answered(&shop, "/v1/x").await, 3);
    later(1).await;
    assert_eq!(answered(&shop, "/v1/x").await, 2);
    later(60).await;
    assert_eq!(answered(&shop, "/v1/x").await, 3);
}

async fn wildcard(aws: Caller) {
    let shop = limited(aws, "*/*", "1", "4").await;
    assert_eq!((answered(&shop, "/v1/x").await, answered(&shop, "/v1/deep/1").await), (4, 4));
}

async fn own_setting(aws: Caller) {
    let shop = limited(aws, "*/*", "1", "4").await;
    limit(&shop, "x/GET", "1", "6").await;
    assert_eq!((answered(&shop, "/v1/x").await, answered(&shop, "/v1/deep/1").await), (6, 4));
}

async fn doubled_slash(aws: Caller) {
    let shop = limited(aws, "/deep/{id}/GET", "1", "3").await;
    assert_eq!(answered(&shop, "/v1/deep/1").await, 10);
}

async fn spellings(aws: Caller) {
    let shop = limited(aws, "~1deep~1{id}/GET", "1", "3").await;
    assert_eq!(answered(&shop, "/v1/deep/1").await, 3);
    let shop = limited(Caller::new(), "deep/{id}/GET", "1", "3").await;
    assert_eq!(answered(&shop, "/v1/deep/1").await, 3);
}

async fn no_limit(aws: Caller) {
    let shop = limited(aws, "*/*", "-1", "-1").await;
    assert_eq!(answered(&shop, "/v1/x").await, 10);
}

async fn zero(aws: Caller) {
    let shop = limited(aws, "x/GET", "0", "0").await;
    assert_eq!(answered(&shop, "/v1/x").await, 0);
}

async fn account(aws: Caller) {
    let shop = Shop::open(aws).await;
    let mock = json!({"x-amazon-apigateway-integration": {"type": "mock", "responses": {"default": {"statusCode": "200"}},
        "requestTemplates": {"application/json": "{\"statusCode\": 200}"}}, "responses": {"200": {"description": ""}}});
    shop.serve(json!({"/x": {"get": mock}})).await;
    for _ in 0..5000 {
        assert_eq!(shop.get("/v1/x").await.status, 200);
    }
    shop.get("/v1/x").await.is(429, json!({"message": "Too Many Requests"}));
}

async fn forbidden(aws: Caller) {
    assert_eq!(Shop::plain(aws).await.get("/v9/x").await.header("x-amzn-errortype"), "ForbiddenException");
}

async fn missing_token(aws: Caller) {
    let reply = Shop::plain(aws).await.get("/v1/y").await;
    assert_eq!(reply.header("x-amzn-errortype"), "MissingAuthenticationTokenException");
}

async fn failed(aws: Caller) {
    let shop = Shop::open(aws).await;
    shop.serve(json!({"/x": {"get": shop.proxy("", json!({"uri": "http://backend:9999/x"}))}})).await;
    assert_eq!(shop.get("/v1/x").await.header("x-amzn-errortype"), "InternalServerErrorException");
}

async fn throttled(aws: Caller) {
    let shop = limited(aws, "x/GET", "0", "0").await;
    assert_eq!(shop.get("/v1/x").await.header("x-amzn-errortype"), "TooManyRequestsException");
}

async fn json_errors(aws: Caller) {
    let reply = Shop::plain(aws).await.get("/v9/x").await;
    reply.forbidden();
    assert_eq!(reply.header("content-type"), "application/json");
}

async fn request_id(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let mapping = json!({"integration.request.header.x-id": "context.requestId"});
    shop.serve(json!({"/x": {"get": shop.proxy("/x", json!({"requestParameters": mapping}))}})).await;
    let (good, bad) = (shop.get("/v1/x").await, shop.get("/v1/y").await);
    assert_eq!(good.json["headers"]["x-id"], good.header("x-amzn-requestid"));
    assert_eq!(bad.header("x-amzn-requestid").len(), 36);
    assert_ne!(bad.header("x-amzn-requestid"), good.header("x-amzn-requestid"));
}
