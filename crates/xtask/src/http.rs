//! The smallest HTTP client that can pretend to be somewhere else.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The longest an answer may take.
const LIMIT: Duration = Duration::from_secs(35);

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers, those with text in them.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// The same, if it has status 200; otherwise the error says where the request ended.
    pub fn served(self) -> io::Result<Answer> {
        if self.status == 200 {
            return Ok(self);
        }
        let refused = self.headers.get("x-sim-refused").map(String::as_str).unwrap_or_default();
        Err(io::Error::other(format!("a request was answered with {} {} ({refused})", self.status, self.body)))
    }
}

/// Sends a request without a body to an address, under whatever host name the headers say.
pub async fn send(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
    send_body(to, method, path, headers, String::new()).await
}

/// The same with a body.
pub async fn send_body(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> io::Result<Answer> {
    match tokio::time::timeout(LIMIT, exchange(to, method, path, headers, body)).await {
        Ok(answer) => answer,
        Err(_) => Err(io::Error::other(format!("{method} {path} got no answer in {LIMIT:?}"))),
    }
}

async fn exchange(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> io::Result<Answer> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(io::Error::other)?;
    let stream = TokioIo::new(TcpStream::connect(to).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = response.status().as_u16();
    let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let body = response.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
