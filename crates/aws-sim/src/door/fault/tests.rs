use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::testing::{Caller, element, later, text};
use crate::{Config, Fault, Order, Sim};

/// An administrative call.
async fn sim(sim: &Sim, method: &str, body: Value) -> (u16, Value) {
    let request = Request::builder().method(method).uri("/_sim/faults").body(Bytes::from(body.to_string())).unwrap();
    let response = sim.call(request).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

async fn order(caller: &Caller, body: Value) {
    assert_eq!(sim(&caller.sim, "POST", body).await, (200, json!({})));
}

async fn list_apis(caller: &Caller) -> u16 {
    caller.api("GET", "/restapis", Value::Null).await.0
}

async fn create_api(caller: &Caller) -> u16 {
    caller.api("POST", "/restapis", json!({"name": "x"})).await.0
}

fn count(caller: &Caller, kind: &str) -> usize {
    let objects = caller.sim.objects();
    objects[crate::testing::ACCOUNT][crate::testing::REGION][kind].as_object().map_or(0, serde_json::Map::len)
}

#[tokio::test(start_paused = true)]
async fn orders_strike_the_calls_they_name_as_often_as_they_say() {
    let caller = Caller::new();
    order(&caller, json!({"operation": "GetRestApis", "fault": "throttle", "nth": 2, "times": 2})).await;
    let statuses =
        [list_apis(&caller).await, list_apis(&caller).await, list_apis(&caller).await, list_apis(&caller).await];
    assert_eq!(statuses, [200, 429, 429, 200]);
    let (_, list) = sim(&caller.sim, "GET", Value::Null).await;
    assert_eq!((&list[0]["seen"], &list[0]["struck"], &list[0]["fault"]), (&json!(4), &json!(2), &json!("throttle")));
    for name in ["*", "apigateway", "apigateway:*", "apigateway:GetRestApis"] {
        sim(&caller.sim, "DELETE", Value::Null).await;
        order(&caller, json!({"operation": name, "fault": "throttle"})).await;
        assert_eq!((list_apis(&caller).await, list_apis(&caller).await), (429, 200), "{name}");
    }
    order(&caller, json!({"operation": "ec2", "fault": "throttle"})).await;
    assert_eq!((list_apis(&caller).await, caller.ec2("DescribeVpcs").await.0), (200, 503));
}

#[tokio::test(start_paused = true)]
async fn a_share_of_calls_follows_from_the_seed() {
    let strikes = async |seed: u64| {
        let caller = Caller::new();
        order(&caller, json!({"operation": "*", "fault": "throttle", "probability": 0.3, "seed": seed})).await;
        let mut statuses = Vec::new();
        for _ in 0..200 {
            statuses.push(list_apis(&caller).await);
        }
        statuses
    };
    let first = strikes(1).await;
    let share = first.iter().filter(|status| **status == 429).count();
    assert!((40..80).contains(&share), "{share} of 200");
    assert_eq!(first, strikes(1).await);
    assert_ne!(first, strikes(2).await);
}

#[tokio::test(start_paused = true)]
async fn errors_come_instead_of_the_operation_or_after_it_and_are_in_the_log() {
    let caller = Caller::new();
    let error = json!({"status": 500, "code": "InternalFailure", "message": "oops"});
    order(&caller, json!({"operation": "CreateRestApi", "fault": {"error": error}})).await;
    order(&caller, json!({"operation": "CreateRestApi", "fault": {"executed_error": error}})).await;
    order(&caller, json!({"operation": "CreateRestApi", "fault": "reset"})).await;
    order(&caller, json!({"operation": "CreateRestApi", "fault": "lost_answer"})).await;
    let made = async || (create_api(&caller).await, count(&caller, "rest-api"));
    assert_eq!([made().await, made().await, made().await, made().await], [(500, 0), (500, 1), (599, 1), (599, 2)]);
    let calls = caller.sim.calls();
    let logged: Vec<_> = calls.iter().map(|call| (call.status, call.fault.as_deref().unwrap_or_default())).collect();
    assert_eq!(logged, [(500, "error"), (500, "executed_error"), (599, "reset"), (201, "lost_answer")]);
}

#[tokio::test(start_paused = true)]
async fn a_denial_has_the_words_of_its_service() {
    let caller = Caller::new();
    order(&caller, json!({"operation": "*", "fault": "denied", "times": 3})).await;
    let (status, body) = caller.ec2("DescribeVpcs").await;
    assert_eq!((status, element(&body, "Code").as_str()), (403, "UnauthorizedOperation"));
    let (status, body) = caller.elb("DescribeLoadBalancers").await;
    assert_eq!((status, element(&body, "Code").as_str()), (403, "AccessDenied"));
    let (status, body) = caller.api("GET", "/restapis", Value::Null).await;
    assert_eq!(status, 403);
    assert!(text(&body, "message").contains("is not authorized to perform: apigateway:GET"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_executed_at_once_and_held_in_virtual_or_real_time() {
    let caller = Caller::with(Config { speed: 10.0, ..Config::default() });
    for (fault, seconds) in [(json!({"milliseconds": 30_000}), 3), (json!({"milliseconds": 30_000, "real": true}), 30)]
    {
        order(&caller, json!({"operation": "CreateRestApi", "fault": {"slow": fault}})).await;
        let before = Instant::now();
        assert_eq!(create_api(&caller).await, 201);
        assert_eq!(before.elapsed(), Duration::from_secs(seconds));
    }
}

async fn link(caller: &Caller, balancer: &str) -> String {
    text(&caller.api("POST", "/vpclinks", json!({"name": "x", "targetArns": [balancer]})).await.1, "id")
}

#[tokio::test(start_paused = true)]
async fn work_can_hang_for_good() {
    let caller = Caller::new();
    let balancer = caller.balancer("one").await;
    for operation in ["CreateVpcEndpoint", "CreateLoadBalancer", "CreateVpcLink"] {
        order(&caller, json!({"operation": operation, "fault": "stuck"})).await;
    }
    let endpoint = element(&caller.ec2(&caller.endpoint_form("&PrivateDnsEnabled=false")).await.1, "vpcEndpointId");
    let stuck = caller.balancer("two").await;
    let link = link(&caller, &balancer).await;
    later(86_400).await;
    let link = format!("/vpclinks/{link}");
    assert_eq!(caller.api("GET", &link, Value::Null).await.1["status"], "PENDING");
    let (_, shown) = caller.elb(&format!("DescribeLoadBalancers&LoadBalancerArns.member.1={stuck}")).await;
    assert_eq!(element(&shown, "Code"), "provisioning");
    let describe = format!("DescribeVpcEndpoints&VpcEndpointId.1={endpoint}");
    assert_eq!(element(&caller.ec2(&describe).await.1, "state"), "pending");
    for operation in ["DeleteVpcEndpoints", "DeleteVpcLink"] {
        order(&caller, json!({"operation": operation, "fault": "stuck"})).await;
    }
    caller.ec2(&format!("DeleteVpcEndpoints&VpcEndpointId.1={endpoint}")).await;
    caller.api("DELETE", &link, Value::Null).await;
    later(86_400).await;
    assert_eq!(caller.api("GET", &link, Value::Null).await.1["status"], "DELETING");
    assert_eq!(element(&caller.ec2(&describe).await.1, "state"), "deleting");
}

#[tokio::test(start_paused = true)]
async fn work_can_end_in_a_failure() {
    let caller = Caller::new();
    let balancer = caller.balancer("one").await;
    for operation in ["CreateVpcEndpoint", "CreateLoadBalancer", "CreateVpcLink"] {
        order(&caller, json!({"operation": operation, "fault": {"fails": {"message": "no luck"}}})).await;
    }
    let endpoint = element(&caller.ec2(&caller.endpoint_form("&PrivateDnsEnabled=false")).await.1, "vpcEndpointId");
    let failed = caller.balancer("two").await;
    let link = link(&caller, &balancer).await;
    later(300).await;
    let (_, link) = caller.api("GET", &format!("/vpclinks/{link}"), Value::Null).await;
    assert_eq!((text(&link, "status"), text(&link, "statusMessage")), ("FAILED".into(), "no luck".into()));
    let (_, shown) = caller.elb(&format!("DescribeLoadBalancers&LoadBalancerArns.member.1={failed}")).await;
    assert_eq!((element(&shown, "Code"), element(&shown, "Reason")), ("failed".into(), "no luck".into()));
    let (_, shown) = caller.ec2(&format!("DescribeVpcEndpoints&VpcEndpointId.1={endpoint}")).await;
    assert_eq!((element(&shown, "state"), element(&shown, "message")), ("failed".into(), "no luck".into()));
}

#[tokio::test(start_paused = true)]
async fn a_stale_answer_is_that_of_a_while_ago() {
    let caller = Caller::new();
    assert_eq!(create_api(&caller).await, 201);
    let stale = json!({"stale": {"milliseconds": 10_000}});
    order(&caller, json!({"operation": "apigateway", "fault": stale, "nth": 1, "times": 2})).await;
    later(20).await;
    let api = text(&caller.api("POST", "/restapis", json!({"name": "new"})).await.1, "id");
    later(9).await;
    let names = async || caller.api("GET", "/restapis", Value::Null).await.1["item"].as_array().unwrap().len();
    assert_eq!(names().await, 1, "without the newest");
    assert_eq!(caller.api("DELETE", &format!("/restapis/{api}"), Value::Null).await.0, 202, "a write is not stale");
    later(5).await;
    assert_eq!(names().await, 2, "with one that is gone");
    assert_eq!(names().await, 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_makes_no_sense_is_refused_and_says_why() {
    let caller = Caller::new();
    for (body, why) in [
        (json!({"operation": "CreateRestAPI", "fault": "throttle"}), "there is no operation 'CreateRestAPI'"),
        (json!({"operation": "ec2:CreateRestApi", "fault": "throttle"}), "there is no operation 'ec2:CreateRestApi'"),
        (json!({"operation": "s3", "fault": "throttle"}), "there is no operation 's3'"),
        (json!({"operation": "*", "fault": "flood"}), "unknown variant `flood`, expected one of `error`"),
        (json!({"operation": "*", "fault": "throttle", "often": 1}), "unknown field `often`"),
        (json!({"operation": "*", "fault": "throttle", "nth": 0}), "'nth' and 'times' count from one"),
        (json!({"operation": "*", "fault": "throttle", "probability": 2}), "a probability is between 0 and 1"),
        (json!({"operation": "*", "fault": "stuck"}), "'stuck' makes sense only for CreateVpcEndpoint"),
        (json!({"operation": "*", "fault": {"slow": {"milliseconds": 700_000}}}), "at most 600000 milliseconds"),
        (
            json!({"operation": "*", "fault": {"error": {"status": 200, "code": "x", "message": ""}}}),
            "an error has a status between 400 and 599, not 200",
        ),
    ] {
        let (status, answer) = sim(&caller.sim, "POST", body).await;
        assert!(status == 400 && text(&answer, "message").contains(why), "{answer}, not {why}");
    }
    for operation in ["sts:GetCallerIdentity", "elasticloadbalancing:SetSubnets", "GetStage", "DescribeTags", "sts"] {
        assert_eq!(caller.sim.order_fault(Order::once(operation, Fault::Throttle)), Ok(()), "{operation}");
    }
}

#[tokio::test]
async fn a_reset_closes_the_connection() {
    let caller = Caller::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let call = crate::ControlCall {
        endpoint: format!("http://{}", listener.local_addr().unwrap()),
        account: crate::testing::ACCOUNT.to_owned(),
        region: crate::testing::REGION.to_owned(),
        service: "apigateway".to_owned(),
        method: "GET".to_owned(),
        path: "/restapis".to_owned(),
        body: String::new(),
    };
    tokio::spawn(crate::serve(caller.sim.clone(), listener));
    order(&caller, json!({"operation": "GetRestApis", "fault": "reset"})).await;
    assert!(crate::control_call(&call).await.is_err());
    assert_eq!(crate::control_call(&call).await.unwrap().0, 200);
}
