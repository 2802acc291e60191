//! What the author of a provider writes.

use std::{future::Future, sync::Arc};

use tokio_util::sync::CancellationToken;

use crate::{
    codec::Model,
    data_source::DataSource,
    diagnostic::Diagnostics,
    function::Function,
    resource::Resource,
    schema::Schema,
    server::{Managed, Readable, Typed, TypedData},
};

/// The request that is being served.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Cancelled when the user interrupts Terraform. Come to an end soon then, and say what exists.
    pub cancel: CancellationToken,
}

/// A provider: its block in configuration, its resources, data sources and functions.
pub trait Provider: Send + Sync + 'static {
    /// The provider block.
    type Config: Model;
    /// What configuring makes, for resources and data sources to use: clients and settings.
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

    /// Makes the means that resources and data sources work with. `Ok(None)` if values needed for it are still unknown;
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

    /// The data sources of this provider.
    fn data_sources(&self) -> Vec<DataSourceEntry<Self::Meta>> {
        Vec::new()
    }

    /// The functions of this provider. They are called whether it is configured or not.
    fn functions(&self) -> Vec<Box<dyn Function>> {
        Vec::new()
    }
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

/// A data source in a provider's list.
pub struct DataSourceEntry<Meta> {
    pub(crate) readable: Arc<dyn Readable<Meta>>,
}

impl<Meta: Send + Sync + 'static> DataSourceEntry<Meta> {
    /// Lists this data source.
    pub fn new(source: impl DataSource<Meta = Meta>) -> DataSourceEntry<Meta> {
        DataSourceEntry { readable: Arc::new(TypedData::new(source)) }
    }

    /// The name of the data source in configuration.
    pub fn type_name(&self) -> &'static str {
        self.readable.type_name()
    }

    /// The schema of the data source.
    pub fn schema(&self) -> &Schema {
        self.readable.schema()
    }
}
