//! The resource `privgw_internal_api`: one short method for each of Terraform's verbs.

mod adopt;
pub mod announce;
pub mod arguments;
pub mod backends;
pub mod cors;
pub mod data;
pub mod desired;
pub mod diagnose;
pub mod drift;
pub mod duration;
pub mod existing;
mod failed_create;
pub mod import;
pub mod inputs;
pub mod method_settings;
pub mod model;
pub mod operations;
pub mod ownership;
pub mod plan;
pub mod policy;
pub mod preflight;
pub mod state;
pub mod validate;
mod validate_backends;
mod validate_cors;
mod validate_existing;
mod validate_openapi;
mod validate_policy;
mod validate_routes;
mod validate_stage;

use std::sync::Arc;
use std::time::Duration;

use tfplugin::{
    ApplyResponse, Call, DeleteResponse, Diagnostic, Diagnostics, IdentitySchema, ImportId, Listed, MoveSource,
    PlanRequest, PlanResponse, ReadResponse, Resource,
};
use tokio::time::Instant;

use self::desired::{as_applied, desired};
use self::diagnose::{diagnose, unverified, warned};
use self::failed_create::{half_made, look_again, roll_back, wants_rollback};
use self::model::InternalApi;
use self::plan::identity;
use self::state::{Home, Private, View, fill};
use crate::aws::retry::{BOUNDS, Bounds};
use crate::aws::{Aws, names, tags};
use crate::child::{Identity, Scope};
use crate::children::{load_balancer, rest_api};
use crate::reconcile::{self, Graph, Marks, Observed, Outcome, Permitted, Run, observe, reconcile};

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
        let private = Private::read(&request.private);
        let before = prior.as_ref().map(|prior| adopt::keys::in_words_of(&request.proposed, prior, &private));
        let mut diagnostics = validate::across(before.as_ref(), &request.proposed);
        let mut response = plan::plan(request, meta.map(|aws| &aws.place));
        if let Some(aws) = meta.filter(|_| response.planned.preflight.known() != Some(&false)) {
            let owner = identity(&private, prior.as_ref().unwrap_or(&response.planned));
            let seen = (owner.bundle.as_str(), &private.observed);
            diagnostics.extend(Box::pin(preflight::preflight(aws, prior.as_ref(), &response.planned, seen)).await);
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
        let (state, private) = match Box::pin(import::completed(aws, state, private)).await {
            Ok(whole) => whole,
            Err(diagnostics) => return ReadResponse::Failed(diagnostics),
        };
        let mut private = match remembered(aws, call, &private, &state).await {
            Ok(private) => private,
            Err(diagnostic) => return ReadResponse::Failed(diagnostic.into()),
        };
        let limit = duration::read(&state.timeouts, |timeouts| &timeouts.read, READ);
        let observed = match look(aws, &scope(&private, &state), limit, call).await {
            Ok(observed) => observed,
            Err(diagnostic) => return ReadResponse::Failed(diagnostic.into()),
        };
        if observed.is_empty() {
            return ReadResponse::Gone;
        }
        let place = as_applied(&state, &aws.place);
        private.observed = observed;
        let graph = private.desired(&state, &place, &private.identity, Marks::Tolerated);
        let drift = reconcile::plan(&graph, &private.observed).changes();
        let mut state = state;
        fill(&mut state, View::Live { observed: &private.observed, drift: &drift }, &place, &private.identity);
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
        let identity = Identity { bundle, owner: aws.dice.id(), ..Identity::default() };
        let mut private = Private { identity, ..Private::default() };
        let limit = duration::read(&plan.timeouts, |timeouts| &timeouts.create, CREATE);
        let deadline = Instant::now() + limit;
        let mut scope = scope(&private, &plan);
        let before = match look(aws, &Scope { adopting: true, ..scope.clone() }, limit, call).await {
            Ok(before) => before,
            Err(diagnostic) => return nothing_done(diagnostic),
        };
        let bounds = bounds(call, deadline);
        if let Err(diagnostic) = BOUNDS.scope(bounds.clone(), ownership::claim(aws, &private.identity, &before)).await {
            return nothing_done(diagnostic);
        }
        private.identity.heir_of = ownership::ancestors(&before);
        scope.identity = private.identity.clone();
        let mut graph = desired(&plan, &aws.place, &private.identity);
        // It is complete only when all of it stands.
        graph.untag(&rest_api::child(), tags::COMPLETE);
        // What an earlier, interrupted creation has left is nobody's yet, and may be replaced where it doesn't fit.
        let before = reconcile::choose(&graph, before);
        let permitted = reconcile::plan(&graph, &before).permitted();
        let run = Run { aws, scope, permitted, deadline, cancel: call.cancel.clone() };
        let mut outcome = reconcile(&run, &graph, before).await;
        if outcome.failures.is_empty() {
            let completing = ownership::complete(aws, &private.identity, &mut outcome.observed);
            outcome.failures.extend(BOUNDS.scope(bounds, completing).await.err());
        }
        if outcome.failures.is_empty() {
            return applied(aws, private, outcome, &plan, &plan);
        }
        if wants_rollback(&plan) && !call.cancel.is_cancelled() {
            return roll_back(run, private, outcome, &plan).await;
        }
        if let Ok(seen) = look_again(&run, &outcome, deadline).await {
            outcome.observed = seen;
        }
        half_made(aws, private, outcome, &plan)
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
        let mut private = match remembered(aws, call, &private, &prior).await {
            Ok(private) => private,
            Err(diagnostic) => return nothing_done(diagnostic),
        };
        let scope = scope(&private, &prior);
        let limit = duration::read(&plan.timeouts, |timeouts| &timeouts.update, UPDATE);
        let deadline = Instant::now() + limit;
        let before = match look(aws, &scope, limit, call).await {
            Ok(before) => before,
            Err(diagnostic) => return nothing_done(diagnostic),
        };
        let permitted = std::mem::take(&mut private.permitted);
        let run = Run { aws, scope, permitted, deadline, cancel: call.cancel.clone() };
        private.observed = before.clone();
        let graph = private.desired(&plan, &aws.place, &private.identity, Marks::Wanted);
        let outcome = reconcile(&run, &graph, before).await;
        applied(aws, private, outcome, &plan, &prior)
    }

    async fn delete(
        &self,
        call: &Call,
        aws: &Arc<Aws>,
        prior: InternalApi,
        private: Vec<u8>,
    ) -> DeleteResponse<InternalApi> {
        let mut private = match remembered(aws, call, &private, &prior).await {
            Ok(private) => private,
            Err(diagnostic) => return left(aws, Private::read(&private), prior, diagnostic.into()),
        };
        let scope = scope(&private, &prior);
        let limit = duration::read(&prior.timeouts, |timeouts| &timeouts.delete, DELETE);
        let deadline = Instant::now() + limit;
        let before = match look(aws, &scope, limit, call).await {
            Ok(before) => before,
            Err(diagnostic) => return left(aws, private, prior, diagnostic.into()),
        };
        if let Some(diagnostic) = protected(&before) {
            private.observed = before;
            return left(aws, private, prior, diagnostic.into());
        }
        let run = Run { aws, scope, permitted: everything(&before), deadline, cancel: call.cancel.clone() };
        let outcome = reconcile(&run, &Graph::default(), before).await;
        let diagnostics: Diagnostics = outcome.failures.iter().map(diagnose).collect();
        if diagnostics.has_errors() {
            private.observed = outcome.observed;
            return left(aws, private, prior, diagnostics);
        }
        DeleteResponse::Gone { diagnostics }
    }

    async fn import(&self, _call: &Call, aws: &Arc<Aws>, id: ImportId) -> Result<(InternalApi, Vec<u8>), Diagnostics> {
        Box::pin(import::import(aws, &import::resolve(aws, id)?)).await
    }

    fn take_over(&self, source: &MoveSource) -> Option<Result<serde_json::Value, Diagnostics>> {
        import::moved(source).map(Ok)
    }

    fn identity_schema(&self) -> Option<IdentitySchema> {
        Some(import::identity_schema())
    }

    fn identity(&self, state: &InternalApi) -> Option<tfplugin::Identity> {
        import::identity_of(state)
    }

    fn is_listable(&self) -> bool {
        true
    }

    async fn list(
        &self,
        call: &Call,
        aws: &Arc<Aws>,
        limit: usize,
        whole: bool,
    ) -> Result<Vec<Listed<InternalApi>>, Diagnostics> {
        import::list(self, call, aws, limit, whole).await
    }
}

/// The value of `on_create_failure` that keeps what a failed creation has made; the default.
pub const KEEP: &str = "keep";
/// The value of `on_create_failure` that deletes what a failed creation has made.
pub const ROLLBACK: &str = "rollback";

/// Defaults of `timeouts`. The waits that add up to a create are about ten minutes on a usual day; each operation gets a multiple.
const CREATE: Duration = Duration::from_secs(40 * 60);
const READ: Duration = Duration::from_secs(10 * 60);
const UPDATE: Duration = Duration::from_secs(60 * 60);
const DELETE: Duration = Duration::from_secs(60 * 60);

fn scope(private: &Private, model: &InternalApi) -> Scope {
    Scope {
        identity: private.identity.clone(),
        vpc_id: model.vpc_id.known().cloned().unwrap_or_default(),
        known: private.observed.children.clone(),
        given: existing::ids(model),
        ..Scope::default()
    }
}

/// What the state remembers of its bundle. Where the private bytes are gone, what it names tells whose it is.
async fn remembered(aws: &Aws, call: &Call, private: &[u8], state: &InternalApi) -> Result<Private, Diagnostic> {
    let mut private = Private::read(private);
    let is_lost = private.identity.owner.is_empty();
    private.identity = identity(&private, state);
    if let Some(diagnostic) = elsewhere(aws, &private) {
        return Err(diagnostic);
    }
    if is_lost {
        let limit = duration::read(&state.timeouts, |timeouts| &timeouts.read, READ);
        let found = BOUNDS.scope(bounds(call, Instant::now() + limit), ownership::recall(aws, state)).await;
        let found = found.map_err(|error| diagnose::unread(&private.identity.bundle, &error.to_string()))?;
        private.identity = found.unwrap_or(private.identity);
    }
    Ok(private)
}

fn bounds(call: &Call, deadline: Instant) -> Bounds {
    Bounds { cancel: call.cancel.clone(), deadline }
}

/// What exists, within a time and until Terraform wants to stop: nothing has been done yet.
async fn look(aws: &Aws, scope: &Scope, limit: Duration, call: &Call) -> Result<Observed, Diagnostic> {
    let unread = |why: &str| diagnose::unread(&scope.identity.bundle, why);
    tokio::select! {
        biased;
        () = call.cancel.cancelled() => Err(unread("Terraform was interrupted")),
        seen = tokio::time::timeout(limit, observe(aws, scope)) => match seen {
            Ok(Ok(observed)) => Ok(observed),
            Ok(Err(error)) => Err(unread(&error.to_string())),
            Err(_) => Err(unread(&format!("AWS took longer than {limit:?}"))),
        },
    }
}

/// A provider that looks into another account or region would take the bundle for gone.
fn elsewhere(aws: &Aws, private: &Private) -> Option<Diagnostic> {
    let home = private.home.as_ref()?;
    let here = Home::of(&aws.place);
    let moved = home.region != here.region || (home.account != here.account && !here.account.is_empty());
    moved.then(|| diagnose::elsewhere(&private.identity.bundle, home, &here))
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
    diagnostics.extend(outcome.unread.iter().map(|error| diagnose::unlooked(&private.identity.bundle, error)));
    diagnostics.extend(outcome.warnings.iter().map(warned));
    diagnostics.extend(outcome.unverified.iter().map(unverified));
    if diagnostics.has_errors() && outcome.observed.is_empty() {
        return ApplyResponse { state: None, private: Vec::new(), diagnostics };
    }
    let mut state = if diagnostics.has_errors() { before.clone() } else { plan.clone() };
    // Tags that could not all be applied are not recorded as applied.
    let place = as_applied(&state, &aws.place);
    let mut observed = outcome.observed;
    // The state tells only of what its own arguments hand in.
    let given = existing::ids(&state);
    observed.given.retain(|name, live| given.get(name) == Some(&live.id));
    fill(&mut state, View::Live { observed: &observed, drift: &[] }, &place, &private.identity);
    private.observed = observed;
    private.accepted.forget_what_changed(&private.observed);
    private.home = Some(Home::of(&aws.place));
    ApplyResponse { state: Some(state), private: private.write(), diagnostics }
}

fn left(aws: &Aws, private: Private, mut state: InternalApi, diagnostics: Diagnostics) -> DeleteResponse<InternalApi> {
    let place = as_applied(&state, &aws.place);
    fill(&mut state, View::Live { observed: &private.observed, drift: &[] }, &place, &private.identity);
    DeleteResponse::Left { state, private: private.write(), diagnostics }
}

/// The names of all that exists: a deletion was approved as a whole.
fn everything(observed: &Observed) -> Permitted {
    observed.all().map(|live| live.name.clone()).collect()
}

/// A load balancer under deletion protection would be found out only when half of the bundle is gone.
fn protected(before: &Observed) -> Option<Diagnostic> {
    before.all().find(|live| load_balancer::is_protected(live)).map(|live| diagnose::protected(&live.id))
}
