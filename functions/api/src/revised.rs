//! What a revision of a transcript changes beside it: whether the transcript can be relied on,
//! and what is found by its words.

use domain::{
    Interview,
    corrections::{self, CorrectionError, Revision},
    interview_store,
    ports::{RecordsError, Write},
    search::{
        Indexed,
        transcript::{Passages, cuts},
    },
    transcript::{TranscriptHead, Word},
    usable::Usable,
};
use runtime::http::Problem;
use tokio::task::spawn_blocking;

use crate::{
    Api,
    stored_transcript::{WHOLE, judged},
};

/// What a revision changes.
pub(crate) struct Revised {
    /// Whether the transcript can be relied on after it.
    pub(crate) usable: Option<Usable>,
    /// The passages that are others after it.
    pub(crate) passages: Vec<Write>,
}

impl Api {
    /// Applies the last revision of `log`, beside the runtime: a long transcript is a moment's
    /// work. Few are in memory at once.
    pub(crate) async fn revised(
        &self,
        interview: &Interview,
        head: TranscriptHead,
        log: Vec<Revision>,
    ) -> Result<Result<Revised, CorrectionError>, Problem> {
        let turn = WHOLE.acquire().await;
        let key = interview.key();
        let words = interview_store::recognized_words(&*self.records, &key, &head).await?;
        let revising = Revising {
            of: Indexed::from(interview),
            head,
            words,
            least_speakers: interview.least_speakers(),
        };
        // The turn ends with the work, also where the client has gone.
        let revised = spawn_blocking(move || {
            let _turn = turn;
            revising.revise(&log)
        });
        let revised = revised.await.map_err(|_| Problem::internal())?;
        match revised {
            Ok(revised) => Ok(Ok(revised?)),
            Err(refused) => Ok(Err(refused)),
        }
    }
}

/// A recognition that is corrected.
struct Revising {
    of: Indexed,
    head: TranscriptHead,
    words: Vec<Word>,
    least_speakers: u32,
}

impl Revising {
    fn revise(self, log: &[Revision]) -> Result<Result<Revised, RecordsError>, CorrectionError> {
        let token = self.head.revision;
        let newest = log.last().map_or(0, |last| last.revision);
        let cuts = cuts(&self.words);
        let before = self.passages_before(log, newest, &cuts);
        let holding = corrections::holding(log, newest);
        let Self {
            of,
            head,
            words,
            least_speakers,
        } = self;
        let after = corrections::correct(head, words, &holding, newest, least_speakers)?;
        let after = judged(after, least_speakers);
        let passages = Passages::corrected(of, token, &cuts, &after);
        let changed = match &before {
            Some(before) => passages.changed(before),
            None => passages.writes(),
        };
        Ok(changed.map(|passages| Revised {
            usable: after.transcript.head.usable,
            passages,
        }))
    }

    /// The passages as they are, unless the corrections so far do not fit the transcript.
    fn passages_before(&self, log: &[Revision], newest: u64, cuts: &[usize]) -> Option<Passages> {
        let (of, token) = (self.of.clone(), self.head.revision);
        let before = newest.saturating_sub(1);
        let holding = corrections::holding(log, before);
        if holding.is_empty() {
            return Some(Passages::recognized(of, token, &self.words));
        }
        let (head, words) = (self.head.clone(), self.words.clone());
        let corrected = corrections::correct(head, words, &holding, before, self.least_speakers);
        let corrected = corrected.ok()?;
        Some(Passages::corrected(of, token, cuts, &corrected))
    }
}
