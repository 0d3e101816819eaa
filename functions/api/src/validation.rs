//! What a client may send: each limit and pattern is a constant here or beside its type, which
//! the validator and the description of the API share.

use std::sync::LazyLock;

use domain::{
    ErrorCode, Private, RecordedAt, Timestamp,
    analysis::{
        Criterion, MAX_ANCHOR, MAX_COMPETENCIES, MAX_COMPETENCY_DESCRIPTION, MAX_COMPETENCY_NAME,
        MAX_WEIGHT, Rubric,
    },
    language::MULTI,
    tags::{MAX_TAG, MAX_TAGS},
};
use regex::Regex;
use runtime::http::Problem;
use serde::{
    Deserialize as _, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Map, Value};

/// The most that a client's own data may have, in bytes of JSON.
pub(crate) const MAX_METADATA: usize = 16 * 1024;

/// The longest title and file name, in characters.
pub(crate) const MAX_NAME: usize = 500;

/// The longest media type, in characters.
pub(crate) const MAX_MEDIA_TYPE: usize = 200;

/// The most speakers that can be expected.
pub(crate) const MAX_SPEAKERS_EXPECTED: u32 = 20;

/// The most key terms of an interview.
pub(crate) const MAX_KEY_TERMS: usize = 100;

/// The longest key term, in characters.
pub(crate) const MAX_KEY_TERM: usize = 100;

/// The longest time that an interview can ask to be kept for, in days: ten years.
pub(crate) const MAX_RETENTION_DAYS: u32 = 3_650;

/// The last moment of a recording, in milliseconds: a hundred days.
pub(crate) const MAX_MOMENT_MS: u64 = 100 * 24 * 60 * 60 * 1_000;

/// The longest idempotency key, in characters.
pub(crate) const MAX_IDEMPOTENCY_KEY: usize = 255;

// Patterns as ECMA-262 and the crate `regex` both read them.

/// One line of text, which can stand inside a line of other text.
pub(crate) static LINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^[^\u0000-\u001f\u007f-\u009f]*",
        r"[^\s\u0000-\u001f\u007f-\u009f]",
        r"[^\u0000-\u001f\u007f-\u009f]*$",
    ))
});

/// A BCP 47 tag by its shape, letters, then subtags; or [`MULTI`].
pub(crate) static LANGUAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        "^([A-Za-z]{{2,3}}(-[A-Za-z0-9]{{1,8}})*|{MULTI})$"
    ))
});

/// `type/subtype` with optional parameters, of characters that a header may have.
pub(crate) static MEDIA_TYPE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^ *[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+ *(;[ -~]*)?$"));

/// The id of a speaker in a transcript, without leading zeros.
pub(crate) static SPEAKER_ID: LazyLock<Regex> = LazyLock::new(|| pattern("^(0|[1-9][0-9]{0,3})$"));

/// What can stand in a header, visible at both ends.
pub(crate) static IDEMPOTENCY_KEY: LazyLock<Regex> =
    LazyLock::new(|| pattern("^[!-~]([ -~]*[!-~])?$"));

/// An absolute URL of the web. Whether its host is public is another question.
pub(crate) const WEB_URL: &str = "^https?://[!-~]+$";

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("{error}"))
}

/// Reads a whole number, which JSON may write with a fraction of nought: to JSON Schema, `2.0`
/// is an integer. For `#[serde(deserialize_with = "whole")]`.
pub(crate) fn whole<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = Value::deserialize(input)?;
    let number = value.as_f64().filter(|_| value.is_f64());
    let number = number.and_then(|number| number.to_string().parse::<u64>().ok());
    T::deserialize(number.map_or(value, Value::from)).map_err(D::Error::custom)
}

/// A field whose value is not accepted.
pub(crate) fn invalid(field: &str, why: &str) -> Problem {
    Problem::new(ErrorCode::InvalidField, format!("`{field}`: {why}"))
}

fn ensure(is_valid: bool, field: &str, why: &str) -> Result<(), Problem> {
    is_valid.then_some(()).ok_or_else(|| invalid(field, why))
}

/// Whether a text has at most `most` characters.
pub(crate) fn is_short(text: &str, most: usize) -> bool {
    text.chars().count() <= most
}

/// Whether a text is a line of at most `most` characters.
pub(crate) fn is_name(name: &Private, most: usize) -> bool {
    is_short(name.reveal(), most) && LINE.is_match(name.reveal())
}

pub(crate) fn check_name(field: &str, name: &Private) -> Result<(), Problem> {
    let why = format!("1 to {MAX_NAME} characters, without line ends and the like");
    ensure(is_name(name, MAX_NAME), field, &why)
}

pub(crate) fn check_metadata(metadata: &Map<String, Value>) -> Result<(), Problem> {
    let length = Value::Object(metadata.clone()).to_string().len();
    let why = format!("at most {MAX_METADATA} bytes of JSON");
    ensure(length <= MAX_METADATA, "metadata", &why)
}

pub(crate) fn check_retention(days: Option<u32>) -> Result<(), Problem> {
    check_count("retention_days", days, MAX_RETENTION_DAYS)
}

pub(crate) fn check_speakers_expected(count: Option<u32>) -> Result<(), Problem> {
    check_count("speakers_expected", count, MAX_SPEAKERS_EXPECTED)
}

pub(crate) fn check_key_terms(terms: &[Private]) -> Result<(), Problem> {
    let is_valid =
        terms.len() <= MAX_KEY_TERMS && terms.iter().all(|term| is_name(term, MAX_KEY_TERM));
    let why = format!(
        "at most {MAX_KEY_TERMS} terms of 1 to {MAX_KEY_TERM} characters, without line ends and \
         the like"
    );
    ensure(is_valid, "key_terms", &why)
}

pub(crate) fn check_tags(tags: &[Private]) -> Result<(), Problem> {
    let is_valid = tags.len() <= MAX_TAGS && tags.iter().all(|tag| is_name(tag, MAX_TAG));
    let why = format!(
        "at most {MAX_TAGS} tags of 1 to {MAX_TAG} characters, without line ends and the like"
    );
    ensure(is_valid, "tags", &why)
}

fn check_count(field: &str, count: Option<u32>, most: u32) -> Result<(), Problem> {
    let is_valid = count.is_none_or(|count| (1..=most).contains(&count));
    ensure(is_valid, field, &format!("1 to {most}"))
}

pub(crate) fn check_moment(at_ms: Option<u64>) -> Result<(), Problem> {
    let is_valid = at_ms.is_none_or(|at| at <= MAX_MOMENT_MS);
    let why = format!("a moment of the recording, at most {MAX_MOMENT_MS} milliseconds");
    ensure(is_valid, "at_ms", &why)
}

/// When a recording was made, as a client gives it.
pub(crate) fn recorded_at(text: &str, now: Timestamp) -> Result<RecordedAt, Problem> {
    let refused = |why: &str| {
        let shown: String = text.chars().take(40).collect();
        let remedy = "give the time at which the recording was made, in RFC 3339 with its \
                      offset, such as `2026-05-04T11:30:00+02:00`, or leave it out";
        invalid("recorded_at", &format!("`{shown}` {why}: {remedy}"))
    };
    let parsed = RecordedAt::parse(text).ok();
    let instant = parsed.filter(|parsed| parsed.is_instant());
    let instant = instant.ok_or_else(|| refused("is not a date and time with an offset"))?;
    if !instant.is_after_epoch() {
        return Err(refused("is before 1970"));
    }
    if instant.is_future(now) {
        return Err(refused("is in the future"));
    }
    Ok(instant)
}

pub(crate) fn check_language(tag: &str) -> Result<(), Problem> {
    let why = "a BCP 47 tag such as `en` or `pt-BR`, or `multi` for several languages";
    ensure(LANGUAGE.is_match(tag), "language", why)
}

pub(crate) fn check_media_type(text: &str) -> Result<(), Problem> {
    let is_valid = is_short(text, MAX_MEDIA_TYPE) && MEDIA_TYPE.is_match(text);
    let why = "a media type such as `audio/mpeg`";
    ensure(is_valid, "audio.content_type", why)
}

pub(crate) fn check_rubric(rubric: &Rubric) -> Result<(), Problem> {
    let competencies = &rubric.competencies;
    let is_valid = (1..=MAX_COMPETENCIES).contains(&competencies.len())
        && competencies.iter().all(is_valid_criterion);
    let why = format!(
        "1 to {MAX_COMPETENCIES} competencies, each with a name of 1 to {MAX_COMPETENCY_NAME} \
         characters, a description of at most {MAX_COMPETENCY_DESCRIPTION} characters, \
         anchors of at most {MAX_ANCHOR} and a weight from 0 to {MAX_WEIGHT}"
    );
    ensure(is_valid, "rubric", &why)
}

fn is_valid_criterion(criterion: &Criterion) -> bool {
    let anchors = criterion.anchors.iter();
    let mut anchors = anchors.flat_map(|own| [&own.low, &own.mid, &own.high]);
    !criterion.name.trim().is_empty()
        && is_short(&criterion.name, MAX_COMPETENCY_NAME)
        && is_short(&criterion.description, MAX_COMPETENCY_DESCRIPTION)
        && anchors.all(|anchor| is_short(anchor, MAX_ANCHOR))
        && criterion
            .weight
            .is_none_or(|weight| (0.0..=MAX_WEIGHT).contains(&weight))
}

/// Whether a text can be an idempotency key.
pub(crate) fn is_idempotency_key(key: &str) -> bool {
    is_short(key, MAX_IDEMPOTENCY_KEY) && IDEMPOTENCY_KEY.is_match(key)
}

#[cfg(test)]
mod tests {
    use domain::versions::UnknownFields;

    use super::*;

    #[test]
    fn names_are_lines_of_text() {
        let longest = "ä".repeat(MAX_NAME);
        for name in ["a", " Ada: \u{1f600} ", "\u{feff}", &longest] {
            assert!(is_name(&name.into(), MAX_NAME), "{name:?}");
        }
        let longer = "a".repeat(MAX_NAME + 1);
        for name in [
            "",
            " \u{a0}\u{2003}",
            "a\nb",
            "a\n",
            "a\u{7f}",
            "a\u{85}b",
            "\0",
            &longer,
        ] {
            assert!(!is_name(&name.into(), MAX_NAME), "{name:?}");
        }
    }

    #[test]
    fn whole_numbers_may_have_a_fraction_of_nought() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Read(#[serde(deserialize_with = "whole")] Option<u32>);
        let read = |text: &str| serde_json::from_str::<Read>(text).map(|read| read.0).ok();
        assert_eq!(read("2"), Some(Some(2)));
        assert_eq!(read("2.0"), Some(Some(2)));
        assert_eq!(read("4294967295.0"), Some(Some(u32::MAX)));
        assert_eq!(read("null"), Some(None));
        for wrong in [
            "2.5",
            "-1.0",
            "4294967296.0",
            "1e300",
            "\"2\"",
            "[2]",
            "true",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn recorded_at_is_a_past_instant() {
        let now = Timestamp::parse("2026-06-01T00:00:00Z").unwrap();
        for text in [
            "2026-05-04T11:30:00+02:00",
            "2026-05-04T09:30:00.5Z",
            "1970-01-02T00:00:00Z",
        ] {
            assert!(recorded_at(text, now).is_ok(), "{text}");
        }
        for (text, why) in [
            ("2026-05-04T11:30:00", "offset"),
            ("2026-05-04", "offset"),
            ("yesterday", "offset"),
            ("", "offset"),
            ("1904-01-01T00:00:00Z", "before 1970"),
            ("2026-06-01T00:10:00Z", "in the future"),
        ] {
            let detail = recorded_at(text, now).unwrap_err().detail;
            assert!(
                detail.starts_with(&format!("`recorded_at`: `{text}`")),
                "{detail}"
            );
            assert!(
                detail.contains(why) && detail.contains("RFC 3339"),
                "{detail}"
            );
        }
    }

    #[test]
    fn languages_are_tags() {
        for tag in ["en", "gsw", "pt-BR", "zh-Hant-TW", "de-1996", "multi"] {
            assert!(LANGUAGE.is_match(tag), "{tag}");
        }
        for tag in [
            "",
            "e",
            "engl",
            "multilingual",
            "en-",
            "en_US",
            "en-123456789",
            "en\n",
            "ën",
        ] {
            assert!(!LANGUAGE.is_match(tag), "{tag}");
        }
    }

    #[test]
    fn media_types_can_stand_in_a_header() {
        for text in [
            "audio/mpeg",
            " audio/ogg ; codecs=opus",
            "application/vnd.a+b;",
        ] {
            assert!(check_media_type(text).is_ok(), "{text}");
        }
        let long = format!("audio/{}", "a".repeat(MAX_MEDIA_TYPE));
        for text in [
            "", "audio", "audio/", "/mpeg", "a/b/c", "a/b;\n", "ä/b", "a b/c", &long,
        ] {
            assert!(check_media_type(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ids_of_speakers_are_written_in_one_way() {
        for id in ["0", "7", "10", "9999"] {
            assert!(SPEAKER_ID.is_match(id), "{id}");
        }
        for id in [
            "",
            "+5",
            "-1",
            "00",
            "00005",
            "10000",
            "4294967295",
            "5 ",
            "٥",
        ] {
            assert!(!SPEAKER_ID.is_match(id), "{id}");
        }
    }

    #[test]
    fn a_rubric_is_measured_in_characters() {
        let text = |length| "技".repeat(length);
        let rubric = |name, description, anchor| Rubric {
            competencies: vec![Criterion {
                name: text(name),
                description: text(description),
                anchors: Some(domain::analysis::Anchors {
                    low: text(anchor),
                    ..Default::default()
                }),
                weight: None,
                unknown: UnknownFields::default(),
            }],
            unknown: UnknownFields::default(),
        };
        let most = (MAX_COMPETENCY_NAME, MAX_COMPETENCY_DESCRIPTION, MAX_ANCHOR);
        assert_eq!(check_rubric(&rubric(most.0, most.1, most.2)), Ok(()));
        for (name, description, anchor) in [
            (0, 1, 1),
            (most.0 + 1, 1, 1),
            (1, most.1 + 1, 1),
            (1, 1, most.2 + 1),
        ] {
            assert!(check_rubric(&rubric(name, description, anchor)).is_err());
        }
    }
}
