//! What of a request reaches the back end, and under which names.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::scene::{Scene, at_path, plain};
use crate::apigw::Integration;

/// Headers that belong to one connection, and those that a proxy keeps to itself. The guide's known issues name them; which
/// of its headers are dropped on the way to a back end is unverified.
const DROPPED: [&str; 14] = [
    "host",
    "connection",
    "content-length",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "www-authenticate",
];
/// How an authorization begins that is for API Gateway and not for its back end.
const SIGNATURE: &[u8] = b"AWS4-HMAC-SHA256";

/// `${stageVariables.x}` becomes the stage's value, or nothing.
pub fn with_stage_variables(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut parts = text.split("${stageVariables.");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        out.push_str(variables.get(name).map(String::as_str).unwrap_or_default());
        out.push_str(rest);
    }
    out
}

/// Path and query for the back end.
pub fn path_and_query(uri: &str, integration: &Integration, scene: &Scene) -> String {
    let after_scheme = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("/", |at| &after_scheme[at..]);
    let (path, own_query) = path.split_once('?').unwrap_or((path, ""));
    let mut path = path.to_owned();
    for (name, value) in mapped(integration, "path", scene) {
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    let mut query: Vec<String> = vec![own_query.to_owned()];
    if integration.text("type") == "HTTP_PROXY" {
        query.extend(scene.query.clone());
    }
    let added = mapped(integration, "querystring", scene);
    query.push(Serializer::new(String::new()).extend_pairs(added).finish());
    query.retain(|part| !part.is_empty());
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// Headers for the back end. Its host comes from the integration's uri; a proxy passes the caller's headers on, HTTP only
/// those that are mapped.
pub fn headers(authority: &str, integration: &Integration, scene: &Scene) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let proxy = integration.text("type") == "HTTP_PROXY";
    let own = |name: &HeaderName| DROPPED.contains(&name.as_str()) || name.as_str().starts_with("x-sim-");
    let signature =
        |name: &HeaderName, value: &HeaderValue| name == "authorization" && value.as_bytes().starts_with(SIGNATURE);
    let passes = |name: &HeaderName, value: &HeaderValue| proxy && !own(name) && !signature(name, value);
    for (name, value) in scene.headers.iter().filter(|(name, value)| passes(name, value)) {
        headers.append(name, value.clone());
    }
    let said = |name: &str| scene.headers.get(name).and_then(|value| value.to_str().ok());
    let api = &scene.context["apiId"];
    let source = &scene.context["identity.sourceIp"];
    let forwarded = said("x-forwarded-for").map_or_else(|| source.clone(), |before| format!("{before}, {source}"));
    let agent = said("user-agent").filter(|_| proxy).map_or_else(|| format!("AmazonAPIGateway_{api}"), str::to_owned);
    let id = &scene.context["requestId"];
    let fixed = [
        ("host", authority.to_owned()),
        ("user-agent", agent),
        ("x-amzn-apigateway-api-id", api.clone()),
        ("x-amzn-trace-id", format!("Root=1-{}-{}", &id[..8], id.replace('-', "")[8..].to_owned())),
        ("x-forwarded-for", forwarded),
        ("x-forwarded-port", "443".to_owned()),
        ("x-forwarded-proto", "https".to_owned()),
    ];
    let plain = [("accept", "application/json".to_owned()), ("content-type", "application/json".to_owned())];
    let all = fixed.into_iter().chain(plain.into_iter().filter(|_| !proxy));
    for (name, value) in all.map(|(name, value)| (name.to_owned(), value)).chain(mapped(integration, "header", scene)) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers
}

/// The integration's parameters of one place, with their values.
fn mapped(integration: &Integration, place: &str, scene: &Scene) -> Vec<(String, String)> {
    let parameters = integration.members.get("requestParameters").and_then(Value::as_object);
    let (one, several) = (format!("integration.request.{place}."), format!("integration.request.multivalue{place}."));
    let mut found = Vec::new();
    for (target, source) in parameters.into_iter().flatten() {
        if let Some(name) = target.strip_prefix(&one).or_else(|| target.strip_prefix(&several)) {
            let values = values(source.as_str().unwrap_or_default(), scene);
            found.extend(values.into_iter().map(|value| (name.to_owned(), value)));
        }
    }
    found
}

/// The values that a mapping gives: of the request, or what requests and responses share.
pub fn values(source: &str, scene: &Scene) -> Vec<String> {
    if let Some(shared) = shared(source, scene) {
        return vec![shared];
    }
    let Some(rest) = source.strip_prefix("method.request.") else {
        return Vec::new();
    };
    if let Some(path) = rest.strip_prefix("body") {
        return body_value(&scene.json(), &scene.body, path).into_iter().collect();
    }
    rest.split_once('.').map(|(place, name)| scene.parameter(place, name)).unwrap_or_default()
}

/// What means the same in requests and responses: a literal, a stage variable, the context.
pub fn shared(source: &str, scene: &Scene) -> Option<String> {
    if let Some(literal) = source.strip_prefix('\'') {
        return literal.strip_suffix('\'').map(str::to_owned);
    }
    match source.split_once('.')? {
        ("stageVariables", name) => scene.stage.get(name).cloned(),
        ("context", name) => scene.context.get(name).cloned(),
        _ => None,
    }
}

/// The whole body, or what is at `.path` in it.
pub fn body_value(json: &Value, body: &[u8], path: &str) -> Option<String> {
    match path {
        "" => Some(String::from_utf8_lossy(body).into_owned()),
        path => at_path(json, &format!("${path}")).as_ref().map(plain),
    }
}
