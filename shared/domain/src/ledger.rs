//! What each user has used, and what is reserved for work that is not done.
//!
//! The ledger of a user and a month is one document of sums by day. A reservation lies on
//! the interview that it is for, by its step, until the step is settled; every transaction
//! on the interview ([`crate::interview_store::transact`]) changes the sums with it. So an
//! event that is delivered twice and a second attempt find the reservation and add nothing.
//! What is settled replaces the reservation: what was used where the step is done or the
//! engine has billed its error, nothing otherwise. A deletion releases what is reserved
//! ([`release()`]). The sums hold no words, names or ids, and remain.
//!
//! Days and months are those of UTC. Everything counts for the day on which it was reserved.
//! A ledger that cannot be decoded stops no work: nothing is counted, and nothing changes it.
//!
//! In reading order: [`day`] names days and months, [`limits`] says when a budget is used
//! up, `books` reads and writes the sums, and `release` takes back reservations.

mod books;
pub mod day;
pub mod limits;
mod release;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Interview, InterviewKey, Timestamp, UserId,
    analysis::{self, Usage},
    conflict::ConflictPauses,
    interview_store::{self, Decision},
    paths::DocPath,
    ports::{Records, RecordsError, Write},
    steps::{Code, StepName, StepState, Steps},
    versions::{UnknownFields, strip_unknown},
};

pub(crate) use books::{Changes, book_changes, versions};
pub use books::{DaySums, Ledger, add, month, spend, take_back};
pub use day::{Day, Month};
pub use limits::{BudgetExhausted, SpendingLimits};
pub use release::release;

use books::Book;

/// The name of the collections that hold ledgers, for all users.
pub const LEDGER: &str = "ledger";

/// What work takes of a budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Amounts {
    /// The length of recordings that a speech engine is given, in milliseconds.
    pub audio_ms: u64,
    /// Tokens that a language engine read.
    pub input_tokens: u64,
    /// Tokens that it wrote, reasoning not included.
    pub output_tokens: u64,
    /// Tokens of its reasoning.
    pub thinking_tokens: u64,
    /// Its answers that were not the JSON that was requested.
    #[serde(skip_serializing_if = "analysis::is_zero")]
    pub repairs: u64,
    /// The cost in millionths of a US dollar, as far as prices are known.
    pub cost_micro_usd: u64,
    /// Recordings and analyses whose cost is not known.
    pub unpriced: u64,
}

impl Amounts {
    /// Of a recording of that length in milliseconds, with what its recognition costs in US
    /// dollars where that is known.
    pub fn of_audio(audio_ms: u64, cost_usd: Option<f64>) -> Self {
        Self {
            audio_ms,
            cost_micro_usd: cost_usd.map_or(0, limits::micro_usd),
            unpriced: u64::from(cost_usd.is_none()),
            ..Self::default()
        }
    }

    /// Of an analysis, with its cost in US dollars where that is known.
    pub fn of_analysis(usage: Usage, cost_usd: Option<f64>) -> Self {
        Self {
            audio_ms: 0,
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            thinking_tokens: usage.thinking_tokens,
            repairs: usage.repairs,
            cost_micro_usd: cost_usd.map_or(0, limits::micro_usd),
            unpriced: u64::from(cost_usd.is_none() && usage != Usage::default()),
        }
    }

    /// Tokens as the engines count them.
    pub const fn tokens(&self) -> Usage {
        Usage {
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            thinking_tokens: self.thinking_tokens,
            repairs: self.repairs,
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, more: Self) -> Self {
        self.each(more, u64::saturating_add)
    }

    /// This without `less`, and nothing below zero.
    #[must_use]
    pub fn minus(self, less: Self) -> Self {
        self.each(less, u64::saturating_sub)
    }

    fn each(self, other: Self, of: fn(u64, u64) -> u64) -> Self {
        Self {
            audio_ms: of(self.audio_ms, other.audio_ms),
            input_tokens: of(self.input_tokens, other.input_tokens),
            output_tokens: of(self.output_tokens, other.output_tokens),
            thinking_tokens: of(self.thinking_tokens, other.thinking_tokens),
            repairs: of(self.repairs, other.repairs),
            cost_micro_usd: of(self.cost_micro_usd, other.cost_micro_usd),
            unpriced: of(self.unpriced, other.unpriced),
        }
    }
}

/// What is reserved for a step of an interview until the step is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The day that it counts for.
    pub day: Day,
    /// What is reserved.
    #[serde(flatten)]
    pub reserved: Amounts,
    /// What the step used; noted in the transaction that settles it.
    #[serde(skip)]
    pub used: Option<Amounts>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Reservation);

/// The reservations of an interview by the names of their steps, of which a newer release
/// may have more.
pub type Reservations = BTreeMap<String, Reservation>;

impl Reservation {
    fn new(day: Day, reserved: Amounts) -> Self {
        Self {
            day,
            reserved,
            used: None,
            unknown: UnknownFields::default(),
        }
    }

    /// What it counts for once its work was done or billed.
    fn used(&self) -> Amounts {
        self.used.unwrap_or(self.reserved)
    }

    /// What is used by a settled step; nothing where the reservation is just released.
    fn settled(&self, steps: &Steps, step: StepName) -> Option<Amounts> {
        let step = steps.step(step);
        let error = step.error.as_ref();
        let is_billed = error.is_some_and(|error| is_billed(&error.code));
        let is_used = step.state == StepState::Done || is_billed || self.used.is_some();
        is_used.then(|| self.used())
    }
}

/// Whether an engine bills an answer that ends as an error of this code.
fn is_billed(code: &str) -> bool {
    code == Code::NoSpeech.as_str()
}

impl Interview {
    /// Notes what a step used, in the transaction that settles it.
    pub fn note_use(&mut self, step: StepName, used: Amounts, now: Timestamp) {
        let name = step.as_str().to_owned();
        let reservation = self.reservations.entry(name);
        let reservation =
            reservation.or_insert_with(|| Reservation::new(Day::of(now), Amounts::default()));
        reservation.used = Some(used);
    }

    /// Whether something is reserved for a step.
    pub fn has_reserved(&self, step: StepName) -> bool {
        self.reservations.contains_key(step.as_str())
    }
}

/// Takes the reservations of settled steps off the interview; answers what that, and
/// whatever else has changed since `before`, does to the ledger.
pub(crate) fn settle(before: &Reservations, interview: &mut Interview) -> Changes {
    let mut changes = Changes::default();
    for reservation in before.values() {
        changes.release(reservation);
    }
    let steps = &interview.steps;
    interview.reservations.retain(|name, reservation| {
        let step = StepName::ALL.into_iter().find(|step| step.as_str() == name);
        let step = step.filter(|step| steps.step(*step).is_settled());
        match step {
            Some(step) => {
                let used = reservation.settled(steps, step);
                changes.add(reservation.day, used.unwrap_or_default());
            }
            None => changes.reserve(reservation),
        }
        step.is_none()
    });
    changes
}

/// Why nothing was reserved or spent.
#[derive(Debug, thiserror::Error)]
pub enum SpendError {
    /// The budget does not suffice.
    #[error(transparent)]
    Exhausted(#[from] BudgetExhausted),
    /// An error of the store.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

/// Refuses what would take `more` than the limits allow; with nothing more, a budget that is
/// used up. Nothing is read where there are no limits.
pub async fn check(
    records: &dyn Records,
    user: &UserId,
    limits: &SpendingLimits,
    more: Amounts,
    now: Timestamp,
) -> Result<(), SpendError> {
    if limits.is_none() {
        return Ok(());
    }
    let book = Book::read(records, user, Day::of(now).month()).await?;
    Ok(limits.check(&book.ledger, more, now)?)
}

/// Reserves a recording for a step, unless that is done already or the step is settled or its
/// interview deleted. Notes the recording's length on the interview, also where the budget
/// does not suffice.
///
/// # Errors
///
/// [`SpendError::Exhausted`] where it does not, as of the moment of the transaction.
pub async fn reserve(
    records: &dyn Records,
    key: &InterviewKey,
    step: StepName,
    recording: Amounts,
    limits: &SpendingLimits,
    now: Timestamp,
) -> Result<(), SpendError> {
    let day = Day::of(now);
    let mut pauses = ConflictPauses::new();
    loop {
        let book = Book::read(records, &key.user_id, day.month()).await?;
        let guard = book.guard()?;
        let mut is_fresh = true;
        let reserve = |interview: Option<&mut Interview>| {
            // A second call: the interview or the ledger has changed since the book was read.
            if !std::mem::take(&mut is_fresh) {
                return Decision::Leave(None);
            }
            let open = interview.filter(|found| is_open(found, step));
            let Some(interview) = open else {
                return Decision::Leave(Some(Ok(())));
            };
            let is_news = note_length(interview, recording.audio_ms);
            match limits.check(&book.ledger, recording, now) {
                Err(exhausted) if is_news => {
                    Decision::Write(Some(Err(exhausted.into())), Vec::new())
                }
                Err(exhausted) => Decision::Leave(Some(Err(exhausted.into()))),
                Ok(()) => {
                    let reservation = Reservation::new(day, recording);
                    let name = step.as_str().to_owned();
                    interview.reservations.insert(name, reservation);
                    Decision::Write(Some(Ok(())), guard.clone())
                }
            }
        };
        if let Some(answer) = interview_store::transact(records, key, now, reserve).await? {
            return answer;
        }
        if !pauses.wait().await {
            let path = key.document();
            return Err(RecordsError::Stale { path }.into());
        }
    }
}

/// Whether something can still be reserved for the step.
fn is_open(interview: &Interview, step: StepName) -> bool {
    interview.deleted_at.is_none()
        && !interview.has_reserved(step)
        && !interview.steps.step(step).is_settled()
}

/// Notes the length of the recording, in milliseconds, where it is not known; whether it was
/// not.
fn note_length(interview: &mut Interview, audio_ms: u64) -> bool {
    let unknown = interview.audio.as_mut();
    let unknown = unknown.filter(|audio| audio.duration_ms.is_none());
    let is_news = unknown.is_some();
    if let Some(audio) = unknown {
        audio.duration_ms = Some(audio_ms);
    }
    is_news
}

/// Adds to the writes of a transaction what work without a reservation used.
pub(crate) async fn book_use(
    records: &dyn Records,
    user: &UserId,
    amounts: Amounts,
    now: Timestamp,
    writes: &mut Vec<Write>,
) -> Result<(), RecordsError> {
    let mut changes = Changes::default();
    changes.add(Day::of(now), amounts);
    book_changes(records, user, &changes, writes).await
}

/// The ledger of a user and month.
fn path(user: &UserId, month: Month) -> DocPath {
    DocPath::parse(&format!("users/{user}/{LEDGER}/{month}"))
        .unwrap_or_else(|| unreachable!("ids and months have no slash"))
}

#[cfg(test)]
mod tests;
