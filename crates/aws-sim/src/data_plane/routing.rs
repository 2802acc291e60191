//! Which method answers a path: literal before variable before greedy, a verb before ANY.

use std::collections::BTreeMap;

use serde_json::Value;

use super::gate::Arrival;
use super::visit::Visit;
use super::{Refusal, Trip};
use crate::apigw::{Definition, Method, Resource};

/// The method that answers, and the path variables.
pub struct Matched<'a> {
    pub method: &'a Method,
    pub variables: BTreeMap<String, String>,
}

/// Finds the method and checks what it asks of the caller.
pub fn find<'a>(arrival: &Arrival<'a>, visit: &Visit, trip: &mut Trip) -> Result<Matched<'a>, Refusal> {
    let missing = || Refusal::message(403, "Missing Authentication Token");
    let segments: Vec<&str> = visit.path.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut variables = BTreeMap::new();
    let definition = arrival.definition;
    let resource =
        definition.resources.get(&definition.root).and_then(|root| walk(definition, root, &segments, &mut variables));
    let method =
        resource.and_then(|resource| resource.methods.get(&visit.verb).or_else(|| resource.methods.get("ANY")));
    let Some((resource, method)) = resource.zip(method) else {
        return trip.refuse("route", format!("no method for {} {}", visit.verb, visit.path), missing());
    };
    trip.pass("route", definition.path(&resource.id));
    let member = |key: &str| method.members.get(key);
    if member("authorizationType").and_then(Value::as_str) == Some("AWS_IAM") && visit.signer.is_none() {
        return trip.refuse("authorization", "the method wants a signed request", missing());
    }
    if member("apiKeyRequired") == Some(&Value::Bool(true)) && !visit.headers.contains_key("x-api-key") {
        return trip.refuse("authorization", "the method wants an API key", Refusal::message(403, "Forbidden"));
    }
    Ok(Matched { method, variables })
}

fn walk<'a>(
    definition: &'a Definition,
    here: &'a Resource,
    segments: &[&str],
    variables: &mut BTreeMap<String, String>,
) -> Option<&'a Resource> {
    let Some((first, rest)) = segments.split_first() else {
        return Some(here);
    };
    let children = || definition.children(&here.id);
    if let Some(found) =
        children().find(|child| child.part == *first).and_then(|child| walk(definition, child, rest, variables))
    {
        return Some(found);
    }
    for child in children() {
        let Some(name) = child.part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            continue;
        };
        if let Some(name) = name.strip_suffix('+') {
            variables.insert(name.to_owned(), segments.join("/"));
            return Some(child);
        }
        variables.insert(name.to_owned(), (*first).to_owned());
        if let Some(found) = walk(definition, child, rest, variables) {
            return Some(found);
        }
        variables.remove(name);
    }
    None
}
