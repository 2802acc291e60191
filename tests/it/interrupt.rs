//! Ctrl-C at every moment: the apply ends at once, begins nothing new, and the state tells the truth. A second Ctrl-C is a death, and
//! the next apply goes on from there.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sim::{CallRecord, Config, Fault, Order, Quotas};
use privgw::bundle::Bundle;
use privgw::bundle::model::InternalApi;
use serde_json::Value;
use tfplugin::{Attr, Call, DeleteResponse, Diagnostics, Resource};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::strikes::Mode;
use crate::sweep::{Base, Followed, LINGER, SCENARIOS, STACK, Scenario, TURN, alone, clean, follow, reach, small};
use crate::world::{ACCOUNT, REGION, World, inside, text, whole};

/// What is interrupted, and at which of its calls: every one, or every so many.
const INTERRUPTED: [(&str, usize); 4] =
    [("create_small", 1), ("create_rolled_back", 2), ("replace_several", 3), ("delete_small", 1)];
/// Terraform's users have patience for so long; a step that has begun makes a handful of calls.
const PROMPT: Duration = Duration::from_secs(5);

/// What an interrupt at each call of the scenarios has come to.
#[derive(Default)]
struct Sum {
    points: usize,
    slowest: Duration,
    broken: Vec<String>,
}

#[test]
fn ctrl_c_at_any_call_ends_the_apply_at_once_and_the_next_one_converges() {
    let sum = each_point(async |base, number, sum| first(base, number, sum).await);
    let slowest = sum.slowest.as_secs_f64();
    crate::say(&format!("interrupts: {} calls met by Ctrl-C, the slowest end after {slowest:.1} s\n", sum.points));
    assert!(sum.points > 80, "{}", sum.points);
    assert!(sum.broken.is_empty(), "{} of {}:\n{}", sum.broken.len(), sum.points, sum.broken.join("\n"));
}

#[test]
fn a_second_ctrl_c_while_calls_are_on_their_way_is_a_death_like_any_other() {
    let sum = each_point(async |base, number, sum| second(base, number, sum).await);
    crate::say(&format!("interrupts: {} calls met by a second Ctrl-C\n", sum.points));
    assert!(sum.points > 80, "{}", sum.points);
    assert!(sum.broken.is_empty(), "{} of {}:\n{}", sum.broken.len(), sum.points, sum.broken.join("\n"));
}

/// Does something at each of the points. It says whether the scenario still had such a call, or what didn't hold.
fn each_point(point: impl AsyncFn(&Base, usize, &mut Sum) -> Result<bool, String> + Sync) -> Sum {
    let _turn = TURN.read();
    std::thread::scope(|threads| {
        let all = || {
            let mut sum = Sum::default();
            for (name, stride) in INTERRUPTED {
                let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).expect("it exists");
                alone(each_call(scenario, stride, &point, &mut sum));
            }
            sum
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(threads, all);
        thread.expect("a thread").join().expect("it holds")
    })
}

async fn each_call(
    scenario: &'static Scenario,
    stride: usize,
    point: &impl AsyncFn(&Base, usize, &mut Sum) -> Result<bool, String>,
    sum: &mut Sum,
) {
    let (base, calls) =
        clean(scenario, Mode::Reset, Followed::default()).await.unwrap_or_else(|broken| panic!("{broken}"));
    // Slower calls leave fewer polls; a number beyond the last call meets none.
    for number in (0..calls.len() * 2).step_by(stride) {
        match point(&base, number, sum).await {
            Ok(true) => sum.points += 1,
            Ok(false) => return,
            Err(why) => sum.broken.push(format!("{}/{number}: {why}", scenario.name)),
        }
    }
}

async fn first(base: &Base, number: usize, sum: &mut Sum) -> Result<bool, String> {
    let mut world = base.world.fork();
    base.scenario.order_faults(&world);
    world.strikes.interrupt(number, &world.cancel);
    let token = world.cancel.clone();
    let watch = tokio::spawn(async move {
        token.cancelled().await;
        Instant::now()
    });
    let result = reach(&mut world, base.after.as_ref()).await;
    let end = Instant::now();
    if !world.cancel.is_cancelled() {
        watch.abort();
        return Ok(false);
    }
    let at = watch.await.map_err(|error| error.to_string())?;
    sum.slowest = sum.slowest.max(end - at);
    if end - at > PROMPT {
        return Err(format!("it ended {:?} after the interrupt", end - at));
    }
    let begun = begun_after(base, &world, world.strikes.sent());
    if !begun.is_empty() {
        return Err(format!("begun after the interrupt: {begun:?}"));
    }
    let forgotten = forgotten(&world);
    if !forgotten.is_empty() {
        return Err(format!("not in the state: {forgotten:?}"));
    }
    world.strikes.rest();
    world.sim.clear_faults();
    world.cancel = CancellationToken::new();
    if number % 2 == 1 {
        world.untaint();
    }
    follow(base, world, result.is_ok()).await.map_err(|broken| broken.to_string())?;
    Ok(true)
}

async fn second(base: &Base, number: usize, _sum: &mut Sum) -> Result<bool, String> {
    let mut world = base.world.fork();
    base.scenario.order_faults(&world);
    world.strikes.interrupt(number, &world.cancel);
    let token = world.cancel.clone();
    let second = async {
        token.cancelled().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    tokio::select! {
        biased;
        () = second => {}
        _ = reach(&mut world, base.after.as_ref()) => {}
    }
    if !world.cancel.is_cancelled() {
        return Ok(false);
    }
    // Nobody is that quick with the next apply: AWS has done what it was asked.
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.sim.clear_faults();
    let world = base.world.on(world.sim.clone()).reborn();
    follow(base, world, false).await.map_err(|broken| broken.to_string())?;
    Ok(true)
}

/// Writes sent after the interrupt that begin something: a step that had begun may go on with the object that it has in hand, and a
/// bundle that stands as a whole may be marked as such.
fn begun_after(base: &Base, world: &World, sent: usize) -> Vec<String> {
    let calls = world.sim.calls();
    let (before, after) = calls.split_at(sent.min(calls.len()));
    let old = ids(&base.world.sim.objects());
    let is_in_hand =
        |id: &String| !old.contains(id) || before.iter().any(|call| is_write(call) && mentions(&call.request, id));
    let all = ids(&world.sim.objects()).into_iter().chain(old.clone());
    let in_hand: BTreeSet<String> = all.filter(is_in_hand).collect();
    // A group goes in two steps: first the rules that name others, then the group.
    let goes_on = |call: &CallRecord| {
        let revoked = |other: &CallRecord| {
            other.operation.starts_with("RevokeSecurityGroup") && other.request["GroupId"] == call.request["GroupId"]
        };
        call.operation == "DeleteSecurityGroup" && before.iter().any(revoked)
    };
    let begins = |call: &&CallRecord| {
        let is_beginning = ["Create", "Delete"].iter().any(|start| call.operation.starts_with(start));
        let makes_or_deletes = is_beginning && !call.operation.ends_with("Tags") && !goes_on(call);
        is_write(call) && (makes_or_deletes || !in_hand.iter().any(|id| mentions(&call.request, id)))
    };
    after.iter().filter(begins).map(|call| format!("{} {}", call.operation, call.request)).collect()
}

fn is_write(call: &CallRecord) -> bool {
    !["Describe", "Get"].iter().any(|start| call.operation.starts_with(start))
}

fn mentions(request: &Value, id: &str) -> bool {
    request.to_string().contains(id)
}

pub fn ids(objects: &Value) -> BTreeSet<String> {
    let kinds = objects[ACCOUNT][REGION].as_object().into_iter().flatten();
    kinds.flat_map(|(_, all)| all.as_object().into_iter().flatten()).map(|(id, _)| id.clone()).collect()
}

/// What exists with the tags of the bundle, and that no state names.
pub fn forgotten(world: &World) -> Vec<String> {
    let private = world.state.as_ref().map(|(_, private)| String::from_utf8_lossy(private).to_string());
    let objects = world.sim.objects();
    let kinds = objects[ACCOUNT][REGION].as_object().into_iter().flatten();
    let all = kinds.flat_map(|(kind, all)| all.as_object().into_iter().flatten().map(move |one| (kind, one)));
    let ours = all.filter(|(_, (_, one))| one["tags"]["privgw:bundle"] == "shop");
    let is_named = |id: &str| private.as_ref().is_some_and(|private| private.contains(id));
    ours.filter(|(_, (id, _))| !is_named(id)).map(|(kind, (id, _))| format!("{kind} {id}")).collect()
}

/// An apply that is interrupted after a while: what it said, and how long it went on.
async fn cut(world: &mut World, config: &InternalApi, after: Duration) -> (Diagnostics, Duration) {
    let token = world.cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        token.cancel();
    });
    let start = Instant::now();
    let found = world.apply(config).await.expect_err("it was interrupted");
    (found, start.elapsed().saturating_sub(after))
}

/// Goes on from the interrupt, and there is one of each.
async fn go_on(mut world: World, config: &InternalApi) {
    assert_eq!(forgotten(&world), Vec::<String>::new());
    world.cancel = CancellationToken::new();
    world.sim.clear_faults();
    world.untaint();
    world.settle(config).await;
    for (kind, count) in whole(1) {
        assert_eq!(world.count(kind), count, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_ends_the_wait_for_a_link_that_is_pending() {
    let mut world = World::new();
    let config = small(&world);
    let (found, more) = cut(&mut world, &config, Duration::from_secs(240)).await;
    assert!(more <= PROMPT, "{more:?}");
    let words = ["wait for the VPC link", "interrupted while it is still PENDING", "the next apply will carry on"];
    assert!(found.iter().any(|one| words.iter().all(|word| one.detail.contains(word))), "{found:?}");
    go_on(world, &config).await;
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_ends_the_pause_before_a_throttled_call_is_repeated() {
    let mut world = World::new();
    let config = small(&world);
    let throttled = Order { times: Some(1000), ..Order::once("CreateVpcLink", Fault::Throttle) };
    world.sim.order_fault(throttled).unwrap();
    let (found, more) = cut(&mut world, &config, Duration::from_secs(190)).await;
    assert!(more <= PROMPT, "{more:?}");
    let words = ["create the VPC link", "TooManyRequestsException", "attempts in"];
    assert!(found.iter().any(|one| words.iter().all(|word| one.detail.contains(word))), "{found:?}");
    go_on(world, &config).await;
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_ends_the_queue_for_a_narrow_rate_and_the_next_destroy_goes_on() {
    const BUNDLES: usize = 3;
    let mut world = World::with(Config { quotas: Quotas::Aws, ..Config::default() });
    let empty = world.sim.objects();
    let mut made = Vec::new();
    for number in 0..BUNDLES {
        let mut config = small(&world);
        config.name = text(&format!("shop{number}"));
        inside(&mut config.endpoint).private_dns_enabled = Attr::Known(false);
        world.settle(&config).await;
        made.push(world.state.take().expect("it was made"));
    }
    tokio::time::sleep(LINGER).await;
    let aws = world.configure().await;
    let destroy = async |made: Vec<(InternalApi, Vec<u8>)>, call: &Call| {
        let ends = made.into_iter().map(|(state, private)| Box::pin(Bundle.delete(call, &aws, state, private)));
        futures::future::join_all(ends).await
    };
    let call = Call { cancel: CancellationToken::new() };
    let token = call.cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(15)).await;
        token.cancel();
    });
    let start = Instant::now();
    let (mut left, mut queued) = (Vec::new(), 0);
    for response in destroy(made, &call).await {
        let DeleteResponse::Left { state, private, diagnostics } = response else { panic!("it was too quick") };
        let turn = "its turn for DeleteRestApi in AWS's quota would have come in";
        queued += usize::from(diagnostics.iter().any(|one| one.detail.contains(turn)));
        left.push((state, private));
    }
    assert!(start.elapsed() <= Duration::from_secs(15) + PROMPT, "{:?}", start.elapsed());
    assert_eq!(queued, BUNDLES - 1, "the first one had its turn");
    let call = Call { cancel: CancellationToken::new() };
    for response in destroy(left, &call).await {
        assert!(matches!(&response, DeleteResponse::Gone { diagnostics } if diagnostics.is_empty()));
    }
    tokio::time::sleep(LINGER).await;
    assert_eq!(world.sim.objects(), empty);
}
