//! What a user writes: policies, routes, names, ports, durations, addresses.

use privgw::aws::policy;
use privgw::bundle::model::{
    AccessLogs, Backend, ConnectionLogs, Endpoint, HealthCheck, InternalApi, LoadBalancer, MapOf, MethodSettings,
    Policy, Route, Stage, Timeouts,
};
use privgw::bundle::policy::told;
use privgw::bundle::validate::validate;
use privgw::bundle::{drift, duration};
use privgw::openapi;
use tfplugin::{Attr, Set};

/// A policy means the same after any number of readings, and everything else is taken or refused.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input).into_owned();
    for text in [text.clone(), policy::unescape(&text)] {
        if let Some(meaning) = policy::normal(&text) {
            assert_eq!(policy::normal(&policy::document(&meaning).to_string()), Some(meaning.clone()));
            let short = policy::shorten(&meaning, "a1b2c3d4e5");
            assert_eq!(policy::shorten(&short, "a1b2c3d4e5"), short);
            let _ = told(&meaning, &["vpce-1".to_owned()]);
        }
    }
    let _ = duration::parse(&text);
    match openapi::parse(&text) {
        Ok(document) => drop(openapi::routes(&document)),
        Err(why) => assert!(!why.is_empty()),
    }
    assert!(text.starts_with(drift::plain(&text)));
    for one in &validate(&everywhere(&text)) {
        assert!(!one.summary.is_empty() && !one.detail.is_empty(), "{one:?}");
    }
}

/// A configuration that says the same in every place.
fn everywhere(text: &str) -> InternalApi {
    let some = || Attr::Known(text.to_owned());
    let set = || Attr::Known(Set(vec![some()]));
    let backend = Backend {
        port: Attr::Known(3001),
        target_type: some(),
        protocol: some(),
        certificate_arn: some(),
        ssl_policy: some(),
        alpn_policy: some(),
        targets: set(),
        url_scheme: some(),
        health_check: Attr::Known(HealthCheck {
            protocol: some(),
            port: some(),
            path: some(),
            matcher: some(),
            ..HealthCheck::default()
        }),
        ..Backend::default()
    };
    let route = Route {
        backend: some(),
        path: some(),
        method: some(),
        kind: some(),
        authorization: some(),
        response_transfer_mode: some(),
        request_parameters: only(text, text.to_owned()),
        ..Route::default()
    };
    let policy = Policy { statements: some(), allowed_principal_arns: set(), document: some() };
    let logs = AccessLogs { destination_arn: some(), format: some() };
    InternalApi {
        name: some(),
        description: some(),
        vpc_id: some(),
        subnet_ids: set(),
        endpoint: Attr::Known(Endpoint {
            allowed_cidr_blocks: set(),
            allowed_security_group_ids: set(),
            policy: some(),
            additional_ids: set(),
            ..Endpoint::default()
        }),
        load_balancer: Attr::Known(LoadBalancer {
            access_logs: Attr::Known(ConnectionLogs { bucket: some(), prefix: some() }),
            ..LoadBalancer::default()
        }),
        policy: Attr::Known(policy),
        backends: only(text, backend),
        routes: only(text, route),
        stage: Attr::Known(Stage {
            name: some(),
            access_logs: Attr::Known(logs),
            cache_cluster_size: some(),
            client_certificate_id: some(),
            variables: only(text, text.to_owned()),
            method_settings: only(text, MethodSettings { logging_level: some(), ..MethodSettings::default() }),
            ..Stage::default()
        }),
        tags: only(text, text.to_owned()),
        on_create_failure: some(),
        timeouts: Attr::Known(Timeouts { create: some(), ..Timeouts::default() }),
        ..InternalApi::default()
    }
}

fn only<T>(key: &str, value: T) -> Attr<MapOf<T>> {
    Attr::Known([(key.to_owned(), Attr::Known(value))].into())
}
