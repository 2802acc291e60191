//! A whole provider in one file: a resource that remembers nothing but its state, a data source and a function.

use std::{collections::BTreeMap, process::ExitCode, sync::Arc, time::Duration};

use tfplugin::{
    ApplyResponse, Attr, Call, DataSource, DataSourceEntry, DeleteResponse, Diagnostic, Diagnostics, Function,
    FunctionError, Model, Number, Parameter, Path, PlanRequest, PlanResponse, Provider, ReadResponse, Resource,
    ResourceEntry, Type, Value,
    function::{known, rest},
    provider::Configured,
};
use tokio::time::sleep;

#[tokio::main]
async fn main() -> ExitCode {
    tfplugin::serve(Tiny, std::env::args()).await
}

struct Tiny;

/// A provider to look at.
#[derive(Clone, Debug, PartialEq, Model)]
struct Config {
    /// Comes before the name in every id.
    #[attr(optional)]
    prefix: Attr<String>,
}

struct Meta {
    prefix: String,
}

impl Provider for Tiny {
    type Config = Config;
    type Meta = Meta;

    fn name(&self) -> &'static str {
        "tiny"
    }

    fn address(&self) -> &'static str {
        "registry.terraform.io/example/tiny"
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn description(&self) -> &'static str {
        "things that exist only in state."
    }

    fn validate(&self, _: &Config) -> Diagnostics {
        Diagnostics::new()
    }

    async fn configure(&self, _: &Call, _: &str, config: Config) -> Configured<Meta> {
        if config.prefix.is_unknown() {
            return Ok((None, Diagnostics::new()));
        }
        let prefix = config.prefix.known_or("thing-".to_owned());
        Ok((Some(Arc::new(Meta { prefix })), Diagnostics::new()))
    }

    fn resources(&self) -> Vec<ResourceEntry<Meta>> {
        vec![ResourceEntry::new(Things)]
    }

    fn data_sources(&self) -> Vec<DataSourceEntry<Meta>> {
        vec![DataSourceEntry::new(Shelves)]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        vec![Box::new(Shout)]
    }
}

/// A thing.
#[derive(Clone, Debug, PartialEq, Model)]
struct Thing {
    /// Made of the prefix and the first name.
    #[attr(computed)]
    id: Attr<String>,
    /// What it is called. A change makes a new thing.
    #[attr(required)]
    name: Attr<String>,
    /// How large it is, exactly.
    #[attr(optional)]
    size: Attr<Number>,
    /// Its parts by name.
    #[attr(optional)]
    parts: Attr<BTreeMap<String, Attr<Part>>>,
    /// Forgotten at once.
    #[attr(optional, write_only, sensitive)]
    secret: Attr<String>,
    /// How many seconds it takes to make.
    #[attr(optional)]
    slow: Attr<i64>,
    /// Makes a mess instead.
    #[attr(optional)]
    panic: Attr<bool>,
    /// Steps that were taken to make it.
    #[attr(computed)]
    steps: Attr<i64>,
}

/// A part.
#[derive(Clone, Debug, PartialEq, Model)]
struct Part {
    /// In grams.
    #[attr(required)]
    weight: Attr<i64>,
    /// What is written on it, `none` if nothing is said.
    #[attr(optional, computed)]
    label: Attr<String>,
    /// Which part it is.
    #[attr(computed)]
    serial: Attr<String>,
}

struct Things;

impl Things {
    /// Does some work, a second at a time, until it is done or interrupted.
    async fn make(&self, call: &Call, meta: &Meta, plan: &mut Thing) -> Diagnostics {
        if plan.panic == Attr::Known(true) {
            panic!("a mess, as asked for");
        }
        let name = plan.name.known_or(String::new());
        plan.id = Attr::Known(format!("{}{name}", meta.prefix));
        for step in 0..plan.slow.known_or(0) {
            plan.steps = Attr::Known(step);
            tokio::select! {
                () = sleep(Duration::from_secs(1)) => {}
                () = call.cancel.cancelled() => {
                    return Diagnostic::error("Interrupted", format!("{name} is made in part.")).into();
                }
            }
        }
        plan.steps = Attr::Known(plan.slow.known_or(0));
        if let Attr::Known(parts) = &mut plan.parts {
            for (name, part) in parts {
                if let Attr::Known(part) = part {
                    part.serial = Attr::Known(format!("{name}-1"));
                }
            }
        }
        Diagnostics::new()
    }
}

impl Resource for Things {
    type Meta = Meta;
    type Model = Thing;

    fn type_name(&self) -> &'static str {
        "tiny_thing"
    }

    fn version(&self) -> i64 {
        1
    }

    fn validate(&self, config: &Thing) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if config.name.known().is_some_and(String::is_empty) {
            diagnostics.error(Path::attr("name"), "Empty name", "A thing needs a name.");
        }
        diagnostics
    }

    async fn plan(&self, _: &Call, _: Option<&Arc<Meta>>, request: PlanRequest<Thing>) -> PlanResponse<Thing> {
        let mut planned = request.proposed;
        let parts = planned.parts.known().cloned().unwrap_or_default();
        let parts = parts.into_iter().map(|(name, part)| (name, part.map(plan_part)));
        planned.parts = planned.parts.map(|_| parts.collect());
        let mut replace = Vec::new();
        match &request.prior {
            Some(prior) if *prior == planned => {}
            Some(prior) => {
                planned.steps = Attr::Unknown;
                if prior.name != planned.name {
                    planned.id = Attr::Unknown;
                    replace.push(Path::attr("name"));
                }
            }
            None => {
                planned.id = Attr::Unknown;
                planned.steps = Attr::Unknown;
            }
        }
        PlanResponse { planned, private: request.private, replace, diagnostics: Diagnostics::new() }
    }

    async fn read(&self, _: &Call, _: &Arc<Meta>, state: Thing, private: Vec<u8>) -> ReadResponse<Thing> {
        ReadResponse::Found { state, private, diagnostics: Diagnostics::new() }
    }

    async fn create(
        &self,
        call: &Call,
        meta: &Arc<Meta>,
        mut plan: Thing,
        _: Thing,
        _: Vec<u8>,
    ) -> ApplyResponse<Thing> {
        let diagnostics = self.make(call, meta, &mut plan).await;
        ApplyResponse { state: Some(plan), private: b"made".to_vec(), diagnostics }
    }

    async fn update(
        &self,
        call: &Call,
        meta: &Arc<Meta>,
        prior: Thing,
        mut plan: Thing,
        _: Thing,
        private: Vec<u8>,
    ) -> ApplyResponse<Thing> {
        if plan.slow.known_or(0) < 0 {
            let error = Diagnostic::error("No way back", "Time does not run backwards.");
            return ApplyResponse { state: None, private, diagnostics: error.into() };
        }
        let diagnostics = self.make(call, meta, &mut plan).await;
        plan.id = prior.id;
        ApplyResponse { state: Some(plan), private, diagnostics }
    }

    async fn delete(&self, _: &Call, _: &Arc<Meta>, _: Thing, _: Vec<u8>) -> DeleteResponse<Thing> {
        DeleteResponse::Gone { diagnostics: Diagnostics::new() }
    }
}

fn plan_part(mut part: Part) -> Part {
    if part.label.is_null() {
        part.label = Attr::Known("none".to_owned());
    }
    if part.serial.is_null() {
        part.serial = Attr::Unknown;
    }
    part
}

/// A shelf for things. There is one of every name but the empty one.
#[derive(Clone, Debug, PartialEq, Model)]
struct Shelf {
    /// What it is called.
    #[attr(required)]
    name: Attr<String>,
    /// Made of the prefix and the name.
    #[attr(computed)]
    id: Attr<String>,
}

struct Shelves;

impl DataSource for Shelves {
    type Meta = Meta;
    type Model = Shelf;

    fn type_name(&self) -> &'static str {
        "tiny_shelf"
    }

    async fn read(&self, _: &Call, meta: &Arc<Meta>, mut shelf: Shelf) -> Result<(Shelf, Diagnostics), Diagnostics> {
        let name = shelf.name.known_or(String::new());
        if name.is_empty() {
            let refusal = Diagnostic::error("No such shelf", "A shelf has a name.");
            return Err(refusal.at(Path::attr("name")).into());
        }
        shelf.id = Attr::Known(format!("{}shelf-{name}", meta.prefix));
        Ok((shelf, Diagnostics::new()))
    }
}

struct Shout;

impl Function for Shout {
    fn name(&self) -> &'static str {
        "shout"
    }

    fn summary(&self) -> &'static str {
        "Words, louder."
    }

    fn description(&self) -> &'static str {
        "Makes a sentence of words, in capital letters and with an exclamation mark."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::of::<String>("word", "The first word.")]
    }

    fn variadic(&self) -> Option<Parameter> {
        Some(Parameter::of::<String>("more", "The other words."))
    }

    fn returns(&self) -> Type {
        Type::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let mut words = vec![known::<String>(&arguments, 0)?];
        words.extend(rest::<String>(&arguments, 1)?);
        if let Some(silent) = words.iter().position(String::is_empty) {
            return Err(FunctionError::new("there is nothing to shout").at(silent));
        }
        Ok(format!("{}!", words.join(" ").to_uppercase()).into())
    }
}
