//! A panic in a request is an error for the user; any other panic is a crash that Terraform reports.

use std::{any::Any, cell::RefCell, future::Future, io::Write, panic};

use futures::FutureExt;

use crate::diagnostic::Diagnostic;

tokio::task_local! {
    /// The panic of the request that is running here, as the hook saw it.
    static CAUGHT: RefCell<Option<String>>;
}

/// Installs the hook. Nothing is ever written to stdout, which belongs to the handshake.
pub(crate) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let message = message(info.payload());
        let report = match info.location() {
            Some(at) => format!("{message} at {}:{}", at.file(), at.line()),
            None => message,
        };
        let in_request = CAUGHT.try_with(|caught| caught.replace(Some(report.clone()))).is_ok();
        if !in_request {
            // Terraform shows what follows a line that starts like this as the reason of the crash.
            let _ = writeln!(std::io::stderr(), "panic: {}", report.replace('\n', " "));
        }
    }));
}

/// Runs a request; a panic in it becomes an error.
pub(crate) async fn caught<T>(request: impl Future<Output = T>) -> Result<T, Diagnostic> {
    let watched = async {
        // Nothing that the request leaves half done is used afterwards, except behind locks that recover.
        let outcome = panic::AssertUnwindSafe(request).catch_unwind().await;
        outcome.map_err(|payload| {
            let seen = CAUGHT.with(RefCell::take);
            let what = seen.unwrap_or_else(|| message(payload.as_ref()));
            Diagnostic::error(
                "The provider panicked",
                format!("This is a bug in the provider, please report it: {what}"),
            )
        })
    };
    CAUGHT.scope(RefCell::new(None), watched).await
}

fn message(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "a panic without a message".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_error_with_its_message() {
        let work = async { panic!("no {}", "tea") };
        let error: Diagnostic = caught::<()>(work).await.unwrap_err();
        assert!(error.detail.contains("no tea"), "{}", error.detail);
    }

    #[tokio::test]
    async fn a_request_that_ends_well_is_left_alone() {
        assert_eq!(caught(async { 3 }).await, Ok(3));
    }
}
