//! What newer versions of Terraform ask about objects that exist already, asked over gRPC as they do.

use std::collections::BTreeMap;

use serde_json::json;
use tfplugin::{
    Identity, MoveSource, Value,
    testing::{
        Rpc,
        terraform::{Driver, Order},
    },
};

use crate::{
    attribute,
    everything::{EVERYTHING, rpc},
};

fn thing(name: &str) -> Value {
    Value::object([("name", Value::from(name)), ("secret", "hush".into())])
}

fn identity(id: &str) -> Identity {
    BTreeMap::from([("id".to_owned(), id.to_owned()), ("place".to_owned(), "here".to_owned())])
}

async fn with_things() -> (Rpc, Driver) {
    let rpc = rpc().await;
    for name in ["a", "b", "c"] {
        let mut driver = Driver::new(rpc.clone(), EVERYTHING);
        driver
            .settle(&thing(name), &thing(name), Order::DeleteFirst)
            .await
            .unwrap_or_else(|trouble| panic!("{trouble}"));
        assert!(driver.object().unwrap().identity.is_some());
    }
    let driver = Driver::new(rpc.clone(), EVERYTHING);
    (rpc, driver)
}

#[tokio::test]
async fn an_object_is_imported_by_its_id_or_by_its_identity() {
    let (rpc, mut driver) = with_things().await;
    driver.import("thing-2").await.unwrap_or_else(|trouble| panic!("{trouble}"));
    let by_id = driver.object().cloned().unwrap();
    assert_eq!(by_id.identity, Some(identity("thing-2")));
    driver.import_by(&identity("thing-2")).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!(driver.object(), Some(&by_id));
    let incomplete = Identity::from([("place".to_owned(), "here".to_owned())]);
    let refused = rpc.import_by(EVERYTHING, &incomplete).await.unwrap();
    assert_eq!(refused.diagnostics.iter().next().unwrap().detail, "An import needs id.");
}

#[tokio::test]
async fn objects_are_listed_with_identity_name_and_state() {
    let (rpc, _) = with_things().await;
    assert!(rpc.schemas().lists.contains(EVERYTHING));
    let (found, diagnostics) = rpc.list(EVERYTHING, 2, true).await.unwrap();
    assert!(diagnostics.is_empty());
    let told: Vec<_> = found.iter().map(|one| (one.name.as_str(), &one.identity)).collect();
    assert_eq!(told, [("a", &identity("thing-1")), ("b", &identity("thing-2"))]);
    assert_eq!(attribute(found[0].state.as_ref().unwrap(), "secret"), &Value::Null);
    let (found, _) = rpc.list(EVERYTHING, 0, false).await.unwrap();
    assert_eq!(found.len(), 3, "without a limit, Terraform means a hundred");
    assert!(found.iter().all(|one| one.state.is_none()));
}

#[tokio::test]
async fn an_identity_is_upgraded_as_it_is_or_refused() {
    let rpc = rpc().await;
    let stored = r#"{"id":"thing-1","place":"here","gone":1}"#;
    let (upgraded, diagnostics) = rpc.upgrade_identity(EVERYTHING, 3, stored).await.unwrap();
    assert_eq!((upgraded, diagnostics.is_empty()), (Some(identity("thing-1")), true));
    let (upgraded, diagnostics) = rpc.upgrade_identity(EVERYTHING, 2, stored).await.unwrap();
    assert_eq!((upgraded, diagnostics.has_errors()), (None, true));
}

#[tokio::test]
async fn a_state_moves_from_another_type_and_from_another_address_of_its_own() {
    let rpc = rpc().await;
    let source = |provider: &str, type_name: &str, state| MoveSource {
        provider: format!("registry.terraform.io/{provider}"),
        type_name: type_name.to_owned(),
        version: 0,
        state,
    };
    let other = source("example/other", "other_thing", json!({"key": "thing-7"}));
    let moved = rpc.move_state(EVERYTHING, &other, b"theirs").await.unwrap();
    assert_eq!(attribute(&moved.state, "id"), &Value::from("thing-7"));
    assert_eq!((moved.identity, moved.private), (Some(identity("thing-7")), Vec::new()));
    let own = source("fork/lab", EVERYTHING, json!({"id": "thing-8", "name": "a", "dropped": 1}));
    let moved = rpc.move_state(EVERYTHING, &own, b"ours").await.unwrap();
    assert_eq!(attribute(&moved.state, "name"), &Value::from("a"));
    assert_eq!(moved.private, b"ours");
    let unlike = source("example/other", "other_stone", json!({}));
    let refused = rpc.move_state(EVERYTHING, &unlike, b"").await.unwrap();
    assert!(refused.diagnostics.iter().next().unwrap().detail.contains("other_stone"));
}

#[tokio::test]
async fn generated_configuration_has_only_what_may_stand_there_and_plans_empty() {
    let (rpc, mut driver) = with_things().await;
    driver.import("thing-3").await.unwrap_or_else(|trouble| panic!("{trouble}"));
    let before = driver.object().cloned().unwrap();
    let (config, diagnostics) = rpc.generate(EVERYTHING, &before.state).await.unwrap();
    assert!(diagnostics.is_empty());
    assert_eq!((attribute(&config, "name"), attribute(&config, "id")), (&Value::from("c"), &Value::Null));
    let plan = driver.plan(&config).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!(plan.state, before.state);
}
