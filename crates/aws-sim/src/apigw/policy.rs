//! Resource policies: checked, normalised, and read back escaped once more than one would think.

use serde_json::{Map, Value};

use crate::error::{Failure, Outcome, bad_request};
use crate::policy::Policy;
use crate::state::Region;

const LENGTH: usize = 8192;
/// What can be done with a deployed API: the actions of the prefix execute-api in the service authorization reference.
const ACTIONS: [&str; 3] = ["execute-api:Invoke", "execute-api:InvalidateCache", "execute-api:ManageConnections"];

/// Parses a policy text for an API; an empty text is no policy.
pub fn parse(region: &Region, api: &str, text: &str) -> Outcome<Option<Value>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    if text.chars().count() > LENGTH {
        // (text unverified)
        return Err(bad_request(format!("Resource policy size cannot exceed {LENGTH} characters")));
    }
    let policy = serde_json::from_str(text).map_err(|_| invalid())?;
    normalise(region, api, policy).map(Some)
}

/// Checks a policy and writes it the service's way: full ARNs, and scalars for lists of one (unverified).
pub fn normalise(region: &Region, api: &str, policy: Value) -> Outcome<Value> {
    let Value::Object(mut policy) = policy else {
        return Err(invalid());
    };
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.clone(),
        Some(statement @ Value::Object(_)) => vec![statement.clone()],
        _ => return Err(invalid()),
    };
    let statements: Vec<Value> =
        statements.into_iter().map(|statement| one(region, api, statement)).collect::<Outcome<_>>()?;
    policy.insert("Statement".to_owned(), Value::Array(statements));
    let policy = Value::Object(policy);
    // Which actions the service knows is unverified; the resource need not be an ARN of it, as a test of Terraform's shows
    // (hashicorp/terraform-provider-aws, aws_api_gateway_rest_api_policy).
    let read = Policy::of_resource(&policy).map_err(|_| invalid())?;
    if read.has_only_actions(&ACTIONS) { Ok(policy) } else { Err(invalid()) }
}

/// The text that GetRestApi answers: JSON whose quotes and slashes are escaped, inside a JSON string that escapes them again.
pub fn escaped(policy: &Value) -> String {
    let quoted = Value::String(policy.to_string()).to_string();
    quoted[1..quoted.len() - 1].replace('/', "\\/")
}

fn one(region: &Region, api: &str, statement: Value) -> Outcome<Value> {
    let Value::Object(statement) = statement else {
        return Err(invalid());
    };
    let effect = statement.get("Effect").and_then(Value::as_str).unwrap_or_default();
    let principal = statement.get("Principal").or(statement.get("NotPrincipal"));
    let known =
        ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    let complete = ["Allow", "Deny"].contains(&effect)
        && principal.is_some_and(valid_principal)
        && (statement.contains_key("Action") || statement.contains_key("NotAction"))
        && (statement.contains_key("Resource") || statement.contains_key("NotResource"))
        && statement.get("Condition").is_none_or(Value::is_object)
        && statement.keys().all(|key| known.contains(&key.as_str()));
    if !complete {
        return Err(invalid());
    }
    let mut written = Map::new();
    for (key, value) in statement {
        let value = match key.as_str() {
            "Resource" | "NotResource" if !texts(&value, is_resource) => return Err(invalid()),
            "Resource" | "NotResource" => scalar(each_text(value, |text| expand(region, api, text))),
            "Action" | "NotAction" => scalar(value),
            "Condition" => condition(value),
            _ => value,
        };
        written.insert(key, value);
    }
    Ok(Value::Object(written))
}

fn texts(value: &Value, test: fn(&str) -> bool) -> bool {
    let holds = |value: &Value| value.as_str().is_some_and(test);
    holds(value) || value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(holds))
}

fn is_resource(text: &str) -> bool {
    text == "*" || text.starts_with("execute-api:/") || text.starts_with("arn:")
}

/// `execute-api:/*` and the like become ARNs of this API.
fn expand(region: &Region, api: &str, resource: &str) -> String {
    match resource.strip_prefix("execute-api:/") {
        Some(rest) => region.arn("execute-api", &format!("{api}/{rest}")),
        None => resource.to_owned(),
    }
}

fn condition(value: Value) -> Value {
    let Value::Object(operators) = value else {
        return value;
    };
    let keys = |keys: Value| match keys {
        Value::Object(keys) => Value::Object(keys.into_iter().map(|(key, values)| (key, scalar(values))).collect()),
        other => other,
    };
    Value::Object(operators.into_iter().map(|(operator, value)| (operator, keys(value))).collect())
}

fn each_text(value: Value, write: impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(write(&text)),
        Value::Array(items) => items
            .into_iter()
            .map(|item| item.as_str().map_or(item.clone(), |text| Value::String(write(text))))
            .collect(),
        other => other,
    }
}

fn scalar(value: Value) -> Value {
    match value {
        Value::Array(mut items) if items.len() == 1 => items.remove(0),
        other => other,
    }
}

/// Kinds of principals: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>.
const KINDS: [&str; 4] = ["AWS", "CanonicalUser", "Federated", "Service"];

fn valid_principal(principal: &Value) -> bool {
    let account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let valid = |text: &str| {
        let parts: Vec<&str> = text.split(':').collect();
        text == "*"
            || account(text)
            || matches!(parts[..], ["arn", _, "iam" | "sts", "", number, ..] if account(number))
    };
    match principal {
        Value::String(text) => text == "*",
        Value::Object(kinds) if kinds.keys().any(|kind| !KINDS.contains(&kind.as_str())) => false,
        Value::Object(kinds) => kinds.iter().all(|(kind, value)| match value {
            Value::String(text) => kind != "AWS" || valid(text),
            Value::Array(items) => {
                items.iter().all(|item| item.as_str().is_some_and(|text| kind != "AWS" || valid(text)))
            }
            _ => false,
        }),
        _ => false,
    }
}

fn invalid() -> Failure {
    bad_request("Invalid policy document. Please check the policy syntax and ensure that Principals are valid.")
}
