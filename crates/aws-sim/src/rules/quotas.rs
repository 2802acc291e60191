//! Request rates of all services.

use std::time::Duration;

use serde_json::{Value, json};

use super::{MODEL, Rule, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller, element};
use crate::{Config, Quotas};

const API: &str = "1.2 Request rates of API Gateway";
const EC2: &str = "1.5 Request rates of EC2";
const ELB: &str = "1.6 Request rates of ELB";

const API_PAGE: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html";
const EC2_PAGE: &str = "https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html";
const ELB_PAGE: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html";

pub const RULES: &[Rule] = &[
    sourced(API, "A private or Regional API is created, or imported, once in three seconds.", API_PAGE, proof!(create)),
    sourced(
        API,
        "An edge-optimised API is created, or imported, once in thirty seconds.",
        API_PAGE,
        proof!(create_edge),
    ),
    sourced(API, "An API is deleted once in thirty seconds.", API_PAGE, proof!(delete_api)),
    sourced(API, "PutRestApi is taken once a second.", API_PAGE, proof!(put_api)),
    sourced(API, "CreateDeployment is taken once in five seconds.", API_PAGE, proof!(deployment)),
    sourced(API, "CreateResource and DeleteResource are taken five times a second.", API_PAGE, proof!(resource)),
    unverified(API, "Each of the two is counted for itself.", proof!(resources_apart)),
    sourced(API, "GetResources is taken five times in two seconds.", API_PAGE, proof!(resources)),
    sourced(API, "UpdateAccount is taken once in twenty seconds.", API_PAGE, proof!(account)),
    sourced(
        API,
        "Everything together is taken ten times a second, and forty times at once.",
        API_PAGE,
        proof!(api_total),
    ),
    sourced(API, "Operations outside the table have no rate of their own.", API_PAGE, proof!(no_own_rate)),
    sourced(API, "Accounts and Regions are counted apart.", API_PAGE, proof!(apart)),
    unverified(API, "The table gives rates; a bucket holds what comes in at once.", proof!(put_api)),
    unverified(
        API,
        "A refused request takes no token, neither of the operation nor of the total.",
        proof!(refused_is_free),
    ),
    sourced(
        API,
        "Too many requests: 429, TooManyRequestsException, `Too Many Requests`.",
        "cloud-custodian/cloud-custodian#7100",
        proof!(api_error),
    ),
    sourced(API, "The refusal says in the header Retry-After when to come back.", MODEL, proof!(retry_after)),
    unverified(API, "Retry-After is the number of seconds until the next token.", proof!(retry_after)),
    sourced(EC2, "Every operation has a bucket of its own.", EC2_PAGE, proof!(ec2_apart)),
    sourced(
        EC2,
        "An operation that changes something is taken 50 times, then 5 times a second.",
        EC2_PAGE,
        proof!(ec2_write),
    ),
    sourced(
        EC2,
        "The resource-intensive AuthorizeSecurityGroupIngress and RevokeSecurityGroupIngress: 50, then 5 a second.",
        EC2_PAGE,
        proof!(ec2_intensive),
    ),
    sourced(EC2, "CreateVpcEndpoint is taken 4 times, then 3 times in ten seconds.", EC2_PAGE, proof!(endpoint_create)),
    sourced(EC2, "ModifyVpcEndpoint is taken 4 times, then 3 times in ten seconds.", EC2_PAGE, proof!(endpoint_modify)),
    sourced(
        EC2,
        "DeleteVpcEndpoints is taken 4 times, then 3 times in ten seconds.",
        EC2_PAGE,
        proof!(endpoint_delete),
    ),
    sourced(EC2, "CreateTags and DeleteTags: 100, then 10 a second.", EC2_PAGE, proof!(ec2_tags)),
    sourced(EC2, "An operation that reads is taken 100 times, then 20 times a second.", EC2_PAGE, proof!(ec2_read)),
    unverified(
        EC2,
        "DescribeVpcEndpointServices and DescribeVpcEndpointServiceConfigurations: 10, then one a second.",
        proof!(endpoint_services),
    ),
    sourced(
        EC2,
        "DescribeSecurityGroups and DescribeNetworkInterfaces without filter and page: 50, then 10 a second.",
        EC2_PAGE,
        proof!(ec2_unfiltered),
    ),
    sourced(EC2, "With a filter or a page they have the larger bucket of other reads.", EC2_PAGE, proof!(ec2_filtered)),
    sourced(
        EC2,
        "Too many requests: 503, RequestLimitExceeded, `Request limit exceeded.`",
        "cloudfoundry/bosh-aws-cpi-release#61",
        proof!(ec2_error),
    ),
    sourced(
        ELB,
        "CreateLoadBalancer and SetSubnets share 10, then one in five seconds.",
        ELB_PAGE,
        proof!(elb_intensive),
    ),
    sourced(ELB, "RegisterTargets and DeregisterTargets share 20, then 4 a second.", ELB_PAGE, proof!(elb_targets)),
    sourced(ELB, "All other changes share 20, then 3 a second.", ELB_PAGE, proof!(elb_write)),
    sourced(ELB, "All reads share 40, then 10 a second.", ELB_PAGE, proof!(elb_read)),
    sourced(ELB, "Everything together is taken 40 times, then 10 times a second.", ELB_PAGE, proof!(elb_total)),
    sourced(
        ELB,
        "Too many requests: 400, Throttling, `Rate exceeded`; the user guide and CloudTrail call it ThrottlingException.",
        "kubernetes-sigs/aws-load-balancer-controller#1871, boto/boto3#3125",
        proof!(elb_error),
    ),
];

/// A caller whose requests are counted.
fn counted() -> Caller {
    Caller::with(Config { quotas: Quotas::Aws, ..Config::default() })
}

/// Makes a call so many times at once, then once too often, and then again a token later, neither earlier nor too late.
async fn bucket(holds: usize, token: Duration, refusal: u16, call: impl AsyncFn() -> u16) {
    for turn in 0..holds {
        assert_ne!(call().await, refusal, "request {turn} of {holds}");
    }
    assert_eq!(call().await, refusal, "a request more than {holds}");
    let moment = Duration::from_millis(5);
    tokio::time::sleep(token - moment).await;
    assert_eq!(call().await, refusal, "a request too early");
    tokio::time::sleep(moment).await;
    assert_ne!(call().await, refusal, "a request when there is a token");
}

/// The bucket of a path of API Gateway. What the service thinks of the request does not matter.
async fn api(holds: usize, milliseconds: u64, method: &str, path: &str, body: Value) {
    let aws = counted();
    let call = async || aws.api(method, path, body.clone()).await.0;
    bucket(holds, Duration::from_millis(milliseconds), 429, call).await;
}

/// The buckets of operations of EC2, each for itself.
async fn ec2(holds: usize, milliseconds: u64, forms: &[&str]) {
    let aws = counted();
    for form in forms {
        bucket(holds, Duration::from_millis(milliseconds), 503, async || aws.ec2(form).await.0).await;
    }
}

/// The bucket that some operations of ELB share.
async fn elb(holds: usize, milliseconds: u64, forms: &[&str]) {
    let (aws, turn) = (counted(), std::cell::Cell::new(0));
    let throttled = async || {
        turn.set(turn.get() + 1);
        let (_, body) = aws.elb(forms[turn.get() % forms.len()]).await;
        if body.contains("<Code>Throttling</Code>") { 400 } else { 200 }
    };
    bucket(holds, Duration::from_millis(milliseconds), 400, throttled).await;
}

async fn create(_: Caller) {
    let private = json!({"name": "x", "endpointConfiguration": {"types": ["PRIVATE"]}});
    api(1, 3000, "POST", "/restapis", private).await;
    api(1, 3000, "POST", "/restapis?mode=import&endpointConfigurationTypes=REGIONAL", json!({})).await;
}

async fn create_edge(_: Caller) {
    api(1, 30_000, "POST", "/restapis", json!({"name": "x"})).await;
    api(1, 30_000, "POST", "/restapis?mode=import", json!({})).await;
}

async fn delete_api(_: Caller) {
    api(1, 30_000, "DELETE", "/restapis/x", Value::Null).await;
}

async fn put_api(_: Caller) {
    api(1, 1000, "PUT", "/restapis/x", json!({})).await;
}

async fn deployment(_: Caller) {
    api(1, 5000, "POST", "/restapis/x/deployments", json!({})).await;
}

async fn resource(_: Caller) {
    api(5, 200, "POST", "/restapis/x/resources/y", json!({})).await;
    api(5, 200, "DELETE", "/restapis/x/resources/y", Value::Null).await;
}

async fn resources_apart(_: Caller) {
    let aws = counted();
    let call = async |method: &str| aws.api(method, "/restapis/x/resources/y", json!({})).await.0;
    for _ in 0..5 {
        assert_ne!(call("POST").await, 429);
    }
    assert_eq!(call("POST").await, 429);
    for _ in 0..5 {
        assert_ne!(call("DELETE").await, 429);
    }
    assert_eq!(call("DELETE").await, 429);
}

async fn resources(_: Caller) {
    api(5, 400, "GET", "/restapis/x/resources", Value::Null).await;
}

async fn account(_: Caller) {
    api(1, 20_000, "PATCH", "/account", json!({})).await;
}

async fn api_total(_: Caller) {
    let (aws, turn) = (counted(), std::cell::Cell::new(0));
    let paths = ["/restapis", "/vpclinks", "/account"];
    let call = async || {
        turn.set(turn.get() + 1);
        aws.api("GET", paths[turn.get() % paths.len()], Value::Null).await.0
    };
    bucket(40, Duration::from_millis(100), 429, call).await;
}

async fn no_own_rate(_: Caller) {
    api(40, 100, "POST", "/vpclinks", json!({})).await;
    api(40, 100, "DELETE", "/restapis/x/stages/y", Value::Null).await;
}

async fn apart(_: Caller) {
    let aws = counted();
    let delete = async || aws.api("DELETE", "/restapis/x", Value::Null).await.0;
    assert_eq!([delete().await, delete().await], [404, 429]);
    assert_eq!(aws.sim.calls().len(), 2);
    for (account, region) in [("999999999999", "eu-central-1"), (ACCOUNT, "eu-west-1")] {
        assert_eq!(raw(&aws, account, region, "DELETE", "/restapis/x").await.status(), 404);
    }
}

async fn refused_is_free(_: Caller) {
    let aws = counted();
    for _ in 0..100 {
        aws.api("DELETE", "/restapis/x", Value::Null).await;
    }
    assert_eq!(aws.api("GET", "/restapis", Value::Null).await.0, 200);
}

async fn api_error(_: Caller) {
    let aws = counted();
    let delete = async || aws.api("DELETE", "/restapis/x", Value::Null).await;
    delete().await;
    assert_eq!(delete().await, (429, json!({"message": "Too Many Requests"})));
    assert_eq!(aws.sim.calls()[1].error.as_deref(), Some("TooManyRequestsException"));
}

async fn retry_after(_: Caller) {
    let aws = counted();
    let delete = async || raw(&aws, ACCOUNT, "eu-central-1", "DELETE", "/restapis/x").await;
    delete().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(delete().await.headers()["retry-after"], "20");
}

async fn raw(aws: &Caller, account: &str, region: &str, method: &str, path: &str) -> http::Response<bytes::Bytes> {
    let credential = format!("AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/apigateway/aws4_request");
    let request = http::Request::builder().method(method).uri(path).header("authorization", credential);
    aws.sim.call(request.body(bytes::Bytes::new()).unwrap()).await
}

async fn ec2_apart(_: Caller) {
    ec2(50, 200, &["CreateSubnet", "CreateSecurityGroup"]).await;
}

async fn ec2_write(_: Caller) {
    ec2(50, 200, &["DeleteSecurityGroup", "AuthorizeSecurityGroupEgress", "ModifySecurityGroupRules"]).await;
}

async fn ec2_intensive(_: Caller) {
    ec2(50, 200, &["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]).await;
}

async fn endpoint_create(_: Caller) {
    ec2(4, 3334, &["CreateVpcEndpoint"]).await;
}

async fn endpoint_modify(_: Caller) {
    ec2(4, 3334, &["ModifyVpcEndpoint"]).await;
}

async fn endpoint_delete(_: Caller) {
    ec2(4, 3334, &["DeleteVpcEndpoints"]).await;
}

async fn endpoint_services(_: Caller) {
    ec2(10, 1000, &["DescribeVpcEndpointServices", "DescribeVpcEndpointServiceConfigurations"]).await;
}

async fn ec2_tags(_: Caller) {
    ec2(100, 100, &["CreateTags", "DeleteTags"]).await;
}

async fn ec2_read(_: Caller) {
    ec2(100, 50, &["DescribeVpcEndpoints", "DescribeVpcs", "DescribePrefixLists"]).await;
}

async fn ec2_unfiltered(_: Caller) {
    ec2(50, 100, &["DescribeSecurityGroups", "DescribeNetworkInterfaces"]).await;
}

async fn ec2_filtered(_: Caller) {
    let filtered = "DescribeNetworkInterfaces&Filter.1.Name=vpc-id&Filter.1.Value.1=x";
    ec2(100, 50, &["DescribeSecurityGroups&MaxResults=5", filtered]).await;
}

async fn ec2_error(_: Caller) {
    let aws = counted();
    for _ in 0..4 {
        aws.ec2("DeleteVpcEndpoints").await;
    }
    let (status, body) = aws.ec2("DeleteVpcEndpoints").await;
    assert_eq!((status, element(&body, "Code").as_str()), (503, "RequestLimitExceeded"));
    assert_eq!(element(&body, "Message"), "Request limit exceeded.");
}

async fn elb_intensive(_: Caller) {
    elb(10, 5000, &["CreateLoadBalancer", "SetSubnets"]).await;
}

async fn elb_targets(_: Caller) {
    elb(20, 250, &["RegisterTargets", "DeregisterTargets"]).await;
}

async fn elb_write(_: Caller) {
    elb(20, 334, &["CreateTargetGroup", "CreateListener", "AddTags", "DeleteLoadBalancer"]).await;
}

async fn elb_read(_: Caller) {
    elb(40, 100, &["DescribeTargetGroups", "DescribeTags"]).await;
}

async fn elb_total(_: Caller) {
    let aws = counted();
    let throttled = async |form: &str| aws.elb(form).await.1.contains("<Code>Throttling</Code>");
    for _ in 0..20 {
        assert!(!throttled("DescribeTargetGroups").await && !throttled("DeleteListener").await);
    }
    assert!(throttled("RegisterTargets").await, "its own bucket is full");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!throttled("RegisterTargets").await);
}

async fn elb_error(_: Caller) {
    let aws = counted();
    for _ in 0..10 {
        aws.elb("SetSubnets").await;
    }
    let (status, body) = aws.elb("SetSubnets").await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, "Throttling"));
    assert_eq!(element(&body, "Message"), "Rate exceeded");
}
