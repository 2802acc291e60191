//! Target groups.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::attributes::{self, Attributes, Kind, Known};
use super::health_check::HealthCheck;
use super::targets::Target;
use super::{check_name, listener, page, required, tags, validation};
use crate::clock::Time;
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region, Tags};

const LIMIT: usize = 3000;

const KNOWN: &[Known] = &[
    ("deregistration_delay.connection_termination.enabled", Kind::Bool, "false"),
    ("deregistration_delay.timeout_seconds", Kind::Number(0, 3600), "300"),
    (
        "load_balancing.cross_zone.enabled",
        Kind::OneOf(&["true", "false", "use_load_balancer_configuration"]),
        "use_load_balancer_configuration",
    ),
    ("preserve_client_ip.enabled", Kind::Bool, "false"),
    ("proxy_protocol_v2.enabled", Kind::Bool, "false"),
    ("stickiness.enabled", Kind::Bool, "false"),
    ("stickiness.type", Kind::OneOf(&["source_ip"]), "source_ip"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", Kind::Threshold, "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", Kind::Threshold, "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", Kind::Threshold, "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", Kind::Threshold, "off"),
    ("target_health_state.unhealthy.connection_termination.enabled", Kind::Bool, "true"),
    ("target_health_state.unhealthy.draining_interval_seconds", Kind::Number(0, 360_000), "0"),
];

/// A target group.
#[derive(Debug, Clone)]
pub struct TargetGroup {
    pub arn: String,
    pub name: String,
    pub protocol: String,
    pub port: i64,
    pub vpc: String,
    pub target_type: String,
    pub check: HealthCheck,
    pub attributes: Attributes,
    /// By id and port.
    pub targets: BTreeMap<(String, i64), Target>,
    /// Until when a vanished listener still counts as using it.
    pub busy_until: Time,
    pub tags: Tags,
}

/// The group of an ARN.
pub fn find<'a>(region: &'a Region, arn: &str) -> Outcome<&'a TargetGroup> {
    if !arn.starts_with("arn:") || !arn.contains(":targetgroup/") {
        return Err(validation(format!("'{arn}' is not a valid target group ARN")));
    }
    region.target_groups.get(arn).ok_or_else(|| fail("TargetGroupNotFound", format!("Target groups '{arn}' not found")))
}

/// CreateTargetGroup: a repetition with the same settings finds the existing one.
pub fn create(context: &mut Context, p: Params) -> Outcome<Value> {
    let wanted = plan(context, p)?;
    let region = &mut *context.region;
    if let Some(existing) = region.target_groups.values().find(|group| group.name == wanted.name) {
        let same = (&existing.protocol, existing.port, &existing.vpc, &existing.target_type, &existing.check)
            == (&wanted.protocol, wanted.port, &wanted.vpc, &wanted.target_type, &wanted.check);
        if !same {
            let message =
                format!("A target group with the same name '{}' exists, but with different settings", wanted.name);
            return Err(fail("DuplicateTargetGroupName", message));
        }
        return Ok(json!({"TargetGroups": [show(region, existing)]}));
    }
    if region.target_groups.len() >= LIMIT {
        return Err(fail("TooManyTargetGroups", "The maximum number of target groups has been reached"));
    }
    let arn = wanted.arn.clone();
    region.target_groups.insert(arn.clone(), wanted);
    Ok(json!({"TargetGroups": [show(region, &region.target_groups[&arn])]}))
}

/// DescribeTargetGroups: an unknown ARN or name is an error.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &*context.region;
    let (arns, names, balancer) = (p.texts("TargetGroupArns"), p.texts("Names"), p.text("LoadBalancerArn"));
    arns.iter().try_for_each(|arn| find(region, arn).map(drop))?;
    if let Some(arn) = balancer {
        super::balancer::find(region, arn)?;
    }
    let known = |name: &String| region.target_groups.values().any(|group| group.name == *name);
    if names.iter().any(|name| !known(name)) {
        return Err(fail("TargetGroupNotFound", "One or more target groups not found"));
    }
    let wanted = |group: &&TargetGroup| {
        (arns.is_empty() || arns.contains(&group.arn))
            && (names.is_empty() || names.contains(&group.name))
            && balancer
                .is_none_or(|balancer| listener::balancers_of(region, &group.arn).iter().any(|arn| arn == balancer))
    };
    let found = region.target_groups.values().filter(wanted).map(|group| show(region, group)).collect();
    page(p, "TargetGroups", found)
}

/// ModifyTargetGroup: only health checks change.
pub fn modify(context: &mut Context, p: Params) -> Outcome<Value> {
    let group = find(context.region, required(p, "TargetGroupArn")?)?;
    let (arn, check) = (group.arn.clone(), group.check.changed(p, &group.target_type)?);
    if let Some(group) = context.region.target_groups.get_mut(&arn) {
        group.check = check;
    }
    Ok(json!({"TargetGroups": [show(context.region, &context.region.target_groups[&arn])]}))
}

/// DeleteTargetGroup: not while a listener forwards to it; a missing group is a success (unverified).
pub fn delete(context: &mut Context, p: Params) -> Outcome<Value> {
    let arn = required(p, "TargetGroupArn")?;
    match find(context.region, arn) {
        Err(failure) if failure.code == "TargetGroupNotFound" => return Ok(json!({})),
        Err(failure) => return Err(failure),
        Ok(group) if context.now < group.busy_until || !listener::balancers_of(context.region, arn).is_empty() => {
            let message = format!("Target group '{arn}' is currently in use by a listener or a rule");
            return Err(fail("ResourceInUse", message));
        }
        Ok(_) => {}
    }
    context.region.target_groups.remove(arn);
    Ok(json!({}))
}

/// DescribeTargetGroupAttributes.
pub fn describe_attributes(context: &mut Context, p: Params) -> Outcome<Value> {
    let group = find(context.region, required(p, "TargetGroupArn")?)?;
    Ok(json!({"Attributes": attributes::show(&group.attributes)}))
}

/// ModifyTargetGroupAttributes: all or none.
pub fn modify_attributes(context: &mut Context, p: Params) -> Outcome<Value> {
    let group = find(context.region, required(p, "TargetGroupArn")?)?;
    if group.target_type == "alb" {
        return Err(fail(
            "InvalidConfigurationRequest",
            "Attributes of target groups with target type 'alb' cannot be modified",
        ));
    }
    let arn = group.arn.clone();
    let wanted = attributes::wanted(p, "target group", KNOWN)?;
    let fixed = ["UDP", "TCP_UDP"].contains(&group.protocol.as_str());
    if fixed && wanted.get("preserve_client_ip.enabled").is_some_and(|value| value == "false") {
        let message = "Client IP preservation cannot be disabled for target groups with UDP or TCP_UDP protocol";
        return Err(fail("InvalidConfigurationRequest", message));
    }
    let Some(group) = context.region.target_groups.get_mut(&arn) else {
        return Ok(json!({}));
    };
    group.attributes.extend(wanted);
    Ok(json!({"Attributes": attributes::show(&group.attributes)}))
}

fn plan(context: &mut Context, p: Params) -> Outcome<TargetGroup> {
    let region = &mut *context.region;
    let name = required(p, "Name")?.to_owned();
    check_name("Target group", &name)?;
    let target_type = p.text("TargetType").unwrap_or("instance").to_owned();
    if !["instance", "ip", "alb"].contains(&target_type.as_str()) {
        return Err(validation(format!("Target type '{target_type}' is not supported by network load balancers")));
    }
    let protocol = required(p, "Protocol")?.to_owned();
    if !["TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC", "HTTP", "HTTPS"].contains(&protocol.as_str()) {
        return Err(validation(format!("Protocol '{protocol}' is not supported")));
    }
    if target_type == "alb" && protocol != "TCP" {
        return Err(validation("The protocol of target groups with target type 'alb' must be TCP"));
    }
    let port = required(p, "Port").and(p.number("Port"))?.unwrap_or_default();
    if !(1..=65_535).contains(&port) {
        return Err(validation(format!("Port '{port}' must be between 1 and 65535")));
    }
    let vpc = required(p, "VpcId")?;
    if !region.vpcs.contains_key(vpc) {
        return Err(validation(format!("The VPC ID '{vpc}' is not found")));
    }
    let check = HealthCheck::on_create(p, &target_type)?;
    let tags = tags::on_create(p)?;
    let mut attributes = attributes::defaults(KNOWN);
    let datagrams = protocol == "UDP" || protocol == "TCP_UDP";
    let preserve = datagrams || target_type == "instance";
    attributes.insert("preserve_client_ip.enabled".to_owned(), preserve.to_string());
    attributes.insert("deregistration_delay.connection_termination.enabled".to_owned(), datagrams.to_string());
    let digits = region.ids.hex("target-group", 16);
    Ok(TargetGroup {
        arn: region.arn("elasticloadbalancing", &format!("targetgroup/{name}/{digits}")),
        name,
        protocol,
        port,
        vpc: vpc.to_owned(),
        target_type,
        check,
        attributes,
        targets: BTreeMap::new(),
        busy_until: Time::ZERO,
        tags,
    })
}

fn show(region: &Region, group: &TargetGroup) -> Value {
    let mut shown = json!({
        "TargetGroupArn": group.arn, "TargetGroupName": group.name, "Protocol": group.protocol, "Port": group.port,
        "VpcId": group.vpc, "TargetType": group.target_type, "IpAddressType": "ipv4",
        "LoadBalancerArns": listener::balancers_of(region, &group.arn),
    });
    if let (Value::Object(shown), Value::Object(check)) = (&mut shown, group.check.show()) {
        shown.extend(check);
    }
    shown
}
