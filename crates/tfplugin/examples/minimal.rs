//! The least that makes a provider: one resource, a file with a text in it.

use std::{fs, io::ErrorKind, process::ExitCode, sync::Arc};

use tfplugin::{
    ApplyResponse, Attr, Call, DeleteResponse, Diagnostic, Diagnostics, Model, Path, PlanRequest, PlanResponse,
    Provider, ReadResponse, Resource, ResourceEntry, provider::Configured,
};

#[tokio::main]
async fn main() -> ExitCode {
    tfplugin::serve(Minimal, std::env::args()).await
}

struct Minimal;

/// Nothing to configure.
#[derive(Clone, Debug, PartialEq, Model)]
struct Config {}

impl Provider for Minimal {
    type Config = Config;
    type Meta = ();

    fn name(&self) -> &'static str {
        "minimal"
    }
    fn address(&self) -> &'static str {
        "registry.terraform.io/example/minimal"
    }
    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
    fn description(&self) -> &'static str {
        "files with a text in them."
    }
    fn validate(&self, _: &Config) -> Diagnostics {
        Diagnostics::new()
    }
    async fn configure(&self, _: &Call, _: &str, _: Config) -> Configured<()> {
        Ok((Some(Arc::new(())), Diagnostics::new()))
    }
    fn resources(&self) -> Vec<ResourceEntry<()>> {
        vec![ResourceEntry::new(Files)]
    }
}

/// A file.
#[derive(Clone, Debug, PartialEq, Model)]
struct File {
    /// Where it is. A change makes another file.
    #[attr(required)]
    path: Attr<String>,
    /// What is in it.
    #[attr(required)]
    text: Attr<String>,
    /// How long it is, in bytes.
    #[attr(computed)]
    size: Attr<i64>,
}

struct Files;

impl Files {
    fn write(mut plan: File, private: Vec<u8>) -> ApplyResponse<File> {
        let text = plan.text.known_or(String::new());
        plan.size = Attr::Known(text.len() as i64);
        let written = fs::write(plan.path.known_or(String::new()), text);
        let failed = written.err().map(|why| Diagnostic::error("Could not write the file", why.to_string()));
        let state = failed.is_none().then_some(plan);
        ApplyResponse { state, private, diagnostics: failed.into_iter().collect() }
    }
}

impl Resource for Files {
    type Meta = ();
    type Model = File;

    fn type_name(&self) -> &'static str {
        "minimal_file"
    }
    fn validate(&self, _: &File) -> Diagnostics {
        Diagnostics::new()
    }
    async fn plan(&self, _: &Call, _: Option<&Arc<()>>, request: PlanRequest<File>) -> PlanResponse<File> {
        let PlanRequest { prior, proposed: mut planned, private, .. } = request;
        planned.size = planned.text.clone().map(|text| text.len() as i64);
        let moves = prior.is_some_and(|prior| prior.path != planned.path);
        let replace = if moves { vec![Path::attr("path")] } else { Vec::new() };
        PlanResponse { planned, private, replace, diagnostics: Diagnostics::new() }
    }
    async fn read(&self, _: &Call, _: &Arc<()>, mut state: File, private: Vec<u8>) -> ReadResponse<File> {
        match fs::read_to_string(state.path.known_or(String::new())) {
            Ok(text) => {
                state.size = Attr::Known(text.len() as i64);
                state.text = Attr::Known(text);
                ReadResponse::Found { state, private, diagnostics: Diagnostics::new() }
            }
            Err(why) if why.kind() == ErrorKind::NotFound => ReadResponse::Gone,
            Err(why) => ReadResponse::Failed(Diagnostic::error("Could not read the file", why.to_string()).into()),
        }
    }
    async fn create(&self, _: &Call, _: &Arc<()>, plan: File, _: File, private: Vec<u8>) -> ApplyResponse<File> {
        Files::write(plan, private)
    }
    async fn update(&self, _: &Call, _: &Arc<()>, _: File, plan: File, _: File, old: Vec<u8>) -> ApplyResponse<File> {
        Files::write(plan, old)
    }
    async fn delete(&self, _: &Call, _: &Arc<()>, state: File, private: Vec<u8>) -> DeleteResponse<File> {
        match fs::remove_file(state.path.known_or(String::new())) {
            Err(why) if why.kind() != ErrorKind::NotFound => {
                let diagnostics = Diagnostic::error("Could not remove the file", why.to_string()).into();
                DeleteResponse::Left { state, private, diagnostics }
            }
            _ => DeleteResponse::Gone { diagnostics: Diagnostics::new() },
        }
    }
}
