//! Every child by itself: its drift detection sees every field, and deleting what is gone succeeds.

use privgw::child::Live;
use privgw::children;
use privgw::reconcile::Observed;
use serde_json::{Value, json};

use crate::world::World;

async fn observed(world: &World) -> Observed {
    let (_, private) = world.state.clone().expect("there is a bundle");
    let private: Value = serde_json::from_slice(&private).expect("private bytes are JSON");
    serde_json::from_value(private["observed"].clone()).expect("they hold what was observed")
}

/// Another value of the same shape.
fn other(value: &Value) -> Value {
    match value {
        Value::Null => json!("something"),
        Value::Bool(flag) => json!(!flag),
        Value::Number(_) => json!(12_345),
        Value::String(text) => json!(format!("{text}x")),
        Value::Array(items) => Value::Array(items.iter().cloned().chain([json!("more")]).collect()),
        Value::Object(members) if members.is_empty() => json!({"more": "x"}),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), other(value))).collect())
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_child_notices_a_change_of_each_of_its_fields() {
    let mut world = World::new();
    let config = world.shop();
    world.settle(&config).await;
    let observed = observed(&world).await;
    let mut fields = 0;
    for wave in children::WAVES {
        for kind in wave {
            let live: &Live = observed
                .children
                .values()
                .find(|live| live.name.kind() == kind.name())
                .expect("a bundle has every kind");
            assert_eq!(kind.drift(&live.spec, &live.spec), [], "{} is like itself", kind.name());
            for (field, value) in &live.spec {
                let mut changed = live.spec.clone();
                changed.insert(field.clone(), other(value));
                let found: Vec<String> =
                    kind.drift(&live.spec, &changed).into_iter().map(|change| change.field).collect();
                assert_eq!(found, std::slice::from_ref(field), "{}.{field}", kind.name());
                fields += 1;
            }
        }
    }
    println!("{fields} fields of {} kinds are compared", children::WAVES.iter().flat_map(|wave| wave.iter()).count());
}

#[tokio::test(start_paused = true)]
async fn every_wanted_property_can_be_seen_in_what_is_observed() {
    let mut world = World::new();
    let mut config = world.shop();
    let users = crate::world::inside(&mut config.backends).get_mut("users").unwrap();
    crate::world::inside(users).targets = crate::world::strings(&["172.31.0.10".into()]);
    world.settle(&config).await;
    let (observed, aws) = (observed(&world).await, world.configure().await);
    let graph = privgw::bundle::desired::desired(&config, &aws.place, &privgw::child::Identity::default());
    for node in graph.order().unwrap() {
        let live = &observed.children[&node.name];
        let unseen: Vec<&String> = node.spec.keys().filter(|field| !live.spec.contains_key(*field)).collect();
        assert!(unseen.is_empty(), "{}: nobody would notice a change of {unseen:?}", node.name);
    }
}

#[tokio::test(start_paused = true)]
async fn deleting_what_is_gone_is_a_success() {
    let mut world = World::new();
    let config = world.shop();
    world.settle(&config).await;
    let observed = observed(&world).await;
    assert!(world.destroy().await.is_empty());
    let aws = world.configure().await;
    for live in observed.children.values() {
        let kind = children::kind(live.name.kind()).expect("a known kind");
        kind.delete(&aws, live).await.unwrap_or_else(|error| panic!("{}: {error}", live.name));
    }
}
