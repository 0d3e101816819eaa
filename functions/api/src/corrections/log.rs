//! The corrections of the transcript that is shown, and the next one.

use domain::{
    ErrorCode, Interview, RunId, Timestamp,
    conflict::ConflictPauses,
    corrections::{self, CorrectionError, LogState, Operation, Revision},
    interview_store::{self, NewRevision, RevisionWrite},
    ports::RecordsError,
    transcript::TranscriptHead,
    versions::UnknownFields,
};
use runtime::http::Problem;

use super::RevisionId;
use crate::{
    Api,
    error::{ApiError, no_interview, not_ready},
    extract::IdempotencyKey,
    revised::Revised,
};

/// The corrections of the transcript that is shown.
pub(super) struct Log {
    interview: Interview,
    head: TranscriptHead,
    pub(super) state: LogState,
    pub(super) revisions: Vec<Revision>,
    /// A digest of the request's idempotency key.
    request: Option<String>,
}

impl Log {
    pub(super) async fn read(
        api: &Api,
        interview: Interview,
        idempotency_key: &IdempotencyKey,
    ) -> Result<Self, Problem> {
        let (records, key) = (&*api.records, interview.key());
        let head = interview_store::transcript_head(records, &key).await?;
        let head = head.ok_or_else(|| not_ready("transcript"))?;
        let state = interview.log_state(head.revision);
        let revisions = interview_store::revisions(records, &key, head.revision, &state).await?;
        let request = idempotency_key.digest_in(interview.id.as_str());
        Ok(Self {
            interview,
            head,
            state,
            revisions,
            request,
        })
    }

    fn revision_id(&self, revision: u64) -> RevisionId {
        self.revision_of(self.head.revision, revision)
    }

    fn revision_of(&self, token: u64, revision: u64) -> RevisionId {
        RevisionId {
            run_id: self.interview.run_id(token),
            revision,
        }
    }

    /// What an earlier request with the same idempotency key has made: in the shown transcript,
    /// or in that of another run, where one was selected between the two.
    pub(super) async fn made_before(&self, api: &Api) -> Result<Option<RevisionId>, Problem> {
        if self.request.is_none() {
            return Ok(None);
        }
        let by_request = |log: &[Revision]| {
            let made = log.iter().find(|entry| entry.request == self.request);
            made.map(|entry| entry.revision)
        };
        let shown = self.head.revision;
        if let Some(revision) = by_request(&self.revisions) {
            return Ok(Some(self.revision_of(shown, revision)));
        }
        let (records, key) = (&*api.records, self.interview.key());
        let corrected = self.interview.corrections.iter();
        for (&token, state) in corrected.filter(|(token, _)| **token != shown) {
            let log = interview_store::revisions(records, &key, token, state).await?;
            if let Some(revision) = by_request(&log) {
                return Ok(Some(self.revision_of(token, revision)));
            }
        }
        Ok(None)
    }

    pub(super) fn check_base(
        &self,
        run_id: Option<RunId>,
        base_revision: u64,
    ) -> Result<(), Problem> {
        let newest = self.revision_id(self.state.revision);
        let is_newest = base_revision == newest.revision;
        let is_shown = run_id.is_none_or(|run_id| run_id == newest.run_id);
        (is_newest && is_shown)
            .then_some(())
            .ok_or_else(|| stale(&newest))
    }

    /// The next revision, by the owner of the interview.
    pub(super) fn next(
        &self,
        now: Timestamp,
        operations: Vec<Operation>,
        undoes: Option<u64>,
    ) -> Revision {
        Revision {
            revision: self.state.revision + 1,
            created_at: now,
            author: self.interview.user_id.clone(),
            operations,
            undoes,
            request: self.request.clone(),
            unknown: UnknownFields::default(),
        }
    }

    /// Stores a revision, if it can be applied and none has come before it.
    pub(super) async fn store(
        mut self,
        api: &Api,
        revision: Revision,
    ) -> Result<RevisionId, ApiError> {
        let (records, key) = (&*api.records, self.interview.key());
        let mut pauses = ConflictPauses::new();
        let written = loop {
            let written = self.write(api, &revision).await?;
            if written != RevisionWrite::HighlightsChanged {
                break written;
            }
            let now = interview_store::interview(records, &key).await?;
            self.interview = now.ok_or_else(no_interview)?;
            if !pauses.wait().await {
                let path = key.document();
                return Err(RecordsError::Stale { path }.into());
            }
        };
        match written {
            RevisionWrite::Written => Ok(self.revision_id(revision.revision)),
            RevisionWrite::HighlightsChanged | RevisionWrite::Gone => Err(no_interview().into()),
            RevisionWrite::Full => Err(too_many().into()),
            RevisionWrite::Stale => {
                let now = interview_store::interview(records, &key).await?;
                self.interview = now.ok_or_else(no_interview)?;
                let request = self.request.take();
                let newest = Self::read(api, self.interview, &IdempotencyKey(None)).await?;
                let newest = Self { request, ..newest };
                // The same request, sent twice at once.
                if let Some(made) = newest.made_before(api).await? {
                    return Ok(made);
                }
                Err(stale(&newest.revision_id(newest.state.revision)).into())
            }
        }
    }

    async fn write(&self, api: &Api, revision: &Revision) -> Result<RevisionWrite, ApiError> {
        let revised = self.revised(api, revision).await?;
        let new = NewRevision {
            token: self.head.revision,
            state: &self.state,
            revision,
            usable: revised.usable.as_ref(),
            passages: &revised.passages,
            highlights: self.interview.highlight_totals.as_ref(),
        };
        let (records, key) = (&*api.records, self.interview.key());
        let written = interview_store::write_revision(records, &key, new, api.clock.now());
        Ok(written.await?)
    }

    /// Applies a revision to the transcript.
    async fn revised(&self, api: &Api, revision: &Revision) -> Result<Revised, ApiError> {
        let (head, mut log) = (self.head.clone(), self.revisions.clone());
        log.push(revision.clone());
        let revised = api.revised(&self.interview, head, log).await?;
        revised.map_err(|error| refused(&error).into())
    }
}

/// A refusal that names the field.
pub(super) fn refused(error: &CorrectionError) -> Problem {
    Problem::new(ErrorCode::InvalidField, error.to_string())
}

fn stale(newest: &RevisionId) -> Problem {
    let detail = format!(
        "`base_revision`: the newest revision is {} of the run {}; read it and correct that",
        newest.revision, newest.run_id
    );
    Problem {
        newest: Some((newest.run_id, newest.revision)),
        ..Problem::new(ErrorCode::StaleRevision, detail)
    }
}

pub(super) fn nothing_to_undo() -> Problem {
    let detail = "the transcript is as it was recognised: there is no correction to take back";
    Problem::new(ErrorCode::NothingToUndo, detail)
}

fn too_many() -> Problem {
    let detail = format!(
        "a transcript has at most {} corrections, of {} bytes in all",
        corrections::MAX_REVISIONS,
        corrections::MAX_LOG_BYTES
    );
    Problem::new(ErrorCode::TooManyCorrections, detail)
}
