//! Faults that tests and drills order: which calls they strike, and what becomes of those.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::fate;
use crate::error::{Failure, fail};
use crate::iam;
use crate::protocol::{self, Call, SERVICES, Service};
use crate::state::Region;

/// How many orders may stand at a time; every call is held against all of them.
const ORDERS: usize = 1000;
/// The longest that a slow answer may be held back or a stale list lag behind: ten minutes.
const LONGEST: u64 = 600_000;

/// What goes wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The call is refused and changes nothing.
    Error {
        /// HTTP status.
        status: u16,
        /// Error code of the service.
        code: String,
        /// Error message.
        message: String,
    },
    /// The call is executed, but its answer is an error.
    ExecutedError {
        /// HTTP status.
        status: u16,
        /// Error code of the service.
        code: String,
        /// Error message.
        message: String,
    },
    /// The call is refused with the throttling error of its service.
    Throttle,
    /// The call is refused as if the caller lacked the permission.
    Denied,
    /// The connection breaks before the call is executed.
    Reset,
    /// The call is executed, but its answer never arrives: the connection breaks.
    LostAnswer,
    /// The call is executed, but its answer is held back.
    Slow {
        /// How long, in virtual time.
        milliseconds: u64,
        /// In real time instead, whatever the speed.
        #[serde(default)]
        real: bool,
    },
    /// What the call has begun never ends: an endpoint stays pending or deleting, a balancer provisioning, a link PENDING
    /// or DELETING.
    Stuck,
    /// What the call has begun ends as a failure: endpoint and balancer `failed`, link FAILED.
    Fails {
        /// What the object gives as the reason.
        message: String,
    },
    /// The answer is what it would have been a while ago, but not before the fault was ordered.
    Stale {
        /// How long ago, in virtual time.
        milliseconds: u64,
    },
}

/// A fault and the calls it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// `Operation`, `service:Operation`, a signing name for all calls of a service, or `*` for all calls.
    pub operation: String,
    /// What goes wrong.
    pub fault: Fault,
    /// The first of these calls that is struck, counted from one since the order.
    #[serde(default = "one")]
    pub nth: u64,
    /// From then on, the share of calls that is struck; without it, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The draw follows from it; without it, from the seed of the simulator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How many calls are struck at most; without it one, or any number when there is a probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// An order and what it has done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrderedFault {
    /// The order.
    #[serde(flatten)]
    pub order: Order,
    /// How many calls it was held against.
    pub seen: u64,
    /// How many of them it struck.
    pub struck: u64,
}

/// All orders, the oldest first.
#[derive(Debug, Default)]
pub struct Faults {
    seed: u64,
    orders: Vec<OrderedFault>,
}

impl Fault {
    /// The name of its kind, as in an order.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Error { .. } => "error",
            Fault::ExecutedError { .. } => "executed_error",
            Fault::Throttle => "throttle",
            Fault::Denied => "denied",
            Fault::Reset => "reset",
            Fault::LostAnswer => "lost_answer",
            Fault::Slow { .. } => "slow",
            Fault::Stuck => "stuck",
            Fault::Fails { .. } => "fails",
            Fault::Stale { .. } => "stale",
        }
    }

    /// The answer of a call that is not executed.
    pub fn refusal(&self, call: &Call, region: &Region) -> Option<Failure> {
        match self {
            Fault::Error { status, code, message } => Some(fail(code, message).status(*status)),
            Fault::Throttle => Some(throttled(call.service)),
            Fault::Denied => Some(iam::denied(call, region)),
            Fault::Reset => Some(fail("ConnectionReset", "").status(crate::LOST)),
            _ => None,
        }
    }

    /// Does the answer never arrive?
    pub fn breaks_connection(&self) -> bool {
        matches!(self, Fault::Reset | Fault::LostAnswer)
    }

    fn check(&self, operation: &str) -> Result<(), String> {
        let only = |operations: &[&str]| match operations.contains(&operation.rsplit(':').next().unwrap_or_default()) {
            true => Ok(()),
            false => Err(format!("'{}' makes sense only for {}", self.kind(), operations.join(", "))),
        };
        match self {
            Fault::Error { status, .. } | Fault::ExecutedError { status, .. } if !(400..=599).contains(status) => {
                Err(format!("an error has a status between 400 and 599, not {status}"))
            }
            Fault::Slow { milliseconds, .. } | Fault::Stale { milliseconds } if *milliseconds > LONGEST => {
                Err(format!("at most {LONGEST} milliseconds are possible, not {milliseconds}"))
            }
            // A name of several operations strikes those of them that read.
            Fault::Stale { .. } if is_one(operation) && !protocol::reads(operation) => {
                Err(format!("'stale' makes sense only for operations that read, and {operation} writes"))
            }
            Fault::Stuck => only(&fate::CAN_STICK),
            Fault::Fails { .. } => only(&fate::CAN_FAIL),
            _ => Ok(()),
        }
    }
}

impl Order {
    /// A fault for the next call of an operation.
    pub fn once(operation: &str, fault: Fault) -> Order {
        Order { operation: operation.to_owned(), fault, nth: 1, probability: None, seed: None, times: None }
    }

    /// Says what is wrong with an order.
    fn check(&self) -> Result<(), String> {
        if !known(&self.operation) {
            return Err(format!("there is no operation '{}'", self.operation));
        }
        if self.nth == 0 || self.times == Some(0) {
            return Err("'nth' and 'times' count from one".to_owned());
        }
        if self.probability.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err("a probability is between 0 and 1".to_owned());
        }
        self.fault.check(&self.operation)
    }

    fn is_for(&self, call: &Call) -> bool {
        if matches!(self.fault, Fault::Stale { .. }) && !call.reads() {
            return false;
        }
        let (service, wanted) = (call.service.name(), self.operation.as_str());
        match wanted.split_once(':') {
            Some((of, operation)) => of == service && (operation == "*" || operation == call.operation),
            None => wanted == "*" || wanted == service || wanted == call.operation,
        }
    }

    fn limit(&self) -> u64 {
        self.times.unwrap_or(if self.probability.is_some() { u64::MAX } else { 1 })
    }
}

impl Faults {
    /// No orders yet.
    pub fn new(seed: u64) -> Faults {
        Faults { seed, orders: Vec::new() }
    }

    /// Adds an order without a look at it.
    pub fn push(&mut self, order: Order) {
        self.orders.push(OrderedFault { order, seen: 0, struck: 0 });
    }

    /// Adds an order, or says what is wrong with it.
    pub fn order(&mut self, order: Order) -> Result<(), String> {
        order.check()?;
        if self.orders.len() >= ORDERS {
            return Err(format!("{ORDERS} faults are ordered already"));
        }
        self.push(order);
        Ok(())
    }

    /// What is ordered.
    pub fn list(&self) -> &[OrderedFault] {
        &self.orders
    }

    /// The fault that strikes a call: that of the oldest order that is due.
    pub fn strike(&mut self, call: &Call) -> Option<Fault> {
        let mut struck = None;
        for (index, ordered) in self.orders.iter_mut().enumerate() {
            let order = &ordered.order;
            if !order.is_for(call) {
                continue;
            }
            ordered.seen += 1;
            let due = ordered.seen >= order.nth && ordered.struck < order.limit();
            let seed = order.seed.unwrap_or(self.seed);
            let drawn = || order.probability.is_none_or(|share| draw(seed, index, ordered.seen) < share);
            if struck.is_none() && due && drawn() {
                ordered.struck += 1;
                struck = Some(order.fault.clone());
            }
        }
        struck
    }

    /// How far back stale answers may look.
    pub fn oldest_view(&self) -> Option<u64> {
        let pending = self.orders.iter().filter(|ordered| ordered.struck < ordered.order.limit());
        let age = |ordered: &OrderedFault| match ordered.order.fault {
            Fault::Stale { milliseconds } => Some(milliseconds),
            _ => None,
        };
        pending.filter_map(age).max()
    }
}

/// The throttling error of a service.
pub fn throttled(service: Service) -> Failure {
    match service {
        // Status and text: cloudfoundry/bosh-aws-cpi-release#61.
        Service::Ec2 => fail("RequestLimitExceeded", "Request limit exceeded.").status(503),
        // The sources differ: the user guide says ThrottlingException, and so does CloudTrail; on the wire it was Throttling
        // (kubernetes-sigs/aws-load-balancer-controller#1871, boto/boto3#3125).
        Service::Elb | Service::Sts => fail("Throttling", "Rate exceeded"),
        // Text: cloud-custodian/cloud-custodian#7100.
        Service::ApiGateway => fail("TooManyRequestsException", "Too Many Requests").status(429),
    }
}

/// Is this a name of calls, as in an order?
fn known(name: &str) -> bool {
    let (service, operation) = name.split_once(':').map_or((None, name), |(service, name)| (Some(service), name));
    let mut services = SERVICES.into_iter().filter(|one| service.is_none_or(|service| service == one.name()));
    services.any(|one| {
        operation == "*" || (service.is_none() && operation == one.name()) || one.operations().contains(&operation)
    })
}

/// Does it name a single operation?
fn is_one(name: &str) -> bool {
    let name = name.rsplit(':').next().unwrap_or_default();
    SERVICES.into_iter().any(|service| service.operations().contains(&name))
}

/// A number from zero to one.
fn draw(seed: u64, order: usize, call: u64) -> f64 {
    let digest = Sha256::digest(format!("{seed}/fault/{order}/{call}"));
    f64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])) / f64::from(u32::MAX)
}

fn one() -> u64 {
    1
}

#[cfg(test)]
mod tests;
