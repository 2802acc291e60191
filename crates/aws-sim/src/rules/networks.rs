//! What there is of networks: enough for Terraform's AWS provider to read them.

use super::network::{EC2_ERRORS, TF_BALANCER, TF_ENDPOINT, VPC_GUIDE, count, ec2, ec2_code, elb, subnet, vpc};
use super::{EC2_MODEL as MODEL, Rule, proof, sourced};
use crate::testing::{Caller, element};

const NETWORKS: &str = "1.9 VPCs and subnets";

pub const RULES: &[Rule] = &[
    sourced(NETWORKS, "A VPC comes with a main route table and a default network ACL.", VPC_GUIDE, proof!(companions)),
    sourced(NETWORKS, "The ACL is associated with every subnet of the VPC.", VPC_GUIDE, proof!(companions)),
    sourced(NETWORKS, "Only the default VPC begins with DNS host names.", VPC_GUIDE, proof!(dns)),
    sourced(NETWORKS, "Five addresses of a subnet are AWS's own.", VPC_GUIDE, proof!(five_addresses)),
    sourced(NETWORKS, "Subnets lie in their VPC and don't overlap.", EC2_ERRORS, proof!(subnets)),
    sourced(NETWORKS, "An IPv6 range of a subnet is a /64 of its VPC.", VPC_GUIDE, proof!(ipv6)),
    sourced(
        NETWORKS,
        "A VPC with subnets, endpoints or groups of its own can't be deleted.",
        EC2_ERRORS,
        proof!(vpc_in_use),
    ),
    sourced(NETWORKS, "AWS's prefix lists are found by name; execute-api has none.", TF_ENDPOINT, proof!(prefix_lists)),
    sourced(NETWORKS, "Interface endpoints of services have no endpoint associations.", MODEL, proof!(no_associations)),
    sourced(
        NETWORKS,
        "A balancer without reserved capacity has an empty capacity reservation.",
        TF_BALANCER,
        proof!(no_capacity),
    ),
];

async fn companions(aws: Caller) {
    let vpc = &aws.fresh.vpc_id;
    let main =
        format!("&Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}&Filter.2.Name=association.main&Filter.2.Value.1=true");
    let tables = ec2(&aws, &format!("DescribeRouteTables{main}")).await;
    assert_eq!((element(&tables, "vpcId"), element(&tables, "main").as_str()), (vpc.clone(), "true"));
    let default = format!("&Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}&Filter.2.Name=default&Filter.2.Value.1=true");
    let acls = ec2(&aws, &format!("DescribeNetworkAcls{default}")).await;
    assert_eq!((count(&acls, "<ruleNumber>"), count(&acls, "<subnetId>")), (4, 3));
    ec2_code(&aws, "DescribeRouteTables&RouteTableId.1=rtb-00000000000000000", "InvalidRouteTableID.NotFound").await;
    ec2_code(&aws, "DescribeNetworkAcls&NetworkAclId.1=acl-00000000000000000", "InvalidNetworkAclID.NotFound").await;
}

async fn dns(aws: Caller) {
    let other = vpc(&aws, "10.0.0.0/16").await;
    for (vpc, hostnames) in [(&aws.fresh.vpc_id, "true"), (&other, "false")] {
        for (attribute, value) in [("enableDnsSupport", "true"), ("enableDnsHostnames", hostnames)] {
            let body = ec2(&aws, &format!("DescribeVpcAttribute&VpcId={vpc}&Attribute={attribute}")).await;
            assert_eq!(element(&body, "value"), value);
        }
    }
}

async fn five_addresses(aws: Caller) {
    let id = subnet(&aws, &aws.fresh.vpc_id, "172.31.128.0/24", 'a').await;
    let free =
        async || element(&ec2(&aws, &format!("DescribeSubnets&SubnetId.1={id}")).await, "availableIpAddressCount");
    assert_eq!(free().await, "251");
    ec2(&aws, &aws.endpoint_form("").replace(&aws.fresh.subnet_ids[0], &id)).await;
    assert_eq!(free().await, "250");
}

async fn subnets(aws: Caller) {
    let vpc = &aws.fresh.vpc_id;
    for (cidr, code) in [("172.31.0.0/24", "InvalidSubnet.Conflict"), ("10.0.0.0/24", "InvalidSubnet.Range")] {
        ec2_code(&aws, &format!("CreateSubnet&VpcId={vpc}&CidrBlock={cidr}"), code).await;
    }
}

async fn ipv6(aws: Caller) {
    let made = ec2(&aws, "CreateVpc&CidrBlock=10.0.0.0/16&AmazonProvidedIpv6CidrBlock=true").await;
    let (range, vpc) = (element(&made, "ipv6CidrBlock"), element(&made, "vpcId"));
    let form = |cidr: &str, ipv6: &str| format!("CreateSubnet&VpcId={vpc}&CidrBlock={cidr}&Ipv6CidrBlock={ipv6}");
    for net in [range.as_str(), "2001:db8:ffff::/64"] {
        ec2_code(&aws, &form("10.0.0.0/24", net), "InvalidSubnet.Range").await;
    }
    let net = range.replace("/56", "/64");
    assert_eq!(element(&ec2(&aws, &form("10.0.0.0/24", &net)).await, "ipv6CidrBlock"), net);
    ec2_code(&aws, &form("10.0.1.0/24", &net), "InvalidSubnet.Conflict").await;
}

async fn vpc_in_use(aws: Caller) {
    let other = vpc(&aws, "10.0.0.0/16").await;
    let id = subnet(&aws, &other, "10.0.0.0/24", 'a').await;
    ec2_code(&aws, &format!("DeleteVpc&VpcId={other}"), "DependencyViolation").await;
    ec2(&aws, &format!("DeleteSubnet&SubnetId={id}")).await;
    ec2(&aws, &format!("DeleteVpc&VpcId={other}")).await;
}

async fn prefix_lists(aws: Caller) {
    for operation in ["DescribePrefixLists", "DescribeManagedPrefixLists"] {
        for (name, found) in [("com.amazonaws.eu-central-1.s3", 1), ("com.amazonaws.eu-central-1.execute-api", 0)] {
            let form = format!("{operation}&Filter.1.Name=prefix-list-name&Filter.1.Value.1={name}");
            assert_eq!(count(&ec2(&aws, &form).await, "<prefixListId>"), found, "{name}");
        }
    }
    let entries = ec2(&aws, "GetManagedPrefixListEntries&PrefixListId=pl-6da54004").await;
    assert!(element(&entries, "cidr").contains('/'));
}

async fn no_associations(aws: Caller) {
    let id = element(&ec2(&aws, &aws.endpoint_form("")).await, "vpcEndpointId");
    let body = ec2(&aws, &format!("DescribeVpcEndpointAssociations&VpcEndpointId.1={id}")).await;
    assert_eq!(element(&body, "vpcEndpointAssociationSet"), "");
}

async fn no_capacity(aws: Caller) {
    let arn = aws.balancer("x").await;
    let body = elb(&aws, &format!("DescribeCapacityReservation&LoadBalancerArn={arn}")).await;
    assert!(!body.contains("MinimumLoadBalancerCapacity"));
}
