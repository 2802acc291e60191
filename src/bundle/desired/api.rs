//! The part of the recipe that is about the API: its document, its routes, its settings.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tfplugin::Attr;

use super::super::backends::scheme;
use super::super::cors::preflights;
use super::super::existing::has_listeners;
use super::super::inputs::{
    flag, nested, number, optional, or, or_empty, or_empty_object, strings, text, text_or, texts,
};
use super::super::model::{MapOf, Route, Strings};
use super::super::operations::bare_operations;
use super::super::policy::resource_policy;
use super::{Recipe, listener_port};
use crate::aws::{policy, tags};
use crate::child::Input;
use crate::children::document::OpenApi;
use crate::children::{listener, load_balancer, rest_api, route, vpc_endpoint, vpc_link};
use crate::openapi;

impl Recipe<'_> {
    /// The API: who may invoke it, and which route leads where.
    pub(super) fn rest_api(mut self) -> Self {
        let model = self.model;
        let settings = or_empty_object(&model.api);
        let document = self.parsed();
        let endpoint: Input<String> = Input::from_ready(&vpc_endpoint::child(), "id");
        let more = model.endpoint.known().map(|endpoint| endpoint.additional_ids.clone()).unwrap_or_default();
        let vpc_endpoint_ids = match strings(&more) {
            Input::Known(more) => Input::Known([vec![endpoint], more].concat()),
            _ => Input::Unknown,
        };
        let api = rest_api::RestApi {
            name: text(&model.name),
            description: optional(&model.description),
            minimum_compression_size: nested(&settings, |settings| {
                match said::<_, i64>(&settings.minimum_compression_size, &document, "minimum-compression-size") {
                    Attr::Known(size) => Input::Known(Some(size)),
                    Attr::Null => Input::Known(None),
                    Attr::Unknown => Input::Unknown,
                }
            }),
            binary_media_types: nested(&settings, |settings| {
                strings(&said::<_, Texts>(&settings.binary_media_types, &document, "binary-media-types"))
            }),
            api_key_source: nested(&settings, |settings| {
                text_or(&said::<_, String>(&settings.api_key_source, &document, "api-key-source"), "HEADER")
            }),
            disable_execute_api_endpoint: flag(&model.api, |settings| &settings.disable_execute_api_endpoint, false),
            policy: match (resource_policy(&model.policy, &vpc_endpoint_ids), model.id.known()) {
                (Input::Known(all), Some(id)) => Input::Known(policy::shorten(&all, id)),
                (other, _) => other,
            },
            vpc_endpoint_ids,
            host: Input::from_created(&load_balancer::child(), "dns_name"),
            vpc_link_id: Input::from_ready(&vpc_link::child(), "id"),
            routes: self.routes(),
            preflights: preflights(&self.model.routes),
            document: self.document(&document),
        };
        self.add(rest_api::child(), &api);
        self.graph.tag(&rest_api::child(), tags::COMPLETE, &self.identity.owner);
        self
    }

    fn routes(&self) -> Input<BTreeMap<String, Input<Value>>> {
        let Attr::Known(routes) = or_empty(&self.model.routes) else { return Input::Unknown };
        let entry = |(key, route): (&String, &Attr<Route>)| {
            let spec = match route {
                Attr::Known(route) => self.route(key, route),
                _ => Input::Unknown,
            };
            (key.clone(), spec)
        };
        Input::Known(routes.iter().map(entry).collect())
    }

    /// One route in the form of [`route::Route`], except that its port comes from the listener: the API is changed only once the
    /// listener is there, and may take over from a predecessor.
    fn route(&self, key: &str, route: &Route) -> Input<Value> {
        let (front_method, front_path) = key.split_once(' ').unwrap_or((key, "/"));
        let Attr::Known(name) = &route.backend else { return Input::Unknown };
        let backend = self.model.backends.known().and_then(|backends| backends.get(name)).and_then(Attr::known);
        let Some(backend) = backend else { return Input::Unknown };
        let port: Input<i64> = match has_listeners(self.model) {
            true => Input::from_ready(&listener::child(name), "port"),
            false => number(&listener_port(backend)),
        };
        Input::Known(json!({
            "kind": text_or(&route.kind, "HTTP_PROXY"),
            "scheme": scheme(backend),
            "port": port,
            "method": text_or(&route.method, front_method),
            "path": text_or(&route.path, &route::integration_path(front_path)),
            "timeout_ms": or(&route.timeout_ms, route::LONGEST_TIMEOUT_MS),
            "authorization": text_or(&route.authorization, "NONE"),
            "api_key_required": or(&route.api_key_required, false),
            "request_parameters": mappings(front_path, &route.request_parameters),
            "tls_skip_verification": or(&backend.tls_skip_verification, false),
            "response_transfer_mode": text_or(&route.response_transfer_mode, route::BUFFERED),
            "passthrough": route::PASSTHROUGH,
        }))
    }

    /// What `openapi` says.
    fn parsed(&self) -> Attr<Value> {
        match &self.model.openapi {
            Attr::Known(text) => openapi::parse(text).ok().into(),
            Attr::Null => Attr::Null,
            Attr::Unknown => Attr::Unknown,
        }
    }

    /// The document of a user, with a route for each operation that has no integration of its own.
    fn document(&self, document: &Attr<Value>) -> Input<Option<OpenApi>> {
        let document = match document {
            Attr::Known(document) => document,
            Attr::Null => return Input::Known(None),
            Attr::Unknown => return Input::Unknown,
        };
        let names: Vec<&str> =
            self.model.backends.known().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let filled = bare_operations(document, &names).into_iter().filter_map(|(key, backend)| {
            let route = Route { backend: Attr::Known(backend.ok()?), ..Route::default() };
            Some((key.clone(), self.route(&key, &route)))
        });
        Input::Known(Some(OpenApi { text: document.to_string(), filled: filled.collect() }))
    }
}

/// A list in a document.
#[derive(Deserialize)]
struct Texts(Vec<String>);

impl From<Texts> for Strings {
    fn from(texts: Texts) -> Self {
        texts.0.into_iter().map(Attr::Known).collect()
    }
}

/// A setting of the API: as its attribute has it, or else as an extension of the document.
fn said<T: Clone, R: DeserializeOwned + Into<T>>(attr: &Attr<T>, document: &Attr<Value>, extension: &str) -> Attr<T> {
    match document {
        _ if !attr.is_null() => attr.clone(),
        Attr::Unknown => Attr::Unknown,
        Attr::Null => Attr::Null,
        Attr::Known(document) => document
            .get(format!("x-amazon-apigateway-{extension}"))
            .and_then(|value| serde_json::from_value::<R>(value.clone()).ok())
            .map(Into::into)
            .into(),
    }
}

/// The mappings besides those that every route has; one of those written out again is no mapping more.
fn mappings(front_path: &str, own: &Attr<MapOf<String>>) -> Input<BTreeMap<String, Input<String>>> {
    let given = route::path_mappings(front_path);
    let again =
        |key: &String, value: &Input<String>| matches!(value, Input::Known(value) if given.get(key) == Some(value));
    match texts(own) {
        Input::Known(all) => Input::Known(all.into_iter().filter(|(key, value)| !again(key, value)).collect()),
        other => other,
    }
}
