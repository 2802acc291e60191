//! What a caller may do.

mod api_gateway;
mod bundle;
mod conditions;
mod denial;
mod ec2;
mod language;

use serde_json::{Value, json};

use crate::policy::Policy;
use crate::testing::{ACCOUNT, Caller, REGION, Reply};

pub use api_gateway::RULES as API_GATEWAY;
pub use bundle::RULES as BUNDLE;
pub use conditions::RULES as CONDITIONS;
pub use denial::RULES as DENIALS;
pub use ec2::RULES as EC2;
pub use language::RULES as LANGUAGE;

/// EC2, load balancing, and what API Gateway does on behalf of its caller.
const MORE: &str = "17.2 Permissions of EC2, load balancing and links";

/// A call as it goes over the wire.
struct Ask {
    service: &'static str,
    method: &'static str,
    path: String,
    body: String,
}

/// A permission: an action and what comes after the account in the ARN, a whole ARN, or a star.
type Pair<'a> = (&'a str, &'a str);

fn api(method: &'static str, path: &str, body: Value) -> Ask {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    Ask { service: "apigateway", method, path: path.to_owned(), body }
}

fn ec2(form: &str) -> Ask {
    Ask { service: "ec2", method: "POST", path: "/".to_owned(), body: format!("Version=2016-11-15&Action={form}") }
}

fn elb(form: &str) -> Ask {
    let body = format!("Version=2015-12-01&Action={form}");
    Ask { service: "elasticloadbalancing", method: "POST", path: "/".to_owned(), body }
}

async fn send(aws: &Caller, ask: &Ask) -> Reply {
    aws.send(ask.service, ask.method, &ask.path, ask.body.clone()).await
}

/// The statements are all that the caller may do from now on.
fn only(aws: &Caller, statements: Value) {
    let policy = Policy::of_identity(&json!({"Version": "2012-10-17", "Statement": statements}));
    aws.sim.set_policy(None, Some(policy.unwrap()));
}

/// Everything but one action.
fn all_but(action: &str) -> Value {
    json!([{"Effect": "Allow", "NotAction": action, "Resource": "*"}])
}

/// No limits any more.
fn anything(aws: &Caller) {
    aws.sim.set_policy(None, None);
}

fn arn((action, resource): Pair) -> String {
    match action.split(':').next() {
        _ if resource == "*" || resource.starts_with("arn:") => resource.to_owned(),
        Some("apigateway") => format!("arn:aws:apigateway:{REGION}::{resource}"),
        service => format!("arn:aws:{}:{REGION}:{ACCOUNT}:{resource}", service.unwrap_or_default()),
    }
}

/// The sentence that all three services say.
fn sentence(pair: Pair) -> String {
    let (action, _) = pair;
    let on = if pair.1 == "*" { String::new() } else { format!(" on resource: {}", arn(pair)) };
    format!(
        "User: arn:aws:iam::{ACCOUNT}:user/sim is not authorized to perform: {action}{on} because no identity-based policy allows the {action} action"
    )
}

async fn assert_denied(aws: &Caller, ask: &Ask, pair: Pair<'_>) {
    let (status, body) = send(aws, ask).await;
    assert_eq!(status, 403, "without {pair:?}: {body}");
    assert!(body.contains(&sentence(pair)), "{body} instead of {}", sentence(pair));
    let code = match ask.service {
        "apigateway" => "AccessDeniedException",
        "ec2" => "UnauthorizedOperation",
        _ => "AccessDenied",
    };
    assert_eq!(aws.sim.calls().last().unwrap().error.as_deref(), Some(code));
}

/// The call needs each of these permissions, and no other.
async fn needs(aws: &Caller, ask: Ask, pairs: &[Pair<'_>]) {
    for pair in pairs {
        only(
            aws,
            json!([
                {"Effect": "Allow", "NotAction": pair.0, "Resource": "*"},
                {"Effect": "Allow", "Action": pair.0, "NotResource": arn(*pair)},
            ]),
        );
        assert_denied(aws, &ask, *pair).await;
    }
    let statement = |pair: &Pair| json!({"Effect": "Allow", "Action": pair.0, "Resource": arn(*pair)});
    only(aws, pairs.iter().map(statement).collect());
    let (status, body) = send(aws, &ask).await;
    assert_ne!(status, 403, "{pairs:?} are enough: {body}");
    anything(aws);
}

/// The call needs the action, and a condition on it that does not hold refuses the call.
async fn sees(aws: &Caller, ask: Ask, action: &str, holds: Value, fails: Value) {
    for (condition, is_allowed) in [(fails, false), (holds, true)] {
        only(
            aws,
            json!([
                {"Effect": "Allow", "NotAction": action, "Resource": "*"},
                {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition},
            ]),
        );
        let (status, body) = send(aws, &ask).await;
        assert_eq!(status != 403, is_allowed, "{condition}: {body}");
    }
    anything(aws);
}
