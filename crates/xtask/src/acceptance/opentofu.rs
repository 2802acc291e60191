//! What the acceptance cases leave out under OpenTofu. The table is true of 1.6.2, which is fetched where there is none; a newer one
//! on PATH could do more.

use std::fs;
use std::io;

use crate::terraform::Workdir;
use crate::workspace;

/// The cases that it can't run, and why.
const LEFT_OUT: &[(&str, &str)] = &[("habit_mocks", "1.6 has no mock_provider")];

/// Why a case can't be run, if so.
pub fn obstacle(case: &str) -> Option<&'static str> {
    LEFT_OUT.iter().find(|(name, _)| *name == case).map(|(_, why)| *why)
}

/// Takes the runs out of the test files that only refresh, and says how many. In such a run 1.6 knows neither `output` nor `run`.
pub fn without_refreshes(work: &Workdir) -> io::Result<usize> {
    let mut count = 0;
    for file in workspace::entries(work.path())?.iter().filter(|file| file.to_string_lossy().ends_with(".tftest.hcl")) {
        let text = workspace::read(file)?;
        let runs: Vec<&str> = text.split("\nrun ").collect();
        let kept: Vec<&str> = runs.iter().copied().filter(|run| !run.contains("refresh-only")).collect();
        count += runs.len() - kept.len();
        fs::write(file, kept.join("\nrun "))?;
    }
    Ok(count)
}
