//! Byte ranges: RFC 9110, section 14.

use std::ops::Range;

use http::{
    HeaderMap, HeaderValue,
    header::{IF_RANGE, RANGE},
};

/// What part of a file of a known size is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeRequest {
    /// Everything.
    Full,
    /// These bytes, the last one not included.
    Partial(Range<u64>),
    /// Nothing that is there, or nothing that can be understood.
    Unsatisfiable,
}

/// Reads `Range` and `If-Range`. Ranges that make no sense are refused, and several ranges
/// and other units are answered with everything: no audio player asks for several, and
/// RFC 9110, section 14.2, lets a server ignore them.
pub fn requested(headers: &HeaderMap, size: u64, etag: &str) -> RangeRequest {
    let outdated = |tag: &HeaderValue| tag.as_bytes() != etag.as_bytes();
    if headers.get(IF_RANGE).is_some_and(outdated) {
        return RangeRequest::Full;
    }
    let mut ranges = headers.get_all(RANGE).iter();
    let (Some(range), None) = (ranges.next(), ranges.next()) else {
        return RangeRequest::Full;
    };
    let text = range.to_str().unwrap_or("");
    match text.split_once('=') {
        Some((unit, set)) if unit.eq_ignore_ascii_case("bytes") => parse(set, size),
        _ => RangeRequest::Full,
    }
}

fn parse(set: &str, size: u64) -> RangeRequest {
    let specs = set.split(',').map(str::trim);
    // A list may have empty elements: RFC 9110, section 5.6.1.2.
    let specs = specs.filter(|spec| !spec.is_empty());
    let Some(parts) = specs
        .map(|spec| part(spec, size))
        .collect::<Option<Vec<_>>>()
    else {
        return RangeRequest::Unsatisfiable;
    };
    let mut parts = parts.into_iter().filter(|part| !part.is_empty());
    match (parts.next(), parts.next()) {
        (None, _) => RangeRequest::Unsatisfiable,
        (Some(part), None) => RangeRequest::Partial(part),
        (Some(_), Some(_)) => RangeRequest::Full,
    }
}

/// The part of the file that is in a range; `None` if it is no range.
fn part(spec: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = spec.split_once('-')?;
    let (first, last) = (first.trim_end(), last.trim_start());
    if first.is_empty() {
        return Some(size.saturating_sub(digits(last)?)..size);
    }
    let start = digits(first)?;
    let end = if last.is_empty() {
        u64::MAX
    } else {
        digits(last)?
    };
    (start <= end).then(|| start.min(size)..end.saturating_add(1).min(size))
}

fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(range: &str, if_range: Option<&str>) -> RangeRequest {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        if let Some(tag) = if_range {
            headers.insert(IF_RANGE, tag.parse().unwrap());
        }
        requested(&headers, 100, "\"a\"")
    }

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        for (range, expected) in [
            ("bytes=0-9", 0..10),
            ("bytes=0-0", 0..1),
            ("BYTES=0-9", 0..10),
            ("bytes=90-", 90..100),
            ("bytes=90-999", 90..100),
            ("bytes=90-99999999999999999999", 90..100),
            ("bytes=-5", 95..100),
            ("bytes=-500", 0..100),
            ("bytes= 0-1 ,\t,", 0..2),
            ("bytes=0-1,100-", 0..2),
        ] {
            assert_eq!(ask(range, None), RangeRequest::Partial(expected), "{range}");
        }
        for nothing in [
            "bytes=-0",
            "bytes=100-",
            "bytes=100-200,-0",
            "bytes=99999999999999999999-",
            "bytes=9-5",
            "bytes=0-1,9-5",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=1",
            "bytes=-",
            "bytes=",
            "bytes=,",
        ] {
            assert_eq!(ask(nothing, None), RangeRequest::Unsatisfiable, "{nothing}");
        }
        for all in ["items=0-1", "bytes", "", "bytes=0-1,5-6", "bytes=0-99, -2"] {
            assert_eq!(ask(all, None), RangeRequest::Full, "{all}");
        }
    }

    #[test]
    fn a_changed_file_is_sent_whole() {
        let part = RangeRequest::Partial(0..10);
        assert_eq!(ask("bytes=0-9", Some("\"a\"")), part);
        for other in ["\"b\"", "W/\"a\"", "Sun, 06 Nov 1994 08:49:37 GMT", ""] {
            assert_eq!(ask("bytes=0-9", Some(other)), RangeRequest::Full, "{other}");
        }
    }
}
