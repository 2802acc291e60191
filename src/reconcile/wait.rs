//! Waiting for AWS, in one place: every wait is bounded, can be cancelled and says what it waited for.

use std::time::Duration;

use tokio::time::Instant;

use super::Run;
use crate::aws::{AwsError, ErrorKind, door::POLLING, retry};
use crate::child::{Kind, Live, Slow, Status, Wanted};

/// Polls start soon, so that what is quick is quick, and then settle at a pace at which the wait's end is hardly overshot. What takes
/// longer than usual is asked for ever more gently: a fiftieth of the time so far is two per cent of it too much at most.
const FIRST_POLL: Duration = Duration::from_secs(1);
const SETTLED_POLL: Duration = Duration::from_secs(3);
const GENTLEST_POLL: Duration = Duration::from_secs(15);
const SHARE_OF_THE_WAIT: u32 = 50;
/// New targets pass their first checks in minutes, and behind a new load balancer those begin only when it has been provisioned, for up
/// to four minutes. What isn't healthy by then is broken, and the old ones still serve.
const TAKEOVER: Duration = Duration::from_secs(600);
/// What AWS says of a target right after a change may be that of before, so that a reason to give up must last for this long.
const SECOND_LOOK: Duration = Duration::from_secs(15);
/// AWS may not find everywhere what it has just made; hashicorp/aws allows it two minutes, too.
const PROPAGATION: Duration = Duration::from_secs(120);
/// Reads of EC2 and listings of the others have been seen to be some seconds behind.
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);

/// Gives AWS the time to show what it was just told; `false` when the run must end before that.
pub async fn between_looks() -> bool {
    retry::sleep(BETWEEN_LOOKS).await
}

/// Waits until what is new may take over from what is old and still serves.
pub async fn takeover(run: &Run<'_>, kind: &dyn Kind, old: &Live, new: &Wanted) -> Result<(), AwsError> {
    let mut poll = Poll::new(run, TAKEOVER);
    loop {
        match POLLING.scope(true, kind.may_take_over(run.aws, old, new)).await? {
            Status::Ready => return Ok(()),
            Status::Pending(state) => {
                poll.pause(&format!("it is still {state}, so the old one goes on serving,")).await?
            }
            Status::Failed(reason) if poll.start.elapsed() < SECOND_LOOK => poll.pause(&reason).await?,
            Status::Failed(reason) => {
                let message = format!("it can't take over, and the old one goes on serving: {reason}");
                return Err(AwsError { kind: ErrorKind::Invalid, ..AwsError::internal(message) });
            }
            Status::Deleting => return Err(AwsError::internal("it is being deleted by somebody else")),
        }
    }
}

/// Waits until a child may take over from what it replaces, which is among `extras`: it was replaced just now, or by a run that was
/// interrupted before the new served.
pub async fn succession(
    run: &Run<'_>,
    kind: &dyn Kind,
    extras: &[Live],
    live: &Live,
    new: &Wanted,
) -> Result<(), AwsError> {
    let is_replaced = |old: &&Live| {
        let mut changes = kind.drift(&new.spec, &old.spec).into_iter();
        old.name == live.name && old.id != live.id && changes.any(|change| kind.replaces(&change))
    };
    for old in extras.iter().filter(is_replaced) {
        takeover(run, kind, old, new).await?;
    }
    Ok(())
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
            Status::Failed(reason) => {
                let kind = if slow.passes(reason) { ErrorKind::Busy } else { ErrorKind::Internal };
                return Err(AwsError { kind, ..AwsError::internal(format!("AWS gave up on it: {reason}")) });
            }
            Status::Deleting => return Err(AwsError::internal("it is being deleted by somebody else")),
            Status::Pending(state) => poll.pause(&format!("it is still {state}")).await?,
        }
        match poll.look(slow, &live).await? {
            Some(now) => {
                was_seen = true;
                live.status = now.status.clone();
                live.outputs.extend(now.outputs.clone());
            }
            None if was_seen || poll.start.elapsed() > PROPAGATION => {
                return Err(AwsError {
                    kind: ErrorKind::NotFound,
                    ..AwsError::internal("it vanished while it was being made")
                });
            }
            None => {}
        }
    }
}

/// Waits until the child can no longer be found.
pub async fn gone(run: &Run<'_>, kind: &dyn Kind, live: &Live) -> Result<(), AwsError> {
    let Some(slow) = kind.slow() else { return Ok(()) };
    let mut poll = Poll::new(run, slow.patience().gone);
    loop {
        match poll.look(slow, live).await? {
            None => return Ok(()),
            // What had failed before may show that for a while after its deletion has begun.
            Some(now) => match now.status {
                Status::Failed(reason) => poll.pause(&format!("it still exists, and AWS says {reason:?}")).await?,
                Status::Deleting => poll.pause("AWS is still deleting it").await?,
                _ => poll.pause("it still exists").await?,
            },
        }
    }
}

struct Poll<'a, 'r> {
    run: &'a Run<'r>,
    start: Instant,
    limit: Instant,
    pause: Duration,
}

impl<'a, 'r> Poll<'a, 'r> {
    fn new(run: &'a Run<'r>, patience: Duration) -> Self {
        let start = Instant::now();
        Self { run, start, limit: (start + patience).min(run.deadline), pause: FIRST_POLL }
    }

    async fn look(&self, slow: &dyn Slow, live: &Live) -> Result<Option<Live>, AwsError> {
        POLLING.scope(true, slow.get(self.run.aws, live)).await
    }

    async fn pause(&mut self, what: &str) -> Result<(), AwsError> {
        let next = Instant::now() + self.pause;
        if next > self.limit {
            let waited = self.start.elapsed().as_secs();
            let more = if self.limit == self.run.deadline { ", or raise `timeouts`" } else { "" };
            let message = format!("{what} after {waited} s; the next apply will look again{more}");
            return Err(AwsError::internal(message));
        }
        let settled = (self.start.elapsed() / SHARE_OF_THE_WAIT).clamp(SETTLED_POLL, GENTLEST_POLL);
        self.pause = (self.pause * 3 / 2).min(settled);
        tokio::select! {
            biased;
            () = self.run.cancel.cancelled() => Err(AwsError::internal(format!("interrupted while {what}; the next apply will carry on"))),
            () = tokio::time::sleep_until(next) => Ok(()),
        }
    }
}
