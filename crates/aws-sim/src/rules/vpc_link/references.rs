//! Proofs about what holds a link.

use serde_json::{Value, json};

use super::life::{create, delete, get};
use crate::rules::api_gateway_wire::{calmly, refused};
use crate::testing::{Caller, document, integration, later, text};

/// A link and a private API with one path that uses it.
async fn used(aws: &Caller) -> (String, String) {
    let link = aws.link(&aws.balancer("one").await).await;
    let api = aws.private_api(&[]).await;
    put(aws, &api, through(&link)).await;
    (link, api)
}

fn through(link: &str) -> Value {
    json!({"/x": {"get": {"x-amazon-apigateway-integration": integration(link, "/x")}}})
}

fn mock() -> Value {
    json!({"/x": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}})
}

async fn put(aws: &Caller, api: &str, paths: Value) {
    later(30).await;
    assert_eq!(aws.put_api(api, "overwrite", document(paths)).await.0, 200);
}

async fn deploy(aws: &Caller, api: &str) -> String {
    later(30).await;
    aws.deploy(api).await
}

/// The id of `/x`.
async fn resource(aws: &Caller, api: &str) -> String {
    let (_, resources) = calmly(aws, "GET", &format!("/restapis/{api}/resources"), Value::Null).await;
    let found = resources["item"].as_array().unwrap().iter().find(|item| item["path"] == "/x").unwrap();
    text(found, "id")
}

async fn held(aws: &Caller, link: &str, list: &str, format: &str) {
    let message =
        format!("Cannot delete vpc link. Vpc link '{link}', is referenced in [{list}] in format of [{format}].");
    refused(aws, "DELETE", &format!("/vpclinks/{link}"), Value::Null, 400, &message).await;
}

const DEPLOYED: &str = "RESTApiId:Method:Resource:Stage";
const UNDEPLOYED: &str = "Method:Resource";

pub async fn deployed(aws: Caller) {
    let (link, api) = used(&aws).await;
    let deployment = deploy(&aws, &api).await;
    let x = resource(&aws, &api).await;
    held(&aws, &link, &format!("{api}:GET:{x}:v1"), DEPLOYED).await;
    let stage = json!({"stageName": "v2", "deploymentId": deployment});
    assert_eq!(calmly(&aws, "POST", &format!("/restapis/{api}/stages"), stage).await.0, 201);
    held(&aws, &link, &format!("{api}:GET:{x}:v1, {api}:GET:{x}:v2"), DEPLOYED).await;
}

pub async fn moved(aws: Caller) {
    let (link, api) = used(&aws).await;
    deploy(&aws, &api).await;
    let x = resource(&aws, &api).await;
    put(&aws, &api, mock()).await;
    held(&aws, &link, &format!("{api}:GET:{x}:v1"), DEPLOYED).await;
    deploy(&aws, &api).await;
    let (_, deployments) = calmly(&aws, "GET", &format!("/restapis/{api}/deployments"), Value::Null).await;
    assert_eq!(deployments["item"].as_array().map(Vec::len), Some(2));
    assert_eq!(delete(&aws, &link).await, 202);
}

pub async fn stage_deleted(aws: Caller) {
    let (link, api) = used(&aws).await;
    deploy(&aws, &api).await;
    put(&aws, &api, mock()).await;
    assert_eq!(calmly(&aws, "DELETE", &format!("/restapis/{api}/stages/v1"), Value::Null).await.0, 202);
    assert_eq!(delete(&aws, &link).await, 202);
}

pub async fn canary(aws: Caller) {
    let (link, api) = used(&aws).await;
    let x = resource(&aws, &api).await;
    put(&aws, &api, mock()).await;
    deploy(&aws, &api).await;
    put(&aws, &api, through(&link)).await;
    let body = json!({"stageName": "v1", "canarySettings": {"percentTraffic": 10.0}});
    let (status, deployment) = calmly(&aws, "POST", &format!("/restapis/{api}/deployments"), body).await;
    assert_eq!(status, 201, "{deployment}");
    put(&aws, &api, mock()).await;
    held(&aws, &link, &format!("{api}:GET:{x}:v1"), DEPLOYED).await;
}

pub async fn undeployed(aws: Caller) {
    let (link, api) = used(&aws).await;
    let x = resource(&aws, &api).await;
    held(&aws, &link, &format!("GET:{x}"), UNDEPLOYED).await;
    let path = format!("/restapis/{api}/resources/{x}/methods/GET/integration");
    assert_eq!(calmly(&aws, "PUT", &path, json!({"type": "MOCK"})).await.0, 201);
    assert_eq!(delete(&aws, &link).await, 202);
}

pub async fn dangling_method(aws: Caller) {
    let (link, api) = used(&aws).await;
    let x = resource(&aws, &api).await;
    let path = format!("/restapis/{api}/resources/{x}/methods/GET");
    assert_eq!(calmly(&aws, "DELETE", &path, Value::Null).await.0, 204);
    held(&aws, &link, &format!("GET:{x}"), UNDEPLOYED).await;
    put(&aws, &api, mock()).await;
    held(&aws, &link, &format!("GET:{x}"), UNDEPLOYED).await;
    calmly(&aws, "DELETE", &format!("/restapis/{api}"), Value::Null).await;
    assert_eq!(delete(&aws, &link).await, 202);
}

pub async fn dangling_resource(aws: Caller) {
    let (link, api) = used(&aws).await;
    let x = resource(&aws, &api).await;
    assert_eq!(calmly(&aws, "DELETE", &format!("/restapis/{api}/resources/{x}"), Value::Null).await.0, 202);
    held(&aws, &link, &format!("GET:{x}"), UNDEPLOYED).await;
}

pub async fn clean_method(aws: Caller) {
    let (link, api) = used(&aws).await;
    let method = format!("/restapis/{api}/resources/{}/methods/GET", resource(&aws, &api).await);
    assert_eq!(calmly(&aws, "DELETE", &format!("{method}/integration"), Value::Null).await.0, 204);
    assert_eq!(calmly(&aws, "DELETE", &method, Value::Null).await.0, 204);
    assert_eq!(delete(&aws, &link).await, 202);
}

pub async fn variable(aws: Caller) {
    let (link, api) = used(&aws).await;
    put(&aws, &api, through("${stageVariables.link}")).await;
    let body = json!({"stageName": "v1", "variables": {"link": link}});
    assert_eq!(calmly(&aws, "POST", &format!("/restapis/{api}/deployments"), body).await.0, 201);
    let path = format!("/restapis/{api}/resources/{}/methods/GET", resource(&aws, &api).await);
    assert_eq!(calmly(&aws, "DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(delete(&aws, &link).await, 202);
}

pub async fn overwritten(aws: Caller) {
    let (link, api) = used(&aws).await;
    put(&aws, &api, json!({})).await;
    assert_eq!(delete(&aws, &link).await, 202);
}

pub async fn api_deleted(aws: Caller) {
    let (link, api) = used(&aws).await;
    deploy(&aws, &api).await;
    calmly(&aws, "DELETE", &format!("/restapis/{api}"), Value::Null).await;
    assert_eq!(delete(&aws, &link).await, 202);
}

pub async fn replaced(aws: Caller) {
    let (old, api) = used(&aws).await;
    deploy(&aws, &api).await;
    let new = aws.link(&aws.balancer("two").await).await;
    put(&aws, &api, through(&new)).await;
    let deployments = format!("/restapis/{api}/deployments");
    let deployment = text(&calmly(&aws, "POST", &deployments, json!({})).await.1, "id");
    let move_stage = crate::rules::api_gateway_wire::replace("/deploymentId", &deployment);
    assert_eq!(calmly(&aws, "PATCH", &format!("/restapis/{api}/stages/v1"), move_stage).await.0, 200);
    assert_eq!(delete(&aws, &old).await, 202);
    assert_eq!(get(&aws, &new).await["status"], "AVAILABLE");
}

pub async fn free_again(aws: Caller) {
    let balancer = aws.balancer("one").await;
    let first = aws.link(&balancer).await;
    delete(&aws, &first).await;
    later(100).await;
    let second = create(&aws, &balancer).await;
    later(180).await;
    assert_eq!(get(&aws, &second).await["status"], "AVAILABLE");
}
