//! The services that endpoints can be made for, and the endpoint services behind VPC links.

use serde_json::{Value, json};

use super::filter::{Filters, page};
use super::vpc::{ZONES, zone_id};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region, Tags};

/// A service of AWS that can be reached through an endpoint.
#[derive(Debug, Clone)]
pub struct Service {
    pub name: String,
    pub kind: &'static str,
    pub zones: Vec<String>,
    pub ipv6: bool,
}

impl Service {
    /// Private name; `execute-api` conflicts and resolves by its wildcard.
    pub fn private_dns_name(&self, region: &Region) -> String {
        let short = short(&self.name);
        let wildcard = if short == "execute-api" { "*." } else { "" };
        format!("{wildcard}{short}.{}.{}", region.name, region.suffix())
    }
}

/// The last part of a service's name.
pub fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// The service of a name.
pub fn find(region: &Region, name: &str) -> Outcome<Service> {
    let missing = || fail("InvalidServiceName", format!("The Vpc Endpoint Service '{name}' does not exist"));
    all(region).into_iter().find(|service| service.name == name).ok_or_else(missing)
}

/// DescribeVpcEndpointServices.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &*context.region;
    let (names, filters) = (p.texts("ServiceName"), Filters::read(p)?);
    names.iter().try_for_each(|name| find(region, name).map(drop))?;
    let mut found = Vec::new();
    for service in all(region) {
        let admitted = filters.admit(&Tags::new(), |name| match name {
            "service-name" => Some(vec![service.name.clone()]),
            "service-type" => Some(vec![service.kind.to_owned()]),
            "owner" => Some(vec!["amazon".to_owned()]),
            _ => None,
        })?;
        if admitted && (names.is_empty() || names.contains(&service.name)) {
            found.push(service);
        }
    }
    let all_names: Vec<String> = found.iter().map(|service| service.name.clone()).collect();
    let mut answer = page(p, "serviceDetailSet", found, |service| show(region, &service))?;
    answer["serviceNameSet"] = json!(all_names);
    Ok(answer)
}

/// DescribeVpcEndpointServiceConfigurations: a VPC link keeps one for its load balancer.
pub fn configurations(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &*context.region;
    let found = region.links.values().filter(|link| link.refusal.is_none()).collect();
    page(p, "serviceConfigurationSet", found, |link| {
        let id = format!("vpce-svc-0{:0<16}", link.id.bytes().map(|byte| format!("{byte:02x}")).collect::<String>());
        json!({
            "serviceId": id, "serviceName": format!("com.amazonaws.vpce.{}.{id}", region.name), "serviceState": "Available",
            "serviceType": [{"serviceType": "Interface"}], "acceptanceRequired": false, "managesVpcEndpoints": true,
            "networkLoadBalancerArnSet": [link.target],
        })
    })
}

fn all(region: &Region) -> Vec<Service> {
    let zones = |count: usize| ZONES[..count].iter().map(|letter| format!("{}{letter}", region.name)).collect();
    let service = |short: &str, kind: &'static str, count: usize| {
        // In China only some services have the prefix (aws/aws-cdk#25329).
        let prefixed = region.partition() == "aws-cn" && ["ec2", "execute-api"].contains(&short);
        let prefix = if prefixed { "cn." } else { "" };
        let name = format!("{prefix}com.amazonaws.{}.{short}", region.name);
        Service { name, kind, zones: zones(count), ipv6: short == "execute-api" }
    };
    vec![
        service("ec2", "Interface", 4),
        service("execute-api", "Interface", 3),
        service("logs", "Interface", 4),
        service("s3", "Gateway", 4),
        service("sts", "Interface", 4),
    ]
}

fn show(region: &Region, service: &Service) -> Value {
    let zone_ids: Vec<String> = service.zones.iter().map(|zone| zone_id(&region.name, zone)).collect();
    let interface = service.kind == "Interface";
    let private = service.private_dns_name(region);
    let short = short(&service.name);
    let families: &[&str] = if service.ipv6 { &["ipv4", "ipv6"] } else { &["ipv4"] };
    json!({
        "serviceName": service.name,
        "serviceId": format!("vpce-svc-0{:0<16}", short.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().get(..16).unwrap_or("5")),
        "serviceType": [{"serviceType": service.kind}], "serviceRegion": region.name,
        "availabilityZoneIdSet": zone_ids, "availabilityZoneSet": service.zones, "owner": "amazon",
        "baseEndpointDnsNameSet": [format!("{short}.{}.vpce.{}", region.name, region.suffix())],
        "privateDnsName": interface.then_some(private.clone()),
        "privateDnsNameSet": if interface { json!([{"privateDnsName": private}]) } else { Value::Null },
        "vpcEndpointPolicySupported": true, "acceptanceRequired": false, "managesVpcEndpoints": false,
        "privateDnsNameVerificationState": interface.then_some("verified"), "supportedIpAddressTypeSet": families,
    })
}
