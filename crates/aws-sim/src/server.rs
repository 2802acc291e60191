//! The simulator behind a TCP port.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::Sim;

/// Serves until the future is dropped.
pub async fn serve(sim: Sim, listener: TcpListener) -> io::Result<Infallible> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(connection(sim.clone(), stream));
    }
}

async fn connection(sim: Sim, stream: TcpStream) {
    let service = service_fn(move |request| handle(sim.clone(), request));
    // A client that goes away is no event.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn handle(sim: Sim, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let response = sim.call(Request::from_parts(head, body)).await;
    if response.headers().contains_key("x-sim-lost") {
        // An error here closes the connection without an answer.
        return Err(io::Error::other("the answer is lost"));
    }
    Ok(response.map(Full::new))
}
