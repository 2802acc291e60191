mod existing;
mod lookup;

pub use existing::Found;
pub use lookup::Names;

use std::sync::Arc;

use futures::stream;
use tokio_util::sync::CancellationToken;
use tonic::{
    Response, Status,
    transport::{Channel, Endpoint},
};

use super::{process::Ready, schemas::Schemas};
use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    identity::Identity,
    proto::tfplugin6::{self as proto, provider_client::ProviderClient},
    provider::Provider,
    server::{self, MAX_MESSAGE, diagnostics_from_proto, path_from_proto, value},
    value::{NOT_NULL, Path, Type, UNKNOWN, Value},
};

/// The protocol as Terraform speaks it, on any connection. Clones share it.
///
/// What a provider tells its user is in the diagnostics of each answer. An `Err` is a fault of the protocol itself: a call that isn't
/// served, or a value that doesn't conform to the schema.
#[derive(Clone)]
pub struct Rpc {
    channel: Channel,
    schemas: Arc<Schemas>,
    unknown: &'static [u8],
    identity: Option<Identity>,
}

/// A plan as the provider answered it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The planned state.
    pub state: Value,
    /// The private bytes for apply.
    pub private: Vec<u8>,
    /// What the object will be known by.
    pub identity: Option<Identity>,
    /// The paths that need a new object.
    pub replace: Vec<Path>,
    /// What the user is told.
    pub diagnostics: Diagnostics,
}

/// A state as the provider answered it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The state; null if there is none.
    pub state: Value,
    /// The private bytes that are stored with it.
    pub private: Vec<u8>,
    /// What the object is known by apart from its state.
    pub identity: Option<Identity>,
    /// What the user is told.
    pub diagnostics: Diagnostics,
}

/// How much of a message may be on its way in memory; nothing depends on it.
const BUFFER: usize = 1 << 20;

impl Rpc {
    /// Serves a provider in this process, over a connection that exists only in memory. All but process, certificate and socket is
    /// what Terraform meets: HTTP/2, protobuf and the encoding of values.
    ///
    /// # Errors
    ///
    /// What is wrong with its schemas.
    pub async fn in_process<P: Provider>(provider: P) -> Result<Rpc, String> {
        let (client, connection) = tokio::io::duplex(BUFFER);
        let router = server::router(provider, &CancellationToken::new()).await;
        let only = stream::once(async { Ok::<_, std::io::Error>(connection) });
        // It ends with the connection.
        tokio::spawn(router.serve_with_incoming(only));
        let endpoint = Endpoint::from_static("http://unused");
        let channel = endpoint.connect_with_connector(Ready::new(client)).await;
        Rpc::new(channel.map_err(|error| format!("can't speak HTTP/2: {error}"))?).await
    }

    pub(super) async fn new(channel: Channel) -> Result<Rpc, String> {
        let mut rpc = Rpc { channel, schemas: Arc::default(), unknown: &UNKNOWN, identity: None };
        rpc.schemas = Arc::new(rpc.schema().await?);
        Ok(rpc)
    }

    /// What the provider declared at first.
    pub fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// The same with unknown values of which it is known that they won't be null, as those of other resources' computed attributes
    /// often are.
    pub fn refined(&self) -> Rpc {
        Rpc { unknown: &NOT_NULL, ..self.clone() }
    }

    /// The same for an object that is known by this, which goes along with every plan, apply and read.
    pub fn known_as(&self, identity: Option<Identity>) -> Rpc {
        Rpc { identity, ..self.clone() }
    }

    pub(super) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Asks for the schemas.
    pub async fn schema(&self) -> Result<Schemas, String> {
        let request = proto::get_provider_schema::Request {};
        let response = received(self.provider().get_provider_schema(request).await)?;
        let request = proto::get_resource_identity_schemas::Request {};
        let identities = received(self.provider().get_resource_identity_schemas(request).await)?;
        Schemas::read(response, identities)
    }

    /// Checks the provider block.
    pub async fn validate_provider(&self, config: &Value) -> Result<Diagnostics, String> {
        let config = Some(self.encode(config, &self.schemas.provider.ty)?);
        let request = proto::validate_provider_config::Request { config };
        let response = received(self.provider().validate_provider_config(request).await)?;
        Ok(diagnostics_from_proto(response.diagnostics))
    }

    /// Configures the provider.
    pub async fn configure(&self, config: &Value) -> Result<Diagnostics, String> {
        let request = proto::configure_provider::Request {
            terraform_version: "1.11.4".to_owned(),
            config: Some(self.encode(config, &self.schemas.provider.ty)?),
            client_capabilities: None,
        };
        let response = received(self.provider().configure_provider(request).await)?;
        Ok(diagnostics_from_proto(response.diagnostics))
    }

    /// Checks the configuration of a resource.
    pub async fn validate(&self, type_name: &str, config: &Value) -> Result<Diagnostics, String> {
        let request = proto::validate_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(self.encode(config, self.resource(type_name)?)?),
            client_capabilities: Some(CAPABILITIES),
        };
        let response = received(self.provider().validate_resource_config(request).await)?;
        Ok(diagnostics_from_proto(response.diagnostics))
    }

    /// Brings a stored state to the current schema.
    pub async fn upgrade(&self, type_name: &str, version: i64, json: &str) -> Result<(Value, Diagnostics), String> {
        let request = proto::upgrade_resource_state::Request {
            type_name: type_name.to_owned(),
            version,
            raw_state: Some(proto::RawState { json: json.into(), flatmap: Default::default() }),
        };
        let response = received(self.provider().upgrade_resource_state(request).await)?;
        let state = decode(response.upgraded_state.as_ref(), self.resource(type_name)?)?;
        Ok((state, diagnostics_from_proto(response.diagnostics)))
    }

    /// Plans a change. A null `proposed` is a deletion.
    pub async fn plan(
        &self,
        type_name: &str,
        prior: Option<&Value>,
        proposed: &Value,
        config: &Value,
        private: &[u8],
    ) -> Result<Planned, String> {
        let ty = self.resource(type_name)?;
        let request = proto::plan_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: Some(self.encode(prior.unwrap_or(&Value::Null), ty)?),
            proposed_new_state: Some(self.encode(proposed, ty)?),
            config: Some(self.encode(config, ty)?),
            prior_private: private.to_vec(),
            client_capabilities: Some(CAPABILITIES),
            prior_identity: self.identity(type_name)?,
            ..Default::default()
        };
        let response = received(self.provider().plan_resource_change(request).await)?;
        let replace = response.requires_replace.into_iter();
        Ok(Planned {
            state: decode(response.planned_state.as_ref(), ty)?,
            private: response.planned_private,
            replace: replace.map(path_from_proto).collect(),
            identity: self.identified(type_name, response.planned_identity)?,
            diagnostics: diagnostics_from_proto(response.diagnostics),
        })
    }

    /// Makes a planned change. A null `planned` is a deletion.
    pub async fn apply(
        &self,
        type_name: &str,
        prior: Option<&Value>,
        planned: &Value,
        config: &Value,
        private: &[u8],
    ) -> Result<Stored, String> {
        let ty = self.resource(type_name)?;
        let request = proto::apply_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: Some(self.encode(prior.unwrap_or(&Value::Null), ty)?),
            planned_state: Some(self.encode(planned, ty)?),
            config: Some(self.encode(config, ty)?),
            planned_private: private.to_vec(),
            provider_meta: None,
            planned_identity: self.identity(type_name)?,
        };
        let response = received(self.provider().apply_resource_change(request).await)?;
        Ok(Stored {
            state: decode(response.new_state.as_ref(), ty)?,
            private: response.private,
            identity: self.identified(type_name, response.new_identity)?,
            diagnostics: diagnostics_from_proto(response.diagnostics),
        })
    }

    /// Compares a state with the world.
    pub async fn read(&self, type_name: &str, state: &Value, private: &[u8]) -> Result<Stored, String> {
        let ty = self.resource(type_name)?;
        let request = proto::read_resource::Request {
            type_name: type_name.to_owned(),
            current_state: Some(self.encode(state, ty)?),
            private: private.to_vec(),
            client_capabilities: Some(CAPABILITIES),
            current_identity: self.identity(type_name)?,
            provider_meta: None,
        };
        let response = received(self.provider().read_resource(request).await)?;
        Ok(Stored {
            state: decode(response.new_state.as_ref(), ty)?,
            private: response.private,
            identity: self.identified(type_name, response.new_identity)?,
            diagnostics: diagnostics_from_proto(response.diagnostics),
        })
    }

    /// Makes a first state from an id; null if the provider refuses.
    pub async fn import(&self, type_name: &str, id: &str) -> Result<Stored, String> {
        self.import_as(type_name, id, None).await
    }

    /// Says that the user has interrupted Terraform.
    pub async fn stop(&self) -> Result<(), String> {
        let request = proto::stop_provider::Request {};
        let response = received(self.provider().stop_provider(request).await)?;
        match response.error.as_str() {
            "" => Ok(()),
            error => Err(error.to_owned()),
        }
    }

    fn provider(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE)
    }

    fn encode(&self, value: &Value, ty: &Type) -> Result<proto::DynamicValue, String> {
        let msgpack = value.to_msgpack_with(ty, self.unknown);
        let msgpack = msgpack.map_err(|mismatch| format!("{:?}", Diagnostic::from(mismatch)))?;
        Ok(proto::DynamicValue { msgpack, json: Vec::new() })
    }

    fn resource(&self, type_name: &str) -> Result<&Type, String> {
        let declared = self.schemas.resources.get(type_name);
        declared.map(|declared| &declared.ty).ok_or_else(|| format!("the provider has no resource {type_name}"))
    }
}

const CAPABILITIES: proto::ClientCapabilities =
    proto::ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true };

pub(super) fn received<T>(response: Result<Response<T>, Status>) -> Result<T, String> {
    match response {
        Ok(response) => Ok(response.into_inner()),
        Err(status) => Err(status.to_string()),
    }
}

fn decode(message: Option<&proto::DynamicValue>, ty: &Type) -> Result<Value, String> {
    value(message, ty).map_err(|diagnostic| format!("{diagnostic:?}"))
}
