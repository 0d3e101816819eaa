//! `POST …/transcript`: a transcript from elsewhere in place of a recording.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{Request, State},
    response::Response,
};
use domain::{
    ErrorCode, InterviewKey, UserId, interview_store,
    ports::{Precondition, Write},
    receipt::IdempotencyRecord,
};
use http::StatusCode;
use runtime::http::{Problem, whole_body};
use steps::{Failure, Import, Imported, StepRunner};
use tokio::{sync::Semaphore, task::spawn_blocking};
use transcripts::TranscriptFileError;

use crate::{
    Api,
    error::{ApiError, later, no_interview},
    extract::{IdempotencyKey, OwnInterview},
    interviews::Upload,
    openapi::{errors, examples},
    view::receipt_path,
};

/// The largest file, in bytes: an engine's JSON of eight hours.
pub(crate) const MAX_FILE: usize = 16 * 1024 * 1024;

/// When it is worth trying again after another request has won.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Transcripts are read one after the other: that takes many times a file's size.
static READING: Semaphore = Semaphore::const_new(1);

/// Reads a transcript beside the runtime: a long one is a second's work.
pub(crate) async fn in_turn<T: Send + 'static>(
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let turn = READING.acquire().await;
    let read = spawn_blocking(read).await;
    drop(turn);
    read.map_err(|_| Problem::internal())
}

/// Import a transcript in place of a recording
///
/// For an interview that was created without `audio`. The body is the file as it is; what it is
/// is found out from its content: this service's `.txt`, `.md`, `.srt`, `.vtt` and JSON; WebVTT
/// of Zoom, Teams and Google Meet; SubRip; text of Otter and Rev; lines of `Name: what was said`;
/// JSON of Deepgram, whisper, whisper.cpp, and other programs and APIs that run whisper. Anything
/// else is refused with 422 `transcript_unreadable`.
///
/// The transcription is then `done` with the engine `import` and the format as its model, the
/// waveform is `skipped`, and analysis and report follow as they do after a recording. The same
/// file is imported once. Another file replaces the transcript: it gets another `run_id`, and
/// analysis and report are made again.
#[utoipa::path(
    post, path = "/v1/interviews/{id}/transcript", operation_id = "import_transcript",
    tag = "Interviews", params(OwnInterview, IdempotencyKey),
    request_body(content(
        (String = "text/plain", example = "Ada: What did you do last summer?\nBob: I built a boat.\n"),
        (String = "text/vtt", example = "WEBVTT\n\n00:00:02.500 --> 00:00:04.100\n<v Bob>I built a boat.\n"),
        (String = "application/x-subrip"),
        (String = "text/markdown", example = "**Bob** (0:00:02)\n\nI built a boat.\n"),
        (Object = "application/json"),
    )),
    responses((
        status = 201,
        description = "The interview, its transcript stored.",
        body = ref("#/components/schemas/Interview"),
        headers(("Location" = String)),
        example = examples::imported
    )),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::BudgetExhausted, ErrorCode::HasRecording, ErrorCode::BodyIncomplete,
        ErrorCode::BodyTooLarge, ErrorCode::BodyTooSlow, ErrorCode::TranscriptUnreadable])))),
)]
pub(crate) async fn import(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    OwnInterview(interview): OwnInterview,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    request: Request,
) -> Result<Response, ApiError> {
    let key = interview.key();
    if interview.audio.is_some() {
        return Err(has_recording().into());
    }
    // The key counts for this interview's imports alone.
    let receipt = idempotency_key.map(|given| format!("{}/transcript/{given}", interview.id));
    let receipt = receipt.map(|own| receipt_path(&user, &own));
    if let Some(path) = &receipt
        && api.records.read(path).await?.is_some()
    {
        return Ok(api.imported(&key).await?);
    }
    // Before the body is read, which can be large.
    let mut call = api.limits.rate_limits.begin_direct_call(&user)?;
    api.check_budget(&user).await?;
    let body = whole_body(request.into_body(), MAX_FILE).await?;
    call.take_place()?;
    let read = in_turn(move || {
        let file = transcripts::read(&body)?;
        Ok::<_, TranscriptFileError>(Import::new(&body, file.into_recognition()?))
    });
    let import = read.await?.map_err(|error| unreadable(&error))?;
    let runner = StepRunner {
        records: Arc::clone(&api.records),
        clock: Arc::clone(&api.clock),
    };
    let own = key.clone();
    // Goes on after the client disconnects: half of it would wait for the sweep.
    let imported = tokio::spawn(async move { runner.import_transcript(&own, import).await });
    check(imported.await.map_err(|_| Problem::internal())?)?;
    if let Some(path) = receipt {
        // Should this be lost: the same file is imported once anyhow.
        let record = IdempotencyRecord::new(interview.id, api.clock.now());
        let write = Write::put(path, &record, Precondition::None)?;
        api.records.commit(vec![write]).await?;
    }
    Ok(api.imported(&key).await?)
}

impl Api {
    async fn imported(&self, key: &InterviewKey) -> Result<Response, Problem> {
        let found = interview_store::interview(&*self.records, key).await?;
        let interview = found.ok_or_else(no_interview)?;
        self.created(StatusCode::CREATED, &interview, Upload::Done)
            .await
    }
}

fn check(imported: Result<Imported, Failure>) -> Result<(), Problem> {
    match imported {
        Ok(Imported::Stored) => Ok(()),
        Ok(Imported::HasRecording) => Err(has_recording()),
        Ok(Imported::Gone) => Err(no_interview()),
        Ok(Imported::Busy(wait)) => Err(conflict("the same file is being imported", wait)),
        Ok(Imported::Superseded) => Err(conflict(
            "another transcript was imported at the same time",
            RETRY_AFTER,
        )),
        Err(failure) => {
            tracing::warn!(
                event = "import.not_stored",
                ?failure,
                "an imported transcript was not stored"
            );
            Err(Problem::new(
                ErrorCode::Unavailable,
                "the transcript was not stored; try again",
            ))
        }
    }
}

fn conflict(why: &str, wait: Duration) -> Problem {
    later(ErrorCode::Conflict, format!("{why}; try again"), wait)
}

fn has_recording() -> Problem {
    let detail = "the interview has a recording, or one is announced: create an interview \
                  without `audio` and import the transcript into that";
    Problem::new(ErrorCode::HasRecording, detail)
}

/// The refusal of a file.
pub(crate) fn unreadable(error: &TranscriptFileError) -> Problem {
    Problem::new(ErrorCode::TranscriptUnreadable, error.to_string())
}
