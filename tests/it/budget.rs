//! How many calls things take, how long, and how much of that could not be avoided. Every figure is printed.

use std::time::Duration;

use tfplugin::Attr;

use crate::world::{World, inside, route, strings, tally, text};

/// From an empty account, all three walks included; polls of a wait don't count.
const MOST_CALLS_OF_AN_APPLY: usize = 60;
const MOST_CALLS_OF_A_SECOND_PLAN: usize = 24;

async fn calls_with(routes: usize) -> (usize, usize) {
    let mut world = World::new();
    let mut config = world.shop();
    for (number, backend) in inside(&mut config.backends).values_mut().enumerate() {
        inside(backend).targets = strings(&[format!("172.31.0.{}", 10 + number)]);
    }
    for number in inside(&mut config.routes).len()..routes {
        inside(&mut config.routes).insert(format!("GET /route{number}"), Attr::Known(route("users")));
    }
    world.apply(&config).await.unwrap_or_else(|found| panic!("{found:#?}"));
    let apply = world.operations_since(0);
    let polls = world.sim.calls().len() - apply.len();
    println!("apply with {routes} routes: {} calls and {polls} polls: {:?}", apply.len(), tally(&apply));
    let seq = world.sim.calls().len();
    world.assert_settled(&config).await;
    let plan = world.operations_since(seq);
    println!("second plan with {routes} routes: {} calls: {:?}", plan.len(), tally(&plan));
    (apply.len(), plan.len())
}

#[tokio::test(start_paused = true)]
async fn two_hundred_routes_cost_as_many_calls_as_three() {
    let few = calls_with(3).await;
    let many = calls_with(200).await;
    assert_eq!(few, many);
    assert!(few.0 <= MOST_CALLS_OF_AN_APPLY, "{few:?}");
    assert!(few.1 <= MOST_CALLS_OF_A_SECOND_PLAN, "{few:?}");
}

#[tokio::test(start_paused = true)]
async fn a_create_takes_hardly_longer_than_the_two_waits_nobody_can_avoid() {
    let mut world = World::new();
    let config = world.shop();
    let start = tokio::time::Instant::now();
    world.apply(&config).await.unwrap_or_else(|found| panic!("{found:#?}"));
    let took = start.elapsed();
    // The simulator's durations: what a load balancer and then a VPC link take.
    let least = Duration::from_secs(150 + 180);
    let over = took.as_secs_f64() / least.as_secs_f64() - 1.0;
    println!(
        "create: {:.1} s, of which {} s are AWS's; {:.2} % over",
        took.as_secs_f64(),
        least.as_secs(),
        over * 100.0
    );
    assert!(over <= 0.03, "{over}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_plan_writes_nothing() {
    let mut world = World::new();
    let mut config = world.shop();
    config.subnet_ids = strings(&["subnet-00000000000000000".into()]);
    let found = world.apply(&config).await.unwrap_err();
    assert!(found.iter().any(|diagnostic| diagnostic.summary == "No such subnet"), "{found:?}");
    config.subnet_ids = strings(&world.fresh.subnet_ids);
    config.vpc_id = text("vpc-00000000000000000");
    let found = world.apply(&config).await.unwrap_err();
    assert!(found.iter().any(|diagnostic| diagnostic.summary == "Subnet of another VPC"), "{found:?}");
    let writes: Vec<String> = world.operations_since(0).into_iter().filter(|name| name.starts_with("Create")).collect();
    assert_eq!(writes, Vec::<String>::new());
}
