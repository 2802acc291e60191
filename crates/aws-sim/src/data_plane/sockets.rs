//! Talking to real servers: health checks and the last hop.
//!
//! A paused clock runs on while a task waits for a socket, but it stands still while a blocking thread works. So every
//! exchange has a thread and a runtime of its own, and its limits are in real time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A fast clock divides time-outs, but a real program gets this long.
const PATIENCE: Duration = Duration::from_secs(1);

/// A virtual duration, in the time of the machine.
pub fn limit(duration: Duration, speed: f64) -> Duration {
    if speed > 1.0 { duration.div_f64(speed).max(PATIENCE.min(duration)) } else { duration }
}

/// Does anybody accept connections there?
pub async fn connect(address: SocketAddr, limit: Duration) -> io::Result<()> {
    bounded(limit, async move || TcpStream::connect(address).await.map(drop)).await
}

/// Sends a request and reads the whole answer.
pub async fn exchange(address: SocketAddr, request: Request<Bytes>, limit: Duration) -> io::Result<Response<Bytes>> {
    bounded(limit, async move || {
        let stream = TcpStream::connect(address).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        let response = sender.send_request(request.map(Full::new)).await.map_err(io::Error::other)?;
        let (head, body) = response.into_parts();
        Ok(Response::from_parts(head, body.collect().await.map_err(io::Error::other)?.to_bytes()))
    })
    .await
}

async fn bounded<T: Send + 'static>(
    limit: Duration,
    work: impl AsyncFnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async { tokio::time::timeout(limit, work()).await })?
    };
    tokio::task::spawn_blocking(run).await.map_err(io::Error::other)?
}
