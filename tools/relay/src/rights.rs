//! Access rights to objects as IAM checks them, by the rights that the manifest gives
//! each function.

use std::sync::Arc;

use domain::{
    ErrorCode,
    pipeline::{Pipeline, Right},
};
use http::{HeaderMap, header};
use runtime::http::Problem;

/// The rights of callers of the JSON API.
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
        let token = headers.get(header::AUTHORIZATION);
        let function = token.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let Some(function) = function else {
            let detail = "name the function as the bearer token";
            return Err(Problem::new(ErrorCode::Unauthenticated, detail));
        };
        if pipeline.may(function, right, bucket) {
            return Ok(());
        }
        tracing::error!(
            event = "access.denied",
            function,
            bucket,
            ?right,
            "access denied"
        );
        let detail = format!("`{function}` does not have the right {right:?} on `{bucket}`");
        Err(Problem::new(ErrorCode::Forbidden, detail))
    }
}
