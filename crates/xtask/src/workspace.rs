//! Where things are: the checkout, and the programs that cargo has built.

use std::io;
use std::path::{Path, PathBuf};

/// The version of everything in this workspace.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The top of the checkout.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A program of this workspace, which lies beside this one.
pub fn program(name: &str) -> io::Result<PathBuf> {
    let path = programs()?.join(name);
    if path.exists() {
        return Ok(path);
    }
    Err(io::Error::other(format!("{} is missing; the Makefile builds it before it calls xtask", path.display())))
}

/// The directory of downloads that outlive `cargo build`, in the target directory.
pub fn tools() -> io::Result<PathBuf> {
    let programs = programs()?;
    Ok(programs.parent().unwrap_or(&programs).join("tools"))
}

/// Copies a directory with everything in it, except what Terraform leaves behind.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if text.starts_with(".terraform") || text.contains(".tfstate") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(&name))?;
        } else {
            std::fs::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}

/// The entries of a directory in the order of their names.
pub fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(directory).map_err(|error| named(directory, &error))?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The text of a file; an error names it.
pub fn read(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path).map_err(|error| named(path, &error))
}

fn programs() -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.parent().unwrap_or(Path::new(".")).to_path_buf())
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
