//! A creation that failed: what it has made is kept in the state, or taken back.

use tfplugin::ApplyResponse;
use tokio::time::Instant;

use super::model::InternalApi;
use super::state::Private;
use super::{DELETE, ROLLBACK, applied, diagnose, duration, everything};
use crate::aws::retry::{BOUNDS, Bounds};
use crate::aws::{Aws, AwsError};
use crate::child::Scope;
use crate::reconcile::{Failure, Graph, Observed, Outcome, Run, believe, observe, reconcile};

pub(super) fn wants_rollback(plan: &InternalApi) -> bool {
    plan.on_create_failure.known().is_some_and(|wish| wish == ROLLBACK)
}

/// Deletes what a failed creation has made. Whatever can't be deleted is what the state then holds.
pub(super) async fn roll_back(
    run: Run<'_>,
    private: Private,
    mut failed: Outcome,
    plan: &InternalApi,
) -> ApplyResponse<InternalApi> {
    // It has the time of a deletion, for that of the creation may be what was over.
    let limit = duration::read(&plan.timeouts, |timeouts| &timeouts.delete, DELETE);
    let deadline = Instant::now() + limit;
    let made = match look_again(&run, &failed, deadline).await {
        Ok(made) => made,
        Err(error) => {
            failed.failures.push(Failure { child: None, verb: "roll back", id: None, error });
            return half_made(run.aws, private, failed, plan);
        }
    };
    let scope = Scope { known: made.children.clone(), ..run.scope.clone() };
    let run = Run { permitted: everything(&made), scope, deadline, ..run };
    let mut outcome = reconcile(&run, &Graph::default(), made).await;
    let (is_gone, is_heir) = (outcome.failures.is_empty(), !private.identity.heir_of.is_empty());
    outcome.failures.splice(0..0, failed.failures);
    if !is_gone {
        return half_made(run.aws, private, outcome, plan);
    }
    let mut response = applied(run.aws, private, outcome, plan, plan);
    response.diagnostics.push(diagnose::rolled_back(is_heir));
    response
}

/// What there is after a creation that failed. What another creation of this name has taken over meanwhile isn't the bundle's, and what
/// a call has made whose answer couldn't be believed is.
pub(super) async fn look_again(run: &Run<'_>, failed: &Outcome, deadline: Instant) -> Result<Observed, AwsError> {
    let scope = Scope { known: failed.observed.children.clone(), ..run.scope.clone() };
    let bounds = Bounds { cancel: run.cancel.clone(), deadline };
    Ok(believe(BOUNDS.scope(bounds, observe(run.aws, &scope)).await?, failed))
}

/// The state of a creation that failed, with what there is of it.
pub(super) fn half_made(
    aws: &Aws,
    private: Private,
    failed: Outcome,
    plan: &InternalApi,
) -> ApplyResponse<InternalApi> {
    let is_heir = !private.identity.heir_of.is_empty();
    let mut response = applied(aws, private, failed, plan, plan);
    if let Some(state) = &response.state {
        response.diagnostics.push(diagnose::half_made(&state.children, is_heir));
    }
    response
}
