//! What whoever may apply must not be able to do: each attempt goes over the wire and is refused.

use std::collections::BTreeMap;

use aws_sim::{Decision, Need};
use privgw::bundle::model::InternalApi;
use serde_json::{Value, json};
use tfplugin::Attr;

use super::attempts::{ELSE, GAPS, ON_OTHERS};
use super::{document, limited, live, narrowed, policy};
use crate::world::{ACCOUNT, REGION, World, inside, text};

/// Names in the attempts and what they stand for.
type Ids = BTreeMap<String, String>;

fn ids_of(prefix: &str, state: &InternalApi) -> Ids {
    let any = |arns: Option<String>| arns.expect("a back end");
    let targets = state.target_groups.known().and_then(|all| all.values().next()?.known()?.arn.known().cloned());
    let listener = state.listener_arns.known().and_then(|all| all.values().next()?.known().cloned());
    let pairs = [
        ("group", state.security_group_id.known().cloned()),
        ("endpoint", state.vpc_endpoint_id.known().cloned()),
        ("balancer", state.nlb_arn.known().cloned()),
        ("targets", targets),
        ("listener", listener),
        ("api", state.rest_api_id.known().cloned()),
        ("deployment", state.deployment_id.known().cloned()),
        ("link", state.vpc_link_id.known().cloned()),
    ];
    pairs.map(|(name, id)| (format!("{prefix}{name}"), any(id))).into()
}

fn filled(template: &str, ids: &Ids) -> String {
    ids.iter().fold(template.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
}

async fn attempt(world: &World, attempt: &[&str; 4], ids: &Ids) -> (u16, String) {
    let [service, method, path, body] = attempt;
    let version = match *service {
        "ec2" => "Version=2016-11-15&Action=",
        "elasticloadbalancing" => "Version=2015-12-01&Action=",
        _ => "",
    };
    world.ask(service, method, &filled(path, ids), &format!("{version}{}", filled(body, ids))).await
}

/// Two bundles: `shop`, which the caller may change, and another.
async fn two_bundles() -> (World, Ids) {
    let mut world = World::new();
    let mut other = world.shop();
    other.name = text("other");
    inside(&mut other.endpoint).private_dns_enabled = Attr::Known(false);
    let mut ids = ids_of("", &world.settle(&other).await);
    world.forget();
    let shop = world.shop();
    ids.extend(ids_of("own.", &world.settle(&shop).await));
    ids.insert("vpc".into(), world.fresh.vpc_id.clone());
    ids.insert("subnet".into(), world.fresh.subnet_ids[0].clone());
    ids.insert("arn".into(), format!("arn%3Aaws%3Aapigateway%3A{REGION}%3A%3A"));
    (world, ids)
}

/// The other bundle's objects become anybody's.
async fn strip(world: &World, ids: &Ids) {
    for template in [
        ["ec2", "POST", "/", "DeleteTags&ResourceId.1={group}&ResourceId.2={endpoint}&Tag.1.Key=privgw:bundle"],
        [
            "elasticloadbalancing",
            "POST",
            "/",
            "RemoveTags&ResourceArns.member.1={balancer}&ResourceArns.member.2={targets}&ResourceArns.member.3={listener}&TagKeys.member.1=privgw:bundle",
        ],
        ["apigateway", "DELETE", "/tags/{arn}%2Frestapis%2F{api}?tagKeys=privgw%3Abundle", ""],
        ["apigateway", "DELETE", "/tags/{arn}%2Frestapis%2F{api}%2Fstages%2Fv1?tagKeys=privgw%3Abundle", ""],
        ["apigateway", "DELETE", "/tags/{arn}%2Fvpclinks%2F{link}?tagKeys=privgw%3Abundle", ""],
    ] {
        let (status, answer) = attempt(world, &template, ids).await;
        assert!((200..300).contains(&status), "{template:?}: {answer}");
    }
}

/// Sends every attempt, expects refusals, and tells what each needed.
async fn refused(world: &World, ids: &Ids) -> Vec<(String, Vec<Need>)> {
    let mut needs = Vec::new();
    for template in ON_OTHERS.iter().chain(ELSE) {
        let (status, answer) = attempt(world, template, ids).await;
        assert!(status == 403 && answer.contains("is not authorized to perform"), "{template:?}: {status} {answer}");
        let call = world.sim.calls().pop().unwrap();
        needs.push((filled(&template.join(" "), ids), call.needs));
    }
    needs
}

fn allows(document: &Value, needs: &[Need]) -> bool {
    let policy = policy(document);
    needs.iter().all(|need| need.verdict(&policy).decision == Decision::Allowed)
}

/// A role of a service that has nothing to do with bundles; the simulator has no IAM to ask.
fn foreign_role() -> (String, Vec<Need>) {
    let need = Need {
        action: "iam:CreateServiceLinkedRole".into(),
        resource: format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/es.amazonaws.com/AWSServiceRoleForAmazonES"),
        keys: [("iam:awsservicename".to_owned(), vec!["es.amazonaws.com".to_owned()])].into(),
    };
    ("a role for another service".into(), vec![need])
}

/// The policy without one of its conditions.
fn unconditional(document: &Value) -> Vec<(String, Value)> {
    let mut variants = Vec::new();
    for (index, statement) in document["Statement"].as_array().unwrap().iter().enumerate() {
        for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
            for key in keys.as_object().unwrap().keys() {
                let mut less = document.clone();
                less["Statement"][index]["Condition"][operator].as_object_mut().unwrap().remove(key);
                variants.push((format!("{}, {operator} {key}", statement["Sid"]), less));
            }
        }
    }
    variants
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_no_bundles_can_be_changed_and_no_api_made_public() {
    let document = document("apply");
    let (world, ids) = two_bundles().await;
    strip(&world, &ids).await;
    world.sim.set_policy(None, Some(policy(&document)));
    let mut attempts = refused(&world, &ids).await;
    attempts.push(foreign_role());
    let (what, needs) = attempts.last().unwrap();
    assert!(!allows(&document, needs), "{what}");
    // Each condition prevents one of these.
    for (condition, less) in unconditional(&document) {
        let some = attempts.iter().any(|(_, needs)| allows(&less, needs));
        assert!(some, "without this condition nothing more is allowed: {condition}");
    }
    for template in GAPS {
        let (status, answer) = attempt(&world, template, &ids).await;
        assert!((200..300).contains(&status), "the guide says that this is allowed: {template:?}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_limited_to_one_bundle_cannot_change_another() {
    let (world, ids) = two_bundles().await;
    world.sim.set_policy(None, Some(policy(&narrowed(&document("apply"), "shop"))));
    refused(&world, &ids).await;
}

#[tokio::test(start_paused = true)]
async fn a_bundle_lives_under_the_policy_that_is_limited_to_it() {
    let document = narrowed(&document("apply"), "shop");
    let mut world = limited(&document);
    live(&mut world, &document).await.unwrap_or_else(|found| panic!("{found:#?}"));
}

/// Why the reads aren't limited to what has the tag: what is gone has none, and a plan could not tell.
#[tokio::test(start_paused = true)]
async fn reads_limited_by_tags_would_hide_that_an_api_is_gone() {
    let mut document = document("plan");
    let statement = document["Statement"].as_array_mut().unwrap().last_mut().unwrap();
    statement["Condition"] = json!({"Null": {"aws:ResourceTag/privgw:bundle": "false"}});
    let mut world = World::new();
    let shop = world.shop();
    let made = world.settle(&shop).await;
    world.tamper("apigateway", "DELETE", &format!("/restapis/{}", made.rest_api_id.known().unwrap()), "").await;
    world.sim.set_policy(None, Some(policy(&document)));
    let found = world.plan(&shop).await.expect_err("a refusal where a plan needs to hear that there is nothing");
    assert!(found.iter().any(|one| one.detail.contains("not authorized to perform: apigateway:GET")), "{found:#?}");
}
