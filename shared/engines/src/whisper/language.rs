//! Which language a model is to listen for.

use domain::{
    language,
    steps::{Code, StepError},
};
use whisper::LANGUAGES;

use crate::spoken_language::{self, LONG_ENOUGH_MS, code_of_tag};

/// The language of a recording as far as it is known, as the model spells it.
pub(super) type WhisperLanguage = spoken_language::SpokenLanguage<&'static str>;

impl WhisperLanguage {
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
        Ok(Self::new(known, several))
    }

    /// The language that was set, or recognised last.
    pub(super) const fn known(&self) -> Option<&'static str> {
        self.known
    }

    /// Continues with a language that an earlier attempt detected.
    pub(super) fn resume_with(&mut self, language: Option<&str>) {
        if let Some(language) = language.and_then(code).filter(|_| self.known.is_none()) {
            self.detected(language, LONG_ENOUGH_MS);
        }
    }
}

/// The model's code for the language of a tag.
fn code(tag: &str) -> Option<&'static str> {
    let code = code_of_tag(tag);
    let spelled = if code == "jv" { "jw" } else { &code };
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
            let wanted = WhisperLanguage::from_tag(Some(tag), true);
            let wanted = wanted.ok().and_then(|language| language.expected());
            assert_eq!(wanted, expected, "{tag:?}");
        }
    }

    #[test]
    fn an_english_model_refuses_other_languages_and_recognises_none() {
        for tag in ["de", "multi"] {
            let refused = WhisperLanguage::from_tag(Some(tag), false).unwrap_err();
            assert_eq!(refused.code, "language_not_supported", "{tag}");
        }
        for tag in [None, Some("en-GB")] {
            let language = WhisperLanguage::from_tag(tag, false).unwrap();
            assert_eq!(language.expected(), Some("en"));
        }
    }

    #[test]
    fn short_windows_settle_the_language_when_they_agree() {
        let mut language = WhisperLanguage::from_tag(None, true).unwrap();
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
        let mut language = WhisperLanguage::from_tag(Some("multi"), true).unwrap();
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
