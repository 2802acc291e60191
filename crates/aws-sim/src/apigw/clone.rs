//! CreateRestApi with `cloneFrom`.

use std::collections::BTreeMap;

use super::definition::{Definition, Resource};
use crate::ids::Ids;

/// Copies resources, methods, components and settings under new resource ids. Endpoint configuration and policy stay the new
/// API's own, because a policy names its API. (What exactly is copied is unverified.)
pub fn copy(ids: &mut Ids, source: &Definition, target: &mut Definition) {
    let fresh = |id: &String| {
        (id.clone(), if *id == source.root { target.root.clone() } else { ids.alphanumeric("resource", 6) })
    };
    let renamed: BTreeMap<String, String> = source.resources.keys().map(fresh).collect();
    let new = |id: &String| renamed.get(id).cloned().unwrap_or_default();
    let resources = source.resources.values().map(|resource| {
        let copied = Resource { id: new(&resource.id), parent: resource.parent.as_ref().map(new), ..resource.clone() };
        (copied.id.clone(), copied)
    });
    target.resources = resources.collect();
    target.components = source.components.clone();
    target.binary_types.clone_from(&source.binary_types);
    target.compression = source.compression;
    target.key_source.clone_from(&source.key_source);
}
