//! What is handed in: that it exists, is of use, and isn't in somebody else's.

use std::collections::BTreeMap;

use futures::future::join_all;
use tfplugin::{Attr, Diagnostic, Diagnostics, Path};

use super::super::desired::listener_port;
use super::super::existing::{attribute, given, has_listeners, link_is_given};
use super::super::model::InternalApi;
use super::super::validate::port_path;
use crate::aws::{Aws, ErrorKind, names};
use crate::child::{Live, Status};
use crate::children::{listener, load_balancer, target_group, vpc_link};
use crate::reconcile::{Given, Observed, given::NOT_THERE, look_up};

/// Looks at what is handed in and wasn't so far, or has gone since.
pub async fn check(
    aws: &Aws,
    prior: Option<&InternalApi>,
    planned: &InternalApi,
    (bundle, observed): (&str, &Observed),
) -> Diagnostics {
    let all = given(planned, &aws.place);
    let is_known = |one: &&Given| {
        let seen = observed.given.get(&one.name).map(|live| live.id.as_str());
        prior.is_some() && seen.is_some() && seen == one.known_id()
    };
    let new: Vec<&Given> = all.iter().filter(|one| one.known_id().is_some() && !is_known(one)).collect();
    let mut diagnostics: Diagnostics =
        join_all(new.iter().map(|one| look(aws, one))).await.into_iter().flatten().collect();
    let is_new = |kind: &str| new.iter().any(|one| one.name.kind() == kind);
    let balancer = all.iter().find(|one| one.name == load_balancer::child());
    if let Some(arn) = balancer.and_then(Given::known_id).filter(|_| !diagnostics.has_errors()) {
        if is_new(load_balancer::KIND) && !link_is_given(planned) {
            diagnostics.extend(other_link(aws, arn, (bundle, observed)).await);
        }
        let same_ports = prior.is_some_and(|prior| prior.backends == planned.backends);
        if has_listeners(planned) && (is_new(load_balancer::KIND) || !same_ports) {
            diagnostics.extend(ports(aws, arn, planned, (bundle, observed)).await);
        }
    }
    diagnostics
}

async fn look(aws: &Aws, given: &Given) -> Option<Diagnostic> {
    let (id, at) = (given.known_id()?, attribute(&given.name));
    let objection = match look_up(aws, &given.name, id).await {
        Ok(Some(live)) => objection(given, &live)?,
        Ok(None) => format!("{NOT_THERE}. Check the id, the region and the account"),
        // The credentials of a plan need not be those of the apply.
        Err(error) if error.kind == ErrorKind::Denied => {
            let detail = format!("{error}. The apply will find out what the plan could not.");
            return Some(Diagnostic::warning(format!("{id} could not be checked"), detail).at(at));
        }
        Err(error) => error.to_string(),
    };
    Some(Diagnostic::error(format!("{id} can't be used"), format!("{objection}.")).at(at))
}

fn objection(given: &Given, live: &Live) -> Option<String> {
    match (&live.status, given.objection(live)) {
        (_, Some(objection)) => Some(objection.message),
        (Status::Failed(reason), None) => Some(format!("AWS says that it is {reason}")),
        (Status::Deleting, None) => Some("It is being deleted".to_string()),
        (Status::Ready | Status::Pending(_), None) => None,
    }
}

/// A load balancer is behind one VPC link at most.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/vpc-links-v1.html>
async fn other_link(aws: &Aws, arn: &str, (bundle, observed): (&str, &Observed)) -> Option<Diagnostic> {
    let links = vpc_link::list(aws).await.ok()?;
    let is_own = |link: &vpc_link::Link| names::recognise(bundle, &link.name) || observed.has(&link.id);
    let other = links.into_iter().find(|link| link.target == arn && !is_own(link))?;
    let detail = format!(
        "AWS puts a load balancer behind one VPC link, and {} leads to it already. To use that one: vpc_link = {{ id = {0:?} }}",
        other.id
    );
    let at = Path::attr("load_balancer").attribute("arn");
    Some(Diagnostic::error("The load balancer has a VPC link already", detail).at(at))
}

/// The ports of the bundle's listeners must be free, or its own. One that leads to a target group of the bundle is its own.
async fn ports(aws: &Aws, arn: &str, planned: &InternalApi, (bundle, observed): (&str, &Observed)) -> Diagnostics {
    let port = |backend: &Attr<_>| backend.known().map(listener_port)?.into_known();
    let all = planned.backends.known().into_iter().flatten();
    let wanted: BTreeMap<i64, &String> = all.filter_map(|(name, backend)| Some((port(backend)?, name))).collect();
    let Ok(found) = listener::ports(aws, arn).await else { return Diagnostics::new() };
    let is_strange =
        |port: &listener::Port| !port.leads_to.iter().any(|group| names::recognise(bundle, target_group::name(group)));
    let mut diagnostics = Diagnostics::new();
    for taken in found.iter().filter(|port| is_strange(port) && !observed.has(&port.listener)) {
        let Some(backend) = wanted.get(&taken.number) else { continue };
        let detail = format!(
            "{} has port {} on this load balancer. Give the back end a `listener_port` that is free, or lead to that listener with \
             `load_balancer.listener_managed = false`.",
            taken.listener, taken.number
        );
        diagnostics.error(port_path(backend), "The listener port is taken", detail);
    }
    diagnostics
}
