//! Who may invoke: the endpoint's policy and the deployed resource policy, and what the method asks of its caller.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::routing::Route;
use super::stage::Arrival;
use super::trip::{Refusal, Trip};
use super::visit::Visit;
use crate::clock::{Time, epoch_seconds, iso8601};
use crate::iam::{Iam, user};
use crate::policy::{self, Decision, Question};

/// Longest ARN of a method that can be authorised.
const ARN_LIMIT: usize = 1600;

/// The policies of endpoint and API must allow the request. They know the caller's identity only where the method wants a
/// signature, and there the caller's own policy counts too: in the API's account one of it and the API's is enough, from
/// another account both must allow.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>
pub fn check(
    arrival: &Arrival,
    route: Option<&Route>,
    visit: &Visit,
    (iam, now): (&Iam, Time),
    trip: &mut Trip,
) -> Result<(), Refusal> {
    let (api, stage) = (&arrival.api.id, &arrival.stage.name);
    let arn = arrival.region.arn("execute-api", &format!("{api}/{stage}/{}{}", visit.verb, visit.path));
    if arn.len() > ARN_LIMIT {
        let why = format!("The ARN of the method has {} bytes, the limit is {ARN_LIMIT}.", arn.len());
        return trip.refuse("request-size", None, why, Refusal::uri_too_long());
    }
    let signer = visit.signer.as_deref().filter(|_| route.is_some_and(|route| route.wants_signature()));
    let question = Question { resource: &arn, signer, values: values(arrival, visit, signer, now) };
    let endpoint = arrival.entry.endpoint;
    allowed("endpoint-policy", &endpoint.id, (Some(&endpoint.policy), false), &question, arrival, trip)?;
    let region = arrival.region;
    let own = signer.map(|account| iam.may_invoke(account, &region.name, &arn, question.keys()));
    if own == Some(Decision::Denied) {
        return own_policy_refuses("denies", " with an explicit deny", &question, arrival, trip);
    }
    let is_native = signer == Some(region.account.as_str());
    let enough = is_native && own == Some(Decision::Allowed);
    allowed("resource-policy", api, (arrival.definition.policy.as_ref(), enough), &question, arrival, trip)?;
    if own == Some(Decision::NotAllowed) && !is_native {
        return own_policy_refuses("does not allow", "", &question, arrival, trip);
    }
    Ok(())
}

fn own_policy_refuses(
    verb: &str,
    ending: &str,
    question: &Question,
    arrival: &Arrival,
    trip: &mut Trip,
) -> Result<(), Refusal> {
    let why = format!("The caller's own policy {verb} execute-api:Invoke on this method.");
    let refusal = Refusal::denied(&format!("{}{ending}", unauthorized(question, arrival)));
    trip.refuse("identity-policy", question.signer, why, refusal)
}

/// The signature and the API key that a method asks for.
pub fn method(route: &Route, visit: &Visit, trip: &mut Trip) -> Result<(), Refusal> {
    if route.wants_signature() && visit.signer.is_none() {
        let why = "The method has AWS_IAM authorization and the request is not signed.";
        return trip.refuse("authorization", None, why, Refusal::missing_token());
    }
    if route.method.members.get("apiKeyRequired") == Some(&Value::Bool(true)) {
        // Usage plans are not simulated, so that no key is a valid one.
        let why = "The method wants an API key, and no key belongs to a usage plan of this stage.";
        return trip.refuse("api-key", None, why, Refusal::invalid_key());
    }
    Ok(())
}

/// What conditions can ask about. `aws:SourceIp` is not among it: a private API sees no public address.
fn values(arrival: &Arrival, visit: &Visit, signer: Option<&str>, now: Time) -> BTreeMap<&'static str, String> {
    let endpoint = arrival.entry.endpoint;
    let mut values = BTreeMap::from([
        ("aws:sourcevpce", endpoint.id.clone()),
        ("aws:sourcevpc", endpoint.vpc.clone()),
        ("aws:vpcsourceip", arrival.entry.source.to_string()),
        ("aws:securetransport", "true".to_owned()),
        ("aws:requestedregion", arrival.region.name.clone()),
        ("aws:currenttime", iso8601(now)),
        ("aws:epochtime", epoch_seconds(now).to_string()),
    ]);
    let given = [
        ("aws:useragent", visit.header("user-agent")),
        ("aws:referer", visit.header("referer")),
        ("aws:principalaccount", signer),
    ];
    values.extend(given.into_iter().filter_map(|(key, value)| Some((key, value?.to_owned()))));
    values
}

/// `enough` says that the caller's own policy allows the request, so that silence is no refusal.
fn allowed(
    hop: &'static str,
    id: &str,
    (document, enough): (Option<&Value>, bool),
    question: &Question,
    arrival: &Arrival,
    trip: &mut Trip,
) -> Result<(), Refusal> {
    let statements: Vec<&Value> = match document.map(|document| &document["Statement"]) {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    };
    let decision = document.map_or(Decision::NotAllowed, |document| policy::decide(document, question));
    let mut deciding = None;
    for (index, statement) in statements.iter().enumerate() {
        let alone = alone(statement, question);
        match alone {
            Decision::NotAllowed => trip.reject(name(index, statement), why_not(statement, question)),
            _ if alone == decision && deciding.is_none() => deciding = Some(name(index, statement)),
            _ => trip.reject(
                name(index, statement),
                format!("It says {}, but another statement decides.", effect(statement)),
            ),
        }
    }
    let statement = deciding.unwrap_or_default();
    let explicit = match decision {
        Decision::Allowed => {
            trip.pass(hop, id, format!("{statement} allows the request."));
            return Ok(());
        }
        Decision::NotAllowed if enough => {
            trip.pass(hop, id, "It says nothing, and the caller's own policy allows the request.");
            return Ok(());
        }
        Decision::Denied => " with an explicit deny",
        Decision::NotAllowed => "",
    };
    let why = match decision {
        Decision::Denied => format!("{statement} denies the request."),
        _ if document.is_none() => "The deployed API has no policy, which allows nobody.".to_owned(),
        _ => format!("None of {} statements allows the request.", statements.len()),
    };
    trip.refuse(hop, Some(id), why, Refusal::denied(&format!("{}{explicit}", unauthorized(question, arrival))))
}

/// The account is masked but for its last four digits.
fn unauthorized(question: &Question, arrival: &Arrival) -> String {
    let account = &arrival.region.account;
    let user = question.signer.map_or_else(|| "anonymous".to_owned(), |account| user(account, &arrival.region.name));
    let masked = format!("********{}", account.get(8..).unwrap_or_default());
    let resource = question.resource.replace(&format!(":{account}:"), &format!(":{masked}:"));
    format!("User: {user} is not authorized to perform: execute-api:Invoke on resource: {resource}")
}

fn alone(statement: &Value, question: &Question) -> Decision {
    policy::decide(&json!({"Statement": [statement]}), question)
}

/// `statement 0` or `statement 0 (Sid)`.
fn name(index: usize, statement: &Value) -> String {
    match statement["Sid"].as_str() {
        Some(sid) => format!("statement {index} ({sid})"),
        None => format!("statement {index}"),
    }
}

fn effect(statement: &Value) -> &str {
    statement["Effect"].as_str().unwrap_or_default()
}

/// Which element alone keeps a statement from applying.
fn why_not(statement: &Value, question: &Question) -> String {
    let neutral = [
        ("Condition", "NotCondition", Value::Null),
        ("Principal", "NotPrincipal", json!("*")),
        ("Resource", "NotResource", json!("*")),
        ("Action", "NotAction", json!("*")),
    ];
    for (key, negated, anything) in neutral {
        let mut eased = statement.clone();
        let Some(members) = eased.as_object_mut() else { continue };
        members.remove(negated);
        match anything {
            Value::Null => drop(members.remove(key)),
            anything => drop(members.insert(key.to_owned(), anything)),
        }
        if alone(&eased, question) != Decision::NotAllowed {
            return format!(
                "This {} does not apply: its {key} does not match{}.",
                effect(statement),
                facts(key, statement, question)
            );
        }
    }
    format!("This {} does not apply: several of its elements do not match.", effect(statement))
}

/// What the request has for the element that does not match.
fn facts(key: &str, statement: &Value, question: &Question) -> String {
    match key {
        "Condition" => {
            let asked = statement[key].as_object().into_iter().flatten();
            let keys = asked.flat_map(|(_, keys)| keys.as_object().into_iter().flatten().map(|(key, _)| key));
            let have = |key: &String| {
                let value = question.values.get(key.to_ascii_lowercase().as_str());
                value.map_or_else(|| format!("{key} is absent"), |value| format!("{key} is {value}"))
            };
            format!(" ({})", keys.map(have).collect::<Vec<_>>().join(", "))
        }
        "Principal" => format!(" ({})", question.signer.unwrap_or("the caller is anonymous")),
        "Resource" => format!(" ({})", question.resource),
        _ => String::new(),
    }
}
