//! The transcript, for programs and for people.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Interview, interview_store,
    transcript::{Quality, Speaker, Transcript, Turn, Word},
    usable::Usable,
    versions::StripUnknown as _,
};
use http::header::CONTENT_TYPE;
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Api, captions,
    error::{ApiError, not_ready},
    extract::{NoParameters, OwnInterview, QueryParameters},
    openapi::{
        errors::{STORE, USER, errors},
        examples,
    },
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
    Ok(Json(TranscriptBody::from(&transcript)).into_response())
}

/// Read the transcript as SubRip captions
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
    let text = captions::srt(&api.transcript(&interview).await?);
    Ok((
        [(CONTENT_TYPE, "application/x-subrip; charset=utf-8")],
        text,
    )
        .into_response())
}

/// Read the transcript as WebVTT captions with voices
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
    let text = captions::vtt(&api.transcript(&interview).await?);
    Ok(([(CONTENT_TYPE, "text/vtt; charset=utf-8")], text).into_response())
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
    let text = to_text(&api.transcript(&interview).await?);
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
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
    let text = to_markdown(&transcript, interview.title.reveal());
    Ok(([(CONTENT_TYPE, "text/markdown; charset=utf-8")], text).into_response())
}

impl Api {
    async fn transcript(&self, interview: &Interview) -> Result<Transcript, Problem> {
        let found = interview_store::transcript(&*self.records, &interview.key()).await?;
        let transcript = found.ok_or_else(|| not_ready("transcript"))?;
        Ok(shown(transcript, interview))
    }
}

/// The transcript of this interview: with the names of its speakers, and judged where it was
/// stored by a release that did not.
pub(crate) fn shown(transcript: Transcript, interview: &Interview) -> Transcript {
    let mut transcript = transcript
        .with_speaker_names(&interview.speakers)
        .known_only();
    transcript.head.usable = Some(transcript.usable(interview.least_speakers()));
    transcript
}

/// The transcript: words and turns with their speakers and times.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Transcript")]
pub(crate) struct TranscriptBody<'a> {
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
    /// The words by who speaks, in reading order.
    turns: &'a [Turn],
    /// The words in reading order.
    words: &'a [Word],
    /// How far it can be trusted.
    quality: &'a Quality,
    /// Whether it can be relied on.
    usable: Usable,
}

impl<'a> From<&'a Transcript> for TranscriptBody<'a> {
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
            turns: &transcript.turns,
            words: &transcript.words,
            quality: &head.quality,
            usable: transcript.usable(1),
        }
    }
}

/// `[0:00:12] Speaker 1: …`, a turn to a line.
fn to_text(transcript: &Transcript) -> String {
    transcript
        .turns
        .iter()
        .fold(String::new(), |mut text, turn| {
            let name = transcript.speaker_name(turn.speaker);
            let _ = writeln!(
                text,
                "[{}] {}: {}",
                clock(turn.start_ms),
                name.reveal(),
                turn.text.reveal()
            );
            text
        })
}

fn to_markdown(transcript: &Transcript, title: &str) -> String {
    let mut text = format!("# {}\n", escape(title));
    for turn in &transcript.turns {
        let name = transcript.speaker_name(turn.speaker);
        let (name, words) = (escape(name.reveal()), escape(turn.text.reveal()));
        let _ = write!(text, "\n**{name}** ({})\n\n{words}\n", clock(turn.start_ms));
    }
    text
}

/// Hours, minutes and seconds.
fn clock(millis: u64) -> String {
    let seconds = millis / 1_000;
    format!(
        "{}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Text that Markdown takes for text.
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, character| {
        match character {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&' => {
                out.extend(['\\', character]);
            }
            '\n' | '\r' => out.push(' '),
            plain => out.push(plain),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_shows_what_was_said_and_nothing_else() {
        assert_eq!(escape("<b>*2* [x](y)\n#"), "\\<b\\>\\*2\\* \\[x\\](y) \\#");
        assert_eq!(clock(3_723_000), "1:02:03");
    }
}
