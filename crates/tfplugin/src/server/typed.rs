//! A resource as its author sees it, behind what the protocol sees.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value as Json;

use super::managed::{Change, Managed, Planned, Stored};
use crate::{
    check,
    codec::{Codec, Model},
    diagnostic::{Diagnostic, Diagnostics},
    identity::{Identity, IdentitySchema, ImportId},
    provider::Call,
    resource::{ApplyResponse, DeleteResponse, MoveSource, PlanRequest, ReadResponse, Resource},
    schema::Schema,
    value::{Extra, Path, Type, Value},
};

/// A resource with the schema of its model.
pub(crate) struct Typed<R> {
    resource: R,
    schema: Schema,
    ty: Type,
    identity: Option<IdentitySchema>,
}

impl<R: Resource> Typed<R> {
    pub(crate) fn new(resource: R) -> Typed<R> {
        let schema = Schema::of::<R::Model>(resource.version());
        let ty = schema.implied();
        let identity = resource.identity_schema();
        Typed { resource, schema, ty, identity }
    }

    /// What goes into plans and state: everything but write-only values.
    fn encode(&self, model: &R::Model) -> Value {
        self.without_write_only(model.encode())
    }

    fn without_write_only(&self, mut value: Value) -> Value {
        check::clear_write_only(&self.schema.attributes, &mut value);
        value
    }

    /// A state that must be known, as it is everywhere outside plans.
    fn known(&self, model: &R::Model, diagnostics: &mut Diagnostics, during: &str) -> Value {
        let mut state = self.encode(model);
        without_unknowns(&mut state, diagnostics, during);
        state
    }

    /// JSON as a state of the current schema: missing attributes are null, and what the schema doesn't have is dropped.
    fn conform(&self, state: &Json) -> Result<Value, Diagnostics> {
        let value = Value::from_json(state, &self.ty, Extra::Drop);
        let value = value.map_err(|mismatch| Diagnostics::from(Diagnostic::from(mismatch)))?;
        // Terraform would take a null for an object that is gone.
        if !matches!(value, Value::Object(_)) {
            let detail = "The upgrade of the state gave no object. This is a bug in the provider, please report it.";
            return Err(Diagnostic::error("State can't be upgraded", detail).into());
        }
        Ok(self.without_write_only(value))
    }

    fn applied(&self, response: ApplyResponse<R::Model>) -> Result<Stored, Diagnostics> {
        let mut diagnostics = response.diagnostics;
        let Some(model) = response.state else {
            return Err(with_an_error(diagnostics, "applying returned no state"));
        };
        let state = self.known(&model, &mut diagnostics, "apply");
        Ok(Stored { state, private: response.private, diagnostics })
    }

    fn deleted(&self, response: DeleteResponse<R::Model>) -> Stored {
        match response {
            DeleteResponse::Gone { diagnostics } => Stored { state: Value::Null, private: Vec::new(), diagnostics },
            DeleteResponse::Left { state, private, diagnostics } => {
                let mut diagnostics = with_an_error(diagnostics, "deleting left something behind");
                let state = self.known(&state, &mut diagnostics, "deletion");
                Stored { state, private, diagnostics }
            }
        }
    }
}

impl<R: Resource> Managed<R::Meta> for Typed<R> {
    fn type_name(&self) -> &'static str {
        self.resource.type_name()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn ty(&self) -> &Type {
        &self.ty
    }

    fn validate(&self, config: &Value, write_only_allowed: bool) -> Diagnostics {
        let attributes = &self.schema.attributes;
        let mut diagnostics = check::configuration(attributes, config, write_only_allowed);
        match decode(config) {
            Ok(config) => diagnostics.extend(self.resource.validate(&config)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
        diagnostics
    }

    fn upgrade(&self, version: i64, state: Json) -> Result<Value, Diagnostics> {
        self.conform(&self.resource.upgrade(version, state)?)
    }

    fn plan<'a>(
        &'a self,
        call: &'a Call,
        meta: Option<&'a Arc<R::Meta>>,
        change: Change,
    ) -> BoxFuture<'a, Result<Planned, Diagnostics>> {
        Box::pin(async move {
            let request = PlanRequest {
                prior: prior(&change.prior)?,
                proposed: decode(&self.without_write_only(change.target))?,
                config: decode(&change.config)?,
                private: change.private,
            };
            let mut response = self.resource.plan(call, meta, request).await;
            response.replace.sort();
            response.replace.dedup();
            Ok(Planned {
                stored: Stored {
                    state: self.encode(&response.planned),
                    private: response.private,
                    diagnostics: response.diagnostics,
                },
                replace: response.replace,
            })
        })
    }

    fn apply<'a>(
        &'a self,
        call: &'a Call,
        meta: &'a Arc<R::Meta>,
        change: Change,
    ) -> BoxFuture<'a, Result<Stored, Diagnostics>> {
        Box::pin(async move {
            let Change { prior: before, target, config, private } = change;
            match (prior::<R::Model>(&before)?, target) {
                (None, Value::Null) => {
                    Ok(Stored { state: Value::Null, private: Vec::new(), diagnostics: Diagnostics::new() })
                }
                (Some(prior), Value::Null) => {
                    let response = self.resource.delete(call, meta, prior, private).await;
                    Ok(self.deleted(response))
                }
                (None, target) => {
                    let (plan, config) = (decode(&target)?, decode(&config)?);
                    let response = self.resource.create(call, meta, plan, config, private);
                    self.applied(response.await)
                }
                (Some(prior), target) => {
                    let (plan, config) = (decode(&target)?, decode(&config)?);
                    let response = self.resource.update(call, meta, prior, plan, config, private);
                    self.applied(response.await)
                }
            }
        })
    }

    fn read<'a>(
        &'a self,
        call: &'a Call,
        meta: &'a Arc<R::Meta>,
        state: Value,
        private: Vec<u8>,
    ) -> BoxFuture<'a, Result<Stored, Diagnostics>> {
        Box::pin(async move {
            let state = decode(&state)?;
            match self.resource.read(call, meta, state, private).await {
                ReadResponse::Gone => {
                    Ok(Stored { state: Value::Null, private: Vec::new(), diagnostics: Diagnostics::new() })
                }
                ReadResponse::Failed(diagnostics) => Err(with_an_error(diagnostics, "reading failed")),
                ReadResponse::Found { state, private, mut diagnostics } => {
                    let state = self.known(&state, &mut diagnostics, "reading");
                    Ok(Stored { state, private, diagnostics })
                }
            }
        })
    }

    fn import<'a>(
        &'a self,
        call: &'a Call,
        meta: &'a Arc<R::Meta>,
        id: ImportId,
    ) -> BoxFuture<'a, Result<Stored, Diagnostics>> {
        Box::pin(async move {
            let (model, private) = self.resource.import(call, meta, id).await?;
            let mut diagnostics = Diagnostics::new();
            let state = self.known(&model, &mut diagnostics, "import");
            Ok(Stored { state, private, diagnostics })
        })
    }

    fn identity_schema(&self) -> Option<&IdentitySchema> {
        self.identity.as_ref()
    }

    fn identity(&self, state: &Value) -> Option<Identity> {
        if state.is_null() {
            return None;
        }
        self.resource.identity(&decode(state).ok()?)
    }

    fn is_listable(&self) -> bool {
        self.identity.is_some() && self.resource.is_listable()
    }

    fn list<'a>(
        &'a self,
        call: &'a Call,
        meta: &'a Arc<R::Meta>,
        limit: usize,
        whole: bool,
    ) -> BoxFuture<'a, Result<Vec<(String, Value)>, Diagnostics>> {
        Box::pin(async move {
            let found = self.resource.list(call, meta, limit, whole).await?;
            let mut diagnostics = Diagnostics::new();
            let all = found.into_iter().take(limit);
            let all = all.map(|one| (one.name, self.known(&one.state, &mut diagnostics, "listing"))).collect();
            if diagnostics.has_errors() { Err(diagnostics) } else { Ok(all) }
        })
    }

    fn take_over(&self, source: &MoveSource) -> Option<Result<Value, Diagnostics>> {
        // The same type at another address, such as that of a mirror or a fork, differs in nothing but its address.
        if source.type_name == self.resource.type_name() {
            return Some(self.upgrade(source.version, source.state.clone()));
        }
        let state = self.resource.take_over(source)?;
        Some(state.and_then(|state| self.conform(&state)))
    }

    fn configuration(&self, state: &Value) -> Result<Value, Diagnostics> {
        let mut config = self.encode(&self.resource.configuration(decode(state)?));
        check::clear_computed(&self.schema.attributes, &mut config);
        Ok(config)
    }
}

/// Makes what is unknown null, and reports it.
pub(super) fn without_unknowns(state: &mut Value, diagnostics: &mut Diagnostics, during: &str) {
    let unknown = check::clear_unknowns(state);
    // After an error it is natural that some values never came to be.
    if !diagnostics.has_errors() {
        for path in unknown {
            let detail =
                format!("{path} is still unknown after {during}. This is a bug in the provider, please report it.");
            diagnostics.error(path, "Value unknown in state", detail);
        }
    }
}

pub(super) fn decode<M: Model>(value: &Value) -> Result<M, Diagnostic> {
    M::decode(value, &Path::root())
}

fn prior<M: Model>(value: &Value) -> Result<Option<M>, Diagnostic> {
    match value {
        Value::Null => Ok(None),
        value => decode(value).map(Some),
    }
}

/// A failure that nobody explained would be taken for success.
pub(super) fn with_an_error(mut diagnostics: Diagnostics, what: &str) -> Diagnostics {
    if !diagnostics.has_errors() {
        diagnostics.error(
            None,
            "Failure without an explanation",
            format!("The provider says that {what}, but not why. This is a bug in the provider."),
        );
    }
    diagnostics
}

#[cfg(test)]
mod tests;
