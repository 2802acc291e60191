//! The simulated AWS as a process, and what one does with it.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use aws_sim::{ControlCall, Order, control_call};
use serde_json::Value;
use tokio::io::AsyncBufReadExt;
use tokio::process::Command;
use tokio::time::Instant;

use crate::http::Answer;
use crate::process::Job;

/// The region in which everything happens.
pub const REGION: &str = "eu-central-1";

/// The longest the program may need until it listens.
const START: Duration = Duration::from_secs(10);
/// The longest that deleted things may linger; at the slowest speed used, a load balancer's interfaces take a second.
const LINGER: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

/// A running simulator, which ends with this value.
pub struct Sim {
    /// Where it listens.
    pub address: SocketAddr,
    _job: Job,
}

/// The network of an account, as it was found and furnished.
#[derive(Debug, Clone)]
pub struct Account {
    /// Twelve digits. They are the access key, too.
    pub id: String,
    /// The default VPC.
    pub vpc_id: String,
    /// Its subnets, one in each of three zones.
    pub subnet_ids: Vec<String>,
    /// Its default security group.
    pub security_group_id: String,
}

impl Sim {
    /// Starts the program. Its time runs `speed` times as fast as ours; `resolve` says where targets really are.
    pub async fn start(program: &Path, speed: u32, resolve: &[(SocketAddr, SocketAddr)]) -> io::Result<Sim> {
        let resolve = resolve.iter().flat_map(|(from, to)| ["--resolve".to_owned(), format!("{from}={to}")]);
        Sim::launch(program, speed, resolve.collect()).await
    }

    /// The same, where AWS's request rates count; they count in the simulator's time.
    pub async fn start_strict(program: &Path, speed: u32) -> io::Result<Sim> {
        Sim::launch(program, speed, ["--quotas", "aws"].map(str::to_owned).into()).await
    }

    async fn launch(program: &Path, speed: u32, more: Vec<String>) -> io::Result<Sim> {
        let mut command = Command::new(program);
        command.args(["--listen", "127.0.0.1:0", "--speed", &speed.to_string()]).args(more);
        let mut job = Job::stream(&mut command)?;
        let (mut output, mut line) = (job.output()?, String::new());
        let read = tokio::time::timeout(START, output.read_line(&mut line)).await;
        let address = line.rsplit("http://").next().and_then(|address| address.trim().parse().ok());
        match (read, address) {
            (Ok(Ok(_)), Some(address)) => Ok(Sim { address, _job: job }),
            _ => Err(io::Error::other(format!("the simulator did not say where it listens, but {line:?}"))),
        }
    }

    /// Its URL, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The network of an account, which comes into being by this.
    pub async fn account(&self, id: &str) -> io::Result<Account> {
        self.account_in(id, REGION).await
    }

    /// The same in any region.
    pub async fn account_in(&self, id: &str, region: &str) -> io::Result<Account> {
        let fresh = self.admin(&format!("/_sim/account?account={id}&region={region}")).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Account {
            id: id.to_owned(),
            vpc_id: text(&fresh["vpc_id"]),
            subnet_ids: fresh["subnet_ids"].as_array().into_iter().flatten().map(text).collect(),
            security_group_id: text(&fresh["security_group_id"]),
        })
    }

    /// Everything that exists in an account.
    pub async fn objects(&self, account: &str) -> io::Result<Value> {
        Ok(self.admin("/_sim/objects").await?[account].take())
    }

    /// Waits until an account holds what it held `before`; otherwise says what is there and was not, or the other way round.
    pub async fn settled(&self, account: &str, before: &Value) -> io::Result<()> {
        let limit = Instant::now() + LINGER;
        loop {
            let now = self.objects(account).await?;
            if now == *before {
                return Ok(());
            }
            if Instant::now() > limit {
                return Err(io::Error::other(format!("the account is not as it was:\n{}", differences(before, &now))));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Every call so far.
    pub async fn calls(&self) -> io::Result<Vec<Value>> {
        match self.admin("/_sim/calls").await? {
            Value::Array(calls) => Ok(calls),
            other => Err(io::Error::other(format!("these are no calls: {other}"))),
        }
    }

    /// Orders a fault. It strikes in every account.
    pub async fn order(&self, order: &Order) -> io::Result<()> {
        let order = serde_json::to_string(order).map_err(io::Error::other)?;
        let host = [("host", "localhost")];
        crate::http::send_body(self.address, "POST", "/_sim/faults", &host, order).await?.served().map(drop)
    }

    /// Whether a fault that was ordered has struck.
    pub async fn has_struck(&self) -> io::Result<bool> {
        let faults = self.admin("/_sim/faults").await?;
        Ok(faults.as_array().into_iter().flatten().any(|fault| fault["struck"].as_u64() > Some(0)))
    }

    /// A call as anybody with the account's credentials could make it.
    pub async fn call(&self, account: &str, service: &str, method: &str, path: &str, body: &str) -> io::Result<String> {
        let (endpoint, region) = (self.url(), REGION.to_owned());
        let [account, service, method, path, body] = [account, service, method, path, body].map(str::to_owned);
        let what = format!("{service} {method} {path} {body}");
        let call = ControlCall { endpoint, account, region, service, method, path, body };
        let (status, answer) = control_call(&call).await?;
        if status < 400 { Ok(answer) } else { Err(io::Error::other(format!("{what}: {status} {answer}"))) }
    }

    /// A request from inside the VPC to what was built there; if a group is named, from a member of it.
    pub async fn invoke(&self, method: &str, url: &str, group: Option<&str>) -> io::Result<Answer> {
        invoke(self.address, method, url, group).await
    }

    async fn admin(&self, path: &str) -> io::Result<Value> {
        let answer = crate::http::send(self.address, "GET", path, &[("host", "localhost")]).await?;
        serde_json::from_str(&answer.body).map_err(io::Error::other)
    }
}

impl Account {
    /// What Terraform needs in order to work in this account, and nothing else that says where AWS is.
    pub fn environment(&self, sim: &Sim) -> Vec<(String, String)> {
        let subnets = Value::from(self.subnet_ids.clone()).to_string();
        let variables = [
            ("AWS_ACCESS_KEY_ID", self.id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_REGION", REGION),
            ("AWS_ENDPOINT_URL", &sim.url()),
            ("TF_VAR_vpc_id", &self.vpc_id),
            ("TF_VAR_subnet_ids", &subnets),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }
}

/// The same, to whatever simulator listens at an address.
pub async fn invoke(to: SocketAddr, method: &str, url: &str, group: Option<&str>) -> io::Result<Answer> {
    let (host, path) = url.trim_start_matches("https://").split_once('/').unwrap_or((url, ""));
    let mut headers = vec![("host", host)];
    headers.extend(group.map(|group| ("x-sim-source-security-group", group)));
    crate::http::send(to, method, &format!("/{path}"), &headers).await
}

/// How many there are of a kind among the objects of an account.
pub fn count(objects: &Value, kind: &str) -> usize {
    objects[REGION][kind].as_object().map_or(0, serde_json::Map::len)
}

fn differences(before: &Value, now: &Value) -> String {
    let members = |value: &Value| value.as_object().cloned().into_iter().flatten();
    let lines = |from: &Value, against: &Value, word: &str| -> Vec<String> {
        let kinds = members(from).flat_map(|(region, kinds)| members(&kinds).map(move |kind| (region.clone(), kind)));
        let objects = kinds.flat_map(|(region, (kind, objects))| {
            members(&objects).map(move |(id, object)| (region.clone(), kind.clone(), id, object))
        });
        let new = objects.filter(|(region, kind, id, object)| against[region][kind][id] != *object);
        new.map(|(region, kind, id, object)| format!("  {word} {region} {kind} {id} {object}")).collect()
    };
    [lines(before, now, "was"), lines(now, before, "is")].concat().join("\n")
}
