//! What a plan tells beyond its differences: what becomes of a child, and whether callers notice.

use tfplugin::{Diagnostic, Diagnostics, Path};

use super::drift;
use super::model::InternalApi;
use crate::child::{Change, ChildName, has_unknown};
use crate::children::{
    self, deployment, listener, load_balancer, rest_api, security_group, stage, target_group, vpc_endpoint, vpc_link,
};
use crate::reconcile::{Action, Graph, Observed, Plan, Step};

/// What a plan knows, beside its steps.
pub struct Known<'a> {
    /// What exists.
    pub observed: &'a Observed,
    /// The state so far.
    pub prior: &'a InternalApi,
    /// What that asks for: if it is missing, somebody has deleted it.
    pub before: &'a Graph,
    /// Whether the stage serves a deployment that the configuration names.
    pub is_pinned: bool,
    /// Whether everything in the configuration is known. If not, a replacement may still turn out to be none.
    pub is_certain: bool,
    /// Whether every target group that is replaced has its targets from here.
    pub has_targets: bool,
}

/// The warnings of a change to a bundle that exists.
pub fn announce(steps: &Plan, known: &Known<'_>) -> Diagnostics {
    let Known { observed, prior, before, .. } = known;
    let made = |kind: &str| steps.steps.iter().any(|step| step.name.kind() == kind && step.action == Action::Create);
    let has_no_api = made(rest_api::KIND) || made(stage::KIND);
    let mut found = Diagnostics::new();
    for step in &steps.steps {
        let told = prior.children.known().and_then(|children| children.get(step.name.as_str())?.known());
        let drifted = told.and_then(|told| drift::told(told));
        match &step.action {
            Action::Keep => {}
            // Then the deployment is the least of it.
            Action::Create | Action::Replace(_) if step.name.kind() == deployment::KIND && has_no_api => {}
            Action::Create if step.name.kind() == deployment::KIND => found.push(redeployed(known.is_pinned)),
            Action::Create if before.get(&step.name).is_some() => found.push(missing(&step.name)),
            Action::Create => {}
            Action::Update(changes) => {
                found.extend(drifted.map(|how| changed(&step.name, how)));
                found.extend(changes.iter().filter(|change| shuts(change)).map(|_| shut()));
            }
            Action::Replace(_) if !known.is_certain && !step.is_forced() => {}
            Action::Replace(_) if step.name.kind() == deployment::KIND => found.push(redeployed(known.is_pinned)),
            Action::Replace(changes) => found.push(replaced(step, changes, observed, known.has_targets)),
            Action::Recreate(reason) => found.push(Diagnostic::warning(
                format!("{} is beyond repair and will be made anew", step.name),
                format!("AWS says: {reason}. The broken one is deleted first."),
            )),
        }
    }
    found
}

fn redeployed(is_pinned: bool) -> Diagnostic {
    if is_pinned {
        let detail = "The stage goes on serving the deployment that `stage.deployment_id` names. What is new goes live when that is left out.";
        let at = Path::attr("stage").attribute("deployment_id");
        return Diagnostic::warning("A deployment will be made that nobody is served", detail).at(at);
    }
    Diagnostic::warning(
        "The API will be redeployed",
        "What is deployed changes. The stage moves to the new deployment in one call, so callers are served what was before or what \
         comes after, and nothing between.",
    )
}

fn missing(child: &ChildName) -> Diagnostic {
    Diagnostic::warning(
        format!("{child} is missing"),
        format!(
            "It was deleted outside Terraform, or an apply ended before it was made. This one makes it. {}",
            without(child.kind())
        ),
    )
}

fn changed(child: &ChildName, how: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("{child} has drifted"),
        format!(
            "Found: {how}. It was changed outside Terraform, or an apply ended half way. This one puts that right in place; what it did \
             to callers ends with that."
        ),
    )
}

/// Whether the plain name of the API ceases to lead to the endpoint.
fn shuts(change: &Change) -> bool {
    change.field == "private_dns_enabled" && change.to == serde_json::Value::Bool(false)
}

fn shut() -> Diagnostic {
    Diagnostic::warning(
        "The API's plain name will no longer lead to it",
        "Without private DNS it resolves to AWS's public endpoint, which refuses calls of a private API. Callers need one of the other \
         URLs in `invoke_urls` before that.",
    )
}

fn replaced(step: &Step, changes: &[Change], observed: &Observed, has_targets: bool) -> Diagnostic {
    let kind = children::kind(step.name.kind());
    let forces = |change: &&Change| kind.is_some_and(|kind| kind.replaces(change)) && !has_unknown(&change.to);
    let fields: Vec<&str> = changes.iter().filter(forces).map(|change| change.field.as_str()).collect();
    let id = observed.children.get(&step.name).map_or("", |live| live.id.as_str());
    let why = match fields.as_slice() {
        [] => format!("{id} belongs to something that is replaced."),
        fields => format!("AWS can't change {} of {id} in place.", fields.join(" and ")),
    };
    let is_seamless = has_targets && step.name.kind() != stage::KIND;
    let callers = if is_seamless { " Callers notice nothing." } else { "" };
    Diagnostic::warning(
        format!("{} will be replaced", step.name),
        format!("{why} {}{callers}", instead(step.name.kind())),
    )
}

/// What callers see while a child of this kind is missing.
fn without(kind: &str) -> &'static str {
    match kind {
        rest_api::KIND => "It has another id, and so other URLs. Until then nobody can call the API.",
        vpc_endpoint::KIND | stage::KIND => "Until then nobody can call the API.",
        load_balancer::KIND | vpc_link::KIND => "Until then every call fails on its way to the back ends.",
        listener::KIND | target_group::KIND => "Until then calls of the routes to this back end fail.",
        security_group::KIND => "Until then nothing is admitted by its rules.",
        _ => "",
    }
}

/// How a child of this kind is replaced.
fn instead(kind: &str) -> &'static str {
    match kind {
        stage::KIND => {
            "The new stage serves before the old one goes. Then calls of the old URL fail; the outputs have the new one."
        }
        _ => "A new one is made beside it, everything moves over, and only then it goes.",
    }
}
