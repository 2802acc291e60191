//! The settings of a listener, read from a request and checked.

use super::balancer::LoadBalancer;
use super::balancer_checks::check_dualstack_protocol;
use super::facts::check_ssl_policy;
use super::listener::Listener;
use super::target_group::TargetGroup;
use super::{balancer, certificates, out_of_range, required, target_group, validation};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::Region;

const PROTOCOLS: [&str; 6] = ["TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"];
const ALPN: [&str; 5] = ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"];
/// What a TLS listener gets when it does not choose (newer defaults are possible, unverified).
const SSL_POLICY: &str = "ELBSecurityPolicy-2016-08";

/// The listener after the changes of a request; what is left out stays.
pub fn changed(region: &Region, before: &Listener, p: Params) -> Outcome<Listener> {
    let mut after = before.clone();
    let balancer = balancer::find(region, &after.balancer)?;
    if let Some(protocol) = p.text("Protocol") {
        let kind = balancer.kind.as_str();
        let allowed: &[&str] = if kind == "network" { &PROTOCOLS } else { &["HTTP", "HTTPS"] };
        if !allowed.contains(&protocol) {
            // As posted in pulumi/pulumi-aws#1193; the order of the names changes from time to time.
            let names = if kind == "network" { "TLS, TCP, TCP_UDP, UDP, QUIC, TCP_QUIC" } else { "HTTPS, HTTP" };
            return Err(validation(format!("Listener protocol '{protocol}' must be one of '{names}'")));
        }
        protocol.clone_into(&mut after.protocol);
    }
    if balancer.address_type != "ipv4" && !balancer.source_nat {
        check_dualstack_protocol(&after.protocol)?;
    }
    after.port = p.number("Port")?.unwrap_or(after.port);
    if !(1..=65_535).contains(&after.port) {
        return Err(out_of_range("port", after.port, (1, 65_535)));
    }
    read_tls(region, &mut after, p)?;
    if p.has("DefaultActions") {
        after.forward = read_forward(p)?;
    }
    for (arn, _) in &after.forward {
        check_group(balancer, &after.protocol, target_group::find(region, arn)?)?;
    }
    Ok(after)
}

fn check_group(balancer: &LoadBalancer, protocol: &str, group: &TargetGroup) -> Outcome<()> {
    if !compatible(protocol, &group.protocol, &group.target_type) {
        // The text begins as in hashicorp/terraform-provider-aws#4955; its end is unverified.
        let message = format!(
            "The listener and its associated target group '{}' have incompatible protocols: '{protocol}' and '{}'",
            group.arn, group.protocol
        );
        return Err(fail("IncompatibleProtocols", message));
    }
    let refused = |message: String| Err(fail("InvalidConfigurationRequest", message));
    if group.vpc != balancer.vpc {
        return refused(format!("The target group '{}' is not in the VPC of the load balancer", group.arn));
    }
    if group.address_type == "ipv6" && balancer.address_type == "ipv4" {
        return refused("Target groups with IP address type 'ipv6' need a dualstack load balancer".to_owned());
    }
    let sticky = group.attributes.get("stickiness.enabled").is_some_and(|value| value == "true");
    if protocol == "TLS" && sticky {
        // (unverified)
        return refused("Stickiness is not supported with TLS listeners".to_owned());
    }
    Ok(())
}

fn read_tls(region: &Region, after: &mut Listener, p: Params) -> Outcome<()> {
    let alpn = p.texts("AlpnPolicy");
    if after.protocol != "TLS" && !alpn.is_empty() {
        return Err(fail("InvalidConfigurationRequest", "An ALPN policy can only be specified for TLS listeners"));
    }
    if !["TLS", "HTTPS"].contains(&after.protocol.as_str()) {
        if !p.list("Certificates").is_empty() || p.has("SslPolicy") {
            let message = "Certificates and SSL policies can only be specified for TLS listeners";
            return Err(fail("InvalidConfigurationRequest", message));
        }
        (after.certificate, after.ssl_policy, after.alpn) = (None, None, None);
        return Ok(());
    }
    after.certificate = certificates::read(region, p)?.or(after.certificate.take());
    if after.certificate.is_none() {
        // In the words that HTTPS listeners get (cn-terraform/terraform-aws-nexus#42).
        return Err(validation(format!("A certificate must be specified for {} listeners", after.protocol)));
    }
    let policy = p.text("SslPolicy").map(str::to_owned).or(after.ssl_policy.take());
    let policy = policy.unwrap_or_else(|| SSL_POLICY.to_owned());
    check_ssl_policy(&policy)?;
    after.ssl_policy = Some(policy);
    match alpn.as_slice() {
        [] => {}
        [one] if ALPN.contains(&one.as_str()) => after.alpn = Some(one.clone()),
        _ => {
            return Err(fail("ALPNPolicyNotFound", "The ALPN policy must be one of the known policies"));
        }
    }
    Ok(())
}

/// One `forward` action; if both forms are given they must name the same single group.
fn read_forward(p: Params) -> Outcome<Vec<(String, i64)>> {
    let actions = p.list("DefaultActions");
    let [action] = actions.as_slice() else {
        return Err(validation("Exactly one default action must be specified"));
    };
    if action.text("Type") != Some("forward") {
        let message = "Only the action type 'forward' is supported by load balancers with type 'network'";
        return Err(fail("InvalidLoadBalancerAction", message));
    }
    let tuple =
        |tuple: Params| Ok((required(tuple, "TargetGroupArn")?.to_owned(), tuple.number("Weight")?.unwrap_or(1)));
    let forward =
        action.structure("ForwardConfig").list("TargetGroups").into_iter().map(tuple).collect::<Outcome<Vec<_>>>()?;
    if forward.len() > 5 || forward.iter().any(|(_, weight)| !(0..=999).contains(weight)) {
        return Err(validation("A forward action takes up to 5 target groups with weights from 0 to 999"));
    }
    match (action.text("TargetGroupArn"), forward.as_slice()) {
        (Some(arn), []) => Ok(vec![(arn.to_owned(), 1)]),
        (Some(arn), [(only, _)]) if only == arn => Ok(forward),
        (None, [_, ..]) => Ok(forward),
        (None, []) => Err(validation("A target group ARN must be specified")),
        _ => Err(validation("The target group ARN and the forward configuration must match")),
    }
}

fn compatible(listener: &str, group: &str, target_type: &str) -> bool {
    match listener {
        _ if target_type == "alb" => listener == "TCP" && group == "TCP",
        "TCP" => ["TCP", "TCP_UDP", "TLS"].contains(&group),
        "TLS" => ["TCP", "TLS", "TCP_UDP"].contains(&group),
        "UDP" => ["UDP", "TCP_UDP"].contains(&group),
        "HTTP" | "HTTPS" => ["HTTP", "HTTPS"].contains(&group),
        same => same == group,
    }
}
