//! A data source of the lab, and what Terraform asks of it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tfplugin::{Attr, Call, DataSource, Diagnostic, Diagnostics, Model, Path, Set, Value, testing::Rpc};

use crate::{
    attribute, configured,
    everything::{World, rpc, unconfigured},
    spawn,
};

pub const LOOKUP: &str = "lab_lookup";

/// A thing that is looked up.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct Lookup {
    /// Decides what comes of it.
    #[attr(required)]
    name: Attr<String>,
    /// Chosen by the user or else by the provider.
    #[attr(optional, computed)]
    label: Attr<String>,
    /// Of what colours it may be.
    #[attr(optional)]
    colours: Attr<Set<Attr<String>>>,
    /// What is asked for, and what there is.
    #[attr(optional)]
    parts: Attr<BTreeMap<String, Attr<Part>>>,
    /// Its id.
    #[attr(computed)]
    id: Attr<String>,
}

/// A part.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct Part {
    /// Which one is asked for.
    #[attr(required)]
    number: Attr<i64>,
    /// What is written on it.
    #[attr(computed)]
    serial: Attr<String>,
}

pub struct Lookups;

impl DataSource for Lookups {
    type Meta = World;
    type Model = Lookup;

    fn type_name(&self) -> &'static str {
        LOOKUP
    }

    fn validate(&self, config: &Lookup) -> Diagnostics {
        let is_empty = config.name.known().is_some_and(String::is_empty);
        let refusal = || Diagnostic::error("Empty name", "Nothing is called so.").at(Path::attr("name"));
        is_empty.then(refusal).into_iter().collect()
    }

    async fn read(&self, _: &Call, _: &Arc<World>, mut found: Lookup) -> Result<(Lookup, Diagnostics), Diagnostics> {
        let name = found.name.known_or(String::new());
        let mut diagnostics = Diagnostics::new();
        found.id = Attr::Known(format!("id of {name}"));
        if found.label.is_null() {
            found.label = Attr::Known("none".to_owned());
        }
        if let Attr::Known(parts) = &mut found.parts {
            for (key, part) in parts {
                *part = part.clone().map(|part| Part { serial: Attr::Known(format!("{key}-1")), ..part });
            }
        }
        match name.as_str() {
            "old" => diagnostics.warning(None, "Old", "There is a newer one."),
            "missing" => {
                let refusal = Diagnostic::error("Not found", "There is no such thing.").at(Path::attr("name"));
                return Err(refusal.into());
            }
            "half" => diagnostics.error(None, "Half", "Only half of it was read."),
            "silent" => return Err(diagnostics),
            "unknown" => found.id = Attr::Unknown,
            "altered" => found.name = Attr::Known("something else".to_owned()),
            "added" => found.colours = Attr::Known(Set::default()),
            "lost" => found.parts = Attr::Known(BTreeMap::new()),
            "panic" => panic!("a mess, as asked for"),
            "slow" => std::future::pending().await,
            _ => {}
        }
        Ok((found, diagnostics))
    }
}

fn lookup(name: impl Into<Value>) -> Value {
    let part = Value::object([("number", Value::from(3))]);
    let parts = Value::Map([("lid".to_owned(), part)].into());
    Value::object([("name", name.into()), ("parts", parts)])
}

fn told(diagnostics: &Diagnostics) -> Vec<String> {
    let at = |d: &Diagnostic| d.path.as_ref().map(Path::to_string).unwrap_or_default();
    diagnostics.iter().map(|d| format!("{}: {}", at(d), d.summary)).collect()
}

/// What a lookup of this name is refused with.
async fn refused(rpc: &Rpc, name: &str) -> Vec<String> {
    let (found, diagnostics) = rpc.read_data(LOOKUP, &lookup(name)).await.unwrap();
    assert!(found.is_null() && diagnostics.has_errors(), "{name}: {found:?} {diagnostics:?}");
    told(&diagnostics)
}

#[tokio::test]
async fn a_data_source_is_declared_and_its_configuration_comes_back_with_what_was_found() {
    let rpc = rpc().await;
    let declared = &rpc.schemas().data_sources[LOOKUP].schema;
    assert_eq!(declared.description, "A thing that is looked up.");
    assert!(!rpc.schemas().resources.contains_key(LOOKUP));

    let config = lookup("old");
    assert!(rpc.validate_data(LOOKUP, &config).await.unwrap().is_empty());
    let (found, diagnostics) = rpc.read_data(LOOKUP, &config).await.unwrap();
    assert_eq!(told(&diagnostics), [": Old"]);
    let part = Value::object([("number", Value::from(3)), ("serial", "lid-1".into())]);
    let expected = Value::object([
        ("name", Value::from("old")),
        ("label", "none".into()),
        ("colours", Value::Null),
        ("parts", Value::Map([("lid".to_owned(), part)].into())),
        ("id", "id of old".into()),
    ]);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_configuration_of_a_data_source_is_checked_by_schema_and_by_itself() {
    let rpc = unconfigured().await;
    let part = Value::object([("serial", Value::from("x"))]);
    let wrong = Value::object([("name", Value::from("")), ("parts", Value::Map([("lid".to_owned(), part)].into()))]);
    let mut refusals = told(&rpc.validate_data(LOOKUP, &wrong).await.unwrap());
    refusals.sort();
    assert_eq!(
        refusals,
        [
            "name: Empty name",
            r#"parts["lid"].number: Missing required argument"#,
            r#"parts["lid"].serial: Read-only attribute"#
        ]
    );
    let unknown = lookup(Value::Unknown);
    assert_eq!(told(&rpc.validate_data(LOOKUP, &unknown).await.unwrap()), [""; 0]);
}

#[tokio::test]
async fn a_refusal_points_at_its_argument_and_leaves_nothing() {
    let rpc = rpc().await;
    assert_eq!(refused(&rpc, "missing").await, ["name: Not found"]);
    assert_eq!(refused(&rpc, "half").await, [": Half"]);
    assert_eq!(refused(&rpc, "silent").await, [": Failure without an explanation"]);
    assert_eq!(refused(&rpc, "panic").await, [": The provider panicked"]);
    assert!(rpc.read_data(LOOKUP, &lookup("fine")).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn what_a_data_source_may_not_return_is_refused_where_it_is() {
    let rpc = rpc().await;
    assert_eq!(refused(&rpc, "unknown").await, ["id: Value unknown in state"]);
    assert_eq!(refused(&rpc, "altered").await, ["name: Configuration altered"]);
    assert_eq!(refused(&rpc, "added").await, ["colours: Configuration altered"]);
    assert_eq!(refused(&rpc, "lost").await, ["parts: Configuration altered"]);
}

#[tokio::test]
async fn a_data_source_is_read_with_nothing_but_a_known_object() {
    let rpc = rpc().await;
    let (found, diagnostics) = rpc.read_data(LOOKUP, &lookup(Value::Unknown)).await.unwrap();
    assert_eq!((found, told(&diagnostics)), (Value::Null, vec![": Configuration is not known yet".to_owned()]));
    let (found, diagnostics) = rpc.read_data(LOOKUP, &Value::Null).await.unwrap();
    assert!(found.is_null() && diagnostics.has_errors());
}

#[tokio::test]
async fn a_data_source_needs_a_provider_whose_configuration_is_known() {
    assert_eq!(refused(&unconfigured().await, "fine").await, [": Provider is not configured"]);
    let client = spawn().await;
    let prefix = |value: Value| Value::object([("prefix", value)]);
    assert!(client.configure(&prefix(Value::Unknown)).await.unwrap().is_empty());
    let shelf = Value::object([("name", Value::from("a"))]);
    let (found, diagnostics) = client.read_data("tiny_shelf", &shelf).await.unwrap();
    assert_eq!(
        (found, told(&diagnostics)),
        (Value::Null, vec![": Provider configuration is not known yet".to_owned()])
    );
    let (found, _) = configured().await.read_data("tiny_shelf", &shelf).await.unwrap();
    assert_eq!(attribute(&found, "id"), &Value::from("p-shelf-a"));
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_a_lookup_and_no_later_one() {
    let rpc = rpc().await;
    let interrupt = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        rpc.stop().await.unwrap();
    };
    let (refusals, ()) = tokio::join!(refused(&rpc, "slow"), interrupt);
    assert_eq!(refusals, [": Interrupted"]);
    assert!(!rpc.read_data(LOOKUP, &lookup("fine")).await.unwrap().0.is_null());
}
