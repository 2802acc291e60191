//! The part of `stage` that is about methods: settings by AWS's patch paths, and what AWS shows of them.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stages.html>

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{MethodSetting, Op, PatchOperation, Stage};

use crate::aws::api_replace as replace;
use crate::child::Live;

/// Settings of a method by AWS's patch path, such as `throttling/rateLimit`, as AWS writes the value.
pub type Settings = BTreeMap<String, String>;

/// AWS removes settings only a whole method at a time, so a method that loses one is cleared and written anew in the same call.
pub fn settings_operations(
    want: &BTreeMap<String, Settings>,
    have: &BTreeMap<String, Settings>,
    spellings: &BTreeMap<String, Vec<String>>,
) -> Vec<PatchOperation> {
    let mut operations = Vec::new();
    for (key, settings) in have {
        let kept = want.get(key).is_some_and(|wanted| settings.keys().all(|setting| wanted.contains_key(setting)));
        if !kept {
            let own = [patch_key(key)];
            for spelling in spellings.get(key).map_or(own.as_slice(), Vec::as_slice) {
                operations.push(PatchOperation::builder().op(Op::Remove).path(format!("/{spelling}")).build());
            }
        }
    }
    for (key, settings) in want.iter().filter(|(key, settings)| have.get(*key) != Some(settings)) {
        for (setting, value) in settings {
            let path = format!("/{}/{setting}", patch_key(key));
            operations.push(replace(&path, value));
        }
    }
    operations
}

/// `GET /users/{id}` as a patch path writes it: `~1users~1{id}/GET`. The leading slash is escaped like the others, which is the
/// form that the console shows too.
fn patch_key(key: &str) -> String {
    match key.split_once(' ') {
        Some((verb, path)) => format!("{}/{verb}", path.replace('~', "~0").replace('/', "~1")),
        None => key.to_string(),
    }
}

/// AWS's key back into ours. Several spellings of one method can coexist in AWS; all read the same.
pub fn our_key(key: &str) -> String {
    let Some((path, verb)) = key.rsplit_once('/') else { return key.to_string() };
    if path == "*" {
        return key.to_string();
    }
    let path = path.replace("~1", "/").replace("~0", "~");
    format!("{verb} /{}", path.trim_start_matches('/'))
}

fn settings(setting: &MethodSetting) -> Settings {
    let mut settings = Settings::new();
    let mut put = |key: &str, value: String| drop(settings.insert(key.to_string(), value));
    put("metrics/enabled", setting.metrics_enabled().to_string());
    put("logging/loglevel", setting.logging_level().unwrap_or("OFF").to_string());
    put("logging/dataTrace", setting.data_trace_enabled().to_string());
    put("throttling/burstLimit", setting.throttling_burst_limit().to_string());
    put("throttling/rateLimit", setting.throttling_rate_limit().to_string());
    put("caching/enabled", setting.caching_enabled().to_string());
    put("caching/ttlInSeconds", setting.cache_ttl_in_seconds().to_string());
    put("caching/dataEncrypted", setting.cache_data_encrypted().to_string());
    put("caching/requireAuthorizationForCacheControl", setting.require_authorization_for_cache_control().to_string());
    if let Some(strategy) = setting.unauthorized_cache_control_header_strategy() {
        put("caching/unauthorizedCacheControlHeaderStrategy", strategy.as_str().to_string());
    }
    settings
}

/// What AWS shows of a method for what nobody has set.
const SHOWN_UNSET: [(&str, &str); 12] = [
    ("metrics/enabled", "false"),
    ("logging/loglevel", "OFF"),
    ("logging/dataTrace", "false"),
    ("throttling/burstLimit", "5000"),
    ("throttling/rateLimit", "10000"),
    // No limit, as the AWS provider writes it where none is said.
    ("throttling/burstLimit", "-1"),
    ("throttling/rateLimit", "-1"),
    ("caching/enabled", "true"),
    ("caching/ttlInSeconds", "300"),
    ("caching/dataEncrypted", "false"),
    ("caching/requireAuthorizationForCacheControl", "true"),
    ("caching/unauthorizedCacheControlHeaderStrategy", "SUCCEED_WITH_RESPONSE_HEADER"),
];

/// The live settings. Setting one value makes AWS show defaults for all others, so of a method that the bundle manages only
/// what it set last time is compared; everything is, of a method that somebody else has set. Where nothing is known of the stage,
/// after an import or the loss of the state, what looks unset counts as unset.
pub fn managed_settings(known_stage: Option<&Live>, stage: &Stage) -> BTreeMap<String, Settings> {
    // One that was never looked at tells nothing.
    let known_stage = known_stage.filter(|known| known.spec.contains_key("method_settings"));
    let known = known_stage.and_then(|known| known.spec.get("method_settings").cloned());
    let known: BTreeMap<String, Settings> =
        known.and_then(|known| serde_json::from_value(known).ok()).unwrap_or_default();
    let mut live = BTreeMap::new();
    for (key, setting) in stage.method_settings().into_iter().flatten() {
        let key = our_key(key);
        let mut settings = settings(setting);
        if let Some(known) = known.get(&key) {
            settings.retain(|setting, _| known.contains_key(setting));
        }
        if known_stage.is_none() {
            settings.retain(|setting, value| !SHOWN_UNSET.contains(&(setting.as_str(), value.as_str())));
        }
        live.insert(key, settings);
    }
    live
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_keys_survive_the_way_to_aws_and_back() {
        for key in ["GET /", "GET /products", "POST /users/{id}/{proxy+}", "*/*"] {
            assert_eq!(our_key(&patch_key(key)), key);
        }
        assert_eq!(our_key("test/GET"), "GET /test");
    }

    #[test]
    fn a_lost_setting_clears_its_method_and_writes_the_rest_again() {
        let settings =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect::<Settings>();
        let want = [("*/*".to_string(), settings(&[("metrics/enabled", "true")]))].into();
        let have =
            [("*/*".to_string(), settings(&[("metrics/enabled", "true"), ("throttling/burstLimit", "5")]))].into();
        let paths: Vec<_> = settings_operations(&want, &have, &BTreeMap::new())
            .iter()
            .map(|op| op.path().unwrap_or_default().to_string())
            .collect();
        assert_eq!(paths, ["/*/*", "/*/*/metrics/enabled"]);
    }
}
