//! Terraform itself, if there is one on this machine.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::tiny;

const CONFIGURATION: &str = r#"
terraform {
  required_providers {
    tiny = { source = "example/tiny" }
  }
}

provider "tiny" {
  prefix = "t-"
}

variable "name" { default = "a" }

resource "tiny_thing" "first" {
  name   = var.name
  size   = 0.12345678901234567890
  secret = "hush"
  parts = {
    lid = { weight = 1 }
    box = { weight = 2, label = "e\u0301" }
  }
}

resource "tiny_thing" "second" {
  name  = "after-${tiny_thing.first.id}"
  parts = { one = { weight = 3, label = tiny_thing.first.parts["lid"].serial } }
}

output "ids" { value = "${tiny_thing.first.id} ${tiny_thing.second.id}" }
"#;

/// Reads before and after something is made, and calls with what is known and what isn't yet.
const LOOKUPS: &str = r#"
terraform {
  required_providers {
    tiny = { source = "example/tiny" }
  }
}

provider "tiny" {
  prefix = "t-"
}

variable "word" { default = "b" }

data "tiny_shelf" "first" {
  name = provider::tiny::shout("a", var.word)
}

resource "tiny_thing" "thing" {
  name = data.tiny_shelf.first.id
}

data "tiny_shelf" "second" {
  name = lower(provider::tiny::shout(tiny_thing.thing.id))
}

output "ids" { value = "${tiny_thing.thing.id} ${data.tiny_shelf.second.id}" }
output "alone" { value = provider::tiny::shout("one") }
"#;

/// A directory with the configuration, and Terraform told to use the example.
struct Workspace {
    dir: TempDir,
    reattach: Option<String>,
}

impl Workspace {
    fn new() -> Option<Workspace> {
        if Command::new("terraform").arg("version").output().is_err() {
            eprintln!("skipped: there is no terraform here");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let plugins = dir.path().join("plugins");
        fs::create_dir(&plugins).unwrap();
        fs::copy(tiny(), plugins.join("terraform-provider-tiny")).unwrap();
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{ \"example/tiny\" = {plugins:?} }}\n  direct {{}}\n}}\n"
        );
        fs::write(dir.path().join("cli.tfrc"), overrides).unwrap();
        fs::write(dir.path().join("main.tf"), CONFIGURATION).unwrap();
        Some(Workspace { dir, reattach: None })
    }

    /// Runs Terraform and returns its exit code and everything it said.
    fn run(&self, args: &[&str]) -> (i32, String) {
        let mut command = Command::new("terraform");
        command
            .args(args)
            .arg("-no-color")
            .current_dir(self.dir.path())
            .env("TF_CLI_CONFIG_FILE", self.dir.path().join("cli.tfrc"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1");
        if let Some(reattach) = &self.reattach {
            command.env("TF_REATTACH_PROVIDERS", reattach);
        }
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8_lossy(&text).into_owned())
    }

    fn expect(&self, args: &[&str], code: i32, words: &str) {
        let (found, text) = self.run(args);
        assert!(found == code && text.contains(words), "{args:?} gave {found}:\n{text}");
    }

    fn live_a_whole_life(&self) {
        self.expect(&["validate"], 0, "is valid");
        self.expect(&["apply", "-auto-approve"], 0, "t-a t-after-t-a");
        let state = fs::read_to_string(self.dir.path().join("terraform.tfstate")).unwrap();
        assert!(!state.contains("hush") && state.contains("lid-1"), "{state}");
        self.expect(&["plan", "-detailed-exitcode"], 0, "No changes");
        let replace = ["apply", "-auto-approve", "-var", "name=b"];
        self.expect(&replace, 0, "2 added, 0 changed, 2 destroyed");
        self.expect(&["destroy", "-auto-approve"], 0, "2 destroyed");
    }
}

#[test]
fn terraform_applies_plans_nothing_more_replaces_and_destroys() {
    if let Some(workspace) = Workspace::new() {
        workspace.live_a_whole_life();
    }
}

#[test]
fn terraform_attaches_to_a_provider_that_is_being_debugged() {
    let Some(mut workspace) = Workspace::new() else {
        return;
    };
    let provider = Debugged::start(workspace.dir.path());
    workspace.reattach = Some(provider.reattach.clone());
    workspace.live_a_whole_life();
}

#[test]
fn terraform_reads_data_sources_and_calls_functions_at_each_step() {
    let Some(workspace) = Workspace::new() else {
        return;
    };
    fs::write(workspace.dir.path().join("main.tf"), LOOKUPS).unwrap();
    workspace.expect(&["validate"], 0, "is valid");
    workspace.expect(&["plan"], 0, r#"+ alone = "ONE!""#);
    workspace.expect(&["apply", "-auto-approve"], 0, "t-t-shelf-A B! t-shelf-t-t-shelf-a b!!");
    workspace.expect(&["plan", "-detailed-exitcode"], 0, "No changes");
    let silent = ["plan", "-var", "word="];
    workspace.expect(&silent, 1, r#"Invalid value for "more" parameter: there is nothing to shout."#);
    workspace.expect(&["destroy", "-auto-approve"], 0, "1 destroyed");

    let nameless = LOOKUPS.replace(r#"provider::tiny::shout("a", var.word)"#, r#""""#);
    fs::write(workspace.dir.path().join("main.tf"), nameless).unwrap();
    let (code, text) = workspace.run(&["plan"]);
    assert!(code == 1 && text.contains("No such shelf") && text.contains(r#"name = """#), "{text}");
}

#[test]
fn terraform_points_at_the_argument_that_is_wrong() {
    let Some(workspace) = Workspace::new() else {
        return;
    };
    let wrong = CONFIGURATION.replace("weight = 1", "weight = null");
    fs::write(workspace.dir.path().join("main.tf"), wrong).unwrap();
    workspace.expect(&["validate"], 1, "Missing required argument");
    let (_, text) = workspace.run(&["validate"]);
    assert!(text.contains("on main.tf line"), "{text}");
}

/// A provider in debug mode. It is interrupted at the end of the test, and has to end by that.
struct Debugged {
    process: Child,
    reattach: String,
}

impl Debugged {
    fn start(dir: &Path) -> Debugged {
        let mut command = Command::new(tiny());
        command.arg("--debug").current_dir(dir).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let assignment =
            lines.map_while(Result::ok).find(|line| line.contains("export TF_REATTACH_PROVIDERS=")).unwrap();
        let reattach = assignment.split('\'').nth(1).unwrap().to_owned();
        Debugged { process, reattach }
    }
}

impl Drop for Debugged {
    fn drop(&mut self) {
        // An interrupt, as a person would; it then removes its socket.
        let process = self.process.id().to_string();
        let asked = Command::new("sh").args(["-c", "kill -s INT \"$0\"", &process]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
