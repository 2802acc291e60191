//! Recorded plans: the text that people see for a kind of change, kept beside the case as `NAME.plan.txt`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::workspace;

/// Set to anything, it has plans recorded instead of compared.
const RECORD: &str = "PRIVGW_RECORD";
const SUFFIX: &str = ".plan.txt";
/// How many equal lines are shown around a difference.
const CONTEXT: usize = 3;

/// The recorded plans of a case.
pub struct Snapshots {
    case: PathBuf,
    record: bool,
    used: BTreeSet<String>,
    differences: Vec<String>,
}

impl Snapshots {
    /// Those of a case in the checkout.
    pub fn of(case: &Path) -> Snapshots {
        let record = std::env::var_os(RECORD).is_some();
        Snapshots { case: case.to_path_buf(), record, used: BTreeSet::new(), differences: Vec::new() }
    }

    /// Compares a plan with what is recorded under a name, or records it. Differences are told at the end, all of them at once.
    pub fn compare(&mut self, name: &str, plan: &str) -> io::Result<()> {
        let file = format!("{name}{SUFFIX}");
        let path = self.case.join(&file);
        if !self.used.insert(file.clone()) {
            return Err(io::Error::other(format!("there is a snapshot {name} already")));
        }
        if self.record {
            return fs::write(path, plan);
        }
        let recorded = if path.exists() { workspace::read(&path)? } else { String::new() };
        if recorded != plan {
            self.differences.push(format!("{file}:\n{}", difference(&recorded, plan)));
        }
        Ok(())
    }

    /// Fails if a plan was another one than recorded, or a recorded one has no change that it belongs to.
    pub fn finish(self) -> io::Result<()> {
        let mut wrong = self.differences;
        if !wrong.is_empty() {
            let case = self.case.file_name().unwrap_or_default().to_string_lossy();
            wrong.push(format!(
                "If these plans are right, record them: {RECORD}=1 target/release/xtask test --only acceptance --case {case}"
            ));
        }
        for entry in workspace::entries(&self.case)? {
            let file = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if file.ends_with(SUFFIX) && !self.used.contains(&file) {
                wrong.push(format!("{file} belongs to no snapshot any more; delete it"));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(io::Error::other(wrong.join("\n"))) }
    }
}

/// Lines that are recorded but weren't planned have a `-`, lines that were planned but aren't recorded a `+`.
fn difference(recorded: &str, planned: &str) -> String {
    let lines = align(&recorded.lines().collect::<Vec<_>>(), &planned.lines().collect::<Vec<_>>());
    let differs: Vec<usize> = (0..lines.len()).filter(|place| lines[*place].0 != ' ').collect();
    let (mut shown, mut next) = (String::new(), 0);
    for (place, (mark, line)) in lines.iter().enumerate() {
        if !differs.iter().any(|other| place.abs_diff(*other) <= CONTEXT) {
            continue;
        }
        if place > next {
            shown.push_str("  ...\n");
        }
        shown.push_str(&format!("{mark} {line}\n"));
        next = place + 1;
    }
    shown
}

/// Both texts in one, over the longest sequence of lines that they have in common.
fn align<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, left) in old.iter().enumerate().rev() {
        for (j, right) in new.iter().enumerate().rev() {
            common[i][j] =
                if left == right { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', old[i]));
            i += 1;
        } else {
            lines.push(('+', new[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_its_surroundings() {
        let shown = difference("a\nb\nc\nd\ne\nf", "a\nb\nc\nd\nE\nf\ng");
        assert_eq!(shown, "  ...\n  b\n  c\n  d\n- e\n+ E\n  f\n+ g\n");
    }

    #[test]
    fn a_recorded_plan_without_a_change_is_told() {
        let case = tempfile::tempdir().unwrap();
        fs::write(case.path().join("old.plan.txt"), "x").unwrap();
        fs::write(case.path().join("new.plan.txt"), "y").unwrap();
        let mut snapshots = Snapshots { record: false, ..Snapshots::of(case.path()) };
        snapshots.compare("new", "z").unwrap();
        assert!(snapshots.compare("new", "z").is_err());
        let told = snapshots.finish().unwrap_err().to_string();
        assert!(told.contains("new.plan.txt:\n- y\n+ z\n") && told.contains("old.plan.txt belongs to no"), "{told}");
    }
}
