//! Creating network load balancers, their states and interfaces.

use super::network::{NLB_GUIDE, TF_BALANCER, count, ec2, elb, elb_code, elb_refuses, group, subnet, vpc};
use super::{ELB_MODEL as MODEL, Rule, left_out, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller, element, later};

const CREATE: &str = "4.1 Creating a load balancer";
const STATES: &str = "4.2 States of a load balancer";
const INTERFACES: &str = "4.3 Interfaces of a load balancer";

pub const RULES: &[Rule] = &[
    sourced(CREATE, "A name has up to 32 letters, digits and hyphens.", MODEL, proof!(names)),
    sourced(
        CREATE,
        "A name neither begins nor ends with a hyphen, and doesn't begin with internal-.",
        "cdk-preflight, rule pf-elbv2-lb-name",
        proof!(names),
    ),
    sourced(
        CREATE,
        "Without a type it is an application load balancer, without a scheme internet-facing.",
        MODEL,
        proof!(defaults),
    ),
    sourced(CREATE, "Type, scheme and address type are of their enumerations.", MODEL, proof!(enumerations)),
    sourced(CREATE, "Subnets or SubnetMappings are given, not both, and at least one.", MODEL, proof!(subnet_forms)),
    sourced(CREATE, "A private address can be fixed for internal balancers only.", MODEL, proof!(fixed_scheme)),
    sourced(CREATE, "An Elastic IP address is for internet-facing balancers only.", MODEL, proof!(elastic_ip)),
    unverified(CREATE, "Up to five security groups are given.", proof!(six_groups)),
    sourced(CREATE, "Dualstack needs IPv6 in every subnet.", NLB_GUIDE, proof!(dualstack)),
    sourced(
        CREATE,
        "Repeating a creation with the same settings gives the existing balancer.",
        MODEL,
        proof!(idempotent),
    ),
    sourced(
        CREATE,
        "With other settings it is a DuplicateLoadBalancerName.",
        "fortinet/fortigate-terraform-deploy#21",
        proof!(duplicate),
    ),
    unverified(CREATE, "Tags are not compared.", proof!(idempotent)),
    sourced(CREATE, "A missing subnet is a SubnetNotFound.", MODEL, proof!(missing_subnet)),
    unverified(CREATE, "Text: The subnet ID 'ID' does not exist.", proof!(missing_subnet)),
    sourced(
        CREATE,
        "A subnet needs eight free addresses, otherwise InvalidSubnet.",
        NLB_GUIDE,
        proof!(eight_addresses),
    ),
    sourced(CREATE, "There is one subnet per zone.", MODEL, proof!(one_zone)),
    unverified(CREATE, "Two subnets in one zone are an InvalidConfigurationRequest.", proof!(one_zone)),
    unverified(
        CREATE,
        "Text: A load balancer cannot be attached to multiple subnets in the same Availability Zone.",
        proof!(one_zone),
    ),
    sourced(
        CREATE,
        "A constrained zone: Load balancers with type 'network' are not supported in ZONE.",
        NLB_GUIDE,
        proof!(constrained),
    ),
    left_out(CREATE, "Subnets in Local Zones are refused.", "no Local Zones"),
    sourced(CREATE, "A missing security group is an InvalidSecurityGroup.", MODEL, proof!(missing_group)),
    unverified(CREATE, "A security group of another VPC is an InvalidConfigurationRequest.", proof!(foreign_group)),
    sourced(
        CREATE,
        "There are up to 50 network load balancers in a region, then TooManyLoadBalancers.",
        NLB_GUIDE,
        proof!(fifty),
    ),
    sourced(
        CREATE,
        "The answer has ARN, DNS name, hosted zone, state provisioning, VPC, zones, groups and the PrivateLink flag.",
        MODEL,
        proof!(answer),
    ),
    sourced(
        CREATE,
        "ARN: loadbalancer/net/NAME/ and 16 hexadecimal digits; DNS name: NAME-DIGITS.elb.REGION.amazonaws.com.",
        NLB_GUIDE,
        proof!(answer),
    ),
    sourced(STATES, "A balancer is provisioning, then active.", MODEL, proof!(states)),
    sourced(
        STATES,
        "Provisioning takes two to four minutes.",
        "hashicorp/terraform-provider-aws#10407, #18382",
        proof!(states),
    ),
    sourced(
        STATES,
        "A fixed address that is in use makes a balancer that fails, with a reason.",
        NLB_GUIDE,
        proof!(failed),
    ),
    unverified(
        STATES,
        "Attributes, listeners and subnets can be changed while it is provisioning.",
        proof!(early_changes),
    ),
    sourced(
        STATES,
        "There is no deleting state: after DeleteLoadBalancer it is not found.",
        MODEL,
        proof!(no_deleting),
    ),
    sourced(
        INTERFACES,
        "There is one interface per subnet, ELB net/NAME/DIGITS, attached by amazon-aws.",
        TF_BALANCER,
        proof!(interfaces),
    ),
    unverified(
        INTERFACES,
        "Its type is network_load_balancer, and it is seen during provisioning.",
        proof!(interfaces),
    ),
    sourced(INTERFACES, "Zones list addresses only where they were fixed.", MODEL, proof!(addresses)),
    sourced(INTERFACES, "Interfaces have the balancer's groups, or none.", NLB_GUIDE, proof!(interface_groups)),
    sourced(INTERFACES, "Addresses stay as long as the balancer is in the subnet.", NLB_GUIDE, proof!(stable)),
    sourced(INTERFACES, "After the deletion interfaces linger and hold their subnet.", TF_BALANCER, proof!(linger)),
];

fn form(aws: &Caller, name: &str, more: &str) -> String {
    let subnet = &aws.fresh.subnet_ids[0];
    format!("CreateLoadBalancer&Name={name}&Type=network&Scheme=internal&Subnets.member.1={subnet}{more}")
}

fn mapped(aws: &Caller, name: &str, more: &str) -> String {
    let subnet = &aws.fresh.subnet_ids[0];
    format!("CreateLoadBalancer&Name={name}&Type=network&SubnetMappings.member.1.SubnetId={subnet}{more}")
}

const FIXED: &str = "&SubnetMappings.member.1.PrivateIPv4Address=172.31.0.77";

async fn names(aws: Caller) {
    elb(&aws, &form(&aws, &"x".repeat(32), "")).await;
    for (name, why) in [
        ("internal-x", "cannot begin with 'internal-'"),
        ("x-", "cannot end with a hyphen(-)"),
        ("-x", "cannot begin with a hyphen(-)"),
        ("x_y", "can only contain characters that are alphanumeric characters or hyphens(-)"),
        ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "cannot be longer than '32' characters"),
    ] {
        let message = format!("Load balancer name '{name}' {why}");
        elb_refuses(&aws, &form(&aws, name, ""), "ValidationError", &message).await;
    }
}

async fn defaults(aws: Caller) {
    let [one, two, _] = &aws.fresh.subnet_ids[..] else { panic!() };
    let body = elb(&aws, &format!("CreateLoadBalancer&Name=x&Subnets.member.1={one}&Subnets.member.2={two}")).await;
    assert_eq!(
        (element(&body, "Type").as_str(), element(&body, "Scheme").as_str()),
        ("application", "internet-facing")
    );
}

async fn enumerations(aws: Caller) {
    for (from, to) in [("=network", "=net"), ("=internal", "=private"), ("&Name", "&IpAddressType=ipv5&Name")] {
        elb_code(&aws, &form(&aws, "x", "").replace(from, to), "ValidationError").await;
    }
}

async fn subnet_forms(aws: Caller) {
    let both = format!("&SubnetMappings.member.1.SubnetId={}", aws.fresh.subnet_ids[1]);
    elb_code(&aws, &form(&aws, "x", &both), "ValidationError").await;
    elb_code(&aws, "CreateLoadBalancer&Name=x&Type=network&Scheme=internal", "ValidationError").await;
}

async fn fixed_scheme(aws: Caller) {
    elb_code(&aws, &mapped(&aws, "x", FIXED), "ValidationError").await;
    elb(&aws, &mapped(&aws, "x", &format!("{FIXED}&Scheme=internal"))).await;
}

async fn elastic_ip(aws: Caller) {
    let allocation = "&SubnetMappings.member.1.AllocationId=eipalloc-0123456789abcdef0";
    elb_code(&aws, &mapped(&aws, "x", &format!("{allocation}&Scheme=internal")), "ValidationError").await;
    elb_code(&aws, &mapped(&aws, "x", allocation), "AllocationIdNotFound").await;
}

async fn six_groups(aws: Caller) {
    let mut groups = String::new();
    for number in 1..=6 {
        groups += &format!("&SecurityGroups.member.{number}={}", group(&aws, &format!("g{number}")).await);
    }
    elb_code(&aws, &form(&aws, "x", &groups), "InvalidConfigurationRequest").await;
}

async fn dualstack(aws: Caller) {
    let message = "You must specify subnets with an associated IPv6 CIDR block.";
    elb_refuses(&aws, &form(&aws, "x", "&IpAddressType=dualstack"), "InvalidConfigurationRequest", message).await;
    let made = ec2(&aws, "CreateVpc&CidrBlock=10.0.0.0/16&AmazonProvidedIpv6CidrBlock=true").await;
    let vpc = element(&made, "vpcId");
    let made = format!("CreateSubnet&VpcId={vpc}&CidrBlock=10.0.0.0/24&Ipv6CidrBlock=2001:db8:1234:1a00::/64");
    let subnet = element(&ec2(&aws, &made).await, "subnetId");
    let form = form(&aws, "x", "&IpAddressType=dualstack").replace(&aws.fresh.subnet_ids[0], &subnet);
    assert_eq!(element(&elb(&aws, &form).await, "IpAddressType"), "dualstack");
}

async fn idempotent(aws: Caller) {
    let arn = element(&elb(&aws, &form(&aws, "x", "")).await, "LoadBalancerArn");
    let tag = "&Tags.member.1.Key=a&Tags.member.1.Value=b";
    assert_eq!(element(&elb(&aws, &form(&aws, "x", tag)).await, "LoadBalancerArn"), arn);
}

async fn duplicate(aws: Caller) {
    elb(&aws, &form(&aws, "x", "")).await;
    let message = "A load balancer with the same name 'x' exists, but with different settings";
    let other = format!("&Subnets.member.2={}", aws.fresh.subnet_ids[1]);
    let group = format!("&SecurityGroups.member.1={}", aws.fresh.security_group_id);
    for more in [other, group] {
        elb_refuses(&aws, &form(&aws, "x", &more), "DuplicateLoadBalancerName", message).await;
    }
    let fixed = mapped(&aws, "x", &format!("{FIXED}&Scheme=internal"));
    elb_refuses(&aws, &fixed, "DuplicateLoadBalancerName", message).await;
    let fixed = fixed.replace("Name=x", "Name=y");
    elb(&aws, &fixed).await;
    let message = message.replace("'x'", "'y'");
    let moved = fixed.replace("172.31.0.77", "172.31.0.78");
    elb_refuses(&aws, &moved, "DuplicateLoadBalancerName", &message).await;
    elb(&aws, &fixed).await;
}

async fn missing_subnet(aws: Caller) {
    let message = "The subnet ID 'subnet-00000000000000000' does not exist";
    let other = "&Subnets.member.2=subnet-00000000000000000";
    elb_refuses(&aws, &form(&aws, "x", other), "SubnetNotFound", message).await;
}

async fn eight_addresses(aws: Caller) {
    let small = subnet(&aws, &aws.fresh.vpc_id, "172.31.128.0/28", 'b').await;
    let endpoint = aws.endpoint_form("&PrivateDnsEnabled=false").replace(&aws.fresh.subnet_ids[0], &small);
    for _ in 0..4 {
        ec2(&aws, &endpoint).await;
    }
    let other = format!("&Subnets.member.2={small}");
    elb_code(&aws, &form(&aws, "x", &other), "InvalidSubnet").await;
    let roomy = subnet(&aws, &aws.fresh.vpc_id, "172.31.128.16/28", 'b').await;
    elb(&aws, &form(&aws, "x", &format!("&Subnets.member.2={roomy}"))).await;
}

async fn one_zone(aws: Caller) {
    let second = subnet(&aws, &aws.fresh.vpc_id, "172.31.128.0/20", 'a').await;
    let message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone";
    let other = format!("&Subnets.member.2={second}");
    elb_refuses(&aws, &form(&aws, "x", &other), "InvalidConfigurationRequest", message).await;
}

async fn constrained(aws: Caller) {
    let id = subnet(&aws, &aws.fresh.vpc_id, "172.31.128.0/20", 'e').await;
    let message = "Load balancers with type 'network' are not supported in eu-central-1e";
    let other = format!("&Subnets.member.2={id}");
    elb_refuses(&aws, &form(&aws, "x", &other), "InvalidConfigurationRequest", message).await;
}

async fn missing_group(aws: Caller) {
    let groups = "&SecurityGroups.member.1=sg-00000000000000000";
    elb_code(&aws, &form(&aws, "x", groups), "InvalidSecurityGroup").await;
}

async fn foreign_group(aws: Caller) {
    let other = vpc(&aws, "10.0.0.0/16").await;
    let create = format!("CreateSecurityGroup&GroupName=g&GroupDescription=d&VpcId={other}");
    let id = element(&ec2(&aws, &create).await, "groupId");
    elb_code(&aws, &form(&aws, "x", &format!("&SecurityGroups.member.1={id}")), "InvalidConfigurationRequest").await;
}

async fn fifty(aws: Caller) {
    let [one, two, _] = &aws.fresh.subnet_ids[..] else { panic!() };
    elb(&aws, &format!("CreateLoadBalancer&Name=alb&Subnets.member.1={one}&Subnets.member.2={two}")).await;
    for number in 0..50 {
        elb(&aws, &form(&aws, &format!("x{number}"), "")).await;
    }
    elb_code(&aws, &form(&aws, "last", ""), "TooManyLoadBalancers").await;
}

async fn answer(aws: Caller) {
    let groups = format!("&SecurityGroups.member.1={}", aws.fresh.security_group_id);
    let body = elb(&aws, &form(&aws, "shop", &groups)).await;
    let arn = element(&body, "LoadBalancerArn");
    let prefix = format!("arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:loadbalancer/net/shop/");
    let digits = arn.strip_prefix(&prefix).unwrap();
    assert!(digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{arn}");
    for (name, value) in [
        ("DNSName", format!("shop-{digits}.elb.eu-central-1.amazonaws.com")),
        ("VpcId", aws.fresh.vpc_id.clone()),
        ("Code", "provisioning".to_owned()),
        ("SubnetId", aws.fresh.subnet_ids[0].clone()),
        ("ZoneName", "eu-central-1a".to_owned()),
        ("IpAddressType", "ipv4".to_owned()),
        ("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "on".to_owned()),
    ] {
        assert_eq!(element(&body, name), value);
    }
    assert!(body.contains("<CanonicalHostedZoneId>Z") && element(&body, "SecurityGroups").contains("sg-"));
}

async fn state(aws: &Caller, name: &str) -> String {
    element(&elb(aws, &format!("DescribeLoadBalancers&Names.member.1={name}")).await, "Code")
}

async fn states(aws: Caller) {
    elb(&aws, &form(&aws, "x", "")).await;
    later(119).await;
    assert_eq!(state(&aws, "x").await, "provisioning");
    later(121).await;
    assert_eq!(state(&aws, "x").await, "active");
}

async fn failed(aws: Caller) {
    for name in ["one", "two"] {
        elb(&aws, &mapped(&aws, name, &format!("{FIXED}&Scheme=internal"))).await;
    }
    assert_eq!(state(&aws, "two").await, "provisioning");
    later(150).await;
    assert_eq!((state(&aws, "one").await.as_str(), state(&aws, "two").await.as_str()), ("active", "failed"));
    let body = elb(&aws, "DescribeLoadBalancers&Names.member.1=two").await;
    assert!(element(&body, "Reason").contains("172.31.0.77"));
}

async fn early_changes(aws: Caller) {
    let arn = element(&elb(&aws, &form(&aws, "x", "")).await, "LoadBalancerArn");
    let group = aws.target_group("g").await;
    assert_eq!(aws.listener(&arn, 80, &group).await.0, 200);
    let attribute = "&Attributes.member.1.Key=deletion_protection.enabled&Attributes.member.1.Value=false";
    elb(&aws, &format!("ModifyLoadBalancerAttributes&LoadBalancerArn={arn}{attribute}")).await;
    let [one, two, _] = &aws.fresh.subnet_ids[..] else { panic!() };
    elb(&aws, &format!("SetSubnets&LoadBalancerArn={arn}&Subnets.member.1={one}&Subnets.member.2={two}")).await;
    assert_eq!(state(&aws, "x").await, "provisioning");
}

async fn no_deleting(aws: Caller) {
    let arn = aws.balancer("x").await;
    elb(&aws, &format!("DeleteLoadBalancer&LoadBalancerArn={arn}")).await;
    elb_code(&aws, &format!("DescribeLoadBalancers&LoadBalancerArns.member.1={arn}"), "LoadBalancerNotFound").await;
}

async fn interfaces(aws: Caller) {
    let made = elb(&aws, &form(&aws, "x", &format!("&Subnets.member.2={}", aws.fresh.subnet_ids[1]))).await;
    later(30).await;
    let arn = element(&made, "LoadBalancerArn");
    let path = arn.split("loadbalancer/").nth(1).unwrap();
    let filter = format!(
        "&Filter.1.Name=attachment.instance-owner-id&Filter.1.Value.1=amazon-aws&Filter.2.Name=description&Filter.2.Value.1=ELB+{path}"
    );
    let body = ec2(&aws, &format!("DescribeNetworkInterfaces{filter}")).await;
    assert_eq!(count(&body, "<networkInterfaceId>"), 2);
    assert_eq!(count(&body, "<interfaceType>network_load_balancer</interfaceType>"), 2);
    assert_eq!(count(&body, "<requesterManaged>true</requesterManaged>"), 2);
}

async fn addresses(aws: Caller) {
    aws.balancer("plain").await;
    elb(&aws, &mapped(&aws, "fixed", &format!("{FIXED}&Scheme=internal"))).await;
    let of = async |name: &str| elb(&aws, &format!("DescribeLoadBalancers&Names.member.1={name}")).await;
    assert!(!of("plain").await.contains("<PrivateIPv4Address>"));
    assert_eq!(element(&of("fixed").await, "PrivateIPv4Address"), "172.31.0.77");
}

async fn interface_groups(aws: Caller) {
    aws.balancer("plain").await;
    let body = ec2(&aws, "DescribeNetworkInterfaces").await;
    assert_eq!(element(&body, "groupSet"), "");
    elb(&aws, &form(&aws, "x", &format!("&SecurityGroups.member.1={}", aws.fresh.security_group_id))).await;
    later(30).await;
    let filter = format!("&Filter.1.Name=group-id&Filter.1.Value.1={}", aws.fresh.security_group_id);
    assert_eq!(count(&ec2(&aws, &format!("DescribeNetworkInterfaces{filter}")).await, "<networkInterfaceId>"), 1);
}

async fn stable(aws: Caller) {
    let arn = aws.balancer("x").await;
    let address = element(&ec2(&aws, "DescribeNetworkInterfaces").await, "privateIpAddress");
    let [one, two, _] = &aws.fresh.subnet_ids[..] else { panic!() };
    elb(&aws, &format!("SetSubnets&LoadBalancerArn={arn}&Subnets.member.1={one}&Subnets.member.2={two}")).await;
    later(600).await;
    let form = format!("DescribeNetworkInterfaces&Filter.1.Name=subnet-id&Filter.1.Value.1={one}");
    assert_eq!(element(&ec2(&aws, &form).await, "privateIpAddress"), address);
}

async fn linger(aws: Caller) {
    let arn = aws.balancer("one").await;
    elb(&aws, &format!("DeleteLoadBalancer&LoadBalancerArn={arn}")).await;
    let delete = format!("DeleteSubnet&SubnetId={}", aws.fresh.subnet_ids[0]);
    super::network::ec2_code(&aws, &delete, "DependencyViolation").await;
    later(60).await;
    ec2(&aws, &delete).await;
}
