//! Routes: from `GET /users/{id}` in a configuration to a method with its integration in API Gateway, and back.
//!
//! All routes travel to AWS in one OpenAPI document, so the number of calls doesn't grow with them.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html>

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{Integration, Method, ResponseTransferMode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One route as API Gateway holds it, apart from the host and the VPC link, which all routes share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// `HTTP_PROXY` or `HTTP`.
    pub kind: String,
    /// `http` or `https`.
    pub scheme: String,
    /// The listener's port, which selects the back end.
    pub port: i64,
    /// The method at the back end, or `ANY`.
    pub method: String,
    /// The path at the back end; variables in braces and without `+`.
    pub path: String,
    /// 50 to 29000 milliseconds.
    pub timeout_ms: i64,
    /// `NONE` or `AWS_IAM`.
    pub authorization: String,
    /// Whether callers must send an API key.
    pub api_key_required: bool,
    /// Mappings besides those of path variables: `integration.request.header.x` to `method.request.header.y`.
    pub request_parameters: BTreeMap<String, String>,
    /// Whether the back end's certificate may come from a private authority.
    pub tls_skip_verification: bool,
    /// `BUFFERED` or `STREAM`.
    pub response_transfer_mode: String,
    /// What happens to bodies that no template is for: always [`PASSTHROUGH`], unless somebody has changed it.
    pub passthrough: String,
}

/// Bodies are handed on as they are.
pub const PASSTHROUGH: &str = "WHEN_NO_MATCH";

/// The default and longest timeout of an integration.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub const LONGEST_TIMEOUT_MS: i64 = 29_000;

/// The longest timeout of one whose answer is streamed.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html>
pub const LONGEST_STREAM_MS: i64 = 900_000;

/// Answers are handed on when they are complete.
pub const BUFFERED: &str = "BUFFERED";

/// Answers are handed on as they come.
pub const STREAM: &str = "STREAM";

/// The variables of a path without braces and `+`, in order: `/users/{id}/{rest+}` has `id` and `rest`.
pub fn variables(path: &str) -> Vec<String> {
    let segment =
        |segment: &str| segment.strip_prefix('{')?.strip_suffix('}').map(|name| name.trim_end_matches('+').to_string());
    path.split('/').filter_map(segment).collect()
}

/// The path as an integration's URI writes it: `{proxy+}` is `{proxy}` there.
pub fn integration_path(path: &str) -> String {
    path.replace("+}", "}")
}

/// The operation of an OpenAPI document for one route.
pub fn operation(front_path: &str, route: &Route, host: &str, vpc_link_id: &str) -> Value {
    let mut operation = Map::new();
    let parameters = parameters(front_path, route);
    if !parameters.is_empty() {
        operation.insert("parameters".into(), Value::Array(parameters));
    }
    let is_proxy = route.kind == "HTTP_PROXY";
    let responses = if is_proxy { json!({}) } else { json!({"200": {"description": "200 response"}}) };
    operation.insert("responses".into(), responses);
    if route.authorization == "AWS_IAM" {
        operation.insert("x-amazon-apigateway-auth".into(), json!({"type": "AWS_IAM"}));
    }
    if route.api_key_required {
        operation.insert("security".into(), json!([{"api_key": []}]));
    }
    operation
        .insert("x-amazon-apigateway-integration".into(), integration(front_path, route, host, vpc_link_id, is_proxy));
    Value::Object(operation)
}

/// The route in a method of `GetResources`, with the host and VPC link of its integration.
pub fn from_method(front_path: &str, method: &Method) -> (Value, Option<String>, Option<String>) {
    let Some(integration) = method.method_integration() else {
        return (json!({"kind": "none"}), None, None);
    };
    let kind = integration.r#type().map(|kind| kind.as_str().to_string()).unwrap_or_default();
    let Some((scheme, host, port, path)) = integration.uri().and_then(split_uri) else {
        return (json!({"kind": kind, "uri": integration.uri()}), None, None);
    };
    let route = Route {
        kind,
        scheme,
        port,
        method: integration.http_method().unwrap_or_default().to_string(),
        path,
        timeout_ms: integration.timeout_in_millis().into(),
        authorization: method.authorization_type().unwrap_or("NONE").to_string(),
        api_key_required: method.api_key_required().unwrap_or_default(),
        request_parameters: extra_parameters(front_path, integration),
        tls_skip_verification: integration.tls_config().is_some_and(|tls| tls.insecure_skip_verification()),
        response_transfer_mode: integration
            .response_transfer_mode()
            .map_or(BUFFERED, ResponseTransferMode::as_str)
            .to_string(),
        passthrough: integration.passthrough_behavior().unwrap_or(PASSTHROUGH).to_string(),
    };
    (json!(route), Some(host), integration.connection_id().map(str::to_string))
}

fn integration(front_path: &str, route: &Route, host: &str, vpc_link_id: &str, is_proxy: bool) -> Value {
    let mut mappings = path_mappings(front_path);
    mappings.extend(route.request_parameters.clone());
    let mut integration = json!({
        "type": route.kind.to_ascii_lowercase(),
        "httpMethod": route.method,
        "uri": format!("{}://{host}:{}{}", route.scheme, route.port, route.path),
        "connectionType": "VPC_LINK",
        "connectionId": vpc_link_id,
        "passthroughBehavior": route.passthrough.to_ascii_lowercase(),
        "timeoutInMillis": route.timeout_ms,
    });
    if let Value::Object(members) = &mut integration {
        if !mappings.is_empty() {
            members.insert("requestParameters".into(), json!(mappings));
        }
        if !is_proxy {
            members.insert("responses".into(), json!({"default": {"statusCode": "200"}}));
        }
        if route.response_transfer_mode != BUFFERED {
            members.insert("responseTransferMode".into(), json!(route.response_transfer_mode));
        }
        if route.tls_skip_verification {
            members.insert("tlsConfig".into(), json!({"insecureSkipVerification": true}));
        }
    }
    integration
}

/// Every variable of the path is handed on under its own name. Only those that the back end's path names have an effect there.
pub fn path_mappings(front_path: &str) -> BTreeMap<String, String> {
    let mapping = |name: String| (format!("integration.request.path.{name}"), format!("method.request.path.{name}"));
    variables(front_path).into_iter().map(mapping).collect()
}

/// What a method must declare before an integration may map it.
fn parameters(front_path: &str, route: &Route) -> Vec<Value> {
    let declare = |place: &str, name: &str, required: bool| json!({"name": name, "in": place, "required": required, "schema": {"type": "string"}});
    let mut declared: Vec<Value> = variables(front_path).iter().map(|name| declare("path", name, true)).collect();
    for source in route.request_parameters.values() {
        let Some((place, name)) = source.strip_prefix("method.request.").and_then(|rest| rest.split_once('.')) else {
            continue;
        };
        let parameter = match place {
            "querystring" | "multivaluequerystring" => declare("query", name, false),
            "header" | "multivalueheader" => declare("header", name, false),
            _ => continue,
        };
        if !declared.contains(&parameter) {
            declared.push(parameter);
        }
    }
    declared
}

fn extra_parameters(front_path: &str, integration: &Integration) -> BTreeMap<String, String> {
    let own = path_mappings(front_path);
    let all = integration.request_parameters().into_iter().flatten();
    all.filter(|(key, value)| own.get(*key) != Some(value)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Scheme, host, port and path of an integration's URI.
fn split_uri(uri: &str) -> Option<(String, String, i64, String)> {
    let (scheme, rest) = uri.split_once("://")?;
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    let default = if scheme == "https" { 443 } else { 80 };
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, default),
    };
    Some((scheme.to_string(), host.to_string(), port, path.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route() -> Route {
        Route {
            kind: "HTTP_PROXY".into(),
            scheme: "http".into(),
            port: 3002,
            method: "ANY".into(),
            path: "/users/{id}/{proxy}".into(),
            timeout_ms: LONGEST_TIMEOUT_MS,
            authorization: "NONE".into(),
            api_key_required: false,
            request_parameters: [(
                "integration.request.header.x".to_string(),
                "method.request.querystring.y".to_string(),
            )]
            .into(),
            tls_skip_verification: false,
            response_transfer_mode: BUFFERED.into(),
            passthrough: PASSTHROUGH.into(),
        }
    }

    #[test]
    fn every_path_variable_is_declared_and_mapped() {
        let operation = operation("/users/{id}/{proxy+}", &route(), "nlb.example", "abc123");
        let integration = &operation["x-amazon-apigateway-integration"];
        assert_eq!(integration["uri"], "http://nlb.example:3002/users/{id}/{proxy}");
        assert_eq!(integration["requestParameters"]["integration.request.path.proxy"], "method.request.path.proxy");
        assert_eq!(integration["requestParameters"]["integration.request.header.x"], "method.request.querystring.y");
        let names: Vec<_> =
            operation["parameters"].as_array().unwrap().iter().map(|p| (p["name"].clone(), p["in"].clone())).collect();
        assert_eq!(
            names,
            [("id".into(), "path".into()), ("proxy".into(), "path".into()), ("y".into(), json!("query"))]
        );
    }

    #[test]
    fn uris_are_taken_apart() {
        assert_eq!(split_uri("http://h:1/a/{b}"), Some(("http".into(), "h".into(), 1, "/a/{b}".into())));
        assert_eq!(split_uri("https://h"), Some(("https".into(), "h".into(), 443, "".into())));
        assert_eq!(split_uri("arn:aws:lambda"), None);
    }
}
