//! Conditions: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;

use super::Keys;
use super::text::{expand, is_arn_like, literal};
use crate::pattern::matches;

/// One operator on one key.
#[derive(Debug, Clone)]
pub struct Condition {
    /// `ForAnyValue` is true, `ForAllValues` false.
    any_of_set: Option<bool>,
    negated: bool,
    if_exists: bool,
    test: Test,
    key: String,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
enum Test {
    Equals,
    EqualsIgnoreCase,
    Like,
    Arn,
    Numeric(Relation),
    Date(Relation),
    Bool,
    Ip,
    Null,
}

type Relation = fn(Ordering) -> bool;

impl Condition {
    /// Reads an operator with its key and values.
    pub fn read(operator: &str, key: &str, values: Vec<String>) -> Result<Condition, String> {
        let unknown = || format!("the condition operator {operator} does not exist");
        let (any_of_set, rest) = match operator.split_once(':') {
            Some(("ForAnyValue", rest)) => (Some(true), rest),
            Some(("ForAllValues", rest)) => (Some(false), rest),
            Some(_) => return Err(unknown()),
            None => (None, operator),
        };
        let (name, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |name| (name, true));
        let (test, negated) = test(name).ok_or_else(unknown)?;
        if matches!(test, Test::Null) && (if_exists || any_of_set.is_some()) {
            return Err(unknown());
        }
        if !key.contains(':') {
            return Err(format!("the condition key {key} has no prefix such as aws:"));
        }
        let condition = Condition { any_of_set, negated, if_exists, test, key: key.to_ascii_lowercase(), values };
        match condition.values.iter().find(|value| !condition.is_value(value)) {
            Some(value) => Err(format!("{value:?} is no value for {operator}")),
            None => Ok(condition),
        }
    }

    /// Does it hold for a request with these keys?
    pub fn holds(&self, keys: &Keys, variables: bool) -> bool {
        let have = keys.get(&self.key).map(Vec::as_slice).unwrap_or_default();
        if matches!(self.test, Test::Null) {
            return self.values.iter().any(|wanted| (wanted == "true") == have.is_empty());
        }
        if have.is_empty() {
            return self.if_exists || self.any_of_set.map_or(self.negated, |any| !any);
        }
        let matched = |have: &String| self.values.iter().any(|wanted| self.matches(wanted, have, keys, variables));
        let satisfied = |have: &String| matched(have) != self.negated;
        match self.any_of_set {
            Some(true) => have.iter().any(satisfied),
            Some(false) => have.iter().all(satisfied),
            // A key of several values without a set operator is a mistake in a policy; nothing says what AWS makes of it.
            None => have.iter().any(matched) != self.negated,
        }
    }

    fn matches(&self, wanted: &str, have: &str, keys: &Keys, variables: bool) -> bool {
        let text = || literal(wanted, keys, variables);
        let pattern = || expand(wanted, keys, variables);
        match self.test {
            Test::Equals => text().is_some_and(|text| text == have),
            Test::EqualsIgnoreCase => text().is_some_and(|text| text.to_lowercase() == have.to_lowercase()),
            Test::Like => pattern().is_some_and(|pattern| matches(&pattern, have)),
            Test::Arn => pattern().is_some_and(|pattern| is_arn_like(&pattern, have)),
            Test::Numeric(relation) => relate(number(have), number(wanted), relation),
            Test::Date(relation) => relate(date(have), date(wanted), relation),
            Test::Bool => wanted.eq_ignore_ascii_case(have),
            Test::Ip => in_network(wanted, have),
            Test::Null => false,
        }
    }

    fn is_value(&self, value: &str) -> bool {
        match self.test {
            Test::Numeric(_) => number(value).is_some(),
            Test::Date(_) => date(value).is_some(),
            Test::Bool | Test::Null => ["true", "false"].contains(&value.to_ascii_lowercase().as_str()),
            Test::Ip => value.parse::<IpNet>().is_ok() || value.parse::<IpAddr>().is_ok(),
            Test::Equals | Test::EqualsIgnoreCase | Test::Like | Test::Arn => true,
        }
    }
}

/// What an operator tests, and whether it must not be so.
fn test(name: &str) -> Option<(Test, bool)> {
    let is = |test| Some((test, false));
    let is_not = |test| Some((test, true));
    if let Some(relation) = name.strip_prefix("Numeric") {
        return relation_of(relation).map(|(relation, negated)| (Test::Numeric(relation), negated));
    }
    if let Some(relation) = name.strip_prefix("Date") {
        return relation_of(relation).map(|(relation, negated)| (Test::Date(relation), negated));
    }
    match name {
        // Base64 is compared as it is written.
        "StringEquals" | "BinaryEquals" => is(Test::Equals),
        "StringNotEquals" => is_not(Test::Equals),
        "StringEqualsIgnoreCase" => is(Test::EqualsIgnoreCase),
        "StringNotEqualsIgnoreCase" => is_not(Test::EqualsIgnoreCase),
        "StringLike" => is(Test::Like),
        "StringNotLike" => is_not(Test::Like),
        "ArnEquals" | "ArnLike" => is(Test::Arn),
        "ArnNotEquals" | "ArnNotLike" => is_not(Test::Arn),
        "Bool" => is(Test::Bool),
        "IpAddress" => is(Test::Ip),
        "NotIpAddress" => is_not(Test::Ip),
        "Null" => is(Test::Null),
        _ => None,
    }
}

fn relation_of(name: &str) -> Option<(Relation, bool)> {
    let relation: Relation = match name {
        "Equals" | "NotEquals" => Ordering::is_eq,
        "LessThan" => Ordering::is_lt,
        "LessThanEquals" => Ordering::is_le,
        "GreaterThan" => Ordering::is_gt,
        "GreaterThanEquals" => Ordering::is_ge,
        _ => return None,
    };
    Some((relation, name == "NotEquals"))
}

fn relate(have: Option<f64>, wanted: Option<f64>, relation: Relation) -> bool {
    have.zip(wanted).and_then(|(have, wanted)| have.partial_cmp(&wanted)).is_some_and(relation)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Seconds since 1970: as such, or as a date of ISO 8601.
fn date(text: &str) -> Option<f64> {
    if let Some(seconds) = number(text) {
        return Some(seconds);
    }
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let mut parts = day.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (time, ahead) = match time.rfind(['Z', '+', '-']) {
        Some(at) if time[at..] == *"Z" => (&time[..at], 0.0),
        Some(at) => (&time[..at], clock(&time[at + 1..])? * if time[at..].starts_with('-') { -1.0 } else { 1.0 }),
        None => (time, 0.0),
    };
    Some(days(year, month, day) as f64 * 86_400.0 + clock(time)? - ahead)
}

/// `HH:MM` or `HH:MM:SS.fff` in seconds.
fn clock(text: &str) -> Option<f64> {
    let parts: Vec<f64> = text.split(':').map(number).collect::<Option<_>>()?;
    match parts[..] {
        [hours, minutes] => Some(hours * 3600.0 + minutes * 60.0),
        [hours, minutes, seconds] => Some(hours * 3600.0 + minutes * 60.0 + seconds),
        _ => None,
    }
}

/// Days since 1970 of a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, shifted) = (year.div_euclid(400), (month + 9) % 12);
    let of_era = year.rem_euclid(400);
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * shifted + 2) / 5 + day - 1 - 719_468
}

fn in_network(network: &str, address: &str) -> bool {
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    match network.parse::<IpNet>() {
        Ok(network) => network.contains(&address),
        Err(_) => network.parse::<IpAddr>() == Ok(address),
    }
}
