//! The transcript, for programs and for people.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use domain::{
    ErrorCode, Interview, InterviewKey, interview_store,
    ports::Records,
    transcript::{Quality, Speaker, Transcript, Turn, Word},
    turns::TurnGrouper,
    usable::Usable,
    versions::StripUnknown as _,
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Api,
    body_writer::{self, BodyWriter, Interrupted},
    captions::{SubRip, WebVtt},
    error::{ApiError, not_ready},
    extract::{NoParameters, OwnInterview, QueryParameters},
    openapi::{
        errors::{STORE, USER, errors},
        examples,
    },
    transcript_forms::{Markdown, PlainText, TranscriptForm},
};

/// Read the transcript
#[utoipa::path(
    get, path = "/v1/interviews/{id}/transcript", operation_id = "get_transcript", tag = "Results",
    params(OwnInterview),
    responses((status = 200, description = "The transcript.", body = ref("#/components/schemas/Transcript"), example = examples::transcript)),
    extensions(("x-errors" = json!(errors(
        &[&USER, &STORE, &[ErrorCode::InterviewNotFound, ErrorCode::NotReady,
        ErrorCode::UnknownParameter]])))),
)]
pub(crate) async fn json(
    State(api): State<Arc<Api>>,
    _: QueryParameters<NoParameters>,
    OwnInterview(interview): OwnInterview,
) -> Result<Response, ApiError> {
    let transcript = api.transcript(&interview).await?;
    body_writer::respond("application/json", async move |mut body: BodyWriter| {
        transcript.write_json(&mut body).await?;
        Ok(body)
    })
    .await
}

/// Read the transcript as SubRip captions
///
/// The cues are sorted by their start, also where people speak at once. A cue ends with a
/// sentence, at a pause, and before it has more than two lines of 42 columns or lasts longer
/// than 7 seconds; a wide character takes two columns.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/transcript.srt", operation_id = "get_transcript_srt",
    tag = "Results", params(OwnInterview),
    responses((
        status = 200,
        description = "The transcript.",
        body = String,
        content_type = "application/x-subrip",
        example = "1\n00:00:02,500 --> 00:00:04,100\nI built a boat.\n"
    )),
    extensions(("x-errors" = json!(errors(
        &[&USER, &STORE, &[ErrorCode::InterviewNotFound, ErrorCode::NotReady,
        ErrorCode::UnknownParameter]])))),
)]
pub(crate) async fn srt(
    State(api): State<Arc<Api>>,
    _: QueryParameters<NoParameters>,
    OwnInterview(interview): OwnInterview,
) -> Result<Response, ApiError> {
    let transcript = api.transcript(&interview).await?;
    transcript
        .respond("application/x-subrip; charset=utf-8", SubRip::default())
        .await
}

/// Read the transcript as WebVTT captions with voices
///
/// The cues are sorted by their start, also where people speak at once. A cue ends with a
/// sentence, at a pause, and before it has more than two lines of 42 columns or lasts longer
/// than 7 seconds; a wide character takes two columns.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/transcript.vtt", operation_id = "get_transcript_vtt",
    tag = "Results", params(OwnInterview),
    responses((
        status = 200,
        description = "The transcript.",
        body = String,
        content_type = "text/vtt",
        example = "WEBVTT\n\n00:00:02.500 --> 00:00:04.100\n<v Speaker 2>I built a boat.\n"
    )),
    extensions(("x-errors" = json!(errors(
        &[&USER, &STORE, &[ErrorCode::InterviewNotFound, ErrorCode::NotReady,
        ErrorCode::UnknownParameter]])))),
)]
pub(crate) async fn vtt(
    State(api): State<Arc<Api>>,
    _: QueryParameters<NoParameters>,
    OwnInterview(interview): OwnInterview,
) -> Result<Response, ApiError> {
    let transcript = api.transcript(&interview).await?;
    transcript
        .respond("text/vtt; charset=utf-8", WebVtt::default())
        .await
}

/// Read the transcript as plain text, a turn to a line
#[utoipa::path(
    get, path = "/v1/interviews/{id}/transcript.txt", operation_id = "get_transcript_txt",
    tag = "Results", params(OwnInterview),
    responses((
        status = 200,
        description = "The transcript.",
        body = String,
        content_type = "text/plain",
        example = "[0:00:02] Speaker 2: I built a boat.\n"
    )),
    extensions(("x-errors" = json!(errors(
        &[&USER, &STORE, &[ErrorCode::InterviewNotFound, ErrorCode::NotReady,
        ErrorCode::UnknownParameter]])))),
)]
pub(crate) async fn txt(
    State(api): State<Arc<Api>>,
    _: QueryParameters<NoParameters>,
    OwnInterview(interview): OwnInterview,
) -> Result<Response, ApiError> {
    let transcript = api.transcript(&interview).await?;
    transcript
        .respond("text/plain; charset=utf-8", PlainText)
        .await
}

/// Read the transcript as Markdown
#[utoipa::path(
    get, path = "/v1/interviews/{id}/transcript.md", operation_id = "get_transcript_md",
    tag = "Results", params(OwnInterview),
    responses((
        status = 200,
        description = "The transcript.",
        body = String,
        content_type = "text/markdown",
        example = "# Ada, first round\n\n**Speaker 2** (0:00:02)\n\nI built a boat.\n"
    )),
    extensions(("x-errors" = json!(errors(
        &[&USER, &STORE, &[ErrorCode::InterviewNotFound, ErrorCode::NotReady,
        ErrorCode::UnknownParameter]])))),
)]
pub(crate) async fn md(
    State(api): State<Arc<Api>>,
    _: QueryParameters<NoParameters>,
    OwnInterview(interview): OwnInterview,
) -> Result<Response, ApiError> {
    let transcript = api.transcript(&interview).await?;
    let title = interview.title.reveal().to_owned();
    let form = Markdown { title };
    transcript
        .respond("text/markdown; charset=utf-8", form)
        .await
}

/// A transcript whose words are read while they are written.
pub(crate) struct StoredTranscript {
    records: Arc<dyn Records>,
    key: InterviewKey,
    /// Everything but the words, with the names of the speakers.
    head: Transcript,
}

impl Api {
    async fn transcript(&self, interview: &Interview) -> Result<StoredTranscript, Problem> {
        let found = self.stored_transcript(interview).await?;
        found.ok_or_else(|| not_ready("transcript"))
    }

    /// The transcript of an interview, if there is one: with the names of its speakers, and
    /// judged where it was stored by a release that did not.
    pub(crate) async fn stored_transcript(
        &self,
        interview: &Interview,
    ) -> Result<Option<StoredTranscript>, Problem> {
        let key = interview.key();
        let Some(mut head) = interview_store::transcript_head(&*self.records, &key).await? else {
            return Ok(None);
        };
        if head.usable.is_none() {
            let whole = interview_store::transcript(&*self.records, &key).await?;
            head.usable = whole.map(|whole| whole.usable(interview.least_speakers()));
        }
        Ok(Some(StoredTranscript {
            records: Arc::clone(&self.records),
            key,
            head: Transcript::new(head, Vec::new())
                .with_speaker_names(&interview.speakers)
                .known_only(),
        }))
    }
}

impl StoredTranscript {
    /// A response in a form for people.
    async fn respond(
        self,
        content_type: &'static str,
        mut form: impl TranscriptForm + 'static,
    ) -> Result<Response, ApiError> {
        body_writer::respond(content_type, async move |mut body: BodyWriter| {
            body.text(&form.begin()).await?;
            let mut grouper = TurnGrouper::default();
            for number in 0..self.head.head.chunks {
                for word in self.words(number).await? {
                    self.write_turn(&mut body, &mut form, grouper.push(word))
                        .await?;
                }
            }
            self.write_turn(&mut body, &mut form, grouper.finish())
                .await?;
            body.text(&form.end()).await?;
            Ok(body)
        })
        .await
    }

    async fn write_turn(
        &self,
        body: &mut BodyWriter,
        form: &mut impl TranscriptForm,
        ended: Option<(Turn, Vec<Word>)>,
    ) -> Result<(), Interrupted> {
        let Some((turn, words)) = ended else {
            return Ok(());
        };
        let speaker = self.head.speaker_name(turn.speaker);
        body.text(&form.turn(&turn, &words, speaker.reveal())).await
    }

    /// Writes what [`TranscriptBody`] describes. The words are read twice: once for the
    /// turns.
    pub(crate) async fn write_json(&self, body: &mut BodyWriter) -> Result<(), Interrupted> {
        body.object(&TranscriptFacts::from(&self.head)).await?;
        body.field("turns").await?;
        let (mut grouper, mut separator) = (TurnGrouper::default(), "[");
        for number in 0..self.head.head.chunks {
            for word in self.words(number).await? {
                if let Some((turn, _)) = grouper.push(word) {
                    body.item(&mut separator, &turn).await?;
                }
            }
        }
        if let Some((turn, _)) = grouper.finish() {
            body.item(&mut separator, &turn).await?;
        }
        body.end_list(separator).await?;
        body.field("words").await?;
        separator = "[";
        for number in 0..self.head.head.chunks {
            for word in self.words(number).await? {
                body.item(&mut separator, &word).await?;
            }
        }
        body.end_list(separator).await?;
        body.text("}").await
    }

    async fn words(&self, number: u32) -> Result<Vec<Word>, Problem> {
        let revision = self.head.head.revision;
        Ok(interview_store::chunk_words(&*self.records, &self.key, revision, number).await?)
    }
}

/// The transcript: words and turns with their speakers and times.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Transcript")]
pub(crate) struct TranscriptBody<'a> {
    #[serde(flatten)]
    facts: TranscriptFacts<'a>,
    /// The words by who speaks, in reading order.
    turns: &'a [Turn],
    /// The words in reading order.
    words: &'a [Word],
}

/// All of a transcript but its words.
#[derive(Serialize, JsonSchema)]
struct TranscriptFacts<'a> {
    /// Grows with every transcription of the same interview.
    revision: u64,
    /// The engine that made it.
    engine: &'a str,
    /// The engine's model.
    model: &'a str,
    /// The models that separated the speakers by voice, where the engine itself did not.
    diarization: Option<&'a str>,
    /// The language as a BCP 47 tag; `null` where it is not known.
    language: Option<&'a str>,
    /// Length of the recording.
    duration_ms: u64,
    /// Everyone who speaks.
    speakers: &'a [Speaker],
    /// How far it can be trusted.
    quality: &'a Quality,
    /// Whether it can be relied on.
    usable: Usable,
}

impl<'a> From<&'a Transcript> for TranscriptBody<'a> {
    fn from(transcript: &'a Transcript) -> Self {
        Self {
            facts: transcript.into(),
            turns: &transcript.turns,
            words: &transcript.words,
        }
    }
}

impl<'a> From<&'a Transcript> for TranscriptFacts<'a> {
    fn from(transcript: &'a Transcript) -> Self {
        let head = &transcript.head;
        Self {
            revision: head.revision,
            engine: &head.engine,
            model: &head.model,
            diarization: head.diarization.as_deref(),
            language: head.language.as_deref(),
            duration_ms: head.duration_ms,
            speakers: &head.speakers,
            quality: &head.quality,
            usable: transcript.usable(1),
        }
    }
}
