//! A simulated AWS in process, and a stand-in for Terraform that keeps state and checks what Terraform would check.
//!
//! Under tokio's paused clock a wait of minutes takes no time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sim::{CallRecord, Fresh, Sim};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use privgw::aws::{Aws, Dice};
use privgw::bundle::Bundle;
use privgw::bundle::model::{Backend, Endpoint, InternalApi, MapOf, Route, Stage};
use privgw::provider::{Config, connect};
use tfplugin::{
    Attr, Call, DeleteResponse, Diagnostics, ImportId, Model, PlanRequest, PlanResponse, ReadResponse, Resource, Set,
    Value,
};
use tokio_util::sync::CancellationToken;

use crate::strikes::Strikes;

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-central-1";

/// More processes than any test starts.
const MANY: u64 = 1000;

/// A simulated account, with the state of one resource in it.
pub struct World {
    pub sim: Sim,
    pub fresh: Fresh,
    pub state: Option<(InternalApi, Vec<u8>)>,
    /// What successful applies have complained about.
    pub warnings: Diagnostics,
    /// Whether Terraform would replace the resource because its creation failed.
    tainted: bool,
    pub cancel: CancellationToken,
    /// What goes wrong with calls on their way.
    pub strikes: Strikes,
    /// How many processes there were.
    processes: Arc<AtomicU64>,
}

impl World {
    pub fn new() -> Self {
        Self::with(aws_sim::Config::default())
    }

    /// A world in which AWS behaves in a certain way.
    pub fn with(config: aws_sim::Config) -> Self {
        let sim = Sim::new(config);
        let fresh = sim.account(ACCOUNT, REGION);
        Self {
            sim,
            fresh,
            state: None,
            warnings: Diagnostics::new(),
            tainted: false,
            cancel: CancellationToken::new(),
            strikes: Strikes::default(),
            processes: Arc::default(),
        }
    }

    /// The same situation in an AWS that goes on by itself.
    pub fn fork(&self) -> Self {
        self.on(self.sim.fork())
    }

    /// What Terraform has of this world, and an AWS.
    pub fn on(&self, sim: Sim) -> Self {
        Self {
            sim,
            fresh: self.fresh.clone(),
            state: self.state.clone(),
            warnings: Diagnostics::new(),
            tainted: self.tainted,
            cancel: CancellationToken::new(),
            strikes: Strikes::default(),
            processes: Arc::new(AtomicU64::new(self.processes.load(Ordering::Relaxed))),
        }
    }

    /// The processes to come draw other lots than those that have died in a copy of this world.
    pub fn reborn(self) -> Self {
        self.processes.fetch_add(MANY, Ordering::Relaxed);
        self
    }

    /// Another resource in the same AWS.
    pub fn beside(&self) -> Self {
        let other = self.on(self.sim.clone());
        Self { state: None, tainted: false, processes: self.processes.clone(), ..other }
    }

    /// The state, which there must be.
    pub fn known_state(&self) -> InternalApi {
        self.state.as_ref().map(|(state, _)| state.clone()).expect("a state")
    }

    /// `terraform import`.
    pub async fn import(&mut self, api: &str) -> Result<(), Diagnostics> {
        let aws = self.try_configure().await?;
        self.state = Some(Bundle.import(&self.call(), &aws, ImportId::Id(api.to_string())).await?);
        self.refresh(&aws).await
    }

    /// What `provider "privgw"` does at the start of every walk.
    pub async fn configure(&self) -> Arc<Aws> {
        self.try_configure().await.expect("the simulator knows every account")
    }

    async fn try_configure(&self) -> Result<Arc<Aws>, Diagnostics> {
        let config =
            Config { region: text(REGION), access_key: text(ACCOUNT), secret_key: text("secret"), ..Config::default() };
        // Every process has a seed of its own, all from that of the world.
        let dice = Dice::seeded(self.processes.fetch_add(1, Ordering::Relaxed));
        connect(&config, SharedHttpClient::new(InProcess(self.sim.clone(), self.strikes.clone())), dice).await
    }

    fn call(&self) -> Call {
        Call { cancel: self.cancel.clone() }
    }

    /// The walk of `terraform plan`: refresh, validate, plan. Updates the state like a refresh does.
    pub async fn plan(&mut self, config: &InternalApi) -> Result<PlanResponse<InternalApi>, Diagnostics> {
        let aws = self.try_configure().await?;
        self.refresh(&aws).await?;
        self.plan_only(&aws, config).await
    }

    async fn refresh(&mut self, aws: &Arc<Aws>) -> Result<(), Diagnostics> {
        let Some((state, private)) = self.state.take() else { return Ok(()) };
        self.state = match Bundle.read(&self.call(), aws, state.clone(), private.clone()).await {
            ReadResponse::Gone => None,
            ReadResponse::Found { state, private, .. } => {
                assert!(!state.encode().has_unknown(), "a read must leave nothing unknown: {state:#?}");
                Some((state, private))
            }
            ReadResponse::Failed(diagnostics) => {
                self.state = Some((state, private));
                return Err(diagnostics);
            }
        };
        Ok(())
    }

    async fn plan_only(&self, aws: &Arc<Aws>, config: &InternalApi) -> Result<PlanResponse<InternalApi>, Diagnostics> {
        let found = Bundle.validate(config);
        if found.has_errors() {
            return Err(found);
        }
        let prior = self.state.as_ref().map(|(state, _)| state.clone());
        let private = self.state.as_ref().map(|(_, private)| private.clone()).unwrap_or_default();
        let proposed = proposed(prior.as_ref(), config);
        let request = PlanRequest { prior, proposed, config: config.clone(), private };
        let response = Bundle.plan(&self.call(), Some(aws), request).await;
        if response.diagnostics.has_errors() { Err(response.diagnostics) } else { Ok(response) }
    }

    /// Whether a failed creation has left something in the state.
    pub fn is_tainted(&self) -> bool {
        self.tainted && self.state.is_some()
    }

    /// `terraform untaint`: the next apply goes on from what exists.
    pub fn untaint(&mut self) {
        self.tainted = false;
    }

    /// `terraform taint`: the next apply replaces it.
    pub fn taint(&mut self) {
        self.tainted = true;
    }

    /// The state is lost, as when a process is killed.
    pub fn forget(&mut self) {
        self.state = None;
        self.tainted = false;
    }

    /// `terraform apply`: plan with refresh, then plan again and apply, as two processes would.
    ///
    /// A tainted resource is replaced: destroyed first, then made anew.
    pub async fn apply(&mut self, config: &InternalApi) -> Result<InternalApi, Diagnostics> {
        if self.is_tainted() {
            let found = self.destroy().await;
            if found.has_errors() {
                return Err(found);
            }
        }
        self.tainted = false;
        let first = self.plan(config).await?;
        let aws = self.try_configure().await?;
        let second = self.plan_only(&aws, config).await?;
        assert_keeps("the second plan", &first.planned, &second.planned);
        let call = self.call();
        let is_creation = self.state.is_none();
        let response = match self.state.clone() {
            None => Bundle.create(&call, &aws, second.planned.clone(), config.clone(), second.private).await,
            Some((prior, _)) if prior == second.planned => return Ok(prior),
            Some((prior, _)) => {
                Bundle.update(&call, &aws, prior, second.planned.clone(), config.clone(), second.private).await
            }
        };
        if let Some(state) = &response.state {
            assert!(!state.encode().has_unknown(), "an apply must leave nothing unknown: {state:#?}");
            self.state = Some((state.clone(), response.private));
        }
        if response.diagnostics.has_errors() {
            self.tainted = is_creation && self.state.is_some();
            return Err(response.diagnostics);
        }
        self.warnings.extend(response.diagnostics);
        let state = response.state.expect("a successful apply returns the state");
        assert_keeps("the apply", &second.planned, &state);
        Ok(state)
    }

    /// Applies and then proves that the next plan is empty.
    pub async fn settle(&mut self, config: &InternalApi) -> InternalApi {
        let state = self.apply(config).await.unwrap_or_else(|found| panic!("{found:#?}"));
        assert!(self.warnings.is_empty(), "a successful apply has no complaint: {:?}", self.warnings);
        self.assert_settled(config).await;
        state
    }

    pub async fn assert_settled(&mut self, config: &InternalApi) {
        let plan = self.plan(config).await.unwrap_or_else(|found| panic!("{found:#?}"));
        let state = self.state.clone().map(|(state, _)| state).expect("there is a state");
        assert_eq!(
            differences(&state.encode(), &plan.planned.encode()),
            Vec::<String>::new(),
            "the second plan must be empty"
        );
    }

    pub async fn destroy(&mut self) -> Diagnostics {
        let aws = match self.try_configure().await {
            Ok(aws) => aws,
            Err(found) => return found,
        };
        if let Err(found) = self.refresh(&aws).await {
            return found;
        }
        let Some((state, private)) = self.state.take() else { return Diagnostics::new() };
        match Bundle.delete(&self.call(), &aws, state, private).await {
            DeleteResponse::Gone { diagnostics } => diagnostics,
            DeleteResponse::Left { state, private, diagnostics } => {
                self.state = Some((state, private));
                diagnostics
            }
        }
    }

    /// The plan says `children` for what it will do: the names whose value changes.
    pub async fn planned_changes(&mut self, config: &InternalApi) -> Vec<String> {
        let plan = self.plan(config).await.unwrap_or_else(|found| panic!("{found:#?}"));
        let state = self.state.clone().map(|(state, _)| state).unwrap_or_default();
        differences(&state.encode(), &plan.planned.encode())
    }

    /// The calls since `seq`, polls left out.
    pub fn work_since(&self, seq: usize) -> Vec<CallRecord> {
        self.sim.calls().into_iter().skip(seq).filter(|call| !call.user_agent.contains("privgw-poll")).collect()
    }

    /// The operations since `seq` that change something.
    pub fn writes_since(&self, seq: usize) -> Vec<String> {
        let reads = |name: &String| name.starts_with("Describe") || name.starts_with("Get");
        self.operations_since(seq).into_iter().filter(|name| !reads(name)).collect()
    }

    pub fn operations_since(&self, seq: usize) -> Vec<String> {
        self.work_since(seq).into_iter().map(|call| call.operation).collect()
    }

    /// How many objects of a kind exist.
    pub fn count(&self, kind: &str) -> usize {
        self.sim.objects()[ACCOUNT][REGION][kind].as_object().map_or(0, |objects| objects.len())
    }

    /// The article's shop, smallest form: three back ends, three routes.
    pub fn shop(&self) -> InternalApi {
        let backend = |port: i64| Backend { port: Attr::Known(port), ..Backend::default() };
        InternalApi {
            name: text("shop"),
            vpc_id: text(&self.fresh.vpc_id),
            subnet_ids: strings(&self.fresh.subnet_ids),
            endpoint: Attr::Known(Endpoint {
                allowed_security_group_ids: strings(std::slice::from_ref(&self.fresh.security_group_id)),
                ..Endpoint::default()
            }),
            backends: map([("products", backend(3001)), ("users", backend(3002)), ("images", backend(3003))]),
            routes: map([
                ("GET /products", route("products")),
                ("ANY /users/{proxy+}", route("users")),
                ("POST /images", Route { path: text("/v2/images"), ..route("images") }),
            ]),
            stage: Attr::Known(Stage { name: text("v1"), ..Stage::default() }),
            ..InternalApi::default()
        }
    }

    /// A call as anybody could make it, for instance to change something behind the provider's back.
    pub async fn tamper(&self, service: &str, method: &str, path: &str, body: &str) -> String {
        let (status, text) = self.ask(service, method, path, body).await;
        assert!((200..300).contains(&status), "{service} {method} {path} {body}: {text}");
        text
    }

    /// Such a call, which may fail: the status and the body of the answer.
    pub async fn ask(&self, service: &str, method: &str, path: &str, body: &str) -> (u16, String) {
        let content = if service == "apigateway" { "application/json" } else { "application/x-www-form-urlencoded" };
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://{service}.{REGION}.amazonaws.com{path}"))
            .header("authorization", scope)
            .header("content-type", content)
            .body(bytes::Bytes::from(body.to_string()))
            .expect("a well-formed request");
        let response = self.sim.call(request).await;
        (response.status().as_u16(), String::from_utf8_lossy(response.body()).to_string())
    }
}

/// What one bundle is made of, deployments apart: earlier ones of those are kept.
pub fn whole(backends: usize) -> [(&'static str, usize); 8] {
    [
        ("vpc-endpoint", 1),
        ("load-balancer", 1),
        ("target-group", backends),
        ("listener", backends),
        ("vpc-link", 1),
        ("rest-api", 1),
        ("stage", 1),
        // The default group of the VPC is there before.
        ("security-group", 3),
    ]
}

pub fn text(text: &str) -> Attr<String> {
    Attr::Known(text.to_string())
}

pub fn strings(values: &[String]) -> Attr<Set<Attr<String>>> {
    Attr::Known(Set(values.iter().map(|value| text(value)).collect()))
}

pub fn map<T, const N: usize>(entries: [(&str, T); N]) -> Attr<MapOf<T>> {
    Attr::Known(entries.into_iter().map(|(key, value)| (key.to_string(), Attr::Known(value))).collect())
}

pub fn route(backend: &str) -> Route {
    Route { backend: text(backend), ..Route::default() }
}

/// The value inside a known attribute, to change it.
pub fn inside<T>(attr: &mut Attr<T>) -> &mut T {
    match attr {
        Attr::Known(value) => value,
        _ => panic!("the attribute isn't known"),
    }
}

/// What Terraform proposes: the configuration's arguments with the prior computed values.
fn proposed(prior: Option<&InternalApi>, config: &InternalApi) -> InternalApi {
    let mut proposed = prior.cloned().unwrap_or_default();
    let InternalApi {
        name,
        description,
        vpc_id,
        subnet_ids,
        endpoint,
        load_balancer,
        vpc_link,
        backends,
        routes,
        openapi,
        policy,
        stage,
        api,
        tags,
        on_create_failure,
        preflight,
        timeouts,
        ..
    } = config.clone();
    proposed.name = name;
    proposed.description = description;
    proposed.vpc_id = vpc_id;
    proposed.subnet_ids = subnet_ids;
    proposed.endpoint = endpoint;
    proposed.load_balancer = load_balancer;
    proposed.vpc_link = vpc_link;
    proposed.backends = backends;
    proposed.routes = routes;
    proposed.openapi = openapi;
    proposed.policy = policy;
    proposed.stage = stage;
    proposed.api = api;
    proposed.tags = tags;
    proposed.on_create_failure = on_create_failure;
    proposed.preflight = preflight;
    proposed.timeouts = timeouts;
    proposed
}

/// Every value known before must be the same after.
pub fn assert_keeps(what: &str, before: &InternalApi, after: &InternalApi) {
    let broken = broken_promises("", &before.encode(), &after.encode());
    assert_eq!(broken, Vec::<String>::new(), "{what} broke a promise of the plan");
}

trait Encode {
    fn encode(&self) -> Value;
}

impl<M: Model> Encode for M {
    fn encode(&self) -> Value {
        Value::Object(self.encode_object())
    }
}

fn broken_promises(path: &str, before: &Value, after: &Value) -> Vec<String> {
    match (before, after) {
        (Value::Unknown, _) => Vec::new(),
        (Value::List(_) | Value::Set(_), _) if before.has_unknown() => Vec::new(),
        (Value::Object(a) | Value::Map(a), Value::Object(b) | Value::Map(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let missing = Value::Null;
            keys.into_iter()
                .flat_map(|key| {
                    broken_promises(
                        &format!("{path}.{key}"),
                        a.get(key).unwrap_or(&missing),
                        b.get(key).unwrap_or(&missing),
                    )
                })
                .collect()
        }
        _ if before == after => Vec::new(),
        _ => vec![format!("{path}: {before:?} became {after:?}")],
    }
}

/// The paths of values that differ.
pub fn differences(before: &Value, after: &Value) -> Vec<String> {
    fn walk(path: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
        match (before, after) {
            (Value::Object(a) | Value::Map(a), Value::Object(b) | Value::Map(b)) => {
                let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
                let missing = Value::Null;
                for key in keys {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    walk(&path, a.get(key).unwrap_or(&missing), b.get(key).unwrap_or(&missing), found);
                }
            }
            _ if before == after => {}
            _ => found.push(path.to_string()),
        }
    }
    let mut found = Vec::new();
    walk("", before, after, &mut found);
    found
}

/// Counts by name, for messages.
pub fn tally(operations: &[String]) -> BTreeMap<&str, usize> {
    let mut tally = BTreeMap::new();
    for operation in operations {
        *tally.entry(operation.as_str()).or_default() += 1;
    }
    tally
}

/// The simulator as the SDK's HTTP client.
#[derive(Clone)]
struct InProcess(Sim, Strikes);

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (sim, strikes) = (self.0.clone(), self.1.clone());
        HttpConnectorFuture::new(async move {
            let fail = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::other(error, None);
            let (parts, body) = request.try_into_http1x().map_err(|error| fail(error.into()))?.into_parts();
            let body = body.collect().await.map_err(fail)?.to_bytes();
            let response = strikes.carry(&sim, http::Request::from_parts(parts, body)).await;
            if response.headers().contains_key("x-sim-lost") {
                return Err(ConnectorError::io("the connection broke before the answer".into()));
            }
            HttpResponse::try_from(response.map(SdkBody::from)).map_err(|error| fail(error.into()))
        })
    }
}
