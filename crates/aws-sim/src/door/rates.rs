//! How many requests AWS takes: token buckets of an account in a region, in virtual time.
//!
//! Sources: "Amazon API Gateway quotas" of its developer guide
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>), "Request throttling for the Amazon EC2
//! API" (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>) and "Request throttling for the ELB
//! API" (<https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html>).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::clock::Time;
use crate::door::fault::throttled;
use crate::error::Failure;
use crate::protocol::{Call, Input, Service};

/// Whether requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Quotas {
    /// Any number of requests is answered.
    #[default]
    Off,
    /// AWS's documented request rates.
    Aws,
}

/// A bucket that calls take a token from.
struct Quota {
    service: Service,
    calls: Calls,
    /// The bucket's name where several operations share one; otherwise each has its own.
    shared: Option<&'static str>,
    capacity: f64,
    /// Tokens for each second.
    refill: f64,
}

enum Calls {
    /// These operations.
    Named(&'static [&'static str]),
    /// These operations, when they are asked for an API that is edge-optimised.
    Edge(&'static [&'static str]),
    /// These operations, when they are asked with neither filters nor pages.
    Unfiltered(&'static [&'static str]),
    /// Everything that changes nothing.
    Reads,
    All,
}

use Calls::{All, Edge, Named, Reads, Unfiltered};
use Service::{ApiGateway, Ec2, Elb};

/// The first that a call belongs to counts, and [`TOTALS`] beside it.
#[rustfmt::skip]
const QUOTAS: &[Quota] = &[
    // The guide gives rates; that a bucket holds what comes in at once is unverified.
    each(ApiGateway, Edge(&["CreateRestApi", "ImportRestApi"]), 1.0, 1.0 / 30.0),
    each(ApiGateway, Named(&["CreateRestApi", "ImportRestApi"]), 1.0, 1.0 / 3.0),
    each(ApiGateway, Named(&["DeleteRestApi"]), 1.0, 1.0 / 30.0),
    each(ApiGateway, Named(&["PutRestApi"]), 1.0, 1.0),
    each(ApiGateway, Named(&["CreateDeployment"]), 1.0, 1.0 / 5.0),
    each(ApiGateway, Named(&["CreateResource", "DeleteResource"]), 5.0, 5.0),
    each(ApiGateway, Named(&["GetResources"]), 5.0, 2.5),
    each(ApiGateway, Named(&["UpdateAccount"]), 1.0, 1.0 / 20.0),
    // EC2 counts every operation for itself.
    each(Ec2, Named(&["CreateVpcEndpoint", "ModifyVpcEndpoint", "DeleteVpcEndpoints"]), 4.0, 0.3),
    // (unverified)
    each(Ec2, Named(&["DescribeVpcEndpointServices", "DescribeVpcEndpointServiceConfigurations"]), 10.0, 1.0),
    each(Ec2, Named(&["CreateTags", "DeleteTags"]), 100.0, 10.0),
    each(Ec2, Unfiltered(&["DescribeNetworkInterfaces", "DescribeSecurityGroups"]), 50.0, 10.0),
    each(Ec2, Reads, 100.0, 20.0),
    // The resource-intensive ones have the same numbers as the other changes, and all are counted apart anyway.
    each(Ec2, Named(&["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]), 50.0, 5.0),
    each(Ec2, All, 50.0, 5.0),
    // ELB counts by category.
    together(Elb, Named(&["CreateLoadBalancer", "SetSubnets"]), "resource-intensive", 10.0, 0.2),
    together(Elb, Named(&["RegisterTargets", "DeregisterTargets"]), "registration", 20.0, 4.0),
    together(Elb, Reads, "non-mutating", 40.0, 10.0),
    together(Elb, All, "mutating", 20.0, 3.0),
];

/// What all operations of a service share.
#[rustfmt::skip]
const TOTALS: &[Quota] = &[
    together(ApiGateway, All, "total", 40.0, 10.0),
    together(Elb, All, "total", 40.0, 10.0),
];

/// The buckets of all accounts.
#[derive(Debug, Clone, Default)]
pub struct Buckets(BTreeMap<(String, String), BTreeMap<String, Bucket>>);

/// What was in a bucket when it was last looked at.
#[derive(Debug, Clone)]
struct Bucket {
    tokens: f64,
    at: Time,
}

impl Buckets {
    /// Takes the tokens of a call. One that is refused takes none (unverified).
    pub fn take(&mut self, call: &Call, now: Time) -> Result<(), Failure> {
        let buckets = self.0.entry((call.account.clone(), call.region.clone())).or_default();
        let find = |quotas: &'static [Quota]| quotas.iter().find(|quota| quota.is_for(call));
        let quotas: Vec<(&Quota, String)> =
            [QUOTAS, TOTALS].into_iter().filter_map(find).map(|quota| (quota, quota.bucket(call))).collect();
        let mut wait = Duration::ZERO;
        for (quota, name) in &quotas {
            let full = || Bucket { tokens: quota.capacity, at: now };
            let bucket = buckets.entry(name.clone()).or_insert_with(full);
            let refilled = bucket.tokens + now.saturating_sub(bucket.at).as_secs_f64() * quota.refill;
            *bucket = Bucket { tokens: refilled.min(quota.capacity), at: now };
            wait = wait.max(Duration::from_secs_f64((1.0 - ALMOST - bucket.tokens).max(0.0) / quota.refill));
        }
        if !wait.is_zero() {
            return Err(Failure { retry_after: Some(wait), ..throttled(call.service) });
        }
        for (_, name) in &quotas {
            if let Some(bucket) = buckets.get_mut(name) {
                bucket.tokens -= 1.0;
            }
        }
        Ok(())
    }
}

/// Thirty times a thirtieth may be a little less than one.
const ALMOST: f64 = 1e-6;

impl Quota {
    fn is_for(&self, call: &Call) -> bool {
        let among = |names: &[&str]| names.contains(&call.operation.as_str());
        self.service == call.service
            && match self.calls {
                Named(names) => among(names),
                Edge(names) => among(names) && is_edge(call),
                Unfiltered(names) => among(names) && is_unfiltered(call),
                Reads => call.reads(),
                All => true,
            }
    }

    fn bucket(&self, call: &Call) -> String {
        let kind = match self.calls {
            Edge(_) => " (edge)",
            Unfiltered(_) => " (unfiltered)",
            _ => "",
        };
        format!("{}:{}{kind}", self.service.name(), self.shared.unwrap_or(&call.operation))
    }
}

const fn each(service: Service, calls: Calls, capacity: f64, refill: f64) -> Quota {
    Quota { service, calls, shared: None, capacity, refill }
}

const fn together(service: Service, calls: Calls, name: &'static str, capacity: f64, refill: f64) -> Quota {
    Quota { service, calls, shared: Some(name), capacity, refill }
}

/// APIs are edge-optimised unless they are asked to be something else.
fn is_edge(call: &Call) -> bool {
    let Input::Rest(rest) = &call.input else { return false };
    let asked =
        rest.query("endpointConfigurationTypes").or_else(|| rest.body["endpointConfiguration"]["types"][0].as_str());
    asked.is_none_or(|kind| kind == "EDGE")
}

fn is_unfiltered(call: &Call) -> bool {
    let Input::Query(parameters) = &call.input else { return false };
    ["Filter", "MaxResults", "NextToken"].iter().all(|name| parameters.get(name).is_none_or(Value::is_null))
}
