//! Integrations and integration responses.

use serde_json::{Map, Value, json};

use super::definition::{Integration, Method};
pub use super::integration_response::response;
use super::method::{self, invalid_mapping, patch_entry};
use super::patch::{self, Patch, unescape};
use super::rest::{Members, RestInput, unconvertible};
use super::violations::Violations;
use crate::OperationResult;
use crate::error::{Failure, Outcome, bad_request, fail, not_found};
use crate::protocol::Answer;
use crate::state::{Context, Region};

const TYPES: [&str; 5] = ["HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"];
const PASSTHROUGH: [&str; 3] = ["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"];
/// The largest mapping template; AWS says 300 KB.
const TEMPLATE: usize = 300 * 1024;
/// The members that UpdateIntegration can only replace.
const REPLACED: [&str; 11] = [
    "uri",
    "connectionType",
    "connectionId",
    "httpMethod",
    "passthroughBehavior",
    "contentHandling",
    "cacheNamespace",
    "credentials",
    "responseTransferMode",
    "integrationTarget",
    "timeoutInMillis",
];

/// PutIntegration replaces the whole integration, its responses too (unverified).
pub fn put(context: &mut Context, input: &RestInput) -> OperationResult {
    let method = method::find(context, input)?.clone();
    let built = build(context.region, &method, input.label(1), input.members())?;
    let shown = built.show();
    method::find(context, input)?.integration = Some(built);
    Ok(Answer { status: 201, body: shown })
}

/// GetIntegration.
pub fn get(context: &mut Context, input: &RestInput) -> OperationResult {
    find(context, input).map(|integration| Answer::ok(integration.show()))
}

/// UpdateIntegration.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let patches = patch::read(input, "updateIntegrationInput")?;
    let method = method::find(context, input)?.clone();
    let before = method.integration.clone().ok_or_else(missing)?;
    let mut members = before.members.clone();
    for patch in &patches {
        apply(&mut members, patch)?;
    }
    let checked = build(context.region, &method, input.label(1), Members(&Value::Object(members)))?;
    let after = Integration { responses: before.responses, ..checked };
    let shown = after.show();
    method::find(context, input)?.integration = Some(after);
    Ok(Answer::ok(shown))
}

/// DeleteIntegration.
pub fn delete(context: &mut Context, input: &RestInput) -> OperationResult {
    method::find(context, input)?.integration.take().ok_or_else(missing)?;
    Ok(Answer { status: 204, body: Value::Null })
}

/// An unknown integration.
pub fn missing() -> Failure {
    not_found("Invalid Integration identifier specified")
}

/// Mapping templates by content type; an empty one is null.
pub fn templates(members: Members, key: &str) -> Outcome<Option<Value>> {
    let Some(given) = members.object(key)? else {
        return Ok(None);
    };
    let mut templates = given.clone();
    for (content_type, template) in &mut templates {
        let text = match &*template {
            Value::Null => "",
            other => other.as_str().ok_or_else(|| unconvertible(other, "String"))?,
        };
        if !content_type.contains('/') {
            return Err(bad_request(format!(
                "Validation Result: warnings : [], errors : [Invalid content type specified: {content_type}]"
            )));
        }
        if text.len() > TEMPLATE {
            // (text unverified)
            return Err(bad_request(format!("Mapping template size must not exceed {TEMPLATE} bytes")));
        }
        if text.is_empty() {
            *template = Value::Null;
        }
    }
    Ok(Some(Value::Object(templates)))
}

/// Fifteen minutes: <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html>
const LONGEST_STREAM: i64 = 900_000;

/// A checked integration from the members of a request or of an imported operation.
pub fn build(region: &Region, method: &Method, resource: &str, members: Members) -> Outcome<Integration> {
    check_enumerations(members)?;
    let kind = members.text("type")?.unwrap_or_default();
    let http = kind.starts_with("HTTP");
    let verb = members.text("httpMethod")?;
    if kind != "MOCK" && verb.is_none_or(str::is_empty) {
        return Err(bad_request("Enumeration value for HttpMethod must be non-empty"));
    }
    if http {
        check_uri(members.text("uri")?.unwrap_or_default())?;
    }
    check_aws(region, kind, members)?;
    let timeout = members.number("timeoutInMillis")?.unwrap_or(29_000);
    let streams = members.text("responseTransferMode")? == Some("STREAM");
    if streams && !["HTTP_PROXY", "AWS_PROXY"].contains(&kind) {
        // (text unverified)
        return Err(bad_request("Response transfer mode STREAM is only supported for proxy integrations"));
    }
    let longest = if streams { LONGEST_STREAM } else { 29_000 };
    if !(50..=longest).contains(&timeout) {
        return Err(bad_request(format!("Timeout should be between 50 ms and {longest} ms")));
    }
    let passthrough = members.text("passthroughBehavior")?.unwrap_or("WHEN_NO_MATCH");
    if !PASSTHROUGH.contains(&passthrough) {
        // (text unverified)
        return Err(bad_request("Invalid passthrough behavior specified"));
    }
    let connection = members.text("connectionType")?.unwrap_or("INTERNET");
    check_connection(region, connection, members.text("connectionId")?)?;
    check_mapping(method, members)?;
    assemble(resource, members, http)
}

/// What the framework refuses. (Only the order of the types is recorded.)
fn check_enumerations(members: Members) -> Outcome<()> {
    let at = |member: &str| format!("putIntegrationInput.{member}");
    let mut violations = Violations::default();
    violations.required(members.text("type")?, &at("type"));
    violations.enumeration(members.text("type")?, &at("type"), &TYPES);
    violations.enumeration(members.text("connectionType")?, &at("connectionType"), &["INTERNET", "VPC_LINK"]);
    let handling = ["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"];
    violations.enumeration(members.text("contentHandling")?, &at("contentHandling"), &handling);
    violations.enumeration(members.text("responseTransferMode")?, &at("responseTransferMode"), &["BUFFERED", "STREAM"]);
    violations.check()
}

/// The members as they are kept, with the defaults that the service fills in.
fn assemble(resource: &str, members: Members, http: bool) -> Outcome<Integration> {
    let connection = members.text("connectionType")?.unwrap_or("INTERNET");
    let passthrough = members.text("passthroughBehavior")?.unwrap_or("WHEN_NO_MATCH");
    let timeout = members.number("timeoutInMillis")?.unwrap_or(29_000);
    let kind = members.text("type")?;
    let mut built = Map::new();
    built.insert("type".to_owned(), json!(kind));
    built.insert("passthroughBehavior".to_owned(), json!(passthrough));
    built.insert("timeoutInMillis".to_owned(), json!(timeout));
    built.insert("cacheNamespace".to_owned(), json!(members.text("cacheNamespace")?.unwrap_or(resource)));
    built.insert("cacheKeyParameters".to_owned(), json!(members.texts("cacheKeyParameters")?.unwrap_or_default()));
    if http {
        built.insert("connectionType".to_owned(), json!(connection));
    }
    for key in [
        "httpMethod",
        "uri",
        "connectionId",
        "credentials",
        "contentHandling",
        "responseTransferMode",
        "integrationTarget",
    ] {
        if let Some(text) = members.text(key)?.filter(|_| key != "connectionId" || connection == "VPC_LINK") {
            built.insert(key.to_owned(), json!(text));
        }
    }
    if let Some(parameters) = members.text_map("requestParameters")? {
        built.insert("requestParameters".to_owned(), json!(parameters));
    }
    if let Some(templates) = templates(members, "requestTemplates")? {
        built.insert("requestTemplates".to_owned(), templates);
    }
    if let Some(config) = members.object("tlsConfig")? {
        if !http {
            // (text unverified)
            return Err(bad_request("TLS configuration is only supported for HTTP and HTTP_PROXY integrations"));
        }
        let skip = Members(&json!(config)).flag("insecureSkipVerification")?.unwrap_or_default();
        built.insert("tlsConfig".to_owned(), json!({"insecureSkipVerification": skip}));
    }
    Ok(Integration { members: built, ..Integration::default() })
}

fn apply(members: &mut Map<String, Value>, patch: &Patch) -> Outcome<()> {
    let path = patch.path.trim_start_matches('/');
    match path.split_once('/') {
        None if REPLACED.contains(&path) => {
            patch.only(&["replace"])?;
            let value = match path {
                "timeoutInMillis" => json!(patch.text().parse::<i64>().unwrap_or_default()),
                _ => json!(patch.text()),
            };
            members.insert(path.to_owned(), value);
            // An empty text takes these away (unverified).
            members.retain(|key, value| *value != "" || !["contentHandling", "credentials"].contains(&key.as_str()));
            Ok(())
        }
        Some(("tlsConfig", "insecureSkipVerification")) => {
            patch.only(&["replace"])?;
            members.insert("tlsConfig".to_owned(), json!({"insecureSkipVerification": patch.flag()?}));
            Ok(())
        }
        Some((map @ ("requestParameters" | "requestTemplates"), key)) if !key.contains('/') => {
            patch_entry(members, map, patch, &unescape(key), json!(patch.text()))
        }
        Some(("cacheKeyParameters", key)) => {
            patch.only(&["add", "remove"])?;
            let key = json!(unescape(key));
            if let Some(Value::Array(keys)) = members.get_mut("cacheKeyParameters") {
                keys.retain(|known| *known != key);
                if patch.op == "add" {
                    keys.push(key);
                }
            }
            Ok(())
        }
        _ => Err(patch.invalid_path()),
    }
}

/// `http(s)://` and one of the ports that API Gateway reaches: 80, 443, 1024 and above.
fn check_uri(uri: &str) -> Outcome<()> {
    let invalid = || bad_request("Invalid HTTP endpoint specified for URI");
    let rest = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://")).ok_or_else(invalid)?;
    let authority = rest.split(['/', '?']).next().filter(|authority| !authority.is_empty()).ok_or_else(invalid)?;
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    match port {
        Some(port) if port != 80 && port != 443 && port < 1024 => Err(invalid()),
        _ => Ok(()),
    }
}

/// Roles are of the own account, and integrations with other services name them by ARN. (Texts: getmoto/moto, unverified.)
fn check_aws(region: &Region, kind: &str, members: Members) -> Outcome<()> {
    let credentials = members.text("credentials")?.filter(|text| !text.is_empty());
    let own = format!("arn:{}:iam::{}:", region.partition(), region.account);
    // `arn:aws:iam::*:user/*` passes the caller's own identity on (botocore service model).
    if credentials.is_some_and(|role| !role.starts_with(&own) && !role.ends_with(":iam::*:user/*")) {
        return Err(fail("AccessDeniedException", "Cross-account pass role is not allowed.").status(403));
    }
    if !kind.starts_with("AWS") {
        return Ok(());
    }
    let uri = members.text("uri")?.unwrap_or_default();
    let Some(("arn", rest)) = uri.split_once(':') else {
        return Err(bad_request("Invalid ARN specified in the request"));
    };
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    let [_, "apigateway", _, service, target] = parts[..] else {
        return Err(bad_request("AWS ARN for integration must contain path or action"));
    };
    if kind == "AWS_PROXY" && service == "s3" {
        let message =
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.";
        return Err(bad_request(message));
    }
    if service == "s3" && credentials.is_none() {
        return Err(bad_request("Role ARN must be specified for AWS integrations"));
    }
    if target.starts_with("path/") || target.starts_with("action/") {
        return Ok(());
    }
    Err(bad_request("AWS ARN for integration must contain path or action"))
}

fn check_connection(region: &Region, kind: &str, id: Option<&str>) -> Outcome<()> {
    match (kind, id) {
        ("VPC_LINK", None | Some("")) => Err(bad_request(
            "ConnectionId should be set to the vpcLinkId or stage variable on connection type VPC_LINK",
        )),
        // A stage variable is resolved when a request comes.
        ("VPC_LINK", Some(id)) if id.starts_with("${stageVariables.") => Ok(()),
        ("VPC_LINK", Some(id)) if region.links.get(id).is_some_and(|link| link.gone_at.is_none()) => Ok(()),
        // (code and text unverified)
        ("VPC_LINK", Some(id)) => Err(bad_request(format!("Invalid Vpc Link identifier specified: {id}"))),
        _ => Ok(()),
    }
}

fn check_mapping(method: &Method, members: Members) -> Outcome<()> {
    let mapping = members.text_map("requestParameters")?.unwrap_or_default();
    for (target, source) in &mapping {
        let parts: Vec<&str> = target.splitn(4, '.').collect();
        let sources = ["path", "querystring", "header", "multivaluequerystring", "multivalueheader"];
        if !matches!(parts[..], ["integration", "request", place, name] if sources.contains(&place) && !name.is_empty())
        {
            return Err(invalid_mapping(&format!("Invalid mapping expression specified: {target}")));
        }
        let literal = source.len() >= 2 && source.starts_with('\'') && source.ends_with('\'');
        let parameter = source.starts_with("method.request.");
        if parameter && !source.starts_with("method.request.body") && !method.declares(source) {
            return Err(invalid_mapping(&format!("Invalid mapping expression parameter specified: {source}")));
        }
        if !(literal || parameter || source.starts_with("context.") || source.starts_with("stageVariables.")) {
            return Err(invalid_mapping(&format!("Invalid mapping expression specified: {source}")));
        }
    }
    for key in members.texts("cacheKeyParameters")?.unwrap_or_default() {
        if !method.declares(&key) && !mapping.contains_key(&key) {
            return Err(bad_request("Invalid cache key parameter specified"));
        }
    }
    Ok(())
}

fn find<'a>(context: &'a mut Context, input: &RestInput) -> Outcome<&'a mut Integration> {
    method::find(context, input)?.integration.as_mut().ok_or_else(missing)
}
