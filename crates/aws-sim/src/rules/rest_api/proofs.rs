//! Proofs about making, reading and deleting REST APIs.

use serde_json::{Value, json};

use crate::rules::api_gateway_wire::{calmly, invalid, refused};
use crate::testing::{ACCOUNT, Caller, document, later, open_policy, text};

/// CreateRestApi.
pub async fn create(aws: &Caller, body: Value) -> (u16, Value) {
    calmly(aws, "POST", "/restapis", body).await
}

/// The id of a new API that is made with more than a name.
pub async fn made(aws: &Caller, more: Value) -> String {
    let (status, api) = create(aws, named(more)).await;
    assert_eq!(status, 201, "{api}");
    text(&api, "id")
}

pub async fn get(aws: &Caller, id: &str) -> Value {
    calmly(aws, "GET", &format!("/restapis/{id}"), Value::Null).await.1
}

fn named(mut more: Value) -> Value {
    more["name"] = json!("x");
    more
}

pub async fn fails(aws: &Caller, more: Value, message: &str) {
    refused(aws, "POST", "/restapis", named(more), 400, message).await;
}

pub async fn endpoint(aws: &Caller, configuration: Value, message: &str) {
    fails(aws, json!({"endpointConfiguration": configuration}), message).await;
}

/// A member of the answer, on creation and when it is read.
pub async fn shown(aws: &Caller, more: Value, member: &str, value: Value) {
    let (_, api) = create(aws, named(more)).await;
    assert_eq!(api[member], value);
    assert_eq!(get(aws, &text(&api, "id")).await[member], value);
}

pub async fn foreign_endpoint(aws: Caller) {
    let other = aws.sim.account("999999999999", "eu-central-1");
    let scope = "999999999999/20260101/eu-central-1/ec2/aws4_request";
    let form = format!(
        "Version=2016-11-15&Action=CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={}&SubnetId.1={}&ServiceName={}",
        other.vpc_id, other.subnet_ids[0], "com.amazonaws.eu-central-1.execute-api"
    );
    let request = http::Request::builder()
        .method("POST")
        .uri("/")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"))
        .body(bytes::Bytes::from(form))
        .unwrap();
    let answer = aws.sim.call(request).await;
    let id = crate::testing::element(&String::from_utf8_lossy(answer.body()), "vpcEndpointId");
    let message = format!("Invalid vpc endpoint id specified: {id}");
    endpoint(&aws, json!({"types": ["PRIVATE"], "vpcEndpointIds": [id]}), &message).await;
}

pub async fn defaults(aws: Caller) {
    for (types, kind, address) in [
        (Value::Null, "EDGE", "ipv4"),
        (json!(["REGIONAL"]), "REGIONAL", "ipv4"),
        (json!(["PRIVATE"]), "PRIVATE", "dualstack"),
    ] {
        let (status, api) = create(&aws, json!({"name": "x", "endpointConfiguration": {"types": types}})).await;
        let expected = json!({
            "id": api["id"], "name": "x", "createdDate": api["createdDate"], "apiKeySource": "HEADER",
            "endpointConfiguration": {"types": [kind], "ipAddressType": address}, "disableExecuteApiEndpoint": false,
            "rootResourceId": api["rootResourceId"], "apiStatus": "AVAILABLE",
        });
        assert_eq!((status, api), (201, expected));
    }
}

pub async fn ids(aws: Caller) {
    let (_, api) = create(&aws, json!({"name": "x"})).await;
    for id in [text(&api, "id"), text(&api, "rootResourceId")] {
        assert!(id.len() == 10 && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{id}");
    }
}

pub async fn not_unique(aws: Caller) {
    assert_ne!(made(&aws, json!({})).await, made(&aws, json!({})).await);
}

pub async fn root(aws: Caller) {
    let (_, api) = create(&aws, json!({"name": "x"})).await;
    let path = format!("/restapis/{}/resources", text(&api, "id"));
    let expected = json!({"item": [{"id": api["rootResourceId"], "path": "/"}]});
    assert_eq!(calmly(&aws, "GET", &path, Value::Null).await.1, expected);
}

pub async fn components(aws: Caller) {
    let id = made(&aws, json!({})).await;
    let (_, models) = calmly(&aws, "GET", &format!("/restapis/{id}/models"), Value::Null).await;
    let [empty, error] = models["item"].as_array().unwrap().as_slice() else { panic!("{models}") };
    assert_eq!((&empty["name"], &error["name"]), (&json!("Empty"), &json!("Error")));
    assert_eq!(empty["description"], "This is a default empty schema model");
    let schema: Value = serde_json::from_str(&text(error, "schema")).unwrap();
    assert_eq!(schema["properties"]["message"]["type"], "string");
}

pub async fn api_status(aws: Caller) {
    let id = made(&aws, json!({})).await;
    assert_eq!(get(&aws, &id).await["apiStatus"], "AVAILABLE");
}

pub async fn clone(aws: Caller) {
    let source = aws.private_api(&[]).await;
    let paths = json!({"/a/b": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}});
    later(30).await;
    assert_eq!(aws.put_api(&source, "overwrite", document(paths)).await.0, 200);
    let copy = made(&aws, json!({"cloneFrom": source})).await;
    let resources = async |id: &str| calmly(&aws, "GET", &format!("/restapis/{id}/resources"), Value::Null).await.1;
    let find =
        |list: &Value| list["item"].as_array().unwrap().iter().find(|item| item["path"] == "/a/b").cloned().unwrap();
    let (old, new) = (find(&resources(&source).await), find(&resources(&copy).await));
    assert_eq!(new["resourceMethods"], json!({"GET": {}}));
    assert_ne!(old["id"], new["id"]);
    let api = get(&aws, &copy).await;
    assert_eq!((&api["endpointConfiguration"]["types"], api.get("policy")), (&json!(["EDGE"]), None));
}

pub async fn clone_unknown(aws: Caller) {
    let message = format!("Invalid API identifier specified {ACCOUNT}:nothere");
    refused(&aws, "POST", "/restapis", json!({"name": "x", "cloneFrom": "nothere"}), 404, &message).await;
}

pub async fn access_mode(aws: Caller) {
    let (status, _) = create(&aws, json!({"name": "x", "endpointAccessMode": "STRICT"})).await;
    assert_eq!(status, 400);
    let more = json!({"endpointAccessMode": "STRICT", "securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"});
    let api = get(&aws, &made(&aws, more).await).await;
    assert_eq!(
        (&api["endpointAccessMode"], &api["securityPolicy"]),
        (&json!("STRICT"), &json!("SecurityPolicy_TLS13_1_3_2025_09"))
    );
}

pub async fn security_policy(aws: Caller) {
    let (status, answer) = create(&aws, json!({"name": "x", "securityPolicy": "TLS_9"})).await;
    assert_eq!(status, 400);
    assert!(text(&answer, "Message").contains("Value 'TLS_9' at 'createRestApiInput.securityPolicy'"));
    let api = aws.private_api(&[]).await;
    let body = json!({"name": "x", "securityPolicy": "TLS_9", "endpointAccessMode": "x"});
    let (_, answer) = create(&aws, body).await;
    assert!(text(&answer, "Message").starts_with("2 validation errors detected: "), "{api}");
}

pub async fn private_quota(aws: Caller) {
    let body = || json!({"name": "x", "endpointConfiguration": {"types": ["PRIVATE"]}});
    for _ in 0..600 {
        assert_eq!(create(&aws, body()).await.0, 201);
    }
    refused(&aws, "POST", "/restapis", body(), 429, "Maximum number of private APIs has been reached").await;
    let other = made(&aws, json!({})).await;
    let patch = crate::rules::api_gateway_wire::replace("/endpointConfiguration/types/0", "PRIVATE");
    assert_eq!(calmly(&aws, "PATCH", &format!("/restapis/{other}"), patch).await.0, 429);
}

pub async fn upper_case(aws: Caller) {
    let id = made(&aws, json!({})).await.to_uppercase();
    let message = format!("Invalid API identifier specified {ACCOUNT}:{id}");
    refused(&aws, "GET", &format!("/restapis/{id}"), Value::Null, 404, &message).await;
}

pub async fn tags_of_get(aws: Caller) {
    let id = made(&aws, json!({})).await;
    assert_eq!(get(&aws, &id).await["tags"], json!({}));
}

pub async fn list_tags(aws: Caller) {
    let (plain, tagged) = (made(&aws, json!({})).await, made(&aws, json!({"tags": {"a": "b"}})).await);
    let (_, list) = calmly(&aws, "GET", "/restapis", Value::Null).await;
    let item = |id: &str| list["item"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap();
    assert_eq!((item(&plain).get("tags"), &item(&tagged)["tags"]), (None, &json!({"a": "b"})));
}

pub async fn list_members(aws: Caller) {
    let id = made(&aws, json!({"policy": open_policy(None).to_string()})).await;
    let (_, list) = calmly(&aws, "GET", "/restapis", Value::Null).await;
    let mut single = get(&aws, &id).await;
    single.as_object_mut().unwrap().remove("tags");
    assert_eq!(list["item"][0], single);
    assert!(single["policy"].is_string());
}

pub async fn many_endpoints(aws: Caller) {
    let (one, two) = (aws.endpoint().await, {
        let form = aws.endpoint_form("&PrivateDnsEnabled=false");
        crate::testing::element(&aws.ec2(&form).await.1, "vpcEndpointId")
    });
    later(90).await;
    let (first, second) = (aws.private_api(&[&one, &two]).await, {
        later(30).await;
        aws.private_api(&[&one]).await
    });
    assert_eq!(get(&aws, &first).await["endpointConfiguration"]["vpcEndpointIds"], json!([one, two]));
    assert_eq!(get(&aws, &second).await["endpointConfiguration"]["vpcEndpointIds"], json!([one]));
}

pub async fn deleted(aws: Caller) {
    let id = made(&aws, json!({})).await;
    let paths = json!({"/a": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}});
    later(30).await;
    aws.put_api(&id, "merge", document(paths)).await;
    later(30).await;
    aws.deploy(&id).await;
    assert_eq!(calmly(&aws, "DELETE", &format!("/restapis/{id}"), Value::Null).await, (202, Value::Null));
    for part in ["", "/resources", "/stages", "/stages/v1", "/deployments", "/models"] {
        assert_eq!(calmly(&aws, "GET", &format!("/restapis/{id}{part}"), Value::Null).await.0, 404, "{part}");
    }
}

pub async fn gone(aws: Caller) {
    let id = made(&aws, json!({})).await;
    let path = format!("/restapis/{id}");
    assert_eq!(calmly(&aws, "DELETE", &path, Value::Null).await.0, 202);
    let message = format!("Invalid API identifier specified {ACCOUNT}:{id}");
    refused(&aws, "DELETE", &path, Value::Null, 404, &message).await;
    invalid_patch_of_nothing(&aws, &path, &message).await;
}

async fn invalid_patch_of_nothing(aws: &Caller, path: &str, message: &str) {
    let patch = crate::rules::api_gateway_wire::replace("/name", "x");
    refused(aws, "PATCH", path, patch, 404, message).await;
    let wrong = json!({"patchOperations": [{"op": "wrong", "path": "/x"}]});
    let found = "1 validation error detected: Value 'wrong' at 'updateRestApiInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]";
    invalid(aws, "PATCH", path, wrong, found).await;
}

pub async fn long_policy(aws: Caller) {
    let sid = |length: usize| {
        let mut policy = open_policy(None);
        policy["Statement"][0]["Sid"] = json!("x".repeat(length));
        let text = policy.to_string();
        (text.chars().count(), text)
    };
    let spare = 8192 - sid(0).0;
    assert_eq!(create(&aws, json!({"name": "x", "policy": sid(spare).1})).await.0, 201);
    let more = json!({"policy": sid(spare + 1).1});
    fails(&aws, more, "Resource policy size cannot exceed 8192 characters").await;
}
