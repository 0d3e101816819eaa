//! Environment variables, read once in `main`.
//!
//! All of them are listed in `docs/settings.md`. A missing or malformed one stops the
//! start with one line that names it and says what it expects; its value is
//! never shown, because it may be a secret. (`RUST_LOG` is the logger's own.)

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use domain::ledger::{SpendingLimits, limits::micro_usd};
use parking_lot::Mutex;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be {expected}")]
pub struct InvalidSetting {
    /// The variable.
    pub name: &'static str,
    /// What it expects, so that it completes "must be".
    pub expected: String,
}

impl InvalidSetting {
    /// The variable `name` is not what it must be.
    pub fn new(name: &'static str, expected: impl Into<String>) -> Self {
        let expected = expected.into();
        Self { name, expected }
    }
}

/// The environment as it was at the start.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// What has been asked for, of this and its clones.
    asked: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl<'a> FromIterator<(&'a str, &'a str)> for Environment {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        Self::with(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }
}

impl Environment {
    /// The process's environment.
    pub fn from_process() -> Self {
        let pairs = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::with(pairs)
    }

    /// An environment of these variables alone.
    pub fn from_pairs<const N: usize>(pairs: [(&str, &str); N]) -> Self {
        pairs.into_iter().collect()
    }

    fn with(variables: impl Iterator<Item = (String, String)>) -> Self {
        Self {
            variables: variables.collect(),
            asked: Arc::default(),
        }
    }

    /// The same with another value of a variable.
    #[must_use]
    pub fn and(&self, name: &'static str, value: &str) -> Self {
        let mut other = self.clone();
        other.variables.insert(name.to_owned(), value.to_owned());
        other
    }

    /// The variables that have been asked for, whether they were there or not.
    pub fn asked(&self) -> BTreeSet<&'static str> {
        self.asked.lock().clone()
    }

    /// A variable, unless it is absent or empty.
    pub fn text(&self, name: &'static str) -> Option<&str> {
        self.asked.lock().insert(name);
        self.variables
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// A variable of a type, or `default` when it is absent.
    pub fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        default: T,
        expected: &str,
    ) -> Result<T, InvalidSetting> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        text.parse()
            .map_err(|_| InvalidSetting::new(name, expected))
    }

    /// A variable that must be there.
    pub fn required(&self, name: &'static str, expected: &str) -> Result<&str, InvalidSetting> {
        self.text(name)
            .ok_or_else(|| InvalidSetting::new(name, expected))
    }

    /// `MAX_DURATION_MINUTES`: the longest recording that is accepted.
    pub fn max_duration(&self) -> Result<Duration, InvalidSetting> {
        let minutes = self.parsed("MAX_DURATION_MINUTES", 480_u32, "a number of minutes")?;
        Ok(Duration::from_mins(minutes.into()))
    }

    /// The same in milliseconds.
    pub fn max_duration_ms(&self) -> Result<u64, InvalidSetting> {
        let millis = self.max_duration()?.as_millis();
        Ok(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// `MAX_UPLOAD_BYTES`: the largest recording that is accepted, in bytes.
    pub fn max_upload_bytes(&self) -> Result<u64, InvalidSetting> {
        self.parsed("MAX_UPLOAD_BYTES", 2 << 30, "a number of bytes")
    }

    /// `RETENTION_DAYS`: how long interviews are kept; for ever without it.
    pub fn retention(&self) -> Result<Option<Duration>, InvalidSetting> {
        let expected = "a number of days, at least 1";
        self.optional("RETENTION_DAYS", expected, |text| {
            let days: NonZeroU32 = text.parse().ok()?;
            Some(Duration::from_hours(24 * u64::from(days.get())))
        })
    }

    /// `USER_MINUTES_PER_DAY`, `USER_MINUTES_PER_MONTH`, `USER_COST_PER_MONTH`: how much one
    /// user may use; none where they are not there.
    pub fn spending_limits(&self) -> Result<SpendingLimits, InvalidSetting> {
        let minutes = |name| {
            let expected = "a number of minutes, at least 1";
            self.optional(name, expected, |text| {
                Some(text.parse::<NonZeroU32>().ok()?.get())
            })
        };
        Ok(SpendingLimits {
            minutes_per_day: minutes("USER_MINUTES_PER_DAY")?,
            minutes_per_month: minutes("USER_MINUTES_PER_MONTH")?,
            micro_usd_per_month: self.optional(
                "USER_COST_PER_MONTH",
                "an amount of US dollars, such as 20 or 7.50",
                |text| {
                    let usd = text.parse::<f64>().ok();
                    usd.filter(|usd| (1e-6..1e9).contains(usd)).map(micro_usd)
                },
            )?,
        })
    }

    /// A variable that may be absent; `read` returns nothing where it is not as `expected`.
    pub fn optional<T>(
        &self,
        name: &'static str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, InvalidSetting> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let read = read(text).map(Some);
        read.ok_or_else(|| InvalidSetting::new(name, expected))
    }

    /// `PUBLIC_URL`: where clients and engines reach the API, without a slash at
    /// the end.
    pub fn public_url(&self) -> Result<Option<String>, InvalidSetting> {
        self.address("PUBLIC_URL")
    }

    /// An address on the web, without a slash at the end.
    pub fn address(&self, name: &'static str) -> Result<Option<String>, InvalidSetting> {
        let expected = "an address that begins with http:// or https://";
        self.optional(name, expected, |text| {
            let is_web = text.starts_with("http://") || text.starts_with("https://");
            let is_plain = !text.contains(['?', '#', ' ']);
            (is_web && is_plain).then(|| text.trim_end_matches('/').to_owned())
        })
    }

    /// `WEBHOOK_ALLOW_PRIVATE`: whether webhooks may go to this machine.
    pub fn allow_private_webhooks(&self) -> Result<bool, InvalidSetting> {
        self.parsed("WEBHOOK_ALLOW_PRIVATE", false, "`true` or `false`")
    }

    /// One of a list of words, or the first of them when the variable is absent.
    pub fn word<'a>(
        &self,
        name: &'static str,
        words: &[&'a str],
    ) -> Result<&'a str, InvalidSetting> {
        let requested = self.text(name).or(words.first().copied());
        let found = words.iter().find(|word| Some(**word) == requested);
        found.copied().ok_or_else(|| {
            let expected = format!("one of: {}", words.join(", "));
            InvalidSetting::new(name, expected)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_variable_and_not_its_value() {
        let environment =
            Environment::from_pairs([("PORT", "hunter2"), ("TRANSCRIBER", "hunter2")]);
        let port = environment
            .parsed("PORT", 8000_u16, "a port, 1 to 65535")
            .unwrap_err();
        assert_eq!(port.to_string(), "PORT must be a port, 1 to 65535");
        let word = environment
            .word("TRANSCRIBER", &["pocketsphinx"])
            .unwrap_err();
        assert_eq!(word.to_string(), "TRANSCRIBER must be one of: pocketsphinx");
    }

    #[test]
    fn limits_of_users_are_none_unless_set() {
        let none = Environment::default().spending_limits();
        assert_eq!(none, Ok(SpendingLimits::default()));
        let set = [
            ("USER_MINUTES_PER_DAY", "60"),
            ("USER_COST_PER_MONTH", "7.50"),
        ];
        let limits = Environment::from_pairs(set).spending_limits().unwrap();
        assert_eq!(limits.minutes_per_day, Some(60));
        assert_eq!(limits.minutes_per_month, None);
        assert_eq!(limits.micro_usd_per_month, Some(7_500_000));
        for (name, wrong) in [
            ("USER_MINUTES_PER_DAY", "0"),
            ("USER_MINUTES_PER_MONTH", "1.5"),
            ("USER_COST_PER_MONTH", "0"),
            ("USER_COST_PER_MONTH", "NaN"),
            ("USER_COST_PER_MONTH", "$5"),
        ] {
            let error = Environment::from_pairs([(name, wrong)]).spending_limits();
            assert!(error.unwrap_err().to_string().starts_with(name), "{wrong}");
        }
    }

    #[test]
    fn read_names_are_recorded() {
        let environment = Environment::from_pairs([("PORT", "1"), ("HOST", "h")]);
        let clone = environment.clone();
        assert_eq!(clone.text("PORT"), Some("1"));
        assert_eq!(environment.text("AUTH"), None);
        assert_eq!(environment.asked(), BTreeSet::from(["AUTH", "PORT"]));
    }

    #[test]
    fn an_empty_variable_is_an_absent_one() {
        let environment = Environment::from_pairs([("PORT", " ")]);
        assert_eq!(environment.parsed("PORT", 8000_u16, "a port"), Ok(8000));
    }
}
