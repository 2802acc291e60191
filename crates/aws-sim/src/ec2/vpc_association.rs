//! Security groups that are lent to further VPCs.

use serde_json::{Value, json};

use super::filter::{Filters, page};
use super::{security_group, vpc};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::{Context, Tags};

/// AssociateSecurityGroupVpc: at once (AWS takes a moment, unverified).
pub fn associate(context: &mut Context, p: Params) -> Outcome<Value> {
    let (group, vpc) = both(context, p)?;
    if context.region.groups[&group].vpc == vpc {
        let message = format!("The security group '{group}' is already in the VPC '{vpc}'");
        return Err(fail("InvalidParameterValue", message));
    }
    if let Some(group) = context.region.groups.get_mut(&group) {
        group.lent_to.insert(vpc);
    }
    Ok(json!({"state": "associated"}))
}

/// DisassociateSecurityGroupVpc.
pub fn disassociate(context: &mut Context, p: Params) -> Outcome<Value> {
    let (group, vpc) = both(context, p)?;
    if context.region.groups.get_mut(&group).is_some_and(|group| group.lent_to.remove(&vpc)) {
        return Ok(json!({"state": "disassociated"}));
    }
    // (code unverified)
    let message = format!("The security group '{group}' is not associated with the VPC '{vpc}'");
    Err(fail("InvalidParameterValue", message))
}

/// DescribeSecurityGroupVpcAssociations.
pub fn describe(context: &mut Context, p: Params) -> Outcome<Value> {
    let region = &*context.region;
    let filters = Filters::read(p)?;
    let mut found = Vec::new();
    for group in region.groups.values() {
        for vpc in &group.lent_to {
            let admitted = filters.admit(&Tags::new(), |name| match name {
                "group-id" => Some(vec![group.id.clone()]),
                "vpc-id" => Some(vec![vpc.clone()]),
                "group-owner-id" | "vpc-owner-id" => Some(vec![region.account.clone()]),
                "state" => Some(vec!["associated".to_owned()]),
                _ => None,
            })?;
            if admitted {
                found.push(json!({
                    "groupId": group.id, "groupOwnerId": region.account, "vpcId": vpc, "vpcOwnerId": region.account,
                    "state": "associated",
                }));
            }
        }
    }
    page(p, "securityGroupVpcAssociationSet", found, |association| association)
}

fn both(context: &Context, p: Params) -> Outcome<(String, String)> {
    let group = security_group::find(context.region, p.required("GroupId")?)?;
    Ok((group.id.clone(), vpc::find(context.region, p.required("VpcId")?)?.id.clone()))
}
