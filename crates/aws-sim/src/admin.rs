//! The simulator's own paths, `/_sim/*`: what was called, what exists, the network of an account, faults, a fresh start.

use bytes::Bytes;
use http::{Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::protocol::respond;
use crate::{Fault, Order, Policy, Sim, data_plane};

#[derive(Deserialize)]
struct NextFault {
    operation: String,
    fault: Fault,
}

/// Whose policy it is, everybody's without an account, and the policy; without one there are no limits.
#[derive(Deserialize)]
struct Permissions {
    account: Option<String>,
    policy: Option<Value>,
}

/// Answers an administrative request.
pub async fn answer(sim: &Sim, request: &Request<Bytes>) -> Response<Bytes> {
    match (request.method().as_str(), request.uri().path()) {
        ("GET", "/_sim/calls") => reply(200, &json!(sim.calls())),
        ("GET", "/_sim/operations") => reply(200, &json!(crate::operations())),
        ("GET", "/_sim/objects") => reply(200, &sim.objects()),
        ("POST", "/_sim/reset") => {
            sim.reset();
            reply(200, &json!({}))
        }
        ("GET", "/_sim/account") => {
            let query = |name: &str, default: &str| {
                let pairs = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
                pairs.into_owned().find(|(key, _)| key == name).map_or_else(|| default.to_owned(), |(_, value)| value)
            };
            let fresh = sim.account(&query("account", "123456789012"), &query("region", "us-east-1"));
            reply(200, &json!(fresh))
        }
        ("GET", "/_sim/trace") => match data_plane::trace(sim, request.uri().query().unwrap_or_default()).await {
            Ok(trace) => reply(200, &trace),
            Err(message) => reply(400, &json!({"message": message})),
        },
        ("POST", "/_sim/fail_next") => match serde_json::from_slice::<NextFault>(request.body()) {
            Ok(order) => {
                sim.fail_next(&order.operation, order.fault);
                reply(200, &json!({}))
            }
            Err(error) => reply(400, &json!({"message": error.to_string()})),
        },
        ("GET", "/_sim/faults") => reply(200, &json!(sim.faults())),
        ("POST", "/_sim/faults") => order(sim, request.body()),
        ("DELETE", "/_sim/faults") => {
            sim.clear_faults();
            reply(200, &json!({}))
        }
        ("POST", "/_sim/iam") => permit(sim, request.body()),
        _ => reply(404, &json!({"message": "no such path"})),
    }
}

/// Takes an order for a fault.
fn order(sim: &Sim, body: &[u8]) -> Response<Bytes> {
    let read = serde_json::from_slice::<Order>(body).map_err(|error| error.to_string());
    match read.and_then(|order| sim.order_fault(order)) {
        Ok(()) => reply(200, &json!({})),
        Err(message) => reply(400, &json!({"message": message})),
    }
}

/// Takes a policy, unless it is malformed.
fn permit(sim: &Sim, body: &[u8]) -> Response<Bytes> {
    let set = |Permissions { account, policy }: Permissions| {
        let policy = policy.as_ref().map(Policy::of_identity).transpose()?;
        sim.set_policy(account.as_deref(), policy);
        Ok::<(), String>(())
    };
    match serde_json::from_slice(body).map_err(|error| error.to_string()).and_then(set) {
        Ok(()) => reply(200, &json!({})),
        Err(message) => reply(400, &json!({"message": message})),
    }
}

fn reply(status: u16, body: &Value) -> Response<Bytes> {
    respond(status, "application/json", body.to_string())
}
