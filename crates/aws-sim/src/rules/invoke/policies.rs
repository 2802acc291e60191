//! Who may invoke.

use serde_json::{Value, json};

use crate::Policy;
use crate::rules::{Rule, left_out, proof, sourced};
use crate::testing::shop::{Reply, Shop, statement};
use crate::testing::{ACCOUNT, Caller};

const WHO: &str = "13.2 Who may invoke";
const PRIVATE: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html";
const POLICIES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html";
const FLOW: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html";
const KEYS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html";
const TYPES: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html";
const FORBIDDEN: &str = "https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden";
const MASKED: &str = "ASFHyP3/hyp3#2283";

pub const RULES: &[Rule] = &[
    sourced(
        WHO,
        "The endpoint's policy and the resource policy must both allow: the endpoint's can refuse alone.",
        PRIVATE,
        proof!(endpoint_policy),
    ),
    sourced(WHO, "Nobody is allowed whom no statement of the resource policy allows.", FLOW, proof!(nothing_allows)),
    sourced(
        WHO,
        "A refusal is 403 with `Message`, names the method's ARN, and masks the account but for four digits.",
        MASKED,
        proof!(refusal),
    ),
    sourced(WHO, "A refusal by a denying statement adds `with an explicit deny`.", FORBIDDEN, proof!(explicit_deny)),
    sourced(WHO, "A denying statement wins over all that allow.", FLOW, proof!(explicit_deny)),
    sourced(WHO, "A new resource policy counts from the next deployment on.", POLICIES, proof!(policy_is_deployed)),
    sourced(WHO, "Conditions ask for `aws:SourceVpce`.", KEYS, proof!(source_endpoint)),
    sourced(WHO, "Conditions ask for `aws:SourceVpc`.", KEYS, proof!(source_vpc)),
    sourced(WHO, "Conditions ask for `aws:VpcSourceIp`, the caller's private address.", KEYS, proof!(source_address)),
    sourced(WHO, "`aws:SourceIp` is not there for a private API.", KEYS, proof!(no_public_address)),
    sourced(
        WHO,
        "`aws:PrincipalOrgID` is there only for members of an organization, and nobody here is one.",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
        proof!(no_organization),
    ),
    sourced(WHO, "`Resource` is matched as stage/verb/path, and `*` passes slashes.", POLICIES, proof!(resources)),
    sourced(WHO, "A policy that allows only IAM identities refuses unsigned calls.", POLICIES, proof!(identities)),
    sourced(
        WHO,
        "An identity is known only where the method has AWS_IAM authorization.",
        POLICIES,
        proof!(identity_needs_iam),
    ),
    sourced(
        WHO,
        "With AWS_IAM, a caller of the API's account needs its own policy or the resource policy to allow.",
        FLOW,
        proof!(same_account),
    ),
    sourced(WHO, "A caller of another account needs both.", FLOW, proof!(another_account)),
    sourced(WHO, "A denying statement of either policy wins.", FLOW, proof!(same_account)),
    sourced(WHO, "Without AWS_IAM the caller's own policy doesn't count.", FLOW, proof!(own_policy_needs_iam)),
    sourced(
        WHO,
        "A method with AWS_IAM answers an unsigned call with 403 `Missing Authentication Token`.",
        TYPES,
        proof!(unsigned),
    ),
    sourced(WHO, "A method that wants an API key answers 403 `Forbidden` without a valid one.", TYPES, proof!(api_key)),
    left_out(WHO, "A usage plan's quota answers 429 `Limit Exceeded`.", "no usage plans or API keys"),
];

async fn shop_with(aws: Caller, statements: Value) -> Shop {
    let shop = Shop::open(aws).await;
    shop.serve_policy(statements).await;
    shop
}

fn denied(reply: &Reply, shop: &Shop, ending: &str) {
    let message = format!(
        "User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-central-1:********3333:{}/v1/GET/x{ending}",
        shop.api
    );
    reply.is(403, json!({"Message": message}));
}

async fn endpoint_policy(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let policy = json!({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]});
    let encoded: String = form_urlencoded::byte_serialize(policy.to_string().as_bytes()).collect();
    shop.ec2(&format!("ModifyVpcEndpoint&VpcEndpointId={}&PolicyDocument={encoded}", shop.endpoint)).await;
    let reply = shop.get("/v1/x").await;
    denied(&reply, &shop, " with an explicit deny");
    assert!(reply.header("x-sim-refused").starts_with("endpoint-policy"));
}

async fn nothing_allows(aws: Caller) {
    let elsewhere = statement("Allow", json!({"Resource": "execute-api:/other/*"}));
    let shop = shop_with(aws, json!([elsewhere])).await;
    denied(&shop.get("/v1/x").await, &shop, "");
}

async fn refusal(aws: Caller) {
    let shop = shop_with(aws, json!([statement("Allow", json!({"Action": "execute-api:InvalidateCache"}))])).await;
    let reply = shop.get("/v1/x").await;
    denied(&reply, &shop, "");
    assert_eq!(reply.header("x-amzn-errortype"), "AccessDeniedException");
}

async fn explicit_deny(aws: Caller) {
    let shop = shop_with(aws, json!([statement("Allow", json!({})), statement("Deny", json!({}))])).await;
    denied(&shop.get("/v1/x").await, &shop, " with an explicit deny");
}

async fn policy_is_deployed(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [statement("Deny", json!({}))]}).to_string();
    let patch = json!({"patchOperations": [{"op": "replace", "path": "/policy", "value": policy}]});
    assert_eq!(shop.aws.api("PATCH", &format!("/restapis/{}", shop.api), patch).await.0, 200);
    assert_eq!(shop.get("/v1/x").await.status, 200);
    shop.aws.deploy(&shop.api).await;
    denied(&shop.get("/v1/x").await, &shop, " with an explicit deny");
}

/// The usual pair: everybody, but not unless the condition's key has one of two values.
async fn pair(shop: &Shop, operator: &str, key: &str, value: &str) -> u16 {
    let deny = statement("Deny", json!({"Condition": {operator: {key: [value, "198.51.100.0"]}}}));
    shop.serve_policy(json!([statement("Allow", json!({})), deny])).await;
    shop.get("/v1/x").await.status
}

async fn source_endpoint(aws: Caller) {
    let shop = Shop::open(aws).await;
    assert_eq!(pair(&shop, "StringNotEquals", "aws:SourceVpce", &shop.endpoint).await, 200);
    assert_eq!(pair(&shop, "StringNotEquals", "aws:SourceVpce", "vpce-0").await, 403);
}

async fn source_vpc(aws: Caller) {
    let shop = Shop::open(aws).await;
    assert_eq!(pair(&shop, "StringNotEquals", "aws:SourceVpc", &shop.aws.fresh.vpc_id).await, 200);
    assert_eq!(pair(&shop, "StringNotEquals", "aws:SourceVpc", "vpc-0").await, 403);
}

async fn source_address(aws: Caller) {
    let shop = Shop::open(aws).await;
    assert_eq!(pair(&shop, "NotIpAddress", "aws:VpcSourceIp", "172.31.0.0/16").await, 200);
    assert_eq!(pair(&shop, "NotIpAddress", "aws:VpcSourceIp", "10.0.0.0/8").await, 403);
}

async fn no_public_address(aws: Caller) {
    let condition = json!({"Condition": {"Null": {"aws:SourceIp": "true"}}});
    let shop = shop_with(aws, json!([statement("Allow", condition)])).await;
    assert_eq!(shop.get("/v1/x").await.status, 200);
    let condition = json!({"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}});
    shop.serve_policy(json!([statement("Allow", condition)])).await;
    denied(&shop.get("/v1/x").await, &shop, "");
}

async fn no_organization(aws: Caller) {
    let condition = json!({"Condition": {"Null": {"aws:PrincipalOrgID": "true"}}});
    let shop = shop_with(aws, json!([statement("Allow", condition)])).await;
    assert_eq!(shop.get("/v1/x").await.status, 200);
    let condition = json!({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-shop"}}});
    shop.serve_policy(json!([statement("Allow", condition)])).await;
    denied(&shop.get("/v1/x").await, &shop, "");
}

async fn resources(aws: Caller) {
    let shop = Shop::open(aws).await;
    for (resource, status) in [
        ("execute-api:/v1/GET/x", 200),
        ("execute-api:/*/x", 200),
        ("execute-api:/v1/*", 200),
        ("execute-api:/v1/POST/x", 403),
        ("execute-api:/v2/*", 403),
    ] {
        shop.serve_policy(json!([statement("Allow", json!({"Resource": resource}))])).await;
        assert_eq!(shop.get("/v1/x").await.status, status, "{resource}");
    }
}

const SIGNED: (&str, &str) =
    ("authorization", "AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-central-1/execute-api/aws4_request");

/// A policy for one account, and `GET /x` with or without AWS_IAM.
async fn for_account(aws: Caller, iam: bool) -> Shop {
    let shop = Shop::open(aws).await;
    let allow = statement("Allow", json!({"Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}}));
    let mut operation = shop.proxy("/x", json!({}));
    if iam {
        operation["x-amazon-apigateway-auth"] = json!({"type": "AWS_IAM"});
    }
    let mut document = crate::testing::document(json!({"/x": {"get": operation}}));
    document["x-amazon-apigateway-policy"]["Statement"] = json!([allow]);
    shop.serve_document(document).await;
    shop
}

async fn identities(aws: Caller) {
    let shop = for_account(aws, true).await;
    denied(&shop.get("/v1/x").await, &shop, "");
    assert_eq!(shop.call("GET", "/v1/x", &[SIGNED], "").await.status, 200);
}

async fn identity_needs_iam(aws: Caller) {
    let shop = for_account(aws, false).await;
    denied(&shop.call("GET", "/v1/x", &[SIGNED], "").await, &shop, "");
}

/// What callers get whose own policy allows, says nothing or denies, each under resource policies that do these.
async fn matrix(aws: Caller, account: &str) -> [[u16; 3]; 3] {
    let signed =
        ("authorization", format!("AWS4-HMAC-SHA256 Credential={account}/20260101/eu-central-1/x/aws4_request"));
    let shop = Shop::open(aws).await;
    let silent = statement("Allow", json!({"Resource": "execute-api:/other/*"}));
    let mut answers = [[0; 3]; 3];
    for (column, resource) in [statement("Allow", json!({})), silent, statement("Deny", json!({}))].iter().enumerate() {
        shop.aws.sim.set_policy(Some(account), None);
        serve_signed(&shop, json!([resource])).await;
        for (row, (effect, action)) in [("Allow", "Invoke"), ("Allow", "Manage"), ("Deny", "Invoke")].iter().enumerate()
        {
            set_policy(&shop, account, effect, action);
            answers[row][column] = shop.call("GET", "/v1/x", &[(signed.0, &signed.1)], "").await.status;
        }
    }
    answers
}

async fn serve_signed(shop: &Shop, statements: Value) {
    let mut operation = shop.proxy("/x", json!({}));
    operation["x-amazon-apigateway-auth"] = json!({"type": "AWS_IAM"});
    let mut document = crate::testing::document(json!({"/x": {"get": operation}}));
    document["x-amazon-apigateway-policy"]["Statement"] = statements;
    shop.serve_document(document).await;
}

fn set_policy(shop: &Shop, account: &str, effect: &str, action: &str) {
    let resource = format!("arn:aws:execute-api:eu-central-1:{ACCOUNT}:{}/v1/GET/*", shop.api);
    let statement = json!({"Effect": effect, "Action": format!("execute-api:{action}"), "Resource": resource});
    let policy = Policy::of_identity(&json!({"Version": "2012-10-17", "Statement": [statement]}));
    shop.aws.sim.set_policy(Some(account), Some(policy.unwrap()));
}

async fn same_account(aws: Caller) {
    assert_eq!(matrix(aws, ACCOUNT).await, [[200, 200, 403], [200, 403, 403], [403, 403, 403]]);
}

async fn another_account(aws: Caller) {
    assert_eq!(matrix(aws, "999999999999").await, [[200, 403, 403], [403, 403, 403], [403, 403, 403]]);
}

async fn own_policy_needs_iam(aws: Caller) {
    let shop = Shop::plain(aws).await;
    set_policy(&shop, ACCOUNT, "Deny", "Invoke");
    assert_eq!(shop.call("GET", "/v1/x", &[SIGNED], "").await.status, 200);
}

async fn unsigned(aws: Caller) {
    let shop = Shop::open(aws).await;
    let mut operation = shop.proxy("/x", json!({}));
    operation["x-amazon-apigateway-auth"] = json!({"type": "AWS_IAM"});
    shop.serve(json!({"/x": {"get": operation}})).await;
    shop.get("/v1/x").await.missing_token();
    assert_eq!(shop.call("GET", "/v1/x", &[SIGNED], "").await.status, 200);
}

async fn api_key(aws: Caller) {
    let shop = Shop::open(aws).await;
    shop.serve(json!({"/x": {"get": shop.proxy("/x", json!({}))}})).await;
    let (_, resources) = shop.aws.api("GET", &format!("/restapis/{}/resources", shop.api), Value::Null).await;
    let x = resources["item"].as_array().unwrap().iter().find(|item| item["path"] == "/x").unwrap();
    let path = format!("/restapis/{}/resources/{}/methods/GET", shop.api, crate::testing::text(x, "id"));
    let patch = json!({"patchOperations": [{"op": "replace", "path": "/apiKeyRequired", "value": "true"}]});
    assert_eq!(shop.aws.api("PATCH", &path, patch).await.0, 200);
    shop.aws.deploy(&shop.api).await;
    shop.get("/v1/x").await.forbidden();
    shop.call("GET", "/v1/x", &[("x-api-key", "guess")], "").await.forbidden();
}
