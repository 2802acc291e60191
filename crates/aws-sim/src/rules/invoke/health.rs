//! States of targets, from real health checks.

use std::net::SocketAddr;

use crate::rules::{Rule, left_out, proof, sourced, unverified};
use crate::testing::server::{SILENT, Server, nobody, resolving, resolving_at};
use crate::testing::{Caller, element, later};

const HEALTH: &str = "5.4 Target health";
const CHECKS: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html";
const TARGETS: &str =
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-register-targets.html";
const ZONES: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/availability-zones.html";
const GROUPS: &str =
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html";
const UNHEALTHY: &str =
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html";
const MODEL: &str = crate::rules::ELB_MODEL;

pub const RULES: &[Rule] = &[
    sourced(
        HEALTH,
        "A target of a group that no listener forwards to is `unused`, Target.NotInUse.",
        MODEL,
        proof!(not_in_use),
    ),
    sourced(HEALTH, "An unknown target is `unused`, Target.NotRegistered.", MODEL, proof!(not_registered)),
    sourced(
        HEALTH,
        "A target in a zone that the load balancer does not serve is `unused`, Target.NotInUse.",
        MODEL,
        proof!(other_zone),
    ),
    sourced(
        HEALTH,
        "A target in a zone that the load balancer gives up becomes `unused`.",
        ZONES,
        proof!(zone_removed),
    ),
    sourced(HEALTH, "A new target is `initial`, Elb.InitialHealthChecking.", MODEL, proof!(thirty_seconds)),
    sourced(HEALTH, "A healthy target has no reason.", MODEL, proof!(thirty_seconds)),
    sourced(
        HEALTH,
        "A deregistered target is `draining`, Target.DeregistrationInProgress, for the deregistration delay, and gone then.",
        TARGETS,
        proof!(draining),
    ),
    sourced(HEALTH, "A target that is registered again starts as `initial`.", TARGETS, proof!(again)),
    sourced(HEALTH, "The first check makes a new target healthy.", CHECKS, proof!(first_check)),
    sourced(HEALTH, "A TCP check only wants a connection.", CHECKS, proof!(tcp)),
    sourced(HEALTH, "A refused connection is `unhealthy`, Target.FailedHealthChecks.", MODEL, proof!(refused)),
    sourced(HEALTH, "A check without an answer is `unhealthy`, Target.Timeout.", MODEL, proof!(silent)),
    sourced(HEALTH, "An address where nobody is: Target.Timeout.", MODEL, proof!(nobody_there)),
    sourced(HEALTH, "An HTTP check gets the path.", CHECKS, proof!(http_path)),
    sourced(
        HEALTH,
        "The Host of an HTTP check is the load balancer's own address, with the listener's port.",
        CHECKS,
        proof!(check_host),
    ),
    sourced(HEALTH, "An HTTP check wants a status of the matcher.", CHECKS, proof!(matcher)),
    sourced(HEALTH, "A matcher has values, ranges and lists of both.", MODEL, proof!(matcher_lists)),
    sourced(HEALTH, "Checks go to HealthCheckPort, when it is not the traffic port.", CHECKS, proof!(port)),
    sourced(
        HEALTH,
        "A healthy target turns unhealthy after UnhealthyThresholdCount failures in a row.",
        CHECKS,
        proof!(turns_unhealthy),
    ),
    sourced(
        HEALTH,
        "An unhealthy target turns healthy after HealthyThresholdCount successes in a row.",
        CHECKS,
        proof!(turns_healthy),
    ),
    sourced(HEALTH, "There is one check per interval.", CHECKS, proof!(interval)),
    sourced(HEALTH, "Health checks obey the outbound rules of the load balancer's groups.", GROUPS, proof!(outbound)),
    sourced(HEALTH, "Health checks do not need inbound rules.", GROUPS, proof!(inbound)),
    sourced(HEALTH, "Each port of an address is a target with a state of its own.", MODEL, proof!(ports)),
    sourced(
        HEALTH,
        "A target that turns unhealthy and keeps its connections is `unhealthy.draining` for the draining interval.",
        UNHEALTHY,
        proof!(unhealthy_draining),
    ),
    unverified(HEALTH, "A new target is `initial` for 30 seconds; AWS says: a few minutes.", proof!(thirty_seconds)),
    unverified(HEALTH, "A target of a group that is not in use goes at once.", proof!(unused_goes)),
    left_out(HEALTH, "An HTTPS check makes a TLS handshake.", "the simulator has no TLS; the check is plain HTTP"),
];

/// A target group behind a listener, with one target.
struct Group {
    aws: Caller,
    arn: String,
    balancer: String,
}

impl Group {
    async fn new(aws: Caller, check: &str) -> Group {
        let balancer = aws.balancer("one").await;
        Group::behind(aws, balancer, check).await
    }

    async fn behind(aws: Caller, balancer: String, check: &str) -> Group {
        let vpc = &aws.fresh.vpc_id;
        let form = format!("CreateTargetGroup&Name=group&Protocol=TCP&Port=3001&VpcId={vpc}&TargetType=ip{check}");
        let (status, xml) = aws.elb(&form).await;
        assert_eq!(status, 200, "{xml}");
        let group = Group { arn: element(&xml, "TargetGroupArn"), balancer, aws };
        group.register("172.31.0.10").await;
        assert_eq!(group.aws.listener(&group.balancer, 3001, &group.arn).await.0, 200);
        group
    }

    async fn register(&self, id: &str) {
        let form = format!("RegisterTargets&TargetGroupArn={}&Targets.member.1.Id={id}", self.arn);
        assert_eq!(self.aws.elb(&form).await.0, 200);
    }

    async fn deregister(&self) {
        let form = format!("DeregisterTargets&TargetGroupArn={}&Targets.member.1.Id=172.31.0.10", self.arn);
        assert_eq!(self.aws.elb(&form).await.0, 200);
    }

    /// State and reason of a target.
    async fn state_of(&self, id: &str) -> (String, String) {
        let form = format!("DescribeTargetHealth&TargetGroupArn={}&Targets.member.1.Id={id}", self.arn);
        let (_, xml) = self.aws.elb(&form).await;
        let reason = if xml.contains("<Reason>") { element(&xml, "Reason") } else { String::new() };
        (element(&xml, "State"), reason)
    }

    async fn is(&self, state: &str, reason: &str) {
        assert_eq!(self.state_of("172.31.0.10").await, (state.to_owned(), reason.to_owned()));
    }
}

/// A group whose target is really somewhere, past its initial time.
async fn real(address: SocketAddr, check: &str) -> Group {
    let group = Group::new(resolving(&[("172.31.0.10:3001", address)]), check).await;
    later(30).await;
    group
}

const HTTP: &str =
    "&HealthCheckProtocol=HTTP&HealthCheckPath=/ready&HealthCheckIntervalSeconds=10&HealthCheckTimeoutSeconds=2";

async fn not_in_use(aws: Caller) {
    let group = Group::new(aws, "").await;
    let (_, xml) = group.aws.elb(&format!("DescribeListeners&LoadBalancerArn={}", group.balancer)).await;
    group.aws.elb(&format!("DeleteListener&ListenerArn={}", element(&xml, "ListenerArn"))).await;
    group.is("unused", "Target.NotInUse").await;
}

async fn not_registered(aws: Caller) {
    let group = Group::new(aws, "").await;
    let (state, reason) = group.state_of("172.31.0.99").await;
    assert_eq!((state.as_str(), reason.as_str()), ("unused", "Target.NotRegistered"));
}

async fn other_zone(aws: Caller) {
    let group = Group::new(aws, "").await;
    // The balancer has one subnet, 172.31.0.0/20.
    group.register("172.31.32.10").await;
    later(30).await;
    let (state, reason) = group.state_of("172.31.32.10").await;
    assert_eq!((state.as_str(), reason.as_str()), ("unused", "Target.NotInUse"));
}

async fn zone_removed(aws: Caller) {
    let group = Group::new(aws, "").await;
    let subnets = &group.aws.fresh.subnet_ids;
    let set = async |count: usize| {
        let list: String = (1..=count).map(|at| format!("&Subnets.member.{at}={}", subnets[at - 1])).collect();
        let (status, xml) = group.aws.elb(&format!("SetSubnets&LoadBalancerArn={}{list}", group.balancer)).await;
        assert_eq!(status, 200, "{xml}");
        later(180).await;
    };
    set(2).await;
    group.register("172.31.16.10").await;
    later(30).await;
    assert_eq!(group.state_of("172.31.16.10").await.0, "healthy");
    set(1).await;
    assert_eq!(group.state_of("172.31.16.10").await.0, "unused");
}

async fn draining(aws: Caller) {
    let group = Group::new(aws, "").await;
    let delay = "Attributes.member.1.Key=deregistration_delay.timeout_seconds&Attributes.member.1.Value=60";
    group.aws.elb(&format!("ModifyTargetGroupAttributes&TargetGroupArn={}&{delay}", group.arn)).await;
    group.deregister().await;
    later(59).await;
    group.is("draining", "Target.DeregistrationInProgress").await;
    later(1).await;
    group.is("unused", "Target.NotRegistered").await;
    let (_, all) = group.aws.elb(&format!("DescribeTargetHealth&TargetGroupArn={}", group.arn)).await;
    assert!(!all.contains("172.31.0.10"));
}

async fn again(aws: Caller) {
    let group = Group::new(aws, "").await;
    later(30).await;
    group.deregister().await;
    group.register("172.31.0.10").await;
    group.is("initial", "Elb.InitialHealthChecking").await;
    later(30).await;
    group.is("healthy", "").await;
}

async fn first_check(_: Caller) {
    let server = Server::start();
    real(server.address, "").await.is("healthy", "").await;
}

async fn tcp(_: Caller) {
    let server = Server::start();
    server.answer(500);
    real(server.address, "").await.is("healthy", "").await;
    assert!(server.requests().is_empty());
}

async fn refused(_: Caller) {
    real(nobody(), "").await.is("unhealthy", "Target.FailedHealthChecks").await;
}

async fn silent(_: Caller) {
    let server = Server::start();
    server.answer(SILENT);
    let group = Group::new(resolving_at(4.0, &[("172.31.0.10:3001", server.address)]), HTTP).await;
    later(30).await;
    group.is("unhealthy", "Target.Timeout").await;
}

async fn nobody_there(_: Caller) {
    let group = Group::new(resolving(&[("172.31.0.99:3001", nobody())]), "").await;
    later(30).await;
    group.is("unhealthy", "Target.Timeout").await;
}

async fn http_path(_: Caller) {
    let server = Server::start();
    real(server.address, HTTP).await.is("healthy", "").await;
    assert!(server.requests()[0].starts_with("get /ready http/1.1\r\n"), "{:?}", server.requests());
}

async fn check_host(_: Caller) {
    let server = Server::start();
    let group = real(server.address, HTTP).await;
    group.is("healthy", "").await;
    let filter = "DescribeNetworkInterfaces&Filter.1.Name=interface-type&Filter.1.Value.1=network_load_balancer";
    let address = element(&group.aws.ec2(filter).await.1, "privateIpAddress");
    assert!(server.requests()[0].contains(&format!("host: {address}:3001\r\n")), "{:?}", server.requests());
}

async fn matched(status: u16, matcher: &str) -> String {
    let server = Server::start();
    server.answer(status);
    let group = real(server.address, &format!("{HTTP}&Matcher.HttpCode={matcher}")).await;
    group.state_of("172.31.0.10").await.0
}

async fn matcher(_: Caller) {
    assert_eq!(matched(404, "200-399").await, "unhealthy");
    assert_eq!(matched(302, "200-399").await, "healthy");
}

async fn matcher_lists(_: Caller) {
    for (matcher, state) in
        [("404", "healthy"), ("200,404", "healthy"), ("200,401-410", "healthy"), ("200,403", "unhealthy")]
    {
        assert_eq!(matched(404, matcher).await, state, "{matcher}");
    }
}

async fn port(_: Caller) {
    let server = Server::start();
    let aws = resolving(&[("172.31.0.10:3001", nobody()), ("172.31.0.10:9000", server.address)]);
    let group = Group::new(aws, &format!("{HTTP}&HealthCheckPort=9000")).await;
    later(30).await;
    group.is("healthy", "").await;
}

const THRESHOLDS: &str = "&HealthyThresholdCount=3&UnhealthyThresholdCount=2";

async fn turns_unhealthy(_: Caller) {
    let server = Server::start();
    let group = real(server.address, &format!("{HTTP}{THRESHOLDS}")).await;
    group.is("healthy", "").await;
    server.answer(500);
    later(10).await;
    group.is("healthy", "").await;
    later(10).await;
    group.is("unhealthy", "Target.FailedHealthChecks").await;
}

async fn unhealthy_draining(_: Caller) {
    let server = Server::start();
    let group = real(server.address, &format!("{HTTP}{THRESHOLDS}")).await;
    let attribute = |number: u8, name: &str, value: &str| {
        let key = format!("target_health_state.unhealthy.{name}");
        format!("&Attributes.member.{number}.Key={key}&Attributes.member.{number}.Value={value}")
    };
    let attributes =
        attribute(1, "connection_termination.enabled", "false") + &attribute(2, "draining_interval_seconds", "60");
    let form = format!("ModifyTargetGroupAttributes&TargetGroupArn={}{attributes}", group.arn);
    assert_eq!(group.aws.elb(&form).await.0, 200);
    group.is("healthy", "").await;
    server.answer(500);
    later(10).await;
    group.is("healthy", "").await;
    later(10).await;
    group.is("unhealthy.draining", "Target.FailedHealthChecks").await;
    later(59).await;
    group.is("unhealthy.draining", "Target.FailedHealthChecks").await;
    later(1).await;
    group.is("unhealthy", "Target.FailedHealthChecks").await;
}

async fn thirty_seconds(aws: Caller) {
    let group = Group::new(aws, "").await;
    later(29).await;
    group.is("initial", "Elb.InitialHealthChecking").await;
    later(1).await;
    group.is("healthy", "").await;
}

async fn turns_healthy(_: Caller) {
    let server = Server::start();
    server.answer(500);
    let group = real(server.address, &format!("{HTTP}{THRESHOLDS}")).await;
    group.is("unhealthy", "Target.FailedHealthChecks").await;
    server.answer(200);
    for _ in 0..2 {
        later(10).await;
        group.is("unhealthy", "Target.FailedHealthChecks").await;
    }
    later(10).await;
    group.is("healthy", "").await;
}

async fn interval(_: Caller) {
    let server = Server::start();
    let group = real(server.address, HTTP).await;
    for _ in 0..3 {
        group.is("healthy", "").await;
    }
    assert_eq!(server.requests().len(), 1);
    later(10).await;
    group.is("healthy", "").await;
    assert_eq!(server.requests().len(), 2);
}

/// A group behind a balancer with the default security group.
async fn guarded(aws: Caller) -> Group {
    let (subnet, group) = (&aws.fresh.subnet_ids[0], &aws.fresh.security_group_id);
    let form = format!(
        "CreateLoadBalancer&Name=one&Type=network&Scheme=internal&Subnets.member.1={subnet}&SecurityGroups.member.1={group}"
    );
    let balancer = element(&aws.elb(&form).await.1, "LoadBalancerArn");
    later(150).await;
    let group = Group::behind(aws, balancer, "").await;
    later(30).await;
    group
}

async fn outbound(aws: Caller) {
    let group = guarded(aws).await;
    let id = &group.aws.fresh.security_group_id;
    let revoke = format!(
        "RevokeSecurityGroupEgress&GroupId={id}&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"
    );
    assert_eq!(group.aws.ec2(&revoke).await.0, 200);
    group.is("unhealthy", "Target.Timeout").await;
    let allow = format!(
        "AuthorizeSecurityGroupEgress&GroupId={id}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=3001&IpPermissions.1.ToPort=3001&IpPermissions.1.IpRanges.1.CidrIp=172.31.0.10/32"
    );
    assert_eq!(group.aws.ec2(&allow).await.0, 200);
    group.is("healthy", "").await;
}

async fn inbound(aws: Caller) {
    guarded(aws).await.is("healthy", "").await;
}

async fn ports(_: Caller) {
    let server = Server::start();
    let aws = resolving(&[("172.31.0.10:3001", server.address), ("172.31.0.10:3002", nobody())]);
    let group = Group::new(aws, "").await;
    group.register("172.31.0.10&Targets.member.1.Port=3002").await;
    later(30).await;
    let other = group.state_of("172.31.0.10&Targets.member.1.Port=3002").await;
    assert_eq!(other.0, "unhealthy");
    group.is("healthy", "").await;
}

async fn unused_goes(aws: Caller) {
    let arn = aws.target_group("alone").await;
    aws.elb(&format!("DeregisterTargets&TargetGroupArn={arn}&Targets.member.1.Id=172.31.0.10")).await;
    assert!(!aws.elb(&format!("DescribeTargetHealth&TargetGroupArn={arn}")).await.1.contains("172.31.0.10"));
}
