//! What can be found out from AWS at plan time, before anything is made. Reads only; what hasn't changed isn't asked about again.

mod existing;
mod pinned;
mod subnets;

use tfplugin::Diagnostics;

use super::model::InternalApi;
use crate::aws::Aws;
use crate::reconcile::Observed;

/// Checks what is planned against what AWS has. `observed` is what the refresh has seen of the bundle of this name.
pub async fn preflight(
    aws: &Aws,
    prior: Option<&InternalApi>,
    planned: &InternalApi,
    (bundle, observed): (&str, &Observed),
) -> Diagnostics {
    let (subnets, existing, pinned) = futures::future::join3(
        subnets::check(aws, prior, planned),
        existing::check(aws, prior, planned, (bundle, observed)),
        pinned::check(aws, prior, planned),
    )
    .await;
    subnets.into_iter().chain(existing).chain(pinned).collect()
}
