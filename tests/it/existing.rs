//! Bundles that exist already, as newer versions of Terraform ask for them: by identity, in lists, and as configuration.

use tfplugin::testing::Rpc;
use tfplugin::testing::terraform::{Action, Driver, Order, Plan, Trouble};
use tfplugin::{Codec, Identity, MoveSource, Number, Resource, Value};

use privgw::aws::policy::{normal, shorten, unescape};
use privgw::bundle::Bundle;
use privgw::bundle::model::{AccessLogs, Api, HealthCheck, InternalApi, LoadBalancer, MethodSettings, Policy};

use crate::conformance::{LOGS, rpc, whole};
use crate::world::{ACCOUNT, REGION, World, inside, map, strings, text};

fn config(world: &World, name: &str) -> InternalApi {
    let mut config = world.shop();
    config.name = text(name);
    // A VPC has room for one endpoint with private DNS.
    inside(&mut config.endpoint).private_dns_enabled = tfplugin::Attr::Known(false);
    config
}

async fn made(rpc: &Rpc, config: &Value) -> Driver {
    let mut driver = Driver::new(rpc.clone(), Bundle.type_name());
    let made = driver.settle(config, config, Order::DeleteFirst).await;
    assert_eq!(made.unwrap_or_else(|trouble| panic!("{trouble}")), Action::Create);
    driver
}

fn identity(id: &str) -> Identity {
    [("id", id), ("account_id", ACCOUNT), ("region", REGION)]
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .into()
}

fn id(driver: &Driver) -> String {
    let object = driver.object().expect("it was made");
    match &object.state.as_object().expect("a state")["id"] {
        Value::String(id) => id.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_bundle_is_known_by_its_api_its_account_and_its_region() {
    let world = World::new();
    let rpc = rpc(&world).await;
    let config = config(&world, "shop").encode();
    let driver = made(&rpc, &config).await;
    let known = identity(&id(&driver));
    assert_eq!(driver.object().and_then(|object| object.identity.clone()), Some(known.clone()));

    let mut other = Driver::new(rpc.clone(), Bundle.type_name());
    other.import_by(&known.clone()).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    let settled = other.settle(&config, &config, Order::DeleteFirst).await;
    settled.unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!(other.object().map(|object| &object.state), driver.object().map(|object| &object.state));

    let alone = Identity::from([("id".to_string(), id(&driver))]);
    let imported = rpc.import_by(Bundle.type_name(), &alone).await.expect("it answers");
    assert_eq!(imported.identity, Some(known), "what was left out is filled in at once");

    let elsewhere = Identity::from([("region".to_string(), "us-east-1".to_string()), ("id".to_string(), id(&driver))]);
    let refused = rpc.import_by(Bundle.type_name(), &elsewhere).await.expect("it answers");
    let detail = &refused.diagnostics.iter().next().expect("an error").detail;
    assert!(detail.contains("us-east-1") && detail.contains(REGION), "{detail}");
}

/// What `terraform plan -generate-config-out` makes of an import, and what it plans then.
pub async fn generated(rpc: &Rpc, id: &str) -> Result<(Value, Plan), Trouble> {
    let mut imported = Driver::new(rpc.clone(), Bundle.type_name());
    imported.import(id).await?;
    let state = imported.object().map(|object| object.state.clone()).unwrap_or(Value::Null);
    let (written, _) = rpc.generate(Bundle.type_name(), &state).await?;
    let plan = imported.plan(&written).await?;
    Ok((written, plan))
}

/// A configuration in the fewest words: who registers targets and how long operations may take can't be read from AWS.
fn told(mut config: InternalApi) -> InternalApi {
    for backend in inside(&mut config.backends).values_mut() {
        inside(backend).targets = tfplugin::Attr::Null;
    }
    config.timeouts = tfplugin::Attr::Null;
    inside(&mut config.stage).keep_deployments = tfplugin::Attr::Null;
    config
}

#[tokio::test(start_paused = true)]
async fn what_is_generated_for_an_import_is_what_a_person_would_have_written() {
    for change in [|_: &mut InternalApi| (), everywhere] {
        let world = World::new();
        world.tamper("apigateway", "PATCH", "/account", LOGS).await;
        let rpc = rpc(&world).await;
        let mut config = config(&world, "shop");
        change(&mut config);
        let driver = made(&rpc, &config.encode()).await;
        let (written, plan) = generated(&rpc, &id(&driver)).await.unwrap_or_else(|trouble| panic!("{trouble}"));
        let written = InternalApi::decode(&written, &tfplugin::Path::root()).expect("it fits");
        assert_eq!(written, told(config));
        assert_eq!(plan.action, Action::NoOp);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bundle_in_which_everything_is_set_plans_empty_after_an_import() {
    for whole in [whole::config, whole::with_own] {
        let world = World::new();
        world.tamper("apigateway", "PATCH", "/account", LOGS).await;
        let rpc = rpc(&world).await;
        let driver = made(&rpc, &whole(&world).encode()).await;
        let (written, plan) = generated(&rpc, &id(&driver)).await.unwrap_or_else(|trouble| panic!("{trouble}"));
        assert_eq!(plan.action, Action::NoOp, "{written:?}");
    }
}

/// Something that isn't the default, in every part.
fn everywhere(config: &mut InternalApi) {
    let (some, yes) = (|text: &str| tfplugin::Attr::Known(text.to_string()), tfplugin::Attr::Known(true));
    config.description = some("All of the shop");
    config.tags = map([("team", "shop".to_string())]);
    let endpoint = inside(&mut config.endpoint);
    endpoint.allowed_cidr_blocks = strings(&["10.0.0.0/8".into()]);
    endpoint.allowed_prefix_list_ids = strings(&["pl-6da54004".into()]);
    config.load_balancer = tfplugin::Attr::Known(LoadBalancer { deletion_protection: yes, ..LoadBalancer::default() });
    config.api = tfplugin::Attr::Known(Api { binary_media_types: strings(&["image/png".into()]), ..Api::default() });
    let stage = inside(&mut config.stage);
    stage.variables = map([("colour", "blue".to_string())]);
    let traced = MethodSettings { metrics_enabled: yes, logging_level: some("ERROR"), ..MethodSettings::default() };
    let slow = MethodSettings { throttling_rate_limit: tfplugin::Attr::Known(Number::from(10)), ..traced.clone() };
    stage.method_settings = map([("*/*", traced), ("ANY /users/{proxy+}", slow)]);
    stage.access_logs = tfplugin::Attr::Known(AccessLogs {
        destination_arn: some("arn:aws:logs:eu-central-1:111122223333:log-group:shop"),
        format: some("$context.requestId"),
    });
    stage.cache_cluster_size = some("1.6");
    config.policy = tfplugin::Attr::Known(Policy {
        allowed_principal_arns: strings(&["111122223333".into()]),
        ..Policy::default()
    });
    let products = inside(inside(&mut config.backends).get_mut("products").expect("it is in the shop"));
    products.listener_port = tfplugin::Attr::Known(8080);
    products.preserve_client_ip = yes;
    products.url_scheme = some("https");
    products.health_check =
        tfplugin::Attr::Known(HealthCheck { protocol: some("HTTP"), path: some("/health"), ..HealthCheck::default() });
}

#[tokio::test(start_paused = true)]
async fn what_arguments_cannot_say_is_told_by_name_after_an_import() {
    let world = World::new();
    let rpc = rpc(&world).await;
    let driver = made(&rpc, &config(&world, "shop").encode()).await;
    let api = id(&driver);
    let stray = r#"{"patchOperations":[{"op":"replace","path":"/uri","value":"http://elsewhere.example:9999/x"}]}"#;
    let root = world.tamper("apigateway", "GET", &format!("/restapis/{api}/resources?limit=500"), "").await;
    let root: serde_json::Value = serde_json::from_str(&root).expect("JSON");
    let items = root["_embedded"]["item"].as_array().or(root["item"].as_array()).expect("resources");
    let products = items.iter().find(|item| item["path"] == "/products").expect("a route")["id"].as_str();
    let products = products.expect("an id");
    world
        .tamper("apigateway", "PATCH", &format!("/restapis/{api}/resources/{products}/methods/GET/integration"), stray)
        .await;
    let (written, plan) = generated(&rpc, &api).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!(plan.action, Action::Update);
    let told: Vec<&str> = plan.diagnostics.iter().map(|warning| warning.detail.as_str()).collect();
    assert!(told.iter().any(|text| text.contains("routes.GET /products")), "{told:?}");
    let routes = &written.as_object().expect("an object")["routes"];
    assert!(matches!(routes, Value::Map(routes) if !routes.contains_key("GET /products")), "{routes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_bundle_whose_api_is_made_anew_is_known_by_the_new_one() {
    let world = World::new();
    let rpc = rpc(&world).await;
    let config = config(&world, "shop").encode();
    let mut driver = made(&rpc, &config).await;
    let before = id(&driver);
    world.tamper("apigateway", "DELETE", &format!("/restapis/{before}"), "").await;
    let plan = driver.plan(&config).await.unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!((plan.action, plan.identity), (Action::Update, None), "only an apply can tell");
    let settled = driver.settle(&config, &config, Order::DeleteFirst).await;
    assert_eq!(settled.unwrap_or_else(|trouble| panic!("{trouble}")), Action::Update);
    assert_ne!(before, id(&driver));
    assert_eq!(driver.object().and_then(|object| object.identity.clone()), Some(identity(&id(&driver))));
}

#[tokio::test(start_paused = true)]
async fn complete_bundles_are_listed_and_nothing_else() {
    let world = World::new();
    let rpc = rpc(&world).await;
    let mut ids = Vec::new();
    for name in ["shop", "store"] {
        ids.push(id(&made(&rpc, &config(&world, name).encode()).await));
    }
    ids.sort();
    world.tamper("apigateway", "POST", "/restapis", r#"{"name":"public"}"#).await;
    world
        .tamper("apigateway", "POST", "/restapis", r#"{"name":"other","endpointConfiguration":{"types":["PRIVATE"]}}"#)
        .await;
    let (found, diagnostics) = rpc.list(Bundle.type_name(), 10, true).await.expect("it answers");
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(found.iter().map(|one| &one.identity["id"]).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
    for one in &found {
        let state = one.state.as_ref().and_then(Value::as_object).expect("a state");
        assert!(matches!(&state["arn"], Value::String(arn) if arn.contains(&one.identity["id"])), "{state:?}");
        assert!(matches!(&state["children"], Value::Map(children) if children.len() > 10), "{state:?}");
    }
    let (found, _) = rpc.list(Bundle.type_name(), 1, false).await.expect("it answers");
    assert!(found.len() == 1 && found[0].state.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_data_source_finds_a_bundle_by_name_or_by_id() {
    let world = World::new();
    let rpc = rpc(&world).await;
    let driver = made(&rpc, &config(&world, "shop").encode()).await;
    let state = driver.object().and_then(|object| object.state.as_object()).expect("a state");
    let ask = async |name: &str, value: &str| {
        let config = Value::object([(name, Value::from(value))]);
        let refused = rpc.validate_data(Bundle.type_name(), &config).await.expect("it answers");
        assert!(refused.is_empty(), "{refused:?}");
        rpc.read_data(Bundle.type_name(), &config).await.expect("it answers")
    };
    for (name, value) in [("name", "shop"), ("rest_api_id", &id(&driver))] {
        let (found, diagnostics) = ask(name, value).await;
        assert!(!diagnostics.has_errors(), "{diagnostics:?}");
        let found = found.as_object().expect("an object");
        let differs = |(name, value): &(&String, &Value)| *name != "stage_name" && state.get(*name) != Some(value);
        assert_eq!(found.iter().filter(differs).collect::<Vec<_>>(), Vec::new());
        assert_eq!(found["stage_name"], "v1".into());
    }
    let (_, diagnostics) = ask("name", "store").await;
    assert!(diagnostics.iter().any(|one| one.summary == "No such bundle"), "{diagnostics:?}");
    let none = Value::object::<&str>([]);
    assert!(rpc.validate_data(Bundle.type_name(), &none).await.expect("it answers").has_errors());
}

#[tokio::test(start_paused = true)]
async fn functions_say_what_a_bundle_says() {
    let world = World::new();
    let rpc = rpc(&world).await;
    let driver = made(&rpc, &world.shop().encode()).await;
    let state = driver.object().and_then(|object| object.state.as_object()).expect("a state").clone();
    let call = async |name: &str, arguments: &[Value]| rpc.call_function(name, arguments).await.expect("it answers");
    let url = call("invoke_url", &[state["id"].clone(), "v1".into(), REGION.into()]).await;
    assert_eq!(url.as_ref(), Ok(&state["invoke_url"]));
    let wrong = call("invoke_url", &["a/b".into(), "v1".into(), REGION.into()]).await;
    assert_eq!(wrong.unwrap_err().argument, Some(0));
    let policy = call("endpoint_policy", &[Value::Set(vec![state["vpc_endpoint_id"].clone()])]).await;
    let Ok(Value::String(policy)) = policy else { panic!("{policy:?}") };
    let text = world.tamper("apigateway", "GET", &format!("/restapis/{}", id(&driver)), "").await;
    let api: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let (given, live) = (normal(&policy), api["policy"].as_str().map(unescape).and_then(|text| normal(&text)));
    assert_eq!(given, live.map(|live| shorten(&live, &id(&driver))));
    let routes = call("openapi_routes", &[r#"{"openapi":"3.0.1","paths":{"/a":{"get":{},"post":{}}}}"#.into()]).await;
    assert_eq!(routes, Ok(Value::List(vec!["GET /a".into(), "POST /a".into()])));
    assert_eq!(call("openapi_routes", &["{".into()]).await.unwrap_err().argument, Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_state_from_another_address_of_this_provider_is_taken_over_as_it_is() {
    let world = World::new();
    let rpc = rpc(&world).await;
    let config = config(&world, "shop").encode();
    let driver = made(&rpc, &config).await;
    let before = driver.object().expect("it was made").clone();
    let (generated, _) = rpc.generate(Bundle.type_name(), &before.state).await.expect("it answers");
    assert_eq!(generated, config, "configuration is what a user has written");

    let source = MoveSource {
        provider: "registry.example.com/mirror/privgw".to_string(),
        type_name: Bundle.type_name().to_string(),
        version: Bundle.version(),
        state: tfplugin::testing::terraform::json(&before.state),
    };
    let moved = rpc.move_state(Bundle.type_name(), &source, &before.private).await.expect("it answers");
    assert_eq!((moved.state, moved.private, moved.identity), (before.state, before.private, before.identity));
    let stranger = MoveSource { type_name: "aws_api_gateway_stage".to_string(), ..source };
    let refused = rpc.move_state(Bundle.type_name(), &stranger, b"").await.expect("it answers");
    assert!(refused.diagnostics.has_errors());
}
