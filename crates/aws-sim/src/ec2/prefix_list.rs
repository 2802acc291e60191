//! The prefix lists that AWS manages.

use serde_json::{Value, json};

use super::filter::{Filters, page};
use super::well_formed;
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Region, Tags};

/// A list of AWS: id, name without the region, a range in it, and its weight: how many rules a reference counts for.
/// The weights are documented, ids and ranges stand for those of a region (unverified):
/// <https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html>
struct PrefixList {
    id: &'static str,
    name: &'static str,
    cidr: &'static str,
    weight: usize,
}

const LISTS: [PrefixList; 3] = [
    PrefixList { id: "pl-6da54004", name: "s3", cidr: "52.218.0.0/17", weight: 1 },
    PrefixList { id: "pl-6fa54006", name: "dynamodb", cidr: "52.94.24.0/23", weight: 1 },
    PrefixList { id: "pl-a3a144ca", name: "cloudfront.origin-facing", cidr: "120.52.22.96/27", weight: 55 },
];

impl PrefixList {
    fn name(&self, region: &Region) -> String {
        let place = if self.name.starts_with("cloudfront") { "global" } else { &region.name };
        format!("com.amazonaws.{place}.{}", self.name)
    }
}

/// How many rules a reference to a list counts for.
pub fn weight(id: &str) -> Outcome<usize> {
    find(id).map(|list| list.weight)
}

/// DescribePrefixLists.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let shown = |region: &Region, list: &PrefixList| {
        let name = list.name(region);
        json!({"prefixListId": list.id, "prefixListName": name, "cidrSet": [list.cidr]})
    };
    page(p, "prefixListSet", wanted(context.region, p)?, |list| shown(context.region, list))
}

/// DescribeManagedPrefixLists.
pub fn describe_managed(context: &mut Context, p: Params) -> Outcome<Value> {
    let shown = |region: &Region, list: &PrefixList| {
        let arn = format!("arn:{}:ec2:{}:aws:prefix-list/{}", region.partition(), region.name, list.id);
        json!({
            "prefixListId": list.id, "prefixListName": list.name(region), "prefixListArn": arn, "ownerId": "AWS",
            "addressFamily": "IPv4", "state": "create-complete", "tagSet": [],
        })
    };
    page(p, "prefixListSet", wanted(context.region, p)?, |list| shown(context.region, list))
}

/// GetManagedPrefixListEntries.
pub fn entries(_: &mut Context, p: Params) -> Outcome<Value> {
    let list = find(p.required("PrefixListId")?)?;
    page(p, "entrySet", vec![list], |list| json!({"cidr": list.cidr}))
}

fn find(id: &str) -> Outcome<&'static PrefixList> {
    well_formed(id, "pl", "InvalidPrefixListId.Malformed")?;
    let missing = || fail("InvalidPrefixListID.NotFound", format!("The prefix list ID '{id}' does not exist"));
    LISTS.iter().find(|list| list.id == id).ok_or_else(missing)
}

fn wanted(region: &Region, p: Params) -> Outcome<Vec<&'static PrefixList>> {
    let (ids, filters) = (p.texts("PrefixListId"), Filters::read(p)?);
    ids.iter().try_for_each(|id| find(id).map(drop))?;
    let mut found = Vec::new();
    for list in LISTS.iter().filter(|list| ids.is_empty() || ids.iter().any(|id| id == list.id)) {
        let admitted = filters.admit(&Tags::new(), |name| match name {
            "prefix-list-id" => Some(vec![list.id.to_owned()]),
            "prefix-list-name" => Some(vec![list.name(region)]),
            "owner-id" => Some(vec!["AWS".to_owned()]),
            _ => None,
        })?;
        if admitted {
            found.push(list);
        }
    }
    Ok(found)
}
