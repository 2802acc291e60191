//! What others do in the account.

use fastrand::Rng;
use tfplugin::Attr;

use crate::world::{REGION, World};

const EC2: &str = "Version=2016-11-15";
const ELB: &str = "Version=2015-12-01";
/// SSH for everybody.
const RULE: &str = "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0";

/// An endpoint that the bundles may share.
pub async fn shared_endpoint(world: &World) -> String {
    let place = format!("VpcId={}&SubnetId.1={}", world.fresh.vpc_id, world.fresh.subnet_ids[0]);
    let service = format!("ServiceName=com.amazonaws.{REGION}.execute-api&VpcEndpointType=Interface");
    let body = format!("Action=CreateVpcEndpoint&{EC2}&{place}&{service}&PrivateDnsEnabled=false");
    let answer = world.tamper("ec2", "POST", "/", &body).await;
    let id = answer.split("<vpcEndpointId>").nth(1).and_then(|rest| rest.split('<').next());
    id.expect("the answer has an id").to_string()
}

fn known(attr: &Attr<String>) -> String {
    attr.known().cloned().unwrap_or_default()
}

/// One of many things, if there is a bundle to do it to. AWS may refuse it, which is fine.
pub async fn meddle(rng: &mut Rng, world: &World) -> String {
    let Some((state, _)) = &world.state else { return "nothing".into() };
    let (api, group, stage) = (known(&state.id), known(&state.security_group_id), known(&state.stage_arn));
    let stage = format!("/restapis/{api}/stages/{}", stage.rsplit('/').next().unwrap_or_default());
    let listener = state.listener_arns.known().and_then(|all| all.get("users")).map(known).unwrap_or_default();
    let targets = state.target_groups.known().and_then(|all| all.get("users")?.known().cloned());
    let targets = targets.map(|group| known(&group.arn)).unwrap_or_default();
    let json = str::to_string;
    let (what, service, method, path, body) = match rng.u32(..9) {
        0 => (
            "a listener goes",
            "elasticloadbalancing",
            "POST",
            json("/"),
            format!("Action=DeleteListener&{ELB}&ListenerArn={listener}"),
        ),
        1 => (
            "a rule comes",
            "ec2",
            "POST",
            json("/"),
            format!("Action=AuthorizeSecurityGroupIngress&{EC2}&GroupId={group}&{RULE}"),
        ),
        2 => (
            "a tag comes",
            "ec2",
            "POST",
            json("/"),
            format!("Action=CreateTags&{EC2}&ResourceId.1={group}&Tag.1.Key=mine&Tag.1.Value=yes"),
        ),
        3 => ("the stage goes", "apigateway", "DELETE", stage, String::new()),
        4 => (
            "the stage is edited",
            "apigateway",
            "PATCH",
            stage,
            json(r#"{"patchOperations":[{"op":"replace","path":"/description","value":"mine"}]}"#),
        ),
        5 => (
            "a route comes",
            "apigateway",
            "PUT",
            format!("/restapis/{api}/resources/{}/methods/GET", known(&state.root_resource_id)),
            json(r#"{"authorizationType":"NONE"}"#),
        ),
        6 => (
            "a target comes",
            "elasticloadbalancing",
            "POST",
            json("/"),
            format!("Action=RegisterTargets&{ELB}&TargetGroupArn={targets}&Targets.member.1.Id=172.31.0.200"),
        ),
        7 => {
            let answer = world.ask("apigateway", "POST", &format!("/restapis/{api}/deployments"), "{}").await.1;
            let made: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
            let id = made["id"].as_str().unwrap_or_default();
            let patch = format!(r#"{{"patchOperations":[{{"op":"replace","path":"/deploymentId","value":"{id}"}}]}}"#);
            ("the stage is repointed", "apigateway", "PATCH", stage, patch)
        }
        _ => (
            "the API is edited",
            "apigateway",
            "PATCH",
            format!("/restapis/{api}"),
            json(r#"{"patchOperations":[{"op":"replace","path":"/description","value":"mine"}]}"#),
        ),
    };
    let (status, _) = world.ask(service, method, &path, &body).await;
    format!("{what}: {status}")
}
