//! `POST /v1/analyze`: an analysis of a transcript from elsewhere, nothing stored.

use std::{collections::BTreeMap, fmt, sync::Arc};

use axum::{
    Extension, Json,
    extract::{self, State},
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Private, UserId,
    analysis::Rubric,
    interview::Kind,
    language,
    ledger::Amounts,
    text::NOT_BLANK,
    transcript::{Transcript, TranscriptHead},
    turns,
    versions::{UnknownFields, closed},
};
use runtime::http::{Problem, read_json};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{self, Error as _, MapAccess, Unexpected, Visitor},
};
use serde_json::value::RawValue;
use transcripts::{Format, Segment, Speakers, TranscriptFile, TranscriptFileError};

use crate::{
    Api,
    error::{ApiError, step_problem},
    import,
    openapi::{errors, examples},
    validation::{LANGUAGE, MAX_MOMENT_MS, check_language, check_rubric, invalid, whole},
};

/// The largest body, in bytes: a transcript of more than a day.
const MAX_BODY: usize = 8 * 1024 * 1024;

const _: () = assert!(
    MAX_MOMENT_MS == transcripts::MAX_TIME_MS,
    "what the schema allows is accepted"
);

/// A transcript to analyse.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Analyze")]
#[serde(deny_unknown_fields)]
pub(crate) struct AnalyzeRequest {
    /// Turns, or a transcript of any format that can be imported.
    transcript: TranscriptInput,
    /// The kind of conversation, which selects the rubric and the wording.
    #[serde(default, deserialize_with = "closed")]
    kind: Kind,
    /// The language that is spoken, as a BCP 47 tag; recognised where it is left out.
    #[serde(default)]
    #[schemars(regex(pattern = LANGUAGE))]
    language: Option<String>,
    /// What to assess, in place of the kind's own rubric.
    #[serde(default, deserialize_with = "closed")]
    rubric: Option<Rubric>,
}

/// A transcript as a client has it.
#[derive(JsonSchema)]
#[schemars(inline, untagged)]
enum TranscriptInput {
    /// The text of a file, of any format that can be imported: lines of `Name: what was said`, of
    /// which one without a name goes on; this service's `.txt`, `.md`, `.srt` and `.vtt`; WebVTT
    /// of Zoom, Teams and Google Meet; SubRip; text of Otter and Rev.
    Text(#[schemars(length(min = 1), regex(pattern = NOT_BLANK))] Private),
    Turns(GivenTurns),
    Json(#[schemars(with = "ForeignJson")] Fields),
}

/// The fields of a JSON object as they were sent.
type Fields = BTreeMap<String, Box<RawValue>>;

/// The JSON of this service's transcripts, of Deepgram, whisper, whisper.cpp, or another
/// program or API that runs whisper: an object with `words`, `results`, `segments` or
/// `transcription`.
#[derive(JsonSchema)]
#[schemars(inline, extend("additionalProperties" = true))]
struct ForeignJson {}

/// Fields by which the JSON of other programs is known.
const FOREIGN: [&str; 4] = ["words", "results", "segments", "transcription"];

impl TranscriptInput {
    fn read(self) -> Result<TranscriptFile, TranscriptFileError> {
        match self {
            Self::Text(text) if text.reveal().trim().is_empty() => {
                Err(TranscriptFileError::NoWords)
            }
            Self::Text(text) => transcripts::read_text(text.reveal()),
            Self::Turns(given) => Ok(file(given.turns)),
            Self::Json(fields) => transcripts::read_fields(&fields),
        }
    }
}

/// A transcript's turns, at least one of which has a word.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
struct GivenTurns {
    /// The turns, in order.
    #[schemars(
        length(min = 1),
        extend("contains" = {"properties": {"text": {"pattern": NOT_BLANK}}}),
    )]
    turns: Vec<TurnInput>,
}

/// What one speaker says without interruption; the other fields of a transcript that the
/// service has made are ignored.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "GivenTurn")]
struct TurnInput {
    /// Who speaks: a number or a name.
    speaker: SpeakerInput,
    /// What is said.
    text: Private,
    /// When it begins; guessed from the number of words where it is left out.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(max = MAX_MOMENT_MS))]
    start_ms: Option<u64>,
    /// When it ends, not before it begins.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(max = MAX_MOMENT_MS))]
    end_ms: Option<u64>,
}

#[derive(JsonSchema)]
#[schemars(inline, untagged)]
enum SpeakerInput {
    Number(#[schemars(range(max = u32::MAX))] u32),
    Name(Private),
}

impl<'de> Deserialize<'de> for TranscriptInput {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Expected;

        impl<'de> Visitor<'de> for Expected {
            type Value = TranscriptInput;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("lines of text, or an object with `turns`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<TranscriptInput, E> {
                Ok(TranscriptInput::Text(text.to_owned().into()))
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut entries: A,
            ) -> Result<TranscriptInput, A::Error> {
                let (mut turns, mut fields) = (None, Fields::new());
                while let Some(name) = entries.next_key::<String>()? {
                    if name == "turns" {
                        turns = Some(entries.next_value()?);
                    } else {
                        fields.insert(name, entries.next_value()?);
                    }
                }
                if FOREIGN.iter().any(|name| fields.contains_key(*name)) {
                    return Ok(TranscriptInput::Json(fields));
                }
                match (fields.keys().next(), turns) {
                    (Some(unknown), _) => Err(A::Error::unknown_field(unknown, &["turns"])),
                    (None, Some(turns)) => Ok(TranscriptInput::Turns(GivenTurns { turns })),
                    (None, None) => Err(A::Error::missing_field("turns")),
                }
            }
        }

        input.deserialize_any(Expected)
    }
}

impl<'de> Deserialize<'de> for SpeakerInput {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Expected;

        impl Visitor<'_> for Expected {
            type Value = SpeakerInput;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a speaker's name, or a number from 0 to 4294967295")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<SpeakerInput, E> {
                Ok(SpeakerInput::Name(name.to_owned().into()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<SpeakerInput, E> {
                let fits = u32::try_from(number).map(SpeakerInput::Number);
                fits.map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<SpeakerInput, E> {
                let whole = number.to_string().parse().map(SpeakerInput::Number);
                whole.map_err(|_| E::invalid_value(Unexpected::Float(number), &self))
            }
        }

        input.deserialize_any(Expected)
    }
}

/// Analyse a transcript from elsewhere
///
/// Nothing is stored. To store a transcript with its analysis and report, create an interview
/// without `audio` and send the file to `POST /v1/interviews/{id}/transcript`.
#[utoipa::path(
    post, path = "/v1/analyze", operation_id = "analyze", tag = "Direct calls",
    request_body(content = ref("#/components/schemas/Analyze"), examples(
        ("lines" = (summary = "Lines of text", value = json!({
            "transcript": "Ada: What did you do last summer?\nBob: I built a small boat with my sister.",
            "language": "en",
        }))),
        ("captions" = (summary = "The text of a file", value = json!({
            "transcript": "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n<v Ada>What did you do last summer?</v>\n\n\
                00:00:02.500 --> 00:00:04.100\n<v Bob>I built a small boat.</v>\n",
        }))),
        ("turns" = (summary = "Turns, and a rubric", value = json!({
            "transcript": {"turns": [
                {"speaker": "Ada", "text": "What did you do last summer?", "start_ms": 0, "end_ms": 2_000},
                {"speaker": "Bob", "text": "I built a small boat.", "start_ms": 2_500, "end_ms": 4_100},
            ]},
            "kind": "job_interview",
            "rubric": examples::rubric(),
        }))),
    )),
    responses((status = 200, description = "The analysis.", body = ref("#/components/schemas/Analysis"), example = examples::analysis)),
    extensions(
        ("x-errors" = json!(errors(&[
            ErrorCode::BudgetExhausted, ErrorCode::InvalidField, ErrorCode::InputUnusable,
            ErrorCode::TranscriptUnreadable]))),
        ("x-never" = json!(errors(&[
            ErrorCode::StorageFull, ErrorCode::Conflict, ErrorCode::TooLarge]))),
    ),
)]
pub(crate) async fn analyze(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    request: extract::Request,
) -> Result<Response, ApiError> {
    // Before the body is read, which can be large.
    let mut call = api.limits.rate_limits.begin_direct_call(&user)?;
    api.check_budget(&user).await?;
    let request: AnalyzeRequest = read_json(request.into_body(), MAX_BODY).await?;
    call.take_place()?;
    let language = request.language.as_deref();
    language.map_or(Ok(()), check_language)?;
    request.rubric.as_ref().map_or(Ok(()), check_rubric)?;
    let (given, language) = (request.transcript, request.language);
    let read = import::in_turn(move || transcript(given.read()?, language));
    let transcript = read.await?.map_err(|error| refused(&error))?;
    let analysis = api.direct.analyze(transcript, request.kind, request.rubric);
    let analysis = analysis.await.map_err(|error| step_problem(&error))?;
    let amounts = Amounts::of_analysis(analysis.usage.known, analysis.cost_usd);
    api.count_use(&user, amounts).await;
    Ok(Json(analysis).into_response())
}

/// A client's turns as those of a file.
fn file(given: Vec<TurnInput>) -> TranscriptFile {
    let mut speakers = Speakers::default();
    let segments = given.into_iter().map(|turn| Segment {
        speaker: match &turn.speaker {
            SpeakerInput::Number(number) => speakers.number(*number),
            SpeakerInput::Name(name) => speakers.id(name.reveal()),
        },
        start_ms: turn.start_ms,
        end_ms: turn.end_ms,
        text: turn.text,
        words: Vec::new(),
    });
    TranscriptFile {
        format: Format::NamedLines,
        language: None,
        duration_ms: None,
        segments: segments.collect(),
        speakers: speakers.into_list(),
    }
}

/// The transcript in our terms, a file's turns kept as they are.
fn transcript(
    file: TranscriptFile,
    language: Option<String>,
) -> Result<Transcript, TranscriptFileError> {
    let given = language.filter(|tag| !language::is_multi(tag));
    let language = given.or_else(|| file.language.clone());
    let timed = file.into_timed()?;
    let head = TranscriptHead {
        revision: 0,
        engine: "client".to_owned(),
        model: String::new(),
        diarization: None,
        language,
        duration_ms: timed.duration_ms,
        speakers: timed.speakers,
        chunks: 0,
        quality: turns::quality(&timed.words, timed.duration_ms),
        usable: None,
        created_at: domain::Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    };
    Ok(Transcript {
        head,
        words: timed.words,
        turns: timed.turns,
    })
}

/// The refusal of a transcript: as of a file where it has none of the formats, and as of the
/// field otherwise.
fn refused(error: &TranscriptFileError) -> Problem {
    match error {
        TranscriptFileError::UnknownFormat { .. } | TranscriptFileError::Malformed { .. } => {
            import::unreadable(error)
        }
        error => invalid("transcript", &error.to_string()),
    }
}

#[cfg(test)]
mod tests;
