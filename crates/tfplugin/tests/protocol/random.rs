//! Random configurations of any schema, and other values in their places.

use std::collections::BTreeMap;

use fastrand::Rng;
use tfplugin::{
    Attribute, AttributeType, Nesting, Schema, Type, Usage, Value,
    testing::terraform::{places, put},
};

/// The longest collection.
const LONGEST: usize = 3;

/// A configuration in which everything is known.
pub fn config(schema: &Schema, rng: &mut Rng) -> Value {
    object(&schema.attributes, rng)
}

/// The configuration with one or two values of it unknown.
pub fn with_unknowns(schema: &Schema, config: &Value, rng: &mut Rng) -> Value {
    let places = places(schema, config);
    let count = rng.usize(..3);
    (0..count).fold(config.clone(), |config, _| put(&config, &places[rng.usize(..places.len())].path, &Value::Unknown))
}

fn object(attributes: &[Attribute], rng: &mut Rng) -> Value {
    let configured = attributes.iter().map(|a| {
        let is_set = match a.usage {
            Usage::Required => true,
            Usage::Computed => false,
            Usage::Optional | Usage::OptionalComputed => rng.u8(..10) < 6,
        };
        (a.name.clone(), if is_set { attribute(&a.ty, rng) } else { Value::Null })
    });
    Value::object(configured)
}

fn attribute(ty: &AttributeType, rng: &mut Rng) -> Value {
    match ty {
        AttributeType::Plain(ty) => plain(ty, rng),
        AttributeType::Nested { nesting, attributes } => {
            let objects =
                |rng: &mut Rng| -> Vec<Value> { (0..rng.usize(..=LONGEST)).map(|_| object(attributes, rng)).collect() };
            match nesting {
                Nesting::Single => object(attributes, rng),
                Nesting::List => Value::List(objects(rng)),
                Nesting::Set => Value::Set(distinct(objects(rng))),
                Nesting::Map => Value::Map(keyed(objects(rng))),
            }
        }
    }
}

/// A value of a type.
pub fn plain(ty: &Type, rng: &mut Rng) -> Value {
    let several =
        |of: &Type, rng: &mut Rng| -> Vec<Value> { (0..rng.usize(..=LONGEST)).map(|_| plain(of, rng)).collect() };
    match ty {
        Type::Bool => Value::Bool(rng.bool()),
        Type::Number => match rng.u8(..4) {
            0 => Value::Number("0.1".parse().unwrap()),
            1 => Value::Number("12345678901234567890.5".parse().unwrap()),
            _ => Value::from(rng.i64(-9..9)),
        },
        Type::String => Value::from(["", "a", "b", "é", "a longer text"][rng.usize(..5)]),
        Type::Dynamic => Value::Dynamic(Box::new(Type::Bool), Box::new(Value::Bool(rng.bool()))),
        Type::List(of) => Value::List(several(of, rng)),
        Type::Set(of) => Value::Set(distinct(several(of, rng))),
        Type::Map(of) => Value::Map(keyed(several(of, rng))),
        Type::Object(types) => Value::object(types.iter().map(|(name, ty)| (name.clone(), plain(ty, rng)))),
        Type::Tuple(types) => Value::Tuple(types.iter().map(|ty| plain(ty, rng)).collect()),
    }
}

fn distinct(values: Vec<Value>) -> Vec<Value> {
    values.into_iter().fold(Vec::new(), |mut found, value| {
        if !found.contains(&value) {
            found.push(value);
        }
        found
    })
}

fn keyed(values: Vec<Value>) -> BTreeMap<String, Value> {
    ["a", "b", "c", "d"].map(String::from).into_iter().zip(values).collect()
}
