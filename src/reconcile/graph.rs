//! The desired children and what each takes from its siblings.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::Observed;
use super::accepted::{Accepted, Exceptions, Marks};
use super::given::{Given, Ids};
use crate::aws::AwsError;
use crate::aws::tags::Tags;
use crate::child::{ChildName, Outputs, Source, Spec, is_unknown, source_of, spec, unknown};

/// The desired children of a bundle.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: BTreeMap<ChildName, Node>,
    given: BTreeMap<ChildName, Given>,
}

/// One desired child.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name.
    pub name: ChildName,
    /// Its spec, inputs unresolved.
    pub spec: Spec,
    /// Its tags.
    pub tags: Tags,
    /// What is accepted of it, if it was adopted.
    pub exceptions: Exceptions,
}

impl Graph {
    /// Adds a child.
    pub fn add<T: Serialize>(&mut self, name: ChildName, desired: &T, tags: Tags) {
        self.nodes.insert(name.clone(), Node { name, spec: spec(desired), tags, exceptions: Exceptions::default() });
    }

    /// Leaves what is accepted of adopted children as it is.
    pub fn accept(&mut self, accepted: &Accepted, observed: &Observed, marks: Marks) {
        for node in self.nodes.values_mut() {
            let Some(exceptions) = accepted.of(&node.name) else { continue };
            let live = observed.children.get(&node.name).and_then(|live| live.tags.clone()).unwrap_or_default();
            node.tags = exceptions.tags(&node.tags, &live, marks);
            node.exceptions = exceptions.clone();
        }
    }

    /// Puts an object that was handed in where a child would be.
    pub fn give(&mut self, given: Given) {
        self.given.insert(given.name.clone(), given);
    }

    /// What was handed in.
    pub fn given(&self) -> impl Iterator<Item = &Given> {
        self.given.values()
    }

    /// The ids of what was handed in, as far as they are known.
    pub fn given_ids(&self) -> Ids {
        self.given().filter_map(|given| Some((given.name.clone(), given.known_id()?.to_string()))).collect()
    }

    /// What siblings can take from what was handed in.
    pub fn given_outputs(&self, observed: &Observed) -> BTreeMap<ChildName, Outputs> {
        self.given().map(|given| (given.name.clone(), given.outputs(observed))).collect()
    }

    /// Adds a tag to a child.
    pub fn tag(&mut self, name: &ChildName, key: &str, value: &str) {
        if let Some(node) = self.nodes.get_mut(name) {
            node.tags.insert(key.to_string(), value.to_string());
        }
    }

    /// Takes a tag from a child.
    pub fn untag(&mut self, name: &ChildName, key: &str) {
        if let Some(node) = self.nodes.get_mut(name) {
            node.tags.remove(key);
        }
    }

    /// Whether nothing is desired.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A child.
    pub fn get(&self, name: &ChildName) -> Option<&Node> {
        self.nodes.get(name)
    }

    /// The children, each after all that it takes something from. Fails only if the recipe has a circle, or takes something from a
    /// child that it doesn't have: waiting for either would never end.
    pub fn order(&self) -> Result<Vec<&Node>, AwsError> {
        let (mut order, mut placed): (_, BTreeSet<ChildName>) = (Vec::new(), self.given.keys().cloned().collect());
        while order.len() < self.nodes.len() {
            let before = order.len();
            for node in self.nodes.values().filter(|node| !placed.contains(&node.name)).collect::<Vec<_>>() {
                if node.sources().iter().all(|source| placed.contains(&source.child)) {
                    placed.insert(node.name.clone());
                    order.push(node);
                }
            }
            if order.len() == before {
                return Err(AwsError::internal(
                    "a child depends on itself by way of others, or on one that isn't part of the bundle",
                ));
            }
        }
        Ok(order)
    }
}

impl Node {
    /// Everything this child takes from siblings: the edges of the graph.
    pub fn sources(&self) -> Vec<Source> {
        let mut sources = Vec::new();
        self.spec.values().for_each(|value| collect(value, &mut sources));
        sources
    }

    /// The spec with siblings' outputs filled in; what a sibling doesn't offer yet is unknown.
    pub fn resolve(&self, outputs: &BTreeMap<ChildName, Outputs>) -> Spec {
        let mut resolved = self.spec.iter().map(|(field, value)| (field.clone(), resolve(value, outputs))).collect();
        self.exceptions.apply(&mut resolved);
        resolved
    }
}

fn collect(value: &Value, sources: &mut Vec<Source>) {
    if let Some(source) = source_of(value) {
        sources.push(source);
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, sources)),
        Value::Object(members) => members.values().for_each(|member| collect(member, sources)),
        _ => {}
    }
}

fn resolve(value: &Value, outputs: &BTreeMap<ChildName, Outputs>) -> Value {
    if let Some(source) = source_of(value) {
        return outputs
            .get(&source.child)
            .and_then(|outputs| outputs.get(&source.output))
            .cloned()
            .unwrap_or_else(unknown);
    }
    match value {
        _ if is_unknown(value) => value.clone(),
        Value::Array(items) => Value::Array(items.iter().map(|item| resolve(item, outputs)).collect()),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, member)| (key.clone(), resolve(member, outputs))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child::Input;
    use serde_json::json;

    #[test]
    fn edges_come_from_inputs_and_order_follows_them() {
        let mut graph = Graph::default();
        let first = ChildName::single("z");
        let input: Input<String> = Input::from_ready(&first, "arn");
        graph.add(ChildName::single("a"), &json!({"deep": {"list": [input]}}), Tags::new());
        graph.add(first.clone(), &json!({"x": 1}), Tags::new());
        let order: Vec<_> = graph.order().unwrap().iter().map(|node| node.name.to_string()).collect();
        assert_eq!(order, ["z", "a"]);
        let outputs = [(first, [("arn".to_string(), json!("it"))].into())].into();
        assert_eq!(graph.get(&"a".into()).unwrap().resolve(&outputs)["deep"], json!({"list": ["it"]}));
    }

    #[test]
    fn a_circle_is_an_error_and_no_hang() {
        let mut graph = Graph::default();
        for (name, other) in [("a", "b"), ("b", "a")] {
            let input: Input<String> = Input::from_created(&other.into(), "id");
            graph.add(name.into(), &json!({"x": input}), Tags::new());
        }
        assert!(graph.order().is_err());
    }

    #[test]
    fn a_source_that_is_missing_is_an_error_and_no_hang() {
        let mut graph = Graph::default();
        let input: Input<String> = Input::from_created(&"nobody".into(), "id");
        graph.add("a".into(), &json!({"x": input}), Tags::new());
        assert!(graph.order().is_err());
    }
}
