//! What was handed in: nothing is done about it, but it must be there, of use and ready before others take something from it.

use super::{Phase, Work, failure};
use crate::aws::{AwsError, ErrorKind};
use crate::child::{Live, Spec};
use crate::children;
use crate::reconcile::{Given, given, look_up, wait};

impl Work<'_, '_> {
    /// Takes what was handed in as it is, once it can be used.
    pub(super) async fn accept(&self, given: &Given) {
        let name = given.name.as_str().to_string();
        match self.usable(given).await {
            Ok(live) => {
                let mut state = self.lock();
                let kind = children::kind(given.name.kind());
                let outputs = kind.map(|kind| kind.planned_outputs(&Spec::new(), &live, &[])).unwrap_or_default();
                state.outputs.insert(given.name.clone(), outputs);
                state.outcome.observed.given.insert(given.name.clone(), live);
                drop(state);
                self.reach(name, Phase::Ready);
            }
            Err(error) => {
                let id = given.known_id().map(str::to_string);
                self.lock().outcome.failures.push(failure(Some(given.name.clone()), given::USE, id, error));
                self.reach(name, Phase::Failed);
            }
        }
    }

    async fn usable(&self, given: &Given) -> Result<Live, AwsError> {
        let (Some(id), Some(kind)) = (given.known_id(), children::kind(given.name.kind())) else {
            return Err(AwsError::internal("its id is still unknown, which is a bug in the provider"));
        };
        let Some(live) = look_up(self.run.aws, &given.name, id).await? else {
            return Err(AwsError { kind: ErrorKind::NotFound, ..AwsError::internal(given::NOT_THERE) });
        };
        match given.objection(&live) {
            Some(objection) => Err(objection),
            None => wait::ready(self.run, kind, live).await,
        }
    }
}
