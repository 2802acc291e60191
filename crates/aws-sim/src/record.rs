//! The log of control-plane calls.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

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
    /// Who called.
    pub user_agent: String,
    /// The parameters, secrets left out.
    pub request: Value,
}

/// Calls in memory and, if asked for, in a file.
#[derive(Debug, Default)]
pub struct Log {
    calls: Vec<CallRecord>,
    file: Option<File>,
}

impl Log {
    /// A log that also appends to `path`; a file that cannot be opened is reported and done without.
    pub fn new(path: Option<&Path>) -> Log {
        let open = |path: &Path| {
            let opened = OpenOptions::new().create(true).append(true).open(path);
            opened.map_err(|error| eprintln!("aws-sim: cannot write {}: {error}", path.display())).ok()
        };
        Log { calls: Vec::new(), file: path.and_then(open) }
    }

    /// Adds a call.
    pub fn push(&mut self, mut record: CallRecord) {
        record.seq = self.calls.len() as u64 + 1;
        if let (Some(file), Ok(line)) = (&mut self.file, serde_json::to_string(&record)) {
            // A full disk must not stop the simulation.
            let _ = writeln!(file, "{line}");
        }
        self.calls.push(record);
    }

    /// All calls so far.
    pub fn calls(&self) -> &[CallRecord] {
        &self.calls
    }

    /// Forgets the calls; the file keeps its lines.
    pub fn clear(&mut self) {
        self.calls.clear();
    }
}
