//! Which service a request is for, and the envelopes of their answers.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::apigw::RestInput;
use crate::error::{Failure, fail};
use crate::{OperationResult, apigw, ec2, elb, query, sts, xml};

/// The account of callers whose access key id names no account.
const DEFAULT_ACCOUNT: &str = "123456789012";

/// The region of calls that name none.
const DEFAULT_REGION: &str = "us-east-1";
/// All of them.
pub const SERVICES: [Service; 4] = [Service::Ec2, Service::Elb, Service::ApiGateway, Service::Sts];

/// A simulated service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// EC2, query protocol with its own dialect.
    Ec2,
    /// Elastic Load Balancing v2, query protocol.
    Elb,
    /// API Gateway v1, REST and JSON.
    ApiGateway,
    /// STS, query protocol.
    Sts,
}

/// A decoded control-plane call.
#[derive(Debug)]
pub struct Call {
    pub service: Service,
    pub account: String,
    pub region: String,
    pub operation: String,
    pub input: Input,
    pub user_agent: String,
    pub signed: bool,
    /// What the simulator lacks of it: the service, or the operation.
    pub unsupported: Option<String>,
}

/// The parameters of a call.
#[derive(Debug)]
pub enum Input {
    /// A parameter tree.
    Query(Value),
    /// A REST request.
    Rest(RestInput),
}

/// What an operation answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// Status 200.
    pub fn ok(body: Value) -> Answer {
        Answer { status: 200, body }
    }
}

impl Service {
    /// The signing name.
    pub fn name(self) -> &'static str {
        match self {
            Service::Ec2 => "ec2",
            Service::Elb => "elasticloadbalancing",
            Service::ApiGateway => "apigateway",
            Service::Sts => "sts",
        }
    }

    /// The names of its operations.
    pub fn operations(self) -> Vec<&'static str> {
        match self {
            Service::Ec2 => ec2::OPERATIONS.iter().map(|(name, _)| *name).collect(),
            Service::Elb => elb::OPERATIONS.iter().map(|(name, _)| *name).collect(),
            Service::ApiGateway => apigw::operations().collect(),
            Service::Sts => sts::OPERATIONS.iter().map(|(name, _)| *name).collect(),
        }
    }

    fn by_name(name: &str) -> Option<Service> {
        SERVICES.into_iter().find(|service| service.name() == name)
    }
}

/// Finds out who calls what.
pub fn decode(request: &Request<Bytes>) -> Call {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authorization = header("authorization");
    let scope = credential_scope(authorization);
    let host = if header("host").is_empty() { request.uri().host().unwrap_or_default() } else { header("host") };
    let (host_service, host_region) = from_host(host);
    let rest = is_rest_path(request.uri().path());
    let parameters = if rest { Value::Null } else { query::parse(&form(request)) };
    let service = scope
        .as_ref()
        .and_then(|scope| Service::by_name(&scope.service))
        .or(host_service)
        .unwrap_or_else(|| if rest { Service::ApiGateway } else { by_version(&parameters) });
    let input = match service {
        Service::ApiGateway => Input::Rest(RestInput::parse(request)),
        _ => Input::Query(parameters),
    };
    let key = scope.as_ref().map(|scope| scope.access_key.as_str()).unwrap_or_default();
    let operation = match &input {
        Input::Query(parameters) => parameters["Action"].as_str().unwrap_or_default().to_owned(),
        Input::Rest(rest) => rest.operation().to_owned(),
    };
    let elsewhere = scope.as_ref().map(|scope| &scope.service).filter(|name| Service::by_name(name).is_none());
    Call {
        unsupported: elsewhere.cloned().or_else(|| lacking(service, &operation, request)),
        service,
        account: account_of(key).to_owned(),
        region: scope.map(|scope| scope.region).or(host_region).unwrap_or_else(|| DEFAULT_REGION.to_owned()),
        operation,
        input,
        user_agent: header("user-agent").to_owned(),
        signed: !authorization.is_empty(),
    }
}

/// An operation that the service does not have here, by its name or its path.
fn lacking(service: Service, operation: &str, request: &Request<Bytes>) -> Option<String> {
    let path = || format!("{} {}", request.method(), request.uri().path());
    let known = service.operations().contains(&operation);
    (!known).then(|| if operation.is_empty() { path() } else { operation.to_owned() })
}

impl Call {
    /// Does the operation leave everything as it is?
    pub fn reads(&self) -> bool {
        reads(&self.operation)
    }

    /// The parameters for the log, secrets left out.
    pub fn logged(&self) -> Value {
        match &self.input {
            Input::Rest(rest) => rest.logged(),
            Input::Query(parameters) => {
                let mut parameters = parameters.clone();
                if let Value::Object(map) = &mut parameters {
                    for name in ["Action", "Version", "WebIdentityToken", "TokenCode"] {
                        map.remove(name);
                    }
                }
                parameters
            }
        }
    }
}

/// Does an operation leave everything as it is? `service:Operation` will do.
pub fn reads(operation: &str) -> bool {
    let name = operation.rsplit(':').next().unwrap_or_default();
    ["Describe", "Get", "List"].iter().any(|verb| name.starts_with(verb))
}

/// Refuses an unsigned call with the service's own error; a web identity is exchanged without a signature.
pub fn check_signed(call: &Call) -> Result<(), Failure> {
    if call.signed || call.operation == "AssumeRoleWithWebIdentity" {
        return Ok(());
    }
    Err(match call.service {
        // Code and status (unverified).
        Service::Ec2 => fail("AuthFailure", "AWS was not able to validate the provided access credentials").status(401),
        Service::Elb | Service::Sts => {
            fail("MissingAuthenticationToken", "Request is missing Authentication Token").status(403)
        }
        Service::ApiGateway => fail("MissingAuthenticationTokenException", "Missing Authentication Token").status(403),
    })
}

/// Wraps a result in the envelope of its service.
pub fn render(call: &Call, request_id: &str, result: OperationResult) -> Response<Bytes> {
    let lacking = call.unsupported.as_deref().filter(|_| result.is_err());
    let result = match lacking {
        Some(name) => result.map_err(|failure| not_here(failure, name)),
        None => result,
    };
    let mut response = match call.service {
        Service::ApiGateway => render_json(request_id, result),
        service => render_xml(service, &call.operation, request_id, result),
    };
    if let Some(name) = lacking {
        header(&mut response, "x-sim-unsupported", name);
    }
    response
}

/// Says that it is the simulator that lacks something, not AWS.
fn not_here(mut failure: Failure, name: &str) -> Failure {
    failure.message.push_str(&format!(" ({name} is not in aws-sim; see `aws-sim operations`)"));
    failure
}

fn render_json(request_id: &str, result: OperationResult) -> Response<Bytes> {
    let (status, body, error) = match result {
        Ok(answer) => (answer.status, answer.body, None),
        // The framework's own errors are recorded without the lower-case member.
        Err(failure) if ["ValidationException", "SerializationException"].contains(&failure.code.as_str()) => {
            (failure.status, json!({"Message": failure.message}), Some(failure))
        }
        Err(failure) => (failure.status, json!({"message": failure.message}), Some(failure)),
    };
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let mut response = respond(status, "application/json", text);
    header(&mut response, "x-amzn-requestid", request_id);
    if let Some(failure) = error {
        header(&mut response, "x-amzn-errortype", &failure.code);
        if failure.status == 429 {
            // In whole seconds; which number AWS gives is unverified.
            let seconds = failure.retry_after.map_or(1, |wait| wait.as_secs_f64().ceil() as u64);
            header(&mut response, "retry-after", &seconds.to_string());
        }
    }
    response
}

fn render_xml(service: Service, operation: &str, request_id: &str, result: OperationResult) -> Response<Bytes> {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let status = match result {
        Ok(answer) => {
            write_success(&mut out, service, operation, request_id, &answer.body);
            answer.status
        }
        Err(failure) => {
            write_failure(&mut out, service, request_id, &failure);
            failure.status
        }
    };
    let mut response = respond(status, "text/xml;charset=UTF-8", out);
    header(&mut response, "x-amzn-requestid", request_id);
    response
}

fn write_success(out: &mut String, service: Service, operation: &str, request_id: &str, body: &Value) {
    out.push_str(&format!("<{operation}Response xmlns=\"{}\">", namespace(service)));
    if service == Service::Ec2 {
        xml::element(out, "requestId", &json!(request_id), "item");
        xml::members(out, body, "item");
    } else {
        xml::element(out, &format!("{operation}Result"), body, "member");
        xml::element(out, "ResponseMetadata", &json!({"RequestId": request_id}), "member");
    }
    out.push_str(&format!("</{operation}Response>"));
}

fn write_failure(out: &mut String, service: Service, request_id: &str, failure: &Failure) {
    let error = json!({"Code": failure.code, "Message": failure.message});
    if service == Service::Ec2 {
        xml::element(out, "Response", &json!({"Errors": {"Error": error}, "RequestID": request_id}), "item");
        return;
    }
    let side = if failure.status < 500 { "Sender" } else { "Receiver" };
    let error = json!({"Type": side, "Code": failure.code, "Message": failure.message});
    out.push_str(&format!("<ErrorResponse xmlns=\"{}\">", namespace(service)));
    xml::members(out, &json!({"Error": error, "RequestId": request_id}), "member");
    out.push_str("</ErrorResponse>");
}

fn namespace(service: Service) -> &'static str {
    match service {
        Service::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
        Service::Elb => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        Service::Sts | Service::ApiGateway => "https://sts.amazonaws.com/doc/2011-06-15/",
    }
}

/// An answer with a content type.
pub fn respond(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
    response
}

fn header(response: &mut Response<Bytes>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

struct Scope {
    access_key: String,
    region: String,
    service: String,
}

/// Reads `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn credential_scope(authorization: &str) -> Option<Scope> {
    let credential = authorization.split("Credential=").nth(1)?.split([',', ' ']).next()?;
    let mut parts = credential.split('/');
    let access_key = parts.next()?.to_owned();
    let region = parts.nth(1)?.to_owned();
    Some(Scope { access_key, region, service: parts.next()?.to_owned() })
}

/// Reads `service.region.amazonaws.com`.
fn from_host(host: &str) -> (Option<Service>, Option<String>) {
    let mut labels = host.split('.');
    let service = labels.next().and_then(Service::by_name);
    let region = labels.next().filter(|label| service.is_some() && label.contains('-')).map(str::to_owned);
    (service, region)
}

fn is_rest_path(path: &str) -> bool {
    ["/restapis", "/vpclinks", "/tags/", "/account"].iter().any(|prefix| path.starts_with(prefix))
}

fn by_version(parameters: &Value) -> Service {
    match parameters["Version"].as_str() {
        Some("2015-12-01") => Service::Elb,
        Some("2011-06-15") => Service::Sts,
        _ => Service::Ec2,
    }
}

fn form(request: &Request<Bytes>) -> Bytes {
    match request.uri().query() {
        Some(query) if request.body().is_empty() => Bytes::copy_from_slice(query.as_bytes()),
        _ => request.body().clone(),
    }
}

/// The account that an access key id names: twelve digits, or the same behind the prefix of temporary credentials.
pub fn account_of(key: &str) -> &str {
    let account = key.strip_prefix("ASIA").unwrap_or(key);
    let names_one = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if names_one { account } else { DEFAULT_ACCOUNT }
}
