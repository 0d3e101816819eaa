//! When a user's budget is used up.

use std::fmt;

use serde::Serialize;

use super::{Amounts, Day, Ledger};
use crate::{
    Timestamp,
    steps::{Code, StepError},
};

const MINUTE_MS: u64 = 60_000;

/// How much one user may use; as much as there is where there is no number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpendingLimits {
    /// `USER_MINUTES_PER_DAY`: minutes of recordings on a day of UTC.
    pub minutes_per_day: Option<u32>,
    /// `USER_MINUTES_PER_MONTH`: minutes of recordings in a month of UTC.
    pub minutes_per_month: Option<u32>,
    /// `USER_COST_PER_MONTH`: known costs in a month of UTC, in millionths of a US dollar.
    pub micro_usd_per_month: Option<u64>,
}

/// A limit, by the name that it has for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Minutes of recordings on a day of UTC.
    MinutesPerDay,
    /// Minutes of recordings in a month of UTC.
    MinutesPerMonth,
    /// Costs in a month of UTC.
    CostPerMonth,
}

/// A limit is reached, or a recording takes more than what is left of it.
///
/// Quantities are milliseconds of recordings, or millionths of a US dollar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct BudgetExhausted {
    /// The limit.
    pub limit: Limit,
    /// When it begins anew.
    pub resets_at: Timestamp,
    /// What the limit allows.
    most: u64,
    /// How much of that is used or reserved.
    spent: u64,
    /// What does not fit; 0 where the limit is reached whatever comes.
    more: u64,
}

impl SpendingLimits {
    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The limit of costs alone, for work that takes no recording.
    #[must_use]
    pub fn of_cost(&self) -> Self {
        Self {
            micro_usd_per_month: self.micro_usd_per_month,
            ..Self::default()
        }
    }

    /// Refuses what would take `more`, by the ledger of this month; with nothing, whatever
    /// comes once a limit is reached. Of several limits the one counts that lasts longest.
    pub fn check(
        &self,
        ledger: &Ledger,
        more: Amounts,
        now: Timestamp,
    ) -> Result<(), BudgetExhausted> {
        let (today, month) = (Day::of(now), Day::of(now).month());
        let of_day = ledger.day(today);
        let of_day = of_day.used.plus(of_day.reserved.known);
        let of_month = ledger.used().plus(ledger.reserved());
        let minutes = |most: Option<u32>| most.map(|most| u64::from(most) * MINUTE_MS);
        let quantities = |of: fn(&Amounts) -> u64, spent: &Amounts| (of(spent), of(&more));
        let audio = |amounts: &Amounts| amounts.audio_ms;
        let cost = |amounts: &Amounts| amounts.cost_micro_usd;
        let limits = [
            (
                Limit::MinutesPerDay,
                minutes(self.minutes_per_day),
                quantities(audio, &of_day),
            ),
            (
                Limit::MinutesPerMonth,
                minutes(self.minutes_per_month),
                quantities(audio, &of_month),
            ),
            (
                Limit::CostPerMonth,
                self.micro_usd_per_month,
                quantities(cost, &of_month),
            ),
        ];
        let refused = limits
            .into_iter()
            .filter_map(|(limit, most, (spent, more))| {
                let most = most?;
                let fits = spent < most && spent.saturating_add(more) <= most;
                let resets_at = match limit {
                    Limit::MinutesPerDay => today.end(),
                    Limit::MinutesPerMonth | Limit::CostPerMonth => month.end(),
                };
                (!fits).then_some(BudgetExhausted {
                    limit,
                    resets_at,
                    most,
                    spent,
                    more,
                })
            });
        let last = refused.max_by_key(|exhausted| exhausted.resets_at);
        last.map_or(Ok(()), Err)
    }
}

impl BudgetExhausted {
    /// The error of a step that would use more than is left.
    pub fn to_step_error(&self) -> StepError {
        StepError::permanent(Code::BudgetExhausted, self.to_string())
    }
}

impl fmt::Display for BudgetExhausted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period = match self.limit {
            Limit::MinutesPerDay => "day",
            Limit::MinutesPerMonth | Limit::CostPerMonth => "month",
        };
        let (most, until) = (self.quantity(self.most), self.resets_at);
        let more = self.quantity(self.more);
        if self.more > self.most {
            write!(
                formatter,
                "the recording takes {more}, more than the {most} that a user has a {period}: \
                 split it, or ask the operator for more"
            )
        } else if self.spent >= self.most {
            write!(
                formatter,
                "the budget of {most} a {period} is used up, reservations included; \
                 it begins anew at {until}"
            )
        } else {
            let left = self.quantity(self.most - self.spent);
            write!(
                formatter,
                "the recording takes {more}, and {left} of {most} a {period} are left until {until}"
            )
        }
    }
}

impl BudgetExhausted {
    fn quantity(&self, quantity: u64) -> String {
        match self.limit {
            Limit::MinutesPerDay | Limit::MinutesPerMonth => {
                let seconds = quantity.div_ceil(1_000);
                format!("{}:{:02} minutes", seconds / 60, seconds % 60)
            }
            Limit::CostPerMonth => format!("{:.2} US dollars", usd(quantity)),
        }
    }
}

/// US dollars in millionths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "costs are small and not negative; a cast of floats saturates"
)]
pub fn micro_usd(usd: f64) -> u64 {
    (usd * 1e6).round().max(0.0) as u64
}

/// Millionths in US dollars.
#[expect(clippy::cast_precision_loss, reason = "costs are small")]
pub fn usd(micro_usd: u64) -> f64 {
    micro_usd as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::DaySums;

    const NOON: &str = "2026-11-28T12:00:00Z";

    fn now() -> Timestamp {
        Timestamp::parse(NOON).unwrap()
    }

    fn minutes_of(minutes: u64) -> Amounts {
        Amounts::of_audio(minutes * MINUTE_MS, Some(0.0))
    }

    /// Minutes used yesterday and today, and minutes reserved today.
    fn ledger(yesterday: u64, today: u64, reserved: u64) -> Ledger {
        let before = Timestamp::parse("2026-11-27T12:00:00Z").unwrap();
        let mut ledger = Ledger::default();
        for (day, minutes, reserved) in [(before, yesterday, 0), (now(), today, reserved)] {
            let sums = DaySums {
                used: minutes_of(minutes),
                reserved: minutes_of(reserved).into(),
                ..DaySums::default()
            };
            ledger.days.insert(Day::of(day), sums);
        }
        ledger
    }

    #[test]
    fn a_recording_fits_up_to_the_limit_reservations_included() {
        let limits = SpendingLimits {
            minutes_per_day: Some(60),
            ..SpendingLimits::default()
        };
        let check = |today, reserved, more_ms| {
            let more = Amounts::of_audio(more_ms, None);
            limits.check(&ledger(900, today, reserved), more, now())
        };
        assert_eq!(check(20, 30, 10 * MINUTE_MS), Ok(()));
        let refused = check(20, 30, 10 * MINUTE_MS + 1).unwrap_err();
        assert_eq!(refused.limit, Limit::MinutesPerDay);
        assert_eq!(refused.resets_at.to_string(), "2026-11-29T00:00:00.000Z");
        let message = refused.to_string();
        assert!(
            message.contains("takes 10:01 minutes, and 10:00 minutes of 60:00"),
            "{message}"
        );
        assert_eq!(check(20, 39, 0), Ok(()));
        let message = check(20, 40, 0).unwrap_err().to_string();
        assert!(
            message.contains("used up") && message.contains("2026-11-29"),
            "{message}"
        );
        let message = check(0, 0, 61 * MINUTE_MS).unwrap_err().to_string();
        assert!(
            message.contains("takes 61:00 minutes, more than the 60:00"),
            "{message}"
        );
    }

    #[test]
    fn the_limit_that_lasts_longest_counts() {
        let limits = SpendingLimits {
            minutes_per_day: Some(10),
            minutes_per_month: Some(30),
            ..SpendingLimits::default()
        };
        let refused = limits
            .check(&ledger(20, 10, 0), Amounts::default(), now())
            .unwrap_err();
        assert_eq!(refused.limit, Limit::MinutesPerMonth);
        assert_eq!(refused.resets_at.to_string(), "2026-12-01T00:00:00.000Z");
        let refused = limits
            .check(&ledger(10, 10, 0), Amounts::default(), now())
            .unwrap_err();
        assert_eq!(refused.limit, Limit::MinutesPerDay);
    }

    #[test]
    fn costs_count_as_far_as_they_are_known() {
        let limits = SpendingLimits {
            minutes_per_day: Some(1),
            micro_usd_per_month: Some(micro_usd(0.5)),
            ..SpendingLimits::default()
        };
        let cost = |used, reserved| {
            let of = |micro| Amounts {
                cost_micro_usd: micro,
                ..Amounts::default()
            };
            let sums = DaySums {
                used: of(used),
                reserved: of(reserved).into(),
                ..DaySums::default()
            };
            Ledger {
                days: [(Day::of(now()), sums)].into(),
                ..Ledger::default()
            }
        };
        let limits = limits.of_cost();
        let check = |ledger: &Ledger| limits.check(ledger, Amounts::default(), now());
        assert_eq!(check(&cost(400_000, 99_999)), Ok(()));
        let refused = check(&cost(400_000, 100_000)).unwrap_err();
        assert_eq!(refused.limit, Limit::CostPerMonth);
        let error = refused.to_step_error();
        assert_eq!(
            (&error.code[..], error.retryable),
            ("budget_exhausted", false)
        );
        assert!(
            error.message.contains("0.50 US dollars a month is used up"),
            "{}",
            error.message
        );
    }
}
