//! The commands.

mod call;
mod server;
#[cfg(test)]
mod tests;
mod trace;

use std::io::{self, Write};
use std::process::ExitCode;

use aws_sim::operations;
use clap::{Parser, Subcommand};

/// Where a simulator listens unless it is told otherwise.
const ADDRESS: &str = "127.0.0.1:5055";
/// The same as a URL.
const ENDPOINT: &str = "http://127.0.0.1:5055";

/// What cannot be said with an option.
const MORE: &str = "\
Clients: AWS_ENDPOINT_URL=http://127.0.0.1:5055. The access key is the account: twelve digits choose one, anything else is
123456789012; the secret key is any. A new account has a default VPC in every region; its ids:

  curl 'http://127.0.0.1:5055/_sim/account?account=123456789012&region=eu-central-1'

Requests through an API: call the simulator with the API's name as Host. Headers say where the caller is: x-sim-source-vpc,
x-sim-source-ip, x-sim-source-security-group, and x-sim-endpoint for a client that connected to an endpoint's own name.
Without x-sim-source-vpc the caller is in the VPC of the endpoint that is named, that the API lists, or that has private
DNS, as long as there is only one such VPC. A refusal says in x-sim-refused where it ended. Without --resolve nothing is
real: every target is healthy and answers with what it was sent. With it, targets get real health checks.

Paths of its own:

  GET /_sim/account       the network of ?account=&region=
  GET /_sim/calls         every call, with its status, and the permissions it needed
  GET /_sim/objects       what exists
  GET /_sim/operations    what can be called; anything else is refused with the header x-sim-unsupported
  GET /_sim/trace         `aws-sim trace` as JSON
  POST /_sim/iam          {\"account\": ..., \"policy\": {...}}; a policy of null lifts the limits
  POST /_sim/reset        forgets everything
  /_sim/faults            faults, ordered while it runs: POST orders, GET lists, DELETE takes all back

  curl -d '{\"operation\": \"CreateRestApi\", \"fault\": \"lost_answer\"}' http://127.0.0.1:5055/_sim/faults

  operation    Operation, service:Operation, a service's signing name, or * for every call
  fault        \"throttle\", \"denied\", \"reset\" (not executed), \"lost_answer\" (executed), \"stuck\" (the work never ends),
               {\"error\": {\"status\": 503, \"code\": ..., \"message\": ...}}, \"executed_error\" likewise,
               {\"slow\": {\"milliseconds\": 5000}}, with \"real\": true whatever the speed,
               {\"stale\": {\"milliseconds\": 5000}} for reads, {\"fails\": {\"message\": \"the reason\"}}
  nth          the first call that is struck, from 1
  probability  the share of calls that is struck from then on, drawn from \"seed\"
  times        how many are struck at most; 1, or any number with a probability
";

/// A strict simulator of the AWS services behind a private API.
#[derive(Debug, Parser)]
#[command(name = "aws-sim", version, args_conflicts_with_subcommands = true, after_long_help = MORE)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: server::Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send one control-plane call and print the answer.
    Call(call::Call),
    /// Explain hop by hop where a data-plane request goes, and why; fails if it is refused on its way.
    Trace(trace::Trace),
    /// Print what can be called, an operation with its service on each line.
    Operations,
}

/// Does what was asked for.
pub async fn run(cli: Cli) -> io::Result<ExitCode> {
    match cli.command {
        Some(Command::Call(call)) => call::run(call).await,
        Some(Command::Trace(trace)) => trace::run(trace).await,
        Some(Command::Operations) => print_operations(),
        None => server::run(cli.serve).await,
    }
}

fn print_operations() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    for (service, names) in operations() {
        names.into_iter().try_for_each(|name| writeln!(out, "{service} {name}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
