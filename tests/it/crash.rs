//! The provider's process is killed before and after every write of a scenario. Only what Terraform has saved by then is kept, and
//! the next apply must converge: exactly one of each child, nothing left over, and a run after that writes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use privgw::bundle::model::{InternalApi, LoadBalancer};
use tfplugin::Attr;

use crate::strikes::Death;
use crate::world::{ACCOUNT, REGION, World, inside, route, strings, text, whole};

/// Longer than anything lingers in the simulator.
const LINGER: Duration = Duration::from_secs(600);

/// A change whose calls are struck.
struct Scenario {
    name: &'static str,
    /// What is there before, if anything.
    before: fn(&World) -> Option<InternalApi>,
    /// What is wanted; nothing means destroy.
    after: fn(&World) -> Option<InternalApi>,
}

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "create", before: |_| None, after: |world| Some(small(world)) },
    Scenario { name: "delete", before: |world| Some(small(world)), after: |_| None },
    Scenario { name: "add_route", before: |world| Some(small(world)), after: |world| Some(with_route(small(world))) },
    Scenario {
        name: "replace_balancer",
        before: |world| Some(small(world)),
        after: |world| {
            let mut config = small(world);
            let subnet_ids = strings(&world.fresh.subnet_ids[..2]);
            config.load_balancer = Attr::Known(LoadBalancer { subnet_ids, ..LoadBalancer::default() });
            Some(config)
        },
    },
    Scenario {
        name: "rename_stage",
        before: |world| Some(small(world)),
        after: |world| {
            let mut config = small(world);
            inside(&mut config.stage).name = text("v2");
            Some(config)
        },
    },
];

fn small(world: &World) -> InternalApi {
    let mut config = world.shop();
    inside(&mut config.backends).retain(|name, _| name == "users");
    inside(&mut config.routes).retain(|name, _| name.contains("users"));
    config
}

fn with_route(mut config: InternalApi) -> InternalApi {
    inside(&mut config.routes).insert("GET /new".into(), Attr::Known(route("users")));
    config
}

/// `PRIVGW_CRASH=add_route/3/After` runs one point alone.
#[tokio::test(start_paused = true)]
async fn a_process_killed_at_any_write_is_followed_by_one_that_converges() {
    let only = std::env::var("PRIVGW_CRASH").unwrap_or_default();
    let (mut runs, mut broken) = (0, Vec::new());
    for scenario in SCENARIOS {
        let clean = run(scenario, None).await.unwrap_or_else(|why| panic!("{}: {why}", scenario.name));
        let writes = clean.writes;
        for (point, death) in (0..writes).flat_map(|point| [(point, Death::Before), (point, Death::After)]) {
            let name = format!("{}/{point}/{death:?}", scenario.name);
            if !name.contains(&only) {
                continue;
            }
            runs += 1;
            match run(scenario, Some((point, death))).await {
                Ok(run) if run.deployments.is_none_or(|count| Some(count) == clean.deployments) => {}
                Ok(run) => {
                    broken.push(format!("{name}: {:?} deployments, not {:?}", run.deployments, clean.deployments))
                }
                Err(why) => broken.push(format!("{name}: {why}")),
            }
        }
        println!("killed at each of {writes} writes of {}", scenario.name);
    }
    println!("{runs} deaths, {} without convergence", broken.len());
    assert!(runs > 0, "no point is called {only}");
    assert!(broken.is_empty(), "{} of {runs} runs did not converge:\n{}", broken.len(), broken.join("\n"));
}

/// What became of a run.
struct Ended {
    /// Until the end, or the death.
    writes: usize,
    /// How many there were in the end: earlier ones are kept, and as many whether or not somebody died. None where there was no end.
    deployments: Option<usize>,
}

/// Runs a scenario, with a death if there is to be one. The error says what did not hold afterwards.
async fn run(scenario: &Scenario, death: Option<(usize, Death)>) -> Result<Ended, String> {
    let mut world = World::new();
    let empty = world.sim.objects();
    let (before, after) = ((scenario.before)(&world), (scenario.after)(&world));
    if let Some(before) = &before {
        world.apply(before).await.map_err(|found| format!("the preparation failed: {found:?}"))?;
    }
    world.strikes.arm(death);
    let (saved, strikes) = (world.state.clone(), world.strikes.clone());
    let killed = tokio::select! {
        biased;
        () = strikes.killed() => true,
        () = reach(&mut world, after.as_ref()) => false,
    };
    if killed {
        world.state = saved;
    }
    let (writes, struck) = (world.strikes.writes(), world.strikes.struck());
    world.strikes.arm(None);
    let mut deployments = None;
    if let Some(after) = &after {
        if let Err(found) = world.apply(after).await {
            return refused(&mut world, scenario, struck.as_deref(), &found)
                .map(|()| Ended { writes, deployments: None });
        }
        tokio::time::sleep(LINGER).await;
        is_whole(&world, after)?;
        deployments = Some(world.count("deployment"));
        let seq = world.sim.calls().len();
        world.apply(after).await.map_err(|found| format!("the third apply failed: {found:?}"))?;
        let more = world.writes_since(seq);
        if !more.is_empty() {
            return Err(format!("the third apply wrote {more:?}"));
        }
    }
    let found = world.destroy().await;
    if !found.is_empty() {
        return Err(format!("destroy: {found:?}"));
    }
    tokio::time::sleep(LINGER).await;
    let left = world.sim.objects();
    if left == empty { Ok(Ended { writes, deployments }) } else { Err(format!("left over: {left}")) }
}

/// A creation that was killed when the bundle was complete has left nothing in the state, and the next one can't tell whose bundle
/// that is: it must say so, and touch nothing.
fn refused(
    world: &mut World,
    scenario: &Scenario,
    struck: Option<&str>,
    found: &tfplugin::Diagnostics,
) -> Result<(), String> {
    let complete = (scenario.before)(world).is_none() && struck.is_some_and(|call| call.ends_with("/stages"));
    let told = found.iter().any(|one| one.summary == "A bundle of this name exists already");
    if complete && told && world.count("stage") == 1 {
        return Ok(());
    }
    Err(format!("killed at {struck:?}, and the next apply failed: {found:?}"))
}

/// What the user asked for, whatever becomes of it.
async fn reach(world: &mut World, after: Option<&InternalApi>) {
    match after {
        Some(after) => drop(world.apply(after).await),
        None => drop(world.destroy().await),
    }
}

/// Exactly one of each child, and nothing else.
fn is_whole(world: &World, config: &InternalApi) -> Result<(), String> {
    let backends = config.backends.known().map_or(0, BTreeMap::len);
    for (kind, count) in whole(backends) {
        let found = world.count(kind);
        if found != count {
            return Err(format!("{found} of {kind}, not {count}: {}", world.sim.objects()[ACCOUNT][REGION][kind]));
        }
    }
    Ok(())
}
