//! What the provider has made, seen by HashiCorp's provider for AWS: every child is imported into a resource of its, and its plan
//! has nothing to change.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde_json::Value;

use super::{Checks, directory};
use crate::sim::Sim;
use crate::terraform::{Terraform, Workdir};
use crate::workspace;

/// What makes the AWS provider look, and must be gone again before the bundle is destroyed.
const LOOK: [&str; 2] = ["aws.tf", "aws_override.tf"];

/// A bundle: the directory with its expectation, its configuration, an account, and a path that is served.
type Bundle = (&'static str, PathBuf, &'static str, &'static str);

/// Runs both bundles.
pub async fn run(checks: &Checks, terraform: &Terraform, sim: &Sim) {
    let bundles: [Bundle; 2] = [
        ("quickstart", workspace::root().join("examples/quickstart"), "520987654321", "/products"),
        ("full", directory().join("cross_import/full"), "530987654321", "/items"),
    ];
    for bundle in &bundles {
        let name = format!("{}: the AWS provider agrees on every child", bundle.0);
        let _ = checks.run(&name, one(terraform, sim, bundle)).await;
    }
}

/// Builds a bundle, looks at it through the other provider, calls it and destroys it.
async fn one(terraform: &Terraform, sim: &Sim, (name, bundle, account, path): &Bundle) -> io::Result<()> {
    let here = directory().join("cross_import");
    let account = sim.account(account).await?;
    let before = sim.objects(&account.id).await?;
    let mut work = terraform.workdir(bundle, name, account.environment(sim))?;
    work.set("frontend_security_group_id", &account.security_group_id);
    work.set("targets", r#"{"products":["172.31.0.10"]}"#);
    work.set("aws_url", &sim.url());
    work.succeed(&["init", "-no-color"]).await?;
    work.succeed(&["apply", "-auto-approve", "-no-color"]).await?;
    let outputs = work.outputs().await?;

    fs::copy(here.join(name).join("expected.tf"), work.path().join("expected.tf"))?;
    for file in LOOK {
        fs::copy(here.join(file), work.path().join(file))?;
    }
    look(&work, &outputs["children"]).await?;
    for file in LOOK {
        fs::remove_file(work.path().join(file))?;
    }

    let url = format!("{}{path}", outputs["invoke_url"].as_str().unwrap_or_default());
    sim.invoke("GET", &url, Some(&account.security_group_id)).await?.served()?;
    work.succeed(&["destroy", "-auto-approve", "-no-color"]).await?;
    sim.settled(&account.id, &before).await
}

/// Plans the imports; nothing but imports may be in the plan, and all children.
async fn look(work: &Workdir, children: &Value) -> io::Result<()> {
    work.succeed(&["init", "-no-color"]).await?;
    let plan = work.succeed(&["plan", "-no-color", "-out=plan"]).await?;
    let shown = work.succeed(&["show", "-json", "plan"]).await?;
    let found = objections(children, &serde_json::from_str(&shown.stdout).map_err(io::Error::other)?);
    if found.is_empty() { Ok(()) } else { Err(io::Error::other(format!("{}\n{}", found.join("\n"), plan.stdout))) }
}

/// What is wrong with a plan, in its JSON form.
fn objections(children: &Value, plan: &Value) -> Vec<String> {
    let changes = || plan["resource_changes"].as_array().into_iter().flatten();
    let different = changes().filter(|change| change["mode"] == "managed" && change["change"]["actions"][0] != "no-op");
    let mut found: Vec<String> =
        different.map(|change| format!("{} is to be {}", change["address"], change["change"]["actions"])).collect();
    let imported: Vec<&str> = changes().filter_map(|change| change["change"]["importing"]["id"].as_str()).collect();
    let children = children.as_object().into_iter().flatten();
    let missing = children.filter(|(_, id)| {
        let id = id.as_str().unwrap_or_default();
        // A deployment is imported by the ids of API and deployment.
        !imported.iter().any(|import| *import == id || import.ends_with(&format!("/{id}")))
    });
    found.extend(missing.map(|(child, id)| format!("{child} {id} is not imported")));
    if imported.is_empty() {
        found.push("nothing is imported".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_and_missing_children_are_objected_to() {
        let change = |actions: &str, id: &str| json!({"mode": "managed", "address": id, "change": {"actions": [actions], "importing": {"id": id}}});
        let plan = json!({"resource_changes": [change("no-op", "api/one"), change("update", "two")]});
        let found = objections(&json!({"deployment": "one", "rest_api": "two", "stage": "three"}), &plan);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("two") && found[1].contains("stage"), "{found:?}");
    }
}
