//! Cases that need more than `terraform test` can say: a script of steps, one on a line.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Map, Value};

use super::snapshots::Snapshots;
use super::stable::Known;
use crate::process::Done;
use crate::sim::{Account, Sim};
use crate::terraform::Workdir;
use crate::workspace;

/// A script that is being run.
struct Script<'a> {
    work: &'a mut Workdir,
    sim: &'a Sim,
    account: &'a Account,
    /// What Terraform wrote last.
    last: String,
    /// The last call to AWS before those that are watched.
    mark: u64,
    known: Known,
    snapshots: Snapshots,
    /// The last answer to a call, and what was taken from such answers.
    answer: String,
    taken: Map<String, Value>,
}

/// Runs the script of a case, and destroys what it has left.
pub async fn run(case: &Path, work: &mut Workdir, sim: &Sim, account: &Account) -> io::Result<String> {
    let steps = workspace::read(&case.join("steps.txt"))?;
    let known = Known::new(&account.id, &format!("{steps}{}", workspace::read(&case.join("main.tf"))?));
    let _ = work.succeed(&["init", "-no-color"]).await?;
    let snapshots = Snapshots::of(case);
    let (last, answer, taken) = (String::new(), String::new(), Map::new());
    let mut script = Script { work, sim, account, last, mark: 0, known, snapshots, answer, taken };
    let mut count = 0;
    for (number, line) in steps.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        count += 1;
        let step = script.step(line).await;
        step.map_err(|error| io::Error::other(format!("line {}: {line}\n{error}", number + 1)))?;
    }
    let _ = script.work.succeed(&["destroy", "-auto-approve", "-no-color"]).await?;
    script.snapshots.finish()?;
    Ok(format!("{count} steps"))
}

impl Script<'_> {
    async fn step(&mut self, line: &str) -> io::Result<()> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = &fill(rest, self.work, &self.taken).await?;
        match verb {
            "set" | "env" => {
                let (name, value) = two(rest, '=', "NAME=VALUE")?;
                let given = if verb == "set" { Workdir::set } else { Workdir::environment };
                given(self.work, name, value);
                Ok(())
            }
            "found" | "hidden" => {
                let (file, text) = two(rest, ' ', "FILE TEXT")?;
                let contents = String::from_utf8_lossy(&fs::read(self.work.path().join(file))?).into_owned();
                match (contents.lines().find(|line| line.contains(text)), verb) {
                    (None, "found") => Err(io::Error::other(format!("{file} doesn't hold that"))),
                    (Some(line), "hidden") => Err(io::Error::other(format!("{file} holds that:\n{line}"))),
                    _ => Ok(()),
                }
            }
            "fail" => {
                let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                self.terraform(verb, rest, 1).await
            }
            "apply" | "destroy" | "terraform" => self.terraform(verb, rest, 0).await,
            "plan" => match rest.split_once(' ').unwrap_or((rest, "")) {
                ("empty", more) => self.terraform(verb, more, 0).await,
                ("changes", more) => self.terraform(verb, more, 2).await,
                _ => Err(io::Error::other("a plan is empty or has changes")),
            },
            "snapshot" => self.snapshot(rest).await,
            "console" => {
                self.last = self.work.console(rest).await?.text();
                Ok(())
            }
            "says" | "silent" if rest.is_empty() => Err(io::Error::other("nothing to look for")),
            "says" if flat(&self.last).contains(&flat(rest)) => Ok(()),
            "says" => Err(io::Error::other(format!("Terraform did not say that, but:\n{}", self.last))),
            "silent" if !flat(&self.last).contains(&flat(rest)) => Ok(()),
            "silent" => Err(io::Error::other(format!("Terraform did say that:\n{}", self.last))),
            "watch" => {
                let calls = self.sim.calls().await?;
                self.mark = calls.last().and_then(|call| call["seq"].as_u64()).unwrap_or_default();
                Ok(())
            }
            "asked" => self.asked(rest).await,
            _ => self.request(verb, rest).await,
        }
    }

    /// Steps that ask AWS or the API itself, and not Terraform.
    async fn request(&mut self, verb: &str, rest: &str) -> io::Result<()> {
        let inside = self.account.security_group_id.as_str();
        match verb {
            "call" => return self.call(rest).await,
            "request" => {
                let (url, group) = rest.split_once(' ').unwrap_or((rest, inside));
                self.sim.invoke("GET", url, Some(group)).await?.served()?;
            }
            "refused" => {
                let answer = self.sim.invoke("GET", rest, Some(inside)).await?;
                if answer.status != 403 {
                    return Err(io::Error::other(format!("status {}", answer.status)));
                }
            }
            "preflight" => {
                let answer = self.sim.invoke("OPTIONS", rest, Some(inside)).await?.served()?;
                self.last = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
            }
            "keep" => {
                let (name, text) = two(rest, ' ', "NAME TEXT")?;
                self.taken.insert(name.to_owned(), text.into());
            }
            "take" => {
                let (name, element) = two(rest, ' ', "NAME ELEMENT")?;
                let inside = self.answer.split_once(&format!("<{element}>")).map(|(_, rest)| rest);
                let text = inside.and_then(|rest| rest.split('<').next());
                let text = text.ok_or_else(|| io::Error::other(format!("no {element} in {}", self.answer)))?;
                self.taken.insert(name.to_owned(), text.into());
            }
            _ => return Err(io::Error::other("no such step")),
        }
        Ok(())
    }

    /// Plans the step of a name; words behind it are further options, of which the last one counts.
    async fn snapshot(&mut self, words: &str) -> io::Result<()> {
        let name = words.split(' ').next().unwrap_or_default();
        let step = format!("-var=step={name}");
        let mut arguments = vec!["plan", "-no-color", &step];
        arguments.extend(words.split(' ').skip(1));
        self.last = self.work.succeed(&arguments).await?.text();
        self.known.learn(&self.sim.objects(&self.account.id).await?);
        self.snapshots.compare(name, &self.known.stable(&self.last))
    }

    async fn call(&mut self, call: &str) -> io::Result<()> {
        let id = self.account.id.as_str();
        // What the call deletes is in the state still.
        self.known.learn(&self.sim.objects(id).await?);
        let words: Vec<&str> = call.splitn(4, ' ').collect();
        let [service, method, path, body] = [0, 1, 2, 3].map(|place| words.get(place).copied().unwrap_or_default());
        self.answer = self.sim.call(id, service, method, path, body).await?;
        Ok(())
    }

    /// A command that must end with this code. Nobody is there to answer its questions, so it must not ask any.
    async fn terraform(&mut self, verb: &str, rest: &str, code: i32) -> io::Result<()> {
        let mut words = match verb {
            "apply" | "destroy" => vec![verb, "-auto-approve", "-no-color"],
            "plan" => vec![verb, "-detailed-exitcode", "-no-color"],
            "terraform" => Vec::new(),
            _ => return Err(io::Error::other("no such command")),
        };
        words.extend(rest.split(' ').filter(|word| !word.is_empty()));
        let done: Done = self.work.run(&words).await?;
        self.last = done.text();
        if done.code == Some(code) {
            return Ok(());
        }
        Err(io::Error::other(format!("expected exit code {code}, not {:?}:\n{}", done.code, self.last)))
    }

    /// The operations of AWS that were called since `watch` must be these, whatever their order and number.
    async fn asked(&self, wanted: &str) -> io::Result<()> {
        let calls = self.sim.calls().await?;
        let ours = calls.iter().filter(|call| call["seq"].as_u64() > Some(self.mark));
        let ours = ours.filter(|call| call["account"] == *self.account.id.as_str());
        let called: BTreeSet<&str> = ours.filter_map(|call| call["operation"].as_str()).collect();
        let wanted: BTreeSet<&str> = wanted.split(' ').filter(|word| *word != "nothing").collect();
        if called == wanted { Ok(()) } else { Err(io::Error::other(format!("AWS was asked for {called:?}"))) }
    }
}

/// The two sides of a step's separator.
fn two<'a>(text: &'a str, separator: char, form: &str) -> io::Result<(&'a str, &'a str)> {
    text.split_once(separator).ok_or_else(|| io::Error::other(format!("expected {form}")))
}

/// Text as it was before Terraform put it into boxes and broke its lines.
pub fn flat(text: &str) -> String {
    let inside = text.replace(['│', '╷', '╵'], " ");
    inside.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Puts outputs in the place of `${name.of.output}`, and what was taken in that of `${taken.name}`.
async fn fill(text: &str, work: &Workdir, taken: &Map<String, Value>) -> io::Result<String> {
    if !text.contains("${") {
        return Ok(text.to_owned());
    }
    let mut outputs = work.outputs().await?;
    outputs["taken"] = Value::Object(taken.clone());
    let mut parts = text.split("${");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').ok_or_else(|| io::Error::other("a `${` without its end"))?;
        let value = name.split('.').fold(&outputs, |value, key| &value[key]);
        let Value::String(value) = value else { return Err(io::Error::other(format!("no text output {name}"))) };
        filled.push_str(value);
        filled.push_str(rest);
    }
    Ok(filled)
}
