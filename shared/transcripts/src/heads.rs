//! The beginnings of lines that say who speaks, and when.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::clock::{self, pattern};

/// How a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `[0:00:12] …`, also with a range.
    BracketedTime,
    /// `0:12 …`, also with a range.
    Time,
    /// `Ada (00:12): …`.
    NameAndBracketedTime,
    /// `Ada  0:12`, and nothing behind it.
    NameAndTime,
    /// `Ada: …`.
    Name,
}

/// The beginning of a line. Whether a name in it is one is another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) style: Style,
    pub(crate) name: Option<&'a str>,
    pub(crate) start_ms: Option<u64>,
    pub(crate) end_ms: Option<u64>,
    /// The line behind the time, with the name where it follows the time.
    pub(crate) behind_time: &'a str,
    /// What is said.
    pub(crate) text: &'a str,
}

static BRACKETED_TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^[\[(<]\s*(?<start>TIME)(?:\s*(?:-->|[-–—])\s*(?<end>TIME))?\s*[\])>]\s*(?:[-–—|:]\s*)?(?<rest>.*)$",
    )
});

static BARE_TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?<start>TIME)(?:\s*(?:-->|[-–—])\s*(?<end>TIME))?(?:\s+(?:[-–—|]\s*)?(?<rest>.*))?$",
    )
});

static NAME_AND_BRACKETED_TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?<name>[^:：\[\]()]{1,80}?(?:\([^():]*\))?)\s*[:：]?\s*[\[(](?<start>TIME)(?:\s*[-–—]\s*(?<end>TIME))?[\])]\s*[:：]?\s*(?<rest>.*)$",
    )
});

static NAME_AND_TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?<name>[^:：\[\]()]{1,80}?(?:\([^():]*\))?)\s*[-–—|,]?\s+(?<start>TIME)$")
});

static NAME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?<name>[^:：]{1,80}?)\s*(?::(?:\s+|$)|：\s*)(?<rest>.*)$"));

/// The beginning of a trimmed line; `None` where it is only text.
pub(crate) fn head(line: &str) -> Option<Head<'_>> {
    for (style, pattern) in [
        (Style::BracketedTime, &BRACKETED_TIME),
        (Style::Time, &BARE_TIME),
        (Style::NameAndBracketedTime, &NAME_AND_BRACKETED_TIME),
        (Style::NameAndTime, &NAME_AND_TIME),
        (Style::Name, &NAME),
    ] {
        if let Some(found) = pattern.captures(line) {
            return of_captures(style, &found);
        }
    }
    None
}

fn of_captures<'a>(style: Style, found: &Captures<'a>) -> Option<Head<'a>> {
    let part = |name: &str| found.name(name).map(|part| part.as_str().trim());
    let time = |name: &str| part(name).map(clock::parse);
    let rest = part("rest").unwrap_or_default();
    // A time such as `1:75:00` is none.
    let start_ms = time("start").map_or(Some(None), |time| time.map(Some))?;
    let mut head = Head {
        style,
        name: part("name"),
        start_ms,
        end_ms: time("end").flatten().filter(|end| Some(*end) >= start_ms),
        behind_time: rest,
        text: rest,
    };
    let follows = matches!(style, Style::BracketedTime | Style::Time);
    if let Some(named) = NAME.captures(rest).filter(|_| follows) {
        let part = |name: &str| named.name(name).map(|part| part.as_str().trim());
        head.name = part("name");
        head.text = part("rest").unwrap_or_default();
    }
    Some(head)
}

/// A line without what only marks it: a heading or emphasis of Markdown, `>>`.
pub(crate) fn unmarked(line: &str) -> std::borrow::Cow<'_, str> {
    let line = line.trim().trim_start_matches(">>").trim_start();
    let heading = line.trim_start_matches('#');
    let line = if heading.starts_with(' ') {
        heading.trim_start()
    } else {
        line
    };
    match line
        .strip_prefix("**")
        .and_then(|rest| rest.split_once("**"))
    {
        Some((strong, rest)) => format!("{strong}{rest}").into(),
        None => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_begin_in_many_ways() {
        for (line, style, name, start_ms, text) in [
            (
                "[0:00:04] Ada: Hi: there",
                Style::BracketedTime,
                Some("Ada"),
                Some(4_000),
                "Hi: there",
            ),
            (
                "[00:00:01.000 --> 00:00:02.500]  And so",
                Style::BracketedTime,
                None,
                Some(1_000),
                "And so",
            ),
            (
                "00:00:04 Ada: Hi",
                Style::Time,
                Some("Ada"),
                Some(4_000),
                "Hi",
            ),
            ("00:05:00", Style::Time, None, Some(300_000), ""),
            (
                "Ada (00:04):",
                Style::NameAndBracketedTime,
                Some("Ada"),
                Some(4_000),
                "",
            ),
            (
                "Ada (host) [0:04] Hi",
                Style::NameAndBracketedTime,
                Some("Ada (host)"),
                Some(4_000),
                "Hi",
            ),
            (
                "Speaker 1: [00:00:04] Hi",
                Style::NameAndBracketedTime,
                Some("Speaker 1"),
                Some(4_000),
                "Hi",
            ),
            (
                "Ada Lovelace  0:04",
                Style::NameAndTime,
                Some("Ada Lovelace"),
                Some(4_000),
                "",
            ),
            (
                "Ada: Hi at 10:30",
                Style::Name,
                Some("Ada"),
                None,
                "Hi at 10:30",
            ),
            ("甲：你好", Style::Name, Some("甲"), None, "你好"),
            ("Ada:", Style::Name, Some("Ada"), None, ""),
        ] {
            let found = head(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(
                (found.style, found.name, found.start_ms, found.text),
                (style, name, start_ms, text),
                "{line}"
            );
        }
        for line in [
            "It was 10:30 when we met.",
            "",
            "no colon",
            "https://example.com",
            "1:75:00 Ada",
        ] {
            assert_eq!(head(line), None, "{line}");
        }
    }

    #[test]
    fn marks_around_a_beginning_are_taken_off() {
        assert_eq!(unmarked("  **Ada:** Hi "), "Ada: Hi");
        assert_eq!(unmarked(">> ADA: Hi"), "ADA: Hi");
        assert_eq!(unmarked("### **00:05:00**"), "00:05:00");
        assert_eq!(unmarked("**bold"), "**bold");
        assert_eq!(unmarked("#1 is"), "#1 is");
    }
}
