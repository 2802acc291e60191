use serde_json::{Value, json};

use super::table;
use crate::testing::server::{Server, resolving};
use crate::testing::shop::{Shop, statement};
use crate::testing::{ACCOUNT, Caller, REGION, document, element, later};

/// `/_sim/trace` with parameters.
async fn trace(shop: &Shop, parameters: &[(&str, &str)]) -> Value {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("host", &shop.host()).append_pair("path", "/v1/x").extend_pairs(parameters);
    let (status, text) = shop.aws.send("sim", "GET", &format!("/_sim/trace?{}", query.finish()), String::new()).await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn hop<'a>(trace: &'a Value, name: &str) -> &'a Value {
    let hops = trace["hops"].as_array().unwrap();
    hops.iter().find(|hop| hop["hop"] == name).unwrap_or_else(|| panic!("no {name} in {trace:#}"))
}

fn names(trace: &Value) -> Vec<&str> {
    trace["hops"].as_array().unwrap().iter().map(|hop| hop["hop"].as_str().unwrap()).collect()
}

const TO_THE_TARGET: [&str; 15] = [
    "dns",
    "endpoint",
    "endpoint-security-group",
    "api",
    "stage",
    "deployment",
    "endpoint-policy",
    "resource-policy",
    "route",
    "integration",
    "vpc-link",
    "load-balancer-security-group",
    "listener",
    "target-group",
    "target",
];

#[tokio::test(start_paused = true)]
async fn a_trace_names_every_station_and_its_object() {
    let shop = Shop::plain(Caller::new()).await;
    let trace = trace(&shop, &[]).await;
    assert_eq!(names(&trace), TO_THE_TARGET);
    let ids = ["dns", "api", "vpc-link", "target-group", "target"].map(|name| hop(&trace, name)["id"].clone());
    assert_eq!(ids, [&shop.endpoint, &shop.api, &shop.link, &shop.group, "172.31.0.10:3001"]);
    assert_eq!(trace["delivery"]["path"], "/x");
    assert_eq!((&trace["sent"], &trace["answer"]), (&json!(false), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_trace_names_the_statement_that_decides_and_why_others_do_not() {
    let shop = Shop::open(Caller::new()).await;
    let elsewhere = json!({"Sid": "Elsewhere", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}});
    let guard = json!({"Sid": "Guard", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}});
    let other = json!({"Resource": "execute-api:/v2/*"});
    shop.serve_policy(json!([
        statement("Allow", json!({})),
        statement("Allow", elsewhere),
        statement("Allow", other),
        statement("Deny", guard),
    ]))
    .await;
    let trace = trace(&shop, &[]).await;
    let policy = hop(&trace, "resource-policy");
    assert_eq!(
        (&policy["verdict"], &policy["why"]),
        (&json!("refused"), &json!("statement 3 (Guard) denies the request."))
    );
    let why = |index: usize| policy["rejected"][index]["why"].as_str().unwrap();
    assert_eq!(why(0), "It says Allow, but another statement decides.");
    let expected =
        format!("This Allow does not apply: its Condition does not match (aws:SourceVpce is {}).", shop.endpoint);
    assert_eq!((policy["rejected"][1]["id"].as_str(), why(1)), (Some("statement 1 (Elsewhere)"), expected.as_str()));
    assert!(why(2).starts_with("This Allow does not apply: its Resource does not match (arn:aws:execute-api:"));
    assert_eq!(trace["answer"]["status"], 403);
    assert_eq!(names(&trace).last(), Some(&"resource-policy"));
}

#[tokio::test(start_paused = true)]
async fn a_trace_tells_what_was_not_taken() {
    let shop = Shop::plain(Caller::new()).await;
    let get = || json!({"get": shop.proxy("/x", json!({}))});
    shop.serve(json!({"/x": get(), "/{any}": get()})).await;
    shop.elb(&format!("RegisterTargets&TargetGroupArn={}&Targets.member.1.Id=172.31.0.11", shop.group)).await;
    shop.aws.listener(&shop.balancer, 3002, &shop.group).await;
    let trace = trace(&shop, &[]).await;
    let rejected = |name: &str| hop(&trace, name)["rejected"][0].clone();
    assert_eq!(rejected("route"), json!({"id": "/{any}", "why": "A more specific path comes first."}));
    assert_eq!(rejected("deployment")["why"], "The stage does not point at it.");
    assert_eq!(rejected("listener")["why"], "It listens on port 3002.");
    let initial = "It is initial (Elb.InitialHealthChecking: Initial health checks in progress).";
    assert_eq!(rejected("target"), json!({"id": "172.31.0.11:3001", "why": initial}));
}

#[tokio::test(start_paused = true)]
async fn a_trace_knows_of_changes_that_wait_for_a_deployment() {
    let shop = Shop::plain(Caller::new()).await;
    let before = trace(&shop, &[]).await;
    shop.aws.put_api(&shop.api, "merge", document(json!({"/y": {"get": shop.proxy("/y", json!({}))}}))).await;
    let after = trace(&shop, &[]).await;
    let waits = |trace: &Value| hop(trace, "deployment")["why"].as_str().unwrap().contains("waits for a deployment");
    assert_eq!((waits(&before), waits(&after)), (false, true));
}

#[tokio::test(start_paused = true)]
async fn a_trace_takes_no_token_unless_it_is_sent() {
    let shop = Shop::plain(Caller::new()).await;
    shop.patch_stage("/x/GET/throttling/burstLimit", "1").await;
    shop.patch_stage("/x/GET/throttling/rateLimit", "1").await;
    for _ in 0..3 {
        assert_eq!(trace(&shop, &[]).await["answer"], Value::Null);
    }
    let sent = trace(&shop, &[("send", "true"), ("header", "x-own: yes")]).await;
    assert_eq!((&sent["sent"], &sent["answer"]["body"]["headers"]["x-own"]), (&json!(true), &json!("yes")));
    let refused = trace(&shop, &[("send", "true")]).await;
    assert_eq!((names(&refused).last(), &refused["answer"]["status"]), (Some(&"throttle"), &json!(429)));
    later(1).await;
    assert_eq!(shop.aws.invoke(&shop.api, "GET", "/v1/x").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_trace_understands_the_source_of_a_call() {
    let shop = Shop::plain(Caller::new()).await;
    let end = async |parameters: &[(&str, &str)]| {
        let trace = trace(&shop, parameters).await;
        trace["hops"].as_array().unwrap().last().unwrap()["hop"].as_str().unwrap().to_owned()
    };
    let vpc = element(&shop.aws.ec2("CreateVpc&CidrBlock=10.9.0.0/16").await.1, "vpcId");
    assert_eq!(end(&[("source_vpc", &vpc)]).await, "dns");
    assert_eq!(end(&[("path", "v1/x")]).await, "target", "a slash may be missing");
    assert_eq!(end(&[("source_ip", "10.9.9.9")]).await, "endpoint-security-group");
    assert_eq!(end(&[("endpoint", &shop.endpoint), ("method", "POST")]).await, "route");
}

#[tokio::test(start_paused = true)]
async fn a_trace_looks_at_real_targets() {
    let server = Server::start();
    let shop = Shop::plain(resolving(&[("172.31.0.10:3001", server.address)])).await;
    trace(&shop, &[]).await;
    assert!(server.requests().is_empty());
    let sent = trace(&shop, &[("send", "true")]).await;
    assert_eq!(sent["answer"]["body"], json!({"who": "real"}));
    assert!(hop(&sent, "back-end")["why"].as_str().unwrap().contains(&server.address.to_string()));
}

#[tokio::test(start_paused = true)]
async fn a_trace_is_a_table_for_people() {
    let shop = Shop::plain(Caller::new()).await;
    let passed = table(&trace(&shop, &[]).await);
    assert!(
        passed
            .contains(&format!("\n+ vpc-link                      {}: link leads to load balancer one.\n", shop.link)),
        "{passed}"
    );
    assert!(passed.ends_with("\nIt would be sent to 172.31.0.10:3001 as GET /x.\n"), "{passed}");
    let refused = table(&trace(&shop, &[("method", "POST")]).await);
    assert!(refused.contains("\nx route "), "{refused}");
    assert!(refused.ends_with("The caller gets 403 {\"message\":\"Missing Authentication Token\"}\n"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_trace_refuses_what_it_does_not_understand() {
    let aws = Caller::new();
    for query in [
        "",
        "host=example.com",
        "host=a.execute-api.b.amazonaws.com&who=me",
        "host=a.execute-api.b.amazonaws.com&header=x",
        "host=a.execute-api.b.amazonaws.com&source_ip=bla",
        "host=a.execute-api.b.amazonaws.com&source_vpc=vpc-0",
        "host=a.execute-api.b.amazonaws.com&source_security_group=sg-0",
    ] {
        let (status, text) = aws.send("sim", "GET", &format!("/_sim/trace?{query}"), String::new()).await;
        assert_eq!(status, 400, "{query}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_with_impossible_headers_is_no_request_of_aws() {
    let shop = Shop::plain(Caller::new()).await;
    for header in ["x-sim-source-vpc", "x-sim-source-security-group", "x-sim-source-ip"] {
        let reply = shop.by_name(&shop.host(), &[(header, "nowhere")]).await;
        assert_eq!(reply.status, 400);
        assert!(reply.header("x-sim-refused").starts_with("source: "), "{reply:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_source_the_caller_is_where_the_api_can_be_reached() {
    let shop = Shop::plain(Caller::new()).await;
    let caller = &shop.aws;
    // The endpoint moves out of the default VPC.
    caller.ec2(&format!("DeleteVpcEndpoints&VpcEndpointId.1={}", shop.endpoint)).await;
    later(600).await;
    let vpc = element(&caller.ec2("CreateVpc&CidrBlock=10.9.0.0/16").await.1, "vpcId");
    for attribute in ["EnableDnsSupport", "EnableDnsHostnames"] {
        caller.ec2(&format!("ModifyVpcAttribute&VpcId={vpc}&{attribute}.Value=true")).await;
    }
    let subnet = element(&caller.ec2(&format!("CreateSubnet&VpcId={vpc}&CidrBlock=10.9.0.0/24")).await.1, "subnetId");
    let form = format!(
        "CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&ServiceName=com.amazonaws.{REGION}.execute-api&SubnetId.1={subnet}"
    );
    assert_eq!(caller.ec2(&form).await.0, 200);
    later(90).await;
    let why = hop(&trace(&shop, &[]).await, "dns")["why"].clone();
    assert_eq!(why, format!("Private DNS of the VPC leads from {vpc} to this endpoint."));
}

#[tokio::test(start_paused = true)]
async fn a_trace_says_where_an_unknown_api_is_and_keeps_to_the_account() {
    let shop = Shop::plain(Caller::new()).await;
    let why = async |host: String, hop_name: &str| {
        let query = format!("host={host}&path=/v1/x");
        let (_, text) = shop.aws.send("sim", "GET", &format!("/_sim/trace?{query}"), String::new()).await;
        let trace: Value = serde_json::from_str(&text).unwrap();
        let hop = hop(&trace, hop_name);
        (hop["why"].as_str().unwrap().to_owned(), table(&trace))
    };
    let (elsewhere, table) = why(format!("https://{}.execute-api.us-east-1.amazonaws.com/v1", shop.api), "dns").await;
    assert!(elsewhere.ends_with(&format!("The API {} is in {REGION}, not in us-east-1.", shop.api)), "{elsewhere}");
    assert!(table.ends_with("On AWS there is no answer: the name does not resolve to an endpoint.\n"), "{table}");
    let (unknown, _) = why(format!("abcdefghij.execute-api.{REGION}.amazonaws.com"), "api").await;
    assert_eq!(unknown, "There is no API abcdefghij, in no account and region.");
    shop.aws.sim.account("999999999999", REGION);
    let foreign = trace(&shop, &[("source_vpc", &shop.aws.sim.account("999999999999", REGION).vpc_id)]).await;
    let rejected = hop(&foreign, "dns")["rejected"].as_array().unwrap();
    assert_eq!(rejected.len(), 1, "the endpoint of the API's account {ACCOUNT}");
}

#[tokio::test(start_paused = true)]
async fn what_counts_at_once_waits_for_no_deployment() {
    let shop = Shop::plain(Caller::new()).await;
    let path = format!("/restapis/{}", shop.api);
    let patch = json!({"patchOperations": [
        {"op": "add", "path": "/endpointConfiguration/vpcEndpointIds", "value": shop.endpoint}
    ]});
    assert_eq!(shop.aws.api("PATCH", &path, patch).await.0, 200);
    let trace = trace(&shop, &[]).await;
    assert!(!hop(&trace, "deployment")["why"].as_str().unwrap().contains("waits for a deployment"));
}
