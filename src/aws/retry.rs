//! Which failures pass by themselves, and how long to hope: one table, for every call to AWS.
//!
//! The SDK's own retries are off. Here a wait ends with Terraform's interrupt and with `timeouts`, which the SDK doesn't know, and
//! what may not be repeated is known by its operation.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{AwsError, Dice, ErrorKind};

/// What ends a pause between two attempts early.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Terraform's wish to stop.
    pub cancel: CancellationToken,
    /// When the whole operation must be over.
    pub deadline: Instant,
}

tokio::task_local! {
    /// The bounds of the operation in progress; without any, only the table bounds a retry.
    pub static BOUNDS: Bounds;
}

/// Between two attempts. The conditions of the table take seconds to minutes to pass; sooner would only cost calls.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Creations that make a second object, or fail on the first one, when they are repeated: AWS knows no token for them, or their names
/// aren't unique. After an unclear answer the engine looks for what they have made.
const NEVER_REPEATED_BLINDLY: [&str; 6] =
    ["CreateSecurityGroup", "CreateVpcEndpoint", "CreateVpcLink", "CreateRestApi", "CreateDeployment", "CreateStage"];

/// What takes a security group that may have been made a moment ago.
const USERS_OF_GROUPS: [&str; 6] = [
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "CreateVpcEndpoint",
    "ModifyVpcEndpoint",
    "CreateLoadBalancer",
    "SetSecurityGroups",
];

/// How long a failure of an operation is worth repeating. Sources: the waits of hashicorp/aws (15 minutes for a security group
/// whose interfaces linger, minutes for a load balancer that a link has just left) and AWS's control-plane quotas
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>.
fn limit(operation: &str, error: &AwsError) -> Option<Duration> {
    let minutes = |minutes: u64| Some(Duration::from_secs(60 * minutes));
    match (operation, error.kind) {
        ("DeleteSecurityGroup", ErrorKind::Busy) => minutes(15),
        ("DeleteLoadBalancer" | "DeleteVpcLink", ErrorKind::Busy) => minutes(5),
        // A bucket of one call in thirty seconds may have other users; twenty of them are ten minutes.
        ("DeleteRestApi", ErrorKind::Throttled) => minutes(10),
        // EC2 may not know a new group everywhere yet; hashicorp/aws allows two minutes.
        (_, ErrorKind::NotFound) if USERS_OF_GROUPS.contains(&operation) && error.code.contains("Group") => minutes(2),
        // A role that was made a moment ago isn't known everywhere yet; IAM takes up to two minutes.
        // <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
        ("PutRestApi", ErrorKind::Invalid) if error.message.contains("Principals are valid") => minutes(2),
        (_, ErrorKind::Throttled) => minutes(5),
        (_, ErrorKind::Busy) => minutes(2),
        (_, ErrorKind::Ambiguous) if !NEVER_REPEATED_BLINDLY.contains(&operation) => minutes(2),
        _ => None,
    }
}

/// How often a call is made at most where it is throttled or gets no answer; what is busy is bounded by time alone.
#[derive(Clone, Debug)]
pub struct Attempts {
    /// The provider's `max_retries`, and the first attempt.
    pub most: u32,
    /// Spreads the repetitions of many that failed together.
    pub dice: Dice,
}

impl Attempts {
    /// Makes a call, and again as the table says.
    pub async fn make<T, F, Fut>(&self, operation: &str, mut call: F) -> Result<T, AwsError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, AwsError>>,
    {
        let start = Instant::now();
        let (mut pause, mut made) = (FIRST_PAUSE, 0);
        loop {
            let error = match call().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            made += 1;
            let Some(limit) = limit(operation, &error) else { return Err(error.after(made, start.elapsed())) };
            let is_spent = made >= self.most && error.kind != ErrorKind::Busy;
            let wait = self.dice.part_of(pause);
            if is_spent || Instant::now() + wait > start + limit {
                return Err(error.after(made, start.elapsed()));
            }
            if !sleep(wait).await {
                let error = error.after(made, start.elapsed());
                return Err(if is_interrupted() { error } else { error.because(OUT_OF_TIME) });
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Why a call isn't repeated that would be worth it.
const OUT_OF_TIME: &str = "there is no time left for another, unless you raise `timeouts`";

fn is_interrupted() -> bool {
    BOUNDS.try_with(|bounds| bounds.cancel.is_cancelled()).unwrap_or(false)
}

/// Sleeps, unless the bounds of the operation in progress end first; says whether it slept to the end.
pub async fn sleep(pause: Duration) -> bool {
    if pause.is_zero() {
        return true;
    }
    let Ok(bounds) = BOUNDS.try_with(Clone::clone) else {
        tokio::time::sleep(pause).await;
        return true;
    };
    let end = Instant::now() + pause;
    if end > bounds.deadline {
        return false;
    }
    tokio::select! {
        biased;
        () = bounds.cancel.cancelled() => false,
        () = tokio::time::sleep_until(end) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn error(kind: ErrorKind) -> AwsError {
        AwsError { kind, ..AwsError::internal("x") }
    }

    /// How many attempts an operation gets, and how long they take.
    async fn attempts(operation: &str, kind: ErrorKind, most: u32) -> (u32, u64) {
        let (calls, start) = (Cell::new(0), Instant::now());
        let attempts = Attempts { most, dice: Dice::seeded(1) };
        let call = || {
            calls.set(calls.get() + 1);
            async { Err::<(), _>(error(kind)) }
        };
        assert!(attempts.make(operation, call).await.is_err());
        (calls.get(), start.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_security_group_is_worth_a_quarter_of_an_hour() {
        let (_, seconds) = attempts("DeleteSecurityGroup", ErrorKind::Busy, 3).await;
        assert!((880..=900).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupt_ends_a_retry_at_once() {
        let cancel = CancellationToken::new();
        let bounds = Bounds { cancel: cancel.clone(), deadline: Instant::now() + Duration::from_secs(3600) };
        let stop = async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            cancel.cancel();
        };
        let retry = BOUNDS.scope(bounds, attempts("DeleteSecurityGroup", ErrorKind::Busy, 3));
        let ((_, seconds), ()) = tokio::join!(retry, stop);
        assert_eq!(seconds, 30);
    }

    #[tokio::test(start_paused = true)]
    async fn an_unclear_creation_is_never_repeated_blindly_and_a_read_is() {
        for operation in NEVER_REPEATED_BLINDLY {
            assert_eq!(attempts(operation, ErrorKind::Ambiguous, 25).await, (1, 0), "{operation}");
        }
        assert!(attempts("GetRestApi", ErrorKind::Ambiguous, 25).await.0 > 10);
        assert_eq!(attempts("GetRestApi", ErrorKind::Ambiguous, 3).await.0, 3, "`max_retries` counts");
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_pass_by_itself_is_told_at_once() {
        for kind in [ErrorKind::Quota, ErrorKind::Denied, ErrorKind::Invalid, ErrorKind::NotFound, ErrorKind::Internal]
        {
            assert_eq!(attempts("CreateVpcLink", kind, 25).await, (1, 0), "{kind:?}");
        }
    }
}
