//! The names that a caller may use.

use serde_json::{Value, json};

use crate::rules::{Rule, left_out, proof, sourced, unverified};
use crate::testing::shop::Shop;
use crate::testing::{Caller, REGION, element, later};

const NAMES: &str = "13.1 The name that is called";
const GUIDE: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html";
const PRIVATE: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html";
const DNS: &str = "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html";

pub const RULES: &[Rule] = &[
    sourced(
        NAMES,
        "With private DNS, `{api}.execute-api.{region}` leads to the endpoint in the caller's VPC.",
        GUIDE,
        proof!(private_dns),
    ),
    sourced(
        NAMES,
        "Without private DNS at the endpoint, the plain name does not lead to it.",
        GUIDE,
        proof!(no_private_dns),
    ),
    sourced(
        NAMES,
        "The private name is used only while the VPC has enableDnsSupport and enableDnsHostnames.",
        DNS,
        proof!(vpc_attributes),
    ),
    sourced(NAMES, "The plain name does not lead from another VPC to the endpoint.", PRIVATE, proof!(other_vpc)),
    sourced(NAMES, "The alias `{api}-{vpce}.execute-api.{region}` works without private DNS.", GUIDE, proof!(alias)),
    sourced(
        NAMES,
        "The alias exists only for endpoints in the API's vpcEndpointIds.",
        GUIDE,
        proof!(alias_of_listed_endpoints),
    ),
    sourced(
        NAMES,
        "The alias is public DNS: peered and on-premises networks resolve it, and the endpoint's security group must admit them.",
        GUIDE,
        proof!(alias_from_elsewhere),
    ),
    unverified(NAMES, "So are the endpoint's own DNS names.", proof!(endpoint_name_from_elsewhere)),
    sourced(
        NAMES,
        "The endpoint's own DNS name serves an API that the Host header names.",
        GUIDE,
        proof!(endpoint_name_and_host),
    ),
    sourced(
        NAMES,
        "The endpoint's own DNS name serves an API that `x-apigw-api-id` names.",
        GUIDE,
        proof!(endpoint_name_and_header),
    ),
    sourced(NAMES, "An endpoint has a DNS name per zone of its subnets, and no others.", DNS, proof!(zonal_names)),
    sourced(NAMES, "One endpoint serves several APIs.", PRIVATE, proof!(two_apis)),
    sourced(NAMES, "One endpoint serves APIs of other accounts.", PRIVATE, proof!(other_account)),
    sourced(NAMES, "One API is reached through several endpoints.", PRIVATE, proof!(two_endpoints)),
    sourced(
        NAMES,
        "With private DNS, a Regional API of the region is out of reach by its name: 403.",
        PRIVATE,
        proof!(regional_api),
    ),
    sourced(
        NAMES,
        "A security group of the endpoint must admit the caller's address on port 443.",
        PRIVATE,
        proof!(group_by_address),
    ),
    sourced(NAMES, "It may admit the caller as a member of a security group.", PRIVATE, proof!(group_by_member)),
    unverified(NAMES, "An endpoint that is being created, or deleted, does not serve.", proof!(states)),
    unverified(NAMES, "An endpoint that is being modified goes on serving.", proof!(modified)),
    unverified(NAMES, "An unknown API answers 403 `Forbidden`.", proof!(unknown_api)),
    left_out(
        NAMES,
        "TLS 1.2 at least, certificates, and HTTP/2 that becomes HTTP/1.1.",
        "the simulator speaks HTTP/1.1 without TLS",
    ),
];

async fn private_dns(aws: Caller) {
    let shop = Shop::plain(aws).await;
    assert_eq!(shop.get("/v1/x").await.status, 200);
}

async fn without_private_dns(aws: Caller) -> Shop {
    let shop = Shop::plain(aws).await;
    shop.ec2(&format!("ModifyVpcEndpoint&VpcEndpointId={}&PrivateDnsEnabled=false", shop.endpoint)).await;
    later(30).await;
    shop
}

async fn no_private_dns(aws: Caller) {
    without_private_dns(aws).await.get("/v1/x").await.unreachable("dns");
}

async fn vpc_attributes(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let vpc = &shop.aws.fresh.vpc_id;
    for attribute in ["EnableDnsSupport", "EnableDnsHostnames"] {
        shop.ec2(&format!("ModifyVpcAttribute&VpcId={vpc}&{attribute}.Value=false")).await;
        shop.get("/v1/x").await.unreachable("dns");
        shop.ec2(&format!("ModifyVpcAttribute&VpcId={vpc}&{attribute}.Value=true")).await;
        assert_eq!(shop.get("/v1/x").await.status, 200);
    }
}

async fn other_vpc(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let vpc = element(&shop.aws.ec2("CreateVpc&CidrBlock=10.9.0.0/16").await.1, "vpcId");
    shop.by_name(&shop.host(), &[("x-sim-source-vpc", &vpc)]).await.unreachable("dns");
}

fn alias_name(shop: &Shop, endpoint: &str) -> String {
    format!("{}-{endpoint}.execute-api.{REGION}.amazonaws.com", shop.api)
}

async fn alias(aws: Caller) {
    let shop = without_private_dns(aws).await;
    // The overwriting import took the endpoint away.
    list_endpoint(&shop, &shop.endpoint).await;
    assert_eq!(shop.by_name(&alias_name(&shop, &shop.endpoint), &[]).await.status, 200);
}

/// A caller in another VPC, whose address the endpoint's group does not admit yet, and does then.
async fn from_elsewhere(shop: &Shop, host: &str, more: (&str, &str)) {
    let vpc = element(&shop.aws.ec2("CreateVpc&CidrBlock=10.9.0.0/16").await.1, "vpcId");
    let headers = [("x-sim-source-vpc", vpc.as_str()), more];
    shop.by_name(host, &headers).await.unreachable("endpoint-security-group");
    shop.ec2(&format!(
        "AuthorizeSecurityGroupIngress&GroupId={}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443&IpPermissions.1.ToPort=443&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8",
        shop.aws.fresh.security_group_id
    ))
    .await;
    assert_eq!(shop.by_name(host, &headers).await.status, 200);
    assert_eq!(shop.by_name(host, &[("x-sim-source-ip", "10.200.0.1"), more]).await.status, 200);
    shop.by_name(host, &[("x-sim-source-ip", "192.168.0.1"), more]).await.unreachable("endpoint-security-group");
}

async fn alias_from_elsewhere(aws: Caller) {
    let shop = Shop::plain(aws).await;
    list_endpoint(&shop, &shop.endpoint).await;
    from_elsewhere(&shop, &alias_name(&shop, &shop.endpoint), ("x-any", "1")).await;
}

async fn endpoint_name_from_elsewhere(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let names = own_names(&shop).await;
    from_elsewhere(&shop, &names[0], ("x-apigw-api-id", &shop.api)).await;
}

async fn second_endpoint(shop: &Shop) -> String {
    let form = shop.aws.endpoint_form("&PrivateDnsEnabled=false");
    let id = element(&shop.aws.ec2(&form).await.1, "vpcEndpointId");
    later(90).await;
    id
}

async fn list_endpoint(shop: &Shop, endpoint: &str) {
    let patch = json!({"patchOperations": [
        {"op": "add", "path": "/endpointConfiguration/vpcEndpointIds", "value": endpoint}
    ]});
    assert_eq!(shop.aws.api("PATCH", &format!("/restapis/{}", shop.api), patch).await.0, 200);
}

async fn alias_of_listed_endpoints(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let other = second_endpoint(&shop).await;
    shop.by_name(&alias_name(&shop, &other), &[]).await.unreachable("dns");
    list_endpoint(&shop, &other).await;
    assert_eq!(shop.by_name(&alias_name(&shop, &other), &[]).await.status, 200);
}

async fn two_endpoints(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let other = second_endpoint(&shop).await;
    for endpoint in [&shop.endpoint, &other] {
        list_endpoint(&shop, endpoint).await;
        assert_eq!(shop.by_name(&alias_name(&shop, endpoint), &[]).await.status, 200);
    }
}

async fn endpoint_name_and_host(aws: Caller) {
    let shop = without_private_dns(aws).await;
    assert_eq!(shop.by_name(&shop.host(), &[("x-sim-endpoint", &shop.endpoint)]).await.status, 200);
}

/// The endpoint's DNS names, as it shows them.
async fn own_names(shop: &Shop) -> Vec<String> {
    let (_, xml) = shop.aws.ec2(&format!("DescribeVpcEndpoints&VpcEndpointId.1={}", shop.endpoint)).await;
    let names = xml.split("<dnsName>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
    names.filter(|name| name.starts_with("vpce-")).collect()
}

async fn endpoint_name_and_header(aws: Caller) {
    let shop = without_private_dns(aws).await;
    let names = own_names(&shop).await;
    assert_eq!(shop.by_name(&names[0], &[("x-apigw-api-id", &shop.api)]).await.status, 200);
    shop.by_name(&names[0].replace(".execute-api", "x.execute-api"), &[("x-apigw-api-id", &shop.api)])
        .await
        .unreachable("dns");
}

async fn zonal_names(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let names = own_names(&shop).await;
    assert_eq!(names.len(), 2);
    assert_eq!(shop.by_name(&names[1], &[("x-apigw-api-id", &shop.api)]).await.status, 200);
    let elsewhere = names[1].replace(&format!("{REGION}a.execute"), &format!("{REGION}b.execute"));
    assert_ne!(elsewhere, names[1]);
    shop.by_name(&elsewhere, &[("x-apigw-api-id", &shop.api)]).await.unreachable("dns");
}

async fn two_apis(aws: Caller) {
    let mut shop = Shop::plain(aws).await;
    shop.api = shop.aws.private_api(&[&shop.endpoint]).await;
    shop.serve(json!({"/x": {"get": shop.proxy("/second", json!({}))}})).await;
    assert_eq!(shop.get("/v1/x").await.json["path"], "/second");
}

async fn other_account(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let vpc = shop.aws.sim.account("999999999999", REGION).vpc_id;
    shop.by_name(&shop.host(), &[("x-sim-source-vpc", &vpc)]).await.unreachable("dns");
    let form = format!(
        "CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&ServiceName=com.amazonaws.{REGION}.execute-api&SubnetId.1={}",
        shop.aws.sim.account("999999999999", REGION).subnet_ids[0]
    );
    let group = shop.aws.sim.account("999999999999", REGION).security_group_id;
    let allow = format!(
        "AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"
    );
    for form in [form, allow] {
        let request = http::Request::post("/")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential=999999999999/20260101/{REGION}/ec2/aws4_request"),
            )
            .body(format!("Version=2016-11-15&Action={form}").into())
            .unwrap();
        assert_eq!(shop.aws.sim.call(request).await.status(), 200);
    }
    later(90).await;
    assert_eq!(shop.by_name(&shop.host(), &[("x-sim-source-vpc", &vpc)]).await.status, 200);
}

async fn regional_api(aws: Caller) {
    let mut shop = Shop::plain(aws).await;
    let configuration = json!({"types": ["REGIONAL"]});
    let (_, api) =
        shop.aws.api("POST", "/restapis", json!({"name": "r", "endpointConfiguration": configuration})).await;
    shop.api = crate::testing::text(&api, "id");
    shop.serve(json!({"/x": {"get": shop.proxy("/x", json!({}))}})).await;
    shop.get("/v1/x").await.forbidden();
}

async fn group_by_address(aws: Caller) {
    let shop = Shop::plain(aws).await;
    for (address, status) in [("172.31.0.77", 200), ("10.0.0.1", 502)] {
        assert_eq!(shop.by_name(&shop.host(), &[("x-sim-source-ip", address)]).await.status, status);
    }
}

async fn group_by_member(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let vpc = &shop.aws.fresh.vpc_id;
    let form = format!("CreateSecurityGroup&GroupName=front&GroupDescription=front&VpcId={vpc}");
    let front = element(&shop.aws.ec2(&form).await.1, "groupId");
    let headers = [("x-sim-source-ip", "10.0.0.1"), ("x-sim-source-security-group", front.as_str())];
    shop.by_name(&shop.host(), &headers).await.unreachable("endpoint-security-group");
    let group = &shop.aws.fresh.security_group_id;
    shop.ec2(&format!(
        "AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443&IpPermissions.1.ToPort=443&IpPermissions.1.Groups.1.GroupId={front}"
    ))
    .await;
    assert_eq!(shop.by_name(&shop.host(), &headers).await.status, 200);
}

async fn states(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let form = shop.aws.endpoint_form("&PrivateDnsEnabled=false");
    let other = element(&shop.aws.ec2(&form).await.1, "vpcEndpointId");
    let through = [("x-sim-endpoint", other.as_str())];
    shop.by_name(&shop.host(), &through).await.unreachable("endpoint");
    later(90).await;
    assert_eq!(shop.by_name(&shop.host(), &through).await.status, 200);
    shop.ec2(&format!("DeleteVpcEndpoints&VpcEndpointId.1={other}")).await;
    shop.by_name(&shop.host(), &through).await.unreachable("endpoint");
}

async fn modified(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let subnet = &shop.aws.fresh.subnet_ids[1];
    shop.ec2(&format!("ModifyVpcEndpoint&VpcEndpointId={}&AddSubnetId.1={subnet}", shop.endpoint)).await;
    assert_eq!(shop.get("/v1/x").await.status, 200);
}

async fn unknown_api(aws: Caller) {
    let shop = Shop::plain(aws).await;
    let (_, gone) = shop.aws.api("DELETE", &format!("/restapis/{}", shop.api), Value::Null).await;
    assert!(gone.is_null());
    shop.by_name(&shop.host(), &[("x-sim-source-vpc", &shop.aws.fresh.vpc_id)]).await.forbidden();
}
