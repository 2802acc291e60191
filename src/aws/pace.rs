//! Our side of AWS's request rates: a call waits for its turn here, so that AWS hardly ever has to refuse one.
//!
//! Everything in the process that uses one [`Pace`] shares its buckets. Sources: "Amazon API Gateway quotas"
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>), "Request throttling for the Amazon EC2 API"
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>) and "Request throttling for the ELB API"
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html>).

use std::collections::BTreeMap;
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

/// Token buckets, full at the start.
#[derive(Debug, Default)]
pub struct Pace(Mutex<BTreeMap<Key, Bucket>>);

type Key = (Service, &'static str);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Below zero, somebody waits.
    tokens: f64,
    since: Instant,
}

/// What a bucket holds, and how many tokens it gains in a second.
#[derive(Clone, Copy, Debug)]
struct Quota {
    bucket: &'static str,
    burst: f64,
    rate: f64,
}

impl Pace {
    /// Waits for a call's turn, but not beyond the bounds of the run; a turn not waited for is given back. Says how long it took.
    ///
    /// It is waited for before the request is made: a queue may be longer than a signature is valid.
    pub async fn turn(&self, service: Service, operation: &'static str, polling: bool) -> Result<Duration, AwsError> {
        let quotas = quotas(service, operation, polling);
        let wait = self.reserve(service, &quotas, Instant::now());
        if retry::sleep(wait).await {
            return Ok(wait);
        }
        let mut buckets = self.lock();
        for quota in &quotas {
            if let Some(bucket) = buckets.get_mut(&(service, quota.bucket)) {
                bucket.tokens = (bucket.tokens + 1.0).min(quota.burst);
            }
        }
        let why = format!(
            "its turn for {operation} in AWS's quota would have come in {} s, which is after an interrupt or the end of `timeouts`",
            wait.as_secs()
        );
        Err(AwsError::internal(why))
    }

    /// AWS refused a call for its rate: others use the same quota, and the bucket is emptier than it was thought to be.
    pub fn refused(&self, service: Service, operation: &'static str) {
        let mut buckets = self.lock();
        for quota in quotas(service, operation, false) {
            if let Some(bucket) = buckets.get_mut(&(service, quota.bucket)) {
                bucket.tokens = bucket.tokens.min(0.0);
            }
        }
    }

    /// Takes a token of each bucket, going into debt where there is none, and says how long until all debts are paid.
    fn reserve(&self, service: Service, quotas: &[Quota], now: Instant) -> Duration {
        let mut buckets = self.lock();
        let mut wait = Duration::ZERO;
        for quota in quotas {
            let full = Bucket { tokens: quota.burst, since: now };
            let bucket = buckets.entry((service, quota.bucket)).or_insert(full);
            let gained = now.duration_since(bucket.since).as_secs_f64() * quota.rate;
            *bucket = Bucket { tokens: (bucket.tokens + gained).min(quota.burst) - 1.0, since: now };
            wait = wait.max(Duration::from_secs_f64((-bucket.tokens).max(0.0) / quota.rate));
        }
        wait
    }

    /// A panic while it is held can't leave half a bucket.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Bucket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The buckets that a call takes a token of.
fn quotas(service: Service, operation: &'static str, polling: bool) -> Vec<Quota> {
    let mut quotas = vec![own(service, operation)];
    quotas.extend(total(service));
    // A poll can wait, work can't: polls leave half of what all calls share to the others.
    quotas.extend(total(service).filter(|_| polling).map(|total| Quota {
        bucket: "polls",
        burst: total.burst / 2.0,
        rate: total.rate / 2.0,
    }));
    quotas
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
        assert_eq!(start.elapsed().as_millis(), 200);
    }
}
