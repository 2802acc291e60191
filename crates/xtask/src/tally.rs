//! What became of cases: counted, and told one on a line.

use std::io;
use std::time::Duration;

/// What became of all cases.
#[derive(Default)]
pub struct Tally {
    /// Those that passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
}

impl Tally {
    /// Counts others, too.
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Counts a case and prints what became of it: its note, or its error.
    pub fn tell(&mut self, case: &str, result: io::Result<String>, time: Duration) {
        let seconds = time.as_secs_f64();
        match result {
            Ok(note) => {
                self.passed += 1;
                println!("ok      {case:<36} {seconds:5.1} s  {note}");
            }
            Err(error) => {
                self.failed += 1;
                println!("FAILED  {case:<36} {seconds:5.1} s");
                error.to_string().lines().for_each(|line| println!("        {line}"));
            }
        }
    }
}
