//! Days and months of UTC.

use std::fmt;

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, Utc};
use serde_with::SerializeDisplay;

use crate::{Timestamp, text_form::text_form};

/// A day of UTC, written `2026-11-28`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(NaiveDate);

/// A month of UTC, written `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, SerializeDisplay)]
pub struct Month(NaiveDate);

impl Day {
    /// The day of this moment.
    pub fn of(now: Timestamp) -> Self {
        let time = DateTime::<Utc>::from_timestamp_millis(now.as_millis());
        Self(time.unwrap_or_default().date_naive())
    }

    /// The month that it belongs to.
    pub fn month(self) -> Month {
        Month(self.0.with_day(1).unwrap_or(self.0))
    }

    /// When the next day begins.
    pub fn end(self) -> Timestamp {
        begin(self.0.checked_add_days(Days::new(1)))
    }
}

impl Month {
    /// From `YYYY-MM`; nothing where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.len() == 7
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-');
        let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok();
        first.filter(|_| is_plain).map(Self)
    }

    /// When the next month begins.
    pub fn end(self) -> Timestamp {
        begin(self.0.checked_add_months(Months::new(1)))
    }
}

fn begin(date: Option<NaiveDate>) -> Timestamp {
    let time = date.unwrap_or(NaiveDate::MAX).and_time(NaiveTime::MIN);
    Timestamp::from_millis(time.and_utc().timestamp_millis())
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m-%d").fmt(formatter)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m").fmt(formatter)
    }
}

text_form!(Day, |text| {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d");
    date.map(Day).map_err(|_| "a day is written as YYYY-MM-DD")
});

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn days_and_months_end_at_midnight_utc() {
        let day = Day::of(at("2026-12-31T23:59:59.999Z"));
        assert_eq!(
            (day.to_string(), day.month().to_string()),
            ("2026-12-31".into(), "2026-12".into())
        );
        assert_eq!(day.end(), at("2027-01-01T00:00:00.000Z"));
        assert_eq!(day.month().end(), day.end());
        let next = Day::of(day.end());
        assert_eq!(next.to_string(), "2027-01-01");
        assert_eq!(next.month().end(), at("2027-02-01T00:00:00.000Z"));
        // Local midnight elsewhere is none.
        assert_eq!(
            Day::of(at("2026-11-28T00:30:00+02:00")).to_string(),
            "2026-11-27"
        );
    }

    #[test]
    fn month_is_four_digits_and_two() {
        assert_eq!(Month::parse("2026-02").unwrap().to_string(), "2026-02");
        for wrong in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "2026-2",
            "26-02",
            "2026-02-01",
            "+026-02",
            "2026/02",
        ] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn day_reads_back() {
        let day = Day::of(at("2026-11-28T12:00:00Z"));
        let text = serde_json::to_string(&day).unwrap();
        assert_eq!(text, "\"2026-11-28\"");
        assert_eq!(serde_json::from_str::<Day>(&text).unwrap(), day);
        assert!(serde_json::from_str::<Day>("\"2026-11\"").is_err());
    }
}
