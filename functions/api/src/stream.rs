//! `POST /v1/transcribe-stream`: segments as server-sent events while the
//! recording is still being recognised. Nothing of it is kept.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Extension,
    extract::{Request, State},
    response::{Response, sse::Event},
};
use bytes::Bytes;
use domain::{
    ErrorCode, UserId, language,
    ports::{LiveOptions, SampleStream, Segment, SegmentStream},
    steps::{Code, StepError},
    transcript::{AudioFacts, Speaker, Transcript, TranscriptHead, Word},
    turns,
    versions::UnknownFields,
};
use futures::{StreamExt, TryStreamExt, stream};
use media::ObjectReader;
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};

use crate::{
    Api, RequestId,
    error::{ApiError, step_problem},
    extract::QueryParameters,
    openapi::{errors, examples, named},
    sse,
    stream_charge::StreamCharge,
    temp_recording::TempRecording,
    transcript_body::TranscriptBody,
    validation::{LANGUAGE, check_language},
};

/// Blocks of samples that are decoded ahead of the engine.
const AHEAD: usize = 16;

/// What a `progress` event carries.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ProgressEvent {
    /// Up to where the recording is recognised, from its start.
    position_ms: u64,
}

/// A recording that is being recognised.
struct LiveTranscription {
    segments: SegmentStream,
    charge: StreamCharge,
    decoding: Option<JoinHandle<Result<AudioFacts, media::Error>>>,
    words: Vec<Word>,
    /// What the transcript will say besides its words.
    head: TranscriptHead,
    request_id: String,
    ended: bool,
    /// Held until the end.
    _spooled: TempRecording,
}

/// The parameters of a stream.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamQuery {
    /// What is spoken, as a BCP 47 tag; recognised where it is left out.
    #[serde(default)]
    #[schemars(regex(pattern = LANGUAGE), extend("examples" = ["en"]))]
    language: Option<String>,
}

/// Transcribe a recording without an interview
///
/// The recording is the body as it is, with its `Content-Type`, or the field `file` of a form.
/// The response is server-sent events: a `segment` for what is recognised, a `progress` after each
/// one that is final, then `done` with the whole transcript, or `error` with a problem. A comment
/// line keeps a silent stream open, every 15 seconds. Nothing is stored.
#[utoipa::path(
    post, path = "/v1/transcribe-stream", operation_id = "transcribe_stream", tag = "Direct calls",
    params(QueryParameters<StreamQuery>),
    request_body(content(
        ("audio/*"),
        (ref("#/components/schemas/RecordingForm") = "multipart/form-data", examples(("form" = (
            summary = "The recording is in a form",
            value = json!({"file": "@interview.flac"})
        )))),
    )),
    responses((status = 200, description = "The events.", content((
        String = "text/event-stream",
        example = json!(examples::SEGMENT_EVENTS),
        extensions(("x-events" = json!({
            "segment": {"description": "What is recognised.", "data": named("Segment")},
            "progress": {"description": "The progress.", "data": named("ProgressEvent")},
            "done": {"description": "The whole transcript; the last event.", "data": named("Transcript")},
            "error": {"description": "The recognition failed; the last event.", "data": named("Problem")},
        })))
    )))),
    extensions(
        ("x-errors" = json!(errors(&[
            ErrorCode::BudgetExhausted, ErrorCode::InvalidField, ErrorCode::InvalidForm,
            ErrorCode::BodyTooLarge, ErrorCode::BodyIncomplete, ErrorCode::BodyTooSlow,
            ErrorCode::ContentTypeMissing, ErrorCode::InputUnusable, ErrorCode::TooManyStreams]))),
        ("x-never" = json!(errors(&[
            ErrorCode::Conflict, ErrorCode::TooLarge, ErrorCode::InvalidParameter]))),
    ),
)]
pub(crate) async fn transcribe_stream(
    State(api): State<Arc<Api>>,
    QueryParameters(StreamQuery { language }): QueryParameters<StreamQuery>,
    Extension(user): Extension<UserId>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    request: Request,
) -> Result<Response, ApiError> {
    language.as_deref().map_or(Ok(()), check_language)?;
    api.check_budget(&user).await?;
    let spooled = api.spool(&user, request).await?;
    look(&spooled).await?;
    let charge = StreamCharge::begin(&api, user, &spooled).await?;
    let (samples, decoding) = decode(&spooled, api.limits.max_duration_ms);
    let options = LiveOptions {
        language: language.clone(),
        key_terms: Vec::new(),
    };
    let segments = match api.live.listen(samples, options).await {
        Ok(segments) => segments,
        Err(error) => {
            charge.take_back().await;
            return Err(step_problem(&error).into());
        }
    };
    let transcription = LiveTranscription {
        segments,
        charge,
        decoding: Some(decoding),
        words: Vec::new(),
        head: api.head(language.filter(|tag| !language::is_multi(tag))),
        request_id,
        ended: false,
        _spooled: spooled,
    };
    let batches = stream::unfold(transcription, LiveTranscription::next);
    Ok(sse::response(batches.map(stream::iter).flatten()))
}

impl Api {
    fn head(&self, language: Option<String>) -> TranscriptHead {
        TranscriptHead {
            revision: 0,
            engine: self.live.name().to_owned(),
            model: self.live.model().to_owned(),
            diarization: None,
            language,
            duration_ms: 0,
            speakers: Vec::new(),
            chunks: 0,
            quality: turns::quality(&[], 0),
            usable: None,
            created_at: self.clock.now(),
            unknown: UnknownFields::default(),
        }
    }
}

/// Refuses what is no recording before anything is answered.
async fn look(spooled: &TempRecording) -> Result<(), Problem> {
    let recording = &spooled.recording;
    let range = Some(0..media::PROBE_SIZE.min(recording.size));
    let (object, generation) = (&recording.object, Some(recording.generation));
    let read = recording.objects.read(object, generation, range).await;
    let (_, bytes) = read.map_err(|_| Problem::internal())?;
    let start: Vec<Bytes> = bytes.try_collect().await.map_err(|_| Problem::internal())?;
    let start = start.concat();
    // An error behind the first event has no status: what begins like no recording is
    // refused, although FFmpeg may find one further on.
    let checked = match media::probe(&start) {
        Err(error @ media::Error::NotAudio) => Err(error),
        _ => media::check(&start, false),
    };
    checked.map_err(|error| step_problem(&error.to_step_error()))
}

/// Decodes on a thread of its own, as far ahead as the engine follows.
fn decode(
    spooled: &TempRecording,
    limit_ms: u64,
) -> (SampleStream, JoinHandle<Result<AudioFacts, media::Error>>) {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let recording = spooled.recording.clone();
    let decoding = spawn_blocking(move || {
        let send = |samples| sender.blocking_send(Ok(samples)).is_ok();
        let open = || Box::new(ObjectReader::open(&recording)) as _;
        media::mono::mix_at_16_khz(open, limit_ms, send)
    });
    let samples = stream::unfold(receiver, |mut receiver| async move {
        Some((receiver.recv().await?, receiver))
    });
    (samples.boxed(), decoding)
}

impl LiveTranscription {
    async fn next(mut self) -> Option<(Vec<Event>, Self)> {
        if self.ended {
            return None;
        }
        let events = match self.segments.next().await {
            Some(Ok(segment)) => self.hear(segment),
            Some(Err(error)) => vec![self.fail(&error)],
            None => vec![self.finish().await],
        };
        Some((events, self))
    }

    fn hear(&mut self, segment: Segment) -> Vec<Event> {
        let mut events = vec![sse::event(None, "segment", &json!(segment))];
        if segment.is_final {
            let progress = ProgressEvent {
                position_ms: segment.end_ms,
            };
            events.push(sse::event(None, "progress", &json!(progress)));
            self.words.extend(segment.words);
        }
        events
    }

    fn fail(&mut self, error: &StepError) -> Event {
        self.ended = true;
        sse::event(
            None,
            "error",
            &step_problem(error).to_json(&self.request_id),
        )
    }

    async fn finish(&mut self) -> Event {
        let decoded = match self.decoding.take() {
            Some(decoding) => decoding.await,
            None => return self.fail(&broke()),
        };
        let facts = match decoded {
            Ok(Ok(facts)) => facts,
            Ok(Err(error)) => return self.fail(&error.to_step_error()),
            Err(_) => return self.fail(&broke()),
        };
        self.charge.end(facts.duration_ms).await;
        if self.words.is_empty() {
            let error =
                StepError::permanent(Code::NoSpeech, "no speech was found in the recording");
            return self.fail(&error);
        }
        self.ended = true;
        sse::event(
            None,
            "done",
            &json!(TranscriptBody::from(&self.transcript(facts))),
        )
    }

    fn transcript(&mut self, facts: AudioFacts) -> Transcript {
        let words = turns::order(std::mem::take(&mut self.words));
        let speakers: BTreeSet<u32> = words.iter().map(|word| word.speaker).collect();
        let head = TranscriptHead {
            duration_ms: facts.duration_ms,
            speakers: speakers.into_iter().map(Speaker::unnamed).collect(),
            quality: turns::quality(&words, facts.duration_ms),
            ..self.head.clone()
        };
        Transcript::new(head, words)
    }
}

fn broke() -> StepError {
    StepError::transient(Code::EngineFailed, "the recording could not be decoded")
}
