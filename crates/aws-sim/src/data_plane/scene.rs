//! Everything that mappings and templates can refer to.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::routing::Route;
use super::stage::Arrival;
use super::visit::Visit;
use crate::clock::{Time, epoch_seconds};

/// The request, its route and its stage.
#[derive(Debug, Clone)]
pub struct Scene {
    pub verb: String,
    pub query: Option<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Is the body of a binary media type?
    pub binary: bool,
    pub path: BTreeMap<String, String>,
    pub stage: BTreeMap<String, String>,
    pub context: BTreeMap<&'static str, String>,
}

impl Scene {
    /// What there is to refer to, once the stage is known.
    pub fn new(arrival: &Arrival, route: Option<&Route>, visit: &Visit, id: &str, now: Time) -> Scene {
        let types = &arrival.definition.binary_types;
        let media = media_type(visit.header("content-type"));
        Scene {
            verb: visit.verb.clone(),
            query: visit.query.clone(),
            headers: visit.headers.clone(),
            body: visit.body.clone(),
            binary: types.iter().any(|known| known == "*/*" || *known == media),
            path: route.map(|route| route.variables.clone()).unwrap_or_default(),
            stage: arrival.variables.clone(),
            context: context(arrival, route, visit, id, now),
        }
    }

    /// The values of a parameter of the request: `path`, `querystring`, `header`, or one of the last two with several values.
    pub fn parameter(&self, place: &str, name: &str) -> Vec<String> {
        let query = form_urlencoded::parse(self.query.as_deref().unwrap_or_default().as_bytes());
        let mut values: Vec<String> = match place {
            "path" => self.path.get(name).cloned().into_iter().collect(),
            "querystring" | "multivaluequerystring" => {
                query.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
            }
            _ => self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect(),
        };
        // Of a parameter that is given twice, the last value counts.
        if !place.starts_with("multivalue") {
            values.drain(..values.len().saturating_sub(1));
        }
        values
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// `application/json` unless the header says otherwise; parameters do not count.
pub fn media_type(header: Option<&str>) -> String {
    let media = header.unwrap_or("application/json").split(';').next().unwrap_or_default();
    media.trim().to_ascii_lowercase()
}

/// The value at `$`, `$.a.b` or `$.a[0].b`.
pub fn at_path(value: &Value, path: &str) -> Option<Value> {
    let rest = path.strip_prefix('$')?;
    let pointer = rest.replace('[', ".").replace(']', "").replace('.', "/");
    value.pointer(&pointer).cloned()
}

/// A scalar without quotes, anything else as JSON.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn context(
    arrival: &Arrival,
    route: Option<&Route>,
    visit: &Visit,
    id: &str,
    now: Time,
) -> BTreeMap<&'static str, String> {
    let (region, stage) = (arrival.region, &arrival.stage.name);
    let mut context = BTreeMap::from([
        ("accountId", region.account.clone()),
        ("apiId", arrival.api.id.clone()),
        ("domainName", visit.host.clone()),
        ("httpMethod", visit.verb.clone()),
        ("isCanaryRequest", arrival.canary.to_string()),
        ("path", format!("/{stage}{}", visit.path)),
        ("protocol", "HTTP/1.1".to_owned()),
        ("requestId", id.to_owned()),
        ("requestTimeEpoch", (epoch_seconds(now) * 1000).to_string()),
        ("stage", stage.clone()),
        ("identity.sourceIp", arrival.entry.source.to_string()),
        ("identity.userAgent", visit.header("user-agent").unwrap_or_default().to_owned()),
        ("identity.vpcId", arrival.entry.endpoint.vpc.clone()),
        ("identity.vpceId", arrival.entry.endpoint.id.clone()),
    ]);
    if let Some(route) = route {
        context.extend([("resourceId", route.resource.id.clone()), ("resourcePath", route.path.clone())]);
    }
    context
}
