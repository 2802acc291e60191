//! One error type; each protocol wraps it in its own envelope.

use std::time::Duration;

/// What an operation answers when it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// HTTP status.
    pub status: u16,
    /// The service's error code, as on the wire.
    pub code: String,
    /// The message for people.
    pub message: String,
    /// When it may be tried again, in virtual time from now.
    pub retry_after: Option<Duration>,
}

/// The result of an operation or a part of one.
pub type Outcome<T> = Result<T, Failure>;

/// A client error, HTTP 400 unless `status` is changed.
pub fn fail(code: &str, message: impl Into<String>) -> Failure {
    Failure { status: 400, code: code.to_owned(), message: message.into(), retry_after: None }
}

/// API Gateway's usual refusal.
pub fn bad_request(message: impl Into<String>) -> Failure {
    fail("BadRequestException", message)
}

/// API Gateway's "no such thing".
pub fn not_found(message: impl Into<String>) -> Failure {
    fail("NotFoundException", message).status(404)
}

/// API Gateway's "already there".
pub fn conflict(message: impl Into<String>) -> Failure {
    fail("ConflictException", message).status(409)
}

impl Failure {
    /// The same failure with another HTTP status.
    pub fn status(mut self, status: u16) -> Failure {
        self.status = status;
        self
    }
}
