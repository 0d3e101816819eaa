//! `POST /v1/transcribe-stream`: segments as server-sent events while the
//! recording is still being recognised. Nothing of it is kept.

use std::{collections::BTreeSet, io, time::Duration};

use bytes::Bytes;
use domain::{
    ports::{LiveOptions, SampleStream, Segment, SegmentStream},
    steps::{Code, StepError},
    transcript::{AudioFacts, Speaker, Transcript, TranscriptHead, Word},
    turns,
    versions::UnknownFields,
};
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderValue, Response, StatusCode, header};
use media::ObjectReader;
use runtime::http::{Body, Problem, answer, stream as streamed};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

use crate::{
    Api, error::step_problem, request::ApiRequest, temp_recording::TempRecording,
    transcript::TranscriptBody, validation::check_language,
};

/// How long nothing may be sent before a comment is: proxies cut silent streams.
const HEARTBEAT: Duration = Duration::from_secs(15);

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
    decoding: Option<JoinHandle<Result<AudioFacts, media::Error>>>,
    words: Vec<Word>,
    /// What the transcript will say besides its words.
    head: TranscriptHead,
    request_id: String,
    ended: bool,
    /// Held until the end.
    _spooled: TempRecording,
}

impl Api {
    pub(crate) async fn transcribe_stream(
        &self,
        request: ApiRequest,
        request_id: &str,
    ) -> Result<Response<Body>, Problem> {
        request.only_query(&["language"])?;
        let language = request.query_value("language");
        if let Some(language) = &language {
            check_language(language)?;
        }
        let spooled = self.spool(request).await?;
        look(&spooled).await?;
        let (samples, decoding) = decode(&spooled, self.limits.max_duration_ms);
        let options = LiveOptions {
            language: language.clone(),
            key_terms: Vec::new(),
        };
        let listening = self.live.listen(samples, options).await;
        let recognising = LiveTranscription {
            segments: listening.map_err(|error| step_problem(&error))?,
            decoding: Some(decoding),
            words: Vec::new(),
            head: self.head(language),
            request_id: request_id.to_owned(),
            ended: false,
            _spooled: spooled,
        };
        let events = stream::unfold(recognising, LiveTranscription::next);
        let events = events.map(|text| io::Result::Ok(Bytes::from(text)));
        let mut response = answer(StatusCode::OK, "text/event-stream", streamed(events));
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        Ok(response)
    }

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
    let range = Some(0..media::LOOK_SIZE.min(recording.size));
    let unreadable = |_| Problem::internal();
    let read = recording
        .objects
        .read(&recording.object, Some(recording.generation), range)
        .await
        .map_err(|_| Problem::internal())?;
    let start: Vec<Bytes> = read.1.try_collect().await.map_err(unreadable)?;
    let looked = media::look(&start.concat());
    looked
        .map(drop)
        .map_err(|error| step_problem(&error.to_step_error()))
}

/// Decodes on a thread of its own, as far ahead as the engine follows.
fn decode(
    spooled: &TempRecording,
    limit_ms: u64,
) -> (SampleStream, JoinHandle<Result<AudioFacts, media::Error>>) {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let reader = ObjectReader::open(&spooled.recording);
    let decoding = spawn_blocking(move || {
        let send = |samples| sender.blocking_send(Ok(samples)).is_ok();
        media::mono::mix_at_16_khz(Box::new(reader), limit_ms, send)
    });
    let samples = stream::unfold(receiver, |mut receiver| async move {
        Some((receiver.recv().await?, receiver))
    });
    (samples.boxed(), decoding)
}

impl LiveTranscription {
    async fn next(mut self) -> Option<(String, Self)> {
        if self.ended {
            return None;
        }
        let text = match timeout(HEARTBEAT, self.segments.next()).await {
            Err(_) => ": still here\n\n".to_owned(),
            Ok(Some(Ok(segment))) => self.hear(segment),
            Ok(Some(Err(error))) => self.fail(&error),
            Ok(None) => self.finish().await,
        };
        Some((text, self))
    }

    fn hear(&mut self, segment: Segment) -> String {
        let shown = event("segment", &json!(segment));
        if !segment.is_final {
            return shown;
        }
        let progress = ProgressEvent {
            position_ms: segment.end_ms,
        };
        let progress = event("progress", &json!(progress));
        self.words.extend(segment.words);
        shown + &progress
    }

    fn fail(&mut self, error: &StepError) -> String {
        self.ended = true;
        event("error", &step_problem(error).to_json(&self.request_id))
    }

    async fn finish(&mut self) -> String {
        let decoded = match self.decoding.take() {
            Some(decoding) => decoding.await,
            None => return self.fail(&broke()),
        };
        let facts = match decoded {
            Ok(Ok(facts)) => facts,
            Ok(Err(error)) => return self.fail(&error.to_step_error()),
            Err(_) => return self.fail(&broke()),
        };
        if self.words.is_empty() {
            let error =
                StepError::permanent(Code::NoSpeech, "no speech was found in the recording");
            return self.fail(&error);
        }
        self.ended = true;
        event(
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

fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
