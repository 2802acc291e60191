//! The document that carries a whole API to AWS: made of routes, or a user's with integrations filled in.
//!
//! AWS doesn't give a document back. Of a user's, its parts are known by their fingerprints as they were last written, and its methods
//! by what AWS showed of them then: what it shows otherwise later was changed by somebody else.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{Integration, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::preflight::{self, Preflight};
use super::route::{self, Route};
use crate::aws::names::fingerprint;
use crate::aws::policy;
use crate::child::{Change, Input, Spec, compare, has_unknown, unknown};

/// The member of an API's spec that is about the document of a user; null where there is none.
pub const FIELD: &str = "document";
/// The extension that says where an operation leads.
pub const INTEGRATION: &str = "x-amazon-apigateway-integration";

const OPERATIONS: &str = "operations";
const REST: &str = "rest";
/// The operations as they were written, whatever has become of them.
const WRITTEN: &str = "written";
/// What AWS showed of each method after that.
const SHOWN: &str = "shown";

/// What is said of a method that AWS shows otherwise than it did after the last apply.
const CHANGED: &str = "changed outside Terraform";

/// The document of a user as a part of the spec.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenApi {
    /// The document in JSON.
    pub text: String,
    /// By `METHOD /path`: the operations without an integration of their own, each a [`Route`] whose members may still be inputs.
    pub filled: BTreeMap<String, Input<Value>>,
}

/// The same with every input resolved.
#[derive(Deserialize)]
pub struct Filled {
    text: String,
    filled: BTreeMap<String, Route>,
}

/// An API as it should be, with every input resolved.
#[derive(Deserialize)]
pub struct Resolved {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) minimum_compression_size: Option<i64>,
    pub(super) binary_media_types: Vec<String>,
    pub(super) api_key_source: String,
    pub(super) disable_execute_api_endpoint: bool,
    pub(super) vpc_endpoint_ids: Vec<String>,
    pub(super) policy: Value,
    pub(super) host: String,
    pub(super) vpc_link_id: String,
    pub(super) routes: BTreeMap<String, Route>,
    pub(super) preflights: BTreeMap<String, Preflight>,
    document: Option<Filled>,
}

/// Everything about the API in one document.
pub fn body(want: &Resolved) -> Value {
    let mut document = match &want.document {
        None => of_routes(want),
        Some(document) => fill(document, &want.host, &want.vpc_link_id),
    };
    settings(&mut document, want);
    document
}

/// An operation of a document by its key, `METHOD /path`.
pub fn operation<'a>(document: &'a Value, key: &str) -> Option<&'a Value> {
    let (method, path) = key.split_once(' ')?;
    document.get("paths")?.get(path)?.get(verb(method))
}

/// The fingerprints of what a spec has of a user's document, integrations filled in; null where it has none.
pub fn digest(spec: &Spec) -> Value {
    let document = spec.get(FIELD).cloned().unwrap_or_default();
    let [host, link] = ["host", "vpc_link_id"].map(|field| spec.get(field).cloned().unwrap_or_default());
    if document.is_null() {
        return Value::Null;
    }
    let (Value::String(host), Value::String(link), false) = (host, link, has_unknown(&document)) else {
        return unknown();
    };
    match serde_json::from_value(document) {
        Ok(document) => fingerprints(fill(&document, &host, &link)),
        Err(_) => unknown(),
    }
}

/// Whether a method belongs to the document of this digest.
pub fn holds(digest: &Value, key: &str) -> bool {
    written(digest).is_some_and(|operations| operations.contains_key(key))
}

/// The digest of what AWS has now, from that of before and what AWS shows of each method. The first look after a document was written
/// is what later ones are compared with.
pub fn seen(digest: &Value, shown: &BTreeMap<String, Value>) -> Value {
    let (Some(written), Some(members)) = (written(digest), digest.as_object()) else { return digest.clone() };
    let before = digest.get(SHOWN).and_then(Value::as_object);
    let now = |(key, operation): (&String, &Value)| {
        let is_changed = before.is_some_and(|before| before.get(key) != shown.get(key));
        let now = if is_changed { json!(CHANGED) } else { operation.clone() };
        shown.contains_key(key).then(|| (key.clone(), now))
    };
    let operations: Map<String, Value> = written.iter().filter_map(now).collect();
    let mut seen = members.clone();
    // Until AWS shows all of it, there is nothing to compare later looks with.
    if before.is_none() && operations == *written {
        seen.insert(SHOWN.into(), json!(shown));
    }
    seen.insert(WRITTEN.into(), json!(written));
    seen.insert(OPERATIONS.into(), Value::Object(operations));
    Value::Object(seen)
}

fn written(digest: &Value) -> Option<&Map<String, Value>> {
    digest.get(WRITTEN).or_else(|| digest.get(OPERATIONS))?.as_object()
}

/// The differences of an API. The host and the link of a user's document are part of its operations.
pub fn drift(wanted: &Spec, live: &Spec) -> Vec<Change> {
    let (mut wanted, mut live) = (wanted.clone(), live.clone());
    if wanted.get(FIELD).is_some_and(|document| !document.is_null()) {
        // What is compared with itself is a digest already.
        if wanted.get(FIELD).is_some_and(|document| document.get(OPERATIONS).is_none()) {
            wanted.insert(FIELD.into(), digest(&wanted));
        }
        wanted.retain(|field, _| field != "host" && field != "vpc_link_id");
    }
    for spec in [&mut wanted, &mut live] {
        if let Some(Value::Object(document)) = spec.get_mut(FIELD) {
            document.retain(|member, _| member != SHOWN && member != WRITTEN);
        }
    }
    compare(&wanted, &live)
}

/// The fingerprint of a method as AWS shows it.
pub fn shown(method: &Method) -> Value {
    let responses: BTreeMap<_, _> = method.method_responses().into_iter().flatten().collect();
    let response = |response: &aws_sdk_apigateway::types::MethodResponse| {
        json!([response.status_code(), response.response_parameters(), response.response_models()])
    };
    let all = json!({
        "authorization": [method.authorization_type(), method.authorizer_id()],
        "scopes": method.authorization_scopes(),
        "key": method.api_key_required(),
        "parameters": method.request_parameters(),
        "models": method.request_models(),
        "responses": responses.into_iter().map(|(code, one)| (code.clone(), response(one))).collect::<Map<_, _>>(),
        "integration": method.method_integration().map(integration),
    });
    json!(fingerprint(&all.to_string()))
}

fn integration(integration: &Integration) -> Value {
    let responses: BTreeMap<_, _> = integration.integration_responses().into_iter().flatten().collect();
    let response = |one: &aws_sdk_apigateway::types::IntegrationResponse| {
        let handling = one.content_handling().map(|handling| handling.as_str());
        json!([one.selection_pattern(), one.response_parameters(), one.response_templates(), handling])
    };
    json!({
        "type": integration.r#type().map(|kind| kind.as_str()),
        "to": [integration.http_method(), integration.uri(), integration.connection_id()],
        "credentials": integration.credentials(),
        "parameters": integration.request_parameters(),
        "templates": integration.request_templates(),
        "passthrough": integration.passthrough_behavior(),
        "timeout": integration.timeout_in_millis(),
        "cache": integration.cache_key_parameters(),
        "handling": integration.content_handling().map(|handling| handling.as_str()),
        "mode": integration.response_transfer_mode().map(|mode| mode.as_str()),
        "tls": integration.tls_config().map(|tls| tls.insecure_skip_verification()),
        "responses": responses.into_iter().map(|(code, one)| (code.clone(), response(one))).collect::<Map<_, _>>(),
    })
}

fn fingerprints(mut document: Value) -> Value {
    let mut operations = Map::new();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        let Value::Object(item) = item else { continue };
        let verbs: Vec<String> = item.keys().filter(|key| method(key).is_some()).cloned().collect();
        for verb in verbs {
            if let (Some(method), Some(operation)) = (method(&verb), item.remove(&verb)) {
                operations.insert(format!("{method} {path}"), json!(fingerprint(&operation.to_string())));
            }
        }
    }
    json!({OPERATIONS: operations, REST: fingerprint(&document.to_string())})
}

/// A user's document without what is meant for this provider, and with an integration for each operation that has none.
fn fill(document: &Filled, host: &str, link: &str) -> Value {
    let mut whole: Value = serde_json::from_str(&document.text).unwrap_or_default();
    for (key, route) in &document.filled {
        let (method, path) = key.split_once(' ').unwrap_or((key, "/"));
        let made = route::operation(path, route, host, link);
        let missing = undeclared(&whole, key, &made);
        let item = whole.get_mut("paths").and_then(|paths| paths.get_mut(path));
        let Some(Value::Object(operation)) = item.and_then(|item| item.get_mut(verb(method))) else { continue };
        operation.insert(INTEGRATION.into(), made[INTEGRATION].clone());
        operation.entry("responses").or_insert_with(|| json!({}));
        if let (false, Value::Array(declared)) =
            (missing.is_empty(), operation.entry("parameters").or_insert_with(|| json!([])))
        {
            declared.extend(missing);
        }
    }
    strip(&mut whole);
    whole
}

/// The parameters that an integration maps and nobody has declared.
fn undeclared(document: &Value, key: &str, made: &Value) -> Vec<Value> {
    let path = key.split_once(' ').map_or("/", |(_, path)| path);
    let item = document.get("paths").and_then(|paths| paths.get(path));
    let places = [operation(document, key), item].into_iter().flatten();
    let declared = places.filter_map(|place| place.get("parameters")?.as_array()).flatten();
    let resolve = |parameter: &'_ Value| match parameter.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).cloned().unwrap_or_default(),
        None => parameter.clone(),
    };
    let declared: Vec<Value> = declared.map(resolve).collect();
    let is_declared = |one: &Value| {
        declared.iter().any(|other| ["name", "in"].iter().all(|member| one.get(*member) == other.get(*member)))
    };
    let needed = made.get("parameters").and_then(Value::as_array).into_iter().flatten();
    needed.filter(|one| !is_declared(one)).cloned().collect()
}

/// Takes away what names back ends: it means nothing to AWS.
fn strip(document: &mut Value) {
    let mine = |key: &String| key.starts_with("x-privgw-");
    let Value::Object(members) = document else { return };
    members.retain(|key, _| !mine(key));
    let paths = members.get_mut("paths").and_then(Value::as_object_mut);
    for item in paths.into_iter().flatten().filter_map(|(_, item)| item.as_object_mut()) {
        item.retain(|key, _| !mine(key));
        for operation in item.values_mut().filter_map(Value::as_object_mut) {
            operation.retain(|key, _| !mine(key));
        }
    }
}

/// The member of a path in which a method is.
fn verb(method: &str) -> String {
    if method == "ANY" { ANY.to_string() } else { method.to_ascii_lowercase() }
}

/// The method of such a member, if it is one.
fn method(verb: &str) -> Option<String> {
    const VERBS: [&str; 7] = ["delete", "get", "head", "options", "patch", "post", "put"];
    match verb {
        ANY => Some("ANY".to_string()),
        verb => VERBS.contains(&verb).then(|| verb.to_ascii_uppercase()),
    }
}

const ANY: &str = "x-amazon-apigateway-any-method";

fn of_routes(want: &Resolved) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (key, route) in &want.routes {
        let (method, path) = key.split_once(' ').unwrap_or((key, "/"));
        let operation = route::operation(path, route, &want.host, &want.vpc_link_id);
        paths.entry(path).or_default().insert(verb(method), operation);
    }
    for (path, preflight) in &want.preflights {
        paths.entry(path).or_default().insert(verb(preflight::OPTIONS), preflight::operation(preflight));
    }
    json!({
        "openapi": "3.0.1",
        "info": {"version": "1"},
        "paths": paths,
        "components": {"securitySchemes": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}},
    })
}

/// What arguments of their own say, whatever a document says about it.
fn settings(document: &mut Value, want: &Resolved) {
    let Value::Object(members) = document else { return };
    let mut info = members.get("info").and_then(Value::as_object).cloned().unwrap_or_default();
    info.insert("title".into(), json!(want.name));
    put(&mut info, "description", want.description.as_ref().map(|text| json!(text)));
    members.insert("info".into(), Value::Object(info));
    let mut endpoint = json!({"disableExecuteApiEndpoint": want.disable_execute_api_endpoint});
    if !want.vpc_endpoint_ids.is_empty() {
        endpoint["vpcEndpointIds"] = json!(want.vpc_endpoint_ids);
    }
    members.insert("servers".into(), json!([{"url": "/", "x-amazon-apigateway-endpoint-configuration": endpoint}]));
    let types = (!want.binary_media_types.is_empty()).then(|| json!(want.binary_media_types));
    let extensions = [
        ("policy", Some(policy::document(&want.policy))),
        ("api-key-source", Some(json!(want.api_key_source))),
        ("binary-media-types", types),
        ("minimum-compression-size", want.minimum_compression_size.map(|size| json!(size))),
    ];
    for (name, value) in extensions {
        put(members, &format!("x-amazon-apigateway-{name}"), value);
    }
}

fn put(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(members.insert(name.to_string(), value)),
        None => drop(members.remove(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(document: &Value) -> Spec {
        let filled = json!({
            "kind": "HTTP_PROXY", "scheme": "http", "port": 3001, "method": "GET", "path": "/a/{id}", "timeout_ms": 29000,
            "authorization": "NONE", "api_key_required": false, "request_parameters": {}, "tls_skip_verification": false,
            "response_transfer_mode": "BUFFERED", "passthrough": "WHEN_NO_MATCH",
        });
        let value = json!({
            "host": "nlb", "vpc_link_id": "link",
            FIELD: {"text": document.to_string(), "filled": {"GET /a/{id}": filled}},
        });
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn an_operation_gets_an_integration_and_declares_only_what_nobody_has() {
        let id = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}});
        for document in [
            json!({"paths": {"/a/{id}": {"get": {"x-privgw-backend": "x"}}}}),
            json!({"paths": {"/a/{id}": {"get": {}, "parameters": [id]}}}),
            json!({"paths": {"/a/{id}": {"get": {"parameters": [{"$ref": "#/components/parameters/id"}]}}},
                   "components": {"parameters": {"id": id}}}),
        ] {
            let resolved: Filled = serde_json::from_value(spec(&document)[FIELD].clone()).expect("it fits");
            let whole = fill(&resolved, "nlb", "link");
            let operation = operation(&whole, "GET /a/{id}").expect("it is there");
            assert_eq!(operation[INTEGRATION]["uri"], "http://nlb:3001/a/{id}");
            assert!(operation.get("x-privgw-backend").is_none());
            let declared = [operation.get("parameters"), whole["paths"]["/a/{id}"].get("parameters")];
            let count = declared.into_iter().flatten().filter_map(Value::as_array).map(Vec::len).sum::<usize>();
            assert_eq!(count, 1, "{whole}");
        }
    }

    #[test]
    fn what_aws_shows_otherwise_than_after_the_last_apply_was_changed_by_somebody() {
        let wanted = spec(&json!({"paths": {"/a/{id}": {"get": {}, "post": {INTEGRATION: {"type": "mock"}}}}}));
        let written = digest(&wanted);
        let look = |digest: &Value, shown: &[(&str, &str)]| {
            seen(digest, &shown.iter().map(|(key, value)| (key.to_string(), json!(value))).collect())
        };
        let live = |document: &Value| -> Vec<Value> {
            let live = [(FIELD.to_string(), document.clone())].into_iter().collect();
            drift(&wanted, &live).into_iter().map(|change| change.from).collect()
        };
        let first = look(&written, &[("GET /a/{id}", "1"), ("POST /a/{id}", "2")]);
        assert_eq!(live(&first), Vec::<Value>::new());
        assert_eq!(live(&look(&first, &[("GET /a/{id}", "1"), ("POST /a/{id}", "2")])), Vec::<Value>::new());
        let changed = look(&first, &[("GET /a/{id}", "1"), ("POST /a/{id}", "3")]);
        assert_eq!(live(&changed)[0][OPERATIONS]["POST /a/{id}"], CHANGED);
        assert_eq!(live(&look(&changed, &[("GET /a/{id}", "1"), ("POST /a/{id}", "2")])).len(), 0, "it was put right");
        let missing = look(&first, &[("GET /a/{id}", "1")]);
        assert!(live(&missing)[0][OPERATIONS].get("POST /a/{id}").is_none());
        // Right after a write AWS may not show all of it yet.
        let late = look(&written, &[("GET /a/{id}", "1")]);
        assert_eq!((live(&late).len(), late.get(SHOWN)), (1, None));
    }
}
