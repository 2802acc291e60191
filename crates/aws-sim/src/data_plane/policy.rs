//! Policy evaluation: Allow, Deny, and the conditions that private APIs use.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Map, Value};

use crate::pattern::like;

const ACTION: &str = "execute-api:Invoke";

/// May this caller invoke this resource?
pub struct Question<'a> {
    pub resource: &'a str,
    /// Account of a signed request; others are anonymous.
    pub signer: Option<&'a str>,
    /// Condition keys in lower case.
    pub values: BTreeMap<&'static str, String>,
}

/// What a policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows and none denies.
    Allowed,
    /// A statement denies.
    Denied,
    /// No statement applies.
    NotAllowed,
}

/// Evaluates all statements; a denial wins.
pub fn decide(policy: &Value, question: &Question) -> Decision {
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.iter().collect(),
        other => vec![other],
    };
    let applying: Vec<&str> = statements
        .into_iter()
        .filter(|statement| applies(statement, question))
        .filter_map(|statement| statement["Effect"].as_str())
        .collect();
    match (applying.contains(&"Deny"), applying.contains(&"Allow")) {
        (true, _) => Decision::Denied,
        (false, true) => Decision::Allowed,
        (false, false) => Decision::NotAllowed,
    }
}

fn applies(statement: &Value, question: &Question) -> bool {
    let either =
        |key: &str, negated: &str, test: &dyn Fn(&str) -> bool| match (statement.get(key), statement.get(negated)) {
            (Some(value), _) => texts(value).iter().any(|text| test(text)),
            (None, Some(value)) => !texts(value).iter().any(|text| test(text)),
            (None, None) => false,
        };
    either("Action", "NotAction", &|action| like(&action.to_ascii_lowercase(), &ACTION.to_ascii_lowercase()))
        && either("Resource", "NotResource", &|resource| like(resource, question.resource))
        && either("Principal", "NotPrincipal", &|principal| is_principal(principal, question.signer))
        && statement.get("Condition").and_then(Value::as_object).is_none_or(|condition| holds(condition, question))
}

/// The texts of a scalar, a list, or a map of principals.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::Object(kinds) => kinds.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn is_principal(principal: &str, signer: Option<&str>) -> bool {
    principal == "*"
        || signer.is_some_and(|account| principal == account || principal.contains(&format!(":{account}:")))
}

fn holds(condition: &Map<String, Value>, question: &Question) -> bool {
    condition.iter().all(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.into_iter().all(|(key, wanted)| {
            let have = question.values.get(key.to_ascii_lowercase().as_str()).map(String::as_str);
            compare(operator, have, &texts(wanted))
        })
    })
}

/// Every condition key here has one value, so ForAnyValue and ForAllValues differ only when it is absent.
fn compare(operator: &str, have: Option<&str>, wanted: &[&str]) -> bool {
    let (any, rest) = match operator.split_once(':') {
        Some((set, rest)) => (Some(set == "ForAnyValue"), rest),
        None => (None, operator),
    };
    let (name, optional) = match rest.strip_suffix("IfExists") {
        Some(name) => (name, true),
        None => (rest, false),
    };
    if name == "Null" {
        return wanted.first().is_some_and(|wanted| (*wanted == "true") == have.is_none());
    }
    let positive = name.replacen("Not", "", 1);
    let negated = positive != name;
    let Some(have) = have else {
        return optional || negated || any == Some(false);
    };
    let matches = |wanted: &str| match positive.as_str() {
        "StringEquals" | "ArnEquals" | "Bool" => wanted == have,
        "StringEqualsIgnoreCase" => wanted.eq_ignore_ascii_case(have),
        "StringLike" | "ArnLike" => like(wanted, have),
        "IpAddress" => in_network(wanted, have),
        // What is not understood does not match.
        _ => negated,
    };
    wanted.iter().any(|wanted| matches(wanted)) != negated
}

fn in_network(network: &str, address: &str) -> bool {
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    match network.parse::<IpNet>() {
        Ok(network) => network.contains(&address),
        Err(_) => network.parse::<IpAddr>() == Ok(address),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(policy: &Value, endpoint: &str) -> Decision {
        let values =
            BTreeMap::from([("aws:sourcevpce", endpoint.to_owned()), ("aws:vpcsourceip", "10.1.2.3".to_owned())]);
        let resource = "arn:aws:execute-api:eu-central-1:123456789012:abc/v1/GET/x";
        decide(policy, &Question { resource, signer: None, values })
    }

    #[test]
    fn the_usual_pair_admits_only_its_endpoint() {
        let all = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*"});
        let mut deny = all.clone();
        deny["Effect"] = json!("Deny");
        deny["Condition"] = json!({"StringNotEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}});
        let policy = json!({"Statement": [deny, all]});
        assert_eq!(ask(&policy, "vpce-2"), Decision::Allowed);
        assert_eq!(ask(&policy, "vpce-3"), Decision::Denied);
    }

    #[test]
    fn conditions_on_addresses_and_absent_keys() {
        let policy = |condition: Value| json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*", "Condition": condition}});
        assert_eq!(ask(&policy(json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}})), "v"), Decision::Allowed);
        assert_eq!(ask(&policy(json!({"NotIpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}})), "v"), Decision::NotAllowed);
        assert_eq!(ask(&policy(json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})), "v"), Decision::NotAllowed);
        assert_eq!(
            ask(&policy(json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}})), "v"),
            Decision::Allowed
        );
        assert_eq!(ask(&policy(json!({"ForAnyValue:StringLike": {"aws:SourceVpce": "v*"}})), "v"), Decision::Allowed);
    }
}
