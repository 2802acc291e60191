//! All tests: those that cargo knows, fuzzing, the acceptance cases, deaths and crowds, and clients from outside. The last line sums them up.

use std::io;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use futures::FutureExt;
use tokio::io::AsyncBufReadExt;
use tokio::process::Command;

use crate::process::Job;
use crate::tally::Tally;
use crate::{acceptance, clients, fuzz, reliability, workspace};

/// Which tests to run.
#[derive(clap::Args)]
pub struct Args {
    /// Only those of one kind.
    #[arg(long)]
    only: Option<Part>,
    /// Only acceptance and reliability cases with this in their name.
    #[arg(long, default_value = "")]
    case: String,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Part {
    Cargo,
    Fuzz,
    Acceptance,
    Reliability,
    Clients,
}

/// The longest that building and running cargo's tests may take, on a machine that has built nothing yet.
const LIMIT: Duration = Duration::from_secs(3600);

/// Seconds of fuzzing for each target.
const FUZZING: u64 = 15;

/// Runs the tests.
pub async fn run(args: &Args) -> io::Result<ExitCode> {
    let wanted = |part| args.only.is_none_or(|only| only == part);
    let mut tally = Tally::default();
    if wanted(Part::Cargo) {
        tally.add(cargo().await);
    }
    if wanted(Part::Fuzz) {
        println!("\nInputs that nobody would think of:\n");
        let args = fuzz::Args { target: args.case.clone(), seconds: FUZZING };
        tally.add(survived("fuzzing", fuzz::fuzz(&args)).await);
    }
    if wanted(Part::Acceptance) {
        println!("\nAcceptance cases, against the simulator:");
        tally.add(survived("acceptance cases", acceptance::run(&args.case)).await);
    }
    if wanted(Part::Reliability) {
        println!("\nDeaths of the provider, and a crowd of bundles, with Terraform against the simulator:\n");
        tally.add(survived("reliability cases", reliability::run(&args.case)).await);
    }
    if wanted(Part::Clients) {
        println!("\nIndependent clients, against the simulator:\n");
        tally.add(clients::run().await.unwrap_or_else(|error| failure("independent clients", &error)));
    }
    println!("\n{} passed, {} failed", tally.passed, tally.failed);
    Ok(if tally.failed == 0 && tally.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A panic in a case is a failure among others and not the end of everything.
async fn survived(what: &str, cases: impl Future<Output = io::Result<Tally>>) -> Tally {
    let cases = AssertUnwindSafe(cases).catch_unwind().await;
    let cases = cases.unwrap_or_else(|_| Err(io::Error::other("a case panicked")));
    cases.unwrap_or_else(|error| failure(what, &error))
}

/// Whatever keeps tests from running is a failure, and is counted like one: the last line must always be there.
fn failure(what: &str, error: &io::Error) -> Tally {
    println!("FAILED  {what}: {error}");
    Tally { passed: 0, failed: 1 }
}

/// Runs cargo's tests, shows what they say, and sums up their results.
async fn cargo() -> Tally {
    let mut tally = Tally::default();
    match tokio::time::timeout(LIMIT, counting(&mut tally)).await {
        // What doesn't compile, or dies, has no result line.
        Ok(Ok(Some(0))) => {}
        Ok(Ok(_)) if tally.failed > 0 => {}
        Ok(Ok(code)) => tally.add(failure("cargo test", &io::Error::other(format!("it ended with {code:?}")))),
        Ok(Err(error)) => tally.add(failure("cargo test", &error)),
        Err(_) => tally.add(failure("cargo test", &io::Error::other(format!("it took longer than {LIMIT:?}")))),
    }
    tally
}

async fn counting(tally: &mut Tally) -> io::Result<Option<i32>> {
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]).current_dir(workspace::root());
    // What people have set for their own Terraform and AWS must not decide about tests.
    let ours = |name: &str| ["TF_", "AWS_", "PLUGIN_"].iter().any(|start| name.starts_with(start));
    for (name, _) in std::env::vars_os().filter(|(name, _)| ours(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    let mut job = Job::stream(&mut command)?;
    let (mut output, mut line) = (job.output()?, Vec::new());
    while output.read_until(b'\n', &mut line).await? > 0 {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        tally.add(result(text.trim_end()));
        line.clear();
    }
    Ok(job.finish(LIMIT).await?.code)
}

/// Reads `test result: ok. 12 passed; 0 failed; ...`.
fn result(line: &str) -> Tally {
    let Some(result) = line.strip_prefix("test result: ") else { return Tally::default() };
    let words: Vec<&str> = result.split([' ', ';']).collect();
    let before = |word: &str| {
        let place = words.iter().position(|other| *other == word).unwrap_or_default();
        place.checked_sub(1).and_then(|place| words[place].parse().ok()).unwrap_or_default()
    };
    Tally { passed: before("passed"), failed: before("failed") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_counted() {
        let tally = result("test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out");
        assert_eq!((tally.passed, tally.failed), (12, 3));
        assert_eq!(result("test a ... ok").passed, 0);
    }
}
