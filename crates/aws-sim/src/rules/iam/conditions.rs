//! Conditions on what is asked of API Gateway, and on what is there.

use serde_json::{Value, json};

use super::api_gateway::{LIST, VERBS, things};
use super::{api, assert_denied, ec2, elb, only, sees};
use crate::rules::stage_update::logging;
use crate::rules::{Rule, proof, sourced, unverified};
use crate::testing::Caller;

const EXAMPLE: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/security_iam_id-based-policy-examples.html";

pub const RULES: &[Rule] = &[
    sourced(
        VERBS,
        "A condition on apigateway:Request/EndpointType can demand that new APIs are private",
        EXAMPLE,
        proof!(endpoint_type),
    ),
    sourced(
        VERBS,
        "ForAllValues with apigateway:Request/EndpointType keeps UpdateRestApi from making a private API public, and lets other updates pass",
        EXAMPLE,
        proof!(stays_private),
    ),
    unverified(
        VERBS,
        "The endpointConfigurationTypes of ImportRestApi are in apigateway:Request/EndpointType too",
        proof!(imported_type),
    ),
    unverified(VERBS, "PutRestApi has no apigateway:Request/EndpointType", proof!(put_has_no_type)),
    sourced(
        VERBS,
        "apigateway:Request/ApiName, EndpointType and DisableExecuteApiEndpoint are what CreateRestApi and UpdateRestApi ask for",
        LIST,
        proof!(asked_for),
    ),
    sourced(VERBS, "apigateway:Request/StageName is the stage that CreateDeployment names", LIST, proof!(stage_name)),
    sourced(
        VERBS,
        "apigateway:Resource/ApiName, EndpointType and DisableExecuteApiEndpoint are those of the API, not of what is in it",
        LIST,
        proof!(of_the_api),
    ),
    sourced(
        VERBS,
        "apigateway:Request/AccessLoggingDestination and AccessLoggingFormat are what UpdateStage asks for",
        LIST,
        proof!(logs_asked_for),
    ),
    sourced(
        VERBS,
        "apigateway:Resource/AccessLoggingDestination and AccessLoggingFormat are those of the stage that UpdateStage and DeleteStage name",
        LIST,
        proof!(logs_of_the_stage),
    ),
    sourced(
        VERBS,
        "aws:ViaAWSService is true where a service asks in the name of its caller, and false in the caller's own request",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-viaawsservice",
        proof!(via_service),
    ),
    unverified(VERBS, "What CreateVpcLink does in EC2 is asked for through the service", proof!(link_via_service)),
];

async fn endpoint_type(aws: Caller) {
    let private = json!({"name": "x", "endpointConfiguration": {"types": ["PRIVATE"]}});
    let types = |is: &str| json!({"ForAllValues:StringEquals": {"apigateway:Request/EndpointType": is}});
    sees(&aws, api("POST", "/restapis", private), "apigateway:POST", types("PRIVATE"), types("REGIONAL")).await;
}

const PATCHED: &str = "apigateway:PATCH";

fn patch(path: &str, value: &str) -> Value {
    json!({"patchOperations": [{"op": "replace", "path": path, "value": value}]})
}

fn all_private() -> Value {
    json!({"ForAllValues:StringEquals": {"apigateway:Request/EndpointType": "PRIVATE"}})
}

async fn stays_private(aws: Caller) {
    let id = aws.private_api(&[]).await;
    let path = format!("/restapis/{id}");
    only(&aws, json!([{"Effect": "Allow", "Action": PATCHED, "Resource": "*", "Condition": all_private()}]));
    for place in ["0", "PRIVATE"] {
        let ask = api("PATCH", &path, patch(&format!("/endpointConfiguration/types/{place}"), "REGIONAL"));
        assert_denied(&aws, &ask, (PATCHED, &path)).await;
    }
    assert_eq!(aws.api("PATCH", &path, patch("/name", "store")).await.0, 200);
    assert_eq!(aws.api("PATCH", &path, patch("/endpointConfiguration/types/PRIVATE", "PRIVATE")).await.0, 200);
}

async fn imported_type(aws: Caller) {
    let types = |is: &str| json!({"ForAnyValue:StringEquals": {"apigateway:Request/EndpointType": is}});
    let document = json!({"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": {}});
    let ask = api("POST", "/restapis?mode=import&endpointConfigurationTypes=PRIVATE", document);
    sees(&aws, ask, "apigateway:POST", types("PRIVATE"), types("REGIONAL")).await;
}

async fn put_has_no_type(aws: Caller) {
    let id = aws.private_api(&[]).await;
    let ask = api("PUT", &format!("/restapis/{id}?endpointConfigurationTypes=REGIONAL"), json!({"openapi": "3.0.1"}));
    let absent = |is: bool| json!({"Null": {"apigateway:Request/EndpointType": is}});
    sees(&aws, ask, "apigateway:PUT", absent(true), absent(false)).await;
}

fn is(key: &str, value: &str) -> Value {
    json!({"ForAnyValue:StringEquals": {format!("apigateway:{key}"): value}})
}

async fn asked_for(aws: Caller) {
    let (id, _) = things(&aws).await;
    let body = json!({"name": "x", "endpointConfiguration": {"types": ["PRIVATE"]}, "disableExecuteApiEndpoint": true});
    for (key, path, value) in [
        ("Request/ApiName", "/name", "x"),
        ("Request/EndpointType", "/endpointConfiguration/types/EDGE", "PRIVATE"),
        ("Request/DisableExecuteApiEndpoint", "/disableExecuteApiEndpoint", "true"),
    ] {
        let ask = api("POST", "/restapis", body.clone());
        sees(&aws, ask, "apigateway:POST", is(key, value), is(key, "other")).await;
        let patch = json!({"patchOperations": [{"op": "replace", "path": path, "value": value}]});
        let ask = api("PATCH", &format!("/restapis/{id}"), patch);
        sees(&aws, ask, "apigateway:PATCH", is(key, value), is(key, "other")).await;
    }
}

async fn stage_name(aws: Caller) {
    let (id, _) = things(&aws).await;
    let (key, body) = ("Request/StageName", json!({"stageName": "v1"}));
    let ask = api("POST", &format!("/restapis/{id}/deployments"), body.clone());
    sees(&aws, ask, "apigateway:POST", is(key, "v1"), is(key, "v2")).await;
    let ask = api("POST", &format!("/restapis/{id}/stages"), body);
    let none = json!({"Null": {"apigateway:Request/StageName": "true"}});
    sees(&aws, ask, "apigateway:POST", none, is(key, "v1")).await;
}

async fn of_the_api(aws: Caller) {
    let id = aws.private_api(&[]).await;
    for (key, value) in [
        ("Resource/ApiName", "shop"),
        ("Resource/EndpointType", "PRIVATE"),
        ("Resource/DisableExecuteApiEndpoint", "false"),
    ] {
        let ask = api("GET", &format!("/restapis/{id}"), Value::Null);
        sees(&aws, ask, "apigateway:GET", is(key, value), is(key, "other")).await;
        let none = json!({"Null": {format!("apigateway:{key}"): "true"}});
        let ask = api("GET", &format!("/restapis/{id}/stages"), Value::Null);
        sees(&aws, ask, "apigateway:GET", none, is(key, value)).await;
    }
}

async fn logs_asked_for(aws: Caller) {
    let (id, _) = things(&aws).await;
    let path = format!("/restapis/{id}/stages/v1");
    for (member, key) in [("destinationArn", "AccessLoggingDestination"), ("format", "AccessLoggingFormat")] {
        let ask = api("PATCH", &path, patch(&format!("/accessLogSettings/{member}"), "x"));
        let key = format!("Request/{key}");
        sees(&aws, ask, PATCHED, is(&key, "x"), is(&key, "y")).await;
    }
}

async fn logs_of_the_stage(aws: Caller) {
    let destination = "arn:aws:logs:eu-central-1:111122223333:log-group:shop";
    let (api_of_stage, stage, _) = logging(aws).await;
    let (logs, format) = ("/accessLogSettings/destinationArn", "/accessLogSettings/format");
    let changes = [("replace", logs, destination), ("replace", format, "$context.requestId")];
    api_of_stage.patch(&stage, &changes).await;
    let path = format!("/restapis/{}{stage}", api_of_stage.id);
    for (key, value) in [("AccessLoggingDestination", destination), ("AccessLoggingFormat", "$context.requestId")] {
        let key = format!("Resource/{key}");
        let ask = api("PATCH", &path, patch("/description", "x"));
        sees(&api_of_stage.aws, ask, PATCHED, is(&key, value), is(&key, "other")).await;
        let none = json!({"Null": {format!("apigateway:{key}"): "true"}});
        let ask = api("GET", &path, Value::Null);
        sees(&api_of_stage.aws, ask, "apigateway:GET", none, is(&key, value)).await;
    }
}

fn via(service: bool) -> Value {
    json!({"Bool": {"aws:ViaAWSService": service}})
}

async fn via_service(aws: Caller) {
    sees(&aws, ec2("DescribeVpcs"), "ec2:DescribeVpcs", via(false), via(true)).await;
    let subnet = &aws.fresh.subnet_ids[0];
    let form = format!("CreateLoadBalancer&Name=a&Type=network&Scheme=internal&Subnets.member.1={subnet}");
    sees(&aws, elb(&form), "ec2:DescribeVpcs", via(true), via(false)).await;
}

async fn link_via_service(aws: Caller) {
    let balancer = aws.balancer("lb").await;
    let action = "ec2:CreateVpcEndpointServiceConfiguration";
    for (is_through, status) in [(true, "AVAILABLE"), (false, "FAILED")] {
        let own = json!({"Effect": "Allow", "NotAction": action, "Resource": "*"});
        only(&aws, json!([own, {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": via(is_through)}]));
        let link = aws.link(&balancer).await;
        assert_eq!(aws.api("GET", &format!("/vpclinks/{link}"), Value::Null).await.1["status"], status);
    }
}
