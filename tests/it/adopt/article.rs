//! The bundle that the article's code builds, call by call, and nothing that this provider would have made.

use std::time::Duration;

use serde_json::{Value, json};

use crate::handed_in::element;
use crate::world::World;

/// What was built.
pub struct Article {
    /// The REST API.
    pub api: String,
    /// The endpoint.
    pub endpoint: String,
    /// The load balancer.
    pub balancer: String,
    /// The VPC link.
    pub link: String,
    /// The deployment that the stage serves.
    pub deployment: String,
    /// The resources of the API, by path.
    pub resources: Vec<(&'static str, String)>,
}

/// Longer than anything takes to become ready.
const READY: Duration = Duration::from_secs(600);

impl Article {
    /// Builds it in the world's VPC.
    pub async fn build(world: &World) -> Self {
        let endpoint = endpoint(world).await;
        let balancer = balancer(world).await;
        tokio::time::sleep(READY).await;
        let body = json!({"name": "dev-vpc-link", "targetArns": [balancer.arn]});
        let link = id(&post(world, "/vpclinks", &body).await);
        tokio::time::sleep(READY).await;
        let body = json!({"name": "dev-rest-api", "endpointConfiguration": {"types": ["PRIVATE"], "vpcEndpointIds": [endpoint]}});
        let api = id(&post(world, "/restapis", &body).await);
        let at = format!("/restapis/{api}");
        set(world, &at, &[("/policy", &policy(&endpoint))]).await;
        let root = get(world, &at).await["rootResourceId"].as_str().expect("an id").to_string();
        let mut resources = Vec::new();
        for (path, verb, port) in ROUTES {
            let resource = id(&post(world, &format!("{at}/resources/{root}"), &json!({"pathPart": path})).await);
            let method = format!("{at}/resources/{resource}/methods/{verb}");
            put(world, &method, &json!({"authorizationType": "NONE"})).await;
            let integration = json!({
                "type": "HTTP_PROXY", "httpMethod": verb, "connectionType": "VPC_LINK", "connectionId": link,
                "uri": format!("http://{}:{port}/{path}", balancer.dns_name),
            });
            put(world, &format!("{method}/integration"), &integration).await;
            resources.push((path, resource));
        }
        let deployment = id(&post(world, &format!("{at}/deployments"), &json!({})).await);
        let stage = json!({"stageName": "deploy", "deploymentId": deployment});
        post(world, &format!("{at}/stages"), &stage).await;
        let metrics: Vec<String> =
            ROUTES.iter().map(|(path, verb, _)| format!("/~1{path}/{verb}/metrics/enabled")).collect();
        let metrics: Vec<(&str, &str)> = metrics.iter().map(|path| (path.as_str(), "true")).collect();
        set(world, &format!("{at}/stages/deploy"), &metrics).await;
        Self { api, endpoint, balancer: balancer.arn, link, deployment, resources }
    }
}

/// Path, method and port.
const ROUTES: [(&str, &str, u16); 3] = [("products", "GET", 3001), ("users", "GET", 3002), ("images", "POST", 3001)];

struct Balancer {
    arn: String,
    dns_name: String,
}

async fn endpoint(world: &World) -> String {
    let (vpc, callers) = (&world.fresh.vpc_id, &world.fresh.security_group_id);
    let group = format!("Action=CreateSecurityGroup&GroupName=dev-endpoint-sg&GroupDescription=Endpoint&VpcId={vpc}");
    let group = element(&ec2(world, &group).await, "groupId");
    let rule = format!(
        "Action=AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443\
         &IpPermissions.1.ToPort=443&IpPermissions.1.Groups.1.GroupId={callers}"
    );
    ec2(world, &rule).await;
    let made = format!(
        "Action=CreateVpcEndpoint&VpcId={vpc}&ServiceName=com.amazonaws.eu-central-1.execute-api&VpcEndpointType=Interface\
         &PrivateDnsEnabled=true&SecurityGroupId.1={group}{}",
        subnets(world, "SubnetId.")
    );
    element(&ec2(world, &made).await, "vpcEndpointId")
}

async fn balancer(world: &World) -> Balancer {
    let made = format!(
        "Action=CreateLoadBalancer&Name=dev-internal-lb&Type=network&Scheme=internal{}&Tags.member.1.Key=Name\
         &Tags.member.1.Value=internal",
        subnets(world, "Subnets.member.")
    );
    let made = elb(world, &made).await;
    let (arn, dns_name) = (element(&made, "LoadBalancerArn"), element(&made, "DNSName"));
    let cross_zone = format!(
        "Action=ModifyLoadBalancerAttributes&LoadBalancerArn={arn}&Attributes.member.1.Key=load_balancing.cross_zone.enabled\
         &Attributes.member.1.Value=true"
    );
    elb(world, &cross_zone).await;
    for (name, port) in [("prdct", 3001), ("users", 3002)] {
        let blue = group(world, &format!("dev-{name}-tg-blue"), port).await;
        group(world, &format!("dev-{name}-tg-green"), port).await;
        let listener = format!(
            "Action=CreateListener&LoadBalancerArn={arn}&Port={port}&Protocol=TCP&DefaultActions.member.1.Type=forward\
             &DefaultActions.member.1.TargetGroupArn={blue}"
        );
        elb(world, &listener).await;
    }
    Balancer { arn, dns_name }
}

async fn group(world: &World, name: &str, port: u16) -> String {
    let made = format!(
        "Action=CreateTargetGroup&Name={name}&Protocol=TCP&Port={port}&VpcId={}&TargetType=ip&HealthCheckProtocol=TCP\
         &HealthCheckPort={port}",
        world.fresh.vpc_id
    );
    element(&elb(world, &made).await, "TargetGroupArn")
}

/// As the article has it: short ARNs, single values where AWS keeps lists.
fn policy(endpoint: &str) -> String {
    let statement = |effect: &str| json!({"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": ["execute-api:/*"]});
    let mut deny = statement("Deny");
    deny["Condition"] = json!({"StringNotEquals": {"aws:SourceVpce": endpoint}});
    json!({"Version": "2012-10-17", "Statement": [statement("Allow"), deny]}).to_string()
}

fn subnets(world: &World, stem: &str) -> String {
    let all = world.fresh.subnet_ids.iter().enumerate();
    all.map(|(place, id)| format!("&{stem}{}={id}", place + 1)).collect()
}

/// A call of EC2.
pub async fn ec2(world: &World, call: &str) -> String {
    world.tamper("ec2", "POST", "/", &format!("{call}&Version=2016-11-15")).await
}

/// A call of Elastic Load Balancing.
pub async fn elb(world: &World, call: &str) -> String {
    world.tamper("elasticloadbalancing", "POST", "/", &format!("{call}&Version=2015-12-01")).await
}

/// Sets values by a patch.
pub async fn set(world: &World, path: &str, values: &[(&str, &str)]) {
    let operation = |(path, value): &(&str, &str)| json!({"op": "replace", "path": path, "value": value});
    let body = json!({"patchOperations": values.iter().map(operation).collect::<Vec<_>>()});
    world.tamper("apigateway", "PATCH", path, &body.to_string()).await;
}

/// Puts an object.
pub async fn put(world: &World, path: &str, body: &Value) {
    world.tamper("apigateway", "PUT", path, &body.to_string()).await;
}

/// Makes an object.
pub async fn post(world: &World, path: &str, body: &Value) -> Value {
    serde_json::from_str(&world.tamper("apigateway", "POST", path, &body.to_string()).await).expect("JSON")
}

async fn get(world: &World, path: &str) -> Value {
    serde_json::from_str(&world.tamper("apigateway", "GET", path, "").await).expect("JSON")
}

fn id(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_string()
}
