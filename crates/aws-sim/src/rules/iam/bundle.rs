//! Load balancing, and what links and first calls need besides.

use serde_json::{Value, json};

use super::{Pair, all_but, api, assert_denied, ec2, elb, needs, only, sees};
use crate::rules::{Rule, left_out, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller, REGION, text};

const MORE: &str = super::MORE;
const ELB: &str =
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html";
const LINKS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/grant-permissions-to-create-vpclink.html";

pub const RULES: &[Rule] = &[
    sourced(
        MORE,
        "CreateVpcLink and DeleteVpcLink need four actions on endpoint services and DescribeLoadBalancers of their caller",
        LINKS,
        proof!(link_actions),
    ),
    unverified(MORE, "Without one of them CreateVpcLink succeeds and the link becomes FAILED", proof!(link_fails)),
    unverified(MORE, "Without one of them DeleteVpcLink is refused", proof!(link_stays)),
    sourced(MORE, "An integration through a link needs none of them", LINKS, proof!(link_in_use)),
    sourced(
        MORE,
        "An account's first load balancer needs iam:CreateServiceLinkedRole for elasticloadbalancing.amazonaws.com, later ones don't",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html",
        proof!(balancer_role),
    ),
    sourced(
        MORE,
        "An account's first API needs iam:CreateServiceLinkedRole for ops.apigateway.amazonaws.com, later ones don't",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html",
        proof!(api_role),
    ),
    sourced(MORE, "Describe operations of load balancing are on no resource", ELB, proof!(elb_describe)),
    sourced(
        MORE,
        "CreateLoadBalancer and CreateTargetGroup are on the ARN with a star for the id",
        ELB,
        proof!(elb_create),
    ),
    sourced(
        MORE,
        "CreateLoadBalancer, CreateTargetGroup, RegisterTargets, SetSubnets and SetIpAddressType need EC2's Describe actions of their caller",
        LOOKUPS,
        proof!(lookups),
    ),
    sourced(
        MORE,
        "Without one of them the call is refused with AccessDenied and its name",
        "terraform-aws-modules/terraform-aws-eks#900 and eksctl-io/eksctl#2570",
        proof!(no_lookup),
    ),
    sourced(MORE, "CreateListener is on the load balancer", ELB, proof!(listener)),
    sourced(MORE, "Changes and deletions are on the ARN that they name", ELB, proof!(elb_changes)),
    sourced(
        MORE,
        "Tags of a creation need elasticloadbalancing:AddTags on the new ARN, with elasticloadbalancing:CreateAction",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/tagging-resources-during-creation.html",
        proof!(elb_tags_on_create),
    ),
    sourced(MORE, "AddTags and RemoveTags are on each ARN", ELB, proof!(elb_tags)),
    sourced(
        MORE,
        "aws:ResourceTag and elasticloadbalancing:ResourceTag are the tags of a load balancer, target group or listener",
        ELB,
        proof!(elb_resource_tags),
    ),
    sourced(
        MORE,
        "elasticloadbalancing:Scheme, Subnet and SecurityGroup are those of a new load balancer",
        ELB,
        proof!(scheme),
    ),
    sourced(
        MORE,
        "SetSubnets and SetSecurityGroups have Subnet and SecurityGroup, CreateListener and ModifyListener have ListenerProtocol and SecurityPolicy",
        ELB,
        proof!(asked_for),
    ),
    unverified(MORE, "A listener with a certificate needs no permission of ACM", proof!(certificate)),
    sourced(
        MORE,
        "aws:RequestedRegion is the region of the call",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
        proof!(requested_region),
    ),
    left_out(MORE, "A web ACL needs apigateway:SetWebACL and wafv2:AssociateWebACL", "there is no WAF"),
    left_out(MORE, "Access logs may need permissions of CloudWatch Logs", "there are no log groups"),
];

const LOOKUPS: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-permissions.html";

const ACTIONS: [&str; 5] = [
    "ec2:CreateVpcEndpointServiceConfiguration",
    "ec2:DeleteVpcEndpointServiceConfigurations",
    "ec2:DescribeVpcEndpointServiceConfigurations",
    "ec2:ModifyVpcEndpointServicePermissions",
    "elasticloadbalancing:DescribeLoadBalancers",
];

async fn link_actions(aws: Caller) {
    let balancer = aws.balancer("lb").await;
    let mut statements = vec![json!({"Effect": "Allow", "Action": "apigateway:*", "Resource": "*"})];
    statements.extend(ACTIONS.map(|action| json!({"Effect": "Allow", "Action": action, "Resource": "*"})));
    only(&aws, json!(statements));
    let link = aws.link(&balancer).await;
    let path = format!("/vpclinks/{link}");
    let shown = aws.api("GET", &path, Value::Null).await.1;
    assert_eq!(shown["status"], "AVAILABLE", "{shown}");
    assert_eq!(aws.api("DELETE", &path, Value::Null).await.0, 202);
    let calls = aws.sim.calls();
    for operation in ["CreateVpcLink", "DeleteVpcLink"] {
        let call = calls.iter().find(|call| call.operation == operation).unwrap();
        let asked: Vec<&str> = call.needs.iter().skip(1).map(|need| need.action.as_str()).collect();
        assert_eq!(asked, ACTIONS);
    }
}

async fn link_fails(aws: Caller) {
    let balancer = aws.balancer("lb").await;
    for action in ACTIONS {
        only(&aws, all_but(action));
        let link = aws.link(&balancer).await;
        let (_, shown) = aws.api("GET", &format!("/vpclinks/{link}"), Value::Null).await;
        assert_eq!(shown["status"], "FAILED");
        assert!(text(&shown, "statusMessage").ends_with(&format!("not authorized to perform: {action}")), "{shown}");
    }
}

async fn link_stays(aws: Caller) {
    let link = aws.link(&aws.balancer("lb").await).await;
    let ask = || api("DELETE", &format!("/vpclinks/{link}"), Value::Null);
    let mut pairs = vec![("apigateway:DELETE".to_owned(), format!("/vpclinks/{link}"))];
    pairs.extend(ACTIONS.map(|action| (action.to_owned(), "*".to_owned())));
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(action, on)| (action.as_str(), on.as_str())).collect();
    needs(&aws, ask(), &pairs).await;
}

async fn link_in_use(aws: Caller) {
    let link = aws.link(&aws.balancer("lb").await).await;
    let id = aws.private_api(&[]).await;
    only(
        &aws,
        json!([{"Effect": "Allow", "Action": ["apigateway:PUT", "apigateway:UpdateRestApiPolicy"], "Resource": "*"}]),
    );
    let paths = json!({"/a": {"get": {"x-amazon-apigateway-integration": crate::testing::integration(&link, "/a")}}});
    assert_eq!(aws.put_api(&id, "overwrite", crate::testing::document(paths)).await.0, 200);
}

fn role(service: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/{name}")
}

fn new_balancer(aws: &Caller, name: &str) -> super::Ask {
    let subnet = &aws.fresh.subnet_ids[0];
    elb(&format!("CreateLoadBalancer&Name={name}&Type=network&Scheme=internal&Subnets.member.1={subnet}"))
}

async fn balancer_role(aws: Caller) {
    let role = role("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing");
    let create = ("elasticloadbalancing:CreateLoadBalancer", "loadbalancer/net/a/*");
    let service = |is: &str| json!({"StringEquals": {"iam:AWSServiceName": is}});
    only(&aws, all_but("iam:*"));
    assert_denied(&aws, &new_balancer(&aws, "a"), ("iam:CreateServiceLinkedRole", &role)).await;
    let ask = new_balancer(&aws, "a");
    let (holds, fails) = (service("elasticloadbalancing.amazonaws.com"), service("ops.apigateway.amazonaws.com"));
    sees(&aws, ask, "iam:CreateServiceLinkedRole", holds, fails).await;
    needs(&aws, new_balancer(&aws, "a"), &looking_up("CreateLoadBalancer", create)).await;
}

async fn api_role(aws: Caller) {
    let role = role("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway");
    let ask = || api("POST", "/restapis", json!({"name": "a"}));
    needs(&aws, ask(), &[("apigateway:POST", "/restapis"), ("iam:CreateServiceLinkedRole", &role)]).await;
    needs(&aws, ask(), &[("apigateway:POST", "/restapis")]).await;
}

async fn elb_describe(aws: Caller) {
    for operation in ["DescribeLoadBalancers", "DescribeTargetGroups", "DescribeTags", "DescribeTargetHealth"] {
        needs(&aws, elb(operation), &[(&format!("elasticloadbalancing:{operation}"), "*")]).await;
    }
}

async fn elb_create(aws: Caller) {
    aws.balancer("first").await;
    let create = ("elasticloadbalancing:CreateLoadBalancer", "loadbalancer/net/a/*");
    needs(&aws, new_balancer(&aws, "a"), &looking_up("CreateLoadBalancer", create)).await;
    let ask = elb("CreateTargetGroup&Name=g&Protocol=TCP&Port=1");
    let create = ("elasticloadbalancing:CreateTargetGroup", "targetgroup/g/*");
    needs(&aws, ask, &looking_up("CreateTargetGroup", create)).await;
}

/// A permission, and what else the operation looks up.
fn looking_up<'a>(operation: &str, own: Pair<'a>) -> Vec<Pair<'a>> {
    let looked_up: &[&str] = match operation {
        "CreateLoadBalancer" => &[
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAddresses",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
        "CreateTargetGroup" => &["ec2:DescribeInternetGateways", "ec2:DescribeVpcs"],
        "RegisterTargets" => {
            &["ec2:DescribeInstances", "ec2:DescribeInternetGateways", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]
        }
        "SetSubnets" | "SetIpAddressType" => &["ec2:DescribeSubnets"],
        _ => &[],
    };
    std::iter::once(own).chain(looked_up.iter().map(|action| (*action, "*"))).collect()
}

async fn lookups(aws: Caller) {
    aws.balancer("first").await;
    let create = ("elasticloadbalancing:CreateLoadBalancer", "loadbalancer/net/a/*");
    needs(&aws, new_balancer(&aws, "a"), &looking_up("CreateLoadBalancer", create)).await;
    let arn = aws.target_group("g").await;
    let ask = elb(&format!("RegisterTargets&TargetGroupArn={arn}&Targets.member.1.Id=172.31.0.9"));
    needs(&aws, ask, &looking_up("RegisterTargets", ("elasticloadbalancing:RegisterTargets", &arn))).await;
    for operation in ["SetSubnets", "SetIpAddressType"] {
        let ask = elb(&format!("{operation}&LoadBalancerArn={arn}"));
        let action = format!("elasticloadbalancing:{operation}");
        needs(&aws, ask, &looking_up(operation, (&action, &arn))).await;
    }
    let create = ("elasticloadbalancing:CreateTargetGroup", "targetgroup/h/*");
    needs(&aws, elb("CreateTargetGroup&Name=h&Protocol=TCP&Port=1"), &looking_up("CreateTargetGroup", create)).await;
}

async fn no_lookup(aws: Caller) {
    only(&aws, all_but("ec2:DescribeInternetGateways"));
    let lookup = ("ec2:DescribeInternetGateways", "*");
    assert_denied(&aws, &new_balancer(&aws, "a"), lookup).await;
    assert_denied(&aws, &elb("CreateTargetGroup&Name=g&Protocol=TCP&Port=1"), lookup).await;
}

const TAG: &str = "&Tags.member.1.Key=team&Tags.member.1.Value=a";

async fn listener(aws: Caller) {
    let arn = aws.balancer("lb").await;
    let ask = elb(&format!("CreateListener&LoadBalancerArn={arn}"));
    needs(&aws, ask, &[("elasticloadbalancing:CreateListener", &arn)]).await;
}

async fn elb_changes(aws: Caller) {
    for (parameter, operations) in [
        (
            "LoadBalancerArn",
            &[
                "DeleteLoadBalancer",
                "ModifyLoadBalancerAttributes",
                "SetSecurityGroups",
                "SetSubnets",
                "SetIpAddressType",
            ][..],
        ),
        (
            "TargetGroupArn",
            &[
                "ModifyTargetGroup",
                "ModifyTargetGroupAttributes",
                "RegisterTargets",
                "DeregisterTargets",
                "DeleteTargetGroup",
            ],
        ),
        ("ListenerArn", &["ModifyListener", "ModifyListenerAttributes", "DeleteListener"]),
    ] {
        let arn = format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:it/1");
        for operation in operations {
            let ask = elb(&format!("{operation}&{parameter}={arn}"));
            let action = format!("elasticloadbalancing:{operation}");
            needs(&aws, ask, &looking_up(operation, (&action, &arn))).await;
        }
    }
}

async fn elb_tags_on_create(aws: Caller) {
    let ask = || elb(&format!("CreateTargetGroup&Name=g&Protocol=TCP&Port=1{TAG}"));
    let (create, add) = ("elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:AddTags");
    let mut pairs = looking_up("CreateTargetGroup", (create, "targetgroup/g/*"));
    pairs.push((add, "targetgroup/g/*"));
    needs(&aws, ask(), &pairs).await;
    let action = |is: &str| json!({"StringEquals": {"elasticloadbalancing:CreateAction": is}});
    sees(&aws, ask(), add, action("CreateTargetGroup"), action("CreateListener")).await;
    let arn = aws.balancer("lb").await;
    let on = format!("{}/*", arn.replace(":loadbalancer/", ":listener/"));
    let ask = elb(&format!("CreateListener&LoadBalancerArn={arn}{TAG}"));
    needs(&aws, ask, &[("elasticloadbalancing:CreateListener", &arn), (add, &on)]).await;
}

async fn elb_tags(aws: Caller) {
    let arns = ["1", "2"].map(|id| format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/g/{id}"));
    for operation in ["AddTags", "RemoveTags"] {
        let ask = elb(&format!("{operation}&ResourceArns.member.1={}&ResourceArns.member.2={}", arns[0], arns[1]));
        let action = format!("elasticloadbalancing:{operation}");
        needs(&aws, ask, &[(&action, &arns[0]), (&action, &arns[1])]).await;
    }
}

async fn elb_resource_tags(aws: Caller) {
    let arn = aws.target_group("g").await;
    aws.elb(&format!("AddTags&ResourceArns.member.1={arn}{TAG}")).await;
    for key in ["aws:ResourceTag/team", "elasticloadbalancing:ResourceTag/team"] {
        let is = |team: &str| json!({"StringEquals": {key: team}});
        let ask = elb(&format!("ModifyTargetGroup&TargetGroupArn={arn}"));
        sees(&aws, ask, "elasticloadbalancing:ModifyTargetGroup", is("a"), is("b")).await;
    }
}

async fn scheme(aws: Caller) {
    let action = "elasticloadbalancing:CreateLoadBalancer";
    let is = |scheme: &str| json!({"StringEquals": {"elasticloadbalancing:Scheme": scheme}});
    sees(&aws, new_balancer(&aws, "a"), action, is("internal"), is("internet-facing")).await;
    let subnets = |id: &str| json!({"ForAllValues:StringEquals": {"elasticloadbalancing:Subnet": id}});
    sees(&aws, new_balancer(&aws, "a"), action, subnets(&aws.fresh.subnet_ids[0]), subnets("subnet-1")).await;
    let none = |is: bool| json!({"Null": {"elasticloadbalancing:SecurityGroup": is}});
    sees(&aws, new_balancer(&aws, "a"), action, none(true), none(false)).await;
}

async fn asked_for(aws: Caller) {
    for (operation, parameter, key) in [
        ("SetSubnets", "Subnets.member.1", "Subnet"),
        ("SetSecurityGroups", "SecurityGroups.member.1", "SecurityGroup"),
        ("CreateListener", "Protocol", "ListenerProtocol"),
        ("ModifyListener", "SslPolicy", "SecurityPolicy"),
    ] {
        let is = |value: &str| json!({"ForAnyValue:StringEquals": {format!("elasticloadbalancing:{key}"): value}});
        let form = format!("{operation}&LoadBalancerArn=arn:lb&ListenerArn=arn:listener&{parameter}=x");
        sees(&aws, elb(&form), &format!("elasticloadbalancing:{operation}"), is("x"), is("y")).await;
    }
}

async fn certificate(aws: Caller) {
    let arn = aws.balancer("lb").await;
    let certificate = format!("arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1");
    let ask = elb(&format!(
        "CreateListener&LoadBalancerArn={arn}&Protocol=TLS&Port=443&Certificates.member.1.CertificateArn={certificate}"
    ));
    needs(&aws, ask, &[("elasticloadbalancing:CreateListener", &arn)]).await;
}

async fn requested_region(aws: Caller) {
    let is = |region: &str| json!({"StringEquals": {"aws:RequestedRegion": region}});
    sees(&aws, ec2("DescribeVpcs"), "ec2:DescribeVpcs", is(REGION), is("us-east-1")).await;
    sees(&aws, api("GET", "/restapis", Value::Null), "apigateway:GET", is(REGION), is("us-east-1")).await;
}
