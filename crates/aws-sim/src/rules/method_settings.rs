//! Method settings.

use serde_json::{Value, json};

use super::fixture::{Api, absent, unknown};
use super::stage_update::logging;
use super::{MODEL, RECORDED, Rule, left_out, proof, sourced, unverified};
use crate::testing::Caller;

const TOPIC: &str = "12.3 Method settings";
const CDKD: &str = "go-to-k/cdkd, measured 2026-07";
const MEASURED: &str = "hashicorp/terraform-provider-aws#15855";
const SPELLINGS: &str = "hashicorp/terraform-provider-aws#9738";

pub const RULES: &[Rule] = &[
    sourced(
        TOPIC,
        "The setting of a method is kept under path and verb, without the leading slash.",
        RECORDED,
        proof!(key),
    ),
    sourced(TOPIC, "`*/*` is for all methods.", RECORDED, proof!(all)),
    sourced(TOPIC, "The root is `~1`.", CDKD, proof!(root)),
    sourced(TOPIC, "The root as an empty path is malformed.", CDKD, proof!(empty_root)),
    sourced(TOPIC, "Slashes of a path are escaped, and shown so.", "cloudquery/cq-provider-aws#298", proof!(escaped)),
    sourced(TOPIC, "Plain slashes are accepted, and shown plain.", SPELLINGS, proof!(plain)),
    sourced(TOPIC, "A doubled leading slash is accepted too, and one of the two is kept.", SPELLINGS, proof!(doubled)),
    sourced(TOPIC, "Several spellings of one method live side by side.", SPELLINGS, proof!(side_by_side)),
    sourced(TOPIC, "The resource need not exist; braces and depth don't matter.", SPELLINGS, proof!(any_resource)),
    sourced(TOPIC, "ANY is no verb of a setting.", MEASURED, proof!(any_verb)),
    unverified(TOPIC, "A wildcard stands for path and verb, or for neither.", proof!(half_wildcards)),
    sourced(TOPIC, "One value makes the defaults of all others appear.", RECORDED, proof!(defaults)),
    sourced(TOPIC, "A method's own settings inherit nothing that shows.", RECORDED, proof!(no_inheritance)),
    sourced(TOPIC, "The log level shows only once it was set.", RECORDED, proof!(log_level)),
    sourced(TOPIC, "There are ten settings, each with its path.", RECORDED, proof!(every_setting)),
    sourced(TOPIC, "Another setting is an unknown path.", RECORDED, proof!(unknown_setting)),
    sourced(
        TOPIC,
        "Throttling is a number; -1 stands for no limit here.",
        "hashicorp/terraform-provider-aws, internal/service/apigateway/method_settings.go",
        proof!(throttling),
    ),
    unverified(TOPIC, "Throttling below -1 or that is no number is refused.", proof!(bad_throttling)),
    sourced(TOPIC, "Cached answers live 3600 seconds at most.", "badmintoncryer/cdk-preflight", proof!(time_to_live)),
    unverified(TOPIC, "A flag, a log level or a strategy that is none is refused.", proof!(bad_values)),
    sourced(
        TOPIC,
        "Log level and data trace need the account's role for CloudWatch.",
        "VirtusLab/besom#347",
        proof!(role),
    ),
    sourced(TOPIC, "Level OFF needs no role, nor do metrics.", MODEL, proof!(no_role)),
    sourced(TOPIC, "A key is removed as a whole.", CDKD, proof!(remove)),
    sourced(TOPIC, "One value cannot be removed.", CDKD, proof!(remove_value)),
    sourced(
        TOPIC,
        "A key can be removed and written anew in one request: patches are applied in order.",
        CDKD,
        proof!(rewrite),
    ),
    sourced(
        TOPIC,
        "A key that is not there cannot be removed; the message ends with a blank.",
        RECORDED,
        proof!(remove_absent),
    ),
    sourced(TOPIC, "A removal must spell the key as it is kept.", SPELLINGS, proof!(remove_spelled)),
    left_out(
        TOPIC,
        "A role for CloudWatch that is new, or lacks permissions, is refused for a while.",
        "there are no roles whose permissions could be looked at",
    ),
    left_out(TOPIC, "Settings of the cache have an effect only with a cluster.", "the data plane has no cache"),
];

async fn key(aws: Caller) {
    shows(aws, "/test/GET/throttling/burstLimit", "123", "test/GET").await;
}

async fn all(aws: Caller) {
    shows(aws, "/*/*/throttling/burstLimit", "123", "*/*").await;
}

async fn root(aws: Caller) {
    shows(aws, "/~1/GET/throttling/burstLimit", "123", "~1/GET").await;
}

async fn empty_root(aws: Caller) {
    refuses(aws, "//GET/throttling/burstLimit").await;
}

async fn escaped(aws: Caller) {
    shows(aws, "/~1pets~1{petId}/OPTIONS/throttling/burstLimit", "123", "~1pets~1{petId}/OPTIONS").await;
}

async fn plain(aws: Caller) {
    shows(aws, "/tenant/{x}/codes/GET/throttling/burstLimit", "123", "tenant/{x}/codes/GET").await;
}

async fn doubled(aws: Caller) {
    shows(aws, "//tenant/{x}/GET/throttling/burstLimit", "123", "/tenant/{x}/GET").await;
}

async fn side_by_side(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let spellings = ["pets/GET", "~1pets/GET", "/pets/GET"].map(|key| format!("/{key}/metrics/enabled"));
    let patches: Vec<_> = spellings.iter().map(|path| ("replace", path.as_str(), "true")).collect();
    let shown = api.patch(&stage, &patches).await;
    let keys: Vec<&String> = shown["methodSettings"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["/pets/GET", "pets/GET", "~1pets/GET"]);
}

async fn any_resource(aws: Caller) {
    let path = "/~1no~1such~1{resource}~1{proxy+}/PATCH/throttling/burstLimit";
    shows(aws, path, "123", "~1no~1such~1{resource}~1{proxy+}/PATCH").await;
}

async fn any_verb(aws: Caller) {
    refuses(aws, "/lit/ANY/caching/enabled").await;
}

async fn half_wildcards(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    for path in ["/x/*/metrics/enabled", "/*/GET/metrics/enabled"] {
        api.refuses_patch(&stage, &[("replace", path, "true")], &unknown(path)).await;
    }
}

async fn defaults(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let shown = api.patch(&stage, &[("replace", "/*/*/throttling/burstLimit", "123")]).await;
    assert_eq!(shown["methodSettings"], json!({"*/*": block("throttlingBurstLimit", json!(123))}));
    assert_eq!(api.get(&stage).await, shown);
}

async fn no_inheritance(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let patches = [("replace", "/*/*/throttling/burstLimit", "123"), ("replace", "/pets/GET/metrics/enabled", "true")];
    let shown = api.patch(&stage, &patches).await;
    assert_eq!(shown["methodSettings"]["pets/GET"], block("metricsEnabled", json!(true)));
}

async fn log_level(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let shown = api.patch(&stage, &[("replace", "/*/*/metrics/enabled", "true")]).await;
    assert!(shown["methodSettings"]["*/*"]["loggingLevel"].is_null());
    let shown = api.patch(&stage, &[("replace", "/*/*/logging/loglevel", "OFF")]).await;
    assert_eq!(shown["methodSettings"]["*/*"]["loggingLevel"], "OFF");
}

async fn every_setting(aws: Caller) {
    let (api, stage, _) = logging(aws).await;
    let settings = [
        ("metrics/enabled", "true", "metricsEnabled", json!(true)),
        ("logging/dataTrace", "true", "dataTraceEnabled", json!(true)),
        ("logging/loglevel", "INFO", "loggingLevel", json!("INFO")),
        ("throttling/burstLimit", "5", "throttlingBurstLimit", json!(5)),
        ("throttling/rateLimit", "100.5", "throttlingRateLimit", json!(100.5)),
        ("caching/ttlInSeconds", "60", "cacheTtlInSeconds", json!(60)),
        ("caching/enabled", "false", "cachingEnabled", json!(false)),
        ("caching/dataEncrypted", "true", "cacheDataEncrypted", json!(true)),
        ("caching/requireAuthorizationForCacheControl", "false", "requireAuthorizationForCacheControl", json!(false)),
        (
            "caching/unauthorizedCacheControlHeaderStrategy",
            "FAIL_WITH_403",
            "unauthorizedCacheControlHeaderStrategy",
            json!("FAIL_WITH_403"),
        ),
    ];
    for (ending, value, member, wanted) in settings {
        for key in ["*/*", "pets/GET"] {
            let shown = api.patch(&stage, &[("replace", &format!("/{key}/{ending}"), value)]).await;
            assert_eq!(shown["methodSettings"][key][member], wanted);
        }
    }
}

async fn unknown_setting(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    for path in ["/*/*/throttling/quota", "/*/*", "/pets/GET/metrics", "/metrics/enabled"] {
        api.refuses_patch(&stage, &[("replace", path, "1")], &unknown(path)).await;
    }
}

async fn throttling(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let patches = [("replace", "/*/*/throttling/burstLimit", "-1"), ("replace", "/*/*/throttling/rateLimit", "-1")];
    let shown = api.patch(&stage, &patches).await;
    let settings = &shown["methodSettings"]["*/*"];
    assert_eq!(
        (settings["throttlingBurstLimit"].as_i64(), settings["throttlingRateLimit"].as_f64()),
        (Some(-1), Some(-1.0))
    );
}

async fn bad_throttling(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    for (path, what, wrong) in [
        ("burstLimit", "integer", "-2"),
        ("burstLimit", "integer", "1.5"),
        ("rateLimit", "number", "fast"),
        ("rateLimit", "number", "-1.5"),
    ] {
        refuses_value(&api, &stage, &format!("/*/*/throttling/{path}"), what, wrong).await;
    }
}

async fn time_to_live(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let message = "Invalid time-to-live setting, must be an integer no greater than 3600";
    for wrong in ["3601", "1.5", "long"] {
        api.refuses_patch(&stage, &[("replace", "/*/*/caching/ttlInSeconds", wrong)], message).await;
    }
    for right in ["0", "3600"] {
        api.patch(&stage, &[("replace", "/*/*/caching/ttlInSeconds", right)]).await;
    }
}

async fn bad_values(aws: Caller) {
    let (api, stage, _) = logging(aws).await;
    for (path, what) in [
        ("metrics/enabled", "boolean value"),
        ("logging/loglevel", "value"),
        ("caching/unauthorizedCacheControlHeaderStrategy", "value"),
    ] {
        refuses_value(&api, &stage, &format!("/*/*/{path}"), what, "maybe").await;
    }
}

async fn role(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let message = "CloudWatch Logs role ARN must be set in account settings to enable logging";
    for (path, value) in [("loglevel", "ERROR"), ("loglevel", "INFO"), ("dataTrace", "true")] {
        api.refuses_patch(&stage, &[("replace", &format!("/*/*/logging/{path}"), value)], message).await;
    }
}

async fn no_role(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let patches = [
        ("replace", "/*/*/logging/loglevel", "OFF"),
        ("replace", "/*/*/logging/dataTrace", "false"),
        ("replace", "/*/*/metrics/enabled", "true"),
    ];
    api.patch(&stage, &patches).await;
}

async fn remove(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let keys = ["*/*", "test/GET", "~1/GET", "~1pets~1{id}/GET"];
    let paths = keys.map(|key| format!("/{key}/metrics/enabled"));
    let patches: Vec<_> = paths.iter().map(|path| ("replace", path.as_str(), "true")).collect();
    api.patch(&stage, &patches).await;
    for (number, key) in keys.into_iter().enumerate() {
        let shown = api.patch(&stage, &[("remove", &format!("/{key}"), "")]).await;
        assert_eq!(shown["methodSettings"].as_object().unwrap().len(), keys.len() - 1 - number);
    }
}

async fn remove_value(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    api.patch(&stage, &[("replace", "/test/GET/metrics/enabled", "true")]).await;
    let path = "/test/GET/metrics/enabled";
    api.refuses_patch(&stage, &[("remove", path, "")], &absent("test/GET/metrics/enabled")).await;
}

async fn rewrite(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    let patches =
        [("replace", "/test/GET/metrics/enabled", "true"), ("replace", "/test/GET/throttling/burstLimit", "5")];
    api.patch(&stage, &patches).await;
    let shown = api.patch(&stage, &[("remove", "/test/GET", ""), patches[1]]).await;
    assert_eq!(shown["methodSettings"], json!({"test/GET": block("throttlingBurstLimit", json!(5))}));
}

async fn remove_absent(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    for key in ["*/*", "test/GET"] {
        api.refuses_patch(&stage, &[("remove", &format!("/{key}"), "")], &absent(key)).await;
    }
}

async fn remove_spelled(aws: Caller) {
    let (api, stage, _) = Api::staged(aws).await;
    api.patch(&stage, &[("replace", "/pets/GET/metrics/enabled", "true")]).await;
    api.refuses_patch(&stage, &[("remove", "/~1pets/GET", "")], &absent("~1pets/GET")).await;
    api.patch(&stage, &[("remove", "/pets/GET", "")]).await;
}

/// A path sets the burst limit of a key.
async fn shows(aws: Caller, path: &str, value: &str, key: &str) {
    let (api, stage, _) = Api::staged(aws).await;
    let shown = api.patch(&stage, &[("replace", path, value)]).await;
    let settings = shown["methodSettings"].as_object().unwrap();
    assert_eq!((settings.len(), settings[key]["throttlingBurstLimit"].to_string().as_str()), (1, value));
}

async fn refuses(aws: Caller, path: &str) {
    let (api, stage, _) = Api::staged(aws).await;
    api.refuses_patch(&stage, &[("replace", path, "true")], &unknown(path)).await;
}

/// A value that is no such thing.
async fn refuses_value(api: &Api, stage: &str, path: &str, what: &str, value: &str) {
    let message = format!("Invalid {what} '{value}' for {path}");
    api.refuses_patch(stage, &[("replace", path, value)], &message).await;
}

/// The defaults, but for one value.
fn block(member: &str, value: Value) -> Value {
    let mut block = json!({
        "cacheDataEncrypted": false, "cacheTtlInSeconds": 300, "cachingEnabled": true, "dataTraceEnabled": false,
        "metricsEnabled": false, "requireAuthorizationForCacheControl": true, "throttlingBurstLimit": 5000,
        "throttlingRateLimit": 10000.0, "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
    });
    block[member] = value;
    block
}
