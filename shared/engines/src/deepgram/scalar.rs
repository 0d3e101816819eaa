//! A value that is read whatever it is.
//!
//! The provider's documents and its answers disagree about what is there and of
//! which type, so each leaf is kept as the JSON it came as and read when it is used.

use serde::Deserialize;
use serde_json::value::RawValue;

/// A leaf of an answer; one that is missing or of another type than asked for counts as
/// absent.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Scalar<'a>(#[serde(borrow)] Option<&'a RawValue>);

/// The longest time that makes sense, in seconds.
const LONGEST: f64 = 1e6;

impl<'a> Scalar<'a> {
    fn read<T: Deserialize<'a>>(self) -> Option<T> {
        serde_json::from_str(self.0?.get()).ok()
    }

    /// A text that is not blank.
    pub(crate) fn text(self) -> Option<String> {
        let text: String = self.read()?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A name or code of the provider's, of at most 64 plain characters.
    pub(crate) fn name(self) -> Option<String> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_. ".contains(&byte);
        self.text()
            .filter(|text| text.len() <= 64 && text.bytes().all(known))
    }

    /// Whether it says yes.
    pub(crate) fn is_true(self) -> bool {
        self.read() == Some(true)
    }

    /// A probability, brought between 0 and 1.
    #[expect(clippy::cast_possible_truncation, reason = "needs no more than f32")]
    pub(crate) fn probability(self) -> Option<f32> {
        let number: f64 = self.read()?;
        Some(number.clamp(0.0, 1.0) as f32)
    }

    /// Seconds as milliseconds; a time before the start is the start.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "limited before"
    )]
    pub(crate) fn millis(self) -> Option<u64> {
        let seconds: f64 = self.read().filter(|seconds| *seconds < LONGEST)?;
        Some((seconds.max(0.0) * 1_000.0).round() as u64)
    }

    /// A number to tell speakers or channels by.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "limited before"
    )]
    pub(crate) fn index(self) -> Option<u32> {
        let number: f64 = self.read().filter(|n| (0.0..65_536.0).contains(n))?;
        Some(number as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(json: &str) -> Scalar<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn invalid_times_are_none() {
        for (json, expected) in [
            ("5.9899998", Some(5_990)),
            ("7", Some(7_000)),
            ("-0.02", Some(0)),
            ("1e300", None),
            ("1e999", None),
            ("\"7\"", None),
            ("null", None),
            ("[1, {\"a\": 2}]", None),
            ("{\"a\": [2]}", None),
        ] {
            assert_eq!(scalar(json).millis(), expected, "{json}");
        }
        assert_eq!(Scalar::default().millis(), None);
    }

    #[test]
    fn texts_are_trimmed_and_names_are_plain() {
        assert_eq!(scalar("\" \\u00e9 \"").text().as_deref(), Some("\u{e9}"));
        assert_eq!(scalar("\"  \"").text(), None);
        assert_eq!(scalar("\"nova-3\"").name().as_deref(), Some("nova-3"));
        assert_eq!(scalar("\"a\\nb\"").name(), None);
    }

    #[test]
    fn speakers_and_probabilities_are_kept_within_bounds() {
        assert_eq!(scalar("3").index(), Some(3));
        assert_eq!(scalar("-1").index(), None);
        assert_eq!(scalar("4294967296").index(), None);
        assert_eq!(scalar("1.5").probability(), Some(1.0));
        assert_eq!(scalar("true").probability(), None);
        assert!(scalar("true").is_true() && !scalar("1").is_true());
    }
}
