//! Who owns a bundle, as AWS's tags tell it. The rules, and why two bundles of one name can't harm each other, are in ADR 11.
//!
//! The REST API is the anchor: a bundle is complete once its API carries [`COMPLETE`]. Claiming what another creation has left and
//! completing one's own are each a write followed by a look at what the other would have written. So of two that run at the same
//! time at least one sees the other.

use std::collections::BTreeSet;

use tfplugin::Diagnostic;

use super::model::InternalApi;
use super::{diagnose, drift};
use crate::aws::tags::{self, COMPLETE, OWNER, Tagging, Tags};
use crate::aws::{Aws, AwsError, unless_gone};
use crate::child::{ChildName, Identity, Live};
use crate::children::{load_balancer, rest_api, security_group, target_group, vpc_endpoint, vpc_link};
use crate::reconcile::{Failure, Observed};

/// Claims what another creation of this name has left: it died, or was given up, before its bundle was complete.
///
/// The API is claimed here, the rest by whoever brings the tags of the children up to date. A bundle that is complete is refused.
pub async fn claim(aws: &Aws, identity: &Identity, found: &Observed) -> Result<(), Diagnostic> {
    for api in apis(found) {
        if api.tags.as_ref().is_some_and(|tags| tags.contains_key(COMPLETE)) {
            return Err(diagnose::taken(&identity.bundle, &api.id));
        }
    }
    for api in apis(found) {
        let before = api.tags.as_ref().and_then(|tags| tags.get(OWNER)).cloned().unwrap_or_default();
        let unread = |error: AwsError| diagnose::unread(&identity.bundle, &error.to_string());
        own(aws, api, &identity.owner).await.map_err(unread)?;
        let now = tags::read_api_gateway(aws, api.text("arn")).await.map_err(unread)?;
        if now.contains_key(COMPLETE) {
            // The other one has completed it in this very moment.
            own(aws, api, &before).await.map_err(unread)?;
            return Err(diagnose::taken(&identity.bundle, &api.id));
        }
    }
    Ok(())
}

/// Marks a bundle as complete: the last thing that a creation does. It fails if somebody has claimed the API in the meantime.
pub async fn complete(aws: &Aws, identity: &Identity, observed: &mut Observed) -> Result<(), Failure> {
    let Some(api) = observed.children.get_mut(&rest_api::child()) else { return Ok(()) };
    let fail = |error: AwsError| match error.is_not_found() {
        true => failure(api, error.because("another apply that creates a bundle of the same name has deleted it")),
        false => failure(api, error),
    };
    let mark: Tags = [(COMPLETE.to_string(), identity.owner.clone())].into();
    tags::write(aws, Tagging::ApiGateway, api.text("arn"), &mark, &[]).await.map_err(fail)?;
    let now = tags::read_api_gateway(aws, api.text("arn")).await.map_err(fail)?;
    if now.get(OWNER) != Some(&identity.owner) {
        let why = "another apply that creates a bundle of the same name has taken it over in the meantime";
        return Err(failure(api, AwsError::internal(why)));
    }
    api.tags = Some(now);
    Ok(())
}

/// Whose an API is that the state or a user names by its id.
pub async fn identify(aws: &Aws, api: &str) -> Result<Option<Identity>, AwsError> {
    let arn = aws.place.api_arn(&format!("/restapis/{api}"));
    Ok(unless_gone(tags::read_api_gateway(aws, &arn).await)?.as_ref().and_then(told))
}

/// Whose a bundle is that a state tells of. Its API says so or, where that has gone, the first of the other children that is still
/// there: a destroy that was cut short may have left any of them. What was handed in is no child and isn't asked. What has another
/// owner than the state was taken over by a creation of the same name.
pub async fn recall(aws: &Aws, state: &InternalApi) -> Result<Option<Identity>, AwsError> {
    let is_ours = |identity: &Identity| state.owner.known().is_none_or(|owner| *owner == identity.owner);
    if let Some(api) = state.id.known()
        && let Some(identity) = identify(aws, api).await?.filter(is_ours)
    {
        return Ok(Some(identity));
    }
    for (child, id) in state.children.known().into_iter().flatten() {
        let (child, Some(id)) = (ChildName::from(child.as_str()), id.known()) else { continue };
        let Some(tags) = unless_gone(read(aws, &child, drift::plain(id)).await)? else { continue };
        if let (Some(identity), Some(told)) = (told(&tags).filter(is_ours), tags.get(tags::CHILD))
            && told == child.as_str()
        {
            return Ok(Some(identity));
        }
    }
    Ok(None)
}

/// The tags of a child by its id. Those that exist only within an API have none to tell once that is gone.
async fn read(aws: &Aws, child: &ChildName, id: &str) -> Result<Tags, AwsError> {
    match child.kind() {
        security_group::KIND | vpc_endpoint::KIND => tags::read_ec2(aws, id).await,
        load_balancer::KIND | target_group::KIND => {
            Ok(tags::read_elb(aws, &[id.to_string()]).await?.remove(id).unwrap_or_default())
        }
        vpc_link::KIND => tags::read_api_gateway(aws, &aws.place.api_arn(&format!("/vpclinks/{id}"))).await,
        _ => Ok(Tags::new()),
    }
}

/// Bundle and owner, as an object's tags tell them.
fn told(tags: &Tags) -> Option<Identity> {
    let (bundle, owner) = (tags.get(tags::BUNDLE)?.clone(), tags.get(OWNER)?.clone());
    Some(Identity { bundle, owner, ..Identity::default() })
}

/// The owners of what another creation has left: whoever claims that is their heir.
pub fn ancestors(found: &Observed) -> BTreeSet<String> {
    found.all().filter_map(|live| live.tags.as_ref()?.get(OWNER).cloned()).collect()
}

fn apis(found: &Observed) -> impl Iterator<Item = &Live> {
    found.all().filter(|live| live.name == rest_api::child())
}

async fn own(aws: &Aws, api: &Live, owner: &str) -> Result<(), AwsError> {
    let tags = [(OWNER.to_string(), owner.to_string())].into();
    tags::write(aws, Tagging::ApiGateway, api.text("arn"), &tags, &[]).await
}

fn failure(api: &Live, error: AwsError) -> Failure {
    Failure { child: Some(ChildName::single(rest_api::KIND)), verb: "complete", id: Some(api.id.clone()), error }
}
