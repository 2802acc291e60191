//! ImportRestApi and PutRestApi.

mod components;
mod documents;
mod modes;
mod operations;

use serde_json::{Value, json};

use super::{MODEL, RECORDED, Rule, left_out, proof, sourced, unverified};
use crate::rules::api_gateway_wire::invalid;
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
        proof!(aws => documents::imported(aws)),
    ),
    sourced(
        IMPORT,
        "The endpoint type is the query parameter `endpointConfigurationTypes`, and EDGE without it.",
        MODEL,
        proof!(aws => documents::typed(aws)),
    ),
    unverified(IMPORT, "Another endpoint type is a ValidationException.", proof!(aws => documents::wrong_type(aws))),
    sourced(IMPORT, "PutRestApi answers 200 and shows tags.", RECORDED, proof!(aws => documents::put(aws))),
    sourced(IMPORT, "PutRestApi of an unknown API is a 404.", RECORDED, proof!(aws => documents::put_nothing(aws))),
    sourced(IMPORT, "OpenAPI 3.0 and Swagger 2.0 are read.", GUIDE, proof!(aws => documents::versions(aws))),
    sourced(
        IMPORT,
        "OpenAPI 3.1 is refused.",
        "aws/aws-cli#8191",
        proof!(aws => documents::refused(&aws, json!({"openapi": "3.1.0", "info": {"title": "x"}, "paths": {}}),
            INVALID)),
    ),
    sourced(IMPORT, "Documents may be YAML.", MODEL, proof!(aws => documents::yaml(aws))),
    sourced(IMPORT, "In YAML a status code may be a number.", RECORDED, proof!(aws => documents::yaml(aws))),
    sourced(
        IMPORT,
        "What is neither JSON nor YAML is refused.",
        RECORDED,
        proof!(aws => documents::unreadable(aws, "{\"a\": [", UNREADABLE)),
    ),
    sourced(
        IMPORT,
        "A document that does not say what it is is refused.",
        RECORDED,
        proof!(aws => documents::refused(&aws, json!({"info": {"title": "x"}, "paths": {}}), UNREADABLE)),
    ),
    unverified(
        IMPORT,
        "A document without a title is refused.",
        proof!(aws => documents::refused(&aws, json!({"openapi": "3.0.1", "paths": {}}), INVALID)),
    ),
    unverified(
        IMPORT,
        "A document without paths is refused.",
        proof!(aws => documents::refused(&aws, json!({"openapi": "3.0.1", "info": {"title": "x"}}), INVALID)),
    ),
    sourced(
        IMPORT,
        "A document of more than six megabytes is refused.",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html",
        proof!(aws => documents::too_long(aws)),
    ),
    unverified(IMPORT, "One answer lists all errors.", proof!(aws => documents::all_errors(aws))),
    sourced(IMPORT, "After an error nothing has changed.", ERRORS, proof!(aws => documents::all_errors(aws))),
    sourced(IMPORT, "Warnings are a member of the answer.", RECORDED, proof!(aws => documents::warnings(aws))),
    sourced(
        IMPORT,
        "With `failonwarnings=true` warnings are errors, and nothing has changed.",
        "hashicorp/terraform-provider-aws (internal/service/apigateway/rest_api_test.go)",
        proof!(aws => documents::fail_on_warnings(aws)),
    ),
    sourced(
        IMPORT,
        "A reference to a model that is not there is a warning.",
        ERRORS,
        proof!(aws => documents::missing_model(aws)),
    ),
    sourced(
        IMPORT,
        "A mapping in `requestParameters` that is no text is left out with a warning.",
        RECORDED,
        proof!(aws => documents::warnings(aws)),
    ),
    sourced(IMPORT, "`ignore=documentation` is accepted.", MODEL, proof!(aws => documents::ignores_documentation(aws))),
    left_out(IMPORT, "Descriptions become documentation parts.", "documentation parts have no operation here"),
    left_out(IMPORT, "A failure of AWS in the middle is not rolled back.", "the simulator does not fail in the middle"),
    sourced(
        IMPORT,
        "More than 300 resources are a LimitExceededException, 429, without a word about the import.",
        "hashicorp/terraform-provider-aws#37605",
        proof!(documents::many),
    ),
    sourced(
        IMPORT,
        "A reference into another file is not followed, with a warning.",
        ERRORS,
        proof!(documents::unsupported),
    ),
    unverified(
        IMPORT,
        "Nothing is said of `discriminator`, `oneOf` and `default` in models, which have no effect.",
        proof!(documents::silent),
    ),
    sourced(MODES, "The mode is merge unless `overwrite` is said.", MODEL, proof!(modes::default_mode)),
    unverified(MODES, "Another mode is a ValidationException.", proof!(wrong_mode)),
    sourced(
        MODES,
        "Both modes rename the API to the document's title and version.",
        RECORDED,
        proof!(aws => modes::renames(aws)),
    ),
    sourced(
        MODES,
        "Merge joins the binary media types, those of the document at the end.",
        RECORDED,
        proof!(aws => modes::binary_types(aws, "merge", json!(["image/heif", "image/png", "image/jpg"]))),
    ),
    sourced(
        MODES,
        "Overwrite replaces the binary media types.",
        RECORDED,
        proof!(aws => modes::binary_types(aws, "overwrite", json!(["image/png", "image/jpg"]))),
    ),
    sourced(
        MODES,
        "Merge keeps paths and methods that the document does not have.",
        GUIDE,
        proof!(aws => modes::merge_keeps_paths(aws)),
    ),
    sourced(
        MODES,
        "Merge keeps settings that the document does not have.",
        GUIDE,
        proof!(aws => modes::merge_keeps_settings(aws)),
    ),
    sourced(
        MODES,
        "Overwrite removes paths and methods that the document does not have.",
        GUIDE,
        proof!(aws => modes::overwrite_removes(aws)),
    ),
    sourced(
        MODES,
        "Overwrite resets description, policy, API key source, compression, default endpoint and VPC endpoints.",
        RESET,
        proof!(aws => modes::overwrite_resets(aws)),
    ),
    sourced(
        MODES,
        "Neither changes endpoint type, tags, stages and deployments.",
        GUIDE,
        proof!(aws => modes::untouched(aws)),
    ),
    unverified(
        MODES,
        "Merge cannot exchange a path's variable for another one: overwrite, or delete the old one first.",
        proof!(modes::other_variable),
    ),
    sourced(
        MODES,
        "A path that stays keeps its resource id, also when it is overwritten.",
        RECORDED,
        proof!(aws => modes::ids(aws)),
    ),
    unverified(
        MODES,
        "Merge keeps the ids of models, authorizers and validators, overwrite makes them anew.",
        proof!(aws => modes::component_ids(aws)),
    ),
    sourced(
        BASE,
        "Without `basepath` the base path is ignored.",
        BASE_PATH,
        proof!(aws => documents::base(aws, "", &["/", "/e"])),
    ),
    sourced(
        BASE,
        "`ignore` ignores it.",
        RECORDED,
        proof!(aws => documents::base(aws, "&basepath=ignore", &["/", "/e"])),
    ),
    sourced(
        BASE,
        "`prepend` puts it before every path.",
        RECORDED,
        proof!(aws => documents::base(aws, "&basepath=prepend", &["/", "/a", "/a/b", "/a/b/c", "/a/b/c/e"])),
    ),
    sourced(
        BASE,
        "`split` puts all but its first part before every path.",
        RECORDED,
        proof!(aws => documents::base(aws, "&basepath=split", &["/", "/b", "/b/c", "/b/c/e"])),
    ),
    sourced(
        BASE,
        "In OpenAPI 3.0 it is the path of the server's URL, or the server's variable `basePath`.",
        RECORDED,
        proof!(aws => documents::servers(aws)),
    ),
    unverified(BASE, "Another value is refused.", proof!(aws => documents::wrong_base(aws))),
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
