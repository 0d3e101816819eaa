//! Whether a transcript is good enough to judge anybody by.
//!
//! Engines mean different things by confidence: Deepgram's is a probability,
//! whisper's a mean over tokens, pocketsphinx's a posterior of one word against
//! its rivals. All lie near 0.8 to 0.95 for clear speech (pocketsphinx gives 0.78
//! for `samples/interview.flac`, of which it hears most words right) and fall
//! below 0.6 when every other word is a guess. So the threshold is one for all,
//! and low enough not to prefer an engine.

use domain::{analysis::Warning, transcript::Quality};

/// Words below which nothing can be said about anybody: some twenty seconds of
/// speech, hardly one answer.
pub const LEAST_WORDS: u64 = 50;

/// Mean confidence below which too much is misheard.
pub const LEAST_CONFIDENCE: f32 = 0.6;

/// Share of the recording that must be speech. Interviews have 0.6 to 0.95; below
/// a tenth the engine has missed them, or there was none.
pub const LEAST_COVERAGE: f32 = 0.1;

/// Share of words in loops above which the engine has been inventing. People
/// repeat themselves; three times the same phrase in one breath is a loop.
pub const MOST_REPETITION: f32 = 0.1;

/// Why a transcript is below the gate; nothing when it is above.
pub fn objections(quality: &Quality) -> Vec<Warning> {
    [
        too_short(quality),
        low_confidence(quality),
        little_speech(quality),
        repetition_loops(quality),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn too_short(quality: &Quality) -> Option<Warning> {
    let words = quality.words;
    (words < LEAST_WORDS).then(|| {
        warning(
            "transcript_too_short",
            format!("the transcript has {words} words, fewer than {LEAST_WORDS}"),
        )
    })
}

fn low_confidence(quality: &Quality) -> Option<Warning> {
    let mean = quality.mean_confidence;
    is_below(mean, LEAST_CONFIDENCE).then(|| {
        warning(
            "low_confidence",
            format!(
                "the words were recognised with a mean confidence of {mean:.2}, \
                 less than {LEAST_CONFIDENCE}"
            ),
        )
    })
}

fn little_speech(quality: &Quality) -> Option<Warning> {
    let (is, least) = (quality.speech_coverage * 100.0, LEAST_COVERAGE * 100.0);
    is_below(quality.speech_coverage, LEAST_COVERAGE).then(|| {
        warning(
            "little_speech",
            format!("speech covers {is:.0} % of the recording, less than {least:.0} %"),
        )
    })
}

fn repetition_loops(quality: &Quality) -> Option<Warning> {
    let share = quality.repetition_share;
    (!is_below(share, MOST_REPETITION)).then(|| {
        warning(
            "repetition_loops",
            format!("{:.0} % of the words repeat the same phrase", share * 100.0),
        )
    })
}

/// What is no number, as a broken engine may give, is below everything.
fn is_below(value: f32, least: f32) -> bool {
    value.is_nan() || value < least
}

fn warning(code: &str, message: String) -> Warning {
    Warning {
        code: code.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::versions::UnknownFields;

    fn good() -> Quality {
        Quality {
            words: 500,
            mean_confidence: 0.9,
            low_confidence_share: 0.1,
            speech_coverage: 0.7,
            words_per_minute: 140.0,
            repetition_share: 0.0,
            unknown: UnknownFields::default(),
        }
    }

    fn codes(quality: &Quality) -> Vec<String> {
        let codes = objections(quality).into_iter().map(|warning| warning.code);
        codes.collect()
    }

    #[test]
    fn each_fault_is_named_and_a_good_transcript_has_none() {
        assert_eq!(codes(&good()), [""; 0]);
        let bad = Quality {
            repetition_share: 0.5,
            ..Quality::default()
        };
        assert_eq!(
            codes(&bad),
            [
                "transcript_too_short",
                "low_confidence",
                "little_speech",
                "repetition_loops"
            ]
        );
    }

    #[test]
    fn what_is_exactly_good_enough_passes() {
        let least = Quality {
            words: LEAST_WORDS,
            mean_confidence: LEAST_CONFIDENCE,
            speech_coverage: LEAST_COVERAGE,
            ..good()
        };
        assert_eq!(codes(&least), [""; 0]);
    }

    #[test]
    fn an_engine_that_gives_no_numbers_passes_nobody() {
        let broken = Quality {
            mean_confidence: f32::NAN,
            ..good()
        };
        assert_eq!(codes(&broken), ["low_confidence"]);
    }
}
