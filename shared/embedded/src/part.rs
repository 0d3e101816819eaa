//! What part of an upload a request brings, by its `Content-Range` (RFC 9110, section
//! 14.4, as Cloud Storage reads it).

/// The part of an object that a request brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentRange {
    /// `bytes A-B/TOTAL`, or `…/*` while the total is not known.
    Bytes {
        /// Offset of the first byte.
        start: u64,
        /// Offset of the last byte.
        end: u64,
        /// Size of the whole object.
        total: Option<u64>,
    },
    /// `bytes */TOTAL` or `bytes */*`: nothing, only the question how far it is.
    Nothing {
        /// Size of the whole object.
        total: Option<u64>,
    },
    /// No `Content-Range`: everything.
    Whole,
}

impl ContentRange {
    /// Parses a `Content-Range` header.
    pub fn parse(header: Option<&str>) -> Option<Self> {
        let Some(header) = header else {
            return Some(Self::Whole);
        };
        let (range, total) = header.strip_prefix("bytes ")?.split_once('/')?;
        let total = match total {
            "*" => None,
            digits => Some(digits.parse().ok()?),
        };
        if range == "*" {
            return Some(Self::Nothing { total });
        }
        let (start, end) = range.split_once('-')?;
        let (start, end): (u64, u64) = (start.parse().ok()?, end.parse().ok()?);
        let sensible = start <= end && end < total.unwrap_or(u64::MAX);
        sensible.then_some(Self::Bytes { start, end, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read_as_gcs_writes_them() {
        let bytes = |start, end, total| Some(ContentRange::Bytes { start, end, total });
        for (header, expected) in [
            ("bytes 0-9/10", bytes(0, 9, Some(10))),
            ("bytes 0-9/*", bytes(0, 9, None)),
            (
                "bytes */10",
                Some(ContentRange::Nothing { total: Some(10) }),
            ),
            ("bytes */*", Some(ContentRange::Nothing { total: None })),
            ("bytes 0-10/10", None),
            ("bytes 5-4/10", None),
            ("bytes -5/10", None),
            ("bytes 0-18446744073709551615/*", None),
            ("items 0-9/10", None),
        ] {
            assert_eq!(ContentRange::parse(Some(header)), expected, "{header}");
        }
        assert_eq!(ContentRange::parse(None), Some(ContentRange::Whole));
    }
}
