//! Attributes: string keys and values, checked all together before any is set.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::validation;
use crate::error::{Outcome, fail};
use crate::query::Params;

/// The attributes of one thing.
pub type Attributes = BTreeMap<String, String>;

/// What a value may be.
pub enum Kind {
    Bool,
    OneOf(&'static [&'static str]),
    Number(i64, i64),
    /// A number from one on, or `off`.
    Threshold(i64),
    Text,
}

/// One known attribute: key, kind, default.
pub type Known = (&'static str, Kind, &'static str);

/// Every attribute at its default.
pub fn defaults(known: &[Known]) -> Attributes {
    known.iter().map(|(key, _, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Reads and checks the wanted attributes. `what` names the kind of thing in messages.
pub fn wanted(p: Params, what: &str, known: &[Known]) -> Outcome<Attributes> {
    let list = p.list("Attributes");
    if list.is_empty() || list.len() > 20 {
        return Err(validation(format!("Between 1 and 20 {what} attributes must be specified")));
    }
    let mut wanted = Attributes::new();
    for attribute in list {
        let (key, value) = (attribute.text("Key").unwrap_or_default(), attribute.text("Value").unwrap_or_default());
        let unknown = || validation(format!("{} attribute key '{key}' is not recognized", capital(what)));
        let (_, kind, default) = known.iter().find(|(name, ..)| *name == key).ok_or_else(unknown)?;
        if what == "target group" && value.is_empty() {
            return Err(validation("A target group attribute value must be specified"));
        }
        check(key, kind, value)?;
        // An empty number is reset (measured by cdkd, 2026-08).
        let value = if value.is_empty() && matches!(kind, Kind::Number(..)) { default } else { value };
        if wanted.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(validation(format!("Attribute key '{key}' has been specified more than once")));
        }
    }
    Ok(wanted)
}

/// Attributes as lists on the wire.
pub fn show(attributes: &Attributes) -> Value {
    attributes.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

fn check(key: &str, kind: &Kind, value: &str) -> Outcome<()> {
    let valid = match kind {
        Kind::Bool => ["true", "false"].contains(&value),
        Kind::OneOf(allowed) => allowed.contains(&value),
        Kind::Number(low, high) => {
            value.is_empty() || value.parse().is_ok_and(|number: i64| (*low..=*high).contains(&number))
        }
        Kind::Threshold(high) => value == "off" || value.parse().is_ok_and(|number| (1..=*high).contains(&number)),
        Kind::Text => true,
    };
    if valid {
        return Ok(());
    }
    let expected = match kind {
        Kind::Bool => "'true' or 'false'".to_owned(),
        Kind::OneOf(allowed) => allowed.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(" or "),
        Kind::Number(low, high) => format!("between '{low}' and '{high}'"),
        Kind::Threshold(high) => format!("'off' or between '1' and '{high}'"),
        Kind::Text => String::new(),
    };
    Err(fail("InvalidConfigurationRequest", format!("The value of '{key}' must be {expected}, but was '{value}'")))
}

fn capital(text: &str) -> String {
    text[..1].to_uppercase() + &text[1..]
}
