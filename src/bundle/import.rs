//! Bundles that this provider has made: `terraform import` takes one into the state, and `terraform query` lists them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tfplugin::{
    Attr, Call, Diagnostic, Diagnostics, Identity as Names, IdentityAttribute, IdentitySchema, ImportId, Listed,
    ReadResponse, Resource,
};

use super::arguments::arguments;
use super::diagnose;
use super::model::InternalApi;
use super::ownership::identify;
use super::state::Private;
use crate::aws::Aws;
use crate::child::Scope;
use crate::children::rest_api;
use crate::reconcile::observe;

/// What a bundle is known by: its API, and where that is.
pub fn identity_schema() -> IdentitySchema {
    let attribute = |name, is_required, description| IdentityAttribute { name, description, is_required };
    IdentitySchema {
        version: 0,
        attributes: vec![
            attribute("id", true, "The id of the REST API."),
            attribute("account_id", false, "The AWS account. Default: that of the provider's credentials."),
            attribute("region", false, "The region. Default: the provider's."),
        ],
    }
}

/// These of a bundle, from the ARN that its methods are authorised under: `arn:PARTITION:execute-api:REGION:ACCOUNT:API`.
pub fn names(state: &InternalApi) -> Option<Names> {
    let arn: Vec<&str> = state.execution_arn.known()?.split(':').collect();
    let [_, _, _, region, account, api] = arn[..] else { return None };
    // The account isn't known where credentials are not validated.
    let pairs =
        [("id", api), ("account_id", account), ("region", region)].into_iter().filter(|(_, value)| !value.is_empty());
    Some(pairs.map(|(name, value)| (name.to_string(), value.to_string())).collect())
}

/// The id of the REST API that is to be imported. A provider that works elsewhere would find another one, or none.
pub fn resolve(aws: &Aws, id: ImportId) -> Result<String, Diagnostics> {
    let given = match id {
        ImportId::Id(id) => return Ok(id),
        ImportId::Identity(given) => given,
    };
    let here = BTreeMap::from([("account_id", &aws.place.account), ("region", &aws.place.region)]);
    for (name, here) in here {
        if let Some(there) = given.get(name).filter(|there| *there != here && !here.is_empty()) {
            let detail = format!("The identity names the {name} {there}, and the provider works in {here}.");
            return Err(Diagnostic::error("The bundle is somewhere else", detail).into());
        }
    }
    Ok(given.get("id").cloned().unwrap_or_default())
}

/// The complete bundles of the provider's account and region, by the id of their API; whole ones as reading finds them.
pub async fn list(
    bundle: &impl Resource<Meta = Aws, Model = InternalApi>,
    call: &Call,
    aws: &Arc<Aws>,
    limit: usize,
    whole: bool,
) -> Result<Vec<Listed<InternalApi>>, Diagnostics> {
    let unlisted = |error| Diagnostics::from(Diagnostic::error("Could not list bundles", format!("{error}.")));
    let complete = rest_api::complete(aws).await.map_err(unlisted)?;
    let mut found = Vec::new();
    for (id, name) in complete.into_iter().take(limit) {
        let mut state = InternalApi {
            execution_arn: Attr::Known(aws.place.execution_arn(&id)),
            id: Attr::Known(id.clone()),
            ..InternalApi::default()
        };
        if whole {
            // It may have gone since it was listed.
            let identity = identify(aws, &id).await.map_err(unlisted)?;
            if identity.is_none() {
                continue;
            }
            let (stub, private) = import(aws, &id).await?;
            match bundle.read(call, aws, stub, private).await {
                ReadResponse::Found { state: whole, .. } => state = whole,
                ReadResponse::Failed(diagnostics) => return Err(diagnostics),
                ReadResponse::Gone => continue,
            }
        }
        found.push(Listed { name, state });
    }
    Ok(found)
}

/// A first state from the id of a REST API. Its arguments are those that would make what there is; what they can't say, the read that
/// follows tells as drift.
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
    let state = InternalApi {
        id: Attr::Known(id.to_string()),
        execution_arn: Attr::Known(aws.place.execution_arn(id)),
        ..arguments(&observed, &aws.place)
    };
    let private = Private { identity, observed, ..Private::default() };
    Ok((state, private.write()))
}
