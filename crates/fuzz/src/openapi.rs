//! OpenAPI documents, as AWS reads them: in the simulator.

use std::cell::OnceCell;

use aws_sim::{Config, Sim};
use bytes::Bytes;
use serde_json::Value;

use crate::here::block_on;

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-central-1/apigateway/aws4_request, \
                             SignedHeaders=host, Signature=0";
/// The name of the API that a document replaces.
const API: &str = r#"{"name":"fuzz","endpointConfiguration":{"types":["PRIVATE"]}}"#;

thread_local! {
    static BASE: OnceCell<(Sim, String)> = const { OnceCell::new() };
}

/// A document is taken or refused with a reason, and what was taken can be read.
pub fn run(input: &[u8]) {
    let (base, api) = BASE.with(|base| base.get_or_init(with_api).clone());
    let sim = base.fork();
    let (status, text) = ask(&sim, "PUT", &format!("/restapis/{api}?mode=overwrite"), input);
    assert!(status < 500, "{status}: {text}");
    if status < 300 {
        let (status, text) = ask(&sim, "GET", &format!("/restapis/{api}/resources?embed=methods&limit=500"), b"");
        assert_eq!(status, 200, "{text}");
    } else {
        let refusal: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(refusal["message"].as_str().is_some_and(|message| !message.is_empty()), "{text}");
    }
}

fn with_api() -> (Sim, String) {
    let sim = Sim::new(Config::default());
    sim.account("111122223333", "eu-central-1");
    let (_, made) = ask(&sim, "POST", "/restapis", API.as_bytes());
    let made: Value = serde_json::from_str(&made).expect("JSON");
    (sim, made["id"].as_str().expect("an id").to_owned())
}

fn ask(sim: &Sim, method: &str, path: &str, body: &[u8]) -> (u16, String) {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("http://apigateway.eu-central-1.amazonaws.com{path}"))
        .header("authorization", AUTHORIZATION)
        .header("content-type", "application/json")
        .body(Bytes::copy_from_slice(body))
        .expect("a well-formed request");
    let answer = block_on(sim.call(request));
    (answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned())
}
