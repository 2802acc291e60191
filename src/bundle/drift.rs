//! Differences in words, for the `children` attribute and for diagnostics.

use serde_json::Value;

use crate::child::{Change, has_unknown, is_unknown};

/// Longer values are cut: a difference is to be seen at a glance.
const LONGEST_VALUE: usize = 80;
/// More differences of one child than this are counted, not listed.
const MOST_DIFFERENCES: usize = 5;

const DRIFTED: &str = " (drifted: ";

/// An id, and behind it what somebody else has changed.
pub fn annotate(id: &str, changes: &[Change]) -> String {
    let described = describe(changes);
    if described.is_empty() { id.to_string() } else { format!("{id}{DRIFTED}{described})") }
}

/// What [`annotate`] has put behind an id.
pub fn told(annotated: &str) -> Option<&str> {
    annotated.split_once(DRIFTED).and_then(|(_, told)| told.strip_suffix(')'))
}

/// The id alone, without what [`annotate`] has put behind it.
pub fn plain(annotated: &str) -> &str {
    annotated.split(DRIFTED).next().unwrap_or_default()
}

/// The differences, each by the path of the value that differs.
pub fn describe(changes: &[Change]) -> String {
    let mut lines = Vec::new();
    for change in changes {
        walk(&change.field, &change.from, &change.to, &mut lines);
    }
    let more = lines.len().saturating_sub(MOST_DIFFERENCES);
    lines.truncate(MOST_DIFFERENCES);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("; ")
}

/// Values in here may be secrets, and what a plan says isn't hidden like an argument that is sensitive.
const SECRETS: [&str; 2] = ["variables", "request_parameters"];

fn walk(path: &str, from: &Value, to: &Value, lines: &mut Vec<String>) {
    let is_secret = path.split('.').any(|part| SECRETS.contains(&part));
    if is_secret && from != to && !(from.is_object() && to.is_object()) {
        return lines.push(format!("{path} isn't what it should be"));
    }
    match (from, to) {
        (Value::Object(have), Value::Object(want)) if !is_unknown(to) => {
            for (key, to) in want {
                walk(&format!("{path}.{key}"), have.get(key).unwrap_or(&Value::Null), to, lines);
            }
            for (key, from) in have.iter().filter(|(key, _)| !want.contains_key(*key)) {
                walk(&format!("{path}.{key}"), from, &Value::Null, lines);
            }
        }
        _ if from == to => {}
        // It takes something from a child that isn't there: that one is missing, and this one will follow.
        _ if has_unknown(to) => {}
        (Value::Array(have), Value::Array(want)) => {
            let missing: Vec<String> = want.iter().filter(|item| !have.contains(item)).map(show).collect();
            let foreign: Vec<String> = have.iter().filter(|item| !want.contains(item)).map(show).collect();
            if !missing.is_empty() {
                lines.push(format!("{path} lacks {}", missing.join(", ")));
            }
            if !foreign.is_empty() {
                lines.push(format!("{path} has {} too much", foreign.join(", ")));
            }
        }
        (_, Value::Null) => lines.push(format!("{path} is {}, wanted none", show(from))),
        (Value::Null, _) => lines.push(format!("{path} is missing, wanted {}", show(to))),
        _ => lines.push(format!("{path} is {}, wanted {}", show(from), show(to))),
    }
}

fn show(value: &Value) -> String {
    let text = plainly(value);
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((cut, _)) => format!("{}...", text.get(..cut).unwrap_or_default()),
        None => text,
    }
}

/// Like HCL without quotes: Terraform shows a text with every quote escaped.
fn plainly(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plainly).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            let members: Vec<String> = members.map(|(key, value)| format!("{key} = {}", plainly(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_name_the_value_that_differs() {
        let change = |field: &str, from: Value, to: Value| Change { field: field.into(), from, to };
        let changes = [
            change("health_check", json!({"interval": 60, "port": "1"}), json!({"interval": 30, "port": "1"})),
            change("ingress", json!(["a", {"from": 1, "peer": "b", "to": null}]), json!(["c"])),
            change("tags", json!({"x": "y"}), json!({})),
            change("variables", json!({"password": "hush", "same": "a"}), json!({"password": "secret", "same": "a"})),
        ];
        let text = annotate("id", &changes);
        assert_eq!(
            text,
            "id (drifted: health_check.interval is 60, wanted 30; ingress lacks c; ingress has a, { from = 1, peer = b } too much; tags.x is y, wanted none; \
             variables.password isn't what it should be)"
        );
        assert_eq!(annotate("id", &[]), "id");
    }
}
