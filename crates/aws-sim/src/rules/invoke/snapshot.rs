//! What of an API waits for a deployment, and what does not.

use serde_json::{Value, json};

use crate::rules::{Rule, left_out, proof, unverified};
use crate::testing::shop::Shop;
use crate::testing::{Caller, REGION};

const TOPIC: &str = "11 Deployments";

pub const RULES: &[Rule] = &[
    unverified(
        TOPIC,
        "`vpcEndpointIds` are no part of it: the alias of a new endpoint leads to the API at once, though the guide asks for a deployment.",
        proof!(endpoints),
    ),
    unverified(TOPIC, "Throttles are no part of it.", proof!(throttles)),
    unverified(
        TOPIC,
        "Name, description and tags are no part of it: they change nothing that is served.",
        proof!(names),
    ),
    left_out(
        TOPIC,
        "A new deployment serves within seconds, sometimes up to a minute; aliases of endpoints come and go within minutes.",
        "what is deployed or named is there at once",
    ),
    left_out(
        TOPIC,
        "CreateDeployment and its kin may answer 503 ServiceUnavailableException.",
        "nothing in a request brings it about; it can be ordered as a fault",
    ),
];

async fn deployments(shop: &Shop) -> Value {
    shop.aws.api("GET", &format!("/restapis/{}/deployments", shop.api), Value::Null).await.1
}

async fn endpoints(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let before = deployments(&shop).await;
    let alias = format!("{}-{}.execute-api.{REGION}.amazonaws.com", shop.api, shop.endpoint);
    for (op, status) in [("add", 200), ("remove", 502), ("add", 200)] {
        let patch = json!({"op": op, "path": "/endpointConfiguration/vpcEndpointIds", "value": shop.endpoint});
        let path = format!("/restapis/{}", shop.api);
        assert_eq!(shop.aws.api("PATCH", &path, json!({"patchOperations": [patch]})).await.0, 200);
        assert_eq!(shop.by_name(&alias, &[]).await.status, status, "{op}");
    }
    assert_eq!(deployments(&shop).await, before);
}

async fn throttles(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let before = deployments(&shop).await;
    shop.patch_stage("/x/GET/throttling/burstLimit", "0").await;
    assert_eq!(shop.get("/v1/x").await.status, 429);
    assert_eq!(deployments(&shop).await, before);
}

async fn names(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let before = (deployments(&shop).await, shop.get("/v1/x").await.json["target"].clone());
    let path = format!("/restapis/{}", shop.api);
    let patches =
        ["name", "description"].map(|name| json!({"op": "replace", "path": format!("/{name}"), "value": "new"}));
    assert_eq!(shop.aws.api("PATCH", &path, json!({"patchOperations": patches})).await.0, 200);
    let tags = format!("/tags/arn%3Aaws%3Aapigateway%3A{REGION}%3A%3A%2Frestapis%2F{}", shop.api);
    assert_eq!(shop.aws.api("PUT", &tags, json!({"tags": {"a": "b"}})).await.0, 204);
    assert_eq!((deployments(&shop).await, shop.get("/v1/x").await.json["target"].clone()), before);
}
