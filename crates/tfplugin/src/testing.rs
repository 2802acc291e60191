//! Terraform's part, for tests of a provider.
//!
//! [`Rpc`] speaks the protocol with a provider in this process, and [`Client`] with its real binary, which it starts the way Terraform
//! does, with a certificate of the same unusual shape. Neither checks what Terraform checks: [`terraform`] does.

mod process;
mod rpc;
mod schemas;
pub mod terraform;
mod tls;

pub use process::Output;
pub use rpc::{Found, Names, Planned, Rpc, Stored};
pub use schemas::{Declared, Schemas};
pub use tls::Identity;

use std::{ops::Deref, path::Path as FilePath, process::ExitStatus, time::Duration};

use crate::{
    diagnostic::Diagnostic,
    proto::{
        plugin::{Empty, grpc_controller_client::GrpcControllerClient},
        tfplugin6::{self as proto, provider_client::ProviderClient},
    },
    serve::COOKIE,
    value::{Type, Value},
};
use process::Process;

/// Reads a value of a type from the bytes that travel.
///
/// # Errors
///
/// What doesn't fit, and where.
pub fn from_msgpack(bytes: &[u8], ty: &Type) -> Result<Value, Diagnostic> {
    Ok(Value::from_msgpack(bytes, ty)?)
}

/// The bytes in which a value of a type travels.
///
/// # Errors
///
/// What doesn't fit, and where.
pub fn to_msgpack(value: &Value, ty: &Type) -> Result<Vec<u8>, Diagnostic> {
    Ok(value.to_msgpack(ty)?)
}

/// How long a process may take to end after it was asked to.
const EXIT_TIMEOUT: Duration = Duration::from_secs(10);

/// A running provider and a connection to it. The process is killed when this is dropped.
pub struct Client {
    process: Process,
    identity: Identity,
    rpc: Rpc,
}

/// What can be asked of a provider can be asked of a process.
impl Deref for Client {
    type Target = Rpc;

    fn deref(&self) -> &Rpc {
        &self.rpc
    }
}

impl Client {
    /// Starts a provider and connects to it.
    pub async fn spawn(binary: &FilePath, env: &[(&str, &str)]) -> Result<Client, String> {
        let identity = Identity::generate()?;
        let pem = identity.pem();
        let terraform = [COOKIE, ("PLUGIN_CLIENT_CERT", pem.as_str()), ("PLUGIN_PROTOCOL_VERSIONS", "5,6")];
        let process = Process::start(binary, &[&terraform, env].concat()).await?;
        let rpc = Rpc::new(process.connect(Some(&identity)).await?).await?;
        Ok(Client { process, identity, rpc })
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

    /// Ends the provider and waits for its exit.
    pub async fn shutdown(mut self) -> Result<(ExitStatus, Output), String> {
        let mut controller = GrpcControllerClient::new(self.rpc.channel());
        rpc::received(controller.shutdown(Empty {}).await)?;
        drop(controller);
        drop(self.rpc);
        self.process.wait(EXIT_TIMEOUT).await
    }
}
