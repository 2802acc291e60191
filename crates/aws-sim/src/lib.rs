//! A strict simulator of the AWS services behind a private API: EC2 (security groups, interface endpoints), Elastic Load
//! Balancing v2 (network load balancers), API Gateway v1 and STS, over their real wire protocols, and a data plane that
//! carries requests through what was built.
//!
//! Everything goes through [`Sim::call`]. Time is tokio's, so a test under a paused clock waits twenty minutes in no time;
//! states are computed from timestamps when somebody asks. Ids follow from the seed.

mod admin;
mod apigw;
mod client;
mod clock;
mod data_plane;
mod door;
mod ec2;
mod elb;
mod error;
mod iam;
mod ids;
mod index;
mod pattern;
mod policy;
mod protocol;
mod query;
#[cfg(test)]
mod rules;
mod server;
mod state;
mod sts;
#[cfg(test)]
mod testing;
mod xml;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

pub use client::{ControlCall, control_call, trace};
pub use data_plane::table;
pub use door::consistency::Consistency;
pub use door::fault::{Fault, Order, OrderedFault};
pub use door::rates::Quotas;
pub use door::record::CallRecord;
pub use iam::Need;
pub use policy::{Decision, Keys, Policy, Verdict};
pub use server::serve;
pub use state::Fresh;

use clock::Clock;
use protocol::Answer;
use state::World;

/// How a simulator behaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// Divides every duration of the simulated services; 1 is real time.
    pub speed: f64,
    /// How long every answer is held back, in tokio time and whatever the speed.
    pub latency: Duration,
    /// Every id follows from it.
    pub seed: u64,
    /// Simulated target addresses and where they really are. When it is empty every target counts as healthy
    /// and answers with what it was sent; otherwise targets are really checked, and only those that are listed exist.
    pub resolve: BTreeMap<SocketAddr, SocketAddr>,
    /// A file that gets one JSON line per control-plane call.
    pub log: Option<PathBuf>,
    /// How many requests are taken.
    pub quotas: Quotas,
    /// How soon the effects of a call can be seen.
    pub consistency: Consistency,
    /// All that callers may do; everything where there is none.
    pub iam: Option<Policy>,
    /// How many times the default an account has of what AWS grants more of on request: security groups, endpoints of a VPC,
    /// load balancers, target groups and VPC links.
    pub raised: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            speed: 1.0,
            latency: Duration::ZERO,
            seed: 0,
            resolve: BTreeMap::new(),
            log: None,
            quotas: Quotas::Off,
            consistency: Consistency::Immediate,
            iam: None,
            raised: 1,
        }
    }
}

/// The simulator; clones share one world.
#[derive(Debug, Clone)]
pub struct Sim(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    clock: Clock,
    world: Mutex<World>,
}

impl Sim {
    /// An empty world; accounts come into being when they are first used.
    pub fn new(config: Config) -> Sim {
        let world = World::new(&config);
        Sim(Arc::new(Inner { clock: Clock::new(config.speed), world: Mutex::new(world), config }))
    }

    /// Another world that goes on from what is here now, at this moment; neither knows of the other. It keeps the configuration, what
    /// exists and what is left of request rates, and starts without faults, log and callers' policies of its own. A test that tries many
    /// things from one situation makes the situation once.
    pub fn fork(&self) -> Sim {
        let Inner { config, clock, world } = &*self.0;
        let config = Config { log: None, ..config.clone() };
        let world = world.lock().unwrap_or_else(PoisonError::into_inner).fork(&config);
        Sim(Arc::new(Inner { clock: clock.from(clock.now()), world: Mutex::new(world), config }))
    }

    /// Answers any request: control plane, data plane or `/_sim/*`.
    pub async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        if request.uri().path().starts_with("/_sim/") {
            return admin::answer(self, &request).await;
        }
        if data_plane::is_for(&request) {
            self.hold(self.0.config.latency).await;
            return data_plane::answer(self, request).await;
        }
        door::answer(self, &request).await
    }

    /// The control-plane calls so far; of very many, the last fifty thousand.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.world().calls()
    }

    /// What exists: `{account: {region: {kind: {id: {"tags": {...}}}}}}`.
    pub fn objects(&self) -> Value {
        let now = self.0.clock.now();
        self.world().objects(now)
    }

    /// Forgets everything: accounts, faults and calls.
    pub fn reset(&self) {
        self.world().reset();
    }

    /// Makes the next call of an operation fail; several faults for one operation queue up.
    pub fn fail_next(&self, operation: &str, fault: Fault) {
        self.world().faults.push(Order::once(operation, fault));
    }

    /// Orders a fault, or says what is wrong with the order.
    pub fn order_fault(&self, order: Order) -> Result<(), String> {
        self.world().faults.order(order)
    }

    /// The faults that were ordered, and what they have done.
    pub fn faults(&self) -> Vec<OrderedFault> {
        self.world().faults.list().to_vec()
    }

    /// Takes back all orders.
    pub fn clear_faults(&self) {
        let mut world = self.world();
        world.faults = door::fault::Faults::new(self.0.config.seed);
    }

    /// Changes what the callers of an account may do, or those of all accounts without a policy of their own. Without a
    /// policy they may do everything.
    pub fn set_policy(&self, account: Option<&str>, policy: Option<Policy>) {
        self.world().iam.set(account, policy);
    }

    /// The network that an account has in a region; makes the account if it is new.
    pub fn account(&self, account: &str, region: &str) -> Fresh {
        self.world().region(account, region).fresh()
    }

    /// Lets a while of tokio's time pass, if there is any to pass.
    async fn hold(&self, duration: Duration) {
        if !duration.is_zero() {
            tokio::time::sleep(duration).await;
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The operations on offer, by the signing name of their service.
pub fn operations() -> BTreeMap<&'static str, Vec<&'static str>> {
    protocol::SERVICES.into_iter().map(|service| (service.name(), service.operations())).collect()
}

/// The status that stands for no answer at all.
const LOST: u16 = 599;

/// The result of one operation.
type OperationResult = Result<Answer, error::Failure>;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use testing::{ACCOUNT, Caller, REGION};

    #[tokio::test(start_paused = true)]
    async fn faults_hit_the_next_call_only_and_a_lost_answer_was_executed() {
        let caller = Caller::new();
        caller.sim.fail_next("CreateRestApi", Fault::LostAnswer);
        caller.sim.fail_next("CreateRestApi", Fault::Throttle);
        let create = async || caller.api("POST", "/restapis", json!({"name": "x"})).await.0;
        assert_eq!([create().await, create().await, create().await], [599, 429, 201]);
        let objects = caller.sim.objects();
        assert_eq!(objects[ACCOUNT][REGION]["rest-api"].as_object().map(serde_json::Map::len), Some(2));
        let calls = caller.sim.calls();
        assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [201, 429, 201]);
        assert_eq!(calls[1].error.as_deref(), Some("TooManyRequestsException"));
    }

    #[tokio::test(start_paused = true)]
    async fn accounts_and_regions_are_separate_and_follow_from_the_seed() {
        let (one, two) = (Caller::new(), Caller::new());
        assert_eq!(one.fresh.vpc_id, two.fresh.vpc_id);
        assert_ne!(one.sim.account(ACCOUNT, "eu-west-1").vpc_id, one.fresh.vpc_id);
        assert_ne!(one.sim.account("999999999999", REGION).vpc_id, one.fresh.vpc_id);
        assert_eq!(one.fresh.subnet_ids.len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn unsigned_calls_are_refused() {
        let caller = Caller::new();
        let request = Request::builder().uri("/restapis").body(Bytes::new()).unwrap_or_default();
        assert_eq!(caller.sim.call(request).await.status(), 403);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fork_goes_on_by_itself() {
        let caller = Caller::new();
        let create = async |sim: &Sim, name: &str| {
            let caller = Caller { sim: sim.clone(), ..Caller::new() };
            caller.api("POST", "/restapis", json!({"name": name})).await.1
        };
        create(&caller.sim, "before").await;
        let (fork, twin) = (caller.sim.fork(), caller.sim.fork());
        tokio::time::sleep(Duration::from_secs(60)).await;
        let apis = |sim: &Sim| sim.objects()[ACCOUNT][REGION]["rest-api"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(
            create(&fork, "in a fork").await["id"],
            create(&twin, "in a fork").await["id"],
            "both draw the same"
        );
        assert_eq!([&caller.sim, &fork, &twin].map(apis), [1, 2, 2]);
        assert_eq!(fork.calls().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn latency_holds_answers_back() {
        let sim = Sim::new(Config { latency: Duration::from_secs(3), ..Config::default() });
        let before = tokio::time::Instant::now();
        sim.call(Request::builder().uri("/restapis").body(Bytes::new()).unwrap_or_default()).await;
        assert_eq!(before.elapsed().as_secs(), 3);
    }
}
