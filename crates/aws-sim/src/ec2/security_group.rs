//! Security groups themselves; their rules are in `rules`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::filter::{Filters, page, tag_set};
use super::permission::{self, Match, Peer, Rule};
use super::{security_group_rules, tags, vpc, well_formed};
use crate::error::{Outcome, fail};
use crate::index::chosen;
use crate::query::Params;
use crate::state::{Context, Region, Tags};

const LIMIT: usize = 2500;

/// A security group.
#[derive(Debug, Clone)]
pub struct SecurityGroup {
    pub id: String,
    pub name: String,
    pub description: String,
    pub vpc: String,
    pub tags: Tags,
    /// Further VPCs that may use it.
    pub lent_to: BTreeSet<String>,
    pub rules: BTreeMap<String, Rule>,
}

/// The group of an id.
pub fn find<'a>(region: &'a Region, id: &str) -> Outcome<&'a SecurityGroup> {
    well_formed(id, "sg", "InvalidGroupId.Malformed")?;
    let missing = || fail("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"));
    region.groups.get(id).ok_or_else(missing)
}

/// The group that a request means: by id, or by name in the default VPC.
pub fn named<'a>(region: &'a Region, p: Params) -> Outcome<&'a SecurityGroup> {
    if let Some(id) = p.text("GroupId") {
        return find(region, id);
    }
    let Some(name) = p.text("GroupName") else {
        return Err(fail("MissingParameter", "The request must contain the parameter groupName or groupId"));
    };
    let default = region.vpcs.values().find(|vpc| vpc.is_default);
    let vpc = default.ok_or_else(|| fail("VPCIdNotSpecified", "No default VPC for this user"))?.id.as_str();
    let message = || format!("The security group '{name}' does not exist in default VPC '{vpc}'");
    let found = region.groups.values().find(|group| group.name == name && group.vpc == vpc);
    found.ok_or_else(|| fail("InvalidGroup.NotFound", message()))
}

/// CreateSecurityGroup.
pub fn create(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &mut *context.region;
    let name = p.required("GroupName")?.trim_end().to_owned();
    let description = p.required("GroupDescription")?.to_owned();
    check_texts(&name, &description)?;
    let vpc = match p.text("VpcId") {
        Some(id) => vpc::find(region, id)?.id.clone(),
        None => {
            let default = region.vpcs.values().find(|vpc| vpc.is_default);
            default.ok_or_else(|| fail("VPCIdNotSpecified", "No default VPC for this user"))?.id.clone()
        }
    };
    if region.groups.values().any(|group| group.vpc == vpc && group.name.eq_ignore_ascii_case(&name)) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(fail("InvalidGroup.Duplicate", message));
    }
    if region.groups.len() >= region.quota(LIMIT) {
        return Err(fail("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached."));
    }
    let tags = tags::on_create(p, "security-group")?;
    let id = add(region, name, description, &vpc, tags);
    let group = &context.region.groups[&id];
    Ok(json!({
        "return": true, "groupId": id, "tagSet": tag_set(&group.tags),
        "securityGroupArn": context.region.arn("ec2", &format!("security-group/{id}")),
    }))
}

/// The default group of a new VPC: members may talk to each other.
pub fn add_default(region: &mut Region, vpc: &str) {
    let id = add(region, "default".to_owned(), "default VPC security group".to_owned(), vpc, Tags::new());
    let admits = Match { protocol: "-1".to_owned(), ports: None, peer: Peer::Group(id.clone()) };
    security_group_rules::insert(region, &id, false, admits, None, Tags::new());
}

/// DescribeSecurityGroups.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &*context.region;
    let (ids, names, filters) = (p.texts("GroupId"), p.texts("GroupName"), Filters::read(p)?);
    ids.iter().try_for_each(|id| find(region, id).map(drop))?;
    if let Some(name) = names.iter().find(|name| !region.groups.values().any(|group| group.name == **name)) {
        return Err(fail("InvalidGroup.NotFound", format!("The security group '{name}' does not exist")));
    }
    let mut found = Vec::new();
    for group in chosen(&region.groups, &ids) {
        let wanted = names.is_empty() || names.contains(&group.name);
        if wanted && filters.admit(&group.tags, |name| filter_values(region, group, name))? {
            found.push(group);
        }
    }
    page(p, "securityGroupInfo", found, |group| show(region, group))
}

/// DeleteSecurityGroup: no interface and no rule of another group may still refer to it.
pub fn delete(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &mut *context.region;
    let group = named(region, p)?;
    if group.name == "default" {
        let message =
            "the specified group: \"".to_owned() + &group.id + "\" name: \"default\" cannot be deleted by a user";
        return Err(fail("CannotDelete", message));
    }
    let (id, vpc, lent) = (group.id.clone(), group.vpc.clone(), !group.lent_to.is_empty());
    let refers = |rule: &Rule| rule.admits.peer == Peer::Group(id.clone());
    let used = lent
        || region.interfaces.values().any(|interface| interface.groups.contains(&id))
        || region.groups.values().any(|other| other.id != id && other.vpc == vpc && other.rules.values().any(refers));
    if used {
        return Err(fail("DependencyViolation", format!("resource {id} has a dependent object")));
    }
    region.groups.remove(&id);
    Ok(json!({"return": true, "groupId": id}))
}

fn add(region: &mut Region, name: String, description: String, vpc: &str, tags: Tags) -> String {
    let id = region.ids.ec2("sg");
    let (vpc, rules, lent_to) = (vpc.to_owned(), BTreeMap::new(), BTreeSet::new());
    let group = SecurityGroup { id: id.clone(), name, description, vpc: vpc.clone(), tags, lent_to, rules };
    region.groups.insert(id.clone(), group);
    let everywhere = |peer| Match { protocol: "-1".to_owned(), ports: None, peer };
    security_group_rules::insert(region, &id, true, everywhere(Peer::V4(ipnet::Ipv4Net::default())), None, Tags::new());
    if region.vpcs.get(&vpc).is_some_and(|vpc| vpc.ipv6) {
        security_group_rules::insert(
            region,
            &id,
            true,
            everywhere(Peer::V6(ipnet::Ipv6Net::default())),
            None,
            Tags::new(),
        );
    }
    id
}

fn check_texts(name: &str, description: &str) -> Outcome<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    let valid = |text: &str| !text.is_empty() && text.chars().count() <= 255 && text.chars().all(allowed);
    if name.eq_ignore_ascii_case("default") {
        return Err(fail("InvalidGroup.Reserved", "The security group 'default' is reserved"));
    }
    if name.starts_with("sg-") {
        return Err(fail("InvalidParameterValue", "Group names may not be in the format sg-*"));
    }
    for (what, text) in [("groupName", name), ("groupDescription", description)] {
        if !valid(text) {
            let message = format!(
                "Value ({text}) for parameter {what} is invalid. Character sets beyond ASCII are not supported."
            );
            return Err(fail("InvalidParameterValue", message));
        }
    }
    Ok(())
}

fn filter_values(region: &Region, group: &SecurityGroup, name: &str) -> Option<Vec<String>> {
    let peers = |egress: bool, pick: fn(&Peer) -> Option<String>| {
        let of_direction = group.rules.values().filter(move |rule| rule.egress == egress);
        of_direction.filter_map(|rule| pick(&rule.admits.peer)).collect()
    };
    let groups = |peer: &Peer| {
        if let Peer::Group(id) = peer { Some(id.clone()) } else { None }
    };
    let cidrs = |peer: &Peer| {
        if let Peer::V4(net) = peer { Some(net.to_string()) } else { None }
    };
    Some(match name {
        "group-id" => vec![group.id.clone()],
        "group-name" => vec![group.name.clone()],
        "description" => vec![group.description.clone()],
        "vpc-id" => vec![group.vpc.clone()],
        "owner-id" => vec![region.account.clone()],
        "ip-permission.group-id" => peers(false, groups),
        "egress.ip-permission.group-id" => peers(true, groups),
        "ip-permission.cidr" => peers(false, cidrs),
        "egress.ip-permission.cidr" => peers(true, cidrs),
        _ => return None,
    })
}

fn show(region: &Region, group: &SecurityGroup) -> Value {
    let of_direction = |egress: bool| group.rules.values().filter(|rule| rule.egress == egress).collect::<Vec<_>>();
    json!({
        "ownerId": region.account, "groupId": group.id, "groupName": group.name, "groupDescription": group.description,
        "vpcId": group.vpc, "ipPermissions": permission::show(region, &of_direction(false)),
        "ipPermissionsEgress": permission::show(region, &of_direction(true)), "tagSet": tag_set(&group.tags),
        "securityGroupArn": region.arn("ec2", &format!("security-group/{}", group.id)),
    })
}
