//! The resource `privgw_internal_api`: one short method for each of Terraform's verbs.

pub mod desired;
pub mod diagnose;
pub mod drift;
pub mod duration;
pub mod inputs;
pub mod method_settings;
pub mod model;
pub mod plan;
pub mod preflight;
pub mod state;
pub mod validate;
mod validate_backends;
mod validate_routes;
mod validate_stage;

use std::sync::Arc;
use std::time::Duration;

use tfplugin::{
    ApplyResponse, Call, DeleteResponse, Diagnostic, Diagnostics, PlanRequest, PlanResponse, ReadResponse, Resource,
};
use tokio::time::Instant;

use self::desired::desired;
use self::diagnose::{diagnose, unverified};
use self::model::InternalApi;
use self::plan::identity;
use self::state::{Home, Private, View, fill};
use crate::aws::{Aws, names};
use crate::child::Scope;
use crate::children::{load_balancer, stage};
use crate::reconcile::{self, Graph, Observed, Outcome, Run, observe, reconcile};

/// The resource.
pub struct Bundle;

impl Resource for Bundle {
    type Meta = Aws;
    type Model = InternalApi;

    fn type_name(&self) -> &'static str {
        "privgw_internal_api"
    }

    fn version(&self) -> i64 {
        1
    }

    fn validate(&self, config: &InternalApi) -> Diagnostics {
        validate::validate(config)
    }

    async fn plan(
        &self,
        _call: &Call,
        meta: Option<&Arc<Aws>>,
        request: PlanRequest<InternalApi>,
    ) -> PlanResponse<InternalApi> {
        let prior = request.prior.clone();
        let mut diagnostics = validate::across(prior.as_ref(), &request.proposed);
        let mut response = plan::plan(request, meta.map(|aws| &aws.place));
        if let Some(aws) = meta {
            diagnostics.extend(preflight::preflight(aws, prior.as_ref(), &response.planned).await);
        }
        response.diagnostics.extend(diagnostics);
        response
    }

    async fn read(
        &self,
        call: &Call,
        aws: &Arc<Aws>,
        state: InternalApi,
        private: Vec<u8>,
    ) -> ReadResponse<InternalApi> {
        let mut private = Private::read(&private);
        private.bundle = identity(&private, &state);
        if let Some(diagnostic) = elsewhere(aws, &private) {
            return ReadResponse::Failed(diagnostic.into());
        }
        let limit = duration::read(&state.timeouts, |timeouts| &timeouts.read, READ);
        let observed = match look(aws, &scope(&private, &state), limit, call).await {
            Ok(observed) => observed,
            Err(diagnostic) => return ReadResponse::Failed(diagnostic.into()),
        };
        if observed.is_empty() {
            return ReadResponse::Gone;
        }
        let drift = reconcile::plan(&desired(&state, &aws.place, &private.bundle), &observed).changes();
        let mut state = state;
        fill(&mut state, View::Live { observed: &observed, drift: &drift }, &aws.place);
        private.observed = observed;
        private.home = Some(Home::of(&aws.place));
        ReadResponse::Found { state, private: private.write(), diagnostics: Diagnostics::new() }
    }

    async fn create(
        &self,
        call: &Call,
        aws: &Arc<Aws>,
        plan: InternalApi,
        _config: InternalApi,
        _private: Vec<u8>,
    ) -> ApplyResponse<InternalApi> {
        let bundle = names::identity(&plan.name.known_or(String::new()));
        let private = Private { bundle, ..Private::default() };
        let scope = scope(&private, &plan);
        let limit = duration::read(&plan.timeouts, |timeouts| &timeouts.create, CREATE);
        let before = match look(aws, &scope, limit, call).await {
            Ok(before) => before,
            Err(diagnostic) => return nothing_done(diagnostic),
        };
        if before.children.contains_key(&stage::child()) {
            return nothing_done(diagnose::taken(&private.bundle, &before));
        }
        let graph = desired(&plan, &aws.place, &private.bundle);
        // What an earlier, interrupted creation has left is nobody's yet, and may be replaced where it doesn't fit.
        let before = reconcile::choose(&graph, before);
        let permitted = reconcile::plan(&graph, &before).permitted();
        let run = Run { aws, scope, permitted, deadline: Instant::now() + limit, cancel: call.cancel.clone() };
        let outcome = reconcile(&run, &graph, before).await;
        let mut response = applied(aws, private, outcome, &plan, &plan);
        if response.state.is_some() && response.diagnostics.has_errors() {
            response.diagnostics.push(diagnose::half_made());
        }
        response
    }

    async fn update(
        &self,
        call: &Call,
        aws: &Arc<Aws>,
        prior: InternalApi,
        plan: InternalApi,
        _config: InternalApi,
        private: Vec<u8>,
    ) -> ApplyResponse<InternalApi> {
        let mut private = Private::read(&private);
        private.bundle = identity(&private, &prior);
        if let Some(diagnostic) = elsewhere(aws, &private) {
            return nothing_done(diagnostic);
        }
        let scope = scope(&private, &prior);
        let limit = duration::read(&plan.timeouts, |timeouts| &timeouts.update, UPDATE);
        let before = match look(aws, &scope, limit, call).await {
            Ok(before) => before,
            Err(diagnostic) => return nothing_done(diagnostic),
        };
        let permitted = std::mem::take(&mut private.permitted);
        let run = Run { aws, scope, permitted, deadline: Instant::now() + limit, cancel: call.cancel.clone() };
        let outcome = reconcile(&run, &desired(&plan, &aws.place, &private.bundle), before).await;
        applied(aws, private, outcome, &plan, &prior)
    }

    async fn delete(
        &self,
        call: &Call,
        aws: &Arc<Aws>,
        prior: InternalApi,
        private: Vec<u8>,
    ) -> DeleteResponse<InternalApi> {
        let mut private = Private::read(&private);
        private.bundle = identity(&private, &prior);
        if let Some(diagnostic) = elsewhere(aws, &private) {
            return left(aws, private, prior, diagnostic.into());
        }
        let scope = scope(&private, &prior);
        let limit = duration::read(&prior.timeouts, |timeouts| &timeouts.delete, DELETE);
        let before = match look(aws, &scope, limit, call).await {
            Ok(before) => before,
            Err(diagnostic) => return left(aws, private, prior, diagnostic.into()),
        };
        if let Some(diagnostic) = protected(&before) {
            private.observed = before;
            return left(aws, private, prior, diagnostic.into());
        }
        let all = before.children.values().chain(&before.extras);
        let permitted = all.map(|live| live.name.clone()).collect();
        let run = Run { aws, scope, permitted, deadline: Instant::now() + limit, cancel: call.cancel.clone() };
        let outcome = reconcile(&run, &Graph::default(), before).await;
        let diagnostics: Diagnostics = outcome.failures.iter().map(diagnose).collect();
        if diagnostics.has_errors() {
            private.observed = outcome.observed;
            return left(aws, private, prior, diagnostics);
        }
        DeleteResponse::Gone { diagnostics }
    }
}

/// Defaults of `timeouts`. The waits that add up to a create are about ten minutes on a usual day; each operation gets a multiple.
const CREATE: Duration = Duration::from_secs(40 * 60);
const READ: Duration = Duration::from_secs(10 * 60);
const UPDATE: Duration = Duration::from_secs(60 * 60);
const DELETE: Duration = Duration::from_secs(60 * 60);

fn scope(private: &Private, model: &InternalApi) -> Scope {
    Scope {
        bundle: private.bundle.clone(),
        vpc_id: model.vpc_id.known().cloned().unwrap_or_default(),
        known: private.observed.children.clone(),
        found: Vec::new(),
    }
}

/// What exists, within a time and until Terraform wants to stop: nothing has been done yet.
async fn look(aws: &Aws, scope: &Scope, limit: Duration, call: &Call) -> Result<Observed, Diagnostic> {
    let unread = |why: &str| diagnose::unread(&scope.bundle, why);
    tokio::select! {
        seen = tokio::time::timeout(limit, observe(aws, scope)) => match seen {
            Ok(Ok(observed)) => Ok(observed),
            Ok(Err(error)) => Err(unread(&error.to_string())),
            Err(_) => Err(unread(&format!("AWS took longer than {limit:?}"))),
        },
        () = call.cancel.cancelled() => Err(unread("Terraform was interrupted")),
    }
}

/// A provider that looks into another account or region would take the bundle for gone.
fn elsewhere(aws: &Aws, private: &Private) -> Option<Diagnostic> {
    let home = private.home.as_ref()?;
    let here = Home::of(&aws.place);
    let moved = home.region != here.region || (home.account != here.account && !here.account.is_empty());
    moved.then(|| diagnose::elsewhere(&private.bundle, home, &here))
}

fn nothing_done(diagnostic: Diagnostic) -> ApplyResponse<InternalApi> {
    ApplyResponse { state: None, private: Vec::new(), diagnostics: diagnostic.into() }
}

/// The state after a create or an update. When something failed, the arguments of `before` stay in it, so that the next plan still
/// shows what has to be done.
fn applied(
    aws: &Aws,
    mut private: Private,
    outcome: Outcome,
    plan: &InternalApi,
    before: &InternalApi,
) -> ApplyResponse<InternalApi> {
    let mut diagnostics: Diagnostics = outcome.failures.iter().map(diagnose).collect();
    diagnostics.extend(outcome.unread.iter().map(|error| diagnose::unlooked(&private.bundle, error)));
    diagnostics.extend(outcome.unverified.iter().map(unverified));
    if diagnostics.has_errors() && outcome.observed.is_empty() {
        return ApplyResponse { state: None, private: Vec::new(), diagnostics };
    }
    let mut state = if diagnostics.has_errors() { before.clone() } else { plan.clone() };
    fill(&mut state, View::Live { observed: &outcome.observed, drift: &[] }, &aws.place);
    private.observed = outcome.observed;
    private.home = Some(Home::of(&aws.place));
    ApplyResponse { state: Some(state), private: private.write(), diagnostics }
}

fn left(aws: &Aws, private: Private, mut state: InternalApi, diagnostics: Diagnostics) -> DeleteResponse<InternalApi> {
    fill(&mut state, View::Live { observed: &private.observed, drift: &[] }, &aws.place);
    DeleteResponse::Left { state, private: private.write(), diagnostics }
}

/// A load balancer under deletion protection would be found out only when half of the bundle is gone.
fn protected(before: &Observed) -> Option<Diagnostic> {
    let mut all = before.children.values().chain(&before.extras);
    all.find(|live| load_balancer::is_protected(live)).map(|live| diagnose::protected(&live.id))
}
