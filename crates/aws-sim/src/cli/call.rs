//! `aws-sim call`.

use std::io;
use std::process::ExitCode;

use aws_sim::{ControlCall, control_call};
use clap::Args;

use super::ENDPOINT;

#[derive(Debug, Args)]
pub struct Call {
    /// Where the simulator listens.
    #[arg(long, default_value = ENDPOINT)]
    endpoint: String,
    /// Account of the caller.
    #[arg(long, default_value = "123456789012")]
    account: String,
    /// Region of the call.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Signing name: ec2, elasticloadbalancing, apigateway or sts.
    #[arg(long)]
    service: String,
    /// HTTP method.
    #[arg(long, default_value = "POST")]
    method: String,
    /// Path and query.
    #[arg(long, default_value = "/")]
    path: String,
    /// Body: a form for the query services, JSON for API Gateway.
    #[arg(default_value = "")]
    body: String,
}

/// Prints the answer; an error of AWS is a failure.
pub async fn run(args: Call) -> io::Result<ExitCode> {
    let Call { endpoint, account, region, service, method, path, body } = args;
    let call = ControlCall { endpoint, account, region, service, method, path, body };
    let (status, body) = control_call(&call).await?;
    println!("{body}");
    Ok(if status >= 400 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
