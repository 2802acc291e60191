//! A hundred bundles at once in one account, under AWS's request rates: nobody is refused, and it takes hardly longer than those
//! rates and one bundle's own waits force.

use std::sync::Arc;
use std::time::Duration;

use aws_sim::{CallRecord, Config, Quotas};
use privgw::aws::Aws;
use privgw::bundle::Bundle;
use privgw::bundle::model::InternalApi;
use tfplugin::{Attr, Call, DeleteResponse, PlanRequest, Resource};
use tokio::time::Instant;

use crate::strict::throttled;
use crate::sweep::{STACK, TURN, alone, small};
use crate::world::{World, inside, route, text, whole};

const BUNDLES: usize = 100;
/// Of each bundle.
const ROUTES: usize = 20;
/// What a call takes. All take the same, so they arrive as they were sent.
const LATENCY: Duration = Duration::from_millis(80);
/// How much longer than the bound it may take: polls share the rates with work, so the end of a wait is seen late.
const MOST: f64 = 1.10;
/// Full buckets, here and there.
const REST: Duration = Duration::from_secs(60);

/// A token bucket of AWS, as its documentation has it; the links are in `aws/pace.rs`.
struct Rate {
    service: &'static str,
    /// What counts together; nothing is all of the service, and words that end in a star are beginnings.
    operations: &'static [&'static str],
    burst: f64,
    /// In a second.
    refill: f64,
}

const fn rate(service: &'static str, operations: &'static [&'static str], burst: f64, refill: f64) -> Rate {
    Rate { service, operations, burst, refill }
}

const API: &str = "apigateway";
const ELB: &str = "elasticloadbalancing";
const RATES: &[Rate] = &[
    rate(API, &["CreateRestApi"], 1.0, 1.0 / 3.0),
    rate(API, &["PutRestApi"], 1.0, 1.0),
    rate(API, &["CreateDeployment"], 1.0, 1.0 / 5.0),
    rate(API, &["DeleteRestApi"], 1.0, 1.0 / 30.0),
    rate(API, &["GetResources"], 5.0, 2.5),
    rate(API, &[], 40.0, 10.0),
    rate(ELB, &["CreateLoadBalancer", "SetSubnets"], 10.0, 0.2),
    rate(ELB, &["RegisterTargets", "DeregisterTargets"], 20.0, 4.0),
    rate(ELB, &["CreateT*", "CreateListener", "Modify*", "Delete*", "SetSecurityGroups", "AddTags"], 20.0, 3.0),
    rate(ELB, &["Describe*"], 40.0, 10.0),
    rate(ELB, &[], 40.0, 10.0),
    rate("ec2", &["CreateVpcEndpoint"], 4.0, 0.3),
    rate("ec2", &["DeleteVpcEndpoints"], 4.0, 0.3),
    rate("ec2", &["CreateSecurityGroup"], 50.0, 5.0),
    rate("ec2", &["DeleteSecurityGroup"], 50.0, 5.0),
    rate("ec2", &["AuthorizeSecurityGroupIngress"], 50.0, 5.0),
    rate("ec2", &["AuthorizeSecurityGroupEgress"], 50.0, 5.0),
    rate("ec2", &["RevokeSecurityGroupEgress"], 50.0, 5.0),
    rate("ec2", &["DescribeVpcEndpoints"], 100.0, 20.0),
    rate("ec2", &["DescribeSecurityGroups"], 100.0, 20.0),
    rate("ec2", &["DescribeSecurityGroupRules"], 100.0, 20.0),
    rate("ec2", &["DescribeNetworkInterfaces"], 100.0, 20.0),
];

impl Rate {
    fn counts(&self, call: &CallRecord) -> bool {
        let is = |name: &&str| match name.strip_suffix('*') {
            Some(start) => call.operation.starts_with(start),
            None => call.operation == **name,
        };
        self.service == call.service && (self.operations.is_empty() || self.operations.iter().any(is))
    }
}

/// Calls of a stretch of time, without the polls of waits: how often to ask is the provider's own choice.
struct Stretch {
    calls: Vec<CallRecord>,
    polls: usize,
    took: f64,
}

impl Stretch {
    /// Seconds from the start of the stretch to a call.
    fn since(&self, call: &CallRecord) -> f64 {
        (call.at_ms - self.calls.first().map_or(0, |first| first.at_ms)) as f64 / 1000.0
    }

    /// How long it must take at least, and because of what. `one` is the same work of a single bundle: it tells what comes before the
    /// first call that a rate counts, and what comes after the last one.
    fn bound(&self, one: &Stretch) -> (f64, String) {
        let bound = |rate: &Rate| {
            let count = self.calls.iter().filter(|call| rate.counts(call)).count() as f64;
            let of_one: Vec<f64> =
                one.calls.iter().filter(|call| rate.counts(call)).map(|call| one.since(call)).collect();
            let (first, last) = (of_one.first()?, of_one.last()?);
            let queue = (count - rate.burst).max(0.0) / rate.refill;
            let name = rate.operations.first().unwrap_or(&rate.service);
            Some((first + queue + (one.took - last), format!("{count} of {name}")))
        };
        let alone = (one.took, "the waits of one".to_string());
        RATES.iter().filter_map(bound).chain([alone]).max_by(|one, other| one.0.total_cmp(&other.0)).expect("not empty")
    }
}

/// A bundle that exists: its state and private bytes.
type Made = (InternalApi, Vec<u8>);

/// Several bundles in one process, planned as Terraform does before it applies.
struct Crowd {
    world: World,
    aws: Arc<Aws>,
    configs: Vec<InternalApi>,
}

impl Crowd {
    async fn of(bundles: usize) -> Self {
        let config = Config { quotas: Quotas::Aws, latency: LATENCY, raised: 10, ..Config::default() };
        let world = World::with(config);
        let aws = world.configure().await;
        let configs = (0..bundles).map(|number| config_of(&world, number)).collect();
        tokio::time::sleep(REST).await;
        Self { world, aws, configs }
    }

    fn call(&self) -> Call {
        Call { cancel: self.world.cancel.clone() }
    }

    async fn create(&self) -> (Vec<Made>, Stretch) {
        let seen = self.world.sim.calls().len();
        let start = Instant::now();
        let lives = self.configs.iter().map(|config| {
            Box::pin(async {
                let request =
                    PlanRequest { prior: None, proposed: config.clone(), config: config.clone(), private: Vec::new() };
                // Without the provider: subnets are checked by the plan, not by the apply.
                let plan = Bundle.plan(&self.call(), None, request).await;
                let made = Bundle.create(&self.call(), &self.aws, plan.planned, config.clone(), plan.private).await;
                assert!(made.diagnostics.is_empty(), "{:?}", made.diagnostics);
                (made.state.expect("it was made"), made.private)
            })
        });
        let made = futures::future::join_all(lives).await;
        (made, self.stretch(seen, start))
    }

    async fn destroy(&self, made: Vec<Made>) -> Stretch {
        let seen = self.world.sim.calls().len();
        let start = Instant::now();
        let ends = made.into_iter().map(|(state, private)| {
            Box::pin(async {
                let gone = Bundle.delete(&self.call(), &self.aws, state, private).await;
                let is_clean = matches!(&gone, DeleteResponse::Gone { diagnostics } if diagnostics.is_empty());
                assert!(is_clean, "{:?}", left(gone));
            })
        });
        futures::future::join_all(ends).await;
        self.stretch(seen, start)
    }

    fn stretch(&self, seen: usize, start: Instant) -> Stretch {
        let all = self.world.sim.calls().len() - seen;
        let mut calls = self.world.work_since(seen);
        calls.sort_by_key(|call| call.at_ms);
        Stretch { polls: all - calls.len(), calls, took: start.elapsed().as_secs_f64() }
    }
}

fn left(response: DeleteResponse<InternalApi>) -> Option<tfplugin::Diagnostics> {
    match response {
        DeleteResponse::Left { diagnostics, .. } | DeleteResponse::Gone { diagnostics } => Some(diagnostics),
    }
}

fn config_of(world: &World, number: usize) -> InternalApi {
    let mut config = small(world);
    config.name = text(&format!("shop{number}"));
    // A VPC has room for one endpoint with private DNS.
    inside(&mut config.endpoint).private_dns_enabled = Attr::Known(false);
    for route_number in inside(&mut config.routes).len()..ROUTES {
        inside(&mut config.routes).insert(format!("GET /route{route_number}"), Attr::Known(route("users")));
    }
    config
}

/// Prints how it went and holds it against the bound.
fn judge(what: &str, many: &Stretch, one: &Stretch, refused: usize) {
    let (least, why) = many.bound(one);
    let ratio = many.took / least;
    crate::say(&format!(
        "crowd: {BUNDLES} bundles {what} in {:.0} s, bound {least:.0} s ({why}), ratio {ratio:.3}, {} calls and {} polls, \
         {refused} throttled\n",
        many.took,
        many.calls.len(),
        many.polls
    ));
    assert!(ratio <= MOST, "{what}: {ratio}");
    assert!(ratio >= 0.999, "{what}: the bound is none: {ratio}");
}

async fn crowd() {
    let single = Crowd::of(1).await;
    let (made, one_made) = single.create().await;
    tokio::time::sleep(REST).await;
    let one_gone = single.destroy(made).await;

    let crowd = Crowd::of(BUNDLES).await;
    let (made, many_made) = crowd.create().await;
    for (kind, count) in whole(1).into_iter().filter(|(kind, _)| *kind != "security-group") {
        assert_eq!(crowd.world.count(kind), count * BUNDLES, "{kind}");
    }
    let refused = throttled(&crowd.world);
    judge("made", &many_made, &one_made, refused.len());
    tokio::time::sleep(REST).await;
    let many_gone = crowd.destroy(made).await;
    let refused = throttled(&crowd.world);
    judge("destroyed", &many_gone, &one_gone, refused.len());
    assert_eq!(refused, Vec::<String>::new());
    assert_eq!(crowd.world.count("rest-api") + crowd.world.count("load-balancer"), 0);
}

#[test]
fn a_hundred_bundles_at_once_take_what_the_rates_force_and_none_is_refused() {
    let _turn = TURN.read();
    let thread = std::thread::Builder::new().stack_size(STACK);
    thread.spawn(|| alone(crowd())).expect("a thread").join().expect("it holds");
}
