//! What a resource goes through, value by value.

use tfplugin::Value;

use crate::{THING, attribute, configured, create, only_error, spawn, thing};

#[tokio::test]
async fn a_life_from_plan_to_deletion() {
    let client = configured().await;
    let part = Value::object([("weight", Value::from(5))]);
    let parts = Value::Map([("lid".to_owned(), part)].into());
    let size = Value::Number("0.12345678901234567890".parse().unwrap());
    let config = thing(&[("parts", parts), ("size", size.clone()), ("secret", "s".into())]);

    let plan = client.plan(THING, None, &config, &config, b"").await.unwrap();
    assert_eq!(attribute(&plan.state, "id"), &Value::Unknown);
    assert_eq!(attribute(&plan.state, "secret"), &Value::Null);
    let made = client.apply(THING, None, &plan.state, &config, &plan.private).await.unwrap();
    assert!(made.diagnostics.is_empty());
    assert_eq!(made.private, b"made");
    assert_eq!(attribute(&made.state, "id"), &Value::from("p-a"));
    assert_eq!(attribute(&made.state, "size"), &size);
    assert_eq!(attribute(&made.state, "secret"), &Value::Null);

    let read = client.read(THING, &made.state, &made.private).await.unwrap();
    assert_eq!((&read.state, read.private), (&made.state, b"made".to_vec()));

    let deletion = client.plan(THING, Some(&made.state), &Value::Null, &Value::Null, b"made");
    let deletion = deletion.await.unwrap();
    assert_eq!((deletion.state, deletion.private.as_slice()), (Value::Null, b"made".as_slice()));
    let gone = client.apply(THING, Some(&made.state), &Value::Null, &Value::Null, b"made");
    assert_eq!(gone.await.unwrap().state, Value::Null);
}

#[tokio::test]
async fn an_update_that_says_nothing_keeps_state_and_private_bytes() {
    let client = configured().await;
    let made = create(&client, &thing(&[])).await;
    let config = thing(&[("slow", (-1).into())]);
    let mut proposed = made.state.clone();
    if let Value::Object(object) = &mut proposed {
        object.insert("slow".to_owned(), (-1).into());
    }
    let plan = client.plan(THING, Some(&made.state), &proposed, &config, b"kept").await.unwrap();
    assert_eq!(attribute(&plan.state, "steps"), &Value::Unknown);
    let updated = client.apply(THING, Some(&made.state), &plan.state, &config, &plan.private);
    let updated = updated.await.unwrap();
    assert!(only_error(&updated).contains("backwards"));
    // No state in the answer makes Terraform keep what it has, private bytes included.
    assert_eq!((updated.state, updated.private), (Value::Null, Vec::new()));
}

#[tokio::test]
async fn without_a_known_provider_configuration_only_plans_are_made() {
    let client = spawn().await;
    let config = thing(&[]);
    let made = create(&client, &config).await;
    assert!(only_error(&made).contains("needs a configured provider"));

    let unknown = Value::object([("prefix", Value::Unknown)]);
    assert!(client.configure(&unknown).await.unwrap().is_empty());
    let made = create(&client, &config).await;
    assert!(only_error(&made).contains("not known yet"));

    let known = Value::object([("prefix", Value::Null)]);
    assert!(client.configure(&known).await.unwrap().is_empty());
    let made = create(&client, &config).await;
    assert_eq!(attribute(&made.state, "id"), &Value::from("thing-a"));
}

#[tokio::test]
async fn configuration_is_checked_by_schema_and_by_resource() {
    let client = spawn().await;
    let part = Value::object([("serial", Value::from("x"))]);
    let config = Value::object([("name", Value::from("")), ("parts", Value::Map([("lid".to_owned(), part)].into()))]);
    let diagnostics = client.validate(THING, &config).await.unwrap();
    let paths = diagnostics.iter().map(|d| d.path.clone().unwrap().to_string());
    let mut paths: Vec<String> = paths.collect();
    paths.sort();
    assert_eq!(paths, ["name", r#"parts["lid"].serial"#, r#"parts["lid"].weight"#]);
}

#[tokio::test]
async fn a_whole_number_is_demanded_where_one_is_needed() {
    let client = spawn().await;
    let config = thing(&[("slow", Value::Number("1.5".parse().unwrap()))]);
    let diagnostics = client.validate(THING, &config).await.unwrap();
    let detail = &diagnostics.iter().next().unwrap().detail;
    assert!(detail.contains("slow must be a whole number"), "{detail}");
}

#[tokio::test]
async fn stored_state_is_read_whatever_was_added_or_removed_since() {
    let client = spawn().await;
    let json = r#"{"id":"i","name":"a","gone":1,"parts":{"lid":{"weight":3,"gone":2}}}"#;
    let (state, diagnostics) = client.upgrade(THING, 1, json).await.unwrap();
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(attribute(&state, "size"), &Value::Null);
    let Value::Map(parts) = attribute(&state, "parts") else { panic!("parts are a map") };
    assert_eq!(attribute(&parts["lid"], "weight"), &Value::from(3));
    let (_, diagnostics) = client.upgrade(THING, 0, json).await.unwrap();
    assert!(diagnostics.has_errors());
}

#[tokio::test]
async fn import_is_refused_by_default() {
    let imported = configured().await.import(THING, "x").await.unwrap();
    assert!(only_error(&imported).contains("tiny_thing"));
    assert_eq!(imported.state, Value::Null);
}

#[tokio::test]
async fn six_megabytes_are_no_problem() {
    let client = configured().await;
    let name = "n".repeat(6_000_000);
    let config = Value::object([("name", Value::from(name.clone()))]);
    let made = create(&client, &config).await;
    assert_eq!(attribute(&made.state, "name"), &Value::from(name));
}
