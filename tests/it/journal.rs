//! The engine's journal of whole scenarios, compared as text: what it does, and in which order.

use std::time::Duration;

use privgw::bundle::desired::desired;
use privgw::bundle::model::{InternalApi, LoadBalancer};
use privgw::child::{Identity, Scope};
use privgw::reconcile::{Graph, Observed, Outcome, Run, observe, plan, reconcile};
use tfplugin::Attr;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::world::{World, inside, route, strings};

/// One run of the engine from what is to `config`, or to nothing.
async fn run(world: &World, config: Option<&InternalApi>, before: &Observed) -> Outcome {
    let aws = world.configure().await;
    let identity = Identity { bundle: "shop".into(), owner: "1".into(), ..Identity::default() };
    let graph = config.map_or_else(Graph::default, |config| desired(config, &aws.place, &identity));
    let scope =
        Scope { identity, vpc_id: world.fresh.vpc_id.clone(), known: before.children.clone(), ..Scope::default() };
    let before = observe(&aws, &scope).await.expect("the simulator answers");
    let run = Run {
        aws: &aws,
        scope,
        permitted: plan(&graph, &before).permitted(),
        deadline: Instant::now() + Duration::from_secs(3600),
        cancel: CancellationToken::new(),
    };
    let outcome = reconcile(&run, &graph, before).await;
    assert!(outcome.failures.is_empty() && outcome.unverified.is_empty(), "{:?}", outcome.failures);
    outcome
}

fn one_backend(world: &World) -> InternalApi {
    let mut config = world.shop();
    for name in ["users", "images"] {
        inside(&mut config.backends).remove(name);
    }
    inside(&mut config.routes).retain(|key, _| key == "GET /products");
    config
}

#[tokio::test(start_paused = true)]
async fn a_life_in_order() {
    let world = World::new();
    let mut config = one_backend(&world);
    let made = run(&world, Some(&config), &Observed::default()).await;
    let expected = [
        "create security_group/endpoint",
        "create security_group/load_balancer",
        "create load_balancer",
        "create vpc_endpoint",
        "create target_group/products",
        "create listener/products",
        "ready vpc_endpoint",
        "ready load_balancer",
        "create vpc_link",
        "ready vpc_link",
        "create rest_api",
        "create deployment",
        "create stage",
    ];
    assert_eq!(sorted_pairs(&made.journal), sorted_pairs(&expected));

    let same = run(&world, Some(&config), &made.observed).await;
    assert_eq!(same.journal, Vec::<String>::new(), "nothing to do is nothing done");

    inside(&mut config.routes).insert("GET /more".into(), Attr::Known(route("products")));
    let changed = run(&world, Some(&config), &same.observed).await;
    assert_eq!(
        changed.journal,
        ["update rest_api: routes", "create deployment", "update stage: deployment_id", "retire deployment"]
    );

    config.load_balancer =
        Attr::Known(LoadBalancer { subnet_ids: strings(&world.fresh.subnet_ids[..1]), ..LoadBalancer::default() });
    let replaced = run(&world, Some(&config), &changed.observed).await;
    let teardown = replaced.journal.iter().position(|line| line.starts_with("retire")).expect("something is retired");
    let (built, torn) = replaced.journal.split_at(teardown);
    assert!(built.contains(&"update stage: deployment_id".to_string()), "{built:?}");
    assert!(torn.iter().all(|line| line.starts_with("retire")), "nothing is torn down before all is built: {torn:?}");

    let gone = run(&world, None, &replaced.observed).await;
    assert!(gone.observed.is_empty());
    let place = |name: &str| gone.journal.iter().position(|line| line == &format!("delete {name}")).expect(name);
    for (first, then) in [
        ("stage", "deployment"),
        ("deployment", "rest_api"),
        ("rest_api", "vpc_link"),
        ("rest_api", "vpc_endpoint"),
        ("vpc_link", "load_balancer"),
        ("listener/products", "load_balancer"),
        ("listener/products", "target_group/products"),
        ("load_balancer", "security_group/load_balancer"),
        ("vpc_endpoint", "security_group/endpoint"),
    ] {
        assert!(place(first) < place(then), "{first} before {then}: {:?}", gone.journal);
    }
}

/// What starts at the same moment may be written down in any order, so lines that nothing orders are sorted.
fn sorted_pairs<T: AsRef<str>>(journal: &[T]) -> Vec<String> {
    let mut lines: Vec<String> = journal.iter().map(|line| line.as_ref().to_string()).collect();
    let unordered = lines.iter().position(|line| line.starts_with("ready")).unwrap_or(lines.len());
    lines[..unordered].sort();
    lines
}
