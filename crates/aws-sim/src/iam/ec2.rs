//! What EC2's operations need.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>

use super::Need;
use crate::query::Params;
use crate::state::{Region, Tags};

/// What an operation is on.
enum On {
    /// Nothing in particular.
    Any,
    /// A new object of this kind.
    New(&'static str),
    /// A new object of this kind, but only if it gets tags.
    NewTagged(&'static str),
    /// The objects of this kind whose ids are in this parameter.
    Each(&'static str, &'static str),
    /// Security group rules in a list of updates.
    Rules,
    /// Objects of any kind whose ids are in this parameter.
    EachOfAnyKind(&'static str),
}
use On::{Any, Each, EachOfAnyKind, New, NewTagged, Rules};

const GROUP: On = Each("security-group", "GroupId");

/// New rules are checked as such only if they get tags, seen in `macamp0328/liner-notes#266`; that a revocation is on the
/// group alone follows <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-policy-examples.html>.
const TABLE: &[(&str, &[On])] = &[
    ("CreateVpc", &[New("vpc")]),
    ("DescribeVpcs", &[Any]),
    ("DeleteVpc", &[Each("vpc", "VpcId")]),
    ("DescribeVpcAttribute", &[Any]),
    ("ModifyVpcAttribute", &[Each("vpc", "VpcId")]),
    ("CreateSubnet", &[New("subnet"), Each("vpc", "VpcId")]),
    ("DescribeSubnets", &[Any]),
    ("DeleteSubnet", &[Each("subnet", "SubnetId")]),
    ("DescribeAvailabilityZones", &[Any]),
    ("DescribeAccountAttributes", &[Any]),
    ("CreateSecurityGroup", &[New("security-group"), Each("vpc", "VpcId")]),
    ("DescribeSecurityGroups", &[Any]),
    ("DeleteSecurityGroup", &[GROUP]),
    ("DescribeSecurityGroupRules", &[Any]),
    ("AuthorizeSecurityGroupIngress", &[GROUP, NewTagged("security-group-rule")]),
    ("AuthorizeSecurityGroupEgress", &[GROUP, NewTagged("security-group-rule")]),
    ("RevokeSecurityGroupIngress", &[GROUP]),
    ("RevokeSecurityGroupEgress", &[GROUP]),
    ("ModifySecurityGroupRules", &[GROUP, Rules]),
    ("UpdateSecurityGroupRuleDescriptionsIngress", &[GROUP]),
    ("UpdateSecurityGroupRuleDescriptionsEgress", &[GROUP]),
    ("CreateTags", &[EachOfAnyKind("ResourceId")]),
    ("DeleteTags", &[EachOfAnyKind("ResourceId")]),
    ("DescribeTags", &[Any]),
    ("DescribeNetworkInterfaces", &[Any]),
    (
        "CreateVpcEndpoint",
        &[
            Each("vpc", "VpcId"),
            New("vpc-endpoint"),
            Each("subnet", "SubnetId"),
            Each("security-group", "SecurityGroupId"),
        ],
    ),
    ("DescribeVpcEndpoints", &[Any]),
    (
        "ModifyVpcEndpoint",
        &[
            Each("vpc-endpoint", "VpcEndpointId"),
            Each("subnet", "AddSubnetId"),
            Each("subnet", "RemoveSubnetId"),
            Each("security-group", "AddSecurityGroupId"),
            Each("security-group", "RemoveSecurityGroupId"),
        ],
    ),
    ("DeleteVpcEndpoints", &[Each("vpc-endpoint", "VpcEndpointId")]),
    ("DescribeVpcEndpointServices", &[Any]),
    ("DescribeVpcEndpointServiceConfigurations", &[Any]),
    ("DescribeVpcEndpointAssociations", &[Any]),
    ("ModifySubnetAttribute", &[Each("subnet", "SubnetId")]),
    ("DescribeRouteTables", &[Any]),
    ("DescribeNetworkAcls", &[Any]),
    ("DescribePrefixLists", &[Any]),
    ("DescribeManagedPrefixLists", &[Any]),
    ("GetManagedPrefixListEntries", &[Each("prefix-list", "PrefixListId")]),
    ("AssociateSecurityGroupVpc", &[GROUP, Each("vpc", "VpcId")]),
    ("DisassociateSecurityGroupVpc", &[GROUP, Each("vpc", "VpcId")]),
    ("DescribeSecurityGroupVpcAssociations", &[Any]),
];

/// The permissions of a call; none for an operation that does not exist.
pub fn needs(operation: &str, p: Params, region: &Region) -> Vec<Need> {
    let Some((_, on)) = TABLE.iter().find(|(name, _)| *name == operation) else {
        return Vec::new();
    };
    let asked = Asked { action: format!("ec2:{operation}"), p, region };
    let mut needs: Vec<Need> = on.iter().flat_map(|on| asked.needs(on)).collect();
    if let (true, Some(Each(kind, _))) = (needs.is_empty(), on.first()) {
        // Named otherwise than by id, or not at all.
        needs.push(asked.new_one(kind));
    }
    needs.extend(asked.tags_on_create(operation));
    if associates_zone(operation, p) {
        needs.push(Need::on_any("route53:AssociateVPCWithHostedZone"));
    }
    needs
}

struct Asked<'a> {
    action: String,
    p: Params<'a>,
    region: &'a Region,
}

impl Asked<'_> {
    fn needs(&self, on: &On) -> Vec<Need> {
        match on {
            Any => vec![Need::on_any(&self.action)],
            New(kind) => vec![self.new_one(kind)],
            NewTagged(kind) if self.specified(kind).is_empty() => Vec::new(),
            NewTagged(kind) => vec![self.new_one(kind)],
            Each(kind, parameter) => ids(self.p, parameter).iter().map(|id| self.existing(kind, id)).collect(),
            Rules => {
                let ids =
                    self.p.list("SecurityGroupRule").into_iter().filter_map(|rule| rule.text("SecurityGroupRuleId"));
                ids.map(|id| self.existing("security-group-rule", id)).collect()
            }
            EachOfAnyKind(parameter) => {
                let tags = read_tags(self.p);
                ids(self.p, parameter).iter().map(|id| self.existing(kind_of(id), id).tagging(&tags)).collect()
            }
        }
    }

    fn new_one(&self, kind: &str) -> Need {
        let need = Need::new(&self.action, self.region.arn("ec2", &format!("{kind}/*")));
        self.described(need, kind).tagging(&self.specified(kind))
    }

    fn existing(&self, kind: &str, id: &str) -> Need {
        let region = self.region;
        let (tags, vpc) = match kind {
            "vpc" => (region.vpcs.get(id).map(|vpc| &vpc.tags), None),
            "subnet" => region.subnets.get(id).map_or((None, None), |it| (Some(&it.tags), Some(&it.vpc))),
            "security-group" => region.groups.get(id).map_or((None, None), |it| (Some(&it.tags), Some(&it.vpc))),
            "vpc-endpoint" => (region.endpoints.get(id).map(|endpoint| &endpoint.tags), None),
            _ => (region.groups.values().find_map(|group| group.rules.get(id)).map(|rule| &rule.tags), None),
        };
        let vpc = vpc.map(|vpc| region.arn("ec2", &format!("vpc/{vpc}")));
        let need = Need::new(&self.action, region.arn("ec2", &format!("{kind}/{id}"))).tagged(&["aws", "ec2"], tags);
        let need = need.key("ec2:Vpc", vpc.into_iter().collect());
        let service = region.endpoints.get(id).map(|endpoint| endpoint.service.clone());
        self.described(need, kind).key("ec2:VpceServiceName", service.into_iter().collect())
    }

    fn described(&self, need: Need, kind: &str) -> Need {
        let service = self.p.text("ServiceName").filter(|_| kind == "vpc-endpoint").map(str::to_owned);
        let need = need.key("ec2:Region", vec![self.region.name.clone()]);
        need.key("ec2:VpceServiceName", service.into_iter().collect())
    }

    /// Tags for a new object of a kind.
    fn specified(&self, kind: &str) -> Tags {
        let all = self.p.list("TagSpecification").into_iter();
        all.filter(|specification| specification.text("ResourceType") == Some(kind)).flat_map(read_tags).collect()
    }

    /// Tags of a creation are a second permission.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html>
    fn tags_on_create(&self, operation: &str) -> Vec<Need> {
        let specifications = self.p.list("TagSpecification").into_iter();
        let kinds = specifications.filter_map(|specification| specification.text("ResourceType"));
        let tagged = kinds.filter(|kind| !self.specified(kind).is_empty());
        tagged
            .map(|kind| {
                let need = Need::new("ec2:CreateTags", self.region.arn("ec2", &format!("{kind}/*")));
                need.key("ec2:CreateAction", vec![operation.to_owned()]).tagging(&self.specified(kind))
            })
            .collect()
    }
}

/// An endpoint with private names gets a hidden zone.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>
/// That switching the names on later needs it too, and on which resource: (unverified).
fn associates_zone(operation: &str, p: Params) -> bool {
    let private = p.flag("PrivateDnsEnabled");
    match operation {
        "CreateVpcEndpoint" => p.text("VpcEndpointType") == Some("Interface") && private != Some(false),
        "ModifyVpcEndpoint" => private == Some(true),
        _ => false,
    }
}

fn ids(p: Params, parameter: &str) -> Vec<String> {
    match p.text(parameter) {
        Some(id) => vec![id.to_owned()],
        None => p.texts(parameter),
    }
}

fn read_tags(p: Params) -> Tags {
    let pair = |tag: Params| Some((tag.text("Key")?.to_owned(), tag.text("Value").unwrap_or_default().to_owned()));
    p.list("Tag").into_iter().filter_map(pair).collect()
}

fn kind_of(id: &str) -> &'static str {
    match id.split('-').next() {
        Some("vpc") => "vpc",
        Some("subnet") => "subnet",
        Some("sg") => "security-group",
        Some("sgr") => "security-group-rule",
        Some("vpce") => "vpc-endpoint",
        _ => "*",
    }
}

/// The operations that have an entry.
#[cfg(test)]
pub fn operations() -> Vec<&'static str> {
    TABLE.iter().map(|(operation, _)| *operation).collect()
}
