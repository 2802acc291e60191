//! Real back ends: each answers every request with who it is and what it was asked.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A back end that serves until it is dropped.
pub struct BackEnd {
    /// Where it listens.
    pub address: SocketAddr,
    server: JoinHandle<()>,
}

impl BackEnd {
    /// Starts a service on a free port of the loopback interface.
    pub async fn start(service: &'static str) -> io::Result<BackEnd> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(service, stream));
            }
        });
        Ok(BackEnd { address, server })
    }
}

impl Drop for BackEnd {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn connection(service: &'static str, stream: TcpStream) {
    let answer = service_fn(move |request| async move { Ok::<_, Infallible>(answer(service, &request)) });
    // A client that goes away is no event; health checks do nothing else.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

fn answer(service: &str, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let body = json!({"service": service, "method": request.method().as_str(), "path": request.uri().path()});
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}
