//! Security groups: one before the endpoint, one on the load balancer.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    Filter, IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, SecurityGroup as Found, SecurityGroupRule,
    UserIdGroupPair,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::aws::{Aws, AwsError, gone_is_fine, tags};
use crate::child::{Change, ChildName, Input, Kind, Live, Scope, Status, Tagging, Task, Wanted, spec};

/// The name of the kind.
pub const KIND: &str = "security_group";

/// What a security group should be. Its name and description never change: AWS can't change them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// The VPC.
    pub vpc_id: Input<String>,
    /// Who may come in. Rules that aren't here are revoked.
    pub ingress: Input<Vec<Rule>>,
    /// Where it may go.
    pub egress: Input<Vec<Rule>>,
}

/// One rule with one peer, which is what AWS counts and stores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `tcp`, or `-1` for all traffic; then without ports.
    pub protocol: String,
    /// First port.
    pub from_port: Option<i32>,
    /// Last port.
    pub to_port: Option<i32>,
    /// A CIDR block in canonical form, a security group or a prefix list.
    pub peer: Input<String>,
}

impl Rule {
    /// TCP to one port from a peer.
    pub fn tcp(port: i32, peer: Input<String>) -> Self {
        Self { protocol: "tcp".into(), from_port: Some(port), to_port: Some(port), peer }
    }

    /// All IPv4 traffic: the rule that AWS gives every new group for the way out.
    pub fn all() -> Self {
        Self { protocol: "-1".into(), from_port: None, to_port: None, peer: Input::Known("0.0.0.0/0".into()) }
    }

    fn permission(&self) -> IpPermission {
        let Input::Known(peer) = &self.peer else { return IpPermission::builder().build() };
        let builder =
            IpPermission::builder().ip_protocol(&self.protocol).set_from_port(self.from_port).set_to_port(self.to_port);
        match peer {
            peer if peer.starts_with("sg-") => {
                builder.user_id_group_pairs(UserIdGroupPair::builder().group_id(peer).build())
            }
            peer if peer.starts_with("pl-") => {
                builder.prefix_list_ids(PrefixListId::builder().prefix_list_id(peer).build())
            }
            peer if peer.contains(':') => builder.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(peer).build()),
            peer => builder.ip_ranges(IpRange::builder().cidr_ip(peer).build()),
        }
        .build()
    }
}

/// See [`KIND`].
pub struct SecurityGroupKind;

impl Kind for SecurityGroupKind {
    fn name(&self) -> &'static str {
        KIND
    }

    fn observe<'a>(&'a self, aws: &'a Aws, scope: &'a Scope) -> Task<'a, Vec<Live>> {
        Box::pin(async move {
            let tag = format!("tag:{}", tags::BUNDLE);
            let mut groups = list(aws, Filter::builder().name(tag).values(&scope.identity.bundle).build()).await?;
            let tagged: Vec<&str> = groups.iter().filter_map(|group| group.group_id()).collect();
            let missing = scope.missing(KIND, &tagged);
            if !missing.is_empty() {
                groups.extend(list(aws, Filter::builder().name("group-id").set_values(Some(missing)).build()).await?);
            }
            let ids: Vec<String> = groups.iter().filter_map(|group| group.group_id().map(str::to_string)).collect();
            let rules = if ids.is_empty() { Vec::new() } else { rules_of(aws, ids).await? };
            let found = groups.iter().filter_map(|group| {
                let id = group.group_id()?.to_string();
                let (ingress, egress) = split(&rules, &id);
                let live = spec(&json!({
                    "vpc_id": group.vpc_id(),
                    "ingress": ingress.keys().collect::<Vec<_>>(),
                    "egress": egress.keys().collect::<Vec<_>>(),
                }));
                Some(Live {
                    name: ChildName::single(KIND),
                    outputs: outputs(
                        &id,
                        group.group_name().unwrap_or_default(),
                        ingress.into_iter().chain(egress).collect(),
                    ),
                    id,
                    spec: parsed(live),
                    tags: Some(tags::from_ec2(group.tags())),
                    status: Status::Ready,
                    created: 0,
                })
            });
            Ok(found.collect())
        })
    }

    fn create<'a>(&'a self, aws: &'a Aws, wanted: &'a Wanted) -> Task<'a, Live> {
        Box::pin(async move {
            let want: SecurityGroup = wanted.typed()?;
            let description = format!("privgw {} of {}", wanted.name.key().unwrap_or_default(), wanted.identity.bundle);
            let Input::Known(vpc_id) = &want.vpc_id else {
                return Err(AwsError::internal("a security group can't be made of unknown values"));
            };
            let call = aws
                .ec2
                .create_security_group()
                .group_name(&wanted.aws_name)
                .vpc_id(vpc_id)
                .description(plain(&description))
                .tag_specifications(tags::ec2_specification(ResourceType::SecurityGroup, &wanted.tags));
            let answer = aws.ec2.ask("CreateSecurityGroup", |_| call.clone().send()).await?;
            let id = answer.group_id().ok_or_else(|| AwsError::incomplete("CreateSecurityGroup", "GroupId"))?;
            // AWS gives every new group one rule, for the way out.
            let made =
                SecurityGroup { ingress: Input::Known(Vec::new()), egress: Input::Known(vec![Rule::all()]), ..want };
            Ok(Live {
                name: wanted.name.clone(),
                id: id.to_string(),
                spec: spec(&made),
                outputs: outputs(id, &wanted.aws_name, BTreeMap::new()),
                tags: Some(wanted.tags.clone()),
                status: Status::Ready,
                created: 0,
            })
        })
    }

    /// New rules come before old ones go, so that nobody who may stay is shut out in between.
    fn update<'a>(
        &'a self,
        aws: &'a Aws,
        live: &'a Live,
        wanted: &'a Wanted,
        _changes: &'a [Change],
    ) -> Task<'a, Live> {
        Box::pin(async move {
            let want: SecurityGroup = wanted.typed()?;
            let have: SecurityGroup = live.typed()?;
            for (way, want, have) in [(Way::In, &want.ingress, &have.ingress), (Way::Out, &want.egress, &have.egress)] {
                let (Input::Known(want), Input::Known(have)) = (want, have) else { continue };
                let added: Vec<Rule> = want.iter().filter(|rule| !have.contains(rule)).cloned().collect();
                authorize(aws, &live.id, way, &added).await?;
                let removed = have.iter().filter(|rule| !want.contains(rule));
                let ids = removed.filter_map(|rule| rule_id(live, rule)).collect();
                gone_is_fine(revoke(aws, &live.id, way, ids).await)?;
            }
            Ok(Live { spec: wanted.spec.clone(), ..live.clone() })
        })
    }

    /// Rules that name other groups go first: two groups that name each other could never be deleted.
    fn delete<'a>(&'a self, aws: &'a Aws, live: &'a Live) -> Task<'a, ()> {
        Box::pin(async move {
            let have: SecurityGroup = live.typed()?;
            for (way, rules) in [(Way::In, &have.ingress), (Way::Out, &have.egress)] {
                let Input::Known(rules) = rules else { continue };
                let named = |rule: &&Rule| matches!(&rule.peer, Input::Known(peer) if peer.starts_with("sg-"));
                let ids = rules.iter().filter(named).filter_map(|rule| rule_id(live, rule)).collect();
                gone_is_fine(revoke(aws, &live.id, way, ids).await)?;
            }
            let call = aws.ec2.delete_security_group().group_id(&live.id);
            gone_is_fine(aws.ec2.ask("DeleteSecurityGroup", |_| call.clone().send()).await)
        })
    }

    fn replaces(&self, change: &Change) -> bool {
        change.field == "vpc_id"
    }

    fn tagging(&self) -> Tagging {
        Tagging::Ec2
    }
}

/// The group before the endpoint.
pub fn of_endpoint() -> ChildName {
    ChildName::keyed(KIND, "endpoint")
}

/// The group on the load balancer.
pub fn of_load_balancer() -> ChildName {
    ChildName::keyed(KIND, "load_balancer")
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    In,
    Out,
}

fn rule_id(live: &Live, rule: &Rule) -> Option<String> {
    live.outputs.get("rules")?.get(key(rule))?.as_str().map(str::to_string)
}

/// A rule as text, which keys it to AWS's rule id.
fn key(rule: &Rule) -> String {
    json!(rule).to_string()
}

/// The keys of rules back into rules: lists in specs hold rules, not their text.
fn parsed(mut live: crate::child::Spec) -> crate::child::Spec {
    for way in ["ingress", "egress"] {
        let rules = live.get(way).and_then(Value::as_array).into_iter().flatten();
        let rules: Vec<Value> = rules.filter_map(|rule| serde_json::from_str(rule.as_str()?).ok()).collect();
        live.insert(way.into(), Value::Array(rules));
    }
    live
}

/// Whether a group exists for these interfaces alone. The group that every VPC has by default never does.
pub async fn is_for(aws: &Aws, id: &str, interfaces: &[String]) -> Result<bool, AwsError> {
    let filter = |name: &str| Filter::builder().name(name).values(id).build();
    let is_default = list(aws, filter("group-id")).await?.iter().any(|group| group.group_name() == Some("default"));
    let call = aws.ec2.describe_network_interfaces().filters(filter("group-id"));
    let pages = |_: &_| call.clone().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    let found = aws.ec2.ask("DescribeNetworkInterfaces", pages).await?;
    let is_ours = |id: &str| interfaces.iter().any(|one| one == id);
    Ok(!is_default && found.iter().filter_map(|one| one.network_interface_id()).all(is_ours))
}

fn outputs(id: &str, name: &str, rules: BTreeMap<String, String>) -> crate::child::Outputs {
    [("id", json!(id)), ("aws_name", json!(name)), ("rules", json!(rules))]
        .map(|(key, value)| (key.to_string(), value))
        .into()
}

async fn list(aws: &Aws, filter: Filter) -> Result<Vec<Found>, AwsError> {
    let call = aws.ec2.describe_security_groups().filters(filter);
    let pages = |_: &_| call.clone().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    aws.ec2.ask("DescribeSecurityGroups", pages).await
}

async fn rules_of(aws: &Aws, groups: Vec<String>) -> Result<Vec<SecurityGroupRule>, AwsError> {
    let filter = Filter::builder().name("group-id").set_values(Some(groups)).build();
    let call = aws.ec2.describe_security_group_rules().filters(filter);
    let pages = |_: &_| call.clone().into_paginator().items().send().collect::<Result<Vec<_>, _>>();
    aws.ec2.ask("DescribeSecurityGroupRules", pages).await
}

/// The rules of one group, in and out, each with its id. The way out to all of IPv6, which AWS adds in a VPC that has IPv6, is
/// left out: it comes and goes with the VPC, not with the bundle.
fn split(rules: &[SecurityGroupRule], group: &str) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let (mut ingress, mut egress) = (BTreeMap::new(), BTreeMap::new());
    for rule in rules.iter().filter(|rule| rule.group_id() == Some(group)) {
        let peer = rule
            .cidr_ipv4()
            .or(rule.cidr_ipv6())
            .or(rule.prefix_list_id())
            .or(rule.referenced_group_info().and_then(|group| group.group_id()))
            .unwrap_or_default();
        let protocol = rule.ip_protocol().unwrap_or_default();
        // All traffic comes back with both ports -1, which stands for none.
        let port = |port: Option<i32>| port.filter(|_| protocol != "-1");
        let text = key(&Rule {
            protocol: protocol.to_string(),
            from_port: port(rule.from_port()),
            to_port: port(rule.to_port()),
            peer: Input::Known(peer.to_string()),
        });
        let id = rule.security_group_rule_id().unwrap_or_default().to_string();
        match rule.is_egress() {
            Some(true) if protocol == "-1" && peer == "::/0" => {}
            Some(true) => drop(egress.insert(text, id)),
            _ => drop(ingress.insert(text, id)),
        }
    }
    (ingress, egress)
}

async fn authorize(aws: &Aws, group: &str, way: Way, rules: &[Rule]) -> Result<(), AwsError> {
    if rules.is_empty() {
        return Ok(());
    }
    let duplicate = |error: &AwsError| error.code == "InvalidPermission.Duplicate";
    match authorize_all(aws, group, way, rules).await {
        Err(error) if duplicate(&error) => {}
        other => return other,
    }
    // One rule that is there already, perhaps from an attempt whose answer got lost, makes AWS refuse them all.
    for rule in rules {
        match authorize_all(aws, group, way, std::slice::from_ref(rule)).await {
            Err(error) if !duplicate(&error) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

async fn authorize_all(aws: &Aws, group: &str, way: Way, rules: &[Rule]) -> Result<(), AwsError> {
    let permissions: Vec<IpPermission> = rules.iter().map(Rule::permission).collect();
    if way == Way::In {
        let call = aws.ec2.authorize_security_group_ingress().group_id(group).set_ip_permissions(Some(permissions));
        return aws.ec2.ask("AuthorizeSecurityGroupIngress", |_| call.clone().send()).await.map(drop);
    }
    let call = aws.ec2.authorize_security_group_egress().group_id(group).set_ip_permissions(Some(permissions));
    aws.ec2.ask("AuthorizeSecurityGroupEgress", |_| call.clone().send()).await.map(drop)
}

async fn revoke(aws: &Aws, group: &str, way: Way, rules: Vec<String>) -> Result<(), AwsError> {
    if rules.is_empty() {
        return Ok(());
    }
    if way == Way::In {
        let call = aws.ec2.revoke_security_group_ingress().group_id(group).set_security_group_rule_ids(Some(rules));
        return aws.ec2.ask("RevokeSecurityGroupIngress", |_| call.clone().send()).await.map(drop);
    }
    let call = aws.ec2.revoke_security_group_egress().group_id(group).set_security_group_rule_ids(Some(rules));
    aws.ec2.ask("RevokeSecurityGroupEgress", |_| call.clone().send()).await.map(drop)
}

/// A description of the characters AWS allows, cut to the length it allows.
fn plain(text: &str) -> String {
    const LONGEST: usize = 255;
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    text.chars().map(|c| if allowed(c) { c } else { ' ' }).take(LONGEST).collect()
}
