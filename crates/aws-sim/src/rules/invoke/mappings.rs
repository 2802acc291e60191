//! Parameters, templates and the headers that API Gateway adds.

use serde_json::{Value, json};

use crate::rules::{Rule, proof, sourced, unverified};
use crate::testing::Caller;
use crate::testing::shop::Shop;

const MAPPINGS: &str = "13.6 Parameters and templates";
const DATA: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html";
const REFERENCE: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html";
const NOTES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html";
const VARIABLES: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html";
const MODEL: &str = crate::rules::MODEL;
const ROTATOR: &str = "Ge0rg3/requests-ip-rotator#56";
const AGENT: &str = "noppoMan/Hexaville#1";
const FORWARDED: &str = "aws/aws-sam-cli#339";

pub const RULES: &[Rule] = &[
    sourced(
        MAPPINGS,
        "The Host header of the caller does not reach the back end; the uri's host does.",
        NOTES,
        proof!(host),
    ),
    unverified(
        MAPPINGS,
        "A proxy passes on no Content-MD5, Expect, Max-Forwards, Proxy-Authenticate, Server, TE, Trailer, Upgrade, Via and WWW-Authenticate.",
        proof!(dropped),
    ),
    unverified(
        MAPPINGS,
        "It passes an Authorization on, unless that is a signature of version 4.",
        proof!(authorization),
    ),
    sourced(MAPPINGS, "X-Forwarded-For, -Port and -Proto name the caller.", FORWARDED, proof!(forwarded)),
    unverified(MAPPINGS, "X-Forwarded-For is added to what the caller sent.", proof!(forwarded_twice)),
    sourced(
        MAPPINGS,
        "The back end learns the API from `x-amzn-apigateway-api-id` and has an `x-amzn-trace-id`.",
        ROTATOR,
        proof!(own_headers),
    ),
    sourced(
        MAPPINGS,
        "User-Agent is `AmazonAPIGateway_{api}` unless a proxy passes the caller's on.",
        AGENT,
        proof!(user_agent),
    ),
    sourced(MAPPINGS, "A path variable reaches the uri through a mapping, by whatever name.", DATA, proof!(path)),
    unverified(MAPPINGS, "A variable in the uri that nothing maps stays as it is written.", proof!(unmapped)),
    sourced(MAPPINGS, "A query parameter is mapped to a query parameter.", DATA, proof!(query)),
    sourced(MAPPINGS, "A header is mapped to a header.", DATA, proof!(header)),
    sourced(MAPPINGS, "A header is mapped to a query parameter, and the other way round.", DATA, proof!(across)),
    sourced(MAPPINGS, "A parameter with several values keeps them as `multivaluequerystring`.", DATA, proof!(several)),
    sourced(MAPPINGS, "A value of the JSON body is mapped by `method.request.body.…`.", DATA, proof!(body)),
    sourced(MAPPINGS, "A value in single quotes is sent as it is.", DATA, proof!(literal)),
    sourced(MAPPINGS, "`context.…` is known to mappings.", DATA, proof!(context)),
    sourced(MAPPINGS, "`stageVariables.…` is known to mappings.", VARIABLES, proof!(stage_variable)),
    sourced(MAPPINGS, "`${stageVariables.…}` is filled in in the uri.", VARIABLES, proof!(uri)),
    sourced(
        MAPPINGS,
        "`${stageVariables.…}` as connectionId picks the link when the request comes.",
        MODEL,
        proof!(connection),
    ),
    sourced(
        MAPPINGS,
        "A template knows `$input.body`, `$input.json`, `$input.path` and `$input.params`.",
        REFERENCE,
        proof!(input),
    ),
    sourced(MAPPINGS, "A template knows `$context` and `$stageVariables`.", REFERENCE, proof!(surroundings)),
    sourced(MAPPINGS, "A response template makes the caller's body of the back end's.", REFERENCE, proof!(response)),
];

/// Serves `/x/{id}` with mappings and gives what the back end got of a request.
async fn got(aws: Caller, uri: &str, mapping: Value) -> Value {
    let shop = Shop::open(aws).await;
    serve(&shop, shop.proxy(uri, json!({"requestParameters": mapping}))).await;
    ask(&shop).await
}

async fn serve(shop: &Shop, mut operation: Value) {
    operation["parameters"] = json!([
        {"name": "id", "in": "path", "required": true}, {"name": "q", "in": "query"}, {"name": "x-h", "in": "header"},
    ]);
    operation["responses"] = json!({"200": {"description": ""}});
    shop.serve(json!({"/x/{id}": {"post": operation}})).await;
    shop.patch_stage("/variables/v", "var").await;
}

async fn ask(shop: &Shop) -> Value {
    let headers =
        [("x-h", "head"), ("user-agent", "me"), ("x-forwarded-for", "192.0.2.1"), ("content-type", "application/json")];
    let reply = shop.call("POST", "/v1/x/7?q=one&q=two", &headers, r#"{"a":{"b":[1,2]}}"#).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json
}

async fn header_of(aws: Caller, name: &str) -> Value {
    got(aws, "/x", json!({})).await["headers"][name].clone()
}

async fn dropped(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let dropped = ["content-md5", "expect", "max-forwards", "proxy-authenticate", "server", "te", "trailer", "upgrade"];
    let dropped: Vec<&str> = dropped.into_iter().chain(["via", "www-authenticate"]).collect();
    let kept = ["date", "pragma", "range", "referer", "age"];
    let all: Vec<(&str, &str)> = dropped.iter().chain(&kept).map(|name| (*name, "x")).collect();
    let headers = shop.call("GET", "/v1/x", &all, "").await.json["headers"].clone();
    dropped.iter().for_each(|name| assert!(headers[*name].is_null(), "{name}"));
    kept.iter().for_each(|name| assert_eq!(headers[*name], "x", "{name}"));
}

async fn authorization(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let signature = "AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-central-1/execute-api/aws4_request";
    for (given, passed) in [("Bearer x", json!("Bearer x")), (signature, Value::Null)] {
        let reply = shop.call("GET", "/v1/x", &[("authorization", given)], "").await;
        assert_eq!(reply.json["headers"]["authorization"], passed);
    }
}

async fn host(aws: Caller) {
    assert_eq!(header_of(aws, "host").await, "backend:3001");
}

async fn forwarded(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let reply = shop.get("/v1/x").await.json;
    let name = |name: &str| reply["headers"][format!("x-forwarded-{name}")].clone();
    assert_eq!([name("for"), name("port"), name("proto")], ["172.31.0.10", "443", "https"]);
}

async fn forwarded_twice(aws: Caller) {
    assert_eq!(header_of(aws, "x-forwarded-for").await, "192.0.2.1, 172.31.0.10");
}

async fn own_headers(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let reply = shop.get("/v1/x").await.json;
    assert_eq!(reply["headers"]["x-amzn-apigateway-api-id"], shop.api);
    assert!(reply["headers"]["x-amzn-trace-id"].as_str().unwrap().starts_with("Root=1-"));
}

async fn user_agent(aws: Caller) {
    let shop = Shop::plain(aws).await;
    assert_eq!(shop.get("/v1/x").await.json["headers"]["user-agent"], format!("AmazonAPIGateway_{}", shop.api));
    serve(&shop, shop.proxy("/x", json!({}))).await;
    assert_eq!(ask(&shop).await["headers"]["user-agent"], "me");
    serve(&shop, custom(&shop, json!({}))).await;
    assert_eq!(ask(&shop).await["headers"]["user-agent"], format!("AmazonAPIGateway_{}", shop.api));
}

async fn path(aws: Caller) {
    let mapping = json!({"integration.request.path.other": "method.request.path.id"});
    assert_eq!(got(aws, "/by/{other}", mapping).await["path"], "/by/7?q=one&q=two");
}

async fn unmapped(aws: Caller) {
    assert_eq!(got(aws, "/by/{id}", json!({})).await["path"], "/by/{id}?q=one&q=two");
}

/// The path that an HTTP integration, which passes nothing by itself, gets through a mapping.
async fn mapped(aws: Caller, mapping: Value) -> Value {
    let shop = Shop::open(aws).await;
    serve(&shop, custom(&shop, json!({"requestParameters": mapping}))).await;
    ask(&shop).await
}

fn custom(shop: &Shop, more: Value) -> Value {
    let mut operation = shop.proxy("/x", more);
    let integration = &mut operation["x-amazon-apigateway-integration"];
    integration["type"] = json!("http");
    if integration["responses"].is_null() {
        integration["responses"] = json!({"default": {"statusCode": "200"}});
    }
    operation
}

async fn query(aws: Caller) {
    let mapping = json!({"integration.request.querystring.p": "method.request.querystring.q"});
    assert_eq!(mapped(aws, mapping).await["path"], "/x?p=two");
}

async fn header(aws: Caller) {
    let mapping = json!({"integration.request.header.x-new": "method.request.header.x-h"});
    assert_eq!(mapped(aws, mapping).await["headers"]["x-new"], "head");
}

async fn across(aws: Caller) {
    let mapping = json!({
        "integration.request.querystring.h": "method.request.header.x-h",
        "integration.request.header.x-id": "method.request.path.id",
    });
    let reply = mapped(aws, mapping).await;
    assert_eq!((&reply["path"], &reply["headers"]["x-id"]), (&json!("/x?h=head"), &json!("7")));
}

async fn several(aws: Caller) {
    let shop = Shop::open(aws).await;
    let (_, resources) = {
        serve(&shop, custom(&shop, json!({}))).await;
        shop.aws.api("GET", &format!("/restapis/{}/resources", shop.api), Value::Null).await
    };
    let item = resources["item"].as_array().unwrap().iter().find(|item| item["path"] == "/x/{id}").unwrap();
    let method = format!("/restapis/{}/resources/{}/methods/POST", shop.api, crate::testing::text(item, "id"));
    let patch = |path: &str, value: &str| json!({"patchOperations": [{"op": "add", "path": path, "value": value}]});
    let declare = patch("/requestParameters/method.request.multivaluequerystring.m", "false");
    assert_eq!(shop.aws.api("PATCH", &method, declare).await.0, 200);
    let map = patch("/requestParameters/integration.request.querystring.p", "method.request.multivaluequerystring.m");
    let (status, answer) = shop.aws.api("PATCH", &format!("{method}/integration"), map).await;
    assert_eq!(status, 200, "{answer}");
    shop.aws.deploy(&shop.api).await;
    let reply = shop.call("POST", "/v1/x/7?m=one&m=two", &[], "").await.json;
    assert_eq!(reply["path"], "/x?p=one&p=two");
}

async fn body(aws: Caller) {
    let mapping = json!({"integration.request.header.x-new": "method.request.body.a.b[1]"});
    assert_eq!(mapped(aws, mapping).await["headers"]["x-new"], "2");
}

async fn literal(aws: Caller) {
    let mapping = json!({"integration.request.header.x-new": "'fixed'"});
    assert_eq!(mapped(aws, mapping).await["headers"]["x-new"], "fixed");
}

async fn context(aws: Caller) {
    let mapping = json!({"integration.request.header.x-new": "context.resourcePath"});
    assert_eq!(mapped(aws, mapping).await["headers"]["x-new"], "/x/{id}");
}

async fn stage_variable(aws: Caller) {
    let mapping = json!({"integration.request.header.x-new": "stageVariables.v"});
    assert_eq!(mapped(aws, mapping).await["headers"]["x-new"], "var");
}

async fn uri(aws: Caller) {
    assert_eq!(got(aws, "/${stageVariables.v}/x", json!({})).await["path"], "/var/x?q=one&q=two");
}

async fn connection(aws: Caller) {
    let shop = Shop::open(aws).await;
    shop.serve(json!({"/x": {"get": shop.proxy("/x", json!({"connectionId": "${stageVariables.link}"}))}})).await;
    shop.get("/v1/x").await.server_error();
    shop.patch_stage("/variables/link", &shop.link).await;
    assert_eq!(shop.get("/v1/x").await.status, 200);
}

async fn rendered(aws: Caller, template: &str) -> Value {
    let shop = Shop::open(aws).await;
    serve(&shop, custom(&shop, json!({"requestTemplates": {"application/json": template}}))).await;
    ask(&shop).await["body"].clone()
}

async fn input(aws: Caller) {
    let template = "$input.json('$.a') $input.path('$.a.b[0]') $input.params('id') $input.params('x-h') $input.body";
    assert_eq!(rendered(aws, template).await, r#"{"b":[1,2]} 1 7 head {"a":{"b":[1,2]}}"#);
}

async fn surroundings(aws: Caller) {
    assert_eq!(rendered(aws, "$context.stage, ${stageVariables.v}. $context.httpMethod").await, "v1, var. POST");
}

async fn response(aws: Caller) {
    let shop = Shop::open(aws).await;
    let template = r#"{"seen": $input.json('$.method')}"#;
    let responses = json!({"default": {"statusCode": "200", "responseTemplates": {"application/json": template}}});
    serve(&shop, custom(&shop, json!({"httpMethod": "PUT", "responses": responses}))).await;
    assert_eq!(ask(&shop).await, json!({"seen": "PUT"}));
}
