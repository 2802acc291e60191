use tfplugin_derive::Model;

use super::*;
use crate::{Attr, PlanResponse};

/// A box.
#[derive(Clone, Debug, PartialEq, Model)]
struct Parcel {
    /// What is in it.
    #[attr(optional)]
    content: Attr<String>,
    /// Never told.
    #[attr(optional, write_only)]
    secret: Attr<String>,
    /// Where it is.
    #[attr(computed)]
    place: Attr<String>,
}

/// Echoes what it is given, and fails if the content says so.
struct Echo;

impl Echo {
    fn told(model: &Parcel) -> Diagnostics {
        let broken = model.content == Attr::Known("broken".to_owned());
        let errors = broken.then(|| Diagnostic::error("Broken", "As it says."));
        errors.into_iter().collect()
    }

    fn apply(plan: Parcel, private: Vec<u8>) -> ApplyResponse<Parcel> {
        let diagnostics = Echo::told(&plan);
        let lost = plan.content == Attr::Known("lost".to_owned());
        let state = (!lost).then_some(plan);
        ApplyResponse { state, private, diagnostics }
    }
}

impl Resource for Echo {
    type Meta = ();
    type Model = Parcel;

    fn type_name(&self) -> &'static str {
        "echo_parcel"
    }

    fn validate(&self, _: &Parcel) -> Diagnostics {
        Diagnostics::new()
    }

    async fn plan(&self, _: &Call, _: Option<&Arc<()>>, request: PlanRequest<Parcel>) -> PlanResponse<Parcel> {
        assert!(request.proposed.secret.is_null() && request.config.secret.is_known());
        PlanResponse {
            planned: request.config,
            private: request.private,
            replace: vec![Path::attr("place"), Path::attr("content"), Path::attr("place")],
            diagnostics: Diagnostics::new(),
        }
    }

    async fn read(&self, _: &Call, _: &Arc<()>, _: Parcel, _: Vec<u8>) -> ReadResponse<Parcel> {
        ReadResponse::Failed(Diagnostics::new())
    }

    async fn create(&self, _: &Call, _: &Arc<()>, plan: Parcel, _: Parcel, private: Vec<u8>) -> ApplyResponse<Parcel> {
        Echo::apply(plan, private)
    }

    async fn update(
        &self,
        _: &Call,
        _: &Arc<()>,
        _: Parcel,
        plan: Parcel,
        _: Parcel,
        private: Vec<u8>,
    ) -> ApplyResponse<Parcel> {
        Echo::apply(plan, private)
    }

    async fn delete(&self, _: &Call, _: &Arc<()>, state: Parcel, private: Vec<u8>) -> DeleteResponse<Parcel> {
        DeleteResponse::Left { state, private, diagnostics: Diagnostics::new() }
    }
}

fn parcel(content: &str) -> Value {
    Value::object([("content", Value::from(content)), ("secret", Value::from("hush")), ("place", Value::Unknown)])
}

async fn apply(prior: Value, target: Value) -> Result<Stored, Diagnostics> {
    let (config, private) = (target.clone(), b"p".to_vec());
    let change = Change { prior, target, config, private };
    Typed::new(Echo).apply(&Call::default(), &Arc::new(()), change).await
}

fn summaries(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics.iter().map(|d| d.summary.as_str()).collect()
}

#[tokio::test]
async fn what_apply_leaves_unknown_is_an_error_and_never_state() {
    let stored = apply(Value::Null, parcel("fine")).await.unwrap();
    assert_eq!(summaries(&stored.diagnostics), ["Value unknown in state"]);
    let object = stored.state.as_object().unwrap();
    assert!(object["place"].is_null() && object["secret"].is_null());
    assert_eq!(stored.private, b"p");
}

#[tokio::test]
async fn after_an_error_unknown_values_are_quietly_null() {
    let stored = apply(Value::Null, parcel("broken")).await.unwrap();
    assert_eq!(summaries(&stored.diagnostics), ["Broken"]);
    assert!(stored.state.as_object().unwrap()["place"].is_null());
}

#[tokio::test]
async fn failures_without_an_explanation_get_one() {
    let lost = apply(parcel("a"), parcel("lost")).await.err().unwrap();
    assert_eq!(summaries(&lost), ["Failure without an explanation"]);
    let left = apply(parcel("a"), Value::Null).await.unwrap();
    assert_eq!(left.diagnostics.iter().next().unwrap().summary, "Failure without an explanation");
    assert!(!left.state.is_null());
    let read = Typed::new(Echo);
    let read = read.read(&Call::default(), &Arc::new(()), parcel("a"), Vec::new()).await;
    assert_eq!(summaries(&read.err().unwrap()), ["Failure without an explanation"]);
}

#[tokio::test]
async fn plans_are_free_of_secrets_and_name_each_replacing_path_once() {
    let change = Change { prior: Value::Null, target: parcel("a"), config: parcel("a"), private: Vec::new() };
    let resource = Typed::new(Echo);
    let planned = resource.plan(&Call::default(), None, change).await.ok().unwrap();
    assert!(planned.stored.state.as_object().unwrap()["secret"].is_null());
    assert_eq!(planned.replace, [Path::attr("content"), Path::attr("place")]);
}
