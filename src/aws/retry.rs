//! Which failures pass by themselves, and how long to hope: one table.
//!
//! The SDK repeats what is safe to repeat (throttling, broken connections). This table adds what AWS answers while something else
//! still holds an object, and takes the SDK's retries away from creations that aren't idempotent.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{AwsError, ErrorKind};

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
fn limit(error: &AwsError) -> Option<Duration> {
    let minutes = |minutes: u64| Some(Duration::from_secs(60 * minutes));
    match (error.operation.as_str(), error.kind) {
        ("DeleteSecurityGroup", ErrorKind::Busy) => minutes(15),
        ("DeleteLoadBalancer" | "DeleteVpcLink", ErrorKind::Busy) => minutes(5),
        // A bucket of one call in thirty seconds may have other users; twenty of them are ten minutes.
        ("DeleteRestApi", ErrorKind::Throttled) => minutes(10),
        // EC2 may not know a new group everywhere yet; hashicorp/aws allows two minutes.
        (operation, ErrorKind::NotFound) if USERS_OF_GROUPS.contains(&operation) && error.code.contains("Group") => {
            minutes(2)
        }
        (_, ErrorKind::Throttled) => minutes(5),
        (_, ErrorKind::Busy) => minutes(2),
        _ => None,
    }
}

/// Runs a call, and again as the table says.
pub async fn patiently<T, F, Fut>(mut call: F) -> Result<T, AwsError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, AwsError>>,
{
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let Some(limit) = limit(&error) else { return Err(error) };
        let too_long = Instant::now() + pause > start + limit;
        if too_long || !sleep(pause).await {
            return Err(error);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Sleeps, unless the bounds of the operation in progress end first; says whether it slept to the end.
pub async fn sleep(pause: Duration) -> bool {
    let Ok(bounds) = BOUNDS.try_with(Clone::clone) else {
        tokio::time::sleep(pause).await;
        return true;
    };
    let end = Instant::now() + pause;
    if end > bounds.deadline {
        return false;
    }
    tokio::select! {
        () = bounds.cancel.cancelled() => false,
        () = tokio::time::sleep_until(end) => true,
    }
}

/// Retries for an operation that may not be repeated after an ambiguous failure: none by the SDK, see [`patiently`] for the rest.
pub fn once() -> aws_smithy_types::retry::RetryConfig {
    aws_smithy_types::retry::RetryConfig::disabled()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn error(operation: &str, kind: ErrorKind) -> AwsError {
        AwsError { operation: operation.into(), kind, ..AwsError::internal("x") }
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_security_group_is_worth_a_quarter_of_an_hour() {
        let start = Instant::now();
        let result: Result<(), _> = patiently(|| async { Err(error("DeleteSecurityGroup", ErrorKind::Busy)) }).await;
        assert!(result.is_err());
        assert!((880..=900).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupt_ends_a_retry_at_once() {
        let cancel = CancellationToken::new();
        let bounds = Bounds { cancel: cancel.clone(), deadline: Instant::now() + Duration::from_secs(3600) };
        let start = Instant::now();
        let stop = async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            cancel.cancel();
        };
        let retry =
            BOUNDS.scope(bounds, patiently(|| async { Err::<(), _>(error("DeleteSecurityGroup", ErrorKind::Busy)) }));
        let (result, ()) = tokio::join!(retry, stop);
        assert!(result.is_err());
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn an_ambiguous_creation_is_never_repeated() {
        let calls = Cell::new(0);
        let result: Result<(), _> = patiently(|| {
            calls.set(calls.get() + 1);
            async { Err(error("CreateVpcLink", ErrorKind::Ambiguous)) }
        })
        .await;
        assert!(result.is_err());
        assert_eq!(calls.get(), 1);
    }
}
