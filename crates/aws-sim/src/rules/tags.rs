//! Tags of API Gateway objects.

use serde_json::{Map, Value, json};

use super::api_gateway_wire::{calmly, refusal, refused};
use super::{MODEL, RECORDED, Rule, proof, sourced, unverified};
use crate::testing::{Caller, REGION, document, later, text};

const TAGS: &str = "14 Tags of API Gateway";

const RESTRICTIONS: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging.html";

pub const RULES: &[Rule] = &[
    sourced(TAGS, "APIs, stages and VPC links can be tagged when they are made and later.", MODEL, proof!(all_three)),
    sourced(TAGS, "The ARN is one encoded segment of the path.", MODEL, proof!(all_three)),
    sourced(TAGS, "TagResource adds and replaces, and keeps the rest.", MODEL, proof!(merges)),
    sourced(TAGS, "UntagResource removes the keys of the query.", MODEL, proof!(untags)),
    unverified(TAGS, "Removing a key that is not there is a success.", proof!(untags_nothing)),
    sourced(TAGS, "GetTags is not paged.", MODEL, proof!(not_paged)),
    sourced(TAGS, "GetVpcLink shows tags, `{}` when there are none.", RECORDED, proof!(shown)),
    sourced(TAGS, "Stages and links in lists have no tags.", RECORDED, proof!(not_in_lists)),
    sourced(TAGS, "Fifty tags are enough.", RESTRICTIONS, proof!(fifty)),
    sourced(
        TAGS,
        "A key has 1 to 128 characters.",
        MODEL,
        proof!(aws => refuse(aws, &[("", "x"), (&"k".repeat(129), "x")])),
    ),
    sourced(TAGS, "A value has up to 256 characters.", MODEL, proof!(aws => refuse(aws, &[("k", &"v".repeat(257))]))),
    sourced(
        TAGS,
        "A key does not start with `aws:`.",
        MODEL,
        proof!(aws => refuse(aws, &[("aws:x", "x"), ("AWS:x", "x")])),
    ),
    sourced(TAGS, "Letters, digits, spaces and `+-=._:/@` are allowed.", RESTRICTIONS, proof!(allowed)),
    unverified(TAGS, "Other characters are refused.", proof!(aws => refuse(aws, &[("k#", "v"), ("k", "v!")]))),
    sourced(TAGS, "Deployments, resources, methods and integrations cannot be tagged.", MODEL, proof!(untaggable)),
    unverified(TAGS, "An ARN of another region is a BadRequestException.", proof!(foreign)),
    unverified(TAGS, "What is no ARN of API Gateway is a BadRequestException.", proof!(no_arn)),
    unverified(
        TAGS,
        "The ARN of an API that does not exist is a 404.",
        proof!(aws => refused(&aws, "GET", &path("/restapis/nothere"), Value::Null, 404,
            "Invalid API identifier specified 111122223333:nothere")),
    ),
    unverified(
        TAGS,
        "The ARN of a link that does not exist is a 404.",
        proof!(aws => refused(&aws, "GET", &path("/vpclinks/nothere"), Value::Null, 404,
            "Invalid Vpc Link identifier specified")),
    ),
    unverified(TAGS, "The ARN of a stage that does not exist is a 404.", proof!(no_stage)),
];

fn path(resource: &str) -> String {
    format!("/tags/arn%3Aaws%3Aapigateway%3A{REGION}%3A%3A{}", resource.replace('/', "%2F"))
}

async fn tag(aws: &Caller, path: &str, tags: Value) -> u16 {
    calmly(aws, "PUT", path, json!({"tags": tags})).await.0
}

async fn get(aws: &Caller, path: &str) -> Value {
    let (status, body) = calmly(aws, "GET", path, Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body["tags"].clone()
}

async fn api(aws: &Caller) -> (String, String) {
    let id = aws.private_api(&[]).await;
    let path = path(&format!("/restapis/{id}"));
    (id, path)
}

async fn deployed(aws: &Caller) -> (String, String) {
    let (api, _) = api(aws).await;
    let paths = json!({"/a": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}});
    later(30).await;
    assert_eq!(aws.put_api(&api, "merge", document(paths)).await.0, 200);
    later(30).await;
    let deployment = aws.deploy(&api).await;
    (api, deployment)
}

async fn all_three(aws: Caller) {
    let (api, deployment) = deployed(&aws).await;
    let tags = json!({"a": "b"});
    let stage = json!({"stageName": "v2", "deploymentId": deployment, "tags": tags});
    assert_eq!(calmly(&aws, "POST", &format!("/restapis/{api}/stages"), stage).await.0, 201);
    let arn = format!("arn:aws:elasticloadbalancing:{REGION}:111122223333:loadbalancer/net/x/0");
    let link = json!({"name": "x", "targetArns": [arn], "tags": tags});
    let link = text(&calmly(&aws, "POST", "/vpclinks", link).await.1, "id");
    let other = text(&calmly(&aws, "POST", "/restapis", json!({"name": "x", "tags": tags})).await.1, "id");
    for resource in [format!("/restapis/{api}/stages/v2"), format!("/vpclinks/{link}"), format!("/restapis/{other}")] {
        let path = path(&resource);
        assert_eq!(get(&aws, &path).await, tags, "{resource}");
        assert_eq!(tag(&aws, &path, json!({"c": "d"})).await, 204);
        assert_eq!(calmly(&aws, "GET", &resource, Value::Null).await.1["tags"], json!({"a": "b", "c": "d"}));
    }
}

async fn merges(aws: Caller) {
    let (_, path) = api(&aws).await;
    assert_eq!(get(&aws, &path).await, json!({}));
    tag(&aws, &path, json!({"a": "1", "b": "2"})).await;
    tag(&aws, &path, json!({"b": "3", "c": "4"})).await;
    assert_eq!(get(&aws, &path).await, json!({"a": "1", "b": "3", "c": "4"}));
}

async fn untags(aws: Caller) {
    let (_, path) = api(&aws).await;
    tag(&aws, &path, json!({"a": "1", "b": "2", "c": "3"})).await;
    assert_eq!(calmly(&aws, "DELETE", &format!("{path}?tagKeys=a&tagKeys=c"), Value::Null).await.0, 204);
    assert_eq!(get(&aws, &path).await, json!({"b": "2"}));
}

async fn untags_nothing(aws: Caller) {
    let (_, path) = api(&aws).await;
    assert_eq!(calmly(&aws, "DELETE", &format!("{path}?tagKeys=no"), Value::Null).await.0, 204);
}

async fn not_paged(aws: Caller) {
    let (_, path) = api(&aws).await;
    tag(&aws, &path, many(30)).await;
    let all = get(&aws, &format!("{path}?limit=1")).await;
    assert_eq!(all.as_object().map(Map::len), Some(30));
}

async fn shown(aws: Caller) {
    let link = aws.link(&aws.balancer("one").await).await;
    let link = calmly(&aws, "GET", &format!("/vpclinks/{link}"), Value::Null).await.1;
    assert_eq!(link["tags"], json!({}));
}

async fn not_in_lists(aws: Caller) {
    let (api, _) = deployed(&aws).await;
    let link = aws.link(&aws.balancer("one").await).await;
    for resource in [format!("/restapis/{api}/stages/v1"), format!("/vpclinks/{link}")] {
        assert_eq!(tag(&aws, &path(&resource), json!({"a": "b"})).await, 204);
    }
    for list in [format!("/restapis/{api}/stages"), "/vpclinks".to_owned()] {
        let (_, list) = calmly(&aws, "GET", &list, Value::Null).await;
        assert!(list["item"][0].is_object() && list["item"][0].get("tags").is_none(), "{list}");
    }
}

fn many(count: usize) -> Value {
    (0..count).map(|n| (format!("k{n}"), json!("v"))).collect::<Map<_, _>>().into()
}

async fn fifty(aws: Caller) {
    let (_, path) = api(&aws).await;
    assert_eq!(tag(&aws, &path, many(50)).await, 204);
    assert_eq!(tag(&aws, &path, json!({"one": "more"})).await, 400);
    assert_eq!(tag(&aws, &path, json!({"k0": "new"})).await, 204);
    assert_eq!(calmly(&aws, "POST", "/restapis", json!({"name": "x", "tags": many(51)})).await.0, 400);
}

async fn refuse(aws: Caller, tags: &[(&str, &str)]) {
    let (_, path) = api(&aws).await;
    for (key, value) in tags {
        let body = json!({"tags": {*key: value}}).to_string();
        let (status, code, _) = refusal(&aws, "PUT", &path, &body).await;
        assert_eq!((status, code.as_str()), (400, "BadRequestException"), "{key}={value}");
    }
    assert_eq!(get(&aws, &path).await, json!({}));
}

async fn allowed(aws: Caller) {
    let (_, path) = api(&aws).await;
    let tags = json!({"Cost Center": "a+b-c=d._:/@", "Größe": "12", "k".repeat(128): "v".repeat(256), "empty": ""});
    assert_eq!(tag(&aws, &path, tags.clone()).await, 204);
    assert_eq!(get(&aws, &path).await, tags);
}

async fn untaggable(aws: Caller) {
    let (api, deployment) = deployed(&aws).await;
    for rest in [format!("deployments/{deployment}"), "resources/x".to_owned(), "resources/x/methods/GET".to_owned()] {
        assert_eq!(tag(&aws, &path(&format!("/restapis/{api}/{rest}")), json!({"a": "b"})).await, 400, "{rest}");
    }
}

async fn foreign(aws: Caller) {
    let (_, path) = api(&aws).await;
    let (status, code, _) = refusal(&aws, "GET", &path.replace(REGION, "eu-west-1"), "").await;
    assert_eq!((status, code.as_str()), (400, "BadRequestException"));
}

async fn no_arn(aws: Caller) {
    for arn in ["nonsense", "arn%3Aaws%3Aec2%3Aeu-central-1%3A111122223333%3Avpc%2Fvpc-1"] {
        assert_eq!(refusal(&aws, "GET", &format!("/tags/{arn}"), "").await.1, "BadRequestException");
    }
}

async fn no_stage(aws: Caller) {
    let (api, _) = api(&aws).await;
    let (status, code, _) = refusal(&aws, "GET", &path(&format!("/restapis/{api}/stages/x")), "").await;
    assert_eq!((status, code.as_str()), (404, "NotFoundException"));
}
