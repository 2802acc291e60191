//! Functions as the protocol sees them.

use std::collections::BTreeMap;

use super::{convert, service::Service};
use crate::{
    function::{Function, FunctionError, Parameter, Signature},
    proto::tfplugin6 as proto,
    provider::Provider,
    value::{Type, Value},
};

/// A function with its signature.
pub(super) struct Callable {
    function: Box<dyn Function>,
    pub(super) signature: Signature,
}

impl Callable {
    pub(super) fn new(function: Box<dyn Function>) -> Callable {
        Callable { signature: Signature::of(function.as_ref()), function }
    }

    pub(super) fn name(&self) -> &'static str {
        self.function.name()
    }

    fn call(&self, arguments: &[proto::DynamicValue]) -> Result<proto::DynamicValue, FunctionError> {
        let arguments = self.arguments(arguments)?;
        let (count, are_known) = (arguments.len(), !arguments.iter().any(Value::has_unknown));
        let result = self.function.call(arguments).map_err(|error| FunctionError {
            // Terraform would look for the parameter of an argument that isn't there.
            argument: error.argument.filter(|argument| *argument < count),
            ..error
        })?;
        if are_known && result.has_unknown() {
            let bug = "all arguments are known, but the result is not. This is a bug in the provider, please report it";
            return Err(FunctionError::new(bug));
        }
        Ok(convert::dynamic(&result, &self.signature.returns)?)
    }

    /// Reads the arguments. What Terraform itself sees to is checked, too, so that no function has to.
    fn arguments(&self, arguments: &[proto::DynamicValue]) -> Result<Vec<Value>, FunctionError> {
        let (found, declared) = (arguments.len(), self.signature.parameters.len());
        if found < declared {
            return Err(FunctionError::new(format!("too few arguments: {found} instead of {declared}")));
        }
        let too_many = || FunctionError::new(format!("too many arguments: {found} instead of {declared}"));
        let read = |(index, argument)| {
            let parameter = self.signature.parameter(index).ok_or_else(too_many)?;
            read(argument, parameter).map_err(|error| error.at(index))
        };
        arguments.iter().enumerate().map(read).collect()
    }
}

fn read(argument: &proto::DynamicValue, parameter: &Parameter) -> Result<Value, FunctionError> {
    let value = convert::value(Some(argument), &parameter.ty)?;
    if !parameter.allow_null && is_null(&value) {
        return Err(FunctionError::new("argument must not be null"));
    }
    if !parameter.allow_unknown && value.has_unknown() {
        return Err(FunctionError::new("argument must be known"));
    }
    Ok(value)
}

/// A null may come with a type.
fn is_null(value: &Value) -> bool {
    match value {
        Value::Dynamic(_, inner) => is_null(inner),
        value => value.is_null(),
    }
}

impl<P: Provider> Service<P> {
    /// What Terraform is told about each function.
    pub(super) fn function_schemas(&self) -> BTreeMap<String, proto::Function> {
        let functions = self.functions.iter();
        functions.map(|(name, callable)| ((*name).to_owned(), function(&callable.signature))).collect()
    }

    pub(super) fn call_function(
        &self,
        request: &proto::call_function::Request,
    ) -> Result<proto::DynamicValue, FunctionError> {
        let callable = self.functions.get(request.name.as_str());
        let unknown = || FunctionError::new(format!("this provider has no function {:?}", request.name));
        callable.ok_or_else(unknown)?.call(&request.arguments)
    }
}

pub(super) fn error(error: FunctionError) -> proto::FunctionError {
    let function_argument = error.argument.and_then(|argument| i64::try_from(argument).ok());
    proto::FunctionError { text: error.text, function_argument }
}

fn function(signature: &Signature) -> proto::Function {
    proto::Function {
        parameters: signature.parameters.iter().map(parameter).collect(),
        variadic_parameter: signature.variadic.as_ref().map(parameter),
        r#return: Some(proto::function::Return { r#type: ty(&signature.returns) }),
        summary: signature.summary.clone(),
        description: signature.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        deprecation_message: String::new(),
    }
}

fn parameter(parameter: &Parameter) -> proto::function::Parameter {
    proto::function::Parameter {
        name: parameter.name.clone(),
        r#type: ty(&parameter.ty),
        allow_null_value: parameter.allow_null,
        allow_unknown_values: parameter.allow_unknown,
        description: parameter.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
    }
}

fn ty(ty: &Type) -> Vec<u8> {
    ty.to_json().to_string().into_bytes()
}
