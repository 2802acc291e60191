//! The one door that every request to AWS passes: it knows the operation, keeps to AWS's documented pace and writes the trace.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::time::Instant;

use super::{AwsError, retry};

tokio::task_local! {
    /// Set inside a wait, so that the trace (and the User-Agent) tells polls from work.
    pub static POLLING: bool;
}

/// Puts the name of the operation on the request, for the door to read.
#[derive(Debug)]
pub struct Label;

#[derive(Clone, Debug)]
struct Operation(String);

#[dyn_dispatch_hint]
impl Intercept for Label {
    fn name(&self) -> &'static str {
        "operation label"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let name = config.load::<Metadata>().map(|metadata| metadata.name().to_string()).unwrap_or_default();
        context.request_mut().add_extension(Operation(name));
        Ok(())
    }
}

/// An HTTP client with the door in front.
#[derive(Clone, Debug)]
pub struct Door {
    inner: SharedHttpClient,
    pace: Arc<Pace>,
}

impl Door {
    /// Every request of the returned client goes through the door and then through `inner`.
    pub fn before(inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Self { inner, pace: Arc::default() })
    }
}

impl HttpClient for Door {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Passage { inner, pace: Arc::clone(&self.pace) })
    }
}

#[derive(Debug)]
struct Passage {
    inner: SharedHttpConnector,
    pace: Arc<Pace>,
}

impl HttpConnector for Passage {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let operation = request.extension::<Operation>().map(|operation| operation.0.clone()).unwrap_or_default();
        let polling = POLLING.try_with(|polling| *polling).unwrap_or(false);
        if polling {
            // The User-Agent isn't part of AWS's signature, so it may still change here.
            let agent = format!("{} privgw-poll", request.headers().get("user-agent").unwrap_or_default());
            request.headers_mut().insert("user-agent", agent);
        }
        let (inner, pace) = (self.inner.clone(), Arc::clone(&self.pace));
        HttpConnectorFuture::new(async move {
            let waited = if operation == DELETE_REST_API { Duration::ZERO } else { pace.admit(&operation).await };
            let start = Instant::now();
            let result = inner.call(request).await;
            let status = result.as_ref().map_or(0, |response| response.status().as_u16());
            tfplugin::log::debug(
                "call to AWS",
                &[
                    ("operation", operation),
                    ("http_status", status.to_string()),
                    ("polling", polling.to_string()),
                    ("duration_ms", start.elapsed().as_millis().to_string()),
                    ("paced_ms", waited.as_millis().to_string()),
                ],
            );
            result
        })
    }
}

/// The one operation whose queue can be longer than a signature is valid, so its turn is waited for before the request is made:
/// see [`Pace::turn`].
pub const DELETE_REST_API: &str = "DeleteRestApi";

/// AWS's documented quotas of API Gateway's control plane, kept on our side so that they are hardly ever met:
/// operation, calls, and the time in which that many may be made.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const QUOTAS: [(&str, f64, Duration); 5] = [
    ("CreateRestApi", 1.0, Duration::from_secs(3)),
    (DELETE_REST_API, 1.0, Duration::from_secs(30)),
    ("PutRestApi", 1.0, Duration::from_secs(1)),
    ("CreateDeployment", 1.0, Duration::from_secs(5)),
    ("GetResources", 5.0, Duration::from_secs(2)),
];

/// One token bucket an operation, full at the start.
#[derive(Debug, Default)]
pub struct Pace {
    buckets: Mutex<BTreeMap<&'static str, (f64, Instant)>>,
}

impl Pace {
    /// Waits until the operation may go out; returns how long that was. Bounded by the bucket's refill time for each caller
    /// ahead in the queue.
    async fn admit(&self, operation: &str) -> Duration {
        let wait = self.reserve(operation, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        wait
    }

    /// Waits for the operation's turn, but not beyond the bounds of the run; a turn not waited for is given back.
    pub async fn turn(&self, operation: &str) -> Result<(), AwsError> {
        let wait = self.reserve(operation, Instant::now());
        if retry::sleep(wait).await {
            return Ok(());
        }
        self.give_back(operation);
        Err(AwsError::internal(format!("stopped while {operation} waited for its turn in AWS's quota")))
    }

    fn give_back(&self, operation: &str) {
        if let Ok(mut buckets) = self.buckets.lock()
            && let Some((tokens, _)) = buckets.get_mut(operation)
        {
            *tokens += 1.0;
        }
    }

    /// Takes a token, going into debt if there is none, and says how long until the debt is paid.
    fn reserve(&self, operation: &str, now: Instant) -> Duration {
        let Some((name, calls, period)) = QUOTAS.iter().find(|(name, ..)| *name == operation) else {
            return Duration::ZERO;
        };
        let rate = calls / period.as_secs_f64();
        let Ok(mut buckets) = self.buckets.lock() else { return Duration::ZERO };
        let (tokens, since) = buckets.entry(name).or_insert((*calls, now));
        *tokens = (*tokens + now.duration_since(*since).as_secs_f64() * rate).min(*calls) - 1.0;
        *since = now;
        if *tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-*tokens / rate) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn apis_are_deleted_one_in_thirty_seconds_and_the_first_at_once() {
        let pace = Pace::default();
        let start = Instant::now();
        for _ in 0..3 {
            pace.admit("DeleteRestApi").await;
        }
        assert_eq!(start.elapsed().as_secs(), 60);
        pace.admit("GetRestApi").await;
        assert_eq!(start.elapsed().as_secs(), 60);
    }
}
