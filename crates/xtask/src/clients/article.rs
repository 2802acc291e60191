//! The article's bundle, built with HashiCorp's provider for AWS as the article has it, and then taken over: by an import into another
//! root, and by a `moved` block in its own. Neither may write anything to AWS.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::{Checks, directory};
use crate::sim::{Account, Sim};
use crate::terraform::{Terraform, Workdir};

const ACCOUNT: &str = "540987654321";
/// What Terraform writes for the import.
const GENERATED: &str = "generated.tf";
/// How many objects the article's two roots have, and its two services.
const OBJECTS: &str = "Apply complete! Resources: 30 added, 0 changed, 0 destroyed.";

/// A whole migration; ends with the first check that fails.
pub async fn run(checks: &Checks, terraform: &Terraform, sim: &Sim) -> Option<()> {
    let start = async {
        let account = sim.account(ACCOUNT).await?;
        let before = sim.objects(ACCOUNT).await?;
        Ok((build(terraform, sim, &account).await?, account, before))
    };
    let (mut built, account, before) = checks.run("article: the AWS provider builds it", start).await?;
    let import =
        checks.run("article: an import plans empty and writes nothing", import(terraform, sim, &account, &built));
    let generated = import.await?;
    let moved = moved(sim, &account, &mut built, &generated);
    checks.run("article: a moved block plans empty and writes nothing", moved).await?;
    let end = async {
        built.succeed(&["destroy", "-auto-approve", "-no-color"]).await?;
        sim.settled(ACCOUNT, &before).await
    };
    checks.run("article: destroy leaves the account as it was", end).await
}

fn part(name: &str) -> PathBuf {
    directory().join("article").join(name)
}

async fn build(terraform: &Terraform, sim: &Sim, account: &Account) -> io::Result<Workdir> {
    let mut work = terraform.workdir(&part("built"), "article", account.environment(sim))?;
    work.set("aws_url", &sim.url());
    work.set("security_group_id", &account.security_group_id);
    work.succeed(&["init", "-no-color"]).await?;
    let done = work.succeed(&["apply", "-auto-approve", "-no-color"]).await?;
    if done.stdout.contains(OBJECTS) { Ok(work) } else { Err(io::Error::other(done.text())) }
}

/// Imports it, and gives back the configuration that Terraform has written.
async fn import(terraform: &Terraform, sim: &Sim, account: &Account, built: &Workdir) -> io::Result<PathBuf> {
    let outputs = built.outputs().await?;
    let mut work = terraform.workdir(&part("adopted"), "article-adopted", account.environment(sim))?;
    work.set("rest_api_id", outputs["rest_api_id"].as_str().unwrap_or_default());
    work.succeed(&["init", "-no-color"]).await?;
    let mark = last(sim).await?;
    let out = format!("-generate-config-out={GENERATED}");
    let plan = work.succeed(&["plan", "-no-color", &out]).await?;
    says(&plan.stdout, "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.")?;
    work.succeed(&["apply", "-auto-approve", "-no-color"]).await?;
    work.run(&["plan", "-detailed-exitcode", "-no-color"]).await?.success("the plan after the import")?;
    unwritten(sim, mark).await?;
    // It is to be taken over once more.
    work.succeed(&["state", "rm", "privgw_internal_api.this"]).await?;
    Ok(work.path().join(GENERATED))
}

async fn moved(sim: &Sim, account: &Account, work: &mut Workdir, generated: &PathBuf) -> io::Result<()> {
    let before = work.outputs().await?;
    fs::copy(part("moved").join("main.tf"), work.path().join("main.tf"))?;
    fs::copy(generated, work.path().join(GENERATED))?;
    work.succeed(&["init", "-no-color"]).await?;
    let mark = last(sim).await?;
    let done = work.succeed(&["apply", "-auto-approve", "-no-color"]).await?;
    says(&done.stdout, "Resources: 0 added, 0 changed, 0 destroyed.")?;
    work.run(&["plan", "-detailed-exitcode", "-no-color"]).await?.success("the plan after the move")?;
    unwritten(sim, mark).await?;
    let after = work.outputs().await?;
    if after != before {
        return Err(io::Error::other(format!("{before} became {after}")));
    }
    let url = format!("{}/products", after["invoke_url"].as_str().unwrap_or_default());
    sim.invoke("GET", &url, Some(&account.security_group_id)).await?.served().map(drop)
}

fn says(text: &str, wanted: &str) -> io::Result<()> {
    if text.contains(wanted) { Ok(()) } else { Err(io::Error::other(text.to_owned())) }
}

async fn last(sim: &Sim) -> io::Result<u64> {
    Ok(sim.calls().await?.last().and_then(|call| call["seq"].as_u64()).unwrap_or_default())
}

/// Nothing but reads since a call.
async fn unwritten(sim: &Sim, mark: u64) -> io::Result<()> {
    let calls = sim.calls().await?;
    let since = calls.iter().filter(|call| call["seq"].as_u64() > Some(mark) && call["account"] == ACCOUNT);
    let is_read = |name: &&str| name.starts_with("Describe") || name.starts_with("Get");
    let writes: Vec<&str> = since.filter_map(|call| call["operation"].as_str()).filter(|name| !is_read(name)).collect();
    if writes.is_empty() { Ok(()) } else { Err(io::Error::other(format!("AWS was written to: {writes:?}"))) }
}
