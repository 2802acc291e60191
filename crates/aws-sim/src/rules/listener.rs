//! Listeners of network load balancers.

use super::network::{NLB_GUIDE, TF_TARGETS, count, elb, elb_code, elb_refuses, subnet, vpc};
use super::target_group::made;
use super::{ELB_MODEL as MODEL, Rule, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller, element};

const CREATE: &str = "6.1 Creating a listener";
const MODIFY: &str = "6.2 Changing a listener";
const DELETE: &str = "6.3 Deleting a listener";
const FORWARD: &str = "6.4 Forwarding to several target groups";

pub const RULES: &[Rule] = &[
    sourced(CREATE, "Balancer, protocol, port and one default action are required.", MODEL, proof!(required)),
    sourced(CREATE, "A port is 1 to 65535.", MODEL, proof!(port)),
    sourced(
        CREATE,
        "HTTP is refused: Listener protocol 'HTTP' must be one of 'TLS, TCP, TCP_UDP, UDP' (since then QUIC and TCP_QUIC).",
        "pulumi/pulumi-aws#1193",
        proof!(protocol),
    ),
    sourced(
        CREATE,
        "The only action is forward.",
        "cdk-preflight, rule pf-elbv2-listener-nlb-action-forward-only",
        proof!(forward_only),
    ),
    sourced(CREATE, "The group is given alone, in a ForwardConfig, or in both alike.", MODEL, proof!(both_forms)),
    unverified(CREATE, "It is told in both forms, with weight and stickiness.", proof!(both_forms)),
    sourced(
        CREATE,
        "A TCP listener forwards to TCP, TCP_UDP and TLS groups.",
        "cdk-preflight, _lib/elbv2.rego",
        proof!(matrix),
    ),
    sourced(
        CREATE,
        "TLS to TCP, TLS and TCP_UDP; UDP to UDP and TCP_UDP; TCP_UDP to its own; QUIC and TCP_QUIC too.",
        NLB_GUIDE,
        proof!(matrix),
    ),
    sourced(
        CREATE,
        "Anything else is an IncompatibleProtocols: The listener and its associated target group 'ARN' ....",
        "hashicorp/terraform-provider-aws#4955",
        proof!(matrix),
    ),
    unverified(CREATE, "That text ends: have incompatible protocols: 'TCP' and 'UDP'.", proof!(matrix)),
    sourced(CREATE, "Only a TCP listener forwards to an application load balancer.", NLB_GUIDE, proof!(alb)),
    sourced(
        CREATE,
        "A group of another VPC is an InvalidConfigurationRequest.",
        "cdk-preflight, rule pf-elbv2-listener-tg-vpc-match",
        proof!(other_vpc),
    ),
    sourced(CREATE, "A missing group: Target groups 'ARN' not found.", "aws/copilot-cli#3833", proof!(missing_group)),
    sourced(CREATE, "A missing balancer is a LoadBalancerNotFound.", MODEL, proof!(missing_balancer)),
    sourced(CREATE, "An exact repetition gives the existing listener.", MODEL, proof!(idempotent)),
    sourced(
        CREATE,
        "A taken port with other settings: A listener already exists on this port for this load balancer 'ARN'.",
        "hashicorp/terraform#26407",
        proof!(duplicate),
    ),
    sourced(CREATE, "One listener per port, whatever the protocol.", MODEL, proof!(udp_too)),
    sourced(CREATE, "ARN: listener/net/BALANCER/DIGITS/ and 16 hexadecimal digits.", MODEL, proof!(arn)),
    sourced(CREATE, "DescribeListeners wants ARNs or a balancer.", MODEL, proof!(describe)),
    sourced(MODIFY, "tcp.idle_timeout.seconds is 60 to 6000, by default 350.", MODEL, proof!(idle_timeout)),
    sourced(MODIFY, "What is left out stays; port and protocol change in place.", MODEL, proof!(patch)),
    sourced(
        MODIFY,
        "Default actions are replaced whole: of several groups those that are given stay.",
        MODEL,
        proof!(whole),
    ),
    sourced(
        MODIFY,
        "A taken port is a DuplicateListener: two listeners can't change places directly.",
        "botocore service model of elbv2; a ValidationError in hashicorp/terraform#26407",
        proof!(swap),
    ),
    sourced(MODIFY, "The group that is left can be deleted.", TF_TARGETS, proof!(actions)),
    sourced(
        DELETE,
        "Deleting twice: One or more listeners not found.",
        "kubernetes-sigs/aws-load-balancer-controller#1157",
        proof!(delete_twice),
    ),
    sourced(
        FORWARD,
        "Up to five groups with weights from 0 to 999.",
        "cdk-preflight, rule pf-elbv2-action-forward-tg-count-max",
        proof!(weights),
    ),
    unverified(FORWARD, "Several groups are told without a TargetGroupArn of the action.", proof!(weights)),
    sourced(FORWARD, "A group that is in both forms must be the only one.", MODEL, proof!(not_alike)),
    unverified(FORWARD, "The stickiness of a forward is off.", proof!(both_forms)),
];

pub(super) fn action(group: &str) -> String {
    format!("&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}")
}

fn tuple(number: usize, group: &str, weight: i64) -> String {
    let path = format!("&DefaultActions.member.1.ForwardConfig.TargetGroups.member.{number}");
    format!("{path}.TargetGroupArn={group}{path}.Weight={weight}")
}

pub(super) fn form(balancer: &str, protocol: &str, port: u32, more: &str) -> String {
    format!("CreateListener&LoadBalancerArn={balancer}&Protocol={protocol}&Port={port}{more}")
}

pub(super) fn certificate(name: &str) -> String {
    format!("&Certificates.member.1.CertificateArn=arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/{name}")
}

/// A balancer and a TCP group.
pub(super) async fn both(aws: &Caller) -> (String, String) {
    (aws.balancer("x").await, made(aws, "g", "TCP", "").await)
}

/// A TCP listener on port 80, its balancer and group.
async fn listening(aws: &Caller) -> (String, String, String) {
    let (balancer, group) = both(aws).await;
    let body = elb(aws, &form(&balancer, "TCP", 80, &action(&group))).await;
    (element(&body, "ListenerArn"), balancer, group)
}

async fn required(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    let whole = form(&balancer, "TCP", 80, &action(&group));
    for parameter in ["LoadBalancerArn", "Protocol", "Port", "DefaultActions"] {
        let form = whole.replace(&format!("&{parameter}"), "&Nothing");
        elb_code(&aws, &form, "ValidationError").await;
    }
    let second = format!("&DefaultActions.member.2.Type=forward&DefaultActions.member.2.TargetGroupArn={group}");
    elb_code(&aws, &(whole + &second), "ValidationError").await;
}

async fn port(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    for port in [0, 65_536] {
        elb_code(&aws, &form(&balancer, "TCP", port, &action(&group)), "ValidationError").await;
    }
    elb(&aws, &form(&balancer, "TCP", 65_535, &action(&group))).await;
}

async fn protocol(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    let message = "Listener protocol 'HTTP' must be one of 'TLS, TCP, TCP_UDP, UDP, QUIC, TCP_QUIC'";
    elb_refuses(&aws, &form(&balancer, "HTTP", 80, &action(&group)), "ValidationError", message).await;
}

async fn forward_only(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    for kind in ["redirect", "fixed-response"] {
        let form = form(&balancer, "TCP", 80, &action(&group).replace("forward", kind));
        elb_code(&aws, &form, "InvalidLoadBalancerAction").await;
    }
}

async fn both_forms(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    let config = "&DefaultActions.member.1.Type=forward".to_owned() + &tuple(1, &group, 1);
    for (port, given) in [(80, action(&group)), (81, config), (82, action(&group) + &tuple(1, &group, 1))] {
        let body = elb(&aws, &form(&balancer, "TCP", port, &given)).await;
        assert_eq!(count(&body, &format!("<TargetGroupArn>{group}</TargetGroupArn>")), 2, "{body}");
        assert!(body.contains("<Weight>1</Weight>") && body.contains("<Enabled>false</Enabled>"), "{body}");
    }
}

async fn matrix(aws: Caller) {
    let balancer = aws.balancer("x").await;
    let protocols = ["TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"];
    let mut groups = Vec::new();
    for (index, protocol) in protocols.into_iter().enumerate() {
        groups.push((protocol, made(&aws, &format!("g{index}"), protocol, "").await));
    }
    let mut port = 1;
    for listener in protocols {
        let allowed: &[&str] = match listener {
            "TCP" | "TLS" => &["TCP", "TLS", "TCP_UDP"],
            "UDP" => &["UDP", "TCP_UDP"],
            same => &[same],
        };
        for (group, arn) in &groups {
            let tls = if listener == "TLS" { certificate("c") } else { String::new() };
            let form = form(&balancer, listener, port, &(action(arn) + &tls));
            if allowed.contains(group) {
                elb(&aws, &form).await;
            } else {
                let message = format!(
                    "The listener and its associated target group '{arn}' have incompatible protocols: '{listener}' and '{group}'"
                );
                elb_refuses(&aws, &form, "IncompatibleProtocols", &message).await;
            }
            port += 1;
        }
    }
}

async fn alb(aws: Caller) {
    let (balancer, group) = (aws.balancer("x").await, made(&aws, "g", "TCP", "&TargetType=alb").await);
    let tls = form(&balancer, "TLS", 443, &(action(&group) + &certificate("c")));
    elb_code(&aws, &tls, "IncompatibleProtocols").await;
    elb(&aws, &form(&balancer, "TCP", 443, &action(&group))).await;
}

async fn other_vpc(aws: Caller) {
    let other = vpc(&aws, "10.0.0.0/16").await;
    subnet(&aws, &other, "10.0.0.0/24", 'a').await;
    let create = format!("CreateTargetGroup&Name=g&Protocol=TCP&Port=80&VpcId={other}");
    let group = element(&elb(&aws, &create).await, "TargetGroupArn");
    let form = form(&aws.balancer("x").await, "TCP", 80, &action(&group));
    elb_code(&aws, &form, "InvalidConfigurationRequest").await;
}

async fn missing_group(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    elb(&aws, &format!("DeleteTargetGroup&TargetGroupArn={group}")).await;
    let message = format!("Target groups '{group}' not found");
    elb_refuses(&aws, &form(&balancer, "TCP", 80, &action(&group)), "TargetGroupNotFound", &message).await;
}

async fn missing_balancer(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    elb(&aws, &format!("DeleteLoadBalancer&LoadBalancerArn={balancer}")).await;
    elb_code(&aws, &form(&balancer, "TCP", 80, &action(&group)), "LoadBalancerNotFound").await;
}

async fn idempotent(aws: Caller) {
    let (arn, balancer, group) = listening(&aws).await;
    let again = elb(&aws, &form(&balancer, "TCP", 80, &action(&group))).await;
    assert_eq!(element(&again, "ListenerArn"), arn);
}

async fn duplicate(aws: Caller) {
    let (_, balancer, _) = listening(&aws).await;
    let other = made(&aws, "other", "TCP", "").await;
    let message = format!("A listener already exists on this port for this load balancer '{balancer}'");
    elb_refuses(&aws, &form(&balancer, "TCP", 80, &action(&other)), "DuplicateListener", &message).await;
}

async fn udp_too(aws: Caller) {
    let (_, balancer, _) = listening(&aws).await;
    let udp = made(&aws, "udp", "UDP", "").await;
    elb_code(&aws, &form(&balancer, "UDP", 80, &action(&udp)), "DuplicateListener").await;
}

async fn arn(aws: Caller) {
    let (arn, balancer, _) = listening(&aws).await;
    let digits = arn.strip_prefix(&(balancer.replace(":loadbalancer/", ":listener/") + "/")).unwrap();
    assert!(digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{arn}");
}

async fn describe(aws: Caller) {
    let (arn, balancer, _) = listening(&aws).await;
    elb_code(&aws, "DescribeListeners", "ValidationError").await;
    for by in [format!("ListenerArns.member.1={arn}"), format!("LoadBalancerArn={balancer}")] {
        assert_eq!(element(&elb(&aws, &format!("DescribeListeners&{by}")).await, "ListenerArn"), arn);
    }
}

pub(super) fn timeout(arn: &str, seconds: u32) -> String {
    format!(
        "ModifyListenerAttributes&ListenerArn={arn}&Attributes.member.1.Key=tcp.idle_timeout.seconds&Attributes.member.1.Value={seconds}"
    )
}

async fn idle_timeout(aws: Caller) {
    let (arn, ..) = listening(&aws).await;
    let told = async || element(&elb(&aws, &format!("DescribeListenerAttributes&ListenerArn={arn}")).await, "Value");
    assert_eq!(told().await, "350");
    for seconds in [59, 6001] {
        elb_code(&aws, &timeout(&arn, seconds), "InvalidConfigurationRequest").await;
    }
    elb(&aws, &timeout(&arn, 6000)).await;
    assert_eq!(told().await, "6000");
}

pub(super) fn modify(arn: &str, more: &str) -> String {
    format!("ModifyListener&ListenerArn={arn}{more}")
}

async fn patch(aws: Caller) {
    let (arn, _, group) = listening(&aws).await;
    let body = elb(&aws, &modify(&arn, "&Port=81")).await;
    assert_eq!((element(&body, "Port").as_str(), element(&body, "Protocol").as_str()), ("81", "TCP"));
    let body = elb(&aws, &modify(&arn, &format!("&Protocol=TLS{}", certificate("c")))).await;
    assert_eq!((element(&body, "Port").as_str(), element(&body, "Protocol").as_str()), ("81", "TLS"));
    assert!(body.contains(&group) && element(&body, "ListenerArn") == arn);
}

async fn actions(aws: Caller) {
    let (arn, _, old) = listening(&aws).await;
    let new = made(&aws, "new", "TCP", "").await;
    let body = elb(&aws, &modify(&arn, &action(&new))).await;
    assert!(body.contains(&new) && !body.contains(&old));
    crate::testing::later(5).await;
    elb(&aws, &format!("DeleteTargetGroup&TargetGroupArn={old}")).await;
}

async fn whole(aws: Caller) {
    let (arn, _, one) = listening(&aws).await;
    let (two, three) = (made(&aws, "two", "TCP", "").await, made(&aws, "three", "TCP", "").await);
    let forward = |tuples: String| modify(&arn, &("&DefaultActions.member.1.Type=forward".to_owned() + &tuples));
    let body = elb(&aws, &forward(tuple(1, &one, 1) + &tuple(2, &two, 2))).await;
    assert_eq!(count(&body, "<Weight>"), 2);
    let body = elb(&aws, &forward(tuple(1, &two, 5) + &tuple(2, &three, 6))).await;
    assert!(count(&body, "<Weight>") == 2 && body.contains(&two) && body.contains(&three) && !body.contains(&one));
    let body = elb(&aws, &modify(&arn, "&Port=81")).await;
    assert_eq!(count(&body, "<Weight>"), 2);
}

async fn swap(aws: Caller) {
    let (arn, balancer, group) = listening(&aws).await;
    elb(&aws, &form(&balancer, "TCP", 81, &action(&group))).await;
    elb_code(&aws, &modify(&arn, "&Port=81"), "DuplicateListener").await;
}

async fn delete_twice(aws: Caller) {
    let (arn, ..) = listening(&aws).await;
    elb(&aws, &format!("DeleteListener&ListenerArn={arn}")).await;
    let form = format!("DeleteListener&ListenerArn={arn}");
    elb_refuses(&aws, &form, "ListenerNotFound", "One or more listeners not found").await;
}

async fn weights(aws: Caller) {
    let balancer = aws.balancer("x").await;
    let mut tuples = "&DefaultActions.member.1.Type=forward".to_owned();
    for number in 1..=5 {
        let group = made(&aws, &format!("g{number}"), "TCP", "").await;
        tuples += &tuple(number, &group, if number == 1 { 0 } else { 999 });
    }
    let sixth = tuple(6, &made(&aws, "g6", "TCP", "").await, 1);
    elb_code(&aws, &form(&balancer, "TCP", 80, &(tuples.clone() + &sixth)), "ValidationError").await;
    for weight in ["1000", "-1"] {
        let form = form(&balancer, "TCP", 80, &tuples.replace("Weight=999", &format!("Weight={weight}")));
        elb_code(&aws, &form, "ValidationError").await;
    }
    let body = elb(&aws, &form(&balancer, "TCP", 80, &tuples)).await;
    assert_eq!((count(&body, "<TargetGroupArn>"), count(&body, "<Weight>999</Weight>")), (5, 4));
}

async fn not_alike(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    let other = made(&aws, "other", "TCP", "").await;
    for tuples in [tuple(1, &other, 1), tuple(1, &group, 1) + &tuple(2, &other, 1)] {
        elb_code(&aws, &form(&balancer, "TCP", 80, &(action(&group) + &tuples)), "ValidationError").await;
    }
}
