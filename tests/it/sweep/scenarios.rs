//! What is done while a call is struck.

use std::collections::BTreeMap;

use aws_sim::{Config, Fault};
use privgw::bundle::model::{InternalApi, LoadBalancer};
use tfplugin::Attr;

use super::{Base, Followed, LINGER};
use crate::life::CASES;
use crate::world::{World, inside, route, strings, text};

/// AWS's waits become polls, and there is nothing to learn from the hundredth of the same.
const SPEED: f64 = 50.0;

/// A change whose calls are struck.
pub struct Scenario {
    /// The first part of a point's name.
    pub name: &'static str,
    before: Before,
    /// What is wanted, given what is in the account; none means destroy.
    after: Option<fn(&World) -> InternalApi>,
    /// An operation that is refused in any case.
    refused: Option<&'static str>,
}

/// What is there before.
enum Before {
    Nothing,
    Bundle(fn(&World) -> InternalApi),
    /// A bundle of which somebody else has changed something.
    Touched(fn(&World) -> InternalApi),
    /// A destroy was killed when AWS had begun to delete the link.
    Going,
    /// A creation has failed at this operation.
    Failed(&'static str, Rest),
}

/// What is done with the rest of a failed creation.
enum Rest {
    Tainted,
    Untainted,
    /// Terraform has no state of it.
    Forgotten,
}

impl Scenario {
    /// The faults that belong to the scenario itself.
    pub fn order_faults(&self, world: &World) {
        if let Some(operation) = self.refused {
            world.sim.fail_next(operation, refusal());
        }
    }

    /// Whether the run fails even if nothing is struck.
    pub fn fails(&self) -> bool {
        self.refused.is_some()
    }
}

const fn change(name: &'static str, before: fn(&World) -> InternalApi, after: fn(&World) -> InternalApi) -> Scenario {
    Scenario { name, before: Before::Bundle(before), after: Some(after), refused: None }
}

pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "create_small", before: Before::Nothing, after: Some(small), refused: None },
    Scenario { name: "create_full", before: Before::Nothing, after: Some(full), refused: None },
    Scenario { name: "delete_small", before: Before::Bundle(small), after: None, refused: None },
    Scenario { name: "delete_full", before: Before::Bundle(full), after: None, refused: None },
    Scenario {
        name: "delete_half_made",
        before: Before::Failed("CreateRestApi", Rest::Tainted),
        after: None,
        refused: None,
    },
    Scenario {
        name: "create_after_failed_create",
        before: Before::Failed("CreateStage", Rest::Tainted),
        after: Some(small),
        refused: None,
    },
    Scenario {
        name: "create_untainted",
        before: Before::Failed("CreateVpcLink", Rest::Untainted),
        after: Some(small),
        refused: None,
    },
    Scenario {
        name: "create_from_leftovers",
        before: Before::Failed("CreateDeployment", Rest::Forgotten),
        after: Some(small),
        refused: None,
    },
    Scenario {
        name: "create_rolled_back",
        before: Before::Nothing,
        after: Some(rolled_back),
        refused: Some("CreateDeployment"),
    },
    Scenario { name: "repair", before: Before::Touched(small), after: Some(small), refused: None },
    Scenario { name: "apply_while_it_goes", before: Before::Going, after: Some(small), refused: None },
    change("change_children", small, |world| {
        changed(world, &["name", "tags", "callers", "balancer attributes", "API settings"])
    }),
    change("change_endpoint", small, |world| {
        changed(world, &["endpoint policy", "no private DNS", "fewer subnets of the endpoint"])
    }),
    change("change_back_end", small, |world| {
        changed(world, &["another health check", "target group attributes", "targets"])
    }),
    change("change_targets", |world| targets(world, "172.31.0.10"), |world| targets(world, "172.31.0.11")),
    change("change_stage", small, |world| changed(world, &["stage settings"])),
    change("rename_stage", small, |world| changed(world, &["another stage"])),
    change("add_route", small, with_route),
    change("remove_route", with_route, small),
    change("add_back_end", small, |world| changed(world, &["a new back end with its route"])),
    change("remove_back_end", |world| changed(world, &["a new back end with its route"]), small),
    change("own_endpoint_group", small, own_endpoint_group),
    change("managed_endpoint_group", own_endpoint_group, small),
    change("more_subnets", fewer_subnets, small),
    change("replace_load_balancer", small, fewer_subnets),
    change("replace_target_group", small, |world| with_ports(world, 4000, 3002)),
    change("replace_listener", small, |world| with_ports(world, 3002, 3009)),
    change("keep_no_deployments", small, keep_none),
    change("redeploy_keeping_none", |world| keeping_none(small(world)), keep_none),
    change("replace_several", small, |world| {
        let mut config = changed(world, &["tags", "a new back end with its route", "stage settings", "another stage"]);
        config.load_balancer = fewer_subnets(world).load_balancer;
        config
    }),
];

/// The situation before the blow, with another bundle in the same account and VPC.
pub async fn prepare(scenario: &'static Scenario, followed: Followed) -> Base {
    let mut world = World::with(Config { speed: SPEED, ..Config::default() });
    let mut neighbour = small(&world);
    neighbour.name = text("neighbour");
    inside(&mut neighbour.endpoint).private_dns_enabled = Attr::Known(false);
    world.settle(&neighbour).await;
    world.forget();
    tokio::time::sleep(LINGER).await;
    let empty = world.sim.objects();
    let before = match &scenario.before {
        Before::Nothing => None,
        Before::Bundle(config) | Before::Touched(config) => Some(config(&world)),
        Before::Going => Some(small(&world)),
        Before::Failed(..) => None,
    };
    if let Some(before) = &before {
        world.settle(before).await;
    }
    match &scenario.before {
        Before::Touched(_) => touch(&world).await,
        Before::Going => die_at(&mut world, "DeleteVpcLink").await,
        Before::Failed(operation, rest) => {
            world.sim.fail_next(operation, refusal());
            world.apply(&small(&world)).await.expect_err("it was refused");
            match rest {
                Rest::Tainted => {}
                Rest::Untainted => world.untaint(),
                Rest::Forgotten => world.forget(),
            }
        }
        _ => {}
    }
    let after = scenario.after.map(|after| after(&world));
    Base { world, empty, before, after, scenario, wanted: BTreeMap::new(), followed }
}

/// A destroy that is killed when AWS has done this.
async fn die_at(world: &mut World, operation: &str) {
    let mut rehearsal = world.fork();
    let seq = rehearsal.sim.calls().len();
    assert!(rehearsal.destroy().await.is_empty());
    let at = rehearsal.sim.calls()[seq..].iter().position(|call| call.operation == operation);
    let (state, strikes) = (world.state.clone(), world.strikes.clone());
    strikes.kill(at.expect("it is called"));
    tokio::select! {
        biased;
        () = strikes.killed() => {}
        found = world.destroy() => panic!("it wasn't killed: {found:?}"),
    }
    strikes.rest();
    world.state = state;
}

fn refusal() -> Fault {
    Fault::Error { status: 400, code: "InvalidParameter".into(), message: "not today".into() }
}

/// One back end with one route.
pub fn small(world: &World) -> InternalApi {
    let mut config = world.shop();
    inside(&mut config.backends).retain(|name, _| name == "users");
    inside(&mut config.routes).retain(|name, _| name.contains("users"));
    config
}

/// Everything that a bundle can have beside the necessary.
pub fn full(world: &World) -> InternalApi {
    let mut config = world.shop();
    let all = ["description", "tags", "another health check", "target group attributes", "targets", "endpoint policy"];
    for name in
        all.iter().chain(&["balancer attributes", "API settings", "stage settings", "a new back end with its route"])
    {
        apply(world, &mut config, name);
    }
    // It is in the way of a deletion, as it should be.
    inside(&mut config.load_balancer).deletion_protection = Attr::Null;
    config
}

fn changed(world: &World, names: &[&str]) -> InternalApi {
    let mut config = small(world);
    names.iter().for_each(|name| apply(world, &mut config, name));
    if let Attr::Known(balancer) = &mut config.load_balancer {
        balancer.deletion_protection = Attr::Null;
    }
    config
}

/// A change that is known from elsewhere.
fn apply(world: &World, config: &mut InternalApi, name: &str) {
    let case = CASES.iter().find(|case| case.name == name).expect("there is such a change");
    (case.change)(world, config);
}

fn rolled_back(world: &World) -> InternalApi {
    InternalApi { on_create_failure: text("rollback"), ..small(world) }
}

fn with_route(world: &World) -> InternalApi {
    let mut config = small(world);
    inside(&mut config.routes).insert("GET /new".into(), Attr::Known(route("users")));
    config
}

fn keep_none(world: &World) -> InternalApi {
    keeping_none(with_route(world))
}

fn keeping_none(mut config: InternalApi) -> InternalApi {
    inside(&mut config.stage).keep_deployments = Attr::Known(0);
    config
}

fn targets(world: &World, address: &str) -> InternalApi {
    let mut config = small(world);
    inside(inside(&mut config.backends).get_mut("users").expect("it is there")).targets =
        strings(&[address.to_string()]);
    config
}

fn own_endpoint_group(world: &World) -> InternalApi {
    let mut config = small(world);
    let endpoint = inside(&mut config.endpoint);
    endpoint.allowed_security_group_ids = Attr::Null;
    endpoint.security_group_ids = strings(std::slice::from_ref(&world.fresh.security_group_id));
    config
}

fn fewer_subnets(world: &World) -> InternalApi {
    let subnet_ids = strings(&world.fresh.subnet_ids[..2]);
    InternalApi { load_balancer: Attr::Known(LoadBalancer { subnet_ids, ..LoadBalancer::default() }), ..small(world) }
}

fn with_ports(world: &World, port: i64, listener_port: i64) -> InternalApi {
    let mut config = small(world);
    let backend = inside(inside(&mut config.backends).get_mut("users").expect("it is there"));
    backend.port = Attr::Known(port);
    backend.listener_port = Attr::Known(listener_port);
    config
}

/// Somebody deletes the listener and the stage, allows himself in and edits a tag.
async fn touch(world: &World) {
    let (state, _) = world.state.clone().expect("there is a bundle");
    let known = |attr: &Attr<String>| attr.known().cloned().unwrap_or_default();
    let (api, group) = (known(&state.id), known(&state.security_group_id));
    let listener = known(&state.listener_arns.known().expect("it is known")["users"]);
    let rule = "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0";
    let authorize = format!("Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId={group}&{rule}");
    let tag = format!("Action=CreateTags&Version=2016-11-15&ResourceId.1={group}&Tag.1.Key=mine&Tag.1.Value=yes");
    let delete = format!("Action=DeleteListener&Version=2015-12-01&ListenerArn={listener}");
    let _: [String; 4] = [
        world.tamper("ec2", "POST", "/", &authorize).await,
        world.tamper("ec2", "POST", "/", &tag).await,
        world.tamper("elasticloadbalancing", "POST", "/", &delete).await,
        world.tamper("apigateway", "DELETE", &format!("/restapis/{api}/stages/v1"), "").await,
    ];
}
