//! Highlights as they are stored, with their interview.

use domain::{
    ErrorCode, Interview, InterviewKey, RunId,
    conflict::ConflictPauses,
    highlights::{
        self, Highlight, HighlightTotals, MAX_ALL_BYTES, MAX_HIGHLIGHTS, MarkedWords, mark,
    },
    interview_store::{self, Decision},
    paths::DocPath,
    ports::{Document, Precondition, Query, RecordsError, Write},
    search::{Indexed, index},
};
use runtime::http::Problem;
use steps::readable;

use super::{no_highlight, request::Wanted};
use crate::{
    Api,
    documents::change_interview,
    error::{no_interview, not_ready},
};

/// What became of the write of a highlight.
enum HighlightWrite {
    /// It is stored.
    Written,
    /// Its run was corrected meanwhile.
    Corrected,
}

impl Api {
    /// All highlights of an interview, in the order in which they are shown.
    pub(super) async fn all_highlights(
        &self,
        key: &InterviewKey,
    ) -> Result<Vec<Highlight>, RecordsError> {
        let query = Query::collection(key.highlights());
        let found = self.records.list(&query).await?;
        let mut all: Vec<Highlight> = readable(&found);
        highlights::order(&mut all);
        Ok(all)
    }

    /// The same, which are not looked for where the interview counts none.
    pub(crate) async fn counted_highlights(
        &self,
        interview: &Interview,
    ) -> Result<Vec<Highlight>, RecordsError> {
        let totals = interview.highlight_totals.as_ref();
        if totals.is_none_or(|totals| totals.count == 0) {
            return Ok(Vec::new());
        }
        self.all_highlights(&interview.key()).await
    }

    /// Looks words up in the transcript that is shown, beside the runtime: a long transcript is
    /// a moment's work. Answers the fencing token of its run as well.
    pub(super) async fn marked(
        &self,
        interview: &Interview,
        wanted: Wanted,
    ) -> Result<(u64, MarkedWords), Problem> {
        let (records, key) = (&*self.records, interview.key());
        let head = interview_store::transcript_head(records, &key).await?;
        let head = head.ok_or_else(|| not_ready("transcript"))?;
        let token = head.revision;
        let state = interview.log_state(token);
        let run_id = interview.run_id(token);
        if wanted.run_id.is_some_and(|own| own != run_id) {
            return Err(other_run(run_id, state.revision));
        }
        let log = interview_store::revisions(records, &key, token, &state).await?;
        let (from, to) = (wanted.from, wanted.to);
        let marking = self.corrected(interview, head, log, state.revision, move |corrected| {
            mark(&corrected, from, to)
        });
        let marked = marking.await?;
        let marked =
            marked.map_err(|error| Problem::new(ErrorCode::InvalidField, error.to_string()))?;
        wanted.check_text(&marked)?;
        Ok((token, marked))
    }

    /// Stores a highlight, with what is found of it by its words. Refuses what makes them more
    /// than fit.
    pub(super) async fn put_highlight(
        &self,
        interview: &Interview,
        highlight: &Highlight,
        precondition: Precondition,
        count: impl Fn(HighlightTotals) -> HighlightTotals + Send + Sync,
    ) -> Result<Result<(), RecordsError>, Problem> {
        let key = interview.key();
        let path = key.highlight(&highlight.id);
        let write = Write::put(path.clone(), highlight, precondition)?;
        let mut pauses = ConflictPauses::new();
        let mut interview = interview.clone();
        loop {
            let now = self.resolve(&interview, highlight.clone()).await?;
            let passage = index::highlight(&Indexed::from(&interview), highlight, &now)?;
            let corrected = Some((highlight.run, interview.log_state(highlight.run).revision));
            let writes = vec![write.clone(), passage];
            let written = self.write_highlight(&key, writes, corrected, &count);
            match written.await? {
                // Its words may say something else by now.
                Ok(HighlightWrite::Corrected) if pauses.wait().await => {
                    let newest = interview_store::interview(&*self.records, &key).await?;
                    interview = newest.ok_or_else(no_interview)?;
                }
                Ok(HighlightWrite::Corrected) => return Err(RecordsError::Stale { path }.into()),
                Ok(HighlightWrite::Written) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    /// Deletes a highlight in the version that was read, with its shares and with
    /// what is found of it by its words.
    pub(super) async fn delete_highlight(
        &self,
        key: &InterviewKey,
        document: Document,
    ) -> Result<Result<(), RecordsError>, Problem> {
        let path = document.path.clone();
        let mut writes = self.without_shares_of(key, path.split().1).await?;
        writes.push(Write::delete(key.highlight_passage(path.split().1)));
        writes.push(Write::Delete {
            path,
            // What is subtracted is the size of just this version.
            precondition: Precondition::Version(document.version),
        });
        // One that cannot be read is not counted either.
        let highlight = document.decode::<Highlight>().ok();
        let count = |totals: HighlightTotals| match &highlight {
            Some(highlight) => totals.without(highlight),
            None => totals.changed(),
        };
        let written = self.write_highlight(key, writes, None, &count).await?;
        Ok(written.map(drop))
    }

    /// Commits writes of a highlight in one transaction with its interview, which counts the
    /// highlights; nothing where its run, by its fencing token, was corrected since a revision.
    async fn write_highlight(
        &self,
        key: &InterviewKey,
        writes: Vec<Write>,
        corrected: Option<(u64, u64)>,
        count: &(dyn Fn(HighlightTotals) -> HighlightTotals + Send + Sync),
    ) -> Result<Result<HighlightWrite, RecordsError>, Problem> {
        let now = self.clock.now();
        let decide = |interview: &mut Interview| {
            let is_newer =
                |(run, revision): (u64, u64)| interview.log_state(run).revision != revision;
            if corrected.is_some_and(is_newer) {
                return Ok(Decision::Leave(HighlightWrite::Corrected));
            }
            let before = interview.highlight_totals.clone().unwrap_or_default();
            let after = count(before.clone());
            let grows = after.count > before.count || after.bytes > before.bytes;
            if grows && after.is_too_much() {
                return Err(too_many());
            }
            interview.highlight_totals = Some(after);
            Ok(Decision::Write(HighlightWrite::Written, writes.clone()))
        };
        change_interview(&*self.records, key, now, decide).await
    }
}

/// Only ids that we mint: no path is made of anything else.
pub(crate) fn known(key: &InterviewKey, id: &str) -> Result<DocPath, Problem> {
    let ours = id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    ours.then(|| key.highlight(id)).ok_or_else(no_highlight)
}

fn other_run(run_id: RunId, revision: u64) -> Problem {
    let detail = format!(
        "`run_id`: the transcript that is shown is of the run {run_id}; read it and mark its words"
    );
    Problem {
        newest: Some((run_id, revision)),
        ..Problem::new(ErrorCode::StaleRevision, detail)
    }
}

fn too_many() -> Problem {
    let detail = format!(
        "an interview has at most {MAX_HIGHLIGHTS} highlights, of {MAX_ALL_BYTES} bytes in all; \
         delete some, or mark fewer words"
    );
    Problem::new(ErrorCode::TooManyHighlights, detail)
}
