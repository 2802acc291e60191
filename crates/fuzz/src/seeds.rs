//! The first inputs of each corpus, drawn from a bundle in the simulator: `cargo test -p privgw-fuzz -- --ignored`.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use aws_sim::{Config as Pace, Fresh, Sim};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use privgw::aws::{Aws, Dice};
use privgw::bundle::Bundle;
use privgw::bundle::model::InternalApi;
use privgw::bundle::state::Private;
use privgw::child::Scope;
use privgw::children::{WAVES, load_balancer, rest_api};
use privgw::provider::{Privgw, connect};
use privgw::reconcile::{observe, observe_kind};
use serde_json::json;
use tfplugin::testing::Rpc;
use tfplugin::testing::terraform::json as stored;
use tfplugin::{Call, Codec, Path as At, PlanRequest, Resource};

use crate::answers::{API, BALANCER, END, OWNER, config};
use crate::here::block_on;

/// A call that succeeded, as a byte of an input.
const OK: u8 = 0;

#[test]
#[ignore = "it writes the corpora"]
fn the_first_inputs_come_from_a_bundle_that_works() {
    let sim = Sim::new(Pace { speed: 1000.0, ..Pace::default() });
    let fresh = sim.account("111122223333", "eu-central-1");
    let tape = Tape { sim, calls: Arc::default() };
    let aws = block_on(connect(&config(), SharedHttpClient::new(tape.clone()), Dice::seeded(0))).expect("an account");
    let (state, private) = block_on(made(&aws, &fresh));
    let put = tape.take().into_iter().find(|(path, ..)| path.contains("mode=overwrite")).expect("a document");
    keep("openapi", "whole", &put.1);
    keep("state", "whole", stored(&state.encode()).to_string().as_bytes());
    keep("state", "private", &private);
    let policy = state.endpoint.known().and_then(|endpoint| endpoint.policy.known().cloned()).expect("a policy");
    for (name, text) in [
        ("policy", policy.as_str()),
        ("route", "ANY /users/{id}/{proxy+}"),
        ("duration", "1h30m"),
        ("block", "2001:DB8::/32"),
        ("mapping", "integration.request.header.x"),
    ] {
        keep("texts", name, text.as_bytes());
    }
    let Private { identity, observed, .. } = Private::read(&private);
    let renamed = [
        (observed.children[&rest_api::child()].id.clone(), API),
        (observed.children[&load_balancer::child()].id.clone(), BALANCER),
        (identity.owner.clone(), OWNER),
    ];
    let scope = Scope { identity, known: observed.children.clone(), ..Scope::default() };
    let all = block_on(observe(&aws, &scope)).expect("an answer");
    let scope = Scope { found: all.children.into_values().collect(), ..scope };
    tape.take();
    for (choice, kind) in (0..).zip(WAVES.concat()) {
        block_on(observe_kind(&aws, &scope, kind)).expect("an answer");
        let mut input = vec![choice];
        for (.., answer) in tape.take() {
            let mut text = String::from_utf8(answer).expect("a text");
            renamed.iter().for_each(|(from, to)| text = text.replace(from, to));
            input.push(OK);
            input.extend(text.into_bytes());
            input.push(END);
        }
        keep("answers", kind.name(), &input);
    }
    let recorded = include_str!("../../tfplugin/tests/recorded/values.txt");
    for line in recorded.lines().filter(|line| !line.starts_with('#')) {
        let (name, hex) = line.split_once(' ').expect("a name and a value");
        let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"));
        keep("values", name, &[0].into_iter().chain(bytes).collect::<Vec<_>>());
    }
}

fn keep(target: &str, name: &str, input: &[u8]) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&directory).expect("a directory");
    fs::write(directory.join(name), input).expect("a file");
}

/// A bundle with something in every part.
async fn made(aws: &Arc<Aws>, fresh: &Fresh) -> (InternalApi, Vec<u8>) {
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": ["*"],
    }});
    let whole = json!({
        "name": "shop", "vpc_id": fresh.vpc_id, "subnet_ids": fresh.subnet_ids, "tags": {"team": "shop"},
        "endpoint": {"allowed_security_group_ids": [fresh.security_group_id], "allowed_cidr_blocks": ["10.0.0.0/8"],
            "policy": policy.to_string()},
        "backends": {
            "products": {"port": 3001, "targets": ["172.31.0.10"], "health_check": {"protocol": "HTTP", "path": "/health"}},
            "users": {"port": 3002, "url_scheme": "https"},
        },
        "routes": {
            "GET /products": {"backend": "products", "authorization": "AWS_IAM", "type": "HTTP"},
            "ANY /users/{proxy+}": {"backend": "users", "request_parameters": {"integration.request.header.x": "'1'"}},
        },
        "stage": {"name": "v1", "variables": {"colour": "blue"}, "method_settings": {"*/*": {"metrics_enabled": true}}},
        "api": {"binary_media_types": ["image/png"]},
    });
    let rpc = Rpc::in_process(Privgw).await.expect("a provider");
    let (whole, _) = rpc.upgrade(Bundle.type_name(), Bundle.version(), &whole.to_string()).await.expect("it fits");
    let config = InternalApi::decode(&whole, &At::root()).expect("it fits");
    let call = Call { cancel: tfplugin::CancellationToken::new() };
    let request = PlanRequest { prior: None, proposed: config.clone(), config: config.clone(), private: Vec::new() };
    let plan = Bundle.plan(&call, Some(aws), request).await;
    let made = Bundle.create(&call, aws, plan.planned, config, plan.private).await;
    assert!(made.diagnostics.is_empty(), "{:?}", made.diagnostics);
    (made.state.expect("a state"), made.private)
}

/// Path, body and answer of a call.
type Exchange = (String, Vec<u8>, Vec<u8>);

/// The simulator, and what was said.
#[derive(Clone)]
struct Tape {
    sim: Sim,
    calls: Arc<Mutex<Vec<Exchange>>>,
}

impl Tape {
    fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.calls.lock().expect("no panic"))
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tape")
    }
}

impl HttpClient for Tape {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Tape {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let tape = self.clone();
        HttpConnectorFuture::new(async move {
            let fail = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::other(error, None);
            let (parts, body) = request.try_into_http1x().map_err(|error| fail(error.into()))?.into_parts();
            let body = Bytes::copy_from_slice(body.bytes().unwrap_or_default());
            let path = parts.uri.to_string();
            let response = tape.sim.call(http::Request::from_parts(parts, body.clone())).await;
            let exchange = (path, body.to_vec(), response.body().to_vec());
            tape.calls.lock().expect("no panic").push(exchange);
            HttpResponse::try_from(response.map(SdkBody::from)).map_err(|error| fail(error.into()))
        })
    }
}
