//! Create, change, destroy: after each step the next plan is empty, and at the end nothing is left.

use privgw::bundle::Bundle;
use tfplugin::{Attr, DeleteResponse, Number, PlanRequest, Resource};

use crate::conformance::whole;
use crate::world::{World, inside, map, route, strings, tally, text};
use privgw::bundle::model::{
    AccessLogs, Api, Backend, ConnectionLogs, Cors, HealthCheck, InternalApi, LoadBalancer, MethodSettings, Policy,
    Route, Timeouts,
};

#[tokio::test(start_paused = true)]
async fn a_bundle_is_created_whole_and_destroyed_without_a_trace() {
    let mut world = World::new();
    let before = world.sim.objects();
    let config = world.shop();
    let state = world.settle(&config).await;
    let (api, endpoint) = (state.id.known().unwrap(), state.vpc_endpoint_id.known().unwrap());
    assert_eq!(state.invoke_url, text(&format!("https://{api}.execute-api.eu-central-1.amazonaws.com/v1")));
    let urls = state.invoke_urls.known().unwrap();
    assert_eq!(urls.endpoint, text(&format!("https://{api}-{endpoint}.execute-api.eu-central-1.amazonaws.com/v1")));
    assert!(urls.vpc_endpoint_dns.known().unwrap().starts_with(&format!("https://{endpoint}-")));
    assert_eq!(state.execution_arn, text(&format!("arn:aws:execute-api:eu-central-1:111122223333:{api}")));
    assert_eq!(state.stage_arn, text(&format!("arn:aws:apigateway:eu-central-1::/restapis/{api}/stages/v1")));
    assert_eq!(state.nlb_network_interfaces.known().unwrap().len(), 3);
    assert_eq!(state.nlb_cidr_blocks.known().unwrap().len(), 3);
    assert_eq!(state.target_groups.known().unwrap().len(), 3);
    let everything = [
        &state.root_resource_id,
        &state.deployment_id,
        &state.security_group_id,
        &state.nlb_security_group_id,
        &state.nlb_zone_id,
        &state.nlb_dns_name,
        &state.vpc_link_id,
        &state.arn,
    ];
    assert!(everything.iter().all(|attr| attr.known().is_some_and(|text| !text.is_empty())), "{state:#?}");

    assert!(world.destroy().await.is_empty());
    // The interfaces of a deleted load balancer linger a while in AWS.
    tokio::time::sleep(std::time::Duration::from_secs(300)).await;
    assert_eq!(world.sim.objects(), before);
}

/// A change, the operations it may make, and whether it redeploys.
pub struct Case {
    pub name: &'static str,
    pub change: fn(&World, &mut InternalApi),
    writes: &'static [&'static str],
}

pub const CASES: &[Case] = &[
    Case { name: "name", change: |_, c| c.name = text("store"), writes: &["UpdateRestApi"] },
    Case { name: "description", change: |_, c| c.description = text("All of the shop"), writes: &["UpdateRestApi"] },
    Case {
        name: "tags",
        change: |_, c| c.tags = map([("team", "shop".to_string())]),
        // Thirteen taggable children: endpoint and two groups; balancer, three target groups, three listeners; link, API, stage.
        writes: &[
            "AddTags",
            "AddTags",
            "AddTags",
            "AddTags",
            "AddTags",
            "AddTags",
            "AddTags",
            "CreateTags",
            "CreateTags",
            "CreateTags",
            "TagResource",
            "TagResource",
            "TagResource",
        ],
    },
    Case {
        name: "timeouts",
        change: |_, c| c.timeouts = Attr::Known(Timeouts { create: text("50m"), ..Timeouts::default() }),
        writes: &[],
    },
    Case {
        name: "a new route",
        change: |_, c| drop(inside(&mut c.routes).insert("GET /products/{id}".into(), Attr::Known(route("products")))),
        writes: &["CreateDeployment", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "a route of another type",
        change: |_, c| {
            let http = Route { kind: text("HTTP"), timeout_ms: Attr::Known(5000), ..route("products") };
            inside(&mut c.routes).insert("GET /products".into(), Attr::Known(http));
        },
        writes: &["CreateDeployment", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "a route for signed calls with a key",
        change: |_, c| {
            let signed =
                Route { authorization: text("AWS_IAM"), api_key_required: Attr::Known(true), ..route("products") };
            inside(&mut c.routes).insert("GET /products".into(), Attr::Known(signed));
        },
        writes: &["CreateDeployment", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "a new back end with its route",
        change: |_, c| {
            inside(&mut c.backends)
                .insert("carts".into(), Attr::Known(Backend { port: Attr::Known(3004), ..Backend::default() }));
            inside(&mut c.routes).insert("ANY /carts".into(), Attr::Known(route("carts")));
        },
        writes: &["CreateDeployment", "CreateListener", "CreateTargetGroup", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "a back end less",
        change: |_, c| {
            inside(&mut c.backends).remove("images");
            inside(&mut c.routes).remove("POST /images");
        },
        writes: &["CreateDeployment", "DeleteListener", "DeleteTargetGroup", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "a listener with a certificate",
        change: |_, c| {
            let products = inside(inside(&mut c.backends).get_mut("products").unwrap());
            products.listener_port = Attr::Known(8443);
            products.protocol = text("TLS");
            products.certificate_arn = text("arn:aws:acm:eu-central-1:111122223333:certificate/a");
        },
        writes: &["CreateDeployment", "CreateListener", "DeleteListener", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "a streamed answer",
        change: |_, c| {
            let stream =
                Route { response_transfer_mode: text("STREAM"), timeout_ms: Attr::Known(600_000), ..route("products") };
            inside(&mut c.routes).insert("GET /products".into(), Attr::Known(stream));
        },
        writes: &["CreateDeployment", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "calls from pages of other origins",
        change: |_, c| {
            for route in inside(&mut c.routes).values_mut() {
                inside(route).cors = Attr::Known(Cors { max_age: Attr::Known(600), ..Cors::default() });
            }
        },
        writes: &["CreateDeployment", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "another health check",
        change: |_, c| {
            let check = HealthCheck {
                protocol: text("HTTP"),
                path: text("/health"),
                interval: Attr::Known(10),
                ..HealthCheck::default()
            };
            inside(inside(&mut c.backends).get_mut("users").unwrap()).health_check = Attr::Known(check);
        },
        writes: &["ModifyTargetGroup"],
    },
    Case {
        name: "target group attributes",
        change: |_, c| {
            let backend = inside(inside(&mut c.backends).get_mut("users").unwrap());
            backend.deregistration_delay = Attr::Known(30);
            backend.connection_termination = Attr::Known(true);
            backend.preserve_client_ip = Attr::Known(true);
        },
        writes: &["ModifyTargetGroupAttributes"],
    },
    Case {
        name: "targets",
        change: |_, c| {
            inside(inside(&mut c.backends).get_mut("users").unwrap()).targets =
                strings(&["172.31.0.10".into(), "172.31.0.11:4000".into()]);
        },
        writes: &["RegisterTargets"],
    },
    Case {
        name: "callers",
        change: |_, c| {
            let endpoint = inside(&mut c.endpoint);
            endpoint.allowed_security_group_ids = Attr::Null;
            // The host bits are AWS's business: it stores 10.1.0.0/16.
            endpoint.allowed_cidr_blocks = strings(&["10.1.2.3/16".into()]);
        },
        writes: &["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"],
    },
    Case {
        name: "endpoint policy",
        change: |_, c| {
            inside(&mut c.endpoint).policy = text(
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}}"#,
            );
        },
        writes: &["ModifyVpcEndpoint"],
    },
    Case {
        name: "no private DNS",
        change: |_, c| inside(&mut c.endpoint).private_dns_enabled = Attr::Known(false),
        writes: &["ModifyVpcEndpoint"],
    },
    Case {
        name: "fewer subnets of the endpoint",
        change: |w, c| inside(&mut c.endpoint).subnet_ids = strings(&w.fresh.subnet_ids[..2]),
        writes: &["ModifyVpcEndpoint"],
    },
    Case {
        name: "balancer attributes",
        change: |_, c| {
            let balancer = LoadBalancer {
                cross_zone_enabled: Attr::Known(false),
                deletion_protection: Attr::Known(true),
                ..LoadBalancer::default()
            };
            c.load_balancer = Attr::Known(balancer);
        },
        writes: &["ModifyLoadBalancerAttributes"],
    },
    Case {
        name: "logs of the balancer",
        change: |_, c| {
            let logs = ConnectionLogs { bucket: text("logs"), prefix: text("shop") };
            c.load_balancer = Attr::Known(LoadBalancer { access_logs: Attr::Known(logs), ..LoadBalancer::default() });
        },
        writes: &["ModifyLoadBalancerAttributes"],
    },
    Case { name: "no preflight", change: |_, c| c.preflight = Attr::Known(false), writes: &[] },
    Case {
        name: "API settings",
        change: |_, c| {
            c.api = Attr::Known(Api {
                minimum_compression_size: Attr::Known(1024),
                binary_media_types: strings(&["image/png".into()]),
                ..Api::default()
            });
        },
        writes: &["CreateDeployment", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "stage settings",
        change: |_, c| {
            let stage = inside(&mut c.stage);
            stage.description = text("live");
            stage.tracing_enabled = Attr::Known(true);
            stage.variables = map([("colour", "blue".to_string())]);
            let settings = MethodSettings {
                metrics_enabled: Attr::Known(true),
                throttling_rate_limit: Attr::Known(Number::from(50)),
                ..MethodSettings::default()
            };
            stage.method_settings = map([("*/*", settings.clone()), ("ANY /users/{proxy+}", settings)]);
        },
        writes: &["UpdateStage"],
    },
    Case {
        name: "logs, cache and certificate of the stage",
        change: |_, c| {
            let stage = inside(&mut c.stage);
            stage.access_logs = Attr::Known(AccessLogs {
                // CloudWatch Logs would need a role of the account.
                destination_arn: text(
                    "arn:aws:firehose:eu-central-1:111122223333:deliverystream/amazon-apigateway-shop",
                ),
                format: text("$context.requestId $context.status"),
            });
            stage.cache_cluster_size = text("0.5");
            stage.client_certificate_id = text("a1b2c3");
        },
        writes: &["UpdateStage"],
    },
    Case {
        name: "a statement of the policy",
        change: |_, c| c.policy = Attr::Known(Policy { statements: text(whole::FEWER), ..Policy::default() }),
        writes: &["CreateDeployment", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "named callers",
        change: |_, c| {
            let named = strings(&["arn:aws:iam::111122223333:root".into()]);
            c.policy = Attr::Known(Policy { allowed_principal_arns: named, ..Policy::default() });
        },
        writes: &["CreateDeployment", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "another policy",
        change: |_, c| c.policy = Attr::Known(Policy { document: text(whole::WHOLE), ..Policy::default() }),
        writes: &["CreateDeployment", "PutRestApi", "UpdateStage"],
    },
    Case {
        name: "another stage",
        change: |_, c| inside(&mut c.stage).name = text("v2"),
        writes: &["CreateStage", "DeleteStage"],
    },
];

#[tokio::test(start_paused = true)]
async fn every_change_makes_just_its_own_calls_and_can_be_taken_back() {
    for case in CASES {
        let mut world = World::new();
        let config = world.shop();
        let first = world.settle(&config).await;
        let mut changed = config.clone();
        (case.change)(&world, &mut changed);
        let seq = world.sim.calls().len();
        let second = world.settle(&changed).await;
        let mut writes = world.writes_since(seq);
        writes.sort();
        // AWS holds a target group for a moment after its listener has gone, so its deletion may take several tries.
        writes.dedup_by(|a, b| a == b && a == "DeleteTargetGroup");
        assert_eq!(writes, case.writes, "{}: {:?}", case.name, tally(&writes));
        assert_eq!(first.id, second.id, "{}: the API survives", case.name);
        assert_eq!(first.nlb_arn, second.nlb_arn, "{}: so does the load balancer", case.name);
        let redeployed = case.writes.contains(&"CreateDeployment");
        assert_eq!(first.deployment_id != second.deployment_id, redeployed, "{}", case.name);

        world.settle(&config).await;
        let left = world.destroy().await;
        assert!(left.is_empty(), "{}: {left:?}", case.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_of_an_update_knows_everything_that_will_not_change() {
    let mut world = World::new();
    let config = world.shop();
    world.settle(&config).await;
    let mut changed = config.clone();
    changed.description = text("other");
    assert_eq!(world.planned_changes(&changed).await, ["description"]);
    let mut changed = config.clone();
    inside(&mut changed.routes).insert("GET /new".into(), Attr::Known(route("users")));
    let changes = world.planned_changes(&changed).await;
    assert_eq!(changes, ["children.deployment", "deployment_id", "routes.GET /new"]);
}

#[tokio::test(start_paused = true)]
async fn old_deployments_are_kept_as_many_as_asked_for() {
    let mut world = World::new();
    let mut config = world.shop();
    inside(&mut config.stage).keep_deployments = Attr::Known(2);
    world.settle(&config).await;
    for number in 0..4 {
        inside(&mut config.routes).insert(format!("GET /extra{number}"), Attr::Known(route("users")));
        world.settle(&config).await;
        // A clock of whole seconds would not tell deployments apart that come faster.
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    }
    assert_eq!(world.count("deployment"), 3);
    inside(&mut config.stage).keep_deployments = Attr::Known(0);
    world.settle(&config).await;
    assert_eq!(world.count("deployment"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stage_goes_back_to_an_earlier_deployment_and_forward_again() {
    let mut world = World::new();
    let mut config = world.shop();
    let first = world.settle(&config).await;
    inside(&mut config.routes).insert("GET /new".into(), Attr::Known(route("users")));
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    let second = world.settle(&config).await;
    let mut back = config.clone();
    inside(&mut back.stage).deployment_id = first.deployment_id.clone();
    let seq = world.sim.calls().len();
    let third = world.settle(&back).await;
    assert_eq!(world.writes_since(seq), ["UpdateStage"]);
    assert_eq!(first.deployment_id, third.deployment_id);
    // What changes meanwhile is made ready, and what is served stays, however many there are.
    for number in 0..3 {
        inside(&mut back.routes).insert(format!("GET /more{number}"), Attr::Known(route("users")));
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        assert_eq!(world.settle(&back).await.deployment_id, first.deployment_id);
    }
    assert_eq!(world.count("deployment"), 3, "the latest, one to go back to, and the one that is served");
    // An import finds out that the stage doesn't serve the latest.
    let saved = world.state.take();
    world.import(first.id.known().unwrap()).await.unwrap();
    world.assert_settled(&back).await;
    world.state = saved;
    // What it leads to can't go meanwhile.
    let mut without = back.clone();
    inside(&mut without.backends).remove("images");
    inside(&mut without.routes).remove("POST /images");
    let found = world.plan(&without).await.unwrap_err();
    assert!(found.iter().any(|one| one.detail.contains("the listener of \"images\"")), "{found:?}");
    inside(&mut back.stage).deployment_id = second.deployment_id;
    let found = world.plan(&back).await.unwrap_err();
    assert!(found.iter().any(|one| one.summary == "No such deployment"), "{found:?}");
    inside(&mut back.stage).deployment_id = Attr::Null;
    let last = world.settle(&back).await;
    assert_ne!(last.deployment_id, first.deployment_id);
}

#[tokio::test(start_paused = true)]
async fn blocks_that_are_one_for_aws_are_one_rule() {
    let mut world = World::new();
    let mut config = world.shop();
    inside(&mut config.endpoint).allowed_cidr_blocks = strings(&["10.1.2.3/16".into(), "10.1.0.0/16".into()]);
    world.settle(&config).await;
}

#[tokio::test(start_paused = true)]
async fn unknown_values_in_a_plan_become_known_in_the_apply() {
    let mut world = World::new();
    let known = world.shop();
    let mut config = known.clone();
    inside(&mut config.endpoint).allowed_security_group_ids = Attr::Known(tfplugin::Set(vec![Attr::Unknown]));
    config.tags = Attr::Known([("owner".to_string(), Attr::Unknown)].into());
    let unsure = world.plan(&config).await.unwrap();
    assert!(unsure.planned.id.is_unknown());
    let unsettled = world.settle(&known).await;
    let plan = world.plan(&config).await.unwrap();
    assert_eq!(plan.planned.id, unsettled.id, "what will not change stays known");
    let mut groups = known.clone();
    inside(&mut groups.endpoint).allowed_security_group_ids = Attr::Null;
    inside(&mut groups.endpoint).security_group_ids = Attr::Unknown;
    let plan = world.plan(&groups).await.unwrap();
    assert!(plan.planned.security_group_id.is_unknown(), "whether there is a managed group isn't known yet");
    groups.backends = Attr::Unknown;
    groups.routes = Attr::Unknown;
    assert!(world.plan(&groups).await.unwrap().planned.children.is_unknown());
}

#[tokio::test(start_paused = true)]
async fn a_plan_with_an_unknown_subnet_promises_nothing_that_the_apply_can_break() {
    let mut world = World::new();
    let config = world.shop();
    world.settle(&config).await;
    let (kept, new) = (&world.fresh.subnet_ids[..2], world.fresh.subnet_ids[2].clone());
    let mut before = config.clone();
    before.load_balancer = Attr::Known(LoadBalancer { subnet_ids: strings(kept), ..LoadBalancer::default() });
    world.settle(&before).await;
    // One of the two is about to be replaced by another provider, so its id isn't known yet.
    let with = |subnet: Attr<String>| {
        let mut config = before.clone();
        inside(&mut inside(&mut config.load_balancer).subnet_ids).0[1] = subnet;
        config
    };
    let unsure = world.plan(&with(Attr::Unknown)).await.unwrap().planned;
    let sure = world.plan(&with(text(&new))).await.unwrap().planned;
    crate::world::assert_keeps("the final plan", &unsure, &sure);
    world.settle(&with(text(&new))).await;
}

#[tokio::test(start_paused = true)]
async fn a_subnet_more_is_there_with_its_interface_when_the_apply_ends() {
    let mut world = World::new();
    let mut config = world.shop();
    let subnet_ids = strings(&world.fresh.subnet_ids[..2]);
    config.load_balancer = Attr::Known(LoadBalancer { subnet_ids, ..LoadBalancer::default() });
    let before = world.settle(&config).await;
    config.load_balancer = Attr::Null;
    let after = world.settle(&config).await;
    assert_eq!(before.nlb_arn, after.nlb_arn);
    assert_eq!(after.nlb_private_ips.known().map(Vec::len), Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_every_route_has_may_be_written_out() {
    let mut world = World::new();
    let mut config = world.shop();
    let mapping = [("integration.request.path.id", "method.request.path.id".to_string())];
    let spelled_out = Route { request_parameters: map(mapping), ..route("users") };
    inside(&mut config.routes).insert("GET /people/{id}".into(), Attr::Known(spelled_out));
    world.settle(&config).await;
}

#[tokio::test(start_paused = true)]
async fn many_bundles_are_destroyed_at_once_within_awss_quota() {
    const BUNDLES: usize = 8;
    let world = World::new();
    let aws = world.configure().await;
    let lives = (0..BUNDLES).map(|number| {
        let mut config = world.shop();
        config.name = text(&format!("shop{number}"));
        // A VPC has room for one endpoint with private DNS.
        inside(&mut config.endpoint).private_dns_enabled = Attr::Known(false);
        let (aws, call) = (aws.clone(), tfplugin::Call { cancel: world.cancel.clone() });
        async move {
            let request =
                PlanRequest { prior: None, proposed: config.clone(), config: config.clone(), private: Vec::new() };
            let plan = Bundle.plan(&call, Some(&aws), request).await;
            let made = Bundle.create(&call, &aws, plan.planned, config, plan.private).await;
            assert!(made.diagnostics.is_empty(), "{:?}", made.diagnostics);
            let gone = Bundle.delete(&call, &aws, made.state.expect("it was made"), made.private).await;
            assert!(matches!(&gone, DeleteResponse::Gone { diagnostics } if diagnostics.is_empty()));
        }
    });
    futures::future::join_all(lives).await;
    assert_eq!(world.count("rest-api"), 0);
    let mut deletions: Vec<u64> =
        world.sim.calls().iter().filter(|call| call.operation == "DeleteRestApi").map(|call| call.at_ms).collect();
    deletions.sort_unstable();
    assert_eq!(deletions.len(), BUNDLES, "none was refused or repeated");
    assert!(deletions.windows(2).all(|pair| pair[1] - pair[0] >= 29_900), "one in thirty seconds: {deletions:?}");
}
