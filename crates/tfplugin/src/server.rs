//! The protocol in front of a provider: requests become typed calls, answers become responses.

mod convert;
mod data;
mod existing;
mod functions;
mod managed;
mod plugin;
mod rpcs;
mod service;
mod state;
mod typed;

#[cfg(feature = "testing")]
pub(crate) use convert::{diagnostics_from_proto, path_from_proto, value};
pub(crate) use data::{Readable, TypedData};
pub(crate) use managed::Managed;
pub(crate) use typed::Typed;

use tokio_util::sync::CancellationToken;
use tonic::{
    service::Routes,
    transport::{Server, server::Router},
};
use tonic_health::ServingStatus;

use crate::{
    proto::{
        plugin::{
            grpc_broker_server::GrpcBrokerServer, grpc_controller_server::GrpcControllerServer,
            grpc_stdio_server::GrpcStdioServer,
        },
        tfplugin6::provider_server::ProviderServer,
    },
    provider::Provider,
};

/// Terraform sends whatever users write, so this is far above the usual limit of gRPC.
pub(crate) const MAX_MESSAGE: usize = 256 << 20;

/// Everything that answers on a connection. Cancelling the token ends the streams that never end by themselves.
pub(crate) async fn router<P: Provider>(provider: P, shutdown: &CancellationToken) -> Router {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status("plugin", ServingStatus::Serving).await;
    let provider = ProviderServer::new(service::Service::new(provider))
        .max_decoding_message_size(MAX_MESSAGE)
        .max_encoding_message_size(MAX_MESSAGE);
    let plugin = plugin::Plugin { shutdown: shutdown.clone() };
    let routes = Routes::new(provider)
        .add_service(GrpcControllerServer::new(plugin.clone()))
        .add_service(GrpcStdioServer::new(plugin.clone()))
        .add_service(GrpcBrokerServer::new(plugin))
        .add_service(health_service);
    Server::builder().add_routes(routes)
}
