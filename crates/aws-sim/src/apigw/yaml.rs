//! YAML documents as JSON values.

use serde_json::{Map, Value, json};
use yaml_rust2::{Yaml, YamlLoader};

/// The first document of a text, or nothing if it is no YAML.
pub fn read(text: &str) -> Option<Value> {
    YamlLoader::load_from_str(text).ok()?.first().map(value)
}

fn value(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::String(text) => json!(text),
        Yaml::Integer(number) => json!(number),
        Yaml::Real(text) => text.parse::<f64>().map_or_else(|_| json!(text), |number| json!(number)),
        Yaml::Boolean(flag) => json!(flag),
        Yaml::Array(items) => items.iter().map(value).collect(),
        Yaml::Hash(members) => {
            let member = |(name, member): (&Yaml, &Yaml)| Some((key(name)?, value(member)));
            Value::Object(members.iter().filter_map(member).collect::<Map<_, _>>())
        }
        Yaml::Alias(_) | Yaml::Null | Yaml::BadValue => Value::Null,
    }
}

/// Status codes are often written as numbers.
fn key(yaml: &Yaml) -> Option<String> {
    match value(yaml) {
        Value::String(text) => Some(text),
        scalar @ (Value::Number(_) | Value::Bool(_)) => Some(scalar.to_string()),
        _ => None,
    }
}
