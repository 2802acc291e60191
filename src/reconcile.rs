//! The engine: observe what is, diff it with what is desired, execute the steps, verify the result.
//!
//! It knows no particular child. Create, update, delete, repair of drift and resuming after a crash differ only in the desired
//! [`Graph`]; deleting is the empty graph.

pub mod accepted;
pub mod diff;
pub mod execute;
pub mod given;
pub mod graph;
pub mod observe;
pub mod wait;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use accepted::{Accepted, Marks};
pub use diff::{Action, Plan, Step, choose, plan};
pub use given::{Given, look_up};
pub use graph::{Graph, Node};
pub use observe::{observe, observe_kind};

use crate::aws::retry::{BOUNDS, Bounds};
use crate::aws::{Aws, AwsError};
use crate::child::{Change, ChildName, Live, Scope};

/// Everything of a bundle that exists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The children by name.
    pub children: BTreeMap<ChildName, Live>,
    /// More that claim a name already taken: what an interrupted replacement has left. They are deleted.
    pub extras: Vec<Live>,
    /// What was handed in, by the child in whose place it is. It isn't the bundle's: nothing is ever done about it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<ChildName, Live>,
    /// Children that AWS is still deleting. They count as gone, but what takes their place, and what they use, has to wait for that.
    #[serde(skip)]
    pub leaving: Vec<Live>,
    /// Children of a bundle of the same name that has another owner. Nothing is done about them.
    #[serde(skip)]
    pub strangers: Vec<Live>,
}

impl Observed {
    /// Whether nothing of the bundle exists.
    pub fn is_empty(&self) -> bool {
        self.children.is_empty() && self.extras.is_empty()
    }

    /// Everything, what is to be deleted included.
    pub fn all(&self) -> impl Iterator<Item = &Live> {
        self.children.values().chain(&self.extras)
    }

    /// A child, or what was handed in in its place.
    pub fn find(&self, name: &ChildName) -> Option<&Live> {
        self.given.get(name).or_else(|| self.children.get(name))
    }

    /// Without the children of these ids.
    fn without(mut self, ids: &BTreeSet<String>) -> Self {
        self.children.retain(|_, live| !ids.contains(&live.id));
        self.extras.retain(|live| !ids.contains(&live.id));
        self
    }

    /// Whether something of the bundle has this id.
    pub fn has(&self, id: &str) -> bool {
        self.all().any(|live| live.id == id)
    }
}

/// What may be destroyed: the names of children that the plan announced as replaced or deleted.
pub type Permitted = BTreeSet<ChildName>;

/// The circumstances of one run.
pub struct Run<'a> {
    /// Where.
    pub aws: &'a Aws,
    /// Which bundle, and what was known of it.
    pub scope: Scope,
    /// What may be destroyed.
    pub permitted: Permitted,
    /// When to give up.
    pub deadline: Instant,
    /// Stops the run between two calls.
    pub cancel: CancellationToken,
}

/// What a run has come to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What exists now, as far as the run could see.
    pub observed: Observed,
    /// What was done, in order, one line each.
    pub journal: Vec<String>,
    /// The ids of what was deleted.
    pub removed: BTreeSet<String>,
    /// What failed.
    pub failures: Vec<Failure>,
    /// What AWS has warned of.
    pub warnings: Vec<(ChildName, String)>,
    /// Where AWS shows something else than it was given, although every step succeeded.
    pub unverified: Vec<(ChildName, Vec<Change>)>,
    /// Why the result could not be looked at, although every step succeeded.
    pub unread: Option<AwsError>,
}

/// A step that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which child; none when the run failed before any step.
    pub child: Option<ChildName>,
    /// What was being done, such as `create`.
    pub verb: &'static str,
    /// The object's id in AWS, if it had one.
    pub id: Option<String>,
    /// What went wrong.
    pub error: AwsError,
}

/// Brings the bundle into the desired form.
pub async fn reconcile(run: &Run<'_>, desired: &Graph, before: Observed) -> Outcome {
    let bounds = Bounds { cancel: run.cancel.clone(), deadline: run.deadline };
    BOUNDS.scope(bounds, bring(run, desired, before)).await
}

async fn bring(run: &Run<'_>, desired: &Graph, before: Observed) -> Outcome {
    let mut outcome = execute::execute(run, desired, before).await;
    if !outcome.failures.is_empty() || desired.is_empty() {
        return outcome;
    }
    match verify(run, desired, &outcome).await {
        Ok(observed) => {
            outcome.unverified = plan(desired, &observed).changes();
            outcome.failures = lost(&outcome.observed, &observed);
            outcome.observed = observed;
        }
        Err(error) => outcome.unread = Some(error),
    }
    outcome
}

/// What belongs to somebody else now: a creation of the same name that ran at the same time has taken it over.
fn lost(made: &Observed, seen: &Observed) -> Vec<Failure> {
    let taken = |live: &&Live| seen.strangers.iter().any(|stranger| stranger.id == live.id);
    let failure = |live: &Live| Failure {
        child: Some(live.name.clone()),
        verb: "keep",
        id: Some(live.id.clone()),
        error: AwsError::internal(
            "another apply that creates a bundle of the same name has taken it over in the meantime",
        ),
    };
    made.children.values().filter(taken).map(failure).collect()
}

/// How often the result is looked at until AWS shows it: its answers may be some seconds behind.
const LOOKS: u32 = 4;

/// Looks at the result, again where AWS doesn't show all of it yet.
async fn verify(run: &Run<'_>, desired: &Graph, outcome: &Outcome) -> Result<Observed, AwsError> {
    // The specs just written tell which of AWS's many values are ours to compare.
    let known = outcome.observed.children.clone();
    let scope = Scope { known, given: desired.given_ids(), found: Vec::new(), ..run.scope.clone() };
    let looking = async {
        let mut looks = 1;
        loop {
            let seen = observe(run.aws, &scope).await?;
            let shown = plan(desired, &seen).changes().is_empty()
                && outcome.observed.children.keys().all(|name| seen.children.contains_key(name));
            if shown || looks == LOOKS || !wait::between_looks().await {
                return Ok(believe(seen, outcome));
            }
            looks += 1;
        }
    };
    tokio::select! {
        biased;
        () = run.cancel.cancelled() => Err(AwsError::internal("Terraform was interrupted")),
        seen = tokio::time::timeout_at(run.deadline, looking) => {
            seen.unwrap_or_else(|_| Err(AwsError::internal("the time was up")))
        }
    }
}

/// What a look right after a change says, with what the run knows better: AWS's answers may be late. What was just deleted is gone
/// even if it is still listed, and what was just made is there even if it isn't listed yet. What turned out to be somebody else's isn't
/// the bundle's, and neither is what lies in that, such as the stage of an API.
pub fn believe(mut seen: Observed, outcome: &Outcome) -> Observed {
    seen.children.retain(|_, live| !outcome.removed.contains(&live.id));
    seen.extras.retain(|live| !outcome.removed.contains(&live.id));
    seen.leaving.retain(|live| !outcome.removed.contains(&live.id));
    let lies_in = |live: &Live, api: &str| live.spec.get("rest_api_id").is_some_and(|id| id == api);
    let is_lost = |live: &Live| seen.strangers.iter().any(|other| other.id == live.id || lies_in(live, &other.id));
    let made = outcome.observed.all();
    let made: Vec<Live> = made.filter(|live| !is_lost(live) && !seen.has(&live.id)).cloned().collect();
    for live in made {
        match seen.children.contains_key(&live.name) {
            true => seen.extras.push(live),
            false => drop(seen.children.insert(live.name.clone(), live)),
        }
    }
    seen
}
