//! What exists: accounts, their regions, and everything in them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::apigw::{self, RestApi, VpcLink};
use crate::clock::Time;
use crate::ec2::{self, Endpoint, Interface, SecurityGroup, Subnet, Vpc};
use crate::elb::{self, Listener, LoadBalancer, TargetGroup};
use crate::fault::{Fault, Faults, throttled};
use crate::ids::Ids;
use crate::probe::Probes;
use crate::protocol::{self, Answer, Call, Input, Service};
use crate::query::Params;
use crate::record::{CallRecord, Log};
use crate::{OperationResult, sts};

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

/// All accounts, and what tests ordered and saw.
#[derive(Debug)]
pub struct World {
    seed: u64,
    pub regions: BTreeMap<(String, String), Region>,
    faults: Faults,
    log: Log,
}

/// One account in one region.
#[derive(Debug)]
pub struct Region {
    pub account: String,
    pub name: String,
    pub ids: Ids,
    pub vpcs: BTreeMap<String, Vpc>,
    pub subnets: BTreeMap<String, Subnet>,
    pub groups: BTreeMap<String, SecurityGroup>,
    pub interfaces: BTreeMap<String, Interface>,
    pub endpoints: BTreeMap<String, Endpoint>,
    pub load_balancers: BTreeMap<String, LoadBalancer>,
    pub target_groups: BTreeMap<String, TargetGroup>,
    pub listeners: BTreeMap<String, Listener>,
    pub links: BTreeMap<String, VpcLink>,
    pub apis: BTreeMap<String, RestApi>,
    pub cloudwatch_role: Option<String>,
}

/// What an operation works with.
pub struct Context<'a> {
    pub now: Time,
    pub region: &'a mut Region,
    pub probes: &'a Probes,
}

impl World {
    /// An empty world.
    pub fn new(seed: u64, log: Option<&Path>) -> World {
        World { seed, regions: BTreeMap::new(), faults: Faults::default(), log: Log::new(log) }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.regions.clear();
        self.faults = Faults::default();
        self.log.clear();
    }

    /// An account in a region, made when it is first asked for.
    pub fn region(&mut self, account: &str, region: &str) -> &mut Region {
        let key = (account.to_owned(), region.to_owned());
        self.regions.entry(key).or_insert_with(|| Region::new(self.seed, account, region))
    }

    /// Orders a fault.
    pub fn fail_next(&mut self, operation: &str, fault: Fault) {
        self.faults.push(operation, fault);
    }

    /// Executes a call, or the fault that waited for it.
    pub fn run(&mut self, call: &Call, now: Time, probes: &Probes) -> (String, Option<Fault>, OperationResult) {
        let fault = self.faults.take(call.service, &call.operation);
        let region = self.region(&call.account, &call.region);
        let request_id = region.ids.request();
        // Rate limits (token buckets per account, region and operation) belong exactly here, before anything is executed.
        let result = match &fault {
            Some(Fault::Error { status, code, message }) => Err(crate::error::fail(code, message).status(*status)),
            Some(Fault::Throttle) => Err(throttled(call.service)),
            Some(Fault::LostAnswer) | None => protocol::check_signed(call).and_then(|()| {
                region.settle(now);
                execute(call, &mut Context { now, region, probes })
            }),
        };
        (request_id, fault, result)
    }

    /// Notes a call.
    pub fn record(&mut self, call: &Call, at: Time, result: &OperationResult) {
        let (status, error) = match result {
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
            user_agent: call.user_agent.clone(),
            request: call.logged(),
        });
    }

    /// The calls so far.
    pub fn calls(&self) -> &[CallRecord] {
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

fn execute(call: &Call, context: &mut Context) -> OperationResult {
    match (&call.input, call.service) {
        (Input::Rest(input), _) => apigw::run(context, input),
        (Input::Query(tree), Service::Elb) => elb::run(context, &call.operation, Params(tree)).map(Answer::ok),
        (Input::Query(tree), Service::Sts) => sts::run(context, &call.operation, Params(tree)).map(Answer::ok),
        (Input::Query(tree), _) => ec2::run(context, &call.operation, Params(tree)).map(Answer::ok),
    }
}

impl Region {
    fn new(seed: u64, account: &str, name: &str) -> Region {
        let mut region = Region {
            account: account.to_owned(),
            name: name.to_owned(),
            ids: Ids::new(seed, account, name),
            vpcs: BTreeMap::new(),
            subnets: BTreeMap::new(),
            groups: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            load_balancers: BTreeMap::new(),
            target_groups: BTreeMap::new(),
            listeners: BTreeMap::new(),
            links: BTreeMap::new(),
            apis: BTreeMap::new(),
            cloudwatch_role: None,
        };
        ec2::furnish(&mut region);
        region
    }

    /// Lets go what has been leaving long enough.
    pub fn settle(&mut self, now: Time) {
        apigw::settle(self, now);
        ec2::settle(self, now);
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

    /// `arn:aws:SERVICE:REGION:ACCOUNT:REST`.
    pub fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.name, self.account)
    }

    fn objects(&self, now: Time) -> Value {
        let mut kinds = Map::new();
        let mut put = |kind: &str, id: &str, fields: Value| {
            let slot = kinds.entry(kind).or_insert_with(|| json!({}));
            slot[id] = fields;
        };
        for vpc in self.vpcs.values() {
            put("vpc", &vpc.id, json!({"tags": vpc.tags, "default": vpc.is_default}));
        }
        for subnet in self.subnets.values() {
            put("subnet", &subnet.id, json!({"tags": subnet.tags, "vpc": subnet.vpc}));
        }
        for group in self.groups.values() {
            let default = group.name == "default";
            put("security-group", &group.id, json!({"tags": group.tags, "name": group.name, "default": default}));
        }
        for interface in self.interfaces.values() {
            let fields = json!({"tags": {}, "description": interface.description, "subnet": interface.subnet});
            put("network-interface", &interface.id, fields);
        }
        for endpoint in self.endpoints.values() {
            put("vpc-endpoint", &endpoint.id, json!({"tags": endpoint.tags, "state": endpoint.state(now)}));
        }
        elb::objects(self, now, &mut put);
        apigw::objects(self, now, &mut put);
        json!(kinds)
    }
}
