//! Languages as servers spell them, and the language of a recording as far as it
//! is known.

use std::collections::BTreeMap;

use domain::language;
use parking_lot::Mutex;

/// How long a language must have been recognised without another in between to be
/// requested for what follows, in milliseconds: a word or two sounds like any language.
const LONG_ENOUGH_MS: u64 = 5_000;

/// The language of one recording or conversation.
#[derive(Debug)]
pub(super) struct Language(Mutex<State>);

#[derive(Debug, Clone, Default)]
struct State {
    /// The code to send, and to report.
    code: Option<String>,
    /// How long it has been recognised, in milliseconds.
    recognized_ms: u64,
    /// How long each language has been recognised, in milliseconds, where several are spoken:
    /// then each piece is recognised for itself.
    several: Option<BTreeMap<String, u64>>,
}

impl State {
    fn is_settled(&self) -> bool {
        self.several.is_none() && self.recognized_ms >= LONG_ENOUGH_MS
    }
}

impl Language {
    /// The requested language as a BCP 47 tag, or [`MULTI`](domain::language::MULTI); none to
    /// recognise it.
    pub(super) fn new(tag: Option<&str>) -> Self {
        let single = language::single(tag);
        Self(Mutex::new(State {
            code: single.map(code_of_tag),
            recognized_ms: if single.is_some() { LONG_ENOUGH_MS } else { 0 },
            several: tag.is_some_and(language::is_multi).then(BTreeMap::new),
        }))
    }

    /// The code to request; none to let the server recognise the language.
    pub(super) fn to_request(&self) -> Option<String> {
        let state = self.0.lock();
        state.code.clone().filter(|_| state.is_settled())
    }

    /// Whether a piece should wait for those before it, which may settle the language.
    pub(super) fn is_sought(&self) -> bool {
        let state = self.0.lock();
        state.several.is_none() && !state.is_settled()
    }

    /// The language that was requested or recognised so far; of several the one that is spoken
    /// longest.
    pub(super) fn known(&self) -> Option<String> {
        let state = self.0.lock();
        let heard = state.several.iter().flatten();
        let longest = heard.max_by_key(|(_, heard_ms)| **heard_ms);
        longest.map_or_else(|| state.code.clone(), |(code, _)| Some(code.clone()))
    }

    /// Notes the language that a server reports for a piece of that length.
    pub(super) fn recognized(&self, reported: &str, length_ms: u64) {
        let Some(code) = code_of_report(reported) else {
            return;
        };
        let mut state = self.0.lock();
        if let Some(heard) = &mut state.several {
            *heard.entry(code).or_default() += length_ms;
            return;
        }
        if state.is_settled() {
            return;
        }
        if state.code.as_deref() != Some(&code) {
            state.recognized_ms = 0;
        }
        state.code = Some(code);
        state.recognized_ms += length_ms;
    }
}

/// The ISO 639 code of a BCP 47 tag, with the codes that Whisper uses instead.
fn code_of_tag(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or(tag);
    match primary.to_ascii_lowercase().as_str() {
        "nb" => "no".to_owned(),
        "fil" => "tl".to_owned(),
        "iw" => "he".to_owned(),
        other => other.to_owned(),
    }
}

/// The code of a language that a server reports: as a code, as a tag or by its
/// English name, which is what `OpenAI`, Groq and whisper.cpp do.
fn code_of_report(reported: &str) -> Option<String> {
    let reported = reported.trim().to_ascii_lowercase();
    let mut languages = NAMES.lines().filter_map(|line| line.split_once(' '));
    if let Some((code, _)) = languages.find(|(_, name)| *name == reported) {
        return Some(code.to_owned());
    }
    let code = code_of_tag(&reported);
    let is_code = (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase());
    is_code.then_some(code)
}

/// The codes and names that Whisper has for its languages, from `whisper/tokenizer.py`.
const NAMES: &str = include_str!("languages.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_codes_and_tags() {
        for (reported, expected) in [
            ("english", Some("en")),
            ("English", Some("en")),
            ("en", Some("en")),
            ("en-US", Some("en")),
            ("haitian creole", Some("ht")),
            ("yue", Some("yue")),
            ("", None),
            ("unknown", None),
            ("none at all", None),
        ] {
            assert_eq!(code_of_report(reported).as_deref(), expected, "{reported}");
        }
    }

    #[test]
    fn requested_language_is_kept() {
        let language = Language::new(Some("nb-NO"));
        language.recognized("danish", 60_000);
        assert_eq!(language.to_request().as_deref(), Some("no"));
        assert_eq!(language.known().as_deref(), Some("no"));
    }

    #[test]
    fn recognized_language_is_requested_after_five_seconds_in_agreement() {
        let language = Language::new(None);
        for (reported, length_ms, known, to_request) in [
            ("japanese", 3_000, "ja", None),
            ("german", 3_000, "de", None),
            ("de", 2_000, "de", Some("de")),
            ("japanese", 20_000, "de", Some("de")),
        ] {
            language.recognized(reported, length_ms);
            assert_eq!(language.known().as_deref(), Some(known));
            assert_eq!(language.to_request().as_deref(), to_request);
        }
    }

    #[test]
    fn of_several_languages_none_is_requested() {
        let language = Language::new(Some("multi"));
        for (reported, length_ms, known) in [
            ("german", 20_000, "de"),
            ("english", 15_000, "de"),
            ("en", 6_000, "en"),
        ] {
            assert!(!language.is_sought());
            language.recognized(reported, length_ms);
            assert_eq!(language.known().as_deref(), Some(known));
            assert_eq!(language.to_request(), None);
        }
    }
}
