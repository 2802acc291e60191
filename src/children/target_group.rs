//! Target groups: where a back end's instances are registered and their health is checked.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html>

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TargetDescription, TargetGroup as Group, TargetGroupAttribute, TargetTypeEnum,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::target_health::Health;
use crate::aws::{Aws, AwsError, gone_is_fine, tags, unless_gone};
use crate::child::{
    Change, ChildName, Input, Kind, Live, Outputs, Scope, Spec, Status, Tagging, Task, Wanted, compare, spec,
};

/// The name of the kind; the key is the back end.
pub const KIND: &str = "target_group";

/// What a target group should be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TargetGroup {
    /// The VPC of the targets.
    pub vpc_id: Input<String>,
    /// The load balancer it serves: AWS lets a target group serve only one, so it goes where that goes.
    pub load_balancer_arn: Input<String>,
    /// Port of the targets.
    pub port: Input<i64>,
    /// `ip`, `instance` or [`ALB`].
    pub target_type: Input<String>,
    /// How health is checked: a [`HealthCheck`] whose members may still be inputs.
    pub health_check: Input<Value>,
    /// AWS's attributes that the bundle sets, by AWS's key.
    pub attributes: Input<BTreeMap<String, String>>,
    /// `id:port` of each target; absent when something else registers them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub targets: Option<Input<Vec<Input<String>>>>,
}

/// A health check as AWS stores it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// `TCP`, `HTTP` or `HTTPS`.
    pub protocol: String,
    /// A port, or `traffic-port`.
    pub port: String,
    /// Only for HTTP and HTTPS.
    pub path: Option<String>,
    /// HTTP codes that mean healthy, such as `200-399`; only for HTTP and HTTPS.
    pub matcher: Option<String>,
    /// Seconds between two checks.
    pub interval: i64,
    /// Seconds until a check has failed.
    pub timeout: i64,
    /// Successes until healthy.
    pub healthy_threshold: i64,
    /// Failures until unhealthy.
    pub unhealthy_threshold: i64,
}

/// See [`KIND`].
pub struct TargetGroupKind;

impl Kind for TargetGroupKind {
    fn name(&self) -> &'static str {
        KIND
    }

    fn observe<'a>(&'a self, aws: &'a Aws, scope: &'a Scope) -> Task<'a, Vec<Live>> {
        Box::pin(async move {
            let pages = |elb: &aws_sdk_elasticloadbalancingv2::Client| {
                elb.describe_target_groups().into_paginator().items().send().collect::<Result<Vec<_>, _>>()
            };
            let groups = aws.elb.ask("DescribeTargetGroups", pages).await?;
            let ours = |group: &&Group| {
                scope.may_be_ours(
                    KIND,
                    group.target_group_name().unwrap_or_default(),
                    group.target_group_arn().unwrap_or_default(),
                )
            };
            let reads = groups.iter().filter(ours).map(async |group| unless_gone(observe_one(aws, scope, group).await));
            Ok(futures::future::try_join_all(reads).await?.into_iter().flatten().collect())
        })
    }

    fn create<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            let check = &want.health_check;
            // Repeating this is safe: AWS answers a second call with the same name and settings with the same group.
            let call = aws
                .elb
                .create_target_group()
                .name(&wanted.aws_name)
                .protocol(ProtocolEnum::Tcp)
                .port(int(want.port))
                .vpc_id(&want.vpc_id)
                .target_type(TargetTypeEnum::from(want.target_type.as_str()))
                .health_check_protocol(ProtocolEnum::from(check.protocol.as_str()))
                .health_check_port(&check.port)
                .set_health_check_path(check.path.clone())
                .set_matcher(check.matcher.as_ref().map(|codes| Matcher::builder().http_code(codes).build()))
                .health_check_interval_seconds(int(check.interval))
                .health_check_timeout_seconds(int(check.timeout))
                .healthy_threshold_count(int(check.healthy_threshold))
                .unhealthy_threshold_count(int(check.unhealthy_threshold))
                .set_tags(Some(tags::elb_tags(&wanted.tags)));
            let answer = aws.elb.ask("CreateTargetGroup", |_| call.clone().send()).await?;
            let group = answer
                .target_groups()
                .first()
                .ok_or_else(|| AwsError::incomplete("CreateTargetGroup", "TargetGroups"))?;
            let arn =
                group.target_group_arn().ok_or_else(|| AwsError::incomplete("CreateTargetGroup", "TargetGroupArn"))?;
            tags::assert_ours(aws, arn, &wanted.tags).await?;
            let mut made = wanted.spec.clone();
            made.insert("attributes".into(), json!(default_attributes(&want.target_type)));
            if want.targets.is_some() {
                made.insert("targets".into(), json!([]));
            }
            Ok(Live {
                name: wanted.name.clone(),
                id: arn.to_string(),
                spec: made,
                outputs: outputs(arn, &wanted.aws_name),
                tags: Some(wanted.tags.clone()),
                status: Status::Ready,
                created: 0,
            })
        })
    }

    fn update<'a>(&'a self, aws: &'a Aws, live: &'a Live, wanted: &'a Wanted, changes: &'a [Change]) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            for change in changes {
                match change.field.as_str() {
                    "health_check" => set_health_check(aws, &live.id, &want.health_check).await?,
                    "attributes" => set_attributes(aws, &live.id, &want.attributes, &change.from).await?,
                    "targets" => {
                        // New targets come before old ones go.
                        let (added, removed) = sides(aws, live, change).await?;
                        register(aws, &live.id, &added).await?;
                        deregister(aws, &live.id, &removed).await?;
                    }
                    _ => {}
                }
            }
            Ok(Live { spec: wanted.spec.clone(), ..live.clone() })
        })
    }

    /// A new target gets no requests before its first checks, so it is registered some time before old ones go.
    fn prepare<'a>(
        &'a self,
        aws: &'a Aws,
        live: &'a Live,
        _wanted: &'a Wanted,
        changes: &'a [Change],
    ) -> Task<'a, bool> {
        Box::pin(async move {
            let Some(change) = changes.iter().find(|change| change.field == "targets") else { return Ok(false) };
            let (added, removed) = sides(aws, live, change).await?;
            // Nothing to add may mean that an interrupted run has added it a moment ago.
            if removed.is_empty() || !Health::of(aws, &live.id).await?.serves() {
                return Ok(false);
            }
            register(aws, &live.id, &added).await?;
            Ok(true)
        })
    }

    fn may_take_over<'a>(&'a self, aws: &'a Aws, old: &'a Live, new: &'a Wanted) -> Task<'a, Status> {
        Box::pin(async move {
            let want: Resolved = new.typed()?;
            // A group and its replacement have targets of their own; whether to move between them is the listener's question.
            if self.drift(&new.spec, &old.spec).iter().any(|change| self.replaces(change)) {
                return Ok(Status::Ready);
            }
            let wanted = want.targets.unwrap_or_default();
            Ok(Health::of(aws, &old.id).await?.of_targets(&wanted).readiness())
        })
    }

    fn delete<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, ()> {
        Box::pin(async move {
            let call = aws.elb.delete_target_group().target_group_arn(&live.id);
            gone_is_fine(aws.elb.ask("DeleteTargetGroup", |_| call.clone().send()).await)
        })
    }

    fn replaces(&self, change: &Change) -> bool {
        matches!(change.field.as_str(), "vpc_id" | "load_balancer_arn" | "port" | "target_type")
    }

    /// Only the attributes that the bundle sets are compared. A bundle that begins to register targets itself registers all of them.
    fn drift(&self, wanted: &Spec, live: &Spec) -> Vec<Change> {
        let mut live = live.clone();
        if let (Some(Value::Object(wanted)), Some(Value::Object(have))) =
            (wanted.get("attributes"), live.get_mut("attributes"))
        {
            have.retain(|key, _| wanted.contains_key(key));
        }
        if wanted.contains_key("targets") && !live.contains_key("targets") {
            live.insert("targets".into(), json!([]));
        }
        compare(wanted, &live)
    }

    fn tagging(&self) -> Tagging {
        Tagging::Elb
    }
}

/// The type of a target that is an application load balancer.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html>
pub const ALB: &str = "alb";

/// The second group of a back end that has a pair.
pub fn green(backend: &str) -> ChildName {
    child(backend).part(GREEN)
}

/// Whether a group is the second of a pair.
pub fn is_green(child: &ChildName) -> bool {
    child.kind() == KIND && child.as_str().ends_with("/green")
}

const GREEN: &str = "green";

/// The group of a back end, and the blue one of a pair.
pub fn child(backend: &str) -> ChildName {
    ChildName::keyed(KIND, backend)
}

/// The name of a group in its ARN: `arn:...:targetgroup/NAME/ID`.
pub fn name(arn: &str) -> &str {
    arn.split('/').nth(1).unwrap_or_default()
}

/// The ARN of the group of this name, if there is one.
pub async fn by_name(aws: &Aws, name: &str) -> Result<Option<String>, AwsError> {
    let call = aws.elb.describe_target_groups().names(name);
    let found = unless_gone(aws.elb.ask("DescribeTargetGroups", |_| call.clone().send()).await)?;
    let groups = found.and_then(|answer| answer.target_groups).unwrap_or_default();
    Ok(groups.first().and_then(|group| group.target_group_arn().map(str::to_string)))
}

/// What AWS sets in a new group, of the attributes that a bundle can set. Those of a group for a load balancer can't be.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html>
pub fn default_attributes(target_type: &str) -> BTreeMap<String, String> {
    if target_type == ALB {
        return BTreeMap::new();
    }
    let preserve = if target_type == "instance" { "true" } else { "false" };
    [(DEREGISTRATION_DELAY, "300"), (CONNECTION_TERMINATION, "false"), (PRESERVE_CLIENT_IP, preserve)]
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .into()
}

/// AWS's key for how long a deregistered target may finish its connections, in seconds.
pub const DEREGISTRATION_DELAY: &str = "deregistration_delay.timeout_seconds";
/// AWS's key for cutting connections at the end of that delay.
pub const CONNECTION_TERMINATION: &str = "deregistration_delay.connection_termination.enabled";
/// AWS's key for showing targets the client's address.
pub const PRESERVE_CLIENT_IP: &str = "preserve_client_ip.enabled";

#[derive(Deserialize)]
struct Resolved {
    vpc_id: String,
    port: i64,
    target_type: String,
    health_check: HealthCheck,
    attributes: BTreeMap<String, String>,
    targets: Option<Vec<String>>,
}

/// A number that validation has already bounded, in the SDK's type.
fn int(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn outputs(arn: &str, name: &str) -> Outputs {
    [("arn".to_string(), json!(arn)), ("aws_name".to_string(), json!(name))].into()
}

fn descriptions(targets: &[String]) -> Vec<TargetDescription> {
    let target = |target: &String| {
        let (id, port) = target.rsplit_once(':').unwrap_or((target, ""));
        TargetDescription::builder().id(id).set_port(port.parse().ok()).build()
    };
    targets.iter().map(target).collect()
}

/// The targets that a change adds, and those that it removes. Where something else has registered them so far, what there is wasn't
/// read with the group.
async fn sides(aws: &Aws, live: &Live, change: &Change) -> Result<(Vec<String>, Vec<String>), AwsError> {
    let strings = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap_or_default() };
    let from = match live.spec.contains_key("targets") {
        true => strings(&change.from),
        false => Health::of(aws, &live.id).await?.registered().map(|(target, _)| target).collect(),
    };
    let to = strings(&change.to);
    let without = |a: &[String], b: &[String]| a.iter().filter(|target| !b.contains(target)).cloned().collect();
    Ok((without(&to, &from), without(&from, &to)))
}

async fn register(aws: &Aws, arn: &str, targets: &[String]) -> Result<(), AwsError> {
    if targets.is_empty() {
        return Ok(());
    }
    let call = aws.elb.register_targets().target_group_arn(arn).set_targets(Some(descriptions(targets)));
    aws.elb.ask("RegisterTargets", |_| call.clone().send()).await.map(drop)
}

async fn deregister(aws: &Aws, arn: &str, targets: &[String]) -> Result<(), AwsError> {
    if targets.is_empty() {
        return Ok(());
    }
    let call = aws.elb.deregister_targets().target_group_arn(arn).set_targets(Some(descriptions(targets)));
    aws.elb.ask("DeregisterTargets", |_| call.clone().send()).await.map(drop)
}

/// Only what differs: AWS refuses some attributes for some protocols, even with the value they have.
async fn set_attributes(aws: &Aws, arn: &str, want: &BTreeMap<String, String>, have: &Value) -> Result<(), AwsError> {
    let differs = |(key, value): &(&String, &String)| have.get(key.as_str()) != Some(&json!(value));
    let attributes: Vec<_> = want
        .iter()
        .filter(differs)
        .map(|(key, value)| TargetGroupAttribute::builder().key(key).value(value).build())
        .collect();
    if attributes.is_empty() {
        return Ok(());
    }
    let call = aws.elb.modify_target_group_attributes().target_group_arn(arn).set_attributes(Some(attributes));
    aws.elb.ask("ModifyTargetGroupAttributes", |_| call.clone().send()).await.map(drop)
}

async fn set_health_check(aws: &Aws, arn: &str, check: &HealthCheck) -> Result<(), AwsError> {
    let call = aws
        .elb
        .modify_target_group()
        .target_group_arn(arn)
        .health_check_protocol(ProtocolEnum::from(check.protocol.as_str()))
        .health_check_port(&check.port)
        .set_health_check_path(check.path.clone())
        .set_matcher(check.matcher.as_ref().map(|codes| Matcher::builder().http_code(codes).build()))
        .health_check_interval_seconds(int(check.interval))
        .health_check_timeout_seconds(int(check.timeout))
        .healthy_threshold_count(int(check.healthy_threshold))
        .unhealthy_threshold_count(int(check.unhealthy_threshold));
    aws.elb.ask("ModifyTargetGroup", |_| call.clone().send()).await.map(drop)
}

async fn observe_one(aws: &Aws, scope: &Scope, group: &Group) -> Result<Live, AwsError> {
    let arn = group.target_group_arn().ok_or_else(|| AwsError::incomplete("DescribeTargetGroups", "TargetGroupArn"))?;
    let call = aws.elb.describe_target_group_attributes().target_group_arn(arn);
    let answer = aws.elb.ask("DescribeTargetGroupAttributes", |_| call.clone().send()).await?;
    let pair = |attribute: &TargetGroupAttribute| Some((attribute.key()?.to_string(), attribute.value()?.to_string()));
    let managed = default_attributes(group.target_type().map_or("", |kind| kind.as_str()));
    let attributes: BTreeMap<_, _> =
        answer.attributes().iter().filter_map(pair).filter(|(key, _)| managed.contains_key(key)).collect();
    let check = HealthCheck {
        protocol: group.health_check_protocol().map_or("", |protocol| protocol.as_str()).to_string(),
        port: group.health_check_port().unwrap_or_default().to_string(),
        path: group.health_check_path().map(str::to_string),
        matcher: group.matcher().and_then(|matcher| matcher.http_code()).map(str::to_string),
        interval: group.health_check_interval_seconds().unwrap_or_default().into(),
        timeout: group.health_check_timeout_seconds().unwrap_or_default().into(),
        healthy_threshold: group.healthy_threshold_count().unwrap_or_default().into(),
        unhealthy_threshold: group.unhealthy_threshold_count().unwrap_or_default().into(),
    };
    let mut live = spec(&json!({
        "vpc_id": group.vpc_id(),
        "port": group.port(),
        "target_type": group.target_type().map(|kind| kind.as_str()),
        "health_check": check,
        "attributes": attributes,
    }));
    if let Some(balancer) = group.load_balancer_arns().first() {
        live.insert("load_balancer_arn".into(), json!(balancer));
    }
    // Who registers targets is known from the last apply; where something else does, they aren't ours to compare.
    let known = scope.known.values().find(|known| known.id == arn);
    if known.is_none_or(|known| known.spec.contains_key("targets")) {
        let registered: Vec<String> = Health::of(aws, arn).await?.registered().map(|(target, _)| target).collect();
        live.insert("targets".into(), json!(registered));
    }
    let name = known.map_or_else(|| ChildName::single(KIND), |known| known.name.clone());
    let outputs = outputs(arn, group.target_group_name().unwrap_or_default());
    Ok(Live { name, id: arn.to_string(), spec: live, outputs, tags: None, status: Status::Ready, created: 0 })
}
