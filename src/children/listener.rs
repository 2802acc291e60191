//! Listeners: one port of the load balancer for each back end.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html>

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Certificate, ForwardActionConfig, Listener as Found, ProtocolEnum, TargetGroupTuple,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::target_health::Health;
use super::{load_balancer, target_group};
use crate::aws::{Aws, AwsError, gone_is_fine, tags, unless_gone};
use crate::child::{
    Change, ChildName, Input, Kind, Live, Outputs, Scope, Spec, Status, Tagging, Task, Wanted, compare, spec,
};

/// The name of the kind; the key is the back end.
pub const KIND: &str = "listener";

/// What a listener should be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listener {
    /// Whose listener it is.
    pub load_balancer_arn: Input<String>,
    /// Where it listens; the routes' integrations name this port.
    pub port: Input<i64>,
    /// Where it forwards to.
    pub target_group_arn: Input<String>,
    /// Of a pair of target groups: the green one. Whoever deploys says which of the two the listener leads to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub green_arn: Option<Input<String>>,
    /// [`TCP`] or [`TLS`].
    pub protocol: Input<String>,
    /// With TLS: its certificate.
    pub certificate_arn: Input<Option<String>>,
    /// With TLS: its security policy.
    pub ssl_policy: Input<Option<String>>,
    /// With TLS: the protocols that it offers in the handshake.
    pub alpn_policy: Input<Option<String>>,
}

/// Connections are handed through.
pub const TCP: &str = "TCP";
/// The listener has a certificate.
pub const TLS: &str = "TLS";
/// What the console chooses for new listeners.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/create-tls-listener.html>
pub const SSL_POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";
/// No ALPN is offered.
pub const NO_ALPN: &str = "None";

/// See [`KIND`].
pub struct ListenerKind;

impl Kind for ListenerKind {
    fn name(&self) -> &'static str {
        KIND
    }

    fn observe<'a>(&'a self, aws: &'a Aws, scope: &'a Scope) -> Task<'a, Vec<Live>> {
        Box::pin(async move {
            let mut found = Vec::new();
            for balancer in balancers(scope) {
                let listeners = unless_gone(list(aws, &balancer).await)?.unwrap_or_default();
                found.extend(listeners.iter().filter_map(live).map(|live| with_colour(live, scope)));
            }
            Ok(found)
        })
    }

    fn create<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            // Repeating this is safe: AWS answers an identical second call with the same listener.
            let call = aws
                .elb
                .create_listener()
                .load_balancer_arn(&want.load_balancer_arn)
                .protocol(ProtocolEnum::from(want.protocol.as_str()))
                .set_certificates(want.certificates())
                .set_ssl_policy(want.ssl_policy.clone())
                .set_alpn_policy(want.alpn_policy.clone().map(|policy| vec![policy]))
                .port(i32::try_from(want.port).unwrap_or(i32::MAX))
                .default_actions(forward(want.successor(&wanted.predecessor)))
                .set_tags(Some(tags::elb_tags(&wanted.tags)));
            let answer = aws.elb.ask("CreateListener", |_| call.clone().send()).await?;
            let created = answer.listeners().first().and_then(live);
            let created = created.ok_or_else(|| AwsError::incomplete("CreateListener", "Listeners"))?;
            Ok(Live { name: wanted.name.clone(), tags: Some(wanted.tags.clone()), ..created })
        })
    }

    fn update<'a>(&'a self, aws: &'a Aws, live: &'a Live, wanted: &'a Wanted, changes: &'a [Change]) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            let mut spec = wanted.spec.clone();
            spec.extend(
                [LEADS_TO, COLOUR].iter().filter_map(|field| Some((field.to_string(), live.spec.get(*field)?.clone()))),
            );
            if changes.iter().any(|change| change.field == LEADS_TO) {
                let group = want.successor(&live.spec);
                modify(aws, &live.id, forward(group)).await?;
                spec.insert(LEADS_TO.into(), json!(group));
            }
            if changes.iter().any(|change| SECURITY.contains(&change.field.as_str())) {
                secure(aws, &live.id, &want).await?;
            }
            Ok(Live { spec, ..live.clone() })
        })
    }

    /// The targets of a group are checked only once a listener leads there, so the new group first gets none of the requests beside
    /// the old one, which gets all.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html>
    fn prepare<'a>(
        &'a self,
        aws: &'a Aws,
        live: &'a Live,
        wanted: &'a Wanted,
        _changes: &'a [Change],
    ) -> Task<'a, bool> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            let new = want.successor(&live.spec);
            let Some(old) = target_group(live).filter(|old| *old != new) else { return Ok(false) };
            if !Health::of(aws, old).await?.serves() || Health::of(aws, new).await?.is_empty() {
                return Ok(false);
            }
            modify(aws, &live.id, beside(old, new)).await?;
            Ok(true)
        })
    }

    fn may_take_over<'a>(&'a self, aws: &'a Aws, old: &'a Live, new: &'a Wanted) -> Task<'a, Status> {
        Box::pin(async move {
            let want: Resolved = new.typed()?;
            let new = want.successor(&old.spec);
            let Some(old) = target_group(old).filter(|old| *old != new) else { return Ok(Status::Ready) };
            // What doesn't serve has nothing to lose.
            if !Health::of(aws, old).await?.serves() {
                return Ok(Status::Ready);
            }
            Ok(Health::of(aws, new).await?.readiness())
        })
    }

    fn delete<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, ()> {
        Box::pin(async move {
            let call = aws.elb.delete_listener().listener_arn(&live.id);
            gone_is_fine(aws.elb.ask("DeleteListener", |_| call.clone().send()).await)
        })
    }

    /// AWS could change the port in place, but the deployed routes would point at a closed port until the redeployment.
    fn replaces(&self, change: &Change) -> bool {
        matches!(change.field.as_str(), "load_balancer_arn" | "port")
    }

    /// Of a pair, either is right, or both in any shares.
    fn drift(&self, wanted: &Spec, live: &Spec) -> Vec<Change> {
        let Some(green) = wanted.get("green_arn") else { return compare(wanted, live) };
        let mut wanted = wanted.clone();
        let blue = wanted.get(LEADS_TO).cloned().unwrap_or_default();
        let successor = if leads_to_green(live) { green } else { &blue };
        let is_either = |group: &Value| *group == blue || group == green;
        let is_right = match live.get(LEADS_TO) {
            Some(Value::Array(several)) => several.iter().all(is_either),
            one => one.is_some_and(is_either),
        };
        let right = if is_right { live.get(LEADS_TO) } else { Some(successor) };
        wanted.insert(LEADS_TO.into(), right.cloned().unwrap_or_default());
        compare(&wanted, live)
    }

    /// A listener made anew on the port of the old one changes nothing for the API in front of it.
    fn new_outputs(&self, wanted: &Spec, _old: Option<&Live>) -> Outputs {
        wanted.get("port").map(|port| ("port".to_string(), port.clone())).into_iter().collect()
    }

    fn tagging(&self) -> Tagging {
        Tagging::Elb
    }
}

/// The load balancers that may have listeners of the bundle: its own, the one that was handed in, and whatever leads to one of its
/// target groups, or did so when it was last looked at. A run that died while it moved from one to another has left listeners on both.
fn balancers(scope: &Scope) -> BTreeSet<String> {
    let own = scope.found_kind(load_balancer::KIND).map(|live| live.id.clone());
    let given = scope.given.get(&load_balancer::child()).cloned();
    let users =
        scope.found_kind(target_group::KIND).chain(scope.known.values().filter(|live| live.name.kind() == KIND));
    let used = users.filter_map(|live| live.spec.get("load_balancer_arn")?.as_str().map(str::to_string));
    own.chain(given).chain(used).collect()
}

/// The listener of a back end.
pub fn child(backend: &str) -> ChildName {
    ChildName::keyed(KIND, backend)
}

/// Whether a listener leads to the green group of its pair.
pub fn leads_to_green(spec: &Spec) -> bool {
    spec.get(COLOUR).is_some_and(|colour| colour == GREEN)
}

const LEADS_TO: &str = "target_group_arn";
const COLOUR: &str = "colour";
const GREEN: &str = "green";

/// Tells which group of its pair gets the requests, as far as it is known which group is which.
fn with_colour(mut live: Live, scope: &Scope) -> Live {
    let group = target_group(&live).unwrap_or_default().to_string();
    let known = scope.known.values().chain(&scope.found).find(|one| one.id == group);
    if known.is_some_and(|group| target_group::is_green(&group.name)) {
        live.spec.insert(COLOUR.into(), json!(GREEN));
    }
    live
}

#[derive(Deserialize)]
struct Resolved {
    load_balancer_arn: String,
    port: i64,
    target_group_arn: String,
    green_arn: Option<String>,
    protocol: String,
    certificate_arn: Option<String>,
    ssl_policy: Option<String>,
    alpn_policy: Option<String>,
}

/// The properties that go to AWS together.
const SECURITY: [&str; 4] = ["protocol", "certificate_arn", "ssl_policy", "alpn_policy"];

impl Resolved {
    /// The group that takes over from the one to which a listener leads: of a pair, that of the same colour.
    fn successor(&self, old: &Spec) -> &str {
        let green = self.green_arn.as_deref().filter(|_| leads_to_green(old));
        green.unwrap_or(&self.target_group_arn)
    }

    fn certificates(&self) -> Option<Vec<Certificate>> {
        let arn = self.certificate_arn.as_ref()?;
        Some(vec![Certificate::builder().certificate_arn(arn).build()])
    }
}

fn forward(target_group: &str) -> Action {
    Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(target_group).build()
}

/// All requests to the old group, none yet to the new one.
fn beside(old: &str, new: &str) -> Action {
    let group = |arn: &str, weight| TargetGroupTuple::builder().target_group_arn(arn).weight(weight).build();
    let groups = ForwardActionConfig::builder().target_groups(group(old, 1)).target_groups(group(new, 0)).build();
    Action::builder().r#type(ActionTypeEnum::Forward).forward_config(groups).build()
}

/// A port of a load balancer that somebody listens on.
pub struct Port {
    /// The port.
    pub number: i64,
    /// The ARN of the listener.
    pub listener: String,
    /// The ARNs of its target groups.
    pub leads_to: Vec<String>,
}

/// The ports of a load balancer that are taken, by whomever.
pub async fn ports(aws: &Aws, balancer: &str) -> Result<Vec<Port>, AwsError> {
    let port = |listener: &Found| {
        let groups = target_groups(listener);
        let all = groups.as_array().map_or(std::slice::from_ref(&groups), Vec::as_slice);
        Some(Port {
            number: listener.port()?.into(),
            listener: listener.listener_arn()?.to_string(),
            leads_to: all.iter().filter_map(|arn| arn.as_str().map(str::to_string)).collect(),
        })
    };
    Ok(list(aws, balancer).await?.iter().filter_map(port).collect())
}

async fn list(aws: &Aws, balancer: &str) -> Result<Vec<Found>, AwsError> {
    let call = aws.elb.describe_listeners().load_balancer_arn(balancer);
    let pages = |_: &_| call.clone().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    aws.elb.ask("DescribeListeners", pages).await
}

async fn modify(aws: &Aws, listener: &str, action: Action) -> Result<(), AwsError> {
    let call = aws.elb.modify_listener().listener_arn(listener).default_actions(action);
    aws.elb.ask("ModifyListener", |_| call.clone().send()).await.map(drop)
}

async fn secure(aws: &Aws, listener: &str, want: &Resolved) -> Result<(), AwsError> {
    let call = aws
        .elb
        .modify_listener()
        .listener_arn(listener)
        .protocol(ProtocolEnum::from(want.protocol.as_str()))
        .set_certificates(want.certificates())
        .set_ssl_policy(want.ssl_policy.clone())
        .set_alpn_policy(want.alpn_policy.clone().map(|policy| vec![policy]));
    aws.elb.ask("ModifyListener", |_| call.clone().send()).await.map(drop)
}

/// The group that gets the requests.
fn target_group(live: &Live) -> Option<&str> {
    match live.spec.get("target_group_arn")? {
        Value::String(arn) => Some(arn),
        several => several.get(0)?.as_str(),
    }
}

/// The groups of a listener: one, or all of several, of which the first gets the most.
fn target_groups(listener: &Found) -> Value {
    let Some(action) = listener.default_actions().first() else { return Value::Null };
    let mut several: Vec<_> = action.forward_config().map(|config| config.target_groups()).unwrap_or_default().to_vec();
    several.sort_by_key(|group| std::cmp::Reverse(group.weight()));
    match several.as_slice() {
        [] | [_] => json!(action.target_group_arn().or(several.first().and_then(|group| group.target_group_arn()))),
        several => several.iter().map(|group| json!(group.target_group_arn())).collect(),
    }
}

fn live(listener: &Found) -> Option<Live> {
    let arn = listener.listener_arn()?.to_string();
    let is_tls = listener.protocol() == Some(&ProtocolEnum::Tls);
    let alpn = listener.alpn_policy().first().map_or(NO_ALPN, String::as_str);
    Some(Live {
        name: ChildName::single(KIND),
        spec: spec(&json!({
            "load_balancer_arn": listener.load_balancer_arn(),
            "port": listener.port(),
            "target_group_arn": target_groups(listener),
            "protocol": listener.protocol().map(ProtocolEnum::as_str),
            "certificate_arn": listener.certificates().first().and_then(|certificate| certificate.certificate_arn()),
            "ssl_policy": listener.ssl_policy(),
            "alpn_policy": is_tls.then_some(alpn),
        })),
        outputs: [("arn".to_string(), json!(arn)), ("port".to_string(), json!(listener.port()))].into(),
        id: arn,
        tags: None,
        status: Status::Ready,
        created: 0,
    })
}
