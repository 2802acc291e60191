//! Filters and pages of EC2's Describe operations.

use serde_json::{Value, json};

use crate::error::{Outcome, fail};
use crate::pattern::Pattern;
use crate::query::Params;
use crate::state::Tags;

/// Values of one filter.
const VALUES: usize = 200;

/// The filters of a request, each with the patterns of its values.
pub struct Filters(Vec<(String, Vec<Pattern>)>);

impl Filters {
    /// Reads `Filter.N.Name` and `Filter.N.Value.N`.
    pub fn read(p: Params) -> Outcome<Filters> {
        let one = |filter: Params| {
            let values = filter.texts("Value");
            if values.len() > VALUES {
                let message = format!("The maximum number of filter values specified on a single call is {VALUES}");
                return Err(fail("FilterLimitExceeded", message));
            }
            Ok((filter.required("Name")?.to_owned(), values.into_iter().map(Pattern::new).collect()))
        };
        p.list("Filter").into_iter().map(one).collect::<Outcome<_>>().map(Filters)
    }

    /// The only values that a filter admits, if it comes first and has no wildcards. With them a thing is looked up, and then
    /// still asked for all filters. (A filter before it may be one that is refused as unknown.)
    pub fn only(&self, name: &str) -> Option<Vec<String>> {
        let (_, patterns) = self.0.first().filter(|(known, _)| known == name)?;
        patterns.iter().map(|pattern| plain(pattern).map(str::to_owned)).collect()
    }

    /// The values of a filter that have no wildcards.
    pub fn texts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let known = self.0.iter().filter(move |(known, _)| known == name);
        known.flat_map(|(_, patterns)| patterns).filter_map(plain)
    }

    /// Does a thing match all filters? `values` gives what the thing has for a filter's name, `None` for a name that its
    /// operation does not know.
    pub fn admit(&self, tags: &Tags, values: impl Fn(&str) -> Option<Vec<String>>) -> Outcome<bool> {
        for (name, wanted) in &self.0 {
            let have = match tag_values(name, tags) {
                Some(have) => have,
                None => values(name)
                    .ok_or_else(|| fail("InvalidParameterValue", format!("The filter '{name}' is invalid")))?,
            };
            if !have.iter().any(|have| wanted.iter().any(|pattern| pattern.fits(have))) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn plain(pattern: &Pattern) -> Option<&str> {
    if let Pattern::Text(text) = pattern { Some(text) } else { None }
}

/// Cuts a list to `MaxResults` from `NextToken` on and answers what it shows under `key`.
pub fn page<T>(p: Params, key: &str, items: Vec<T>, show: impl FnMut(T) -> Value) -> Outcome<Value> {
    let size = match p.number("MaxResults")? {
        Some(size @ 5..=1000) => size as usize,
        // Some operations accept less than five; none accepts less than one.
        Some(size @ 1..5) if key == "vpcEndpointSet" || key == "serviceDetailSet" => size as usize,
        Some(size) => {
            let message =
                format!("Value ( {size} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.");
            return Err(fail("InvalidParameterValue", message));
        }
        None => 1000,
    };
    let start = match p.text("NextToken") {
        Some(token) if !token.is_empty() => decode(token)?,
        _ => 0,
    };
    let total = items.len();
    let cut: Vec<Value> = items.into_iter().skip(start).take(size).map(show).collect();
    let next = (start + cut.len() < total).then(|| format!("sim{:08}", start + cut.len()));
    Ok(json!({key: cut, "nextToken": next}))
}

/// Tags as EC2 lists them.
pub fn tag_set(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

fn decode(token: &str) -> Outcome<usize> {
    let invalid = || fail("InvalidNextToken", format!("The token '{token}' is invalid"));
    token.strip_prefix("sim").and_then(|digits| digits.parse().ok()).ok_or_else(invalid)
}

fn tag_values(name: &str, tags: &Tags) -> Option<Vec<String>> {
    match name {
        "tag-key" => Some(tags.keys().cloned().collect()),
        "tag-value" => Some(tags.values().cloned().collect()),
        _ => name.strip_prefix("tag:").map(|key| tags.get(key).cloned().into_iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_filter_is_refused_by_name() {
        let tree = crate::query::parse(b"Filter.1.Name=colour&Filter.1.Value.1=red");
        let filters = Filters::read(Params(&tree)).unwrap();
        let refused = filters.admit(&Tags::new(), |_| None).unwrap_err();
        assert_eq!(refused.message, "The filter 'colour' is invalid");
    }
}
