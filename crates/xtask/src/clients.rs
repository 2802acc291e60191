//! Clients that nobody here wrote, against the simulator: AWS's SDK for Python and its command line, and HashiCorp's provider for
//! AWS. They see what the provider's own SDK doesn't, and none of them shares a misunderstanding with this repository. What they do
//! is in `clients/`; its README says how to run one alone.

mod article;
mod imports;
mod peer;
mod python;

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use crate::sim::Sim;
use crate::tally::Tally;
use crate::terraform::Terraform;
use crate::workspace;

/// At this speed nothing that a client waits for takes longer than the pause after its first look.
const SPEED: u32 = 1000;

/// Runs them all, and prints what became of each check. The AWS provider's own pauses take longest, so it runs beside the others.
pub async fn run() -> io::Result<Tally> {
    let checks = Checks::default();
    let sim = Sim::start(&workspace::program("aws-sim")?, SPEED, &[]).await?;
    let scratch = tempfile::tempdir()?;
    let terraform = match peer::mirror() {
        Ok(mirror) => Some(Terraform::with_peer(scratch.path(), &mirror).await?),
        Err(why) => {
            checks.skip("the AWS provider", &why);
            None
        }
    };
    let others = async {
        python::run(&checks, &sim).await;
        if let Some(terraform) = &terraform {
            imports::run(&checks, terraform, &sim).await;
            let _ = article::run(&checks, terraform, &sim).await;
        }
    };
    let peer = async {
        if let Some(terraform) = &terraform {
            let _ = peer::run(&checks, terraform, &sim).await;
        }
    };
    futures::future::join(others, peer).await;
    Ok(checks.tally.into_inner())
}

/// The directory with the clients.
fn directory() -> PathBuf {
    workspace::root().join("clients")
}

/// What became of the checks so far; parts that run side by side share it.
#[derive(Default)]
struct Checks {
    tally: RefCell<Tally>,
}

impl Checks {
    /// Runs a check and notes what became of it. There is nothing if it failed.
    async fn run<T>(&self, name: &str, check: impl Future<Output = io::Result<T>>) -> Option<T> {
        let start = Instant::now();
        let result = check.await;
        let seconds = start.elapsed().as_secs_f64();
        match result {
            Ok(value) => {
                self.tally.borrow_mut().passed += 1;
                println!("ok      {name:<60} {seconds:5.1} s");
                Some(value)
            }
            Err(error) => {
                self.tally.borrow_mut().failed += 1;
                println!("FAILED  {name:<60} {seconds:5.1} s");
                error.to_string().lines().for_each(|line| println!("        {line}"));
                None
            }
        }
    }

    /// Shows a line of a program that does checks of its own, and counts what it says.
    fn heard(&self, line: &str) {
        println!("{line}");
        let mut tally = self.tally.borrow_mut();
        match line.split(' ').next() {
            Some("ok") => tally.passed += 1,
            Some("FAILED") => tally.failed += 1,
            _ => {}
        }
    }

    /// Says what can't be run here, which isn't a failure.
    fn skip(&self, name: &str, why: &str) {
        println!("skipped {name}: {why}");
    }
}
