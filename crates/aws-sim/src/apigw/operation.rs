//! One operation of an OpenAPI document.

use serde_json::{Map, Value, json};

use super::document::invalid;
use crate::error::Outcome;

const INTEGRATION: &str = "x-amazon-apigateway-integration";
const VALIDATOR: &str = "x-amazon-apigateway-request-validator";

/// One operation, as the bodies of PutMethod, PutMethodResponse, PutIntegration and PutIntegrationResponse.
#[derive(Debug)]
pub struct Operation {
    pub path: String,
    pub verb: &'static str,
    pub method: Value,
    /// The name of a request validator of the document.
    pub validator: Option<String>,
    /// The name of an authorizer of the document.
    pub authorizer: Option<String>,
    pub responses: Vec<(String, Map<String, Value>)>,
    pub integration: Option<Value>,
    /// With the selection pattern inside.
    pub integration_responses: Vec<(String, Value)>,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub root: &'a Value,
    pub item: &'a Map<String, Value>,
    pub path: &'a str,
    pub verb: &'static str,
    /// The verb as the document has it.
    pub name: &'static str,
}

/// Reads an operation and notes what it leaves aside.
pub fn read(place: Place, operation: &Value, warnings: &mut Vec<String>) -> Outcome<Operation> {
    let members = operation.as_object().ok_or_else(invalid)?;
    let mut method = json!({"requestParameters": parameters(place, members)});
    let authorizer = security(place.root, members, &mut method);
    if let Some(name) = members.get("operationId") {
        method["operationName"] = name.clone();
    }
    let models = request_models(place, members, warnings);
    if !models.is_empty() {
        method["requestModels"] = Value::Object(models);
    }
    let mut responses = Vec::new();
    for (status, response) in members.get("responses").and_then(Value::as_object).into_iter().flatten() {
        if status.parse::<u16>().is_ok() {
            responses.push((status.clone(), method_response(place, status, response, warnings)));
        }
    }
    let validator = [members.get(VALIDATOR), place.item.get(VALIDATOR), place.root.get(VALIDATOR)];
    let integration = members.get(INTEGRATION).or_else(|| place.item.get(INTEGRATION));
    Ok(Operation {
        path: place.path.to_owned(),
        verb: place.verb,
        method,
        validator: validator.into_iter().flatten().find_map(Value::as_str).map(str::to_owned),
        authorizer,
        responses,
        integration: integration.map(|extension| read_integration(place, extension, warnings)),
        integration_responses: integration.map(integration_responses).unwrap_or_default(),
    })
}

/// All parameters of an operation, its path's first.
fn listed<'a>(place: Place<'a>, operation: &'a Map<String, Value>) -> impl Iterator<Item = &'a Value> {
    let lists = [place.item.get("parameters"), operation.get("parameters")];
    lists.into_iter().flatten().filter_map(Value::as_array).flatten().map(move |one| resolve(place.root, one))
}

fn parameters(place: Place, operation: &Map<String, Value>) -> Value {
    let mut declared = Map::new();
    for parameter in listed(place, operation) {
        let source = match parameter["in"].as_str() {
            Some("path") => "path",
            Some("query") => "querystring",
            Some("header") => "header",
            _ => continue,
        };
        if let Some(name) = parameter["name"].as_str() {
            let required = parameter["required"].as_bool().unwrap_or_default();
            declared.insert(format!("method.request.{source}.{name}"), json!(required));
        }
    }
    Value::Object(declared)
}

/// An operation without `security` has the document's: the guide's known issues say that it is ignored, a recording shows it
/// at work (LocalStack's AWS-validated snapshots, test_import_with_global_api_key_authorizer). `awsSigv4` means IAM; a scheme with an authorizer is asked by its
/// type, and one of type `apiKey` without an authorizer asks for an API key. Answers the authorizer's name.
fn security(root: &Value, operation: &Map<String, Value>, method: &mut Value) -> Option<String> {
    let auth = operation.get("x-amazon-apigateway-auth").and_then(|auth| auth["type"].as_str()).unwrap_or_default();
    let is_iam = auth.eq_ignore_ascii_case("AWS_IAM");
    method["authorizationType"] = json!(if is_iam { "AWS_IAM" } else { "NONE" });
    let mut authorizer = None;
    let asked = operation.get("security").unwrap_or(&root["security"]).as_array().into_iter().flatten();
    for (name, scopes) in asked.filter_map(Value::as_object).flatten() {
        let places = [&root["components"]["securitySchemes"][name], &root["securityDefinitions"][name]];
        let Some(scheme) = places.into_iter().find(|scheme| scheme.is_object()) else { continue };
        let kind = scheme["x-amazon-apigateway-authtype"].as_str().unwrap_or_default();
        if kind.eq_ignore_ascii_case("awsSigv4") {
            method["authorizationType"] = json!("AWS_IAM");
        } else if scheme.get("x-amazon-apigateway-authorizer").is_some() {
            authorizer = Some(name.clone());
            method["authorizationScopes"] = scopes.clone();
        } else if scheme["type"] == "apiKey" {
            method["apiKeyRequired"] = json!(true);
        }
    }
    authorizer
}

fn request_models(place: Place, operation: &Map<String, Value>, warnings: &mut Vec<String>) -> Map<String, Value> {
    let mut models = Map::new();
    let content = operation.get("requestBody").map(|body| resolve(place.root, body));
    for (kind, media) in content.and_then(|body| body["content"].as_object()).into_iter().flatten() {
        models.extend(model(place, &format!("requestBody.content.{kind}"), kind, &media["schema"], warnings));
    }
    for body in listed(place, operation).filter(|parameter| parameter["in"] == "body") {
        models.extend(model(place, "parameters.body", "application/json", &body["schema"], warnings));
    }
    models
}

fn method_response(place: Place, status: &str, response: &Value, warnings: &mut Vec<String>) -> Map<String, Value> {
    let response = resolve(place.root, response);
    let headers = response["headers"].as_object().into_iter().flatten();
    let declared: Map<String, Value> =
        headers.map(|(name, _)| (format!("method.response.header.{name}"), json!(false))).collect();
    let mut models = Map::new();
    for (kind, media) in response["content"].as_object().into_iter().flatten() {
        models.extend(model(place, &format!("responses.{status}.content"), kind, &media["schema"], warnings));
    }
    models.extend(model(place, &format!("responses.{status}"), "application/json", &response["schema"], warnings));
    let mut members = Map::new();
    for (name, map) in [("responseParameters", declared), ("responseModels", models)] {
        if !map.is_empty() {
            members.insert(name.to_owned(), Value::Object(map));
        }
    }
    members
}

/// A schema that refers to a model, as media type and name; a reference to nothing is a warning (text as HTTP APIs word it,
/// unverified for REST APIs). Schemas without a reference make no model here.
fn model(place: Place, at: &str, media: &str, schema: &Value, warnings: &mut Vec<String>) -> Option<(String, Value)> {
    let reference = schema["$ref"].as_str()?;
    if place.root.pointer(reference.trim_start_matches('#')).is_none() {
        let Place { path, name, .. } = place;
        warnings.push(format!("Parse issue: attribute paths.'{path}'({name}).{at}.schema.{reference} is missing"));
        return None;
    }
    reference.rsplit('/').next().map(|name| (media.to_owned(), json!(name)))
}

/// The extension writes enumerations in lower case. Parameters that are no texts are left out with a warning.
fn read_integration(place: Place, extension: &Value, warnings: &mut Vec<String>) -> Value {
    let mut members = extension.clone();
    for key in ["type", "passthroughBehavior", "contentHandling", "connectionType", "httpMethod"] {
        if let Some(text) = extension[key].as_str() {
            members[key] = json!(text.to_ascii_uppercase());
        }
    }
    if let Some(parameters) = members.get_mut("requestParameters").and_then(Value::as_object_mut) {
        parameters.retain(|name, value| {
            let Place { path, verb, .. } = place;
            if !value.is_string() {
                warnings.push(format!("Invalid format for 'requestParameters'. Expected type string for property '{name}' of resource '{path}' and method '{verb}' but got '{value}'"));
            }
            value.is_string()
        });
    }
    members
}

fn integration_responses(extension: &Value) -> Vec<(String, Value)> {
    // What is no response at all is passed over.
    let one = |(pattern, response): (&String, &Value)| {
        let mut members = response.as_object()?.clone();
        let status = match &response["statusCode"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if pattern != "default" {
            members.insert("selectionPattern".to_owned(), json!(pattern));
        }
        Some((status, Value::Object(members)))
    };
    extension["responses"].as_object().into_iter().flatten().filter_map(one).collect()
}

fn resolve<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(value)
}
