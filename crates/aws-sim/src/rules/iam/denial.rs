//! How a caller hears that it may not.

use serde_json::{Value, json};

use super::{anything, assert_denied, ec2, elb, needs, only, send};
use crate::rules::{Rule, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller};

const DENIALS: &str = "1.1 Denials";
const LOGIC: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html";

pub const RULES: &[Rule] = &[
    sourced(
        DENIALS,
        "API Gateway refuses with 403 AccessDeniedException and a sentence that names caller, action and resource",
        "mattclay/aws-terminator#284, Open-SL/serverless-permission-generator#12",
        proof!(api_gateway),
    ),
    sourced(
        DENIALS,
        "EC2 refuses with 403 UnauthorizedOperation, the same sentence and an encoded message",
        "openshift/hypershift#8651",
        proof!(of_ec2),
    ),
    unverified(
        DENIALS,
        "EC2's reads are on no resource: the sentence names none, and there is no encoded message",
        proof!(of_a_read),
    ),
    sourced(
        DENIALS,
        "Elastic Load Balancing refuses with 403 AccessDenied and the same sentence",
        "kubernetes-sigs/aws-load-balancer-controller#3399",
        proof!(of_elb),
    ),
    sourced(
        DENIALS,
        "A statement that denies wins over every one that allows, and the sentence tells of it",
        LOGIC,
        proof!(explicit),
    ),
    sourced(DENIALS, "What no statement allows is denied", LOGIC, proof!(implicit)),
    sourced(
        DENIALS,
        "DryRun asks for the permissions of EC2's operations before anything else",
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html",
        proof!(dry_run),
    ),
    unverified(
        DENIALS,
        "EC2, Elastic Load Balancing and API Gateway ask for permissions before they look at parameters or objects: a refusal tells nothing of what exists",
        proof!(before_all),
    ),
    sourced(
        DENIALS,
        "GetCallerIdentity needs no permission, even where a statement denies it",
        "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html",
        proof!(identity),
    ),
    sourced(
        DENIALS,
        "AssumeRole needs sts:AssumeRole on the role",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html",
        proof!(assume),
    ),
];

async fn api_gateway(aws: Caller) {
    only(&aws, json!([{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]));
    let (status, answer) = aws.api("POST", "/restapis", json!({"name": "x"})).await;
    let message = "User: arn:aws:iam::111122223333:user/sim is not authorized to perform: apigateway:POST on resource: arn:aws:apigateway:eu-central-1::/restapis because no identity-based policy allows the apigateway:POST action";
    assert_eq!((status, answer), (403, json!({"message": message})));
}

async fn of_ec2(aws: Caller) {
    only(&aws, json!([{"Effect": "Allow", "Action": "apigateway:*", "Resource": "*"}]));
    let ask = ec2("DeleteVpc&VpcId=vpc-00000000000000001");
    assert_denied(&aws, &ask, ("ec2:DeleteVpc", "vpc/vpc-00000000000000001")).await;
    let (_, body) = send(&aws, &ask).await;
    assert!(body.contains("<Message>You are not authorized to perform this operation. User: "), "{body}");
    assert!(body.contains("action. Encoded authorization failure message: "), "{body}");
}

async fn of_a_read(aws: Caller) {
    only(&aws, json!([{"Effect": "Allow", "Action": "apigateway:*", "Resource": "*"}]));
    let (_, body) = send(&aws, &ec2("DescribeSubnets")).await;
    assert!(body.contains("allows the ec2:DescribeSubnets action</Message>"), "{body}");
    assert_denied(&aws, &ec2("DescribeSubnets"), ("ec2:DescribeSubnets", "*")).await;
}

async fn of_elb(aws: Caller) {
    only(&aws, json!([{"Effect": "Allow", "Action": "apigateway:*", "Resource": "*"}]));
    let ask = elb("CreateTargetGroup&Name=a&Protocol=TCP&Port=1");
    assert_denied(&aws, &ask, ("elasticloadbalancing:CreateTargetGroup", "targetgroup/a/*")).await;
}

async fn explicit(aws: Caller) {
    let statement = |effect: &str| json!({"Effect": effect, "Action": "*", "Resource": "*"});
    only(&aws, json!([statement("Allow"), statement("Deny"), statement("Allow")]));
    let why = "apigateway:GET on resource: arn:aws:apigateway:eu-central-1::/restapis with an explicit deny in an identity-based policy";
    let (status, answer) = aws.api("GET", "/restapis", Value::Null).await;
    assert_eq!(status, 403);
    assert!(answer["message"].as_str().unwrap().ends_with(why), "{answer}");
}

async fn implicit(aws: Caller) {
    only(&aws, json!([{"Effect": "Allow", "Action": "apigateway:GET", "Resource": "*"}]));
    assert_eq!(aws.api("GET", "/restapis", Value::Null).await.0, 200);
    assert_eq!(aws.api("POST", "/restapis", json!({"name": "x"})).await.0, 403);
    assert_eq!(aws.ec2("DescribeVpcs").await.0, 403);
}

async fn before_all(aws: Caller) {
    only(&aws, json!([{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]));
    assert_eq!(aws.api("GET", "/restapis/nothing", Value::Null).await.0, 403);
    assert_eq!(aws.ec2("DeleteVpc&VpcId=malformed").await.0, 403);
    assert_eq!(aws.elb("DeleteTargetGroup&TargetGroupArn=malformed").await.0, 403);
    anything(&aws);
    assert_eq!(aws.api("GET", "/restapis/nothing", Value::Null).await.0, 404);
    assert_eq!(aws.ec2("DeleteVpc&VpcId=malformed").await.0, 400);
    assert_eq!(aws.elb("DeleteTargetGroup&TargetGroupArn=malformed").await.0, 400);
}

async fn dry_run(aws: Caller) {
    only(&aws, json!([{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]));
    assert_eq!(aws.ec2("DeleteVpc&VpcId=malformed&DryRun=true").await.0, 403);
    anything(&aws);
    assert_eq!(aws.ec2("DeleteVpc&VpcId=malformed&DryRun=true").await.0, 412);
}

async fn identity(aws: Caller) {
    only(&aws, json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]));
    let form = "Version=2011-06-15&Action=GetCallerIdentity".to_owned();
    let (status, body) = aws.send("sts", "POST", "/", form).await;
    assert_eq!(status, 200);
    assert!(body.contains(ACCOUNT), "{body}");
}

async fn assume(aws: Caller) {
    let role = "arn:aws:iam::999999999999:role/deploy";
    let body = format!("Version=2011-06-15&Action=AssumeRole&RoleArn={role}&RoleSessionName=s");
    let ask = super::Ask { service: "sts", method: "POST", path: "/".to_owned(), body };
    needs(&aws, ask, &[("sts:AssumeRole", role)]).await;
}
