//! Certificates of TLS listeners. There is no ACM here: every certificate of the account and region exists.

use super::facts::exceeded;
use super::listener::Listener;
use super::{required, validation};
use crate::error::{Outcome, fail};
use crate::query::Params;
use crate::state::Region;

/// Certificates of one network load balancer.
const PER_BALANCER: usize = 25;

/// The default certificate of a request, if it has one.
pub fn read(region: &Region, p: Params) -> Outcome<Option<String>> {
    match p.list("Certificates").as_slice() {
        [] => Ok(None),
        // The service model: the default certificate is given without `IsDefault` (refusal unverified).
        [one] if one.has("IsDefault") => Err(validation("IsDefault cannot be specified for a certificate")),
        [one] => {
            let arn = required(*one, "CertificateArn")?;
            check(region, arn)?;
            Ok(Some(arn.to_owned()))
        }
        _ => Err(fail("TooManyCertificates", "Only one certificate can be specified")),
    }
}

/// A balancer's listeners have up to 25 certificates.
pub fn check_count(region: &Region, wanted: &Listener) -> Outcome<()> {
    let others = region.listeners.named(&wanted.balancer).filter(|other| other.arn != wanted.arn);
    let mut all: Vec<&String> = others.chain([wanted]).filter_map(|listener| listener.certificate.as_ref()).collect();
    all.sort_unstable();
    all.dedup();
    if all.len() > PER_BALANCER {
        return Err(exceeded("TooManyCertificates", "certificates per load balancer"));
    }
    Ok(())
}

/// Text: hashicorp/terraform-provider-aws#11334.
fn check(region: &Region, arn: &str) -> Outcome<()> {
    let acm = format!("arn:{}:acm:{}:{}:certificate/", region.partition(), region.name, region.account);
    let iam = format!("arn:{}:iam::{}:server-certificate/", region.partition(), region.account);
    let known = [acm, iam].iter().any(|prefix| arn.strip_prefix(prefix).is_some_and(|id| !id.is_empty()));
    let missing = || fail("CertificateNotFound", format!("Certificate '{arn}' not found"));
    if known { Ok(()) } else { Err(missing()) }
}
