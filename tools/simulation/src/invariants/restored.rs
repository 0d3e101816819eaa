//! What must hold after a backup was restored, although documents went back.
//!
//! What was acknowledged between the backup and the restore may be undone. All that there is
//! must be whole, and what was deleted before or after must stay so.

use domain::{Interview, Timestamp, interview::Status, paths::INTERVIEWS};

use super::{Look, edits::Shown, never_begun, steps_of};
use crate::{
    clients::Known,
    ports::NEWER_FIELD,
    world::{Habits, Restored, State, short},
};

pub(super) fn check(
    state: &State,
    habits: Habits,
    known: &[Known],
    shown: &[Shown],
) -> Vec<String> {
    let Some(restored) = state.restored else {
        return Vec::new();
    };
    let mut violations: Vec<String> = documents(state).collect();
    for (one, shown) in known.iter().zip(shown) {
        let look = Look {
            state,
            habits,
            known: one,
        };
        // Corrections are of one time with their transcript.
        violations.extend(shown.failures(&look));
        let is_kept = one
            .created
            .is_some_and(|(begun, done)| done < restored.backup_at || begun > restored.at);
        let is_deleted = one.deleted_at.is_some_and(|at| !is_undone(restored, at));
        if is_kept && is_deleted {
            violations.extend(look.deleted());
        } else if is_kept && !one.deletion_sent && look.document("").is_none() {
            violations.push(look.say("9: it is gone without a request"));
        }
    }
    violations
}

/// Whether something that was acknowledged at that time may have been undone.
fn is_undone(restored: Restored, at: Timestamp) -> bool {
    at >= restored.backup_at && at <= restored.at
}

/// Every interview that there is.
fn documents(state: &State) -> impl Iterator<Item = String> {
    let interviews = state.documents.iter().filter(|(path, _)| {
        let mut parts = path.split('/').skip(2);
        parts.next() == Some(INTERVIEWS) && parts.count() == 1
    });
    interviews.filter_map(|(path, stored)| {
        let says = |what: &str| Some(format!("{}: {what}", short(path)));
        let Ok(interview) = serde_json::from_value::<Interview>(stored.fields.clone()) else {
            return says("its document cannot be read");
        };
        let status = interview.status;
        if !status.is_final() && status != Status::AwaitingUpload {
            let steps = steps_of(&interview);
            return says(&format!(
                "3: after a restore it stays {}: {steps}",
                status.as_str()
            ));
        }
        if status != interview.derive_status() {
            return says("7: after a restore its status is not that of its steps");
        }
        if stored.fields[NEWER_FIELD].is_null() {
            return says("10: after a restore a field of a newer release is lost");
        }
        if interview.has_audio() && never_begun(&interview).is_some() {
            return says("3: after a restore a step was never begun");
        }
        None
    })
}
