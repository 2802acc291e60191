//! Target groups.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Listener;
use super::attributes::{self, Attributes};
use super::health_check::HealthCheck;
use super::targets::Target;
use super::{
    check_name, listener, needed, one_of, out_of_range, page, plural, required, tags, target_group_attributes,
    validation,
};
use crate::clock::Time;
use crate::error::{Outcome, fail};
use crate::index::Named;
use crate::query::Params;
use crate::state::{Context, Region, Tags};

const LIMIT: usize = 3000;

/// Protocols of target groups; HTTP and HTTPS are for application load balancers.
const PROTOCOLS: [&str; 8] = ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"];

/// A target group.
#[derive(Debug, Clone)]
pub struct TargetGroup {
    pub arn: String,
    pub name: String,
    pub protocol: String,
    pub port: i64,
    pub vpc: String,
    pub target_type: String,
    pub address_type: String,
    pub check: HealthCheck,
    pub attributes: Attributes,
    /// By id and port.
    pub targets: BTreeMap<(String, i64), Target>,
    /// Since when a listener forwards to it, whatever the weight.
    pub used_since: Time,
    /// Until when a vanished listener still counts as using it.
    pub busy_until: Time,
    pub tags: Tags,
}

impl Named for TargetGroup {
    fn names(&self) -> Vec<&str> {
        vec![&self.name]
    }
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
    if let Some(existing) = region.target_groups.named(&wanted.name).next() {
        let same = (&existing.protocol, existing.port, &existing.vpc, &existing.target_type, &existing.check)
            == (&wanted.protocol, wanted.port, &wanted.vpc, &wanted.target_type, &wanted.check);
        if !same || existing.address_type != wanted.address_type {
            let message =
                format!("A target group with the same name '{}' exists, but with different settings", wanted.name);
            return Err(fail("DuplicateTargetGroupName", message));
        }
        return Ok(json!({"TargetGroups": [show(region, existing)]}));
    }
    if region.target_groups.len() >= region.quota(LIMIT) {
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
    if [!arns.is_empty(), !names.is_empty(), balancer.is_some()].iter().filter(|given| **given).count() > 1 {
        let message =
            "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time";
        return Err(validation(message));
    }
    if arns.len().max(names.len()) > 20 {
        return Err(validation("No more than 20 target groups can be specified"));
    }
    for arn in &arns {
        find(region, arn).map_err(|failure| plural(failure, "target groups"))?;
    }
    if let Some(arn) = balancer {
        super::balancer::find(region, arn)?;
    }
    if names.iter().any(|name| region.target_groups.named(name).next().is_none()) {
        return Err(fail("TargetGroupNotFound", "One or more target groups not found"));
    }
    let found = match balancer {
        Some(balancer) => {
            let groups: BTreeSet<&String> = region.listeners.named(balancer).flat_map(Listener::groups).collect();
            groups.into_iter().filter_map(|arn| region.target_groups.get(arn)).collect()
        }
        None => region.target_groups.chosen(&arns, &names),
    };
    page(p, "TargetGroups", found, |group| show(region, group))
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
    let (arn, wanted) = (group.arn.clone(), target_group_attributes::wanted(context.region, group, p)?);
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
    // Texts: awsdocs/aws-cloudformation-user-guide#467.
    needed(p, "Protocol", "A protocol")?;
    let protocol = one_of(p, "Protocol", "", &PROTOCOLS)?;
    if target_type == "alb" && protocol != "TCP" {
        return Err(validation("The protocol of target groups with target type 'alb' must be TCP"));
    }
    let port = needed(p, "Port", "A port").and(p.number("Port"))?.unwrap_or_default();
    if !(1..=65_535).contains(&port) {
        return Err(out_of_range("port", port, (1, 65_535)));
    }
    let vpc = needed(p, "VpcId", "A VPC ID")?;
    if !region.vpcs.contains_key(vpc) {
        return Err(validation(format!("The VPC ID '{vpc}' is not found")));
    }
    let address_type = one_of(p, "IpAddressType", "ipv4", &["ipv4", "ipv6"])?;
    if address_type == "ipv6" && target_type != "ip" {
        let message = "The IP address type 'ipv6' is only supported for target groups with target type 'ip'";
        return Err(validation(message));
    }
    let check = HealthCheck::on_create(p, &target_type)?;
    let tags = tags::on_create(p)?;
    let attributes = target_group_attributes::fresh(&protocol, &target_type);
    let digits = region.ids.hex("target-group", 16);
    Ok(TargetGroup {
        arn: region.arn("elasticloadbalancing", &format!("targetgroup/{name}/{digits}")),
        name,
        protocol,
        port,
        vpc: vpc.to_owned(),
        target_type,
        address_type,
        check,
        attributes,
        targets: BTreeMap::new(),
        used_since: Time::ZERO,
        busy_until: Time::ZERO,
        tags,
    })
}

fn show(region: &Region, group: &TargetGroup) -> Value {
    let mut shown = json!({
        "TargetGroupArn": group.arn, "TargetGroupName": group.name, "Protocol": group.protocol, "Port": group.port,
        "VpcId": group.vpc, "TargetType": group.target_type, "IpAddressType": group.address_type,
        "LoadBalancerArns": listener::balancers_of(region, &group.arn),
    });
    if let (Value::Object(shown), Value::Object(check)) = (&mut shown, group.check.show()) {
        shown.extend(check);
    }
    shown
}
