//! Reading corrected transcripts, and storing revisions of them.

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{Decision, TranscriptError, chunk_words, transact, transcript_head};
use crate::{
    Interview, InterviewKey, Timestamp,
    corrections::{self, CorrectedTranscript, LogSegment, LogState, Revision},
    highlights::HighlightTotals,
    ports::{Precondition, Records, RecordsError, Write},
    transcript::{TranscriptHead, Word},
    usable::Usable,
};

/// How many documents of a transcript are read at once.
const READ_AT_ONCE: usize = 4;

/// The words of a transcript as they were recognised.
pub async fn recognized_words(
    records: &dyn Records,
    key: &InterviewKey,
    head: &TranscriptHead,
) -> Result<Vec<Word>, TranscriptError> {
    let chunks = (0..head.chunks).map(|number| chunk_words(records, key, head.revision, number));
    let words: Vec<Vec<Word>> = stream::iter(chunks)
        .buffered(READ_AT_ONCE)
        .try_collect()
        .await?;
    Ok(words.concat())
}

/// The revisions of the transcript that was recognised under a fencing token, in order, up to
/// those that `state` counts.
pub async fn revisions(
    records: &dyn Records,
    key: &InterviewKey,
    token: u64,
    state: &LogState,
) -> Result<Vec<Revision>, TranscriptError> {
    let numbers = 0..state.segments;
    let segments = numbers.map(|number| segment(records, key, token, number));
    let segments: Vec<LogSegment> = stream::iter(segments)
        .buffered(READ_AT_ONCE)
        .try_collect()
        .await?;
    let all = segments.into_iter().flat_map(|segment| segment.revisions);
    let counted: Vec<Revision> = all
        .take_while(|entry| entry.revision <= state.revision)
        .collect();
    if counted.len() as u64 != state.revision {
        return Err(TranscriptError::DamagedLog);
    }
    Ok(counted)
}

async fn segment(
    records: &dyn Records,
    key: &InterviewKey,
    token: u64,
    number: u32,
) -> Result<LogSegment, TranscriptError> {
    let found = records.read(&key.corrections(token, number)).await?;
    let document = found.ok_or(TranscriptError::DamagedLog)?;
    Ok(document.decode()?)
}

/// The newest transcript of an interview with its corrections, if there is one: about 10 MB
/// for a recording of eight hours.
pub async fn corrected_transcript(
    records: &dyn Records,
    interview: &Interview,
) -> Result<Option<CorrectedTranscript>, TranscriptError> {
    let key = interview.key();
    let Some(head) = transcript_head(records, &key).await? else {
        return Ok(None);
    };
    let state = interview.log_state(head.revision);
    let log = revisions(records, &key, head.revision, &state).await?;
    let words = recognized_words(records, &key, &head).await?;
    let holding = corrections::holding(&log, state.revision);
    let least_speakers = interview.least_speakers();
    corrections::correct(head, words, &holding, state.revision, least_speakers)
        .map(Some)
        .map_err(|_| TranscriptError::DamagedLog)
}

/// A revision to be stored.
pub struct NewRevision<'a> {
    /// The recognition that is corrected: the fencing token of its run.
    pub token: u64,
    /// The state of its log that the revision follows.
    pub state: &'a LogState,
    /// The revision.
    pub revision: &'a Revision,
    /// Whether the transcript can be relied on after it.
    pub usable: Option<&'a Usable>,
    /// The passages that it changes, those of highlights included.
    pub passages: &'a [Write],
    /// The highlights of the interview in numbers, as they were when those passages were made.
    pub highlights: Option<&'a HighlightTotals>,
}

/// What became of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionWrite {
    /// It is the newest one.
    Written,
    /// Another one is newer than that which it follows, or the transcript of another run is
    /// shown.
    Stale,
    /// A highlight was marked, changed or deleted since its passages were made.
    HighlightsChanged,
    /// The log has as many as it can have.
    Full,
    /// The interview is deleted, or never was.
    Gone,
}

/// Stores a revision, and with it in the interview whether the transcript can be relied on.
/// Nothing changes where another revision was stored, another run selected or a highlight changed
/// meanwhile.
pub async fn write_revision(
    records: &dyn Records,
    key: &InterviewKey,
    new: NewRevision<'_>,
    now: Timestamp,
) -> Result<RevisionWrite, TranscriptError> {
    let NewRevision {
        token,
        state,
        revision,
        usable,
        passages,
        highlights,
    } = new;
    let bytes = serde_json::to_vec(revision).map_or(u64::MAX, |json| json.len() as u64);
    if !state.has_room(bytes) {
        return Ok(RevisionWrite::Full);
    }
    let shown = records.read(&key.data("transcript")).await?;
    let Some(shown) = shown.filter(|head| head.fields["revision"].as_u64() == Some(token)) else {
        return Ok(RevisionWrite::Stale);
    };
    // Written again as it is: a run that is selected meanwhile makes the revision stale.
    let same_run = Write::replace(shown.path, shown.fields, shown.version);
    let (number, is_new) = state.next_segment();
    let mut log = if is_new {
        LogSegment {
            run: token,
            number,
            revisions: Vec::new(),
            unknown: crate::versions::UnknownFields::default(),
        }
    } else {
        segment(records, key, token, number).await?
    };
    // A newer revision that has come since makes this one stale below.
    log.revisions
        .retain(|entry| entry.revision <= state.revision);
    log.revisions.push(revision.clone());
    let path = key.corrections(token, number);
    let write = Write::put(path, &log, Precondition::None)?;
    let decide = |interview: Option<&mut Interview>| {
        let Some(interview) = interview.filter(|found| found.deleted_at.is_none()) else {
            return Decision::Leave(RevisionWrite::Gone);
        };
        if interview.log_state(token).revision != state.revision {
            return Decision::Leave(RevisionWrite::Stale);
        }
        if interview.highlight_totals.as_ref() != highlights {
            return Decision::Leave(RevisionWrite::HighlightsChanged);
        }
        interview.corrections.insert(token, state.with(bytes));
        if let Some(usable) = usable {
            interview.usable = Some(usable.clone());
        }
        let writes = [write.clone(), same_run.clone()].into_iter();
        let writes = writes.chain(passages.iter().cloned()).collect();
        Decision::Write(RevisionWrite::Written, writes)
    };
    match transact(records, key, now, decide).await {
        Err(RecordsError::Stale { .. }) => Ok(RevisionWrite::Stale),
        decided => Ok(decided?),
    }
}
