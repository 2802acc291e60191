//! Listeners: one port of the load balancer for each back end.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html>

use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, Listener as Found, ProtocolEnum};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::{Aws, AwsError, Named, gone_is_fine, tags};
use crate::child::{Change, ChildName, Input, Kind, Live, Scope, Status, Tagging, Task, Wanted, spec};

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
}

/// See [`KIND`].
pub struct ListenerKind;

impl Kind for ListenerKind {
    fn name(&self) -> &'static str {
        KIND
    }

    fn observe<'a>(&'a self, aws: &'a Aws, scope: &'a Scope) -> Task<'a, Vec<Live>> {
        Box::pin(async move {
            let mut found = Vec::new();
            for balancer in scope.found_kind(super::load_balancer::KIND) {
                let pages =
                    aws.elb.describe_listeners().load_balancer_arn(&balancer.id).into_paginator().items().send();
                let listeners = pages.collect::<Result<Vec<_>, _>>().await.named("DescribeListeners")?;
                found.extend(listeners.iter().filter_map(live));
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
                .protocol(ProtocolEnum::Tcp)
                .port(i32::try_from(want.port).unwrap_or(i32::MAX))
                .default_actions(forward(&want.target_group_arn))
                .set_tags(Some(tags::elb_tags(&wanted.tags)));
            let answer = call.send().await.named("CreateListener")?;
            let created = answer.listeners().first().and_then(live);
            let created = created.ok_or_else(|| AwsError::incomplete("CreateListener", "Listeners"))?;
            Ok(Live { name: wanted.name.clone(), tags: Some(wanted.tags.clone()), ..created })
        })
    }

    fn update<'a>(
        &'a self,
        aws: &'a Aws,
        live: &'a Live,
        wanted: &'a Wanted,
        _changes: &'a [Change],
    ) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            let call =
                aws.elb.modify_listener().listener_arn(&live.id).default_actions(forward(&want.target_group_arn));
            call.send().await.named("ModifyListener")?;
            Ok(Live { spec: wanted.spec.clone(), ..live.clone() })
        })
    }

    fn delete<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, ()> {
        Box::pin(async move {
            gone_is_fine(aws.elb.delete_listener().listener_arn(&live.id).send().await.named("DeleteListener"))
        })
    }

    /// AWS could change the port in place, but the deployed routes would point at a closed port until the redeployment.
    fn replaces(&self, change: &Change) -> bool {
        matches!(change.field.as_str(), "load_balancer_arn" | "port")
    }

    fn tagging(&self) -> Tagging {
        Tagging::Elb
    }
}

/// The listener of a back end.
pub fn child(backend: &str) -> ChildName {
    ChildName::keyed(KIND, backend)
}

#[derive(Deserialize)]
struct Resolved {
    load_balancer_arn: String,
    port: i64,
    target_group_arn: String,
}

fn forward(target_group: &str) -> Action {
    Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(target_group).build()
}

fn live(listener: &Found) -> Option<Live> {
    let arn = listener.listener_arn()?.to_string();
    let target_group = listener.default_actions().first().and_then(|action| action.target_group_arn());
    Some(Live {
        name: ChildName::single(KIND),
        spec: spec(&json!({
            "load_balancer_arn": listener.load_balancer_arn(),
            "port": listener.port(),
            "target_group_arn": target_group,
        })),
        outputs: [("arn".to_string(), json!(arn)), ("port".to_string(), json!(listener.port()))].into(),
        id: arn,
        tags: None,
        status: Status::Ready,
        created: 0,
    })
}
