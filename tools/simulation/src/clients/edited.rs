//! What clients know of the corrections, runs, assessments, rubrics, collections, highlights,
//! shares and tokens that they have sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    grouping::OwnCollection, highlighting::OwnHighlight, sharing::OwnShare, tokens::OwnToken,
};

/// How the texts of clients begin, so that no other word is taken for one.
pub(crate) const MARK: &str = "zeta";

/// A revision that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    pub(crate) run_id: String,
    pub(crate) revision: u64,
    /// The word that it adds, if it adds one; no other revision adds that.
    pub(crate) text: Option<String>,
    /// Whether it takes another revision back.
    pub(crate) is_undo: bool,
}

/// A rubric of a client.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnRubric {
    pub(crate) id: String,
    /// The newest version that was acknowledged, and its name; `None` where a later change had
    /// an unknown outcome.
    pub(crate) newest: Option<(u64, String)>,
    /// Whether its creation was acknowledged at the first try: otherwise it may happen late.
    pub(crate) is_certain: bool,
    /// Whether its deletion was sent.
    pub(crate) deletion_sent: bool,
    /// Whether that was acknowledged.
    pub(crate) is_deleted: bool,
}

/// What was sent for one interview, by all clients that edit it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edited {
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Words of corrections that were refused.
    pub(crate) refused: Vec<String>,
    /// How many corrections had an unknown outcome.
    pub(crate) unknown: usize,
    /// How many transcriptions were requested that were not refused.
    pub(crate) transcriptions: u32,
    /// How often an earlier run was to be selected, whatever came of it.
    pub(crate) selections: u32,
    /// Versions of the assessment that were acknowledged, with their decisions.
    pub(crate) assessments: Vec<(u64, String)>,
    pub(crate) rubrics: Vec<OwnRubric>,
    pub(crate) collections: Vec<OwnCollection>,
    pub(crate) highlights: Vec<OwnHighlight>,
    pub(crate) shares: Vec<OwnShare>,
    pub(crate) tokens: Vec<OwnToken>,
}

/// The same, shared by all clients that edit an interview at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedEdits(Arc<Mutex<Edited>>);

impl SharedEdits {
    pub(crate) fn open(&self) -> MutexGuard<'_, Edited> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
