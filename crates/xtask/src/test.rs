//! All tests: those that cargo knows, and the acceptance cases. The last line sums them up.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use tokio::io::AsyncBufReadExt;
use tokio::process::Command;

use crate::acceptance::{self, Tally};
use crate::process::Job;
use crate::workspace;

/// Which tests to run.
#[derive(clap::Args)]
pub struct Args {
    /// Only those of one kind.
    #[arg(long)]
    only: Option<Part>,
    /// Only acceptance cases with this in their name.
    #[arg(long, default_value = "")]
    case: String,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Part {
    Cargo,
    Acceptance,
}

/// The longest that building and running cargo's tests may take, on a machine that has built nothing yet.
const LIMIT: Duration = Duration::from_secs(3600);

/// Runs the tests.
pub async fn run(args: &Args) -> io::Result<ExitCode> {
    let wanted = |part| args.only.is_none_or(|only| only == part);
    let mut tally = Tally::default();
    if wanted(Part::Cargo) {
        tally.add(cargo().await?);
    }
    if wanted(Part::Acceptance) {
        println!("\nAcceptance cases, with Terraform against the simulator:\n");
        tally.add(acceptance::run(&args.case).await?);
    }
    println!("\n{} passed, {} failed", tally.passed, tally.failed);
    Ok(if tally.failed == 0 && tally.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs cargo's tests, shows what they say, and sums up their results.
async fn cargo() -> io::Result<Tally> {
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]).current_dir(workspace::root());
    let mut job = Job::stream(&mut command)?;
    let mut lines = job.output()?.lines();
    let mut tally = Tally::default();
    let reading = async {
        while let Some(line) = lines.next_line().await? {
            println!("{line}");
            tally.add(result(&line));
        }
        job.finish(LIMIT).await
    };
    let Ok(done) = tokio::time::timeout(LIMIT, reading).await else {
        return Err(io::Error::other(format!("cargo test took longer than {LIMIT:?}")));
    };
    // What doesn't compile, or dies, has no result line.
    if done?.code != Some(0) && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
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
