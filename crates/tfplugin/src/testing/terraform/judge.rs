use std::fmt;

use crate::{
    schema::{Attribute, AttributeType, Nesting, Schema},
    value::{Path, Step, Value},
};

/// What Terraform would report as a bug in the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The title of Terraform's error.
    pub rule: &'static str,
    /// Where.
    pub path: Path,
    /// What is wrong there.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.rule, self.path, self.detail)
    }
}

/// Terraform's title for what is wrong with a plan.
pub const INVALID_PLAN: &str = "Provider produced invalid plan";
/// Terraform's title for a plan that says something else once everything is known.
pub const INCONSISTENT_PLAN: &str = "Provider produced inconsistent final plan";
/// Terraform's title for a result that isn't what was planned.
pub const INCONSISTENT_RESULT: &str = "Provider produced inconsistent result after apply";
/// Terraform's title for a result that can't be stored.
pub const INVALID_RESULT: &str = "Provider returned invalid result object after apply";
/// Terraform's title for a state from reading or importing that can't be stored.
pub const INVALID_OBJECT: &str = "Provider produced invalid object";

/// Judges a plan by configuration and prior state, before it may be shown.
pub fn plan(schema: &Schema, prior: &Value, config: &Value, planned: &Value) -> Vec<Violation> {
    let mut judge = Judge::new(INVALID_PLAN);
    if planned.is_null() != config.is_null() {
        judge.object_to(&Path::root(), format!("is {} where the configuration is {}", is(planned), is(config)));
    } else {
        judge.planned_object(&schema.attributes, [prior, config, planned], &Path::root());
        judge.without_write_only(&schema.attributes, planned, &Path::root());
    }
    judge.found
}

/// Judges the plan that is made when everything is known: what the first one said must stand.
pub fn final_plan(first: &Value, second: &Value) -> Vec<Violation> {
    let mut judge = Judge::new(INCONSISTENT_PLAN);
    judge.compatible(first, second, &Path::root());
    judge.found
}

/// Judges the result of a creation or an update that succeeded.
pub fn applied(schema: &Schema, planned: &Value, result: &Value) -> Vec<Violation> {
    let mut found = stored(INVALID_RESULT, schema, result);
    if result.is_null() {
        let detail = "is absent after it was created or updated".to_owned();
        found.push(Violation { rule: INVALID_RESULT, path: Path::root(), detail });
    }
    let mut judge = Judge { rule: INCONSISTENT_RESULT, found };
    // What is unknown was objected to above.
    judge.compatible(planned, result, &Path::root());
    judge.found
}

/// Judges what is to be stored as state, whichever call it comes from: nothing unknown, and nothing write-only.
pub fn stored(rule: &'static str, schema: &Schema, state: &Value) -> Vec<Violation> {
    let mut judge = Judge::new(rule);
    judge.known(state, &Path::root());
    judge.without_write_only(&schema.attributes, state, &Path::root());
    judge.found
}

/// Judges the paths that are said to need a new object: each must lead somewhere, before or after.
pub fn replacements(prior: &Value, planned: &Value, paths: &[Path]) -> Vec<Violation> {
    let is_nowhere = |path: &&Path| at(prior, path).is_none() && at(planned, path).is_none();
    let nowhere = paths.iter().filter(is_nowhere);
    let violation = |path: &Path| Violation {
        rule: INVALID_PLAN,
        path: path.clone(),
        detail: "needs a new object, but leads nowhere".to_owned(),
    };
    nowhere.map(violation).collect()
}

/// What a path leads to.
pub(super) fn at<'a>(value: &'a Value, path: &Path) -> Option<&'a Value> {
    path.steps().iter().try_fold(value, |value, step| match (step, value) {
        (Step::Attribute(name), Value::Object(object)) => object.get(name),
        (Step::Key(key), Value::Map(map)) => map.get(key),
        (Step::Index(index), Value::List(list) | Value::Tuple(list)) => list.get(usize::try_from(*index).ok()?),
        _ => None,
    })
}

struct Judge {
    rule: &'static str,
    found: Vec<Violation>,
}

impl Judge {
    fn new(rule: &'static str) -> Judge {
        Judge { rule, found: Vec::new() }
    }

    fn object_to(&mut self, path: &Path, detail: String) {
        self.found.push(Violation { rule: self.rule, path: path.clone(), detail });
    }

    fn planned_object(&mut self, attributes: &[Attribute], [prior, config, planned]: [&Value; 3], path: &Path) {
        if !matches!(config, Value::Object(_)) {
            if planned != config {
                self.object_to(path, format!("is {} where the configuration is {}", is(planned), is(config)));
            }
            return;
        }
        if !matches!(planned, Value::Object(_)) {
            return self.object_to(path, format!("is {} where the configuration has an object", is(planned)));
        }
        for a in attributes {
            let at = path.clone().attribute(&a.name);
            self.planned(a, [prior, config, planned].map(|object| super::field(object, &a.name)), &at);
        }
    }

    fn planned(&mut self, attribute: &Attribute, [prior, config, planned]: [&Value; 3], path: &Path) {
        if attribute.write_only {
            return;
        }
        // A change without a meaning may be left out of the plan.
        let is_accepted = planned == config || (planned == prior && !prior.is_null() && !config.is_null());
        if is_accepted || !attribute.usage.is_configurable() {
            return;
        }
        if config.is_null() {
            if !attribute.usage.is_computed() {
                self.object_to(path, format!("is planned as {} and neither configured nor computed", is(planned)));
            }
            return;
        }
        match &attribute.ty {
            AttributeType::Nested { nesting, attributes } if !matches!(config, Value::Unknown) => {
                self.planned_nested(*nesting, attributes, [prior, config, planned], path);
            }
            _ => self.object_to(path, format!("is planned as {planned:?} but configured as {config:?}")),
        }
    }

    fn planned_nested(
        &mut self,
        nesting: Nesting,
        attributes: &[Attribute],
        [prior, config, planned]: [&Value; 3],
        path: &Path,
    ) {
        match (nesting, config, planned) {
            (Nesting::Single, _, _) => self.planned_object(attributes, [prior, config, planned], path),
            (Nesting::List, Value::List(configured), Value::List(elements)) if configured.len() == elements.len() => {
                let before = super::elements(prior);
                for ((index, config), planned) in (0..).zip(configured).zip(elements) {
                    let prior = before.get(index).unwrap_or(&Value::Null);
                    let at = path.clone().index(i64::try_from(index).unwrap_or(i64::MAX));
                    self.planned_object(attributes, [prior, config, planned], &at);
                }
            }
            (Nesting::Map, Value::Map(configured), Value::Map(elements)) if configured.keys().eq(elements.keys()) => {
                for ((key, config), planned) in configured.iter().zip(elements.values()) {
                    let prior = match prior {
                        Value::Map(before) => before.get(key).unwrap_or(&Value::Null),
                        _ => &Value::Null,
                    };
                    self.planned_object(attributes, [prior, config, planned], &path.clone().key(key));
                }
            }
            // Elements of a set that become known may turn out to be one, so no more can be said of them than how many there are.
            (Nesting::Set, Value::Set(configured), Value::Set(elements)) if configured.len() == elements.len() => {}
            _ => self.object_to(path, format!("is planned as {planned:?} but configured as {config:?}")),
        }
    }

    /// Whether what was planned came about: what was known has this very value, and what was unknown any.
    fn compatible(&mut self, planned: &Value, actual: &Value, path: &Path) {
        match (planned, actual) {
            (Value::Unknown, _) => {}
            (Value::List(before), Value::List(after)) | (Value::Tuple(before), Value::Tuple(after)) => {
                if before.len() != after.len() {
                    return self.object_to(path, format!("has {} elements, not {}", after.len(), before.len()));
                }
                for ((index, before), after) in (0i64..).zip(before).zip(after) {
                    self.compatible(before, after, &path.clone().index(index));
                }
            }
            (Value::Map(before), Value::Map(after)) => {
                self.same_keys(before.keys(), after.keys(), path);
                for (key, before) in before {
                    after.get(key).into_iter().for_each(|after| self.compatible(before, after, &path.clone().key(key)));
                }
            }
            (Value::Object(before), Value::Object(after)) => {
                for (name, before) in before {
                    let after = after.get(name).unwrap_or(&Value::Null);
                    self.compatible(before, after, &path.clone().attribute(name));
                }
            }
            (Value::Set(before), Value::Set(after)) => self.compatible_sets(before, after, path),
            (Value::Dynamic(_, before), Value::Dynamic(_, after)) => self.compatible(before, after, path),
            (before, after) if before == after => {}
            (before, after) => self.object_to(path, format!("was {before:?}, but now is {after:?}")),
        }
    }

    fn same_keys<'a>(
        &mut self,
        before: impl Iterator<Item = &'a String>,
        after: impl Iterator<Item = &'a String>,
        path: &Path,
    ) {
        let (before, after): (Vec<_>, Vec<_>) = (before.collect(), after.collect());
        if before != after {
            self.object_to(path, format!("has the keys {after:?}, not {before:?}"));
        }
    }

    /// Each planned element must have become one of the set and each of those have been planned. A set may shrink where unknown
    /// elements turn out to be equal, and never grow.
    fn compatible_sets(&mut self, before: &[Value], after: &[Value], path: &Path) {
        if after.len() > before.len() {
            return self.object_to(path, format!("has {} elements, not {}", after.len(), before.len()));
        }
        let fits = |planned: &Value, actual: &Value| {
            let mut judge = Judge::new(self.rule);
            judge.compatible(planned, actual, path);
            judge.found.is_empty()
        };
        let lost = before.iter().filter(|planned| !after.iter().any(|actual| fits(planned, actual)));
        let new = after.iter().filter(|actual| !before.iter().any(|planned| fits(planned, actual)));
        let told = lost.map(|one| format!("lacks {one:?}")).chain(new.map(|one| format!("has {one:?} unplanned")));
        let told: Vec<String> = told.collect();
        told.into_iter().for_each(|detail| self.object_to(path, detail));
    }

    fn known(&mut self, value: &Value, path: &Path) {
        match value {
            Value::Unknown => self.object_to(path, "is unknown".to_owned()),
            Value::List(elements) | Value::Tuple(elements) => {
                for (index, element) in (0i64..).zip(elements) {
                    self.known(element, &path.clone().index(index));
                }
            }
            Value::Set(elements) => elements.iter().for_each(|element| self.known(element, path)),
            Value::Map(map) => map.iter().for_each(|(key, value)| self.known(value, &path.clone().key(key))),
            Value::Object(object) => {
                object.iter().for_each(|(name, value)| self.known(value, &path.clone().attribute(name)));
            }
            Value::Dynamic(_, value) => self.known(value, path),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn without_write_only(&mut self, attributes: &[Attribute], state: &Value, path: &Path) {
        for a in attributes {
            let (value, at) = (super::field(state, &a.name), path.clone().attribute(&a.name));
            if a.write_only && !value.is_null() {
                self.object_to(&at, "is write-only, and there all the same".to_owned());
            }
            let AttributeType::Nested { attributes, .. } = &a.ty else { continue };
            match value {
                Value::Map(map) => {
                    map.iter().for_each(|(key, one)| self.without_write_only(attributes, one, &at.clone().key(key)));
                }
                Value::List(elements) | Value::Set(elements) => {
                    for (index, one) in (0i64..).zip(elements) {
                        self.without_write_only(attributes, one, &at.clone().index(index));
                    }
                }
                single => self.without_write_only(attributes, single, &at),
            }
        }
    }
}

fn is(value: &Value) -> &'static str {
    value.kind()
}
