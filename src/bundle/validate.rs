//! Mistakes that can be seen without AWS, each reported on its attribute. Values that aren't known yet are never mistakes.

use std::collections::BTreeMap;

use tfplugin::{Attr, Diagnostics, Path};

use super::desired::listener_port;
use super::duration;
use super::inputs::default;
use super::model::{Backend, InternalApi, LoadBalancer, MapOf, Route, Strings, Timeouts};
use super::validate_routes::{MOST_RESOURCES, check_key, check_siblings, resources};
use super::{KEEP, ROLLBACK};
use crate::children::listener::TCP;
use crate::children::route::{BUFFERED, LONGEST_STREAM_MS, LONGEST_TIMEOUT_MS, STREAM, variables};

pub use super::validate_routes::METHODS;

/// Checks a configuration by itself.
pub fn validate(config: &InternalApi) -> Diagnostics {
    let mut check = Check::default();
    check.names(config);
    check.endpoint(config);
    check.load_balancer(config.load_balancer.known());
    check.existing(config);
    check.backends(&config.backends);
    check.routes(config);
    check.openapi(config);
    check.policy(config);
    check.stage(config.stage.known());
    check.api(config);
    check.tags(&config.tags);
    check.timeouts(config.timeouts.known());
    check.found
}

/// Checks what depends on the prior state.
pub fn across(prior: Option<&InternalApi>, planned: &InternalApi) -> Diagnostics {
    let mut found = Diagnostics::new();
    let before: BTreeMap<i64, &String> = ports(prior.map(|prior| &prior.backends));
    for (port, backend) in ports(Some(&planned.backends)) {
        let Some(owner) = before.get(&port).filter(|owner| **owner != backend) else { continue };
        let detail = format!(
            "The listener of {owner:?} has port {port} now, and callers need it there until everything has moved over. Give {backend:?} a \
             port that is free, or make the change in two steps."
        );
        found.error(port_path(backend), "The listener port is still in use", detail);
    }
    if prior.is_none() && planned.stage.known().is_some_and(|stage| stage.deployment_id.is_known()) {
        let detail = "There is no earlier deployment yet. Leave it out.";
        found.error(Path::attr("stage").attribute("deployment_id"), "Nothing to go back to", detail);
    }
    for (name, backend) in planned.backends.known().into_iter().flatten() {
        let before = prior.and_then(|prior| prior.backends.known()?.get(name)?.known());
        if let (Some(before), Attr::Known(after)) = (before, backend)
            && !speaks_alike(before, after)
            && listener_port(before) == listener_port(after)
        {
            let detail = "The deployed routes speak to it as it is until the redeployment. Give it another `listener_port` in the same \
                          change: the new listener serves before the old one goes.";
            let path = Path::attr("backends").key(name).attribute("protocol");
            found.error(path, "The protocol of a listener can't change in place", detail);
        }
    }
    found
}

fn speaks_alike(before: &Backend, after: &Backend) -> bool {
    let protocol = |backend: &Backend| default(&backend.protocol, TCP.to_string());
    after.protocol.is_unknown() || protocol(before) == protocol(after)
}

fn ports(backends: Option<&Attr<MapOf<Backend>>>) -> BTreeMap<i64, &String> {
    let entries = backends.and_then(Attr::known).into_iter().flatten();
    entries.filter_map(|(name, backend)| Some((listener_port(backend.known()?).into_known()?, name))).collect()
}

pub(super) fn port_path(backend: &str) -> Path {
    Path::attr("backends").key(backend).attribute("listener_port")
}

#[derive(Default)]
pub(super) struct Check {
    pub(super) found: Diagnostics,
}

impl Check {
    pub(super) fn error(&mut self, path: &Path, summary: &str, detail: impl Into<String>) {
        self.found.error(path.clone(), summary, detail);
    }

    fn names(&mut self, config: &InternalApi) {
        const LONGEST: usize = 128;
        if let Attr::Known(name) = &config.name
            && (name.trim().is_empty() || name.chars().count() > LONGEST || name.chars().any(char::is_control))
        {
            let detail =
                format!("It must have 1 to {LONGEST} characters, none of them a control character; it is {name:?}.");
            self.error(&Path::attr("name"), "Invalid name", detail);
        }
        if let Some(wish) = config.on_create_failure.known().filter(|wish| *wish != KEEP && *wish != ROLLBACK) {
            let detail = format!("It is {KEEP:?} or {ROLLBACK:?}, not {wish:?}.");
            self.error(&Path::attr("on_create_failure"), "No such way", detail);
        }
        self.prefixed(&config.vpc_id, &Path::attr("vpc_id"), "vpc-");
        self.subnets(&config.subnet_ids, &Path::attr("subnet_ids"));
    }

    pub(super) fn prefixed(&mut self, id: &Attr<String>, path: &Path, prefix: &str) {
        if let Some(id) = id.known().filter(|id| !id.starts_with(prefix)) {
            self.error(path, "Not an id of this kind", format!("It must begin with `{prefix}`; it is {id:?}."));
        }
    }

    pub(super) fn ids(&mut self, ids: &Attr<Strings>, path: &Path, prefix: &str) {
        for id in ids.known().into_iter().flat_map(|ids| ids.iter()) {
            if id.is_null() {
                self.error(path, "Missing id", "An element is null.");
            }
            self.prefixed(id, path, prefix);
        }
    }

    pub(super) fn subnets(&mut self, subnets: &Attr<Strings>, path: &Path) {
        if subnets.known().is_some_and(|subnets| subnets.0.is_empty()) {
            self.error(path, "No subnet", "At least one subnet is needed, and two in different zones are wise.");
        }
        self.ids(subnets, path, "subnet-");
    }

    fn endpoint(&mut self, config: &InternalApi) {
        let path = Path::attr("endpoint");
        let endpoint = config.endpoint.known().cloned().unwrap_or_default();
        self.subnets(&endpoint.subnet_ids, &path.clone().attribute("subnet_ids"));
        let sources =
            [&endpoint.allowed_security_group_ids, &endpoint.allowed_cidr_blocks, &endpoint.allowed_prefix_list_ids];
        self.ids(sources[0], &path.clone().attribute("allowed_security_group_ids"), "sg-");
        self.ids(sources[2], &path.clone().attribute("allowed_prefix_list_ids"), "pl-");
        let blocks = path.clone().attribute("allowed_cidr_blocks");
        if sources[1].known().is_some_and(|blocks| blocks.iter().any(Attr::is_null)) {
            self.error(&blocks, "Missing block", "An element is null.");
        }
        for block in sources[1].known().into_iter().flat_map(|blocks| blocks.iter()).filter_map(Attr::known) {
            if block.parse::<ipnet::IpNet>().is_err() {
                self.error(
                    &blocks,
                    "Not a block of addresses",
                    format!("{block:?} is not CIDR notation such as `10.0.0.0/16`."),
                );
            }
        }
        let own = path.clone().attribute("security_group_ids");
        self.ids(&endpoint.security_group_ids, &own, "sg-");
        if endpoint.security_group_ids.known().is_some_and(|groups| groups.0.is_empty()) {
            self.error(
                &own,
                "No security group",
                "Name at least one, or leave the attribute out to get a managed one.",
            );
        }
        self.ids(&endpoint.additional_ids, &path.clone().attribute("additional_ids"), "vpce-");
        if endpoint.security_group_ids.is_known() && sources.iter().any(|source| source.is_known()) {
            let detail = "`allowed_*` are rules of the managed security group, which there isn't when `security_group_ids` are given. Put the \
                          rules into your own groups.";
            self.error(&own, "Two ways to say who may call", detail);
        }
        let empty = |peers: &Attr<Strings>| peers.is_null() || peers.known().is_some_and(|peers| peers.0.is_empty());
        let closed = endpoint.security_group_ids.is_null() && sources.iter().all(|peers| empty(peers));
        if closed && endpoint.id.is_null() && !config.endpoint.is_unknown() {
            let detail = "The endpoint's security group admits nobody. Give `endpoint` some `allowed_security_group_ids`, \
                          `allowed_cidr_blocks` or `allowed_prefix_list_ids`.";
            self.found.warning(path.clone(), "Nobody can call this API", detail);
        }
        if let Some(text) = endpoint.policy.known().filter(|text| crate::aws::policy::normal(text).is_none()) {
            let detail = format!(
                "It must be a JSON document with a `Statement`; it begins {:?}.",
                text.chars().take(40).collect::<String>()
            );
            self.error(&path.attribute("policy"), "Not a policy", detail);
        }
    }

    fn load_balancer(&mut self, balancer: Option<&LoadBalancer>) {
        let Some(balancer) = balancer else { return };
        let path = Path::attr("load_balancer");
        self.subnets(&balancer.subnet_ids, &path.clone().attribute("subnet_ids"));
        let own = path.clone().attribute("security_group_ids");
        self.ids(&balancer.security_group_ids, &own, "sg-");
        if balancer.security_group_ids.known().is_some_and(|groups| groups.0.is_empty()) {
            let detail = "Name at least one, or set `managed_security_group = false` for a load balancer without any.";
            self.error(&own, "No security group", detail);
        }
        if balancer.security_group_ids.is_known() && balancer.managed_security_group == Attr::Known(true) {
            let detail =
                "The load balancer has either your own groups or the managed one. Drop one of the two attributes.";
            self.error(&path.attribute("managed_security_group"), "Two kinds of security group", detail);
        }
    }

    fn routes(&mut self, config: &InternalApi) {
        let path = Path::attr("routes");
        let Some(routes) = config.routes.known() else { return };
        if routes.is_empty() && config.openapi.is_null() {
            self.error(&path, "No route", "An API without a route can't be deployed.");
        }
        for (key, route) in routes {
            let path = path.clone().key(key);
            if let Err(detail) = check_key(key) {
                self.error(&path, "Invalid route", detail);
                continue;
            }
            if let Attr::Known(route) = route {
                self.route(key, route, &path, config);
            }
        }
        self.resources(routes.keys(), &path);
        self.preflights(config);
        for (key, detail) in check_siblings(routes.keys()) {
            self.error(&path.clone().key(&key), "Two variables in one place", detail);
        }
    }

    pub(super) fn resources<'a>(&mut self, keys: impl Iterator<Item = &'a String>, path: &Path) {
        let resources = resources(keys);
        if resources > MOST_RESOURCES {
            let detail = format!(
                "The routes need {resources} path segments, and AWS allows {MOST_RESOURCES} in an API unless the quota was raised."
            );
            self.found.warning(path.clone(), "Many routes", detail);
        }
    }

    fn route(&mut self, key: &str, route: &Route, path: &Path, config: &InternalApi) {
        if let (Some(backend), Some(backends)) = (route.backend.known(), config.backends.known())
            && !backends.contains_key(backend)
        {
            let known: Vec<&str> = backends.keys().map(String::as_str).collect();
            let detail = format!("`backends` has no {backend:?}; it has {}.", known.join(", "));
            self.error(&path.clone().attribute("backend"), "Unknown back end", detail);
        }
        self.one_of(&route.kind, &path.clone().attribute("type"), &["HTTP_PROXY", "HTTP"]);
        self.one_of(&route.authorization, &path.clone().attribute("authorization"), &["NONE", "AWS_IAM"]);
        self.one_of(&route.method, &path.clone().attribute("method"), &METHODS);
        let mode = path.clone().attribute("response_transfer_mode");
        self.one_of(&route.response_transfer_mode, &mode, &[BUFFERED, STREAM]);
        let streams =
            route.response_transfer_mode.is_unknown() || route.response_transfer_mode == Attr::Known(STREAM.into());
        let longest = if streams { LONGEST_STREAM_MS } else { LONGEST_TIMEOUT_MS };
        self.range(&route.timeout_ms, &path.clone().attribute("timeout_ms"), 50, longest);
        if streams && route.kind.known().is_some_and(|kind| kind == "HTTP") && route.response_transfer_mode.is_known() {
            self.error(
                &mode,
                "Only for HTTP_PROXY",
                "A route of the type `HTTP` answers when it has all of the answer.",
            );
        }
        if let Attr::Known(target) = &route.path {
            let at = path.clone().attribute("path");
            if !target.starts_with('/') || target.contains("+}") {
                let detail = format!(
                    "It must begin with a slash, and `{{proxy+}}` is written `{{proxy}}` here; it is {target:?}."
                );
                self.error(&at, "Invalid path at the back end", detail);
            }
            let have = variables(key.split_once(' ').map_or("", |(_, front)| front));
            let mapped = |name: &String| {
                let own = format!("integration.request.path.{name}");
                have.contains(name)
                    || route.request_parameters.known().is_none_or(|map| map.contains_key(&own))
                        && !route.request_parameters.is_null()
            };
            for name in variables(target).iter().filter(|name| !mapped(name)) {
                let detail = format!("The route {key:?} has no variable `{{{name}}}` to fill it from.");
                self.error(&at, "Unknown path variable", detail);
            }
        }
        if let Attr::Known(cors) = &route.cors {
            self.cors(cors, &path.clone().attribute("cors"));
        }
        for (target, source) in route.request_parameters.known().into_iter().flatten() {
            let Attr::Known(source) = source else { continue };
            self.mapping(key, target, source, &path.clone().attribute("request_parameters").key(target));
        }
    }

    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html>
    fn mapping(&mut self, key: &str, target: &str, source: &str, path: &Path) {
        let is_target = ["path.", "querystring.", "header."].iter().any(|place| {
            target
                .strip_prefix("integration.request.")
                .and_then(|rest| rest.strip_prefix(place))
                .is_some_and(|name| !name.is_empty())
        });
        let is_static = source.len() >= 2 && source.starts_with('\'') && source.ends_with('\'');
        let is_source = is_static
            || ["method.request.", "context.", "stageVariables."].iter().any(|start| source.starts_with(start));
        let front = key.split_once(' ').map_or("", |(_, front)| front);
        let stranger =
            source.strip_prefix("method.request.path.").filter(|name| !variables(front).iter().any(|own| own == name));
        if let Some(name) = stranger {
            self.error(path, "Unknown path variable", format!("The route {key:?} has no variable `{{{name}}}`."));
        }
        if !is_target {
            let detail =
                format!("The key is `integration.request.header.X`, `.querystring.X` or `.path.X`; it is {target:?}.");
            self.error(path, "Invalid mapping", detail);
        }
        if !is_source {
            let detail = format!(
                "The value is `method.request...`, `context...`, `stageVariables...` or a 'static' one in single quotes; it is {source:?}."
            );
            self.error(path, "Invalid mapping", detail);
        }
    }

    fn api(&mut self, config: &InternalApi) {
        let Some(api) = config.api.known() else { return };
        let path = Path::attr("api");
        self.range(&api.minimum_compression_size, &path.clone().attribute("minimum_compression_size"), 0, 10_485_760);
        self.one_of(&api.api_key_source, &path.attribute("api_key_source"), &["HEADER", "AUTHORIZER"]);
    }

    fn tags(&mut self, tags: &Attr<MapOf<String>>) {
        // Fifty are AWS's limit; two are the bundle's own.
        const MOST: usize = 48;
        let path = Path::attr("tags");
        let Some(tags) = tags.known() else { return };
        if tags.len() > MOST {
            self.error(
                &path,
                "Too many tags",
                format!("AWS takes 50 tags and two are the provider's own, so {MOST} are left."),
            );
        }
        for (key, value) in tags {
            let reserved = crate::aws::tags::is_reserved(key) || key.starts_with("privgw:");
            if key.is_empty() || key.len() > 127 || reserved {
                let detail = "A key has 1 to 127 characters and begins with neither `aws:` nor `privgw:`.";
                self.error(&path.clone().key(key), "Invalid tag", detail);
            }
            if value.known().is_some_and(|value| value.len() > 256) {
                self.error(&path.clone().key(key), "Invalid tag", "A value has at most 256 characters.");
            }
        }
    }

    fn timeouts(&mut self, timeouts: Option<&Timeouts>) {
        let Some(timeouts) = timeouts else { return };
        let all = [
            ("create", &timeouts.create),
            ("read", &timeouts.read),
            ("update", &timeouts.update),
            ("delete", &timeouts.delete),
        ];
        for (name, value) in all {
            if let Some(text) = value.known().filter(|text| duration::parse(text).is_none()) {
                let detail = format!("It must be a duration such as `30m` or `1h30m`; it is {text:?}.");
                self.error(&Path::attr("timeouts").attribute(name), "Not a duration", detail);
            }
        }
    }

    pub(super) fn range(&mut self, value: &Attr<i64>, path: &Path, least: i64, most: i64) {
        if let Some(value) = value.known().filter(|value| !(least..=most).contains(*value)) {
            self.error(path, "Out of range", format!("It must be {least} to {most}; it is {value}."));
        }
    }

    pub(super) fn one_of(&mut self, value: &Attr<String>, path: &Path, allowed: &[&str]) {
        if let Some(value) = value.known().filter(|value| !allowed.contains(&value.as_str())) {
            self.error(
                path,
                "Not one of the values allowed",
                format!("It must be one of {}; it is {value:?}.", allowed.join(", ")),
            );
        }
    }
}
