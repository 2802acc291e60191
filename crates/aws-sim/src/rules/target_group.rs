//! Target groups: creating, registering, deleting.

use super::network::{NLB_DOCS, NLB_GUIDE, TF_TARGETS, count, elb, elb_code, elb_refuses, subnet, vpc};
use super::{ELB_MODEL as MODEL, Rule, left_out, proof, sourced, unverified};
use crate::testing::{Caller, element, later};

const CREATE: &str = "5.1 Creating a target group";
const REGISTER: &str = "5.4 Targets";
const DELETE: &str = "5.5 Deleting a target group";
const QUOTAS: &str = "5.6 Quotas of target groups";

pub const RULES: &[Rule] = &[
    sourced(
        CREATE,
        "A name has up to 32 letters, digits and hyphens, and no hyphen at its ends.",
        MODEL,
        proof!(names),
    ),
    sourced(
        CREATE,
        "Protocol, port and VPC are required.",
        "cdk-preflight, rule pf-elbv2-tg-vpc-required-non-lambda",
        proof!(required),
    ),
    sourced(
        CREATE,
        "Protocol and address type are of their enumerations, a port is 1 to 65535.",
        MODEL,
        proof!(enumerations),
    ),
    unverified(CREATE, "An unknown VPC is a ValidationError.", proof!(unknown_vpc)),
    sourced(CREATE, "Without a target type it is instance.", MODEL, proof!(default_type)),
    sourced(CREATE, "Repeating a creation with the same settings gives the existing group.", MODEL, proof!(idempotent)),
    sourced(
        CREATE,
        "With other settings it is a DuplicateTargetGroupName.",
        "fortinet/fortigate-terraform-deploy#21",
        proof!(duplicate),
    ),
    sourced(
        CREATE,
        "ModifyTargetGroup changes health checks only: port and protocol stay.",
        TF_TARGETS,
        proof!(immutable),
    ),
    sourced(CREATE, "A group for an application load balancer has protocol TCP.", NLB_GUIDE, proof!(alb_protocol)),
    left_out(
        CREATE,
        "A group for a Lambda function can be made, and network load balancers refuse it.",
        "Lambda is not simulated; the simulator refuses the group itself",
    ),
    sourced(CREATE, "IPv6 groups have the target type ip.", NLB_GUIDE, proof!(ipv6_type)),
    sourced(CREATE, "IPv6 groups need a dualstack balancer.", NLB_GUIDE, proof!(ipv6_balancer)),
    sourced(REGISTER, "Registering twice is a success and makes one target.", MODEL, proof!(register_twice)),
    sourced(REGISTER, "Deregistering an unknown target is a success.", MODEL, proof!(deregister_unknown)),
    sourced(REGISTER, "An unknown group is a TargetGroupNotFound.", MODEL, proof!(unknown_group)),
    sourced(
        REGISTER,
        "A target of type alb is an application load balancer of the VPC.",
        NLB_GUIDE,
        proof!(alb_target),
    ),
    sourced(
        REGISTER,
        "It needs a listener on the port of the target.",
        "ministryofjustice/modernisation-platform#5846",
        proof!(alb_target),
    ),
    sourced(
        DELETE,
        "A listener holds its group: ResourceInUse, currently in use by a listener or a rule.",
        TF_TARGETS,
        proof!(in_use),
    ),
    sourced(DELETE, "It is held for a moment after the listener is gone.", TF_TARGETS, proof!(released)),
    unverified(DELETE, "That moment is five seconds.", proof!(released)),
    unverified(DELETE, "Deleting a missing group is a success.", proof!(delete_twice)),
    sourced(DELETE, "Registered targets hold nothing.", MODEL, proof!(delete_twice)),
    sourced(
        DELETE,
        "A group belongs to one balancer: a second is a TargetGroupAssociationLimit.",
        MODEL,
        proof!(one_balancer),
    ),
    sourced(DELETE, "DescribeTargetGroups tells the balancer, and finds groups by it.", MODEL, proof!(by_balancer)),
    sourced(QUOTAS, "A region has up to 3000 groups, then TooManyTargetGroups.", NLB_DOCS, proof!(many_groups)),
    sourced(QUOTAS, "A group has up to 1000 targets, then TooManyTargets.", NLB_DOCS, proof!(many_targets)),
    sourced(QUOTAS, "A group has one application load balancer.", NLB_GUIDE, proof!(one_alb)),
    sourced(
        QUOTAS,
        "An application load balancer is behind two network load balancers at most.",
        NLB_GUIDE,
        proof!(two_groups),
    ),
];

/// A request for a group of some name and protocol.
pub(super) fn form(aws: &Caller, name: &str, protocol: &str, more: &str) -> String {
    let vpc = &aws.fresh.vpc_id;
    format!("CreateTargetGroup&Name={name}&Protocol={protocol}&Port=80&VpcId={vpc}{more}")
}

/// A group and its ARN.
pub(super) async fn made(aws: &Caller, name: &str, protocol: &str, more: &str) -> String {
    element(&elb(aws, &form(aws, name, protocol, more)).await, "TargetGroupArn")
}

async fn names(aws: Caller) {
    made(&aws, &"x".repeat(32), "TCP", "").await;
    for name in ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "-x", "x-", "x_y", "x.y"] {
        elb_code(&aws, &form(&aws, name, "TCP", ""), "ValidationError").await;
    }
    made(&aws, "internal-x", "TCP", "").await;
}

async fn required(aws: Caller) {
    for parameter in ["Protocol", "Port", "VpcId"] {
        let form = form(&aws, "g", "TCP", "").replace(&format!("&{parameter}="), "&Nothing=");
        elb_code(&aws, &form, "ValidationError").await;
    }
}

async fn enumerations(aws: Caller) {
    for (from, to) in [("=TCP", "=SCTP"), ("=80", "=0"), ("=80", "=65536"), ("&Name", "&IpAddressType=ipv5&Name")] {
        elb_code(&aws, &form(&aws, "g", "TCP", "").replace(from, to), "ValidationError").await;
    }
    let message = "1 validation error detected: Value '65536' at 'port' failed to satisfy constraint: Member must have value less than or equal to 65535";
    elb_refuses(&aws, &form(&aws, "g", "TCP", "").replace("=80", "=65536"), "ValidationError", message).await;
}

async fn unknown_vpc(aws: Caller) {
    let form = form(&aws, "g", "TCP", "").replace(&aws.fresh.vpc_id, "vpc-00000000000000000");
    elb_code(&aws, &form, "ValidationError").await;
}

async fn default_type(aws: Caller) {
    let body = elb(&aws, &form(&aws, "g", "TCP", "")).await;
    assert_eq!((element(&body, "TargetType").as_str(), element(&body, "IpAddressType").as_str()), ("instance", "ipv4"));
}

async fn idempotent(aws: Caller) {
    assert_eq!(made(&aws, "g", "TCP", "").await, made(&aws, "g", "TCP", "").await);
}

async fn duplicate(aws: Caller) {
    made(&aws, "g", "TCP", "").await;
    let message = "A target group with the same name 'g' exists, but with different settings";
    for (protocol, more) in [("TLS", ""), ("TCP", "&TargetType=ip"), ("TCP", "&HealthCheckIntervalSeconds=20")] {
        elb_refuses(&aws, &form(&aws, "g", protocol, more), "DuplicateTargetGroupName", message).await;
    }
}

async fn immutable(aws: Caller) {
    let arn = made(&aws, "g", "TCP", "").await;
    elb(&aws, &format!("ModifyTargetGroup&TargetGroupArn={arn}&Port=81&Protocol=TLS&HealthCheckIntervalSeconds=20"))
        .await;
    let body = elb(&aws, "DescribeTargetGroups").await;
    for (name, value) in [("Port", "80"), ("Protocol", "TCP"), ("HealthCheckIntervalSeconds", "20")] {
        assert_eq!(element(&body, name), value);
    }
}

async fn alb_protocol(aws: Caller) {
    elb_code(&aws, &form(&aws, "g", "TLS", "&TargetType=alb"), "ValidationError").await;
    made(&aws, "g", "TCP", "&TargetType=alb").await;
}

async fn ipv6_type(aws: Caller) {
    elb_code(&aws, &form(&aws, "g", "TCP", "&IpAddressType=ipv6"), "ValidationError").await;
    let body = elb(&aws, &form(&aws, "g", "TCP", "&IpAddressType=ipv6&TargetType=ip")).await;
    assert_eq!(element(&body, "IpAddressType"), "ipv6");
}

async fn ipv6_balancer(aws: Caller) {
    let group = made(&aws, "g", "TCP", "&IpAddressType=ipv6&TargetType=ip").await;
    let (status, body) = aws.listener(&aws.balancer("x").await, 80, &group).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, "InvalidConfigurationRequest"));
}

pub(super) fn register(group: &str, target: &str) -> String {
    format!("RegisterTargets&TargetGroupArn={group}&Targets.member.1.Id={target}")
}

async fn registered(aws: &Caller, group: &str) -> usize {
    count(&elb(aws, &format!("DescribeTargetHealth&TargetGroupArn={group}")).await, "<Id>")
}

async fn register_twice(aws: Caller) {
    let group = made(&aws, "g", "TCP", "&TargetType=ip").await;
    for _ in 0..2 {
        elb(&aws, &register(&group, "172.31.9.9")).await;
    }
    assert_eq!(registered(&aws, &group).await, 1);
}

async fn deregister_unknown(aws: Caller) {
    let group = made(&aws, "g", "TCP", "&TargetType=ip").await;
    elb(&aws, &register(&group, "172.31.9.9").replace("Register", "Deregister")).await;
}

async fn unknown_group(aws: Caller) {
    let group = made(&aws, "g", "TCP", "&TargetType=ip").await;
    elb(&aws, &format!("DeleteTargetGroup&TargetGroupArn={group}")).await;
    for operation in ["RegisterTargets", "DeregisterTargets", "DescribeTargetHealth"] {
        let form = register(&group, "172.31.9.9").replace("RegisterTargets", operation);
        elb_code(&aws, &form, "TargetGroupNotFound").await;
    }
}

/// An application load balancer with a listener on port 80.
pub(super) async fn application(aws: &Caller) -> String {
    let [one, two, _] = &aws.fresh.subnet_ids[..] else { panic!() };
    let form = format!("CreateLoadBalancer&Name=alb&Scheme=internal&Subnets.member.1={one}&Subnets.member.2={two}");
    let arn = element(&elb(aws, &form).await, "LoadBalancerArn");
    let group = made(aws, "web", "HTTP", "&HealthCheckProtocol=HTTP&TargetType=ip").await;
    let action = format!("DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}");
    elb(aws, &format!("CreateListener&LoadBalancerArn={arn}&Protocol=HTTP&Port=80&{action}")).await;
    arn
}

/// An application load balancer of another VPC with a listener on port 80.
async fn elsewhere(aws: &Caller) -> String {
    let vpc = vpc(aws, "10.0.0.0/16").await;
    let (one, two) = (subnet(aws, &vpc, "10.0.0.0/24", 'a').await, subnet(aws, &vpc, "10.0.1.0/24", 'b').await);
    let form = format!("CreateLoadBalancer&Name=else&Scheme=internal&Subnets.member.1={one}&Subnets.member.2={two}");
    let arn = element(&elb(aws, &form).await, "LoadBalancerArn");
    let form = format!("CreateTargetGroup&Name=else&Protocol=HTTP&Port=80&VpcId={vpc}&HealthCheckProtocol=HTTP");
    let group = element(&elb(aws, &form).await, "TargetGroupArn");
    let action = format!("DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}");
    elb(aws, &format!("CreateListener&LoadBalancerArn={arn}&Protocol=HTTP&Port=80&{action}")).await;
    arn
}

async fn alb_target(aws: Caller) {
    let group = made(&aws, "g", "TCP", "&TargetType=alb").await;
    elb_code(&aws, &register(&group, &aws.balancer("x").await), "InvalidTarget").await;
    elb_code(&aws, &register(&group, &elsewhere(&aws).await), "InvalidTarget").await;
    let alb = application(&aws).await;
    let message = "If the target type is ALB, the target must have at least one listener that matches the target group port or any specified port overrides";
    let other = format!("{alb}&Targets.member.1.Port=81");
    elb_refuses(&aws, &register(&group, &other), "ValidationError", message).await;
    elb(&aws, &register(&group, &alb)).await;
}

async fn in_use(aws: Caller) {
    let group = made(&aws, "g", "TCP", "").await;
    aws.listener(&aws.balancer("x").await, 80, &group).await;
    let message = format!("Target group '{group}' is currently in use by a listener or a rule");
    elb_refuses(&aws, &format!("DeleteTargetGroup&TargetGroupArn={group}"), "ResourceInUse", &message).await;
}

async fn released(aws: Caller) {
    let group = made(&aws, "g", "TCP", "").await;
    let (_, body) = aws.listener(&aws.balancer("x").await, 80, &group).await;
    elb(&aws, &format!("DeleteListener&ListenerArn={}", element(&body, "ListenerArn"))).await;
    let delete = format!("DeleteTargetGroup&TargetGroupArn={group}");
    elb_code(&aws, &delete, "ResourceInUse").await;
    later(5).await;
    elb(&aws, &delete).await;
}

async fn delete_twice(aws: Caller) {
    let group = aws.target_group("g").await;
    for _ in 0..2 {
        elb(&aws, &format!("DeleteTargetGroup&TargetGroupArn={group}")).await;
    }
}

async fn one_balancer(aws: Caller) {
    let group = made(&aws, "g", "TCP", "").await;
    aws.listener(&aws.balancer("one").await, 80, &group).await;
    let (status, body) = aws.listener(&aws.balancer("two").await, 80, &group).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, "TargetGroupAssociationLimit"));
}

async fn by_balancer(aws: Caller) {
    let (group, arn) = (made(&aws, "g", "TCP", "").await, aws.balancer("x").await);
    made(&aws, "other", "TCP", "").await;
    aws.listener(&arn, 80, &group).await;
    let body = elb(&aws, &format!("DescribeTargetGroups&LoadBalancerArn={arn}")).await;
    assert_eq!((count(&body, "<TargetGroupArn>"), element(&body, "TargetGroupArn")), (1, group));
    assert_eq!(element(&element(&body, "LoadBalancerArns"), "member"), arn);
}

async fn many_groups(aws: Caller) {
    for number in 0..3000 {
        made(&aws, &format!("g{number}"), "TCP", "").await;
    }
    elb_code(&aws, &form(&aws, "last", "TCP", ""), "TooManyTargetGroups").await;
}

async fn many_targets(aws: Caller) {
    let group = made(&aws, "g", "TCP", "&TargetType=ip").await;
    for third in 1..=4 {
        let target = |number: usize| format!("&Targets.member.{number}.Id=172.31.{third}.{number}");
        let targets: String = (1..=250).map(target).collect();
        elb(&aws, &format!("RegisterTargets&TargetGroupArn={group}{targets}")).await;
    }
    elb_code(&aws, &register(&group, "172.31.9.9"), "TooManyTargets").await;
}

async fn one_alb(aws: Caller) {
    let (group, alb) = (made(&aws, "g", "TCP", "&TargetType=alb").await, application(&aws).await);
    elb(&aws, &register(&group, &alb)).await;
    let action = format!(
        "DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={}",
        made(&aws, "web", "HTTP", "&HealthCheckProtocol=HTTP&TargetType=ip").await
    );
    elb(&aws, &format!("CreateListener&LoadBalancerArn={alb}&Protocol=HTTP&Port=81&{action}")).await;
    elb_code(&aws, &register(&group, &format!("{alb}&Targets.member.1.Port=81")), "TooManyTargets").await;
}

async fn two_groups(aws: Caller) {
    let alb = application(&aws).await;
    for name in ["one", "two"] {
        elb(&aws, &register(&made(&aws, name, "TCP", "&TargetType=alb").await, &alb)).await;
    }
    let third = made(&aws, "three", "TCP", "&TargetType=alb").await;
    elb_code(&aws, &register(&third, &alb), "TooManyRegistrationsForTargetId").await;
}
