//! A small client: sends one control-plane call the way an SDK would, with a signature that only looks real, or asks for a
//! trace.

use std::io;

use bytes::Bytes;
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// One control-plane call.
#[derive(Debug, Clone)]
pub struct ControlCall {
    /// Where the simulator listens, `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// Account of the caller.
    pub account: String,
    /// Region of the call.
    pub region: String,
    /// Signing name of the service.
    pub service: String,
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Body: a form for the query services, JSON for API Gateway.
    pub body: String,
}

/// Sends the call; gives status and body of the answer.
pub async fn control_call(call: &ControlCall) -> io::Result<(u16, String)> {
    let scope = format!("{}/20260101/{}/{}/aws4_request", call.account, call.region, call.service);
    let kind = if call.service == "apigateway" { "application/json" } else { "application/x-www-form-urlencoded" };
    let request = Request::builder()
        .method(call.method.as_str())
        .uri(&call.path)
        .header("content-type", kind)
        .header("accept", "application/json")
        .header("user-agent", "aws-sim")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"));
    send(&call.endpoint, request.body(Full::new(Bytes::from(call.body.clone()))).map_err(io::Error::other)?).await
}

/// Asks a simulator for the trace of a data-plane request.
pub async fn trace(endpoint: &str, parameters: &[(&str, String)]) -> io::Result<Value> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let request = Request::get(format!("/_sim/trace?{query}")).body(Full::default()).map_err(io::Error::other)?;
    let (status, body) = send(endpoint, request).await?;
    let answer: Value = serde_json::from_str(&body)?;
    if status == 200 {
        return Ok(answer);
    }
    Err(io::Error::other(answer["message"].as_str().map_or(body, str::to_owned)))
}

async fn send(endpoint: &str, mut request: Request<Full<Bytes>>) -> io::Result<(u16, String)> {
    let endpoint: Uri = endpoint.parse().map_err(io::Error::other)?;
    let authority = endpoint.authority().ok_or_else(|| io::Error::other("the endpoint has no host"))?;
    let host = HeaderValue::try_from(authority.as_str()).map_err(io::Error::other)?;
    request.headers_mut().insert("host", host);
    let silent = |error: io::Error| io::Error::new(error.kind(), format!("no simulator at {authority}: {error}"));
    let stream = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await.map_err(silent)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
