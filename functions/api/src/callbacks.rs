//! Answers that a speech engine calls back with: [`domain::callback`] has the idea.
//!
//! The token in the URL is all the permission there is. The answer is stored as
//! it comes, and a task for `transcribe` queued; only then is it acknowledged, so
//! that the engine delivers it again if anything breaks before.

use std::{sync::Arc, time::Duration};

use axum::extract::{Request, State};
use domain::{
    ErrorCode,
    callback::{Callback, CallbackRecord, CallbackToken, Job, QUEUE},
    ids::task_name,
    ports::{Overwrite, Task},
};
use http::StatusCode;
use runtime::http::{Problem, incoming};

use crate::{
    Api,
    error::ApiError,
    extract::PathValues,
    openapi::{errors, parameters::CallbackPath},
    temp_recording::limit,
};

/// The largest answer that is taken, in bytes.
const MAX_ANSWER: u64 = 256 * 1024 * 1024;

/// Take the result of a speech engine
///
/// For the engine alone: the token in the path is generated for one job.
#[utoipa::path(
    method(post, put), path = "/v1/callbacks/deepgram/{token}", operation_id = "deepgram_answer",
    tag = "Webhooks", params(CallbackPath),
    request_body(content = Object, content_type = "application/json"),
    security(()),
    responses((status = 204, description = "The result is stored and will be processed.")),
    extensions(
        ("x-errors" = json!(errors(&[
            ErrorCode::Internal, ErrorCode::StorageFull, ErrorCode::Unavailable,
            ErrorCode::NothingAwaited]))),
        ("x-never" = json!(errors(&[ErrorCode::TooManyRequests]))),
    ),
)]
pub(crate) async fn callback(
    State(api): State<Arc<Api>>,
    values: PathValues,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let token = CallbackToken::parse(values.get("token")).ok_or_else(nothing_awaited)?;
    let (record, callback) = api.awaited(&token).await?.ok_or_else(nothing_awaited)?;
    let body = limit(incoming(request.into_body()), MAX_ANSWER);
    let (object, kind) = (record.object(), "application/json");
    let stored = api.artifacts.write(&object, kind, body, Overwrite::Allowed);
    stored.await?;
    if api.records.read(&record.document()).await?.is_none() {
        // The interview was deleted, or the step settled, while the answer came in.
        api.artifacts.delete(&object).await?;
        return Err(nothing_awaited().into());
    }
    let trace = callback.lease.trace;
    let name = task_name(&format!("{}-answer", record.id));
    let job = Job {
        answer: Some(record.id),
        ..callback.job
    };
    let task = Task {
        name,
        body: serde_json::to_value(&job).map_err(|_| Problem::internal())?,
        delay: Duration::ZERO,
        trace,
    };
    api.queue.enqueue(QUEUE, task).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Api {
    /// The recorded request that a token belongs to.
    async fn awaited(
        &self,
        token: &CallbackToken,
    ) -> Result<Option<(CallbackRecord, Callback)>, ApiError> {
        for record in [token.record(), token.earlier_record()] {
            if let Some(document) = self.records.read(&record.document()).await? {
                return Ok(Some((record, document.decode()?)));
            }
        }
        Ok(None)
    }
}

/// One answer for every reason, so that nothing can be learnt by trying.
fn nothing_awaited() -> Problem {
    Problem::new(ErrorCode::NothingAwaited, "nothing is awaited here")
}
