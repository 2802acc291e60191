//! Every write of a creation fails once, in two ways; whatever comes of it, the next applies converge and nothing is left behind.

use aws_sim::Fault;
use privgw::bundle::model::LoadBalancer;
use tfplugin::Attr;

use crate::world::{World, strings, whole};

/// Every operation that creates or changes something during a creation.
const WRITES: [&str; 13] = [
    "CreateSecurityGroup",
    "AuthorizeSecurityGroupIngress",
    "CreateVpcEndpoint",
    "CreateLoadBalancer",
    "SetSecurityGroups",
    "ModifyLoadBalancerAttributes",
    "CreateTargetGroup",
    "CreateListener",
    "CreateVpcLink",
    "CreateRestApi",
    "PutRestApi",
    "CreateDeployment",
    "CreateStage",
];

/// The back ends of the shop.
const BACKENDS: usize = 3;

fn assert_whole(world: &World, what: &str) {
    for (kind, count) in whole(BACKENDS).into_iter().chain([("deployment", 1)]) {
        assert_eq!(world.count(kind), count, "{what}: {kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_is_reported_and_the_next_apply_converges() {
    for operation in WRITES {
        let mut world = World::new();
        let before = world.sim.objects();
        let config = world.shop();
        let fault = Fault::Error { status: 400, code: "InvalidParameter".into(), message: "not today".into() };
        world.sim.fail_next(operation, fault);
        let found = world.apply(&config).await.unwrap_err();
        let told = found.iter().any(|one| one.detail.contains(operation) && one.detail.contains("not today"));
        assert!(told, "{operation}: {found:?}");
        assert!(world.is_tainted(), "{operation}: what exists is in the state");
        world.settle(&config).await;
        assert_whole(&world, operation);
        assert!(world.destroy().await.is_empty(), "{operation}");
        tokio::time::sleep(std::time::Duration::from_secs(300)).await;
        assert_eq!(world.sim.objects(), before, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_never_makes_anything_twice() {
    for operation in WRITES {
        let mut world = World::new();
        let before = world.sim.objects();
        let config = world.shop();
        world.sim.fail_next(operation, Fault::LostAnswer);
        world.settle(&config).await;
        assert_whole(&world, operation);
        assert!(world.destroy().await.is_empty(), "{operation}");
        tokio::time::sleep(std::time::Duration::from_secs(300)).await;
        assert_eq!(world.sim.objects(), before, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_update_keeps_the_old_arguments_and_the_next_apply_carries_on() {
    for operation in ["PutRestApi", "CreateDeployment", "UpdateStage"] {
        let mut world = World::new();
        let config = world.shop();
        let first = world.settle(&config).await;
        let mut changed = config.clone();
        crate::world::inside(&mut changed.routes)
            .insert("GET /new".into(), tfplugin::Attr::Known(crate::world::route("users")));
        world.sim.fail_next(
            operation,
            Fault::Error { status: 400, code: "BadRequestException".into(), message: "no".into() },
        );
        assert!(world.apply(&changed).await.is_err(), "{operation}");
        let (state, _) = world.state.clone().unwrap();
        assert_eq!(state.routes, first.routes, "{operation}: the next plan must still show the change");
        world.settle(&changed).await;
        assert_eq!(world.count("stage"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_wait_leaves_a_state_that_can_be_carried_on_or_destroyed() {
    let mut world = World::new();
    let before = world.sim.objects();
    let config = world.shop();
    let cancel = world.cancel.clone();
    let waiting = tokio::spawn(async move {
        // In the middle of the wait for the load balancer.
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        cancel.cancel();
    });
    let found = world.apply(&config).await.unwrap_err();
    assert!(found.iter().any(|one| one.detail.contains("interrupted while")), "{found:?}");
    waiting.await.unwrap();
    assert!(world.is_tainted());
    assert_eq!(world.count("load-balancer"), 1);
    world.cancel = tokio_util::sync::CancellationToken::new();
    assert!(world.destroy().await.is_empty());
    tokio::time::sleep(std::time::Duration::from_secs(300)).await;
    assert_eq!(world.sim.objects(), before);
}

#[tokio::test(start_paused = true)]
async fn a_second_bundle_of_the_name_is_refused_and_the_first_one_untouched() {
    let mut world = World::new();
    let config = world.shop();
    world.settle(&config).await;
    let before = world.sim.objects();
    let first = world.state.take();
    let found = world.apply(&config).await.unwrap_err();
    assert!(found.iter().any(|one| one.summary == "A bundle of this name exists already"), "{found:?}");
    assert_eq!(world.sim.objects(), before);
    world.state = first;
    world.assert_settled(&config).await;
}

#[tokio::test(start_paused = true)]
async fn a_creation_whose_state_was_lost_is_carried_on_by_the_next() {
    let mut world = World::new();
    let config = world.shop();
    world.sim.fail_next(
        "CreateRestApi",
        Fault::Error { status: 400, code: "BadRequestException".into(), message: "no".into() },
    );
    world.apply(&config).await.unwrap_err();
    // A killed process leaves no state at all.
    world.forget();
    let seq = world.sim.calls().len();
    world.settle(&config).await;
    let made =
        world.operations_since(seq).into_iter().filter(|name| name.starts_with("Create") && name != "CreateTags");
    assert_eq!(made.collect::<Vec<_>>(), ["CreateRestApi", "CreateDeployment", "CreateStage"]);
    assert_whole(&world, "carried on");
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_are_repeated_and_nobody_hears_of_it() {
    for operation in WRITES {
        let mut world = World::new();
        let config = world.shop();
        for _ in 0..3 {
            world.sim.fail_next(operation, Fault::Throttle);
        }
        world.settle(&config).await;
        assert_whole(&world, operation);
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_that_cannot_be_read_back_is_a_warning_and_no_failure() {
    let mut world = World::new();
    let config = world.shop();
    // Only the look at the result asks for the tags of the stage.
    let fault = Fault::Error { status: 403, code: "AccessDeniedException".into(), message: "no".into() };
    world.sim.fail_next("GetTags", fault);
    let state = world.apply(&config).await.unwrap();
    assert!(world.warnings.iter().any(|one| one.summary == "The result could not be checked"), "{:?}", world.warnings);
    assert_eq!(state.nlb_network_interfaces.known().map(|map| map.len()), Some(3));
    world.assert_settled(&config).await;
    assert_eq!(world.state.clone().unwrap().0.nlb_private_ips.known().map(Vec::len), Some(3));
}

/// Every write of a replacement of the load balancer, in the order in which they come.
const WRITES_OF_A_REPLACEMENT: [&str; 11] = [
    "CreateLoadBalancer",
    "CreateTargetGroup",
    "CreateListener",
    "CreateVpcLink",
    "PutRestApi",
    "CreateDeployment",
    "UpdateStage",
    "DeleteVpcLink",
    "DeleteListener",
    "DeleteLoadBalancer",
    "DeleteTargetGroup",
];

#[tokio::test(start_paused = true)]
async fn a_replacement_interrupted_anywhere_is_carried_on_and_leaves_no_twin() {
    for operation in WRITES_OF_A_REPLACEMENT {
        let mut world = World::new();
        let before = world.sim.objects();
        let config = world.shop();
        world.settle(&config).await;
        let mut changed = config.clone();
        let subnet_ids = strings(&world.fresh.subnet_ids[..2]);
        changed.load_balancer = Attr::Known(LoadBalancer { subnet_ids, ..LoadBalancer::default() });
        let refused = Fault::Error { status: 400, code: "InvalidParameter".into(), message: "not today".into() };
        world.sim.fail_next(operation, refused);
        let found = world.apply(&changed).await.unwrap_err();
        assert!(found.iter().any(|one| one.detail.contains(operation)), "{operation}: {found:?}");
        world.settle(&changed).await;
        for (kind, count) in whole(BACKENDS) {
            assert_eq!(world.count(kind), count, "{operation}: {kind}");
        }
        assert!(world.destroy().await.is_empty(), "{operation}");
        tokio::time::sleep(std::time::Duration::from_secs(300)).await;
        assert_eq!(world.sim.objects(), before, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_half_made_bundle_that_is_untainted_is_carried_on() {
    for operation in WRITES {
        let mut world = World::new();
        let config = world.shop();
        let refused = Fault::Error { status: 400, code: "InvalidParameter".into(), message: "not today".into() };
        world.sim.fail_next(operation, refused);
        world.apply(&config).await.unwrap_err();
        world.untaint();
        world.settle(&config).await;
        assert_whole(&world, operation);
    }
}
