//! Deployments: snapshots of the API. A stage serves one; nothing that isn't in it is live.
//!
//! A deployment carries the fingerprint of its content in its description, so that it is clear without any record whether
//! what is deployed is what is wanted: a new one is made exactly when the fingerprint differs.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html>

use aws_sdk_apigateway::types::Deployment as Found;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::aws::{API_PAGE, Aws, AwsError, gone_is_fine, unless_gone};
use crate::child::{Change, ChildName, Input, Kind, Live, Scope, Status, Tagging, Task, Wanted, spec};

/// The name of the kind, of which a bundle has one that counts.
pub const KIND: &str = "deployment";

const MARK: &str = "privgw content ";

/// What the deployment should be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deployment {
    /// Whose snapshot.
    pub rest_api_id: Input<String>,
    /// The fingerprint of the API's content.
    pub content: Input<String>,
    /// How many earlier deployments stay for a way back.
    pub keep: Input<i64>,
    /// An earlier one that the stage serves instead, and that so has to stay.
    pub pinned: Input<Option<String>>,
}

/// See [`KIND`].
pub struct DeploymentKind;

impl Kind for DeploymentKind {
    fn name(&self) -> &'static str {
        KIND
    }

    fn observe<'a>(&'a self, aws: &'a Aws, scope: &'a Scope) -> Task<'a, Vec<Live>> {
        Box::pin(async move {
            let mut found = Vec::new();
            for api in scope.found_kind(super::rest_api::KIND) {
                // The latest is the one that counts; earlier ones stay until there are too many.
                let known = scope.known.get(&child());
                let mut earlier = ours(aws, &api.id, known.map(|known| known.id.as_str())).await?.into_iter();
                let Some(latest) = earlier.next() else { continue };
                let mut latest = live(&api.id, &latest);
                // How many stay is nothing that AWS knows; what was asked for last time tells whether that has changed.
                let asked = |field: &str| known.and_then(|known| known.spec.get(field));
                for field in ["keep", "pinned"] {
                    latest.spec.extend(asked(field).map(|value| (field.to_string(), value.clone())));
                }
                let (keep, pinned) = (asked("keep"), asked("pinned").and_then(Value::as_str));
                found.push(latest);
                let Some(keep) = keep.and_then(Value::as_u64) else { continue };
                let spare = earlier.filter(|one| pinned.is_none() || one.id() != pinned);
                let surplus: Vec<_> = spare.skip(usize::try_from(keep).unwrap_or(usize::MAX)).collect();
                let own = scope.known.get(&super::stage::child()).map(|stage| stage.text("name"));
                let surplus = unserved(aws, &api.id, surplus, |stage, _| Some(stage) == own).await?;
                found.extend(surplus.iter().map(|deployment| superseded(&api.id, deployment)));
            }
            Ok(found)
        })
    }

    fn create<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            let description = format!("{MARK}{}", want.content);
            let call = aws.api.create_deployment().rest_api_id(&want.rest_api_id).description(description);
            let answer = aws.api.ask("CreateDeployment", |_| call.clone().send()).await?;
            let made = Found::builder()
                .set_id(answer.id)
                .set_description(answer.description)
                .set_created_date(answer.created_date);
            let made = made.build();
            made.id().ok_or_else(|| AwsError::incomplete("CreateDeployment", "id"))?;
            Ok(Live { spec: wanted.spec.clone(), ..live(&want.rest_api_id, &made) })
        })
    }

    /// A snapshot never changes; another `keep` or `pinned` only changes which earlier ones stay.
    fn update<'a>(
        &'a self,
        _aws: &'a Aws,
        live: &'a Live,
        wanted: &'a Wanted,
        _changes: &'a [Change],
    ) -> Task<'a, Live> {
        Box::pin(async move { Ok(Live { spec: wanted.spec.clone(), ..live.clone() }) })
    }

    /// The one that counts goes with its API, so there is nothing to do and no call to spend.
    fn delete<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, ()> {
        Box::pin(async {
            match live.spec.get("content") {
                Some(Value::Null) => remove(aws, live.text("rest_api_id"), &live.id).await,
                _ => Ok(()),
            }
        })
    }

    fn retire<'a>(&'a self, aws: &'a Aws, old: &'a Live, new: &'a Wanted) -> Task<'a, ()> {
        Box::pin(async move { prune(aws, &new.typed()?, Some(&old.id)).await })
    }

    fn leaves(&self, changes: &[Change]) -> bool {
        changes.iter().any(|change| matches!(change.field.as_str(), "keep" | "pinned"))
    }

    /// The stage has moved by now, so all that are too many can go.
    fn tidy<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted) -> Task<'a, ()> {
        Box::pin(async move { prune(aws, &wanted.typed()?, None).await })
    }

    fn replaces(&self, change: &Change) -> bool {
        matches!(change.field.as_str(), "content" | "rest_api_id")
    }

    fn tagging(&self) -> Tagging {
        Tagging::None
    }
}

/// Whether the API has this deployment, and the ids of those that are the bundle's, the latest first.
pub async fn known(aws: &Aws, api: &str, deployment: &str) -> Result<(bool, Vec<String>), AwsError> {
    let get =
        |client: &aws_sdk_apigateway::Client| client.get_deployment().rest_api_id(api).deployment_id(deployment).send();
    let found = unless_gone(aws.api.ask("GetDeployment", get).await)?.is_some();
    let all = if found { Vec::new() } else { ours(aws, api, None).await? };
    Ok((found, all.iter().filter_map(|one| one.id().map(str::to_string)).collect()))
}

/// The latest deployment, which the stage serves unless another one is pinned.
pub fn child() -> ChildName {
    ChildName::single(KIND)
}

#[derive(Deserialize)]
struct Resolved {
    rest_api_id: String,
    content: String,
    keep: i64,
    pinned: Option<String>,
}

/// Keeps the latest earlier deployments and deletes the rest. `predecessor` has just lost the stage, which AWS may take a moment to
/// notice; any other that a stage serves is somebody's, and stays.
async fn prune(aws: &Aws, want: &Resolved, predecessor: Option<&str>) -> Result<(), AwsError> {
    let mut earlier = ours(aws, &want.rest_api_id, None).await?;
    earlier.sort_by_key(|deployment| (std::cmp::Reverse(age(deployment)), deployment.id() == predecessor));
    let current = earlier.iter().position(|deployment| content(deployment) == want.content);
    current.map(|current| earlier.remove(current));
    earlier.retain(|deployment| want.pinned.is_none() || deployment.id() != want.pinned.as_deref());
    let surplus = earlier.into_iter().skip(usize::try_from(want.keep).unwrap_or_default()).collect();
    for deployment in unserved(aws, &want.rest_api_id, surplus, |_, id| Some(id) == predecessor).await? {
        remove(aws, &want.rest_api_id, deployment.id().unwrap_or_default()).await?;
    }
    Ok(())
}

async fn remove(aws: &Aws, api: &str, deployment: &str) -> Result<(), AwsError> {
    let call = aws.api.delete_deployment().rest_api_id(api).deployment_id(deployment);
    gone_is_fine(aws.api.ask("DeleteDeployment", |_| call.clone().send()).await)
}

/// Those of some deployments that no stage serves, apart from what is excused by the stage's name and the deployment's id. AWS isn't
/// asked about none.
async fn unserved(
    aws: &Aws,
    api: &str,
    deployments: Vec<Found>,
    is_excused: impl Fn(&str, &str) -> bool,
) -> Result<Vec<Found>, AwsError> {
    if deployments.is_empty() {
        return Ok(deployments);
    }
    let answer = aws.api.ask("GetStages", |client| client.get_stages().rest_api_id(api).send()).await?;
    let is_served = |id: &str| {
        answer.item().iter().any(|stage| {
            let canary = stage.canary_settings().and_then(|canary| canary.deployment_id());
            let serves = stage.deployment_id() == Some(id) || canary == Some(id);
            serves && !is_excused(stage.stage_name().unwrap_or_default(), id)
        })
    };
    Ok(deployments.into_iter().filter(|deployment| !is_served(deployment.id().unwrap_or_default())).collect())
}

/// The deployments that carry our mark, and the one that is known, which may have been adopted without; the latest first. AWS tells
/// whole seconds, so of several of one second the one that is known comes first.
async fn ours(aws: &Aws, api: &str, known: Option<&str>) -> Result<Vec<Found>, AwsError> {
    let call = aws.api.get_deployments().rest_api_id(api).limit(API_PAGE);
    let pages = |_: &_| call.clone().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    let mut ours = aws.api.ask("GetDeployments", pages).await?;
    let is_known = |one: &Found| known.is_some() && one.id() == known;
    let is_marked = |one: &Found| one.description().is_some_and(|text| text.starts_with(MARK));
    ours.retain(|one| is_marked(one) || is_known(one));
    let id = |deployment: &Found| deployment.id().map(str::to_string);
    ours.sort_by_key(|one| std::cmp::Reverse((age(one), is_known(one), id(one))));
    Ok(ours)
}

fn age(deployment: &Found) -> i64 {
    deployment.created_date().map_or(0, |time| time.secs())
}

fn content(deployment: &Found) -> &str {
    deployment.description().and_then(|text| text.strip_prefix(MARK)).unwrap_or_default()
}

fn live(api: &str, deployment: &Found) -> Live {
    let id = deployment.id().unwrap_or_default().to_string();
    Live {
        name: child(),
        spec: spec(&json!({"rest_api_id": api, "content": content(deployment)})),
        outputs: [("id".to_string(), Value::from(id.clone()))].into(),
        id,
        tags: None,
        status: Status::Ready,
        created: deployment.created_date().map_or(0, |time| time.secs()),
    }
}

/// One that is too many: what an interrupted redeployment has left. Whatever it holds, it isn't what is wanted.
fn superseded(api: &str, deployment: &Found) -> Live {
    let spec = spec(&json!({"rest_api_id": api, "content": null}));
    let mut live = live(api, deployment);
    live.outputs.insert("rest_api_id".into(), json!(api));
    Live { spec, created: i64::MIN, ..live }
}
