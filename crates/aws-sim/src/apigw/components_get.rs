//! Reading models, request validators, authorizers and gateway responses.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rest::{RestInput, not_in};
use super::{Components, RestApi, rest_api};
use crate::OperationResult;
use crate::error::not_found;
use crate::protocol::Answer;
use crate::state::Context;

/// Every type with its status; the two defaults have none of their own.
const GATEWAY_RESPONSES: [(&str, &str); 21] = [
    ("ACCESS_DENIED", "403"),
    ("API_CONFIGURATION_ERROR", "500"),
    ("AUTHORIZER_CONFIGURATION_ERROR", "500"),
    ("AUTHORIZER_FAILURE", "500"),
    ("BAD_REQUEST_BODY", "400"),
    ("BAD_REQUEST_PARAMETERS", "400"),
    ("DEFAULT_4XX", ""),
    ("DEFAULT_5XX", ""),
    ("EXPIRED_TOKEN", "403"),
    ("INTEGRATION_FAILURE", "504"),
    ("INTEGRATION_TIMEOUT", "504"),
    ("INVALID_API_KEY", "403"),
    ("INVALID_SIGNATURE", "403"),
    ("MISSING_AUTHENTICATION_TOKEN", "403"),
    ("QUOTA_EXCEEDED", "429"),
    ("REQUEST_TOO_LARGE", "413"),
    ("RESOURCE_NOT_FOUND", "404"),
    ("THROTTLED", "429"),
    ("UNAUTHORIZED", "401"),
    ("UNSUPPORTED_MEDIA_TYPE", "415"),
    ("WAF_FILTERED", "403"),
];

/// GetModels.
pub fn models(context: &mut Context, input: &RestInput) -> OperationResult {
    list(context, input, |components| &components.models)
}

/// GetModel: by name.
pub fn model(context: &mut Context, input: &RestInput) -> OperationResult {
    let found = api(context, input).and_then(|api| api.definition.components.models.get(input.label(1)));
    let missing = || not_found(format!("Invalid model name specified: {}", input.label(1)));
    found.map(|model| Answer::ok(model.clone())).ok_or_else(missing)
}

/// GetRequestValidators.
pub fn validators(context: &mut Context, input: &RestInput) -> OperationResult {
    list(context, input, |components| &components.validators)
}

/// GetRequestValidator.
pub fn validator(context: &mut Context, input: &RestInput) -> OperationResult {
    by_id(context, input, |components| &components.validators, "Request Validator")
}

/// GetAuthorizers.
pub fn authorizers(context: &mut Context, input: &RestInput) -> OperationResult {
    list(context, input, |components| &components.authorizers)
}

/// GetAuthorizer.
pub fn authorizer(context: &mut Context, input: &RestInput) -> OperationResult {
    by_id(context, input, |components| &components.authorizers, "Authorizer")
}

/// GetGatewayResponses: all types, changed or not.
pub fn gateway_responses(context: &mut Context, input: &RestInput) -> OperationResult {
    let components = &rest_api::find(context.region, input.label(0))?.definition.components;
    let all = GATEWAY_RESPONSES.iter().map(|(kind, status)| show(components, kind, status));
    input.page(all.collect()).map(Answer::ok)
}

/// GetGatewayResponse.
pub fn gateway_response(context: &mut Context, input: &RestInput) -> OperationResult {
    let components = &rest_api::find(context.region, input.label(0))?.definition.components;
    let (kind, known) = (input.label(1), GATEWAY_RESPONSES.map(|(kind, _)| kind));
    let found = GATEWAY_RESPONSES.iter().find(|(known, _)| *known == kind);
    // (unverified)
    found
        .map(|(kind, status)| Answer::ok(show(components, kind, status)))
        .ok_or_else(|| not_in(kind, "responseType", &known))
}

type Kind = fn(&Components) -> &BTreeMap<String, Value>;

fn list(context: &mut Context, input: &RestInput, kind: Kind) -> OperationResult {
    let components = &rest_api::find(context.region, input.label(0))?.definition.components;
    input.page(kind(components).values().cloned().collect()).map(Answer::ok)
}

/// An unknown API looks like an unknown object in it.
fn by_id(context: &mut Context, input: &RestInput, kind: Kind, name: &str) -> OperationResult {
    let values = api(context, input).into_iter().flat_map(|api| kind(&api.definition.components).values());
    let found = values.into_iter().find(|value| value["id"] == input.label(1)).cloned();
    found.map(Answer::ok).ok_or_else(|| not_found(format!("Invalid {name} identifier specified")))
}

fn api<'a>(context: &'a Context, input: &RestInput) -> Option<&'a RestApi> {
    context.region.apis.get(input.label(0))
}

/// A type that nobody has changed follows the changed default of its class.
fn show(components: &Components, kind: &str, status: &str) -> Value {
    let class = if status.starts_with('5') { "DEFAULT_5XX" } else { "DEFAULT_4XX" };
    let own = components.gateway_responses.get(kind);
    let class = components.gateway_responses.get(class).filter(|_| own.is_none() && !kind.starts_with("DEFAULT"));
    let changed = own.or(class);
    let mut shown = json!({
        "responseType": kind, "defaultResponse": own.is_none(), "responseParameters": {},
        "responseTemplates": {"application/json": "{\"message\":$context.error.messageString}"},
    });
    if !status.is_empty() {
        shown["statusCode"] = json!(status);
    }
    for key in ["statusCode", "responseParameters", "responseTemplates"] {
        if let Some(value) = changed.and_then(|changed| changed.get(key)) {
            shown[key] = value.clone();
        }
    }
    shown
}
