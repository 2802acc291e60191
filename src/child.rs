//! What a child is.
//!
//! A *child* is one AWS object of the bundle: a security group, the load balancer, one listener. Its [`Kind`] knows how to
//! observe, create, update and delete it, and nothing else: it never waits, retries, logs or looks at a sibling. The engine in
//! [`crate::reconcile`] does each of those once for all kinds.
//!
//! What a child should be and what it is are written in the same form, its *spec*: a JSON object with one member per
//! comparable property. A member that is absent on either side is not compared.

mod input;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use input::{Input, Source, has_unknown, is_unknown, source_of, unknown};

pub use crate::aws::tags::{Claim, Identity, Tagging, Tags};
use crate::aws::{Aws, AwsError};

/// One kind of AWS object. Implementations live in [`crate::children`], one file each.
pub trait Kind: Send + Sync {
    /// The first part of the child's name, such as `listener`.
    fn name(&self) -> &'static str;

    /// Everything of this kind that may belong to the bundle, found with as few calls as the service allows. Whose it is, and which
    /// child, its tags decide later, for all kinds in one place.
    fn observe<'a>(&'a self, aws: &'a Aws, scope: &'a Scope) -> Task<'a, Vec<Live>>;

    /// Makes the object, tags and all, in one call. Its spec tells what it is like by then; the engine has [`Kind::update`] make up
    /// what is missing, when the object is already on record. [`Slow::get`] and [`Live::status`] tell when it is ready.
    fn create<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted) -> Task<'a, Live>;

    /// Completes or changes an existing object so that `changes` vanish. Tags are not its business.
    fn update<'a>(&'a self, aws: &'a Aws, live: &'a Live, wanted: &'a Wanted, changes: &'a [Change]) -> Task<'a, Live>;

    /// The first half of a change that callers would notice if it were made at once: what has to stand beside the old until
    /// [`Kind::may_take_over`]. Says whether there was anything to do.
    fn prepare<'a>(
        &'a self,
        _aws: &'a Aws,
        _live: &'a Live,
        _wanted: &'a Wanted,
        _changes: &'a [Change],
    ) -> Task<'a, bool> {
        Box::pin(async { Ok(false) })
    }

    /// Whether the new may take over from the old, which still serves: of a prepared change, or of an object and its replacement.
    fn may_take_over<'a>(&'a self, _aws: &'a Aws, _old: &'a Live, _new: &'a Wanted) -> Task<'a, Status> {
        Box::pin(async { Ok(Status::Ready) })
    }

    /// Deletes the object. One that is already gone is a success.
    fn delete<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, ()>;

    /// Puts away an object that a replacement has taken over from. Usually that is [`Kind::delete`].
    fn retire<'a>(&'a self, aws: &'a Aws, old: &'a Live, _new: &'a Wanted) -> Task<'a, ()> {
        self.delete(aws, old)
    }

    /// Whether an update leaves something for [`Kind::tidy`].
    fn leaves(&self, _changes: &[Change]) -> bool {
        false
    }

    /// Puts away what an update leaves, once everything stands and all that is no longer needed has gone.
    fn tidy<'a>(&'a self, _aws: &'a Aws, _wanted: &'a Wanted) -> Task<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Whether AWS can make this change only with a new object.
    fn replaces(&self, change: &Change) -> bool;

    /// The differences between what is wanted and what is live.
    fn drift(&self, wanted: &Spec, live: &Spec) -> Vec<Change> {
        compare(wanted, live)
    }

    /// What the outputs of a live child will be once `changes` are made; [`unknown`] marks one that only AWS can tell.
    fn planned_outputs(&self, _wanted: &Spec, live: &Live, _changes: &[Change]) -> Outputs {
        live.outputs.clone()
    }

    /// The outputs of one that is yet to be made, as far as they follow from what is wanted or from the one in whose place it comes.
    /// All others are unknown.
    fn new_outputs(&self, _wanted: &Spec, _old: Option<&Live>) -> Outputs {
        Outputs::new()
    }

    /// What follows from the id alone of an object that was handed in.
    fn given_outputs(&self, id: &str) -> Outputs {
        [("id".to_string(), Value::from(id))].into()
    }

    /// Which tagging API serves this kind.
    fn tagging(&self) -> Tagging;

    /// How to wait for the object, when AWS makes or removes it in the background.
    fn slow(&self) -> Option<&dyn Slow> {
        None
    }
}

/// The part of a kind whose objects take time to appear and to go.
pub trait Slow: Send + Sync {
    /// The object as it is now, or `None` when it no longer exists. One call, made again and again by the engine.
    fn get<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, Option<Live>>;

    /// The longest wait for it to become ready, and to disappear.
    fn patience(&self) -> Patience;

    /// Whether AWS's reason for having given up on an object passes by itself, so that another one may become ready.
    fn passes(&self, _reason: &str) -> bool {
        false
    }
}

/// A call to AWS in progress.
pub type Task<'a, T> = Pin<Box<dyn Future<Output = Result<T, AwsError>> + Send + 'a>>;

/// The output in which an update tells what AWS has warned of. It goes no further than the run.
pub const WARNINGS: &str = "$warnings";

/// The comparable properties of a child.
pub type Spec = Map<String, Value>;

/// What a child offers to siblings and users, such as `arn`.
pub type Outputs = BTreeMap<String, Value>;

/// Limits of two waits; both come from the durations seen on AWS with a wide margin.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From created or changed to ready.
    pub ready: Duration,
    /// From deleted to no longer found.
    pub gone: Duration,
}

/// The name of a child in its bundle: a kind, and a key where a bundle has several: `vpc_link`, `listener/products`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChildName(String);

impl ChildName {
    /// The only child of its kind.
    pub fn single(kind: &str) -> Self {
        Self(kind.to_string())
    }

    /// One of several children of a kind.
    pub fn keyed(kind: &str, key: &str) -> Self {
        Self(format!("{kind}/{key}"))
    }

    /// The part before the slash.
    pub fn kind(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The part after the slash, and before a second one where a key has several children of a kind.
    pub fn key(&self) -> Option<&str> {
        self.0.split('/').nth(1)
    }

    /// One of several children that a key has of a kind.
    pub fn part(&self, part: &str) -> Self {
        Self(format!("{self}/{part}"))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChildName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for ChildName {
    fn from(name: &str) -> Self {
        Self(name.to_string())
    }
}

/// A child that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Which child it is, from its tags or its place.
    pub name: ChildName,
    /// What AWS calls it: an id or an ARN.
    pub id: String,
    /// What can be compared.
    pub spec: Spec,
    /// What siblings and users need.
    pub outputs: Outputs,
    /// Its tags; `None` where a kind has none or they are read later with others.
    pub tags: Option<Tags>,
    /// Whether it can be used.
    pub status: Status,
    /// Orders several that claim one name: the latest wins.
    pub created: i64,
}

impl Live {
    /// One of which nothing is known but its id.
    pub fn unread(name: &ChildName, id: &str) -> Self {
        let (spec, outputs) = (Spec::new(), Outputs::new());
        let status = Status::Pending("not looked at".into());
        Self { name: name.clone(), id: id.to_string(), spec, outputs, tags: None, status, created: 0 }
    }

    /// An output as a string; empty when it is missing.
    pub fn text(&self, output: &str) -> &str {
        self.outputs.get(output).and_then(Value::as_str).unwrap_or_default()
    }

    /// The spec in the kind's own type.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, AwsError> {
        typed(&self.spec, &self.name)
    }
}

/// Whether a child can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// AWS is still at work.
    Pending(String),
    /// It can be used.
    Ready,
    /// It will never become ready; the reason is AWS's.
    Failed(String),
    /// It is on its way out.
    Deleting,
}

/// A child as it should be, with every input resolved.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which child.
    pub name: ChildName,
    /// Whose it is.
    pub identity: Identity,
    /// The name to give it in AWS, unique in the bundle's account and region.
    pub aws_name: String,
    /// The properties.
    pub spec: Spec,
    /// The tags, those of the bundle included.
    pub tags: Tags,
    /// What there is of it, or of what it takes the place of; empty of one that is new.
    pub predecessor: Spec,
}

impl Wanted {
    /// The spec in the kind's own type.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, AwsError> {
        typed(&self.spec, &self.name)
    }
}

fn typed<T: DeserializeOwned>(spec: &Spec, name: &ChildName) -> Result<T, AwsError> {
    serde_json::from_value(Value::Object(spec.clone()))
        .map_err(|error| AwsError::internal(format!("the spec of {name} does not fit its kind: {error}")))
}

/// Turns a kind's own type into a spec. Members that serialise as nothing are not compared.
pub fn spec<T: Serialize>(value: &T) -> Spec {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => members,
        _ => Spec::new(),
    }
}

/// Where to look for a bundle's children.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Whose children.
    pub identity: Identity,
    /// The VPC of the bundle.
    pub vpc_id: String,
    /// Children known from earlier, by name.
    pub known: BTreeMap<ChildName, Live>,
    /// The ids of objects that take the place of children, and don't belong to the bundle.
    pub given: BTreeMap<ChildName, String>,
    /// Children that this observation has found so far.
    pub found: Vec<Live>,
    /// Whether what another owner has left under this name counts as the bundle's, as it does when a creation looks around.
    pub adopting: bool,
}

impl Scope {
    /// The children of a kind found so far.
    pub fn found_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Live> {
        self.found.iter().filter(move |live| live.name.kind() == kind)
    }

    /// Whether something of this AWS name or id may be the bundle's: names are derived from the bundle, so that a child can be found
    /// again without any record. Its tags have the last word.
    pub fn may_be_ours(&self, kind: &str, aws_name: &str, id: &str) -> bool {
        self.known.values().any(|live| live.name.kind() == kind && live.id == id)
            || crate::aws::names::recognise(&self.identity.bundle, aws_name)
    }

    /// The child that an object is: its tags say so, or, where somebody has removed those, what was known of its id.
    pub fn child(&self, kind: &str, id: &str, tags: &Tags) -> Option<ChildName> {
        match self.identity.claim(tags) {
            Claim::Ours(child) => Some(ChildName::from(child.as_str())),
            Claim::Namesake(child) => self.adopting.then(|| ChildName::from(child.as_str())),
            Claim::Theirs => None,
            Claim::Unsaid => {
                self.known.values().find(|live| live.name.kind() == kind && live.id == id).map(|live| live.name.clone())
            }
        }
    }

    /// Ids of a kind that were known and aren't among `found`: objects that are gone, or whose tags are.
    pub fn missing(&self, kind: &str, found: &[&str]) -> Vec<String> {
        let known = self.known.values().filter(|live| live.name.kind() == kind && !found.contains(&live.id.as_str()));
        known.map(|live| live.id.clone()).collect()
    }
}

/// One difference between wanted and live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The spec's member.
    pub field: String,
    /// What is.
    pub from: Value,
    /// What should be; may hold unknown parts at plan time.
    pub to: Value,
}

/// Compares member by member. Lists stand for sets: their order never matters.
pub fn compare(wanted: &Spec, live: &Spec) -> Vec<Change> {
    let mut changes = Vec::new();
    for (field, to) in wanted {
        let Some(from) = live.get(field) else { continue };
        if normal(to) != normal(from) {
            changes.push(Change { field: field.clone(), from: from.clone(), to: to.clone() });
        }
    }
    changes
}

/// The value with every list sorted, so that equal sets are equal.
pub fn normal(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(normal).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), normal(value))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_sets_and_absent_members_are_not_compared() {
        let wanted = json!({"a": ["x", "y"], "b": 1, "only_wanted": 2});
        let live = json!({"a": ["y", "x"], "b": 2, "only_live": 3});
        let changes = compare(wanted.as_object().unwrap(), live.as_object().unwrap());
        assert_eq!(changes.iter().map(|change| change.field.as_str()).collect::<Vec<_>>(), ["b"]);
    }
}
