//! What a running provider remembers between requests.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    provider::Call,
};

/// Hands out calls; all those in flight can be cancelled at once, later ones are not affected.
#[derive(Default)]
pub(super) struct Calls {
    current: Mutex<CancellationToken>,
}

impl Calls {
    pub(super) fn call(&self) -> Call {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        Call { cancel: current.clone() }
    }

    pub(super) fn cancel_all(&self) {
        let fresh = CancellationToken::new();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, fresh).cancel();
    }
}

/// What the last configuration came to. A process may be configured again and again.
pub(super) struct Configuration<Meta>(RwLock<State<Meta>>);

enum State<Meta> {
    Missing,
    Unknown,
    Ready(Arc<Meta>),
}

impl<Meta> Configuration<Meta> {
    pub(super) fn new() -> Configuration<Meta> {
        Configuration(RwLock::new(State::Missing))
    }

    pub(super) fn set(&self, meta: Option<Arc<Meta>>) {
        self.replace(meta.map_or(State::Unknown, State::Ready));
    }

    pub(super) fn clear(&self) {
        self.replace(State::Missing);
    }

    pub(super) fn get(&self) -> Option<Arc<Meta>> {
        self.required().ok()
    }

    pub(super) fn required(&self) -> Result<Arc<Meta>, Diagnostics> {
        match &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            State::Ready(meta) => Ok(Arc::clone(meta)),
            State::Unknown => Err(Diagnostic::error(
                "Provider configuration is not known yet",
                "The provider configuration contains values that are not known yet, because they come from \
                 resources that have not been applied. Apply those first, for instance with -target, or give \
                 the provider values that are known.",
            )
            .into()),
            State::Missing => Err(Diagnostic::error(
                "Provider is not configured",
                "This needs a configured provider, but configuring it failed or has not happened.",
            )
            .into()),
        }
    }

    fn replace(&self, state: State<Meta>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelling_reaches_calls_in_flight_and_no_later_ones() {
        let calls = Calls::default();
        let (first, second) = (calls.call(), calls.call());
        calls.cancel_all();
        assert!(first.cancel.is_cancelled() && second.cancel.is_cancelled());
        assert!(!calls.call().cancel.is_cancelled());
    }

    #[test]
    fn configuration_can_be_unknown_and_replaced() {
        let configuration = Configuration::new();
        let summary = |c: &Configuration<i32>| {
            let error = c.required().unwrap_err();
            error.into_iter().next().unwrap().summary
        };
        assert_eq!(summary(&configuration), "Provider is not configured");
        configuration.set(None);
        assert_eq!(summary(&configuration), "Provider configuration is not known yet");
        configuration.set(Some(Arc::new(1)));
        configuration.set(Some(Arc::new(2)));
        assert_eq!(configuration.get(), Some(Arc::new(2)));
    }
}
