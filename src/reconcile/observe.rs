//! What exists of a bundle, in as few calls as AWS allows.

use futures::future::try_join_all;

use super::Observed;
use crate::aws::{Aws, AwsError, tags};
use crate::child::{Kind, Live, Scope, Status, Tagging};
use crate::children;

/// Finds every child of the bundle that `scope` names. Kinds are read at the same time, except where one needs another's ids.
pub async fn observe(aws: &Aws, scope: &Scope) -> Result<Observed, AwsError> {
    let mut scope = scope.clone();
    for wave in children::WAVES {
        let reads = wave.iter().map(|kind| kind.observe(aws, &scope));
        let found: Vec<Vec<Live>> = try_join_all(reads).await?;
        scope.found.extend(found.into_iter().flatten());
    }
    let found = std::mem::take(&mut scope.found);
    let found = own(aws, &scope, found).await?;
    Ok(sort(found, &scope))
}

/// Finds what there is of one kind, given what `scope` says was found of others.
pub async fn observe_kind(aws: &Aws, scope: &Scope, kind: &dyn Kind) -> Result<Vec<Live>, AwsError> {
    own(aws, scope, kind.observe(aws, scope).await?).await
}

/// Reads the tags of what doesn't carry them in its description, all at once, and drops whatever isn't the bundle's.
async fn own(aws: &Aws, scope: &Scope, found: Vec<Live>) -> Result<Vec<Live>, AwsError> {
    let untagged = |live: &Live| {
        let kind = children::kind(live.name.kind());
        live.tags.is_none() && kind.is_some_and(|kind| kind.tagging() == Tagging::Elb)
    };
    let arns: Vec<String> = found.iter().filter(|live| untagged(live)).map(|live| live.id.clone()).collect();
    if arns.is_empty() {
        return Ok(found);
    }
    let mut all = tags::read_elb(aws, &arns).await?;
    let owned = found.into_iter().filter_map(|live| {
        if !untagged(&live) {
            return Some(live);
        }
        let tags = all.remove(&live.id).unwrap_or_default();
        let name = scope.child(live.name.kind(), &live.id, &tags)?;
        Some(Live { name, tags: Some(tags), ..live })
    });
    Ok(owned.collect())
}

/// One child a name: of several, the latest that has not failed. Not every kind tells its age, so what was known as the child counts
/// before a stranger.
fn sort(mut found: Vec<Live>, scope: &Scope) -> Observed {
    let is_stranger = |live: &Live| scope.known.get(&live.name).is_none_or(|known| known.id != live.id);
    found.sort_by_key(|live| {
        (matches!(live.status, Status::Failed(_)), std::cmp::Reverse(live.created), is_stranger(live), live.id.clone())
    });
    let mut observed = Observed::default();
    for live in found {
        if observed.children.contains_key(&live.name) {
            observed.extras.push(live);
        } else {
            observed.children.insert(live.name.clone(), live);
        }
    }
    observed
}
