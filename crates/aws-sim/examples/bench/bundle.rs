//! Bundles, and the calls that look at them.

use std::time::Duration;

use aws_sim::Sim;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

const REGION: &str = "eu-central-1";
const PORTS: [u16; 3] = [3001, 3002, 3003];
/// Ten simulated minutes and more.
const READY: Duration = Duration::from_millis(100);

/// A call, ready to be sent any number of times.
#[derive(Debug, Clone)]
pub struct Call {
    account: String,
    service: &'static str,
    method: &'static str,
    path: String,
    body: Bytes,
}

/// The ids of a bundle.
pub struct Bundle {
    account: String,
    group: String,
    endpoint: String,
    balancer: String,
    target_groups: Vec<String>,
    link: String,
    api: String,
    deployment: String,
}

impl Call {
    /// The operation, or the path without its ids.
    pub fn name(&self) -> String {
        let form = String::from_utf8_lossy(&self.body);
        match form.split_once("Action=") {
            Some((_, action)) => action.split('&').next().unwrap_or_default().to_owned(),
            None => self.path.split(['/', '?']).skip(1).step_by(2).collect::<Vec<_>>().join("/"),
        }
    }

    pub fn request(&self) -> Request<Bytes> {
        let scope = format!("{}/20260101/{REGION}/{}/aws4_request", self.account, self.service);
        let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
        let request = Request::builder().method(self.method).uri(&self.path).header("host", "simulator");
        request.header("authorization", signature).body(self.body.clone()).expect("a request")
    }
}

fn form(account: &str, service: &'static str, form: String) -> Call {
    let version = if service == "ec2" { "2016-11-15" } else { "2015-12-01" };
    let body = Bytes::from(format!("Version={version}&Action={form}"));
    Call { account: account.to_owned(), service, method: "POST", path: "/".to_owned(), body }
}

fn rest(account: &str, method: &'static str, path: String, body: &Value) -> Call {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    Call { account: account.to_owned(), service: "apigateway", method, path, body }
}

/// Makes so many bundles, some in each account.
pub async fn build(sim: &Sim, count: usize, per_account: usize) -> Vec<Bundle> {
    let mut bundles = Vec::new();
    for number in 0..count {
        bundles.push(network(sim, number, 1 + number / per_account).await);
    }
    tokio::time::sleep(READY).await;
    for bundle in &mut bundles {
        let body = json!({"name": "link", "targetArns": [bundle.balancer]});
        bundle.link = id(sim, rest(&bundle.account, "POST", "/vpclinks".to_owned(), &body)).await;
    }
    tokio::time::sleep(READY).await;
    for bundle in &mut bundles {
        api(sim, bundle).await;
    }
    bundles
}

async fn network(sim: &Sim, number: usize, account: usize) -> Bundle {
    let account = format!("{account:012}");
    let fresh = sim.account(&account, REGION);
    let (vpc, subnets) = (&fresh.vpc_id, &fresh.subnet_ids);
    let made = async |service, text: String, name| element(&send(sim, form(&account, service, text)).await, name);
    let text = format!("CreateSecurityGroup&GroupName=bundle-{number}&GroupDescription=bench&VpcId={vpc}");
    let group = made("ec2", text, "groupId").await;
    let permission = "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443&IpPermissions.1.ToPort=443";
    let text = format!(
        "AuthorizeSecurityGroupIngress&GroupId={group}&{permission}&IpPermissions.1.IpRanges.1.CidrIp=172.31.0.0/16"
    );
    made("ec2", text, "return").await;
    let text = format!(
        "CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&ServiceName=com.amazonaws.{REGION}.execute-api&PrivateDnsEnabled=false&SecurityGroupId.1={group}&SubnetId.1={}&SubnetId.2={}",
        subnets[0], subnets[1]
    );
    let endpoint = made("ec2", text, "vpcEndpointId").await;
    let text = format!(
        "CreateLoadBalancer&Name=bundle-{number}&Type=network&Scheme=internal&Subnets.member.1={}&Subnets.member.2={}",
        subnets[0], subnets[1]
    );
    let balancer = made("elasticloadbalancing", text, "LoadBalancerArn").await;
    let mut target_groups = Vec::new();
    for port in PORTS {
        let text =
            format!("CreateTargetGroup&Name=bundle-{number}-{port}&Protocol=TCP&Port={port}&VpcId={vpc}&TargetType=ip");
        let arn = made("elasticloadbalancing", text, "TargetGroupArn").await;
        let text = format!("RegisterTargets&TargetGroupArn={arn}&Targets.member.1.Id=172.31.0.10");
        made("elasticloadbalancing", text, "RequestId").await;
        let text = format!(
            "CreateListener&LoadBalancerArn={balancer}&Protocol=TCP&Port={port}&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={arn}"
        );
        made("elasticloadbalancing", text, "ListenerArn").await;
        target_groups.push(arn);
    }
    let (link, api, deployment) = Default::default();
    Bundle { account, group, endpoint, balancer, target_groups, link, api, deployment }
}

async fn api(sim: &Sim, bundle: &mut Bundle) {
    let account = bundle.account.clone();
    let configuration = json!({"types": ["PRIVATE"], "vpcEndpointIds": [bundle.endpoint]});
    let body = json!({"name": "bundle", "endpointConfiguration": configuration});
    bundle.api = id(sim, rest(&account, "POST", "/restapis".to_owned(), &body)).await;
    let path = format!("/restapis/{}", bundle.api);
    let route = |number: u16| {
        let integration = json!({
            "type": "http_proxy", "httpMethod": "ANY", "uri": format!("http://backend:{}/", PORTS[usize::from(number) % 3]),
            "connectionType": "VPC_LINK", "connectionId": bundle.link,
        });
        (format!("/route-{number}"), json!({"get": {"x-amazon-apigateway-integration": integration}}))
    };
    let statement =
        json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    let document = json!({
        "openapi": "3.0.1", "info": {"title": "bundle", "version": "1"},
        "x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": [statement]},
        "paths": (0..5).map(route).collect::<serde_json::Map<_, _>>(),
    });
    send(sim, rest(&account, "PUT", format!("{path}?mode=overwrite"), &document)).await;
    bundle.deployment = id(sim, rest(&account, "POST", format!("{path}/deployments"), &json!({}))).await;
    let stage = json!({"stageName": "v1", "deploymentId": bundle.deployment});
    send(sim, rest(&account, "POST", format!("{path}/stages"), &stage)).await;
}

impl Bundle {
    /// One look at each of its parts.
    pub fn describes(&self) -> Vec<Call> {
        let Bundle { group, endpoint, balancer, target_groups, link, api, deployment, .. } = self;
        let ec2 = |text: String| form(&self.account, "ec2", text);
        let elb = |text: String| form(&self.account, "elasticloadbalancing", text);
        let get = |path: String| rest(&self.account, "GET", path, &Value::Null);
        let mut calls = vec![
            ec2(format!("DescribeSecurityGroups&GroupId.1={group}")),
            ec2(format!("DescribeSecurityGroupRules&Filter.1.Name=group-id&Filter.1.Value.1={group}")),
            ec2(format!("DescribeVpcEndpoints&VpcEndpointId.1={endpoint}")),
            ec2(format!(
                "DescribeNetworkInterfaces&Filter.1.Name=description&Filter.1.Value.1=VPC Endpoint Interface {endpoint}"
            )),
            elb(format!("DescribeLoadBalancers&LoadBalancerArns.member.1={balancer}")),
            elb(format!("DescribeLoadBalancerAttributes&LoadBalancerArn={balancer}")),
            elb(format!("DescribeListeners&LoadBalancerArn={balancer}")),
            elb(format!("DescribeTags&ResourceArns.member.1={balancer}")),
            get(format!("/vpclinks/{link}")),
            get(format!("/restapis/{api}")),
            get(format!("/restapis/{api}/resources?embed=methods&limit=500")),
            get(format!("/restapis/{api}/deployments/{deployment}")),
            get(format!("/restapis/{api}/stages/v1")),
        ];
        for arn in target_groups {
            calls.push(elb(format!("DescribeTargetGroups&TargetGroupArns.member.1={arn}")));
            calls.push(elb(format!("DescribeTargetHealth&TargetGroupArn={arn}")));
        }
        calls
    }
}

async fn send(sim: &Sim, call: Call) -> String {
    let response = sim.call(call.request()).await;
    let body = String::from_utf8_lossy(response.body()).into_owned();
    assert!(response.status().is_success(), "{call:?}: {body}");
    body
}

async fn id(sim: &Sim, call: Call) -> String {
    let answer: Value = serde_json::from_str(&send(sim, call).await).expect("JSON");
    answer["id"].as_str().expect("an id").to_owned()
}

/// The text of the first element of a name.
fn element(xml: &str, name: &str) -> String {
    let rest = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}")).1;
    rest.split('<').next().unwrap_or_default().to_owned()
}
