//! The last hop: a real HTTP request to wherever the simulated target really is.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value, json};

use super::integration::Delivery;
use super::response;
use super::trip::{Refusal, Trip};
use crate::Sim;
use crate::data_plane::sockets;
use crate::protocol::respond;

/// Sends a request to a simulated address. When nothing is real, the target answers with what it was sent.
pub async fn deliver(
    sim: &Sim,
    target: &str,
    delivery: &Delivery,
    trip: &mut Trip,
) -> Result<Response<Bytes>, Refusal> {
    let resolve = &sim.0.config.resolve;
    if resolve.is_empty() {
        trip.pass("back-end", target, "Nothing is real, so the target answers with what it was sent.");
        return response::finish(echo(target, delivery), delivery, trip);
    }
    let Some(real) = target.parse::<SocketAddr>().ok().and_then(|address| resolve.get(&address)) else {
        let why = "The simulator was not told where it really is (--resolve), so that nobody answers.";
        return trip.refuse("back-end", Some(target), why, Refusal::timed_out());
    };
    let limit = sockets::limit(delivery.timeout, sim.0.config.speed);
    match sockets::exchange(*real, request(delivery), limit).await {
        Ok(answer) => {
            trip.pass("back-end", target, format!("It is really at {real} and answered {}.", answer.status()));
            response::finish(answer, delivery, trip)
        }
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            let why = format!("It is really at {real} and was silent for {} ms.", delivery.timeout.as_millis());
            trip.refuse("back-end", Some(target), why, Refusal::timed_out())
        }
        Err(error) => {
            trip.refuse("back-end", Some(target), format!("It is really at {real}: {error}."), Refusal::no_network())
        }
    }
}

fn request(delivery: &Delivery) -> Request<Bytes> {
    let mut request = Request::new(delivery.body.clone());
    *request.method_mut() = delivery.verb.parse().unwrap_or_default();
    *request.uri_mut() = delivery.path.parse().unwrap_or_default();
    request.headers_mut().clone_from(&delivery.headers);
    request
}

fn echo(target: &str, delivery: &Delivery) -> Response<Bytes> {
    let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers: Map<String, Value> =
        delivery.headers.iter().map(|(name, value)| (name.as_str().to_owned(), json!(text(value)))).collect();
    let body = json!({
        "target": target, "method": delivery.verb, "path": delivery.path, "headers": headers,
        "body": String::from_utf8_lossy(&delivery.body),
    });
    respond(200, "application/json", body.to_string())
}
