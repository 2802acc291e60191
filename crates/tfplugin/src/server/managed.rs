//! A resource as the protocol sees it: values in, values out.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value as Json;

use crate::{
    diagnostic::Diagnostics,
    identity::{Identity, IdentitySchema, ImportId},
    provider::Call,
    resource::MoveSource,
    schema::Schema,
    value::{Path, Type, Value},
};

/// A state and what is stored with it.
pub(crate) struct Stored {
    pub(crate) state: Value,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Diagnostics,
}

/// A planned state and what goes with it.
pub(crate) struct Planned {
    pub(crate) stored: Stored,
    pub(crate) replace: Vec<Path>,
}

/// A change: a null prior is a creation, a null target a deletion.
pub(crate) struct Change {
    pub(crate) prior: Value,
    pub(crate) target: Value,
    pub(crate) config: Value,
    pub(crate) private: Vec<u8>,
}

/// A resource of any model. An `Err` always means that what is stored stays as it is.
pub(crate) trait Managed<Meta>: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn schema(&self) -> &Schema;
    fn ty(&self) -> &Type;
    fn validate(&self, config: &Value, write_only_allowed: bool) -> Diagnostics;
    fn upgrade(&self, version: i64, state: Json) -> Result<Value, Diagnostics>;
    fn plan<'a>(
        &'a self,
        call: &'a Call,
        meta: Option<&'a Arc<Meta>>,
        change: Change,
    ) -> BoxFuture<'a, Result<Planned, Diagnostics>>;
    fn apply<'a>(
        &'a self,
        call: &'a Call,
        meta: &'a Arc<Meta>,
        change: Change,
    ) -> BoxFuture<'a, Result<Stored, Diagnostics>>;
    fn read<'a>(
        &'a self,
        call: &'a Call,
        meta: &'a Arc<Meta>,
        state: Value,
        private: Vec<u8>,
    ) -> BoxFuture<'a, Result<Stored, Diagnostics>>;
    fn import<'a>(
        &'a self,
        call: &'a Call,
        meta: &'a Arc<Meta>,
        id: ImportId,
    ) -> BoxFuture<'a, Result<Stored, Diagnostics>>;
    fn identity_schema(&self) -> Option<&IdentitySchema>;
    fn identity(&self, state: &Value) -> Option<Identity>;
    fn is_listable(&self) -> bool;
    fn list<'a>(
        &'a self,
        call: &'a Call,
        meta: &'a Arc<Meta>,
        limit: usize,
        whole: bool,
    ) -> BoxFuture<'a, Result<Vec<(String, Value)>, Diagnostics>>;
    fn take_over(&self, source: &MoveSource) -> Option<Result<Value, Diagnostics>>;
    fn configuration(&self, state: &Value) -> Result<Value, Diagnostics>;
}
