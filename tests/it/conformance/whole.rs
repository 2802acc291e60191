//! A configuration in which everything is set that a user may set.

use privgw::bundle::model::{
    AccessLogs, Api, Backend, ConnectionLogs, Cors, Endpoint, HealthCheck, InternalApi, LoadBalancer, MethodSettings,
    Policy, Route, Stage, Timeouts, VpcLink,
};
use tfplugin::{Attr, Number};

use crate::handed_in::Estate;
use crate::world::{World, inside, map, route, strings, text};

/// Nobody may delete anything.
pub const FEWER: &str =
    r#"{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*/DELETE/*"}"#;
/// Everybody who has a way may come.
pub const WHOLE: &str = r#"{"Version":"2012-10-17","Statement":
    {"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*"}}"#;

/// One operation, in YAML.
const DOCUMENT: &str = "openapi: 3.0.1\npaths: { /products: { get: { x-privgw-backend: products } } }\n";

pub fn config(world: &World) -> InternalApi {
    InternalApi {
        name: text("everything"),
        description: text("Everything at once"),
        vpc_id: text(&world.fresh.vpc_id),
        subnet_ids: strings(&world.fresh.subnet_ids),
        endpoint: Attr::Known(endpoint(world)),
        load_balancer: Attr::Known(LoadBalancer {
            subnet_ids: strings(&world.fresh.subnet_ids),
            cross_zone_enabled: Attr::Known(true),
            deletion_protection: Attr::Known(false),
            managed_security_group: Attr::Known(true),
            access_logs: Attr::Known(ConnectionLogs { bucket: text("logs"), prefix: text("shop") }),
            ..LoadBalancer::default()
        }),
        backends: map([
            ("products", products()),
            ("users", Backend { blue_green: Attr::Known(true), ..plain(3002) }),
            ("images", plain(3003)),
        ]),
        routes: map([
            ("GET /products/{id}", signed()),
            ("ANY /users/{proxy+}", Route { response_transfer_mode: text("STREAM"), ..route("users") }),
            ("POST /images", Route { cors: Attr::Known(cors()), ..route("images") }),
        ]),
        policy: Attr::Known(Policy {
            statements: text(FEWER),
            allowed_principal_arns: strings(&["arn:aws:iam::111122223333:role/shop".into()]),
            ..Policy::default()
        }),
        stage: Attr::Known(stage()),
        api: Attr::Known(Api {
            minimum_compression_size: Attr::Known(1024),
            binary_media_types: strings(&["image/png".into()]),
            api_key_source: text("HEADER"),
            disable_execute_api_endpoint: Attr::Known(false),
        }),
        tags: map([("owner", "shop".to_string())]),
        on_create_failure: text("keep"),
        preflight: Attr::Known(true),
        timeouts: Attr::Known(Timeouts {
            create: text("1h"),
            read: text("5m"),
            update: text("2h"),
            delete: text("45m"),
        }),
        ..InternalApi::default()
    }
}

/// The same with the user's own security groups and policy.
pub fn with_own(world: &World) -> InternalApi {
    let mut config = config(world);
    config.policy = Attr::Known(Policy { document: text(WHOLE), ..Policy::default() });
    let own = strings(std::slice::from_ref(&world.fresh.security_group_id));
    let endpoint = inside(&mut config.endpoint);
    endpoint.allowed_security_group_ids = Attr::Null;
    endpoint.allowed_cidr_blocks = Attr::Null;
    endpoint.allowed_prefix_list_ids = Attr::Null;
    endpoint.security_group_ids = own.clone();
    let balancer = inside(&mut config.load_balancer);
    balancer.managed_security_group = Attr::Null;
    balancer.security_group_ids = own;
    config
}

/// The same on pieces that exist already, with a document.
pub fn with_given(world: &World, estate: &Estate, link: &str) -> InternalApi {
    let mut config = config(world);
    config.endpoint = Attr::Known(Endpoint { id: text(&estate.endpoint), ..Endpoint::default() });
    let arn = text(&estate.balancer);
    config.load_balancer =
        Attr::Known(LoadBalancer { arn, listener_managed: Attr::Known(true), ..LoadBalancer::default() });
    config.vpc_link = Attr::Known(VpcLink { id: text(link) });
    config.routes = Attr::Null;
    config.openapi = text(DOCUMENT);
    config
}

fn endpoint(world: &World) -> Endpoint {
    Endpoint {
        subnet_ids: strings(&world.fresh.subnet_ids[..2]),
        private_dns_enabled: Attr::Known(true),
        allowed_security_group_ids: strings(std::slice::from_ref(&world.fresh.security_group_id)),
        allowed_cidr_blocks: strings(&["10.1.2.3/8".into(), "2001:DB8::/32".into()]),
        allowed_prefix_list_ids: strings(&["pl-6da54004".into()]),
        policy: text(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#,
        ),
        additional_ids: Attr::Known(tfplugin::Set(Vec::new())),
        ..Endpoint::default()
    }
}

fn plain(port: i64) -> Backend {
    Backend { port: Attr::Known(port), ..Backend::default() }
}

fn products() -> Backend {
    Backend {
        listener_port: Attr::Known(8080),
        protocol: text("TLS"),
        certificate_arn: text("arn:aws:acm:eu-central-1:111122223333:certificate/a"),
        ssl_policy: text("ELBSecurityPolicy-TLS13-1-2-2021-06"),
        alpn_policy: text("HTTP1Only"),
        target_type: text("ip"),
        targets: strings(&["172.31.0.10".into(), "172.31.16.10:4000".into()]),
        deregistration_delay: Attr::Known(20),
        preserve_client_ip: Attr::Known(true),
        connection_termination: Attr::Known(true),
        url_scheme: text("https"),
        tls_skip_verification: Attr::Known(true),
        health_check: Attr::Known(HealthCheck {
            protocol: text("HTTPS"),
            port: text("traffic-port"),
            path: text("/health"),
            matcher: text("200-299"),
            interval: Attr::Known(15),
            timeout: Attr::Known(5),
            healthy_threshold: Attr::Known(2),
            unhealthy_threshold: Attr::Known(3),
        }),
        ..plain(3001)
    }
}

fn cors() -> Cors {
    Cors {
        allow_origin: text("https://shop.example.com"),
        allow_headers: strings(&["X-Cart".into()]),
        allow_credentials: Attr::Known(true),
        max_age: Attr::Known(600),
    }
}

fn signed() -> Route {
    Route {
        path: text("/v2/products/{id}"),
        method: text("POST"),
        kind: text("HTTP"),
        timeout_ms: Attr::Known(5000),
        authorization: text("AWS_IAM"),
        api_key_required: Attr::Known(true),
        request_parameters: map([("integration.request.header.x-static", "'yes'".to_string())]),
        ..route("products")
    }
}

fn stage() -> Stage {
    let settings = MethodSettings {
        metrics_enabled: Attr::Known(true),
        logging_level: text("ERROR"),
        data_trace_enabled: Attr::Known(false),
        throttling_rate_limit: Attr::Known(Number::from(10)),
        throttling_burst_limit: Attr::Known(20),
        caching_enabled: Attr::Known(false),
        cache_ttl_in_seconds: Attr::Known(60),
        cache_data_encrypted: Attr::Known(true),
        require_authorization_for_cache_control: Attr::Known(true),
        unauthorized_cache_control_header_strategy: text("FAIL_WITH_403"),
    };
    Stage {
        name: text("v1"),
        description: text("The first"),
        variables: map([("colour", "blue".to_string())]),
        tracing_enabled: Attr::Known(true),
        access_logs: Attr::Known(AccessLogs {
            destination_arn: text("arn:aws:logs:eu-central-1:111122223333:log-group:shop:*"),
            format: text("$context.requestId $context.status"),
        }),
        cache_cluster_size: text("0.5"),
        client_certificate_id: text("a1b2c3"),
        method_settings: map([("*/*", settings)]),
        keep_deployments: Attr::Known(2),
        deployment_id: Attr::Null,
    }
}
