//! Bundles that somebody else has built: adopting one changes nothing, and from then on it is like any other.

mod article;

use tfplugin::testing::terraform::Action;
use tfplugin::{Attr, Codec, Diagnostics, Path};

use privgw::bundle::model::{Backend, Endpoint, InternalApi, LoadBalancer, Stage};

use self::article::{Article, elb, post, put, set};
use crate::conformance::rpc;
use crate::existing::generated;
use crate::handed_in::element;
use crate::world::{World, inside, map, route, strings, text};

/// What a person would write who takes over the article's bundle.
fn config(world: &World) -> InternalApi {
    let backend = |port: i64| Backend { port: Attr::Known(port), blue_green: Attr::Known(true), ..Backend::default() };
    InternalApi {
        name: text("dev-rest-api"),
        backends: map([("products", backend(3001)), ("users", backend(3002))]),
        routes: map([
            ("GET /products", route("products")),
            ("POST /images", route("products")),
            ("GET /users", route("users")),
        ]),
        stage: Attr::Known(Stage { name: text("deploy"), ..Stage::default() }),
        endpoint: Attr::Known(Endpoint {
            allowed_security_group_ids: strings(std::slice::from_ref(&world.fresh.security_group_id)),
            ..Endpoint::default()
        }),
        ..world.shop()
    }
}

async fn adopted(world: &mut World) -> (Article, InternalApi) {
    let article = Article::build(world).await;
    world.import(&article.api).await.expect("it can be adopted");
    let (written, _) = generated(&rpc(world).await, &article.api).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    (article, InternalApi::decode(&written, &Path::root()).expect("it fits"))
}

#[tokio::test(start_paused = true)]
async fn the_articles_bundle_is_adopted_without_a_write_and_plans_empty() {
    let world = World::new();
    let article = Article::build(&world).await;
    let before = world.sim.calls().len();
    let rpc = rpc(&world).await;
    let (written, plan) = generated(&rpc, &article.api).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!(plan.action, Action::NoOp, "{written:?}");
    assert_eq!(world.writes_since(before), Vec::<String>::new());
    let written = InternalApi::decode(&written, &Path::root()).expect("it fits");
    let backends = written.backends.known().expect("back ends");
    assert_eq!(backends.keys().collect::<Vec<_>>(), ["dev-prdct-tg", "dev-users-tg"]);
    assert!(backends.values().all(|one| one.known().is_some_and(|one| one.blue_green == Attr::Known(true))));
    assert_eq!(written.policy, Attr::Null, "it says what every policy says: {:?}", written.policy);
}

#[tokio::test(start_paused = true)]
async fn what_is_adopted_stays_what_it_was_and_changes_like_any_other() {
    let mut world = World::new();
    let (article, mut config) = adopted(&mut world).await;
    world.assert_settled(&config).await;
    let state = world.known_state();
    let id = |value: &Attr<String>| value.known().cloned().unwrap_or_default();
    assert_eq!(
        [&state.id, &state.vpc_endpoint_id, &state.nlb_arn, &state.vpc_link_id, &state.deployment_id].map(id),
        [&article.api, &article.endpoint, &article.balancer, &article.link, &article.deployment].map(Clone::clone)
    );

    let before = world.sim.calls().len();
    inside(&mut config.routes).insert("GET /users/{id}".into(), Attr::Known(route("dev-users-tg")));
    let changed = world.settle(&config).await;
    assert_eq!(id(&changed.id), article.api);
    assert_ne!(id(&changed.deployment_id), article.deployment);
    let made: Vec<String> = world.writes_since(before);
    assert!(
        made.iter()
            .all(|name| !name.starts_with("Create") || ["CreateTags", "CreateDeployment"].contains(&name.as_str())),
        "{made:?}"
    );

    world.destroy().await;
    for kind in ["rest-api", "vpc-link", "load-balancer", "target-group", "listener", "vpc-endpoint"] {
        assert_eq!(world.count(kind), 0, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn back_ends_take_the_names_that_the_configuration_has_for_their_ports() {
    let mut world = World::new();
    let (article, told) = adopted(&mut world).await;
    let mut config = config(&world);
    let generated = told.backends.known().expect("back ends");
    for (name, was) in [("products", "dev-prdct-tg"), ("users", "dev-users-tg")] {
        inside(&mut config.backends).insert(name.into(), generated[was].clone());
    }
    config.load_balancer = told.load_balancer.clone();
    inside(&mut config.stage).method_settings = told.stage.known().expect("a stage").method_settings.clone();
    let before = world.sim.calls().len();
    let state = world.settle(&config).await;
    let made = world.writes_since(before);
    assert!(made.iter().all(|name| ["CreateTags", "AddTags", "TagResource"].contains(&name.as_str())), "{made:?}");
    assert_eq!(state.deployment_id, Attr::Known(article.deployment));
    let groups = state.target_groups.known().expect("groups");
    let name = |key: &str| groups[key].known().and_then(|group| group.green_name.known().cloned());
    assert_eq!(name("products").as_deref(), Some("dev-prdct-tg-green"));

    // A lost state costs nothing: the tags tell by now what is what.
    let mut other = world.beside();
    other.import(&article.api).await.expect("it is known");
    other.assert_settled(&config).await;
}

#[tokio::test(start_paused = true)]
async fn tags_that_others_have_written_stay() {
    let mut world = World::new();
    let (article, mut config) = adopted(&mut world).await;
    config.tags = map([("team", "shop".to_string())]);
    world.settle(&config).await;
    let tags = elb(&world, &format!("Action=DescribeTags&ResourceArns.member.1={}", article.balancer)).await;
    for tag in ["<Key>Name</Key>", "<Key>team</Key>", "<Key>privgw:bundle</Key>"] {
        assert!(tags.contains(tag), "{tag} in {tags}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_moved_block_needs_nothing_but_the_id() {
    let world = World::new();
    let article = Article::build(&world).await;
    let rpc = rpc(&world).await;
    let (written, _) = generated(&rpc, &article.api).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    let source = tfplugin::MoveSource {
        provider: "registry.terraform.io/hashicorp/aws".to_string(),
        type_name: "aws_api_gateway_rest_api".to_string(),
        version: 0,
        state: serde_json::json!({"id": article.api, "name": "dev-rest-api", "body": null}),
    };
    let mut driver = tfplugin::testing::terraform::Driver::new(rpc, "privgw_internal_api");
    driver.take_over(&source).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    let plan = driver.plan(&written).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!(plan.action, Action::NoOp);
}

#[tokio::test(start_paused = true)]
async fn what_others_use_too_is_handed_in() {
    let mut world = World::new();
    let article = Article::build(&world).await;
    let other = serde_json::json!({"name": "other", "endpointConfiguration": {"types": ["PRIVATE"], "vpcEndpointIds": [article.endpoint]}});
    post(&world, "/restapis", &other).await;
    let group = elb(
        &world,
        &format!(
            "Action=CreateTargetGroup&Name=theirs&Protocol=TCP&Port=9000&VpcId={}&TargetType=ip",
            world.fresh.vpc_id
        ),
    )
    .await;
    let group = element(&group, "TargetGroupArn");
    elb(&world, &format!("Action=CreateListener&LoadBalancerArn={}&Port=9000&Protocol=TCP&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={group}", article.balancer)).await;
    world.import(&article.api).await.expect("it can be adopted");
    let state = world.known_state();
    assert_eq!(state.endpoint.known().map(|one| one.id.clone()), Some(text(&article.endpoint)));
    assert_eq!(state.load_balancer.known().map(|one| one.arn.clone()), Some(text(&article.balancer)));
    world.assert_settled(&state).await;
    world.destroy().await;
    assert_eq!(["vpc-endpoint", "load-balancer", "listener", "target-group"].map(|kind| world.count(kind)), [1; 4]);
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_can_be_let_go_without_being_deleted() {
    let mut world = World::new();
    let (article, mut config) = adopted(&mut world).await;
    config.endpoint = Attr::Known(Endpoint { id: text(&article.endpoint), ..Endpoint::default() });
    config.load_balancer = Attr::Known(LoadBalancer { arn: text(&article.balancer), ..LoadBalancer::default() });
    let before = world.sim.calls().len();
    let state = world.settle(&config).await;
    let made = world.writes_since(before);
    assert!(made.iter().all(|name| ["CreateTags", "AddTags", "TagResource"].contains(&name.as_str())), "{made:?}");
    let children: Vec<&String> = state.children.known().expect("children").keys().collect();
    assert!(
        !children.iter().any(|child| child.contains("endpoint") || child.contains("load_balancer")),
        "{children:?}"
    );
    world.destroy().await;
    let left = ["vpc-endpoint", "load-balancer", "listener", "target-group"].map(|kind| world.count(kind));
    assert_eq!(left, [1, 1, 0, 0]);
}

fn told(refused: Result<(), Diagnostics>) -> String {
    let diagnostics = refused.expect_err("it doesn't fit");
    diagnostics.iter().map(|one| format!("{}\n{}\n", one.summary, one.detail)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_told_exactly_and_all_at_once() {
    let mut world = World::new();
    let article = Article::build(&world).await;
    let at = format!("/restapis/{}", article.api);
    let (_, users) = &article.resources[1];
    let mock = serde_json::json!({"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}});
    put(&world, &format!("{at}/resources/{users}/methods/GET/integration"), &mock).await;
    post(
        &world,
        &format!("{at}/stages"),
        &serde_json::json!({"stageName": "beta", "deploymentId": article.deployment}),
    )
    .await;
    let refused = told(world.import(&article.api).await);
    for part in ["GET /users has an integration of the type MOCK", "2 stages (beta, deploy)", "Nothing was changed"] {
        assert!(refused.contains(part), "{part:?} in {refused}");
    }
    let public = post(&world, "/restapis", &serde_json::json!({"name": "public"})).await;
    let refused = told(world.import(public["id"].as_str().expect("an id")).await);
    assert!(refused.contains("PRIVATE") && refused.contains("no stage") && refused.contains("VPC link"), "{refused}");
    let refused = told(world.import("nothing").await);
    assert!(refused.contains("no REST API \"nothing\""), "{refused}");
    set(&world, &at, &[("/name", "renamed")]).await;
}
