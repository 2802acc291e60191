//! Changing interface endpoints.

use super::endpoint_life::{made, read};
use super::network::{TF_ENDPOINT, count, ec2, ec2_code, group, subnet};
use super::{EC2_MODEL as MODEL, Rule, proof, sourced, unverified};
use crate::testing::{Caller, element, later};

const MODIFY: &str = "3.5 Changing an endpoint";

pub const RULES: &[Rule] = &[
    sourced(MODIFY, "A changed endpoint is pending, then available again.", TF_ENDPOINT, proof!(pending_again)),
    sourced(MODIFY, "Subnets and groups are added and removed, also in one call.", TF_ENDPOINT, proof!(add_and_remove)),
    sourced(MODIFY, "Another VPC, service or type can't be asked for.", MODEL, proof!(immutable)),
    sourced(MODIFY, "ResetPolicy brings the default policy back.", TF_ENDPOINT, proof!(reset_policy)),
    sourced(
        MODIFY,
        "Two subnets in one zone are a DuplicateSubnetsInSameZone here too.",
        "terraform-aws-modules/terraform-aws-vpc#583, #451",
        proof!(same_zone),
    ),
    unverified(MODIFY, "This holds also when the same call removes the old subnet of the zone.", proof!(same_zone)),
    unverified(
        MODIFY,
        "Adding a subnet or group that is there, or removing one that isn't, is an InvalidParameter.",
        proof!(membership),
    ),
    unverified(MODIFY, "The last security group can't be removed.", proof!(last_group)),
    sourced(MODIFY, "A fixed address replaces the interface of the subnet.", MODEL, proof!(fixed_address)),
    unverified(MODIFY, "A call without a change is a MissingParameter.", proof!(no_change)),
    sourced(
        MODIFY,
        "Turning private DNS on looks for conflicts and DNS attributes again.",
        "hashicorp/terraform-provider-aws#17535",
        proof!(dns_again),
    ),
    sourced(MODIFY, "The address type stays unless it is given.", MODEL, proof!(address_type)),
    unverified(MODIFY, "An endpoint that is being deleted can't be changed: IncorrectState.", proof!(deleting)),
];

fn modify(id: &str, more: &str) -> String {
    format!("ModifyVpcEndpoint&VpcEndpointId={id}{more}")
}

async fn pending_again(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    later(90).await;
    ec2(&aws, &modify(&id, "&PrivateDnsEnabled=false")).await;
    assert_eq!(element(&read(&aws, &id).await, "state"), "pending");
    later(30).await;
    let body = read(&aws, &id).await;
    assert_eq!(
        (element(&body, "state").as_str(), element(&body, "privateDnsEnabled").as_str()),
        ("available", "false")
    );
}

async fn add_and_remove(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    let [one, two, _] = &aws.fresh.subnet_ids[..] else { panic!() };
    let (old, new) = (&aws.fresh.security_group_id, group(&aws, "g").await);
    let change =
        format!("&AddSubnetId.1={two}&RemoveSubnetId.1={one}&AddSecurityGroupId.1={new}&RemoveSecurityGroupId.1={old}");
    ec2(&aws, &modify(&id, &change)).await;
    let body = read(&aws, &id).await;
    assert_eq!(element(&element(&body, "subnetIdSet"), "item"), *two);
    assert_eq!(element(&element(&body, "groupSet"), "groupId"), new);
    later(30).await;
    let body = ec2(&aws, "DescribeNetworkInterfaces").await;
    assert_eq!((count(&body, "<networkInterfaceId>"), element(&body, "subnetId")), (1, two.clone()));
    assert_eq!(element(&element(&body, "groupSet"), "groupId"), new);
}

async fn immutable(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    for parameter in ["VpcId", "ServiceName", "VpcEndpointType"] {
        ec2_code(&aws, &modify(&id, &format!("&{parameter}=x")), "UnknownParameter").await;
    }
}

async fn reset_policy(aws: Caller) {
    let (body, id) = made(&aws, "").await;
    ec2(&aws, &modify(&id, "&PolicyDocument=%7B%22Statement%22:%5B%5D%7D")).await;
    assert_ne!(element(&read(&aws, &id).await, "policyDocument"), element(&body, "policyDocument"));
    ec2(&aws, &modify(&id, "&ResetPolicy=true")).await;
    assert_eq!(element(&read(&aws, &id).await, "policyDocument"), element(&body, "policyDocument"));
}

async fn same_zone(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    let other = subnet(&aws, &aws.fresh.vpc_id, "172.31.128.0/20", 'a').await;
    let add = format!("&AddSubnetId.1={other}");
    ec2_code(&aws, &modify(&id, &add), "DuplicateSubnetsInSameZone").await;
    let remove = format!("&RemoveSubnetId.1={}", aws.fresh.subnet_ids[0]);
    ec2_code(&aws, &modify(&id, &(add.clone() + &remove)), "DuplicateSubnetsInSameZone").await;
    ec2(&aws, &modify(&id, &remove)).await;
    later(30).await;
    ec2(&aws, &modify(&id, &add)).await;
}

async fn membership(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    let [one, two, _] = &aws.fresh.subnet_ids[..] else { panic!() };
    let (here, elsewhere) = (&aws.fresh.security_group_id, group(&aws, "g").await);
    for change in [
        format!("&AddSubnetId.1={one}"),
        format!("&RemoveSubnetId.1={two}"),
        format!("&AddSecurityGroupId.1={here}"),
        format!("&RemoveSecurityGroupId.1={elsewhere}"),
    ] {
        ec2_code(&aws, &modify(&id, &change), "InvalidParameter").await;
    }
}

async fn last_group(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    let change = format!("&RemoveSecurityGroupId.1={}", aws.fresh.security_group_id);
    ec2_code(&aws, &modify(&id, &change), "InvalidParameter").await;
}

async fn fixed_address(aws: Caller) {
    let (body, id) = made(&aws, "").await;
    let before = element(&element(&body, "networkInterfaceIdSet"), "item");
    let subnet = &aws.fresh.subnet_ids[0];
    let config = format!("&SubnetConfiguration.1.SubnetId={subnet}&SubnetConfiguration.1.Ipv4=172.31.0.77");
    ec2(&aws, &modify(&id, &config)).await;
    let body = ec2(&aws, "DescribeNetworkInterfaces").await;
    assert_eq!((count(&body, "<networkInterfaceId>"), element(&body, "privateIpAddress").as_str()), (1, "172.31.0.77"));
    assert_ne!(element(&body, "networkInterfaceId"), before);
}

async fn no_change(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    ec2_code(&aws, &modify(&id, ""), "MissingParameter").await;
}

async fn dns_again(aws: Caller) {
    made(&aws, "").await;
    let (_, id) = made(&aws, "&PrivateDnsEnabled=false").await;
    let (status, body) = aws.ec2(&modify(&id, "&PrivateDnsEnabled=true")).await;
    assert!(status == 400 && body.contains("conflicting DNS domain"), "{body}");
    ec2(&aws, &format!("ModifyVpcAttribute&VpcId={}&EnableDnsSupport.Value=false", aws.fresh.vpc_id)).await;
    let (status, body) = aws.ec2(&modify(&id, "&PrivateDnsEnabled=true")).await;
    assert!(status == 400 && body.contains("requires both enableDnsSupport and enableDnsHostnames"), "{body}");
}

async fn address_type(aws: Caller) {
    let made = ec2(&aws, "CreateVpc&CidrBlock=10.0.0.0/16&AmazonProvidedIpv6CidrBlock=true").await;
    let vpc = element(&made, "vpcId");
    let form = format!(
        "CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&PrivateDnsEnabled=false&IpAddressType=dualstack"
    );
    let body = ec2(&aws, &(form + "&ServiceName=com.amazonaws.eu-central-1.execute-api")).await;
    let id = element(&body, "vpcEndpointId");
    ec2(&aws, &modify(&id, "&ResetPolicy=true")).await;
    assert_eq!(element(&read(&aws, &id).await, "ipAddressType"), "dualstack");
    ec2(&aws, &modify(&id, "&IpAddressType=ipv4")).await;
    assert_eq!(element(&read(&aws, &id).await, "ipAddressType"), "ipv4");
}

async fn deleting(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    ec2(&aws, &format!("DeleteVpcEndpoints&VpcEndpointId.1={id}")).await;
    ec2_code(&aws, &modify(&id, "&PrivateDnsEnabled=false"), "IncorrectState").await;
}
