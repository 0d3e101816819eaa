//! Byte ranges: RFC 9110, section 14.

use http::HeaderMap;
use http::header::{IF_RANGE, RANGE};

/// What part of a file of a known size is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Everything.
    All,
    /// These bytes, the last one not included.
    Part(std::ops::Range<u64>),
    /// Nothing that is there.
    Nothing,
}

/// Reads `Range` and `If-Range`. Ranges in other units, several at once and those
/// that make no sense are answered with everything, as the RFC allows.
pub fn wanted(headers: &HeaderMap, size: u64, etag: &str) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let outdated = text(IF_RANGE.as_str()).is_some_and(|tag| tag != etag);
    match text(RANGE.as_str()).and_then(|value| value.strip_prefix("bytes=")) {
        Some(spec) if !outdated => parse(spec.trim(), size).unwrap_or(Wanted::All),
        _ => Wanted::All,
    }
}

fn parse(spec: &str, size: u64) -> Option<Wanted> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        let length: u64 = digits(last)?;
        let part = size.saturating_sub(length)..size;
        return Some(if part.is_empty() {
            Wanted::Nothing
        } else {
            Wanted::Part(part)
        });
    }
    let start = digits(first)?;
    let end = if last.is_empty() {
        size
    } else {
        digits(last)?.saturating_add(1).min(size)
    };
    if start >= size {
        return Some(Wanted::Nothing);
    }
    (start < end).then_some(Wanted::Part(start..end))
}

fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(range: &str, if_range: Option<&str>) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        if let Some(tag) = if_range {
            headers.insert(IF_RANGE, tag.parse().unwrap());
        }
        wanted(&headers, 100, "\"a\"")
    }

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        for (range, expected) in [
            ("bytes=0-9", Wanted::Part(0..10)),
            ("bytes=90-", Wanted::Part(90..100)),
            ("bytes=90-999", Wanted::Part(90..100)),
            ("bytes=-5", Wanted::Part(95..100)),
            ("bytes=-500", Wanted::Part(0..100)),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=99999999999999999999-", Wanted::Nothing),
            ("bytes=9-5", Wanted::All),
            ("bytes=a-b", Wanted::All),
            ("bytes=+1-2", Wanted::All),
            ("bytes=0-1,5-6", Wanted::All),
            ("items=0-1", Wanted::All),
        ] {
            assert_eq!(ask(range, None), expected, "{range}");
        }
    }

    #[test]
    fn a_changed_file_is_sent_whole() {
        assert_eq!(ask("bytes=0-9", Some("\"a\"")), Wanted::Part(0..10));
        assert_eq!(ask("bytes=0-9", Some("\"b\"")), Wanted::All);
    }
}
