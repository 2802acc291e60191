//! Tags: the record of which object belongs to which bundle, kept in AWS itself.
//!
//! Every taggable child is created with [`BUNDLE`], [`OWNER`] and [`CHILD`]. Nothing is ever changed or deleted that doesn't carry
//! them, unless the state knows its id. ADR 11 has the rules.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::Filter;
use serde::{Deserialize, Serialize};

use super::{Aws, AwsError, unless_gone};

/// The tag that holds the name the bundle was created with.
pub const BUNDLE: &str = "privgw:bundle";
/// The tag that holds the id of the resource that the object belongs to: drawn anew for each creation.
pub const OWNER: &str = "privgw:owner";
/// The tag that holds the child's name within the bundle.
pub const CHILD: &str = "privgw:child";
/// The tag on the REST API that says that a bundle is complete, and whose it is: the last thing that a creation writes.
pub const COMPLETE: &str = "privgw:complete";

/// Who an object belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The name of the bundle, in the form of [`super::names::identity`].
    pub bundle: String,
    /// The id of its owner.
    pub owner: String,
    /// The owners of creations that were never completed, and whose leftovers this one has claimed. Until all of those carry the new
    /// owner's tag, their own is as good.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub heir_of: BTreeSet<String>,
}

/// Whose an object is by its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Ours, and which child.
    Ours(String),
    /// That of a bundle of the same name with another owner, and which child.
    Namesake(String),
    /// Somebody else's.
    Theirs,
    /// The tags don't tell.
    Unsaid,
}

impl Identity {
    /// The tags of a child.
    pub fn tags(&self, child: &str) -> Tags {
        [(BUNDLE, self.bundle.as_str()), (OWNER, &self.owner), (CHILD, child)]
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .into()
    }

    /// Whose an object with these tags is.
    pub fn claim(&self, tags: &Tags) -> Claim {
        match (tags.get(BUNDLE), tags.get(OWNER), tags.get(CHILD)) {
            (Some(bundle), _, _) if *bundle != self.bundle => Claim::Theirs,
            (Some(_), Some(owner), Some(child)) if *owner == self.owner || self.heir_of.contains(owner) => {
                Claim::Ours(child.clone())
            }
            (Some(_), Some(_), Some(child)) => Claim::Namesake(child.clone()),
            _ => Claim::Unsaid,
        }
    }
}

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// The tagging API of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagging {
    /// `CreateTags` and `DeleteTags`, by id.
    Ec2,
    /// `AddTags` and `RemoveTags`, by ARN.
    Elb,
    /// `TagResource` and `UntagResource`, by ARN.
    ApiGateway,
    /// Not taggable.
    None,
}

/// Whether a tag is AWS's own (`aws:` in any case) and so no business of ours.
pub fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
}

/// Whether a tag is one of the bundle's own, and no user's.
pub fn is_own(key: &str) -> bool {
    [BUNDLE, OWNER, CHILD, COMPLETE].contains(&key)
}

/// What must be written and what removed to get from `live` to `wanted`.
pub fn difference(wanted: &Tags, live: &Tags) -> (Tags, Vec<String>) {
    let set = wanted
        .iter()
        .filter(|(key, value)| live.get(*key) != Some(value))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let unset = live.keys().filter(|key| !wanted.contains_key(*key) && !is_reserved(key)).cloned().collect();
    (set, unset)
}

/// Writes and removes tags of an existing object. AWS has no atomic replacement: what is added or changed is written first.
pub async fn write(aws: &Aws, tagging: Tagging, id: &str, set: &Tags, unset: &[String]) -> Result<(), AwsError> {
    match tagging {
        Tagging::Ec2 => write_ec2(aws, id, set, unset).await,
        Tagging::Elb => write_elb(aws, id, set, unset).await,
        Tagging::ApiGateway => write_api_gateway(aws, id, set, unset).await,
        Tagging::None => Ok(()),
    }
}

/// Tags in the form that EC2 takes with a creation.
pub fn ec2_specification(kind: aws_sdk_ec2::types::ResourceType, tags: &Tags) -> aws_sdk_ec2::types::TagSpecification {
    aws_sdk_ec2::types::TagSpecification::builder().resource_type(kind).set_tags(Some(ec2_tags(tags))).build()
}

/// Tags as EC2 returns them, without AWS's own.
pub fn from_ec2(tags: &[aws_sdk_ec2::types::Tag]) -> Tags {
    let pairs =
        tags.iter().filter_map(|tag| Some((tag.key()?.to_string(), tag.value().unwrap_or_default().to_string())));
    pairs.filter(|(key, _)| !is_reserved(key)).collect()
}

/// Tags in Elastic Load Balancing's form.
pub fn elb_tags(tags: &Tags) -> Vec<aws_sdk_elasticloadbalancingv2::types::Tag> {
    let tag = |(key, value): (&String, &String)| {
        aws_sdk_elasticloadbalancingv2::types::Tag::builder().key(key).value(value).build()
    };
    tags.iter().map(tag).collect()
}

/// Tags of load balancers, target groups and listeners by ARN, twenty ARNs a call (AWS's limit). Of several, those that are gone are
/// missing in the answer; a single one that is gone is an error.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>
pub async fn read_elb(aws: &Aws, arns: &[String]) -> Result<BTreeMap<String, Tags>, AwsError> {
    const ARNS_PER_CALL: usize = 20;
    let mut found = BTreeMap::new();
    for chunk in arns.chunks(ARNS_PER_CALL) {
        let arns = || Some(chunk.to_vec());
        let answer = aws.elb.ask("DescribeTags", |elb| elb.describe_tags().set_resource_arns(arns()).send()).await;
        let answer = match answer {
            // One that has gone since it was listed keeps AWS from telling about the others.
            Err(error) if error.is_not_found() && chunk.len() > 1 => {
                for arn in chunk {
                    found.extend(
                        unless_gone(Box::pin(read_elb(aws, std::slice::from_ref(arn))).await)?.unwrap_or_default(),
                    );
                }
                continue;
            }
            answer => answer?,
        };
        for description in answer.tag_descriptions() {
            let tags = description.tags().iter().filter(|tag| tag.key().is_some_and(|key| !is_reserved(key)));
            let tags = tags
                .map(|tag| (tag.key().unwrap_or_default().to_string(), tag.value().unwrap_or_default().to_string()));
            found.insert(description.resource_arn().unwrap_or_default().to_string(), tags.collect());
        }
    }
    Ok(found)
}

/// Whether Elastic Load Balancing's answer to a creation is the object that was asked for. It answers a second creation of a name
/// with what is there, whoever made it.
pub async fn assert_ours(aws: &Aws, arn: &str, wanted: &Tags) -> Result<(), AwsError> {
    let found = match read_elb(aws, &[arn.to_string()]).await {
        // What is too new to be found everywhere was made just now.
        Err(error) if error.is_not_found() => return Ok(()),
        found => found?,
    };
    let tags = found.get(arn).cloned().unwrap_or_default();
    if [BUNDLE, OWNER, CHILD].iter().all(|key| tags.get(*key) == wanted.get(*key)) {
        return Ok(());
    }
    let whose = tags.get(OWNER).map_or("no tags of a bundle".into(), |owner| format!("the tag {OWNER} = {owner}"));
    let why = format!(
        "AWS answered with {arn}, which exists already and isn't this bundle's: it has {whose}. Another apply of a bundle of this \
         name may be under way. It was left as it is"
    );
    Err(AwsError::internal(why))
}

/// The tags of a security group or a VPC endpoint: none where it is gone.
///
/// These calls a plan makes anyway; `DescribeTags` of EC2 would be one permission more.
pub async fn read_ec2(aws: &Aws, id: &str) -> Result<Tags, AwsError> {
    let filter = |name: &str| Filter::builder().name(name).values(id).build();
    let tags = if id.starts_with("vpce-") {
        let call = aws.ec2.describe_vpc_endpoints().filters(filter("vpc-endpoint-id"));
        let found = aws.ec2.ask("DescribeVpcEndpoints", |_| call.clone().send()).await?;
        found.vpc_endpoints().first().map(|endpoint| from_ec2(endpoint.tags()))
    } else {
        let call = aws.ec2.describe_security_groups().filters(filter("group-id"));
        let found = aws.ec2.ask("DescribeSecurityGroups", |_| call.clone().send()).await?;
        found.security_groups().first().map(|group| from_ec2(group.tags()))
    };
    Ok(tags.unwrap_or_default())
}

/// The tags of an object of API Gateway.
pub async fn read_api_gateway(aws: &Aws, arn: &str) -> Result<Tags, AwsError> {
    let answer = aws.api.ask("GetTags", |api| api.get_tags().resource_arn(arn).send()).await?;
    Ok(from_api_gateway(answer.tags()))
}

/// Tags as API Gateway returns them, without AWS's own.
pub fn from_api_gateway(tags: Option<&std::collections::HashMap<String, String>>) -> Tags {
    let tags = tags.into_iter().flatten().filter(|(key, _)| !is_reserved(key));
    tags.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn ec2_tags(tags: &Tags) -> Vec<aws_sdk_ec2::types::Tag> {
    tags.iter().map(|(key, value)| aws_sdk_ec2::types::Tag::builder().key(key).value(value).build()).collect()
}

async fn write_ec2(aws: &Aws, id: &str, set: &Tags, unset: &[String]) -> Result<(), AwsError> {
    if !set.is_empty() {
        let call = aws.ec2.create_tags().resources(id).set_tags(Some(ec2_tags(set)));
        aws.ec2.ask("CreateTags", |_| call.clone().send()).await?;
    }
    if !unset.is_empty() {
        let keys = unset.iter().map(|key| aws_sdk_ec2::types::Tag::builder().key(key).build()).collect();
        let call = aws.ec2.delete_tags().resources(id).set_tags(Some(keys));
        aws.ec2.ask("DeleteTags", |_| call.clone().send()).await?;
    }
    Ok(())
}

async fn write_elb(aws: &Aws, arn: &str, set: &Tags, unset: &[String]) -> Result<(), AwsError> {
    if !set.is_empty() {
        let call = aws.elb.add_tags().resource_arns(arn).set_tags(Some(elb_tags(set)));
        aws.elb.ask("AddTags", |_| call.clone().send()).await?;
    }
    if !unset.is_empty() {
        let call = aws.elb.remove_tags().resource_arns(arn).set_tag_keys(Some(unset.to_vec()));
        aws.elb.ask("RemoveTags", |_| call.clone().send()).await?;
    }
    Ok(())
}

async fn write_api_gateway(aws: &Aws, arn: &str, set: &Tags, unset: &[String]) -> Result<(), AwsError> {
    if !set.is_empty() {
        let call = aws.api.tag_resource().resource_arn(arn).set_tags(Some(set.clone().into_iter().collect()));
        aws.api.ask("TagResource", |_| call.clone().send()).await?;
    }
    if !unset.is_empty() {
        let call = aws.api.untag_resource().resource_arn(arn).set_tag_keys(Some(unset.to_vec()));
        aws.api.ask("UntagResource", |_| call.clone().send()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    #[test]
    fn an_object_is_ours_only_with_bundle_owner_and_child() {
        let ours = Identity { bundle: "shop".into(), owner: "1".into(), ..Identity::default() };
        assert_eq!(ours.claim(&ours.tags("stage")), Claim::Ours("stage".into()));
        let namesake = Identity { owner: "2".into(), ..ours.clone() };
        assert_eq!(ours.claim(&namesake.tags("stage")), Claim::Namesake("stage".into()));
        let other = Identity { bundle: "other".into(), ..ours.clone() };
        assert_eq!(ours.claim(&other.tags("stage")), Claim::Theirs);
        assert_eq!(ours.claim(&tags(&[(OWNER, "1"), (CHILD, "stage")])), Claim::Unsaid);
        assert_eq!(ours.claim(&tags(&[(BUNDLE, "shop")])), Claim::Unsaid);
    }

    #[test]
    fn only_what_differs_is_written_and_awss_own_tags_stay() {
        let (set, unset) =
            difference(&tags(&[("a", "1"), ("b", "2")]), &tags(&[("a", "1"), ("c", "3"), ("aws:x", "y")]));
        assert_eq!(set, tags(&[("b", "2")]));
        assert_eq!(unset, ["c"]);
    }
}
