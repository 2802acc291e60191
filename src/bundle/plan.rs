//! What a change of configuration will do, as precisely as it can be known without asking AWS.

use serde_json::Value;
use tfplugin::{Attr, Codec, Diagnostic, Diagnostics, Path, PlanRequest, PlanResponse};

use super::adopt::keys::adapt;
use super::announce::{Known, announce};
use super::backends::is_pair;
use super::desired::tags_all;
use super::diagnose::{self, empty_group, green_is_live, protected_replacement};
use super::inputs::known_entries;
use super::model::InternalApi;
use super::state::{Private, View, fill, forget};
use crate::aws::{Place, names, policy};
use crate::child::{ChildName, Identity, normal};
use crate::children::{listener, load_balancer, target_group, vpc_link};
use crate::openapi;
use crate::reconcile::{self, Action, Marks, Observed, Permitted, Plan};

/// Plans a creation or an update. `place` is missing while the provider's own configuration isn't known.
pub fn plan(request: PlanRequest<InternalApi>, place: Option<&Place>) -> PlanResponse<InternalApi> {
    let PlanRequest { prior, proposed, config, private } = request;
    let mut planned = proposed;
    prior.iter().for_each(|prior| keep_texts(&mut planned, prior));
    // What an earlier plan permitted is no licence for this one.
    let mut private = Private { permitted: Permitted::new(), ..Private::read(&private) };
    let moves = prior.as_ref().is_some_and(|prior| prior.vpc_id != planned.vpc_id);
    let replace = if moves { vec![Path::attr("vpc_id")] } else { Vec::new() };
    let Some(place) = place.filter(|_| can_tell(&planned) && !moves) else {
        if prior.as_ref() != Some(&planned) {
            forget(&mut planned);
            planned.tags_all = place.map_or(Attr::Unknown, |place| tags_all(&planned, place));
        }
        let mut response = respond(planned, &private, replace);
        if moves {
            response.diagnostics.push(moved());
            // The old bundle goes first, and AWS would refuse that.
            let protected = private.observed.all().find(|live| load_balancer::is_protected(live));
            response.diagnostics.extend(protected.map(|live| protected_replacement(&live.id)));
        }
        return response;
    };
    adapt(&mut private, &planned);
    let observed = if prior.is_some() { private.observed.clone() } else { Observed::default() };
    let identity = match &prior {
        Some(prior) => identity(&private, prior),
        // Who owns what is yet to be made is drawn when it is made.
        None => Identity { bundle: names::identity(&planned.name.known_or(String::new())), ..Identity::default() },
    };
    let graph = private.desired(&planned, place, &identity, Marks::Tolerated);
    let observed = reconcile::choose(&graph, observed);
    let steps = reconcile::plan(&graph, &observed);
    fill(&mut planned, View::Planned { observed: &observed, plan: &steps }, place, &identity);
    private.permitted = steps.permitted();
    let mut response = respond(planned, &private, replace);
    let is_certain = !config.encode().has_unknown();
    let objections = objections(&steps, &observed, &response.planned, is_certain);
    if let Some(prior) = &prior {
        let (before, has_targets) =
            (&private.desired(prior, place, &identity, Marks::Tolerated), is_certain && objections.is_empty());
        let is_pinned = response.planned.stage.known().is_some_and(|stage| !stage.deployment_id.is_null());
        let known = Known { observed: &observed, prior, before, is_pinned, is_certain, has_targets };
        response.diagnostics.extend(announce(&steps, &known));
    }
    response.diagnostics.extend(objections);
    response
}

fn moved() -> Diagnostic {
    let detail = "Everything is made anew in the other VPC, and the old bundle goes first. The API gets another id and other URLs, and until \
                  the new one stands there is none.";
    Diagnostic::warning("The whole bundle will be replaced", detail).at(Path::attr("vpc_id"))
}

/// What says the same in other words is no change: a policy, a document.
fn keep_texts(planned: &mut InternalApi, prior: &InternalApi) {
    keep(&mut planned.openapi, &prior.openapi, |text| openapi::parse(text).ok());
    if let (Attr::Known(endpoint), Some(before)) = (&mut planned.endpoint, prior.endpoint.known()) {
        keep(&mut endpoint.policy, &before.policy, policy::normal);
    }
    if let (Attr::Known(policy), Some(before)) = (&mut planned.policy, prior.policy.known()) {
        keep(&mut policy.document, &before.document, policy::normal);
        let sorted = |text: &str| policy::statements(text).map(|all| normal(&Value::Array(all)));
        keep(&mut policy.statements, &before.statements, sorted);
    }
}

fn keep(text: &mut Attr<String>, before: &Attr<String>, meaning: impl Fn(&str) -> Option<Value>) {
    if let (Attr::Known(now), Attr::Known(before)) = (text, before)
        && meaning(now).is_some_and(|now| meaning(before) == Some(now))
    {
        now.clone_from(before);
    }
}

/// What a user should know about replacements, and what must not begin at all.
fn objections(steps: &Plan, observed: &Observed, planned: &InternalApi, is_certain: bool) -> Diagnostics {
    let mut found = Diagnostics::new();
    for step in &steps.steps {
        let Action::Replace(_) = &step.action else { continue };
        // A plan that doesn't know everything yet may still turn out to replace nothing.
        if !is_certain && !step.is_forced() {
            continue;
        }
        let old = observed.children.get(&step.name);
        found.extend(old.filter(|live| load_balancer::is_protected(live)).map(|live| protected_replacement(&live.id)));
        if let (target_group::KIND, Some(backend)) = (step.name.kind(), step.name.key()) {
            let settings = planned.backends.known().and_then(|backends| backends.get(backend)).and_then(Attr::known);
            found.extend(settings.filter(|settings| settings.targets.is_null()).map(|_| empty_group(backend)));
        }
    }
    found.extend(observed.children.values().filter_map(|live| {
        let backend = live.name.key().filter(|_| listener::leads_to_green(&live.spec))?;
        let settings = planned.backends.known()?.get(backend)?.known()?;
        (!is_pair(settings)).then(|| green_is_live(backend))
    }));
    // What isn't known yet may still turn out to be none, or to replace nothing.
    let is_pinned = is_certain && planned.stage.known().is_some_and(|stage| stage.deployment_id.is_known());
    let leads_there = |child: &ChildName| [vpc_link::KIND, load_balancer::KIND, listener::KIND].contains(&child.kind());
    let goes = steps.permitted().into_iter().find(leads_there).filter(|_| is_pinned);
    found.extend(goes.map(|child| diagnose::pinned(&child)));
    let protected = steps.deletions.iter().filter(|live| load_balancer::is_protected(live));
    found.extend(protected.map(|live| protected_replacement(&live.id)));
    found
}

/// The identity of an existing bundle: what its children are tagged with. Without private bytes the name may be an older one, and
/// [`super::ownership::recall`] asks what the state names.
pub fn identity(private: &Private, state: &InternalApi) -> Identity {
    if private.identity.bundle.is_empty() {
        let bundle = names::identity(&state.name.known_or(String::new()));
        Identity { bundle, owner: state.owner.known_or(String::new()), ..Identity::default() }
    } else {
        private.identity.clone()
    }
}

/// Which children there will be must be known; everything else about them may be unknown.
fn can_tell(planned: &InternalApi) -> bool {
    let backends = planned.backends.known().is_some_and(|backends| backends.values().all(Attr::is_known));
    let unknown_objects = planned.endpoint.is_unknown()
        || planned.load_balancer.is_unknown()
        || planned.vpc_link.is_unknown()
        || planned.stage.is_unknown();
    // What is handed in takes the place of children, unless it turns out to be null.
    let handed_in = planned.endpoint.known().is_none_or(|endpoint| !endpoint.id.is_unknown())
        && planned.vpc_link.known().is_none_or(|link| !link.id.is_unknown())
        && planned
            .load_balancer
            .known()
            .is_none_or(|balancer| !balancer.arn.is_unknown() && !balancer.listener_managed.is_unknown());
    // Own security groups take the place of managed ones, which are children.
    let groups = planned.endpoint.known().is_none_or(|endpoint| !endpoint.security_group_ids.is_unknown())
        && planned.load_balancer.known().is_none_or(|balancer| {
            !balancer.security_group_ids.is_unknown() && !balancer.managed_security_group.is_unknown()
        });
    let pairs = known_entries(&planned.backends).all(|(_, backend)| !backend.blue_green.is_unknown());
    backends && pairs && groups && handed_in && !unknown_objects && !planned.vpc_id.is_null()
}

fn respond(planned: InternalApi, private: &Private, replace: Vec<Path>) -> PlanResponse<InternalApi> {
    PlanResponse { planned, private: private.write(), replace, diagnostics: Default::default() }
}
