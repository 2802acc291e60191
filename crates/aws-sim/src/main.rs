//! The simulator as a program: a server, one call to it, or the trace of a request.

mod cli;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(cli::Cli::parse()).await.unwrap_or_else(|error| {
        eprintln!("aws-sim: {error}");
        ExitCode::FAILURE
    })
}
