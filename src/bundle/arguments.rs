//! THE RECIPE BACKWARDS: from the children that exist to the shortest arguments that would make them. Pure.
//!
//! What is as the recipe's default would have it is left out, as a person would who writes the configuration by hand. What arguments
//! can't say isn't in them: it is drift, and reading tells it by name like any other. Some leave no trace in AWS, and stay null:
//! `on_create_failure`, `preflight`, `timeouts`, `keep_deployments`, and who registers `targets`; without them here, something else does.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tfplugin::Attr;

use super::backends::{attributes, default_protocol, health_check, scheme};
use super::cors;
use super::desired::HTTPS;
use super::method_settings::from_settings;
use super::model::{
    AccessLogs, Api, Backend, ConnectionLogs, Endpoint, HealthCheck, InternalApi, LoadBalancer, MapOf, Policy, Route,
    Stage, Strings, VpcLink,
};
use super::policy;
use crate::aws::{self, Place, tags};
use crate::child::{ChildName, Input, Live, Tags};
use crate::children::{
    deployment, listener, load_balancer, rest_api, route, security_group, stage, target_group, vpc_endpoint, vpc_link,
};
use crate::reconcile::Observed;

/// The arguments of a bundle that exists; what can't be told is null.
pub fn arguments(observed: &Observed, place: &Place) -> InternalApi {
    let seen = Seen { observed };
    let (api, endpoint, balancer) = (rest_api::child(), vpc_endpoint::child(), load_balancer::child());
    let by_port = if seen.has_listeners() { seen.backends() } else { seen.ports() };
    let balancer_subnets = seen.strings(&balancer, "subnet_ids");
    let endpoint_subnets = seen.strings(&endpoint, "subnet_ids");
    let subnets = balancer_subnets.clone().or_else(|| endpoint_subnets.clone());
    InternalApi {
        name: seen.value(&api, "name").into(),
        description: seen.value(&api, "description").into(),
        vpc_id: seen.vpc().into(),
        subnet_ids: subnets.clone().map(set).into(),
        endpoint: given(seen.endpoint(endpoint_subnets.filter(|own| Some(own) != subnets.as_ref()))),
        load_balancer: given(seen.load_balancer()),
        vpc_link: given(VpcLink { id: seen.handed_in(&vpc_link::child()) }),
        routes: Attr::Known(seen.routes(&by_port)),
        backends: Attr::Known(by_port.into_iter().map(|(_, name, backend)| (name, Attr::Known(backend))).collect()),
        policy: seen.policy().into(),
        stage: seen.stage().into(),
        api: given(seen.api()),
        tags: seen.tags(place),
        ..InternalApi::default()
    }
}

struct Seen<'a> {
    observed: &'a Observed,
}

/// The port of its listener, its name, and what else is to be said of a back end.
type Found = (i64, String, Backend);

impl Seen<'_> {
    fn live(&self, child: &ChildName) -> Option<&Live> {
        self.observed.children.get(child)
    }

    fn value<T: DeserializeOwned>(&self, child: &ChildName, member: &str) -> Option<T> {
        serde_json::from_value(self.live(child)?.spec.get(member)?.clone()).ok()
    }

    /// A list of texts, sorted: lists in specs are sets.
    fn strings(&self, child: &ChildName, member: &str) -> Option<Vec<String>> {
        let mut values: Vec<String> = self.value(child, member)?;
        values.sort();
        Some(values)
    }

    /// The id of what takes the place of a child, and isn't the bundle's.
    fn handed_in(&self, child: &ChildName) -> Attr<String> {
        self.observed.given.get(child).map(|live| live.id.clone()).into()
    }

    /// The VPC of the load balancer: that of an endpoint may be another one, if it was handed in.
    fn vpc(&self) -> Option<String> {
        let of =
            |child: &ChildName| serde_json::from_value(self.observed.find(child)?.spec.get("vpc_id")?.clone()).ok();
        self.value(&vpc_endpoint::child(), "vpc_id").or_else(|| of(&load_balancer::child()))
    }

    /// Whether back ends have listeners of the bundle, on a load balancer that may not be.
    fn has_listeners(&self) -> bool {
        let is_own = |child: &ChildName| [listener::KIND, target_group::KIND].contains(&child.kind());
        !self.observed.given.contains_key(&load_balancer::child()) || self.observed.children.keys().any(is_own)
    }

    fn endpoint(&self, own_subnets: Option<Vec<String>>) -> Endpoint {
        let (child, group) = (vpc_endpoint::child(), security_group::of_endpoint());
        let rules: Vec<security_group::Rule> = self.value(&group, "ingress").unwrap_or_default();
        let callers = |fits: fn(&str) -> bool| {
            let peers = rules.iter().filter_map(|rule| match &rule.peer {
                Input::Known(peer) if fits(peer) && *rule == security_group::Rule::tcp(HTTPS, rule.peer.clone()) => {
                    Some(peer.clone())
                }
                _ => None,
            });
            some(peers.collect())
        };
        let more = self.strings(&rest_api::child(), "vpc_endpoint_ids").unwrap_or_default();
        let own = self.observed.find(&child).map(|endpoint| endpoint.id.as_str());
        Endpoint {
            id: self.handed_in(&child),
            subnet_ids: own_subnets.map(set).into(),
            private_dns_enabled: unless(self.value(&child, "private_dns_enabled"), true),
            allowed_security_group_ids: callers(|peer| peer.starts_with("sg-")),
            allowed_prefix_list_ids: callers(|peer| peer.starts_with("pl-")),
            allowed_cidr_blocks: callers(|peer| peer.contains('/')),
            security_group_ids: self.own_groups(&child, &group),
            policy: self
                .value(&child, "policy")
                .filter(|policy: &Value| !policy.is_null())
                .map(|policy| aws::policy::document(&policy).to_string())
                .into(),
            additional_ids: some(more.into_iter().filter(|id| Some(id.as_str()) != own).collect()),
        }
    }

    /// The security groups that were brought along, where no managed one is.
    fn own_groups(&self, child: &ChildName, managed: &ChildName) -> Attr<Strings> {
        let brought = self.strings(child, "security_group_ids").filter(|_| self.live(managed).is_none());
        some(brought.unwrap_or_default())
    }

    fn load_balancer(&self) -> LoadBalancer {
        let (child, group) = (load_balancer::child(), security_group::of_load_balancer());
        let arn = self.handed_in(&child);
        if arn.is_known() {
            let listener_managed = unless(Some(self.has_listeners()), true);
            return LoadBalancer { arn, listener_managed, ..LoadBalancer::default() };
        }
        let has_none = self.strings(&child, "security_group_ids").is_some_and(|groups| groups.is_empty());
        LoadBalancer {
            cross_zone_enabled: unless(self.value(&child, "cross_zone_enabled"), true),
            deletion_protection: unless(self.value(&child, "deletion_protection"), false),
            managed_security_group: unless(Some(!(has_none && self.live(&group).is_none())), true),
            security_group_ids: self.own_groups(&child, &group),
            access_logs: self.connection_logs(&child).into(),
            ..LoadBalancer::default()
        }
    }

    fn connection_logs(&self, child: &ChildName) -> Option<ConnectionLogs> {
        let logs: BTreeMap<String, Option<String>> = self.value(child, "access_logs")?;
        let text = |key: &str| logs.get(key).cloned().flatten().into();
        Some(ConnectionLogs { bucket: text("bucket"), prefix: text("prefix") })
    }

    /// The back ends, in the order of their names.
    fn backends(&self) -> Vec<Found> {
        let is_first = |child: &&ChildName| child.kind() == target_group::KIND && !target_group::is_green(child);
        let groups = self.observed.children.keys().filter(is_first);
        let routes: BTreeMap<String, Value> = self.value(&rest_api::child(), "routes").unwrap_or_default();
        let found = groups.filter_map(|child| {
            let name = child.key()?;
            let port: i64 = self.value(child, "port")?;
            let at = listener::child(name);
            let listener_port = self.value(&at, "port").unwrap_or(port);
            let mut ways = routes.values().filter(|route| route.get("port") == Some(&json!(listener_port)));
            let way = ways.next().and_then(|route| serde_json::from_value::<route::Route>(route.clone()).ok());
            let target_type: Attr<String> = unless(self.value(child, "target_type"), "ip".to_string());
            let protocol = unless(self.value(&at, "protocol"), listener::TCP.to_string());
            let plain = Backend { port: Attr::Known(port), target_type, protocol, ..Backend::default() };
            let Input::Known(usual) = scheme(&plain) else { return None };
            let backend = Backend {
                listener_port: unless(Some(listener_port), port),
                certificate_arn: self.value(&at, "certificate_arn").into(),
                ssl_policy: unless(self.value(&at, "ssl_policy"), listener::SSL_POLICY.to_string()),
                alpn_policy: unless(self.value(&at, "alpn_policy"), listener::NO_ALPN.to_string()),
                health_check: given(self.health_check(child, &plain.target_type)),
                blue_green: unless(Some(self.live(&target_group::green(name)).is_some()), false),
                url_scheme: unless(way.as_ref().map(|way| way.scheme.clone()), usual),
                tls_skip_verification: unless(way.map(|way| way.tls_skip_verification), false),
                ..self.attributes(child, plain)
            };
            Some((listener_port, name.to_string(), backend))
        });
        found.collect()
    }

    /// Back ends of which there is only a port, named after it: nothing in AWS tells another name.
    fn ports(&self) -> Vec<Found> {
        let routes: BTreeMap<String, Value> = self.value(&rest_api::child(), "routes").unwrap_or_default();
        let ways = routes.into_values().filter_map(|route| serde_json::from_value::<route::Route>(route).ok());
        let by_port: BTreeMap<i64, route::Route> = ways.map(|way| (way.port, way)).collect();
        let found = by_port.into_iter().map(|(port, way)| {
            let backend = Backend {
                port: Attr::Known(port),
                url_scheme: unless(Some(way.scheme), "http".to_string()),
                tls_skip_verification: unless(Some(way.tls_skip_verification), false),
                ..Backend::default()
            };
            (port, format!("port-{port}"), backend)
        });
        found.collect()
    }

    fn attributes(&self, child: &ChildName, plain: Backend) -> Backend {
        let Input::Known(defaults) = attributes(&plain) else { return plain };
        let have: BTreeMap<String, String> = self.value(child, "attributes").unwrap_or_default();
        let set = |key: &str| have.get(key).filter(|value| defaults.get(key) != Some(value));
        Backend {
            deregistration_delay: set(target_group::DEREGISTRATION_DELAY).and_then(|delay| delay.parse().ok()).into(),
            connection_termination: set(target_group::CONNECTION_TERMINATION).and_then(|on| on.parse().ok()).into(),
            preserve_client_ip: set(target_group::PRESERVE_CLIENT_IP).and_then(|on| on.parse().ok()).into(),
            ..plain
        }
    }

    fn health_check(&self, child: &ChildName, target_type: &Attr<String>) -> HealthCheck {
        let Some(have): Option<target_group::HealthCheck> = self.value(child, "health_check") else {
            return HealthCheck::default();
        };
        let usual = default_protocol(target_type.known().map_or("", String::as_str));
        // The defaults depend on the protocol.
        let plain =
            HealthCheck { protocol: unless(Some(have.protocol.clone()), usual.to_string()), ..HealthCheck::default() };
        let defaults = match health_check(&Attr::Known(plain.clone()), target_type) {
            Input::Known(defaults) => serde_json::from_value(defaults).unwrap_or_else(|_| have.clone()),
            _ => have.clone(),
        };
        let target_group::HealthCheck { port, path, matcher, interval, timeout, .. } = have;
        HealthCheck {
            port: unless(Some(port), defaults.port),
            path: path.filter(|path| Some(path) != defaults.path.as_ref()).into(),
            matcher: matcher.filter(|codes| Some(codes) != defaults.matcher.as_ref()).into(),
            interval: unless(Some(interval), defaults.interval),
            timeout: unless(Some(timeout), defaults.timeout),
            healthy_threshold: unless(Some(have.healthy_threshold), defaults.healthy_threshold),
            unhealthy_threshold: unless(Some(have.unhealthy_threshold), defaults.unhealthy_threshold),
            ..plain
        }
    }

    /// The routes that lead to a back end of the bundle; others are drift.
    fn routes(&self, backends: &[Found]) -> MapOf<Route> {
        let all: BTreeMap<String, Value> = self.value(&rest_api::child(), "routes").unwrap_or_default();
        let preflights = self.value(&rest_api::child(), "preflights").unwrap_or_default();
        let told = all.into_iter().filter_map(|(key, value)| {
            let have: route::Route = serde_json::from_value(value).ok()?;
            let (_, backend, _) = backends.iter().find(|(port, ..)| *port == have.port)?;
            let (front_method, front_path) = key.split_once(' ')?;
            let route = Route {
                backend: Attr::Known(backend.clone()),
                path: unless(Some(have.path), route::integration_path(front_path)),
                method: unless(Some(have.method), front_method.to_string()),
                kind: unless(Some(have.kind), "HTTP_PROXY".to_string()),
                timeout_ms: unless(Some(have.timeout_ms), route::LONGEST_TIMEOUT_MS),
                response_transfer_mode: unless(Some(have.response_transfer_mode), route::BUFFERED.to_string()),
                authorization: unless(Some(have.authorization), "NONE".to_string()),
                api_key_required: unless(Some(have.api_key_required), false),
                request_parameters: texts(have.request_parameters),
                cors: cors::told(&key, &preflights),
            };
            Some((key, Attr::Known(route)))
        });
        told.collect()
    }

    fn stage(&self) -> Option<Stage> {
        let child = stage::child();
        Some(Stage {
            name: Attr::Known(self.value(&child, "stage_name")?),
            description: self.value(&child, "description").into(),
            variables: texts(self.value(&child, "variables").unwrap_or_default()),
            tracing_enabled: unless(self.value(&child, "tracing_enabled"), false),
            access_logs: self.access_logs(&child).into(),
            cache_cluster_size: self.value(&child, "cache_cluster_size").into(),
            client_certificate_id: self.value(&child, "client_certificate_id").into(),
            deployment_id: self.pinned().into(),
            method_settings: from_settings(self.value(&child, "method_settings").unwrap_or_default()),
            ..Stage::default()
        })
    }

    /// The deployment that the stage serves, if it isn't the latest.
    fn pinned(&self) -> Option<String> {
        let latest = self.live(&deployment::child())?.id.as_str();
        self.value(&stage::child(), "deployment_id").filter(|served: &String| served != latest)
    }

    fn access_logs(&self, child: &ChildName) -> Option<AccessLogs> {
        let logs: BTreeMap<String, String> = self.value(child, "access_logs")?;
        let text = |key: &str| logs.get(key).cloned().into();
        Some(AccessLogs { destination_arn: text("destination_arn"), format: text("format") })
    }

    fn policy(&self) -> Option<Policy> {
        let child = rest_api::child();
        policy::told(&self.value(&child, "policy")?, &self.strings(&child, "vpc_endpoint_ids")?)
    }

    fn api(&self) -> Api {
        let child = rest_api::child();
        Api {
            minimum_compression_size: self.value(&child, "minimum_compression_size").into(),
            binary_media_types: some(self.strings(&child, "binary_media_types").unwrap_or_default()),
            api_key_source: unless(self.value(&child, "api_key_source"), "HEADER".to_string()),
            disable_execute_api_endpoint: unless(self.value(&child, "disable_execute_api_endpoint"), false),
        }
    }

    /// The API's tags, without the bundle's and without those that every object of the provider gets.
    fn tags(&self, place: &Place) -> Attr<MapOf<String>> {
        let all = self.live(&rest_api::child()).and_then(|api| api.tags.clone()).unwrap_or_default();
        let own = |key: &String, value: &String| !tags::is_own(key) && place.default_tags.get(key) != Some(value);
        texts(all.into_iter().filter(|(key, value)| own(key, value)).collect::<Tags>())
    }
}

/// The value, unless it is the default.
fn unless<T: PartialEq>(value: Option<T>, default: T) -> Attr<T> {
    value.filter(|value| *value != default).into()
}

/// The object, unless all of it is default.
fn given<T: PartialEq + Default>(object: T) -> Attr<T> {
    if object == T::default() { Attr::Null } else { Attr::Known(object) }
}

fn set(values: Vec<String>) -> Strings {
    values.into_iter().map(Attr::Known).collect()
}

/// A set that is null when it is empty.
fn some(values: Vec<String>) -> Attr<Strings> {
    if values.is_empty() { Attr::Null } else { Attr::Known(set(values)) }
}

/// A map that is null when it is empty.
fn texts(values: BTreeMap<String, String>) -> Attr<MapOf<String>> {
    if values.is_empty() {
        Attr::Null
    } else {
        Attr::Known(values.into_iter().map(|(k, v)| (k, Attr::Known(v))).collect())
    }
}
