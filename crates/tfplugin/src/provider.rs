//! What the author of a provider writes.

use std::{future::Future, sync::Arc};

use tokio_util::sync::CancellationToken;

use crate::{
    codec::Model,
    diagnostic::Diagnostics,
    resource::Resource,
    schema::Schema,
    server::{Managed, Typed},
};

/// The request that is being served.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Cancelled when the user interrupts Terraform. Come to an end soon then, and say what exists.
    pub cancel: CancellationToken,
}

/// A provider: its block in configuration and its resources.
pub trait Provider: Send + Sync + 'static {
    /// The provider block.
    type Config: Model;
    /// What configuring makes, for resources to use: clients and settings.
    type Meta: Send + Sync + 'static;

    /// The name that resource types start with.
    fn name(&self) -> &'static str;

    /// The source address, such as `registry.terraform.io/privgw/privgw`.
    fn address(&self) -> &'static str;

    /// The version of this build.
    fn version(&self) -> &'static str;

    /// One sentence for a person who runs the executable.
    fn description(&self) -> &'static str;

    /// Checks the provider block, which may hold unknown values. None of those may be held against anybody.
    fn validate(&self, config: &Self::Config) -> Diagnostics;

    /// Makes the means that resources work with. `Ok(None)` if values needed for it are still unknown;
    /// resources can be planned then, but nothing else. May happen again and again in one process.
    ///
    /// # Errors
    ///
    /// What keeps it from that. Every call that needs the means fails then.
    fn configure(
        &self,
        call: &Call,
        terraform_version: &str,
        config: Self::Config,
    ) -> impl Future<Output = Configured<Self::Meta>> + Send;

    /// The resources of this provider.
    fn resources(&self) -> Vec<ResourceEntry<Self::Meta>>;
}

/// What configuring came to; warnings go with success.
pub type Configured<Meta> = Result<(Option<Arc<Meta>>, Diagnostics), Diagnostics>;

/// A resource in a provider's list.
pub struct ResourceEntry<Meta> {
    pub(crate) managed: Arc<dyn Managed<Meta>>,
}

impl<Meta: Send + Sync + 'static> ResourceEntry<Meta> {
    /// Lists this resource.
    pub fn new(resource: impl Resource<Meta = Meta>) -> ResourceEntry<Meta> {
        ResourceEntry { managed: Arc::new(Typed::new(resource)) }
    }

    /// The name of the resource in configuration.
    pub fn type_name(&self) -> &'static str {
        self.managed.type_name()
    }

    /// The schema of the resource.
    pub fn schema(&self) -> &Schema {
        self.managed.schema()
    }
}
