//! The chores of this repository. The Makefile builds the programs and calls this one.
//!
//! Read [`demo`] for what the provider does, [`acceptance`] for how that is tested with the real Terraform, and [`reliability`] for
//! what is done to it meanwhile.

mod acceptance;
mod backends;
mod check;
mod clients;
mod demo;
mod docs;
mod fuzz;
mod http;
mod licence;
mod memory;
mod opentofu;
mod process;
mod reliability;
mod sim;
mod tally;
mod terraform;
mod test;
mod workspace;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

/// The chores of this repository.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build a private API in a simulated AWS, call it and destroy it.
    Demo(demo::Args),
    /// Write the pages of the Terraform Registry from the schema.
    Docs(docs::Args),
    /// Look for banned crates and licences among all dependencies.
    Check,
    /// Draw inputs for everything that reads what comes from outside.
    Fuzz(fuzz::Args),
    /// Run the tests of the workspace, the acceptance cases and the clients from outside.
    Test(test::Args),
    /// Send a request to a simulated API; the acceptance cases do.
    #[command(hide = true)]
    Request(acceptance::request::Args),
}

/// The exit code of a program that was interrupted.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    // Whichever branch loses is dropped, and with it every process that it has started and its scratch directory.
    let done = tokio::select! {
        done = run(cli.command) => done,
        () = interrupted() => {
            eprintln!("interrupted; everything that was started is being ended");
            return ExitCode::from(INTERRUPTED);
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("xtask: {error}");
        ExitCode::FAILURE
    })
}

async fn run(command: Command) -> io::Result<ExitCode> {
    match command {
        Command::Demo(args) => demo::run(&args).await,
        Command::Docs(args) => docs::run(&args),
        Command::Check => check::run().await,
        Command::Fuzz(args) => fuzz::run(&args).await,
        Command::Test(args) => test::run(&args).await,
        Command::Request(args) => acceptance::request::run(&args).await,
    }
}

async fn interrupted() {
    let mut terminate = match signal(SignalKind::terminate()) {
        Ok(terminate) => terminate,
        // Without a handler the signal ends this process, as it would by itself.
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
