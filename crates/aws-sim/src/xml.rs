//! The XML of the query protocols, written from JSON trees.

use serde_json::Value;

/// Writes one element: objects nest, arrays repeat `item`, null is left out.
pub fn element(out: &mut String, name: &str, value: &Value, item: &str) {
    if value.is_null() {
        return;
    }
    open(out, name);
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| element(out, key, value, item)),
        Value::Array(items) => items.iter().for_each(|value| element(out, item, value, item)),
        Value::String(text) => escape(out, text),
        other => out.push_str(&other.to_string()),
    }
    close(out, name);
}

/// Writes the members of an object without a wrapper.
pub fn members(out: &mut String, value: &Value, item: &str) {
    if let Value::Object(map) = value {
        map.iter().for_each(|(key, value)| element(out, key, value, item));
    }
}

fn open(out: &mut String, name: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
}

fn close(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn trees_become_elements() {
        let mut out = String::new();
        element(&mut out, "a", &json!({"b": "x<y", "c": ["1", "2"], "d": null, "e": true}), "item");
        assert_eq!(out, "<a><b>x&lt;y</b><c><item>1</item><item>2</item></c><e>true</e></a>");
    }
}
