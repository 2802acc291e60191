//! How much memory the provider needs, as Linux counts it.

use std::cell::Cell;
use std::convert::Infallible;
use std::fs;
use std::time::Duration;

use crate::process::{PROVIDER, members};

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
    members(group, PROVIDER).into_iter().filter_map(high_water).max().unwrap_or_default()
}

fn high_water(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
