//! The names that children get in AWS.
//!
//! A child's AWS name is derived from the bundle and the child alone, so that a process that died leaves nothing that a later
//! one could not recognise. Load balancers and target groups allow 32 characters of letters, digits and hyphens
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>); every name here fits.

use sha2::{Digest, Sha256};

/// AWS's limit for load balancers and target groups, the tightest of all children.
const MAX_NAME: usize = 32;
/// Half of the hash tells the bundle, half the child; 24 bits each are enough for the few hundred names an account can hold.
const HALF: usize = 6;
/// A replacement needs a name beside its predecessor's; more than a few can't be there at once.
const GENERATIONS: usize = 8;

/// The identity of a bundle created with this name, as a tag value. API Gateway's tags take the fewest characters
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_TagResource.html>), so a name with others gets a hash to stay unique.
pub fn identity(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+-=._:/".contains(c);
    if name.chars().all(allowed) {
        return name.to_string();
    }
    let plain: String = name.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    format!("{plain}-{}", hash(&[name]))
}

/// The names that a child may have, in the order of preference: the first that no live child has is taken.
pub fn candidates(bundle: &str, child: &str) -> Vec<String> {
    let stem = match child.split_once('/') {
        Some((_, key)) => format!("{bundle}-{key}"),
        None => bundle.to_string(),
    };
    let stem = clean(&stem);
    let room = MAX_NAME - 2 * HALF - 1;
    let stem = stem.get(..room.min(stem.len())).unwrap_or_default().trim_end_matches('-');
    // AWS reserves `internal-` for load balancers and `sg-` for groups.
    let lower = stem.to_ascii_lowercase();
    let is_reserved =
        lower == "internal" || lower.starts_with("internal-") || lower == "sg" || lower.starts_with("sg-");
    let stem = match stem {
        "" => "privgw".to_string(),
        stem if is_reserved => {
            format!("x{}", stem.get(..(room - 1).min(stem.len())).unwrap_or_default().trim_end_matches('-'))
        }
        stem => stem.to_string(),
    };
    (0..GENERATIONS)
        .map(|generation| format!("{stem}-{}{}", hash(&[bundle]), hash(&[bundle, child, &generation.to_string()])))
        .collect()
}

/// Whether an AWS name was made for a child of this bundle. The tags have the last word; this only saves reading them all.
pub fn recognise(bundle: &str, aws_name: &str) -> bool {
    let hashes = aws_name.rsplit('-').next().unwrap_or_default();
    hashes.len() == 2 * HALF && hashes.starts_with(&hash(&[bundle]))
}

/// A short hexadecimal hash over parts.
fn hash(parts: &[&str]) -> String {
    let mut text = fingerprint(&parts.join("\0"));
    text.truncate(HALF);
    text
}

/// SHA-256 of a text, in hexadecimal.
pub fn fingerprint(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Letters, digits and single hyphens only.
fn clean(stem: &str) -> String {
    let mut clean = String::new();
    for c in stem.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => clean.push(c),
            _ if !clean.is_empty() && !clean.ends_with('-') => clean.push('-'),
            _ => {}
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_awss_rules_whatever_the_bundle_is_called() {
        for bundle in [
            "shop",
            "internal",
            "internal-internal-a",
            "sg-shop",
            "SG",
            "a very long name with spaces and ümlauts, indeed",
            "internal-api",
            "---",
            "été",
        ] {
            let keyed = candidates(bundle, "target_group/products/v2 of the shop");
            for name in keyed.into_iter().chain(candidates(bundle, "load_balancer")) {
                assert!(name.len() <= MAX_NAME, "{name}");
                assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name}");
                assert!(recognise(bundle, &name) && !recognise("another", &name), "{name}");
                assert!(!name.to_ascii_lowercase().starts_with("sg-"), "{name}");
                assert!(!name.starts_with('-') && !name.ends_with('-') && !name.starts_with("internal-"), "{name}");
            }
        }
    }

    #[test]
    fn identities_are_tag_values_and_tell_names_apart() {
        assert_eq!(identity("shop.v1/a"), "shop.v1/a");
        let (one, other) = (identity("my shop"), identity("my-shop"));
        assert!(one.starts_with("my-shop-") && one != other, "{one}");
    }

    #[test]
    fn children_and_generations_have_different_names() {
        let mut names = candidates("shop", "target_group/a");
        names.extend(candidates("shop", "target_group/b"));
        names.extend(candidates("shop", "load_balancer"));
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
