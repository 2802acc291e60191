//! The simulator as a program: a server, or one call to it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use aws_sim::{Config, Consistency, ControlCall, Policy, Quotas, Sim, control_call, operations, serve, trace};
use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;

/// What cannot be said with an option.
const FAULTS: &str = "\
Faults are ordered while it runs, as JSON to /_sim/faults (POST orders, GET lists, DELETE takes all back):

  curl -d '{\"operation\": \"CreateRestApi\", \"fault\": \"lost_answer\"}' http://127.0.0.1:5055/_sim/faults

  operation    Operation, service:Operation, a service's signing name, or * for every call
  fault        \"throttle\", \"denied\", \"reset\" (not executed), \"lost_answer\" (executed), \"stuck\" (the work never ends),
               {\"error\": {\"status\": 503, \"code\": ..., \"message\": ...}}, \"executed_error\" likewise,
               {\"slow\": {\"milliseconds\": 5000}}, with \"real\": true whatever the speed,
               {\"stale\": {\"milliseconds\": 5000}}, {\"fails\": {\"message\": \"the reason\"}}
  nth          the first call that is struck, from 1
  probability  the share of calls that is struck from then on, drawn from \"seed\"
  times        how many are struck at most; 1, or any number with a probability
";

/// A strict simulator of the AWS services behind a private API.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_long_help = FAULTS)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Send one control-plane call and print the answer.
    Call(Call),
    /// Explain hop by hop where a data-plane request goes, and why.
    Trace(Trace),
    /// Print what can be called, an operation with its service on each line.
    Operations,
}

#[derive(Args)]
struct Serve {
    /// Where to listen; loopback only.
    #[arg(long, default_value = "127.0.0.1:5055")]
    listen: SocketAddr,
    /// Divides every duration.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
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
    /// new security groups and endpoints are not found at first, and a write keeps its REST API busy for a moment.
    #[arg(long, value_enum, default_value_t)]
    consistency: Consistency,
    /// A policy: callers may do only what it allows.
    #[arg(long)]
    iam: Option<PathBuf>,
    /// A simulated target and where it really is, SIMULATED=REAL; may be repeated.
    #[arg(long, value_parser = pair)]
    resolve: Vec<(SocketAddr, SocketAddr)>,
}

#[derive(Args)]
struct Call {
    /// Where the simulator listens.
    #[arg(long)]
    endpoint: String,
    /// Account of the caller.
    #[arg(long, default_value = "123456789012")]
    account: String,
    /// Region of the call.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Signing name: ec2, elasticloadbalancing, apigateway or sts.
    #[arg(long)]
    service: String,
    /// HTTP method.
    #[arg(long, default_value = "POST")]
    method: String,
    /// Path and query.
    #[arg(long, default_value = "/")]
    path: String,
    /// Body: a form for the query services, JSON for API Gateway.
    #[arg(default_value = "")]
    body: String,
}

#[derive(Args)]
struct Trace {
    /// Where the simulator listens.
    #[arg(long)]
    endpoint: String,
    /// HTTP method.
    #[arg(long, default_value = "GET")]
    method: String,
    /// Name that is called, for instance API.execute-api.REGION.amazonaws.com.
    #[arg(long)]
    host: String,
    /// Path and query, from the stage on.
    #[arg(long)]
    path: String,
    /// VPC of the caller.
    #[arg(long)]
    source_vpc: Option<String>,
    /// Address of the caller.
    #[arg(long)]
    source_ip: Option<String>,
    /// Security group of the caller.
    #[arg(long)]
    source_security_group: Option<String>,
    /// VPC endpoint whose own name is called, with the API's name as host.
    #[arg(long)]
    vpc_endpoint: Option<String>,
    /// A header, "Name: value"; may be repeated.
    #[arg(long)]
    header: Vec<String>,
    /// Really send the request.
    #[arg(long)]
    send: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Body of the request.
    #[arg(default_value = "")]
    body: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Call(call)) => run_call(call).await,
        Some(Command::Trace(trace)) => run_trace(trace).await,
        Some(Command::Operations) => print_operations(),
        None => run_server(cli.serve).await,
    };
    done.unwrap_or_else(|error| {
        eprintln!("aws-sim: {error}");
        ExitCode::FAILURE
    })
}

async fn run_server(args: Serve) -> io::Result<ExitCode> {
    if !args.listen.ip().is_loopback() {
        return Err(io::Error::other(format!("{} is not a loopback address", args.listen)));
    }
    let listener = TcpListener::bind(args.listen).await?;
    let sim = Sim::new(Config {
        speed: args.speed,
        latency: Duration::from_millis(args.latency_ms),
        seed: args.seed,
        resolve: args.resolve.into_iter().collect::<BTreeMap<_, _>>(),
        log: args.log,
        quotas: args.quotas,
        consistency: args.consistency,
        iam: args.iam.as_deref().map(policy).transpose()?,
        ..Config::default()
    });
    println!("aws-sim listening on http://{}", listener.local_addr()?);
    io::stdout().flush()?;
    tokio::select! {
        ended = serve(sim, listener) => ended.map(|never| match never {}),
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::SUCCESS),
    }
}

async fn run_call(args: Call) -> io::Result<ExitCode> {
    let Call { endpoint, account, region, service, method, path, body } = args;
    let call = ControlCall { endpoint, account, region, service, method, path, body };
    let (status, body) = control_call(&call).await?;
    println!("{body}");
    Ok(if status >= 400 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn run_trace(args: Trace) -> io::Result<ExitCode> {
    let mut parameters = vec![
        ("method", args.method),
        ("host", args.host),
        ("path", args.path),
        ("body", args.body),
        ("send", args.send.to_string()),
    ];
    let optional = [
        ("source_vpc", args.source_vpc),
        ("source_ip", args.source_ip),
        ("source_security_group", args.source_security_group),
        ("endpoint", args.vpc_endpoint),
    ];
    parameters.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    parameters.extend(args.header.into_iter().map(|header| ("header", header)));
    println!("{}", trace(&args.endpoint, &parameters, args.json).await?.trim_end());
    Ok(ExitCode::SUCCESS)
}

fn policy(path: &Path) -> io::Result<Policy> {
    let wrong = |error: String| io::Error::other(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let document = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    Policy::of_identity(&document).map_err(wrong)
}

fn print_operations() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    for (service, names) in operations() {
        names.into_iter().try_for_each(|name| writeln!(out, "{service} {name}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn pair(text: &str) -> Result<(SocketAddr, SocketAddr), String> {
    let (simulated, real) = text.split_once('=').ok_or("expected SIMULATED=REAL")?;
    let address = |text: &str| text.parse().map_err(|error| format!("{text}: {error}"));
    Ok((address(simulated)?, address(real)?))
}
