//! Checks that another simulator, getmoto/moto, has too.

use serde_json::{Value, json};

use super::fixture::{Api, BAD_REQUEST};
use super::network::{ec2, ec2_refuses, elb, elb_refuses, group};
use super::{MODEL, Rule, proof, sourced, target_group, unverified};
use crate::testing::{Caller, element};

const RULE: &str = "2.2 Rules of a security group";
const GROUP: &str = "5.1 Creating a target group";
const LISTENER: &str = "6.1 Creating a listener";
const INTEGRATION: &str = "9.3 Integrations";

pub const RULES: &[Rule] = &[
    sourced(
        RULE,
        "A rule without a protocol: Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
        "nanovms/ops#735",
        proof!(no_protocol),
    ),
    sourced(
        RULE,
        "DescribeSecurityGroupRules refuses a group-id in its filter that has another shape: The security group ID 'x' is malformed.",
        "localstack/localstack#9059",
        proof!(malformed_filter),
    ),
    sourced(RULE, "A group-id there that does not exist finds nothing.", "getmoto/moto#7620", proof!(missing_filter)),
    sourced(RULE, "ModifySecurityGroupRules takes one peer for each rule.", MODEL, proof!(one_peer)),
    unverified(
        RULE,
        "It says so with MissingParameter where there is none, with InvalidParameterCombination where there are several.",
        proof!(one_peer),
    ),
    unverified(RULE, "ModifySecurityGroupRules keeps the kind of a peer.", proof!(other_kind)),
    unverified(
        RULE,
        "Text: Invalid rule type for security group rule 'ID'. You may not specify CidrIpv6 for an existing IPv4 CIDR rule.",
        proof!(other_kind),
    ),
    sourced(
        RULE,
        "ModifySecurityGroupRules refuses ports for all protocols.",
        "aws-ia/terraform-aws-genai-document-ingestion-rag#36",
        proof!(all_protocols),
    ),
    sourced(
        GROUP,
        "Texts: A protocol, A port, A VPC ID must be specified.",
        "awsdocs/aws-cloudformation-user-guide#467",
        proof!(group_texts),
    ),
    sourced(GROUP, "DescribeTargetGroups takes ARNs, or names, or a balancer.", MODEL, proof!(one_selection)),
    unverified(
        GROUP,
        "Two of them are a ValidationError: Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time.",
        proof!(one_selection),
    ),
    unverified(LISTENER, "Texts: A listener port, A listener protocol must be specified.", proof!(listener_texts)),
    unverified(
        INTEGRATION,
        "Credentials of another account are a 403: Cross-account pass role is not allowed.",
        proof!(foreign_role),
    ),
    sourced(INTEGRATION, "The uri of AWS and AWS_PROXY is an ARN of the service apigateway.", MODEL, proof!(arns)),
    sourced(INTEGRATION, "It holds path/ or action/.", MODEL, proof!(arns)),
    unverified(
        INTEGRATION,
        "Texts: Invalid ARN specified in the request; AWS ARN for integration must contain path or action.",
        proof!(arns),
    ),
    unverified(INTEGRATION, "An AWS integration with S3 needs a role; AWS_PROXY is not for S3.", proof!(buckets)),
];

/// A change of the first rule of a new group, which lets 10.0.0.0/16 to port 443.
async fn change(aws: &Caller, more: &str) -> (String, String) {
    let id = group(aws, "g").await;
    let old = "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443&IpPermissions.1.ToPort=443";
    let form =
        format!("AuthorizeSecurityGroupIngress&GroupId={id}&{old}&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/16");
    let rule = element(&ec2(aws, &form).await, "securityGroupRuleId");
    let more = more.replace('&', "&SecurityGroupRule.1.SecurityGroupRule.");
    let form = format!("ModifySecurityGroupRules&GroupId={id}&SecurityGroupRule.1.SecurityGroupRuleId={rule}{more}");
    (form, rule)
}

const PORTS: &str = "&IpProtocol=tcp&FromPort=80&ToPort=80";

async fn no_protocol(aws: Caller) {
    let id = group(&aws, "g").await;
    let message = "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.";
    let form = format!("AuthorizeSecurityGroupIngress&GroupId={id}&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/16");
    ec2_refuses(&aws, &form, "InvalidParameterValue", message).await;
}

const FILTER: &str = "DescribeSecurityGroupRules&Filter.1.Name=group-id&Filter.1.Value.1=";

async fn malformed_filter(aws: Caller) {
    let message = "The security group ID 'x' is malformed";
    ec2_refuses(&aws, &format!("{FILTER}x"), "InvalidGroupId.Malformed", message).await;
}

async fn missing_filter(aws: Caller) {
    assert!(!ec2(&aws, &format!("{FILTER}sg-00000000000000000")).await.contains("<item>"));
}

async fn one_peer(aws: Caller) {
    let (form, _) = change(&aws, PORTS).await;
    let message = "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId";
    ec2_refuses(&aws, &form, "MissingParameter", message).await;
    let peer = "&SecurityGroupRule.1.SecurityGroupRule.";
    let form = format!("{form}{peer}CidrIpv4=10.1.0.0/16{peer}CidrIpv6=::/0");
    let message = "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified";
    ec2_refuses(&aws, &form, "InvalidParameterCombination", message).await;
}

async fn other_kind(aws: Caller) {
    let (form, rule) = change(&aws, &format!("{PORTS}&CidrIpv6=::/0")).await;
    let message = format!(
        "Invalid rule type for security group rule '{rule}'. You may not specify CidrIpv6 for an existing IPv4 CIDR rule."
    );
    ec2_refuses(&aws, &form, "InvalidParameterValue", &message).await;
}

async fn all_protocols(aws: Caller) {
    let (form, _) = change(&aws, "&IpProtocol=-1&FromPort=0&ToPort=0&CidrIpv4=10.1.0.0/16").await;
    let message = "You may not specify all protocols and specific ports. Please specify each protocol and port range combination individually, or all protocols and no port range.";
    ec2_refuses(&aws, &form, "InvalidParameterValue", message).await;
    ec2(&aws, &form.replace("Port=0", "Port=-1")).await;
}

async fn group_texts(aws: Caller) {
    for (parameter, name) in [("Protocol", "protocol"), ("Port", "port"), ("VpcId", "VPC ID")] {
        let form = target_group::form(&aws, "g", "TCP", "").replace(&format!("&{parameter}="), "&Nothing=");
        elb_refuses(&aws, &form, "ValidationError", &format!("A {name} must be specified")).await;
    }
}

async fn one_selection(aws: Caller) {
    let (arn, balancer) = (target_group::made(&aws, "g", "TCP", "").await, aws.balancer("b").await);
    let (arns, names) = (format!("&TargetGroupArns.member.1={arn}"), "&Names.member.1=g".to_owned());
    let balancer = format!("&LoadBalancerArn={balancer}");
    let message = "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time";
    for (one, other) in [(&arns, &names), (&names, &balancer), (&arns, &balancer)] {
        elb_refuses(&aws, &format!("DescribeTargetGroups{one}{other}"), "ValidationError", message).await;
        elb(&aws, &format!("DescribeTargetGroups{one}")).await;
    }
}

async fn listener_texts(aws: Caller) {
    let (group, balancer) = (target_group::made(&aws, "g", "TCP", "").await, aws.balancer("b").await);
    let action = format!("&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}");
    for (given, missing) in [("Protocol=TCP", "port"), ("Port=80", "protocol")] {
        let form = format!("CreateListener&LoadBalancerArn={balancer}&{given}{action}");
        elb_refuses(&aws, &form, "ValidationError", &format!("A listener {missing} must be specified")).await;
    }
}

/// Integrations of a new method.
async fn integrations(aws: Caller) -> (Api, String) {
    let api = Api::new(aws).await;
    let path = format!("{}/integration", api.method(&api.root, json!({})).await);
    (api, path)
}

fn of_service(kind: &str, uri: &str) -> Value {
    json!({"type": kind, "httpMethod": "POST", "uri": uri})
}

async fn foreign_role(aws: Caller) {
    let (api, path) = integrations(aws).await;
    let mut body = json!({"type": "MOCK", "credentials": "arn:aws:iam::999999999999:role/x"});
    let refusal = (403, "AccessDeniedException");
    api.refuses("PUT", &path, body.clone(), refusal, "Cross-account pass role is not allowed.").await;
    body["credentials"] = json!("arn:aws:iam::*:user/*");
    api.made("PUT", &path, body).await;
}

async fn arns(aws: Caller) {
    let (api, path) = integrations(aws).await;
    for kind in ["AWS", "AWS_PROXY"] {
        let refuses = async |uri, message| api.refuses("PUT", &path, of_service(kind, uri), BAD_REQUEST, message).await;
        refuses("http://x", "Invalid ARN specified in the request").await;
        let message = "AWS ARN for integration must contain path or action";
        for uri in ["arn:aws:sqs:us-east-1:111122223333:x", "arn:aws:apigateway:us-east-1:sqs:x"] {
            refuses(uri, message).await;
        }
        for target in ["action/SendMessage", "path/111122223333/x"] {
            api.made("PUT", &path, of_service(kind, &format!("arn:aws:apigateway:us-east-1:sqs:{target}"))).await;
        }
    }
}

async fn buckets(aws: Caller) {
    let (api, path) = integrations(aws).await;
    let uri = "arn:aws:apigateway:us-east-1:s3:path/bucket";
    let message = "Role ARN must be specified for AWS integrations";
    api.refuses("PUT", &path, of_service("AWS", uri), BAD_REQUEST, message).await;
    let message =
        "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.";
    api.refuses("PUT", &path, of_service("AWS_PROXY", uri), BAD_REQUEST, message).await;
}
