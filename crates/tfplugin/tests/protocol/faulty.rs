//! A provider that Terraform would refuse as a whole, because of names.

use std::sync::Arc;

use tfplugin::{
    Attr, Call, DataSource, DataSourceEntry, Diagnostics, Function, FunctionError, Model, Parameter, Provider,
    ResourceEntry, Type, Value, provider::Configured, testing::Rpc,
};

struct Faulty;

/// Nothing to configure.
#[derive(Clone, Debug, PartialEq, Model)]
struct Config {}

impl Provider for Faulty {
    type Config = Config;
    type Meta = ();

    fn name(&self) -> &'static str {
        "faulty"
    }

    fn address(&self) -> &'static str {
        "registry.terraform.io/example/faulty"
    }

    fn version(&self) -> &'static str {
        "0.0.0"
    }

    fn description(&self) -> &'static str {
        "names that can't be."
    }

    fn validate(&self, _: &Config) -> Diagnostics {
        Diagnostics::new()
    }

    async fn configure(&self, _: &Call, _: &str, _: Config) -> Configured<()> {
        Ok((Some(Arc::new(())), Diagnostics::new()))
    }

    fn resources(&self) -> Vec<ResourceEntry<()>> {
        Vec::new()
    }

    fn data_sources(&self) -> Vec<DataSourceEntry<()>> {
        vec![DataSourceEntry::new(Secret), DataSourceEntry::new(Secret)]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        vec![Box::new(SayIt), Box::new(SayIt)]
    }
}

/// A secret.
#[derive(Clone, Debug, PartialEq, Model)]
struct Hidden {
    /// Where nothing forgets it.
    #[attr(optional, write_only)]
    secret: Attr<String>,
}

struct Secret;

impl DataSource for Secret {
    type Meta = ();
    type Model = Hidden;

    fn type_name(&self) -> &'static str {
        "faulty_Secret"
    }

    async fn read(&self, _: &Call, _: &Arc<()>, config: Hidden) -> Result<(Hidden, Diagnostics), Diagnostics> {
        Ok((config, Diagnostics::new()))
    }
}

struct SayIt;

impl Function for SayIt {
    fn name(&self) -> &'static str {
        "say-it"
    }

    fn summary(&self) -> &'static str {
        "A word."
    }

    fn description(&self) -> &'static str {
        "Says a word."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::of::<String>("word", "What is said.")]
    }

    fn variadic(&self) -> Option<Parameter> {
        Some(Parameter::of::<String>("word", "What is said, too."))
    }

    fn returns(&self) -> Type {
        Type::String
    }

    fn call(&self, _: Vec<Value>) -> Result<Value, FunctionError> {
        Ok(Value::Null)
    }
}

#[tokio::test]
async fn names_that_terraform_would_refuse_keep_a_provider_from_starting() {
    let faults = Rpc::in_process(Faulty).await.err().unwrap().replace("\\\"", "\"");
    for fault in [
        r#"in the data source faulty_Secret, "faulty_Secret" is not a name of lower case letters, digits and _"#,
        "in the data source faulty_Secret, secret is write-only, which only a resource's attribute can be",
        "the data source faulty_Secret is listed twice",
        r#"in the function say-it, "say-it" is not a name of letters, digits and _"#,
        "in the function say-it, word is declared twice",
        "the function say-it is listed twice",
    ] {
        assert!(faults.contains(fault), "{fault}: {faults}");
    }
}
