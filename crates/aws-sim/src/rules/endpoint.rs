//! Creating interface endpoints.

use super::network::{EC2_ERRORS, TF_ENDPOINT, VPC_GUIDE, count, ec2, ec2_code, ec2_refuses, group, subnet, vpc};
use super::{EC2_MODEL as MODEL, Rule, left_out, proof, sourced, unverified};
use crate::testing::{Caller, element, later};

const CREATE: &str = "3.1 Creating an endpoint";
const DNS_CONFLICT: &str = "fortinet/fortigate-autoscale-aws#43, hashicorp/terraform-provider-aws#17535";
const ZONES: &str = "terraform-aws-modules/terraform-aws-vpc#785, #462";
const SAME_ZONE: &str = "terraform-aws-modules/terraform-aws-vpc#583, #451";

pub const RULES: &[Rule] = &[
    sourced(
        CREATE,
        "Without a type the endpoint is a Gateway, which execute-api refuses.",
        MODEL,
        proof!(default_type),
    ),
    sourced(CREATE, "An unknown type is an InvalidVpcEndpointType.", EC2_ERRORS, proof!(unknown_type)),
    sourced(CREATE, "Without security groups it gets the default group of the VPC.", MODEL, proof!(default_group)),
    sourced(CREATE, "Without subnets it has no interfaces.", TF_ENDPOINT, proof!(no_subnets)),
    sourced(CREATE, "Private DNS is on unless the request says otherwise.", VPC_GUIDE, proof!(default_dns)),
    sourced(
        CREATE,
        "Without a policy it has one of full access, which is shown as JSON with blanks and line breaks.",
        MODEL,
        proof!(default_policy),
    ),
    sourced(CREATE, "A policy that is no JSON policy is an InvalidPolicyDocument.", EC2_ERRORS, proof!(bad_policy)),
    sourced(CREATE, "A policy has up to 20,480 characters, blanks included.", VPC_GUIDE, proof!(long_policy)),
    sourced(CREATE, "The same client token and parameters give the same endpoint.", MODEL, proof!(token)),
    sourced(
        CREATE,
        "The same token with other parameters is an IdempotentParameterMismatch.",
        EC2_ERRORS,
        proof!(token),
    ),
    sourced(CREATE, "A token has up to 64 ASCII characters.", MODEL, proof!(long_token)),
    unverified(CREATE, "A longer token is an InvalidClientToken.", proof!(long_token)),
    sourced(CREATE, "Without a token a second call makes a second endpoint.", MODEL, proof!(no_token)),
    sourced(
        CREATE,
        "A VPC has up to 50 endpoints that are not of type Gateway, then VpcEndpointLimitExceeded.",
        VPC_GUIDE,
        proof!(quota),
    ),
    sourced(
        CREATE,
        "PrivateDnsOnlyForInboundResolverEndpoint is refused for services without a Gateway endpoint.",
        TF_ENDPOINT,
        proof!(resolver_option),
    ),
    sourced(
        CREATE,
        "Private DNS conflicts with another endpoint of the service in the VPC that has it, by the wildcard name.",
        DNS_CONFLICT,
        proof!(dns_conflict),
    ),
    sourced(CREATE, "A second endpoint without private DNS is allowed.", DNS_CONFLICT, proof!(no_token)),
    left_out(CREATE, "A Route 53 private hosted zone of the same name conflicts too.", "no Route 53"),
    sourced(
        CREATE,
        "Private DNS needs enableDnsSupport and enableDnsHostnames of the VPC.",
        VPC_GUIDE,
        proof!(dns_attributes),
    ),
    unverified(
        CREATE,
        "Text: Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for VPC.",
        proof!(dns_attributes),
    ),
    sourced(CREATE, "DescribeVpcAttribute tells one of them per call.", MODEL, proof!(one_attribute)),
    sourced(CREATE, "A subnet in a zone without the service is refused.", ZONES, proof!(foreign_zone)),
    sourced(CREATE, "Two subnets in one zone are a DuplicateSubnetsInSameZone.", SAME_ZONE, proof!(same_zone)),
    sourced(CREATE, "An unknown service is an InvalidServiceName.", EC2_ERRORS, proof!(unknown_service)),
    sourced(
        CREATE,
        "Text: The Vpc Endpoint Service 'NAME' does not exist.",
        "aws/aws-cdk#14721",
        proof!(unknown_service),
    ),
    sourced(
        CREATE,
        "A subnet id of another shape: Invalid Subnet Id: 'x' (expecting 'subnet-...').",
        "terraform-aws-modules/terraform-aws-vpc#722",
        proof!(malformed_subnet),
    ),
    sourced(CREATE, "A missing subnet is an InvalidSubnetID.NotFound.", EC2_ERRORS, proof!(missing_subnet)),
    unverified(CREATE, "Text: The subnet ID 'ID' does not exist.", proof!(missing_subnet)),
    unverified(
        CREATE,
        "A missing security group is an InvalidSecurityGroupID.NotFound, one of another VPC an InvalidParameter.",
        proof!(wrong_groups),
    ),
    sourced(
        CREATE,
        "More than five security groups are a SecurityGroupsPerInterfaceLimitExceeded.",
        EC2_ERRORS,
        proof!(six_groups),
    ),
    sourced(
        CREATE,
        "Subnets are refused for a Gateway endpoint.",
        "cdk-preflight, rule pf-ec2-vpce-type-config",
        proof!(gateway_subnets),
    ),
    unverified(CREATE, "Dualstack on subnets without IPv6 is an InvalidParameter.", proof!(ipv4_subnets)),
    sourced(CREATE, "Dualstack interfaces have an address of each family.", MODEL, proof!(dualstack)),
    unverified(CREATE, "Type ipv6 is refused on subnets that have IPv4.", proof!(ipv4_subnets)),
    unverified(
        CREATE,
        "DNS records follow the address type; ipv4 records fit dualstack, ipv6 records don't fit ipv4.",
        proof!(record_types),
    ),
    unverified(
        CREATE,
        "A subnet without a free address is refused with InsufficientFreeAddressesInSubnet.",
        proof!(full_subnet),
    ),
    sourced(CREATE, "SubnetConfigurations fix the address in a subnet.", MODEL, proof!(fixed_address)),
    unverified(CREATE, "A fixed address that is taken makes an endpoint that fails.", proof!(taken_address)),
    sourced(CREATE, "A failed endpoint tells a LastError with code and message.", MODEL, proof!(taken_address)),
    unverified(CREATE, "A failed endpoint counts in the quota.", proof!(failed_counts)),
];

async fn default_type(aws: Caller) {
    let form = aws.endpoint_form("").replace("&VpcEndpointType=Interface", "");
    let message = "Endpoint type (Gateway) does not match available service types ([Interface]).";
    ec2_refuses(&aws, &form, "InvalidParameter", message).await;
}

async fn unknown_type(aws: Caller) {
    let form = aws.endpoint_form("").replace("Type=Interface", "Type=Door");
    ec2_code(&aws, &form, "InvalidVpcEndpointType").await;
}

async fn default_group(aws: Caller) {
    let body = ec2(&aws, &aws.endpoint_form("")).await;
    assert_eq!(element(&element(&body, "groupSet"), "groupId"), aws.fresh.security_group_id);
}

async fn no_subnets(aws: Caller) {
    let form = aws.endpoint_form("").replace(&format!("&SubnetId.1={}", aws.fresh.subnet_ids[0]), "");
    let body = ec2(&aws, &form).await;
    assert_eq!((element(&body, "networkInterfaceIdSet"), element(&body, "subnetIdSet")), Default::default());
}

async fn default_dns(aws: Caller) {
    assert_eq!(element(&ec2(&aws, &aws.endpoint_form("")).await, "privateDnsEnabled"), "true");
    let off = ec2(&aws, &aws.endpoint_form("&PrivateDnsEnabled=false")).await;
    assert_eq!(element(&off, "privateDnsEnabled"), "false");
}

async fn default_policy(aws: Caller) {
    let policy = element(&ec2(&aws, &aws.endpoint_form("")).await, "policyDocument").replace("&quot;", "\"");
    assert!(policy.contains("\n  \"") && policy.contains("\"Effect\": \"Allow\""), "{policy}");
    let statement = &serde_json::from_str::<serde_json::Value>(&policy).unwrap()["Statement"][0];
    assert_eq!(
        (&statement["Principal"], &statement["Action"], &statement["Resource"]),
        (&"*".into(), &"*".into(), &"*".into())
    );
}

async fn bad_policy(aws: Caller) {
    for policy in ["everything", "%7B%7D"] {
        ec2_code(&aws, &aws.endpoint_form(&format!("&PolicyDocument={policy}")), "InvalidPolicyDocument").await;
    }
}

async fn long_policy(aws: Caller) {
    let policy = |length: usize| {
        let text = "%7B%22Statement%22:%5B%5D%7D";
        aws.endpoint_form(&format!("&PolicyDocument={text}{}", "+".repeat(length - r#"{"Statement":[]}"#.len())))
    };
    ec2_code(&aws, &policy(20_481), "InvalidPolicyDocument").await;
    ec2(&aws, &policy(20_480)).await;
}

async fn token(aws: Caller) {
    let form = aws.endpoint_form("&ClientToken=once");
    let first = element(&ec2(&aws, &form).await, "vpcEndpointId");
    assert_eq!(element(&ec2(&aws, &form).await, "vpcEndpointId"), first);
    let other = aws.endpoint_form("&ClientToken=once&PrivateDnsEnabled=false");
    ec2_code(&aws, &other, "IdempotentParameterMismatch").await;
}

async fn long_token(aws: Caller) {
    let form = |length: usize| aws.endpoint_form(&format!("&ClientToken={}", "x".repeat(length)));
    ec2_code(&aws, &form(65), "InvalidClientToken").await;
    ec2(&aws, &form(64)).await;
}

async fn no_token(aws: Caller) {
    let first = element(&ec2(&aws, &aws.endpoint_form("")).await, "vpcEndpointId");
    let second = ec2(&aws, &aws.endpoint_form("&PrivateDnsEnabled=false")).await;
    assert_ne!(element(&second, "vpcEndpointId"), first);
}

async fn quota(aws: Caller) {
    let gateway = format!("CreateVpcEndpoint&VpcId={}&ServiceName=com.amazonaws.eu-central-1.s3", aws.fresh.vpc_id);
    ec2(&aws, &gateway).await;
    for _ in 0..50 {
        ec2(&aws, &aws.endpoint_form("&PrivateDnsEnabled=false")).await;
    }
    ec2_code(&aws, &aws.endpoint_form("&PrivateDnsEnabled=false"), "VpcEndpointLimitExceeded").await;
    ec2(&aws, &gateway).await;
}

async fn failed_counts(aws: Caller) {
    let form = aws.endpoint_form("&PrivateDnsEnabled=false");
    aws.sim.fail_next("CreateVpcEndpoint", crate::Fault::Fails { message: "x".to_owned() });
    let failed = element(&ec2(&aws, &form).await, "vpcEndpointId");
    later(90).await;
    let read = format!("DescribeVpcEndpoints&VpcEndpointId.1={failed}");
    assert_eq!(element(&ec2(&aws, &read).await, "state"), "failed");
    for _ in 0..49 {
        ec2(&aws, &form).await;
    }
    ec2_code(&aws, &form, "VpcEndpointLimitExceeded").await;
}

async fn resolver_option(aws: Caller) {
    let form = aws.endpoint_form("&DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint=false");
    ec2_code(&aws, &form, "InvalidParameter").await;
}

async fn dns_conflict(aws: Caller) {
    ec2(&aws, &aws.endpoint_form("")).await;
    let message = format!(
        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for *.execute-api.eu-central-1.amazonaws.com in the VPC {}",
        aws.fresh.vpc_id
    );
    ec2_refuses(&aws, &aws.endpoint_form(""), "InvalidParameter", &message).await;
}

async fn dns_attributes(aws: Caller) {
    let vpc = vpc(&aws, "10.0.0.0/16").await;
    let form = format!(
        "CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&ServiceName=com.amazonaws.eu-central-1.execute-api"
    );
    let message = format!(
        "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {vpc}"
    );
    ec2_refuses(&aws, &form, "InvalidParameter", &message).await;
    ec2(&aws, &format!("ModifyVpcAttribute&VpcId={vpc}&EnableDnsHostnames.Value=true")).await;
    ec2(&aws, &form).await;
}

async fn one_attribute(aws: Caller) {
    let vpc = &aws.fresh.vpc_id;
    let body = ec2(&aws, &format!("DescribeVpcAttribute&VpcId={vpc}&Attribute=enableDnsSupport")).await;
    assert!(body.contains("<enableDnsSupport><value>true</value></enableDnsSupport>") && !body.contains("Hostnames"));
    let both = format!("ModifyVpcAttribute&VpcId={vpc}&EnableDnsSupport.Value=true&EnableDnsHostnames.Value=true");
    ec2_code(&aws, &both, "InvalidParameterCombination").await;
}

async fn foreign_zone(aws: Caller) {
    let id = subnet(&aws, &aws.fresh.vpc_id, "172.31.128.0/20", 'd').await;
    let message = format!(
        "The VPC endpoint service com.amazonaws.eu-central-1.execute-api does not support the availability zone of the subnet: {id}."
    );
    ec2_refuses(&aws, &aws.endpoint_form(&format!("&SubnetId.2={id}")), "InvalidParameter", &message).await;
}

async fn same_zone(aws: Caller) {
    let id = subnet(&aws, &aws.fresh.vpc_id, "172.31.128.0/20", 'a').await;
    let message = format!(
        "Found another VPC endpoint subnet in the availability zone of {id}. VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service."
    );
    ec2_refuses(&aws, &aws.endpoint_form(&format!("&SubnetId.2={id}")), "DuplicateSubnetsInSameZone", &message).await;
}

async fn unknown_service(aws: Caller) {
    let form = aws.endpoint_form("").replace("execute-api", "teapot");
    let message = "The Vpc Endpoint Service 'com.amazonaws.eu-central-1.teapot' does not exist";
    ec2_refuses(&aws, &form, "InvalidServiceName", message).await;
}

async fn malformed_subnet(aws: Caller) {
    let message = "Invalid Subnet Id: 'x' (expecting 'subnet-...')";
    ec2_refuses(&aws, &aws.endpoint_form("&SubnetId.2=x"), "InvalidSubnetId.Malformed", message).await;
}

async fn missing_subnet(aws: Caller) {
    let message = "The subnet ID 'subnet-00000000000000000' does not exist";
    let form = aws.endpoint_form("&SubnetId.2=subnet-00000000000000000");
    ec2_refuses(&aws, &form, "InvalidSubnetID.NotFound", message).await;
}

async fn wrong_groups(aws: Caller) {
    let other = vpc(&aws, "10.0.0.0/16").await;
    let form = format!("CreateSecurityGroup&GroupName=g&GroupDescription=d&VpcId={other}");
    let foreign = element(&ec2(&aws, &form).await, "groupId");
    for (id, code) in
        [("sg-00000000000000000", "InvalidSecurityGroupID.NotFound"), (foreign.as_str(), "InvalidParameter")]
    {
        ec2_code(&aws, &aws.endpoint_form(&format!("&SecurityGroupId.1={id}")), code).await;
    }
}

async fn six_groups(aws: Caller) {
    let mut form = aws.endpoint_form("");
    for number in 1..=6 {
        form += &format!("&SecurityGroupId.{number}={}", group(&aws, &format!("g{number}")).await);
    }
    ec2_code(&aws, &form, "SecurityGroupsPerInterfaceLimitExceeded").await;
}

async fn gateway_subnets(aws: Caller) {
    let (vpc, subnet) = (&aws.fresh.vpc_id, &aws.fresh.subnet_ids[0]);
    let form = format!("CreateVpcEndpoint&VpcId={vpc}&ServiceName=com.amazonaws.eu-central-1.s3&SubnetId.1={subnet}");
    let message = "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.";
    ec2_refuses(&aws, &form, "InvalidParameter", message).await;
}

async fn ipv4_subnets(aws: Caller) {
    for kind in ["dualstack", "ipv6"] {
        ec2_code(&aws, &aws.endpoint_form(&format!("&IpAddressType={kind}")), "InvalidParameter").await;
    }
}

/// An endpoint request in a VPC with IPv6.
async fn dual(aws: &Caller, more: &str) -> String {
    let made = ec2(aws, "CreateVpc&CidrBlock=10.0.0.0/16&AmazonProvidedIpv6CidrBlock=true").await;
    let vpc = element(&made, "vpcId");
    let form = format!("CreateSubnet&VpcId={vpc}&CidrBlock=10.0.0.0/24&Ipv6CidrBlock=2001:db8:1234:1a00::/64");
    let subnet = element(&ec2(aws, &form).await, "subnetId");
    format!(
        "CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&ServiceName=com.amazonaws.eu-central-1.execute-api&SubnetId.1={subnet}&PrivateDnsEnabled=false{more}"
    )
}

async fn dualstack(aws: Caller) {
    let body = ec2(&aws, &dual(&aws, "&IpAddressType=dualstack").await).await;
    assert_eq!(element(&body, "ipAddressType"), "dualstack");
    let interface = element(&element(&body, "networkInterfaceIdSet"), "item");
    let body = ec2(&aws, &format!("DescribeNetworkInterfaces&NetworkInterfaceId.1={interface}")).await;
    assert!(body.contains("<ipv6Address>2001:db8:1234:1a00:") && body.contains("<privateIpAddress>10.0.0."), "{body}");
}

async fn record_types(aws: Caller) {
    let form = dual(&aws, "").await;
    for (kind, record, status) in [
        ("dualstack", "", 200),
        ("dualstack", "ipv4", 200),
        ("dualstack", "service-defined", 200),
        ("ipv4", "ipv6", 400),
        ("ipv4", "dualstack", 400),
    ] {
        let record = if record.is_empty() { String::new() } else { format!("&DnsOptions.DnsRecordIpType={record}") };
        let (answered, body) = aws.ec2(&format!("{form}&IpAddressType={kind}{record}")).await;
        assert_eq!(answered, status, "{kind} {record}: {body}");
    }
}

async fn full_subnet(aws: Caller) {
    let id = subnet(&aws, &aws.fresh.vpc_id, "172.31.128.0/28", 'a').await;
    let form = aws.endpoint_form("&PrivateDnsEnabled=false").replace(&aws.fresh.subnet_ids[0], &id);
    for _ in 0..11 {
        ec2(&aws, &form).await;
    }
    ec2_code(&aws, &form, "InsufficientFreeAddressesInSubnet").await;
}

fn fixed(aws: &Caller, address: &str) -> String {
    let subnet = &aws.fresh.subnet_ids[0];
    let config = format!("&SubnetConfiguration.1.SubnetId={subnet}&SubnetConfiguration.1.Ipv4={address}");
    aws.endpoint_form(&(config + "&PrivateDnsEnabled=false"))
}

async fn fixed_address(aws: Caller) {
    ec2(&aws, &fixed(&aws, "172.31.0.77")).await;
    assert_eq!(element(&ec2(&aws, "DescribeNetworkInterfaces").await, "privateIpAddress"), "172.31.0.77");
}

async fn taken_address(aws: Caller) {
    ec2(&aws, &fixed(&aws, "172.31.0.77")).await;
    let body = ec2(&aws, &fixed(&aws, "172.31.0.77")).await;
    assert_eq!(element(&body, "state"), "pending");
    later(90).await;
    let form = format!("DescribeVpcEndpoints&VpcEndpointId.1={}", element(&body, "vpcEndpointId"));
    let body = ec2(&aws, &form).await;
    assert_eq!(element(&body, "state"), "failed");
    let error = element(&body, "lastError");
    assert_eq!(element(&error, "code"), "InvalidIPAddress.InUse");
    assert_eq!(element(&error, "message"), "The IP address 172.31.0.77 is already in use.");
    assert_eq!(count(&body, "<networkInterfaceIdSet></networkInterfaceIdSet>"), 1);
}
