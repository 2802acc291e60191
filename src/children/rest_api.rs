//! The private REST API with its resource policy and routes.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html>

use std::collections::BTreeMap;

use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::{EndpointConfiguration, EndpointType, PutMode, RestApi as Found};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document::{self, OpenApi, Resolved};
use super::preflight::{self, Preflight};
use super::route;
use crate::aws::names::{fingerprint, identity};
use crate::aws::{API_PAGE, Aws, AwsError, api_replace as replace, gone_is_fine, policy, tags, unless_gone};
use crate::child::{
    Change, ChildName, Input, Kind, Live, Outputs, Scope, Spec, Status, Tagging, Task, WARNINGS, Wanted, has_unknown,
    spec, unknown,
};

/// The name of the kind, of which a bundle has one.
pub const KIND: &str = "rest_api";

/// What the API should be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RestApi {
    /// Its name, which need not be unique in AWS.
    pub name: Input<String>,
    /// Its description.
    pub description: Input<Option<String>>,
    /// Bodies from this size in bytes are compressed; `null` for never.
    pub minimum_compression_size: Input<Option<i64>>,
    /// Media types whose bodies aren't text.
    pub binary_media_types: Input<Vec<Input<String>>>,
    /// `HEADER` or `AUTHORIZER`.
    pub api_key_source: Input<String>,
    /// Whether the API's execute-api names are shut.
    pub disable_execute_api_endpoint: Input<bool>,
    /// The endpoints that have a DNS name of their own for this API.
    pub vpc_endpoint_ids: Input<Vec<Input<String>>>,
    /// The resource policy in normal form ([`policy::normal`]), this API's ARNs in their short form.
    pub policy: Input<Value>,
    /// The load balancer's DNS name, which every integration's URI holds.
    pub host: Input<String>,
    /// The VPC link of every integration.
    pub vpc_link_id: Input<String>,
    /// The routes by `METHOD /path`, each a [`Route`] whose members may still be inputs.
    pub routes: Input<BTreeMap<String, Input<Value>>>,
    /// The preflights by path, each a [`Preflight`] whose members may still be inputs.
    pub preflights: Input<BTreeMap<String, Input<Value>>>,
    /// The document of a user that has the operations instead.
    pub document: Input<Option<OpenApi>>,
}

/// Properties that are no part of what a deployment takes a snapshot of, or don't matter to who calls it.
const NOT_DEPLOYED: [&str; 2] = ["name", "description"];

/// See [`KIND`].
pub struct RestApiKind;

impl Kind for RestApiKind {
    fn name(&self) -> &'static str {
        KIND
    }

    fn observe<'a>(&'a self, aws: &'a Aws, scope: &'a Scope) -> Task<'a, Vec<Live>> {
        Box::pin(async move {
            let last = scope.known.values().find(|live| live.name == child());
            let known = last.map(|live| live.id.clone());
            let document = last.and_then(|live| live.spec.get(document::FIELD)).unwrap_or(&Value::Null);
            let mut apis = Vec::new();
            if let Some(id) = &known {
                apis.extend(get(aws, id).await?);
            }
            if apis.is_empty() {
                apis = find(aws, scope).await?;
            }
            let mut found = Vec::new();
            for api in &apis {
                let Some(id) = api.id() else { continue };
                let tags = tags::from_api_gateway(api.tags());
                if scope.child(KIND, id, &tags).is_some() {
                    found.push(live(aws, child(), api, routes(aws, id, document).await?));
                } else if known.as_deref() == Some(id) {
                    // Somebody has taken it over, which is worth knowing. Reading its routes would cost calls of a narrow quota.
                    found.push(live(aws, child(), api, Routes::default()));
                }
            }
            Ok(found)
        })
    }

    /// Only `CreateRestApi` takes tags, without which a process that dies right after would leave an orphan. All else comes with the
    /// document of an update.
    fn create<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            let endpoints = EndpointConfiguration::builder()
                .types(EndpointType::Private)
                .set_vpc_endpoint_ids((!want.vpc_endpoint_ids.is_empty()).then(|| want.vpc_endpoint_ids.clone()))
                .build();
            let call = aws
                .api
                .create_rest_api()
                .name(&want.name)
                .set_description(want.description.clone())
                .endpoint_configuration(endpoints)
                .set_tags(Some(wanted.tags.clone().into_iter().collect()));
            let answer = aws.api.ask("CreateRestApi", |_| call.clone().send()).await?;
            let id = answer.id().ok_or_else(|| AwsError::incomplete("CreateRestApi", "id"))?;
            let mut made = wanted.spec.clone();
            made.extend(
                [
                    ("policy", Value::Null),
                    ("routes", json!({})),
                    ("preflights", json!({})),
                    (document::FIELD, Value::Null),
                    ("host", json!([])),
                    ("vpc_link_id", json!([])),
                ]
                .map(|(key, value)| (key.to_string(), value)),
            );
            Ok(Live {
                name: wanted.name.clone(),
                id: id.to_string(),
                spec: made,
                outputs: outputs(aws, id, answer.root_resource_id(), &content(&wanted.spec)),
                tags: Some(wanted.tags.clone()),
                status: Status::Ready,
                created: 0,
            })
        })
    }

    fn update<'a>(&'a self, aws: &'a Aws, live: &'a Live, wanted: &'a Wanted, changes: &'a [Change]) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            let mut warnings = Vec::new();
            if changes.iter().any(|change| !NOT_DEPLOYED.contains(&change.field.as_str())) {
                warnings = put(aws, &live.id, &want).await?;
            }
            // The document carries name and description too, but nothing says what it does with a description that is gone.
            patch(aws, &live.id, changes, &want).await?;
            let root = live.outputs.get("root_resource_id").and_then(Value::as_str);
            let mut outputs = outputs(aws, &live.id, root, &content(&wanted.spec));
            outputs.insert(WARNINGS.into(), json!(warnings));
            let mut spec = wanted.spec.clone();
            spec.insert(document::FIELD.into(), document::digest(&wanted.spec));
            Ok(Live { spec, outputs, ..live.clone() })
        })
    }

    fn delete<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, ()> {
        Box::pin(async move {
            let delete = |api: &aws_sdk_apigateway::Client| api.delete_rest_api().rest_api_id(&live.id).send();
            gone_is_fine(aws.api.ask("DeleteRestApi", delete).await)
        })
    }

    fn replaces(&self, _change: &Change) -> bool {
        false
    }

    /// What lies in a user's document is compared by fingerprints, the host and the link of its integrations included.
    fn drift(&self, wanted: &Spec, live: &Spec) -> Vec<Change> {
        document::drift(wanted, live)
    }

    /// What will be deployed is what is wanted, whatever is live now.
    fn planned_outputs(&self, wanted: &Spec, live: &Live, _changes: &[Change]) -> Outputs {
        let mut outputs = live.outputs.clone();
        let deployed: Spec = deployed(wanted);
        let known = !has_unknown(&Value::Object(deployed));
        outputs.insert("content".into(), if known { json!(content(wanted)) } else { unknown() });
        outputs
    }

    fn tagging(&self) -> Tagging {
        Tagging::ApiGateway
    }
}

/// The only API of a bundle.
pub fn child() -> ChildName {
    ChildName::single(KIND)
}

/// The fingerprint of everything that a deployment of this spec would serve.
fn content(wanted: &Spec) -> String {
    fingerprint(&crate::child::normal(&Value::Object(deployed(wanted))).to_string())
}

fn deployed(wanted: &Spec) -> Spec {
    wanted
        .iter()
        .filter(|(field, _)| !NOT_DEPLOYED.contains(&field.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

fn outputs(aws: &Aws, id: &str, root: Option<&str>, content: &str) -> Outputs {
    let arn = aws.place.api_arn(&format!("/restapis/{id}"));
    [("id", json!(id)), ("arn", json!(arn)), ("root_resource_id", json!(root)), ("content", json!(content))]
        .map(|(key, value)| (key.to_string(), value))
        .into()
}

/// Everything about the API in one document, in the place of all that was there. What AWS doesn't like about it, it says in warnings.
async fn put(aws: &Aws, id: &str, want: &Resolved) -> Result<Vec<String>, AwsError> {
    let body = Blob::new(document::body(want).to_string());
    let call = aws.api.put_rest_api().rest_api_id(id).mode(PutMode::Overwrite).body(body);
    let answer = aws.api.ask("PutRestApi", |_| call.clone().send()).await?;
    Ok(answer.warnings.unwrap_or_default())
}

/// Name and description alone; neither needs a redeployment.
async fn patch(aws: &Aws, id: &str, changes: &[Change], want: &Resolved) -> Result<(), AwsError> {
    let operations: Vec<_> = changes
        .iter()
        .filter_map(|change| match change.field.as_str() {
            "name" => Some(replace("/name", &want.name)),
            "description" => Some(replace("/description", want.description.as_deref().unwrap_or_default())),
            _ => None,
        })
        .collect();
    if operations.is_empty() {
        return Ok(());
    }
    let call = aws.api.update_rest_api().rest_api_id(id).set_patch_operations(Some(operations));
    aws.api.ask("UpdateRestApi", |_| call.clone().send()).await.map(drop)
}

async fn get(aws: &Aws, id: &str) -> Result<Option<Found>, AwsError> {
    match aws.api.ask("GetRestApi", |api| api.get_rest_api().rest_api_id(id).send()).await {
        Ok(answer) => Ok(Some(
            Found::builder()
                .set_id(answer.id)
                .set_name(answer.name)
                .set_description(answer.description)
                .set_created_date(answer.created_date)
                .set_minimum_compression_size(answer.minimum_compression_size)
                .set_binary_media_types(answer.binary_media_types)
                .set_api_key_source(answer.api_key_source)
                .disable_execute_api_endpoint(answer.disable_execute_api_endpoint)
                .set_endpoint_configuration(answer.endpoint_configuration)
                .set_policy(answer.policy)
                .set_tags(answer.tags)
                .set_root_resource_id(answer.root_resource_id)
                .build(),
        )),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Id and name of every API that is marked as that of a complete bundle, by id.
pub async fn complete(aws: &Aws) -> Result<Vec<(String, String)>, AwsError> {
    let mut found = Vec::new();
    for api in list(aws).await? {
        let is_private = api.endpoint_configuration().is_some_and(|at| at.types().contains(&EndpointType::Private));
        let (Some(id), true) = (api.id(), is_private) else { continue };
        let tags = match api.tags() {
            Some(tags) => tags::from_api_gateway(Some(tags)),
            None => unless_gone(tags::read_api_gateway(aws, &aws.place.api_arn(&format!("/restapis/{id}"))).await)?
                .unwrap_or_default(),
        };
        if tags.contains_key(tags::BUNDLE) && tags.contains_key(tags::COMPLETE) {
            found.push((id.to_string(), api.name().unwrap_or_default().to_string()));
        }
    }
    found.sort();
    Ok(found)
}

async fn list(aws: &Aws) -> Result<Vec<Found>, AwsError> {
    let pages = |api: &aws_sdk_apigateway::Client| {
        api.get_rest_apis().limit(API_PAGE).into_paginator().items().send().collect::<Result<Vec<_>, _>>()
    };
    aws.api.ask("GetRestApis", pages).await
}

/// Looks through the account's APIs for those of the bundle: what a process that died before it could note the id has left.
async fn find(aws: &Aws, scope: &Scope) -> Result<Vec<Found>, AwsError> {
    let mut found = Vec::new();
    for api in list(aws).await? {
        // Whether list items carry tags isn't documented, so one that might be ours is read by itself.
        let listed = api.tags().is_some_and(|tags| tags.get(tags::BUNDLE) == Some(&scope.identity.bundle));
        let candidate =
            listed || (api.tags().is_none() && api.name().is_some_and(|name| identity(name) == scope.identity.bundle));
        if let (true, Some(id)) = (candidate, api.id()) {
            found.extend(get(aws, id).await?);
        }
    }
    Ok(found)
}

#[derive(Default)]
struct Routes {
    by_key: Map<String, Value>,
    preflights: BTreeMap<String, Preflight>,
    document: Value,
    host: Value,
    vpc_link_id: Value,
}

/// The methods of an API: those of a user's document, of which there is a digest, and the others as routes.
async fn routes(aws: &Aws, id: &str, digest: &Value) -> Result<Routes, AwsError> {
    let call = aws.api.get_resources().rest_api_id(id).limit(API_PAGE).embed("methods");
    let pages = |_: &_| call.clone().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    let resources = aws.api.ask("GetResources", pages).await?;
    let mut preflights = BTreeMap::new();
    let (mut by_key, mut hosts, mut links, mut shown) = (Map::new(), Vec::new(), Vec::new(), BTreeMap::new());
    for resource in &resources {
        let path = resource.path().unwrap_or_default();
        for (verb, method) in resource.resource_methods().into_iter().flatten() {
            let (key, (route, host, link)) = (format!("{verb} {path}"), route::from_method(path, method));
            if document::holds(digest, &key) {
                links.extend(link.map(Some));
                shown.insert(key, document::shown(method));
                continue;
            }
            if let Some(preflight) = preflight::from_method(method).filter(|_| verb == preflight::OPTIONS) {
                preflights.insert(path.to_string(), preflight);
                continue;
            }
            links.push(link);
            by_key.insert(key, route);
            hosts.push(host);
        }
    }
    // Where routes disagree about what all should share, that is drift, and showing one of them would hide it.
    let common = |values: &mut Vec<Option<String>>| {
        values.sort();
        values.dedup();
        if values.len() == 1 { json!(values[0]) } else { json!(values) }
    };
    let document = document::seen(digest, &shown);
    Ok(Routes { preflights, host: common(&mut hosts), vpc_link_id: common(&mut links), by_key, document })
}

fn live(aws: &Aws, name: ChildName, api: &Found, routes: Routes) -> Live {
    let id = api.id().unwrap_or_default();
    let policy = api.policy().map(policy::unescape).and_then(|text| policy::normal(&text)).unwrap_or_default();
    let endpoints = api.endpoint_configuration().map(|endpoints| endpoints.vpc_endpoint_ids()).unwrap_or_default();
    let live = spec(&json!({
        "name": api.name(),
        "description": api.description().filter(|text| !text.is_empty()),
        "minimum_compression_size": api.minimum_compression_size(),
        "binary_media_types": api.binary_media_types(),
        "api_key_source": api.api_key_source().map_or("HEADER", |source| source.as_str()),
        "disable_execute_api_endpoint": api.disable_execute_api_endpoint(),
        "vpc_endpoint_ids": endpoints,
        "policy": policy::shorten(&policy, id),
        "host": routes.host,
        "vpc_link_id": routes.vpc_link_id,
        "routes": routes.by_key,
        "preflights": routes.preflights,
        "document": routes.document,
    }));
    Live {
        name,
        id: id.to_string(),
        outputs: outputs(aws, id, api.root_resource_id(), &content(&live)),
        spec: live,
        tags: Some(tags::from_api_gateway(api.tags())),
        status: Status::Ready,
        created: api.created_date().map_or(0, |time| time.secs()),
    }
}
