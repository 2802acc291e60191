//! Random lives of a resource with an attribute of every kind, judged as Terraform would; and broken providers, which must be noticed.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use fastrand::Rng;
use tfplugin::{
    Diagnostic, Path, Schema, Value,
    testing::{
        Planned, Stored,
        terraform::{Action, Driver, Object, Order, Tampering, Trouble, judge, places, put},
    },
};

use crate::{
    attribute,
    everything::{EVERYTHING, driver, rpc},
    random,
};

/// Changes that are planned and applied, in all.
const TRANSITIONS: usize = 50_000;
/// Changes of one object, before another one's life begins.
const LIFE: usize = 20;
const THREADS: usize = 2;

/// How often each kind of change was made.
type Done = BTreeMap<&'static str, usize>;

#[test]
fn random_lives_give_terraform_nothing_to_complain_about() {
    let seed = std::env::var("TFPLUGIN_SEED").ok().and_then(|text| text.parse().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() * 10_000;
    let (first, lives) = seed.map_or_else(|| (now(), TRANSITIONS / LIFE), |seed| (seed, 1));
    let (start, next, total) = (Instant::now(), AtomicU64::new(0), Mutex::new(Done::new()));
    std::thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                loop {
                    let life = next.fetch_add(1, Ordering::Relaxed);
                    if life >= lives as u64 {
                        break;
                    }
                    let seed = first + life;
                    let lived = runtime.block_on(live(seed));
                    let done = lived.unwrap_or_else(|trouble| panic!("TFPLUGIN_SEED={seed}: {trouble}"));
                    let mut total = total.lock().unwrap();
                    done.into_iter().for_each(|(what, count)| *total.entry(what).or_default() += count);
                }
            });
        }
    });
    let (done, took) = (total.into_inner().unwrap(), start.elapsed().as_secs_f64());
    let all = lives * LIFE;
    // libtest keeps what `println!` writes to itself.
    let line =
        format!("conformance: {all} transitions from the seed {first} on, no violation, {took:.0} s: {done:?}\n");
    let _ = std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes());
    if lives > 1 {
        let few = ["create", "update", "replace", "no-op", "destroy", "import"]
            .into_iter()
            .find(|what| done.get(what).is_none_or(|count| count * 100 < lives * LIFE));
        assert_eq!(few, None, "too few of these: {done:?}");
    }
}

async fn live(seed: u64) -> Result<Done, Trouble> {
    let mut rng = Rng::with_seed(seed);
    let rpc = rpc().await;
    let schema = rpc.schemas().resources[EVERYTHING].schema.clone();
    let rpc = if rng.bool() { rpc.refined() } else { rpc };
    let mut driver = Driver::new(rpc, EVERYTHING);
    let mut config = random::config(&schema, &mut rng);
    let mut done = Done::new();
    for _ in 0..LIFE {
        config = next_config(&schema, config, &mut rng);
        let planned = random::with_unknowns(&schema, &config, &mut rng);
        let order = if rng.bool() { Order::DeleteFirst } else { Order::CreateFirst };
        let what = match rng.u8(..20) {
            0 => driver.destroy().await.map(|()| "destroy")?,
            1 => {
                driver.taint();
                "taint"
            }
            2 => import_again(&mut driver, &config).await.map(|()| "import")?,
            _ => match driver.settle(&planned, &config, order).await? {
                Action::NoOp => "no-op",
                Action::Create => "create",
                Action::Update => "update",
                Action::Replace => "replace",
                Action::Delete => "destroy",
            },
        };
        *done.entry(what).or_default() += 1;
    }
    driver.destroy().await?;
    assert!(driver.object().is_none());
    Ok(done)
}

/// The same once more, a small change, or another configuration altogether.
fn next_config(schema: &Schema, config: Value, rng: &mut Rng) -> Value {
    match rng.u8(..4) {
        0 => config,
        1 => random::config(schema, rng),
        _ => {
            let (other, places) = (random::config(schema, rng), places(schema, &config));
            let top: Vec<_> = places.iter().filter(|place| place.path.steps().len() == 1).collect();
            let path = &top[rng.usize(..top.len())].path;
            put(&config, path, other.as_object().and_then(|o| o.get(&path.to_string())).unwrap_or(&Value::Null))
        }
    }
}

/// Another state takes the object over, and finds the same. Without an object it is made.
async fn import_again(driver: &mut Driver, config: &Value) -> Result<(), Trouble> {
    driver.settle(config, config, Order::DeleteFirst).await?;
    let before = driver.object().cloned().expect("it was made");
    let Value::String(id) = &before.state.as_object().unwrap()["id"] else { panic!("ids are strings") };
    driver.import(id).await?;
    assert_eq!(driver.object(), Some(&before));
    Ok(())
}

/// A life in which everything happens that a broken provider could do wrong.
async fn whole_life(driver: &mut Driver) -> Result<(), Trouble> {
    let part =
        |weight: i64| Value::object([("weight", weight.into()), ("label", Value::Null), ("serial", Value::Null)]);
    let config = |name: &str, weight: i64| {
        Value::object([
            ("name", Value::from(name)),
            ("secret", "hush".into()),
            ("set", Value::Set(vec!["a".into()])),
            ("many", Value::List(vec![part(1), part(weight)])),
            ("named", Value::Map(BTreeMap::from([("lid".to_owned(), part(weight))]))),
        ])
    };
    let unknown = put(&config("a", 1), &Path::attr("name"), &Value::Unknown);
    assert_eq!(driver.settle(&unknown, &config("a", 1), Order::DeleteFirst).await?, Action::Create);
    assert_eq!(driver.settle(&config("a", 2), &config("a", 2), Order::DeleteFirst).await?, Action::Update);
    assert_eq!(driver.settle(&config("b", 2), &config("b", 2), Order::CreateFirst).await?, Action::Replace);
    driver.destroy().await
}

#[tokio::test]
async fn a_sound_provider_is_not_suspected() {
    whole_life(&mut driver().await).await.unwrap_or_else(|trouble| panic!("{trouble}"));
}

/// A fault, and Terraform's word for it.
type Mutation = (&'static str, Tampering, &'static str);

fn set(state: &mut Value, name: &str, value: Value) {
    if let Value::Object(object) = state {
        object.insert(name.to_owned(), value);
    }
}

fn planning(name: &'static str, plan: fn(&mut Planned), rule: &'static str) -> Mutation {
    (name, Tampering { plan, ..Tampering::default() }, rule)
}

fn applying(name: &'static str, apply: fn(&mut Stored), rule: &'static str) -> Mutation {
    (name, Tampering { apply, ..Tampering::default() }, rule)
}

fn reading(name: &'static str, read: fn(&mut Stored), rule: &'static str) -> Mutation {
    (name, Tampering { read, ..Tampering::default() }, rule)
}

fn upgrading(name: &'static str, upgrade: fn(&mut Value), rule: &'static str) -> Mutation {
    (name, Tampering { upgrade, ..Tampering::default() }, rule)
}

fn bug() -> Diagnostic {
    Diagnostic::error("Internal error", "This is a bug in the provider")
}

static COUNT: AtomicI64 = AtomicI64::new(0);

fn mutations() -> Vec<Mutation> {
    bad_plans().into_iter().chain(bad_results()).collect()
}

fn bad_plans() -> Vec<Mutation> {
    vec![
        planning("changes what is configured", |p| set(&mut p.state, "name", "x".into()), judge::INVALID_PLAN),
        planning("sets what nobody has asked for", |p| set(&mut p.state, "size", 1.into()), judge::INVALID_PLAN),
        planning("doubts what is configured", |p| set(&mut p.state, "set", Value::Unknown), judge::INVALID_PLAN),
        planning("plans a secret", |p| set(&mut p.state, "secret", "hush".into()), judge::INVALID_PLAN),
        planning("loses an object", |p| set(&mut p.state, "many", Value::List(Vec::new())), judge::INVALID_PLAN),
        planning("loses a key", |p| set(&mut p.state, "named", Value::Map(BTreeMap::new())), judge::INVALID_PLAN),
        planning(
            "promises what it can't know",
            |p| set(&mut p.state, "revision", 9.into()),
            judge::INCONSISTENT_RESULT,
        ),
        planning("replaces for a path to nowhere", |p| p.replace.push(Path::attr("nowhere")), judge::INVALID_PLAN),
        planning("forgets its private bytes in a plan", |p| p.private.clear(), "Provider loses its private bytes"),
        planning(
            "plans at random",
            |p| set(&mut p.state, "label", COUNT.fetch_add(1, Ordering::Relaxed).to_string().as_str().into()),
            "Provider plans another thing when asked again",
        ),
        planning(
            "takes back what it has planned",
            |p| {
                if attribute(&p.state, "name") == &Value::Unknown {
                    set(&mut p.state, "label", "x".into());
                }
            },
            judge::INCONSISTENT_PLAN,
        ),
        planning(
            "plans to be known by something else",
            |p| p.identity = Some(BTreeMap::from([("id".to_owned(), "another".to_owned())])),
            "Provider produced invalid identity",
        ),
    ]
}

fn bad_results() -> Vec<Mutation> {
    vec![
        reading(
            "changes what an object is known by",
            |s| s.identity = Some(BTreeMap::from([("id".to_owned(), "another".to_owned())])),
            "Provider produced invalid identity",
        ),
        reading("reports a bug of its own", |s| s.diagnostics.push(bug()), "Provider reports a bug of its own"),
        upgrading(
            "upgrades what is up to date",
            |state| set(state, "label", "x".into()),
            "Invalid resource state upgrade",
        ),
        applying("isn't known by anything", |s| s.identity = None, "Missing resource identity after apply"),
        applying("leaves something unknown", |s| set(&mut s.state, "id", Value::Unknown), judge::INVALID_RESULT),
        applying("returns nothing", |s| s.state = Value::Null, judge::INVALID_RESULT),
        applying("makes something else", |s| set(&mut s.state, "name", "x".into()), judge::INCONSISTENT_RESULT),
        applying(
            "adds to a set",
            |s| set(&mut s.state, "set", Value::Set(vec!["a".into(), "b".into()])),
            judge::INCONSISTENT_RESULT,
        ),
        applying("stores a secret", |s| set(&mut s.state, "secret", "hush".into()), judge::INVALID_RESULT),
        applying(
            "leaves a state behind",
            |s| {
                if s.state.is_null() {
                    s.state = Value::object([("name", Value::from("a"))]);
                }
            },
            "Provider returned a state after deleting",
        ),
        reading("doubts what it reads", |s| set(&mut s.state, "id", Value::Unknown), judge::INVALID_OBJECT),
        reading("forgets its private bytes", |s| s.private.clear(), "Provider loses its private bytes"),
        reading(
            "reads another thing than it wrote",
            |s| set(&mut s.state, "set", Value::Set(vec!["A".into()])),
            "Provider plans changes right after apply",
        ),
    ]
}

#[tokio::test]
async fn every_broken_provider_is_caught() {
    for (name, tampering, rule) in mutations() {
        let mut driver = driver().await.tampered(tampering);
        match whole_life(&mut driver).await {
            Err(Trouble::Violated(found)) => assert!(found.iter().any(|one| one.rule == rule), "{name}: {found:?}"),
            other => panic!("one that {name} got away with it: {other:?}"),
        }
    }
}

fn named(name: &str) -> Value {
    Value::object([("name", Value::from(name)), ("secret", "hush".into())])
}

fn name(object: Option<&Object>) -> Option<&Value> {
    object.map(|object| attribute(&object.state, "name"))
}

/// A driver with a thing that is about to be replaced by one before it goes, and what goes wrong with that.
async fn replacing(apply: fn(&mut Stored)) -> (Driver, Trouble) {
    let mut driver = driver().await.tampered(Tampering { apply, ..Tampering::default() });
    driver.settle(&named("a"), &named("a"), Order::CreateFirst).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    let trouble = driver.settle(&named("b"), &named("b"), Order::CreateFirst).await.unwrap_err();
    (driver, trouble)
}

fn fail(made: &mut Stored) {
    made.diagnostics.push(Diagnostic::error("Out of luck", "Try again"));
}

#[tokio::test]
async fn an_object_of_whose_replacement_nothing_came_is_there_as_before() {
    let (driver, trouble) = replacing(|made| {
        if !made.state.is_null() && attribute(&made.state, "name") == &Value::from("b") {
            made.state = Value::Null;
            fail(made);
        }
    })
    .await;
    assert!(matches!(trouble, Trouble::Failed(_)), "{trouble}");
    assert_eq!((name(driver.object()), driver.deposed()), (Some(&"a".into()), None));
}

#[tokio::test]
async fn an_object_whose_replacement_is_half_made_waits_for_the_next_apply() {
    let (mut driver, trouble) = replacing(|made| {
        if !made.state.is_null() && attribute(&made.state, "name") == &Value::from("b") {
            fail(made);
        }
    })
    .await;
    assert!(matches!(trouble, Trouble::Failed(_)), "{trouble}");
    assert_eq!((name(driver.object()), name(driver.deposed())), (Some(&"b".into()), Some(&"a".into())));
    assert!(driver.object().is_some_and(|object| object.is_tainted));
    let settled = driver.settle(&named("c"), &named("c"), Order::CreateFirst).await;
    assert_eq!(settled.unwrap_or_else(|trouble| panic!("{trouble}")), Action::Replace);
    assert_eq!((name(driver.object()), driver.deposed()), (Some(&"c".into()), None));
}

#[tokio::test]
async fn a_replaced_object_that_could_not_be_deleted_is_deleted_by_the_next_apply() {
    static FAILURES: AtomicI64 = AtomicI64::new(1);
    let (mut driver, trouble) = replacing(|made| {
        if made.state.is_null() && FAILURES.fetch_sub(1, Ordering::Relaxed) > 0 {
            fail(made);
        }
    })
    .await;
    assert!(matches!(trouble, Trouble::Failed(_)), "{trouble}");
    assert_eq!((name(driver.object()), name(driver.deposed())), (Some(&"b".into()), Some(&"a".into())));
    let settled = driver.settle(&named("b"), &named("b"), Order::CreateFirst).await;
    assert_eq!(settled.unwrap_or_else(|trouble| panic!("{trouble}")), Action::NoOp);
    assert_eq!((name(driver.object()), driver.deposed()), (Some(&"b".into()), None));
}
