//! The acceptance cases: real configurations, run by the real Terraform with the real provider against a simulated AWS. Their
//! forms are described in `acceptance-tests/README.md`.

mod mistakes;
mod opentofu;
pub mod request;
mod snapshots;
mod stable;
mod steps;

pub use self::steps::flat;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::StreamExt;
use sha2::{Digest, Sha256};

use crate::process::Done;
use crate::sim::{Account, Sim};
use crate::tally::Tally;
use crate::terraform::{Terraform, Workdir};
use crate::workspace;

/// At this speed AWS's slowest deed takes a fifth of a second, and what is waited for is the provider's own pace.
const SPEED: u32 = 1000;
/// Another region, for what lies in two.
const FAR: &str = "us-west-2";
/// How long that speed needs for an endpoint, with room to spare.
const FURNISHING: Duration = Duration::from_millis(200);
/// Terraform uses a whole core when it starts, so few cases at once are quickest.
const AT_ONCE: usize = 2;

/// Runs the cases whose name contains `filter` with Terraform and then with OpenTofu, and prints what became of each.
pub async fn run(filter: &str) -> io::Result<Tally> {
    let scratch = tempfile::tempdir()?;
    let terraform = Terraform::prepare(&scratch.path().join("first")).await?;
    let mut tally = suite(&terraform, filter).await?;
    match terraform.other(&scratch.path().join("second")).await {
        Ok(Some(opentofu)) => tally.add(suite(&opentofu, filter).await?),
        Ok(None) => {}
        // It comes from the network, which isn't everywhere.
        Err(error) => println!("\nskipped OpenTofu: {error}"),
    }
    Ok(tally)
}

/// All cases with one program.
async fn suite(terraform: &Terraform, filter: &str) -> io::Result<Tally> {
    let limited = terraform.is_opentofu();
    println!("\nWith {}:\n", if limited { "OpenTofu" } else { "Terraform" });
    let sim = Sim::start(&workspace::program("aws-sim")?, SPEED, &[]).await?;
    let mut cases = cases(filter)?;
    cases.retain(|case| match opentofu::obstacle(&name(case)).filter(|_| limited) {
        Some(why) => {
            println!("skipped {}: {why}", name(case));
            false
        }
        None => true,
    });
    let mut results = futures::stream::iter(&cases).map(|case| timed(terraform, &sim, case)).buffer_unordered(AT_ONCE);
    let mut tally = Tally::default();
    while let Some((case, result, time)) = results.next().await {
        tally.tell(&case, result, time);
    }
    Ok(tally)
}

async fn timed(terraform: &Terraform, sim: &Sim, case: &Path) -> (String, io::Result<String>, Duration) {
    let name = name(case);
    let start = Instant::now();
    let result = one(terraform, sim, &account(&name), case, &name).await;
    (name, result, start.elapsed())
}

/// An account of its own keeps a case from meeting the others. The ids of its network follow from it, and plans list subnets in
/// the order of their ids; so a case has the same account in every run, whichever others run beside it.
fn account(name: &str) -> String {
    let digest = Sha256::digest(name);
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{:012}", number % 1_000_000_000_000)
}

/// Runs a case in whatever form it has; after it, the account must hold what it held before.
async fn one(terraform: &Terraform, sim: &Sim, account: &str, case: &Path, name: &str) -> io::Result<String> {
    let account = sim.account(account).await?;
    let mut work = terraform.workdir(case, name, account.environment(sim))?;
    furnish(sim, &account, &mut work).await?;
    let before = sim.objects(&account.id).await?;
    let note = if case.join("steps.txt").exists() {
        steps::run(case, &mut work, sim, &account).await?
    } else if workspace::entries(case)?.iter().any(|entry| entry.is_dir()) {
        mistakes::run(&work).await?
    } else {
        request::offer(&mut work)?;
        let left_out = if terraform.is_opentofu() { opentofu::without_comparisons(&work)? } else { 0 };
        let _ = work.succeed(&["init", "-no-color"]).await?;
        let note = runs(&work.succeed(&["test", "-no-color"]).await?);
        if left_out == 0 { note } else { format!("{note}, {left_out} assertions left out") }
    };
    // A case that does nothing proves nothing.
    if note.is_empty() || note.starts_with("0 ") {
        return Err(io::Error::other("nothing was run"));
    }
    sim.settled(&account.id, &before).await?;
    Ok(note)
}

fn name(case: &Path) -> String {
    case.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn cases(filter: &str) -> io::Result<Vec<PathBuf>> {
    let mut cases = workspace::entries(&workspace::root().join("acceptance-tests"))?;
    cases.retain(|case| case.is_dir() && name(case).contains(filter));
    Ok(cases)
}

/// What cases need beside an empty account: a second group, another VPC with an endpoint, subnets that don't fit, the network of
/// another region, and the role that API Gateway logs with.
async fn furnish(sim: &Sim, account: &Account, work: &mut Workdir) -> io::Result<()> {
    let id = account.id.as_str();
    let ec2 = async |action: &str, parameters: &str, tag: &str| {
        let body = format!("Action={action}&Version=2016-11-15&{parameters}");
        let answer = sim.call(id, "ec2", "POST", "/", &body).await?;
        let value = answer.split(&format!("<{tag}>")).nth(1).and_then(|rest| rest.split('<').next());
        value.map(str::to_owned).ok_or_else(|| io::Error::other(format!("{action} gave no {tag}: {answer}")))
    };
    let group = format!("GroupName=other&GroupDescription=other&VpcId={}", account.vpc_id);
    let zone = format!("AvailabilityZone={}a", crate::sim::REGION);
    let vpc = ec2("CreateVpc", "CidrBlock=10.9.0.0/16", "vpcId").await?;
    let foreign = ec2("CreateSubnet", &format!("VpcId={vpc}&CidrBlock=10.9.0.0/24"), "subnetId").await?;
    let twin = format!("VpcId={}&CidrBlock=172.31.240.0/24&{zone}", account.vpc_id);
    let service = format!("ServiceName=com.amazonaws.{}.execute-api&VpcEndpointType=Interface", crate::sim::REGION);
    let endpoint = format!("VpcId={vpc}&{service}&SubnetId.1={foreign}&PrivateDnsEnabled=false");
    work.set("other_vpc_endpoint_id", &ec2("CreateVpcEndpoint", &endpoint, "vpcEndpointId").await?);
    work.set("security_group_id", &account.security_group_id);
    work.set("other_security_group_id", &ec2("CreateSecurityGroup", &group, "groupId").await?);
    work.set("other_vpc_id", &vpc);
    work.set("foreign_subnet_id", &foreign);
    work.set("same_zone_subnet_id", &ec2("CreateSubnet", &twin, "subnetId").await?);
    let far = sim.account_in(id, FAR).await?;
    work.set("far_region", FAR);
    work.set("far_vpc_id", &far.vpc_id);
    work.set("far_subnet_ids", &serde_json::Value::from(far.subnet_ids).to_string());
    work.set("far_security_group_id", &far.security_group_id);
    let role = format!(
        r#"{{"patchOperations":[{{"op":"replace","path":"/cloudwatchRoleArn","value":"arn:aws:iam::{id}:role/logs"}}]}}"#
    );
    sim.call(id, "apigateway", "PATCH", "/account", &role).await?;
    // What is still being made would look different afterwards.
    tokio::time::sleep(FURNISHING).await;
    Ok(())
}

/// The last line of `terraform test`, such as `Success! 3 passed, 0 failed.`
fn runs(done: &Done) -> String {
    let line = done.stdout.lines().rfind(|line| line.starts_with("Success!")).unwrap_or_default();
    line.trim_start_matches("Success! ").split(" passed").next().map_or(String::new(), |count| format!("{count} runs"))
}
