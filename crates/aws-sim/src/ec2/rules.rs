//! Security group rules: one per peer, each with an id.

use serde_json::{Value, json};

use super::filter::{Filters, page, tag_set};
use super::permission::{self, Match, Peer, Rule};
use super::{security_group, tags, well_formed};
use crate::error::{Outcome, fail};
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
        let (protocol, ports) = permission::protocol_and_ports(wanted)?;
        let admits = Match { protocol, ports, peer: one_peer(region, &vpc, wanted)? };
        if rules.values().any(|rule| rule.id != rule_id && rule.egress == egress && rule.admits == admits) {
            return Err(permission::duplicate(&admits));
        }
        let description = permission::description(wanted)?;
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
        changes.push((rule, permission::description(change)?));
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
    let mut found = Vec::new();
    for group in region.groups.values() {
        for rule in group.rules.values().filter(|rule| ids.is_empty() || ids.contains(&rule.id)) {
            let admitted = filters.admit(&rule.tags, |name| match name {
                "group-id" => Some(vec![group.id.clone()]),
                "security-group-rule-id" => Some(vec![rule.id.clone()]),
                _ => None,
            })?;
            if admitted {
                found.push(show(region, &group.id, rule));
            }
        }
    }
    page(p, "securityGroupRuleSet", found)
}

fn group_of(region: &Region, p: Params) -> Outcome<(String, String)> {
    let group = security_group::find(region, p.required("GroupId")?)?;
    Ok((group.id.clone(), group.vpc.clone()))
}

fn own_rule(region: &Region, group: &str, rule: &str, egress: bool) -> Outcome<()> {
    well_formed(rule, "sgr", "InvalidSecurityGroupRuleId.Malformed")?;
    let own = region.groups.get(group).and_then(|group| group.rules.get(rule));
    own.filter(|rule| rule.egress == egress).map(drop).ok_or_else(|| id_missing(rule))
}

fn id_missing(rule: &str) -> crate::error::Failure {
    let message = format!("The security group rule ID '{rule}' does not exist");
    fail("InvalidSecurityGroupRuleId.NotFound", message)
}

fn rule_missing() -> crate::error::Failure {
    fail("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
}

fn one_peer(region: &Region, vpc: &str, p: Params) -> Outcome<Peer> {
    match (p.text("CidrIpv4"), p.text("CidrIpv6"), p.text("PrefixListId"), p.text("ReferencedGroupId")) {
        (Some(cidr), None, None, None) => permission::v4(cidr).map(Peer::V4),
        (None, Some(cidr), None, None) => permission::v6(cidr).map(Peer::V6),
        (None, None, Some(list), None) => Ok(Peer::PrefixList(list.to_owned())),
        (None, None, None, Some(group)) => permission::group(region, vpc, group),
        _ => Err(fail("InvalidParameterCombination", "Exactly one source or destination must be specified.")),
    }
}

fn check_limit(region: &Region, group: &str, egress: bool, wanted: &[(Match, Option<String>)]) -> Outcome<()> {
    // A group reference counts in both families.
    let counts = |peer: &Peer, v6: bool| match peer {
        Peer::V4(_) | Peer::PrefixList(_) => !v6,
        Peer::V6(_) => v6,
        Peer::Group(_) => true,
    };
    for v6 in [false, true] {
        let stored =
            region.groups[group].rules.values().filter(|rule| rule.egress == egress && counts(&rule.admits.peer, v6));
        let added = wanted.iter().filter(|(rule, _)| counts(&rule.peer, v6)).count();
        if added > 0 && stored.count() + added > LIMIT {
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

#[cfg(test)]
mod tests {
    use crate::testing::{Caller, element};

    fn ingress(group: &str, cidr: &str) -> String {
        format!(
            "AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443&IpPermissions.1.ToPort=443&IpPermissions.1.IpRanges.1.CidrIp={cidr}"
        )
    }

    async fn group(caller: &Caller, vpc: &str, name: &str) -> String {
        let form = format!("CreateSecurityGroup&GroupName={name}&GroupDescription=d&VpcId={vpc}");
        element(&caller.ec2(&form).await.1, "groupId")
    }

    #[tokio::test(start_paused = true)]
    async fn ranges_are_canonical_and_a_repetition_is_a_duplicate() {
        let caller = Caller::new();
        let group = group(&caller, &caller.fresh.vpc_id, "g").await;
        let (_, made) = caller.ec2(&ingress(&group, "100.68.0.18/18")).await;
        assert_eq!(element(&made, "cidrIpv4"), "100.68.0.0/18");
        let (_, refused) = caller.ec2(&ingress(&group, "100.68.0.0/18")).await;
        assert_eq!(element(&refused, "Code"), "InvalidPermission.Duplicate");
    }

    #[tokio::test(start_paused = true)]
    async fn sixty_rules_are_enough() {
        let caller = Caller::new();
        let group = group(&caller, &caller.fresh.vpc_id, "g").await;
        for number in 0..60 {
            assert_eq!(caller.ec2(&ingress(&group, &format!("10.{number}.0.0/16"))).await.0, 200);
        }
        let (_, refused) = caller.ec2(&ingress(&group, "10.99.0.0/16")).await;
        assert_eq!(element(&refused, "Code"), "RulesPerSecurityGroupLimitExceeded");
    }

    #[tokio::test(start_paused = true)]
    async fn revoking_an_unknown_rule_fails_except_in_the_default_vpc() {
        let caller = Caller::new();
        let vpc = element(&caller.ec2("CreateVpc&CidrBlock=10.0.0.0/16").await.1, "vpcId");
        let (own, default) = (group(&caller, &vpc, "g").await, group(&caller, &caller.fresh.vpc_id, "g").await);
        let revoke = |group: &str| ingress(group, "10.9.0.0/16").replace("Authorize", "Revoke");
        assert_eq!(element(&caller.ec2(&revoke(&own)).await.1, "Code"), "InvalidPermission.NotFound");
        let (status, answer) = caller.ec2(&revoke(&default)).await;
        assert_eq!(status, 200);
        assert!(element(&answer, "unknownIpPermissionSet").contains("10.9.0.0/16"));
    }
}
