//! Proofs about merge and overwrite.

use serde_json::{Value, json};

use super::documents::{paths, put_again, put_in};
use super::{mock, one};
use crate::rules::api_gateway_wire::{calmly, refused};
use crate::testing::{Caller, REGION, document, later, text};

/// Without the policy that documents of tests have.
fn bare(path: &str) -> Value {
    let mut document = one(path, mock());
    document.as_object_mut().unwrap().remove("x-amazon-apigateway-policy");
    document
}

async fn get(aws: &Caller, api: &str) -> Value {
    calmly(aws, "GET", &format!("/restapis/{api}"), Value::Null).await.1
}

pub async fn default_mode(aws: Caller) {
    let (api, _) = put_in(&aws, "overwrite", one("/a", mock())).await;
    assert_eq!(calmly(&aws, "PUT", &format!("/restapis/{api}"), one("/b", mock())).await.0, 200);
    assert_eq!(paths(&aws, &api).await, ["/", "/a", "/b"]);
}

pub async fn renames(aws: Caller) {
    let api = aws.private_api(&[]).await;
    for (mode, name) in [("merge", "first"), ("overwrite", "second")] {
        let mut document = one("/a", mock());
        document["info"] = json!({"title": name, "version": name});
        let answer = put_again(&aws, &api, mode, document).await;
        assert_eq!((&answer["name"], &answer["version"]), (&json!(name), &json!(name)));
    }
}

pub async fn binary_types(aws: Caller, mode: &str, expected: Value) {
    let (_, api) = calmly(&aws, "POST", "/restapis", json!({"name": "x", "binaryMediaTypes": ["image/heif"]})).await;
    let mut document = one("/a", mock());
    document["x-amazon-apigateway-binary-media-types"] = json!(["image/png", "image/jpg"]);
    let answer = put_again(&aws, &text(&api, "id"), mode, document).await;
    assert_eq!(answer["binaryMediaTypes"], expected);
}

pub async fn merge_keeps_paths(aws: Caller) {
    let (api, _) = put_in(&aws, "merge", one("/a", mock())).await;
    put_again(&aws, &api, "merge", document(json!({"/a": {"post": mock()}, "/b": {"get": mock()}}))).await;
    assert_eq!(paths(&aws, &api).await, ["/", "/a", "/b"]);
    let (_, resources) = calmly(&aws, "GET", &format!("/restapis/{api}/resources"), Value::Null).await;
    let a = resources["item"].as_array().unwrap().iter().find(|item| item["path"] == "/a").unwrap();
    assert_eq!(a["resourceMethods"], json!({"GET": {}, "POST": {}}));
}

/// An API where every setting has another value than its default.
async fn full(aws: &Caller) -> (String, String) {
    let endpoint = aws.endpoint().await;
    let api = aws.private_api(&[&endpoint]).await;
    let mut document = one("/a", mock());
    document["info"]["description"] = json!("d");
    document["servers"] =
        json!([{"url": "/", "x-amazon-apigateway-endpoint-configuration": {"disableExecuteApiEndpoint": true}}]);
    document["x-amazon-apigateway-minimum-compression-size"] = json!(5);
    document["x-amazon-apigateway-api-key-source"] = json!("AUTHORIZER");
    put_again(aws, &api, "merge", document).await;
    (api, endpoint)
}

pub async fn other_variable(aws: Caller) {
    let (api, _) = put_in(&aws, "merge", one("/x/{a}", mock())).await;
    later(30).await;
    let message = "Errors found during import:\n\tUnable to create resource at path '/x/{b}': A sibling ({a}) of this resource already has a variable path part -- only one is allowed";
    refused(&aws, "PUT", &format!("/restapis/{api}?mode=merge"), one("/x/{b}", mock()), 400, message).await;
    put_again(&aws, &api, "overwrite", one("/x/{b}", mock())).await;
    assert_eq!(paths(&aws, &api).await, ["/", "/x", "/x/{b}"]);
}

pub async fn merge_keeps_settings(aws: Caller) {
    let (api, endpoint) = full(&aws).await;
    let before = get(&aws, &api).await;
    let answer = put_again(&aws, &api, "merge", bare("/b")).await;
    assert_eq!(answer, get(&aws, &api).await);
    assert_eq!(answer, before, "the title and version of the document are the same too");
    assert_eq!((&answer["description"], &answer["minimumCompressionSize"]), (&json!("d"), &json!(5)));
    assert_eq!((&answer["apiKeySource"], &answer["disableExecuteApiEndpoint"]), (&json!("AUTHORIZER"), &json!(true)));
    assert_eq!(answer["endpointConfiguration"]["vpcEndpointIds"], json!([endpoint]));
    assert!(answer["policy"].is_string());
}

pub async fn overwrite_resets(aws: Caller) {
    let (api, _) = full(&aws).await;
    let answer = put_again(&aws, &api, "overwrite", bare("/b")).await;
    assert_eq!(answer["apiKeySource"], "HEADER");
    assert_eq!(answer["disableExecuteApiEndpoint"], false);
    for member in ["description", "policy", "minimumCompressionSize"] {
        assert!(answer.get(member).is_none(), "{member}");
    }
    assert_eq!(answer["endpointConfiguration"], json!({"types": ["PRIVATE"], "ipAddressType": "dualstack"}));
}

pub async fn overwrite_removes(aws: Caller) {
    let (api, _) = put_in(&aws, "merge", document(json!({"/": {"get": mock()}, "/a": {"get": mock()}}))).await;
    put_again(&aws, &api, "overwrite", one("/b/c", mock())).await;
    assert_eq!(paths(&aws, &api).await, ["/", "/b", "/b/c"]);
    assert_eq!(super::documents::method(&aws, &api, "/", "GET").await, Value::Null);
}

pub async fn untouched(aws: Caller) {
    let (api, _) = put_in(&aws, "merge", one("/a", mock())).await;
    let tags = format!("/tags/arn%3Aaws%3Aapigateway%3A{REGION}%3A%3A%2Frestapis%2F{api}");
    calmly(&aws, "PUT", &tags, json!({"tags": {"a": "b"}})).await;
    later(30).await;
    let deployment = aws.deploy(&api).await;
    let list = async |what: &str| calmly(&aws, "GET", &format!("/restapis/{api}/{what}"), Value::Null).await.1;
    let before = (list("stages").await, list("deployments").await);
    assert_eq!(before.1["item"].as_array().map(Vec::len), Some(1));
    for mode in ["merge", "overwrite"] {
        put_again(&aws, &api, mode, one("/b", mock())).await;
        assert_eq!((list("stages").await, list("deployments").await), before);
        let after = get(&aws, &api).await;
        assert_eq!(
            (&after["tags"], &after["endpointConfiguration"]["types"]),
            (&json!({"a": "b"}), &json!(["PRIVATE"]))
        );
        let (_, stage) = calmly(&aws, "GET", &format!("/restapis/{api}/stages/v1"), Value::Null).await;
        assert_eq!(stage["deploymentId"], deployment.as_str());
    }
}

pub async fn ids(aws: Caller) {
    let (api, _) = put_in(&aws, "merge", one("/a/b", mock())).await;
    let ids = async || calmly(&aws, "GET", &format!("/restapis/{api}/resources"), Value::Null).await.1;
    let id = |list: &Value, path: &str| {
        list["item"].as_array().unwrap().iter().find(|item| item["path"] == path).unwrap()["id"].clone()
    };
    let before = ids().await;
    for mode in ["merge", "overwrite"] {
        put_again(&aws, &api, mode, document(json!({"/0": {"get": mock()}, "/a/b": {"get": mock()}}))).await;
        let after = ids().await;
        for path in ["/", "/a", "/a/b"] {
            assert_eq!(id(&before, path), id(&after, path));
        }
    }
}

pub async fn component_ids(aws: Caller) {
    let mut document = one("/a", mock());
    document["components"]["schemas"] = json!({"Pet": {"type": "object"}});
    let (api, _) = put_in(&aws, "overwrite", document.clone()).await;
    let id = async || {
        let (_, model) = calmly(&aws, "GET", &format!("/restapis/{api}/models/Pet"), Value::Null).await;
        text(&model, "id")
    };
    let first = id().await;
    put_again(&aws, &api, "merge", document.clone()).await;
    assert_eq!(id().await, first);
    put_again(&aws, &api, "overwrite", document).await;
    assert_ne!(id().await, first);
}
