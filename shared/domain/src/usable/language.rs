//! Whether the words are of the language that they should be of.
//!
//! A multilingual model that is free to choose writes another language than the one
//! that was given, which the words show. A model that is forced to a language, or knows
//! English alone, invents fluent words of that language: then its confidence is all
//! that shows it. Figures of whisper's tiny.en and base, forced to English: 0.16 to 0.45 for
//! German, Spanish and Russian, 0.89 for an English telephone call.

use whatlang::detect;

use super::Signals;
use crate::text::joined;

/// Below this number of words the language is not checked.
const LEAST_WORDS: usize = 30;

/// Words that are looked at: a language shows in a few hundred.
const MOST_WORDS: usize = 2_000;

/// How sure the detection must be, 0 to 1.
const LEAST_CERTAINTY: f64 = 0.9;

/// The engine that writes fluent words of the language it is forced to, and doubts them.
const FLUENT_ENGINE: &str = "whisper";

/// Mean confidence at or below which such an engine does not understand the language.
const NOT_UNDERSTOOD: f32 = 0.5;

/// ISO 639-1 codes, as language tags begin, and the codes of the languages that their
/// words distinguish.
const CODES: &str = "af afr ak aka am amh ar ara az aze be bel bn ben bg bul ca cat cs ces \
    cy cym da dan de deu el ell en eng eo epo es spa et est fa pes fi fin fr fra gu guj he heb \
    hi hin hr hrv hu hun hy hye id ind it ita ja jpn jv jav ka kat km khm kn kan ko kor la lat \
    lt lit lv lav mk mkd ml mal mr mar my mya nb nob nn nob ne nep nl nld no nob or ori pa pan pl pol \
    pt por ro ron ru rus si sin sk slk sl slv sn sna sr srp sv swe ta tam te tel th tha tk tuk \
    tl tgl tr tur uk ukr ur urd uz uzb vi vie yi yid zh cmn zu zul";

/// Languages whose short texts are taken for each other.
const ALIKE: [&[&str]; 8] = [
    &["dan", "nob", "swe"],
    &["hrv", "srp", "slv", "mkd", "bul"],
    &["ces", "slk"],
    &["rus", "ukr", "bel", "bul", "mkd", "srp"],
    &["ind", "jav"],
    &["spa", "por", "cat", "ita"],
    &["afr", "nld"],
    &["hin", "mar", "nep"],
];

pub(super) fn is_mismatch(signals: &Signals<'_>) -> bool {
    let english_only = is_english_only(signals.engine, signals.model).then_some("en");
    let Some(expected) = english_only
        .or(signals.requested_language)
        .or(signals.recognised_language)
    else {
        return false;
    };
    let differs = |tag: Option<&str>| {
        let both = tag.and_then(code).zip(code(expected));
        both.is_some_and(|(tag, expected)| !is_like(expected, tag))
    };
    differs(signals.requested_language)
        || differs(signals.recognised_language)
        || is_not_understood(signals, english_only.is_some())
        || is_written_in_another(signals, expected)
}

/// Whisper's English models are named so: `tiny.en`, `ggml-base.en-q5_1`.
fn is_english_only(engine: &str, model: &str) -> bool {
    engine == FLUENT_ENGINE && model.split(['.', '-', '_']).any(|part| part == "en")
}

/// Whether a model that writes fluent words of the language it is forced to doubts most
/// of them. pocketsphinx also does so with the right language, where a line is noisy.
fn is_not_understood(signals: &Signals<'_>, english_only: bool) -> bool {
    let forced = english_only || signals.requested_language.is_some();
    let confidence = signals.quality.mean_confidence;
    forced && signals.engine == FLUENT_ENGINE && confidence <= NOT_UNDERSTOOD
}

fn is_written_in_another(signals: &Signals<'_>, expected: &str) -> bool {
    let words = &signals.words[..signals.words.len().min(MOST_WORDS)];
    let Some(expected) = code(expected) else {
        return false;
    };
    if words.len() < LEAST_WORDS {
        return false;
    }
    let text = joined(words.iter().map(|word| word.text.reveal()));
    detect(&text).is_some_and(|found| {
        found.confidence() >= LEAST_CERTAINTY && !is_like(expected, found.lang().code())
    })
}

fn is_like(expected: &str, found: &str) -> bool {
    let alike = |group: &&[&str]| group.contains(&expected) && group.contains(&found);
    expected == found || ALIKE.iter().any(alike)
}

/// The language of a tag: `en` of `en-GB`.
fn primary(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or(tag);
    primary.to_ascii_lowercase()
}

/// By what name the detection knows the language, if it does.
fn code(tag: &str) -> Option<&'static str> {
    let primary = primary(tag);
    let mut codes = CODES.split_whitespace();
    while let (Some(short), Some(long)) = (codes.next(), codes.next()) {
        if short == primary || long == primary {
            return Some(long);
        }
    }
    None
}
