//! Where Terraform connects to.

use std::{env, io, path::Path};

use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

/// A byte stream from a client.
pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// Operating systems bound the path of a socket to 104 bytes or a little more.
#[cfg(unix)]
const MAX_SOCKET_PATH: usize = 100;

/// A directory that is there on every Unix, with a path that leaves room.
const SHORT_DIR: &str = "/tmp";

/// A network and an address in it, as go-plugin writes them.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) network: &'static str,
    pub(super) text: String,
}

/// A listening socket. Its directory disappears with it.
pub(super) struct Listener {
    socket: Socket,
    address: Address,
    _dir: Option<TempDir>,
}

enum Socket {
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    /// Listens on a socket in a directory that only this user can enter.
    ///
    /// Where the directory's path is too long for a socket, a short one is tried, and then the loopback interface, which every
    /// local user can reach: on Unix only if clients must prove who they are.
    pub(super) fn open(parent: Option<&Path>, authenticated: bool) -> io::Result<Listener> {
        if let Some(listener) = unix(parent)? {
            return Ok(listener);
        }
        if let Ok(Some(listener)) = unix(Some(Path::new(SHORT_DIR))) {
            return Ok(listener);
        }
        if cfg!(unix) && !authenticated {
            return Err(io::Error::other(
                "the path of the temporary directory is too long for a socket; set TMPDIR to a shorter one",
            ));
        }
        tcp()
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(super) async fn accept(&self) -> io::Result<Box<dyn Io>> {
        match &self.socket {
            #[cfg(unix)]
            Socket::Unix(socket) => Ok(Box::new(socket.accept().await?.0)),
            Socket::Tcp(socket) => {
                let stream = socket.accept().await?.0;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

/// `None` if the path would be too long for a socket.
#[cfg(unix)]
fn unix(parent: Option<&Path>) -> io::Result<Option<Listener>> {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    let parent = parent.map_or_else(env::temp_dir, Path::to_owned);
    let dir =
        tempfile::Builder::new().prefix("plugin").permissions(Permissions::from_mode(0o700)).tempdir_in(parent)?;
    let path = std::path::absolute(dir.path().join("socket"))?;
    let Some(text) = path.to_str().filter(|text| text.len() <= MAX_SOCKET_PATH) else {
        return Ok(None);
    };
    Ok(Some(Listener {
        socket: Socket::Unix(tokio::net::UnixListener::bind(&path)?),
        address: Address { network: "unix", text: text.to_owned() },
        _dir: Some(dir),
    }))
}

#[cfg(not(unix))]
fn unix(_: Option<&Path>) -> io::Result<Option<Listener>> {
    Ok(None)
}

/// Takes the first free port of the range that the host asks for, or any port.
fn tcp() -> io::Result<Listener> {
    let port = |name: &str| env::var(name).ok().and_then(|port| port.parse::<u16>().ok());
    let ports = port("PLUGIN_MIN_PORT").zip(port("PLUGIN_MAX_PORT"));
    let ports = ports.map_or(0..=0, |(min, max)| min..=max);
    let mut bound = ports.map(|port| std::net::TcpListener::bind(("127.0.0.1", port)));
    let nothing = || io::Error::new(io::ErrorKind::AddrInUse, "no free port");
    let socket = bound.find_map(Result::ok).ok_or_else(nothing)?;
    socket.set_nonblocking(true)?;
    let text = socket.local_addr()?.to_string();
    Ok(Listener {
        socket: Socket::Tcp(TcpListener::from_std(socket)?),
        address: Address { network: "tcp", text },
        _dir: None,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[tokio::test]
    async fn the_socket_is_private_and_disappears() {
        let listener = Listener::open(None, false).unwrap();
        assert_eq!(listener.address().network, "unix");
        let path = Path::new(&listener.address().text).to_owned();
        let dir = path.parent().unwrap();
        assert_eq!(fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700);
        drop(listener);
        assert!(!dir.exists());
    }

    #[tokio::test]
    async fn a_path_that_is_too_long_for_a_socket_means_a_shorter_one() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("d".repeat(100));
        fs::create_dir(&deep).unwrap();
        let listener = Listener::open(Some(&deep), false).unwrap();
        assert_eq!(listener.address().network, "unix");
        assert!(listener.address().text.starts_with(SHORT_DIR), "{:?}", listener.address());
    }
}
