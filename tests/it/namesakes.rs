//! Two of one name: creations that meet, strangers that hold a name, tags and records that get lost.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sim::{Config, Fault};
use privgw::aws::names;
use privgw::bundle::model::InternalApi;
use serde_json::Value;
use tfplugin::Diagnostics;

use crate::interrupt::forgotten;
use crate::sweep::{LINGER, STACK, alone, small};
use crate::world::{ACCOUNT, REGION, World, text};

/// AWS's waits are short, so that creations meet at many moments and not only in the waits.
const SPEED: f64 = 50.0;
/// Of each of the delays.
const SEEDS: u64 = 6;
/// How long after the first one the second one begins, in milliseconds. A creation takes half a minute here.
const DELAYS: [u64; 5] = [0, 1_500, 6_000, 15_000, 30_000];
/// How a creation may say that there is another one of its name.
const WHO: [&str; 6] = [
    "another apply that creates a bundle of the same name has deleted it",
    "already have a complete bundle that was created with the name",
    "another apply that creates a bundle of the same name has taken it over",
    "Another apply of a bundle of this name may be under way",
    "If another apply of a bundle of this name is under way",
    "Part of it was left by another apply that created a bundle of the same name",
];

/// Two creations of one name, and what came of them.
async fn meet(seed: u64, delay: u64) -> Result<usize, String> {
    let first = World::with(Config { speed: SPEED, seed, ..Config::default() });
    let empty = first.sim.objects();
    let mut config = small(&first);
    if seed % 2 == 1 {
        config.on_create_failure = text("rollback");
    }
    let second = first.beside();
    let create = async |mut world: World, seed: u64, delay: u64| {
        tokio::time::sleep(Duration::from_millis(delay)).await;
        world.strikes.dawdle(seed);
        let result = world.apply(&config).await;
        world.strikes.rest();
        (world, result)
    };
    let ends = tokio::join!(Box::pin(create(first, 2 * seed, 0)), Box::pin(create(second, 2 * seed + 1, delay)));
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    for (world, result) in [ends.0, ends.1] {
        match result {
            Ok(_) => won.push(world),
            Err(found) if !says_who(&found) => return Err(format!("it doesn't say who: {found:?}")),
            Err(_) => lost.push(world),
        }
    }
    if won.len() > 1 {
        return Err("both ended complete".into());
    }
    for mut winner in won.iter().map(|world| world.on(world.sim.clone())) {
        let plan = winner.plan(&config).await.map_err(|found| format!("{found:?}"))?;
        if winner.state.as_ref().map(|(state, _)| state) != Some(&plan.planned) {
            return Err("the winner isn't whole".into());
        }
    }
    let wins = won.len();
    // The loser's end must not touch what the winner has.
    let his = won.first().map(objects_of);
    for world in &mut lost {
        let found = world.destroy().await;
        if !found.is_empty() {
            return Err(format!("the loser could not be destroyed: {found:?}"));
        }
    }
    if his != won.first().map(objects_of) {
        return Err("the loser's destroy has touched what the winner has".into());
    }
    for mut world in won {
        let found = world.destroy().await;
        if !found.is_empty() {
            return Err(format!("the winner could not be destroyed: {found:?}"));
        }
        lost.push(world);
    }
    tokio::time::sleep(LINGER).await;
    let left = lost.first().map(|world| world.sim.objects());
    if left != Some(empty) { Err(format!("left over: {:?}", forgotten(&lost[0]))) } else { Ok(wins) }
}

/// What exists and is named in the private bytes of a world, as it is.
fn objects_of(world: &World) -> BTreeMap<String, Value> {
    let private =
        world.state.as_ref().map(|(_, private)| String::from_utf8_lossy(private).to_string()).unwrap_or_default();
    let objects = world.sim.objects();
    let kinds = objects[ACCOUNT][REGION].as_object().into_iter().flatten();
    let all = kinds.flat_map(|(_, all)| all.as_object().into_iter().flatten());
    all.filter(|(id, _)| private.contains(id.as_str())).map(|(id, one)| (id.clone(), one.clone())).collect()
}

fn says_who(found: &Diagnostics) -> bool {
    found.iter().any(|one| WHO.iter().any(|words| one.detail.contains(words)))
}

#[test]
fn of_two_creations_of_one_name_at_most_one_ends_and_the_other_says_why_and_harms_nobody() {
    let work = || {
        let (mut broken, mut wins) = (Vec::new(), 0);
        for (delay, seed) in DELAYS.iter().flat_map(|delay| (0..SEEDS).map(move |seed| (*delay, seed))) {
            match alone(meet(seed, delay)) {
                Ok(won) => wins += won,
                Err(why) => broken.push(format!("seed {seed}, {delay} ms later: {why}")),
            }
        }
        (wins, broken)
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    let (wins, broken) = thread.expect("a thread").join().expect("it holds");
    let meetings = DELAYS.len() as u64 * SEEDS;
    crate::say(&format!("namesakes: {meetings} meetings of two creations, {wins} with a winner, none with two\n"));
    assert!(broken.is_empty(), "{} of {meetings}:\n{}", broken.len(), broken.join("\n"));
}

async fn elb(world: &World, action: &str, parameters: &str) -> String {
    let body = format!("Action={action}&Version=2015-12-01&{parameters}");
    world.tamper("elasticloadbalancing", "POST", "/", &body).await
}

#[tokio::test(start_paused = true)]
async fn a_strangers_load_balancer_or_target_group_of_the_name_is_left_alone_and_named() {
    for child in ["load_balancer", "target_group/users"] {
        let mut world = World::new();
        let config = small(&world);
        let name = names::candidates("shop", child).swap_remove(0);
        let tags = "Tags.member.1.Key=whose&Tags.member.1.Value=mine";
        let vpc = &world.fresh.vpc_id;
        let answer = if child == "load_balancer" {
            let subnets: Vec<String> = world
                .fresh
                .subnet_ids
                .iter()
                .enumerate()
                .map(|(number, id)| format!("Subnets.member.{}={id}", number + 1))
                .collect();
            elb(
                &world,
                "CreateLoadBalancer",
                &format!("Name={name}&Type=network&Scheme=internal&{}&{tags}", subnets.join("&")),
            )
            .await
        } else {
            let group = format!("Name={name}&Protocol=TCP&Port=3002&VpcId={vpc}&TargetType=ip&{tags}");
            elb(&world, "CreateTargetGroup", &group).await
        };
        let arn = answer.split("Arn>").nth(1).and_then(|rest| rest.split('<').next()).expect("an ARN").to_string();
        tokio::time::sleep(LINGER).await;
        let kind = child.split('/').next().unwrap_or_default().replace('_', "-");
        let stranger = |world: &World| world.sim.objects()[ACCOUNT][REGION][&kind][&arn].clone();
        let before = stranger(&world);
        assert_eq!(before["tags"]["whose"], "mine", "{child}");
        let found = world.apply(&config).await.unwrap_err();
        let says = found.iter().any(|one| {
            one.detail.contains(&name) && (one.detail.contains(&arn) || one.detail.contains("choose another `name`"))
        });
        assert!(says, "{child}: {found:#?}");
        assert_eq!(stranger(&world), before, "{child}");
        assert!(world.destroy().await.is_empty(), "{child}");
        tokio::time::sleep(LINGER).await;
        assert_eq!(stranger(&world), before, "{child}");
        let left: Vec<String> = forgotten(&world);
        assert_eq!(left, Vec::<String>::new(), "{child}");
    }
}

/// Somebody removes the tags of everything in the bundle.
async fn untag(world: &World) {
    let objects = world.sim.objects();
    for (kind, all) in objects[ACCOUNT][REGION].as_object().into_iter().flatten() {
        for (id, _) in all.as_object().into_iter().flatten().filter(|(_, one)| one["tags"]["privgw:bundle"] == "shop") {
            let keys = ["privgw:bundle", "privgw:owner", "privgw:child"];
            match kind.as_str() {
                "security-group" | "vpc-endpoint" => {
                    let keys: Vec<String> = (1..).zip(keys).map(|(n, key)| format!("Tag.{n}.Key={key}")).collect();
                    let body = format!("Action=DeleteTags&Version=2016-11-15&ResourceId.1={id}&{}", keys.join("&"));
                    world.tamper("ec2", "POST", "/", &body).await;
                }
                "load-balancer" | "target-group" | "listener" => {
                    let keys: Vec<String> =
                        (1..).zip(keys).map(|(n, key)| format!("TagKeys.member.{n}={key}")).collect();
                    elb(world, "RemoveTags", &format!("ResourceArns.member.1={id}&{}", keys.join("&"))).await;
                }
                _ => {
                    let path = match kind.as_str() {
                        "rest-api" => format!("/restapis/{id}"),
                        "vpc-link" => format!("/vpclinks/{id}"),
                        _ => format!("/restapis/{}", id.replacen('/', "/stages/", 1)),
                    };
                    let arn = format!("arn:aws:apigateway:{REGION}::{path}").replace(':', "%3A").replace('/', "%2F");
                    let keys = keys.map(|key| format!("tagKeys={}", key.replace(':', "%3A")));
                    world.tamper("apigateway", "DELETE", &format!("/tags/{arn}?{}", keys.join("&")), "").await;
                }
            }
        }
    }
}

/// The objects of the region, without what a failed creation has made beside them.
fn tagless(world: &World, ids: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let objects = world.sim.objects();
    let kinds = objects[ACCOUNT][REGION].as_object().into_iter().flatten();
    let all = kinds.flat_map(|(_, all)| all.as_object().into_iter().flatten());
    all.filter(|(id, _)| ids.contains_key(*id)).map(|(id, one)| (id.clone(), one.clone())).collect()
}

#[tokio::test(start_paused = true)]
async fn without_tags_the_state_knows_the_bundle_and_without_both_nobody_touches_it() {
    let mut world = World::new();
    let config = small(&world);
    let made = world.settle(&config).await;
    untag(&world).await;
    let seq = world.sim.calls().len();
    let after = world.settle(&config).await;
    assert_eq!(made, after, "nothing was made twice");
    let wrote = world.writes_since(seq);
    assert!(!wrote.is_empty() && wrote.iter().all(|name| name.contains("Tag")), "{wrote:?}");

    untag(&world).await;
    let before = objects_of(&world);
    world.forget();
    // The private DNS name and the names of groups are taken, so it can't succeed.
    world.apply(&config).await.unwrap_err();
    assert_eq!(tagless(&world, &before), before);
    assert!(world.destroy().await.is_empty());
    tokio::time::sleep(LINGER).await;
    assert_eq!(tagless(&world, &before), before);
}

#[tokio::test(start_paused = true)]
async fn a_state_whose_private_bytes_are_lost_converges_without_a_write() {
    let mut world = World::new();
    let config = small(&world);
    let made = world.settle(&config).await;
    world.state = Some((made.clone(), Vec::new()));
    let seq = world.sim.calls().len();
    let after = world.settle(&config).await;
    assert_eq!(world.writes_since(seq), Vec::<String>::new());
    assert_eq!(made, after);
    // A destroy needs them as little.
    world.state = Some((made, Vec::new()));
    assert!(world.destroy().await.is_empty());
    assert_eq!(world.count("rest-api") + world.count("vpc-link") + world.count("load-balancer"), 0);
}

/// Terraform deletes an object that is half made without its private bytes. By then another creation may have taken over what there is
/// of it, and completed it.
#[tokio::test(start_paused = true)]
async fn a_half_made_state_without_private_bytes_leaves_alone_what_another_has_completed() {
    let mut first = World::new();
    let config = small(&first);
    let refusal = Fault::Error { status: 400, code: "BadRequestException".into(), message: "no stage today".into() };
    first.sim.fail_next("CreateStage", refusal);
    first.apply(&config).await.unwrap_err();
    assert!(first.is_tainted());
    let mut second = first.beside();
    let made = second.settle(&config).await;
    let (state, _) = first.state.take().expect("half of it");
    assert_eq!(state.id, made.id, "it was taken over");
    first.state = Some((state, Vec::new()));
    let before = second.sim.objects();
    assert!(first.destroy().await.is_empty());
    assert_eq!(second.sim.objects(), before);
    assert!(first.state.is_none());
    second.assert_settled(&config).await;
}

#[tokio::test(start_paused = true)]
async fn an_imported_bundle_is_settled_without_a_write() {
    let mut world = World::new();
    let config = small(&world);
    let made: InternalApi = world.settle(&config).await;
    let id = made.id.known().expect("it is known").clone();
    world.forget();
    let seq = world.sim.calls().len();
    world.import(&id).await.unwrap();
    let after = world.settle(&config).await;
    assert_eq!(world.writes_since(seq), Vec::<String>::new());
    assert_eq!(made, after);
    let missing = world.import("a1b2c3d4e5").await.unwrap_err();
    assert!(missing.iter().any(|one| one.summary == "No such API"), "{missing:?}");
    assert_eq!(text(&id), after.id);
}

/// A destroy was killed, and the state that is left was put together by hand and has no private bytes. Whatever is left of the bundle
/// by then tells whose it is.
#[test]
fn without_private_bytes_a_destroy_ends_what_another_has_begun() {
    let thread = std::thread::Builder::new().stack_size(STACK);
    thread.spawn(|| alone(end_what_is_begun())).expect("a thread").join().expect("no panic");
}

async fn end_what_is_begun() {
    for at in 0.. {
        let mut world = World::with(Config { speed: SPEED, seed: at as u64, ..Config::default() });
        let before = world.sim.objects();
        let config = small(&world);
        let state = world.settle(&config).await;
        world.strikes.kill(at);
        let strikes = world.strikes.clone();
        let was_killed = tokio::select! {
            biased;
            () = strikes.killed() => true,
            _ = Box::pin(world.destroy()) => false,
        };
        if !was_killed {
            assert!(at > 20, "a destroy has more calls than {at}");
            return;
        }
        world.strikes.rest();
        world.state = Some((state, Vec::new()));
        assert!(world.destroy().await.is_empty(), "at {at}");
        tokio::time::sleep(LINGER).await;
        assert_eq!(world.sim.objects(), before, "at {at}");
    }
}
