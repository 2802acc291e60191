//! UpdateRestApi.

use serde_json::{Value, json};

use super::proofs::{get, made};
use super::{DUALSTACK, ONLY_PRIVATE, SIZE, policy};
use crate::rules::api_gateway_wire::{calmly, operation, refused, replace};
use crate::rules::{RECORDED, Rule, proof, sourced, unverified};
use crate::testing::{Caller, open_policy};

const UPDATE: &str = "8.3 UpdateRestApi";
const PATHS: &str = "https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html";
const TYPES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-api-migration.html";
const ASSOCIATE: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/associate-private-api-with-vpc-endpoint.html";
const ONLY_REPLACE: &str = "Invalid patch operation specified. Must be one of: [replace]";
const TYPE: &str = "/endpointConfiguration/types/0";
const ADDRESS: &str = "/endpointConfiguration/ipAddressType";
const ENDPOINTS: &str = "/endpointConfiguration/vpcEndpointIds";

const ONE_TYPE: &str = "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.";
const TWO_TYPES: &str = "Cannot create an api with multiple Endpoint Types.";

pub const RULES: &[Rule] = &[
    sourced(UPDATE, "Name, description and version can be replaced.", PATHS, proof!(texts)),
    sourced(
        UPDATE,
        "A description can be removed.",
        RECORDED,
        proof!(aws => no_description(aws, operation("remove", "/description", ""))),
    ),
    unverified(
        UPDATE,
        "An empty description removes it.",
        proof!(aws => no_description(aws, replace("/description", ""))),
    ),
    unverified(
        UPDATE,
        "An empty name is refused.",
        proof!(aws => fails(aws, replace("/name", ""), "Name cannot be empty")),
    ),
    sourced(UPDATE, "The policy can be replaced.", PATHS, proof!(policy_replaced)),
    unverified(UPDATE, "An empty policy removes it.", proof!(aws => policy_removed(aws, replace("/policy", "")))),
    unverified(
        UPDATE,
        "A policy can be removed.",
        proof!(aws => policy_removed(aws, operation("remove", "/policy", ""))),
    ),
    sourced(
        UPDATE,
        "A policy that is none is refused.",
        "hashicorp/terraform-provider-aws#29392",
        proof!(aws => fails(aws, replace("/policy", "nonsense"), policy::INVALID)),
    ),
    sourced(
        UPDATE,
        "The API key source can be replaced.",
        PATHS,
        proof!(aws => patched(aws, replace("/apiKeySource", "AUTHORIZER"), "apiKeySource", json!("AUTHORIZER"))),
    ),
    unverified(
        UPDATE,
        "Another API key source is refused.",
        proof!(aws => fails(aws, replace("/apiKeySource", "x"),
            "Invalid API key source specified. Valid options are HEADER,AUTHORIZER")),
    ),
    sourced(
        UPDATE,
        "The compression size can be replaced.",
        RECORDED,
        proof!(aws => patched(aws, replace("/minimumCompressionSize", "10"), "minimumCompressionSize", json!(10))),
    ),
    sourced(
        UPDATE,
        "A compression size of 0 is kept.",
        RECORDED,
        proof!(aws => patched(aws, replace("/minimumCompressionSize", "0"), "minimumCompressionSize", json!(0))),
    ),
    sourced(UPDATE, "Without a value there is no compression.", RECORDED, proof!(uncompressed)),
    sourced(
        UPDATE,
        "A negative compression size is refused.",
        RECORDED,
        proof!(aws => fails(aws, replace("/minimumCompressionSize", "-1"), SIZE)),
    ),
    sourced(
        UPDATE,
        "A compression size that is no number is refused.",
        RECORDED,
        proof!(aws => fails(aws, replace("/minimumCompressionSize", "x"), SIZE)),
    ),
    sourced(
        UPDATE,
        "The compression size cannot be added.",
        RECORDED,
        proof!(aws => fails(aws, operation("add", "/minimumCompressionSize", "10"), ONLY_REPLACE)),
    ),
    sourced(
        UPDATE,
        "disableExecuteApiEndpoint can be replaced.",
        PATHS,
        proof!(aws => patched(aws, replace("/disableExecuteApiEndpoint", "true"), "disableExecuteApiEndpoint",
            json!(true))),
    ),
    unverified(
        UPDATE,
        "disableExecuteApiEndpoint is true or false.",
        proof!(aws => fails(aws, replace("/disableExecuteApiEndpoint", "x"),
            "Invalid boolean value 'x' for /disableExecuteApiEndpoint")),
    ),
    sourced(
        UPDATE,
        "Changing the type to PRIVATE makes the API dualstack.",
        RECORDED,
        proof!(aws => patched(aws, replace(TYPE, "PRIVATE"), "endpointConfiguration", json!({"types": ["PRIVATE"],
            "ipAddressType": "dualstack"}))),
    ),
    sourced(
        UPDATE,
        "The type can be named by its old value.",
        TYPES,
        proof!(aws => patched(aws, replace("/endpointConfiguration/types/EDGE", "REGIONAL"), "endpointConfiguration",
            json!({"types": ["REGIONAL"], "ipAddressType": "ipv4"}))),
    ),
    unverified(
        UPDATE,
        "The only type cannot be removed, whatever the value.",
        proof!(aws => type_stays(aws, "remove", ONE_TYPE)),
    ),
    unverified(UPDATE, "A second type cannot be added.", proof!(aws => type_stays(aws, "add", TWO_TYPES))),
    unverified(
        UPDATE,
        "Adding the type that it has changes nothing.",
        proof!(aws => patched(aws, operation("add", TYPE, "EDGE"), "endpointConfiguration", json!({"types": ["EDGE"],
            "ipAddressType": "ipv4"}))),
    ),
    sourced(UPDATE, "A private API can become regional.", TYPES, proof!(regional)),
    sourced(
        UPDATE,
        "A private API cannot become edge-optimised.",
        TYPES,
        proof!(aws => private_fails(aws, replace(TYPE, "EDGE"), "Cannot update endpoint from PRIVATE to EDGE")),
    ),
    sourced(
        UPDATE,
        "An unknown type is refused.",
        RECORDED,
        proof!(aws => fails(aws, replace(TYPE, "wrong"),
            "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")),
    ),
    sourced(
        UPDATE,
        "Types cannot be copied.",
        RECORDED,
        proof!(aws => fails(aws, operation("copy", TYPE, "PRIVATE"),
            "Invalid patch operation specified. Must be 'add'|'remove'|'replace'")),
    ),
    sourced(
        UPDATE,
        "A private API cannot have ipv4.",
        RECORDED,
        proof!(aws => private_fails(aws, replace(ADDRESS, "ipv4"), DUALSTACK)),
    ),
    sourced(
        UPDATE,
        "The address type can be replaced.",
        RECORDED,
        proof!(aws => patched(aws, replace(ADDRESS, "dualstack"), "endpointConfiguration", json!({"types": ["EDGE"],
            "ipAddressType": "dualstack"}))),
    ),
    sourced(
        UPDATE,
        "Another address type is refused.",
        RECORDED,
        proof!(aws => private_fails(aws, replace(ADDRESS, "wrong"), "ipAddressType must be either ipv4 or dualstack.")),
    ),
    sourced(
        UPDATE,
        "The address type cannot be added.",
        RECORDED,
        proof!(aws => fails(aws, operation("add", ADDRESS, "dualstack"), ONLY_REPLACE)),
    ),
    sourced(UPDATE, "Endpoints are added and removed by value.", ASSOCIATE, proof!(endpoints)),
    unverified(
        UPDATE,
        "Adding an endpoint twice and removing one that is not there change nothing.",
        proof!(endpoints_again),
    ),
    sourced(
        UPDATE,
        "Endpoints on an API that is not private are refused.",
        "aws/aws-cdk#9588",
        proof!(aws => fails(aws, operation("add", ENDPOINTS, "vpce-00000000000000000"), ONLY_PRIVATE)),
    ),
    unverified(
        UPDATE,
        "An endpoint that does not exist is refused.",
        proof!(aws => private_fails(aws, operation("add", ENDPOINTS, "vpce-00000000000000000"),
            "Invalid vpc endpoint id specified: vpce-00000000000000000")),
    ),
    unverified(
        UPDATE,
        "Endpoints cannot be replaced.",
        proof!(aws => private_fails(aws, replace(ENDPOINTS, "vpce-00000000000000000"),
            "Invalid patch operation specified. Must be one of: [add, remove]")),
    ),
    unverified(UPDATE, "A type other than PRIVATE is refused while there are endpoints.", proof!(still_associated)),
    sourced(
        UPDATE,
        "Binary media types are added, replaced and removed by their name in the path; a new one goes to the end.",
        RECORDED,
        proof!(binary_types),
    ),
    sourced(
        UPDATE,
        "Any name will do, `-` too.",
        RECORDED,
        proof!(aws => patched(aws, operation("add", "/binaryMediaTypes/-", "x"), "binaryMediaTypes", json!(["-"]))),
    ),
    sourced(UPDATE, "The list of binary media types is no path.", RECORDED, proof!(bare_list)),
    unverified(UPDATE, "Security policy and access mode can be replaced.", proof!(security)),
    sourced(
        UPDATE,
        "An unknown path is refused.",
        RECORDED,
        proof!(aws => fails(aws, replace("/wrongPath", "x"), "Invalid patch path /wrongPath")),
    ),
    sourced(UPDATE, "The answer is the API, with its tags.", RECORDED, proof!(answer)),
    unverified(
        UPDATE,
        "Tags are no path of a patch.",
        proof!(aws => fails(aws, replace("/tags/a", "b"), "Invalid patch path /tags/a")),
    ),
];

async fn patch(aws: &Caller, id: &str, body: Value) -> (u16, Value) {
    calmly(aws, "PATCH", &format!("/restapis/{id}"), body).await
}

async fn done(aws: &Caller, id: &str, body: Value) -> Value {
    let (status, api) = patch(aws, id, body).await;
    assert_eq!(status, 200, "{api}");
    api
}

async fn patched(aws: Caller, body: Value, member: &str, value: Value) {
    let id = made(&aws, json!({})).await;
    assert_eq!(done(&aws, &id, body).await[member], value);
    assert_eq!(get(&aws, &id).await[member], value);
}

async fn fails(aws: Caller, body: Value, message: &str) {
    let id = made(&aws, json!({})).await;
    refused(&aws, "PATCH", &format!("/restapis/{id}"), body, 400, message).await;
}

async fn private_fails(aws: Caller, body: Value, message: &str) {
    let id = aws.private_api(&[]).await;
    refused(&aws, "PATCH", &format!("/restapis/{id}"), body, 400, message).await;
}

async fn texts(aws: Caller) {
    let id = made(&aws, json!({})).await;
    for member in ["name", "description", "version"] {
        assert_eq!(done(&aws, &id, replace(&format!("/{member}"), "new")).await[member], "new");
    }
}

async fn no_description(aws: Caller, body: Value) {
    let id = made(&aws, json!({"description": "d"})).await;
    assert!(done(&aws, &id, body).await.get("description").is_none());
}

async fn policy_replaced(aws: Caller) {
    let id = made(&aws, json!({"policy": open_policy(None).to_string()})).await;
    let deny =
        json!({"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/a"});
    done(&aws, &id, replace("/policy", &open_policy(Some(deny)).to_string())).await;
    assert_eq!(policy::read(&aws, &id).await["Statement"].as_array().map(Vec::len), Some(2));
}

async fn policy_removed(aws: Caller, body: Value) {
    let id = made(&aws, json!({"policy": open_policy(None).to_string()})).await;
    assert!(done(&aws, &id, body).await.get("policy").is_none());
}

async fn uncompressed(aws: Caller) {
    let id = made(&aws, json!({"minimumCompressionSize": 10})).await;
    let body = json!({"patchOperations": [{"op": "replace", "path": "/minimumCompressionSize", "value": null}]});
    assert!(done(&aws, &id, body).await.get("minimumCompressionSize").is_none());
}

async fn regional(aws: Caller) {
    let id = aws.private_api(&[]).await;
    assert_eq!(done(&aws, &id, replace(TYPE, "REGIONAL")).await["endpointConfiguration"]["types"], json!(["REGIONAL"]));
}

async fn type_stays(aws: Caller, op: &str, message: &str) {
    let id = aws.private_api(&[]).await;
    for path in [TYPE, "/endpointConfiguration/types/PRIVATE"] {
        refused(&aws, "PATCH", &format!("/restapis/{id}"), operation(op, path, "REGIONAL"), 400, message).await;
    }
    assert_eq!(get(&aws, &id).await["endpointConfiguration"]["types"], json!(["PRIVATE"]));
}

async fn endpoints(aws: Caller) {
    let endpoint = aws.endpoint().await;
    let id = aws.private_api(&[]).await;
    let added = done(&aws, &id, operation("add", ENDPOINTS, &endpoint)).await;
    assert_eq!(added["endpointConfiguration"]["vpcEndpointIds"], json!([endpoint]));
    let removed = done(&aws, &id, operation("remove", ENDPOINTS, &endpoint)).await;
    assert!(removed["endpointConfiguration"].get("vpcEndpointIds").is_none());
}

async fn endpoints_again(aws: Caller) {
    let endpoint = aws.endpoint().await;
    let id = aws.private_api(&[&endpoint]).await;
    for (op, value) in [("add", endpoint.as_str()), ("remove", "vpce-00000000000000000")] {
        let api = done(&aws, &id, operation(op, ENDPOINTS, value)).await;
        assert_eq!(api["endpointConfiguration"]["vpcEndpointIds"], json!([endpoint]));
    }
}

async fn still_associated(aws: Caller) {
    let endpoint = aws.endpoint().await;
    let id = aws.private_api(&[&endpoint]).await;
    assert_eq!(patch(&aws, &id, replace(TYPE, "REGIONAL")).await.1["message"], ONLY_PRIVATE);
    let one = |op: &str, path: &str, value: &str| json!({"op": op, "path": path, "value": value});
    let both = [one("remove", ENDPOINTS, &endpoint), one("replace", TYPE, "REGIONAL")];
    assert_eq!(patch(&aws, &id, json!({"patchOperations": both})).await.0, 200);
}

async fn binary_types(aws: Caller) {
    let id = made(&aws, json!({"binaryMediaTypes": ["image/png"]})).await;
    let added = done(&aws, &id, operation("add", "/binaryMediaTypes/image~1jpeg", "")).await;
    assert_eq!(added["binaryMediaTypes"], json!(["image/png", "image/jpeg"]));
    let replaced = done(&aws, &id, replace("/binaryMediaTypes/image~1png", "image/gif")).await;
    assert_eq!(replaced["binaryMediaTypes"], json!(["image/jpeg", "image/gif"]));
    let removed = done(&aws, &id, operation("remove", "/binaryMediaTypes/image~1gif", "")).await;
    assert_eq!(removed["binaryMediaTypes"], json!(["image/jpeg"]));
}

async fn bare_list(aws: Caller) {
    let id = made(&aws, json!({})).await;
    for op in ["add", "replace", "remove"] {
        let body = operation(op, "/binaryMediaTypes", "image/gif");
        refused(&aws, "PATCH", &format!("/restapis/{id}"), body, 400, "Invalid patch path /binaryMediaTypes").await;
    }
}

async fn security(aws: Caller) {
    let id = made(&aws, json!({})).await;
    let policy = "SecurityPolicy_TLS13_1_3_2025_09";
    assert_eq!(done(&aws, &id, replace("/securityPolicy", policy)).await["securityPolicy"], policy);
    assert_eq!(done(&aws, &id, replace("/endpointAccessMode", "STRICT")).await["endpointAccessMode"], "STRICT");
    for member in ["securityPolicy", "endpointAccessMode"] {
        let path = format!("/{member}");
        let message = format!("Invalid value specified for {path}: x");
        refused(&aws, "PATCH", &format!("/restapis/{id}"), replace(&path, "x"), 400, &message).await;
    }
}

async fn answer(aws: Caller) {
    let id = made(&aws, json!({})).await;
    let api = done(&aws, &id, replace("/name", "new")).await;
    assert_eq!(api, get(&aws, &id).await);
    assert_eq!(api["tags"], json!({}));
}
