//! Network load balancers with addresses of both families: UDP listeners and the IPv6 prefixes that they need.

use super::network::{CDKD, count, ec2, elb, elb_code};
use super::{ELB_MODEL, Rule, proof, sourced, unverified};
use crate::testing::{Caller, element};

const CREATE: &str = "4.1 Creating a load balancer";
const SUBNETS: &str = "4.4 Subnets and addresses of a load balancer";
const PREFLIGHT: &str = "cdk-preflight, rule pf-elbv2-listener-udp-dualstack";
const FLAG: &str = "EnablePrefixForIpv6SourceNat";

pub const RULES: &[Rule] = &[
    sourced(CREATE, "EnablePrefixForIpv6SourceNat is on or off, by default off.", ELB_MODEL, proof!(default_off)),
    sourced(CREATE, "It is on for dualstack balancers only.", ELB_MODEL, proof!(dualstack_only)),
    unverified(CREATE, "On another balancer it is an InvalidConfigurationRequest.", proof!(dualstack_only)),
    sourced(SUBNETS, "A UDP listener and dualstack exclude each other without such prefixes.", PREFLIGHT, proof!(udp)),
    sourced(SUBNETS, "With them a dualstack balancer has UDP listeners.", ELB_MODEL, proof!(prefixes)),
    sourced(SUBNETS, "SetSubnets without EnablePrefixForIpv6SourceNat keeps it.", CDKD, proof!(kept)),
    unverified(
        SUBNETS,
        "It can't be switched off while there are UDP listeners, nor dualstack while it is on.",
        proof!(needed),
    ),
];

/// A VPC with IPv6 and its balancer.
struct Dual {
    aws: Caller,
    vpc: String,
    subnet: String,
    arn: String,
}

impl Dual {
    async fn new(aws: Caller, more: &str) -> Dual {
        let made = ec2(&aws, "CreateVpc&CidrBlock=10.0.0.0/16&AmazonProvidedIpv6CidrBlock=true").await;
        let vpc = element(&made, "vpcId");
        let create = format!("CreateSubnet&VpcId={vpc}&CidrBlock=10.0.0.0/24&Ipv6CidrBlock=2001:db8:1234:1a00::/64");
        let subnet = element(&ec2(&aws, &create).await, "subnetId");
        let arn = element(&elb(&aws, &form(&subnet, more)).await, "LoadBalancerArn");
        Dual { aws, vpc, subnet, arn }
    }

    /// The request for a UDP listener.
    async fn listener(&self) -> String {
        let create = format!("CreateTargetGroup&Name=g&Protocol=UDP&Port=53&VpcId={}&TargetType=ip", self.vpc);
        let group = element(&elb(&self.aws, &create).await, "TargetGroupArn");
        let action = format!("DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}");
        format!("CreateListener&LoadBalancerArn={}&Protocol=UDP&Port=53&{action}", self.arn)
    }

    fn address_type(&self, kind: &str) -> String {
        format!("SetIpAddressType&LoadBalancerArn={}&IpAddressType={kind}", self.arn)
    }

    fn subnets(&self, more: &str) -> String {
        format!("SetSubnets&LoadBalancerArn={}&Subnets.member.1={}{more}", self.arn, self.subnet)
    }

    async fn refused(&self, form: &str) {
        elb_code(&self.aws, form, "InvalidConfigurationRequest").await;
    }

    async fn shown(&self) -> String {
        element(&elb(&self.aws, "DescribeLoadBalancers").await, FLAG)
    }
}

fn form(subnet: &str, more: &str) -> String {
    format!("CreateLoadBalancer&Name=x&Type=network&Scheme=internal&Subnets.member.1={subnet}{more}")
}

const ON: &str = "&IpAddressType=dualstack&EnablePrefixForIpv6SourceNat=on";

async fn default_off(aws: Caller) {
    let subnet = aws.fresh.subnet_ids[0].clone();
    elb_code(&aws, &form(&subnet, "&EnablePrefixForIpv6SourceNat=maybe"), "ValidationError").await;
    let body = elb(&aws, &form(&subnet, "")).await;
    assert_eq!((count(&body, FLAG), element(&body, FLAG).as_str()), (2, "off"));
    assert_eq!(Dual::new(Caller::new(), ON).await.shown().await, "on");
}

async fn dualstack_only(aws: Caller) {
    let subnet = aws.fresh.subnet_ids[0].clone();
    elb_code(&aws, &form(&subnet, "&EnablePrefixForIpv6SourceNat=on"), "InvalidConfigurationRequest").await;
    let dual = Dual::new(aws, "").await;
    dual.refused(&dual.subnets("&EnablePrefixForIpv6SourceNat=on")).await;
    elb(&dual.aws, &dual.subnets(ON)).await;
}

async fn udp(aws: Caller) {
    let dual = Dual::new(aws, "").await;
    let listener = dual.listener().await;
    elb(&dual.aws, &dual.address_type("dualstack")).await;
    dual.refused(&listener).await;
    elb(&dual.aws, &dual.address_type("ipv4")).await;
    elb(&dual.aws, &listener).await;
    dual.refused(&dual.address_type("dualstack")).await;
    dual.refused(&dual.subnets("&IpAddressType=dualstack")).await;
    assert_eq!(element(&elb(&dual.aws, "DescribeLoadBalancers").await, "IpAddressType"), "ipv4");
}

async fn prefixes(aws: Caller) {
    let dual = Dual::new(aws, ON).await;
    elb(&dual.aws, &dual.listener().await).await;
    let other = Dual::new(Caller::new(), "").await;
    elb(&other.aws, &other.listener().await).await;
    elb(&other.aws, &other.subnets(ON)).await;
}

async fn kept(aws: Caller) {
    let dual = Dual::new(aws, ON).await;
    elb(&dual.aws, &dual.subnets("")).await;
    assert_eq!(dual.shown().await, "on");
    let body = elb(&dual.aws, &dual.subnets("&EnablePrefixForIpv6SourceNat=off")).await;
    assert_eq!((element(&body, FLAG).as_str(), dual.shown().await.as_str()), ("off", "off"));
}

async fn needed(aws: Caller) {
    let dual = Dual::new(aws, ON).await;
    dual.refused(&dual.address_type("ipv4")).await;
    elb(&dual.aws, &dual.listener().await).await;
    dual.refused(&dual.subnets("&EnablePrefixForIpv6SourceNat=off")).await;
    assert_eq!(dual.shown().await, "on");
}
