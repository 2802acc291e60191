//! Proofs about making, reading and deleting links.

use serde_json::{Value, json};

use super::MISSING;
use crate::rules::api_gateway_wire::refused;
use crate::testing::{ACCOUNT, Caller, REGION, element, later, text};

const NOT_ACTIVE: &str =
    "NLB is not in active state. If you recently created this NLB, please wait for it to become active and try again..";
const TAKEN: &str = "NLB is already associated with another VPC Endpoint Service";

pub async fn refuse(aws: &Caller, body: Value, message: &str) {
    refused(aws, "POST", "/vpclinks", body, 400, message).await;
}

pub async fn create(aws: &Caller, target: &str) -> String {
    let (status, link) = aws.api("POST", "/vpclinks", json!({"name": "x", "targetArns": [target]})).await;
    assert_eq!((status, text(&link, "status").as_str()), (202, "PENDING"));
    text(&link, "id")
}

pub async fn get(aws: &Caller, id: &str) -> Value {
    aws.api("GET", &format!("/vpclinks/{id}"), Value::Null).await.1
}

pub async fn delete(aws: &Caller, id: &str) -> u16 {
    aws.api("DELETE", &format!("/vpclinks/{id}"), Value::Null).await.0
}

pub fn arn(resource: &str) -> String {
    format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{resource}")
}

/// A link that names no balancer of this account.
pub async fn fails(aws: &Caller, resource: &str, message: &str) {
    let link = create(aws, &arn(resource)).await;
    later(180).await;
    let failed = get(aws, &link).await;
    assert_eq!((failed["status"].as_str(), failed["statusMessage"].as_str()), (Some("FAILED"), Some(message)));
}

pub async fn quota(aws: Caller) {
    for _ in 0..20 {
        create(&aws, &arn("loadbalancer/net/x/0")).await;
        later(60).await;
    }
    let body = json!({"name": "x", "targetArns": [arn("loadbalancer/net/x/0")]});
    refuse(&aws, body, "There are too many Vpc Links defined for this account. Limit is 20").await;
}

pub async fn pending(aws: Caller) {
    let target = aws.balancer("one").await;
    let (status, link) = aws.api("POST", "/vpclinks", json!({"name": "x", "targetArns": [target]})).await;
    assert_eq!(status, 202);
    assert_eq!(link, json!({"id": link["id"], "name": "x", "targetArns": [target], "status": "PENDING"}));
}

pub async fn ids(aws: Caller) {
    let id = create(&aws, &arn("loadbalancer/net/x/0")).await;
    assert!(id.len() == 6 && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{id}");
}

pub async fn not_idempotent(aws: Caller) {
    let target = arn("loadbalancer/net/x/0");
    assert_ne!(create(&aws, &target).await, create(&aws, &target).await);
}

pub async fn described(aws: Caller) {
    let target = arn("loadbalancer/net/x/0");
    let body = json!({"name": "x", "description": "d", "targetArns": [target], "tags": {"a": "b"}});
    let (_, link) = aws.api("POST", "/vpclinks", body).await;
    let expected = json!({
        "id": link["id"], "name": "x", "description": "d", "targetArns": [target], "status": "PENDING", "tags": {"a": "b"},
    });
    assert_eq!(link, expected);
    assert_eq!(get(&aws, &text(&link, "id")).await, expected);
}

pub async fn available(aws: Caller) {
    let target = aws.balancer("one").await;
    let id = create(&aws, &target).await;
    later(60).await;
    assert_eq!(get(&aws, &id).await["status"], "PENDING");
    later(120).await;
    let expected = json!({
        "id": id, "name": "x", "targetArns": [target], "status": "AVAILABLE",
        "statusMessage": "Your vpc link is ready for use", "tags": {},
    });
    assert_eq!(get(&aws, &id).await, expected);
}

/// A balancer that is still provisioning, and a link that was made too early.
pub async fn too_early(aws: &Caller) -> (String, String) {
    let subnet = &aws.fresh.subnet_ids[0];
    let form = format!("CreateLoadBalancer&Name=one&Type=network&Scheme=internal&Subnets.member.1={subnet}");
    let balancer = element(&aws.elb(&form).await.1, "LoadBalancerArn");
    let link = create(aws, &balancer).await;
    (balancer, link)
}

pub async fn not_active(aws: Caller) {
    let (_, link) = too_early(&aws).await;
    later(60).await;
    let failed = get(&aws, &link).await;
    assert_eq!((failed["status"].as_str(), failed["statusMessage"].as_str()), (Some("FAILED"), Some(NOT_ACTIVE)));
}

pub async fn final_failure(aws: Caller) {
    let (balancer, link) = too_early(&aws).await;
    later(1200).await;
    assert_eq!(get(&aws, &link).await["status"], "FAILED");
    let second = create(&aws, &balancer).await;
    later(180).await;
    assert_eq!(get(&aws, &second).await["status"], "AVAILABLE");
}

pub async fn foreign(aws: Caller) {
    let balancer = aws.balancer("one").await;
    let link = create(&aws, &balancer.replace(ACCOUNT, "999999999999")).await;
    later(180).await;
    assert_eq!(get(&aws, &link).await["status"], "FAILED");
}

pub async fn taken(aws: Caller) {
    let balancer = aws.balancer("one").await;
    let (first, second) = (create(&aws, &balancer).await, create(&aws, &balancer).await);
    later(180).await;
    assert_eq!(get(&aws, &first).await["status"], "AVAILABLE");
    let failed = get(&aws, &second).await;
    assert_eq!((failed["status"].as_str(), failed["statusMessage"].as_str()), (Some("FAILED"), Some(TAKEN)));
}

pub async fn delete_balancer(aws: &Caller, arn: &str) -> u16 {
    aws.elb(&format!("DeleteLoadBalancer&LoadBalancerArn={arn}")).await.0
}

pub async fn holds_balancer(aws: Caller) {
    let balancer = aws.balancer("one").await;
    aws.link(&balancer).await;
    let (status, body) = aws.elb(&format!("DeleteLoadBalancer&LoadBalancerArn={balancer}")).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, "ResourceInUse"));
}

pub async fn lingers(aws: Caller) {
    let balancer = aws.balancer("one").await;
    let link = aws.link(&balancer).await;
    delete(&aws, &link).await;
    later(41).await;
    assert_eq!(get(&aws, &link).await["message"], MISSING);
    assert_eq!(delete_balancer(&aws, &balancer).await, 400);
    later(60).await;
    assert_eq!(delete_balancer(&aws, &balancer).await, 200);
}

pub async fn failed_holds_nothing(aws: Caller) {
    let (balancer, link) = too_early(&aws).await;
    later(300).await;
    assert_eq!(get(&aws, &link).await["status"], "FAILED");
    assert_eq!(delete_balancer(&aws, &balancer).await, 200);
}

pub async fn listed(aws: Caller) {
    let target = aws.balancer("one").await;
    let body = json!({"name": "x", "targetArns": [target], "tags": {"a": "b"}});
    let id = text(&aws.api("POST", "/vpclinks", body).await.1, "id");
    later(180).await;
    let item = json!({
        "id": id, "name": "x", "targetArns": [target], "status": "AVAILABLE",
        "statusMessage": "Your vpc link is ready for use",
    });
    assert_eq!(aws.api("GET", "/vpclinks", Value::Null).await.1, json!({"item": [item]}));
}

pub async fn updated(aws: Caller) {
    let target = aws.balancer("one").await;
    let id = aws.link(&target).await;
    let patch = |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
    let body = json!({"patchOperations": [patch("/name", "new"), patch("/description", "d")]});
    let (status, link) = aws.api("PATCH", &format!("/vpclinks/{id}"), body).await;
    let expected = json!({
        "id": id, "name": "new", "description": "d", "targetArns": [target], "status": "AVAILABLE",
        "statusMessage": "Your vpc link is ready for use", "tags": {},
    });
    assert_eq!((status, link), (200, expected));
}

pub async fn unchangeable(aws: &Caller, patch: Value, message: &str) {
    let id = create(aws, &arn("loadbalancer/net/x/0")).await;
    refused(aws, "PATCH", &format!("/vpclinks/{id}"), patch, 400, message).await;
}

pub async fn deleted(aws: Caller) {
    let id = aws.link(&aws.balancer("one").await).await;
    assert_eq!(delete(&aws, &id).await, 202);
    let going = get(&aws, &id).await;
    assert_eq!((going["status"].as_str(), going.get("statusMessage")), (Some("DELETING"), None));
    later(41).await;
    refused(&aws, "GET", &format!("/vpclinks/{id}"), Value::Null, 404, MISSING).await;
}

pub async fn deleted_twice(aws: Caller) {
    let id = aws.link(&aws.balancer("one").await).await;
    assert_eq!([delete(&aws, &id).await, delete(&aws, &id).await], [202, 202]);
}

pub async fn deleted_failed(aws: Caller) {
    let id = create(&aws, &arn("loadbalancer/app/x/0")).await;
    later(180).await;
    assert_eq!(delete(&aws, &id).await, 202);
    let pending = create(&aws, &aws.balancer("one").await).await;
    assert_eq!(delete(&aws, &pending).await, 202);
}
