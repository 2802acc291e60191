//! What the operations of Elastic Load Balancing need.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>

use super::Need;
use crate::query::Params;
use crate::state::{Region, Tags};

/// What an operation is on.
enum On {
    /// Nothing in particular.
    Any,
    NewBalancer,
    NewGroup,
    /// What its name says: the ARN in this parameter, or each of them.
    Arn(&'static str),
}
use On::{Any, Arn, NewBalancer, NewGroup};

const TABLE: &[(&str, On)] = &[
    ("CreateLoadBalancer", NewBalancer),
    ("DescribeLoadBalancers", Any),
    ("DeleteLoadBalancer", Arn("LoadBalancerArn")),
    ("DescribeLoadBalancerAttributes", Any),
    ("ModifyLoadBalancerAttributes", Arn("LoadBalancerArn")),
    ("SetSecurityGroups", Arn("LoadBalancerArn")),
    ("SetSubnets", Arn("LoadBalancerArn")),
    ("SetIpAddressType", Arn("LoadBalancerArn")),
    ("CreateTargetGroup", NewGroup),
    ("DescribeTargetGroups", Any),
    ("ModifyTargetGroup", Arn("TargetGroupArn")),
    ("DeleteTargetGroup", Arn("TargetGroupArn")),
    ("DescribeTargetGroupAttributes", Any),
    ("ModifyTargetGroupAttributes", Arn("TargetGroupArn")),
    ("RegisterTargets", Arn("TargetGroupArn")),
    ("DeregisterTargets", Arn("TargetGroupArn")),
    ("DescribeTargetHealth", Any),
    ("CreateListener", Arn("LoadBalancerArn")),
    ("DescribeListeners", Any),
    ("ModifyListener", Arn("ListenerArn")),
    ("DeleteListener", Arn("ListenerArn")),
    ("DescribeListenerAttributes", Any),
    ("ModifyListenerAttributes", Arn("ListenerArn")),
    ("AddTags", Arn("ResourceArns")),
    ("RemoveTags", Arn("ResourceArns")),
    ("DescribeTags", Any),
    ("DescribeListenerCertificates", Any),
    ("DescribeSSLPolicies", Any),
    ("DescribeAccountLimits", Any),
    ("DescribeCapacityReservation", Any),
];

/// What the service looks up in EC2 with the rights of its caller.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-permissions.html>, and the refusal in
/// `terraform-aws-modules/terraform-aws-eks#900`. The page has no conditions: that a
/// lookup depends neither on the targets nor on the security groups is (unverified).
const LOOKUPS: &[(&str, &[&str])] = &[
    (
        "CreateLoadBalancer",
        &[
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAddresses",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
    ),
    ("CreateTargetGroup", &["ec2:DescribeInternetGateways", "ec2:DescribeVpcs"]),
    (
        "RegisterTargets",
        &["ec2:DescribeInstances", "ec2:DescribeInternetGateways", "ec2:DescribeSubnets", "ec2:DescribeVpcs"],
    ),
    ("SetIpAddressType", &["ec2:DescribeSubnets"]),
    ("SetSubnets", &["ec2:DescribeSubnets"]),
];

/// The permissions of a call; none for an operation that does not exist.
pub fn needs(operation: &str, p: Params, region: &Region) -> Vec<Need> {
    let Some((_, on)) = TABLE.iter().find(|(name, _)| *name == operation) else {
        return Vec::new();
    };
    let action = format!("elasticloadbalancing:{operation}");
    let tags = read_tags(p);
    let new = |resource: String| vec![Need::new(&action, resource).tagging(&tags)];
    let mut needs = match on {
        Any => vec![Need::on_any(&action)],
        NewBalancer => new(balancer_arn(region, p)),
        NewGroup => new(region.arn("elasticloadbalancing", &format!("targetgroup/{}/*", name(p)))),
        Arn(parameter) => {
            arns(p, parameter).into_iter().map(|arn| existing(&action, arn, region).tagging(&tags)).collect()
        }
    };
    if operation == "RemoveTags" {
        needs = needs.into_iter().map(|need| need.key("aws:TagKeys", p.texts("TagKeys"))).collect();
    }
    needs = needs.into_iter().map(|need| described(need, operation, p)).collect();
    if operation.starts_with("Create") && !tags.is_empty() {
        needs.extend(tags_on_create(operation, &tags, &needs));
    }
    let lookups = LOOKUPS.iter().find(|(name, _)| *name == operation).map_or(&[][..], |(_, actions)| actions);
    needs.extend(lookups.iter().map(|action| Need::on_any(action).through_service()));
    needs
}

/// Tags of a creation are a second permission, on the ARN as far as it is known before: pasted in many issues, such as
/// `kubernetes-sigs/aws-load-balancer-controller#2692`.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/tagging-resources-during-creation.html>
fn tags_on_create(operation: &str, tags: &Tags, needs: &[Need]) -> Option<Need> {
    let created = &needs.first()?.resource;
    let resource = match operation {
        "CreateListener" => format!("{}/*", created.replace(":loadbalancer/", ":listener/")),
        _ => created.clone(),
    };
    let need = Need::new("elasticloadbalancing:AddTags", resource);
    Some(need.key("elasticloadbalancing:CreateAction", vec![operation.to_owned()]).tagging(tags))
}

fn existing(action: &str, arn: String, region: &Region) -> Need {
    let tags = region.load_balancers.get(&arn).map(|balancer| &balancer.tags);
    let tags = tags.or_else(|| region.target_groups.get(&arn).map(|group| &group.tags));
    let tags = tags.or_else(|| region.listeners.get(&arn).map(|listener| &listener.tags));
    Need::new(action, arn).tagged(&["aws", "elasticloadbalancing"], tags)
}

/// What is asked for, in the operations that the reference lists for each key.
fn described(need: Need, operation: &str, p: Params) -> Need {
    let text = |parameter: &str| p.text(parameter).map(str::to_owned).into_iter().collect::<Vec<_>>();
    match operation {
        "CreateLoadBalancer" => need
            .key("elasticloadbalancing:Scheme", vec![p.text("Scheme").unwrap_or("internet-facing").to_owned()])
            .key("elasticloadbalancing:Subnet", p.texts("Subnets"))
            .key("elasticloadbalancing:SecurityGroup", p.texts("SecurityGroups")),
        "SetSubnets" => need.key("elasticloadbalancing:Subnet", p.texts("Subnets")),
        "SetSecurityGroups" => need.key("elasticloadbalancing:SecurityGroup", p.texts("SecurityGroups")),
        "CreateListener" | "ModifyListener" => need
            .key("elasticloadbalancing:ListenerProtocol", text("Protocol"))
            .key("elasticloadbalancing:SecurityPolicy", text("SslPolicy")),
        _ => need,
    }
}

fn balancer_arn(region: &Region, p: Params) -> String {
    let kind = match p.text("Type") {
        Some("network") => "net",
        Some("gateway") => "gwy",
        _ => "app",
    };
    region.arn("elasticloadbalancing", &format!("loadbalancer/{kind}/{}/*", name(p)))
}

fn name(p: Params<'_>) -> &str {
    p.text("Name").unwrap_or("*")
}

fn arns(p: Params, parameter: &str) -> Vec<String> {
    match p.text(parameter) {
        Some(arn) => vec![arn.to_owned()],
        None => p.texts(parameter),
    }
}

fn read_tags(p: Params) -> Tags {
    let pair = |tag: Params| Some((tag.text("Key")?.to_owned(), tag.text("Value").unwrap_or_default().to_owned()));
    p.list("Tags").into_iter().filter_map(pair).collect()
}

/// The operations that have an entry.
#[cfg(test)]
pub fn operations() -> Vec<&'static str> {
    TABLE.iter().map(|(operation, _)| *operation).collect()
}
