//! The pages of the Terraform Registry, rendered from the schema and the examples.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use privgw::bundle::data::Found;
use privgw::bundle::model::InternalApi;
use privgw::functions;
use privgw::provider::Config;
use tfplugin::Schema;
use tfplugin::docs::{render_data_source, render_function, render_provider, render_resource};
use tfplugin::function::Signature;

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
pub fn stale() -> io::Result<Vec<String>> {
    let mut stale = Vec::new();
    for (path, page) in pages()? {
        if fs::read_to_string(workspace::root().join(&path)).unwrap_or_default() != page {
            println!("{path} is stale; run `make docs`");
            stale.push(path);
        }
    }
    Ok(stale)
}

fn write() -> io::Result<Vec<String>> {
    for (path, page) in pages()? {
        let file = workspace::root().join(&path);
        fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
        fs::write(file, page)?;
        println!("{path}");
    }
    Ok(Vec::new())
}

fn pages() -> io::Result<Vec<(String, String)>> {
    const TYPE: &str = "privgw_internal_api";
    let example = |path: String| workspace::read(&workspace::root().join("examples").join(path));
    let provider = example("provider/provider.tf".into())?;
    let resource = example(format!("resources/{TYPE}/resource.tf"))?;
    let data = example(format!("data-sources/{TYPE}/data-source.tf"))?;
    let mut pages = vec![
        ("docs/index.md".into(), render_provider("privgw", &Schema::of::<Config>(0), Some(&provider))),
        (
            "docs/resources/internal_api.md".into(),
            render_resource(TYPE, &Schema::of::<InternalApi>(0), Some(&resource), None),
        ),
        ("docs/data-sources/internal_api.md".into(), render_data_source(TYPE, &Schema::of::<Found>(0), Some(&data))),
    ];
    for function in functions::all() {
        let name = function.name();
        let example = example(format!("functions/{name}/function.tf"))?;
        let page = render_function("privgw", &Signature::of(function.as_ref()), Some(&example));
        pages.push((format!("docs/functions/{name}.md"), page));
    }
    Ok(pages)
}
