//! libFuzzer on the target that `FUZZ_TARGET` names. `make fuzz` builds and runs it.
#![no_main]

use std::sync::OnceLock;

use privgw_fuzz::{Target, target};

libfuzzer_sys::fuzz_target!(|input: &[u8]| (chosen().run)(input));

fn chosen() -> &'static Target {
    static CHOSEN: OnceLock<&'static Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        target(&name).unwrap_or_else(|| panic!("FUZZ_TARGET is {name:?}, which is no target"))
    })
}
