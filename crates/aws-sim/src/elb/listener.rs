//! Listeners: one per port, whatever the protocol.

use serde_json::{Value, json};

use super::attributes::{self, Attributes, Kind, Known};
use super::listener_settings::changed;
use super::{balancer, certificates, facts, needed, page, required, tags, target_quotas, validation};
use crate::clock::{TARGET_GROUP_RELEASE, Time};
use crate::error::{Outcome, fail};
use crate::index::Named;
use crate::query::Params;
use crate::state::{Context, Region, Tags};

const LIMIT: usize = 50;
const KNOWN: &[Known] = &[("tcp.idle_timeout.seconds", Kind::Number(60, 6000), "350")];

/// A listener.
#[derive(Debug, Clone)]
pub struct Listener {
    pub arn: String,
    pub balancer: String,
    pub port: i64,
    pub protocol: String,
    pub certificate: Option<String>,
    pub ssl_policy: Option<String>,
    pub alpn: Option<String>,
    /// Target groups with weights.
    pub forward: Vec<(String, i64)>,
    pub attributes: Attributes,
    pub tags: Tags,
}

impl Named for Listener {
    fn names(&self) -> Vec<&str> {
        self.groups().chain([&self.balancer]).map(String::as_str).collect()
    }
}

impl Listener {
    /// The target groups that it forwards to.
    pub fn groups(&self) -> impl Iterator<Item = &String> {
        self.forward.iter().map(|(arn, _)| arn)
    }

    /// Leaves its target groups in use for a moment longer.
    pub fn release(&self, region: &mut Region, until: Time) {
        for (arn, _) in &self.forward {
            if let Some(group) = region.target_groups.get_mut(arn) {
                group.busy_until = group.busy_until.max(until);
            }
        }
    }
}

/// The balancers whose listeners forward to a target group.
pub fn balancers_of(region: &Region, group: &str) -> Vec<String> {
    let mut arns: Vec<String> = region.listeners.named(group).map(|listener| listener.balancer.clone()).collect();
    arns.dedup();
    arns
}

/// CreateListener: an exact repetition finds the existing one.
pub fn create(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &mut *context.region;
    let balancer = balancer::find(region, required(p, "LoadBalancerArn")?)?.clone();
    // Texts: getmoto/moto#8563 (unverified).
    needed(p, "Port", "A listener port")?;
    needed(p, "Protocol", "A listener protocol")?;
    let digits = region.ids.hex("listener", 16);
    let blank = Listener {
        arn: region.arn("elasticloadbalancing", &format!("listener/{}/{digits}", balancer.path())),
        balancer: balancer.arn.clone(),
        port: 0,
        protocol: String::new(),
        certificate: None,
        ssl_policy: None,
        alpn: None,
        forward: Vec::new(),
        attributes: attributes::defaults(KNOWN),
        tags: tags::on_create(p)?,
    };
    let wanted = changed(region, &blank, p)?;
    if wanted.forward.is_empty() {
        return Err(validation("A default action must be specified"));
    }
    let own: Vec<&Listener> = region.listeners.named(&balancer.arn).collect();
    if let Some(existing) = own.iter().find(|listener| listener.port == wanted.port) {
        let same = (&existing.protocol, &existing.certificate, &existing.ssl_policy, &existing.alpn, &existing.forward)
            == (&wanted.protocol, &wanted.certificate, &wanted.ssl_policy, &wanted.alpn, &wanted.forward);
        return if same { Ok(json!({"Listeners": [show(existing)]})) } else { Err(duplicate(&balancer.arn)) };
    }
    if own.len() >= LIMIT {
        return Err(facts::exceeded("TooManyListeners", "listeners"));
    }
    check_association(region, &wanted)?;
    let shown = show(&wanted);
    put(region, wanted, context.now);
    Ok(json!({"Listeners": [shown]}))
}

/// DescribeListeners, of a balancer or by ARN.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &*context.region;
    let (arns, balancer) = (p.texts("ListenerArns"), p.text("LoadBalancerArn"));
    if arns.len() > 20 {
        return Err(validation("No more than 20 listeners can be specified"));
    }
    arns.iter().try_for_each(|arn| find(region, arn).map(drop))?;
    match balancer {
        Some(arn) => balancer::find(region, arn).map(drop)?,
        None if arns.is_empty() => {
            return Err(validation("You must specify either listener ARNs or a load balancer ARN"));
        }
        None => {}
    }
    let found = match balancer {
        Some(balancer) => {
            let wanted = |listener: &&Listener| arns.is_empty() || arns.contains(&listener.arn);
            region.listeners.named(balancer).filter(wanted).collect()
        }
        None => region.listeners.chosen(&arns, &[]),
    };
    page(p, "Listeners", found, show)
}

/// ModifyListener: what is left out stays, lists are replaced whole.
pub fn modify(context: &mut Context, p: Params) -> Outcome<Value> {
    let now = context.now;
    let region = &mut *context.region;
    let before = find(region, required(p, "ListenerArn")?)?.clone();
    let after = changed(region, &before, p)?;
    let taken = |other: &Listener| other.arn != after.arn && other.port == after.port;
    if region.listeners.named(&after.balancer).any(taken) {
        return Err(duplicate(&after.balancer));
    }
    check_association(region, &after)?;
    let shown = show(&after);
    if before.forward != after.forward {
        before.release(region, now + TARGET_GROUP_RELEASE);
    }
    put(region, after, now);
    Ok(json!({"Listeners": [shown]}))
}

/// DeleteListener.
pub fn delete(context: &mut Context, p: Params) -> Outcome<Value> {
    let listener = find(context.region, required(p, "ListenerArn")?)?.clone();
    listener.release(context.region, context.now + TARGET_GROUP_RELEASE);
    context.region.listeners.remove(&listener.arn);
    Ok(json!({}))
}

/// DescribeListenerAttributes.
pub fn describe_attributes(context: &mut Context, p: Params) -> Outcome<Value> {
    let listener = find(context.region, required(p, "ListenerArn")?)?;
    let tcp = listener.protocol == "TCP";
    Ok(json!({"Attributes": if tcp { attributes::show(&listener.attributes) } else { json!([]) }}))
}

/// ModifyListenerAttributes: TCP listeners only (unverified).
pub fn modify_attributes(context: &mut Context, p: Params) -> Outcome<Value> {
    let listener = find(context.region, required(p, "ListenerArn")?)?;
    if listener.protocol != "TCP" {
        let message = format!("Listener attributes are not supported for protocol '{}'", listener.protocol);
        return Err(fail("InvalidConfigurationRequest", message));
    }
    let arn = listener.arn.clone();
    let wanted = attributes::wanted(p, "listener", KNOWN)?;
    let Some(listener) = context.region.listeners.get_mut(&arn) else {
        return Ok(json!({}));
    };
    listener.attributes.extend(wanted);
    Ok(json!({"Attributes": attributes::show(&listener.attributes)}))
}

/// Takes a listener in. Groups that no listener has forwarded to are in use from now on.
fn put(region: &mut Region, listener: Listener, now: Time) {
    for arn in listener.groups() {
        let is_new = region.listeners.named(arn).next().is_none();
        if let Some(group) = region.target_groups.get_mut(arn).filter(|_| is_new) {
            group.begin_use(now);
        }
    }
    region.listeners.insert(listener.arn.clone(), listener);
}

fn find<'a>(region: &'a Region, arn: &str) -> Outcome<&'a Listener> {
    if !arn.starts_with("arn:") || !arn.contains(":listener/") {
        return Err(validation(format!("'{arn}' is not a valid listener ARN")));
    }
    region
        .listeners
        .get(arn)
        // Text: kubernetes-sigs/aws-load-balancer-controller#1157.
        .ok_or_else(|| fail("ListenerNotFound", "One or more listeners not found"))
}

/// DescribeListenerCertificates: the default certificate; nobody adds further ones.
pub fn describe_certificates(context: &mut Context, p: Params) -> Outcome<Value> {
    let listener = find(context.region, required(p, "ListenerArn")?)?;
    let certificates = listener.certificate.iter().collect();
    page(p, "Certificates", certificates, |arn| json!({"CertificateArn": arn, "IsDefault": true}))
}

/// The protocols of the listeners that forward to a target group.
pub fn protocols_of<'a>(region: &'a Region, group: &str) -> Vec<&'a str> {
    region.listeners.named(group).map(|listener| listener.protocol.as_str()).collect()
}

/// A target group belongs to one balancer at a time, and what a balancer's listeners have together is limited.
fn check_association(region: &Region, wanted: &Listener) -> Outcome<()> {
    for (arn, _) in &wanted.forward {
        if balancers_of(region, arn).iter().any(|balancer| *balancer != wanted.balancer) {
            let message =
                format!("The following target groups cannot be associated with more than one load balancer: {arn}");
            return Err(fail("TargetGroupAssociationLimit", message));
        }
    }
    let groups: Vec<_> = wanted.forward.iter().filter_map(|(arn, _)| region.target_groups.get(arn)).collect();
    target_quotas::check(region, &wanted.balancer, &groups)?;
    certificates::check_count(region, wanted)
}

fn duplicate(balancer: &str) -> crate::error::Failure {
    fail("DuplicateListener", format!("A listener already exists on this port for this load balancer '{balancer}'"))
}

fn show(listener: &Listener) -> Value {
    let groups: Vec<Value> =
        listener.forward.iter().map(|(arn, weight)| json!({"TargetGroupArn": arn, "Weight": weight})).collect();
    let single = if let [(arn, _)] = listener.forward.as_slice() { Some(arn) } else { None };
    json!({
        "ListenerArn": listener.arn, "LoadBalancerArn": listener.balancer, "Port": listener.port, "Protocol": listener.protocol,
        "Certificates": listener.certificate.as_ref().map(|arn| json!([{"CertificateArn": arn}])),
        "SslPolicy": listener.ssl_policy,
        "DefaultActions": [{
            "Type": "forward", "TargetGroupArn": single, "Order": 1,
            "ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": {"Enabled": false}},
        }],
        "AlpnPolicy": listener.alpn.as_ref().map(|policy| json!([policy])),
    })
}
