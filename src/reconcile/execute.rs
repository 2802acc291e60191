//! Runs steps: first everything is built and moved over, as parallel as the inputs allow, then what is no longer needed goes.
//!
//! Nothing is torn down before everything new is in place, so there is no moment in which something deployed points at
//! something gone; and when building fails, nothing has been lost.

mod handed_in;
mod teardown;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use futures::future::{join, join_all};
use tokio::sync::watch;
use tokio::time::Instant;

use self::teardown::{Doomed, Way};
use super::diff::{Action, TAGS, decide};
use super::given::{Given, released};
use super::{Failure, Graph, Node, Observed, Outcome, Run, choose, observe_kind, plan, wait};
use crate::aws::{AwsError, ErrorKind, names, tags};
use crate::child::{Change, ChildName, Kind, Live, Outputs, Spec, WARNINGS, Wanted, has_unknown};
use crate::children;

/// Executes what leads from `before` to `desired`.
pub async fn execute(run: &Run<'_>, desired: &Graph, before: Observed) -> Outcome {
    let order = match desired.order() {
        Ok(order) => order,
        Err(error) => {
            return Outcome {
                observed: before,
                failures: vec![failure(None, "plan", None, error)],
                ..Outcome::default()
            };
        }
    };
    let released = released(desired.given().filter_map(Given::known_id), &before);
    let before = choose(desired, before.without(&released));
    let (doomed, leaving) = (plan(desired, &before).deletions, before.leaving.clone());
    let work = Work::new(run, before);
    let given = join_all(desired.given().map(|given| work.accept(given)));
    join(given, join_all(order.into_iter().map(|node| work.bring(node)))).await;
    let mut doomed: Vec<Doomed> = doomed.into_iter().map(|live| Doomed { live, way: Way::Delete }).collect();
    doomed.append(&mut work.lock().replaced);
    doomed.extend(leaving.into_iter().map(|live| Doomed { live, way: Way::Leaving }));
    // A creation may have been answered with something that was there before, and is a child now.
    let mut kept: BTreeSet<String> = BTreeSet::new();
    {
        let mut state = work.lock();
        let observed = &mut state.outcome.observed;
        kept.extend(
            observed.children.values().filter(|live| desired.get(&live.name).is_some()).map(|live| live.id.clone()),
        );
        observed.extras.retain(|extra| !kept.contains(&extra.id));
    }
    doomed.retain(|one| !kept.contains(&one.live.id));
    if work.lock().outcome.failures.is_empty() {
        join_all(doomed.iter().map(|one| work.remove(one, &doomed))).await;
        work.tidy().await;
    }
    work.finish()
}

/// How often a creation is tried whose answers get lost, and how often what it may have made is looked for each time: listings have
/// been seen to be seconds behind, and three pauses are nine.
const TRIES: u32 = 3;
const LOOKS: u32 = 4;
/// How often a child is made that AWS gives up on for a reason that passes: each round takes a minute or more, and a load balancer has
/// been seen to be held by a deleted link for less.
const ROUNDS: u32 = 3;

/// How far a child has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Created,
    Ready,
    Gone,
    Failed,
}

struct Work<'a, 'r> {
    run: &'a Run<'r>,
    /// By child name while building, by [`phase_key`] while tearing down.
    phases: watch::Sender<BTreeMap<String, Phase>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    outputs: BTreeMap<ChildName, Outputs>,
    taken: BTreeSet<String>,
    replaced: Vec<Doomed>,
    untidy: Vec<Wanted>,
    outcome: Outcome,
}

impl<'a, 'r> Work<'a, 'r> {
    fn new(run: &'a Run<'r>, before: Observed) -> Self {
        let all = before.all();
        let taken = all.map(|live| live.text("aws_name").to_string()).collect();
        let outcome = Outcome { observed: before, ..Outcome::default() };
        let state = Mutex::new(State { taken, outcome, ..State::default() });
        Self { run, phases: watch::Sender::new(BTreeMap::new()), state }
    }

    /// Brings one child into its desired form and waits until it is ready.
    async fn bring(&self, node: &Node) {
        let name = node.name.as_str().to_string();
        for source in node.sources() {
            let least = if source.ready { Phase::Ready } else { Phase::Created };
            if !self.reached(source.child.as_str(), least).await {
                return self.reach(name, Phase::Failed);
            }
        }
        match self.change(node).await {
            Ok(()) => self.reach(name, Phase::Ready),
            Err(failure) => {
                self.lock().outcome.failures.push(failure);
                self.reach(name, Phase::Failed);
            }
        }
    }

    async fn change(&self, node: &Node) -> Result<(), Failure> {
        let Some(kind) = children::kind(node.name.kind()) else { return Ok(()) };
        let (spec, live) = {
            let state = self.lock();
            (node.resolve(&state.outputs), state.outcome.observed.children.get(&node.name).cloned())
        };
        let action = decide(kind, &spec, &node.tags, live.as_ref());
        let verb = verb(&action);
        let id = live.as_ref().map(|live| live.id.clone());
        let fail = |error| failure(Some(node.name.clone()), verb, id.clone(), error);
        let may_be_known: serde_json::Value = spec.clone().into();
        if has_unknown(&may_be_known) {
            return Err(fail(AwsError::internal("an input is still unknown, which is a bug in the provider")));
        }
        if self.run.cancel.is_cancelled() && action != Action::Keep {
            return Err(fail(AwsError::internal("not begun, because Terraform was interrupted")));
        }
        let is_unplanned =
            matches!(action, Action::Replace(_) | Action::Recreate(_)) && !self.run.permitted.contains(&node.name);
        if is_unplanned {
            return Err(fail(AwsError::internal(
                "it would have to be replaced, which the plan did not say; run the plan again",
            )));
        }
        let (start, is_kept) = (Instant::now(), action == Action::Keep);
        let wanted = self.wanted(node, spec, live.as_ref()).map_err(fail)?;
        let live = self.act(kind, action, live, &wanted).await.map_err(fail)?;
        self.settle(kind, live, &wanted).await?;
        if !is_kept {
            self.finished(&format!("done {}", node.name), start);
        }
        Ok(())
    }

    /// Waits until a child is ready and may take over from its predecessor. One that AWS gave up on for a reason that passes is made anew.
    async fn settle(&self, kind: &dyn Kind, mut live: Live, wanted: &Wanted) -> Result<(), Failure> {
        let fail = |verb, id, error| failure(Some(wanted.name.clone()), verb, Some(id), error);
        let mut round = 1;
        loop {
            self.found(&live);
            self.reach(wanted.name.as_str().to_string(), Phase::Created);
            let id = live.id.clone();
            match wait::ready(self.run, kind, live.clone()).await {
                Ok(ready) => {
                    if ready.status != live.status {
                        self.note(format!("ready {}", wanted.name));
                    }
                    self.found(&ready);
                    let extras = self.lock().outcome.observed.extras.clone();
                    let succession = wait::succession(self.run, kind, &extras, &ready, wanted).await;
                    return succession.map_err(|error| fail("wait for", id, error));
                }
                Err(error) if may_pass(&error) && round < ROUNDS && !self.run.cancel.is_cancelled() => {
                    let again = self.act(kind, Action::Recreate(error.message), Some(live), wanted).await;
                    live = again.map_err(|error| fail("replace", id, error))?;
                    round += 1;
                }
                Err(error) => return Err(fail("wait for", id, error)),
            }
        }
    }

    async fn act(
        &self,
        kind: &dyn Kind,
        action: Action,
        live: Option<Live>,
        wanted: &Wanted,
    ) -> Result<Live, AwsError> {
        let aws = self.run.aws;
        match (action, live) {
            (Action::Keep, Some(live)) => Ok(Live { outputs: kind.planned_outputs(&wanted.spec, &live, &[]), ..live }),
            (Action::Update(changes), Some(live)) => {
                let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
                self.note(format!("update {}: {}", wanted.name, fields.join(", ")));
                self.update(kind, live, wanted, changes).await
            }
            (Action::Recreate(reason), Some(live)) => {
                self.note(format!("delete {} first: {reason}", wanted.name));
                kind.delete(aws, &live).await?;
                wait::gone(self.run, kind, &live).await?;
                self.lock().outcome.observed.children.remove(&wanted.name);
                self.create(kind, wanted).await
            }
            (Action::Replace(_), Some(live)) => {
                let created = self.create(kind, wanted).await?;
                self.lock().replaced.push(Doomed { live, way: Way::Retire(wanted.clone()) });
                Ok(created)
            }
            _ => self.create(kind, wanted).await,
        }
    }

    async fn update(
        &self,
        kind: &dyn Kind,
        live: Live,
        wanted: &Wanted,
        changes: Vec<Change>,
    ) -> Result<Live, AwsError> {
        let (tagging, own): (Vec<Change>, Vec<Change>) = changes.into_iter().partition(|change| change.field == TAGS);
        let mut live = live;
        if !own.is_empty() {
            if kind.prepare(self.run.aws, &live, wanted, &own).await? {
                self.note(format!("prepare {}", wanted.name));
                wait::takeover(self.run, kind, &live, wanted).await?;
            }
            let planned = kind.planned_outputs(&wanted.spec, &live, &own);
            live = kind.update(self.run.aws, &live, wanted, &own).await?;
            if let Some(serde_json::Value::Array(warnings)) = live.outputs.remove(WARNINGS) {
                let told = warnings.iter().filter_map(|text| Some((wanted.name.clone(), text.as_str()?.to_string())));
                self.lock().outcome.warnings.extend(told);
            }
            if kind.leaves(&own) {
                self.lock().untidy.push(wanted.clone());
            }
            let settled = planned.into_iter().filter(|(_, value)| !has_unknown(value));
            live.outputs.extend(settled);
        } else {
            live.outputs = kind.planned_outputs(&wanted.spec, &live, &[]);
        }
        if !tagging.is_empty() {
            let (set, unset) = tags::difference(&wanted.tags, &live.tags.clone().unwrap_or_default());
            let target = if live.text("arn").is_empty() { live.id.clone() } else { live.text("arn").to_string() };
            tags::write(self.run.aws, kind.tagging(), &target, &set, &unset).await?;
            live.tags = Some(wanted.tags.clone());
        }
        Ok(live)
    }

    /// Makes a child and completes it. When it is unclear whether AWS has made it, that is looked for before it is tried again.
    async fn create(&self, kind: &dyn Kind, wanted: &Wanted) -> Result<Live, AwsError> {
        self.make_room(kind, wanted).await?;
        self.note(format!("create {}", wanted.name));
        let mut tries = 1;
        let made = loop {
            let error = match kind.create(self.run.aws, wanted).await {
                Ok(made) => break made,
                Err(error) if error.kind != ErrorKind::Ambiguous => return Err(error),
                Err(error) => error,
            };
            if let Some(made) = self.look_for(kind, wanted).await? {
                self.note(format!("found {}", wanted.name));
                break made;
            }
            if tries == TRIES || self.run.cancel.is_cancelled() {
                return Err(error);
            }
            tries += 1;
        };
        // From here on it is on record, whatever becomes of the rest.
        self.found(&made);
        let changes = kind.drift(&wanted.spec, &made.spec);
        if changes.is_empty() { Ok(made) } else { self.update(kind, made, wanted, changes).await }
    }

    /// AWS refuses some of what would take the place of something that it is still deleting: an endpoint with the same private DNS
    /// name, a second link to a load balancer.
    async fn make_room(&self, kind: &dyn Kind, wanted: &Wanted) -> Result<(), AwsError> {
        let leaving: Vec<Live> = {
            let state = self.lock();
            state.outcome.observed.leaving.iter().filter(|live| live.name == wanted.name).cloned().collect()
        };
        for live in &leaving {
            wait::gone(self.run, kind, live).await?;
        }
        Ok(())
    }

    /// What a creation without an answer has made, once AWS shows it.
    async fn look_for(&self, kind: &dyn Kind, wanted: &Wanted) -> Result<Option<Live>, AwsError> {
        let mut scope = self.run.scope.clone();
        {
            let state = self.lock();
            let observed = &state.outcome.observed;
            scope.known = observed.children.clone();
            scope.found = observed.all().cloned().collect();
        }
        let old: BTreeSet<String> = scope.found.iter().map(|live| live.id.clone()).collect();
        let mut looks = 1;
        loop {
            let found = observe_kind(self.run.aws, &scope, kind).await?;
            let made = found.into_iter().find(|live| live.name == wanted.name && !old.contains(&live.id));
            if made.is_some() || looks == LOOKS || !wait::between_looks().await {
                return Ok(made);
            }
            looks += 1;
        }
    }

    fn wanted(&self, node: &Node, spec: Spec, live: Option<&Live>) -> Result<Wanted, AwsError> {
        let identity = self.run.scope.identity.clone();
        let mut state = self.lock();
        // A replacement stands beside its predecessor and so needs another name; otherwise the first name is the child's.
        let mut names = names::candidates(&identity.bundle, node.name.as_str()).into_iter();
        let free = names.find(|name| live.is_none() || !state.taken.contains(name));
        let aws_name = free.ok_or_else(|| AwsError::internal("too many predecessors still hold its names"))?;
        state.taken.insert(aws_name.clone());
        let predecessor = live.map(|live| live.spec.clone()).unwrap_or_default();
        Ok(Wanted { name: node.name.clone(), identity, aws_name, spec, tags: node.tags.clone(), predecessor })
    }

    fn found(&self, live: &Live) {
        let mut state = self.lock();
        state.outputs.insert(live.name.clone(), live.outputs.clone());
        let observed = &mut state.outcome.observed;
        let before = observed.children.insert(live.name.clone(), live.clone());
        // A predecessor exists until it is retired, and must not be forgotten if that never comes.
        observed.extras.extend(before.filter(|before| before.id != live.id));
    }

    /// Tells the log that a child is done with, and how long that took. Its beginning was [`noted`](Self::note).
    fn finished(&self, line: &str, start: Instant) {
        let took = start.elapsed().as_millis().to_string();
        let bundle = self.run.scope.identity.bundle.clone();
        tfplugin::log::info(line, &[("bundle", bundle), ("duration_ms", took)]);
    }

    fn note(&self, line: String) {
        tfplugin::log::info(&line, &[("bundle", self.run.scope.identity.bundle.clone())]);
        self.lock().outcome.journal.push(line);
    }

    fn reach(&self, name: String, phase: Phase) {
        self.phases.send_modify(|phases| {
            phases.insert(name, phase);
        });
    }

    /// Waits until something has come at least this far; `false` when it never will.
    async fn reached(&self, name: &str, least: Phase) -> bool {
        let mut phases = self.phases.subscribe();
        let seen = phases.wait_for(|phases| phases.get(name).is_some_and(|phase| *phase >= least)).await;
        seen.is_ok_and(|phases| phases.get(name) != Some(&Phase::Failed))
    }

    /// The lock is never held across an await, and a panic while it is held can't leave a half-written state.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn finish(self) -> Outcome {
        self.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).outcome
    }
}

/// Whether a wait has ended because AWS gave up on the object for a reason that passes, and not because a call failed.
fn may_pass(error: &AwsError) -> bool {
    error.kind == ErrorKind::Busy && error.operation.is_empty()
}

fn verb(action: &Action) -> &'static str {
    match action {
        Action::Keep => "keep",
        Action::Create => "create",
        Action::Update(_) => "update",
        Action::Replace(_) | Action::Recreate(_) => "replace",
    }
}

fn failure(child: Option<ChildName>, verb: &'static str, id: Option<String>, error: AwsError) -> Failure {
    Failure { child, verb, id, error }
}
