//! What a route's key may be, as API Gateway would judge it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>

use std::collections::{BTreeMap, BTreeSet};

/// The methods of API Gateway.
pub const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Resources of an API, unless AWS has raised the quota.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
pub const MOST_RESOURCES: usize = 300;

/// How many resources routes need: one for the root and one for each path that begins another.
pub fn resources<'a>(keys: impl Iterator<Item = &'a String>) -> usize {
    let mut paths = BTreeSet::new();
    for path in keys.filter_map(|key| Some(key.split_once(' ')?.1)) {
        let ends = path.match_indices('/').map(|(place, _)| place).skip(1).chain([path.len()]);
        paths.extend(ends.filter_map(|end| path.get(..end)).filter(|path| *path != "/"));
    }
    paths.len() + 1
}

/// Checks `METHOD /path`; says what is wrong and how it would be right.
pub fn check_key(key: &str) -> Result<(), String> {
    let form = "A route is `METHOD /path`, such as `GET /products` or `ANY /users/{proxy+}`";
    let Some((method, path)) = key.split_once(' ') else {
        return Err(format!("{form}; this is {key:?}."));
    };
    if !METHODS.contains(&method) {
        return Err(format!("{form}. The method is one of {}, not {method:?}.", METHODS.join(", ")));
    }
    let Some(rest) = path.strip_prefix('/') else {
        return Err(format!("{form}. The path must begin with a slash: `{method} /{path}`."));
    };
    if rest.is_empty() {
        return Ok(());
    }
    let segments: Vec<&str> = rest.split('/').collect();
    let mut names = Vec::new();
    for (place, segment) in segments.iter().enumerate() {
        check_segment(segment, place + 1 == segments.len())?;
        if segment.starts_with('{') {
            let name = segment.trim_matches(['{', '}', '+']);
            if names.contains(&name) {
                return Err(format!("The variable `{{{name}}}` occurs twice."));
            }
            names.push(name);
        }
    }
    Ok(())
}

fn check_segment(segment: &str, is_last: bool) -> Result<(), String> {
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-:$".contains(c));
    let Some(inner) = segment.strip_prefix('{') else {
        return match segment {
            "" => Err("A path has no empty segment, so neither `//` nor a slash at its end.".to_string()),
            segment if word(segment) => Ok(()),
            _ => Err(format!(
                "The segment {segment:?} may have letters, digits and `._-:$`, or be one variable `{{name}}` as a whole."
            )),
        };
    };
    let Some(name) = inner.strip_suffix('}') else {
        return Err(format!("The variable {segment:?} must be the whole segment: `{{name}}`."));
    };
    let (name, is_greedy) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
    if !word(name) {
        return Err(format!("The variable {segment:?} needs a name of letters, digits and `._-`."));
    }
    if is_greedy && !is_last {
        return Err(format!("`{segment}` takes the whole rest of the path, so it must be the last segment."));
    }
    Ok(())
}

/// API Gateway has one variable in one place: `/users/{id}` and `/users/{name}/mails` can't both be. Returns the later of two routes
/// that disagree, and why.
pub fn check_siblings<'a>(keys: impl Iterator<Item = &'a String>) -> Vec<(String, String)> {
    let mut variables: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut found = Vec::new();
    for key in keys {
        let Some((_, path)) = key.split_once(' ') else { continue };
        let mut parent = String::new();
        for segment in path.split('/').skip(1) {
            if segment.starts_with('{') {
                let first = variables.entry(parent.clone()).or_insert_with(|| (segment.to_string(), key.clone()));
                if first.0 != segment {
                    let detail = format!(
                        "Under `{}/`, this route has `{segment}` and the route {:?} has `{}`. API Gateway allows one variable there; use one name.",
                        parent, first.1, first.0
                    );
                    found.push((key.clone(), detail));
                    break;
                }
            }
            parent = format!("{parent}/{segment}");
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_routes_pass() {
        for key in ["GET /", "GET /products", "POST /users/{id}/mails", "ANY /users/{proxy+}", "GET /a.b/c-d/e_f:g"] {
            assert_eq!(check_key(key), Ok(()), "{key}");
        }
    }

    #[test]
    fn bad_routes_are_told_what_is_wrong() {
        for (key, hint) in [
            ("GET products", "`GET /products`"),
            ("GET", "METHOD /path"),
            ("get /products", "one of ANY"),
            ("FETCH /x", "one of ANY"),
            ("GET /a/", "slash at its end"),
            ("GET /a//b", "slash at its end"),
            ("GET /x-{id}", "as a whole"),
            ("GET /{proxy+}/x", "last segment"),
            ("GET /{}", "needs a name"),
            ("GET /{a}/{a}", "twice"),
            ("GET /{a", "whole segment"),
            ("GET /ä", "letters"),
        ] {
            let detail = check_key(key).unwrap_err();
            assert!(detail.contains(hint), "{key}: {detail}");
        }
    }

    #[test]
    fn resources_are_counted_once_however_many_routes_share_them() {
        let keys = ["GET /", "GET /a", "POST /a/{id}", "GET /a/{id}/b", "GET /c/d"].map(str::to_string);
        assert_eq!(resources(keys.iter()), 1 + 5);
    }

    #[test]
    fn two_variables_in_one_place_are_found() {
        let keys = [
            "GET /users/{id}",
            "GET /users/{id}/mails",
            "GET /users/{name}/x",
            "GET /other/{name}",
            "ANY /users/{id}/{proxy+}",
        ];
        let keys: Vec<String> = keys.map(str::to_string).into();
        let found = check_siblings(keys.iter());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "GET /users/{name}/x");
        assert!(found[0].1.contains("`{id}`"), "{}", found[0].1);
    }
}
