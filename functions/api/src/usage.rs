//! `GET /v1/usage`: what a user has used of the budget, and what keeps calls that start work
//! from using more.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use domain::{
    Timestamp, UserId,
    analysis::Usage,
    ledger::{
        self, Amounts, BudgetExhausted, Day, DaySums, Ledger, Month, SpendingLimits,
        limits::{Limit, usd},
    },
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Api,
    error::ApiError,
    extract::{Origin, QueryParameters, parameter},
    openapi::examples,
    view,
};

/// A month as `?month=` takes it.
const MONTH: &str = "^[0-9]{4}-(0[1-9]|1[0-2])$";

/// What a user has used in one month.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UsageOfMonth")]
pub(crate) struct UsageBody {
    /// The month, in UTC.
    #[schemars(with = "String", regex(pattern = MONTH))]
    month: Month,
    /// Minutes of recordings that were recognised.
    minutes: f64,
    /// Tokens that analyses took, as the engines count them.
    tokens: Usage,
    /// What the engines cost in US dollars, as far as prices are known.
    cost_usd: f64,
    /// Recordings and analyses whose cost is not known and not in `cost_usd`.
    unpriced: u64,
    /// What is reserved for recordings in hand, where there are limits.
    reserved: ReservedBody,
    /// The limits of each user.
    limits: LimitsBody,
    /// The limit that is reached, in the month of now; `null` where none is.
    exhausted: Option<ExhaustedBody>,
    /// The days on which there was something, in order.
    days: Vec<DayBody>,
}

/// What is reserved.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Reserved")]
struct ReservedBody {
    /// Minutes of recordings that are accepted and not yet recognised.
    minutes: f64,
    /// What that will cost in US dollars, as far as prices are known.
    cost_usd: f64,
}

/// How much each user may use.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SpendingLimits")]
struct LimitsBody {
    /// Minutes of recordings on a day of UTC; `null` for no limit.
    minutes_per_day: Option<u32>,
    /// Minutes of recordings in a month of UTC; `null` for no limit.
    minutes_per_month: Option<u32>,
    /// US dollars in a month of UTC; `null` for no limit.
    cost_per_month_usd: Option<f64>,
}

/// A limit that is reached.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Exhausted")]
struct ExhaustedBody {
    /// The limit.
    limit: Limit,
    /// When it begins anew.
    resets_at: Timestamp,
}

/// What a user has used on one day.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DayOfUsage")]
struct DayBody {
    /// The day, in UTC.
    #[schemars(with = "String", extend("format" = "date"))]
    date: Day,
    /// Minutes of recordings that were recognised.
    minutes: f64,
    /// Minutes of recordings that are reserved.
    reserved_minutes: f64,
    /// What the engines cost in US dollars, as far as prices are known.
    cost_usd: f64,
}

/// The parameters of a user's usage.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UsageQuery {
    /// The month in UTC, such as `2026-03`; the month of now where it is left out.
    #[serde(default, deserialize_with = "month")]
    #[schemars(with = "Option<String>", regex(pattern = MONTH), extend("example" = "2026-03"))]
    month: Option<Month>,
}

fn month<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Month>, D::Error> {
    let parse = |text: &str| Month::parse(text).map(Some);
    parameter(input, parse, "`month` takes a month such as 2026-03")
}

/// Read what was used in a month
///
/// Minutes of recordings, tokens, costs, what is reserved, and the limits. Deleted interviews stay
/// in these sums.
#[utoipa::path(
    get, path = "/v1/usage", operation_id = "usage", tag = "Service",
    params(QueryParameters<UsageQuery>),
    responses((status = 200, description = "What was used.", body = ref("#/components/schemas/UsageOfMonth"), example = examples::usage)),
)]
pub(crate) async fn usage(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    QueryParameters(query): QueryParameters<UsageQuery>,
) -> Result<Json<UsageBody>, ApiError> {
    let now = api.clock.now();
    let current = Day::of(now).month();
    let month = query.month.unwrap_or(current);
    let ledger = ledger::month(&*api.records, &user, month).await?;
    let limits = &api.limits.spending;
    let checked = limits.check(&ledger, Amounts::default(), now);
    let exhausted = checked.err().filter(|_| month == current);
    Ok(Json(body(month, ledger, limits, exhausted)))
}

fn body(
    month: Month,
    ledger: Ledger,
    limits: &SpendingLimits,
    exhausted: Option<BudgetExhausted>,
) -> UsageBody {
    let (used, reserved) = (ledger.used(), ledger.reserved());
    UsageBody {
        month,
        minutes: minutes(used.audio_ms),
        tokens: used.tokens(),
        cost_usd: usd(used.cost_micro_usd),
        unpriced: used.unpriced,
        reserved: ReservedBody {
            minutes: minutes(reserved.audio_ms),
            cost_usd: usd(reserved.cost_micro_usd),
        },
        limits: LimitsBody {
            minutes_per_day: limits.minutes_per_day,
            minutes_per_month: limits.minutes_per_month,
            cost_per_month_usd: limits.micro_usd_per_month.map(usd),
        },
        exhausted: exhausted.map(|exhausted| ExhaustedBody {
            limit: exhausted.limit,
            resets_at: exhausted.resets_at,
        }),
        days: ledger.days.into_iter().map(day).collect(),
    }
}

fn day((date, sums): (Day, DaySums)) -> DayBody {
    DayBody {
        date,
        minutes: minutes(sums.used.audio_ms),
        reserved_minutes: minutes(sums.reserved.audio_ms),
        cost_usd: usd(sums.used.cost_micro_usd),
    }
}

/// Minutes to a thousandth.
#[expect(clippy::cast_precision_loss, reason = "a month has few milliseconds")]
fn minutes(millis: u64) -> f64 {
    (millis as f64 / 60.0).round() / 1_000.0
}

impl Api {
    /// Refuses a call that starts work once a limit of its user is reached.
    pub(crate) async fn check_budget(&self, user: &UserId) -> Result<(), Problem> {
        let (limits, now) = (&self.limits.spending, self.clock.now());
        Ok(ledger::check(&*self.records, user, limits, Amounts::default(), now).await?)
    }

    /// The same for a new interview; a repeated request gets what the first one made.
    pub(crate) async fn check_budget_of_new(&self, origin: &Origin) -> Result<(), Problem> {
        let checked = self.check_budget(&origin.user).await;
        let Some(key) = origin.idempotency_key.as_ref().filter(|_| checked.is_err()) else {
            return checked;
        };
        let made = self
            .records
            .read(&view::receipt_path(&origin.user, key))
            .await?;
        made.map_or(checked, |_| Ok(()))
    }

    /// Counts what a call has used. A ledger that cannot be written costs no result.
    pub(crate) async fn count_use(&self, user: &UserId, amounts: Amounts) {
        let counted = ledger::add(&*self.records, user, amounts, self.clock.now()).await;
        if let Err(error) = counted {
            tracing::warn!(event = "ledger.not_counted", %error, "what a call used was not counted");
        }
    }
}
