//! The simulator's own paths, `/_sim/*`: what was called, what exists, the network of an account, faults, a fresh start.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::protocol::respond;
use crate::{Fault, Order, Policy, Sim, data_plane};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NextFault {
    operation: String,
    fault: Fault,
}

/// Whose policy it is, everybody's without an account, and the policy; null takes the limits away. It must be there: what
/// is mistyped must not make everything allowed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Permissions {
    account: Option<String>,
    policy: Value,
}

/// What can be asked: method, path and the names of its query; a trace reads its own.
const PATHS: [(&str, &str, &[&str]); 11] = [
    ("GET", "/_sim/account", &["account", "region"]),
    ("GET", "/_sim/calls", &[]),
    ("POST", "/_sim/fail_next", &[]),
    ("GET", "/_sim/faults", &[]),
    ("POST", "/_sim/faults", &[]),
    ("DELETE", "/_sim/faults", &[]),
    ("POST", "/_sim/iam", &[]),
    ("GET", "/_sim/objects", &[]),
    ("GET", "/_sim/operations", &[]),
    ("POST", "/_sim/reset", &[]),
    ("GET", TRACE, &[]),
];
const TRACE: &str = "/_sim/trace";

/// Answers an administrative request.
pub async fn answer(sim: &Sim, request: &Request<Bytes>) -> Response<Bytes> {
    let query = match check(request) {
        Ok(query) => query,
        Err((status, message)) => return reply(status, &json!({"message": message})),
    };
    let answer = match (request.method().as_str(), request.uri().path()) {
        ("GET", TRACE) => data_plane::trace(sim, request.uri().query().unwrap_or_default()).await,
        (method, path) => act(sim, method, path, &query, request.body()),
    };
    match answer {
        Ok(body) => reply(200, &body),
        Err(message) => reply(400, &json!({"message": message})),
    }
}

/// The query of a request that can be answered, or a status and what is wrong.
fn check(request: &Request<Bytes>) -> Result<BTreeMap<String, String>, (u16, String)> {
    let (method, path) = (request.method().as_str(), request.uri().path());
    let here: Vec<_> = PATHS.iter().filter(|(_, known, _)| *known == path).collect();
    if here.is_empty() {
        let all: Vec<String> = PATHS.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
        return Err((404, format!("there is no {path}; there are {}", all.join(", "))));
    }
    let Some((.., names)) = here.iter().find(|(known, ..)| *known == method) else {
        let methods: Vec<&str> = here.iter().map(|(known, ..)| *known).collect();
        return Err((405, format!("{path} takes {}, not {method}", methods.join(", "))));
    };
    let pairs = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    let query: BTreeMap<String, String> = pairs.into_owned().collect();
    match query.keys().find(|name| path != TRACE && !names.contains(&name.as_str())) {
        Some(name) if names.is_empty() => Err((400, format!("{path} has no parameters, so no '{name}'"))),
        Some(name) => Err((400, format!("{path} has no parameter '{name}'; it has {}", names.join(", ")))),
        None => Ok(query),
    }
}

fn act(sim: &Sim, method: &str, path: &str, query: &BTreeMap<String, String>, body: &[u8]) -> Result<Value, String> {
    let done = |()| json!({});
    match (method, path.trim_start_matches("/_sim/")) {
        (_, "calls") => Ok(json!(sim.calls())),
        (_, "operations") => Ok(json!(crate::operations())),
        (_, "objects") => Ok(sim.objects()),
        (_, "account") => {
            let text = |name: &str, default: &'static str| query.get(name).map_or(default, String::as_str);
            account(sim, text("account", "123456789012"), text("region", "us-east-1"))
        }
        (_, "fail_next") => {
            let NextFault { operation, fault } = read(body)?;
            sim.order_fault(Order::once(&operation, fault)).map(done)
        }
        ("POST", "faults") => sim.order_fault(read::<Order>(body)?).map(done),
        ("DELETE", "faults") => {
            sim.clear_faults();
            Ok(json!({}))
        }
        (_, "faults") => Ok(json!(sim.faults())),
        (_, "iam") => permit(sim, read(body)?).map(done),
        (_, "reset") => {
            sim.reset();
            Ok(json!({}))
        }
        _ => Err(format!("{method} {path} does nothing")),
    }
}

/// The network of an account, which is made if it is new.
fn account(sim: &Sim, account: &str, region: &str) -> Result<Value, String> {
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("'{account}' is no account: it has twelve digits"));
    }
    Ok(json!(sim.account(account, region)))
}

/// Takes a policy, unless it is malformed.
fn permit(sim: &Sim, Permissions { account, policy }: Permissions) -> Result<(), String> {
    let policy = Some(policy).filter(|policy| !policy.is_null());
    let policy = policy.as_ref().map(Policy::of_identity).transpose()?;
    sim.set_policy(account.as_deref(), policy);
    Ok(())
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn reply(status: u16, body: &Value) -> Response<Bytes> {
    respond(status, "application/json", body.to_string())
}
