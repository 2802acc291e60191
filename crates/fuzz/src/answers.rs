//! AWS's answers, whatever they are. The first byte chooses the kind of child that is looked for; then come the answers in the order of
//! the calls, each a byte that chooses its status, and its body up to a byte 255, which neither XML nor JSON has.

use std::cell::OnceCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use privgw::aws::{Aws, Dice};
use privgw::bundle::arguments::arguments;
use privgw::bundle::validate::validate;
use privgw::child::{ChildName, Identity, Live, Scope, Status};
use privgw::children::{WAVES, load_balancer, rest_api};
use privgw::provider::{Config, connect};
use privgw::reconcile::{Observed, observe_kind};
use tfplugin::Attr;

use crate::here::block_on;

/// What AWS may answer with. Throttling and faults of its own are asked again, which is bounded elsewhere.
const STATUSES: [u16; 5] = [200, 200, 200, 400, 404];
pub const END: u8 = 255;

/// The API and the load balancer that others belong to.
pub const API: &str = "a1b2c3d4e5";
pub const BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/shop/0123456789abcdef";

/// The owner of the bundle that is looked for.
pub const OWNER: &str = "0123456789abcdef";

thread_local! {
    static AWS: OnceCell<(Arc<Aws>, Answers)> = const { OnceCell::new() };
}

/// What is found can be told in arguments; what isn't understood is an error with words.
pub fn run(input: &[u8]) {
    let (aws, answers) = AWS.with(|aws| aws.get_or_init(connected).clone());
    let Some((choice, rest)) = input.split_first() else { return };
    *answers.lock() = rest.split(|byte| *byte == END).map(<[u8]>::to_vec).collect();
    let kinds: Vec<_> = WAVES.concat();
    match block_on(observe_kind(&aws, &scope(), kinds[usize::from(*choice) % kinds.len()])) {
        Ok(found) => {
            let children: BTreeMap<ChildName, Live> = found.into_iter().map(|live| (live.name.clone(), live)).collect();
            let _ = validate(&arguments(&Observed { children, ..Observed::default() }, &aws.place));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A bundle of which an API and a load balancer were found.
fn scope() -> Scope {
    let found = [(rest_api::child(), API), (load_balancer::child(), BALANCER)].map(|(name, id)| Live {
        name,
        id: id.to_owned(),
        spec: Default::default(),
        outputs: BTreeMap::from([("arn".to_owned(), id.into())]),
        tags: None,
        status: Status::Ready,
        created: 0,
    });
    let identity = Identity { bundle: "shop".to_owned(), owner: OWNER.to_owned(), ..Identity::default() };
    let known = found.iter().map(|live| (live.name.clone(), live.clone())).collect();
    Scope { identity, known, found: found.to_vec(), adopting: true, ..Scope::default() }
}

fn connected() -> (Arc<Aws>, Answers) {
    let answers = Answers::default();
    let aws = block_on(connect(&config(), SharedHttpClient::new(answers.clone()), Dice::seeded(0)));
    (aws.expect("nothing has to be asked for that"), answers)
}

/// The provider block.
pub fn config() -> Config {
    let text = |text: &str| Attr::Known(text.to_owned());
    Config {
        region: text("eu-central-1"),
        access_key: text("111122223333"),
        secret_key: text("secret"),
        skip_credentials_validation: Attr::Known(true),
        max_retries: Attr::Known(0),
        ..Config::default()
    }
}

/// The answers to come. After the last one AWS refuses everything.
#[derive(Clone, Default)]
struct Answers(Arc<Mutex<VecDeque<Vec<u8>>>>);

impl Answers {
    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers")
    }
}

impl HttpClient for Answers {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Answers {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let next = self.lock().pop_front().unwrap_or_default();
        let (status, body) = next
            .split_first()
            .map_or((400, &[][..]), |(choice, body)| (STATUSES[usize::from(*choice) % STATUSES.len()], body));
        let answer = http::Response::builder().status(status).body(SdkBody::from(body.to_vec()));
        let fail = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::other(error, None);
        let answer = answer.map_err(|error| fail(error.into()));
        HttpConnectorFuture::ready(
            answer.and_then(|answer| HttpResponse::try_from(answer).map_err(|error| fail(error.into()))),
        )
    }
}
