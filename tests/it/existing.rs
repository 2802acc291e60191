//! Bundles that exist already, as newer versions of Terraform ask for them: by identity, in lists, and as configuration.

use tfplugin::testing::Rpc;
use tfplugin::testing::terraform::{Action, Driver, Order};
use tfplugin::{Codec, Identity, MoveSource, Resource, Value};

use privgw::bundle::Bundle;
use privgw::bundle::model::InternalApi;

use crate::conformance::rpc;
use crate::world::{ACCOUNT, REGION, World, inside, text};

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
