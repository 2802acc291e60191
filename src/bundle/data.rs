//! `data "privgw_internal_api"`: a bundle for configurations that only use it.

use std::sync::Arc;

use tfplugin::{Attr, Call, DataSource, Diagnostic, Diagnostics, Model, Path, ReadResponse, Resource};

use super::model::{InternalApi, InvokeUrls, List, MapOf, NetworkInterface, Strings, TargetGroup};
use super::{Bundle, import};
use crate::aws::tags::Tags;
use crate::aws::{Aws, Place};
use crate::children::rest_api;

/// The data source.
pub struct BundleData;

impl DataSource for BundleData {
    type Meta = Aws;
    type Model = Found;

    fn type_name(&self) -> &'static str {
        Bundle.type_name()
    }

    fn validate(&self, config: &Found) -> Diagnostics {
        let mut found = Diagnostics::new();
        let is_open = config.rest_api_id.is_unknown() || config.name.is_unknown();
        if config.rest_api_id.is_null() == config.name.is_null() && !is_open {
            let detail = "Give either `rest_api_id` or `name`.";
            found.error(Path::attr("rest_api_id"), "Which bundle is meant", detail);
        }
        found
    }

    async fn read(&self, call: &Call, aws: &Arc<Aws>, config: Found) -> Result<(Found, Diagnostics), Diagnostics> {
        // The tags that this provider block gives to what it makes are no business of what another one has made.
        let aws = &Arc::new(Aws { place: Place { default_tags: Tags::new(), ..aws.place.clone() }, ..(**aws).clone() });
        let id = match &config.rest_api_id {
            Attr::Known(id) => id.clone(),
            _ => by_name(aws, &config.name.known_or(String::new())).await?,
        };
        let (stub, private) = import::import(aws, &id).await?;
        match Bundle.read(call, aws, stub, private).await {
            ReadResponse::Found { state, diagnostics, .. } => Ok((Found::from(state), diagnostics)),
            ReadResponse::Failed(diagnostics) => Err(diagnostics),
            ReadResponse::Gone => {
                let detail = format!("The REST API {id} was deleted while it was read.");
                Err(Diagnostic::error("No such bundle", detail).into())
            }
        }
    }
}

/// The complete bundle whose API has this name now.
async fn by_name(aws: &Aws, name: &str) -> Result<String, Diagnostics> {
    let region = &aws.place.region;
    let unlisted = |error| Diagnostics::from(Diagnostic::error("Could not list bundles", format!("{error}.")));
    let all = rest_api::complete(aws).await.map_err(unlisted)?;
    let ids: Vec<String> = all.into_iter().filter(|(_, other)| other == name).map(|(id, _)| id).collect();
    let (summary, detail) = match ids.as_slice() {
        [id] => return Ok(id.clone()),
        [] => ("No such bundle", format!("No complete bundle in {region} has an API of the name {name:?}.")),
        several => (
            "Several bundles",
            format!("The name {name:?} is that of {}. Say which one with `rest_api_id`.", several.join(" and ")),
        ),
    };
    Err(Diagnostic::error(summary, detail).at(Path::attr("name")).into())
}

/// A bundle that was made by this provider, in the account and region of the provider block, for configurations that call it or serve
/// it: by the id of its REST API, or by the name that this has. Exactly one of `rest_api_id` and `name` is given.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Found {
    /// The id of the REST API.
    #[attr(optional, computed)]
    pub rest_api_id: Attr<String>,
    /// The name of the REST API.
    #[attr(optional, computed)]
    pub name: Attr<String>,
    /// The id of the REST API.
    #[attr(computed)]
    pub id: Attr<String>,
    /// Description of the REST API.
    #[attr(computed)]
    pub description: Attr<String>,
    /// The ARN of the REST API.
    #[attr(computed)]
    pub arn: Attr<String>,
    /// The VPC that everything lives in.
    #[attr(computed)]
    pub vpc_id: Attr<String>,
    /// Subnets of the load balancer and, if it has no others, the endpoint.
    #[attr(computed)]
    pub subnet_ids: Attr<Strings>,
    /// The name of the stage.
    #[attr(computed)]
    pub stage_name: Attr<String>,
    /// The id of the API's root resource `/`.
    #[attr(computed)]
    pub root_resource_id: Attr<String>,
    /// The ARN that the API's methods are authorised under: `{execution_arn}/{stage}/{METHOD}/{path}`.
    #[attr(computed)]
    pub execution_arn: Attr<String>,
    /// The ARN of the stage.
    #[attr(computed)]
    pub stage_arn: Attr<String>,
    /// The id of the deployment that the stage serves.
    #[attr(computed)]
    pub deployment_id: Attr<String>,
    /// The URL to call, stage included: the private DNS name when that is enabled, otherwise the name that AWS gives the API at its
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
    /// The managed security group before the endpoint.
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
    /// The managed security group on the load balancer, for back ends to admit.
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
    /// The load balancer's network interfaces by subnet.
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
    /// Everything that exists of the bundle: child to id.
    #[attr(computed)]
    pub children: Attr<MapOf<String>>,
    /// Whose the bundle is.
    #[attr(computed)]
    pub owner: Attr<String>,
    /// The bundle's tags, without those of the provider itself.
    #[attr(computed)]
    pub tags_all: Attr<MapOf<String>>,
}

impl From<InternalApi> for Found {
    fn from(bundle: InternalApi) -> Self {
        let stage_name = bundle.stage.known().map(|stage| stage.name.clone()).unwrap_or_default();
        Self {
            rest_api_id: bundle.rest_api_id,
            name: bundle.name,
            id: bundle.id,
            description: bundle.description,
            arn: bundle.arn,
            vpc_id: bundle.vpc_id,
            subnet_ids: bundle.subnet_ids,
            stage_name,
            root_resource_id: bundle.root_resource_id,
            execution_arn: bundle.execution_arn,
            stage_arn: bundle.stage_arn,
            deployment_id: bundle.deployment_id,
            invoke_url: bundle.invoke_url,
            invoke_urls: bundle.invoke_urls,
            vpc_endpoint_id: bundle.vpc_endpoint_id,
            vpc_endpoint_dns_names: bundle.vpc_endpoint_dns_names,
            vpc_endpoint_network_interface_ids: bundle.vpc_endpoint_network_interface_ids,
            security_group_id: bundle.security_group_id,
            nlb_arn: bundle.nlb_arn,
            nlb_dns_name: bundle.nlb_dns_name,
            nlb_zone_id: bundle.nlb_zone_id,
            nlb_security_group_id: bundle.nlb_security_group_id,
            nlb_network_interface_ids: bundle.nlb_network_interface_ids,
            nlb_private_ips: bundle.nlb_private_ips,
            nlb_cidr_blocks: bundle.nlb_cidr_blocks,
            nlb_network_interfaces: bundle.nlb_network_interfaces,
            vpc_link_id: bundle.vpc_link_id,
            target_groups: bundle.target_groups,
            listener_arns: bundle.listener_arns,
            children: bundle.children,
            owner: bundle.owner,
            tags_all: bundle.tags_all,
        }
    }
}
