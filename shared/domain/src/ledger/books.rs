//! The sums of a user and month, and how they change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Amounts, Day, LEDGER, Month, Reservation, SpendError, SpendingLimits, path};
use crate::{
    Timestamp, UserId,
    conflict::ConflictPauses,
    paths::DocPath,
    ports::{Precondition, Records, RecordsError, Write},
    versions::{Extended, UnknownFields, strip_unknown},
};

/// The document `users/{user}/ledger/{month}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The sums of each day on which there was something.
    #[serde(default)]
    pub days: BTreeMap<Day, DaySums>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Ledger, days);

/// The sums of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaySums {
    /// What was used.
    #[serde(flatten)]
    pub used: Amounts,
    /// What is reserved.
    #[serde(default)]
    pub reserved: Extended<Amounts>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(DaySums, reserved);

impl Ledger {
    /// What was used on one day.
    pub fn day(&self, day: Day) -> DaySums {
        self.days.get(&day).cloned().unwrap_or_default()
    }

    /// What was used in the month.
    pub fn used(&self) -> Amounts {
        let days = self.days.values();
        days.fold(Amounts::default(), |sum, day| sum.plus(day.used))
    }

    /// What is reserved in the month.
    pub fn reserved(&self) -> Amounts {
        let days = self.days.values();
        days.fold(Amounts::default(), |sum, day| sum.plus(day.reserved.known))
    }

    fn apply(&mut self, day: Day, change: &Change) {
        let sums = self.days.entry(day).or_default();
        let reserved = sums.reserved.known.plus(change.reserved);
        sums.reserved.known = reserved.minus(change.released);
        sums.used = sums.used.plus(change.used);
    }
}

/// How the sums of one day change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Change {
    released: Amounts,
    reserved: Amounts,
    used: Amounts,
}

/// How a transaction changes the sums, by day.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes(BTreeMap<Day, Change>);

impl Changes {
    pub(super) fn release(&mut self, reservation: &Reservation) {
        let change = self.0.entry(reservation.day).or_default();
        change.released = change.released.plus(reservation.reserved);
    }

    pub(super) fn reserve(&mut self, reservation: &Reservation) {
        let change = self.0.entry(reservation.day).or_default();
        change.reserved = change.reserved.plus(reservation.reserved);
    }

    pub(super) fn add(&mut self, day: Day, used: Amounts) {
        let change = self.0.entry(day).or_default();
        change.used = change.used.plus(used);
    }

    /// The days whose sums really change, by month.
    pub(super) fn months(&self) -> BTreeMap<Month, Vec<(Day, Change)>> {
        let mut months: BTreeMap<Month, Vec<(Day, Change)>> = BTreeMap::new();
        for (day, change) in &self.0 {
            let is_used = change.used != Amounts::default();
            if is_used || change.released != change.reserved {
                let days = months.entry(day.month()).or_default();
                days.push((*day, *change));
            }
        }
        months
    }
}

/// A ledger as it was read, to be replaced in just that version.
pub(super) struct Book {
    pub(super) ledger: Ledger,
    path: DocPath,
    /// Nothing for a ledger that cannot be decoded, which is left alone.
    precondition: Option<Precondition>,
}

impl Book {
    /// Reads the ledger of a user and month; an empty one where there is none.
    pub(super) async fn read(
        records: &dyn Records,
        user: &UserId,
        month: Month,
    ) -> Result<Self, RecordsError> {
        let path = path(user, month);
        let (ledger, precondition) = match records.read(&path).await? {
            None => (Ledger::default(), Some(Precondition::Absent)),
            Some(document) => match document.decode() {
                Ok(ledger) => (ledger, Some(Precondition::Version(document.version))),
                Err(_) => (Ledger::default(), None),
            },
        };
        Ok(Self {
            ledger,
            path,
            precondition,
        })
    }

    /// As another write of the same transaction has it.
    fn from_write(write: Write) -> Result<Self, RecordsError> {
        let Write::Put {
            path,
            fields,
            precondition,
        } = write
        else {
            unreachable!("ledgers are not deleted");
        };
        match serde_json::from_value(fields) {
            Ok(ledger) => Ok(Self {
                ledger,
                path,
                precondition: Some(precondition),
            }),
            Err(error) => Err(RecordsError::Malformed {
                path,
                source: error.into(),
            }),
        }
    }

    /// A write that happens only while the ledger is as it was read, to be completed by
    /// [`book_changes`].
    pub(super) fn guard(&self) -> Result<Vec<Write>, RecordsError> {
        Ok(self.changed(&[])?.into_iter().collect())
    }

    fn changed(&self, days: &[(Day, Change)]) -> Result<Option<Write>, RecordsError> {
        let Some(precondition) = self.precondition else {
            return Ok(None);
        };
        let mut ledger = self.ledger.clone();
        for (day, change) in days {
            ledger.apply(*day, change);
        }
        Write::put(self.path.clone(), &ledger, precondition).map(Some)
    }
}

/// Adds to the writes of a transaction what it changes in the user's ledgers.
pub(crate) async fn book_changes(
    records: &dyn Records,
    user: &UserId,
    changes: &Changes,
    writes: &mut Vec<Write>,
) -> Result<(), RecordsError> {
    for (month, days) in changes.months() {
        let path = path(user, month);
        let guard = writes.iter().position(|write| *write.path() == path);
        let book = match guard {
            Some(index) => Book::from_write(writes.swap_remove(index))?,
            None => Book::read(records, user, month).await?,
        };
        writes.extend(book.changed(&days)?);
    }
    Ok(())
}

/// Which versions of ledgers the writes of a transaction replace.
pub(crate) fn versions(writes: &[Write]) -> Vec<(DocPath, Precondition)> {
    let puts = writes.iter().filter_map(|write| match write {
        Write::Put {
            path, precondition, ..
        } => Some((path, precondition)),
        Write::Delete { .. } => None,
    });
    let ledgers = puts.filter(|(path, _)| path.split().0.ends_with(&format!("/{LEDGER}")));
    ledgers
        .map(|(path, precondition)| (path.clone(), *precondition))
        .collect()
}

/// The ledger of a user and month; an empty one where there is none.
///
/// # Errors
///
/// Those of the store, and a ledger that cannot be decoded.
pub async fn month(
    records: &dyn Records,
    user: &UserId,
    month: Month,
) -> Result<Ledger, RecordsError> {
    match records.read(&path(user, month)).await? {
        Some(document) => document.decode(),
        None => Ok(Ledger::default()),
    }
}

/// Counts what work without an interview uses, unless the limits are reached or it does not
/// fit into them.
pub async fn spend(
    records: &dyn Records,
    user: &UserId,
    amounts: Amounts,
    limits: &SpendingLimits,
    now: Timestamp,
) -> Result<(), SpendError> {
    let day = Day::of(now);
    change(records, user, day, |ledger| {
        limits.check(ledger, amounts, now)?;
        let sums = ledger.days.entry(day).or_default();
        sums.used = sums.used.plus(amounts);
        Ok(())
    })
    .await
}

/// The same whatever the limits are: it has been used.
pub async fn add(
    records: &dyn Records,
    user: &UserId,
    amounts: Amounts,
    now: Timestamp,
) -> Result<(), SpendError> {
    spend(records, user, amounts, &SpendingLimits::default(), now).await
}

/// Takes back what was counted on a day and then not used.
pub async fn take_back(
    records: &dyn Records,
    user: &UserId,
    day: Day,
    unused: Amounts,
) -> Result<(), SpendError> {
    change(records, user, day, |ledger| {
        let sums = ledger.days.entry(day).or_default();
        sums.used = sums.used.minus(unused);
        Ok(())
    })
    .await
}

/// Changes the ledger of the day's month; begins anew when another writer was faster.
async fn change(
    records: &dyn Records,
    user: &UserId,
    day: Day,
    apply: impl Fn(&mut Ledger) -> Result<(), SpendError> + Send,
) -> Result<(), SpendError> {
    let mut pauses = ConflictPauses::new();
    loop {
        let mut book = Book::read(records, user, day.month()).await?;
        apply(&mut book.ledger)?;
        let Some(write) = book.changed(&[])? else {
            return Ok(());
        };
        match records.commit(vec![write]).await {
            Ok(()) => return Ok(()),
            Err(RecordsError::Stale { .. }) if pauses.wait().await => {}
            Err(error) => return Err(error.into()),
        }
    }
}
