//! From children to the attributes that users read. The same code fills them at plan, where some children don't exist yet, and
//! after apply, so that what a plan promises is what an apply keeps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tfplugin::Attr;

use super::backends::is_pair;
use super::desired::{balancer_subnets, desired, private_dns, tags_all};
use super::drift;
use super::existing::{balancer_is_given, endpoint_is_given, has_listeners};
use super::model::{InternalApi, InvokeUrls, List, MapOf, NetworkInterface, TargetGroup};
use crate::aws::Place;
use crate::child::{Change, ChildName, Identity, Input, has_unknown, is_unknown};
use crate::children::{
    deployment, listener, load_balancer, rest_api, security_group, stage, target_group, vpc_endpoint, vpc_link,
};
use crate::reconcile::{Accepted, Action, Graph, Marks, Observed, Permitted, Plan};

/// What the provider keeps beside the state, in Terraform's private bytes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Private {
    /// Whose children they are.
    #[serde(default)]
    pub identity: Identity,
    /// Where the bundle lives.
    #[serde(default)]
    pub home: Option<Home>,
    /// What existed when it was last looked at.
    pub observed: Observed,
    /// What of an adopted bundle is left as it was.
    #[serde(default, skip_serializing_if = "Accepted::is_empty")]
    pub accepted: Accepted,
    /// What the plan says may be destroyed.
    #[serde(default)]
    pub permitted: Permitted,
}

/// An account and a region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// Twelve digits.
    pub account: String,
    /// For instance `eu-central-1`.
    pub region: String,
}

impl Home {
    /// Where the provider is looking.
    pub fn of(place: &Place) -> Self {
        Self { account: place.account.clone(), region: place.region.clone() }
    }
}

impl Private {
    /// Reads the bytes; what isn't ours counts as nothing known.
    pub fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// The desired children of a model of this bundle. What is accepted of adopted ones is as it was.
    pub fn desired(&self, model: &InternalApi, place: &Place, identity: &Identity, marks: Marks) -> Graph {
        let mut graph = desired(model, place, identity);
        graph.accept(&self.accepted, &self.observed, marks);
        graph
    }

    /// The bytes to keep.
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Where outputs come from.
#[derive(Clone, Copy)]
pub enum View<'a> {
    /// From what exists; `drift` says what differs from the desired form.
    Live {
        /// What exists.
        observed: &'a Observed,
        /// What differs.
        drift: &'a [(ChildName, Vec<Change>)],
    },
    /// From what will exist.
    Planned {
        /// What exists.
        observed: &'a Observed,
        /// What will be done.
        plan: &'a Plan,
    },
}

/// Fills every computed attribute.
pub fn fill(model: &mut InternalApi, view: View<'_>, place: &Place, identity: &Identity) {
    let api = view.text(&rest_api::child(), "id");
    model.id = api.clone();
    model.rest_api_id = api.clone();
    model.arn = view.text(&rest_api::child(), "arn");
    model.root_resource_id = view.text(&rest_api::child(), "root_resource_id");
    model.execution_arn = api.clone().map(|api| place.execution_arn(&api));
    let pinned = model.stage.known().map(|stage| stage.deployment_id.clone()).unwrap_or_default();
    model.deployment_id = if pinned.is_null() { view.text(&deployment::child(), "id") } else { pinned };
    model.stage_arn = stage_arn(model, &api, view, place);
    model.vpc_endpoint_id = view.text(&vpc_endpoint::child(), "id");
    model.vpc_endpoint_dns_names = list(view.output(&vpc_endpoint::child(), "dns_names"));
    model.vpc_endpoint_network_interface_ids = list(view.output(&vpc_endpoint::child(), "network_interface_ids"));
    model.security_group_id = view.text(&security_group::of_endpoint(), "id");
    model.nlb_arn = view.text(&load_balancer::child(), "arn");
    model.nlb_dns_name = view.text(&load_balancer::child(), "dns_name");
    model.nlb_zone_id = view.text(&load_balancer::child(), "zone_id");
    model.nlb_security_group_id = view.text(&security_group::of_load_balancer(), "id");
    model.vpc_link_id = view.text(&vpc_link::child(), "id");
    interfaces(model, view);
    backends(model, view);
    urls(model, &api, view, place);
    model.children = view.children();
    model.owner = match (identity.owner.is_empty(), view) {
        (false, _) => Attr::Known(identity.owner.clone()),
        (true, View::Planned { .. }) => Attr::Unknown,
        (true, View::Live { .. }) => Attr::Null,
    };
    model.tags_all = tags_all(model, place);
}

/// Makes every computed attribute unknown: what a plan says when it can't tell anything.
pub fn forget(model: &mut InternalApi) {
    let arguments = InternalApi {
        name: model.name.clone(),
        description: model.description.clone(),
        vpc_id: model.vpc_id.clone(),
        subnet_ids: model.subnet_ids.clone(),
        endpoint: model.endpoint.clone(),
        load_balancer: model.load_balancer.clone(),
        vpc_link: model.vpc_link.clone(),
        backends: model.backends.clone(),
        routes: model.routes.clone(),
        openapi: model.openapi.clone(),
        policy: model.policy.clone(),
        stage: model.stage.clone(),
        api: model.api.clone(),
        tags: model.tags.clone(),
        on_create_failure: model.on_create_failure.clone(),
        preflight: model.preflight,
        timeouts: model.timeouts.clone(),
        id: Attr::Unknown,
        arn: Attr::Unknown,
        rest_api_id: Attr::Unknown,
        root_resource_id: Attr::Unknown,
        execution_arn: Attr::Unknown,
        stage_arn: Attr::Unknown,
        deployment_id: Attr::Unknown,
        invoke_url: Attr::Unknown,
        invoke_urls: Attr::Unknown,
        vpc_endpoint_id: Attr::Unknown,
        vpc_endpoint_dns_names: Attr::Unknown,
        vpc_endpoint_network_interface_ids: Attr::Unknown,
        security_group_id: Attr::Unknown,
        nlb_arn: Attr::Unknown,
        nlb_dns_name: Attr::Unknown,
        nlb_zone_id: Attr::Unknown,
        nlb_security_group_id: Attr::Unknown,
        nlb_network_interface_ids: Attr::Unknown,
        nlb_private_ips: Attr::Unknown,
        nlb_cidr_blocks: Attr::Unknown,
        nlb_network_interfaces: Attr::Unknown,
        vpc_link_id: Attr::Unknown,
        target_groups: Attr::Unknown,
        listener_arns: Attr::Unknown,
        children: Attr::Unknown,
        owner: Attr::Unknown,
        tags_all: Attr::Unknown,
    };
    *model = arguments;
}

impl View<'_> {
    /// An output: null when there is no such child, unknown when only AWS can tell.
    fn output(&self, child: &ChildName, output: &str) -> Attr<Value> {
        match self {
            Self::Live { observed, .. } => {
                let value = observed.find(child).and_then(|live| live.outputs.get(output));
                value.filter(|value| !has_unknown(value) && !value.is_null()).cloned().into()
            }
            Self::Planned { plan, .. } => match plan.output(child, output) {
                None | Some(Value::Null) => Attr::Null,
                Some(value) if has_unknown(&value) => Attr::Unknown,
                Some(value) => Attr::Known(value),
            },
        }
    }

    /// The members of an output, those included that only AWS can tell.
    fn parts(&self, child: &ChildName, output: &str) -> Option<BTreeMap<String, Value>> {
        let value = match self {
            Self::Live { observed, .. } => observed.find(child)?.outputs.get(output)?.clone(),
            Self::Planned { plan, .. } => plan.output(child, output)?,
        };
        if is_unknown(&value) { None } else { serde_json::from_value(value).ok() }
    }

    fn exists(&self, child: &ChildName) -> bool {
        match self {
            Self::Live { observed, .. } => observed.find(child).is_some(),
            Self::Planned { plan, .. } => plan.step(child).is_some() || plan.given.contains_key(child),
        }
    }

    fn text(&self, child: &ChildName, output: &str) -> Attr<String> {
        self.output(child, output).map(|value| value.as_str().unwrap_or_default().to_string())
    }

    fn children(&self) -> Attr<MapOf<String>> {
        let mut children: BTreeMap<String, Attr<String>> = BTreeMap::new();
        match self {
            Self::Live { observed, drift } => {
                for (name, live) in &observed.children {
                    let changes = drift.iter().find(|(child, _)| child == name).map(|(_, changes)| changes.as_slice());
                    children
                        .insert(name.to_string(), Attr::Known(drift::annotate(&live.id, changes.unwrap_or_default())));
                }
                for extra in &observed.extras {
                    children.insert(format!("{} (superseded {})", extra.name, extra.id), Attr::Known(extra.id.clone()));
                }
            }
            Self::Planned { observed, plan } => {
                for step in &plan.steps {
                    let id = observed.children.get(&step.name).map(|live| live.id.clone());
                    let stays = matches!(step.action, Action::Keep | Action::Update(_));
                    children.insert(step.name.to_string(), id.filter(|_| stays).map_or(Attr::Unknown, Attr::Known));
                }
            }
        }
        Attr::Known(children)
    }
}

fn list(value: Attr<Value>) -> Attr<List> {
    value.map(|value| {
        value
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| Attr::Known(item.as_str().unwrap_or_default().to_string()))
            .collect()
    })
}

fn stage_arn(model: &InternalApi, api: &Attr<String>, view: View<'_>, place: &Place) -> Attr<String> {
    if let View::Live { .. } = view {
        return view.text(&stage::child(), "arn");
    }
    let name = model.stage.known().map(|stage| stage.name.clone()).unwrap_or(Attr::Unknown);
    match (api, name) {
        (Attr::Known(api), Attr::Known(name)) => Attr::Known(place.api_arn(&format!("/restapis/{api}/stages/{name}"))),
        _ => Attr::Unknown,
    }
}

/// The interfaces by subnet. Which subnets there are is known even when the interfaces aren't: of a planned load balancer, and of one
/// that could not be read back.
fn interfaces(model: &mut InternalApi, view: View<'_>) {
    let child = load_balancer::child();
    let leaf = if view.output(&child, "network_interfaces").is_null() { Attr::Null } else { Attr::Unknown };
    let unread = || NetworkInterface { id: leaf.clone(), private_ip: leaf.clone() };
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_string).into();
    let interface = |value: Value| match is_unknown(&value) {
        true => NetworkInterface { id: Attr::Unknown, private_ip: Attr::Unknown },
        false => NetworkInterface { id: text(&value, "id"), private_ip: text(&value, "private_ip") },
    };
    let by_subnet: Attr<BTreeMap<String, NetworkInterface>> = match view.parts(&child, "network_interfaces") {
        Some(found) => Attr::Known(found.into_iter().map(|(subnet, value)| (subnet, interface(value))).collect()),
        None if leaf.is_null() && !view.exists(&child) => Attr::Null,
        None if balancer_is_given(model) => leaf.clone().map(|_| BTreeMap::new()),
        None => match balancer_subnets(model) {
            Attr::Known(subnets) if subnets.iter().all(Attr::is_known) => {
                let known = subnets.iter().filter_map(|subnet| subnet.known().cloned());
                Attr::Known(known.map(|subnet| (subnet, unread())).collect())
            }
            _ => Attr::Unknown,
        },
    };
    let listed = |read: fn(&NetworkInterface) -> &Attr<String>| -> Attr<List> {
        let Attr::Known(all) = &by_subnet else { return leaf.clone().map(|_| List::new()) };
        let Some(mut values) = all.values().map(|one| read(one).known().cloned()).collect::<Option<Vec<_>>>() else {
            return leaf_of(all.values().map(read));
        };
        values.sort();
        Attr::Known(values.into_iter().map(Attr::Known).collect())
    };
    model.nlb_network_interface_ids = listed(|one| &one.id);
    model.nlb_private_ips = listed(|one| &one.private_ip);
    let block = |ip: Attr<String>| ip.map(|ip| format!("{ip}/32"));
    model.nlb_cidr_blocks = model.nlb_private_ips.clone().map(|ips| ips.into_iter().map(block).collect());
    model.nlb_network_interfaces =
        by_subnet.map(|all| all.into_iter().map(|(subnet, one)| (subnet, Attr::Known(one))).collect());
}

/// What a list is of which not every element is known: unknown, unless what is missing stays so.
fn leaf_of<'a>(mut values: impl Iterator<Item = &'a Attr<String>>) -> Attr<List> {
    if values.any(Attr::is_unknown) { Attr::Unknown } else { Attr::Null }
}

fn backends(model: &mut InternalApi, view: View<'_>) {
    let Attr::Known(backends) = &model.backends else {
        model.target_groups = Attr::Unknown;
        model.listener_arns = Attr::Unknown;
        return;
    };
    let group = |name: &String| {
        let (blue, green) = (target_group::child(name), target_group::green(name));
        let is_pair = backends.get(name).and_then(Attr::known).is_some_and(is_pair);
        let of_pair = |child: &ChildName, output: &str| if is_pair { view.text(child, output) } else { Attr::Null };
        TargetGroup {
            arn: view.text(&blue, "arn"),
            name: view.text(&blue, "aws_name"),
            blue_arn: of_pair(&blue, "arn"),
            green_arn: of_pair(&green, "arn"),
            blue_name: of_pair(&blue, "aws_name"),
            green_name: of_pair(&green, "aws_name"),
        }
    };
    let managed: Vec<&String> = backends.keys().filter(|_| has_listeners(model)).collect();
    let groups = managed.iter().map(|name| ((*name).clone(), Attr::Known(group(name)))).collect();
    let arn = |name: &&String| ((*name).clone(), view.text(&listener::child(name), "arn"));
    let listeners = managed.iter().map(arn).collect();
    model.target_groups = Attr::Known(groups);
    model.listener_arns = Attr::Known(listeners);
}

/// Whether the plain name leads to the endpoint: as it should be, or as an endpoint has it that was handed in.
fn resolves(model: &InternalApi, view: View<'_>) -> Attr<bool> {
    if endpoint_is_given(model) {
        return view.output(&vpc_endpoint::child(), "private_dns_enabled").map(|value| value == Value::Bool(true));
    }
    match private_dns(model) {
        Input::Known(is_private) => Attr::Known(is_private),
        _ => Attr::Unknown,
    }
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html>
fn urls(model: &mut InternalApi, api: &Attr<String>, view: View<'_>, place: &Place) {
    let stage = match &model.stage {
        Attr::Known(stage) => stage.name.clone(),
        Attr::Null => Attr::Null,
        Attr::Unknown => Attr::Unknown,
    };
    let (region, suffix) = (&place.region, place.dns_suffix());
    let host = api.clone().map(|api| format!("{api}.execute-api.{region}.{suffix}"));
    let with_stage = |host: &Attr<String>| match (host, &stage) {
        (Attr::Known(host), Attr::Known(stage)) => Attr::Known(format!("https://{host}/{stage}")),
        (Attr::Null, _) | (_, Attr::Null) => Attr::Null,
        _ => Attr::Unknown,
    };
    let endpoint_host = match (api, &model.vpc_endpoint_id) {
        (Attr::Known(api), Attr::Known(endpoint)) => {
            Attr::Known(format!("{api}-{endpoint}.execute-api.{region}.{suffix}"))
        }
        (Attr::Null, _) | (_, Attr::Null) => Attr::Null,
        _ => Attr::Unknown,
    };
    let dns = view.text(&vpc_endpoint::child(), "dns_name");
    let private = match resolves(model, view) {
        Attr::Known(true) => with_stage(&host),
        Attr::Unknown => Attr::Unknown,
        _ => Attr::Null,
    };
    let endpoint = with_stage(&endpoint_host);
    model.invoke_url = if private.is_null() { endpoint.clone() } else { private.clone() };
    model.invoke_urls =
        Attr::Known(InvokeUrls { private_dns: private, endpoint, vpc_endpoint_dns: with_stage(&dns), host });
}
