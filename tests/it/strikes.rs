//! Deaths of the provider's process between it and AWS: the nth write from now is its last.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sim::Sim;
use bytes::Bytes;
use http::{Request, Response};
use tokio_util::sync::CancellationToken;

/// When the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Before the call leaves it.
    Before,
    /// After AWS has done what it was asked, before the answer is read.
    After,
}

/// Counts the writes, and kills at one. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Strikes(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    writes: usize,
    at: Option<(usize, Death)>,
    struck: Option<String>,
    killed: CancellationToken,
}

impl Strikes {
    /// Begins to count, and kills at the write with this number, from zero.
    pub fn arm(&self, at: Option<(usize, Death)>) {
        *self.plan() = Plan { at, ..Plan::default() };
    }

    /// How many writes there were since the last [`Strikes::arm`].
    pub fn writes(&self) -> usize {
        self.plan().writes
    }

    /// What the process died at.
    pub fn struck(&self) -> Option<String> {
        self.plan().struck.clone()
    }

    /// Ends when the process is to die.
    pub async fn killed(&self) {
        let token = self.plan().killed.clone();
        token.cancelled().await;
    }

    /// Carries a call to AWS, or dies.
    pub async fn carry(&self, sim: &Sim, request: Request<Bytes>) -> Response<Bytes> {
        match self.death(&request) {
            None => sim.call(request).await,
            Some(Death::Before) => self.die().await,
            Some(Death::After) => {
                sim.call(request).await;
                self.die().await
            }
        }
    }

    fn death(&self, request: &Request<Bytes>) -> Option<Death> {
        let operation = operation(request);
        let reads = ["GET ", "Describe", "Get"].iter().any(|start| operation.starts_with(start));
        let mut plan = self.plan();
        if reads {
            return None;
        }
        let number = plan.writes;
        plan.writes += 1;
        let (_, death) = plan.at.filter(|(at, _)| *at == number)?;
        plan.struck = Some(operation);
        Some(death)
    }

    async fn die(&self) -> Response<Bytes> {
        let token = self.plan().killed.clone();
        token.cancel();
        std::future::pending().await
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The action of a query, or method and path.
fn operation(request: &Request<Bytes>) -> String {
    let body = String::from_utf8_lossy(request.body());
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    action.map_or_else(|| format!("{} {}", request.method(), request.uri().path()), str::to_owned)
}
