//! The same private API written with HashiCorp's provider for AWS. It must be possible to build it, to change it, to call it and
//! to be rid of it; what goes wrong here is a mistake of the simulator.

use std::io;
use std::path::PathBuf;

use super::{Checks, directory};
use crate::sim::{Account, Sim};
use crate::terraform::{Terraform, Workdir, platform};

/// Where Terraform finds providers on this machine, in the layout of a file system mirror.
const MIRROR: &str = "PRIVGW_PEER_MIRROR";
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws/5.100.0";
const ACCOUNT: &str = "510987654321";
/// As many objects as the README compares with.
const OBJECTS: &str = "Apply complete! Resources: 26 added, 0 changed, 0 destroyed.";

/// The mirror with the provider, or why there is none.
pub fn mirror() -> Result<PathBuf, String> {
    let mirror = std::env::var_os(MIRROR).map(PathBuf::from).ok_or(format!("{MIRROR} names no mirror with it"))?;
    if mirror.join(PROVIDER).join(platform()).is_dir() {
        return Ok(mirror);
    }
    Err(format!("{MIRROR} has no {PROVIDER} for {}", platform()))
}

/// A whole life; ends with the first check that fails.
pub async fn run(checks: &Checks, terraform: &Terraform, sim: &Sim) -> Option<()> {
    let start = async {
        let account = sim.account(ACCOUNT).await?;
        let before = sim.objects(ACCOUNT).await?;
        Ok((prepare(terraform, sim, &account).await?, before))
    };
    let (mut work, before) = checks.run("peer: init", start).await?;
    checks.run("peer: apply makes 26 objects", apply(&work, OBJECTS)).await?;
    checks.run("peer: the next plan is empty", empty(&work)).await?;
    checks.run("peer: a request reaches its back end", request(&work, sim, "/products", "172.31.0.10:3001")).await?;
    work.set("updated", "true");
    let updated = "Resources: 4 added, 2 changed, 1 destroyed.";
    checks.run("peer: a route and a tag are added, and it is redeployed", apply(&work, updated)).await?;
    checks.run("peer: the plan after that is empty", empty(&work)).await?;
    checks.run("peer: the new route answers", request(&work, sim, "/users/7/mails", "172.31.16.10:3002")).await?;
    let destroy = async {
        work.succeed(&["destroy", "-auto-approve", "-no-color"]).await?;
        sim.settled(ACCOUNT, &before).await
    };
    checks.run("peer: destroy leaves the account as it was", destroy).await
}

async fn prepare(terraform: &Terraform, sim: &Sim, account: &Account) -> io::Result<Workdir> {
    let mut work = terraform.workdir(&directory().join("peer"), "peer", account.environment(sim))?;
    work.set("aws_url", &sim.url());
    work.succeed(&["init", "-no-color"]).await?;
    Ok(work)
}

async fn apply(work: &Workdir, wanted: &str) -> io::Result<()> {
    let done = work.succeed(&["apply", "-auto-approve", "-no-color"]).await?;
    if done.stdout.contains(wanted) { Ok(()) } else { Err(io::Error::other(done.text())) }
}

async fn empty(work: &Workdir) -> io::Result<()> {
    work.run(&["plan", "-detailed-exitcode", "-no-color"]).await?.success("plan").map(drop)
}

/// The simulated target answers by telling its name.
async fn request(work: &Workdir, sim: &Sim, path: &str, target: &str) -> io::Result<()> {
    let outputs = work.outputs().await?;
    let url = outputs["invoke_url"].as_str().unwrap_or_default();
    let answer = sim.invoke("GET", &format!("{url}{path}"), None).await?.served()?;
    let right = answer.body.contains(&format!("\"target\":\"{target}\""));
    if right { Ok(()) } else { Err(io::Error::other(format!("{path} was answered by another: {}", answer.body))) }
}
