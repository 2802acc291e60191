//! Policies: what a document says about one request.
//!
//! The rules are those of <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>.

mod condition;
mod document;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;

use serde_json::Value;

use condition::Condition;

/// Condition keys of a request, in lower case, with their values.
pub type Keys = BTreeMap<String, Vec<String>>;

/// A policy that has been read and is well-formed.
#[derive(Debug, Clone)]
pub struct Policy {
    statements: Vec<Statement>,
}

/// What a policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows and none denies.
    Allowed,
    /// A statement denies.
    Denied,
    /// No statement applies.
    NotAllowed,
}

/// A decision, and who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What was decided.
    pub decision: Decision,
    /// The statement that decided, counted from zero; none where no statement applies.
    pub statement: Option<usize>,
    /// Its `Sid`.
    pub sid: Option<String>,
}

/// May this caller invoke this resource?
pub struct Question<'a> {
    pub resource: &'a str,
    /// Account of a signed request; others are anonymous.
    pub signer: Option<&'a str>,
    /// Condition keys in lower case.
    pub values: BTreeMap<&'static str, String>,
}

impl Question<'_> {
    /// Its condition keys.
    pub fn keys(&self) -> Keys {
        self.values.iter().map(|(key, value)| ((*key).to_owned(), vec![value.clone()])).collect()
    }
}

#[derive(Debug, Clone)]
struct Statement {
    sid: Option<String>,
    allows: bool,
    /// Policies of the version of 2008 know no variables.
    variables: bool,
    actions: Choice,
    resources: Choice,
    /// Identity policies have none.
    principals: Option<Choice>,
    conditions: Vec<Condition>,
}

/// The values of an element or of its negation.
#[derive(Debug, Clone)]
struct Choice {
    negated: bool,
    values: Vec<String>,
}

struct Request<'a> {
    action: &'a str,
    resource: &'a str,
    signer: Option<&'a str>,
    keys: &'a Keys,
}

/// Evaluates the policy of an API or an endpoint; a document that AWS would not have taken allows nothing.
pub fn decide(policy: &Value, question: &Question) -> Decision {
    let Ok(policy) = Policy::of_resource(policy) else {
        return Decision::NotAllowed;
    };
    let keys = question.keys();
    let (resource, signer) = (question.resource, question.signer);
    policy.evaluate(&Request { action: "execute-api:Invoke", resource, signer, keys: &keys }).decision
}

impl Policy {
    /// Reads the policy of a user or role, and says what is wrong with it.
    ///
    /// # Errors
    ///
    /// A sentence that names the place and the mistake.
    pub fn of_identity(document: &Value) -> Result<Policy, String> {
        document::read(document, false)
    }

    /// Reads the policy of an API or an endpoint, and says what is wrong with it.
    ///
    /// # Errors
    ///
    /// A sentence that names the place and the mistake.
    pub fn of_resource(document: &Value) -> Result<Policy, String> {
        document::read(document, true)
    }

    /// Is each of its actions one of these, or a pattern for at least one of them?
    pub fn has_only_actions(&self, known: &[&str]) -> bool {
        let is_known = |pattern: &String| known.iter().any(|action| text::is_action_like(pattern, action));
        self.statements.iter().all(|statement| statement.actions.values.iter().all(is_known))
    }

    /// What it says about an action on a resource.
    pub fn decide(&self, action: &str, resource: &str, keys: &Keys) -> Verdict {
        self.evaluate(&Request { action, resource, signer: None, keys })
    }

    /// A denial wins over everything, the first statement of its kind is named.
    fn evaluate(&self, request: &Request) -> Verdict {
        let applies = |allows: bool| {
            self.statements.iter().position(|statement| statement.allows == allows && statement.applies(request))
        };
        let (decision, statement) = match (applies(false), applies(true)) {
            (Some(index), _) => (Decision::Denied, Some(index)),
            (None, Some(index)) => (Decision::Allowed, Some(index)),
            (None, None) => (Decision::NotAllowed, None),
        };
        let sid = statement.and_then(|index| self.statements[index].sid.clone());
        Verdict { decision, statement, sid }
    }
}

impl Statement {
    fn applies(&self, request: &Request) -> bool {
        let Request { action, resource, signer, keys } = request;
        let resource = |pattern: &str| {
            text::expand(pattern, keys, self.variables).is_some_and(|pattern| text::is_arn_like(&pattern, resource))
        };
        self.actions.admits(|pattern| text::is_action_like(pattern, action))
            && self.resources.admits(resource)
            && self.principals.as_ref().is_none_or(|all| all.admits(|principal| is_principal(principal, *signer)))
            && self.conditions.iter().all(|condition| condition.holds(keys, self.variables))
    }
}

impl Choice {
    fn admits(&self, test: impl Fn(&str) -> bool) -> bool {
        self.values.iter().any(|value| test(value)) != self.negated
    }
}

/// The simulator knows the account of a caller only, so each of its principals is the caller.
fn is_principal(principal: &str, signer: Option<&str>) -> bool {
    principal == "*"
        || signer.is_some_and(|account| principal == account || principal.contains(&format!(":{account}:")))
}
