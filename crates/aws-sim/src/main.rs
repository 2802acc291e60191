//! The simulator as a program: a server, or one call to it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use aws_sim::{Config, ControlCall, Sim, control_call, serve};
use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;

/// A strict simulator of the AWS services behind a private API.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
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

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Call(call)) => run_call(call).await,
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

fn pair(text: &str) -> Result<(SocketAddr, SocketAddr), String> {
    let (simulated, real) = text.split_once('=').ok_or("expected SIMULATED=REAL")?;
    let address = |text: &str| text.parse().map_err(|error| format!("{text}: {error}"));
    Ok((address(simulated)?, address(real)?))
}
