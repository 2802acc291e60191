//! A REST API to try rules on: calls that say how they were refused, and the parts that most rules need.

use serde_json::{Value, json};

use crate::testing::{Caller, later, open_policy, text};

/// Status and error code of a refusal.
pub type Refusal = (u16, &'static str);

pub const BAD_REQUEST: Refusal = (400, "BadRequestException");
pub const NOT_FOUND: Refusal = (404, "NotFoundException");
pub const CONFLICT: Refusal = (409, "ConflictException");
pub const LIMIT_EXCEEDED: Refusal = (429, "LimitExceededException");
pub const VALIDATION: Refusal = (400, "ValidationException");
pub const SERIALIZATION: Refusal = (400, "SerializationException");

/// A private API with a policy.
pub struct Api {
    pub aws: Caller,
    pub id: String,
    pub root: String,
}

impl Api {
    /// Only the root resource.
    pub async fn new(aws: Caller) -> Api {
        let body = json!({
            "name": "shop", "endpointConfiguration": {"types": ["PRIVATE"]}, "policy": open_policy(None).to_string(),
        });
        let (status, api) = aws.api("POST", "/restapis", body).await;
        assert_eq!(status, 201, "{api}");
        Api { aws, id: text(&api, "id"), root: text(&api, "rootResourceId") }
    }

    /// With `GET /`, a mock.
    pub async fn deployable(aws: Caller) -> Api {
        let api = Api::new(aws).await;
        api.mock(&api.root).await;
        api
    }

    /// With a deployment and a stage `v1`, whose path and deployment are returned.
    pub async fn staged(aws: Caller) -> (Api, String, String) {
        let api = Api::deployable(aws).await;
        let deployment = api.deployment().await;
        api.made("POST", "/stages", json!({"stageName": "v1", "deploymentId": deployment})).await;
        (api, "/stages/v1".to_owned(), deployment)
    }

    /// Status, error code and body of a request below the API. The requests are far enough apart for every rate limit.
    pub async fn call(&self, verb: &str, path: &str, body: &Value) -> (u16, String, Value) {
        later(if verb == "POST" && path == "/deployments" { 5 } else { 1 }).await;
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.aws.exchange("apigateway", verb, &format!("/restapis/{}{path}", self.id), text).await;
        let code = response.headers().get("x-amzn-errortype").map(|code| code.to_str().unwrap().to_owned());
        let answer = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), code.unwrap_or_default(), answer)
    }

    /// The answer of a request that succeeds with this status.
    pub async fn answer(&self, status: u16, verb: &str, path: &str, body: Value) -> Value {
        let (got, code, answer) = self.call(verb, path, &body).await;
        assert_eq!(got, status, "{verb} {path}: {code} {answer}");
        answer
    }

    /// What a request has made: 201.
    pub async fn made(&self, verb: &str, path: &str, body: Value) -> Value {
        self.answer(201, verb, path, body).await
    }

    /// What is there: 200.
    pub async fn get(&self, path: &str) -> Value {
        self.answer(200, "GET", path, Value::Null).await
    }

    /// What patches make of something: 200.
    pub async fn patch(&self, path: &str, patches: &[Patch<'_>]) -> Value {
        self.answer(200, "PATCH", path, operations(patches)).await
    }

    /// A request that is refused with this status, code and message.
    pub async fn refuses(&self, verb: &str, path: &str, body: Value, refusal: Refusal, message: &str) {
        let (status, code, answer) = self.call(verb, path, &body).await;
        // The framework's own errors have no lower-case member.
        let framework = [VALIDATION.1, SERIALIZATION.1].contains(&refusal.1);
        let key = if framework { "Message" } else { "message" };
        assert_eq!((status, code.as_str(), answer[key].as_str()), (refusal.0, refusal.1, Some(message)), "{body}");
    }

    /// Patches that are refused with this message, as a bad request.
    pub async fn refuses_patch(&self, path: &str, patches: &[Patch<'_>], message: &str) {
        self.refuses("PATCH", path, operations(patches), BAD_REQUEST, message).await;
    }

    /// A new resource.
    pub async fn resource(&self, parent: &str, part: &str) -> String {
        text(&self.made("POST", &format!("/resources/{parent}"), json!({"pathPart": part})).await, "id")
    }

    /// A new method `GET` without integration; the answer is its path.
    pub async fn method(&self, resource: &str, more: Value) -> String {
        let mut body = json!({"authorizationType": "NONE"});
        more.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
        let path = format!("/resources/{resource}/methods/GET");
        self.made("PUT", &path, body).await;
        path
    }

    /// A new method `GET` with a mock behind it; the answer is its path.
    pub async fn mock(&self, resource: &str) -> String {
        let path = self.method(resource, json!({})).await;
        self.made("PUT", &format!("{path}/integration"), json!({"type": "MOCK"})).await;
        path
    }

    /// A new deployment, without a stage.
    pub async fn deployment(&self) -> String {
        text(&self.made("POST", "/deployments", json!({})).await, "id")
    }
}

/// Operation, path and value.
pub type Patch<'a> = (&'a str, &'a str, &'a str);

/// The body of a patch request.
pub fn operations(patches: &[Patch<'_>]) -> Value {
    let one = |(op, path, value): &Patch<'_>| json!({"op": op, "path": path, "value": value});
    json!({"patchOperations": patches.iter().map(one).collect::<Vec<_>>()})
}

/// UpdateStage's answer to the removal of what is not there; the trailing blank is the service's.
pub fn absent(path: &str) -> String {
    format!("Cannot remove method setting {path} because there is no method setting for this method ")
}

/// UpdateStage's answer to an unknown path, as it was recorded.
pub fn unknown(path: &str) -> String {
    let known = "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled";
    format!("Invalid method setting path: {path}. Must be one of: [{known}]")
}
