//! What becomes of things that a struck call has begun.

use std::time::Duration;

use serde_json::Value;

use crate::clock::Time;
use crate::protocol::{Call, Input};
use crate::query::Params;
use crate::state::Region;

/// Operations whose work can hang.
pub const CAN_STICK: [&str; 6] = [
    "CreateVpcEndpoint",
    "ModifyVpcEndpoint",
    "DeleteVpcEndpoints",
    "CreateLoadBalancer",
    "CreateVpcLink",
    "DeleteVpcLink",
];
/// Operations whose work can end in a failed object.
pub const CAN_FAIL: [&str; 3] = ["CreateVpcEndpoint", "CreateLoadBalancer", "CreateVpcLink"];

/// Later than any simulation lasts: a hundred years.
const NEVER: Time = Duration::from_secs(100 * 365 * 86_400);

/// Lets the work of an executed call never end.
pub fn stick(region: &mut Region, call: &Call, answer: &Value) {
    for id in subjects(call, answer) {
        let deletes = call.operation.starts_with("Delete");
        if let Some(endpoint) = region.endpoints.get_mut(&id) {
            *(if deletes { endpoint.gone_at.get_or_insert(NEVER) } else { &mut endpoint.ready_at }) = NEVER;
        } else if let Some(balancer) = region.load_balancers.get_mut(&id) {
            balancer.active_at = NEVER;
        } else if let Some(link) = region.links.get_mut(&id) {
            *(if deletes { link.gone_at.get_or_insert(NEVER) } else { &mut link.ready_at }) = NEVER;
        }
    }
}

/// Lets the work of an executed call end in a failure.
pub fn fail_later(region: &mut Region, call: &Call, answer: &Value, message: &str) {
    for id in subjects(call, answer) {
        if let Some(endpoint) = region.endpoints.get_mut(&id) {
            // Which codes there are is unverified.
            endpoint.failure = Some(("InternalError".to_owned(), message.to_owned()));
        } else if let Some(balancer) = region.load_balancers.get_mut(&id) {
            balancer.failure = Some(message.to_owned());
        } else if let Some(link) = region.links.get_mut(&id) {
            link.refusal = Some(message.to_owned().into());
        }
    }
}

/// The ids of what a call works on: new things are named in its answer, others in its request.
fn subjects(call: &Call, answer: &Value) -> Vec<String> {
    let made = ["/vpcEndpoint/vpcEndpointId", "/LoadBalancers/0/LoadBalancerArn", "/id"];
    let named = made.iter().filter_map(|path| answer.pointer(path)?.as_str()).map(str::to_owned);
    let asked = match &call.input {
        Input::Rest(rest) => vec![rest.label(0).to_owned()],
        Input::Query(tree) => match &tree["VpcEndpointId"] {
            Value::String(id) => vec![id.clone()],
            _ => Params(tree).texts("VpcEndpointId"),
        },
    };
    named.chain(asked).collect()
}
