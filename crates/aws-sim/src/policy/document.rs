//! Reading a policy document: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::condition::Condition;
use super::{Choice, Policy, Statement};

const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Reads a policy; those of resources name principals, those of identities must not.
pub fn read(document: &Value, of_resource: bool) -> Result<Policy, String> {
    let Some(members) = document.as_object() else {
        return Err("a policy is a JSON object".to_owned());
    };
    if let Some(other) = members.keys().find(|key| !["Version", "Id", "Statement"].contains(&key.as_str())) {
        return Err(format!("a policy has no element {other}"));
    }
    let version = members.get("Version").map_or(Some("2008-10-17"), Value::as_str);
    let Some(version @ ("2012-10-17" | "2008-10-17")) = version else {
        return Err("Version is either 2012-10-17 or 2008-10-17".to_owned());
    };
    let statements = match members.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => return Err("Statement is missing".to_owned()),
    };
    let reader = Reader { of_resource, variables: version == "2012-10-17" };
    let read = |(index, statement): (usize, &&Value)| {
        let of = |mistake: String| format!("statement {}: {mistake}", index + 1);
        reader.statement(statement).map_err(of)
    };
    let statements: Vec<Statement> = statements.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    let mut sids = BTreeSet::new();
    match statements.iter().filter_map(|statement| statement.sid.as_ref()).find(|sid| !sids.insert(*sid)) {
        Some(sid) => Err(format!("two statements have the Sid {sid}")),
        None => Ok(Policy { statements }),
    }
}

struct Reader {
    of_resource: bool,
    variables: bool,
}

impl Reader {
    fn statement(&self, statement: &Value) -> Result<Statement, String> {
        let members = statement.as_object().ok_or("it is no JSON object")?;
        if let Some(other) = members.keys().find(|key| !ELEMENTS.contains(&key.as_str())) {
            return Err(format!("there is no element {other}"));
        }
        let sid = members.get("Sid").map(|sid| sid.as_str().ok_or("Sid is no text")).transpose()?;
        // Policies of resources may have spaces in it.
        let plain = |sid: &&str| self.of_resource || sid.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if sid.is_some_and(|sid| !plain(&sid)) {
            return Err("Sid has letters and digits only".to_owned());
        }
        let allows = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("Effect is either Allow or Deny".to_owned()),
        };
        let actions = choice(members, "Action", "NotAction")?;
        let resources = choice(members, "Resource", "NotResource")?;
        if let Some(action) = actions.values.iter().find(|action| !is_action(action)) {
            return Err(format!("{action:?} is no action: it needs a service's prefix, such as ec2:"));
        }
        let is_resource = |text: &&String| self.of_resource || *text == "*" || text.starts_with("arn:");
        if let Some(resource) = resources.values.iter().find(|text| !is_resource(text)) {
            return Err(format!("the resource {resource:?} is neither an ARN nor *"));
        }
        let conditions = members.get("Condition").map_or(Ok(Vec::new()), conditions)?;
        let principals = self.principals(members)?;
        let sid = sid.filter(|sid| !sid.is_empty()).map(str::to_owned);
        Ok(Statement { sid, allows, variables: self.variables, actions, resources, principals, conditions })
    }

    fn principals(&self, members: &Map<String, Value>) -> Result<Option<Choice>, String> {
        if self.of_resource {
            return choice(members, "Principal", "NotPrincipal").map(Some);
        }
        match ["Principal", "NotPrincipal"].iter().any(|key| members.contains_key(*key)) {
            true => Err("the policy of an identity names no principal".to_owned()),
            false => Ok(None),
        }
    }
}

fn choice(members: &Map<String, Value>, key: &str, negation: &str) -> Result<Choice, String> {
    let (negated, value) = match (members.get(key), members.get(negation)) {
        (Some(value), None) => (false, value),
        (None, Some(value)) => (true, value),
        _ => return Err(format!("it needs either {key} or {negation}")),
    };
    match texts(value) {
        Some(values) if !values.is_empty() => Ok(Choice { negated, values }),
        _ => Err(format!("{key} is a text or a list of texts")),
    }
}

fn conditions(condition: &Value) -> Result<Vec<Condition>, String> {
    let operators = condition.as_object().ok_or("Condition is no JSON object")?;
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let keys = keys.as_object().ok_or_else(|| format!("{operator} has no condition keys"))?;
        for (key, values) in keys {
            let values = texts(values).ok_or_else(|| format!("{key} has no values"))?;
            conditions.push(Condition::read(operator, key, values)?);
        }
    }
    Ok(conditions)
}

/// The texts of a scalar, a list, or a map of principals.
fn texts(value: &Value) -> Option<Vec<String>> {
    let all = |values: &mut dyn Iterator<Item = &Value>| {
        values.map(texts).collect::<Option<Vec<_>>>().map(|texts| texts.concat())
    };
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Bool(_) | Value::Number(_) => Some(vec![value.to_string()]),
        Value::Array(items) => all(&mut items.iter()),
        Value::Object(kinds) => all(&mut kinds.values()),
        Value::Null => None,
    }
}

fn is_action(text: &str) -> bool {
    let named = |(service, name): (&str, &str)| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !service.is_empty() && service.chars().all(allowed) && !name.is_empty()
    };
    text == "*" || text.split_once(':').is_some_and(named)
}
