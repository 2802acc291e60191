//! Objects that exist already: their identities, moves from other types, lists, and configuration made from state.

use super::{convert, managed::Managed, service::Service};
use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    identity::{self, ImportId},
    proto::tfplugin6 as proto,
    provider::Provider,
    resource::MoveSource,
    schema::Schema,
    value::{Extra, Value},
};

/// Terraform asks for at most so many at a time if its user names no other number.
const DEFAULT_LIMIT: usize = 100;

impl<P: Provider> Service<P> {
    pub(super) fn identity_schemas(&self) -> proto::get_resource_identity_schemas::Response {
        let schemas = self.resources.iter().filter_map(|(name, resource)| {
            let schema = resource.identity_schema()?;
            let attributes =
                schema.attributes.iter().map(|attribute| proto::resource_identity_schema::IdentityAttribute {
                    name: attribute.name.to_owned(),
                    r#type: br#""string""#.to_vec(),
                    required_for_import: attribute.is_required,
                    optional_for_import: !attribute.is_required,
                    description: attribute.description.to_owned(),
                });
            let identity_attributes = attributes.collect();
            Some(((*name).to_owned(), proto::ResourceIdentitySchema { version: schema.version, identity_attributes }))
        });
        proto::get_resource_identity_schemas::Response { identity_schemas: schemas.collect(), diagnostics: Vec::new() }
    }

    /// The schemas of `list` blocks. They have no arguments.
    pub(super) fn list_schemas(&self) -> impl Iterator<Item = (String, proto::Schema)> {
        let empty = Schema { version: 0, attributes: Vec::new(), description: String::new() };
        let listable = self.resources.iter().filter(|(_, resource)| resource.is_listable());
        listable.map(move |(name, _)| ((*name).to_owned(), convert::schema(&empty)))
    }

    pub(super) fn upgrade_identity(
        &self,
        request: &proto::upgrade_resource_identity::Request,
    ) -> Result<proto::ResourceIdentityData, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let schema = resource.identity_schema().ok_or_else(|| without_identity(&request.type_name))?;
        if request.version != schema.version {
            let detail = format!(
                "The identity in the state has version {}, and this provider knows only version {}.",
                request.version, schema.version
            );
            return Err(Diagnostic::error("Identity can't be upgraded", detail).into());
        }
        let json = request.raw_identity.as_ref().map(|raw| raw.json.as_slice()).unwrap_or_default();
        let value = Value::from_json(&convert::json(json)?, &schema.ty(), Extra::Drop).map_err(Diagnostic::from)?;
        Ok(data(&value, &schema.ty())?)
    }

    /// The identity of an object, if its state tells it. What was known before stays otherwise.
    pub(super) fn identify(
        &self,
        resource: &dyn Managed<P::Meta>,
        state: &Value,
        before: Option<&proto::ResourceIdentityData>,
    ) -> Result<Option<proto::ResourceIdentityData>, Diagnostics> {
        match (resource.identity_schema(), resource.identity(state)) {
            (Some(schema), Some(identity)) => Ok(Some(data(&identity::to_value(&identity), &schema.ty())?)),
            _ => Ok(before.cloned()),
        }
    }

    /// What an import is given: an identity where there is one, otherwise an id.
    pub(super) fn import_id(
        &self,
        resource: &dyn Managed<P::Meta>,
        request: &proto::import_resource_state::Request,
    ) -> Result<ImportId, Diagnostics> {
        let given = request.identity.as_ref().and_then(|identity| identity.identity_data.as_ref());
        let Some(given) = given else { return Ok(ImportId::Id(request.id.clone())) };
        let schema = resource.identity_schema().ok_or_else(|| without_identity(&request.type_name))?;
        let identity = identity::from_value(&convert::value(Some(given), &schema.ty())?);
        let is_missing = |name: &&str| !identity.contains_key(*name);
        let required = schema.attributes.iter().filter(|attribute| attribute.is_required);
        let missing: Vec<&str> = required.map(|attribute| attribute.name).filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(ImportId::Identity(identity));
        }
        Err(Diagnostic::error("Incomplete identity", format!("An import needs {}.", missing.join(" and "))).into())
    }

    pub(super) fn move_state(
        &self,
        request: proto::move_resource_state::Request,
    ) -> Result<proto::move_resource_state::Response, Diagnostics> {
        let resource = self.resource(&request.target_type_name)?;
        let json = request.source_state.map(|raw| raw.json).unwrap_or_default();
        let source = MoveSource {
            provider: request.source_provider_address,
            type_name: request.source_type_name,
            version: request.source_schema_version,
            state: convert::json(&json)?,
        };
        let Some(state) = resource.take_over(&source) else {
            let detail = format!(
                "A {} can't be made from the state of a {} of {}.",
                request.target_type_name, source.type_name, source.provider
            );
            return Err(Diagnostic::error("Move is not supported", detail).into());
        };
        let state = state?;
        // Private bytes say something only to the type that wrote them.
        let is_own = source.type_name == request.target_type_name;
        Ok(proto::move_resource_state::Response {
            target_identity: self.identify(resource, &state, None)?,
            target_state: Some(convert::dynamic(&state, resource.ty())?),
            target_private: if is_own { request.source_private } else { Vec::new() },
            diagnostics: Vec::new(),
        })
    }

    pub(super) fn generate(
        &self,
        request: &proto::generate_resource_config::Request,
    ) -> Result<proto::DynamicValue, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let state = convert::value(request.state.as_ref(), resource.ty())?;
        Ok(convert::dynamic(&resource.configuration(&state)?, resource.ty())?)
    }

    pub(super) async fn list(
        &self,
        request: &proto::list_resource::Request,
    ) -> Result<Vec<proto::list_resource::Event>, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let (schema, true) = (resource.identity_schema(), resource.is_listable()) else {
            let detail = format!("Objects of type {} can't be listed.", request.type_name);
            return Err(Diagnostic::error("Listing is not supported", detail).into());
        };
        let meta = self.configuration.required()?;
        let call = self.calls.call();
        let limit = usize::try_from(request.limit).ok().filter(|limit| *limit > 0).unwrap_or(DEFAULT_LIMIT);
        let work = resource.list(&call, &meta, limit, request.include_resource_object);
        let found = super::service::unless_stopped(&call, work).await?;
        let event = |(display_name, state): (String, Value)| {
            let identity = resource.identity(&state).zip(schema);
            let (identity, schema) = identity.ok_or_else(|| without_identity(&request.type_name))?;
            let whole = request.include_resource_object;
            Ok(proto::list_resource::Event {
                identity: Some(data(&identity::to_value(&identity), &schema.ty())?),
                display_name,
                resource_object: whole.then(|| convert::dynamic(&state, resource.ty())).transpose()?,
                diagnostic: Vec::new(),
            })
        };
        found.into_iter().map(event).collect()
    }
}

fn data(identity: &Value, ty: &crate::value::Type) -> Result<proto::ResourceIdentityData, Diagnostic> {
    Ok(proto::ResourceIdentityData { identity_data: Some(convert::dynamic(identity, ty)?) })
}

fn without_identity(type_name: &str) -> Diagnostics {
    let detail = format!("Objects of type {type_name} are known by their id alone.");
    Diagnostic::error("No identity", detail).into()
}
