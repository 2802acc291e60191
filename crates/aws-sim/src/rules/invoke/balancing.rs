//! From the VPC link to a target.

use serde_json::{Value, json};

use crate::rules::{Rule, proof, sourced, unverified};
use crate::testing::shop::Shop;
use crate::testing::{Caller, element, later};

const LINK: &str = "13.7 From the link to a target";
const PRIVATE_INTEGRATION: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-nlb-for-vpclink-using-console.html";
const GROUPS: &str =
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html";
const HEALTH: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html";
const TARGET_HEALTH: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health.html";
const TARGETS: &str =
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html";
const LISTENERS: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html";
const MODEL: &str = crate::rules::ELB_MODEL;

pub const RULES: &[Rule] = &[
    sourced(
        LINK,
        "A link that is not AVAILABLE is 500 `Internal server error`.",
        "LocalStack's AWS-validated snapshots",
        proof!(link_gone),
    ),
    sourced(LINK, "The port of the integration's uri picks the listener.", PRIVATE_INTEGRATION, proof!(port)),
    sourced(LINK, "Without a port in the uri, http means 80.", MODEL, proof!(default_port)),
    sourced(LINK, "The host of the integration's uri does not pick the destination.", MODEL, proof!(any_host)),
    unverified(
        LINK,
        "Without a listener on the port: 504 `Network error communicating with endpoint`.",
        proof!(no_listener),
    ),
    unverified(LINK, "A TLS listener does not understand an http uri: 504.", proof!(tls_listener)),
    unverified(LINK, "A UDP listener carries no HTTP: 504.", proof!(udp_listener)),
    sourced(
        LINK,
        "Inbound rules count for PrivateLink traffic unless switched off: without a rule for everybody, 504 `Endpoint request timed out`.",
        GROUPS,
        proof!(enforced),
    ),
    sourced(LINK, "A rule for everybody on the listener's port lets API Gateway in.", GROUPS, proof!(everybody)),
    sourced(LINK, "Inbound rules for the VPC's own addresses do not let API Gateway in.", GROUPS, proof!(vpc_only)),
    sourced(LINK, "With the rule switched off, inbound rules do not count.", GROUPS, proof!(not_enforced)),
    sourced(LINK, "A load balancer without security groups lets everything in.", GROUPS, proof!(no_groups)),
    sourced(LINK, "Traffic to targets obeys the outbound rules.", GROUPS, proof!(outbound)),
    sourced(LINK, "A target group of weight 0 gets nothing.", LISTENERS, proof!(weight_zero)),
    sourced(LINK, "Target groups share requests by weight.", LISTENERS, proof!(weights)),
    sourced(LINK, "Requests are spread over the healthy targets.", TARGETS, proof!(spread)),
    sourced(LINK, "A target that is draining gets no new request.", TARGETS, proof!(draining)),
    sourced(LINK, "A target gets nothing until its initial health check is over.", HEALTH, proof!(initial)),
    sourced(
        LINK,
        "When no target is healthy, the unhealthy ones get requests: the balancer fails open.",
        HEALTH,
        proof!(fail_open),
    ),
    sourced(LINK, "An unhealthy target gets nothing while another one is healthy.", HEALTH, proof!(healthy_only)),
    sourced(
        LINK,
        "Unhealthy targets get requests too while fewer are healthy than unhealthy_state_routing demands.",
        TARGET_HEALTH,
        proof!(minimum),
    ),
    unverified(LINK, "A target group without targets: 504 `Network error communicating with endpoint`.", proof!(empty)),
];

async fn link_gone(aws: Caller) {
    let shop = Shop::open(aws).await;
    shop.serve(json!({"/x": {"get": shop.proxy("/x", json!({"connectionId": "${stageVariables.link}"}))}})).await;
    shop.patch_stage("/variables/link", &shop.link).await;
    assert_eq!(shop.get("/v1/x").await.status, 200);
    shop.aws.api("DELETE", &format!("/vpclinks/{}", shop.link), Value::Null).await;
    shop.get("/v1/x").await.server_error();
    later(60).await;
    shop.get("/v1/x").await.server_error();
}

/// A target group with one target, on a listener of another port and protocol.
async fn second(shop: &Shop, port: u16, protocol: &str, group_protocol: &str, address: &str) -> String {
    let vpc = &shop.aws.fresh.vpc_id;
    let form = format!("CreateTargetGroup&Name=second&Protocol={group_protocol}&Port=3001&VpcId={vpc}&TargetType=ip");
    let group = element(&shop.elb(&form).await, "TargetGroupArn");
    shop.elb(&format!("RegisterTargets&TargetGroupArn={group}&Targets.member.1.Id={address}")).await;
    let certificate = if protocol == "TLS" {
        "&Certificates.member.1.CertificateArn=arn:aws:acm:eu-central-1:111122223333:certificate/1"
    } else {
        ""
    };
    shop.elb(&format!(
        "CreateListener&LoadBalancerArn={}&Protocol={protocol}&Port={port}{certificate}&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}",
        shop.balancer
    ))
    .await;
    later(30).await;
    group
}

async fn serve_uri(shop: &Shop, uri: &str) {
    shop.serve(json!({"/x": {"get": shop.proxy("", json!({"uri": uri}))}})).await;
}

async fn port(aws: Caller) {
    let shop = Shop::open(aws).await;
    second(&shop, 3002, "TCP", "TCP", "172.31.0.11").await;
    for (port, target) in [(3001, "172.31.0.10:3001"), (3002, "172.31.0.11:3001")] {
        serve_uri(&shop, &format!("http://backend:{port}/x")).await;
        assert_eq!(shop.get("/v1/x").await.json["target"], target);
    }
}

async fn default_port(aws: Caller) {
    let shop = Shop::open(aws).await;
    second(&shop, 80, "TCP", "TCP", "172.31.0.11").await;
    serve_uri(&shop, "http://backend/x").await;
    assert_eq!(shop.get("/v1/x").await.json["target"], "172.31.0.11:3001");
}

async fn any_host(aws: Caller) {
    let shop = Shop::open(aws).await;
    serve_uri(&shop, "http://nowhere.example:3001/x").await;
    assert_eq!(shop.get("/v1/x").await.json["target"], "172.31.0.10:3001");
}

async fn no_listener(aws: Caller) {
    let shop = Shop::open(aws).await;
    serve_uri(&shop, "http://backend:9999/x").await;
    shop.get("/v1/x").await.no_network();
}

async fn tls_listener(aws: Caller) {
    let shop = Shop::open(aws).await;
    second(&shop, 3002, "TLS", "TLS", "172.31.0.11").await;
    serve_uri(&shop, "http://backend:3002/x").await;
    shop.get("/v1/x").await.no_network();
    serve_uri(&shop, "https://backend:3002/x").await;
    assert_eq!(shop.get("/v1/x").await.status, 200);
}

async fn udp_listener(aws: Caller) {
    let shop = Shop::open(aws).await;
    second(&shop, 3002, "UDP", "UDP", "172.31.0.11").await;
    serve_uri(&shop, "http://backend:3002/x").await;
    shop.get("/v1/x").await.no_network();
}

async fn guarded(aws: Caller) -> Shop {
    let shop = Shop::guarded(aws).await;
    serve_uri(&shop, "http://backend:3001/x").await;
    shop
}

async fn admit(shop: &Shop, cidr: &str) {
    let group = &shop.aws.fresh.security_group_id;
    shop.ec2(&format!(
        "AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=3001&IpPermissions.1.ToPort=3001&IpPermissions.1.IpRanges.1.CidrIp={cidr}"
    ))
    .await;
}

async fn switch_off(shop: &Shop) {
    let group = &shop.aws.fresh.security_group_id;
    shop.elb(&format!(
        "SetSecurityGroups&LoadBalancerArn={}&SecurityGroups.member.1={group}&EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic=off",
        shop.balancer
    ))
    .await;
}

async fn enforced(aws: Caller) {
    guarded(aws).await.get("/v1/x").await.timed_out();
}

async fn everybody(aws: Caller) {
    let shop = guarded(aws).await;
    admit(&shop, "0.0.0.0/0").await;
    assert_eq!(shop.get("/v1/x").await.status, 200);
}

async fn vpc_only(aws: Caller) {
    let shop = guarded(aws).await;
    admit(&shop, "172.31.0.0/16").await;
    shop.get("/v1/x").await.timed_out();
}

async fn not_enforced(aws: Caller) {
    let shop = guarded(aws).await;
    switch_off(&shop).await;
    assert_eq!(shop.get("/v1/x").await.status, 200);
}

async fn no_groups(aws: Caller) {
    assert_eq!(Shop::plain(aws).await.get("/v1/x").await.status, 200);
}

async fn outbound(aws: Caller) {
    let shop = guarded(aws).await;
    switch_off(&shop).await;
    let group = &shop.aws.fresh.security_group_id;
    shop.ec2(&format!(
        "RevokeSecurityGroupEgress&GroupId={group}&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"
    ))
    .await;
    shop.get("/v1/x").await.timed_out();
}

/// Forwards to the first group and a second one, by weight.
async fn weighted(shop: &Shop, weights: (u32, u32)) {
    let second = second(shop, 3002, "TCP", "TCP", "172.31.0.11").await;
    let listeners = shop.elb(&format!("DescribeListeners&LoadBalancerArn={}", shop.balancer)).await;
    for part in listeners.split("<ListenerArn>").skip(1) {
        let arn = part.split('<').next().unwrap();
        if part.contains("<Port>3002<") {
            shop.elb(&format!("DeleteListener&ListenerArn={arn}")).await;
        } else {
            let action = "DefaultActions.member.1";
            let tuple = |number: u32, arn: &str, weight: u32| {
                let member = format!("{action}.ForwardConfig.TargetGroups.member.{number}");
                format!("&{member}.TargetGroupArn={arn}&{member}.Weight={weight}")
            };
            let groups = tuple(1, &shop.group, weights.0) + &tuple(2, &second, weights.1);
            shop.elb(&format!("ModifyListener&ListenerArn={arn}&{action}.Type=forward{groups}")).await;
        }
    }
    // The second group has been out of use in between, so its target is checked anew.
    later(30).await;
}

/// How many of 200 requests reach the second target.
async fn share(shop: &Shop) -> u32 {
    let mut share = 0;
    for _ in 0..200 {
        let reply = shop.get("/v1/x").await;
        assert_eq!(reply.status, 200, "{reply:?}");
        share += u32::from(reply.json["target"] == "172.31.0.11:3001");
    }
    share
}

async fn weight_zero(aws: Caller) {
    let shop = Shop::plain(aws).await;
    weighted(&shop, (0, 1)).await;
    assert_eq!(share(&shop).await, 200);
}

async fn weights(aws: Caller) {
    let shop = Shop::plain(aws).await;
    weighted(&shop, (75, 25)).await;
    let share = share(&shop).await;
    assert!((25..80).contains(&share), "{share} of 200");
}

async fn register(shop: &Shop, address: &str) {
    shop.elb(&format!("RegisterTargets&TargetGroupArn={}&Targets.member.1.Id={address}", shop.group)).await;
}

async fn spread(aws: Caller) {
    let shop = Shop::plain(aws).await;
    register(&shop, "172.31.0.11").await;
    later(30).await;
    let share = share(&shop).await;
    assert!((70..130).contains(&share), "{share} of 200");
}

async fn draining(aws: Caller) {
    let shop = Shop::plain(aws).await;
    register(&shop, "172.31.0.11").await;
    later(30).await;
    shop.elb(&format!("DeregisterTargets&TargetGroupArn={}&Targets.member.1.Id=172.31.0.10", shop.group)).await;
    assert_eq!(share(&shop).await, 200);
}

async fn initial(aws: Caller) {
    let shop = Shop::plain(aws).await;
    register(&shop, "172.31.0.11").await;
    assert_eq!(share(&shop).await, 0);
    later(30).await;
    assert!(share(&shop).await > 0);
}

/// A shop with two targets, of which only the second really is there.
async fn half_alive() -> Shop {
    let server = crate::testing::server::Server::start();
    let pairs = [("172.31.0.10:3001", crate::testing::server::nobody()), ("172.31.0.11:3001", server.address)];
    let shop = Shop::plain(crate::testing::server::resolving(&pairs)).await;
    register(&shop, "172.31.0.11").await;
    later(30).await;
    shop
}

async fn healthy_only(_: Caller) {
    let shop = half_alive().await;
    for _ in 0..8 {
        shop.get("/v1/x").await.is(200, json!({"who": "real"}));
    }
}

async fn fail_open(_: Caller) {
    let server = crate::testing::server::Server::start();
    server.answer(500);
    let shop = Shop::plain(crate::testing::server::resolving(&[("172.31.0.10:3001", server.address)])).await;
    let check = "HealthCheckProtocol=HTTP&HealthCheckIntervalSeconds=10&HealthCheckTimeoutSeconds=5";
    shop.elb(&format!("ModifyTargetGroup&TargetGroupArn={}&{check}", shop.group)).await;
    let health = shop.elb(&format!("DescribeTargetHealth&TargetGroupArn={}", shop.group)).await;
    assert_eq!(element(&health, "State"), "unhealthy");
    assert_eq!(shop.get("/v1/x").await.status, 500);
    assert!(server.requests().iter().any(|request| request.starts_with("get /x ")), "the request arrived");
}

async fn minimum(_: Caller) {
    let shop = half_alive().await;
    let key = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count";
    let attribute = format!("Attributes.member.1.Key={key}&Attributes.member.1.Value=2");
    shop.elb(&format!("ModifyTargetGroupAttributes&TargetGroupArn={}&{attribute}", shop.group)).await;
    let mut refused = 0;
    for _ in 0..16 {
        refused += u32::from(shop.get("/v1/x").await.status == 504);
    }
    assert!((1..16).contains(&refused), "{refused} of 16");
}

async fn empty(aws: Caller) {
    let shop = Shop::plain(aws).await;
    shop.elb(&format!("DeregisterTargets&TargetGroupArn={}&Targets.member.1.Id=172.31.0.10", shop.group)).await;
    later(301).await;
    shop.get("/v1/x").await.no_network();
}
