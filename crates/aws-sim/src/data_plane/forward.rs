//! The last hop: a real HTTP request to wherever the simulated target really is.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpStream;

use super::backend::{self, Delivery};
use super::visit::Visit;
use super::{Refusal, Trip};
use crate::Sim;
use crate::protocol::respond;

/// Sends a request to the first target that accepts it. When nothing is real, the target answers with what it was sent.
pub async fn deliver(
    sim: &Sim,
    visit: &Visit,
    delivery: Delivery,
    trip: &mut Trip,
) -> Result<Response<Bytes>, Refusal> {
    let resolve = &sim.0.config.resolve;
    if resolve.is_empty() {
        trip.pass("target", format!("{} pretends", delivery.targets[0]));
        return finish(echo(&delivery, visit), &delivery, trip);
    }
    for target in &delivery.targets {
        let Some(real) = resolve.get(target) else {
            continue;
        };
        let Ok(stream) = TcpStream::connect(real).await else {
            continue;
        };
        trip.pass("target", format!("{target} at {real}"));
        return match tokio::time::timeout(delivery.timeout, send(stream, visit, &delivery)).await {
            Ok(Ok(response)) => finish(response, &delivery, trip),
            Ok(Err(error)) => trip.refuse("backend", error.to_string(), backend::no_network()),
            Err(_) => {
                trip.refuse("backend", format!("silent for {} ms", delivery.timeout.as_millis()), backend::timed_out())
            }
        };
    }
    let tried: Vec<String> = delivery.targets.iter().map(SocketAddr::to_string).collect();
    trip.refuse("target", format!("none of {} accepts connections", tried.join(", ")), backend::no_network())
}

async fn send(stream: TcpStream, visit: &Visit, delivery: &Delivery) -> io::Result<Response<Bytes>> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let mut request = Request::builder().method(delivery.verb.as_str()).uri(&delivery.path);
    if let Some(headers) = request.headers_mut() {
        headers.clone_from(&delivery.headers);
    }
    let request = request.body(Full::new(visit.body.clone())).map_err(io::Error::other)?;
    let (mut head, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    // The body is whole now, whatever its framing was, and the way back is HTTP/1.1.
    head.version = http::Version::HTTP_11;
    for name in ["transfer-encoding", "connection", "content-length"] {
        head.headers.remove(name);
    }
    Ok(Response::from_parts(head, body))
}

/// A proxy passes the answer on; HTTP maps its status to a method response.
fn finish(mut response: Response<Bytes>, delivery: &Delivery, trip: &mut Trip) -> Result<Response<Bytes>, Refusal> {
    if delivery.integration.text("type") == "HTTP_PROXY" {
        return Ok(response);
    }
    let status = response.status().as_str().to_owned();
    let pattern = |mapped: &&Map<String, Value>| {
        mapped.get("selectionPattern").and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let responses = || delivery.integration.responses.values();
    let mapped = responses()
        .find(|mapped| pattern(mapped) == status)
        .or_else(|| responses().find(|mapped| pattern(mapped).is_empty()));
    let code =
        mapped.and_then(|mapped| mapped.get("statusCode")).and_then(Value::as_str).and_then(|code| code.parse().ok());
    match code {
        Some(code) => {
            *response.status_mut() = code;
            Ok(response)
        }
        None => {
            let detail = format!("no integration response for status {status}");
            trip.refuse("integration-response", detail, Refusal::message(500, "Internal server error"))
        }
    }
}

fn echo(delivery: &Delivery, visit: &Visit) -> Response<Bytes> {
    let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers: Map<String, Value> =
        delivery.headers.iter().map(|(name, value)| (name.as_str().to_owned(), json!(text(value)))).collect();
    let body = json!({
        "target": delivery.targets[0], "method": delivery.verb, "path": delivery.path, "headers": headers,
        "body": String::from_utf8_lossy(&visit.body),
    });
    respond(200, "application/json", body.to_string())
}
