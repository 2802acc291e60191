//! boto3 and the AWS command line, in a Python environment of their own in the target directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::{Checks, directory};
use crate::process::Job;
use crate::sim::Sim;
use crate::workspace;

/// The longest that pip may take for a dozen packages.
const INSTALL: Duration = Duration::from_secs(180);
/// The longest that a client may take; boto3 needs seconds, and the command line most of a minute.
const LIMIT: Duration = Duration::from_secs(240);

/// Runs both, or says why that can't be.
pub async fn run(checks: &Checks, sim: &Sim) {
    let python = match environment().await {
        Ok(python) => python,
        Err(error) => {
            // The last line is the one that says what is wrong.
            let text = error.to_string();
            return checks.skip("boto3 and the AWS command line", text.trim().lines().last().unwrap_or_default());
        }
    };
    for program in [&["-m", "boto3_driver"][..], &["aws_cli.py"][..]] {
        if let Err(error) = one(checks, sim, &python, program).await {
            let _ = checks.run(&program.join(" "), async { Err::<(), _>(error) }).await;
        }
    }
}

/// Runs a program that prints a line for each of its checks.
async fn one(checks: &Checks, sim: &Sim, python: &Path, program: &[&str]) -> io::Result<()> {
    let mut command = Command::new(python);
    command.args(program).arg(sim.url()).current_dir(directory()).env("PYTHONDONTWRITEBYTECODE", "1");
    let done = Job::start(&mut command)?.finish(LIMIT).await?;
    done.stdout.lines().for_each(|line| checks.heard(line));
    // A program that counted its failures has said everything; one that didn't get so far has not.
    if done.code == Some(0) || done.stdout.lines().any(|line| line.starts_with("FAILED")) {
        return Ok(());
    }
    done.success("it").map(drop)
}

/// A Python with the pinned packages. It is made once for each version of the list, and has its name only when it is whole.
async fn environment() -> io::Result<PathBuf> {
    let list = directory().join("requirements.txt");
    let digest = Sha256::digest(workspace::read(&list)?);
    let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let home = workspace::tools()?.join(format!("python-{name}"));
    let (python, whole) = (home.join("bin/python"), home.join("whole"));
    if whole.exists() {
        return Ok(python);
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&home);
    Job::start(&mut venv)?.finish(INSTALL).await?.success("python3 -m venv")?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--requirement"]);
    Job::start(pip.arg(&list))?.finish(INSTALL).await?.success("pip install")?;
    fs::write(&whole, "")?;
    Ok(python)
}
