//! Who calls which API, from where.

use std::net::Ipv4Addr;

use bytes::Bytes;
use http::{HeaderMap, Request};

use crate::protocol::account_of;
use crate::state::suffix;

/// A request at the door of the data plane.
#[derive(Debug)]
pub struct Visit {
    pub host: String,
    pub api: String,
    pub region: String,
    pub name: Name,
    pub source_vpc: Option<String>,
    pub source_group: Option<String>,
    pub source_address: Option<Ipv4Addr>,
    /// What was told as an address and is none.
    pub bad_address: Option<String>,
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

/// How the caller came to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// `{api}.execute-api.…`: private DNS decides.
    Private,
    /// `{api}-{vpce}.execute-api.…`, a public alias.
    Alias(String),
    /// `{vpce}-{suffix}[-{zone}].execute-api.….vpce.…`, the endpoint's own name.
    Endpoint { id: String, suffix: String, zone: Option<String> },
    /// A client that connected to an endpoint's name, but sends the API's name as its host, says so in `x-sim-endpoint`.
    Told(String),
}

impl Name {
    /// The endpoint that it names.
    pub fn endpoint(&self) -> Option<&str> {
        match self {
            Name::Private => None,
            Name::Alias(id) | Name::Endpoint { id, .. } | Name::Told(id) => Some(id),
        }
    }
}

/// Does the request's host belong to the data plane?
pub fn is_for(request: &Request<Bytes>) -> bool {
    request.headers().contains_key("x-apigw-api-id") || host(request).split('.').nth(1) == Some("execute-api")
}

impl Visit {
    /// Understands all forms of host names.
    pub fn read(request: Request<Bytes>) -> Visit {
        let host = host(&request);
        let mut labels = host.split('.');
        let (first, region) = (labels.next().unwrap_or_default(), labels.nth(1).unwrap_or_default());
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (api, name) = match (first.strip_prefix("vpce-"), first.split_once("-vpce-")) {
            (Some(rest), _) => (String::new(), endpoint_name(rest)),
            (None, Some((api, id))) => (api.to_owned(), Name::Alias(format!("vpce-{id}"))),
            (None, None) => (first.to_owned(), text("x-sim-endpoint").map_or(Name::Private, Name::Told)),
        };
        let path = request.uri().path().trim_start_matches('/');
        let (stage, rest) = path.split_once('/').unwrap_or((path, ""));
        let authorization = text("authorization").unwrap_or_default();
        let key = authorization.split("Credential=").nth(1).and_then(|scope| scope.split('/').next());
        let signer = key.map(|key| account_of(key).to_owned());
        Visit {
            api: text("x-apigw-api-id").unwrap_or(api),
            region: region.to_owned(),
            name,
            source_vpc: text("x-sim-source-vpc"),
            source_group: text("x-sim-source-security-group"),
            source_address: text("x-sim-source-ip").and_then(|text| text.parse().ok()),
            bad_address: text("x-sim-source-ip").filter(|text| text.parse::<Ipv4Addr>().is_err()),
            signer,
            verb: request.method().as_str().to_owned(),
            stage: stage.to_owned(),
            path: format!("/{rest}"),
            query: request.uri().query().map(str::to_owned),
            headers: request.headers().clone(),
            body: request.body().clone(),
            host: host.clone(),
        }
    }

    /// Is the host a name in the DNS of its region's partition? A name that is told in a header counts as one.
    pub fn is_name(&self) -> bool {
        let suffix = suffix(&self.region);
        let domain = match &self.name {
            Name::Told(_) => return true,
            Name::Endpoint { .. } => format!("vpce.{suffix}"),
            Name::Private | Name::Alias(_) => suffix.to_owned(),
        };
        self.host.ends_with(&format!(".execute-api.{}.{domain}", self.region))
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// `{digits}-{suffix}` or `{digits}-{suffix}-{zone}`.
fn endpoint_name(rest: &str) -> Name {
    let mut parts = rest.splitn(3, '-');
    let mut next = || parts.next().map(str::to_owned);
    Name::Endpoint {
        id: format!("vpce-{}", next().unwrap_or_default()),
        suffix: next().unwrap_or_default(),
        zone: next(),
    }
}

fn host(request: &Request<Bytes>) -> String {
    let header = request.headers().get("host").and_then(|value| value.to_str().ok());
    let host = header.or_else(|| request.uri().host()).unwrap_or_default();
    host.split(':').next().unwrap_or_default().to_owned()
}
