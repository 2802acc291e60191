//! What Terraform leaves to providers: rules about values that follow from the schema alone.

use std::collections::BTreeMap;

use crate::{
    diagnostic::Diagnostics,
    schema::{Attribute, AttributeType, Nesting, Usage},
    value::{Path, Value},
};

/// Checks a configuration against who may set what. An unknown value is never held against anybody.
pub(crate) fn configuration(attributes: &[Attribute], config: &Value, write_only_allowed: bool) -> Diagnostics {
    let mut checker = Checker { write_only_allowed, diagnostics: Diagnostics::new() };
    checker.object(attributes, config, &Path::root(), Elements::Addressed);
    checker.diagnostics
}

/// Makes write-only values null: they are never part of a plan or of state.
pub(crate) fn clear_write_only(attributes: &[Attribute], value: &mut Value) {
    clear(attributes, value, |attribute| attribute.write_only);
}

/// Makes what only the provider sets null, and what nobody should set any more, as in a configuration.
pub(crate) fn clear_computed(attributes: &[Attribute], value: &mut Value) {
    clear(attributes, value, |attribute| !attribute.usage.is_configurable() || attribute.deprecated.is_some());
}

/// Makes the values of some attributes null, at every level.
fn clear(attributes: &[Attribute], value: &mut Value, goes: fn(&Attribute) -> bool) {
    let Value::Object(object) = value else {
        return;
    };
    for attribute in attributes {
        let Some(value) = object.get_mut(&attribute.name) else {
            continue;
        };
        if goes(attribute) {
            *value = Value::Null;
        } else if let AttributeType::Nested { attributes, .. } = &attribute.ty {
            for nested in objects_mut(value) {
                clear(attributes, nested, goes);
            }
        }
    }
}

/// Makes what is unknown null, and says where it was.
pub(crate) fn clear_unknowns(value: &mut Value) -> Vec<Path> {
    let mut found = Vec::new();
    clear_unknowns_at(value, Path::root(), &mut found);
    found
}

fn clear_unknowns_at(value: &mut Value, path: Path, found: &mut Vec<Path>) {
    match value {
        Value::Unknown => {
            *value = Value::Null;
            found.push(path);
        }
        Value::List(elements) | Value::Tuple(elements) => {
            for (element, index) in elements.iter_mut().zip(0i64..) {
                clear_unknowns_at(element, path.clone().index(index), found);
            }
        }
        Value::Set(elements) => {
            for element in elements {
                clear_unknowns_at(element, path.clone(), found);
            }
        }
        Value::Map(elements) => {
            for (key, element) in elements {
                clear_unknowns_at(element, path.clone().key(key), found);
            }
        }
        Value::Object(attributes) => {
            for (name, attribute) in attributes {
                clear_unknowns_at(attribute, path.clone().attribute(name), found);
            }
        }
        Value::Dynamic(_, inner) => clear_unknowns_at(inner, path, found),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where a result differs from what is configured, or has something that was neither configured nor is the provider's to choose.
pub(crate) fn altered(attributes: &[Attribute], config: &Value, result: &Value) -> Vec<Path> {
    let mut found = Vec::new();
    altered_object(attributes, (config, result), Path::root(), &mut found);
    found
}

fn altered_object(attributes: &[Attribute], (config, result): (&Value, &Value), path: Path, found: &mut Vec<Path>) {
    let (Value::Object(config), Value::Object(result)) = (config, result) else {
        // Elements of collections may be null.
        if config != result {
            found.push(path);
        }
        return;
    };
    for attribute in attributes {
        let path = path.clone().attribute(&attribute.name);
        let get = |object: &BTreeMap<String, Value>| object.get(&attribute.name).cloned().unwrap_or(Value::Null);
        let (config, result) = (get(config), get(result));
        match &attribute.ty {
            _ if config.is_null() && attribute.usage.is_computed() => {}
            _ if config == result => {}
            AttributeType::Nested { attributes, .. } => altered_nested(attributes, &config, &result, path, found),
            AttributeType::Plain(_) => found.push(path),
        }
    }
}

fn altered_nested(attributes: &[Attribute], config: &Value, result: &Value, path: Path, found: &mut Vec<Path>) {
    match (config, result) {
        (Value::Object(_), Value::Object(_)) => altered_object(attributes, (config, result), path, found),
        (Value::List(config), Value::List(result)) if config.len() == result.len() => {
            for (pair, index) in config.iter().zip(result).zip(0i64..) {
                altered_object(attributes, pair, path.clone().index(index), found);
            }
        }
        (Value::Map(config), Value::Map(result)) if config.keys().eq(result.keys()) => {
            for ((key, config), result) in config.iter().zip(result.values()) {
                altered_object(attributes, (config, result), path.clone().key(key), found);
            }
        }
        // Objects without a place are told by what is configured of them.
        (Value::Set(config), Value::Set(result)) if config.len() == result.len() => {
            let is_kept = |one: &Value| result.iter().any(|other| altered(attributes, one, other).is_empty());
            if !config.iter().all(is_kept) {
                found.push(path);
            }
        }
        _ => found.push(path),
    }
}

/// The objects of a nested attribute, whatever its nesting.
fn objects_mut(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::List(elements) | Value::Set(elements) => elements.iter_mut().collect(),
        Value::Map(elements) => elements.values_mut().collect(),
        single => vec![single],
    }
}

/// Whether attributes of an object have paths of their own. Inside a set they don't.
#[derive(Clone, Copy)]
enum Elements {
    Addressed,
    InSet,
}

struct Checker {
    write_only_allowed: bool,
    diagnostics: Diagnostics,
}

impl Checker {
    fn object(&mut self, attributes: &[Attribute], value: &Value, path: &Path, elements: Elements) {
        let Value::Object(object) = value else {
            return;
        };
        for attribute in attributes {
            let value = object.get(&attribute.name).unwrap_or(&Value::Null);
            let path = match elements {
                Elements::Addressed => path.clone().attribute(&attribute.name),
                Elements::InSet => path.clone(),
            };
            self.attribute(attribute, value, &path, elements);
        }
    }

    fn attribute(&mut self, attribute: &Attribute, value: &Value, path: &Path, elements: Elements) {
        let name = &attribute.name;
        match (attribute.usage, value) {
            (_, Value::Unknown) => return,
            (Usage::Required, Value::Null) => self.diagnostics.error(
                path.clone(),
                "Missing required argument",
                format!("The argument {name:?} is required, but its value is null."),
            ),
            (_, Value::Null) => return,
            (Usage::Computed, _) => {
                self.diagnostics.error(
                    path.clone(),
                    "Read-only attribute",
                    format!("The provider sets {name:?}; it can't be set in configuration."),
                );
                return;
            }
            _ => {}
        }
        if value.is_null() {
            return;
        }
        if let Some(instead) = &attribute.deprecated {
            let detail = format!("The argument {name:?} is deprecated. {instead}");
            self.diagnostics.warning(path.clone(), "Deprecated argument", detail);
        }
        if attribute.write_only && !self.write_only_allowed {
            self.diagnostics.error(
                path.clone(),
                "Write-only argument not supported",
                format!(
                    "This version would store the value of {name:?} in state. Use Terraform 1.11 or later, \
                     or OpenTofu 1.11 or later."
                ),
            );
        }
        if let AttributeType::Nested { nesting, attributes } = &attribute.ty {
            self.nested(*nesting, attributes, value, path, elements);
        }
    }

    fn nested(&mut self, nesting: Nesting, attributes: &[Attribute], value: &Value, path: &Path, outer: Elements) {
        match (nesting, outer, value) {
            (Nesting::Single, _, object) => self.object(attributes, object, path, outer),
            (Nesting::List, Elements::Addressed, Value::List(list)) => {
                for (object, index) in list.iter().zip(0i64..) {
                    let path = path.clone().index(index);
                    self.object(attributes, object, &path, outer);
                }
            }
            (Nesting::Map, Elements::Addressed, Value::Map(map)) => {
                for (key, object) in map {
                    self.object(attributes, object, &path.clone().key(key), outer);
                }
            }
            (_, _, Value::List(objects) | Value::Set(objects)) => {
                for object in objects {
                    self.object(attributes, object, path, Elements::InSet);
                }
            }
            (_, _, Value::Map(map)) => {
                for object in map.values() {
                    self.object(attributes, object, path, Elements::InSet);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attr, Model, Schema, Set, value::Value};

    /// A part.
    #[derive(Clone, Debug, PartialEq, Model)]
    struct Part {
        /// Needed.
        #[attr(required)]
        needed: Attr<String>,
        /// Made.
        #[attr(computed)]
        made: Attr<String>,
    }

    /// A whole.
    #[derive(Clone, Debug, PartialEq, Model)]
    struct Whole {
        /// Old.
        #[attr(optional, deprecated = "Use map.")]
        old: Attr<String>,
        /// Secret.
        #[attr(optional, write_only)]
        secret: Attr<String>,
        /// By key.
        #[attr(optional)]
        map: Attr<BTreeMap<String, Attr<Part>>>,
        /// Without order.
        #[attr(optional)]
        set: Attr<Set<Attr<Part>>>,
    }

    fn part(needed: Value, made: Value) -> Value {
        Value::object([("needed", needed), ("made", made)])
    }

    fn messages(config: &Value, write_only_allowed: bool) -> Vec<String> {
        let attributes = Schema::of::<Whole>(0).attributes;
        configuration(&attributes, config, write_only_allowed)
            .into_iter()
            .map(|d| format!("{}: {}", d.path.unwrap(), d.summary))
            .collect()
    }

    #[test]
    fn required_and_read_only_are_checked_in_nested_objects() {
        let map =
            [("a".to_owned(), part(Value::Null, "set".into())), ("b".to_owned(), part(Value::Unknown, Value::Unknown))];
        let config =
            Value::object([("map", Value::Map(map.into())), ("set", Value::Set(vec![part(Value::Null, Value::Null)]))]);
        assert_eq!(
            messages(&config, true),
            [
                r#"map["a"].needed: Missing required argument"#,
                r#"map["a"].made: Read-only attribute"#,
                "set: Missing required argument",
            ]
        );
    }

    #[test]
    fn deprecated_and_write_only_arguments_in_use_are_pointed_out() {
        let config = Value::object([("old", Value::from("x")), ("secret", Value::from("y"))]);
        assert_eq!(messages(&config, true), ["old: Deprecated argument"]);
        assert_eq!(messages(&config, false), ["old: Deprecated argument", "secret: Write-only argument not supported"]);
    }

    #[test]
    fn write_only_values_leave_no_trace() {
        let mut value = Value::object([("old", Value::from("x")), ("secret", Value::from("y"))]);
        clear_write_only(&Schema::of::<Whole>(0).attributes, &mut value);
        let expected = Value::object([("old", Value::from("x")), ("secret", Value::Null)]);
        assert_eq!(value, expected);
    }

    #[test]
    fn unknown_leaves_are_found_and_cleared() {
        let list = Value::List(vec![part(Value::Unknown, "x".into())]);
        let mut value = Value::object([("list", list), ("set", Value::Set(vec![Value::Unknown]))]);
        let paths: Vec<String> = clear_unknowns(&mut value).iter().map(Path::to_string).collect();
        assert_eq!(paths, ["list[0].needed", "set"]);
        assert!(clear_unknowns(&mut value).is_empty());
    }

    #[test]
    fn a_result_has_the_configuration_in_it_and_nothing_else_but_what_is_computed() {
        let one = |needed: &str, made: &str| part(needed.into(), made.into());
        let whole = |old: Value, key: &str, inside: Value, loose: Value| {
            let map = Value::Map([(key.to_owned(), inside)].into());
            Value::object([("old", old), ("map", map), ("set", Value::Set(vec![loose, one("y", "")]))])
        };
        let without = part("x".into(), Value::Null);
        let config = whole(Value::Null, "a", without.clone(), without.clone());
        let attributes = Schema::of::<Whole>(0).attributes;
        let differences = |result: Value| -> Vec<String> {
            altered(&attributes, &config, &result).iter().map(Path::to_string).collect()
        };
        assert_eq!(differences(whole(Value::Null, "a", one("x", "m"), one("x", "m"))), [""; 0]);
        assert_eq!(
            differences(whole("o".into(), "a", one("y", "m"), one("z", "m"))),
            ["old", r#"map["a"].needed"#, "set"]
        );
        assert_eq!(differences(whole(Value::Null, "b", one("x", "m"), one("x", "m"))), ["map"]);
        assert_eq!(differences(Value::Null), [""]);
    }
}
