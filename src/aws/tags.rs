//! Tags: the record of which object belongs to which bundle, kept in AWS itself.
//!
//! Every taggable child is created with [`BUNDLE`] and [`CHILD`]. Nothing is ever changed or deleted that doesn't carry them.

use std::collections::BTreeMap;

use super::{Aws, AwsError, Named, retry};
/// The tag that holds the bundle's identity: the name the resource was created with.
pub const BUNDLE: &str = "privgw:bundle";
/// The tag that holds the child's name within the bundle.
pub const CHILD: &str = "privgw:child";

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
    // Writing the same tags twice is the same as once, so all of it may be repeated.
    retry::patiently(|| async {
        match tagging {
            Tagging::Ec2 => write_ec2(aws, id, set, unset).await,
            Tagging::Elb => write_elb(aws, id, set, unset).await,
            Tagging::ApiGateway => write_api_gateway(aws, id, set, unset).await,
            Tagging::None => Ok(()),
        }
    })
    .await
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

/// Tags of load balancers, target groups and listeners by ARN, twenty ARNs a call (AWS's limit).
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>
pub async fn read_elb(aws: &Aws, arns: &[String]) -> Result<BTreeMap<String, Tags>, AwsError> {
    const ARNS_PER_CALL: usize = 20;
    let mut found = BTreeMap::new();
    for chunk in arns.chunks(ARNS_PER_CALL) {
        let call = aws.elb.describe_tags().set_resource_arns(Some(chunk.to_vec()));
        let answer = call.send().await.named("DescribeTags")?;
        for description in answer.tag_descriptions() {
            let tags = description.tags().iter().filter(|tag| tag.key().is_some_and(|key| !is_reserved(key)));
            let tags = tags
                .map(|tag| (tag.key().unwrap_or_default().to_string(), tag.value().unwrap_or_default().to_string()));
            found.insert(description.resource_arn().unwrap_or_default().to_string(), tags.collect());
        }
    }
    Ok(found)
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
        call.send().await.named("CreateTags")?;
    }
    if !unset.is_empty() {
        let keys = unset.iter().map(|key| aws_sdk_ec2::types::Tag::builder().key(key).build()).collect();
        let call = aws.ec2.delete_tags().resources(id).set_tags(Some(keys));
        call.send().await.named("DeleteTags")?;
    }
    Ok(())
}

async fn write_elb(aws: &Aws, arn: &str, set: &Tags, unset: &[String]) -> Result<(), AwsError> {
    if !set.is_empty() {
        let call = aws.elb.add_tags().resource_arns(arn).set_tags(Some(elb_tags(set)));
        call.send().await.named("AddTags")?;
    }
    if !unset.is_empty() {
        let call = aws.elb.remove_tags().resource_arns(arn).set_tag_keys(Some(unset.to_vec()));
        call.send().await.named("RemoveTags")?;
    }
    Ok(())
}

async fn write_api_gateway(aws: &Aws, arn: &str, set: &Tags, unset: &[String]) -> Result<(), AwsError> {
    if !set.is_empty() {
        let call = aws.api.tag_resource().resource_arn(arn).set_tags(Some(set.clone().into_iter().collect()));
        call.send().await.named("TagResource")?;
    }
    if !unset.is_empty() {
        let call = aws.api.untag_resource().resource_arn(arn).set_tag_keys(Some(unset.to_vec()));
        call.send().await.named("UntagResource")?;
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
    fn only_what_differs_is_written_and_awss_own_tags_stay() {
        let (set, unset) =
            difference(&tags(&[("a", "1"), ("b", "2")]), &tags(&[("a", "1"), ("c", "3"), ("aws:x", "y")]));
        assert_eq!(set, tags(&[("b", "2")]));
        assert_eq!(unset, ["c"]);
    }
}
