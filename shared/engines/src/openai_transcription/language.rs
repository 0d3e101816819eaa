//! Languages as servers spell them, and the language of a recording as far as it
//! is known.

use domain::language;
use parking_lot::Mutex;

use crate::spoken_language::{SpokenLanguage, code_of_tag};

/// The language of one recording or conversation.
#[derive(Debug)]
pub(super) struct Language(Mutex<SpokenLanguage<String>>);

impl Language {
    /// The requested language as a BCP 47 tag, or [`MULTI`](domain::language::MULTI); none to
    /// recognise it.
    pub(super) fn new(tag: Option<&str>) -> Self {
        let requested = language::single(tag).map(code_of_tag);
        let are_several = tag.is_some_and(language::is_multi);
        Self(Mutex::new(SpokenLanguage::new(requested, are_several)))
    }

    /// The code to request; none to let the server recognise the language.
    pub(super) fn to_request(&self) -> Option<String> {
        self.0.lock().expected()
    }

    /// Whether a piece should wait for those before it, which may settle the language.
    pub(super) fn is_sought(&self) -> bool {
        self.0.lock().is_sought()
    }

    /// The language that was requested or recognised so far; of several the one that is spoken
    /// longest.
    pub(super) fn known(&self) -> Option<String> {
        self.0.lock().main()
    }

    /// Notes the language that a server reports for a piece of that length.
    pub(super) fn recognized(&self, reported: &str, length_ms: u64) {
        if let Some(code) = code_of_report(reported) {
            self.0.lock().detected(code, length_ms);
        }
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
