//! What a transcript's reader is warned of, and why it gives no ratings.

use domain::{
    analysis::Warning,
    interview::Kind,
    transcript::Quality,
    usable::{LEAST_CONFIDENCE, LEAST_COVERAGE, LEAST_WORDS, UnusableReason, Usable},
};

/// A warning for each reason, with its figures where it has any.
pub(crate) fn warnings(usable: &Usable, quality: &Quality) -> Vec<Warning> {
    let warnings = usable.known_reasons().map(|reason| Warning {
        code: reason.as_str().to_owned(),
        message: message(reason, quality),
    });
    warnings.collect()
}

fn message(reason: UnusableReason, quality: &Quality) -> String {
    match reason {
        UnusableReason::TranscriptTooShort => format!(
            "the transcript has {} words, fewer than {LEAST_WORDS}",
            quality.words
        ),
        UnusableReason::LowConfidence => format!(
            "the words were recognised with a mean confidence of {:.2}, less than {LEAST_CONFIDENCE}: \
             the recording may be too noisy for the speech engine, or in a language that it does not know",
            quality.mean_confidence
        ),
        UnusableReason::LittleSpeech => format!(
            "speech covers {:.0} % of the recording, less than {:.0} %",
            quality.speech_coverage * 100.0,
            LEAST_COVERAGE * 100.0
        ),
        UnusableReason::RepetitionLoops => format!(
            "{:.0} % of the words repeat the same phrase",
            quality.repetition_share * 100.0
        ),
        UnusableReason::SpeechMissed
        | UnusableReason::LanguageMismatch
        | UnusableReason::OneSpeaker => in_a_line(reason.meaning()),
    }
}

/// A sentence as warnings are written: in lower case, without the last full stop.
fn in_a_line(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut characters = sentence.chars();
    let first = characters
        .next()
        .map(|first| first.to_lowercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

/// Why nothing is rated, where that is so.
pub(crate) fn refusal(usable: &Usable, kind: Kind) -> Option<&'static str> {
    if usable.permits_ratings(kind) {
        None
    } else if usable.ok {
        Some("the speakers were not told apart, so the answers cannot be told from the questions")
    } else {
        Some("the transcript is too unreliable to rate anyone")
    }
}
