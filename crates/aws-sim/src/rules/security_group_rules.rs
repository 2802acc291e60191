//! Rules of security groups.

use super::network::{EC2_ERRORS, TF_GROUP, count, ec2, ec2_code, ec2_refuses, group, vpc};
use super::{EC2_MODEL as MODEL, Rule, left_out, proof, sourced, unverified};
use crate::testing::{Caller, element};

const RULE: &str = "2.2 Rules of a security group";
const REVOKE: &str = "2.3 Revoking rules";
const READ: &str = "2.4 Reading security groups";

pub const RULES: &[Rule] = &[
    sourced(RULE, "A permission with several peers becomes one rule per peer.", MODEL, proof!(rule_per_peer)),
    sourced(
        RULE,
        "The answer lists the new rules with id (sgr- and 17 digits), ARN, ports, peer, description and tags.",
        MODEL,
        proof!(answer),
    ),
    sourced(
        RULE,
        "TagSpecifications of the type security-group-rule tag all rules of the call.",
        MODEL,
        proof!(answer),
    ),
    unverified(RULE, "One duplicate refuses the whole call.", proof!(all_or_nothing)),
    sourced(RULE, "A rule that is there is an InvalidPermission.Duplicate.", EC2_ERRORS, proof!(duplicate)),
    unverified(
        RULE,
        "Text: the specified rule \"peer: 10.0.0.0/16, TCP, from port: 443, to port: 443, ALLOW\" already exists.",
        proof!(duplicate),
    ),
    unverified(RULE, "The description doesn't make a rule another one.", proof!(description_is_no_identity)),
    sourced(
        RULE,
        "Address ranges are canonical: 100.68.0.18/18 is 100.68.0.0/18, and a repetition a duplicate.",
        MODEL,
        proof!(canonical),
    ),
    sourced(
        RULE,
        "TCP and UDP want both ports, from 0 to 65535, ascending.",
        "cdk-preflight, rule pf-ec2-sg-port-range",
        proof!(ports),
    ),
    sourced(RULE, "Protocol -1 ignores ports.", MODEL, proof!(all_protocols)),
    unverified(
        RULE,
        "Rules of protocol -1 show ports -1 as rules, and none as permissions of the group.",
        proof!(all_protocols),
    ),
    sourced(RULE, "The protocols 6, 17, 1 and 58 are tcp, udp, icmp and icmpv6.", MODEL, proof!(protocol_numbers)),
    sourced(RULE, "For ICMP and ICMPv6 the ports are type and code, -1 for all of them.", MODEL, proof!(icmp)),
    unverified(RULE, "Left out, they are -1.", proof!(icmp)),
    sourced(RULE, "Other protocols open all ports.", MODEL, proof!(other_protocols)),
    sourced(
        RULE,
        "A description has up to 255 characters of a-z, A-Z, 0-9, space and ._-:/()#,@[]+=&;{}!$*.",
        "cdk-preflight, rule pf-ec2-sg-rule-description",
        proof!(descriptions),
    ),
    sourced(RULE, "A description of a group reference or a prefix list has no ampersand.", MODEL, proof!(ampersand)),
    unverified(RULE, "A permission without a peer is refused.", proof!(no_peer)),
    sourced(RULE, "A missing peer group is an InvalidGroup.NotFound.", EC2_ERRORS, proof!(missing_peer)),
    sourced(
        RULE,
        "A peer group of another VPC is an InvalidGroup.NotFound: two resources that belong to different networks.",
        "philips-software/terraform-provider-hsdp#68",
        proof!(foreign_peer),
    ),
    left_out(
        RULE,
        "With VPC peering, a group of the other VPC may be a peer; such a rule doesn't hold the group.",
        "no VPC peering",
    ),
    sourced(RULE, "A missing prefix list is an InvalidPrefixListID.NotFound.", EC2_ERRORS, proof!(missing_list)),
    sourced(RULE, "A missing group is an InvalidGroup.NotFound.", EC2_ERRORS, proof!(missing_group)),
    sourced(
        RULE,
        "A name that the default VPC lacks: The security group 'NAME' does not exist in default VPC 'VPC'.",
        "awslabs/aws-sdk-rust#744",
        proof!(missing_name),
    ),
    sourced(RULE, "A range that is none is an InvalidPermission.Malformed.", EC2_ERRORS, proof!(malformed_range)),
    sourced(
        RULE,
        "ModifySecurityGroupRules changes a rule in place; id, direction and tags stay.",
        MODEL,
        proof!(modify),
    ),
    sourced(
        RULE,
        "The UpdateSecurityGroupRuleDescriptions operations change descriptions only.",
        MODEL,
        proof!(redescribe),
    ),
    sourced(REVOKE, "Rules go by id, or by their properties without the description.", MODEL, proof!(revoke)),
    sourced(REVOKE, "The answer lists the revoked rules.", MODEL, proof!(revoke)),
    sourced(
        REVOKE,
        "A missing rule is an InvalidPermission.NotFound: The specified rule does not exist in this security group.",
        MODEL,
        proof!(revoke_missing),
    ),
    sourced(
        REVOKE,
        "In a default VPC a missing rule is no error, and comes back in UnknownIpPermissions.",
        MODEL,
        proof!(revoke_unknown),
    ),
    sourced(REVOKE, "A missing rule id is an InvalidSecurityGroupRuleId.NotFound.", TF_GROUP, proof!(missing_rule_id)),
    sourced(READ, "DescribeSecurityGroupRules filters by group, rule id and tag.", MODEL, proof!(rule_filters)),
    sourced(
        READ,
        "An unknown rule id is an InvalidSecurityGroupRuleId.NotFound, one of another shape Malformed.",
        EC2_ERRORS,
        proof!(missing_rule_id),
    ),
];

pub(super) fn allow(group: &str, protocol: &str, ports: Option<(i64, i64)>, peers: &str) -> String {
    let ports = ports
        .map_or_else(String::new, |(from, to)| format!("&IpPermissions.1.FromPort={from}&IpPermissions.1.ToPort={to}"));
    let peers = peers.replace("&", "&IpPermissions.1.");
    format!("AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol={protocol}{ports}{peers}")
}

pub(super) fn https(group: &str, cidr: &str) -> String {
    allow(group, "tcp", Some((443, 443)), &format!("&IpRanges.1.CidrIp={cidr}"))
}

async fn ingress(aws: &Caller, group: &str) -> String {
    element(&ec2(aws, &format!("DescribeSecurityGroups&GroupId.1={group}")).await, "ipPermissions")
}

async fn rule_per_peer(aws: Caller) {
    let id = group(&aws, "g").await;
    let peers = format!(
        "&IpRanges.1.CidrIp=10.0.0.0/8&IpRanges.2.CidrIp=10.1.0.0/16&Ipv6Ranges.1.CidrIpv6=2001:db8::/32&Groups.1.GroupId={id}&PrefixListIds.1.PrefixListId=pl-6da54004"
    );
    let body = ec2(&aws, &allow(&id, "tcp", Some((443, 443)), &peers)).await;
    assert_eq!(count(&body, "<securityGroupRuleId>"), 5);
    assert_eq!(count(&ingress(&aws, &id).await, "<ipProtocol>"), 1, "one permission in the group");
}

async fn answer(aws: Caller) {
    let id = group(&aws, "g").await;
    let tag = "TagSpecification.1.ResourceType=security-group-rule&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b";
    let two = allow(
        &id,
        "tcp",
        Some((80, 90)),
        "&IpRanges.1.CidrIp=10.0.0.0/8&IpRanges.1.Description=why&IpRanges.2.CidrIp=11.0.0.0/8",
    );
    let body = ec2(&aws, &format!("{two}&{tag}")).await;
    let rule = element(&body, "securityGroupRuleId");
    assert_eq!((&rule[..4], rule.len()), ("sgr-", 21));
    assert!(element(&body, "securityGroupRuleArn").ends_with(&format!(":security-group-rule/{rule}")));
    for (name, value) in
        [("return", "true"), ("fromPort", "80"), ("toPort", "90"), ("isEgress", "false"), ("groupId", &id)]
    {
        assert_eq!(element(&body, name), value);
    }
    assert!(body.contains("<cidrIpv4>10.0.0.0/8</cidrIpv4>") && body.contains("<description>why</description>"));
    assert_eq!(count(&body, "<key>a</key>"), 2);
}

async fn all_or_nothing(aws: Caller) {
    let id = group(&aws, "g").await;
    ec2(&aws, &https(&id, "10.0.0.0/16")).await;
    let both = allow(&id, "tcp", Some((443, 443)), "&IpRanges.1.CidrIp=10.9.0.0/16&IpRanges.2.CidrIp=10.0.0.0/16");
    ec2_code(&aws, &both, "InvalidPermission.Duplicate").await;
    assert!(!ingress(&aws, &id).await.contains("10.9.0.0/16"));
}

async fn duplicate(aws: Caller) {
    let id = group(&aws, "g").await;
    ec2(&aws, &https(&id, "10.0.0.0/16")).await;
    let message = "the specified rule \"peer: 10.0.0.0/16, TCP, from port: 443, to port: 443, ALLOW\" already exists";
    ec2_refuses(&aws, &https(&id, "10.0.0.0/16"), "InvalidPermission.Duplicate", message).await;
}

async fn description_is_no_identity(aws: Caller) {
    let id = group(&aws, "g").await;
    ec2(&aws, &https(&id, "10.0.0.0/16")).await;
    let other = https(&id, "10.0.0.0/16") + "&IpPermissions.1.IpRanges.1.Description=other";
    ec2_code(&aws, &other, "InvalidPermission.Duplicate").await;
}

async fn canonical(aws: Caller) {
    let id = group(&aws, "g").await;
    assert_eq!(element(&ec2(&aws, &https(&id, "100.68.0.18/18")).await, "cidrIpv4"), "100.68.0.0/18");
    ec2_code(&aws, &https(&id, "100.68.0.0/18"), "InvalidPermission.Duplicate").await;
}

async fn ports(aws: Caller) {
    let id = group(&aws, "g").await;
    for (protocol, ports) in [("tcp", None), ("udp", Some((5, 4))), ("tcp", Some((-1, 80))), ("tcp", Some((0, 65_536)))]
    {
        let form = allow(&id, protocol, ports, "&IpRanges.1.CidrIp=10.0.0.0/8");
        ec2_code(&aws, &form, "InvalidParameterValue").await;
    }
    ec2(&aws, &allow(&id, "tcp", Some((0, 65_535)), "&IpRanges.1.CidrIp=10.0.0.0/8")).await;
}

async fn all_protocols(aws: Caller) {
    let id = group(&aws, "g").await;
    let body = ec2(&aws, &allow(&id, "-1", Some((80, 90)), "&IpRanges.1.CidrIp=10.0.0.0/8")).await;
    assert_eq!((element(&body, "fromPort"), element(&body, "toPort")), ("-1".to_owned(), "-1".to_owned()));
    assert!(!ingress(&aws, &id).await.contains("Port>"));
}

async fn protocol_numbers(aws: Caller) {
    let id = group(&aws, "g").await;
    for (number, name) in [("6", "tcp"), ("17", "udp"), ("1", "icmp"), ("58", "icmpv6")] {
        let body = ec2(&aws, &allow(&id, number, Some((8, 8)), "&IpRanges.1.CidrIp=10.0.0.0/8")).await;
        assert_eq!(element(&body, "ipProtocol"), name);
    }
}

async fn icmp(aws: Caller) {
    let id = group(&aws, "g").await;
    for (protocol, ports, shown) in
        [("icmp", Some((8, 0)), ("8", "0")), ("icmp", None, ("-1", "-1")), ("icmpv6", Some((-1, -1)), ("-1", "-1"))]
    {
        let body = ec2(&aws, &allow(&id, protocol, ports, "&IpRanges.1.CidrIp=10.0.0.0/8")).await;
        assert_eq!((element(&body, "fromPort").as_str(), element(&body, "toPort").as_str()), shown, "{protocol}");
    }
}

async fn other_protocols(aws: Caller) {
    let id = group(&aws, "g").await;
    let body = ec2(&aws, &allow(&id, "50", Some((80, 80)), "&IpRanges.1.CidrIp=10.0.0.0/8")).await;
    assert_eq!((element(&body, "ipProtocol").as_str(), element(&body, "fromPort").as_str()), ("50", "-1"));
    let form = allow(&id, "carrier-pigeon", None, "&IpRanges.1.CidrIp=10.0.0.0/8");
    ec2_code(&aws, &form, "InvalidParameterValue").await;
}

async fn descriptions(aws: Caller) {
    let id = group(&aws, "g").await;
    let with = |text: &str| https(&id, "10.0.0.0/8") + "&IpPermissions.1.IpRanges.1.Description=" + text;
    for text in ["x".repeat(256).as_str(), "%C3%A9", "a%3Fb"] {
        ec2_code(&aws, &with(text), "InvalidParameterValue").await;
    }
    ec2(&aws, &with("aZ0+._-:/()%23,@[]%2B=%26;{}!$*")).await;
}

async fn ampersand(aws: Caller) {
    let id = group(&aws, "g").await;
    for peer in [
        format!("&Groups.1.GroupId={id}&Groups.1.Description="),
        "&PrefixListIds.1.PrefixListId=pl-6da54004&PrefixListIds.1.Description=".to_owned(),
    ] {
        ec2_code(&aws, &allow(&id, "-1", None, &(peer.clone() + "a%26b")), "InvalidParameterValue").await;
        ec2(&aws, &allow(&id, "-1", None, &(peer + "a;b"))).await;
    }
}

async fn no_peer(aws: Caller) {
    let id = group(&aws, "g").await;
    ec2_code(&aws, &allow(&id, "-1", None, ""), "InvalidParameterValue").await;
}

async fn missing_peer(aws: Caller) {
    let id = group(&aws, "g").await;
    let message = "The security group 'sg-00000000000000000' does not exist";
    let form = allow(&id, "-1", None, "&Groups.1.GroupId=sg-00000000000000000");
    ec2_refuses(&aws, &form, "InvalidGroup.NotFound", message).await;
}

async fn foreign_peer(aws: Caller) {
    let other = vpc(&aws, "10.0.0.0/16").await;
    let form = format!("CreateSecurityGroup&GroupName=g&GroupDescription=d&VpcId={other}");
    let foreign = element(&ec2(&aws, &form).await, "groupId");
    let form = allow(&group(&aws, "g").await, "-1", None, &format!("&Groups.1.GroupId={foreign}"));
    let message = "You have specified two resources that belong to different networks.";
    ec2_refuses(&aws, &form, "InvalidGroup.NotFound", message).await;
}

async fn missing_list(aws: Caller) {
    let id = group(&aws, "g").await;
    let form = allow(&id, "-1", None, "&PrefixListIds.1.PrefixListId=pl-00000000");
    ec2_code(&aws, &form, "InvalidPrefixListID.NotFound").await;
}

async fn missing_group(aws: Caller) {
    let message = "The security group 'sg-00000000000000000' does not exist";
    ec2_refuses(&aws, &https("sg-00000000000000000", "10.0.0.0/8"), "InvalidGroup.NotFound", message).await;
    ec2_code(&aws, &https("sg-x", "10.0.0.0/8"), "InvalidGroupId.Malformed").await;
}

async fn missing_name(aws: Caller) {
    let form = "AuthorizeSecurityGroupIngress&GroupName=shop&IpProtocol=-1&CidrIp=10.0.0.0/8";
    let message = format!("The security group 'shop' does not exist in default VPC '{}'", aws.fresh.vpc_id);
    ec2_refuses(&aws, form, "InvalidGroup.NotFound", &message).await;
    group(&aws, "shop").await;
    ec2(&aws, form).await;
}

async fn malformed_range(aws: Caller) {
    let id = group(&aws, "g").await;
    for cidr in ["10.0.0.0/33", "10.0.0.0", "everywhere"] {
        ec2_code(&aws, &https(&id, cidr), "InvalidPermission.Malformed").await;
    }
}

async fn modify(aws: Caller) {
    let id = group(&aws, "g").await;
    let rule = element(&ec2(&aws, &https(&id, "10.0.0.0/16")).await, "securityGroupRuleId");
    ec2(&aws, &format!("CreateTags&ResourceId.1={rule}&Tag.1.Key=a&Tag.1.Value=b")).await;
    let new = "SecurityGroupRule.1.SecurityGroupRule";
    ec2(&aws, &format!(
        "ModifySecurityGroupRules&GroupId={id}&SecurityGroupRule.1.SecurityGroupRuleId={rule}&{new}.IpProtocol=tcp&{new}.FromPort=80&{new}.ToPort=80&{new}.CidrIpv4=10.1.0.0/16"
    )).await;
    let body = ec2(&aws, &format!("DescribeSecurityGroupRules&SecurityGroupRuleId.1={rule}")).await;
    assert!(body.contains("<cidrIpv4>10.1.0.0/16</cidrIpv4>") && body.contains("<isEgress>false</isEgress>"));
    assert!(body.contains("<key>a</key>"));
}

async fn redescribe(aws: Caller) {
    let id = group(&aws, "g").await;
    let rule = element(&ec2(&aws, &https(&id, "10.0.0.0/16")).await, "securityGroupRuleId");
    let change = https(&id, "10.0.0.0/16").replace("Authorize", "Update").replace("Ingress", "RuleDescriptionsIngress");
    ec2(&aws, &(change + "&IpPermissions.1.IpRanges.1.Description=new")).await;
    let body = ec2(&aws, &format!("DescribeSecurityGroupRules&SecurityGroupRuleId.1={rule}")).await;
    assert_eq!((element(&body, "description").as_str(), element(&body, "cidrIpv4").as_str()), ("new", "10.0.0.0/16"));
}

async fn revoke(aws: Caller) {
    let id = group(&aws, "g").await;
    let described = https(&id, "10.0.0.0/16") + "&IpPermissions.1.IpRanges.1.Description=why";
    let first = element(&ec2(&aws, &described).await, "securityGroupRuleId");
    let second = element(&ec2(&aws, &https(&id, "10.1.0.0/16")).await, "securityGroupRuleId");
    let body = ec2(&aws, &https(&id, "10.0.0.0/16").replace("Authorize", "Revoke")).await;
    assert_eq!(element(&element(&body, "revokedSecurityGroupRuleSet"), "securityGroupRuleId"), first);
    ec2(&aws, &format!("RevokeSecurityGroupIngress&GroupId={id}&SecurityGroupRuleId.1={second}")).await;
    assert_eq!(ingress(&aws, &id).await, "");
}

async fn revoke_missing(aws: Caller) {
    let other = vpc(&aws, "10.0.0.0/16").await;
    let form = format!("CreateSecurityGroup&GroupName=g&GroupDescription=d&VpcId={other}");
    let id = element(&ec2(&aws, &form).await, "groupId");
    let form = https(&id, "10.9.0.0/16").replace("Authorize", "Revoke");
    let message = "The specified rule does not exist in this security group.";
    ec2_refuses(&aws, &form, "InvalidPermission.NotFound", message).await;
}

async fn revoke_unknown(aws: Caller) {
    let id = group(&aws, "g").await;
    let body = ec2(&aws, &https(&id, "10.9.0.0/16").replace("Authorize", "Revoke")).await;
    assert!(element(&body, "unknownIpPermissionSet").contains("10.9.0.0/16"));
}

async fn missing_rule_id(aws: Caller) {
    let id = group(&aws, "g").await;
    for (rule, code) in [("sgr-00000000000000000", "NotFound"), ("sgr-x", "Malformed")] {
        let code = format!("InvalidSecurityGroupRuleId.{code}");
        ec2_code(&aws, &format!("RevokeSecurityGroupIngress&GroupId={id}&SecurityGroupRuleId.1={rule}"), &code).await;
        ec2_code(&aws, &format!("DescribeSecurityGroupRules&SecurityGroupRuleId.1={rule}"), &code).await;
    }
}

async fn rule_filters(aws: Caller) {
    let id = group(&aws, "g").await;
    let rule = element(&ec2(&aws, &https(&id, "10.0.0.0/16")).await, "securityGroupRuleId");
    ec2(&aws, &format!("CreateTags&ResourceId.1={rule}&Tag.1.Key=a&Tag.1.Value=b")).await;
    for (name, value, found) in
        [("group-id", &id, 2), ("security-group-rule-id", &rule, 1), ("tag:a", &"b".to_owned(), 1)]
    {
        let form = format!("DescribeSecurityGroupRules&Filter.1.Name={name}&Filter.1.Value.1={value}");
        assert_eq!(count(&ec2(&aws, &form).await, "<securityGroupRuleId>"), found, "{name}");
    }
}
