//! Pieces that exist already and are handed in: which there are, and what they must be like.

use serde_json::json;
use tfplugin::{Attr, Path};

use super::inputs::text;
use super::model::{InternalApi, LoadBalancer};
use crate::aws::Place;
use crate::child::{ChildName, Input};
use crate::children::{load_balancer, vpc_endpoint, vpc_link};
use crate::reconcile::Given;
use crate::reconcile::given::Ids;

/// Whether the endpoint exists already.
pub fn endpoint_is_given(model: &InternalApi) -> bool {
    model.endpoint.known().is_some_and(|endpoint| !endpoint.id.is_null())
}

/// Whether the load balancer exists already.
pub fn balancer_is_given(model: &InternalApi) -> bool {
    model.load_balancer.known().is_some_and(|balancer| !balancer.arn.is_null())
}

/// Whether the VPC link exists already.
pub fn link_is_given(model: &InternalApi) -> bool {
    model.vpc_link.known().is_some_and(|link| !link.id.is_null())
}

/// Whether back ends have listeners and target groups of the bundle.
pub fn has_listeners(model: &InternalApi) -> bool {
    let managed = |balancer: &LoadBalancer| balancer.listener_managed == Attr::Known(false);
    !(balancer_is_given(model) && model.load_balancer.known().is_some_and(managed))
}

/// The attribute that hands in what takes the place of a child.
pub fn attribute(child: &ChildName) -> Path {
    match child.kind() {
        vpc_endpoint::KIND => Path::attr("endpoint").attribute("id"),
        load_balancer::KIND => Path::attr("load_balancer").attribute("arn"),
        _ => Path::attr("vpc_link").attribute("id"),
    }
}

/// The service that an endpoint must be for. In China, AWS names it with the partition in front.
pub fn service_name(place: &Place) -> String {
    let prefix = if place.partition == "aws-cn" { "cn.com.amazonaws" } else { "com.amazonaws" };
    format!("{prefix}.{}.execute-api", place.region)
}

/// The ids of what is handed in, as far as they are known.
pub fn ids(model: &InternalApi) -> Ids {
    let all = given(model, &Place::default());
    all.iter().filter_map(|one| Some((one.name.clone(), one.known_id()?.to_string()))).collect()
}

/// Everything that is handed in.
pub fn given(model: &InternalApi, place: &Place) -> Vec<Given> {
    let mut all = Vec::new();
    if let Some(endpoint) = model.endpoint.known().filter(|_| endpoint_is_given(model)) {
        let expected = json!({"service_name": service_name(place)});
        all.push(Given::new(vpc_endpoint::child(), text(&endpoint.id), &expected));
    }
    if let Some(balancer) = model.load_balancer.known().filter(|_| balancer_is_given(model)) {
        let mut expected = json!({"type": "network", "scheme": "internal"});
        // Listeners that exist may lead to a VPC that isn't the bundle's.
        if let (true, Input::Known(vpc)) = (has_listeners(model), text(&model.vpc_id)) {
            expected["vpc_id"] = json!(vpc);
        }
        all.push(Given::new(load_balancer::child(), text(&balancer.arn), &expected));
    }
    if let Some(link) = model.vpc_link.known().filter(|_| link_is_given(model)) {
        let target = model.load_balancer.known().map(|balancer| text(&balancer.arn));
        let expected = match target {
            Some(Input::Known(arn)) => json!({"target_arn": arn}),
            _ => json!({}),
        };
        all.push(Given::new(vpc_link::child(), text(&link.id), &expected));
    }
    all
}
