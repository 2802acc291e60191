//! What answers a method.

use serde_json::{Value, json};

use crate::rules::{Rule, left_out, proof, sourced};
use crate::testing::server::{SILENT, Server, nobody, resolving};
use crate::testing::shop::{Reply, Shop};
use crate::testing::{Caller, document};

const HTTP: &str = "13.5 Integrations";
const TYPES: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html";
const CUSTOM: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html";
const RESPONSES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html";
const PASS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html";
const MOCK: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html";
const CORS: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html";
const BINARY: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html";
const GATEWAY: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html";
const NOTES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html";

pub const RULES: &[Rule] = &[
    sourced(
        HTTP,
        "HTTP_PROXY passes path, query string, headers and body to the back end.",
        TYPES,
        proof!(proxy_request),
    ),
    sourced(HTTP, "HTTP_PROXY passes status, headers and body of the answer back.", TYPES, proof!(proxy_answer)),
    sourced(
        HTTP,
        "Connection, Content-Length and Date of the answer come back as `x-amzn-Remapped-…`.",
        NOTES,
        proof!(remapped),
    ),
    sourced(HTTP, "HTTP passes no header and no query string that is not mapped.", CUSTOM, proof!(custom_request)),
    sourced(
        HTTP,
        "HTTP picks the integration response by a regular expression over the whole status.",
        RESPONSES,
        proof!(selected),
    ),
    sourced(
        HTTP,
        "An integration response without a selection pattern is the default.",
        RESPONSES,
        proof!(default_response),
    ),
    sourced(
        HTTP,
        "A status that no integration response stands for is 500 `Internal server error`.",
        GATEWAY,
        proof!(no_response),
    ),
    sourced(HTTP, "HTTP passes only those headers of the answer that are mapped.", RESPONSES, proof!(custom_headers)),
    sourced(HTTP, "An integration verb replaces the caller's; ANY keeps it.", TYPES, proof!(verbs)),
    sourced(
        HTTP,
        "Without a template for the content type, WHEN_NO_MATCH passes the body on.",
        PASS,
        proof!(when_no_match),
    ),
    sourced(
        HTTP,
        "WHEN_NO_TEMPLATES passes the body on when there is no template at all, and answers 415 otherwise.",
        PASS,
        proof!(when_no_templates),
    ),
    sourced(
        HTTP,
        "NEVER answers 415 `Unsupported Media Type` without a template for the content type.",
        PASS,
        proof!(never),
    ),
    sourced(HTTP, "A missing Content-Type counts as `application/json`.", PASS, proof!(no_content_type)),
    sourced(
        HTTP,
        "MOCK answers with the integration response for the status that its template names.",
        MOCK,
        proof!(mock),
    ),
    sourced(
        HTTP,
        "A MOCK without an integer `statusCode` is 500 `Internal server error`.",
        MOCK,
        proof!(mock_without_status),
    ),
    sourced(HTTP, "A preflight request is answered by an OPTIONS method with a MOCK.", CORS, proof!(preflight)),
    sourced(HTTP, "Bodies of binary media types pass as they are.", BINARY, proof!(binary)),
    sourced(HTTP, "Other bodies are text, and bytes that are no UTF-8 are lost.", BINARY, proof!(text)),
    sourced(HTTP, "CONVERT_TO_TEXT makes Base64 of a binary body.", BINARY, proof!(to_text)),
    sourced(HTTP, "CONVERT_TO_BINARY decodes a text body as Base64.", BINARY, proof!(to_binary)),
    sourced(
        HTTP,
        "A text that is no Base64 and should become binary is 500 `Internal server error`.",
        GATEWAY,
        proof!(no_base64),
    ),
    sourced(
        HTTP,
        "A back end that is silent for timeoutInMillis is 504 `Endpoint request timed out`.",
        "jet-admin/jet-django#4",
        proof!(silent),
    ),
    sourced(
        HTTP,
        "A back end that refuses connections is 504 `Network error communicating with endpoint`.",
        "RhinoSecurityLabs/IPRotate_Burp_Extension#17",
        proof!(refused),
    ),
    sourced(HTTP, "Without a VPC link, the request leaves over the internet.", crate::rules::MODEL, proof!(internet)),
    left_out(HTTP, "AWS and AWS_PROXY integrations.", "no other service is simulated; they answer 500"),
    left_out(
        HTTP,
        "Directives of the Velocity language in mapping templates.",
        "only references are rendered; a directive answers 500",
    ),
    left_out(
        HTTP,
        "A stage's cache answers instead of the back end.",
        "caching changes no resource; every request goes through",
    ),
    left_out(HTTP, "Answers of minimumCompressionSize and more are compressed.", "bodies go as they are"),
];

async fn proxy_request(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let paths = json!({"/x": {"x-amazon-apigateway-any-method": shop.proxy("/x", json!({}))}});
    shop.serve(paths).await;
    let reply = shop.call("POST", "/v1/x?a=1&b=2", &[("x-own", "yes")], "hello").await.json;
    assert_eq!(
        (&reply["path"], &reply["body"], &reply["headers"]["x-own"]),
        (&json!("/x?a=1&b=2"), &json!("hello"), &json!("yes"))
    );
}

/// `GET /x` of a shop whose target is really a server.
async fn really() -> (Shop, Server) {
    let server = Server::start();
    let shop = Shop::plain(resolving(&[("172.31.0.10:3001", server.address)])).await;
    (shop, server)
}

async fn proxy_answer(_: Caller) {
    let (shop, server) = really().await;
    server.answer(418);
    let reply = shop.get("/v1/x").await;
    reply.is(418, json!({"who": "real"}));
    assert_eq!(reply.header("x-own"), "yes");
    assert!(server.requests()[0].starts_with("get /x http/1.1\r\n"));
}

async fn remapped(_: Caller) {
    let (shop, _server) = really().await;
    let reply = shop.get("/v1/x").await;
    let names = ["connection", "content-length", "date"]
        .map(|name| reply.header(&format!("x-amzn-remapped-{name}")).to_owned());
    assert_eq!(names, ["close", "14", "then"]);
    assert_eq!(reply.header("date"), "");
}

/// An HTTP integration with responses: status, pattern, more members.
fn custom(shop: &Shop, more: Value, responses: &[(&str, &str, Value)]) -> Value {
    let mut operation = shop.proxy("/x", more);
    operation["responses"] = json!({});
    let integration = &mut operation["x-amazon-apigateway-integration"];
    integration["type"] = json!("http");
    integration["responses"] = json!({});
    for (status, pattern, members) in responses {
        let mut response = members.clone();
        response["statusCode"] = json!(status);
        integration["responses"][if pattern.is_empty() { "default" } else { *pattern }] = response;
    }
    for (status, ..) in responses {
        let headers = json!({"X-Own": {"type": "string"}, "X-Static": {"type": "string"}});
        operation["responses"][*status] = json!({"description": "", "headers": headers});
    }
    operation
}

async fn serve_custom(shop: &Shop, more: Value, responses: &[(&str, &str, Value)]) {
    let any = custom(shop, more, responses);
    shop.serve(json!({"/x": {"x-amazon-apigateway-any-method": any}})).await;
}

const OK: &str = "200";

async fn custom_request(aws: Caller) {
    let shop = Shop::open(aws).await;
    serve_custom(&shop, json!({}), &[(OK, "", json!({}))]).await;
    let reply = shop.call("POST", "/v1/x?a=1", &[("x-own", "yes")], "{}").await.json;
    assert_eq!((&reply["path"], &reply["headers"]["x-own"]), (&json!("/x"), &Value::Null));
}

async fn status_for(back_end: u16, responses: &[(&str, &str, Value)]) -> Reply {
    let (shop, server) = really().await;
    serve_custom(&shop, json!({}), responses).await;
    server.answer(back_end);
    shop.get("/v1/x").await
}

async fn selected(_: Caller) {
    let responses = [("400", "4\\d{2}", json!({})), ("502", "5", json!({})), (OK, "", json!({}))];
    assert_eq!(status_for(404, &responses).await.status, 400);
    assert_eq!(status_for(500, &responses).await.status, 200);
}

async fn default_response(_: Caller) {
    assert_eq!(status_for(503, &[("202", "", json!({})), ("400", "4.*", json!({}))]).await.status, 202);
}

async fn no_response(_: Caller) {
    status_for(503, &[("400", "4.*", json!({}))]).await.server_error();
}

async fn custom_headers(_: Caller) {
    let mapping = json!({"responseParameters": {
        "method.response.header.X-Own": "integration.response.header.X-Own",
        "method.response.header.X-Static": "'fixed'",
    }});
    let reply = status_for(200, &[(OK, "", mapping)]).await;
    assert_eq!((reply.header("x-own"), reply.header("x-static")), ("yes", "fixed"));
    assert_eq!(status_for(200, &[(OK, "", json!({}))]).await.header("x-own"), "");
}

async fn verbs(aws: Caller) {
    let shop = Shop::open(aws).await;
    for (written, seen) in [("ANY", "PUT"), ("POST", "POST")] {
        let any = shop.proxy("/x", json!({"httpMethod": written}));
        shop.serve(json!({"/x": {"x-amazon-apigateway-any-method": any}})).await;
        assert_eq!(shop.call("PUT", "/v1/x", &[], "").await.json["method"], seen);
    }
}

/// What the back end gets of a plain-text body, with a template for XML or without templates.
async fn passed(aws: Caller, behavior: &str, template: bool) -> Reply {
    let shop = Shop::open(aws).await;
    let templates = if template { json!({"application/xml": "<x/>"}) } else { json!({}) };
    let more = json!({"passthroughBehavior": behavior, "requestTemplates": templates});
    serve_custom(&shop, more, &[(OK, "", json!({}))]).await;
    shop.call("POST", "/v1/x", &[("content-type", "text/plain; charset=utf-8")], "hello").await
}

async fn when_no_match(aws: Caller) {
    assert_eq!(passed(aws, "when_no_match", true).await.json["body"], "hello");
}

async fn when_no_templates(aws: Caller) {
    passed(aws, "when_no_templates", true).await.is(415, json!({"message": "Unsupported Media Type"}));
    assert_eq!(passed(Caller::new(), "when_no_templates", false).await.json["body"], "hello");
}

async fn never(aws: Caller) {
    passed(aws, "never", false).await.is(415, json!({"message": "Unsupported Media Type"}));
}

async fn no_content_type(aws: Caller) {
    let shop = Shop::open(aws).await;
    let more = json!({"passthroughBehavior": "never", "requestTemplates": {"application/json": "from the template"}});
    serve_custom(&shop, more, &[(OK, "", json!({}))]).await;
    assert_eq!(shop.call("POST", "/v1/x", &[], "hello").await.json["body"], "from the template");
}

fn mock_of(template: &str) -> Value {
    let response = json!({"statusCode": "204", "responseParameters": {
        "method.response.header.Access-Control-Allow-Origin": "'*'"
    }});
    json!({
        "responses": {"204": {"description": "", "headers": {"Access-Control-Allow-Origin": {"type": "string"}}},
                      "404": {"description": ""}},
        "x-amazon-apigateway-integration": {
            "type": "mock", "requestTemplates": {"application/json": template},
            "responses": {"204": response, "404": {"statusCode": "404", "responseTemplates": {"application/json": "gone"}}},
        },
    })
}

async fn mock(aws: Caller) {
    let shop = Shop::open(aws).await;
    shop.serve(json!({"/x": {"get": mock_of("{\"statusCode\": 404}")}})).await;
    let reply = shop.get("/v1/x").await;
    assert_eq!((reply.status, &reply.bytes[..]), (404, &b"gone"[..]));
}

async fn mock_without_status(aws: Caller) {
    let shop = Shop::open(aws).await;
    shop.serve(json!({"/x": {"get": mock_of("{\"status\": 204}")}})).await;
    shop.get("/v1/x").await.server_error();
}

async fn preflight(aws: Caller) {
    let shop = Shop::open(aws).await;
    let paths = json!({"/x": {"get": shop.proxy("/x", json!({})), "options": mock_of("{\"statusCode\": 204}")}});
    shop.serve(paths).await;
    let reply = shop
        .call("OPTIONS", "/v1/x", &[("origin", "https://shop"), ("access-control-request-method", "GET")], "")
        .await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (204, "*"));
}

const IMAGE: [u8; 3] = [0xff, 0xfe, 0x00];

/// What the back end gets of a body; images are binary.
async fn carried(aws: Caller, handling: Option<&str>, media: &str, body: &[u8]) -> Reply {
    let shop = Shop::open(aws).await;
    let more = handling.map_or(json!({}), |handling| json!({"contentHandling": handling}));
    let any = shop.proxy("/x", more);
    let mut document = document(json!({"/x": {"x-amazon-apigateway-any-method": any}}));
    document["x-amazon-apigateway-binary-media-types"] = json!(["image/png"]);
    shop.serve_document(document).await;
    shop.call("POST", "/v1/x", &[("content-type", media)], body.to_vec()).await
}

async fn binary(_: Caller) {
    let server = Server::start();
    let aws = resolving(&[("172.31.0.10:3001", server.address)]);
    assert_eq!(carried(aws, None, "image/png", &IMAGE).await.status, 200);
    assert!(server.requests()[0].contains("content-length: 3\r\n"));
}

async fn text(_: Caller) {
    let server = Server::start();
    let aws = resolving(&[("172.31.0.10:3001", server.address)]);
    assert_eq!(carried(aws, None, "image/gif", &IMAGE).await.status, 200);
    assert!(server.requests()[0].contains("content-length: 7\r\n"));
}

async fn to_text(aws: Caller) {
    assert_eq!(carried(aws, Some("CONVERT_TO_TEXT"), "image/png", &IMAGE).await.json["body"], "//4A");
}

async fn to_binary(aws: Caller) {
    assert_eq!(carried(aws, Some("CONVERT_TO_BINARY"), "text/plain", b"aGVsbG8=").await.json["body"], "hello");
}

async fn no_base64(aws: Caller) {
    carried(aws, Some("CONVERT_TO_BINARY"), "text/plain", b"!").await.server_error();
}

async fn silent(_: Caller) {
    let (shop, server) = really().await;
    shop.serve(json!({"/x": {"get": shop.proxy("/x", json!({"timeoutInMillis": 300}))}})).await;
    server.answer(SILENT);
    shop.get("/v1/x").await.timed_out();
}

async fn refused(_: Caller) {
    let shop = Shop::plain(resolving(&[("172.31.0.10:3001", nobody())])).await;
    shop.get("/v1/x").await.no_network();
}

async fn internet(aws: Caller) {
    let shop = Shop::open(aws).await;
    let more = json!({"uri": "http://shop.example/x", "connectionType": "INTERNET"});
    shop.serve(json!({"/x": {"get": shop.proxy("", more)}})).await;
    assert_eq!(shop.get("/v1/x").await.json["target"], "shop.example:80");
}
