//! What the author of a data source writes.

use std::{future::Future, sync::Arc};

use crate::{codec::Model, diagnostic::Diagnostics, provider::Call};

/// A data source: something that is looked up and never changed.
pub trait DataSource: Send + Sync + 'static {
    /// What configuring the provider made: clients and settings.
    type Meta: Send + Sync + 'static;
    /// The arguments, and what is found by them.
    type Model: Model;

    /// The name in configuration, starting with the provider's name and an underscore. A resource may have the same.
    fn type_name(&self) -> &'static str;

    /// Checks configuration, which may hold unknown values: never hold one against anybody. Read-only, required and deprecated
    /// attributes have been looked at before.
    fn validate(&self, config: &Self::Model) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Looks it up. Everything in the configuration is known; as long as it isn't, Terraform waits. What is configured must come back
    /// as it is, what isn't configured nor computed must be null, and nothing may be unknown. It is given up when Terraform is
    /// interrupted.
    ///
    /// # Errors
    ///
    /// Why there is no answer, at the argument it is about. That nothing is found is one, too: there is no null for it.
    fn read(
        &self,
        call: &Call,
        meta: &Arc<Self::Meta>,
        config: Self::Model,
    ) -> impl Future<Output = Result<(Self::Model, Diagnostics), Diagnostics>> + Send;
}
