//! A creation that fails is kept or taken back, as the user wishes; either way the state holds exactly what there is.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sim::{Fault, Order};
use privgw::bundle::model::InternalApi;
use serde_json::Value;
use tfplugin::Diagnostics;
use tokio_util::sync::CancellationToken;

use crate::interrupt::{forgotten, ids};
use crate::sweep::{LINGER, small};
use crate::world::{World, text, whole};

/// Where a creation fails: early, in the middle, while other children are under way, and at its end.
///
/// `DescribeTags` is how a load balancer or target group that AWS has just answered with is told from a stranger's.
const FAILS: [&str; 7] = [
    "CreateVpcEndpoint",
    "DescribeTags",
    "SetSecurityGroups",
    "CreateListener",
    "CreateVpcLink",
    "PutRestApi",
    "CreateStage",
];

fn refusal() -> Fault {
    Fault::Error { status: 400, code: "InvalidParameter".into(), message: "not today".into() }
}

/// AWS refuses this for good.
fn denied(world: &World, operation: &str) {
    let order = Order { times: Some(1000), ..Order::once(operation, Fault::Denied) };
    world.sim.order_fault(order).expect("there is such an operation");
}

fn rolling_back(world: &World) -> InternalApi {
    InternalApi { on_create_failure: text("rollback"), ..small(world) }
}

fn told<'a>(found: &'a Diagnostics, summary: &str) -> &'a str {
    let one = found.iter().find(|one| one.summary == summary);
    one.map(|one| one.detail.as_str()).unwrap_or_else(|| panic!("nothing says {summary:?}: {found:#?}"))
}

/// The ids that the state knows.
fn known(world: &World) -> BTreeSet<String> {
    let Some((_, private)) = &world.state else { return BTreeSet::new() };
    let private: Value = serde_json::from_slice(private).expect("it is JSON");
    let observed = &private["observed"];
    let children = observed["children"].as_object().into_iter().flatten().map(|(_, live)| live);
    let all = children.chain(observed["extras"].as_array().into_iter().flatten());
    all.filter_map(|live| live["id"].as_str().map(str::to_string)).collect()
}

/// The state holds what exists, and nothing that doesn't.
fn assert_truth(world: &World, what: &str) {
    assert_eq!(forgotten(world), Vec::<String>::new(), "{what}: the state must hold all that exists");
    let objects = ids(&world.sim.objects());
    let is_there = |id: &String| objects.iter().any(|there| there == id || there.ends_with(&format!("/{id}")));
    let gone: Vec<String> = known(world).into_iter().filter(|id| !is_there(id)).collect();
    assert_eq!(gone, Vec::<String>::new(), "{what}: the state must hold nothing that is gone");
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_creation_has_made_is_kept_listed_and_carried_on_after_untaint() {
    for operation in FAILS {
        let mut world = World::new();
        let config = small(&world);
        world.sim.fail_next(operation, refusal());
        let found = world.apply(&config).await.unwrap_err();
        assert!(world.is_tainted(), "{operation}");
        assert_truth(&world, operation);
        let detail = told(&found, "The bundle is half made");
        let children = world.state.as_ref().expect("it is kept").0.children.clone();
        for (child, id) in children.known().into_iter().flatten() {
            let id = id.known().expect("an apply leaves nothing unknown");
            assert!(detail.contains(&format!("{child} ({id})")), "{operation}: {child} ({id}) isn't in: {detail}");
        }
        for words in ["tainted: the next apply deletes what was made", "run `terraform untaint`", "`terraform destroy`"]
        {
            assert!(detail.contains(words), "{operation}: {detail}");
        }
        let kept = known(&world);
        world.untaint();
        world.settle(&config).await;
        assert!(known(&world).is_superset(&kept), "{operation}: what was there is still what there is");
        for (kind, count) in whole(1).into_iter().chain([("deployment", 1)]) {
            assert_eq!(world.count(kind), count, "{operation}: {kind}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_is_rolled_back_leaves_nothing_behind() {
    for operation in FAILS {
        let mut world = World::new();
        let before = world.sim.objects();
        let config = rolling_back(&world);
        world.sim.fail_next(operation, refusal());
        let found = world.apply(&config).await.unwrap_err();
        assert!(found.iter().any(|one| one.detail.contains("not today")), "{operation}: why is told: {found:?}");
        told(&found, "The creation was rolled back");
        assert!(world.state.is_none() && !world.is_tainted(), "{operation}: there is no state");
        tokio::time::sleep(LINGER).await;
        assert_eq!(world.sim.objects(), before, "{operation}");
        world.settle(&config).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_fails_leaves_in_the_state_what_is_left_and_a_destroy_removes_it() {
    for refused in ["DeleteLoadBalancer", "DeleteSecurityGroup", "DeleteVpcEndpoints", "DeleteTargetGroup"] {
        let mut world = World::new();
        let before = world.sim.objects();
        world.sim.fail_next("CreateVpcLink", refusal());
        denied(&world, refused);
        let found = world.apply(&rolling_back(&world)).await.unwrap_err();
        for words in ["not today", refused] {
            assert!(found.iter().any(|one| one.detail.contains(words)), "{refused}: {words}: {found:?}");
        }
        assert!(!known(&world).is_empty(), "{refused}: it is in the state");
        assert_truth(&world, refused);
        let detail = told(&found, "The bundle is half made");
        let is_whole = whole(1).into_iter().all(|(kind, count)| world.count(kind) == count);
        assert!(!is_whole && !detail.contains("listener/users ("), "{refused}: what could go is gone: {detail}");
        world.sim.clear_faults();
        assert!(world.destroy().await.is_empty(), "{refused}");
        tokio::time::sleep(LINGER).await;
        assert_eq!(world.sim.objects(), before, "{refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_a_rollback_and_the_state_holds_the_rest() {
    // At its look around, which AWS doesn't answer; and at its deletions.
    for (refused, after) in [("DescribeVpcEndpoints", 30), ("DeleteSecurityGroup", 20)] {
        let mut world = World::new();
        let before = world.sim.objects();
        let config = rolling_back(&world);
        let (sim, token) = (world.sim.clone(), world.cancel.clone());
        world.sim.fail_next("CreateVpcLink", refusal());
        tokio::spawn(async move {
            // From the refusal on, when the load balancer stands.
            while !sim.calls().iter().any(|call| call.operation == "CreateVpcLink") {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let throttled = Order { times: Some(1000), ..Order::once(refused, Fault::Throttle) };
            sim.order_fault(throttled).expect("there is such an operation");
            tokio::time::sleep(Duration::from_secs(after)).await;
            token.cancel();
        });
        let found = world.apply(&config).await.unwrap_err();
        let calls = world.sim.calls();
        let refused_at = calls.iter().find(|call| call.operation == "CreateVpcLink").map_or(0, |call| call.at_ms);
        let last = calls.last().map_or(0, |call| call.at_ms);
        assert!(last <= refused_at + 1000 * (after + 5), "{refused}: it went on for {} ms", last - refused_at);
        assert!(found.has_errors() && !known(&world).is_empty(), "{refused}");
        assert_truth(&world, refused);
        world.cancel = CancellationToken::new();
        world.sim.clear_faults();
        tokio::time::sleep(LINGER).await;
        assert!(world.destroy().await.is_empty(), "{refused}");
        tokio::time::sleep(LINGER).await;
        assert_eq!(world.sim.objects(), before, "{refused}");
    }
}
