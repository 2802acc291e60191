//! What users write and read: one struct is schema, codec and documentation of `privgw_internal_api`.

use std::collections::BTreeMap;

use tfplugin::{Attr, Model, Number, Set};

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
    /// Subnets of the endpoint and the load balancer, at most one in each availability zone. Both can be given their own.
    #[attr(required)]
    pub subnet_ids: Attr<Strings>,
    /// The interface endpoint for `execute-api`: the way into the API.
    #[attr(optional)]
    pub endpoint: Attr<Endpoint>,
    /// The internal network load balancer that API Gateway reaches back ends through.
    #[attr(optional)]
    pub load_balancer: Attr<LoadBalancer>,
    /// Back ends by a name of your choice. Each gets a listener and a target group.
    #[attr(required)]
    pub backends: Attr<MapOf<Backend>>,
    /// Routes by `METHOD /path`, such as `GET /products`, `POST /users/{id}/mails` or `ANY /users/{proxy+}`. As in API Gateway, a
    /// literal segment wins over a variable and a variable over `{proxy+}`, and a method wins over `ANY`. `{proxy+}` does not match
    /// its own parent path.
    #[attr(required)]
    pub routes: Attr<MapOf<Route>>,
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

/// The interface endpoint and who may reach it.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Endpoint {
    /// Subnets of the endpoint, instead of the resource's `subnet_ids`.
    #[attr(optional)]
    pub subnet_ids: Attr<Strings>,
    /// Whether `{api}.execute-api.{region}.amazonaws.com` resolves to the endpoint inside the VPC. Default `true`. It then does so for
    /// every API of the region, so public ones can no longer be called by that name from this VPC; and a VPC can have it only once.
    #[attr(optional)]
    pub private_dns_enabled: Attr<bool>,
    /// Security groups whose members may call the API: port 443 into the managed security group.
    #[attr(optional)]
    pub allowed_security_group_ids: Attr<Strings>,
    /// Blocks of addresses that may call the API.
    #[attr(optional)]
    pub allowed_cidr_blocks: Attr<Strings>,
    /// Prefix lists whose addresses may call the API.
    #[attr(optional)]
    pub allowed_prefix_list_ids: Attr<Strings>,
    /// Your own security groups, instead of the managed one.
    #[attr(optional)]
    pub security_group_ids: Attr<Strings>,
    /// The endpoint policy, a JSON document. Default: everything may pass, and the API's resource policy decides. Policies are compared
    /// by meaning.
    #[attr(optional)]
    pub policy: Attr<String>,
    /// Endpoints of other VPCs or accounts that may invoke the API too.
    #[attr(optional)]
    pub additional_ids: Attr<Strings>,
}

/// The load balancer.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct LoadBalancer {
    /// Subnets of the load balancer, instead of the resource's `subnet_ids`. Adding one happens in place. AWS doesn't let one go while a
    /// VPC link is connected, so removing one makes a new load balancer with new target groups behind a new link.
    #[attr(optional)]
    pub subnet_ids: Attr<Strings>,
    /// Whether every node reaches the targets of all zones. Default `true`.
    #[attr(optional)]
    pub cross_zone_enabled: Attr<bool>,
    /// Whether AWS refuses to delete the load balancer. Default `false`.
    #[attr(optional)]
    pub deletion_protection: Attr<bool>,
    /// Whether the load balancer gets a security group of its own, without inbound rules: nothing in the VPC can reach it, and what comes
    /// through the VPC link isn't subject to them. Default `true`. AWS never lets a load balancer made without a group have one later,
    /// so a change makes a new one.
    #[attr(optional)]
    pub managed_security_group: Attr<bool>,
    /// Your own security groups, instead of the managed one. Inbound rules are not enforced on what comes through the VPC link.
    #[attr(optional)]
    pub security_group_ids: Attr<Strings>,
}

/// A back end: one listener on the load balancer and one target group.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Backend {
    /// The port that its instances listen on. A change makes a new target group.
    #[attr(required)]
    pub port: Attr<i64>,
    /// The port of its listener. Default `port`. API Gateway reaches 80, 443 and everything from 1024 upward.
    #[attr(optional)]
    pub listener_port: Attr<i64>,
    /// `TCP` (default), or `TLS` for a listener that has a certificate of its own. To change it, change `listener_port`, too: the new
    /// listener serves before the old one goes.
    #[attr(optional)]
    pub protocol: Attr<String>,
    /// With `TLS`: the ARN of the listener's certificate, in ACM or IAM.
    #[attr(optional)]
    pub certificate_arn: Attr<String>,
    /// With `TLS`: the security policy. Default `ELBSecurityPolicy-TLS13-1-2-2021-06`.
    #[attr(optional)]
    pub ssl_policy: Attr<String>,
    /// With `TLS`: `HTTP1Only`, `HTTP2Only`, `HTTP2Optional`, `HTTP2Preferred` or `None` (default).
    #[attr(optional)]
    pub alpn_policy: Attr<String>,
    /// `ip` (default) or `instance`.
    #[attr(optional)]
    pub target_type: Attr<String>,
    /// The targets: addresses or instance ids, with `:port` behind when it isn't `port`. Left out, something else registers them: an ECS
    /// service, an auto-scaling group.
    #[attr(optional)]
    pub targets: Attr<Strings>,
    /// How the load balancer finds out whether a target is healthy. Default: a TCP connection to its port.
    #[attr(optional)]
    pub health_check: Attr<HealthCheck>,
    /// Seconds that a removed target may take to finish its connections, 0 to 3600. Default 300.
    #[attr(optional)]
    pub deregistration_delay: Attr<i64>,
    /// Whether targets see the client's address instead of the load balancer's. Clients are nodes of API Gateway. Default `true` for
    /// `instance`, `false` for `ip`.
    #[attr(optional)]
    pub preserve_client_ip: Attr<bool>,
    /// Whether connections are cut at the end of the deregistration delay. Default `false`.
    #[attr(optional)]
    pub connection_termination: Attr<bool>,
    /// `http`, or `https` for a back end, or a listener, that speaks TLS. Default `http`, with `protocol = "TLS"` `https`.
    #[attr(optional)]
    pub url_scheme: Attr<String>,
    /// With `https`: accept a certificate of a private authority. Default `false`.
    #[attr(optional)]
    pub tls_skip_verification: Attr<bool>,
}

/// A health check.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct HealthCheck {
    /// `TCP` (default), `HTTP` or `HTTPS`.
    #[attr(optional)]
    pub protocol: Attr<String>,
    /// A port, or `traffic-port` (default) for the target's own.
    #[attr(optional)]
    pub port: Attr<String>,
    /// For `HTTP` and `HTTPS`: the path to ask for. Default `/`.
    #[attr(optional)]
    pub path: Attr<String>,
    /// For `HTTP` and `HTTPS`: the codes that mean healthy, such as `200` or `200-399` (default).
    #[attr(optional)]
    pub matcher: Attr<String>,
    /// Seconds between two checks, 5 to 300. Default 30.
    #[attr(optional)]
    pub interval: Attr<i64>,
    /// Seconds until a check has failed, 2 to 120 and below the interval. Default 10, for `HTTP` 6.
    #[attr(optional)]
    pub timeout: Attr<i64>,
    /// Successes in a row until a target is healthy, 2 to 10. Default 5.
    #[attr(optional)]
    pub healthy_threshold: Attr<i64>,
    /// Failures in a row until a target is unhealthy, 2 to 10. Default 2.
    #[attr(optional)]
    pub unhealthy_threshold: Attr<i64>,
}

/// A route.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Route {
    /// The back end that answers, a key of `backends`.
    #[attr(required)]
    pub backend: Attr<String>,
    /// The path there. Default: the same path. Variables of the route's path may be used by name, such as `/v2/{id}`; `{proxy+}` is
    /// written `{proxy}` here.
    #[attr(optional)]
    pub path: Attr<String>,
    /// The method there. Default: the same method; for `ANY`, the caller's.
    #[attr(optional)]
    pub method: Attr<String>,
    /// `HTTP_PROXY` (default) hands requests and answers through; `HTTP` answers every call with status 200 and the back end's body.
    #[attr(optional, name = "type")]
    pub kind: Attr<String>,
    /// Milliseconds until API Gateway gives up, 50 to 29000, and to 900000 for answers that are streamed. Default 29000.
    #[attr(optional)]
    pub timeout_ms: Attr<i64>,
    /// `BUFFERED` (default), or `STREAM` to hand an answer on as it comes: large files, events from the server. Only for `HTTP_PROXY`.
    #[attr(optional)]
    pub response_transfer_mode: Attr<String>,
    /// `NONE` (default) or `AWS_IAM`.
    #[attr(optional)]
    pub authorization: Attr<String>,
    /// Whether callers must send an API key. Default `false`.
    #[attr(optional)]
    pub api_key_required: Attr<bool>,
    /// More for the back end: `integration.request.header.X` (or `querystring`, `path`) to `method.request.header.Y`, `context.Z` or a
    /// static `'value'` in single quotes. Path variables need no entry here.
    #[attr(optional)]
    pub request_parameters: Attr<MapOf<String>>,
}

/// Who may invoke the API, by its resource policy. Policies are compared by meaning.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Policy {
    /// Statements beside the generated ones, which allow everybody and deny whoever comes through none of the endpoints: JSON, a list
    /// or a single one. A `Deny` here takes away; an `Allow` adds nothing to everybody.
    #[attr(optional)]
    pub statements: Attr<String>,
    /// ARNs of roles, users or accounts that may invoke, instead of everybody. Their calls must be signed: such routes need
    /// `authorization = "AWS_IAM"`.
    #[attr(optional)]
    pub allowed_principal_arns: Attr<Strings>,
    /// The whole policy, a JSON document, in the place of everything that is generated.
    #[attr(optional)]
    pub document: Attr<String>,
}

/// The stage.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Stage {
    /// Its name, the first part of every path: letters, digits and underscores. A new name makes a new stage before the old one goes.
    #[attr(required)]
    pub name: Attr<String>,
    /// Its description.
    #[attr(optional)]
    pub description: Attr<String>,
    /// Its variables.
    #[attr(optional)]
    pub variables: Attr<MapOf<String>>,
    /// Whether X-Ray traces requests. Default `false`.
    #[attr(optional)]
    pub tracing_enabled: Attr<bool>,
    /// A line for each request, in CloudWatch Logs or a Firehose stream. Needs the account's CloudWatch role.
    #[attr(optional)]
    pub access_logs: Attr<AccessLogs>,
    /// The size of a cache of answers, in gigabytes: `0.5`, `1.6`, `6.1`, `13.5`, `28.4`, `58.2`, `118` or `237`. Left out, there is no
    /// cache. AWS bills it by the hour and takes minutes to make it; until then answers come from the back ends.
    #[attr(optional)]
    pub cache_cluster_size: Attr<String>,
    /// The id of a client certificate of API Gateway, which it shows to back ends that speak TLS.
    #[attr(optional)]
    pub client_certificate_id: Attr<String>,
    /// Settings of methods, by `*/*` for all, or a route's `METHOD /path`. A setting that isn't given stays as AWS has it, and is never
    /// set to 0. For `ANY`, the settings go to each method.
    #[attr(optional)]
    pub method_settings: Attr<MapOf<MethodSettings>>,
    /// How many earlier deployments stay for a way back. Default 1.
    #[attr(optional)]
    pub keep_deployments: Attr<i64>,
}

/// Settings of a method.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct MethodSettings {
    /// Whether CloudWatch gets metrics of each method.
    #[attr(optional)]
    pub metrics_enabled: Attr<bool>,
    /// `OFF`, `ERROR` or `INFO`. Needs the account's CloudWatch role.
    #[attr(optional)]
    pub logging_level: Attr<String>,
    /// Whether bodies are logged. Needs the account's CloudWatch role.
    #[attr(optional)]
    pub data_trace_enabled: Attr<bool>,
    /// Requests in a second.
    #[attr(optional)]
    pub throttling_rate_limit: Attr<Number>,
    /// Requests at once.
    #[attr(optional)]
    pub throttling_burst_limit: Attr<i64>,
    /// Whether answers are cached. Has an effect only with a cache cluster.
    #[attr(optional)]
    pub caching_enabled: Attr<bool>,
    /// Seconds that answers are cached, 0 to 3600.
    #[attr(optional)]
    pub cache_ttl_in_seconds: Attr<i64>,
    /// Whether cached answers are encrypted.
    #[attr(optional)]
    pub cache_data_encrypted: Attr<bool>,
    /// Whether a caller who asks for a fresh answer must be allowed to.
    #[attr(optional)]
    pub require_authorization_for_cache_control: Attr<bool>,
    /// What becomes of one who isn't: `FAIL_WITH_403`, `SUCCEED_WITH_RESPONSE_HEADER` or `SUCCEED_WITHOUT_RESPONSE_HEADER`.
    #[attr(optional)]
    pub unauthorized_cache_control_header_strategy: Attr<String>,
}

/// Logs of requests.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct AccessLogs {
    /// The ARN of a CloudWatch log group, or of a Firehose stream whose name begins with `amazon-apigateway-`.
    #[attr(required)]
    pub destination_arn: Attr<String>,
    /// What to write, with `$context` variables, of which `$context.requestId` or `$context.extendedRequestId` must be one.
    #[attr(required)]
    pub format: Attr<String>,
}

/// Settings of the API.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Api {
    /// Bodies from this size in bytes are compressed, 0 to 10485760. Left out, none are.
    #[attr(optional)]
    pub minimum_compression_size: Attr<i64>,
    /// Media types whose bodies aren't text.
    #[attr(optional)]
    pub binary_media_types: Attr<Strings>,
    /// `HEADER` (default) or `AUTHORIZER`.
    #[attr(optional)]
    pub api_key_source: Attr<String>,
    /// Whether the API's execute-api names are shut, for an API behind a custom domain. Default `false`.
    #[attr(optional)]
    pub disable_execute_api_endpoint: Attr<bool>,
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

/// The ways to call a stage.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct InvokeUrls {
    /// By private DNS name; resolves in the endpoint's VPC. Null when private DNS is off.
    #[attr(computed)]
    pub private_dns: Attr<String>,
    /// By the name that AWS gives the API at this endpoint; resolves everywhere, and leads to the endpoint.
    #[attr(computed)]
    pub endpoint: Attr<String>,
    /// By the endpoint's own name. Send `host` as the Host header.
    #[attr(computed)]
    pub vpc_endpoint_dns: Attr<String>,
    /// The Host header to send with `vpc_endpoint_dns`.
    #[attr(computed)]
    pub host: Attr<String>,
}

/// A network interface of the load balancer.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct NetworkInterface {
    /// Its id.
    #[attr(computed)]
    pub id: Attr<String>,
    /// Its private address.
    #[attr(computed)]
    pub private_ip: Attr<String>,
}

/// A target group.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct TargetGroup {
    /// Its ARN.
    #[attr(computed)]
    pub arn: Attr<String>,
    /// Its name.
    #[attr(computed)]
    pub name: Attr<String>,
}
