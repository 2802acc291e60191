//! Policies compared by meaning.
//!
//! AWS returns policies in other words than they were given: lists of one become scalars, `*` becomes `{"AWS": "*"}`, short
//! execute-api ARNs become long ones. [`normal`] brings both sides into one form.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde_json::{Map, Value, json};

use super::Place;

/// The policy's statements in one form, or `None` when the text is no policy.
pub fn normal(text: &str) -> Option<Value> {
    let document: Value = serde_json::from_str(text).ok()?;
    let statements: Vec<Value> = listed(document.get("Statement")?).iter().map(statement).collect();
    let mut statements = statements;
    statements.sort_by_key(Value::to_string);
    Some(Value::Array(statements))
}

/// The policy of API Gateway's answers: its JSON text is escaped once more than JSON itself demands.
pub fn unescape(text: &str) -> String {
    serde_json::from_str(&format!("\"{text}\"")).unwrap_or_else(|_| text.to_string())
}

/// `execute-api:/x` in full, as API Gateway stores it. `api_id` is the API the policy is attached to.
pub fn expand(policy: &Value, place: &Place, api_id: &str) -> Value {
    match policy {
        Value::String(text) => match text.strip_prefix("execute-api:/") {
            Some(rest) => json!(format!("{}/{rest}", place.execution_arn(api_id))),
            None => policy.clone(),
        },
        Value::Array(items) => Value::Array(items.iter().map(|item| expand(item, place, api_id)).collect()),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), expand(value, place, api_id))).collect())
        }
        other => other.clone(),
    }
}

/// `execute-api` ARNs of this API shortened again, so that a policy reads the same before and after its API exists.
pub fn shorten(policy: &Value, place: &Place, api_id: &str) -> Value {
    let long = format!("{}/", place.execution_arn(api_id));
    match policy {
        Value::String(text) => match text.strip_prefix(&long) {
            Some(rest) => json!(format!("execute-api:/{rest}")),
            None => policy.clone(),
        },
        Value::Array(items) => Value::Array(items.iter().map(|item| shorten(item, place, api_id)).collect()),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), shorten(value, place, api_id))).collect())
        }
        other => other.clone(),
    }
}

/// Whether a normal policy lets everyone do everything: what an endpoint has when none was given.
pub fn is_full_access(normal: &Value) -> bool {
    let full = json!([{"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["*"], "Resource": ["*"]}]);
    *normal == full
}

fn listed(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

fn sorted(value: &Value) -> Value {
    let mut items = listed(value);
    items.sort_by_key(Value::to_string);
    items.dedup();
    Value::Array(items)
}

fn statement(value: &Value) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    let normal = members.iter().map(|(key, value)| {
        let value = match (key.as_str(), value) {
            ("Action" | "NotAction" | "Resource" | "NotResource", value) => sorted(value),
            ("Principal" | "NotPrincipal", Value::String(all)) => json!({"AWS": [all]}),
            ("Principal" | "NotPrincipal", Value::Object(kinds)) => each(kinds, sorted),
            ("Condition", Value::Object(operators)) => each(operators, |keys| match keys {
                Value::Object(keys) => each(keys, sorted),
                other => other.clone(),
            }),
            (_, value) => value.clone(),
        };
        (key.clone(), value)
    });
    Value::Object(normal.collect())
}

fn each(members: &Map<String, Value>, change: impl Fn(&Value) -> Value) -> Value {
    Value::Object(members.iter().map(|(key, value)| (key.clone(), change(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_meaning_in_other_words_is_the_same_policy() {
        let given = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke",
            "Resource":"execute-api:/*","Condition":{"StringEquals":{"aws:SourceVpce":["b","a"]}}}}"#;
        let stored = r#"{"Version":"2012-10-17","Statement":[{"Condition":{"StringEquals":{"aws:SourceVpce":["a","b"]}},
            "Effect":"Allow","Principal":{"AWS":"*"},"Action":["execute-api:Invoke"],"Resource":"execute-api:/*"}]}"#;
        assert_eq!(normal(given), normal(stored));
        assert!(normal("{}").is_none());
    }

    #[test]
    fn long_and_short_arns_convert_both_ways() {
        let place =
            Place { account: "1".into(), region: "eu-west-1".into(), partition: "aws".into(), ..Place::default() };
        let short = json!(["execute-api:/*"]);
        let long = expand(&short, &place, "abc");
        assert_eq!(long, json!(["arn:aws:execute-api:eu-west-1:1:abc/*"]));
        assert_eq!(shorten(&long, &place, "abc"), short);
    }

    #[test]
    fn api_gateways_extra_escaping_is_undone() {
        assert_eq!(unescape(r#"{\"a\":\"b\/c\"}"#), r#"{"a":"b/c"}"#);
    }
}
