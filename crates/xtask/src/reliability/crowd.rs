//! A crowd: many bundles in one apply, in one account and VPC. AWS's request rates are what is in short supply.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::acceptance::flat;
use crate::sim::{Sim, count};
use crate::terraform::Terraform;
use crate::workspace;

/// The name of the case.
pub const NAME: &str = "crowd";

/// A region has room for as many VPC links by default.
const BUNDLES: usize = 20;
/// Of each bundle.
const ROUTES: usize = 20;
/// Waits for load balancers and links are shorter by this. The simulator's rates are higher by it, too, and the provider's aren't: so
/// [`beyond`] counts once more, in our own time.
const SPEED: u32 = 4;
const ACCOUNT: &str = "123456789012";
/// The longest that it may take. It needs half of this.
const LIMIT: Duration = Duration::from_secs(420);

/// What there must be of each kind; of the groups, one more is the VPC's own.
const EACH: [&str; 8] =
    ["vpc-endpoint", "load-balancer", "target-group", "listener", "vpc-link", "rest-api", "deployment", "stage"];
/// What AWS's services answer when somebody asks too often.
const THROTTLED: [&str; 3] = ["Throttling", "RequestLimitExceeded", "TooManyRequestsException"];
/// What Terraform must not have to say.
const WORDS: [&str; 4] = ["hrottl", "Rate exceeded", "RequestLimitExceeded", "Too Many Requests"];

/// A token bucket of AWS.
struct Rate {
    service: &'static str,
    /// What counts together; nothing is all of the service.
    operations: &'static [&'static str],
    burst: f64,
    /// In a second.
    refill: f64,
}

/// AWS's rates that a creation of many meets. Sources: "Amazon API Gateway quotas"
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>), "Request throttling for the Amazon EC2 API"
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>) and "Request throttling for the ELB API"
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html>).
const RATES: [Rate; 10] = [
    Rate { service: "apigateway", operations: &["CreateRestApi"], burst: 1.0, refill: 1.0 / 3.0 },
    Rate { service: "apigateway", operations: &["PutRestApi"], burst: 1.0, refill: 1.0 },
    Rate { service: "apigateway", operations: &["CreateDeployment"], burst: 1.0, refill: 1.0 / 5.0 },
    Rate { service: "apigateway", operations: &["GetResources"], burst: 5.0, refill: 2.5 },
    Rate { service: "apigateway", operations: &[], burst: 40.0, refill: 10.0 },
    Rate { service: "elasticloadbalancing", operations: &["CreateLoadBalancer"], burst: 10.0, refill: 0.2 },
    Rate { service: "elasticloadbalancing", operations: &MUTATING, burst: 20.0, refill: 3.0 },
    Rate { service: "elasticloadbalancing", operations: &[], burst: 40.0, refill: 10.0 },
    Rate { service: "ec2", operations: &["CreateVpcEndpoint"], burst: 4.0, refill: 0.3 },
    Rate { service: "ec2", operations: &["CreateSecurityGroup"], burst: 50.0, refill: 5.0 },
];
/// What of a creation Elastic Load Balancing counts together.
const MUTATING: [&str; 5] = [
    "CreateTargetGroup",
    "CreateListener",
    "ModifyLoadBalancerAttributes",
    "ModifyTargetGroupAttributes",
    "SetSecurityGroups",
];
/// Five times a fifth may be a little less than one.
const ALMOST: f64 = 1e-6;
/// How many calls may come too soon or be refused: now and then a machine is busy just when a call should go out.
const EARLY: usize = 5;

/// Creates the crowd and looks how it went. Nothing is destroyed: AWS lets one API go in thirty seconds, and the simulator ends here.
pub async fn run(terraform: &Terraform) -> io::Result<String> {
    let sim = Sim::start_strict(&workspace::program("aws-sim")?, SPEED).await?;
    let account = sim.account(ACCOUNT).await?;
    let configuration = workspace::root().join("crates/xtask/src/reliability/crowd");
    let mut work = terraform.workdir(&configuration, NAME, account.environment(&sim))?;
    work.set("bundles", &BUNDLES.to_string());
    work.set("routes", &ROUTES.to_string());
    work.succeed(&["init", "-no-color"]).await?;
    let start = Instant::now();
    let job = work.start(&["apply", "-auto-approve", "-no-color", "-parallelism=20"])?;
    let done = job.finish(LIMIT).await?.success("apply")?;
    let seconds = start.elapsed().as_secs();
    let said = flat(&done.text());
    if let Some(word) = WORDS.into_iter().find(|word| said.contains(word)) {
        return Err(io::Error::other(format!("Terraform said {word:?}:\n{}", done.text())));
    }
    complete(&sim.objects(ACCOUNT).await?)?;
    let calls = sim.calls().await?;
    let is_throttled = |call: &&Value| call["error"].as_str().is_some_and(|code| THROTTLED.contains(&code));
    let throttled = calls.iter().filter(is_throttled).count();
    let early = beyond(&calls);
    let operations: BTreeSet<&str> = early.iter().filter_map(|call| call["operation"].as_str()).collect();
    let note = format!(
        "{BUNDLES} bundles, {} routes, {seconds} s, {} calls, {throttled} throttled, {} sooner than AWS allows",
        BUNDLES * ROUTES,
        calls.len(),
        early.len(),
    );
    if throttled + early.len() > EARLY {
        return Err(io::Error::other(format!("{note}: {operations:?}")));
    }
    Ok(note)
}

fn complete(objects: &Value) -> io::Result<()> {
    let all = EACH.into_iter().map(|kind| (kind, BUNDLES)).chain([("security-group", 2 * BUNDLES + 1)]);
    for (kind, wanted) in all {
        if count(objects, kind) != wanted {
            return Err(io::Error::other(format!("there must be {wanted} of {kind}, not {}", count(objects, kind))));
        }
    }
    Ok(())
}

/// The calls that AWS would have refused, had it been there instead. What is refused takes no token.
fn beyond(calls: &[Value]) -> Vec<&Value> {
    let mut early = Vec::new();
    // Tokens, and when they were counted.
    let mut buckets: Vec<(f64, f64)> = RATES.iter().map(|rate| (rate.burst, 0.0)).collect();
    for call in calls {
        let now = call["at_ms"].as_f64().unwrap_or_default() / 1000.0 / f64::from(SPEED);
        let mut is_early = false;
        for (bucket, rate) in buckets.iter_mut().zip(&RATES).filter(|(_, rate)| rate.counts(call)) {
            let (tokens, since) = *bucket;
            *bucket = ((tokens + (now - since) * rate.refill).min(rate.burst), now);
            is_early |= bucket.0 < 1.0 - ALMOST;
        }
        if is_early {
            early.push(call);
            continue;
        }
        for (bucket, _) in buckets.iter_mut().zip(&RATES).filter(|(_, rate)| rate.counts(call)) {
            bucket.0 -= 1.0;
        }
    }
    early
}

impl Rate {
    fn counts(&self, call: &Value) -> bool {
        let is_one = self.operations.iter().any(|operation| call["operation"] == *operation);
        call["service"] == self.service && (self.operations.is_empty() || is_one)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(second: u64) -> Value {
        let at_ms = second * 1000 * u64::from(SPEED);
        json!({"service": "apigateway", "operation": "CreateDeployment", "at_ms": at_ms})
    }

    #[test]
    fn a_call_before_its_token_is_counted() {
        assert!(beyond(&[0, 5, 10, 17].map(call)).is_empty());
        assert_eq!(beyond(&[0, 4, 10].map(call)), [&call(4)]);
    }
}
