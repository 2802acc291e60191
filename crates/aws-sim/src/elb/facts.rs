//! What Elastic Load Balancing tells about itself: limits, SSL policies, reserved capacity.

use serde_json::{Value, json};

use super::{balancer, page, required};
use crate::error::{Failure, Outcome, fail};
use crate::query::Params;
use crate::state::Context;

/// Names of SSL policies without `ELBSecurityPolicy-`, as cdk-preflight lists them; ciphers are left out.
const SSL_POLICIES: &str = "2015-05 2016-08 FS-1-1-2019-08 FS-1-2-2019-08 FS-1-2-Res-2019-08 FS-1-2-Res-2020-10 \
    FS-2018-06 TLS-1-1-2017-01 TLS-1-2-2017-01 TLS-1-2-Ext-2018-06 TLS13-1-0-2021-06 TLS13-1-0-FIPS-2023-04 \
    TLS13-1-0-FIPS-PQ-2025-09 TLS13-1-0-PQ-2025-09 TLS13-1-1-2021-06 TLS13-1-1-FIPS-2023-04 TLS13-1-2-2021-06 \
    TLS13-1-2-Ext0-FIPS-2023-04 TLS13-1-2-Ext0-FIPS-PQ-2025-09 TLS13-1-2-Ext0-RFC9151-FIPS-2023-07 \
    TLS13-1-2-Ext1-2021-06 TLS13-1-2-Ext1-FIPS-2023-04 TLS13-1-2-Ext1-FIPS-PQ-2025-09 TLS13-1-2-Ext1-PQ-2025-09 \
    TLS13-1-2-Ext2-2021-06 TLS13-1-2-Ext2-FIPS-2023-04 TLS13-1-2-Ext2-FIPS-PQ-2025-09 TLS13-1-2-Ext2-PQ-2025-09 \
    TLS13-1-2-FIPS-2023-04 TLS13-1-2-FIPS-PQ-2025-09 TLS13-1-2-PQ-2025-09 TLS13-1-2-RFC9151-FIPS-2023-07 \
    TLS13-1-2-RFC9151-INTEROP1-FIPS-2023-07 TLS13-1-2-RFC9151-INTEROP2-FIPS-2023-07 \
    TLS13-1-2-RFC9151-INTEROP3-FIPS-2023-07 TLS13-1-2-RFC9151-INTEROP4-FIPS-2023-07 TLS13-1-2-Res-2021-06 \
    TLS13-1-2-Res-FIPS-2023-04 TLS13-1-2-Res-FIPS-PQ-2025-09 TLS13-1-2-Res-PQ-2025-09 TLS13-1-3-2021-06 \
    TLS13-1-3-FIPS-2023-04 TLS13-1-3-FIPS-PQ-2025-09 TLS13-1-3-PQ-2025-09 TLS13-1-3-RFC9151-FIPS-2023-07";

/// Quotas of the NLB user guide.
const LIMITS: [(&str, usize); 9] = [
    ("network-load-balancers", 50),
    ("listeners-per-network-load-balancer", 50),
    ("certificates-per-network-load-balancer", 25),
    ("targets-per-network-load-balancer", 3000),
    ("targets-per-availability-zone-per-network-load-balancer", 500),
    ("network-load-balancer-enis-per-vpc", 1200),
    ("target-groups", 3000),
    ("targets-per-target-group", 1000),
    ("target-groups-per-action-on-network-load-balancer", 5),
];

/// DescribeSSLPolicies.
pub fn ssl_policies(_: &mut Context, p: Params) -> Outcome<Value> {
    let names = p.texts("Names");
    names.iter().try_for_each(|name| check_ssl_policy(name))?;
    let all = SSL_POLICIES.split(' ').map(|name| format!("ELBSecurityPolicy-{name}"));
    let wanted = all.filter(|name| names.is_empty() || names.contains(name));
    let show = |name: String| {
        let protocols: &[&str] = if name.contains("TLS13") { &["TLSv1.2", "TLSv1.3"] } else { &["TLSv1.2"] };
        json!({
            "Name": name, "SslProtocols": protocols, "SupportedLoadBalancerTypes": ["application", "network"],
            "Ciphers": [{"Name": "ECDHE-RSA-AES128-GCM-SHA256", "Priority": 1}],
        })
    };
    page(p, "SslPolicies", wanted.collect(), show)
}

/// Refuses a policy that does not exist (text unverified).
pub fn check_ssl_policy(name: &str) -> Outcome<()> {
    let known =
        name.strip_prefix("ELBSecurityPolicy-").is_some_and(|name| SSL_POLICIES.split(' ').any(|known| known == name));
    let missing = || fail("SSLPolicyNotFound", format!("SSL policy '{name}' not found"));
    if known { Ok(()) } else { Err(missing()) }
}

/// DescribeAccountLimits.
pub fn account_limits(context: &mut Context, p: Params) -> Outcome<Value> {
    let granted = |name: &str, max| {
        if ["network-load-balancers", "target-groups"].contains(&name) { context.region.quota(max) } else { max }
    };
    let show = |(name, max): &(&str, usize)| json!({"Name": name, "Max": granted(name, *max).to_string()});
    page(p, "Limits", LIMITS.iter().collect(), show)
}

/// How a quota says that it is used up (texts unverified).
pub fn exceeded(code: &str, what: &str) -> Failure {
    fail(code, format!("The maximum number of {what} has been reached"))
}

/// DescribeCapacityReservation: nobody reserves any.
pub fn capacity_reservation(context: &mut Context, p: Params) -> Outcome<Value> {
    balancer::find(context.region, required(p, "LoadBalancerArn")?)?;
    Ok(json!({"DecreaseRequestsRemaining": 2, "CapacityReservationState": []}))
}
