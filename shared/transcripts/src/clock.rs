//! Times as transcripts write them.

use regex::Regex;

/// A pattern of a time, for regular expressions: `0:00`, `1:02:03`, `00:00:01.500`.
const TIME: &str = r"(?:\d{1,3}:)?\d{1,3}:[0-5]\d(?:[.,]\d{1,9})?";

/// A regular expression in which `TIME` stands for a time.
pub(crate) fn pattern(text: &str) -> Regex {
    let text = text.replace("TIME", TIME);
    Regex::new(&text).unwrap_or_else(|error| unreachable!("{error}"))
}

/// A time in milliseconds.
///
/// Minutes and seconds are below 60 where something stands before them. Digits behind the
/// third after the point are cut off.
pub(crate) fn parse(time: &str) -> Option<u64> {
    let (clock, fraction) = match time.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, fraction),
        None => (time, ""),
    };
    let parts: Vec<u64> = clock.split(':').map(number).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes, seconds] if minutes < 60 => (hours, minutes, seconds),
        [minutes, seconds] => (0, minutes, seconds),
        _ => return None,
    };
    let seconds = (seconds < 60).then_some((hours * 60 + minutes) * 60 + seconds)?;
    Some(seconds * 1_000 + milliseconds(fraction)?)
}

fn number(digits: &str) -> Option<u64> {
    let is_short = (1..=3).contains(&digits.len());
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_short && is_number).then(|| digits.parse().ok())?
}

fn milliseconds(fraction: &str) -> Option<u64> {
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{fraction}000");
    padded[..3].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_all_their_forms() {
        for (time, expected) in [
            ("0:00", Some(0)),
            ("1:02", Some(62_000)),
            ("90:00", Some(5_400_000)),
            ("1:02:03", Some(3_723_000)),
            ("00:00:01.5", Some(1_500)),
            ("00:00:01,500", Some(1_500)),
            ("00:01.123456", Some(1_123)),
            ("1:60:00", None),
            ("1:60", None),
            ("10", None),
            ("1:2:3:4", None),
            ("a:00", None),
            ("1234:00", None),
            ("1:00.x", None),
        ] {
            assert_eq!(parse(time), expected, "{time}");
        }
    }
}
