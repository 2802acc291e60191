//! The small example, which is also the first thing that a newcomer copies: it must be right.

use tfplugin::{
    Value,
    testing::{
        Client,
        terraform::{Action, Driver, Order},
    },
};

use crate::example;

#[tokio::test]
async fn the_small_example_gives_terraform_nothing_to_complain_about() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| Value::from(place.path().join(name).to_str().unwrap());
    let file = |name: &str, text: Value| Value::object([("path", path(name)), ("text", text)]);
    let client = Client::spawn(&example("minimal"), &[]).await.unwrap();
    client.configure(&Value::object::<&str>([])).await.unwrap();
    let mut driver = Driver::new(client.clone(), "minimal_file");
    for (planned, known, wanted) in [
        (file("a", Value::Unknown), file("a", "one".into()), Action::Create),
        (file("a", "one".into()), file("a", "one".into()), Action::NoOp),
        (file("a", "three".into()), file("a", "three".into()), Action::Update),
        (file("b", "three".into()), file("b", "three".into()), Action::Replace),
    ] {
        let done = driver.settle(&planned, &known, Order::CreateFirst).await;
        assert_eq!(done.unwrap_or_else(|trouble| panic!("{trouble}")), wanted);
    }
    assert!(!place.path().join("a").exists());
    assert_eq!(std::fs::read_to_string(place.path().join("b")).unwrap(), "three");
    driver.destroy().await.unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!(place.path().read_dir().unwrap().count(), 0);
}

#[test]
fn the_small_example_is_small() {
    let lines = include_str!("../../examples/minimal.rs").lines().count();
    assert!(lines < 120, "{lines} lines");
}
