//! The data plane: carries a request from a caller in a VPC through endpoint, policies, stage, VPC link, load balancer and
//! target group to a real back end, as far as what was built allows.

mod access;
mod backend;
mod content;
mod forward;
mod gate;
mod gateway_response;
pub mod health;
mod integration;
mod limits;
mod mapping;
mod response;
mod routing;
mod scene;
mod sockets;
mod source;
mod stage;
mod template;
mod trace;
mod trip;
mod visit;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};

use crate::Sim;
use crate::clock::Time;
use crate::state::World;
use gateway_response::Wording;
use health::Place;
use integration::{Delivery, Destination};
use scene::Scene;
use trip::{Refusal, Trip};
use visit::Visit;

pub use limits::Plane;
pub use trace::{table, trace};
pub use visit::is_for;

/// Answers a data-plane request.
pub async fn answer(sim: &Sim, request: Request<Bytes>) -> Response<Bytes> {
    let mut trip = Trip::begin(sim, true);
    let visit = Visit::read(request);
    let answered = match travel(sim, &visit, &mut trip).await {
        Ok(arrived) => arrived.send(sim, &mut trip).await,
        Err(refusal) => Err(refusal),
    };
    let mut response = answered.unwrap_or_else(|refusal| trip.reword(refusal).response());
    // The station where the request ended, for people and tests.
    let end = trip.end().map(|hop| format!("{}: {}", hop.hop, hop.why));
    for (name, text) in [("x-amzn-requestid", Some(trip.id)), ("x-sim-refused", end)] {
        if let Some(Ok(value)) = text.map(HeaderValue::try_from) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A request that needs only be sent.
struct Arrived {
    delivery: Delivery,
    /// A simulated address; a mock has none.
    target: Option<String>,
}

impl Arrived {
    async fn send(&self, sim: &Sim, trip: &mut Trip) -> Result<Response<Bytes>, Refusal> {
        match &self.target {
            Some(target) => forward::deliver(sim, target, &self.delivery, trip).await,
            None => response::mock(&self.delivery, trip),
        }
    }
}

/// Everything up to the back end.
async fn travel(sim: &Sim, visit: &Visit, trip: &mut Trip) -> Result<Arrived, Refusal> {
    let now = sim.0.clock.now();
    let delivery = plan(&mut sim.world(), visit, now, trip)?;
    let target = match &delivery.to {
        Destination::Mock => None,
        Destination::Internet(host) => Some(host.clone()),
        Destination::Group(place) => {
            health::refresh(sim, place).await;
            Some(choose(&mut sim.world(), place, sim.0.clock.now(), trip)?)
        }
    };
    Ok(Arrived { delivery, target })
}

/// Everything up to the target group.
fn plan(world: &mut World, visit: &Visit, now: Time, trip: &mut Trip) -> Result<Delivery, Refusal> {
    let World { regions, plane, iam, .. } = world;
    regions.values_mut().for_each(|region| region.settle(now));
    if let Some(mistake) = source::mistake(regions, visit) {
        let refusal = Refusal::misused(&mistake);
        return trip.refuse("source", None, format!("It makes no sense: {mistake}."), refusal);
    }
    let entry = gate::enter(regions, visit, now, trip)?;
    let arrival = stage::find(entry, visit, trip)?;
    let route = routing::find(arrival.definition, visit);
    trip.wording = Wording::of(&arrival, route.as_ref(), visit, trip, now);
    limits::sizes(visit, trip)?;
    access::check(&arrival, route.as_ref(), visit, (iam, now), trip)?;
    let route = routing::report(route, arrival.definition, visit, trip)?;
    access::method(&route, visit, trip)?;
    limits::throttle(plane, &arrival, &route, visit, now, trip)?;
    let scene = Scene::new(&arrival, Some(&route), visit, &trip.id, now);
    integration::find(&arrival, route.method.integration.as_ref(), scene, now, trip)
}

fn choose(world: &mut World, place: &Place, now: Time, trip: &mut Trip) -> Result<String, Refusal> {
    let region = world.region(&place.account, &place.region);
    let Some(group) = region.target_groups.get(&place.arn) else {
        return trip.refuse("target", None, "The target group is gone.", Refusal::no_network());
    };
    backend::choose(region, group, now, trip).map(|address| address.to_string())
}

#[cfg(test)]
mod tests;
