//! How a deployed API words the errors that don't come from a back end.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html>

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::routing::Route;
use super::scene::Scene;
use super::stage::Arrival;
use super::trip::{Refusal, Trip};
use super::visit::Visit;
use super::{mapping, template};
use crate::clock::Time;

/// The gateway responses that somebody has changed, and what they can refer to.
#[derive(Debug)]
pub struct Wording {
    responses: BTreeMap<String, Value>,
    scene: Scene,
}

impl Wording {
    /// That of the deployed API; nothing where it changes nothing.
    pub fn of(arrival: &Arrival, route: Option<&Route>, visit: &Visit, trip: &Trip, now: Time) -> Option<Wording> {
        let responses = &arrival.definition.components.gateway_responses;
        let scene = || Scene::new(arrival, route, visit, &trip.id, now);
        (!responses.is_empty()).then(|| Wording { responses: responses.clone(), scene: scene() })
    }

    /// A refusal as its type's response says it. A type that is as it was follows the default of its class.
    pub fn reword(&self, refusal: Refusal) -> Refusal {
        let class = if refusal.status < 500 { "DEFAULT_4XX" } else { "DEFAULT_5XX" };
        let own = || self.responses.get(refusal.response_type).or_else(|| self.responses.get(class));
        let Some(response) = Some(refusal.response_type).filter(|kind| !kind.is_empty()).and_then(|_| own()) else {
            return refusal;
        };
        let mut scene = self.scene.clone();
        let message = refusal.text();
        scene.context.insert("error.messageString", json!(message).to_string());
        scene.context.insert("error.message", message);
        scene.context.insert("error.responseType", refusal.response_type.to_owned());
        let mut reworded = refusal;
        if let Some(status) = response["statusCode"].as_str().and_then(|status| status.parse().ok()) {
            reworded.status = status;
        }
        if let Some((media, text)) = response["responseTemplates"].as_object().and_then(preferred)
            && let Ok(body) = template::render(text, &scene, b"")
        {
            (reworded.media, reworded.body) = (Some(media.to_owned()), json!(body));
        }
        for (target, source) in response["responseParameters"].as_object().into_iter().flatten() {
            let name = target.strip_prefix("gatewayresponse.header.").map(HeaderName::try_from);
            let value =
                source.as_str().and_then(|source| mapping::values(source, &scene).pop()).map(HeaderValue::try_from);
            if let (Some(Ok(name)), Some(Ok(value))) = (name, value) {
                reworded.headers.push((name, value));
            }
        }
        reworded
    }
}

/// The template for JSON, or else the first (which one counts for whom is unverified).
fn preferred(templates: &Map<String, Value>) -> Option<(&str, &str)> {
    let wanted = templates.get_key_value("application/json").or_else(|| templates.iter().next());
    wanted.and_then(|(media, text)| Some((media.as_str(), text.as_str()?)))
}
