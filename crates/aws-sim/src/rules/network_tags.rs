//! Tags of EC2 and of Elastic Load Balancing.

use super::network::{EC2_ERRORS, count, ec2, ec2_code, ec2_refuses, elb, elb_code, group};
use super::{EC2_MODEL, ELB_MODEL, Rule, proof, sourced, unverified};
use crate::testing::{Caller, element};

const EC2_TAGS: &str = "14.1 Tags of EC2";
const ELB_TAGS: &str = "14.2 Tags of Elastic Load Balancing";

pub const RULES: &[Rule] = &[
    sourced(
        EC2_TAGS,
        "TagSpecifications tag in the same call; a refused tag makes nothing.",
        EC2_MODEL,
        proof!(atomic_tags),
    ),
    sourced(EC2_TAGS, "TagSpecifications name the resource type that is made.", EC2_MODEL, proof!(tag_type)),
    sourced(EC2_TAGS, "A key has at least one character, a value up to 256.", EC2_MODEL, proof!(tag_lengths)),
    unverified(EC2_TAGS, "A key has up to 128 characters; the service model says 127.", proof!(tag_lengths)),
    sourced(
        EC2_TAGS,
        "Empty keys and keys that begin with aws:, in any case, are an InvalidTagKey.Malformed.",
        EC2_ERRORS,
        proof!(tag_keys),
    ),
    sourced(EC2_TAGS, "A resource has up to 50 tags, then TagLimitExceeded.", EC2_ERRORS, proof!(fifty_tags)),
    sourced(EC2_TAGS, "CreateTags overwrites values and keeps other tags.", EC2_MODEL, proof!(overwrite)),
    sourced(
        EC2_TAGS,
        "DeleteTags with a key removes any value, with key and value only that one.",
        EC2_MODEL,
        proof!(delete_tags),
    ),
    sourced(EC2_TAGS, "DeleteTags of a missing tag is a success.", EC2_MODEL, proof!(delete_tags)),
    sourced(
        EC2_TAGS,
        "An id of the right shape that is not found has a code of its kind that ends in .NotFound.",
        "juju/juju#2842, guardian/amigo#545",
        proof!(tag_nothing),
    ),
    unverified(
        EC2_TAGS,
        "For a security group that is InvalidSecurityGroupID.NotFound, for an endpoint InvalidVpcEndpointId.NotFound.",
        proof!(tag_nothing),
    ),
    sourced(
        EC2_TAGS,
        "Another id is an InvalidID: The ID 'x' is not valid.",
        "kubernetes/cloud-provider-aws#1387",
        proof!(tag_no_id),
    ),
    sourced(EC2_TAGS, "Security groups, their rules and endpoints are tagged by id.", EC2_MODEL, proof!(tag_kinds)),
    sourced(
        ELB_TAGS,
        "Balancers, target groups and listeners take Tags when they are made.",
        ELB_MODEL,
        proof!(elb_create_tags),
    ),
    sourced(
        ELB_TAGS,
        "AddTags overwrites values; DescribeTags reads them, Describe operations do not.",
        ELB_MODEL,
        proof!(elb_add_tags),
    ),
    unverified(ELB_TAGS, "RemoveTags of a missing key is a success.", proof!(elb_remove_tags)),
    sourced(ELB_TAGS, "Tag operations take up to 20 ARNs.", ELB_MODEL, proof!(elb_twenty)),
    sourced(ELB_TAGS, "A key that is given twice is a DuplicateTagKeys.", ELB_MODEL, proof!(elb_duplicates)),
    sourced(ELB_TAGS, "More than 50 tags are TooManyTags.", ELB_MODEL, proof!(elb_fifty)),
    sourced(
        ELB_TAGS,
        "Keys and values hold letters, digits, space and + - = . _ : / @ only.",
        ELB_MODEL,
        proof!(elb_characters),
    ),
    sourced(ELB_TAGS, "A key is not empty and doesn't begin with aws:.", ELB_MODEL, proof!(elb_keys)),
];

fn tagged(kind: &str, tags: &[(&str, &str)]) -> String {
    let pair = |(index, (key, value)): (usize, &(&str, &str))| {
        let number = index + 1;
        format!("&TagSpecification.1.Tag.{number}.Key={key}&TagSpecification.1.Tag.{number}.Value={value}")
    };
    format!("&TagSpecification.1.ResourceType={kind}") + &tags.iter().enumerate().map(pair).collect::<String>()
}

fn create(aws: &Caller, more: &str) -> String {
    format!("CreateSecurityGroup&GroupName=g&GroupDescription=d&VpcId={}{more}", aws.fresh.vpc_id)
}

async fn tags_of(aws: &Caller, id: &str) -> String {
    ec2(aws, &format!("DescribeTags&Filter.1.Name=resource-id&Filter.1.Value.1={id}")).await
}

async fn atomic_tags(aws: Caller) {
    ec2_code(&aws, &create(&aws, &tagged("security-group", &[("aws:x", "y")])), "InvalidTagKey.Malformed").await;
    let body = ec2(&aws, &create(&aws, &tagged("security-group", &[("a", "b")]))).await;
    assert!(body.contains("<tagSet><item><key>a</key><value>b</value></item></tagSet>"));
}

async fn tag_type(aws: Caller) {
    let message = "'vpc' is not a valid taggable resource type for this operation.";
    ec2_refuses(&aws, &create(&aws, &tagged("vpc", &[("a", "b")])), "InvalidParameterValue", message).await;
}

async fn tag_lengths(aws: Caller) {
    let (long, longer) = ("k".repeat(128), "v".repeat(256));
    for (key, value) in [("k".repeat(129), "v".to_owned()), ("k".to_owned(), "v".repeat(257))] {
        let form = create(&aws, &tagged("security-group", &[(&key, &value)]));
        ec2_code(&aws, &form, "InvalidParameterValue").await;
    }
    ec2(&aws, &create(&aws, &tagged("security-group", &[(&long, &longer)]))).await;
}

async fn tag_keys(aws: Caller) {
    let id = group(&aws, "g").await;
    for key in ["", "aws:x", "AWS:x", "Aws:x"] {
        let form = format!("CreateTags&ResourceId.1={id}&Tag.1.Key={key}&Tag.1.Value=v");
        ec2_code(&aws, &form, "InvalidTagKey.Malformed").await;
    }
}

async fn fifty_tags(aws: Caller) {
    let id = group(&aws, "g").await;
    let tags = |count: usize| (1..=count).map(|n| format!("&Tag.{n}.Key=k{n}&Tag.{n}.Value=v")).collect::<String>();
    ec2_code(&aws, &format!("CreateTags&ResourceId.1={id}{}", tags(51)), "TagLimitExceeded").await;
    ec2(&aws, &format!("CreateTags&ResourceId.1={id}{}", tags(50))).await;
    let more = format!("CreateTags&ResourceId.1={id}&Tag.1.Key=more&Tag.1.Value=v");
    ec2_code(&aws, &more, "TagLimitExceeded").await;
}

async fn overwrite(aws: Caller) {
    let id = group(&aws, "g").await;
    for (key, value) in [("a", "1"), ("b", "2"), ("a", "3")] {
        ec2(&aws, &format!("CreateTags&ResourceId.1={id}&Tag.1.Key={key}&Tag.1.Value={value}")).await;
    }
    let body = tags_of(&aws, &id).await;
    assert!(
        body.contains("<value>3</value>") && body.contains("<value>2</value>") && !body.contains("<value>1</value>")
    );
}

async fn delete_tags(aws: Caller) {
    let id = group(&aws, "g").await;
    ec2(&aws, &format!("CreateTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value=1&Tag.2.Key=b&Tag.2.Value=2")).await;
    ec2(&aws, &format!("DeleteTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value=other")).await;
    assert_eq!(count(&tags_of(&aws, &id).await, "<key>"), 2);
    ec2(&aws, &format!("DeleteTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value=1")).await;
    assert_eq!(count(&tags_of(&aws, &id).await, "<key>"), 1);
    ec2(&aws, &format!("DeleteTags&ResourceId.1={id}&Tag.1.Key=b&Tag.2.Key=nothing")).await;
    assert_eq!(count(&tags_of(&aws, &id).await, "<key>"), 0);
}

async fn tag_nothing(aws: Caller) {
    for (prefix, code) in [
        ("sg", "InvalidSecurityGroupID"),
        ("vpce", "InvalidVpcEndpointId"),
        ("subnet", "InvalidSubnetID"),
        ("i", "InvalidInstanceID"),
    ] {
        for operation in ["CreateTags", "DeleteTags"] {
            let form = format!("{operation}&ResourceId.1={prefix}-00000000000000000&Tag.1.Key=a&Tag.1.Value=b");
            ec2_code(&aws, &form, &format!("{code}.NotFound")).await;
        }
    }
}

async fn tag_no_id(aws: Caller) {
    for id in ["nonsense", "sg-x", "SG-00000000000000000"] {
        let form = format!("CreateTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value=b");
        ec2_refuses(&aws, &form, "InvalidID", &format!("The ID '{id}' is not valid")).await;
    }
}

async fn tag_kinds(aws: Caller) {
    let group = group(&aws, "g").await;
    let rules = ec2(&aws, &format!("DescribeSecurityGroupRules&Filter.1.Name=group-id&Filter.1.Value.1={group}")).await;
    let endpoint = element(&ec2(&aws, &aws.endpoint_form("")).await, "vpcEndpointId");
    for id in [group, element(&rules, "securityGroupRuleId"), endpoint] {
        ec2(&aws, &format!("CreateTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value=b")).await;
        assert_eq!(element(&tags_of(&aws, &id).await, "key"), "a");
    }
}

async fn keys_of(aws: &Caller, arn: &str) -> usize {
    count(&elb(aws, &format!("DescribeTags&ResourceArns.member.1={arn}")).await, "<Key>")
}

async fn elb_create_tags(aws: Caller) {
    let tags = "&Tags.member.1.Key=a&Tags.member.1.Value=b";
    let (subnet, vpc) = (&aws.fresh.subnet_ids[0], &aws.fresh.vpc_id);
    let form = format!("CreateLoadBalancer&Name=one&Type=network&Scheme=internal&Subnets.member.1={subnet}{tags}");
    let balancer = element(&elb(&aws, &form).await, "LoadBalancerArn");
    let form = format!("CreateTargetGroup&Name=g&Protocol=TCP&Port=80&VpcId={vpc}{tags}");
    let group = element(&elb(&aws, &form).await, "TargetGroupArn");
    let form = format!("CreateListener&LoadBalancerArn={balancer}&Protocol=TCP&Port=80{tags}");
    let action = format!("&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}");
    let listener = element(&elb(&aws, &(form + &action)).await, "ListenerArn");
    for arn in [balancer, group, listener] {
        assert_eq!(keys_of(&aws, &arn).await, 1, "{arn}");
    }
}

async fn elb_add_tags(aws: Caller) {
    let arn = aws.target_group("g").await;
    for value in ["1", "2"] {
        elb(&aws, &format!("AddTags&ResourceArns.member.1={arn}&Tags.member.1.Key=a&Tags.member.1.Value={value}"))
            .await;
    }
    let body = elb(&aws, &format!("DescribeTags&ResourceArns.member.1={arn}")).await;
    assert!(body.contains("<Key>a</Key><Value>2</Value>") && count(&body, "<Key>") == 1);
    assert!(!elb(&aws, "DescribeTargetGroups").await.contains("<Key>"));
}

async fn elb_remove_tags(aws: Caller) {
    let arn = aws.target_group("g").await;
    elb(&aws, &format!("RemoveTags&ResourceArns.member.1={arn}&TagKeys.member.1=nothing")).await;
}

async fn elb_twenty(aws: Caller) {
    let arn = aws.target_group("g").await;
    let arns = |count: usize| (1..=count).map(|n| format!("&ResourceArns.member.{n}={arn}")).collect::<String>();
    elb(&aws, &format!("DescribeTags{}", arns(20))).await;
    let tags = "&Tags.member.1.Key=a&Tags.member.1.Value=b";
    elb(&aws, &format!("AddTags{}{tags}", arns(20))).await;
    elb(&aws, &format!("RemoveTags{}&TagKeys.member.1=a", arns(20))).await;
    for (operation, more) in [("DescribeTags", ""), ("AddTags", tags), ("RemoveTags", "&TagKeys.member.1=a")] {
        elb_code(&aws, &format!("{operation}{}{more}", arns(21)), "ValidationError").await;
    }
}

async fn elb_duplicates(aws: Caller) {
    let arn = aws.target_group("g").await;
    let tags = "&Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.2.Key=a&Tags.member.2.Value=2";
    elb_code(&aws, &format!("AddTags&ResourceArns.member.1={arn}{tags}"), "DuplicateTagKeys").await;
}

async fn elb_fifty(aws: Caller) {
    let arn = aws.target_group("g").await;
    let tags =
        |n: usize| (1..=n).map(|n| format!("&Tags.member.{n}.Key=k{n}&Tags.member.{n}.Value=v")).collect::<String>();
    elb_code(&aws, &format!("AddTags&ResourceArns.member.1={arn}{}", tags(51)), "TooManyTags").await;
    elb(&aws, &format!("AddTags&ResourceArns.member.1={arn}{}", tags(50))).await;
}

async fn elb_characters(aws: Caller) {
    let arn = aws.target_group("g").await;
    for (key, value, status) in [("a%2B-%3D._:/%40", "z+9", 200), ("a%2C", "b", 400), ("a", "%3F", 400), ("", "b", 400)]
    {
        let form = format!("AddTags&ResourceArns.member.1={arn}&Tags.member.1.Key={key}&Tags.member.1.Value={value}");
        assert_eq!(aws.elb(&form).await.0, status, "{key}");
    }
}

async fn elb_keys(aws: Caller) {
    let arn = aws.target_group("g").await;
    for key in ["", "aws:x", "AWS:x"] {
        let form = format!("AddTags&ResourceArns.member.1={arn}&Tags.member.1.Key={key}&Tags.member.1.Value=v");
        elb_code(&aws, &form, "ValidationError").await;
    }
}
