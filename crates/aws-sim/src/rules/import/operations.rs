//! What an operation of a document becomes.

use serde_json::{Value, json};

use super::documents::{import, method, put_in};
use super::{mock, one};
use crate::rules::api_gateway_wire::{calmly, refused};
use crate::rules::{RECORDED, Rule, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller, REGION, document, later, text};

const WHOLE: &str = "10.4 Extensions for the whole API";
const OPERATION: &str = "10.5 Operations of a document";

const EXTENSIONS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html";
const INTEGRATION: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html";
const KNOWN_ISSUES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html";

pub const RULES: &[Rule] = &[
    sourced(
        WHOLE,
        "`x-amazon-apigateway-endpoint-configuration` is in the servers in OpenAPI 3.0, at the top in Swagger 2.0.",
        EXTENSIONS,
        proof!(endpoints),
    ),
    sourced(WHOLE, "Its `disableExecuteApiEndpoint` is read.", EXTENSIONS, proof!(disabled)),
    sourced(
        WHOLE,
        "Its `vpcEndpointIds` on an API that is not private are refused.",
        "aws/aws-cdk#9588",
        proof!(not_private),
    ),
    sourced(
        WHOLE,
        "`x-amazon-apigateway-policy` is an object whose `execute-api:/*` becomes the API's ARN.",
        EXTENSIONS,
        proof!(policy),
    ),
    sourced(WHOLE, "Binary media types, compression size and API key source are read.", EXTENSIONS, proof!(settings)),
    sourced(OPERATION, "`x-amazon-apigateway-any-method` is ANY.", EXTENSIONS, proof!(any)),
    sourced(OPERATION, "A greedy path has a parameter without the plus.", EXTENSIONS, proof!(any)),
    sourced(
        OPERATION,
        "A path parameter that is mapped and not declared is refused.",
        "badmintoncryer/cdk-preflight",
        proof!(undeclared),
    ),
    sourced(
        OPERATION,
        "Path segments are letters, digits and a few marks, or a whole parameter.",
        KNOWN_ISSUES,
        proof!(segments),
    ),
    sourced(
        OPERATION,
        "Parameters in path, query and headers are declared, cookies are not.",
        KNOWN_ISSUES,
        proof!(parameters),
    ),
    sourced(OPERATION, "`operationId` is the operation's name.", RECORDED, proof!(operation_name)),
    sourced(OPERATION, "Headers and models of responses are declared.", RECORDED, proof!(responses)),
    sourced(OPERATION, "Models of request bodies are declared, in both versions.", EXTENSIONS, proof!(request_models)),
    sourced(OPERATION, "The integration's enumerations are written in upper case.", INTEGRATION, proof!(integration)),
    sourced(
        OPERATION,
        "Link, credentials, timeout, mappings, templates, cache and TLS settings of an integration are kept.",
        INTEGRATION,
        proof!(integration),
    ),
    sourced(OPERATION, "So are `integrationTarget` and `responseTransferMode`.", INTEGRATION, proof!(transfer)),
    sourced(
        OPERATION,
        "A response of the integration is chosen by its key, and `default` has no pattern.",
        RECORDED,
        proof!(selection),
    ),
    unverified(OPERATION, "An integration response without a method response is refused.", proof!(no_method_response)),
    sourced(
        OPERATION,
        "An operation without integration is imported and cannot be deployed.",
        "badmintoncryer/cdk-preflight",
        proof!(no_integration),
    ),
];

async fn endpoints(aws: Caller) {
    const KEY: &str = "x-amazon-apigateway-endpoint-configuration";
    let endpoint = aws.endpoint().await;
    let configuration = json!({"vpcEndpointIds": [endpoint], "disableExecuteApiEndpoint": true});
    let mut modern = one("/a", mock());
    modern["servers"] = json!([{"url": "/", KEY: configuration}]);
    let swagger =
        json!({"swagger": "2.0", "info": {"title": "x"}, "paths": {"/a": {"get": mock()}}, KEY: configuration});
    for document in [modern, swagger] {
        let api = import(&aws, "&endpointConfigurationTypes=PRIVATE", document).await;
        assert_eq!(api["endpointConfiguration"]["vpcEndpointIds"], json!([endpoint]));
        assert_eq!(api["disableExecuteApiEndpoint"], true);
    }
}

async fn disabled(aws: Caller) {
    let mut document = one("/a", mock());
    for disabled in [true, false] {
        let configuration = json!({"disableExecuteApiEndpoint": disabled});
        document["servers"] = json!([{"url": "/", "x-amazon-apigateway-endpoint-configuration": configuration}]);
        assert_eq!(import(&aws, "", document.clone()).await["disableExecuteApiEndpoint"], disabled);
    }
}

async fn transfer(aws: Caller) {
    let link = aws.link(&aws.balancer("one").await).await;
    let target = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/one/0";
    let extension = json!({
        "type": "http_proxy", "httpMethod": "GET", "uri": "http://x:3001/a", "connectionType": "VPC_LINK",
        "connectionId": link, "integrationTarget": target, "responseTransferMode": "STREAM",
    });
    let (api, _) = put_in(&aws, "merge", one("/a", json!({"x-amazon-apigateway-integration": extension}))).await;
    let integration = method(&aws, &api, "/a", "GET").await["methodIntegration"].clone();
    assert_eq!(
        (&integration["integrationTarget"], &integration["responseTransferMode"]),
        (&json!(target), &json!("STREAM"))
    );
}

async fn not_private(aws: Caller) {
    let mut document = one("/a", mock());
    let configuration = json!({"vpcEndpointIds": ["vpce-00000000000000000"]});
    document["servers"] = json!([{"url": "/", "x-amazon-apigateway-endpoint-configuration": configuration}]);
    let message = "VPCEndpoints can only be specified with PRIVATE apis.";
    refused(&aws, "POST", "/restapis?mode=import", document, 400, message).await;
}

async fn policy(aws: Caller) {
    let api = import(&aws, "", one("/a", mock())).await;
    let text_of: String = serde_json::from_str(&format!("\"{}\"", text(&api, "policy"))).unwrap();
    let policy: Value = serde_json::from_str(&text_of).unwrap();
    let arn = format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{}/*", text(&api, "id"));
    assert_eq!(policy["Statement"][0]["Resource"], arn.as_str());
}

async fn settings(aws: Caller) {
    let mut document = one("/a", mock());
    document["x-amazon-apigateway-binary-media-types"] = json!(["*/*"]);
    document["x-amazon-apigateway-minimum-compression-size"] = json!(0);
    document["x-amazon-apigateway-api-key-source"] = json!("AUTHORIZER");
    let api = import(&aws, "", document).await;
    assert_eq!((&api["binaryMediaTypes"], &api["minimumCompressionSize"]), (&json!(["*/*"]), &json!(0)));
    assert_eq!(api["apiKeySource"], "AUTHORIZER");
}

fn greedy(declared: bool) -> Value {
    let mut operation = json!({"x-amazon-apigateway-integration": {
        "type": "http_proxy", "httpMethod": "ANY", "uri": "http://x/{proxy}",
        "requestParameters": {"integration.request.path.proxy": "method.request.path.proxy"},
    }});
    if declared {
        operation["parameters"] = json!([{"name": "proxy", "in": "path", "required": true}]);
    }
    document(json!({"/{proxy+}": {"x-amazon-apigateway-any-method": operation}}))
}

async fn any(aws: Caller) {
    let (api, _) = put_in(&aws, "merge", greedy(true)).await;
    let method = method(&aws, &api, "/{proxy+}", "ANY").await;
    assert_eq!(method["requestParameters"], json!({"method.request.path.proxy": true}));
    assert_eq!(method["methodIntegration"]["httpMethod"], "ANY");
}

async fn undeclared(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let message = "Errors found during import:\n\tUnable to put integration on 'ANY' for resource at path '/{proxy+}': Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: method.request.path.proxy]";
    refused(&aws, "PUT", &format!("/restapis/{api}"), greedy(false), 400, message).await;
}

async fn segments(aws: Caller) {
    let api = aws.private_api(&[]).await;
    for (path, status) in [("/a.b_c-d:e$f,g", 200), ("/{id}", 200), ("/x-{id}", 400), ("/a b", 400), ("/a~b", 400)] {
        later(30).await;
        assert_eq!(aws.put_api(&api, "overwrite", one(path, mock())).await.0, status, "{path}");
    }
}

async fn parameters(aws: Caller) {
    let mut get = mock();
    get["parameters"] = json!([
        {"name": "id", "in": "path", "required": true}, {"name": "q", "in": "query"},
        {"$ref": "#/components/parameters/h"},
        {"name": "c", "in": "cookie"},
    ]);
    let mut document = one("/{id}", get);
    document["components"]["parameters"] = json!({"h": {"name": "h", "in": "header", "required": true}});
    let (api, _) = put_in(&aws, "merge", document).await;
    let expected =
        json!({"method.request.path.id": true, "method.request.querystring.q": false, "method.request.header.h": true});
    assert_eq!(method(&aws, &api, "/{id}", "GET").await["requestParameters"], expected);
}

async fn operation_name(aws: Caller) {
    let mut get = mock();
    get["operationId"] = json!("GET HTTP");
    let (api, _) = put_in(&aws, "merge", one("/a", get)).await;
    assert_eq!(method(&aws, &api, "/a", "GET").await["operationName"], "GET HTTP");
}

async fn responses(aws: Caller) {
    let mut get = mock();
    let headers = json!({"Access-Control-Allow-Origin": {"schema": {"type": "string"}}});
    let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Pets"}}});
    get["responses"] = json!({"200": {"headers": headers, "content": content}, "default": {"description": "d"}});
    let mut document = one("/a", get);
    document["components"]["schemas"] = json!({"Pets": {"type": "array"}});
    let (api, _) = put_in(&aws, "merge", document).await;
    let expected = json!({"200": {
        "statusCode": "200", "responseModels": {"application/json": "Pets"},
        "responseParameters": {"method.response.header.Access-Control-Allow-Origin": false},
    }});
    assert_eq!(method(&aws, &api, "/a", "GET").await["methodResponses"], expected);
}

async fn request_models(aws: Caller) {
    let mut modern = mock();
    modern["requestBody"] = json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}});
    let mut document = one("/a", modern);
    document["components"]["schemas"] = json!({"Pet": {"type": "object"}});
    let mut old = mock();
    old["parameters"] = json!([{"in": "body", "name": "body", "schema": {"$ref": "#/definitions/Pet"}}]);
    let swagger = json!({
        "swagger": "2.0", "info": {"title": "x"}, "paths": {"/a": {"get": old}},
        "definitions": {"Pet": {"type": "object"}},
    });
    for document in [document, swagger] {
        let api = text(&import(&aws, "", document).await, "id");
        assert_eq!(method(&aws, &api, "/a", "GET").await["requestModels"], json!({"application/json": "Pet"}));
    }
}

async fn integration(aws: Caller) {
    let link = aws.link(&aws.balancer("one").await).await;
    let extension = json!({
        "type": "http", "httpMethod": "post", "uri": "http://x:3001/a",
        "connectionType": "VPC_LINK", "connectionId": link,
        "credentials": "arn:aws:iam::111122223333:role/x", "passthroughBehavior": "when_no_templates",
        "contentHandling": "convert_to_text", "timeoutInMillis": 1000, "cacheNamespace": "n",
        "cacheKeyParameters": ["method.request.querystring.q"], "tlsConfig": {"insecureSkipVerification": true},
        "requestParameters": {"integration.request.querystring.q": "method.request.querystring.q"},
        "requestTemplates": {"application/json": "{}"},
    });
    let get = json!({"parameters": [{"name": "q", "in": "query"}], "x-amazon-apigateway-integration": extension});
    let (api, _) = put_in(&aws, "merge", one("/a", get)).await;
    let mut expected = extension;
    for (key, value) in [
        ("type", "HTTP"),
        ("httpMethod", "POST"),
        ("passthroughBehavior", "WHEN_NO_TEMPLATES"),
        ("contentHandling", "CONVERT_TO_TEXT"),
    ] {
        expected[key] = json!(value);
    }
    assert_eq!(method(&aws, &api, "/a", "GET").await["methodIntegration"], expected);
}

fn chosen(method_responses: Value) -> Value {
    let responses = json!({
        "default": {"statusCode": "200", "responseTemplates": {"application/json": "ok"}},
        "4\\d{2}": {"statusCode": 400},
    });
    let extension =
        json!({"type": "http", "httpMethod": "GET", "uri": "http://x.example.com/", "responses": responses});
    one("/a", json!({"responses": method_responses, "x-amazon-apigateway-integration": extension}))
}

async fn selection(aws: Caller) {
    let (api, _) = put_in(&aws, "merge", chosen(json!({"200": {}, "400": {}}))).await;
    let expected = json!({
        "200": {"statusCode": "200", "responseTemplates": {"application/json": "ok"}},
        "400": {"statusCode": "400", "selectionPattern": "4\\d{2}"},
    });
    let integration = method(&aws, &api, "/a", "GET").await["methodIntegration"].clone();
    assert_eq!(integration["integrationResponses"], expected);
}

async fn no_method_response(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let message = "Errors found during import:\n\tUnable to put integration response on 'GET' for resource at path '/a': No method response exists for method.";
    refused(&aws, "PUT", &format!("/restapis/{api}"), chosen(json!({"200": {}})), 400, message).await;
}

async fn no_integration(aws: Caller) {
    let (api, _) = put_in(&aws, "merge", one("/a", json!({}))).await;
    assert_eq!(method(&aws, &api, "/a", "GET").await["httpMethod"], "GET");
    let deployments = format!("/restapis/{api}/deployments");
    refused(&aws, "POST", &deployments, json!({}), 400, "No integration defined for method").await;
    assert_eq!(calmly(&aws, "GET", &deployments, Value::Null).await.1, json!({}));
}
