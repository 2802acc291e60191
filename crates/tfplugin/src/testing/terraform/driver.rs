mod calls;

use std::{collections::BTreeSet, fmt};

use super::{judge, judge::Violation, places, stored};
use crate::{
    MoveSource,
    diagnostic::{Diagnostic, Diagnostics, Severity},
    identity::Identity,
    schema::Schema,
    testing::{Planned, Rpc, Stored},
    value::{Path, Value},
};

/// One object in the hands of somebody who does with it what Terraform does, and objects to what Terraform objects to.
pub struct Driver {
    rpc: Rpc,
    type_name: String,
    object: Option<Object>,
    /// What a new object has replaced, and what hasn't gone yet.
    deposed: Option<Object>,
    resolved: BTreeSet<String>,
    warnings: Vec<Diagnostic>,
    tampering: Option<Tampering>,
}

/// What is stored of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Its attributes.
    pub state: Value,
    /// The provider's private bytes.
    pub private: Vec<u8>,
    /// What it is known by apart from its state, where the resource has such a thing.
    pub identity: Option<Identity>,
    /// Whether the next plan is to replace it.
    pub is_tainted: bool,
}

/// What a plan comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// The object is made.
    Create,
    /// It is changed.
    Update,
    /// It is made anew.
    Replace,
    /// It is destroyed.
    Delete,
}

/// What comes first in a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The old object goes before the new one comes, which is the default.
    DeleteFirst,
    /// As with `create_before_destroy`.
    CreateFirst,
}

/// A plan that was judged and found good.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it comes to.
    pub action: Action,
    /// The state after apply, as far as it is known.
    pub state: Value,
    /// Handed to the apply.
    pub private: Vec<u8>,
    /// What the object will be known by; nothing where only an apply can tell.
    pub identity: Option<Identity>,
    /// What a user is told.
    pub diagnostics: Diagnostics,
    config: Value,
}

/// Why Terraform stops.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// The provider says no before anything is done, and a user is told why.
    Refused(Diagnostics),
    /// It could not do what it has planned, and a user is told why.
    Failed(Diagnostics),
    /// The provider is broken, and a user is told that.
    Violated(Vec<Violation>),
    /// The protocol itself is.
    Lost(String),
}

/// Changes answers on their way, to see whether that is noticed.
pub struct Tampering {
    /// Changes a plan.
    pub plan: fn(&mut Planned),
    /// Changes the result of a creation, an update or a deletion.
    pub apply: fn(&mut Stored),
    /// Changes what was read.
    pub read: fn(&mut Stored),
    /// Changes what a stored state was upgraded to.
    pub upgrade: fn(&mut Value),
}

impl Default for Tampering {
    fn default() -> Tampering {
        Tampering { plan: |_| (), apply: |_| (), read: |_| (), upgrade: |_| () }
    }
}

impl From<String> for Trouble {
    fn from(error: String) -> Trouble {
        Trouble::Lost(error)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Refused(diagnostics) | Trouble::Failed(diagnostics) => write!(f, "{diagnostics:?}"),
            Trouble::Violated(violations) => violations.iter().try_for_each(|one| writeln!(f, "{one}")),
            Trouble::Lost(error) => f.write_str(error),
        }
    }
}

const NOT_CONVERGED: &str = "Provider plans changes right after apply";
const UNSTABLE_PLAN: &str = "Provider plans another thing when asked again";
const NO_IDENTITY: &str = "Missing resource identity after apply";
const LOST_PRIVATE: &str = "Provider loses its private bytes";
const OWN_BUG: &str = "Provider reports a bug of its own";
const INVALID_UPGRADE: &str = "Invalid resource state upgrade";
const CHANGED_IDENTITY: &str = "Provider produced invalid identity";
const DELETE_LEFT: &str = "Provider returned a state after deleting";

impl Driver {
    /// Begins without an object. The provider must be configured already, but for plans that need nothing of that.
    pub fn new(rpc: Rpc, type_name: &str) -> Driver {
        let (type_name, warnings) = (type_name.to_owned(), Vec::new());
        Driver { rpc, type_name, object: None, deposed: None, resolved: BTreeSet::new(), warnings, tampering: None }
    }

    /// The same with answers that are changed on their way.
    pub fn tampered(self, tampering: Tampering) -> Driver {
        Driver { tampering: Some(tampering), ..self }
    }

    /// The object that a new one has replaced, if it is still there: its deletion has failed, or that of what replaces it. Terraform
    /// shows it as deposed, and the next apply deletes it.
    pub fn deposed(&self) -> Option<&Object> {
        self.deposed.as_ref()
    }

    /// What is stored.
    pub fn object(&self) -> Option<&Object> {
        self.object.as_ref()
    }

    /// Stores something else, such as the state of another provider's version.
    pub fn set_object(&mut self, object: Option<Object>) {
        self.object = object;
    }

    /// Every attribute that was unknown in a plan and known when that was applied.
    pub fn resolved(&self) -> &BTreeSet<String> {
        &self.resolved
    }

    /// The warnings of all plans and applies so far.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// As `terraform taint`.
    pub fn taint(&mut self) {
        self.object.iter_mut().for_each(|object| object.is_tainted = true);
    }

    /// As `terraform apply -refresh-only`: the state is upgraded and read.
    ///
    /// # Errors
    ///
    /// Like everything here: [`Trouble`] says who is to blame.
    pub async fn refresh(&mut self) -> Result<(), Trouble> {
        self.read(true).await
    }

    /// What an object is known by stays, but for what an import has left out.
    async fn read(&mut self, keeps_identity: bool) -> Result<(), Trouble> {
        let Some(object) = self.object.clone() else { return Ok(()) };
        let json = stored::json(&object.state).to_string();
        let version = self.schema()?.version;
        let (mut state, found) = self.rpc.upgrade(&self.type_name, version, &json).await?;
        if let Some(tampering) = &self.tampering {
            (tampering.upgrade)(&mut state);
        }
        self.allow(found)?;
        if state != object.state {
            return Err(violated(INVALID_UPGRADE, format!("{:?} became {state:?}", object.state)));
        }
        let rpc = self.rpc.known_as(object.identity.clone());
        let mut read = rpc.read(&self.type_name, &state, &object.private).await?;
        if let Some(tampering) = &self.tampering {
            (tampering.read)(&mut read);
        }
        self.allow(read.diagnostics)?;
        if !object.private.is_empty() && read.private.is_empty() && !read.state.is_null() {
            return Err(violated(LOST_PRIVATE, "ReadResource returns none".to_owned()));
        }
        good(judge::stored(judge::INVALID_OBJECT, self.schema()?, &read.state))?;
        let is_there = !read.state.is_null();
        if is_there && keeps_identity {
            same_identity(object.identity.as_ref(), read.identity.as_ref())?;
        }
        self.object =
            is_there.then_some(Object { state: read.state, private: read.private, identity: read.identity, ..object });
        Ok(())
    }

    /// As `terraform plan`: refreshes, and plans what leads to this configuration.
    pub async fn plan(&mut self, config: &Value) -> Result<Plan, Trouble> {
        self.allow(self.rpc.validate(&self.type_name, config).await?)?;
        self.refresh().await?;
        self.plan_only(config).await
    }

    /// As `terraform plan -refresh=false`.
    pub async fn plan_only(&mut self, config: &Value) -> Result<Plan, Trouble> {
        self.allow(self.rpc.validate(&self.type_name, config).await?)?;
        let Some(object) = self.object.clone() else { return self.ask(None, config, b"", Action::Create).await };
        if object.is_tainted {
            // Terraform doesn't trust the private bytes of an object that is half made, so its deletion goes without them.
            return self.ask(None, config, b"", Action::Replace).await;
        }
        let plan = self.ask(Some(&object), config, &object.private, Action::Update).await?;
        match plan.action {
            Action::Replace => self.ask(None, config, &plan.private, Action::Replace).await,
            _ => Ok(plan),
        }
    }

    /// As `terraform apply` of a plan: what was unknown is known by now, so everything is planned once more and must come to the same.
    /// What an earlier replacement has left behind goes, too.
    pub async fn apply(&mut self, plan: &Plan, config: &Value, order: Order) -> Result<Action, Trouble> {
        self.bury().await?;
        match plan.action {
            Action::NoOp => {}
            Action::Create => self.create(plan, config).await?,
            Action::Update => {
                let last = self.confirm(plan, config).await?;
                if last.action == Action::Update {
                    self.change(&last, config).await?;
                }
            }
            Action::Replace if order == Order::DeleteFirst => {
                self.delete(&plan.private).await?;
                self.create(plan, config).await?;
            }
            Action::Replace => {
                self.deposed = self.object.take();
                self.create(plan, config).await?;
                self.bury().await?;
            }
            Action::Delete => self.delete(&plan.private).await?,
        }
        self.note_resolved(&plan.config, config)?;
        Ok(plan.action)
    }

    /// As the beginning of an apply, or of each half of a replacement: what was unknown is known by now, and what is planned for that
    /// must not contradict the plan.
    pub async fn confirm(&mut self, plan: &Plan, config: &Value) -> Result<Plan, Trouble> {
        let last = match plan.action {
            Action::Create | Action::Replace => {
                self.allow(self.rpc.validate(&self.type_name, config).await?)?;
                self.ask(None, config, b"", plan.action).await?
            }
            Action::Update | Action::NoOp | Action::Delete => self.plan_only(config).await?,
        };
        good(judge::final_plan(&plan.state, &last.state))?;
        // An update may turn out to be none.
        if last.action != plan.action && last.action != Action::NoOp {
            let detail = format!("was {:?}, but now is {:?}", plan.action, last.action);
            return Err(violated(judge::INCONSISTENT_PLAN, detail));
        }
        Ok(last)
    }

    /// Plans with one configuration, applies with another in which everything is known, and sees to it that nothing is left to do.
    pub async fn settle(&mut self, planned: &Value, config: &Value, order: Order) -> Result<Action, Trouble> {
        let plan = self.plan(planned).await?;
        let action = self.apply(&plan, config, order).await?;
        let before = self.object.clone();
        let next = self.plan(config).await?;
        if next.action != Action::NoOp || self.object != before {
            let states = before.map_or(Value::Null, |object| object.state);
            let changes = judge::final_plan(&states, &next.state);
            let told: Vec<String> = changes.iter().map(Violation::to_string).collect();
            return Err(violated(NOT_CONVERGED, format!("{:?}: {}", next.action, told.join("; "))));
        }
        Ok(action)
    }

    /// As `terraform plan -destroy`, without the refresh.
    pub async fn plan_destroy(&mut self) -> Result<Plan, Trouble> {
        let Some(object) = self.object.clone() else {
            return Err(Trouble::Lost("there is nothing to destroy".to_owned()));
        };
        self.ask(Some(&object), &Value::Null, &object.private, Action::Delete).await
    }

    /// As `terraform destroy`.
    pub async fn destroy(&mut self) -> Result<(), Trouble> {
        self.bury().await?;
        self.refresh().await?;
        if self.object.is_some() {
            let plan = self.plan_destroy().await?;
            self.delete(&plan.private).await?;
        }
        Ok(())
    }

    /// As `terraform import`.
    pub async fn import(&mut self, id: &str) -> Result<(), Trouble> {
        let imported = self.rpc.import(&self.type_name, id).await?;
        self.adopt(imported).await
    }

    /// The same by what the object is known by: an `import` block with an `identity`.
    pub async fn import_by(&mut self, identity: &Identity) -> Result<(), Trouble> {
        let imported = self.rpc.import_by(&self.type_name, identity).await?;
        self.adopt(imported).await
    }

    /// A `moved` block from another type, and the read that follows it.
    pub async fn take_over(&mut self, source: &MoveSource) -> Result<(), Trouble> {
        let moved = self.rpc.move_state(&self.type_name, source, b"").await?;
        self.adopt(moved).await
    }

    async fn adopt(&mut self, imported: Stored) -> Result<(), Trouble> {
        self.allow(imported.diagnostics.clone())?;
        good(judge::stored(judge::INVALID_OBJECT, self.schema()?, &imported.state))?;
        if imported.state.is_null() {
            return Err(violated("Import returned null resource", "there is no state".to_owned()));
        }
        let Stored { state, private, identity, .. } = imported;
        self.object = Some(Object { state, private, identity, is_tainted: false });
        self.read(false).await?;
        if self.object.is_none() {
            let gone = Diagnostic::error("Cannot import non-existent remote object", "Reading it found nothing.");
            return Err(Trouble::Refused(gone.into()));
        }
        Ok(())
    }

    fn schema(&self) -> Result<&Schema, Trouble> {
        let declared = self.rpc.schemas().resources.get(&self.type_name);
        declared.map(|declared| &declared.schema).ok_or_else(|| Trouble::Lost(format!("no {}", self.type_name)))
    }

    fn allow(&mut self, found: Diagnostics) -> Result<(), Trouble> {
        let own = |one: &&Diagnostic| one.detail.contains("This is a bug in the provider");
        if let Some(bug) = found.iter().find(own) {
            return Err(violated(OWN_BUG, format!("{}: {}", bug.summary, bug.detail)));
        }
        if found.has_errors() {
            return Err(Trouble::Refused(found));
        }
        self.warnings.extend(found.into_iter().filter(|one| one.severity == Severity::Warning));
        Ok(())
    }

    fn note_resolved(&mut self, planned: &Value, config: &Value) -> Result<(), Trouble> {
        for place in places(self.schema()?, planned) {
            if judge::at(planned, &place.path) == Some(&Value::Unknown)
                && judge::at(config, &place.path).is_some_and(|value| !value.is_null())
            {
                self.resolved.insert(place.attribute);
            }
        }
        Ok(())
    }
}

/// What an object is known by stays, from when it is known.
fn same_identity(before: Option<&Identity>, now: Option<&Identity>) -> Result<(), Trouble> {
    match before {
        Some(before) if now != Some(before) => Err(violated(CHANGED_IDENTITY, format!("{before:?} became {now:?}"))),
        _ => Ok(()),
    }
}

fn good(found: Vec<Violation>) -> Result<(), Trouble> {
    if found.is_empty() { Ok(()) } else { Err(Trouble::Violated(found)) }
}

fn violated(rule: &'static str, detail: String) -> Trouble {
    Trouble::Violated(vec![Violation { rule, path: Path::root(), detail }])
}
