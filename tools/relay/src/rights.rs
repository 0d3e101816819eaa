//! Access rights to objects and queues as IAM checks them, by the rights that the manifest
//! gives each function.

use std::sync::Arc;

use domain::{
    ErrorCode,
    pipeline::{Pipeline, Right},
};
use http::{HeaderMap, header};
use runtime::http::Problem;

/// The rights of callers of the JSON API and of Cloud Tasks.
#[derive(Clone)]
pub enum Rights {
    /// Everything is allowed.
    Unchecked,
    /// The rights in the manifest. A caller names its function as its token; signed
    /// URLs and uploads in progress carry permissions of their own.
    OfManifest(Arc<Pipeline>),
}

impl Rights {
    /// Rejects what the caller may not do with the objects of `bucket`. Like IAM it
    /// checks the right first: without it, a missing object looks like an existing one.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        right: Right,
        bucket: &str,
    ) -> Result<(), Problem> {
        let Self::OfManifest(pipeline) = self else {
            return Ok(());
        };
        let function = caller(headers)?;
        if pipeline.may(function, right, bucket) {
            return Ok(());
        }
        Err(denied(function, &format!("{right:?}"), bucket))
    }

    /// Rejects a task for a queue that the caller must not put tasks into, whether there is
    /// such a queue or not.
    pub(crate) fn check_enqueue(&self, headers: &HeaderMap, queue: &str) -> Result<(), Problem> {
        let Self::OfManifest(pipeline) = self else {
            return Ok(());
        };
        let function = caller(headers)?;
        if pipeline.may_enqueue(function, queue) {
            return Ok(());
        }
        Err(denied(function, "Enqueue", queue))
    }
}

fn caller(headers: &HeaderMap) -> Result<&str, Problem> {
    let token = headers.get(header::AUTHORIZATION);
    let function = token.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let missing = "name the function as the bearer token";
    function.ok_or_else(|| Problem::new(ErrorCode::Unauthenticated, missing))
}

fn denied(function: &str, right: &str, resource: &str) -> Problem {
    tracing::error!(
        event = "access.denied",
        function,
        right,
        resource,
        "access denied"
    );
    let detail = format!("`{function}` does not have the right {right} on `{resource}`");
    Problem::new(ErrorCode::Forbidden, detail)
}
