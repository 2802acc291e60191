//! Data sources: as their authors see them, as the protocol sees them, and what a request for one comes to.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{
    convert,
    service::{Service, no_such, unless_stopped},
    typed::{decode, with_an_error, without_unknowns},
};
use crate::{
    check,
    codec::Codec,
    data_source::DataSource,
    diagnostic::{Diagnostic, Diagnostics},
    proto::tfplugin6 as proto,
    provider::{Call, Provider},
    schema::Schema,
    value::{Type, Value},
};

/// A data source of any model.
pub(crate) trait Readable<Meta>: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn schema(&self) -> &Schema;
    fn ty(&self) -> &Type;
    fn validate(&self, config: &Value) -> Diagnostics;
    fn read<'a>(
        &'a self,
        call: &'a Call,
        meta: &'a Arc<Meta>,
        config: Value,
    ) -> BoxFuture<'a, Result<(Value, Diagnostics), Diagnostics>>;
}

/// A data source with the schema of its model.
pub(crate) struct TypedData<D> {
    source: D,
    schema: Schema,
    ty: Type,
}

impl<D: DataSource> TypedData<D> {
    pub(crate) fn new(source: D) -> TypedData<D> {
        let schema = Schema::of::<D::Model>(0);
        TypedData { source, ty: schema.implied(), schema }
    }

    /// What was found must be known and have the configuration in it. Terraform checks only the first.
    fn checked(&self, config: &Value, mut found: Value, mut diagnostics: Diagnostics) -> (Value, Diagnostics) {
        without_unknowns(&mut found, &mut diagnostics, "reading");
        if !diagnostics.has_errors() {
            for path in check::altered(&self.schema.attributes, config, &found) {
                let detail = format!(
                    "{path} came back from reading otherwise than it is configured. This is a bug in the provider, \
                     please report it."
                );
                diagnostics.error(path, "Configuration altered", detail);
            }
        }
        (found, diagnostics)
    }
}

impl<D: DataSource> Readable<D::Meta> for TypedData<D> {
    fn type_name(&self) -> &'static str {
        self.source.type_name()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn ty(&self) -> &Type {
        &self.ty
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        // There is nothing write-only in a data source.
        let mut diagnostics = check::configuration(&self.schema.attributes, config, false);
        match decode(config) {
            Ok(config) => diagnostics.extend(self.source.validate(&config)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
        diagnostics
    }

    fn read<'a>(
        &'a self,
        call: &'a Call,
        meta: &'a Arc<D::Meta>,
        config: Value,
    ) -> BoxFuture<'a, Result<(Value, Diagnostics), Diagnostics>> {
        Box::pin(async move {
            let read = self.source.read(call, meta, decode(&config)?).await;
            let (found, diagnostics) = read.map_err(|errors| with_an_error(errors, "reading failed"))?;
            let (found, diagnostics) = self.checked(&config, found.encode(), diagnostics);
            if diagnostics.has_errors() { Err(diagnostics) } else { Ok((found, diagnostics)) }
        })
    }
}

impl<P: Provider> Service<P> {
    fn data_source(&self, type_name: &str) -> Result<&dyn Readable<P::Meta>, Diagnostics> {
        let source = self.data_sources.get(type_name).map(AsRef::as_ref);
        source.ok_or_else(|| no_such("data source", type_name))
    }

    pub(super) fn validate_data(
        &self,
        request: &proto::validate_data_resource_config::Request,
    ) -> Result<Diagnostics, Diagnostics> {
        let source = self.data_source(&request.type_name)?;
        Ok(source.validate(&convert::value(request.config.as_ref(), source.ty())?))
    }

    pub(super) async fn read_data(
        &self,
        request: &proto::read_data_source::Request,
    ) -> Result<proto::read_data_source::Response, Diagnostics> {
        let source = self.data_source(&request.type_name)?;
        let config = convert::value(request.config.as_ref(), source.ty())?;
        if config.has_unknown() {
            let detail = "A data source is read when everything in its configuration is known, and not before.";
            return Err(Diagnostic::error("Configuration is not known yet", detail).into());
        }
        let meta = self.configuration.required()?;
        let call = self.calls.call();
        let (found, diagnostics) = unless_stopped(&call, source.read(&call, &meta, config)).await?;
        Ok(proto::read_data_source::Response {
            state: Some(convert::dynamic(&found, source.ty())?),
            diagnostics: convert::diagnostics(diagnostics),
            deferred: None,
        })
    }
}
