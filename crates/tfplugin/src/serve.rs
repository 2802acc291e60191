//! The life of the process: what a person is told, the handshake with Terraform, serving, the end.

mod connections;
mod debug;
mod handshake;
mod listener;
mod tls;

#[cfg(feature = "testing")]
pub(crate) use handshake::COOKIE;

use std::{future::Future, io::Write, process::ExitCode, time::Duration};

use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{log, panics, provider::Provider, server};
use connections::Connections;
use handshake::Environment;
use listener::Listener;

/// How long requests may go on after Terraform has said that it is done.
const GRACE: Duration = Duration::from_millis(500);

/// How long to wait for another connection when there is none. A Terraform that was killed says no goodbye.
const ORPHANED_AFTER: Duration = Duration::from_secs(60);

/// Runs a provider until Terraform is done with it. Call it from `main` and return what it returns.
///
/// `args` are those of the process: Terraform gives none, a person may ask for `--version`, `--help` or `--debug`.
///
/// Only the holder of the certificate that Terraform has given is served. Nothing is written to standard output but the handshake
/// line, an interrupt from the terminal ends nothing, and a panic in a request is an error of that request alone.
///
/// # Errors
///
/// The exit code is not 0 if it was run by hand without an option that it knows, or can't listen. The reason is on standard error.
pub async fn serve<P: Provider>(provider: P, args: impl Iterator<Item = String>) -> ExitCode {
    let args: Vec<String> = args.collect();
    let asked = |option: &str| args.iter().any(|arg| arg == option);
    if asked("--version") {
        say(&format!("{} {}", provider.name(), provider.version()));
        return ExitCode::SUCCESS;
    }
    if asked("--help") {
        say(&help(&provider));
        return ExitCode::SUCCESS;
    }
    log::init(provider.name());
    panics::install_hook();
    let outcome = if asked("--debug") {
        debug::serve(provider).await
    } else if !handshake::started_by_terraform() {
        Err(help(&provider))
    } else {
        serve_terraform(provider).await
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Tells a person something. One who has closed the pipe meanwhile does not want to know.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn help<P: Provider>(provider: &P) -> String {
    let (name, version) = (provider.name(), provider.version());
    format!(
        "This is the Terraform provider {name} {version}: {}\n\
         \n\
         It is started by Terraform or OpenTofu and does nothing when it is run by hand. To use it, put this \
         into your configuration and run `terraform init`:\n\
         \n\
         terraform {{\n  required_providers {{\n    {name} = {{ source = \"{}\" }}\n  }}\n}}\n\
         \n\
         Options: --version, --help, and --debug to keep it running under a debugger.",
        provider.description(),
        provider.address(),
    )
}

async fn serve_terraform<P: Provider>(provider: P) -> Result<(), String> {
    // Terraform handles an interrupt and then asks us to stop; dying of it would lose what is being made.
    ignore_interrupts().map_err(|error| format!("can't handle interrupts: {error}"))?;
    let environment = Environment::read();
    let listener = Listener::open(environment.socket_dir.as_deref(), environment.client_certificate.is_some())
        .map_err(|error| format!("can't listen for Terraform: {error}"))?;
    let secured = environment.client_certificate.as_deref().map(tls::secure).transpose()?;
    let (acceptor, certificate) = secured.unzip();
    let line = environment.handshake_line(listener.address(), certificate.as_deref());

    let shutdown = CancellationToken::new();
    let connections = Connections::new(listener, acceptor);
    let abandoned = abandoned(connections.open(), ORPHANED_AFTER);
    handshake::announce(&line).map_err(|error| format!("can't answer Terraform: {error}"))?;
    run(provider, connections, shutdown, abandoned).await?;
    exit_soon();
    Ok(())
}

/// Serves until the shutdown or until the other future says that nobody is interested any more.
async fn run<P: Provider>(
    provider: P,
    mut connections: Connections,
    shutdown: CancellationToken,
    otherwise: impl Future<Output = ()>,
) -> Result<(), String> {
    let router = server::router(provider, &shutdown).await;
    let incoming = connections.incoming();
    let serving = router.serve_with_incoming_shutdown(incoming, shutdown.clone().cancelled_owned());
    let end = async {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = otherwise => shutdown.cancel(),
        }
        sleep(GRACE).await;
    };
    tokio::select! {
        outcome = serving => outcome.map_err(|error| format!("serving failed: {error}")),
        () = end => Ok(()),
    }
}

/// Done when there has been no connection for so long.
async fn abandoned(mut open: watch::Receiver<usize>, patience: Duration) {
    loop {
        let closed = open.wait_for(|count| *count == 0).await.is_err();
        let reopened = async { open.wait_for(|count| *count > 0).await.is_ok() };
        tokio::select! {
            () = sleep(patience) => return,
            true = reopened, if !closed => {}
        }
    }
}

/// A runtime waits for blocking work of its threads, such as a slow name lookup. Terraform does not.
fn exit_soon() {
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_millis(100));
        std::process::exit(0);
    });
}

#[cfg(unix)]
fn ignore_interrupts() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupts = signal(SignalKind::interrupt())?;
    tokio::spawn(async move { while interrupts.recv().await.is_some() {} });
    Ok(())
}

#[cfg(windows)]
fn ignore_interrupts() -> std::io::Result<()> {
    let mut interrupts = tokio::signal::windows::ctrl_c()?;
    tokio::spawn(async move { while interrupts.recv().await.is_some() {} });
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_process_without_connections_gives_up_after_a_while() {
        let (count, open) = watch::channel(1);
        let start = Instant::now();
        let waiting = tokio::spawn(abandoned(open, PATIENCE));
        sleep(Duration::from_secs(3600)).await;
        assert!(!waiting.is_finished());
        count.send_replace(0);
        waiting.await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 3660);
    }

    #[tokio::test(start_paused = true)]
    async fn another_connection_in_time_keeps_it_alive() {
        let (count, open) = watch::channel(0);
        let waiting = tokio::spawn(abandoned(open, PATIENCE));
        sleep(Duration::from_secs(59)).await;
        count.send_replace(1);
        assert!(timeout(Duration::from_secs(3600), waiting).await.is_err());
    }
}
