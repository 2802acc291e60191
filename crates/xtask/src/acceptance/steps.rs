//! Cases that need more than `terraform test` can say: a script of steps, one on a line.

use std::io;

use serde_json::Value;

use crate::process::Done;
use crate::sim::{Account, Sim};
use crate::terraform::Workdir;

/// Runs a script, and destroys what it has left.
pub async fn run(script: &str, work: &mut Workdir, sim: &Sim, account: &Account) -> io::Result<String> {
    let _ = work.succeed(&["init", "-no-color"]).await?;
    let mut last = String::new();
    let mut count = 0;
    for (number, line) in script.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        count += 1;
        step(line, work, sim, account, &mut last)
            .await
            .map_err(|error| io::Error::other(format!("line {}: {line}\n{error}", number + 1)))?;
    }
    let _ = work.succeed(&["destroy", "-auto-approve", "-no-color"]).await?;
    Ok(format!("{count} steps"))
}

/// One step. `last` is what Terraform wrote last.
async fn step(line: &str, work: &mut Workdir, sim: &Sim, account: &Account, last: &mut String) -> io::Result<()> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match (verb, rest) {
        ("set", _) => {
            let (name, value) = rest.split_once('=').ok_or_else(|| io::Error::other("expected NAME=VALUE"))?;
            work.set(name, value);
        }
        ("apply" | "destroy", "") => {
            *last = work.succeed(&[verb, "-auto-approve", "-no-color"]).await?.text();
        }
        ("fail", "apply" | "destroy") => *last = terraform(work, &[rest, "-auto-approve", "-no-color"], 1).await?,
        ("plan", "empty") => *last = terraform(work, &["plan", "-detailed-exitcode", "-no-color"], 0).await?,
        ("plan", "changes") => *last = terraform(work, &["plan", "-detailed-exitcode", "-no-color"], 2).await?,
        ("terraform", _) => {
            let words = fill(rest, work).await?;
            *last = work.succeed(&words.split(' ').collect::<Vec<_>>()).await?.text();
        }
        ("says", _) => {
            let (said, wanted) = (flat(last), flat(&fill(rest, work).await?));
            if !said.contains(&wanted) {
                return Err(io::Error::other(format!("Terraform did not say that, but:\n{last}")));
            }
        }
        ("call", _) => {
            let call = fill(rest, work).await?;
            let words: Vec<&str> = call.splitn(4, ' ').collect();
            let [service, method, path, body] = [0, 1, 2, 3].map(|place| words.get(place).copied().unwrap_or_default());
            sim.call(&account.id, service, method, path, body).await?;
        }
        ("request", _) => {
            let url = fill(rest, work).await?;
            sim.invoke("GET", &url, Some(&account.security_group_id)).await?.served()?;
        }
        _ => return Err(io::Error::other("no such step")),
    }
    Ok(())
}

async fn terraform(work: &Workdir, arguments: &[&str], code: i32) -> io::Result<String> {
    let done: Done = work.run(arguments).await?;
    if done.code == Some(code) {
        return Ok(done.text());
    }
    Err(io::Error::other(format!("expected exit code {code}, not {:?}:\n{}", done.code, done.text())))
}

/// Text as it was before Terraform put it into boxes and broke its lines.
pub fn flat(text: &str) -> String {
    let inside = text.replace(['│', '╷', '╵'], " ");
    inside.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Puts outputs in the place of `${name.of.output}`.
async fn fill(text: &str, work: &Workdir) -> io::Result<String> {
    if !text.contains("${") {
        return Ok(text.to_owned());
    }
    let outputs = work.outputs().await?;
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
