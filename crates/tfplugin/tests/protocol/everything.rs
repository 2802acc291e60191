//! A provider in this process whose only resource has an attribute of every kind. Its world is a map in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value as Json, json};
use tfplugin::{
    ApplyResponse, Attr, Call, DataSourceEntry, DeleteResponse, Diagnostics, Function, Identity, IdentityAttribute,
    IdentitySchema, ImportId, Listed, Model, MoveSource, Number, Path, PlanRequest, PlanResponse, Provider,
    ReadResponse, Resource, ResourceEntry, Set, Value,
    provider::Configured,
    testing::{Rpc, terraform::Driver},
};

use crate::{data, functions};

pub const EVERYTHING: &str = "lab_everything";

/// A driver of a provider that is configured.
pub async fn driver() -> Driver {
    Driver::new(rpc().await, EVERYTHING)
}

/// The protocol with such a provider.
pub async fn rpc() -> Rpc {
    let rpc = unconfigured().await;
    assert!(rpc.configure(&Value::object::<&str>([])).await.unwrap().is_empty());
    rpc
}

/// The same before it is configured.
pub async fn unconfigured() -> Rpc {
    Rpc::in_process(Lab).await.unwrap()
}

struct Lab;

/// Nothing to configure.
#[derive(Clone, Debug, PartialEq, Model)]
struct Config {}

/// What exists, and how many things there have ever been.
pub type World = Mutex<(BTreeMap<String, Everything>, u64)>;

impl Provider for Lab {
    type Config = Config;
    type Meta = World;

    fn name(&self) -> &'static str {
        "lab"
    }

    fn address(&self) -> &'static str {
        "registry.terraform.io/example/lab"
    }

    fn version(&self) -> &'static str {
        "0.0.0"
    }

    fn description(&self) -> &'static str {
        "every kind of attribute."
    }

    fn validate(&self, _: &Config) -> Diagnostics {
        Diagnostics::new()
    }

    async fn configure(&self, _: &Call, _: &str, _: Config) -> Configured<World> {
        Ok((Some(Arc::default()), Diagnostics::new()))
    }

    fn resources(&self) -> Vec<ResourceEntry<World>> {
        vec![ResourceEntry::new(Things)]
    }

    fn data_sources(&self) -> Vec<DataSourceEntry<World>> {
        vec![DataSourceEntry::new(data::Lookups)]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        functions::functions()
    }
}

/// A thing with everything.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct Everything {
    /// Its id.
    #[attr(computed)]
    id: Attr<String>,
    /// A change makes a new thing.
    #[attr(required)]
    name: Attr<String>,
    /// A number.
    #[attr(optional)]
    size: Attr<Number>,
    /// A bool.
    #[attr(optional)]
    on: Attr<bool>,
    /// Chosen by the user or else by the provider.
    #[attr(optional, computed)]
    label: Attr<String>,
    /// A list.
    #[attr(optional)]
    list: Attr<Vec<Attr<String>>>,
    /// A set.
    #[attr(optional)]
    set: Attr<Set<Attr<String>>>,
    /// A map.
    #[attr(optional)]
    map: Attr<BTreeMap<String, Attr<String>>>,
    /// An object.
    #[attr(optional)]
    one: Attr<Part>,
    /// Objects in order.
    #[attr(optional)]
    many: Attr<Vec<Attr<Part>>>,
    /// Objects by key.
    #[attr(optional)]
    named: Attr<BTreeMap<String, Attr<Part>>>,
    /// Objects without order.
    #[attr(optional)]
    loose: Attr<Set<Attr<Peg>>>,
    /// Forgotten at once.
    #[attr(optional, write_only)]
    secret: Attr<String>,
    /// Counts changes.
    #[attr(computed)]
    revision: Attr<i64>,
}

/// A part.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct Part {
    /// How heavy.
    #[attr(required)]
    weight: Attr<Number>,
    /// `none` if nothing is said.
    #[attr(optional, computed)]
    label: Attr<String>,
    /// Which one it is.
    #[attr(computed)]
    serial: Attr<String>,
    /// Forgotten at once, too.
    #[attr(optional, write_only)]
    key: Attr<String>,
}

/// Something in a set.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct Peg {
    /// How long.
    #[attr(required)]
    length: Attr<Number>,
    /// Of what colour.
    #[attr(optional)]
    colour: Attr<String>,
}

impl Everything {
    fn parts(&mut self) -> Vec<&mut Attr<Part>> {
        let Everything { one, many, named, .. } = self;
        let mut parts = vec![one];
        if let Attr::Known(many) = many {
            parts.extend(many);
        }
        if let Attr::Known(named) = named {
            parts.extend(named.values_mut());
        }
        parts
    }

    /// Makes known what only the provider can tell.
    fn make(&mut self, revision: i64) {
        let name = self.name.known_or(String::new());
        self.secret = Attr::Null;
        if self.label.is_unknown() {
            self.label = Attr::Known(format!("of {name}"));
        }
        self.revision = Attr::Known(revision);
        for part in self.parts() {
            if let Attr::Known(part) = part
                && part.serial.is_unknown()
            {
                part.serial = Attr::Known(format!("{revision}-{:?}", part.weight.known()));
            }
        }
    }
}

struct Things;

impl Things {
    fn store(world: &World, mut thing: Everything, private: Vec<u8>) -> ApplyResponse<Everything> {
        let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
        if thing.id.is_unknown() {
            world.1 += 1;
            thing.id = Attr::Known(format!("thing-{}", world.1));
        }
        world.0.insert(thing.id.known_or(String::new()), thing.clone());
        ApplyResponse { state: Some(thing), private, diagnostics: Diagnostics::new() }
    }
}

impl Resource for Things {
    type Meta = World;
    type Model = Everything;

    fn type_name(&self) -> &'static str {
        EVERYTHING
    }

    fn validate(&self, _: &Everything) -> Diagnostics {
        Diagnostics::new()
    }

    fn identity_schema(&self) -> Option<IdentitySchema> {
        let attribute = |name, is_required| IdentityAttribute { name, description: "As it says.", is_required };
        Some(IdentitySchema { version: 3, attributes: vec![attribute("id", true), attribute("place", false)] })
    }

    fn identity(&self, state: &Everything) -> Option<Identity> {
        let id = state.id.known()?.clone();
        Some(Identity::from([("id".to_owned(), id), ("place".to_owned(), "here".to_owned())]))
    }

    fn is_listable(&self) -> bool {
        true
    }

    async fn list(
        &self,
        _: &Call,
        world: &Arc<World>,
        limit: usize,
        _: bool,
    ) -> Result<Vec<Listed<Everything>>, Diagnostics> {
        let world = world.lock().unwrap_or_else(PoisonError::into_inner);
        let found = world.0.values().take(limit);
        Ok(found.map(|thing| Listed { name: thing.name.known_or(String::new()), state: thing.clone() }).collect())
    }

    fn take_over(&self, source: &MoveSource) -> Option<Result<Json, Diagnostics>> {
        (source.type_name == "other_thing").then(|| Ok(json!({"id": source.state["key"], "name": "moved"})))
    }

    async fn plan(
        &self,
        _: &Call,
        _: Option<&Arc<World>>,
        request: PlanRequest<Everything>,
    ) -> PlanResponse<Everything> {
        let PlanRequest { prior, proposed: mut planned, private, .. } = request;
        for part in planned.parts() {
            if let Attr::Known(part) = part {
                if part.label.is_null() {
                    part.label = Attr::Known("none".to_owned());
                }
                if part.serial.is_null() {
                    part.serial = Attr::Unknown;
                }
            }
        }
        let mut replace = Vec::new();
        match &prior {
            Some(prior) if *prior == planned => {}
            Some(prior) => {
                planned.revision = Attr::Unknown;
                if prior.name != planned.name {
                    planned.id = Attr::Unknown;
                    replace.push(Path::attr("name"));
                }
            }
            None => {
                planned.id = Attr::Unknown;
                planned.revision = Attr::Unknown;
                if planned.label.is_null() {
                    planned.label = Attr::Unknown;
                }
            }
        }
        PlanResponse { planned, private, replace, diagnostics: Diagnostics::new() }
    }

    async fn read(
        &self,
        _: &Call,
        world: &Arc<World>,
        state: Everything,
        private: Vec<u8>,
    ) -> ReadResponse<Everything> {
        let id = state.id.known_or(String::new());
        match world.lock().unwrap_or_else(PoisonError::into_inner).0.get(&id).cloned() {
            Some(state) => ReadResponse::Found { state, private, diagnostics: Diagnostics::new() },
            None => ReadResponse::Gone,
        }
    }

    async fn create(
        &self,
        _: &Call,
        world: &Arc<World>,
        mut plan: Everything,
        _: Everything,
        _: Vec<u8>,
    ) -> ApplyResponse<Everything> {
        plan.make(1);
        Things::store(world, plan, b"made".to_vec())
    }

    async fn update(
        &self,
        _: &Call,
        world: &Arc<World>,
        prior: Everything,
        mut plan: Everything,
        _: Everything,
        private: Vec<u8>,
    ) -> ApplyResponse<Everything> {
        plan.make(prior.revision.known_or(0) + 1);
        Things::store(world, plan, private)
    }

    async fn delete(&self, _: &Call, world: &Arc<World>, prior: Everything, _: Vec<u8>) -> DeleteResponse<Everything> {
        world.lock().unwrap_or_else(PoisonError::into_inner).0.remove(&prior.id.known_or(String::new()));
        DeleteResponse::Gone { diagnostics: Diagnostics::new() }
    }

    async fn import(&self, _: &Call, world: &Arc<World>, id: ImportId) -> Result<(Everything, Vec<u8>), Diagnostics> {
        let id = match id {
            ImportId::Id(id) => id,
            ImportId::Identity(identity) => identity["id"].clone(),
        };
        let found = world.lock().unwrap_or_else(PoisonError::into_inner).0.get(&id).cloned();
        let missing = || tfplugin::Diagnostic::error("No such thing", format!("There is no thing {id:?}.")).into();
        found.map(|thing| (thing, b"made".to_vec())).ok_or_else(missing)
    }
}
