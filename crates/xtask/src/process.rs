//! Other programs. Each runs in a process group of its own, which is ended as a whole when it is no longer wanted: Terraform
//! starts providers, and those must not outlive it.

use std::fs;
use std::io;
use std::process::{Command as Blocking, ExitStatus, Output, Stdio};
use std::time::Duration;

use tokio::io::BufReader;
use tokio::process::{Child, ChildStdout, Command};

/// What Linux calls the provider: it cuts the names of processes after 15 bytes.
pub const PROVIDER: &str = "terraform-provi";

/// A running program.
pub struct Job {
    name: String,
    child: Option<Child>,
    group: Group,
}

/// What a program has left.
pub struct Done {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
}

struct Group {
    id: Option<u32>,
}

impl Job {
    /// Starts a program that reads nothing and whose output is kept.
    pub fn start(command: &mut Command) -> io::Result<Job> {
        Job::reading(Stdio::null(), command)
    }

    /// The same, and it reads what there is in `input`.
    pub fn reading(input: Stdio, command: &mut Command) -> io::Result<Job> {
        Job::spawn(command.stdin(input).stderr(Stdio::piped()))
    }

    /// Starts a program that reads nothing and whose standard error people see at once.
    pub fn stream(command: &mut Command) -> io::Result<Job> {
        Job::spawn(command.stdin(Stdio::null()))
    }

    fn spawn(command: &mut Command) -> io::Result<Job> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        command.stdout(Stdio::piped());
        let child = command.process_group(0).spawn();
        let child = child.map_err(|error| io::Error::new(error.kind(), format!("could not start {name}: {error}")))?;
        let group = Group { id: child.id() };
        Ok(Job { name, child: Some(child), group })
    }

    /// The id of its process group.
    pub fn id(&self) -> u32 {
        self.group.id.unwrap_or_default()
    }

    /// Its standard output, to be read while it runs.
    pub fn output(&mut self) -> io::Result<BufReader<ChildStdout>> {
        let output = self.child.as_mut().and_then(|child| child.stdout.take());
        output.map(BufReader::new).ok_or_else(|| io::Error::other(format!("the output of {} is taken", self.name)))
    }

    /// Waits for its end, but not longer than `limit`.
    pub async fn finish(mut self, limit: Duration) -> io::Result<Done> {
        let child = self.child.take().ok_or_else(|| io::Error::other("it has ended already"))?;
        let Ok(output) = tokio::time::timeout(limit, child.wait_with_output()).await else {
            return Err(io::Error::other(format!("{} took longer than {limit:?}", self.name)));
        };
        let Output { status, stdout, stderr } = output?;
        self.group.id = None;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Done { code: status.code(), stdout: text(stdout), stderr: text(stderr) })
    }
}

impl Done {
    /// Both outputs.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The same, if it went well.
    pub fn success(self, what: &str) -> io::Result<Done> {
        match self.code {
            Some(0) => Ok(self),
            code => {
                let code = code.map_or("a signal".to_owned(), |code| format!("exit code {code}"));
                Err(io::Error::other(format!("{what} ended with {code}:\n{}", self.text())))
            }
        }
    }
}

/// The processes of a name in a process group. On systems without `/proc` there are none.
pub fn members(group: u32, name: &str) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| is_member(*id, group, name)).collect()
}

/// Ends a process that has no chance to do anything about it. An error if there is no such process any more.
pub fn kill(id: u32) -> io::Result<()> {
    let status = signal("KILL", &id.to_string())?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("there is no process {id} to be killed"))) }
}

/// What Ctrl-C does in a terminal: every process of the group is interrupted.
pub fn interrupt(group: u32) -> io::Result<()> {
    let status = signal("INT", &format!("-{group}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("there is no group {group} to be interrupted")))
    }
}

/// The kernel puts the name between parentheses; the group is the third field behind them.
fn is_member(id: u32, group: u32, name: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let Some((start, rest)) = stat.rsplit_once(')') else { return false };
    start.ends_with(&format!("({name}")) && rest.split_whitespace().nth(2) == Some(&group.to_string())
}

/// Safe Rust has no call for a signal. Every shell has one built in; a program of the name is not everywhere.
fn signal(name: &str, to: &str) -> io::Result<ExitStatus> {
    Blocking::new("sh").args(["-c", "kill -s \"$0\" -- \"$1\"", name, to]).stderr(Stdio::null()).status()
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let _ = signal("KILL", &format!("-{id}"));
        }
    }
}
