//! A backup of yesterday is restored: documents go back, objects do not.

use std::{collections::BTreeMap, time::Duration};

use domain::Timestamp;

use crate::{
    delivery::Delivery,
    trouble::Trouble,
    world::{Restored, Stored, World},
};

/// What a backup holds.
struct Copy {
    at: Timestamp,
    documents: BTreeMap<String, Stored>,
    /// What was on its way, where that is stored with the documents.
    deliveries: Option<(Vec<Delivery>, BTreeMap<String, Timestamp>)>,
}

/// When a backup is taken and restored, and what it holds.
pub(crate) struct Backup {
    /// Nothing where none will be.
    times: Option<(Timestamp, Timestamp)>,
    /// Whether what is on its way is stored with the documents, as in the embedded service.
    has_deliveries: bool,
    copy: Option<Copy>,
}

impl Backup {
    /// Decides when.
    pub(crate) fn plan(world: &World, trouble: Trouble) -> Self {
        let now = world.now();
        let mut state = world.state();
        let taken = now + Duration::from_secs(state.rng.u64(60..2_400));
        let restored = taken + Duration::from_secs(state.rng.u64(60..3_600));
        Self {
            times: (trouble == Trouble::Restore).then_some((taken, restored)),
            has_deliveries: state.rng.bool(),
            copy: None,
        }
    }

    /// Takes the backup when it is time, with the deliveries that functions work on; whether it is time to restore it.
    pub(crate) fn is_due(
        &mut self,
        world: &World,
        working: impl Iterator<Item = Delivery>,
    ) -> bool {
        let Some((taken, restored)) = self.times else {
            return false;
        };
        let now = world.now();
        if self.copy.is_none() && now >= taken {
            world.tell("a backup is taken");
            let state = world.state();
            let deliveries = self.has_deliveries.then(|| {
                let all = state.deliveries.iter().cloned().chain(working);
                (all.collect(), state.task_names.clone())
            });
            self.copy = Some(Copy {
                at: now,
                documents: state.documents.clone(),
                deliveries,
            });
        }
        now >= restored
    }

    /// Never restores it.
    pub(crate) fn leave_out(&mut self) {
        self.times = None;
    }

    /// Restores it, once.
    pub(crate) fn restore(&mut self, world: &World) {
        self.times = None;
        let Some(copy) = self.copy.take() else {
            return;
        };
        world.tell("the backup is restored");
        let at = world.now();
        let mut state = world.state();
        state.documents = copy.documents;
        if let Some((deliveries, task_names)) = copy.deliveries {
            state.deliveries = deliveries;
            state.task_names = task_names;
        }
        state.former.clear();
        state.faults += 1;
        state.restored = Some(Restored {
            backup_at: copy.at,
            at,
        });
        drop(state);
        world.tell_watchers(None);
    }
}
