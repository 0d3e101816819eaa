//! What is said about an interview, every claim with its evidence.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Private, Timestamp,
    transcript::Quality,
    versions::{Extended, StripUnknown, Unknown, UnknownFields, open_enum, strip_unknown},
};

mod derived_from;
mod rubric;

pub use derived_from::{DerivedFrom, settings_digest};
pub use rubric::{
    Anchors, Criterion, MAX_ANCHOR, MAX_COMPETENCIES, MAX_COMPETENCY_DESCRIPTION,
    MAX_COMPETENCY_NAME, MAX_WEIGHT, Rubric,
};

/// What an analyst answers: claims that name turns and quotes, nothing proven yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// The model that answered.
    pub model: String,
    /// The version of the prompt, or of the method.
    pub prompt_version: String,
    /// Tokens counted by the provider.
    pub usage: Usage,
    /// What the answer cost, in US dollars, where a price is known.
    pub cost_usd: Option<f64>,
    /// A few sentences; absent when the engine has nothing to say.
    pub summary: Option<Private>,
    /// The key points.
    pub key_points: Vec<DraftClaim>,
    /// The topics, in order.
    pub topics: Vec<DraftTopic>,
    /// Questions and their answers.
    pub questions: Vec<DraftQuestion>,
    /// Assessments by the rubric.
    pub competencies: Vec<DraftCompetency>,
    /// Strengths.
    pub strengths: Vec<DraftClaim>,
    /// Concerns.
    pub concerns: Vec<DraftClaim>,
    /// Suggested follow-up questions.
    pub follow_ups: Vec<Private>,
    /// What the reader should know about this analysis.
    pub warnings: Vec<Warning>,
}

/// A place in the transcript as an analyst names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// The turn it claims to quote.
    pub turn: u32,
    /// The words it claims are there.
    pub quote: Private,
}

/// A claim with the quotes it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftClaim {
    /// The claim.
    pub text: Private,
    /// The evidence.
    pub evidence: Vec<Citation>,
}

/// A stretch of turns about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftTopic {
    /// A few words.
    pub title: Private,
    /// Its first turn.
    pub first_turn: u32,
    /// Its last turn.
    pub last_turn: u32,
}

/// A question and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftQuestion {
    /// The question as asked.
    pub question: Private,
    /// The answer in short; absent when there was none.
    pub answer: Option<Private>,
    /// Where both are found.
    pub evidence: Vec<Citation>,
}

/// An assessment of one competency.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftCompetency {
    /// The criterion's name.
    pub name: String,
    /// 1 to 5; absent when the analyst does not rate it.
    pub rating: Option<u8>,
    /// Why.
    pub rationale: Private,
    /// The evidence.
    pub evidence: Vec<Citation>,
    /// What each part gave of a conversation that was read in parts. With it, the function
    /// that verifies the quotes learns which ratings rest on any. Empty where it was read whole.
    pub parts: Vec<PartRating>,
}

/// A rating by one part of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct PartRating {
    /// 1 to 5.
    pub rating: u8,
    /// Why.
    pub rationale: Private,
    /// The evidence.
    pub evidence: Vec<Citation>,
}

/// Tokens as the provider counts them, and how well the model kept to the format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written, reasoning not included.
    pub output_tokens: u64,
    /// Tokens of the model's reasoning.
    pub thinking_tokens: u64,
    /// Answers that were not the JSON that was requested: read with repairs, or requested
    /// once more. Left out where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repairs: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
pub(crate) const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Something the reader of an analysis should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Warning {
    /// A stable word for programs.
    pub code: String,
    /// For people to read.
    pub message: String,
}

/// The code of the warning that no language model was used, and so nothing was rated.
pub const NO_LANGUAGE_MODEL: &str = "no_language_model";

/// The analysis of an interview, every claim with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Analysis {
    /// The inputs it was made from.
    pub derived_from: Extended<DerivedFrom>,
    /// The engine, by its name in the settings.
    pub engine: String,
    /// The engine's model.
    pub model: String,
    /// The version of the prompt, or of the method.
    pub prompt_version: String,
    /// Tokens counted by the provider.
    pub usage: Extended<Usage>,
    /// The cost in US dollars; `null` where no price is known.
    pub cost_usd: Option<f64>,
    /// A few sentences; `null` where the engine has nothing to say.
    pub summary: Option<Private>,
    /// The key points.
    pub key_points: Vec<Claim>,
    /// The topics, in order.
    pub topics: Vec<Topic>,
    /// Questions and their answers.
    pub questions: Vec<Question>,
    /// Assessments by the rubric.
    pub competencies: Vec<Competency>,
    /// Strengths.
    pub strengths: Vec<Claim>,
    /// Concerns.
    pub concerns: Vec<Claim>,
    /// Suggested follow-up questions.
    pub follow_ups: Vec<Private>,
    /// The conversation measured by code.
    pub metrics: Metrics,
    /// Share of quotes that are verified or repaired, 0 to 1; `null` without quotes.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = 1)))]
    pub evidence_validity: Option<f64>,
    /// Warnings for the reader.
    pub warnings: Vec<Extended<Warning>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(
    Analysis,
    derived_from,
    usage,
    key_points,
    topics,
    questions,
    competencies,
    strengths,
    concerns,
    metrics,
    warnings
);

/// A claim with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Claim {
    /// The claim.
    pub text: Private,
    /// The evidence.
    pub evidence: Vec<Evidence>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Claim, evidence);

/// A quote after it has been looked up in the transcript's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// The real words where found, the claimed ones where not.
    pub quote: Private,
    /// Whether it was found: word for word, with small differences, or not at all.
    pub status: EvidenceStatus,
    /// The speaker; `null` where it was not found.
    pub speaker: Option<u32>,
    /// When its first word begins; `null` where it was not found.
    pub start_ms: Option<u64>,
    /// When its last word ends; `null` where it was not found.
    pub end_ms: Option<u64>,
    /// The turn it is found in; `null` where it was not found.
    pub turn: Option<u32>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Evidence, status);

open_enum! {
    /// Whether a quote exists.
    pub enum EvidenceStatus, unknown as Unverified {
        /// Found word for word.
        Verified = "verified",
        /// Found but for case, punctuation or a few words, and replaced by the real ones.
        Repaired = "repaired",
        /// Not found: shown as such, and of no weight.
        Unverified = "unverified",
    }
}

/// A stretch of the recording about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Topic {
    /// A few words.
    pub title: Private,
    /// When its first turn begins.
    pub start_ms: u64,
    /// When its last turn ends.
    pub end_ms: u64,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Topic);

/// A question and what was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Question {
    /// The question as asked.
    pub question: Private,
    /// The answer in short; `null` where there was none.
    pub answer: Option<Private>,
    /// Where both are found.
    pub evidence: Vec<Evidence>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Question, evidence);

/// An assessment of one competency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Competency {
    /// The criterion's name.
    pub name: String,
    /// Whether it could be assessed.
    pub status: CompetencyStatus,
    /// 1 to 5; `null` unless it is assessed.
    #[cfg_attr(feature = "openapi", schemars(range(min = 1, max = 5)))]
    pub rating: Option<u8>,
    /// Why, or why not.
    pub rationale: Private,
    /// The evidence.
    pub evidence: Vec<Evidence>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

impl StripUnknown for Competency {
    fn strip(&mut self, found: &mut Vec<Unknown>) {
        if matches!(self.status, CompetencyStatus::Unknown(_)) {
            self.rating = None;
        }
        self.status.strip(found);
        self.evidence.strip(found);
        self.unknown.strip(found);
    }
}

open_enum! {
    /// Whether a competency could be assessed.
    pub enum CompetencyStatus, unknown as NotAssessed {
        /// Rated, on verified evidence.
        Assessed = "assessed",
        /// The engine had something to say but no verified evidence for it.
        InsufficientEvidence = "insufficient_evidence",
        /// The engine does not rate, or the transcript is below the quality gate.
        NotAssessed = "not_assessed",
    }
}

/// The conversation measured from the words by code, whatever the engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Metrics {
    /// Length of the recording.
    pub duration_ms: u64,
    /// Time in which at least one speaker speaks.
    pub speech_ms: u64,
    /// Time in which no speaker speaks.
    pub silence_ms: u64,
    /// Turns, neighbours of the same speaker joined, without what is said while another
    /// speaks on.
    pub turns: u64,
    /// How far the transcript can be trusted.
    pub quality: Quality,
    /// By speaker id.
    pub speakers: BTreeMap<u32, SpeakerMetrics>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Metrics, quality, speakers);

/// One speaker's part in the conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SpeakerMetrics {
    /// Time covered by this speaker's words, pauses of up to half a second included.
    pub talk_ms: u64,
    /// Share of all speakers' talk time, 0 to 1.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = 1)))]
    pub talk_share: f64,
    /// Number of words.
    pub words: u64,
    /// Pace: words per minute of this speaker's talk time.
    pub words_per_minute: f64,
    /// The longest stretch without another speaker's turn.
    pub longest_monologue_ms: u64,
    /// Median time between the other's last word and this speaker's first; `null` without
    /// such a change of turns.
    pub response_delay_ms: Option<u64>,
    /// How often this speaker began while another was speaking and took the turn.
    pub interruptions: u64,
    /// Number of filler words such as "um" and "you know".
    pub fillers: u64,
    /// Number of questions asked.
    pub questions: u64,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(SpeakerMetrics);
