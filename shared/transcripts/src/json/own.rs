//! This service's export, as `functions/api/src/transcript.rs` writes it.

use std::collections::BTreeMap;

use domain::transcript::{Speaker, Word};
use serde_json::value::RawValue;

use super::field;
use crate::{Format, Segment, TranscriptFile, TranscriptFileError, file::clean_name};

/// Reads it: the words as they are, and the speakers with their names and roles.
pub(super) fn read(
    fields: &BTreeMap<String, Box<RawValue>>,
) -> Result<TranscriptFile, TranscriptFileError> {
    let mut speakers: Vec<Speaker> = field(fields, "speakers", Format::Json)?.unwrap_or_default();
    let words: Vec<Word> = field(fields, "words", Format::Json)?.unwrap_or_default();
    let language: Option<Option<String>> = field(fields, "language", Format::Json)?;
    let duration_ms: Option<Option<u64>> = field(fields, "duration_ms", Format::Json)?;
    let mut places = BTreeMap::new();
    for (speaker, place) in speakers.iter_mut().zip(0..) {
        places.insert(speaker.id, place);
        *speaker = Speaker {
            id: place,
            name: clean_name(speaker.name.reveal()).into(),
            role: speaker.role,
            role_confidence: speaker.role_confidence,
            ..Speaker::unnamed(place)
        };
    }
    let unknown = words
        .iter()
        .find(|word| !places.contains_key(&word.speaker));
    if let Some(word) = unknown {
        return Err(malformed(format!(
            "`words` has the speaker {}, who is not in `speakers`",
            word.speaker
        )));
    }
    let words: Vec<Word> = words
        .into_iter()
        .filter(|word| !word.text.reveal().trim().is_empty())
        .map(|word| Word {
            speaker: places.get(&word.speaker).copied().unwrap_or_default(),
            confidence: word.confidence.clamp(0.0, 1.0),
            end_ms: word.end_ms.max(word.start_ms),
            ..word
        })
        .collect();
    let runs = words.chunk_by(|left, right| left.speaker == right.speaker);
    Ok(TranscriptFile {
        format: Format::Json,
        language: language.flatten(),
        duration_ms: duration_ms.flatten(),
        speakers,
        segments: runs.map(|run| Segment::of_words(run.to_vec())).collect(),
    })
}

fn malformed(reason: String) -> TranscriptFileError {
    TranscriptFileError::Malformed {
        format: Format::Json,
        reason,
    }
}
