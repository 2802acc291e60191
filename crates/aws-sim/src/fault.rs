//! Faults that tests order.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::error::{Failure, fail};
use crate::protocol::Service;

/// What goes wrong with the next call of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// The call is refused with the throttling error of its service.
    Throttle,
    /// The call is executed, but its answer never arrives.
    LostAnswer,
}

/// The faults that wait for their call.
#[derive(Debug, Default)]
pub struct Faults(BTreeMap<String, VecDeque<Fault>>);

impl Faults {
    /// Queues a fault.
    pub fn push(&mut self, operation: &str, fault: Fault) {
        self.0.entry(operation.to_owned()).or_default().push_back(fault);
    }

    /// Takes the next fault for an operation, named `Operation` or `service:Operation`.
    pub fn take(&mut self, service: Service, operation: &str) -> Option<Fault> {
        let qualified = format!("{}:{operation}", service.name());
        [operation, &qualified].into_iter().find_map(|name| self.0.get_mut(name)?.pop_front())
    }
}

/// The throttling error of a service.
pub fn throttled(service: Service) -> Failure {
    match service {
        Service::Ec2 => fail("RequestLimitExceeded", "Request limit exceeded.").status(503),
        Service::Elb | Service::Sts => fail("Throttling", "Rate exceeded"),
        Service::ApiGateway => fail("TooManyRequestsException", "Too Many Requests").status(429),
    }
}
