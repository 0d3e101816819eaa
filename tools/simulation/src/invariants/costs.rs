//! No cost beyond the ledger.

use domain::ledger::{LEDGER, Ledger};

use crate::{
    clients::Known,
    instances::MICRO_USD,
    world::{State, World},
};

/// Compares what the speech engine was paid for with the ledgers.
pub(super) fn check(world: &World, state: &State, known: &[Known]) -> Vec<String> {
    let (used, reserved) = sums(state);
    let mut violations = Vec::new();
    if let Some(most) = world.habits.most_recordings
        && used + reserved > most
    {
        violations.push(format!(
            "5: a budget of {most} recordings: {used} used and {reserved} reserved"
        ));
    }
    let heard: u64 = state.heard.values().map(|count| u64::from(*count)).sum();
    // Without limits nothing is reserved, and what is deleted while an engine works on it is
    // not counted.
    let uncounted = known
        .iter()
        .filter(|one| one.deletion_sent && world.habits.most_recordings.is_none());
    let explained = used + u64::from(state.faults) + uncounted.count() as u64;
    if heard > explained {
        violations.push(format!(
            "5: {heard} recordings were paid for, and {used} counted"
        ));
    }
    if state.faults == 0 && known.iter().all(|one| !one.deletion_sent) && heard != used {
        violations.push(format!(
            "5: without faults {heard} recordings were paid for, and {used} counted"
        ));
    }
    violations
}

/// Recordings in all ledgers: used and reserved.
fn sums(state: &State) -> (u64, u64) {
    let ledgers = state.documents.iter();
    let ledgers = ledgers.filter(|(path, _)| path.contains(&format!("/{LEDGER}/")));
    let mut sums = (0, 0);
    for (_, stored) in ledgers {
        let ledger: Ledger = serde_json::from_value(stored.fields.clone()).unwrap_or_default();
        sums.0 += ledger.used().cost_micro_usd / MICRO_USD;
        sums.1 += ledger.reserved().cost_micro_usd / MICRO_USD;
    }
    sums
}
