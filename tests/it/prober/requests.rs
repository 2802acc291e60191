//! The requests that a bundle must serve, and what AWS forces to end.

use std::collections::BTreeSet;
use std::fmt;

use privgw::bundle::model::{InternalApi, Route};
use tfplugin::Attr;

/// Why a request that was served before need not be served after a change.
pub struct Forced {
    pub name: &'static str,
    pub reason: &'static str,
    pub source: &'static str,
}

const STAGE: Forced = Forced {
    name: "the stage was renamed",
    reason: "The name of a stage is a part of every URL and can't be changed; the old one is deleted when the new one serves.",
    source: "https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html",
};
const ROUTE: Forced = Forced {
    name: "the route was removed",
    reason: "A route that isn't in the deployment is no route: AWS answers Missing Authentication Token.",
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html",
};
const SIGNATURE: Forced = Forced {
    name: "the route wants a signature",
    reason: "With AWS_IAM, requests without a signature are refused from the deployment on.",
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html",
};
const PRIVATE_DNS: Forced = Forced {
    name: "private DNS was switched off",
    reason: "The API's plain name leads to the endpoint only as long as that has private DNS.",
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html",
};
pub const FIRST_CHECKS: Forced = Forced {
    name: "the first checks of a new back end",
    reason: "A target gets requests only when it has passed its first checks, and an apply doesn't wait for what never served.",
    source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html",
};
const CALLER: Forced = Forced {
    name: "the caller is no longer allowed",
    reason: "Whom no rule of the endpoint's security group admits can't open a connection.",
    source: "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
};

/// Everything that AWS forces.
pub const ALL: [&Forced; 6] = [&STAGE, &ROUTE, &SIGNATURE, &PRIVATE_DNS, &CALLER, &FIRST_CHECKS];

/// A request as somebody makes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    pub caller: Caller,
    pub by_plain_name: bool,
    pub stage: String,
    /// The route's key, `GET /products/{id}`.
    pub route: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// In the VPC, with the security group that the shop admits.
    Member,
    /// At 10.1.0.5, far away.
    Remote,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.by_plain_name { "plain name" } else { "alias" };
        write!(f, "{} of stage {} by {way} as {:?}", self.route, self.stage, self.caller)
    }
}

/// Who is admitted, by which names, to which routes: all requests that a bundle must serve.
pub fn requests(config: &InternalApi) -> BTreeSet<Request> {
    let stage = config.stage.known().and_then(|stage| stage.name.known()).expect("a stage with a name");
    let mut all = BTreeSet::new();
    for caller in [Caller::Member, Caller::Remote].into_iter().filter(|caller| admits(config, *caller)) {
        for by_plain_name in [true, false].into_iter().filter(|plain| !plain || has_private_dns(config)) {
            let routes = config.routes.known().expect("routes").iter();
            for (route, _) in routes.filter(|(_, route)| !wants_signature(route)) {
                all.insert(Request { caller, by_plain_name, stage: stage.clone(), route: route.clone() });
            }
        }
    }
    all
}

fn wants_signature(route: &Attr<Route>) -> bool {
    route.known().is_some_and(|route| route.authorization.known().is_some_and(|kind| kind == "AWS_IAM"))
}

fn has_private_dns(config: &InternalApi) -> bool {
    config.endpoint.known().is_none_or(|endpoint| endpoint.private_dns_enabled.known() != Some(&false))
}

fn admits(config: &InternalApi, caller: Caller) -> bool {
    let Attr::Known(endpoint) = &config.endpoint else { return false };
    let blocks = endpoint.allowed_cidr_blocks.known().map(|blocks| blocks.0.as_slice()).unwrap_or_default();
    let holds = |start: &str| blocks.iter().any(|block| block.known().is_some_and(|block| block.starts_with(start)));
    match caller {
        Caller::Member => {
            endpoint.allowed_security_group_ids.is_known() || endpoint.security_group_ids.is_known() || holds("172.31.")
        }
        Caller::Remote => holds("10.1."),
    }
}

/// Why a request may end that `after` doesn't serve any more.
pub fn forced(request: &Request, after: &InternalApi) -> &'static Forced {
    let routes = after.routes.known().expect("routes");
    let stage = after.stage.known().and_then(|stage| stage.name.known());
    match routes.get(&request.route) {
        None => &ROUTE,
        Some(route) if wants_signature(route) => &SIGNATURE,
        _ if !admits(after, request.caller) => &CALLER,
        _ if request.by_plain_name && !has_private_dns(after) => &PRIVATE_DNS,
        _ if stage != Some(&request.stage) => &STAGE,
        _ => panic!("nothing forces {request} to end"),
    }
}
