//! The way of a request, station by station.

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Value, json};

use bytes::Bytes;
use http::Response;

use super::gateway_response::Wording;
use crate::Sim;
use crate::ids::Ids;
use crate::protocol::respond;

/// One station of a request's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// Which station.
    pub hop: &'static str,
    /// Did the request get past it?
    pub verdict: Verdict,
    /// The object that decided or was chosen, where there is one.
    pub id: Option<String>,
    /// What was seen there, in a sentence.
    pub why: String,
    /// What was considered there and not taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
}

/// Something that might have been chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Its id or name.
    pub id: String,
    /// Why it was not.
    pub why: String,
}

/// What a station said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The request went on.
    Passed,
    /// The request ended here.
    Refused,
}

/// One request under way, and its stations so far.
#[derive(Debug)]
pub struct Trip {
    /// The how-manieth request this is; everything random follows from it and the seed.
    pub number: u64,
    /// Does it count? An explanation takes no token and leaves its number to the next request.
    pub counts: bool,
    /// Its id.
    pub id: String,
    /// How the deployed API words refusals, once it is found.
    pub wording: Option<Wording>,
    hops: Vec<Hop>,
    rejected: Vec<Rejected>,
}

impl Trip {
    /// Draws the next number.
    pub fn begin(sim: &Sim, counts: bool) -> Trip {
        let mut world = sim.world();
        let number = world.plane.requests + 1;
        world.plane.requests += u64::from(counts);
        let id = Ids::new(sim.0.config.seed, "data-plane", &number.to_string()).request();
        Trip { number, counts, id, wording: None, hops: Vec::new(), rejected: Vec::new() }
    }

    /// The stations in order.
    pub fn hops(&self) -> &[Hop] {
        &self.hops
    }

    /// The station where the request ended.
    pub fn end(&self) -> Option<&Hop> {
        self.hops.last().filter(|hop| hop.verdict == Verdict::Refused)
    }

    /// Notes what the next station does not choose.
    pub fn reject(&mut self, id: impl Into<String>, why: impl Into<String>) {
        self.rejected.push(Rejected { id: id.into(), why: why.into() });
    }

    /// The request gets past a station.
    pub fn pass(&mut self, hop: &'static str, id: impl Into<String>, why: impl Into<String>) {
        self.push(hop, Verdict::Passed, Some(id.into()), why.into());
    }

    /// The request ends at a station.
    pub fn refuse<T>(
        &mut self,
        hop: &'static str,
        id: Option<&str>,
        why: impl Into<String>,
        refusal: Refusal,
    ) -> Result<T, Refusal> {
        self.push(hop, Verdict::Refused, id.map(str::to_owned), why.into());
        Err(refusal)
    }

    /// A refusal as the caller gets it.
    pub fn reword(&self, refusal: Refusal) -> Refusal {
        match &self.wording {
            Some(wording) => wording.reword(refusal),
            None => refusal,
        }
    }

    fn push(&mut self, hop: &'static str, verdict: Verdict, id: Option<String>, why: String) {
        let rejected = std::mem::take(&mut self.rejected);
        self.hops.push(Hop { hop, verdict, id, why, rejected });
    }
}

/// A refusal: status, error type, body. A text is sent as plain text unless it is of another type.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub status: u16,
    kind: &'static str,
    /// The gateway response that can change it; none where it is empty. AWS's page on the types says what each stands for,
    /// for a policy's denial and a link that is not in order it does not (unverified).
    pub response_type: &'static str,
    pub body: Value,
    pub media: Option<String>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// `{"message": ...}`.
    fn message(status: u16, kind: &'static str, text: &str) -> Refusal {
        Refusal::new(status, kind, json!({"message": text}))
    }

    fn new(status: u16, kind: &'static str, body: Value) -> Refusal {
        Refusal { status, kind, response_type: "", body, media: None, headers: Vec::new() }
    }

    fn typed(self, response_type: &'static str) -> Refusal {
        Refusal { response_type, ..self }
    }

    /// Its message.
    pub fn text(&self) -> String {
        let member = ["message", "Message"].into_iter().find_map(|key| self.body[key].as_str());
        member.or(self.body.as_str()).unwrap_or_default().to_owned()
    }

    /// What no HTTP answer stands for in reality: a name that does not resolve, a packet that is dropped.
    pub fn unreachable() -> Refusal {
        Refusal::message(
            502,
            "SimulatedNetwork",
            "No way leads there: on AWS the name does not resolve, or the connection times out",
        )
    }

    /// The simulator's own headers say what cannot be.
    pub fn misused(text: &str) -> Refusal {
        Refusal::message(400, "SimulatedNetwork", text)
    }

    /// An unknown API or stage, a disabled endpoint.
    pub fn forbidden() -> Refusal {
        Refusal::message(403, "ForbiddenException", "Forbidden")
    }

    /// No valid API key.
    pub fn invalid_key() -> Refusal {
        Refusal::forbidden().typed("INVALID_API_KEY")
    }

    /// No such method, or no signature.
    pub fn missing_token() -> Refusal {
        Refusal::message(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
            .typed("MISSING_AUTHENTICATION_TOKEN")
    }

    /// A policy refuses; here the member has a capital letter.
    pub fn denied(text: &str) -> Refusal {
        Refusal::new(403, "AccessDeniedException", json!({"Message": text})).typed("ACCESS_DENIED")
    }

    /// No token is left.
    pub fn throttled() -> Refusal {
        Refusal::message(429, "TooManyRequestsException", "Too Many Requests").typed("THROTTLED")
    }

    /// The body is too large; this one is plain text.
    pub fn too_large() -> Refusal {
        let text = "HTTP content length exceeded 10485760 bytes.";
        Refusal::new(413, "RequestTooLargeException", json!(text)).typed("REQUEST_TOO_LARGE")
    }

    /// The headers are too large (status unverified).
    pub fn headers_too_large() -> Refusal {
        let text = "HTTP header is larger than 10240 bytes.";
        Refusal::new(431, "RequestTooLargeException", json!(text))
    }

    /// The ARN of the method is too long (text unverified).
    pub fn uri_too_long() -> Refusal {
        Refusal::message(414, "RequestTooLargeException", "Request-URI Too Long")
    }

    /// No template for this content type.
    pub fn unsupported_media_type() -> Refusal {
        Refusal::message(415, "BadRequestException", "Unsupported Media Type").typed("UNSUPPORTED_MEDIA_TYPE")
    }

    /// The API or its VPC link is not in order.
    pub fn server_error() -> Refusal {
        Refusal::message(500, "InternalServerErrorException", "Internal server error").typed("API_CONFIGURATION_ERROR")
    }

    /// The back end, or the way to it, is silent.
    pub fn timed_out() -> Refusal {
        Refusal::message(504, "InternalServerErrorException", "Endpoint request timed out").typed("INTEGRATION_TIMEOUT")
    }

    /// Nobody listens.
    pub fn no_network() -> Refusal {
        Refusal::message(504, "InternalServerErrorException", "Network error communicating with endpoint")
            .typed("INTEGRATION_FAILURE")
    }

    /// As it goes over the wire.
    pub fn response(&self) -> Response<Bytes> {
        let mut response = match &self.body {
            Value::String(text) => respond(self.status, "text/plain", text.clone()),
            body => respond(self.status, "application/json", body.to_string()),
        };
        response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(self.kind));
        let media = self.media.iter().filter_map(|media| HeaderValue::try_from(media).ok());
        let media = media.map(|media| (CONTENT_TYPE, media));
        response.headers_mut().extend(media.chain(self.headers.iter().cloned()));
        response
    }
}
