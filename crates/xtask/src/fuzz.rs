//! Fuzzing for a fixed short time: libFuzzer on each target of `crates/fuzz`, from the inputs that are kept there.
//!
//! cargo-fuzz needs a nightly compiler, for the sanitizers. What guides libFuzzer, counters in the code, the stable one can insert too;
//! memory errors aren't looked for, because there is no `unsafe`.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::Command;

use crate::process::{Done, Job};
use crate::tally::Tally;
use crate::workspace;

/// What to do.
#[derive(clap::Args)]
pub struct Args {
    /// Only the targets with this in their name.
    #[arg(long, default_value = "")]
    pub target: String,
    /// Seconds for each target.
    #[arg(long, default_value_t = 15)]
    pub seconds: u64,
}

/// The longest that the crates of this workspace may take to be built with counters, on a machine that has built nothing.
const BUILDING: Duration = Duration::from_secs(2400);
/// What a run may take beyond its time: it reads its corpus first.
const MARGIN: Duration = Duration::from_secs(120);
/// Bounds of a run: for one input in seconds, for one allocation and for all memory in megabytes, and the length of an input.
const LIMITS: [&str; 4] = ["-timeout=10", "-malloc_limit_mb=256", "-rss_limit_mb=1024", "-max_len=16384"];
/// A target that digests fewer in a second is not tested.
const FEWEST_IN_A_SECOND: u64 = 20;

/// Fuzzes, and says what came of it.
pub async fn run(args: &Args) -> io::Result<ExitCode> {
    let tally = fuzz(args).await?;
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The same for a sum of tests.
pub async fn fuzz(args: &Args) -> io::Result<Tally> {
    let mut tally = Tally::default();
    if !has_compiler().await {
        println!("skipped: libFuzzer needs a C++ compiler. The kept inputs are among cargo's tests.");
        return Ok(tally);
    }
    let program = build().await?;
    let corpora = workspace::entries(&workspace::root().join("crates/fuzz/corpus"))?;
    let scratch = tempfile::tempdir()?;
    for kept in &corpora {
        let name = kept.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if name.contains(&args.target) {
            let start = Instant::now();
            let ended = one(&program, name, kept, scratch.path(), args.seconds).await;
            tally.tell(name, ended, start.elapsed());
        }
    }
    Ok(tally)
}

async fn has_compiler() -> bool {
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let job = Job::start(Command::new(compiler).arg("--version"));
    match job {
        Ok(job) => job.finish(MARGIN).await.is_ok_and(|done| done.code == Some(0)),
        Err(_) => false,
    }
}

/// As one of the tests of the whole workspace: so the dependencies are those that are built already.
async fn build() -> io::Result<PathBuf> {
    let mut command = Command::new("cargo");
    command
        .args(["test", "--workspace", "--locked", "--features", "privgw-fuzz/libfuzzer", "--test", "fuzz", "--no-run"])
        .args(["--message-format", "json-render-diagnostics"])
        .env("RUSTC_WORKSPACE_WRAPPER", workspace::root().join("crates/fuzz/instrumented.sh"))
        .current_dir(workspace::root());
    let built = Job::start(&mut command)?.finish(BUILDING).await?.success("building the fuzzer")?;
    let messages = built.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs = messages.filter(|message| message["target"]["name"] == "fuzz");
    let program = programs.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    program.ok_or_else(|| io::Error::other("cargo doesn't say where the fuzzer is"))
}

async fn one(program: &Path, name: &str, kept: &Path, scratch: &Path, seconds: u64) -> io::Result<String> {
    let (found, bad) = (scratch.join(name), workspace::tools()?.join("fuzz"));
    fs::create_dir_all(&found)?;
    fs::create_dir_all(&bad)?;
    let mut command = Command::new(program);
    command
        .args([&found, kept])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/{name}-", bad.display()))
        .args(LIMITS)
        .arg("-print_final_stats=1")
        .env("FUZZ_TARGET", name)
        .env("RUST_BACKTRACE", "0");
    let done = Job::start(&mut command)?.finish(Duration::from_secs(seconds) + MARGIN).await?;
    if done.code != Some(0) {
        return Err(io::Error::other(complaint(&done, kept)));
    }
    let (inputs, memory) = (figure(&done, "stat::number_of_executed_units:")?, figure(&done, "stat::peak_rss_mb:")?);
    if inputs < FEWEST_IN_A_SECOND * seconds {
        return Err(io::Error::other(format!("only {inputs} inputs in {seconds} s")));
    }
    let places = figure(&done, "cov:")?;
    Ok(format!("{inputs} inputs, {places} places in the code, {memory} MB"))
}

/// The last number behind a word.
fn figure(done: &Done, word: &str) -> io::Result<u64> {
    let found = done.stderr.rsplit_once(word).and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
    found.ok_or_else(|| io::Error::other(format!("libFuzzer doesn't say {word}")))
}

/// What was said, and where the input is.
fn complaint(done: &Done, kept: &Path) -> String {
    const MOST_LINES: usize = 40;
    let telling = |line: &&str| !line.starts_with('#') && !line.starts_with("INFO:") && !line.starts_with("stat::");
    let lines: Vec<&str> = done.stderr.lines().filter(telling).collect();
    let last = &lines[lines.len().saturating_sub(MOST_LINES)..];
    format!("{}\nPut the input into {} when it is mended.", last.join("\n"), kept.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_figure_counts() {
        let stderr = "#2 INITED cov: 3 ft: 4\n#99 DONE   cov: 12 ft: 4\nstat::peak_rss_mb:              49\n";
        let done = Done { code: Some(0), stdout: String::new(), stderr: stderr.to_owned() };
        assert_eq!((figure(&done, "cov:").unwrap(), figure(&done, "stat::peak_rss_mb:").unwrap()), (12, 49));
        assert!(figure(&done, "stat::other:").is_err());
    }
}
