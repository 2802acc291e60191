//! From attributes to inputs of children. A null becomes the default that the documentation names, an unknown stays unknown.

use std::collections::BTreeMap;

use serde_json::Value;
use tfplugin::{Attr, Set};

use super::model::{MapOf, Strings};
use crate::child::Input;

/// The attribute, with a default in the place of null.
pub fn default<T: Clone>(attr: &Attr<T>, default: T) -> Attr<T> {
    if attr.is_null() { Attr::Known(default) } else { attr.clone() }
}

/// The value, or a default in the place of null.
pub fn or<T: Clone>(attr: &Attr<T>, value: T) -> Input<T> {
    match default(attr, value) {
        Attr::Known(value) => Input::Known(value),
        _ => Input::Unknown,
    }
}

/// A required text.
pub fn text(attr: &Attr<String>) -> Input<String> {
    or(attr, String::new())
}

/// A text or its default.
pub fn text_or(attr: &Attr<String>, value: &str) -> Input<String> {
    or(attr, value.to_string())
}

/// A required number.
pub fn number(attr: &Attr<i64>) -> Input<i64> {
    or(attr, 0)
}

/// An empty text is as good as none: AWS doesn't tell them apart.
pub fn optional(attr: &Attr<String>) -> Input<Option<String>> {
    match attr {
        Attr::Known(text) => Input::Known(Some(text.clone()).filter(|text| !text.is_empty())),
        Attr::Null => Input::Known(None),
        Attr::Unknown => Input::Unknown,
    }
}

/// An object in the form of a spec; null is null.
pub fn object<T>(attr: &Attr<T>, read: impl Fn(&T) -> Value) -> Input<Value> {
    match attr {
        Attr::Known(object) => Input::Known(read(object)),
        Attr::Null => Input::Known(Value::Null),
        Attr::Unknown => Input::Unknown,
    }
}

/// A set; null is empty.
pub fn strings(attr: &Attr<Strings>) -> Input<Vec<Input<String>>> {
    match default(attr, Set::default()) {
        Attr::Known(values) => Input::Known(values.iter().map(text).collect()),
        _ => Input::Unknown,
    }
}

/// A map of texts; null is empty, and null entries are left out.
pub fn texts(attr: &Attr<MapOf<String>>) -> Input<BTreeMap<String, Input<String>>> {
    match or_empty(attr) {
        Attr::Known(entries) => {
            Input::Known(entries.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), text(v))).collect())
        }
        _ => Input::Unknown,
    }
}

/// A map; null is empty.
pub fn or_empty<T: Clone>(map: &Attr<MapOf<T>>) -> Attr<MapOf<T>> {
    default(map, BTreeMap::new())
}

/// An object; null is one without attributes.
pub fn or_empty_object<T: Clone + Default>(object: &Attr<T>) -> Attr<T> {
    default(object, T::default())
}

/// The entries of a map that are known.
pub fn known_entries<T>(map: &Attr<MapOf<T>>) -> impl Iterator<Item = (&String, &T)> {
    map.known().into_iter().flatten().filter_map(|(key, value)| Some((key, value.known()?)))
}

/// Something of an object; unknown while the object is.
pub fn nested<T, U>(object: &Attr<T>, read: impl Fn(&T) -> Input<U>) -> Input<U> {
    object.known().map_or(Input::Unknown, read)
}

/// A flag of an object, or its default.
pub fn flag<T: Clone + Default>(object: &Attr<T>, read: impl Fn(&T) -> &Attr<bool>, value: bool) -> Input<bool> {
    nested(&or_empty_object(object), |object| or(read(object), value))
}
