//! OpenAPI documents: JSON or YAML to what is in them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use yaml_rust2::parser::{Event, EventReceiver, Parser};
use yaml_rust2::{Yaml, YamlLoader};

/// AWS takes documents up to this length in bytes.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
pub const LONGEST: usize = 6 * 1024 * 1024;

/// More values than any document of that length needs.
const MOST_NODES: usize = 2_000_000;

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
    let mut size = Size::default();
    // What is wrong with the text itself, the reading below tells.
    let _ = Parser::new_from_str(text).load(&mut size, true);
    if size.total() > MOST_NODES {
        return Err(format!("its aliases stand for more than {MOST_NODES} values"));
    }
    let documents = YamlLoader::load_from_str(text).map_err(|error| format!("it is no YAML: {error}"))?;
    documents.first().map(value).ok_or_else(|| "it is empty".to_string())
}

/// How many values there are once every alias is what it stands for, of which nine lines of YAML can make billions.
#[derive(Default)]
struct Size {
    /// The anchor of each collection that is open, and the values in it so far.
    open: Vec<(usize, usize)>,
    by_anchor: BTreeMap<usize, usize>,
    closed: usize,
}

impl Size {
    fn total(&self) -> usize {
        self.closed
    }

    fn add(&mut self, anchor: usize, count: usize) {
        self.by_anchor.insert(anchor, count);
        let into = self.open.last_mut().map_or(&mut self.closed, |(_, count)| count);
        *into = into.saturating_add(count);
    }
}

impl EventReceiver for Size {
    fn on_event(&mut self, event: Event) {
        match event {
            Event::Scalar(_, _, anchor, _) => self.add(anchor, 1),
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => self.open.push((anchor, 1)),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((anchor, count)) = self.open.pop() {
                    self.add(anchor, count);
                }
            }
            Event::Alias(anchor) => {
                let count = self.by_anchor.get(&anchor).copied().unwrap_or_default();
                let into = self.open.last_mut().map_or(&mut self.closed, |(_, count)| count);
                *into = into.saturating_add(count);
            }
            _ => {}
        }
    }
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
    fn a_few_lines_that_stand_for_billions_of_values_are_refused() {
        let mut text = "openapi: 3.0.1\na0: &a0 x\n".to_string();
        for level in 1..12 {
            let alias = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", vec![alias; 9].join(", "));
        }
        assert!(parse(&text).unwrap_err().starts_with("its aliases stand for"));
        assert_eq!(parse("openapi: 3.0.1\na: &a [1]\nb: *a").unwrap()["b"], json!([1]));
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
