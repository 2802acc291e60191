//! What newer versions of Terraform ask about objects that exist already.

use super::{CAPABILITIES, Rpc, Stored, decode, received};
use crate::{
    diagnostic::Diagnostics,
    identity::{self, Identity},
    proto::tfplugin6 as proto,
    resource::MoveSource,
    server::diagnostics_from_proto,
    value::{Type, Value},
};

/// An object that was listed.
#[derive(Clone, Debug)]
pub struct Found {
    /// What it is known by.
    pub identity: Identity,
    /// What a person calls it.
    pub name: String,
    /// Its state, if that was asked for.
    pub state: Option<Value>,
}

impl Rpc {
    /// Makes a first state from an identity; null if the provider refuses.
    pub async fn import_by(&self, type_name: &str, identity: &Identity) -> Result<Stored, String> {
        let data = self.encode(&identity::to_value(identity), self.identity_type(type_name)?)?;
        self.import_as(type_name, "", Some(proto::ResourceIdentityData { identity_data: Some(data) })).await
    }

    pub(super) async fn import_as(
        &self,
        type_name: &str,
        id: &str,
        identity: Option<proto::ResourceIdentityData>,
    ) -> Result<Stored, String> {
        let request = proto::import_resource_state::Request {
            type_name: type_name.to_owned(),
            id: id.to_owned(),
            client_capabilities: Some(CAPABILITIES),
            identity,
        };
        let response = received(self.provider().import_resource_state(request).await)?;
        let imported = response.imported_resources.into_iter().next().unwrap_or_default();
        Ok(Stored {
            state: decode(imported.state.as_ref(), self.resource(type_name)?)?,
            private: imported.private,
            identity: self.identified(type_name, imported.identity)?,
            diagnostics: diagnostics_from_proto(response.diagnostics),
        })
    }

    /// Brings a stored identity to the current schema.
    pub async fn upgrade_identity(
        &self,
        type_name: &str,
        version: i64,
        json: &str,
    ) -> Result<(Option<Identity>, Diagnostics), String> {
        let request = proto::upgrade_resource_identity::Request {
            type_name: type_name.to_owned(),
            version,
            raw_identity: Some(proto::RawState { json: json.into(), flatmap: Default::default() }),
        };
        let response = received(self.provider().upgrade_resource_identity(request).await)?;
        let identity = self.identified(type_name, response.upgraded_identity)?;
        Ok((identity, diagnostics_from_proto(response.diagnostics)))
    }

    /// Makes a state from that of another type or of another provider.
    pub async fn move_state(&self, type_name: &str, source: &MoveSource, private: &[u8]) -> Result<Stored, String> {
        let request = proto::move_resource_state::Request {
            source_provider_address: source.provider.clone(),
            source_type_name: source.type_name.clone(),
            source_schema_version: source.version,
            source_state: Some(proto::RawState {
                json: source.state.to_string().into_bytes(),
                flatmap: Default::default(),
            }),
            target_type_name: type_name.to_owned(),
            source_private: private.to_vec(),
            ..Default::default()
        };
        let response = received(self.provider().move_resource_state(request).await)?;
        Ok(Stored {
            state: decode(response.target_state.as_ref(), self.resource(type_name)?)?,
            private: response.target_private,
            identity: self.identified(type_name, response.target_identity)?,
            diagnostics: diagnostics_from_proto(response.diagnostics),
        })
    }

    /// Makes configuration from a state.
    pub async fn generate(&self, type_name: &str, state: &Value) -> Result<(Value, Diagnostics), String> {
        let ty = self.resource(type_name)?;
        let request = proto::generate_resource_config::Request {
            type_name: type_name.to_owned(),
            state: Some(self.encode(state, ty)?),
        };
        let response = received(self.provider().generate_resource_config(request).await)?;
        Ok((decode(response.config.as_ref(), ty)?, diagnostics_from_proto(response.diagnostics)))
    }

    /// Lists the objects there are, at most as many as `limit`.
    pub async fn list(&self, type_name: &str, limit: i64, whole: bool) -> Result<(Vec<Found>, Diagnostics), String> {
        let request = proto::list_resource::Request {
            type_name: type_name.to_owned(),
            config: Some(self.encode(&Value::object::<&str>([]), &Type::Object(Default::default()))?),
            include_resource_object: whole,
            limit,
        };
        let mut events = received(self.provider().list_resource(request).await)?;
        let (mut found, mut diagnostics) = (Vec::new(), Vec::new());
        while let Some(event) = events.message().await.map_err(|status| status.to_string())? {
            diagnostics.extend(event.diagnostic);
            if let Some(identity) = self.identified(type_name, event.identity)? {
                let object = event.resource_object.as_ref();
                let state = object.map(|object| decode(Some(object), self.resource(type_name)?)).transpose()?;
                found.push(Found { identity, name: event.display_name, state });
            }
        }
        Ok((found, diagnostics_from_proto(diagnostics)))
    }

    pub(super) fn identified(
        &self,
        type_name: &str,
        data: Option<proto::ResourceIdentityData>,
    ) -> Result<Option<Identity>, String> {
        let Some(data) = data.and_then(|data| data.identity_data) else { return Ok(None) };
        let value = decode(Some(&data), self.identity_type(type_name)?)?;
        Ok((!value.is_null()).then(|| identity::from_value(&value)))
    }

    /// What goes along with a request.
    pub(super) fn identity(&self, type_name: &str) -> Result<Option<proto::ResourceIdentityData>, String> {
        let Some(identity) = &self.identity else { return Ok(None) };
        let data = self.encode(&identity::to_value(identity), self.identity_type(type_name)?)?;
        Ok(Some(proto::ResourceIdentityData { identity_data: Some(data) }))
    }

    fn identity_type(&self, type_name: &str) -> Result<&Type, String> {
        let ty = self.schemas.identities.get(type_name);
        ty.ok_or_else(|| format!("{type_name} has no identity"))
    }
}
