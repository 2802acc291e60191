//! Desired against observed gives steps. Pure, and used by plan and apply alike: plan decides, apply obeys.

use std::collections::BTreeMap;

use super::given::{Given, released};
use super::{Graph, Observed, Permitted};
use crate::aws::tags::{Tags, difference};
use crate::child::{Change, ChildName, Kind, Live, Outputs, Spec, Status, Tagging, has_unknown, unknown};
use crate::children;

/// What will be done, in an order that respects every input.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The desired children, each after all that it takes something from.
    pub steps: Vec<Step>,
    /// What exists and isn't desired.
    pub deletions: Vec<Live>,
    /// The outputs of what was handed in.
    pub given: BTreeMap<ChildName, Outputs>,
}

/// What will be done about one desired child.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which child.
    pub name: ChildName,
    /// What.
    pub action: Action,
    /// Its outputs afterwards. Those that only AWS can tell are unknown or, of a new child, missing.
    pub outputs: Outputs,
}

/// What is done about a child.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// It is as desired.
    Keep,
    /// It doesn't exist.
    Create,
    /// It changes in place.
    Update(Vec<Change>),
    /// AWS can't change it: a new one is made, everything moves over, the old one goes.
    Replace(Vec<Change>),
    /// It is beyond repair: it goes first, then a new one is made.
    Recreate(String),
}

impl Step {
    /// Whether a value that is known forces a replacement. If not, it may still turn out to be none, unless it follows from another.
    pub fn is_forced(&self) -> bool {
        let (Action::Replace(changes), Some(kind)) = (&self.action, children::kind(self.name.kind())) else {
            return false;
        };
        changes.iter().any(|change| kind.replaces(change) && !has_unknown(&change.to))
    }
}

/// Steps from observed to desired.
pub fn plan(desired: &Graph, observed: &Observed) -> Plan {
    let given = desired.given_outputs(observed);
    let mut outputs = given.clone();
    let mut steps = Vec::new();
    for node in desired.order().unwrap_or_default() {
        let Some(kind) = children::kind(node.name.kind()) else { continue };
        let resolved = node.resolve(&outputs);
        let live = observed.children.get(&node.name);
        let action = decide(kind, &resolved, &node.tags, live);
        let after = outputs_after(kind, &action, live, &resolved);
        outputs.insert(node.name.clone(), after.clone());
        steps.push(Step { name: node.name.clone(), action, outputs: after });
    }
    let released = released(desired.given().filter_map(Given::known_id), observed);
    let unwanted = observed.children.values().filter(|live| desired.get(&live.name).is_none());
    // A child that is handed in now is the bundle's no more.
    let deletions = unwanted.chain(&observed.extras).filter(|live| !released.contains(&live.id)).cloned().collect();
    Plan { steps, deletions, given }
}

/// Of several that claim one name, the one that need not be replaced. A killed replacement has left an old child and its successor,
/// and what was known as the child is the old one.
pub fn choose(desired: &Graph, mut observed: Observed) -> Observed {
    if observed.extras.is_empty() {
        return observed;
    }
    let mut outputs = desired.given_outputs(&observed);
    for node in desired.order().unwrap_or_default() {
        let Some(kind) = children::kind(node.name.kind()) else { continue };
        let resolved = node.resolve(&outputs);
        let stays =
            |live: &Live| matches!(decide(kind, &resolved, &node.tags, Some(live)), Action::Keep | Action::Update(_));
        let is_settled = observed.children.get(&node.name).is_some_and(stays);
        let better = observed.extras.iter().position(|extra| extra.name == node.name && stays(extra));
        if let Some(place) = better.filter(|_| !is_settled) {
            let better = observed.extras.remove(place);
            observed.extras.extend(observed.children.insert(node.name.clone(), better));
        }
        let live = observed.children.get(&node.name);
        let action = decide(kind, &resolved, &node.tags, live);
        outputs.insert(node.name.clone(), outputs_after(kind, &action, live, &resolved));
    }
    observed
}

/// The outputs of a child once it is as desired; few are known of a new one.
fn outputs_after(kind: &dyn Kind, action: &Action, live: Option<&Live>, wanted: &Spec) -> Outputs {
    match (action, live) {
        (Action::Keep, Some(live)) => kind.planned_outputs(wanted, live, &[]),
        (Action::Update(changes), Some(live)) => kind.planned_outputs(wanted, live, changes),
        _ => kind.new_outputs(wanted, live),
    }
}

/// What to do about a child whose inputs are resolved as far as they can be.
pub fn decide(kind: &dyn Kind, wanted: &Spec, tags: &Tags, live: Option<&Live>) -> Action {
    let Some(live) = live else { return Action::Create };
    if let Status::Failed(reason) = &live.status {
        return Action::Recreate(reason.clone());
    }
    let mut changes = kind.drift(wanted, &live.spec);
    if changes.iter().any(|change| kind.replaces(change)) {
        return Action::Replace(changes);
    }
    changes.extend(tag_change(kind, tags, live));
    if changes.is_empty() { Action::Keep } else { Action::Update(changes) }
}

/// The name under which a difference of tags appears among changes.
pub const TAGS: &str = "tags";

fn tag_change(kind: &dyn Kind, wanted: &Tags, live: &Live) -> Option<Change> {
    let have = live.tags.as_ref().filter(|_| kind.tagging() != Tagging::None)?;
    let (set, unset) = difference(wanted, have);
    let differs = !set.is_empty() || !unset.is_empty();
    differs.then(|| Change { field: TAGS.into(), from: serde_json::json!(have), to: serde_json::json!(wanted) })
}

impl Plan {
    /// The step for a child.
    pub fn step(&self, name: &ChildName) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == *name)
    }

    /// An output of a child after the plan; unknown when only AWS can tell, `None` when there is no such child.
    pub fn output(&self, name: &ChildName, output: &str) -> Option<serde_json::Value> {
        let outputs = self.step(name).map(|step| &step.outputs).or_else(|| self.given.get(name))?;
        Some(outputs.get(output).cloned().unwrap_or_else(unknown))
    }

    /// Whether nothing will be done.
    pub fn is_empty(&self) -> bool {
        self.deletions.is_empty() && self.steps.iter().all(|step| step.action == Action::Keep)
    }

    /// What the plan destroys, which an apply may do and nothing more.
    pub fn permitted(&self) -> Permitted {
        let replaced = self.steps.iter().filter(|step| matches!(step.action, Action::Replace(_) | Action::Recreate(_)));
        replaced.map(|step| step.name.clone()).chain(self.deletions.iter().map(|live| live.name.clone())).collect()
    }

    /// The differences of children that exist.
    pub fn changes(&self) -> Vec<(ChildName, Vec<Change>)> {
        let changes = self.steps.iter().filter_map(|step| match &step.action {
            Action::Update(changes) | Action::Replace(changes) => Some((step.name.clone(), changes.clone())),
            Action::Recreate(reason) => {
                let change = Change { field: "status".into(), from: reason.clone().into(), to: "ready".into() };
                Some((step.name.clone(), vec![change]))
            }
            Action::Keep | Action::Create => None,
        });
        changes.collect()
    }
}
