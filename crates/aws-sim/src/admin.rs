//! The simulator's own paths, `/_sim/*`.

use bytes::Bytes;
use http::{Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::protocol::respond;
use crate::{Fault, Sim};

#[derive(Deserialize)]
struct Order {
    operation: String,
    fault: Fault,
}

/// Answers an administrative request.
pub fn answer(sim: &Sim, request: &Request<Bytes>) -> Response<Bytes> {
    match (request.method().as_str(), request.uri().path()) {
        ("GET", "/_sim/calls") => reply(200, &json!(sim.calls())),
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
        ("POST", "/_sim/fail_next") => match serde_json::from_slice::<Order>(request.body()) {
            Ok(order) => {
                sim.fail_next(&order.operation, order.fault);
                reply(200, &json!({}))
            }
            Err(error) => reply(400, &json!({"message": error.to_string()})),
        },
        _ => reply(404, &json!({"message": "no such path"})),
    }
}

fn reply(status: u16, body: &Value) -> Response<Bytes> {
    respond(status, "application/json", body.to_string())
}
