//! Failures in words: what was being done, to which object, what AWS said, which attribute asked for it, and what to do next.

use tfplugin::{Attr, Diagnostic, Path};

use super::drift::describe;
use super::existing;
use super::model::MapOf;
use super::state::Home;
use crate::aws::{AwsError, ErrorKind};
use crate::child::{Change, ChildName};
use crate::children::{load_balancer, rest_api, security_group, target_group, target_health};
use crate::reconcile::Failure;
use crate::reconcile::given::USE;

/// A step that failed.
pub fn diagnose(failure: &Failure) -> Diagnostic {
    let what = failure.child.as_ref().map_or_else(|| "the bundle".to_string(), words);
    let object = failure.id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    let detail = format!(
        "While trying to {} {what}{object}: {}.\n\n{} What exists is in the state; nothing is lost.",
        failure.verb,
        cut(&failure.error.to_string()),
        advice(failure.error.kind)
    );
    let diagnostic = Diagnostic::error(format!("Could not {} {what}", failure.verb), detail);
    let path = match &failure.child {
        Some(child) if failure.verb == USE => Some(existing::attribute(child)),
        child => child.as_ref().and_then(attribute).map(|path| narrower(path, &failure.error)),
    };
    match path {
        Some(path) => diagnostic.at(path),
        None => diagnostic,
    }
}

/// AWS took what it was given, but doesn't like it.
pub fn warned((child, warning): &(ChildName, String)) -> Diagnostic {
    let detail = format!("While {} was updated, AWS said: {}.", words(child), cut(warning));
    let diagnostic = Diagnostic::warning("AWS has a warning", detail);
    match child.kind() {
        rest_api::KIND => diagnostic.at(Path::attr("openapi")),
        _ => diagnostic,
    }
}

/// AWS shows something else than it was just given.
pub fn unverified((child, changes): &(ChildName, Vec<Change>)) -> Diagnostic {
    let detail = format!(
        "Every call for {} succeeded, but AWS shows: {}. It may only be late to show it; the next plan tells.",
        words(child),
        describe(changes)
    );
    let diagnostic = Diagnostic::warning(format!("{} is not as it was written", words(child)), detail);
    match attribute(child) {
        Some(path) => diagnostic.at(path),
        None => diagnostic,
    }
}

/// The bundle could not be looked at.
pub fn unread(bundle: &str, error: &str) -> Diagnostic {
    let detail = format!(
        "What exists of the bundle {bundle:?} could not be read: {}.\n\nNothing was changed. Check the credentials, the region and \
         the permissions of the caller, then run Terraform again.",
        error.trim_end_matches('.')
    );
    Diagnostic::error("Could not read the bundle from AWS", detail)
}

/// Everything was done, but the result could not be looked at.
pub fn unlooked(bundle: &str, error: &AwsError) -> Diagnostic {
    let detail = format!(
        "Every call for the bundle {bundle:?} succeeded, but reading it back did not: {}. The next plan looks again.",
        cut(&error.to_string())
    );
    Diagnostic::warning("The result could not be checked", detail)
}

/// What a failed creation says that has carried on what another one had left.
const INHERITED: &str = "\n\nPart of it was left by another apply that created a bundle of the same name. If that was still under way, it \
                         was in the way of this one, and this one in its way.";

/// A creation that failed half-way, and what there is of it; an heir has carried on what another one had left.
pub fn half_made(children: &Attr<MapOf<String>>, is_heir: bool) -> Diagnostic {
    let all = children.known().into_iter().flatten();
    let made: Vec<String> = all.map(|(child, id)| format!("{child} ({})", id.known_or(String::new()))).collect();
    let detail = format!(
        "Of the bundle there is now: {}. All of it is in the state.{}\n\nTerraform marks a resource whose creation failed as tainted: the \
         next apply deletes what was made and begins again. To carry on from what exists instead, run `terraform untaint` on the \
         resource first; `terraform destroy` removes everything.",
        made.join(", "),
        if is_heir { INHERITED } else { "" }
    );
    Diagnostic::warning("The bundle is half made", detail)
}

/// A creation that failed and was taken back.
pub fn rolled_back(is_heir: bool) -> Diagnostic {
    let detail = format!(
        "`on_create_failure` is \"rollback\", so everything that had been made was deleted again. The next apply begins anew.{}",
        if is_heir { INHERITED } else { "" }
    );
    Diagnostic::warning("The creation was rolled back", detail)
}

/// The provider looks somewhere else than where the bundle lives.
pub fn elsewhere(bundle: &str, home: &Home, here: &Home) -> Diagnostic {
    let detail = format!(
        "The bundle {bundle:?} lives in the account {} and the region {}, and the provider block leads to the account {} and the \
         region {}. Lead it back there. To move the bundle, destroy it there first, or give the new place a resource of its own.",
        home.account, home.region, here.account, here.region
    );
    Diagnostic::error("The bundle lives in another account or region", detail)
}

/// A replacement that AWS would refuse at its very end.
pub fn protected_replacement(arn: &str) -> Diagnostic {
    let detail = format!(
        "This change needs a new load balancer, and AWS would refuse to delete the old one, {arn}. Set \
         `load_balancer.deletion_protection = false`, apply that, and make this change then."
    );
    let path = Path::attr("load_balancer").attribute("deletion_protection");
    Diagnostic::error("The load balancer is under deletion protection", detail).at(path)
}

/// A new target group that somebody else must fill.
pub fn empty_group(backend: &str) -> Diagnostic {
    let detail = format!(
        "This change needs a new target group for {backend:?}, and something else registers its targets: an ECS service, an auto-scaling \
         group. The new group is empty until that has been told its ARN, and callers of {backend:?} get errors in between. With \
         `targets` in the resource, there is no gap."
    );
    Diagnostic::warning("A new target group will be empty at first", detail).at(Path::attr("backends").key(backend))
}

/// The group that would stay isn't the one that gets the requests.
pub fn green_is_live(backend: &str) -> Diagnostic {
    let detail = format!(
        "Without `blue_green`, the blue target group of {backend:?} stays, and requests go to the green one now. Deploy once more, so that \
         blue gets them, and make this change then."
    );
    Diagnostic::error("The green target group is live", detail)
        .at(Path::attr("backends").key(backend).attribute("blue_green"))
}

/// What an earlier deployment leads to must not go while a stage serves that.
pub fn pinned(child: &ChildName) -> Diagnostic {
    let detail = format!(
        "The stage serves the deployment that `stage.deployment_id` names, which leads by way of {}, and this change would delete that. \
         Leave `stage.deployment_id` out first, so that the stage serves the latest, or in the same change.",
        words(child)
    );
    let at = Path::attr("stage").attribute("deployment_id");
    Diagnostic::error("The deployment that is served still needs this", detail).at(at)
}

/// Another bundle of this name is complete, so this is no resumed creation.
pub fn taken(bundle: &str, api: &str) -> Diagnostic {
    let detail = format!(
        "This account and region already have a complete bundle that was created with the name {bundle:?}: its REST API is {api}. \
         Nothing was changed.\n\nIf another state holds it, choose another `name`. If this state does, and the resource has \
         `create_before_destroy`, leave that out or change the `name` as well: there can't be two of a name at a time. If no state does, \
         because Terraform died before it could write it down or the state was lost, take it over: terraform import \
         privgw_internal_api.NAME {api}"
    );
    Diagnostic::error("A bundle of this name exists already", detail).at(Path::attr("name"))
}

/// Deletion protection is on.
pub fn protected(arn: &str) -> Diagnostic {
    let detail = format!(
        "AWS would refuse to delete the load balancer {arn}. Nothing was deleted. Set `load_balancer.deletion_protection = false`, \
         apply that, and destroy then. If its creation failed, run `terraform untaint` on the resource before that."
    );
    Diagnostic::error("The load balancer is under deletion protection", detail)
        .at(Path::attr("load_balancer").attribute("deletion_protection"))
}

/// AWS lists every single mistake of a document; the first ones tell enough.
fn cut(text: &str) -> String {
    const LONGEST: usize = 1500;
    let text = text.trim_end_matches('.');
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} [...]", text.get(..end).unwrap_or_default()),
        None => text.to_string(),
    }
}

fn words(child: &ChildName) -> String {
    let kind = child.kind().replace('_', " ").replace("vpc", "VPC").replace("rest api", "REST API");
    match child.key() {
        Some(key) if child.kind() == security_group::KIND => format!("the {kind} of the {}", key.replace('_', " ")),
        Some(key) if target_group::is_green(child) => format!("the green {kind} of {key:?}"),
        Some(key) => format!("the {kind} of {key:?}"),
        None => format!("the {kind}"),
    }
}

/// The attribute that asked for a child.
fn attribute(child: &ChildName) -> Option<Path> {
    let path = match (child.kind(), child.key()) {
        ("target_group" | "listener", Some(backend)) => Path::attr("backends").key(backend),
        ("vpc_link", _) => Path::attr("vpc_link"),
        ("vpc_endpoint", _) | ("security_group", Some("endpoint")) => Path::attr("endpoint"),
        (load_balancer::KIND, _) | ("security_group", Some("load_balancer")) => Path::attr("load_balancer"),
        (rest_api::KIND, _) => Path::attr("routes"),
        ("stage" | "deployment", _) => Path::attr("stage"),
        _ => return None,
    };
    Some(path)
}

/// The words may tell which part of a back end was at fault, or that it wasn't the routes of an API.
fn narrower(path: Path, error: &AwsError) -> Path {
    if error.message.contains(target_health::NO_ZONE) {
        return path.attribute("targets");
    }
    let says = |words: &str| error.message.to_ascii_lowercase().contains(words);
    match path == Path::attr("routes") {
        true if says("vpc endpoint") => Path::attr("endpoint").attribute("additional_ids"),
        true if says("invalid policy") || says("resource policy") => Path::attr("policy"),
        _ => path,
    }
}

fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Denied => {
            "Check that the credentials are valid and may do this, then apply again. The provider's guide on permissions has a \
             policy that is enough."
        }
        ErrorKind::Quota => "Free one of these, or ask AWS for a higher quota, then apply again.",
        ErrorKind::Throttled => "The account makes too many calls at the moment. Apply again later.",
        ErrorKind::Busy => {
            "Something else still uses it, or changes it at the same time. Apply again when that is over."
        }
        ErrorKind::Ambiguous => "It is unclear whether AWS did it; the next apply looks first. Apply again.",
        ErrorKind::NotFound => "Something it needs is gone. Check the ids in the configuration, then apply again.",
        ErrorKind::Taken => {
            "Something has this name already that isn't known as this bundle's; it was left as it is. If another apply of a bundle of \
             this name is under way, wait until it has ended. If somebody else has made it, choose another `name`."
        }
        ErrorKind::Invalid => "Correct the configuration, then apply again.",
        ErrorKind::Internal => "Apply again to carry on from here.",
    }
}
