//! Who may invoke the API: from `policy` to the statements of its resource policy, and back.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/private-api-tutorial.html>

use serde_json::{Value, json};
use tfplugin::Attr;

use super::inputs::{or_empty_object, strings};
use super::model::{Policy, Strings};
use crate::aws::policy::{accounts, document, normal, sorted, statements};
use crate::child::{Input, unknown};

/// The statements in normal form: what the configuration says about callers, who come through one of these endpoints.
pub fn resource_policy(policy: &Attr<Policy>, endpoints: &Input<Vec<Input<String>>>) -> Input<Value> {
    let Attr::Known(policy) = or_empty_object(policy) else { return Input::Unknown };
    match &policy.document {
        Attr::Known(text) => return Input::Known(normal(text).unwrap_or_default()),
        Attr::Unknown => return Input::Unknown,
        Attr::Null => {}
    }
    let endpoints = match endpoints {
        Input::Known(endpoints) => json!(endpoints),
        _ => unknown(),
    };
    let mut all = generated(&callers(&policy.allowed_principal_arns), &endpoints).to_vec();
    match &policy.statements {
        Attr::Known(text) => all.extend(statements(text).unwrap_or_default()),
        Attr::Unknown => return Input::Unknown,
        Attr::Null => {}
    }
    Input::Known(Value::Array(all))
}

/// The arguments that say what live statements say; nothing where those are what everybody gets. `endpoints` are the API's.
pub fn told(live: &Value, endpoints: &[String]) -> Option<Policy> {
    let have = live.as_array()?;
    let [allow, deny] = generated(&everybody(), &json!(endpoints));
    let principals = |statement: &Value| {
        let mut alike = statement.as_object()?.clone();
        let principal = alike.insert("Principal".into(), allow["Principal"].clone())?;
        let kinds = principal.as_object().filter(|kinds| kinds.len() == 1)?;
        let named: Vec<String> = serde_json::from_value(kinds.get("AWS")?.clone()).ok()?;
        let is_sayable = named == ["*"] || named.iter().all(|one| is_principal(one));
        (Value::Object(alike) == allow && is_sayable).then_some(named)
    };
    let with_callers = have.iter().find_map(|one| Some((one, principals(one)?)));
    let (Some((allowing, callers)), true) = (with_callers, have.contains(&deny)) else {
        return Some(Policy { document: Attr::Known(document(live).to_string()), ..Policy::default() });
    };
    let more: Vec<&Value> = have.iter().filter(|one| **one != deny && *one != allowing).collect();
    let named = (*allowing != allow).then(|| callers.into_iter().map(Attr::Known).collect::<Strings>());
    let more = (!more.is_empty()).then(|| json!(more).to_string());
    let is_plain = named.is_none() && more.is_none();
    (!is_plain).then(|| Policy { allowed_principal_arns: named.into(), statements: more.into(), ..Policy::default() })
}

/// Whether a text is the number of an account, or an ARN of IAM or STS. What AWS shows of a principal that is gone is neither.
pub fn is_principal(text: &str) -> bool {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    is_account(text) || matches!(parts[..], ["arn", _, "iam" | "sts", "", account, _] if is_account(account))
}

/// All principals.
pub fn everybody() -> Value {
    json!(["*"])
}

/// Callers may invoke, but only through one of the endpoints.
pub fn generated(callers: &Value, endpoints: &Value) -> [Value; 2] {
    let statement = |effect: &str, principal: &Value| json!({"Effect": effect, "Principal": {"AWS": principal}, "Action": ["execute-api:Invoke"], "Resource": ["execute-api:/*"]});
    let mut deny = statement("Deny", &everybody());
    deny["Condition"] = json!({"StringNotEquals": {"aws:SourceVpce": endpoints}});
    [statement("Allow", callers), deny]
}

fn callers(principals: &Attr<Strings>) -> Value {
    match strings(principals) {
        Input::Known(none) if none.is_empty() => everybody(),
        Input::Known(principals) => sorted(&accounts(&json!(principals))),
        _ => unknown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Attr<String> {
        Attr::Known(text.to_string())
    }

    #[test]
    fn what_is_told_of_a_policy_makes_the_same_policy() {
        let endpoints = ["vpce-1".to_string()];
        let wanted = |policy: &Policy| {
            let ids = endpoints.iter().cloned().map(Input::Known).collect();
            match resource_policy(&Attr::Known(policy.clone()), &Input::Known(ids)) {
                Input::Known(statements) => crate::child::normal(&statements),
                other => panic!("{other:?}"),
            }
        };
        let more =
            r#"{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*/DELETE/*"}"#;
        let whole = format!(r#"{{"Version":"2012-10-17","Statement":[{more}]}}"#);
        let arns: Strings =
            ["arn:aws:iam::111122223333:role/b", "arn:aws:iam::111122223333:role/a"].map(some).into_iter().collect();
        for policy in [
            Policy { statements: some(more), ..Policy::default() },
            Policy { allowed_principal_arns: Attr::Known(arns.clone()), ..Policy::default() },
            Policy { allowed_principal_arns: Attr::Known(arns), statements: some(more), ..Policy::default() },
            Policy { document: some(&whole), ..Policy::default() },
        ] {
            let told = told(&wanted(&policy), &endpoints).expect("it isn't the plain one");
            assert_eq!(wanted(&told), wanted(&policy));
            assert_eq!(told.document.is_null(), policy.document.is_null());
        }
        assert_eq!(told(&wanted(&Policy::default()), &endpoints), None);
    }
}
