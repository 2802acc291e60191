//! Calls to API Gateway, for the proofs.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use crate::testing::{ACCOUNT, Caller, REGION, later};

/// A call that waits until every quota has a place free.
pub async fn calmly(aws: &Caller, method: &str, path: &str, body: Value) -> (u16, Value) {
    later(30).await;
    aws.api(method, path, body).await
}

/// The same with its headers.
pub async fn raw(aws: &Caller, method: &str, path: &str, body: &str) -> Response<Bytes> {
    later(30).await;
    let scope = format!("{ACCOUNT}/20260101/{REGION}/apigateway/aws4_request");
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "simulator")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"))
        .body(Bytes::from(body.to_owned()))
        .unwrap();
    aws.sim.call(request).await
}

/// Status, code and body of a refusal.
pub async fn refusal(aws: &Caller, method: &str, path: &str, body: &str) -> (u16, String, Value) {
    let response = raw(aws, method, path, body).await;
    let code = response.headers().get("x-amzn-errortype").map(|code| code.to_str().unwrap().to_owned());
    (response.status().as_u16(), code.unwrap_or_default(), serde_json::from_slice(response.body()).unwrap_or_default())
}

/// Refused by the operation, with the usual code of the status.
pub async fn refused(aws: &Caller, method: &str, path: &str, body: Value, status: u16, message: &str) {
    let code = match status {
        404 => "NotFoundException",
        409 => "ConflictException",
        429 => "LimitExceededException",
        _ => "BadRequestException",
    };
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let expected = (status, code.to_owned(), json!({"message": message}));
    assert_eq!(refusal(aws, method, path, &text).await, expected, "{text}");
}

/// Refused by the framework.
pub async fn invalid(aws: &Caller, method: &str, path: &str, body: Value, message: &str) {
    let expected = (400, "ValidationException".to_owned(), json!({"Message": message}));
    assert_eq!(refusal(aws, method, path, &body.to_string()).await, expected);
}

/// One patch that replaces.
pub fn replace(path: &str, value: &str) -> Value {
    operation("replace", path, value)
}

/// One patch.
pub fn operation(op: &str, path: &str, value: &str) -> Value {
    json!({"patchOperations": [{"op": op, "path": path, "value": value}]})
}
