//! STS: who calls, and becoming somebody else.

use serde_json::{Value, json};

use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::Context;

/// Far enough away that no client of a test ever refreshes.
const EXPIRATION: &str = "2099-01-01T00:00:00Z";

/// Runs an STS operation.
pub fn run(context: &mut Context, operation: &str, p: Params) -> Outcome<Value> {
    match operation {
        "GetCallerIdentity" => {
            let account = &context.region.account;
            let arn = format!("arn:aws:iam::{account}:user/sim");
            Ok(json!({"Arn": arn, "UserId": "AIDASIMULATEDCALLER00", "Account": account}))
        }
        "AssumeRole" => assume(context, p),
        "AssumeRoleWithWebIdentity" => {
            p.required("WebIdentityToken")?;
            let mut answer = assume(context, p)?;
            answer["SubjectFromWebIdentityToken"] = json!("sim");
            answer["Audience"] = json!("sts.amazonaws.com");
            Ok(answer)
        }
        _ => Err(fail("InvalidAction", format!("Could not find operation {operation} for version 2011-06-15"))),
    }
}

/// The access key of the new credentials is the account of the role, so that calls signed with it really switch account.
fn assume(context: &mut Context, p: Params) -> Outcome<Value> {
    let (role, session) = (p.required("RoleArn")?, p.required("RoleSessionName")?);
    let parts: Vec<&str> = role.split(':').collect();
    let [_, _, "iam", "", account, path] = parts[..] else {
        return Err(fail("ValidationError", format!("{role} is invalid")));
    };
    let Some(name) = path.strip_prefix("role/") else {
        return Err(fail("ValidationError", format!("{role} is invalid")));
    };
    let name = name.rsplit('/').next().unwrap_or(name);
    let (role_id, token) = (context.region.ids.hex("role", 16).to_uppercase(), context.region.ids.hex("token", 32));
    Ok(json!({
        "Credentials": {
            "AccessKeyId": account,
            "SecretAccessKey": context.region.ids.hex("secret", 32),
            "SessionToken": token,
            "Expiration": EXPIRATION,
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("AROA{role_id}:{session}"),
            "Arn": format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
        },
    }))
}
