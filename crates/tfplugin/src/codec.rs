//! Between values and Rust types.

use std::collections::BTreeMap;

use crate::{
    attr::{Attr, Set},
    diagnostic::Diagnostic,
    schema::{Attribute, AttributeType, Nesting},
    value::{Number, Path, Type, Value},
};

/// A Rust type that stands for a known value. Null and unknown are the business of [`Attr`].
pub trait Codec: Sized {
    /// What a schema says about it.
    fn attribute_type() -> AttributeType;

    /// Reads it from a known value found at the path.
    ///
    /// # Errors
    ///
    /// A diagnostic at that path, if the value is of another type or of no use, such as a fraction where a whole number is needed.
    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic>;

    /// The value it stands for.
    fn encode(&self) -> Value;
}

/// A struct of attributes. Write `#[derive(Model)]` rather than implementing it.
pub trait Model: Sized + Send + Sync + 'static {
    /// Its attributes, for the schema.
    fn schema_attributes() -> Vec<Attribute>;

    /// Reads it from the attributes of the object at the path; those missing are null.
    ///
    /// # Errors
    ///
    /// That of the first attribute that can't be read, at its own path.
    fn decode_object(object: &BTreeMap<String, Value>, path: &Path) -> Result<Self, Diagnostic>;

    /// Its attributes as values.
    fn encode_object(&self) -> BTreeMap<String, Value>;

    /// What it is, in markdown.
    fn description() -> &'static str;
}

impl Type {
    /// The type of the values that a Rust type stands for.
    pub fn of<T: Codec>() -> Type {
        T::attribute_type().implied()
    }
}

impl<M: Model> Codec for M {
    fn attribute_type() -> AttributeType {
        AttributeType::Nested { nesting: Nesting::Single, attributes: M::schema_attributes() }
    }

    fn decode(value: &Value, path: &Path) -> Result<M, Diagnostic> {
        match value {
            Value::Object(object) => M::decode_object(object, path),
            other => Err(unexpected("an object", other, path)),
        }
    }

    fn encode(&self) -> Value {
        Value::Object(self.encode_object())
    }
}

impl Codec for String {
    fn attribute_type() -> AttributeType {
        AttributeType::Plain(Type::String)
    }

    fn decode(value: &Value, path: &Path) -> Result<String, Diagnostic> {
        match value {
            Value::String(text) => Ok(text.clone()),
            other => Err(unexpected("a string", other, path)),
        }
    }

    fn encode(&self) -> Value {
        Value::String(self.clone())
    }
}

impl Codec for bool {
    fn attribute_type() -> AttributeType {
        AttributeType::Plain(Type::Bool)
    }

    fn decode(value: &Value, path: &Path) -> Result<bool, Diagnostic> {
        match value {
            Value::Bool(value) => Ok(*value),
            other => Err(unexpected("a bool", other, path)),
        }
    }

    fn encode(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Codec for Number {
    fn attribute_type() -> AttributeType {
        AttributeType::Plain(Type::Number)
    }

    fn decode(value: &Value, path: &Path) -> Result<Number, Diagnostic> {
        match value {
            Value::Number(number) => Ok(number.clone()),
            other => Err(unexpected("a number", other, path)),
        }
    }

    fn encode(&self) -> Value {
        Value::Number(self.clone())
    }
}

impl Codec for i64 {
    fn attribute_type() -> AttributeType {
        Number::attribute_type()
    }

    fn decode(value: &Value, path: &Path) -> Result<i64, Diagnostic> {
        let number = Number::decode(value, path)?;
        number.to_i64().ok_or_else(|| {
            Diagnostic::error(
                "Whole number required",
                format!("{path} must be a whole number between {} and {}, but it is {number}.", i64::MIN, i64::MAX),
            )
            .at(path.clone())
        })
    }

    fn encode(&self) -> Value {
        Value::Number((*self).into())
    }
}

impl<T: Codec> Codec for Vec<Attr<T>> {
    fn attribute_type() -> AttributeType {
        T::attribute_type().collected(Nesting::List, Type::List)
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        let Value::List(elements) = value else {
            return Err(unexpected("a list", value, path));
        };
        let indexed = elements.iter().zip(0i64..);
        indexed.map(|(element, index)| Attr::decode(element, &path.clone().index(index))).collect()
    }

    fn encode(&self) -> Value {
        Value::List(self.iter().map(Attr::encode).collect())
    }
}

impl<T: Codec> Codec for Set<Attr<T>> {
    fn attribute_type() -> AttributeType {
        T::attribute_type().collected(Nesting::Set, Type::Set)
    }

    /// Elements of sets have no path of their own, so errors point at the set.
    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        let Value::Set(elements) = value else {
            return Err(unexpected("a set", value, path));
        };
        let decoded = elements.iter().map(|element| Attr::decode(element, path));
        decoded.collect::<Result<_, _>>().map_err(|diagnostic: Diagnostic| diagnostic.at(path.clone()))
    }

    fn encode(&self) -> Value {
        Value::Set(self.iter().map(Attr::encode).collect())
    }
}

impl<T: Codec> Codec for BTreeMap<String, Attr<T>> {
    fn attribute_type() -> AttributeType {
        T::attribute_type().collected(Nesting::Map, Type::Map)
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        let Value::Map(elements) = value else {
            return Err(unexpected("a map", value, path));
        };
        let decoded = elements.iter().map(|(key, element)| {
            let element = Attr::decode(element, &path.clone().key(key))?;
            Ok((key.clone(), element))
        });
        decoded.collect()
    }

    fn encode(&self) -> Value {
        let elements = self.iter();
        Value::Map(elements.map(|(key, e)| (key.clone(), e.encode())).collect())
    }
}

/// Terraform converts values to the schema's types, so this means that something is wrong with the plumbing.
fn unexpected(expected: &str, found: &Value, path: &Path) -> Diagnostic {
    Diagnostic::error(
        "Unexpected type of value",
        format!("Expected {expected}, but found {}. This is a bug in the provider or in Terraform.", found.kind()),
    )
    .at(path.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Schema, Usage};
    use tfplugin_derive::Model;

    /// An inner object.
    #[derive(Clone, Debug, Default, PartialEq, Model)]
    struct Inner {
        /// How many.
        #[attr(required)]
        count: Attr<i64>,
    }

    /// An outer object.
    ///
    /// With a second paragraph.
    #[derive(Clone, Debug, Default, PartialEq, Model)]
    struct Outer {
        /// Its kind.
        #[attr(optional, computed)]
        r#type: Attr<String>,
        /// Renamed.
        #[attr(computed, sensitive, name = "in")]
        inside: Attr<bool>,
        /// One.
        #[attr(optional)]
        single: Attr<Inner>,
        /// Some in order.
        #[attr(optional)]
        list: Attr<Vec<Attr<Inner>>>,
        /// Some without order.
        #[attr(optional)]
        set: Attr<Set<Attr<Inner>>>,
        /// Some by key.
        #[attr(optional)]
        map: Attr<BTreeMap<String, Attr<Inner>>>,
        /// Plain collections in each other.
        #[attr(optional)]
        plain: Attr<BTreeMap<String, Attr<Vec<Attr<Number>>>>>,
        /// More than nested attributes can say.
        #[attr(optional)]
        deep: Attr<Vec<Attr<Vec<Attr<Inner>>>>>,
    }

    fn inner(count: i64) -> Attr<Inner> {
        Attr::Known(Inner { count: count.into() })
    }

    #[test]
    fn a_model_survives_its_value() {
        let model = Outer {
            r#type: Attr::Unknown,
            inside: true.into(),
            single: inner(1),
            list: vec![inner(2), Attr::Unknown].into(),
            set: Set(vec![inner(3), Attr::Null]).into(),
            map: BTreeMap::from([("k".to_owned(), inner(4))]).into(),
            plain: BTreeMap::from([("k".to_owned(), vec![Number::from(5).into()].into())]).into(),
            deep: vec![vec![inner(6)].into()].into(),
        };
        let ty = Outer::attribute_type().implied();
        let bytes = model.encode().to_msgpack(&ty).unwrap();
        let value = Value::from_msgpack(&bytes, &ty).unwrap();
        assert_eq!(Outer::decode(&value, &Path::root()), Ok(model));
    }

    #[test]
    fn the_schema_says_what_the_struct_says() {
        let schema = Schema::of::<Outer>(3);
        assert_eq!(schema.description, "An outer object.\n\nWith a second paragraph.");
        let names: Vec<&str> = schema.attributes.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["type", "in", "single", "list", "set", "map", "plain", "deep"]);
        let [kind, inside, .., deep] = schema.attributes.as_slice() else { panic!("there are more") };
        assert_eq!((kind.usage, kind.description.as_str()), (Usage::OptionalComputed, "Its kind."));
        assert!(inside.sensitive && !kind.sensitive);
        let objects = r#"["list",["list",["object",{"count":"number"}]]]"#;
        assert_eq!(deep.ty.implied().to_json().to_string(), objects);
        assert_eq!(schema.faults(), [""; 0]);
    }

    #[test]
    fn a_number_that_is_not_whole_is_named_with_its_path() {
        let count = Value::Number("1.5".parse().unwrap());
        let list = Value::List(vec![Value::object([("count", count)])]);
        let error = Outer::decode(&Value::object([("list", list)]), &Path::root()).unwrap_err();
        assert_eq!(error.path.unwrap().to_string(), "list[0].count");
        assert!(error.detail.contains("it is 1.5"), "{}", error.detail);
    }

    #[test]
    fn what_is_wrong_in_a_set_is_said_of_the_set() {
        let set = Value::Set(vec![Value::object([("count", Value::Bool(true))])]);
        let error = Outer::decode(&Value::object([("set", set)]), &Path::root()).unwrap_err();
        assert_eq!(error.path, Some(Path::attr("set")));
    }
}
