//! For how long something is good: `expires_in_s`.

use std::{ops::RangeInclusive, time::Duration};

use runtime::http::Problem;

use crate::validation::invalid;

/// The lifetime that a request gives in seconds, or else the usual one.
pub(crate) fn lifetime(
    given_s: Option<i64>,
    usual: Duration,
    accepted: RangeInclusive<Duration>,
) -> Result<Duration, Problem> {
    let Some(given_s) = given_s else {
        return Ok(usual);
    };
    let lifetime = u64::try_from(given_s).map(Duration::from_secs).ok();
    let lifetime = lifetime.filter(|lifetime| accepted.contains(lifetime));
    lifetime.ok_or_else(|| {
        let (least, most) = (accepted.start().as_secs(), accepted.end().as_secs());
        let why = format!("{least} to {most} seconds, but it is {given_s}");
        invalid("expires_in_s", &why)
    })
}
