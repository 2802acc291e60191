//! ImportRestApi and PutRestApi.

mod components;
mod documents;
mod modes;
mod operations;

use serde_json::{Value, json};

use super::{MODEL, RECORDED, Rule, left_out, sourced, unverified};
use crate::rules::api_gateway_wire::{check, invalid};
use crate::testing::{Caller, document};
pub use components::RULES as COMPONENT_RULES;
pub use operations::RULES as OPERATION_RULES;

const IMPORT: &str = "10.1 ImportRestApi and PutRestApi";
const MODES: &str = "10.2 Merge and overwrite";
const BASE: &str = "10.3 The base path";

const GUIDE: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html";
const ERRORS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-errors-warnings.html";
const BASE_PATH: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-basePath.html";
const RESET: &str = "hashicorp/terraform-provider-aws#13841";
const UNREADABLE: &str = "Unable to build importer with provided input.";
const INVALID: &str = "Invalid OpenAPI input.";

pub const RULES: &[Rule] = &[
    sourced(
        IMPORT,
        "ImportRestApi makes an API of the document's title, version and description, without tags.",
        RECORDED,
        check!(aws => documents::imported(aws)),
    ),
    sourced(
        IMPORT,
        "The endpoint type is the query parameter `endpointConfigurationTypes`, and EDGE without it.",
        MODEL,
        check!(aws => documents::typed(aws)),
    ),
    unverified(IMPORT, "Another endpoint type is a ValidationException.", check!(aws => documents::wrong_type(aws))),
    sourced(IMPORT, "PutRestApi answers 200 and shows tags.", RECORDED, check!(aws => documents::put(aws))),
    sourced(IMPORT, "PutRestApi of an unknown API is a 404.", RECORDED, check!(aws => documents::put_nothing(aws))),
    sourced(IMPORT, "OpenAPI 3.0 and Swagger 2.0 are read.", GUIDE, check!(aws => documents::versions(aws))),
    sourced(
        IMPORT,
        "OpenAPI 3.1 is refused.",
        "aws/aws-cli#8191",
        check!(aws => documents::refused(&aws, json!({"openapi": "3.1.0", "info": {"title": "x"}, "paths": {}}),
            INVALID)),
    ),
    sourced(IMPORT, "Documents may be YAML.", MODEL, check!(aws => documents::yaml(aws))),
    sourced(IMPORT, "In YAML a status code may be a number.", RECORDED, check!(aws => documents::yaml(aws))),
    sourced(
        IMPORT,
        "What is neither JSON nor YAML is refused.",
        RECORDED,
        check!(aws => documents::unreadable(aws, "{\"a\": [", UNREADABLE)),
    ),
    sourced(
        IMPORT,
        "A document that does not say what it is is refused.",
        RECORDED,
        check!(aws => documents::refused(&aws, json!({"info": {"title": "x"}, "paths": {}}), UNREADABLE)),
    ),
    unverified(
        IMPORT,
        "A document without a title is refused.",
        check!(aws => documents::refused(&aws, json!({"openapi": "3.0.1", "paths": {}}), INVALID)),
    ),
    unverified(
        IMPORT,
        "A document without paths is refused.",
        check!(aws => documents::refused(&aws, json!({"openapi": "3.0.1", "info": {"title": "x"}}), INVALID)),
    ),
    sourced(
        IMPORT,
        "A document of more than six megabytes is refused.",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html",
        check!(aws => documents::too_long(aws)),
    ),
    unverified(IMPORT, "One answer lists all errors.", check!(aws => documents::all_errors(aws))),
    sourced(IMPORT, "After an error nothing has changed.", ERRORS, check!(aws => documents::all_errors(aws))),
    sourced(IMPORT, "Warnings are a member of the answer.", RECORDED, check!(aws => documents::warnings(aws))),
    sourced(
        IMPORT,
        "With `failonwarnings=true` warnings are errors, and nothing has changed.",
        "hashicorp/terraform-provider-aws (internal/service/apigateway/rest_api_test.go)",
        check!(aws => documents::fail_on_warnings(aws)),
    ),
    sourced(
        IMPORT,
        "A reference to a model that is not there is a warning.",
        ERRORS,
        check!(aws => documents::missing_model(aws)),
    ),
    sourced(
        IMPORT,
        "A mapping in `requestParameters` that is no text is left out with a warning.",
        RECORDED,
        check!(aws => documents::warnings(aws)),
    ),
    sourced(IMPORT, "`ignore=documentation` is accepted.", MODEL, check!(aws => documents::ignores_documentation(aws))),
    left_out(IMPORT, "Descriptions become documentation parts.", "documentation parts have no operation here"),
    left_out(IMPORT, "A failure of AWS in the middle is not rolled back.", "the simulator does not fail in the middle"),
    unverified(IMPORT, "An API has at most 300 resources, imported ones too.", check!(aws => documents::many(aws))),
    sourced(MODES, "The mode is merge unless `overwrite` is said.", MODEL, check!(aws => modes::default_mode(aws))),
    unverified(MODES, "Another mode is a ValidationException.", check!(aws => wrong_mode(aws))),
    sourced(
        MODES,
        "Both modes rename the API to the document's title and version.",
        RECORDED,
        check!(aws => modes::renames(aws)),
    ),
    sourced(
        MODES,
        "Merge joins the binary media types, those of the document at the end.",
        RECORDED,
        check!(aws => modes::binary_types(aws, "merge", json!(["image/heif", "image/png", "image/jpg"]))),
    ),
    sourced(
        MODES,
        "Overwrite replaces the binary media types.",
        RECORDED,
        check!(aws => modes::binary_types(aws, "overwrite", json!(["image/png", "image/jpg"]))),
    ),
    sourced(
        MODES,
        "Merge keeps paths and methods that the document does not have.",
        GUIDE,
        check!(aws => modes::merge_keeps_paths(aws)),
    ),
    sourced(
        MODES,
        "Merge keeps settings that the document does not have.",
        GUIDE,
        check!(aws => modes::merge_keeps_settings(aws)),
    ),
    sourced(
        MODES,
        "Overwrite removes paths and methods that the document does not have.",
        GUIDE,
        check!(aws => modes::overwrite_removes(aws)),
    ),
    sourced(
        MODES,
        "Overwrite resets description, policy, API key source, compression, default endpoint and VPC endpoints.",
        RESET,
        check!(aws => modes::overwrite_resets(aws)),
    ),
    sourced(
        MODES,
        "Neither changes endpoint type, tags, stages and deployments.",
        GUIDE,
        check!(aws => modes::untouched(aws)),
    ),
    sourced(
        MODES,
        "A path that stays keeps its resource id, also when it is overwritten.",
        RECORDED,
        check!(aws => modes::ids(aws)),
    ),
    unverified(
        MODES,
        "Merge keeps the ids of models, authorizers and validators, overwrite makes them anew.",
        check!(aws => modes::component_ids(aws)),
    ),
    sourced(
        BASE,
        "Without `basepath` the base path is ignored.",
        BASE_PATH,
        check!(aws => documents::base(aws, "", &["/", "/e"])),
    ),
    sourced(
        BASE,
        "`ignore` ignores it.",
        RECORDED,
        check!(aws => documents::base(aws, "&basepath=ignore", &["/", "/e"])),
    ),
    sourced(
        BASE,
        "`prepend` puts it before every path.",
        RECORDED,
        check!(aws => documents::base(aws, "&basepath=prepend", &["/", "/a", "/a/b", "/a/b/c", "/a/b/c/e"])),
    ),
    sourced(
        BASE,
        "`split` puts all but its first part before every path.",
        RECORDED,
        check!(aws => documents::base(aws, "&basepath=split", &["/", "/b", "/b/c", "/b/c/e"])),
    ),
    sourced(
        BASE,
        "In OpenAPI 3.0 it is the path of the server's URL, or the server's variable `basePath`.",
        RECORDED,
        check!(aws => documents::servers(aws)),
    ),
    unverified(BASE, "Another value is refused.", check!(aws => documents::wrong_base(aws))),
];

/// A document with one path.
fn one(path: &str, get: Value) -> Value {
    document(json!({path: {"get": get}}))
}

fn mock() -> Value {
    json!({"x-amazon-apigateway-integration": {"type": "mock"}})
}

async fn wrong_mode(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let message = "1 validation error detected: Value 'replace' at 'putRestApiInput.mode' failed to satisfy constraint: Member must satisfy enum value set: [merge, overwrite]";
    invalid(&aws, "PUT", &format!("/restapis/{api}?mode=replace"), one("/a", mock()), message).await;
}
