//! The way back: a proxy passes the answer on; HTTP and MOCK map it.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use regex::Regex;
use serde_json::{Map, Value};

use super::integration::Delivery;
use super::scene::media_type;
use super::trip::{Refusal, Trip};
use super::{content, mapping, template};

/// Headers of a back end that the caller sees under another name.
const REMAPPED: [&str; 4] = ["connection", "content-length", "date", "x-amzn-requestid"];

/// What the caller gets.
pub fn finish(response: Response<Bytes>, delivery: &Delivery, trip: &mut Trip) -> Result<Response<Bytes>, Refusal> {
    if delivery.integration.text("type") == "HTTP_PROXY" {
        return Ok(passed(response, delivery));
    }
    let status = response.status().as_str().to_owned();
    let Some((code, mapped)) = select(delivery, &status, trip) else {
        let why = format!("No selection pattern fits status {status}, and none is the default.");
        return trip.refuse("integration-response", None, why, Refusal::server_error());
    };
    trip.pass("integration-response", code, format!("It stands for status {status} of the back end."));
    mapped_response(&response, code, mapped, delivery)
        .or_else(|why| trip.refuse("integration-response", Some(code), format!("{why}."), Refusal::server_error()))
}

/// A mock's answer: the status that its request template names.
pub fn mock(delivery: &Delivery, trip: &mut Trip) -> Result<Response<Bytes>, Refusal> {
    let request: Value = serde_json::from_slice(&delivery.body).unwrap_or_default();
    let code = request["statusCode"].as_u64().and_then(|code| u16::try_from(code).ok());
    let Some(code) = code.and_then(|code| StatusCode::from_u16(code).ok()) else {
        let why = "The request template of a mock must make JSON with an integer statusCode.";
        return trip.refuse("integration-request", Some("MOCK"), why, Refusal::server_error());
    };
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = code;
    finish(response, delivery, trip)
}

/// The body is whole now, whatever its framing was, and the way back is HTTP/1.1.
fn passed(mut response: Response<Bytes>, delivery: &Delivery) -> Response<Bytes> {
    *response.version_mut() = http::Version::HTTP_11;
    for name in REMAPPED {
        if let Some(value) = response.headers_mut().remove(name)
            && let Ok(remapped) = HeaderName::try_from(format!("x-amzn-remapped-{name}"))
        {
            response.headers_mut().insert(remapped, value);
        }
    }
    response.headers_mut().remove("transfer-encoding");
    if !is_binary(&response, delivery) {
        let text = String::from_utf8_lossy(response.body()).into_owned();
        *response.body_mut() = Bytes::from(text);
    }
    response
}

/// The integration response for a status: patterns are regular expressions over all of it, the empty one is the default.
fn select<'a>(delivery: &'a Delivery, status: &str, trip: &mut Trip) -> Option<(&'a str, &'a Map<String, Value>)> {
    let pattern =
        |mapped: &'a Map<String, Value>| mapped.get("selectionPattern").and_then(Value::as_str).unwrap_or_default();
    let fits = |pattern: &str| Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(status));
    let responses = || delivery.integration.responses.iter().map(|(code, mapped)| (code.as_str(), mapped));
    let chosen = responses()
        .find(|(_, mapped)| !pattern(mapped).is_empty() && fits(pattern(mapped)))
        .or_else(|| responses().find(|(_, mapped)| pattern(mapped).is_empty()));
    for (code, mapped) in responses().filter(|(code, _)| chosen.is_none_or(|(chosen, _)| chosen != *code)) {
        trip.reject(code, format!("Its selection pattern '{}' was not taken.", pattern(mapped)));
    }
    chosen
}

fn mapped_response(
    response: &Response<Bytes>,
    code: &str,
    mapped: &Map<String, Value>,
    delivery: &Delivery,
) -> Result<Response<Bytes>, String> {
    let handling = mapped.get("contentHandling").and_then(Value::as_str).unwrap_or_default();
    let body = content::handled(response.body(), is_binary(response, delivery), handling)
        .ok_or("the body of the back end is no Base64 that could become binary")?;
    let none = Map::new();
    let templates = mapped.get("responseTemplates").and_then(Value::as_object).unwrap_or(&none);
    let wanted = templates.get_key_value("application/json").or_else(|| templates.iter().next());
    let (media, body) = match wanted.and_then(|(media, text)| Some((media.as_str(), text.as_str()?))) {
        Some((media, text)) => (media, Bytes::from(template::render(text, &delivery.scene, &body)?)),
        None => ("application/json", body),
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = code.parse().map_err(|_| format!("{code} is no status"))?;
    answer.headers_mut().insert("content-type", HeaderValue::try_from(media).map_err(|error| error.to_string())?);
    let parameters = mapped.get("responseParameters").and_then(Value::as_object);
    for (target, source) in parameters.into_iter().flatten() {
        let name = target.strip_prefix("method.response.header.").and_then(|name| HeaderName::try_from(name).ok());
        let value = source.as_str().and_then(|source| parameter(source, response, delivery));
        if let Some((name, Ok(value))) = name.zip(value.map(HeaderValue::try_from)) {
            answer.headers_mut().insert(name, value);
        }
    }
    Ok(answer)
}

fn parameter(source: &str, response: &Response<Bytes>, delivery: &Delivery) -> Option<String> {
    if let Some(shared) = mapping::shared(source, &delivery.scene) {
        return Some(shared);
    }
    let rest = source.strip_prefix("integration.response.")?;
    if let Some(name) = rest.strip_prefix("header.") {
        return response.headers().get(name)?.to_str().ok().map(str::to_owned);
    }
    let json: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    mapping::body_value(&json, response.body(), rest.strip_prefix("body")?)
}

fn is_binary(response: &Response<Bytes>, delivery: &Delivery) -> bool {
    let media = media_type(response.headers().get("content-type").and_then(|value| value.to_str().ok()));
    delivery.binary_types.iter().any(|known| known == "*/*" || *known == media)
}
