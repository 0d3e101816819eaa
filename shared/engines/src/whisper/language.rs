//! Which language a model is to listen for.

use domain::steps::{Code, StepError};
use whisper_rs::{get_lang_id, get_lang_str};

/// How long a language must have been recognised without another in between to
/// hold for what follows, in milliseconds: a word or two sounds like any language.
const LONG_ENOUGH_MS: u64 = 5_000;

/// The language of a recording as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Language {
    /// The newest that was given or recognised, in whisper.cpp's spelling.
    known: Option<&'static str>,
    /// How long that has been recognised, in milliseconds.
    heard_ms: u64,
}

impl Language {
    /// The language that is asked for as a BCP 47 tag, or whatever will be
    /// spoken; `multilingual` says whether the model knows more than English.
    pub(super) fn wanted(tag: Option<&str>, multilingual: bool) -> Result<Self, StepError> {
        let known = match tag {
            Some(tag) => Some(code(tag).ok_or_else(|| unsupported(tag, "a hundred others"))?),
            None if multilingual => None,
            None => Some("en"),
        };
        if !multilingual && known != Some("en") {
            return Err(unsupported(tag.unwrap_or_default(), "English alone"));
        }
        let heard_ms = if known.is_some() { LONG_ENOUGH_MS } else { 0 };
        Ok(Self { known, heard_ms })
    }

    /// What to listen for; none to recognise it.
    pub(super) const fn expected(self) -> Option<&'static str> {
        if self.heard_ms >= LONG_ENOUGH_MS {
            self.known
        } else {
            None
        }
    }

    /// What was given or recognised so far.
    pub(super) const fn known(self) -> Option<&'static str> {
        self.known
    }

    /// Takes note of the language that was recognised in a window of that length,
    /// unless it was known what to listen for.
    pub(super) fn recognised(&mut self, id: i32, length_ms: u64) {
        let Some(language) = get_lang_str(id).filter(|_| self.expected().is_none()) else {
            return;
        };
        let before_ms = if self.known == Some(language) {
            self.heard_ms
        } else {
            0
        };
        *self = Self {
            known: Some(language),
            heard_ms: before_ms + length_ms,
        };
    }
}

/// whisper.cpp's code for the language of a tag.
fn code(tag: &str) -> Option<&'static str> {
    let primary = tag.split(['-', '_']).next()?.to_ascii_lowercase();
    let spelled = match primary.as_str() {
        "nb" => "no",
        "fil" => "tl",
        "jv" => "jw",
        "iw" => "he",
        other => other,
    };
    // The library also takes English names and stops at a null byte with a panic.
    let plain = (2..=3).contains(&spelled.len()) && spelled.bytes().all(|b| b.is_ascii_lowercase());
    plain
        .then(|| get_lang_id(spelled))
        .flatten()
        .and_then(get_lang_str)
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
            let wanted = Language::wanted(Some(tag), true);
            assert_eq!(
                wanted.ok().and_then(Language::expected),
                expected,
                "{tag:?}"
            );
        }
    }

    #[test]
    fn an_english_model_refuses_other_languages_and_recognises_none() {
        let refused = Language::wanted(Some("de"), false).unwrap_err();
        assert_eq!(refused.code, "language_not_supported");
        for tag in [None, Some("en-GB")] {
            let language = Language::wanted(tag, false).unwrap();
            assert_eq!(language.expected(), Some("en"));
        }
    }

    #[test]
    fn short_windows_settle_the_language_when_they_agree() {
        let mut language = Language::wanted(None, true).unwrap();
        let [de, ja] = ["de", "ja"].map(|code| get_lang_id(code).unwrap());
        for (id, length_ms, known, expected) in [
            (ja, 3_000, "ja", None),
            (de, 3_000, "de", None),
            (de, 1_000, "de", None),
            (de, 1_000, "de", Some("de")),
            (ja, 20_000, "de", Some("de")),
        ] {
            language.recognised(id, length_ms);
            assert_eq!(
                (language.known(), language.expected()),
                (Some(known), expected)
            );
        }
    }
}
