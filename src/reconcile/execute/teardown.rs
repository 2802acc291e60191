//! The second half of a run: what is no longer needed goes, users before what they use.

use tokio::time::Instant;

use super::{Phase, Work, failure};
use crate::aws::AwsError;
use crate::child::{Live, Wanted};
use crate::children;
use crate::reconcile::wait;

/// A child on its way out.
pub struct Doomed {
    pub live: Live,
    pub way: Way,
}

/// How a child goes.
pub enum Way {
    /// It is deleted.
    Delete,
    /// What took over from it says what becomes of it.
    Retire(Wanted),
    /// An earlier run has told AWS to delete it.
    Leaving,
}

impl Work<'_, '_> {
    /// Deletes one child, after all that still mention it.
    pub(super) async fn remove(&self, one: &Doomed, all: &[Doomed]) {
        let live = &one.live;
        // Two that mention each other would wait for each other for ever; AWS's refusal sorts those out.
        let user =
            |other: &&Doomed| other.live.id != live.id && mentions(&other.live, live) && !mentions(live, &other.live);
        for other in all.iter().filter(user) {
            if !self.reached(&phase_key(&other.live), Phase::Gone).await {
                // It stays because what uses it stays; one failure is enough to report.
                return self.reach(phase_key(live), Phase::Failed);
            }
        }
        match self.dispose(one).await {
            Ok(()) => {
                let mut state = self.lock();
                let observed = &mut state.outcome.observed;
                if observed.children.get(&live.name).is_some_and(|now| now.id == live.id) {
                    observed.children.remove(&live.name);
                }
                observed.extras.retain(|extra| extra.id != live.id);
                observed.leaving.retain(|leaving| leaving.id != live.id);
                state.outcome.removed.insert(live.id.clone());
                drop(state);
                self.reach(phase_key(live), Phase::Gone);
            }
            Err(error) => {
                self.lock().outcome.failures.push(failure(
                    Some(live.name.clone()),
                    "delete",
                    Some(live.id.clone()),
                    error,
                ));
                self.reach(phase_key(live), Phase::Failed);
            }
        }
    }

    /// Puts away what updates have left.
    pub(super) async fn tidy(&self) {
        let untidy = std::mem::take(&mut self.lock().untidy);
        for wanted in &untidy {
            let Some(kind) = children::kind(wanted.name.kind()) else { continue };
            if !self.lock().outcome.failures.is_empty() {
                return;
            }
            let tidied = match self.run.cancel.is_cancelled() {
                true => Err(AwsError::internal("not begun, because Terraform was interrupted")),
                false => kind.tidy(self.run.aws, wanted).await,
            };
            if let Err(error) = tidied {
                self.lock().outcome.failures.push(failure(Some(wanted.name.clone()), "tidy up", None, error));
            }
        }
    }

    async fn dispose(&self, one: &Doomed) -> Result<(), AwsError> {
        let live = &one.live;
        let Some(kind) = children::kind(live.name.kind()) else { return Ok(()) };
        if self.run.cancel.is_cancelled() {
            return Err(AwsError::internal("not begun, because Terraform was interrupted"));
        }
        let start = Instant::now();
        match &one.way {
            Way::Leaving => {}
            Way::Retire(successor) => {
                self.note(format!("retire {}", live.name));
                kind.retire(self.run.aws, live, successor).await?;
            }
            Way::Delete if !self.run.permitted.contains(&live.name) => {
                return Err(AwsError::internal(
                    "it would have to be deleted, which the plan did not say; run the plan again",
                ));
            }
            Way::Delete => {
                self.note(format!("delete {}", live.name));
                kind.delete(self.run.aws, live).await?;
            }
        }
        wait::gone(self.run, kind, live).await?;
        self.finished(&format!("gone {}", live.name), start);
        Ok(())
    }
}

/// The key of a child on its way out, apart from that of its successor of the same name.
fn phase_key(live: &Live) -> String {
    format!("{} {}", live.name, live.id)
}

/// Whether `user`'s spec holds the id of `used`: AWS then refuses to delete `used` first.
fn mentions(user: &Live, used: &Live) -> bool {
    fn holds(value: &serde_json::Value, id: &str) -> bool {
        match value {
            serde_json::Value::String(text) => text == id,
            serde_json::Value::Array(items) => items.iter().any(|item| holds(item, id)),
            serde_json::Value::Object(members) => members.values().any(|member| holds(member, id)),
            _ => false,
        }
    }
    user.spec.values().any(|value| holds(value, &used.id))
}
