//! The outcome of one attempt to deliver a webhook.
//!
//! The receiver's developer reads the reasons, so they name what can be changed at the
//! receiver and nothing internal.

use std::{error::Error, io, iter, time::Duration};

use chrono::DateTime;
use reqwest::{
    Response,
    header::{DATE, HeaderMap, HeaderName, RETRY_AFTER},
};

use crate::{resolver::NotPublic, target::InvalidUrl};

/// The longest wait a receiver can ask for.
pub const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// How one attempt to deliver a webhook went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The receiver has it: it answered with 2xx.
    Delivered {
        /// The answer's status code.
        status: u16,
    },
    /// The receiver wants no more of them: it answered with 410.
    Gone,
    /// The receiver did not take it; a redirect is such an answer too.
    Refused {
        /// The answer's status code.
        status: u16,
        /// The receiver's `Retry-After`, at most [`MAX_RETRY_AFTER`].
        retry_after: Option<Duration>,
    },
    /// There was no answer in time.
    TimedOut {
        /// What took so long, for the receiver's developer.
        reason: String,
    },
    /// There was no answer.
    Unreachable {
        /// Why, for the receiver's developer.
        reason: String,
    },
    /// It may not be sent there. Trying again would not help.
    Forbidden {
        /// Why, for the receiver's developer.
        reason: String,
    },
}

impl SendOutcome {
    /// The answer's status code, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Delivered { status } | Self::Refused { status, .. } => Some(*status),
            Self::Gone => Some(410),
            Self::TimedOut { .. } | Self::Unreachable { .. } | Self::Forbidden { .. } => None,
        }
    }

    /// Why there was no answer.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::TimedOut { reason }
            | Self::Unreachable { reason }
            | Self::Forbidden { reason } => Some(reason),
            _ => None,
        }
    }

    pub(crate) fn from_response(answer: &Response) -> Self {
        match answer.status().as_u16() {
            status @ 200..=299 => Self::Delivered { status },
            410 => Self::Gone,
            status => Self::Refused {
                status,
                retry_after: retry_after(answer.headers()),
            },
        }
    }

    pub(crate) fn from_error(error: &reqwest::Error) -> Self {
        let forbidden = causes(error).find_map(|cause| cause.downcast_ref::<NotPublic>());
        if let Some(forbidden) = forbidden {
            let reason = forbidden.to_string();
            return Self::Forbidden { reason };
        }
        let reason = reason(error);
        if error.is_timeout() {
            Self::TimedOut { reason }
        } else {
            Self::Unreachable { reason }
        }
    }
}

impl From<InvalidUrl> for SendOutcome {
    fn from(invalid: InvalidUrl) -> Self {
        let reason = invalid.to_string();
        Self::Forbidden { reason }
    }
}

fn reason(error: &reqwest::Error) -> String {
    let reason = match (error.is_timeout(), error.is_connect()) {
        (true, true) => "no connection was made in time",
        (true, false) => "there was no answer in time",
        _ if error.is_dns() => "the host name could not be resolved",
        (false, connecting) => return broken_connection(error, connecting),
    };
    reason.to_owned()
}

fn broken_connection(error: &reqwest::Error, connecting: bool) -> String {
    for cause in causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()) {
        let reason = match cause.kind() {
            io::ErrorKind::ConnectionRefused => "the connection was refused",
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                "there is no route to the host"
            }
            io::ErrorKind::InvalidData if connecting => {
                return shortened(&format!("the TLS handshake failed: {cause}"));
            }
            _ => continue,
        };
        return reason.to_owned();
    }
    let reason = if connecting {
        "the connection failed"
    } else {
        "the connection ended without a whole HTTP answer"
    };
    reason.to_owned()
}

/// An error and all that lies behind it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |cause| cause_of(*cause))
}

/// An `io::Error` hides the error it wraps from `source`, and TLS errors are wrapped
/// twice.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(wrapper) => wrapper.get_ref().map(|inner| inner as _),
        None => error.source(),
    }
}

/// A certificate may list hundreds of names, and all end up in the message.
fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

/// `Retry-After`, in seconds or as a date; a date is compared with the response's own
/// `Date`, that is by the receiver's clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = text(headers, &RETRY_AFTER)?;
    let wait = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let until = DateTime::parse_from_rfc2822(text).ok()?;
        let now = DateTime::parse_from_rfc2822(self::text(headers, &DATE)?).ok()?;
        (until - now).to_std().ok()?
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(retry_after: &'static str, date: Option<&'static str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        super::retry_after(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let date = Some("Wed, 21 Oct 2026 07:28:00 GMT");
        assert_eq!(wait("0", None), Some(0));
        assert_eq!(wait(" 120 ", None), Some(120));
        assert_eq!(wait("Wed, 21 Oct 2026 07:30:00 GMT", date), Some(120));
    }

    #[test]
    fn a_wait_is_a_day_at_most() {
        let date = Some("Wed, 21 Oct 2026 07:28:00 GMT");
        let day = Some(86_400);
        assert_eq!(wait("86401", None), day);
        assert_eq!(wait("99999999999999999999999", None), day);
        assert_eq!(wait("Wed, 21 Oct 2099 07:28:00 GMT", date), day);
    }

    #[test]
    fn invalid_retry_after_is_ignored() {
        let date = Some("Wed, 21 Oct 2026 07:28:00 GMT");
        assert_eq!(wait("", None), None);
        assert_eq!(wait("-5", None), None);
        assert_eq!(wait("1.5", None), None);
        assert_eq!(wait("soon", date), None);
        assert_eq!(wait("Wed, 21 Oct 2026 07:27:00 GMT", date), None);
        assert_eq!(wait("Wed, 21 Oct 2026 07:30:00 GMT", None), None);
        assert_eq!(wait("Wed, 21 Oct 2026 07:30:00 GMT", Some("now")), None);
    }
}
