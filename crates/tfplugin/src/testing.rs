//! A client that plays Terraform, for tests of a provider's real binary.
//!
//! It starts the binary the way Terraform does, with a certificate of the same unusual shape, and speaks the
//! protocol with it. It does not check what Terraform checks: tests look at the answers themselves.

mod process;
mod schemas;
mod tls;

pub use process::Output;
pub use schemas::Schemas;
pub use tls::Identity;

use std::{path::Path as FilePath, process::ExitStatus, time::Duration};

use tonic::{Response, Status, transport::Channel};

use crate::{
    diagnostic::Diagnostics,
    proto::{
        plugin::{Empty, grpc_controller_client::GrpcControllerClient},
        tfplugin6::{self as proto, provider_client::ProviderClient},
    },
    serve::COOKIE,
    server::{MAX_MESSAGE, diagnostics_from_proto, dynamic, path_from_proto, value},
    value::{Path, Type, Value},
};
use process::Process;

/// How long a process may take to end after it was asked to.
const EXIT_TIMEOUT: Duration = Duration::from_secs(10);

/// A running provider and a connection to it. The process is killed when this is dropped.
pub struct Client {
    process: Process,
    identity: Identity,
    channel: Channel,
    schemas: Schemas,
}

/// A plan as the provider answered it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The planned state.
    pub state: Value,
    /// The private bytes for apply.
    pub private: Vec<u8>,
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
    /// What the user is told.
    pub diagnostics: Diagnostics,
}

impl Client {
    /// Starts a provider and connects to it.
    pub async fn spawn(binary: &FilePath, env: &[(&str, &str)]) -> Result<Client, String> {
        let identity = Identity::generate()?;
        let pem = identity.pem();
        let terraform = [COOKIE, ("PLUGIN_CLIENT_CERT", pem.as_str()), ("PLUGIN_PROTOCOL_VERSIONS", "5,6")];
        let process = Process::start(binary, &[&terraform, env].concat()).await?;
        let channel = process.connect(Some(&identity)).await?;
        let schemas = Schemas::default();
        let mut client = Client { process, identity, channel, schemas };
        client.schemas = client.schema().await?;
        Ok(client)
    }

    /// Runs a binary to its end, without the environment that Terraform would give it.
    pub async fn run(binary: &FilePath, env: &[(&str, &str)]) -> Result<(ExitStatus, Output), String> {
        process::run(binary, env).await
    }

    /// Makes one harmless call over a new connection, as somebody with this identity or with none.
    pub async fn call_as(&self, identity: Option<&Identity>) -> Result<(), String> {
        let channel = self.process.connect(identity).await?;
        let request = proto::get_metadata::Request {};
        let response = ProviderClient::new(channel).get_metadata(request).await;
        response.map(drop).map_err(|status| status.to_string())
    }

    /// Who this client is to the provider.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The line with which the provider said where it listens.
    pub fn handshake(&self) -> &str {
        self.process.handshake()
    }

    /// What the process has written so far.
    pub fn output(&self) -> Output {
        self.process.output()
    }

    /// The id of the process, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Asks for the schemas.
    pub async fn schema(&self) -> Result<Schemas, String> {
        let request = proto::get_provider_schema::Request {};
        let response = received(self.provider().get_provider_schema(request).await)?;
        Schemas::read(response)
    }

    /// Checks the provider block.
    pub async fn validate_provider(&self, config: &Value) -> Result<Diagnostics, String> {
        let config = Some(encode(config, &self.schemas.provider)?);
        let request = proto::validate_provider_config::Request { config };
        let response = received(self.provider().validate_provider_config(request).await)?;
        Ok(diagnostics_from_proto(response.diagnostics))
    }

    /// Configures the provider.
    pub async fn configure(&self, config: &Value) -> Result<Diagnostics, String> {
        let request = proto::configure_provider::Request {
            terraform_version: "1.11.4".to_owned(),
            config: Some(encode(config, &self.schemas.provider)?),
            client_capabilities: None,
        };
        let response = received(self.provider().configure_provider(request).await)?;
        Ok(diagnostics_from_proto(response.diagnostics))
    }

    /// Checks the configuration of a resource.
    pub async fn validate(&self, type_name: &str, config: &Value) -> Result<Diagnostics, String> {
        let request = proto::validate_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(config, self.resource(type_name)?)?),
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
            prior_state: Some(encode(prior.unwrap_or(&Value::Null), ty)?),
            proposed_new_state: Some(encode(proposed, ty)?),
            config: Some(encode(config, ty)?),
            prior_private: private.to_vec(),
            client_capabilities: Some(CAPABILITIES),
            ..Default::default()
        };
        let response = received(self.provider().plan_resource_change(request).await)?;
        let replace = response.requires_replace.into_iter();
        Ok(Planned {
            state: decode(response.planned_state.as_ref(), ty)?,
            private: response.planned_private,
            replace: replace.map(path_from_proto).collect(),
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
            prior_state: Some(encode(prior.unwrap_or(&Value::Null), ty)?),
            planned_state: Some(encode(planned, ty)?),
            config: Some(encode(config, ty)?),
            planned_private: private.to_vec(),
            provider_meta: None,
            planned_identity: None,
        };
        let response = received(self.provider().apply_resource_change(request).await)?;
        Ok(Stored {
            state: decode(response.new_state.as_ref(), ty)?,
            private: response.private,
            diagnostics: diagnostics_from_proto(response.diagnostics),
        })
    }

    /// Compares a state with the world.
    pub async fn read(&self, type_name: &str, state: &Value, private: &[u8]) -> Result<Stored, String> {
        let ty = self.resource(type_name)?;
        let request = proto::read_resource::Request {
            type_name: type_name.to_owned(),
            current_state: Some(encode(state, ty)?),
            private: private.to_vec(),
            client_capabilities: Some(CAPABILITIES),
            ..Default::default()
        };
        let response = received(self.provider().read_resource(request).await)?;
        Ok(Stored {
            state: decode(response.new_state.as_ref(), ty)?,
            private: response.private,
            diagnostics: diagnostics_from_proto(response.diagnostics),
        })
    }

    /// Makes a first state from an id; null if the provider refuses.
    pub async fn import(&self, type_name: &str, id: &str) -> Result<Stored, String> {
        let ty = self.resource(type_name)?;
        let request = proto::import_resource_state::Request {
            type_name: type_name.to_owned(),
            id: id.to_owned(),
            client_capabilities: Some(CAPABILITIES),
            identity: None,
        };
        let response = received(self.provider().import_resource_state(request).await)?;
        let imported = response.imported_resources.into_iter().next().unwrap_or_default();
        Ok(Stored {
            state: decode(imported.state.as_ref(), ty)?,
            private: imported.private,
            diagnostics: diagnostics_from_proto(response.diagnostics),
        })
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

    /// Ends the provider and waits for its exit.
    pub async fn shutdown(mut self) -> Result<(ExitStatus, Output), String> {
        let mut controller = GrpcControllerClient::new(self.channel.clone());
        received(controller.shutdown(Empty {}).await)?;
        drop(controller);
        drop(self.channel);
        self.process.wait(EXIT_TIMEOUT).await
    }

    fn provider(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE)
    }

    fn resource(&self, type_name: &str) -> Result<&Type, String> {
        let ty = self.schemas.resources.get(type_name);
        ty.ok_or_else(|| format!("the provider has no resource {type_name}"))
    }
}

const CAPABILITIES: proto::ClientCapabilities =
    proto::ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true };

fn received<T>(response: Result<Response<T>, Status>) -> Result<T, String> {
    match response {
        Ok(response) => Ok(response.into_inner()),
        Err(status) => Err(status.to_string()),
    }
}

fn encode(value: &Value, ty: &Type) -> Result<proto::DynamicValue, String> {
    dynamic(value, ty).map_err(|diagnostic| format!("{diagnostic:?}"))
}

fn decode(message: Option<&proto::DynamicValue>, ty: &Type) -> Result<Value, String> {
    value(message, ty).map_err(|diagnostic| format!("{diagnostic:?}"))
}
