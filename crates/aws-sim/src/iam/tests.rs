use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{ec2, elb};
use crate::policy::Policy;
use crate::protocol::Service;
use crate::testing::Caller;

#[test]
fn every_operation_has_an_entry_and_every_entry_an_operation() {
    let sorted = |mut names: Vec<&'static str>| {
        names.sort_unstable();
        names
    };
    assert_eq!(sorted(ec2::operations()), sorted(Service::Ec2.operations()));
    assert_eq!(sorted(elb::operations()), sorted(Service::Elb.operations()));
}

async fn send(caller: &Caller, path: &str, body: Value) -> (u16, Value) {
    let request = Request::builder().method("POST").uri(path).body(Bytes::from(body.to_string())).unwrap();
    let response = caller.sim.call(request).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_policy_can_be_changed_while_the_simulator_runs() {
    let caller = Caller::new();
    let nothing = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}});
    assert_eq!(send(&caller, "/_sim/iam", json!({"policy": nothing})).await.0, 200);
    assert_eq!(caller.api("GET", "/restapis", Value::Null).await.0, 403);
    let everything = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let mine = json!({"account": crate::testing::ACCOUNT, "policy": everything});
    assert_eq!(send(&caller, "/_sim/iam", mine).await.0, 200);
    assert_eq!(caller.api("GET", "/restapis", Value::Null).await.0, 200, "an account's own policy counts");
    assert_eq!(send(&caller, "/_sim/iam", json!({"account": crate::testing::ACCOUNT, "policy": null})).await.0, 200);
    assert_eq!(caller.api("GET", "/restapis", Value::Null).await.0, 200, "no policy, no limits");
    let (status, refused) = send(&caller, "/_sim/iam", json!({"policy": {"Statement": []  , "Version": "2026"}})).await;
    assert_eq!((status, refused), (400, json!({"message": "Version is either 2012-10-17 or 2008-10-17"})));
}

#[tokio::test(start_paused = true)]
async fn a_reset_brings_the_first_policy_back() {
    let nothing = json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}});
    let policy = Policy::of_identity(&nothing).unwrap();
    let sim = crate::Sim::new(crate::Config { iam: Some(policy), ..crate::Config::default() });
    let fresh = sim.account(crate::testing::ACCOUNT, crate::testing::REGION);
    let caller = Caller { sim, fresh };
    caller.sim.set_policy(None, None);
    assert_eq!(caller.ec2("DescribeVpcs").await.0, 200);
    caller.sim.reset();
    assert_eq!(caller.ec2("DescribeVpcs").await.0, 403);
}

#[tokio::test(start_paused = true)]
async fn the_log_tells_what_a_call_needed() {
    let caller = Caller::new();
    caller.elb("CreateTargetGroup&Name=a&Protocol=TCP&Port=1&VpcId=v&Tags.member.1.Key=k&Tags.member.1.Value=v").await;
    let calls = json!(caller.sim.calls());
    let arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/a/*";
    let own = ["CreateTargetGroup", "AddTags"].map(|action| format!("elasticloadbalancing:{action} {arn}"));
    let lookups = ["DescribeInternetGateways", "DescribeVpcs"].map(|action| format!("ec2:{action} *"));
    assert_eq!(calls[0]["needs"], json!([own, lookups].concat()));
}
