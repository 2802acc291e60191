//! Models, request validators, authorizers and gateway responses.

use serde_json::{Value, json};

use super::documents::{import, method, put_again};
use super::{mock, one};
use crate::rules::api_gateway_wire::{calmly, refusal, refused};
use crate::rules::{RECORDED, Rule, proof, sourced, unverified};
use crate::testing::{Caller, text};

const MODELS: &str = "10.6 Models";
const AUTHORIZERS: &str = "10.7 Authorizers and security";
const VALIDATORS: &str = "10.8 Request validators";
const GATEWAY: &str = "10.9 Gateway responses";

const EXTENSIONS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html";
const UNKNOWN: &str = "Invalid API identifier specified 111122223333:nothere";

pub const RULES: &[Rule] = &[
    sourced(MODELS, "An imported API has the models of its document and no others.", RECORDED, proof!(models)),
    sourced(MODELS, "A reference to another model becomes its address.", RECORDED, proof!(models)),
    sourced(
        MODELS,
        "An unknown model is a 404 that names it, in an unknown API too.",
        RECORDED,
        proof!(aws => refused(&aws, "GET", "/restapis/nothere/models/MySchema", Value::Null, 404,
            "Invalid model name specified: MySchema")),
    ),
    sourced(
        MODELS,
        "The models of an unknown API are a 404.",
        RECORDED,
        proof!(aws => refused(&aws, "GET", "/restapis/nothere/models", Value::Null, 404, UNKNOWN)),
    ),
    sourced(
        AUTHORIZERS,
        "A security scheme with an authorizer becomes one, used or not.",
        RECORDED,
        proof!(authorizers),
    ),
    sourced(AUTHORIZERS, "A token's identity comes from the scheme's header.", EXTENSIONS, proof!(authorizers)),
    sourced(
        AUTHORIZERS,
        "An operation is authorized by the authorizer of its security: CUSTOM, or COGNITO_USER_POOLS with scopes.",
        RECORDED,
        proof!(secured),
    ),
    sourced(
        AUTHORIZERS,
        "An operation without security has the document's, whatever the known issues page says.",
        "LocalStack's AWS-validated snapshots (test_import_with_global_api_key_authorizer)",
        proof!(secured),
    ),
    sourced(AUTHORIZERS, "A scheme of authtype `awsSigv4` means AWS_IAM.", EXTENSIONS, proof!(iam)),
    sourced(AUTHORIZERS, "`x-amazon-apigateway-auth` of type AWS_IAM means it too.", EXTENSIONS, proof!(iam)),
    sourced(
        AUTHORIZERS,
        "A scheme of type apiKey without authorizer asks for an API key.",
        EXTENSIONS,
        proof!(api_key),
    ),
    unverified(AUTHORIZERS, "An unknown authorizer is a 404.", proof!(unknown_authorizer)),
    sourced(
        AUTHORIZERS,
        "The authorizers of an unknown API are a 404.",
        "LocalStack's AWS-validated snapshots (test_authorizer_crud_no_api)",
        proof!(aws => refused(&aws, "GET", "/restapis/nothere/authorizers", Value::Null, 404, UNKNOWN)),
    ),
    sourced(
        VALIDATORS,
        "`x-amazon-apigateway-request-validators` become request validators.",
        RECORDED,
        proof!(validators),
    ),
    sourced(VALIDATORS, "An operation names one, and else its path or its document.", EXTENSIONS, proof!(validators)),
    sourced(
        VALIDATORS,
        "An unknown validator is a 404, in an unknown API too.",
        RECORDED,
        proof!(aws => refused(&aws, "GET", "/restapis/nothere/requestvalidators/x", Value::Null, 404,
            "Invalid Request Validator identifier specified")),
    ),
    sourced(
        VALIDATORS,
        "The validators of an unknown API are a 404.",
        "LocalStack's AWS-validated snapshots (test_validators_crud_no_api)",
        proof!(aws => refused(&aws, "GET", "/restapis/nothere/requestvalidators", Value::Null, 404, UNKNOWN)),
    ),
    sourced(
        GATEWAY,
        "Every API has 21 types of gateway responses; those that nobody has changed are default responses.",
        RECORDED,
        proof!(gateway_defaults),
    ),
    sourced(GATEWAY, "`x-amazon-apigateway-gateway-responses` change them.", EXTENSIONS, proof!(gateway_changed)),
    sourced(
        GATEWAY,
        "A type that nobody has changed follows the changed DEFAULT_4XX or DEFAULT_5XX.",
        RECORDED,
        proof!(gateway_inherits),
    ),
    unverified(GATEWAY, "An unknown type is a ValidationException.", proof!(unknown_gateway_response)),
];

async fn get(aws: &Caller, api: &str, rest: &str) -> Value {
    let (status, body) = calmly(aws, "GET", &format!("/restapis/{api}/{rest}"), Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body
}

fn named<'a>(list: &'a Value, key: &str, name: &str) -> &'a Value {
    let found = list["item"].as_array().unwrap().iter().find(|item| item[key] == name);
    found.unwrap_or_else(|| panic!("no {name} in {list}"))
}

async fn models(aws: Caller) {
    let mut document = one("/a", mock());
    let pets = json!({"type": "array", "items": {"$ref": "#/components/schemas/Pet"}});
    document["components"]["schemas"] = json!({"Pets": pets, "Pet": {"type": "object"}});
    let api = text(&import(&aws, "", document).await, "id");
    let list = get(&aws, &api, "models").await;
    assert_eq!(list["item"].as_array().map(Vec::len), Some(2));
    let pets = named(&list, "name", "Pets");
    let schema: Value = serde_json::from_str(&text(pets, "schema")).unwrap();
    let address = format!("https://apigateway.amazonaws.com/restapis/{api}/models/Pet");
    assert_eq!((&schema["items"]["$ref"], &pets["contentType"]), (&json!(address), &json!("application/json")));
    assert_eq!(&get(&aws, &api, "models/Pets").await, pets);
}

/// A document with a token authorizer, one for user pools, and one that nobody uses.
fn guarded() -> Value {
    let mut document = one("/token", mock());
    let scheme = |kind: &str, more: Value| {
        let mut authorizer = more;
        authorizer["type"] = json!(kind);
        json!({"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "oauth2",
            "x-amazon-apigateway-authorizer": authorizer})
    };
    let uri =
        json!({"authorizerUri": "arn:x", "authorizerResultTtlInSeconds": 60, "identityValidationExpression": "^x"});
    document["components"]["securitySchemes"] = json!({
        "token": scheme("token", uri), "pools": scheme("cognito_user_pools", json!({"providerARNs": ["arn:p"]})),
        "unused": scheme("request", json!({"authorizerUri": "arn:x", "identitySource": "method.request.header.X"})),
    });
    document["security"] = json!([{"pools": ["email"]}]);
    document["paths"]["/token"]["get"]["security"] = json!([{"token": []}]);
    document["paths"]["/pools"] = json!({"get": mock()});
    document
}

async fn authorizers(aws: Caller) {
    let api = text(&import(&aws, "", guarded()).await, "id");
    let list = get(&aws, &api, "authorizers").await;
    let token = named(&list, "name", "token");
    let expected = json!({
        "id": token["id"], "name": "token", "type": "TOKEN", "authType": "oauth2", "authorizerUri": "arn:x",
        "authorizerResultTtlInSeconds": 60, "identityValidationExpression": "^x",
        "identitySource": "method.request.header.Authorization",
    });
    assert_eq!(token, &expected);
    assert_eq!(named(&list, "name", "unused")["identitySource"], "method.request.header.X");
    assert_eq!(named(&list, "name", "pools")["providerARNs"], json!(["arn:p"]));
    assert_eq!(get(&aws, &api, &format!("authorizers/{}", text(token, "id"))).await, expected);
}

async fn secured(aws: Caller) {
    let api = text(&import(&aws, "", guarded()).await, "id");
    let list = get(&aws, &api, "authorizers").await;
    for (path, name, kind, scopes) in
        [("/token", "token", "CUSTOM", Value::Null), ("/pools", "pools", "COGNITO_USER_POOLS", json!(["email"]))]
    {
        let method = method(&aws, &api, path, "GET").await;
        assert_eq!((&method["authorizationType"], &method["authorizationScopes"]), (&json!(kind), &scopes));
        assert_eq!(method["authorizerId"], named(&list, "name", name)["id"]);
        assert_eq!(method["apiKeyRequired"], false);
    }
}

async fn iam(aws: Caller) {
    let mut document = one("/scheme", mock());
    let sigv4 =
        json!({"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"});
    document["components"]["securitySchemes"] = json!({"sigv4": sigv4});
    document["paths"]["/scheme"]["get"]["security"] = json!([{"sigv4": []}]);
    document["paths"]["/auth"] = json!({"get": mock()});
    document["paths"]["/auth"]["get"]["x-amazon-apigateway-auth"] = json!({"type": "AWS_IAM"});
    let api = text(&import(&aws, "", document).await, "id");
    for path in ["/scheme", "/auth"] {
        assert_eq!(method(&aws, &api, path, "GET").await["authorizationType"], "AWS_IAM");
    }
}

async fn api_key(aws: Caller) {
    let mut document = one("/a", mock());
    document["components"]["securitySchemes"] = json!({"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}});
    document["paths"]["/a"]["get"]["security"] = json!([{"key": []}]);
    let api = text(&import(&aws, "", document).await, "id");
    let method = method(&aws, &api, "/a", "GET").await;
    assert_eq!((&method["apiKeyRequired"], &method["authorizationType"]), (&json!(true), &json!("NONE")));
}

async fn unknown_authorizer(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let path = format!("/restapis/{api}/authorizers/x");
    refused(&aws, "GET", &path, Value::Null, 404, "Invalid Authorizer identifier specified").await;
}

async fn validators(aws: Caller) {
    const ONE: &str = "x-amazon-apigateway-request-validator";
    let mut document = one("/own", mock());
    document["x-amazon-apigateway-request-validators"] = json!({
        "all": {"validateRequestBody": true, "validateRequestParameters": true},
        "body": {"validateRequestBody": true, "validateRequestParameters": false},
    });
    document[ONE] = json!("body");
    document["paths"]["/own"]["get"][ONE] = json!("all");
    document["paths"]["/default"] = json!({"get": mock()});
    let api = text(&import(&aws, "", document).await, "id");
    let list = get(&aws, &api, "requestvalidators").await;
    let body = named(&list, "name", "body");
    let expected =
        json!({"id": body["id"], "name": "body", "validateRequestBody": true, "validateRequestParameters": false});
    assert_eq!(body, &expected);
    assert_eq!(get(&aws, &api, &format!("requestvalidators/{}", text(body, "id"))).await, expected);
    for (path, name) in [("/own", "all"), ("/default", "body")] {
        assert_eq!(method(&aws, &api, path, "GET").await["requestValidatorId"], named(&list, "name", name)["id"]);
    }
}

const TEMPLATE: &str = "{\"message\":$context.error.messageString}";

async fn gateway_defaults(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let list = get(&aws, &api, "gatewayresponses").await;
    assert_eq!(list["item"].as_array().map(Vec::len), Some(21));
    let expected = json!({
        "responseType": "ACCESS_DENIED", "statusCode": "403", "defaultResponse": true, "responseParameters": {},
        "responseTemplates": {"application/json": TEMPLATE},
    });
    assert_eq!(get(&aws, &api, "gatewayresponses/ACCESS_DENIED").await, expected);
    assert!(named(&list, "responseType", "DEFAULT_4XX").get("statusCode").is_none());
    for (kind, status) in [("WAF_FILTERED", "403"), ("QUOTA_EXCEEDED", "429"), ("UNSUPPORTED_MEDIA_TYPE", "415")] {
        assert_eq!(named(&list, "responseType", kind)["statusCode"], status);
    }
}

fn with_gateway_responses(responses: Value) -> Value {
    let mut document = one("/a", mock());
    document["x-amazon-apigateway-gateway-responses"] = responses;
    document
}

async fn gateway_changed(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let parameters = json!({"gatewayresponse.header.x": "'y'"});
    let own = json!({"MISSING_AUTHENTICATION_TOKEN": {"statusCode": 404, "responseParameters": parameters}});
    put_again(&aws, &api, "merge", with_gateway_responses(own)).await;
    let expected = json!({
        "responseType": "MISSING_AUTHENTICATION_TOKEN", "statusCode": "404", "defaultResponse": false,
        "responseParameters": parameters, "responseTemplates": {"application/json": TEMPLATE},
    });
    assert_eq!(get(&aws, &api, "gatewayresponses/MISSING_AUTHENTICATION_TOKEN").await, expected);
}

async fn gateway_inherits(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let templates = json!({"application/json": "{}"});
    let own = json!({
        "DEFAULT_5XX": {"statusCode": "599", "responseTemplates": templates},
        "AUTHORIZER_FAILURE": {"statusCode": "500"},
    });
    put_again(&aws, &api, "merge", with_gateway_responses(own)).await;
    let inherited = get(&aws, &api, "gatewayresponses/INTEGRATION_TIMEOUT").await;
    assert_eq!((&inherited["statusCode"], &inherited["responseTemplates"]), (&json!("599"), &templates));
    assert_eq!(inherited["defaultResponse"], true);
    let own = get(&aws, &api, "gatewayresponses/AUTHORIZER_FAILURE").await;
    assert_eq!((&own["statusCode"], &own["defaultResponse"]), (&json!("500"), &json!(false)));
    assert_eq!(get(&aws, &api, "gatewayresponses/THROTTLED").await["statusCode"], "429");
}

async fn unknown_gateway_response(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let answer = refusal(&aws, "GET", &format!("/restapis/{api}/gatewayresponses/NOTHING"), "").await;
    assert_eq!(answer.1, "ValidationException");
}
