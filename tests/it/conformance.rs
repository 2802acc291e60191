//! Terraform's judgement of the provider: whatever is unknown, missing or changed in a configuration, Terraform has nothing to complain
//! about.
//!
//! The provider is asked over its own protocol, in this process, and AWS is the simulator.

pub mod whole;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use aws_sim::Config as Pace;
use fastrand::Rng;
use privgw::aws::Aws;
use privgw::bundle::Bundle;
use privgw::bundle::model::InternalApi;
use privgw::provider::{Config, Privgw};
use tfplugin::provider::Configured;
use tfplugin::testing::Rpc;
use tfplugin::testing::terraform::{Action, Driver, Order, Place, Trouble, places, put};
use tfplugin::{Call, Codec, DataSourceEntry, Diagnostics, Function, Provider, Resource, ResourceEntry, Schema, Value};

use crate::existing::generated;
use crate::handed_in::Estate;
use crate::life::CASES;
use crate::sweep::{STACK, alone};
use crate::world::World;

/// AWS's waits become polls, and they are tested elsewhere.
const SPEED: f64 = 1000.0;
/// Random changes that are planned and applied.
const TRANSITIONS: usize = 2_000;
/// Of one bundle, before another one's life begins.
const LIFE: usize = 40;

/// A role with which API Gateway may write logs. Without it AWS refuses a logging level.
pub const LOGS: &str = r#"{"patchOperations":[{"op":"replace","path":"/cloudwatchRoleArn","value":"arn:aws:iam::111122223333:role/logs"}]}"#;

/// The provider as it is, but for the way to AWS.
struct Simulated(World);

impl Provider for Simulated {
    type Config = Config;
    type Meta = Aws;

    fn name(&self) -> &'static str {
        Privgw.name()
    }

    fn address(&self) -> &'static str {
        Privgw.address()
    }

    fn version(&self) -> &'static str {
        Privgw.version()
    }

    fn description(&self) -> &'static str {
        Privgw.description()
    }

    fn validate(&self, config: &Config) -> Diagnostics {
        Privgw.validate(config)
    }

    async fn configure(&self, _: &Call, _: &str, _: Config) -> Configured<Aws> {
        Ok((Some(self.0.configure().await), Diagnostics::new()))
    }

    fn resources(&self) -> Vec<ResourceEntry<Aws>> {
        Privgw.resources()
    }

    fn data_sources(&self) -> Vec<DataSourceEntry<Aws>> {
        Privgw.data_sources()
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        Privgw.functions()
    }
}

/// The provider, configured for a world.
pub async fn rpc(world: &World) -> Rpc {
    let rpc = Rpc::in_process(Simulated(world.beside())).await.expect("its schemas are sound");
    assert!(rpc.configure(&Value::object::<&str>([])).await.expect("it answers").is_empty());
    rpc
}

/// A bundle to be, in an AWS of its own.
struct Case {
    world: World,
    rpc: Rpc,
    driver: Driver,
    refined: Driver,
    schema: Schema,
}

impl Case {
    async fn new(seed: u64) -> Case {
        let world = World::with(Pace { speed: SPEED, seed, ..Pace::default() });
        world.tamper("apigateway", "PATCH", "/account", LOGS).await;
        let rpc = rpc(&world).await;
        let schema = rpc.schemas().resources[Bundle.type_name()].schema.clone();
        let refined = Driver::new(rpc.refined(), Bundle.type_name());
        Case { world, driver: Driver::new(rpc.clone(), Bundle.type_name()), rpc, refined, schema }
    }

    /// Everything that a user may write, once.
    fn whole(&self) -> Value {
        whole::config(&self.world).encode()
    }

    async fn settle(&mut self, planned: &Value, config: &Value) -> Result<Action, Trouble> {
        self.driver.settle(planned, config, Order::DeleteFirst).await
    }

    /// What may stand in a place: nothing, or something that isn't known yet.
    async fn plan_with(&mut self, changed: &Value, known: &Value, is_refined: bool) -> Result<bool, Trouble> {
        let driver = if is_refined { &mut self.refined } else { &mut self.driver };
        let plan = match driver.plan_only(changed).await {
            // A user is told what is wrong with it, and that is that.
            Err(Trouble::Refused(_)) => return Ok(false),
            plan => plan?,
        };
        driver.confirm(&plan, known).await.map(|_| true)
    }
}

fn in_a_thread(work: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK);
    thread.spawn(|| alone(work)).expect("a thread").join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

/// The attributes that no configuration can have together with the rest of [`whole`].
const INSTEAD: [&str; 3] = ["endpoint.security_group_ids", "load_balancer.security_group_ids", "policy.document"];

/// Those that hand in what exists already, and a document in the place of routes.
const GIVEN: [&str; 6] =
    ["endpoint.id", "load_balancer.arn", "load_balancer.listener_managed", "vpc_link", "vpc_link.id", "openapi"];

#[test]
fn every_attribute_has_been_unknown_in_a_plan_and_known_in_its_apply() {
    in_a_thread(async {
        let mut case = Case::new(1).await;
        let config = case.whole();
        settle(&mut case, &config, &config).await;
        for place in places(&case.schema, &config) {
            let unknown = put(&config, &place.path, &Value::Unknown);
            settle(&mut case, &unknown, &config).await;
        }
        let own = whole::with_own(&case.world).encode();
        for name in INSTEAD {
            let place = places(&case.schema, &own).into_iter().find(|place| place.attribute == name);
            let path = place.expect("it is in the schema").path;
            settle(&mut case, &put(&own, &path, &Value::Unknown), &own).await;
        }
        let estate = Estate::build(&case.world).await;
        let given = whole::with_given(&case.world, &estate, &estate.link(&case.world).await).encode();
        let path = |name: &str| {
            let place = places(&case.schema, &given).into_iter().find(|place| place.attribute == name);
            place.expect("it is in the schema").path
        };
        let (given_paths, pin) = (GIVEN.map(path), path("stage.deployment_id"));
        for path in given_paths {
            settle(&mut case, &put(&given, &path, &Value::Unknown), &given).await;
        }
        let state = case.driver.object().and_then(|object| object.state.as_object()).expect("it was made");
        let pinned = put(&given, &pin, &state["deployment_id"]);
        settle(&mut case, &put(&given, &pin, &Value::Unknown), &pinned).await;
        let missing = configurable(&case.schema).difference(case.driver.resolved()).cloned().collect::<Vec<_>>();
        assert_eq!(missing, Vec::<String>::new(), "never unknown at plan and known at apply");
        case.driver.destroy().await.unwrap_or_else(|trouble| panic!("{trouble}"));
    });
}

async fn settle(case: &mut Case, planned: &Value, config: &Value) {
    let settled = case.settle(planned, config).await;
    settled.unwrap_or_else(|trouble| panic!("{trouble}\nwith {planned:?}"));
}

/// Every attribute that a user may set, by the path without keys.
fn configurable(schema: &Schema) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(&schema.attributes, "", &mut found);
    found
}

fn collect(attributes: &[tfplugin::Attribute], prefix: &str, found: &mut BTreeSet<String>) {
    for attribute in attributes.iter().filter(|attribute| attribute.usage.is_configurable()) {
        let name = format!("{prefix}{}", attribute.name);
        if let tfplugin::AttributeType::Nested { attributes, .. } = &attribute.ty {
            collect(attributes, &format!("{name}."), found);
        }
        found.insert(name);
    }
}

#[test]
fn whatever_two_values_are_unknown_or_missing_the_plan_of_a_creation_is_kept() {
    in_a_thread(pairs("a creation", false));
}

#[test]
fn whatever_two_values_are_unknown_or_missing_the_plan_of_an_update_is_kept() {
    in_a_thread(pairs("an update", true));
}

async fn pairs(what: &'static str, exists: bool) {
    let (start, mut case) = (Instant::now(), Case::new(2).await);
    let config = case.world.shop().encode();
    if exists {
        settle(&mut case, &config, &config).await;
        case.refined.set_object(case.driver.object().cloned());
    }
    let all = places(&case.schema, &config);
    let (mut plans, mut refused) = (0, 0);
    for (first, number) in all.iter().zip(0..) {
        for second in &all[number..] {
            let kept = pair(&mut case, &config, [first, second]).await;
            let (planned, told) =
                kept.unwrap_or_else(|trouble| panic!("{} and {}: {trouble}", first.path, second.path));
            plans += planned;
            refused += told;
        }
    }
    let took = start.elapsed().as_secs_f64();
    crate::say(&format!(
        "pairs in {what}: {} places, {plans} plans kept, {refused} configurations refused, {took:.0} s\n",
        all.len()
    ));
    assert!(plans > 2 * refused && refused > 0, "{plans} plans, {refused} refused");
}

/// Both unknown, one of them refined or missing, or both missing. How many plans were made, and how many refused.
async fn pair(case: &mut Case, config: &Value, [first, second]: [&Place; 2]) -> Result<(usize, usize), Trouble> {
    let (unknown, null) = (Value::Unknown, Value::Null);
    let (mut plans, mut refused) = (0, 0);
    for ([one, other], is_refined) in [
        ([&unknown, &unknown], false),
        ([&unknown, &unknown], true),
        ([&unknown, &null], false),
        ([&null, &null], false),
    ] {
        let both = |first_value: &Value, second_value: &Value| {
            put(&put(config, &first.path, first_value), &second.path, second_value)
        };
        // What is missing stays so; what is unknown becomes what it is in the configuration.
        let known = match (one.is_null(), other.is_null()) {
            (true, true) => both(&null, &null),
            (false, true) => put(config, &second.path, &null),
            _ => config.clone(),
        };
        match case.plan_with(&both(one, other), &known, is_refined).await {
            Ok(true) => plans += 1,
            // What isn't known yet is never held against anybody.
            Ok(false) if !one.is_null() && !other.is_null() => {
                return Err(Trouble::Lost("what is unknown was refused".to_owned()));
            }
            Err(trouble) if !one.is_null() && !other.is_null() => return Err(trouble),
            Ok(false) | Err(Trouble::Refused(_)) => refused += 1,
            Err(trouble) => return Err(trouble),
        }
    }
    Ok((plans, refused))
}

#[test]
fn random_changes_are_applied_as_planned_and_then_there_is_nothing_to_do() {
    let start = Instant::now();
    let seed = std::env::var("PRIVGW_LIFE").ok().and_then(|text| text.parse().ok());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    let (first, lives) = seed.map_or((now.as_secs() * 1000, TRANSITIONS / LIFE), |seed| (seed, 1));
    let applied = Arc::new(AtomicUsize::new(0));
    for seed in first..first + lives as u64 {
        let applied = Arc::clone(&applied);
        in_a_thread(async move {
            let lived = live(seed).await;
            applied
                .fetch_add(lived.unwrap_or_else(|trouble| panic!("PRIVGW_LIFE={seed}: {trouble}")), Ordering::Relaxed);
        });
    }
    let (took, applied) = (start.elapsed().as_secs_f64(), applied.load(Ordering::Relaxed));
    let all = lives * LIFE;
    crate::say(&format!("lives: {all} random changes from the seed {first} on, {applied} applied, {took:.0} s\n"));
    assert!(lives == 1 || applied * 2 > all, "most must fit each other: {applied} of {all}");
}

/// Whatever has been made can be imported, and the configuration that is generated for it is true.
async fn plans_empty_after_an_import(case: &Case) -> Result<(), Trouble> {
    let state = case.driver.object().and_then(|object| object.state.as_object()).expect("it was made");
    let Value::String(id) = &state["id"] else { panic!("no id: {state:?}") };
    let (written, plan) = generated(&case.rpc, id).await?;
    match plan.action {
        Action::NoOp => Ok(()),
        action => Err(Trouble::Lost(format!("{action:?} after an import as {written:?}"))),
    }
}

/// How many of the changes could be applied.
async fn live(seed: u64) -> Result<usize, Trouble> {
    let (mut rng, mut case) = (Rng::with_seed(seed), Case::new(seed).await);
    let base = if rng.bool() { whole::config(&case.world) } else { case.world.shop() };
    let (mut config, mut applied): (InternalApi, usize) = (base.clone(), 0);
    for _ in 0..LIFE {
        if rng.u8(..4) == 0 {
            config = base.clone();
        }
        let change = CASES[rng.usize(..CASES.len())].change;
        let mut changed = config.clone();
        change(&case.world, &mut changed);
        let known = changed.encode();
        let all = places(&case.schema, &known);
        let unknown = (0..rng.usize(..4))
            .fold(known.clone(), |config, _| put(&config, &all[rng.usize(..all.len())].path, &Value::Unknown));
        match case.settle(&unknown, &known).await {
            Ok(_) => {
                (config, applied) = (changed, applied + 1);
                if rng.u8(..8) == 0 {
                    plans_empty_after_an_import(&case).await?;
                }
            }
            // Not every change fits every other.
            Err(Trouble::Refused(_)) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    let _ = case.settle(&base.encode(), &base.encode()).await?;
    case.driver.destroy().await.map(|()| applied)
}
