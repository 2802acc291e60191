//! Every AWS call of every scenario is struck in every mode. Only what Terraform would have saved is kept, and the next apply must
//! converge: exactly one of each child, nothing left over, a run after that writes nothing, and a destroy leaves the account as it was.
//!
//! A failure is printed as `scenario/call/mode`, and `PRIVGW_CRASH=scenario/call/mode cargo test --test it sweep` runs it alone.

mod aftermath;
mod scenarios;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use aws_sim::Sim;
use privgw::bundle::model::InternalApi;
use serde_json::Value;
use tfplugin::Diagnostics;

use self::aftermath::counts;
pub use self::aftermath::{Broken, follow};
use self::scenarios::prepare;
pub use self::scenarios::{SCENARIOS, Scenario, small};
use crate::strikes::{Mode, Photo};
use crate::world::World;

/// Longer than anything lingers in the simulator.
pub const LINGER: Duration = Duration::from_secs(600);
/// Written by whoever uses all cores for minutes, so that it can tell how long it takes; read by whoever uses one of them for long.
pub static TURN: RwLock<()> = RwLock::new(());
/// As many as there are cores in the smallest machine that this is run on.
pub const THREADS: usize = 2;
/// Without optimisation, futures in futures take megabytes.
pub const STACK: usize = 32 << 20;

/// What is the same for all points of a scenario.
pub struct Base {
    pub world: World,
    /// What the account held before the bundle of the scenario came.
    empty: Value,
    before: Option<InternalApi>,
    pub after: Option<InternalApi>,
    pub scenario: &'static Scenario,
    /// How many of each kind there are when nobody is struck.
    wanted: BTreeMap<String, usize>,
    followed: Followed,
}

/// The aftermaths of one scenario that have been followed to the destroy, or are being followed, whatever led to them; for each,
/// whether the run before it had reported success.
pub type Followed = Arc<Mutex<BTreeSet<(bool, u64)>>>;

/// All that the next run can see, as a number: what Terraform has, and what exists.
fn seen(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    let state = world.state.as_ref().map(|(state, private)| (format!("{state:?}"), timeless(private).to_string()));
    (state, world.is_tainted(), world.sim.objects().to_string()).hash(&mut hasher);
    hasher.finish()
}

/// What the provider remembers, without the times at which things were made: a repetition takes a second.
fn timeless(private: &[u8]) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.remove("created");
                members.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut private = serde_json::from_slice(private).unwrap_or_default();
    strip(&mut private);
    private
}

/// What came of one mode of one scenario.
#[derive(Default)]
struct Sum {
    points: usize,
    broken: Vec<(String, Broken)>,
    time: Duration,
}

#[test]
fn whatever_call_is_struck_in_whatever_mode_the_next_apply_converges() {
    let only = std::env::var("PRIVGW_CRASH").unwrap_or_default();
    let _turn = TURN.write();
    let start = Instant::now();
    let units: Vec<(&Scenario, Mode)> = SCENARIOS
        .iter()
        .flat_map(|scenario| Mode::ALL.map(|mode| (scenario, mode)))
        .filter(|(scenario, mode)| is_meant(&only, scenario, *mode))
        .collect();
    let (next, sums) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let followed: BTreeMap<&str, Followed> =
        SCENARIOS.iter().map(|scenario| (scenario.name, Followed::default())).collect();
    std::thread::scope(|threads| {
        for _ in 0..THREADS {
            let thread = std::thread::Builder::new().stack_size(STACK);
            let work = || {
                while let Some((scenario, mode)) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let sum = alone(sweep(scenario, *mode, &only, followed[scenario.name].clone()));
                    sums.lock().unwrap().insert((scenario.name, *mode), sum);
                }
            };
            thread.spawn_scoped(threads, work).expect("a thread");
        }
    });
    let sums = sums.into_inner().unwrap();
    report(&sums, start.elapsed());
    assert!(sums.values().any(|sum| sum.points > 0), "no point is called {only}");
    let broken: Vec<String> =
        sums.values().flat_map(|sum| &sum.broken).map(|(name, broken)| format!("{name}: {broken}")).collect();
    assert!(broken.is_empty(), "{} points did not converge:\n{}", broken.len(), broken.join("\n"));
}

/// Whether any point of a scenario and mode may be meant by a name, or the first part of one.
fn is_meant(only: &str, scenario: &Scenario, mode: Mode) -> bool {
    let mut parts = only.split('/');
    let name = parts.next().unwrap_or_default();
    (name.is_empty() || name == scenario.name) && parts.nth(1).is_none_or(|part| part == format!("{mode:?}"))
}

/// Each has a paused clock of its own.
pub fn alone<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().expect("a runtime").block_on(future)
}

/// Strikes each call of a scenario in one mode.
async fn sweep(scenario: &'static Scenario, mode: Mode, only: &str, followed: Followed) -> Sum {
    let start = Instant::now();
    let mut sum = Sum::default();
    let (base, moments) = match clean(scenario, mode, followed).await {
        Ok(found) => found,
        Err(broken) => {
            sum.broken.push((format!("{}/clean", scenario.name), broken));
            return sum;
        }
    };
    sum.points = moments.len();
    let mut last = None;
    for (number, photo) in moments.into_iter().enumerate() {
        let name = format!("{}/{number}/{mode:?}", scenario.name);
        let is_like_the_last = photo.is_some() && last == photo;
        last.clone_from(&photo);
        if is_like_the_last || (only.matches('/').count() == 2 && name != only) {
            continue;
        }
        let photo = photo.map(|photo| photo.sim);
        if let Err(broken) = one(&base, number, mode, photo).await {
            sum.broken.push((name, broken));
        }
    }
    sum.time = start.elapsed();
    sum
}

/// The scenario without a blow. As many moments as it has calls; for a death, what AWS was like at each.
pub async fn clean(
    scenario: &'static Scenario,
    mode: Mode,
    followed: Followed,
) -> Result<(Base, Vec<Option<Photo>>), Broken> {
    let mut base = prepare(scenario, followed).await;
    let mut world = base.world.fork();
    scenario.order_faults(&world);
    if mode.fault().is_none() {
        world.strikes.photograph(mode)
    } else {
        world.strikes.rest()
    }
    let result = reach(&mut world, base.after.as_ref()).await;
    if let (false, Err(found)) = (scenario.fails(), &result) {
        return Err(Broken::Stuck(format!("{found:?}")));
    }
    let photos = world.strikes.photos();
    let moments = match mode.fault() {
        Some(_) => vec![None; world.strikes.calls()],
        None => photos.into_iter().map(Some).collect(),
    };
    world.strikes.rest();
    world.sim.clear_faults();
    base.wanted = match &base.after {
        None => counts(&base.empty),
        Some(after) => {
            world.apply(after).await.map_err(|found| Broken::Stuck(format!("{found:?}")))?;
            tokio::time::sleep(LINGER).await;
            counts(&world.sim.objects())
        }
    };
    follow(&base, world, result.is_ok()).await?;
    Ok((base, moments))
}

/// One point: the blow, and what follows.
async fn one(base: &Base, number: usize, mode: Mode, photo: Option<Sim>) -> Result<(), Broken> {
    // Of what a killed process did, Terraform has nothing.
    if let Some(photo) = photo {
        return follow(base, base.world.on(photo).reborn(), false).await;
    }
    let mut world = base.world.fork();
    base.scenario.order_faults(&world);
    world.strikes.strike(number, mode);
    let result = reach(&mut world, base.after.as_ref()).await;
    world.strikes.rest();
    world.sim.clear_faults();
    let wrote = !world.writes_since(0).is_empty();
    if result.is_err() && !wrote && seen(&world) == seen(&base.world) {
        // Nothing has happened, so what follows is the scenario without a blow, which has been followed.
        return Ok(());
    }
    follow(base, world, result.is_ok()).await
}

/// What the user asks for.
pub async fn reach(world: &mut World, after: Option<&InternalApi>) -> Result<(), Diagnostics> {
    match after {
        Some(after) => world.apply(after).await.map(drop),
        None => {
            let found = world.destroy().await;
            if found.has_errors() { Err(found) } else { Ok(()) }
        }
    }
}

fn report(sums: &BTreeMap<(&str, Mode), Sum>, time: Duration) {
    let mut text = String::new();
    for scenario in SCENARIOS {
        let of = || sums.iter().filter(|((name, _), _)| *name == scenario.name);
        let points = of().map(|(_, sum)| sum.points).max().unwrap_or_default();
        let seconds: f64 = of().map(|(_, sum)| sum.time.as_secs_f64()).sum();
        let _ = writeln!(text, "  {:<28} {points:4} calls x {} modes {seconds:6.1} s", scenario.name, of().count());
    }
    let runs: usize = sums.values().map(|sum| sum.points).sum();
    let all = || sums.values().flat_map(|sum| &sum.broken).map(|(_, broken)| broken);
    let orphans = all().filter(|broken| matches!(broken, Broken::Orphan(_))).count();
    let duplicates = all().filter(|broken| matches!(broken, Broken::Duplicate(_))).count();
    let _ = writeln!(
        text,
        "crash sweep: {} scenarios, {runs} points struck in {} modes, {} converged, {orphans} orphans, {duplicates} duplicates, {:.0} s",
        SCENARIOS.len(),
        Mode::ALL.len(),
        runs - all().count().min(runs),
        time.as_secs_f64()
    );
    crate::say(&text);
}
