//! Functions of the provider: what other configurations would put together by hand.

use tfplugin::function::known;
use tfplugin::{Attr, Function, FunctionError, Parameter, Set, Type, Value};

use crate::aws::{Place, policy};
use crate::bundle::policy::{everybody, generated};
use crate::openapi;

/// All of them.
pub fn all() -> Vec<Box<dyn Function>> {
    vec![Box::new(InvokeUrl), Box::new(EndpointPolicy), Box::new(OpenapiRoutes)]
}

/// `invoke_url(api_id, stage, region)`.
struct InvokeUrl;

impl Function for InvokeUrl {
    fn name(&self) -> &'static str {
        "invoke_url"
    }

    fn summary(&self) -> &'static str {
        "The URL of a stage by private DNS name"
    }

    fn description(&self) -> &'static str {
        "`https://{api_id}.execute-api.{region}.amazonaws.com/{stage}`, with the domain of the region's partition. It resolves to the endpoint \
         in VPCs that have one with private DNS."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::of::<String>("api_id", "The id of the REST API, such as `a1b2c3d4e5`."),
            Parameter::of::<String>("stage", "The name of the stage."),
            Parameter::of::<String>("region", "The region of the API, such as `eu-central-1`."),
        ]
    }

    fn returns(&self) -> Type {
        Type::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let [api, stage, region] = [0, 1, 2].map(|index| known::<String>(&arguments, index));
        let (api, stage, region) = (api?, stage?, region?);
        for (index, text) in [&api, &stage, &region].into_iter().enumerate() {
            if text.is_empty() || text.contains(['/', '.', ' ']) {
                return Err(FunctionError::new(format!("{text:?} can't be a part of a URL")).at(index));
            }
        }
        let place = Place { partition: Place::partition_of(&region).to_string(), region, ..Place::default() };
        Ok(format!("https://{api}.execute-api.{}.{}/{stage}", place.region, place.dns_suffix()).into())
    }
}

/// `endpoint_policy(vpce_ids)`.
struct EndpointPolicy;

impl Function for EndpointPolicy {
    fn name(&self) -> &'static str {
        "endpoint_policy"
    }

    fn summary(&self) -> &'static str {
        "A resource policy that lets callers in through endpoints only"
    }

    fn description(&self) -> &'static str {
        "The policy that `privgw_internal_api` gives its API, as JSON, for APIs that are made in other ways: everybody may invoke, but only \
         through one of these interface endpoints."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::of::<Set<Attr<String>>>("vpce_ids", "The ids of the endpoints, `vpce-...`.")]
    }

    fn returns(&self) -> Type {
        Type::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let ids = known::<Set<Attr<String>>>(&arguments, 0)?;
        let ids: Vec<String> = ids.iter().filter_map(|id| id.known().cloned()).collect();
        if ids.is_empty() {
            return Err(FunctionError::new("without an endpoint nobody could call the API").at(0));
        }
        if let Some(other) = ids.iter().find(|id| !id.starts_with("vpce-")) {
            return Err(FunctionError::new(format!("{other:?} is no id of an endpoint")).at(0));
        }
        let all = generated(&everybody(), &serde_json::json!(ids));
        Ok(policy::document(&crate::child::normal(&serde_json::json!(all))).to_string().into())
    }
}

/// `openapi_routes(document)`.
struct OpenapiRoutes;

impl Function for OpenapiRoutes {
    fn name(&self) -> &'static str {
        "openapi_routes"
    }

    fn summary(&self) -> &'static str {
        "The operations of an OpenAPI document, as keys of routes"
    }

    fn description(&self) -> &'static str {
        "`METHOD /path` of each operation of an OpenAPI or Swagger document, in order; `x-amazon-apigateway-any-method` is `ANY`. Routes to \
         one back end are `{ for key in provider::privgw::openapi_routes(file(\"api.yaml\")) : key => { backend = \"shop\" } }`."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::of::<String>("document", "The document, JSON or YAML.")]
    }

    fn returns(&self) -> Type {
        Type::List(Box::new(Type::String))
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let text = known::<String>(&arguments, 0)?;
        let document = openapi::parse(&text).map_err(|why| FunctionError::new(why).at(0))?;
        Ok(Value::List(openapi::routes(&document).into_iter().map(Value::from).collect()))
    }
}
