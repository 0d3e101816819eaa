//! A value that is read whatever it is.
//!
//! The provider's documents and its answers disagree about what is there and of
//! which type, so each leaf is taken as it comes and asked afterwards. Texts are
//! borrowed from the answer where they can be.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// A text, a number, a truth value, or anything else, which counts as absent.
#[derive(Clone, Default)]
pub(crate) enum Scalar<'a> {
    Text(Cow<'a, str>),
    Number(f64),
    Flag(bool),
    #[default]
    Other,
}

/// The longest time that makes sense, in seconds.
const LONGEST: f64 = 1e6;

impl Scalar<'_> {
    /// A text that is not blank.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// A name or code of the provider's, of at most 64 plain characters.
    pub(crate) fn name(&self) -> Option<&str> {
        let plain = |text: &&str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_. ".contains(&byte);
            text.len() <= 64 && text.bytes().all(known)
        };
        self.text().filter(plain)
    }

    /// Whether it says yes.
    pub(crate) const fn is_true(&self) -> bool {
        matches!(self, Self::Flag(true))
    }

    /// A probability, brought between 0 and 1.
    #[expect(clippy::cast_possible_truncation, reason = "needs no more than f32")]
    pub(crate) fn probability(&self) -> Option<f32> {
        match self {
            Self::Number(number) if number.is_finite() => Some(number.clamp(0.0, 1.0) as f32),
            _ => None,
        }
    }

    /// Seconds as milliseconds; a time before the start is the start.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "limited before"
    )]
    pub(crate) fn millis(&self) -> Option<u64> {
        match self {
            Self::Number(seconds) if *seconds < LONGEST => {
                Some((seconds.max(0.0) * 1_000.0).round() as u64)
            }
            _ => None,
        }
    }

    /// A number to tell speakers or channels by.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "limited before"
    )]
    pub(crate) fn index(&self) -> Option<u32> {
        match self {
            Self::Number(number) if (0.0..65_536.0).contains(number) => Some(*number as u32),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Scalar<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "times and indices are small")]
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "times and indices are small")]
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number as f64))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Flag(flag))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
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
            ("\"7\"", None),
            ("null", None),
            ("[1, {\"a\": 2}]", None),
            ("{\"a\": [2]}", None),
        ] {
            assert_eq!(scalar(json).millis(), expected, "{json}");
        }
        assert_eq!(Scalar::Number(f64::NAN).millis(), None);
    }

    #[test]
    fn texts_are_borrowed_where_they_can_be() {
        assert!(matches!(
            scalar("\"plain\""),
            Scalar::Text(Cow::Borrowed("plain"))
        ));
        assert_eq!(scalar("\" \\u00e9 \"").text(), Some("\u{e9}"));
        assert_eq!(scalar("\"  \"").text(), None);
        assert_eq!(scalar("\"nova-3\"").name(), Some("nova-3"));
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
