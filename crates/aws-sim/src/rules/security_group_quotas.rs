//! How many rules a security group may have.

use super::network::{EC2_ERRORS, VPC_GUIDE, ec2, ec2_code, ec2_refuses, group};
use super::security_group_rules::{allow, https};
use super::{Rule, proof, sourced, unverified};
use crate::testing::Caller;

const RULE: &str = "2.2 Rules of a security group";
const WEIGHTS: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html";

pub const RULES: &[Rule] = &[
    sourced(
        RULE,
        "A group has up to 60 rules in each direction, counted apart for IPv4 and IPv6.",
        VPC_GUIDE,
        proof!(sixty),
    ),
    sourced(RULE, "One more is a RulesPerSecurityGroupLimitExceeded.", EC2_ERRORS, proof!(sixty)),
    unverified(RULE, "Text: The maximum number of rules per security group has been reached.", proof!(sixty)),
    sourced(RULE, "A reference to a group counts in both families.", VPC_GUIDE, proof!(reference_counts)),
    sourced(RULE, "A prefix list counts as often as its weight.", WEIGHTS, proof!(weight)),
];

async fn sixty(aws: Caller) {
    let id = group(&aws, "g").await;
    for number in 0..60 {
        ec2(&aws, &https(&id, &format!("10.{number}.0.0/16"))).await;
    }
    let message = "The maximum number of rules per security group has been reached.";
    ec2_refuses(&aws, &https(&id, "10.99.0.0/16"), "RulesPerSecurityGroupLimitExceeded", message).await;
    ec2(&aws, &allow(&id, "-1", None, "&Ipv6Ranges.1.CidrIpv6=2001:db8::/32")).await;
    ec2(&aws, &https(&id, "10.99.0.0/16").replace("Ingress", "Egress")).await;
}

async fn reference_counts(aws: Caller) {
    let id = group(&aws, "g").await;
    for number in 0..59 {
        ec2(&aws, &https(&id, &format!("10.{number}.0.0/16"))).await;
    }
    ec2(&aws, &allow(&id, "-1", None, &format!("&Groups.1.GroupId={id}"))).await;
    ec2_code(&aws, &https(&id, "10.99.0.0/16"), "RulesPerSecurityGroupLimitExceeded").await;
    let v6 = |number: u8| allow(&id, "-1", None, &format!("&Ipv6Ranges.1.CidrIpv6=2001:db8:{number}::/48"));
    for number in 10..69 {
        ec2(&aws, &v6(number)).await;
    }
    ec2_code(&aws, &v6(99), "RulesPerSecurityGroupLimitExceeded").await;
}

async fn weight(aws: Caller) {
    let id = group(&aws, "g").await;
    ec2(&aws, &allow(&id, "-1", None, "&PrefixListIds.1.PrefixListId=pl-a3a144ca")).await;
    for number in 0..5 {
        ec2(&aws, &https(&id, &format!("10.{number}.0.0/16"))).await;
    }
    ec2_code(&aws, &https(&id, "10.99.0.0/16"), "RulesPerSecurityGroupLimitExceeded").await;
}
