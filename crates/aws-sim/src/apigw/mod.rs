//! API Gateway v1: private REST APIs, VPC links, deployments, stages.

mod account;
mod definition;
mod deployment;
mod document;
mod import;
mod integration;
mod method;
mod method_settings;
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
mod vpc_link;

use serde_json::{Value, json};

pub use definition::{Definition, Integration, Method, Resource};
pub use deployment::Deployment;
pub use rest::RestInput;
pub use rest_api::RestApi;
pub use stage::Stage;
pub use vpc_link::VpcLink;

use crate::OperationResult;
use crate::clock::Time;
use crate::error::fail;
use crate::state::{Context, Region};

/// Runs an API Gateway operation.
pub fn run(context: &mut Context, input: &RestInput) -> OperationResult {
    match input.handler() {
        Some(handler) => handler(context, input),
        None => Err(fail("UnknownOperationException", "Unable to determine service/operation name to be authorized")
            .status(404)),
    }
}

/// Lets go links whose time has come.
pub fn settle(region: &mut Region, now: Time) {
    vpc_link::settle(region, now);
}

/// What exists of APIs and links.
pub fn objects(region: &Region, now: Time, put: &mut impl FnMut(&str, &str, Value)) {
    for link in region.links.values() {
        put("vpc-link", &link.id, json!({"tags": link.tags, "name": link.name, "state": link.status(now)}));
    }
    for api in region.apis.values() {
        put("rest-api", &api.id, json!({"tags": api.tags, "name": api.name}));
        for deployment in api.deployments.values() {
            put(
                "deployment",
                &format!("{}/{}", api.id, deployment.id),
                json!({"tags": {}, "description": deployment.description}),
            );
        }
        for stage in api.stages.values() {
            put(
                "stage",
                &format!("{}/{}", api.id, stage.name),
                json!({"tags": stage.tags, "deployment": stage.deployment}),
            );
        }
    }
}
