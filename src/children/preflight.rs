//! Preflights: what API Gateway answers by itself when a browser asks whether a page of another origin may call a path.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html>

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{IntegrationType, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The answer for one path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preflight {
    /// The origin whose pages may call, or `*`.
    pub origin: String,
    /// The methods that they may use.
    pub methods: Vec<String>,
    /// The headers that they may send.
    pub headers: Vec<String>,
    /// Whether they may send cookies and the like.
    pub credentials: bool,
    /// For how many seconds a browser may remember the answer; `null` for as long as it likes.
    pub max_age: Option<i64>,
}

/// The method that carries it.
pub const OPTIONS: &str = "OPTIONS";

const STATUS: &str = "200";
const MEDIA: &str = "application/json";
const TEMPLATE: &str = r#"{"statusCode": 200}"#;
const HEADER: &str = "method.response.header.Access-Control-";

/// Its operation in an OpenAPI document: no back end is asked.
pub fn operation(preflight: &Preflight) -> Value {
    let parameters = parameters(preflight);
    let name = |key: &String| key.trim_start_matches("method.response.header.").to_string();
    let headers: BTreeMap<String, Value> =
        parameters.keys().map(|key| (name(key), json!({"schema": {"type": "string"}}))).collect();
    json!({
        "responses": {STATUS: {"description": "200 response", "headers": headers}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "passthroughBehavior": "when_no_match",
            "requestTemplates": {MEDIA: TEMPLATE},
            "responses": {"default": {"statusCode": STATUS, "responseParameters": parameters}},
        },
    })
}

/// The preflight that a method is, if it is nothing else.
pub fn from_method(method: &Method) -> Option<Preflight> {
    let integration = method.method_integration().filter(|one| one.r#type() == Some(&IntegrationType::Mock))?;
    let asks_nobody =
        method.authorization_type().is_none_or(|kind| kind == "NONE") && method.api_key_required() != Some(true);
    let template = integration.request_templates()?.get(MEDIA)?;
    let responses = integration.integration_responses()?;
    let have: BTreeMap<String, String> =
        responses.get(STATUS)?.response_parameters()?.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let text = |name: &str| have.get(&format!("{HEADER}{name}")).map(|value| value.trim_matches('\'').to_string());
    let list = |name: &str| text(name).map(|all| all.split(',').map(str::to_string).collect::<Vec<_>>());
    let preflight = Preflight {
        origin: text("Allow-Origin")?,
        methods: list("Allow-Methods")?,
        headers: list("Allow-Headers").unwrap_or_default(),
        credentials: text("Allow-Credentials").is_some_and(|value| value == "true"),
        max_age: text("Max-Age").and_then(|value| value.parse().ok()),
    };
    let is_exact = asks_nobody && template == TEMPLATE && responses.len() == 1 && have == parameters(&preflight);
    is_exact.then_some(preflight)
}

fn parameters(preflight: &Preflight) -> BTreeMap<String, String> {
    let Preflight { origin, methods, headers, credentials, max_age } = preflight;
    let headers = (!headers.is_empty()).then(|| headers.join(","));
    let all = [
        ("Allow-Origin", Some(origin.clone())),
        ("Allow-Methods", Some(methods.join(","))),
        ("Allow-Headers", headers),
        ("Allow-Credentials", credentials.then(|| "true".to_string())),
        ("Max-Age", max_age.map(|age| age.to_string())),
    ];
    let said = all.into_iter().filter_map(|(name, value)| Some((name, value?)));
    said.map(|(name, value)| (format!("{HEADER}{name}"), format!("'{value}'"))).collect()
}
