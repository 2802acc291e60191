//! The health of a target group's targets: whether it serves, and whether it may begin to.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html>

use aws_sdk_elasticloadbalancingv2::types::{TargetHealthDescription, TargetHealthStateEnum as State};

use crate::aws::{Aws, AwsError};
use crate::child::Status;

/// What AWS says of the targets of one group, at one moment.
pub struct Health(Vec<TargetHealthDescription>);

impl Health {
    /// Asks AWS. A group that is gone has no targets.
    pub async fn of(aws: &Aws, group: &str) -> Result<Self, AwsError> {
        let ask =
            |elb: &aws_sdk_elasticloadbalancingv2::Client| elb.describe_target_health().target_group_arn(group).send();
        match aws.elb.ask("DescribeTargetHealth", ask).await {
            Ok(answer) => Ok(Self(answer.target_health_descriptions.unwrap_or_default())),
            Err(error) if error.is_not_found() => Ok(Self(Vec::new())),
            Err(error) => Err(error),
        }
    }

    /// The registered targets, as `id:port`; those that are leaving aren't registered any more.
    pub fn registered(&self) -> impl Iterator<Item = (String, &TargetHealthDescription)> {
        let registered = self.0.iter().filter(|one| state(one) != Some(&State::Draining));
        registered.filter_map(|one| {
            let target = one.target()?;
            Some((format!("{}:{}", target.id()?, target.port()?), one))
        })
    }

    /// Whether nothing is registered.
    pub fn is_empty(&self) -> bool {
        self.registered().next().is_none()
    }

    /// Whether a target is healthy.
    pub fn serves(&self) -> bool {
        self.registered().any(|(_, one)| state(one) == Some(&State::Healthy))
    }

    /// The same for some of the targets only.
    pub fn of_targets(self, wanted: &[String]) -> Self {
        let Self(all) = self;
        let is_wanted = |one: &TargetHealthDescription| {
            let target = one.target().and_then(|target| Some(format!("{}:{}", target.id()?, target.port()?)));
            target.is_some_and(|target| wanted.contains(&target))
        };
        Self(all.into_iter().filter(is_wanted).collect())
    }

    /// Ready once a target is healthy, or where none is registered for which one could wait.
    pub fn readiness(&self) -> Status {
        if self.serves() || self.is_empty() {
            return Status::Ready;
        }
        let said = self.registered().find_map(|(target, one)| {
            let health = one.target_health()?;
            let reason = health.reason().map_or("no reason given", |reason| reason.as_str());
            Some(format!("{target} is {} ({reason})", health.state()?.as_str()))
        });
        Status::Pending(format!("without a healthy target: {}", said.unwrap_or_else(|| "AWS doesn't say why".into())))
    }
}

fn state(one: &TargetHealthDescription) -> Option<&State> {
    one.target_health()?.state()
}
