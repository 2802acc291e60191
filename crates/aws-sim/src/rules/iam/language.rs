//! The language of policies.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{api, ec2, only, sees};
use crate::rules::{Rule, proof, sourced};
use crate::testing::{Caller, REGION};

const LANGUAGE: &str = "17.3 The language of policies";
const RESOURCE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html";
const OPERATORS: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html";
const SETS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html";

pub const RULES: &[Rule] = &[
    sourced(
        LANGUAGE,
        "Actions have no case, and stars and question marks in them stand for any text and any character",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html",
        proof!(actions),
    ),
    sourced(LANGUAGE, "A wildcard stays within its component of the ARN", RESOURCE, proof!(components)),
    sourced(
        LANGUAGE,
        "An action on no resource in particular is allowed on a star only",
        RESOURCE,
        proof!(no_resource),
    ),
    sourced(LANGUAGE, "NotAction and NotResource are everything else", RESOURCE, proof!(negations)),
    sourced(
        LANGUAGE,
        "Variables have the value of a condition key, and what has a variable without a value matches nothing",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html",
        proof!(variables),
    ),
    sourced(LANGUAGE, "Condition keys have no case; values of StringEquals have one", OPERATORS, proof!(cases)),
    sourced(
        LANGUAGE,
        "Without its key a condition fails, unless it is negated or ends in IfExists",
        OPERATORS,
        proof!(absent),
    ),
    sourced(LANGUAGE, "ForAllValues holds for no values at all, ForAnyValue doesn't", SETS, proof!(sets)),
    sourced(
        LANGUAGE,
        "A malformed policy is refused as a whole, and the one before stays",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
        proof!(malformed),
    ),
];

async fn allowed(aws: &Caller, statement: Value) -> bool {
    let mut statement = statement;
    statement["Effect"] = json!("Allow");
    only(aws, json!([statement]));
    aws.api("GET", "/restapis", Value::Null).await.0 == 200
}

async fn actions(aws: Caller) {
    for (action, is_allowed) in
        [("ApiGateway:get", true), ("apigateway:G?T", true), ("apigateway:*", true), ("apigateway:GE", false)]
    {
        assert_eq!(allowed(&aws, json!({"Action": action, "Resource": "*"})).await, is_allowed, "{action}");
    }
}

async fn components(aws: Caller) {
    for (resource, is_allowed) in [
        ("arn:aws:apigateway:*::/rest*", true),
        ("arn:*:apigateway:*:*:*", true),
        ("arn:aws:apigateway:*:/restapis", false),
        ("arn:aws:apigateway:*::/RestApis", false),
    ] {
        assert_eq!(allowed(&aws, json!({"Action": "*", "Resource": resource})).await, is_allowed, "{resource}");
    }
}

async fn no_resource(aws: Caller) {
    for (resource, status) in [("*", 200), ("arn:aws:ec2:*:*:*", 403)] {
        only(&aws, json!([{"Effect": "Allow", "Action": "ec2:*", "Resource": resource}]));
        assert_eq!(aws.ec2("DescribeVpcs").await.0, status);
    }
}

async fn negations(aws: Caller) {
    assert!(allowed(&aws, json!({"NotAction": "ec2:*", "NotResource": "arn:aws:apigateway:*::/account"})).await);
    assert!(!allowed(&aws, json!({"NotAction": "apigateway:*", "Resource": "*"})).await);
    assert!(!allowed(&aws, json!({"Action": "*", "NotResource": "arn:aws:apigateway:*::/restapis"})).await);
}

async fn variables(aws: Caller) {
    let resource = |variable: &str| format!("arn:aws:apigateway:{variable}::/restapis");
    assert!(allowed(&aws, json!({"Action": "*", "Resource": resource("${aws:RequestedRegion}")})).await);
    assert!(
        allowed(&aws, json!({"Action": "*", "Resource": resource(&format!("${{aws:PrincipalTag/x, '{REGION}'}}"))}))
            .await
    );
    assert!(!allowed(&aws, json!({"Action": "*", "Resource": resource("${aws:PrincipalTag/x}*")})).await);
}

async fn cases(aws: Caller) {
    let is = |key: &str, region: &str| json!({"StringEquals": {key: region}});
    let ask = api("GET", "/restapis", Value::Null);
    sees(&aws, ask, "apigateway:GET", is("AWS:requestedREGION", REGION), is("aws:RequestedRegion", "EU-central-1"))
        .await;
}

async fn absent(aws: Caller) {
    let when = |operator: &str| json!({operator: {"aws:PrincipalOrgID": "o-1"}});
    sees(&aws, ec2("DescribeVpcs"), "ec2:DescribeVpcs", when("StringNotEquals"), when("StringEquals")).await;
    sees(&aws, ec2("DescribeVpcs"), "ec2:DescribeVpcs", when("StringEqualsIfExists"), when("StringLike")).await;
}

async fn sets(aws: Caller) {
    let keys = |operator: &str| json!({operator: {"aws:TagKeys": ["a"]}});
    let ask = || api("POST", "/restapis", json!({"name": "x"}));
    let (all, any) = (keys("ForAllValues:StringEquals"), keys("ForAnyValue:StringEquals"));
    sees(&aws, ask(), "apigateway:POST", all, any).await;
}

async fn malformed(aws: Caller) {
    only(&aws, json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]));
    for statement in [
        json!({"Effect": "allow", "Action": "*", "Resource": "*"}),
        json!({"Effect": "Allow", "Action": "Everything", "Resource": "*"}),
        json!({"Effect": "Allow", "Action": "*"}),
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}),
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Is": {"aws:a": "b"}}}),
    ] {
        let body = json!({"policy": {"Version": "2012-10-17", "Statement": [statement]}}).to_string();
        let request = Request::builder().method("POST").uri("/_sim/iam").body(Bytes::from(body)).unwrap();
        let response = aws.sim.call(request).await;
        assert_eq!(response.status().as_u16(), 400, "{statement}");
        assert!(String::from_utf8_lossy(response.body()).contains("statement 1: "));
        assert_eq!(aws.ec2("DescribeVpcs").await.0, 403);
    }
}
