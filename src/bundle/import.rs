//! Bundles that this provider has made: `terraform import` takes one into the state, and `terraform query` lists them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use tfplugin::{
    Attr, Call, Diagnostic, Diagnostics, Identity as Names, IdentityAttribute, IdentitySchema, ImportId, Listed,
    MoveSource, ReadResponse, Resource,
};

use super::adopt::{Found, adopt, differences, walk};
use super::arguments::arguments;
use super::desired::desired;
use super::diagnose;
use super::model::InternalApi;
use super::ownership::identify;
use super::state::Private;
use crate::aws::{Aws, AwsError, names, tags};
use crate::child::{ChildName, Identity, Live, Scope};
use crate::children::{
    deployment, foreign, listener, load_balancer, rest_api, stage, target_group, vpc_endpoint, vpc_link,
};
use crate::reconcile::{Observed, look_up, observe};

/// What a bundle is known by: its API, and where that is.
pub fn identity_schema() -> IdentitySchema {
    let attribute = |name, is_required, description| IdentityAttribute { name, description, is_required };
    IdentitySchema {
        version: 0,
        attributes: vec![
            attribute("id", true, "The id of the REST API."),
            attribute("account_id", false, "The AWS account. Default: that of the provider's credentials."),
            attribute("region", false, "The region. Default: the provider's."),
        ],
    }
}

/// These of a bundle, from the ARN that its methods are authorised under: `arn:PARTITION:execute-api:REGION:ACCOUNT:API`.
pub fn identity_of(state: &InternalApi) -> Option<Names> {
    let arn: Vec<&str> = state.execution_arn.known()?.split(':').collect();
    let [_, _, _, region, account, api] = arn[..] else { return None };
    // The account isn't known where credentials are not validated.
    let pairs =
        [("id", api), ("account_id", account), ("region", region)].into_iter().filter(|(_, value)| !value.is_empty());
    Some(pairs.map(|(name, value)| (name.to_string(), value.to_string())).collect())
}

/// The id of the REST API that is to be imported. A provider that works elsewhere would find another one, or none.
pub fn resolve(aws: &Aws, id: ImportId) -> Result<String, Diagnostics> {
    let given = match id {
        ImportId::Id(id) => return Ok(id),
        ImportId::Identity(given) => given,
    };
    let here = BTreeMap::from([("account_id", &aws.place.account), ("region", &aws.place.region)]);
    for (name, here) in here {
        if let Some(there) = given.get(name).filter(|there| *there != here && !here.is_empty()) {
            let detail = format!("The identity names the {name} {there}, and the provider works in {here}.");
            return Err(Diagnostic::error("The bundle is somewhere else", detail).into());
        }
    }
    Ok(given.get("id").cloned().unwrap_or_default())
}

/// The complete bundles of the provider's account and region, by the id of their API; whole ones as reading finds them.
pub async fn list(
    bundle: &impl Resource<Meta = Aws, Model = InternalApi>,
    call: &Call,
    aws: &Arc<Aws>,
    limit: usize,
    whole: bool,
) -> Result<Vec<Listed<InternalApi>>, Diagnostics> {
    let unlisted = |error| Diagnostics::from(Diagnostic::error("Could not list bundles", format!("{error}.")));
    let complete = rest_api::complete(aws).await.map_err(unlisted)?;
    let mut found = Vec::new();
    for (id, name) in complete.into_iter().take(limit) {
        let mut state = InternalApi {
            execution_arn: Attr::Known(aws.place.execution_arn(&id)),
            id: Attr::Known(id.clone()),
            ..InternalApi::default()
        };
        if whole {
            // It may have gone since it was listed.
            let identity = identify(aws, &id).await.map_err(unlisted)?;
            if identity.is_none() {
                continue;
            }
            let (stub, private) = Box::pin(import(aws, &id)).await?;
            match bundle.read(call, aws, stub, private).await {
                ReadResponse::Found { state: whole, .. } => state = whole,
                ReadResponse::Failed(diagnostics) => return Err(diagnostics),
                ReadResponse::Gone => continue,
            }
        }
        found.push(Listed { name, state });
    }
    Ok(found)
}

/// What a `moved` block takes from the AWS provider's state of a REST API: only which one it is, because nobody may be asked then.
pub fn moved(source: &MoveSource) -> Option<Json> {
    let is_api = source.type_name == "aws_api_gateway_rest_api" && source.provider.ends_with("/hashicorp/aws");
    let kept = ["id", "execution_arn"].map(|member| (member.to_string(), source.state[member].clone()));
    is_api.then(|| Json::Object(kept.into_iter().collect()))
}

/// A state as it is or, where a `moved` block has left nothing but an id, what importing that makes of it.
pub async fn completed(aws: &Aws, state: InternalApi, private: Vec<u8>) -> Result<(InternalApi, Vec<u8>), Diagnostics> {
    match state.id.known().filter(|_| state.name.is_null()) {
        Some(id) => import(aws, id).await,
        None => Ok((state, private)),
    }
}

/// A first state from the id of a REST API. Its arguments are those that would make what there is; what they can't say, the read that
/// follows tells as drift.
pub async fn import(aws: &Aws, id: &str) -> Result<(InternalApi, Vec<u8>), Diagnostics> {
    let unread = |error: AwsError| Diagnostics::from(diagnose::unread(id, &error.to_string()));
    let Some(api) = foreign::look(aws, id).await.map_err(unread)? else { return Err(no_such_api(aws, id).into()) };
    let Some(identity) = identify(aws, id).await.map_err(unread)? else { return Box::pin(adopt(aws, id, &api)).await };
    // Names that the provider hasn't given are found by way of the API.
    let Found { known, .. } = Box::pin(walk(aws, id, &api)).await.map_err(unread)?;
    let scope = Scope { identity: identity.clone(), known, ..Scope::default() };
    let mut observed = observe(aws, &scope).await.map_err(unread)?;
    observed.children.retain(|child, live| is_marked(live) || !is_piece(child));
    observed.given = handed_in(aws, &observed).await.map_err(unread)?;
    let state = InternalApi {
        id: Attr::Known(id.to_string()),
        execution_arn: Attr::Known(aws.place.execution_arn(id)),
        ..arguments(&observed, &aws.place)
    };
    let mut private = Private { identity, observed, ..Private::default() };
    if private.observed.children.values().any(|live| has_strange_name(&private.identity, live)) {
        // What differed when it was adopted can't be told from what was changed since.
        let graph = desired(&state, &aws.place, &private.identity);
        private.accepted = differences(&graph, &private.observed).unwrap_or_default();
    }
    Ok((state, private.write()))
}

/// What may be handed in, or belongs to that: it is the bundle's only if its tags say so.
fn is_piece(child: &ChildName) -> bool {
    let of_api = [rest_api::KIND, deployment::KIND, stage::KIND];
    !of_api.contains(&child.kind())
}

fn is_marked(live: &Live) -> bool {
    live.tags.as_ref().is_some_and(|tags| tags.contains_key(tags::CHILD))
}

/// Whether somebody else has made what is a child now.
fn has_strange_name(identity: &Identity, live: &Live) -> bool {
    let is_named = [load_balancer::KIND, target_group::KIND, vpc_link::KIND].contains(&live.name.kind());
    is_named && !names::recognise(&identity.bundle, live.text("aws_name"))
}

fn no_such_api(aws: &Aws, id: &str) -> Diagnostic {
    let detail = format!(
        "There is no REST API {id:?} in {}. Give the id of the REST API, such as a1b2c3d4e5, and check region and account.",
        aws.place.region
    );
    Diagnostic::error("No such API", detail)
}

/// What takes the place of children that the bundle doesn't have: what its API and its listeners lead to. What is gone isn't among it.
async fn handed_in(aws: &Aws, observed: &Observed) -> Result<BTreeMap<ChildName, Live>, AwsError> {
    let mut given = BTreeMap::new();
    let has = |child: &ChildName| observed.children.contains_key(child);
    let named = |child: &ChildName, member: &str| -> Vec<String> {
        let value = observed.children.get(child).and_then(|live| live.spec.get(member)).cloned().unwrap_or_default();
        let one = value.as_str().map(|id| vec![id.to_string()]);
        one.or_else(|| serde_json::from_value(value).ok()).unwrap_or_default()
    };
    let (api, link, balancer) = (rest_api::child(), vpc_link::child(), load_balancer::child());
    let mut endpoints = named(&api, "vpc_endpoint_ids");
    endpoints.sort();
    take(aws, &mut given, vpc_endpoint::child(), endpoints.into_iter().filter(|_| !has(&vpc_endpoint::child())))
        .await?;
    take(aws, &mut given, link.clone(), named(&api, "vpc_link_id").into_iter().filter(|_| !has(&link))).await?;
    let from_link = given.get(&link).and_then(|live| live.spec.get("target_arn")?.as_str().map(str::to_string));
    let users = observed.children.keys().filter(|child| [listener::KIND, target_group::KIND].contains(&child.kind()));
    let used = users.flat_map(|child| named(child, "load_balancer_arn"));
    let arns = from_link.into_iter().chain(named(&link, "target_arn")).chain(used);
    take(aws, &mut given, balancer.clone(), arns.filter(|_| !has(&balancer))).await?;
    Ok(given)
}

/// Takes the first of these objects that exists in the place of a child.
async fn take(
    aws: &Aws,
    given: &mut BTreeMap<ChildName, Live>,
    child: ChildName,
    ids: impl Iterator<Item = String>,
) -> Result<(), AwsError> {
    for id in ids {
        if let Some(live) = look_up(aws, &child, &id).await? {
            given.insert(child, live);
            break;
        }
    }
    Ok(())
}
