//! The internal network load balancer that the VPC link reaches.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html>

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_ec2::types::Filter;
use aws_sdk_elasticloadbalancingv2::types::{
    EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum as PrivateLinkRules, LoadBalancer as Balancer,
    LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum, LoadBalancerTypeEnum,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::aws::{Aws, AwsError, gone_is_fine, tags, unless_gone};
use crate::child::{
    Change, ChildName, Input, Kind, Live, Outputs, Patience, Scope, Slow, Spec, Status, Tagging, Task, Wanted,
    has_unknown, spec, unknown,
};

/// The name of the kind, of which a bundle has one.
pub const KIND: &str = "load_balancer";

/// What the load balancer should be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadBalancer {
    /// The VPC; follows from the subnets, so AWS never takes it.
    pub vpc_id: Input<String>,
    /// One subnet in each zone.
    pub subnet_ids: Input<Vec<Input<String>>>,
    /// The groups on its interfaces. A load balancer made without a group can never have one, nor the other way round.
    pub security_group_ids: Input<Vec<Input<String>>>,
    /// Whether inbound rules apply to what comes through the VPC link. They can't be written in advance: the callers are addresses
    /// of API Gateway, so this is `off` wherever there is a group.
    pub enforce_private_link_inbound: Input<Option<String>>,
    /// Whether every node reaches the targets of all zones.
    pub cross_zone_enabled: Input<bool>,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: Input<bool>,
    /// `bucket` and `prefix` of the logs of its connections, or null.
    pub access_logs: Input<Value>,
}

/// See [`KIND`].
pub struct LoadBalancerKind;

impl Kind for LoadBalancerKind {
    fn name(&self) -> &'static str {
        KIND
    }

    fn observe<'a>(&'a self, aws: &'a Aws, scope: &'a Scope) -> Task<'a, Vec<Live>> {
        Box::pin(async move {
            let pages = |elb: &aws_sdk_elasticloadbalancingv2::Client| {
                elb.describe_load_balancers().into_paginator().items().send().collect::<Result<Vec<_>, _>>()
            };
            let balancers = aws.elb.ask("DescribeLoadBalancers", pages).await?;
            let mut found = Vec::new();
            for balancer in &balancers {
                let (name, arn) = (
                    balancer.load_balancer_name().unwrap_or_default(),
                    balancer.load_balancer_arn().unwrap_or_default(),
                );
                if !scope.may_be_ours(KIND, name, arn) {
                    continue;
                }
                let Some(attributes) = unless_gone(attributes(aws, arn).await)? else { continue };
                let interfaces = interfaces(aws, scope, name, arn).await?;
                found.extend(live(child(), balancer, Some(&attributes)).map(|live| {
                    let subnets = subnets(&live.spec);
                    await_interfaces(live, &subnets, interfaces)
                }));
            }
            Ok(found)
        })
    }

    fn create<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            // Repeating this is safe: AWS answers a second call with the same name and settings with the same load balancer.
            let call = aws
                .elb
                .create_load_balancer()
                .name(&wanted.aws_name)
                .r#type(LoadBalancerTypeEnum::Network)
                .scheme(LoadBalancerSchemeEnum::Internal)
                .set_subnets(Some(want.subnet_ids.clone()))
                .set_security_groups((!want.security_group_ids.is_empty()).then(|| want.security_group_ids.clone()))
                .set_tags(Some(tags::elb_tags(&wanted.tags)));
            let answer = aws.elb.ask("CreateLoadBalancer", |_| call.clone().send()).await?;
            let created =
                answer.load_balancers().first().and_then(|balancer| live(wanted.name.clone(), balancer, None));
            let mut created = created.ok_or_else(|| AwsError::incomplete("CreateLoadBalancer", "LoadBalancers"))?;
            tags::assert_ours(aws, &created.id, &wanted.tags).await?;
            created.spec = wanted.spec.clone();
            // What AWS sets in a new one; rules for PrivateLink are on where there are groups.
            let enforced = want.enforce_private_link_inbound.as_ref().map(|_| "on");
            created.spec.insert("enforce_private_link_inbound".into(), json!(enforced));
            created.spec.insert("cross_zone_enabled".into(), json!(false));
            created.spec.insert("deletion_protection".into(), json!(false));
            created.spec.insert("access_logs".into(), Value::Null);
            created.tags = Some(wanted.tags.clone());
            Ok(created)
        })
    }

    fn update<'a>(&'a self, aws: &'a Aws, live: &'a Live, wanted: &'a Wanted, changes: &'a [Change]) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            let changed = |fields: &[&str]| changes.iter().any(|change| fields.contains(&change.field.as_str()));
            if changed(&["security_group_ids", "enforce_private_link_inbound"]) {
                set_groups(aws, &live.id, &want).await?;
            }
            set_attributes(aws, &live.id, &want, changes).await?;
            let mut updated = Live { spec: wanted.spec.clone(), ..live.clone() };
            if changed(&["subnet_ids"]) {
                let call = aws.elb.set_subnets().load_balancer_arn(&live.id).set_subnets(Some(want.subnet_ids));
                aws.elb.ask("SetSubnets", |_| call.clone().send()).await?;
                updated.status = Status::Pending("provisioning".into());
            }
            Ok(updated)
        })
    }

    fn delete<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, ()> {
        Box::pin(async move {
            let call = aws.elb.delete_load_balancer().load_balancer_arn(&live.id);
            gone_is_fine(aws.elb.ask("DeleteLoadBalancer", |_| call.clone().send()).await)
        })
    }

    /// Subnets can be added. AWS removes none while a VPC link is connected, and here one always is.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/availability-zones.html>
    fn replaces(&self, change: &Change) -> bool {
        let list = |value: &Value| -> Vec<Value> { value.as_array().cloned().unwrap_or_default() };
        match change.field.as_str() {
            "vpc_id" => true,
            // A subnet that isn't known yet may be one that stays; but what a plan calls known must stay so, and not the other
            // way round.
            "subnet_ids" => list(&change.from).iter().any(|subnet| !list(&change.to).contains(subnet)),
            "security_group_ids" => {
                list(&change.from).is_empty() != (list(&change.to).is_empty() && !has_unknown(&change.to))
            }
            _ => false,
        }
    }

    /// An added subnet gets an interface, and the others keep theirs.
    fn planned_outputs(&self, wanted: &Spec, live: &Live, changes: &[Change]) -> Outputs {
        let mut outputs = live.outputs.clone();
        // While AWS is still at work on it, some or all of its interfaces are missing.
        if matches!(live.status, Status::Pending(_)) {
            outputs.insert("network_interfaces".into(), unknown());
        } else if changes.iter().any(|change| change.field == "subnet_ids") {
            let have = live.outputs.get("network_interfaces").and_then(Value::as_object);
            let interface = |subnet: &str| have.and_then(|have| have.get(subnet)).cloned().unwrap_or_else(unknown);
            let subnets: Option<Vec<&str>> = wanted
                .get("subnet_ids")
                .and_then(Value::as_array)
                .and_then(|all| all.iter().map(Value::as_str).collect());
            let all = subnets.map(|all| all.iter().map(|subnet| ((*subnet).to_string(), interface(subnet))).collect());
            outputs.insert("network_interfaces".into(), all.map_or_else(unknown, Value::Object));
        }
        outputs
    }

    /// All network load balancers of a region are in one zone of Route 53.
    /// <https://docs.aws.amazon.com/general/latest/gr/elb.html>
    fn new_outputs(&self, _wanted: &Spec, old: Option<&Live>) -> Outputs {
        old.and_then(|old| old.outputs.get_key_value("zone_id"))
            .map(|(key, zone)| (key.clone(), zone.clone()))
            .into_iter()
            .collect()
    }

    fn given_outputs(&self, id: &str) -> Outputs {
        [("arn".to_string(), json!(id))].into()
    }

    fn tagging(&self) -> Tagging {
        Tagging::Elb
    }

    fn slow(&self) -> Option<&dyn Slow> {
        Some(self)
    }
}

impl Slow for LoadBalancerKind {
    fn get<'a>(&'a self, aws: &'a Aws, known: &'a Live) -> Task<'a, Option<Live>> {
        Box::pin(async move {
            let call = aws.elb.describe_load_balancers().load_balancer_arns(&known.id);
            match aws.elb.ask("DescribeLoadBalancers", |_| call.clone().send()).await {
                Ok(answer) => {
                    let balancer = answer.load_balancers().first();
                    match balancer.and_then(|balancer| live(known.name.clone(), balancer, None)) {
                        Some(now) if now.status == Status::Ready => settle(aws, known, now).await.map(Some),
                        now => Ok(now),
                    }
                }
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// Two to four minutes are usual; hashicorp/aws waits ten. There is no state of deletion to wait for.
    fn patience(&self) -> Patience {
        Patience { ready: Duration::from_secs(900), gone: Duration::from_secs(300) }
    }
}

/// The only load balancer of a bundle.
pub fn child() -> ChildName {
    ChildName::single(KIND)
}

/// What a load balancer is that is `active`: see [`await_interfaces`].
async fn settle(aws: &Aws, known: &Live, now: Live) -> Result<Live, AwsError> {
    let scope = Scope {
        vpc_id: known.spec.get("vpc_id").and_then(Value::as_str).unwrap_or_default().into(),
        ..Scope::default()
    };
    let interfaces = interfaces(aws, &scope, now.text("aws_name"), &now.id).await?;
    // What was asked for counts: AWS may show the subnets late that were added.
    let asked = if known.spec.contains_key("subnet_ids") { subnets(&known.spec) } else { subnets(&now.spec) };
    Ok(await_interfaces(now, &asked, interfaces))
}

fn subnets(spec: &Spec) -> Vec<String> {
    let subnets = spec.get("subnet_ids").and_then(Value::as_array).into_iter().flatten();
    subnets.filter_map(Value::as_str).map(str::to_string).collect()
}

/// A load balancer is of use only once each of its subnets has an interface: after a subnet has been added, it is `active` all along,
/// and a plan that took the interfaces of the others for all of them would promise what changes a moment later.
fn await_interfaces(mut live: Live, subnets: &[String], interfaces: Value) -> Live {
    if live.status == Status::Ready && subnets.iter().any(|subnet| interfaces.get(subnet).is_none()) {
        live.status = Status::Pending("waiting for its network interfaces".into());
    }
    live.outputs.insert("network_interfaces".into(), interfaces);
    live
}

/// Whether AWS would refuse to delete this, because it is a load balancer under deletion protection.
pub fn is_protected(live: &Live) -> bool {
    live.name == child() && live.spec.get("deletion_protection").and_then(Value::as_bool) == Some(true)
}

#[derive(Deserialize)]
struct Resolved {
    subnet_ids: Vec<String>,
    security_group_ids: Vec<String>,
    enforce_private_link_inbound: Option<String>,
    cross_zone_enabled: bool,
    deletion_protection: bool,
    access_logs: Option<AccessLogs>,
}

#[derive(Deserialize)]
struct AccessLogs {
    bucket: String,
    prefix: Option<String>,
}

const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";
const PROTECTION: &str = "deletion_protection.enabled";
const LOGGING: &str = "access_logs.s3.enabled";
const BUCKET: &str = "access_logs.s3.bucket";
const PREFIX: &str = "access_logs.s3.prefix";

async fn set_groups(aws: &Aws, arn: &str, want: &Resolved) -> Result<(), AwsError> {
    let rules = want.enforce_private_link_inbound.as_deref().map(PrivateLinkRules::from);
    let call = aws
        .elb
        .set_security_groups()
        .load_balancer_arn(arn)
        .set_security_groups(Some(want.security_group_ids.clone()))
        .set_enforce_security_group_inbound_rules_on_private_link_traffic(rules);
    aws.elb.ask("SetSecurityGroups", |_| call.clone().send()).await.map(drop)
}

/// Only those that change: AWS refuses all for one, and a bucket that is gone is no reason to keep the protection.
async fn set_attributes(aws: &Aws, arn: &str, want: &Resolved, changes: &[Change]) -> Result<(), AwsError> {
    let attribute = |key: &str, value: &str| LoadBalancerAttribute::builder().key(key).value(value).build();
    let mut set = Vec::new();
    for change in changes {
        match (change.field.as_str(), &want.access_logs) {
            ("cross_zone_enabled", _) => set.push(attribute(CROSS_ZONE, &want.cross_zone_enabled.to_string())),
            ("deletion_protection", _) => set.push(attribute(PROTECTION, &want.deletion_protection.to_string())),
            ("access_logs", None) => set.push(attribute(LOGGING, "false")),
            ("access_logs", Some(logs)) => {
                let prefix = logs.prefix.as_deref().unwrap_or_default();
                let all = [(LOGGING, "true"), (BUCKET, &logs.bucket), (PREFIX, prefix)];
                set.extend(all.map(|(key, value)| attribute(key, value)));
            }
            _ => {}
        }
    }
    if set.is_empty() {
        return Ok(());
    }
    let call = aws.elb.modify_load_balancer_attributes().load_balancer_arn(arn).set_attributes(Some(set));
    aws.elb.ask("ModifyLoadBalancerAttributes", |_| call.clone().send()).await.map(drop)
}

async fn attributes(aws: &Aws, arn: &str) -> Result<BTreeMap<String, String>, AwsError> {
    let call = aws.elb.describe_load_balancer_attributes().load_balancer_arn(arn);
    let answer = aws.elb.ask("DescribeLoadBalancerAttributes", |_| call.clone().send()).await?;
    let pair = |attribute: &LoadBalancerAttribute| Some((attribute.key()?.to_string(), attribute.value()?.to_string()));
    Ok(answer.attributes().iter().filter_map(pair).collect())
}

/// Subnet id to interface id and address. AWS tells the addresses of an internal load balancer only through its interfaces,
/// which carry its name and id in their description.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html>
async fn interfaces(aws: &Aws, scope: &Scope, name: &str, arn: &str) -> Result<Value, AwsError> {
    let id = arn.rsplit('/').next().unwrap_or_default();
    let filter = |key: &str, value: String| Filter::builder().name(key).values(value).build();
    let mut call = aws.ec2.describe_network_interfaces().filters(filter("description", format!("ELB net/{name}/{id}")));
    if !scope.vpc_id.is_empty() {
        call = call.filters(filter("vpc-id", scope.vpc_id.clone()));
    }
    let pages = |_: &_| call.clone().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    let found = aws.ec2.ask("DescribeNetworkInterfaces", pages).await?;
    let entry = |interface: &aws_sdk_ec2::types::NetworkInterface| {
        let value = json!({"id": interface.network_interface_id()?, "private_ip": interface.private_ip_address()?});
        Some((interface.subnet_id()?.to_string(), value))
    };
    Ok(Value::Object(found.iter().filter_map(entry).collect()))
}

fn live(name: ChildName, balancer: &Balancer, attributes: Option<&BTreeMap<String, String>>) -> Option<Live> {
    let reason = balancer.state().and_then(|state| state.reason()).unwrap_or("no reason given");
    let status = match balancer.state().and_then(|state| state.code()) {
        Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired) => Status::Ready,
        Some(LoadBalancerStateEnum::Failed) => Status::Failed(reason.to_string()),
        other => Status::Pending(other.map_or("unknown", |code| code.as_str()).to_string()),
    };
    let subnets: Vec<&str> = balancer.availability_zones().iter().filter_map(|zone| zone.subnet_id()).collect();
    let groups = balancer.security_groups();
    let rules = balancer.enforce_security_group_inbound_rules_on_private_link_traffic().filter(|_| !groups.is_empty());
    let mut live_spec = spec(&json!({
        "vpc_id": balancer.vpc_id(),
        "type": balancer.r#type().map(|kind| kind.as_str()),
        "scheme": balancer.scheme().map(|scheme| scheme.as_str()),
        "subnet_ids": subnets,
        "security_group_ids": groups,
        "enforce_private_link_inbound": rules,
    }));
    if let Some(attributes) = attributes {
        let on = |key: &str| json!(attributes.get(key).is_some_and(|value| value == "true"));
        live_spec.insert("cross_zone_enabled".into(), on(CROSS_ZONE));
        live_spec.insert("deletion_protection".into(), on(PROTECTION));
        let text = |key: &str| attributes.get(key).filter(|value| !value.is_empty());
        let logs = json!({"bucket": text(BUCKET), "prefix": text(PREFIX)});
        live_spec.insert("access_logs".into(), if on(LOGGING) == json!(true) { logs } else { Value::Null });
    }
    let arn = balancer.load_balancer_arn()?.to_string();
    let mut outputs: Outputs = [
        ("arn", json!(arn)),
        ("aws_name", json!(balancer.load_balancer_name())),
        ("dns_name", json!(balancer.dns_name())),
        ("zone_id", json!(balancer.canonical_hosted_zone_id())),
    ]
    .map(|(key, value)| (key.to_string(), value))
    .into();
    outputs.insert("network_interfaces".into(), unknown());
    Some(Live {
        name,
        id: arn,
        spec: live_spec,
        outputs,
        tags: None,
        status,
        created: balancer.created_time().map_or(0, |time| time.secs()),
    })
}
