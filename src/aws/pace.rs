//! Our side of AWS's request rates: a call waits for its turn here, so that AWS hardly ever has to refuse one.
//!
//! Everything in the process that uses one [`Pace`] shares its buckets. Sources: "Amazon API Gateway quotas"
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>), "Request throttling for the Amazon EC2 API"
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>) and "Request throttling for the ELB API"
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html>).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{AwsError, retry};

/// Whose buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// API Gateway counts a few operations apart, and all together.
    ApiGateway,
    /// EC2 counts each operation apart.
    Ec2,
    /// Elastic Load Balancing counts kinds of operations, and all together.
    Elb,
}

/// Token buckets, full at the start, each with a line of those who wait.
#[derive(Debug, Default)]
pub struct Pace(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    /// How many tickets were drawn.
    tickets: u64,
    buckets: BTreeMap<Key, Bucket>,
}

type Key = (Service, &'static str);

/// The lower one comes first: what has a narrow rate of its own, so that none of that is lost in a line for the total, and then whoever
/// was first. All narrow rates of a service together are below its total, so the others get their turns.
type Ticket = (bool, u64);

#[derive(Clone, Debug)]
struct Bucket {
    tokens: f64,
    since: Instant,
    /// The tickets of those who wait for a token of it.
    line: BTreeSet<Ticket>,
}

/// AWS counts a call when it arrives, and one may travel faster than the one before. What takes the last token of a bucket goes out this
/// much later, so those arrive as far apart as they should.
const MARGIN: Duration = Duration::from_millis(25);

/// What a bucket holds, and how many tokens it gains in a second.
#[derive(Clone, Copy, Debug)]
struct Quota {
    bucket: &'static str,
    burst: f64,
    rate: f64,
}

impl Pace {
    /// Waits for a call's turn, but not beyond the bounds of the run. Says how long it took.
    ///
    /// It is waited for before the request is made: a queue may be longer than a signature is valid. Tokens are taken when the call goes
    /// out: one that had taken a token of a narrow rate and then waited for the total would go out together with those behind it.
    pub async fn turn(&self, service: Service, operation: &'static str, polling: bool) -> Result<Duration, AwsError> {
        let start = Instant::now();
        let place = self.queue(service, operation, polling);
        loop {
            let wait = match place.step(Instant::now()) {
                Step::Go => return Ok(start.elapsed()),
                // The token is taken, so an interrupt only loses the margin.
                Step::GoLater => {
                    retry::sleep(MARGIN).await;
                    return Ok(start.elapsed());
                }
                Step::Wait(wait) => wait,
            };
            if !retry::sleep(wait).await {
                let why = format!(
                    "its turn for {operation} in AWS's quota would have come in {} s, which is after an interrupt or the end of `timeouts`",
                    wait.as_secs()
                );
                return Err(AwsError::internal(why));
            }
        }
    }

    /// AWS refused a call for its rate: others use the same quota, and the bucket is emptier than it was thought to be.
    pub fn refused(&self, service: Service, operation: &'static str) {
        let mut lines = self.lock();
        for quota in quotas(service, operation, false) {
            if let Some(bucket) = lines.buckets.get_mut(&(service, quota.bucket)) {
                bucket.tokens = bucket.tokens.min(0.0);
            }
        }
    }

    fn queue(&self, service: Service, operation: &'static str, polling: bool) -> Place<'_> {
        let mut lines = self.lock();
        lines.tickets += 1;
        let is_wide = polling || total(service).is_some_and(|total| own(service, operation).rate >= total.rate);
        Place { pace: self, service, quotas: quotas(service, operation, polling), ticket: (is_wide, lines.tickets) }
    }

    /// A panic while it is held can't leave half a bucket.
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody's place in the lines of the buckets that a call needs; it is given up when this is dropped.
struct Place<'a> {
    pace: &'a Pace,
    service: Service,
    quotas: Vec<Quota>,
    ticket: Ticket,
}

/// What to do next about a turn.
enum Step {
    /// It has come.
    Go,
    /// It has come, with a last token.
    GoLater,
    /// It doesn't come before that.
    Wait(Duration),
}

impl Place<'_> {
    /// Takes a token of each bucket, if each has one that nobody else waits for. The wider bucket comes last, and who still waits for a
    /// narrow one has no place in its line.
    fn step(&self, now: Instant) -> Step {
        let mut lines = self.pace.lock();
        for quota in &self.quotas {
            let full = Bucket { tokens: quota.burst, since: now, line: BTreeSet::new() };
            let bucket = lines.buckets.entry((self.service, quota.bucket)).or_insert(full);
            let gained = now.duration_since(bucket.since).as_secs_f64() * quota.rate;
            (bucket.tokens, bucket.since) = ((bucket.tokens + gained).min(quota.burst), now);
            bucket.line.insert(self.ticket);
            let missing = bucket.line.range(..self.ticket).count() as f64 + 1.0 - bucket.tokens;
            // A nanosecond more than nothing, or rounding would ask for ever.
            if missing > ALMOST {
                return Step::Wait(Duration::from_secs_f64(missing / quota.rate) + Duration::from_nanos(1));
            }
        }
        let mut step = Step::Go;
        for quota in &self.quotas {
            if let Some(bucket) = lines.buckets.get_mut(&(self.service, quota.bucket)) {
                bucket.tokens -= 1.0;
                // Whoever comes during the margin must not count it as still waiting.
                bucket.line.remove(&self.ticket);
                if bucket.tokens < 1.0 {
                    step = Step::GoLater;
                }
            }
        }
        step
    }
}

/// Thirty times a thirtieth may be a little less than one.
const ALMOST: f64 = 1e-6;

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut lines = self.pace.lock();
        for quota in &self.quotas {
            if let Some(bucket) = lines.buckets.get_mut(&(self.service, quota.bucket)) {
                bucket.line.remove(&self.ticket);
            }
        }
    }
}

/// The buckets that a call takes a token of, the narrower ones first.
fn quotas(service: Service, operation: &'static str, polling: bool) -> Vec<Quota> {
    // A poll can wait, work can't: polls leave half of what all calls share to the others, and stand in no line with them before that.
    let polls = |total: Quota| Quota { bucket: "polls", burst: total.burst / 2.0, rate: total.rate / 2.0 };
    let polls = total(service).filter(|_| polling).map(polls);
    polls.into_iter().chain([own(service, operation)]).chain(total(service)).collect()
}

fn own(service: Service, operation: &'static str) -> Quota {
    let is_read = operation.starts_with("Describe") || operation.starts_with("Get");
    let quota = |bucket, burst, rate| Quota { bucket, burst, rate };
    match (service, operation) {
        (Service::ApiGateway, "CreateRestApi") => quota(operation, 1.0, 1.0 / 3.0),
        (Service::ApiGateway, "DeleteRestApi") => quota(operation, 1.0, 1.0 / 30.0),
        (Service::ApiGateway, "PutRestApi") => quota(operation, 1.0, 1.0),
        (Service::ApiGateway, "CreateDeployment") => quota(operation, 1.0, 1.0 / 5.0),
        (Service::ApiGateway, "GetResources") => quota(operation, 5.0, 2.5),
        // No quota but the total.
        (Service::ApiGateway, _) => quota(operation, 40.0, 10.0),
        (Service::Ec2, "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints") => quota(operation, 4.0, 0.3),
        (Service::Ec2, _) if is_read => quota(operation, 100.0, 20.0),
        (Service::Ec2, _) => quota(operation, 50.0, 5.0),
        (Service::Elb, "CreateLoadBalancer" | "SetSubnets") => quota("resource-intensive", 10.0, 0.2),
        (Service::Elb, "RegisterTargets" | "DeregisterTargets") => quota("registration", 20.0, 4.0),
        (Service::Elb, _) if is_read => quota("non-mutating", 40.0, 10.0),
        (Service::Elb, _) => quota("mutating", 20.0, 3.0),
    }
}

fn total(service: Service) -> Option<Quota> {
    let total = Quota { bucket: "total", burst: 40.0, rate: 10.0 };
    (service != Service::Ec2).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn apis_are_deleted_one_in_thirty_seconds_and_the_first_at_once() {
        let pace = Pace::default();
        let start = Instant::now();
        for _ in 0..3 {
            pace.turn(Service::ApiGateway, "DeleteRestApi", false).await.unwrap();
        }
        assert_eq!(start.elapsed().as_secs(), 60);
        pace.turn(Service::ApiGateway, "GetRestApi", false).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn polls_leave_half_of_the_total_to_the_others() {
        let pace = Pace::default();
        let start = Instant::now();
        for _ in 0..70 {
            pace.turn(Service::ApiGateway, "GetVpcLink", true).await.unwrap();
        }
        assert_eq!(start.elapsed().as_secs(), 10, "twenty at once and then five in a second");
        pace.turn(Service::ApiGateway, "CreateVpcLink", false).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 10, "work goes ahead");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_empties_the_bucket() {
        let pace = Pace::default();
        pace.turn(Service::Ec2, "CreateSecurityGroup", false).await.unwrap();
        pace.refused(Service::Ec2, "CreateSecurityGroup");
        let start = Instant::now();
        pace.turn(Service::Ec2, "CreateSecurityGroup", false).await.unwrap();
        let waited = start.elapsed();
        assert!(waited >= Duration::from_millis(200) && waited <= Duration::from_millis(205) + MARGIN, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_narrow_rate_is_kept_even_where_the_total_holds_calls_up() {
        let pace = Pace::default();
        let start = Instant::now();
        let turn = async |operation: &'static str| {
            pace.turn(Service::ApiGateway, operation, false).await.unwrap();
            (operation, start.elapsed().as_secs_f64())
        };
        let calls = (0..200).map(|number| turn(if number < 160 { "GetVpcLinks" } else { "GetResources" }));
        let mut sent: Vec<_> = futures::future::join_all(calls).await;
        assert!(sent.iter().all(|(_, at)| *at < 17.0), "the total is used to the full");
        sent.retain(|(operation, _)| *operation == "GetResources");
        for (first, (_, from)) in sent.iter().enumerate() {
            for (more, (_, to)) in sent.iter().skip(first).enumerate() {
                let count = (more + 1) as f64;
                assert!(count <= 5.0 + (to - from) * 2.5 + 0.05, "{count} from {from} to {to}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_second_of_two_at_once_waits_for_one_token_only() {
        let pace = Pace::default();
        let start = Instant::now();
        let turn = || pace.turn(Service::ApiGateway, "DeleteRestApi", false);
        let (first, second) = tokio::join!(turn(), turn());
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_is_not_waited_for_is_left_to_the_next() {
        let pace = Pace::default();
        let start = Instant::now();
        pace.turn(Service::ApiGateway, "DeleteRestApi", false).await.unwrap();
        let impatient =
            tokio::time::timeout(Duration::from_secs(1), pace.turn(Service::ApiGateway, "DeleteRestApi", false));
        assert!(impatient.await.is_err());
        pace.turn(Service::ApiGateway, "DeleteRestApi", false).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 30);
    }
}
