//! Interface endpoints after their creation: states, answers, changes, deletion, and the services themselves.

use std::collections::BTreeSet;

use super::network::{EC2_ERRORS, TF_ENDPOINT, VPC_GUIDE, count, ec2, ec2_code, ec2_refuses, group};
use super::{EC2_MODEL as MODEL, Rule, left_out, proof, sourced, unverified};
use crate::testing::{Caller, element, later};

const SERVICES: &str = "3.2 Services for endpoints";
const STATES: &str = "3.3 States of an endpoint";
const READ: &str = "3.4 Reading an endpoint";
const DELETE: &str = "3.6 Deleting endpoints";
const POLICIES: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-endpoint-policies.html";
const DNS_CONFLICT: &str = "fortinet/fortigate-autoscale-aws#43";
const GUIDE: &str = "API Gateway developer guide (awsdocs/amazon-api-gateway-developer-guide)";

pub const RULES: &[Rule] = &[
    sourced(SERVICES, "An unknown service name is an InvalidServiceName.", EC2_ERRORS, proof!(unknown_service)),
    sourced(
        SERVICES,
        "The answer tells the zones, by names of the caller's account, where the service is.",
        MODEL,
        proof!(service),
    ),
    sourced(SERVICES, "Not every zone has execute-api.", GUIDE, proof!(service)),
    sourced(SERVICES, "execute-api takes endpoint policies.", POLICIES, proof!(service)),
    sourced(SERVICES, "Its private name is *.execute-api.REGION.amazonaws.com.", DNS_CONFLICT, proof!(service)),
    unverified(SERVICES, "Its owner is amazon, and nobody has to accept connections.", proof!(service)),
    left_out(SERVICES, "Services of other regions are listed without zones.", "no services of other regions"),
    sourced(
        STATES,
        "States on the wire are in lower case, other than in the service model.",
        TF_ENDPOINT,
        proof!(states),
    ),
    sourced(STATES, "An endpoint is pending, then available, deleting, and gone.", MODEL, proof!(states)),
    sourced(
        STATES,
        "Services of AWS accept at once: execute-api is never pendingAcceptance.",
        VPC_GUIDE,
        proof!(accepted),
    ),
    unverified(STATES, "It is available after 90 seconds and gone 120 seconds after its deletion.", proof!(states)),
    unverified(STATES, "A new endpoint tells its interfaces and DNS entries while it is pending.", proof!(entries)),
    sourced(READ, "Subnets, interfaces and groups are not in the order of the request.", TF_ENDPOINT, proof!(order)),
    unverified(READ, "Their order stays the same from answer to answer.", proof!(order)),
    sourced(READ, "DNS entries: the regional name, one name per zone, then the private names.", GUIDE, proof!(entries)),
    unverified(
        READ,
        "The private names are execute-api.REGION.amazonaws.com and its wildcard, in this order.",
        proof!(entries),
    ),
    unverified(READ, "Private names have another hosted zone than the public ones.", proof!(entries)),
    sourced(
        READ,
        "Names are vpce-ID-SUFFIX with eight lower-case letters and digits for a suffix.",
        VPC_GUIDE,
        proof!(suffix),
    ),
    sourced(READ, "Groups are listed with their names.", MODEL, proof!(groups)),
    sourced(READ, "There is one interface per subnet, with an address of it.", VPC_GUIDE, proof!(interfaces)),
    unverified(
        READ,
        "Interfaces are requester-managed, of type vpc_endpoint, and described as VPC Endpoint Interface vpce-....",
        proof!(interfaces),
    ),
    unverified(READ, "Interfaces don't inherit the tags of their endpoint or balancer.", proof!(interface_tags)),
    sourced(READ, "DescribeVpcEndpoints filters by VPC, service, id, state, type and tags.", MODEL, proof!(filters)),
    sourced(
        READ,
        "An unknown id is an InvalidVpcEndpointId.NotFound, one of another shape Malformed.",
        EC2_ERRORS,
        proof!(unknown_id),
    ),
    sourced(DELETE, "One bad id doesn't stop the others: HTTP 200, and Unsuccessful tells it.", MODEL, proof!(partial)),
    sourced(
        DELETE,
        "An unknown id is told as InvalidVpcEndpointId.NotFound, one of another shape as Malformed.",
        EC2_ERRORS,
        proof!(partial),
    ),
    sourced(DELETE, "Deleting twice gives an Unsuccessful entry.", MODEL, proof!(twice)),
    sourced(
        DELETE,
        "Interfaces go after the endpoint, and hold their subnet until then.",
        TF_ENDPOINT,
        proof!(interfaces_linger),
    ),
    unverified(
        DELETE,
        "Private DNS is free again when the endpoint is gone: creating before destroying is a conflict.",
        proof!(dns_freed),
    ),
    unverified(DELETE, "A private API that lists the endpoint doesn't hold it.", proof!(api_holds_nothing)),
];

async fn unknown_service(aws: Caller) {
    let message = "The Vpc Endpoint Service 'x' does not exist";
    ec2_refuses(&aws, "DescribeVpcEndpointServices&ServiceName.1=x", "InvalidServiceName", message).await;
}

async fn service(aws: Caller) {
    let body = ec2(&aws, "DescribeVpcEndpointServices&ServiceName.1=com.amazonaws.eu-central-1.execute-api").await;
    let zones = element(&body, "availabilityZoneSet");
    assert_eq!((count(&zones, "<item>eu-central-1"), zones.contains("eu-central-1d")), (3, false));
    for (name, value) in [
        ("owner", "amazon"),
        ("vpcEndpointPolicySupported", "true"),
        ("privateDnsName", "*.execute-api.eu-central-1.amazonaws.com"),
        ("serviceType", "Interface"),
        ("acceptanceRequired", "false"),
    ] {
        assert!(body.contains(&format!("<{name}>{value}</{name}>")), "{name}: {body}");
    }
}

/// A new endpoint with private DNS: what was asked, and its id.
pub(super) async fn made(aws: &Caller, more: &str) -> (String, String) {
    let body = ec2(aws, &aws.endpoint_form(more)).await;
    let id = element(&body, "vpcEndpointId");
    (body, id)
}

pub(super) async fn read(aws: &Caller, id: &str) -> String {
    ec2(aws, &format!("DescribeVpcEndpoints&VpcEndpointId.1={id}")).await
}

async fn states(aws: Caller) {
    let (body, id) = made(&aws, "").await;
    assert_eq!(element(&body, "state"), "pending");
    later(89).await;
    assert_eq!(element(&read(&aws, &id).await, "state"), "pending");
    later(1).await;
    assert_eq!(element(&read(&aws, &id).await, "state"), "available");
    ec2(&aws, &format!("DeleteVpcEndpoints&VpcEndpointId.1={id}")).await;
    later(119).await;
    assert_eq!(element(&read(&aws, &id).await, "state"), "deleting");
    later(1).await;
    ec2_code(&aws, &format!("DescribeVpcEndpoints&VpcEndpointId.1={id}"), "InvalidVpcEndpointId.NotFound").await;
}

async fn entries(aws: Caller) {
    let (body, id) = made(&aws, &format!("&SubnetId.2={}", aws.fresh.subnet_ids[1])).await;
    assert_eq!(count(&element(&body, "networkInterfaceIdSet"), "<item>"), 2);
    let text = element(&body, "dnsEntrySet");
    let names: Vec<String> =
        text.split("</item>").filter(|item| !item.is_empty()).map(|item| element(item, "dnsName")).collect();
    let public = names[0].strip_suffix(".execute-api.eu-central-1.vpce.amazonaws.com").unwrap();
    assert!(public.starts_with(&id));
    for (name, zone) in names[1..3].iter().zip(["a", "b"]) {
        assert_eq!(*name, format!("{public}-eu-central-1{zone}.execute-api.eu-central-1.vpce.amazonaws.com"));
    }
    assert_eq!(names[3..], ["execute-api.eu-central-1.amazonaws.com", "*.execute-api.eu-central-1.amazonaws.com"]);
    let zones: Vec<String> =
        text.split("</item>").filter(|item| !item.is_empty()).map(|item| element(item, "hostedZoneId")).collect();
    assert!(zones[0] == zones[2] && zones[2] != zones[3] && zones[3] == zones[4]);
}

async fn accepted(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    for _ in 0..100 {
        assert!(["pending", "available"].contains(&element(&read(&aws, &id).await, "state").as_str()));
        later(1).await;
    }
}

/// The ids in a list of an endpoint.
fn listed(body: &str, list: &str, id: &str) -> Vec<String> {
    let text = element(body, list);
    let items = text.split("</item>").filter(|item| !item.is_empty());
    items.map(|item| if id.is_empty() { item.replace("<item>", "") } else { element(item, id) }).collect()
}

async fn order(aws: Caller) {
    let subnets = aws.fresh.subnet_ids.clone();
    let groups = [group(&aws, "a").await, group(&aws, "b").await, group(&aws, "c").await];
    let mut more = "&PrivateDnsEnabled=false".to_owned();
    more += &groups.iter().zip(1..).map(|(id, n)| format!("&SecurityGroupId.{n}={id}")).collect::<String>();
    more += &subnets.iter().zip(1..).skip(1).map(|(id, n)| format!("&SubnetId.{n}={id}")).collect::<String>();
    let (mut subnet_orders, mut group_orders) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..10 {
        let (body, id) = made(&aws, &more).await;
        let again = read(&aws, &id).await;
        for list in ["subnetIdSet", "networkInterfaceIdSet", "groupSet"] {
            assert_eq!(element(&body, list), element(&again, list));
        }
        subnet_orders.insert(listed(&body, "subnetIdSet", ""));
        group_orders.insert(listed(&body, "groupSet", "groupId"));
    }
    assert!(subnet_orders.len() > 2 && group_orders.len() > 2, "{subnet_orders:?} {group_orders:?}");
    let all = |orders: &BTreeSet<Vec<String>>| orders.iter().flatten().cloned().collect::<BTreeSet<String>>();
    assert_eq!(
        (all(&subnet_orders), all(&group_orders)),
        (subnets.into_iter().collect(), groups.into_iter().collect())
    );
}

async fn suffix(aws: Caller) {
    let (body, id) = made(&aws, "").await;
    let name = element(&body, "dnsName");
    let suffix = name.strip_prefix(&format!("{id}-")).unwrap().split('.').next().unwrap();
    assert!(
        suffix.len() == 8 && suffix.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()),
        "{name}"
    );
}

async fn groups(aws: Caller) {
    let (body, _) = made(&aws, &format!("&SecurityGroupId.1={}", group(&aws, "shop").await)).await;
    assert_eq!(element(&element(&body, "groupSet"), "groupName"), "shop");
}

async fn interfaces(aws: Caller) {
    let (_, id) = made(&aws, &format!("&SubnetId.2={}", aws.fresh.subnet_ids[1])).await;
    let body = ec2(
        &aws,
        &format!("DescribeNetworkInterfaces&Filter.1.Name=description&Filter.1.Value.1=VPC+Endpoint+Interface+{id}"),
    )
    .await;
    assert_eq!(count(&body, "<networkInterfaceId>"), 2);
    for (name, value) in [("requesterManaged", "true"), ("interfaceType", "vpc_endpoint"), ("status", "in-use")] {
        assert_eq!(count(&body, &format!("<{name}>{value}</{name}>")), 2);
    }
    for (subnet, net) in aws.fresh.subnet_ids.iter().zip(["172.31.0.0/20", "172.31.16.0/20"]).take(2) {
        let form = format!("DescribeNetworkInterfaces&Filter.1.Name=subnet-id&Filter.1.Value.1={subnet}");
        let address = element(&ec2(&aws, &form).await, "privateIpAddress");
        assert!(net.parse::<ipnet::Ipv4Net>().unwrap().contains(&address.parse::<std::net::Ipv4Addr>().unwrap()));
    }
}

async fn interface_tags(aws: Caller) {
    let tag =
        "&TagSpecification.1.ResourceType=vpc-endpoint&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b";
    made(&aws, tag).await;
    assert!(!ec2(&aws, "DescribeNetworkInterfaces").await.contains("<key>"));
}

async fn filters(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    ec2(&aws, &format!("CreateTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value=b")).await;
    for (name, value, found) in [
        ("vpc-id", aws.fresh.vpc_id.as_str(), 1),
        ("service-name", "*execute-api", 1),
        ("vpc-endpoint-id", &id, 1),
        ("vpc-endpoint-state", "pending", 1),
        ("vpc-endpoint-state", "available", 0),
        ("vpc-endpoint-type", "Interface", 1),
        ("tag:a", "b", 1),
    ] {
        let body = ec2(&aws, &format!("DescribeVpcEndpoints&Filter.1.Name={name}&Filter.1.Value.1={value}")).await;
        assert_eq!(count(&body, "<vpcEndpointId>"), found, "{name}");
    }
}

async fn unknown_id(aws: Caller) {
    let message = "The Vpc Endpoint Id 'vpce-00000000000000000' does not exist";
    let form = "DescribeVpcEndpoints&VpcEndpointId.1=vpce-00000000000000000";
    ec2_refuses(&aws, form, "InvalidVpcEndpointId.NotFound", message).await;
    ec2_code(&aws, "DescribeVpcEndpoints&VpcEndpointId.1=vpce-x", "InvalidVpcEndpointId.Malformed").await;
}

async fn partial(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    let unknown = "vpce-00000000000000000";
    let form = format!("DeleteVpcEndpoints&VpcEndpointId.1={unknown}&VpcEndpointId.2=x&VpcEndpointId.3={id}");
    let unsuccessful = element(&ec2(&aws, &form).await, "unsuccessful");
    assert_eq!(count(&unsuccessful, "<item>"), 2);
    assert!(unsuccessful.contains("<code>InvalidVpcEndpointId.NotFound</code>"));
    assert!(unsuccessful.contains(&format!("<resourceId>{unknown}</resourceId>")));
    assert!(unsuccessful.contains("<code>InvalidVpcEndpointId.Malformed</code>"));
    assert_eq!(element(&read(&aws, &id).await, "state"), "deleting");
}

async fn twice(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    let delete = format!("DeleteVpcEndpoints&VpcEndpointId.1={id}");
    assert_eq!(element(&ec2(&aws, &delete).await, "unsuccessful"), "");
    later(120).await;
    assert_eq!(element(&ec2(&aws, &delete).await, "resourceId"), id);
}

async fn interfaces_linger(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    ec2(&aws, &format!("DeleteVpcEndpoints&VpcEndpointId.1={id}")).await;
    later(120).await;
    assert!(ec2(&aws, "DescribeNetworkInterfaces").await.contains("VPC Endpoint Interface"));
    let delete = format!("DeleteSubnet&SubnetId={}", aws.fresh.subnet_ids[0]);
    ec2_code(&aws, &delete, "DependencyViolation").await;
    later(20).await;
    assert!(!ec2(&aws, "DescribeNetworkInterfaces").await.contains("VPC Endpoint Interface"));
    ec2(&aws, &delete).await;
}

async fn dns_freed(aws: Caller) {
    let (_, id) = made(&aws, "").await;
    ec2(&aws, &format!("DeleteVpcEndpoints&VpcEndpointId.1={id}")).await;
    ec2_code(&aws, &aws.endpoint_form(""), "InvalidParameter").await;
    later(120).await;
    made(&aws, "").await;
}

async fn api_holds_nothing(aws: Caller) {
    let id = aws.endpoint().await;
    aws.private_api(&[&id]).await;
    let body = ec2(&aws, &format!("DeleteVpcEndpoints&VpcEndpointId.1={id}")).await;
    assert_eq!(element(&body, "unsuccessful"), "");
}
