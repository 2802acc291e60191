//! `aws-sim trace`.

use std::io;
use std::process::ExitCode;

use aws_sim::{table, trace};
use clap::Args;

use super::ENDPOINT;

#[derive(Debug, Args)]
pub struct Trace {
    /// Where the simulator listens.
    #[arg(long, default_value = ENDPOINT)]
    endpoint: String,
    /// HTTP method.
    #[arg(long, default_value = "GET")]
    method: String,
    /// Name that is called, for instance API.execute-api.REGION.amazonaws.com.
    #[arg(long)]
    host: String,
    /// Path and query, from the stage on.
    #[arg(long)]
    path: String,
    /// VPC of the caller; without it, that of the endpoint, if there is only one.
    #[arg(long)]
    source_vpc: Option<String>,
    /// Address of the caller.
    #[arg(long)]
    source_ip: Option<String>,
    /// Security group of the caller.
    #[arg(long)]
    source_security_group: Option<String>,
    /// VPC endpoint whose own name is called, with the API's name as host.
    #[arg(long)]
    vpc_endpoint: Option<String>,
    /// A header, "Name: value"; may be repeated.
    #[arg(long)]
    header: Vec<String>,
    /// Really send the request.
    #[arg(long)]
    send: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Body of the request.
    #[arg(default_value = "")]
    body: String,
}

/// Prints the trace; a request that ends before its back end is a failure.
pub async fn run(args: Trace) -> io::Result<ExitCode> {
    let mut parameters = vec![
        ("method", args.method),
        ("host", args.host),
        ("path", args.path),
        ("body", args.body),
        ("send", args.send.to_string()),
    ];
    let optional = [
        ("source_vpc", args.source_vpc),
        ("source_ip", args.source_ip),
        ("source_security_group", args.source_security_group),
        ("endpoint", args.vpc_endpoint),
    ];
    parameters.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    parameters.extend(args.header.into_iter().map(|header| ("header", header)));
    let trace = trace(&args.endpoint, &parameters).await?;
    println!("{}", if args.json { trace.to_string() } else { table(&trace).trim_end().to_owned() });
    let refused = trace["hops"].as_array().into_iter().flatten().any(|hop| hop["verdict"] == "refused");
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
