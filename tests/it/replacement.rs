//! What AWS can't change in place is replaced create-first: at no moment does something deployed point at something gone.

use std::time::Duration;

use aws_sim::Fault;
use privgw::bundle::model::LoadBalancer;
use tfplugin::Attr;

use crate::world::{World, inside, strings, text};

#[tokio::test(start_paused = true)]
async fn a_load_balancer_that_loses_a_subnet_is_replaced_behind_a_new_link() {
    let mut world = World::new();
    let config = world.shop();
    let before = world.settle(&config).await;
    let mut changed = config.clone();
    changed.load_balancer =
        Attr::Known(LoadBalancer { subnet_ids: strings(&world.fresh.subnet_ids[..2]), ..LoadBalancer::default() });
    let seq = world.sim.calls().len();
    let after = world.settle(&changed).await;
    assert_eq!(before.id, after.id);
    assert_eq!(before.invoke_url, after.invoke_url);
    assert_ne!(before.nlb_arn, after.nlb_arn);
    assert_ne!(before.vpc_link_id, after.vpc_link_id);
    let writes = world.writes_since(seq);
    let place =
        |name: &str| writes.iter().position(|write| write == name).unwrap_or_else(|| panic!("{name} in {writes:?}"));
    assert!(place("UpdateStage") < place("DeleteVpcLink"), "the stage moves before the old link goes: {writes:?}");
    assert!(place("DeleteVpcLink") < place("DeleteLoadBalancer"), "{writes:?}");
    for (kind, count) in [("load-balancer", 1), ("vpc-link", 1), ("target-group", 3), ("listener", 3)] {
        assert_eq!(world.count(kind), count, "{kind}");
    }
    assert!(world.destroy().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_target_group_on_another_port_takes_over_before_the_old_one_goes() {
    let mut world = World::new();
    let config = world.shop();
    let before = world.settle(&config).await;
    let mut changed = config.clone();
    let backend = inside(inside(&mut changed.backends).get_mut("users").unwrap());
    backend.port = Attr::Known(4000);
    backend.listener_port = Attr::Known(3002);
    let seq = world.sim.calls().len();
    let after = world.settle(&changed).await;
    assert_eq!(before.listener_arns, after.listener_arns, "the listener stays");
    assert_eq!(before.deployment_id, after.deployment_id, "and so does what is deployed");
    let writes = world.writes_since(seq);
    assert_eq!(writes[..2], ["CreateTargetGroup", "ModifyListener"], "{writes:?}");
    assert_eq!(world.count("target-group"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_listener_port_moves_without_a_gap() {
    let mut world = World::new();
    let config = world.shop();
    world.settle(&config).await;
    let mut changed = config.clone();
    inside(inside(&mut changed.backends).get_mut("users").unwrap()).listener_port = Attr::Known(3009);
    let seq = world.sim.calls().len();
    world.settle(&changed).await;
    let writes = world.writes_since(seq);
    assert_eq!(writes, ["CreateListener", "PutRestApi", "CreateDeployment", "UpdateStage", "DeleteListener"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_link_is_told_with_awss_reason_and_made_anew_by_the_next_apply() {
    let mut world = World::new();
    let config = world.shop();
    // Somebody else's link takes the load balancer before ours does: AWS then lets ours fail for good, and says so only later.
    let refused = Fault::Error { status: 400, code: "BadRequestException".into(), message: "no".into() };
    world.sim.fail_next("CreateVpcLink", refused);
    world.apply(&config).await.unwrap_err();
    let balancer = world.state.clone().unwrap().0.nlb_arn.into_known().unwrap();
    world.forget();
    let body = format!(r#"{{"name":"foreign","targetArns":["{balancer}"]}}"#);
    let foreign = world.tamper("apigateway", "POST", "/vpclinks", &body).await;
    let foreign: serde_json::Value = serde_json::from_str(&foreign).unwrap();
    tokio::time::sleep(Duration::from_secs(600)).await;

    let found = world.apply(&config).await.unwrap_err();
    let reason = "NLB is already associated with another VPC Endpoint Service";
    assert!(found.iter().any(|one| one.detail.contains(reason)), "{found:?}");
    let failed = world.state.clone().unwrap().0.vpc_link_id;
    assert!(failed.is_known(), "a failed link counts against the quota and must not be forgotten");

    let path = format!("/vpclinks/{}", foreign["id"].as_str().unwrap());
    world.tamper("apigateway", "DELETE", &path, "").await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    world.untaint();
    let plan = world.plan(&config).await.unwrap();
    assert!(plan.diagnostics.iter().any(|one| one.detail.contains(reason)), "{:?}", plan.diagnostics);
    let state = world.settle(&config).await;
    assert_ne!(state.vpc_link_id, failed);
    assert_eq!(state.nlb_arn.known(), Some(&balancer), "the load balancer was never the problem");
    assert_eq!(world.count("vpc-link"), 1);
}

#[tokio::test(start_paused = true)]
async fn deletion_protection_stops_a_destroy_before_it_has_done_harm() {
    let mut world = World::new();
    let mut config = world.shop();
    config.load_balancer =
        Attr::Known(LoadBalancer { deletion_protection: Attr::Known(true), ..LoadBalancer::default() });
    world.settle(&config).await;
    let before = world.sim.objects();
    let found = world.destroy().await;
    assert!(found.iter().any(|diagnostic| diagnostic.summary.contains("deletion protection")), "{found:?}");
    assert_eq!(world.sim.objects(), before);
    config.load_balancer = Attr::Null;
    world.settle(&config).await;
    assert!(world.destroy().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_protected_load_balancer_is_not_replaced_half_way() {
    let mut world = World::new();
    let mut config = world.shop();
    config.load_balancer =
        Attr::Known(LoadBalancer { deletion_protection: Attr::Known(true), ..LoadBalancer::default() });
    world.settle(&config).await;
    let before = world.sim.objects();
    let mut fewer = config.clone();
    inside(&mut fewer.load_balancer).subnet_ids = strings(&world.fresh.subnet_ids[..2]);
    config.vpc_id = text("vpc-0123456789abcdef0");
    for change in [fewer, config] {
        let found = world.apply(&change).await.unwrap_err();
        assert!(found.iter().any(|one| one.summary.contains("deletion protection")), "{found:?}");
        assert_eq!(world.sim.objects(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn targets_in_no_zone_of_a_new_load_balancer_are_told_by_name_and_the_old_one_serves_on() {
    let mut world = World::new();
    let mut config = world.shop();
    inside(inside(&mut config.backends).get_mut("users").unwrap()).targets = strings(&["172.31.32.10".into()]);
    let before = world.settle(&config).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let mut changed = config.clone();
    changed.load_balancer =
        Attr::Known(LoadBalancer { subnet_ids: strings(&world.fresh.subnet_ids[..2]), ..LoadBalancer::default() });
    let found = world.apply(&changed).await.unwrap_err();
    let errors: Vec<_> = found.iter().collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].path.as_ref().map(ToString::to_string), Some("backends[\"users\"].targets".into()));
    let detail = &errors[0].detail;
    assert!(detail.contains("(172.31.32.10:3002)") && detail.contains("`load_balancer.subnet_ids`"), "{detail}");
    assert_eq!(world.count("load-balancer"), 2, "the old one isn't touched");

    let back = world.fork().settle(&config).await;
    assert_eq!(back.id, before.id);
    inside(inside(&mut changed.backends).get_mut("users").unwrap()).targets = strings(&["172.31.0.10".into()]);
    world.settle(&changed).await;
    assert_eq!(world.count("load-balancer"), 1);
}
