use serde_json::{Value, json};

use crate::testing::Caller;

async fn ask(aws: &Caller, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, text) = aws.send("sim", method, path, body).await;
    (status, serde_json::from_str(&text).unwrap())
}

#[tokio::test(start_paused = true)]
async fn what_is_mistyped_changes_nothing() {
    let aws = Caller::new();
    let nothing = json!({"policy": {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}});
    assert_eq!(ask(&aws, "POST", "/_sim/iam", nothing).await.0, 200);
    for (path, body) in [
        ("/_sim/iam", json!({"polcy": 1})),
        ("/_sim/iam", json!({})),
        ("/_sim/iam", json!({"policy": null, "acount": "1"})),
        ("/_sim/fail_next", json!({"operation": "CreateVpc", "fault": "throttle", "nht": 1})),
    ] {
        assert_eq!(ask(&aws, "POST", path, body.clone()).await.0, 400, "{body}");
    }
    assert_eq!(aws.ec2("DescribeVpcs").await.0, 403);
    assert_eq!(ask(&aws, "POST", "/_sim/iam", json!({"policy": null})).await.0, 200);
    assert_eq!(aws.ec2("DescribeVpcs").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn wrong_paths_methods_and_parameters_are_told_what_there_is() {
    let aws = Caller::new();
    for (method, path, status, says) in [
        ("GET", "/_sim/call", 404, "there are GET /_sim/account, "),
        ("GET", "/_sim/reset", 405, "/_sim/reset takes POST, not GET"),
        ("PUT", "/_sim/faults", 405, "/_sim/faults takes GET, POST, DELETE, not PUT"),
        ("GET", "/_sim/account?acount=1", 400, "no parameter 'acount'; it has account, region"),
        ("GET", "/_sim/account?account=1", 400, "twelve digits"),
        ("GET", "/_sim/calls?last=1", 400, "/_sim/calls has no parameters, so no 'last'"),
    ] {
        let (got, answer) = ask(&aws, method, path, Value::Null).await;
        assert_eq!(got, status, "{path}");
        assert!(answer["message"].as_str().unwrap().contains(says), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_simulator_lacks_says_so() {
    let aws = Caller::new();
    for (service, path, body, lacks) in [
        ("ec2", "/", "Version=2016-11-15&Action=DescribeInstances", "DescribeInstances"),
        ("apigateway", "/restapis/x/authorizers", "{}", "POST /restapis/x/authorizers"),
        ("s3", "/bucket", "", "s3"),
    ] {
        let answer = aws.exchange(service, "POST", path, body.to_owned()).await;
        assert_eq!(answer.headers()["x-sim-unsupported"], lacks);
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        assert!(text.contains(&format!("({lacks} is not in aws-sim; see `aws-sim operations`)")), "{text}");
    }
    let answer = aws.exchange("ec2", "POST", "/", "Version=2016-11-15&Action=DeleteVpc&VpcId=vpc-0".to_owned()).await;
    assert!(answer.status() == 400 && !answer.headers().contains_key("x-sim-unsupported"));
}

#[tokio::test(start_paused = true)]
async fn only_reads_can_be_stale() {
    let aws = Caller::new();
    let order = |operation: &str| json!({"operation": operation, "fault": {"stale": {"milliseconds": 5}}});
    for (operation, status) in [("CreateVpc", 400), ("ec2:CreateVpc", 400), ("ec2:DescribeVpcs", 200), ("*", 200)] {
        assert_eq!(ask(&aws, "POST", "/_sim/faults", order(operation)).await.0, status, "{operation}");
    }
}
