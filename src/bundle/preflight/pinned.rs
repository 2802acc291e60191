//! The deployment that the stage is to serve must exist.

use tfplugin::{Diagnostic, Path};

use super::super::model::InternalApi;
use crate::aws::Aws;
use crate::children::deployment;

/// One call; none when it hasn't changed.
pub async fn check(aws: &Aws, prior: Option<&InternalApi>, planned: &InternalApi) -> Option<Diagnostic> {
    let pinned = |model: &InternalApi| model.stage.known()?.deployment_id.known().cloned();
    let (wanted, prior) = (pinned(planned)?, prior?);
    if pinned(prior).as_ref() == Some(&wanted) {
        return None;
    }
    let (is_there, all) = deployment::known(aws, prior.id.known()?, &wanted).await.ok()?;
    let detail = format!(
        "The API has no deployment {wanted:?}. It has {}, the latest first; `keep_deployments` says how many earlier ones stay.",
        all.join(", ")
    );
    let at = Path::attr("stage").attribute("deployment_id");
    (!is_there).then(|| Diagnostic::error("No such deployment", detail).at(at))
}
