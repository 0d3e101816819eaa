//! Which revisions of a log hold, and what has changed between two of them.

use super::{Operation, Revision};
use crate::Timestamp;

/// The revisions that hold at `revision`, in their order: those that were not taken back.
pub fn holding(log: &[Revision], revision: u64) -> Vec<&Revision> {
    let mut holding: Vec<&Revision> = Vec::new();
    for entry in log.iter().filter(|entry| entry.revision <= revision) {
        match entry.undoes {
            Some(_) => {
                holding.pop();
            }
            None => holding.push(entry),
        }
    }
    holding
}

/// What an operation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// What is said, or where turns begin.
    Text,
    /// Who says it.
    Speakers,
}

impl Operation {
    /// What it changes.
    pub const fn kind(&self) -> ChangeKind {
        match self {
            Self::AssignSpeaker { .. } | Self::MergeSpeakers { .. } => ChangeKind::Speakers,
            _ => ChangeKind::Text,
        }
    }
}

/// What distinguishes two revisions of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// When the transcript was first changed after the earlier one.
    pub since: Timestamp,
    /// What is different, each kind once.
    pub kinds: Vec<ChangeKind>,
}

/// What distinguishes the revision `earlier` from `later`; nothing where both are the same
/// transcript, because all that was changed was taken back.
pub fn difference(log: &[Revision], earlier: u64, later: u64) -> Option<Difference> {
    let (before, after) = (holding(log, earlier), holding(log, later));
    let pairs = before.iter().zip(&after);
    let same = pairs.take_while(|(left, right)| left.revision == right.revision);
    let same = same.count();
    let changed = before[same..].iter().chain(&after[same..]);
    let operations = changed.flat_map(|revision| &revision.operations);
    let mut kinds: Vec<ChangeKind> = operations.map(Operation::kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let first = log.iter().find(|entry| entry.revision > earlier)?;
    (!kinds.is_empty()).then_some(Difference {
        since: first.created_at,
        kinds,
    })
}
