use crate::{
    schema::{Attribute, AttributeType, Nesting, Schema, Usage},
    value::Value,
};

/// The new state that Terraform proposes: the configuration, with values of the prior state where the provider chooses them.
///
/// `prior` and `config` are objects of the schema, or null: without a prior for a creation, without a configuration for a deletion.
/// Terraform never makes anything unknown here; that is the provider's part.
pub fn proposed(schema: &Schema, prior: &Value, config: &Value) -> Value {
    object(&schema.attributes, prior, config)
}

fn object(attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    if !matches!(config, Value::Object(_)) {
        return config.clone();
    }
    let merged = attributes.iter().map(|a| {
        let (prior, config) = (super::field(prior, &a.name), super::field(config, &a.name));
        (a.name.clone(), attribute(a, prior, config))
    });
    Value::object(merged)
}

fn attribute(attribute: &Attribute, prior: &Value, config: &Value) -> Value {
    if attribute.usage.is_computed() && config.is_null() {
        // What holds something that only a configuration can have said, was configured once and is so no longer.
        let was_configured = attribute.usage == Usage::OptionalComputed && holds_configured(attribute, prior);
        return if was_configured { Value::Null } else { prior.clone() };
    }
    match (&attribute.ty, config) {
        (AttributeType::Nested { .. }, Value::Null | Value::Unknown) | (AttributeType::Plain(_), _) => config.clone(),
        (AttributeType::Nested { nesting, attributes }, config) => nested(*nesting, attributes, prior, config),
    }
}

fn nested(nesting: Nesting, attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    match (nesting, config) {
        (Nesting::Single, config) => object(attributes, prior, config),
        (Nesting::List, Value::List(elements)) => {
            let before = super::elements(prior);
            let merged = elements.iter().enumerate().map(|(index, config)| match before.get(index) {
                Some(prior) => object(attributes, prior, config),
                None => config.clone(),
            });
            Value::List(merged.collect())
        }
        (Nesting::Map, Value::Map(elements)) => {
            let before = |key: &str| match prior {
                Value::Map(before) => before.get(key).unwrap_or(&Value::Null),
                _ => &Value::Null,
            };
            let merged = elements.iter().map(|(key, config)| (key.clone(), object(attributes, before(key), config)));
            Value::Map(merged.collect())
        }
        (Nesting::Set, Value::Set(elements)) => {
            let mut unused: Vec<&Value> = super::elements(prior).iter().collect();
            let merged = elements.iter().map(|config| {
                let found = unused.iter().position(|prior| corresponds(attributes, prior, config));
                object(attributes, found.map_or(&Value::Null, |index| unused.remove(index)), config)
            });
            Value::Set(merged.collect())
        }
        (_, config) => config.clone(),
    }
}

/// Whether an element of a set may be what a configured one was: equal but for what the provider chooses.
fn corresponds(attributes: &[Attribute], prior: &Value, config: &Value) -> bool {
    let (Value::Object(_), Value::Object(_)) = (prior, config) else { return prior == config };
    attributes.iter().all(|a| {
        let (prior, config) = (super::field(prior, &a.name), super::field(config, &a.name));
        match &a.ty {
            _ if a.usage.is_computed() && config.is_null() => true,
            AttributeType::Nested { nesting: Nesting::Single, attributes } => corresponds(attributes, prior, config),
            _ => prior == config,
        }
    })
}

fn holds_configured(attribute: &Attribute, prior: &Value) -> bool {
    let AttributeType::Nested { attributes, .. } = &attribute.ty else { return false };
    let holds = |object: &Value| {
        attributes.iter().any(|a| {
            let value = super::field(object, &a.name);
            (!a.usage.is_computed() && !value.is_null()) || holds_configured(a, value)
        })
    };
    match prior {
        Value::Object(_) => holds(prior),
        Value::Map(elements) => elements.values().any(holds),
        other => super::elements(other).iter().any(holds),
    }
}
