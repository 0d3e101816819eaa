//! JSON: this service's export, and the answers of speech engines.
//!
//! - this service: `words` with `start_ms`, and `speakers`;
//! - Deepgram: `results.channels[].alternatives[0].words`;
//! - `OpenAI`'s `verbose_json` and `diarized_json`, whisper's, faster-whisper's and
//!   `WhisperX`'s `segments`, also as a bare list;
//! - whisper.cpp's `transcription` with `offsets`.
//!
//! Fields that are not needed are passed over: programs add some with every release.

mod own;
mod spoken;

use std::collections::BTreeMap;

use domain::ShapeError;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use self::spoken::{Alternative, CppSegment, SegmentsBuilder, SpokenSegment, SpokenWord};
use crate::{Format, TranscriptFile, TranscriptFileError};

/// How many names of fields an error repeats.
const MAX_SHOWN: usize = 8;

/// Whether a text is to be read as JSON: `[0:00:12] Ada: …` is not.
pub(crate) fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    let in_list = text.strip_prefix('[').map(str::trim_start);
    text.starts_with('{') || in_list.is_some_and(|rest| rest.starts_with(['{', ']']))
}

/// Reads a whole text of JSON.
pub(crate) fn read(text: &str) -> Result<TranscriptFile, TranscriptFileError> {
    if text.trim_start().starts_with('[') {
        let segments: Vec<SpokenSegment> = serde_json::from_str(text)
            .map_err(|_| TranscriptFileError::unknown("a list in JSON that has no segments"))?;
        return of_segments(segments, None, None);
    }
    let fields = serde_json::from_str(text)
        .map_err(|_| TranscriptFileError::unknown("JSON that is damaged or cut off"))?;
    read_fields(&fields)
}

/// Reads the fields of a JSON object.
///
/// # Errors
///
/// [`TranscriptFileError::UnknownFormat`] names the fields where they are of no known
/// format, [`TranscriptFileError::Malformed`] says where a known one is damaged.
pub fn read_fields(
    fields: &BTreeMap<String, Box<RawValue>>,
) -> Result<TranscriptFile, TranscriptFileError> {
    let has = |name: &str| fields.contains_key(name);
    if has("results") {
        return deepgram(fields);
    }
    if has("words") && has("speakers") {
        return own::read(fields);
    }
    let language = field::<Option<String>>(fields, "language", Format::Whisper)?.flatten();
    let duration: Option<Option<spoken::Number>> = field(fields, "duration", Format::Whisper)?;
    let duration_ms = duration.flatten().as_ref().and_then(spoken::Number::ms);
    if has("transcription") {
        return whisper_cpp(fields);
    }
    if let Some(segments) = field(fields, "segments", Format::Whisper)? {
        return of_segments(segments, language, duration_ms);
    }
    if let Some(words) = field::<Vec<SpokenWord>>(fields, "words", Format::Whisper)? {
        let mut builder = SegmentsBuilder::default();
        builder.add_words(words, None, None);
        return Ok(builder.finish(Format::Whisper, language, duration_ms));
    }
    Err(unknown_fields(fields.keys()))
}

fn unknown_fields<'a>(names: impl Iterator<Item = &'a String>) -> TranscriptFileError {
    let shown = names.take(MAX_SHOWN).map(|name| {
        let short: String = name.chars().take(40).collect();
        format!("`{}`", short.escape_debug())
    });
    let shown: Vec<String> = shown.collect();
    TranscriptFileError::unknown(if shown.is_empty() {
        "an empty JSON object".to_owned()
    } else {
        format!("JSON with the fields {}", shown.join(", "))
    })
}

/// A field of a format, if it is there.
fn field<T: DeserializeOwned>(
    fields: &BTreeMap<String, Box<RawValue>>,
    name: &str,
    format: Format,
) -> Result<Option<T>, TranscriptFileError> {
    let parse = |raw: &RawValue| {
        serde_json::from_str(raw.get()).map_err(|error| TranscriptFileError::Malformed {
            format,
            reason: format!("`{name}`: {}", ShapeError::from(error)),
        })
    };
    fields.get(name).map(|raw| parse(raw)).transpose()
}

fn of_segments(
    segments: Vec<SpokenSegment>,
    language: Option<String>,
    duration_ms: Option<u64>,
) -> Result<TranscriptFile, TranscriptFileError> {
    if !segments.is_empty() && segments.iter().all(SpokenSegment::is_empty) {
        return Err(TranscriptFileError::unknown(
            "JSON whose segments have no text",
        ));
    }
    let mut builder = SegmentsBuilder::default();
    for segment in segments {
        builder.add(segment);
    }
    Ok(builder.finish(Format::Whisper, language, duration_ms))
}

fn whisper_cpp(
    fields: &BTreeMap<String, Box<RawValue>>,
) -> Result<TranscriptFile, TranscriptFileError> {
    #[derive(Deserialize)]
    struct CppResult {
        language: Option<String>,
    }
    let result: Option<CppResult> = field(fields, "result", Format::Whisper)?;
    let segments: Option<Vec<CppSegment>> = field(fields, "transcription", Format::Whisper)?;
    let segments = segments.into_iter().flatten().map(SpokenSegment::from);
    of_segments(
        segments.collect(),
        result.and_then(|own| own.language),
        None,
    )
}

fn deepgram(
    fields: &BTreeMap<String, Box<RawValue>>,
) -> Result<TranscriptFile, TranscriptFileError> {
    #[derive(Deserialize)]
    struct Metadata {
        duration: Option<spoken::Number>,
    }
    #[derive(Default, Deserialize)]
    struct Results {
        #[serde(default)]
        channels: Vec<Channel>,
    }
    #[derive(Deserialize)]
    struct Channel {
        #[serde(default)]
        alternatives: Vec<Alternative>,
        detected_language: Option<String>,
    }
    let metadata: Option<Metadata> = field(fields, "metadata", Format::Deepgram)?;
    let is_list = fields["results"].get().trim_start().starts_with('[');
    let results: Option<Results> = if is_list {
        None
    } else {
        field(fields, "results", Format::Deepgram)?
    };
    let channels = results.unwrap_or_default().channels;
    if channels.is_empty() {
        return Err(unknown_fields(fields.keys()));
    }
    let detected = channels
        .iter()
        .find_map(|own| own.detected_language.clone());
    let best = channels.into_iter();
    let best = best.map(|own| own.alternatives.into_iter().next().unwrap_or_default());
    let best: Vec<Alternative> = best.collect();
    let language = detected.or_else(|| best.iter().find_map(Alternative::language));
    let duration_ms = metadata.and_then(|own| own.duration?.ms());
    Ok(spoken::of_channels(best, language, duration_ms))
}
