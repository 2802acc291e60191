//! Patch operations: applied in order, all or none.

use serde_json::{Map, Value};

use super::rest::{Members, RestInput, not_in};
use crate::error::{Failure, Outcome, bad_request};

/// One patch operation.
#[derive(Debug, Clone)]
pub struct Patch {
    pub op: String,
    pub path: String,
    pub value: Option<String>,
    pub from: Option<String>,
}

/// Reads `patchOperations`.
pub fn read(input: &RestInput, shape: &str) -> Outcome<Vec<Patch>> {
    let Some(items) = input.body.get("patchOperations").and_then(Value::as_array) else {
        return Ok(Vec::new());
    };
    let one = |(index, item): (usize, &Value)| {
        let members = Members(item);
        let text = |key: &str| members.text(key).map(|text| text.map(str::to_owned));
        let op = text("op")?.unwrap_or_default();
        let allowed = ["add", "remove", "move", "test", "replace", "copy"];
        if !allowed.contains(&op.as_str()) {
            return Err(not_in(&op, &format!("{shape}.patchOperations.{}.member.op", index + 1), &allowed));
        }
        let path = text("path")?.ok_or_else(|| bad_request("Invalid patch path null"))?;
        Ok(Patch { op, path, value: text("value")?, from: text("from")? })
    };
    items.iter().enumerate().map(one).collect()
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
