//! UpdateIntegration.

use serde_json::json;

use super::fixture::{NOT_FOUND, operations};
use super::integration::{NO_LINK, TIMEOUT, body, http, mapping, with_parameter};
use super::{RECORDED, Rule, proof, sourced, unverified};
use crate::testing::Caller;

const TOPIC: &str = "9.3 Integrations";
const PATCHES: &str = "hashicorp/terraform-provider-aws, internal/service/apigateway/integration.go";

pub const RULES: &[Rule] = &[
    sourced(TOPIC, "UpdateIntegration answers the whole integration.", RECORDED, proof!(update)),
    sourced(TOPIC, "UpdateIntegration replaces single members, the TLS check among them.", PATCHES, proof!(members)),
    sourced(TOPIC, "UpdateIntegration adds, replaces and removes one mapping or template.", PATCHES, proof!(entries)),
    sourced(TOPIC, "UpdateIntegration adds and removes cache keys.", PATCHES, proof!(cache_keys)),
    unverified(TOPIC, "UpdateIntegration does nothing but replace to a member.", proof!(ops)),
    unverified(TOPIC, "UpdateIntegration knows no other path, not the type either.", proof!(paths)),
    unverified(TOPIC, "UpdateIntegration does not find a mapping or template that is not there.", proof!(absent)),
    unverified(TOPIC, "UpdateIntegration checks like PutIntegration.", proof!(checks)),
    unverified(TOPIC, "UpdateIntegration keeps the responses.", proof!(keeps)),
];

async fn update(aws: Caller) {
    let (api, path) = http(aws).await;
    let more = json!({"connectionType": "VPC_LINK", "connectionId": "${stageVariables.a}"});
    let before = api.made("PUT", &path, body(more)).await;
    let after = api.patch(&path, &[("replace", "/connectionId", "${stageVariables.b}")]).await;
    assert_eq!(after["connectionId"], "${stageVariables.b}");
    assert_eq!((&after["uri"], &api.get(&path).await), (&before["uri"], &after));
}

async fn members(aws: Caller) {
    let (api, path) = http(aws).await;
    let changes = [
        ("uri", "https://other/"),
        ("connectionId", "${stageVariables.a}"),
        ("connectionType", "VPC_LINK"),
        ("timeoutInMillis", "100"),
        ("httpMethod", "POST"),
        ("passthroughBehavior", "NEVER"),
        ("contentHandling", "CONVERT_TO_TEXT"),
        ("cacheNamespace", "mine"),
        ("credentials", "arn:aws:iam::111122223333:role/x"),
        ("tlsConfig/insecureSkipVerification", "true"),
    ];
    let paths = changes.map(|(member, value)| (format!("/{member}"), value));
    let patches: Vec<_> = paths.iter().map(|(path, value)| ("replace", path.as_str(), *value)).collect();
    let shown = api.patch(&path, &patches).await;
    for (member, value) in changes {
        let got = shown.pointer(&format!("/{member}")).unwrap();
        assert_eq!(got.as_str().map_or_else(|| got.to_string(), str::to_owned), value, "{member}");
    }
}

async fn entries(aws: Caller) {
    let (api, path) = with_parameter(aws).await;
    let (mapping, template) = ("/requestParameters/integration.request.header.a", "/requestTemplates/text~1plain");
    let shown = api.patch(&path, &[("add", mapping, "'x'"), ("add", template, "x")]).await;
    assert_eq!(shown["requestParameters"], json!({"integration.request.header.a": "'x'"}));
    assert_eq!(shown["requestTemplates"], json!({"text/plain": "x"}));
    let from = "method.request.querystring.a";
    let shown = api.patch(&path, &[("replace", mapping, from), ("replace", template, "y")]).await;
    assert_eq!(shown["requestParameters"]["integration.request.header.a"], from);
    let shown = api.patch(&path, &[("remove", mapping, ""), ("remove", template, "")]).await;
    assert!(shown["requestParameters"].is_null() && shown["requestTemplates"].is_null(), "{shown}");
}

async fn cache_keys(aws: Caller) {
    let (api, path) = with_parameter(aws).await;
    let key = "/cacheKeyParameters/method.request.querystring.a";
    let shown = api.patch(&path, &[("add", key, "")]).await;
    assert_eq!(shown["cacheKeyParameters"], json!(["method.request.querystring.a"]));
    assert_eq!(api.patch(&path, &[("remove", key, "")]).await["cacheKeyParameters"], json!([]));
}

async fn ops(aws: Caller) {
    let (api, path) = http(aws).await;
    for op in ["add", "remove"] {
        let message = "Invalid patch operation specified. Must be one of: [replace]";
        api.refuses_patch(&path, &[(op, "/uri", "http://x/")], message).await;
    }
}

async fn paths(aws: Caller) {
    let (api, path) = http(aws).await;
    for wrong in ["/type", "/requestParameters", "/wrong"] {
        api.refuses_patch(&path, &[("replace", wrong, "x")], &format!("Invalid patch path {wrong}")).await;
    }
}

async fn absent(aws: Caller) {
    let (api, path) = http(aws).await;
    let body = operations(&[("replace", "/requestParameters/integration.request.header.a", "'x'")]);
    api.refuses("PATCH", &path, body, NOT_FOUND, "Invalid parameter name specified").await;
    let body = operations(&[("remove", "/requestTemplates/text~1plain", "")]);
    api.refuses("PATCH", &path, body, NOT_FOUND, "Content-Type specified was not found").await;
}

async fn checks(aws: Caller) {
    let (api, path) = http(aws).await;
    for wrong in ["29001", "soon"] {
        api.refuses_patch(&path, &[("replace", "/timeoutInMillis", wrong)], TIMEOUT).await;
    }
    api.refuses_patch(&path, &[("replace", "/connectionType", "VPC_LINK")], NO_LINK).await;
    let message = mapping("Invalid mapping expression parameter specified: method.request.path.id");
    let patch = ("add", "/requestParameters/integration.request.path.id", "method.request.path.id");
    api.refuses_patch(&path, &[patch], &message).await;
}

async fn keeps(aws: Caller) {
    let (api, path) = http(aws).await;
    api.made("PUT", &path.replace("integration", "responses/200"), json!({})).await;
    api.made("PUT", &format!("{path}/responses/200"), json!({})).await;
    let shown = api.patch(&path, &[("replace", "/uri", "http://other/")]).await;
    assert_eq!(shown["integrationResponses"], json!({"200": {"statusCode": "200"}}));
}
