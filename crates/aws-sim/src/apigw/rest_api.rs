//! REST APIs: creation, reading, deletion.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::definition::Definition;
use super::rest::{Members, RestInput};
use super::violations::Violations;
use super::{Components, Deployment, Stage, Use, clone, policy, tags};
use crate::OperationResult;
use crate::clock::{Time, epoch_seconds};
use crate::error::{Failure, Outcome, bad_request, fail, not_found};
use crate::protocol::Answer;
use crate::state::{Context, Region, Tags};

const PRIVATE_LIMIT: usize = 600;
pub const COMPRESSION_LIMIT: i64 = 10_485_760;
pub const TYPES: [&str; 3] = ["PRIVATE", "EDGE", "REGIONAL"];
const KEY_SOURCES: [&str; 2] = ["HEADER", "AUTHORIZER"];
pub const ACCESS_MODES: [&str; 2] = ["BASIC", "STRICT"];
pub const SECURITY_POLICIES: [&str; 12] = [
    "TLS_1_0",
    "TLS_1_2",
    "SecurityPolicy_TLS13_1_3_2025_09",
    "SecurityPolicy_TLS13_1_3_FIPS_2025_09",
    "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_2021_06",
    "SecurityPolicy_TLS13_2025_EDGE",
    "SecurityPolicy_TLS12_PFS_2025_EDGE",
    "SecurityPolicy_TLS12_2018_EDGE",
];

/// A REST API.
#[derive(Debug, Clone)]
pub struct RestApi {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub version: Option<String>,
    pub created: Time,
    pub tags: Tags,
    pub security_policy: Option<String>,
    pub access_mode: Option<String>,
    pub definition: Definition,
    /// Uses of VPC links whose methods were deleted.
    pub dangling: Vec<Use>,
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
    let name = check_framework(members)?;
    if name.is_empty() {
        // (text unverified)
        return Err(bad_request("Name cannot be empty"));
    }
    let description = members.text("description")?;
    if description == Some("") {
        return Err(bad_request("Description cannot be an empty string"));
    }
    let definition = endpoint_configuration(context.region, members)?;
    let mut api = fresh(context, name, definition);
    if let Some(source) = members.text("cloneFrom")? {
        let source = find(context.region, source)?.clone();
        clone::copy(&mut context.region.ids, &source.definition, &mut api.definition);
    }
    api.description = description.map(str::to_owned);
    api.version = members.text("version")?.map(str::to_owned);
    api.tags = tags::checked(members.text_map("tags")?.unwrap_or_default())?;
    api.security_policy = members.text("securityPolicy")?.map(str::to_owned);
    api.access_mode = members.text("endpointAccessMode")?.map(str::to_owned);
    check_access_mode(&api)?;
    settings(&mut api.definition, members)?;
    if let Some(text) = members.text("policy")? {
        api.definition.policy = policy::parse(context.region, &api.id, text)?;
    }
    let shown = show(&api, false);
    context.region.apis.insert(api.id.clone(), api);
    Ok(Answer { status: 201, body: shown })
}

/// An API without anything in it but the models that every new API has.
pub fn fresh(context: &mut Context, name: &str, definition: Definition) -> RestApi {
    RestApi {
        id: context.region.ids.alphanumeric("rest-api", 10),
        name: name.to_owned(),
        description: None,
        version: None,
        created: context.now,
        tags: Tags::new(),
        security_policy: None,
        access_mode: None,
        definition,
        dangling: Vec::new(),
        deployments: BTreeMap::new(),
        stages: BTreeMap::new(),
    }
}

/// GetRestApi.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    find(context.region, input.label(0)).map(|api| Answer::ok(show(api, true)))
}

/// GetRestApis: items show tags only where there are some.
pub fn list(context: &mut Context, input: &RestInput) -> OperationResult {
    input.page(context.region.apis.values().map(|api| show(api, false)).collect()).map(Answer::ok)
}

/// DeleteRestApi: resources, deployments and stages go with it, and the references to VPC links with them.
pub fn delete(context: &mut Context, input: &RestInput) -> OperationResult {
    find(context.region, input.label(0))?;
    context.region.apis.remove(input.label(0));
    Ok(Answer { status: 202, body: Value::Null })
}

/// The name; what the framework checks comes first and together.
fn check_framework(members: Members<'_>) -> Outcome<&str> {
    let name = members.text("name")?;
    let empty = Value::Null;
    let configuration = Members(members.0.get("endpointConfiguration").unwrap_or(&empty));
    let types = configuration.texts("types")?.unwrap_or_default();
    let path = |member: &str| format!("createRestApiInput.{member}");
    let mut violations = Violations::default();
    violations.required(name, &path("name"));
    violations.list(&types, &path("endpointConfiguration.types"), &TYPES);
    let address = configuration.text("ipAddressType")?;
    violations.enumeration(address, &path("endpointConfiguration.ipAddressType"), &["ipv4", "dualstack"]);
    violations.enumeration(members.text("apiKeySource")?, &path("apiKeySource"), &KEY_SOURCES);
    violations.enumeration(members.text("securityPolicy")?, &path("securityPolicy"), &SECURITY_POLICIES);
    violations.enumeration(members.text("endpointAccessMode")?, &path("endpointAccessMode"), &ACCESS_MODES);
    violations.check()?;
    Ok(name.unwrap_or_default())
}

/// An empty definition with the endpoint configuration of a request.
pub fn endpoint_configuration(region: &mut Region, members: Members) -> Outcome<Definition> {
    let empty = Value::Null;
    let configuration = Members(members.0.get("endpointConfiguration").unwrap_or(&empty));
    let types = configuration.texts("types")?.unwrap_or_else(|| vec!["EDGE".to_owned()]);
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
    if kind == "PRIVATE" {
        check_private_limit(region)?;
    }
    let default = if kind == "PRIVATE" { "dualstack" } else { "ipv4" };
    let mut definition =
        Definition::new(region.ids.alphanumeric("root-resource", 10), kind, address_type.unwrap_or(default));
    definition.components = Components::of_a_new_api(&mut region.ids);
    for endpoint in configuration.texts("vpcEndpointIds")?.unwrap_or_default() {
        add_endpoint(region, &mut definition, &endpoint)?;
    }
    Ok(definition)
}

fn settings(definition: &mut Definition, members: Members) -> Outcome<()> {
    if let Some(size) = members.number("minimumCompressionSize")? {
        definition.compression = Some(check_compression(size)?);
    }
    if let Some(source) = members.text("apiKeySource")? {
        source.clone_into(&mut definition.key_source);
    }
    if let Some(types) = members.texts("binaryMediaTypes")? {
        definition.binary_types = types;
    }
    definition.disabled_endpoint = members.flag("disableExecuteApiEndpoint")?.unwrap_or_default();
    Ok(())
}

/// May there be one private API more? (code and text unverified)
pub fn check_private_limit(region: &Region) -> Outcome<()> {
    let privates = region.apis.values().filter(|api| api.definition.endpoint_type == "PRIVATE").count();
    if privates < PRIVATE_LIMIT {
        return Ok(());
    }
    Err(fail("LimitExceededException", "Maximum number of private APIs has been reached").status(429))
}

/// An access mode goes with the newer security policies only (botocore service model; text unverified).
pub fn check_access_mode(api: &RestApi) -> Outcome<()> {
    let newer = api.security_policy.as_ref().is_some_and(|policy| policy.starts_with("SecurityPolicy_"));
    if newer || api.access_mode.is_none() {
        return Ok(());
    }
    Err(bad_request("Endpoint access mode is only supported with security policies that start with SecurityPolicy_"))
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
    if KEY_SOURCES.contains(&source) {
        return Ok(());
    }
    // (text unverified)
    Err(bad_request(format!("Invalid API key source specified. Valid options are {}", KEY_SOURCES.join(","))))
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
    if let Some(policy) = &api.security_policy {
        put("securityPolicy", json!(policy));
    }
    if let Some(mode) = &api.access_mode {
        put("endpointAccessMode", json!(mode));
    }
    if empty_tags || !api.tags.is_empty() {
        put("tags", json!(api.tags));
    }
    if !definition.endpoints.is_empty() {
        shown["endpointConfiguration"]["vpcEndpointIds"] = json!(definition.endpoints);
    }
    shown
}

fn missing(account: &str, id: &str) -> Failure {
    not_found(format!("Invalid API identifier specified {account}:{id}"))
}
