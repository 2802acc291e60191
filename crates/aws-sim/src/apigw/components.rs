//! What methods share: models, request validators, authorizers, gateway responses. They come from OpenAPI documents.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::ids::Ids;

/// Each kind by name; gateway responses by type, and only those that somebody has changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Components {
    pub models: BTreeMap<String, Value>,
    pub validators: BTreeMap<String, Value>,
    pub authorizers: BTreeMap<String, Value>,
    pub gateway_responses: BTreeMap<String, Value>,
}

const EMPTY: &str = "{\n  \"$schema\": \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Empty Schema\",\n  \"type\" : \"object\"\n}";
const ERROR: &str = "{\n  \"$schema\" : \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Error Schema\",\n  \"type\" : \"object\",\n  \"properties\" : {\n    \"message\" : { \"type\" : \"string\" }\n  }\n}";

impl Components {
    /// The two models that CreateRestApi makes.
    pub fn of_a_new_api(ids: &mut Ids) -> Components {
        let models = [("Empty", "empty", EMPTY), ("Error", "error", ERROR)].map(|(name, kind, schema)| {
            let description = format!("This is a default {kind} schema model");
            let id = ids.alphanumeric("model", 6);
            let model = json!({"id": id, "name": name, "description": description, "contentType": "application/json", "schema": schema});
            (name.to_owned(), model)
        });
        Components { models: models.into(), ..Components::default() }
    }

    /// What a document defines, still without ids.
    pub fn read(root: &Value) -> Components {
        let each = |value: &Value, build: fn(&str, &Value) -> Option<Value>| {
            let entries = value.as_object().into_iter().flatten();
            entries.filter_map(|(name, value)| Some((name.clone(), build(name, value)?))).collect::<BTreeMap<_, _>>()
        };
        let schemas =
            [&root["components"]["schemas"], &root["definitions"]].into_iter().find(|value| value.is_object());
        let schemes = [&root["components"]["securitySchemes"], &root["securityDefinitions"]];
        let schemes = schemes.into_iter().find(|value| value.is_object());
        Components {
            models: each(schemas.unwrap_or(&Value::Null), model),
            validators: each(&root["x-amazon-apigateway-request-validators"], validator),
            authorizers: each(schemes.unwrap_or(&Value::Null), authorizer),
            gateway_responses: each(&root["x-amazon-apigateway-gateway-responses"], gateway_response),
        }
    }

    /// Takes over what a document defines; what has the same name keeps its id.
    pub fn merge(&mut self, ids: &mut Ids, api: &str, read: Components) {
        let named = |value: &mut Value| {
            if let Some(schema) = value["schema"].as_str() {
                value["schema"] = json!(references(schema, api));
            }
        };
        let mut put = |kind: &str, known: &mut BTreeMap<String, Value>, read: BTreeMap<String, Value>| {
            for (name, mut value) in read {
                let id = known.get(&name).and_then(|known| known["id"].as_str()).map(str::to_owned);
                value["id"] = json!(id.unwrap_or_else(|| ids.alphanumeric(kind, 6)));
                named(&mut value);
                known.insert(name, value);
            }
        };
        put("model", &mut self.models, read.models);
        put("request-validator", &mut self.validators, read.validators);
        put("authorizer", &mut self.authorizers, read.authorizers);
        self.gateway_responses.extend(read.gateway_responses);
    }

    /// The id of a request validator or an authorizer.
    pub fn id(kind: &BTreeMap<String, Value>, name: &str) -> Option<String> {
        kind.get(name).and_then(|known| known["id"].as_str()).map(str::to_owned)
    }
}

fn model(name: &str, schema: &Value) -> Option<Value> {
    Some(json!({"name": name, "contentType": "application/json", "schema": schema.to_string()}))
}

/// A model refers to another one by its address.
fn references(schema: &str, api: &str) -> String {
    let models = format!("https://apigateway.amazonaws.com/restapis/{api}/models/");
    schema.replace("#/components/schemas/", &models).replace("#/definitions/", &models)
}

fn validator(name: &str, extension: &Value) -> Option<Value> {
    let flag = |key: &str| extension[key].as_bool().unwrap_or_default();
    let (body, parameters) = (flag("validateRequestBody"), flag("validateRequestParameters"));
    Some(json!({"name": name, "validateRequestBody": body, "validateRequestParameters": parameters}))
}

/// A security scheme with an authorizer; the header of the scheme is where a token's identity comes from.
fn authorizer(name: &str, scheme: &Value) -> Option<Value> {
    let extension = scheme.get("x-amazon-apigateway-authorizer")?;
    let kind = extension["type"].as_str().unwrap_or_default().to_ascii_uppercase();
    let mut built = Map::new();
    built.insert("name".to_owned(), json!(name));
    if let Some(auth) = scheme.get("x-amazon-apigateway-authtype") {
        built.insert("authType".to_owned(), auth.clone());
    }
    for key in [
        "authorizerUri",
        "authorizerCredentials",
        "authorizerResultTtlInSeconds",
        "identitySource",
        "identityValidationExpression",
        "providerARNs",
    ] {
        if let Some(value) = extension.get(key) {
            built.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(header) = scheme["name"].as_str().filter(|_| kind != "REQUEST" && !built.contains_key("identitySource"))
    {
        built.insert("identitySource".to_owned(), json!(format!("method.request.header.{header}")));
    }
    built.insert("type".to_owned(), json!(kind));
    Some(Value::Object(built))
}

fn gateway_response(kind: &str, extension: &Value) -> Option<Value> {
    let map = |key: &str| extension.get(key).filter(|value| value.is_object()).cloned();
    let mut built = json!({"responseType": kind, "defaultResponse": false});
    match &extension["statusCode"] {
        Value::String(text) => built["statusCode"] = json!(text),
        Value::Number(number) => built["statusCode"] = json!(number.to_string()),
        _ => {}
    }
    for key in ["responseParameters", "responseTemplates"] {
        if let Some(value) = map(key) {
            built[key] = value;
        }
    }
    Some(built)
}
