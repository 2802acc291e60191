//! Parameters of the query protocols, read as a tree.

use serde_json::{Map, Value};

use crate::error::{Outcome, fail};
use crate::state::Context;

/// The operations of a service, and the code of each.
pub type Operations = &'static [(&'static str, fn(&mut Context, Params) -> Outcome<Value>)];

/// A view into the parameter tree: objects for structures, arrays for `X.1`, `X.2` and `X.member.1`.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a>(pub &'a Value);

/// Parses a form body into the tree.
pub fn parse(body: &[u8]) -> Value {
    let mut root = Map::new();
    for (key, value) in form_urlencoded::parse(body) {
        insert(&mut root, &key, &value);
    }
    fold(Value::Object(root))
}

impl<'a> Params<'a> {
    /// The text of a parameter.
    pub fn text(self, key: &str) -> Option<&'a str> {
        self.0.get(key)?.as_str()
    }

    /// The text of a parameter that must be there.
    pub fn required(self, key: &str) -> Outcome<&'a str> {
        self.text(key)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| fail("MissingParameter", format!("The request must contain the parameter {key}")))
    }

    /// Was the parameter sent at all, even empty?
    pub fn has(self, key: &str) -> bool {
        self.0.get(key).is_some()
    }

    /// A nested structure; empty when it was not sent.
    pub fn structure(self, key: &str) -> Params<'a> {
        Params(self.0.get(key).unwrap_or(&Value::Null))
    }

    /// The structures of a list.
    pub fn list(self, key: &str) -> Vec<Params<'a>> {
        let items = self.0.get(key).and_then(Value::as_array);
        items.map(|items| items.iter().map(Params).collect()).unwrap_or_default()
    }

    /// The texts of a list.
    pub fn texts(self, key: &str) -> Vec<String> {
        self.list(key).into_iter().filter_map(|item| item.0.as_str().map(str::to_owned)).collect()
    }

    /// A boolean parameter.
    pub fn flag(self, key: &str) -> Option<bool> {
        self.text(key).map(|text| text.eq_ignore_ascii_case("true"))
    }

    /// A whole number.
    pub fn number(self, key: &str) -> Outcome<Option<i64>> {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        let message = || format!("Value ({text}) for parameter {key} is invalid. Expected an integer.");
        text.parse().map(Some).map_err(|_| fail("InvalidParameterValue", message()))
    }
}

fn insert(map: &mut Map<String, Value>, key: &str, value: &str) {
    match key.split_once('.') {
        None => {
            map.insert(key.to_owned(), Value::String(value.to_owned()));
        }
        Some((head, rest)) => {
            let slot = map.entry(head).or_insert_with(|| Value::Object(Map::new()));
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            if let Value::Object(inner) = slot {
                insert(inner, rest, value);
            }
        }
    }
}

/// Turns objects with numbers for keys into arrays, and drops the `member` level of the query protocol.
fn fold(value: Value) -> Value {
    let Value::Object(map) = value else {
        return value;
    };
    let mut folded: Map<String, Value> = map.into_iter().map(|(key, value)| (key, fold(value))).collect();
    if folded.len() == 1 && folded.get("member").is_some_and(Value::is_array) {
        return folded.remove("member").unwrap_or_default();
    }
    if folded.is_empty() || folded.keys().any(|key| key.parse::<u32>().is_err()) {
        return Value::Object(folded);
    }
    let mut items: Vec<(u32, Value)> =
        folded.into_iter().map(|(key, value)| (key.parse().unwrap_or_default(), value)).collect();
    items.sort_by_key(|(index, _)| *index);
    Value::Array(items.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_query_dialects_give_the_same_tree() {
        let ec2 = parse(b"Filter.1.Name=vpc-id&Filter.1.Value.1=a&Filter.1.Value.2=b");
        assert_eq!(Params(&ec2).list("Filter")[0].texts("Value"), ["a", "b"]);
        let elb = parse(b"Subnets.member.2=y&Subnets.member.1=x&SecurityGroups=");
        assert_eq!(Params(&elb).texts("Subnets"), ["x", "y"]);
        assert!(Params(&elb).has("SecurityGroups") && Params(&elb).texts("SecurityGroups").is_empty());
    }
}
