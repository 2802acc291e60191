//! The settings of a listener, read from a request and checked.

use super::listener::Listener;
use super::{balancer, required, target_group, validation};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::Region;

const ALPN: [&str; 5] = ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"];
/// What a TLS listener gets when it does not choose (newer defaults are possible, unverified).
const SSL_POLICY: &str = "ELBSecurityPolicy-2016-08";

/// The listener after the changes of a request; what is left out stays.
pub fn changed(region: &Region, before: &Listener, p: Params) -> Outcome<Listener> {
    let mut after = before.clone();
    if let Some(protocol) = p.text("Protocol") {
        if !["TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"].contains(&protocol) {
            let message =
                format!("Listener protocol '{protocol}' is not supported by load balancers with type 'network'");
            return Err(fail("InvalidConfigurationRequest", message));
        }
        protocol.clone_into(&mut after.protocol);
    }
    after.port = p.number("Port")?.unwrap_or(after.port);
    if !(1..=65_535).contains(&after.port) {
        return Err(validation(format!("Port '{}' must be between 1 and 65535", after.port)));
    }
    read_tls(&mut after, p)?;
    if p.has("DefaultActions") {
        after.forward = read_forward(p)?;
    }
    let vpc = &balancer::find(region, &after.balancer)?.vpc;
    for (arn, _) in &after.forward {
        let group = target_group::find(region, arn)?;
        if !compatible(&after.protocol, &group.protocol, &group.target_type) {
            let message = format!(
                "The listener protocol '{}' and the target group protocol '{}' are incompatible",
                after.protocol, group.protocol
            );
            return Err(fail("IncompatibleProtocols", message));
        }
        if group.vpc != *vpc {
            let message = format!("The target group '{arn}' is not in the VPC of the load balancer");
            return Err(fail("InvalidConfigurationRequest", message));
        }
    }
    Ok(after)
}

fn read_tls(after: &mut Listener, p: Params) -> Outcome<()> {
    let certificates = p.list("Certificates");
    if after.protocol != "TLS" {
        if p.has("AlpnPolicy") && !p.texts("AlpnPolicy").is_empty() {
            return Err(fail("InvalidConfigurationRequest", "An ALPN policy can only be specified for TLS listeners"));
        }
        if !certificates.is_empty() || p.has("SslPolicy") {
            let message = "Certificates and SSL policies can only be specified for TLS listeners";
            return Err(fail("InvalidConfigurationRequest", message));
        }
        (after.certificate, after.ssl_policy, after.alpn) = (None, None, None);
        return Ok(());
    }
    match certificates.as_slice() {
        [] if after.certificate.is_none() => {
            return Err(fail("CertificateNotFound", "A certificate must be specified for TLS listeners"));
        }
        [] => {}
        [one] => after.certificate = Some(required(*one, "CertificateArn")?.to_owned()),
        _ => {
            return Err(fail("TooManyCertificates", "Only one certificate can be specified"));
        }
    }
    let policy = p.text("SslPolicy").map(str::to_owned).or(after.ssl_policy.take());
    if policy.as_ref().is_some_and(|policy| !policy.starts_with("ELBSecurityPolicy-")) {
        return Err(fail("SSLPolicyNotFound", "One or more SSL policies not found"));
    }
    after.ssl_policy = Some(policy.unwrap_or_else(|| SSL_POLICY.to_owned()));
    match p.texts("AlpnPolicy").as_slice() {
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
        "TCP" if target_type == "alb" => group == "TCP",
        "TCP" => ["TCP", "TCP_UDP", "TLS"].contains(&group),
        "TLS" => ["TCP", "TLS", "TCP_UDP"].contains(&group),
        "UDP" => ["UDP", "TCP_UDP"].contains(&group),
        same => same == group,
    }
}
