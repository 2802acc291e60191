//! One of AWS's services, and the only way in which its operations are called.

use std::error::Error;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::door::{PACED, POLLING};
use super::retry::Attempts;
use super::{AwsError, ErrorKind, Named, pace};

/// A client of the SDK with the rules by which it is called. Builders come from the client, which this dereferences to.
#[derive(Clone, Debug)]
pub struct Service<C> {
    client: C,
    which: pace::Service,
    rules: Rules,
}

/// What all services of one provider share.
#[derive(Clone, Debug)]
pub struct Rules {
    /// When a call may go out.
    pub pace: Arc<pace::Pace>,
    /// How often.
    pub attempts: Attempts,
}

impl<C> Service<C> {
    /// A service that is called by the rules.
    pub fn new(client: C, which: pace::Service, rules: &Rules) -> Self {
        Self { client, which, rules: rules.clone() }
    }

    /// Makes a call: waits for its turn in AWS's quota, sends, and repeats what the table in [`super::retry`] says may pass.
    ///
    /// The error of a creation that may have been executed is [`ErrorKind::Ambiguous`]; such a call is not repeated here.
    pub async fn ask<T, E, F, Fut>(&self, operation: &'static str, send: F) -> Result<T, AwsError>
    where
        F: Fn(&C) -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.ask_unless(operation, |_| false, send).await
    }

    /// The same, where some refusals are an answer that repeating doesn't change.
    pub async fn ask_unless<T, E, F, Fut>(
        &self,
        operation: &'static str,
        is_final: impl Fn(&AwsError) -> bool,
        send: F,
    ) -> Result<T, AwsError>
    where
        F: Fn(&C) -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let attempt = || async {
            match self.once(operation, send(&self.client)).await {
                Err(error) if is_final(&error) => Ok(Err(error)),
                other => other.map(Ok),
            }
        };
        self.rules.attempts.make(operation, attempt).await?
    }

    async fn once<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, AwsError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let polling = POLLING.try_with(|polling| *polling).unwrap_or(false);
        let pace = &self.rules.pace;
        let waited = pace.turn(self.which, operation, polling).await?;
        let answer = PACED.scope(waited, call).await.named(operation);
        if answer.as_ref().is_err_and(|error| error.kind == ErrorKind::Throttled) {
            pace.refused(self.which, operation);
        }
        answer
    }
}

impl<C> Deref for Service<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.client
    }
}
