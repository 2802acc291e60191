use std::{
    future::Future,
    io,
    path::Path as FilePath,
    pin::Pin,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, BufReader},
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};
use tonic::transport::{Channel, Endpoint, Uri};
use tower_service::Service;

use super::tls::{self, Identity};

/// Terraform waits a minute for the handshake line.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(60);

/// What a process wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Its standard output, in full.
    pub stdout: String,
    /// Its standard error, in full.
    pub stderr: String,
}

pub(super) struct Process {
    child: Child,
    handshake: String,
    stdout: Captured,
    stderr: Captured,
    /// A process that is killed can't remove its socket, so it gets a directory that goes with this.
    _sockets: TempDir,
}

pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

impl Process {
    /// Starts the binary and waits for its handshake line.
    pub(super) async fn start(binary: &FilePath, env: &[(&str, &str)]) -> Result<Process, String> {
        let sockets = TempDir::new().map_err(|e| format!("no directory for sockets: {e}"))?;
        let mut child = command(binary, env, Some(sockets.path())).spawn().map_err(|e| format!("can't start: {e}"))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err("the process has no output".to_owned());
        };
        let stderr = Captured::start(stderr, String::new());
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        let read = timeout(HANDSHAKE_TIMEOUT, stdout.read_line(&mut line)).await;
        if !matches!(read, Ok(Ok(length)) if length > 0) {
            return Err(format!("no handshake line; stderr: {}", stderr.text()));
        }
        Ok(Process {
            child,
            handshake: line.trim_end().to_owned(),
            stdout: Captured::start(stdout, line),
            stderr,
            _sockets: sockets,
        })
    }

    pub(super) fn handshake(&self) -> &str {
        &self.handshake
    }

    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    pub(super) fn output(&self) -> Output {
        Output { stdout: self.stdout.text(), stderr: self.stderr.text() }
    }

    /// Waits for the end of the process and of its output, which is what Terraform takes for the end.
    pub(super) async fn wait(&mut self, limit: Duration) -> Result<(ExitStatus, Output), String> {
        let end = async {
            self.stdout.end().await;
            self.stderr.end().await;
            self.child.wait().await
        };
        let status = timeout(limit, end).await.map_err(|_| "the process does not exit")?;
        let status = status.map_err(|error| format!("can't wait: {error}"))?;
        Ok((status, self.output()))
    }

    /// Connects to where the handshake line says, showing this identity or none.
    pub(super) async fn connect(&self, identity: Option<&Identity>) -> Result<Channel, String> {
        let fields: Vec<&str> = self.handshake.split('|').collect();
        let ["1", "6", network, address, "grpc", certificate, ..] = fields.as_slice() else {
            return Err(format!("unexpected handshake line: {}", self.handshake));
        };
        let certificate = STANDARD_NO_PAD.decode(certificate);
        let certificate = certificate.map_err(|error| format!("bad certificate: {error}"))?;
        let stream = dial(network, address).await.map_err(|error| format!("can't dial: {error}"))?;
        let connector = tls::connector(certificate, identity);
        let connector = connector.map_err(|error| format!("can't set up TLS: {error}"))?;
        let name = ServerName::try_from("localhost").map_err(|error| error.to_string())?;
        let stream = connector.connect(name, stream).await;
        let stream = stream.map_err(|error| format!("TLS handshake failed: {error}"))?;
        let endpoint = Endpoint::from_static("http://unused");
        let channel = endpoint.connect_with_connector(Ready::new(stream)).await;
        channel.map_err(|error| format!("can't speak HTTP/2: {error}"))
    }
}

/// Runs a binary to its end.
pub(super) async fn run(binary: &FilePath, env: &[(&str, &str)]) -> Result<(ExitStatus, Output), String> {
    let output = command(binary, env, None).output();
    let output = timeout(HANDSHAKE_TIMEOUT, output).await.map_err(|_| "it does not end")?;
    let output = output.map_err(|error| format!("can't start: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    Ok((output.status, Output { stdout, stderr }))
}

fn command(binary: &FilePath, env: &[(&str, &str)], sockets: Option<&FilePath>) -> Command {
    let mut command = Command::new(binary);
    if let Some(sockets) = sockets {
        command.env("PLUGIN_UNIX_SOCKET_DIR", sockets);
    }
    command
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn dial(network: &str, address: &str) -> io::Result<Box<dyn Io>> {
    match network {
        #[cfg(unix)]
        "unix" => Ok(Box::new(tokio::net::UnixStream::connect(address).await?)),
        "tcp" => Ok(Box::new(tokio::net::TcpStream::connect(address).await?)),
        other => Err(io::Error::other(format!("unknown network {other}"))),
    }
}

/// A stream that is being read to its end in the background.
struct Captured {
    text: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Captured {
    fn start(mut from: impl AsyncRead + Unpin + Send + 'static, already: String) -> Captured {
        let text = Arc::new(Mutex::new(already.into_bytes()));
        let into = Arc::clone(&text);
        let reader = tokio::spawn(async move {
            let mut buffer = vec![0; 8 * 1024];
            while let Ok(length @ 1..) = from.read(&mut buffer).await {
                let mut text = into.lock().unwrap_or_else(PoisonError::into_inner);
                text.extend_from_slice(&buffer[..length]);
            }
        });
        Captured { text, reader }
    }

    fn text(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }

    async fn end(&mut self) {
        // It fails only if the runtime ends first.
        let _ = (&mut self.reader).await;
    }
}

/// Gives away a stream that is connected already.
pub(super) struct Ready(Option<Box<dyn Io>>);

impl Ready {
    pub(super) fn new(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Ready {
        Ready(Some(Box::new(stream)))
    }
}

impl Service<Uri> for Ready {
    type Response = TokioIo<Box<dyn Io>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let stream = self.0.take().map(TokioIo::new);
        let lost = || io::Error::new(io::ErrorKind::NotConnected, "the connection is gone");
        Box::pin(async move { stream.ok_or_else(lost) })
    }
}
