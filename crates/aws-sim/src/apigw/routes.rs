//! Method and path of every operation.

use super::rest::RestInput;
use super::{
    account, components_get as components, deployment, import, integration, integration_response, method,
    method_response, resource, rest_api, rest_api_patch, stage, stage_patch, tags, vpc_link,
};
use crate::OperationResult;
use crate::state::Context;

/// The code of an operation.
pub type Handler = fn(&mut Context, &RestInput) -> OperationResult;

/// An operation.
#[derive(Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub operation: &'static str,
    pub handler: Handler,
}

/// The route of a request and the labels of its path.
pub fn find(method: &str, segments: &[String], import: bool) -> (Option<&'static Route>, Vec<String>) {
    let wanted = |route: &&Route| {
        route.method == method
            && (route.operation == "ImportRestApi") == (import && route.path == "restapis" && method == "POST")
    };
    let found =
        ROUTES.iter().filter(wanted).find_map(|route| labels(route.path, segments).map(|labels| (route, labels)));
    found.map_or((None, Vec::new()), |(route, labels)| (Some(route), labels))
}

/// The name of every operation.
pub fn operations() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().map(|route| route.operation)
}

fn labels(pattern: &str, segments: &[String]) -> Option<Vec<String>> {
    let parts: Vec<&str> = pattern.split('/').collect();
    if parts.len() != segments.len() {
        return None;
    }
    let mut labels = Vec::new();
    for (part, segment) in parts.iter().zip(segments) {
        match *part {
            "*" if !segment.is_empty() => labels.push(segment.clone()),
            fixed if fixed == segment => {}
            _ => return None,
        }
    }
    Some(labels)
}

const fn route(method: &'static str, path: &'static str, operation: &'static str, handler: Handler) -> Route {
    Route { method, path, operation, handler }
}

const RESOURCES: &str = "restapis/*/resources";
const RESOURCE: &str = "restapis/*/resources/*";
const METHOD: &str = "restapis/*/resources/*/methods/*";
const METHOD_RESPONSE: &str = "restapis/*/resources/*/methods/*/responses/*";
const INTEGRATION: &str = "restapis/*/resources/*/methods/*/integration";
const INTEGRATION_RESPONSE: &str = "restapis/*/resources/*/methods/*/integration/responses/*";
const DEPLOYMENTS: &str = "restapis/*/deployments";
const DEPLOYMENT: &str = "restapis/*/deployments/*";
const STAGES: &str = "restapis/*/stages";
const STAGE: &str = "restapis/*/stages/*";

static ROUTES: &[Route] = &[
    route("POST", "restapis", "ImportRestApi", import::import),
    route("POST", "restapis", "CreateRestApi", rest_api::create),
    route("GET", "restapis", "GetRestApis", rest_api::list),
    route("GET", "restapis/*", "GetRestApi", rest_api::get),
    route("PUT", "restapis/*", "PutRestApi", import::put),
    route("PATCH", "restapis/*", "UpdateRestApi", rest_api_patch::update),
    route("DELETE", "restapis/*", "DeleteRestApi", rest_api::delete),
    route("GET", "restapis/*/models", "GetModels", components::models),
    route("GET", "restapis/*/models/*", "GetModel", components::model),
    route("GET", "restapis/*/requestvalidators", "GetRequestValidators", components::validators),
    route("GET", "restapis/*/requestvalidators/*", "GetRequestValidator", components::validator),
    route("GET", "restapis/*/authorizers", "GetAuthorizers", components::authorizers),
    route("GET", "restapis/*/authorizers/*", "GetAuthorizer", components::authorizer),
    route("GET", "restapis/*/gatewayresponses", "GetGatewayResponses", components::gateway_responses),
    route("GET", "restapis/*/gatewayresponses/*", "GetGatewayResponse", components::gateway_response),
    route("GET", RESOURCES, "GetResources", resource::list),
    route("POST", RESOURCE, "CreateResource", resource::create),
    route("GET", RESOURCE, "GetResource", resource::get),
    route("PATCH", RESOURCE, "UpdateResource", resource::update),
    route("DELETE", RESOURCE, "DeleteResource", resource::delete),
    route("PUT", METHOD, "PutMethod", method::put),
    route("GET", METHOD, "GetMethod", method::get),
    route("PATCH", METHOD, "UpdateMethod", method::update),
    route("DELETE", METHOD, "DeleteMethod", method::delete),
    route("PUT", METHOD_RESPONSE, "PutMethodResponse", method_response::put),
    route("GET", METHOD_RESPONSE, "GetMethodResponse", method_response::get),
    route("PATCH", METHOD_RESPONSE, "UpdateMethodResponse", method_response::update),
    route("DELETE", METHOD_RESPONSE, "DeleteMethodResponse", method_response::delete),
    route("PUT", INTEGRATION, "PutIntegration", integration::put),
    route("GET", INTEGRATION, "GetIntegration", integration::get),
    route("PATCH", INTEGRATION, "UpdateIntegration", integration::update),
    route("DELETE", INTEGRATION, "DeleteIntegration", integration::delete),
    route("PUT", INTEGRATION_RESPONSE, "PutIntegrationResponse", integration_response::put),
    route("GET", INTEGRATION_RESPONSE, "GetIntegrationResponse", integration_response::get),
    route("PATCH", INTEGRATION_RESPONSE, "UpdateIntegrationResponse", integration_response::update),
    route("DELETE", INTEGRATION_RESPONSE, "DeleteIntegrationResponse", integration_response::delete),
    route("POST", DEPLOYMENTS, "CreateDeployment", deployment::create),
    route("GET", DEPLOYMENTS, "GetDeployments", deployment::list),
    route("GET", DEPLOYMENT, "GetDeployment", deployment::get),
    route("PATCH", DEPLOYMENT, "UpdateDeployment", deployment::update),
    route("DELETE", DEPLOYMENT, "DeleteDeployment", deployment::delete),
    route("POST", STAGES, "CreateStage", stage::create),
    route("GET", STAGES, "GetStages", stage::list),
    route("GET", STAGE, "GetStage", stage::get),
    route("PATCH", STAGE, "UpdateStage", stage_patch::update),
    route("DELETE", STAGE, "DeleteStage", stage::delete),
    route("POST", "vpclinks", "CreateVpcLink", vpc_link::create),
    route("GET", "vpclinks", "GetVpcLinks", vpc_link::list),
    route("GET", "vpclinks/*", "GetVpcLink", vpc_link::get),
    route("PATCH", "vpclinks/*", "UpdateVpcLink", vpc_link::update),
    route("DELETE", "vpclinks/*", "DeleteVpcLink", vpc_link::delete),
    route("GET", "tags/*", "GetTags", tags::get),
    route("PUT", "tags/*", "TagResource", tags::tag),
    route("DELETE", "tags/*", "UntagResource", tags::untag),
    route("GET", "account", "GetAccount", account::get),
    route("PATCH", "account", "UpdateAccount", account::update),
];
