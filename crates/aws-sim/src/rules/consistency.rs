//! What AWS shows late: new objects, lists, concurrent writes.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Rule, proof, sourced, unverified};
use crate::testing::{Caller, document, element, integration, open_policy, text};
use crate::{Config, Consistency};

const WRITES: &str = "1.4 Concurrent modification";
const EC2: &str = "1.5 Late reads of EC2";
const ELB: &str = "1.6 Late lists of ELB";
const MISLED: &str = "16.1 Refusals that pass by themselves";
const API: &str = "8.2 Late lists of API Gateway";

const SERIAL: &str = "hashicorp/terraform-provider-aws, internal/service/apigateway/service_package.go";
const ERRORS: &str = "https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html";
const EVENTUAL: &str = "https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html";
const BALANCER: &str = "hashicorp/terraform-provider-aws, internal/service/elbv2/load_balancer.go";
const TARGETS: &str = "hashicorp/terraform-provider-aws, internal/service/elbv2/target_group.go";

pub const RULES: &[Rule] = &[
    sourced(
        WRITES,
        "A write of an API is refused while another write of it is under way: 409.",
        SERIAL,
        proof!(two_writes),
    ),
    unverified(WRITES, "A writer that waits for each answer is never refused.", proof!(one_by_one)),
    unverified(WRITES, "Writes of different APIs are independent.", proof!(two_apis)),
    unverified(WRITES, "Reads of an API are answered while it is written.", proof!(read_beside)),
    unverified(WRITES, "Tagging is no write of the API in this sense.", proof!(tag_beside)),
    sourced(
        WRITES,
        "EC2 refuses a write of tags while another write of the same resource's tags is under way: ConcurrentTagAccess.",
        ERRORS,
        proof!(two_taggings),
    ),
    sourced(EC2, "A new security group may be unknown for a while: InvalidGroup.NotFound.", ERRORS, proof!(new_group)),
    sourced(EC2, "Other calls that name a new group may not find it either.", ERRORS, proof!(rule_of_new_group)),
    sourced(
        EC2,
        "CreateTags may not find what was just made: its code ends in .NotFound.",
        "juju/juju#2842, guardian/amigo#545",
        proof!(tags_of_new_group),
    ),
    sourced(EC2, "A new endpoint may be unknown: InvalidVpcEndpointId.NotFound.", EVENTUAL, proof!(new_endpoint)),
    sourced(EC2, "A new object may be missing where it is searched for by filter.", EVENTUAL, proof!(new_filtered)),
    sourced(EC2, "A changed object may be shown as it was.", EVENTUAL, proof!(old_rules)),
    unverified(EC2, "Tags that are read right after a write may be the old ones.", proof!(old_tags)),
    unverified(EC2, "A deleted object may be shown for a while.", proof!(deleted_group)),
    unverified(EC2, "An object that has been seen by an operation stays in its sight.", proof!(monotonic)),
    sourced(
        ELB,
        "A new balancer may be missing from DescribeLoadBalancers, by name as well.",
        BALANCER,
        proof!(new_balancer),
    ),
    sourced(ELB, "A new target group may be missing from DescribeTargetGroups.", TARGETS, proof!(new_target_group)),
    unverified(ELB, "A deleted target group may be listed for a while.", proof!(deleted_target_group)),
    unverified(
        API,
        "A new API may be missing from GetRestApis, a new link from GetVpcLinks.",
        proof!(new_api_and_link),
    ),
    unverified(API, "A deleted API may be listed for a while; by its id it is gone at once.", proof!(deleted_api)),
    unverified(MISLED, "CreateDeployment may not see a resource policy that was just written.", proof!(late_policy)),
    unverified(MISLED, "DeleteDeployment may not see that a stage has just left it.", proof!(late_stage)),
    unverified(MISLED, "DeleteVpcLink may not see that a stage has just left it.", proof!(late_reference)),
];

/// By then everything can be seen.
const SEEN: Duration = Duration::from_secs(5);
/// Until then nothing can.
const UNSEEN: Duration = Duration::from_millis(999);

fn lagging() -> Caller {
    Caller::with(Config { consistency: Consistency::Lagging, ..Config::default() })
}

/// Calls now, a little later and in the end.
async fn three_times<T>(call: impl AsyncFn() -> T) -> [T; 3] {
    let first = call().await;
    tokio::time::sleep(UNSEEN).await;
    let second = call().await;
    tokio::time::sleep(SEEN).await;
    [first, second, call().await]
}

/// Whether three answers contain a text.
async fn contains(aws: &Caller, service: &str, form: &str, part: &str) -> [bool; 3] {
    let ask = async || if service == "ec2" { aws.ec2(form).await.1 } else { aws.elb(form).await.1 };
    three_times(async || ask().await.contains(part)).await
}

async fn group(aws: &Caller) -> String {
    let vpc = &aws.fresh.vpc_id;
    element(&aws.ec2(&format!("CreateSecurityGroup&GroupName=x&GroupDescription=d&VpcId={vpc}")).await.1, "groupId")
}

const TARGET_GROUP: &str = "CreateTargetGroup&Name=x&Protocol=TCP&Port=80&TargetType=ip&VpcId=";

async fn two_writes(_: Caller) {
    let aws = lagging();
    let api = format!("/restapis/{}/resources/x", aws.private_api(&[]).await);
    let write = async || aws.api("POST", &api, json!({"pathPart": "a"})).await;
    let (first, second) = tokio::join!(write(), write());
    let message = "Unable to complete operation due to concurrent modification. Please try again later.";
    assert_eq!(second, (409, json!({"message": message})));
    assert_ne!(first.1["message"], message);
    // Also without late reads, for as long as an answer takes.
    let slow = Caller::with(Config { latency: Duration::from_millis(50), ..Config::default() });
    let api = format!("/restapis/{}", slow.private_api(&[]).await);
    let write = async || slow.api("PUT", &api, document(json!({}))).await.0;
    assert_eq!(tokio::join!(write(), write()), (200, 409));
    assert_eq!(write().await, 200);
}

async fn one_by_one(_: Caller) {
    let aws = lagging();
    let api = format!("/restapis/{}", aws.private_api(&[]).await);
    for _ in 0..10 {
        assert_eq!(aws.api("PUT", &api, document(json!({}))).await.0, 200);
    }
}

async fn two_apis(_: Caller) {
    let aws = lagging();
    let (one, other) = (aws.private_api(&[]).await, aws.private_api(&[]).await);
    let write = async |api: &str| aws.put_api(api, "overwrite", document(json!({}))).await.0;
    assert_eq!(tokio::join!(write(&one), write(&other)), (200, 200));
}

async fn read_beside(_: Caller) {
    let aws = lagging();
    let api = aws.private_api(&[]).await;
    let path = format!("/restapis/{api}");
    let (written, read) =
        tokio::join!(aws.put_api(&api, "overwrite", document(json!({}))), aws.api("GET", &path, Value::Null));
    assert_eq!((written.0, read.0), (200, 200));
}

async fn tag_beside(_: Caller) {
    let aws = lagging();
    let api = aws.private_api(&[]).await;
    let path = format!("/tags/arn%3Aaws%3Aapigateway%3Aeu-central-1%3A%3A%2Frestapis%2F{api}");
    let tag = aws.api("PUT", &path, json!({"tags": {"a": "b"}}));
    let (written, tagged) = tokio::join!(aws.put_api(&api, "overwrite", document(json!({}))), tag);
    assert_eq!((written.0, tagged.0), (200, 204));
}

async fn two_taggings(_: Caller) {
    let aws = lagging();
    let tag = async |id: &str| aws.ec2(&format!("CreateTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value=b")).await;
    let (vpc, subnet) = (&aws.fresh.vpc_id, &aws.fresh.subnet_ids[0]);
    let (first, second, other) = tokio::join!(tag(vpc), tag(vpc), tag(subnet));
    assert_eq!((first.0, second.0, other.0), (200, 400, 200));
    assert_eq!(element(&second.1, "Code"), "ConcurrentTagAccess");
    assert_eq!(tag(vpc).await.0, 200);
}

async fn new_group(_: Caller) {
    let aws = lagging();
    let id = group(&aws).await;
    let form = format!("DescribeSecurityGroups&GroupId.1={id}");
    let [first, second, third] = three_times(async || aws.ec2(&form).await).await;
    for (status, body) in [first, second] {
        assert_eq!((status, element(&body, "Code").as_str()), (400, "InvalidGroup.NotFound"));
        assert_eq!(element(&body, "Message"), format!("The security group '{id}' does not exist"));
    }
    assert_eq!(third.0, 200);
}

async fn rule_of_new_group(_: Caller) {
    let aws = lagging();
    let id = group(&aws).await;
    let permission = "IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8";
    let form = format!("AuthorizeSecurityGroupIngress&GroupId={id}&{permission}");
    assert_eq!(contains(&aws, "ec2", &form, "<Code>InvalidGroup.NotFound</Code>").await, [true, true, false]);
}

async fn tags_of_new_group(_: Caller) {
    let aws = lagging();
    let form = format!("CreateTags&ResourceId.1={}&Tag.1.Key=a&Tag.1.Value=b", group(&aws).await);
    assert_eq!(contains(&aws, "ec2", &form, ".NotFound</Code>").await, [true, true, false]);
}

async fn new_endpoint(_: Caller) {
    let aws = lagging();
    let id = element(&aws.ec2(&aws.endpoint_form("&PrivateDnsEnabled=false")).await.1, "vpcEndpointId");
    let form = format!("DescribeVpcEndpoints&VpcEndpointId.1={id}");
    let missing = "<Code>InvalidVpcEndpointId.NotFound</Code>";
    assert_eq!(contains(&aws, "ec2", &form, missing).await, [true, true, false]);
}

async fn new_filtered(_: Caller) {
    let aws = lagging();
    let id = group(&aws).await;
    let form = "DescribeSecurityGroups&Filter.1.Name=group-name&Filter.1.Value.1=x";
    assert_eq!(contains(&aws, "ec2", form, &id).await, [false, false, true]);
}

async fn old_rules(_: Caller) {
    let aws = lagging();
    let id = &aws.fresh.security_group_id;
    let permission = "IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8";
    assert_eq!(aws.ec2(&format!("AuthorizeSecurityGroupIngress&GroupId={id}&{permission}")).await.0, 200);
    let form = format!("DescribeSecurityGroups&GroupId.1={id}");
    assert_eq!(contains(&aws, "ec2", &form, "10.0.0.0/8").await, [false, false, true]);
}

async fn old_tags(_: Caller) {
    let aws = lagging();
    let id = &aws.fresh.vpc_id;
    assert_eq!(aws.ec2(&format!("CreateTags&ResourceId.1={id}&Tag.1.Key=colour&Tag.1.Value=red")).await.0, 200);
    assert_eq!(contains(&aws, "ec2", "DescribeTags", "colour").await, [false, false, true]);
}

async fn deleted_group(_: Caller) {
    let aws = lagging();
    let id = group(&aws).await;
    tokio::time::sleep(SEEN).await;
    assert_eq!(aws.ec2(&format!("DeleteSecurityGroup&GroupId={id}")).await.0, 200);
    assert_eq!(contains(&aws, "ec2", "DescribeSecurityGroups", &id).await, [true, true, false]);
}

async fn monotonic(_: Caller) {
    let aws = lagging();
    let id = group(&aws).await;
    let mut seen = Vec::new();
    for _ in 0..100 {
        seen.push(aws.ec2("DescribeSecurityGroups").await.1.contains(&id));
        tokio::time::sleep(SEEN / 90).await;
    }
    assert!(seen.is_sorted() && seen[99], "{seen:?}");
}

async fn new_balancer(_: Caller) {
    let aws = lagging();
    let subnet = &aws.fresh.subnet_ids[0];
    let form = format!("CreateLoadBalancer&Name=x&Type=network&Scheme=internal&Subnets.member.1={subnet}");
    let arn = element(&aws.elb(&form).await.1, "LoadBalancerArn");
    assert_eq!(contains(&aws, "elb", "DescribeLoadBalancers", &arn).await, [false, false, true]);
    aws.elb(&form.replace("Name=x", "Name=y")).await;
    let missing = "<Code>LoadBalancerNotFound</Code>";
    assert_eq!(contains(&aws, "elb", "DescribeLoadBalancers&Names.member.1=y", missing).await, [true, true, false]);
}

async fn new_target_group(_: Caller) {
    let aws = lagging();
    let arn = element(&aws.elb(&format!("{TARGET_GROUP}{}", aws.fresh.vpc_id)).await.1, "TargetGroupArn");
    assert_eq!(contains(&aws, "elb", "DescribeTargetGroups", &arn).await, [false, false, true]);
}

async fn deleted_target_group(_: Caller) {
    let aws = lagging();
    let arn = element(&aws.elb(&format!("{TARGET_GROUP}{}", aws.fresh.vpc_id)).await.1, "TargetGroupArn");
    tokio::time::sleep(SEEN).await;
    assert_eq!(aws.elb(&format!("DeleteTargetGroup&TargetGroupArn={arn}")).await.0, 200);
    assert_eq!(contains(&aws, "elb", "DescribeTargetGroups", &arn).await, [true, true, false]);
}

async fn listed(aws: &Caller, path: &str) -> [usize; 3] {
    let count = async || aws.api("GET", path, Value::Null).await.1["item"].as_array().map_or(0, Vec::len);
    three_times(count).await
}

async fn new_api_and_link(_: Caller) {
    let aws = lagging();
    let api = aws.private_api(&[]).await;
    assert_eq!(aws.api("GET", &format!("/restapis/{api}"), Value::Null).await.0, 200);
    assert_eq!(listed(&aws, "/restapis").await, [0, 0, 1]);
    let balancer = aws.balancer("x").await;
    aws.api("POST", "/vpclinks", json!({"name": "link", "targetArns": [balancer]})).await;
    assert_eq!(listed(&aws, "/vpclinks").await, [0, 0, 1]);
}

async fn deleted_api(_: Caller) {
    let aws = lagging();
    let path = format!("/restapis/{}", aws.private_api(&[]).await);
    tokio::time::sleep(SEEN).await;
    assert_eq!(aws.api("DELETE", &path, Value::Null).await.0, 202);
    assert_eq!(aws.api("GET", &path, Value::Null).await.0, 404);
    assert_eq!(listed(&aws, "/restapis").await, [1, 1, 0]);
}

/// Statuses of a call that is repeated.
async fn statuses(aws: &Caller, method: &str, path: &str, body: Value) -> [u16; 3] {
    three_times(async || aws.api(method, path, body.clone()).await.0).await
}

async fn late_policy(_: Caller) {
    let aws = lagging();
    let api = aws.private_api(&[]).await;
    let mut plain = document(json!({"/x": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}}));
    plain.as_object_mut().unwrap().remove("x-amazon-apigateway-policy");
    aws.put_api(&api, "overwrite", plain).await;
    tokio::time::sleep(SEEN).await;
    let policy = json!([{"op": "replace", "path": "/policy", "value": open_policy(None).to_string()}]);
    let (status, body) = aws.api("PATCH", &format!("/restapis/{api}"), json!({"patchOperations": policy})).await;
    assert_eq!(status, 200, "{body}");
    let path = format!("/restapis/{api}/deployments");
    assert_eq!(statuses(&aws, "POST", &path, json!({})).await, [400, 400, 201]);
}

/// An API with a stage whose deployment uses a link.
async fn deployed(aws: &Caller) -> (String, String, String) {
    let link = aws.link(&aws.balancer("x").await).await;
    let api = aws.private_api(&[]).await;
    let paths = json!({"/x": {"get": {"x-amazon-apigateway-integration": integration(&link, "/x")}}});
    aws.put_api(&api, "overwrite", document(paths)).await;
    tokio::time::sleep(SEEN).await;
    let deployment = aws.deploy(&api).await;
    tokio::time::sleep(SEEN).await;
    let empty = json!({"/x": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}});
    aws.put_api(&api, "overwrite", document(empty)).await;
    aws.deploy(&api).await;
    (link, api, deployment)
}

async fn late_stage(_: Caller) {
    let aws = lagging();
    let (_, api, old) = deployed(&aws).await;
    let path = format!("/restapis/{api}/deployments/{old}");
    let (status, refused) = aws.api("DELETE", &path, Value::Null).await;
    assert!(status == 400 && text(&refused, "message").starts_with("Active stages pointing"), "{refused}");
    assert_eq!(statuses(&aws, "DELETE", &path, Value::Null).await, [400, 400, 202]);
}

async fn late_reference(_: Caller) {
    let aws = lagging();
    let (link, _, _) = deployed(&aws).await;
    let path = format!("/vpclinks/{link}");
    assert_eq!(statuses(&aws, "DELETE", &path, Value::Null).await, [400, 400, 202]);
}
