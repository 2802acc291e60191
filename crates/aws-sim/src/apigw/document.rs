//! An OpenAPI document, read into the requests that it stands for.

use serde_json::{Map, Value, json};

use crate::error::{Failure, Outcome, bad_request};

const LENGTH: usize = 6 * 1024 * 1024;
const INTEGRATION: &str = "x-amazon-apigateway-integration";
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
    /// Paths in document order, those without operations too.
    pub paths: Vec<String>,
    pub operations: Vec<Operation>,
}

/// One operation, as the bodies of PutMethod, PutMethodResponse, PutIntegration and PutIntegrationResponse.
#[derive(Debug)]
pub struct Operation {
    pub path: String,
    pub verb: &'static str,
    pub method: Value,
    pub responses: Vec<(String, Map<String, Value>)>,
    pub integration: Option<Value>,
    /// With the selection pattern inside.
    pub integration_responses: Vec<(String, Value)>,
}

/// Reads a document: OpenAPI 3.0 or Swagger 2.0 in JSON. YAML is refused (unverified; the real service reads it).
pub fn read(bytes: &[u8]) -> Outcome<Document> {
    let unreadable = || bad_request("Unable to build importer with provided input.");
    let root: Value = serde_json::from_slice(bytes).map_err(|_| unreadable())?;
    let modern = root["openapi"].as_str().is_some_and(|version| version.starts_with("3."));
    let swagger = root["swagger"].as_str() == Some("2.0");
    if !(modern || swagger) || bytes.len() > LENGTH {
        return Err(unreadable());
    }
    let title = root["info"]["title"].as_str().ok_or_else(invalid)?.to_owned();
    let paths = root["paths"].as_object().ok_or_else(invalid)?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut document = Document {
        title,
        version: text(&root["info"]["version"]),
        description: text(&root["info"]["description"]),
        policy: root.get("x-amazon-apigateway-policy").cloned(),
        endpoints: Vec::new(),
        disabled_endpoint: None,
        binary_types: texts(&root["x-amazon-apigateway-binary-media-types"]),
        compression: root["x-amazon-apigateway-minimum-compression-size"].as_i64(),
        key_source: text(&root["x-amazon-apigateway-api-key-source"]),
        paths: paths.keys().filter(|path| path.starts_with('/')).cloned().collect(),
        operations: Vec::new(),
    };
    read_endpoint_configuration(&root, &mut document);
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with('/')) {
        let item = item.as_object().ok_or_else(invalid)?;
        for (name, verb) in VERBS {
            if let Some(operation) = item.get(name) {
                document.operations.push(read_operation(&root, path, verb, item, operation)?);
            }
        }
    }
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

fn read_operation(
    root: &Value,
    path: &str,
    verb: &'static str,
    item: &Map<String, Value>,
    operation: &Value,
) -> Outcome<Operation> {
    let members = operation.as_object().ok_or_else(invalid)?;
    let mut method = json!({"requestParameters": parameters(root, item, members)});
    security(root, members, &mut method);
    if let Some(name) = members.get("operationId") {
        method["operationName"] = name.clone();
    }
    let responses = members.get("responses").and_then(Value::as_object);
    let numeric = |(status, _): &(&String, &Value)| status.parse::<u16>().is_ok();
    let responses = responses.into_iter().flatten().filter(numeric);
    let integration = members.get(INTEGRATION).or_else(|| item.get(INTEGRATION));
    Ok(Operation {
        path: path.to_owned(),
        verb,
        method,
        responses: responses.map(|(status, response)| (status.clone(), method_response(response))).collect(),
        integration: integration.map(read_integration),
        integration_responses: integration.map(integration_responses).unwrap_or_default(),
    })
}

fn parameters(root: &Value, item: &Map<String, Value>, operation: &Map<String, Value>) -> Value {
    let mut declared = Map::new();
    let lists = [item.get("parameters"), operation.get("parameters")];
    for parameter in lists.into_iter().flatten().filter_map(Value::as_array).flatten() {
        let parameter = resolve(root, parameter);
        let place = match parameter["in"].as_str() {
            Some("path") => "path",
            Some("query") => "querystring",
            Some("header") => "header",
            _ => continue,
        };
        if let Some(name) = parameter["name"].as_str() {
            let required = parameter["required"].as_bool().unwrap_or_default();
            declared.insert(format!("method.request.{place}.{name}"), json!(required));
        }
    }
    Value::Object(declared)
}

/// `awsSigv4` means IAM; a scheme of type `apiKey` without an authorizer asks for an API key.
fn security(root: &Value, operation: &Map<String, Value>, method: &mut Value) {
    let auth = operation.get("x-amazon-apigateway-auth").and_then(|auth| auth["type"].as_str()).unwrap_or_default();
    let is_iam = auth.eq_ignore_ascii_case("AWS_IAM");
    method["authorizationType"] = json!(if is_iam { "AWS_IAM" } else { "NONE" });
    let asked = operation.get("security").and_then(Value::as_array).into_iter().flatten();
    for name in asked.filter_map(Value::as_object).flat_map(Map::keys) {
        let scheme = [&root["components"]["securitySchemes"][name], &root["securityDefinitions"][name]]
            .into_iter()
            .find(|scheme| !scheme.is_null());
        let Some(scheme) = scheme else { continue };
        if scheme["x-amazon-apigateway-authtype"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("awsSigv4")) {
            method["authorizationType"] = json!("AWS_IAM");
        } else if scheme["type"] == "apiKey" {
            method["apiKeyRequired"] = json!(true);
        }
    }
}

fn method_response(response: &Value) -> Map<String, Value> {
    let headers = response["headers"].as_object();
    let declared: Map<String, Value> = headers
        .into_iter()
        .flatten()
        .map(|(name, _)| (format!("method.response.header.{name}"), json!(false)))
        .collect();
    let mut members = Map::new();
    if !declared.is_empty() {
        members.insert("responseParameters".to_owned(), Value::Object(declared));
    }
    members
}

/// The extension writes enumerations in lower case.
fn read_integration(extension: &Value) -> Value {
    let mut members = extension.clone();
    for key in ["type", "passthroughBehavior", "contentHandling", "connectionType", "httpMethod"] {
        if let Some(text) = extension[key].as_str() {
            members[key] = json!(text.to_ascii_uppercase());
        }
    }
    members
}

fn integration_responses(extension: &Value) -> Vec<(String, Value)> {
    let one = |(pattern, response): (&String, &Value)| {
        let mut members = response.clone();
        let status = match &response["statusCode"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if pattern != "default" {
            members["selectionPattern"] = json!(pattern);
        }
        (status, members)
    };
    extension["responses"].as_object().into_iter().flatten().map(one).collect()
}

fn resolve<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(value)
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn invalid() -> Failure {
    bad_request("Invalid OpenAPI input.")
}
