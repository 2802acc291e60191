//! Pieces that exist already: a bundle uses them, changes nothing about them, and never deletes them.

use std::time::Duration;

use privgw::bundle::model::{Backend, Endpoint, InternalApi, LoadBalancer, VpcLink};
use serde_json::Value;
use tfplugin::{Attr, Diagnostics};

use crate::sweep::alone;
use crate::world::{ACCOUNT, REGION, World, inside, map, route, strings, text};

/// What somebody else has made: it is there before the bundle and after it.
pub struct Estate {
    pub endpoint: String,
    pub balancer: String,
}

impl Estate {
    pub async fn build(world: &World) -> Self {
        let balancer = balancer(world, "estate", "internal").await;
        let endpoint = endpoint(world).await;
        tokio::time::sleep(Duration::from_secs(600)).await;
        Self { endpoint, balancer }
    }

    pub async fn link(&self, world: &World) -> String {
        let body = format!(r#"{{"name":"estate","targetArns":["{}"]}}"#, self.balancer);
        let link: Value = serde_json::from_str(&world.tamper("apigateway", "POST", "/vpclinks", &body).await).unwrap();
        tokio::time::sleep(Duration::from_secs(600)).await;
        link["id"].as_str().expect("a link has an id").to_string()
    }

    fn endpoint(&self) -> Attr<Endpoint> {
        Attr::Known(Endpoint { id: text(&self.endpoint), ..Endpoint::default() })
    }

    pub fn balancer(&self) -> Attr<LoadBalancer> {
        Attr::Known(LoadBalancer { arn: text(&self.balancer), ..LoadBalancer::default() })
    }
}

pub async fn balancer(world: &World, name: &str, scheme: &str) -> String {
    let subnets = world.fresh.subnet_ids.iter().enumerate();
    let subnets: Vec<String> = subnets.map(|(at, id)| format!("Subnets.member.{}={id}", at + 1)).collect();
    let form = format!(
        "Version=2015-12-01&Action=CreateLoadBalancer&Name={name}&Type=network&Scheme={scheme}&{}",
        subnets.join("&")
    );
    let answer = world.tamper("elasticloadbalancing", "POST", "/", &form).await;
    element(&answer, "LoadBalancerArn")
}

async fn endpoint(world: &World) -> String {
    let form = format!(
        "Version=2016-11-15&Action=CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={}&SubnetId.1={}&SecurityGroupId.1={}\
         &ServiceName=com.amazonaws.{REGION}.execute-api&PrivateDnsEnabled=false",
        world.fresh.vpc_id, world.fresh.subnet_ids[0], world.fresh.security_group_id
    );
    element(&world.tamper("ec2", "POST", "/", &form).await, "vpcEndpointId")
}

pub fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name} in {xml}"));
    rest.split('<').next().unwrap_or_default().to_string()
}

/// What exists of the kinds that can be handed in, in full.
fn estate(world: &World) -> Value {
    let all = &world.sim.objects()[ACCOUNT][REGION];
    ["vpc-endpoint", "load-balancer", "vpc-link", "listener", "target-group"].map(|kind| all[kind].clone()).into()
}

fn says(found: &Diagnostics, path: &str, word: &str) -> bool {
    found.iter().any(|one| {
        let at = one.path.as_ref().map(ToString::to_string).unwrap_or_default();
        at == path && format!("{} {}", one.summary, one.detail).contains(word)
    })
}

#[tokio::test(start_paused = true)]
async fn a_bundle_on_an_endpoint_a_load_balancer_and_a_link_that_exist_makes_only_the_rest() {
    let mut world = World::new();
    let estate = Estate::build(&world).await;
    let link = estate.link(&world).await;
    let before = world.sim.objects();
    let mut config = world.shop();
    config.subnet_ids = Attr::Null;
    config.endpoint = estate.endpoint();
    config.load_balancer = estate.balancer();
    config.vpc_link = Attr::Known(VpcLink { id: text(&link) });
    let planned = world.plan(&config).await.unwrap().planned;
    assert_eq!((&planned.vpc_endpoint_id, &planned.vpc_link_id), (&text(&estate.endpoint), &text(&link)));
    let state = world.settle(&config).await;
    assert_eq!((&state.nlb_arn, &state.security_group_id), (&text(&estate.balancer), &Attr::Null));
    assert_eq!(state.nlb_network_interfaces.known().map(|all| all.len()), Some(3));
    // The endpoint has no private DNS, and so the plain name doesn't lead to it.
    let api = state.id.known().unwrap();
    let alias = format!("https://{api}-{}.execute-api.{REGION}.amazonaws.com/v1", estate.endpoint);
    assert_eq!(state.invoke_url, text(&alias));
    let made: Vec<&String> = state.children.known().unwrap().keys().collect();
    let expected = [
        "deployment",
        "listener/images",
        "listener/products",
        "listener/users",
        "rest_api",
        "stage",
        "target_group/images",
        "target_group/products",
        "target_group/users",
    ];
    assert_eq!(made, expected);

    let imported_from = api.clone();
    let (saved, seq) = (world.state.take(), world.sim.calls().len());
    world.import(&imported_from).await.unwrap();
    world.assert_settled(&config).await;
    assert_eq!(world.writes_since(seq), Vec::<String>::new());
    world.state = saved;
    assert!(world.destroy().await.is_empty());
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(world.sim.objects(), before);
}

#[tokio::test(start_paused = true)]
async fn with_listeners_that_exist_back_ends_are_only_ports() {
    let mut world = World::new();
    let estate = Estate::build(&world).await;
    let group = format!(
        "Version=2015-12-01&Action=CreateTargetGroup&Name=theirs&Protocol=TCP&Port=3001&VpcId={}&TargetType=ip",
        world.fresh.vpc_id
    );
    let group = element(&world.tamper("elasticloadbalancing", "POST", "/", &group).await, "TargetGroupArn");
    let listener = format!(
        "Version=2015-12-01&Action=CreateListener&LoadBalancerArn={}&Protocol=TCP&Port=3001\
         &DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}",
        estate.balancer
    );
    world.tamper("elasticloadbalancing", "POST", "/", &listener).await;
    let before = world.sim.objects();
    let mut config = world.shop();
    config.load_balancer = estate.balancer();
    config.backends = map([("products", Backend { port: Attr::Known(3001), ..Backend::default() })]);
    config.routes = map([("GET /products", route("products"))]);
    let found = world.plan(&config).await.unwrap_err();
    assert!(says(&found, "backends[\"products\"].listener_port", "listener_managed"), "{found:?}");
    inside(&mut config.load_balancer).listener_managed = Attr::Known(false);
    let state = world.settle(&config).await;
    assert_eq!(state.target_groups.known().map(|all| all.len()), Some(0));
    assert_eq!((world.count("listener"), world.count("target-group"), world.count("vpc-link")), (1, 1, 1));
    assert!(world.destroy().await.is_empty());
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(world.sim.objects(), before);
}

/// A configuration, and what of it is handed in.
fn moved(config: &InternalApi, estate: &Estate) -> InternalApi {
    InternalApi { endpoint: estate.endpoint(), load_balancer: estate.balancer(), ..config.clone() }
}

#[tokio::test(start_paused = true)]
async fn a_bundle_moves_to_pieces_that_exist_and_back() {
    let mut world = World::new();
    let estate = Estate::build(&world).await;
    let before = world.sim.objects();
    let config = world.shop();
    let managed = world.settle(&config).await;
    let given = world.settle(&moved(&config, &estate)).await;
    assert_eq!(managed.id, given.id);
    assert_eq!((world.count("load-balancer"), world.count("vpc-endpoint"), world.count("vpc-link")), (1, 1, 1));
    assert_eq!(given.nlb_arn, text(&estate.balancer));
    let back = world.settle(&config).await;
    assert_eq!(managed.id, back.id);
    assert_eq!((world.count("load-balancer"), world.count("vpc-endpoint"), world.count("vpc-link")), (2, 2, 1));
    assert!(world.destroy().await.is_empty());
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(world.sim.objects(), before);
}

/// Wherever a move dies, going on leads there, and turning back leads back: with no orphan, and nothing of the estate changed.
#[test]
fn a_move_that_dies_can_go_on_or_turn_back() {
    alone(async {
        let mut base = World::new();
        let estate = Estate::build(&base).await;
        let here = base.shop();
        let there = moved(&here, &estate);
        for (from, to) in [(&here, &there), (&there, &here)] {
            base.settle(from).await;
            let mut whole = base.fork();
            whole.settle(to).await;
            let calls: Vec<String> = whole.sim.calls().into_iter().map(|call| call.operation).collect();
            let is_write = |name: &String| !name.starts_with("Describe") && !name.starts_with("Get");
            let places: Vec<usize> = (0..calls.len()).filter(|at| is_write(&calls[*at])).collect();
            assert!(places.len() > 10, "{calls:?}");
            for at in places {
                for goal in [from, to] {
                    let mut world = base.fork();
                    die(&mut world, to, at).await;
                    let mut world = world.reborn();
                    world.settle(goal).await;
                    let mut undisturbed = if std::ptr::eq(goal, to) { whole.fork() } else { base.fork() };
                    undisturbed.settle(goal).await;
                    for kind in
                        ["vpc-endpoint", "load-balancer", "target-group", "listener", "vpc-link", "security-group"]
                    {
                        assert_eq!(world.count(kind), undisturbed.count(kind), "{kind} after {} ({at})", calls[at]);
                    }
                }
            }
        }
    });
}

async fn die(world: &mut World, after: &InternalApi, at: usize) {
    let (saved, strikes) = (world.state.clone(), world.strikes.clone());
    strikes.kill(at);
    tokio::select! {
        biased;
        () = strikes.killed() => {}
        done = world.apply(after) => panic!("it was to die at {at}: {done:?}"),
    }
    strikes.rest();
    world.state = saved;
}

#[tokio::test(start_paused = true)]
async fn what_is_handed_in_and_of_no_use_is_told_by_the_plan() {
    let mut world = World::new();
    let estate = Estate::build(&world).await;
    let outside = balancer(&world, "outside", "internet-facing").await;
    let taken = estate.link(&world).await;
    let with = |change: &dyn Fn(&mut InternalApi)| {
        let mut config = world.shop();
        change(&mut config);
        config
    };
    let given = |arn: &str| Attr::Known(LoadBalancer { arn: text(arn), ..LoadBalancer::default() });
    let cases = [
        (
            with(&|c| c.endpoint = Attr::Known(Endpoint { id: text("vpce-0123456789abcdef0"), ..Endpoint::default() })),
            "endpoint.id",
            "no such object",
        ),
        (with(&|c| c.load_balancer = given(&format!("{}0", estate.balancer))), "load_balancer.arn", "no such object"),
        (with(&|c| c.load_balancer = given(&outside)), "load_balancer.arn", "its scheme is internet-facing"),
        (
            with(&|c| c.load_balancer = estate.balancer()),
            "load_balancer.arn",
            &format!("vpc_link = {{ id = {taken:?} }}"),
        ),
        (
            with(&|c| {
                c.load_balancer = given(&balancer_of_another_name(&estate.balancer));
                c.vpc_link = Attr::Known(VpcLink { id: text(&taken) });
            }),
            "vpc_link.id",
            "its target_arn is",
        ),
    ];
    for (config, path, word) in cases {
        let seq = world.sim.calls().len();
        let found = world.plan(&config).await.unwrap_err();
        assert!(says(&found, path, word), "{path}, {word}: {found:?}");
        assert_eq!(world.writes_since(seq), Vec::<String>::new());
        // Without the check, the apply finds out, on the same attribute, and before it needs it.
        let found = world.apply(&InternalApi { preflight: Attr::Known(false), ..config }).await.unwrap_err();
        assert!(
            found
                .iter()
                .any(|one| one.path.as_ref().is_some_and(|at| at.to_string() == path || at.to_string() == "vpc_link")),
            "{path}: {found:?}"
        );
        world.untaint();
        assert!(world.destroy().await.is_empty());
    }
}

fn balancer_of_another_name(arn: &str) -> String {
    arn.replace("net/estate", "net/other")
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_about_what_is_handed_in_whatever_becomes_of_the_bundle() {
    let mut world = World::new();
    let estate_ids = Estate::build(&world).await;
    let before = estate(&world);
    let config = moved(&world.shop(), &estate_ids);
    world.settle(&config).await;
    let mut changed = config.clone();
    changed.name = text("renamed");
    changed.tags = map([("team", "shop".to_string())]);
    changed.backends = map([("products", Backend { port: Attr::Known(4001), ..Backend::default() })]);
    changed.routes = map([("GET /products", route("products"))]);
    inside(&mut changed.endpoint).additional_ids = strings(&[]);
    world.settle(&changed).await;
    assert!(world.destroy().await.is_empty());
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(estate(&world), before);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_was_handed_in_and_has_gone_is_told_by_name() {
    let mut world = World::new();
    let estate = Estate::build(&world).await;
    let mut config = world.shop();
    config.endpoint = estate.endpoint();
    world.settle(&config).await;
    let form = format!("Version=2016-11-15&Action=DeleteVpcEndpoints&VpcEndpointId.1={}", estate.endpoint);
    world.tamper("ec2", "POST", "/", &form).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    let found = world.plan(&config).await.unwrap_err();
    assert!(says(&found, "endpoint.id", &estate.endpoint), "{found:?}");
    // A new one, made here, puts that right.
    config.endpoint = world.shop().endpoint;
    world.settle(&config).await;
}
