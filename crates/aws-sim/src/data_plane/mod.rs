//! The data plane: carries a request from a caller in a VPC through endpoint, policies, stage, VPC link, load balancer and
//! target group to a real back end, as far as what was built allows.

mod backend;
mod forward;
mod gate;
mod mapping;
mod policy;
mod routing;
mod visit;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json};

use crate::Sim;
use crate::protocol::respond;
use backend::Delivery;
use visit::Visit;

pub use visit::is_for;

/// One station of a request's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Which station.
    pub name: &'static str,
    /// Did the request get past it?
    pub verdict: Verdict,
    /// What was seen there.
    pub detail: String,
}

/// What a station said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The request went on.
    Passed,
    /// The request ended here.
    Refused,
}

/// The stations so far.
#[derive(Debug, Default)]
pub struct Trip(Vec<Hop>);

/// A refusal: status, JSON body.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal(pub u16, pub Value);

impl Trip {
    fn pass(&mut self, name: &'static str, detail: impl Into<String>) {
        self.0.push(Hop { name, verdict: Verdict::Passed, detail: detail.into() });
    }

    fn refuse<T>(&mut self, name: &'static str, detail: impl Into<String>, refusal: Refusal) -> Result<T, Refusal> {
        self.0.push(Hop { name, verdict: Verdict::Refused, detail: detail.into() });
        Err(refusal)
    }
}

impl Refusal {
    /// `{"message": ...}`.
    fn message(status: u16, text: &str) -> Refusal {
        Refusal(status, json!({"message": text}))
    }

    /// What no HTTP answer stands for in reality: a name that does not resolve, a packet that is dropped.
    fn unreachable() -> Refusal {
        Refusal::message(502, "The simulated network does not carry this request")
    }
}

/// Answers a data-plane request.
pub async fn answer(sim: &Sim, request: Request<Bytes>) -> Response<Bytes> {
    let mut trip = Trip::default();
    let now = sim.0.clock.now();
    let visit = Visit::read(request);
    let planned = plan(sim, &visit, now, &mut trip);
    let answered = match planned {
        Ok(delivery) => forward::deliver(sim, &visit, delivery, &mut trip).await,
        Err(refusal) => Err(refusal),
    };
    let mut response =
        answered.unwrap_or_else(|Refusal(status, body)| respond(status, "application/json", body.to_string()));
    // The station where the request ended, for people and tests.
    if let Some(hop) = trip.0.last().filter(|hop| hop.verdict == Verdict::Refused) {
        let text = format!("{}: {}", hop.name, hop.detail);
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert("x-sim-refused", value);
        }
    }
    response
}

/// Everything up to the back end, without leaving the simulated world.
fn plan(sim: &Sim, visit: &Visit, now: crate::clock::Time, trip: &mut Trip) -> Result<Delivery, Refusal> {
    let mut world = sim.world();
    world.regions.values_mut().for_each(|region| region.settle(now));
    let arrival = gate::enter(&world, visit, now, trip)?;
    let matched = routing::find(&arrival, visit, trip)?;
    backend::find(&arrival, &matched, visit, now, trip)
}

#[cfg(test)]
mod tests;
