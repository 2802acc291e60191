//! How API Gateway speaks: REST, JSON, its errors, pages and patches.

mod call;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

pub use call::{calmly, invalid, operation, raw, refusal, refused, replace};

use super::{MODEL, RECORDED, Rule, left_out, proof, sourced, unverified};
use crate::testing::{Caller, REGION, document, text};

const WIRE: &str = "1.1 The wire protocol of API Gateway";
const ACCOUNTS: &str = "1.3 Account settings of API Gateway";
const SERIALIZATION: &str = "LocalStack's AWS-validated snapshots (test_put_integration_request_parameter_bool_type)";

pub const RULES: &[Rule] = &[
    sourced(
        WIRE,
        "An error is JSON with a lower-case `message`, and its code is in `x-amzn-ErrorType`.",
        RECORDED,
        proof!(aws => refused(&aws, "GET", "/vpclinks/nothere", Value::Null, 404,
            "Invalid Vpc Link identifier specified")),
    ),
    sourced(
        WIRE,
        "A ValidationException has no lower-case `message`.",
        RECORDED,
        proof!(aws => invalid(&aws, "PATCH", "/account", json!({"patchOperations": [{"op": "wrong", "path": "/x"}]}),
            WRONG_OP)),
    ),
    sourced(
        WIRE,
        "A SerializationException has no lower-case `message`; a boolean in a text's place is named by its Java class.",
        SERIALIZATION,
        proof!(aws => unreadable(&aws, json!({"name": true}),
            "class java.lang.Boolean can not be converted to an String")),
    ),
    sourced(
        WIRE,
        "A number in a text's place is a SerializationException.",
        RECORDED,
        proof!(aws => unreadable(&aws, json!({"name": 7}),
            "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String")),
    ),
    unverified(
        WIRE,
        "A list in a text's place is a SerializationException.",
        proof!(aws => unreadable(&aws, json!({"name": []}), "Start of list found where not expected")),
    ),
    unverified(
        WIRE,
        "A map in a text's place is a SerializationException.",
        proof!(aws => unreadable(&aws, json!({"name": {}}), "Start of structure or map found where not expected.")),
    ),
    unverified(
        WIRE,
        "A text in a map's place is a SerializationException.",
        proof!(aws => unreadable(&aws, json!({"name": "x", "tags": "y"}),
            "Unrecognized collection type class java.lang.String")),
    ),
    unverified(WIRE, "A body that is no JSON is a SerializationException.", proof!(no_json)),
    sourced(
        WIRE,
        "The framework reports all its findings in one ValidationException.",
        RECORDED,
        proof!(aws => invalid(&aws, "PATCH", "/account", json!({"patchOperations": [{"op": "wrong", "path": "/x"},
            {"op": "wrong"}]}), TWO_WRONG_OPS)),
    ),
    unverified(WIRE, "A patch without `op` is a ValidationException.", proof!(no_op)),
    sourced(
        WIRE,
        "A patch without `path` is a BadRequestException.",
        RECORDED,
        proof!(aws => refused(&aws, "PATCH", "/account", json!({"patchOperations": [{"op": "replace"}]}), 400,
            "Invalid patch path null")),
    ),
    sourced(
        WIRE,
        "Patches are applied in order, and one that is refused undoes all.",
        "https://docs.aws.amazon.com/apigateway/latest/api/API_PatchOperation.html",
        proof!(all_or_none),
    ),
    sourced(WIRE, "In patch paths `~1` is a slash and `~0` a tilde.", MODEL, proof!(escapes)),
    sourced(WIRE, "A 429 carries `Retry-After`.", MODEL, proof!(retry_after)),
    sourced(
        WIRE,
        "CreateRestApi, ImportRestApi, CreateResource, PutMethod and CreateDeployment answer 201, PutRestApi 200.",
        MODEL,
        proof!(created),
    ),
    sourced(
        WIRE,
        "CreateVpcLink answers 202, and so do DeleteVpcLink and DeleteRestApi, with nothing in them.",
        MODEL,
        proof!(accepted),
    ),
    sourced(WIRE, "TagResource and UntagResource answer 204 without a body.", MODEL, proof!(no_content)),
    sourced(WIRE, "Members that are empty are left out.", RECORDED, proof!(nothing_empty)),
    sourced(
        WIRE,
        "Times are seconds since 1970.",
        "https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html",
        proof!(epoch),
    ),
    sourced(WIRE, "Lists are in `item`.", MODEL, proof!(lists)),
    sourced(
        WIRE,
        "A page has 25 items unless `limit` says otherwise, and `position` leads to the next.",
        MODEL,
        proof!(pages),
    ),
    sourced(WIRE, "The last page has no `position`.", MODEL, proof!(last_page)),
    unverified(WIRE, "A limit under 1, over 500 or that is no number is a BadRequestException.", proof!(limits)),
    unverified(
        WIRE,
        "A position that AWS has not given is a BadRequestException.",
        proof!(aws => refused(&aws, "GET", "/vpclinks?position=x", Value::Null, 400, "Invalid position parameter")),
    ),
    unverified(WIRE, "A path that does not exist is an UnknownOperationException, 404.", proof!(unknown_path)),
    unverified(WIRE, "A call without a signature is a MissingAuthenticationTokenException, 403.", proof!(unsigned)),
    left_out(
        WIRE,
        "Without `Accept: application/json` the answer is HAL.",
        "every SDK asks for JSON, so the answer is always JSON",
    ),
    sourced(
        ACCOUNTS,
        "GetAccount answers throttle settings, features and the version of API keys; the role only when there is one.",
        MODEL,
        proof!(account),
    ),
    sourced(ACCOUNTS, "UpdateAccount sets the role that writes logs.", MODEL, proof!(role)),
    sourced(
        ACCOUNTS,
        "A role that API Gateway cannot use is a BadRequestException.",
        "tmobile/jazz-installer#597",
        proof!(aws => refused(&aws, "PATCH", "/account", replace("/cloudwatchRoleArn", "nonsense"), 400, NO_ROLE)),
    ),
    sourced(
        ACCOUNTS,
        "An empty value takes the role away.",
        "hashicorp/terraform-provider-aws (internal/service/apigateway/account.go)",
        proof!(no_role),
    ),
    unverified(ACCOUNTS, "`/features` takes `UsagePlans` alone.", proof!(features)),
    unverified(
        ACCOUNTS,
        "Another path of UpdateAccount is refused.",
        proof!(aws => refused(&aws, "PATCH", "/account", replace("/apiKeyVersion", "5"), 400,
            "Invalid patch path /apiKeyVersion")),
    ),
];

const WRONG_OP: &str = "1 validation error detected: Value 'wrong' at 'updateAccountInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]";
const TWO_WRONG_OPS: &str = "2 validation errors detected: Value 'wrong' at 'updateAccountInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]; Value 'wrong' at 'updateAccountInput.patchOperations.2.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]";
const NO_ROLE: &str = "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add the required role policy.";

async fn unreadable(aws: &Caller, body: Value, message: &str) {
    let expected = (400, "SerializationException".to_owned(), json!({"Message": message}));
    assert_eq!(refusal(aws, "POST", "/restapis", &body.to_string()).await, expected);
}

async fn no_json(aws: Caller) {
    let (status, code, body) = refusal(&aws, "POST", "/restapis", "{").await;
    assert_eq!((status, code.as_str()), (400, "SerializationException"));
    assert!(body["message"].is_null());
}

async fn no_op(aws: Caller) {
    let message = "1 validation error detected: Value null at 'updateAccountInput.patchOperations.1.member.op' failed to satisfy constraint: Member must not be null";
    invalid(&aws, "PATCH", "/account", json!({"patchOperations": [{"path": "/x"}]}), message).await;
}

async fn all_or_none(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let path = format!("/restapis/{api}");
    let patch = |op: &str, path: &str, value: &str| json!({"op": op, "path": path, "value": value});
    let wrong = [patch("replace", "/name", "new"), patch("replace", "/nothing", "x")];
    assert_eq!(calmly(&aws, "PATCH", &path, json!({"patchOperations": wrong})).await.0, 400);
    assert_eq!(aws.api("GET", &path, Value::Null).await.1["name"], "shop");
    let right = [patch("replace", "/name", "one"), patch("replace", "/name", "two")];
    assert_eq!(calmly(&aws, "PATCH", &path, json!({"patchOperations": right})).await.1["name"], "two");
}

async fn escapes(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let body = operation("add", "/binaryMediaTypes/a~1b~0c", "");
    let (_, patched) = calmly(&aws, "PATCH", &format!("/restapis/{api}"), body).await;
    assert_eq!(patched["binaryMediaTypes"], json!(["a/b~c"]));
}

async fn retry_after(_: Caller) {
    let aws = Caller::with(crate::Config { quotas: crate::Quotas::Aws, ..crate::Config::default() });
    let delete = async || aws.exchange("apigateway", "DELETE", "/restapis/x", String::new()).await;
    delete().await;
    let refused = delete().await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "30");
}

async fn created(aws: Caller) {
    let mock = json!({"/a": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}});
    let (status, api) = calmly(&aws, "POST", "/restapis?mode=import", document(mock.clone())).await;
    assert_eq!(status, 201);
    let (id, root) = (text(&api, "id"), text(&api, "rootResourceId"));
    assert_eq!(aws.put_api(&id, "merge", document(mock)).await.0, 200);
    let resource = format!("/restapis/{id}/resources/{root}");
    assert_eq!(calmly(&aws, "POST", &resource, json!({"pathPart": "b"})).await.0, 201);
    let deployments = format!("/restapis/{id}/deployments");
    assert_eq!(calmly(&aws, "POST", &deployments, json!({})).await.0, 201);
    let method = format!("{resource}/methods/GET");
    assert_eq!(calmly(&aws, "PUT", &method, json!({"authorizationType": "NONE"})).await.0, 201);
    assert_eq!(calmly(&aws, "POST", "/restapis", json!({"name": "x"})).await.0, 201);
}

async fn accepted(aws: Caller) {
    let link = aws.link(&aws.balancer("one").await).await;
    let api = aws.private_api(&[]).await;
    for path in [format!("/vpclinks/{link}"), format!("/restapis/{api}")] {
        let response = raw(&aws, "DELETE", &path, "").await;
        assert_eq!(response.status(), 202);
        assert!(response.body().is_empty());
    }
}

async fn no_content(aws: Caller) {
    let api = aws.private_api(&[]).await;
    let path = format!("/tags/arn%3Aaws%3Aapigateway%3A{REGION}%3A%3A%2Frestapis%2F{api}");
    let tagged = raw(&aws, "PUT", &path, r#"{"tags":{"a":"b"}}"#).await;
    let untagged = raw(&aws, "DELETE", &format!("{path}?tagKeys=a"), "").await;
    for response in [tagged, untagged] {
        assert_eq!(response.status(), 204);
        assert!(response.body().is_empty());
    }
}

async fn nothing_empty(aws: Caller) {
    let (_, api) = calmly(&aws, "POST", "/restapis", json!({"name": "x", "binaryMediaTypes": [], "tags": {}})).await;
    for member in ["description", "version", "policy", "tags", "binaryMediaTypes", "minimumCompressionSize", "warnings"]
    {
        assert!(api.get(member).is_none(), "{member}");
    }
    assert_eq!(aws.api("GET", "/vpclinks", Value::Null).await.1, json!({}));
}

async fn epoch(aws: Caller) {
    let (_, api) = calmly(&aws, "POST", "/restapis", json!({"name": "x"})).await;
    assert_eq!(api["createdDate"], 1_767_225_630);
}

async fn apis(aws: &Caller, count: usize) {
    for _ in 0..count {
        let (status, body) = calmly(aws, "POST", "/restapis", json!({"name": "x"})).await;
        assert_eq!(status, 201, "{body}");
    }
}

async fn lists(aws: Caller) {
    apis(&aws, 1).await;
    let (_, list) = aws.api("GET", "/restapis", Value::Null).await;
    assert_eq!(list["item"].as_array().map(Vec::len), Some(1));
    assert_eq!(list.as_object().map(serde_json::Map::len), Some(1));
}

async fn pages(aws: Caller) {
    apis(&aws, 27).await;
    let (_, first) = aws.api("GET", "/restapis", Value::Null).await;
    assert_eq!(first["item"].as_array().map(Vec::len), Some(25));
    let (_, second) = aws.api("GET", &format!("/restapis?position={}", text(&first, "position")), Value::Null).await;
    assert_eq!(second["item"].as_array().map(Vec::len), Some(2));
    let (_, short) = aws.api("GET", "/restapis?limit=3", Value::Null).await;
    assert_eq!(short["item"].as_array().map(Vec::len), Some(3));
}

async fn last_page(aws: Caller) {
    apis(&aws, 2).await;
    assert!(aws.api("GET", "/restapis?limit=2", Value::Null).await.1["position"].is_null());
}

async fn limits(aws: Caller) {
    for limit in ["0", "501", "x"] {
        assert_eq!(refusal(&aws, "GET", &format!("/vpclinks?limit={limit}"), "").await.1, "BadRequestException");
    }
    assert_eq!(aws.api("GET", "/vpclinks?limit=500", Value::Null).await.0, 200);
}

async fn unknown_path(aws: Caller) {
    let (status, code, _) = refusal(&aws, "GET", "/restapis/x/nothing", "").await;
    assert_eq!((status, code.as_str()), (404, "UnknownOperationException"));
}

async fn unsigned(aws: Caller) {
    let request = Request::builder().uri("/restapis").body(Bytes::new()).unwrap();
    let response = aws.sim.call(request).await;
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
}

async fn account(aws: Caller) {
    let (status, account) = aws.api("GET", "/account", Value::Null).await;
    assert_eq!(status, 200);
    let expected = json!({
        "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0}, "features": ["UsagePlans"], "apiKeyVersion": "4",
    });
    assert_eq!(account, expected);
}

async fn set_role(aws: &Caller, role: &str) -> Value {
    let (status, account) = calmly(aws, "PATCH", "/account", replace("/cloudwatchRoleArn", role)).await;
    assert_eq!(status, 200);
    account
}

async fn role(aws: Caller) {
    let role = "arn:aws:iam::111122223333:role/logs";
    assert_eq!(set_role(&aws, role).await["cloudwatchRoleArn"], role);
    assert_eq!(aws.api("GET", "/account", Value::Null).await.1["cloudwatchRoleArn"], role);
}

async fn no_role(aws: Caller) {
    set_role(&aws, "arn:aws:iam::111122223333:role/logs").await;
    assert!(set_role(&aws, "").await.get("cloudwatchRoleArn").is_none());
}

async fn features(aws: Caller) {
    assert_eq!(calmly(&aws, "PATCH", "/account", operation("add", "/features", "UsagePlans")).await.0, 200);
    assert_eq!(calmly(&aws, "PATCH", "/account", operation("add", "/features", "Other")).await.0, 400);
}
