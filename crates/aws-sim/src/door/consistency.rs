//! What AWS shows late: reads of a copy that lags behind, and writes that get into each other's way.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Time;
use crate::error::{Failure, conflict, fail};
use crate::protocol::{Call, Input, Service};
use crate::query::Params;
use crate::state::Region;

/// How soon the effects of a call can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Consistency {
    /// At once.
    #[default]
    Immediate,
    /// After a while: what EC2 describes and what others list lags behind by seconds, new things of EC2 are not found at
    /// first, and a write keeps its REST API busy.
    Lagging,
}

/// The shortest and the longest that a read lags behind (unverified). EC2's page on eventual consistency and its list of
/// error codes promise no number; Terraform's AWS provider waits up to two minutes.
const LAG: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// How long a service works on a write of a REST API or of tags (unverified); another write meanwhile is refused.
pub const WRITE: Duration = Duration::from_millis(200);

/// How many states of the past are kept; with more writes in the time of a lag, reads lag less.
const KEPT: usize = 64;

/// Lists of the other services that lag; EC2's all do. Terraform's AWS provider waits for new balancers and target groups
/// to turn up (its files `load_balancer.go` and `target_group.go`); the lists of API Gateway are unverified.
const LATE: [&str; 4] = ["DescribeLoadBalancers", "DescribeTargetGroups", "GetRestApis", "GetVpcLinks"];

/// What a write may run into because the service looks at its own late copy: operation, and a part of the message. Seen in
/// hashicorp/terraform-provider-aws and CloudFormation, which repeat these; the cause is unverified.
const MISLED: [(&str, &str); 3] = [
    ("CreateDeployment", "doesn't have a resource policy attached"),
    ("DeleteDeployment", "Active stages pointing"),
    ("DeleteVpcLink", "is referenced in"),
];

/// GetVpcLink tells a link that is going as it was (Terraform's AWS provider takes AVAILABLE and PENDING for what comes
/// before the end, in its file `apigateway/wait.go`).
fn is_going(call: &Call, region: &Region) -> bool {
    let Input::Rest(rest) = &call.input else { return false };
    call.operation == "GetVpcLink" && region.links.get(rest.label(0)).is_some_and(|link| link.gone_at.is_some())
}

/// May this state of the past be shown? A link is never unknown before it is gone.
pub fn knows(call: &Call, before: &Region) -> bool {
    match &call.input {
        Input::Rest(rest) if call.operation == "GetVpcLink" => before.links.contains_key(rest.label(0)),
        _ => true,
    }
}

/// How far a call lags behind. Every operation has its own lag, which follows from the seed; so things turn up, and vanish,
/// once for each operation.
pub fn lag(call: &Call, region: &Region) -> Option<Duration> {
    let late = call.service == Service::Ec2
        || LATE.contains(&call.operation.as_str())
        || is_misled(call)
        || is_going(call, region);
    let (least, most) = LAG;
    let more = region.ids.spread(&format!("lag/{}", call.operation), (most - least).as_millis() as u32);
    late.then(|| least + Duration::from_millis(u64::from(more)))
}

/// Does this answer of the late copy count, although the truth may be another?
pub fn stands(call: &Call, failure: &Failure) -> bool {
    let misled = |(operation, part): &(&str, &str)| *operation == call.operation && failure.message.contains(part);
    match call.service {
        // The error codes of EC2 say of these that the thing may be too new.
        Service::Ec2 => failure.code.ends_with(".NotFound") && failure.code != "InvalidPermission.NotFound",
        _ => MISLED.iter().any(misled),
    }
}

/// What a call writes where AWS refuses a second write before the first is done: a REST API, or the tags of something.
pub fn written(call: &Call) -> Vec<String> {
    match &call.input {
        Input::Rest(rest) => rest.written_api().map(str::to_owned).into_iter().collect(),
        Input::Query(tree) if is_tagging(call) => Params(tree).texts("ResourceId"),
        Input::Query(_) => Vec::new(),
    }
}

/// The refusal of such a second write. That of API Gateway was recorded in hashicorp/terraform-provider-aws
/// (`internal/service/apigateway/service_package.go`) and by LocalStack; that of EC2 is among its error codes, the text
/// unverified.
pub fn concurrent(call: &Call) -> Failure {
    if is_tagging(call) {
        let message = "You can't run simultaneous commands to modify a tag for a specific resource.";
        return fail("ConcurrentTagAccess", message);
    }
    conflict("Unable to complete operation due to concurrent modification. Please try again later.")
}

fn is_tagging(call: &Call) -> bool {
    call.service == Service::Ec2 && ["CreateTags", "DeleteTags"].contains(&call.operation.as_str())
}

/// States that a region was in, each until a moment.
#[derive(Debug, Default)]
pub struct History(VecDeque<(Time, Region)>);

impl History {
    /// Keeps a state that ends now, and forgets those that ended before `oldest`.
    pub fn keep(&mut self, region: &Region, now: Time, oldest: Time) {
        while self.0.front().is_some_and(|(until, _)| *until < oldest) || self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back((now, region.clone()));
    }

    /// The state at a moment, or before everything; nothing if it has not changed since.
    pub fn at(&mut self, time: Option<Time>) -> Option<&mut Region> {
        let lasted = |until: Time| time.is_none_or(|time| until > time);
        self.0.iter_mut().find(|(until, _)| lasted(*until)).map(|(_, region)| region)
    }
}

fn is_misled(call: &Call) -> bool {
    MISLED.iter().any(|(operation, _)| *operation == call.operation)
}

/// The longest lag.
pub fn longest_lag() -> Duration {
    LAG.1
}
