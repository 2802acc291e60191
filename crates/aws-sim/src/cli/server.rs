//! `aws-sim`: the server.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use aws_sim::{Config, Consistency, Policy, Quotas, Sim, serve};
use clap::Args;
use tokio::net::TcpListener;

use super::ADDRESS;

#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen; loopback only.
    #[arg(long, default_value = ADDRESS)]
    listen: SocketAddr,
    /// Divides every duration: at 1 a VPC link or a load balancer takes minutes, as in AWS.
    #[arg(long, default_value_t = 1.0, value_parser = speed, allow_negative_numbers = true)]
    pub speed: f64,
    /// Holds every answer back for so many milliseconds.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Every id follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A file that gets one JSON line per control-plane call.
    #[arg(long)]
    log: Option<PathBuf>,
    /// Whether requests are counted: off answers any number; aws holds every account to AWS's documented request rates, in
    /// virtual time.
    #[arg(long, value_enum, default_value_t)]
    quotas: Quotas,
    /// How soon the effects of a call can be seen: immediate; or lagging, where lists and EC2's reads are seconds behind,
    /// new security groups and endpoints are not found at first, and a write keeps its REST API busy for a moment. In both,
    /// what was in use a moment ago is not free yet: a deployment, target group, load balancer or network interface.
    #[arg(long, value_enum, default_value_t)]
    consistency: Consistency,
    /// A policy: callers may do only what it allows.
    #[arg(long)]
    iam: Option<PathBuf>,
    /// A simulated target and where it really is, SIMULATED=REAL; may be repeated. Targets then get real health checks, and
    /// those that are not named time out.
    #[arg(long, value_parser = pair)]
    resolve: Vec<(SocketAddr, SocketAddr)>,
}

/// Serves until somebody interrupts it.
pub async fn run(args: Serve) -> io::Result<ExitCode> {
    let address = args.listen;
    if !address.ip().is_loopback() {
        return Err(io::Error::other(format!("{address} is not a loopback address")));
    }
    args.log.as_deref().map(writable).transpose()?;
    let iam = args.iam.as_deref().map(policy).transpose()?;
    let busy = |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(busy)?;
    let sim = Sim::new(Config {
        speed: args.speed,
        latency: Duration::from_millis(args.latency_ms),
        seed: args.seed,
        resolve: args.resolve.into_iter().collect(),
        log: args.log,
        quotas: args.quotas,
        consistency: args.consistency,
        iam,
        ..Config::default()
    });
    println!("aws-sim listening on http://{}", listener.local_addr()?);
    io::stdout().flush()?;
    tokio::select! {
        ended = serve(sim, listener) => ended.map(|never| match never {}),
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::SUCCESS),
    }
}

/// A log that cannot be written must not be missed only at the end of a run.
pub fn writable(path: &Path) -> io::Result<()> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.map(drop).map_err(|error| io::Error::new(error.kind(), format!("cannot write {}: {error}", path.display())))
}

fn policy(path: &Path) -> io::Result<Policy> {
    let wrong = |error: String| io::Error::other(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let document = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    Policy::of_identity(&document).map_err(wrong)
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| *speed > 0.0 && speed.is_finite());
    speed.ok_or_else(|| "durations are divided by it, so it is a number greater than 0".to_owned())
}

fn pair(text: &str) -> Result<(SocketAddr, SocketAddr), String> {
    let (simulated, real) = text.split_once('=').ok_or("expected SIMULATED=REAL, each ADDRESS:PORT")?;
    let address = |text: &str| text.parse().map_err(|error| format!("{text}: {error}"));
    Ok((address(simulated)?, address(real)?))
}
