//! Integrations.

use serde_json::{Value, json};

use super::fixture::{Api, BAD_REQUEST, NOT_FOUND, SERIALIZATION, VALIDATION};
use super::{MODEL, RECORDED, Rule, left_out, proof, sourced, unverified};
use crate::testing::Caller;

const STREAMING: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html";
const TOPIC: &str = "9.3 Integrations";
const PREFLIGHT: &str = "badmintoncryer/cdk-preflight";
const QUOTAS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html";
const BOOL: &str = "LocalStack's AWS-validated snapshots (test_put_integration_request_parameter_bool_type)";
pub const NO_LINK: &str = "ConnectionId should be set to the vpcLinkId or stage variable on connection type VPC_LINK";
pub const TIMEOUT: &str = "Timeout should be between 50 ms and 29000 ms";

pub const RULES: &[Rule] = &[
    sourced(
        TOPIC,
        "PutIntegration answers 201 and fills in defaults; GetIntegration shows the same.",
        RECORDED,
        proof!(defaults),
    ),
    sourced(TOPIC, "The type of connection is shown for HTTP and HTTP_PROXY only.", RECORDED, proof!(mock)),
    sourced(TOPIC, "The method shows its integration.", RECORDED, proof!(in_method)),
    sourced(TOPIC, "PutIntegration replaces the whole integration.", MODEL, proof!(replaces)),
    unverified(TOPIC, "A replaced integration loses its responses.", proof!(loses_responses)),
    sourced(TOPIC, "All types but MOCK need an HTTP method.", RECORDED, proof!(no_verb)),
    sourced(TOPIC, "The uri of HTTP and HTTP_PROXY begins with http:// or https://.", RECORDED, proof!(bad_uri)),
    sourced(TOPIC, "HTTP endpoints have port 80, 443 or one from 1024 on.", MODEL, proof!(ports)),
    sourced(TOPIC, "The time-out is 50 to 29000 milliseconds.", PREFLIGHT, proof!(timeout)),
    sourced(
        TOPIC,
        "A streamed answer may take 15 minutes, and only proxy integrations stream.",
        STREAMING,
        proof!(streaming),
    ),
    left_out(
        TOPIC,
        "A raised account quota allows longer time-outs for regional and private APIs.",
        "the simulator has no quota increases",
    ),
    sourced(TOPIC, "A VPC_LINK connection needs a link or a stage variable.", PREFLIGHT, proof!(no_link)),
    sourced(
        TOPIC,
        "A link named by a stage variable is not looked up, and echoed as it is.",
        "LocalStack's AWS-validated snapshots (test_create_integration_with_vpc_link)",
        proof!(link_variable),
    ),
    sourced(TOPIC, "A link that exists is accepted.", MODEL, proof!(link)),
    unverified(TOPIC, "A link that does not exist is refused.", proof!(unknown_link)),
    sourced(TOPIC, "An unknown type is a ValidationException.", RECORDED, proof!(bad_type)),
    unverified(TOPIC, "A missing type is a ValidationException.", proof!(no_type)),
    sourced(TOPIC, "Other enumerations are checked with it, in one message.", MODEL, proof!(bad_enumerations)),
    sourced(
        TOPIC,
        "What is mapped from the request must be declared on the method, path variables too.",
        PREFLIGHT,
        proof!(undeclared),
    ),
    sourced(TOPIC, "A value that is no mapping must be in single quotes.", RECORDED, proof!(unquoted)),
    sourced(TOPIC, "Mappings from context, stage variables and text in quotes are accepted.", MODEL, proof!(sources)),
    sourced(TOPIC, "A mapping's value is a text, or a SerializationException.", BOOL, proof!(mapping_type)),
    sourced(TOPIC, "A cache key must be declared.", PREFLIGHT, proof!(cache_keys)),
    unverified(TOPIC, "Another pass-through behavior is refused.", proof!(passthrough)),
    unverified(TOPIC, "A template is for a content type, and an empty one is null.", proof!(templates)),
    sourced(TOPIC, "A mapping template has 300 KB at most (the text is unverified).", QUOTAS, proof!(template_size)),
    sourced(
        TOPIC,
        "TLS settings belong to HTTP and HTTP_PROXY (the text of the refusal is unverified).",
        MODEL,
        proof!(tls),
    ),
    sourced(
        TOPIC,
        "A greedy variable is declared and mapped without its plus.",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html",
        proof!(greedy),
    ),
    unverified(TOPIC, "A variable of the uri without a mapping is accepted.", proof!(unmapped)),
    sourced(
        TOPIC,
        "An unknown API or resource is an unknown resource, an unknown method an unknown method.",
        RECORDED,
        proof!(lost),
    ),
    sourced(TOPIC, "DeleteIntegration answers 204; then the integration is not found.", RECORDED, proof!(delete)),
];

async fn defaults(aws: Caller) {
    let (api, path) = http(aws).await;
    let shown = api.get(&path).await;
    let wanted = json!({
        "type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://backend:3001/pets", "connectionType": "INTERNET",
        "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000, "cacheNamespace": api.root,
        "cacheKeyParameters": [],
    });
    assert_eq!((&shown, &api.made("PUT", &path, body(json!({}))).await), (&wanted, &wanted));
}

async fn mock(aws: Caller) {
    let api = Api::new(aws).await;
    let shown = api.get(&format!("{}/integration", api.mock(&api.root).await)).await;
    let wanted = json!({
        "type": "MOCK", "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000, "cacheNamespace": api.root,
        "cacheKeyParameters": [],
    });
    assert_eq!(shown, wanted);
}

async fn in_method(aws: Caller) {
    let (api, path) = http(aws).await;
    assert_eq!(api.get(path.trim_end_matches("/integration")).await["methodIntegration"], api.get(&path).await);
}

async fn replaces(aws: Caller) {
    let (api, path) = http(aws).await;
    api.made("PUT", &path, body(json!({"timeoutInMillis": 1000, "requestTemplates": {"a/b": "x"}}))).await;
    let shown = api.made("PUT", &path, json!({"type": "MOCK"})).await;
    assert_eq!((shown["timeoutInMillis"].as_i64(), shown["uri"].as_str()), (Some(29000), None));
    assert!(shown["requestTemplates"].is_null());
}

async fn loses_responses(aws: Caller) {
    let (api, path) = http(aws).await;
    api.made("PUT", &path.replace("integration", "responses/200"), json!({})).await;
    api.made("PUT", &format!("{path}/responses/200"), json!({})).await;
    assert!(api.made("PUT", &path, body(json!({}))).await["integrationResponses"].is_null());
}

async fn no_verb(aws: Caller) {
    let (api, path) = http(aws).await;
    let message = "Enumeration value for HttpMethod must be non-empty";
    for kind in ["HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY"] {
        api.refuses("PUT", &path, json!({"type": kind, "uri": "http://x"}), BAD_REQUEST, message).await;
    }
}

async fn bad_uri(aws: Caller) {
    let (api, path) = http(aws).await;
    for uri in ["", "backend", "ftp://backend/", "http://"] {
        refuses(&api, &path, json!({"uri": uri}), "Invalid HTTP endpoint specified for URI").await;
    }
}

async fn ports(aws: Caller) {
    let (api, path) = http(aws).await;
    for port in [81, 1023] {
        let more = json!({"uri": format!("http://backend:{port}/")});
        refuses(&api, &path, more, "Invalid HTTP endpoint specified for URI").await;
    }
    for port in [80, 443, 1024, 65535] {
        api.made("PUT", &path, body(json!({"uri": format!("http://backend:{port}/")}))).await;
    }
}

async fn timeout(aws: Caller) {
    let (api, path) = http(aws).await;
    for wrong in [49, 29001] {
        refuses(&api, &path, json!({"timeoutInMillis": wrong}), TIMEOUT).await;
    }
    for right in [50, 29000] {
        assert_eq!(api.made("PUT", &path, body(json!({"timeoutInMillis": right}))).await["timeoutInMillis"], right);
    }
}

async fn no_link(aws: Caller) {
    let (api, path) = http(aws).await;
    for more in [json!({"connectionType": "VPC_LINK"}), json!({"connectionType": "VPC_LINK", "connectionId": ""})] {
        refuses(&api, &path, more, NO_LINK).await;
    }
}

async fn link_variable(aws: Caller) {
    let (api, path) = http(aws).await;
    let more = json!({"connectionType": "VPC_LINK", "connectionId": "${stageVariables.link}"});
    let shown = api.made("PUT", &path, body(more)).await;
    assert_eq!(
        (&shown["connectionId"], &shown["connectionType"]),
        (&json!("${stageVariables.link}"), &json!("VPC_LINK"))
    );
}

async fn link(aws: Caller) {
    let link = aws.link(&aws.balancer("one").await).await;
    let (api, path) = http(aws).await;
    let more = json!({"connectionType": "VPC_LINK", "connectionId": link});
    assert_eq!(api.made("PUT", &path, body(more)).await["connectionId"], link);
}

async fn unknown_link(aws: Caller) {
    let (api, path) = http(aws).await;
    let more = json!({"connectionType": "VPC_LINK", "connectionId": "abc123"});
    refuses(&api, &path, more, "Invalid Vpc Link identifier specified: abc123").await;
}

async fn bad_type(aws: Caller) {
    let (api, path) = http(aws).await;
    let message = "1 validation error detected: Value 'wrong' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]";
    api.refuses("PUT", &path, json!({"type": "wrong"}), VALIDATION, message).await;
}

async fn no_type(aws: Caller) {
    let (api, path) = http(aws).await;
    let message = "1 validation error detected: Value null at 'putIntegrationInput.type' failed to satisfy constraint: Member must not be null";
    api.refuses("PUT", &path, json!({}), VALIDATION, message).await;
}

async fn streaming(aws: Caller) {
    let (api, path) = http(aws).await;
    let streamed = |kind: &str, timeout: i64| {
        body(json!({"type": kind, "timeoutInMillis": timeout, "responseTransferMode": "STREAM"}))
    };
    let (status, _, answer) = api.call("PUT", &path, &streamed("HTTP_PROXY", 900_000)).await;
    assert_eq!((status, answer["timeoutInMillis"].as_i64()), (201, Some(900_000)));
    for (kind, timeout) in [("HTTP_PROXY", 900_001), ("HTTP", 29_000)] {
        let (status, code, _) = api.call("PUT", &path, &streamed(kind, timeout)).await;
        assert_eq!((status, code.as_str()), (400, "BadRequestException"), "{kind} {timeout}");
    }
}

async fn bad_enumerations(aws: Caller) {
    let (api, path) = http(aws).await;
    let more = json!({"connectionType": "WIRE", "contentHandling": "KEEP", "responseTransferMode": "SLOW"});
    let (status, code, answer) = api.call("PUT", &path, &body(more)).await;
    assert_eq!((status, code.as_str()), VALIDATION);
    let message = answer["Message"].as_str().unwrap();
    assert!(message.starts_with("3 validation errors detected: Value 'WIRE' at 'putIntegrationInput.connectionType'"));
    assert!(message.contains("; Value 'KEEP' at 'putIntegrationInput.contentHandling' failed"), "{message}");
}

async fn undeclared(aws: Caller) {
    let api = Api::new(aws).await;
    let pet = api.resource(&api.root, "{id}").await;
    let path = format!("{}/integration", api.method(&pet, json!({})).await);
    let more = json!({"requestParameters": {"integration.request.path.id": "method.request.path.id"}});
    refuses(&api, &path, more, &mapping("Invalid mapping expression parameter specified: method.request.path.id"))
        .await;
}

async fn unquoted(aws: Caller) {
    let (api, path) = http(aws).await;
    for value in ["true", "text", "'text"] {
        let more = json!({"requestParameters": {"integration.request.header.a": value}});
        refuses(&api, &path, more, &mapping(&format!("Invalid mapping expression specified: {value}"))).await;
    }
}

async fn sources(aws: Caller) {
    let (api, path) = http(aws).await;
    for value in ["'text'", "context.requestId", "stageVariables.a"] {
        api.made("PUT", &path, body(json!({"requestParameters": {"integration.request.header.a": value}}))).await;
    }
}

async fn mapping_type(aws: Caller) {
    let (api, path) = http(aws).await;
    let body = body(json!({"requestParameters": {"integration.request.header.a": true}}));
    let message = "class java.lang.Boolean can not be converted to an String";
    api.refuses("PUT", &path, body, SERIALIZATION, message).await;
}

async fn cache_keys(aws: Caller) {
    let (api, path) = with_parameter(aws).await;
    let more = json!({"cacheKeyParameters": ["method.request.querystring.z"]});
    refuses(&api, &path, more, "Invalid cache key parameter specified").await;
    let keys = json!(["method.request.querystring.a"]);
    let shown = api.made("PUT", &path, body(json!({"cacheKeyParameters": keys}))).await;
    assert_eq!(shown["cacheKeyParameters"], keys);
}

async fn passthrough(aws: Caller) {
    let (api, path) = http(aws).await;
    refuses(&api, &path, json!({"passthroughBehavior": "MAYBE"}), "Invalid passthrough behavior specified").await;
    for right in ["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"] {
        api.made("PUT", &path, body(json!({"passthroughBehavior": right}))).await;
    }
}

async fn templates(aws: Caller) {
    let (api, path) = http(aws).await;
    let message = "Validation Result: warnings : [], errors : [Invalid content type specified: 123]";
    refuses(&api, &path, json!({"requestTemplates": {"123": "x"}}), message).await;
    let shown = api.made("PUT", &path, body(json!({"requestTemplates": {"text/plain": ""}}))).await;
    assert_eq!(shown["requestTemplates"], json!({"text/plain": null}));
}

async fn template_size(aws: Caller) {
    let (api, path) = http(aws).await;
    let template = |size: usize| json!({"requestTemplates": {"text/plain": "x".repeat(size)}});
    api.made("PUT", &path, body(template(300 * 1024))).await;
    refuses(&api, &path, template(300 * 1024 + 1), "Mapping template size must not exceed 307200 bytes").await;
}

async fn tls(aws: Caller) {
    let (api, path) = http(aws).await;
    let tls = json!({"insecureSkipVerification": true});
    assert_eq!(api.made("PUT", &path, body(json!({"tlsConfig": tls}))).await["tlsConfig"], tls);
    let message = "TLS configuration is only supported for HTTP and HTTP_PROXY integrations";
    api.refuses("PUT", &path, json!({"type": "MOCK", "tlsConfig": tls}), BAD_REQUEST, message).await;
}

async fn greedy(aws: Caller) {
    let api = Api::new(aws).await;
    let all = api.resource(&api.root, "{proxy+}").await;
    let method = api.method(&all, json!({"requestParameters": {"method.request.path.proxy": true}})).await;
    let parameters = json!({"integration.request.path.proxy": "method.request.path.proxy"});
    let more = json!({"uri": "http://backend:3001/{proxy}", "requestParameters": parameters});
    let shown = api.made("PUT", &format!("{method}/integration"), body(more)).await;
    assert_eq!(shown["requestParameters"], parameters);
}

async fn unmapped(aws: Caller) {
    let (api, path) = http(aws).await;
    let shown = api.made("PUT", &path, body(json!({"uri": "http://backend:3001/{proxy}"}))).await;
    assert_eq!(shown["uri"], "http://backend:3001/{proxy}");
}

async fn lost(aws: Caller) {
    let (mut api, path) = http(aws).await;
    let (resource, method) = ("Invalid Resource identifier specified", "Invalid Method identifier specified");
    for verb in ["PUT", "GET"] {
        api.refuses(verb, &path.replace("GET", "POST"), body(json!({})), NOT_FOUND, method).await;
        api.refuses(verb, &path.replace(&api.root, "abc123"), body(json!({})), NOT_FOUND, resource).await;
    }
    api.id = "fakeapi123".to_owned();
    api.refuses("GET", &path, Value::Null, NOT_FOUND, resource).await;
}

async fn delete(aws: Caller) {
    let (api, path) = http(aws).await;
    api.answer(204, "DELETE", &path, Value::Null).await;
    for verb in ["GET", "PATCH", "DELETE"] {
        api.refuses(verb, &path, Value::Null, NOT_FOUND, "Invalid Integration identifier specified").await;
    }
}

/// An API whose `GET /` goes to an HTTP back end, and the path of the integration.
pub async fn http(aws: Caller) -> (Api, String) {
    with(aws, json!({})).await
}

/// The same, where the method declares the query parameter `a`.
pub async fn with_parameter(aws: Caller) -> (Api, String) {
    with(aws, json!({"requestParameters": {"method.request.querystring.a": false}})).await
}

async fn with(aws: Caller, method: Value) -> (Api, String) {
    let api = Api::new(aws).await;
    let path = format!("{}/integration", api.method(&api.root, method).await);
    api.made("PUT", &path, body(json!({}))).await;
    (api, path)
}

/// An integration with more or other members.
pub fn body(more: Value) -> Value {
    let mut body = json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://backend:3001/pets"});
    more.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
    body
}

async fn refuses(api: &Api, path: &str, more: Value, message: &str) {
    api.refuses("PUT", path, body(more), BAD_REQUEST, message).await;
}

/// The wrapping of a mapping error.
pub fn mapping(error: &str) -> String {
    format!("Invalid mapping expression specified: Validation Result: warnings : [], errors : [{error}]")
}
