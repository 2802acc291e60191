//! OpenAPI documents: JSON or YAML to what is in them.

use serde_json::{Map, Value, json};
use yaml_rust2::{Yaml, YamlLoader};

/// AWS takes documents up to this length in bytes.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
pub const LONGEST: usize = 6 * 1024 * 1024;

/// A document, or what is wrong with it, in words that follow a colon.
pub fn parse(text: &str) -> Result<Value, String> {
    if text.len() > LONGEST {
        return Err(format!("it has {} bytes, and API Gateway takes {LONGEST}", text.len()));
    }
    let document = match serde_json::from_str(text) {
        Ok(document) => document,
        // Every JSON document begins so, and then JSON's complaint is the better one.
        Err(error) if text.trim_start().starts_with('{') => return Err(format!("it is no JSON: {error}")),
        Err(_) => yaml(text)?,
    };
    let is_openapi = ["openapi", "swagger"].iter().any(|version| document.get(version).is_some());
    if is_openapi { Ok(document) } else { Err("it has neither `openapi` nor `swagger`".to_string()) }
}

/// The operations of a document as `METHOD /path`, in order.
pub fn routes(document: &Value) -> Vec<String> {
    const METHODS: [&str; 7] = ["delete", "get", "head", "options", "patch", "post", "put"];
    let paths = document.get("paths").and_then(Value::as_object);
    let mut found = Vec::new();
    for (path, operations) in paths.into_iter().flatten().filter(|(path, _)| path.starts_with('/')) {
        for verb in operations.as_object().into_iter().flatten().map(|(verb, _)| verb.as_str()) {
            match verb {
                "x-amazon-apigateway-any-method" => found.push(format!("ANY {path}")),
                verb if METHODS.contains(&verb) => found.push(format!("{} {path}", verb.to_ascii_uppercase())),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn yaml(text: &str) -> Result<Value, String> {
    let documents = YamlLoader::load_from_str(text).map_err(|error| format!("it is no YAML: {error}"))?;
    documents.first().map(value).ok_or_else(|| "it is empty".to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "
openapi: 3.0.1
paths:
  /users/{proxy+}: { x-amazon-apigateway-any-method: {} }
  /products:
    parameters: []
    get: { responses: { 200: {} } }
    post: {}
  x-other: { get: {} }
";

    #[test]
    fn json_and_yaml_have_the_same_routes() {
        let document = parse(DOCUMENT).unwrap();
        assert_eq!(document["paths"]["/products"]["get"]["responses"]["200"], json!({}));
        let expected = ["ANY /users/{proxy+}", "GET /products", "POST /products"];
        assert_eq!(routes(&document), expected);
        assert_eq!(routes(&parse(&document.to_string()).unwrap()), expected);
    }

    #[test]
    fn what_is_no_document_is_told() {
        for (text, why) in [
            ("{", "it is no JSON: EOF"),
            ("a: [", "it is no YAML: "),
            ("", "it is empty"),
            ("a: 1", "it has neither `openapi` nor `swagger`"),
        ] {
            let told = parse(text).unwrap_err();
            assert!(told.starts_with(why), "{told}");
        }
    }
}
