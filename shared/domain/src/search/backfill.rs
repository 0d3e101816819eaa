//! Indexes interviews that an earlier release has stored.

mod highlights;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::highlights::StoredHighlights;
use super::{
    Indexed, batches,
    index::{self, INDEX_VERSION, IndexState},
    transcript::{Passages, cuts},
};
use crate::{
    Interview, Timestamp,
    corrections::{self, CorrectedTranscript},
    interview_store::{self, TranscriptError},
    paths::{DocPath, INTERVIEWS},
    ports::{Document, Precondition, Query, Records, RecordsError, Write},
    transcript::TranscriptHead,
};

/// `operations/search`: how far all interviews were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// The version of what is indexed.
    pub version: u32,
    /// The interview that was looked at last.
    pub after: Option<DocPath>,
    /// When the first pass began.
    pub begun_at: Option<Timestamp>,
    /// When the end was reached.
    pub finished_at: Option<Timestamp>,
    /// How often it was reached.
    #[serde(default)]
    pub passes: u32,
}

/// The passes over all interviews: the second indexes again what has changed since the first
/// began, since an older release may have changed it while both were running.
const PASSES: u32 = 2;

/// How long before the first pass the newer release may have begun to run.
const OVERLAP: std::time::Duration = std::time::Duration::from_hours(1);

/// The time between two passes.
const BETWEEN: std::time::Duration = std::time::Duration::from_hours(24);

/// What a step of the backfill did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BackfillProgress {
    /// Interviews that were indexed.
    pub indexed: u64,
    /// Interviews that could not be indexed: they are damaged, or change all the time.
    pub not_indexed: u64,
    /// Whether nothing is left to do for now.
    pub is_done: bool,
}

/// Looks at the next `limit` interviews of all users and indexes those that are not. What is
/// done is noted, so that it goes on after a restart.
pub async fn advance(
    records: &dyn Records,
    now: Timestamp,
    limit: usize,
) -> Result<BackfillProgress, RecordsError> {
    let path = crate::paths::search();
    let found = records.read(&path).await?;
    let stored = found.and_then(|document| document.decode::<Backfill>().ok());
    let mut state = stored
        .filter(|state| state.version == INDEX_VERSION)
        .unwrap_or_else(|| Backfill {
            version: INDEX_VERSION,
            ..Backfill::default()
        });
    let waits = state
        .finished_at
        .is_some_and(|at| at + BETWEEN > now || state.passes >= PASSES);
    if waits {
        return Ok(BackfillProgress {
            is_done: true,
            ..BackfillProgress::default()
        });
    }
    state.finished_at = None;
    let begun_at = *state.begun_at.get_or_insert(now);
    // In the first pass those that are indexed are new.
    let changed_since = (state.passes > 0).then(|| begun_at - OVERLAP);
    let query = Query {
        after: state.after.take().map(|after| (Value::Null, after)),
        limit,
        ..Query::group(INTERVIEWS)
    };
    let page = records.list(&query).await?;
    let mut progress = BackfillProgress::default();
    for document in &page {
        let mut outcome = index_one(records, document, changed_since).await;
        if let Err(TranscriptError::Records(RecordsError::Stale { .. })) = outcome
            && let Some(newest) = records.read(&document.path).await?
        {
            outcome = index_one(records, &newest, changed_since).await;
        }
        match outcome {
            Ok(indexed) => progress.indexed += u64::from(indexed),
            Err(TranscriptError::Records(error @ RecordsError::Unavailable(_))) => {
                return Err(error);
            }
            // Changed meanwhile, or damaged: the next pass looks at it once more.
            Err(_) => progress.not_indexed += 1,
        }
    }
    if page.len() < limit {
        progress.is_done = true;
        state.finished_at = Some(now);
        state.passes += 1;
    } else {
        state.after = page.last().map(|last| last.path.clone());
    }
    let write = Write::put(path, &state, Precondition::None)?;
    records.commit(vec![write]).await?;
    Ok(progress)
}

/// Indexes an interview unless it is indexed, and has not changed since a moment: an earlier
/// release, which indexes nothing, may have changed it.
async fn index_one(
    records: &dyn Records,
    document: &Document,
    changed_since: Option<Timestamp>,
) -> Result<bool, TranscriptError> {
    let interview: Box<Interview> = document.decode()?;
    let is_current = |index: &IndexState| index.version >= INDEX_VERSION;
    let is_changed = changed_since.is_some_and(|since| interview.updated_at >= since);
    let is_indexed = interview.index.as_ref().is_some_and(is_current) && !is_changed;
    if interview.deleted_at.is_some() || is_indexed {
        return Ok(false);
    }
    index_notes(records, &Indexed::from(&*interview)).await?;
    let highlights = StoredHighlights::read(records, Indexed::from(&*interview)).await?;
    let mut passages = kept_passages(records, &interview, &highlights).await?;
    let analysis = records.read(&interview.key().data("analysis")).await?;
    let mut indexed = interview.clone();
    let mut count = 0;
    if let Some(analysis) = analysis {
        let (number, writes) = index::analysis_passages_of(&interview, &analysis.fields)?;
        count = number;
        passages.extend(writes);
    }
    store(records, passages).await?;
    indexed.index = Some(IndexState {
        analysis: count,
        ..IndexState::default()
    });
    indexed.date = Some(indexed.derive_date());
    // Whatever changed meanwhile makes this stale, and is indexed by the next pass.
    let unchanged = Precondition::Version(document.version);
    let document = Write::put(document.path.clone(), &*indexed, unchanged)?;
    records
        .commit(vec![index::title(&interview)?, document])
        .await?;
    Ok(true)
}

/// Each note is written as it was, together with its passage: one that is changed or deleted
/// meanwhile makes this stale.
async fn index_notes(records: &dyn Records, of: &Indexed) -> Result<(), RecordsError> {
    for note in records.list(&Query::collection(of.key.notes())).await? {
        if let Some(passage) = index::note(of, &note.fields)? {
            let same = Write::replace(note.path, note.fields, note.version);
            records.commit(vec![same, passage]).await?;
        }
    }
    Ok(())
}

/// The passages of the shown transcript; those of transcripts that are kept beside it, and those
/// of highlights, are stored at once.
async fn kept_passages(
    records: &dyn Records,
    interview: &Interview,
    highlights: &StoredHighlights,
) -> Result<Vec<Write>, TranscriptError> {
    let key = interview.key();
    let mut tokens = HashSet::new();
    for kept in crate::runs::kept(records, &key, "transcript").await? {
        if let Some(head) = kept.transcript() {
            tokens.insert(head.revision);
            let passages = passages_of(records, interview, head, highlights).await?;
            store(records, passages).await?;
        }
    }
    let passages = match interview_store::transcript_head(records, &key).await? {
        Some(head) => {
            tokens.insert(head.revision);
            passages_of(records, interview, head, highlights).await?
        }
        None => Vec::new(),
    };
    highlights.index_others(records, &tokens).await?;
    Ok(passages)
}

async fn store(records: &dyn Records, passages: Vec<Write>) -> Result<(), RecordsError> {
    for batch in batches(passages) {
        records.commit(batch).await?;
    }
    Ok(())
}

async fn passages_of(
    records: &dyn Records,
    interview: &Interview,
    head: TranscriptHead,
    highlights: &StoredHighlights,
) -> Result<Vec<Write>, TranscriptError> {
    let (key, token) = (interview.key(), head.revision);
    let state = interview.log_state(token);
    let log = interview_store::revisions(records, &key, token, &state).await?;
    let words = interview_store::recognized_words(records, &key, &head).await?;
    let cuts = cuts(&words);
    let holding = corrections::holding(&log, state.revision);
    let least = interview.least_speakers();
    let corrected = corrections::correct(head, words, &holding, state.revision, least);
    let corrected: CorrectedTranscript = corrected.map_err(|_| TranscriptError::DamagedLog)?;
    highlights.index_run(records, token, &corrected).await?;
    let passages = Passages::corrected(interview.into(), token, &cuts, &corrected);
    Ok(passages.writes()?)
}
