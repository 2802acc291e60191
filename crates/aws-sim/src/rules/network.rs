//! What the proofs about EC2 and Elastic Load Balancing share.

use crate::testing::{Caller, Reply, element};

/// AWS's list of EC2's error codes.
pub const EC2_ERRORS: &str = "https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html";
/// The archived sources of the VPC user guide.
pub const VPC_GUIDE: &str = "VPC user guide (awsdocs/amazon-vpc-user-guide)";
/// The archived sources of the guide for network load balancers.
pub const NLB_GUIDE: &str = "NLB user guide (awsdocs/elb-network-load-balancers-user-guide)";
/// Its later additions.
pub const NLB_DOCS: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/";
pub const TF_GROUP: &str = "hashicorp/terraform-provider-aws, internal/service/ec2/vpc_security_group.go";
pub const TF_ENDPOINT: &str = "hashicorp/terraform-provider-aws, internal/service/ec2/vpc_endpoint.go";
pub const TF_BALANCER: &str = "hashicorp/terraform-provider-aws, internal/service/elbv2/load_balancer.go";
pub const TF_TARGETS: &str = "hashicorp/terraform-provider-aws, internal/service/elbv2/target_group.go";
pub const CDKD: &str = "measured by cdkd, 2026-08";

/// Takes a refusal apart.
pub fn check(reply: &Reply, code: &str, message: &str) {
    let (status, body) = reply;
    let said = element(body, "Message").replace("&quot;", "\"").replace("&lt;", "<").replace("&amp;", "&");
    assert_eq!((*status, element(body, "Code").as_str(), said.as_str()), (400, code, message));
}

/// EC2 refuses a request with status 400, a code and a message.
pub async fn ec2_refuses(aws: &Caller, form: &str, code: &str, message: &str) {
    check(&aws.ec2(form).await, code, message);
}

/// Elastic Load Balancing does.
pub async fn elb_refuses(aws: &Caller, form: &str, code: &str, message: &str) {
    check(&aws.elb(form).await, code, message);
}

/// EC2 refuses a request with a code; nobody has seen the message.
pub async fn ec2_code(aws: &Caller, form: &str, code: &str) {
    let (status, body) = aws.ec2(form).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, code), "{form}");
}

/// The same for Elastic Load Balancing.
pub async fn elb_code(aws: &Caller, form: &str, code: &str) {
    let (status, body) = aws.elb(form).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, code), "{form}");
}

/// EC2 does it.
pub async fn ec2(aws: &Caller, form: &str) -> String {
    let (status, body) = aws.ec2(form).await;
    assert_eq!(status, 200, "{form}: {body}");
    body
}

/// Elastic Load Balancing does it.
pub async fn elb(aws: &Caller, form: &str) -> String {
    let (status, body) = aws.elb(form).await;
    assert_eq!(status, 200, "{form}: {body}");
    body
}

/// A new security group in the default VPC.
pub async fn group(aws: &Caller, name: &str) -> String {
    let form = format!("CreateSecurityGroup&GroupName={name}&GroupDescription=d&VpcId={}", aws.fresh.vpc_id);
    element(&ec2(aws, &form).await, "groupId")
}

/// A VPC that is not the default one.
pub async fn vpc(aws: &Caller, cidr: &str) -> String {
    element(&ec2(aws, &format!("CreateVpc&CidrBlock={cidr}")).await, "vpcId")
}

/// A subnet.
pub async fn subnet(aws: &Caller, vpc: &str, cidr: &str, zone: char) -> String {
    let form = format!("CreateSubnet&VpcId={vpc}&CidrBlock={cidr}&AvailabilityZone=eu-central-1{zone}");
    element(&ec2(aws, &form).await, "subnetId")
}

/// How often an element stands in an answer.
pub fn count(body: &str, what: &str) -> usize {
    body.matches(what).count()
}
