//! Our client, which speaks with the process as Terraform would.

use std::{
    path::{Path as FilePath, PathBuf},
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
async fn the_certificate_of_an_earlier_run_opens_nothing() {
    let (earlier, later) = (spawn().await, spawn().await);
    assert_eq!(earlier.call_as(Some(earlier.identity())).await, Ok(()));
    assert!(later.call_as(Some(earlier.identity())).await.is_err());
}

#[cfg(unix)]
fn socket(client: &Client) -> PathBuf {
    PathBuf::from(client.handshake().split('|').nth(3).expect("an address"))
}

/// Whoever speaks HTTP/2 without TLS gets no frame of it, and the connection ends.
#[cfg(unix)]
#[tokio::test]
async fn nobody_is_served_without_tls() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let client = spawn().await;
    let mut stream = tokio::net::UnixStream::connect(socket(&client)).await.unwrap();
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    stream.write_all(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &settings].concat()).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the connection stays open");
    // At most an alert: a record of type 21.
    assert!(answer.is_empty() || answer[0] == 21, "{answer:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_user_can_enter_the_directory_of_the_socket() {
    use std::os::unix::fs::PermissionsExt;
    let client = spawn().await;
    let directory = socket(&client).parent().unwrap().to_owned();
    assert_eq!(std::fs::metadata(directory).unwrap().permissions().mode() & 0o777, 0o700);
}

/// A client that isn't ours: it is told that a certificate is required, or that its own is none that is known.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn openssl_is_refused_without_a_certificate_and_with_one_of_its_own() {
    let client = spawn().await;
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (key, certificate) = (file("key.pem"), file("cert.pem"));
    let arguments = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521", "-nodes", "-subj"];
    let mut make = Command::new("openssl");
    make.args(arguments).args(["/O=HashiCorp/CN=localhost", "-keyout", &key, "-out", &certificate]);
    let Ok(made) = make.output() else {
        eprintln!("skipped: there is no openssl here");
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let path = socket(&client).to_str().unwrap().to_owned();
    let own: &[&str] = &["-cert", &certificate, "-key", &key];
    for (identity, alert) in [(&[] as &[&str], "certificate required"), (own, "alert")] {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-unix", &path, "-alpn", "h2", "-quiet", "-ign_eof"]).args(identity);
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(alert) && output.stdout.is_empty(), "{identity:?}: {said}");
    }
    assert_eq!(client.call_as(Some(client.identity())).await, Ok(()));
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
    client.read_data("tiny_shelf", &Value::object([("name", Value::from("hush"))])).await.unwrap();
    assert!(client.call_function("shout", &["hush".into()]).await.unwrap().is_ok());
    let (_, output) = client.shutdown().await.unwrap();
    let lines: Vec<serde_json::Value> = output.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let line = |rpc: &str| lines.iter().find(|line| line["tf_rpc"] == rpc).unwrap();
    let apply = line("ApplyResourceChange");
    assert_eq!(apply["tf_resource_type"], THING);
    assert_eq!(line("ReadDataSource")["tf_data_source_type"], "tiny_shelf");
    assert_eq!(line("CallFunction")["tf_function"], "shout");
    assert_eq!(apply["@level"], "debug");
    assert!(apply["tf_req_duration_ms"].is_string());
    let ids: Vec<&str> = lines.iter().filter_map(|line| line["tf_req_id"].as_str()).collect();
    assert!(ids.len() > 2 && ids.is_sorted() && ids[0] == "1", "each request has a number: {ids:?}");
    assert!(!output.stderr.to_lowercase().contains("hush"));
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
