//! What is registered with a target group: addresses, instances, ports and zones.

use super::network::{elb, elb_code, elb_refuses};
use super::target_group::{application, made, register};
use super::{ELB_MODEL as MODEL, Rule, left_out, proof, sourced, unverified};
use crate::testing::{Caller, element, later};

const REGISTER: &str = "5.4 Targets";
const HEALTH: &str = "5.4 Target health";
const CHECKS: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html";

pub const RULES: &[Rule] = &[
    sourced(REGISTER, "An address is of the VPC, of RFC 1918 or of 100.64.0.0/10.", MODEL, proof!(addresses)),
    unverified(REGISTER, "Another address is an InvalidTarget.", proof!(addresses)),
    sourced(REGISTER, "An address outside the VPC needs a zone, or all.", MODEL, proof!(outside)),
    sourced(
        REGISTER,
        "Without one: The Availability Zone is required for IP address 'ADDRESS' because it is not in the VPC.",
        "kubernetes-sigs/aws-load-balancer-controller#3714",
        proof!(outside),
    ),
    unverified(REGISTER, "A zone that is none of the region is a ValidationError.", proof!(zones)),
    sourced(REGISTER, "Targets of type instance and alb have no zone.", MODEL, proof!(no_zone)),
    sourced(
        REGISTER,
        "A target of type instance is an id of an instance: Instance ID 'x' is not valid.",
        "kubernetes-sigs/aws-load-balancer-controller#328",
        proof!(instances),
    ),
    left_out(
        REGISTER,
        "An instance exists, runs, and is in the VPC of the group, or it is an InvalidTarget.",
        "no instances: any id of the right shape counts as one that runs",
    ),
    sourced(REGISTER, "Without a port the port of the group is taken.", MODEL, proof!(ports)),
    sourced(REGISTER, "An address can be registered with several ports.", MODEL, proof!(ports)),
    sourced(REGISTER, "The port of a target is 1 to 65535.", MODEL, proof!(target_port)),
    sourced(
        HEALTH,
        "The first checks begin when a listener forwards to the group: until then `unused`, then `initial`.",
        CHECKS,
        proof!(begin_with_the_listener),
    ),
    unverified(HEALTH, "A listener that gives the group a weight of 0 is enough.", proof!(begin_without_weight)),
    unverified(HEALTH, "When a group is taken into use again, they begin again.", proof!(begin_again)),
];

async fn addresses(aws: Caller) {
    let group = made(&aws, "g", "TCP", "&TargetType=ip").await;
    for (address, status) in
        [("172.31.9.9", 200), ("8.8.8.8", 400), ("100.128.0.1", 400), ("2001:db8::1", 400), ("x", 400)]
    {
        let (answered, body) = aws.elb(&register(&group, address)).await;
        assert_eq!(answered, status, "{address}");
        assert!(status == 200 || element(&body, "Code") == "InvalidTarget");
    }
}

async fn outside(aws: Caller) {
    let group = made(&aws, "g", "TCP", "&TargetType=ip").await;
    for address in ["10.0.0.1", "192.168.0.1", "172.16.0.1", "100.64.0.1"] {
        let message =
            format!("The Availability Zone is required for IP address '{address}' because it is not in the VPC");
        elb_refuses(&aws, &register(&group, address), "ValidationError", &message).await;
        elb(&aws, &register(&group, &format!("{address}&Targets.member.1.AvailabilityZone=all"))).await;
    }
}

async fn zones(aws: Caller) {
    let group = made(&aws, "g", "TCP", "&TargetType=ip").await;
    for zone in ["mars", "eu-west-1a", ""] {
        let target = format!("10.0.0.1&Targets.member.1.AvailabilityZone={zone}");
        elb_code(&aws, &register(&group, &target), "ValidationError").await;
    }
    elb(&aws, &register(&group, "10.0.0.1&Targets.member.1.AvailabilityZone=eu-central-1a")).await;
}

async fn no_zone(aws: Caller) {
    let group = made(&aws, "g", "TCP", "").await;
    let target = "i-0123456789abcdef0&Targets.member.1.AvailabilityZone=all";
    elb_code(&aws, &register(&group, target), "ValidationError").await;
    let (group, alb) = (made(&aws, "alb", "TCP", "&TargetType=alb").await, application(&aws).await);
    let target = format!("{alb}&Targets.member.1.AvailabilityZone=all");
    elb_code(&aws, &register(&group, &target), "ValidationError").await;
}

async fn instances(aws: Caller) {
    let group = made(&aws, "g", "TCP", "").await;
    for id in ["nonsense", "172.31.9.9", "i-xyz", "i-0123456789abcdefgh"] {
        let message = format!("Instance ID '{id}' is not valid");
        elb_refuses(&aws, &register(&group, id), "ValidationError", &message).await;
    }
    elb(&aws, &register(&group, "i-0123456789abcdef0")).await;
}

async fn target_port(aws: Caller) {
    let group = made(&aws, "g", "TCP", "&TargetType=ip").await;
    for port in [0, 65_536, 70_000] {
        let target = format!("172.31.9.9&Targets.member.1.Port={port}");
        elb_code(&aws, &register(&group, &target), "ValidationError").await;
    }
    elb(&aws, &register(&group, "172.31.9.9&Targets.member.1.Port=65535")).await;
}

async fn ports(aws: Caller) {
    let group = made(&aws, "g", "TCP", "&TargetType=ip").await;
    elb(&aws, &register(&group, "172.31.9.9")).await;
    elb(&aws, &register(&group, "172.31.9.9&Targets.member.1.Port=8080")).await;
    let body = elb(&aws, &format!("DescribeTargetHealth&TargetGroupArn={group}")).await;
    assert!(body.contains("<Port>80</Port>") && body.contains("<Port>8080</Port>"));
}

/// The state of the only target of a group.
async fn state(aws: &Caller, group: &str) -> String {
    element(&elb(aws, &format!("DescribeTargetHealth&TargetGroupArn={group}")).await, "State")
}

async fn begin_with_the_listener(aws: Caller) {
    let (balancer, group) = (aws.balancer("one").await, aws.target_group("g").await);
    later(600).await;
    assert_eq!(state(&aws, &group).await, "unused");
    assert_eq!(aws.listener(&balancer, 80, &group).await.0, 200);
    later(29).await;
    assert_eq!(state(&aws, &group).await, "initial");
    later(1).await;
    assert_eq!(state(&aws, &group).await, "healthy");
}

async fn begin_without_weight(aws: Caller) {
    let (balancer, old, new) =
        (aws.balancer("one").await, aws.target_group("old").await, aws.target_group("new").await);
    let listener = element(&aws.listener(&balancer, 80, &old).await.1, "ListenerArn");
    later(30).await;
    let tuple = |at: u8, group: &str, weight: u8| {
        let member = format!("DefaultActions.member.1.ForwardConfig.TargetGroups.member.{at}");
        format!("&{member}.TargetGroupArn={group}&{member}.Weight={weight}")
    };
    let groups = tuple(1, &old, 1) + &tuple(2, &new, 0);
    elb(&aws, &format!("ModifyListener&ListenerArn={listener}&DefaultActions.member.1.Type=forward{groups}")).await;
    let states = async || [state(&aws, &old).await, state(&aws, &new).await];
    assert_eq!(states().await, ["healthy", "initial"]);
    later(30).await;
    assert_eq!(states().await, ["healthy", "healthy"]);
}

async fn begin_again(aws: Caller) {
    let (balancer, group) = (aws.balancer("one").await, aws.target_group("g").await);
    let listener = element(&aws.listener(&balancer, 80, &group).await.1, "ListenerArn");
    later(30).await;
    assert_eq!(state(&aws, &group).await, "healthy");
    elb(&aws, &format!("DeleteListener&ListenerArn={listener}")).await;
    assert_eq!(aws.listener(&balancer, 80, &group).await.0, 200);
    assert_eq!(state(&aws, &group).await, "initial");
}
