//! The health of a target group's targets: whether it serves, and whether it may begin to.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html>

use aws_sdk_elasticloadbalancingv2::types::{TargetHealthDescription, TargetHealthStateEnum as State};

use crate::aws::{Aws, AwsError};
use crate::child::Status;

/// What is wrong with targets that AWS will never check.
pub const NO_ZONE: &str = "none of its targets lies in a zone of the load balancer";

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

    /// Ready once a target is healthy, or where none is registered for which one could wait. Targets that AWS will never check because
    /// they lie in none of the load balancer's zones are not worth a wait.
    pub fn readiness(&self) -> Status {
        if self.serves() || self.is_empty() {
            return Status::Ready;
        }
        if self.registered().all(|(_, one)| lies_elsewhere(one)) {
            let targets: Vec<String> = self.registered().map(|(target, _)| target).collect();
            let targets = targets.join(", ");
            return Status::Failed(format!(
                "{NO_ZONE} ({targets}), so it would send nothing to them; give the load balancer a subnet in their zone, in \
                 `subnet_ids` or `load_balancer.subnet_ids`, or name a target that lies in one of its zones"
            ));
        }
        let said = self.registered().find_map(|(target, one)| {
            let health = one.target_health()?;
            let reason = health.reason().map_or("no reason given", |reason| reason.as_str());
            Some(format!("{target} is {} ({reason})", health.state()?.as_str()))
        });
        Status::Pending(format!("without a healthy target: {}", said.unwrap_or_else(|| "AWS doesn't say why".into())))
    }
}

/// AWS has one reason for this and for groups that no listener leads to; only its words tell which.
fn lies_elsewhere(one: &TargetHealthDescription) -> bool {
    let described = one.target_health().and_then(|health| health.description());
    state(one) == Some(&State::Unused) && described.is_some_and(|text| text.contains("Availability Zone"))
}

fn state(one: &TargetHealthDescription) -> Option<&State> {
    one.target_health()?.state()
}
