//! UpdateRestApi: patch paths of a REST API.

use super::definition::Definition;
use super::patch::{self, Patch, unescape};
use super::policy;
use super::rest::RestInput;
use super::rest_api::{self, RestApi};
use crate::OperationResult;
use crate::error::{Outcome, bad_request};
use crate::protocol::Answer;
use crate::state::{Context, Region};

/// UpdateRestApi.
pub fn update(context: &mut Context, input: &RestInput) -> OperationResult {
    let patches = patch::read(input, "updateRestApiInput")?;
    let mut api = rest_api::find(context.region, input.label(0))?.clone();
    for patch in patches {
        apply(context.region, &mut api, &patch)?;
    }
    rest_api::check_access_mode(&api)?;
    let shown = rest_api::show(&api, true);
    context.region.apis.insert(api.id.clone(), api);
    Ok(Answer::ok(shown))
}

fn apply(region: &Region, api: &mut RestApi, patch: &Patch) -> Outcome<()> {
    match patch.path.as_str() {
        "/name" => {
            patch.only(&["replace"])?;
            if patch.text().is_empty() {
                return Err(bad_request("Name cannot be empty"));
            }
            patch.text().clone_into(&mut api.name);
            Ok(())
        }
        "/description" => patch.set_text(&mut api.description),
        "/version" => patch.set_text(&mut api.version),
        "/policy" => {
            patch.only(&["replace", "remove"])?;
            // An empty value removes the policy (unverified).
            let text = if patch.op == "remove" { "" } else { patch.text() };
            api.definition.policy = policy::parse(region, &api.id, text)?;
            Ok(())
        }
        "/apiKeySource" => {
            patch.only(&["replace"])?;
            rest_api::check_key_source(patch.text())?;
            patch.text().clone_into(&mut api.definition.key_source);
            Ok(())
        }
        "/minimumCompressionSize" => {
            patch.only(&["replace"])?;
            api.definition.compression = compression(patch)?;
            Ok(())
        }
        "/disableExecuteApiEndpoint" => {
            patch.only(&["replace"])?;
            api.definition.disabled_endpoint = patch.flag()?;
            Ok(())
        }
        "/securityPolicy" => choice(patch, &rest_api::SECURITY_POLICIES, &mut api.security_policy),
        "/endpointAccessMode" => choice(patch, &rest_api::ACCESS_MODES, &mut api.access_mode),
        path if path.starts_with("/endpointConfiguration/") => endpoint_configuration(region, api, patch),
        path => match path.strip_prefix("/binaryMediaTypes/") {
            Some(kind) if !kind.is_empty() => binary_type(api, patch, &unescape(kind)),
            _ => Err(patch.invalid_path()),
        },
    }
}

fn compression(patch: &Patch) -> Outcome<Option<i64>> {
    match patch.value.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => {
            let size = text.parse().unwrap_or(-1);
            rest_api::check_compression(size).map(Some)
        }
    }
}

/// A newer member with a fixed set of values (text unverified).
fn choice(patch: &Patch, allowed: &[&str], slot: &mut Option<String>) -> Outcome<()> {
    patch.only(&["replace"])?;
    if !allowed.contains(&patch.text()) {
        return Err(bad_request(format!("Invalid value specified for {}: {}", patch.path, patch.text())));
    }
    *slot = Some(patch.text().to_owned());
    Ok(())
}

fn endpoint_configuration(region: &Region, api: &mut RestApi, patch: &Patch) -> Outcome<()> {
    let definition = &mut api.definition;
    // The type is addressed by its index, or by its name as the guide does it (apigateway-api-migration).
    let place = patch.path.strip_prefix("/endpointConfiguration/types/");
    if place.is_some_and(|place| place == "0" || place == definition.endpoint_type) {
        return endpoint_type(region, definition, patch);
    }
    match patch.path.as_str() {
        "/endpointConfiguration/ipAddressType" => {
            patch.only(&["replace"])?;
            match patch.text() {
                "ipv4" if definition.endpoint_type == "PRIVATE" => {
                    Err(bad_request("Only dualstack ipAddressType is supported for Private APIs."))
                }
                kind @ ("ipv4" | "dualstack") => {
                    kind.clone_into(&mut definition.address_type);
                    Ok(())
                }
                _ => Err(bad_request("ipAddressType must be either ipv4 or dualstack.")),
            }
        }
        "/endpointConfiguration/vpcEndpointIds" => match patch.op.as_str() {
            "add" => rest_api::add_endpoint(region, definition, patch.text()),
            "remove" => {
                definition.endpoints.retain(|endpoint| endpoint != patch.text());
                Ok(())
            }
            _ => patch.only(&["add", "remove"]),
        },
        _ => Err(patch.invalid_path()),
    }
}

fn endpoint_type(region: &Region, definition: &mut Definition, patch: &Patch) -> Outcome<()> {
    if !["add", "remove", "replace"].contains(&patch.op.as_str()) {
        return Err(bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'"));
    }
    // An API has exactly one type, so that it loses none and gets no second one (unverified).
    if patch.op == "remove" {
        return Err(bad_request("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED."));
    }
    let kind = patch.text();
    if !rest_api::TYPES.contains(&kind) {
        return Err(bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"));
    }
    if patch.op == "add" && kind != definition.endpoint_type {
        return Err(bad_request("Cannot create an api with multiple Endpoint Types."));
    }
    if definition.endpoint_type == "PRIVATE" && kind == "EDGE" {
        // (text unverified)
        return Err(bad_request("Cannot update endpoint from PRIVATE to EDGE"));
    }
    if kind != "PRIVATE" && !definition.endpoints.is_empty() {
        // (unverified)
        return Err(bad_request("VPCEndpoints can only be specified with PRIVATE apis."));
    }
    if kind == "PRIVATE" && definition.endpoint_type != "PRIVATE" {
        rest_api::check_private_limit(region)?;
        "dualstack".clone_into(&mut definition.address_type);
    }
    kind.clone_into(&mut definition.endpoint_type);
    Ok(())
}

/// Replacing names the old type in the path and the new one in the value, which goes to the end.
fn binary_type(api: &mut RestApi, patch: &Patch, kind: &str) -> Outcome<()> {
    patch.only(&["add", "remove", "replace"])?;
    let types = &mut api.definition.binary_types;
    match patch.op.as_str() {
        "add" if types.iter().any(|known| known == kind) => {}
        "add" => types.push(kind.to_owned()),
        "remove" => types.retain(|known| known != kind),
        _ if types.iter().any(|known| known == kind) => {
            types.retain(|known| known != kind);
            types.push(patch.text().to_owned());
        }
        // An unknown one is left alone (unverified).
        _ => {}
    }
    Ok(())
}
