//! What a block may hold, as Terraform is told. Combinations that Terraform refuses can't be written.

use std::collections::{BTreeMap, BTreeSet};

use crate::{codec::Model, value::Type};

/// The versioned shape of a provider block or of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// Counts the changes of shape that stored state has to be upgraded for.
    pub version: i64,
    /// The arguments and results.
    pub attributes: Vec<Attribute>,
    /// Markdown about the whole.
    pub description: String,
}

/// One argument or result.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name in configuration.
    pub name: String,
    /// What it holds.
    pub ty: AttributeType,
    /// Who sets it.
    pub usage: Usage,
    /// Markdown.
    pub description: String,
    /// Whether Terraform hides it in its output.
    pub sensitive: bool,
    /// If it should not be used any more: what to do instead.
    pub deprecated: Option<String>,
    /// Whether it is in configuration only, and never in state.
    pub write_only: bool,
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Usage {
    /// The user must.
    Required,
    /// The user may.
    Optional,
    /// The provider does.
    Computed,
    /// The user may, otherwise the provider does.
    OptionalComputed,
}

impl Usage {
    /// Whether it may stand in configuration.
    pub fn is_configurable(self) -> bool {
        self != Usage::Computed
    }

    /// Whether the provider may choose the value.
    pub fn is_computed(self) -> bool {
        matches!(self, Usage::Computed | Usage::OptionalComputed)
    }
}

/// What an attribute holds: a plain type, or attributes of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeType {
    /// A type without descriptions inside.
    Plain(Type),
    /// Objects whose attributes are described like those at the top.
    Nested {
        /// How many objects, and how they are told apart.
        nesting: Nesting,
        /// What each of them holds.
        attributes: Vec<Attribute>,
    },
}

/// How nested objects are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nesting {
    /// One object.
    Single,
    /// Objects in order.
    List,
    /// Objects without order.
    Set,
    /// Objects by key.
    Map,
}

impl AttributeType {
    /// The type that values have.
    pub fn implied(&self) -> Type {
        match self {
            AttributeType::Plain(ty) => ty.clone(),
            AttributeType::Nested { nesting, attributes } => {
                let object = object_type(attributes);
                match nesting {
                    Nesting::Single => object,
                    Nesting::List => Type::List(Box::new(object)),
                    Nesting::Set => Type::Set(Box::new(object)),
                    Nesting::Map => Type::Map(Box::new(object)),
                }
            }
        }
    }

    /// A collection of these. Attributes stay described where the protocol can express it, one level deep.
    pub(crate) fn collected(self, nesting: Nesting, of: impl Fn(Box<Type>) -> Type) -> Self {
        match self {
            AttributeType::Nested { nesting: Nesting::Single, attributes } => {
                AttributeType::Nested { nesting, attributes }
            }
            other => AttributeType::Plain(of(Box::new(other.implied()))),
        }
    }
}

impl Schema {
    /// The schema that a model describes.
    pub fn of<M: Model>(version: i64) -> Schema {
        Schema { version, attributes: M::schema_attributes(), description: M::description().to_owned() }
    }

    /// The type of a whole block.
    pub fn implied(&self) -> Type {
        object_type(&self.attributes)
    }

    /// Everything that Terraform would refuse the whole provider for, one sentence each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.version < 0 {
            faults.push("the version is negative".to_owned());
        }
        attribute_faults(&self.attributes, "", false, &mut faults);
        faults
    }

    /// The same for the schema of a resource or data source of this name.
    pub(crate) fn type_faults(&self, name: &str) -> Vec<String> {
        let unreachable =
            (!is_name(name)).then(|| format!("{name:?} is not a name of lower case letters, digits and _"));
        unreachable.into_iter().chain(self.faults()).collect()
    }

    /// The same for a data source, in which nothing can be write-only: it has no state to keep a value out of.
    pub(crate) fn data_source_faults(&self, name: &str) -> Vec<String> {
        let mut faults = self.type_faults(name);
        write_only_faults(&self.attributes, "", &mut faults);
        faults
    }
}

fn object_type(attributes: &[Attribute]) -> Type {
    let types = attributes.iter().map(|a| (a.name.clone(), a.ty.implied()));
    Type::Object(types.collect::<BTreeMap<_, _>>())
}

fn attribute_faults(attributes: &[Attribute], prefix: &str, in_set: bool, faults: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for attribute in attributes {
        let name = format!("{prefix}{}", attribute.name);
        if !names.insert(&attribute.name) {
            faults.push(format!("{name} is declared twice"));
        }
        if !is_name(&attribute.name) {
            faults.push(format!("{name} is not a name of lower case letters, digits and _"));
        }
        if attribute.write_only && attribute.usage.is_computed() {
            faults.push(format!("{name} is write-only and computed"));
        }
        if attribute.write_only && in_set {
            faults.push(format!("{name} is write-only inside a set"));
        }
        match &attribute.ty {
            AttributeType::Plain(ty) if in_set && has_dynamic(ty) => {
                faults.push(format!("{name} is dynamic inside a set"));
            }
            AttributeType::Plain(_) => {}
            AttributeType::Nested { nesting, attributes } => {
                let in_set = in_set || *nesting == Nesting::Set;
                attribute_faults(attributes, &format!("{name}."), in_set, faults);
            }
        }
    }
}

fn write_only_faults(attributes: &[Attribute], prefix: &str, faults: &mut Vec<String>) {
    for attribute in attributes {
        let name = format!("{prefix}{}", attribute.name);
        if attribute.write_only {
            faults.push(format!("{name} is write-only, which only a resource's attribute can be"));
        }
        if let AttributeType::Nested { attributes, .. } = &attribute.ty {
            write_only_faults(attributes, &format!("{name}."), faults);
        }
    }
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn has_dynamic(ty: &Type) -> bool {
    match ty {
        Type::Dynamic => true,
        Type::Bool | Type::Number | Type::String => false,
        Type::List(of) | Type::Set(of) | Type::Map(of) => has_dynamic(of),
        Type::Object(attributes) => attributes.values().any(has_dynamic),
        Type::Tuple(elements) => elements.iter().any(has_dynamic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: &str, ty: AttributeType) -> Attribute {
        Attribute {
            name: name.to_owned(),
            ty,
            usage: Usage::Optional,
            description: String::new(),
            sensitive: false,
            deprecated: None,
            write_only: false,
        }
    }

    #[test]
    fn nested_attributes_imply_objects() {
        let attributes = vec![attribute("x", AttributeType::Plain(Type::Number))];
        let nested = AttributeType::Nested { nesting: Nesting::Map, attributes };
        assert_eq!(nested.implied().to_json().to_string(), r#"["map",["object",{"x":"number"}]]"#);
    }

    #[test]
    fn what_terraform_would_refuse_is_found_beforehand() {
        let mut secret = attribute("secret", AttributeType::Plain(Type::String));
        secret.write_only = true;
        let any = attribute("any", AttributeType::Plain(Type::Dynamic));
        let nested = AttributeType::Nested { nesting: Nesting::Set, attributes: vec![secret, any] };
        let schema = Schema { version: -1, attributes: vec![attribute("Bad", nested)], description: String::new() };
        assert_eq!(
            schema.faults(),
            [
                "the version is negative",
                "Bad is not a name of lower case letters, digits and _",
                "Bad.secret is write-only inside a set",
                "Bad.any is dynamic inside a set",
            ]
        );
    }
}
