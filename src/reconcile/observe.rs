//! What exists of a bundle, in as few calls as AWS allows.

use futures::future::{try_join, try_join_all};

use super::given::released;
use super::{Observed, look_up};
use crate::aws::{Aws, AwsError, tags, unless_gone};
use crate::child::{ChildName, Claim, Kind, Live, Scope, Status, Tagging};
use crate::children;

/// Finds every child of the bundle that `scope` names, and looks at what was handed in.
pub async fn observe(aws: &Aws, scope: &Scope) -> Result<Observed, AwsError> {
    let given = try_join_all(scope.given.iter().map(|(name, id)| look_up(aws, name, id)));
    let (observed, given) = try_join(children(aws, scope.clone()), given).await?;
    let given = given.into_iter().flatten().map(|live| (live.name.clone(), live)).collect();
    let observed = Observed { given, ..observed };
    // What is handed in is no child, whatever its tags say.
    let released = released(scope.given.values().map(String::as_str), &observed);
    Ok(observed.without(&released))
}

/// Kinds are read at the same time, except where one needs another's ids.
async fn children(aws: &Aws, mut scope: Scope) -> Result<Observed, AwsError> {
    let mut strangers = Vec::new();
    for wave in children::WAVES {
        let reads = wave.iter().map(|kind| kind.observe(aws, &scope));
        let found: Vec<Vec<Live>> = try_join_all(reads).await?;
        // What carries its tags is sorted out at once: nobody needs to know what a stranger's API has in it.
        let (ours, theirs) = own(&scope, found.into_iter().flatten().collect());
        scope.found.extend(ours);
        strangers.extend(theirs);
    }
    let found = tagged(aws, std::mem::take(&mut scope.found)).await?;
    let (ours, theirs) = own(&scope, found);
    strangers.extend(theirs);
    Ok(Observed { strangers, ..sort(ours, &scope) })
}

/// Finds what there is of one kind, given what `scope` says was found of others.
pub async fn observe_kind(aws: &Aws, scope: &Scope, kind: &dyn Kind) -> Result<Vec<Live>, AwsError> {
    let found = tagged(aws, kind.observe(aws, scope).await?).await?;
    Ok(own(scope, found).0)
}

/// The children of the bundle by their right names, and those of its namesakes. What is neither is dropped, and what doesn't carry its
/// tags in its description stays as it is.
fn own(scope: &Scope, found: Vec<Live>) -> (Vec<Live>, Vec<Live>) {
    let (mut ours, mut namesakes) = (Vec::new(), Vec::new());
    for live in found {
        let Some(tags) = &live.tags else {
            ours.push(live);
            continue;
        };
        match (scope.child(live.name.kind(), &live.id, tags), scope.identity.claim(tags)) {
            (Some(name), _) => ours.push(Live { name, ..live }),
            (None, Claim::Namesake(child)) => namesakes.push(Live { name: ChildName::from(child.as_str()), ..live }),
            (None, _) => {}
        }
    }
    (ours, namesakes)
}

/// Reads the tags of what doesn't carry them in its description, all at once.
async fn tagged(aws: &Aws, found: Vec<Live>) -> Result<Vec<Live>, AwsError> {
    let untagged = |live: &Live| {
        let kind = children::kind(live.name.kind());
        live.tags.is_none() && kind.is_some_and(|kind| kind.tagging() == Tagging::Elb)
    };
    let arns: Vec<String> = found.iter().filter(|live| untagged(live)).map(|live| live.id.clone()).collect();
    if arns.is_empty() {
        return Ok(found);
    }
    let mut all = unless_gone(tags::read_elb(aws, &arns).await)?.unwrap_or_default();
    let with_tags = |live: Live| match untagged(&live) {
        // What has no answer has gone since it was listed.
        true => all.remove(&live.id).map(|tags| Live { tags: Some(tags), ..live }),
        false => Some(live),
    };
    Ok(found.into_iter().filter_map(with_tags).collect())
}

/// One child a name: of several, the latest that has not failed, and none that is already on its way out. Not every kind tells its age,
/// so what was known as the child counts before a stranger.
fn sort(mut found: Vec<Live>, scope: &Scope) -> Observed {
    let is_stranger = |live: &Live| scope.known.get(&live.name).is_none_or(|known| known.id != live.id);
    found.sort_by_key(|live| {
        (matches!(live.status, Status::Failed(_)), std::cmp::Reverse(live.created), is_stranger(live), live.id.clone())
    });
    let mut observed = Observed::default();
    for live in found {
        if live.status == Status::Deleting {
            observed.leaving.push(live);
        } else if observed.children.contains_key(&live.name) {
            observed.extras.push(live);
        } else {
            observed.children.insert(live.name.clone(), live);
        }
    }
    observed
}
