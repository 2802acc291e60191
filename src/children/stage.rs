//! The stage: the name under which a deployment is served, and the settings of its methods.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stages.html>

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{MethodSetting, Op, PatchOperation, Stage as Found};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::aws::{Aws, AwsError, gone_is_fine, tags};
use crate::child::{
    Change, ChildName, Input, Kind, Live, Outputs, Scope, Spec, Status, Tagging, Task, Wanted, compare, spec,
};

/// The name of the kind, of which a bundle has one.
pub const KIND: &str = "stage";

/// Settings of a method by AWS's patch path, such as `throttling/rateLimit`, as AWS writes the value.
pub type Settings = BTreeMap<String, String>;

/// What the stage should be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stage {
    /// Whose stage.
    pub rest_api_id: Input<String>,
    /// Its name, the first part of every path.
    pub stage_name: Input<String>,
    /// What it serves.
    pub deployment_id: Input<String>,
    /// Its description.
    pub description: Input<Option<String>>,
    /// Its variables.
    pub variables: Input<BTreeMap<String, Input<String>>>,
    /// Whether X-Ray traces its requests.
    pub tracing_enabled: Input<bool>,
    /// Settings by `*/*` or `METHOD /path`.
    pub method_settings: Input<BTreeMap<String, Settings>>,
}

/// See [`KIND`].
pub struct StageKind;

impl Kind for StageKind {
    fn name(&self) -> &'static str {
        KIND
    }

    fn observe<'a>(&'a self, aws: &'a Aws, scope: &'a Scope) -> Task<'a, Vec<Live>> {
        Box::pin(async move {
            let mut found = Vec::new();
            for api in scope.found_kind(super::rest_api::KIND) {
                let answer = aws.api.ask("GetStages", |client| client.get_stages().rest_api_id(&api.id).send()).await?;
                for stage in answer.item() {
                    let name = stage.stage_name().unwrap_or_default();
                    // Lists don't carry tags.
                    let arn = stage_arn(aws, &api.id, name);
                    let tags = tags::read_api_gateway(aws, &arn).await?;
                    found.push(live(aws, scope, child(), &api.id, stage, tags));
                }
            }
            Ok(found)
        })
    }

    fn create<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            // A second stage of the name is refused, so an attempt whose answer got lost must be looked for, not repeated.
            let call = aws
                .api
                .create_stage()
                .rest_api_id(&want.rest_api_id)
                .stage_name(&want.stage_name)
                .deployment_id(&want.deployment_id)
                .set_description(want.description.clone())
                .set_variables(Some(want.variables.clone().into_iter().collect()))
                .tracing_enabled(want.tracing_enabled)
                .set_tags(Some(wanted.tags.clone().into_iter().collect()));
            aws.api.ask("CreateStage", |_| call.clone().send()).await?;
            let mut made = wanted.spec.clone();
            // Settings of methods come with an update only.
            made.insert("method_settings".into(), json!({}));
            Ok(Live {
                name: wanted.name.clone(),
                id: id(&want.rest_api_id, &want.stage_name),
                spec: made,
                outputs: outputs(aws, &want.rest_api_id, &want.stage_name),
                tags: Some(wanted.tags.clone()),
                status: Status::Ready,
                created: 0,
            })
        })
    }

    /// One call for everything that AWS takes in one, so that the stage hardly ever serves a mixture.
    fn update<'a>(&'a self, aws: &'a Aws, live: &'a Live, wanted: &'a Wanted, changes: &'a [Change]) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            let replace =
                |path: &str, value: &str| PatchOperation::builder().op(Op::Replace).path(path).value(value).build();
            let mut operations = Vec::new();
            for change in changes {
                match change.field.as_str() {
                    "deployment_id" => operations.push(replace("/deploymentId", &want.deployment_id)),
                    "description" => {
                        operations.push(replace("/description", want.description.as_deref().unwrap_or_default()))
                    }
                    "tracing_enabled" => operations.push(replace("/tracingEnabled", &want.tracing_enabled.to_string())),
                    "variables" => operations.extend(variable_operations(&want.variables, &change.from)),
                    "method_settings" => {
                        let have = serde_json::from_value(change.from.clone()).unwrap_or_default();
                        let spellings = live.outputs.get("method_keys").cloned().unwrap_or_default();
                        let spellings = serde_json::from_value(spellings).unwrap_or_default();
                        operations.extend(settings_operations(&want.method_settings, &have, &spellings));
                    }
                    _ => {}
                }
            }
            patch(aws, &want.rest_api_id, &want.stage_name, operations).await?;
            Ok(Live { spec: wanted.spec.clone(), ..live.clone() })
        })
    }

    fn delete<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, ()> {
        Box::pin(async move {
            let api = live.text("rest_api_id");
            let call = aws.api.delete_stage().rest_api_id(api).stage_name(live.text("name"));
            gone_is_fine(aws.api.ask("DeleteStage", |_| call.clone().send()).await)
        })
    }

    /// A method of whose settings none counts is as good as one that has none.
    fn drift(&self, wanted: &Spec, live: &Spec) -> Vec<Change> {
        let mut live = live.clone();
        if let Some(Value::Object(methods)) = live.get_mut("method_settings") {
            methods.retain(|_, settings| settings.as_object().is_none_or(|settings| !settings.is_empty()));
        }
        compare(wanted, &live)
    }

    fn replaces(&self, change: &Change) -> bool {
        matches!(change.field.as_str(), "stage_name" | "rest_api_id")
    }

    fn tagging(&self) -> Tagging {
        Tagging::ApiGateway
    }
}

/// The only stage of a bundle.
pub fn child() -> ChildName {
    ChildName::single(KIND)
}

/// The ARN of a stage.
pub fn stage_arn(aws: &Aws, api: &str, stage: &str) -> String {
    aws.place.api_arn(&format!("/restapis/{api}/stages/{stage}"))
}

#[derive(Deserialize)]
struct Resolved {
    rest_api_id: String,
    stage_name: String,
    deployment_id: String,
    description: Option<String>,
    variables: BTreeMap<String, String>,
    tracing_enabled: bool,
    method_settings: BTreeMap<String, Settings>,
}

/// AWS refuses an update that is too large ("Update size too large", DianaIonita/serverless-api-gateway-caching#46) and says
/// nowhere where that begins; fifty patches are meant to be well below (unverified).
const MOST_PATCHES: usize = 50;

async fn patch(aws: &Aws, api: &str, stage: &str, operations: Vec<PatchOperation>) -> Result<(), AwsError> {
    for part in operations.chunks(MOST_PATCHES) {
        let call = aws.api.update_stage().rest_api_id(api).stage_name(stage).set_patch_operations(Some(part.to_vec()));
        aws.api.ask("UpdateStage", |_| call.clone().send()).await?;
    }
    Ok(())
}

fn variable_operations(want: &BTreeMap<String, String>, have: &Value) -> Vec<PatchOperation> {
    let path = |name: &str| format!("/variables/{name}");
    let have: BTreeMap<String, String> = serde_json::from_value(have.clone()).unwrap_or_default();
    let set = want.iter().filter(|(name, value)| have.get(*name) != Some(value));
    let set = set.map(|(name, value)| PatchOperation::builder().op(Op::Replace).path(path(name)).value(value).build());
    let unset = have.keys().filter(|name| !want.contains_key(*name));
    let unset = unset.map(|name| PatchOperation::builder().op(Op::Remove).path(path(name)).build());
    set.chain(unset).collect()
}

/// AWS removes settings only a whole method at a time, so a method that loses one is cleared and written anew in the same call.
fn settings_operations(
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
            operations.push(PatchOperation::builder().op(Op::Replace).path(path).value(value).build());
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
fn our_key(key: &str) -> String {
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
const SHOWN_UNSET: [(&str, &str); 10] = [
    ("metrics/enabled", "false"),
    ("logging/loglevel", "OFF"),
    ("logging/dataTrace", "false"),
    ("throttling/burstLimit", "5000"),
    ("throttling/rateLimit", "10000"),
    ("caching/enabled", "true"),
    ("caching/ttlInSeconds", "300"),
    ("caching/dataEncrypted", "false"),
    ("caching/requireAuthorizationForCacheControl", "true"),
    ("caching/unauthorizedCacheControlHeaderStrategy", "SUCCEED_WITH_RESPONSE_HEADER"),
];

/// The live settings. Setting one value makes AWS show defaults for all others, so of a method that the bundle manages only
/// what it set last time is compared; everything is, of a method that somebody else has set. Where nothing is known of the stage,
/// after an import or the loss of the state, what looks unset counts as unset.
fn managed_settings(scope: &Scope, stage: &Found) -> BTreeMap<String, Settings> {
    let known_stage = scope.known.get(&child());
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

/// A stage's name alone is too common to tell it from other strings.
fn id(api: &str, stage: &str) -> String {
    format!("{api}/{stage}")
}

fn outputs(aws: &Aws, api: &str, stage: &str) -> Outputs {
    [("arn", json!(stage_arn(aws, api, stage))), ("name", json!(stage)), ("rest_api_id", json!(api))]
        .map(|(key, value)| (key.to_string(), value))
        .into()
}

fn live(aws: &Aws, scope: &Scope, name: ChildName, api: &str, stage: &Found, tags: tags::Tags) -> Live {
    let stage_name = stage.stage_name().unwrap_or_default();
    // AWS keeps several spellings of one method apart, and removes only what is spelled as it is.
    let mut spellings: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for key in stage.method_settings().into_iter().flat_map(|settings| settings.keys()) {
        spellings.entry(our_key(key)).or_default().push(key);
    }
    let mut outputs = outputs(aws, api, stage_name);
    outputs.insert("method_keys".into(), json!(spellings));
    let variables: BTreeMap<_, _> = stage.variables().into_iter().flatten().collect();
    Live {
        name,
        spec: spec(&json!({
            "rest_api_id": api,
            "stage_name": stage_name,
            "deployment_id": stage.deployment_id(),
            "description": stage.description().filter(|text| !text.is_empty()),
            "variables": variables,
            "tracing_enabled": stage.tracing_enabled(),
            "method_settings": managed_settings(scope, stage),
        })),
        outputs,
        id: id(api, stage_name),
        tags: Some(tags),
        status: Status::Ready,
        created: stage.created_date().map_or(0, |time| time.secs()),
    }
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
