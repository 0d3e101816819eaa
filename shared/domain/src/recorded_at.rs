//! When a recording was made.

use std::{fmt, time::Duration};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat};

use crate::{Timestamp, text_form::text_form};

/// How much a recorder's clock may be ahead.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// The offset of the zone in which a day begins first.
const FIRST_ZONE: Duration = Duration::from_hours(14);

/// The years that are written with four digits.
const YEARS: std::ops::RangeInclusive<i32> = 0..=9999;

/// The date and time at which a recording was made, as far as they are known.
///
/// Written as ISO 8601: `2026-05-04T11:30:00+02:00`, without the offset where the recorder did
/// not name its time zone, without the time where it gave the date alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedAt(Known);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Instant(DateTime<FixedOffset>),
    LocalTime(NaiveDateTime),
    Date(NaiveDate),
}

/// A text that is not a complete date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a date is written as in ISO 8601")]
pub struct InvalidRecordedAt;

impl RecordedAt {
    /// Parses a complete date, with a time and an offset where it has them.
    pub fn parse(text: &str) -> Result<Self, InvalidRecordedAt> {
        const TIMES: [&str; 4] = [
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%d %H:%M:%S%.f",
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%d %H:%M",
        ];
        let zoned = || {
            let basic_offset = || DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z");
            DateTime::parse_from_rfc3339(text).or_else(|_| basic_offset())
        };
        let local = |format| NaiveDateTime::parse_from_str(text, format).ok();
        let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let known = zoned().ok().map(Known::Instant);
        let known = known.or_else(|| TIMES.into_iter().find_map(local).map(Known::LocalTime));
        let known = known.or_else(|| date().map(Known::Date));
        let known = known.filter(|known| YEARS.contains(&known.date().year()));
        known.map(Self).ok_or(InvalidRecordedAt)
    }

    /// A moment in UTC, in seconds since the Unix epoch.
    pub fn from_unix_secs(seconds: i64) -> Option<Self> {
        let time = DateTime::from_timestamp(seconds, 0)?.fixed_offset();
        let known = Some(Known::Instant(time));
        let known = known.filter(|known| YEARS.contains(&known.date().year()));
        known.map(Self)
    }

    /// The same, of which it is known that the zone is UTC.
    #[must_use]
    pub fn in_utc(self) -> Self {
        match self.0 {
            Known::LocalTime(time) => Self(Known::Instant(time.and_utc().fixed_offset())),
            Known::Instant(_) | Known::Date(_) => self,
        }
    }

    /// Whether it is a moment: a date and a time with an offset.
    pub const fn is_instant(self) -> bool {
        matches!(self.0, Known::Instant(_))
    }

    /// Whether it is after the Unix epoch. Earlier dates are of clocks that were not set.
    pub fn is_after_epoch(self) -> bool {
        self.earliest_ms() > 0 && self.0.date().year() >= 1970
    }

    /// Whether it is after `now`, in every zone that it may be in.
    pub fn is_future(self, now: Timestamp) -> bool {
        self.earliest_ms() > (now + CLOCK_SKEW).as_millis()
    }

    /// The moment by which it is put in order: a time without its zone counts as UTC, a date
    /// as its first moment.
    pub fn to_timestamp(self) -> Timestamp {
        Timestamp::from_millis(match self.0 {
            Known::Instant(time) => time.timestamp_millis(),
            Known::LocalTime(time) => time.and_utc().timestamp_millis(),
            Known::Date(date) => date.and_time(NaiveTime::MIN).and_utc().timestamp_millis(),
        })
    }

    fn earliest_ms(self) -> i64 {
        let earliest = match self.0 {
            Known::Instant(_) => self.to_timestamp(),
            Known::LocalTime(_) | Known::Date(_) => self.to_timestamp() - FIRST_ZONE,
        };
        earliest.as_millis()
    }

    /// Date, time and zone for people.
    pub fn to_text(self) -> String {
        const MINUTES: &str = "%Y-%m-%d, %H:%M";
        const NO_ZONE: &str = "(time zone not given)";
        match self.0 {
            Known::Instant(time) if time.offset().local_minus_utc() == 0 => {
                format!("{} UTC", time.format(MINUTES))
            }
            Known::Instant(time) => format!("{} UTC{}", time.format(MINUTES), time.offset()),
            Known::LocalTime(time) => format!("{} {NO_ZONE}", time.format(MINUTES)),
            Known::Date(date) => format!("{date} {NO_ZONE}"),
        }
    }
}

impl Known {
    fn date(&self) -> NaiveDate {
        match self {
            Self::Instant(time) => time.date_naive(),
            Self::LocalTime(time) => time.date(),
            Self::Date(date) => *date,
        }
    }
}

impl fmt::Display for RecordedAt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Known::Instant(time) => {
                formatter.write_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true))
            }
            Known::LocalTime(time) => write!(formatter, "{}", time.format("%Y-%m-%dT%H:%M:%S")),
            Known::Date(date) => write!(formatter, "{date}"),
        }
    }
}

text_form!(RecordedAt, RecordedAt::parse);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> RecordedAt {
        RecordedAt::parse(text).unwrap()
    }

    #[test]
    fn known_parts_are_kept_and_shown() {
        for (text, written, shown) in [
            (
                "2026-05-04T09:30:00Z",
                "2026-05-04T09:30:00Z",
                "2026-05-04, 09:30 UTC",
            ),
            (
                "2026-05-04T09:30:00.25-00:00",
                "2026-05-04T09:30:00Z",
                "2026-05-04, 09:30 UTC",
            ),
            (
                "2026-05-04T11:30:00+0200",
                "2026-05-04T11:30:00+02:00",
                "2026-05-04, 11:30 UTC+02:00",
            ),
            (
                "2026-05-04 11:30",
                "2026-05-04T11:30:00",
                "2026-05-04, 11:30 (time zone not given)",
            ),
            (
                "2026-05-04",
                "2026-05-04",
                "2026-05-04 (time zone not given)",
            ),
        ] {
            assert_eq!(read(text).to_string(), written);
            assert_eq!(read(text).to_text(), shown);
        }
        assert_eq!(
            read("2026-05-04T09:30:00").in_utc(),
            read("2026-05-04T09:30:00Z")
        );
        let seconds = RecordedAt::from_unix_secs(1_777_887_000);
        assert_eq!(seconds, Some(read("2026-05-04T09:30:00Z")));
    }

    #[test]
    fn incomplete_date_is_rejected() {
        for text in [
            "",
            "2026",
            "2026-05",
            "2026-02-30",
            "04.05.2026",
            "2026-05-04T25:00:00Z",
        ] {
            assert_eq!(RecordedAt::parse(text), Err(InvalidRecordedAt), "{text}");
        }
        assert_eq!(RecordedAt::from_unix_secs(i64::MAX), None);
    }

    #[test]
    fn future_begins_where_no_zone_has_that_time_yet() {
        let now = Timestamp::parse("2026-05-04T12:00:00Z").unwrap();
        for (text, is_future) in [
            ("2026-05-04T12:04:00Z", false),
            ("2026-05-04T12:06:00Z", true),
            ("2026-05-04T14:06:00+02:00", true),
            ("2026-05-05T02:04:00", false),
            ("2026-05-05T02:06:00", true),
            ("2026-05-05", false),
            ("2026-05-06", true),
        ] {
            assert_eq!(read(text).is_future(now), is_future, "{text}");
        }
    }

    #[test]
    fn epochs_are_not_dates_of_recordings() {
        for text in [
            "1904-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "1970-01-01",
            "1969-12-31",
        ] {
            assert!(!read(text).is_after_epoch(), "{text}");
        }
        assert!(read("1970-01-02").is_after_epoch());
        assert!(read("1999-01-01T00:00:00").is_after_epoch());
    }

    proptest! {
        #[test]
        fn written_text_reads_back(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\\.[0-9]{1,9})?)?(Z|[+-][0-2][0-9]:?[0-6][0-9])?)?") {
            if let Ok(recorded_at) = RecordedAt::parse(&text) {
                prop_assert_eq!(RecordedAt::parse(&recorded_at.to_string()).map(|read| read.to_string()), Ok(recorded_at.to_string()));
                recorded_at.to_text();
                recorded_at.is_future(Timestamp::from_millis(0));
            }
        }

        #[test]
        fn any_text_and_number_is_read_or_rejected(text: String, seconds: i64) {
            drop(RecordedAt::parse(&text));
            let _ = RecordedAt::from_unix_secs(seconds).map(RecordedAt::is_after_epoch);
        }
    }
}
