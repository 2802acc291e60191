//! What anybody changes behind the provider's back shows in the next plan by name, and the next apply repairs it.

use privgw::bundle::Bundle;
use privgw::bundle::model::InternalApi;
use tfplugin::{DeleteResponse, Resource};

use crate::world::{World, inside, strings};

struct Drift {
    name: &'static str,
    service: &'static str,
    /// Method, path and body of the call that does it.
    call: fn(&InternalApi) -> (&'static str, String, String),
    /// The child that must be named, and a word of what must be said of it; empty for a child that is missing.
    child: &'static str,
    word: &'static str,
}

fn known(attr: &tfplugin::Attr<String>) -> &str {
    attr.known().map_or("", String::as_str)
}

fn query(action: &str, parameters: &str) -> (&'static str, String, String) {
    (
        "POST",
        "/".into(),
        format!(
            "Action={action}&Version={}&{parameters}",
            if action.contains("SecurityGroup") || action.contains("VpcEndpoint") || action.ends_with("eTags") {
                "2016-11-15"
            } else {
                "2015-12-01"
            }
        ),
    )
}

fn group(state: &InternalApi, backend: &str) -> String {
    known(&state.target_groups.known().unwrap()[backend].known().unwrap().arn).to_string()
}

fn listener(state: &InternalApi, backend: &str) -> String {
    known(&state.listener_arns.known().unwrap()[backend]).to_string()
}

const DRIFTS: &[Drift] = &[
    Drift {
        name: "a rule too much before the endpoint",
        service: "ec2",
        call: |s| {
            let rule = "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0";
            query("AuthorizeSecurityGroupIngress", &format!("GroupId={}&{rule}", known(&s.security_group_id)))
        },
        child: "security_group/endpoint",
        word: "ingress has",
    },
    Drift {
        name: "private DNS turned off",
        service: "ec2",
        call: |s| {
            query("ModifyVpcEndpoint", &format!("VpcEndpointId={}&PrivateDnsEnabled=false", known(&s.vpc_endpoint_id)))
        },
        child: "vpc_endpoint",
        word: "private_dns_enabled is false, wanted true",
    },
    Drift {
        name: "a foreign tag on the endpoint",
        service: "ec2",
        call: |s| {
            query(
                "CreateTags",
                &format!("ResourceId.1={}&Tag.1.Key=foreign&Tag.1.Value=yes", known(&s.vpc_endpoint_id)),
            )
        },
        child: "vpc_endpoint",
        word: "tags.foreign is yes, wanted none",
    },
    Drift {
        name: "a listener that speaks TLS",
        service: "elasticloadbalancing",
        call: |s| {
            let certificate =
                "Certificates.member.1.CertificateArn=arn:aws:acm:eu-central-1:111122223333:certificate/a";
            query("ModifyListener", &format!("ListenerArn={}&Protocol=TLS&{certificate}", listener(s, "users")))
        },
        child: "listener/users",
        word: "protocol is TLS, wanted TCP",
    },
    Drift {
        name: "logs of requests",
        service: "apigateway",
        call: |s| {
            let stream = "arn:aws:firehose:eu-central-1:111122223333:deliverystream/amazon-apigateway-x";
            let patch = |path: &str, value: &str| {
                format!(r#"{{"op":"replace","path":"/accessLogSettings/{path}","value":"{value}"}}"#)
            };
            let both = [patch("destinationArn", stream), patch("format", "$context.requestId")].join(",");
            ("PATCH", format!("/restapis/{}/stages/v1", known(&s.id)), format!(r#"{{"patchOperations":[{both}]}}"#))
        },
        child: "stage",
        word: "access_logs is",
    },
    Drift {
        name: "cross-zone turned off",
        service: "elasticloadbalancing",
        call: |s| {
            let attribute = "Attributes.member.1.Key=load_balancing.cross_zone.enabled&Attributes.member.1.Value=false";
            query("ModifyLoadBalancerAttributes", &format!("LoadBalancerArn={}&{attribute}", known(&s.nlb_arn)))
        },
        child: "load_balancer",
        word: "cross_zone_enabled is false",
    },
    Drift {
        name: "another health check",
        service: "elasticloadbalancing",
        call: |s| {
            query("ModifyTargetGroup", &format!("TargetGroupArn={}&HealthCheckIntervalSeconds=60", group(s, "users")))
        },
        child: "target_group/users",
        word: "health_check.interval is 60, wanted 30",
    },
    Drift {
        name: "a target group attribute",
        service: "elasticloadbalancing",
        call: |s| {
            let attribute = "Attributes.member.1.Key=deregistration_delay.timeout_seconds&Attributes.member.1.Value=5";
            query("ModifyTargetGroupAttributes", &format!("TargetGroupArn={}&{attribute}", group(s, "users")))
        },
        child: "target_group/users",
        word: "deregistration_delay.timeout_seconds is 5",
    },
    Drift {
        name: "a target taken out",
        service: "elasticloadbalancing",
        call: |s| {
            query("DeregisterTargets", &format!("TargetGroupArn={}&Targets.member.1.Id=172.31.0.10", group(s, "users")))
        },
        child: "target_group/users",
        word: "targets lacks 172.31.0.10:3002",
    },
    Drift {
        name: "a listener that leads elsewhere",
        service: "elasticloadbalancing",
        call: |s| {
            let action = format!(
                "DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn={}",
                group(s, "users")
            );
            query("ModifyListener", &format!("ListenerArn={}&{action}", listener(s, "products")))
        },
        child: "listener/products",
        word: "target_group_arn is",
    },
    Drift {
        name: "a listener deleted",
        service: "elasticloadbalancing",
        call: |s| query("DeleteListener", &format!("ListenerArn={}", listener(s, "products"))),
        child: "listener/products",
        word: "",
    },
    Drift {
        name: "the API renamed",
        service: "apigateway",
        call: |s| patch(format!("/restapis/{}", known(&s.id)), r#"[{"op":"replace","path":"/name","value":"other"}]"#),
        child: "rest_api",
        word: "name is other, wanted shop",
    },
    Drift {
        name: "the policy opened to all",
        service: "apigateway",
        call: |s| {
            let policy = r#"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"execute-api:Invoke\",\"Resource\":\"execute-api:/*\"}]}"#;
            patch(
                format!("/restapis/{}", known(&s.id)),
                &format!(r#"[{{"op":"replace","path":"/policy","value":"{policy}"}}]"#),
            )
        },
        child: "rest_api",
        word: "policy lacks",
    },
    Drift {
        name: "a stage variable",
        service: "apigateway",
        call: |s| {
            patch(
                format!("/restapis/{}/stages/v1", known(&s.id)),
                r#"[{"op":"replace","path":"/variables/x","value":"y"}]"#,
            )
        },
        child: "stage",
        word: "variables.x isn't what it should be",
    },
    Drift {
        name: "throttling by hand",
        service: "apigateway",
        call: |s| {
            patch(
                format!("/restapis/{}/stages/v1", known(&s.id)),
                r#"[{"op":"replace","path":"/*/*/throttling/rateLimit","value":"1"}]"#,
            )
        },
        child: "stage",
        word: "method_settings",
    },
    Drift {
        name: "throttling of one method by hand, in the plain spelling",
        service: "apigateway",
        call: |s| {
            let operation = r#"[{"op":"replace","path":"/products/GET/throttling/rateLimit","value":"1"}]"#;
            patch(format!("/restapis/{}/stages/v1", known(&s.id)), operation)
        },
        child: "stage",
        word: "method_settings.GET /products",
    },
    Drift {
        name: "the stage deleted",
        service: "apigateway",
        call: |s| ("DELETE", format!("/restapis/{}/stages/v1", known(&s.id)), String::new()),
        child: "stage",
        word: "",
    },
];

fn patch(path: String, operations: &str) -> (&'static str, String, String) {
    ("PATCH", path, format!(r#"{{"patchOperations":{operations}}}"#))
}

#[tokio::test(start_paused = true)]
async fn drift_is_named_and_repaired() {
    for drift in DRIFTS {
        let mut world = World::new();
        let mut config = world.shop();
        inside(inside(&mut config.backends).get_mut("users").unwrap()).targets = strings(&["172.31.0.10".into()]);
        let before = world.settle(&config).await;
        let (method, path, body) = (drift.call)(&before);
        world.tamper(drift.service, method, &path, &body).await;
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        let plan = world.plan(&config).await.unwrap();
        let state = world.state.clone().unwrap().0;
        let seen = state.children.known().unwrap().get(drift.child).map(|child| known(child).to_string());
        let planned = &plan.planned.children.known().unwrap()[drift.child];
        match &seen {
            Some(seen) => {
                assert!(!drift.word.is_empty() && seen.contains(drift.word), "{}: {seen}", drift.name);
                assert!(!known(planned).contains("drifted"), "{}", drift.name);
            }
            None => assert!(drift.word.is_empty() && planned.is_unknown(), "{}: {seen:?}", drift.name),
        }
        let after = world.settle(&config).await;
        assert_eq!(before.id, after.id, "{}", drift.name);
        assert_eq!(before.deployment_id, after.deployment_id, "{}: what is deployed was right all along", drift.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_route_made_by_hand_is_named_and_goes() {
    let mut world = World::new();
    let config = world.shop();
    let before = world.settle(&config).await;
    let root = known(&before.root_resource_id).to_string();
    let method = format!("/restapis/{}/resources/{root}/methods/GET", known(&before.id));
    world.tamper("apigateway", "PUT", &method, r#"{"authorizationType":"NONE"}"#).await;
    world.plan(&config).await.unwrap();
    let seen = world.state.clone().unwrap().0.children.known().unwrap()["rest_api"].clone();
    assert!(known(&seen).contains("routes.GET / is"), "{seen:?}");
    let after = world.settle(&config).await;
    assert_eq!(before.deployment_id, after.deployment_id);
}

#[tokio::test(start_paused = true)]
async fn children_whose_tags_are_removed_by_hand_are_found_again_and_tagged() {
    let mut world = World::new();
    let config = world.shop();
    let before = world.settle(&config).await;
    for id in [known(&before.vpc_endpoint_id), known(&before.security_group_id)] {
        let body = format!(
            "Action=DeleteTags&Version=2016-11-15&ResourceId.1={id}&Tag.1.Key=privgw:bundle&Tag.2.Key=privgw:child"
        );
        world.tamper("ec2", "POST", "/", &body).await;
    }
    for arn in [known(&before.nlb_arn), &listener(&before, "users"), &group(&before, "users")] {
        let body =
            format!("Action=RemoveTags&Version=2015-12-01&ResourceArns.member.1={arn}&TagKeys.member.1=privgw:bundle");
        world.tamper("elasticloadbalancing", "POST", "/", &body).await;
    }
    let api = format!("arn%3Aaws%3Aapigateway%3Aeu-central-1%3A%3A%2Frestapis%2F{}", known(&before.id));
    world.tamper("apigateway", "DELETE", &format!("/tags/{api}?tagKeys=privgw%3Abundle"), "").await;
    let after = world.settle(&config).await;
    assert_eq!(before, after, "nothing was made twice");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_looks_elsewhere_does_not_take_the_bundle_for_gone() {
    let mut world = World::new();
    let config = world.shop();
    world.settle(&config).await;
    let (state, private) = world.state.clone().unwrap();
    let text = String::from_utf8(private).unwrap().replace(r#""region":"eu-central-1""#, r#""region":"eu-west-1""#);
    world.state = Some((state, text.into_bytes()));
    let found = world.plan(&config).await.unwrap_err();
    assert!(found.iter().any(|one| one.summary.contains("another account or region")), "{found:?}");
    // Nor does an apply without refresh make a second one, or a destroy forget the first.
    let before = world.sim.objects();
    let aws = world.configure().await;
    let call = tfplugin::Call { cancel: world.cancel.clone() };
    let (state, private) = world.state.clone().unwrap();
    let updated = Bundle.update(&call, &aws, state.clone(), state.clone(), config.clone(), private.clone()).await;
    assert!(updated.diagnostics.has_errors() && updated.state.is_none());
    let deleted = Bundle.delete(&call, &aws, state, private).await;
    assert!(matches!(deleted, DeleteResponse::Left { .. }));
    assert_eq!(world.sim.objects(), before);
}

#[tokio::test(start_paused = true)]
async fn a_stage_pointed_elsewhere_comes_back_to_our_deployment() {
    let mut world = World::new();
    let config = world.shop();
    let before = world.settle(&config).await;
    let api = known(&before.id).to_string();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    world
        .tamper(
            "apigateway",
            "POST",
            &format!("/restapis/{api}/deployments"),
            r#"{"stageName":"v1","description":"by hand"}"#,
        )
        .await;
    let plan = world.planned_changes(&config).await;
    assert_eq!(plan, ["children.stage"]);
    let after = world.settle(&config).await;
    assert_eq!(before.deployment_id, after.deployment_id);
}

#[tokio::test(start_paused = true)]
async fn a_bundle_that_is_gone_as_a_whole_is_planned_anew() {
    let mut world = World::new();
    let config = world.shop();
    world.settle(&config).await;
    let (state, private) = world.state.clone().unwrap();
    assert!(world.destroy().await.is_empty());
    world.state = Some((state, private));
    let plan = world.plan(&config).await.unwrap();
    assert!(world.state.is_none() && plan.planned.id.is_unknown());
}
