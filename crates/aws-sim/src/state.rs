//! What exists: accounts, their regions, and everything in them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::apigw::{self, RestApi, VpcLink};
use crate::clock::Time;
use crate::data_plane::Plane;
use crate::door::Written;
use crate::door::consistency::{self, Consistency, History};
use crate::door::fate;
use crate::door::fault::{Fault, Faults};
use crate::door::rates::{Buckets, Quotas};
use crate::door::record::{CallRecord, Log};
use crate::ec2::{self, Endpoint, Interface, SecurityGroup, Subnet, Vpc};
use crate::elb::{self, Listener, LoadBalancer, TargetGroup};
use crate::error::{Failure, fail};
use crate::iam::{Admission, Iam};
use crate::ids::Ids;
use crate::index::Index;
use crate::protocol::{self, Answer, Call, Input, Service};
use crate::query::Params;
use crate::{Config, OperationResult, sts};

/// Tags of anything.
pub type Tags = BTreeMap<String, String>;

/// The network a new account starts with.
#[derive(Debug, Clone, Serialize)]
pub struct Fresh {
    /// The default VPC.
    pub vpc_id: String,
    /// Its subnets, one per availability zone.
    pub subnet_ids: Vec<String>,
    /// Its default security group.
    pub security_group_id: String,
}

/// Accounts in regions.
pub type Regions = BTreeMap<(String, String), Region>;

/// All accounts, and what tests ordered and saw.
#[derive(Debug)]
pub struct World {
    start: Start,
    quotas: Quotas,
    consistency: Consistency,
    pub regions: Regions,
    histories: BTreeMap<(String, String), History>,
    buckets: Buckets,
    pub faults: Faults,
    /// What somebody is writing, one at a time.
    pub writing: BTreeSet<Written>,
    pub iam: Iam,
    log: Log,
    /// What the data plane remembers of earlier requests.
    pub plane: Plane,
}

/// What the accounts of a world start from.
#[derive(Debug, Clone, Copy)]
struct Start {
    seed: u64,
    raised: usize,
}

/// What became of a call.
#[derive(Debug)]
pub struct Done {
    pub request_id: String,
    pub fault: Option<Fault>,
    pub result: OperationResult,
}

/// One account in one region.
#[derive(Debug, Clone)]
pub struct Region {
    pub account: String,
    pub name: String,
    pub ids: Ids,
    pub vpcs: BTreeMap<String, Vpc>,
    pub subnets: BTreeMap<String, Subnet>,
    pub groups: BTreeMap<String, SecurityGroup>,
    pub interfaces: Index<Interface>,
    pub endpoints: BTreeMap<String, Endpoint>,
    pub load_balancers: Index<LoadBalancer>,
    pub target_groups: Index<TargetGroup>,
    pub listeners: Index<Listener>,
    pub links: BTreeMap<String, VpcLink>,
    pub apis: BTreeMap<String, RestApi>,
    pub cloudwatch_role: Option<String>,
    raised: usize,
    /// Before that moment nothing leaves by itself; nothing when a write may have changed that.
    due: Option<Time>,
}

/// What an operation works with.
pub struct Context<'a> {
    pub now: Time,
    pub region: &'a mut Region,
}

impl World {
    /// An empty world.
    pub fn new(config: &Config) -> World {
        World {
            start: Start { seed: config.seed, raised: config.raised },
            quotas: config.quotas,
            consistency: config.consistency,
            regions: BTreeMap::new(),
            histories: BTreeMap::new(),
            buckets: Buckets::default(),
            faults: Faults::new(config.seed),
            writing: BTreeSet::new(),
            log: Log::new(config.log.as_deref()),
            iam: Iam::new(config.iam.clone()),
            plane: Plane::default(),
        }
    }

    /// Another world with the same in it.
    pub fn fork(&self, config: &Config) -> World {
        World { regions: self.regions.clone(), buckets: self.buckets.clone(), ..World::new(config) }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.regions.clear();
        self.plane = Plane::default();
        self.histories.clear();
        self.buckets = Buckets::default();
        self.faults = Faults::new(self.start.seed);
        self.iam.reset();
        self.log.clear();
    }

    /// An account in a region, made when it is first asked for.
    pub fn region(&mut self, account: &str, region: &str) -> &mut Region {
        region_in(&mut self.regions, self.start, account, region)
    }

    /// Does what a call asks for, or what a fault makes of it. `taken` says that another write of the same thing is under way.
    pub fn run(&mut self, call: &Call, taken: bool, now: Time) -> Done {
        let request_id = self.region(&call.account, &call.region).ids.request();
        if let Err(failure) = protocol::check_signed(call) {
            return Done { request_id, fault: None, result: Err(failure) };
        }
        // A stale answer needs the past also when this call was the last that asks for it.
        let past = self.past();
        let fault = self.faults.strike(call);
        let refusal = fault.as_ref().and_then(|fault| fault.refusal(call, self.region(&call.account, &call.region)));
        let result = match refusal {
            Some(failure) => Err(failure),
            None => self.admit(call, taken, now).and_then(|admission| {
                let result = self.perform(call, fault.as_ref(), past, now);
                let region = region_in(&mut self.regions, self.start, &call.account, &call.region);
                self.iam.follow(call, &admission, region, now, &result);
                result
            }),
        };
        let result = match &fault {
            Some(Fault::ExecutedError { status, code, message }) => Err(fail(code, message).status(*status)),
            _ => result,
        };
        Done { request_id, fault, result }
    }

    /// Whether a call comes as far as its operation, once its signature and the faults were looked at: request rates, then
    /// permissions on the present state, then other writers.
    fn admit(&mut self, call: &Call, taken: bool, now: Time) -> Result<Admission, Failure> {
        if self.quotas == Quotas::Aws {
            self.buckets.take(call, now)?;
        }
        let region = region_in(&mut self.regions, self.start, &call.account, &call.region);
        let admission = self.iam.admit(call, region, now)?;
        if taken { Err(consistency::concurrent(call)) } else { Ok(admission) }
    }

    /// Executes a call: a read on the state it is shown, a write on the present one.
    fn perform(&mut self, call: &Call, fault: Option<&Fault>, past: Option<Duration>, now: Time) -> OperationResult {
        let region = region_in(&mut self.regions, self.start, &call.account, &call.region);
        if past.is_none() {
            self.histories.clear();
        }
        let key = || (call.account.clone(), call.region.clone());
        let mut history = past.map(|_| self.histories.entry(key()).or_default());
        let oldest = now.saturating_sub(past.unwrap_or_default());
        if let Some(history) = history.as_mut().filter(|_| region.is_due(now)) {
            history.keep(region, now, oldest);
        }
        region.settle(now);
        let lag = match fault {
            Some(Fault::Stale { milliseconds }) => Some(Duration::from_millis(*milliseconds)),
            _ if self.consistency == Consistency::Lagging => consistency::lag(call, region),
            _ => None,
        };
        let then = now.checked_sub(lag.unwrap_or_default());
        let before = history.as_mut().filter(|_| lag.is_some()).and_then(|history| history.at(then));
        let before = before.filter(|before| consistency::knows(call, before));
        if call.reads() {
            return execute(call, &mut Context { now: then.unwrap_or_default(), region: before.unwrap_or(region) });
        }
        if let Some(mut before) = before.cloned() {
            let answer = execute(call, &mut Context { now: then.unwrap_or_default(), region: &mut before });
            if let Some(failure) = answer.err().filter(|failure| consistency::stands(call, failure)) {
                return Err(failure);
            }
        }
        if let Some(history) = history {
            history.keep(region, now, oldest);
        }
        region.write(call, fault, now)
    }

    /// How long a call waits for something else before it is answered.
    pub fn wait(&mut self, call: &Call, done: &Done, now: Time) -> Duration {
        match &call.input {
            Input::Rest(input) if call.operation == "CreateDeployment" && done.result.is_ok() => {
                apigw::deployment_wait(self.region(&call.account, &call.region), input, now)
            }
            _ => Duration::ZERO,
        }
    }

    /// How much of the past is needed, if any.
    fn past(&self) -> Option<Duration> {
        let stale = self.faults.oldest_view().map(Duration::from_millis);
        stale.max((self.consistency == Consistency::Lagging).then(consistency::longest_lag))
    }

    /// Notes a call.
    pub fn record(&mut self, call: &Call, at: Time, done: &Done) {
        let (status, error) = match &done.result {
            Ok(answer) => (answer.status, None),
            Err(failure) => (failure.status, Some(failure.code.clone())),
        };
        self.log.push(CallRecord {
            seq: 0,
            at_ms: at.as_millis() as u64,
            service: call.service.name().to_owned(),
            operation: call.operation.clone(),
            account: call.account.clone(),
            region: call.region.clone(),
            status,
            error,
            fault: done.fault.as_ref().map(|fault| fault.kind().to_owned()),
            user_agent: call.user_agent.clone(),
            request: call.logged(),
            needs: self.iam.take_needed(),
        });
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.log.calls()
    }

    /// What exists, by account, region, kind and id.
    pub fn objects(&mut self, now: Time) -> Value {
        let mut accounts: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        for ((account, name), region) in &mut self.regions {
            region.settle(now);
            accounts.entry(account.clone()).or_default().insert(name.clone(), region.objects(now));
        }
        json!(accounts)
    }
}

/// The partition of a region: `aws`, `aws-cn` or `aws-us-gov`.
pub fn partition(region: &str) -> &'static str {
    match region {
        name if name.starts_with("cn-") => "aws-cn",
        name if name.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The end of a partition's host names.
pub fn suffix(region: &str) -> &'static str {
    if partition(region) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// A region, made when it is first asked for; apart from the rest of the world, which may be in use beside it.
fn region_in<'a>(regions: &'a mut Regions, start: Start, account: &str, region: &str) -> &'a mut Region {
    let key = (account.to_owned(), region.to_owned());
    regions.entry(key).or_insert_with(|| Region::new(start, account, region))
}

fn execute(call: &Call, context: &mut Context) -> OperationResult {
    match (&call.input, call.service) {
        (Input::Rest(input), _) => apigw::run(context, input),
        (Input::Query(tree), Service::Elb) => elb::run(context, &call.operation, Params(tree)).map(Answer::ok),
        (Input::Query(tree), Service::Sts) => sts::run(context, &call.operation, Params(tree)).map(Answer::ok),
        (Input::Query(tree), _) => ec2::run(context, &call.operation, Params(tree)).map(Answer::ok),
    }
}

impl Region {
    fn new(Start { seed, raised }: Start, account: &str, name: &str) -> Region {
        let mut region = Region {
            account: account.to_owned(),
            name: name.to_owned(),
            ids: Ids::new(seed, account, name),
            vpcs: BTreeMap::new(),
            subnets: BTreeMap::new(),
            groups: BTreeMap::new(),
            interfaces: Index::new(),
            endpoints: BTreeMap::new(),
            load_balancers: Index::new(),
            target_groups: Index::new(),
            listeners: Index::new(),
            links: BTreeMap::new(),
            apis: BTreeMap::new(),
            cloudwatch_role: None,
            raised,
            due: None,
        };
        ec2::furnish(&mut region);
        region
    }

    /// Lets go what has been leaving long enough. Every call asks for it, so it looks only when there is something to find.
    pub fn settle(&mut self, now: Time) {
        if self.due.is_none_or(|due| due <= now) {
            apigw::settle(self, now);
            ec2::settle(self, now);
            self.due = Some([apigw::due(self), ec2::due(self)].into_iter().flatten().min().unwrap_or(Time::MAX));
        }
    }

    /// Executes a call that may change something.
    fn write(&mut self, call: &Call, fault: Option<&Fault>, now: Time) -> OperationResult {
        let answer = execute(call, &mut Context { now, region: self });
        match (fault, &answer) {
            (Some(Fault::Stuck), Ok(answer)) => fate::stick(self, call, &answer.body),
            (Some(Fault::Fails { message }), Ok(answer)) => fate::fail_later(self, call, &answer.body, message),
            _ => {}
        }
        self.due = None;
        answer
    }

    fn is_due(&self, now: Time) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// How much the account has of something that AWS documents a default of and grants more of.
    pub fn quota(&self, default: usize) -> usize {
        default * self.raised
    }

    /// The default VPC and what is in it.
    pub fn fresh(&self) -> Fresh {
        let vpc_id = self.vpcs.values().find(|vpc| vpc.is_default).map(|vpc| vpc.id.clone()).unwrap_or_default();
        let mut subnets: Vec<&Subnet> = self.subnets.values().filter(|subnet| subnet.vpc == vpc_id).collect();
        subnets.sort_by_key(|subnet| subnet.zone.clone());
        let default_group = |group: &&SecurityGroup| group.vpc == vpc_id && group.name == "default";
        Fresh {
            subnet_ids: subnets.into_iter().map(|subnet| subnet.id.clone()).collect(),
            security_group_id: self
                .groups
                .values()
                .find(default_group)
                .map(|group| group.id.clone())
                .unwrap_or_default(),
            vpc_id,
        }
    }

    /// `arn:PARTITION:SERVICE:REGION:ACCOUNT:REST`.
    pub fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition(), self.name, self.account)
    }

    /// Its partition.
    pub fn partition(&self) -> &'static str {
        partition(&self.name)
    }

    /// The end of the partition's host names.
    pub fn suffix(&self) -> &'static str {
        suffix(&self.name)
    }

    fn objects(&self, now: Time) -> Value {
        let mut kinds = Map::new();
        let mut put = |kind: &str, id: &str, fields: Value| {
            let slot = kinds.entry(kind).or_insert_with(|| json!({}));
            slot[id] = fields;
        };
        ec2::objects(self, now, &mut put);
        elb::objects(self, now, &mut put);
        apigw::objects(self, now, &mut put);
        json!(kinds)
    }
}
