//! REST requests: path labels, query, JSON body, pages.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Request;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::routes::{self, Handler, Route};
use crate::error::{Failure, Outcome, bad_request, fail};

/// A request to API Gateway.
#[derive(Debug)]
pub struct RestInput {
    route: Option<&'static Route>,
    labels: Vec<String>,
    query: Vec<(String, String)>,
    /// The body as JSON; null when it is empty or something else.
    pub body: Value,
    malformed: bool,
    /// The body as it came.
    pub document: Bytes,
}

impl RestInput {
    /// Finds the operation and takes the request apart.
    pub fn parse(request: &Request<Bytes>) -> RestInput {
        // Labels are cut before they are decoded, because an encoded ARN holds slashes.
        let decode = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        let segments: Vec<String> = request.uri().path().split('/').skip(1).map(decode).collect();
        let query: Vec<(String, String)> =
            form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
        let import = query.iter().any(|(name, value)| name == "mode" && value == "import");
        let (route, labels) = routes::find(request.method().as_str(), &segments, import);
        let document = request.body().clone();
        let parsed = serde_json::from_slice(&document);
        let malformed = parsed.is_err() && !document.is_empty();
        RestInput { route, labels, query, body: parsed.unwrap_or_default(), malformed, document }
    }

    /// Is there a body that is no JSON? OpenAPI documents may be YAML and are looked at later.
    pub fn is_malformed(&self) -> bool {
        self.malformed && !["ImportRestApi", "PutRestApi"].contains(&self.operation())
    }

    /// The operation's name, or nothing for a path that does not exist.
    pub fn operation(&self) -> &'static str {
        self.route.map(|route| route.operation).unwrap_or_default()
    }

    /// The HTTP method.
    pub fn method(&self) -> &'static str {
        self.route.map(|route| route.method).unwrap_or_default()
    }

    /// The REST API that the operation changes.
    pub fn written_api(&self) -> Option<&str> {
        let writes = |route: &&Route| route.method != "GET" && route.path.starts_with("restapis/*");
        self.route.filter(writes).map(|_| self.label(0))
    }

    /// The code of the operation.
    pub fn handler(&self) -> Option<Handler> {
        self.route.map(|route| route.handler)
    }

    /// The method and the decoded path, cut at its slashes; nothing for a path that does not exist.
    pub fn target(&self) -> Option<(&'static str, Vec<String>)> {
        let route = self.route?;
        let mut labels = self.labels.iter().cloned();
        let segment = |part: &str| if part == "*" { labels.next().unwrap_or_default() } else { part.to_owned() };
        Some((route.method, route.path.split('/').map(segment).collect()))
    }

    /// A part of the path, counted from zero.
    pub fn label(&self, index: usize) -> &str {
        self.labels.get(index).map(String::as_str).unwrap_or_default()
    }

    /// A query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a query parameter.
    pub fn queries(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The members of the body.
    pub fn members(&self) -> Members<'_> {
        Members(&self.body)
    }

    /// For the log.
    pub fn logged(&self) -> Value {
        let query: Map<String, Value> = self.query.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({"path": self.labels, "query": query, "body": self.body})
    }

    /// Cuts a list by `position` and `limit`.
    pub fn page(&self, items: Vec<Value>) -> Outcome<Value> {
        let number = |name: &str, default: usize| match self.query(name) {
            Some(text) => text.parse().map_err(|_| bad_request(format!("Invalid {name} parameter"))),
            None => Ok(default),
        };
        let (limit, start) = (number("limit", 25)?, number("position", 0)?);
        if !(1..=500).contains(&limit) {
            return Err(bad_request("The limit must be between 1 and 500"));
        }
        let total = items.len();
        let cut: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
        let mut answer = json!({});
        if start + cut.len() < total {
            answer["position"] = json!((start + cut.len()).to_string());
        }
        if !cut.is_empty() {
            answer["item"] = json!(cut);
        }
        Ok(answer)
    }
}

/// Typed access to the members of a JSON body.
#[derive(Debug, Clone, Copy)]
pub struct Members<'a>(pub &'a Value);

impl<'a> Members<'a> {
    /// A text member.
    pub fn text(self, key: &str) -> Outcome<Option<&'a str>> {
        self.typed(key, "String", Value::as_str)
    }

    /// A boolean member.
    pub fn flag(self, key: &str) -> Outcome<Option<bool>> {
        self.typed(key, "Boolean", Value::as_bool)
    }

    /// A whole number.
    pub fn number(self, key: &str) -> Outcome<Option<i64>> {
        self.typed(key, "Integer", Value::as_i64)
    }

    /// A structure or map.
    pub fn object(self, key: &str) -> Outcome<Option<&'a Map<String, Value>>> {
        self.typed(key, "Map", Value::as_object)
    }

    /// A number with a fraction.
    pub fn float(self, key: &str) -> Outcome<Option<f64>> {
        self.typed(key, "Double", Value::as_f64)
    }

    /// A list of texts.
    pub fn texts(self, key: &str) -> Outcome<Option<Vec<String>>> {
        let Some(items) = self.typed(key, "List", Value::as_array)? else {
            return Ok(None);
        };
        let text = |item: &Value| item.as_str().map(str::to_owned).ok_or_else(|| unconvertible(item, "String"));
        items.iter().map(text).collect::<Outcome<_>>().map(Some)
    }

    /// A map of texts.
    pub fn text_map(self, key: &str) -> Outcome<Option<BTreeMap<String, String>>> {
        let Some(map) = self.object(key)? else {
            return Ok(None);
        };
        let entry = |(key, value): (&String, &Value)| {
            value.as_str().map(|text| (key.clone(), text.to_owned())).ok_or_else(|| unconvertible(value, "String"))
        };
        map.iter().map(entry).collect::<Outcome<_>>().map(Some)
    }

    fn typed<T>(self, key: &str, kind: &str, read: impl Fn(&'a Value) -> Option<T>) -> Outcome<Option<T>> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| unconvertible(value, kind)),
        }
    }
}

/// A member of the wrong JSON type, in the words of AWS's framework; only scalars for a text are recorded.
pub fn unconvertible(value: &Value, kind: &str) -> Failure {
    let class = match value {
        Value::Bool(_) => "java.lang.Boolean",
        Value::Number(_) => "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
        _ => "java.lang.String",
    };
    let message = match value {
        Value::Array(_) => "Start of list found where not expected".to_owned(),
        Value::Object(_) => "Start of structure or map found where not expected.".to_owned(),
        _ if ["Map", "List"].contains(&kind) => format!("Unrecognized collection type class {class}"),
        _ => format!("class {class} can not be converted to an {kind}"),
    };
    fail("SerializationException", message)
}

/// What the framework finds wrong before the operation begins, all of it in one answer.
pub fn validation(errors: &[String]) -> Failure {
    let plural = if errors.len() == 1 { "" } else { "s" };
    fail("ValidationException", format!("{} validation error{plural} detected: {}", errors.len(), errors.join("; ")))
}

/// A value outside an enumeration, refused by the framework.
pub fn not_in(value: &str, path: &str, allowed: &[&str]) -> Failure {
    validation(&[outside(value, path, allowed)])
}

/// The framework's words for a value outside an enumeration.
pub fn outside(value: &str, path: &str, allowed: &[&str]) -> String {
    let allowed = allowed.join(", ");
    format!("Value '{value}' at '{path}' failed to satisfy constraint: Member must satisfy enum value set: [{allowed}]")
}

/// The framework's words for a member that is required and absent.
pub fn absent(path: &str) -> String {
    format!("Value null at '{path}' failed to satisfy constraint: Member must not be null")
}
