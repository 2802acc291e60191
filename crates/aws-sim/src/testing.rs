//! A caller for unit tests: builds requests, takes answers apart, and builds the parts of a bundle.

pub mod server;
pub mod shop;

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use crate::{Config, Fresh, Sim};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-central-1";

/// A caller in one account.
pub struct Caller {
    pub sim: Sim,
    pub fresh: Fresh,
}

/// Status and body of an answer.
pub type Reply = (u16, String);

impl Caller {
    pub fn new() -> Caller {
        Caller::with(Config::default())
    }

    /// A caller of a simulator that behaves in another way.
    pub fn with(config: Config) -> Caller {
        let sim = Sim::new(Config { seed: 7, ..config });
        let fresh = sim.account(ACCOUNT, REGION);
        Caller { sim, fresh }
    }

    pub async fn send(&self, service: &str, method: &str, path: &str, body: String) -> Reply {
        let response = self.exchange(service, method, path, body).await;
        (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
    }

    /// Like [`Self::send`], with the headers of the answer.
    pub async fn exchange(&self, service: &str, method: &str, path: &str, body: String) -> Response<Bytes> {
        let scope = format!("{ACCOUNT}/20260101/{REGION}/{service}/aws4_request");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "simulator")
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"))
            .body(Bytes::from(body))
            .unwrap();
        self.sim.call(request).await
    }

    pub async fn ec2(&self, form: &str) -> Reply {
        self.send("ec2", "POST", "/", format!("Version=2016-11-15&Action={form}")).await
    }

    pub async fn elb(&self, form: &str) -> Reply {
        self.send("elasticloadbalancing", "POST", "/", format!("Version=2015-12-01&Action={form}")).await
    }

    pub async fn api(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let (status, text) = self.send("apigateway", method, path, text).await;
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// A data-plane request from the default VPC: status and body.
    pub async fn invoke(&self, api: &str, method: &str, path: &str) -> (u16, Value) {
        let host = format!("{api}.execute-api.{REGION}.amazonaws.com");
        let request = Request::builder().method(method).uri(path).header("host", host).body(Bytes::new()).unwrap();
        let response = self.sim.call(request).await;
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
    }

    /// An endpoint that is available, open to the VPC.
    pub async fn endpoint(&self) -> String {
        let group = &self.fresh.security_group_id;
        let rule = format!(
            "AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443&IpPermissions.1.ToPort=443&IpPermissions.1.IpRanges.1.CidrIp=172.31.0.0/16"
        );
        self.ec2(&rule).await;
        let (status, body) = self.ec2(&self.endpoint_form("")).await;
        assert_eq!(status, 200, "{body}");
        later(90).await;
        element(&body, "vpcEndpointId")
    }

    /// A CreateVpcEndpoint request in the first subnet.
    pub fn endpoint_form(&self, more: &str) -> String {
        format!(
            "CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={}&ServiceName=com.amazonaws.{REGION}.execute-api&SubnetId.1={}{more}",
            self.fresh.vpc_id, self.fresh.subnet_ids[0]
        )
    }

    /// An active load balancer without security groups.
    pub async fn balancer(&self, name: &str) -> String {
        let subnet = &self.fresh.subnet_ids[0];
        let form = format!("CreateLoadBalancer&Name={name}&Type=network&Scheme=internal&Subnets.member.1={subnet}");
        let (status, body) = self.elb(&form).await;
        assert_eq!(status, 200, "{body}");
        later(150).await;
        element(&body, "LoadBalancerArn")
    }

    /// A target group with one target that is past its first checks once thirty seconds are over.
    pub async fn target_group(&self, name: &str) -> String {
        let vpc = &self.fresh.vpc_id;
        let form = format!("CreateTargetGroup&Name={name}&Protocol=TCP&Port=3001&VpcId={vpc}&TargetType=ip");
        let arn = element(&self.elb(&form).await.1, "TargetGroupArn");
        self.elb(&format!("RegisterTargets&TargetGroupArn={arn}&Targets.member.1.Id=172.31.0.10")).await;
        arn
    }

    pub async fn listener(&self, balancer: &str, port: u16, group: &str) -> Reply {
        let form = format!(
            "CreateListener&LoadBalancerArn={balancer}&Protocol=TCP&Port={port}&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}"
        );
        self.elb(&form).await
    }

    /// A link that is available.
    pub async fn link(&self, balancer: &str) -> String {
        let (status, link) = self.api("POST", "/vpclinks", json!({"name": "link", "targetArns": [balancer]})).await;
        assert_eq!(status, 202);
        later(180).await;
        text(&link, "id")
    }

    /// A private API.
    pub async fn private_api(&self, endpoints: &[&str]) -> String {
        let configuration = json!({"types": ["PRIVATE"], "vpcEndpointIds": endpoints});
        let (status, api) =
            self.api("POST", "/restapis", json!({"name": "shop", "endpointConfiguration": configuration})).await;
        assert_eq!(status, 201, "{api}");
        text(&api, "id")
    }

    pub async fn put_api(&self, api: &str, mode: &str, document: Value) -> (u16, Value) {
        self.api("PUT", &format!("/restapis/{api}?mode={mode}"), document).await
    }

    /// A deployment and a stage `v1` that points at it.
    pub async fn deploy(&self, api: &str) -> String {
        let path = format!("/restapis/{api}/deployments");
        let (status, deployment) = self.api("POST", &path, json!({"stageName": "v1"})).await;
        assert_eq!(status, 201, "{deployment}");
        text(&deployment, "id")
    }
}

/// Lets virtual seconds pass.
pub async fn later(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// The text of the first element of a name.
pub fn element(xml: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let from = xml.find(&open).map(|at| at + open.len()).unwrap_or_else(|| panic!("no {name} in {xml}"));
    xml[from..from + xml[from..].find(&close).unwrap()].to_owned()
}

pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_owned()
}

/// A resource policy that allows everybody, with more in it.
pub fn open_policy(more: Option<Value>) -> Value {
    let allow =
        json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    let statements: Vec<Value> = [Some(allow), more].into_iter().flatten().collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// An integration through a link to a path on port 3001.
pub fn integration(link: &str, path: &str) -> Value {
    json!({
        "type": "http_proxy", "httpMethod": "ANY", "uri": format!("http://backend:3001{path}"),
        "connectionType": "VPC_LINK", "connectionId": link,
    })
}

/// An OpenAPI document.
pub fn document(paths: Value) -> Value {
    json!({
        "openapi": "3.0.1", "info": {"title": "shop", "version": "1"}, "x-amazon-apigateway-policy": open_policy(None),
        "paths": paths,
    })
}
