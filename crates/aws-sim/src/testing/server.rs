//! A real back end, on a thread of its own: a paused clock does not touch it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::testing::{ACCOUNT, Caller, REGION};
use crate::{Config, Sim};

/// A status that means: say nothing.
pub const SILENT: u16 = 0;
/// How long a silent back end keeps the connection.
const HOLD: Duration = Duration::from_secs(5);

/// A server that answers every request alike, and remembers them.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    status: Arc<AtomicU16>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server {
            address: listener.local_addr().unwrap(),
            status: Arc::new(AtomicU16::new(200)),
            requests: Arc::default(),
        };
        let serving = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(stream.unwrap()));
            }
        });
        server
    }

    /// What it answers from now on.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// The requests so far: head and body.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or_default() == 0 {
                // A mere connection, as a TCP health check makes it.
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line.to_ascii_lowercase());
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        self.requests.lock().unwrap().push(format!("{head}\r\n{}", String::from_utf8_lossy(&body)));
        let status = self.status.load(Ordering::SeqCst);
        if status == SILENT {
            return std::thread::sleep(HOLD);
        }
        let answer = r#"{"who":"real"}"#;
        let mut stream = reader.into_inner();
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\nDate: then\r\nX-Own: yes\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
            answer.len()
        );
    }
}

/// An address where nobody listens.
pub fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A caller for whom simulated addresses are real ones.
pub fn resolving(pairs: &[(&str, SocketAddr)]) -> Caller {
    resolving_at(1.0, pairs)
}

/// The same with a faster clock, which shortens the wait for servers that are silent.
pub fn resolving_at(speed: f64, pairs: &[(&str, SocketAddr)]) -> Caller {
    let resolve: BTreeMap<_, _> = pairs.iter().map(|(simulated, real)| (simulated.parse().unwrap(), *real)).collect();
    let sim = Sim::new(Config { seed: 7, speed, resolve, ..Config::default() });
    let fresh = sim.account(ACCOUNT, REGION);
    Caller { sim, fresh }
}
