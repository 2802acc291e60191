//! `terraform import`: a bundle that this provider has made, and that no state holds.

use tfplugin::{Attr, Diagnostic, Diagnostics};

use super::diagnose;
use super::model::InternalApi;
use super::ownership::identify;
use super::state::Private;
use crate::aws::Aws;
use crate::child::{ChildName, Scope};
use crate::children::{load_balancer, vpc_endpoint};
use crate::reconcile::observe;

/// A first state from the id of a REST API. The arguments that say where the bundle is are read from it; all others are what the
/// configuration says, and the first plan shows what differs in `children`.
pub async fn import(aws: &Aws, id: &str) -> Result<(InternalApi, Vec<u8>), Diagnostics> {
    let unread = |error: crate::aws::AwsError| Diagnostics::from(diagnose::unread(id, &error.to_string()));
    let Some(identity) = identify(aws, id).await.map_err(unread)? else {
        let detail = format!(
            "There is no REST API {id:?} in {} with the tags of a bundle of this provider. Give the id of the REST API, such as \
             a1b2c3d4e5, and check region and account.",
            aws.place.region
        );
        return Err(Diagnostic::error("No such bundle", detail).into());
    };
    let scope = Scope { identity: identity.clone(), ..Scope::default() };
    let observed = observe(aws, &scope).await.map_err(unread)?;
    let vpc_of = |child: ChildName| Some(observed.children.get(&child)?.spec.get("vpc_id")?.as_str()?.to_string());
    let vpc_id = vpc_of(vpc_endpoint::child()).or_else(|| vpc_of(load_balancer::child()));
    let state = InternalApi { id: Attr::Known(id.to_string()), vpc_id: vpc_id.into(), ..InternalApi::default() };
    let private = Private { identity, observed, ..Private::default() };
    Ok((state, private.write()))
}
