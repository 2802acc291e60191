//! What a call needs, and whether the caller may.
//!
//! Actions, resources and condition keys are those of AWS's service authorization reference,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.

mod api_gateway;
mod denial;
mod ec2;
mod elb;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Serialize, Serializer};

use crate::OperationResult;
use crate::clock::{LINK_FAIL, Time, epoch_seconds, iso8601};
use crate::error::{Failure, Outcome};
use crate::policy::{Decision, Keys, Policy, Verdict};
use crate::protocol::{Call, Input, Service};
use crate::query::Params;
use crate::state::{Region, Tags, partition};

/// One permission that a call needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The action, such as `ec2:CreateTags`.
    pub action: String,
    /// The resource; a star where the action is on nothing in particular.
    pub resource: String,
    /// The condition keys of its own, in lower case: tags, names, what is asked for. Those of every request aren't among them.
    pub keys: Keys,
}

/// Who may do what, and the service-linked roles that exist.
#[derive(Debug, Default)]
pub struct Iam {
    /// For accounts without a policy of their own, from the start.
    initial: Option<Policy>,
    everywhere: Option<Policy>,
    accounts: BTreeMap<String, Option<Policy>>,
    roles: BTreeSet<(String, Role)>,
    needed: Vec<Need>,
}

/// A role that a service makes for itself on behalf of its first caller in an account.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    LoadBalancing,
    ApiGateway,
}

/// What API Gateway does with the rights of whoever makes or deletes a link, and how a link says that it could not.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/grant-permissions-to-create-vpclink.html>
/// Which of the two calls needs which of them isn't documented, nor that a link without them is FAILED, nor its words:
/// (unverified).
const OF_LINKS: [(&str, &str); 5] = [
    (
        "ec2:CreateVpcEndpointServiceConfiguration",
        "The caller is not authorized to perform: ec2:CreateVpcEndpointServiceConfiguration",
    ),
    (
        "ec2:DeleteVpcEndpointServiceConfigurations",
        "The caller is not authorized to perform: ec2:DeleteVpcEndpointServiceConfigurations",
    ),
    (
        "ec2:DescribeVpcEndpointServiceConfigurations",
        "The caller is not authorized to perform: ec2:DescribeVpcEndpointServiceConfigurations",
    ),
    (
        "ec2:ModifyVpcEndpointServicePermissions",
        "The caller is not authorized to perform: ec2:ModifyVpcEndpointServicePermissions",
    ),
    (
        "elasticloadbalancing:DescribeLoadBalancers",
        "The caller is not authorized to perform: elasticloadbalancing:DescribeLoadBalancers",
    ),
];

/// A call that may go on.
pub struct Admission {
    role: Option<Role>,
    /// Why the link that it makes will be FAILED.
    late: Option<&'static str>,
}

/// The refusal of a call to somebody who may do nothing.
pub fn denied(call: &Call, region: &Region) -> Failure {
    let needs = own_needs(call, region);
    let any = || Need::on_any(&format!("{}:{}", call.service.name(), call.operation));
    denial::of(call, &needs.into_iter().next().unwrap_or_else(any), Decision::NotAllowed)
}

impl Iam {
    /// One policy for everybody, or no limits.
    pub fn new(policy: Option<Policy>) -> Iam {
        Iam { everywhere: policy.clone(), initial: policy, ..Iam::default() }
    }

    /// Changes what the callers of an account, or of all accounts without a policy of their own, may do.
    pub fn set(&mut self, account: Option<&str>, policy: Option<Policy>) {
        match account {
            Some(account) => drop(self.accounts.insert(account.to_owned(), policy)),
            None => self.everywhere = policy,
        }
    }

    /// As it was at the start.
    pub fn reset(&mut self) {
        *self = Iam::new(self.initial.take());
    }

    /// What the last call needed; asking forgets it.
    pub fn take_needed(&mut self) -> Vec<Need> {
        std::mem::take(&mut self.needed)
    }

    /// Lets a call go on, or refuses it in its service's words.
    pub fn admit(&mut self, call: &Call, region: &Region, now: Time) -> Outcome<Admission> {
        let role = role_of(&call.operation).filter(|role| !self.roles.contains(&(call.account.clone(), *role)));
        let mut needs = own_needs(call, region);
        needs.extend(role.map(|role| role.need(call)));
        let own = needs.len();
        if ["CreateVpcLink", "DeleteVpcLink"].contains(&call.operation.as_str()) {
            needs.extend(OF_LINKS.map(|(action, _)| Need::on_any(action).through_service()));
        }
        self.needed = needs;
        let Some(policy) = self.accounts.get(&call.account).unwrap_or(&self.everywhere) else {
            return Ok(Admission { role, late: None });
        };
        let general = general_keys(call, now);
        let mut late = None;
        for (index, need) in self.needed.iter().enumerate() {
            let is_own = index < own;
            let mut keys = general.clone();
            keys.extend(need.keys.clone());
            let decision = policy.decide(&need.action, &need.resource, &keys).decision;
            if decision == Decision::Allowed {
                continue;
            }
            if is_own || call.operation == "DeleteVpcLink" {
                return Err(denial::of(call, need, decision));
            }
            late = late.or(OF_LINKS.iter().find(|(action, _)| *action == need.action).map(|(_, words)| *words));
        }
        Ok(Admission { role, late })
    }

    /// What the policy of a signed caller says about invoking a method, with the condition keys of the request. Who has none
    /// may do everything.
    pub fn may_invoke(&self, account: &str, region: &str, method: &str, mut keys: Keys) -> Decision {
        let Some(policy) = self.accounts.get(account).unwrap_or(&self.everywhere) else {
            return Decision::Allowed;
        };
        keys.extend(principal_keys(account, region));
        policy.decide("execute-api:Invoke", method, &keys).decision
    }

    /// What follows from a call that was executed.
    pub fn follow(
        &mut self,
        call: &Call,
        admission: &Admission,
        region: &mut Region,
        now: Time,
        result: &OperationResult,
    ) {
        let Ok(answer) = result else { return };
        self.roles.extend(admission.role.map(|role| (call.account.clone(), role)));
        let link = answer.body["id"].as_str().and_then(|id| region.links.get_mut(id));
        if let (Some(words), Some(link)) = (admission.late, link) {
            link.refusal = Some(words.into());
            link.ready_at = now + LINK_FAIL;
        }
    }
}

impl Need {
    fn new(action: &str, resource: String) -> Need {
        Need { action: action.to_owned(), resource, keys: Keys::new() }
    }

    fn on_any(action: &str) -> Need {
        Need::new(action, "*".to_owned())
    }

    fn key(mut self, key: &str, values: Vec<String>) -> Need {
        if !values.is_empty() {
            self.keys.insert(key.to_ascii_lowercase(), values);
        }
        self
    }

    /// A service asks for it in the name of its caller. That both services here do this so that the key tells is
    /// (unverified).
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-viaawsservice>
    fn through_service(self) -> Need {
        self.key("aws:ViaAWSService", vec!["true".to_owned()])
    }

    /// Tags that the resource has; services that were there before IAM's own key have one of their own besides.
    fn tagged(mut self, prefixes: &[&str], tags: Option<&Tags>) -> Need {
        for (name, value) in tags.into_iter().flatten() {
            for prefix in prefixes {
                self = self.key(&format!("{prefix}:ResourceTag/{name}"), vec![value.clone()]);
            }
        }
        self
    }

    /// Tags that the call brings.
    fn tagging(mut self, tags: &Tags) -> Need {
        for (name, value) in tags {
            self = self.key(&format!("aws:RequestTag/{name}"), vec![value.clone()]);
        }
        self.key("aws:TagKeys", tags.keys().cloned().collect())
    }

    /// What a policy says about it, if it has no conditions on what every request has.
    pub fn verdict(&self, policy: &Policy) -> Verdict {
        policy.decide(&self.action, &self.resource, &self.keys)
    }
}

impl fmt::Display for Need {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{} {}", self.action, self.resource)
    }
}

impl Serialize for Need {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Role {
    fn need(self, call: &Call) -> Need {
        let (service, name) = match self {
            Role::LoadBalancing => ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
            Role::ApiGateway => ("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway"),
        };
        let owner = format!("arn:{}:iam::{}", partition(&call.region), call.account);
        let arn = format!("{owner}:role/aws-service-role/{service}/{name}");
        Need::new("iam:CreateServiceLinkedRole", arn).key("iam:AWSServiceName", vec![service.to_owned()])
    }
}

/// The ARN of the caller; every account has one user.
pub fn user(account: &str, region: &str) -> String {
    format!("arn:{}:iam::{account}:user/sim", partition(region))
}

fn own_needs(call: &Call, region: &Region) -> Vec<Need> {
    match (&call.input, call.service) {
        (Input::Rest(input), _) => api_gateway::needs(input, region),
        (Input::Query(tree), Service::Elb) => elb::needs(&call.operation, Params(tree), region),
        (Input::Query(tree), Service::Sts) => of_sts(&call.operation, Params(tree)),
        (Input::Query(tree), _) => ec2::needs(&call.operation, Params(tree), region),
    }
}

/// `GetCallerIdentity` needs nothing, and whoever brings a web identity is nobody yet.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
fn of_sts(operation: &str, p: Params) -> Vec<Need> {
    let role = p.text("RoleArn").filter(|_| operation == "AssumeRole");
    role.map(|role| Need::new("sts:AssumeRole", role.to_owned())).into_iter().collect()
}

fn role_of(operation: &str) -> Option<Role> {
    match operation {
        "CreateLoadBalancer" => Some(Role::LoadBalancing),
        "CreateRestApi" | "ImportRestApi" => Some(Role::ApiGateway),
        _ => None,
    }
}

/// Keys of every request.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn general_keys(call: &Call, now: Time) -> Keys {
    let own = [
        ("aws:requestedregion", call.region.clone()),
        ("aws:currenttime", iso8601(now)),
        ("aws:epochtime", epoch_seconds(now).to_string()),
        ("aws:securetransport", "true".to_owned()),
        ("aws:sourceip", "127.0.0.1".to_owned()),
        ("aws:useragent", call.user_agent.clone()),
        ("aws:viaawsservice", "false".to_owned()),
    ];
    let own = own.map(|(key, value)| (key.to_owned(), vec![value]));
    own.into_iter().chain(principal_keys(&call.account, &call.region)).collect()
}

/// Keys of the caller.
fn principal_keys(account: &str, region: &str) -> [(String, Vec<String>); 5] {
    [
        ("aws:principalaccount", account.to_owned()),
        ("aws:principalarn", user(account, region)),
        ("aws:principaltype", "User".to_owned()),
        ("aws:username", "sim".to_owned()),
        ("aws:userid", "AIDASIMULATEDCALLER00".to_owned()),
    ]
    .map(|(key, value)| (key.to_owned(), vec![value]))
}
