//! Deployments: snapshots of the API. A stage serves one; nothing that isn't in it is live.
//!
//! A deployment carries the fingerprint of its content in its description, so that it is clear without any record whether
//! what is deployed is what is wanted: a new one is made exactly when the fingerprint differs.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html>

use aws_sdk_apigateway::types::Deployment as Found;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::aws::{API_PAGE, Aws, AwsError, gone_is_fine};
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
                // The latest is the one that counts; earlier ones stay until there are too many. AWS tells whole seconds, so of
                // several of one second the one that was made here counts.
                let ours = ours(aws, &api.id).await?;
                let known = scope.known.get(&child()).map(|known| known.id.as_str());
                let latest =
                    ours.iter().max_by_key(|deployment| (age(deployment), deployment.id() == known, deployment.id()));
                found.extend(latest.map(|deployment| {
                    let mut live = live(&api.id, deployment);
                    // How many stay is nothing that AWS knows; what was asked for last time tells whether that has changed.
                    let keep = scope.known.get(&child()).and_then(|known| known.spec.get("keep"));
                    live.spec.extend(keep.map(|keep| ("keep".to_string(), keep.clone())));
                    live
                }));
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

    /// A snapshot never changes; another `keep` only changes how many earlier ones stay.
    fn update<'a>(
        &'a self,
        aws: &'a Aws,
        live: &'a Live,
        wanted: &'a Wanted,
        _changes: &'a [Change],
    ) -> Task<'a, Live> {
        Box::pin(async move {
            prune(aws, &wanted.typed()?, None).await?;
            Ok(Live { spec: wanted.spec.clone(), ..live.clone() })
        })
    }

    /// Goes with its API, so there is nothing to do and no call to spend.
    fn delete<'a>(&'a self, _aws: &'a Aws, _live: &'a Live) -> Task<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Keeps the latest earlier deployments and deletes the rest. One that somebody's stage still serves is left alone.
    fn retire<'a>(&'a self, aws: &'a Aws, old: &'a Live, new: &'a Wanted) -> Task<'a, ()> {
        Box::pin(async move { prune(aws, &new.typed()?, Some(&old.id)).await })
    }

    fn replaces(&self, change: &Change) -> bool {
        matches!(change.field.as_str(), "content" | "rest_api_id")
    }

    fn tagging(&self) -> Tagging {
        Tagging::None
    }
}

/// The deployment that the stage serves.
pub fn child() -> ChildName {
    ChildName::single(KIND)
}

#[derive(Deserialize)]
struct Resolved {
    rest_api_id: String,
    content: String,
    keep: i64,
}

/// Deletes all but the latest earlier deployments. `predecessor` has just lost the stage, which AWS may take a moment to notice;
/// any other that a stage still serves is somebody's, and stays.
async fn prune(aws: &Aws, want: &Resolved, predecessor: Option<&str>) -> Result<(), AwsError> {
    let mut earlier = ours(aws, &want.rest_api_id).await?;
    earlier.sort_by_key(|deployment| (std::cmp::Reverse(age(deployment)), deployment.id() == predecessor));
    let current = earlier.iter().position(|deployment| content(deployment) == want.content);
    current.map(|current| earlier.remove(current));
    let keep = usize::try_from(want.keep).unwrap_or_default();
    for deployment in earlier.iter().skip(keep) {
        let id = deployment.id().unwrap_or_default();
        let call = aws.api.delete_deployment().rest_api_id(&want.rest_api_id).deployment_id(id);
        if predecessor == Some(id) {
            gone_is_fine(aws.api.ask("DeleteDeployment", |_| call.clone().send()).await)?;
            continue;
        }
        // What somebody's stage serves will not be let go, however long one asks.
        let is_served = |error: &AwsError| error.message.starts_with("Active stages");
        match gone_is_fine(aws.api.ask_unless("DeleteDeployment", is_served, |_| call.clone().send()).await) {
            Err(error) if is_served(&error) => {}
            other => other?,
        }
    }
    Ok(())
}

/// The deployments that carry our mark.
async fn ours(aws: &Aws, api: &str) -> Result<Vec<Found>, AwsError> {
    let call = aws.api.get_deployments().rest_api_id(api).limit(API_PAGE);
    let pages = |_: &_| call.clone().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    let all = aws.api.ask("GetDeployments", pages).await?;
    Ok(all
        .into_iter()
        .filter(|deployment| deployment.description().is_some_and(|text| text.starts_with(MARK)))
        .collect())
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
