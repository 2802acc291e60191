//! AWS at its most awkward: it shows things late, counts requests, refuses simultaneous writes and large updates.

use std::time::Duration;

use aws_sim::{Config, Consistency, Quotas};
use privgw::bundle::model::{InternalApi, MethodSettings};
use tfplugin::Attr;

use crate::life::CASES;
use crate::world::{World, inside, map, route, text};

const LAGGING: Consistency = Consistency::Lagging;

/// The codes with which AWS says that there were too many requests.
const THROTTLES: [&str; 3] = ["TooManyRequestsException", "RequestLimitExceeded", "Throttling"];

pub fn throttled(world: &World) -> Vec<String> {
    let calls = world.sim.calls().into_iter();
    let refused = calls.filter(|call| call.error.as_deref().is_some_and(|code| THROTTLES.contains(&code)));
    refused.map(|call| call.operation).collect()
}

#[tokio::test(start_paused = true)]
async fn a_late_aws_changes_nothing_for_the_user() {
    for seed in 0..4 {
        let mut world = World::with(Config { seed, consistency: LAGGING, ..Config::default() });
        let before = world.sim.objects();
        let config = world.shop();
        world.settle(&config).await;
        for case in CASES {
            let mut changed = config.clone();
            (case.change)(&world, &mut changed);
            world.apply(&changed).await.unwrap_or_else(|found| panic!("seed {seed}, {}: {found:#?}", case.name));
            // A plan in the same second may still see the past.
            tokio::time::sleep(Duration::from_secs(10)).await;
            world.assert_settled(&changed).await;
        }
        assert!(world.destroy().await.is_empty(), "seed {seed}");
        tokio::time::sleep(Duration::from_secs(300)).await;
        assert_eq!(world.sim.objects(), before, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_bundle_meets_no_request_rate() {
    let mut world =
        World::with(Config { quotas: Quotas::Aws, latency: Duration::from_millis(80), ..Config::default() });
    let config = world.shop();
    world.settle(&config).await;
    let mut changed = config.clone();
    inside(&mut changed.routes).insert("GET /new".into(), Attr::Known(route("users")));
    // Every process begins with full buckets of its own; AWS's need a moment to be full again.
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.settle(&changed).await;
    assert!(world.destroy().await.is_empty());
    assert_eq!(throttled(&world), Vec::<String>::new());
}

/// More settings than AWS takes in one update.
fn many_settings(config: &mut InternalApi) {
    let settings = MethodSettings {
        throttling_burst_limit: Attr::Known(7),
        throttling_rate_limit: Attr::Known(3.into()),
        metrics_enabled: Attr::Known(true),
        ..MethodSettings::default()
    };
    let mut all = std::collections::BTreeMap::new();
    for number in 0..60 {
        let name = format!("GET /route{number}");
        inside(&mut config.routes).insert(name.clone(), Attr::Known(route("users")));
        all.insert(name, Attr::Known(settings.clone()));
    }
    inside(&mut config.stage).method_settings = Attr::Known(all);
}

#[tokio::test(start_paused = true)]
async fn more_method_settings_than_one_update_takes() {
    let mut world = World::new();
    let mut config = world.shop();
    world.settle(&config).await;
    many_settings(&mut config);
    world.settle(&config).await;
    inside(&mut config.stage).method_settings = map([]);
    world.settle(&config).await;
    let mut world = World::new();
    world.settle(&config).await;
    inside(&mut config.stage).name = text("v2");
    many_settings(&mut config);
    world.settle(&config).await;
}
