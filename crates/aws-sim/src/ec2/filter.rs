//! Filters and pages of EC2's Describe operations.

use serde_json::{Value, json};

use crate::error::{Outcome, fail};
use crate::pattern::like;
use crate::query::Params;
use crate::state::Tags;

/// The filters of a request.
pub struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    /// Reads `Filter.N.Name` and `Filter.N.Value.N`.
    pub fn read(p: Params) -> Outcome<Filters> {
        let one = |filter: Params| Ok((filter.required("Name")?.to_owned(), filter.texts("Value")));
        p.list("Filter").into_iter().map(one).collect::<Outcome<_>>().map(Filters)
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
            if !have.iter().any(|have| wanted.iter().any(|pattern| like(pattern, have))) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Cuts a list to `MaxResults` from `NextToken` on and answers it under `key`.
pub fn page(p: Params, key: &str, items: Vec<Value>) -> Outcome<Value> {
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
    let cut: Vec<Value> = items.into_iter().skip(start).take(size).collect();
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
