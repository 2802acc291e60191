use std::collections::BTreeMap;

use crate::{
    proto::tfplugin6::{self as proto, schema::object::NestingMode},
    server::diagnostics_from_proto,
    value::Type,
};

/// The types of everything that the provider declares.
#[derive(Clone, Debug)]
pub struct Schemas {
    /// The provider block.
    pub provider: Type,
    /// Each resource.
    pub resources: BTreeMap<String, Type>,
}

impl Default for Schemas {
    fn default() -> Schemas {
        Schemas { provider: Type::Object(BTreeMap::new()), resources: BTreeMap::new() }
    }
}

impl Schemas {
    pub(super) fn read(response: proto::get_provider_schema::Response) -> Result<Schemas, String> {
        let diagnostics = diagnostics_from_proto(response.diagnostics);
        if diagnostics.has_errors() {
            return Err(format!("{diagnostics:?}"));
        }
        let provider = response.provider.ok_or("no schema of the provider")?;
        let resources = response.resource_schemas.iter();
        Ok(Schemas {
            provider: block(&provider)?,
            resources: resources
                .map(|(name, schema)| Ok((name.clone(), block(schema)?)))
                .collect::<Result<_, String>>()?,
        })
    }
}

fn block(schema: &proto::Schema) -> Result<Type, String> {
    let block = schema.block.as_ref().ok_or("a schema without a block")?;
    object(&block.attributes)
}

fn object(attributes: &[proto::schema::Attribute]) -> Result<Type, String> {
    let types = attributes.iter().map(|a| Ok((a.name.clone(), attribute(a)?)));
    types.collect::<Result<_, String>>().map(Type::Object)
}

fn attribute(attribute: &proto::schema::Attribute) -> Result<Type, String> {
    let name = &attribute.name;
    match &attribute.nested_type {
        Some(_) if !attribute.r#type.is_empty() => Err(format!("{name} has two types")),
        Some(nested) => {
            let object = Box::new(object(&nested.attributes)?);
            match nested.nesting() {
                NestingMode::Single => Ok(*object),
                NestingMode::List => Ok(Type::List(object)),
                NestingMode::Set => Ok(Type::Set(object)),
                NestingMode::Map => Ok(Type::Map(object)),
                NestingMode::Invalid => Err(format!("{name} has no nesting")),
            }
        }
        None => {
            let json = serde_json::from_slice(&attribute.r#type).ok();
            let ty = json.as_ref().and_then(Type::from_json);
            ty.ok_or_else(|| format!("{name} has an invalid type"))
        }
    }
}
