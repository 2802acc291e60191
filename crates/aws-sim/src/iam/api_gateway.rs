//! What API Gateway's operations need: the method of the request on an ARN that is its path.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html>

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Need;
use crate::apigw::RestInput;
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
        // What is being made has its tags already: AWS's policy AWSMigrationHubRefactorSpacesFullAccess builds on that.
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
            if let ["stages", name] = rest {
                tags.extend(api.stages.get(*name).map(|stage| stage.tags.clone()).unwrap_or_default());
            }
            let need = need.tagged(&["aws"], Some(&tags));
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

/// What the request asks for, in a creation or a patch.
fn requested(need: Need, input: &RestInput) -> Need {
    let text = |value: &Value| value.as_str().map(str::to_owned).or(value.as_bool().map(|flag| flag.to_string()));
    let asked = |of: &str, member: &str, path: &str| {
        let member = text(&input.body[member]).filter(|_| input.operation() == of);
        let patches = patches(input).filter(|patch| patch["path"].as_str().is_some_and(|text| text.starts_with(path)));
        let patched =
            patches.filter_map(|patch| text(&patch["value"])).filter(|_| input.operation() == "UpdateRestApi");
        member.into_iter().chain(patched).collect::<Vec<_>>()
    };
    let types = input.body["endpointConfiguration"]["types"].as_array().into_iter().flatten().filter_map(text);
    let types = types.chain(asked("", "", "/endpointConfiguration/types")).collect();
    let disabled = asked("CreateRestApi", "disableExecuteApiEndpoint", "/disableExecuteApiEndpoint");
    let stage = text(&input.body["stageName"]).filter(|_| input.operation() == "CreateDeployment");
    need.key("apigateway:Request/EndpointType", types)
        .key("apigateway:Request/ApiName", asked("CreateRestApi", "name", "/name"))
        .key("apigateway:Request/DisableExecuteApiEndpoint", disabled)
        .key("apigateway:Request/StageName", stage.into_iter().collect())
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
