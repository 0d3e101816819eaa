//! Which language a model is to listen for.

use std::collections::BTreeMap;

use domain::{
    language,
    steps::{Code, StepError},
};
use whisper::LANGUAGES;

/// How long a language must have been recognised without another in between to
/// hold for what follows, in milliseconds: a word or two sounds like any language.
const LONG_ENOUGH_MS: u64 = 5_000;

/// The language of a recording as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SpokenLanguage {
    /// The newest that was given or recognised, as the model spells it.
    known: Option<&'static str>,
    /// How long that has been recognised, in milliseconds.
    heard_ms: u64,
    /// How long each language has been recognised, in milliseconds, where several are spoken:
    /// then each window is recognised for itself.
    several: Option<BTreeMap<&'static str, u64>>,
}

impl SpokenLanguage {
    /// The requested language as a BCP 47 tag, [`MULTI`](domain::language::MULTI), or detection;
    /// `multilingual` says whether the model knows more than English.
    pub(super) fn from_tag(tag: Option<&str>, multilingual: bool) -> Result<Self, StepError> {
        let several = tag.is_some_and(language::is_multi);
        let known = match language::single(tag) {
            Some(tag) => Some(code(tag).ok_or_else(|| unsupported(tag, "a hundred others"))?),
            None if multilingual => None,
            None => Some("en"),
        };
        if !multilingual && (several || known != Some("en")) {
            return Err(unsupported(tag.unwrap_or_default(), "English alone"));
        }
        Ok(Self {
            known,
            heard_ms: if known.is_some() { LONG_ENOUGH_MS } else { 0 },
            several: several.then(BTreeMap::new),
        })
    }

    /// What to listen for; none to recognise it.
    pub(super) fn expected(&self) -> Option<&'static str> {
        let settled = self.several.is_none() && self.heard_ms >= LONG_ENOUGH_MS;
        self.known.filter(|_| settled)
    }

    /// The language that was set, or recognised last.
    pub(super) const fn known(&self) -> Option<&'static str> {
        self.known
    }

    /// The language that was set, or is spoken longest.
    pub(super) fn main(&self) -> Option<&'static str> {
        let heard = self.several.iter().flatten();
        let longest = heard.max_by_key(|(_, heard_ms)| **heard_ms);
        longest.map(|(language, _)| *language).or(self.known)
    }

    /// Continues with a language that an earlier attempt detected.
    pub(super) fn resume_with(&mut self, language: Option<&str>) {
        if let Some(language) = language.and_then(code).filter(|_| self.known.is_none()) {
            self.detected(language, LONG_ENOUGH_MS);
        }
    }

    /// Records the language that was detected in a window of that length, unless the
    /// language was known before.
    pub(super) fn detected(&mut self, language: &'static str, length_ms: u64) {
        if let Some(heard) = &mut self.several {
            *heard.entry(language).or_default() += length_ms;
        }
        if self.expected().is_some() {
            return;
        }
        if self.known != Some(language) {
            self.heard_ms = 0;
        }
        self.known = Some(language);
        self.heard_ms += length_ms;
    }
}

/// The model's code for the language of a tag.
fn code(tag: &str) -> Option<&'static str> {
    let primary = tag.split(['-', '_']).next()?.to_ascii_lowercase();
    let spelled = match primary.as_str() {
        "nb" => "no",
        "fil" => "tl",
        "jv" => "jw",
        "iw" => "he",
        other => other,
    };
    LANGUAGES.into_iter().find(|known| *known == spelled)
}

fn unsupported(tag: &str, known: &str) -> StepError {
    StepError::permanent(
        Code::LanguageNotSupported,
        format!("`{tag}` is no language of this model, which knows {known}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_as_the_model_spells_its_language() {
        for (tag, expected) in [
            ("de-CH", Some("de")),
            ("EN_us", Some("en")),
            ("nb-NO", Some("no")),
            ("zh-Hant-TW", Some("zh")),
            ("yue", Some("yue")),
            ("german", None),
            ("tlh", None),
            ("e\0", None),
            ("", None),
        ] {
            let wanted = SpokenLanguage::from_tag(Some(tag), true);
            let wanted = wanted.ok().and_then(|language| language.expected());
            assert_eq!(wanted, expected, "{tag:?}");
        }
    }

    #[test]
    fn an_english_model_refuses_other_languages_and_recognises_none() {
        for tag in ["de", "multi"] {
            let refused = SpokenLanguage::from_tag(Some(tag), false).unwrap_err();
            assert_eq!(refused.code, "language_not_supported", "{tag}");
        }
        for tag in [None, Some("en-GB")] {
            let language = SpokenLanguage::from_tag(tag, false).unwrap();
            assert_eq!(language.expected(), Some("en"));
        }
    }

    #[test]
    fn short_windows_settle_the_language_when_they_agree() {
        let mut language = SpokenLanguage::from_tag(None, true).unwrap();
        let [de, ja] = ["de", "ja"];
        for (id, length_ms, known, expected) in [
            (ja, 3_000, "ja", None),
            (de, 3_000, "de", None),
            (de, 1_000, "de", None),
            (de, 1_000, "de", Some("de")),
            (ja, 20_000, "de", Some("de")),
        ] {
            language.detected(id, length_ms);
            assert_eq!(
                (language.known(), language.expected()),
                (Some(known), expected)
            );
        }
    }

    #[test]
    fn of_several_languages_each_window_is_recognised_for_itself() {
        let mut language = SpokenLanguage::from_tag(Some("multi"), true).unwrap();
        for (heard, length_ms, main) in [
            ("de", 20_000, "de"),
            ("en", 15_000, "de"),
            ("en", 6_000, "en"),
        ] {
            assert_eq!(language.expected(), None);
            language.detected(heard, length_ms);
            assert_eq!(
                (language.known(), language.main()),
                (Some(heard), Some(main))
            );
        }
    }
}
