//! The example provider as a real process: driven by a client of ours, and by Terraform itself.

mod conformance;
mod data;
mod everything;
mod existing;
mod faulty;
mod functions;
mod lifecycle;
mod minimal;
mod random;
mod recorded;
mod terraform;
mod wire;

use std::path::PathBuf;

use tfplugin::{
    Value,
    testing::{Client, Stored},
};

fn tiny() -> PathBuf {
    example("tiny")
}

/// An example. Cargo builds it together with the tests, but not when it is given the name of a test to run.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let target = test.ancestors().nth(2).expect("tests are in target/<profile>/deps");
    let path = target.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "build it first: cargo build -p tfplugin --example {name}");
    path
}

const THING: &str = "tiny_thing";

async fn spawn() -> Client {
    Client::spawn(&tiny(), &[]).await.unwrap()
}

async fn configured() -> Client {
    let client = spawn().await;
    let diagnostics = client.configure(&Value::object([("prefix", Value::from("p-"))])).await;
    assert!(diagnostics.unwrap().is_empty());
    client
}

fn thing(more: &[(&str, Value)]) -> Value {
    let name = [("name", Value::from("a"))];
    Value::object(name.iter().chain(more).cloned())
}

fn attribute<'a>(value: &'a Value, name: &str) -> &'a Value {
    &value.as_object().unwrap()[name]
}

/// Plans and makes something new.
async fn create(client: &Client, config: &Value) -> Stored {
    let plan = client.plan(THING, None, config, config, b"").await.unwrap();
    assert!(plan.diagnostics.is_empty(), "{:?}", plan.diagnostics);
    let applied = client.apply(THING, None, &plan.state, config, &plan.private).await;
    applied.unwrap()
}

fn only_error(stored: &Stored) -> String {
    assert!(stored.diagnostics.has_errors());
    assert_eq!(stored.diagnostics.len(), 1, "{:?}", stored.diagnostics);
    stored.diagnostics.iter().next().unwrap().clone().detail
}
