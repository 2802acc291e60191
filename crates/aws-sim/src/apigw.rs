//! API Gateway v1: private REST APIs, VPC links, deployments, stages.

mod account;
mod canary;
mod clone;
mod components;
mod components_get;
mod definition;
mod deployment;
mod document;
mod import;
mod integration;
mod integration_response;
mod link_reference;
mod method;
mod method_response;
mod method_settings;
mod operation;
mod patch;
mod policy;
mod resource;
mod rest;
mod rest_api;
mod rest_api_patch;
mod routes;
mod stage;
mod stage_patch;
mod tags;
mod violations;
mod vpc_link;
mod yaml;

use serde_json::{Value, json};

pub use components::Components;
pub use definition::{Definition, Integration, Method, Resource};
pub use deployment::{Deployment, wait as deployment_wait};
pub use link_reference::Use;
pub use rest::RestInput;
pub use rest_api::RestApi;
pub use routes::operations;
pub use stage::Stage;
pub use vpc_link::VpcLink;

use crate::OperationResult;
use crate::clock::Time;
use crate::error::fail;
use crate::state::{Context, Region};

/// Runs an API Gateway operation.
pub fn run(context: &mut Context, input: &RestInput) -> OperationResult {
    let Some(handler) = input.handler() else {
        let message = "Unable to determine service/operation name to be authorized";
        return Err(fail("UnknownOperationException", message).status(404));
    };
    if input.is_malformed() {
        // (text unverified)
        return Err(fail("SerializationException", "Unable to parse the request body as JSON"));
    }
    match input.operation() {
        "DeleteMethod" | "DeleteResource" => link_reference::after_delete(context, input, handler),
        _ => handler(context, input),
    }
}

/// Lets go links whose time has come.
pub fn settle(region: &mut Region, now: Time) {
    vpc_link::settle(region, now);
}

/// When the next of them goes.
pub fn due(region: &Region) -> Option<Time> {
    region.links.values().filter_map(|link| link.gone_at).min()
}

/// What exists of APIs and links.
pub fn objects(region: &Region, now: Time, put: &mut impl FnMut(&str, &str, Value)) {
    for link in region.links.values() {
        put("vpc-link", &link.id, json!({"tags": link.tags, "name": link.name, "state": link.status(now)}));
    }
    for api in region.apis.values() {
        let definition = format!("{:?}", api.definition);
        let fields =
            json!({"tags": api.tags, "name": api.name, "description": api.description, "definition": definition});
        put("rest-api", &api.id, fields);
        for deployment in api.deployments.values() {
            put(
                "deployment",
                &format!("{}/{}", api.id, deployment.id),
                json!({"tags": {}, "description": deployment.description}),
            );
        }
        for stage in api.stages.values() {
            let settings = (&stage.description, &stage.variables, &stage.settings, stage.tracing, &stage.canary);
            let settings = format!("{settings:?}");
            let fields = json!({"tags": stage.tags, "deployment": stage.deployment, "settings": settings});
            put("stage", &format!("{}/{}", api.id, stage.name), fields);
        }
    }
}
