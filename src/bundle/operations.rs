//! The operations of a user's OpenAPI document that have no integration of their own, and the back ends that they lead to.

use serde_json::Value;

use crate::children::document::{INTEGRATION, operation};
use crate::openapi;

/// The extension that names a back end, on an operation, a path, or the document.
pub const BACKEND: &str = "x-privgw-backend";

/// Each operation without an integration as `METHOD /path`, with its back end or the reason why none is meant. `backends` are the names
/// that there are.
pub fn bare_operations(document: &Value, backends: &[&str]) -> Vec<(String, Result<String, String>)> {
    let keys = openapi::routes(document).into_iter();
    let bare = keys.filter_map(|key| {
        let found = operation(document, &key).filter(|found| found.get(INTEGRATION).is_none())?;
        let path = key.split_once(' ').and_then(|(_, path)| document.get("paths")?.get(path));
        let named = [Some(found), path, Some(document)].into_iter().flatten().find_map(|place| place.get(BACKEND));
        let backend = choose(named, backends);
        Some((key, backend))
    });
    bare.collect()
}

fn choose(named: Option<&Value>, backends: &[&str]) -> Result<String, String> {
    let known = || format!("`backends` has {}", backends.join(", "));
    match (named, backends) {
        (Some(Value::String(name)), _) if backends.contains(&name.as_str()) => Ok(name.clone()),
        (Some(Value::String(name)), _) => Err(format!("`{BACKEND}` is {name:?}, and {}", known())),
        (Some(other), _) => Err(format!("`{BACKEND}` must be the name of a back end, and is {other}")),
        (None, [only]) => Ok((*only).to_string()),
        (None, _) => Err(format!(
            "it has no `{INTEGRATION}`, and nothing says which back end is meant: {}. Put `{BACKEND}` on the operation, its path or the document",
            known()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_back_end_is_named_by_the_operation_the_path_or_the_document() {
        let document = json!({"paths": {
            "/a": {"get": {BACKEND: "x"}, "post": {}, BACKEND: "y"},
            "/b": {"get": {INTEGRATION: {"type": "mock"}}, "put": {}},
        }});
        let told = |document: &Value, backends: &[&str]| -> Vec<(String, Option<String>)> {
            bare_operations(document, backends).into_iter().map(|(key, backend)| (key, backend.ok())).collect()
        };
        let expected = |third: Option<&str>| {
            let some = |name: &str| Some(name.to_string());
            vec![
                ("GET /a".to_string(), some("x")),
                ("POST /a".to_string(), some("y")),
                ("PUT /b".to_string(), third.map(str::to_string)),
            ]
        };
        assert_eq!(told(&document, &["x", "y"]), expected(None), "two back ends, and nothing says which");
        let mut whole = document.clone();
        whole[BACKEND] = json!("y");
        assert_eq!(told(&whole, &["x", "y"]), expected(Some("y")));
        let only = json!({"paths": {"/c": {"x-amazon-apigateway-any-method": {}}}});
        assert_eq!(told(&only, &["z"]), [("ANY /c".to_string(), Some("z".to_string()))]);
    }
}
