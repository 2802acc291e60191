//! What tells one object from all others, apart from its state: by it Terraform imports (from 1.12) and lists (from 1.14).
//! <https://developer.hashicorp.com/terraform/plugin/framework/resources/identity>

use std::collections::BTreeMap;

use crate::{
    codec::Model,
    value::{Type, Value},
};

/// The attributes by which an object is known. They are strings here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySchema {
    /// Counts the changes of shape.
    pub version: i64,
    /// At least one of them is needed for an import.
    pub attributes: Vec<IdentityAttribute>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityAttribute {
    /// Its name in an `import` block.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub description: &'static str,
    /// Whether an import must name it; otherwise it may.
    pub is_required: bool,
}

/// The values, by name. What an import has left out is missing.
pub type Identity = BTreeMap<String, String>;

/// What an import is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportId {
    /// The id of `terraform import` or of an `import` block.
    Id(String),
    /// The `identity` of an `import` block.
    Identity(Identity),
}

/// An object that was found by [`crate::Resource::list`].
#[derive(Clone, Debug)]
pub struct Listed<M: Model> {
    /// What a person calls it.
    pub name: String,
    /// Complete enough to be told by; whole, if that was asked for.
    pub state: M,
}

impl IdentitySchema {
    pub(crate) fn ty(&self) -> Type {
        Type::Object(self.attributes.iter().map(|attribute| (attribute.name.to_owned(), Type::String)).collect())
    }
}

pub(crate) fn to_value(identity: &Identity) -> Value {
    Value::object(identity.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))))
}

pub(crate) fn from_value(value: &Value) -> Identity {
    let attributes = value.as_object().into_iter().flatten();
    let known = attributes.filter_map(|(name, value)| match value {
        Value::String(text) => Some((name.clone(), text.clone())),
        _ => None,
    });
    known.collect()
}
