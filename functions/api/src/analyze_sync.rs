//! `POST /v1/analyze`: an analysis of a transcript from elsewhere, nothing stored.

use std::{fmt, sync::Arc};

use axum::{
    Extension, Json,
    extract::{self, State},
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Private, UserId,
    analysis::Rubric,
    interview::Kind,
    ledger::Amounts,
    text::{self, NOT_BLANK},
    transcript::{Speaker, Transcript, TranscriptHead, Turn, Word},
    turns,
    versions::{UnknownFields, closed},
};
use runtime::http::{Problem, read_json};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};

use crate::{
    Api,
    error::{ApiError, step_problem},
    openapi::{
        errors::{BODY, SPEND, USER, errors},
        examples,
    },
    validation::{LANGUAGE, MAX_MOMENT_MS, check_language, check_rubric, invalid, whole},
};

/// The largest body, in bytes: a transcript of more than a day.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// The most words of a transcript.
const MAX_WORDS: usize = 300_000;

/// The most speakers: each is measured over the whole conversation.
const MAX_SPEAKERS: usize = 100;

/// How long a word takes where no times are given: 150 words a minute.
const WORD_MS: u64 = 400;

/// A transcript to analyse.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Analyze")]
#[serde(deny_unknown_fields)]
pub(crate) struct AnalyzeRequest {
    /// Lines of `Name: what was said`, or turns.
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
    /// Lines of `Name: what was said`; a line without a name goes on.
    Text(#[schemars(length(min = 1), regex(pattern = NOT_BLANK))] Private),
    Turns(GivenTurns),
}

/// A transcript's turns, at least one of which has a word.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
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

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<TranscriptInput, A::Error> {
                let fields = MapAccessDeserializer::new(fields);
                GivenTurns::deserialize(fields).map(TranscriptInput::Turns)
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

impl SpeakerInput {
    fn name(&self) -> String {
        match self {
            Self::Number(id) => Speaker::unnamed(*id).name.reveal().to_owned(),
            Self::Name(name) => name.reveal().to_owned(),
        }
    }
}

/// Analyse a transcript from elsewhere
///
/// Nothing is stored.
#[utoipa::path(
    post, path = "/v1/analyze", operation_id = "analyze", tag = "Direct calls",
    request_body(content = ref("#/components/schemas/Analyze"), examples(
        ("lines" = (summary = "Lines of text", value = json!({
            "transcript": "Ada: What did you do last summer?\nBob: I built a small boat with my sister.",
            "language": "en",
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
    extensions(("x-errors" = json!(errors(
        &[&USER, &BODY, &SPEND, &[ErrorCode::InvalidField, ErrorCode::InputUnusable, ErrorCode::Internal,
        ErrorCode::Unavailable]])))),
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
    if let Some(language) = &request.language {
        check_language(language)?;
    }
    if let Some(rubric) = &request.rubric {
        check_rubric(rubric)?;
    }
    let turns = match request.transcript {
        TranscriptInput::Turns(given) => given.turns,
        TranscriptInput::Text(text) => lines(text.reveal()),
    };
    let transcript = transcript(turns, request.language)?;
    let analysis = api.direct.analyze(transcript, request.kind, request.rubric);
    let analysis = analysis.await.map_err(|error| step_problem(&error))?;
    let amounts = Amounts::of_analysis(analysis.usage.known, analysis.cost_usd);
    api.count_use(&user, amounts).await;
    Ok(Json(analysis).into_response())
}

fn lines(text: &str) -> Vec<TurnInput> {
    let mut turns: Vec<TurnInput> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let named = line.split_once(':').filter(|(name, said)| {
            let short = (1..=40).contains(&name.chars().count());
            short && !said.trim().is_empty() && name.split_whitespace().count() <= 4
        });
        let (speaker, said) = match (named, turns.last()) {
            (Some((name, said)), _) => (name.trim().to_owned(), said.trim()),
            (None, Some(last)) => (last.speaker.name(), line),
            (None, None) => (Speaker::unnamed(0).name.reveal().to_owned(), line),
        };
        turns.push(TurnInput {
            speaker: SpeakerInput::Name(speaker.into()),
            text: said.into(),
            start_ms: None,
            end_ms: None,
        });
    }
    turns
}

/// The transcript in our terms, its turns kept as they are. Where times are not
/// given, they are guessed from the number of words.
fn transcript(given: Vec<TurnInput>, language: Option<String>) -> Result<Transcript, Problem> {
    // Before anything is made of them: a word takes more room than its letters.
    let counts = given
        .iter()
        .map(|turn| text::words(turn.text.reveal()).count());
    if counts.sum::<usize>() > MAX_WORDS {
        let why = format!("at most {MAX_WORDS} words");
        return Err(invalid("transcript", &why));
    }
    let mut names: Vec<String> = Vec::new();
    let (mut words, mut found, mut reached) = (Vec::new(), Vec::new(), 0);
    for turn in given {
        let name = turn.speaker.name();
        let known = names.iter().position(|other| *other == name);
        let speaker = known.unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        if names.len() > MAX_SPEAKERS {
            let why = format!("at most {MAX_SPEAKERS} speakers");
            return Err(invalid("transcript", &why));
        }
        let speaker = u32::try_from(speaker).unwrap_or(u32::MAX);
        let own = spread(&turn, speaker, reached)?;
        let (Some(first), Some(last)) = (own.first(), own.last()) else {
            continue;
        };
        let range = words.len()..words.len() + own.len();
        found.push(Turn {
            id: u32::try_from(found.len()).unwrap_or(u32::MAX),
            speaker,
            start_ms: first.start_ms,
            end_ms: last.end_ms,
            text: turn.text,
            words: range,
        });
        reached = last.end_ms;
        words.extend(own);
    }
    if words.is_empty() {
        return Err(invalid("transcript", "at least one word"));
    }
    let speakers = names.into_iter().zip(0..).map(|(name, id)| Speaker {
        name: name.into(),
        ..Speaker::unnamed(id)
    });
    let head = TranscriptHead {
        revision: 0,
        engine: "client".to_owned(),
        model: String::new(),
        diarization: None,
        language,
        duration_ms: reached,
        speakers: speakers.collect(),
        chunks: 0,
        quality: turns::quality(&words, reached),
        usable: None,
        created_at: domain::Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    };
    Ok(Transcript {
        head,
        words,
        turns: found,
    })
}

/// The words of a turn, evenly over its time.
fn spread(turn: &TurnInput, speaker: u32, reached: u64) -> Result<Vec<Word>, Problem> {
    let texts: Vec<&str> = text::words(turn.text.reveal()).collect();
    let count = texts.len().max(1) as u64;
    let start = turn.start_ms.unwrap_or(reached);
    let guessed = start.saturating_add(count * WORD_MS).min(MAX_MOMENT_MS);
    let end = turn.end_ms.unwrap_or(guessed);
    // Far below what a `u64` holds: nothing below overflows.
    if end < start || end > MAX_MOMENT_MS {
        let why = "`end_ms` is not before `start_ms`, and both within a hundred days";
        return Err(invalid("transcript.turns", why));
    }
    let at = |index: u64| start + (end - start) * index / count;
    let words = texts.into_iter().zip(0..).map(|(text, index)| Word {
        text: text.into(),
        start_ms: at(index),
        end_ms: at(index + 1),
        speaker,
        confidence: 1.0,
        overlap: false,
    });
    Ok(words.collect())
}

#[cfg(test)]
mod tests;
