//! A bundle to invoke.

use bytes::Bytes;
use http::{HeaderMap, Request};
use serde_json::{Value, json};

use crate::testing::{Caller, REGION, document, later, open_policy};

/// Endpoint, load balancer, listener on port 3001, one target, link and API.
pub struct Shop {
    pub aws: Caller,
    pub endpoint: String,
    pub balancer: String,
    pub group: String,
    pub link: String,
    pub api: String,
}

/// What a caller gets.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
    pub json: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn is(&self, status: u16, body: Value) {
        assert_eq!((self.status, &self.json), (status, &body));
    }

    /// The simulated network had no way for it.
    pub fn unreachable(&self, hop: &str) {
        assert_eq!(self.status, 502, "{self:?}");
        assert!(self.header("x-sim-refused").starts_with(&format!("{hop}: ")), "{self:?}");
    }

    pub fn forbidden(&self) {
        self.is(403, json!({"message": "Forbidden"}));
    }

    pub fn missing_token(&self) {
        self.is(403, json!({"message": "Missing Authentication Token"}));
    }

    pub fn server_error(&self) {
        self.is(500, json!({"message": "Internal server error"}));
    }

    pub fn timed_out(&self) {
        self.is(504, json!({"message": "Endpoint request timed out"}));
    }

    pub fn no_network(&self) {
        self.is(504, json!({"message": "Network error communicating with endpoint"}));
    }
}

impl Shop {
    pub async fn open(aws: Caller) -> Shop {
        let endpoint = aws.endpoint().await;
        let balancer = aws.balancer("one").await;
        Shop::behind(aws, endpoint, balancer).await
    }

    /// With a balancer that has the default security group.
    pub async fn guarded(aws: Caller) -> Shop {
        let endpoint = aws.endpoint().await;
        let (subnet, group) = (&aws.fresh.subnet_ids[0], &aws.fresh.security_group_id);
        let form = format!(
            "CreateLoadBalancer&Name=one&Type=network&Scheme=internal&Subnets.member.1={subnet}&SecurityGroups.member.1={group}"
        );
        let balancer = crate::testing::element(&aws.elb(&form).await.1, "LoadBalancerArn");
        later(150).await;
        Shop::behind(aws, endpoint, balancer).await
    }

    async fn behind(aws: Caller, endpoint: String, balancer: String) -> Shop {
        let group = aws.target_group("group").await;
        assert_eq!(aws.listener(&balancer, 3001, &group).await.0, 200);
        let link = aws.link(&balancer).await;
        let api = aws.private_api(&[&endpoint]).await;
        Shop { aws, endpoint, balancer, group, link, api }
    }

    /// A shop with `GET /x`, deployed.
    pub async fn plain(aws: Caller) -> Shop {
        let shop = Shop::open(aws).await;
        let get = shop.proxy("/x", json!({}));
        shop.serve(json!({"/x": {"get": get}})).await;
        shop
    }

    /// Puts paths and deploys them to stage `v1`; gives the deployment.
    pub async fn serve(&self, paths: Value) -> String {
        self.serve_document(document(paths)).await
    }

    pub async fn serve_document(&self, document: Value) -> String {
        let (status, answer) = self.aws.put_api(&self.api, "overwrite", document).await;
        assert_eq!(status, 200, "{answer}");
        self.aws.deploy(&self.api).await
    }

    /// `GET /x` under a resource policy.
    pub async fn serve_policy(&self, statements: Value) {
        let mut document = document(json!({"/x": {"get": self.proxy("/x", json!({}))}}));
        document["x-amazon-apigateway-policy"]["Statement"] = statements;
        self.serve_document(document).await;
    }

    /// An operation with an integration of kind HTTP_PROXY through the link, with more members or others.
    pub fn proxy(&self, path: &str, more: Value) -> Value {
        let mut integration = json!({
            "type": "http_proxy", "httpMethod": "ANY", "uri": format!("http://backend:3001{path}"),
            "connectionType": "VPC_LINK", "connectionId": self.link,
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            integration[key] = value.clone();
        }
        json!({"x-amazon-apigateway-integration": integration})
    }

    pub fn host(&self) -> String {
        format!("{}.execute-api.{REGION}.amazonaws.com", self.api)
    }

    /// `GET` by the plain name.
    pub async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &[], "").await
    }

    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
        self.send(&self.host(), method, path, headers, body.into()).await
    }

    /// `GET /v1/x` by any name.
    pub async fn by_name(&self, host: &str, headers: &[(&str, &str)]) -> Reply {
        self.send(host, "GET", "/v1/x", headers, Bytes::new()).await
    }

    async fn send(&self, host: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Bytes) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, bytes) = self.aws.sim.call(request.body(body).unwrap()).await.into_parts();
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        Reply { status: head.status.as_u16(), headers: head.headers, bytes, json }
    }

    /// Patches the stage.
    pub async fn patch_stage(&self, path: &str, value: &str) {
        let patch = json!({"patchOperations": [{"op": "replace", "path": path, "value": value}]});
        let (status, answer) = self.aws.api("PATCH", &format!("/restapis/{}/stages/v1", self.api), patch).await;
        assert_eq!(status, 200, "{answer}");
    }

    pub async fn ec2(&self, form: &str) {
        let (status, answer) = self.aws.ec2(form).await;
        assert_eq!(status, 200, "{answer}");
    }

    pub async fn elb(&self, form: &str) -> String {
        let (status, answer) = self.aws.elb(form).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

/// A statement about every method of the API, with more members or others.
pub fn statement(effect: &str, more: Value) -> Value {
    let mut statement = open_policy(None)["Statement"][0].clone();
    statement["Effect"] = json!(effect);
    for (key, value) in more.as_object().into_iter().flatten() {
        statement[key] = value.clone();
    }
    statement
}
