//! The demonstration: a private API in a simulated AWS, from nothing to HTTP answers and back to nothing, with the real
//! Terraform, the real provider and real back ends.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Map, Value, json};

use crate::backends::BackEnd;
use crate::sim::{Account, Sim};
use crate::terraform::{Terraform, Workdir};
use crate::{http, memory, workspace};

/// How to show it.
#[derive(clap::Args)]
pub struct Args {
    /// Show everything that Terraform writes.
    #[arg(long)]
    verbose: bool,
}

/// AWS takes about six minutes for all this; a hundredth of that is watched with pleasure.
const SPEED: u32 = 100;
const ACCOUNT: &str = "123456789012";
/// The services of the shop, and where the VPC believes them to be.
const SERVICES: [(&str, &str); 3] =
    [("products", "172.31.0.101:3001"), ("users", "172.31.16.102:3002"), ("images", "172.31.32.103:3003")];
/// What the front end asks for.
const REQUESTS: [(&str, &str); 4] =
    [("GET", "/products"), ("GET", "/users/42/mails"), ("DELETE", "/users/42"), ("POST", "/images")];

/// Runs the demonstration.
pub async fn run(args: &Args) -> io::Result<ExitCode> {
    let scratch = tempfile::tempdir()?;
    let mut show = Show { verbose: args.verbose, start: Instant::now(), step: 0 };
    let terraform = Terraform::prepare(scratch.path()).await?;

    show.step("Three services listen, and beside them a simulated AWS that runs 100 times as fast");
    let (backends, resolve) = start_services(&show).await?;
    let sim = Sim::start(&workspace::program("aws-sim")?, SPEED, &resolve).await?;
    let account = sim.account(ACCOUNT).await?;
    let stranger = create_group(&sim, &account, "stranger").await?;
    let before = sim.objects(ACCOUNT).await?;
    show.line(&format!("AWS       {} with {}, {} subnets", sim.url(), account.vpc_id, account.subnet_ids.len()));

    let mut work =
        terraform.workdir(&workspace::root().join("examples/quickstart"), "demo", account.environment(&sim))?;
    work.set("frontend_security_group_id", &account.security_group_id);
    work.set("targets", &targets());
    create(&mut show, &work).await?;
    let outputs = work.outputs().await?;

    show.step("The front end calls the API by its private DNS name");
    for (method, path) in REQUESTS {
        call(&show, &sim, &account, &outputs, &account.security_group_id, (method, path)).await?;
    }
    show.step("Somebody else calls it, from a security group that isn't allowed");
    let refused = call(&show, &sim, &account, &outputs, &stranger, REQUESTS[0]).await;
    expect(refused.is_err(), "the stranger must be refused")?;

    show.step("terraform destroy");
    let done = work.succeed(&["destroy", "-auto-approve", "-no-color"]).await?;
    show.output(&done.stdout, "Destroy complete!");
    sim.settled(ACCOUNT, &before).await?;
    show.line("The account holds exactly what it held before.");
    show.end(&work);
    drop(backends);
    Ok(ExitCode::SUCCESS)
}

async fn start_services(show: &Show) -> io::Result<(Vec<BackEnd>, Vec<(SocketAddr, SocketAddr)>)> {
    let (mut backends, mut resolve) = (Vec::new(), Vec::new());
    for (service, simulated) in SERVICES {
        let backend = BackEnd::start(service).await?;
        show.line(&format!("{service:<9} {simulated}, really {}", backend.address));
        resolve.push((simulated.parse().map_err(io::Error::other)?, backend.address));
        backends.push(backend);
    }
    Ok((backends, resolve))
}

/// Plan, apply, and the proof that nothing is left to do.
async fn create(show: &mut Show, work: &Workdir) -> io::Result<()> {
    show.step("terraform init");
    let done = work.succeed(&["init", "-no-color"]).await?;
    show.output(&done.stdout, "- Installed");
    show.step("terraform plan");
    let done = work.succeed(&["plan", "-no-color", "-out=plan"]).await?;
    show.output(&done.stdout, "Plan:");

    show.step("terraform apply");
    let peak = Cell::new(0);
    let job = work.start(&["apply", "-auto-approve", "-no-color", "plan"])?;
    let id = job.id();
    let done = tokio::select! {
        done = work.finish(job, "apply") => done?,
        never = memory::watch(id, &peak) => match never {},
    };
    show.output(&done.stdout, "Apply complete!");
    if !show.verbose {
        show.block(&work.succeed(&["output", "-no-color"]).await?.stdout);
    }
    if peak.get() > 0 {
        show.line(&format!("The provider needed {:.1} MiB of memory.", peak.get() as f64 / 1024.0));
    }

    show.step("terraform plan, again");
    let done = work.run(&["plan", "-no-color", "-detailed-exitcode"]).await?;
    expect(done.code == Some(0), &format!("the second plan must be empty:\n{}", done.text()))?;
    show.output(&done.stdout, "No changes.");
    Ok(())
}

/// Sends a request as a member of a security group; an error when the service behind the route didn't answer.
async fn call(
    show: &Show,
    sim: &Sim,
    account: &Account,
    outputs: &Value,
    group: &str,
    (method, path): (&str, &str),
) -> io::Result<()> {
    let url = outputs["invoke_url"].as_str().unwrap_or_default();
    let (host, stage) = url.trim_start_matches("https://").split_once('/').unwrap_or((url, ""));
    let headers = [("host", host), ("x-sim-source-vpc", &account.vpc_id), ("x-sim-source-security-group", group)];
    let answer = http::send(sim.address, method, &format!("/{stage}{path}"), &headers).await?;
    show.line(&format!("{method} {url}{path}"));
    match answer.headers.get("x-sim-refused") {
        Some(reason) => {
            show.line(&format!("  refused at {reason}"));
            Err(io::Error::other(format!("{method} {path} was refused at {reason}")))
        }
        None => {
            show.line(&format!("  {} {}", answer.status, answer.body));
            let served = answer.status == 200 && answer.body.contains("\"service\"");
            expect(served, &format!("{method} {path} was not answered by its service"))
        }
    }
}

async fn create_group(sim: &Sim, account: &Account, name: &str) -> io::Result<String> {
    let body = format!(
        "Action=CreateSecurityGroup&Version=2016-11-15&GroupName={name}&GroupDescription={name}&VpcId={}",
        account.vpc_id
    );
    let answer = sim.call(&account.id, "ec2", "POST", "/", &body).await?;
    let id = answer.split("<groupId>").nth(1).and_then(|rest| rest.split('<').next());
    id.map(str::to_owned).ok_or_else(|| io::Error::other(format!("no group id in {answer}")))
}

fn targets() -> String {
    let address = |address: &str| address.split(':').next().unwrap_or_default().to_owned();
    let all: Map<String, Value> =
        SERVICES.iter().map(|(name, place)| ((*name).to_owned(), json!([address(place)]))).collect();
    Value::from(all).to_string()
}

fn expect(holds: bool, otherwise: &str) -> io::Result<()> {
    if holds { Ok(()) } else { Err(io::Error::other(otherwise)) }
}

/// What people see.
struct Show {
    verbose: bool,
    start: Instant,
    step: usize,
}

impl Show {
    fn step(&mut self, title: &str) {
        self.step += 1;
        println!("\n[{:5.1} s] {}. {title}", self.start.elapsed().as_secs_f64(), self.step);
    }

    fn line(&self, text: &str) {
        println!("           {text}");
    }

    fn block(&self, text: &str) {
        text.lines().for_each(|line| self.line(line));
    }

    /// All of an output, or the line that begins with what matters.
    fn output(&self, text: &str, beginning: &str) {
        if self.verbose {
            return self.block(text);
        }
        text.lines().filter(|line| line.starts_with(beginning)).for_each(|line| self.line(line));
    }

    fn end(&self, work: &Workdir) {
        let program = work.program().display();
        println!("\n[{:5.1} s] Done, with {program}.", self.start.elapsed().as_secs_f64());
    }
}
