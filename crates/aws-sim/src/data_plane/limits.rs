//! Sizes of requests, and throttling.

use std::collections::BTreeMap;

use serde_json::Value;

use super::routing::Route;
use super::stage::Arrival;
use super::trip::{Refusal, Trip};
use super::visit::Visit;
use crate::clock::Time;

const BODY_LIMIT: usize = 10_485_760;
const HEADER_LIMIT: usize = 10_240;
/// An account has this many requests per second in a region, and this burst.
const ACCOUNT: (f64, f64) = (10_000.0, 5_000.0);

/// What the data plane remembers of earlier requests.
#[derive(Debug, Default)]
pub struct Plane {
    /// Requests so far.
    pub requests: u64,
    buckets: BTreeMap<String, Bucket>,
}

#[derive(Debug, Clone)]
struct Bucket {
    tokens: f64,
    at: Time,
}

impl Plane {
    /// Is there a token at this rate and burst? `take` takes it.
    fn token(&mut self, key: &str, (rate, burst): (f64, f64), now: Time, take: bool) -> bool {
        let full = Bucket { tokens: burst, at: now };
        let bucket = self.buckets.entry(key.to_owned()).or_insert(full);
        let gained = now.saturating_sub(bucket.at).as_secs_f64() * rate;
        (bucket.tokens, bucket.at) = ((bucket.tokens + gained).min(burst), now);
        let there = bucket.tokens >= 1.0;
        if there && take {
            bucket.tokens -= 1.0;
        }
        there
    }
}

/// Body and headers are limited; headers count with names, and nothing of the simulator's own does.
pub fn sizes(visit: &Visit, trip: &mut Trip) -> Result<(), Refusal> {
    if visit.body.len() > BODY_LIMIT {
        let why = format!("The body has {} bytes, the limit is {BODY_LIMIT}.", visit.body.len());
        return trip.refuse("request-size", None, why, Refusal::too_large());
    }
    let counted = visit.headers.iter().filter(|(name, _)| !name.as_str().starts_with("x-sim-"));
    let bytes: usize = counted.map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > HEADER_LIMIT {
        let why = format!("The headers have {bytes} bytes, the limit is {HEADER_LIMIT}.");
        return trip.refuse("request-size", None, why, Refusal::headers_too_large());
    }
    Ok(())
}

/// Takes a token of the method, then one of the account.
pub fn throttle(
    plane: &mut Plane,
    arrival: &Arrival,
    route: &Route,
    visit: &Visit,
    now: Time,
    trip: &mut Trip,
) -> Result<(), Refusal> {
    let region = arrival.region;
    let account = format!("{}/{}", region.account, region.name);
    let method = format!("{}/{}/{}/{}", arrival.api.id, arrival.stage.name, route.resource.id, visit.verb);
    if let Some((key, limits)) = setting(arrival, route, visit)
        && !plane.token(&method, limits, now, trip.counts)
    {
        let why = format!(
            "No token is left: method setting {key} allows {} per second and a burst of {}.",
            limits.0, limits.1
        );
        return trip.refuse("throttle", Some(&key), why, Refusal::throttled());
    }
    if !plane.token(&account, ACCOUNT, now, trip.counts) {
        return trip.refuse("throttle", None, "The account has no token left.", Refusal::throttled());
    }
    Ok(())
}

/// The limits of the method setting that counts for a method: its own before `*/*`; every method has a bucket of its own.
/// A negative value is no limit.
fn setting(arrival: &Arrival, route: &Route, visit: &Visit) -> Option<(String, (f64, f64))> {
    let path = &route.path;
    let escaped = path.replace('/', "~1");
    let spelled = [escaped.as_str(), escaped.trim_start_matches("~1"), path.trim_start_matches('/')];
    let own = spelled.into_iter().filter(|path| !path.is_empty()).map(|path| format!("{path}/{}", visit.verb));
    let key = own.chain(["*/*".to_owned()]).find(|key| arrival.stage.settings.contains_key(key))?;
    let number = |member: &str| arrival.stage.settings[&key].get(member).and_then(Value::as_f64);
    let limits = (number("throttlingRateLimit")?, number("throttlingBurstLimit")?);
    (limits.0 >= 0.0 && limits.1 >= 0.0).then_some((key, limits))
}
