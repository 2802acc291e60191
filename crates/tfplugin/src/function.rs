//! What the author of a function writes. Terraform calls functions from 1.8 on, OpenTofu from 1.7 on.
//! <https://developer.hashicorp.com/terraform/plugin/framework/functions/concepts>

use std::collections::BTreeSet;

use crate::{
    attr::Attr,
    codec::Codec,
    diagnostic::Diagnostic,
    value::{Path, Type, Value},
};

/// A function, called as `provider::{provider}::{name}(...)`.
///
/// It is pure: the same arguments give the same result, whoever asks and whenever. Terraform calls it before the provider is
/// configured, several times at once, and in validate, plan and apply anew.
pub trait Function: Send + Sync + 'static {
    /// The name in configuration: letters, digits and underscores.
    fn name(&self) -> &'static str;

    /// What it gives, in one sentence.
    fn summary(&self) -> &'static str;

    /// Markdown about the whole.
    fn description(&self) -> &'static str;

    /// What it takes, in order.
    fn parameters(&self) -> Vec<Parameter>;

    /// What it takes after that, as often as the caller likes.
    fn variadic(&self) -> Option<Parameter> {
        None
    }

    /// The type of every result.
    fn returns(&self) -> Type;

    /// Computes a result of that type. There is an argument for each parameter and then those for the variadic one, each of its type;
    /// null or unknown only where its parameter allows that. [`argument()`], [`known()`] and [`rest()`] read them as Rust types.
    ///
    /// # Errors
    ///
    /// Why there is no result, and of which argument that is the fault.
    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError>;
}

/// What a function takes in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// How documentation and errors call it.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// Arguments are converted to it before the call.
    pub ty: Type,
    /// Whether the function wants to see a null. Terraform refuses one otherwise.
    pub allow_null: bool,
    /// Whether the function wants to see unknown values. Terraform makes the result unknown without a call otherwise.
    pub allow_unknown: bool,
}

impl Parameter {
    /// A parameter of a type, neither null nor unknown.
    pub fn new(name: &str, ty: Type, description: &str) -> Parameter {
        let (name, description) = (name.to_owned(), description.to_owned());
        Parameter { name, description, ty, allow_null: false, allow_unknown: false }
    }

    /// A parameter whose arguments are read as a Rust type.
    pub fn of<T: Codec>(name: &str, description: &str) -> Parameter {
        Parameter::new(name, Type::of::<T>(), description)
    }
}

/// Why a function has no result. There are no warnings.
///
/// The text goes on where Terraform has begun: `Invalid value for "times" parameter: {text}.` or `Call to function "provider::a::b"
/// failed: {text}.` So it is one sentence without markdown, and without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// What is wrong.
    pub text: String,
    /// The argument that is wrong, counted from 0.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// An error of the call as a whole.
    pub fn new(text: impl Into<String>) -> FunctionError {
        FunctionError { text: text.into(), argument: None }
    }

    /// The same, about one argument.
    pub fn at(mut self, argument: usize) -> FunctionError {
        self.argument = Some(argument);
        self
    }
}

impl From<Diagnostic> for FunctionError {
    fn from(diagnostic: Diagnostic) -> FunctionError {
        let detail = diagnostic.detail.trim_end_matches('.');
        FunctionError::new(format!("{}: {detail}", diagnostic.summary))
    }
}

/// The argument in a place as a Rust type; one that is missing is null.
///
/// # Errors
///
/// That the value is of no use for the type, such as a fraction where a whole number is needed.
pub fn argument<T: Codec>(arguments: &[Value], index: usize) -> Result<Attr<T>, FunctionError> {
    let value = arguments.get(index).unwrap_or(&Value::Null);
    // The name of the parameter stands before it already.
    let read = Attr::decode(value, &Path::attr("the value"));
    read.map_err(|diagnostic| FunctionError::new(diagnostic.detail.trim_end_matches('.')).at(index))
}

/// The argument in a place, where it can be neither null nor unknown.
///
/// # Errors
///
/// Those of [`argument()`], and that there is no known value.
pub fn known<T: Codec>(arguments: &[Value], index: usize) -> Result<T, FunctionError> {
    argument(arguments, index)?.into_known().ok_or_else(|| FunctionError::new("a known value is needed").at(index))
}

/// The arguments from a place on, which are those of the variadic parameter. None of them can be null or unknown.
///
/// # Errors
///
/// Those of [`known()`].
pub fn rest<T: Codec>(arguments: &[Value], first: usize) -> Result<Vec<T>, FunctionError> {
    (first..arguments.len()).map(|index| known(arguments, index)).collect()
}

/// What Terraform is told about a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// The name in configuration.
    pub name: String,
    /// What it gives, in one sentence.
    pub summary: String,
    /// Markdown about the whole.
    pub description: String,
    /// What it takes, in order.
    pub parameters: Vec<Parameter>,
    /// What it takes after that, any number of times.
    pub variadic: Option<Parameter>,
    /// The type of every result.
    pub returns: Type,
}

impl Signature {
    /// The signature that a function describes.
    pub fn of(function: &dyn Function) -> Signature {
        Signature {
            name: function.name().to_owned(),
            summary: function.summary().to_owned(),
            description: function.description().to_owned(),
            parameters: function.parameters(),
            variadic: function.variadic(),
            returns: function.returns(),
        }
    }

    /// The parameter that an argument belongs to; `None` if there are not so many.
    pub fn parameter(&self, argument: usize) -> Option<&Parameter> {
        self.parameters.get(argument).or(self.variadic.as_ref())
    }

    /// Everything that Terraform would refuse the whole provider for, one sentence each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut names = BTreeSet::new();
        let parameters = self.parameters.iter().chain(&self.variadic).map(|parameter| &parameter.name);
        for name in [&self.name].into_iter().chain(parameters.clone()) {
            if !is_identifier(name) {
                faults.push(format!("{name:?} is not a name of letters, digits and _"));
            }
        }
        faults.extend(parameters.filter(|name| !names.insert(*name)).map(|name| format!("{name} is declared twice")));
        faults
    }
}

/// HCL allows letters of other alphabets, too, and hyphens, which would read like a minus.
fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_as_rust_types_and_errors_point_at_them() {
        let arguments = [Value::from("a"), Value::Null, Value::Number("1.5".parse().unwrap()), Value::from(2)];
        assert_eq!(known::<String>(&arguments, 0), Ok("a".to_owned()));
        assert_eq!(argument::<i64>(&arguments, 1), Ok(Attr::Null));
        assert_eq!(argument::<i64>(&arguments, 9), Ok(Attr::Null));
        assert_eq!(known::<i64>(&arguments, 1).unwrap_err().argument, Some(1));
        assert_eq!(rest::<i64>(&arguments, 3), Ok(vec![2]));
        assert_eq!(rest::<i64>(&arguments, 4), Ok(Vec::new()));
        let error = rest::<i64>(&arguments, 2).unwrap_err();
        assert_eq!(error.argument, Some(2));
        assert!(error.text.starts_with("the value must be a whole number"), "{}", error.text);
        assert!(error.text.ends_with("but it is 1.5"), "{}", error.text);
    }

    #[test]
    fn what_terraform_would_refuse_is_found_beforehand() {
        let parameter = |name: &str| Parameter::of::<String>(name, "");
        let signature = Signature {
            name: "1st".to_owned(),
            summary: String::new(),
            description: String::new(),
            parameters: vec![parameter("a"), parameter("b c"), parameter("")],
            variadic: Some(parameter("a")),
            returns: Type::Bool,
        };
        assert_eq!(
            signature.faults(),
            [
                r#""1st" is not a name of letters, digits and _"#,
                r#""b c" is not a name of letters, digits and _"#,
                r#""" is not a name of letters, digits and _"#,
                "a is declared twice",
            ]
        );
    }
}
