//! Waiting for AWS, in one place: every wait is bounded, can be cancelled and says what it waited for.

use std::time::Duration;

use tokio::time::Instant;

use super::Run;
use crate::aws::{AwsError, ErrorKind, door::POLLING};
use crate::child::{Kind, Live, Slow, Status};

/// Polls start soon, so that what is quick is quick, and then settle at a pace at which the wait's end is hardly overshot and
/// API Gateway's quota of ten calls a second for the whole account is hardly touched.
const FIRST_POLL: Duration = Duration::from_secs(1);
const SLOWEST_POLL: Duration = Duration::from_secs(3);
/// AWS may not find everywhere what it has just made; hashicorp/aws allows it two minutes, too.
const PROPAGATION: Duration = Duration::from_secs(120);
/// Reads of EC2 and listings of the others have been seen to be some seconds behind.
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);
/// A poll may fail for reasons of its own; more in a row than this is the wait's failure.
const TOLERATED_FAILURES: u32 = 3;

/// Gives AWS the time to show what it was just told.
pub async fn between_looks() {
    tokio::time::sleep(BETWEEN_LOOKS).await;
}

/// Waits until the child is ready. Its new status and outputs are taken over into `live`.
pub async fn ready(run: &Run<'_>, kind: &dyn Kind, live: Live) -> Result<Live, AwsError> {
    let Some(slow) = kind.slow() else { return Ok(live) };
    let mut live = live;
    let mut poll = Poll::new(run, slow.patience().ready);
    let mut was_seen = false;
    loop {
        match &live.status {
            Status::Ready => return Ok(live),
            Status::Failed(reason) => return Err(AwsError::internal(format!("AWS gave up on it: {reason}"))),
            Status::Deleting => return Err(AwsError::internal("it is being deleted by somebody else")),
            Status::Pending(state) => poll.pause(&format!("it is still {state}")).await?,
        }
        match poll.look(slow, &live).await? {
            Seen::Found(now) => {
                was_seen = true;
                live.status = now.status.clone();
                live.outputs.extend(now.outputs.clone());
            }
            Seen::Gone if was_seen || poll.start.elapsed() > PROPAGATION => {
                return Err(AwsError {
                    kind: ErrorKind::NotFound,
                    ..AwsError::internal("it vanished while it was being made")
                });
            }
            Seen::Gone | Seen::Nothing => {}
        }
    }
}

/// Waits until the child can no longer be found.
pub async fn gone(run: &Run<'_>, kind: &dyn Kind, live: &Live) -> Result<(), AwsError> {
    let Some(slow) = kind.slow() else { return Ok(()) };
    let mut poll = Poll::new(run, slow.patience().gone);
    loop {
        match poll.look(slow, live).await? {
            Seen::Gone => return Ok(()),
            // What had failed before may show that for a while after its deletion has begun.
            Seen::Found(now) => match now.status {
                Status::Failed(reason) => poll.pause(&format!("it still exists, and AWS says {reason:?}")).await?,
                _ => poll.pause("it still exists").await?,
            },
            Seen::Nothing => poll.pause("it could not be read").await?,
        }
    }
}

enum Seen {
    Found(Box<Live>),
    Gone,
    Nothing,
}

struct Poll<'a, 'r> {
    run: &'a Run<'r>,
    start: Instant,
    limit: Instant,
    pause: Duration,
    failures: u32,
}

impl<'a, 'r> Poll<'a, 'r> {
    fn new(run: &'a Run<'r>, patience: Duration) -> Self {
        let start = Instant::now();
        Self { run, start, limit: (start + patience).min(run.deadline), pause: FIRST_POLL, failures: 0 }
    }

    async fn look(&mut self, slow: &dyn Slow, live: &Live) -> Result<Seen, AwsError> {
        match POLLING.scope(true, slow.get(self.run.aws, live)).await {
            Ok(Some(now)) => {
                self.failures = 0;
                Ok(Seen::Found(Box::new(now)))
            }
            Ok(None) => Ok(Seen::Gone),
            Err(error)
                if matches!(error.kind, ErrorKind::Ambiguous | ErrorKind::Throttled)
                    && self.failures < TOLERATED_FAILURES =>
            {
                self.failures += 1;
                Ok(Seen::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    async fn pause(&mut self, what: &str) -> Result<(), AwsError> {
        let next = Instant::now() + self.pause;
        if next > self.limit {
            let waited = self.start.elapsed().as_secs();
            let more = if self.limit == self.run.deadline { ", or raise `timeouts`" } else { "" };
            let message = format!("{what} after {waited} s; the next apply will look again{more}");
            return Err(AwsError::internal(message));
        }
        self.pause = (self.pause * 3 / 2).min(SLOWEST_POLL);
        tokio::select! {
            () = self.run.cancel.cancelled() => Err(AwsError::internal(format!("interrupted while {what}; the next apply will carry on"))),
            () = tokio::time::sleep_until(next) => Ok(()),
        }
    }
}
