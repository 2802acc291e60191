//! Pairs of target groups, whose live colour is somebody else's to say, and load balancers as targets.

use privgw::bundle::model::{Backend, InternalApi};
use serde_json::Value;
use tfplugin::Attr;

use crate::world::{ACCOUNT, REGION, World, inside, strings, text};

fn users(config: &mut InternalApi) -> &mut Backend {
    inside(inside(&mut config.backends).get_mut("users").expect("it is there"))
}

fn with_pair(world: &World) -> InternalApi {
    let mut config = world.shop();
    users(&mut config).blue_green = Attr::Known(true);
    config
}

/// The groups of a listener and their weights, as a deployment sets them.
async fn deploy(world: &World, listener: &str, groups: &[(&str, u32)]) {
    let tuples: Vec<String> = (1..)
        .zip(groups)
        .map(|(at, (arn, weight))| {
            let name = format!("DefaultActions.member.1.ForwardConfig.TargetGroups.member.{at}");
            format!("&{name}.TargetGroupArn={arn}&{name}.Weight={weight}")
        })
        .collect();
    let form = format!(
        "Version=2015-12-01&Action=ModifyListener&ListenerArn={listener}&DefaultActions.member.1.Type=forward{}",
        tuples.concat()
    );
    world.tamper("elasticloadbalancing", "POST", "/", &form).await;
}

struct Pair {
    listener: String,
    blue: String,
    green: String,
}

fn pair(state: &InternalApi) -> Pair {
    let groups = state.target_groups.known().unwrap()["users"].known().unwrap().clone();
    let arn = |attr: Attr<String>| attr.into_known().expect("it is known");
    assert_eq!((&groups.arn, &groups.name), (&groups.blue_arn, &groups.blue_name));
    assert_ne!(groups.blue_name, groups.green_name);
    Pair {
        listener: arn(state.listener_arns.known().unwrap()["users"].clone()),
        blue: arn(groups.blue_arn),
        green: arn(groups.green_arn),
    }
}

/// The ARN of the group that a listener leads to.
fn live(world: &World, listener: &str) -> Value {
    let listeners = world.sim.objects()[ACCOUNT][REGION]["listener"].clone();
    listeners[listener].clone()
}

#[tokio::test(start_paused = true)]
async fn whoever_deploys_says_which_colour_is_live_and_no_apply_flips_it_back() {
    let mut world = World::new();
    let before = world.sim.objects();
    let config = with_pair(&world);
    let state = world.settle(&config).await;
    let Pair { listener, blue, green } = pair(&state);
    assert!(live(&world, &listener).to_string().contains(&blue));
    // All at once, and in shares.
    for groups in [vec![(green.as_str(), 1)], vec![(&blue, 90), (&green, 10)], vec![(&blue, 0), (&green, 100)]] {
        deploy(&world, &listener, &groups).await;
        world.assert_settled(&config).await;
    }
    deploy(&world, &listener, &[(&green, 1)]).await;
    // Other changes leave it alone.
    let mut changed = config.clone();
    changed.tags = crate::world::map([("team", "shop".to_string())]);
    users(&mut changed).deregistration_delay = Attr::Known(20);
    world.settle(&changed).await;
    assert!(live(&world, &listener).to_string().contains(&green));
    // Drift is what belongs to neither.
    let other = state.target_groups.known().unwrap()["images"].known().unwrap().arn.clone().into_known().unwrap();
    let others = state.listener_arns.known().unwrap()["images"].known().unwrap().clone();
    deploy(&world, &others, &[(&blue, 1)]).await;
    let changes = world.planned_changes(&changed).await;
    assert_eq!(changes, ["children.listener/images"]);
    world.settle(&changed).await;
    assert!(live(&world, &others).to_string().contains(&other));
    assert!(world.destroy().await.is_empty());
    tokio::time::sleep(std::time::Duration::from_secs(300)).await;
    assert_eq!(world.sim.objects(), before);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_keeps_the_live_colour() {
    let mut world = World::new();
    let config = with_pair(&world);
    let first = pair(&world.settle(&config).await);
    deploy(&world, &first.listener, &[(&first.green, 1)]).await;
    // New groups behind the same listener.
    let mut changed = config.clone();
    users(&mut changed).port = Attr::Known(4000);
    users(&mut changed).listener_port = Attr::Known(3002);
    let second = pair(&world.settle(&changed).await);
    assert_eq!(first.listener, second.listener);
    assert!(live(&world, &second.listener).to_string().contains(&second.green));
    // And a new listener before the same groups.
    users(&mut changed).listener_port = Attr::Known(3009);
    let third = pair(&world.settle(&changed).await);
    assert_ne!(second.listener, third.listener);
    assert_eq!(second.green, third.green);
    assert!(live(&world, &third.listener).to_string().contains(&third.green));
}

#[tokio::test(start_paused = true)]
async fn a_pair_comes_and_goes_and_never_while_green_is_live() {
    let mut world = World::new();
    let single = world.shop();
    let before = world.settle(&single).await;
    let config = with_pair(&world);
    let state = world.settle(&config).await;
    let Pair { listener, blue, green } = pair(&state);
    let group = |state: &InternalApi| state.target_groups.known().unwrap()["users"].known().unwrap().arn.clone();
    assert_eq!(group(&before), text(&blue), "the group that was there is the blue one");
    deploy(&world, &listener, &[(&green, 1)]).await;
    let found = world.plan(&single).await.unwrap_err();
    let at = found.iter().find_map(|one| one.path.as_ref()).map(ToString::to_string);
    assert_eq!(at.as_deref(), Some("backends[\"users\"].blue_green"), "{found:?}");
    deploy(&world, &listener, &[(&blue, 1)]).await;
    world.settle(&single).await;
    assert_eq!(world.count("target-group"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_pair_is_imported_as_one() {
    let mut world = World::new();
    let config = with_pair(&world);
    let state = world.settle(&config).await;
    let Pair { listener, green, .. } = pair(&state);
    deploy(&world, &listener, &[(&green, 1)]).await;
    let seq = world.sim.calls().len();
    world.forget();
    world.import(state.id.known().unwrap()).await.unwrap();
    world.assert_settled(&config).await;
    assert_eq!(world.writes_since(seq), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_may_be_the_target_of_a_back_end() {
    let mut world = World::new();
    let subnets: Vec<String> =
        (1..).zip(&world.fresh.subnet_ids).map(|(at, id)| format!("Subnets.member.{at}={id}")).collect();
    let form = format!(
        "Version=2015-12-01&Action=CreateLoadBalancer&Name=web&Type=application&Scheme=internal&{}",
        subnets.join("&")
    );
    let answer = world.tamper("elasticloadbalancing", "POST", "/", &form).await;
    let arn = answer.split_once("<LoadBalancerArn>").and_then(|(_, rest)| rest.split_once('<')).expect("an ARN").0;
    let group = "Version=2015-12-01&Action=CreateTargetGroup&Name=web&Protocol=HTTP&Port=80&TargetType=ip";
    let group = format!("{group}&VpcId={}", world.fresh.vpc_id);
    let answer = world.tamper("elasticloadbalancing", "POST", "/", &group).await;
    let group = answer.split_once("<TargetGroupArn>").and_then(|(_, rest)| rest.split_once('<')).expect("an ARN").0;
    let listener = format!(
        "Version=2015-12-01&Action=CreateListener&LoadBalancerArn={arn}&Protocol=HTTP&Port=3002\
         &DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}"
    );
    world.tamper("elasticloadbalancing", "POST", "/", &listener).await;
    tokio::time::sleep(std::time::Duration::from_secs(300)).await;
    let mut config = world.shop();
    users(&mut config).target_type = text("alb");
    users(&mut config).targets = strings(&[arn.to_string()]);
    let state = world.settle(&config).await;
    let seq = world.sim.calls().len();
    world.forget();
    world.import(state.id.known().unwrap()).await.unwrap();
    let mut imported = config.clone();
    users(&mut imported).targets = Attr::Null;
    world.assert_settled(&imported).await;
    assert_eq!(world.writes_since(seq), Vec::<String>::new());
    // From addresses to a load balancer and back, with new groups each time.
    world.settle(&world.shop()).await;
    world.settle(&config).await;
    assert!(world.destroy().await.is_empty());
}
