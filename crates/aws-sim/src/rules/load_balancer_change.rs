//! Changing network load balancers.

use super::network::{CDKD, NLB_DOCS, TF_BALANCER, count, ec2, elb, elb_code, elb_refuses, group, subnet};
use super::{ELB_MODEL as MODEL, Rule, proof, sourced, unverified};
use crate::testing::shop::Shop;
use crate::testing::{Caller, element, later};
use serde_json::json;

const SUBNETS: &str = "4.4 Subnets and addresses of a load balancer";
const GROUPS: &str = "4.5 Security groups of a load balancer";
const ATTRIBUTES: &str = "4.6 Attributes of a load balancer";
const NO_GROUPS: &str = "kubernetes-sigs/cluster-api-provider-aws#4790";

pub const RULES: &[Rule] = &[
    sourced(SUBNETS, "SetSubnets gives the whole set: a subnet that isn't listed goes.", MODEL, proof!(whole_set)),
    sourced(
        SUBNETS,
        "A subnet can't go while an endpoint service, as of a VPC link, uses the balancer; one can come.",
        NLB_DOCS,
        proof!(linked),
    ),
    sourced(SUBNETS, "The subnet of a zone is changed in two operations.", NLB_DOCS, proof!(two_operations)),
    sourced(
        SUBNETS,
        "A subnet that comes back gets a new interface and a new address.",
        NLB_DOCS,
        proof!(new_interface),
    ),
    sourced(SUBNETS, "Subnets are checked as at creation.", MODEL, proof!(checked_subnets)),
    sourced(SUBNETS, "SetIpAddressType needs IPv6 in every subnet for dualstack.", MODEL, proof!(address_type)),
    sourced(GROUPS, "A balancer that was made without groups never gets one.", NO_GROUPS, proof!(no_groups)),
    sourced(GROUPS, "A balancer that was made with groups never loses the last one.", MODEL, proof!(last_group)),
    sourced(GROUPS, "SetSecurityGroups gives the whole list, and interfaces follow.", MODEL, proof!(whole_list)),
    sourced(
        GROUPS,
        "PrivateLink traffic is held against inbound rules unless the flag is off.",
        NLB_DOCS,
        proof!(enforced),
    ),
    sourced(
        GROUPS,
        "Without the flag in the request its value stays, and the answer leaves it out.",
        CDKD,
        proof!(flag),
    ),
    sourced(GROUPS, "The flag is on or off.", MODEL, proof!(bad_flag)),
    unverified(GROUPS, "Without security groups the flag is neither shown nor set.", proof!(no_groups)),
    sourced(ATTRIBUTES, "All keys are told, with these defaults.", MODEL, proof!(all_attributes)),
    sourced(ATTRIBUTES, "Values are checked: booleans, policies, 0 to 7 secondary addresses.", MODEL, proof!(values)),
    sourced(ATTRIBUTES, "One bad attribute refuses all.", MODEL, proof!(all_or_none)),
    sourced(
        ATTRIBUTES,
        "An unknown key: Load balancer attribute key 'x' is not recognized.",
        TF_BALANCER,
        proof!(unknown_key),
    ),
    sourced(
        ATTRIBUTES,
        "A key of application load balancers is not supported on load balancers with type 'network'.",
        TF_BALANCER,
        proof!(foreign_key),
    ),
    unverified(ATTRIBUTES, "A key twice: Attribute key 'x' has been specified more than once.", proof!(twice)),
    sourced(ATTRIBUTES, "Up to 20 attributes in a call.", MODEL, proof!(twenty)),
    sourced(
        ATTRIBUTES,
        "An empty value resets a number or a text; for booleans and choices it is refused.",
        CDKD,
        proof!(empty),
    ),
    sourced(ATTRIBUTES, "The number of secondary addresses never decreases.", MODEL, proof!(secondary)),
];

async fn set_subnets(aws: &Caller, arn: &str, subnets: &[&String]) -> (u16, String) {
    let list: String =
        subnets.iter().enumerate().map(|(index, id)| format!("&Subnets.member.{}={id}", index + 1)).collect();
    aws.elb(&format!("SetSubnets&LoadBalancerArn={arn}{list}")).await
}

async fn whole_set(aws: Caller) {
    let arn = aws.balancer("x").await;
    let [one, two, _] = &aws.fresh.subnet_ids[..] else { panic!() };
    let (_, body) = set_subnets(&aws, &arn, &[one, two]).await;
    assert_eq!(count(&body, "<SubnetId>"), 2);
    let (_, body) = set_subnets(&aws, &arn, &[two]).await;
    assert_eq!((count(&body, "<SubnetId>"), element(&body, "SubnetId")), (1, two.clone()));
}

async fn linked(aws: Caller) {
    let arn = aws.balancer("x").await;
    let [one, two, _] = &aws.fresh.subnet_ids[..] else { panic!() };
    aws.link(&arn).await;
    assert_eq!(set_subnets(&aws, &arn, &[one, two]).await.0, 200);
    let (status, body) = set_subnets(&aws, &arn, &[two]).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, "InvalidConfigurationRequest"));
}

async fn two_operations(aws: Caller) {
    let arn = aws.balancer("x").await;
    let [one, two, _] = &aws.fresh.subnet_ids[..] else { panic!() };
    let other = subnet(&aws, &aws.fresh.vpc_id, "172.31.128.0/20", 'a').await;
    set_subnets(&aws, &arn, &[one, two]).await;
    let (status, body) = set_subnets(&aws, &arn, &[&other, two]).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, "InvalidConfigurationRequest"));
    assert_eq!(set_subnets(&aws, &arn, &[two]).await.0, 200);
    later(180).await;
    assert_eq!(set_subnets(&aws, &arn, &[&other, two]).await.0, 200);
}

async fn new_interface(aws: Caller) {
    let arn = aws.balancer("x").await;
    let [one, two, _] = &aws.fresh.subnet_ids[..] else { panic!() };
    let look = async || {
        let form = format!("DescribeNetworkInterfaces&Filter.1.Name=subnet-id&Filter.1.Value.1={one}");
        let body = ec2(&aws, &form).await;
        (element(&body, "networkInterfaceId"), element(&body, "privateIpAddress"))
    };
    let before = look().await;
    set_subnets(&aws, &arn, &[two]).await;
    later(180).await;
    set_subnets(&aws, &arn, &[one, two]).await;
    later(30).await;
    let after = look().await;
    assert!(before.0 != after.0 && before.1 != after.1);
}

async fn checked_subnets(aws: Caller) {
    let arn = aws.balancer("x").await;
    let constrained = subnet(&aws, &aws.fresh.vpc_id, "172.31.128.0/20", 'e').await;
    let missing = "subnet-00000000000000000".to_owned();
    let own = &aws.fresh.subnet_ids[0];
    for (id, code) in [(&constrained, "InvalidConfigurationRequest"), (&missing, "SubnetNotFound")] {
        let (status, body) = set_subnets(&aws, &arn, &[own, id]).await;
        assert_eq!((status, element(&body, "Code").as_str()), (400, code));
    }
    assert_eq!(set_subnets(&aws, &arn, &[]).await.0, 400);
}

async fn address_type(aws: Caller) {
    let arn = aws.balancer("x").await;
    let message = "You must specify subnets with an associated IPv6 CIDR block.";
    let set = |kind: &str| format!("SetIpAddressType&LoadBalancerArn={arn}&IpAddressType={kind}");
    elb_refuses(&aws, &set("dualstack"), "InvalidConfigurationRequest", message).await;
    elb_code(&aws, &set("ipv5"), "ValidationError").await;
    elb(&aws, &set("ipv4")).await;
}

fn set_groups(arn: &str, groups: &[&String], more: &str) -> String {
    let list: String =
        groups.iter().enumerate().map(|(index, id)| format!("&SecurityGroups.member.{}={id}", index + 1)).collect();
    format!("SetSecurityGroups&LoadBalancerArn={arn}{list}{more}")
}

const FLAG: &str = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic";

async fn no_groups(aws: Caller) {
    let arn = aws.balancer("x").await;
    let message =
        "You cannot set security groups on a Network Load Balancer which was created without any security groups.";
    for more in [String::new(), format!("&{FLAG}=off")] {
        let form = set_groups(&arn, &[&aws.fresh.security_group_id], &more);
        elb_refuses(&aws, &form, "InvalidConfigurationRequest", message).await;
    }
    assert!(!elb(&aws, "DescribeLoadBalancers").await.contains(FLAG));
}

async fn grouped(aws: &Caller) -> String {
    let (subnet, group) = (&aws.fresh.subnet_ids[0], &aws.fresh.security_group_id);
    let form = format!("CreateLoadBalancer&Name=x&Type=network&Scheme=internal&Subnets.member.1={subnet}");
    element(&elb(aws, &format!("{form}&SecurityGroups.member.1={group}")).await, "LoadBalancerArn")
}

async fn last_group(aws: Caller) {
    let arn = grouped(&aws).await;
    elb_code(&aws, &set_groups(&arn, &[], ""), "InvalidConfigurationRequest").await;
}

async fn whole_list(aws: Caller) {
    let (arn, new) = (grouped(&aws).await, group(&aws, "g").await);
    let body = elb(&aws, &set_groups(&arn, &[&new], "")).await;
    assert_eq!(element(&element(&body, "SecurityGroupIds"), "member"), new);
    later(30).await;
    let body = ec2(&aws, "DescribeNetworkInterfaces").await;
    assert_eq!((count(&body, "<groupId>"), element(&body, "groupId")), (1, new));
}

async fn flag(aws: Caller) {
    let arn = grouped(&aws).await;
    let own = &aws.fresh.security_group_id;
    let shown = async || element(&elb(&aws, "DescribeLoadBalancers").await, FLAG);
    assert_eq!(shown().await, "on");
    let body = elb(&aws, &set_groups(&arn, &[own], &format!("&{FLAG}=off"))).await;
    assert_eq!((element(&body, FLAG), shown().await), ("off".to_owned(), "off".to_owned()));
    let body = elb(&aws, &set_groups(&arn, &[own], "")).await;
    assert!(!body.contains(FLAG) && shown().await == "off");
}

async fn enforced(aws: Caller) {
    let shop = Shop::guarded(aws).await;
    shop.serve(json!({"/x": {"get": shop.proxy("/x", json!({}))}})).await;
    let own = &shop.aws.fresh.security_group_id;
    shop.get("/v1/x").await.timed_out();
    shop.elb(&set_groups(&shop.balancer, &[own], &format!("&{FLAG}=off"))).await;
    assert_eq!(shop.get("/v1/x").await.status, 200);
    shop.elb(&set_groups(&shop.balancer, &[own], &format!("&{FLAG}=on"))).await;
    shop.get("/v1/x").await.timed_out();
}

async fn bad_flag(aws: Caller) {
    let arn = grouped(&aws).await;
    let form = set_groups(&arn, &[&aws.fresh.security_group_id], &format!("&{FLAG}=maybe"));
    elb_code(&aws, &form, "ValidationError").await;
}

pub(super) fn set(arn: &str, pairs: &[(&str, &str)]) -> String {
    let pair = |(index, (key, value)): (usize, &(&str, &str))| {
        let number = index + 1;
        format!("&Attributes.member.{number}.Key={key}&Attributes.member.{number}.Value={value}")
    };
    let list: String = pairs.iter().enumerate().map(pair).collect();
    format!("ModifyLoadBalancerAttributes&LoadBalancerArn={arn}{list}")
}

async fn told(aws: &Caller, arn: &str, key: &str, value: &str) -> bool {
    let body = elb(aws, &format!("DescribeLoadBalancerAttributes&LoadBalancerArn={arn}")).await;
    body.contains(&format!("<Key>{key}</Key><Value>{value}</Value>"))
}

async fn all_attributes(aws: Caller) {
    let arn = aws.balancer("x").await;
    for (key, value) in [
        ("deletion_protection.enabled", "false"),
        ("load_balancing.cross_zone.enabled", "false"),
        ("access_logs.s3.enabled", "false"),
        ("access_logs.s3.bucket", ""),
        ("access_logs.s3.prefix", ""),
        ("dns_record.client_routing_policy", "any_availability_zone"),
        ("ipv6.deny_all_igw_traffic", "true"),
        ("zonal_shift.config.enabled", "false"),
        ("secondary_ips.auto_assigned.per_subnet", "0"),
    ] {
        assert!(told(&aws, &arn, key, value).await, "{key}");
    }
}

async fn values(aws: Caller) {
    let arn = aws.balancer("x").await;
    for (key, good, bad) in [
        ("deletion_protection.enabled", "true", "yes"),
        ("load_balancing.cross_zone.enabled", "true", "1"),
        ("access_logs.s3.enabled", "false", "on"),
        ("dns_record.client_routing_policy", "availability_zone_affinity", "near"),
        ("dns_record.client_routing_policy", "partial_availability_zone_affinity", "any"),
        ("ipv6.deny_all_igw_traffic", "false", "TRUE"),
        ("zonal_shift.config.enabled", "true", "maybe"),
        ("secondary_ips.auto_assigned.per_subnet", "7", "8"),
    ] {
        elb_code(&aws, &set(&arn, &[(key, bad)]), "InvalidConfigurationRequest").await;
        elb(&aws, &set(&arn, &[(key, good)])).await;
        assert!(told(&aws, &arn, key, good).await, "{key}");
    }
}

async fn all_or_none(aws: Caller) {
    let arn = aws.balancer("x").await;
    let both = [("load_balancing.cross_zone.enabled", "true"), ("zonal_shift.config.enabled", "maybe")];
    elb_code(&aws, &set(&arn, &both), "InvalidConfigurationRequest").await;
    assert!(told(&aws, &arn, "load_balancing.cross_zone.enabled", "false").await);
}

async fn unknown_key(aws: Caller) {
    let arn = aws.balancer("x").await;
    let message = "Load balancer attribute key 'colour' is not recognized";
    elb_refuses(&aws, &set(&arn, &[("colour", "red")]), "ValidationError", message).await;
}

async fn foreign_key(aws: Caller) {
    let arn = aws.balancer("x").await;
    let message =
        "Load balancer attribute key 'routing.http2.enabled' is not supported on load balancers with type 'network'";
    elb_refuses(&aws, &set(&arn, &[("routing.http2.enabled", "true")]), "InvalidConfigurationRequest", message).await;
}

async fn twice(aws: Caller) {
    let arn = aws.balancer("x").await;
    let pair = ("deletion_protection.enabled", "true");
    let message = "Attribute key 'deletion_protection.enabled' has been specified more than once";
    elb_refuses(&aws, &set(&arn, &[pair, pair]), "ValidationError", message).await;
}

async fn twenty(aws: Caller) {
    let arn = aws.balancer("x").await;
    let keys: Vec<String> = (1..=21).map(|number| format!("key{number}")).collect();
    let pairs: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "x")).collect();
    let message = "Between 1 and 20 load balancer attributes must be specified";
    for refused in [&pairs[..], &[]] {
        elb_refuses(&aws, &set(&arn, refused), "ValidationError", message).await;
    }
    let message = "Load balancer attribute key 'key1' is not recognized";
    elb_refuses(&aws, &set(&arn, &pairs[..20]), "ValidationError", message).await;
}

async fn empty(aws: Caller) {
    let arn = aws.balancer("x").await;
    let message = "The value of 'deletion_protection.enabled' must be 'true' or 'false', but was ''";
    let form = set(&arn, &[("deletion_protection.enabled", "")]);
    elb_refuses(&aws, &form, "InvalidConfigurationRequest", message).await;
    elb_code(&aws, &set(&arn, &[("dns_record.client_routing_policy", "")]), "InvalidConfigurationRequest").await;
    for (key, value, default) in
        [("access_logs.s3.prefix", "x", ""), ("secondary_ips.auto_assigned.per_subnet", "", "0")]
    {
        elb(&aws, &set(&arn, &[(key, value)])).await;
        elb(&aws, &set(&arn, &[(key, "")])).await;
        assert!(told(&aws, &arn, key, default).await, "{key}");
    }
}

async fn secondary(aws: Caller) {
    let arn = aws.balancer("x").await;
    let key = "secondary_ips.auto_assigned.per_subnet";
    elb(&aws, &set(&arn, &[(key, "3")])).await;
    elb_code(&aws, &set(&arn, &[(key, "2")]), "InvalidConfigurationRequest").await;
}
