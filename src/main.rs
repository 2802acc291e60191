//! The provider's process. Terraform starts it; a person who does gets an explanation.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    tfplugin::serve(privgw::provider::Privgw, std::env::args().skip(1)).await
}
