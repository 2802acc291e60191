//! Objects that were handed in: the bundle uses them, and never changes or deletes them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::Observed;
use crate::aws::{Aws, AwsError, ErrorKind};
use crate::child::{Change, ChildName, Input, Live, Outputs, Spec, spec};
use crate::children;

/// An object that takes the place of a child.
#[derive(Clone, Debug)]
pub struct Given {
    /// The child in whose place it is.
    pub name: ChildName,
    /// What AWS calls it.
    pub id: Input<String>,
    /// What it must be like to be of use.
    pub expected: Spec,
}

/// What is done with such an object, in words for a failure.
pub const USE: &str = "use";
/// What is said of an id that AWS doesn't know.
pub const NOT_THERE: &str = "AWS has no such object in the provider's account and region";

/// The ids of objects that were handed in, by the child in whose place they are.
pub type Ids = BTreeMap<ChildName, String>;

/// The ids of objects that are handed in, and of the security groups that they have. None of them is a child, even if it was one.
pub fn released<'a>(ids: impl Iterator<Item = &'a str>, known: &'a Observed) -> BTreeSet<String> {
    let mut released: BTreeSet<String> = ids.map(str::to_string).collect();
    let all = known.given.values().chain(known.children.values()).filter(|live| released.contains(&live.id));
    let groups = all.filter_map(|live| live.spec.get("security_group_ids")?.as_array()).flatten();
    let groups: Vec<String> = groups.filter_map(|id| id.as_str().map(str::to_string)).collect();
    released.extend(groups);
    released
}

impl Given {
    /// The object with this id, which must be like `expected`.
    pub fn new<T: Serialize>(name: ChildName, id: Input<String>, expected: &T) -> Self {
        Self { name, id, expected: spec(expected) }
    }

    /// The id, if it is known.
    pub fn known_id(&self) -> Option<&str> {
        match &self.id {
            Input::Known(id) => Some(id),
            _ => None,
        }
    }

    /// What siblings and users can take from it: all, if it has been looked at, or else what follows from its id.
    pub fn outputs(&self, observed: &Observed) -> Outputs {
        let (Some(id), Some(kind)) = (self.known_id(), children::kind(self.name.kind())) else { return Outputs::new() };
        match observed.given.get(&self.name).filter(|live| live.id == id) {
            Some(live) => kind.planned_outputs(&Spec::new(), live, &[]),
            None => kind.given_outputs(id),
        }
    }

    /// Why the object is of no use, if it isn't.
    pub fn objection(&self, live: &Live) -> Option<AwsError> {
        let changes = children::kind(self.name.kind())?.drift(&self.expected, &live.spec);
        let told: Vec<String> = changes.iter().map(difference).collect();
        (!told.is_empty()).then(|| AwsError { kind: ErrorKind::Invalid, ..AwsError::internal(told.join("; ")) })
    }
}

fn difference(change: &Change) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    format!("its {} is {}, and {} is needed", change.field, plain(&change.from), plain(&change.to))
}

/// The object as it is, or nothing when AWS knows none of this id. One call, for a load balancer two.
pub async fn look_up(aws: &Aws, name: &ChildName, id: &str) -> Result<Option<Live>, AwsError> {
    match children::kind(name.kind()).and_then(|kind| kind.slow()) {
        Some(slow) => slow.get(aws, &Live::unread(name, id)).await,
        None => Ok(None),
    }
}
