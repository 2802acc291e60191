//! A typed value that may be null or unknown, and the set that Rust lacks.

use std::collections::BTreeMap;

use crate::{
    codec::Codec,
    diagnostic::Diagnostic,
    schema::AttributeType,
    value::{Path, Value, same_elements},
};

/// The value of an attribute, or of an element of a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attr<T> {
    /// Not set.
    #[default]
    Null,
    /// Known only after apply.
    Unknown,
    /// This value.
    Known(T),
}

impl<T> Attr<T> {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        self.as_ref().into_known()
    }

    /// The value, if it is known.
    pub fn into_known(self) -> Option<T> {
        match self {
            Attr::Known(value) => Some(value),
            Attr::Null | Attr::Unknown => None,
        }
    }

    /// A copy of the value, or the default if it is null or unknown.
    pub fn known_or(&self, default: T) -> T
    where
        T: Clone,
    {
        self.known().cloned().unwrap_or(default)
    }

    /// Whether it is not set.
    pub fn is_null(&self) -> bool {
        matches!(self, Attr::Null)
    }

    /// Whether it is known only after apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Attr::Unknown)
    }

    /// Whether there is a value.
    pub fn is_known(&self) -> bool {
        matches!(self, Attr::Known(_))
    }

    /// The same with another value; null and unknown stay what they are.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Attr<U> {
        match self {
            Attr::Null => Attr::Null,
            Attr::Unknown => Attr::Unknown,
            Attr::Known(value) => Attr::Known(f(value)),
        }
    }

    /// The same with a borrowed value.
    pub fn as_ref(&self) -> Attr<&T> {
        match self {
            Attr::Null => Attr::Null,
            Attr::Unknown => Attr::Unknown,
            Attr::Known(value) => Attr::Known(value),
        }
    }
}

impl<T: Codec> Attr<T> {
    /// What a schema says about it.
    pub fn attribute_type() -> AttributeType {
        T::attribute_type()
    }

    /// Reads it from a value found at the path.
    pub fn decode(value: &Value, path: &Path) -> Result<Attr<T>, Diagnostic> {
        match value {
            Value::Null => Ok(Attr::Null),
            Value::Unknown => Ok(Attr::Unknown),
            known => T::decode(known, path).map(Attr::Known),
        }
    }

    /// Reads the attribute of this name; one that is missing is null.
    pub fn decode_attribute(object: &BTreeMap<String, Value>, name: &str, path: &Path) -> Result<Attr<T>, Diagnostic> {
        match object.get(name) {
            None => Ok(Attr::Null),
            Some(value) => Attr::decode(value, &path.clone().attribute(name)),
        }
    }

    /// The value it stands for.
    pub fn encode(&self) -> Value {
        match self {
            Attr::Null => Value::Null,
            Attr::Unknown => Value::Unknown,
            Attr::Known(value) => value.encode(),
        }
    }
}

impl<T> From<T> for Attr<T> {
    fn from(value: T) -> Attr<T> {
        Attr::Known(value)
    }
}

impl<T> From<Option<T>> for Attr<T> {
    fn from(value: Option<T>) -> Attr<T> {
        value.map_or(Attr::Null, Attr::Known)
    }
}

/// Elements without order. Two sets are equal if they hold the same elements.
#[derive(Clone, Debug)]
pub struct Set<T>(pub Vec<T>);

impl<T> Set<T> {
    /// The elements, in the order they came in.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T> Default for Set<T> {
    fn default() -> Set<T> {
        Set(Vec::new())
    }
}

impl<T: PartialEq> PartialEq for Set<T> {
    fn eq(&self, other: &Set<T>) -> bool {
        same_elements(&self.0, &other.0)
    }
}

impl<T: Eq> Eq for Set<T> {}

impl<T> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Set<T> {
        Set(elements.into_iter().collect())
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_stand_in_for_null_and_unknown() {
        assert_eq!(Attr::Null.known_or(3), 3);
        assert_eq!(Attr::Unknown.known_or(3), 3);
        assert_eq!(Attr::Known(4).known_or(3), 4);
    }

    #[test]
    fn options_become_attributes() {
        let some: Attr<i64> = Some(1).into();
        let none: Attr<i64> = None.into();
        assert_eq!((some, none), (Attr::Known(1), Attr::Null));
    }

    #[test]
    fn sets_have_no_order() {
        assert_eq!(Set(vec![1, 2, 2]), Set(vec![2, 1, 2]));
        assert_ne!(Set(vec![1, 2, 2]), Set(vec![1, 1, 2]));
    }
}
