//! What the framework refuses before the service looks at a request: everything in one message
//! (LocalStack's AWS-validated snapshots).

use super::rest::{absent, outside, validation};
use crate::error::Outcome;

/// The broken constraints of one request, in the order in which they are reported.
#[derive(Debug, Default)]
pub struct Violations(Vec<String>);

impl Violations {
    /// The value, if there is one, must be one of an enumeration.
    pub fn enumeration(&mut self, value: Option<&str>, path: &str, allowed: &[&str]) {
        self.0.extend(value.filter(|value| !allowed.contains(value)).map(|value| outside(value, path, allowed)));
    }

    /// Like [`Self::enumeration`], for a list that is reported as a whole.
    pub fn list(&mut self, values: &[String], path: &str, allowed: &[&str]) {
        if values.iter().any(|value| !allowed.contains(&value.as_str())) {
            let (values, allowed) = (values.join(", "), allowed.join(", "));
            let constraint =
                format!("Member must satisfy constraint: [Member must satisfy enum value set: [{allowed}]]");
            self.0.push(format!("Value '[{values}]' at '{path}' failed to satisfy constraint: {constraint}"));
        }
    }

    /// The member must be there (text unverified).
    pub fn required<T>(&mut self, value: Option<T>, path: &str) {
        if value.is_none() {
            self.0.push(absent(path));
        }
    }

    /// All of them, or nothing to complain about.
    pub fn check(self) -> Outcome<()> {
        if self.0.is_empty() { Ok(()) } else { Err(validation(&self.0)) }
    }
}

/// A status code has three digits, the first from one to five.
pub fn status_code(status: &str) -> Option<String> {
    let valid = matches!(status.as_bytes(), [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9']);
    (!valid).then(|| {
        format!(
            r"Value '{status}' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d"
        )
    })
}
