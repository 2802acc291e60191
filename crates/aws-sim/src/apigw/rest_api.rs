//! REST APIs: creation, reading, deletion.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::definition::Definition;
use super::rest::{Members, RestInput, not_in};
use super::{Deployment, Stage, policy, tags};
use crate::OperationResult;
use crate::clock::{Time, epoch_seconds};
use crate::error::{Outcome, bad_request, not_found};
use crate::protocol::Answer;
use crate::state::{Context, Region, Tags};

const PRIVATE_LIMIT: usize = 600;
pub const COMPRESSION_LIMIT: i64 = 10_485_760;

/// A REST API.
#[derive(Debug, Clone)]
pub struct RestApi {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub version: Option<String>,
    pub created: Time,
    pub tags: Tags,
    pub definition: Definition,
    pub deployments: BTreeMap<String, Deployment>,
    pub stages: BTreeMap<String, Stage>,
}

/// The API of an id.
pub fn find<'a>(region: &'a Region, id: &str) -> Outcome<&'a RestApi> {
    region.apis.get(id).ok_or_else(|| missing(&region.account, id))
}

/// The API of an id, to change it.
pub fn find_mut<'a>(region: &'a mut Region, id: &str) -> Outcome<&'a mut RestApi> {
    let account = region.account.clone();
    region.apis.get_mut(id).ok_or_else(|| missing(&account, id))
}

/// CreateRestApi.
pub fn create(context: &mut Context, input: &RestInput) -> OperationResult {
    let members = input.members();
    let name =
        members.text("name")?.filter(|name| !name.is_empty()).ok_or_else(|| bad_request("Name cannot be empty"))?;
    let description = members.text("description")?;
    if description == Some("") {
        return Err(bad_request("Description cannot be an empty string"));
    }
    let mut definition = endpoint_configuration(context.region, members)?;
    if let Some(size) = members.number("minimumCompressionSize")? {
        definition.compression = Some(check_compression(size)?);
    }
    if let Some(source) = members.text("apiKeySource")? {
        check_key_source(source)?;
        source.clone_into(&mut definition.key_source);
    }
    definition.binary_types = members.texts("binaryMediaTypes")?.unwrap_or_default();
    definition.disabled_endpoint = members.flag("disableExecuteApiEndpoint")?.unwrap_or_default();
    let tags = tags::checked(members.text_map("tags")?.unwrap_or_default())?;
    let id = context.region.ids.alphanumeric("rest-api", 10);
    definition.policy = match members.text("policy")? {
        Some(text) => policy::parse(context.region, &id, text)?,
        None => None,
    };
    let api = RestApi {
        id,
        name: name.to_owned(),
        description: description.map(str::to_owned),
        version: members.text("version")?.map(str::to_owned),
        created: context.now,
        tags,
        definition,
        deployments: BTreeMap::new(),
        stages: BTreeMap::new(),
    };
    let shown = show(&api, false);
    context.region.apis.insert(api.id.clone(), api);
    Ok(Answer { status: 201, body: shown })
}

/// GetRestApi.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    find(context.region, input.label(0)).map(|api| Answer::ok(show(api, true)))
}

/// GetRestApis.
pub fn list(context: &mut Context, input: &RestInput) -> OperationResult {
    input.page(context.region.apis.values().map(|api| show(api, true)).collect()).map(Answer::ok)
}

/// DeleteRestApi: resources, deployments and stages go with it, and the references to VPC links with them.
pub fn delete(context: &mut Context, input: &RestInput) -> OperationResult {
    find(context.region, input.label(0))?;
    context.region.apis.remove(input.label(0));
    Ok(Answer { status: 202, body: Value::Null })
}

/// An empty definition with the endpoint configuration of a request.
pub fn endpoint_configuration(region: &mut Region, members: Members) -> Outcome<Definition> {
    let empty = Value::Null;
    let configuration = Members(members.0.get("endpointConfiguration").unwrap_or(&empty));
    let types = configuration.texts("types")?.unwrap_or_else(|| vec!["EDGE".to_owned()]);
    let allowed = ["PRIVATE", "EDGE", "REGIONAL"];
    if let Some(wrong) = types.iter().find(|kind| !allowed.contains(&kind.as_str())) {
        return Err(not_in(&format!("[{wrong}]"), "createRestApiInput.endpointConfiguration.types", &allowed));
    }
    let [kind] = types.as_slice() else {
        let message = if types.is_empty() {
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED."
        } else {
            "Cannot create an api with multiple Endpoint Types."
        };
        return Err(bad_request(message));
    };
    let address_type = configuration.text("ipAddressType")?;
    if kind == "PRIVATE" && address_type == Some("ipv4") {
        return Err(bad_request("Only dualstack ipAddressType is supported for Private APIs."));
    }
    let privates = region.apis.values().filter(|api| api.definition.endpoint_type == "PRIVATE").count();
    if kind == "PRIVATE" && privates >= PRIVATE_LIMIT {
        return Err(
            crate::error::fail("LimitExceededException", "Maximum number of private APIs has been reached").status(429)
        );
    }
    let default = if kind == "PRIVATE" { "dualstack" } else { "ipv4" };
    let mut definition =
        Definition::new(region.ids.alphanumeric("root-resource", 10), kind, address_type.unwrap_or(default));
    for endpoint in configuration.texts("vpcEndpointIds")?.unwrap_or_default() {
        add_endpoint(region, &mut definition, &endpoint)?;
    }
    Ok(definition)
}

/// Associates a VPC endpoint: only private APIs, only endpoints of this account (text unverified).
pub fn add_endpoint(region: &Region, definition: &mut Definition, endpoint: &str) -> Outcome<()> {
    if definition.endpoint_type != "PRIVATE" {
        return Err(bad_request("VPCEndpoints can only be specified with PRIVATE apis."));
    }
    let usable =
        region.endpoints.get(endpoint).is_some_and(|known| known.gone_at.is_none() && known.kind == "Interface");
    if !usable {
        return Err(bad_request(format!("Invalid vpc endpoint id specified: {endpoint}")));
    }
    if !definition.endpoints.iter().any(|known| known == endpoint) {
        definition.endpoints.push(endpoint.to_owned());
    }
    Ok(())
}

/// The size from which answers are compressed.
pub fn check_compression(size: i64) -> Outcome<i64> {
    if (0..=COMPRESSION_LIMIT).contains(&size) {
        return Ok(size);
    }
    Err(bad_request(format!("Invalid minimum compression size, must be between 0 and {COMPRESSION_LIMIT}")))
}

/// Where the API key of a request is.
pub fn check_key_source(source: &str) -> Outcome<()> {
    if ["HEADER", "AUTHORIZER"].contains(&source) {
        return Ok(());
    }
    Err(not_in(source, "createRestApiInput.apiKeySource", &["HEADER", "AUTHORIZER"]))
}

/// The API as it is answered; creation leaves empty tags out.
pub fn show(api: &RestApi, empty_tags: bool) -> Value {
    let definition = &api.definition;
    let mut shown = json!({
        "id": api.id, "name": api.name, "createdDate": epoch_seconds(api.created), "apiKeySource": definition.key_source,
        "endpointConfiguration": {"types": [definition.endpoint_type], "ipAddressType": definition.address_type},
        "disableExecuteApiEndpoint": definition.disabled_endpoint, "rootResourceId": definition.root, "apiStatus": "AVAILABLE",
    });
    let mut put = |key: &str, value: Value| shown[key] = value;
    if let Some(description) = &api.description {
        put("description", json!(description));
    }
    if let Some(version) = &api.version {
        put("version", json!(version));
    }
    if let Some(size) = definition.compression {
        put("minimumCompressionSize", json!(size));
    }
    if !definition.binary_types.is_empty() {
        put("binaryMediaTypes", json!(definition.binary_types));
    }
    if let Some(policy) = &definition.policy {
        put("policy", json!(policy::escaped(policy)));
    }
    if empty_tags || !api.tags.is_empty() {
        put("tags", json!(api.tags));
    }
    if !definition.endpoints.is_empty() {
        shown["endpointConfiguration"]["vpcEndpointIds"] = json!(definition.endpoints);
    }
    shown
}

fn missing(account: &str, id: &str) -> crate::error::Failure {
    not_found(format!("Invalid API identifier specified {account}:{id}"))
}
