//! What can be wrong with the policy of callers.

use tfplugin::{Attr, Path};

use super::inputs::{default, known_entries, strings};
use super::model::{InternalApi, Policy, Route};
use super::policy::{is_principal, resource_policy};
use super::validate::Check;
use crate::aws::policy::{document, normal, statements};
use crate::child::Input;

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
const LONGEST: usize = 8192;
/// An endpoint's id is as long as this one.
const SOME_ENDPOINT: &str = "vpce-0123456789abcdef0";

impl Check {
    pub(super) fn policy(&mut self, config: &InternalApi) {
        let Attr::Known(policy) = &config.policy else { return };
        let path = Path::attr("policy");
        let begins = |text: &str| text.chars().take(40).collect::<String>();
        if let Some(text) = policy.document.known().filter(|text| !is_policy(text)) {
            let detail =
                format!("It must be a JSON document with at least one `Statement`; it begins {:?}.", begins(text));
            self.error(&path.clone().attribute("document"), "Not a policy", detail);
        }
        if let Some(text) = policy.statements.known().filter(|text| statements(text).is_none()) {
            let detail = format!("It must be JSON: a list of statements, or one; it begins {:?}.", begins(text));
            self.error(&path.clone().attribute("statements"), "Not statements of a policy", detail);
        }
        if policy.document.is_known() && (policy.statements.is_known() || policy.allowed_principal_arns.is_known()) {
            let detail = "`document` takes the place of everything that is generated, `statements` and `allowed_principal_arns` included. \
                          Write those into the document, or leave it out.";
            self.error(&path.clone().attribute("document"), "Two ways to say who may call", detail);
        }
        self.principals(policy, config, &path.clone().attribute("allowed_principal_arns"));
        self.length(config, path);
    }

    fn principals(&mut self, policy: &Policy, config: &InternalApi, path: &Path) {
        let Attr::Known(principals) = &policy.allowed_principal_arns else { return };
        if principals.0.is_empty() {
            self.error(path, "No principal", "Name at least one, or leave the attribute out to let everybody in.");
        }
        if principals.iter().any(Attr::is_null) {
            self.error(path, "Missing principal", "An element is null.");
        }
        for principal in principals.iter().filter_map(Attr::known).filter(|principal| !is_principal(principal)) {
            let detail = format!("It is an ARN of IAM or STS, or the number of an account; it is {principal:?}.");
            self.error(path, "Not a principal", detail);
        }
        let none = Attr::Known("NONE".to_string());
        let is_unsigned = |route: &Route| default(&route.authorization, "NONE".to_string()) == none;
        let routes = known_entries(&config.routes).filter(|(_, route)| is_unsigned(route));
        let unsigned: Vec<&str> = routes.map(|(key, _)| key.as_str()).collect();
        if !unsigned.is_empty() {
            let detail = format!(
                "Only signed calls have a principal, and these routes take none: {}. Give them `authorization = \"AWS_IAM\"`, or every \
                 call of theirs is denied.",
                unsigned.join(", ")
            );
            self.found.warning(path.clone(), "Nobody can call some routes", detail);
        }
    }

    fn length(&mut self, config: &InternalApi, path: Path) {
        let more = config.endpoint.known().map(|endpoint| endpoint.additional_ids.clone()).unwrap_or_default();
        let Input::Known(mut endpoints) = strings(&more) else { return };
        endpoints.push(Input::Known(SOME_ENDPOINT.to_string()));
        let Input::Known(all) = resource_policy(&config.policy, &Input::Known(endpoints)) else { return };
        let length = document(&all).to_string().chars().count();
        if length > LONGEST && !crate::child::has_unknown(&all) {
            let detail = format!("The resource policy would have {length} characters, and AWS takes {LONGEST}.");
            self.error(&path, "The policy is too long", detail);
        }
    }
}

fn is_policy(text: &str) -> bool {
    normal(text).is_some() && statements(text).is_some_and(|all| !all.is_empty())
}
