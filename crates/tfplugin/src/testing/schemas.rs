use std::collections::{BTreeMap, BTreeSet};

use crate::{
    function::{Parameter, Signature},
    proto::tfplugin6::{self as proto, schema::object::NestingMode},
    schema::{Attribute, AttributeType, Nesting, Schema, Usage},
    server::diagnostics_from_proto,
    value::Type,
};

/// Everything that the provider declares.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// The provider block.
    pub provider: Declared,
    /// Each resource.
    pub resources: BTreeMap<String, Declared>,
    /// Each data source.
    pub data_sources: BTreeMap<String, Declared>,
    /// Each function.
    pub functions: BTreeMap<String, Signature>,
    /// What the objects of a resource are known by, apart from their state.
    pub identities: BTreeMap<String, Type>,
    /// The resources whose objects can be listed.
    pub lists: BTreeSet<String>,
}

/// A schema, and the type that values have by it.
#[derive(Clone, Debug)]
pub struct Declared {
    /// What Terraform was told.
    pub schema: Schema,
    /// Follows from it.
    pub ty: Type,
}

impl Default for Declared {
    fn default() -> Declared {
        Declared::from(Schema { version: 0, attributes: Vec::new(), description: String::new() })
    }
}

impl From<Schema> for Declared {
    fn from(schema: Schema) -> Declared {
        Declared { ty: schema.implied(), schema }
    }
}

impl Schemas {
    pub(super) fn read(
        response: proto::get_provider_schema::Response,
        identities: proto::get_resource_identity_schemas::Response,
    ) -> Result<Schemas, String> {
        let mut diagnostics = diagnostics_from_proto(response.diagnostics);
        diagnostics.extend(diagnostics_from_proto(identities.diagnostics));
        if diagnostics.has_errors() {
            return Err(format!("{diagnostics:?}"));
        }
        let provider = response.provider.ok_or("no schema of the provider")?;
        let resources = response.resource_schemas.iter();
        let data_sources = response.data_source_schemas.iter();
        Ok(Schemas {
            provider: declared(&provider)?,
            resources: resources
                .map(|(name, schema)| Ok((name.clone(), declared(schema)?)))
                .collect::<Result<_, String>>()?,
            data_sources: data_sources
                .map(|(name, schema)| Ok((name.clone(), declared(schema)?)))
                .collect::<Result<_, String>>()?,
            functions: functions(&response.functions)?,
            identities: identities
                .identity_schemas
                .iter()
                .map(|(name, schema)| Ok((name.clone(), identity(schema)?)))
                .collect::<Result<_, String>>()?,
            lists: response.list_resource_schemas.into_keys().collect(),
        })
    }
}

/// Maps, sets and objects aren't allowed in an identity, and each attribute is of use for an import or not at all.
fn identity(schema: &proto::ResourceIdentitySchema) -> Result<Type, String> {
    let types = schema.identity_attributes.iter().map(|attribute| {
        let ty = plain(&attribute.r#type);
        match ty {
            Some(Type::Bool | Type::Number | Type::String | Type::List(_) | Type::Tuple(_))
                if !(attribute.required_for_import && attribute.optional_for_import) =>
            {
                Ok((attribute.name.clone(), ty.unwrap_or(Type::String)))
            }
            _ => Err(format!("{} can't be in an identity", attribute.name)),
        }
    });
    types.collect::<Result<_, String>>().map(Type::Object)
}

/// Reads what a provider says of its functions.
pub(super) fn functions(declared: &BTreeMap<String, proto::Function>) -> Result<BTreeMap<String, Signature>, String> {
    declared.iter().map(|(name, function)| Ok((name.clone(), signature(name, function)?))).collect()
}

fn signature(name: &str, declared: &proto::Function) -> Result<Signature, String> {
    // Terraform itself fails without one.
    let returns = declared.r#return.as_ref().ok_or_else(|| format!("{name} returns nothing"))?;
    let signature = Signature {
        name: name.to_owned(),
        summary: declared.summary.clone(),
        description: declared.description.clone(),
        parameters: declared.parameters.iter().map(parameter).collect::<Result<_, _>>()?,
        variadic: declared.variadic_parameter.as_ref().map(parameter).transpose()?,
        returns: plain(&returns.r#type).ok_or_else(|| format!("{name} returns an invalid type"))?,
    };
    match signature.faults().as_slice() {
        [] => Ok(signature),
        faults => Err(faults.join("; ")),
    }
}

fn parameter(declared: &proto::function::Parameter) -> Result<Parameter, String> {
    let name = &declared.name;
    let ty = plain(&declared.r#type).ok_or_else(|| format!("{name} has an invalid type"))?;
    Ok(Parameter {
        allow_null: declared.allow_null_value,
        allow_unknown: declared.allow_unknown_values,
        ..Parameter::new(name, ty, &declared.description)
    })
}

fn plain(json: &[u8]) -> Option<Type> {
    serde_json::from_slice(json).ok().as_ref().and_then(Type::from_json)
}

fn declared(schema: &proto::Schema) -> Result<Declared, String> {
    let block = schema.block.as_ref().ok_or("a schema without a block")?;
    let attributes = attributes(&block.attributes)?;
    let schema = Schema { version: schema.version, attributes, description: block.description.clone() };
    match schema.faults().as_slice() {
        [] => Ok(Declared::from(schema)),
        faults => Err(faults.join("; ")),
    }
}

fn attributes(declared: &[proto::schema::Attribute]) -> Result<Vec<Attribute>, String> {
    declared.iter().map(attribute).collect()
}

fn attribute(declared: &proto::schema::Attribute) -> Result<Attribute, String> {
    let name = &declared.name;
    Ok(Attribute {
        name: name.clone(),
        ty: ty(declared)?,
        usage: match (declared.required, declared.optional, declared.computed) {
            (true, false, false) => Usage::Required,
            (false, true, false) => Usage::Optional,
            (false, false, true) => Usage::Computed,
            (false, true, true) => Usage::OptionalComputed,
            flags => return Err(format!("{name} is required, optional and computed as in {flags:?}")),
        },
        description: declared.description.clone(),
        sensitive: declared.sensitive,
        deprecated: declared.deprecated.then(|| declared.deprecation_message.clone()),
        write_only: declared.write_only,
    })
}

fn ty(declared: &proto::schema::Attribute) -> Result<AttributeType, String> {
    let name = &declared.name;
    let Some(nested) = &declared.nested_type else {
        return plain(&declared.r#type).map(AttributeType::Plain).ok_or_else(|| format!("{name} has an invalid type"));
    };
    if !declared.r#type.is_empty() {
        return Err(format!("{name} has two types"));
    }
    let nesting = match nested.nesting() {
        NestingMode::Single => Nesting::Single,
        NestingMode::List => Nesting::List,
        NestingMode::Set => Nesting::Set,
        NestingMode::Map => Nesting::Map,
        NestingMode::Invalid => return Err(format!("{name} has no nesting")),
    };
    Ok(AttributeType::Nested { nesting, attributes: attributes(&nested.attributes)? })
}
