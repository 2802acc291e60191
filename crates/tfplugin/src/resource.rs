//! What the author of a resource writes.
//!
//! Answers are enums and full structs on purpose: in the protocol a forgotten field means "the object is
//! gone" or "forget the private bytes", here it does not compile.

use std::{fmt::Debug, future::Future, sync::Arc};

use serde_json::Value as Json;

use crate::{
    codec::Model,
    diagnostic::{Diagnostic, Diagnostics},
    identity::{Identity, IdentitySchema, ImportId, Listed},
    provider::Call,
    value::Path,
};

/// A managed resource.
pub trait Resource: Send + Sync + 'static {
    /// What configuring the provider made: clients and settings.
    type Meta: Send + Sync + 'static;
    /// The configuration, plan and state of one instance.
    type Model: Model + Clone + PartialEq + Debug;

    /// The name in configuration, starting with the provider's name and an underscore.
    fn type_name(&self) -> &'static str;

    /// The version of the schema; increase it when stored state needs [`Resource::upgrade`].
    fn version(&self) -> i64 {
        0
    }

    /// Checks configuration, which may hold unknown values: never hold one against anybody. Read-only, required and deprecated
    /// attributes have been looked at before.
    fn validate(&self, config: &Self::Model) -> Diagnostics;

    /// Decides what a change would bring. Destruction is planned without asking.
    ///
    /// Terraform accepts a plan that keeps what is configured, or the prior value where the change means nothing; that is null where
    /// nothing is configured or computed; and that is the same again when all is known, but for what was unknown. It is called twice
    /// for a replacement, and once more at the beginning of each apply, so nothing in it may be left to chance.
    fn plan(
        &self,
        call: &Call,
        meta: Option<&Arc<Self::Meta>>,
        request: PlanRequest<Self::Model>,
    ) -> impl Future<Output = PlanResponse<Self::Model>> + Send;

    /// Compares state with the world. What means the same as before should be returned in the same words. It is given up when
    /// Terraform is interrupted.
    fn read(
        &self,
        call: &Call,
        meta: &Arc<Self::Meta>,
        state: Self::Model,
        private: Vec<u8>,
    ) -> impl Future<Output = ReadResponse<Self::Model>> + Send;

    /// Makes what was planned: every value that the plan knows must come out as it is there. Once there is anything, return a state
    /// that names it, also beside an error; Terraform replaces it then unless its user says otherwise.
    fn create(
        &self,
        call: &Call,
        meta: &Arc<Self::Meta>,
        plan: Self::Model,
        config: Self::Model,
        private: Vec<u8>,
    ) -> impl Future<Output = ApplyResponse<Self::Model>> + Send;

    /// Changes what is there into what was planned. After a failure, return what is true now, so that the next plan shows the rest.
    fn update(
        &self,
        call: &Call,
        meta: &Arc<Self::Meta>,
        prior: Self::Model,
        plan: Self::Model,
        config: Self::Model,
        private: Vec<u8>,
    ) -> impl Future<Output = ApplyResponse<Self::Model>> + Send;

    /// Removes what is there. Something that is gone already counts as removed.
    fn delete(
        &self,
        call: &Call,
        meta: &Arc<Self::Meta>,
        prior: Self::Model,
        private: Vec<u8>,
    ) -> impl Future<Output = DeleteResponse<Self::Model>> + Send;

    /// By what objects are known apart from their state. `None`: only by that.
    fn identity_schema(&self) -> Option<IdentitySchema> {
        None
    }

    /// The identity of an object. It follows from the state and must not change while the object lives; `None` as long as the state
    /// doesn't tell.
    fn identity(&self, state: &Self::Model) -> Option<Identity> {
        let _ = state;
        None
    }

    /// Makes a first state, complete enough for [`Resource::read`], and private bytes from an id or an identity.
    fn import(
        &self,
        call: &Call,
        meta: &Arc<Self::Meta>,
        id: ImportId,
    ) -> impl Future<Output = Result<(Self::Model, Vec<u8>), Diagnostics>> + Send {
        let _ = (call, meta, id);
        let refusal = Diagnostic::error(
            "Import is not supported",
            format!("Objects of type {} can't be imported.", self.type_name()),
        );
        async move { Err(refusal.into()) }
    }

    /// Whether [`Resource::list`] finds anything. It needs an identity as well.
    fn is_listable(&self) -> bool {
        false
    }

    /// Finds the objects there are, at most as many as `limit`, in an order that doesn't depend on chance. With `whole` their states are
    /// as [`Resource::read`] would return them.
    fn list(
        &self,
        call: &Call,
        meta: &Arc<Self::Meta>,
        limit: usize,
        whole: bool,
    ) -> impl Future<Output = Result<Vec<Listed<Self::Model>>, Diagnostics>> + Send {
        let _ = (call, meta, limit, whole);
        let refusal = format!("Objects of type {} can't be listed.", self.type_name());
        async move { Err(Diagnostic::error("Listing is not supported", refusal).into()) }
    }

    /// Makes a state of this type from that of another type, without asking anybody: the provider isn't configured then. `None` if
    /// that can't be done. Terraform reads the object afterwards, before anything else happens with it.
    ///
    /// The state of the same type from another provider address is taken over without this.
    fn take_over(&self, source: &MoveSource) -> Option<Result<Json, Diagnostics>> {
        let _ = source;
        None
    }

    /// Makes configuration from a state, for `terraform plan -generate-config-out`. What only the provider sets is left out anyway.
    fn configuration(&self, state: Self::Model) -> Self::Model {
        state
    }

    /// Brings stored state of an older version to the current one. Afterwards missing attributes become null
    /// and attributes that the schema does not have are dropped, at every level.
    fn upgrade(&self, version: i64, state: Json) -> Result<Json, Diagnostics> {
        if version == self.version() {
            return Ok(state);
        }
        Err(Diagnostic::error(
            "State can't be upgraded",
            format!(
                "The state of this {} has version {version}; this provider knows only version {}.",
                self.type_name(),
                self.version()
            ),
        )
        .into())
    }
}

/// The state of another type, from a `moved` block.
#[derive(Clone, Debug, PartialEq)]
pub struct MoveSource {
    /// The provider, such as `registry.terraform.io/hashicorp/aws`.
    pub provider: String,
    /// Its type.
    pub type_name: String,
    /// The version of its schema.
    pub version: i64,
    /// Its attributes.
    pub state: Json,
}

/// What a plan is made of. Write-only values are in `config` alone.
#[derive(Clone, Debug)]
pub struct PlanRequest<M> {
    /// The state so far; `None` for something new.
    pub prior: Option<M>,
    /// The configuration, with values of the prior state where computed attributes are not configured.
    pub proposed: M,
    /// The configuration.
    pub config: M,
    /// The private bytes that came with the prior state.
    pub private: Vec<u8>,
}

/// A plan.
#[derive(Clone, Debug)]
pub struct PlanResponse<M> {
    /// The state after apply, unknown where that can't be said yet.
    pub planned: M,
    /// Handed to apply. Start from those of the request: the deletion within a replacement sees only these.
    pub private: Vec<u8>,
    /// The attributes whose change needs a new object.
    pub replace: Vec<Path>,
    /// With errors there is no plan.
    pub diagnostics: Diagnostics,
}

/// What reading found.
#[derive(Clone, Debug)]
pub enum ReadResponse<M> {
    /// The object surely does not exist. On any doubt, it is `Failed`.
    Gone,
    /// The object as it is.
    Found {
        /// Its state.
        state: M,
        /// Stored with the state, replacing what was there.
        private: Vec<u8>,
        /// Anything worth saying.
        diagnostics: Diagnostics,
    },
    /// It can't be said. State and private bytes stay as they are.
    Failed(Diagnostics),
}

/// What creating or updating came to.
#[derive(Clone, Debug)]
pub struct ApplyResponse<M> {
    /// What exists now, also if something failed after it came to be. `None` leaves an update's state as
    /// it was, and records nothing of a creation.
    pub state: Option<M>,
    /// Stored with the state, replacing what was there.
    pub private: Vec<u8>,
    /// With errors, what `state` leaves unknown becomes null.
    pub diagnostics: Diagnostics,
}

/// What deleting came to.
#[derive(Clone, Debug)]
pub enum DeleteResponse<M> {
    /// Nothing is left.
    Gone {
        /// Anything worth saying.
        diagnostics: Diagnostics,
    },
    /// Something is left, which the state describes.
    Left {
        /// What is left.
        state: M,
        /// Stored with the state, replacing what was there.
        private: Vec<u8>,
        /// Why it is left.
        diagnostics: Diagnostics,
    },
}
