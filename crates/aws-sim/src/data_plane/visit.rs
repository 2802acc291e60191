//! Who calls which API, from where.

use std::net::Ipv4Addr;

use bytes::Bytes;
use http::{HeaderMap, Request};

/// A request at the door of the data plane.
#[derive(Debug)]
pub struct Visit {
    pub api: String,
    pub region: String,
    /// The endpoint that the host name or a header names.
    pub endpoint: Option<String>,
    pub source_vpc: Option<String>,
    pub source_group: Option<String>,
    pub source_address: Option<Ipv4Addr>,
    /// Account of a signed request.
    pub signer: Option<String>,
    pub verb: String,
    pub stage: String,
    /// The path after the stage, with a leading slash.
    pub path: String,
    pub query: Option<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Does the request's host belong to the data plane?
pub fn is_for(request: &Request<Bytes>) -> bool {
    request.headers().contains_key("x-apigw-api-id") || host(request).split('.').nth(1) == Some("execute-api")
}

impl Visit {
    /// Understands the three forms of host names: `{api}`, `{api}-{vpce}`, and the endpoint's own name with the API in a
    /// header. A client that connects to an endpoint's name with the API's host says so with `x-sim-endpoint`.
    pub fn read(request: Request<Bytes>) -> Visit {
        let host = host(&request);
        let labels: Vec<&str> = host.split('.').collect();
        let first = labels.first().copied().unwrap_or_default();
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (api, endpoint) = if first.starts_with("vpce-") {
            let id: Vec<&str> = first.splitn(3, '-').collect();
            (text("x-apigw-api-id").unwrap_or_default(), Some(id[..2].join("-")))
        } else {
            match first.split_once("-vpce-") {
                Some((api, id)) => (api.to_owned(), Some(format!("vpce-{id}"))),
                None => (text("x-apigw-api-id").unwrap_or_else(|| first.to_owned()), text("x-sim-endpoint")),
            }
        };
        let path = request.uri().path().trim_start_matches('/');
        let (stage, rest) = path.split_once('/').unwrap_or((path, ""));
        let authorization = text("authorization").unwrap_or_default();
        let signer =
            authorization.split("Credential=").nth(1).and_then(|scope| scope.split('/').next()).map(str::to_owned);
        Visit {
            api,
            region: labels.get(2).copied().unwrap_or_default().to_owned(),
            endpoint,
            source_vpc: text("x-sim-source-vpc"),
            source_group: text("x-sim-source-security-group"),
            source_address: text("x-sim-source-ip").and_then(|text| text.parse().ok()),
            signer,
            verb: request.method().as_str().to_owned(),
            stage: stage.to_owned(),
            path: format!("/{rest}"),
            query: request.uri().query().map(str::to_owned),
            headers: request.headers().clone(),
            body: request.body().clone(),
        }
    }
}

fn host(request: &Request<Bytes>) -> String {
    let header = request.headers().get("host").and_then(|value| value.to_str().ok());
    let host = header.or_else(|| request.uri().host()).unwrap_or_default();
    host.split(':').next().unwrap_or_default().to_owned()
}
