//! Whether a transcript can be relied on, decided by code when it is stored.
//!
//! Each [`UnusableReason`] is a fact about the transcript. Most make it unusable
//! (`ok` is false): too much of it is missing or wrong, so nothing is rated, whatever
//! the kind of conversation. [`UnusableReason::OneSpeaker`] only limits it (`ok` stays true): the
//! words can be right, but questions and answers cannot be told apart, so a job
//! interview is not rated, while summary, topics and quotes stand.
//!
//! Engines mean different things by confidence: Deepgram's is a probability,
//! whisper's a mean over tokens, pocketsphinx's a posterior of one word against
//! its rivals. All lie near 0.8 to 0.95 for clear speech and fall below 0.6 when every
//! other word is a guess. So the threshold is one for all, and low enough not to
//! prefer an engine.

mod language;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    interview::Kind,
    transcript::{Quality, Transcript, Word},
    versions::{UnknownFields, strip_unknown},
};

/// Words below which nothing can be said about a person: some twenty seconds of
/// speech, hardly one answer.
pub const LEAST_WORDS: u64 = 50;

/// Mean confidence below which too much is misheard.
pub const LEAST_CONFIDENCE: f32 = 0.6;

/// Share of the recording that must be speech. Interviews have 0.6 to 0.95; below
/// a tenth the engine has missed them, or there was none.
pub const LEAST_COVERAGE: f32 = 0.1;

/// Share of the measured speech that the words must cover. Words of clear speech
/// cover 0.8 and more; music on hold counts as speech where it is measured by
/// loudness, so half would refuse good transcripts of calls.
pub const LEAST_RECOGNISED: f32 = 0.4;

/// Measured speech below which its coverage says nothing, in milliseconds.
const LEAST_SPEECH_MS: u64 = 10_000;

/// Share of words in loops above which the engine has been inventing. People
/// repeat themselves; three times the same phrase in one breath is a loop.
pub const MOST_REPETITION: f32 = 0.1;

/// Whether a transcript can be relied on, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Usable {
    /// Whether the words can be relied on. If not, nothing is rated. With `one_speaker` alone
    /// it stays `true`, and a job interview is not rated.
    pub ok: bool,
    /// Codes of [`UnusableReason`], in its order; those of a later release are kept as they are.
    #[cfg_attr(feature = "openapi", schemars(description = UnusableReason::description()))]
    pub reasons: Vec<String>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Usable);

macro_rules! reasons {
    ($($name:ident, $word:literal, $limits:literal, $meaning:literal;)*) => {
        /// Why a transcript cannot be relied on, or not for everything.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum UnusableReason {
            $(#[doc = $meaning] $name,)*
        }

        impl UnusableReason {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code in the API.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// What it means, as a sentence.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)*
                }
            }

            /// All of them and what they mean, for the description of the API.
            #[cfg(feature = "openapi")]
            fn description() -> String {
                let about = "What was found, as stable words for programs; later releases may add some.";
                Self::ALL.iter().fold(about.to_owned(), |text, reason| {
                    format!("{text} `{}`: {}", reason.as_str(), reason.meaning())
                })
            }

            /// Whether the transcript stays usable, for some things only.
            pub const fn only_limits(self) -> bool {
                match self {
                    $(Self::$name => $limits,)*
                }
            }
        }
    };
}

reasons! {
    TranscriptTooShort, "transcript_too_short", false,
        "There are too few words to say anything about a person.";
    LowConfidence, "low_confidence", false,
        "Most words are guesses: the recording is too noisy for the speech engine, \
         or in a language that it does not know.";
    LittleSpeech, "little_speech", false,
        "There is hardly any speech in the recording.";
    SpeechMissed, "speech_missed", false,
        "Most of the speech in the recording was not recognised.";
    RepetitionLoops, "repetition_loops", false,
        "The speech engine repeated the same phrases, as it does where it recognises nothing.";
    LanguageMismatch, "language_mismatch", false,
        "The words do not look like the language that was given, or that the speech model \
         knows. Set `language` to the language that is spoken, or use a model that knows it.";
    OneSpeaker, "one_speaker", true,
        "Only one speaker was recognised where more are expected, so questions and \
         answers cannot be told apart. Set `speakers_expected`, or `--speakers 2` in the \
         command; record each speaker on a channel of their own; or correct the \
         speakers by PATCH.";
}

/// What [`judge`] goes by.
#[derive(Debug, Clone, Copy)]
pub struct Signals<'a> {
    /// What was measured of the words.
    pub quality: &'a Quality,
    /// The words.
    pub words: &'a [Word],
    /// Length of the recording.
    pub duration_ms: u64,
    /// How much of the recording holds speech, where the engine measures it.
    pub speech_ms: Option<u64>,
    /// The engine, by its name in the settings.
    pub engine: &'a str,
    /// The engine's model, which may know English alone.
    pub model: &'a str,
    /// The language that was given, as a BCP 47 tag.
    pub requested_language: Option<&'a str>,
    /// The language that the engine names, as a BCP 47 tag.
    pub recognised_language: Option<&'a str>,
    /// How many speakers there must be, see [`least_speakers`].
    pub least_speakers: u32,
}

/// How many speakers a conversation must have: as many as are expected, at most two,
/// for the exact number is a hint and no promise; without one, two of a job interview.
pub const fn least_speakers(kind: Kind, speakers_expected: Option<u32>) -> u32 {
    match (speakers_expected, kind) {
        (Some(0 | 1), _) => 1,
        (Some(_), _) | (None, Kind::JobInterview) => 2,
        (None, _) => 1,
    }
}

/// Judges a transcript.
pub fn judge(signals: &Signals<'_>) -> Usable {
    let quality = signals.quality;
    let found = |reason: &UnusableReason| match reason {
        UnusableReason::TranscriptTooShort => quality.words < LEAST_WORDS,
        UnusableReason::LowConfidence => is_below(quality.mean_confidence, LEAST_CONFIDENCE),
        UnusableReason::LittleSpeech => is_below(quality.speech_coverage, LEAST_COVERAGE),
        UnusableReason::SpeechMissed => is_speech_missed(signals),
        UnusableReason::RepetitionLoops => !is_below(quality.repetition_share, MOST_REPETITION),
        UnusableReason::LanguageMismatch => language::is_mismatch(signals),
        UnusableReason::OneSpeaker => speakers(signals.words) < signals.least_speakers,
    };
    Usable::from_reasons(UnusableReason::ALL.iter().copied().filter(found))
}

/// Judges a corrected transcript by what was judged of the recognised one. What the words say
/// is judged anew, and what only the engine could say stays.
pub fn corrected(
    recognized: &Usable,
    quality: &Quality,
    words: &[Word],
    least_speakers: u32,
) -> Usable {
    let anew = judge(&Signals {
        quality,
        words,
        duration_ms: 0,
        speech_ms: None,
        engine: "",
        model: "",
        requested_language: None,
        recognised_language: None,
        least_speakers,
    });
    let found = |reason: &UnusableReason| match reason {
        UnusableReason::SpeechMissed | UnusableReason::LanguageMismatch => recognized.has(*reason),
        reason => anew.has(*reason),
    };
    let reasons = UnusableReason::ALL.iter().copied().filter(found);
    Usable {
        unknown: recognized.unknown.clone(),
        ..Usable::from_reasons(reasons)
    }
}

/// What is not a number, as a broken engine may give, is below everything.
fn is_below(value: f32, least: f32) -> bool {
    value.is_nan() || value < least
}

/// By each channel's own measure two people who speak at once count twice: speech is
/// never longer than the recording.
#[expect(clippy::cast_precision_loss, reason = "a share of milliseconds")]
fn is_speech_missed(signals: &Signals<'_>) -> bool {
    let Some(speech_ms) = signals.speech_ms else {
        return false;
    };
    let speech_ms = speech_ms.min(signals.duration_ms);
    let covered_ms = signals.quality.speech_coverage * signals.duration_ms as f32;
    speech_ms >= LEAST_SPEECH_MS && is_below(covered_ms / speech_ms as f32, LEAST_RECOGNISED)
}

/// How many people say something; one where no word is left.
fn speakers(words: &[Word]) -> u32 {
    let ids: BTreeSet<u32> = words.iter().map(|word| word.speaker).collect();
    u32::try_from(ids.len()).unwrap_or(u32::MAX)
}

impl Usable {
    /// Of the reasons that were found.
    pub fn from_reasons(reasons: impl IntoIterator<Item = UnusableReason>) -> Self {
        let reasons: Vec<UnusableReason> = reasons.into_iter().collect();
        Self {
            ok: reasons.iter().all(|reason| reason.only_limits()),
            reasons: reasons
                .into_iter()
                .map(|reason| reason.as_str().to_owned())
                .collect(),
            unknown: UnknownFields::default(),
        }
    }

    /// Whether the reason is among them.
    pub fn has(&self, reason: UnusableReason) -> bool {
        self.reasons.iter().any(|code| code == reason.as_str())
    }

    /// The reasons that this release knows.
    pub fn known_reasons(&self) -> impl Iterator<Item = UnusableReason> {
        let all = UnusableReason::ALL.iter().copied();
        all.filter(|reason| self.has(*reason))
    }

    /// Whether people in such a conversation may be rated.
    pub fn permits_ratings(&self, kind: Kind) -> bool {
        self.ok && !(kind == Kind::JobInterview && self.has(UnusableReason::OneSpeaker))
    }
}

impl Transcript {
    /// Whether it can be relied on: as was stored with it, or judged now where it was
    /// stored by a release that did not.
    pub fn usable(&self, least_speakers: u32) -> Usable {
        self.head.usable.clone().unwrap_or_else(|| {
            judge(&Signals {
                quality: &self.head.quality,
                words: &self.words,
                duration_ms: self.head.duration_ms,
                speech_ms: None,
                engine: &self.head.engine,
                model: &self.head.model,
                requested_language: None,
                recognised_language: self.head.language.as_deref(),
                least_speakers,
            })
        })
    }
}

#[cfg(test)]
mod tests;
