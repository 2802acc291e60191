//! Terraform plugin protocol 6 for providers written in Rust.
//!
//! Read in this order: [`Value`] is what travels, [`Attr`] and `#[derive(Model)]` give it Rust types,
//! [`Schema`] describes those to Terraform, [`Provider`], [`Resource`], [`DataSource`] and [`Function`] are what an author
//! writes, and [`serve()`] runs it all. Protobuf stays inside.

// The derive macro names this crate from outside, and the tests below use it from inside.
extern crate self as tfplugin;

pub mod value;

pub mod diagnostic;

pub mod schema;

pub mod attr;

pub mod codec;

mod check;

pub mod identity;

pub mod resource;

pub mod data_source;

pub mod function;

pub mod provider;

mod proto;

mod panics;

pub mod log;

mod server;

mod serve;

pub mod docs;

#[cfg(feature = "testing")]
pub mod testing;

pub use attr::{Attr, Set};
pub use codec::{Codec, Model};
pub use data_source::DataSource;
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use function::{Function, FunctionError, Parameter, Signature};
pub use identity::{Identity, IdentityAttribute, IdentitySchema, ImportId, Listed};
pub use provider::{Call, DataSourceEntry, Provider, ResourceEntry};
pub use resource::{ApplyResponse, DeleteResponse, MoveSource, PlanRequest, PlanResponse, ReadResponse, Resource};
pub use schema::{Attribute, AttributeType, Nesting, Schema, Usage};
pub use serve::serve;
pub use tfplugin_derive::Model;
pub use tokio_util::sync::CancellationToken;
pub use value::{Number, Path, Step, Type, Value};
