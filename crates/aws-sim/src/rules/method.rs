//! Methods.

use serde_json::{Value, json};

use super::fixture::{Api, BAD_REQUEST, CONFLICT, NOT_FOUND, SERIALIZATION, operations};
use super::{MODEL, RECORDED, Rule, proof, sourced, unverified};
use crate::testing::Caller;

const TOPIC: &str = "9.2 Methods";
const UNKNOWN_RESOURCE: &str = "Invalid Resource identifier specified";
const UNKNOWN_METHOD: &str = "Invalid Method identifier specified";
const NO_AUTHORIZER: &str = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.";

pub const RULES: &[Rule] = &[
    sourced(
        TOPIC,
        "PutMethod answers 201 with httpMethod, authorizationType and apiKeyRequired.",
        RECORDED,
        proof!(put),
    ),
    sourced(
        TOPIC,
        "PutMethod never replaces: an existing method is a conflict.",
        "aws/aws-cli#3992",
        proof!(put_twice),
    ),
    sourced(TOPIC, "All that a method was given is echoed.", MODEL, proof!(echo)),
    sourced(TOPIC, "A verb is one of eight, in upper case.", RECORDED, proof!(verbs)),
    sourced(TOPIC, "Parameters come from five places of a request.", MODEL, proof!(places)),
    unverified(TOPIC, "Another name of a parameter is an invalid mapping.", proof!(bad_parameter)),
    sourced(TOPIC, "A parameter's name is unique across all places.", RECORDED, proof!(unique_parameters)),
    sourced(
        TOPIC,
        "The types CUSTOM and COGNITO_USER_POOLS need an authorizer that exists.",
        RECORDED,
        proof!(no_authorizer),
    ),
    unverified(TOPIC, "Another authorization type, or none, is refused.", proof!(bad_authorization)),
    sourced(TOPIC, "A request validator must exist.", RECORDED, proof!(no_validator)),
    sourced(TOPIC, "A model must exist; Empty and Error always do.", RECORDED, proof!(models)),
    sourced(
        TOPIC,
        "A JSON boolean or number where a text belongs is a SerializationException, without lower-case `message`.",
        RECORDED,
        proof!(serialization),
    ),
    sourced(
        TOPIC,
        "A method of an unknown resource, or of an unknown API, is an unknown resource.",
        RECORDED,
        proof!(lost),
    ),
    sourced(TOPIC, "DeleteMethod answers 204; then the method is not found.", RECORDED, proof!(delete)),
    unverified(TOPIC, "A method that is made again has no integration and no responses.", proof!(made_again)),
    sourced(
        TOPIC,
        "UpdateMethod replaces operationName, apiKeyRequired and authorizationType, which nothing else may be done to.",
        RECORDED,
        proof!(update_members),
    ),
    sourced(
        TOPIC,
        "UpdateMethod adds, replaces and removes one parameter or model; slashes of a content type are escaped.",
        RECORDED,
        proof!(update_entries),
    ),
    sourced(TOPIC, "UpdateMethod knows no other path.", RECORDED, proof!(update_paths)),
    sourced(TOPIC, "UpdateMethod takes every other text than true for false.", RECORDED, proof!(update_flag)),
    sourced(TOPIC, "An authorizer's id is ignored while the type needs none.", RECORDED, proof!(ignored_authorizer)),
    sourced(TOPIC, "UpdateMethod checks authorizer and validator like PutMethod.", RECORDED, proof!(update_checks)),
    unverified(TOPIC, "UpdateMethod adds and removes authorization scopes by value.", proof!(scopes)),
    unverified(
        TOPIC,
        "UpdateMethod does not find a parameter or model that is not there, as UpdateMethodResponse.",
        proof!(update_absent),
    ),
];

async fn put(aws: Caller) {
    let api = Api::new(aws).await;
    let path = methods(&api);
    let made = api.made("PUT", &format!("{path}/ANY"), json!({"authorizationType": "NONE"})).await;
    assert_eq!(made, json!({"httpMethod": "ANY", "authorizationType": "NONE", "apiKeyRequired": false}));
    assert_eq!(api.get(&format!("{path}/ANY")).await, made);
}

async fn put_twice(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await;
    let message = "Method already exists for this resource";
    api.refuses("PUT", &path, json!({"authorizationType": "AWS_IAM"}), CONFLICT, message).await;
}

async fn echo(aws: Caller) {
    let api = Api::new(aws).await;
    let more = json!({
        "apiKeyRequired": true, "operationName": "list", "requestModels": {"application/json": "Empty"},
        "requestParameters": {"method.request.header.a": false, "method.request.querystring.b": true},
    });
    let shown = api.get(&api.method(&api.root, more.clone()).await).await;
    more.as_object().unwrap().iter().for_each(|(key, value)| assert_eq!(&shown[key], value));
}

async fn verbs(aws: Caller) {
    let api = Api::new(aws).await;
    let path = methods(&api);
    let message = "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY";
    for verb in ["get", "TRACE"] {
        let body = json!({"authorizationType": "NONE"});
        api.refuses("PUT", &format!("{path}/{verb}"), body, BAD_REQUEST, message).await;
    }
    for verb in ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"] {
        api.made("PUT", &format!("{path}/{verb}"), json!({"authorizationType": "NONE"})).await;
    }
}

async fn places(aws: Caller) {
    let api = Api::new(aws).await;
    let places = ["path", "querystring", "header", "multivaluequerystring", "multivalueheader"];
    let names = places.map(|place| (format!("method.request.{place}.in-{place}"), json!(false)));
    api.method(&api.root, json!({"requestParameters": names.into_iter().collect::<serde_json::Map<_, _>>()})).await;
}

async fn bad_parameter(aws: Caller) {
    let api = Api::new(aws).await;
    for name in ["method.request.cookie.a", "method.request.path.", "integration.request.path.a"] {
        let errors = format!("[Invalid mapping expression specified: {name}]");
        let message =
            format!("Invalid mapping expression specified: Validation Result: warnings : [], errors : {errors}");
        refuses(&api, json!({"authorizationType": "NONE", "requestParameters": {name: true}}), &message).await;
    }
}

async fn unique_parameters(aws: Caller) {
    let api = Api::new(aws).await;
    let parameters = json!({"method.request.querystring.a": true, "method.request.header.a": true});
    let message = "Parameter names must be unique across querystring, header and path";
    refuses(&api, json!({"authorizationType": "NONE", "requestParameters": parameters}), message).await;
}

async fn no_authorizer(aws: Caller) {
    let api = Api::new(aws).await;
    for kind in ["CUSTOM", "COGNITO_USER_POOLS"] {
        refuses(&api, json!({"authorizationType": kind}), NO_AUTHORIZER).await;
        refuses(&api, json!({"authorizationType": kind, "authorizerId": "abc123"}), NO_AUTHORIZER).await;
    }
}

async fn bad_authorization(aws: Caller) {
    let api = Api::new(aws).await;
    let message = "Invalid authorization type specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS";
    refuses(&api, json!({"authorizationType": "BASIC"}), message).await;
    refuses(&api, json!({}), message).await;
}

async fn no_validator(aws: Caller) {
    let api = Api::new(aws).await;
    let message = "Invalid Request Validator identifier specified";
    refuses(&api, json!({"authorizationType": "NONE", "requestValidatorId": "wrong"}), message).await;
}

async fn models(aws: Caller) {
    let api = Api::new(aws).await;
    let body = json!({"authorizationType": "NONE", "requestModels": {"application/json": "petModel"}});
    refuses(&api, body, "Invalid model identifier specified: petModel").await;
    api.method(&api.root, json!({"requestModels": {"application/json": "Empty", "text/plain": "Error"}})).await;
}

async fn serialization(aws: Caller) {
    let api = Api::new(aws).await;
    let path = format!("{}/GET", methods(&api));
    for (value, class) in
        [(json!(true), "java.lang.Boolean"), (json!(1), "com.amazon.coral.value.json.numbers.TruncatingBigNumber")]
    {
        let message = format!("class {class} can not be converted to an String");
        let body = json!({"authorizationType": "NONE", "requestModels": {"application/json": value}});
        api.refuses("PUT", &path, body.clone(), SERIALIZATION, &message).await;
        assert_eq!(api.call("PUT", &path, &body).await.2["message"], Value::Null);
    }
}

async fn lost(aws: Caller) {
    let mut api = Api::new(aws).await;
    let body = || json!({"authorizationType": "NONE"});
    api.refuses("PUT", "/resources/abc123/methods/GET", body(), NOT_FOUND, UNKNOWN_RESOURCE).await;
    let path = api.method(&api.root, json!({})).await;
    api.id = "fakeapi123".to_owned();
    api.refuses("PUT", &path, body(), NOT_FOUND, UNKNOWN_RESOURCE).await;
    api.refuses("PATCH", &path, operations(&[]), NOT_FOUND, UNKNOWN_RESOURCE).await;
}

async fn delete(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await;
    api.answer(204, "DELETE", &path, Value::Null).await;
    for verb in ["GET", "DELETE"] {
        api.refuses(verb, &path, Value::Null, NOT_FOUND, UNKNOWN_METHOD).await;
    }
    let body = operations(&[("replace", "/operationName", "x")]);
    api.refuses("PATCH", &path, body, NOT_FOUND, UNKNOWN_METHOD).await;
}

async fn made_again(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.mock(&api.root).await;
    api.made("PUT", &format!("{path}/responses/200"), json!({})).await;
    api.answer(204, "DELETE", &path, Value::Null).await;
    let shown = api.get(&api.method(&api.root, json!({})).await).await;
    assert!(shown["methodIntegration"].is_null() && shown["methodResponses"].is_null(), "{shown}");
}

async fn update_members(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await;
    let changes = [("/operationName", "list"), ("/apiKeyRequired", "true"), ("/authorizationType", "AWS_IAM")];
    let shown = api.patch(&path, &changes.map(|(path, value)| ("replace", path, value))).await;
    let wanted = json!({
        "httpMethod": "GET", "operationName": "list", "apiKeyRequired": true, "authorizationType": "AWS_IAM",
    });
    assert_eq!(shown, wanted);
    for member in ["/operationName", "/apiKeyRequired", "/authorizationType", "/requestValidatorId"] {
        let message = "Invalid patch operation specified. Must be one of: [replace]";
        api.refuses_patch(&path, &[("add", member, "x")], message).await;
    }
}

async fn update_entries(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await;
    let (parameter, model) = ("/requestParameters/method.request.querystring.a", "/requestModels/application~1json");
    let added = api.patch(&path, &[("add", parameter, "true"), ("add", model, "Empty")]).await;
    assert_eq!(added["requestParameters"], json!({"method.request.querystring.a": true}));
    assert_eq!(added["requestModels"], json!({"application/json": "Empty"}));
    let replaced = api.patch(&path, &[("replace", parameter, "false"), ("replace", model, "Error")]).await;
    assert_eq!(replaced["requestParameters"], json!({"method.request.querystring.a": false}));
    assert_eq!(replaced["requestModels"], json!({"application/json": "Error"}));
    let removed = api.patch(&path, &[("remove", parameter, "true"), ("remove", model, "Error")]).await;
    assert_eq!(removed, json!({"httpMethod": "GET", "authorizationType": "NONE", "apiKeyRequired": false}));
}

async fn update_paths(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await;
    let patches =
        [("add", "/httpMethod"), ("replace", "/requestParameters"), ("add", "/requestModels/application/json")];
    for (op, wrong) in patches {
        api.refuses_patch(&path, &[(op, wrong, "Empty")], &format!("Invalid patch path {wrong}")).await;
    }
    let without = json!({"patchOperations": [{"op": "replace", "value": "x"}]});
    api.refuses("PATCH", &path, without, BAD_REQUEST, "Invalid patch path null").await;
}

async fn update_flag(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({"apiKeyRequired": true})).await;
    let shown = api.patch(&path, &[("replace", "/apiKeyRequired", "whatever")]).await;
    assert_eq!(shown["apiKeyRequired"], false);
}

async fn ignored_authorizer(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await;
    let shown = api.patch(&path, &[("replace", "/authorizerId", "abc123")]).await;
    assert_eq!((shown["authorizerId"].as_str(), shown["authorizationType"].as_str()), (None, Some("NONE")));
}

async fn update_checks(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await;
    let custom = ("replace", "/authorizationType", "CUSTOM");
    api.refuses_patch(&path, &[custom], NO_AUTHORIZER).await;
    api.refuses_patch(&path, &[custom, ("replace", "/authorizerId", "abc123")], NO_AUTHORIZER).await;
    let message = "Invalid Request Validator identifier specified";
    api.refuses_patch(&path, &[("replace", "/requestValidatorId", "fake-id")], message).await;
}

async fn scopes(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await;
    let added = api.patch(&path, &[("add", "/authorizationScopes", "a"), ("add", "/authorizationScopes", "b")]).await;
    assert_eq!(added["authorizationScopes"], json!(["a", "b"]));
    let removed = api.patch(&path, &[("remove", "/authorizationScopes", "a")]).await;
    assert_eq!(removed["authorizationScopes"], json!(["b"]));
}

async fn update_absent(aws: Caller) {
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await;
    let absent = [
        ("/requestParameters/method.request.header.a", "Invalid parameter name specified"),
        ("/requestModels/application~1json", "Content-Type specified was not found"),
    ];
    for (member, message) in absent {
        api.refuses("PATCH", &path, operations(&[("remove", member, "")]), NOT_FOUND, message).await;
    }
}

/// PutMethod of `GET /` is a bad request.
async fn refuses(api: &Api, body: Value, message: &str) {
    api.refuses("PUT", &format!("{}/GET", methods(api)), body, BAD_REQUEST, message).await;
}

fn methods(api: &Api) -> String {
    format!("/resources/{}/methods", api.root)
}
