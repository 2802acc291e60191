//! An OpenAPI document instead of routes: what it lacks is filled in, and all else is left as it is.

use privgw::bundle::model::{Api, InternalApi};
use serde_json::{Value, json};
use tfplugin::Attr;

use crate::world::{World, inside, map, route, strings, text};

/// Two operations without integrations, one with; a model, a validator, a gateway response.
fn document() -> Value {
    json!({
        "openapi": "3.0.1",
        "info": {"title": "another name", "version": "7", "description": "not this one"},
        "x-privgw-backend": "products",
        "x-amazon-apigateway-binary-media-types": ["image/png"],
        "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": true, "validateRequestParameters": true}},
        "x-amazon-apigateway-gateway-responses": {"DEFAULT_5XX": {"statusCode": 502}},
        "components": {"schemas": {"Product": {"type": "object", "required": ["name"]}}},
        "paths": {
            "/products": {
                "get": {},
                "post": {
                    "x-amazon-apigateway-request-validator": "all",
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Product"}}}},
                },
                "options": {
                    "responses": {"200": {"description": "ok"}},
                    "x-amazon-apigateway-integration": {
                        "type": "mock",
                        "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
                        "responses": {"default": {"statusCode": "200"}},
                    },
                },
            },
            "/users/{proxy+}": {"x-privgw-backend": "users", "x-amazon-apigateway-any-method": {}},
        },
    })
}

fn with(world: &World, document: &Value) -> InternalApi {
    InternalApi { routes: Attr::Null, openapi: text(&document.to_string()), ..world.shop() }
}

async fn api(world: &World, path: &str) -> Value {
    let id = world.state.as_ref().expect("a state").0.id.known().cloned().expect("an id");
    serde_json::from_str(&world.tamper("apigateway", "GET", &format!("/restapis/{id}{path}"), "").await).unwrap()
}

/// Path and method to the URI or type of the integration.
async fn methods(world: &World) -> Vec<String> {
    let resources = api(world, "/resources?embed=methods&limit=500").await;
    let items = resources["item"].as_array().or(resources["_embedded"]["item"].as_array()).cloned().unwrap_or_default();
    let mut found = Vec::new();
    for item in items {
        for (verb, method) in item["resourceMethods"].as_object().into_iter().flatten() {
            let integration = &method["methodIntegration"];
            let to = integration["uri"].as_str().and_then(|uri| uri.rsplit_once(':')).map_or("", |(_, rest)| rest);
            found.push(format!(
                "{verb} {} {}{to}",
                item["path"].as_str().unwrap(),
                integration["type"].as_str().unwrap()
            ));
        }
    }
    found.sort();
    found
}

#[tokio::test(start_paused = true)]
async fn operations_without_an_integration_get_one_and_all_else_is_left_as_it_is() {
    let mut world = World::new();
    let before = world.sim.objects();
    let config = with(&world, &document());
    world.settle(&config).await;
    let expected = [
        "ANY /users/{proxy+} HTTP_PROXY3002/users/{proxy}",
        "GET /products HTTP_PROXY3001/products",
        "OPTIONS /products MOCK",
        "POST /products HTTP_PROXY3001/products",
    ];
    assert_eq!(methods(&world).await, expected);
    let shown = api(&world, "").await;
    assert_eq!((&shown["name"], &shown["binaryMediaTypes"]), (&json!("shop"), &json!(["image/png"])));
    assert!(shown["policy"].as_str().unwrap().contains("SourceVpce"));
    assert_eq!(api(&world, "/models/Product").await["name"], "Product");
    assert_eq!(api(&world, "/gatewayresponses/DEFAULT_5XX").await["statusCode"], "502");
    assert!(world.destroy().await.is_empty());
    tokio::time::sleep(std::time::Duration::from_secs(300)).await;
    assert_eq!(world.sim.objects(), before);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_one_put_and_one_redeployment_and_another_form_is_none() {
    let mut world = World::new();
    let config = with(&world, &document());
    let first = world.settle(&config).await;
    // Other words for the same: nothing is even planned.
    let pretty = InternalApi { openapi: text(&serde_json::to_string_pretty(&document()).unwrap()), ..config.clone() };
    assert_eq!(world.planned_changes(&pretty).await, Vec::<String>::new());
    let mut changed = document();
    changed["paths"].as_object_mut().unwrap().remove("/users/{proxy+}");
    let changed = with(&world, &changed);
    let seq = world.sim.calls().len();
    let second = world.settle(&changed).await;
    assert_eq!(world.writes_since(seq), ["PutRestApi", "CreateDeployment", "UpdateStage"]);
    assert_ne!(first.deployment_id, second.deployment_id);
    assert!(!methods(&world).await.iter().any(|method| method.contains("users")), "a removed path disappears");
    let endpoint = api(&world, "").await["endpointConfiguration"]["vpcEndpointIds"].clone();
    assert_eq!(endpoint, json!([second.vpc_endpoint_id.known().unwrap()]));
    // A back end on another port is in the document, too.
    let mut moved = changed.clone();
    inside(inside(&mut moved.backends).get_mut("products").unwrap()).listener_port = Attr::Known(3009);
    world.settle(&moved).await;
    assert!(methods(&world).await.contains(&"GET /products HTTP_PROXY3009/products".to_string()));
}

#[tokio::test(start_paused = true)]
async fn routes_become_a_document_and_back() {
    let mut world = World::new();
    let routes = world.shop();
    let first = world.settle(&routes).await;
    let second = world.settle(&with(&world, &document())).await;
    assert_eq!(first.id, second.id);
    let third = world.settle(&routes).await;
    assert_eq!(methods(&world).await.len(), 3);
    let models = api(&world, "/models").await;
    assert!(!models.to_string().contains("Product"), "{models}");
    assert_eq!(first.id, third.id);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_does_to_an_operation_is_drift() {
    let mut world = World::new();
    let config = with(&world, &document());
    let state = world.settle(&config).await;
    let id = state.id.known().unwrap().clone();
    let resources = api(&world, "/resources").await;
    let items = resources["item"].as_array().or(resources["_embedded"]["item"].as_array()).unwrap();
    let products = items.iter().find(|item| item["path"] == "/products").unwrap()["id"].as_str().unwrap().to_string();
    let at = format!("/restapis/{id}/resources/{products}/methods");
    let patch = r#"{"patchOperations":[{"op":"replace","path":"/requestTemplates/application~1json","value":"{}"}]}"#;
    let attacks = [
        ("PATCH", format!("{at}/OPTIONS/integration"), patch, "OPTIONS /products is changed outside Terraform"),
        ("DELETE", format!("{at}/GET"), "", "GET /products is missing"),
        ("PUT", format!("{at}/PATCH"), r#"{"authorizationType":"NONE"}"#, "routes.PATCH /products"),
    ];
    for (method, path, body, told) in attacks {
        world.tamper("apigateway", method, &path, body).await;
        let changes = world.planned_changes(&config).await;
        let shown = world.state.clone().unwrap().0.children.known().unwrap()["rest_api"].known().unwrap().clone();
        assert!(shown.contains(told), "{told}: {shown}");
        assert!(changes.contains(&"children.rest_api".to_string()), "{changes:?}");
        let seq = world.sim.calls().len();
        world.settle(&config).await;
        assert_eq!(world.writes_since(seq), ["PutRestApi"], "what is deployed never changed");
    }
}

#[tokio::test(start_paused = true)]
async fn what_aws_doesnt_like_about_a_document_is_a_warning() {
    let mut world = World::new();
    let mut doubtful = document();
    let nowhere = json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Missing"}}}});
    doubtful["paths"]["/products"]["post"]["requestBody"] = nowhere;
    let config = with(&world, &doubtful);
    world.apply(&config).await.unwrap();
    let warned = world.warnings.iter().any(|one| one.path.as_ref().is_some_and(|at| at.to_string() == "openapi"));
    assert!(warned, "{:?}", world.warnings);
}

#[tokio::test(start_paused = true)]
async fn settings_of_their_own_win_over_those_of_the_document() {
    let mut world = World::new();
    let mut config = with(&world, &document());
    config.api = Attr::Known(Api { binary_media_types: strings(&["image/gif".into()]), ..Api::default() });
    config.description = text("this one");
    world.settle(&config).await;
    let shown = api(&world, "").await;
    assert_eq!((&shown["binaryMediaTypes"], &shown["description"]), (&json!(["image/gif"]), &json!("this one")));
    config.description = Attr::Null;
    config.api = Attr::Null;
    world.settle(&config).await;
    assert_eq!(api(&world, "").await["binaryMediaTypes"], json!(["image/png"]));
}

#[tokio::test(start_paused = true)]
async fn a_document_that_cannot_work_is_refused_by_the_plan() {
    let mut world = World::new();
    let mut nobody = document();
    nobody["paths"]["/products"]["get"]["x-privgw-backend"] = json!("nobody");
    let mut unsaid = document();
    unsaid.as_object_mut().unwrap().remove("x-privgw-backend");
    let mut policy = document();
    policy["x-amazon-apigateway-policy"] = json!({"Version": "2012-10-17", "Statement": []});
    let mut siblings = document();
    siblings["paths"]["/users/{id}"] = json!({"get": {}});
    let cases = [
        ("{".to_string(), "no JSON"),
        (r#"{"swagger": "2.0", "paths": {}}"#.to_string(), "Swagger 2"),
        (r#"{"openapi": "3.0.1", "paths": {}}"#.to_string(), "can't be deployed"),
        (nobody.to_string(), "GET /products: `x-privgw-backend` is \"nobody\""),
        (unsaid.to_string(), "Put `x-privgw-backend` on the operation"),
        (policy.to_string(), "policy.document"),
        (siblings.to_string(), "Two variables"),
    ];
    for (document, word) in cases {
        let config = InternalApi { routes: Attr::Null, openapi: text(&document), ..world.shop() };
        let found = world.plan(&config).await.unwrap_err();
        let told = found.iter().any(|one| {
            let at = one.path.as_ref().map(ToString::to_string).unwrap_or_default();
            at == "openapi" && format!("{} {}", one.summary, one.detail).contains(word)
        });
        assert!(told, "{word}: {found:?}");
    }
    let both = InternalApi { routes: map([("GET /x", route("users"))]), ..with(&world, &document()) };
    assert!(world.plan(&both).await.is_err());
}
