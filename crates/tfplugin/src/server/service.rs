//! What each request comes to, as long as nothing goes wrong. An `Err` leaves what is stored as it is.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    convert,
    data::Readable,
    functions::Callable,
    managed::{Change, Managed, Planned, Stored},
    state::{Calls, Configuration},
};
use crate::{
    check,
    codec::Codec,
    diagnostic::{Diagnostic, Diagnostics},
    proto::tfplugin6 as proto,
    provider::{Call, Provider},
    schema::Schema,
    value::{Path, Type, Value},
};

/// What a provider has of one kind, by name.
type Named<T> = BTreeMap<&'static str, T>;

/// A provider and what it remembers.
pub(super) struct Service<P: Provider> {
    provider: P,
    pub(super) schema: Schema,
    ty: Type,
    pub(super) resources: Named<Arc<dyn Managed<P::Meta>>>,
    pub(super) data_sources: Named<Arc<dyn Readable<P::Meta>>>,
    pub(super) functions: Named<Callable>,
    faults: Vec<String>,
    pub(super) configuration: Configuration<P::Meta>,
    pub(super) calls: Calls,
}

impl<P: Provider> Service<P> {
    pub(super) fn new(provider: P) -> Service<P> {
        let schema = Schema::of::<P::Config>(0);
        let mut faults = placed(schema.faults(), "the provider block");
        let resources = provider.resources().into_iter();
        let resources =
            resources.map(|entry| (entry.type_name(), entry.schema().type_faults(entry.type_name()), entry.managed));
        let data_sources = provider.data_sources().into_iter();
        let data_sources = data_sources
            .map(|entry| (entry.type_name(), entry.schema().data_source_faults(entry.type_name()), entry.readable));
        let functions = provider.functions().into_iter().map(Callable::new);
        let functions = functions.map(|callable| (callable.name(), callable.signature.faults(), callable));
        Service {
            ty: schema.implied(),
            schema,
            resources: listed("resource", resources, &mut faults),
            data_sources: listed("data source", data_sources, &mut faults),
            functions: listed("function", functions, &mut faults),
            provider,
            faults,
            configuration: Configuration::new(),
            calls: Calls::default(),
        }
    }

    pub(super) fn resource(&self, type_name: &str) -> Result<&dyn Managed<P::Meta>, Diagnostics> {
        let resource = self.resources.get(type_name).map(AsRef::as_ref);
        resource.ok_or_else(|| no_such("resource", type_name))
    }

    pub(super) fn validate_provider(
        &self,
        request: &proto::validate_provider_config::Request,
    ) -> Result<Diagnostics, Diagnostics> {
        let value = convert::value(request.config.as_ref(), &self.ty)?;
        let mut diagnostics = check::configuration(&self.schema.attributes, &value, true);
        diagnostics.extend(self.provider.validate(&provider_config::<P>(&value)?));
        Ok(diagnostics)
    }

    pub(super) async fn configure(
        &self,
        request: &proto::configure_provider::Request,
    ) -> Result<Diagnostics, Diagnostics> {
        self.configuration.clear();
        let value = convert::value(request.config.as_ref(), &self.ty)?;
        let config = provider_config::<P>(&value)?;
        let call = self.calls.call();
        let version = &request.terraform_version;
        let work = self.provider.configure(&call, version, config);
        let (meta, diagnostics) = unless_stopped(&call, work).await?;
        self.configuration.set(meta);
        Ok(diagnostics)
    }

    pub(super) fn validate_resource(
        &self,
        request: &proto::validate_resource_config::Request,
    ) -> Result<Diagnostics, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let config = convert::value(request.config.as_ref(), resource.ty())?;
        let client = request.client_capabilities.as_ref();
        let write_only = client.is_some_and(|c| c.write_only_attributes_allowed);
        Ok(resource.validate(&config, write_only))
    }

    pub(super) fn upgrade(
        &self,
        request: &proto::upgrade_resource_state::Request,
    ) -> Result<proto::DynamicValue, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let raw = request.raw_state.as_ref().map(|raw| raw.json.as_slice());
        let Some(json) = raw.filter(|json| !json.is_empty()) else {
            return Err(Diagnostic::error(
                "State in an unsupported format",
                "The state was written by Terraform before 0.12, and this provider never existed for it.",
            )
            .into());
        };
        let state = resource.upgrade(request.version, convert::json(json)?)?;
        Ok(convert::dynamic(&state, resource.ty())?)
    }

    pub(super) async fn read(
        &self,
        request: &proto::read_resource::Request,
    ) -> Result<proto::read_resource::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let state = convert::value(request.current_state.as_ref(), resource.ty())?;
        let meta = self.configuration.required()?;
        let call = self.calls.call();
        let Stored { state, private, diagnostics } =
            unless_stopped(&call, resource.read(&call, &meta, state, request.private.clone())).await?;
        Ok(proto::read_resource::Response {
            new_identity: self.identify(resource, &state, request.current_identity.as_ref())?,
            new_state: Some(convert::dynamic(&state, resource.ty())?),
            private,
            diagnostics: convert::diagnostics(diagnostics),
            deferred: None,
        })
    }

    pub(super) async fn plan(
        &self,
        request: &proto::plan_resource_change::Request,
    ) -> Result<proto::plan_resource_change::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let value = |message: &Option<_>| convert::value(message.as_ref(), resource.ty());
        let change = Change {
            prior: value(&request.prior_state)?,
            target: value(&request.proposed_new_state)?,
            config: value(&request.config)?,
            private: request.prior_private.clone(),
        };
        let planned = if change.target.is_null() {
            // A deletion has no choices. It needs the private bytes that are stored.
            Planned {
                stored: Stored { state: Value::Null, private: change.private, diagnostics: Diagnostics::new() },
                replace: Vec::new(),
            }
        } else {
            let meta = self.configuration.get();
            let call = self.calls.call();
            unless_stopped(&call, resource.plan(&call, meta.as_ref(), change)).await?
        };
        // A new object has none before it is made, and neither has one of which a part is made anew that it is known by.
        let planned_identity = match &planned.stored.state {
            Value::Null => request.prior_identity.clone(),
            _ if request.prior_identity.is_none() => None,
            state => self.identify(resource, state, None)?,
        };
        Ok(proto::plan_resource_change::Response {
            planned_state: Some(convert::dynamic(&planned.stored.state, resource.ty())?),
            requires_replace: planned.replace.iter().map(convert::path).collect(),
            planned_private: planned.stored.private,
            diagnostics: convert::diagnostics(planned.stored.diagnostics),
            legacy_type_system: false,
            deferred: None,
            planned_identity,
        })
    }

    pub(super) async fn apply(
        &self,
        request: &proto::apply_resource_change::Request,
    ) -> Result<proto::apply_resource_change::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let value = |message: &Option<_>| convert::value(message.as_ref(), resource.ty());
        let change = Change {
            prior: value(&request.prior_state)?,
            target: value(&request.planned_state)?,
            config: value(&request.config)?,
            private: request.planned_private.clone(),
        };
        let meta = self.configuration.required()?;
        let call = self.calls.call();
        let Stored { state, private, diagnostics } = resource.apply(&call, &meta, change).await?;
        Ok(proto::apply_resource_change::Response {
            new_identity: self.identify(resource, &state, request.planned_identity.as_ref())?,
            new_state: Some(convert::dynamic(&state, resource.ty())?),
            private,
            diagnostics: convert::diagnostics(diagnostics),
            legacy_type_system: false,
        })
    }

    pub(super) async fn import(
        &self,
        request: &proto::import_resource_state::Request,
    ) -> Result<proto::import_resource_state::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let meta = self.configuration.required()?;
        let call = self.calls.call();
        let work = resource.import(&call, &meta, self.import_id(resource, request)?);
        let Stored { state, private, diagnostics } = unless_stopped(&call, work).await?;
        let imported = proto::import_resource_state::ImportedResource {
            identity: self.identify(resource, &state, request.identity.as_ref())?,
            type_name: request.type_name.clone(),
            state: Some(convert::dynamic(&state, resource.ty())?),
            private,
        };
        Ok(proto::import_resource_state::Response {
            imported_resources: vec![imported],
            diagnostics: convert::diagnostics(diagnostics),
            deferred: None,
        })
    }

    pub(super) fn schema_diagnostics(&self) -> Vec<proto::Diagnostic> {
        let faults = self.faults.iter();
        let faults = faults.map(|fault| {
            let detail = format!("This is a bug in the provider, please report it: {fault}.");
            Diagnostic::error("Invalid schema", detail)
        });
        convert::diagnostics(faults.collect())
    }
}

/// Terraform always sends an object here; a host that sends nothing means one without content.
fn provider_config<P: Provider>(value: &Value) -> Result<P::Config, Diagnostic> {
    let empty = Value::Object(BTreeMap::new());
    P::Config::decode(if value.is_null() { &empty } else { value }, &Path::root())
}

pub(super) fn no_such(kind: &str, name: &str) -> Diagnostics {
    Diagnostic::error(format!("Unknown {kind}"), format!("This provider has no {kind} {name:?}.")).into()
}

/// Gathers what there is of one kind, and what is wrong with it.
fn listed<T>(
    kind: &str,
    entries: impl Iterator<Item = (&'static str, Vec<String>, T)>,
    faults: &mut Vec<String>,
) -> Named<T> {
    let mut all = Named::new();
    for (name, found, entry) in entries {
        faults.extend(placed(found, &format!("the {kind} {name}")));
        if all.insert(name, entry).is_some() {
            faults.push(format!("the {kind} {name} is listed twice"));
        }
    }
    all
}

fn placed(faults: Vec<String>, place: &str) -> Vec<String> {
    faults.into_iter().map(|fault| format!("in {place}, {fault}")).collect()
}

/// Runs a call that changes nothing, and gives it up at once when Terraform wants to stop: Terraform waits for it without limit.
pub(super) async fn unless_stopped<T>(
    call: &Call,
    work: impl Future<Output = Result<T, Diagnostics>>,
) -> Result<T, Diagnostics> {
    tokio::select! {
        biased;
        done = work => done,
        () = call.cancel.cancelled() => {
            let detail = "Terraform was interrupted. This call changes nothing, so it was given up.";
            Err(Diagnostic::error("Interrupted", detail).into())
        }
    }
}
