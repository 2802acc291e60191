//! REST APIs: making, reading and deleting them.

mod policy;
mod proofs;
mod update;

use serde_json::{Value, json};

use super::api_gateway_wire::{invalid, refused};
use super::{MODEL, RECORDED, Rule, left_out, proof, sourced, unverified};
use crate::testing::Caller;
pub use policy::RULES as POLICY_RULES;
use proofs::{
    access_mode, api_status, clone, clone_unknown, components, create, defaults, deleted, endpoint, fails,
    foreign_endpoint, gone, ids, list_members, list_tags, many_endpoints, not_unique, private_quota, root, shown,
    tags_of_get,
};
pub use update::RULES as UPDATE_RULES;

const CREATE: &str = "8.1 CreateRestApi";
const READ: &str = "8.2 GetRestApi and GetRestApis";
const OTHER: &str = "8.5 Private APIs and endpoints";
const DELETE: &str = "8.6 DeleteRestApi";

const ENDPOINTS: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html";
const LIMITS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html";
const PREFLIGHT: &str = "badmintoncryer/cdk-preflight";
const ENDPOINT_TYPES: &str = "LocalStack's AWS-validated snapshots (test_create_rest_api_with_endpoint_configuration)";
const WRONG_TYPE: &str = "Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]";
const WRONG_ADDRESS: &str = "Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]";
const SIZE: &str = "Invalid minimum compression size, must be between 0 and 10485760";
const DUALSTACK: &str = "Only dualstack ipAddressType is supported for Private APIs.";
const ONLY_PRIVATE: &str = "VPCEndpoints can only be specified with PRIVATE apis.";
const EMPTY_DESCRIPTION: &str = "Description cannot be an empty string";

pub const RULES: &[Rule] = &[
    sourced(
        CREATE,
        "Without a name the framework refuses.",
        "boto/boto3#615",
        proof!(aws => invalid(&aws, "POST", "/restapis", json!({}),
            "1 validation error detected: Value null at 'createRestApiInput.name' failed to satisfy constraint: Member must not be null")),
    ),
    unverified(
        CREATE,
        "An empty name is a BadRequestException.",
        proof!(aws => refused(&aws, "POST", "/restapis", json!({"name": ""}), 400, "Name cannot be empty")),
    ),
    sourced(
        CREATE,
        "An empty description is refused.",
        RECORDED,
        proof!(aws => fails(&aws, json!({"description": ""}), EMPTY_DESCRIPTION)),
    ),
    sourced(
        CREATE,
        "The description is looked at before the endpoint configuration.",
        RECORDED,
        proof!(aws => fails(&aws, json!({"description": "", "endpointConfiguration": {"types": ["PRIVATE"],
            "ipAddressType": "ipv4"}}), EMPTY_DESCRIPTION)),
    ),
    sourced(
        CREATE,
        "Two endpoint types are refused.",
        ENDPOINT_TYPES,
        proof!(aws => endpoint(&aws, json!({"types": ["EDGE", "PRIVATE"]}),
            "Cannot create an api with multiple Endpoint Types.")),
    ),
    sourced(
        CREATE,
        "An empty list of endpoint types is refused.",
        ENDPOINT_TYPES,
        proof!(aws => endpoint(&aws, json!({"types": []}),
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")),
    ),
    sourced(
        CREATE,
        "An unknown endpoint type is a ValidationException.",
        ENDPOINT_TYPES,
        proof!(aws => wrong(&aws, json!({"types": ["wrong"]}), &format!("1 validation error detected: {WRONG_TYPE}"))),
    ),
    sourced(
        CREATE,
        "An unknown address type is a ValidationException, for private APIs too.",
        ENDPOINT_TYPES,
        proof!(aws => wrong(&aws, json!({"types": ["PRIVATE"], "ipAddressType": "wrong"}),
            &format!("1 validation error detected: {WRONG_ADDRESS}"))),
    ),
    sourced(
        CREATE,
        "Both at once are reported together.",
        ENDPOINT_TYPES,
        proof!(aws => wrong(&aws, json!({"ipAddressType": "wrong", "types": ["wrong"]}),
            &format!("2 validation errors detected: {WRONG_TYPE}; {WRONG_ADDRESS}"))),
    ),
    sourced(
        CREATE,
        "A private API with ipv4 is refused.",
        ENDPOINT_TYPES,
        proof!(aws => endpoint(&aws, json!({"types": ["PRIVATE"], "ipAddressType": "ipv4"}), DUALSTACK)),
    ),
    sourced(
        CREATE,
        "VPC endpoints on an API that is not private are refused.",
        PREFLIGHT,
        proof!(aws => endpoint(&aws, json!({"types": ["REGIONAL"], "vpcEndpointIds": ["vpce-00000000000000000"]}),
            ONLY_PRIVATE)),
    ),
    unverified(
        CREATE,
        "A VPC endpoint that does not exist is refused.",
        proof!(aws => endpoint(&aws, json!({"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-00000000000000000"]}),
            "Invalid vpc endpoint id specified: vpce-00000000000000000")),
    ),
    unverified(CREATE, "A VPC endpoint of another account is refused.", proof!(foreign_endpoint)),
    sourced(
        CREATE,
        "A compression size under 0 is refused.",
        RECORDED,
        proof!(aws => fails(&aws, json!({"minimumCompressionSize": -1}), SIZE)),
    ),
    sourced(
        CREATE,
        "A compression size over 10485760 is refused.",
        RECORDED,
        proof!(aws => fails(&aws, json!({"minimumCompressionSize": 10_485_761}), SIZE)),
    ),
    sourced(
        CREATE,
        "A compression size of 0 compresses everything.",
        MODEL,
        proof!(aws => shown(&aws, json!({"minimumCompressionSize": 0}), "minimumCompressionSize", json!(0))),
    ),
    sourced(
        CREATE,
        "A policy that is none is refused.",
        "hashicorp/terraform-provider-aws#29392",
        proof!(aws => fails(&aws, json!({"policy": "nonsense"}), policy::INVALID)),
    ),
    sourced(
        CREATE,
        "The API key comes from HEADER unless AUTHORIZER is said.",
        MODEL,
        proof!(aws => shown(&aws, json!({"apiKeySource": "AUTHORIZER"}), "apiKeySource", json!("AUTHORIZER"))),
    ),
    unverified(
        CREATE,
        "Another API key source is a ValidationException.",
        proof!(aws => invalid(&aws, "POST", "/restapis", json!({"name": "x", "apiKeySource": "x"}),
            "1 validation error detected: Value 'x' at 'createRestApiInput.apiKeySource' failed to satisfy constraint: Member must satisfy enum value set: [HEADER, AUTHORIZER]")),
    ),
    sourced(CREATE, "Version, binary media types and disableExecuteApiEndpoint are kept.", RECORDED, proof!(kept)),
    sourced(
        CREATE,
        "Without types an API is EDGE with ipv4, a private one is dualstack; the answer has the other defaults.",
        RECORDED,
        proof!(defaults),
    ),
    sourced(
        CREATE,
        "An edge-optimised API may be dualstack.",
        RECORDED,
        proof!(aws => shown(&aws, json!({"endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "dualstack"}}),
            "endpointConfiguration", json!({"types": ["EDGE"], "ipAddressType": "dualstack"}))),
    ),
    sourced(
        CREATE,
        "Tags are answered only when they were given.",
        RECORDED,
        proof!(aws => shown(&aws, json!({"tags": {"MY_TAG1": "MY_VALUE1"}}), "tags", json!({"MY_TAG1": "MY_VALUE1"}))),
    ),
    sourced(
        CREATE,
        "The API and its root resource have ids of ten lower-case letters and digits.",
        RECORDED,
        proof!(ids),
    ),
    sourced(CREATE, "Names are not unique.", MODEL, proof!(not_unique)),
    sourced(CREATE, "The root resource is there at once, without methods.", RECORDED, proof!(root)),
    sourced(CREATE, "The models Empty and Error are there at once.", RECORDED, proof!(components)),
    sourced(CREATE, "`apiStatus` is AVAILABLE.", MODEL, proof!(api_status)),
    sourced(CREATE, "`cloneFrom` copies another API.", MODEL, proof!(clone)),
    unverified(
        CREATE,
        "A clone has resource ids and an endpoint configuration of its own, and no policy.",
        proof!(clone),
    ),
    unverified(CREATE, "Cloning an unknown API is a 404.", proof!(clone_unknown)),
    sourced(
        CREATE,
        "An endpoint access mode needs a security policy that starts with `SecurityPolicy_`.",
        MODEL,
        proof!(access_mode),
    ),
    unverified(
        CREATE,
        "An unknown security policy is a ValidationException.",
        proof!(aws => proofs::security_policy(aws)),
    ),
    unverified(CREATE, "One private API too many is a LimitExceededException, 429.", proof!(private_quota)),
    sourced(CREATE, "An account has 600 private APIs in a region at most.", LIMITS, proof!(private_quota)),
    sourced(
        READ,
        "An unknown id is a 404 that names the account and the id.",
        RECORDED,
        proof!(aws => refused(&aws, "GET", "/restapis/nothere", Value::Null, 404,
            "Invalid API identifier specified 111122223333:nothere")),
    ),
    sourced(READ, "Ids are case-sensitive.", RECORDED, proof!(aws => proofs::upper_case(aws))),
    sourced(READ, "GetRestApi shows tags, also when there are none.", RECORDED, proof!(tags_of_get)),
    sourced(READ, "GetRestApis shows tags only where there are some.", RECORDED, proof!(list_tags)),
    unverified(READ, "Items of GetRestApis have the policy too.", proof!(list_members)),
    sourced(
        READ,
        "The policy is JSON in a string that is escaped once more, quotes and slashes.",
        "hashicorp/terraform-provider-aws (internal/service/apigateway/rest_api.go)",
        proof!(aws => policy::escaped(aws)),
    ),
    sourced(
        OTHER,
        "An API may have several endpoints, and an endpoint several APIs.",
        ENDPOINTS,
        proof!(many_endpoints),
    ),
    left_out(
        OTHER,
        "Route 53 aliases of an API's endpoints take minutes to appear and to go.",
        "names are not resolved here",
    ),
    sourced(DELETE, "The answer is 202, and everything in the API is gone.", MODEL, proof!(deleted)),
    sourced(DELETE, "An API that is gone or never was is a 404.", RECORDED, proof!(gone)),
    left_out(
        DELETE,
        "Base path mappings and usage plans hold an API.",
        "there are no custom domains and no usage plans",
    ),
];

async fn wrong(aws: &Caller, configuration: Value, message: &str) {
    let body = json!({"name": "x", "endpointConfiguration": configuration});
    invalid(aws, "POST", "/restapis", body, message).await;
}

async fn kept(aws: Caller) {
    let body =
        json!({"name": "x", "version": "v1", "binaryMediaTypes": ["image/png"], "disableExecuteApiEndpoint": true});
    let (_, api) = create(&aws, body).await;
    assert_eq!((&api["version"], &api["binaryMediaTypes"]), (&json!("v1"), &json!(["image/png"])));
    assert_eq!(api["disableExecuteApiEndpoint"], true);
}
