//! STS, and what differs between partitions.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::fixture::Api;
use super::{Rule, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller, document, element, later, text};

const STS: &str = "1.7 STS";
const PARTITION: &str = "1.8 Partitions";

pub const RULES: &[Rule] = &[
    sourced(
        STS,
        "GetCallerIdentity answers account, ARN and user id.",
        "botocore service model of sts",
        proof!(identity),
    ),
    sourced(
        PARTITION,
        "ARNs in China are in the partition aws-cn, those in GovCloud in aws-us-gov.",
        "botocore, data/partitions.json",
        proof!(partitions),
    ),
    sourced(
        PARTITION,
        "Host names in China end with amazonaws.com.cn.",
        "botocore, data/partitions.json",
        proof!(china_names),
    ),
    sourced(
        PARTITION,
        "In China the services of execute-api and ec2 are cn.com.amazonaws.REGION.NAME.",
        "aws/aws-cdk#25329",
        proof!(china_services),
    ),
    sourced(
        PARTITION,
        "ARNs of API Gateway have no account: arn:PARTITION:apigateway:REGION::/restapis/ID, /stages/NAME below, /vpclinks/ID.",
        "hashicorp/terraform-provider-aws, internal/service/apigateway/rest_api.go and stage.go",
        proof!(api_arns),
    ),
    unverified(
        PARTITION,
        "There the services of logs, s3 and sts are com.amazonaws.REGION.NAME.",
        proof!(china_services),
    ),
    sourced(
        PARTITION,
        "The ARNs of API Gateway are in the partition too, with an empty account.",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html",
        proof!(api_gateway_arns),
    ),
    sourced(
        PARTITION,
        "APIs in China are called by names under amazonaws.com.cn, and no others.",
        "https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html",
        proof!(china_calls),
    ),
    sourced(
        PARTITION,
        "What may be invoked in China is an arn:aws-cn:execute-api.",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html",
        proof!(china_calls),
    ),
    unverified(PARTITION, "In GovCloud the service is com.amazonaws.REGION.execute-api.", proof!(govcloud_services)),
];

/// An answer in any region; `{vpc}` and `{subnet}` stand for the default VPC there and a subnet of it.
async fn call(aws: &Caller, region: &str, service: &str, form: &str) -> String {
    let fresh = aws.sim.account(ACCOUNT, region);
    let group = &fresh.security_group_id;
    let form = form.replace("{group}", group).replace("{vpc}", &fresh.vpc_id).replace("{subnet}", &fresh.subnet_ids[0]);
    let (status, body) = send(aws, (region, service), ("POST", "/"), format!("Action={form}")).await;
    assert_eq!(status, 200, "{form}: {body}");
    body
}

async fn send(
    aws: &Caller,
    (region, service): (&str, &str),
    (method, path): (&str, &str),
    body: String,
) -> (u16, String) {
    let scope = format!("{ACCOUNT}/20260101/{region}/{service}/aws4_request");
    let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
    let request = Request::builder().method(method).uri(path).header("host", "simulator");
    let request = request.header("authorization", authorization).body(Bytes::from(body)).unwrap();
    let response = aws.sim.call(request).await;
    (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
}

/// API Gateway in Beijing.
async fn beijing(aws: &Caller, method: &str, path: &str, body: Value) -> Value {
    let (status, text) = send(aws, ("cn-north-1", "apigateway"), (method, path), body.to_string()).await;
    assert!(status < 300, "{path}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

const BALANCER: &str = "CreateLoadBalancer&Name=one&Type=network&Scheme=internal&Subnets.member.1={subnet}";

async fn api_arns(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let link = api.aws.link(&api.aws.balancer("x").await).await;
    let below = |path: String, account: &str| {
        format!("/tags/arn%3Aaws%3Aapigateway%3Aeu-central-1%3A{account}%3A{}", path.replace('/', "%2F"))
    };
    for path in [format!("/restapis/{}", api.id), format!("/restapis/{}{stage}", api.id), format!("/vpclinks/{link}")] {
        let tags = || json!({"tags": {"a": "b"}});
        assert_eq!(api.aws.api("PUT", &below(path.clone(), ""), tags()).await.0, 204, "{path}");
        assert_eq!(api.aws.api("PUT", &below(path.clone(), ACCOUNT), tags()).await.0, 400, "{path}");
    }
}

async fn identity(aws: Caller) {
    let body = call(&aws, "eu-central-1", "sts", "GetCallerIdentity").await;
    assert_eq!(element(&body, "Account"), ACCOUNT);
    assert!(element(&body, "Arn").starts_with(&format!("arn:aws:iam::{ACCOUNT}:")) && body.contains("<UserId>"));
}

async fn partitions(aws: Caller) {
    for (region, partition) in [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-east-1", "aws")] {
        let arn = element(&call(&aws, region, "elasticloadbalancing", BALANCER).await, "LoadBalancerArn");
        assert!(arn.starts_with(&format!("arn:{partition}:elasticloadbalancing:{region}:")), "{arn}");
        let arn = element(&call(&aws, region, "sts", "GetCallerIdentity").await, "Arn");
        assert!(arn.starts_with(&format!("arn:{partition}:")), "{arn}");
    }
}

async fn china_names(aws: Caller) {
    let name = element(&call(&aws, "cn-north-1", "elasticloadbalancing", BALANCER).await, "DNSName");
    assert!(name.ends_with(".elb.cn-north-1.amazonaws.com.cn"), "{name}");
    let form =
        "CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&ServiceName=cn.com.amazonaws.cn-north-1.execute-api";
    let body = call(&aws, "cn-north-1", "ec2", form).await;
    assert!(element(&body, "dnsName").ends_with(".execute-api.cn-north-1.vpce.amazonaws.com.cn"), "{body}");
    assert!(body.contains("<dnsName>*.execute-api.cn-north-1.amazonaws.com.cn</dnsName>"), "{body}");
}

async fn china_services(aws: Caller) {
    let body = call(&aws, "cn-north-1", "ec2", "DescribeVpcEndpointServices").await;
    assert!(body.contains("<serviceName>cn.com.amazonaws.cn-north-1.execute-api</serviceName>"));
    assert!(body.contains("<serviceName>cn.com.amazonaws.cn-north-1.ec2</serviceName>"));
    for name in ["logs", "s3", "sts"] {
        assert!(body.contains(&format!("<serviceName>com.amazonaws.cn-north-1.{name}</serviceName>")));
    }
}

async fn govcloud_services(aws: Caller) {
    let body = call(&aws, "us-gov-west-1", "ec2", "DescribeVpcEndpointServices").await;
    assert!(body.contains("<serviceName>com.amazonaws.us-gov-west-1.execute-api</serviceName>"));
}

async fn api_gateway_arns(aws: Caller) {
    let api = text(&beijing(&aws, "POST", "/restapis", json!({"name": "x"})).await, "id");
    for (partition, expected) in [("aws-cn", 204), ("aws", 400)] {
        let arn = format!("arn:{partition}:apigateway:cn-north-1::/restapis/{api}");
        let path = format!("/tags/{}", arn.replace(':', "%3A").replace('/', "%2F"));
        let body = json!({"tags": {"a": "b"}}).to_string();
        let (status, body) = send(&aws, ("cn-north-1", "apigateway"), ("PUT", &path), body).await;
        assert_eq!(status, expected, "{body}");
    }
}

async fn china_calls(aws: Caller) {
    let open = "AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0";
    call(&aws, "cn-north-1", "ec2", open).await;
    let form = "CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&SubnetId.1={subnet}&ServiceName=cn.com.amazonaws.cn-north-1.execute-api";
    call(&aws, "cn-north-1", "ec2", form).await;
    later(120).await;
    let configuration = json!({"types": ["PRIVATE"]});
    let made = json!({"name": "x", "endpointConfiguration": configuration});
    let api = text(&beijing(&aws, "POST", "/restapis", made).await, "id");
    let mock = json!({"x-amazon-apigateway-integration": {"type": "mock"}});
    let mut document = document(json!({"/x": {"get": mock}}));
    document["x-amazon-apigateway-policy"]["Statement"][0]["Effect"] = json!("Deny");
    beijing(&aws, "PUT", &format!("/restapis/{api}?mode=overwrite"), document).await;
    beijing(&aws, "POST", &format!("/restapis/{api}/deployments"), json!({"stageName": "v1"})).await;
    for (suffix, status) in [("amazonaws.com.cn", 403), ("amazonaws.com", 502)] {
        let host = format!("{api}.execute-api.cn-north-1.{suffix}");
        let request = Request::builder().uri("/v1/x").header("host", host).body(Bytes::new()).unwrap();
        let response = aws.sim.call(request).await;
        let body = String::from_utf8_lossy(response.body()).into_owned();
        assert_eq!(response.status(), status, "{body}");
        assert_eq!(body.contains("arn:aws-cn:execute-api:cn-north-1:********3333:"), status == 403, "{body}");
    }
}
