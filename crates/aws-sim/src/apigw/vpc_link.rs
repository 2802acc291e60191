//! VPC links (V1): asynchronous, one per load balancer.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::patch;
use super::rest::{Members, RestInput};
use super::violations::Violations;
use super::{link_reference, tags};
use crate::OperationResult;
use crate::clock::{BALANCER_RELEASE, LINK_CREATE, LINK_DELETE, LINK_FAIL, Time};
use crate::error::{Outcome, bad_request, not_found};
use crate::protocol::Answer;
use crate::state::{Context, Region, Tags};

const LIMIT: usize = 20;

/// A VPC link.
#[derive(Debug, Clone)]
pub struct VpcLink {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub target: String,
    pub ready_at: Time,
    /// Why it will be FAILED instead of AVAILABLE.
    pub refusal: Option<Cow<'static, str>>,
    pub gone_at: Option<Time>,
    pub tags: Tags,
}

impl VpcLink {
    /// PENDING, AVAILABLE, FAILED or DELETING.
    pub fn status(&self, now: Time) -> &'static str {
        match (self.gone_at, &self.refusal) {
            (Some(_), _) => "DELETING",
            (None, _) if now < self.ready_at => "PENDING",
            (None, Some(_)) => "FAILED",
            (None, None) => "AVAILABLE",
        }
    }
}

/// CreateVpcLink: only the form of the request is checked now; everything about the balancer turns up in the status later.
pub fn create(context: &mut Context, input: &RestInput) -> OperationResult {
    let members = input.members();
    let (name, targets) = required(members)?;
    if name.is_empty() {
        return Err(bad_request("Name cannot be empty"));
    }
    let [target] = targets.as_slice() else {
        // The text for no target at all is unverified.
        let none = "No target arn specified for vpc link.";
        return Err(bad_request(if targets.is_empty() {
            none
        } else {
            "More than one target arn specified for vpc link."
        }));
    };
    if !well_formed(target) {
        return Err(bad_request(format!("Invalid ARN. ARN is not well formed {target}")));
    }
    let tags = tags::checked(members.text_map("tags")?.unwrap_or_default())?;
    let limit = context.region.quota(LIMIT);
    if context.region.links.len() >= limit {
        let message = format!("There are too many Vpc Links defined for this account. Limit is {limit}");
        return Err(bad_request(message));
    }
    let refusal = refusal(context.region, target, context.now);
    let link = VpcLink {
        id: context.region.ids.alphanumeric("vpc-link", 6),
        name: name.to_owned(),
        description: members.text("description")?.filter(|text| !text.is_empty()).map(str::to_owned),
        target: target.clone(),
        ready_at: context.now + if refusal.is_some() { LINK_FAIL } else { LINK_CREATE },
        refusal: refusal.map(Cow::Borrowed),
        gone_at: None,
        tags,
    };
    let shown = show(&link, context.now, false);
    context.region.links.insert(link.id.clone(), link);
    Ok(Answer { status: 202, body: shown })
}

/// GetVpcLink.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    let link = find(context.region, input.label(0))?;
    Ok(Answer::ok(show(link, context.now, true)))
}

/// GetVpcLinks: items without tags.
pub fn list(context: &mut Context, input: &RestInput) -> OperationResult {
    let plain = |link: &VpcLink| {
        let mut shown = show(link, context.now, false);
        shown.as_object_mut().map(|members| members.remove("tags"));
        shown
    };
    input.page(context.region.links.values().map(plain).collect()).map(Answer::ok)
}

/// UpdateVpcLink: name and description.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let patches = patch::read(input, "updateVpcLinkInput")?;
    let mut link = find(context.region, input.label(0))?.clone();
    for patch in patches {
        match patch.path.as_str() {
            "/name" => {
                patch.only(&["replace"])?;
                if patch.text().is_empty() {
                    return Err(bad_request("Name cannot be empty"));
                }
                patch.text().clone_into(&mut link.name);
            }
            "/description" => patch.set_text(&mut link.description)?,
            path if path.starts_with("/targetArns") => {
                return Err(bad_request("Target arns are not allowed to be changed/added."));
            }
            _ => return Err(patch.invalid_path()),
        }
    }
    let shown = show(&link, context.now, true);
    context.region.links.insert(link.id.clone(), link);
    Ok(Answer::ok(shown))
}

/// DeleteVpcLink: not while something refers to it. Deleting it twice is a success (unverified).
pub fn delete(context: &mut Context, input: &RestInput) -> OperationResult {
    let id = find(context.region, input.label(0))?.id.clone();
    if let Some(message) = link_reference::refusal(context.region, &id) {
        return Err(bad_request(message));
    }
    let gone_at = context.now + LINK_DELETE;
    if let Some(link) = context.region.links.get_mut(&id) {
        link.gone_at.get_or_insert(gone_at);
    }
    Ok(Answer { status: 202, body: Value::Null })
}

/// A link that is gone leaves its balancer in use for a while.
pub fn settle(region: &mut Region, now: Time) {
    let Region { links, load_balancers, .. } = region;
    links.retain(|_, link| {
        let Some(gone_at) = link.gone_at.filter(|gone_at| *gone_at <= now) else {
            return true;
        };
        if let Some(balancer) = load_balancers.get_mut(&link.target).filter(|_| link.refusal.is_none()) {
            balancer.busy_until = gone_at + BALANCER_RELEASE;
        }
        false
    });
}

/// The link of an id.
pub fn find<'a>(region: &'a Region, id: &str) -> Outcome<&'a VpcLink> {
    region.links.get(id).ok_or_else(|| not_found("Invalid Vpc Link identifier specified"))
}

/// Both members must be there, which the framework checks (unverified here; it is so in CreateRestApi).
fn required(members: Members<'_>) -> Outcome<(&str, Vec<String>)> {
    let (name, targets) = (members.text("name")?, members.texts("targetArns")?);
    let mut violations = Violations::default();
    violations.required(name, "createVpcLinkInput.name");
    violations.required(targets.as_ref(), "createVpcLinkInput.targetArns");
    violations.check()?;
    Ok((name.unwrap_or_default(), targets.unwrap_or_default()))
}

fn well_formed(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(parts[..], ["arn", partition, service, _, _, resource] if !partition.is_empty() && !service.is_empty() && !resource.is_empty())
}

fn refusal(region: &Region, target: &str, now: Time) -> Option<&'static str> {
    if !target.contains(":loadbalancer/net/") {
        return Some("NLB ARN is malformed");
    }
    let taken = "NLB is already associated with another VPC Endpoint Service";
    match region.load_balancers.get(target) {
        // Missing, or in another account (text unverified).
        None => Some("NLB ARN is malformed"),
        Some(balancer) if balancer.state(now) != "active" => Some(
            "NLB is not in active state. If you recently created this NLB, please wait for it to become active and try again..",
        ),
        Some(balancer) if now < balancer.busy_until => Some(taken),
        Some(_) => region.links.values().any(|link| link.target == target && link.refusal.is_none()).then_some(taken),
    }
}

fn show(link: &VpcLink, now: Time, full: bool) -> Value {
    let status = link.status(now);
    let mut shown = json!({"id": link.id, "name": link.name, "targetArns": [link.target], "status": status});
    if let Some(description) = &link.description {
        shown["description"] = json!(description);
    }
    match status {
        "AVAILABLE" => shown["statusMessage"] = json!("Your vpc link is ready for use"),
        "FAILED" => shown["statusMessage"] = json!(link.refusal),
        _ => {}
    }
    if full || !link.tags.is_empty() {
        shown["tags"] = json!(link.tags);
    }
    shown
}
