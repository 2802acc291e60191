//! Proofs about documents as a whole.

use serde_json::{Map, Value, json};

use super::{mock, one};
use crate::rules::api_gateway_wire::{calmly, raw, refusal, refused as refused_by};
use crate::testing::{ACCOUNT, Caller, document, later, text};

/// ImportRestApi.
pub async fn import(aws: &Caller, query: &str, document: Value) -> Value {
    let (status, api) = calmly(aws, "POST", &format!("/restapis?mode=import{query}"), document).await;
    assert_eq!(status, 201, "{api}");
    api
}

/// A private API with a document in it.
pub async fn put_in(aws: &Caller, mode: &str, document: Value) -> (String, Value) {
    let api = aws.private_api(&[]).await;
    let answer = put_again(aws, &api, mode, document).await;
    (api, answer)
}

pub async fn put_again(aws: &Caller, api: &str, mode: &str, document: Value) -> Value {
    later(30).await;
    let (status, answer) = aws.put_api(api, mode, document).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

pub async fn paths(aws: &Caller, api: &str) -> Vec<String> {
    let (_, resources) = calmly(aws, "GET", &format!("/restapis/{api}/resources?limit=500"), Value::Null).await;
    let mut paths: Vec<String> = resources["item"].as_array().unwrap().iter().map(|item| text(item, "path")).collect();
    paths.sort();
    paths
}

pub async fn imported(aws: Caller) {
    let mut document = one("/a", mock());
    document["info"] = json!({"title": "t", "version": "1.0", "description": "d"});
    let api = import(&aws, "", document).await;
    assert_eq!((&api["name"], &api["version"], &api["description"]), (&json!("t"), &json!("1.0"), &json!("d")));
    assert!(api.get("tags").is_none());
    assert_eq!(paths(&aws, &text(&api, "id")).await, ["/", "/a"]);
}

pub async fn typed(aws: Caller) {
    for (query, kind, address) in
        [("", "EDGE", "ipv4"), ("&endpointConfigurationTypes=PRIVATE", "PRIVATE", "dualstack")]
    {
        let api = import(&aws, query, one("/a", mock())).await;
        assert_eq!(api["endpointConfiguration"], json!({"types": [kind], "ipAddressType": address}));
    }
}

pub async fn wrong_type(aws: Caller) {
    let path = "/restapis?mode=import&endpointConfigurationTypes=x";
    assert_eq!(refusal(&aws, "POST", path, &one("/a", mock()).to_string()).await.1, "ValidationException");
}

pub async fn put(aws: Caller) {
    let (_, answer) = put_in(&aws, "merge", one("/a", mock())).await;
    assert_eq!(answer["tags"], json!({}));
}

pub async fn put_nothing(aws: Caller) {
    let message = format!("Invalid API identifier specified {ACCOUNT}:nothere");
    refused_by(&aws, "PUT", "/restapis/nothere", one("/a", mock()), 404, &message).await;
}

pub async fn versions(aws: Caller) {
    for version in [json!({"openapi": "3.0.0"}), json!({"openapi": "3.0.3"}), json!({"swagger": "2.0"})] {
        let mut document = version;
        document["info"] = json!({"title": "x"});
        document["paths"] = json!({"/a": {"get": mock()}});
        let api = import(&aws, "", document).await;
        assert_eq!(paths(&aws, &text(&api, "id")).await, ["/", "/a"]);
    }
}

pub async fn refused(aws: &Caller, document: Value, message: &str) {
    refused_by(aws, "POST", "/restapis?mode=import", document, 400, message).await;
}

pub async fn unreadable(aws: Caller, body: &str, message: &str) {
    let answer = refusal(&aws, "POST", "/restapis?mode=import", body).await;
    assert_eq!(answer, (400, "BadRequestException".to_owned(), json!({"message": message})));
}

pub async fn yaml(aws: Caller) {
    let document = r#"
openapi: 3.0.1
info: {title: x, version: "1"}
paths:
  /a/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true}
      responses:
        200: {description: ok}
      x-amazon-apigateway-integration:
        type: mock
        timeoutInMillis: 1000
        requestTemplates:
          application/json: "{\"statusCode\": 200}"
        responses:
          default: {statusCode: 200}
"#;
    let answer = raw(&aws, "POST", "/restapis?mode=import", document).await;
    assert_eq!(answer.status(), 201);
    let api: Value = serde_json::from_slice(answer.body()).unwrap();
    let method = method(&aws, &text(&api, "id"), "/a/{id}", "GET").await;
    assert_eq!(method["requestParameters"], json!({"method.request.path.id": true}));
    assert_eq!(method["methodResponses"]["200"]["statusCode"], "200");
    assert_eq!(method["methodIntegration"]["timeoutInMillis"], 1000);
    assert_eq!(method["methodIntegration"]["integrationResponses"]["200"], json!({"statusCode": "200"}));
}

/// A method of a path.
pub async fn method(aws: &Caller, api: &str, path: &str, verb: &str) -> Value {
    let list = format!("/restapis/{api}/resources?limit=500&embed=methods");
    let (_, resources) = calmly(aws, "GET", &list, Value::Null).await;
    let found = resources["item"].as_array().unwrap().iter().find(|item| item["path"] == path);
    found.unwrap_or_else(|| panic!("no {path}"))["resourceMethods"][verb].clone()
}

pub async fn too_long(aws: Caller) {
    let mut document = one("/a", mock());
    document["x-filler"] = json!("x".repeat(6 * 1024 * 1024));
    refused(&aws, document, super::UNREADABLE).await;
}

pub async fn all_errors(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let unmapped = json!({"x-amazon-apigateway-integration": {
        "type": "http_proxy", "httpMethod": "GET", "uri": "http://x/{id}",
        "requestParameters": {"integration.request.path.id": "method.request.path.id"},
    }});
    let wrong = document(json!({"/u/{id}": {"get": unmapped}, "/u/{name}": {"get": mock()}, "/a b": {"get": mock()}}));
    later(30).await;
    let (status, answer) = aws.put_api(&api, "overwrite", wrong).await;
    let message = text(&answer, "message");
    let errors = [
        "Errors found during import:",
        "Unable to create resource at path '/a b': Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
        "Unable to create resource at path '/u/{name}': A sibling ({id}) of this resource already has a variable path part -- only one is allowed",
        "Unable to put integration on 'GET' for resource at path '/u/{id}': Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: method.request.path.id]",
    ];
    assert_eq!((status, message), (400, errors.join("\n\t")));
    assert_eq!(paths(&aws, &api).await, ["/"]);
    assert_eq!(calmly(&aws, "GET", &format!("/restapis/{api}"), Value::Null).await.1["version"], Value::Null);
}

fn with_a_flag() -> Value {
    let mapping = json!({"integration.request.header.nothing": true, "integration.request.header.some": "'True'"});
    one("/test", json!({"x-amazon-apigateway-integration": {"type": "mock", "requestParameters": mapping}}))
}

const WARNING: &str = "Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.nothing' of resource '/test' and method 'GET' but got 'true'";

pub async fn warnings(aws: Caller) {
    let (api, answer) = put_in(&aws, "overwrite", with_a_flag()).await;
    assert_eq!(answer["warnings"], json!([WARNING]));
    let method = method(&aws, &api, "/test", "GET").await;
    assert_eq!(method["methodIntegration"]["requestParameters"], json!({"integration.request.header.some": "'True'"}));
}

pub async fn fail_on_warnings(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let path = format!("/restapis/{api}?mode=merge&failonwarnings=true");
    let message = format!("Warnings found during import:\n\t{WARNING}");
    refused_by(&aws, "PUT", &path, with_a_flag(), 400, &message).await;
    assert_eq!(paths(&aws, &api).await, ["/"]);
    assert_eq!(calmly(&aws, "PUT", &path, one("/a", mock())).await.0, 200);
}

/// A reference into another file is one to a model that is not there; what models cannot express is kept without a word.
pub async fn unsupported(aws: Caller) {
    let mut get = mock();
    let schema = json!({"$ref": "other.json#/components/schemas/Pet"});
    get["responses"] = json!({"200": {"content": {"application/json": {"schema": schema}}}, "default": {}});
    let (api, answer) = put_in(&aws, "merge", one("/a", get)).await;
    assert_eq!(answer["warnings"].as_array().map(Vec::len), Some(1), "{answer}");
    assert!(
        text(&json!({"all": answer["warnings"][0]}), "all").contains("other.json#/components/schemas/Pet is missing")
    );
    let responses = method(&aws, &api, "/a", "GET").await["methodResponses"].clone();
    assert_eq!(responses, json!({"200": {"statusCode": "200"}}));
}

pub async fn silent(aws: Caller) {
    let mut document = one("/a", mock());
    let schema = json!({"type": "object", "discriminator": {"propertyName": "k"}, "oneOf": [{"type": "object"}],
        "properties": {"k": {"type": "string", "default": "x"}}});
    document["components"]["schemas"] = json!({"Pet": schema});
    let (_, answer) = put_in(&aws, "merge", document).await;
    assert!(answer.get("warnings").is_none(), "{answer}");
}

pub async fn missing_model(aws: Caller) {
    let mut get = mock();
    let schema = json!({"$ref": "#/components/schemas/Nothing"});
    get["responses"] = json!({"200": {"content": {"application/json": {"schema": schema}}}});
    let (api, answer) = put_in(&aws, "merge", one("/a", get)).await;
    let warning = answer["warnings"][0].as_str().unwrap_or_default();
    assert!(warning.contains("#/components/schemas/Nothing is missing"), "{answer}");
    assert!(method(&aws, &api, "/a", "GET").await["methodResponses"]["200"].get("responseModels").is_none());
}

pub async fn ignores_documentation(aws: Caller) {
    let mut document = one("/a", mock());
    document["x-amazon-apigateway-documentation"] = json!({"version": "1", "documentationParts": [{"location": {"type": "API"}, "properties": {"description": "d"}}]});
    let api = import(&aws, "&ignore=documentation&failonwarnings=true", document).await;
    assert_eq!((api.get("warnings"), api.get("description")), (None, None));
    assert_eq!(paths(&aws, &text(&api, "id")).await, ["/", "/a"]);
}

pub async fn many(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let many = |count: usize| {
        let paths = (0..count).map(|n| (format!("/p{n}"), json!({"get": mock()}))).collect::<Map<_, _>>();
        document(Value::Object(paths))
    };
    put_again(&aws, &api, "overwrite", many(299)).await;
    later(30).await;
    let message = "Maximum number of Resources for this API has been reached.  Please contact AWS if you need additional Resources.";
    refused_by(&aws, "PUT", &format!("/restapis/{api}?mode=overwrite"), many(300), 429, message).await;
    assert_eq!(paths(&aws, &api).await.len(), 300);
}

pub async fn base(aws: Caller, query: &str, expected: &[&str]) {
    let document =
        json!({"swagger": "2.0", "info": {"title": "x"}, "basePath": "/a/b/c", "paths": {"/e": {"get": mock()}}});
    let api = import(&aws, query, document).await;
    assert_eq!(paths(&aws, &text(&api, "id")).await, expected);
}

pub async fn servers(aws: Caller) {
    let variable = json!({"url": "/{basePath}", "variables": {"basePath": {"default": "/base-var"}}});
    for (server, expected) in [
        (variable, &["/", "/base-var", "/base-var/test"][..]),
        (json!({"url": "https://x.example/base-url/"}), &["/", "/base-url", "/base-url/test"]),
        (json!({"url": "https://x.example"}), &["/", "/test"]),
        (json!({"url": "/"}), &["/", "/test"]),
    ] {
        let mut document = one("/test", mock());
        document["servers"] = json!([server]);
        let api = import(&aws, "&basepath=prepend", document).await;
        assert_eq!(paths(&aws, &text(&api, "id")).await, expected);
    }
}

pub async fn wrong_base(aws: Caller) {
    let path = "/restapis?mode=import&basepath=x";
    refused_by(&aws, "POST", path, one("/a", mock()), 400, "Invalid base path mode specified: x").await;
}
