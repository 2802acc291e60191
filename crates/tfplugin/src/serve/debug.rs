//! A provider that a person runs, perhaps under a debugger, and that Terraform then attaches to.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    connections::Connections,
    handshake::PROTOCOL_VERSION,
    listener::{Address, Listener},
    run, say,
};
use crate::provider::Provider;

/// Serves any number of Terraform runs until it is interrupted. There is no TLS in this mode; the socket's
/// directory keeps other users out.
pub(super) async fn serve<P: Provider>(provider: P) -> Result<(), String> {
    let listener = Listener::open(None, false).map_err(|error| format!("can't listen: {error}"))?;
    say(&instructions(provider.address(), listener.address()));
    let interrupted = async {
        // If interrupts can't be caught, they end the process anyway.
        let _ = tokio::signal::ctrl_c().await;
    };
    let connections = Connections::new(listener, None);
    run(provider, connections, CancellationToken::new(), interrupted).await
}

fn instructions(provider: &str, address: &Address) -> String {
    let reattach = json!({
        provider: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": std::process::id(),
            // Terraform then neither stops the process nor expects it to stop.
            "Test": true,
            "Addr": { "Network": address.network, "String": address.text },
        }
    });
    format!(
        "The provider is running; press Ctrl-C to stop it. To make Terraform use it, set this where \
         Terraform runs.\n\
         \n\
         In sh:\n\n    export TF_REATTACH_PROVIDERS='{reattach}'\n\
         \n\
         In PowerShell:\n\n    $env:TF_REATTACH_PROVIDERS='{reattach}'\n"
    )
}
