//! What users write and read: one struct is schema, codec and documentation of `privgw_internal_api`.

mod api;
mod backend;
mod network;
mod outputs;

use std::collections::BTreeMap;

use tfplugin::{Attr, Model, Set};

pub use api::{AccessLogs, Api, Cors, MethodSettings, Policy, Route, Stage};
pub use backend::{Backend, HealthCheck};
pub use network::{ConnectionLogs, Endpoint, LoadBalancer, VpcLink};
pub use outputs::{InvokeUrls, NetworkInterface, TargetGroup};

/// A set of strings.
pub type Strings = Set<Attr<String>>;
/// A map of objects or strings.
pub type MapOf<T> = BTreeMap<String, Attr<T>>;
/// A list of strings, sorted by the provider.
pub type List = Vec<Attr<String>>;

/// A private API inside a VPC, whole: an interface endpoint with private DNS and its security group, an internal network load
/// balancer with listeners and target groups, a VPC link, a private REST API with its resource policy and routes, a deployment and
/// a stage. A service in the VPC calls `https://{api}.execute-api.{region}.amazonaws.com/{stage}/...` and reaches back ends in the
/// VPC, with no traffic on the internet.
///
/// Nothing but `vpc_id` ever replaces the resource: the API's id and its URLs survive every other change. What AWS can't change in
/// place is made anew beside the old, and everything moves over before the old goes. Callers see no gap, with one condition: a new
/// target group gets its `targets` from here; where something else registers them, it is empty until that has happened.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct InternalApi {
    /// Name of the REST API, and the stem of the names of everything else. The bundle is known in its account and region by the name
    /// it was created with, so two bundles there can't start with the same name.
    #[attr(required)]
    pub name: Attr<String>,
    /// Description of the REST API.
    #[attr(optional)]
    pub description: Attr<String>,
    /// The VPC that everything lives in. **A change replaces the whole bundle.**
    #[attr(required)]
    pub vpc_id: Attr<String>,
    /// Subnets of the endpoint and the load balancer, at most one in each availability zone. Both can be given their own. Needed unless
    /// both have their own or exist already.
    #[attr(optional)]
    pub subnet_ids: Attr<Strings>,
    /// The interface endpoint for `execute-api`: the way into the API.
    #[attr(optional)]
    pub endpoint: Attr<Endpoint>,
    /// The internal network load balancer that API Gateway reaches back ends through.
    #[attr(optional)]
    pub load_balancer: Attr<LoadBalancer>,
    /// The VPC link, API Gateway's tunnel to the load balancer.
    #[attr(optional)]
    pub vpc_link: Attr<VpcLink>,
    /// Back ends by a name of your choice. Each gets a listener and a target group.
    #[attr(required)]
    pub backends: Attr<MapOf<Backend>>,
    /// Routes by `METHOD /path`, such as `GET /products`, `POST /users/{id}/mails` or `ANY /users/{proxy+}`. As in API Gateway, a
    /// literal segment wins over a variable and a variable over `{proxy+}`, and a method wins over `ANY`. `{proxy+}` does not match
    /// its own parent path. Exactly one of `routes` and `openapi` is given.
    #[attr(optional)]
    pub routes: Attr<MapOf<Route>>,
    /// An OpenAPI 3 document with the API's operations, JSON or YAML, up to 6 MB. An operation without `x-amazon-apigateway-integration`
    /// gets one: to the same path of the back end that `x-privgw-backend` names, on the operation, its path or the document, or else of
    /// the only one. Everything else is left as it is: integrations, models, validators, gateway responses, security. Name, description,
    /// servers and the resource policy are those of the other arguments. Documents are compared by what they say, not by their text.
    #[attr(optional)]
    pub openapi: Attr<String>,
    /// Who may invoke the API. Default: everybody who comes through one of the endpoints. A change takes effect with one redeployment.
    #[attr(optional)]
    pub policy: Attr<Policy>,
    /// The stage, under whose name the routes are served.
    #[attr(required)]
    pub stage: Attr<Stage>,
    /// Settings of the REST API as a whole.
    #[attr(optional)]
    pub api: Attr<Api>,
    /// Tags of every child that takes tags. They win over the provider's `default_tags`.
    #[attr(optional)]
    pub tags: Attr<MapOf<String>>,
    /// What becomes of a creation that fails. `keep` (default): what exists stays and is in the state, so that the next apply or
    /// destroy deals with it. `rollback`: it is deleted again; what can't be deleted is in the state. An interrupted creation is kept.
    #[attr(optional)]
    pub on_create_failure: Attr<String>,
    /// Whether a plan asks AWS about what would fail, so that it is told before anything is made. Default `true`.
    #[attr(optional)]
    pub preflight: Attr<bool>,
    /// How long the operations may take.
    #[attr(optional)]
    pub timeouts: Attr<Timeouts>,

    /// The id of the REST API.
    #[attr(computed)]
    pub id: Attr<String>,
    /// The ARN of the REST API.
    #[attr(computed)]
    pub arn: Attr<String>,
    /// The id of the REST API.
    #[attr(computed)]
    pub rest_api_id: Attr<String>,
    /// The id of the API's root resource `/`.
    #[attr(computed)]
    pub root_resource_id: Attr<String>,
    /// The ARN that the API's methods are authorised under: `{execution_arn}/{stage}/{METHOD}/{path}`.
    #[attr(computed)]
    pub execution_arn: Attr<String>,
    /// The ARN of the stage.
    #[attr(computed)]
    pub stage_arn: Attr<String>,
    /// The id of the deployment that the stage serves. It changes exactly when what is deployed changes.
    #[attr(computed)]
    pub deployment_id: Attr<String>,
    /// The URL to call, stage included: the private DNS name when that is enabled, otherwise the name that AWS gives the API at this
    /// endpoint.
    #[attr(computed)]
    pub invoke_url: Attr<String>,
    /// Every way to call the stage.
    #[attr(computed)]
    pub invoke_urls: Attr<InvokeUrls>,
    /// The id of the endpoint.
    #[attr(computed)]
    pub vpc_endpoint_id: Attr<String>,
    /// The endpoint's DNS names, the regional one first.
    #[attr(computed)]
    pub vpc_endpoint_dns_names: Attr<List>,
    /// The endpoint's network interfaces.
    #[attr(computed)]
    pub vpc_endpoint_network_interface_ids: Attr<List>,
    /// The managed security group before the endpoint; null when you bring your own.
    #[attr(computed)]
    pub security_group_id: Attr<String>,
    /// The ARN of the load balancer.
    #[attr(computed)]
    pub nlb_arn: Attr<String>,
    /// The DNS name of the load balancer.
    #[attr(computed)]
    pub nlb_dns_name: Attr<String>,
    /// The Route 53 zone of the load balancer's DNS name, for alias records.
    #[attr(computed)]
    pub nlb_zone_id: Attr<String>,
    /// The managed security group on the load balancer. Back ends admit it to their ports and nothing else in the VPC can come
    /// that way. Null when you bring your own or want none.
    #[attr(computed)]
    pub nlb_security_group_id: Attr<String>,
    /// The load balancer's network interfaces.
    #[attr(computed)]
    pub nlb_network_interface_ids: Attr<List>,
    /// The load balancer's private addresses.
    #[attr(computed)]
    pub nlb_private_ips: Attr<List>,
    /// The load balancer's private addresses as `/32` blocks.
    #[attr(computed)]
    pub nlb_cidr_blocks: Attr<List>,
    /// The load balancer's network interfaces by subnet. The subnets are known when a plan is made, so `for_each` over this map works
    /// at the first apply.
    #[attr(computed)]
    pub nlb_network_interfaces: Attr<MapOf<NetworkInterface>>,
    /// The id of the VPC link.
    #[attr(computed)]
    pub vpc_link_id: Attr<String>,
    /// The target groups by back end, for an ECS service or an auto-scaling group to register with.
    #[attr(computed)]
    pub target_groups: Attr<MapOf<TargetGroup>>,
    /// The ARNs of the listeners by back end.
    #[attr(computed)]
    pub listener_arns: Attr<MapOf<String>>,
    /// Everything that exists of the bundle: child to id. What somebody else has changed, says so behind its id until an apply has
    /// repaired it, and what somebody has deleted is missing.
    #[attr(computed)]
    pub children: Attr<MapOf<String>>,
    /// Whose the bundle is: drawn when it is created, and in the tag `privgw:owner` of everything that belongs to it.
    #[attr(computed)]
    pub owner: Attr<String>,
    /// All tags: those of the provider's `default_tags` with `tags` over them. A value that is sensitive in `tags` is shown here: tags
    /// are no place for secrets.
    #[attr(computed)]
    pub tags_all: Attr<MapOf<String>>,
}

/// How long operations may take, such as `30m` or `1h30m`.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Timeouts {
    /// Default `40m`.
    #[attr(optional)]
    pub create: Attr<String>,
    /// Default `10m`.
    #[attr(optional)]
    pub read: Attr<String>,
    /// Default `60m`.
    #[attr(optional)]
    pub update: Attr<String>,
    /// Default `60m`.
    #[attr(optional)]
    pub delete: Attr<String>,
}
