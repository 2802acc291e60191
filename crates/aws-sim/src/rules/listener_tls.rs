//! TLS listeners: certificates and policies.

use super::listener::{action, both, certificate, form, modify, timeout};
use super::network::{NLB_GUIDE, elb, elb_code, elb_refuses};
use super::{ELB_MODEL as MODEL, Rule, left_out, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller, element};

const CREATE: &str = "6.1 Creating a listener";
const MODIFY: &str = "6.2 Changing a listener";

pub const RULES: &[Rule] = &[
    sourced(
        CREATE,
        "A TLS listener needs a certificate: A certificate must be specified for TLS listeners.",
        "cn-terraform/terraform-aws-nexus#42",
        proof!(no_certificate),
    ),
    sourced(
        CREATE,
        "It takes exactly one certificate.",
        "cdk-preflight, rule pf-elbv2-listener-cert-exactly-one",
        proof!(two_certificates),
    ),
    unverified(CREATE, "The certificate is given without IsDefault.", proof!(is_default)),
    sourced(
        CREATE,
        "An unknown certificate: Certificate 'ARN' not found.",
        "hashicorp/terraform-provider-aws#11334",
        proof!(unknown_certificate),
    ),
    left_out(
        CREATE,
        "A certificate that is not issued yet is refused.",
        "no ACM: every certificate of the account is issued",
    ),
    sourced(
        CREATE,
        "Without a policy a TLS listener gets ELBSecurityPolicy-2016-08 (the guide of 2023; it may be a newer one now).",
        NLB_GUIDE,
        proof!(default_policy),
    ),
    sourced(
        CREATE,
        "An unknown SSL policy is an SSLPolicyNotFound; DescribeSSLPolicies tells the known ones.",
        MODEL,
        proof!(ssl_policies),
    ),
    sourced(
        CREATE,
        "A TLS listener takes one ALPN policy: HTTP1Only, HTTP2Only, HTTP2Optional, HTTP2Preferred or None.",
        "cdk-preflight, rule pf-elbv2-listener-alpn-single",
        proof!(alpn),
    ),
    sourced(
        CREATE,
        "Others take no ALPN policy.",
        "cdk-preflight, rule pf-elbv2-listener-alpn-tls-only",
        proof!(tcp_takes_none),
    ),
    sourced(CREATE, "DescribeListenerCertificates tells the default certificate.", MODEL, proof!(certificates)),
    unverified(MODIFY, "Only TCP listeners have it.", proof!(tls_has_none)),
    sourced(
        MODIFY,
        "From TLS to TCP certificate and policies are dropped; back they must be given.",
        MODEL,
        proof!(tls_and_back),
    ),
    unverified(
        CREATE,
        "Others take neither certificates nor an SSL policy: InvalidConfigurationRequest.",
        proof!(tcp_takes_none),
    ),
];

async fn no_certificate(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    let message = "A certificate must be specified for TLS listeners";
    elb_refuses(&aws, &form(&balancer, "TLS", 443, &action(&group)), "ValidationError", message).await;
}

async fn tls(aws: &Caller, more: &str) -> (u16, String) {
    let (balancer, group) = both(aws).await;
    aws.elb(&form(&balancer, "TLS", 443, &(action(&group) + more))).await
}

async fn two_certificates(aws: Caller) {
    let two = certificate("a") + &certificate("b").replace("member.1", "member.2");
    let (status, body) = tls(&aws, &two).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, "TooManyCertificates"));
}

async fn is_default(aws: Caller) {
    let (status, body) = tls(&aws, &(certificate("a") + "&Certificates.member.1.IsDefault=true")).await;
    assert_eq!((status, element(&body, "Code").as_str()), (400, "ValidationError"));
}

async fn unknown_certificate(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    for arn in
        ["arn:aws:acm:us-east-1:111122223333:certificate/c", "arn:aws:acm:eu-central-1:999999999999:certificate/c", "c"]
    {
        let more = format!("{}&Certificates.member.1.CertificateArn={arn}", action(&group));
        let message = format!("Certificate '{arn}' not found");
        elb_refuses(&aws, &form(&balancer, "TLS", 443, &more), "CertificateNotFound", &message).await;
    }
    let iam = format!("&Certificates.member.1.CertificateArn=arn:aws:iam::{ACCOUNT}:server-certificate/c");
    elb(&aws, &form(&balancer, "TLS", 443, &(action(&group) + &iam))).await;
}

async fn default_policy(aws: Caller) {
    let (_, body) = tls(&aws, &certificate("c")).await;
    assert_eq!(element(&body, "SslPolicy"), "ELBSecurityPolicy-2016-08");
    assert_eq!(element(&body, "CertificateArn"), format!("arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/c"));
}

async fn ssl_policies(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    let with = |name: &str| form(&balancer, "TLS", 443, &(action(&group) + &certificate("c") + "&SslPolicy=" + name));
    elb_code(&aws, &with("ELBSecurityPolicy-1999"), "SSLPolicyNotFound").await;
    let known = elb(&aws, "DescribeSSLPolicies&Names.member.1=ELBSecurityPolicy-TLS13-1-2-2021-06").await;
    assert_eq!(element(&known, "SslProtocols").matches("TLSv1").count(), 2);
    elb_code(&aws, "DescribeSSLPolicies&Names.member.1=ELBSecurityPolicy-1999", "SSLPolicyNotFound").await;
    elb(&aws, &with("ELBSecurityPolicy-TLS13-1-2-2021-06")).await;
}

async fn alpn(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    let with = |more: &str| form(&balancer, "TLS", 443, &(action(&group) + &certificate("c") + more));
    for more in ["&AlpnPolicy.member.1=HTTP3", "&AlpnPolicy.member.1=None&AlpnPolicy.member.2=HTTP1Only"] {
        elb_code(&aws, &with(more), "ALPNPolicyNotFound").await;
    }
    let body = elb(&aws, &with("&AlpnPolicy.member.1=HTTP2Preferred")).await;
    assert_eq!(element(&element(&body, "AlpnPolicy"), "member"), "HTTP2Preferred");
    let arn = element(&body, "ListenerArn");
    for policy in ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "None"] {
        elb(&aws, &format!("ModifyListener&ListenerArn={arn}&AlpnPolicy.member.1={policy}")).await;
    }
}

async fn tcp_takes_none(aws: Caller) {
    let (balancer, group) = both(&aws).await;
    for more in
        [certificate("c"), "&SslPolicy=ELBSecurityPolicy-2016-08".to_owned(), "&AlpnPolicy.member.1=None".to_owned()]
    {
        let form = form(&balancer, "TCP", 80, &(action(&group) + &more));
        elb_code(&aws, &form, "InvalidConfigurationRequest").await;
    }
}

async fn certificates(aws: Caller) {
    let arn = element(&tls(&aws, &certificate("c")).await.1, "ListenerArn");
    let body = elb(&aws, &format!("DescribeListenerCertificates&ListenerArn={arn}")).await;
    assert!(
        body.contains("<IsDefault>true</IsDefault>") && element(&body, "CertificateArn").ends_with("certificate/c")
    );
}

async fn tls_has_none(aws: Caller) {
    let arn = element(&tls(&aws, &certificate("c")).await.1, "ListenerArn");
    assert!(!elb(&aws, &format!("DescribeListenerAttributes&ListenerArn={arn}")).await.contains("<Key>"));
    elb_code(&aws, &timeout(&arn, 60), "InvalidConfigurationRequest").await;
}

async fn tls_and_back(aws: Caller) {
    let arn = element(&tls(&aws, &(certificate("c") + "&AlpnPolicy.member.1=None")).await.1, "ListenerArn");
    let body = elb(&aws, &modify(&arn, "&Protocol=TCP")).await;
    assert!(
        !["Certificates", "SslPolicy", "AlpnPolicy"].iter().any(|name| body.contains(&format!("<{name}>"))),
        "{body}"
    );
    elb_code(&aws, &modify(&arn, "&Protocol=TLS"), "ValidationError").await;
    elb(&aws, &modify(&arn, &format!("&Protocol=TLS{}", certificate("c")))).await;
}
