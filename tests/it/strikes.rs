//! What goes wrong between the provider and AWS: one call is struck, in one of several ways.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sim::{Fault, Order, Sim};
use bytes::Bytes;
use http::{Request, Response};
use tokio_util::sync::CancellationToken;

use crate::prober::Prober;

/// How a call is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// The process is killed before the call leaves it.
    KilledBefore,
    /// The process is killed after AWS has done what it was asked, before the answer is read.
    KilledAfter,
    /// AWS does it, and the connection breaks before the answer.
    AnswerLost,
    /// The connection breaks before AWS has done anything.
    Reset,
    /// AWS refuses this call and all later ones of the operation for their rate, until the provider gives up.
    Throttled,
    /// AWS does it, and answers with a fault of its own.
    FailedAfter,
    /// AWS does nothing, and answers with a fault of its own.
    FailedBefore,
    /// The caller may not do this.
    Denied,
}

impl Mode {
    /// All of them.
    pub const ALL: [Mode; 8] = [
        Mode::KilledBefore,
        Mode::KilledAfter,
        Mode::AnswerLost,
        Mode::Reset,
        Mode::Throttled,
        Mode::FailedAfter,
        Mode::FailedBefore,
        Mode::Denied,
    ];

    /// The fault that does it, where the process survives.
    pub fn fault(self) -> Option<Fault> {
        let (status, code, message) = (500, "InternalFailure".to_string(), "An internal error occurred".to_string());
        match self {
            Mode::KilledBefore | Mode::KilledAfter => None,
            Mode::AnswerLost => Some(Fault::LostAnswer),
            Mode::Reset => Some(Fault::Reset),
            Mode::Throttled => Some(Fault::Throttle),
            Mode::FailedAfter => Some(Fault::ExecutedError { status, code, message }),
            Mode::FailedBefore => Some(Fault::Error { status, code, message }),
            Mode::Denied => Some(Fault::Denied),
        }
    }
}

/// What is done with calls on their way. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Strikes(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    calls: usize,
    watch: Watch,
    photos: Vec<Photo>,
    killed: CancellationToken,
    prober: Option<Prober>,
    /// How many calls had been sent when the interrupt came.
    sent: usize,
}

/// AWS at a moment.
#[derive(Clone, Debug)]
pub struct Photo {
    pub sim: Sim,
    writes: usize,
    at: tokio::time::Instant,
}

/// Nothing but reads between them, and no time: then they show the same.
impl PartialEq for Photo {
    fn eq(&self, other: &Self) -> bool {
        (self.writes, self.at) == (other.writes, other.at)
    }
}

#[derive(Clone, Copy, Debug, Default)]
enum Watch {
    #[default]
    Nothing,
    /// The call with this number is struck.
    Blow(usize, Mode),
    /// The process dies after AWS has done what it was asked in this call.
    Death(usize),
    /// What AWS is like is kept before each call, or after it.
    Photos { after: bool },
    /// Calls take a while, and a token is cancelled while the call with this number is on its way.
    Interrupt(usize),
    /// Calls take a while, another one each.
    Dawdle(u64),
}

/// Half of the time that a call takes where an interrupt is to meet it on its way.
const HALF_WAY: Duration = Duration::from_millis(100);
/// An interrupt comes a little before AWS gets the call, and so never at the moment at which another one begins.
const A_LITTLE: Duration = Duration::from_millis(7);
/// Half of the longest that a call takes where each takes another while.
const SLOWEST: u64 = 1500;

/// More than the provider ever tries.
const ALL_LATER: u64 = 1000;

impl Strikes {
    /// Begins to count, from zero, and strikes the call with this number in a way that the process survives.
    pub fn strike(&self, at: usize, mode: Mode) {
        self.begin(Watch::Blow(at, mode));
    }

    /// Begins to count, and keeps what AWS is like at each moment at which the process could be killed in this way.
    pub fn photograph(&self, mode: Mode) {
        self.begin(Watch::Photos { after: mode == Mode::KilledAfter });
    }

    /// Begins to count, and kills the process at the call with this number, after AWS has done what it was asked.
    pub fn kill(&self, at: usize) {
        self.begin(Watch::Death(at));
    }

    /// Has the bundle called after each call, whatever else is done with it, or no longer.
    pub fn probe(&self, prober: Option<Prober>) {
        self.plan().prober = prober;
    }

    /// Ends when the process is to die.
    pub async fn killed(&self) {
        let token = self.plan().killed.clone();
        token.cancelled().await;
    }

    /// Begins to count, and does nothing else.
    pub fn rest(&self) {
        self.begin(Watch::Nothing);
    }

    /// Begins to count, and cancels a token while the call with this number is on its way.
    pub fn interrupt(&self, at: usize, token: &CancellationToken) {
        self.begin(Watch::Interrupt(at));
        self.plan().killed = token.clone();
    }

    /// Each call takes a while that follows from the seed.
    pub fn dawdle(&self, seed: u64) {
        self.begin(Watch::Dawdle(seed));
    }

    fn begin(&self, watch: Watch) {
        let mut plan = self.plan();
        *plan = Plan { watch, prober: plan.prober.take(), ..Plan::default() };
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.plan().calls
    }

    /// How many calls had been sent when the interrupt came; AWS's log has those first, for all take the same time.
    pub fn sent(&self) -> usize {
        self.plan().sent
    }

    /// AWS as it was at each of the moments.
    pub fn photos(&self) -> Vec<Photo> {
        std::mem::take(&mut self.plan().photos)
    }

    /// Carries a call to AWS.
    pub async fn carry(&self, sim: &Sim, request: Request<Bytes>) -> Response<Bytes> {
        let (number, watch, prober) = {
            let mut plan = self.plan();
            plan.calls += 1;
            (plan.calls - 1, plan.watch, plan.prober.clone())
        };
        match watch {
            Watch::Photos { after: false } => self.photo(sim),
            Watch::Blow(at, mode) if at == number => return struck(sim, mode, request).await,
            Watch::Interrupt(at) => {
                let met = (at == number).then(|| self.clone());
                return late(sim, request, HALF_WAY, met).await;
            }
            Watch::Dawdle(seed) => {
                let half = fastrand::Rng::with_seed(seed ^ ((number as u64) << 20)).u64(1..SLOWEST);
                return late(sim, request, Duration::from_millis(half), None).await;
            }
            _ => {}
        }
        let answer = sim.call(request).await;
        if let Some(prober) = prober {
            prober.round(sim).await;
        }
        match watch {
            Watch::Photos { after: true } => self.photo(sim),
            Watch::Death(at) if at == number => {
                self.plan().killed.cancel();
                return std::future::pending().await;
            }
            _ => {}
        }
        answer
    }

    fn photo(&self, sim: &Sim) {
        let is_write =
            |call: &aws_sim::CallRecord| !["Describe", "Get"].iter().any(|start| call.operation.starts_with(start));
        let writes = sim.calls().iter().filter(|call| is_write(call)).count();
        self.plan().photos.push(Photo { sim: sim.fork(), writes, at: tokio::time::Instant::now() });
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call takes its time. AWS finishes what has been sent, even if nobody waits for the answer any more.
async fn late(sim: &Sim, request: Request<Bytes>, half: Duration, met: Option<Strikes>) -> Response<Bytes> {
    let sim = sim.clone();
    let way = async move {
        tokio::time::sleep(half.saturating_sub(A_LITTLE)).await;
        if let Some(strikes) = met {
            let mut plan = strikes.plan();
            plan.sent = plan.calls;
            plan.killed.cancel();
        }
        tokio::time::sleep(A_LITTLE.min(half)).await;
        let answer = sim.call(request).await;
        tokio::time::sleep(half).await;
        answer
    };
    tokio::spawn(way).await.expect("the simulator doesn't panic")
}

async fn struck(sim: &Sim, mode: Mode, request: Request<Bytes>) -> Response<Bytes> {
    if let Some(fault) = mode.fault() {
        sim.fail_next("*", fault);
    }
    let answer = sim.call(request).await;
    if let (Mode::Throttled, Some(call)) = (mode, sim.calls().last()) {
        let later = Order { times: Some(ALL_LATER), ..Order::once(&call.operation, Fault::Throttle) };
        sim.order_fault(later).expect("the log names operations that exist");
    }
    answer
}
