use serde_json::{Value as Json, json};

use crate::value::Value;

/// A known value as Terraform stores it: what is unknown is null.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Null | Value::Unknown => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Number(number) => serde_json::from_str(&number.to_string()).unwrap_or(Json::Null),
        Value::String(text) => json!(text),
        Value::List(elements) | Value::Set(elements) | Value::Tuple(elements) => elements.iter().map(json).collect(),
        Value::Map(map) | Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
        Value::Dynamic(ty, value) => json!({"type": ty.to_json(), "value": json(value)}),
    }
}
