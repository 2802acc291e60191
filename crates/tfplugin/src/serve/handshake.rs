//! How a plugin and its host find each other: environment in, one line out.

use std::{
    env,
    io::{self, Write},
    path::PathBuf,
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use super::listener::Address;
use crate::log;

/// Not a secret: it tells apart being started by Terraform from being run by a person.
pub(crate) const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// The version of go-plugin's handshake.
const CORE_VERSION: u32 = 1;

/// The one version of Terraform's protocol that is spoken here.
pub(super) const PROTOCOL_VERSION: u32 = 6;

/// Whether Terraform started this process.
pub(super) fn started_by_terraform() -> bool {
    let (name, value) = COOKIE;
    env::var(name).is_ok_and(|found| found == value)
}

/// What the host says through the environment.
pub(super) struct Environment {
    pub(super) client_certificate: Option<String>,
    pub(super) socket_dir: Option<PathBuf>,
    asks_for_multiplexing: bool,
}

impl Environment {
    pub(super) fn read() -> Environment {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let offered = set("PLUGIN_PROTOCOL_VERSIONS");
        if !offered.as_deref().is_none_or(speaks_our_version) {
            // Answering with our version lets the host name both in its message.
            log::warn("no common protocol version", &[("offered", offered.unwrap_or_default())]);
        }
        Environment {
            client_certificate: set("PLUGIN_CLIENT_CERT"),
            socket_dir: set("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            asks_for_multiplexing: set("PLUGIN_MULTIPLEX_GRPC").is_some(),
        }
    }

    /// Where to connect, and the certificate that will be shown there.
    pub(super) fn handshake_line(&self, address: &Address, certificate: Option<&[u8]>) -> String {
        let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der));
        let multiplexing = if self.asks_for_multiplexing { "|false" } else { "" };
        format!(
            "{CORE_VERSION}|{PROTOCOL_VERSION}|{}|{}|grpc|{}{multiplexing}",
            address.network,
            address.text,
            certificate.unwrap_or_default()
        )
    }
}

/// Prints the line. Nothing else may ever appear on stdout.
pub(super) fn announce(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

fn speaks_our_version(offered: &str) -> bool {
    let mut versions = offered.split(',');
    versions.any(|version| version.trim().parse() == Ok(PROTOCOL_VERSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(asks_for_multiplexing: bool, certificate: Option<&[u8]>) -> String {
        let environment = Environment { client_certificate: None, socket_dir: None, asks_for_multiplexing };
        let address = Address { network: "unix", text: "/tmp/p".to_owned() };
        environment.handshake_line(&address, certificate)
    }

    #[test]
    fn the_line_has_its_fields_in_order() {
        assert_eq!(line(false, Some(&[1, 2, 3, 4])), "1|6|unix|/tmp/p|grpc|AQIDBA");
        assert_eq!(line(true, Some(&[1, 2, 3, 4])), "1|6|unix|/tmp/p|grpc|AQIDBA|false");
        assert_eq!(line(false, None), "1|6|unix|/tmp/p|grpc|");
    }

    #[test]
    fn versions_are_a_list_in_any_order() {
        assert!(speaks_our_version("6,5"));
        assert!(speaks_our_version("5, 6"));
        assert!(!speaks_our_version("5,16"));
    }
}
