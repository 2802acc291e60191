//! From an API to everything that a request passes: link, load balancer, listeners, target groups, endpoint, security group.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use crate::aws::{Aws, AwsError};
use crate::bundle::existing::service_name;
use crate::child::{ChildName, Live, Status};
use crate::children::foreign::{self, Foreign};
use crate::children::{
    deployment, listener, load_balancer, rest_api, security_group, stage, target_group, vpc_endpoint, vpc_link,
};
use crate::reconcile::given::Ids;
use crate::reconcile::look_up;

/// What belongs to an API.
#[derive(Default)]
pub struct Found {
    /// What becomes a child, by its id alone.
    pub known: BTreeMap<ChildName, Live>,
    /// What others use too.
    pub given: Ids,
    /// The VPC of the load balancer.
    pub vpc_id: String,
    /// What can't be adopted, a sentence each.
    pub objections: Vec<String>,
}

/// Walks from the API, which has one link and one stage. Reads only.
pub async fn walk(aws: &Aws, id: &str, api: &Foreign) -> Result<Found, AwsError> {
    let mut found = Found::default();
    found.take(rest_api::child(), id);
    for (name, deployment) in &api.stages {
        found.take(stage::child(), &format!("{id}/{name}"));
        found.take(deployment::child(), deployment);
    }
    let Some(balancer) = balancer(aws, &mut found, api).await? else { return Ok(found) };
    found.vpc_id = value(&balancer, "vpc_id").unwrap_or_default();
    backends(aws, &mut found, &balancer, &api.ports).await?;
    endpoint(aws, &mut found, id, api).await?;
    Ok(found)
}

impl Found {
    fn take(&mut self, child: ChildName, id: &str) {
        let live = Live::unread(&child, id);
        if let Some(other) = self.known.insert(child.clone(), live) {
            self.objections.push(format!("{} and {id} would both be {child}", other.id));
        }
    }

    fn object(&mut self, objection: impl Into<String>) {
        self.objections.push(objection.into());
    }
}

/// The link, and the load balancer behind it.
async fn balancer(aws: &Aws, found: &mut Found, api: &Foreign) -> Result<Option<Live>, AwsError> {
    let Some(id) = api.links.first() else { return Ok(None) };
    let Some(link) = look_up(aws, &vpc_link::child(), id).await? else {
        found.object(format!("its VPC link {id} is gone"));
        return Ok(None);
    };
    if let Status::Failed(reason) = &link.status {
        found.object(format!("its VPC link {id} has failed: {reason}"));
    }
    found.take(vpc_link::child(), id);
    let Some(arn) = value::<String>(&link, "target_arn") else {
        found.object(format!("its VPC link {id} leads to no load balancer, or to several"));
        return Ok(None);
    };
    let Some(balancer) = look_up(aws, &load_balancer::child(), &arn).await? else {
        found.object(format!("the load balancer {arn} behind its VPC link is gone"));
        return Ok(None);
    };
    match value::<String>(&balancer, "scheme").as_deref() {
        Some("internal") => Ok(Some(balancer)),
        scheme => {
            found.object(format!("the load balancer {arn} is {}, not internal", scheme.unwrap_or("neither")));
            Ok(None)
        }
    }
}

/// Listeners and target groups by the ports that the API leads to. A load balancer on which there are others is somebody's.
async fn backends(aws: &Aws, found: &mut Found, balancer: &Live, ports: &BTreeSet<i64>) -> Result<(), AwsError> {
    let listeners = listener::ports(aws, &balancer.id).await?;
    match listeners.iter().all(|one| ports.contains(&one.number)) {
        true => found.take(load_balancer::child(), &balancer.id),
        false => drop(found.given.insert(load_balancer::child(), balancer.id.clone())),
    }
    for port in ports {
        let Some(listener) = listeners.iter().find(|one| one.number == *port) else {
            found.object(format!("its methods lead to port {port}, and the load balancer has no listener there"));
            continue;
        };
        let Some(pair) = pair(aws, listener).await? else {
            let groups = listener.leads_to.len();
            found.object(format!(
                "the listener on port {port} leads to {groups} target groups, which aren't a blue and a green one"
            ));
            continue;
        };
        found.take(listener::child(&pair.name), &listener.listener);
        found.take(target_group::child(&pair.name), &pair.blue);
        pair.green.into_iter().for_each(|green| found.take(target_group::green(&pair.name), &green));
    }
    Ok(())
}

/// The target groups of a back end.
struct Pair {
    name: String,
    blue: String,
    green: Option<String>,
}

const COLOURS: [&str; 2] = ["blue", "green"];

/// The group or groups of a listener. Two whose names differ in a colour alone are a pair, of which one may be idle: nothing leads to
/// that, so it is looked for by its name.
async fn pair(aws: &Aws, listener: &listener::Port) -> Result<Option<Pair>, AwsError> {
    let named = |arn: &str| target_group::name(arn).to_string();
    let (arn, second) = match listener.leads_to.as_slice() {
        [arn] => (arn, None),
        [arn, second] => (arn, Some(second)),
        _ => return Ok(None),
    };
    let Some((own, other)) = swapped(&named(arn)) else {
        return Ok(second.is_none().then(|| Pair { name: named(arn), blue: arn.clone(), green: None }));
    };
    let partner = match second {
        Some(second) if named(second) == other => Some(second.clone()),
        Some(_) => return Ok(None),
        None => target_group::by_name(aws, &other).await?,
    };
    Ok(Some(match partner {
        None => Pair { name: named(arn), blue: arn.clone(), green: None },
        Some(partner) if own == COLOURS[0] => {
            Pair { name: colourless(&named(arn)), blue: arn.clone(), green: Some(partner) }
        }
        Some(partner) => Pair { name: colourless(&named(arn)), blue: partner, green: Some(arn.clone()) },
    }))
}

/// The colour in a name, and the name with the other colour.
fn swapped(name: &str) -> Option<(&'static str, String)> {
    let [blue, green] = COLOURS;
    let parts: Vec<&str> = name.split('-').collect();
    let colour = COLOURS.into_iter().find(|colour| parts.contains(colour))?;
    let other = if colour == blue { green } else { blue };
    Some((
        colour,
        parts.into_iter().map(|part| if part == colour { other } else { part }).collect::<Vec<_>>().join("-"),
    ))
}

fn colourless(name: &str) -> String {
    let parts: Vec<&str> = name.split('-').filter(|part| !COLOURS.contains(part)).collect();
    if parts.is_empty() { name.to_string() } else { parts.join("-") }
}

/// The endpoint that the API names or, where it names none, its policy; and its security group.
async fn endpoint(aws: &Aws, found: &mut Found, id: &str, api: &Foreign) -> Result<(), AwsError> {
    let mut candidates = api.endpoints.clone();
    candidates.extend(api.policy.as_deref().map(mentioned).unwrap_or_default());
    let mut here = None;
    for candidate in &candidates {
        let live = look_up(aws, &vpc_endpoint::child(), candidate).await?;
        let fits =
            |live: &Live| value(live, "service_name").is_some_and(|name: String| name == service_name(&aws.place));
        let Some(live) = live.filter(fits) else { continue };
        let is_local = value(&live, "vpc_id").is_some_and(|vpc: String| vpc == found.vpc_id);
        if is_local || here.is_none() {
            here = Some((live, is_local));
        }
        if is_local {
            break;
        }
    }
    let Some((endpoint, is_local)) = here else {
        found.object("neither it nor its policy names an endpoint of this account; `endpoint_configuration.vpc_endpoint_ids` is the place");
        return Ok(());
    };
    let is_shared = foreign::endpoints_of_others(aws, id).await?.contains(&endpoint.id);
    if is_shared || !is_local {
        found.given.insert(vpc_endpoint::child(), endpoint.id.clone());
        return Ok(());
    }
    found.take(vpc_endpoint::child(), &endpoint.id);
    let groups: Vec<String> = value(&endpoint, "security_group_ids").unwrap_or_default();
    let interfaces: Vec<String> = endpoint
        .outputs
        .get("network_interface_ids")
        .and_then(|ids| serde_json::from_value(ids.clone()).ok())
        .unwrap_or_default();
    if let [group] = groups.as_slice()
        && security_group::is_for(aws, group, &interfaces).await?
    {
        found.take(security_group::of_endpoint(), group);
    }
    Ok(())
}

/// The endpoints that a policy names, in the order of their first mention.
fn mentioned(policy: &str) -> Vec<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut found: Vec<String> = Vec::new();
    for word in policy.split(|c: char| !is_word(c)).filter(|word| word.starts_with("vpce-")) {
        if !found.iter().any(|one| one == word) {
            found.push(word.to_string());
        }
    }
    found
}

fn value<T: DeserializeOwned>(live: &Live, member: &str) -> Option<T> {
    serde_json::from_value(live.spec.get(member)?.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_told_by_the_colours_in_its_names() {
        assert_eq!(swapped("dev-users-tg-blue"), Some(("blue", "dev-users-tg-green".to_string())));
        assert_eq!(swapped("green-a"), Some(("green", "blue-a".to_string())));
        assert_eq!(swapped("greenhouse"), None);
        assert_eq!(colourless("dev-users-tg-blue"), "dev-users-tg");
        assert_eq!(colourless("blue"), "blue");
    }

    #[test]
    fn endpoints_are_found_in_a_policy_however_it_is_written() {
        let policy = r#"{\"aws:SourceVpce\":[\"vpce-0a\",\"vpce-0b\",\"vpce-0a\"]}"#;
        assert_eq!(mentioned(policy), ["vpce-0a", "vpce-0b"]);
    }
}
