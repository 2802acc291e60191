//! What of a request reaches the back end, and under which names.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::gate::Arrival;
use super::routing::Matched;
use super::visit::Visit;
use crate::apigw::Integration;

/// Headers that belong to one connection, or to the simulator.
const DROPPED: [&str; 6] = ["host", "connection", "content-length", "transfer-encoding", "te", "upgrade"];

/// `${stageVariables.x}` becomes the stage's value.
pub fn with_stage_variables(text: &str, variables: &BTreeMap<String, String>) -> String {
    variables
        .iter()
        .fold(text.to_owned(), |text, (key, value)| text.replace(&format!("${{stageVariables.{key}}}"), value))
}

/// Path and query for the back end.
pub fn path_and_query(
    uri: &str,
    integration: &Integration,
    arrival: &Arrival,
    matched: &Matched,
    visit: &Visit,
) -> String {
    let after_scheme = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("/", |at| &after_scheme[at..]);
    let (path, own_query) = path.split_once('?').unwrap_or((path, ""));
    let mut path = path.to_owned();
    for (name, value) in mapped(integration, "path", arrival, matched, visit) {
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    let mut query: Vec<String> = vec![own_query.to_owned()];
    if integration.text("type") == "HTTP_PROXY" {
        query.extend(visit.query.clone());
    }
    let added = mapped(integration, "querystring", arrival, matched, visit);
    query.push(Serializer::new(String::new()).extend_pairs(added).finish());
    query.retain(|part| !part.is_empty());
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// Headers for the back end; its host comes from the integration's uri.
pub fn headers(
    authority: &str,
    integration: &Integration,
    arrival: &Arrival,
    matched: &Matched,
    visit: &Visit,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let passes = |name: &HeaderName| !DROPPED.contains(&name.as_str()) && !name.as_str().starts_with("x-sim-");
    let proxy = integration.text("type") == "HTTP_PROXY";
    for (name, value) in visit.headers.iter().filter(|(name, _)| passes(name) && (proxy || *name == "content-type")) {
        headers.append(name, value.clone());
    }
    let source = arrival.source_address.to_string();
    let added = mapped(integration, "header", arrival, matched, visit);
    let fixed = [
        ("host", authority.to_owned()),
        ("x-forwarded-for", source),
        ("x-forwarded-port", "443".to_owned()),
        ("x-forwarded-proto", "https".to_owned()),
    ];
    for (name, value) in fixed.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(added) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers
}

/// The integration's parameters of one place, with their values.
fn mapped(
    integration: &Integration,
    place: &str,
    arrival: &Arrival,
    matched: &Matched,
    visit: &Visit,
) -> Vec<(String, String)> {
    let parameters = integration.members.get("requestParameters").and_then(Value::as_object);
    let prefix = format!("integration.request.{place}.");
    let one = |(target, source): (&String, &Value)| {
        let name = target.strip_prefix(&prefix)?;
        Some((name.to_owned(), value(source.as_str()?, arrival, matched, visit)?))
    };
    parameters.into_iter().flatten().filter_map(one).collect()
}

fn value(source: &str, arrival: &Arrival, matched: &Matched, visit: &Visit) -> Option<String> {
    if let Some(literal) = source.strip_prefix('\'') {
        return literal.strip_suffix('\'').map(str::to_owned);
    }
    if let Some(name) = source.strip_prefix("stageVariables.") {
        return arrival.stage.variables.get(name).cloned();
    }
    if let Some(name) = source.strip_prefix("context.") {
        return match name {
            "apiId" => Some(arrival.api.id.clone()),
            "stage" => Some(arrival.stage.name.clone()),
            "httpMethod" => Some(visit.verb.clone()),
            "identity.sourceIp" => Some(arrival.source_address.to_string()),
            "identity.vpceId" => Some(arrival.endpoint.clone()),
            _ => None,
        };
    }
    let (place, name) = source.strip_prefix("method.request.")?.split_once('.')?;
    match place {
        "path" => matched.variables.get(name).cloned(),
        "header" | "multivalueheader" => visit.headers.get(name)?.to_str().ok().map(str::to_owned),
        _ => {
            let query = visit.query.as_deref().unwrap_or_default();
            form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        }
    }
}
