//! Accepted connections, each through its TLS handshake, and how many of them are open.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::listener::{Io, Listener};
use crate::log;

/// A client that does not finish its handshake in this time is turned away.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// What to wait after a failure to accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The clients of a listener. One that is slow to prove itself does not hold up the others.
pub(super) struct Connections {
    accepted: mpsc::Receiver<Connection>,
    open: watch::Receiver<usize>,
}

impl Connections {
    /// Accepts until this is dropped, and the listener with it.
    pub(super) fn new(listener: Listener, tls: Option<TlsAcceptor>) -> Connections {
        let (sender, accepted) = mpsc::channel(1);
        let (count, open) = watch::channel(0);
        tokio::spawn(async move {
            tokio::select! {
                () = sender.closed() => {}
                () = accept(&listener, tls, &sender, &count) => {}
            }
        });
        Connections { accepted, open }
    }

    /// How many connections are open, from now on.
    pub(super) fn open(&self) -> watch::Receiver<usize> {
        self.open.clone()
    }

    /// The connections as they come.
    pub(super) fn incoming(&mut self) -> impl Stream<Item = io::Result<Connection>> {
        stream::poll_fn(|context| self.accepted.poll_recv(context).map(|next| next.map(Ok)))
    }
}

async fn accept(
    listener: &Listener,
    tls: Option<TlsAcceptor>,
    sender: &mpsc::Sender<Connection>,
    count: &watch::Sender<usize>,
) {
    loop {
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) => {
                log::warn("can't accept a connection", &[("error", error.to_string())]);
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (tls, sender, count) = (tls.clone(), sender.clone(), count.clone());
        tokio::spawn(async move {
            match timeout(HANDSHAKE_TIMEOUT, secured(stream, tls)).await {
                Ok(Ok(stream)) => {
                    // Sending fails only when nobody serves any more.
                    let _ = sender.send(Connection::new(stream, count)).await;
                }
                Ok(Err(error)) => {
                    log::warn("refused a connection", &[("error", error.to_string())]);
                }
                Err(_) => log::warn("refused a connection that was too slow", &[]),
            }
        });
    }
}

async fn secured(stream: Box<dyn Io>, tls: Option<TlsAcceptor>) -> io::Result<Box<dyn Io>> {
    match tls {
        Some(tls) => Ok(Box::new(tls.accept(stream).await?)),
        None => Ok(stream),
    }
}

/// An open connection. It counts until it is dropped.
pub(super) struct Connection {
    stream: Box<dyn Io>,
    count: watch::Sender<usize>,
}

impl Connection {
    fn new(stream: Box<dyn Io>, count: watch::Sender<usize>) -> Connection {
        count.send_modify(|open| *open += 1);
        Connection { stream, count }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.count.send_modify(|open| *open -= 1);
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
