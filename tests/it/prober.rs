//! A caller that never pauses: whatever is changed or replaced, every request of a bundle is served all the time.
//!
//! Every route is called by every way in, on every tick of the clock and after every single call that the provider makes to AWS, while
//! each change of `life::CASES` and each replacement is applied, and while it is taken back. What AWS forces has a name, a reason and a
//! source in `requests.rs`; a request that isn't served for any other reason fails the test.

mod changes;
mod requests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sim::Sim;
use bytes::Bytes;
use privgw::bundle::model::InternalApi;
use tfplugin::Attr;

use crate::handed_in::balancer;
use crate::sweep::{TURN, alone};
use crate::world::{REGION, World};
use requests::{ALL, Caller, FIRST_CHECKS, Forced, Request, forced, requests};

/// Between two rounds of requests. What changes by itself in AWS does so on whole seconds, so that nothing falls between two ticks.
const TICK: Duration = Duration::from_millis(200);

/// The same where a process dies: there are many of these, and what matters is what happens at the calls.
const SLOW_TICK: Duration = Duration::from_secs(10);

/// By then AWS has checked all targets.
const CHECKED: Duration = Duration::from_secs(60);

/// Clones share the figures.
#[derive(Clone, Debug, Default)]
pub struct Prober(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    change: String,
    api: String,
    endpoint: String,
    group: String,
    /// What must be served all the time, and what must be from when it first was.
    kept: BTreeSet<Request>,
    coming: BTreeSet<Request>,
    /// What may end, with the name of its reason and what must be served by then.
    ending: BTreeMap<Request, (&'static str, Option<Request>)>,
    changes: usize,
    made: usize,
    forced: BTreeMap<&'static str, usize>,
    failures: usize,
    /// The first failure of each request in each change.
    failed: BTreeMap<String, String>,
}

impl Prober {
    /// Begins to watch a change; `before` is what is there.
    fn begin(&self, world: &World, change: String, before: &InternalApi, after: &InternalApi) {
        let (state, _) = world.state.as_ref().expect("there is a bundle");
        let text = |attr: &Attr<String>| attr.known().cloned().expect("it is known");
        let (old, new) = (requests(before), requests(after));
        let stage = after.stage.known().map(|stage| text(&stage.name)).expect("a stage");
        let successor = |request: &Request| Request { stage: stage.clone(), ..request.clone() };
        let end = |request: &Request| {
            let successor = Some(successor(request)).filter(|successor| new.contains(successor));
            (request.clone(), (forced(request, after).name, successor))
        };
        let mut plan = self.plan();
        (plan.api, plan.endpoint) = (text(&state.id), text(&state.vpc_endpoint_id));
        (plan.change, plan.group) = (change, world.fresh.security_group_id.clone());
        plan.kept = old.intersection(&new).cloned().collect();
        plan.coming = new.difference(&old).cloned().collect();
        plan.ending = old.difference(&new).map(end).collect();
        plan.changes += 1;
    }

    /// The change is over: what has ended isn't asked for any more, and what is new must be served, by now or after its first checks.
    async fn end(&self, sim: &Sim) {
        self.plan().ending.clear();
        self.round(sim).await;
        let coming = std::mem::take(&mut self.plan().coming);
        for request in &coming {
            match self.send(sim, request).await {
                Err(why) if why.contains("(target: ") => {
                    let mut plan = self.plan();
                    plan.made += 1;
                    *plan.forced.entry(FIRST_CHECKS.name).or_default() += 1;
                }
                _ => self.must(sim, request).await,
            }
        }
        self.plan().kept.extend(coming);
        tokio::time::sleep(CHECKED).await;
        self.round(sim).await;
    }

    /// Makes every request once.
    pub async fn round(&self, sim: &Sim) {
        let (kept, coming, ending) = {
            let plan = self.plan();
            (plan.kept.clone(), plan.coming.clone(), plan.ending.clone())
        };
        for request in kept {
            self.must(sim, &request).await;
        }
        for request in coming {
            if self.send(sim, &request).await.is_ok() {
                let mut plan = self.plan();
                plan.made += 1;
                plan.coming.remove(&request);
                plan.kept.insert(request);
            }
        }
        for (request, (name, successor)) in ending {
            let is_served = self.send(sim, &request).await.is_ok();
            self.plan().made += 1;
            if is_served {
                continue;
            }
            *self.plan().forced.entry(name).or_default() += 1;
            if let Some(successor) = successor {
                self.must(sim, &successor).await;
            }
        }
    }

    async fn must(&self, sim: &Sim, request: &Request) {
        let answer = self.send(sim, request).await;
        let mut plan = self.plan();
        plan.made += 1;
        if let Err(why) = answer {
            plan.failures += 1;
            let after = || sim.calls().last().map(|call| call.operation.clone()).unwrap_or_default();
            let what = format!("{}: {request}", plan.change);
            plan.failed.entry(what).or_insert_with(|| format!("after {}: {why}", after()));
        }
    }

    async fn send(&self, sim: &Sim, request: &Request) -> Result<(), String> {
        let request = self.plan().http(request);
        let answer = sim.call(request).await;
        if answer.status().is_success() {
            return Ok(());
        }
        let end = answer.headers().get("x-sim-refused").and_then(|text| text.to_str().ok()).unwrap_or_default();
        Err(format!("{} {} ({end})", answer.status(), String::from_utf8_lossy(answer.body())))
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn http(&self, request: &Request) -> http::Request<Bytes> {
        let (verb, path) = request.route.split_once(' ').expect("a route's key");
        let path = path.replace("{proxy+}", "7/orders").replace("{id}", "7");
        let alias = if request.by_plain_name { String::new() } else { format!("-{}", self.endpoint) };
        let http = http::Request::builder()
            .method(if verb == "ANY" { "GET" } else { verb })
            .uri(format!("/{}{path}", request.stage))
            .header("host", format!("{}{alias}.execute-api.{REGION}.amazonaws.com", self.api));
        let http = match request.caller {
            Caller::Member => {
                http.header("x-sim-source-ip", "172.31.0.200").header("x-sim-source-security-group", &self.group)
            }
            Caller::Remote => http.header("x-sim-source-ip", "10.1.0.5"),
        };
        http.body(Bytes::new()).expect("a well-formed request")
    }
}

/// Applies a change under the eyes of the prober. The process may die at a call on the way, and the next one goes on.
async fn probed(
    prober: &Prober,
    world: &mut World,
    (name, before, after): (&str, &InternalApi, &InternalApi),
    death: Option<usize>,
) {
    prober.begin(world, name.to_string(), before, after);
    world.strikes.probe(Some(prober.clone()));
    let (at_work, sim) = (prober.clone(), world.sim.clone());
    let tick = if death.is_some() { SLOW_TICK } else { TICK };
    let ticker = tokio::spawn(async move {
        loop {
            at_work.round(&sim).await;
            tokio::time::sleep(tick).await;
        }
    });
    if let Some(at) = death {
        die(world, after, at).await;
    }
    world.settle(after).await;
    ticker.abort();
    world.strikes.probe(None);
    prober.end(&world.sim).await;
}

/// An apply whose process is killed after AWS has done what it was asked in a call.
async fn die(world: &mut World, after: &InternalApi, at: usize) {
    let (saved, strikes) = (world.state.clone(), world.strikes.clone());
    strikes.kill(at);
    tokio::select! {
        biased;
        () = strikes.killed() => {}
        done = world.apply(after) => panic!("it was to die at {at}: {done:?}"),
    }
    strikes.rest();
    world.state = saved;
}

/// A shop that has served for a while.
async fn open() -> (World, InternalApi) {
    let mut world = World::new();
    balancer(&world, changes::ESTATE, "internal").await;
    let config = changes::shop(&world);
    world.settle(&config).await;
    tokio::time::sleep(CHECKED).await;
    (world, config)
}

fn changed(world: &World, before: &InternalApi, change: changes::Change) -> InternalApi {
    let mut after = before.clone();
    change(world, &mut after);
    changes::fill(&mut after);
    after
}

fn report(prober: &Prober, what: &str, start: Instant) {
    let plan = prober.plan();
    let forced: Vec<String> = plan.forced.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    crate::say(&format!(
        "prober: {} requests over {} {what}, {} failed, {} forced by AWS ({}), {:.0} s\n",
        plan.made,
        plan.changes,
        plan.failures,
        plan.forced.values().sum::<usize>(),
        forced.join(", "),
        start.elapsed().as_secs_f64()
    ));
    let failed: Vec<String> = plan.failed.iter().map(|(what, why)| format!("{what}, {why}")).collect();
    assert!(failed.is_empty(), "requests failed:\n{}", failed.join("\n"));
}

#[test]
fn whatever_changes_every_request_is_served() {
    let _turn = TURN.read();
    alone(changes());
}

#[test]
fn a_replacement_that_dies_and_goes_on_is_served_all_the_same() {
    let _turn = TURN.read();
    alone(deaths());
}

async fn changes() {
    let (start, prober) = (Instant::now(), Prober::default());
    let (base, before) = open().await;
    for (name, change) in changes::all() {
        let mut world = base.fork();
        let after = changed(&world, &before, change);
        probed(&prober, &mut world, (name, &before, &after), None).await;
        probed(&prober, &mut world, (&format!("{name}, taken back"), &after, &before), None).await;
    }
    report(&prober, "changes", start);
    for forced in ALL {
        let Forced { name, reason, source } = forced;
        let is_seen = prober.plan().forced.contains_key(name);
        assert!(is_seen, "nothing is known to force this: {name}: {reason} ({source})");
    }
}

async fn deaths() {
    let (start, prober) = (Instant::now(), Prober::default());
    let (base, before) = open().await;
    for (name, change) in changes::all().into_iter().filter(|(name, _)| changes::MORTAL.contains(name)) {
        let after = changed(&base, &before, change);
        let mut whole = base.fork();
        whole.settle(&after).await;
        let is_write = |name: &str| !name.starts_with("Describe") && !name.starts_with("Get");
        let calls: Vec<String> = whole.sim.calls().into_iter().map(|call| call.operation).collect();
        for (at, call) in calls.iter().enumerate().filter(|(_, call)| is_write(call)) {
            let name = format!("{name}, dead after {call} ({at})");
            probed(&prober, &mut base.fork(), (&name, &before, &after), Some(at)).await;
        }
    }
    report(&prober, "deaths", start);
}
