//! `GET /_sim/trace`: where a request would go, hop by hop, and why.

use std::fmt::Write;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value, json};

use super::trip::{Refusal, Trip};
use super::visit::Visit;
use super::{source, travel};
use crate::Sim;

/// Query parameters that are headers of a request.
const HEADERS: [(&str, &str); 4] = [
    ("source_vpc", "x-sim-source-vpc"),
    ("source_ip", "x-sim-source-ip"),
    ("source_security_group", "x-sim-source-security-group"),
    ("endpoint", "x-sim-endpoint"),
];

/// Explains a request: `method`, `host`, `path`, `source_vpc`, `source_ip`, `source_security_group`, `endpoint`, `body`, and
/// `header` (`Name: value`, as often as needed). It is sent only with `send=true`, and only then it counts. The error says
/// what cannot be understood.
pub async fn trace(sim: &Sim, query: &str) -> Result<Value, String> {
    let (request, send) = read(query)?;
    let asked = json!({
        "method": request.method().as_str(), "path": request.uri().to_string(),
        "host": request.headers().get("host").and_then(|host| host.to_str().ok()),
    });
    let visit = Visit::read(request);
    if let Some(mistake) = source::mistake(&sim.world().regions, &visit) {
        return Err(mistake);
    }
    let mut trip = Trip::begin(sim, send);
    let mut out = json!({"request": asked, "sent": false});
    match travel(sim, &visit, &mut trip).await {
        Err(refusal) => out["answer"] = refused(&trip.reword(refusal)),
        Ok(arrived) => {
            let delivery = &arrived.delivery;
            out["delivery"] = json!({
                "target": arrived.target, "method": delivery.verb, "path": delivery.path,
                "headers": headers(&delivery.headers), "timeout_ms": delivery.timeout.as_millis() as u64,
            });
            if send {
                out["sent"] = json!(true);
                out["answer"] = match arrived.send(sim, &mut trip).await {
                    Ok(response) => answered(&response),
                    Err(refusal) => refused(&trip.reword(refusal)),
                };
            }
        }
    }
    out["hops"] = json!(trip.hops());
    Ok(out)
}

fn read(query: &str) -> Result<(Request<Bytes>, bool), String> {
    let (mut method, mut path, mut body, mut send) = ("GET".to_owned(), "/".to_owned(), String::new(), false);
    let mut headers: Vec<(String, String)> = Vec::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
        match key.as_str() {
            "method" => method = value,
            "path" => path = format!("/{}", value.trim_start_matches('/')),
            "host" => headers.push(("host".to_owned(), bare(&value).to_owned())),
            "body" => body = value,
            "send" => send = value == "true",
            "header" => {
                let (name, value) =
                    value.split_once(':').ok_or_else(|| format!("header '{value}' is not Name: value"))?;
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            key => {
                let known = HEADERS.iter().find(|(name, _)| *name == key);
                let (_, header) = known.ok_or_else(|| format!("'{key}' is not a parameter of a trace"))?;
                headers.push(((*header).to_owned(), value));
            }
        }
    }
    let mut request = Request::builder().method(method.as_str()).uri(path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Bytes::from(body)).map_err(|error| error.to_string())?;
    if super::is_for(&request) {
        return Ok((request, send));
    }
    Err("host must be the name of an API, such as abcdefghij.execute-api.eu-central-1.amazonaws.com".to_owned())
}

/// A name without the rest of a URL.
fn bare(host: &str) -> &str {
    let host = host.split_once("://").map_or(host, |(_, rest)| rest);
    host.split('/').next().unwrap_or_default()
}

fn refused(refusal: &Refusal) -> Value {
    json!({"status": refusal.status, "body": refusal.body})
}

fn answered(response: &Response<Bytes>) -> Value {
    let body =
        serde_json::from_slice(response.body()).unwrap_or_else(|_| json!(String::from_utf8_lossy(response.body())));
    json!({"status": response.status().as_u16(), "headers": headers(response.headers()), "body": body})
}

fn headers(headers: &http::HeaderMap) -> Map<String, Value> {
    let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), json!(text(value)))).collect()
}

/// A trace for people.
pub fn table(trace: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let hops = trace["hops"].as_array().map(Vec::as_slice).unwrap_or_default();
    let width = hops.iter().map(|hop| text(&hop["hop"]).len()).max().unwrap_or_default();
    let request = &trace["request"];
    let mut out =
        format!("{} https://{}{}\n\n", text(&request["method"]), text(&request["host"]), text(&request["path"]));
    let mut line = |mark: &str, name: &str, id: &str, why: &str| {
        let id = if id.is_empty() { String::new() } else { format!("{id}: ") };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{mark} {name:width$}  {id}{why}");
    };
    for hop in hops {
        let mark = if hop["verdict"] == "passed" { "+" } else { "x" };
        line(mark, &text(&hop["hop"]), short(&text(&hop["id"])), &text(&hop["why"]));
        for other in hop["rejected"].as_array().into_iter().flatten() {
            line(" ", "", &format!("  not {}", short(&text(&other["id"]))), &text(&other["why"]));
        }
    }
    let last = hops.last().and_then(|hop| hop["hop"].as_str());
    let unanswered = last.filter(|hop| ["dns", "endpoint", "endpoint-security-group"].contains(hop));
    let end = match (&trace["answer"], &trace["delivery"]) {
        (Value::Null, delivery) if delivery["target"].is_null() => "The mock integration would answer.".to_owned(),
        (Value::Null, delivery) => {
            let target = delivery["target"].as_str().unwrap_or_default();
            format!("It would be sent to {target} as {} {}.", text(&delivery["method"]), text(&delivery["path"]))
        }
        // Such a station has no answer in reality.
        _ if unanswered == Some("dns") => {
            "On AWS there is no answer: the name does not resolve to an endpoint.".to_owned()
        }
        _ if unanswered.is_some() => "On AWS there is no answer: the connection times out.".to_owned(),
        (answer, _) => format!("The caller gets {} {}", answer["status"], answer["body"]),
    };
    format!("{out}\n{end}\n")
}

/// Of an ARN, the resource.
fn short(id: &str) -> &str {
    if id.starts_with("arn:") { id.splitn(6, ':').last().unwrap_or(id) } else { id }
}
