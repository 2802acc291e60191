//! What a deployment takes a picture of: resources, methods, integrations, policy, endpoint configuration.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Components;
use crate::error::{Outcome, bad_request, conflict, fail, not_found};
use crate::ids::Ids;

/// Resources per API.
const LIMIT: usize = 300;

/// The definition of an API.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub root: String,
    pub resources: BTreeMap<String, Resource>,
    pub policy: Option<Value>,
    pub endpoint_type: String,
    pub address_type: String,
    pub endpoints: Vec<String>,
    pub binary_types: Vec<String>,
    pub compression: Option<i64>,
    pub key_source: String,
    pub disabled_endpoint: bool,
    pub components: Components,
}

/// A node of the path tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    pub id: String,
    pub parent: Option<String>,
    pub part: String,
    pub methods: BTreeMap<String, Method>,
}

/// A method; its members are kept as they are shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Method {
    pub members: Map<String, Value>,
    pub responses: BTreeMap<String, Map<String, Value>>,
    pub integration: Option<Integration>,
}

/// An integration; its members are kept as they are shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Integration {
    pub members: Map<String, Value>,
    pub responses: BTreeMap<String, Map<String, Value>>,
}

impl Definition {
    /// Only the root resource, without methods.
    pub fn new(root: String, endpoint_type: &str, address_type: &str) -> Definition {
        let resource = Resource { id: root.clone(), parent: None, part: String::new(), methods: BTreeMap::new() };
        Definition {
            resources: BTreeMap::from([(root.clone(), resource)]),
            root,
            policy: None,
            endpoint_type: endpoint_type.to_owned(),
            address_type: address_type.to_owned(),
            endpoints: Vec::new(),
            binary_types: Vec::new(),
            compression: None,
            key_source: "HEADER".to_owned(),
            disabled_endpoint: false,
            components: Components::default(),
        }
    }

    /// Does it differ from a deployed one in more than what counts at once: type, address type and endpoints?
    pub fn waits_for_deployment(&self, deployed: &Definition) -> bool {
        let live = Definition {
            endpoint_type: self.endpoint_type.clone(),
            address_type: self.address_type.clone(),
            endpoints: self.endpoints.clone(),
            ..deployed.clone()
        };
        *self != live
    }

    /// The resource of an id.
    pub fn resource(&self, id: &str) -> Outcome<&Resource> {
        self.resources.get(id).ok_or_else(|| not_found("Invalid Resource identifier specified"))
    }

    /// The resource of an id, to change it.
    pub fn resource_mut(&mut self, id: &str) -> Outcome<&mut Resource> {
        self.resources.get_mut(id).ok_or_else(|| not_found("Invalid Resource identifier specified"))
    }

    /// A method of a resource.
    pub fn method_mut(&mut self, resource: &str, verb: &str) -> Outcome<&mut Method> {
        let methods = &mut self.resource_mut(resource)?.methods;
        methods.get_mut(verb).ok_or_else(|| not_found("Invalid Method identifier specified"))
    }

    /// Is there a model of that name?
    pub fn has_model(&self, name: &str) -> bool {
        self.components.models.contains_key(name)
    }

    /// Is there a request validator of that id?
    pub fn has_validator(&self, id: &str) -> bool {
        self.components.validators.values().any(|validator| validator["id"] == id)
    }

    /// Is there an authorizer of that id?
    pub fn has_authorizer(&self, id: &str) -> bool {
        self.components.authorizers.values().any(|authorizer| authorizer["id"] == id)
    }

    /// All path parts from the root down.
    pub fn path(&self, id: &str) -> String {
        match self.resources.get(id) {
            Some(Resource { parent: Some(parent), part, .. }) => {
                format!("{}/{part}", self.path(parent).trim_end_matches('/'))
            }
            _ => "/".to_owned(),
        }
    }

    /// Adds a child after checking its path part against its siblings and parent.
    pub fn add(&mut self, ids: &mut Ids, parent: &str, part: &str) -> Outcome<String> {
        self.add_as(parent, part, || ids.alphanumeric("resource", 6))
    }

    /// The same with an id from elsewhere.
    pub fn add_as(&mut self, parent: &str, part: &str, id: impl FnOnce() -> String) -> Outcome<String> {
        self.check_leaf(&self.resource(parent)?.part)?;
        self.check_part(parent, part, None)?;
        if self.resources.len() >= LIMIT {
            // Two blanks (hashicorp/terraform-provider-aws#37605).
            let message = "Maximum number of Resources for this API has been reached.  Please contact AWS if you need additional Resources.";
            return Err(fail("LimitExceededException", message).status(429));
        }
        let id = id();
        let resource = Resource {
            id: id.clone(),
            parent: Some(parent.to_owned()),
            part: part.to_owned(),
            methods: BTreeMap::new(),
        };
        self.resources.insert(id.clone(), resource);
        Ok(id)
    }

    /// Nothing can be below a greedy path variable.
    pub fn check_leaf(&self, part: &str) -> Outcome<()> {
        if part.ends_with("+}") {
            let message = format!("Cannot create a child of a resource with a greedy path variable: {part}");
            return Err(bad_request(message));
        }
        Ok(())
    }

    /// May a child of `parent` be called so? `own` is the child that is being renamed.
    pub fn check_part(&self, parent: &str, part: &str, own: Option<&str>) -> Outcome<()> {
        if part.is_empty() {
            return Err(bad_request("Resource's path part must be specified"));
        }
        if !valid_part(part) {
            let message = "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.";
            return Err(bad_request(message));
        }
        for sibling in self.children(parent).filter(|child| Some(child.id.as_str()) != own) {
            if sibling.part == part {
                return Err(conflict(format!("Another resource with the same parent already has this name: {part}")));
            }
            if part.starts_with('{') && sibling.part.starts_with('{') {
                let message = format!(
                    "A sibling ({}) of this resource already has a variable path part -- only one is allowed",
                    sibling.part
                );
                return Err(bad_request(message));
            }
        }
        Ok(())
    }

    /// The children of a resource.
    pub fn children<'a>(&'a self, parent: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.values().filter(move |resource| resource.parent.as_deref() == Some(parent))
    }

    /// Removes a resource and everything below it.
    pub fn remove(&mut self, id: &str) {
        let children: Vec<String> = self.children(id).map(|child| child.id.clone()).collect();
        children.iter().for_each(|child| self.remove(child));
        self.resources.remove(id);
    }

    /// Every method with its resource and verb.
    pub fn methods(&self) -> impl Iterator<Item = (&Resource, &String, &Method)> {
        self.resources
            .values()
            .flat_map(|resource| resource.methods.iter().map(move |(verb, method)| (resource, verb, method)))
    }

    /// The methods that name a VPC link, as resource id and verb. A link named by a stage variable does not count (unverified).
    pub fn uses_of(&self, link: &str) -> Vec<(&str, &str)> {
        let names = |method: &Method| {
            method
                .integration
                .as_ref()
                .and_then(|integration| integration.members.get("connectionId"))
                .and_then(Value::as_str)
                == Some(link)
        };
        let uses = self.methods().filter(|(.., method)| names(method));
        uses.map(|(resource, verb, _)| (resource.id.as_str(), verb.as_str())).collect()
    }
}

impl Method {
    /// With its responses and integration.
    pub fn show(&self) -> Value {
        let mut shown = self.members.clone();
        if !self.responses.is_empty() {
            shown.insert("methodResponses".to_owned(), json!(self.responses));
        }
        if let Some(integration) = &self.integration {
            shown.insert("methodIntegration".to_owned(), integration.show());
        }
        Value::Object(shown)
    }

    /// Is `method.request.…` declared here?
    pub fn declares(&self, parameter: &str) -> bool {
        self.members.get("requestParameters").and_then(|parameters| parameters.get(parameter)).is_some()
    }
}

impl Integration {
    /// With its responses.
    pub fn show(&self) -> Value {
        let mut shown = self.members.clone();
        if !self.responses.is_empty() {
            shown.insert("integrationResponses".to_owned(), json!(self.responses));
        }
        Value::Object(shown)
    }

    /// A text member.
    pub fn text(&self, key: &str) -> &str {
        self.members.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

fn valid_part(part: &str) -> bool {
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-:".contains(c));
    match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(variable) => plain(variable.strip_suffix('+').unwrap_or(variable)),
        // A dollar sign and a comma are allowed in imported documents.
        None => !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-:$,".contains(c)),
    }
}
