//! From the method to what answers it: a mock, a host on the internet, or a VPC link.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};

use super::scene::{Scene, media_type};
use super::stage::Arrival;
use super::trip::{Refusal, Trip};
use super::{backend, content, mapping, template};
use crate::apigw::Integration;
use crate::clock::Time;
use crate::data_plane::health::Place;

/// A request for a back end.
#[derive(Debug)]
pub struct Delivery {
    pub to: Destination,
    pub verb: String,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub timeout: Duration,
    pub integration: Integration,
    pub binary_types: Vec<String>,
    pub scene: Scene,
}

/// Where a request goes.
#[derive(Debug)]
pub enum Destination {
    /// Nowhere: the template of the request is the answer.
    Mock,
    /// A host outside.
    Internet(String),
    /// A target group.
    Group(Place),
}

/// Finds out where a request goes and what it says there.
pub fn find(
    arrival: &Arrival,
    integration: Option<&Integration>,
    scene: Scene,
    now: Time,
    trip: &mut Trip,
) -> Result<Delivery, Refusal> {
    let Some(integration) = integration else {
        return trip.refuse("integration", None, "The method has no integration.", Refusal::server_error());
    };
    let kind = integration.text("type");
    if kind.starts_with("AWS") {
        let why = format!("{kind} integrations are not simulated.");
        return trip.refuse("integration", Some(kind), why, Refusal::server_error());
    }
    let uri = mapping::with_stage_variables(integration.text("uri"), &scene.stage);
    let body = request_body(integration, &scene, trip)?;
    let (authority, port) = authority(&uri);
    let verb = integration.text("httpMethod");
    let mut delivery = Delivery {
        to: Destination::Mock,
        verb: if verb == "ANY" { scene.verb.clone() } else { verb.to_owned() },
        path: mapping::path_and_query(&uri, integration, &scene),
        headers: mapping::headers(&authority, integration, &scene),
        body,
        timeout: Duration::from_millis(
            integration.members.get("timeoutInMillis").and_then(Value::as_u64).unwrap_or(29_000),
        ),
        integration: integration.clone(),
        binary_types: arrival.definition.binary_types.clone(),
        scene,
    };
    if kind == "MOCK" {
        trip.pass("integration", kind, "The integration answers by itself.");
        return Ok(delivery);
    }
    trip.pass("integration", kind, format!("It sends {} {} to {authority}.", delivery.verb, delivery.path));
    delivery.to = if integration.text("connectionType") == "VPC_LINK" {
        let tls = uri.starts_with("https:");
        Destination::Group(backend::find(arrival, integration, (port, tls), now, trip)?)
    } else {
        let host = if authority.contains(':') { authority } else { format!("{authority}:{port}") };
        trip.pass("internet", &host, "The integration has no VPC link, so the request leaves over the internet.");
        Destination::Internet(host)
    };
    Ok(delivery)
}

/// The body after templates and content handling. A proxy knows no templates.
fn request_body(integration: &Integration, scene: &Scene, trip: &mut Trip) -> Result<Bytes, Refusal> {
    let hop = "integration-request";
    let Some(body) = content::handled(&scene.body, scene.binary, integration.text("contentHandling")) else {
        return trip.refuse(hop, None, "The body is no Base64 that could become binary.", Refusal::server_error());
    };
    let none = Map::new();
    let templates = integration.members.get("requestTemplates").and_then(Value::as_object).unwrap_or(&none);
    if integration.text("type") == "HTTP_PROXY" {
        return Ok(body);
    }
    let media = media_type(scene.headers.get("content-type").and_then(|value| value.to_str().ok()));
    if let Some(text) = templates.get(&media).and_then(Value::as_str) {
        return match template::render(text, scene, &body) {
            Ok(rendered) => Ok(Bytes::from(rendered)),
            Err(why) => trip.refuse(hop, Some(&media), format!("Its template: {why}."), Refusal::server_error()),
        };
    }
    let behavior = integration.text("passthroughBehavior");
    if behavior == "NEVER" || behavior == "WHEN_NO_TEMPLATES" && !templates.is_empty() {
        let why = format!("There is no template for {media}, and {behavior} lets nothing pass without one.");
        return trip.refuse(hop, Some(behavior), why, Refusal::unsupported_media_type());
    }
    Ok(body)
}

/// Host with port as written, and the port that the scheme means.
fn authority(uri: &str) -> (String, i64) {
    let (scheme, rest) = uri.split_once("://").unwrap_or(("http", uri));
    let authority = rest.split(['/', '?']).next().unwrap_or_default().to_owned();
    let default = if scheme == "https" { 443 } else { 80 };
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(default);
    (authority, port)
}
