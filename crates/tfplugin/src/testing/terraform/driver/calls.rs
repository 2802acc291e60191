//! The calls of a plan and of an apply, and what is to be said against their answers.

use super::{
    Action, CHANGED_IDENTITY, DELETE_LEFT, Driver, LOST_PRIVATE, NO_IDENTITY, Object, Plan, Trouble, UNSTABLE_PLAN,
    good, same_identity, violated,
};
use crate::{
    diagnostic::Diagnostics,
    identity::Identity,
    testing::{
        Stored,
        terraform::{judge, proposed},
    },
    value::Value,
};

impl Driver {
    /// One call of PlanResourceChange, and the same once more: a plan that isn't the same twice can't be kept.
    pub(super) async fn ask(
        &mut self,
        prior: Option<&Object>,
        config: &Value,
        private: &[u8],
        wanted: Action,
    ) -> Result<Plan, Trouble> {
        let (state, identity) = (prior.map(|object| &object.state), prior.and_then(|object| object.identity.clone()));
        let before = state.unwrap_or(&Value::Null);
        let target = proposed(self.schema()?, before, config);
        let rpc = self.rpc.known_as(identity.clone());
        let mut plan = rpc.plan(&self.type_name, state, &target, config, private).await?;
        let mut again = rpc.plan(&self.type_name, state, &target, config, private).await?;
        if let Some(tampering) = &self.tampering {
            (tampering.plan)(&mut plan);
            (tampering.plan)(&mut again);
        }
        if (&plan.state, &plan.replace) != (&again.state, &again.replace) {
            return Err(violated(UNSTABLE_PLAN, format!("{:?}, and then {:?}", plan.state, again.state)));
        }
        self.allow(plan.diagnostics.clone())?;
        good(judge::plan(self.schema()?, before, config, &plan.state))?;
        if wanted == Action::Delete && plan.private != private {
            return Err(violated(LOST_PRIVATE, "PlanResourceChange changes those of a deletion".to_owned()));
        }
        // It may be open whether the object will be known by the same, but not whether it will be known by something else.
        let is_open = plan.identity.is_none() && wanted == Action::Update;
        if identity.is_some() && plan.identity != identity && !is_open {
            return Err(violated(CHANGED_IDENTITY, format!("{identity:?} is planned to be {:?}", plan.identity)));
        }
        let mut action = wanted;
        if wanted == Action::Update {
            good(judge::replacements(before, &plan.state, &plan.replace))?;
            let is_replaced = plan.replace.iter().any(|path| judge::at(before, path) != judge::at(&plan.state, path));
            action = match (&plan.state == before, is_replaced) {
                (true, _) => Action::NoOp,
                (false, true) => Action::Replace,
                (false, false) => Action::Update,
            };
        }
        let (state, identity, config) = (plan.state, plan.identity, config.clone());
        Ok(Plan { action, state, private: plan.private, identity, diagnostics: plan.diagnostics, config })
    }

    /// A creation, alone or as a half of a replacement. Where nothing has come of it, what it should replace is there as before.
    pub(super) async fn create(&mut self, plan: &Plan, config: &Value) -> Result<(), Trouble> {
        let last = match self.confirm(plan, config).await {
            Ok(last) => last,
            Err(trouble) => {
                self.object = self.deposed.take();
                return Err(trouble);
            }
        };
        let made = self.applied(None, &last, config, &last.private).await?;
        let is_tainted = made.diagnostics.has_errors();
        self.object = if made.state.is_null() {
            self.deposed.take()
        } else {
            let (state, private, identity) = (made.state.clone(), made.private.clone(), made.identity.clone());
            Some(Object { state, private, identity, is_tainted })
        };
        self.accept(&last, made)
    }

    pub(super) async fn change(&mut self, plan: &Plan, config: &Value) -> Result<(), Trouble> {
        let before = self.object.clone();
        let made = self.applied(before.as_ref(), plan, config, &plan.private).await?;
        if !made.state.is_null() {
            let (state, private, identity) = (made.state.clone(), made.private.clone(), made.identity.clone());
            self.object = Some(Object { state, private, identity, is_tainted: false });
        }
        self.accept(plan, made)
    }

    pub(super) async fn delete(&mut self, private: &[u8]) -> Result<(), Trouble> {
        let Some(object) = self.object.clone() else { return Ok(()) };
        let rpc = self.rpc.known_as(object.identity.clone());
        let made = rpc.apply(&self.type_name, Some(&object.state), &Value::Null, &Value::Null, private).await?;
        let made = self.tampered_with(made);
        let is_left = !made.state.is_null();
        if !made.diagnostics.has_errors() || is_left {
            let left = Object { state: made.state.clone(), private: made.private, ..object };
            self.object = is_left.then_some(left);
        }
        self.succeed(made.diagnostics)?;
        if is_left { Err(violated(DELETE_LEFT, format!("{:?}", made.state))) } else { Ok(()) }
    }

    /// Deletes what has been replaced. If that fails, it stays what it is.
    pub(super) async fn bury(&mut self) -> Result<(), Trouble> {
        let Some(old) = self.deposed.take() else { return Ok(()) };
        let current = self.object.replace(old);
        let gone = match self.plan_destroy().await {
            Ok(end) => self.delete(&end.private).await,
            Err(trouble) => Err(trouble),
        };
        self.deposed = std::mem::replace(&mut self.object, current);
        gone
    }

    async fn applied(
        &mut self,
        prior: Option<&Object>,
        plan: &Plan,
        config: &Value,
        private: &[u8],
    ) -> Result<Stored, Trouble> {
        let rpc = self.rpc.known_as(plan.identity.clone());
        let prior = prior.map(|object| &object.state);
        let made = rpc.apply(&self.type_name, prior, &plan.state, config, private).await?;
        Ok(self.tampered_with(made))
    }

    fn tampered_with(&self, mut made: Stored) -> Stored {
        if let Some(tampering) = &self.tampering {
            (tampering.apply)(&mut made);
        }
        made
    }

    /// A result is compared with its plan only where there was no error.
    fn accept(&mut self, plan: &Plan, made: Stored) -> Result<(), Trouble> {
        if made.diagnostics.has_errors() {
            good(judge::stored(judge::INVALID_RESULT, self.schema()?, &made.state))?;
        }
        self.succeed(made.diagnostics)?;
        good(judge::applied(self.schema()?, &plan.state, &made.state))?;
        self.identified(plan.identity.as_ref(), made.identity.as_ref())
    }

    /// After a success it is known what the object is known by, and that is what was planned.
    fn identified(&self, planned: Option<&Identity>, made: Option<&Identity>) -> Result<(), Trouble> {
        if self.rpc.schemas().identities.contains_key(&self.type_name) && made.is_none() {
            return Err(violated(NO_IDENTITY, "ApplyResourceChange returns none".to_owned()));
        }
        same_identity(planned, made)
    }

    fn succeed(&mut self, found: Diagnostics) -> Result<(), Trouble> {
        self.allow(found).map_err(|trouble| match trouble {
            Trouble::Refused(diagnostics) => Trouble::Failed(diagnostics),
            other => other,
        })
    }
}
