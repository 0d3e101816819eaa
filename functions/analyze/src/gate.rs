//! Whether a transcript is good enough to judge anybody by.

use domain::{analysis::Warning, transcript::Quality};

/// Words below which nothing can be said about anybody.
const LEAST_WORDS: u64 = 50;

/// Mean confidence below which too much is misheard.
const LEAST_CONFIDENCE: f32 = 0.6;

/// Share of the recording that must be speech.
const LEAST_COVERAGE: f32 = 0.1;

/// Share of words in loops above which the engine has been inventing.
const MOST_REPETITION: f32 = 0.1;

/// Why a transcript is below the gate; nothing when it is above.
pub fn objections(quality: &Quality) -> Vec<Warning> {
    let checks = [
        (
            quality.words < LEAST_WORDS,
            "transcript_too_short",
            format!(
                "the transcript has {} words, fewer than {LEAST_WORDS}",
                quality.words
            ),
        ),
        (
            quality.mean_confidence < LEAST_CONFIDENCE,
            "low_confidence",
            format!(
                "the words were recognised with a mean confidence of {:.2}, less than {LEAST_CONFIDENCE}",
                quality.mean_confidence
            ),
        ),
        (
            quality.speech_coverage < LEAST_COVERAGE,
            "little_speech",
            format!(
                "speech covers {:.0} % of the recording, less than {:.0} %",
                quality.speech_coverage * 100.0,
                LEAST_COVERAGE * 100.0
            ),
        ),
        (
            quality.repetition_share > MOST_REPETITION,
            "repetition_loops",
            format!(
                "{:.0} % of the words repeat the same phrase",
                quality.repetition_share * 100.0
            ),
        ),
    ];
    checks
        .into_iter()
        .filter(|(fails, ..)| *fails)
        .map(|(_, code, message)| Warning {
            code: code.to_owned(),
            message,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_named_and_a_good_transcript_has_none() {
        let good = Quality {
            words: 500,
            mean_confidence: 0.9,
            low_confidence_share: 0.1,
            speech_coverage: 0.7,
            words_per_minute: 140.0,
            repetition_share: 0.0,
        };
        assert_eq!(objections(&good), []);
        let bad = Quality {
            repetition_share: 0.5,
            ..Quality::default()
        };
        let codes: Vec<String> = objections(&bad)
            .into_iter()
            .map(|warning| warning.code)
            .collect();
        assert_eq!(
            codes,
            [
                "transcript_too_short",
                "low_confidence",
                "little_speech",
                "repetition_loops"
            ]
        );
    }
}
