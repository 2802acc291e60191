//! Which simulated targets really accept connections.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Sim;
use crate::elb::target_address;
use crate::protocol::{Call, Input};

const TIMEOUT: Duration = Duration::from_millis(500);

/// The outcome of probing.
#[derive(Debug, Default)]
pub struct Probes {
    /// Nothing is real, so everything is fine.
    pretend: bool,
    answers: BTreeMap<SocketAddr, bool>,
}

impl Probes {
    /// Everything is taken to be healthy.
    pub fn pretending() -> Probes {
        Probes { pretend: true, answers: BTreeMap::new() }
    }

    /// Is the target at a simulated address healthy? Targets that are no addresses are, when nothing is real.
    pub fn healthy(&self, address: Option<SocketAddr>) -> bool {
        self.pretend || address.is_some_and(|address| self.answers.get(&address).copied().unwrap_or_default())
    }
}

/// Probes the targets that a call asks about.
pub async fn for_call(sim: &Sim, call: &Call) -> Probes {
    let Input::Query(parameters) = &call.input else {
        return Probes::default();
    };
    if call.operation != "DescribeTargetHealth" {
        return Probes::default();
    }
    let arn = parameters["TargetGroupArn"].as_str().unwrap_or_default();
    let addresses = {
        let mut world = sim.world();
        let group = world.region(&call.account, &call.region).target_groups.get(arn);
        group.map(|group| group.targets.keys().filter_map(target_address).collect()).unwrap_or_default()
    };
    probe(sim, addresses).await
}

/// Connects to the real places of simulated addresses. Blocking threads are used because a paused clock stands still while
/// one of them works.
async fn probe(sim: &Sim, addresses: Vec<SocketAddr>) -> Probes {
    let resolve = &sim.0.config.resolve;
    let mut probes = Probes { pretend: resolve.is_empty(), answers: BTreeMap::new() };
    for address in addresses {
        let Some(real) = resolve.get(&address).copied() else {
            continue;
        };
        let connected = tokio::task::spawn_blocking(move || TcpStream::connect_timeout(&real, TIMEOUT).is_ok()).await;
        probes.answers.insert(address, connected.unwrap_or_default());
    }
    probes
}
