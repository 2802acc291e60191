//! Our client, which speaks with the process as Terraform would.

use std::{
    path::Path as FilePath,
    process::Command,
    time::{Duration, Instant},
};

use tfplugin::{
    Value,
    testing::{Client, Identity},
};
use tokio::time::sleep;

use crate::{THING, attribute, configured, create, only_error, spawn, thing, tiny};

#[tokio::test]
async fn the_holder_of_the_certificate_is_served() {
    let client = spawn().await;
    assert!(client.handshake().starts_with("1|6|unix|/"), "{}", client.handshake());
    assert!(client.schema().await.unwrap().resources.contains_key(THING));
    assert_eq!(client.call_as(Some(client.identity())).await, Ok(()));
}

#[tokio::test]
async fn nobody_is_served_without_a_certificate() {
    let client = spawn().await;
    assert!(client.call_as(None).await.is_err());
    assert!(client.schema().await.is_ok());
}

#[tokio::test]
async fn nobody_is_served_with_another_certificate_of_the_same_shape() {
    let client = spawn().await;
    let stranger = Identity::generate().unwrap();
    assert!(client.call_as(Some(&stranger)).await.is_err());
    assert!(client.schema().await.is_ok());
}

#[tokio::test]
async fn a_person_who_runs_it_is_told_what_it_is() {
    for cookie in ["", "wrong"] {
        let env = [("TF_PLUGIN_MAGIC_COOKIE", cookie)];
        let (status, output) = Client::run(&tiny(), &env).await.unwrap();
        assert_eq!(status.code(), Some(1));
        assert_eq!(output.stdout, "");
        assert!(output.stderr.contains("Terraform provider tiny"), "{}", output.stderr);
        assert!(output.stderr.contains("registry.terraform.io/example/tiny"));
    }
}

#[tokio::test]
async fn a_multiplexing_host_is_told_that_there_is_none() {
    let client = Client::spawn(&tiny(), &[("PLUGIN_MULTIPLEX_GRPC", "true")]).await.unwrap();
    assert!(client.handshake().ends_with("|false"));
}

#[tokio::test]
async fn the_socket_goes_where_the_host_wants_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let parent = dir.path().to_str().unwrap();
    let client = Client::spawn(&tiny(), &[("PLUGIN_UNIX_SOCKET_DIR", parent)]).await.unwrap();
    assert!(client.handshake().contains(parent));
    client.shutdown().await.unwrap();
    assert_eq!(dir.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn it_exits_in_time_when_asked_and_has_written_one_line() {
    let client = configured().await;
    let handshake = format!("{}\n", client.handshake());
    let start = Instant::now();
    let (status, output) = client.shutdown().await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert!(status.success());
    assert_eq!(output.stdout, handshake);
    assert_eq!(output.stderr, "");
}

#[tokio::test]
async fn it_exits_in_time_even_while_something_is_being_made() {
    let client = configured().await;
    let config = thing(&[("slow", 60.into())]);
    let plan = client.plan(THING, None, &config, &config, b"").await.unwrap();
    let making = client.apply(THING, None, &plan.state, &config, b"");
    assert!(tokio::time::timeout(Duration::from_millis(300), making).await.is_err());
    let start = Instant::now();
    client.shutdown().await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn stopping_is_answered_at_once_and_what_exists_is_told() {
    let client = configured().await;
    let config = thing(&[("slow", 60.into())]);
    let interrupt = async {
        sleep(Duration::from_millis(300)).await;
        let start = Instant::now();
        client.stop().await.unwrap();
        start.elapsed()
    };
    let start = Instant::now();
    let (made, answered) = tokio::join!(create(&client, &config), interrupt);
    assert!(answered < Duration::from_millis(500), "{answered:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(only_error(&made).contains("made in part"));
    assert_eq!(attribute(&made.state, "id"), &Value::from("p-a"));
    assert_eq!(made.private, b"made");

    let next = create(&client, &thing(&[])).await;
    assert!(next.diagnostics.is_empty(), "later calls are not cancelled");
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_from_the_terminal_does_not_end_it() {
    let client = configured().await;
    let process = client.process_id().unwrap().to_string();
    assert!(Command::new("sh").args(["-c", "kill -s INT \"$0\"", &process]).status().unwrap().success());
    sleep(Duration::from_millis(200)).await;
    assert!(create(&client, &thing(&[])).await.diagnostics.is_empty());
}

#[tokio::test]
async fn a_panic_is_an_error_and_costs_nothing_else() {
    let client = configured().await;
    let made = create(&client, &thing(&[("panic", true.into())])).await;
    let detail = only_error(&made);
    assert!(detail.contains("a mess, as asked for at "), "{detail}");
    assert!(detail.contains("tiny.rs:"), "{detail}");
    assert_eq!(made.state, Value::Null);
    assert!(create(&client, &thing(&[])).await.diagnostics.is_empty());
    assert_eq!(client.output().stderr, "", "a crash report would be a lie");
}

#[tokio::test]
async fn the_log_names_requests_and_never_values() {
    let env = [("TF_LOG_PROVIDER_TINY", "debug"), ("TF_LOG", "off")];
    let client = Client::spawn(&tiny(), &env).await.unwrap();
    client.configure(&Value::object([("prefix", Value::from("hush"))])).await.unwrap();
    create(&client, &thing(&[("secret", "hush".into())])).await;
    let (_, output) = client.shutdown().await.unwrap();
    let lines: Vec<serde_json::Value> = output.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let apply = lines.iter().find(|line| line["tf_rpc"] == "ApplyResourceChange").unwrap();
    assert_eq!(apply["tf_resource_type"], THING);
    assert_eq!(apply["@level"], "debug");
    assert!(apply["tf_req_duration_ms"].is_string());
    assert!(!output.stderr.contains("hush"));
}

#[tokio::test]
async fn versions_and_help_are_for_people() {
    let ask = |option: &str| Command::new(tiny()).arg(option).output().unwrap();
    let version = ask("--version");
    assert!(version.status.success());
    assert!(String::from_utf8_lossy(&version.stdout).starts_with("tiny "));
    assert!(String::from_utf8_lossy(&ask("--help").stdout).contains("--debug"));
}

#[tokio::test]
async fn a_file_that_is_no_provider_is_reported() {
    let error = Client::spawn(FilePath::new("/bin/true"), &[]).await.err().unwrap();
    assert!(error.contains("no handshake line"), "{error}");
}
