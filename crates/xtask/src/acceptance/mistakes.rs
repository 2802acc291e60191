//! Configurations that must be refused, each with the words of the refusal.

use std::fs;
use std::io;

use super::steps::flat;
use crate::terraform::Workdir;
use crate::workspace;

/// Plans each configuration of a case. They take turns as `main.tf` of one directory, which is initialised once.
pub async fn run(work: &Workdir) -> io::Result<String> {
    let mut mistakes = workspace::entries(work.path())?;
    mistakes.retain(|entry| entry.is_dir());
    let main = work.path().join("main.tf");
    let mut initialised = false;
    for mistake in &mistakes {
        let name = mistake.file_name().unwrap_or_default().to_string_lossy();
        fs::copy(mistake.join("main.tf"), &main)?;
        if !initialised {
            let _ = work.succeed(&["init", "-no-color"]).await?;
            initialised = true;
        }
        let done = work.run(&["plan", "-no-color"]).await?;
        let said = flat(&done.text());
        let expected = workspace::read(&mistake.join("expected.txt"))?;
        let missing: Vec<&str> = expected.lines().filter(|line| !said.contains(&flat(line))).collect();
        if done.code != Some(1) || !missing.is_empty() || expected.trim().is_empty() {
            let missing = missing.join("\n  ");
            return Err(io::Error::other(format!("{name}: Terraform did not say\n  {missing}\nbut\n{}", done.text())));
        }
    }
    Ok(format!("{} mistakes", mistakes.len()))
}
