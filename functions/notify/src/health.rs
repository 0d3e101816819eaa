//! Whether a receiver answers: what is remembered of one that is slow or fails.
//!
//! A circuit breaker for each receiver. After [`FAILURES`] failures in a row the circuit
//! opens: webhooks are postponed without a connection. When the time is over, one of them is
//! the probe. If the receiver answers, the circuit is closed and everything is sent; if not,
//! the circuit stays open for twice as long.
//!
//! What counts is that the host answers, not that it wants the webhook: 4xx is an answer.
//! Nothing is stored of a receiver that answers in time.

use std::time::Duration;

use domain::{Timestamp, versions::UnknownFields};
use serde::{Deserialize, Serialize};

use crate::{lanes::Lane, outcome::SendOutcome};

/// The number of failures in a row that opens the circuit.
pub const FAILURES: u32 = 5;

/// How long the circuit is open at first; it doubles with each failed probe.
const OPEN: Duration = Duration::from_mins(1);

/// The longest that it is open before the next probe.
const MAX_OPEN: Duration = Duration::from_hours(1);

/// How long others wait for the result of a probe: longer than it can take.
pub const PROBE: Duration = Duration::from_secs(30);

/// For how long a receiver that took long is sent webhooks in the slow lane.
const SLOW: Duration = Duration::from_hours(1);

/// For how long it is remembered after the last failure.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// `users/{user}/receivers/{name}`: the state of a receiver, for all instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiverHealth {
    /// How many attempts in a row have failed.
    #[serde(default)]
    pub failures: u32,
    /// How often in a row the circuit was opened.
    #[serde(default)]
    pub openings: u32,
    /// Until when nothing is sent; absent while the circuit is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_until: Option<Timestamp>,
    /// Until when the slow lane is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_until: Option<Timestamp>,
    /// When it is forgotten, by the store itself ([`domain::documents::TIME_TO_LIVE`]).
    pub ttl: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Whether something may be sent to a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    /// It may.
    Closed,
    /// One attempt may be made, to see whether the receiver answers.
    HalfOpen,
    /// Not before this moment.
    Open(Timestamp),
}

/// What an attempt says about its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It answers in time.
    Answered,
    /// It answers, and takes longer than the fast lane allows.
    AnsweredSlowly,
    /// It had not answered when the time of the fast lane was over.
    TooSlow,
    /// It did not answer, or said that it cannot.
    Failed,
}

impl Verdict {
    /// Of an attempt in `lane` that took longer than the fast lane allows or not; `None`
    /// when nothing was sent.
    pub const fn new(outcome: &SendOutcome, lane: Lane, took_long: bool) -> Option<Self> {
        Some(match outcome {
            SendOutcome::Forbidden { .. } => return None,
            SendOutcome::TimedOut { .. } if matches!(lane, Lane::Fast) => Self::TooSlow,
            SendOutcome::TimedOut { .. }
            | SendOutcome::Unreachable { .. }
            | SendOutcome::Refused {
                status: 429 | 500..,
                ..
            } => Self::Failed,
            SendOutcome::Delivered { .. } | SendOutcome::Gone | SendOutcome::Refused { .. } => {
                if took_long {
                    Self::AnsweredSlowly
                } else {
                    Self::Answered
                }
            }
        })
    }
}

impl ReceiverHealth {
    /// Of a receiver of which nothing is known.
    fn unknown_at(now: Timestamp) -> Self {
        Self {
            failures: 0,
            openings: 0,
            open_until: None,
            slow_until: None,
            ttl: now + KEPT,
            unknown: UnknownFields::default(),
        }
    }

    /// Whether something may be sent.
    pub fn circuit(&self, now: Timestamp) -> Circuit {
        match self.open_until {
            None => Circuit::Closed,
            Some(until) if until > now => Circuit::Open(until),
            Some(_) => Circuit::HalfOpen,
        }
    }

    /// Whether the slow lane is to be used.
    pub fn is_slow(&self, now: Timestamp) -> bool {
        self.slow_until.is_some_and(|until| until > now)
    }

    /// The same while a probe is under way.
    #[must_use]
    pub fn probed(self, now: Timestamp) -> Self {
        Self {
            open_until: Some(now + PROBE),
            ..self
        }
    }

    /// What is to be remembered after an attempt; `None` when nothing is.
    #[must_use]
    pub fn after(
        before: Option<Self>,
        verdict: Verdict,
        is_probe: bool,
        now: Timestamp,
    ) -> Option<Self> {
        let known = before.unwrap_or_else(|| Self::unknown_at(now));
        let known = Self {
            ttl: now + KEPT,
            ..known
        };
        match verdict {
            Verdict::Answered => None,
            Verdict::AnsweredSlowly => Some(Self {
                slow_until: Some(now + SLOW),
                ..Self::unknown_at(now)
            }),
            Verdict::TooSlow => Some(Self {
                slow_until: Some(now + SLOW),
                // A probe that was cut short is repeated in the slow lane.
                open_until: known
                    .open_until
                    .map(|until| if is_probe { now } else { until }),
                ..known
            }),
            Verdict::Failed => Some(known.failed(is_probe, now)),
        }
    }

    fn failed(self, is_probe: bool, now: Timestamp) -> Self {
        let failures = self.failures.saturating_add(1);
        // Those that were in hand when the circuit opened say nothing new.
        let opens = is_probe || (self.open_until.is_none() && failures >= FAILURES);
        if !opens {
            return Self { failures, ..self };
        }
        let open = OPEN * 2_u32.pow(self.openings.min(16));
        Self {
            failures,
            openings: self.openings.saturating_add(1),
            open_until: Some(now + open.min(MAX_OPEN)),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn failed(times: u32) -> ReceiverHealth {
        let fail = |health, _| ReceiverHealth::after(health, Verdict::Failed, false, at(0));
        (0..times).fold(None, fail).expect("it is remembered")
    }

    #[test]
    fn five_failures_in_a_row_open_the_circuit() {
        assert_eq!(failed(4).circuit(at(0)), Circuit::Closed);
        let open = failed(5);
        assert_eq!(open.circuit(at(59)), Circuit::Open(at(60)));
        assert_eq!(open.circuit(at(60)), Circuit::HalfOpen);
        assert_eq!(
            failed(9).circuit(at(59)),
            Circuit::Open(at(60)),
            "not for longer"
        );
    }

    #[test]
    fn an_answer_closes_the_circuit_and_is_forgotten() {
        for health in [None, Some(failed(4)), Some(failed(5))] {
            for is_probe in [true, false] {
                let after =
                    ReceiverHealth::after(health.clone(), Verdict::Answered, is_probe, at(60));
                assert_eq!(after, None);
            }
        }
    }

    #[test]
    fn each_failed_probe_doubles_the_wait_up_to_an_hour() {
        let (mut health, mut now) = (failed(5), at(60));
        for minutes in [2, 4, 8, 16, 32, 60, 60] {
            let probed = health.probed(now);
            assert_eq!(
                probed.circuit(now),
                Circuit::Open(now + PROBE),
                "for others"
            );
            let failed = ReceiverHealth::after(Some(probed), Verdict::Failed, true, now);
            health = failed.expect("it is remembered");
            let until = now + Duration::from_mins(minutes);
            assert_eq!(health.circuit(now), Circuit::Open(until));
            now = until;
        }
    }

    #[test]
    fn a_receiver_that_took_long_is_slow_for_an_hour() {
        for verdict in [Verdict::TooSlow, Verdict::AnsweredSlowly] {
            let slow = ReceiverHealth::after(None, verdict, false, at(0)).expect("remembered");
            assert!(slow.is_slow(at(3_599)) && !slow.is_slow(at(3_600)));
            assert_eq!(slow.circuit(at(0)), Circuit::Closed);
            let failed = ReceiverHealth::after(Some(slow), Verdict::Failed, false, at(1));
            assert!(failed.expect("remembered").is_slow(at(3_599)));
        }
    }

    #[test]
    fn a_probe_that_was_cut_short_is_repeated() {
        let probed = failed(5).probed(at(60));
        let cut = ReceiverHealth::after(Some(probed), Verdict::TooSlow, true, at(63));
        let cut = cut.expect("it is remembered");
        assert_eq!(cut.circuit(at(63)), Circuit::HalfOpen);
        assert!(cut.is_slow(at(63)));
    }

    #[test]
    fn a_verdict_is_about_the_host_and_not_about_the_webhook() {
        let refused = |status| SendOutcome::Refused {
            status,
            retry_after: None,
        };
        let reason = || "r".to_owned();
        let (timed_out, unreachable) = (
            SendOutcome::TimedOut { reason: reason() },
            SendOutcome::Unreachable { reason: reason() },
        );
        let forbidden = SendOutcome::Forbidden { reason: reason() };
        for (outcome, fast, slow) in [
            (
                SendOutcome::Delivered { status: 200 },
                Some(Verdict::Answered),
                Some(Verdict::AnsweredSlowly),
            ),
            (
                SendOutcome::Gone,
                Some(Verdict::Answered),
                Some(Verdict::AnsweredSlowly),
            ),
            (
                refused(404),
                Some(Verdict::Answered),
                Some(Verdict::AnsweredSlowly),
            ),
            (refused(429), Some(Verdict::Failed), Some(Verdict::Failed)),
            (refused(503), Some(Verdict::Failed), Some(Verdict::Failed)),
            (timed_out, Some(Verdict::TooSlow), Some(Verdict::Failed)),
            (unreachable, Some(Verdict::Failed), Some(Verdict::Failed)),
            (forbidden, None, None),
        ] {
            assert_eq!(
                Verdict::new(&outcome, Lane::Fast, false),
                fast,
                "{outcome:?}"
            );
            assert_eq!(
                Verdict::new(&outcome, Lane::Slow, true),
                slow,
                "{outcome:?}"
            );
        }
    }
}
