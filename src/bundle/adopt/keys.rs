//! The names of adopted back ends. AWS knows only ports and target groups, so what a configuration calls them is seen at its first plan.

use std::collections::BTreeMap;

use serde_json::json;
use tfplugin::Attr;

use crate::aws::tags;
use crate::bundle::desired::listener_port;
use crate::bundle::inputs::known_entries;
use crate::bundle::model::InternalApi;
use crate::bundle::state::Private;
use crate::child::ChildName;
use crate::children::{listener, target_group};

/// Gives the children of adopted back ends the names that the configuration has for their ports. Once they carry the bundle's tags, which
/// say what they are called, they are like any other.
pub fn adapt(private: &mut Private, planned: &InternalApi) {
    for (from, to) in renamed(private, planned) {
        let Some(mut live) = private.observed.children.remove(&from) else { continue };
        live.name = to.clone();
        private.observed.children.insert(to.clone(), live);
        private.accepted.rename(&from, to);
    }
}

/// What was, in the words of the configuration.
pub fn in_words_of(planned: &InternalApi, prior: &InternalApi, private: &Private) -> InternalApi {
    let mut prior = prior.clone();
    let Attr::Known(backends) = &mut prior.backends else { return prior };
    for (from, to) in renamed(private, planned) {
        if let (Some(from), Some(to)) = (from.key(), to.key())
            && let Some(backend) = backends.remove(from)
        {
            backends.insert(to.to_string(), backend);
        }
    }
    prior
}

fn renamed(private: &Private, planned: &InternalApi) -> Vec<(ChildName, ChildName)> {
    let Attr::Known(backends) = &planned.backends else { return Vec::new() };
    if private.accepted.is_empty() {
        return Vec::new();
    }
    let is_unmarked = |child: &ChildName| {
        let tags = private.observed.children.get(child).and_then(|live| live.tags.as_ref());
        private.accepted.holds(child) && tags.is_none_or(|tags| !tags.contains_key(tags::CHILD))
    };
    let old = private.observed.children.values().filter(|live| live.name.kind() == listener::KIND);
    let old: BTreeMap<String, &str> = old
        .filter(|live| is_unmarked(&live.name))
        .filter_map(|live| Some((live.spec.get("port")?.to_string(), live.name.key()?)))
        .filter(|(_, key)| !backends.contains_key(*key))
        .collect();
    let mut all = Vec::new();
    for (key, backend) in known_entries(&planned.backends) {
        let Some(port) = listener_port(backend).into_known() else { continue };
        let Some(was) = old.get(&json!(port).to_string()) else { continue };
        if private.observed.children.contains_key(&listener::child(key)) {
            continue;
        }
        let pairs = [
            (listener::child(was), listener::child(key)),
            (target_group::child(was), target_group::child(key)),
            (target_group::green(was), target_group::green(key)),
        ];
        all.extend(pairs.into_iter().filter(|(from, _)| is_unmarked(from)));
    }
    all
}
