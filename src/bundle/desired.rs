//! THE RECIPE: from what a user writes to the children that should exist. Pure.
//!
//! One paragraph for each child, in the order of a request's way: the endpoint and its security group, the API with its routes, the
//! link, the load balancer and what hangs on it; then what makes the API live. What a child takes from another is an input, and the
//! engine derives the order of work from that alone.

mod api;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tfplugin::Attr;

use super::backends::{attributes, health_check, is_pair, targets, tls_only};
use super::existing::{self, balancer_is_given, endpoint_is_given, has_listeners, link_is_given};
use super::inputs::{
    flag, known_entries, nested, number, object, optional, or, or_empty, or_empty_object, strings, text, text_or, texts,
};
use super::method_settings::method_settings;
use super::model::{AccessLogs, Backend, ConnectionLogs, InternalApi, Strings};
use crate::aws::{Place, policy, tags};
use crate::child::{ChildName, Identity, Input};
use crate::children::{
    deployment, listener, load_balancer, rest_api, security_group, stage, target_group, vpc_endpoint, vpc_link,
};
use crate::reconcile::Graph;

/// The desired children of a bundle. Values that the configuration doesn't know yet become unknown inputs; `backends` as a whole
/// must be known.
pub fn desired(model: &InternalApi, place: &Place, identity: &Identity) -> Graph {
    let mut graph = Graph::default();
    existing::given(model, place).into_iter().for_each(|given| graph.give(given));
    let recipe = Recipe { model, place, identity, graph };
    recipe.endpoint().load_balancer().backends().vpc_link().rest_api().live()
}

/// The port that callers of the endpoint need.
pub const HTTPS: i32 = 443;

/// All tags that users see on the bundle: the provider's with the resource's over them.
pub fn tags_all(model: &InternalApi, place: &Place) -> Attr<BTreeMap<String, Attr<String>>> {
    let Attr::Known(own) = or_empty(&model.tags) else { return Attr::Unknown };
    let mut all: BTreeMap<String, Attr<String>> =
        place.default_tags.iter().map(|(key, value)| (key.clone(), Attr::Known(value.clone()))).collect();
    all.extend(own.into_iter().filter(|(_, value)| !value.is_null()));
    Attr::Known(all)
}

/// The place as it was when the state was written: with the provider's tags of that time. What is compared with reality is what was
/// applied; that the provider has other tags now is for the plan to say.
pub fn as_applied(state: &InternalApi, place: &Place) -> Place {
    let mut place = place.clone();
    if let Some(all) = state.tags_all.known() {
        let known = all.iter().filter_map(|(key, value)| Some((key.clone(), value.known()?.clone())));
        place.default_tags = known.collect();
    }
    place
}

/// The port of a back end's listener, which API Gateway's integrations name.
pub fn listener_port(backend: &Backend) -> Attr<i64> {
    if backend.listener_port.is_null() { backend.port } else { backend.listener_port }
}

/// Whether API Gateway's plain name resolves to the endpoint.
pub fn private_dns(model: &InternalApi) -> Input<bool> {
    flag(&model.endpoint, |endpoint| &endpoint.private_dns_enabled, true)
}

/// The subnets of the load balancer, as far as they are known.
pub fn balancer_subnets(model: &InternalApi) -> Attr<Strings> {
    let own = model.load_balancer.known().map(|balancer| balancer.subnet_ids.clone()).unwrap_or_default();
    if own.is_null() { model.subnet_ids.clone() } else { own }
}

/// The subnets of the endpoint, as far as they are known.
pub fn endpoint_subnets(model: &InternalApi) -> Attr<Strings> {
    let own = model.endpoint.known().map(|endpoint| endpoint.subnet_ids.clone()).unwrap_or_default();
    if own.is_null() { model.subnet_ids.clone() } else { own }
}

struct Recipe<'a> {
    model: &'a InternalApi,
    place: &'a Place,
    identity: &'a Identity,
    graph: Graph,
}

impl Recipe<'_> {
    /// The way in: an interface endpoint for `execute-api`, behind a security group that admits callers to port 443.
    fn endpoint(mut self) -> Self {
        if endpoint_is_given(self.model) {
            return self;
        }
        let own_groups =
            self.model.endpoint.known().map(|endpoint| endpoint.security_group_ids.clone()).unwrap_or_default();
        let security_group_ids = if own_groups.is_null() {
            let group = security_group::of_endpoint();
            let ingress = self.callers();
            let egress = Input::Known(vec![security_group::Rule::all()]);
            self.add(
                group.clone(),
                &security_group::SecurityGroup { vpc_id: text(&self.model.vpc_id), ingress, egress },
            );
            Input::Known(vec![Input::from_created(&group, "id")])
        } else {
            strings(&own_groups)
        };
        let endpoint = vpc_endpoint::VpcEndpoint {
            vpc_id: text(&self.model.vpc_id),
            service_name: Input::Known(existing::service_name(self.place)),
            subnet_ids: strings(&endpoint_subnets(self.model)),
            security_group_ids,
            private_dns_enabled: private_dns(self.model),
            policy: self.endpoint_policy(),
        };
        self.add(vpc_endpoint::child(), &endpoint);
        self
    }

    /// Callers: everyone the endpoint's `allowed_*` name, and nobody else.
    fn callers(&self) -> Input<Vec<security_group::Rule>> {
        let Attr::Known(endpoint) = or_empty_object(&self.model.endpoint) else { return Input::Unknown };
        let mut rules = Vec::new();
        for peers in
            [&endpoint.allowed_security_group_ids, &endpoint.allowed_cidr_blocks, &endpoint.allowed_prefix_list_ids]
        {
            match strings(peers) {
                Input::Known(peers) => {
                    rules.extend(peers.into_iter().map(|peer| security_group::Rule::tcp(HTTPS, canonical(peer))))
                }
                _ => return Input::Unknown,
            }
        }
        // Two blocks that AWS stores as one are one rule.
        let mut distinct: Vec<security_group::Rule> = Vec::new();
        for rule in rules {
            if !distinct.contains(&rule) {
                distinct.push(rule);
            }
        }
        Input::Known(distinct)
    }

    fn endpoint_policy(&self) -> Input<Value> {
        match or_empty_object(&self.model.endpoint).map(|endpoint| endpoint.policy) {
            Attr::Known(Attr::Known(text)) => {
                Input::Known(policy::normal(&text).filter(|normal| !policy::is_full_access(normal)).unwrap_or_default())
            }
            Attr::Known(Attr::Null) => Input::Known(Value::Null),
            _ => Input::Unknown,
        }
    }

    /// The way on: an internal network load balancer. Its security group lets nothing in from the VPC; what comes through the link
    /// isn't asked, because its callers are addresses of API Gateway that nobody can list.
    fn load_balancer(mut self) -> Self {
        if balancer_is_given(self.model) {
            return self;
        }
        let settings = or_empty_object(&self.model.load_balancer);
        let own_groups = settings.known().map(|settings| settings.security_group_ids.clone()).unwrap_or_default();
        let managed = flag(&self.model.load_balancer, |settings| &settings.managed_security_group, true);
        let security_group_ids = match (own_groups.is_null(), managed) {
            (false, _) => strings(&own_groups),
            (true, Input::Known(false)) => Input::Known(Vec::new()),
            (true, _) => {
                let group = security_group::of_load_balancer();
                let egress = Input::Known(vec![security_group::Rule::all()]);
                let spec = security_group::SecurityGroup {
                    vpc_id: text(&self.model.vpc_id),
                    ingress: Input::Known(Vec::new()),
                    egress,
                };
                self.add(group.clone(), &spec);
                Input::Known(vec![Input::from_created(&group, "id")])
            }
        };
        let has_groups = !matches!(&security_group_ids, Input::Known(groups) if groups.is_empty());
        let balancer = load_balancer::LoadBalancer {
            vpc_id: text(&self.model.vpc_id),
            subnet_ids: strings(&balancer_subnets(self.model)),
            security_group_ids,
            enforce_private_link_inbound: Input::Known(has_groups.then(|| "off".to_string())),
            cross_zone_enabled: flag(&self.model.load_balancer, |settings| &settings.cross_zone_enabled, true),
            deletion_protection: flag(&self.model.load_balancer, |settings| &settings.deletion_protection, false),
            access_logs: nested(&settings, |settings| connection_logs(&settings.access_logs)),
        };
        self.add(load_balancer::child(), &balancer);
        self
    }

    /// Each back end: a target group or a pair of them, and a listener whose port selects it.
    fn backends(mut self) -> Self {
        if !has_listeners(self.model) {
            return self;
        }
        for (name, backend) in known_entries(&self.model.backends) {
            let group = target_group::TargetGroup {
                vpc_id: text(&self.model.vpc_id),
                load_balancer_arn: Input::from_created(&load_balancer::child(), "arn"),
                port: number(&backend.port),
                target_type: text_or(&backend.target_type, "ip"),
                health_check: health_check(&backend.health_check, &backend.target_type),
                attributes: attributes(backend),
                targets: targets(backend),
            };
            self.add(target_group::child(name), &group);
            if is_pair(backend) {
                self.add(target_group::green(name), &group);
            }
            let listener = listener::Listener {
                load_balancer_arn: Input::from_created(&load_balancer::child(), "arn"),
                port: number(&listener_port(backend)),
                target_group_arn: Input::from_created(&target_group::child(name), "arn"),
                green_arn: is_pair(backend).then(|| Input::from_created(&target_group::green(name), "arn")),
                protocol: text_or(&backend.protocol, listener::TCP),
                certificate_arn: optional(&backend.certificate_arn),
                ssl_policy: tls_only(backend, &backend.ssl_policy, listener::SSL_POLICY),
                alpn_policy: tls_only(backend, &backend.alpn_policy, listener::NO_ALPN),
            };
            self.add(listener::child(name), &listener);
        }
        self
    }

    /// API Gateway's tunnel to the load balancer, which must be active by then.
    fn vpc_link(mut self) -> Self {
        if link_is_given(self.model) {
            return self;
        }
        self.add(
            vpc_link::child(),
            &vpc_link::VpcLink { target_arn: Input::from_ready(&load_balancer::child(), "arn") },
        );
        self
    }

    /// What makes the API live: a snapshot of it, and the stage that serves the snapshot.
    fn live(mut self) -> Graph {
        let model = self.model;
        let settings = model.stage.known().cloned().unwrap_or_default();
        let known = !model.stage.is_unknown();
        let deployment = deployment::Deployment {
            rest_api_id: Input::from_created(&rest_api::child(), "id"),
            content: Input::from_ready(&rest_api::child(), "content"),
            keep: or(&settings.keep_deployments, 1),
            pinned: optional(&settings.deployment_id),
        };
        self.add(deployment::child(), &deployment);
        let stage = stage::Stage {
            rest_api_id: Input::from_created(&rest_api::child(), "id"),
            stage_name: if known { text(&settings.name) } else { Input::Unknown },
            deployment_id: match &settings.deployment_id {
                Attr::Null => Input::from_ready(&deployment::child(), "id"),
                pinned => text(pinned),
            },
            description: optional(&settings.description),
            variables: texts(&settings.variables),
            tracing_enabled: or(&settings.tracing_enabled, false),
            access_logs: access_logs(&settings.access_logs),
            cache_cluster_size: optional(&settings.cache_cluster_size),
            client_certificate_id: optional(&settings.client_certificate_id),
            method_settings: method_settings(&settings.method_settings),
        };
        self.add(stage::child(), &stage);
        self.graph
    }

    fn add<T: serde::Serialize>(&mut self, name: ChildName, spec: &T) {
        let mut all = tags::Tags::new();
        for (key, value) in tags_all(self.model, self.place).into_known().unwrap_or_default() {
            all.insert(key, value.into_known().unwrap_or_default());
        }
        all.extend(self.identity.tags(name.as_str()));
        self.graph.add(name, spec, all);
    }
}

/// Where AWS is to write a line for each connection; null for nowhere.
fn connection_logs(logs: &Attr<ConnectionLogs>) -> Input<Value> {
    object(logs, |logs| json!({"bucket": text(&logs.bucket), "prefix": optional(&logs.prefix)}))
}

/// Where AWS is to write a line for each request, and which; null for nowhere. It wants the ARN of a log group without the `:*` that a
/// data source puts behind it.
fn access_logs(logs: &Attr<AccessLogs>) -> Input<Value> {
    object(logs, |logs| {
        let arn = logs.destination_arn.clone().map(|arn| arn.trim_end_matches(":*").to_string());
        json!({"destination_arn": text(&arn), "format": text(&logs.format)})
    })
}

/// A CIDR block as AWS stores it, with the host bits cleared; anything else as it is.
fn canonical(peer: Input<String>) -> Input<String> {
    match peer {
        Input::Known(peer) => Input::Known(peer.parse::<ipnet::IpNet>().map_or(peer, |net| net.trunc().to_string())),
        other => other,
    }
}
