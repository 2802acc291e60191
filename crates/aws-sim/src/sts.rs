//! STS: who calls, and becoming somebody else.

use serde_json::{Value, json};

use crate::error::{Outcome, fail};
use crate::query::{Operations, Params};
use crate::state::Context;

/// Far enough away that no client of a test ever refreshes.
const EXPIRATION: &str = "2099-01-01T00:00:00Z";

/// Runs an STS operation.
pub fn run(context: &mut Context, operation: &str, p: Params) -> Outcome<Value> {
    match OPERATIONS.iter().find(|(name, _)| *name == operation) {
        Some((_, handler)) => handler(context, p),
        None => Err(fail("InvalidAction", format!("Could not find operation {operation} for version 2011-06-15"))),
    }
}

/// Every operation and its code.
pub static OPERATIONS: Operations = &[
    ("GetCallerIdentity", |context, _| Ok(caller(context))),
    ("AssumeRole", assume),
    ("AssumeRoleWithWebIdentity", assume_with_web_identity),
];

fn caller(context: &Context) -> Value {
    let account = &context.region.account;
    let arn = format!("arn:{}:iam::{account}:user/sim", context.region.partition());
    json!({"Arn": arn, "UserId": "AIDASIMULATEDCALLER00", "Account": account})
}

fn assume_with_web_identity(context: &mut Context, p: Params) -> Outcome<Value> {
    p.required("WebIdentityToken")?;
    let mut answer = assume(context, p)?;
    // At least six characters, by the service model.
    answer["SubjectFromWebIdentityToken"] = json!("simulated");
    answer["Audience"] = json!("sts.amazonaws.com");
    Ok(answer)
}

/// The access key of the new credentials names the account of the role, so that calls signed with it really switch account.
/// Its prefix is that of temporary keys, and makes it as long as botocore's service model wants it (16).
fn assume(context: &mut Context, p: Params) -> Outcome<Value> {
    let (role, session) = (p.required("RoleArn")?, p.required("RoleSessionName")?);
    let parts: Vec<&str> = role.split(':').collect();
    let [_, partition, "iam", "", account, path] = parts[..] else {
        return Err(fail("ValidationError", format!("{role} is invalid")));
    };
    let Some(name) = path.strip_prefix("role/") else {
        return Err(fail("ValidationError", format!("{role} is invalid")));
    };
    let name = name.rsplit('/').next().unwrap_or(name);
    let (role_id, token) = (context.region.ids.hex("role", 16).to_uppercase(), context.region.ids.hex("token", 32));
    Ok(json!({
        "Credentials": {
            "AccessKeyId": format!("ASIA{account}"),
            "SecretAccessKey": context.region.ids.hex("secret", 32),
            "SessionToken": token,
            "Expiration": EXPIRATION,
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("AROA{role_id}:{session}"),
            "Arn": format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}"),
        },
    }))
}
