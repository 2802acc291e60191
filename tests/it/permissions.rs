//! The policies of `docs/iam`: each is enough, and nothing in it can be spared.

mod attempts;
mod misuse;

use std::collections::BTreeSet;
use std::path::Path as File;

use aws_sim::{Decision, Need, Policy};
use privgw::bundle::model::{Api, HealthCheck, InternalApi, LoadBalancer};
use serde_json::{Value, json};
use tfplugin::{Attr, Diagnostics, Path, Severity};

use crate::life::CASES;
use crate::world::{REGION, World, inside, map, route, strings, text};

fn read(name: &str) -> String {
    let file = File::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn document(name: &str) -> Value {
    serde_json::from_str(&read(&format!("iam/{name}.json"))).unwrap()
}

fn policy(document: &Value) -> Policy {
    Policy::of_identity(document).unwrap_or_else(|mistake| panic!("{mistake}"))
}

/// The policy limited to one bundle and one region, as the guide says how.
fn narrowed(document: &Value, bundle: &str) -> Value {
    let mut narrowed = document.clone();
    for statement in narrowed["Statement"].as_array_mut().unwrap() {
        if ["LookUpNetwork", "ServeLinks"].map(Value::from).contains(&statement["Sid"]) {
            statement["Condition"] = json!({"Bool": {"aws:ViaAWSService": "true"}});
        }
        let Some(condition) = statement.get_mut("Condition").and_then(Value::as_object_mut) else { continue };
        let tag = ["aws:RequestTag/privgw:bundle", "aws:ResourceTag/privgw:bundle"].into_iter().find(|tag| {
            condition.get_mut("Null").is_some_and(|keys| keys.as_object_mut().unwrap().remove(*tag).is_some())
        });
        condition.retain(|_, keys| keys.as_object().is_some_and(|keys| !keys.is_empty()));
        if let Some(tag) = tag {
            condition.entry("StringEquals").or_insert_with(|| json!({}))[tag] = json!(bundle);
        }
    }
    let mut text = narrowed.to_string();
    for service in ["apigateway", "ec2", "elasticloadbalancing"] {
        text = text.replace(&format!("arn:*:{service}:*:"), &format!("arn:aws:{service}:{REGION}:"));
    }
    serde_json::from_str(&text).unwrap()
}

/// A new account, whose only user may do just this.
fn limited(document: &Value) -> World {
    let world = World::new();
    world.sim.set_policy(None, Some(policy(document)));
    world
}

/// Configurations that lead through everything the provider does.
fn stations(world: &World) -> Vec<InternalApi> {
    let (zones, subnets) = (&world.fresh.subnet_ids, |count: usize| strings(&world.fresh.subnet_ids[..count]));
    let mut made = world.shop();
    made.tags = map([("team", "shop".to_string())]);
    inside(inside(&mut made.backends).get_mut("users").unwrap()).targets = strings(&["172.31.0.10".into()]);

    let mut changed = made.clone();
    changed.name = text("store");
    changed.tags = map([("owner", "shop".to_string())]);
    let users = inside(inside(&mut changed.backends).get_mut("users").unwrap());
    users.health_check = Attr::Known(HealthCheck { interval: Attr::Known(20), ..HealthCheck::default() });
    users.deregistration_delay = Attr::Known(30);
    users.targets = strings(&["172.31.0.11".into()]);
    let endpoint = inside(&mut changed.endpoint);
    endpoint.allowed_security_group_ids = Attr::Null;
    endpoint.allowed_cidr_blocks = strings(&["10.1.0.0/16".into()]);
    endpoint.private_dns_enabled = Attr::Known(false);
    endpoint.subnet_ids = subnets(2);
    changed.load_balancer =
        Attr::Known(LoadBalancer { cross_zone_enabled: Attr::Known(false), ..LoadBalancer::default() });
    changed.api = Attr::Known(Api { minimum_compression_size: Attr::Known(1024), ..Api::default() });
    inside(&mut changed.routes).insert("GET /new".into(), Attr::Known(route("users")));
    let stage = inside(&mut changed.stage);
    stage.description = text("live");
    stage.keep_deployments = Attr::Known(0);

    let mut replaced = changed.clone();
    let users = inside(inside(&mut replaced.backends).get_mut("users").unwrap());
    (users.port, users.listener_port) = (Attr::Known(4000), Attr::Known(3002));
    let endpoint = inside(&mut replaced.endpoint);
    endpoint.allowed_cidr_blocks = Attr::Null;
    endpoint.security_group_ids = strings(std::slice::from_ref(&world.fresh.security_group_id));
    endpoint.private_dns_enabled = Attr::Null;
    endpoint.subnet_ids = Attr::Null;

    let mut moved = made.clone();
    inside(&mut moved.stage).name = text("v2");
    inside(&mut moved.backends).remove("images");
    inside(&mut moved.routes).remove("POST /images");
    moved.load_balancer = Attr::Known(LoadBalancer { subnet_ids: subnets(2), ..LoadBalancer::default() });
    let mut widened = moved.clone();
    inside(&mut widened.load_balancer).subnet_ids = strings(zones);
    vec![made, changed, replaced, moved, widened]
}

/// Somebody else opens one way out of the load balancer and closes the other.
async fn tamper(world: &World, document: &Value) {
    world.sim.set_policy(None, None);
    let (state, _) = world.state.clone().unwrap();
    let group = state.nlb_security_group_id.into_known().unwrap();
    for (action, rule) in [
        ("Revoke", "IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"),
        (
            "Authorize",
            "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=1&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8",
        ),
    ] {
        let form = format!("Version=2016-11-15&Action={action}SecurityGroupEgress&GroupId={group}&{rule}");
        world.tamper("ec2", "POST", "/", &form).await;
    }
    world.sim.set_policy(None, Some(policy(document)));
}

/// Creation, changes of every child, repair and destruction, up to the first refusal.
async fn live(world: &mut World, document: &Value) -> Result<(), Diagnostics> {
    let stations = stations(world);
    world.apply(&stations[0]).await?;
    tamper(world, document).await;
    for config in &stations {
        world.apply(config).await?;
    }
    let found = world.destroy().await;
    if found.has_errors() { Err(found) } else { Ok(()) }
}

/// What was needed since a call.
fn needed(world: &World, seq: usize) -> BTreeSet<Need> {
    world.sim.calls().into_iter().skip(seq).flat_map(|call| call.needs).collect()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        other => other.as_str().map(str::to_owned).into_iter().collect(),
    }
}

fn without_statement(document: &Value, index: usize) -> Value {
    let mut less = document.clone();
    less["Statement"].as_array_mut().unwrap().remove(index);
    less
}

/// The policy without one of its parts: a statement, an action, a resource, a value of a condition.
fn variants(document: &Value) -> Vec<(String, Value)> {
    let mut variants = Vec::new();
    for (index, statement) in document["Statement"].as_array().unwrap().iter().enumerate() {
        let sid = statement["Sid"].as_str().unwrap();
        variants.push((sid.to_owned(), without_statement(document, index)));
        let operators = statement["Condition"].as_object().into_iter().flatten();
        let keys = operators.flat_map(|(operator, keys)| {
            keys.as_object().unwrap().keys().map(move |key| format!("/Condition/{operator}/{}", key.replace('/', "~1")))
        });
        for pointer in ["/Action".to_owned(), "/Resource".to_owned()].into_iter().chain(keys) {
            let all = statement.pointer(&pointer).map(texts).unwrap_or_default();
            for one in all.iter().filter(|_| all.len() > 1) {
                let mut less = document.clone();
                let rest: Vec<&String> = all.iter().filter(|other| *other != one).collect();
                *less["Statement"][index].pointer_mut(&pointer).unwrap() = json!(rest);
                variants.push((format!("{sid}, {pointer}: {one}"), less));
            }
        }
    }
    variants
}

/// Each part of the policy allows something that was needed and that nothing else allows.
fn assert_least(document: &Value, needs: &BTreeSet<Need>) {
    let allows = |policy: &Policy, need: &Need| need.verdict(policy).decision == Decision::Allowed;
    let whole = policy(document);
    let refused: Vec<String> = needs.iter().filter(|need| !allows(&whole, need)).map(Need::to_string).collect();
    assert_eq!(refused, Vec::<String>::new(), "the policy isn't enough");
    let spare = variants(document).into_iter().filter(|(_, less)| {
        let less = policy(less);
        needs.iter().all(|need| allows(&less, need))
    });
    let spare: Vec<String> = spare.map(|(part, _)| part).collect();
    assert_eq!(spare, Vec::<String>::new(), "these parts of the policy can be spared");
}

#[tokio::test(start_paused = true)]
async fn the_policy_for_applies_is_enough_and_nothing_in_it_can_be_spared() {
    let document = document("apply");
    let mut world = limited(&document);
    live(&mut world, &document).await.unwrap_or_else(|found| panic!("{found:#?}"));
    assert_least(&document, &needed(&world, 0));
}

#[tokio::test(start_paused = true)]
async fn every_change_there_is_a_case_for_may_be_made_with_it() {
    let mut world = limited(&document("apply"));
    let config = world.shop();
    world.settle(&config).await;
    for case in CASES {
        println!("{}", case.name);
        let mut changed = config.clone();
        (case.change)(&world, &mut changed);
        world.settle(&changed).await;
        world.settle(&config).await;
    }
    assert!(world.destroy().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_policy_for_plans_is_enough_and_nothing_in_it_can_be_spared() {
    let document = document("plan");
    let mut world = World::new();
    let stations = stations(&world);
    let made = world.settle(&stations[0]).await;
    let seq = world.sim.calls().len();
    world.sim.set_policy(None, Some(policy(&document)));
    world.assert_settled(&stations[0]).await;
    for config in &stations {
        let plan = world.plan(config).await.unwrap_or_else(|found| panic!("{found:#?}"));
        assert!(!plan.diagnostics.iter().any(|one| one.detail.contains("not authorized")), "{:?}", plan.diagnostics);
    }
    assert_eq!(world.writes_since(seq), Vec::<String>::new());
    let mut needs = needed(&world, seq);
    // An API that is gone is looked for among all.
    world.sim.set_policy(None, None);
    world.tamper("apigateway", "DELETE", &format!("/restapis/{}", made.id.known().unwrap()), "").await;
    world.sim.set_policy(None, Some(policy(&document)));
    let seq = world.sim.calls().len();
    world.plan(&stations[0]).await.unwrap_or_else(|found| panic!("{found:#?}"));
    needs.extend(needed(&world, seq));
    assert_least(&document, &needs);
}

#[tokio::test(start_paused = true)]
async fn without_any_of_its_actions_a_plan_ends_with_its_name() {
    let document = document("plan");
    let mut world = World::new();
    let stations = stations(&world);
    world.settle(&stations[0]).await;
    for (part, less) in variants(&document).into_iter().filter(|(part, _)| !part.contains("/Resource")) {
        world.sim.set_policy(None, Some(policy(&less)));
        let found = world.plan(&stations[1]).await.map_or_else(|found| found, |plan| plan.diagnostics);
        let action = part.split_once("/Action: ").map_or("", |(_, action)| action);
        let denied = format!("not authorized to perform: {action}");
        let named = found.iter().find(|one| one.detail.contains(&denied));
        let named = named.unwrap_or_else(|| panic!("{part}: {found:#?}"));
        // Subnets are only checked, so that whoever may not look at them can still plan.
        assert_eq!(named.severity == Severity::Error, action != "ec2:DescribeSubnets", "{part}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_statement_an_apply_ends_with_the_name_of_an_action_it_allows() {
    let document = document("apply");
    for (index, statement) in document["Statement"].as_array().unwrap().iter().enumerate() {
        let sid = statement["Sid"].as_str().unwrap();
        let less = without_statement(&document, index);
        let found = live(&mut limited(&less), &less).await.expect_err(sid);
        let named = |action: &String| {
            found.iter().any(|one| one.detail.contains(&format!("not authorized to perform: {action}")))
        };
        assert!(texts(&statement["Action"]).iter().any(named), "{sid}: {found:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_is_told_on_the_attribute_that_asked_with_the_permission_and_what_to_do() {
    let document = document("apply");
    for (part, action, path) in [
        ("MakeEndpoints", "ec2:CreateVpcEndpoint", Path::attr("endpoint")),
        ("MakeLoadBalancers", "elasticloadbalancing:CreateLoadBalancer", Path::attr("load_balancer")),
        (
            "MakeGroupsAndLinks, /Action: elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:CreateTargetGroup",
            Path::attr("backends").key("users"),
        ),
        ("MakeApis", "apigateway:POST", Path::attr("routes")),
        ("DeployOwnApis", "apigateway:POST", Path::attr("stage")),
    ] {
        let less = variants(&document).into_iter().find(|(name, _)| name == part).unwrap().1;
        let mut world = limited(&less);
        let found = world.apply(&stations(&world)[0]).await.unwrap_err();
        let denial = found.iter().find(|one| one.path.as_ref() == Some(&path));
        let denial = denial.unwrap_or_else(|| panic!("{part}: {found:#?}"));
        assert!(
            denial.detail.contains(&format!("not authorized to perform: {action} on resource: arn:aws:")),
            "{denial:?}"
        );
        assert!(denial.detail.contains("guide on permissions"), "{denial:?}");
    }
}

#[test]
fn the_guide_shows_the_policies_and_says_what_each_statement_is_for() {
    let guide = read("guides/permissions.md");
    for name in ["apply", "plan"] {
        assert!(
            guide.contains(read(&format!("iam/{name}.json")).trim()),
            "the guide lacks docs/iam/{name}.json as it is"
        );
        for statement in document(name)["Statement"].as_array().unwrap() {
            let start = format!("| `{}` |", statement["Sid"].as_str().unwrap());
            let row = guide.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("the guide does not say what {start} is for"));
            let is_wide = statement["Resource"] == "*";
            assert_eq!(is_wide, row.contains("On everything"), "the guide does not say why it is on everything: {row}");
        }
        // The most that a managed policy may hold, spaces not counted.
        const MOST: usize = 6144;
        let size = read(&format!("iam/{name}.json")).split_whitespace().map(str::len).sum::<usize>();
        assert!(size <= MOST, "{name} has {size} characters");
    }
}
