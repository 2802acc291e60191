use serde_json::{Value, json};

use crate::testing::{Caller, document, element, integration, later, open_policy};

/// A bundle that works: endpoint, balancer, target, link, API; nothing is deployed yet.
async fn bundle(caller: &Caller) -> (String, String) {
    let endpoint = caller.endpoint().await;
    let balancer = caller.balancer("one").await;
    let group = caller.target_group("group").await;
    caller.listener(&balancer, 3001, &group).await;
    let link = caller.link(&balancer).await;
    (caller.private_api(&[&endpoint]).await, link)
}

fn routes(link: &str) -> Value {
    let with = |path: &str| json!({"x-amazon-apigateway-integration": integration(link, path)});
    let variable = |name: &str, path: &str| {
        let mut operation = with(path);
        operation["parameters"] = json!([{"name": name, "in": "path", "required": true}]);
        operation["x-amazon-apigateway-integration"]["requestParameters"] =
            json!({format!("integration.request.path.{name}"): format!("method.request.path.{name}")});
        operation
    };
    json!({
        "/a/literal": {"get": with("/literal")},
        "/a/{id}": {"get": variable("id", "/by-id/{id}"), "x-amazon-apigateway-any-method": with("/any")},
        "/b/{proxy+}": {"x-amazon-apigateway-any-method": variable("proxy", "/greedy/{proxy}")},
    })
}

#[tokio::test(start_paused = true)]
async fn a_request_reaches_the_target_by_the_best_route() {
    let caller = Caller::new();
    let (api, link) = bundle(&caller).await;
    caller.put_api(&api, "overwrite", document(routes(&link))).await;
    caller.deploy(&api).await;
    let expected = [
        ("GET", "/v1/a/literal", "/literal"),
        ("GET", "/v1/a/7?x=1", "/by-id/7?x=1"),
        ("POST", "/v1/a/7", "/any"),
        ("PUT", "/v1/b/c/d", "/greedy/c/d"),
    ];
    for (method, path, at_target) in expected {
        let (status, body) = caller.invoke(&api, method, path).await;
        assert_eq!((status, body["path"].as_str()), (200, Some(at_target)), "{body}");
        assert_eq!(body["target"], "172.31.0.10:3001");
    }
    assert_eq!(caller.invoke(&api, "GET", "/v1/b").await, (403, json!({"message": "Missing Authentication Token"})));
    assert_eq!(caller.invoke(&api, "GET", "/v2/b").await, (403, json!({"message": "Forbidden"})));
}

#[tokio::test(start_paused = true)]
async fn a_policy_counts_only_after_a_new_deployment() {
    let caller = Caller::new();
    let (api, link) = bundle(&caller).await;
    caller.put_api(&api, "overwrite", document(routes(&link))).await;
    caller.deploy(&api).await;
    let mut deny = open_policy(None)["Statement"][0].clone();
    deny["Effect"] = json!("Deny");
    let patch = json!({"patchOperations": [{"op": "replace", "path": "/policy", "value": open_policy(Some(deny)).to_string()}]});
    caller.api("PATCH", &format!("/restapis/{api}"), patch).await;
    assert_eq!(caller.invoke(&api, "GET", "/v1/a/7").await.0, 200);
    caller.deploy(&api).await;
    let (status, body) = caller.invoke(&api, "GET", "/v1/a/7").await;
    let message = format!(
        "User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-central-1:********3333:{api}/v1/GET/a/7 with an explicit deny"
    );
    assert_eq!((status, body), (403, json!({"Message": message})));
}

#[tokio::test(start_paused = true)]
async fn enforced_inbound_rules_keep_private_link_traffic_out() {
    let caller = Caller::new();
    let endpoint = caller.endpoint().await;
    let (subnet, group) = (&caller.fresh.subnet_ids[0], &caller.fresh.security_group_id);
    let form = format!(
        "CreateLoadBalancer&Name=one&Type=network&Scheme=internal&Subnets.member.1={subnet}&SecurityGroups.member.1={group}"
    );
    let balancer = element(&caller.elb(&form).await.1, "LoadBalancerArn");
    later(150).await;
    let targets = caller.target_group("group").await;
    caller.listener(&balancer, 3001, &targets).await;
    let link = caller.link(&balancer).await;
    let api = caller.private_api(&[&endpoint]).await;
    caller.put_api(&api, "overwrite", document(routes(&link))).await;
    caller.deploy(&api).await;
    assert_eq!(caller.invoke(&api, "GET", "/v1/a/7").await, (504, json!({"message": "Endpoint request timed out"})));
    let off = format!(
        "SetSecurityGroups&LoadBalancerArn={balancer}&SecurityGroups.member.1={group}&EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic=off"
    );
    caller.elb(&off).await;
    assert_eq!(caller.invoke(&api, "GET", "/v1/a/7").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_missing_listener_or_endpoint_ends_the_trip() {
    let caller = Caller::new();
    let (api, link) = bundle(&caller).await;
    let elsewhere = json!({"/x": {"get": {"x-amazon-apigateway-integration": {
        "type": "http_proxy", "httpMethod": "GET", "uri": "http://backend:9999/x", "connectionType": "VPC_LINK", "connectionId": link,
    }}}});
    caller.put_api(&api, "overwrite", document(elsewhere)).await;
    caller.deploy(&api).await;
    assert_eq!(caller.invoke(&api, "GET", "/v1/x").await.0, 504);
    let other = Caller::new();
    assert_eq!(other.invoke(&api, "GET", "/v1/x").await.0, 502);
}
