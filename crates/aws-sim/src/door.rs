//! The way of a control-plane call in and out: its turn at what it writes, delays, the operation, the log, the answer.

pub mod consistency;
pub mod fate;
pub mod fault;
pub mod rates;
pub mod record;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};

use crate::data_plane::health;
use crate::protocol::{self, Call};
use crate::{LOST, Sim};
use consistency::{Consistency, WRITE};
use fault::Fault;

/// Account, region and id of something that is being written.
pub type Written = ((String, String), String);

/// Answers a call.
pub async fn answer(sim: &Sim, request: &Request<Bytes>) -> Response<Bytes> {
    let at = sim.0.clock.now();
    let call = protocol::decode(request);
    let turn = Turn::take(sim, &call);
    sim.hold(sim.0.config.latency).await;
    health::for_call(sim, &call).await;
    let (mut done, wait) = {
        let mut world = sim.world();
        let (taken, now) = (matches!(turn, Turn::Refused), sim.0.clock.now());
        let done = world.run(&call, taken, now);
        world.record(&call, at, &done);
        let wait = world.wait(&call, &done, now);
        (done, wait)
    };
    sim.hold(sim.0.clock.real(wait)).await;
    if matches!(turn, Turn::Held(..)) && sim.0.config.consistency == Consistency::Lagging {
        sim.hold(sim.0.clock.real(WRITE)).await;
    }
    if let Some(Fault::Slow { milliseconds, real }) = done.fault {
        let late = std::time::Duration::from_millis(milliseconds);
        sim.hold(if real { late } else { sim.0.clock.real(late) }).await;
    }
    if done.fault.as_ref().is_some_and(Fault::breaks_connection) {
        return lost_answer();
    }
    if let Err(failure) = &mut done.result {
        failure.retry_after = failure.retry_after.map(|wait| sim.0.clock.real(wait));
    }
    protocol::render(&call, &done.request_id, done.result)
}

/// The turn of a write at what it changes, where AWS makes one change at a time and refuses others that come before it is
/// done. It is held until the answer leaves, so a client that waits for its answers never meets itself.
enum Turn {
    /// The call needs none.
    Free,
    /// Nobody else writes these until this is dropped.
    Held(Sim, Vec<Written>),
    /// Another write has one of them.
    Refused,
}

impl Turn {
    fn take(sim: &Sim, call: &Call) -> Turn {
        let place = (call.account.clone(), call.region.clone());
        let things: Vec<Written> = consistency::written(call).into_iter().map(|id| (place.clone(), id)).collect();
        if things.is_empty() {
            return Turn::Free;
        }
        let mut world = sim.world();
        if things.iter().any(|thing| world.writing.contains(thing)) {
            return Turn::Refused;
        }
        world.writing.extend(things.iter().cloned());
        Turn::Held(sim.clone(), things)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Turn::Held(sim, things) = self {
            let mut world = sim.world();
            world.writing.retain(|thing| !things.contains(thing));
        }
    }
}

/// Whoever carries this answer breaks the connection instead.
fn lost_answer() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(LOST).unwrap_or(StatusCode::BAD_GATEWAY);
    response.headers_mut().insert("x-sim-lost", HeaderValue::from_static("1"));
    response
}
