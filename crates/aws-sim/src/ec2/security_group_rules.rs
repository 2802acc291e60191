//! Security group rules: one per peer, each with an id.

use serde_json::{Value, json};

use super::filter::{Filters, page, tag_set};
use super::permission::{self, Match, Peer, Rule};
use super::{prefix_list, security_group, tags, well_formed};
use crate::error::{Failure, Outcome, fail};
use crate::index::chosen;
use crate::query::Params;
use crate::state::{Context, Region, Tags};

/// Rules per group and direction, counted separately for IPv4 and IPv6.
const LIMIT: usize = 60;

/// Stores a rule and gives its id.
pub fn insert(
    region: &mut Region,
    group: &str,
    egress: bool,
    admits: Match,
    description: Option<String>,
    tags: Tags,
) -> String {
    let id = region.ids.ec2("sgr");
    if let Some(group) = region.groups.get_mut(group) {
        group.rules.insert(id.clone(), Rule { id: id.clone(), egress, admits, description, tags });
    }
    id
}

/// AuthorizeSecurityGroupIngress and -Egress: all rules or none.
pub fn authorize(context: &mut Context, p: Params, egress: bool) -> Outcome<Value> {
    let region = &mut *context.region;
    let (id, vpc) = group_of(region, p)?;
    let wanted = permission::read(region, &vpc, p)?;
    let tags = tags::on_create(p, "security-group-rule")?;
    for (index, (rule, _)) in wanted.iter().enumerate() {
        let stored = region.groups[&id].rules.values().any(|have| have.egress == egress && have.admits == *rule);
        if stored || wanted[..index].iter().any(|(earlier, _)| earlier == rule) {
            return Err(permission::duplicate(rule));
        }
    }
    check_limit(region, &id, egress, &wanted)?;
    let ids: Vec<String> = wanted
        .into_iter()
        .map(|(rule, description)| insert(region, &id, egress, rule, description, tags.clone()))
        .collect();
    let shown: Vec<Value> = ids.iter().map(|rule| show(region, &id, &region.groups[&id].rules[rule])).collect();
    Ok(json!({"return": true, "securityGroupRuleSet": shown}))
}

/// RevokeSecurityGroupIngress and -Egress, by rule id or by exact properties.
pub fn revoke(context: &mut Context, p: Params, egress: bool) -> Outcome<Value> {
    let region = &mut *context.region;
    let (id, vpc) = group_of(region, p)?;
    let default_vpc = region.vpcs.get(&vpc).is_some_and(|vpc| vpc.is_default);
    let ids = p.texts("SecurityGroupRuleId");
    let mut leaving = Vec::new();
    let mut unknown = Vec::new();
    if ids.is_empty() {
        for (wanted, description) in permission::read(region, &vpc, p)? {
            let same = |rule: &&Rule| rule.egress == egress && rule.admits == wanted;
            match region.groups[&id].rules.values().find(same) {
                Some(rule) => leaving.push(rule.id.clone()),
                None if default_vpc => {
                    unknown.push(Rule { id: String::new(), egress, admits: wanted, description, tags: Tags::new() });
                }
                None => return Err(rule_missing()),
            }
        }
    }
    for rule in ids {
        own_rule(region, &id, &rule, egress)?;
        leaving.push(rule);
    }
    let revoked: Vec<Value> = leaving.iter().map(|rule| show_revoked(&id, &region.groups[&id].rules[rule])).collect();
    let unknown = permission::show(region, &unknown.iter().collect::<Vec<_>>());
    if let Some(group) = region.groups.get_mut(&id) {
        group.rules.retain(|rule, _| !leaving.contains(rule));
    }
    Ok(json!({"return": true, "unknownIpPermissionSet": unknown, "revokedSecurityGroupRuleSet": revoked}))
}

/// ModifySecurityGroupRules: each rule is replaced in place; its direction, id and tags stay.
pub fn modify(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &mut *context.region;
    let (id, vpc) = group_of(region, p)?;
    let mut rules = region.groups[&id].rules.clone();
    for update in p.list("SecurityGroupRule") {
        let rule_id = update.required("SecurityGroupRuleId")?;
        let wanted = update.structure("SecurityGroupRule");
        well_formed(rule_id, "sgr", "InvalidSecurityGroupRuleId.Malformed")?;
        let egress = rules.get(rule_id).ok_or_else(|| id_missing(rule_id))?.egress;
        let peer = one_peer(region, &vpc, wanted)?;
        check_kind(rule_id, &rules[rule_id].admits.peer, &peer)?;
        let (protocol, ports) = permission::protocol_and_ports(wanted)?;
        check_all_protocols(&protocol, wanted)?;
        let admits = Match { protocol, ports, peer };
        if rules.values().any(|rule| rule.id != rule_id && rule.egress == egress && rule.admits == admits) {
            return Err(permission::duplicate(&admits));
        }
        let description = permission::description(wanted, &admits.peer)?;
        if let Some(rule) = rules.get_mut(rule_id) {
            *rule = Rule { admits, description, ..rule.clone() };
        }
    }
    if let Some(group) = region.groups.get_mut(&id) {
        group.rules = rules;
    }
    Ok(json!({"return": true}))
}

/// UpdateSecurityGroupRuleDescriptionsIngress and -Egress.
pub fn describe_again(context: &mut Context, p: Params, egress: bool) -> Outcome<Value> {
    let region = &mut *context.region;
    let (id, vpc) = group_of(region, p)?;
    let mut changes = Vec::new();
    for change in p.list("SecurityGroupRuleDescription") {
        let rule = change.required("SecurityGroupRuleId")?.to_owned();
        own_rule(region, &id, &rule, egress)?;
        let description = permission::description(change, &region.groups[&id].rules[&rule].admits.peer)?;
        changes.push((rule, description));
    }
    if changes.is_empty() {
        for (wanted, description) in permission::read(region, &vpc, p)? {
            let same = |rule: &&Rule| rule.egress == egress && rule.admits == wanted;
            let rule = region.groups[&id].rules.values().find(same).ok_or_else(rule_missing)?;
            changes.push((rule.id.clone(), description));
        }
    }
    if let Some(group) = region.groups.get_mut(&id) {
        for (rule, description) in changes {
            group.rules.entry(rule).and_modify(|rule| rule.description = description);
        }
    }
    Ok(json!({"return": true}))
}

/// DescribeSecurityGroupRules.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &*context.region;
    let (ids, filters) = (p.texts("SecurityGroupRuleId"), Filters::read(p)?);
    for id in &ids {
        well_formed(id, "sgr", "InvalidSecurityGroupRuleId.Malformed")?;
        if !region.groups.values().any(|group| group.rules.contains_key(id)) {
            return Err(id_missing(id));
        }
    }
    filters.texts("group-id").try_for_each(check_group_id)?;
    let mut found = Vec::new();
    for group in chosen(&region.groups, &filters.only("group-id").unwrap_or_default()) {
        for rule in group.rules.values().filter(|rule| ids.is_empty() || ids.contains(&rule.id)) {
            let admitted = filters.admit(&rule.tags, |name| match name {
                "group-id" => Some(vec![group.id.clone()]),
                "security-group-rule-id" => Some(vec![rule.id.clone()]),
                "is-egress" => Some(vec![rule.egress.to_string()]),
                _ => None,
            })?;
            if admitted {
                found.push((group, rule));
            }
        }
    }
    page(p, "securityGroupRuleSet", found, |(group, rule)| show(region, &group.id, rule))
}

/// Other than most filters, this one wants ids of the right shape (localstack/localstack#9059).
fn check_group_id(id: &str) -> Outcome<()> {
    let malformed = |failure| Failure { message: format!("The security group ID '{id}' is malformed"), ..failure };
    well_formed(id, "sg", "InvalidGroupId.Malformed").map_err(malformed)
}

fn group_of(region: &Region, p: Params) -> Outcome<(String, String)> {
    let group = security_group::named(region, p)?;
    Ok((group.id.clone(), group.vpc.clone()))
}

fn own_rule(region: &Region, group: &str, rule: &str, egress: bool) -> Outcome<()> {
    well_formed(rule, "sgr", "InvalidSecurityGroupRuleId.Malformed")?;
    let own = region.groups.get(group).and_then(|group| group.rules.get(rule));
    own.filter(|rule| rule.egress == egress).map(drop).ok_or_else(|| id_missing(rule))
}

fn id_missing(rule: &str) -> Failure {
    let message = format!("The security group rule ID '{rule}' does not exist");
    fail("InvalidSecurityGroupRuleId.NotFound", message)
}

fn rule_missing() -> Failure {
    fail("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
}

fn one_peer(region: &Region, vpc: &str, p: Params) -> Outcome<Peer> {
    match (p.text("CidrIpv4"), p.text("CidrIpv6"), p.text("PrefixListId"), p.text("ReferencedGroupId")) {
        (Some(cidr), None, None, None) => permission::v4(cidr).map(Peer::V4),
        (None, Some(cidr), None, None) => permission::v6(cidr).map(Peer::V6),
        (None, None, Some(list), None) => permission::list(list),
        (None, None, None, Some(group)) => permission::group(region, vpc, group),
        // Codes and texts: getmoto/moto#8917 (unverified).
        (None, None, None, None) => {
            let message =
                "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId";
            Err(fail("MissingParameter", message))
        }
        _ => {
            let message = "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified";
            Err(fail("InvalidParameterCombination", message))
        }
    }
}

/// A rule keeps its kind of peer (text after getmoto/moto#8917, unverified).
fn check_kind(rule: &str, before: &Peer, after: &Peer) -> Outcome<()> {
    let kind = |peer: &Peer| match peer {
        Peer::V4(_) => ("CidrIpv4", "IPv4 CIDR"),
        Peer::V6(_) => ("CidrIpv6", "IPv6 CIDR"),
        Peer::PrefixList(_) => ("PrefixListId", "prefix list"),
        Peer::Group(_) => ("ReferencedGroupId", "referenced group"),
    };
    let ((_, before), (parameter, after)) = (kind(before), kind(after));
    if before == after {
        return Ok(());
    }
    let refused = format!("You may not specify {parameter} for an existing {before} rule.");
    let message = format!("Invalid rule type for security group rule '{rule}'. {refused}");
    Err(fail("InvalidParameterValue", message))
}

/// Text: aws-ia/terraform-aws-genai-document-ingestion-rag#36. That -1 stands for no port is unverified.
fn check_all_protocols(protocol: &str, p: Params) -> Outcome<()> {
    let given = |key: &str| p.text(key).is_some_and(|port| port != "-1");
    if protocol != "-1" || !(given("FromPort") || given("ToPort")) {
        return Ok(());
    }
    let message = "You may not specify all protocols and specific ports. Please specify each protocol and port range combination individually, or all protocols and no port range.";
    Err(fail("InvalidParameterValue", message))
}

fn check_limit(region: &Region, group: &str, egress: bool, wanted: &[(Match, Option<String>)]) -> Outcome<()> {
    // A group reference counts in both families, a prefix list as often as its weight.
    let counts = |peer: &Peer, v6: bool| match peer {
        Peer::V4(_) => usize::from(!v6),
        Peer::V6(_) => usize::from(v6),
        Peer::PrefixList(id) if !v6 => prefix_list::weight(id).unwrap_or(1),
        Peer::PrefixList(_) => 0,
        Peer::Group(_) => 1,
    };
    for v6 in [false, true] {
        let own = region.groups[group].rules.values().filter(|rule| rule.egress == egress);
        let stored: usize = own.map(|rule| counts(&rule.admits.peer, v6)).sum();
        let added: usize = wanted.iter().map(|(rule, _)| counts(&rule.peer, v6)).sum();
        if added > 0 && stored + added > LIMIT {
            let message = "The maximum number of rules per security group has been reached.";
            return Err(fail("RulesPerSecurityGroupLimitExceeded", message));
        }
    }
    Ok(())
}

fn ports(rule: &Rule) -> (i64, i64) {
    rule.admits.ports.unwrap_or((-1, -1))
}

fn show(region: &Region, group: &str, rule: &Rule) -> Value {
    let (from, to) = ports(rule);
    let (mut v4, mut v6, mut list, mut referenced) = (None, None, None, Value::Null);
    match &rule.admits.peer {
        Peer::V4(net) => v4 = Some(net.to_string()),
        Peer::V6(net) => v6 = Some(net.to_string()),
        Peer::PrefixList(id) => list = Some(id),
        Peer::Group(id) => referenced = json!({"groupId": id, "userId": region.account}),
    }
    json!({
        "securityGroupRuleId": rule.id, "groupId": group, "groupOwnerId": region.account, "isEgress": rule.egress,
        "ipProtocol": rule.admits.protocol, "fromPort": from, "toPort": to, "cidrIpv4": v4, "cidrIpv6": v6,
        "prefixListId": list, "referencedGroupInfo": referenced, "description": rule.description,
        "tagSet": tag_set(&rule.tags),
        "securityGroupRuleArn": region.arn("ec2", &format!("security-group-rule/{}", rule.id)),
    })
}

fn show_revoked(group: &str, rule: &Rule) -> Value {
    let (from, to) = ports(rule);
    let mut shown = json!({
        "securityGroupRuleId": rule.id, "groupId": group, "isEgress": rule.egress,
        "ipProtocol": rule.admits.protocol, "fromPort": from, "toPort": to, "description": rule.description,
    });
    match &rule.admits.peer {
        Peer::V4(net) => shown["cidrIpv4"] = json!(net.to_string()),
        Peer::V6(net) => shown["cidrIpv6"] = json!(net.to_string()),
        Peer::PrefixList(id) => shown["prefixListId"] = json!(id),
        Peer::Group(id) => shown["referencedGroupId"] = json!(id),
    }
    shown
}
