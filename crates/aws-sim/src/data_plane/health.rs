//! Health checks of targets that are real.
//!
//! Nothing runs in the background: a target is checked when somebody asks for its health, at most once per interval, and the
//! result stands for all intervals since the last look.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::task::JoinSet;

use crate::Sim;
use crate::clock::Time;
use crate::data_plane::sockets;
use crate::elb::{HealthCheck, Seen, TargetGroup, target_address, target_checked};
use crate::protocol::{Call, Input};
use crate::state::Region;

/// Where a target group is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub account: String,
    pub region: String,
    pub arn: String,
}

/// A check that is due.
struct Due {
    key: (String, i64),
    address: Option<SocketAddr>,
    times: i64,
    check: HealthCheck,
    /// The load balancer's own address and the listener's port.
    host: String,
}

/// Checks the targets that a call asks about.
pub async fn for_call(sim: &Sim, call: &Call) {
    let Input::Query(parameters) = &call.input else {
        return;
    };
    if call.operation == "DescribeTargetHealth" {
        let arn = parameters["TargetGroupArn"].as_str().unwrap_or_default().to_owned();
        refresh(sim, &Place { account: call.account.clone(), region: call.region.clone(), arn }).await;
    }
}

/// Makes the checks of a target group that are due. When nothing is real, nothing is checked and every target is healthy.
pub async fn refresh(sim: &Sim, place: &Place) {
    if sim.0.config.resolve.is_empty() {
        return;
    }
    let now = sim.0.clock.now();
    let due = due(sim.world().region(&place.account, &place.region), &place.arn, now);
    let mut looks = JoinSet::new();
    for one in due {
        let sim = sim.clone();
        looks.spawn(async move { (look(&sim, &one).await, one) });
    }
    for (seen, one) in looks.join_all().await {
        let mut world = sim.world();
        if let Some(group) = world.region(&place.account, &place.region).target_groups.get_mut(&place.arn) {
            group.observe(&one.key, seen, one.times, now);
        }
    }
}

fn due(region: &Region, arn: &str, now: Time) -> Vec<Due> {
    // Without a listener nobody checks.
    let Some(group) = region.target_groups.get(arn).filter(|_| region.listeners.named(arn).next().is_some()) else {
        return Vec::new();
    };
    let host = host(region, arn);
    let keys = group.targets.keys();
    let checks = keys.filter_map(|key| Some((key, target_checked(group, key, now)?)));
    checks
        .map(|(key, times)| Due {
            key: key.clone(),
            address: check_address(group, key),
            times,
            check: group.check.clone(),
            host: host.clone(),
        })
        .collect()
}

fn check_address(group: &TargetGroup, key: &(String, i64)) -> Option<SocketAddr> {
    let mut address = target_address(key)?;
    if let Ok(port) = group.check.port.parse() {
        address.set_port(port);
    }
    Some(address)
}

/// One check. Nobody is at an address that does not resolve, so the check times out.
async fn look(sim: &Sim, due: &Due) -> Seen {
    let Some(real) = due.address.and_then(|address| sim.0.config.resolve.get(&address)) else {
        return Seen::TimedOut;
    };
    let seconds = Duration::from_secs(due.check.timeout.unsigned_abs());
    let limit = sockets::limit(seconds, sim.0.config.speed);
    let answered = match &due.check.path {
        // A real back end is spoken to without TLS, whatever the protocol of the check.
        Some(path) => {
            sockets::exchange(*real, get(path, &due.host), limit).await.map(|response| response.status().as_u16())
        }
        None => sockets::connect(*real, limit).await.map(|()| 200),
    };
    match answered {
        Ok(status) if due.check.matcher.as_deref().is_none_or(|codes| matches(codes, status)) => Seen::Passed,
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Seen::TimedOut,
        _ => Seen::Failed,
    }
}

fn get(path: &str, host: &str) -> Request<Bytes> {
    let request = Request::get(path).header("host", host).header("user-agent", "ELB-HealthChecker/2.0");
    request.body(Bytes::new()).unwrap_or_default()
}

fn host(region: &Region, arn: &str) -> String {
    let Some(listener) = region.listeners.named(arn).next() else {
        return String::new();
    };
    let node = region.interfaces.named(&listener.balancer).next();
    node.map(|node| format!("{}:{}", node.address, listener.port)).unwrap_or_default()
}

/// `200`, `200,202` or `200-399`.
fn matches(codes: &str, status: u16) -> bool {
    codes.split(',').any(|part| match part.split_once('-') {
        Some((from, to)) => {
            from.parse().is_ok_and(|from: u16| from <= status) && to.parse().is_ok_and(|to: u16| status <= to)
        }
        None => part.parse() == Ok(status),
    })
}
