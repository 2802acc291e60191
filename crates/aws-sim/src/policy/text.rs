//! Wildcards, variables and ARNs.

use super::Keys;
use crate::pattern::{Piece, like, matches, pieces};

/// Components of an ARN; the last may hold colons.
const COMPONENTS: usize = 6;

/// Actions are compared whatever their case.
pub fn is_action_like(pattern: &str, action: &str) -> bool {
    like(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
}

/// A pattern with the values of its variables, or nothing if one has no value: such a pattern matches nothing.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
pub fn expand(template: &str, keys: &Keys, variables: bool) -> Option<Vec<Piece>> {
    let mut expanded = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${").filter(|_| variables) {
        let (variable, after) = after.split_once('}')?;
        expanded.extend(pieces(before));
        expanded.extend(value(variable, keys)?.chars().map(Piece::Is));
        rest = after;
    }
    expanded.extend(pieces(rest));
    Some(expanded)
}

/// The whole text as a pattern, in which only variables have a meaning.
pub fn literal(template: &str, keys: &Keys, variables: bool) -> Option<String> {
    let expanded = expand(template, keys, variables)?;
    let character = |piece: &Piece| match piece {
        Piece::Many => '*',
        Piece::One => '?',
        Piece::Is(c) => *c,
    };
    Some(expanded.iter().map(character).collect())
}

/// A wildcard stays in its component of the ARN; components that the pattern lacks are any. A call that is on nothing in
/// particular has a star for its resource, which only a star matches.
pub fn is_arn_like(pattern: &[Piece], text: &str) -> bool {
    if pattern == [Piece::Many] {
        return true;
    }
    let patterns: Vec<&[Piece]> = pattern.splitn(COMPONENTS, |piece| *piece == Piece::Is(':')).collect();
    let texts: Vec<&str> = text.splitn(COMPONENTS, ':').collect();
    let missing_is_any =
        patterns.len() <= texts.len() && patterns.last().is_some_and(|last| last.ends_with(&[Piece::Many]));
    (patterns.len() == texts.len() || missing_is_any)
        && patterns.iter().zip(texts).all(|(pattern, text)| matches(pattern, text))
}

/// `${*}`, `${?}` and `${$}` stand for the character; a default follows a comma, in quotes.
fn value(variable: &str, keys: &Keys) -> Option<String> {
    if ["*", "?", "$"].contains(&variable) {
        return Some(variable.to_owned());
    }
    let (key, default) = match variable.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\'').to_owned())),
        None => (variable.trim(), None),
    };
    match keys.get(&key.to_ascii_lowercase()).map(Vec::as_slice) {
        Some([value]) => Some(value.clone()),
        // A key with several values can't be put into a text.
        Some([_, _, ..]) => None,
        _ => default,
    }
}
