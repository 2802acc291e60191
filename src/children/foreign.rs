//! An API that somebody else has built, as far as it matters for adopting it: where its methods lead, and what of them routes can't say.

use std::collections::BTreeSet;

use aws_sdk_apigateway::types::{ConnectionType, EndpointType, Integration, IntegrationType, Method};
use serde_json::Value;

use super::{preflight, route};
use crate::aws::{API_PAGE, Aws, AwsError, unless_gone};

/// An API.
#[derive(Debug, Default)]
pub struct Foreign {
    /// Its name.
    pub name: String,
    /// Whether only a VPC can reach it.
    pub is_private: bool,
    /// The endpoints that have a DNS name of their own for it.
    pub endpoints: Vec<String>,
    /// The resource policy as AWS shows it.
    pub policy: Option<String>,
    /// The VPC links that its methods use.
    pub links: BTreeSet<String>,
    /// The ports of the load balancer that its methods lead to.
    pub ports: BTreeSet<i64>,
    /// Its stages: name and deployment.
    pub stages: Vec<(String, String)>,
    /// Why routes can't say what its methods do, a sentence each.
    pub unfit: Vec<String>,
}

/// Looks at an API; nothing if there is none of this id. Three calls, and one more for every 500 resources.
pub async fn look(aws: &Aws, id: &str) -> Result<Option<Foreign>, AwsError> {
    let get = |api: &aws_sdk_apigateway::Client| api.get_rest_api().rest_api_id(id).send();
    let Some(api) = unless_gone(aws.api.ask("GetRestApi", get).await)? else { return Ok(None) };
    let at = api.endpoint_configuration();
    let mut foreign = Foreign {
        name: api.name().unwrap_or_default().to_string(),
        is_private: at.is_some_and(|at| at.types().contains(&EndpointType::Private)),
        endpoints: at.map(|at| at.vpc_endpoint_ids().to_vec()).unwrap_or_default(),
        policy: api.policy().map(str::to_string),
        ..Foreign::default()
    };
    let resources = aws.api.get_resources().rest_api_id(id).limit(API_PAGE).embed("methods");
    let pages = |_: &_| resources.clone().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    for resource in aws.api.ask("GetResources", pages).await? {
        let path = resource.path().unwrap_or_default();
        let mut methods: Vec<_> = resource.resource_methods().into_iter().flatten().collect();
        methods.sort_by_key(|(verb, _)| verb.as_str());
        methods.into_iter().for_each(|(verb, method)| foreign.take(verb, path, method));
    }
    let stages = aws.api.ask("GetStages", |api| api.get_stages().rest_api_id(id).send()).await?;
    let text = |text: Option<&str>| text.unwrap_or_default().to_string();
    foreign.stages =
        stages.item().iter().map(|stage| (text(stage.stage_name()), text(stage.deployment_id()))).collect();
    Ok(Some(foreign))
}

/// Which endpoints other APIs of the account name.
pub async fn endpoints_of_others(aws: &Aws, own: &str) -> Result<BTreeSet<String>, AwsError> {
    let pages = |api: &aws_sdk_apigateway::Client| {
        api.get_rest_apis().limit(API_PAGE).into_paginator().items().send().collect::<Result<Vec<_>, _>>()
    };
    let all = aws.api.ask("GetRestApis", pages).await?;
    let others = all.iter().filter(|api| api.id() != Some(own)).filter_map(|api| api.endpoint_configuration());
    Ok(others.flat_map(|at| at.vpc_endpoint_ids().to_vec()).collect())
}

impl Foreign {
    fn take(&mut self, verb: &str, path: &str, method: &Method) {
        if verb == preflight::OPTIONS && preflight::from_method(method).is_some() {
            return;
        }
        let objections = objections(method);
        self.unfit.extend(objections.iter().map(|objection| format!("{verb} {path} {objection}")));
        let (route, _, link) = route::from_method(path, method);
        self.links.extend(link.filter(|_| objections.is_empty()));
        self.ports.extend(route.get("port").and_then(Value::as_i64));
    }
}

/// What a route can't say about a method.
fn objections(method: &Method) -> Vec<String> {
    let Some(integration) = method.method_integration() else { return vec!["has no integration".into()] };
    let kind = integration.r#type().map_or("", IntegrationType::as_str);
    if !["HTTP", "HTTP_PROXY"].contains(&kind) || integration.connection_type() != Some(&ConnectionType::VpcLink) {
        let way =
            if integration.connection_type() == Some(&ConnectionType::VpcLink) { "" } else { " without a VPC link" };
        return vec![format!("has an integration of the type {kind}{way}")];
    }
    let (link, uri) = (integration.connection_id().unwrap_or_default(), integration.uri().unwrap_or_default());
    let is_variable = [link, uri].iter().any(|text| text.contains("${"));
    let (_, host, _) = route::from_method("/", method);
    let authorization = method.authorization_type().unwrap_or("NONE");
    let all = [
        (is_variable, "takes its link or address from a stage variable".to_string()),
        (!is_variable && host.is_none(), format!("leads to {uri:?}")),
        (!["NONE", "AWS_IAM"].contains(&authorization), format!("has the authorization {authorization}")),
        (method.request_validator_id().is_some(), "has a request validator".to_string()),
        (method.request_models().is_some_and(|models| !models.is_empty()), "has request models".to_string()),
        (has_more(integration), "has an integration that transforms requests or caches by parameters".to_string()),
        (kind == "HTTP" && has_answers(method, integration), "has responses of its own".to_string()),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, objection)| objection).collect()
}

fn has_more(integration: &Integration) -> bool {
    integration.request_templates().is_some_and(|templates| !templates.is_empty())
        || !integration.cache_key_parameters().is_empty()
        || integration.credentials().is_some()
        || integration.content_handling().is_some()
}

/// Whether the responses of a method that isn't a proxy are others than the one that every route has.
fn has_answers(method: &Method, integration: &Integration) -> bool {
    let is_usual = |codes: Vec<&String>| codes.iter().all(|code| *code == "200");
    let codes = method.method_responses().into_iter().flat_map(|all| all.keys()).collect();
    let made = integration.integration_responses().into_iter().flatten();
    let plain = |one: &aws_sdk_apigateway::types::IntegrationResponse| {
        one.selection_pattern().is_none_or(str::is_empty)
            && one.response_parameters().is_none_or(|all| all.is_empty())
            && one.response_templates().is_none_or(|all| all.values().all(String::is_empty))
            && one.content_handling().is_none()
    };
    !is_usual(codes) || made.into_iter().any(|(code, one)| code != "200" || !plain(one))
}
