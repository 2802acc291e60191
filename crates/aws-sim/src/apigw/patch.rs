//! Patch operations: applied in order, all or none.

use serde_json::{Map, Value};

use super::rest::{Members, RestInput, absent, outside, validation};
use crate::error::{Failure, Outcome, bad_request};

/// One patch operation.
#[derive(Debug, Clone)]
pub struct Patch {
    pub op: String,
    pub path: String,
    pub value: Option<String>,
    pub from: Option<String>,
}

const OPS: [&str; 6] = ["add", "remove", "move", "test", "replace", "copy"];

/// Reads `patchOperations`; the framework looks at every `op` before anything is applied.
pub fn read(input: &RestInput, shape: &str) -> Outcome<Vec<Patch>> {
    read_with(input, shape, None)
}

/// The same; what else is wrong with the request is reported behind the operations.
pub fn read_with(input: &RestInput, shape: &str, more: Option<String>) -> Outcome<Vec<Patch>> {
    let items = input.members().0.get("patchOperations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut errors = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{shape}.patchOperations.{}.member.op", index + 1);
        match Members(item).text("op")? {
            Some(op) if OPS.contains(&op) => {}
            Some(op) => errors.push(outside(op, &path, &OPS)),
            // (unverified)
            None => errors.push(absent(&path)),
        }
    }
    errors.extend(more);
    if !errors.is_empty() {
        return Err(validation(&errors));
    }
    items.iter().map(one).collect()
}

fn one(item: &Value) -> Outcome<Patch> {
    let text = |key: &str| Members(item).text(key).map(|text| text.map(str::to_owned));
    let path = text("path")?.ok_or_else(|| bad_request("Invalid patch path null"))?;
    Ok(Patch { op: text("op")?.unwrap_or_default(), path, value: text("value")?, from: text("from")? })
}

impl Patch {
    /// The value; a replacement without one is an empty text.
    pub fn text(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }

    /// Refuses every other operation.
    pub fn only(&self, ops: &[&str]) -> Outcome<()> {
        if ops.contains(&self.op.as_str()) {
            return Ok(());
        }
        Err(bad_request(format!("Invalid patch operation specified. Must be one of: [{}]", ops.join(", "))))
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Outcome<bool> {
        self.text()
            .parse()
            .map_err(|_| bad_request(format!("Invalid boolean value '{}' for {}", self.text(), self.path)))
    }

    /// The path is unknown.
    pub fn invalid_path(&self) -> Failure {
        bad_request(format!("Invalid patch path {}", self.path))
    }

    /// Sets or removes an optional text; an empty text removes it too.
    pub fn set_text(&self, slot: &mut Option<String>) -> Outcome<()> {
        self.only(&["replace", "remove", "add"])?;
        *slot = Some(self.text().to_owned()).filter(|text| self.op != "remove" && !text.is_empty());
        Ok(())
    }

    /// Sets or removes one entry of a map of values.
    pub fn set_entry(&self, map: &mut Map<String, Value>, key: &str, value: Value) -> Outcome<()> {
        self.only(&["add", "replace", "remove"])?;
        if self.op == "remove" {
            map.remove(key);
        } else {
            map.insert(key.to_owned(), value);
        }
        Ok(())
    }
}

/// One step of a path, unescaped: `~1` is a slash and `~0` a tilde.
pub fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}
