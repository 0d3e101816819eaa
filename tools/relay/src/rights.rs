//! Access rights to objects and queues as IAM checks them, by the rights that the manifest
//! gives each function.

use std::sync::Arc;

use domain::{
    ErrorCode,
    pipeline::{Pipeline, Right},
};
use runtime::http::Problem;

/// What requests to one address of the JSON API and of Cloud Tasks may do. Signed URLs and
/// uploads in progress carry permissions of their own at every address.
#[derive(Clone)]
pub enum Rights {
    /// Everything.
    Unchecked,
    /// Nothing, as on Google Cloud without a service account.
    Anonymous,
    /// What this manifest lets the function of this name do.
    Function(Arc<Pipeline>, String),
}

impl Rights {
    /// Rejects what may not be done with the objects of `bucket`. Like IAM it
    /// checks the right first: without it, a missing object looks like an existing one.
    pub(crate) fn check(&self, right: Right, bucket: &str) -> Result<(), Problem> {
        self.require(&format!("{right:?}"), bucket, |pipeline, function| {
            pipeline.may(function, right, bucket)
        })
    }

    /// Rejects a task for a queue that the function must not put tasks into, whether there is
    /// such a queue or not.
    pub(crate) fn check_enqueue(&self, queue: &str) -> Result<(), Problem> {
        self.require("Enqueue", queue, |pipeline, function| {
            pipeline.may_enqueue(function, queue)
        })
    }

    fn require(
        &self,
        right: &str,
        resource: &str,
        may: impl FnOnce(&Pipeline, &str) -> bool,
    ) -> Result<(), Problem> {
        match self {
            Self::Unchecked => Ok(()),
            Self::Anonymous => {
                let detail = "this address belongs to no function; RELAY_ADDRESSES has theirs";
                Err(Problem::new(ErrorCode::Unauthenticated, detail))
            }
            Self::Function(pipeline, function) if may(pipeline, function) => Ok(()),
            Self::Function(_, function) => {
                tracing::error!(
                    event = "access.denied",
                    function,
                    right,
                    resource,
                    "access denied"
                );
                let detail =
                    format!("`{function}` does not have the right {right} on `{resource}`");
                Err(Problem::new(ErrorCode::Forbidden, detail))
            }
        }
    }
}
