//! Between protobuf messages and this crate's types.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, Severity},
    proto::tfplugin6 as proto,
    schema::{Attribute, AttributeType, Nesting, Schema, Usage},
    value::{Path, Step, Type, Value},
};

use proto::attribute_path::step::Selector;

/// Reads a value of the type. A message without content stands for null.
pub(crate) fn value(message: Option<&proto::DynamicValue>, ty: &Type) -> Result<Value, Diagnostic> {
    match message {
        Some(message) if !message.msgpack.is_empty() => Ok(Value::from_msgpack(&message.msgpack, ty)?),
        Some(message) if !message.json.is_empty() => {
            let json = json(&message.json)?;
            Ok(Value::from_json(&json, ty, crate::value::Extra::Refuse)?)
        }
        _ => Ok(Value::Null),
    }
}

/// Parses JSON that Terraform sent.
pub(super) fn json(bytes: &[u8]) -> Result<serde_json::Value, Diagnostic> {
    serde_json::from_slice(bytes).map_err(|error| Diagnostic::error("Invalid JSON from Terraform", error.to_string()))
}

/// Writes a value as the type.
pub(crate) fn dynamic(value: &Value, ty: &Type) -> Result<proto::DynamicValue, Diagnostic> {
    Ok(proto::DynamicValue { msgpack: value.to_msgpack(ty)?, json: Vec::new() })
}

pub(super) fn diagnostics(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

fn diagnostic(diagnostic: Diagnostic) -> proto::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    let at = diagnostic.path.filter(|path| !path.is_root());
    proto::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary,
        detail: diagnostic.detail,
        attribute: at.as_ref().map(path),
    }
}

pub(super) fn path(path: &Path) -> proto::AttributePath {
    let steps = path.steps().iter().map(|step| proto::attribute_path::Step {
        selector: Some(match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            Step::Index(index) => Selector::ElementKeyInt(*index),
        }),
    });
    proto::AttributePath { steps: steps.collect() }
}

/// The other direction, for a client.
#[cfg(feature = "testing")]
pub(crate) fn diagnostics_from_proto(messages: Vec<proto::Diagnostic>) -> Diagnostics {
    let read = |message: proto::Diagnostic| Diagnostic {
        severity: match message.severity() {
            proto::diagnostic::Severity::Warning => Severity::Warning,
            _ => Severity::Error,
        },
        path: message.attribute.map(path_from_proto),
        summary: message.summary,
        detail: message.detail,
    };
    messages.into_iter().map(read).collect()
}

/// The other direction, for a client.
#[cfg(feature = "testing")]
pub(crate) fn path_from_proto(path: proto::AttributePath) -> Path {
    let steps = path.steps.into_iter().filter_map(|step| step.selector);
    steps
        .map(|selector| match selector {
            Selector::AttributeName(name) => Step::Attribute(name),
            Selector::ElementKeyString(key) => Step::Key(key),
            Selector::ElementKeyInt(index) => Step::Index(index),
        })
        .collect()
}

pub(super) fn schema(schema: &Schema) -> proto::Schema {
    proto::Schema {
        version: schema.version,
        block: Some(proto::schema::Block {
            version: schema.version,
            attributes: schema.attributes.iter().map(attribute).collect(),
            description: schema.description.clone(),
            description_kind: proto::StringKind::Markdown.into(),
            ..Default::default()
        }),
    }
}

fn attribute(attribute: &Attribute) -> proto::schema::Attribute {
    let (ty, nested_type) = match &attribute.ty {
        AttributeType::Plain(ty) => (ty.to_json().to_string().into_bytes(), None),
        AttributeType::Nested { nesting, attributes } => (Vec::new(), Some(nested(*nesting, attributes))),
    };
    proto::schema::Attribute {
        name: attribute.name.clone(),
        r#type: ty,
        nested_type,
        description: attribute.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        required: attribute.usage == Usage::Required,
        optional: matches!(attribute.usage, Usage::Optional | Usage::OptionalComputed),
        computed: attribute.usage.is_computed(),
        sensitive: attribute.sensitive,
        deprecated: attribute.deprecated.is_some(),
        deprecation_message: attribute.deprecated.clone().unwrap_or_default(),
        write_only: attribute.write_only,
    }
}

fn nested(nesting: Nesting, attributes: &[Attribute]) -> proto::schema::Object {
    use proto::schema::object::NestingMode;
    let nesting = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    proto::schema::Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: nesting.into(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attr, Model};

    /// Inside.
    #[derive(Clone, Debug, PartialEq, Model)]
    struct Inner {
        /// Number.
        #[attr(optional, computed, sensitive, deprecated = "No more.")]
        number: Attr<i64>,
    }

    /// Outside.
    #[derive(Clone, Debug, PartialEq, Model)]
    struct Outer {
        /// List.
        #[attr(required)]
        list: Attr<Vec<Attr<Inner>>>,
    }

    #[test]
    fn an_attribute_has_a_type_or_nested_attributes_and_never_both() {
        let block = schema(&Schema::of::<Outer>(2)).block.unwrap();
        let list = &block.attributes[0];
        assert!(list.r#type.is_empty() && list.required);
        let number = &list.nested_type.as_ref().unwrap().attributes[0];
        assert_eq!(number.r#type, br#""number""#);
        assert!(number.nested_type.is_none());
        assert!(number.optional && number.computed && number.sensitive && number.deprecated);
    }

    #[test]
    fn a_value_comes_in_either_encoding_or_not_at_all() {
        let read = |msgpack: &[u8], json: &[u8]| {
            let message = proto::DynamicValue { msgpack: msgpack.into(), json: json.into() };
            value(Some(&message), &Type::Bool).unwrap()
        };
        assert_eq!(read(&[0xc3], b""), Value::Bool(true));
        assert_eq!(read(b"", b"true"), Value::Bool(true));
        assert_eq!(read(b"", b""), Value::Null);
        assert_eq!(value(None, &Type::Bool).unwrap(), Value::Null);
    }

    #[test]
    fn a_diagnostic_about_the_whole_block_has_no_path() {
        let message = diagnostic(Diagnostic::warning("a", "b").at(Path::root()));
        assert_eq!(message.severity(), proto::diagnostic::Severity::Warning);
        assert_eq!(message.attribute, None);
    }
}
