//! UpdateStage: all but canaries and method settings.

use serde_json::{Value, json};

use super::fixture::{Api, absent, unknown};
use super::{MODEL, RECORDED, Rule, left_out, proof, sourced, unverified};
use crate::testing::{Caller, later};

const TOPIC: &str = "12.2 UpdateStage";
const CDKD: &str = "go-to-k/cdkd, measured 2026-08";
const PREFLIGHT: &str = "badmintoncryer/cdk-preflight";
const CACHING: &str = "hashicorp/terraform-provider-aws, internal/service/apigateway/stage.go";
const FORMAT: &str = "/accessLogSettings/format";
const DESTINATION: &str = "/accessLogSettings/destinationArn";
const GROUP: &str = "arn:aws:logs:eu-central-1:111122223333:log-group:shop";
const STREAM: &str = "arn:aws:firehose:eu-central-1:111122223333:deliverystream/amazon-apigateway-shop";
const BAD_ARN: &str = "The ARN must be a valid CloudWatch Logs log group or Kinesis Data Firehose delivery stream";

pub const RULES: &[Rule] = &[
    sourced(TOPIC, "UpdateStage answers the whole stage, with a new lastUpdatedDate.", RECORDED, proof!(answer)),
    sourced(TOPIC, "Description, documentation version and tracing are replaced.", RECORDED, proof!(members)),
    sourced(TOPIC, "An empty text clears description, documentation version and certificate.", CDKD, proof!(clears)),
    sourced(TOPIC, "Patches are applied all or none.", MODEL, proof!(all_or_none)),
    sourced(
        TOPIC,
        "A request with too many patches is refused.",
        "DianaIonita/serverless-api-gateway-caching#46",
        proof!(far_too_many),
    ),
    unverified(TOPIC, "80 patches are not too many, and the refusal is a BadRequestException.", proof!(too_many)),
    sourced(TOPIC, "A replacement of /deploymentId moves the stage.", MODEL, proof!(deployment)),
    unverified(TOPIC, "The deployment must exist.", proof!(unknown_deployment)),
    sourced(TOPIC, "A variable is replaced, which may make it, or removed.", RECORDED, proof!(variables)),
    sourced(TOPIC, "Names and values of variables are checked.", PREFLIGHT, proof!(bad_variables)),
    unverified(
        TOPIC,
        "Removing a variable, canary or access log that is not there is no error.",
        proof!(absent_entries),
    ),
    sourced(
        TOPIC,
        "An unknown path, tags too, is answered with a list of paths that lacks some commas and some paths.",
        RECORDED,
        proof!(unknown_path),
    ),
    unverified(TOPIC, "The operations add, move and test are refused on every path.", proof!(operations)),
    unverified(TOPIC, "What cannot be removed is taken for a method setting.", proof!(not_removable)),
    sourced(
        TOPIC,
        "Access logs go to a log group or to a Firehose stream whose name begins with amazon-apigateway-.",
        MODEL,
        proof!(access_log),
    ),
    sourced(TOPIC, "Another ARN is refused.", PREFLIGHT, proof!(bad_destination)),
    sourced(TOPIC, "A log group's ARN with :* at its end is refused.", CDKD, proof!(star_destination)),
    sourced(TOPIC, "The format must name a request id.", PREFLIGHT, proof!(bad_format)),
    sourced(TOPIC, "Neither may be empty.", PREFLIGHT, proof!(empty_log)),
    sourced(TOPIC, "There are two paths below /accessLogSettings.", PREFLIGHT, proof!(log_paths)),
    sourced(TOPIC, "Access logs are removed as a whole.", CDKD, proof!(remove_log)),
    sourced(
        TOPIC,
        "A log group needs the account's role for CloudWatch.",
        "aws-samples/amazon-bedrock-knowledgebase-slackbot#6",
        proof!(log_role),
    ),
    sourced(TOPIC, "A cluster that is enabled takes minutes, one that is disabled too.", CACHING, proof!(cache)),
    sourced(TOPIC, "Another size makes another cluster.", CACHING, proof!(cache_size)),
    unverified(TOPIC, "An unknown size is refused.", proof!(bad_cache_size)),
    left_out(
        TOPIC,
        "A cluster can stay in DELETE_IN_PROGRESS for ever.",
        "a fault of the service that nothing in a request brings about",
    ),
];

async fn answer(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let before = api.get(&stage).await;
    later(10).await;
    let after = api.patch(&stage, &[("replace", "/description", "new")]).await;
    assert_eq!((&after["createdDate"], &api.get(&stage).await), (&before["createdDate"], &after));
    assert!(after["lastUpdatedDate"].as_u64() > before["lastUpdatedDate"].as_u64());
}

async fn members(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let patches = [
        ("replace", "/description", "stage new"),
        ("replace", "/documentationVersion", "v1"),
        ("replace", "/tracingEnabled", "true"),
    ];
    let shown = api.patch(&stage, &patches).await;
    assert_eq!((&shown["description"], &shown["documentationVersion"]), (&json!("stage new"), &json!("v1")));
    assert_eq!(shown["tracingEnabled"], true);
}

async fn clears(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    for member in ["description", "documentationVersion", "clientCertificateId"] {
        let path = format!("/{member}");
        assert_eq!(api.patch(&stage, &[("replace", &path, "x")]).await[member], "x");
        assert!(api.patch(&stage, &[("replace", &path, "")]).await[member].is_null());
    }
}

async fn all_or_none(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let patches = [("replace", "/description", "new"), ("replace", "/deploymentId", "abc123")];
    api.refuses_patch(&stage, &patches, "Deployment id does not exist").await;
    assert!(api.get(&stage).await["description"].is_null());
}

async fn far_too_many(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let patches = [("replace", "/description", "x"); 500];
    let (status, _, answer) = api.call("PATCH", &stage, &super::fixture::operations(&patches)).await;
    let message = "Update size too large. Try updating stage in multiple UpdateStage operations";
    assert!(status >= 400 && answer["message"] == message, "{answer}");
}

async fn too_many(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let message = "Update size too large. Try updating stage in multiple UpdateStage operations";
    let patch = ("replace", "/description", "x");
    api.refuses_patch(&stage, &[patch; 81], message).await;
    api.patch(&stage, &[patch; 80]).await;
}

async fn deployment(aws: Caller) {
    let (api, stage, first) = Api::staged(aws).await;
    let second = api.deployment().await;
    for id in [second, first] {
        assert_eq!(api.patch(&stage, &[("replace", "/deploymentId", &id)]).await["deploymentId"], id);
    }
}

async fn unknown_deployment(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    api.refuses_patch(&stage, &[("replace", "/deploymentId", "abc123")], "Deployment id does not exist").await;
}

async fn variables(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let shown = api.patch(&stage, &[("replace", "/variables/a", "1"), ("replace", "/variables/b", "1")]).await;
    assert_eq!(shown["variables"], json!({"a": "1", "b": "1"}));
    let shown = api.patch(&stage, &[("replace", "/variables/a", "2"), ("remove", "/variables/b", "")]).await;
    assert_eq!(shown["variables"], json!({"a": "2"}));
    assert!(api.patch(&stage, &[("remove", "/variables/a", "")]).await["variables"].is_null());
}

async fn bad_variables(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let message = "Invalid stage variable name: a.b. Please use names with only word characters.";
    api.refuses_patch(&stage, &[("replace", "/variables/a.b", "1")], message).await;
    let message = "Invalid stage variable value of key a.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.";
    api.refuses_patch(&stage, &[("replace", "/variables/a", "1+1")], message).await;
}

async fn absent_entries(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let paths = ["/variables/a", "/canarySettings", "/accessLogSettings"];
    api.patch(&stage, &paths.map(|path| ("remove", path, ""))).await;
}

async fn unknown_path(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    for path in ["/documentation_version", "/tags/tag1", "/stageName", "/variables", "/webAclArn"] {
        api.refuses_patch(&stage, &[("replace", path, "x")], &unknown(path)).await;
    }
}

async fn operations(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    for op in ["add", "move", "test"] {
        for path in ["/description", "/variables/a", "/*/*/metrics/enabled"] {
            api.refuses_patch(&stage, &[(op, path, "true")], &format!("Invalid {op} operation with path: {path}"))
                .await;
        }
    }
}

async fn not_removable(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    for path in ["description", "deploymentId", "cacheClusterSize"] {
        api.refuses_patch(&stage, &[("remove", &format!("/{path}"), "")], &absent(path)).await;
    }
}

async fn access_log(aws: Caller) {
    let (api, stage, _) = logging(aws).await;
    for arn in [GROUP, STREAM] {
        let shown =
            api.patch(&stage, &[("replace", DESTINATION, arn), ("replace", FORMAT, "$context.requestId")]).await;
        assert_eq!(shown["accessLogSettings"], json!({"destinationArn": arn, "format": "$context.requestId"}));
    }
    api.patch(&stage, &[("replace", FORMAT, "$context.extendedRequestId")]).await;
}

async fn bad_destination(aws: Caller) {
    let (api, stage, _) = logging(aws).await;
    for arn in ["shop", "arn:aws:s3:::shop", &STREAM.replace("amazon-apigateway-", "")] {
        api.refuses_patch(&stage, &[("replace", DESTINATION, arn)], BAD_ARN).await;
    }
}

async fn star_destination(aws: Caller) {
    let (api, stage, _) = logging(aws).await;
    let arn = format!("{GROUP}:*");
    let message =
        format!("Access log destination must only contain characters a-z, A-Z, 0-9, '_', '-', '/', '.': '{arn}'");
    api.refuses_patch(&stage, &[("replace", DESTINATION, &arn)], &message).await;
}

async fn bad_format(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let message = "Access Log format must include either $context.requestId or $context.extendedRequestId";
    api.refuses_patch(&stage, &[("replace", FORMAT, "$context.status")], message).await;
}

async fn empty_log(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    for path in [FORMAT, DESTINATION] {
        api.refuses_patch(&stage, &[("replace", path, "")], "Access Log value must not be empty").await;
    }
}

async fn log_paths(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let message = "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]";
    api.refuses_patch(&stage, &[("replace", "/accessLogSettings/level", "x")], message).await;
}

async fn remove_log(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    api.patch(&stage, &[("replace", DESTINATION, STREAM), ("replace", FORMAT, "$context.requestId")]).await;
    let message = absent("accessLogSettings/destinationArn");
    api.refuses_patch(&stage, &[("remove", DESTINATION, "")], &message).await;
    let shown = api.patch(&stage, &[("remove", "/accessLogSettings", "")]).await;
    assert!(shown["accessLogSettings"].is_null());
}

async fn log_role(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let message = "CloudWatch Logs role ARN must be set in account settings to enable logging";
    api.refuses_patch(&stage, &[("replace", DESTINATION, GROUP)], message).await;
    api.patch(&stage, &[("replace", DESTINATION, STREAM)]).await;
}

async fn cache(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let status = |shown: Value| shown["cacheClusterStatus"].as_str().unwrap().to_owned();
    let shown = api.patch(&stage, &[("replace", "/cacheClusterEnabled", "true")]).await;
    assert_eq!(
        (shown["cacheClusterSize"].as_str(), status(shown.clone()).as_str()),
        (Some("0.5"), "CREATE_IN_PROGRESS")
    );
    later(300).await;
    assert_eq!(status(api.get(&stage).await), "AVAILABLE");
    let shown = api.patch(&stage, &[("replace", "/cacheClusterEnabled", "false")]).await;
    assert_eq!((&shown["cacheClusterEnabled"], status(shown.clone()).as_str()), (&json!(false), "DELETE_IN_PROGRESS"));
    later(300).await;
    assert_eq!(status(api.get(&stage).await), "NOT_AVAILABLE");
}

async fn cache_size(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    api.patch(&stage, &[("replace", "/cacheClusterEnabled", "true")]).await;
    later(300).await;
    let same = api.patch(&stage, &[("replace", "/cacheClusterSize", "0.5")]).await;
    assert_eq!(same["cacheClusterStatus"], "AVAILABLE");
    let other = api.patch(&stage, &[("replace", "/cacheClusterSize", "6.1")]).await;
    assert_eq!(
        (&other["cacheClusterStatus"], &other["cacheClusterSize"]),
        (&json!("CREATE_IN_PROGRESS"), &json!("6.1"))
    );
}

async fn bad_cache_size(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let message = "Invalid cache cluster size. Must be one of: [0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237]";
    api.refuses_patch(&stage, &[("replace", "/cacheClusterSize", "1")], message).await;
}

/// A stage of an account that may write logs.
pub async fn logging(aws: Caller) -> (Api, String, String) {
    let role = super::fixture::operations(&[("replace", "/cloudwatchRoleArn", "arn:aws:iam::111122223333:role/logs")]);
    assert_eq!(aws.api("PATCH", "/account", role).await.0, 200);
    later(20).await;
    Api::staged(aws).await
}
