//! Resource policies.

use serde_json::{Value, json};

use super::proofs::{create, get, long_policy, made};
use crate::rules::api_gateway_wire::{calmly, raw, refused, replace};
use crate::rules::{Rule, left_out, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller, REGION, document, later, open_policy, text};

const POLICY: &str = "8.4 Resource policies";
const GUIDE: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html";
const GRAMMAR: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html";
const PRINCIPALS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html";
const ACTIONS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/list_amazonapigateway.html";
const REST_API_GO: &str = "hashicorp/terraform-provider-aws (internal/service/apigateway/rest_api.go)";
pub const INVALID: &str =
    "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.";

pub const RULES: &[Rule] = &[
    sourced(
        POLICY,
        "A statement needs a principal.",
        "hashicorp/terraform-provider-aws#29392",
        proof!(aws => without(aws, "Principal")),
    ),
    sourced(
        POLICY,
        "A principal that is no ARN, account or `*` is refused.",
        "hashicorp/terraform-provider-aws#29392",
        proof!(aws => with(aws, "Principal", json!({"AWS": "nobody"}))),
    ),
    sourced(POLICY, "A statement needs an effect.", GUIDE, proof!(aws => without(aws, "Effect"))),
    sourced(POLICY, "The effect is Allow or Deny.", GUIDE, proof!(aws => with(aws, "Effect", json!("Maybe")))),
    sourced(POLICY, "A statement needs an action.", GUIDE, proof!(aws => without(aws, "Action"))),
    sourced(POLICY, "A statement needs a resource.", GUIDE, proof!(aws => without(aws, "Resource"))),
    sourced(
        POLICY,
        "The version is 2012-10-17 or 2008-10-17.",
        GRAMMAR,
        proof!(aws => refuse(&aws, with_version("2020-10-17"))),
    ),
    sourced(
        POLICY,
        "A condition has an operator that exists.",
        GRAMMAR,
        proof!(aws => with(aws, "Condition", json!({"StringFoo": {"aws:SourceVpce": "vpce-1"}}))),
    ),
    sourced(
        POLICY,
        "A condition key has a prefix.",
        GRAMMAR,
        proof!(aws => with(aws, "Condition", json!({"StringEquals": {"SourceVpce": "vpce-1"}}))),
    ),
    sourced(POLICY, "Two statements cannot have one Sid.", GRAMMAR, proof!(one_sid)),
    sourced(
        POLICY,
        "A principal is of a kind that exists: AWS, CanonicalUser, Federated or Service.",
        PRINCIPALS,
        proof!(aws => with(aws, "Principal", json!({"Role": "*"}))),
    ),
    sourced(POLICY, "The actions are those of execute-api, or patterns for them.", ACTIONS, proof!(actions)),
    unverified(
        POLICY,
        "An action of another service is refused.",
        proof!(aws => with(aws, "Action", json!("s3:GetObject"))),
    ),
    unverified(
        POLICY,
        "So is one that execute-api does not have.",
        proof!(aws => with(aws, "Action", json!(["execute-api:Invoke", "execute-api:Nope"]))),
    ),
    unverified(
        POLICY,
        "A resource that is no ARN, no `*` and no path of execute-api is refused.",
        proof!(aws => with(aws, "Resource", json!("nowhere"))),
    ),
    sourced(
        POLICY,
        "A resource may be an ARN of another service, although nothing is allowed by that.",
        "hashicorp/terraform-provider-aws (aws_api_gateway_rest_api_policy, acceptance test)",
        proof!(aws => full(aws, "arn:aws:apigateway:eu-central-1::/restapis/abcdefghij")),
    ),
    left_out(
        POLICY,
        "A user or role that doesn't exist (yet) is refused with the same message, for up to minutes after its creation.",
        "there are no users and roles, only their accounts",
    ),
    unverified(POLICY, "A statement with an unknown member is refused.", proof!(aws => with(aws, "Other", json!("x")))),
    unverified(POLICY, "A condition that is no map is refused.", proof!(aws => with(aws, "Condition", json!("x")))),
    unverified(POLICY, "A policy without statements is refused.", proof!(empty)),
    sourced(POLICY, "Accounts, users and roles can be principals.", GUIDE, proof!(principals)),
    sourced(
        POLICY,
        "`execute-api:/*` becomes a full ARN of the API.",
        REST_API_GO,
        proof!(aws => expanded(aws, "execute-api:/*", "*")),
    ),
    sourced(
        POLICY,
        "So does `execute-api:/stage/GET/x`.",
        REST_API_GO,
        proof!(aws => expanded(aws, "execute-api:/v1/GET/x", "v1/GET/x")),
    ),
    sourced(
        POLICY,
        "A full ARN stays as it is.",
        GUIDE,
        proof!(aws => full(aws, &format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:abcdefghij/*/GET/x"))),
    ),
    unverified(POLICY, "A list of one becomes a scalar.", proof!(scalars)),
    sourced(POLICY, "A policy has up to 8192 characters.", super::LIMITS, proof!(long_policy)),
    sourced(
        POLICY,
        "A private API cannot be deployed without a policy.",
        "hashicorp/terraform-provider-aws#14290",
        proof!(needed),
    ),
    sourced(POLICY, "A policy with a condition on `aws:SourceVpce` is kept with it.", GUIDE, proof!(conditions)),
    left_out(POLICY, "Principals that were deleted come back as unique ids.", "there are no users and roles"),
];

fn statement(change: impl Fn(&mut serde_json::Map<String, Value>)) -> String {
    let mut policy = open_policy(None);
    change(policy["Statement"][0].as_object_mut().unwrap());
    policy.to_string()
}

fn with_version(version: &str) -> String {
    let mut policy = open_policy(None);
    policy["Version"] = json!(version);
    policy.to_string()
}

async fn without(aws: Caller, member: &str) {
    refuse(&aws, statement(|statement| drop(statement.remove(member)))).await;
}

async fn with(aws: Caller, member: &str, value: Value) {
    refuse(&aws, statement(|statement| drop(statement.insert(member.to_owned(), value.clone())))).await;
}

async fn refuse(aws: &Caller, policy: String) {
    refused(aws, "POST", "/restapis", json!({"name": "x", "policy": policy}), 400, INVALID).await;
}

async fn empty(aws: Caller) {
    refuse(&aws, json!({"Version": "2012-10-17", "Statement": []}).to_string()).await;
    refuse(&aws, json!({"Version": "2012-10-17"}).to_string()).await;
}

async fn principals(aws: Caller) {
    let arns = ["arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/x", "123456789012"];
    for principal in [json!("*"), json!({"AWS": "*"}), json!({"AWS": arns})] {
        let policy = statement(|statement| drop(statement.insert("Principal".to_owned(), principal.clone())));
        assert_eq!(create(&aws, json!({"name": "x", "policy": policy})).await.0, 201);
    }
}

/// The policy of an API as JSON.
pub async fn read(aws: &Caller, id: &str) -> Value {
    let escaped = text(&get(aws, id).await, "policy");
    let policy: String = serde_json::from_str(&format!("\"{escaped}\"")).unwrap();
    serde_json::from_str(&policy).unwrap()
}

pub async fn escaped(aws: Caller) {
    let policy = statement(|statement| drop(statement.insert("Sid".to_owned(), json!("s"))));
    let id = made(&aws, json!({"policy": policy})).await;
    let answer = raw(&aws, "GET", &format!("/restapis/{id}"), "").await;
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(body.contains(r#"\\\"Sid\\\":\\\"s\\\""#), "{body}");
    assert!(body.contains(&format!("{id}\\\\/*")), "{body}");
    assert_eq!(read(&aws, &id).await["Statement"][0]["Sid"], "s");
}

async fn expanded(aws: Caller, short: &str, rest: &str) {
    let policy = statement(|statement| drop(statement.insert("Resource".to_owned(), json!(short))));
    let id = made(&aws, json!({"policy": policy})).await;
    let arn = format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{id}/{rest}");
    assert_eq!(read(&aws, &id).await["Statement"][0]["Resource"], arn.as_str());
    let patched = calmly(&aws, "PATCH", &format!("/restapis/{id}"), replace("/policy", &policy)).await;
    assert_eq!(patched.0, 200);
    assert_eq!(read(&aws, &id).await["Statement"][0]["Resource"], arn.as_str());
}

async fn full(aws: Caller, arn: &str) {
    let policy = statement(|statement| drop(statement.insert("Resource".to_owned(), json!(arn))));
    let id = made(&aws, json!({"policy": policy})).await;
    assert_eq!(read(&aws, &id).await["Statement"][0]["Resource"], arn);
}

async fn one_sid(aws: Caller) {
    let allow = json!({
        "Sid": "a", "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
    });
    refuse(&aws, json!({"Version": "2012-10-17", "Statement": [allow, allow]}).to_string()).await;
}

async fn actions(aws: Caller) {
    for action in ["execute-api:Invoke", "execute-api:InvalidateCache", "execute-api:*", "execute-api:Inv*", "*"] {
        let policy = statement(|statement| drop(statement.insert("Action".to_owned(), json!(action))));
        assert_eq!(create(&aws, json!({"name": "x", "policy": policy})).await.0, 201, "{action}");
    }
}

async fn scalars(aws: Caller) {
    let policy = statement(|statement| {
        statement.insert("Action".to_owned(), json!(["execute-api:Invoke"]));
        statement.insert("Resource".to_owned(), json!(["execute-api:/a", "execute-api:/b"]));
    });
    let id = made(&aws, json!({"policy": policy})).await;
    let statement = read(&aws, &id).await["Statement"][0].clone();
    assert_eq!(statement["Action"], "execute-api:Invoke");
    assert_eq!(statement["Resource"].as_array().map(Vec::len), Some(2));
}

async fn needed(aws: Caller) {
    let id = aws.private_api(&[]).await;
    let mut document = document(json!({"/a": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}}));
    document.as_object_mut().unwrap().remove("x-amazon-apigateway-policy");
    later(30).await;
    aws.put_api(&id, "overwrite", document).await;
    let path = format!("/restapis/{id}/deployments");
    let message = "Private REST API doesn't have a resource policy attached to it";
    refused(&aws, "POST", &path, json!({}), 400, message).await;
}

async fn conditions(aws: Caller) {
    let condition = json!({"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}});
    let policy = statement(|statement| drop(statement.insert("Condition".to_owned(), condition.clone())));
    let id = made(&aws, json!({"policy": policy})).await;
    assert_eq!(read(&aws, &id).await["Statement"][0]["Condition"], condition);
}
