//! What can be wrong with an OpenAPI document.

use serde_json::Value;
use tfplugin::Path;

use super::model::InternalApi;
use super::operations::bare_operations;
use super::validate::Check;
use super::validate_routes::{check_key, check_siblings};
use crate::openapi;

impl Check {
    pub(super) fn openapi(&mut self, config: &InternalApi) {
        let path = Path::attr("openapi");
        if config.routes.is_null() && config.openapi.is_null() {
            let detail = "Say what the API has: `routes`, or an `openapi` document.";
            self.error(&Path::attr("routes"), "No route", detail);
        }
        if config.routes.is_known() && config.openapi.is_known() {
            self.error(&path, "Two ways to say what the API has", "Give either `routes` or `openapi`.");
        }
        let Some(text) = config.openapi.known() else { return };
        let document = match openapi::parse(text) {
            Ok(document) => document,
            Err(why) => return self.error(&path, "Not an OpenAPI document", format!("{}.", capital(&why))),
        };
        self.document(&document, &path);
        let Some(backends) = config.backends.known() else { return };
        let names: Vec<&str> = backends.keys().map(String::as_str).collect();
        for (key, backend) in bare_operations(&document, &names) {
            if let Err(why) = backend {
                self.error(&path, "An operation without a back end", format!("{key}: {why}."));
            }
        }
    }

    fn document(&mut self, document: &Value, path: &Path) {
        let version = document.get("openapi").and_then(Value::as_str).unwrap_or_default();
        if !version.starts_with("3.0") {
            let detail = match document.get("swagger") {
                Some(_) => "It is Swagger 2. Convert it to OpenAPI 3.0.".to_string(),
                None => format!("API Gateway takes OpenAPI 3.0, and this is {version:?}."),
            };
            self.error(path, "Not OpenAPI 3.0", detail);
        }
        if document.get("x-amazon-apigateway-policy").is_some() {
            let detail = "The resource policy is `policy`. Move it there, to `policy.document` as a whole, and drop \
                          `x-amazon-apigateway-policy`.";
            self.error(path, "Two resource policies", detail);
        }
        let keys = openapi::routes(document);
        if keys.is_empty() {
            self.error(path, "No operation", "An API without a method can't be deployed.");
        }
        for detail in keys.iter().filter_map(|key| check_key(key).err()) {
            self.error(path, "Invalid path", detail);
        }
        for (key, detail) in check_siblings(keys.iter()) {
            self.error(path, "Two variables in one place", format!("{key}: {detail}"));
        }
        self.resources(keys.iter(), path);
    }
}

/// A reason that follows a colon, as a sentence.
fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
