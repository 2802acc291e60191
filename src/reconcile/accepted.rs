//! What differs from the recipe in a bundle that somebody else has built, and is left as it is: adopting a bundle changes nothing.
//!
//! A difference is accepted for as long as the arguments want what they wanted then. When an argument changes, or somebody changes the
//! object, the member is compared like any other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Action, Graph, Observed, Plan};
use crate::aws::tags::{Tags, is_own};
use crate::child::{Change, ChildName, Spec, normal};
use crate::reconcile::diff::TAGS;

/// What is accepted of each child that was adopted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accepted(BTreeMap<ChildName, Exceptions>);

/// What is accepted of one child.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exceptions {
    /// Members of its spec.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    members: BTreeMap<String, Exception<Value>>,
    /// Its tags, without the bundle's own.
    tags: Exception<Tags>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Exception<T> {
    wanted: T,
    seen: T,
}

/// Whether objects that were adopted get the tags of the bundle, by which they are found again. The first apply writes them; a plan
/// doesn't ask for them, so that it is empty where nothing else is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// Those that are there are right.
    Tolerated,
    /// All are wanted.
    Wanted,
}

impl Accepted {
    /// Whether nothing was adopted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a child was adopted.
    pub fn holds(&self, child: &ChildName) -> bool {
        self.0.contains_key(child)
    }

    /// What is accepted of a child.
    pub fn of(&self, child: &ChildName) -> Option<&Exceptions> {
        self.0.get(child)
    }

    /// Accepts everything in which existing children differ from what a plan wants.
    pub fn accept(&mut self, desired: &Graph, plan: &Plan, observed: &Observed) {
        for step in &plan.steps {
            let (Some(node), Some(live)) = (desired.get(&step.name), observed.children.get(&step.name)) else {
                continue;
            };
            let exceptions = self.0.entry(step.name.clone()).or_default();
            let users = |tags: &Tags| tags.clone().into_iter().filter(|(key, _)| !is_own(key)).collect();
            let seen = live.tags.as_ref().map(users).unwrap_or_default();
            exceptions.tags = Exception { wanted: users(&node.tags), seen };
            let (Action::Update(changes) | Action::Replace(changes)) = &step.action else { continue };
            for Change { field, from, to } in changes.iter().filter(|change| change.field != TAGS) {
                exceptions.members.insert(field.clone(), Exception { wanted: to.clone(), seen: from.clone() });
            }
        }
    }

    /// Forgets what is no longer so: children that are gone, and members that were changed since.
    pub fn forget_what_changed(&mut self, observed: &Observed) {
        self.0.retain(|child, _| observed.children.contains_key(child));
        for (child, exceptions) in &mut self.0 {
            let spec = observed.children.get(child).map(|live| &live.spec);
            exceptions.members.retain(|field, exception| {
                spec.and_then(|spec| spec.get(field)).is_none_or(|now| normal(now) == normal(&exception.seen))
            });
        }
    }

    /// Gives a child another name.
    pub fn rename(&mut self, from: &ChildName, to: ChildName) {
        if let Some(exceptions) = self.0.remove(from) {
            self.0.insert(to, exceptions);
        }
    }
}

impl Exceptions {
    /// A wanted spec with what is accepted in it.
    pub fn apply(&self, wanted: &mut Spec) {
        for (field, exception) in &self.members {
            if wanted.get(field).is_some_and(|now| normal(now) == normal(&exception.wanted)) {
                wanted.insert(field.clone(), exception.seen.clone());
            }
        }
    }

    /// The tags that are right for a child that has `live`. What it has beyond those of the arguments stays.
    pub fn tags(&self, wanted: &Tags, live: &Tags, marks: Marks) -> Tags {
        let is_right = |key: &String, value: &String| marks == Marks::Wanted || live.get(key) == Some(value);
        let (own, users): (Tags, Tags) = wanted.clone().into_iter().partition(|(key, _)| is_own(key));
        let mut right = self.tags.seen.clone();
        if users != self.tags.wanted {
            right.retain(|key, _| !self.tags.wanted.contains_key(key));
            right.extend(users);
        }
        right.extend(own.into_iter().filter(|(key, value)| is_right(key, value)));
        right
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    #[test]
    fn a_difference_is_accepted_until_the_arguments_want_something_else() {
        let exception = Exception { wanted: json!(["a", "b"]), seen: json!([]) };
        let accepted = Exceptions { members: [("x".to_string(), exception)].into(), ..Exceptions::default() };
        let applied = |wanted: Value| {
            let mut spec: Spec = [("x".to_string(), wanted)].into_iter().collect();
            accepted.apply(&mut spec);
            spec["x"].clone()
        };
        assert_eq!(applied(json!(["b", "a"])), json!([]));
        assert_eq!(applied(json!(["a"])), json!(["a"]));
    }

    #[test]
    fn tags_that_were_there_stay_whatever_the_arguments_say_later() {
        let exception =
            Exception { wanted: tags(&[("team", "shop")]), seen: tags(&[("Name", "nlb"), ("team", "old")]) };
        let accepted = Exceptions { tags: exception, ..Exceptions::default() };
        let wanted = |team: &str| tags(&[("team", team), ("privgw:bundle", "shop")]);
        let right = |team: &str, live: &[(&str, &str)], marks| accepted.tags(&wanted(team), &tags(live), marks);
        assert_eq!(right("shop", &[], Marks::Tolerated), tags(&[("Name", "nlb"), ("team", "old")]));
        let marked = tags(&[("Name", "nlb"), ("privgw:bundle", "shop"), ("team", "old")]);
        assert_eq!(right("shop", &[], Marks::Wanted), marked);
        assert_eq!(right("shop", &[("privgw:bundle", "shop")], Marks::Tolerated), marked);
        assert_eq!(right("new", &[], Marks::Tolerated), tags(&[("Name", "nlb"), ("team", "new")]));
    }
}
