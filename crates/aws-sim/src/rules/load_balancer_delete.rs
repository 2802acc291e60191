//! Deleting network load balancers, and their quotas.

use serde_json::Value;

use super::load_balancer_change::set;
use super::network::{NLB_DOCS, elb, elb_code, elb_refuses};
use super::{ELB_MODEL as MODEL, Rule, left_out, proof, sourced, unverified};
use crate::testing::{Caller, element, later};

const DELETE: &str = "4.7 Deleting a load balancer";
const QUOTAS: &str = "4.8 Quotas of load balancers";
const IN_USE: &str = "hashicorp/terraform#18753, cloud-custodian/cloud-custodian#9921";

pub const RULES: &[Rule] = &[
    sourced(DELETE, "Listeners go with the balancer, target groups stay.", MODEL, proof!(listeners_go)),
    sourced(DELETE, "Deleting a missing balancer is a success.", MODEL, proof!(idempotent)),
    sourced(
        DELETE,
        "Deletion protection is an OperationNotPermitted.",
        "hashicorp/terraform-provider-aws#2512",
        proof!(protected),
    ),
    sourced(
        DELETE,
        "A VPC link holds it: ResourceInUse, currently associated with another service.",
        IN_USE,
        proof!(in_use),
    ),
    unverified(DELETE, "It is held for 15 seconds after the link is gone.", proof!(in_use)),
    unverified(DELETE, "The name can be taken again at once.", proof!(name_again)),
    sourced(QUOTAS, "A balancer has up to 50 listeners.", NLB_DOCS, proof!(fifty_listeners)),
    sourced(QUOTAS, "A balancer has up to 25 certificates.", NLB_DOCS, proof!(certificates)),
    sourced(QUOTAS, "A balancer has up to 500 targets in a zone.", NLB_DOCS, proof!(targets_per_zone)),
    sourced(
        QUOTAS,
        "A balancer has up to 500 targets in all with cross-zone load balancing, otherwise 3000.",
        NLB_DOCS,
        proof!(targets_in_all),
    ),
    left_out(QUOTAS, "A VPC has up to 1200 interfaces of network load balancers.", "50 balancers don't get that far"),
    sourced(QUOTAS, "DescribeAccountLimits tells the quotas.", MODEL, proof!(limits)),
];

async fn listeners_go(aws: Caller) {
    let (arn, group) = (aws.balancer("x").await, aws.target_group("g").await);
    let listener = element(&aws.listener(&arn, 80, &group).await.1, "ListenerArn");
    elb(&aws, &format!("DeleteLoadBalancer&LoadBalancerArn={arn}")).await;
    elb_code(&aws, &format!("DescribeListeners&ListenerArns.member.1={listener}"), "ListenerNotFound").await;
    elb(&aws, &format!("DescribeTargetGroups&TargetGroupArns.member.1={group}")).await;
}

async fn idempotent(aws: Caller) {
    let arn = aws.balancer("x").await;
    for _ in 0..2 {
        elb(&aws, &format!("DeleteLoadBalancer&LoadBalancerArn={arn}")).await;
    }
}

async fn protected(aws: Caller) {
    let arn = aws.balancer("x").await;
    elb(&aws, &set(&arn, &[("deletion_protection.enabled", "true")])).await;
    let message = format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled");
    elb_refuses(&aws, &format!("DeleteLoadBalancer&LoadBalancerArn={arn}"), "OperationNotPermitted", &message).await;
}

async fn in_use(aws: Caller) {
    let arn = aws.balancer("x").await;
    let link = format!("/vpclinks/{}", aws.link(&arn).await);
    let delete = format!("DeleteLoadBalancer&LoadBalancerArn={arn}");
    let message =
        format!("Load balancer '{arn}' cannot be deleted because it is currently associated with another service");
    elb_refuses(&aws, &delete, "ResourceInUse", &message).await;
    aws.api("DELETE", &link, Value::Null).await;
    while aws.api("GET", &link, Value::Null).await.0 != 404 {
        later(1).await;
    }
    elb_refuses(&aws, &delete, "ResourceInUse", &message).await;
    later(15).await;
    elb(&aws, &delete).await;
}

async fn name_again(aws: Caller) {
    let arn = aws.balancer("x").await;
    elb(&aws, &format!("DeleteLoadBalancer&LoadBalancerArn={arn}")).await;
    assert_ne!(aws.balancer("x").await, arn);
}

async fn fifty_listeners(aws: Caller) {
    let (arn, group) = (aws.balancer("x").await, aws.target_group("g").await);
    for port in 1..=50 {
        assert_eq!(aws.listener(&arn, port, &group).await.0, 200);
    }
    let (status, body) = aws.listener(&arn, 51, &group).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, "TooManyListeners"));
}

async fn certificates(aws: Caller) {
    let (arn, group) = (aws.balancer("x").await, aws.target_group("g").await);
    let listener = |port: usize| {
        let certificate = format!("arn:aws:acm:eu-central-1:{}:certificate/c{port}", crate::testing::ACCOUNT);
        format!(
            "CreateListener&LoadBalancerArn={arn}&Protocol=TLS&Port={port}&Certificates.member.1.CertificateArn={certificate}&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}"
        )
    };
    for port in 1..=25 {
        elb(&aws, &listener(port)).await;
    }
    elb_code(&aws, &listener(26), "TooManyCertificates").await;
}

/// Registers addresses of a subnet's range, 250 in a call.
async fn register(aws: &Caller, group: &str, third: usize, calls: usize) -> (u16, String) {
    let mut reply = (200, String::new());
    for call in 0..calls {
        let target = |number: usize| format!("&Targets.member.{number}.Id=172.31.{}.{number}", third + call);
        let targets: String = (1..=250).map(target).collect();
        reply = aws.elb(&format!("RegisterTargets&TargetGroupArn={group}{targets}")).await;
    }
    reply
}

async fn targets_per_zone(aws: Caller) {
    let (arn, group) = (aws.balancer("x").await, aws.target_group("g").await);
    aws.listener(&arn, 80, &group).await;
    elb(&aws, &format!("DeregisterTargets&TargetGroupArn={group}&Targets.member.1.Id=172.31.0.10")).await;
    assert_eq!(register(&aws, &group, 1, 2).await.0, 200);
    let (status, body) = register(&aws, &group, 3, 1).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, "TooManyTargets"));
    assert_eq!(register(&aws, &group, 17, 1).await.0, 200, "another zone");
}

async fn targets_in_all(aws: Caller) {
    let (arn, group) = (aws.balancer("x").await, aws.target_group("g").await);
    aws.listener(&arn, 80, &group).await;
    assert_eq!(register(&aws, &group, 1, 1).await.0, 200);
    elb(&aws, &set(&arn, &[("load_balancing.cross_zone.enabled", "true")])).await;
    let (status, body) = register(&aws, &group, 17, 1).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, "TooManyTargets"));
    elb(&aws, &set(&arn, &[("load_balancing.cross_zone.enabled", "false")])).await;
    assert_eq!(register(&aws, &group, 17, 1).await.0, 200);
}

async fn limits(aws: Caller) {
    let body = elb(&aws, "DescribeAccountLimits").await;
    assert!(body.contains("<Max>50</Max><Name>network-load-balancers</Name>"), "{body}");
}
