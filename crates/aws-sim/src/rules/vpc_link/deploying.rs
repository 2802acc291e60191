//! Proofs about links that are not ready for an API, or no longer.

use serde_json::{Value, json};

use super::life::{create, delete, get};
use crate::rules::fixture::{Api, BAD_REQUEST};
use crate::testing::{Caller, integration, later};
use crate::{Config, Consistency};

/// An API with a method, and a link that is pending.
async fn pending(aws: Caller) -> (Api, String, String) {
    let balancer = aws.balancer("one").await;
    let link = create(&aws, &balancer).await;
    let api = Api::new(aws).await;
    let path = api.method(&api.root, json!({})).await + "/integration";
    (api, link, path)
}

fn through(link: &str) -> Value {
    let mut body = integration(link, "/");
    body["type"] = json!("HTTP_PROXY");
    body
}

pub async fn waits(aws: Caller) {
    let (api, link, path) = pending(aws).await;
    api.made("PUT", &path, through(&link)).await;
    let early = async {
        later(30).await;
        assert_eq!(api.get("/deployments").await["item"].as_array().map(Vec::len), Some(1));
        get(&api.aws, &link).await["status"].clone()
    };
    let (_, early) = tokio::join!(api.deployment(), early);
    assert_eq!((early, get(&api.aws, &link).await["status"].clone()), (json!("PENDING"), json!("AVAILABLE")));
    let before = tokio::time::Instant::now();
    api.deployment().await;
    assert!(before.elapsed().as_secs() < 10);
}

pub async fn waits_five_minutes(aws: Caller) {
    aws.sim.fail_next("CreateVpcLink", crate::Fault::Stuck);
    let (api, link, path) = pending(aws).await;
    api.made("PUT", &path, through(&link)).await;
    let before = tokio::time::Instant::now();
    api.deployment().await;
    assert_eq!((before.elapsed().as_secs() / 60, get(&api.aws, &link).await["status"].clone()), (5, json!("PENDING")));
}

pub async fn refused_integration(aws: Caller) {
    let (api, link, path) = pending(aws).await;
    assert_eq!(delete(&api.aws, &link).await, 202);
    let message = format!("Invalid Vpc Link identifier specified: {link}");
    api.refuses("PUT", &path, through(&link), BAD_REQUEST, &message).await;
}

pub async fn late_status(_: Caller) {
    let aws = Caller::with(Config { consistency: Consistency::Lagging, ..Config::default() });
    let link = aws.link(&aws.balancer("one").await).await;
    later(10).await;
    assert_eq!(delete(&aws, &link).await, 202);
    assert_eq!(get(&aws, &link).await["status"], "AVAILABLE");
    later(6).await;
    assert_eq!(get(&aws, &link).await["status"], "DELETING");
    let young = create(&aws, &aws.balancer("two").await).await;
    assert_eq!((delete(&aws, &young).await, get(&aws, &young).await["status"].clone()), (202, json!("DELETING")));
}

pub async fn service(aws: Caller) {
    let (balancer, failed) = (aws.balancer("one").await, aws.balancer("two").await);
    let link = create(&aws, &balancer).await;
    create(&aws, &failed.replace("/net/", "/app/")).await;
    let read = async || aws.ec2("DescribeVpcEndpointServiceConfigurations").await.1;
    let body = read().await;
    assert_eq!(body.matches("<serviceId>vpce-svc-0").count(), 1, "{body}");
    assert!(
        body.contains(&format!("<item>{balancer}</item>")) && body.contains("<managesVpcEndpoints>true<"),
        "{body}"
    );
    assert_eq!(read().await.split("<serviceId>").nth(1), body.split("<serviceId>").nth(1));
    assert_eq!(delete(&aws, &link).await, 202);
    later(41).await;
    assert!(!read().await.contains("vpce-svc-"));
}
