//! Integrations and integration responses.

use serde_json::{Map, Value, json};

use super::definition::{Integration, Method};
use super::method::{self, check_status, invalid_mapping, kept, set_nested, update_maps};
use super::patch::{self, unescape};
use super::rest::{Members, RestInput, not_in};
use super::rest_api;
use crate::OperationResult;
use crate::error::{Failure, Outcome, bad_request, not_found};
use crate::protocol::Answer;
use crate::state::{Context, Region};

const TYPES: [&str; 5] = ["HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"];
const PASSTHROUGH: [&str; 3] = ["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"];

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
    let method = method::find(context, input)?.clone();
    let before = method.integration.clone().ok_or_else(missing)?;
    let mut members = before.members.clone();
    for patch in patch::read(input, "updateIntegrationInput")? {
        apply(&mut members, &patch)?;
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

/// PutIntegrationResponse: needs a method response for its status.
pub fn put_response(context: &mut Context, input: &RestInput) -> OperationResult {
    let status = check_status(input.label(3))?.to_owned();
    let method = method::find(context, input)?;
    let declared = method.responses.contains_key(&status);
    let integration = method.integration.as_mut().ok_or_else(missing)?;
    if !declared {
        return Err(bad_request("No method response exists for method."));
    }
    let response = response(&status, input.members())?;
    let shown = json!(response);
    integration.responses.insert(status, response);
    Ok(Answer { status: 201, body: shown })
}

/// GetIntegrationResponse.
pub fn get_response(context: &mut Context, input: &RestInput) -> OperationResult {
    let found = find(context, input)?.responses.get(input.label(3));
    found.map(|response| Answer::ok(json!(response))).ok_or_else(no_response)
}

/// UpdateIntegrationResponse.
pub fn update_response(context: &mut Context, input: &RestInput) -> OperationResult {
    let response = find(context, input)?.responses.get_mut(input.label(3)).ok_or_else(no_response)?;
    update_maps(response, input, &["responseParameters", "responseTemplates"], false)?;
    Ok(Answer::ok(json!(response)))
}

/// DeleteIntegrationResponse.
pub fn delete_response(context: &mut Context, input: &RestInput) -> OperationResult {
    find(context, input)?.responses.remove(input.label(3)).ok_or_else(no_response)?;
    Ok(Answer { status: 204, body: Value::Null })
}

/// An integration response; an empty pattern and null templates are kept as they are.
pub fn response(status: &str, members: Members) -> Outcome<Map<String, Value>> {
    let mut response = Map::new();
    response.insert("statusCode".to_owned(), json!(status));
    for key in ["selectionPattern", "contentHandling"] {
        if let Some(text) = members.text(key)? {
            response.insert(key.to_owned(), json!(text));
        }
    }
    response.extend(kept(members, &["responseParameters", "responseTemplates"])?);
    Ok(response)
}

/// A checked integration from the members of a request or of an imported operation.
pub fn build(region: &Region, method: &Method, resource: &str, members: Members) -> Outcome<Integration> {
    let kind = members.text("type")?.unwrap_or_default();
    if !TYPES.contains(&kind) {
        return Err(not_in(kind, "putIntegrationInput.type", &TYPES));
    }
    let http = kind.starts_with("HTTP");
    let verb = members.text("httpMethod")?;
    if kind != "MOCK" && verb.is_none_or(str::is_empty) {
        return Err(bad_request("Enumeration value for HttpMethod must be non-empty"));
    }
    if http {
        check_uri(members.text("uri")?.unwrap_or_default())?;
    }
    let timeout = members.number("timeoutInMillis")?.unwrap_or(29_000);
    if !(50..=29_000).contains(&timeout) {
        return Err(bad_request("Timeout should be between 50 ms and 29000 ms"));
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
    built.extend(kept(members, &["requestParameters", "requestTemplates", "tlsConfig"])?);
    if built.contains_key("tlsConfig") && !http {
        return Err(bad_request("TLS configuration is only supported for HTTP and HTTP_PROXY integrations"));
    }
    Ok(Integration { members: built, ..Integration::default() })
}

fn apply(members: &mut Map<String, Value>, patch: &patch::Patch) -> Outcome<()> {
    let path = patch.path.trim_start_matches('/');
    let texts = [
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
    ];
    match path.split_once('/') {
        None if texts.contains(&path) => patch.set_entry(members, path, json!(patch.text())),
        None if path == "timeoutInMillis" => {
            let timeout: i64 = patch.text().parse().unwrap_or_default();
            patch.set_entry(members, path, json!(timeout))
        }
        Some(("tlsConfig", "insecureSkipVerification")) => {
            members.insert("tlsConfig".to_owned(), json!({"insecureSkipVerification": patch.flag()?}));
            Ok(())
        }
        Some((map @ ("requestParameters" | "requestTemplates"), key)) => {
            set_nested(members, map, patch, &unescape(key), json!(patch.text()))
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

fn check_connection(region: &Region, kind: &str, id: Option<&str>) -> Outcome<()> {
    match (kind, id) {
        ("INTERNET", _) => Ok(()),
        ("VPC_LINK", None | Some("")) => Err(bad_request(
            "ConnectionId should be set to the vpcLinkId or stage variable on connection type VPC_LINK",
        )),
        // A stage variable is resolved when a request comes.
        ("VPC_LINK", Some(id)) if id.starts_with("${stageVariables.") => Ok(()),
        ("VPC_LINK", Some(id)) if region.links.get(id).is_some_and(|link| link.gone_at.is_none()) => Ok(()),
        // (code and text unverified)
        ("VPC_LINK", Some(id)) => Err(bad_request(format!("Invalid Vpc Link identifier specified: {id}"))),
        (other, _) => Err(not_in(other, "putIntegrationInput.connectionType", &["VPC_LINK", "INTERNET"])),
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
    rest_api::find(context.region, input.label(0))?;
    method::find(context, input)?.integration.as_mut().ok_or_else(missing)
}

fn missing() -> Failure {
    not_found("Invalid Integration identifier specified")
}

fn no_response() -> Failure {
    not_found("Invalid Response status code specified")
}
