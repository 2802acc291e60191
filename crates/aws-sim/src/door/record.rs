//! The log of control-plane calls.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::Need;

/// How many calls are remembered. A long run forgets its oldest ones; a file has them all.
const KEPT: usize = 50_000;

/// One control-plane call.
#[derive(Debug, Clone, Serialize)]
pub struct CallRecord {
    /// Position in the log, from one.
    pub seq: u64,
    /// Virtual milliseconds since the start, before latency.
    pub at_ms: u64,
    /// Signing name of the service.
    pub service: String,
    /// Operation, as AWS names it.
    pub operation: String,
    /// Account of the caller.
    pub account: String,
    /// Region of the call.
    pub region: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Error code, when it was refused.
    pub error: Option<String>,
    /// The kind of fault that struck it.
    pub fault: Option<String>,
    /// Who called.
    pub user_agent: String,
    /// The parameters, secrets left out.
    pub request: Value,
    /// The permissions it needed, in the file as `action resource`; none if it was refused before anybody asked.
    pub needs: Vec<Need>,
}

/// Calls in memory and, if asked for, in a file.
#[derive(Debug, Default)]
pub struct Log {
    calls: VecDeque<CallRecord>,
    /// How many there were, with the forgotten ones.
    count: u64,
    file: Option<File>,
}

impl Log {
    /// A log that also appends to `path`; a file that cannot be opened is reported and done without.
    pub fn new(path: Option<&Path>) -> Log {
        let open = |path: &Path| {
            let opened = OpenOptions::new().create(true).append(true).open(path);
            opened.map_err(|error| eprintln!("aws-sim: cannot write {}: {error}", path.display())).ok()
        };
        Log { calls: VecDeque::new(), count: 0, file: path.and_then(open) }
    }

    /// Adds a call.
    pub fn push(&mut self, mut record: CallRecord) {
        self.count += 1;
        record.seq = self.count;
        if let (Some(file), Ok(line)) = (&mut self.file, serde_json::to_string(&record)) {
            // A full disk must not stop the simulation.
            let _ = writeln!(file, "{line}");
        }
        if self.calls.len() == KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(record);
    }

    /// The calls so far, or the last of very many.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.calls.iter().cloned().collect()
    }

    /// Forgets the calls; the file keeps its lines.
    pub fn clear(&mut self) {
        self.calls.clear();
        self.count = 0;
    }
}
