//! UpdateRestApi: patch paths of a REST API.

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
    let mut api = rest_api::find(context.region, input.label(0))?.clone();
    for patch in patch::read(input, "updateRestApiInput")? {
        apply(context.region, &mut api, &patch)?;
    }
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
        // Newer members, accepted and not kept (unverified).
        "/securityPolicy" | "/endpointAccessMode" => patch.only(&["replace"]),
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

fn endpoint_configuration(region: &Region, api: &mut RestApi, patch: &Patch) -> Outcome<()> {
    let definition = &mut api.definition;
    match patch.path.as_str() {
        "/endpointConfiguration/types/0" => {
            if !["add", "remove", "replace"].contains(&patch.op.as_str()) {
                return Err(bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'"));
            }
            let kind = patch.text();
            if !["REGIONAL", "EDGE", "PRIVATE"].contains(&kind) {
                return Err(bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"));
            }
            if definition.endpoint_type == "PRIVATE" && kind == "EDGE" {
                return Err(bad_request("Cannot update endpoint from PRIVATE to EDGE"));
            }
            if kind != "PRIVATE" && !definition.endpoints.is_empty() {
                return Err(bad_request("VPCEndpoints can only be specified with PRIVATE apis."));
            }
            if kind == "PRIVATE" {
                "dualstack".clone_into(&mut definition.address_type);
            }
            kind.clone_into(&mut definition.endpoint_type);
            Ok(())
        }
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

/// Replacing names the old type in the path and the new one in the value.
fn binary_type(api: &mut RestApi, patch: &Patch, kind: &str) -> Outcome<()> {
    patch.only(&["add", "remove", "replace"])?;
    let types = &mut api.definition.binary_types;
    match patch.op.as_str() {
        "add" if types.iter().any(|known| known == kind) => {}
        "add" => types.push(kind.to_owned()),
        "remove" => types.retain(|known| known != kind),
        _ => types.iter_mut().filter(|known| *known == kind).for_each(|known| patch.text().clone_into(known)),
    }
    Ok(())
}
