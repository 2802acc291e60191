//! The one door that every request to AWS passes: it knows the operation, tells polls from work and writes the trace.

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

use super::error::request_id;

tokio::task_local! {
    /// Set inside a wait, so that the trace (and the User-Agent) tells polls from work.
    pub static POLLING: bool;
    /// How long the call in progress has waited for its turn.
    pub static PACED: Duration;
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
}

impl Door {
    /// Every request of the returned client goes through the door and then through `inner`.
    pub fn before(inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Self { inner })
    }
}

impl HttpClient for Door {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Passage { inner })
    }
}

#[derive(Debug)]
struct Passage {
    inner: SharedHttpConnector,
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
        let waited = PACED.try_with(|waited| *waited).unwrap_or_default();
        let inner = self.inner.clone();
        HttpConnectorFuture::new(async move {
            let start = Instant::now();
            let result = inner.call(request).await;
            let status = result.as_ref().map_or(0, |response| response.status().as_u16());
            let request_id = result.as_ref().ok().and_then(request_id);
            tfplugin::log::debug(
                "call to AWS",
                &[
                    ("operation", operation),
                    ("http_status", status.to_string()),
                    ("aws_request_id", request_id.unwrap_or_default().to_string()),
                    ("polling", polling.to_string()),
                    ("duration_ms", start.elapsed().as_millis().to_string()),
                    ("paced_ms", waited.as_millis().to_string()),
                ],
            );
            result
        })
    }
}
