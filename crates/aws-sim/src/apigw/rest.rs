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
        RestInput { route, labels, query, body: serde_json::from_slice(&document).unwrap_or_default(), document }
    }

    /// The operation's name, or nothing for a path that does not exist.
    pub fn operation(&self) -> &'static str {
        self.route.map(|route| route.operation).unwrap_or_default()
    }

    /// The code of the operation.
    pub fn handler(&self) -> Option<Handler> {
        self.route.map(|route| route.handler)
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
        self.typed(key, "a String", Value::as_str)
    }

    /// A boolean member.
    pub fn flag(self, key: &str) -> Outcome<Option<bool>> {
        self.typed(key, "a Boolean", Value::as_bool)
    }

    /// A whole number.
    pub fn number(self, key: &str) -> Outcome<Option<i64>> {
        self.typed(key, "an Integer", Value::as_i64)
    }

    /// A structure or map.
    pub fn object(self, key: &str) -> Outcome<Option<&'a Map<String, Value>>> {
        self.typed(key, "a Map", Value::as_object)
    }

    /// A list of texts.
    pub fn texts(self, key: &str) -> Outcome<Option<Vec<String>>> {
        let Some(items) = self.typed(key, "a List", Value::as_array)? else {
            return Ok(None);
        };
        let text = |item: &Value| item.as_str().map(str::to_owned).ok_or_else(|| serialization("a String"));
        items.iter().map(text).collect::<Outcome<_>>().map(Some)
    }

    /// A map of texts.
    pub fn text_map(self, key: &str) -> Outcome<Option<BTreeMap<String, String>>> {
        let Some(map) = self.object(key)? else {
            return Ok(None);
        };
        let entry = |(key, value): (&String, &Value)| {
            value.as_str().map(|value| (key.clone(), value.to_owned())).ok_or_else(|| serialization("a String"))
        };
        map.iter().map(entry).collect::<Outcome<_>>().map(Some)
    }

    fn typed<T>(self, key: &str, kind: &str, read: impl Fn(&'a Value) -> Option<T>) -> Outcome<Option<T>> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| serialization(kind)),
        }
    }
}

/// A member of the wrong JSON type.
pub fn serialization(kind: &str) -> Failure {
    fail("SerializationException", format!("The value can not be converted to {kind}"))
}

/// A value outside an enumeration, refused by the framework.
pub fn not_in(value: &str, path: &str, allowed: &[&str]) -> Failure {
    let allowed = allowed.join(", ");
    fail(
        "ValidationException",
        format!(
            "1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must satisfy enum value set: [{allowed}]"
        ),
    )
}
