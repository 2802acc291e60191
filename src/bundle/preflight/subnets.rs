//! Subnets: that they exist, are in the VPC, and are in different zones.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::Subnet;
use tfplugin::{Attr, Diagnostics, Path};

use super::super::desired::{balancer_subnets, endpoint_subnets};
use super::super::existing::{balancer_is_given, endpoint_is_given};
use super::super::model::{InternalApi, Strings};
use crate::aws::{Aws, AwsError, ErrorKind};

/// One call; none when they haven't changed.
pub async fn check(aws: &Aws, prior: Option<&InternalApi>, planned: &InternalApi) -> Diagnostics {
    let unchanged = prior.is_some_and(|prior| {
        endpoint_subnets(prior) == endpoint_subnets(planned)
            && balancer_subnets(prior) == balancer_subnets(planned)
            && prior.vpc_id == planned.vpc_id
    });
    let endpoint = known(&endpoint_subnets(planned)).filter(|_| !endpoint_is_given(planned)).collect::<Vec<_>>();
    let balancer = known(&balancer_subnets(planned)).filter(|_| !balancer_is_given(planned)).collect::<Vec<_>>();
    let mut ids = [endpoint, balancer].concat();
    ids.sort();
    ids.dedup();
    if unchanged || ids.is_empty() {
        return Diagnostics::new();
    }
    let subnets = match describe(aws, &ids).await {
        Ok(subnets) => subnets,
        Err(error) => return refused(&error, planned),
    };
    let mut diagnostics = Diagnostics::new();
    for (path, set) in places(planned) {
        compare(&mut diagnostics, path, set, planned.vpc_id.known(), &subnets);
    }
    diagnostics
}

/// Where subnets are written, each set once.
fn places(planned: &InternalApi) -> Vec<(Path, &Attr<Strings>)> {
    let mut places = vec![(Path::attr("subnet_ids"), &planned.subnet_ids)];
    if let Attr::Known(endpoint) = &planned.endpoint {
        places.push((Path::attr("endpoint").attribute("subnet_ids"), &endpoint.subnet_ids));
    }
    if let Attr::Known(balancer) = &planned.load_balancer {
        places.push((Path::attr("load_balancer").attribute("subnet_ids"), &balancer.subnet_ids));
    }
    places
}

fn compare(
    diagnostics: &mut Diagnostics,
    path: Path,
    set: &Attr<Strings>,
    vpc: Option<&String>,
    subnets: &BTreeMap<String, Subnet>,
) {
    let mut zones: BTreeMap<String, String> = BTreeMap::new();
    for id in known(set) {
        let Some(subnet) = subnets.get(&id) else { continue };
        let (home, zone) = (subnet.vpc_id().unwrap_or_default(), subnet.availability_zone().unwrap_or_default());
        if let Some(vpc) = vpc.filter(|vpc| *vpc != home) {
            let detail = format!("`vpc_id` is {vpc}, but {id} belongs to {home}. Choose subnets of {vpc}.");
            diagnostics.error(path.clone(), "Subnet of another VPC", detail);
        }
        if let Some(other) = zones.insert(zone.to_string(), id.clone()) {
            let detail = format!(
                "{other} and {id} are both in {zone}. An endpoint and a load balancer take one subnet in a zone; drop one."
            );
            diagnostics.error(path.clone(), "Two subnets in one availability zone", detail);
        }
    }
}

fn known(set: &Attr<Strings>) -> impl Iterator<Item = String> {
    set.known().into_iter().flat_map(|set| set.iter()).filter_map(|id| id.known().cloned())
}

async fn describe(aws: &Aws, ids: &[String]) -> Result<BTreeMap<String, Subnet>, AwsError> {
    let call = aws.ec2.describe_subnets().set_subnet_ids(Some(ids.to_vec()));
    let answer = aws.ec2.ask("DescribeSubnets", |_| call.clone().send()).await?;
    Ok(answer
        .subnets()
        .iter()
        .map(|subnet| (subnet.subnet_id().unwrap_or_default().to_string(), subnet.clone()))
        .collect())
}

/// A subnet that doesn't exist is an error on the attribute that names it. Whatever else AWS may have against the question doesn't
/// stop a plan: the credentials of a plan need not be those of the apply.
fn refused(error: &AwsError, planned: &InternalApi) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let (summary, next) = ("Subnets could not be checked", "The apply will find out what the plan could not.");
    if error.is_not_found() || (error.kind == ErrorKind::Invalid && error.code.contains("Subnet")) {
        let named = |id: &String| error.message.contains(id.as_str());
        let place = places(planned).into_iter().find(|(_, set)| known(set).any(|id| named(&id)));
        let path = place.map_or_else(|| Path::attr("subnet_ids"), |(path, _)| path);
        diagnostics.error(path, "No such subnet", format!("{error}. Check the id, the region and the account."));
    } else {
        diagnostics.warning(Path::attr("subnet_ids"), summary, format!("{error}. {next}"));
    }
    diagnostics
}
