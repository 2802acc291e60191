//! What a plan tells beyond its differences: what becomes of a child, and whether callers notice.

use tfplugin::{Diagnostic, Diagnostics};

use super::drift;
use super::model::InternalApi;
use crate::child::{Change, ChildName, has_unknown};
use crate::children::{
    deployment, listener, load_balancer, rest_api, security_group, stage, target_group, vpc_endpoint, vpc_link,
};
use crate::reconcile::{Action, Graph, Observed, Plan, Step};

/// The warnings of a change to a bundle that exists. `before` is what the prior state asks for: if that is missing, somebody has
/// deleted it.
pub fn announce(steps: &Plan, observed: &Observed, prior: &InternalApi, before: &Graph) -> Diagnostics {
    let mut found = Diagnostics::new();
    for step in &steps.steps {
        let told = prior.children.known().and_then(|children| children.get(step.name.as_str())?.known());
        let drifted = told.and_then(|told| drift::told(told));
        match &step.action {
            Action::Keep => {}
            Action::Create if step.name.kind() == deployment::KIND => found.push(redeployed()),
            Action::Create if before.get(&step.name).is_some() => found.push(deleted(&step.name)),
            Action::Create => {}
            Action::Update(_) => found.extend(drifted.map(|how| changed(&step.name, how))),
            // A plan that doesn't know everything yet may still turn out to replace nothing.
            Action::Replace(changes) if changes.iter().any(|change| has_unknown(&change.to)) => {}
            Action::Replace(_) if step.name.kind() == deployment::KIND => found.push(redeployed()),
            Action::Replace(changes) => found.push(replaced(step, changes, observed)),
            Action::Recreate(reason) => found.push(Diagnostic::warning(
                format!("{} is beyond repair and will be made anew", step.name),
                format!("AWS says: {reason}. The broken one is deleted first."),
            )),
        }
    }
    found
}

fn redeployed() -> Diagnostic {
    Diagnostic::warning(
        "The API will be redeployed",
        "What is deployed changes. The stage moves to the new deployment in one call, so callers are served what was before or what \
         comes after, and nothing between.",
    )
}

fn deleted(child: &ChildName) -> Diagnostic {
    Diagnostic::warning(
        format!("{child} was deleted outside Terraform"),
        format!("The apply makes it anew. {}", without(child.kind())),
    )
}

fn changed(child: &ChildName, how: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("{child} was changed outside Terraform"),
        format!("Its {how}. The apply puts that right in place; what it did to callers ends with that."),
    )
}

fn replaced(step: &Step, changes: &[Change], observed: &Observed) -> Diagnostic {
    let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    let id = observed.children.get(&step.name).map_or("", |live| live.id.as_str());
    Diagnostic::warning(
        format!("{} will be replaced", step.name),
        format!("AWS can't change {} of {id} in place. {}", fields.join(" and "), instead(step.name.kind())),
    )
}

/// What callers see while a child of this kind is missing.
fn without(kind: &str) -> &'static str {
    match kind {
        vpc_endpoint::KIND | rest_api::KIND | stage::KIND => "Until then nobody can call the API.",
        load_balancer::KIND | vpc_link::KIND => "Until then every call fails on its way to the back ends.",
        listener::KIND | target_group::KIND => "Until then calls of the routes to this back end fail.",
        security_group::KIND => "Until then nothing is admitted by its rules.",
        _ => "",
    }
}

/// How a child of this kind is replaced, and what callers see of that.
fn instead(kind: &str) -> &'static str {
    match kind {
        stage::KIND => {
            "The new stage serves before the old one goes; then calls of the old URL fail. Outputs have the new one."
        }
        vpc_endpoint::KIND => {
            "The new one stands before the old one goes, but its DNS names and addresses are others; callers that hold on to those of \
             the old one must look again."
        }
        _ => "A new one is made beside it, everything moves over, and only then it goes. Callers notice nothing.",
    }
}
