//! A request to what a case has built. A bundle that nobody can call is of no use, however well its plans look.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use crate::sim;
use crate::terraform::Workdir;

/// The module that test files run.
const MODULE: &str = include_str!("request.tf");

/// What to ask, and as whom.
#[derive(clap::Args)]
pub struct Args {
    /// The URL of a simulated API.
    url: String,
    /// The security group that the caller is a member of.
    #[arg(long)]
    group: String,
}

/// Lays the module beside a configuration.
pub fn offer(work: &mut Workdir) -> io::Result<()> {
    let directory = work.path().join("request");
    fs::create_dir(&directory)?;
    fs::write(directory.join("main.tf"), MODULE)?;
    work.set("program", &std::env::current_exe()?.display().to_string());
    Ok(())
}

/// Sends the request to the simulator that the case's environment names; anything but status 200 is a failure.
pub async fn run(args: &Args) -> io::Result<ExitCode> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").map_err(io::Error::other)?;
    let address: SocketAddr = endpoint.trim_start_matches("http://").parse().map_err(io::Error::other)?;
    let answer = sim::invoke(address, "GET", &args.url, Some(&args.group)).await?.served()?;
    println!("{}", answer.body);
    Ok(ExitCode::SUCCESS)
}
