use crate::{
    schema::{Attribute, AttributeType, Nesting, Schema},
    value::{Path, Step, Value},
};

/// A place in a configuration where something else could stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Where it is in this configuration.
    pub path: Path,
    /// The attribute it belongs to, such as `routes.backend`: the path without keys and indexes.
    pub attribute: String,
}

/// Every attribute that a configuration sets or could set, and every element of its collections. Inside sets nothing has a path, so
/// a set is one place.
pub fn places(schema: &Schema, config: &Value) -> Vec<Place> {
    let mut found = Vec::new();
    object(&schema.attributes, config, &Path::root(), "", &mut found);
    found
}

/// The configuration with something else in a place. Without a way there, as inside what is null, nothing changes.
pub fn put(config: &Value, path: &Path, value: &Value) -> Value {
    let mut changed = config.clone();
    if let Some(slot) = slot(&mut changed, path.steps()) {
        *slot = value.clone();
    }
    changed
}

fn object(attributes: &[Attribute], value: &Value, path: &Path, prefix: &str, found: &mut Vec<Place>) {
    if !matches!(value, Value::Object(_)) {
        return;
    }
    for a in attributes.iter().filter(|a| a.usage.is_configurable()) {
        let (path, name) = (path.clone().attribute(&a.name), format!("{prefix}{}", a.name));
        let value = super::field(value, &a.name);
        found.push(Place { path: path.clone(), attribute: name.clone() });
        match &a.ty {
            AttributeType::Nested { nesting: Nesting::Single, attributes } => {
                object(attributes, value, &path, &format!("{name}."), found);
            }
            AttributeType::Nested { attributes, .. } => elements(value, &path, &name, found, Some(attributes)),
            AttributeType::Plain(_) => elements(value, &path, &name, found, None),
        }
    }
}

fn elements(value: &Value, path: &Path, name: &str, found: &mut Vec<Place>, attributes: Option<&[Attribute]>) {
    let inside: Vec<(Path, &Value)> = match value {
        Value::Map(map) => map.iter().map(|(key, value)| (path.clone().key(key), value)).collect(),
        Value::List(list) => (0..).zip(list).map(|(index, value)| (path.clone().index(index), value)).collect(),
        _ => Vec::new(),
    };
    for (path, value) in inside {
        found.push(Place { path: path.clone(), attribute: name.to_owned() });
        if let Some(attributes) = attributes {
            object(attributes, value, &path, &format!("{name}."), found);
        }
    }
}

fn slot<'a>(value: &'a mut Value, steps: &[Step]) -> Option<&'a mut Value> {
    let [first, rest @ ..] = steps else { return Some(value) };
    let inside = match (first, value) {
        (Step::Attribute(name), Value::Object(object)) => object.entry(name.clone()).or_insert(Value::Null),
        (Step::Key(key), Value::Map(map)) => map.get_mut(key)?,
        (Step::Index(index), Value::List(list)) => list.get_mut(usize::try_from(*index).ok()?)?,
        _ => return None,
    };
    slot(inside, rest)
}
