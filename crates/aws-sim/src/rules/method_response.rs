//! Method responses.

use serde_json::{Value, json};

use super::fixture::{Api, BAD_REQUEST, CONFLICT, NOT_FOUND, VALIDATION, operations};
use super::{MODEL, RECORDED, Rule, proof, sourced, unverified};
use crate::testing::Caller;

const TOPIC: &str = "9.2.1 Method responses";
const UNKNOWN_STATUS: &str = "Invalid Response status code specified";
const OP: &str = "at 'updateMethodResponseInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]";
const STATUS: &str =
    r"at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d";

pub const RULES: &[Rule] = &[
    sourced(
        TOPIC,
        "PutMethodResponse answers 201; empty maps are echoed if they were given, absent ones are not.",
        RECORDED,
        proof!(put),
    ),
    unverified(TOPIC, "A second response for a status is a conflict.", proof!(put_twice)),
    sourced(TOPIC, "UpdateMethodResponse answers 201.", MODEL, proof!(update)),
    sourced(TOPIC, "A map whose last entry is removed is gone.", RECORDED, proof!(empty_response)),
    sourced(
        TOPIC,
        "UpdateMethodResponse does not find the header or the model that it shall replace or remove.",
        RECORDED,
        proof!(absent_in_response),
    ),
    sourced(TOPIC, "UpdateMethodResponse knows no other path.", RECORDED, proof!(response_paths)),
    sourced(TOPIC, "A status that was not declared is not found.", RECORDED, proof!(unknown_status)),
    sourced(TOPIC, "A status code that is none is a ValidationException.", RECORDED, proof!(bad_status)),
    sourced(
        TOPIC,
        "A ValidationException counts and lists all that is wrong, operations before the status code.",
        RECORDED,
        proof!(all_violations),
    ),
    sourced(TOPIC, "Models of a response must exist too.", MODEL, proof!(response_models)),
    unverified(TOPIC, "Parameters of a response are headers.", proof!(response_parameters)),
    sourced(TOPIC, "DeleteMethodResponse answers 204.", MODEL, proof!(delete)),
];

async fn put(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await;
    let body = json!({"responseModels": {}, "responseParameters": {}});
    let empty = api.made("PUT", &format!("{path}/responses/200"), body).await;
    assert_eq!(empty, json!({"statusCode": "200", "responseModels": {}, "responseParameters": {}}));
    assert_eq!(api.get(&format!("{path}/responses/200")).await, empty);
    let absent = api.made("PUT", &format!("{path}/responses/201"), json!({})).await;
    assert_eq!(absent, json!({"statusCode": "201"}));
    assert_eq!(api.get(&path).await["methodResponses"], json!({"200": empty, "201": absent}));
}

async fn put_twice(aws: Caller) {
    let (api, path) = with_response(aws).await;
    api.refuses("PUT", &path, json!({}), CONFLICT, "Response already exists for this method").await;
}

async fn update(aws: Caller) {
    let (api, path) = with_response(aws).await;
    let header = "/responseParameters/method.response.header.a";
    let patches = [("add", header, "true"), ("add", "/responseModels/application~1json", "Empty")];
    let shown = api.answer(201, "PATCH", &path, operations(&patches)).await;
    let wanted = json!({
        "statusCode": "200", "responseParameters": {"method.response.header.a": true},
        "responseModels": {"application/json": "Empty"},
    });
    assert_eq!(shown, wanted);
}

async fn empty_response(aws: Caller) {
    let (api, path) = with_response(aws).await;
    let header = "/responseParameters/method.response.header.a";
    api.answer(201, "PATCH", &path, operations(&[("add", header, "true")])).await;
    let shown = api.answer(201, "PATCH", &path, operations(&[("remove", header, "true")])).await;
    assert_eq!(shown, json!({"statusCode": "200"}));
}

async fn absent_in_response(aws: Caller) {
    let (api, path) = with_response(aws).await;
    for op in ["replace", "remove"] {
        let body = operations(&[(op, "/responseParameters/method.response.header.a", "true")]);
        api.refuses("PATCH", &path, body, NOT_FOUND, "Invalid parameter name specified").await;
        let body = operations(&[(op, "/responseModels/application~1json", "Empty")]);
        api.refuses("PATCH", &path, body, NOT_FOUND, "Content-Type specified was not found").await;
    }
}

async fn response_paths(aws: Caller) {
    let (api, path) = with_response(aws).await;
    let wrong = "/wrong/method.response.header.my-header";
    api.refuses_patch(&path, &[("add", wrong, "true")], &format!("Invalid patch path {wrong}")).await;
}

async fn unknown_status(aws: Caller) {
    let (api, path) = with_response(aws).await;
    let path = path.replace("200", "201");
    for verb in ["GET", "PATCH", "DELETE"] {
        api.refuses(verb, &path, operations(&[]), NOT_FOUND, UNKNOWN_STATUS).await;
    }
}

async fn bad_status(aws: Caller) {
    let (api, path) = with_response(aws).await;
    for status in ["wrong", "600", "20"] {
        let path = path.replace("200", status);
        let message = format!("1 validation error detected: Value '{status}' {STATUS}");
        for verb in ["PUT", "GET", "PATCH", "DELETE"] {
            api.refuses(verb, &path, json!({}), VALIDATION, &message).await;
        }
    }
}

async fn all_violations(aws: Caller) {
    let (api, path) = with_response(aws).await;
    let body = operations(&[("wrong_op", "/responseModels/application~1json", "Empty")]);
    let message = format!("1 validation error detected: Value 'wrong_op' {OP}");
    api.refuses("PATCH", &path, body.clone(), VALIDATION, &message).await;
    let message = format!("2 validation errors detected: Value 'wrong_op' {OP}; Value 'wrong' {STATUS}");
    api.refuses("PATCH", &path.replace("200", "wrong"), body, VALIDATION, &message).await;
}

async fn response_models(aws: Caller) {
    let (api, path) = with_response(aws).await;
    let body = json!({"responseModels": {"application/json": "petModel"}});
    let message = "Invalid model identifier specified: petModel";
    api.refuses("PUT", &path.replace("200", "201"), body, BAD_REQUEST, message).await;
}

async fn response_parameters(aws: Caller) {
    let (api, path) = with_response(aws).await;
    let message = "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: method.response.body]";
    let body = json!({"responseParameters": {"method.response.body": true}});
    api.refuses("PUT", &path.replace("200", "201"), body, BAD_REQUEST, message).await;
}

async fn delete(aws: Caller) {
    let (api, path) = with_response(aws).await;
    api.answer(204, "DELETE", &path, Value::Null).await;
    api.refuses("DELETE", &path, Value::Null, NOT_FOUND, UNKNOWN_STATUS).await;
}

/// An API whose `GET /` has a response 200, and the path of that.
async fn with_response(aws: Caller) -> (Api, String) {
    let api = Api::new(aws).await;
    let path = format!("{}/responses/200", api.method(&api.root, json!({})).await);
    api.made("PUT", &path, json!({})).await;
    (api, path)
}
