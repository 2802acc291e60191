//! EC2: actions on networks, groups and endpoints.

use serde_json::json;

use super::{all_but, assert_denied, ec2, needs, only, sees};
use crate::rules::{Rule, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller, REGION, element};

const MORE: &str = super::MORE;
const EC2: &str = "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html";
const ON_CREATE: &str = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html";

pub const RULES: &[Rule] = &[
    sourced(MORE, "EC2's Describe operations are on no resource", EC2, proof!(describe)),
    sourced(MORE, "CreateSecurityGroup is on the VPC and on a new group", EC2, proof!(group)),
    sourced(
        MORE,
        "Authorize, Revoke, UpdateSecurityGroupRuleDescriptions and DeleteSecurityGroup are on the group",
        "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-policy-examples.html",
        proof!(group_rules),
    ),
    sourced(
        MORE,
        "ModifySecurityGroupRules is on the group and on each rule",
        "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-policy-examples.html",
        proof!(modified_rules),
    ),
    sourced(MORE, "New rules with tags are also on a new rule", "macamp0328/liner-notes#266", proof!(tagged_rules)),
    sourced(
        MORE,
        "CreateVpcEndpoint is on the VPC, a new endpoint, each subnet and each security group",
        "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
        proof!(endpoint),
    ),
    sourced(
        MORE,
        "Private DNS needs route53:AssociateVPCWithHostedZone",
        "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
        proof!(private_dns),
    ),
    unverified(MORE, "Private DNS that is switched on later needs it too", proof!(later_private_dns)),
    sourced(MORE, "ModifyVpcEndpoint is on the endpoint and on what comes or goes", EC2, proof!(modified_endpoint)),
    sourced(MORE, "DeleteVpcEndpoints is on each endpoint", EC2, proof!(deleted_endpoints)),
    sourced(
        MORE,
        "A condition on ec2:VpceServiceName sees the service of an endpoint, new or old",
        "https://docs.aws.amazon.com/vpc/latest/privatelink/security_iam_id-based-policy-examples.html",
        proof!(service_name),
    ),
    sourced(MORE, "Tags of a creation need ec2:CreateTags on the new object", ON_CREATE, proof!(tags_on_create)),
    sourced(
        MORE,
        "ec2:CreateAction is the creation that brings the tags, and absent in a later CreateTags",
        ON_CREATE,
        proof!(create_action),
    ),
    sourced(MORE, "CreateTags and DeleteTags are on each object by its own kind", EC2, proof!(tags_later)),
    sourced(MORE, "aws:ResourceTag and ec2:ResourceTag are the tags that an object has", EC2, proof!(ec2_tags)),
    sourced(MORE, "ec2:Vpc is the VPC of a subnet or a group", EC2, proof!(vpc_key)),
];

async fn describe(aws: Caller) {
    for operation in
        ["DescribeVpcs", "DescribeSubnets", "DescribeSecurityGroups", "DescribeVpcEndpoints", "DescribeTags"]
    {
        needs(&aws, ec2(operation), &[(&format!("ec2:{operation}"), "*")]).await;
    }
}

async fn group(aws: Caller) {
    let vpc = &aws.fresh.vpc_id;
    let ask = ec2(&format!("CreateSecurityGroup&GroupName=a&GroupDescription=d&VpcId={vpc}"));
    let action = "ec2:CreateSecurityGroup";
    needs(&aws, ask, &[(action, "security-group/*"), (action, &format!("vpc/{vpc}"))]).await;
}

async fn group_rules(aws: Caller) {
    let group = &aws.fresh.security_group_id;
    for operation in [
        "AuthorizeSecurityGroupIngress",
        "AuthorizeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
        "RevokeSecurityGroupEgress",
        "UpdateSecurityGroupRuleDescriptionsIngress",
        "UpdateSecurityGroupRuleDescriptionsEgress",
        "DeleteSecurityGroup",
    ] {
        let ask = ec2(&format!("{operation}&GroupId={group}&SecurityGroupRuleId.1=sgr-00000000000000001"));
        needs(&aws, ask, &[(&format!("ec2:{operation}"), &format!("security-group/{group}"))]).await;
    }
}

async fn modified_rules(aws: Caller) {
    let (group, rule) = (&aws.fresh.security_group_id, "sgr-00000000000000001");
    let ask = ec2(&format!("ModifySecurityGroupRules&GroupId={group}&SecurityGroupRule.1.SecurityGroupRuleId={rule}"));
    let action = "ec2:ModifySecurityGroupRules";
    let pairs = [(action, &*format!("security-group/{group}")), (action, &*format!("security-group-rule/{rule}"))];
    needs(&aws, ask, &pairs).await;
}

async fn tagged_rules(aws: Caller) {
    let group = &aws.fresh.security_group_id;
    let ask = ec2(&format!(
        "AuthorizeSecurityGroupIngress&GroupId={group}&TagSpecification.1.ResourceType=security-group-rule&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b"
    ));
    let action = "ec2:AuthorizeSecurityGroupIngress";
    let (group, rule) = (format!("security-group/{group}"), "security-group-rule/*");
    needs(&aws, ask, &[(action, &group), (action, rule), ("ec2:CreateTags", rule)]).await;
}

async fn endpoint(aws: Caller) {
    let (vpc, subnet) = (format!("vpc/{}", aws.fresh.vpc_id), format!("subnet/{}", aws.fresh.subnet_ids[0]));
    let group = &aws.fresh.security_group_id;
    let ask = ec2(&aws.endpoint_form(&format!("&PrivateDnsEnabled=false&SecurityGroupId.1={group}")));
    let group = format!("security-group/{group}");
    let pairs = [vpc.as_str(), "vpc-endpoint/*", &subnet, &group].map(|on| ("ec2:CreateVpcEndpoint", on));
    needs(&aws, ask, &pairs).await;
}

async fn private_dns(aws: Caller) {
    let action = "route53:AssociateVPCWithHostedZone";
    only(&aws, all_but(action));
    assert_denied(&aws, &ec2(&aws.endpoint_form("")), (action, "*")).await;
    assert_eq!(aws.ec2(&aws.endpoint_form("&PrivateDnsEnabled=false")).await.0, 200);
}

async fn later_private_dns(aws: Caller) {
    only(&aws, all_but("route53:*"));
    let id = element(&aws.ec2(&aws.endpoint_form("&PrivateDnsEnabled=false")).await.1, "vpcEndpointId");
    let ask = ec2(&format!("ModifyVpcEndpoint&VpcEndpointId={id}&PrivateDnsEnabled=true"));
    assert_denied(&aws, &ask, ("route53:AssociateVPCWithHostedZone", "*")).await;
}

async fn modified_endpoint(aws: Caller) {
    let form = "ModifyVpcEndpoint&VpcEndpointId=vpce-1&AddSubnetId.1=subnet-1&RemoveSubnetId.1=subnet-2&AddSecurityGroupId.1=sg-1&RemoveSecurityGroupId.1=sg-2";
    let on =
        ["vpc-endpoint/vpce-1", "subnet/subnet-1", "subnet/subnet-2", "security-group/sg-1", "security-group/sg-2"];
    needs(&aws, ec2(form), &on.map(|on| ("ec2:ModifyVpcEndpoint", on))).await;
}

async fn deleted_endpoints(aws: Caller) {
    let ask = ec2("DeleteVpcEndpoints&VpcEndpointId.1=vpce-1&VpcEndpointId.2=vpce-2");
    needs(&aws, ask, &["vpc-endpoint/vpce-1", "vpc-endpoint/vpce-2"].map(|on| ("ec2:DeleteVpcEndpoints", on))).await;
}

async fn service_name(aws: Caller) {
    let name = |service: &str| {
        let name = format!("com.amazonaws.{REGION}.{service}");
        json!({"StringEqualsIfExists": {"ec2:VpceServiceName": name}})
    };
    let ask = ec2(&aws.endpoint_form(""));
    sees(&aws, ask, "ec2:CreateVpcEndpoint", name("execute-api"), name("sts")).await;
    let (_, shown) = aws.ec2("DescribeVpcEndpoints").await;
    let ask = ec2(&format!("DeleteVpcEndpoints&VpcEndpointId.1={}", element(&shown, "vpcEndpointId")));
    sees(&aws, ask, "ec2:DeleteVpcEndpoints", name("execute-api"), name("sts")).await;
}

fn tagged_group(aws: &Caller) -> super::Ask {
    ec2(&format!(
        "CreateSecurityGroup&GroupName=a&GroupDescription=d&VpcId={}&TagSpecification.1.ResourceType=security-group&TagSpecification.1.Tag.1.Key=team&TagSpecification.1.Tag.1.Value=a",
        aws.fresh.vpc_id
    ))
}

async fn tags_on_create(aws: Caller) {
    let vpc = format!("vpc/{}", aws.fresh.vpc_id);
    let (action, group) = ("ec2:CreateSecurityGroup", "security-group/*");
    needs(&aws, tagged_group(&aws), &[(action, group), (action, &vpc), ("ec2:CreateTags", group)]).await;
}

async fn create_action(aws: Caller) {
    let action = |is: &str| json!({"StringEquals": {"ec2:CreateAction": is}});
    let (holds, fails) = (action("CreateSecurityGroup"), action("CreateVpcEndpoint"));
    sees(&aws, tagged_group(&aws), "ec2:CreateTags", holds.clone(), fails).await;
    let form = format!("CreateTags&ResourceId.1={}&Tag.1.Key=a&Tag.1.Value=b", aws.fresh.security_group_id);
    sees(&aws, ec2(&form), "ec2:CreateTags", json!({"Null": {"ec2:CreateAction": "true"}}), holds).await;
}

async fn tags_later(aws: Caller) {
    let (vpc, group) = (&aws.fresh.vpc_id, &aws.fresh.security_group_id);
    for action in ["CreateTags", "DeleteTags"] {
        let ask = ec2(&format!("{action}&ResourceId.1={vpc}&ResourceId.2={group}&Tag.1.Key=a"));
        let action = format!("ec2:{action}");
        needs(&aws, ask, &[(&action, &format!("vpc/{vpc}")), (&action, &format!("security-group/{group}"))]).await;
    }
}

async fn ec2_tags(aws: Caller) {
    let vpc = &aws.fresh.vpc_id;
    aws.ec2(&format!("CreateTags&ResourceId.1={vpc}&Tag.1.Key=team&Tag.1.Value=a")).await;
    for key in ["aws:ResourceTag/team", "ec2:ResourceTag/team"] {
        let is = |team: &str| json!({"StringEquals": {key: team}});
        sees(&aws, ec2(&format!("DeleteVpc&VpcId={vpc}")), "ec2:DeleteVpc", is("a"), is("b")).await;
    }
}

async fn vpc_key(aws: Caller) {
    let vpc = format!("arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{}", aws.fresh.vpc_id);
    let is = |arn: &str| json!({"ArnEquals": {"ec2:Vpc": arn}});
    let ask = ec2(&format!("DeleteSecurityGroup&GroupId={}", aws.fresh.security_group_id));
    sees(&aws, ask, "ec2:DeleteSecurityGroup", is(&vpc), is("arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-1")).await;
}
