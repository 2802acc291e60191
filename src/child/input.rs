//! Properties whose value may come from a sibling, or may not be known yet.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::ChildName;

/// A property of a spec: a value, another child's output, or something that is known only at apply.
///
/// The graph's edges are derived from the `From` inputs and never written by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<T> {
    /// A value.
    Known(T),
    /// An output of a sibling.
    From(Source),
    /// A value that the configuration does not know yet.
    Unknown,
}

/// Which output of which sibling an input takes, and how far along the sibling must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The sibling.
    #[serde(rename = "$from")]
    pub child: ChildName,
    /// Its output.
    #[serde(rename = "$output")]
    pub output: String,
    /// Whether the sibling must be ready, not merely created.
    #[serde(rename = "$ready")]
    pub ready: bool,
}

impl<T> Input<T> {
    /// An output that exists as soon as the sibling is created.
    pub fn from_created(child: &ChildName, output: &str) -> Self {
        Self::From(Source { child: child.clone(), output: output.to_string(), ready: false })
    }

    /// An output that may be used only once the sibling is ready.
    pub fn from_ready(child: &ChildName, output: &str) -> Self {
        Self::From(Source { child: child.clone(), output: output.to_string(), ready: true })
    }
}

const UNKNOWN: &str = "$unknown";

impl<T: Serialize> Serialize for Input<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::From(source) => source.serialize(serializer),
            Self::Unknown => json!({ UNKNOWN: true }).serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Input<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if is_unknown(&value) {
            return Ok(Self::Unknown);
        }
        if let Some(source) = source_of(&value) {
            return Ok(Self::From(source));
        }
        serde_json::from_value(value).map(Self::Known).map_err(serde::de::Error::custom)
    }
}

/// The JSON that stands for a value nobody knows yet.
pub fn unknown() -> Value {
    json!({ UNKNOWN: true })
}

/// Whether this very value is unknown.
pub fn is_unknown(value: &Value) -> bool {
    value.get(UNKNOWN).is_some()
}

/// Whether any part of the value is unknown.
pub fn has_unknown(value: &Value) -> bool {
    is_unknown(value)
        || match value {
            Value::Array(items) => items.iter().any(has_unknown),
            Value::Object(members) => members.values().any(has_unknown),
            _ => false,
        }
}

/// The sibling output that this very value stands for.
pub fn source_of(value: &Value) -> Option<Source> {
    value.get("$from")?;
    serde_json::from_value(value.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_travels_through_json() {
        for input in [
            Input::Known("x".to_string()),
            Input::Unknown,
            Input::from_ready(&ChildName::single("load_balancer"), "arn"),
        ] {
            let text = serde_json::to_string(&input).unwrap();
            assert_eq!(serde_json::from_str::<Input<String>>(&text).unwrap(), input, "{text}");
        }
    }
}
