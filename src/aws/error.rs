//! What AWS answered when it did not do what it was asked.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// An AWS call that failed: which one, and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    /// AWS's name of the operation, such as `CreateVpcLink`; empty for a failure before any call.
    pub operation: String,
    /// AWS's code, such as `DependencyViolation`.
    pub code: String,
    /// AWS's words, or what went wrong on the way to AWS.
    pub message: String,
    /// The HTTP status, 0 without an answer.
    pub status: u16,
    /// What AWS support asks for; empty without an answer.
    pub request_id: String,
    /// What it means to us.
    pub kind: ErrorKind,
}

/// What an error means, decided in one table ([`classify`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The object does not exist.
    NotFound,
    /// Too many calls; nothing was done.
    Throttled,
    /// Something else still uses the object, or the API is being changed by somebody else; may pass.
    Busy,
    /// The credentials may not do this.
    Denied,
    /// An account quota is used up.
    Quota,
    /// Another object has the name.
    Taken,
    /// AWS refuses the request as it is.
    Invalid,
    /// No answer or a server fault: it may or may not have been done.
    Ambiguous,
    /// Our own fault, or a cancelled wait.
    Internal,
}

impl AwsError {
    /// A failure that is not AWS's.
    pub fn internal(message: impl Into<String>) -> Self {
        Self {
            operation: String::new(),
            code: String::new(),
            message: message.into(),
            status: 0,
            request_id: String::new(),
            kind: ErrorKind::Internal,
        }
    }

    /// An operation whose answer lacks what it must have.
    pub fn incomplete(operation: &str, what: &str) -> Self {
        Self { operation: operation.to_string(), ..Self::internal(format!("the answer has no {what}")) }
    }

    /// Reads what the SDK knows about a failed call.
    pub fn from_sdk<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        let meta = error.meta();
        let code = meta.code().unwrap_or_default().to_string();
        let message = match meta.message() {
            Some(message) => message.to_string(),
            None => DisplayErrorContext(error).to_string(),
        };
        let request_id =
            error.raw_response().and_then(request_id).or(meta.extra("aws_request_id")).unwrap_or_default().to_string();
        let kind = classify(status, &code, &message);
        Self { operation: operation.to_string(), code, message, status, request_id, kind }
    }

    /// The same after more than one attempt, which the message then tells.
    pub fn after(self, attempts: u32, time: Duration) -> Self {
        if attempts < 2 {
            return self;
        }
        let message = format!("{} (the last of {attempts} attempts in {} s)", self.message, time.as_secs());
        Self { message, ..self }
    }

    /// The same with a reason why nothing more is done about it.
    pub fn because(self, why: &str) -> Self {
        Self { message: format!("{}; {why}", self.message.trim_end_matches('.')), ..self }
    }

    /// Whether the object does not exist.
    pub fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::NotFound
    }
}

/// Gives the error of an SDK call the name of its operation.
pub trait Named<T> {
    /// The success, or the failure as an [`AwsError`] of this operation.
    fn named(self, operation: &str) -> Result<T, AwsError>;
}

impl<T, E> Named<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn named(self, operation: &str) -> Result<T, AwsError> {
        self.map_err(|error| AwsError::from_sdk(operation, &error))
    }
}

/// The id of a request, which AWS's support asks for, where its services put it in an answer.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html>
pub fn request_id(answer: &HttpResponse) -> Option<&str> {
    let headers = answer.headers();
    headers.get("x-amzn-requestid").or_else(|| headers.get("x-amz-request-id"))
}

/// What was found, or nothing where the object has gone since it was listed: somebody else may be at work.
pub fn unless_gone<T>(found: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match found {
        Err(error) if error.is_not_found() => Ok(None),
        found => found.map(Some),
    }
}

/// A deletion whose object is already gone has succeeded.
pub fn gone_is_fine<T>(result: Result<T, AwsError>) -> Result<(), AwsError> {
    match result {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// The one table from AWS's codes to what they mean. Codes: <https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html>,
/// the API references of Elastic Load Balancing v2 and API Gateway.
fn classify(status: u16, code: &str, message: &str) -> ErrorKind {
    const THROTTLES: [&str; 6] = [
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "RequestThrottled",
        "PriorRequestNotComplete",
    ];
    const BUSY: [&str; 4] = ["DependencyViolation", "InvalidGroup.InUse", "ResourceInUse", "ConcurrentTagAccess"];
    const TAKEN: [&str; 3] = ["InvalidGroup.Duplicate", "DuplicateLoadBalancerName", "DuplicateTargetGroupName"];
    let lower = code.to_ascii_lowercase();
    // API Gateway answers a full quota of VPC links with a BadRequestException that only its text gives away.
    let quota =
        lower.contains("limitexceeded") || lower.starts_with("toomany") || message.starts_with("There are too many");
    match code {
        _ if THROTTLES.contains(&code) => ErrorKind::Throttled,
        _ if BUSY.contains(&code) => ErrorKind::Busy,
        _ if TAKEN.contains(&code) => ErrorKind::Taken,
        "ConflictException" if message.contains("try again later") => ErrorKind::Busy,
        "BadRequestException"
            if message.starts_with("Cannot delete vpc link") || message.starts_with("Active stages") =>
        {
            ErrorKind::Busy
        }
        "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedException"
        | "AuthFailure" => ErrorKind::Denied,
        "ExpiredToken" | "ExpiredTokenException" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
            ErrorKind::Denied
        }
        "InvalidPermission.NotFound" => ErrorKind::Invalid,
        // Elastic Load Balancing's word for a group that it doesn't know.
        "InvalidSecurityGroup" => ErrorKind::NotFound,
        // A policy put a moment ago may not have reached the part that takes the snapshot.
        "BadRequestException" if message.contains("doesn't have a resource policy attached") => ErrorKind::Busy,
        _ if lower.ends_with("notfound") || lower == "notfoundexception" => ErrorKind::NotFound,
        _ if quota => ErrorKind::Quota,
        _ if status == 0 || status >= 500 => ErrorKind::Ambiguous,
        _ => ErrorKind::Invalid,
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.operation.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{} failed", self.operation)?;
        if !self.code.is_empty() {
            write!(f, " with {}", self.code)?;
        }
        if self.status != 0 {
            write!(f, " (HTTP {})", self.status)?;
        }
        write!(f, ": {}", self.message)?;
        if !self.request_id.is_empty() {
            write!(f, " [request id {}]", self.request_id)?;
        }
        Ok(())
    }
}

impl Error for AwsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_get_their_meaning_from_one_table() {
        for (status, code, message, kind) in [
            (429, "TooManyRequestsException", "Too Many Requests", ErrorKind::Throttled),
            (400, "DependencyViolation", "resource sg-1 has a dependent object", ErrorKind::Busy),
            (
                409,
                "ConflictException",
                "Unable to complete operation due to concurrent modification. Please try again later.",
                ErrorKind::Busy,
            ),
            (
                409,
                "ConflictException",
                "Another resource with the same parent already has this name: pets",
                ErrorKind::Invalid,
            ),
            (400, "InvalidGroup.NotFound", "", ErrorKind::NotFound),
            (400, "InvalidGroup.Duplicate", "", ErrorKind::Taken),
            (503, "ServiceUnavailableException", "", ErrorKind::Ambiguous),
            (404, "NotFoundException", "", ErrorKind::NotFound),
            (400, "LoadBalancerNotFound", "", ErrorKind::NotFound),
            (
                400,
                "BadRequestException",
                "There are too many Vpc Links defined for this account. Limit is 20",
                ErrorKind::Quota,
            ),
            (400, "TooManyLoadBalancers", "", ErrorKind::Quota),
            (403, "AccessDeniedException", "", ErrorKind::Denied),
            (0, "", "connection reset", ErrorKind::Ambiguous),
            (500, "InternalError", "", ErrorKind::Ambiguous),
        ] {
            assert_eq!(classify(status, code, message), kind, "{code} {message}");
        }
    }
}
