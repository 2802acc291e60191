//! API Gateway: methods on paths.

use serde_json::{Value, json};

use super::{anything, api, needs, only, sees};
use crate::rules::{Rule, proof, sourced, unverified};
use crate::testing::{Caller, REGION, open_policy};

pub const VERBS: &str = "17.1 API Gateway's actions are methods on ARNs";
pub const LIST: &str =
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html";
const TAGS: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-iam-policy.html";
const INHERITED: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html";

pub const RULES: &[Rule] = &[
    sourced(VERBS, "CreateRestApi and ImportRestApi need POST on /restapis", LIST, proof!(create)),
    sourced(
        VERBS,
        "GetRestApis needs GET on /restapis; GetRestApi, UpdateRestApi, PutRestApi and DeleteRestApi need their method on /restapis/ID",
        LIST,
        proof!(rest_apis),
    ),
    sourced(
        VERBS,
        "A resource policy needs UpdateRestApiPolicy besides, in CreateRestApi, ImportRestApi, PutRestApi and UpdateRestApi of /policy",
        LIST,
        proof!(policies),
    ),
    sourced(VERBS, "CreateResource needs POST on the parent resource", LIST, proof!(resource)),
    sourced(
        VERBS,
        "GetResources, GetResource, UpdateResource and DeleteResource need their method on its path",
        LIST,
        proof!(resources),
    ),
    sourced(
        VERBS,
        "Methods and their responses need PUT, GET, PATCH and DELETE below the resource",
        LIST,
        proof!(methods),
    ),
    sourced(
        VERBS,
        "Integrations and their responses need PUT, GET, PATCH and DELETE below the method",
        LIST,
        proof!(integrations),
    ),
    sourced(
        VERBS,
        "Deployments need POST and GET on /restapis/ID/deployments, and GET, PATCH and DELETE on one of them",
        LIST,
        proof!(deployments),
    ),
    sourced(
        VERBS,
        "Stages need POST and GET on /restapis/ID/stages, and GET, PATCH and DELETE on one of them",
        LIST,
        proof!(stages),
    ),
    sourced(VERBS, "VPC links need GET on /vpclinks, and GET and PATCH on one of them", LIST, proof!(links)),
    sourced(VERBS, "GetAccount and UpdateAccount need GET and PATCH on /account", LIST, proof!(account)),
    sourced(
        VERBS,
        "GetTags, TagResource and UntagResource need GET, PUT and DELETE on /tags/ARN, with the ARN encoded",
        LIST,
        proof!(tags),
    ),
    unverified(
        VERBS,
        "They need no others of the methods that the reference lists for them, POST and PATCH",
        proof!(tags),
    ),
    sourced(
        VERBS,
        "CreateRestApi with tags needs PUT on /tags with the encoded ARN of the new API, whose id is a star",
        "mattclay/aws-terminator#284",
        proof!(tags_of_a_new_api),
    ),
    unverified(
        VERBS,
        "CreateStage and CreateVpcLink with tags need PUT too, on /tags with the encoded ARN of their collection and a star",
        proof!(tags_of_others),
    ),
    sourced(
        VERBS,
        "The account in these ARNs is empty, and a star after /restapis/ covers everything in the APIs",
        LIST,
        proof!(wildcards),
    ),
    sourced(VERBS, "A condition on aws:ResourceTag sees the tags of the API or VPC link", TAGS, proof!(resource_tags)),
    sourced(VERBS, "What is in an API inherits its tags for such conditions", INHERITED, proof!(inherited)),
    sourced(VERBS, "A stage's own tags come before those of its API", INHERITED, proof!(own_tags)),
    sourced(
        VERBS,
        "A path of /tags has no tags of its own: a condition on aws:ResourceTag fails there",
        LIST,
        proof!(tags_of_tags),
    ),
    unverified(
        VERBS,
        "In a creation a condition on aws:ResourceTag sees the tags that it brings, as AWSMigrationHubRefactorSpacesFullAccess seems to expect and serverless/serverless#13075 to refute",
        proof!(tags_to_be),
    ),
    sourced(
        VERBS,
        "Conditions on aws:RequestTag and aws:TagKeys see the tags of a creation and of TagResource",
        TAGS,
        proof!(request_tags),
    ),
    unverified(VERBS, "A condition on aws:TagKeys sees the keys that UntagResource removes", proof!(untag_keys)),
    sourced(
        VERBS,
        "A role for API Gateway needs iam:PassRole: of UpdateAccount, of an integration, of every integration in a document",
        LIST,
        proof!(roles),
    ),
];

const ROLE: (&str, &str) = (
    "iam:CreateServiceLinkedRole",
    "arn:aws:iam::111122223333:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway",
);

/// An API with tags, and a VPC link without a load balancer.
pub async fn things(aws: &Caller) -> (String, String) {
    let (_, made) = aws.api("POST", "/restapis", json!({"name": "shop", "tags": {"team": "a"}})).await;
    let target = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/a/1";
    let link = json!({"name": "l", "targetArns": [target], "tags": {"team": "a"}});
    let (_, link) = aws.api("POST", "/vpclinks", link).await;
    (crate::testing::text(&made, "id"), crate::testing::text(&link, "id"))
}

/// Each method on a path needs the action of its name there.
async fn each(aws: &Caller, path: &str, methods: &[&'static str]) {
    for method in methods {
        needs(aws, api(method, path, json!({})), &[(&format!("apigateway:{method}"), path)]).await;
    }
}

fn encoded(path: &str) -> String {
    let arn = format!("arn:aws:apigateway:{REGION}::{path}");
    format!("/tags/{}", arn.replace(':', "%3A").replace('/', "%2F"))
}

async fn create(aws: Caller) {
    needs(&aws, api("POST", "/restapis", json!({"name": "x"})), &[("apigateway:POST", "/restapis"), ROLE]).await;
    let document = json!({"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": {}});
    needs(&aws, api("POST", "/restapis?mode=import", document), &[("apigateway:POST", "/restapis")]).await;
}

async fn rest_apis(aws: Caller) {
    each(&aws, "/restapis", &["GET"]).await;
    each(&aws, "/restapis/abc", &["GET", "PATCH", "PUT", "DELETE"]).await;
}

async fn policies(aws: Caller) {
    things(&aws).await;
    let both = |method: &'static str, path: &'static str| [(method, path), ("apigateway:UpdateRestApiPolicy", path)];
    let body = json!({"name": "x", "policy": open_policy(None).to_string()});
    needs(&aws, api("POST", "/restapis", body), &both("apigateway:POST", "/restapis")).await;
    let document = json!({"x-amazon-apigateway-policy": open_policy(None)});
    needs(&aws, api("POST", "/restapis?mode=import", document.clone()), &both("apigateway:POST", "/restapis")).await;
    needs(&aws, api("PUT", "/restapis/a", document), &both("apigateway:PUT", "/restapis/a")).await;
    let patch = json!({"patchOperations": [{"op": "replace", "path": "/policy", "value": ""}]});
    needs(&aws, api("PATCH", "/restapis/a", patch), &both("apigateway:PATCH", "/restapis/a")).await;
}

async fn resource(aws: Caller) {
    each(&aws, "/restapis/a/resources/parent", &["POST"]).await;
}

async fn resources(aws: Caller) {
    each(&aws, "/restapis/a/resources", &["GET"]).await;
    each(&aws, "/restapis/a/resources/b", &["GET", "PATCH", "DELETE"]).await;
}

async fn methods(aws: Caller) {
    each(&aws, "/restapis/a/resources/b/methods/GET", &["PUT", "GET", "PATCH", "DELETE"]).await;
    each(&aws, "/restapis/a/resources/b/methods/GET/responses/200", &["PUT", "GET", "PATCH", "DELETE"]).await;
}

async fn integrations(aws: Caller) {
    each(&aws, "/restapis/a/resources/b/methods/GET/integration", &["PUT", "GET", "PATCH", "DELETE"]).await;
    let responses = "/restapis/a/resources/b/methods/GET/integration/responses/200";
    each(&aws, responses, &["PUT", "GET", "PATCH", "DELETE"]).await;
}

async fn deployments(aws: Caller) {
    each(&aws, "/restapis/a/deployments", &["POST", "GET"]).await;
    each(&aws, "/restapis/a/deployments/d", &["GET", "PATCH", "DELETE"]).await;
}

async fn stages(aws: Caller) {
    each(&aws, "/restapis/a/stages", &["POST", "GET"]).await;
    each(&aws, "/restapis/a/stages/v1", &["GET", "PATCH", "DELETE"]).await;
}

async fn links(aws: Caller) {
    each(&aws, "/vpclinks", &["GET"]).await;
    each(&aws, "/vpclinks/abc", &["GET", "PATCH"]).await;
}

async fn account(aws: Caller) {
    each(&aws, "/account", &["GET", "PATCH"]).await;
}

async fn tags(aws: Caller) {
    let path = encoded("/restapis/abc");
    for method in ["GET", "PUT"] {
        needs(&aws, api(method, &path, json!({})), &[(&format!("apigateway:{method}"), &path)]).await;
    }
    let ask = api("DELETE", &format!("{path}?tagKeys=a"), Value::Null);
    needs(&aws, ask, &[("apigateway:DELETE", &path)]).await;
}

async fn tags_of_a_new_api(aws: Caller) {
    things(&aws).await;
    let tags = "/tags/arn%3Aaws%3Aapigateway%3Aeu-central-1%3A%3A%2Frestapis%2F*";
    let ask = api("POST", "/restapis", json!({"name": "x", "tags": {"a": "1"}}));
    needs(&aws, ask, &[("apigateway:POST", "/restapis"), ("apigateway:PUT", tags)]).await;
}

async fn tags_of_others(aws: Caller) {
    let ask = api("POST", "/restapis/a/stages", json!({"stageName": "v1", "tags": {"a": "1"}}));
    let tags = encoded("/restapis/a/stages/*");
    needs(&aws, ask, &[("apigateway:POST", "/restapis/a/stages"), ("apigateway:PUT", &tags)]).await;
    let tags = encoded("/vpclinks/*");
    only(&aws, json!([{"Effect": "Allow", "Action": "apigateway:POST", "Resource": "*"}]));
    let ask = api("POST", "/vpclinks", json!({"name": "l", "tags": {"a": "1"}}));
    super::assert_denied(&aws, &ask, ("apigateway:PUT", &tags)).await;
}

async fn wildcards(aws: Caller) {
    let (id, _) = things(&aws).await;
    let path = format!("/restapis/{id}/resources");
    for (resource, status) in [("eu-central-1::/restapis/*", 200), ("eu-central-1:111122223333:/restapis/*", 403)] {
        let resource = format!("arn:aws:apigateway:{resource}");
        only(&aws, json!([{"Effect": "Allow", "Action": "apigateway:GET", "Resource": resource}]));
        assert_eq!(aws.api("GET", &path, Value::Null).await.0, status, "{resource}");
    }
    anything(&aws);
}

fn team(is: &str) -> Value {
    json!({"StringEquals": {"aws:ResourceTag/team": is}})
}

async fn resource_tags(aws: Caller) {
    let (id, link) = things(&aws).await;
    for path in [format!("/restapis/{id}"), format!("/vpclinks/{link}")] {
        sees(&aws, api("GET", &path, Value::Null), "apigateway:GET", team("a"), team("b")).await;
    }
}

async fn inherited(aws: Caller) {
    let (id, _) = things(&aws).await;
    for below in ["resources", "deployments/d", "stages", "stages/v1"] {
        let ask = api("GET", &format!("/restapis/{id}/{below}"), Value::Null);
        sees(&aws, ask, "apigateway:GET", team("a"), team("b")).await;
    }
}

async fn own_tags(aws: Caller) {
    let link = aws.balancer("lb").await;
    let id = aws.private_api(&[]).await;
    let link = aws.link(&link).await;
    let paths = json!({"/a": {"get": {"x-amazon-apigateway-integration": crate::testing::integration(&link, "/a")}}});
    aws.put_api(&id, "overwrite", crate::testing::document(paths)).await;
    aws.deploy(&id).await;
    aws.api("PUT", &encoded(&format!("/restapis/{id}")), json!({"tags": {"team": "a"}})).await;
    aws.api("PUT", &encoded(&format!("/restapis/{id}/stages/v1")), json!({"tags": {"team": "b"}})).await;
    let ask = api("GET", &format!("/restapis/{id}/stages/v1"), Value::Null);
    sees(&aws, ask, "apigateway:GET", team("b"), team("a")).await;
}

async fn tags_of_tags(aws: Caller) {
    let (id, _) = things(&aws).await;
    let ask = api("GET", &encoded(&format!("/restapis/{id}")), Value::Null);
    sees(&aws, ask, "apigateway:GET", json!({"Null": {"aws:ResourceTag/team": "true"}}), team("a")).await;
}

async fn tags_to_be(aws: Caller) {
    things(&aws).await;
    let ask = api("POST", "/restapis", json!({"name": "x", "tags": {"team": "a"}}));
    sees(&aws, ask, "apigateway:POST", team("a"), team("b")).await;
}

async fn request_tags(aws: Caller) {
    let (id, _) = things(&aws).await;
    let tag = |is: &str| json!({"StringEquals": {"aws:RequestTag/team": is}});
    let keys = |is: &str| json!({"ForAllValues:StringEquals": {"aws:TagKeys": is}});
    let body = json!({"name": "x", "tags": {"team": "a"}});
    for (holds, fails) in [(tag("a"), tag("b")), (keys("team"), keys("other"))] {
        sees(&aws, api("POST", "/restapis", body.clone()), "apigateway:POST", holds.clone(), fails.clone()).await;
        sees(&aws, api("POST", "/restapis", body.clone()), "apigateway:PUT", holds.clone(), fails.clone()).await;
        let ask = api("PUT", &encoded(&format!("/restapis/{id}")), json!({"tags": {"team": "a"}}));
        sees(&aws, ask, "apigateway:PUT", holds, fails).await;
    }
}

async fn untag_keys(aws: Caller) {
    let (id, _) = things(&aws).await;
    let ask = api("DELETE", &format!("{}?tagKeys=team", encoded(&format!("/restapis/{id}"))), Value::Null);
    let keys = |is: &str| json!({"ForAnyValue:StringEquals": {"aws:TagKeys": is}});
    sees(&aws, ask, "apigateway:DELETE", keys("team"), keys("other")).await;
}

async fn roles(aws: Caller) {
    let role = "arn:aws:iam::111122223333:role/logs";
    let patch = |path: &str| json!({"patchOperations": [{"op": "replace", "path": path, "value": role}]});
    let pass = ("iam:PassRole", role);
    let ask = api("PATCH", "/account", patch("/cloudwatchRoleArn"));
    needs(&aws, ask, &[("apigateway:PATCH", "/account"), pass]).await;
    let path = "/restapis/a/resources/b/methods/GET/integration";
    let ask = api("PATCH", path, patch("/credentials"));
    needs(&aws, ask, &[("apigateway:PATCH", path), pass]).await;
    let ask = api("PUT", path, json!({"credentials": role}));
    needs(&aws, ask, &[("apigateway:PUT", path), pass]).await;
    let document = json!({"paths": {"/a": {"get": {"x-amazon-apigateway-integration": {"credentials": role}}}}});
    let ask = api("PUT", "/restapis/a", document);
    needs(&aws, ask, &[("apigateway:PUT", "/restapis/a"), pass]).await;
    let service = |is: &str| json!({"StringEquals": {"iam:PassedToService": is}});
    let ask = api("PUT", path, json!({"credentials": role}));
    let (holds, fails) = (service("apigateway.amazonaws.com"), service("ec2.amazonaws.com"));
    sees(&aws, ask, "iam:PassRole", holds, fails).await;
    needs(&aws, api("PUT", path, json!({"credentials": "arn:aws:iam::*:user/*"})), &[("apigateway:PUT", path)]).await;
}
