//! Integration responses.

use serde_json::{Value, json};

use super::fixture::{Api, BAD_REQUEST, NOT_FOUND, SERIALIZATION, VALIDATION};
use super::integration::mapping;
use super::{MODEL, RECORDED, Rule, proof, sourced, unverified};
use crate::testing::Caller;

const TOPIC: &str = "9.3.1 Integration responses";
const HEADERS: &str = "amazon-archives/aws-apigateway-importer#209";

pub const RULES: &[Rule] = &[
    sourced(TOPIC, "PutIntegrationResponse answers 201, and replaces.", RECORDED, proof!(put)),
    sourced(TOPIC, "An empty selection pattern and an empty map are echoed.", RECORDED, proof!(empty)),
    sourced(TOPIC, "A template that is null or empty is shown as null.", RECORDED, proof!(null_template)),
    sourced(
        TOPIC,
        "A response with mappings needs a method response for its status.",
        "amazon-archives/aws-apigateway-importer#121",
        proof!(undeclared),
    ),
    unverified(TOPIC, "So does one without, with the bare message.", proof!(undeclared_bare)),
    sourced(TOPIC, "A header that is set must be declared by the method response.", HEADERS, proof!(undeclared_header)),
    sourced(
        TOPIC,
        "A value that is no mapping must be in single quotes.",
        "awsdocs/amazon-api-gateway-developer-guide#7",
        proof!(unquoted),
    ),
    sourced(TOPIC, "Headers and body of the back end's answer can be mapped.", HEADERS, proof!(mapped)),
    sourced(TOPIC, "A template that is no text is a SerializationException.", RECORDED, proof!(template_type)),
    sourced(TOPIC, "A template is for a content type.", RECORDED, proof!(content_type)),
    sourced(TOPIC, "Another content handling is a ValidationException.", MODEL, proof!(handling)),
    sourced(TOPIC, "A status code that is none is a ValidationException.", RECORDED, proof!(bad_status)),
    sourced(TOPIC, "A status without a response is not found.", RECORDED, proof!(unknown_status)),
    sourced(TOPIC, "Without an integration that is what is not found.", RECORDED, proof!(no_integration)),
    sourced(
        TOPIC,
        "Put and Get do not find an unknown method, Delete calls it an unknown integration.",
        RECORDED,
        proof!(unknown_method),
    ),
    sourced(TOPIC, "An unknown resource or API is an unknown resource.", RECORDED, proof!(unknown_resource)),
    sourced(TOPIC, "UpdateIntegrationResponse replaces the selection pattern and templates.", RECORDED, proof!(update)),
    unverified(
        TOPIC,
        "UpdateIntegrationResponse checks mappings like Put, and knows no other path.",
        proof!(update_checks),
    ),
    sourced(TOPIC, "DeleteIntegrationResponse answers 204.", RECORDED, proof!(delete)),
];

async fn put(aws: Caller) {
    let (api, path) = ready(aws).await;
    let first = json!({"selectionPattern": "2\\d{2}", "contentHandling": "CONVERT_TO_BINARY"});
    api.made("PUT", &path, first).await;
    let second = json!({"selectionPattern": "other", "responseTemplates": {"application/json": "x"}});
    let mut wanted = second.clone();
    wanted["statusCode"] = json!("200");
    assert_eq!(api.made("PUT", &path, second).await, wanted);
    assert_eq!(api.get(&path).await, wanted);
    assert_eq!(api.get(&above(&path)).await["integrationResponses"], json!({"200": wanted}));
}

async fn empty(aws: Caller) {
    let (api, path) = ready(aws).await;
    let given = json!({"selectionPattern": "", "responseTemplates": {}, "statusCode": "200"});
    assert_eq!(api.made("PUT", &path, given.clone()).await, given);
}

async fn null_template(aws: Caller) {
    let (api, path) = ready(aws).await;
    for template in [json!(null), json!("")] {
        let shown = api.made("PUT", &path, json!({"responseTemplates": {"application/json": template}})).await;
        assert_eq!(shown["responseTemplates"], json!({"application/json": null}));
    }
}

async fn undeclared(aws: Caller) {
    let (api, path) = ready(aws).await;
    let body = json!({"responseParameters": {"method.response.header.a": "'x'"}});
    let message = mapping("No method response exists for method.");
    api.refuses("PUT", &path.replace("200", "401"), body, BAD_REQUEST, &message).await;
}

async fn undeclared_bare(aws: Caller) {
    let (api, path) = ready(aws).await;
    let message = "No method response exists for method.";
    api.refuses("PUT", &path.replace("200", "401"), json!({}), BAD_REQUEST, message).await;
}

async fn undeclared_header(aws: Caller) {
    let (api, path) = ready(aws).await;
    let body = json!({"responseParameters": {"method.response.header.b": "'x'"}});
    let message = mapping("Invalid mapping expression parameter specified: method.response.header.b");
    api.refuses("PUT", &path, body, BAD_REQUEST, &message).await;
}

async fn unquoted(aws: Caller) {
    let (api, path) = ready(aws).await;
    let body = json!({"responseParameters": {"method.response.header.a": "\"*\""}});
    let message = mapping("Invalid mapping expression specified: \"*\"");
    api.refuses("PUT", &path, body, BAD_REQUEST, &message).await;
}

async fn mapped(aws: Caller) {
    let (api, path) = ready(aws).await;
    for source in ["integration.response.header.a", "integration.response.body.location", "context.requestId"] {
        api.made("PUT", &path, json!({"responseParameters": {"method.response.header.a": source}})).await;
    }
}

async fn template_type(aws: Caller) {
    let (api, path) = ready(aws).await;
    let message = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String";
    let body = json!({"responseTemplates": {"application/json": 123}});
    api.refuses("PUT", &path, body, SERIALIZATION, message).await;
}

async fn content_type(aws: Caller) {
    let (api, path) = ready(aws).await;
    let message = "Validation Result: warnings : [], errors : [Invalid content type specified: 123]";
    api.refuses("PUT", &path, json!({"responseTemplates": {"123": "x"}}), BAD_REQUEST, message).await;
}

async fn handling(aws: Caller) {
    let (api, path) = ready(aws).await;
    let message = "1 validation error detected: Value 'KEEP' at 'putIntegrationResponseInput.contentHandling' failed to satisfy constraint: Member must satisfy enum value set: [CONVERT_TO_BINARY, CONVERT_TO_TEXT]";
    api.refuses("PUT", &path, json!({"contentHandling": "KEEP"}), VALIDATION, message).await;
}

async fn bad_status(aws: Caller) {
    let (api, path) = ready(aws).await;
    let message = r"1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d";
    for verb in ["PUT", "GET", "PATCH", "DELETE"] {
        api.refuses(verb, &path.replace("200", "wrong"), json!({}), VALIDATION, message).await;
    }
}

async fn unknown_status(aws: Caller) {
    let (api, path) = ready(aws).await;
    for verb in ["GET", "PATCH", "DELETE"] {
        api.refuses(verb, &path, Value::Null, NOT_FOUND, "Invalid Response status code specified").await;
    }
}

async fn no_integration(aws: Caller) {
    let (api, path) = ready(aws).await;
    api.answer(204, "DELETE", &above(&path), Value::Null).await;
    for verb in ["PUT", "GET"] {
        api.refuses(verb, &path, json!({}), NOT_FOUND, "Invalid Integration identifier specified").await;
    }
}

async fn unknown_method(aws: Caller) {
    let (api, path) = ready(aws).await;
    let path = path.replace("GET", "POST");
    for verb in ["PUT", "GET"] {
        api.refuses(verb, &path, json!({}), NOT_FOUND, "Invalid Method identifier specified").await;
    }
    api.refuses("DELETE", &path, Value::Null, NOT_FOUND, "Invalid Integration identifier specified").await;
}

async fn unknown_resource(aws: Caller) {
    let (mut api, path) = ready(aws).await;
    let message = "Invalid Resource identifier specified";
    for verb in ["PUT", "GET", "DELETE"] {
        api.refuses(verb, &path.replace(&api.root, "abc123"), json!({}), NOT_FOUND, message).await;
    }
    api.id = "fakeapi123".to_owned();
    for verb in ["PUT", "GET", "DELETE"] {
        api.refuses(verb, &path, json!({}), NOT_FOUND, message).await;
    }
}

async fn update(aws: Caller) {
    let (api, path) = ready(aws).await;
    api.made("PUT", &path, json!({"selectionPattern": "", "responseTemplates": {"application/json": "x"}})).await;
    let patches = [("replace", "/selectionPattern", "new"), ("replace", "/responseTemplates/application~1json", "y")];
    let wanted =
        json!({"statusCode": "200", "selectionPattern": "new", "responseTemplates": {"application/json": "y"}});
    assert_eq!(api.patch(&path, &patches).await, wanted);
    assert_eq!(api.get(&path).await, wanted);
}

async fn update_checks(aws: Caller) {
    let (api, path) = ready(aws).await;
    api.made("PUT", &path, json!({})).await;
    let patch = ("add", "/responseParameters/method.response.header.b", "'x'");
    let message = mapping("Invalid mapping expression parameter specified: method.response.header.b");
    api.refuses_patch(&path, &[patch], &message).await;
    api.refuses_patch(&path, &[("replace", "/statusCode", "201")], "Invalid patch path /statusCode").await;
}

async fn delete(aws: Caller) {
    let (api, path) = ready(aws).await;
    api.made("PUT", &path, json!({})).await;
    api.answer(204, "DELETE", &path, Value::Null).await;
    assert!(api.get(&above(&path)).await["integrationResponses"].is_null());
}

/// An API with a mock behind `GET /`, whose method response 200 declares the header `a`; the path is its integration response.
async fn ready(aws: Caller) -> (Api, String) {
    let api = Api::new(aws).await;
    let method = api.mock(&api.root).await;
    let declared = json!({"responseParameters": {"method.response.header.a": false}});
    api.made("PUT", &format!("{method}/responses/200"), declared).await;
    (api, format!("{method}/integration/responses/200"))
}

/// The integration of a response.
fn above(path: &str) -> String {
    path.trim_end_matches("/responses/200").to_owned()
}
