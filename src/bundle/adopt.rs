//! Bundles that somebody else has built, by hand or with other tools: from the id of a REST API to a first state.
//!
//! The way of a request is walked from the API to the target groups. What is found becomes children, known by their ids alone: nothing
//! is written, and what differs from the recipe is accepted ([`Accepted`]) until its argument changes. What others use as well isn't
//! taken, but handed in: an endpoint that another API names, a load balancer on which others listen.

pub mod keys;
mod walk;

use tfplugin::{Attr, Diagnostic, Diagnostics};

pub use self::walk::{Found, walk};
use super::arguments::arguments;
use super::desired::desired;
use super::diagnose;
use super::drift;
use super::model::InternalApi;
use super::state::Private;
use crate::aws::{Aws, AwsError, names};
use crate::child::{Identity, Scope};
use crate::children::foreign::Foreign;
use crate::reconcile::{self, Accepted, Action, Graph, Marks, Observed, observe};

/// A state of the API with this id, and all that belongs to it. Reads only; what can't be adopted is told, all of it at once.
pub async fn adopt(aws: &Aws, id: &str, api: &Foreign) -> Result<(InternalApi, Vec<u8>), Diagnostics> {
    let unread = |error: AwsError| Diagnostics::from(diagnose::unread(id, &error.to_string()));
    let mut objections = objections(api);
    let found = if objections.is_empty() { walk(aws, id, api).await.map_err(unread)? } else { Found::default() };
    objections.extend(found.objections.iter().cloned());
    if !objections.is_empty() {
        return Err(unfit(id, &objections).into());
    }
    let identity = Identity { bundle: names::identity(&api.name), owner: aws.dice.id(), ..Identity::default() };
    let Found { known, given, vpc_id, .. } = found;
    let scope = Scope { identity: identity.clone(), vpc_id, known, given, ..Scope::default() };
    let observed = observe(aws, &scope).await.map_err(unread)?;
    let state = InternalApi {
        id: Attr::Known(id.to_string()),
        execution_arn: Attr::Known(aws.place.execution_arn(id)),
        ..arguments(&observed, &aws.place)
    };
    let accepted = differences(&desired(&state, &aws.place, &identity), &observed)
        .map_err(|left| Diagnostics::from(unfit(id, &left)))?;
    let private = Private { identity, observed, accepted, ..Private::default() };
    Ok((state, private.write()))
}

/// More than this many objections are counted, not listed.
const MOST_OBJECTIONS: usize = 20;
/// How often a plan is made until everything in it is accepted: what is accepted in one child may show in another that takes something
/// from it, and the longest such way has four children.
const ROUNDS: u32 = 5;

/// What differs between a bundle as it would have been made and as it is.
pub fn differences(graph: &Graph, observed: &Observed) -> Result<Accepted, Vec<String>> {
    let mut accepted = Accepted::default();
    let mut round = 1;
    loop {
        let mut graph = graph.clone();
        graph.accept(&accepted, observed, Marks::Tolerated);
        let plan = reconcile::plan(&graph, observed);
        let is_first = round == 1;
        if plan.is_empty() && !is_first {
            return Ok(accepted);
        }
        let left: Vec<String> = plan.steps.iter().filter_map(|step| remains(step, round == ROUNDS)).collect();
        if !left.is_empty() || round == ROUNDS {
            return Err(left);
        }
        accepted.accept(&graph, &plan, observed);
        round += 1;
    }
}

/// What a plan would do that can't be accepted.
fn remains(step: &reconcile::Step, is_last: bool) -> Option<String> {
    match &step.action {
        Action::Create => Some(format!("there is no {} that could be told from others", step.name)),
        Action::Recreate(reason) => Some(format!("{} is beyond repair: {reason}", step.name)),
        Action::Update(changes) | Action::Replace(changes) if is_last => {
            Some(format!("{}: {}", step.name, drift::describe(changes)))
        }
        _ => None,
    }
}

/// What about the API alone keeps it from being adopted.
fn objections(api: &Foreign) -> Vec<String> {
    let mut found = api.unfit.clone();
    if !api.is_private {
        found.push("its endpoint type isn't PRIVATE".to_string());
    }
    if api.ports.is_empty() && api.unfit.is_empty() {
        found.push("it has no method that leads to a VPC link".to_string());
    }
    if api.links.len() > 1 {
        let links: Vec<&str> = api.links.iter().map(String::as_str).collect();
        found.push(format!("its methods use {} VPC links ({}), and a bundle has one", links.len(), links.join(", ")));
    }
    let stages: Vec<&str> = api.stages.iter().map(|(name, _)| name.as_str()).collect();
    match stages.as_slice() {
        [_] => {}
        [] => found.push("it has no stage".to_string()),
        _ => found.push(format!("it has {} stages ({}), and a bundle has one", stages.len(), stages.join(", "))),
    }
    found
}

fn unfit(id: &str, objections: &[String]) -> Diagnostic {
    let mut told: Vec<String> = objections.iter().take(MOST_OBJECTIONS).map(|one| format!("  - {one}")).collect();
    if objections.len() > MOST_OBJECTIONS {
        told.push(format!("  - and {} more", objections.len() - MOST_OBJECTIONS));
    }
    let detail = format!(
        "Nothing was changed. This doesn't fit the resource:\n{}\nThe guide \"Adopting a live API\" says what can be done about each.",
        told.join("\n")
    );
    Diagnostic::error(format!("The REST API {id} can't be adopted"), detail)
}
