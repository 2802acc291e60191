//! How each service says no.

use sha2::{Digest, Sha256};

use super::{Need, user};
use crate::error::{Failure, fail};
use crate::policy::Decision;
use crate::protocol::{Call, Service};

/// The refusal of a call for want of a permission.
pub fn of(call: &Call, need: &Need, decision: Decision) -> Failure {
    let sentence = sentence(&user(&call.account, &call.region), need, decision);
    match call.service {
        Service::Ec2 => fail("UnauthorizedOperation", encoded(need, &sentence)).status(403),
        Service::Elb | Service::Sts => fail("AccessDenied", sentence).status(403),
        Service::ApiGateway => fail("AccessDeniedException", sentence).status(403),
    }
}

/// AWS leaves out the resource of an action that is on nothing in particular.
fn sentence(user: &str, need: &Need, decision: Decision) -> String {
    let Need { action, resource, .. } = need;
    let on = if resource == "*" { String::new() } else { format!(" on resource: {resource}") };
    let why = match decision {
        Decision::Denied => "with an explicit deny in an identity-based policy".to_owned(),
        _ => format!("because no identity-based policy allows the {action} action"),
    };
    format!("User: {user} is not authorized to perform: {action}{on} {why}")
}

/// EC2 adds the whole story in a form that only `sts:DecodeAuthorizationMessage` reads, except for its reads.
fn encoded(need: &Need, sentence: &str) -> String {
    let message = format!("You are not authorized to perform this operation. {sentence}");
    if need.resource == "*" {
        return message;
    }
    let code: String = Sha256::digest(sentence.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{message}. Encoded authorization failure message: {code}")
}
