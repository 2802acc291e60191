//! ImportRestApi and PutRestApi: a whole API in one document.

use std::collections::BTreeMap;

use serde_json::json;

use super::definition::{Definition, Method};
use super::document::{self, Document, Operation};
use super::rest::{Members, RestInput, not_in};
use super::{RestApi, integration, method, policy, rest_api};
use crate::OperationResult;
use crate::error::{Failure, Outcome, bad_request};
use crate::ids::Ids;
use crate::protocol::Answer;
use crate::state::{Context, Region, Tags};

/// ImportRestApi: a new API; its endpoint type is a query parameter, because no document can hold it.
pub fn import(context: &mut Context, input: &RestInput) -> OperationResult {
    let document = document::read(&input.document)?;
    let kind = input.query("endpointConfigurationTypes").unwrap_or("EDGE");
    let configuration = json!({"endpointConfiguration": {"types": [kind]}});
    let definition = rest_api::endpoint_configuration(context.region, Members(&configuration))?;
    let api = RestApi {
        id: context.region.ids.alphanumeric("rest-api", 10),
        name: document.title.clone(),
        description: None,
        version: None,
        created: context.now,
        tags: Tags::new(),
        definition,
        deployments: BTreeMap::new(),
        stages: BTreeMap::new(),
    };
    let api = apply(context.region, api, document)?;
    let shown = rest_api::show(&api, true);
    context.region.apis.insert(api.id.clone(), api);
    Ok(Answer { status: 201, body: shown })
}

/// PutRestApi: `merge` adds and changes, `overwrite` also resets everything that the document does not carry.
pub fn put(context: &mut Context, input: &RestInput) -> OperationResult {
    let mut api = rest_api::find(context.region, input.label(0))?.clone();
    let document = document::read(&input.document)?;
    match input.query("mode").unwrap_or("merge") {
        "merge" => {}
        "overwrite" => {
            // Resources are made anew, so their ids change (unverified); type, stages, deployments and tags stay.
            let before = &api.definition;
            api.definition = Definition::new(before.root.clone(), &before.endpoint_type, &before.address_type);
            api.description = None;
        }
        other => {
            return Err(not_in(other, "putRestApiInput.mode", &["merge", "overwrite"]));
        }
    }
    let api = apply(context.region, api, document)?;
    let shown = rest_api::show(&api, true);
    context.region.apis.insert(api.id.clone(), api);
    Ok(Answer::ok(shown))
}

fn apply(region: &mut Region, mut api: RestApi, document: Document) -> Outcome<RestApi> {
    let mut errors = Vec::new();
    api.name.clone_from(&document.title);
    api.version.clone_from(&document.version);
    api.description = document.description.clone().or(api.description);
    if let Some(wanted) = &document.policy {
        api.definition.policy = Some(policy::normalise(region, &api.id, wanted.clone())?);
    }
    settings(region, &mut api.definition, &document)?;
    for path in &document.paths {
        note(&mut errors, ensure_path(&mut region.ids, &mut api.definition, path).map(drop));
    }
    for operation in &document.operations {
        // A path that could not be made was reported already.
        if let Some(resource) = find_path(&api.definition, &operation.path) {
            note(&mut errors, put_operation(region, &mut api.definition, &resource, operation));
        }
    }
    if errors.is_empty() {
        return Ok(api);
    }
    Err(bad_request(format!("Errors found during import:\n\t{}", errors.join("\n\t"))))
}

fn settings(region: &Region, definition: &mut Definition, document: &Document) -> Outcome<()> {
    for endpoint in &document.endpoints {
        rest_api::add_endpoint(region, definition, endpoint)?;
    }
    for kind in &document.binary_types {
        if !definition.binary_types.contains(kind) {
            definition.binary_types.push(kind.clone());
        }
    }
    if let Some(size) = document.compression {
        definition.compression = Some(rest_api::check_compression(size)?);
    }
    if let Some(source) = &document.key_source {
        rest_api::check_key_source(source)?;
        definition.key_source.clone_from(source);
    }
    definition.disabled_endpoint = document.disabled_endpoint.unwrap_or(definition.disabled_endpoint);
    Ok(())
}

fn put_operation(region: &Region, definition: &mut Definition, resource: &str, operation: &Operation) -> Outcome<()> {
    let Operation { path, verb, .. } = operation;
    let at = |what: &str| {
        let prefix = format!("Unable to put {what} on '{verb}' for resource at path '{path}': ");
        move |failure: Failure| bad_request(prefix + &failure.message)
    };
    let mut built: Method = method::build(verb, Members(&operation.method)).map_err(at("method"))?;
    for (status, members) in &operation.responses {
        let mut response = members.clone();
        response.insert("statusCode".to_owned(), json!(status));
        built.responses.insert(status.clone(), response);
    }
    if let Some(members) = &operation.integration {
        let mut made = integration::build(region, &built, resource, Members(members)).map_err(at("integration"))?;
        for (status, members) in &operation.integration_responses {
            if !built.responses.contains_key(status) && !made.text("type").ends_with("_PROXY") {
                let failure = bad_request("No method response exists for method.");
                return Err(at("integration response")(failure));
            }
            let response = integration::response(status, Members(members)).map_err(at("integration response"))?;
            made.responses.insert(status.clone(), response);
        }
        built.integration = Some(made);
    }
    definition.resource_mut(resource)?.methods.insert((*verb).to_owned(), built);
    Ok(())
}

fn ensure_path(ids: &mut Ids, definition: &mut Definition, path: &str) -> Outcome<String> {
    let mut current = definition.root.clone();
    for part in parts(path) {
        let known = definition.children(&current).find(|child| child.part == part).map(|child| child.id.clone());
        current = match known {
            Some(id) => id,
            None => definition.add(ids, &current, part).map_err(|failure| {
                bad_request(format!("Unable to create resource at path '{path}': {}", failure.message))
            })?,
        };
    }
    Ok(current)
}

fn find_path(definition: &Definition, path: &str) -> Option<String> {
    parts(path).try_fold(definition.root.clone(), |current, part| {
        definition.children(&current).find(|child| child.part == part).map(|child| child.id.clone())
    })
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

fn note(errors: &mut Vec<String>, result: Outcome<()>) {
    if let Err(failure) = result {
        errors.push(failure.message);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Caller, document, open_policy, text};

    fn mock() -> Value {
        json!({"get": {"x-amazon-apigateway-integration": {"type": "mock"}}})
    }

    async fn paths(caller: &Caller, api: &str) -> Vec<String> {
        let (_, resources) = caller.api("GET", &format!("/restapis/{api}/resources?limit=500"), Value::Null).await;
        let mut paths: Vec<String> =
            resources["item"].as_array().unwrap().iter().map(|item| text(item, "path")).collect();
        paths.sort();
        paths
    }

    #[tokio::test(start_paused = true)]
    async fn overwrite_resets_what_the_document_does_not_carry_and_merge_keeps_it() {
        let caller = Caller::new();
        let endpoint = caller.endpoint().await;
        let api = caller.private_api(&[&endpoint]).await;
        let mut first = document(json!({"/a": mock()}));
        first["x-amazon-apigateway-binary-media-types"] = json!(["image/png"]);
        caller.put_api(&api, "merge", first).await;
        let mut second = document(json!({"/b": mock()}));
        second.as_object_mut().unwrap().remove("x-amazon-apigateway-policy");
        second["info"] = json!({"title": "renamed", "version": "2"});
        let (_, merged) = caller.put_api(&api, "merge", second.clone()).await;
        assert_eq!(paths(&caller, &api).await, ["/", "/a", "/b"]);
        assert_eq!((text(&merged, "name"), text(&merged, "version")), ("renamed".to_owned(), "2".to_owned()));
        assert!(
            merged["policy"].is_string() && merged["endpointConfiguration"]["vpcEndpointIds"][0] == endpoint.as_str()
        );
        let (_, overwritten) = caller.put_api(&api, "overwrite", second).await;
        assert_eq!(paths(&caller, &api).await, ["/", "/b"]);
        assert!(overwritten["policy"].is_null() && overwritten["binaryMediaTypes"].is_null());
        assert!(overwritten["endpointConfiguration"]["vpcEndpointIds"].is_null());
        assert_eq!(overwritten["endpointConfiguration"]["types"][0], "PRIVATE");
    }

    #[tokio::test(start_paused = true)]
    async fn one_answer_lists_all_errors_and_nothing_changes() {
        let caller = Caller::new();
        let api = caller.private_api(&[]).await;
        let unmapped = json!({"get": {"x-amazon-apigateway-integration": {
            "type": "http_proxy", "httpMethod": "GET", "uri": "http://x/{id}",
            "requestParameters": {"integration.request.path.id": "method.request.path.id"},
        }}});
        let wrong = document(json!({"/u/{id}": unmapped, "/u/{name}": mock(), "/a b": mock()}));
        let (status, refused) = caller.put_api(&api, "overwrite", wrong).await;
        let message = text(&refused, "message");
        assert_eq!(status, 400);
        assert!(message.starts_with("Errors found during import:\n\t"), "{message}");
        assert!(
            message.contains("Unable to create resource at path '/u/{name}': A sibling ({id}) of this resource"),
            "{message}"
        );
        assert!(
            message.contains("Unable to create resource at path '/a b': Resource's path part only allow"),
            "{message}"
        );
        assert!(
            message.contains("Invalid mapping expression parameter specified: method.request.path.id"),
            "{message}"
        );
        assert_eq!(paths(&caller, &api).await, ["/"]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_imported_api_is_of_the_type_of_the_query() {
        let caller = Caller::new();
        let path = "/restapis?mode=import&endpointConfigurationTypes=PRIVATE";
        let (status, api) = caller.api("POST", path, document(json!({"/a": mock()}))).await;
        assert_eq!((status, api["endpointConfiguration"]["ipAddressType"].as_str()), (201, Some("dualstack")));
        let escaped = text(&api, "policy");
        let policy: String = serde_json::from_str(&format!("\"{escaped}\"")).unwrap();
        let policy: Value = serde_json::from_str(&policy).unwrap();
        let resource = format!("arn:aws:execute-api:eu-central-1:111122223333:{}/*", text(&api, "id"));
        assert_eq!(policy["Statement"][0]["Resource"], resource.as_str());
        assert_eq!(
            policy["Statement"].as_array().unwrap().len(),
            open_policy(None)["Statement"].as_array().unwrap().len()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn three_hundred_resources_are_enough() {
        let caller = Caller::new();
        let api = caller.private_api(&[]).await;
        let many = |count: usize| (0..count).map(|n| (format!("/p{n}"), mock())).collect::<serde_json::Map<_, _>>();
        assert_eq!(caller.put_api(&api, "overwrite", document(json!(many(299)))).await.0, 200);
        assert_eq!(caller.put_api(&api, "overwrite", document(json!(many(300)))).await.0, 400);
    }
}
