//! Integration tests of the provider, one binary.
//!
//! `world` is the simulator in process under paused time with a small stand-in for Terraform; the other files are named after
//! what they prove.

mod strikes;
mod world;

mod adopt;
mod binary;
mod blue_green;
mod budget;
mod children;
mod conformance;
mod crowd;
mod drift;
mod existing;
mod failed_create;
mod faults;
mod handed_in;
mod house;
mod interrupt;
mod journal;
mod life;
mod mistakes;
mod namesakes;
mod openapi;
mod permissions;
mod prober;
mod replacement;
mod strict;
mod sweep;
mod timeouts;
mod walk;

/// Tells what a test has measured: libtest keeps what `println!` writes to itself.
pub fn say(text: &str) {
    use std::io::Write;
    let _ = std::io::stdout().write_all(text.as_bytes());
}
