//! The interface endpoint for `execute-api`: the way into the API from the VPC.
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>

use aws_sdk_ec2::types::{Filter, ResourceType, VpcEndpoint as Endpoint, VpcEndpointType};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

use crate::aws::{Aws, AwsError, ErrorKind, gone_is_fine, policy, tags};
use crate::child::{
    Change, ChildName, Input, Kind, Live, Outputs, Patience, Scope, Slow, Spec, Status, Tagging, Task, Wanted, spec,
    unknown,
};

/// The name of the kind, of which a bundle has one.
pub const KIND: &str = "vpc_endpoint";

/// What the endpoint should be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VpcEndpoint {
    /// The VPC.
    pub vpc_id: Input<String>,
    /// For instance `com.amazonaws.eu-central-1.execute-api`.
    pub service_name: Input<String>,
    /// One subnet in each zone.
    pub subnet_ids: Input<Vec<Input<String>>>,
    /// The groups on its interfaces.
    pub security_group_ids: Input<Vec<Input<String>>>,
    /// Whether the API's plain name resolves to the endpoint in the VPC.
    pub private_dns_enabled: Input<bool>,
    /// The endpoint policy in normal form ([`policy::normal`]); `null` lets everything through.
    pub policy: Input<Value>,
}

/// See [`KIND`].
pub struct VpcEndpointKind;

impl Kind for VpcEndpointKind {
    fn name(&self) -> &'static str {
        KIND
    }

    fn observe<'a>(&'a self, aws: &'a Aws, scope: &'a Scope) -> Task<'a, Vec<Live>> {
        Box::pin(async move {
            let tag = format!("tag:{}", tags::BUNDLE);
            let mut endpoints = list(aws, Filter::builder().name(tag).values(&scope.identity.bundle).build()).await?;
            let tagged: Vec<&str> = endpoints.iter().filter_map(|endpoint| endpoint.vpc_endpoint_id()).collect();
            let missing = scope.missing(KIND, &tagged);
            if !missing.is_empty() {
                let filter = Filter::builder().name("vpc-endpoint-id").set_values(Some(missing)).build();
                endpoints.extend(list(aws, filter).await?);
            }
            Ok(endpoints.iter().filter_map(|endpoint| live(child(), endpoint)).collect())
        })
    }

    fn create<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted) -> Task<'a, Live> {
        Box::pin(async move {
            let want: Resolved = wanted.typed()?;
            let call = aws
                .ec2
                .create_vpc_endpoint()
                .vpc_endpoint_type(VpcEndpointType::Interface)
                .vpc_id(&want.vpc_id)
                .service_name(&want.service_name)
                .set_subnet_ids(Some(want.subnet_ids.clone()))
                .set_security_group_ids(Some(want.security_group_ids.clone()))
                .private_dns_enabled(want.private_dns_enabled)
                .set_policy_document(document(&want.policy))
                .tag_specifications(tags::ec2_specification(ResourceType::VpcEndpoint, &wanted.tags));
            let answer = aws.ec2.ask("CreateVpcEndpoint", |_| call.clone().send()).await?;
            answer
                .vpc_endpoint()
                .and_then(|endpoint| live(wanted.name.clone(), endpoint))
                .ok_or_else(|| AwsError::incomplete("CreateVpcEndpoint", "VpcEndpoint"))
        })
    }

    fn update<'a>(&'a self, aws: &'a Aws, live: &'a Live, wanted: &'a Wanted, changes: &'a [Change]) -> Task<'a, Live> {
        Box::pin(async move {
            let (want, have): (Resolved, Resolved) = (wanted.typed()?, live.typed()?);
            let changed = |field: &str| changes.iter().any(|change| change.field == field);
            let mut call = aws.ec2.modify_vpc_endpoint().vpc_endpoint_id(&live.id);
            if changed("subnet_ids") {
                let (added, removed) = sides(&want.subnet_ids, &have.subnet_ids);
                call = call.set_add_subnet_ids(added).set_remove_subnet_ids(removed);
            }
            if changed("security_group_ids") {
                let (added, removed) = sides(&want.security_group_ids, &have.security_group_ids);
                call = call.set_add_security_group_ids(added).set_remove_security_group_ids(removed);
            }
            if changed("private_dns_enabled") {
                call = call.private_dns_enabled(want.private_dns_enabled);
            }
            if changed("policy") {
                let text = document(&want.policy);
                call = if text.is_none() { call.reset_policy(true) } else { call.set_policy_document(text) };
            }
            aws.ec2.ask("ModifyVpcEndpoint", |_| call.clone().send()).await?;
            let status = Status::Pending("pending".into());
            Ok(Live { spec: wanted.spec.clone(), status, ..live.clone() })
        })
    }

    fn delete<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, ()> {
        Box::pin(async move {
            let call = aws.ec2.delete_vpc_endpoints().vpc_endpoint_ids(&live.id);
            let answer = aws.ec2.ask("DeleteVpcEndpoints", |_| call.clone().send()).await?;
            // A refusal comes with HTTP 200.
            // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html
            let refused = answer.unsuccessful().iter().find_map(|item| item.error());
            let refused = refused.map(|error| AwsError {
                operation: "DeleteVpcEndpoints".into(),
                code: error.code().unwrap_or_default().into(),
                kind: if error.code().unwrap_or_default().ends_with("NotFound") {
                    ErrorKind::NotFound
                } else {
                    ErrorKind::Invalid
                },
                ..AwsError::internal(error.message().unwrap_or_default())
            });
            gone_is_fine(refused.map_or(Ok(()), Err))
        })
    }

    fn replaces(&self, change: &Change) -> bool {
        matches!(change.field.as_str(), "vpc_id" | "service_name")
    }

    fn planned_outputs(&self, _wanted: &Spec, live: &Live, changes: &[Change]) -> Outputs {
        let mut outputs = live.outputs.clone();
        for change in changes {
            match change.field.as_str() {
                "subnet_ids" => {
                    outputs.insert("network_interface_ids".into(), unknown());
                    outputs.insert("dns_names".into(), unknown());
                }
                "private_dns_enabled" => drop(outputs.insert("dns_names".into(), unknown())),
                _ => {}
            }
        }
        outputs
    }

    fn tagging(&self) -> Tagging {
        Tagging::Ec2
    }

    fn slow(&self) -> Option<&dyn Slow> {
        Some(self)
    }
}

impl Slow for VpcEndpointKind {
    fn get<'a>(&'a self, aws: &'a Aws, known: &'a Live) -> Task<'a, Option<Live>> {
        Box::pin(async move {
            let call = aws.ec2.describe_vpc_endpoints().vpc_endpoint_ids(&known.id);
            match aws.ec2.ask("DescribeVpcEndpoints", |_| call.clone().send()).await {
                Ok(answer) => {
                    Ok(answer.vpc_endpoints().first().and_then(|endpoint| live(known.name.clone(), endpoint)))
                }
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// One to three minutes are usual; hashicorp/aws waits ten.
    fn patience(&self) -> Patience {
        Patience { ready: Duration::from_secs(600), gone: Duration::from_secs(600) }
    }
}

async fn list(aws: &Aws, filter: Filter) -> Result<Vec<Endpoint>, AwsError> {
    let call = aws.ec2.describe_vpc_endpoints().filters(filter);
    let pages = |_: &_| call.clone().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    aws.ec2.ask("DescribeVpcEndpoints", pages).await
}

/// The only endpoint of a bundle.
pub fn child() -> ChildName {
    ChildName::single(KIND)
}

#[derive(Deserialize)]
struct Resolved {
    vpc_id: String,
    service_name: String,
    subnet_ids: Vec<String>,
    security_group_ids: Vec<String>,
    private_dns_enabled: bool,
    policy: Value,
}

/// What is in `want` and not in `have`, and the other way round; `None` for an empty side, which AWS would take amiss.
fn sides(want: &[String], have: &[String]) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let without = |a: &[String], b: &[String]| -> Option<Vec<String>> {
        let rest: Vec<String> = a.iter().filter(|id| !b.contains(id)).cloned().collect();
        (!rest.is_empty()).then_some(rest)
    };
    (without(want, have), without(have, want))
}

fn document(statements: &Value) -> Option<String> {
    (!statements.is_null()).then(|| policy::document(statements).to_string())
}

fn live(name: ChildName, endpoint: &Endpoint) -> Option<Live> {
    // The model's states begin with a capital, the wire's don't.
    let state = endpoint.state().map(|state| state.as_str().to_ascii_lowercase()).unwrap_or_default();
    let reason = endpoint.last_error().and_then(|error| error.message()).unwrap_or("no reason given");
    let status = match state.as_str() {
        "available" => Status::Ready,
        "deleting" | "deleted" => Status::Deleting,
        "failed" | "rejected" | "expired" => Status::Failed(format!("{state}: {reason}")),
        other => Status::Pending(other.to_string()),
    };
    let normal = endpoint.policy_document().and_then(policy::normal).filter(|normal| !policy::is_full_access(normal));
    let groups: Vec<&str> = endpoint.groups().iter().filter_map(|group| group.group_id()).collect();
    let dns: Vec<&str> = endpoint.dns_entries().iter().filter_map(|entry| entry.dns_name()).collect();
    let mut interfaces = endpoint.network_interface_ids().to_vec();
    interfaces.sort();
    let id = endpoint.vpc_endpoint_id()?.to_string();
    Some(Live {
        name,
        spec: spec(&json!({
            "vpc_id": endpoint.vpc_id(),
            "service_name": endpoint.service_name(),
            "subnet_ids": endpoint.subnet_ids(),
            "security_group_ids": groups,
            "private_dns_enabled": endpoint.private_dns_enabled(),
            "policy": normal,
        })),
        // The first one is regional, and stays whatever becomes of the others.
        outputs: [
            ("id", json!(id)),
            ("dns_name", json!(dns.first())),
            ("dns_names", json!(dns)),
            ("network_interface_ids", json!(interfaces)),
            ("private_dns_enabled", json!(endpoint.private_dns_enabled())),
        ]
        .map(|(key, value)| (key.to_string(), value))
        .into(),
        id,
        tags: Some(tags::from_ec2(endpoint.tags())),
        status,
        created: endpoint.creation_timestamp().map_or(0, |time| time.secs()),
    })
}
