//! What API Gateway's operations need: the method of the request on an ARN that is its path.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html>

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Need;
use crate::apigw::{RestInput, Stage};
use crate::state::{Region, Tags};

/// The ARN in a path of `/tags` is encoded but for its wildcard.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'*');

/// The permissions of a call; none for a path that does not exist.
pub fn needs(input: &RestInput, region: &Region) -> Vec<Need> {
    let Some((method, segments)) = input.target() else {
        return Vec::new();
    };
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let tags = request_tags(input);
    let resource = arn(region, &encoded(&segments));
    let creates = ["CreateRestApi", "CreateStage", "CreateVpcLink"].contains(&input.operation());
    let describe = |need: Need| {
        let need = requested(existing(need, &segments, region), input).tagging(&tags);
        // What is being made has its tags already (unverified): AWS's policy AWSMigrationHubRefactorSpacesFullAccess builds
        // on that, and serverless/serverless#13075 tells of a refusal.
        need.tagged(&["aws"], creates.then_some(&tags))
    };
    let mut need = describe(Need::new(&format!("apigateway:{method}"), resource.clone()));
    if input.operation() == "UntagResource" {
        need = need.key("aws:TagKeys", input.queries("tagKeys").into_iter().map(str::to_owned).collect());
    }
    let mut needs = vec![need];
    if changes_policy(input) {
        needs.push(describe(Need::new("apigateway:UpdateRestApiPolicy", resource.clone())));
    }
    if creates && !tags.is_empty() {
        // That all three need PUT is in the reference; the resource was recorded for APIs, for stages and links it is
        // (unverified).
        let tagged = arn(region, &encoded(&["tags", &format!("{resource}/*")]));
        needs.push(Need::new("apigateway:PUT", tagged).tagging(&tags));
    }
    let pass =
        |role| Need::new("iam:PassRole", role).key("iam:PassedToService", vec!["apigateway.amazonaws.com".into()]);
    needs.extend(passed_roles(input).into_iter().map(pass));
    needs
}

/// The account's part of the ARN is empty.
fn arn(region: &Region, path: &str) -> String {
    format!("arn:{}:apigateway:{}::/{path}", region.partition(), region.name)
}

fn encoded(segments: &[&str]) -> String {
    match segments {
        ["tags", arn] => format!("tags/{}", utf8_percent_encode(arn, IN_PATH)),
        segments => segments.join("/"),
    }
}

/// What is in an API has the API's tags; a stage's own come before them.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html>
/// A path of `/tags` has none, as the reference lists; AWS's policy AWSMigrationHubRefactorSpacesFullAccess has it otherwise.
fn existing(need: Need, segments: &[&str], region: &Region) -> Need {
    match segments {
        ["vpclinks", id] => need.tagged(&["aws"], region.links.get(*id).map(|link| &link.tags)),
        ["restapis", id, rest @ ..] => {
            let Some(api) = region.apis.get(*id) else {
                return need;
            };
            let mut tags = api.tags.clone();
            let stage = if let ["stages", name] = rest { api.stages.get(*name) } else { None };
            tags.extend(stage.map(|stage| stage.tags.clone()).unwrap_or_default());
            let need = logging(need.tagged(&["aws"], Some(&tags)), stage);
            if !rest.is_empty() {
                return need;
            }
            need.key("apigateway:Resource/ApiName", vec![api.name.clone()])
                .key("apigateway:Resource/EndpointType", vec![api.definition.endpoint_type.clone()])
                .key(
                    "apigateway:Resource/DisableExecuteApiEndpoint",
                    vec![api.definition.disabled_endpoint.to_string()],
                )
        }
        _ => need,
    }
}

/// Where a stage logs to is known when it is changed or deleted.
fn logging(need: Need, stage: Option<&Stage>) -> Need {
    let Some(stage) = stage.filter(|_| need.action != "apigateway:GET") else {
        return need;
    };
    let of = |member: &str| stage.access_log.get(member).and_then(text).into_iter().collect();
    need.key("apigateway:Resource/AccessLoggingDestination", of("destinationArn"))
        .key("apigateway:Resource/AccessLoggingFormat", of("format"))
}

/// What the request asks for, in a creation or a patch.
fn requested(need: Need, input: &RestInput) -> Need {
    let asked = |of: &str, member: &str, path: &str| {
        let member = text(&input.body[member]).filter(|_| input.operation() == of);
        member.into_iter().chain(patched(input, "UpdateRestApi", path)).collect::<Vec<_>>()
    };
    let stage = text(&input.body["stageName"]).filter(|_| input.operation() == "CreateDeployment");
    let log = |member: &str| patched(input, "UpdateStage", &format!("/accessLogSettings/{member}")).collect();
    need.key("apigateway:Request/EndpointType", requested_types(input))
        .key("apigateway:Request/ApiName", asked("CreateRestApi", "name", "/name"))
        .key(
            "apigateway:Request/DisableExecuteApiEndpoint",
            asked("CreateRestApi", "disableExecuteApiEndpoint", "/disableExecuteApiEndpoint"),
        )
        .key("apigateway:Request/StageName", stage.into_iter().collect())
        .key("apigateway:Request/AccessLoggingDestination", log("destinationArn"))
        .key("apigateway:Request/AccessLoggingFormat", log("format"))
}

/// A document can't say what type its API is: an import says it in the query, and `PutRestApi` not at all, which is why
/// AWS's example for private APIs has another condition for PUT.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/security_iam_id-based-policy-examples.html#security_iam_id-based-policy-examples-private-api>
fn requested_types(input: &RestInput) -> Vec<String> {
    let created = input.body["endpointConfiguration"]["types"].as_array().into_iter().flatten().filter_map(text);
    let created = created.filter(|_| input.operation() == "CreateRestApi");
    let imported = input.query("endpointConfigurationTypes").filter(|_| input.operation() == "ImportRestApi");
    let imported = imported.map(str::to_owned).into_iter();
    created.chain(imported).chain(patched(input, "UpdateRestApi", "/endpointConfiguration/types")).collect()
}

/// The values that an update gives to a path and what is below it.
fn patched<'a>(input: &'a RestInput, operation: &'a str, path: &'a str) -> impl Iterator<Item = String> + 'a {
    let is_below = move |patch: &&Value| patch["path"].as_str().is_some_and(|text| text.starts_with(path));
    let patches = patches(input).filter(move |_| input.operation() == operation);
    patches.filter(is_below).filter_map(|patch| text(&patch["value"]))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or(value.as_bool().map(|flag| flag.to_string()))
}

/// Roles that API Gateway is told to work as.
fn passed_roles(input: &RestInput) -> Vec<String> {
    let mut roles = Vec::new();
    match input.operation() {
        "PutIntegration" | "PutRestApi" | "ImportRestApi" => collect_credentials(&input.body, &mut roles),
        "UpdateIntegration" | "UpdateAccount" => {
            let set =
                patches(input).filter(|patch| patch["path"] == "/credentials" || patch["path"] == "/cloudwatchRoleArn");
            roles.extend(set.filter_map(|patch| role(&patch["value"])));
        }
        _ => {}
    }
    roles.sort();
    roles.dedup();
    roles
}

fn collect_credentials(value: &Value, roles: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            roles.extend(members.get("credentials").and_then(role));
            members.values().for_each(|member| collect_credentials(member, roles));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_credentials(item, roles)),
        _ => {}
    }
}

/// Credentials may also be those of the caller, `arn:aws:iam::*:user/*`: nothing is passed then.
fn role(value: &Value) -> Option<String> {
    value.as_str().filter(|arn| arn.starts_with("arn:") && arn.contains(":role/")).map(str::to_owned)
}

fn patches(input: &RestInput) -> impl Iterator<Item = &Value> {
    input.body["patchOperations"].as_array().into_iter().flatten()
}

/// The resource policy has an action of its own.
fn changes_policy(input: &RestInput) -> bool {
    match input.operation() {
        "CreateRestApi" => !input.body["policy"].is_null(),
        "ImportRestApi" | "PutRestApi" => !input.body["x-amazon-apigateway-policy"].is_null(),
        "UpdateRestApi" => patches(input).any(|patch| patch["path"] == "/policy"),
        _ => false,
    }
}

fn request_tags(input: &RestInput) -> Tags {
    let pairs = input.body["tags"].as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
