//! What Terraform asks of data sources and functions.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rpc, decode, received};
use crate::{
    diagnostic::Diagnostics,
    function::{FunctionError, Signature},
    proto::tfplugin6 as proto,
    server::diagnostics_from_proto,
    testing::schemas,
    value::{Type, Value},
};

/// The names of what a provider has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Of its resources.
    pub resources: BTreeSet<String>,
    /// Of its data sources.
    pub data_sources: BTreeSet<String>,
    /// Of its functions.
    pub functions: BTreeSet<String>,
    /// Of the resources whose objects can be listed.
    pub lists: BTreeSet<String>,
}

impl Rpc {
    /// Checks the configuration of a data source.
    pub async fn validate_data(&self, type_name: &str, config: &Value) -> Result<Diagnostics, String> {
        let config = Some(self.encode(config, self.data_source(type_name)?)?);
        let request = proto::validate_data_resource_config::Request { type_name: type_name.to_owned(), config };
        let response = received(self.provider().validate_data_resource_config(request).await)?;
        Ok(diagnostics_from_proto(response.diagnostics))
    }

    /// Reads a data source; null if the provider refuses.
    pub async fn read_data(&self, type_name: &str, config: &Value) -> Result<(Value, Diagnostics), String> {
        let ty = self.data_source(type_name)?;
        let request = proto::read_data_source::Request {
            type_name: type_name.to_owned(),
            config: Some(self.encode(config, ty)?),
            ..Default::default()
        };
        let response = received(self.provider().read_data_source(request).await)?;
        Ok((decode(response.state.as_ref(), ty)?, diagnostics_from_proto(response.diagnostics)))
    }

    /// Calls a function. The result is null as well if there is none in the answer. Terraform doesn't call it with a null or unknown
    /// argument where its parameter doesn't allow that; this does.
    pub async fn call_function(&self, name: &str, arguments: &[Value]) -> Result<Result<Value, FunctionError>, String> {
        let signature = self.schemas.functions.get(name);
        let signature = signature.ok_or_else(|| format!("the provider has no function {name}"))?;
        let encoded = arguments.iter().enumerate().map(|(index, value)| match signature.parameter(index) {
            Some(parameter) => self.encode(value, &parameter.ty),
            // Without a parameter there is no type to send it as.
            None => self.encode(&Value::Null, &Type::Dynamic),
        });
        let request =
            proto::call_function::Request { name: name.to_owned(), arguments: encoded.collect::<Result<_, _>>()? };
        let response = received(self.provider().call_function(request).await)?;
        Ok(match response.error {
            Some(error) => {
                let argument = error.function_argument.map(usize::try_from).transpose();
                let argument = argument.map_err(|_| format!("{} is about no argument", error.text))?;
                Err(FunctionError { text: error.text, argument })
            }
            None => Ok(decode(response.result.as_ref(), &signature.returns)?),
        })
    }

    /// The functions that OpenTofu finds once the provider is configured.
    pub async fn functions(&self) -> Result<BTreeMap<String, Signature>, String> {
        let response = received(self.provider().get_functions(proto::get_functions::Request {}).await)?;
        let diagnostics = diagnostics_from_proto(response.diagnostics);
        if diagnostics.has_errors() { Err(format!("{diagnostics:?}")) } else { schemas::functions(&response.functions) }
    }

    /// The names alone, which hosts ask for that stand before several providers.
    pub async fn names(&self) -> Result<Names, String> {
        let response = received(self.provider().get_metadata(proto::get_metadata::Request {}).await)?;
        Ok(Names {
            resources: response.resources.into_iter().map(|one| one.type_name).collect(),
            data_sources: response.data_sources.into_iter().map(|one| one.type_name).collect(),
            functions: response.functions.into_iter().map(|one| one.name).collect(),
            lists: response.list_resources.into_iter().map(|one| one.type_name).collect(),
        })
    }

    fn data_source(&self, type_name: &str) -> Result<&Type, String> {
        let declared = self.schemas.data_sources.get(type_name);
        declared.map(|declared| &declared.ty).ok_or_else(|| format!("the provider has no data source {type_name}"))
    }
}
