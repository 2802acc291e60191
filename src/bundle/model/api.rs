//! The API: its routes, who may call them, its settings and its stage.

use tfplugin::{Attr, Model, Number};

use super::{MapOf, Strings};

/// A route.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Route {
    /// The back end that answers, a key of `backends`.
    #[attr(required)]
    pub backend: Attr<String>,
    /// The path there. Default: the same path. Variables of the route's path may be used by name, such as `/v2/{id}`; `{proxy+}` is
    /// written `{proxy}` here.
    #[attr(optional)]
    pub path: Attr<String>,
    /// The method there. Default: the same method; for `ANY`, the caller's.
    #[attr(optional)]
    pub method: Attr<String>,
    /// `HTTP_PROXY` (default) hands requests and answers through; `HTTP` answers every call with status 200 and the back end's body.
    #[attr(optional, name = "type")]
    pub kind: Attr<String>,
    /// Milliseconds until API Gateway gives up, 50 to 29000, and to 900000 for answers that are streamed. Default 29000.
    #[attr(optional)]
    pub timeout_ms: Attr<i64>,
    /// `BUFFERED` (default), or `STREAM` to hand an answer on as it comes: large files, events from the server. Only for `HTTP_PROXY`.
    #[attr(optional)]
    pub response_transfer_mode: Attr<String>,
    /// `NONE` (default) or `AWS_IAM`.
    #[attr(optional)]
    pub authorization: Attr<String>,
    /// Whether callers must send an API key. Default `false`.
    #[attr(optional)]
    pub api_key_required: Attr<bool>,
    /// More for the back end: `integration.request.header.X` (or `querystring`, `path`) to `method.request.header.Y`, `context.Z` or a
    /// static `'value'` in single quotes. Path variables need no entry here.
    #[attr(optional)]
    pub request_parameters: Attr<MapOf<String>>,
    /// Lets pages of other origins call it from a browser: API Gateway answers the preflight of its path, `OPTIONS`, without asking the
    /// back end. The answers of the back end need their own `Access-Control-Allow-Origin`. Routes of one path must have the same.
    #[attr(optional)]
    pub cors: Attr<Cors>,
}

/// Who may call from a browser.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Cors {
    /// The origin of the pages that may call, such as `https://shop.example.com`. Default `*`, all of them.
    #[attr(optional)]
    pub allow_origin: Attr<String>,
    /// The headers that they may send. Default `Authorization`, `Content-Type` and those of AWS's signatures and keys.
    #[attr(optional)]
    pub allow_headers: Attr<Strings>,
    /// Whether they may send cookies. Default `false`; only with an origin.
    #[attr(optional)]
    pub allow_credentials: Attr<bool>,
    /// For how many seconds a browser may remember the answer, 0 to 86400.
    #[attr(optional)]
    pub max_age: Attr<i64>,
}

/// Who may invoke the API, by its resource policy. Policies are compared by meaning.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Policy {
    /// Statements beside the generated ones, which allow everybody and deny whoever comes through none of the endpoints: JSON, a list
    /// or a single one. A `Deny` here takes away; an `Allow` adds nothing to everybody.
    #[attr(optional)]
    pub statements: Attr<String>,
    /// ARNs of roles, users or accounts that may invoke, instead of everybody. Their calls must be signed: such routes need
    /// `authorization = "AWS_IAM"`.
    #[attr(optional)]
    pub allowed_principal_arns: Attr<Strings>,
    /// The whole policy, a JSON document, in the place of everything that is generated.
    #[attr(optional)]
    pub document: Attr<String>,
}

/// Settings of the API.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Api {
    /// Bodies from this size in bytes are compressed, 0 to 10485760. Left out, none are.
    #[attr(optional)]
    pub minimum_compression_size: Attr<i64>,
    /// Media types whose bodies aren't text.
    #[attr(optional)]
    pub binary_media_types: Attr<Strings>,
    /// `HEADER` (default) or `AUTHORIZER`.
    #[attr(optional)]
    pub api_key_source: Attr<String>,
    /// Whether the API's execute-api names are shut, for an API behind a custom domain. Default `false`.
    #[attr(optional)]
    pub disable_execute_api_endpoint: Attr<bool>,
}

/// The stage.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct Stage {
    /// Its name, the first part of every path: letters, digits and underscores. A new name makes a new stage before the old one goes.
    #[attr(required)]
    pub name: Attr<String>,
    /// Its description.
    #[attr(optional)]
    pub description: Attr<String>,
    /// Its variables.
    #[attr(optional)]
    pub variables: Attr<MapOf<String>>,
    /// Whether X-Ray traces requests. Default `false`.
    #[attr(optional)]
    pub tracing_enabled: Attr<bool>,
    /// A line for each request, in CloudWatch Logs or a Firehose stream. Needs the account's CloudWatch role.
    #[attr(optional)]
    pub access_logs: Attr<AccessLogs>,
    /// The size of a cache of answers, in gigabytes: `0.5`, `1.6`, `6.1`, `13.5`, `28.4`, `58.2`, `118` or `237`. Left out, there is no
    /// cache. AWS bills it by the hour and takes minutes to make it; until then answers come from the back ends.
    #[attr(optional)]
    pub cache_cluster_size: Attr<String>,
    /// The id of a client certificate of API Gateway, which it shows to back ends that speak TLS.
    #[attr(optional)]
    pub client_certificate_id: Attr<String>,
    /// Settings of methods, by `*/*` for all, or a route's `METHOD /path`. A setting that isn't given stays as AWS has it, and is never
    /// set to 0. For `ANY`, the settings go to each method.
    #[attr(optional)]
    pub method_settings: Attr<MapOf<MethodSettings>>,
    /// How many earlier deployments stay for a way back. Default 1.
    #[attr(optional)]
    pub keep_deployments: Attr<i64>,
    /// The id of an earlier deployment that the stage serves instead of the latest: a way back. Until it is left out again, changes of
    /// what is deployed are made ready and don't go live. It must still be there, see `keep_deployments`.
    #[attr(optional)]
    pub deployment_id: Attr<String>,
}

/// Logs of requests.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct AccessLogs {
    /// The ARN of a CloudWatch log group, or of a Firehose stream whose name begins with `amazon-apigateway-`.
    #[attr(required)]
    pub destination_arn: Attr<String>,
    /// What to write, with `$context` variables, of which `$context.requestId` or `$context.extendedRequestId` must be one.
    #[attr(required)]
    pub format: Attr<String>,
}

/// Settings of a method.
#[derive(Clone, Debug, Default, PartialEq, Model)]
pub struct MethodSettings {
    /// Whether CloudWatch gets metrics of each method.
    #[attr(optional)]
    pub metrics_enabled: Attr<bool>,
    /// `OFF`, `ERROR` or `INFO`. Needs the account's CloudWatch role.
    #[attr(optional)]
    pub logging_level: Attr<String>,
    /// Whether bodies are logged. Needs the account's CloudWatch role.
    #[attr(optional)]
    pub data_trace_enabled: Attr<bool>,
    /// Requests in a second.
    #[attr(optional)]
    pub throttling_rate_limit: Attr<Number>,
    /// Requests at once.
    #[attr(optional)]
    pub throttling_burst_limit: Attr<i64>,
    /// Whether answers are cached. Has an effect only with a cache cluster.
    #[attr(optional)]
    pub caching_enabled: Attr<bool>,
    /// Seconds that answers are cached, 0 to 3600.
    #[attr(optional)]
    pub cache_ttl_in_seconds: Attr<i64>,
    /// Whether cached answers are encrypted.
    #[attr(optional)]
    pub cache_data_encrypted: Attr<bool>,
    /// Whether a caller who asks for a fresh answer must be allowed to.
    #[attr(optional)]
    pub require_authorization_for_cache_control: Attr<bool>,
    /// What becomes of one who isn't: `FAIL_WITH_403`, `SUCCEED_WITH_RESPONSE_HEADER` or `SUCCEED_WITHOUT_RESPONSE_HEADER`.
    #[attr(optional)]
    pub unauthorized_cache_control_header_strategy: Attr<String>,
}
