//! What can change on a load balancer.

use serde_json::{Value, json};

use super::attributes::{self, Kind, Known};
use super::{balancer, balancer_checks, required, validation};
use crate::clock::BALANCER_LINGER;
use crate::ec2::retire;
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::Context;

/// The attributes of network load balancers.
pub const KNOWN: &[Known] = &[
    ("access_logs.s3.bucket", Kind::Text, ""),
    ("access_logs.s3.enabled", Kind::Bool, "false"),
    ("access_logs.s3.prefix", Kind::Text, ""),
    ("deletion_protection.enabled", Kind::Bool, "false"),
    (
        "dns_record.client_routing_policy",
        Kind::OneOf(&["availability_zone_affinity", "partial_availability_zone_affinity", "any_availability_zone"]),
        "any_availability_zone",
    ),
    ("ipv6.deny_all_igw_traffic", Kind::Bool, "true"),
    ("load_balancing.cross_zone.enabled", Kind::Bool, "false"),
    ("secondary_ips.auto_assigned.per_subnet", Kind::Number(0, 7), "0"),
    ("zonal_shift.config.enabled", Kind::Bool, "false"),
];

/// Attributes that exist, but for application load balancers.
const APPLICATION_ONLY: [&str; 4] = [
    "idle_timeout.timeout_seconds",
    "routing.http2.enabled",
    "routing.http.drop_invalid_header_fields.enabled",
    "waf.fail_open.enabled",
];

/// DescribeLoadBalancerAttributes.
pub fn describe_attributes(context: &mut Context, p: Params) -> Outcome<Value> {
    let balancer = balancer::find(context.region, required(p, "LoadBalancerArn")?)?;
    Ok(json!({"Attributes": attributes::show(&balancer.attributes)}))
}

/// ModifyLoadBalancerAttributes: all or none.
pub fn modify_attributes(context: &mut Context, p: Params) -> Outcome<Value> {
    let arn = balancer::find(context.region, required(p, "LoadBalancerArn")?)?.arn.clone();
    for attribute in p.list("Attributes") {
        let key = attribute.text("Key").unwrap_or_default();
        if APPLICATION_ONLY.contains(&key) {
            let message =
                format!("Load balancer attribute key '{key}' is not supported on load balancers with type 'network'");
            return Err(fail("InvalidConfigurationRequest", message));
        }
    }
    let wanted = attributes::wanted(p, "load balancer", KNOWN)?;
    let Some(balancer) = context.region.load_balancers.get_mut(&arn) else {
        return Ok(json!({}));
    };
    let secondary = |map: &attributes::Attributes| {
        map.get("secondary_ips.auto_assigned.per_subnet").and_then(|value| value.parse::<i64>().ok())
    };
    if secondary(&wanted).is_some_and(|wanted| Some(wanted) < secondary(&balancer.attributes)) {
        return Err(fail("InvalidConfigurationRequest", "The number of secondary addresses cannot be decreased"));
    }
    balancer.attributes.extend(wanted);
    Ok(json!({"Attributes": attributes::show(&balancer.attributes)}))
}

/// SetSecurityGroups: a balancer made without groups never gets one, one made with groups never loses the last.
pub fn set_security_groups(context: &mut Context, p: Params) -> Outcome<Value> {
    let balancer = balancer::find(context.region, required(p, "LoadBalancerArn")?)?.clone();
    let groups = p.texts("SecurityGroups");
    if balancer.kind == "network" && balancer.groups.is_empty() {
        let message =
            "You cannot set security groups for a network load balancer that was created without security groups";
        return Err(fail("InvalidConfigurationRequest", message));
    }
    if groups.is_empty() {
        let message = "You must specify at least one security group";
        return Err(fail("InvalidConfigurationRequest", message));
    }
    balancer_checks::check_groups(context.region, &balancer.vpc, &groups)?;
    let enforce = p.text("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic");
    if enforce.is_some_and(|value| !["on", "off"].contains(&value)) {
        return Err(validation("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic must be 'on' or 'off'"));
    }
    for interface in context.region.interfaces.values_mut().filter(|interface| interface.owner == balancer.arn) {
        interface.groups = groups.clone();
    }
    if let Some(balancer) = context.region.load_balancers.get_mut(&balancer.arn) {
        balancer.groups = groups.clone();
        // Left out, the flag keeps its value, and the answer leaves it out too.
        balancer.enforce = enforce.map(str::to_owned).or(balancer.enforce.take());
    }
    Ok(json!({"SecurityGroupIds": groups, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": enforce}))
}

/// SetSubnets: the whole set; subnets cannot go while an endpoint service (a VPC link) uses the balancer.
pub fn set_subnets(context: &mut Context, p: Params) -> Outcome<Value> {
    let now = context.now;
    let region = &mut *context.region;
    let before = balancer::find(region, required(p, "LoadBalancerArn")?)?.clone();
    let wanted = balancer_checks::subnets(p)?;
    if balancer_checks::check_subnets(region, &wanted)? != before.vpc {
        return Err(fail("InvalidConfigurationRequest", "The subnets must be in the VPC of the load balancer"));
    }
    let kept = |id: &String| wanted.iter().any(|(wanted, _)| wanted == id);
    let removed: Vec<String> = before.subnets.iter().map(|(id, _)| id.clone()).filter(|id| !kept(id)).collect();
    if !removed.is_empty() && before.kind == "network" {
        check_removal(region, &before, &removed, &wanted)?;
    }
    for subnet in &removed {
        retire(region, &before.arn, Some(subnet), now + BALANCER_LINGER);
    }
    for (subnet, address) in wanted.iter().filter(|(id, _)| !before.subnets.iter().any(|(had, _)| had == id)) {
        balancer::add_interface(region, &before, subnet, *address, now)?;
    }
    let mut after = before;
    after.subnets = wanted;
    let zones = balancer::zones(region, &after);
    let address_type = after.address_type.clone();
    region.load_balancers.insert(after.arn.clone(), after);
    Ok(json!({"AvailabilityZones": zones, "IpAddressType": address_type}))
}

fn check_removal(
    region: &crate::state::Region,
    before: &balancer::LoadBalancer,
    removed: &[String],
    wanted: &[(String, Option<std::net::Ipv4Addr>)],
) -> Outcome<()> {
    if balancer::linked(region, &before.arn) {
        let message =
            "You cannot remove a subnet from a network load balancer that has active VPC endpoint associations";
        return Err(fail("InvalidConfigurationRequest", message));
    }
    let zone = |id: &String| region.subnets.get(id).map(|subnet| subnet.zone.clone());
    let moved = |id: &String| wanted.iter().any(|(wanted, _)| zone(wanted) == zone(id));
    if removed.iter().any(moved) {
        let message = "The subnet of an Availability Zone cannot be changed in one operation";
        return Err(fail("InvalidConfigurationRequest", message));
    }
    Ok(())
}

/// SetIpAddressType: only IPv4, because no simulated subnet has IPv6.
pub fn set_ip_address_type(context: &mut Context, p: Params) -> Outcome<Value> {
    balancer::find(context.region, required(p, "LoadBalancerArn")?)?;
    match required(p, "IpAddressType")? {
        "ipv4" => Ok(json!({"IpAddressType": "ipv4"})),
        _ => {
            let message = "You must specify subnets with an associated IPv6 CIDR block.";
            Err(fail("InvalidConfigurationRequest", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Caller, element};

    #[tokio::test(start_paused = true)]
    async fn a_balancer_without_groups_never_gets_one() {
        let caller = Caller::new();
        let arn = caller.balancer("one").await;
        let group = &caller.fresh.security_group_id;
        let form = format!("SetSecurityGroups&LoadBalancerArn={arn}&SecurityGroups.member.1={group}");
        assert_eq!(element(&caller.elb(&form).await.1, "Code"), "InvalidConfigurationRequest");
    }

    #[tokio::test(start_paused = true)]
    async fn deletion_protection_is_respected() {
        let caller = Caller::new();
        let arn = caller.balancer("one").await;
        let set = |value: &str| {
            format!(
                "ModifyLoadBalancerAttributes&LoadBalancerArn={arn}&Attributes.member.1.Key=deletion_protection.enabled&Attributes.member.1.Value={value}"
            )
        };
        assert_eq!(caller.elb(&set("")).await.0, 400);
        assert_eq!(caller.elb(&set("true")).await.0, 200);
        let (_, refused) = caller.elb(&format!("DeleteLoadBalancer&LoadBalancerArn={arn}")).await;
        assert_eq!(element(&refused, "Code"), "OperationNotPermitted");
    }
}
