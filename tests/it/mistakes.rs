//! Bad input is refused on its attribute, before AWS is asked.

use privgw::bundle::Bundle;
use privgw::bundle::model::{
    AccessLogs, Cors, Endpoint, HealthCheck, InternalApi, LoadBalancer, Policy, Route, Timeouts, VpcLink,
};
use tfplugin::{Attr, Resource, Severity};

use crate::conformance::whole;
use crate::world::{World, inside, map, route, strings, text};

/// A mistake, the attribute that must be blamed, and a word of the explanation.
type Mistake = (&'static str, fn(&mut InternalApi), &'static str, &'static str);

const MISTAKES: &[Mistake] = &[
    (
        "an unknown back end",
        |c| drop(inside(&mut c.routes).insert("GET /x".into(), Attr::Known(route("nobody")))),
        "routes[\"GET /x\"].backend",
        "products",
    ),
    (
        "two listeners on one port",
        |c| inside(inside(&mut c.backends).get_mut("users").unwrap()).port = Attr::Known(3001),
        "backends[\"users\"].listener_port",
        "3001",
    ),
    (
        "a port that API Gateway can't reach",
        |c| inside(inside(&mut c.backends).get_mut("users").unwrap()).port = Attr::Known(90),
        "backends[\"users\"].listener_port",
        "1024",
    ),
    (
        "variable siblings",
        |c| {
            inside(&mut c.routes).insert("GET /a/{id}".into(), Attr::Known(route("users")));
            inside(&mut c.routes).insert("GET /a/{name}".into(), Attr::Known(route("users")));
        },
        "routes[\"GET /a/{name}\"]",
        "{id}",
    ),
    (
        "a path without a slash",
        |c| drop(inside(&mut c.routes).insert("GET products".into(), Attr::Known(route("users")))),
        "routes[\"GET products\"]",
        "`GET /products`",
    ),
    ("a stage with a dash", |c| inside(&mut c.stage).name = text("v-1"), "stage.name", "underscores"),
    (
        "a health check that takes too long",
        |c| {
            let check = HealthCheck { interval: Attr::Known(10), ..HealthCheck::default() };
            inside(inside(&mut c.backends).get_mut("users").unwrap()).health_check = Attr::Known(check);
        },
        "backends[\"users\"].health_check.timeout",
        "below the interval",
    ),
    (
        "a path for a TCP check",
        |c| {
            let check = HealthCheck { path: text("/"), ..HealthCheck::default() };
            inside(inside(&mut c.backends).get_mut("users").unwrap()).health_check = Attr::Known(check);
        },
        "backends[\"users\"].health_check.path",
        "HTTP",
    ),
    (
        "another setting of an endpoint that exists",
        |c| inside(&mut c.endpoint).id = text("vpce-0123456789abcdef0"),
        "endpoint.allowed_security_group_ids",
        "Drop `allowed_security_group_ids`",
    ),
    (
        "an endpoint twice",
        |c| {
            let ids = strings(&["vpce-1".into()]);
            c.endpoint = Attr::Known(Endpoint { id: text("vpce-1"), additional_ids: ids, ..Endpoint::default() });
        },
        "endpoint.additional_ids",
        "`endpoint.id`",
    ),
    (
        "another kind of load balancer",
        |c| {
            let arn = text("arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/x/1");
            c.load_balancer = Attr::Known(LoadBalancer { arn, ..LoadBalancer::default() });
        },
        "load_balancer.arn",
        "loadbalancer/net/",
    ),
    (
        "no listeners on a load balancer that has no others",
        |c| {
            let listener_managed = Attr::Known(false);
            c.load_balancer = Attr::Known(LoadBalancer { listener_managed, ..LoadBalancer::default() });
        },
        "load_balancer.listener_managed",
        "`arn`",
    ),
    (
        "targets behind a listener that exists",
        |c| {
            let (arn, listener_managed) = (text("arn:aws:x:loadbalancer/net/x/1"), Attr::Known(false));
            c.load_balancer = Attr::Known(LoadBalancer { arn, listener_managed, ..LoadBalancer::default() });
            inside(inside(&mut c.backends).get_mut("users").unwrap()).targets = strings(&["10.0.0.1".into()]);
        },
        "backends[\"users\"].targets",
        "only a port",
    ),
    (
        "a link without its load balancer",
        |c| c.vpc_link = Attr::Known(VpcLink { id: text("ab12cd") }),
        "vpc_link.id",
        "`load_balancer.arn`",
    ),
    (
        "targets of a pair",
        |c| {
            let users = inside(inside(&mut c.backends).get_mut("users").unwrap());
            users.blue_green = Attr::Known(true);
            users.targets = strings(&["10.0.0.1".into()]);
        },
        "backends[\"users\"].targets",
        "ECS",
    ),
    (
        "an address as a load balancer",
        |c| {
            let users = inside(inside(&mut c.backends).get_mut("users").unwrap());
            users.target_type = text("alb");
            users.targets = strings(&["10.0.0.1".into()]);
        },
        "backends[\"users\"].targets",
        "application load balancer",
    ),
    (
        "a delay of a load balancer",
        |c| {
            let users = inside(inside(&mut c.backends).get_mut("users").unwrap());
            users.target_type = text("alb");
            users.deregistration_delay = Attr::Known(1);
        },
        "backends[\"users\"].deregistration_delay",
        "Drop",
    ),
    (
        "credentials for everybody",
        |c| {
            let cors = Cors { allow_credentials: Attr::Known(true), ..Cors::default() };
            inside(inside(&mut c.routes).get_mut("POST /images").unwrap()).cors = Attr::Known(cors);
        },
        "routes[\"POST /images\"].cors.allow_credentials",
        "allow_origin",
    ),
    (
        "a preflight that a back end answers, too",
        |c| {
            inside(&mut c.routes).insert("OPTIONS /images".into(), Attr::Known(route("images")));
            inside(inside(&mut c.routes).get_mut("POST /images").unwrap()).cors = Attr::Known(Cors::default());
        },
        "routes[\"POST /images\"].cors",
        "Drop that route",
    ),
    (
        "two answers for one path",
        |c| {
            let one = Route { cors: Attr::Known(Cors::default()), ..route("images") };
            let age = Cors { max_age: Attr::Known(1), ..Cors::default() };
            inside(&mut c.routes).insert("GET /images".into(), Attr::Known(one));
            inside(inside(&mut c.routes).get_mut("POST /images").unwrap()).cors = Attr::Known(age);
        },
        "routes[\"POST /images\"].cors",
        "same `cors`",
    ),
    ("no subnets at all", |c| c.subnet_ids = Attr::Null, "subnet_ids", "endpoint"),
    ("no subnet", |c| c.subnet_ids = strings(&[]), "subnet_ids", "At least one"),
    ("a subnet that is none", |c| c.subnet_ids = strings(&["vpc-1".into()]), "subnet_ids", "subnet-"),
    ("no route", |c| c.routes = Attr::Known(Default::default()), "routes", "can't be deployed"),
    ("a reserved tag", |c| c.tags = map([("aws:x", "y".to_string())]), "tags[\"aws:x\"]", "aws:"),
    (
        "a timeout without a unit",
        |c| c.timeouts = Attr::Known(Timeouts { create: text("30"), ..Timeouts::default() }),
        "timeouts.create",
        "30m",
    ),
    (
        "a block that is none",
        |c| inside(&mut c.endpoint).allowed_cidr_blocks = strings(&["10.0.0.0".into()]),
        "endpoint.allowed_cidr_blocks",
        "CIDR",
    ),
    (
        "own and managed groups at once",
        |c| inside(&mut c.endpoint).security_group_ids = strings(&["sg-1".into()]),
        "endpoint.security_group_ids",
        "managed",
    ),
    (
        "own and managed groups of the balancer",
        |c| {
            c.load_balancer = Attr::Known(LoadBalancer {
                managed_security_group: Attr::Known(true),
                security_group_ids: strings(&["sg-1".into()]),
                ..LoadBalancer::default()
            });
        },
        "load_balancer.managed_security_group",
        "either",
    ),
    ("a policy that is none", |c| inside(&mut c.endpoint).policy = text("allow"), "endpoint.policy", "Statement"),
    (
        "a path variable from nowhere",
        |c| inside(inside(&mut c.routes).get_mut("GET /products").unwrap()).path = text("/v2/{id}"),
        "routes[\"GET /products\"].path",
        "{id}",
    ),
    (
        "a timeout beyond AWS's",
        |c| inside(inside(&mut c.routes).get_mut("GET /products").unwrap()).timeout_ms = Attr::Known(30_000),
        "routes[\"GET /products\"].timeout_ms",
        "29000",
    ),
    (
        "a mapping without quotes",
        |c| {
            inside(inside(&mut c.routes).get_mut("GET /products").unwrap()).request_parameters =
                map([("integration.request.header.x", "static".to_string())])
        },
        "routes[\"GET /products\"].request_parameters[\"integration.request.header.x\"]",
        "single quotes",
    ),
    (
        "an instance target of an ip group",
        |c| inside(inside(&mut c.backends).get_mut("users").unwrap()).targets = strings(&["i-123".into()]),
        "backends[\"users\"].targets",
        "IPv4",
    ),
    (
        "a certificate without TLS",
        |c| inside(inside(&mut c.backends).get_mut("users").unwrap()).certificate_arn = text("arn:aws:acm:::x"),
        "backends[\"users\"].certificate_arn",
        "protocol = \"TLS\"",
    ),
    (
        "TLS without a certificate",
        |c| inside(inside(&mut c.backends).get_mut("users").unwrap()).protocol = text("TLS"),
        "backends[\"users\"].certificate_arn",
        "needs one",
    ),
    (
        "a stream of a type that can't",
        |c| {
            let route = inside(inside(&mut c.routes).get_mut("GET /products").unwrap());
            (route.kind, route.response_transfer_mode) = (text("HTTP"), text("STREAM"));
        },
        "routes[\"GET /products\"].response_transfer_mode",
        "all of the answer",
    ),
    (
        "statements that are none",
        |c| c.policy = Attr::Known(Policy { statements: text("[1]"), ..Policy::default() }),
        "policy.statements",
        "list of statements",
    ),
    (
        "a policy without a statement",
        |c| c.policy = Attr::Known(Policy { document: text(r#"{"Statement":[]}"#), ..Policy::default() }),
        "policy.document",
        "at least one",
    ),
    (
        "a policy in two ways",
        |c| {
            let (document, statements) = (text(whole::WHOLE), text(whole::FEWER));
            c.policy = Attr::Known(Policy { document, statements, ..Policy::default() });
        },
        "policy.document",
        "takes the place",
    ),
    (
        "a caller who is no principal",
        |c| {
            c.policy =
                Attr::Known(Policy { allowed_principal_arns: strings(&["AROAEXAMPLE".into()]), ..Policy::default() });
        },
        "policy.allowed_principal_arns",
        "number of an account",
    ),
    (
        "a policy that is too long",
        |c| {
            let long = whole::FEWER.replace("DELETE", &"x".repeat(8192));
            c.policy = Attr::Known(Policy { statements: text(&long), ..Policy::default() });
        },
        "policy",
        "8192",
    ),
    ("a cache of no size", |c| inside(&mut c.stage).cache_cluster_size = text("7"), "stage.cache_cluster_size", "0.5"),
    (
        "logs to a bucket",
        |c| {
            let logs = AccessLogs { destination_arn: text("arn:aws:s3:::logs"), format: text("$context.requestId") };
            inside(&mut c.stage).access_logs = Attr::Known(logs);
        },
        "stage.access_logs.destination_arn",
        "log group",
    ),
    (
        "logs without the request",
        |c| {
            let arn = text("arn:aws:logs:eu-central-1:111122223333:log-group:shop");
            let logs = AccessLogs { destination_arn: arn, format: text("$context.status") };
            inside(&mut c.stage).access_logs = Attr::Known(logs);
        },
        "stage.access_logs.format",
        "requestId",
    ),
    ("an empty name", |c| c.name = text(" "), "name", "characters"),
];

#[tokio::test(start_paused = true)]
async fn every_mistake_is_blamed_on_its_attribute() {
    let world = World::new();
    assert!(Bundle.validate(&world.shop()).is_empty());
    for (name, make, path, word) in MISTAKES {
        let mut config = world.shop();
        make(&mut config);
        let found = Bundle.validate(&config);
        let errors: Vec<_> = found.iter().filter(|diagnostic| matches!(diagnostic.severity, Severity::Error)).collect();
        let blamed = errors.iter().find(|error| error.path.as_ref().is_some_and(|found| found.to_string() == *path));
        let Some(blamed) = blamed else { panic!("{name}: nothing on {path}: {found:#?}") };
        assert!(blamed.detail.contains(word), "{name}: {}", blamed.detail);
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_values_are_never_mistakes() {
    let world = World::new();
    let mut config = world.shop();
    config.name = Attr::Unknown;
    config.vpc_id = Attr::Unknown;
    config.subnet_ids = Attr::Unknown;
    config.endpoint = Attr::Unknown;
    inside(&mut config.stage).name = Attr::Unknown;
    inside(inside(&mut config.backends).get_mut("users").unwrap()).port = Attr::Unknown;
    inside(&mut config.routes).insert("GET /x".into(), Attr::Unknown);
    assert!(Bundle.validate(&config).is_empty());
    config.backends = Attr::Unknown;
    config.routes = Attr::Unknown;
    assert!(Bundle.validate(&config).is_empty());
}

#[tokio::test(start_paused = true)]
async fn listeners_that_would_swap_ports_are_told_so_at_plan() {
    let mut world = World::new();
    let config = world.shop();
    world.settle(&config).await;
    let mut swapped = config.clone();
    inside(inside(&mut swapped.backends).get_mut("users").unwrap()).listener_port = Attr::Known(3001);
    inside(inside(&mut swapped.backends).get_mut("products").unwrap()).listener_port = Attr::Known(3002);
    let found = world.apply(&swapped).await.unwrap_err();
    assert!(found.iter().any(|diagnostic| diagnostic.summary == "The listener port is still in use"), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_aws_does_not_know_is_blamed_on_the_attribute_that_names_it() {
    let mut world = World::new();
    let mut config = world.shop();
    world.settle(&config).await;
    inside(&mut config.endpoint).additional_ids = strings(&["vpce-00000000000000000".into()]);
    let found = world.apply(&config).await.unwrap_err();
    let paths: Vec<String> = found.iter().filter_map(|one| Some(one.path.as_ref()?.to_string())).collect();
    assert_eq!(paths, ["endpoint.additional_ids"], "{found:?}");
}
