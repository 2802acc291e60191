//! Random walks: several bundles in one account and VPC, random edits, faults, deaths and changes by others, in random order.
//!
//! Every step leaves what belongs to others as it is. At the end of a walk all bundles are brought into their wanted form without a
//! fault, a run after that writes nothing, and a destroy leaves the account as it was. One seed makes one walk; a failure prints it, and
//! `PRIVGW_WALK=seed cargo test --test it walk` walks it again alone. `PRIVGW_STEPS` says how many steps are walked in all, with both
//! set from that seed on.

mod others;

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use aws_sim::Config;
use fastrand::Rng;
use privgw::bundle::model::{InternalApi, LoadBalancer};
use serde_json::Value;
use tfplugin::{Attr, Diagnostics};

use crate::life::CASES;
use crate::strikes::Mode;
use crate::sweep::{LINGER, STACK, THREADS, TURN, alone, reach};
use crate::world::{ACCOUNT, REGION, World, inside, route, strings, text};

/// Steps of one walk: long enough to come from a whole bundle by way of ruins to another.
const STEPS: usize = 20;
/// Steps in all, where nothing else is asked for.
const BUDGET: usize = 20_000;
const BUNDLES: usize = 3;
/// AWS's waits become polls, and there is nothing to learn from the hundredth of the same.
const SPEED: f64 = 50.0;
/// An apply has fewer calls than this, so a blow falls anywhere in it, or not at all.
const CALLS: usize = 90;
/// Seeds of walks that once failed.
const KEPT: &[u64] = &[17_958_385_700_002, 17_958_450_550_019, 17_958_589_730_026];

#[test]
fn random_walks_harm_nobody_and_come_to_a_good_end() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let steps = number("PRIVGW_STEPS").map(|steps| steps as usize);
    let from = |first: u64, steps: usize| first..first + steps.div_ceil(STEPS) as u64;
    let seeds: Vec<u64> = match number("PRIVGW_WALK") {
        Some(seed) => from(seed, steps.unwrap_or(STEPS)).collect(),
        None => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
            KEPT.iter().copied().chain(from(now * 10_000, steps.unwrap_or(BUDGET))).collect()
        }
    };
    let _turn = TURN.write();
    let fresh: Vec<u64> = seeds.iter().copied().filter(|seed| !KEPT.contains(seed)).collect();
    if let (Some(first), Some(last)) = (fresh.first(), fresh.last()) {
        crate::say(&format!("random walks with the seeds {first} to {last}, and those that are kept\n"));
    }
    let (start, next, failed) = (Instant::now(), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let done = Mutex::new(BTreeMap::<&str, usize>::new());
    std::thread::scope(|threads| {
        for _ in 0..THREADS {
            let work = || {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut walk = Walk { done: BTreeMap::new(), path: Vec::new() };
                    let walked = catch_unwind(AssertUnwindSafe(|| alone(walk.walk(*seed)))).unwrap_or_else(panicked);
                    if let Err(why) = walked {
                        failed.lock().unwrap().push(format!("PRIVGW_WALK={seed}: {why}\n  {}", walk.path.join("\n  ")));
                    }
                    let mut done = done.lock().unwrap();
                    walk.done.into_iter().for_each(|(what, count)| *done.entry(what).or_default() += count);
                }
            };
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(threads, work).expect("a thread");
        }
    });
    let (failed, done) = (failed.into_inner().unwrap(), done.into_inner().unwrap());
    crate::say(&format!(
        "random walks: {} steps in {} walks of {BUNDLES} bundles, {} violations, {:.0} s: {done:?}\n",
        seeds.len() * STEPS,
        seeds.len(),
        failed.len(),
        start.elapsed().as_secs_f64()
    ));
    let struck: usize = done.iter().filter(|(what, _)| what.starts_with("struck")).map(|(_, count)| count).sum();
    assert!(seeds.len() < 50 || struck * 10 > seeds.len() * STEPS, "too few blows fell: {done:?}");
    assert!(failed.is_empty(), "{} walks failed:\n{}", failed.len(), failed.join("\n"));
}

/// A promise that [`World`] itself finds broken is a violation of this walk, and its seed must be told as well.
fn panicked(payload: Box<dyn Any + Send>) -> Result<(), String> {
    let told = payload.downcast_ref::<String>().cloned();
    Err(told.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or("a panic".into()))
}

/// One bundle on its way.
struct Walker {
    world: World,
    base: InternalApi,
    config: InternalApi,
}

struct Walk {
    /// How often each kind of step was made.
    done: BTreeMap<&'static str, usize>,
    /// The steps in words.
    path: Vec<String>,
}

impl Walk {
    async fn walk(&mut self, seed: u64) -> Result<(), String> {
        let mut rng = Rng::with_seed(seed);
        let first = World::with(Config { speed: SPEED, seed, ..Config::default() });
        let shared = others::shared_endpoint(&first).await;
        tokio::time::sleep(LINGER).await;
        let empty = first.sim.objects();
        let mut walkers: Vec<Walker> = (0..BUNDLES).map(|number| walker(&first, number)).collect();
        for _ in 0..STEPS {
            let chosen = rng.usize(..BUNDLES);
            let before = first.sim.objects();
            self.step(&mut rng, &mut walkers[chosen], &shared).await?;
            first.sim.clear_faults();
            let (name, after) = (bundle(chosen), first.sim.objects());
            let (before, after) = (of_others(&before, &name), of_others(&after, &name));
            if before != after {
                let differs = |from: &BTreeMap<String, Value>, to: &BTreeMap<String, Value>| -> Vec<String> {
                    let lost = from.iter().filter(|(key, one)| to.get(*key) != Some(one));
                    lost.map(|(key, one)| format!("{key} {one}")).collect()
                };
                let (lost, new) = (differs(&before, &after), differs(&after, &before));
                return Err(format!("a step of {name} has changed what is others': {lost:#?} became {new:#?}"));
            }
        }
        for walker in &mut walkers {
            self.path.push(format!("{} comes to its end", walker.base.name.known_or(String::new())));
            heal(walker).await?;
        }
        tokio::time::sleep(LINGER).await;
        let left = first.sim.objects();
        if left == empty { Ok(()) } else { Err(format!("left: {left}\nnot: {empty}")) }
    }

    async fn step(&mut self, rng: &mut Rng, walker: &mut Walker, shared: &str) -> Result<(), String> {
        if rng.bool() {
            edit(rng, walker, shared);
        }
        let name = walker.base.name.known_or(String::new());
        let (kind, what) = match rng.u32(..100) {
            0..=64 => {
                let after = Some(walker.config.clone());
                let (what, is_struck) = run(walker, after, blow(rng)).await?;
                (if is_struck { "struck apply" } else { "apply" }, what)
            }
            65..=74 => ("plan", format!("{:?}", walker.world.plan(&walker.config.clone()).await.is_ok())),
            75..=89 => ("by others", others::meddle(rng, &walker.world).await),
            90..=94 => {
                walker.world.untaint();
                ("untaint", String::new())
            }
            _ => {
                let (what, is_struck) = run(walker, None, blow(rng)).await?;
                (if is_struck { "struck destroy" } else { "destroy" }, what)
            }
        };
        *self.done.entry(kind).or_default() += 1;
        self.path.push(format!("{name}: {kind} {what}"));
        Ok(())
    }
}

/// A run, which may be struck; without a blow it must succeed, and then there is nothing left to do. Says what it was, and whether the
/// blow fell: it may be meant for a call that never came.
async fn run(
    walker: &mut Walker,
    after: Option<InternalApi>,
    blow: Option<(usize, Mode)>,
) -> Result<(String, bool), String> {
    let world = &mut walker.world;
    let (saved, tainted) = (world.state.clone(), world.is_tainted());
    let result = match blow {
        None => {
            go_on(world, after.as_ref()).await?;
            quiet(&mut world.fork(), after.as_ref()).await?;
            Ok(("in full".to_string(), false))
        }
        Some((at, Mode::KilledBefore | Mode::KilledAfter)) => {
            world.strikes.kill(at);
            let killed = {
                let strikes = world.strikes.clone();
                tokio::select! {
                    biased;
                    () = strikes.killed() => true,
                    _ = reach(world, after.as_ref()) => false,
                }
            };
            if killed {
                world.state = saved;
                if tainted {
                    world.taint();
                }
            }
            Ok((format!("killed at {at}: {killed}"), killed))
        }
        Some((at, mode)) => {
            world.strikes.strike(at, mode);
            let is_ok = reach(world, after.as_ref()).await.is_ok();
            Ok((format!("{mode:?} at {at}: {is_ok}"), world.strikes.calls() > at))
        }
    };
    world.strikes.rest();
    result
}

/// What a user does: run it, and take the way out that a refusal names.
async fn go_on(world: &mut World, after: Option<&InternalApi>) -> Result<(), String> {
    let Err(found) = reach(world, after).await else { return Ok(()) };
    let told = found.iter().find(|one| one.summary == "A bundle of this name exists already");
    let api = told.and_then(|told| told.detail.split_once("privgw_internal_api.NAME "));
    let (None, Some((_, api))) = (&world.state, api) else { return Err(format!("{found:?}")) };
    let words = |found: Diagnostics| format!("{found:?}");
    world.import(api.trim()).await.map_err(words)?;
    reach(world, after).await.map_err(words)
}

/// The end of a bundle: wanted form, quiet, nothing.
async fn heal(walker: &mut Walker) -> Result<(), String> {
    let (world, config) = (&mut walker.world, &walker.config);
    go_on(world, Some(config)).await.map_err(|why| format!("the last apply: {why}"))?;
    quiet(world, Some(config)).await?;
    let found = world.destroy().await;
    if found.is_empty() { Ok(()) } else { Err(format!("destroy: {found:?}")) }
}

/// One more run has nothing to do.
async fn quiet(world: &mut World, after: Option<&InternalApi>) -> Result<(), String> {
    let seq = world.sim.calls().len();
    reach(world, after).await.map_err(|found| format!("one more run: {found:?}"))?;
    let writes = world.writes_since(seq);
    if writes.is_empty() { Ok(()) } else { Err(format!("one more run wrote {writes:?}")) }
}

fn walker(first: &World, number: usize) -> Walker {
    let mut base = crate::sweep::small(first);
    base.name = text(&bundle(number));
    // A VPC has room for one endpoint with private DNS.
    inside(&mut base.endpoint).private_dns_enabled = Attr::Known(number == 0);
    Walker { world: first.beside(), config: base.clone(), base }
}

fn bundle(number: usize) -> String {
    format!("shop{number}")
}

/// Changes the configuration, or takes all changes back.
fn edit(rng: &mut Rng, walker: &mut Walker, shared: &str) {
    let (world, config) = (&walker.world, &mut walker.config);
    match rng.u32(..7) {
        0 => *config = walker.base.clone(),
        1 => {
            // The zone of the targets stays: without it the old load balancer would go on serving, and the apply fail.
            let subnet_ids = strings(&world.fresh.subnet_ids[..2 + rng.usize(..2)]);
            config.load_balancer = Attr::Known(LoadBalancer { subnet_ids, ..LoadBalancer::default() });
        }
        2 => inside(&mut config.endpoint).additional_ids = strings(&[shared.to_string()]),
        3 => drop(inside(&mut config.routes).insert("GET /new".into(), Attr::Known(route("users")))),
        _ => {
            // What needs more back ends, or is in the way of a destroy or of the others, isn't for here.
            const NOT: [&str; 10] = [
                "a new route",
                "name",
                "no private DNS",
                "balancer attributes",
                "a back end less",
                "a listener with a certificate",
                "a streamed answer",
                "a route of another type",
                "a route for signed calls with a key",
                "timeouts",
            ];
            let cases: Vec<_> = CASES.iter().filter(|case| !NOT.contains(&case.name)).collect();
            (cases[rng.usize(..cases.len())].change)(world, config);
        }
    }
}

fn blow(rng: &mut Rng) -> Option<(usize, Mode)> {
    rng.bool().then(|| (rng.usize(..CALLS), Mode::ALL[rng.usize(..Mode::ALL.len())]))
}

/// What exists and doesn't carry a bundle's name, and isn't a part of something that does.
fn of_others(objects: &Value, bundle: &str) -> BTreeMap<String, Value> {
    let kinds = objects[ACCOUNT][REGION].as_object().into_iter().flatten();
    let all = kinds.flat_map(|(kind, all)| all.as_object().into_iter().flatten().map(move |(id, one)| (kind, id, one)));
    // What an earlier step has begun to delete goes when its time comes.
    let goes = |one: &Value| one["state"].as_str().is_some_and(|state| state.eq_ignore_ascii_case("deleting"));
    all.filter(|(_, _, one)| one["tags"]["privgw:bundle"].as_str().is_some_and(|name| name != bundle) && !goes(one))
        .map(|(kind, id, one)| (format!("{kind} {id}"), still(one)))
        .collect()
}

/// An object without its state: what has just been made goes on becoming ready.
fn still(object: &Value) -> Value {
    let mut object = object.clone();
    object.as_object_mut().map(|members| members.remove("state"));
    object
}
