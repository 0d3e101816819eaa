//! Who said what, when.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Private, Timestamp,
    speaker::{self, Role, SpeakerLabel},
    usable::Usable,
    versions::{StripUnknown, Unknown, UnknownFields, strip_unknown},
};

/// One recognised word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Word {
    /// As it is to be shown, punctuation included where the engine gives any.
    pub text: Private,
    /// When it begins, from the start of the recording.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
    /// Who says it: the `id` of a speaker.
    pub speaker: u32,
    /// How sure the engine is, 0 to 1.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = 1)))]
    pub confidence: f32,
    /// Whether another speaker talks at the same time; left out where not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overlap: bool,
}

/// Someone who speaks in the recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Speaker {
    /// From 0, in the order of the channels or of diarization.
    pub id: u32,
    /// The name to show: `Speaker 1` where they have none.
    pub name: Private,
    /// Their part in an interview, as it was recognised or as the interview's owner gives it;
    /// `null` where it is not clear.
    #[serde(default)]
    pub role: Option<Role>,
    /// How sure the role is, 0 to 1; 1 where a person gave it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = 1)))]
    pub role_confidence: Option<f32>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Speaker, role);

impl Speaker {
    /// A speaker that no user has named.
    pub fn unnamed(id: u32) -> Self {
        Self {
            id,
            name: format!("Speaker {}", u64::from(id) + 1).into(),
            role: None,
            role_confidence: None,
            unknown: UnknownFields::default(),
        }
    }
}

/// The engine of a transcript that was imported in place of a recording.
pub const IMPORT_ENGINE: &str = "import";

/// What an engine made of a recording, or what an imported file says about one.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognition {
    /// Everyone who speaks.
    pub speakers: Vec<Speaker>,
    /// The words, in any order; [`crate::turns::order`] puts them in reading order.
    pub words: Vec<Word>,
    /// The recording's language as a BCP 47 tag, where the engine knows.
    pub language: Option<String>,
    /// What was decoded.
    pub audio: AudioFacts,
    /// How much of the recording holds speech, where the engine measures it.
    pub speech_ms: Option<u64>,
    /// The model that did it.
    pub model: String,
    /// The models that told the speakers apart, where the engine itself did not.
    pub diarization: Option<String>,
}

/// What decoding a recording showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioFacts {
    /// Length by decoded frames.
    pub duration_ms: u64,
    /// Channels as decoded; 0 where there is no recording.
    pub channels: u16,
    /// Frames per second as decoded.
    pub sample_rate_hz: u32,
}

/// How far a transcript can be trusted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Quality {
    /// Number of words.
    pub words: u64,
    /// Mean confidence of the words, 0 to 1.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = 1)))]
    pub mean_confidence: f32,
    /// Share of words below a confidence of 0.5, 0 to 1.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = 1)))]
    pub low_confidence_share: f32,
    /// Share of the recording's length that is covered by words, 0 to 1.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = 1)))]
    pub speech_coverage: f32,
    /// Words per minute of the recording.
    pub words_per_minute: f32,
    /// Share of words inside loops of repeated phrases, 0 to 1: what an engine
    /// writes when it hears nothing.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = 1)))]
    pub repetition_share: f32,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Quality);

/// `data/transcript`: the head of a transcript, whose words lie in chunks below it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TranscriptHead {
    /// Grows with every transcription of the same interview; from 1.
    pub revision: u64,
    /// The engine that made it.
    pub engine: String,
    /// The engine's model.
    pub model: String,
    /// The models that told the speakers apart, where the engine itself did not.
    pub diarization: Option<String>,
    /// The language as a BCP 47 tag, where known.
    pub language: Option<String>,
    /// Length of the recording.
    pub duration_ms: u64,
    /// Everyone who speaks.
    pub speakers: Vec<Speaker>,
    /// Number of chunk documents.
    pub chunks: u32,
    /// How far it can be trusted.
    pub quality: Quality,
    /// Whether it can be relied on; absent where an earlier release stored it, see
    /// [`Transcript::usable`].
    pub usable: Option<Usable>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(TranscriptHead, speakers, quality, usable);

/// A stretch of one speaker's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Turn {
    /// From 0, in reading order; what an analysis cites.
    pub id: u32,
    /// Who speaks.
    pub speaker: u32,
    /// When its first word begins.
    pub start_ms: u64,
    /// When its last word ends.
    pub end_ms: u64,
    /// What is said: its words, joined.
    pub text: Private,
    /// Its words as a range of indices into the transcript's words.
    #[serde(skip)]
    pub words: std::ops::Range<usize>,
}

/// A whole transcript in reading order.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// Everything but the words.
    pub head: TranscriptHead,
    /// The words in reading order.
    pub words: Vec<Word>,
    /// The words grouped by [`crate::turns::group`].
    pub turns: Vec<Turn>,
}

impl StripUnknown for Transcript {
    fn strip(&mut self, found: &mut Vec<Unknown>) {
        self.head.strip(found);
    }
}

impl Transcript {
    /// Groups the words, which are in reading order already.
    pub fn new(head: TranscriptHead, words: Vec<Word>) -> Self {
        let turns = crate::turns::group(&words);
        Self { head, words, turns }
    }

    /// The same with the names and roles that the interview's owner gives.
    #[must_use]
    pub fn with_speaker_names(mut self, labels: &BTreeMap<u32, SpeakerLabel>) -> Self {
        speaker::apply(labels, &mut self.head.speakers);
        self
    }

    /// A speaker's role, where it is known.
    pub fn role(&self, id: u32) -> Option<Role> {
        let mut speakers = self.head.speakers.iter();
        speakers.find(|speaker| speaker.id == id)?.role
    }

    /// What a speaker is called.
    pub fn speaker_name(&self, id: u32) -> Private {
        self.head
            .speakers
            .iter()
            .find(|speaker| speaker.id == id)
            .map_or_else(|| Speaker::unnamed(id).name, |speaker| speaker.name.clone())
    }
}
