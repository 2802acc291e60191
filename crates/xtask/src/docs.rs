//! The pages of the Terraform Registry, rendered from the schema and the examples.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use privgw::bundle::model::InternalApi;
use privgw::provider::Config;
use tfplugin::Schema;
use tfplugin::docs::{render_provider, render_resource};

use crate::workspace;

/// What to do with the pages.
#[derive(clap::Args)]
pub struct Args {
    /// Write nothing; fail if a page isn't what it would be.
    #[arg(long)]
    check: bool,
}

/// Writes or compares the pages.
pub fn run(args: &Args) -> io::Result<ExitCode> {
    let stale = if args.check { stale()? } else { write()? };
    Ok(if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints and returns the pages that are not what they would be.
pub fn stale() -> io::Result<Vec<&'static str>> {
    let mut stale = Vec::new();
    for (path, page) in pages()? {
        if fs::read_to_string(workspace::root().join(path)).unwrap_or_default() != page {
            println!("{path} is stale; run `make docs`");
            stale.push(path);
        }
    }
    Ok(stale)
}

fn write() -> io::Result<Vec<&'static str>> {
    for (path, page) in pages()? {
        let file = workspace::root().join(path);
        fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
        fs::write(file, page)?;
        println!("{path}");
    }
    Ok(Vec::new())
}

fn pages() -> io::Result<[(&'static str, String); 2]> {
    let example = |path: &str| workspace::read(&workspace::root().join("examples").join(path));
    let provider = example("provider/provider.tf")?;
    let resource = example("resources/privgw_internal_api/resource.tf")?;
    Ok([
        ("docs/index.md", render_provider("privgw", &Schema::of::<Config>(0), Some(&provider))),
        (
            "docs/resources/internal_api.md",
            render_resource("privgw_internal_api", &Schema::of::<InternalApi>(0), Some(&resource), None),
        ),
    ])
}
