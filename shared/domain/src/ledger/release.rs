//! What a deletion does to a ledger.

use serde_json::{Map, Value};

use super::{Changes, Reservations, book_changes};
use crate::{
    InterviewKey,
    conflict::ConflictPauses,
    ports::{Records, RecordsError, Write},
    steps::StepState,
};

/// The field of an interview with its reservations.
const RESERVATIONS: &str = "reservations";

/// Releases what is reserved for an interview that is marked as deleted: no step can reserve
/// or settle anything any more. What is reserved for a step that was running counts as used,
/// because its engine has been called and may bill it.
///
/// Works on the stored fields, so that the document need not be readable; reservations that
/// are not are left to end with their month.
pub async fn release(records: &dyn Records, key: &InterviewKey) -> Result<(), RecordsError> {
    let path = key.document();
    let mut pauses = ConflictPauses::new();
    loop {
        let Some(document) = records.read(&path).await? else {
            return Ok(());
        };
        let Value::Object(mut fields) = document.fields else {
            return Ok(());
        };
        let Some(reservations) = fields.remove(RESERVATIONS) else {
            return Ok(());
        };
        let reservations = serde_json::from_value(reservations).unwrap_or_default();
        let changes = changes(&reservations, &fields);
        let fields = Value::Object(fields);
        let mut writes = vec![Write::replace(path.clone(), fields, document.version)];
        book_changes(records, &key.user_id, &changes, &mut writes).await?;
        match records.commit(writes).await {
            Err(RecordsError::Stale { .. }) if pauses.wait().await => {}
            done => return done,
        }
    }
}

fn changes(reservations: &Reservations, interview: &Map<String, Value>) -> Changes {
    let mut changes = Changes::default();
    for (step, reservation) in reservations {
        changes.release(reservation);
        let state = interview.get("steps").map(|steps| &steps[step]["state"]);
        if state.is_some_and(|state| state == StepState::Running.as_str()) {
            changes.add(reservation.day, reservation.used());
        }
    }
    changes
}
