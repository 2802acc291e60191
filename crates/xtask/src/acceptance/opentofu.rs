//! What the acceptance cases leave out under OpenTofu. The table is true of 1.6.2, which is fetched where there is none; a newer one
//! on PATH could do more.

use std::fs;
use std::io;

use crate::terraform::Workdir;
use crate::workspace;

/// The cases that it can't run, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("functions", "1.6 has no functions of providers"),
    ("habit_mocks", "1.6 has no mock_provider"),
    ("import_generate", "1.6 crashes when it generates nested attributes"),
    ("plans", "it compares the very words of Terraform's plans"),
];

/// Where an assertion starts and ends, as `terraform fmt` writes it.
const START: &str = "  assert {\n";
const END: &str = "\n  }\n";

/// Why a case can't be run, if so.
pub fn obstacle(case: &str) -> Option<&'static str> {
    LEFT_OUT.iter().find(|(name, _)| *name == case).map(|(_, why)| *why)
}

/// Takes the assertions out of the test files that compare with an earlier run, which 1.6 knows nothing of there, and says how many.
pub fn without_comparisons(work: &Workdir) -> io::Result<usize> {
    let mut count = 0;
    for file in workspace::entries(work.path())?.iter().filter(|file| file.to_string_lossy().ends_with(".tftest.hcl")) {
        let text = workspace::read(file)?;
        let mut parts = text.split(START);
        let mut kept = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (assertion, rest) =
                part.split_once(END).ok_or_else(|| io::Error::other("an assertion without its end"))?;
            if assertion.contains("run.") {
                count += 1;
                kept.push_str(rest);
            } else {
                kept.extend([START, part]);
            }
        }
        fs::write(file, kept)?;
    }
    Ok(count)
}
