//! Which method answers a path: literal before variable before greedy, a verb before ANY.

use std::collections::BTreeMap;

use serde_json::Value;

use super::trip::{Refusal, Trip};
use super::visit::Visit;
use crate::apigw::{Definition, Method, Resource};

/// The method that answers, and the path variables.
pub struct Route<'a> {
    pub method: &'a Method,
    pub resource: &'a Resource,
    pub path: String,
    pub variables: BTreeMap<String, String>,
}

impl Route<'_> {
    /// Has the method AWS_IAM authorization?
    pub fn wants_signature(&self) -> bool {
        self.method.members.get("authorizationType").and_then(Value::as_str) == Some("AWS_IAM")
    }
}

/// The method for a request.
pub fn find<'a>(definition: &'a Definition, visit: &Visit) -> Option<Route<'a>> {
    let (resource, variables) = resource(definition, visit)?;
    let method = resource.methods.get(&visit.verb).or_else(|| resource.methods.get("ANY"))?;
    Some(Route { method, resource, path: definition.path(&resource.id), variables })
}

/// Says which route was taken and which others were not.
pub fn report<'a>(
    route: Option<Route<'a>>,
    definition: &Definition,
    visit: &Visit,
    trip: &mut Trip,
) -> Result<Route<'a>, Refusal> {
    let chosen = resource(definition, visit).map(|(resource, _)| resource);
    let segments = segments(&visit.path);
    for other in definition.resources.values().filter(|other| chosen.is_none_or(|chosen| chosen.id != other.id)) {
        let path = definition.path(&other.id);
        if fits(&path, &segments) {
            let why = if other.methods.is_empty() { "It has no method." } else { "A more specific path comes first." };
            trip.reject(path, why);
        }
    }
    let Some(route) = route else {
        let why = match chosen {
            Some(resource) => format!(
                "{} has no method for {}, only {}.",
                definition.path(&resource.id),
                visit.verb,
                resource.methods.keys().cloned().collect::<Vec<_>>().join(", ")
            ),
            None => format!("No path of the deployment fits {}.", visit.path),
        };
        return trip.refuse("route", chosen.map(|resource| resource.id.as_str()), why, Refusal::missing_token());
    };
    let verb = if route.resource.methods.contains_key(&visit.verb) { visit.verb.as_str() } else { "ANY" };
    let variables: Vec<String> = route.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let with = if variables.is_empty() { String::new() } else { format!(" with {}", variables.join(", ")) };
    trip.pass("route", &route.resource.id, format!("{verb} {} answers{with}.", route.path));
    Ok(route)
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

fn resource<'a>(definition: &'a Definition, visit: &Visit) -> Option<(&'a Resource, BTreeMap<String, String>)> {
    let mut variables = BTreeMap::new();
    let root = definition.resources.get(&definition.root)?;
    let found = walk(definition, root, &segments(&visit.path), &mut variables)?;
    Some((found, variables))
}

/// A resource without methods is no route (unverified).
fn walk<'a>(
    definition: &'a Definition,
    here: &'a Resource,
    segments: &[&str],
    variables: &mut BTreeMap<String, String>,
) -> Option<&'a Resource> {
    let Some((first, rest)) = segments.split_first() else {
        return (!here.methods.is_empty()).then_some(here);
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

/// Does a path with variables stand for these segments?
fn fits(path: &str, given: &[&str]) -> bool {
    let mut given = given.iter();
    for part in segments(path) {
        match given.next() {
            Some(_) if part.ends_with("+}") => return true,
            Some(segment) if part.starts_with('{') || part == *segment => {}
            _ => return false,
        }
    }
    given.next().is_none()
}
