//! Banned crates and licences. Where cargo-deny is installed it does this; otherwise the part that matters most is done here,
//! from the same lists.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tokio::process::Command;

use crate::process::Job;
use crate::{licence, workspace};

/// The longest that cargo may need to say what the dependencies are; on a new machine it fetches them first.
const LIMIT: Duration = Duration::from_secs(600);

/// Checks, and says what was found.
pub async fn run() -> io::Result<ExitCode> {
    let deny = run_cargo(&["deny", "--version"]).await;
    if deny.is_ok() {
        let arguments = ["deny", "--workspace", "check", "bans", "licenses", "sources"];
        let text = run_cargo(&arguments).await?;
        println!("{}", text.trim());
        return Ok(ExitCode::SUCCESS);
    }
    let rules = Rules::read(&workspace::read(&workspace::root().join("deny.toml"))?);
    // This is the truth about what is built; the lock file also lists what no feature reaches.
    let arguments = [
        "tree",
        "--workspace",
        "--locked",
        "--all-features",
        "--target",
        "all",
        "--edges",
        "normal,build,dev",
        "--prefix",
        "none",
    ];
    let tree = run_cargo(&[&arguments[..], &["--format", "{p}|{l}"]].concat()).await?;
    let mut packages: Vec<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    packages.sort_unstable();
    packages.dedup();
    if rules.banned.is_empty() || rules.allowed.is_empty() {
        return Err(io::Error::other("deny.toml has no lists that could be read"));
    }
    let found: Vec<String> = packages.iter().filter_map(|line| rules.objection(line)).collect();
    found.iter().for_each(|objection| println!("{objection}"));
    println!("{} packages, {} of them objectionable", packages.len(), found.len());
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_cargo(arguments: &[&str]) -> io::Result<String> {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(workspace::root());
    let done = Job::start(&mut command)?.finish(LIMIT).await?;
    Ok(done.success(&format!("cargo {}", arguments.join(" ")))?.text())
}

/// The lists of deny.toml.
struct Rules {
    /// Crates by name, and the beginning of a version where not all are meant.
    banned: Vec<(String, Option<String>)>,
    allowed: Vec<String>,
}

impl Rules {
    /// Reads the two lists, which are written with one entry on a line.
    fn read(text: &str) -> Rules {
        let mut rules = Rules { banned: Vec::new(), allowed: Vec::new() };
        let mut section = "";
        for line in text.lines().map(str::trim) {
            let quoted = line.split('"').nth(1).map(str::to_owned);
            match (section, quoted) {
                _ if line.starts_with('[') => section = line,
                ("[bans]", Some(entry)) if line.starts_with("{ crate") => {
                    let (name, version) = entry.split_once('@').map_or((entry.as_str(), None), |(n, v)| (n, Some(v)));
                    rules.banned.push((name.to_owned(), version.map(str::to_owned)));
                }
                ("[licenses]", Some(entry)) if line.starts_with('"') => rules.allowed.push(entry),
                _ => {}
            }
        }
        rules
    }

    /// What is wrong with a line `name vVERSION [(path)]|LICENCE`, if anything is.
    fn objection(&self, line: &str) -> Option<String> {
        let (package, licence) = line.split_once('|')?;
        let mut words = package.split(' ');
        let (name, version) = (words.next()?, words.next()?.trim_start_matches('v'));
        let is_meant = |beginning: &Option<String>| {
            beginning.as_ref().is_none_or(|start| version == start || version.starts_with(&format!("{start}.")))
        };
        if self.banned.iter().any(|(banned, beginning)| banned == name && is_meant(beginning)) {
            return Some(format!("{name} {version} is banned"));
        }
        let is_allowed = licence::is_allowed(licence, &self.allowed);
        (!is_allowed).then(|| format!("{name} {version} has the licence {licence:?}, which deny.toml doesn't allow"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_read_and_obeyed() {
        let text = "[bans]\ndeny = [\n  # no\n  { crate = \"old@0.14\", reason = \"x\" },\n  { crate = \"bad\" },\n]\n[licenses]\nallow = [\n  \"MIT\",\n]\n";
        let rules = Rules::read(text);
        assert_eq!(rules.objection("old v1.2.0|MIT"), None);
        assert_eq!(rules.objection("old v0.14.3|MIT").as_deref(), Some("old 0.14.3 is banned"));
        assert_eq!(rules.objection("bad v3.0.0|MIT").as_deref(), Some("bad 3.0.0 is banned"));
        assert!(rules.objection("good v3.0.0 (/x)|GPL-3.0").is_some());
    }
}
