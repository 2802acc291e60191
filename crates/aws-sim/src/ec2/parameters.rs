//! The parameters of each operation: EC2 refuses what it does not know.

use crate::error::{Outcome, fail};
use crate::query::Params;

/// Parameters of every operation.
const COMMON: [&str; 3] = ["Action", "Version", "DryRun"];

/// Refuses parameters that the operation does not have (EC2's list of error codes: `UnknownParameter`).
pub fn check(operation: &str, p: Params) -> Outcome<()> {
    let Some((_, known)) = KNOWN.iter().find(|(name, _)| *name == operation) else {
        return Ok(());
    };
    let given = p.0.as_object().into_iter().flat_map(|map| map.keys());
    let unknown =
        |name: &&String| !COMMON.contains(&name.as_str()) && !known.split_whitespace().any(|known| known == **name);
    match given.filter(|name| !name.starts_with("X-Amz-")).find(unknown) {
        Some(name) => Err(fail("UnknownParameter", format!("The parameter {name} is not recognized"))),
        None => Ok(()),
    }
}

/// By operation, from botocore's service model.
const KNOWN: &[(&str, &str)] = &[
    ("AssociateSecurityGroupVpc", "GroupId VpcId"),
    (
        "AuthorizeSecurityGroupEgress",
        "CidrIp FromPort GroupId IpPermissions IpProtocol SourceSecurityGroupName \
        SourceSecurityGroupOwnerId TagSpecification ToPort",
    ),
    (
        "AuthorizeSecurityGroupIngress",
        "CidrIp FromPort GroupId GroupName IpPermissions IpProtocol \
        SourceSecurityGroupName SourceSecurityGroupOwnerId TagSpecification ToPort",
    ),
    ("CreateSecurityGroup", "GroupDescription GroupName TagSpecification VpcId"),
    (
        "CreateSubnet",
        "AvailabilityZone AvailabilityZoneId CidrBlock Ipv4IpamPoolId Ipv4NetmaskLength \
        Ipv6CidrBlock Ipv6IpamPoolId Ipv6Native Ipv6NetmaskLength OutpostArn TagSpecification VpcId",
    ),
    ("CreateTags", "ResourceId Tag"),
    (
        "CreateVpc",
        "AmazonProvidedIpv6CidrBlock CidrBlock InstanceTenancy Ipv4IpamPoolId Ipv4NetmaskLength \
        Ipv6CidrBlock Ipv6CidrBlockNetworkBorderGroup Ipv6IpamPoolId Ipv6NetmaskLength Ipv6Pool TagSpecification \
        VpcEncryptionControl",
    ),
    (
        "CreateVpcEndpoint",
        "ClientToken DnsOptions IpAddressType PolicyDocument PrivateDnsEnabled \
        ResourceConfigurationArn RouteTableId SecurityGroupId ServiceName ServiceNetworkArn ServiceRegion \
        SubnetConfiguration SubnetId TagSpecification VpcEndpointType VpcId",
    ),
    ("DeleteSecurityGroup", "GroupId GroupName"),
    ("DeleteSubnet", "SubnetId"),
    ("DeleteTags", "ResourceId Tag"),
    ("DeleteVpc", "VpcId"),
    ("DeleteVpcEndpoints", "VpcEndpointId"),
    ("DescribeAccountAttributes", "AttributeName"),
    ("DescribeAvailabilityZones", "AllAvailabilityZones Filter ZoneId ZoneName"),
    ("DescribeManagedPrefixLists", "Filter MaxResults NextToken PrefixListId"),
    ("DescribeNetworkAcls", "Filter MaxResults NetworkAclId NextToken"),
    ("DescribeNetworkInterfaces", "Filter IncludeManagedResources MaxResults NetworkInterfaceId NextToken"),
    ("DescribePrefixLists", "Filter MaxResults NextToken PrefixListId"),
    ("DescribeRouteTables", "Filter MaxResults NextToken RouteTableId"),
    ("DescribeSecurityGroupRules", "Filter MaxResults NextToken SecurityGroupRuleId"),
    ("DescribeSecurityGroupVpcAssociations", "Filter MaxResults NextToken"),
    ("DescribeSecurityGroups", "Filter GroupId GroupName MaxResults NextToken"),
    ("DescribeSubnets", "Filter MaxResults NextToken SubnetId"),
    ("DescribeTags", "Filter MaxResults NextToken"),
    ("DescribeVpcAttribute", "Attribute VpcId"),
    ("DescribeVpcEndpointAssociations", "Filter MaxResults NextToken VpcEndpointId"),
    ("DescribeVpcEndpointServiceConfigurations", "Filter MaxResults NextToken ServiceId"),
    ("DescribeVpcEndpointServices", "Filter MaxResults NextToken ServiceName ServiceRegion"),
    ("DescribeVpcEndpoints", "Filter MaxResults NextToken VpcEndpointId"),
    ("DescribeVpcs", "Filter MaxResults NextToken VpcId"),
    ("DisassociateSecurityGroupVpc", "GroupId VpcId"),
    ("GetManagedPrefixListEntries", "MaxResults NextToken PrefixListId TargetVersion"),
    ("ModifySecurityGroupRules", "GroupId SecurityGroupRule"),
    (
        "ModifySubnetAttribute",
        "AssignIpv6AddressOnCreation CustomerOwnedIpv4Pool DisableLniAtDeviceIndex \
        EnableDns64 EnableLniAtDeviceIndex EnableResourceNameDnsAAAARecordOnLaunch \
        EnableResourceNameDnsARecordOnLaunch MapCustomerOwnedIpOnLaunch MapPublicIpOnLaunch \
        PrivateDnsHostnameTypeOnLaunch SubnetId",
    ),
    ("ModifyVpcAttribute", "EnableDnsHostnames EnableDnsSupport EnableNetworkAddressUsageMetrics VpcId"),
    (
        "ModifyVpcEndpoint",
        "AddRouteTableId AddSecurityGroupId AddSubnetId DnsOptions IpAddressType \
        PolicyDocument PrivateDnsEnabled RemoveRouteTableId RemoveSecurityGroupId RemoveSubnetId ResetPolicy \
        SubnetConfiguration VpcEndpointId",
    ),
    (
        "RevokeSecurityGroupEgress",
        "CidrIp FromPort GroupId IpPermissions IpProtocol SecurityGroupRuleId \
        SourceSecurityGroupName SourceSecurityGroupOwnerId ToPort",
    ),
    (
        "RevokeSecurityGroupIngress",
        "CidrIp FromPort GroupId GroupName IpPermissions IpProtocol \
        SecurityGroupRuleId SourceSecurityGroupName SourceSecurityGroupOwnerId ToPort",
    ),
    ("UpdateSecurityGroupRuleDescriptionsEgress", "GroupId GroupName IpPermissions SecurityGroupRuleDescription"),
    ("UpdateSecurityGroupRuleDescriptionsIngress", "GroupId GroupName IpPermissions SecurityGroupRuleDescription"),
];
