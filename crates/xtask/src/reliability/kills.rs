//! Deaths and interrupts. The provider's process gets `kill -9` while the answer to one of its calls is on its way, so that AWS has done
//! what nobody has written down; or somebody presses Ctrl-C, once or twice. What Terraform has saved by then is all that is left. The
//! next run must carry on with what is there.
//!
//! The sweep in `tests/it` does this at every call, inside one process. Here it is a sample, with real processes.

use std::fs;
use std::io;
use std::pin::pin;
use std::time::Duration;

use aws_sim::{Fault, Order};
use serde_json::Value;
use tokio::time::Instant;

use crate::acceptance::flat;
use crate::process::{PROVIDER, interrupt, kill, members};
use crate::sim::{REGION, Sim, count};
use crate::terraform::{Terraform, Workdir};
use crate::workspace;
use Blow::{Interrupt, Interrupts, Kill};

/// Every point at which something happens.
pub const POINTS: [Point; 23] = [
    Point(Deed::Create, "CreateSecurityGroup", Kill),
    Point(Deed::Create, "CreateVpcEndpoint", Kill),
    Point(Deed::Create, "CreateLoadBalancer", Kill),
    Point(Deed::Create, "CreateTargetGroup", Kill),
    Point(Deed::Create, "CreateVpcLink", Kill),
    Point(Deed::Create, "CreateRestApi", Kill),
    Point(Deed::Create, "PutRestApi", Kill),
    Point(Deed::Create, "CreateDeployment", Kill),
    Point(Deed::Create, "CreateStage", Kill),
    Point(Deed::Create, COMPLETION, Kill),
    Point(Deed::Route, "PutRestApi", Kill),
    Point(Deed::Route, "CreateDeployment", Kill),
    Point(Deed::Route, "UpdateStage", Kill),
    Point(Deed::Replace, "CreateLoadBalancer", Kill),
    Point(Deed::Replace, "CreateVpcLink", Kill),
    Point(Deed::Replace, "DeleteVpcLink", Kill),
    Point(Deed::Destroy, "DeleteVpcLink", Kill),
    Point(Deed::Destroy, "DeleteRestApi", Kill),
    Point(Deed::Create, "CreateVpcLink", Interrupt),
    Point(Deed::Route, "PutRestApi", Interrupt),
    Point(Deed::Destroy, "DeleteVpcLink", Interrupt),
    Point(Deed::Create, "CreateVpcLink", Interrupts),
    Point(Deed::Destroy, "DeleteVpcLink", Interrupts),
];

/// What the provider does when it happens, the call whose answer is on its way, and what happens.
pub struct Point(Deed, &'static str, Blow);

#[derive(Clone, Copy, PartialEq)]
enum Blow {
    /// The provider is killed.
    Kill,
    /// Ctrl-C. The call is finished, and then the provider has [`GRACE`] to return what there is.
    Interrupt,
    /// Ctrl-C twice: Terraform waits for nobody.
    Interrupts,
}

#[derive(Clone, Copy, PartialEq)]
enum Deed {
    /// The bundle is created.
    Create,
    /// It gets another route.
    Route,
    /// It gets another load balancer.
    Replace,
    /// It is destroyed.
    Destroy,
}

/// The last call of a creation: the REST API gets the tag that says that the bundle is complete. From then on nobody but its owner may
/// have it, and if he died before Terraform could write it down, it must be imported.
const COMPLETION: &str = "TagResource";
const COMPLETE: &str = "privgw:complete";

/// At this speed AWS's slowest deed takes a fifth of a second, and what is waited for is the provider's own pace.
const SPEED: u32 = 1000;
const ACCOUNT: &str = "123456789012";
const ADDRESS: &str = "privgw_internal_api.test";
/// Far longer than a death takes.
const HELD: Duration = Duration::from_secs(60);
/// How long a call takes that is finished after an interrupt.
const SLOW: Duration = Duration::from_secs(2);
/// From then until the provider must have returned and Terraform ended.
const GRACE: Duration = Duration::from_secs(5);
/// From a first Ctrl-C to a second.
const IMPATIENCE: Duration = Duration::from_secs(1);
/// The longest that Terraform may take until it comes to the point, and until it notices the death. It needs seconds.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks whether the call was made.
const PAUSE: Duration = Duration::from_millis(20);
/// The longest until what is leaving has left; at this speed it takes a fraction of a second.
const LINGER: Duration = Duration::from_secs(10);

/// What an account holds of each kind when there is one bundle with two back ends in it. One of the groups is the VPC's own.
const WHOLE: [(&str, usize); 8] = [
    ("security-group", 3),
    ("vpc-endpoint", 1),
    ("load-balancer", 1),
    ("target-group", 2),
    ("listener", 2),
    ("vpc-link", 1),
    ("rest-api", 1),
    ("stage", 1),
];

impl Point {
    /// Its name among the cases.
    pub fn name(&self) -> String {
        let word = match self.2 {
            Kill => "kill",
            Interrupt => "interrupt",
            Interrupts => "interrupt twice",
        };
        format!("{word} {} {}", self.0.word(), self.1)
    }
}

impl Deed {
    fn word(self) -> &'static str {
        match self {
            Deed::Create => "create",
            Deed::Route => "route",
            Deed::Replace => "replace",
            Deed::Destroy => "destroy",
        }
    }

    /// How many deployments there are in the end. A change leaves the one before it, for a way back.
    fn deployments(self) -> usize {
        if self == Deed::Create { 1 } else { 2 }
    }

    /// The step of the configuration, and Terraform's word.
    fn command(self) -> (&'static str, &'static str) {
        match self {
            Deed::Create => ("first", "apply"),
            Deed::Route => ("route", "apply"),
            Deed::Replace => ("replace", "apply"),
            Deed::Destroy => ("first", "destroy"),
        }
    }
}

/// Lets the provider die at a point and sees how it goes on. The note has the writes of the run that died, and of the one after it.
///
/// Each point has a simulator of its own, because faults strike in all accounts.
pub async fn run(terraform: &Terraform, point: &Point) -> io::Result<String> {
    let Point(deed, operation, blow) = *point;
    let sim = Sim::start(&workspace::program("aws-sim")?, SPEED, &[]).await?;
    let account = sim.account(ACCOUNT).await?;
    let before = sim.objects(ACCOUNT).await?;
    let configuration = workspace::root().join("crates/xtask/src/reliability/kills");
    let mut work = terraform.workdir(&configuration, &point.name().replace(' ', "-"), account.environment(&sim))?;
    work.set("step", "first");
    work.succeed(&["init", "-no-color"]).await?;
    if deed != Deed::Create {
        work.succeed(&["apply", "-auto-approve", "-no-color"]).await?;
    }
    let (step, command) = deed.command();
    work.set("step", step);
    let start = writes(&sim).await?;
    die(&sim, &work, command, operation, blow).await?;
    match blow {
        Interrupt => remembered(&sim, &work).await?,
        Interrupts => take_over(&work).await?,
        Kill => {}
    }
    let death = writes(&sim).await?;
    if operation == COMPLETION {
        import(&sim, &work).await?;
    }
    work.succeed(&[command, "-auto-approve", "-no-color"]).await?;
    let end = writes(&sim).await?;
    if operation == COMPLETION && end > death {
        return Err(io::Error::other("the apply after the import wrote something"));
    }
    if deed != Deed::Destroy {
        whole(&sim, deed.deployments()).await?;
        quiet(&sim, &work).await?;
        work.succeed(&["destroy", "-auto-approve", "-no-color"]).await?;
    }
    sim.settled(ACCOUNT, &before).await?;
    Ok(format!("died at write {}, {} more", death - start, end - death))
}

/// Runs a command of Terraform, and strikes as soon as AWS has executed an operation.
async fn die(sim: &Sim, work: &Workdir, command: &str, operation: &str, blow: Blow) -> io::Result<()> {
    let held = if blow == Interrupt { SLOW } else { HELD };
    let slow = Fault::Slow { milliseconds: held.as_millis() as u64, real: true };
    sim.order(&Order::once(operation, slow)).await?;
    let job = work.start(&[command, "-auto-approve", "-no-color"])?;
    let group = job.id();
    let mut end = pin!(job.finish(LIMIT));
    tokio::select! {
        early = &mut end => {
            let text = early?.text();
            return Err(io::Error::other(format!("{command} ended without calling {operation}:\n{text}")));
        }
        struck = struck(sim, operation) => struck?,
    }
    let start = Instant::now();
    match blow {
        Kill => kill_provider(group)?,
        Interrupt => interrupt(group)?,
        Interrupts => {
            interrupt(group)?;
            tokio::time::sleep(IMPATIENCE).await;
            interrupt(group)?;
        }
    }
    let done = end.await?;
    if done.code == Some(0) {
        return Err(io::Error::other(format!("{command} must fail, but said:\n{}", done.text())));
    }
    match start.elapsed() {
        time if blow != Kill && time > SLOW + GRACE => {
            Err(io::Error::other(format!("{command} went on for {time:?} after the interrupt:\n{}", done.text())))
        }
        _ => Ok(()),
    }
}

fn kill_provider(group: u32) -> io::Result<()> {
    let providers = members(group, PROVIDER);
    if providers.is_empty() {
        return Err(io::Error::other("there was no provider to be killed"));
    }
    providers.into_iter().try_for_each(kill)
}

/// A second Ctrl-C may meet Terraform while it writes its state, and leave the file empty: "data loss may have occurred". There is no
/// backup either where nothing had changed yet. The way back is an apply, which takes over what a creation that was never completed
/// would have left as well.
async fn take_over(work: &Workdir) -> io::Result<()> {
    match fs::metadata(work.path().join("terraform.tfstate")) {
        Ok(state) if state.len() == 0 => work.succeed(&["apply", "-auto-approve", "-no-color"]).await.map(drop),
        _ => Ok(()),
    }
}

/// After one Ctrl-C the state names what there is.
async fn remembered(sim: &Sim, work: &Workdir) -> io::Result<()> {
    let objects = sim.objects(ACCOUNT).await?;
    let state = work.succeed(&["state", "pull"]).await?.stdout;
    for kind in ["vpc-endpoint", "load-balancer", "target-group", "vpc-link", "rest-api"] {
        for (id, object) in objects[REGION][kind].as_object().into_iter().flatten() {
            let goes = object["state"].as_str().is_some_and(|state| state.eq_ignore_ascii_case("deleting"));
            if !goes && !state.contains(id.as_str()) {
                return Err(io::Error::other(format!("the state doesn't name the {kind} {id}:\n{state}")));
            }
        }
    }
    Ok(())
}

/// Returns once the call has been executed, while its answer is held back.
async fn struck(sim: &Sim, operation: &str) -> io::Result<()> {
    while !sim.has_struck().await? {
        tokio::time::sleep(PAUSE).await;
    }
    let calls = sim.calls().await?;
    let call = calls.iter().find(|call| call["fault"] == "slow").unwrap_or(&Value::Null);
    if !call["error"].is_null() {
        return Err(io::Error::other(format!("the call to die at was refused: {call}")));
    }
    if operation == COMPLETION && !call["request"].to_string().contains(COMPLETE) {
        return Err(io::Error::other(format!("{operation} is not the last call of a creation: {call}")));
    }
    Ok(())
}

/// A complete bundle that no state holds is refused, with the way out; then goes that way.
async fn import(sim: &Sim, work: &Workdir) -> io::Result<()> {
    let objects = sim.objects(ACCOUNT).await?;
    let apis = objects[REGION]["rest-api"].as_object().into_iter().flatten();
    let [api] = apis.map(|(id, _)| id.as_str()).collect::<Vec<_>>()[..] else {
        return Err(io::Error::other("there must be one REST API"));
    };
    let done = work.run(&["apply", "-auto-approve", "-no-color"]).await?;
    let said = flat(&done.text());
    let way_out = format!("terraform import privgw_internal_api.NAME {api}");
    let is_said = ["A bundle of this name exists already", &way_out].iter().all(|words| said.contains(words));
    if done.code != Some(1) || !is_said {
        return Err(io::Error::other(format!(
            "the apply must be refused and name the import, but said:\n{}",
            done.text()
        )));
    }
    work.succeed(&["import", "-no-color", ADDRESS, api]).await.map(drop)
}

/// There is one of everything, and two of what belongs to a back end.
async fn whole(sim: &Sim, deployments: usize) -> io::Result<()> {
    let limit = Instant::now() + LINGER;
    loop {
        let objects = sim.objects(ACCOUNT).await?;
        let mut all = WHOLE.into_iter().chain([("deployment", deployments)]);
        let differs = |(kind, wanted): &(&str, usize)| count(&objects, kind) != *wanted;
        let Some((kind, wanted)) = all.find(differs) else { return Ok(()) };
        if Instant::now() > limit {
            let (found, count) = (&objects[REGION][kind], count(&objects, kind));
            return Err(io::Error::other(format!("there must be {wanted} of {kind}, not {count}: {found}")));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// There is nothing left to do: a plan says so, and an apply writes nothing.
async fn quiet(sim: &Sim, work: &Workdir) -> io::Result<()> {
    let done = work.run(&["plan", "-detailed-exitcode", "-no-color"]).await?;
    if done.code != Some(0) {
        return Err(io::Error::other(format!("the plan after it must be empty:\n{}", done.text())));
    }
    let start = writes(sim).await?;
    work.succeed(&["apply", "-auto-approve", "-no-color"]).await?;
    match writes(sim).await? - start {
        0 => Ok(()),
        more => Err(io::Error::other(format!("an apply with nothing to do wrote {more} times"))),
    }
}

/// How many calls so far may have changed something.
async fn writes(sim: &Sim) -> io::Result<usize> {
    let is_read = |call: &&Value| {
        let operation = call["operation"].as_str().unwrap_or_default();
        operation.starts_with("Describe") || operation.starts_with("Get")
    };
    let calls = sim.calls().await?;
    Ok(calls.len() - calls.iter().filter(is_read).count())
}
