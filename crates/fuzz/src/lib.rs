//! Everything that reads what comes from outside, for a fuzzer: no input may make it panic, hang or eat memory, and what it refuses, it
//! refuses with words.
//!
//! `corpus/` keeps inputs for each [`Target`]: what was drawn from real ones, what has led somewhere new, and what has ever been the end
//! of one. They are run as a test. With the feature `libfuzzer`, `tests/fuzz.rs` draws more of them; `make fuzz` does that.

mod answers;
mod here;
mod openapi;
#[cfg(test)]
mod seeds;
mod state;
mod texts;
mod values;

/// Something that takes inputs from outside.
pub struct Target {
    /// Its name, and that of its directory in `corpus/`.
    pub name: &'static str,
    /// Gives it an input; panics if what comes of that isn't in order.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "answers", run: answers::run },
    Target { name: "openapi", run: openapi::run },
    Target { name: "state", run: state::run },
    Target { name: "texts", run: texts::run },
    Target { name: "values", run: values::run },
];

/// The target of a name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Enough for every way that an input can take.
    const FEWEST: usize = 5;

    #[test]
    fn every_kept_input_is_digested() {
        for target in TARGETS {
            let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
            let mut files: Vec<_> =
                fs::read_dir(&directory).expect("a corpus").map(|file| file.unwrap().path()).collect();
            files.sort();
            assert!(files.len() >= FEWEST, "{}: {} inputs", target.name, files.len());
            for file in files {
                // The name is shown with the panic that it leads to.
                println!("{}", file.display());
                (target.run)(&fs::read(&file).expect("a file"));
            }
        }
    }
}
