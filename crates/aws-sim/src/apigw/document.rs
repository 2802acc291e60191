//! An OpenAPI document, read into the requests that it stands for.

use serde_json::Value;

use super::components::Components;
use super::operation::{self, Operation};
use super::yaml;
use crate::error::{Failure, Outcome, bad_request};

const LENGTH: usize = 6 * 1024 * 1024;
const VERBS: [(&str, &str); 8] = [
    ("get", "GET"),
    ("put", "PUT"),
    ("post", "POST"),
    ("delete", "DELETE"),
    ("patch", "PATCH"),
    ("options", "OPTIONS"),
    ("head", "HEAD"),
    ("x-amazon-apigateway-any-method", "ANY"),
];

/// What a document says about the API as a whole, and its operations.
#[derive(Debug)]
pub struct Document {
    pub title: String,
    pub version: Option<String>,
    pub description: Option<String>,
    pub policy: Option<Value>,
    pub endpoints: Vec<String>,
    pub disabled_endpoint: Option<bool>,
    pub binary_types: Vec<String>,
    pub compression: Option<i64>,
    pub key_source: Option<String>,
    pub components: Components,
    /// Paths in document order, those without operations too, with the base path in front.
    pub paths: Vec<String>,
    pub operations: Vec<Operation>,
    /// What was left aside.
    pub warnings: Vec<String>,
}

/// What the query says about the base path.
#[derive(Debug, Clone, Copy)]
pub enum BasePath {
    Ignore,
    Prepend,
    Split,
}

impl BasePath {
    /// `ignore` when nothing is said; anything else is refused (unverified).
    pub fn parse(text: Option<&str>) -> Outcome<BasePath> {
        match text.unwrap_or("ignore") {
            "ignore" => Ok(BasePath::Ignore),
            "prepend" => Ok(BasePath::Prepend),
            "split" => Ok(BasePath::Split),
            other => Err(bad_request(format!("Invalid base path mode specified: {other}"))),
        }
    }

    /// What comes before every path; `split` takes the topmost part away (developer guide, api-gateway-import-api-basePath).
    fn prefix(self, root: &Value) -> String {
        let base = base_path(root);
        let parts = base.split('/').filter(|part| !part.is_empty());
        let skipped = match self {
            BasePath::Ignore => usize::MAX,
            BasePath::Prepend => 0,
            BasePath::Split => 1,
        };
        parts.skip(skipped).map(|part| format!("/{part}")).collect()
    }
}

/// Reads a document: OpenAPI 3.0 or Swagger 2.0, in JSON or YAML.
pub fn read(bytes: &[u8], base: BasePath) -> Outcome<Document> {
    let unreadable = || bad_request("Unable to build importer with provided input.");
    if bytes.len() > LENGTH {
        // (text unverified)
        return Err(unreadable());
    }
    let json = || serde_json::from_slice::<Value>(bytes).ok();
    let root = json().or_else(|| yaml::read(std::str::from_utf8(bytes).ok()?)).ok_or_else(unreadable)?;
    let version = |key: &str| root[key].as_str().map(str::to_owned);
    match (version("openapi"), version("swagger")) {
        (Some(openapi), _) if openapi.starts_with("3.0") => {}
        (None, Some(swagger)) if swagger == "2.0" => {}
        (Some(_), _) | (None, Some(_)) => return Err(invalid()),
        (None, None) => return Err(unreadable()),
    }
    let mut document = read_whole(&root)?;
    let prefix = base.prefix(&root);
    let paths = root["paths"].as_object().ok_or_else(invalid)?;
    if !prefix.is_empty() {
        document.paths.push(prefix.clone());
    }
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with('/')) {
        let item = item.as_object().ok_or_else(invalid)?;
        let full = format!("{prefix}{path}");
        for (name, verb) in VERBS {
            if let Some(operation) = item.get(name) {
                let place = operation::Place { root: &root, item, path: &full, verb, name };
                document.operations.push(operation::read(place, operation, &mut document.warnings)?);
            }
        }
        document.paths.push(full);
    }
    Ok(document)
}

fn read_whole(root: &Value) -> Outcome<Document> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut document = Document {
        title: text(&root["info"]["title"]).ok_or_else(invalid)?,
        version: text(&root["info"]["version"]),
        description: text(&root["info"]["description"]),
        policy: root.get("x-amazon-apigateway-policy").cloned(),
        endpoints: Vec::new(),
        disabled_endpoint: None,
        binary_types: texts(&root["x-amazon-apigateway-binary-media-types"]),
        compression: root["x-amazon-apigateway-minimum-compression-size"].as_i64(),
        key_source: text(&root["x-amazon-apigateway-api-key-source"]),
        components: Components::read(root),
        paths: Vec::new(),
        operations: Vec::new(),
        warnings: Vec::new(),
    };
    read_endpoint_configuration(root, &mut document);
    Ok(document)
}

/// At the top in Swagger 2.0, inside the servers in OpenAPI 3.0.
fn read_endpoint_configuration(root: &Value, document: &mut Document) {
    const KEY: &str = "x-amazon-apigateway-endpoint-configuration";
    let servers = root["servers"].as_array().cloned().unwrap_or_default();
    for place in servers.iter().chain([root]) {
        let Some(configuration) = place.get(KEY) else {
            continue;
        };
        document.endpoints.extend(texts(&configuration["vpcEndpointIds"]));
        document.disabled_endpoint =
            configuration["disableExecuteApiEndpoint"].as_bool().or(document.disabled_endpoint);
    }
}

/// `basePath` in Swagger 2.0; in OpenAPI 3.0 the first variable of that name, else the path of the server's URL.
fn base_path(root: &Value) -> String {
    if let Some(base) = root["basePath"].as_str() {
        return base.to_owned();
    }
    let servers = root["servers"].as_array().map_or(&[][..], Vec::as_slice);
    let variable = servers.iter().find_map(|server| server["variables"]["basePath"]["default"].as_str());
    let url = servers.first().and_then(|server| server["url"].as_str()).unwrap_or_default();
    let path = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    variable.unwrap_or(path).to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What is wrong with the document as a whole.
pub fn invalid() -> Failure {
    bad_request("Invalid OpenAPI input.")
}
