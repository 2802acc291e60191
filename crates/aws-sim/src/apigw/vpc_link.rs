//! VPC links (V1): asynchronous, one per load balancer.

use serde_json::{Value, json};

use super::patch;
use super::rest::RestInput;
use super::tags;
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
    pub refusal: Option<&'static str>,
    pub gone_at: Option<Time>,
    pub tags: Tags,
}

impl VpcLink {
    /// PENDING, AVAILABLE, FAILED or DELETING.
    pub fn status(&self, now: Time) -> &'static str {
        match (self.gone_at, self.refusal) {
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
    let name = members.text("name")?.unwrap_or_default();
    if name.is_empty() {
        return Err(bad_request("Name cannot be empty"));
    }
    let targets = members.texts("targetArns")?.unwrap_or_default();
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
    if context.region.links.len() >= LIMIT {
        let message = format!("There are too many Vpc Links defined for this account. Limit is {LIMIT}");
        return Err(bad_request(message));
    }
    let refusal = refusal(context.region, target, context.now);
    let link = VpcLink {
        id: context.region.ids.alphanumeric("vpc-link", 6),
        name: name.to_owned(),
        description: members.text("description")?.filter(|text| !text.is_empty()).map(str::to_owned),
        target: target.clone(),
        ready_at: context.now + if refusal.is_some() { LINK_FAIL } else { LINK_CREATE },
        refusal,
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
    let mut link = find(context.region, input.label(0))?.clone();
    for patch in patch::read(input, "updateVpcLinkInput")? {
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

/// DeleteVpcLink: not while a deployed stage refers to it.
pub fn delete(context: &mut Context, input: &RestInput) -> OperationResult {
    let id = find(context.region, input.label(0))?.id.clone();
    let references = references(context.region, &id);
    if !references.is_empty() {
        let list = references.join(", ");
        let message = format!(
            "Cannot delete vpc link. Vpc link '{id}', is referenced in [{list}] in format of [RESTApiId:Method:Resource:Stage]."
        );
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

/// Stages whose deployment has a method that names the link.
fn references(region: &Region, link: &str) -> Vec<String> {
    let mut references = Vec::new();
    for api in region.apis.values() {
        for stage in api.stages.values() {
            let deployments = stage.deployments().filter_map(|id| api.deployments.get(id));
            for (resource, verb) in deployments.flat_map(|deployment| deployment.definition.uses_of(link)) {
                references.push(format!("{}:{verb}:{resource}:{}", api.id, stage.name));
            }
        }
    }
    references
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Caller, document, integration, later, text};

    async fn create(caller: &Caller, target: &str) -> String {
        let (status, link) = caller.api("POST", "/vpclinks", json!({"name": "x", "targetArns": [target]})).await;
        assert_eq!((status, text(&link, "status").as_str()), (202, "PENDING"));
        text(&link, "id")
    }

    async fn get(caller: &Caller, id: &str) -> Value {
        caller.api("GET", &format!("/vpclinks/{id}"), Value::Null).await.1
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_link_on_a_balancer_fails_later() {
        let caller = Caller::new();
        let balancer = caller.balancer("one").await;
        let first = create(&caller, &balancer).await;
        let second = create(&caller, &balancer).await;
        later(180).await;
        assert_eq!(get(&caller, &first).await["statusMessage"], "Your vpc link is ready for use");
        let failed = get(&caller, &second).await;
        assert_eq!(failed["status"], "FAILED");
        assert_eq!(failed["statusMessage"], "NLB is already associated with another VPC Endpoint Service");
    }

    #[tokio::test(start_paused = true)]
    async fn a_balancer_that_is_not_active_at_creation_fails_the_link() {
        let caller = Caller::new();
        let subnet = &caller.fresh.subnet_ids[0];
        let form = format!("CreateLoadBalancer&Name=one&Type=network&Scheme=internal&Subnets.member.1={subnet}");
        let balancer = crate::testing::element(&caller.elb(&form).await.1, "LoadBalancerArn");
        let link = create(&caller, &balancer).await;
        later(300).await;
        assert!(text(&get(&caller, &link).await, "statusMessage").starts_with("NLB is not in active state."));
        let wrong = create(&caller, &balancer.replace("/net/", "/app/")).await;
        later(30).await;
        assert_eq!(get(&caller, &wrong).await["statusMessage"], "NLB ARN is malformed");
    }

    #[tokio::test(start_paused = true)]
    async fn a_deployed_stage_holds_its_link_until_it_moves_or_goes() {
        let caller = Caller::new();
        let link = caller.link(&caller.balancer("one").await).await;
        let api = caller.private_api(&[]).await;
        let path = json!({"/x": {"get": {"x-amazon-apigateway-integration": integration(&link, "/x")}}});
        caller.put_api(&api, "overwrite", document(path)).await;
        caller.deploy(&api).await;
        let (_, resources) = caller.api("GET", &format!("/restapis/{api}/resources"), Value::Null).await;
        let resource = resources["item"].as_array().unwrap().iter().find(|item| item["path"] == "/x").unwrap();
        let (status, refused) = caller.api("DELETE", &format!("/vpclinks/{link}"), Value::Null).await;
        let expected = format!(
            "Cannot delete vpc link. Vpc link '{link}', is referenced in [{api}:GET:{}:v1] in format of [RESTApiId:Method:Resource:Stage].",
            text(resource, "id")
        );
        assert_eq!((status, text(&refused, "message")), (400, expected));
        let empty = json!({"/x": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}});
        caller.put_api(&api, "overwrite", document(empty)).await;
        assert_eq!(caller.api("DELETE", &format!("/vpclinks/{link}"), Value::Null).await.0, 400);
        caller.deploy(&api).await;
        assert_eq!(caller.api("DELETE", &format!("/vpclinks/{link}"), Value::Null).await.0, 202);
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_twenty_links_at_most() {
        let caller = Caller::new();
        let arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/x/0";
        for _ in 0..20 {
            create(&caller, arn).await;
        }
        let (_, refused) = caller.api("POST", "/vpclinks", json!({"name": "x", "targetArns": [arn]})).await;
        assert_eq!(refused["message"], "There are too many Vpc Links defined for this account. Limit is 20");
    }
}
