//! How much memory the provider needs, as Linux counts it.

use std::cell::Cell;
use std::convert::Infallible;
use std::fs;
use std::time::Duration;

/// A process that lives shorter than this may be missed.
const PAUSE: Duration = Duration::from_millis(25);

/// Notes the highest resident set of any provider in a process group, in kibibytes, until it is dropped. On systems without
/// `/proc` it finds nothing.
pub async fn watch(group: u32, peak: &Cell<u64>) -> Infallible {
    loop {
        peak.set(peak.get().max(resident(group)));
        tokio::time::sleep(PAUSE).await;
    }
}

fn resident(group: u32) -> u64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| is_provider(*id, group)).filter_map(high_water).max().unwrap_or_default()
}

/// The kernel cuts names after 15 bytes, and puts them between parentheses; the group is the third field behind them.
fn is_provider(id: u32, group: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let Some((name, rest)) = stat.rsplit_once(')') else { return false };
    name.ends_with("(terraform-provi") && rest.split_whitespace().nth(2) == Some(&group.to_string())
}

fn high_water(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
