//! Health checks and attributes of target groups.

use super::network::{CDKD, NLB_GUIDE, elb, elb_code, elb_refuses};
use super::target_group::{form, made};
use super::{ELB_MODEL as MODEL, Rule, proof, sourced, unverified};
use crate::testing::{ACCOUNT, Caller, element};

const HEALTH: &str = "5.2 Health checks";
const ATTRIBUTES: &str = "5.3 Attributes of a target group";

pub const RULES: &[Rule] = &[
    sourced(HEALTH, "They can't be turned off.", MODEL, proof!(always_on)),
    sourced(
        HEALTH,
        "Protocols are HTTP, HTTPS and TCP; for an application load balancer HTTP and HTTPS.",
        NLB_GUIDE,
        proof!(protocols),
    ),
    sourced(HEALTH, "The default is TCP; for an application load balancer HTTP.", NLB_GUIDE, proof!(protocols)),
    sourced(HEALTH, "The port is traffic-port, the default, or 1 to 65535.", MODEL, proof!(port)),
    sourced(HEALTH, "A path has 1 to 1024 characters; the default is /.", MODEL, proof!(path)),
    sourced(HEALTH, "Codes are 200 to 599; the default is 200-399.", MODEL, proof!(codes)),
    sourced(HEALTH, "An interval is 5 to 300 seconds; the default is 30.", MODEL, proof!(numbers)),
    sourced(HEALTH, "A timeout is 2 to 120 seconds; the default is 10, for HTTP 6.", MODEL, proof!(numbers)),
    sourced(HEALTH, "Thresholds are 2 to 10; the defaults are 5 healthy, 2 unhealthy.", MODEL, proof!(numbers)),
    sourced(
        HEALTH,
        "The timeout is less than the interval: Health check timeout '10' must be smaller than the interval '10'.",
        "cdk-preflight, rule pf-elbv2-hc-timeout-interval",
        proof!(timeout),
    ),
    sourced(
        HEALTH,
        "An interval of 5 fails with the default timeout.",
        "cdk-preflight, rule pf-elbv2-hc-timeout-interval",
        proof!(timeout),
    ),
    sourced(HEALTH, "TCP checks have neither path nor codes.", MODEL, proof!(tcp)),
    unverified(HEALTH, "Giving them for TCP is an InvalidConfigurationRequest.", proof!(tcp)),
    unverified(HEALTH, "Path and codes vanish when the protocol becomes TCP.", proof!(becomes_tcp)),
    sourced(HEALTH, "ModifyTargetGroup keeps what is left out.", CDKD, proof!(kept)),
    sourced(HEALTH, "An empty Matcher: Matcher must contain either HttpCode or GrpcCode.", CDKD, proof!(empty_matcher)),
    sourced(ATTRIBUTES, "All keys are told, with these defaults.", MODEL, proof!(defaults)),
    sourced(
        ATTRIBUTES,
        "Client addresses are preserved by default for instance targets and the UDP family.",
        MODEL,
        proof!(preserve),
    ),
    sourced(ATTRIBUTES, "For the UDP family they always are.", MODEL, proof!(preserve)),
    sourced(ATTRIBUTES, "New UDP and TCP_UDP groups terminate connections at deregistration.", MODEL, proof!(preserve)),
    sourced(ATTRIBUTES, "Values are checked.", MODEL, proof!(values)),
    sourced(
        ATTRIBUTES,
        "An empty value of any key: A target group attribute value must be specified.",
        CDKD,
        proof!(empty),
    ),
    sourced(ATTRIBUTES, "One bad attribute refuses all.", MODEL, proof!(all_or_none)),
    sourced(
        ATTRIBUTES,
        "A key twice: Attribute key 'x' has been specified more than once.",
        "cdk-preflight, rule pf-elbv2-tg-attr-duplicate-key",
        proof!(twice),
    ),
    unverified(ATTRIBUTES, "An unknown key is not recognized; one for HTTP is not supported.", proof!(keys)),
    sourced(
        ATTRIBUTES,
        "Termination of unhealthy connections and its draining are for TCP and TLS.",
        MODEL,
        proof!(streams),
    ),
    sourced(ATTRIBUTES, "The draining interval needs that termination to be off.", MODEL, proof!(draining)),
    sourced(ATTRIBUTES, "Groups for application load balancers keep their attributes.", NLB_GUIDE, proof!(alb)),
    unverified(ATTRIBUTES, "Stickiness and TLS listeners exclude each other.", proof!(sticky)),
];

async fn refused(aws: &Caller, more: &str) {
    elb_code(aws, &form(aws, "g", "TCP", more), "ValidationError").await;
}

async fn always_on(aws: Caller) {
    for kind in ["instance", "ip", "alb"] {
        refused(&aws, &format!("&HealthCheckEnabled=false&TargetType={kind}")).await;
    }
    let body = elb(&aws, &form(&aws, "g", "TCP", "&HealthCheckEnabled=true")).await;
    assert_eq!(element(&body, "HealthCheckEnabled"), "true");
}

async fn protocols(aws: Caller) {
    for protocol in ["TLS", "UDP", "TCP_UDP"] {
        refused(&aws, &format!("&HealthCheckProtocol={protocol}")).await;
    }
    refused(&aws, "&TargetType=alb&HealthCheckProtocol=TCP").await;
    for (name, more, protocol) in [
        ("one", "", "TCP"),
        ("two", "&HealthCheckProtocol=HTTPS", "HTTPS"),
        ("three", "&TargetType=alb", "HTTP"),
        ("four", "&TargetType=alb&HealthCheckProtocol=HTTPS", "HTTPS"),
    ] {
        assert_eq!(element(&elb(&aws, &form(&aws, name, "TCP", more)).await, "HealthCheckProtocol"), protocol);
    }
}

async fn port(aws: Caller) {
    for port in ["0", "65536", "any"] {
        refused(&aws, &format!("&HealthCheckPort={port}")).await;
    }
    for (name, more, port) in [("one", "", "traffic-port"), ("two", "&HealthCheckPort=65535", "65535")] {
        assert_eq!(element(&elb(&aws, &form(&aws, name, "TCP", more)).await, "HealthCheckPort"), port);
    }
}

const HTTP: &str = "&HealthCheckProtocol=HTTP";

async fn path(aws: Caller) {
    refused(&aws, &format!("{HTTP}&HealthCheckPath=")).await;
    refused(&aws, &format!("{HTTP}&HealthCheckPath=/{}", "x".repeat(1024))).await;
    assert_eq!(element(&elb(&aws, &form(&aws, "one", "TCP", HTTP)).await, "HealthCheckPath"), "/");
    made(&aws, "two", "TCP", &format!("{HTTP}&HealthCheckPath=/{}", "x".repeat(1023))).await;
}

async fn codes(aws: Caller) {
    for codes in ["199", "600", "200-600", "300-200", "2xx", "200,"] {
        refused(&aws, &format!("{HTTP}&Matcher.HttpCode={codes}")).await;
    }
    assert_eq!(element(&elb(&aws, &form(&aws, "one", "TCP", HTTP)).await, "HttpCode"), "200-399");
    made(&aws, "two", "TCP", &format!("{HTTP}&Matcher.HttpCode=200,301-302,599")).await;
}

async fn numbers(aws: Caller) {
    for (key, low, high) in [
        ("HealthCheckIntervalSeconds", 4, 301),
        ("HealthCheckTimeoutSeconds", 1, 121),
        ("HealthyThresholdCount", 1, 11),
        ("UnhealthyThresholdCount", 1, 11),
    ] {
        refused(&aws, &format!("&{key}={low}")).await;
        refused(&aws, &format!("&{key}={high}")).await;
    }
    let body = elb(&aws, &form(&aws, "one", "TCP", "")).await;
    let numbers =
        ["HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount"];
    assert_eq!(numbers.map(|name| element(&body, name)), ["30", "10", "5", "2"]);
    for (name, protocol, seconds) in [("two", "HTTP", "6"), ("three", "HTTPS", "10")] {
        let form = form(&aws, name, "TCP", &format!("&HealthCheckProtocol={protocol}"));
        assert_eq!(element(&elb(&aws, &form).await, "HealthCheckTimeoutSeconds"), seconds);
    }
    let most = "&HealthCheckIntervalSeconds=300&HealthCheckTimeoutSeconds=120&HealthyThresholdCount=10&UnhealthyThresholdCount=10";
    made(&aws, "most", "TCP", most).await;
}

async fn timeout(aws: Caller) {
    for (interval, shown) in [("5", "5"), ("10", "10")] {
        let message = format!("Health check timeout '10' must be smaller than the interval '{shown}'");
        let form = form(&aws, "g", "TCP", &format!("&HealthCheckIntervalSeconds={interval}"));
        elb_refuses(&aws, &form, "ValidationError", &message).await;
    }
    made(&aws, "g", "TCP", "&HealthCheckIntervalSeconds=5&HealthCheckTimeoutSeconds=4").await;
}

async fn tcp(aws: Caller) {
    for more in ["&HealthCheckPath=/", "&Matcher.HttpCode=200"] {
        elb_code(&aws, &form(&aws, "g", "TCP", more), "InvalidConfigurationRequest").await;
    }
    let body = elb(&aws, &form(&aws, "g", "TCP", "")).await;
    assert!(!body.contains("HealthCheckPath") && !body.contains("Matcher"));
}

fn modify(arn: &str, more: &str) -> String {
    format!("ModifyTargetGroup&TargetGroupArn={arn}{more}")
}

async fn becomes_tcp(aws: Caller) {
    let arn = made(&aws, "g", "TCP", HTTP).await;
    let body = elb(&aws, &modify(&arn, "&HealthCheckProtocol=TCP")).await;
    assert!(!body.contains("HealthCheckPath") && !body.contains("Matcher"));
}

async fn kept(aws: Caller) {
    let arn = made(&aws, "g", "TCP", "&HealthCheckProtocol=HTTP&HealthCheckPath=/up&HealthyThresholdCount=3").await;
    let body = elb(&aws, &modify(&arn, "&UnhealthyThresholdCount=4")).await;
    let names = ["HealthCheckPath", "HealthyThresholdCount", "UnhealthyThresholdCount"];
    assert_eq!(names.map(|name| element(&body, name)), ["/up", "3", "4"]);
}

async fn empty_matcher(aws: Caller) {
    let arn = made(&aws, "g", "TCP", HTTP).await;
    let message = "Matcher must contain either HttpCode or GrpcCode";
    elb_refuses(&aws, &modify(&arn, "&Matcher="), "ValidationError", message).await;
}

fn set(arn: &str, pairs: &[(&str, &str)]) -> String {
    let pair = |(index, (key, value)): (usize, &(&str, &str))| {
        let number = index + 1;
        format!("&Attributes.member.{number}.Key={key}&Attributes.member.{number}.Value={value}")
    };
    let list: String = pairs.iter().enumerate().map(pair).collect();
    format!("ModifyTargetGroupAttributes&TargetGroupArn={arn}{list}")
}

async fn told(aws: &Caller, arn: &str, key: &str, value: &str) -> bool {
    let body = elb(aws, &format!("DescribeTargetGroupAttributes&TargetGroupArn={arn}")).await;
    body.contains(&format!("<Key>{key}</Key><Value>{value}</Value>"))
}

const TERMINATION: &str = "target_health_state.unhealthy.connection_termination.enabled";
const DRAINING: &str = "target_health_state.unhealthy.draining_interval_seconds";
const FAILOVER: &str = "target_group_health.dns_failover.minimum_healthy_targets";
const ROUTING: &str = "target_group_health.unhealthy_state_routing.minimum_healthy_targets";

async fn defaults(aws: Caller) {
    let arn = made(&aws, "g", "TCP", "&TargetType=ip").await;
    let (count, percentage) = (".count", ".percentage");
    for (key, value) in [
        ("deregistration_delay.timeout_seconds".to_owned(), "300"),
        ("deregistration_delay.connection_termination.enabled".to_owned(), "false"),
        ("preserve_client_ip.enabled".to_owned(), "false"),
        ("proxy_protocol_v2.enabled".to_owned(), "false"),
        ("stickiness.enabled".to_owned(), "false"),
        ("stickiness.type".to_owned(), "source_ip"),
        ("load_balancing.cross_zone.enabled".to_owned(), "use_load_balancer_configuration"),
        (FAILOVER.to_owned() + count, "1"),
        (FAILOVER.to_owned() + percentage, "off"),
        (ROUTING.to_owned() + count, "1"),
        (ROUTING.to_owned() + percentage, "off"),
        (TERMINATION.to_owned(), "true"),
        (DRAINING.to_owned(), "0"),
    ] {
        assert!(told(&aws, &arn, &key, value).await, "{key}");
    }
}

async fn preserve(aws: Caller) {
    let key = "preserve_client_ip.enabled";
    for (name, protocol, kind, value) in [
        ("one", "TCP", "instance", "true"),
        ("two", "TCP", "ip", "false"),
        ("three", "TLS", "ip", "false"),
        ("four", "UDP", "ip", "true"),
        ("five", "TCP_UDP", "ip", "true"),
    ] {
        let arn = made(&aws, name, protocol, &format!("&TargetType={kind}")).await;
        assert!(told(&aws, &arn, key, value).await, "{protocol}");
        let termination = if protocol.contains("UDP") { "true" } else { "false" };
        assert!(told(&aws, &arn, "deregistration_delay.connection_termination.enabled", termination).await);
        let expected = if protocol.contains("UDP") { 400 } else { 200 };
        assert_eq!(aws.elb(&set(&arn, &[(key, "false")])).await.0, expected, "{protocol}");
    }
}

async fn values(aws: Caller) {
    let arn = made(&aws, "g", "TCP", "").await;
    let (fail_count, fail_share) = (format!("{FAILOVER}.count"), format!("{FAILOVER}.percentage"));
    let (route_count, route_share) = (format!("{ROUTING}.count"), format!("{ROUTING}.percentage"));
    for (key, good, bad) in [
        ("deregistration_delay.timeout_seconds", "3600", "3601"),
        ("deregistration_delay.timeout_seconds", "0", "-1"),
        ("deregistration_delay.connection_termination.enabled", "true", "yes"),
        ("preserve_client_ip.enabled", "false", "0"),
        ("proxy_protocol_v2.enabled", "true", "v2"),
        ("stickiness.enabled", "true", "on"),
        ("stickiness.type", "source_ip", "lb_cookie"),
        ("load_balancing.cross_zone.enabled", "false", "off"),
        (&fail_count, "off", "0"),
        (&fail_share, "100", "101"),
        (&route_count, "2", "off"),
        (&route_share, "off", "0"),
        (TERMINATION, "false", "off"),
        (DRAINING, "360000", "360001"),
    ] {
        elb_code(&aws, &set(&arn, &[(key, bad)]), "InvalidConfigurationRequest").await;
        elb(&aws, &set(&arn, &[(key, good)])).await;
        assert!(told(&aws, &arn, key, good).await, "{key}");
    }
}

async fn empty(aws: Caller) {
    let arn = made(&aws, "g", "TCP", "").await;
    let families = [FAILOVER, ROUTING].map(|family| [format!("{family}.count"), format!("{family}.percentage")]);
    let keys = [
        "deregistration_delay.connection_termination.enabled",
        "deregistration_delay.timeout_seconds",
        "load_balancing.cross_zone.enabled",
        "preserve_client_ip.enabled",
        "proxy_protocol_v2.enabled",
        "stickiness.enabled",
        "stickiness.type",
        TERMINATION,
        DRAINING,
    ];
    for key in keys.into_iter().chain(families.iter().flatten().map(String::as_str)) {
        let message = "A target group attribute value must be specified";
        elb_refuses(&aws, &set(&arn, &[(key, "")]), "ValidationError", message).await;
    }
}

async fn all_or_none(aws: Caller) {
    let arn = made(&aws, "g", "TCP", "").await;
    let both = [("proxy_protocol_v2.enabled", "true"), ("stickiness.enabled", "maybe")];
    elb_code(&aws, &set(&arn, &both), "InvalidConfigurationRequest").await;
    assert!(told(&aws, &arn, "proxy_protocol_v2.enabled", "false").await);
}

async fn twice(aws: Caller) {
    let arn = made(&aws, "g", "TCP", "").await;
    let message = "Attribute key 'stickiness.enabled' has been specified more than once";
    let pair = ("stickiness.enabled", "true");
    elb_refuses(&aws, &set(&arn, &[pair, pair]), "ValidationError", message).await;
}

async fn keys(aws: Caller) {
    let arn = made(&aws, "g", "TCP", "").await;
    for key in ["colour", "slow_start.duration_seconds", "load_balancing.algorithm.type"] {
        elb_code(&aws, &set(&arn, &[(key, "30")]), "ValidationError").await;
    }
}

async fn streams(aws: Caller) {
    let arn = made(&aws, "g", "UDP", "").await;
    assert!(!told(&aws, &arn, TERMINATION, "true").await);
    elb_code(&aws, &set(&arn, &[(TERMINATION, "false")]), "ValidationError").await;
    elb(&aws, &set(&made(&aws, "tls", "TLS", "").await, &[(TERMINATION, "false")])).await;
}

async fn draining(aws: Caller) {
    let arn = made(&aws, "g", "TCP", "").await;
    elb_code(&aws, &set(&arn, &[(DRAINING, "60")]), "InvalidConfigurationRequest").await;
    elb(&aws, &set(&arn, &[(TERMINATION, "false"), (DRAINING, "60")])).await;
}

async fn alb(aws: Caller) {
    let arn = made(&aws, "g", "TCP", "&TargetType=alb").await;
    elb_code(&aws, &set(&arn, &[("proxy_protocol_v2.enabled", "false")]), "InvalidConfigurationRequest").await;
}

async fn sticky(aws: Caller) {
    let (balancer, group) = (aws.balancer("x").await, made(&aws, "g", "TCP", "").await);
    let form = format!(
        "CreateListener&LoadBalancerArn={balancer}&Protocol=TLS&Port=443&Certificates.member.1.CertificateArn=arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/c&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}"
    );
    elb(&aws, &set(&group, &[("stickiness.enabled", "true")])).await;
    elb_code(&aws, &form, "InvalidConfigurationRequest").await;
    elb(&aws, &set(&group, &[("stickiness.enabled", "false")])).await;
    elb(&aws, &form).await;
    elb_code(&aws, &set(&group, &[("stickiness.enabled", "true")]), "InvalidConfigurationRequest").await;
}
