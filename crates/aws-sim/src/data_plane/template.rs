//! Mapping templates, as far as references go: `$input.…`, `$context.…`, `$stageVariables.…`. Directives of the Velocity
//! language are not simulated.

use serde_json::{Value, json};

use super::scene::{Scene, at_path, plain};

/// Renders a template with a body that is the request's or the back end's. The error is what is not understood.
pub fn render(template: &str, scene: &Scene, body: &[u8]) -> Result<String, String> {
    let mut rest = template;
    let mut out = String::new();
    if let Some(directive) =
        ["#set", "#if", "#foreach", "#macro", "#define"].into_iter().find(|name| template.contains(*name))
    {
        return Err(format!("{directive} is not simulated"));
    }
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (reference, length) = reference(after);
        match value(reference, scene, body) {
            Some(value) => out.push_str(&value),
            None if reference.starts_with("util.") || reference.starts_with("input.") => {
                return Err(format!("${reference} is not simulated"));
            }
            // An unknown reference stays as it is written, as Velocity leaves it.
            None => out.push_str(&rest[at..=at + length]),
        }
        rest = &after[length..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The reference after a dollar sign and how much of the text it is: a dotted name, perhaps in braces, perhaps with one
/// argument in parentheses.
fn reference(text: &str) -> (&str, usize) {
    let inner = text.strip_prefix('{');
    let start = usize::from(inner.is_some());
    let name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let body = &text[start..];
    let mut end = body.find(|c| !name(c)).unwrap_or(body.len());
    if body[end..].starts_with('(') {
        end = body[end..].find(')').map_or(body.len(), |close| end + close + 1);
    } else {
        // A full stop at the end belongs to the text.
        end = body[..end].trim_end_matches('.').len();
    }
    let closing = usize::from(inner.is_some() && body[end..].starts_with('}'));
    (&body[..end], start + end + closing)
}

fn value(reference: &str, scene: &Scene, body: &[u8]) -> Option<String> {
    if let Some(name) = reference.strip_prefix("stageVariables.") {
        return Some(scene.stage.get(name).cloned().unwrap_or_default());
    }
    if let Some(name) = reference.strip_prefix("context.") {
        return Some(scene.context.get(name).cloned().unwrap_or_default());
    }
    let call = reference.strip_prefix("input.")?;
    if call == "body" {
        return Some(String::from_utf8_lossy(body).into_owned());
    }
    let (function, argument) = call.strip_suffix(')')?.split_once('(')?;
    let argument = argument.trim().trim_matches(['\'', '"']);
    let parsed = || serde_json::from_slice::<Value>(body).unwrap_or_default();
    match function {
        "json" => Some(at_path(&parsed(), argument).unwrap_or(json!("")).to_string()),
        "path" => Some(at_path(&parsed(), argument).as_ref().map(plain).unwrap_or_default()),
        // Looked for in the path, then in the query string, then in the headers.
        "params" if !argument.is_empty() => {
            let places = ["path", "querystring", "header"].into_iter();
            Some(places.flat_map(|place| scene.parameter(place, argument)).next().unwrap_or_default())
        }
        _ => None,
    }
}
