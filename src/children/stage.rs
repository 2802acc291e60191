//! The stage: the name under which a deployment is served, and the settings of its methods.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stages.html>

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{CacheClusterSize, Op, PatchOperation, Stage as Found};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::method_settings::{Settings, managed_settings, our_key, settings_operations};
use crate::aws::{Aws, AwsError, api_replace as replace, gone_is_fine, tags};
use crate::child::{
    Change, ChildName, Input, Kind, Live, Outputs, Scope, Spec, Status, Tagging, Task, Wanted, compare, spec,
};

/// The name of the kind, of which a bundle has one.
pub const KIND: &str = "stage";

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
    /// `destination_arn` and `format` of the logs of requests, or null.
    pub access_logs: Input<Value>,
    /// The size of its cache, or null without one.
    pub cache_cluster_size: Input<Option<String>>,
    /// The certificate that it shows to back ends.
    pub client_certificate_id: Input<Option<String>>,
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
                .cache_cluster_enabled(want.cache_cluster_size.is_some())
                .set_cache_cluster_size(want.cache_cluster_size.as_deref().map(CacheClusterSize::from))
                .set_tags(Some(wanted.tags.clone().into_iter().collect()));
            aws.api.ask("CreateStage", |_| call.clone().send()).await?;
            let mut made = wanted.spec.clone();
            // These come with an update only.
            made.insert("method_settings".into(), json!({}));
            made.insert("access_logs".into(), Value::Null);
            made.insert("client_certificate_id".into(), Value::Null);
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
            let mut operations = Vec::new();
            for change in changes {
                match change.field.as_str() {
                    "deployment_id" => operations.push(replace("/deploymentId", &want.deployment_id)),
                    "description" => {
                        operations.push(replace("/description", want.description.as_deref().unwrap_or_default()))
                    }
                    "tracing_enabled" => operations.push(replace("/tracingEnabled", &want.tracing_enabled.to_string())),
                    "access_logs" => operations.extend(access_log_operations(&want.access_logs)),
                    "cache_cluster_size" => operations.extend(cache_operations(want.cache_cluster_size.as_deref())),
                    "client_certificate_id" => {
                        let id = want.client_certificate_id.as_deref().unwrap_or_default();
                        operations.push(replace("/clientCertificateId", id));
                    }
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
    access_logs: Option<AccessLogs>,
    cache_cluster_size: Option<String>,
    client_certificate_id: Option<String>,
    method_settings: BTreeMap<String, Settings>,
}

#[derive(Deserialize)]
struct AccessLogs {
    destination_arn: String,
    format: String,
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

/// AWS takes the two one by one, and lets them go only together.
fn access_log_operations(logs: &Option<AccessLogs>) -> Vec<PatchOperation> {
    let Some(logs) = logs else {
        return vec![PatchOperation::builder().op(Op::Remove).path("/accessLogSettings").build()];
    };
    let parts = [("destinationArn", &logs.destination_arn), ("format", &logs.format)];
    parts.map(|(part, value)| replace(&format!("/accessLogSettings/{part}"), value)).into()
}

fn cache_operations(size: Option<&str>) -> Vec<PatchOperation> {
    let enabled = replace("/cacheClusterEnabled", &size.is_some().to_string());
    size.map(|size| replace("/cacheClusterSize", size)).into_iter().chain([enabled]).collect()
}

fn variable_operations(want: &BTreeMap<String, String>, have: &Value) -> Vec<PatchOperation> {
    let path = |name: &str| format!("/variables/{name}");
    let have: BTreeMap<String, String> = serde_json::from_value(have.clone()).unwrap_or_default();
    let set = want.iter().filter(|(name, value)| have.get(*name) != Some(value));
    let set = set.map(|(name, value)| replace(&path(name), value));
    let unset = have.keys().filter(|name| !want.contains_key(*name));
    let unset = unset.map(|name| PatchOperation::builder().op(Op::Remove).path(path(name)).build());
    set.chain(unset).collect()
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
            "access_logs": stage.access_log_settings().map(|logs| json!({
                "destination_arn": logs.destination_arn(), "format": logs.format(),
            })),
            "cache_cluster_size": stage.cache_cluster_size().filter(|_| stage.cache_cluster_enabled()).map(CacheClusterSize::as_str),
            "client_certificate_id": stage.client_certificate_id().filter(|id| !id.is_empty()),
            "method_settings": managed_settings(scope.known.get(&child()), stage),
        })),
        outputs,
        id: id(api, stage_name),
        tags: Some(tags),
        status: Status::Ready,
        created: stage.created_date().map_or(0, |time| time.secs()),
    }
}
