//! The real binary over gRPC with mutual TLS, against the simulator over HTTP.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use aws_sim::{Config, Fresh, Sim};
use privgw::provider::Privgw;
use tfplugin::testing::{Client, Identity};
use tfplugin::{Model, Provider, Value};
use tokio::net::TcpListener;

use crate::world::{ACCOUNT, REGION, World};

const TYPE: &str = "privgw_internal_api";

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_terraform-provider-privgw"))
}

/// A simulator on loopback, and the values of a provider block that leads to it.
async fn simulator(speed: f64) -> (Sim, Fresh, Value) {
    let sim = Sim::new(Config { speed, ..Config::default() });
    let fresh = sim.account(ACCOUNT, REGION);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback is there");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    tokio::spawn(aws_sim::serve(sim.clone(), listener));
    let endpoints: BTreeMap<String, Value> = ["apigateway", "ec2", "elasticloadbalancingv2", "sts"]
        .map(|service| (service.to_string(), Value::from(url.as_str())))
        .into();
    let mut config = <Privgw as Provider>::Config::default().encode_object();
    config.insert("region".into(), Value::from(REGION));
    config.insert("access_key".into(), Value::from(ACCOUNT));
    config.insert("secret_key".into(), Value::from("secret"));
    config.insert("endpoints".into(), Value::Object(endpoints));
    (sim, fresh, Value::Object(config))
}

async fn configured(config: &Value) -> Client {
    let client = Client::spawn(binary(), &[]).await.unwrap();
    let diagnostics = client.configure(config).await.unwrap();
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    client
}

fn shop(fresh: Fresh) -> Value {
    let mut world = World::new();
    world.fresh = fresh;
    Value::Object(world.shop().encode_object())
}

#[tokio::test]
async fn the_binary_makes_and_destroys_a_bundle_over_the_wire() {
    let (sim, fresh, provider) = simulator(1000.0).await;
    let before = sim.objects();
    let client = configured(&provider).await;
    let config = shop(fresh);
    assert!(client.validate(TYPE, &config).await.unwrap().is_empty());
    let plan = client.plan(TYPE, None, &config, &config, b"").await.unwrap();
    assert!(!plan.diagnostics.has_errors(), "{:?}", plan.diagnostics);
    let made = client.apply(TYPE, None, &plan.state, &config, &plan.private).await.unwrap();
    assert!(made.diagnostics.is_empty(), "{:?}", made.diagnostics);
    let read = client.read(TYPE, &made.state, &made.private).await.unwrap();
    assert_eq!(read.state, made.state);
    let second = client.plan(TYPE, Some(&read.state), &read.state, &config, &read.private).await.unwrap();
    assert_eq!(second.state, read.state, "the second plan is empty");
    let gone = client.apply(TYPE, Some(&read.state), &Value::Null, &Value::Null, &read.private).await.unwrap();
    assert!(gone.diagnostics.is_empty() && gone.state == Value::Null, "{:?}", gone.diagnostics);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(sim.objects(), before);
    let (status, output) = client.shutdown().await.unwrap();
    assert!(status.success());
    assert_eq!(output.stdout.lines().count(), 1, "only the handshake goes to stdout: {}", output.stdout);
}

#[tokio::test]
async fn nobody_else_may_call_the_binary() {
    let client = Client::spawn(binary(), &[]).await.unwrap();
    assert!(client.call_as(Some(client.identity())).await.is_ok());
    assert!(client.call_as(None).await.is_err(), "no certificate");
    assert!(client.call_as(Some(&Identity::generate().unwrap())).await.is_err(), "another certificate");
}

#[tokio::test]
async fn a_person_who_runs_the_binary_gets_an_explanation() {
    let (status, output) = Client::run(binary(), &[("TF_PLUGIN_MAGIC_COOKIE", "wrong")]).await.unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(output.stdout.is_empty() && output.stderr.contains("Terraform"), "{}", output.stderr);
}

#[tokio::test]
async fn stop_during_a_wait_ends_it_and_keeps_what_exists() {
    // A load balancer takes 150 s here: the create is in that wait when it is stopped.
    let (sim, fresh, provider) = simulator(1.0).await;
    let client = configured(&provider).await;
    let config = shop(fresh);
    let plan = client.plan(TYPE, None, &config, &config, b"").await.unwrap();
    let create = client.apply(TYPE, None, &plan.state, &config, &plan.private);
    let stop = async {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !sim.calls().iter().any(|call| call.operation == "CreateListener") && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let start = Instant::now();
        client.stop().await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(1), "StopProvider answers at once");
        start
    };
    let (made, stopped) = tokio::join!(create, stop);
    let made = made.unwrap();
    assert!(stopped.elapsed() < Duration::from_secs(10), "{:?}", stopped.elapsed());
    assert!(made.diagnostics.has_errors());
    let children = &made.state.as_object().expect("what exists is in the state")["children"];
    let Value::Map(children) = children else { panic!("{children:?}") };
    assert!(children.contains_key("load_balancer"), "{children:?}");
}

#[tokio::test]
async fn wrong_credentials_and_accounts_are_errors_on_their_attributes() {
    let (_, _, provider) = simulator(1000.0).await;
    let client = Client::spawn(binary(), &[]).await.unwrap();
    let mut config = provider.as_object().cloned().unwrap();
    config.insert("allowed_account_ids".into(), Value::Set(vec![Value::from("999999999999")]));
    let diagnostics = client.configure(&Value::Object(config)).await.unwrap();
    let paths: Vec<String> = diagnostics.iter().filter_map(|one| one.path.as_ref().map(ToString::to_string)).collect();
    assert_eq!(paths, ["allowed_account_ids"], "{diagnostics:?}");
    let mut config = provider.as_object().cloned().unwrap();
    config.insert("secret_key".into(), Value::Null);
    let diagnostics = client.validate_provider(&Value::Object(config)).await.unwrap();
    let paths: Vec<String> = diagnostics.iter().filter_map(|one| one.path.as_ref().map(ToString::to_string)).collect();
    assert_eq!(paths, ["secret_key"], "{diagnostics:?}");
}
