//! The account's settings in a region, shared by everything in it.

use serde_json::{Value, json};

use super::patch;
use super::rest::RestInput;
use crate::OperationResult;
use crate::error::bad_request;
use crate::protocol::Answer;
use crate::state::{Context, Region};

/// GetAccount.
pub fn get(context: &mut Context, _: &RestInput) -> OperationResult {
    Ok(Answer::ok(show(context.region)))
}

/// UpdateAccount: the role that writes logs.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let mut role = context.region.cloudwatch_role.clone();
    for patch in patch::read(input, "updateAccountInput")? {
        match patch.path.as_str() {
            "/cloudwatchRoleArn" => patch.set_text(&mut role)?,
            // Usage plans are on for every account since 2016.
            "/features" => {
                patch.only(&["add"])?;
                if patch.text() != "UsagePlans" {
                    return Err(bad_request(format!("Invalid feature specified: {}", patch.text())));
                }
            }
            _ => return Err(patch.invalid_path()),
        }
    }
    let valid = |arn: &String| arn.starts_with("arn:") && arn.contains(":iam::") && arn.contains(":role/");
    if role.as_ref().is_some_and(|arn| !valid(arn)) {
        let message = "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add the required role policy.";
        return Err(bad_request(message));
    }
    context.region.cloudwatch_role = role;
    Ok(Answer::ok(show(context.region)))
}

fn show(region: &Region) -> Value {
    let mut shown = json!({
        "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0}, "features": ["UsagePlans"], "apiKeyVersion": "4",
    });
    if let Some(role) = &region.cloudwatch_role {
        shown["cloudwatchRoleArn"] = json!(role);
    }
    shown
}
