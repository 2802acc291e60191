//! Values as Terraform knows them: typed, and possibly null or not known yet.

mod json;
mod msgpack;
mod number;
mod path;

pub(crate) use json::Extra;
#[cfg(feature = "testing")]
pub(crate) use msgpack::{NOT_NULL, UNKNOWN};
pub use number::{Number, ParseNumberError};
pub use path::{Path, Step};

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::diagnostic::Diagnostic;

/// A value. Which variants may stand where is decided by a [`Type`], never by the value alone.
#[derive(Clone, Debug)]
pub enum Value {
    /// No value, of any type.
    Null,
    /// A value that will be known later, of any type.
    Unknown,
    /// A boolean.
    Bool(bool),
    /// An exact number.
    Number(Number),
    /// Text.
    String(String),
    /// Elements in order.
    List(Vec<Value>),
    /// Elements without order.
    Set(Vec<Value>),
    /// Elements of one type by key.
    Map(BTreeMap<String, Value>),
    /// Attributes by name.
    Object(BTreeMap<String, Value>),
    /// Elements each of its own type.
    Tuple(Vec<Value>),
    /// A value that carries its type, where the schema leaves the type open.
    Dynamic(Box<Type>, Box<Value>),
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// true or false.
    Bool,
    /// Any decimal number.
    Number,
    /// Text.
    String,
    /// Decided by each value.
    Dynamic,
    /// Elements in order.
    List(Box<Type>),
    /// Elements without order.
    Set(Box<Type>),
    /// Elements by key.
    Map(Box<Type>),
    /// Attributes by name.
    Object(BTreeMap<String, Type>),
    /// Elements each of its own type.
    Tuple(Vec<Type>),
}

impl Type {
    /// The type in the notation of schemas: `"string"`, `["list","number"]`, ...
    pub fn to_json(&self) -> Json {
        match self {
            Type::Bool => json!("bool"),
            Type::Number => json!("number"),
            Type::String => json!("string"),
            Type::Dynamic => json!("dynamic"),
            Type::List(element) => json!(["list", element.to_json()]),
            Type::Set(element) => json!(["set", element.to_json()]),
            Type::Map(element) => json!(["map", element.to_json()]),
            Type::Object(attributes) => {
                let attributes: serde_json::Map<String, Json> =
                    attributes.iter().map(|(name, ty)| (name.clone(), ty.to_json())).collect();
                json!(["object", attributes])
            }
            Type::Tuple(elements) => {
                let elements: Vec<Json> = elements.iter().map(Type::to_json).collect();
                json!(["tuple", elements])
            }
        }
    }

    /// Reads the notation of [`Type::to_json`]; `None` if it is not a type.
    pub fn from_json(json: &Json) -> Option<Type> {
        if let Some(name) = json.as_str() {
            return match name {
                "bool" => Some(Type::Bool),
                "number" => Some(Type::Number),
                "string" => Some(Type::String),
                "dynamic" => Some(Type::Dynamic),
                _ => None,
            };
        }
        let [kind, of, ..] = json.as_array()?.as_slice() else {
            return None;
        };
        match kind.as_str()? {
            "list" => Some(Type::List(Box::new(Type::from_json(of)?))),
            "set" => Some(Type::Set(Box::new(Type::from_json(of)?))),
            "map" => Some(Type::Map(Box::new(Type::from_json(of)?))),
            "object" => {
                let attributes = of.as_object()?.iter();
                attributes
                    .map(|(name, ty)| Some((name.clone(), Type::from_json(ty)?)))
                    .collect::<Option<_>>()
                    .map(Type::Object)
            }
            "tuple" => {
                let elements = of.as_array()?.iter().map(Type::from_json);
                elements.collect::<Option<_>>().map(Type::Tuple)
            }
            _ => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Type::Bool => "a bool",
            Type::Number => "a number",
            Type::String => "a string",
            Type::Dynamic => "a value of any type",
            Type::List(_) => "a list",
            Type::Set(_) => "a set",
            Type::Map(_) => "a map",
            Type::Object(_) => "an object",
            Type::Tuple(_) => "a tuple",
        }
    }
}

impl Value {
    /// Whether this is the null value itself.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether this, or anything inside it, will be known only later.
    pub fn has_unknown(&self) -> bool {
        match self {
            Value::Unknown => true,
            Value::List(elements) | Value::Set(elements) | Value::Tuple(elements) => {
                elements.iter().any(Value::has_unknown)
            }
            Value::Map(members) | Value::Object(members) => members.values().any(Value::has_unknown),
            Value::Dynamic(_, value) => value.has_unknown(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }

    /// The attributes, if this is a known object.
    pub fn as_object(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Value::Object(attributes) => Some(attributes),
            _ => None,
        }
    }

    /// An object from names and values.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Value)>) -> Value {
        let attributes = attributes.into_iter();
        Value::Object(attributes.map(|(name, v)| (name.into(), v)).collect())
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Unknown => "an unknown value",
            Value::Bool(_) => "a bool",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Set(_) => "a set",
            Value::Map(_) => "a map",
            Value::Object(_) => "an object",
            Value::Tuple(_) => "a tuple",
            Value::Dynamic(..) => "a value of a dynamic type",
        }
    }
}

/// Equality as Terraform sees it: numbers by their value, sets without order.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) | (Value::Unknown, Value::Unknown) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::String(a), Value::String(b)) => a == b,
            (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => a == b,
            (Value::Set(a), Value::Set(b)) => same_elements(a, b),
            (Value::Map(a), Value::Map(b)) | (Value::Object(a), Value::Object(b)) => a == b,
            (Value::Dynamic(t, a), Value::Dynamic(u, b)) => t == u && a == b,
            _ => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Number(value.into())
    }
}

/// Whether both hold the same elements equally often, in any order.
pub(crate) fn same_elements<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut left: Vec<&T> = b.iter().collect();
    a.iter().all(|element| {
        let found = left.iter().position(|other| *other == element);
        found.map(|index| left.swap_remove(index)).is_some()
    })
}

/// Terraform compares text in composed normal form, so everything that passes is brought into it.
fn normalised(text: &str) -> String {
    if is_nfc(text) { text.to_owned() } else { text.nfc().collect() }
}

/// Says that a value does not fit a type, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// Innermost step first: it grows while the error travels outwards.
    steps: Vec<Step>,
    message: String,
}

impl Mismatch {
    fn new(message: impl Into<String>) -> Mismatch {
        Mismatch { steps: Vec::new(), message: message.into() }
    }

    fn kinds(expected: &Type, found: &str) -> Mismatch {
        Mismatch::new(format!("expected {}, found {found}", expected.name()))
    }

    fn under(mut self, step: Step) -> Mismatch {
        self.steps.push(step);
        self
    }
}

impl From<Mismatch> for Diagnostic {
    fn from(mismatch: Mismatch) -> Diagnostic {
        let path: Path = mismatch.steps.into_iter().rev().collect();
        Diagnostic::error(
            "Value does not conform to the schema",
            format!("This is a bug in the provider or in Terraform: {}.", mismatch.message),
        )
        .at(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_survive_their_notation() {
        let text =
            r#"["object",{"a":["list","string"],"b":["tuple",["bool","dynamic"]],"c":["map",["set","number"]]}]"#;
        let ty = Type::from_json(&serde_json::from_str(text).unwrap()).unwrap();
        assert_eq!(ty.to_json().to_string(), text);
        assert_eq!(Type::from_json(&json!(["object", 3])), None);
        assert_eq!(Type::from_json(&json!("text")), None);
    }

    #[test]
    fn sets_are_equal_in_any_order_and_count_duplicates() {
        let set = |texts: &[&str]| Value::Set(texts.iter().map(|t| Value::from(*t)).collect());
        assert_eq!(set(&["a", "b"]), set(&["b", "a"]));
        assert_ne!(set(&["a", "a", "b"]), set(&["a", "b", "b"]));
    }

    #[test]
    fn a_mismatch_knows_its_path() {
        let inner = Mismatch::new("odd").under(Step::Index(2));
        let diagnostic = Diagnostic::from(inner.under(Step::Attribute("a".into())));
        assert_eq!(diagnostic.path.unwrap().to_string(), "a[2]");
    }
}
