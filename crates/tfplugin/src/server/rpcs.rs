//! The requests of the protocol, one method each.
//!
//! A method never fails. What goes wrong becomes diagnostics, next to whatever leaves the stored state as it is, or the error of a
//! function.

use std::{future::Future, time::Instant};

use futures::{StreamExt, stream};
use tonic::{Request, Response, Status};

use super::{convert, functions, service::Service};
use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    log, panics,
    proto::tfplugin6::{self as proto, provider_server},
    provider::Provider,
};

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl<P: Provider> provider_server::Provider for Service<P> {
    async fn get_metadata(&self, _: Request<proto::get_metadata::Request>) -> Reply<proto::get_metadata::Response> {
        use proto::get_metadata::{DataSourceMetadata, FunctionMetadata, ResourceMetadata};
        let (resources, data_sources) = (self.resources.keys(), self.data_sources.keys());
        let functions = self.functions.keys();
        Ok(Response::new(proto::get_metadata::Response {
            server_capabilities: Some(CAPABILITIES),
            resources: resources.map(|name| ResourceMetadata { type_name: (*name).to_owned() }).collect(),
            data_sources: data_sources.map(|name| DataSourceMetadata { type_name: (*name).to_owned() }).collect(),
            functions: functions.map(|name| FunctionMetadata { name: (*name).to_owned() }).collect(),
            list_resources: self
                .list_schemas()
                .map(|(type_name, _)| proto::get_metadata::ListResourceMetadata { type_name })
                .collect(),
            ..Default::default()
        }))
    }

    async fn get_provider_schema(
        &self,
        _: Request<proto::get_provider_schema::Request>,
    ) -> Reply<proto::get_provider_schema::Response> {
        let resources = self.resources.iter();
        let resources = resources.map(|(name, resource)| ((*name).to_owned(), convert::schema(resource.schema())));
        let data_sources = self.data_sources.iter();
        let data_sources = data_sources.map(|(name, source)| ((*name).to_owned(), convert::schema(source.schema())));
        Ok(Response::new(proto::get_provider_schema::Response {
            provider: Some(convert::schema(&self.schema)),
            resource_schemas: resources.collect(),
            data_source_schemas: data_sources.collect(),
            functions: self.function_schemas(),
            list_resource_schemas: self.list_schemas().collect(),
            server_capabilities: Some(CAPABILITIES),
            diagnostics: self.schema_diagnostics(),
            ..Default::default()
        }))
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Reply<proto::get_resource_identity_schemas::Response> {
        Ok(Response::new(self.identity_schemas()))
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> Reply<proto::upgrade_resource_identity::Response> {
        let request = request.into_inner();
        let work = async { self.upgrade_identity(&request) };
        let (upgraded_identity, errors) = split(rpc("UpgradeResourceIdentity", &request.type_name, work).await);
        let diagnostics = convert::diagnostics(errors);
        Ok(Response::new(proto::upgrade_resource_identity::Response { upgraded_identity, diagnostics }))
    }

    async fn get_functions(&self, _: Request<proto::get_functions::Request>) -> Reply<proto::get_functions::Response> {
        // All of them work without a configuration, so there are no others once there is one.
        let functions = self.function_schemas();
        Ok(Response::new(proto::get_functions::Response { functions, diagnostics: Vec::new() }))
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> Reply<proto::call_function::Response> {
        let request = request.into_inner();
        let called = rpc("CallFunction", &request.name, async { self.call_function(&request) }).await;
        Ok(Response::new(match called {
            Ok(result) => proto::call_function::Response { result: Some(result), error: None },
            Err(error) => proto::call_function::Response { result: None, error: Some(functions::error(error)) },
        }))
    }

    async fn validate_provider_config(
        &self,
        request: Request<proto::validate_provider_config::Request>,
    ) -> Reply<proto::validate_provider_config::Response> {
        let request = request.into_inner();
        let work = async { self.validate_provider(&request) };
        let diagnostics = told(rpc("ValidateProviderConfig", "", work).await);
        Ok(Response::new(proto::validate_provider_config::Response { diagnostics }))
    }

    async fn configure_provider(
        &self,
        request: Request<proto::configure_provider::Request>,
    ) -> Reply<proto::configure_provider::Response> {
        let request = request.into_inner();
        let diagnostics = told(rpc("ConfigureProvider", "", self.configure(&request)).await);
        Ok(Response::new(proto::configure_provider::Response { diagnostics }))
    }

    async fn validate_resource_config(
        &self,
        request: Request<proto::validate_resource_config::Request>,
    ) -> Reply<proto::validate_resource_config::Response> {
        let request = request.into_inner();
        let work = async { self.validate_resource(&request) };
        let diagnostics = told(rpc("ValidateResourceConfig", &request.type_name, work).await);
        Ok(Response::new(proto::validate_resource_config::Response { diagnostics }))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Reply<proto::upgrade_resource_state::Response> {
        let request = request.into_inner();
        let work = async { self.upgrade(&request) };
        let (upgraded_state, errors) = split(rpc("UpgradeResourceState", &request.type_name, work).await);
        let diagnostics = convert::diagnostics(errors);
        Ok(Response::new(proto::upgrade_resource_state::Response { upgraded_state, diagnostics }))
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Reply<proto::read_resource::Response> {
        let request = request.into_inner();
        let work = rpc("ReadResource", &request.type_name, self.read(&request));
        let response = match work.await {
            Ok(response) => response,
            Err(errors) => proto::read_resource::Response {
                new_state: request.current_state,
                private: request.private,
                diagnostics: convert::diagnostics(errors),
                deferred: None,
                new_identity: request.current_identity,
            },
        };
        Ok(Response::new(response))
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Reply<proto::plan_resource_change::Response> {
        let request = request.into_inner();
        let work = rpc("PlanResourceChange", &request.type_name, self.plan(&request));
        let response = match work.await {
            Ok(response) => response,
            Err(errors) => proto::plan_resource_change::Response {
                planned_state: request.prior_state,
                planned_private: request.prior_private,
                diagnostics: convert::diagnostics(errors),
                planned_identity: request.prior_identity,
                requires_replace: Vec::new(),
                legacy_type_system: false,
                deferred: None,
            },
        };
        Ok(Response::new(response))
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Reply<proto::apply_resource_change::Response> {
        let request = request.into_inner();
        let work = rpc("ApplyResourceChange", &request.type_name, self.apply(&request));
        let response = match work.await {
            Ok(response) => response,
            Err(errors) => proto::apply_resource_change::Response {
                // With no state in the answer, Terraform keeps the old state together with its private bytes.
                new_state: None,
                private: Vec::new(),
                diagnostics: convert::diagnostics(errors),
                new_identity: request.planned_identity,
                legacy_type_system: false,
            },
        };
        Ok(Response::new(response))
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Reply<proto::import_resource_state::Response> {
        let request = request.into_inner();
        let work = rpc("ImportResourceState", &request.type_name, self.import(&request));
        let response = match work.await {
            Ok(response) => response,
            Err(errors) => proto::import_resource_state::Response {
                diagnostics: convert::diagnostics(errors),
                ..Default::default()
            },
        };
        Ok(Response::new(response))
    }

    async fn move_resource_state(
        &self,
        request: Request<proto::move_resource_state::Request>,
    ) -> Reply<proto::move_resource_state::Response> {
        let request = request.into_inner();
        let target = request.target_type_name.clone();
        let (moved, errors) = split(rpc("MoveResourceState", &target, async { self.move_state(request) }).await);
        let mut response = moved.unwrap_or_default();
        response.diagnostics = convert::diagnostics(errors);
        Ok(Response::new(response))
    }

    async fn generate_resource_config(
        &self,
        request: Request<proto::generate_resource_config::Request>,
    ) -> Reply<proto::generate_resource_config::Response> {
        let request = request.into_inner();
        let work = async { self.generate(&request) };
        let (config, errors) = split(rpc("GenerateResourceConfig", &request.type_name, work).await);
        let diagnostics = convert::diagnostics(errors);
        Ok(Response::new(proto::generate_resource_config::Response { config, diagnostics }))
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<proto::validate_list_resource_config::Request>,
    ) -> Reply<proto::validate_list_resource_config::Response> {
        // It has no arguments that could be wrong.
        let request = request.into_inner();
        let work = async { self.resource(&request.type_name).map(|_| Diagnostics::new()) };
        let diagnostics = told(rpc("ValidateListResourceConfig", &request.type_name, work).await);
        Ok(Response::new(proto::validate_list_resource_config::Response { diagnostics }))
    }

    async fn list_resource(
        &self,
        request: Request<proto::list_resource::Request>,
    ) -> Reply<tonic::codegen::BoxStream<proto::list_resource::Event>> {
        let request = request.into_inner();
        let listed = rpc("ListResource", &request.type_name, self.list(&request)).await;
        let events = listed.unwrap_or_else(|errors| {
            let diagnostic = convert::diagnostics(errors);
            vec![proto::list_resource::Event { diagnostic, ..Default::default() }]
        });
        Ok(Response::new(stream::iter(events.into_iter().map(Ok)).boxed()))
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<proto::validate_data_resource_config::Request>,
    ) -> Reply<proto::validate_data_resource_config::Response> {
        let request = request.into_inner();
        let work = async { self.validate_data(&request) };
        let diagnostics = told(rpc("ValidateDataResourceConfig", &request.type_name, work).await);
        Ok(Response::new(proto::validate_data_resource_config::Response { diagnostics }))
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> Reply<proto::read_data_source::Response> {
        let request = request.into_inner();
        let (read, errors) = split(rpc("ReadDataSource", &request.type_name, self.read_data(&request)).await);
        let refusal =
            || proto::read_data_source::Response { diagnostics: convert::diagnostics(errors), ..Default::default() };
        Ok(Response::new(read.unwrap_or_else(refusal)))
    }

    /// Answers at once: Terraform holds a lock while it waits.
    async fn stop_provider(&self, _: Request<proto::stop_provider::Request>) -> Reply<proto::stop_provider::Response> {
        log::debug("stopping", &[("tf_rpc", "StopProvider".to_owned())]);
        self.calls.cancel_all();
        Ok(Response::new(Default::default()))
    }
}

const CAPABILITIES: proto::ServerCapabilities = proto::ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: true,
    generate_resource_config: true,
};

/// Runs a request: panics become errors, and lines of log say what it was and how long it took.
async fn rpc<T, E: From<Diagnostic>>(
    name: &str,
    type_name: &str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    log::request(name, type_name, async {
        log::trace("received", &[]);
        let start = Instant::now();
        let outcome = panics::caught(work).await.map_err(E::from).flatten();
        log::debug("served", &[("tf_req_duration_ms", start.elapsed().as_millis().to_string())]);
        outcome
    })
    .await
}

/// What came of it, and what went wrong.
fn split<T>(outcome: Result<T, Diagnostics>) -> (Option<T>, Diagnostics) {
    match outcome {
        Ok(done) => (Some(done), Diagnostics::new()),
        Err(errors) => (None, errors),
    }
}

fn told(outcome: Result<Diagnostics, Diagnostics>) -> Vec<proto::Diagnostic> {
    convert::diagnostics(outcome.unwrap_or_else(|errors| errors))
}
