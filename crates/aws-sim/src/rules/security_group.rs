//! Security groups: creating, reading, deleting.

use super::network::{
    EC2_ERRORS, TF_BALANCER, TF_GROUP, VPC_GUIDE, count, ec2, ec2_code, ec2_refuses, elb, group, subnet, vpc,
};
use super::{EC2_MODEL as MODEL, Rule, proof, sourced, unverified};
use crate::testing::{Caller, element, later};

const CREATE: &str = "2.1 Creating a security group";
const READ: &str = "2.4 Reading security groups";
const DELETE: &str = "2.5 Deleting a security group";
const HELD: &str = "hashicorp/terraform-provider-aws#1671";

pub const RULES: &[Rule] = &[
    sourced(CREATE, "Name and description are required, and not empty.", MODEL, proof!(required)),
    sourced(CREATE, "Name and description have up to 255 characters.", MODEL, proof!(lengths)),
    sourced(CREATE, "Both hold only letters, digits, space and ._-:/()#,@[]+=&;{}!$*.", MODEL, proof!(characters)),
    sourced(CREATE, "A name doesn't begin with sg-.", "cdk-preflight, rule pf-ec2-sg-group-name", proof!(prefix)),
    unverified(CREATE, "The code for a name that begins with sg- is InvalidParameterValue.", proof!(prefix)),
    sourced(CREATE, "Blanks at the end of a name are cut off.", VPC_GUIDE, proof!(trimmed)),
    sourced(CREATE, "Names are unique in a VPC, whatever the case.", VPC_GUIDE, proof!(duplicate)),
    sourced(
        CREATE,
        "A second group of a name is an InvalidGroup.Duplicate: creation is not idempotent.",
        EC2_ERRORS,
        proof!(duplicate),
    ),
    sourced(
        CREATE,
        "Text: The security group 'NAME' already exists for VPC 'VPC'.",
        "terraform-community-modules/tf_aws_sg#53",
        proof!(duplicate),
    ),
    sourced(CREATE, "Another VPC may have a group of the same name.", VPC_GUIDE, proof!(other_vpc)),
    sourced(CREATE, "The name default is reserved.", EC2_ERRORS, proof!(reserved)),
    sourced(
        CREATE,
        "An unknown VPC is an InvalidVpcID.NotFound, an id of another shape an InvalidVpcID.Malformed.",
        EC2_ERRORS,
        proof!(vpc_ids),
    ),
    sourced(CREATE, "Without a VPC the default VPC is taken.", MODEL, proof!(default_vpc)),
    sourced(CREATE, "Without a VPC and without a default VPC: VPCIdNotSpecified.", EC2_ERRORS, proof!(no_default_vpc)),
    sourced(
        CREATE,
        "The answer has group id, ARN and tags; the id is sg- and 17 hexadecimal digits.",
        MODEL,
        proof!(answer),
    ),
    sourced(
        CREATE,
        "A new group has no rule for ingress and one for egress: everything to 0.0.0.0/0.",
        VPC_GUIDE,
        proof!(first_rules),
    ),
    sourced(CREATE, "In a VPC with IPv6 there is a second one: everything to ::/0.", VPC_GUIDE, proof!(ipv6_rule)),
    sourced(
        CREATE,
        "There are up to 2,500 groups in a region, then SecurityGroupLimitExceeded.",
        EC2_ERRORS,
        proof!(quota),
    ),
    unverified(CREATE, "Text: The maximum number of security groups has been reached.", proof!(quota)),
    sourced(READ, "An unknown group id is an InvalidGroup.NotFound.", EC2_ERRORS, proof!(unknown_group)),
    sourced(READ, "A group id of another shape is an InvalidGroupId.Malformed.", EC2_ERRORS, proof!(malformed_group)),
    sourced(READ, "A filter that matches nothing gives an empty list.", MODEL, proof!(empty_list)),
    sourced(READ, "DescribeSecurityGroups filters by id, name, VPC and tags.", MODEL, proof!(filters)),
    sourced(
        DELETE,
        "A group of an interface is kept: DependencyViolation, resource sg-... has a dependent object.",
        HELD,
        proof!(interface_holds),
    ),
    sourced(
        DELETE,
        "The interfaces of an endpoint hold its group until they are gone.",
        TF_GROUP,
        proof!(interface_holds),
    ),
    sourced(
        DELETE,
        "The interfaces of a load balancer hold its groups for a while after it.",
        TF_BALANCER,
        proof!(balancer_holds),
    ),
    sourced(DELETE, "A rule of another group of the VPC holds a group that it names.", MODEL, proof!(rule_holds)),
    sourced(DELETE, "A group with an association to another VPC is kept.", MODEL, proof!(association_holds)),
    unverified(DELETE, "A rule that names its own group holds nothing.", proof!(self_reference)),
    sourced(DELETE, "A default group can't be deleted: CannotDelete.", EC2_ERRORS, proof!(default_group)),
    sourced(DELETE, "Deleting twice is an InvalidGroup.NotFound.", EC2_ERRORS, proof!(twice)),
];

fn form(aws: &Caller, name: &str, description: &str) -> String {
    let vpc = &aws.fresh.vpc_id;
    format!("CreateSecurityGroup&GroupName={name}&GroupDescription={description}&VpcId={vpc}")
}

async fn required(aws: Caller) {
    for (name, description) in [("", "d"), ("g", "")] {
        ec2_code(&aws, &form(&aws, name, description), "MissingParameter").await;
    }
}

async fn lengths(aws: Caller) {
    let (long, longer) = ("x".repeat(255), "x".repeat(256));
    ec2(&aws, &form(&aws, &long, &long)).await;
    for (name, description) in [(longer.as_str(), "d"), ("g", longer.as_str())] {
        ec2_code(&aws, &form(&aws, name, description), "InvalidParameterValue").await;
    }
}

async fn characters(aws: Caller) {
    let all = "aZ0+._-:/()%23,@[]%2B=%26;{}!$*";
    ec2(&aws, &form(&aws, all, all)).await;
    for (name, description) in [("g%3F", "d"), ("g", "%C3%A9"), ("g", "d%27")] {
        ec2_code(&aws, &form(&aws, name, description), "InvalidParameterValue").await;
    }
}

async fn prefix(aws: Caller) {
    let message = "Group names may not be in the format sg-*";
    ec2_refuses(&aws, &form(&aws, "sg-shop", "d"), "InvalidParameterValue", message).await;
}

async fn trimmed(aws: Caller) {
    ec2(&aws, &form(&aws, "shop++", "d")).await;
    let found = ec2(&aws, "DescribeSecurityGroups&Filter.1.Name=group-name&Filter.1.Value.1=shop").await;
    assert_eq!(element(&found, "groupName"), "shop");
}

async fn duplicate(aws: Caller) {
    ec2(&aws, &form(&aws, "shop", "d")).await;
    for name in ["shop", "SHOP", "shop+"] {
        let shown = name.trim_end_matches('+');
        let message = format!("The security group '{shown}' already exists for VPC '{}'", aws.fresh.vpc_id);
        ec2_refuses(&aws, &form(&aws, name, "d"), "InvalidGroup.Duplicate", &message).await;
    }
}

async fn other_vpc(aws: Caller) {
    ec2(&aws, &form(&aws, "shop", "d")).await;
    let other = vpc(&aws, "10.0.0.0/16").await;
    ec2(&aws, &format!("CreateSecurityGroup&GroupName=shop&GroupDescription=d&VpcId={other}")).await;
}

async fn reserved(aws: Caller) {
    ec2_code(&aws, &form(&aws, "default", "d"), "InvalidGroup.Reserved").await;
}

async fn vpc_ids(aws: Caller) {
    for (id, code) in [("vpc-00000000000000000", "InvalidVpcID.NotFound"), ("vpc-x", "InvalidVpcID.Malformed")] {
        ec2_code(&aws, &format!("CreateSecurityGroup&GroupName=g&GroupDescription=d&VpcId={id}"), code).await;
    }
}

async fn default_vpc(aws: Caller) {
    let id = element(&ec2(&aws, "CreateSecurityGroup&GroupName=g&GroupDescription=d").await, "groupId");
    let found = ec2(&aws, &format!("DescribeSecurityGroups&GroupId.1={id}")).await;
    assert_eq!(element(&found, "vpcId"), aws.fresh.vpc_id);
}

async fn no_default_vpc(aws: Caller) {
    for subnet in &aws.fresh.subnet_ids {
        ec2(&aws, &format!("DeleteSubnet&SubnetId={subnet}")).await;
    }
    ec2(&aws, &format!("DeleteVpc&VpcId={}", aws.fresh.vpc_id)).await;
    ec2_code(&aws, "CreateSecurityGroup&GroupName=g&GroupDescription=d", "VPCIdNotSpecified").await;
}

async fn answer(aws: Caller) {
    let tag = "&TagSpecification.1.ResourceType=security-group&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b";
    let body = ec2(&aws, &(form(&aws, "g", "d") + tag)).await;
    let id = element(&body, "groupId");
    let digits = id.strip_prefix("sg-").unwrap();
    assert!(digits.len() == 17 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert!(element(&body, "securityGroupArn").ends_with(&format!(":security-group/{id}")));
    assert_eq!(element(&body, "key"), "a");
}

async fn first_rules(aws: Caller) {
    let id = group(&aws, "g").await;
    let body = ec2(&aws, &format!("DescribeSecurityGroups&GroupId.1={id}")).await;
    assert_eq!(element(&body, "ipPermissions"), "");
    let egress = element(&body, "ipPermissionsEgress");
    assert!(egress.contains("<ipProtocol>-1</ipProtocol>") && egress.contains("<cidrIp>0.0.0.0/0</cidrIp>"));
    assert!(!egress.contains("cidrIpv6>"));
}

async fn ipv6_rule(aws: Caller) {
    let made = ec2(&aws, "CreateVpc&CidrBlock=10.0.0.0/16&AmazonProvidedIpv6CidrBlock=true").await;
    let form = format!("CreateSecurityGroup&GroupName=g&GroupDescription=d&VpcId={}", element(&made, "vpcId"));
    let id = element(&ec2(&aws, &form).await, "groupId");
    let body = ec2(&aws, &format!("DescribeSecurityGroups&GroupId.1={id}")).await;
    let egress = element(&body, "ipPermissionsEgress");
    assert!(egress.contains("<cidrIp>0.0.0.0/0</cidrIp>") && egress.contains("<cidrIpv6>::/0</cidrIpv6>"), "{egress}");
}

async fn quota(aws: Caller) {
    for number in 0..2499 {
        group(&aws, &format!("g{number}")).await;
    }
    let message = "The maximum number of security groups has been reached.";
    ec2_refuses(&aws, &form(&aws, "last", "d"), "SecurityGroupLimitExceeded", message).await;
}

async fn unknown_group(aws: Caller) {
    let message = "The security group 'sg-00000000000000000' does not exist";
    let form = "DescribeSecurityGroups&GroupId.1=sg-00000000000000000";
    ec2_refuses(&aws, form, "InvalidGroup.NotFound", message).await;
}

async fn malformed_group(aws: Caller) {
    ec2_code(&aws, "DescribeSecurityGroups&GroupId.1=sg-x", "InvalidGroupId.Malformed").await;
}

async fn empty_list(aws: Caller) {
    let body = ec2(&aws, "DescribeSecurityGroups&Filter.1.Name=group-name&Filter.1.Value.1=nobody").await;
    assert_eq!(element(&body, "securityGroupInfo"), "");
}

async fn filters(aws: Caller) {
    let id = group(&aws, "shop").await;
    ec2(&aws, &format!("CreateTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value=b")).await;
    let pairs = [("group-id", id.as_str()), ("group-name", "sh*"), ("tag:a", "b"), ("tag-key", "a")];
    for (name, value) in pairs {
        let body = ec2(&aws, &format!("DescribeSecurityGroups&Filter.1.Name={name}&Filter.1.Value.1={value}")).await;
        assert_eq!((count(&body, "<groupName>"), element(&body, "groupId")), (1, id.clone()), "{name}");
    }
    let form = format!("DescribeSecurityGroups&Filter.1.Name=vpc-id&Filter.1.Value.1={}", aws.fresh.vpc_id);
    assert_eq!(count(&ec2(&aws, &form).await, "<groupName>"), 2);
}

async fn held(aws: &Caller, id: &str) {
    let message = format!("resource {id} has a dependent object");
    ec2_refuses(aws, &format!("DeleteSecurityGroup&GroupId={id}"), "DependencyViolation", &message).await;
}

async fn interface_holds(aws: Caller) {
    let id = group(&aws, "g").await;
    let made = ec2(&aws, &aws.endpoint_form(&format!("&SecurityGroupId.1={id}"))).await;
    held(&aws, &id).await;
    let endpoint = element(&made, "vpcEndpointId");
    ec2(&aws, &format!("DeleteVpcEndpoints&VpcEndpointId.1={endpoint}")).await;
    later(120).await;
    ec2_code(&aws, &format!("DescribeVpcEndpoints&VpcEndpointId.1={endpoint}"), "InvalidVpcEndpointId.NotFound").await;
    held(&aws, &id).await;
    later(20).await;
    ec2(&aws, &format!("DeleteSecurityGroup&GroupId={id}")).await;
}

async fn balancer_holds(aws: Caller) {
    let id = group(&aws, "g").await;
    let form = format!("CreateLoadBalancer&Name=one&Type=network&Scheme=internal&SecurityGroups.member.1={id}");
    let made = elb(&aws, &format!("{form}&Subnets.member.1={}", aws.fresh.subnet_ids[0])).await;
    elb(&aws, &format!("DeleteLoadBalancer&LoadBalancerArn={}", element(&made, "LoadBalancerArn"))).await;
    held(&aws, &id).await;
    later(60).await;
    ec2(&aws, &format!("DeleteSecurityGroup&GroupId={id}")).await;
}

async fn refer(aws: &Caller, from: &str, to: &str) {
    let rule = format!("&IpPermissions.1.IpProtocol=-1&IpPermissions.1.Groups.1.GroupId={to}");
    ec2(aws, &format!("AuthorizeSecurityGroupIngress&GroupId={from}{rule}")).await;
}

async fn rule_holds(aws: Caller) {
    let (one, other) = (group(&aws, "one").await, group(&aws, "other").await);
    refer(&aws, &one, &other).await;
    held(&aws, &other).await;
    ec2(&aws, &format!("DeleteSecurityGroup&GroupId={one}")).await;
    ec2(&aws, &format!("DeleteSecurityGroup&GroupId={other}")).await;
}

async fn association_holds(aws: Caller) {
    let (id, other) = (group(&aws, "g").await, vpc(&aws, "10.0.0.0/16").await);
    subnet(&aws, &other, "10.0.0.0/24", 'a').await;
    ec2(&aws, &format!("AssociateSecurityGroupVpc&GroupId={id}&VpcId={other}")).await;
    let body = ec2(&aws, "DescribeSecurityGroupVpcAssociations").await;
    assert_eq!((element(&body, "groupId"), element(&body, "vpcId")), (id.clone(), other.clone()));
    held(&aws, &id).await;
    ec2(&aws, &format!("DisassociateSecurityGroupVpc&GroupId={id}&VpcId={other}")).await;
    ec2(&aws, &format!("DeleteSecurityGroup&GroupId={id}")).await;
}

async fn self_reference(aws: Caller) {
    let id = group(&aws, "g").await;
    refer(&aws, &id, &id).await;
    ec2(&aws, &format!("DeleteSecurityGroup&GroupId={id}")).await;
}

async fn default_group(aws: Caller) {
    ec2_code(&aws, &format!("DeleteSecurityGroup&GroupId={}", aws.fresh.security_group_id), "CannotDelete").await;
}

async fn twice(aws: Caller) {
    let id = group(&aws, "g").await;
    let delete = format!("DeleteSecurityGroup&GroupId={id}");
    ec2(&aws, &delete).await;
    let message = format!("The security group '{id}' does not exist");
    ec2_refuses(&aws, &delete, "InvalidGroup.NotFound", &message).await;
}
