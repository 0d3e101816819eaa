//! Answers that a speech engine calls back with: [`domain::callback`] has the idea.
//!
//! The token in the URL is all the permission there is. The answer is stored as
//! it comes, and a task for `transcribe` queued; only then is it acknowledged, so
//! that the engine delivers it again if anything breaks before.

use std::io;

use domain::{
    ErrorCode,
    callback::{Callback, CallbackToken, Job, QUEUE},
    ids::hex,
    ports::{ByteStream, Overwrite, Task},
};
use futures::StreamExt;
use http::{Response, StatusCode};
use runtime::http::{Body, Problem, empty, incoming};
use sha2::{Digest, Sha256};

use crate::{Api, request::ApiRequest};

/// The largest answer that is taken, in bytes.
const MAX_ANSWER: usize = 256 * 1024 * 1024;

impl Api {
    pub(crate) async fn callback(&self, request: ApiRequest) -> Result<Response<Body>, Problem> {
        let token = CallbackToken::parse(request.parameter()).ok_or_else(nothing_awaited)?;
        let found = self.records.read(&token.document()).await;
        let document = found?;
        let document = document.ok_or_else(nothing_awaited)?;
        let callback: Callback = document.decode()?;
        let body = limited(incoming(request.into_body()));
        let object = token.object();
        let stored = self
            .artifacts
            .write(&object, "application/json", body, Overwrite::Allowed)
            .await;
        stored?;
        let digest = Sha256::digest(&token.secret);
        let name = format!("{}-answer-{}", hex(&digest[..4]), hex(&digest[4..16]));
        let trace = callback.lease.trace;
        let job = Job {
            answer: Some(token.secret),
            ..callback.job
        };
        let task = Task {
            name,
            body: serde_json::to_value(&job).map_err(|_| Problem::internal())?,
            delay: std::time::Duration::ZERO,
            trace,
        };
        let queued = self.queue.enqueue(QUEUE, task).await;
        queued?;
        Ok(empty(StatusCode::NO_CONTENT))
    }
}

/// One answer for every reason, so that nothing can be learnt by trying.
fn nothing_awaited() -> Problem {
    Problem::new(ErrorCode::NothingAwaited, "nothing is awaited here")
}

fn limited(body: ByteStream) -> ByteStream {
    let checked = body.scan(0_usize, |size, chunk| {
        let chunk = chunk.and_then(|bytes| {
            *size += bytes.len();
            let fits = *size <= MAX_ANSWER;
            fits.then_some(bytes)
                .ok_or_else(|| io::ErrorKind::FileTooLarge.into())
        });
        std::future::ready(Some(chunk))
    });
    checked.boxed()
}
