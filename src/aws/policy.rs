//! Policies compared by meaning.
//!
//! AWS returns policies in other words than they were given: lists of one become scalars, `*` becomes `{"AWS": "*"}`, short
//! execute-api ARNs become long ones. [`normal`] brings both sides into one form.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde_json::{Map, Value, json};

/// The policy's statements in one form, or `None` when the text is no policy.
pub fn normal(text: &str) -> Option<Value> {
    let document: Value = serde_json::from_str(text).ok()?;
    let mut statements: Vec<Value> = listed(document.get("Statement")?).iter().map(statement).collect();
    statements.sort_by_key(Value::to_string);
    Some(Value::Array(statements))
}

/// Statements alone, each in that form: a list of them, a single one, or those of a whole policy. `None` when the text is none of it.
pub fn statements(text: &str) -> Option<Vec<Value>> {
    let given: Value = serde_json::from_str(text).ok()?;
    let all = listed(given.get("Statement").unwrap_or(&given));
    let is_statement = |value: &Value| value.get("Effect").is_some_and(Value::is_string);
    all.iter().all(is_statement).then(|| all.iter().map(statement).collect())
}

/// The policy that has these statements.
pub fn document(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The policy of API Gateway's answers: its JSON text is escaped once more than JSON itself demands.
pub fn unescape(text: &str) -> String {
    serde_json::from_str(&format!("\"{text}\"")).unwrap_or_else(|_| text.to_string())
}

/// ARNs of this API's methods in their short form `execute-api:/x`, in which they were given: AWS writes them out.
pub fn shorten(policy: &Value, api_id: &str) -> Value {
    match policy {
        Value::String(text) => short(text, api_id).map_or_else(|| policy.clone(), |short| json!(short)),
        Value::Array(items) => Value::Array(items.iter().map(|item| shorten(item, api_id)).collect()),
        Value::Object(members) => each(members, |value| shorten(value, api_id)),
        other => other.clone(),
    }
}

/// `arn:{partition}:execute-api:{region}:{account}:{api}/{rest}` without what follows from the API.
fn short(arn: &str, api_id: &str) -> Option<String> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().filter(|service| *service == "execute-api")?;
    let rest = parts.nth(2)?.strip_prefix(api_id)?.strip_prefix('/')?;
    Some(format!("{service}:/{rest}"))
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

/// A list of each thing once, in order; a single thing is a list of one.
pub fn sorted(value: &Value) -> Value {
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
            ("Principal" | "NotPrincipal", Value::Object(kinds)) => {
                each(kinds, |principals| sorted(&accounts(principals)))
            }
            ("Condition", Value::Object(operators)) => each(operators, |keys| match keys {
                Value::Object(keys) => {
                    each(keys, |values| sorted(&Value::Array(listed(values).iter().map(text).collect())))
                }
                other => other.clone(),
            }),
            (_, value) => value.clone(),
        };
        (key.clone(), value)
    });
    Value::Object(normal.collect())
}

/// AWS takes the number of an account for its root user, and stores one or the other.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
pub fn accounts(principals: &Value) -> Value {
    let short = |principal: &Value| {
        let account = principal.as_str().and_then(|arn| arn.strip_suffix(":root")?.rsplit_once(":iam::"));
        account.map_or_else(|| principal.clone(), |(_, account)| json!(account))
    };
    Value::Array(listed(principals).iter().map(short).collect())
}

/// AWS answers `true` and `1` in conditions as texts.
fn text(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => json!(value.to_string()),
        other => other.clone(),
    }
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
            "Resource":"execute-api:/*","Condition":{"StringEquals":{"aws:SourceVpce":["b","a"]},"Bool":{"aws:SecureTransport":true}}}}"#;
        let stored = r#"{"Version":"2012-10-17","Statement":[{"Condition":{"StringEquals":{"aws:SourceVpce":["a","b"]},"Bool":{"aws:SecureTransport":"true"}},
            "Effect":"Allow","Principal":{"AWS":"*"},"Action":["execute-api:Invoke"],"Resource":"execute-api:/*"}]}"#;
        assert_eq!(normal(given), normal(stored));
        assert!(normal("{}").is_none());
    }

    #[test]
    fn long_arns_of_the_api_become_short_and_others_stay() {
        let long = json!({"Resource": ["arn:aws:execute-api:eu-west-1:111122223333:abc/*", "arn:aws:execute-api:eu-west-1:1:other/*"]});
        let expected = json!({"Resource": ["execute-api:/*", "arn:aws:execute-api:eu-west-1:1:other/*"]});
        assert_eq!(shorten(&long, "abc"), expected);
    }

    #[test]
    fn api_gateways_extra_escaping_is_undone() {
        assert_eq!(unescape(r#"{\"a\":\"b\/c\"}"#), r#"{"a":"b/c"}"#);
    }
}
