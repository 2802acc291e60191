//! What Terraform core does with a provider, and what it objects to.
//!
//! Terraform judges every answer after the fact, and tells its user of a bug in the provider. Here are its rules as functions of
//! values ([`proposed()`], [`judge`]), and a [`Driver`] that takes one object through its life as Terraform would, judging all the way.
//! The rules are those of `internal/plans/objchange` in Terraform's source, and of its documentation of the
//! [resource instance change lifecycle](https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md).

mod driver;
/// What Terraform objects to.
pub mod judge;
mod places;
mod proposed;
mod stored;

pub use driver::{Action, Driver, Object, Order, Plan, Tampering, Trouble};
pub use judge::Violation;
pub use places::{Place, places, put};
pub use proposed::proposed;
pub use stored::json;

use crate::value::Value;

/// An attribute of an object; of anything else it is null.
fn field<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.as_object().and_then(|attributes| attributes.get(name)).unwrap_or(&Value::Null)
}

/// The elements of a list or set; of anything else there are none.
fn elements(value: &Value) -> &[Value] {
    match value {
        Value::List(elements) | Value::Set(elements) | Value::Tuple(elements) => elements,
        _ => &[],
    }
}
