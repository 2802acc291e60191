//! Values in JSON: stored state, and the second encoding of values on the wire.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Mismatch, Step, Type, Value, normalised};

/// What to do about object attributes that the type does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extra {
    /// Values on the wire have exactly the attributes of their type.
    Refuse,
    /// Stored state may hold attributes of the past.
    Drop,
}

impl Value {
    /// Reads a value of this type. Attributes that are missing are null.
    pub(crate) fn from_json(json: &Json, ty: &Type, extra: Extra) -> Result<Value, Mismatch> {
        match (ty, json) {
            (_, Json::Null) => Ok(Value::Null),
            (Type::Bool, Json::Bool(value)) => Ok(Value::Bool(*value)),
            (Type::Number, Json::Number(number)) => parse_number(&number.to_string()),
            (Type::Number, Json::String(text)) => parse_number(text),
            (Type::String, Json::String(text)) => Ok(Value::String(normalised(text))),
            (Type::List(of), Json::Array(array)) => elements(array, of, extra).map(Value::List),
            (Type::Set(of), Json::Array(array)) => elements(array, of, extra).map(Value::Set),
            (Type::Tuple(types), Json::Array(array)) if types.len() == array.len() => {
                let pairs = types.iter().zip(array).enumerate();
                pairs
                    .map(|(i, (ty, json))| at_index(i, Value::from_json(json, ty, extra)))
                    .collect::<Result<_, _>>()
                    .map(Value::Tuple)
            }
            (Type::Map(of), Json::Object(map)) => {
                let values = map.iter().map(|(key, json)| {
                    let value = Value::from_json(json, of, extra);
                    let value = value.map_err(|e| e.under(Step::Key(key.clone())))?;
                    Ok((normalised(key), value))
                });
                values.collect::<Result<_, _>>().map(Value::Map)
            }
            (Type::Object(types), Json::Object(map)) => object(map, types, extra).map(Value::Object),
            (Type::Dynamic, Json::Object(map)) => dynamic(map, extra),
            (expected, found) => Err(Mismatch::kinds(expected, kind(found))),
        }
    }
}

fn parse_number(text: &str) -> Result<Value, Mismatch> {
    let number = text.parse();
    number.map(Value::Number).map_err(|error| Mismatch::new(format!("{error}")))
}

fn elements(array: &[Json], of: &Type, extra: Extra) -> Result<Vec<Value>, Mismatch> {
    let elements = array.iter().enumerate();
    elements.map(|(i, json)| at_index(i, Value::from_json(json, of, extra))).collect()
}

fn at_index(index: usize, value: Result<Value, Mismatch>) -> Result<Value, Mismatch> {
    value.map_err(|e| e.under(Step::Index(i64::try_from(index).unwrap_or(i64::MAX))))
}

fn object(
    map: &serde_json::Map<String, Json>,
    types: &BTreeMap<String, Type>,
    extra: Extra,
) -> Result<BTreeMap<String, Value>, Mismatch> {
    if extra == Extra::Refuse
        && let Some(name) = map.keys().find(|name| !types.contains_key(*name))
    {
        return Err(Mismatch::new(format!("unexpected attribute {name:?}")));
    }
    let attributes = types.iter().map(|(name, ty)| {
        let value = Value::from_json(map.get(name).unwrap_or(&Json::Null), ty, extra);
        let value = value.map_err(|e| e.under(Step::Attribute(name.clone())))?;
        Ok((name.clone(), value))
    });
    attributes.collect()
}

fn dynamic(map: &serde_json::Map<String, Json>, extra: Extra) -> Result<Value, Mismatch> {
    let ty = map.get("type").and_then(Type::from_json);
    let ty = ty.ok_or_else(|| Mismatch::new("a dynamic value without a valid type"))?;
    let value = map.get("value").unwrap_or(&Json::Null);
    let value = Value::from_json(value, &ty, extra)?;
    Ok(Value::Dynamic(Box::new(ty), Box::new(value)))
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object_type() -> Type {
        let inner = Type::Object([("x".to_owned(), Type::Number)].into());
        Type::Object([("name".to_owned(), Type::String), ("points".to_owned(), Type::List(Box::new(inner)))].into())
    }

    fn read(text: &str, extra: Extra) -> Result<Value, Mismatch> {
        Value::from_json(&serde_json::from_str(text).unwrap(), &object_type(), extra)
    }

    #[test]
    fn missing_attributes_are_null_and_old_ones_are_dropped_at_every_level() {
        let value = read(r#"{"old":1,"points":[{"x":0.1,"y":2},{}]}"#, Extra::Drop).unwrap();
        let point = |x| Value::object([("x", x)]);
        let tenth = Value::Number("0.1".parse().unwrap());
        let points = Value::List(vec![point(tenth), point(Value::Null)]);
        assert_eq!(value, Value::object([("name", Value::Null), ("points", points)]));
    }

    #[test]
    fn numbers_keep_every_digit() {
        let json = serde_json::from_str("0.12345678901234567890123").unwrap();
        let value = Value::from_json(&json, &Type::Number, Extra::Refuse).unwrap();
        assert_eq!(value, Value::Number("0.12345678901234567890123".parse().unwrap()));
    }

    #[test]
    fn unexpected_attributes_are_refused_on_the_wire() {
        assert!(read(r#"{"old":1}"#, Extra::Refuse).is_err());
    }

    #[test]
    fn a_wrong_type_is_named_with_its_path() {
        let error = read(r#"{"points":[{"x":true}]}"#, Extra::Drop).unwrap_err();
        let diagnostic = crate::Diagnostic::from(error);
        assert_eq!(diagnostic.path.unwrap().to_string(), "points[0].x");
        assert!(diagnostic.detail.contains("expected a number, found a bool"));
    }

    #[test]
    fn dynamic_values_carry_their_type() {
        let json = serde_json::from_str(r#"{"value":["a"],"type":["list","string"]}"#).unwrap();
        let value = Value::from_json(&json, &Type::Dynamic, Extra::Refuse).unwrap();
        let list = Value::List(vec!["a".into()]);
        let ty = Type::List(Box::new(Type::String));
        assert_eq!(value, Value::Dynamic(Box::new(ty), Box::new(list)));
    }
}
