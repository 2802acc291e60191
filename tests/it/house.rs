//! The rules of the house that a reader relies on: who may import whom, who may wait, how long a file may be.

use std::fs;
use std::path::{Path, PathBuf};

/// From the top of the house down. A file may name rooms below its own, never above.
const ROOMS: [&str; 6] = ["provider", "bundle", "reconcile", "children", "child", "aws"];
/// What may let time pass; all others wait by way of these two, which know the bounds of the operation.
const WAITERS: [&str; 2] = ["reconcile/wait.rs", "aws/retry.rs"];
/// A file is at home under this many lines; the model is over it because it is one list.
const LONGEST_FILE: usize = 400;
const LISTS: [&str; 1] = ["bundle/model.rs"];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    let name = |path: &Path| path.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
    found.iter().map(|path| (name(path), fs::read_to_string(path).expect("it is text"))).collect()
}

/// The code without its tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

fn room(name: &str) -> Option<usize> {
    ROOMS.iter().position(|room| name == format!("{room}.rs") || name.starts_with(&format!("{room}/")))
}

#[test]
fn imports_go_one_way() {
    for (name, text) in sources() {
        let Some(own) = room(&name) else { continue };
        for (above, other) in ROOMS.iter().enumerate().take(own) {
            let upward =
                code(&text).contains(&format!("crate::{other}::")) || code(&text).contains(&format!("crate::{other};"));
            assert!(!upward, "{name} names {other}, which is above it ({above} < {own})");
        }
    }
}

#[test]
fn only_two_files_let_time_pass_and_only_the_provider_reads_the_environment() {
    for (name, text) in sources() {
        if !WAITERS.contains(&name.as_str()) {
            assert!(!code(&text).contains("time::sleep"), "{name} sleeps");
        }
        if room(&name) != Some(0) && name != "main.rs" {
            assert!(!code(&text).contains("env::var"), "{name} reads the environment");
        }
    }
}

#[test]
fn files_are_short() {
    for (name, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE || LISTS.contains(&name.as_str()), "{name} has {lines} lines");
    }
}
