//! `cors` of routes: from attributes to the preflight of each path, and back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tfplugin::Attr;

use super::inputs::{known_entries, or, or_empty, strings, text_or};
use super::model::{Cors, MapOf, Route};
use super::validate_routes::METHODS;
use crate::child::Input;
use crate::children::preflight::{OPTIONS, Preflight};

/// The headers of AWS's own signatures and keys, and the two that most pages send.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html>
pub const HEADERS: [&str; 5] = ["Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Security-Token", "X-Api-Key"];

/// The preflights by path, each a [`Preflight`] whose members may still be inputs. The routes of a path that have `cors` agree on it.
pub fn preflights(routes: &Attr<MapOf<Route>>) -> Input<BTreeMap<String, Input<Value>>> {
    let Attr::Known(routes) = or_empty(routes) else { return Input::Unknown };
    let mut by_path: BTreeMap<String, (Attr<Cors>, BTreeSet<String>)> = BTreeMap::new();
    for (key, route) in &routes {
        let (Attr::Known(route), Some((method, path))) = (route, key.split_once(' ')) else { return Input::Unknown };
        if !route.cors.is_null() {
            let (cors, allowed) =
                by_path.entry(path.to_string()).or_insert_with(|| (route.cors.clone(), BTreeSet::new()));
            cors.clone_from(&route.cors);
            allowed.extend(methods(method));
        }
    }
    Input::Known(by_path.into_iter().map(|(path, (cors, methods))| (path, preflight(&cors, &methods))).collect())
}

fn preflight(cors: &Attr<Cors>, methods: &BTreeSet<String>) -> Input<Value> {
    let Attr::Known(cors) = cors else { return Input::Unknown };
    let headers = match &cors.allow_headers {
        Attr::Null => json!(HEADERS),
        headers => json!(sorted(strings(headers))),
    };
    let max_age = match &cors.max_age {
        Attr::Unknown => Input::Unknown,
        age => Input::Known(age.known().copied()),
    };
    Input::Known(json!({
        "origin": text_or(&cors.allow_origin, "*"),
        "methods": methods,
        "headers": headers,
        "credentials": or(&cors.allow_credentials, false),
        "max_age": max_age,
    }))
}

/// A set in the order in which a header has it.
fn sorted(values: Input<Vec<Input<String>>>) -> Input<Vec<Input<String>>> {
    match values {
        Input::Known(mut values) => {
            values.sort_by_key(|value| json!(value).to_string());
            Input::Known(values)
        }
        other => other,
    }
}

/// The methods that a route's one stands for, and the preflight's own.
fn methods(method: &str) -> Vec<String> {
    let all = METHODS.iter().filter(|one| **one != "ANY" && (method == "ANY" || **one == method || **one == OPTIONS));
    all.map(|one| (*one).to_string()).collect()
}

/// What a route has of the preflight of its path.
pub fn told(key: &str, preflights: &BTreeMap<String, Preflight>) -> Attr<Cors> {
    let Some((method, path)) = key.split_once(' ') else { return Attr::Null };
    let Some(preflight) = preflights.get(path) else { return Attr::Null };
    if !methods(method).iter().all(|method| preflight.methods.contains(method)) {
        return Attr::Null;
    }
    let headers = preflight.headers.iter().cloned().map(Attr::Known).collect();
    Attr::Known(Cors {
        allow_origin: Some(preflight.origin.clone()).filter(|origin| origin != "*").into(),
        allow_headers: Some(headers).filter(|_| preflight.headers != HEADERS).into(),
        allow_credentials: Some(preflight.credentials).filter(|on| *on).into(),
        max_age: preflight.max_age.into(),
    })
}

/// Routes of one path that want different preflights: the later one, and the path.
pub fn disagreements(routes: &Attr<MapOf<Route>>) -> Vec<(String, String)> {
    let mut first: BTreeMap<&str, &Attr<Cors>> = BTreeMap::new();
    let mut found = Vec::new();
    for (key, route) in known_entries(routes).filter(|(_, route)| route.cors.is_known()) {
        let path = key.split_once(' ').map_or("", |(_, path)| path);
        if *first.entry(path).or_insert(&route.cors) != &route.cors {
            found.push((key.clone(), path.to_string()));
        }
    }
    found
}
